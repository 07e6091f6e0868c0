//! What to do next with a bucket: one call at a time, in an order that never opens it.

use bicoastal_model::Snapshot;
use serde_json::{Value, json};

use super::by_id::{ById, ByIdKind};
use super::notification::Notifications;
use super::{
    Acceleration, Bucket, BucketNamespace, CorsRule, Encryption, LifecycleRule, Logging,
    ObjectLock, ObjectOwnership, PublicAccess, RequestPayer, TransitionMinimum, Versioning,
    Website, more,
};
use crate::kind::{Next, Turn, TurnGoal};

/// A mutating call on a bucket.
#[derive(Clone, Debug, PartialEq)]
#[allow(missing_docs)]
pub enum Call {
    /// With its owner-to-be and all tags, so that it is found again as ours from its first moment.
    Create {
        namespace: Option<BucketNamespace>,
        ownership: Option<ObjectOwnership>,
        object_lock: bool,
        tags: Value,
    },
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
    /// The website, taken away.
    DeleteWebsite,
    /// One of what has ids, taken away.
    DeleteById { kind: ByIdKind, id: String },
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
    ObjectLock(ObjectLock),
    Website(Website),
    Notifications(Notifications),
    Acceleration(Acceleration),
    RequestPayer(RequestPayer),
    ById(Box<ById>),
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
                Part::ObjectLock(_) => "PutObjectLockConfiguration",
                Part::Website(_) => "PutBucketWebsite",
                Part::Notifications(_) => "PutBucketNotificationConfiguration",
                Part::Acceleration(_) => "PutBucketAccelerateConfiguration",
                Part::RequestPayer(_) => "PutBucketRequestPayment",
                Part::ById(one) => one.put(),
            },
            Self::DeletePolicy { .. } => "DeleteBucketPolicy",
            Self::DeleteLifecycle { .. } => "DeleteBucketLifecycle",
            Self::DeleteCors => "DeleteBucketCors",
            Self::DeleteEncryption { .. } => "DeleteBucketEncryption",
            Self::DeleteWebsite => "DeleteBucketWebsite",
            Self::DeleteById { kind, .. } => kind.delete(),
            Self::AbortUpload { .. } => "AbortMultipartUpload",
            Self::DeleteObjects => "DeleteObjects",
            Self::Delete => "DeleteBucket",
        }
    }
}

/// What a call that sets a part has made of the bucket.
pub(super) fn after(turn: &Turn<'_, Bucket>, call: &Call) -> Option<Snapshot> {
    let Call::Put { part, .. } = call else { return None };
    turn.with_set(&[match part {
        Part::Ownership(_) => "ownership",
        Part::PublicAccess(_) => "public_access",
        Part::Versioning(_) => "versioning",
        // Where nothing is wanted any more, what S3 makes of that is to be read.
        Part::Encryption(..)
            if turn.wanted()?.encryption.is_some() && !turn.changed("blocked_encryption") =>
        {
            "encryption"
        }
        Part::Tags(_) => "tags",
        Part::Policy(_) => "policy",
        _ => return None,
    }])
}

pub(super) fn step(turn: &Turn<'_, Bucket>) -> Next<Call> {
    match &turn.goal {
        TurnGoal::Absent { applied, .. } => absent(turn.seen, applied),
        TurnGoal::Present { wanted, props, .. } => match turn.seen {
            None => Next::Call(Call::Create {
                namespace: wanted.namespace,
                ownership: wanted.ownership,
                object_lock: wanted.object_lock.is_some(),
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
    // What a write leaves as it was tells nobody whether the write can be seen yet.
    let before = |field: &str| match turn.changed(field) {
        true => seen.props.get(field).cloned().unwrap_or(Value::Null),
        false => Value::Null,
    };
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
    if turn.changed("encryption") || turn.changed("blocked_encryption") {
        let (encryption, blocked) = encryption(wanted, props, seen);
        let nothing = encryption.is_none() && blocked.is_empty();
        return match encryption {
            None if nothing => Next::Call(Call::DeleteEncryption { before: before("encryption") }),
            encryption => {
                let encryption = encryption.unwrap_or(Encryption::S3);
                put(Part::Encryption(encryption, blocked), "encryption")
            }
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
    if turn.changed("lifecycle") || turn.changed("transition_minimum") {
        let rules = wanted.lifecycle.clone().unwrap_or_default();
        if rules.is_empty() {
            return Next::Call(Call::DeleteLifecycle { before: before("lifecycle") });
        }
        let there = || seen.facts.get("transition_minimum").and_then(Value::as_str);
        let minimum = match props.get("transition_minimum") {
            None => there(),
            Some(_) => wanted.transition_minimum.map(TransitionMinimum::code),
        };
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
    more::next(turn, wanted, props, seen).unwrap_or(Next::Done)
}

/// The rule for encryption is one, with what is refused in it: of the two, what the program says
/// nothing of stays as it is.
fn encryption(
    wanted: &Bucket,
    props: &Value,
    seen: &Snapshot,
) -> (Option<Encryption>, Vec<String>) {
    let parsed =
        |value: Option<&Value>| value.and_then(|it| serde_json::from_value(it.clone()).ok());
    let encryption = match props.get("encryption") {
        None => parsed(seen.props.get("encryption")),
        Some(_) => wanted.encryption.clone(),
    };
    let blocked = match props.get("blocked_encryption") {
        // Said and empty: everything is allowed, which has a word of its own.
        Some(Value::Array(kinds)) if kinds.is_empty() => vec!["NONE".to_owned()],
        Some(Value::Array(kinds)) => {
            kinds.iter().filter_map(|kind| kind.as_str().map(str::to_owned)).collect()
        }
        _ => seen
            .facts
            .get("blocked_encryption_types")
            .and_then(|it| serde_json::from_value(it.clone()).ok())
            .unwrap_or_default(),
    };
    (encryption, blocked)
}
