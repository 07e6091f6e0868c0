//! A fingerprint of what a plan was made from: a saved plan is refused when it is not the same any more.

use std::collections::BTreeMap;

use bicoastal_model::{ResourceId, Seen};
use serde_json::Value;
use sha2::{Digest, Sha256};

use crate::observe::Observed;

/// Over what is wanted (secrets as markers or digests), what was seen and what was looked up.
pub(crate) fn fingerprint(wanted: &BTreeMap<ResourceId, Value>, observed: &Observed) -> String {
    let mut text = String::new();
    for (id, props) in wanted {
        text.push_str(&format!("wanted {id} "));
        write(props, &mut text);
        text.push('\n');
    }
    for (key, seen) in &observed.seen {
        text.push_str(&format!("seen {key} "));
        write_seen(seen, &mut text, false);
    }
    for (id, seen) in &observed.lookups {
        text.push_str(&format!("found {id} "));
        write_seen(seen, &mut text, true);
    }
    Sha256::digest(text.as_bytes()).iter().map(|byte| format!("{byte:02x}")).collect()
}

fn write_seen(seen: &Seen, out: &mut String, outputs: bool) {
    match seen {
        Seen::Absent => out.push_str("absent"),
        Seen::Unknown(_) => out.push_str("unknown"),
        Seen::Present(snapshot) => {
            out.push_str(&snapshot.physical);
            out.push(' ');
            write(&snapshot.props, out);
            if outputs {
                for (name, value) in &snapshot.outputs {
                    out.push_str(&format!(" {name}="));
                    write(value, out);
                }
            }
        }
    }
    out.push('\n');
}

/// JSON with sorted keys, however the map was built.
fn write(value: &Value, out: &mut String) {
    match value {
        Value::Object(fields) => {
            let sorted: BTreeMap<&String, &Value> = fields.iter().collect();
            out.push('{');
            for (name, field) in sorted {
                out.push_str(&format!("{name:?}:"));
                write(field, out);
                out.push(',');
            }
            out.push('}');
        }
        Value::Array(items) => {
            out.push('[');
            for item in items {
                write(item, out);
                out.push(',');
            }
            out.push(']');
        }
        other => out.push_str(&other.to_string()),
    }
}
