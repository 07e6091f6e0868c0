//! Requests in the SDK's own types.

use std::collections::BTreeMap;

use aws_sdk_dynamodb::error::BuildError;
use aws_sdk_dynamodb::operation::create_table::builders::CreateTableFluentBuilder as CreateRequest;
use aws_sdk_dynamodb::operation::update_table::builders::UpdateTableFluentBuilder as UpdateRequest;
use aws_sdk_dynamodb::types::{
    ApproximateCreationDateTimePrecision, AttributeDefinition, BillingMode,
    ContributorInsightsAction, ContributorInsightsMode, CreateGlobalSecondaryIndexAction,
    CreateGlobalTableWitnessGroupMemberAction, CreateReplicationGroupMemberAction,
    DeleteGlobalSecondaryIndexAction, DeleteGlobalTableWitnessGroupMemberAction,
    DeleteReplicationGroupMemberAction, EnableKinesisStreamingConfiguration, GlobalSecondaryIndex,
    GlobalSecondaryIndexUpdate, GlobalTableWitnessGroupUpdate, KeySchemaElement,
    KeyType as SdkKeyType, LocalSecondaryIndex, MultiRegionConsistency,
    OnDemandThroughput as SdkOnDemand, OnDemandThroughputOverride, Projection as SdkProjection,
    ProjectionType, ProvisionedThroughput, ProvisionedThroughputOverride,
    ReplicaGlobalSecondaryIndex, ReplicationGroupUpdate, ScalarAttributeType, SseSpecification,
    SseType, StreamSpecification, StreamViewType, TableClass as SdkTableClass, Tag,
    UpdateGlobalSecondaryIndexAction, UpdateKinesisStreamingConfiguration,
    UpdateReplicationGroupMemberAction, WarmThroughput as SdkWarm,
};
use bicoastal_model::Region;

use super::super::Table;
use super::super::effective::{class_in, index_units, policy_in, protection_in, tags_in};
use super::super::index::{GlobalIndex, Key, KeyType, Projection};
use super::super::insights::InsightsMode;
use super::super::kinesis::TimestampPrecision;
use super::super::settings::{
    Billing, Encryption, OnDemandThroughput, StreamView, TableClass, WarmThroughput,
};
use super::{ReplicaReads, TableModification};

pub(super) fn create(
    request: CreateRequest,
    region: Region,
    table: &Table,
) -> Result<CreateRequest, BuildError> {
    let mut request = request.table_name(table.name.as_str());
    let mut definitions: Vec<Key> = Vec::new();
    let own = std::iter::once(&table.partition_key).chain(&table.sort_key);
    for key in own
        .chain(table.local_indexes.iter().map(|index| &index.sort_key))
        .chain(table.indexes.iter().flat_map(GlobalIndex::keys))
    {
        if !definitions.contains(key) {
            definitions.push(key.clone());
        }
    }
    for key in &definitions {
        request = request.attribute_definitions(definition(key)?);
    }
    let own = schema(std::slice::from_ref(&table.partition_key), table.sort_key.as_slice())?;
    request = request.set_key_schema(Some(own));
    for index in &table.local_indexes {
        let keys = schema(
            std::slice::from_ref(&table.partition_key),
            std::slice::from_ref(&index.sort_key),
        )?;
        let index = LocalSecondaryIndex::builder()
            .index_name(&index.name)
            .set_key_schema(Some(keys))
            .projection(projection(&index.projection))
            .build()?;
        request = request.local_secondary_indexes(index);
    }
    for index in &table.indexes {
        let units = index_units(table.billing, index).map(throughput).transpose()?;
        let index = GlobalSecondaryIndex::builder()
            .index_name(&index.name)
            .set_key_schema(Some(schema(&index.partition_key.0, &index.sort_key.0)?))
            .projection(projection(&index.projection))
            .set_provisioned_throughput(units)
            .set_on_demand_throughput(index.on_demand_throughput.map(ceilings))
            .build()?;
        request = request.global_secondary_indexes(index);
    }
    request = match table.billing {
        Billing::OnDemand => request.billing_mode(BillingMode::PayPerRequest),
        Billing::Provisioned { read, write } => request
            .billing_mode(BillingMode::Provisioned)
            .provisioned_throughput(throughput((read.min, write.min))?),
    };
    let stream = table.stream.map(|view| stream(Some(view))).transpose()?;
    let sse = table.encryption.as_ref().and_then(|it| match it {
        Encryption::AwsOwned => None,
        other => Some(sse(other, region)),
    });
    Ok(request
        .set_on_demand_throughput(table.on_demand_throughput.map(ceilings))
        .set_warm_throughput(table.warm_throughput.map(warm))
        .set_stream_specification(stream)
        .set_sse_specification(sse)
        .set_table_class(class_in(table, region).map(class))
        .set_deletion_protection_enabled(protection_in(table, region))
        .set_resource_policy(policy_in(table, region))
        .set_tags(Some(to_tags(&tags_in(table, region))?)))
}

pub(super) fn modify(
    request: UpdateRequest,
    via: Region,
    change: &TableModification,
) -> Result<UpdateRequest, BuildError> {
    Ok(match change {
        TableModification::Throughput { on_demand, units, indexes } => {
            let mut request = match on_demand {
                Some(true) => request.billing_mode(BillingMode::PayPerRequest),
                Some(false) => request.billing_mode(BillingMode::Provisioned),
                None => request,
            };
            if let Some(units) = units {
                request = request.provisioned_throughput(throughput(*units)?);
            }
            for (index, read, write) in indexes {
                let action = UpdateGlobalSecondaryIndexAction::builder()
                    .index_name(index)
                    .provisioned_throughput(throughput((*read, *write))?)
                    .build()?;
                let update = GlobalSecondaryIndexUpdate::builder().update(action).build();
                request = request.global_secondary_index_updates(update);
            }
            request
        }
        TableModification::Ceilings { table, indexes } => {
            let mut request = request.set_on_demand_throughput(table.map(ceilings));
            for (index, wanted) in indexes {
                let action = UpdateGlobalSecondaryIndexAction::builder()
                    .index_name(index)
                    .on_demand_throughput(ceilings(*wanted))
                    .build()?;
                let update = GlobalSecondaryIndexUpdate::builder().update(action).build();
                request = request.global_secondary_index_updates(update);
            }
            request
        }
        TableModification::Warm(wanted) => request.warm_throughput(warm(*wanted)),
        TableModification::Stream(view) => request.stream_specification(stream(*view)?),
        TableModification::Encryption { encryption, peers } => {
            let mut request = request.sse_specification(sse(encryption, via));
            if let Encryption::Customer { keys } = encryption {
                for peer in peers {
                    let Some(key) = keys.get(peer) else { continue };
                    let action = UpdateReplicationGroupMemberAction::builder()
                        .region_name(peer.code())
                        .kms_master_key_id(key.as_str())
                        .build()?;
                    let update = ReplicationGroupUpdate::builder().update(action).build();
                    request = request.replica_updates(update);
                }
            }
            request
        }
        TableModification::Class(wanted) => request.table_class(class(*wanted)),
        TableModification::Protection(on) => request.deletion_protection_enabled(*on),
        TableModification::CreateIndex { index, definitions, units } => {
            let mut request = request;
            for key in definitions {
                request = request.attribute_definitions(definition(key)?);
            }
            let action = CreateGlobalSecondaryIndexAction::builder()
                .index_name(&index.name)
                .set_key_schema(Some(schema(&index.partition_key.0, &index.sort_key.0)?))
                .projection(projection(&index.projection))
                .set_provisioned_throughput(units.map(throughput).transpose()?)
                .set_on_demand_throughput(index.on_demand_throughput.map(ceilings))
                .build()?;
            let update = GlobalSecondaryIndexUpdate::builder().create(action).build();
            request.global_secondary_index_updates(update)
        }
        TableModification::DeleteIndex(name) => {
            let action = DeleteGlobalSecondaryIndexAction::builder().index_name(name).build()?;
            let update = GlobalSecondaryIndexUpdate::builder().delete(action).build();
            request.global_secondary_index_updates(update)
        }
        TableModification::CreateReplica { region, key, class: own, reads } => {
            request.replica_updates(new_replica(*region, key.as_deref(), *own, reads)?)
        }
        TableModification::ReplicaReads { region, reads } => {
            let action = UpdateReplicationGroupMemberAction::builder()
                .region_name(region.code())
                .set_provisioned_throughput_override(reads.read.map(own_read))
                .set_on_demand_throughput_override(reads.max_read.map(own_max_read))
                .set_global_secondary_indexes(own_indexes(reads)?)
                .build()?;
            request.replica_updates(ReplicationGroupUpdate::builder().update(action).build())
        }
        TableModification::ReplicaClass { region, class: own } => {
            let action = UpdateReplicationGroupMemberAction::builder()
                .region_name(region.code())
                .table_class_override(class(*own))
                .build()?;
            request.replica_updates(ReplicationGroupUpdate::builder().update(action).build())
        }
        TableModification::DeleteReplica(region) => request.replica_updates(old_replica(*region)?),
        TableModification::CreateStrong { replicas, witness } => {
            let mut request = request.multi_region_consistency(MultiRegionConsistency::Strong);
            for (region, key) in replicas {
                request = request.replica_updates(new_replica(
                    *region,
                    key.as_deref(),
                    None,
                    &ReplicaReads::default(),
                )?);
            }
            if let Some(region) = witness {
                let action = CreateGlobalTableWitnessGroupMemberAction::builder()
                    .region_name(region.code())
                    .build()?;
                let update = GlobalTableWitnessGroupUpdate::builder().create(action).build();
                request = request.global_table_witness_updates(update);
            }
            request
        }
        TableModification::DeleteStrong { replicas, witness } => {
            let mut request = request;
            for region in replicas {
                request = request.replica_updates(old_replica(*region)?);
            }
            if let Some(region) = witness {
                let action = DeleteGlobalTableWitnessGroupMemberAction::builder()
                    .region_name(region.code())
                    .build()?;
                let update = GlobalTableWitnessGroupUpdate::builder().delete(action).build();
                request = request.global_table_witness_updates(update);
            }
            request
        }
    })
}

fn new_replica(
    region: Region,
    key: Option<&str>,
    own_class: Option<TableClass>,
    reads: &ReplicaReads,
) -> Result<ReplicationGroupUpdate, BuildError> {
    let action = CreateReplicationGroupMemberAction::builder()
        .region_name(region.code())
        .set_kms_master_key_id(key.map(str::to_owned))
        .set_table_class_override(own_class.map(class))
        .set_provisioned_throughput_override(reads.read.map(own_read))
        .set_on_demand_throughput_override(reads.max_read.map(own_max_read))
        .set_global_secondary_indexes(own_indexes(reads)?)
        .build()?;
    Ok(ReplicationGroupUpdate::builder().create(action).build())
}

fn own_read(units: i64) -> ProvisionedThroughputOverride {
    ProvisionedThroughputOverride::builder().read_capacity_units(units).build()
}

fn own_max_read(units: i64) -> OnDemandThroughputOverride {
    OnDemandThroughputOverride::builder().max_read_request_units(units).build()
}

fn own_indexes(
    reads: &ReplicaReads,
) -> Result<Option<Vec<ReplicaGlobalSecondaryIndex>>, BuildError> {
    if reads.indexes.is_empty() {
        return Ok(None);
    }
    let indexes = reads.indexes.iter().map(|(name, read, max_read)| {
        ReplicaGlobalSecondaryIndex::builder()
            .index_name(name)
            .set_provisioned_throughput_override(read.map(own_read))
            .set_on_demand_throughput_override(max_read.map(own_max_read))
            .build()
    });
    indexes.collect::<Result<Vec<_>, _>>().map(Some)
}

/// To switch it on means to say in which mode.
pub(super) fn insights(
    mode: InsightsMode,
) -> (ContributorInsightsAction, Option<ContributorInsightsMode>) {
    use ContributorInsightsAction::{Disable, Enable};
    match mode {
        InsightsMode::Off => (Disable, None),
        InsightsMode::AccessedAndThrottledKeys => {
            (Enable, Some(ContributorInsightsMode::AccessedAndThrottledKeys))
        }
        InsightsMode::ThrottledKeys => (Enable, Some(ContributorInsightsMode::ThrottledKeys)),
    }
}

fn precise(precision: TimestampPrecision) -> ApproximateCreationDateTimePrecision {
    match precision {
        TimestampPrecision::Millisecond => ApproximateCreationDateTimePrecision::Millisecond,
        TimestampPrecision::Microsecond => ApproximateCreationDateTimePrecision::Microsecond,
    }
}

pub(super) fn enabling(precision: TimestampPrecision) -> EnableKinesisStreamingConfiguration {
    EnableKinesisStreamingConfiguration::builder()
        .approximate_creation_date_time_precision(precise(precision))
        .build()
}

pub(super) fn updating(precision: TimestampPrecision) -> UpdateKinesisStreamingConfiguration {
    UpdateKinesisStreamingConfiguration::builder()
        .approximate_creation_date_time_precision(precise(precision))
        .build()
}

fn old_replica(region: Region) -> Result<ReplicationGroupUpdate, BuildError> {
    let action =
        DeleteReplicationGroupMemberAction::builder().region_name(region.code()).build()?;
    Ok(ReplicationGroupUpdate::builder().delete(action).build())
}

fn definition(key: &Key) -> Result<AttributeDefinition, BuildError> {
    AttributeDefinition::builder()
        .attribute_name(&key.name)
        .attribute_type(match key.kind {
            KeyType::S => ScalarAttributeType::S,
            KeyType::N => ScalarAttributeType::N,
            KeyType::B => ScalarAttributeType::B,
        })
        .build()
}

fn schema(partition: &[Key], sort: &[Key]) -> Result<Vec<KeySchemaElement>, BuildError> {
    let parts = partition.iter().map(|key| (key, SdkKeyType::Hash));
    parts
        .chain(sort.iter().map(|key| (key, SdkKeyType::Range)))
        .map(|(key, part)| {
            KeySchemaElement::builder().attribute_name(&key.name).key_type(part).build()
        })
        .collect()
}

fn projection(wanted: &Projection) -> SdkProjection {
    let builder = SdkProjection::builder();
    match wanted {
        Projection::All => builder.projection_type(ProjectionType::All),
        Projection::KeysOnly => builder.projection_type(ProjectionType::KeysOnly),
        Projection::Include { attributes } => builder
            .projection_type(ProjectionType::Include)
            .set_non_key_attributes(Some(attributes.clone())),
    }
    .build()
}

fn throughput((read, write): (i64, i64)) -> Result<ProvisionedThroughput, BuildError> {
    ProvisionedThroughput::builder().read_capacity_units(read).write_capacity_units(write).build()
}

fn ceilings(wanted: OnDemandThroughput) -> SdkOnDemand {
    SdkOnDemand::builder()
        .set_max_read_request_units(wanted.max_read)
        .set_max_write_request_units(wanted.max_write)
        .build()
}

fn warm(wanted: WarmThroughput) -> SdkWarm {
    SdkWarm::builder()
        .set_read_units_per_second(wanted.read)
        .set_write_units_per_second(wanted.write)
        .build()
}

fn stream(view: Option<StreamView>) -> Result<StreamSpecification, BuildError> {
    let view_type = view.map(|view| match view {
        StreamView::KeysOnly => StreamViewType::KeysOnly,
        StreamView::NewImage => StreamViewType::NewImage,
        StreamView::OldImage => StreamViewType::OldImage,
        StreamView::NewAndOldImages => StreamViewType::NewAndOldImages,
    });
    StreamSpecification::builder()
        .stream_enabled(view.is_some())
        .set_stream_view_type(view_type)
        .build()
}

/// The AWS-managed key is never named: AWS refuses it by name.
fn sse(encryption: &Encryption, region: Region) -> SseSpecification {
    let builder = SseSpecification::builder();
    match encryption {
        Encryption::AwsOwned => builder.enabled(false),
        Encryption::AwsManaged => builder.enabled(true).sse_type(SseType::Kms),
        Encryption::Customer { keys } => builder
            .enabled(true)
            .sse_type(SseType::Kms)
            .set_kms_master_key_id(keys.get(&region).map(|key| key.as_str().to_owned())),
    }
    .build()
}

fn class(wanted: TableClass) -> SdkTableClass {
    match wanted {
        TableClass::Standard => SdkTableClass::Standard,
        TableClass::StandardInfrequentAccess => SdkTableClass::StandardInfrequentAccess,
    }
}

pub(super) fn to_tags(tags: &BTreeMap<String, String>) -> Result<Vec<Tag>, BuildError> {
    tags.iter().map(|(key, value)| Tag::builder().key(key).value(value).build()).collect()
}
