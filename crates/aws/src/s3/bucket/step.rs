//! What to do next with a bucket: one call at a time, in an order that never opens it.

use bicoastal_model::Snapshot;
use serde_json::{Value, json};

use super::{
    Bucket, CorsRule, Encryption, LifecycleRule, Logging, ObjectOwnership, PublicAccess, Versioning,
};
use crate::kind::{Next, Turn, TurnGoal};

/// A mutating call on a bucket.
#[derive(Clone, Debug, PartialEq)]
#[allow(missing_docs)]
pub enum Call {
    /// With its owner-to-be and all tags, so that it is found again as ours from its first moment.
    Create { ownership: Option<ObjectOwnership>, tags: Value },
    /// One sub-configuration; `before` is what was seen of it.
    Put { part: Part, before: Value },
    /// The bucket's policy, taken away; `before` is what it said.
    DeletePolicy { before: Value },
    /// All lifecycle rules, taken away.
    DeleteLifecycle { before: Value },
    /// All CORS rules, taken away.
    DeleteCors,
    /// Encryption, back to AWS's default.
    DeleteEncryption { before: Value },
    /// An upload that was never completed.
    AbortUpload { key: String, id: String },
    /// Up to a thousand versions and delete markers.
    DeleteObjects,
    /// The bucket itself.
    Delete,
}

/// A sub-configuration as it is to be.
#[derive(Clone, Debug, PartialEq)]
#[allow(missing_docs)]
pub enum Part {
    Ownership(ObjectOwnership),
    PublicAccess(PublicAccess),
    Versioning(Versioning),
    /// With the kinds of encryption that are refused, which somebody else decided on.
    Encryption(Encryption, Vec<String>),
    Tags(Value),
    Policy(String),
    /// With what was set for small objects.
    Lifecycle(Vec<LifecycleRule>, Option<String>),
    Cors(Vec<CorsRule>),
    Logging(Option<Logging>),
}

impl Call {
    pub(super) fn name(&self) -> &'static str {
        match self {
            Self::Create { .. } => "CreateBucket",
            Self::Put { part, .. } => match part {
                Part::Ownership(_) => "PutBucketOwnershipControls",
                Part::PublicAccess(_) => "PutPublicAccessBlock",
                Part::Versioning(_) => "PutBucketVersioning",
                Part::Encryption(..) => "PutBucketEncryption",
                Part::Tags(_) => "PutBucketTagging",
                Part::Policy(_) => "PutBucketPolicy",
                Part::Lifecycle(..) => "PutBucketLifecycleConfiguration",
                Part::Cors(_) => "PutBucketCors",
                Part::Logging(_) => "PutBucketLogging",
            },
            Self::DeletePolicy { .. } => "DeleteBucketPolicy",
            Self::DeleteLifecycle { .. } => "DeleteBucketLifecycle",
            Self::DeleteCors => "DeleteBucketCors",
            Self::DeleteEncryption { .. } => "DeleteBucketEncryption",
            Self::AbortUpload { .. } => "AbortMultipartUpload",
            Self::DeleteObjects => "DeleteObjects",
            Self::Delete => "DeleteBucket",
        }
    }
}

pub(super) fn step(turn: &Turn<'_, Bucket>) -> Next<Call> {
    match &turn.goal {
        TurnGoal::Absent { applied, .. } => absent(turn.seen, applied),
        TurnGoal::Present { wanted, props, .. } => match turn.seen {
            None => Next::Call(Call::Create {
                ownership: wanted.ownership,
                tags: props.get("tags").cloned().unwrap_or_else(|| json!({})),
            }),
            Some(seen) => present(turn, wanted, props, seen),
        },
    }
}

fn absent(seen: Option<&Snapshot>, applied: &Value) -> Next<Call> {
    let Some(seen) = seen else { return Next::Done };
    if applied.get("force_destroy") == Some(&json!(true)) {
        if let Some(upload) = seen.facts.get("upload") {
            let text = |name: &str| upload[name].as_str().unwrap_or_default().to_owned();
            return Next::Call(Call::AbortUpload { key: text("key"), id: text("id") });
        }
        if seen.facts.get("has_objects") == Some(&json!(true)) {
            return Next::Call(Call::DeleteObjects);
        }
    }
    Next::Call(Call::Delete)
}

/// Ownership and the public access block come before a policy is written, so that nothing is
/// public for a moment; a policy that goes, goes first.
fn present(turn: &Turn<'_, Bucket>, wanted: &Bucket, props: &Value, seen: &Snapshot) -> Next<Call> {
    if let Some(words) = turn.busy() {
        return Next::wait(words, 3, 120);
    }
    let before = |field: &str| seen.props.get(field).cloned().unwrap_or(Value::Null);
    let put = |part: Part, field: &str| Next::Call(Call::Put { part, before: before(field) });
    if turn.changed("policy") && wanted.policy.is_none() {
        return Next::Call(Call::DeletePolicy { before: before("policy") });
    }
    if turn.changed("ownership") {
        let ownership = wanted.ownership.unwrap_or(ObjectOwnership::BucketOwnerEnforced);
        return put(Part::Ownership(ownership), "ownership");
    }
    if turn.changed("public_access") {
        let access = wanted.public_access.unwrap_or(PublicAccess::BLOCKED);
        return put(Part::PublicAccess(access), "public_access");
    }
    if turn.changed("versioning") {
        let versioning = wanted.versioning.unwrap_or(Versioning::Suspended);
        return put(Part::Versioning(versioning), "versioning");
    }
    if turn.changed("encryption") {
        let blocked: Vec<String> = seen
            .facts
            .get("blocked_encryption_types")
            .and_then(|it| serde_json::from_value(it.clone()).ok())
            .unwrap_or_default();
        return match &wanted.encryption {
            None if blocked.is_empty() => {
                Next::Call(Call::DeleteEncryption { before: before("encryption") })
            }
            None => put(Part::Encryption(Encryption::S3, blocked), "encryption"),
            Some(encryption) => put(Part::Encryption(encryption.clone(), blocked), "encryption"),
        };
    }
    if turn.changed("tags") {
        let tags = props.get("tags").cloned().unwrap_or_else(|| json!({}));
        return put(Part::Tags(tags), "tags");
    }
    if turn.changed("policy") {
        let text = wanted.policy.as_ref().map(|policy| policy.text()).unwrap_or_default();
        return put(Part::Policy(text), "policy");
    }
    if turn.changed("lifecycle") {
        let rules = wanted.lifecycle.clone().unwrap_or_default();
        if rules.is_empty() {
            return Next::Call(Call::DeleteLifecycle { before: before("lifecycle") });
        }
        let minimum = seen.facts.get("transition_minimum").and_then(Value::as_str);
        return put(Part::Lifecycle(rules, minimum.map(str::to_owned)), "lifecycle");
    }
    if turn.changed("cors") {
        let rules = wanted.cors.clone().unwrap_or_default();
        if rules.is_empty() {
            return Next::Call(Call::DeleteCors);
        }
        return put(Part::Cors(rules), "cors");
    }
    if turn.changed("logging") {
        return put(Part::Logging(wanted.logging.clone()), "logging");
    }
    Next::Done
}
