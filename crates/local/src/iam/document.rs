//! Policy documents: what IAM refuses, and how it shows them.

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::Value;

use crate::reply::Fault;
use crate::world::World;

/// The default quota of a trust policy, in characters.
const LONGEST_TRUST: usize = 2048;

const RESERVED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

/// As reads show it: percent-encoded as RFC 3986 says, so that a space is `%20` and `+` is `%2B`.
pub(super) fn encode(document: &str) -> String {
    utf8_percent_encode(document, RESERVED).to_string()
}

/// The length that counts against quotas.
pub(super) fn size(document: &str) -> usize {
    document.chars().filter(|c| !c.is_whitespace()).count()
}

fn malformed(message: impl Into<String>) -> Fault {
    Fault::new(400, "MalformedPolicyDocument", message)
}

/// Refuses what is no policy of an identity: it says what on which resource, and not who.
pub(super) fn check_identity(text: &str) -> Result<(), Fault> {
    let mut sids = Vec::new();
    for statement in statements(text)? {
        check_statement(&statement, &mut sids)?;
        if statement.get("Principal").is_some() || statement.get("NotPrincipal").is_some() {
            return Err(malformed("Policy document should not specify a principal."));
        }
        for action in one_of(&statement, "Action", "NotAction")
            .ok_or_else(|| malformed("Policy statement must contain actions."))?
        {
            let prefixed = action == "*"
                || action.split_once(':').is_some_and(|(vendor, name)| {
                    !vendor.is_empty() && !name.is_empty() && !vendor.contains(['*', ' '])
                });
            if !prefixed {
                return Err(malformed(
                    "Actions/Conditions must be prefaced by a vendor, e.g., iam, sdb, ec2, etc.",
                ));
            }
        }
        for resource in one_of(&statement, "Resource", "NotResource")
            .ok_or_else(|| malformed("Policy statement must contain resources."))?
        {
            check_resource(&resource)?;
        }
    }
    Ok(())
}

fn check_resource(resource: &str) -> Result<(), Fault> {
    if resource == "*" {
        return Ok(());
    }
    let parts: Vec<&str> = resource.splitn(6, ':').collect();
    if parts.len() < 6 || parts[0] != "arn" {
        return Err(malformed(format!("Resource {resource} must be in ARN format or \"*\".")));
    }
    if !matches!(parts[1], "aws" | "aws-cn" | "aws-us-gov" | "*") && !parts[1].starts_with("aws-") {
        return Err(malformed(format!(
            "Partition \"{}\" is not valid for resource \"{resource}\".",
            parts[1]
        )));
    }
    if parts[2].is_empty() {
        return Err(malformed(format!("Vendor is not valid for resource \"{resource}\".")));
    }
    Ok(())
}

/// Refuses what is no trust policy: it says who may assume the role, and names no resource.
pub(super) fn check_trust(world: &World, text: &str) -> Result<(), Fault> {
    let mut sids = Vec::new();
    for statement in statements(text)? {
        check_statement(&statement, &mut sids)?;
        for field in ["Resource", "NotResource"] {
            if statement.get(field).is_some() {
                return Err(malformed(format!("Has prohibited field {field}")));
            }
        }
        let Some(principal) = statement.get("Principal").or(statement.get("NotPrincipal")) else {
            return Err(malformed("Missing required field Principal"));
        };
        let actions = one_of(&statement, "Action", "NotAction")
            .ok_or_else(|| malformed("Missing required field Action"))?;
        if !actions.iter().all(|action| action.to_lowercase().starts_with("sts:")) {
            return Err(malformed("AssumeRole policy may only specify STS AssumeRole actions."));
        }
        if let Some(who) = invalid_principal(world, principal) {
            return Err(malformed(format!("Invalid principal in policy: {who}")));
        }
    }
    if size(text) > LONGEST_TRUST {
        return Err(Fault::new(
            409,
            "LimitExceeded",
            format!("Cannot exceed quota for ACLSizePerRole: {LONGEST_TRUST}"),
        ));
    }
    Ok(())
}

/// The first principal of a policy's `Principal` element that does not exist, as AWS names it in
/// its refusals (`"AWS":"arn:aws:iam::…:role/x"`), or `None` if all are good. A role that IAM has not
/// yet spread over the world does not exist either.
pub fn invalid_principal(world: &World, principal: &Value) -> Option<String> {
    if principal == "*" {
        return None;
    }
    let Some(kinds) = principal.as_object().filter(|kinds| !kinds.is_empty()) else {
        return Some(principal.to_string());
    };
    for (kind, names) in kinds {
        let names = match names {
            Value::String(name) => vec![name.as_str()],
            Value::Array(names) => names.iter().filter_map(Value::as_str).collect(),
            _ => return Some(format!("\"{kind}\":{names}")),
        };
        for name in names {
            let good = match kind.as_str() {
                "AWS" => good_aws(world, name),
                "Service" => {
                    (name.ends_with(".amazonaws.com") || name.ends_with(".amazonaws.com.cn"))
                        && !name.starts_with('.')
                }
                "Federated" | "CanonicalUser" => !name.is_empty(),
                _ => false,
            };
            if !good {
                let kind = if kind == "Service" { "SERVICE" } else { kind };
                return Some(format!("\"{kind}\":\"{name}\""));
            }
        }
    }
    None
}

fn good_aws(world: &World, name: &str) -> bool {
    let is_account = |text: &str| text.len() == 12 && text.bytes().all(|b| b.is_ascii_digit());
    if name == "*" || is_account(name) {
        return true;
    }
    let parts: Vec<&str> = name.splitn(6, ':').collect();
    let ["arn", "aws", service, "", account, entity] = parts[..] else { return false };
    if !is_account(account) {
        return false;
    }
    match (service, entity.split('/').next().unwrap_or_default()) {
        ("iam", "root") => entity == "root",
        ("iam", "role") => super::role_usable(world, account, name),
        // Users are not modelled; a well-formed one is taken for one that exists.
        ("iam", "user") => entity.len() > "user/".len(),
        ("sts", "assumed-role" | "federated-user") => true,
        _ => false,
    }
}

/// Puts the id of a role that is gone in the place of its ARN.
pub(super) fn replace_principal(document: &mut String, arn: &str, id: &str) {
    let Ok(mut value) = serde_json::from_str::<Value>(document) else { return };
    let statements = match &mut value["Statement"] {
        Value::Array(statements) => statements.iter_mut().collect(),
        single => vec![single],
    };
    let mut changed = false;
    for statement in statements {
        for field in ["Principal", "NotPrincipal"] {
            match statement.pointer_mut(&format!("/{field}/AWS")) {
                Some(Value::Array(names)) => {
                    for name in names.iter_mut().filter(|name| **name == arn) {
                        *name = id.into();
                        changed = true;
                    }
                }
                Some(name) if *name == arn => {
                    *name = id.into();
                    changed = true;
                }
                _ => {}
            }
        }
    }
    if changed {
        *document = value.to_string();
    }
}

/// The statements of a document that is JSON, of a known version, and not too exotic.
fn statements(text: &str) -> Result<Vec<Value>, Fault> {
    let allowed = |c: char| matches!(c, '\t' | '\n' | '\r' | '\u{20}'..='\u{ff}');
    if !text.chars().all(allowed) {
        return Err(Fault::new(
            400,
            "ValidationError",
            "The specified value for policyDocument is invalid. It must contain only printable \
             ASCII characters and those of the Latin-1 supplement.",
        ));
    }
    let value: Value =
        serde_json::from_str(text).map_err(|_| malformed("This policy contains invalid Json"))?;
    let document = value.as_object().ok_or_else(|| malformed("Syntax errors in policy."))?;
    for (key, value) in document {
        let good = match key.as_str() {
            "Version" => value == "2012-10-17" || value == "2008-10-17",
            "Id" => value.is_string(),
            "Statement" => true,
            _ => false,
        };
        if !good {
            return Err(malformed("Syntax errors in policy."));
        }
    }
    match document.get("Statement") {
        Some(Value::Array(statements)) if !statements.is_empty() => Ok(statements.clone()),
        Some(statement @ Value::Object(_)) => Ok(vec![statement.clone()]),
        _ => Err(malformed("Syntax errors in policy.")),
    }
}

/// What holds for statements of every kind of policy.
fn check_statement(statement: &Value, sids: &mut Vec<String>) -> Result<(), Fault> {
    const KEYS: [&str; 9] = [
        "Sid",
        "Effect",
        "Action",
        "NotAction",
        "Resource",
        "NotResource",
        "Principal",
        "NotPrincipal",
        "Condition",
    ];
    let fields = statement.as_object().ok_or_else(|| malformed("Syntax errors in policy."))?;
    if fields.keys().any(|key| !KEYS.contains(&key.as_str())) {
        return Err(malformed("Syntax errors in policy."));
    }
    match fields.get("Effect").and_then(Value::as_str) {
        Some("Allow" | "Deny") => {}
        Some(other) => return Err(malformed(format!("Invalid effect: {other}"))),
        None => return Err(malformed("Missing required field Effect")),
    }
    if fields.get("Condition").is_some_and(|condition| !condition.is_object()) {
        return Err(malformed("Syntax errors in policy."));
    }
    if let Some(sid) = fields.get("Sid") {
        let sid = sid.as_str().ok_or_else(|| malformed("Syntax errors in policy."))?;
        if !sid.chars().all(|c| c.is_ascii_alphanumeric()) {
            return Err(malformed(
                "Statement IDs (SID) must be alpha-numeric. Check that your input satisfies the regular expression [0-9A-Za-z]*",
            ));
        }
        if !sid.is_empty() && sids.iter().any(|other| other == sid) {
            return Err(malformed("Statement IDs (SID) in a single policy must be unique."));
        }
        sids.push(sid.to_owned());
    }
    Ok(())
}

/// The texts of one of two fields that exclude each other.
fn one_of(statement: &Value, one: &str, other: &str) -> Option<Vec<String>> {
    let value = match (statement.get(one), statement.get(other)) {
        (Some(value), None) | (None, Some(value)) => value,
        _ => return None,
    };
    let texts: Vec<String> = match value {
        Value::String(text) => vec![text.clone()],
        Value::Array(texts) => {
            texts.iter().map(|text| text.as_str().map(ToOwned::to_owned)).collect::<Option<_>>()?
        }
        _ => return None,
    };
    (!texts.is_empty()).then_some(texts)
}
