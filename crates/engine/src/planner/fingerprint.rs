//! A fingerprint of what a plan was made from: a saved plan is refused when it is not the same any more.

use std::collections::BTreeMap;
use std::fmt::{self, Write};

use bicoastal_model::{ResourceId, Seen};
use serde_json::Value;
use sha2::{Digest, Sha256};

use super::resolve::Outputs;
use crate::observe::Observed;

/// Over what is wanted (secrets as markers or digests), what was seen and what was looked up.
pub(crate) fn fingerprint(
    outputs: &BTreeMap<ResourceId, Outputs<'_>>,
    observed: &Observed,
) -> String {
    let mut out = Hashed::default();
    // Writing to a hash does not fail.
    let _ = write_all(outputs, observed, &mut out);
    out.flush();
    out.hash.finalize().iter().map(|byte| format!("{byte:02x}")).collect()
}

/// A hash that is written to: however long the text is, no more than a part of it is kept.
#[derive(Default)]
struct Hashed {
    hash: Sha256,
    pending: String,
}

impl Hashed {
    fn flush(&mut self) {
        self.hash.update(self.pending.as_bytes());
        self.pending.clear();
    }
}

impl Write for Hashed {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        self.pending.push_str(text);
        if self.pending.len() > 4096 {
            self.flush();
        }
        Ok(())
    }
}

fn write_all(
    outputs: &BTreeMap<ResourceId, Outputs<'_>>,
    observed: &Observed,
    out: &mut Hashed,
) -> fmt::Result {
    for (id, outputs) in outputs.iter().filter(|(_, outputs)| outputs.decided) {
        write!(out, "wanted {id} ")?;
        write(&outputs.wanted, out)?;
        out.write_char('\n')?;
    }
    for (key, seen) in &observed.seen {
        write!(out, "seen {key} ")?;
        write_seen(seen, out, false)?;
    }
    for (id, seen) in &observed.lookups {
        write!(out, "found {id} ")?;
        write_seen(seen, out, true)?;
    }
    Ok(())
}

fn write_seen(seen: &Seen, out: &mut Hashed, outputs: bool) -> fmt::Result {
    match seen {
        Seen::Absent => out.write_str("absent")?,
        Seen::Unknown(_) => out.write_str("unknown")?,
        Seen::Present(snapshot) => {
            write!(out, "{} ", snapshot.physical)?;
            write(&snapshot.props, out)?;
            if outputs {
                for (name, value) in &snapshot.outputs {
                    write!(out, " {name}=")?;
                    write(value, out)?;
                }
            }
        }
    }
    out.write_char('\n')
}

/// JSON with sorted keys, however the map was built.
fn write(value: &Value, out: &mut Hashed) -> fmt::Result {
    match value {
        Value::Object(fields) => {
            let mut sorted: Vec<(&String, &Value)> = fields.iter().collect();
            sorted.sort_unstable_by_key(|(name, _)| *name);
            out.write_char('{')?;
            for (name, field) in sorted {
                text(name, out)?;
                out.write_char(':')?;
                write(field, out)?;
                out.write_char(',')?;
            }
            out.write_char('}')
        }
        Value::Array(items) => {
            out.write_char('[')?;
            for item in items {
                write(item, out)?;
                out.write_char(',')?;
            }
            out.write_char(']')
        }
        Value::String(inner) => text(inner, out),
        other => write!(out, "{other}"),
    }
}

/// Text with its length before it, so that no other one reads the same.
fn text(text: &str, out: &mut Hashed) -> fmt::Result {
    write!(out, "{}\"{text}", text.len())
}
