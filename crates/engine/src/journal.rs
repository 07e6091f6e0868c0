//! The journal as bytes: one line per entry, each numbered and checked.
//!
//! A later format writes `<format>:<number>`, which this one refuses.
//!
//! `<first 16 digits of the SHA-256 of the rest> <number> <the entry as JSON>`

use sha2::{Digest, Sha256};

use crate::record::Record;

/// A journal as it was read.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Decoded {
    /// The entries with their numbers, which follow each other without a gap.
    pub records: Vec<(u64, Record)>,
    /// Whether the last line is incomplete: its write was cut short, so nobody relied on it. It
    /// is not among the records, and is to be cut off before anything is appended.
    pub torn_tail: bool,
    /// How many bytes, from the start, are good.
    pub bytes_good: usize,
}

/// A line of the journal is not what was written.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "line {line} of the journal is damaged: {why}\n  hint: restore the journal from a copy; the lines before it are good"
)]
pub struct DamagedJournal {
    /// The line, from 1.
    pub line: usize,
    /// What is wrong with it.
    pub why: String,
}

/// One entry as a line, with its end.
pub fn encode(number: u64, record: &Record) -> String {
    // Records hold nothing that JSON can't say: maps are keyed by text, numbers are finite.
    let json = serde_json::to_string(record).unwrap_or_default();
    let rest = format!("{number} {json}");
    format!("{} {rest}\n", checksum(&rest))
}

/// The entries of a journal.
///
/// # Errors
///
/// Where a line that was written completely is not what was written, or one is missing.
pub fn decode(bytes: &[u8]) -> Result<Decoded, DamagedJournal> {
    let mut decoded = Decoded::default();
    for (index, line) in bytes.split_inclusive(|byte| *byte == b'\n').enumerate() {
        let damaged = |why: String| DamagedJournal { line: index + 1, why };
        let Some(line) = line.strip_suffix(b"\n") else {
            // A write that was cut short ends early; one whose end is something else was not.
            if line.split_last().is_some_and(|(_, whole)| parse(whole).is_ok()) {
                return Err(damaged("its end is not where it was".to_owned()));
            }
            decoded.torn_tail = true;
            break;
        };
        let (number, record) = parse(line).map_err(damaged)?;
        if let Some((last, _)) = decoded.records.last()
            && number != last + 1
        {
            return Err(damaged(format!("it has number {number} and follows number {last}")));
        }
        decoded.records.push((number, record));
        decoded.bytes_good += line.len() + 1;
    }
    Ok(decoded)
}

fn parse(line: &[u8]) -> Result<(u64, Record), String> {
    let text = std::str::from_utf8(line).map_err(|_| "it is not text".to_owned())?;
    let (sum, rest) = text.split_once(' ').ok_or("it has no check sum")?;
    if sum != checksum(rest) {
        return Err("its check sum does not fit".to_owned());
    }
    let (number, json) = rest.split_once(' ').ok_or("it has no number")?;
    // Lines of this format carry no mark; those of a later one say which.
    if let Some((format, _)) = number.split_once(':') {
        return Err(format!(
            "it was written by a newer version (format {format}, this one reads 1); update bicoastal"
        ));
    }
    let number = number.parse().map_err(|_| format!("'{number}' is not a number"))?;
    let record = serde_json::from_str(json)
        .map_err(|error| format!("it is not an entry that this version knows: {error}"))?;
    Ok((number, record))
}

/// The check sum of a text: what tells damage, not malice.
pub fn checksum(text: &str) -> String {
    Sha256::digest(text).iter().take(8).map(|byte| format!("{byte:02x}")).collect()
}
