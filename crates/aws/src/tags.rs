//! Tags of things that take them one call at a time.

use std::collections::BTreeMap;

use bicoastal_model::{Resource, resource::Check};

use crate::kind::Turn;

/// What differs in a thing's tags.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct TagChanges {
    /// To be set.
    pub(crate) set: BTreeMap<String, String>,
    /// To be removed.
    pub(crate) remove: Vec<String>,
}

/// The tags to set and to remove in this turn.
pub(crate) fn tag_changes<R: Resource>(turn: &Turn<'_, R>) -> TagChanges {
    let mut changes = TagChanges::default();
    for change in turn.changes("tags") {
        let Some(key) = change.path.strip_prefix("tags.") else { continue };
        match change.after.as_str() {
            Some(value) => {
                changes.set.insert(key.to_owned(), value.to_owned());
            }
            None => changes.remove.push(key.to_owned()),
        }
    }
    changes
}

/// Tags from pairs: for builders.
pub(crate) fn collect(
    tags: impl IntoIterator<Item = (impl Into<String>, impl Into<String>)>,
) -> BTreeMap<String, String> {
    tags.into_iter().map(|(key, value)| (key.into(), value.into())).collect()
}

/// What is wrong with tags, by the rules that all services share.
pub(crate) fn check_tags(check: &mut Check, tags: &BTreeMap<String, String>, most: usize) {
    // Ownership and stack-wide tags come on top.
    check.ensure(tags.len() <= most, format!("it has {} tags of at most {most}", tags.len()));
    for (key, value) in tags {
        check.ensure(
            !key.to_lowercase().starts_with("aws:"),
            format!("the tag '{key}' has the prefix 'aws:', which is AWS's own"),
        );
        check.ensure(
            (1..=128).contains(&key.chars().count()) && value.chars().count() <= 256,
            format!(
                "the tag '{key}' is too long: at most 128 characters for a key, 256 for a value"
            ),
        );
    }
}

/// Whether a flag is off: for leaving it out of the serialised form.
#[cfg(any(feature = "elbv2", feature = "iam"))]
pub(crate) fn is_false(flag: &bool) -> bool {
    !flag
}
