//! The shapes that requests and state share, as AWS names them on the wire.

use serde::{Deserialize, Serialize};

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct KeyElement {
    pub(super) attribute_name: String,
    /// `HASH` or `RANGE`.
    pub(super) key_type: String,
}

#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct AttributeDefinition {
    pub(super) attribute_name: String,
    /// `S`, `N` or `B`.
    pub(super) attribute_type: String,
}

#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Projection {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) projection_type: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) non_key_attributes: Option<Vec<String>>,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Throughput {
    pub(super) read_capacity_units: i64,
    pub(super) write_capacity_units: i64,
}

/// Ceilings of an on-demand table; `-1` lifts one.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct OnDemand {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) max_read_request_units: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) max_write_request_units: Option<i64>,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Warm {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) read_units_per_second: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) write_units_per_second: Option<i64>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct StreamSpec {
    pub(super) stream_enabled: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) stream_view_type: Option<String>,
}

#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct SseSpec {
    pub(super) enabled: Option<bool>,
    #[serde(rename = "SSEType")]
    pub(super) sse_type: Option<String>,
    #[serde(rename = "KMSMasterKeyId")]
    pub(super) kms_master_key_id: Option<String>,
}

#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Tag {
    pub(super) key: String,
    pub(super) value: String,
}

/// A secondary index as `CreateTable` and `UpdateTable` describe it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct IndexSpec {
    pub(super) index_name: String,
    pub(super) key_schema: Vec<KeyElement>,
    pub(super) projection: Projection,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) provisioned_throughput: Option<Throughput>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) on_demand_throughput: Option<OnDemand>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) warm_throughput: Option<Warm>,
}

/// `CreateTable`.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct CreateTable {
    pub(super) table_name: String,
    pub(super) attribute_definitions: Vec<AttributeDefinition>,
    pub(super) key_schema: Vec<KeyElement>,
    #[serde(default)]
    pub(super) local_secondary_indexes: Vec<IndexSpec>,
    #[serde(default)]
    pub(super) global_secondary_indexes: Vec<IndexSpec>,
    pub(super) billing_mode: Option<String>,
    pub(super) provisioned_throughput: Option<Throughput>,
    pub(super) on_demand_throughput: Option<OnDemand>,
    pub(super) warm_throughput: Option<Warm>,
    pub(super) stream_specification: Option<StreamSpec>,
    #[serde(rename = "SSESpecification")]
    pub(super) sse_specification: Option<SseSpec>,
    #[serde(default)]
    pub(super) tags: Vec<Tag>,
    pub(super) table_class: Option<String>,
    pub(super) deletion_protection_enabled: Option<bool>,
    pub(super) resource_policy: Option<String>,
    pub(super) global_table_source_arn: Option<String>,
    #[serde(default)]
    pub(super) vector_indexes: Vec<serde_json::Value>,
}

/// `UpdateTable`.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct UpdateTable {
    pub(super) table_name: String,
    pub(super) attribute_definitions: Option<Vec<AttributeDefinition>>,
    pub(super) billing_mode: Option<String>,
    pub(super) provisioned_throughput: Option<Throughput>,
    pub(super) on_demand_throughput: Option<OnDemand>,
    pub(super) warm_throughput: Option<Warm>,
    #[serde(default)]
    pub(super) global_secondary_index_updates: Vec<IndexUpdate>,
    pub(super) stream_specification: Option<StreamSpec>,
    #[serde(rename = "SSESpecification")]
    pub(super) sse_specification: Option<SseSpec>,
    #[serde(default)]
    pub(super) replica_updates: Vec<ReplicaUpdate>,
    pub(super) table_class: Option<String>,
    pub(super) deletion_protection_enabled: Option<bool>,
    pub(super) disassociation_protection_enabled: Option<bool>,
    pub(super) multi_region_consistency: Option<String>,
    #[serde(default)]
    pub(super) global_table_witness_updates: Vec<WitnessUpdate>,
    #[serde(default)]
    pub(super) vector_index_updates: Vec<serde_json::Value>,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct IndexUpdate {
    pub(super) create: Option<IndexSpec>,
    pub(super) update: Option<IndexCapacity>,
    pub(super) delete: Option<IndexName>,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct IndexCapacity {
    pub(super) index_name: String,
    pub(super) provisioned_throughput: Option<Throughput>,
    pub(super) on_demand_throughput: Option<OnDemand>,
    pub(super) warm_throughput: Option<Warm>,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct IndexName {
    pub(super) index_name: String,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct ReplicaUpdate {
    pub(super) create: Option<ReplicaSpec>,
    pub(super) update: Option<ReplicaSpec>,
    pub(super) delete: Option<RegionName>,
    pub(super) disassociate: Option<Disassociate>,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct RegionName {
    pub(super) region_name: String,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Disassociate {
    pub(super) region_name: String,
    pub(super) disassociation_mode: String,
}

/// What a replica may have differently from its peers.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct ReplicaSpec {
    pub(super) region_name: String,
    #[serde(rename = "KMSMasterKeyId")]
    pub(super) kms_master_key_id: Option<String>,
    pub(super) provisioned_throughput_override: Option<ReadOverride>,
    pub(super) on_demand_throughput_override: Option<OnDemandOverride>,
    #[serde(default)]
    pub(super) global_secondary_indexes: Vec<ReplicaIndex>,
    pub(super) table_class_override: Option<String>,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct ReplicaIndex {
    pub(super) index_name: String,
    pub(super) provisioned_throughput_override: Option<ReadOverride>,
    pub(super) on_demand_throughput_override: Option<OnDemandOverride>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct ReadOverride {
    pub(super) read_capacity_units: i64,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct OnDemandOverride {
    pub(super) max_read_request_units: i64,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct WitnessUpdate {
    pub(super) create: Option<RegionName>,
    pub(super) delete: Option<RegionName>,
}
