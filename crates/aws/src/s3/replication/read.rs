//! A replication configuration as it is.

use std::collections::BTreeMap;

use bicoastal_model::{OpError, Ownership, Packed, Region, Snapshot, Status, Target};
use serde_json::{Value, json};

use super::ReplicationRule;
use crate::cx::{Cx, GLOBAL, Purpose};
use crate::s3::rules::{is_no_bucket, optional};

pub(super) fn bucket_of(target: &Target) -> &str {
    target.physical.as_deref().unwrap_or_else(|| target.text("bucket"))
}

pub(super) fn region_of(target: &Target) -> Region {
    target.region().unwrap_or(GLOBAL)
}

/// The key under which the rules before a write are noted, until readers see the write.
pub(super) fn note_key(region: Region, bucket: &str) -> String {
    format!("s3 {region} {bucket} replication")
}

/// The role and the rules that a bucket has; none where it does not replicate, or is not there.
pub(super) async fn document(
    cx: &Cx,
    region: Region,
    bucket: &str,
) -> Result<Option<(String, Vec<ReplicationRule>)>, OpError> {
    let answer = cx.s3(region).get_bucket_replication().bucket(bucket).send().await;
    let absent = "ReplicationConfigurationNotFoundError";
    let read = match optional("GetBucketReplication", region, absent, answer) {
        Err(error) if is_no_bucket(&error) => None,
        other => other?,
    };
    Ok(read.and_then(|it| it.replication_configuration).map(|it| {
        let rules = it.rules().iter().filter_map(ReplicationRule::from_sdk).collect();
        (it.role().to_owned(), rules)
    }))
}

pub(super) async fn read(cx: &Cx, target: &Target) -> Result<Option<Snapshot>, OpError> {
    let (region, bucket) = (region_of(target), bucket_of(target));
    let found = document(cx, region, bucket).await?;
    let turn = cx.purpose() == Purpose::Turn;
    let status = match (shows(cx, region, bucket, found.as_ref()), turn) {
        (false, true) => Status::Busy("the new rules are not visible everywhere yet".into()),
        _ => Status::Ready,
    };
    let (role, rules) = match found {
        Some(found) => found,
        // A document that is not visible yet still has to be waited for.
        None if status != Status::Ready => Default::default(),
        None => return Ok(None),
    };
    // A document without any rule of ours is not this resource: it is somebody else's.
    let ours = ids(target.props.get("rules"));
    let any = rules.iter().any(|rule| ours.contains(&rule.id.as_str()));
    if !any && status == Status::Ready {
        return Ok(None);
    }
    let ownership = if role == target.text("role") || target.physical.is_some() {
        Ownership::Ours
    } else {
        Ownership::Foreign(format!("it replicates with the role {role}"))
    };
    Ok(Some(snapshot(bucket, &role, &rules, status, ownership)))
}

/// Whether this is not what was there before our last write. What is seen is not waited for any
/// more.
fn shows(
    cx: &Cx,
    region: Region,
    bucket: &str,
    found: Option<&(String, Vec<ReplicationRule>)>,
) -> bool {
    let key = note_key(region, bucket);
    let Some(before) = cx.clients().noted(&key) else { return true };
    let rules = found.map_or(Value::Null, |(_, rules)| json!(rules));
    let old = before == json!({ "role": found.map(|(role, _)| role), "rules": rules });
    if !old {
        cx.clients().forget(&key);
    }
    !old
}

/// Whether the rules that were written are visible by now.
pub(super) async fn confirm(cx: &Cx, target: &Target) -> Result<bool, OpError> {
    let (region, bucket) = (region_of(target), bucket_of(target));
    let found = document(cx, region, bucket).await?;
    Ok(shows(cx, region, bucket, found.as_ref()))
}

pub(super) fn snapshot(
    bucket: &str,
    role: &str,
    rules: &[ReplicationRule],
    status: Status,
    ownership: Ownership,
) -> Snapshot {
    Snapshot {
        physical: bucket.to_owned(),
        props: json!({ "bucket": bucket, "role": role, "rules": rules }),
        outputs: BTreeMap::from([("bucket".to_owned(), json!(bucket))]),
        status,
        ownership,
        children: Vec::new(),
        facts: BTreeMap::new(),
    }
}

/// The ids of rules in properties.
pub(super) fn ids(rules: Option<&Packed>) -> Vec<&str> {
    let rules = rules.and_then(Packed::as_array).unwrap_or_default();
    rules.iter().filter_map(|rule| rule.get("id")?.as_str()).collect()
}
