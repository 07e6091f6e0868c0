//! A table as it exists in one region. Replicas of a global table are tables of their own.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::insights::Insights;
use super::items::store::Slot;
use super::kinesis::Destination;
use super::shape::{AttributeDefinition, IndexSpec, KeyElement, OnDemand, Throughput, Warm};

/// The states that a table, an index or a replica goes through.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) enum Status {
    Creating,
    Updating,
    Deleting,
    Active,
}

impl Status {
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Creating => "CREATING",
            Self::Updating => "UPDATING",
            Self::Deleting => "DELETING",
            Self::Active => "ACTIVE",
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) enum Billing {
    Provisioned,
    OnDemand,
}

/// A value whose change is seen only after a while.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(super) struct Eventual<T> {
    value: T,
    before: T,
    visible_at_ms: i64,
}

impl<T: Clone> Eventual<T> {
    pub(super) fn new(value: T) -> Self {
        Self { before: value.clone(), value, visible_at_ms: i64::MIN }
    }

    /// What was written last.
    pub(super) fn written(&self) -> &T {
        &self.value
    }

    /// What a reader sees at `now_ms`.
    pub(super) fn seen(&self, now_ms: i64) -> &T {
        if now_ms < self.visible_at_ms { &self.before } else { &self.value }
    }

    pub(super) fn write(&mut self, value: T, now_ms: i64, visible_at_ms: i64) {
        self.before = self.seen(now_ms).clone();
        self.value = value;
        self.visible_at_ms = visible_at_ms;
    }
}

/// Provisioned capacity and the record of its changes, of a table or of an index.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(super) struct Capacity {
    pub(super) units: Throughput,
    /// Reads that one replica has differently from its peers.
    pub(super) read_override: Option<i64>,
    pub(super) increased_at_ms: Option<i64>,
    /// When it was decreased; the account's daily allowance is counted from these.
    pub(super) decreased_at_ms: Vec<i64>,
    pub(super) on_demand: OnDemand,
    pub(super) on_demand_read_override: Option<i64>,
    /// What was asked to be kept warm; `None` is what AWS gives by itself.
    pub(super) warm: Warm,
}

impl Capacity {
    pub(super) fn new(
        units: Option<Throughput>,
        on_demand: Option<OnDemand>,
        warm: Option<Warm>,
    ) -> Self {
        Self {
            units: units.unwrap_or_default(),
            on_demand: on_demand.unwrap_or_default(),
            warm: warm.unwrap_or_default(),
            ..Self::default()
        }
    }

    /// The units that this replica has, its own reads included.
    pub(super) fn effective(&self) -> Throughput {
        let read_capacity_units = self.read_override.unwrap_or(self.units.read_capacity_units);
        Throughput { read_capacity_units, ..self.units }
    }

    /// What a replica starts with: the same units, without the history.
    pub(super) fn for_replica(&self) -> Self {
        Self { units: self.units, on_demand: self.on_demand, warm: self.warm, ..Self::default() }
    }
}

/// A global secondary index.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Index {
    pub(super) spec: IndexSpec,
    pub(super) capacity: Capacity,
    pub(super) status: Status,
    /// When existing items begin to be copied into it; it can be deleted from then on.
    pub(super) backfill_at_ms: i64,
    /// When the status changes next.
    pub(super) ready_at_ms: i64,
    #[serde(default)]
    pub(super) insights: Insights,
}

/// Encryption with a KMS key; its absence is AWS's own key.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Sse {
    pub(super) key_arn: String,
    /// Whether it is `alias/aws/dynamodb`.
    pub(super) managed: bool,
}

/// Time to live.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(super) struct Ttl {
    pub(super) enabled: bool,
    pub(super) attribute: Option<String>,
    /// Until then it is `ENABLING` or `DISABLING`.
    pub(super) ready_at_ms: i64,
    /// Until then it can't be changed again.
    pub(super) locked_until_ms: i64,
}

/// Point-in-time recovery.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(super) struct Pitr {
    /// Since when, where it is on.
    pub(super) since_ms: Option<i64>,
    pub(super) days: i64,
}

/// A resource policy.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct Policy {
    pub(super) text: String,
    pub(super) revision: String,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Table {
    pub(super) name: String,
    pub(super) id: String,
    pub(super) arn: String,
    pub(super) created_at_ms: i64,
    /// Until then `DescribeTable` may not find it yet.
    pub(super) visible_at_ms: i64,
    pub(super) status: Status,
    /// When the status changes next.
    pub(super) ready_at_ms: i64,
    pub(super) key_schema: Vec<KeyElement>,
    pub(super) attributes: Vec<AttributeDefinition>,
    pub(super) local_indexes: Vec<IndexSpec>,
    pub(super) indexes: Vec<Index>,
    pub(super) billing: Billing,
    /// When it was last switched to on-demand; `None` for a table that never was.
    pub(super) on_demand_since_ms: Option<i64>,
    /// Switches from provisioned to on-demand, which are counted.
    pub(super) billing_switches_ms: Vec<i64>,
    pub(super) capacity: Capacity,
    /// The view type, where the stream is on.
    pub(super) stream: Option<String>,
    /// The label of the last stream; it stays when the stream is turned off.
    pub(super) stream_label: Option<String>,
    pub(super) sse: Option<Sse>,
    pub(super) sse_switches_ms: Vec<i64>,
    /// `None` until somebody chose one.
    pub(super) class: Option<String>,
    pub(super) class_overridden: bool,
    pub(super) class_switches_ms: Vec<i64>,
    pub(super) deletion_protection: bool,
    pub(super) disassociation_protection: bool,
    pub(super) ttl: Ttl,
    pub(super) pitr: Eventual<Pitr>,
    pub(super) policy: Eventual<Option<Policy>>,
    pub(super) tags: Eventual<BTreeMap<String, String>>,
    #[serde(default)]
    pub(super) insights: Insights,
    /// Streams of Kinesis that get its changes, or did.
    #[serde(default)]
    pub(super) kinesis: Vec<Destination>,
    /// The global table that it is a replica of.
    pub(super) group: Option<String>,
    /// When it last was the source of a new replica.
    pub(super) source_at_ms: Option<i64>,
    /// Items and tombstones, by key.
    pub(super) items: BTreeMap<String, Slot>,
}

impl Table {
    /// The ARN of a table.
    pub(super) fn arn(account: &str, region: &str, name: &str) -> String {
        format!("arn:aws:dynamodb:{region}:{account}:table/{name}")
    }

    /// The global secondary index of this name.
    pub(super) fn index(&self, name: &str) -> Option<&Index> {
        self.indexes.iter().find(|index| index.spec.index_name == name)
    }

    /// The global secondary index of this name.
    pub(super) fn index_mut(&mut self, name: &str) -> Option<&mut Index> {
        self.indexes.iter_mut().find(|index| index.spec.index_name == name)
    }

    /// Whether some index is being built or taken down.
    pub(super) fn index_busy(&self) -> bool {
        self.indexes.iter().any(|index| matches!(index.status, Status::Creating | Status::Deleting))
    }

    /// Starts an update that is done at `ready_at_ms`.
    pub(super) fn begin_update(&mut self, ready_at_ms: i64) {
        self.status = Status::Updating;
        self.ready_at_ms = self.ready_at_ms.max(ready_at_ms);
    }

    /// Turns the stream on, under a new label.
    pub(super) fn open_stream(&mut self, view: &str, now_ms: i64) {
        self.stream = Some(view.to_owned());
        let label = crate::world::iso(now_ms);
        self.stream_label = Some(label.trim_end_matches('Z').to_owned());
    }

    /// The table a new replica starts as; `items` are copied with it.
    pub(super) fn replica(&self, arn: String, id: String, now_ms: i64, ready_at_ms: i64) -> Self {
        Self {
            id,
            arn,
            created_at_ms: now_ms,
            visible_at_ms: now_ms,
            status: Status::Creating,
            ready_at_ms,
            indexes: self
                .indexes
                .iter()
                .map(|index| Index {
                    capacity: index.capacity.for_replica(),
                    insights: Insights::default(),
                    ..index.clone()
                })
                .collect(),
            billing_switches_ms: Vec::new(),
            capacity: self.capacity.for_replica(),
            sse: None,
            sse_switches_ms: Vec::new(),
            class_overridden: false,
            class_switches_ms: Vec::new(),
            deletion_protection: false,
            disassociation_protection: true,
            pitr: Eventual::default(),
            policy: Eventual::default(),
            tags: Eventual::default(),
            insights: Insights::default(),
            kinesis: Vec::new(),
            source_at_ms: None,
            ..self.clone()
        }
    }
}
