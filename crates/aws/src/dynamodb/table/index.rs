//! Keys and indexes.

use bon::Builder;
use serde::{Deserialize, Serialize};

use super::settings::{OnDemandThroughput, Units};

/// The type of a key attribute.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum KeyType {
    /// Text.
    S,
    /// A number.
    N,
    /// Bytes.
    B,
}

/// An attribute that is part of a key.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Key {
    /// The attribute's name, 1–255 bytes.
    pub name: String,
    /// Its type; the same wherever the attribute is part of a key.
    #[serde(rename = "type")]
    pub kind: KeyType,
}

impl Key {
    /// A key of text.
    pub fn string(name: impl Into<String>) -> Self {
        Self { name: name.into(), kind: KeyType::S }
    }

    /// A key of numbers.
    pub fn number(name: impl Into<String>) -> Self {
        Self { name: name.into(), kind: KeyType::N }
    }

    /// A key of bytes.
    pub fn binary(name: impl Into<String>) -> Self {
        Self { name: name.into(), kind: KeyType::B }
    }
}

/// The attributes of one part of an index's key: one, or up to four in order.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Keys(pub Vec<Key>);

impl From<Key> for Keys {
    fn from(key: Key) -> Self {
        Self(vec![key])
    }
}

impl<const N: usize> From<[Key; N]> for Keys {
    fn from(keys: [Key; N]) -> Self {
        Self(keys.into())
    }
}

impl From<Vec<Key>> for Keys {
    fn from(keys: Vec<Key>) -> Self {
        Self(keys)
    }
}

/// The attributes that an index holds besides its own and the table's keys.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum Projection {
    /// All of them.
    #[default]
    All,
    /// None.
    KeysOnly,
    /// These; at most 100 over all indexes of the table.
    Include {
        /// Their names.
        attributes: Vec<String>,
    },
}

impl Projection {
    /// These attributes.
    pub fn include(attributes: impl IntoIterator<Item = impl Into<String>>) -> Self {
        Self::Include { attributes: attributes.into_iter().map(Into::into).collect() }
    }
}

/// A global secondary index: other keys over the same items.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Builder)]
pub struct GlobalIndex {
    /// Its name, 3–255 of `[a-zA-Z0-9_.-]`, unique in the table.
    #[builder(into)]
    pub name: String,
    /// Its partition key: one attribute, or up to four.
    #[builder(into)]
    pub partition_key: Keys,
    /// Its sort key: none, one attribute, or up to four.
    #[builder(into, default)]
    #[serde(default, skip_serializing_if = "is_empty")]
    pub sort_key: Keys,
    /// What it holds.
    #[builder(default)]
    #[serde(default)]
    pub projection: Projection,
    /// Its reads, for a provisioned table. Default: the table's.
    #[builder(into)]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub read: Option<Units>,
    /// Its writes, for a provisioned table. Default: the table's.
    #[builder(into)]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub write: Option<Units>,
    /// Its ceilings, for an on-demand table, in every region. AWS's default: none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub on_demand_throughput: Option<OnDemandThroughput>,
}

fn is_empty(keys: &Keys) -> bool {
    keys.0.is_empty()
}

impl GlobalIndex {
    /// The attributes of its key.
    pub(super) fn keys(&self) -> impl Iterator<Item = &Key> {
        self.partition_key.0.iter().chain(&self.sort_key.0)
    }
}

/// A local secondary index: another sort key under the table's partition key.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Builder)]
pub struct LocalIndex {
    /// Its name, 3–255 of `[a-zA-Z0-9_.-]`, unique in the table.
    #[builder(into)]
    pub name: String,
    /// Its sort key.
    pub sort_key: Key,
    /// What it holds.
    #[builder(default)]
    #[serde(default)]
    pub projection: Projection,
}
