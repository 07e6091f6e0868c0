//! Identity and Access Management: roles and managed policies.
//!
//! IAM is global and edited in us-east-1; what exists works everywhere when us-east-1 is gone, but
//! nothing can be changed then. Nothing that is needed to leave a region may need an IAM write.

mod listed;
mod policy;
mod role;

use bicoastal_model::{OpError, Retry};
use percent_encoding::percent_decode_str;
use serde_json::Value;

use crate::classify::Rule;
pub use crate::policy::Document;
use crate::provider::Registry;
pub use policy::{Policy, PolicyHandle};
pub use role::{InlinePolicy, Role, RoleBuilder, RoleHandle, RoleQuery};

pub(crate) fn register(registry: Registry) -> Registry {
    registry.kind::<Role>().kind::<Policy>().lookup::<RoleQuery>()
}

const fn rule(
    code: &'static str,
    fragment: &'static str,
    retry: Retry,
    hint: &'static str,
) -> Rule {
    Rule { code, fragment, retry, hint }
}

/// What IAM's refusals mean.
const RULES: &[Rule] = &[
    // IAM is eventually consistent: what a read does not show yet can exist, and what was just
    // made or detached is not known everywhere.
    rule(
        "EntityAlreadyExists",
        "",
        Retry::NotYet,
        "names are unique in an account whatever their case and path; rename it, or delete the other",
    ),
    rule("NoSuchEntity", "", Retry::NotYet, "check that what it names exists in this account"),
    rule(
        "MalformedPolicyDocument",
        "invalid principal",
        Retry::NotYet,
        "check that every principal exists in the account that its ARN names",
    ),
    rule(
        "DeleteConflict",
        "instance profile",
        Retry::Never,
        "EC2 instances take the role from an instance profile that it is in: aws iam list-instance-profiles-for-role names it; take the role out with remove-role-from-instance-profile, and delete it again",
    ),
    rule("DeleteConflict", "", Retry::NotYet, "something else still uses it; detach it there"),
    rule("ConcurrentModification", "", Retry::Busy, ""),
    rule("EntityTemporarilyUnmodifiable", "", Retry::Busy, ""),
    // A quota, not a throttle, although its shape's name is in the SDKs' list of throttles.
    rule("LimitExceeded", "", Retry::Never, "this is a quota; ask AWS to raise it, or use less"),
    rule(
        "UnmodifiableEntity",
        "",
        Retry::Never,
        "this is a service-linked role: only its service may change it",
    ),
];

/// Whether AWS says that the thing does not exist.
fn is_missing(error: &OpError) -> bool {
    error.code() == Some("NoSuchEntity")
}

/// Nothing where the thing does not exist.
fn unless_missing<T>(result: Result<T, OpError>) -> Result<Option<T>, OpError> {
    match result {
        Ok(value) => Ok(Some(value)),
        Err(error) if is_missing(&error) => Ok(None),
        Err(error) => Err(error),
    }
}

/// A document as IAM returns it: percent-encoded once (`+` is a plus).
fn decoded(document: &str) -> Value {
    let text = percent_decode_str(document).decode_utf8_lossy().into_owned();
    serde_json::from_str(&text).unwrap_or(Value::String(text))
}

/// What is wrong with the name of a role or policy.
fn check_name(name: &str, longest: usize) -> Option<String> {
    let good = |c: char| c.is_ascii_alphanumeric() || "_+=,.@-".contains(c);
    if name.is_empty() || name.len() > longest || !name.chars().all(good) {
        return Some(format!(
            "the name '{name}' is not one of 1 to {longest} letters, digits and _+=,.@-"
        ));
    }
    None
}

/// What is wrong with a path.
fn check_path(path: &str) -> Option<String> {
    let inner = path.strip_prefix('/').and_then(|rest| rest.strip_suffix('/'));
    let good = path == "/"
        || inner.is_some_and(|inner| {
            !inner.is_empty() && inner.bytes().all(|byte| (0x21..=0x7e).contains(&byte))
        });
    (!good || path.len() > 512)
        .then(|| format!("the path '{path}' does not begin and end with /, or is too long"))
}

/// What is wrong with a description.
fn check_description(text: &str) -> Option<String> {
    let good =
        |c: char| matches!(c, '\t' | '\n' | '\r' | '\u{20}'..='\u{7e}' | '\u{a1}'..='\u{ff}');
    (text.chars().count() > 1000 || !text.chars().all(good)).then(|| {
        "the description has more than 1000 characters, or some outside of Latin-1".to_owned()
    })
}
