//! The settings of a table.

use std::collections::BTreeMap;
use std::ops::RangeInclusive;

use bicoastal_model::{Arn, Input, Region};
use bon::Builder;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::kms;
use crate::policy::Document;

/// Capacity units: exactly so many, or something between two bounds that somebody else scales.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Units {
    /// The least; what a new table gets.
    pub min: i64,
    /// The most.
    pub max: i64,
}

impl Units {
    /// Whether this many are as declared.
    pub(super) fn accepts(self, units: i64) -> bool {
        (self.min..=self.max).contains(&units)
    }
}

impl From<i64> for Units {
    fn from(units: i64) -> Self {
        Self { min: units, max: units }
    }
}

impl From<RangeInclusive<i64>> for Units {
    fn from(range: RangeInclusive<i64>) -> Self {
        Self { min: *range.start(), max: *range.end() }
    }
}

/// A number, or `"5..100"`.
impl Serialize for Units {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        if self.min == self.max {
            serializer.serialize_i64(self.min)
        } else {
            serializer.serialize_str(&format!("{}..{}", self.min, self.max))
        }
    }
}

impl<'de> Deserialize<'de> for Units {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        #[derive(Deserialize)]
        #[serde(untagged)]
        enum Written {
            Number(i64),
            Range(String),
        }
        match Written::deserialize(deserializer)? {
            Written::Number(units) => Ok(Self::from(units)),
            Written::Range(text) => text
                .split_once("..")
                .and_then(|(min, max)| {
                    Some(Self { min: min.parse().ok()?, max: max.parse().ok()? })
                })
                .ok_or_else(|| serde::de::Error::custom(format!("'{text}' is no range of units"))),
        }
    }
}

/// How capacity is paid for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "mode", rename_all = "snake_case")]
pub enum Billing {
    /// By request. A provisioned table can be switched to it four times in 24 hours.
    OnDemand,
    /// By reserved capacity. AWS lets a table have replicas only if its writes are scaled
    /// automatically: give a range, and register the scaling target yourself.
    Provisioned {
        /// Reads per second, of 4 KB each.
        read: Units,
        /// Writes per second, of 1 KB each; every replica takes the writes of all regions.
        write: Units,
    },
}

impl Billing {
    /// Reserved capacity: `Billing::provisioned(5..=100, 5..=100)`.
    pub fn provisioned(read: impl Into<Units>, write: impl Into<Units>) -> Self {
        Self::Provisioned { read: read.into(), write: write.into() }
    }
}

/// Ceilings of an on-demand table or of one of its indexes, in requests per second.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, Builder)]
pub struct OnDemandThroughput {
    /// The most reads; -1 for no ceiling.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub max_read: Option<i64>,
    /// The most writes; -1 for no ceiling.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub max_write: Option<i64>,
}

/// What a table takes at once, in requests per second.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, Builder)]
pub struct WarmThroughput {
    /// Reads.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub read: Option<i64>,
    /// Writes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub write: Option<i64>,
}

/// What a stream shows of a changed item.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum StreamView {
    /// Its key.
    KeysOnly,
    /// How it is.
    NewImage,
    /// How it was.
    OldImage,
    /// Both: what replication needs.
    NewAndOldImages,
}

/// Point-in-time recovery: continuous backups of a replica.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct PointInTimeRecovery {
    /// Whether it is on.
    pub enabled: bool,
    /// How many days back, 1–35. AWS's default: 35.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub recovery_period_days: Option<i32>,
}

/// How many days back AWS lets a table go where nobody says how many.
pub(super) const RECOVERY_DAYS: i32 = 35;

impl PointInTimeRecovery {
    /// On, for this many days back.
    pub fn days(days: i32) -> Self {
        Self { enabled: true, recovery_period_days: Some(days) }
    }
}

impl From<bool> for PointInTimeRecovery {
    fn from(enabled: bool) -> Self {
        Self { enabled, recovery_period_days: None }
    }
}

/// Whose key encrypts a table. The kind is the same in every region, the key is not.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "key", rename_all = "snake_case")]
pub enum Encryption {
    /// A key that AWS owns and does not show.
    AwsOwned,
    /// The account's `alias/aws/dynamodb` of each region.
    AwsManaged,
    /// A customer-managed key of each region, by ARN. A key that changes in one region means that
    /// the replica is removed and copied again there.
    Customer {
        /// The key of each region.
        keys: BTreeMap<Region, Input<Arn<kms::Key>>>,
    },
}

impl Encryption {
    /// A customer-managed key of each region.
    pub fn customer<K: Into<Input<Arn<kms::Key>>>>(
        keys: impl IntoIterator<Item = (Region, K)>,
    ) -> Self {
        Self::Customer {
            keys: keys.into_iter().map(|(region, key)| (region, key.into())).collect(),
        }
    }
}

/// What storage costs against what requests cost.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TableClass {
    /// For most tables.
    Standard,
    /// For tables that are mostly storage.
    StandardInfrequentAccess,
}

/// How replicas agree.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "mode", rename_all = "snake_case")]
pub enum Consistency {
    /// A write is copied within about a second; of two that did not see each other, the later one
    /// stays. A lost region takes what was not copied yet along.
    Eventual,
    /// A write is in two regions before it is acknowledged: nothing is lost with a region. Exactly
    /// three regions of one set (United States, Europe or north-east Asia), made together and
    /// unmade together; no time to live, no local indexes, no transactions.
    Strong {
        /// The region that only votes, where there are two replicas.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        witness: Option<Region>,
    },
}

/// Where an application writes to a table: what last-writer-wins means for it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum WriteMode {
    /// In any region, any item: of two writes to one item within the lag, one is dropped.
    AnyRegion,
    /// In one region at a time for the whole table.
    OneRegion,
    /// In the item's own home region.
    HomeRegion,
}

/// What one replica has differently from the others. What is not mentioned is as everywhere.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Builder)]
pub struct ReplicaOverride {
    /// Which replica.
    #[builder(start_fn)]
    pub region: Region,
    /// Its table class.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub table_class: Option<TableClass>,
    /// Its reads, for a provisioned table: so many, or a range that its own scaling target keeps to.
    /// Default: the table's.
    #[builder(into)]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub read: Option<Units>,
    /// The most reads in a second, for an on-demand table; -1 for no ceiling. Default: the table's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub max_read: Option<i64>,
    /// What single indexes have differently there.
    #[builder(default, with = FromIterator::from_iter)]
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub indexes: Vec<ReplicaIndex>,
    /// Its point-in-time recovery.
    #[builder(into)]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub point_in_time_recovery: Option<PointInTimeRecovery>,
    /// Its deletion protection.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub deletion_protection: Option<bool>,
    /// Tags that it has besides, or with other values.
    #[builder(default, with = |tags: impl IntoIterator<Item = (impl Into<String>, impl Into<String>)>| tags.into_iter().map(|(key, value)| (key.into(), value.into())).collect())]
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub tags: BTreeMap<String, String>,
}

/// What one index has differently in one replica. Its writes are the same everywhere.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Builder)]
pub struct ReplicaIndex {
    /// Which index.
    #[builder(start_fn, into)]
    pub name: String,
    /// Its reads there, for a provisioned table. Default: the index's in every region.
    #[builder(into)]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub read: Option<Units>,
    /// The most reads of it in a second there, for an on-demand table; -1 for no ceiling. Default:
    /// the index's in every region.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub max_read: Option<i64>,
}

impl ReplicaOverride {
    /// The reads of its table, or of one of its indexes.
    pub(super) fn read_of(&self, index: Option<&str>) -> Option<Units> {
        match index {
            None => self.read,
            Some(name) => self.index(name).and_then(|it| it.read),
        }
    }

    /// The most reads of its table, or of one of its indexes.
    pub(super) fn max_read_of(&self, index: Option<&str>) -> Option<i64> {
        match index {
            None => self.max_read,
            Some(name) => self.index(name).and_then(|it| it.max_read),
        }
    }

    fn index(&self, name: &str) -> Option<&ReplicaIndex> {
        self.indexes.iter().find(|it| it.name == name)
    }
}

/// The resource policy of one replica's table.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ReplicaPolicy {
    /// Which replica.
    pub region: Region,
    /// The policy, at most 20 KB with its white space.
    pub document: Document,
}

impl ReplicaPolicy {
    /// The policy of a region's table.
    pub fn new(region: Region, document: impl Into<Document>) -> Self {
        Self { region, document: document.into() }
    }
}
