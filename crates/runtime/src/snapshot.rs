//! A snapshot of state as bytes, and the journal folded onto it: the same in every store.

use bicoastal_engine::journal;
use bicoastal_engine::record::Record;
use bicoastal_engine::state::{FORMAT, State};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use serde_json::value::RawValue;

use crate::store::StoreError;

/// The format of a snapshot that says where the state has moved; older versions refuse it.
const MOVED: u32 = FORMAT + 1;

/// State at one moment, or word of where it is kept now.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Snapshot {
    /// The state, as it was when it moved where it has.
    pub state: Option<State>,
    /// Where it is kept now, if not here.
    pub moved_to: Option<String>,
}

#[derive(Serialize)]
struct Written {
    format: u32,
    checksum: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    moved_to: Option<String>,
    state: Value,
}

/// The same, read: the state as it stands there, for a tree of it is many times as big.
#[derive(Deserialize)]
struct Found<'a> {
    format: u32,
    checksum: String,
    #[serde(default)]
    moved_to: Option<String>,
    #[serde(borrow)]
    state: &'a RawValue,
}

impl Snapshot {
    /// As bytes.
    ///
    /// # Errors
    ///
    /// Where the state holds what can't be written: never, unless it is a defect.
    pub fn encode(&self) -> Result<Vec<u8>, StoreError> {
        let failed = |error: serde_json::Error| {
            StoreError::Io(format!("the state can't be written: {error}"))
        };
        let state = serde_json::to_value(&self.state).map_err(failed)?;
        let checksum = checksum(self.moved_to.as_deref(), &state.to_string());
        let format = if self.moved_to.is_some() { MOVED } else { FORMAT };
        let written = Written { format, checksum, moved_to: self.moved_to.clone(), state };
        serde_json::to_vec_pretty(&written).map_err(failed)
    }

    /// From bytes that were found in `place`.
    ///
    /// # Errors
    ///
    /// Where they are not what was written, are of a newer version, or of another stack.
    pub fn decode(bytes: &[u8], stack: &str, place: &str) -> Result<Self, StoreError> {
        let damaged = |what: String| {
            StoreError::Damaged(format!(
                "{place} is damaged: {what}\n  hint: nothing was changed; restore it from a backup, or rebuild it with `state recover`"
            ))
        };
        let written: Found<'_> =
            serde_json::from_slice(bytes).map_err(|error| damaged(error.to_string()))?;
        if written.format > MOVED {
            return Err(StoreError::newer(place, written.format, MOVED));
        }
        let expected = if written.moved_to.is_some() { MOVED } else { FORMAT };
        if written.format != expected {
            return Err(damaged(format!("it says that it is of format {}", written.format)));
        }
        let text = compact(written.state.get());
        if checksum(written.moved_to.as_deref(), &text) != written.checksum {
            return Err(damaged("its checksum does not fit its content".into()));
        }
        let state: Option<State> =
            serde_json::from_str(&text).map_err(|error| damaged(error.to_string()))?;
        if let Some(state) = &state
            && state.stack != stack
        {
            return Err(damaged(format!("it is of the stack '{}', not '{stack}'", state.stack)));
        }
        Ok(Self { state, moved_to: written.moved_to })
    }
}

/// A short digest of a state's text without white space, and of where it has moved.
fn checksum(moved_to: Option<&str>, state: &str) -> String {
    match moved_to {
        None => journal::checksum(state),
        Some(place) => journal::checksum(&format!("[{},{state}]", Value::from(place))),
    }
}

/// A JSON text without the white space between its tokens.
fn compact(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let (mut inside, mut escaped) = (false, false);
    for symbol in text.chars() {
        match symbol {
            ' ' | '\n' | '\r' | '\t' if !inside => continue,
            '"' if !escaped => inside = !inside,
            _ => {}
        }
        escaped = inside && symbol == '\\' && !escaped;
        out.push(symbol);
    }
    out
}

/// Folds the entries of a journal, found in `place`, onto a snapshot. Those that are folded in
/// already are skipped.
///
/// # Errors
///
/// Where an entry is missing, or can't follow what was before it.
pub fn replay(state: &mut State, records: &[(u64, Record)], place: &str) -> Result<(), StoreError> {
    for (number, record) in records {
        if *number <= state.generation {
            // Entries that the snapshot has are not folded again; those of another life never were.
            if let Record::Opened { lineage, .. } = record
                && *lineage != state.lineage
            {
                return Err(StoreError::Damaged(format!(
                    "{place} is damaged: it is of the lineage {lineage}, and the snapshot before it of {}\n  hint: nothing was changed; restore both from one backup, or rebuild the state with `state recover`",
                    state.lineage,
                )));
            }
            continue;
        }
        if *number != state.generation + 1 {
            return Err(StoreError::Damaged(format!(
                "{place} is damaged: record {} is followed by record {number}\n  hint: restore it from a backup, or rebuild the state with `state recover`",
                state.generation,
            )));
        }
        state.fold(record).map_err(|illegal| {
            StoreError::Damaged(format!(
                "{place} does not make sense at record {number}: {illegal}\n  hint: restore it from a backup, or rebuild the state with `state recover`"
            ))
        })?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use expect_test::expect;
    use serde_json::json;

    use super::*;

    #[test]
    fn white_space_counts_inside_of_texts_only() {
        let all = json!({
            "a b": ["x \\\" y", "\\\\", " ", ""],
            "\"": { "n": -1.5e3, "t\tt": null },
            "e": {},
        });
        for text in [serde_json::to_string_pretty(&all).unwrap(), all.to_string()] {
            assert_eq!(compact(&text), all.to_string());
        }
        expect![[r#"{"a":"b c"}"#]].assert_eq(&compact("{ \"a\" :\r\n\t\"b c\" }"));
    }

    #[test]
    fn a_state_that_is_laid_out_otherwise_is_the_same() {
        let state = Some(State::empty("test", "f00d"));
        for moved_to in [None, Some("s3://a \"b\"".to_owned())] {
            let snapshot = Snapshot { state: state.clone(), moved_to };
            let bytes = snapshot.encode().unwrap();
            assert_eq!(Snapshot::decode(&bytes, "test", "here").unwrap(), snapshot);
            let value: Value = serde_json::from_slice(&bytes).unwrap();
            let dense = value.to_string();
            assert_eq!(Snapshot::decode(dense.as_bytes(), "test", "here").unwrap(), snapshot);
            let other = dense.replace("f00d", "f00e");
            assert!(Snapshot::decode(other.as_bytes(), "test", "here").is_err());
        }
    }
}
