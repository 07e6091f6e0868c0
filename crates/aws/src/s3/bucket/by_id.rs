//! What a bucket has many of, each under an id of its own and in a document of its own: inventories,
//! request metrics, storage class analyses, tierings.

use std::collections::{BTreeMap, BTreeSet};

use bicoastal_model::schema::{Absent, Shape};
use bicoastal_model::{Arn, Check, Field, Input};
use serde::{Deserialize, Serialize};

use super::Bucket;
use crate::kms::Key;

/// A list of a bucket's objects, written to a bucket every day or week.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, bon::Builder)]
pub struct Inventory {
    /// A name, unique among the bucket's inventories: 1 to 64 letters, digits, dots, hyphens and
    /// underscores.
    #[builder(into)]
    pub id: String,
    /// The bucket that the lists go to; its policy must let `s3.amazonaws.com` write.
    #[builder(into)]
    pub destination: Input<Arn<Bucket>>,
    /// Whether lists are made.
    #[builder(default = true)]
    pub enabled: bool,
    /// How often.
    #[builder(default = InventoryFrequency::Daily)]
    pub frequency: InventoryFrequency,
    /// Whether old versions are listed too.
    #[builder(default)]
    #[serde(default)]
    pub all_versions: bool,
    /// How lists are written.
    #[builder(default = InventoryFormat::Csv)]
    pub format: InventoryFormat,
    /// Only of keys that begin like this.
    #[builder(into)]
    #[serde(default)]
    pub prefix: Option<String>,
    /// What is told of each object besides its key: `Size`, `LastModifiedDate`, `ReplicationStatus`, ….
    #[builder(default, with = |fields: impl IntoIterator<Item = impl Into<String>>| fields.into_iter().map(Into::into).collect())]
    #[serde(default)]
    pub fields: Vec<String>,
    /// What the names of lists begin with.
    #[builder(into)]
    #[serde(default)]
    pub destination_prefix: Option<String>,
    /// The account that owns the destination: S3 then refuses to write to anybody else's.
    #[builder(into)]
    #[serde(default)]
    pub destination_account: Option<String>,
    /// How lists are encrypted; as the destination has it unless said otherwise.
    #[serde(default)]
    pub encryption: Option<InventoryEncryption>,
}

/// How often lists are made.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[allow(missing_docs)]
pub enum InventoryFrequency {
    Daily,
    Weekly,
}

/// How lists are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum InventoryFormat {
    /// Comma-separated values.
    #[serde(rename = "CSV")]
    Csv,
    /// Optimised Row Columnar.
    #[serde(rename = "ORC")]
    Orc,
    /// Apache Parquet.
    Parquet,
}

/// How lists are encrypted.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum InventoryEncryption {
    /// With keys of S3's own.
    S3,
    /// With a key of KMS, of the destination's region.
    Kms(Input<Arn<Key>>),
}

/// Which objects.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ObjectFilter {
    /// Those whose keys begin like this.
    #[serde(default)]
    pub prefix: Option<String>,
    /// Those that have all of these tags.
    #[serde(default)]
    pub tags: BTreeMap<String, String>,
}

impl ObjectFilter {
    /// Those whose keys begin like this.
    pub fn prefix(prefix: impl Into<String>) -> Self {
        Self { prefix: Some(prefix.into()), tags: BTreeMap::new() }
    }
}

/// Request metrics of CloudWatch, for the whole bucket or a part of it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, bon::Builder)]
pub struct Metrics {
    /// A name, unique among the bucket's metrics: 1 to 64 letters, digits, dots, hyphens and
    /// underscores. `EntireBucket` by custom for all of it.
    #[builder(into)]
    pub id: String,
    /// Of which objects; all of them unless said otherwise.
    #[builder(default)]
    #[serde(default)]
    pub filter: ObjectFilter,
    /// Of requests through this access point only.
    #[builder(into)]
    #[serde(default)]
    pub access_point: Option<Input<String>>,
}

/// An analysis of how often objects are read, which tells what to move to cheaper storage.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, bon::Builder)]
pub struct Analytics {
    /// A name, unique among the bucket's analyses: 1 to 64 characters.
    #[builder(into)]
    pub id: String,
    /// Of which objects; all of them unless said otherwise.
    #[builder(default)]
    #[serde(default)]
    pub filter: ObjectFilter,
    /// The bucket that results go to every day; they are shown in the console only unless said
    /// otherwise.
    #[builder(into)]
    #[serde(default)]
    pub export_to: Option<Input<Arn<Bucket>>>,
    /// What the names of results begin with.
    #[builder(into)]
    #[serde(default)]
    pub export_prefix: Option<String>,
}

/// Moves objects of the class `INTELLIGENT_TIERING` that nobody reads into archives, from which
/// they have to be restored.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, bon::Builder)]
pub struct IntelligentTiering {
    /// A name, unique among the bucket's tierings: 1 to 64 characters.
    #[builder(into)]
    pub id: String,
    /// Whether it happens.
    #[builder(default = true)]
    pub enabled: bool,
    /// With which objects; all of them unless said otherwise.
    #[builder(default)]
    #[serde(default)]
    pub filter: ObjectFilter,
    /// Into the archive after so many days without a read: 90 to 730.
    #[serde(default)]
    pub archive_after_days: Option<i32>,
    /// Into the deep archive after so many days without a read: 180 to 730.
    #[serde(default)]
    pub deep_archive_after_days: Option<i32>,
}

const FILTER: &[Field] =
    &[Field::new("prefix").absent(Absent::Text("")), Field::new("tags").absent(Absent::Json("{}"))];

/// One of everything that its id tells apart.
const fn filter() -> Field {
    Field::new("filter").shape(Shape::Object(FILTER))
}

const INVENTORY: &[Field] = &[
    Field::new("id"),
    Field::new("destination"),
    Field::new("enabled"),
    Field::new("frequency"),
    Field::new("all_versions").absent(Absent::Bool(false)),
    Field::new("format"),
    Field::new("prefix").absent(Absent::Text("")),
    Field::new("fields").shape(Shape::Set(&Shape::Plain)).absent(Absent::EmptyList),
    Field::new("destination_prefix").absent(Absent::Text("")),
    Field::new("destination_account"),
    Field::new("encryption"),
];

const METRICS: &[Field] = &[Field::new("id"), filter(), Field::new("access_point")];

const ANALYTICS: &[Field] = &[
    Field::new("id"),
    filter(),
    Field::new("export_to"),
    Field::new("export_prefix").absent(Absent::Text("")),
];

const TIERING: &[Field] = &[
    Field::new("id"),
    Field::new("enabled"),
    filter(),
    Field::new("archive_after_days"),
    Field::new("deep_archive_after_days"),
];

const fn keyed(name: &'static str, fields: &'static [Field]) -> Field {
    Field::new(name).shape(Shape::Keyed { key: "id", fields }).absent(Absent::EmptyList)
}

/// The fields of a bucket that hold them.
pub(super) const FIELDS: [Field; 4] = [
    keyed("inventories", INVENTORY),
    keyed("metrics", METRICS),
    keyed("analytics", ANALYTICS),
    keyed("intelligent_tiering", TIERING),
];

/// One of them, of whichever kind.
#[derive(Clone, Debug, PartialEq)]
#[allow(missing_docs)]
pub enum ById {
    Inventory(Inventory),
    Metrics(Metrics),
    Analytics(Analytics),
    Tiering(IntelligentTiering),
}

/// The kinds, by the bucket's field.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(missing_docs)]
pub enum ByIdKind {
    Inventory,
    Metrics,
    Analytics,
    Tiering,
}

impl ByIdKind {
    pub(super) const ALL: [Self; 4] =
        [Self::Inventory, Self::Metrics, Self::Analytics, Self::Tiering];

    /// The bucket's field.
    pub(super) const fn field(self) -> &'static str {
        match self {
            Self::Inventory => "inventories",
            Self::Metrics => "metrics",
            Self::Analytics => "analytics",
            Self::Tiering => "intelligent_tiering",
        }
    }

    /// The one with this id.
    pub(super) fn find(self, bucket: &Bucket, id: &str) -> Option<ById> {
        fn with_id<T: Clone>(all: &Option<Vec<T>>, is_it: impl Fn(&T) -> bool) -> Option<T> {
            all.iter().flatten().find(|it| is_it(it)).cloned()
        }
        match self {
            Self::Inventory => with_id(&bucket.inventories, |it| it.id == id).map(ById::Inventory),
            Self::Metrics => with_id(&bucket.metrics, |it| it.id == id).map(ById::Metrics),
            Self::Analytics => with_id(&bucket.analytics, |it| it.id == id).map(ById::Analytics),
            Self::Tiering => {
                with_id(&bucket.intelligent_tiering, |it| it.id == id).map(ById::Tiering)
            }
        }
    }

    pub(super) const fn delete(self) -> &'static str {
        match self {
            Self::Inventory => "DeleteBucketInventoryConfiguration",
            Self::Metrics => "DeleteBucketMetricsConfiguration",
            Self::Analytics => "DeleteBucketAnalyticsConfiguration",
            Self::Tiering => "DeleteBucketIntelligentTieringConfiguration",
        }
    }
}

impl ById {
    pub(super) const fn put(&self) -> &'static str {
        match self {
            Self::Inventory(_) => "PutBucketInventoryConfiguration",
            Self::Metrics(_) => "PutBucketMetricsConfiguration",
            Self::Analytics(_) => "PutBucketAnalyticsConfiguration",
            Self::Tiering(_) => "PutBucketIntelligentTieringConfiguration",
        }
    }
}

pub(super) fn check(bucket: &Bucket, check: &mut Check) {
    let mut ids = BTreeSet::new();
    let mut named = |what: &'static str, id: &str, check: &mut Check| {
        let legal = |it: char| it.is_ascii_alphanumeric() || "-_.".contains(it);
        check.ensure(
            (1..=64).contains(&id.len()) && id.chars().all(legal),
            format!("'{id}' is not an id for {what}: 1 to 64 letters, digits, dots, hyphens, underscores"),
        );
        let fresh = ids.insert((what, id.to_owned()));
        check.ensure(fresh, format!("two {what} are called '{id}'"));
    };
    for it in bucket.inventories.iter().flatten() {
        named("inventories", &it.id, check);
    }
    for it in bucket.metrics.iter().flatten() {
        named("metrics", &it.id, check);
    }
    for it in bucket.analytics.iter().flatten() {
        named("analytics", &it.id, check);
        check.ensure(
            it.export_prefix.is_none() || it.export_to.is_some(),
            format!("the analysis '{}' has a prefix for results that go nowhere", it.id),
        );
    }
    for it in bucket.intelligent_tiering.iter().flatten() {
        named("intelligent_tiering", &it.id, check);
        let id = &it.id;
        check.ensure(
            it.archive_after_days.is_some() || it.deep_archive_after_days.is_some(),
            format!("the tiering '{id}' moves nothing"),
        );
        check.ensure(
            it.archive_after_days.is_none_or(|days| (90..=730).contains(&days)),
            format!("the tiering '{id}' archives after 90 to 730 days"),
        );
        check.ensure(
            it.deep_archive_after_days.is_none_or(|days| (180..=730).contains(&days)),
            format!("the tiering '{id}' archives deeply after 180 to 730 days"),
        );
        if let (Some(first), Some(then)) = (it.archive_after_days, it.deep_archive_after_days) {
            check.ensure(
                first < then,
                format!("the tiering '{id}' archives after {first} days and deeply after {then}"),
            );
        }
    }
}
