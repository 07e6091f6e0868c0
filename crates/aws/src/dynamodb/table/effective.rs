//! What is declared for one replica: the table's own, unless the replica is singled out.

use std::collections::BTreeMap;

use bicoastal_model::Region;

use super::Table;
use super::call::ReplicaReads;
use super::index::GlobalIndex;
use super::settings::{Billing, Encryption, PointInTimeRecovery, TableClass, Units};

/// The class of one replica.
pub(super) fn class_in(table: &Table, region: Region) -> Option<TableClass> {
    table.overridden(region).and_then(|it| it.table_class).or(table.table_class)
}

/// The deletion protection of one replica.
pub(super) fn protection_in(table: &Table, region: Region) -> Option<bool> {
    table.overridden(region).and_then(|it| it.deletion_protection).or(table.deletion_protection)
}

/// The recovery of one replica.
pub(super) fn recovery_in(table: &Table, region: Region) -> Option<PointInTimeRecovery> {
    let own = table.overridden(region).and_then(|it| it.point_in_time_recovery);
    own.or(table.point_in_time_recovery)
}

/// The tags of one replica.
pub(super) fn tags_in(table: &Table, region: Region) -> BTreeMap<String, String> {
    let mut tags = table.tags.clone();
    if let Some(own) = table.overridden(region) {
        tags.extend(own.tags.clone());
    }
    tags
}

/// The policy of one replica, as AWS takes it.
pub(super) fn policy_in(table: &Table, region: Region) -> Option<String> {
    let mut policies = table.resource_policies.iter();
    policies.find(|policy| policy.region == region).map(|policy| policy.document.text())
}

/// The customer's key of one region.
pub(super) fn key_in(table: &Table, region: Region) -> Option<String> {
    match &table.encryption {
        Some(Encryption::Customer { keys }) => keys.get(&region).map(|key| key.as_str().to_owned()),
        _ => None,
    }
}

/// What a new replica has of its own of reads.
pub(super) fn reads_in(table: &Table, region: Region) -> ReplicaReads {
    let Some(own) = table.overridden(region) else { return ReplicaReads::default() };
    let (on_demand, provisioned) = match table.billing {
        Billing::OnDemand => (true, false),
        Billing::Provisioned { .. } => (false, true),
    };
    let least = |units: Option<Units>| units.filter(|_| provisioned).map(|units| units.min);
    let most = |units: Option<i64>| units.filter(|_| on_demand);
    // An index that is not there yet gets its own when it is.
    let is_there = |name: &str| table.indexes.iter().any(|index| index.name == name);
    let indexes = own.indexes.iter().filter(|index| is_there(&index.name));
    ReplicaReads {
        read: least(own.read),
        max_read: most(own.max_read),
        indexes: indexes
            .map(|index| (index.name.clone(), least(index.read), most(index.max_read)))
            .filter(|(_, read, max_read)| read.is_some() || max_read.is_some())
            .collect(),
    }
}

/// Reads and writes of an index of a provisioned table, where it is new.
pub(super) fn index_units(billing: Billing, index: &GlobalIndex) -> Option<(i64, i64)> {
    let (read, write) = index_ranges(billing, index)?;
    Some((read.min, write.min))
}

/// Reads and writes that an index of a provisioned table may have.
pub(super) fn index_ranges(billing: Billing, index: &GlobalIndex) -> Option<(Units, Units)> {
    match billing {
        Billing::OnDemand => None,
        Billing::Provisioned { read, write } => {
            Some((index.read.unwrap_or(read), index.write.unwrap_or(write)))
        }
    }
}
