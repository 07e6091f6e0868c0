//! What is wrong with a bucket, told offline.

use std::collections::{BTreeMap, BTreeSet};

use bicoastal_model::{Check, Desired, Diagnostic, Packed};
use serde_json::Value;

use super::lifecycle::{Expiration, LifecycleRule, StorageClass, When, is_date};
use super::{
    Acceleration, Bucket, CorsRule, PublicAccess, Versioning, by_id, namespace, notification,
    object_lock, website,
};
use crate::policy;
use crate::tags::check_tags;

const PREFIXES: &[&str] = &["xn--", "sthree-", "amzn-s3-demo-"];
const SUFFIXES: &[&str] = &["-s3alias", "--ol-s3", "--x-s3", ".mrap", "--table-s3"];

pub(super) fn bucket(bucket: &Bucket, check: &mut Check) {
    if let Some(name) = bucket.name.known() {
        self::name(name, check);
    }
    let name = bucket.name.known().map(String::as_str);
    namespace::check(check, name, bucket.namespace, check.region());
    check_tags(check, &bucket.tags, 50);
    if let Some(document) = &bucket.policy {
        policy::check(check, "the bucket policy", document, policy::Kind::Resource);
        let size = policy::size(document).unwrap_or_default();
        check.ensure(size <= 20 * 1024, "the bucket policy is larger than 20 KB");
        self::resources(bucket, document, check);
        // A new bucket blocks public policies unless it is told otherwise.
        let access = bucket.public_access.unwrap_or(PublicAccess::BLOCKED);
        if access.block_policy && is_public(document.value()) {
            check.error_with_hint(
                "the policy lets everybody in, and the public access block forbids that",
                "name the principals, add a condition, or set .public_access(…) to allow it",
            );
        }
    }
    lifecycle(bucket, check);
    let cors = bucket.cors.as_deref().unwrap_or_default();
    check.ensure(cors.len() <= 100, "a bucket has at most 100 CORS rules");
    for rule in cors {
        self::cors(rule, check);
    }
    more(bucket, check);
    if let (Some(logging), Some(name)) = (&bucket.logging, bucket.name.known()) {
        check.ensure(
            logging.bucket.known() != Some(name),
            "a bucket that logs to itself logs its own logging without end",
        );
    }
    if let (Some(key), Some(region)) = (key_of(bucket), check.region()) {
        let of = key.split(':').nth(3).unwrap_or_default();
        check.ensure(
            of.is_empty() || of == region.code(),
            format!("the key {key} is not in {region}, where the bucket is"),
        );
    }
}

/// What is wrong with the rarer sub-configurations.
fn more(bucket: &Bucket, check: &mut Check) {
    if let Some(lock) = &bucket.object_lock {
        object_lock::check(lock, check);
        check.ensure(
            bucket.versioning != Some(Versioning::Suspended),
            "a bucket with object lock is versioned, and can't be suspended",
        );
    }
    if let Some(website) = &bucket.website {
        website::check(website, check);
    }
    notification::check(bucket.notifications.as_deref().unwrap_or_default(), check);
    by_id::check(bucket, check);
    if bucket.acceleration == Some(Acceleration::Enabled)
        && let Some(name) = bucket.name.known()
    {
        check.ensure(
            !name.contains('.'),
            format!("'{name}' has a dot in it, and transfer acceleration takes no such name"),
        );
    }
    check.ensure(
        bucket.transition_minimum.is_none() || bucket.lifecycle.is_some(),
        "transition_minimum is for lifecycle rules, and there are none",
    );
}

fn key_of(bucket: &Bucket) -> Option<&str> {
    use super::Encryption::{Kms, KmsTwice, S3};
    match bucket.encryption.as_ref()? {
        S3 => None,
        Kms { key, .. } | KmsTwice { key } => Some(key.as_ref()?.known()?.as_str()),
    }
}

/// S3's rules for names.
fn name(name: &str, check: &mut Check) {
    let plain = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit();
    let edges = [name.bytes().next(), name.bytes().next_back()];
    let valid = (3..=63).contains(&name.len())
        && edges.iter().all(|edge| edge.is_some_and(plain))
        && name.bytes().all(|byte| plain(byte) || b".-".contains(&byte))
        && !name.contains("..")
        && name.parse::<std::net::Ipv4Addr>().is_err();
    if !valid {
        check.error_with_hint(
            format!("'{name}' is no name for a bucket"),
            "3 to 63 lower-case letters, digits, hyphens and single dots, a letter or digit at \
             both ends, and not an IP address",
        );
    }
    let reserved = PREFIXES.iter().find(|it| name.starts_with(**it));
    if let Some(part) = reserved.or(SUFFIXES.iter().find(|it| name.ends_with(**it))) {
        check.error(format!("'{name}' has '{part}' in it, which S3 keeps to itself"));
    }
}

/// Every resource that the policy names must be this bucket or something in it.
fn resources(bucket: &Bucket, document: &policy::Document, check: &mut Check) {
    let Some(name) = bucket.name.known() else { return };
    let arn = format!("arn:aws:s3:::{name}");
    for statement in list(document.value().get("Statement")) {
        for resource in list(statement.get("Resource")).iter().filter_map(Value::as_str) {
            let own = resource.strip_prefix(&arn).is_some_and(|rest| {
                rest.is_empty() || rest.starts_with('/') || rest.starts_with('*')
            });
            // Wild cards in the bucket's name may mean this one.
            let wild = resource.split('/').next().is_some_and(|bucket| bucket.contains('*'));
            check.ensure(
                own || wild,
                format!("the bucket policy speaks of {resource}, which is not in {name}"),
            );
        }
    }
}

fn list(value: Option<&Value>) -> Vec<Value> {
    match value {
        Some(Value::Array(items)) => items.clone(),
        Some(one) => vec![one.clone()],
        None => Vec::new(),
    }
}

/// Whether a statement allows everybody something, without any condition.
fn is_public(document: &Value) -> bool {
    list(document.get("Statement")).iter().any(|statement| {
        let allows = statement.get("Effect").and_then(Value::as_str) == Some("Allow");
        let principal = statement.get("Principal");
        let everybody = principal
            .is_some_and(|who| who == "*" || list(who.get("AWS")).iter().any(|who| who == "*"));
        allows && everybody && statement.get("Condition").is_none()
    })
}

fn lifecycle(bucket: &Bucket, check: &mut Check) {
    let rules = bucket.lifecycle.as_deref().unwrap_or_default();
    check.ensure(rules.len() <= 1000, "a bucket has at most 1,000 lifecycle rules");
    let mut ids = BTreeSet::new();
    for rule in rules {
        let id = &rule.id;
        check.ensure(ids.insert(id), format!("two lifecycle rules are called '{id}'"));
        check.ensure(
            (1..=255).contains(&id.len()),
            format!("the lifecycle rule '{id}' needs an id of 1 to 255 characters"),
        );
        lifecycle_rule(rule, check);
        let noncurrent =
            rule.noncurrent_expiration.is_some() || !rule.noncurrent_transitions.is_empty();
        if noncurrent && bucket.versioning.is_none() {
            check.warning(format!(
                "the lifecycle rule '{id}' is about old versions, and the bucket is not declared \
                 as versioned"
            ));
        }
    }
}

fn lifecycle_rule(rule: &LifecycleRule, check: &mut Check) {
    let what = format!("the lifecycle rule '{}'", rule.id);
    check.ensure(rule.acts(), format!("{what} does nothing"));
    let mut days = |days: i32, least: i32, of: &str| {
        check.ensure(days >= least, format!("{what} has {days} days for {of}: at least {least}"));
    };
    if let Some(Expiration::Days(after)) = rule.expiration {
        days(after, 1, "expiration");
    }
    let least = |class: StorageClass| match class {
        StorageClass::StandardIa | StorageClass::OneZoneIa => 30,
        _ => 0,
    };
    for transition in &rule.transitions {
        if let When::Days(after) = transition.when {
            days(after, least(transition.storage_class), transition.storage_class.code());
        }
    }
    for transition in &rule.noncurrent_transitions {
        days(transition.days, least(transition.storage_class), transition.storage_class.code());
    }
    if let Some(expiration) = &rule.noncurrent_expiration {
        days(expiration.days, 1, "the expiration of old versions");
    }
    if let Some(after) = rule.abort_uploads_after_days {
        days(after, 1, "uploads");
    }
    for (date, of) in dates(rule) {
        check.ensure(is_date(date), format!("{what} has '{date}' for {of}: a day is 2030-01-31"));
    }
    let expires = match rule.expiration {
        Some(Expiration::Days(days)) => Some(days),
        _ => None,
    };
    for transition in &rule.transitions {
        check.ensure(
            transition.storage_class != StorageClass::Standard,
            format!("{what} moves objects to STANDARD, where they come from"),
        );
        if let (Some(expires), When::Days(moves)) = (expires, &transition.when) {
            check.ensure(
                expires > *moves,
                format!("{what} moves objects after {moves} days and deletes them after {expires}"),
            );
        }
    }
    let dated = rule.transitions.iter().filter(|it| matches!(it.when, When::Date(_))).count();
    check.ensure(
        dated == 0 || dated == rule.transitions.len(),
        format!("{what} mixes transitions by days and by date"),
    );
    let narrowed =
        !rule.tags.is_empty() || rule.size_greater_than.is_some() || rule.size_less_than.is_some();
    check.ensure(
        rule.abort_uploads_after_days.is_none() || !narrowed,
        format!("{what} drops uploads, which have neither tags nor a size yet"),
    );
    check.ensure(
        rule.expiration != Some(Expiration::ExpiredDeleteMarkers) || rule.tags.is_empty(),
        format!("{what} is about delete markers, which have no tags"),
    );
}

fn dates(rule: &LifecycleRule) -> Vec<(&String, &'static str)> {
    let moves = rule.transitions.iter().filter_map(|it| match &it.when {
        When::Date(date) => Some((date, "a transition")),
        When::Days(_) => None,
    });
    let ends = match &rule.expiration {
        Some(Expiration::Date(date)) => Some((date, "expiration")),
        _ => None,
    };
    moves.chain(ends).collect()
}

fn cors(rule: &CorsRule, check: &mut Check) {
    check.ensure(
        !rule.origins.is_empty() && !rule.methods.is_empty(),
        "a CORS rule needs an origin and a method",
    );
    for text in rule.origins.iter().chain(&rule.headers) {
        check.ensure(
            text.matches('*').count() <= 1,
            format!("the CORS rule has more than one * in '{text}'"),
        );
    }
    for header in &rule.exposed_headers {
        check.ensure(
            !header.contains('*'),
            format!("the CORS rule exposes '{header}', and a * is not allowed there"),
        );
    }
}

/// Names are shared by all regions; logs stay in a bucket's own region.
pub(super) fn stack(desired: &Desired) -> Vec<Diagnostic> {
    let mut found = Vec::new();
    let mut names: BTreeMap<&str, &bicoastal_model::ResourceId> = BTreeMap::new();
    let buckets =
        || desired.resources.values().filter(|it| it.schema.kind == "S3:Bucket" && !it.lookup);
    for declared in buckets() {
        if let Some(name) = declared.props.get("name").and_then(Packed::as_str)
            && let Some(first) = names.insert(name, &declared.id)
        {
            found.push(
                Diagnostic::error(format!("the bucket '{name}' is declared as {first} too"))
                    .of(&declared.id)
                    .at(&declared.at)
                    .hint("bucket names are shared by all regions; put the region into the name"),
            );
        }
        let logs = declared.props.at("logging.bucket").and_then(Packed::as_ref);
        let target = logs.and_then(|reference| desired.resources.get(&reference.id));
        if let Some(target) = target
            && (target.place != declared.place || target.id == declared.id)
        {
            found.push(
                Diagnostic::error(format!(
                    "logs go to {}, and have to stay in the region",
                    target.id
                ))
                .of(&declared.id)
                .at(&declared.at)
                .hint("log to another bucket of the same region and account"),
            );
        }
    }
    found
}

/// Whether a declared bucket is versioned, as its properties say.
pub(in crate::s3) fn is_versioned(props: &Packed) -> bool {
    let versioning = props["versioning"].to_value();
    serde_json::from_value::<Versioning>(versioning).ok() == Some(Versioning::Enabled)
}
