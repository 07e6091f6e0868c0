//! Whose a thing is, by its tags.

use std::collections::BTreeMap;

use bicoastal_model::{Ownership, Target};

pub use bicoastal_model::sweep::{LINEAGE_TAG, RESOURCE_TAG, STACK_TAG};

/// Whose a thing with these tags is, from the point of view of `target`.
pub fn ownership(target: &Target, tags: &BTreeMap<String, String>) -> Ownership {
    match (tags.get(LINEAGE_TAG), tags.get(RESOURCE_TAG)) {
        (None, _) => Ownership::Unmarked,
        (Some(lineage), resource) => {
            if Some(lineage) == target.tags.get(LINEAGE_TAG)
                && resource == target.tags.get(RESOURCE_TAG)
            {
                Ownership::Ours
            } else {
                let of = |tag| tags.get(tag).map_or("?", String::as_str);
                Ownership::Foreign(format!(
                    "tagged as {} of stack {} (lineage {lineage})",
                    of(RESOURCE_TAG),
                    of(STACK_TAG),
                ))
            }
        }
    }
}

/// Tags as a map, from whatever pairs a service returns.
pub fn tag_map<K: Into<String>, V: Into<String>>(
    pairs: impl IntoIterator<Item = (K, V)>,
) -> BTreeMap<String, String> {
    pairs.into_iter().map(|(key, value)| (key.into(), value.into())).collect()
}
