//! The smaller sub-configurations of a bucket.

use bicoastal_model::schema::Absent;
use bicoastal_model::{Arn, Field, Input};
use serde::{Deserialize, Serialize};

use crate::kms::Key;

/// Whether old versions of objects are kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Versioning {
    /// Every write makes a version; deletes leave a marker. Replication needs it.
    Enabled,
    /// Versions that exist are kept, new ones are not made.
    Suspended,
}

/// How new objects are encrypted where the writer does not say.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "algorithm")]
pub enum Encryption {
    /// With keys of S3's own.
    #[serde(rename = "AES256")]
    S3,
    /// With a key of KMS, in the bucket's own region.
    #[serde(rename = "aws:kms")]
    Kms {
        /// The key; without one, AWS's own key for S3.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        key: Option<Input<Arn<Key>>>,
        /// One call to KMS for many objects instead of one for each.
        #[serde(default)]
        bucket_key: bool,
    },
    /// Twice, with a key of KMS.
    #[serde(rename = "aws:kms:dsse")]
    KmsTwice {
        /// The key; without one, AWS's own key for S3.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        key: Option<Input<Arn<Key>>>,
    },
}

impl Encryption {
    /// With this key of KMS, and one call to KMS for many objects.
    pub fn kms(key: impl Into<Input<Arn<Key>>>) -> Self {
        Self::Kms { key: Some(key.into()), bucket_key: true }
    }
}

pub(super) const ENCRYPTION: &[Field] = &[
    Field::new("algorithm"),
    Field::new("key"),
    Field::new("bucket_key").absent(Absent::Bool(false)),
];

/// What ACLs and policies of a bucket must not do. An account's or organisation's own block holds
/// on top of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PublicAccess {
    /// ACLs that let everybody in are refused.
    pub block_acls: bool,
    /// ACLs that let everybody in have no effect.
    pub ignore_acls: bool,
    /// Policies that let everybody in are refused.
    pub block_policy: bool,
    /// Policies that let everybody in let in the owner's account and AWS services only.
    pub restrict_buckets: bool,
}

impl PublicAccess {
    /// Nothing is public, whatever ACLs and policies say.
    pub const BLOCKED: Self =
        Self { block_acls: true, ignore_acls: true, block_policy: true, restrict_buckets: true };
    /// ACLs and policies decide.
    pub const ALLOWED: Self = Self {
        block_acls: false,
        ignore_acls: false,
        block_policy: false,
        restrict_buckets: false,
    };
}

/// [`PublicAccess::BLOCKED`] as data: what new buckets have.
pub(super) const BLOCKED: &str =
    r#"{"block_acls":true,"ignore_acls":true,"block_policy":true,"restrict_buckets":true}"#;

pub(super) const PUBLIC_ACCESS: &[Field] = &[
    Field::new("block_acls"),
    Field::new("ignore_acls"),
    Field::new("block_policy"),
    Field::new("restrict_buckets"),
];

/// Who owns what others write, and whether ACLs mean anything.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum ObjectOwnership {
    /// The bucket's owner owns everything; ACLs are off.
    BucketOwnerEnforced,
    /// The bucket's owner owns what is written with the ACL `bucket-owner-full-control`.
    BucketOwnerPreferred,
    /// Whoever writes an object owns it.
    ObjectWriter,
}

/// Where requests to a bucket are logged.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, bon::Builder)]
pub struct Logging {
    /// The name of a bucket in the same region and account, whose policy lets
    /// `logging.s3.amazonaws.com` write.
    #[builder(into)]
    pub bucket: Input<String>,
    /// What the names of log objects begin with.
    #[builder(default, into)]
    #[serde(default)]
    pub prefix: String,
    /// How the names of log objects go on.
    #[builder(default)]
    #[serde(default)]
    pub keys: LogKeys,
}

/// How log objects are named.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LogKeys {
    /// By time of delivery, all in one folder.
    #[default]
    Simple,
    /// In folders of account, region, bucket and day of the request.
    ByEventTime,
    /// In folders of account, region, bucket and day of delivery.
    ByDeliveryTime,
}

pub(super) const LOGGING: &[Field] = &[
    Field::new("bucket"),
    Field::new("prefix").absent(Absent::Text("")),
    Field::new("keys").absent(Absent::Text("simple")),
];

/// Whether far clients may use the nearest edge location.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Acceleration {
    /// They may, at the bucket's `s3-accelerate` endpoint. Not for names with dots.
    Enabled,
    /// They may not.
    Suspended,
}

/// Who pays for requests and transfer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum RequestPayer {
    /// The bucket's owner.
    BucketOwner,
    /// Whoever asks, and must say so with each request.
    Requester,
}

/// From which size on objects are moved to another storage class.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum TransitionMinimum {
    /// 128 KiB, whatever the class.
    #[serde(rename = "all_storage_classes_128K")]
    AllStorageClasses128K,
    /// 128 KiB, but anything to Glacier Flexible Retrieval and Glacier Deep Archive.
    #[serde(rename = "varies_by_storage_class")]
    VariesByStorageClass,
}

impl TransitionMinimum {
    pub(super) const fn code(self) -> &'static str {
        match self {
            Self::AllStorageClasses128K => "all_storage_classes_128K",
            Self::VariesByStorageClass => "varies_by_storage_class",
        }
    }
}

/// A way to encrypt that a bucket refuses.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum BlockedEncryption {
    /// Keys that clients send along with each request, and that nobody else has. Replicas that
    /// come in are refused too.
    #[serde(rename = "SSE-C")]
    SseC,
}
