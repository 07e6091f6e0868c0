//! What a stack's state looks like as named bytes.
//!
//! | name | what |
//! |---|---|
//! | `<stack>/lease` | who may write: a lease document |
//! | `<stack>/head` | which snapshot and which journal are the state |
//! | `<stack>/aside/<owner>/head` | a former head, of a state that was damaged and set aside |
//! | `<stack>/snapshot/<era>` | the state as it was when the era began |
//! | `<stack>/journal/<era>/<slot>` | one group of records, in slots from 0 without a gap |
//!
//! An era begins with a snapshot; its name is the generation of that, and who wrote it. Slots are
//! written once and never changed. Whoever takes over from a holder that did not give up writes an
//! empty slot first: the next slot of the former holder is taken then, for ever.

use bicoastal_engine::journal;
use bicoastal_engine::record::Record;
use bicoastal_runtime::{LeaseNote, StoreError};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

/// The format that this version writes.
const FORMAT: u32 = 1;

/// The era that is before the first snapshot.
pub(crate) const FIRST_ERA: &str = "00000000000000000000";

pub(crate) fn lease_key(stack: &str) -> String {
    format!("{stack}/lease")
}

pub(crate) fn head_key(stack: &str) -> String {
    format!("{stack}/head")
}

/// Where a head goes that is set aside.
pub(crate) fn aside_key(stack: &str, owner: &str) -> String {
    format!("{stack}/aside/{owner}/head")
}

pub(crate) fn snapshot_key(stack: &str, era: &str) -> String {
    format!("{stack}/snapshot/{era}")
}

pub(crate) fn journal_prefix(stack: &str, era: &str) -> String {
    format!("{stack}/journal/{era}/")
}

pub(crate) fn slot_key(stack: &str, era: &str, slot: u64) -> String {
    format!("{}{slot:010}", journal_prefix(stack, era))
}

/// Which snapshot and which journal are the state.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Head {
    pub(crate) format: u32,
    pub(crate) stack: String,
    /// The era whose slots are the journal.
    pub(crate) era: String,
    /// Whether it begins with a snapshot.
    pub(crate) snapshot: bool,
    /// The era before: it is left alone a while, for those who are still reading it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) before: Option<String>,
    /// Where the state is kept now, if not here.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) moved_to: Option<String>,
    /// The places that were left out when this one was last written.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) alone: Vec<String>,
    /// Eras that were set aside: nobody reads them, and nobody deletes them.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) aside: Vec<String>,
}

impl Head {
    pub(crate) fn first(stack: &str) -> Self {
        Self {
            format: FORMAT,
            stack: stack.to_owned(),
            era: FIRST_ERA.to_owned(),
            snapshot: false,
            before: None,
            moved_to: None,
            alone: Vec::new(),
            aside: Vec::new(),
        }
    }

    pub(crate) fn encode(&self) -> Vec<u8> {
        seal(self)
    }

    pub(crate) fn decode(bytes: &[u8], stack: &str, place: &str) -> Result<Self, StoreError> {
        let (head, rest): (Self, _) = unseal(bytes, place)?;
        if !rest.is_empty() {
            return Err(damaged(place, "there is something behind its end"));
        }
        if head.stack != stack {
            return Err(damaged(place, &format!("it is of the stack '{}'", head.stack)));
        }
        Ok(head)
    }
}

/// The first line of a slot.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct SlotHead {
    pub(crate) format: u32,
    pub(crate) stack: String,
    pub(crate) era: String,
    pub(crate) slot: u64,
    /// Whose it is: with which fencing token it was written.
    pub(crate) token: u64,
    pub(crate) owner: String,
    /// How many records follow; none in the slot that shuts a former holder out.
    pub(crate) records: usize,
}

pub(crate) fn encode_slot(
    stack: &str,
    era: &str,
    slot: u64,
    note: &LeaseNote,
    records: &[(u64, Record)],
) -> Vec<u8> {
    let mut bytes = seal(&SlotHead {
        format: FORMAT,
        stack: stack.to_owned(),
        era: era.to_owned(),
        slot,
        token: note.token,
        owner: note.owner.clone(),
        records: records.len(),
    });
    for (number, record) in records {
        bytes.extend_from_slice(journal::encode(*number, record).as_bytes());
    }
    bytes
}

/// The records of a slot that was found in `place`.
pub(crate) fn decode_slot(
    bytes: &[u8],
    stack: &str,
    era: &str,
    slot: u64,
    place: &str,
) -> Result<Vec<(u64, Record)>, StoreError> {
    let (head, rest): (SlotHead, _) = unseal(bytes, place)?;
    if (head.stack.as_str(), head.era.as_str(), head.slot) != (stack, era, slot) {
        let what = format!("it is slot {} of the era {} of '{}'", head.slot, head.era, head.stack);
        return Err(damaged(place, &what));
    }
    let decoded = journal::decode(rest)
        .map_err(|error| damaged(place, &error.to_string().replace("\n  hint", "; hint")))?;
    // An object is there whole or not at all.
    if decoded.torn_tail || decoded.records.len() != head.records {
        return Err(damaged(
            place,
            &format!("it holds {} of {} records", decoded.records.len(), head.records),
        ));
    }
    Ok(decoded.records)
}

/// A document as one line with its check sum.
pub(crate) fn seal(document: &impl Serialize) -> Vec<u8> {
    // These documents hold nothing that JSON can't say.
    let json = serde_json::to_string(document).unwrap_or_default();
    format!("{} {json}\n", journal::checksum(&json)).into_bytes()
}

/// The document of the first line, and what is behind it.
pub(crate) fn unseal<'b, T: DeserializeOwned>(
    bytes: &'b [u8],
    place: &str,
) -> Result<(T, &'b [u8]), StoreError> {
    #[derive(Deserialize)]
    struct Format {
        format: u32,
    }
    let end = bytes.iter().position(|byte| *byte == b'\n');
    let end = end.ok_or_else(|| damaged(place, "its first line has no end"))?;
    let (line, rest) = bytes.split_at(end);
    let line = std::str::from_utf8(line).map_err(|_| damaged(place, "it is not text"))?;
    let (sum, json) = line.split_once(' ').ok_or_else(|| damaged(place, "it has no check sum"))?;
    if sum != journal::checksum(json) {
        return Err(damaged(place, "the check sum of its first line does not fit"));
    }
    let unreadable = |error: serde_json::Error| damaged(place, &error.to_string());
    let Format { format } = serde_json::from_str(json).map_err(unreadable)?;
    if format > FORMAT {
        return Err(StoreError::newer(place, format, FORMAT));
    }
    let document = serde_json::from_str(json).map_err(unreadable)?;
    Ok((document, rest.get(1..).unwrap_or_default()))
}

pub(crate) fn damaged(place: &str, what: &str) -> StoreError {
    StoreError::Damaged(format!(
        "{place} is damaged: {what}\n  hint: nothing was changed; restore it from an earlier version of it (bucket versioning, point-in-time recovery), or rebuild the state with `state recover`"
    ))
}
