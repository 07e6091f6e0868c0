//! Who is who: resource ids, places, and AWS identifiers that cannot be confused.

use std::cmp::Ordering;
use std::fmt;
use std::hash::{Hash, Hasher};
use std::marker::PhantomData;
use std::sync::Arc;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::region::Region;
use crate::word::{self, Pool, Word};

/// The logical id of a resource within its stack: `zone`, `us-east-1/front`, or with an
/// account `dns:zone`. It is what state is keyed by and what users type. A copy shares the text:
/// one id is in many places of a plan and a state.
#[derive(Clone, Debug, Eq, Serialize)]
#[serde(transparent)]
pub struct ResourceId(Arc<str>);

impl PartialEq for ResourceId {
    /// What is shared is not read.
    fn eq(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.0, &other.0) || self.0 == other.0
    }
}

impl Ord for ResourceId {
    /// What is shared is not read.
    fn cmp(&self, other: &Self) -> Ordering {
        match Arc::ptr_eq(&self.0, &other.0) {
            true => Ordering::Equal,
            false => self.0.cmp(&other.0),
        }
    }
}

impl PartialOrd for ResourceId {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Hash for ResourceId {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.0.hash(state);
    }
}

impl ResourceId {
    /// From its written form.
    pub fn new(id: impl Into<String>) -> Self {
        Self(word::share(&id.into(), Pool::Ids))
    }

    /// The written form.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    pub(crate) fn to_word(&self) -> Word {
        Word::shared(&self.0)
    }
}

impl<'de> Deserialize<'de> for ResourceId {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        word::text(deserializer, Pool::Ids).map(|it| Self(it.into_shared()))
    }
}

impl fmt::Display for ResourceId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0)
    }
}

impl From<&str> for ResourceId {
    fn from(id: &str) -> Self {
        Self(word::share(id, Pool::Ids))
    }
}

/// Ids of resources: sorted, each there once, and shared by copies.
#[derive(Clone, Default, Eq, PartialOrd, Ord)]
pub struct Ids(Arc<[ResourceId]>);

impl PartialEq for Ids {
    /// What is shared is not read.
    fn eq(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.0, &other.0) || self.0 == other.0
    }
}

impl Ids {
    /// All of them, sorted.
    pub fn iter(&self) -> std::slice::Iter<'_, ResourceId> {
        self.0.iter()
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Whether this is one of them.
    pub fn contains(&self, id: &ResourceId) -> bool {
        self.0.binary_search(id).is_ok()
    }

    /// These and those.
    #[must_use]
    pub fn union(&self, others: &Self) -> Self {
        if self.is_empty() || self == others {
            return others.clone();
        }
        if others.is_empty() {
            return self.clone();
        }
        self.iter().chain(others).cloned().collect()
    }

    /// With another id in the place of one of them; whether it was one of them.
    pub fn replace(&mut self, from: &ResourceId, to: &ResourceId) -> bool {
        let found = self.contains(from);
        if found {
            *self = self.iter().map(|id| if id == from { to } else { id }).cloned().collect();
        }
        found
    }
}

impl FromIterator<ResourceId> for Ids {
    fn from_iter<I: IntoIterator<Item = ResourceId>>(ids: I) -> Self {
        let mut ids: Vec<ResourceId> = ids.into_iter().collect();
        if ids.is_empty() {
            return Self::default();
        }
        ids.sort_unstable();
        ids.dedup();
        Self(ids.into())
    }
}

impl<const COUNT: usize> From<[ResourceId; COUNT]> for Ids {
    fn from(ids: [ResourceId; COUNT]) -> Self {
        ids.into_iter().collect()
    }
}

impl<'i> IntoIterator for &'i Ids {
    type Item = &'i ResourceId;
    type IntoIter = std::slice::Iter<'i, ResourceId>;

    fn into_iter(self) -> Self::IntoIter {
        self.iter()
    }
}

impl fmt::Debug for Ids {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self).finish()
    }
}

impl Serialize for Ids {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(self)
    }
}

impl<'de> Deserialize<'de> for Ids {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Ok(Vec::<ResourceId>::deserialize(deserializer)?.into_iter().collect())
    }
}

/// How far a kind reaches.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ScopeKind {
    /// One in the account: zones, roles, records.
    Global,
    /// One in a region: load balancers, clusters, buckets.
    Regional,
    /// One that has members in several regions: global tables, global clusters.
    Spanning,
}

/// Where a resource lives.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Place {
    /// The program's name for the account; `None` is the engine's own.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub account: Option<String>,
    /// How far it reaches.
    pub scope: ScopeKind,
    /// Its region (regional) or its members (spanning), sorted; empty for global.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub regions: Vec<Region>,
}

impl Place {
    /// The one region of a regional resource.
    pub fn region(&self) -> Option<Region> {
        match self.scope {
            ScopeKind::Regional => self.regions.first().copied(),
            _ => None,
        }
    }

    /// How the place is shown: a region, `global`, or the members joined by `+`.
    pub fn label(&self) -> String {
        match self.scope {
            ScopeKind::Global => "global".to_owned(),
            _ => self.regions.iter().map(|region| region.code()).collect::<Vec<_>>().join("+"),
        }
    }
}

macro_rules! typed_text {
    ($(#[$doc:meta])* $name:ident, $what:literal) => {
        $(#[$doc])*
        pub struct $name<T> {
            text: String,
            of: PhantomData<fn() -> T>,
        }

        impl<T> $name<T> {
            #[doc = concat!("From ", $what, " that is known already.")]
            pub fn new(text: impl Into<String>) -> Self {
                Self { text: text.into(), of: PhantomData }
            }

            /// The text as AWS writes it.
            pub fn as_str(&self) -> &str {
                &self.text
            }
        }

        impl<T> Clone for $name<T> {
            fn clone(&self) -> Self {
                Self::new(self.text.clone())
            }
        }

        impl<T> fmt::Debug for $name<T> {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                fmt::Debug::fmt(&self.text, f)
            }
        }

        impl<T> fmt::Display for $name<T> {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.pad(&self.text)
            }
        }

        impl<T> PartialEq for $name<T> {
            fn eq(&self, other: &Self) -> bool {
                self.text == other.text
            }
        }

        impl<T> Eq for $name<T> {}

        impl<T> Serialize for $name<T> {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.serialize_str(&self.text)
            }
        }

        impl<'de, T> Deserialize<'de> for $name<T> {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                String::deserialize(deserializer).map(Self::new)
            }
        }
    };
}

typed_text! {
    /// The ARN of a `T`: `Arn<Key>` is not `Arn<LoadBalancer>`.
    Arn, "an ARN"
}
typed_text! {
    /// The id that AWS gave to a `T`: a zone's id is not a health check's.
    Id, "an id"
}
