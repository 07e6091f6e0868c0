//! What is looked up by id again and again, while many are decided on.
//!
//! In an ordered map each look-up of a hundred thousand compares seventeen texts, each somewhere
//! else in memory.

use std::cell::{Cell, OnceCell};
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

/// Texts that are only asked for.
#[derive(Debug, Default)]
pub(crate) struct Texts(TextSet);

#[expect(clippy::disallowed_types, reason = "it is only looked up, never iterated")]
type TextSet = std::collections::HashSet<String, BuildHasherDefault<Quick>>;

impl Texts {
    pub(crate) fn insert(&mut self, text: String) {
        self.0.insert(text);
    }

    pub(crate) fn contains(&self, text: &str) -> bool {
        self.0.contains(text)
    }
}

/// Where ids are in a list. Copies of an id share its text, so that most questions are answered by
/// where the text is in memory, without reading it.
#[derive(Debug)]
pub(crate) struct Places<'i> {
    ids: Vec<&'i ResourceId>,
    addresses: Addresses,
    /// The place that most questions are about.
    current: Cell<usize>,
    /// Worked out when an id is asked for that was made elsewhere.
    texts: OnceCell<ById<u32>>,
}

#[expect(clippy::disallowed_types, reason = "it is only looked up, never iterated")]
type Addresses = std::collections::HashMap<usize, u32, BuildHasherDefault<Quick>>;

impl<'i> Places<'i> {
    /// Of these, which are not too many for 32 bits: each takes more memory than that.
    pub(crate) fn of(ids: Vec<&'i ResourceId>) -> Self {
        let addresses = ids.iter().map(|id| address(id)).zip(0..).collect();
        Self { ids, addresses, current: Cell::new(0), texts: OnceCell::new() }
    }

    pub(crate) fn get(&self, id: &ResourceId) -> Option<usize> {
        if self.ids.is_empty() {
            return None;
        }
        self.by_address(id).or_else(|| {
            let all = || self.ids.iter().map(|id| (*id).clone()).zip(0..).collect();
            self.texts.get_or_init(all).get(id).map(|place| *place as usize)
        })
    }

    /// Questions are going to be about what is at this place.
    pub(crate) fn turn_to(&self, place: usize) {
        self.current.set(place);
    }

    /// The place that questions are about, if it is where this id is.
    pub(crate) fn current(&self, id: &ResourceId) -> Option<usize> {
        let current = self.current.get();
        self.ids.get(current).filter(|it| address(it) == address(id)).map(|_| current)
    }

    /// Where it is, if its text is that of one of them.
    pub(crate) fn by_address(&self, id: &ResourceId) -> Option<usize> {
        self.addresses.get(&address(id)).map(|place| *place as usize)
    }
}

/// Where the text of an id is: of two that are there at once, no other one's.
pub(crate) fn address(id: &ResourceId) -> usize {
    id.as_str().as_ptr() as usize
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

    fn write_usize(&mut self, number: usize) {
        self.0 = (self.0.rotate_left(5) ^ number as u64).wrapping_mul(0x517c_c1b7_2722_0a95);
    }

    fn finish(&self) -> u64 {
        // Tables look at the highest bits and at the lowest ones.
        self.0 ^ (self.0 >> 32)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hash(write: impl FnOnce(&mut Quick)) -> u64 {
        let mut hasher = Quick::default();
        write(&mut hasher);
        hasher.finish()
    }

    /// How many of a thousand are where most are: tables of 128 go by the lowest bits, and tell
    /// what is at one place by the highest ones.
    fn fullest(hashes: &[u64]) -> [usize; 2] {
        let by = |place: fn(u64) -> u64| {
            let many = (0..128).map(|it| hashes.iter().filter(|hash| place(**hash) == it).count());
            many.max().unwrap_or_default()
        };
        [by(|hash| hash % 128), by(|hash| hash >> 57)]
    }

    #[test]
    fn what_is_looked_up_is_spread() {
        let ids: Vec<String> = (0..1000).map(|it| format!("us-east-1/front-{it}")).collect();
        let texts: Vec<u64> =
            ids.iter().map(|id| hash(|hasher| hasher.write(id.as_bytes()))).collect();
        let places: Vec<u64> = (0..1000)
            .map(|it| hash(|hasher| hasher.write_usize(0x7f00_1234_5670 + it * 48)))
            .collect();
        let pairs: Vec<u64> = (0..1000)
            .map(|it| {
                hash(|hasher| {
                    hasher.write_usize(it % 7);
                    hasher.write_usize(it);
                })
            })
            .collect();
        for hashes in [texts, places, pairs] {
            let fullest = fullest(&hashes);
            // Eight on the average.
            assert!(fullest.iter().all(|many| *many <= 24), "{fullest:?}");
        }
    }

    #[test]
    fn a_place_is_known_by_where_the_text_is_or_by_the_text() {
        let ids: Vec<ResourceId> = ["a", "b"].map(Into::into).to_vec();
        let places = Places::of(ids.iter().collect());
        let asked = |id: &ResourceId| (places.by_address(id), places.get(id));
        assert_eq!(asked(&ids[1].clone()), (Some(1), Some(1)));
        // Each thread has texts of its own.
        let elsewhere = std::thread::spawn(|| "b".into()).join().unwrap();
        assert_eq!(asked(&elsewhere), (None, Some(1)));
        assert_eq!(asked(&"c".into()), (None, None));
    }
}
