//! A replication configuration as it is.

use std::collections::BTreeMap;

use bicoastal_model::{OpError, Ownership, Region, Snapshot, Status, Target};
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
    let rules = found.as_ref().map_or(Value::Null, |(_, rules)| json!(rules));
    let turn = cx.purpose() == Purpose::Turn;
    let key = note_key(region, bucket);
    let mut status = Status::Ready;
    if turn && let Some(before) = cx.clients().noted(&key) {
        if before == json!({ "role": found.as_ref().map(|(role, _)| role), "rules": rules }) {
            status = Status::Busy("the new rules are not visible everywhere yet".into());
        } else {
            cx.clients().forget(&key);
        }
    }
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
    Ok(Some(Snapshot {
        physical: bucket.to_owned(),
        props: json!({ "bucket": bucket, "role": role, "rules": rules }),
        outputs: BTreeMap::from([("bucket".to_owned(), json!(bucket))]),
        status,
        ownership,
        children: Vec::new(),
        facts: BTreeMap::new(),
    }))
}

/// The ids of rules in properties.
pub(super) fn ids(rules: Option<&Value>) -> Vec<&str> {
    let rules = rules.and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
    rules.iter().filter_map(|rule| rule.get("id")?.as_str()).collect()
}
