//! What was read of a table, in the SDK's own types.

use std::collections::{BTreeMap, BTreeSet};

use aws_sdk_dynamodb::types::{ReplicaDescription, TableDescription};
use bicoastal_model::Region;

use super::insights::InsightsFacts;
use super::kinesis::DestinationFacts;
use super::settings::PointInTimeRecovery;

/// A table as one region has it.
#[derive(Clone, Debug)]
pub(super) struct Member {
    pub(super) description: TableDescription,
    pub(super) tags: BTreeMap<String, String>,
    /// `None` where it was not asked for.
    pub(super) recovery: Option<PointInTimeRecovery>,
    /// The policy's text; `None` where it was not asked for, or there is none.
    pub(super) policy: Option<String>,
    /// Whether its KMS key is the account's `alias/aws/dynamodb`.
    pub(super) managed_key: bool,
    /// Contributor Insights of the table; `None` where it was not asked for.
    pub(super) insights: Option<InsightsFacts>,
    /// The same of the indexes that were asked for.
    pub(super) index_insights: BTreeMap<String, InsightsFacts>,
    /// Streams of Kinesis that get changes or did; none where they were not asked for.
    pub(super) kinesis: Vec<DestinationFacts>,
}

impl Member {
    /// One of which only the description is known.
    pub(super) fn bare(description: TableDescription) -> Self {
        Self {
            description,
            tags: BTreeMap::new(),
            recovery: None,
            policy: None,
            managed_key: true,
            insights: None,
            index_insights: BTreeMap::new(),
            kinesis: Vec::new(),
        }
    }
}

/// Everything that one reading brought.
#[derive(Clone, Debug)]
pub(super) struct Look {
    /// The region whose view of the group is taken.
    pub(super) home: Region,
    /// The replicas that were described: in our regions, and answering.
    pub(super) members: BTreeMap<Region, Member>,
    /// Our regions that have a table of this name which is no replica of it.
    pub(super) standalone: BTreeSet<Region>,
    /// Our regions that did not answer.
    pub(super) unseen: BTreeSet<Region>,
    /// Time to live: AWS's word, and the attribute.
    pub(super) time_to_live: Option<(String, Option<String>)>,
}

impl Look {
    /// These replicas, and nothing besides.
    pub(super) fn of(home: Region, members: BTreeMap<Region, Member>) -> Self {
        Self {
            home,
            members,
            standalone: BTreeSet::new(),
            unseen: BTreeSet::new(),
            time_to_live: None,
        }
    }

    /// The description that the home region gives.
    pub(super) fn view(&self) -> Option<&TableDescription> {
        self.members.get(&self.home).map(|member| &member.description)
    }
}

/// How a peer sees a region's replica: with what that one has of its own.
pub(super) fn as_peer(look: &Look, region: Region) -> Option<&ReplicaDescription> {
    let descriptions = look.members.values().map(|member| &member.description);
    descriptions
        .flat_map(TableDescription::replicas)
        .find(|replica| replica.region_name() == Some(region.code()))
}

/// The regions of the group that a description belongs to, its own included.
pub(super) fn group(own: Region, description: &TableDescription) -> BTreeSet<Region> {
    let peers =
        description.replicas().iter().filter_map(|replica| replica.region_name()?.parse().ok());
    std::iter::once(own).chain(peers).collect()
}
