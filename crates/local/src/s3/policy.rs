//! Bucket policies.

use std::collections::BTreeMap;

use serde_json::Value;

use super::access::{open, open_mut};
use super::{documents, roles};
use crate::call::Call;
use crate::reply::{Fault, Reply};
use crate::world::World;
use crate::xml::Element;

const LARGEST: usize = 20 * 1024;

/// Answers `PutBucketPolicy`.
pub(super) fn put(world: &mut World, call: &Call, name: &str) -> Result<Reply, Fault> {
    let bucket = open(world, call, name)?;
    let text = String::from_utf8_lossy(&call.request.body).into_owned();
    if text.len() > LARGEST {
        return Err(malformed("Policy exceeds the maximum allowed document size."));
    }
    let policy = parse(&text)?;
    let principals = check(world, name, &policy)?;
    if bucket.blocks("BlockPublicPolicy") && is_public(&policy) {
        return Err(Fault::new(
            403,
            "AccessDenied",
            "User is not authorized to perform: s3:PutBucketPolicy because public policies are \
             prevented by the BlockPublicPolicy setting in S3 Block Public Access.",
        ));
    }
    documents::write(world, call, name, "policy", Some(text))?;
    open_mut(world, call, name)?.policy_principals = principals;
    Ok(Reply::empty(204))
}

/// Answers `GetBucketPolicy`: principals that are gone show as the ids that they had.
pub(super) fn get(world: &World, call: &Call, name: &str) -> Result<Reply, Fault> {
    let bucket = open(world, call, name)?;
    let mut text = bucket
        .seen("policy", world.now_ms)
        .ok_or_else(|| {
            Fault::new(404, "NoSuchBucketPolicy", "The bucket policy does not exist")
                .detail("BucketName", name)
        })?
        .to_owned();
    for (arn, id) in &bucket.policy_principals {
        if roles::id(world, arn).as_ref() != Some(id) {
            text = text.replace(&format!("\"{arn}\""), &format!("\"{id}\""));
        }
    }
    Ok(Reply {
        status: 200,
        headers: vec![("content-type".into(), "application/json".into())],
        body: text.into_bytes(),
    })
}

/// Answers `GetBucketPolicyStatus`.
pub(super) fn status(world: &World, call: &Call, name: &str) -> Result<Reply, Fault> {
    let bucket = open(world, call, name)?;
    let text = bucket.seen("policy", world.now_ms).ok_or_else(|| {
        Fault::new(404, "NoSuchBucketPolicy", "The bucket policy does not exist")
            .detail("BucketName", name)
    })?;
    let public = serde_json::from_str(text).is_ok_and(|policy| is_public(&policy));
    let root: Element = documents::root("PolicyStatus").text_child("IsPublic", public);
    Ok(documents::answer(&root))
}

fn malformed(message: &str) -> Fault {
    Fault::new(400, "MalformedPolicy", message)
}

fn parse(text: &str) -> Result<Value, Fault> {
    if !text.starts_with('{') {
        return Err(malformed("Policies must be valid JSON and the first byte must be '{'"));
    }
    serde_json::from_str(text).map_err(|_| malformed("This policy contains invalid Json"))
}

/// One value or a list of them.
fn each(value: &Value) -> Vec<&Value> {
    match value {
        Value::Array(values) => values.iter().collect(),
        other => vec![other],
    }
}

fn statements(policy: &Value) -> Vec<&Value> {
    policy.get("Statement").map(each).unwrap_or_default()
}

/// Checks the grammar; answers the roles named, with their ids.
fn check(world: &World, name: &str, policy: &Value) -> Result<BTreeMap<String, String>, Fault> {
    if !matches!(
        policy.get("Version").and_then(Value::as_str),
        None | Some("2012-10-17" | "2008-10-17")
    ) {
        return Err(malformed("The policy must contain a valid version string"));
    }
    if statements(policy).is_empty() {
        return Err(malformed("Missing required field Statement"));
    }
    let mut named = BTreeMap::new();
    for statement in statements(policy) {
        let either = |name: &str| {
            statement
                .get(name)
                .or_else(|| statement.get(format!("Not{name}")))
                .ok_or_else(|| malformed(&format!("Missing required field {name}")))
        };
        match statement.get("Effect").and_then(Value::as_str) {
            Some("Allow" | "Deny") => {}
            Some(_) => return Err(malformed("Invalid effect")),
            None => return Err(malformed("Missing required field Effect")),
        }
        principals(world, either("Principal")?, &mut named)?;
        for action in each(either("Action")?) {
            let text = action.as_str().unwrap_or_default().to_ascii_lowercase();
            if text != "*" && !text.starts_with("s3:") && !text.starts_with("s3-object-lambda:") {
                return Err(malformed("Policy has invalid action"));
            }
        }
        for resource in each(either("Resource")?) {
            let text = resource.as_str().unwrap_or_default();
            let rest = text.strip_prefix("arn:aws:s3:::").unwrap_or_default();
            let of_bucket = rest
                .strip_prefix(name)
                .is_some_and(|tail| tail.is_empty() || tail.starts_with(['/', '*']));
            if !of_bucket && !wild(rest, name) {
                return Err(malformed("Policy has invalid resource"));
            }
        }
    }
    Ok(named)
}

/// Whether a pattern with `*` in its bucket part may mean the bucket.
fn wild(pattern: &str, name: &str) -> bool {
    let bucket = pattern.split('/').next().unwrap_or_default();
    bucket.split_once('*').is_some_and(|(head, _)| name.starts_with(head))
}

fn principals(
    world: &World,
    principal: &Value,
    named: &mut BTreeMap<String, String>,
) -> Result<(), Fault> {
    match principal {
        Value::String(text) if text == "*" => Ok(()),
        Value::Object(kinds) => {
            for (kind, values) in kinds {
                for value in each(values) {
                    let text = value.as_str().unwrap_or_default();
                    match kind.as_str() {
                        "AWS" => aws_principal(world, text, named)?,
                        "Service" if text.ends_with(".amazonaws.com") => {}
                        "Federated" | "CanonicalUser" => {}
                        _ => return Err(invalid_principal(text)),
                    }
                }
            }
            Ok(())
        }
        _ => Err(invalid_principal("")),
    }
}

fn aws_principal(
    world: &World,
    text: &str,
    named: &mut BTreeMap<String, String>,
) -> Result<(), Fault> {
    let account = |text: &str| text.len() == 12 && text.bytes().all(|byte| byte.is_ascii_digit());
    if text == "*" || account(text) {
        return Ok(());
    }
    let parts: Vec<&str> = text.splitn(6, ':').collect();
    match parts.as_slice() {
        ["arn", "aws", "iam", "", number, resource] if account(number) => {
            if resource.starts_with("role/") {
                let id = roles::id(world, text).ok_or_else(|| invalid_principal(text))?;
                named.insert(text.to_owned(), id);
                return Ok(());
            }
            let known = *resource == "root" || resource.starts_with("user/");
            if known { Ok(()) } else { Err(invalid_principal(text)) }
        }
        ["arn", "aws", "sts" | "cloudfront", ..] => Ok(()),
        _ => Err(invalid_principal(text)),
    }
}

fn invalid_principal(text: &str) -> Fault {
    malformed("Invalid principal in policy").detail("Detail", text)
}

/// Whether everybody may do something: an unconditioned `Allow` for `*`.
fn is_public(policy: &Value) -> bool {
    statements(policy).iter().any(|statement| {
        let allows = statement.get("Effect").and_then(Value::as_str) == Some("Allow");
        let everybody = match statement.get("Principal") {
            Some(Value::String(text)) => text == "*",
            Some(Value::Object(kinds)) => kinds
                .get("AWS")
                .is_some_and(|values| each(values).iter().any(|value| value.as_str() == Some("*"))),
            _ => statement.get("NotPrincipal").is_some(),
        };
        allows && everybody && !restricted(statement)
    })
}

/// Whether a condition narrows the statement to fixed callers.
fn restricted(statement: &Value) -> bool {
    const KEYS: &[&str] = &[
        "aws:principalaccount",
        "aws:principalarn",
        "aws:principalorgid",
        "aws:principalorgpaths",
        "aws:sourceaccount",
        "aws:sourcearn",
        "aws:sourceip",
        "aws:sourceorgid",
        "aws:sourceowner",
        "aws:sourcevpc",
        "aws:sourcevpce",
        "aws:userid",
        "s3:dataaccesspointaccount",
        "s3:dataaccesspointarn",
    ];
    let Some(Value::Object(operators)) = statement.get("Condition") else { return false };
    operators.iter().any(|(operator, keys)| {
        let positive = !operator.contains("Not");
        let Value::Object(keys) = keys else { return false };
        positive
            && keys.iter().any(|(key, values)| {
                KEYS.contains(&key.to_ascii_lowercase().as_str())
                    && each(values).iter().all(|value| {
                        !matches!(value.as_str(), Some("*" | "0.0.0.0/0" | "::/0") | None)
                    })
            })
    })
}

/// Whether a bucket's policy lets a principal replicate into it; only looked at where
/// another account asks.
pub(super) fn lets_replicate(text: &str, role: &str, account: &str) -> bool {
    let Ok(policy) = serde_json::from_str::<Value>(text) else { return false };
    let whom =
        [role.to_owned(), account.to_owned(), format!("arn:aws:iam::{account}:root"), "*".into()];
    statements(&policy).iter().any(|statement| {
        let allows = statement.get("Effect").and_then(Value::as_str) == Some("Allow");
        let principal = match statement.get("Principal") {
            Some(Value::Object(kinds)) => kinds.get("AWS"),
            other => other,
        };
        let named = principal.is_some_and(|values| {
            each(values).iter().any(|value| whom.iter().any(|one| value.as_str() == Some(one)))
        });
        let action = statement.get("Action").is_some_and(|values| {
            each(values).iter().any(|value| {
                let text = value.as_str().unwrap_or_default().to_ascii_lowercase();
                ["*", "s3:*", "s3:replicate*", "s3:replicateobject"].contains(&text.as_str())
            })
        });
        allows && named && action
    })
}
