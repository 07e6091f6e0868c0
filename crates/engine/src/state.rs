//! What was done, as far as is recorded: the fold of the journal.

use std::collections::BTreeMap;
use std::fmt;

use bicoastal_model::sweep::{LINEAGE_TAG, RESOURCE_TAG, STACK_TAG, TOKEN_PREFIX};
use bicoastal_model::{Fields, Ids, Packed, Place, ResourceId, Target, Word};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use serde_json::Value;

/// The format that this version writes.
pub const FORMAT: u32 = 1;

/// One incarnation of a resource: `us-east-1/front#2`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Key {
    /// The logical id.
    pub id: ResourceId,
    /// Which of its successive selves, from 1.
    pub incarnation: u32,
}

impl Key {
    /// From its parts.
    pub fn new(id: impl Into<ResourceId>, incarnation: u32) -> Self {
        Self { id: id.into(), incarnation }
    }
}

impl fmt::Display for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}#{}", self.id, self.incarnation)
    }
}

impl Serialize for Key {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Key {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        text.rsplit_once('#')
            .and_then(|(id, number)| Some(Self::new(id, number.parse().ok()?)))
            .ok_or_else(|| serde::de::Error::custom(format!("'{text}' is not an id#incarnation")))
    }
}

/// What an operation does to one thing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Verb {
    /// Makes it.
    Create,
    /// Takes over what is there, and makes it as wanted.
    Adopt,
    /// Makes what is there as wanted.
    Update,
    /// Removes it.
    Delete,
}

/// An operation that began and has not ended: what the cloud says decides.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Doubt {
    /// The operation's number; 0 once it has ended in failure: nothing is under way any more, but
    /// only the cloud can tell how far it came.
    pub op: u64,
    /// What it was doing.
    pub verb: Verb,
    /// What it was about to make true (none for a delete); secrets as digests.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub wanted: Option<Packed>,
}

/// One thing that was made, or may have been.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Entry {
    /// Its kind.
    pub kind: Word,
    /// Where it is; for a spanning thing the members it was applied to.
    pub place: Place,
    /// The logical id it was born with: part of its token and its tags for ever.
    pub born: ResourceId,
    /// The text that marks it as ours where AWS takes one at creation.
    pub token: Word,
    /// The id that AWS gave it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub physical: Option<String>,
    /// What was last applied; secrets as digests. `None`: nothing yet (its creation is in doubt).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub applied: Option<Packed>,
    /// Its outputs when it was last seen.
    #[serde(default, skip_serializing_if = "Fields::is_empty")]
    pub outputs: Fields,
    /// What it must come after, and go before.
    #[serde(default, skip_serializing_if = "Ids::is_empty")]
    pub edges: Ids,
    /// Deleting it must be asked for by name.
    #[serde(default, skip_serializing_if = "is_false")]
    pub protected: bool,
    /// It is left alone in AWS when its declaration goes.
    #[serde(default, skip_serializing_if = "is_false")]
    pub retained: bool,
    /// Another incarnation took its place; it is to be deleted.
    #[serde(default, skip_serializing_if = "is_false")]
    pub superseded: bool,
    /// An operation on it that began and has not ended.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub doubt: Option<Doubt>,
}

fn is_false(flag: &bool) -> bool {
    !flag
}

/// What a look-up found.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct LookedUp {
    /// Its kind.
    pub kind: String,
    /// Its outputs.
    pub outputs: Fields,
}

/// Everything that is recorded of a stack.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct State {
    /// The format it was written in.
    pub format: u32,
    /// The stack's name.
    pub stack: String,
    /// A random text made once, in every token and ownership tag.
    pub lineage: String,
    /// How many journal entries are folded in: grows with every one.
    pub generation: u64,
    /// The number of the operation that began last: numbers are never used twice.
    #[serde(default)]
    pub operations: u64,
    /// When the last operation ended that left something there, in milliseconds since 1970 by the
    /// clock of its run: AWS may not show it everywhere for a while.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub changed_ms: Option<u64>,
    /// Account numbers, by the program's name for the account (`""`: the default one).
    #[serde(default)]
    pub accounts: BTreeMap<String, String>,
    /// Every thing, by id and incarnation.
    #[serde(default)]
    pub entries: BTreeMap<Key, Entry>,
    /// The highest incarnation of things that are gone: tokens are never used twice, because some
    /// services remember those of deleted things.
    #[serde(default)]
    pub retired: BTreeMap<ResourceId, u32>,
    /// What look-ups found.
    #[serde(default)]
    pub lookups: BTreeMap<ResourceId, LookedUp>,
    /// The stack's exports when it was last applied.
    #[serde(default)]
    pub exports: Vec<(String, Value)>,
    /// What the operations that are under way are about, so that an end does not have to look
    /// for it.
    #[serde(skip)]
    pub(crate) under_way: UnderWay,
}

/// The things of operations that began while this state was in memory, as far as they still bear
/// those operations' doubts. Follows from the entries, so it is no difference.
#[derive(Clone, Debug, Default)]
pub(crate) struct UnderWay(pub(crate) BTreeMap<u64, Vec<Key>>);

impl PartialEq for UnderWay {
    fn eq(&self, _other: &Self) -> bool {
        true
    }
}

impl State {
    /// A state of which nothing is recorded yet.
    pub fn empty(stack: impl Into<String>, lineage: impl Into<String>) -> Self {
        Self {
            format: FORMAT,
            stack: stack.into(),
            lineage: lineage.into(),
            generation: 0,
            operations: 0,
            changed_ms: None,
            accounts: BTreeMap::new(),
            entries: BTreeMap::new(),
            retired: BTreeMap::new(),
            lookups: BTreeMap::new(),
            exports: Vec::new(),
            under_way: UnderWay::default(),
        }
    }

    /// The incarnations of a resource, oldest first.
    pub fn incarnations(&self, id: &ResourceId) -> impl Iterator<Item = (&Key, &Entry)> {
        let from = Key::new(id.clone(), 0);
        self.entries.range(from..).take_while(move |(key, _)| key.id == *id)
    }

    /// Whether these are the recorded exports. Their order is for people, and no difference.
    pub fn has_exports(&self, exports: &[(String, Value)]) -> bool {
        let by_name = |exports: &[(String, Value)]| -> BTreeMap<String, Value> {
            exports.iter().cloned().collect()
        };
        by_name(&self.exports) == by_name(exports)
    }

    /// The one that is in use: the newest that is not superseded.
    pub fn current(&self, id: &ResourceId) -> Option<(&Key, &Entry)> {
        self.incarnations(id).filter(|(_, entry)| !entry.superseded).last()
    }

    /// The number of the next incarnation.
    pub fn next_incarnation(&self, id: &ResourceId) -> u32 {
        let living = self.incarnations(id).last().map_or(0, |(key, _)| key.incarnation);
        living.max(self.retired.get(id).copied().unwrap_or(0)) + 1
    }

    /// The ownership tags of a thing that was, or is to be, born with this id.
    pub fn ownership_tags(&self, born: &ResourceId) -> BTreeMap<String, String> {
        BTreeMap::from([
            (LINEAGE_TAG.to_owned(), self.lineage.clone()),
            (RESOURCE_TAG.to_owned(), born.to_string()),
            (STACK_TAG.to_owned(), self.stack.clone()),
        ])
    }

    /// The same as values of properties.
    pub(crate) fn marks(&self) -> Marks {
        Marks {
            lineage: (LINEAGE_TAG.into(), self.lineage.as_str().into()),
            resource: RESOURCE_TAG.into(),
            stack: (STACK_TAG.into(), self.stack.as_str().into()),
        }
    }

    /// What to read to see a thing that is recorded.
    pub fn target(&self, key: &Key, entry: &Entry) -> Target {
        let doubted = entry.doubt.as_ref().and_then(|doubt| doubt.wanted.as_ref());
        Target {
            id: key.id.clone(),
            kind: entry.kind.to_string(),
            place: entry.place.clone(),
            incarnation: key.incarnation,
            token: entry.token.to_string(),
            physical: entry.physical.clone(),
            props: entry.applied.as_ref().or(doubted).cloned().unwrap_or_default(),
            tags: self.ownership_tags(&entry.born),
        }
    }
}

/// The ownership tags of everything that is a state's, as values of properties.
pub(crate) struct Marks {
    lineage: (Word, Packed),
    resource: Word,
    stack: (Word, Packed),
}

impl Marks {
    /// Of what was, or is to be, born with this id.
    pub(crate) fn of_one(&self, born: &ResourceId) -> [(Word, Packed); 3] {
        [self.lineage.clone(), (self.resource.clone(), born.into()), self.stack.clone()]
    }
}

/// The token of an incarnation: at most 64 characters of `A-Za-z0-9-`, the same on every attempt,
/// and readable back: lineage, a hash of the id it was born with, incarnation.
pub fn token(lineage: &str, born: &ResourceId, incarnation: u32) -> String {
    let hash = born_hash(born);
    [TOKEN_PREFIX, lineage, "-", &hash, "-", &incarnation.to_string()].concat()
}

fn born_hash(born: &ResourceId) -> String {
    use sha2::{Digest, Sha256};
    let digest = Sha256::digest(born.as_str());
    let mut hash = String::with_capacity(16);
    for byte in digest.iter().take(8) {
        for digit in [byte >> 4, byte & 15] {
            hash.extend(char::from_digit(digit.into(), 16));
        }
    }
    hash
}

/// What a token says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TokenMark {
    /// The lineage of the state that made it.
    pub lineage: String,
    /// The hash of the id that it was born with.
    hash: String,
    /// Which of its successive selves it is.
    pub incarnation: u32,
}

impl TokenMark {
    /// Reads a token; `None` where it is not one of ours.
    pub fn read(token: &str) -> Option<Self> {
        let (rest, incarnation) = token.strip_prefix(TOKEN_PREFIX)?.rsplit_once('-')?;
        let (lineage, hash) = rest.rsplit_once('-')?;
        let incarnation: u32 = incarnation.parse().ok().filter(|it| *it > 0)?;
        let good = !lineage.is_empty() && hash.len() == 16;
        good.then(|| Self { lineage: lineage.to_owned(), hash: hash.to_owned(), incarnation })
    }

    /// Whether it was made for a resource that was born with this id.
    pub fn is_of(&self, born: &ResourceId) -> bool {
        self.hash == born_hash(born)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_is_read_back() {
        let born = ResourceId::new("us-east-1/front");
        let mark = TokenMark::read(&token("0a1b-c", &born, 12));
        let Some(mark) = mark else { panic!("it is a token") };
        assert_eq!((mark.lineage.as_str(), mark.incarnation), ("0a1b-c", 12));
        assert!(mark.is_of(&born) && !mark.is_of(&ResourceId::new("front")));
        for text in ["", "bc-", "terraform-2026", "bc-x-y-1", "bc-l-0123456789abcdef-0"] {
            assert_eq!(TokenMark::read(text), None, "{text}");
        }
    }
}
