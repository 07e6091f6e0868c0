//! How inventories, metrics, analyses and tierings are read and written.

use std::collections::BTreeMap;

use aws_sdk_s3::Client;
use aws_sdk_s3::error::BuildError;
use aws_sdk_s3::types as sdk;
use bicoastal_model::{OpError, Region};
use serde_json::{Value, json};

use super::by_id::{
    Analytics, ByIdKind, IntelligentTiering, Inventory, InventoryEncryption, InventoryFormat,
    InventoryFrequency, Metrics, ObjectFilter,
};
use crate::s3::rules::refused;

/// All of one kind, in the schema's shape.
pub(super) async fn list(
    client: &Client,
    region: Region,
    name: &str,
    kind: ByIdKind,
) -> Result<Value, OpError> {
    let mut found: Vec<Value> = Vec::new();
    let mut token: Option<String> = None;
    macro_rules! page {
        ($list:ident, $call:literal, $items:ident, $from:ident) => {{
            let sent =
                client.$list().bucket(name).set_continuation_token(token.clone()).send().await;
            let page = sent.map_err(|error| refused($call, region, error))?;
            found.extend(page.$items().iter().map($from));
            page.next_continuation_token().map(str::to_owned)
        }};
    }
    loop {
        token = match kind {
            ByIdKind::Inventory => page!(
                list_bucket_inventory_configurations,
                "ListBucketInventoryConfigurations",
                inventory_configuration_list,
                inventory_from
            ),
            ByIdKind::Metrics => page!(
                list_bucket_metrics_configurations,
                "ListBucketMetricsConfigurations",
                metrics_configuration_list,
                metrics_from
            ),
            ByIdKind::Analytics => page!(
                list_bucket_analytics_configurations,
                "ListBucketAnalyticsConfigurations",
                analytics_configuration_list,
                analytics_from
            ),
            ByIdKind::Tiering => page!(
                list_bucket_intelligent_tiering_configurations,
                "ListBucketIntelligentTieringConfigurations",
                intelligent_tiering_configuration_list,
                tiering_from
            ),
        };
        if token.is_none() {
            return Ok(json!(found));
        }
    }
}

fn tags_from(tags: &[sdk::Tag]) -> BTreeMap<String, String> {
    tags.iter().map(|tag| (tag.key().to_owned(), tag.value().to_owned())).collect()
}

fn tags_to(filter: &ObjectFilter) -> Result<Vec<sdk::Tag>, BuildError> {
    let tag = |(key, value): (&String, &String)| sdk::Tag::builder().key(key).value(value).build();
    filter.tags.iter().map(tag).collect()
}

/// A prefix of no characters is none.
fn prefix_of(filter: &ObjectFilter) -> Option<&String> {
    filter.prefix.as_ref().filter(|prefix| !prefix.is_empty())
}

/// How S3 wants a filter: one thing alone, or several together.
enum Narrowed {
    All,
    Prefix(String),
    Tag(sdk::Tag),
    Together(Option<String>, Vec<sdk::Tag>),
}

fn narrowed(filter: &ObjectFilter) -> Result<Narrowed, BuildError> {
    let mut tags = tags_to(filter)?;
    Ok(match (prefix_of(filter), tags.len()) {
        (None, 0) => Narrowed::All,
        (Some(prefix), 0) => Narrowed::Prefix(prefix.clone()),
        (None, 1) => Narrowed::Tag(tags.remove(0)),
        (prefix, _) => Narrowed::Together(prefix.cloned(), tags),
    })
}

fn filter(prefix: Option<&str>, tags: BTreeMap<String, String>) -> ObjectFilter {
    ObjectFilter { prefix: prefix.map(str::to_owned), tags }
}

pub(super) fn inventory_to(
    inventory: &Inventory,
) -> Result<sdk::InventoryConfiguration, BuildError> {
    let encryption = match &inventory.encryption {
        None => None,
        Some(InventoryEncryption::S3) => {
            let s3 = sdk::Sses3::builder().build();
            Some(sdk::InventoryEncryption::builder().sses3(s3).build())
        }
        Some(InventoryEncryption::Kms(key)) => {
            let kms = sdk::Ssekms::builder().key_id(key.as_str()).build()?;
            Some(sdk::InventoryEncryption::builder().ssekms(kms).build())
        }
    };
    let format = match inventory.format {
        InventoryFormat::Csv => sdk::InventoryFormat::Csv,
        InventoryFormat::Orc => sdk::InventoryFormat::Orc,
        InventoryFormat::Parquet => sdk::InventoryFormat::Parquet,
    };
    let bucket = sdk::InventoryS3BucketDestination::builder()
        .bucket(inventory.destination.as_str())
        .format(format)
        .set_prefix(inventory.destination_prefix.clone())
        .set_account_id(inventory.destination_account.clone())
        .set_encryption(encryption)
        .build()?;
    let prefix = inventory.prefix.as_ref().filter(|prefix| !prefix.is_empty());
    let filter = prefix.map(|it| sdk::InventoryFilter::builder().prefix(it).build()).transpose()?;
    let frequency = match inventory.frequency {
        InventoryFrequency::Daily => sdk::InventoryFrequency::Daily,
        InventoryFrequency::Weekly => sdk::InventoryFrequency::Weekly,
    };
    let versions = match inventory.all_versions {
        true => sdk::InventoryIncludedObjectVersions::All,
        false => sdk::InventoryIncludedObjectVersions::Current,
    };
    let fields = inventory.fields.iter().map(|it| it.as_str().into());
    sdk::InventoryConfiguration::builder()
        .id(&inventory.id)
        .is_enabled(inventory.enabled)
        .included_object_versions(versions)
        .schedule(sdk::InventorySchedule::builder().frequency(frequency).build()?)
        .destination(sdk::InventoryDestination::builder().s3_bucket_destination(bucket).build())
        .set_filter(filter)
        .set_optional_fields((!inventory.fields.is_empty()).then(|| fields.collect()))
        .build()
}

fn inventory_from(found: &sdk::InventoryConfiguration) -> Value {
    let to = found.destination().and_then(|it| it.s3_bucket_destination());
    let encryption = to.and_then(|it| it.encryption()).map(|it| match it.ssekms() {
        Some(kms) => json!({ "kms": kms.key_id() }),
        None => json!("s3"),
    });
    let fields: Vec<&str> = found.optional_fields().iter().map(|it| it.as_str()).collect();
    json!({
        "id": found.id(),
        "destination": to.map(|it| it.bucket()),
        "enabled": found.is_enabled(),
        "frequency": found.schedule().map(|it| it.frequency().as_str()),
        "all_versions":
            *found.included_object_versions() == sdk::InventoryIncludedObjectVersions::All,
        "format": to.map(|it| it.format().as_str()),
        "prefix": found.filter().map(|it| it.prefix()),
        "fields": fields,
        "destination_prefix": to.and_then(|it| it.prefix()),
        "destination_account": to.and_then(|it| it.account_id()),
        "encryption": encryption,
    })
}

pub(super) fn metrics_to(metrics: &Metrics) -> Result<sdk::MetricsConfiguration, BuildError> {
    let access_point = metrics.access_point.as_ref().map(|it| it.as_str().to_owned());
    let filter = match (narrowed(&metrics.filter)?, access_point) {
        (Narrowed::All, None) => None,
        (Narrowed::All, Some(arn)) => Some(sdk::MetricsFilter::AccessPointArn(arn)),
        (Narrowed::Prefix(prefix), None) => Some(sdk::MetricsFilter::Prefix(prefix)),
        (Narrowed::Tag(tag), None) => Some(sdk::MetricsFilter::Tag(tag)),
        (narrowed, access_point) => {
            let (prefix, tags) = match narrowed {
                Narrowed::Together(prefix, tags) => (prefix, tags),
                Narrowed::Prefix(prefix) => (Some(prefix), Vec::new()),
                Narrowed::Tag(tag) => (None, vec![tag]),
                Narrowed::All => (None, Vec::new()),
            };
            let and = sdk::MetricsAndOperator::builder()
                .set_prefix(prefix)
                .set_tags((!tags.is_empty()).then_some(tags))
                .set_access_point_arn(access_point)
                .build();
            Some(sdk::MetricsFilter::And(and))
        }
    };
    sdk::MetricsConfiguration::builder().id(&metrics.id).set_filter(filter).build()
}

fn metrics_from(found: &sdk::MetricsConfiguration) -> Value {
    let mut access_point = None;
    let filter = match found.filter() {
        Some(sdk::MetricsFilter::Prefix(prefix)) => filter(Some(prefix), BTreeMap::new()),
        Some(sdk::MetricsFilter::Tag(tag)) => filter(None, tags_from(std::slice::from_ref(tag))),
        Some(sdk::MetricsFilter::AccessPointArn(arn)) => {
            access_point = Some(arn.as_str());
            ObjectFilter::default()
        }
        Some(sdk::MetricsFilter::And(and)) => {
            access_point = and.access_point_arn();
            filter(and.prefix(), tags_from(and.tags()))
        }
        _ => ObjectFilter::default(),
    };
    json!({ "id": found.id(), "filter": filter, "access_point": access_point })
}

pub(super) fn analytics_to(
    analytics: &Analytics,
) -> Result<sdk::AnalyticsConfiguration, BuildError> {
    let filter = match narrowed(&analytics.filter)? {
        Narrowed::All => None,
        Narrowed::Prefix(prefix) => Some(sdk::AnalyticsFilter::Prefix(prefix)),
        Narrowed::Tag(tag) => Some(sdk::AnalyticsFilter::Tag(tag)),
        Narrowed::Together(prefix, tags) => {
            let and = sdk::AnalyticsAndOperator::builder().set_prefix(prefix).set_tags(Some(tags));
            Some(sdk::AnalyticsFilter::And(and.build()))
        }
    };
    let export = match &analytics.export_to {
        None => None,
        Some(bucket) => {
            let to = sdk::AnalyticsS3BucketDestination::builder()
                .bucket(bucket.as_str())
                .format(sdk::AnalyticsS3ExportFileFormat::Csv)
                .set_prefix(analytics.export_prefix.clone())
                .build()?;
            let to = sdk::AnalyticsExportDestination::builder().s3_bucket_destination(to).build();
            Some(
                sdk::StorageClassAnalysisDataExport::builder()
                    .output_schema_version(sdk::StorageClassAnalysisSchemaVersion::V1)
                    .destination(to)
                    .build()?,
            )
        }
    };
    sdk::AnalyticsConfiguration::builder()
        .id(&analytics.id)
        .set_filter(filter)
        .storage_class_analysis(
            sdk::StorageClassAnalysis::builder().set_data_export(export).build(),
        )
        .build()
}

fn analytics_from(found: &sdk::AnalyticsConfiguration) -> Value {
    let filter = match found.filter() {
        Some(sdk::AnalyticsFilter::Prefix(prefix)) => filter(Some(prefix), BTreeMap::new()),
        Some(sdk::AnalyticsFilter::Tag(tag)) => filter(None, tags_from(std::slice::from_ref(tag))),
        Some(sdk::AnalyticsFilter::And(and)) => filter(and.prefix(), tags_from(and.tags())),
        _ => ObjectFilter::default(),
    };
    let export = found.storage_class_analysis().and_then(|it| it.data_export());
    let to = export.and_then(|it| it.destination()).and_then(|it| it.s3_bucket_destination());
    json!({
        "id": found.id(),
        "filter": filter,
        "export_to": to.map(|it| it.bucket()),
        "export_prefix": to.and_then(|it| it.prefix()),
    })
}

pub(super) fn tiering_to(
    tiering: &IntelligentTiering,
) -> Result<sdk::IntelligentTieringConfiguration, BuildError> {
    let of = sdk::IntelligentTieringFilter::builder();
    let filter = match narrowed(&tiering.filter)? {
        Narrowed::All => None,
        Narrowed::Prefix(prefix) => Some(of.prefix(prefix).build()),
        Narrowed::Tag(tag) => Some(of.tag(tag).build()),
        Narrowed::Together(prefix, tags) => {
            let and = sdk::IntelligentTieringAndOperator::builder();
            Some(of.and(and.set_prefix(prefix).set_tags(Some(tags)).build()).build())
        }
    };
    let status = match tiering.enabled {
        true => sdk::IntelligentTieringStatus::Enabled,
        false => sdk::IntelligentTieringStatus::Disabled,
    };
    let mut all = sdk::IntelligentTieringConfiguration::builder()
        .id(&tiering.id)
        .status(status)
        .set_filter(filter);
    for (days, tier) in [
        (tiering.archive_after_days, sdk::IntelligentTieringAccessTier::ArchiveAccess),
        (tiering.deep_archive_after_days, sdk::IntelligentTieringAccessTier::DeepArchiveAccess),
    ] {
        if let Some(days) = days {
            all = all.tierings(sdk::Tiering::builder().days(days).access_tier(tier).build()?);
        }
    }
    all.build()
}

fn tiering_from(found: &sdk::IntelligentTieringConfiguration) -> Value {
    let narrowed = found.filter();
    let filter = match narrowed.and_then(|it| it.and()) {
        Some(and) => filter(and.prefix(), tags_from(and.tags())),
        None => {
            let tag = narrowed.and_then(|it| it.tag()).map(std::slice::from_ref);
            filter(narrowed.and_then(|it| it.prefix()), tags_from(tag.unwrap_or_default()))
        }
    };
    let days = |tier: sdk::IntelligentTieringAccessTier| {
        found.tierings().iter().find(|it| *it.access_tier() == tier).map(|it| it.days())
    };
    json!({
        "id": found.id(),
        "enabled": *found.status() == sdk::IntelligentTieringStatus::Enabled,
        "filter": filter,
        "archive_after_days": days(sdk::IntelligentTieringAccessTier::ArchiveAccess),
        "deep_archive_after_days": days(sdk::IntelligentTieringAccessTier::DeepArchiveAccess),
    })
}
