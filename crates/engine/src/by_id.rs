//! What is looked up by id again and again, while many are decided on.
//!
//! In an ordered map each look-up of a hundred thousand compares seventeen texts, each somewhere
//! else in memory.

use std::hash::{BuildHasherDefault, Hasher};

use bicoastal_model::ResourceId;

/// Values by id, without an order: nothing goes through them, so that nothing can depend on it.
#[derive(Clone, Debug)]
pub(crate) struct ById<V>(Map<V>);

#[expect(clippy::disallowed_types, reason = "it is only looked up, never iterated")]
type Map<V> = std::collections::HashMap<ResourceId, V, BuildHasherDefault<Quick>>;

impl<V> ById<V> {
    /// Room for as many.
    pub(crate) fn with_capacity(count: usize) -> Self {
        Self(Map::with_capacity_and_hasher(count, BuildHasherDefault::default()))
    }

    pub(crate) fn get(&self, id: &ResourceId) -> Option<&V> {
        self.0.get(id)
    }

    pub(crate) fn contains(&self, id: &ResourceId) -> bool {
        self.0.contains_key(id)
    }

    pub(crate) fn insert(&mut self, id: ResourceId, value: V) {
        self.0.insert(id, value);
    }

    /// The value of this id, made where there is none.
    pub(crate) fn or_default(&mut self, id: &ResourceId) -> &mut V
    where
        V: Default,
    {
        self.0.entry(id.clone()).or_default()
    }
}

impl<V> Default for ById<V> {
    fn default() -> Self {
        Self::with_capacity(0)
    }
}

impl<V> FromIterator<(ResourceId, V)> for ById<V> {
    fn from_iter<I: IntoIterator<Item = (ResourceId, V)>>(values: I) -> Self {
        Self(values.into_iter().collect())
    }
}

/// Quick, eight bytes at a time: ids are the program's own, nobody picks them to collide.
#[derive(Default)]
pub(crate) struct Quick(u64);

impl Hasher for Quick {
    fn write(&mut self, bytes: &[u8]) {
        for chunk in bytes.chunks(8) {
            let mut eight = [0; 8];
            eight[..chunk.len()].copy_from_slice(chunk);
            self.0 = (self.0.rotate_left(5) ^ u64::from_le_bytes(eight))
                .wrapping_mul(0x517c_c1b7_2722_0a95);
        }
    }

    fn finish(&self) -> u64 {
        // Tables look at the highest bits and at the lowest ones.
        self.0 ^ (self.0 >> 32)
    }
}
