//! The calls that change a replication configuration.

use aws_sdk_s3::error::BuildError;
use aws_sdk_s3::types as sdk;
use bicoastal_model::{ErrorFacts, OpError, Ownership, Region, Retry, Status, Target};
use serde_json::json;

use super::ReplicationRule;
use super::read::{bucket_of, document, ids, note_key, region_of, snapshot};
use super::step::Call;
use crate::cx::Cx;
use crate::s3::rules::refused;

pub(super) async fn call(cx: &Cx, target: &Target, call: &Call) -> Result<Option<String>, OpError> {
    let (region, bucket) = (region_of(target), bucket_of(target));
    let before = document(cx, region, bucket).await?;
    let note = match &before {
        Some((role, rules)) => json!({ "role": role, "rules": rules }),
        None => json!({ "role": null, "rules": null }),
    };
    let after = match call {
        Call::Put { role, rules, keep, deletes: _ } => {
            let mut all = rules.clone();
            if let Some((other, others)) = before.filter(|_| *keep) {
                if other != *role {
                    return Err(never(
                        region,
                        format!("{bucket} already replicates, with the role {other}"),
                        "a bucket replicates with one role for all its rules; use that role here, \
                         or remove the other rules",
                    ));
                }
                let ours: Vec<&str> = rules.iter().map(|rule| rule.id.as_str()).collect();
                all.extend(others.into_iter().filter(|it| !ours.contains(&it.id.as_str())));
            }
            let configuration = built(role, &all).map_err(|error| {
                never(
                    region,
                    error.to_string(),
                    "this is a defect of the library; please report it",
                )
            })?;
            let sent = cx
                .s3_write(region)
                .put_bucket_replication()
                .bucket(bucket)
                .replication_configuration(configuration)
                .send()
                .await;
            sent.map_err(|error| refused(call.name(), region, error))?;
            // What is left of others is not this resource.
            let ours = ids(target.props.get("rules"));
            if all.iter().any(|rule| ours.contains(&rule.id.as_str())) {
                cx.tell(snapshot(bucket, role, &all, Status::Ready, Ownership::Ours));
            }
            json!({ "role": role, "rules": all })
        }
        Call::Delete => {
            let sent = cx.s3_write(region).delete_bucket_replication().bucket(bucket).send().await;
            sent.map_err(|error| refused(call.name(), region, error))?;
            json!({ "role": null, "rules": null })
        }
    };
    // What it was already would be waited for in vain.
    if note != after {
        cx.clients().note(note_key(region, bucket), note);
    }
    Ok(Some(bucket.to_owned()))
}

fn built(
    role: &str,
    rules: &[ReplicationRule],
) -> Result<sdk::ReplicationConfiguration, BuildError> {
    let rules = rules.iter().map(ReplicationRule::to_sdk).collect::<Result<Vec<_>, _>>()?;
    sdk::ReplicationConfiguration::builder().role(role).set_rules(Some(rules)).build()
}

fn never(region: Region, message: String, hint: &str) -> OpError {
    OpError::Refused {
        retry: Retry::Never,
        facts: ErrorFacts {
            call: "PutBucketReplication".to_owned(),
            service: "s3".to_owned(),
            region: region.code().to_owned(),
            message,
            hint: Some(hint.to_owned()),
            ..ErrorFacts::default()
        },
    }
}
