//! A fingerprint of what a plan was made from: a saved plan is refused when it is not the same any more.

use bicoastal_model::packed::View;
use bicoastal_model::{Fields, Packed, ResourceId, Seen};
use sha2::{Digest, Sha256};

use super::index::Known;
use crate::observe::Look;

/// How much is kept before it is hashed.
const PART: usize = 4096;

/// Over what is wanted (secrets as markers or digests), what was seen and what was looked up, each
/// where it is decided on: that is when it is at hand.
///
/// Lengths go before texts and counts before their parts, so that no two things read the same.
pub(crate) struct Fingerprint {
    hash: Sha256,
    pending: Vec<u8>,
}

impl Fingerprint {
    pub(crate) fn new() -> Self {
        Self { hash: Sha256::default(), pending: Vec::with_capacity(2 * PART) }
    }

    /// What is wanted of something.
    pub(crate) fn wanted(&mut self, id: &ResourceId, wanted: &Packed) {
        self.tag(b'w');
        self.text(id.as_str());
        self.value(wanted);
    }

    /// What was seen of an incarnation.
    pub(crate) fn seen(&mut self, known: &Known<'_>) {
        let Some(look) = known.look else { return };
        self.tag(b's');
        self.text(known.key.id.as_str());
        self.bytes(&known.key.incarnation.to_le_bytes());
        match look {
            Look::Absent => self.tag(b'a'),
            Look::Unknown(_) => self.tag(b'u'),
            Look::Present(thing) => {
                self.tag(b'p');
                self.text(&thing.physical);
                self.value(&thing.props);
            }
        }
    }

    /// What a look-up found.
    pub(crate) fn found(&mut self, id: &ResourceId, seen: &Seen) {
        self.tag(b'l');
        self.text(id.as_str());
        match seen {
            Seen::Absent => self.tag(b'a'),
            Seen::Unknown(_) => self.tag(b'u'),
            Seen::Present(it) => {
                self.tag(b'p');
                self.text(&it.physical);
                self.value(&(&it.props).into());
                let outputs = it.outputs.iter().map(|(name, value)| (name.as_str(), value));
                self.fields(&outputs.collect());
            }
        }
    }

    /// In hexadecimal digits.
    pub(crate) fn finish(mut self) -> String {
        self.hash.update(&self.pending);
        self.hash.finalize().iter().map(|byte| format!("{byte:02x}")).collect()
    }

    /// However much there is, no more than a part of it is kept.
    fn bytes(&mut self, bytes: &[u8]) {
        self.pending.extend_from_slice(bytes);
        if self.pending.len() > PART {
            self.hash.update(&self.pending);
            self.pending.clear();
        }
    }

    fn tag(&mut self, tag: u8) {
        self.pending.push(tag);
    }

    /// Seven bits in each byte, and whether more follow: most counts are small.
    fn count(&mut self, count: usize) {
        let mut rest = count;
        while rest > 127 {
            self.pending.push((rest & 127) as u8 | 128);
            rest >>= 7;
        }
        self.pending.push(rest as u8);
    }

    fn text(&mut self, text: &str) {
        self.count(text.len());
        self.bytes(text.as_bytes());
    }

    fn fields(&mut self, fields: &Fields) {
        self.tag(b'{');
        self.count(fields.len());
        for (name, field) in fields.iter() {
            self.text(name);
            self.value(field);
        }
    }

    fn value(&mut self, value: &Packed) {
        match value.view() {
            View::Object(fields) => self.fields(fields),
            View::Ref(reference) => {
                self.tag(b'$');
                self.text(reference.id.as_str());
                self.text(reference.attribute.as_str());
            }
            View::List(items) => {
                self.tag(b'[');
                self.count(items.len());
                items.iter().for_each(|item| self.value(item));
            }
            View::Text(inner) => {
                self.tag(b'"');
                self.text(inner);
            }
            View::Null => self.tag(b'n'),
            View::Bool(flag) => self.tag(if flag { b't' } else { b'f' }),
            View::Number(number) => {
                self.tag(b'#');
                self.text(&number.to_string());
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use serde_json::{Value, json};

    use super::*;

    fn of(write: impl FnOnce(&mut Fingerprint)) -> String {
        let mut out = Fingerprint::new();
        write(&mut out);
        out.finish()
    }

    #[test]
    fn no_two_values_read_the_same() {
        let values: Vec<Value> = vec![
            json!(null),
            json!(true),
            json!(false),
            json!(1),
            json!("1"),
            json!("n"),
            json!(""),
            json!([]),
            json!([[]]),
            json!([[], []]),
            json!([["a"]]),
            json!(["a"]),
            json!(["a", "b"]),
            json!(["ab"]),
            json!([["a"], "b"]),
            json!([["a", "b"]]),
            json!({}),
            json!({"a": "b"}),
            json!({"a": {}, "b": 1}),
            json!({"a": {"b": 1}}),
            json!({"$ref": {"id": "a", "attribute": "b"}}),
            json!({"$ref": {"id": "ab", "attribute": ""}}),
            json!({"$ref": {"id": "a", "attribute": "b", "c": 1}}),
        ];
        let prints: BTreeSet<String> =
            values.iter().map(|it| of(|out| out.value(&it.into()))).collect();
        assert_eq!(prints.len(), values.len());
    }

    #[test]
    fn no_two_counts_read_the_same() {
        let counts = [0, 1, 127, 128, 129, 255, 256, 16_383, 16_384, usize::MAX];
        let prints: BTreeSet<String> = counts.iter().map(|it| of(|out| out.count(*it))).collect();
        assert_eq!(prints.len(), counts.len());
    }

    #[test]
    fn no_more_than_a_part_of_a_text_is_kept() {
        let mut out = Fingerprint::new();
        for (length, kept) in [(PART - 2, PART), (0, 0), (1, 2)] {
            out.text(&"x".repeat(length));
            assert_eq!(out.pending.len(), kept, "{length}");
        }
    }
}
