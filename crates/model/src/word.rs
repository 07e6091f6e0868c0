//! Short texts that many share.

use std::borrow::Borrow;
use std::cell::RefCell;
use std::fmt;
use std::hash::{Hash, Hasher};
use std::ops::Deref;
use std::sync::Arc;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// A text that does not change: a key, a kind, a name. A copy shares it, and equal ones that are
/// made soon after each other most often are one.
#[derive(Clone, Eq, PartialOrd, Ord)]
pub struct Word(Arc<str>);

impl PartialEq for Word {
    /// What is shared is not read.
    fn eq(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.0, &other.0) || self.0 == other.0
    }
}

impl Hash for Word {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.0.hash(state);
    }
}

impl Word {
    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    pub(crate) fn shared(text: &Arc<str>) -> Self {
        Self(Arc::clone(text))
    }

    /// One of its own, of which nothing is kept at hand: for what is said once.
    pub fn unshared(text: &str) -> Self {
        Self(text.into())
    }

    pub(crate) fn into_shared(self) -> Arc<str> {
        self.0
    }

    /// One of this sort.
    pub(crate) fn of(text: &str, pool: Pool) -> Self {
        Self(share(text, pool))
    }
}

impl Default for Word {
    fn default() -> Self {
        Self::from("")
    }
}

impl From<&str> for Word {
    fn from(text: &str) -> Self {
        Self(share(text, Pool::Words))
    }
}

impl From<String> for Word {
    fn from(text: String) -> Self {
        Self::from(text.as_str())
    }
}

impl From<&String> for Word {
    fn from(text: &String) -> Self {
        Self::from(text.as_str())
    }
}

impl From<Word> for String {
    fn from(word: Word) -> Self {
        word.as_str().to_owned()
    }
}

impl Deref for Word {
    type Target = str;

    fn deref(&self) -> &str {
        &self.0
    }
}

impl AsRef<str> for Word {
    fn as_ref(&self) -> &str {
        &self.0
    }
}

impl Borrow<str> for Word {
    fn borrow(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Word {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&*self.0, f)
    }
}

impl fmt::Display for Word {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0)
    }
}

impl PartialEq<str> for Word {
    fn eq(&self, other: &str) -> bool {
        &*self.0 == other
    }
}

impl PartialEq<&str> for Word {
    fn eq(&self, other: &&str) -> bool {
        &*self.0 == *other
    }
}

impl PartialEq<String> for Word {
    fn eq(&self, other: &String) -> bool {
        &*self.0 == other.as_str()
    }
}

impl PartialEq<Word> for str {
    fn eq(&self, other: &Word) -> bool {
        self == &*other.0
    }
}

impl PartialEq<Word> for &str {
    fn eq(&self, other: &Word) -> bool {
        *self == &*other.0
    }
}

impl PartialEq<Word> for String {
    fn eq(&self, other: &Word) -> bool {
        self.as_str() == &*other.0
    }
}

impl Serialize for Word {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.0)
    }
}

impl<'de> Deserialize<'de> for Word {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        text(deserializer, Pool::Words)
    }
}

/// Reads a text without a copy of its own where one of that text is at hand.
pub(crate) fn text<'de, D: Deserializer<'de>>(
    deserializer: D,
    pool: Pool,
) -> Result<Word, D::Error> {
    struct Text(Pool);

    impl serde::de::Visitor<'_> for Text {
        type Value = Word;

        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("a string")
        }

        fn visit_str<E>(self, text: &str) -> Result<Word, E> {
            Ok(Word::of(text, self.0))
        }
    }
    deserializer.deserialize_str(Text(pool))
}

/// Texts of one sort, so that those of another do not drive them out.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Pool {
    /// Keys, kinds, attributes: few, and everywhere.
    Words,
    /// Values of properties.
    Texts,
    /// Ids of resources, and what is made of them.
    Ids,
}

/// How many texts of a sort are at hand. What does not fit in is not shared, and nothing else.
const SLOTS: usize = 1024;
/// Longer ones are hardly said twice.
const LONGEST: usize = 64;

thread_local! {
    static POOLS: RefCell<[Vec<Option<Arc<str>>>; 3]> = const {
        RefCell::new([Vec::new(), Vec::new(), Vec::new()])
    };
}

/// The text, which others that were made of late share where they said the same.
pub(crate) fn share(text: &str, pool: Pool) -> Arc<str> {
    if text.len() > LONGEST {
        return text.into();
    }
    POOLS.with_borrow_mut(|pools| {
        let pool = &mut pools[pool as usize];
        if pool.is_empty() {
            pool.resize(SLOTS, None);
        }
        let slot = &mut pool[hash(text) % SLOTS];
        match slot {
            Some(there) if **there == *text => Arc::clone(there),
            _ => Arc::clone(slot.insert(text.into())),
        }
    })
}

/// FNV-1a, folded.
fn hash(text: &str) -> usize {
    let hash = text.bytes().fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
    });
    (hash ^ (hash >> 32)) as usize
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn equal_texts_are_one() {
        let (a, b) = (Word::from("us-east-1"), Word::from("us-east-1".to_owned()));
        assert!(Arc::ptr_eq(&a.0, &b.0));
        let long = "x".repeat(LONGEST + 1);
        assert_eq!(Word::from(&long), Word::from(&long));
        // However many there were in between, a text stays what it is.
        let all: Vec<Word> = (0..10_000).map(|it| Word::from(it.to_string())).collect();
        assert!(all.iter().enumerate().all(|(it, word)| *word == it.to_string()));
    }
}
