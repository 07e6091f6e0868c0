//! A fingerprint of what a plan was made from: a saved plan is refused when it is not the same any more.

use std::fmt::{self, Write};

use bicoastal_model::packed::View;
use bicoastal_model::value::REF;
use bicoastal_model::{Desired, Fields, Packed, Seen};
use sha2::{Digest, Sha256};

use super::resolve::Outputs;
use crate::observe::{Look, Observed};

/// Over what is wanted (secrets as markers or digests), what was seen and what was looked up.
pub(crate) fn fingerprint(
    desired: &Desired,
    outputs: &[Option<Outputs>],
    observed: &Observed,
) -> String {
    let mut out = Hashed::default();
    // Writing to a hash does not fail.
    let _ = write_all(desired, outputs, observed, &mut out);
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
    desired: &Desired,
    outputs: &[Option<Outputs>],
    observed: &Observed,
    out: &mut Hashed,
) -> fmt::Result {
    for (id, outputs) in desired.resources.keys().zip(outputs) {
        let Some(outputs) = outputs.as_ref().filter(|it| it.decided) else { continue };
        write!(out, "wanted {id} ")?;
        write(&outputs.wanted, out)?;
        out.write_char('\n')?;
    }
    for (key, seen) in &observed.seen {
        write!(out, "seen {key} ")?;
        match seen {
            Look::Absent => out.write_str("absent\n")?,
            Look::Unknown(_) => out.write_str("unknown\n")?,
            Look::Present(thing) => write_thing(&thing.physical, &thing.props, None, out)?,
        }
    }
    for (id, seen) in &observed.lookups {
        write!(out, "found {id} ")?;
        match seen {
            Seen::Absent => out.write_str("absent\n")?,
            Seen::Unknown(_) => out.write_str("unknown\n")?,
            Seen::Present(it) => {
                let outputs = it.outputs.iter().map(|(name, value)| (name.as_str(), value));
                write_thing(&it.physical, &(&it.props).into(), Some(outputs.collect()), out)?;
            }
        }
    }
    Ok(())
}

fn write_thing(
    physical: &str,
    props: &Packed,
    outputs: Option<Fields>,
    out: &mut Hashed,
) -> fmt::Result {
    write!(out, "{physical} ")?;
    write(props, out)?;
    for (name, value) in outputs.iter().flat_map(Fields::iter) {
        write!(out, " {name}=")?;
        write(value, out)?;
    }
    out.write_char('\n')
}

/// JSON with sorted keys.
fn write(value: &Packed, out: &mut Hashed) -> fmt::Result {
    match value.view() {
        View::Object(fields) => {
            out.write_char('{')?;
            for (name, field) in fields.iter() {
                text(name, out)?;
                out.write_char(':')?;
                write(field, out)?;
                out.write_char(',')?;
            }
            out.write_char('}')
        }
        View::Ref(reference) => {
            out.write_char('{')?;
            text(REF, out)?;
            out.write_str(":{")?;
            for (name, part) in
                [("attribute", reference.attribute.as_str()), ("id", reference.id.as_str())]
            {
                text(name, out)?;
                out.write_char(':')?;
                text(part, out)?;
                out.write_char(',')?;
            }
            out.write_str("},}")
        }
        View::List(items) => {
            out.write_char('[')?;
            for item in items {
                write(item, out)?;
                out.write_char(',')?;
            }
            out.write_char(']')
        }
        View::Text(inner) => text(inner, out),
        View::Null => out.write_str("null"),
        View::Bool(flag) => write!(out, "{flag}"),
        View::Number(number) => write!(out, "{number}"),
    }
}

/// Text with its length before it, so that no other one reads the same.
fn text(text: &str, out: &mut Hashed) -> fmt::Result {
    write!(out, "{}\"{text}", text.len())
}
