//! What CloudWatch Contributor Insights records of a table and of its indexes.

use std::collections::BTreeMap;

use bicoastal_model::Region;
use bon::Builder;
use serde::{Deserialize, Serialize};

/// Which keys CloudWatch Contributor Insights records. It shows them in clear, whatever key encrypts
/// the table, and CloudWatch charges for it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum InsightsMode {
    /// None.
    Off,
    /// The ones that are accessed most, and those that are throttled.
    AccessedAndThrottledKeys,
    /// Those that are throttled.
    ThrottledKeys,
}

/// Contributor Insights of a table and of its global indexes, in every region.
///
/// AWS copies none of it from replica to replica, and tells it by one call for the table and one for
/// each index in each region. They are made where this is declared, for the table and for the indexes
/// that it names: only then is it seen that somebody changed it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, Builder)]
pub struct ContributorInsights {
    /// Of the table. AWS's default: off.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub table: Option<InsightsMode>,
    /// Of global indexes, by their names. AWS's default: off.
    #[builder(default, with = |indexes: impl IntoIterator<Item = (impl Into<String>, InsightsMode)>| indexes.into_iter().map(|(name, mode)| (name.into(), mode)).collect())]
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub indexes: BTreeMap<String, InsightsMode>,
    /// What single replicas have differently.
    #[builder(default, with = FromIterator::from_iter)]
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub replicas: Vec<ReplicaInsights>,
}

/// Of the table, and of no index.
impl From<InsightsMode> for ContributorInsights {
    fn from(mode: InsightsMode) -> Self {
        Self { table: Some(mode), ..Self::default() }
    }
}

/// What Contributor Insights records differently in one replica.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Builder)]
pub struct ReplicaInsights {
    /// Which replica.
    #[builder(start_fn)]
    pub region: Region,
    /// Of its table.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub table: Option<InsightsMode>,
    /// Of its indexes, by their names.
    #[builder(default, with = |indexes: impl IntoIterator<Item = (impl Into<String>, InsightsMode)>| indexes.into_iter().map(|(name, mode)| (name.into(), mode)).collect())]
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub indexes: BTreeMap<String, InsightsMode>,
}

impl ContributorInsights {
    /// What is declared for a region's table, or for one of its indexes.
    pub(super) fn in_region(&self, region: Region, index: Option<&str>) -> Option<InsightsMode> {
        let own = self.replicas.iter().find(|it| it.region == region);
        let (own, shared) = match index {
            None => (own.and_then(|it| it.table), self.table),
            Some(index) => (
                own.and_then(|it| it.indexes.get(index).copied()),
                self.indexes.get(index).copied(),
            ),
        };
        own.or(shared)
    }

    /// The indexes that it says anything of.
    pub(super) fn named(&self) -> impl Iterator<Item = &String> {
        let own = self.replicas.iter().flat_map(|it| it.indexes.keys());
        self.indexes.keys().chain(own)
    }
}

/// Contributor Insights of a table or an index as AWS has it: what is being switched counts as
/// switched, and AWS is at work.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct InsightsFacts {
    pub(super) mode: InsightsMode,
    /// `ENABLING`, `ENABLED`, `DISABLING`, `DISABLED` or `FAILED`.
    pub(super) status: String,
    /// Why it failed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) failure: Option<String>,
}

impl InsightsFacts {
    /// As the program would say it, or AWS's words where it has failed.
    pub(super) fn shown(&self) -> serde_json::Value {
        match &self.failure {
            Some(words) => serde_json::json!(format!("FAILED {words}").trim_end()),
            None => serde_json::json!(self.mode),
        }
    }
}
