//! What a step must know, and what AWS is doing.

use std::collections::BTreeMap;

use aws_sdk_dynamodb::types::{
    BillingMode, IndexStatus, MultiRegionConsistency, OnDemandThroughput,
    OnDemandThroughputOverride, ProvisionedThroughputDescription, ProvisionedThroughputOverride,
    ReplicaDescription, ReplicaStatus, StreamViewType, TableClass as SdkTableClass,
    TableDescription, TableStatus,
};
use bicoastal_model::{Region, Status};
use serde_json::json;

use super::super::facts::{CapacityFacts, Facts, MemberFacts, Throughput};
use super::super::look::{Look, Member, as_peer, group};
use super::super::settings::{StreamView, TableClass};

pub(super) fn facts(look: &Look, view: &TableDescription) -> Facts {
    let warm = view.warm_throughput();
    let members = look.members.iter();
    Facts {
        members: members
            .map(|(region, it)| (*region, member(it, as_peer(look, *region))))
            .collect(),
        group: group(look.home, view),
        standalone: look.standalone.clone(),
        unseen: look.unseen.clone(),
        faults: faults(look, view),
        capacity: CapacityFacts {
            on_demand: view.billing_mode_summary().and_then(|it| it.billing_mode())
                == Some(&BillingMode::PayPerRequest),
            warm_read: warm.and_then(|it| it.read_units_per_second()).unwrap_or_default(),
            warm_write: warm.and_then(|it| it.write_units_per_second()).unwrap_or_default(),
        },
        stream: stream(view),
        time_to_live: look.time_to_live.clone(),
        strong: view.multi_region_consistency() == Some(&MultiRegionConsistency::Strong),
        witness: view
            .global_table_witnesses()
            .iter()
            .find_map(|witness| witness.region_name()?.parse().ok()),
    }
}

fn stream(table: &TableDescription) -> Option<StreamView> {
    let on = table.stream_specification().filter(|it| it.stream_enabled())?;
    stream_view(on.stream_view_type()?)
}

fn stream_view(view: &StreamViewType) -> Option<StreamView> {
    Some(match view {
        StreamViewType::KeysOnly => StreamView::KeysOnly,
        StreamViewType::NewImage => StreamView::NewImage,
        StreamViewType::OldImage => StreamView::OldImage,
        StreamViewType::NewAndOldImages => StreamView::NewAndOldImages,
        _ => return None,
    })
}

/// What a table or an index takes, in its own region's words. What it has of its own of reads is what
/// peers tell.
fn throughput(
    units: Option<&ProvisionedThroughputDescription>,
    ceilings: Option<&OnDemandThroughput>,
    own: (Option<&ProvisionedThroughputOverride>, Option<&OnDemandThroughputOverride>),
) -> Throughput {
    let some = |units: Option<i64>| units.filter(|units| *units >= 0);
    let own_read = own.0.and_then(|it| it.read_capacity_units());
    let own_max = own.1.and_then(|it| it.max_read_request_units());
    Throughput {
        read: units.and_then(|it| it.read_capacity_units()).unwrap_or_default(),
        write: units.and_then(|it| it.write_capacity_units()).unwrap_or_default(),
        max_read: some(own_max.or(ceilings.and_then(|it| it.max_read_request_units()))),
        max_write: some(ceilings.and_then(|it| it.max_write_request_units())),
        own_reads: own_read.is_some() || own_max.is_some(),
    }
}

fn indexes(
    description: &TableDescription,
    as_peer: Option<&ReplicaDescription>,
) -> BTreeMap<String, Throughput> {
    let mut indexes = BTreeMap::new();
    for index in description.global_secondary_indexes() {
        let own = as_peer.and_then(|it| {
            let mut indexes = it.global_secondary_indexes().iter();
            indexes.find(|it| it.index_name() == index.index_name())
        });
        let own = (
            own.and_then(|it| it.provisioned_throughput_override()),
            own.and_then(|it| it.on_demand_throughput_override()),
        );
        let throughput =
            throughput(index.provisioned_throughput(), index.on_demand_throughput(), own);
        if let Some(name) = index.index_name()
            && !throughput.is_none()
        {
            indexes.insert(name.to_owned(), throughput);
        }
    }
    indexes
}

fn member(member: &Member, as_peer: Option<&ReplicaDescription>) -> MemberFacts {
    let description = &member.description;
    let key = description.sse_description().and_then(|it| it.kms_master_key_arn());
    MemberFacts {
        arn: description.table_arn().unwrap_or_default().to_owned(),
        created: description.creation_date_time().map_or(0, |at| at.secs()),
        deletion_protection: description.deletion_protection_enabled().unwrap_or_default(),
        class: description.table_class_summary().and_then(|it| it.table_class()).and_then(
            |class| match class {
                SdkTableClass::Standard => Some(TableClass::Standard),
                SdkTableClass::StandardInfrequentAccess => {
                    Some(TableClass::StandardInfrequentAccess)
                }
                _ => None,
            },
        ),
        key: match key {
            None => "aws_owned".to_owned(),
            Some(_) if member.managed_key => "aws_managed".to_owned(),
            Some(arn) => arn.to_owned(),
        },
        stream: stream(description),
        recovery: member.recovery,
        policy: member
            .policy
            .as_deref()
            .map(|text| serde_json::from_str(text).unwrap_or_else(|_| json!(text))),
        tags: member.tags.clone(),
        throughput: throughput(
            description.provisioned_throughput(),
            description.on_demand_throughput(),
            (
                as_peer.and_then(|it| it.provisioned_throughput_override()),
                as_peer.and_then(|it| it.on_demand_throughput_override()),
            ),
        ),
        indexes: indexes(description, as_peer),
        insights: member.insights.clone(),
        index_insights: member.index_insights.clone(),
        kinesis: member.kinesis.clone(),
    }
}

/// AWS's word for a state that ends by itself.
fn passing(status: &str) -> bool {
    matches!(status, "CREATING" | "UPDATING" | "DELETING" | "ARCHIVING")
}

/// Replicas in a state that does not end by itself, as their peers and they themselves see it.
fn faults(look: &Look, view: &TableDescription) -> BTreeMap<Region, String> {
    let mut faults = BTreeMap::new();
    for replica in view.replicas() {
        let status = replica.replica_status().map_or("ACTIVE", ReplicaStatus::as_str);
        if let Some(region) = replica.region_name().and_then(|name| name.parse().ok())
            && status != "ACTIVE"
            && !passing(status)
        {
            let words = replica.replica_status_description().unwrap_or_default();
            faults.insert(region, format!("{status} {words}").trim().to_owned());
        }
    }
    for (region, member) in &look.members {
        let status = member.description.table_status().map_or("ACTIVE", TableStatus::as_str);
        if status != "ACTIVE" && !passing(status) {
            faults.entry(*region).or_insert_with(|| status.to_owned());
        }
    }
    faults
}

/// What is under way, the slowest first.
pub(in super::super) fn status(look: &Look, view: &TableDescription) -> Status {
    for replica in view.replicas() {
        let status = replica.replica_status().map_or("ACTIVE", ReplicaStatus::as_str);
        if passing(status) {
            let region = replica.region_name().unwrap_or_default();
            let progress = replica
                .replica_status_percent_progress()
                .map(|percent| format!(" {percent} %"))
                .unwrap_or_default();
            return Status::Busy(format!("replica {region} {status}{progress}"));
        }
    }
    for witness in view.global_table_witnesses() {
        if let Some(status) = witness.witness_status().map(|it| it.as_str())
            && passing(status)
        {
            let region = witness.region_name().unwrap_or_default();
            return Status::Busy(format!("replica {region} {status} (witness)"));
        }
    }
    for (region, member) in &look.members {
        for index in member.description.global_secondary_indexes() {
            let status = index.index_status().map_or("ACTIVE", IndexStatus::as_str);
            if passing(status) {
                let name = index.index_name().unwrap_or_default();
                return Status::Busy(format!("index {name} {status} in {region}"));
            }
        }
    }
    for (region, member) in &look.members {
        let status = member.description.table_status().map_or("ACTIVE", TableStatus::as_str);
        if passing(status) {
            return Status::Busy(format!("table {status} in {region}"));
        }
    }
    match view.table_status().map_or("ACTIVE", TableStatus::as_str) {
        "ACTIVE" => Status::Ready,
        other => Status::Failed(other.to_owned()),
    }
}
