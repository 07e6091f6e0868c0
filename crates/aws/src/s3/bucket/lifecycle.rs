//! What happens to objects as they age.

use std::collections::BTreeMap;

use aws_sdk_s3::types as sdk;
use aws_smithy_types::DateTime;
use aws_smithy_types::date_time::Format;
use bicoastal_model::Field;
use bicoastal_model::schema::{Absent, Shape};
use serde::{Deserialize, Serialize};

/// A lifecycle rule. The program owns the whole of a rule that it mentions by id.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, bon::Builder)]
pub struct LifecycleRule {
    /// Its id, at most 255 characters.
    #[builder(start_fn, into)]
    pub id: String,
    /// Whether it has effect.
    #[builder(default = true)]
    #[serde(default = "on")]
    pub enabled: bool,
    /// Only objects whose names begin so.
    #[builder(into)]
    pub prefix: Option<String>,
    /// Only objects with all of these tags.
    #[builder(default, with = |tags: impl IntoIterator<Item = (impl Into<String>, impl Into<String>)>| crate::tags::collect(tags))]
    #[serde(default)]
    pub tags: BTreeMap<String, String>,
    /// Only objects of more bytes.
    pub size_greater_than: Option<i64>,
    /// Only objects of fewer bytes.
    pub size_less_than: Option<i64>,
    /// When current versions are deleted.
    pub expiration: Option<Expiration>,
    /// When current versions move to another storage class.
    #[builder(default, with = |transitions: impl IntoIterator<Item = Transition>| transitions.into_iter().collect())]
    #[serde(default)]
    pub transitions: Vec<Transition>,
    /// When versions that are no longer current are deleted.
    pub noncurrent_expiration: Option<NoncurrentExpiration>,
    /// When versions that are no longer current move to another storage class.
    #[builder(default, with = |transitions: impl IntoIterator<Item = NoncurrentTransition>| transitions.into_iter().collect())]
    #[serde(default)]
    pub noncurrent_transitions: Vec<NoncurrentTransition>,
    /// After how many days an upload that was never completed is dropped.
    pub abort_uploads_after_days: Option<i32>,
}

fn on() -> bool {
    true
}

/// When current versions are deleted.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Expiration {
    /// So many days after they were written.
    Days(i32),
    /// On this day, `2030-01-31`, at midnight UTC.
    Date(String),
    /// Only delete markers that have no version left below them.
    ExpiredDeleteMarkers,
}

/// When something happens to a current version.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum When {
    /// So many days after it was written.
    Days(i32),
    /// On this day, `2030-01-31`, at midnight UTC.
    Date(String),
}

/// A move of current versions to another storage class.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Transition {
    /// When.
    pub when: When,
    /// Where to.
    pub storage_class: StorageClass,
}

impl Transition {
    /// So many days after an object was written.
    pub fn after_days(days: i32, storage_class: StorageClass) -> Self {
        Self { when: When::Days(days), storage_class }
    }
}

/// When versions that are no longer current are deleted.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct NoncurrentExpiration {
    /// So many days after they were superseded.
    pub days: i32,
    /// How many of the newest are kept all the same, 1 to 100.
    pub keep_newest: Option<i32>,
}

/// A move of versions that are no longer current to another storage class.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct NoncurrentTransition {
    /// So many days after they were superseded.
    pub days: i32,
    /// Where to.
    pub storage_class: StorageClass,
    /// How many of the newest stay all the same, 1 to 100.
    pub keep_newest: Option<i32>,
}

/// Where objects are stored.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum StorageClass {
    /// For frequent use. Only replicas name it; nothing moves here.
    Standard,
    /// For use once a month or less; for at least 30 days.
    StandardIa,
    /// The same in one zone only.
    #[serde(rename = "ONEZONE_IA")]
    OneZoneIa,
    /// Moved by use.
    IntelligentTiering,
    /// For use once a quarter, read at once.
    GlacierIr,
    /// Archived: minutes to hours to read. Does not replicate.
    Glacier,
    /// Archived: hours to read. Does not replicate.
    DeepArchive,
}

impl StorageClass {
    /// As AWS writes it.
    pub fn code(self) -> &'static str {
        match self {
            Self::Standard => "STANDARD",
            Self::StandardIa => "STANDARD_IA",
            Self::OneZoneIa => "ONEZONE_IA",
            Self::IntelligentTiering => "INTELLIGENT_TIERING",
            Self::GlacierIr => "GLACIER_IR",
            Self::Glacier => "GLACIER",
            Self::DeepArchive => "DEEP_ARCHIVE",
        }
    }

    pub(in crate::s3) fn from_code(code: &str) -> Option<Self> {
        [
            Self::Standard,
            Self::StandardIa,
            Self::OneZoneIa,
            Self::IntelligentTiering,
            Self::GlacierIr,
            Self::Glacier,
            Self::DeepArchive,
        ]
        .into_iter()
        .find(|class| class.code() == code)
    }
}

const ANY_ORDER: Shape = Shape::Set(&Shape::Plain);

/// Parts are written out even where they are none, because the whole rule is the program's.
pub(super) const FIELDS: &[Field] = &[
    Field::new("id"),
    Field::new("enabled"),
    Field::new("prefix").absent(Absent::Text("")),
    Field::new("tags"),
    Field::new("size_greater_than"),
    Field::new("size_less_than"),
    Field::new("expiration"),
    Field::new("transitions").shape(ANY_ORDER).absent(Absent::EmptyList),
    Field::new("noncurrent_expiration"),
    Field::new("noncurrent_transitions").shape(ANY_ORDER).absent(Absent::EmptyList),
    Field::new("abort_uploads_after_days"),
];

fn date_of(at: &DateTime) -> Option<String> {
    Some(at.fmt(Format::DateTime).ok()?.split('T').next()?.to_owned())
}

fn midnight(date: &str) -> Option<DateTime> {
    DateTime::from_str(&format!("{date}T00:00:00Z"), Format::DateTime).ok()
}

/// Whether a text is a day as rules write it.
pub(super) fn is_date(text: &str) -> bool {
    text.len() == 10 && midnight(text).is_some()
}

impl LifecycleRule {
    /// From what S3 returns, in the older schema (a bare prefix) or the newer one (a filter).
    pub(super) fn from_sdk(rule: &sdk::LifecycleRule) -> Self {
        #[allow(deprecated)] // Others may still write rules of the older schema.
        let mut prefix = rule.prefix().map(str::to_owned);
        let mut tags = BTreeMap::new();
        let (mut more, mut less) = (None, None);
        if let Some(filter) = rule.filter() {
            let and = filter.and();
            let of_and = and.and_then(|and| and.prefix());
            prefix = filter.prefix().or(of_and).map(str::to_owned);
            let many = and.map(|and| and.tags()).unwrap_or_default();
            for tag in filter.tag().into_iter().chain(many) {
                tags.insert(tag.key().to_owned(), tag.value().to_owned());
            }
            more = filter
                .object_size_greater_than()
                .or(and.and_then(|it| it.object_size_greater_than()));
            less = filter.object_size_less_than().or(and.and_then(|it| it.object_size_less_than()));
        }
        let expiration = rule.expiration().and_then(|it| {
            if let Some(days) = it.days() {
                Some(Expiration::Days(days))
            } else if let Some(date) = it.date() {
                date_of(date).map(Expiration::Date)
            } else {
                it.expired_object_delete_marker()
                    .filter(|only| *only)
                    .map(|_| Expiration::ExpiredDeleteMarkers)
            }
        });
        Self {
            id: rule.id().unwrap_or_default().to_owned(),
            enabled: *rule.status() == sdk::ExpirationStatus::Enabled,
            prefix: prefix.filter(|prefix| !prefix.is_empty()),
            tags,
            size_greater_than: more,
            size_less_than: less,
            expiration,
            transitions: rule.transitions().iter().filter_map(transition).collect(),
            noncurrent_expiration: rule.noncurrent_version_expiration().map(|it| {
                NoncurrentExpiration {
                    days: it.noncurrent_days().unwrap_or_default(),
                    keep_newest: it.newer_noncurrent_versions(),
                }
            }),
            noncurrent_transitions: rule
                .noncurrent_version_transitions()
                .iter()
                .filter_map(|it| {
                    Some(NoncurrentTransition {
                        days: it.noncurrent_days().unwrap_or_default(),
                        storage_class: StorageClass::from_code(it.storage_class()?.as_str())?,
                        keep_newest: it.newer_noncurrent_versions(),
                    })
                })
                .collect(),
            abort_uploads_after_days: rule
                .abort_incomplete_multipart_upload()
                .and_then(|it| it.days_after_initiation()),
        }
    }

    /// As S3 takes it, always in the newer schema.
    pub(super) fn to_sdk(&self) -> Option<sdk::LifecycleRule> {
        let class = |class: StorageClass| sdk::TransitionStorageClass::from(class.code());
        let expiration = self.expiration.as_ref().map(|it| {
            let builder = sdk::LifecycleExpiration::builder();
            match it {
                Expiration::Days(days) => builder.days(*days),
                Expiration::Date(date) => builder.set_date(midnight(date)),
                Expiration::ExpiredDeleteMarkers => builder.expired_object_delete_marker(true),
            }
            .build()
        });
        let transitions: Vec<_> = self
            .transitions
            .iter()
            .map(|it| {
                let builder = sdk::Transition::builder().storage_class(class(it.storage_class));
                match &it.when {
                    When::Days(days) => builder.days(*days),
                    When::Date(date) => builder.set_date(midnight(date)),
                }
                .build()
            })
            .collect();
        let noncurrent: Vec<_> = self
            .noncurrent_transitions
            .iter()
            .map(|it| {
                sdk::NoncurrentVersionTransition::builder()
                    .noncurrent_days(it.days)
                    .storage_class(class(it.storage_class))
                    .set_newer_noncurrent_versions(it.keep_newest)
                    .build()
            })
            .collect();
        sdk::LifecycleRule::builder()
            .id(&self.id)
            .status(if self.enabled {
                sdk::ExpirationStatus::Enabled
            } else {
                sdk::ExpirationStatus::Disabled
            })
            .filter(self.filter())
            .set_expiration(expiration)
            .set_transitions((!transitions.is_empty()).then_some(transitions))
            .set_noncurrent_version_expiration(self.noncurrent_expiration.as_ref().map(|it| {
                sdk::NoncurrentVersionExpiration::builder()
                    .noncurrent_days(it.days)
                    .set_newer_noncurrent_versions(it.keep_newest)
                    .build()
            }))
            .set_noncurrent_version_transitions((!noncurrent.is_empty()).then_some(noncurrent))
            .set_abort_incomplete_multipart_upload(self.abort_uploads_after_days.map(|days| {
                sdk::AbortIncompleteMultipartUpload::builder().days_after_initiation(days).build()
            }))
            .build()
            .ok()
    }

    /// One condition stands alone; more go into `And`.
    fn filter(&self) -> sdk::LifecycleRuleFilter {
        let tags: Vec<sdk::Tag> = self
            .tags
            .iter()
            .filter_map(|(key, value)| sdk::Tag::builder().key(key).value(value).build().ok())
            .collect();
        let count = tags.len()
            + usize::from(self.prefix.is_some())
            + usize::from(self.size_greater_than.is_some())
            + usize::from(self.size_less_than.is_some());
        let filter = sdk::LifecycleRuleFilter::builder();
        if count > 1 {
            return filter
                .and(
                    sdk::LifecycleRuleAndOperator::builder()
                        .set_prefix(self.prefix.clone())
                        .set_tags((!tags.is_empty()).then_some(tags))
                        .set_object_size_greater_than(self.size_greater_than)
                        .set_object_size_less_than(self.size_less_than)
                        .build(),
                )
                .build();
        }
        let alone =
            tags.is_empty() && self.size_greater_than.is_none() && self.size_less_than.is_none();
        filter
            .set_prefix(if alone { Some(self.prefix.clone().unwrap_or_default()) } else { None })
            .set_tag(tags.into_iter().next())
            .set_object_size_greater_than(self.size_greater_than)
            .set_object_size_less_than(self.size_less_than)
            .build()
    }

    /// Whether it does anything at all.
    pub(super) fn acts(&self) -> bool {
        self.expiration.is_some()
            || !self.transitions.is_empty()
            || self.noncurrent_expiration.is_some()
            || !self.noncurrent_transitions.is_empty()
            || self.abort_uploads_after_days.is_some()
    }
}

fn transition(it: &sdk::Transition) -> Option<Transition> {
    let when = match (it.days(), it.date()) {
        (_, Some(date)) => When::Date(date_of(date)?),
        (days, None) => When::Days(days.unwrap_or_default()),
    };
    Some(Transition { when, storage_class: StorageClass::from_code(it.storage_class()?.as_str())? })
}
