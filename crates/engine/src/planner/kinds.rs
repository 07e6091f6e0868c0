//! The kinds of many things.

use std::collections::BTreeSet;

/// Kinds, each there once.
#[derive(Debug, Default)]
pub(crate) struct Kinds<'k> {
    all: BTreeSet<&'k str>,
    /// The one that was seen last: things that are next to each other most often are of one kind.
    last: &'k str,
}

impl<'k> Kinds<'k> {
    pub(crate) fn see(&mut self, kind: &'k str) {
        if kind != self.last {
            self.all.insert(kind);
            self.last = kind;
        }
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = &'k str> {
        self.all.iter().copied()
    }
}
