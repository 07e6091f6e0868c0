//! One rule: as the program writes it, and as S3 does.

use std::collections::BTreeMap;

use aws_sdk_s3::error::BuildError;
use aws_sdk_s3::types as sdk;
use bicoastal_model::schema::Absent;
use bicoastal_model::{Arn, Field, Input};
use serde::{Deserialize, Serialize};

use crate::kms::Key;
use crate::s3::bucket::{Bucket, StorageClass};

/// What is copied to one destination. The program owns the whole of a rule that it mentions by id.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, bon::Builder)]
pub struct ReplicationRule {
    /// Its id, at most 255 characters.
    #[builder(start_fn, into)]
    pub id: String,
    /// Which rule holds where several of one destination fit: the highest. No two of them may have
    /// the same one.
    #[builder(default = 1)]
    pub priority: i32,
    /// Whether it has effect.
    #[builder(default = true)]
    #[serde(default = "on")]
    pub enabled: bool,
    /// Only objects whose names begin so.
    #[builder(into)]
    pub prefix: Option<String>,
    /// Only objects with all of these tags. Delete markers have no tags and are not copied then.
    #[builder(default, with = |tags: impl IntoIterator<Item = (impl Into<String>, impl Into<String>)>| crate::tags::collect(tags))]
    #[serde(default)]
    pub tags: BTreeMap<String, String>,
    /// Whether delete markers are copied. The deletion of a certain version never is.
    #[builder(default)]
    #[serde(default)]
    pub delete_markers: bool,
    /// Whether edits of tags, ACLs and locks of copies are copied back. For two buckets that copy
    /// to each other it belongs on both.
    #[builder(default)]
    #[serde(default)]
    pub replica_modifications: bool,
    /// The destination bucket.
    #[builder(into)]
    pub destination: Input<Arn<Bucket>>,
    /// The account of the destination, twelve digits, where it is another.
    #[builder(into)]
    pub account: Option<String>,
    /// Whether the owner of the destination, in another account, owns the copies.
    #[builder(default)]
    #[serde(default)]
    pub owner_override: bool,
    /// Where copies are stored; without it, as their originals are.
    pub storage_class: Option<StorageClass>,
    /// The key for copies of objects that are encrypted with a key of KMS, in the destination's
    /// region. Without it, such objects are not copied.
    #[builder(into)]
    pub replica_key: Option<Input<Arn<Key>>>,
    /// What AWS says and promises about the time that copying takes.
    #[builder(default)]
    #[serde(default)]
    pub time: ReplicationTime,
}

/// What AWS says and promises about the time that copying takes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ReplicationTime {
    /// Nothing; seconds to minutes as a rule.
    #[default]
    Unbounded,
    /// The backlog is measured, in CloudWatch.
    Measured,
    /// It is measured, and AWS promises 15 minutes for nearly all objects, for a price.
    Controlled,
}

fn on() -> bool {
    true
}

/// Parts are written out even where they are none, because the whole rule is the program's.
pub(super) const FIELDS: &[Field] = &[
    Field::new("id"),
    Field::new("priority"),
    Field::new("enabled"),
    Field::new("prefix").absent(Absent::Text("")),
    Field::new("tags"),
    Field::new("delete_markers"),
    Field::new("replica_modifications"),
    Field::new("destination"),
    Field::new("account"),
    Field::new("owner_override"),
    Field::new("storage_class"),
    Field::new("replica_key"),
    Field::new("time"),
];

const FIFTEEN: i32 = 15;

impl ReplicationRule {
    /// From what S3 returns, in the older schema (a bare prefix) or the newer one (a filter).
    /// Rules of the older schema have no priority and copy delete markers.
    pub(super) fn from_sdk(rule: &sdk::ReplicationRule) -> Option<Self> {
        #[allow(deprecated)] // Others may still write rules of the older schema.
        let mut prefix = rule.prefix().map(str::to_owned);
        let mut tags = BTreeMap::new();
        if let Some(filter) = rule.filter() {
            let and = filter.and();
            prefix = filter.prefix().or(and.and_then(|it| it.prefix())).map(str::to_owned);
            let many = and.map(|it| it.tags()).unwrap_or_default();
            for tag in filter.tag().into_iter().chain(many) {
                tags.insert(tag.key().to_owned(), tag.value().to_owned());
            }
        }
        let markers = match rule.delete_marker_replication() {
            Some(it) => it.status() == Some(&sdk::DeleteMarkerReplicationStatus::Enabled),
            None => rule.filter().is_none(),
        };
        let criteria = rule.source_selection_criteria();
        let destination = rule.destination()?;
        let controlled = destination
            .replication_time()
            .is_some_and(|it| *it.status() == sdk::ReplicationTimeStatus::Enabled);
        let measured =
            destination.metrics().is_some_and(|it| *it.status() == sdk::MetricsStatus::Enabled);
        let encryption = destination.encryption_configuration();
        let key = encryption.and_then(|it| it.replica_kms_key_id());
        Some(Self {
            id: rule.id().unwrap_or_default().to_owned(),
            priority: rule.priority().unwrap_or_default(),
            enabled: *rule.status() == sdk::ReplicationRuleStatus::Enabled,
            prefix: prefix.filter(|prefix| !prefix.is_empty()),
            tags,
            delete_markers: markers,
            replica_modifications: criteria
                .and_then(|it| it.replica_modifications())
                .is_some_and(|it| *it.status() == sdk::ReplicaModificationsStatus::Enabled),
            destination: Input::Known(Arn::new(destination.bucket())),
            account: destination.account().map(str::to_owned),
            owner_override: destination.access_control_translation().is_some(),
            storage_class: destination
                .storage_class()
                .and_then(|class| StorageClass::from_code(class.as_str())),
            replica_key: key.map(|key| Input::Known(Arn::new(key))),
            time: match (controlled, measured) {
                (true, _) => ReplicationTime::Controlled,
                (false, true) => ReplicationTime::Measured,
                (false, false) => ReplicationTime::Unbounded,
            },
        })
    }

    /// As S3 takes it, always in the newer schema.
    pub(super) fn to_sdk(&self) -> Result<sdk::ReplicationRule, BuildError> {
        let status = |on: bool| {
            if on {
                sdk::ReplicationRuleStatus::Enabled
            } else {
                sdk::ReplicationRuleStatus::Disabled
            }
        };
        let markers = if self.delete_markers {
            sdk::DeleteMarkerReplicationStatus::Enabled
        } else {
            sdk::DeleteMarkerReplicationStatus::Disabled
        };
        sdk::ReplicationRule::builder()
            .id(&self.id)
            .priority(self.priority)
            .status(status(self.enabled))
            .filter(self.filter()?)
            .delete_marker_replication(
                sdk::DeleteMarkerReplication::builder().status(markers).build(),
            )
            .set_source_selection_criteria(self.criteria()?)
            .destination(self.destination()?)
            .build()
    }

    /// One condition stands alone; more go into `And`.
    fn filter(&self) -> Result<sdk::ReplicationRuleFilter, BuildError> {
        let tags = self
            .tags
            .iter()
            .map(|(key, value)| sdk::Tag::builder().key(key).value(value).build())
            .collect::<Result<Vec<_>, _>>()?;
        let filter = sdk::ReplicationRuleFilter::builder();
        Ok(match (&self.prefix, tags.as_slice()) {
            (prefix, []) => filter.prefix(prefix.clone().unwrap_or_default()),
            (None, [tag]) => filter.tag(tag.clone()),
            (prefix, _) => filter.and(
                sdk::ReplicationRuleAndOperator::builder()
                    .set_prefix(prefix.clone())
                    .set_tags(Some(tags))
                    .build(),
            ),
        }
        .build())
    }

    fn criteria(&self) -> Result<Option<sdk::SourceSelectionCriteria>, BuildError> {
        if !self.replica_modifications && self.replica_key.is_none() {
            return Ok(None);
        }
        let mut criteria = sdk::SourceSelectionCriteria::builder();
        if self.replica_modifications {
            criteria = criteria.replica_modifications(
                sdk::ReplicaModifications::builder()
                    .status(sdk::ReplicaModificationsStatus::Enabled)
                    .build()?,
            );
        }
        if self.replica_key.is_some() {
            criteria = criteria.sse_kms_encrypted_objects(
                sdk::SseKmsEncryptedObjects::builder()
                    .status(sdk::SseKmsEncryptedObjectsStatus::Enabled)
                    .build()?,
            );
        }
        Ok(Some(criteria.build()))
    }

    fn destination(&self) -> Result<sdk::Destination, BuildError> {
        let minutes = || sdk::ReplicationTimeValue::builder().minutes(FIFTEEN).build();
        let mut destination = sdk::Destination::builder()
            .bucket(self.destination.as_str())
            .set_account(self.account.clone())
            .set_storage_class(self.storage_class.map(|class| class.code().into()));
        if self.owner_override {
            destination = destination.access_control_translation(
                sdk::AccessControlTranslation::builder()
                    .owner(sdk::OwnerOverride::Destination)
                    .build()?,
            );
        }
        if let Some(key) = &self.replica_key {
            destination = destination.encryption_configuration(
                sdk::EncryptionConfiguration::builder().replica_kms_key_id(key.as_str()).build(),
            );
        }
        if self.time == ReplicationTime::Controlled {
            destination = destination.replication_time(
                sdk::ReplicationTime::builder()
                    .status(sdk::ReplicationTimeStatus::Enabled)
                    .time(minutes())
                    .build()?,
            );
        }
        if self.time != ReplicationTime::Unbounded {
            // A threshold is part of time control, and refused without it.
            let threshold = (self.time == ReplicationTime::Controlled).then(minutes);
            destination = destination.metrics(
                sdk::Metrics::builder()
                    .status(sdk::MetricsStatus::Enabled)
                    .set_event_threshold(threshold)
                    .build()?,
            );
        }
        destination.build()
    }
}
