//! The records of a zone, found by their name.

use std::collections::BTreeMap;

use super::wire::{Key, WireRecord};

/// All records of a zone, in Route 53's order.
#[derive(Debug, Default)]
pub(in crate::route53) struct Records {
    all: Vec<WireRecord>,
    /// Where the records of a canonical name are: a zone has thousands, and a plan asks for each.
    by_name: BTreeMap<String, Vec<usize>>,
}

impl Records {
    pub(super) fn new(all: Vec<WireRecord>) -> Self {
        let mut by_name: BTreeMap<String, Vec<usize>> = BTreeMap::new();
        for (at, record) in all.iter().enumerate() {
            by_name.entry(record.canonical_name()).or_default().push(at);
        }
        Self { all, by_name }
    }

    /// Each of them.
    pub(in crate::route53) fn iter(&self) -> impl Iterator<Item = &WireRecord> {
        self.all.iter()
    }

    /// Those of one canonical name.
    pub(super) fn of_name(&self, name: &str) -> impl Iterator<Item = &WireRecord> {
        let places = self.by_name.get(name).map_or(&[][..], Vec::as_slice);
        places.iter().filter_map(|at| self.all.get(*at))
    }

    /// The one that is told from the others by this.
    pub(super) fn get(&self, key: &Key<'_>) -> Option<&WireRecord> {
        self.of_name(&key.0).find(|record| record.key() == *key)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn record(name: &str, record_type: &str, set_identifier: Option<&str>) -> WireRecord {
        WireRecord {
            name: name.to_owned(),
            record_type: record_type.to_owned(),
            set_identifier: set_identifier.map(str::to_owned),
            ..WireRecord::default()
        }
    }

    #[test]
    fn a_record_is_found_by_its_key_however_its_name_is_written() {
        let records = Records::new(vec![
            record("example.com.", "NS", None),
            record("\\052.Example.com.", "A", Some("one")),
            record("*.example.com", "A", Some("two")),
            record("*.example.com.", "AAAA", None),
        ]);
        assert_eq!(records.iter().count(), 4);
        let name = "\\052.example.com.";
        assert_eq!(records.of_name(name).count(), 3);
        assert_eq!(records.of_name("www.example.com.").count(), 0);
        let get = |record_type, set_identifier| {
            let found = records.get(&(name.to_owned(), record_type, set_identifier));
            found.map(WireRecord::label)
        };
        assert_eq!(get("A", "two").as_deref(), Some("A *.example.com (two)"));
        assert_eq!(get("AAAA", "").as_deref(), Some("AAAA *.example.com."));
        assert_eq!(get("A", "three"), None);
    }
}
