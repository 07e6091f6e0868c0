//! A fingerprint of what a plan was made from: a saved plan is refused when it is not the same any more.

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
    for (id, outputs) in desired.resources.keys().zip(outputs) {
        let Some(outputs) = outputs.as_ref().filter(|it| it.decided) else { continue };
        out.all(&["wanted ", id.as_str(), " "]);
        write(&outputs.wanted, &mut out);
        out.text("\n");
    }
    for (key, seen) in &observed.seen {
        out.all(&["seen ", key.id.as_str(), "#"]);
        out.number(key.incarnation as usize);
        out.text(" ");
        match seen {
            Look::Absent => out.text("absent\n"),
            Look::Unknown(_) => out.text("unknown\n"),
            Look::Present(thing) => write_thing(&thing.physical, &thing.props, None, &mut out),
        }
    }
    for (id, seen) in &observed.lookups {
        out.all(&["found ", id.as_str(), " "]);
        match seen {
            Seen::Absent => out.text("absent\n"),
            Seen::Unknown(_) => out.text("unknown\n"),
            Seen::Present(it) => {
                let outputs = it.outputs.iter().map(|(name, value)| (name.as_str(), value));
                let outputs = Some(outputs.collect());
                write_thing(&it.physical, &(&it.props).into(), outputs, &mut out);
            }
        }
    }
    out.flush();
    out.hash.finalize().iter().map(|byte| format!("{byte:02x}")).collect()
}

/// A hash that is written to: however long the text is, no more than a part of it is kept.
#[derive(Default)]
struct Hashed {
    hash: Sha256,
    pending: Vec<u8>,
}

impl Hashed {
    fn flush(&mut self) {
        self.hash.update(&self.pending);
        self.pending.clear();
    }

    fn text(&mut self, text: &str) {
        self.pending.extend_from_slice(text.as_bytes());
        if self.pending.len() > 4096 {
            self.flush();
        }
    }

    fn all(&mut self, texts: &[&str]) {
        texts.iter().for_each(|text| self.text(text));
    }

    /// In decimal, which is what most of the numbers here are short in.
    fn number(&mut self, number: usize) {
        let mut digits = [0; 20];
        let mut at = digits.len();
        let mut rest = number;
        while rest > 0 || at == digits.len() {
            at -= 1;
            digits[at] = b'0' + (rest % 10) as u8;
            rest /= 10;
        }
        self.pending.extend_from_slice(&digits[at..]);
    }

    /// Text with its length before it, so that no other one reads the same.
    fn measured(&mut self, text: &str) {
        self.number(text.len());
        self.all(&["\"", text]);
    }
}

fn write_thing(physical: &str, props: &Packed, outputs: Option<Fields>, out: &mut Hashed) {
    out.all(&[physical, " "]);
    write(props, out);
    for (name, value) in outputs.iter().flat_map(Fields::iter) {
        out.all(&[" ", name, "="]);
        write(value, out);
    }
    out.text("\n");
}

/// JSON with sorted keys.
fn write(value: &Packed, out: &mut Hashed) {
    match value.view() {
        View::Object(fields) => {
            out.text("{");
            for (name, field) in fields.iter() {
                out.measured(name);
                out.text(":");
                write(field, out);
                out.text(",");
            }
            out.text("}");
        }
        View::Ref(reference) => {
            out.text("{");
            out.measured(REF);
            out.text(":{");
            for (name, part) in
                [("attribute", reference.attribute.as_str()), ("id", reference.id.as_str())]
            {
                out.measured(name);
                out.text(":");
                out.measured(part);
                out.text(",");
            }
            out.text("},}");
        }
        View::List(items) => {
            out.text("[");
            for item in items {
                write(item, out);
                out.text(",");
            }
            out.text("]");
        }
        View::Text(inner) => out.measured(inner),
        View::Null => out.text("null"),
        View::Bool(flag) => out.text(if flag { "true" } else { "false" }),
        View::Number(number) => out.text(&number.to_string()),
    }
}

#[cfg(test)]
mod tests {
    use super::Hashed;

    #[test]
    fn a_number_is_written_in_decimal() {
        for number in [0, 7, 10, 120, usize::MAX] {
            let mut out = Hashed::default();
            out.number(number);
            assert_eq!(out.pending, number.to_string().as_bytes());
        }
    }

    #[test]
    fn no_more_than_a_part_of_a_text_is_kept() {
        let mut out = Hashed::default();
        for (text, kept) in [("x".repeat(4095), 4095), ("y".to_owned(), 4096), ("z".to_owned(), 0)]
        {
            out.text(&text);
            assert_eq!(out.pending.len(), kept);
        }
    }
}
