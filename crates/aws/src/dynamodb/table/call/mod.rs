//! The calls that a table takes, and how each is sent.

mod build;

use std::collections::BTreeMap;

use aws_sdk_dynamodb::error::BuildError;
use aws_sdk_dynamodb::types::{PointInTimeRecoverySpecification, TimeToLiveSpecification};
use bicoastal_model::{Deletes, ErrorFacts, OpError, Region, Retry, Target};

use super::super::rules::RULES;
use super::effective::tags_in;
use super::index::{GlobalIndex, Key};
use super::insights::InsightsMode;
use super::kinesis::TimestampPrecision;
use super::settings::{
    Encryption, OnDemandThroughput, PointInTimeRecovery, StreamView, TableClass, WarmThroughput,
};
use super::{Table, read};
use crate::classify::classify;
use crate::cx::Cx;

/// One mutating call.
#[derive(Clone, Debug)]
pub enum TableCall {
    /// `CreateTable`, with everything that it takes.
    Create {
        /// Where.
        region: Region,
        /// What.
        table: Box<Table>,
    },
    /// `UpdateTable`: one kind of modification.
    Update {
        /// The replica that is called.
        via: Region,
        /// What is modified.
        change: TableModification,
    },
    /// `UpdateTimeToLive`, which reaches every replica.
    TimeToLive {
        /// The replica that is called.
        via: Region,
        /// The attribute, also where it is switched off.
        attribute: String,
        /// On or off.
        enabled: bool,
    },
    /// `UpdateContinuousBackups` of one replica.
    Backups {
        /// Which.
        region: Region,
        /// How.
        recovery: PointInTimeRecovery,
    },
    /// `TagResource` of one replica.
    Tag {
        /// Which.
        region: Region,
        /// Its ARN.
        arn: String,
        /// The tags to set.
        tags: BTreeMap<String, String>,
    },
    /// `UntagResource` of one replica.
    Untag {
        /// Which.
        region: Region,
        /// Its ARN.
        arn: String,
        /// The keys to remove.
        keys: Vec<String>,
    },
    /// `PutResourcePolicy` of one replica.
    PutPolicy {
        /// Which.
        region: Region,
        /// Its ARN.
        arn: String,
        /// The policy's text.
        document: String,
    },
    /// `DeleteResourcePolicy` of one replica.
    DeletePolicy {
        /// Which.
        region: Region,
        /// Its ARN.
        arn: String,
    },
    /// `UpdateContributorInsights` of one replica, or of one of its indexes.
    Insights {
        /// Which.
        region: Region,
        /// The index.
        index: Option<String>,
        /// What is recorded.
        mode: InsightsMode,
    },
    /// `EnableKinesisStreamingDestination` of one replica.
    EnableKinesis {
        /// Which.
        region: Region,
        /// The ARN of the stream.
        stream: String,
        /// How exactly times are told.
        precision: Option<TimestampPrecision>,
    },
    /// `UpdateKinesisStreamingDestination` of one replica.
    UpdateKinesis {
        /// Which.
        region: Region,
        /// The ARN of the stream.
        stream: String,
        /// How exactly times are told.
        precision: TimestampPrecision,
    },
    /// `DisableKinesisStreamingDestination` of one replica.
    DisableKinesis {
        /// Which.
        region: Region,
        /// The ARN of the stream.
        stream: String,
    },
    /// `DeleteTable` of what is left.
    Delete {
        /// Where.
        region: Region,
    },
}

/// Reads that one replica has differently from its peers.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ReplicaReads {
    /// Units of its table, where they are provisioned.
    pub read: Option<i64>,
    /// The most of its table, where it is paid by request; -1 lifts it.
    pub max_read: Option<i64>,
    /// Both of single indexes.
    pub indexes: Vec<(String, Option<i64>, Option<i64>)>,
}

impl ReplicaReads {
    /// Whether it says nothing.
    pub(super) fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}

/// What one `UpdateTable` modifies.
#[derive(Clone, Debug, PartialEq)]
pub enum TableModification {
    /// Billing mode and capacity, of the table and its indexes.
    Throughput {
        /// The mode, where it changes.
        on_demand: Option<bool>,
        /// Reads and writes of a provisioned table.
        units: Option<(i64, i64)>,
        /// Reads and writes of indexes.
        indexes: Vec<(String, i64, i64)>,
    },
    /// The ceilings of an on-demand table and of its indexes; -1 lifts one.
    Ceilings {
        /// Of the table.
        table: Option<OnDemandThroughput>,
        /// Of indexes.
        indexes: Vec<(String, OnDemandThroughput)>,
    },
    /// What is kept warm.
    Warm(WarmThroughput),
    /// The stream; `None` turns it off.
    Stream(Option<StreamView>),
    /// Whose key encrypts.
    Encryption {
        /// The kind, and the key of each region where they are the customer's.
        encryption: Encryption,
        /// The other replicas that a customer's key is named for.
        peers: Vec<Region>,
    },
    /// The table class.
    Class(TableClass),
    /// Deletion protection of the called replica.
    Protection(bool),
    /// A new index.
    CreateIndex {
        /// What it is.
        index: Box<GlobalIndex>,
        /// Every key attribute of the table and of its indexes, this one included.
        definitions: Vec<Key>,
        /// Its reads and writes, for a provisioned table.
        units: Option<(i64, i64)>,
    },
    /// An index that goes.
    DeleteIndex(String),
    /// A new replica.
    CreateReplica {
        /// Where.
        region: Region,
        /// The customer's key there.
        key: Option<String>,
        /// Its own table class.
        class: Option<TableClass>,
        /// Its own reads.
        reads: ReplicaReads,
    },
    /// A replica's own reads.
    ReplicaReads {
        /// Where.
        region: Region,
        /// Those that differ from what is there.
        reads: ReplicaReads,
    },
    /// A replica's own table class.
    ReplicaClass {
        /// Where.
        region: Region,
        /// The class.
        class: TableClass,
    },
    /// A replica that goes, with its copy of the data.
    DeleteReplica(Region),
    /// The other members of a table with strong consistency, made together.
    CreateStrong {
        /// The replicas, with the customer's key of each.
        replicas: Vec<(Region, Option<String>)>,
        /// The region that only votes.
        witness: Option<Region>,
    },
    /// The other members of a table with strong consistency, which go together.
    DeleteStrong {
        /// The replicas.
        replicas: Vec<Region>,
        /// The region that only votes.
        witness: Option<Region>,
    },
}

impl TableCall {
    pub(super) fn name(&self) -> &'static str {
        match self {
            Self::Create { .. } => "CreateTable",
            Self::Update { .. } => "UpdateTable",
            Self::TimeToLive { .. } => "UpdateTimeToLive",
            Self::Backups { .. } => "UpdateContinuousBackups",
            Self::Tag { .. } => "TagResource",
            Self::Untag { .. } => "UntagResource",
            Self::PutPolicy { .. } => "PutResourcePolicy",
            Self::DeletePolicy { .. } => "DeleteResourcePolicy",
            Self::Insights { .. } => "UpdateContributorInsights",
            Self::EnableKinesis { .. } => "EnableKinesisStreamingDestination",
            Self::UpdateKinesis { .. } => "UpdateKinesisStreamingDestination",
            Self::DisableKinesis { .. } => "DisableKinesisStreamingDestination",
            Self::Delete { .. } => "DeleteTable",
        }
    }

    /// One replica goes after the other, and each is deleted by a call of its own.
    pub(super) fn deletes(&self) -> Deletes {
        match self {
            Self::Delete { region }
            | Self::Update { change: TableModification::DeleteReplica(region), .. } => {
                Deletes::In([*region].into())
            }
            Self::Update { change: TableModification::DeleteStrong { replicas, .. }, .. } => {
                Deletes::In(replicas.iter().copied().collect())
            }
            _ => Deletes::Nothing,
        }
    }

    fn region(&self) -> Region {
        match self {
            Self::Update { via, .. } | Self::TimeToLive { via, .. } => *via,
            Self::Create { region, .. }
            | Self::Backups { region, .. }
            | Self::Tag { region, .. }
            | Self::Untag { region, .. }
            | Self::PutPolicy { region, .. }
            | Self::DeletePolicy { region, .. }
            | Self::Insights { region, .. }
            | Self::EnableKinesis { region, .. }
            | Self::UpdateKinesis { region, .. }
            | Self::DisableKinesis { region, .. }
            | Self::Delete { region } => *region,
        }
    }

    /// Whether AWS's answer says that what it removes is gone already.
    fn was_done(&self, error: &OpError) -> bool {
        match self {
            Self::Delete { .. } => error.code() == Some("ResourceNotFoundException"),
            Self::DeletePolicy { .. } => error.code() == Some("PolicyNotFoundException"),
            Self::Update {
                change: TableModification::DeleteReplica(_) | TableModification::DeleteIndex(_),
                ..
            } => error.facts().message.contains("was not found"),
            _ => false,
        }
    }
}

pub(super) async fn call(
    cx: &Cx,
    target: &Target,
    call: &TableCall,
) -> Result<Option<String>, OpError> {
    match send(cx, target, call).await {
        Err(error) if call.was_done(&error) => Ok(None),
        other => other,
    }
}

async fn send(cx: &Cx, target: &Target, call: &TableCall) -> Result<Option<String>, OpError> {
    let region = call.region();
    let client = cx.dynamodb_write(region);
    let name = target.physical.as_deref().unwrap_or_else(|| target.text("name"));
    /// Sends a request whose answer does not matter.
    macro_rules! send {
        ($request:expr) => {
            $request
                .send()
                .await
                .map(|_| None)
                .map_err(|error| classify("dynamodb", call.name(), region, RULES, error))
        };
    }
    match call {
        TableCall::Create { table, .. } => {
            let request = build::create(client.create_table(), region, table).map_err(unbuilt)?;
            let created = request
                .send()
                .await
                .map_err(|error| classify("dynamodb", call.name(), region, RULES, error))?;
            let made = created.table_description.as_ref();
            if let Some(seen) =
                made.and_then(|it| read::told(target, region, it, &tags_in(table, region)))
            {
                cx.tell(seen);
            }
            Ok(Some(table.name.as_str().to_owned()))
        }
        TableCall::Update { change, .. } => {
            let request = client.update_table().table_name(name);
            let request = build::modify(request, region, change).map_err(unbuilt)?;
            send!(request)
        }
        TableCall::TimeToLive { attribute, enabled, .. } => {
            let specification = TimeToLiveSpecification::builder()
                .attribute_name(attribute)
                .enabled(*enabled)
                .build()
                .map_err(unbuilt)?;
            send!(
                client
                    .update_time_to_live()
                    .table_name(name)
                    .time_to_live_specification(specification)
            )
        }
        TableCall::Backups { recovery, .. } => {
            let specification = PointInTimeRecoverySpecification::builder()
                .point_in_time_recovery_enabled(recovery.enabled)
                .set_recovery_period_in_days(
                    recovery.recovery_period_days.filter(|_| recovery.enabled),
                )
                .build()
                .map_err(unbuilt)?;
            send!(
                client
                    .update_continuous_backups()
                    .table_name(name)
                    .point_in_time_recovery_specification(specification)
            )
        }
        TableCall::Tag { arn, tags, .. } => {
            let tags = build::to_tags(tags).map_err(unbuilt)?;
            send!(client.tag_resource().resource_arn(arn).set_tags(Some(tags)))
        }
        TableCall::Untag { arn, keys, .. } => {
            send!(client.untag_resource().resource_arn(arn).set_tag_keys(Some(keys.clone())))
        }
        TableCall::PutPolicy { arn, document, .. } => {
            send!(client.put_resource_policy().resource_arn(arn).policy(document))
        }
        TableCall::DeletePolicy { arn, .. } => {
            send!(client.delete_resource_policy().resource_arn(arn))
        }
        TableCall::Insights { index, mode, .. } => {
            let (action, mode) = build::insights(*mode);
            send!(
                client
                    .update_contributor_insights()
                    .table_name(name)
                    .set_index_name(index.clone())
                    .contributor_insights_action(action)
                    .set_contributor_insights_mode(mode)
            )
        }
        TableCall::EnableKinesis { stream, precision, .. } => {
            let configuration = precision.map(build::enabling);
            send!(
                client
                    .enable_kinesis_streaming_destination()
                    .table_name(name)
                    .stream_arn(stream)
                    .set_enable_kinesis_streaming_configuration(configuration)
            )
        }
        TableCall::UpdateKinesis { stream, precision, .. } => {
            send!(
                client
                    .update_kinesis_streaming_destination()
                    .table_name(name)
                    .stream_arn(stream)
                    .update_kinesis_streaming_configuration(build::updating(*precision))
            )
        }
        TableCall::DisableKinesis { stream, .. } => {
            send!(
                client.disable_kinesis_streaming_destination().table_name(name).stream_arn(stream)
            )
        }
        TableCall::Delete { .. } => send!(client.delete_table().table_name(name)),
    }
}

/// A request that lacks something: a defect here, told without a call.
fn unbuilt(error: BuildError) -> OpError {
    OpError::Refused {
        retry: Retry::Never,
        facts: ErrorFacts {
            service: "dynamodb".to_owned(),
            message: format!("the request can't be built: {error}"),
            ..ErrorFacts::default()
        },
    }
}
