//! DynamoDB: tables that span regions (global tables, version 2019.11.21).

mod rules;
mod table;

use crate::provider::Registry;

pub use table::{
    Billing, Consistency, ContributorInsights, Encryption, GlobalIndex, InsightsMode, Key, KeyType,
    Keys, KinesisDestination, LocalIndex, OnDemandThroughput, PointInTimeRecovery, Projection,
    ReplicaIndex, ReplicaInsights, ReplicaOverride, ReplicaPolicy, ReplicaReads, StreamView, Table,
    TableCall, TableClass, TableHandle, TableModification, TableQuery, TimestampPrecision, Units,
    WarmThroughput, WriteMode,
};

pub(crate) fn register(registry: Registry) -> Registry {
    registry.kind::<Table>().lookup::<TableQuery>()
}
