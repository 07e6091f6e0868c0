//! `DynamoDB:Table`: one table with a replica in every region of the stack.

mod call;
mod check;
mod effective;
mod facts;
mod index;
mod insights;
mod kinesis;
mod listed;
mod look;
mod own_apis;
mod query;
mod read;
mod schema;
mod settings;
mod snapshot;
mod step;

#[cfg(test)]
mod tests;

use std::collections::BTreeMap;

use bicoastal_model::resource::Check;
use bicoastal_model::{
    Arn, Deletes, Goal, Handle, Input, OpError, Output, Region, Resource, Schema, Snapshot,
    Spanning, Target, handle,
};
use bon::Builder;
use serde::{Deserialize, Serialize};

use crate::cx::Cx;
use crate::kind::{Kind, Listed, Next, Turn};

pub use call::{ReplicaReads, TableCall, TableModification};
pub use index::{GlobalIndex, Key, KeyType, Keys, LocalIndex, Projection};
pub use insights::{ContributorInsights, InsightsMode, ReplicaInsights};
pub use kinesis::{KinesisDestination, TimestampPrecision};
pub use query::TableQuery;
pub use settings::{
    Billing, Consistency, Encryption, OnDemandThroughput, PointInTimeRecovery, ReplicaIndex,
    ReplicaOverride, ReplicaPolicy, StreamView, TableClass, Units, WarmThroughput, WriteMode,
};

/// A table that exists, and takes writes, in every region of the stack.
///
/// Its replicas are the regions that it is declared across. A replica that the program never
/// mentioned is reported and left alone. What AWS keeps per replica (deletion protection,
/// point-in-time recovery, tags, class, Contributor Insights) is kept the same in all of ours, except where
/// [`ReplicaOverride`] or [`ReplicaInsights`] say otherwise.
#[derive(Debug, Clone, Serialize, Deserialize, Builder)]
pub struct Table {
    /// The name, the same in every region: 3–255 of `[a-zA-Z0-9_.-]`. Changing it replaces the
    /// table.
    #[builder(into)]
    pub name: Input<String>,
    /// The partition key. Changing it replaces the table.
    pub partition_key: Key,
    /// The sort key. Changing it replaces the table.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sort_key: Option<Key>,
    /// Global secondary indexes, at most 20. Made and deleted one at a time; an index whose keys
    /// or projection change is deleted and made again. Indexes that others made are left alone.
    #[builder(default, with = FromIterator::from_iter)]
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub indexes: Vec<GlobalIndex>,
    /// Local secondary indexes, at most 5. Fixed when the table is made.
    #[builder(default, with = FromIterator::from_iter)]
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub local_indexes: Vec<LocalIndex>,
    /// How capacity is paid for, in every region.
    pub billing: Billing,
    /// Ceilings for an on-demand table, in every region. AWS's default: none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub on_demand_throughput: Option<OnDemandThroughput>,
    /// What the table can take at once without warming up. It grows by itself and can only be
    /// raised: more than is declared is no difference.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub warm_throughput: Option<WarmThroughput>,
    /// The stream of changes, of each replica. Those with eventual consistency share it and need
    /// [`StreamView::NewAndOldImages`]; it can't be turned off while there are any.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stream: Option<StreamView>,
    /// The attribute (a number: seconds since 1970) after which an item expires, in every region.
    /// AWS takes one change an hour.
    #[builder(into)]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub time_to_live: Option<String>,
    /// Point-in-time recovery of each replica. AWS's default: off.
    #[builder(into)]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub point_in_time_recovery: Option<PointInTimeRecovery>,
    /// The key that encrypts the table, of the same kind in every region. AWS's default: a key
    /// of its own.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub encryption: Option<Encryption>,
    /// The table class. AWS's default: standard. It takes two changes in 30 days.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub table_class: Option<TableClass>,
    /// AWS's own protection against deletion, of each replica. AWS's default: off.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub deletion_protection: Option<bool>,
    /// The policy of each replica's table: ARNs in it differ by region.
    #[builder(default, with = FromIterator::from_iter)]
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub resource_policies: Vec<ReplicaPolicy>,
    /// What CloudWatch Contributor Insights records. AWS's default: nothing.
    #[builder(into)]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub contributor_insights: Option<ContributorInsights>,
    /// The Kinesis data streams that get the changes of single replicas.
    #[builder(default, with = FromIterator::from_iter)]
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub kinesis_destinations: Vec<KinesisDestination>,
    /// What single replicas have differently.
    #[builder(default, with = FromIterator::from_iter)]
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub replica_overrides: Vec<ReplicaOverride>,
    /// How replicas agree. Fixed when the second replica is made. AWS's default: eventually.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub consistency: Option<Consistency>,
    /// Where the application writes. AWS knows nothing of it; proofs about the loss of a region
    /// do.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub writes: Option<WriteMode>,
    /// Tags of each replica.
    #[builder(default, with = |tags: impl IntoIterator<Item = (impl Into<String>, impl Into<String>)>| tags.into_iter().map(|(key, value)| (key.into(), value.into())).collect())]
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub tags: BTreeMap<String, String>,
}

impl Table {
    /// The table of this name, to be looked up instead of declared.
    pub fn named(name: impl Into<String>) -> TableQuery {
        TableQuery::new(name)
    }

    /// What one replica has differently.
    fn overridden(&self, region: Region) -> Option<&ReplicaOverride> {
        self.replica_overrides.iter().find(|it| it.region == region)
    }
}

handle! {
    /// A declared table.
    pub struct TableHandle {
        /// The table's ARN in the first of its regions, in the order of their codes.
        arn: Arn<Table>,
        /// Its name.
        name: String,
        /// The ARN of its stream in that region; another one whenever the stream is turned on.
        stream_arn: String,
    }
}

impl TableHandle {
    /// The table's ARN in one of its regions.
    pub fn arn_in(&self, region: Region) -> Output<Arn<Table>> {
        self.node().output(&format!("arn.{region}"))
    }

    /// The ARN of its stream in one of its regions.
    pub fn stream_arn_in(&self, region: Region) -> Output<String> {
        self.node().output(&format!("stream_arn.{region}"))
    }
}

impl Resource for Table {
    type Scope = Spanning;
    type Handle = TableHandle;
    const SCHEMA: &'static Schema = &schema::SCHEMA;

    fn check(&self, check: &mut Check) {
        check::check(self, check);
    }
}

impl Kind for Table {
    type Call = TableCall;

    async fn listed(cx: &Cx, region: Region) -> Result<Vec<Listed>, OpError> {
        listed::tables(cx, region).await
    }

    async fn read<'a>(cx: &'a Cx, target: &'a Target) -> Result<Option<Snapshot>, OpError> {
        read::read(cx, target).await
    }

    fn refuses_twins(_: &Target) -> bool {
        true
    }

    fn after(turn: &Turn<'_, Self>, call: &TableCall) -> Option<Snapshot> {
        step::after(turn, call)
    }

    async fn poll<'a>(
        cx: &'a Cx,
        target: &'a Target,
        known: &'a Snapshot,
        goal: &'a Goal,
    ) -> Result<Option<Snapshot>, OpError> {
        match goal {
            Goal::Present { .. } => read::poll(cx, target, known).await,
            Goal::Absent { .. } => read::read(cx, target).await,
        }
    }

    fn step(turn: &Turn<'_, Self>) -> Next<TableCall> {
        step::step(turn)
    }

    async fn call<'a>(
        cx: &'a Cx,
        target: &'a Target,
        call: &'a TableCall,
    ) -> Result<Option<String>, OpError> {
        call::call(cx, target, call).await
    }

    fn deletes(call: &TableCall) -> Deletes {
        call.deletes()
    }

    fn name(call: &TableCall) -> &'static str {
        call.name()
    }
}
