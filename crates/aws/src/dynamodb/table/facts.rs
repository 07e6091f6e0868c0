//! What a step must know beyond the properties: it travels in the snapshot's facts.

use std::collections::{BTreeMap, BTreeSet};

use bicoastal_model::{Region, Snapshot};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::insights::InsightsFacts;
use super::kinesis::DestinationFacts;
use super::settings::{PointInTimeRecovery, StreamView, TableClass};

/// A replica that was described.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(super) struct MemberFacts {
    pub(super) arn: String,
    /// Seconds since 1970: the oldest replica is where the others were copied from.
    pub(super) created: i64,
    pub(super) deletion_protection: bool,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) class: Option<TableClass>,
    /// `aws_owned`, `aws_managed`, or a key's ARN.
    pub(super) key: String,
    /// Its stream, where it is on.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) stream: Option<StreamView>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) recovery: Option<PointInTimeRecovery>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) policy: Option<Value>,
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub(super) tags: BTreeMap<String, String>,
    #[serde(default, skip_serializing_if = "Throughput::is_none")]
    pub(super) throughput: Throughput,
    /// Of its indexes that have any, by their names.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub(super) indexes: BTreeMap<String, Throughput>,
    /// Contributor Insights, where it was asked for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) insights: Option<InsightsFacts>,
    /// The same of the indexes that were asked for.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub(super) index_insights: BTreeMap<String, InsightsFacts>,
    /// Streams of Kinesis that get changes or did, where they were asked for.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(super) kinesis: Vec<DestinationFacts>,
}

impl MemberFacts {
    /// What its table takes, or one of its indexes.
    pub(super) fn throughput_of(&self, index: Option<&str>) -> Throughput {
        match index {
            None => self.throughput,
            Some(name) => self.indexes.get(name).copied().unwrap_or_default(),
        }
    }

    /// Contributor Insights of its table, or of one of its indexes; `None` where it was not asked.
    pub(super) fn insights_of(&self, index: Option<&str>) -> Option<&InsightsFacts> {
        match index {
            None => self.insights.as_ref(),
            Some(name) => self.index_insights.get(name),
        }
    }
}

/// What a table or an index takes in one region as it is, before what is declared says what counts
/// as a difference.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub(super) struct Throughput {
    /// Units, where they are provisioned.
    pub(super) read: i64,
    pub(super) write: i64,
    /// Ceilings, where it is paid by request; `None` for none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) max_read: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) max_write: Option<i64>,
    /// Whether its reads are its own: then a change through it reaches no peer.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub(super) own_reads: bool,
}

impl Throughput {
    pub(super) fn is_none(&self) -> bool {
        *self == Self::default()
    }
}

/// Capacity that all replicas share.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct CapacityFacts {
    /// Whether it is paid by request.
    pub(super) on_demand: bool,
    pub(super) warm_read: i64,
    pub(super) warm_write: i64,
}

/// Everything beyond the properties.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(super) struct Facts {
    /// Replicas in our regions that answered.
    pub(super) members: BTreeMap<Region, MemberFacts>,
    /// Every region of the group: others' replicas and silent ones included.
    pub(super) group: BTreeSet<Region>,
    /// Our regions that have a table of this name which is no replica.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub(super) standalone: BTreeSet<Region>,
    /// Our regions that did not answer.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub(super) unseen: BTreeSet<Region>,
    /// Replicas that will not get better by waiting, in AWS's words.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub(super) faults: BTreeMap<Region, String>,
    pub(super) capacity: CapacityFacts,
    /// The stream of the replica that was asked for what all share.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) stream: Option<StreamView>,
    /// Time to live: AWS's word, and the attribute.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) time_to_live: Option<(String, Option<String>)>,
    /// Whether replicas agree at once.
    pub(super) strong: bool,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) witness: Option<Region>,
}

impl Facts {
    /// The facts of a snapshot that this module made.
    pub(super) fn of(snapshot: &Snapshot) -> Self {
        let facts = Value::Object(snapshot.facts.clone().into_iter().collect());
        serde_json::from_value(facts).unwrap_or_default()
    }

    /// As a snapshot holds them.
    pub(super) fn into_map(self) -> BTreeMap<String, Value> {
        match serde_json::to_value(self) {
            Ok(Value::Object(map)) => map.into_iter().collect(),
            _ => BTreeMap::new(),
        }
    }
}
