//! DynamoDB: tables that span regions (global tables, version 2019.11.21).

mod rules;
mod table;

use crate::provider::Registry;

pub use table::{
    Billing, Consistency, Encryption, GlobalIndex, Key, KeyType, Keys, LocalIndex,
    OnDemandThroughput, PointInTimeRecovery, Projection, ReplicaOverride, ReplicaPolicy,
    StreamView, Table, TableCall, TableClass, TableHandle, TableModification, TableQuery, Units,
    WarmThroughput, WriteMode,
};

pub(crate) fn register(registry: Registry) -> Registry {
    registry.kind::<Table>().lookup::<TableQuery>()
}
