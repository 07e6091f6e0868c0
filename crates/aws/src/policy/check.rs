//! What is wrong with a policy document, told offline.

use bicoastal_model::resource::Check;
use bicoastal_model::value;
use serde_json::Value;

use super::Document;

/// Where a document is used.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// On a role: what it may do.
    Identity,
    /// On a role: who may assume it.
    Trust,
    /// On a bucket or a key: who may do what with it.
    #[cfg_attr(not(feature = "s3"), allow(dead_code))]
    Resource,
}

/// The characters that count against quotas; `None` where outputs are not known yet.
pub(crate) fn size(document: &Document) -> Option<usize> {
    if value::has_unknown(document.value()) {
        return None;
    }
    // Without white space, as AWS counts and as it is sent.
    Some(document.text().chars().filter(|c| !c.is_whitespace()).count())
}

/// Reports everything that is wrong with `document`, called `what` in the messages.
pub(crate) fn check(check: &mut Check, what: &str, document: &Document, kind: Kind) {
    let Some(fields) = document.value().as_object() else {
        check.error(format!("{what} is not a JSON object"));
        return;
    };
    if fields.get("Version").and_then(Value::as_str) != Some("2012-10-17") {
        check.error_with_hint(
            format!("{what} is not of version 2012-10-17"),
            "older versions lack policy variables; write \"Version\": \"2012-10-17\"",
        );
    }
    for key in fields.keys().filter(|key| !["Version", "Id", "Statement"].contains(&&***key)) {
        check.error(format!("{what} has an element '{key}', which no policy has"));
    }
    let statements = match fields.get("Statement") {
        Some(Value::Array(statements)) => statements.clone(),
        Some(one @ Value::Object(_)) => vec![one.clone()],
        _ => Vec::new(),
    };
    check.ensure(!statements.is_empty(), format!("{what} has no statement"));
    let mut sids: Vec<&str> = Vec::new();
    for (index, statement) in statements.iter().enumerate() {
        let what = format!("statement {} of {what}", index + 1);
        check_statement(check, &what, statement, kind);
        if let Some(sid) = statement.get("Sid").and_then(Value::as_str) {
            check.ensure(
                sid.bytes().all(|byte| byte.is_ascii_alphanumeric()),
                format!("{what} has the Sid '{sid}': letters and digits only"),
            );
            check.ensure(!sids.contains(&sid), format!("{what} has the Sid '{sid}' of another"));
            sids.push(sid);
        }
    }
}

fn check_statement(check: &mut Check, what: &str, statement: &Value, kind: Kind) {
    let has = |field: &str| statement.get(field).is_some_and(|value| !value.is_null());
    check.ensure(
        matches!(statement.get("Effect").and_then(Value::as_str), Some("Allow" | "Deny")),
        format!("{what} has no Effect that is Allow or Deny"),
    );
    let actions = texts(statement.get("Action").or(statement.get("NotAction")));
    check.ensure(
        has("Action") != has("NotAction") && !actions.is_empty(),
        format!("{what} has no actions"),
    );
    for text in all_texts(statement) {
        let partition = text.strip_prefix("arn:").and_then(|rest| rest.split(':').next());
        if let Some(partition) = partition.filter(|partition| !["aws", "*"].contains(partition)) {
            check.error(format!("{what} names {text}, of the partition '{partition}'"));
        }
    }
    match kind {
        Kind::Identity => {
            check.ensure(
                has("Resource") != has("NotResource"),
                format!("{what} says not, or twice, on which resources"),
            );
            check.ensure(
                !has("Principal") && !has("NotPrincipal"),
                format!("{what} names a principal, which is for trust and resource policies"),
            );
            for action in &actions {
                check.ensure(
                    *action == "*" || action.contains(':'),
                    format!("{what} has the action '{action}', without the service it is of"),
                );
            }
        }
        Kind::Trust => check_trust(check, what, statement, &actions),
        Kind::Resource => {
            check.ensure(
                has("Principal") != has("NotPrincipal"),
                format!("{what} says not, or twice, who it is about"),
            );
            check.ensure(
                has("Resource") != has("NotResource"),
                format!("{what} says not, or twice, on which resources"),
            );
        }
    }
}

fn check_trust(check: &mut Check, what: &str, statement: &Value, actions: &[&str]) {
    let has = |field: &str| statement.get(field).is_some_and(|value| !value.is_null());
    check.ensure(
        !has("Resource") && !has("NotResource"),
        format!("{what} names resources, which a trust policy has not"),
    );
    for action in actions {
        check.ensure(
            action.to_lowercase().starts_with("sts:"),
            format!("{what} has the action '{action}': a trust policy allows sts:AssumeRole"),
        );
    }
    let Some(principal) = statement.get("Principal").or(statement.get("NotPrincipal")) else {
        check.error(format!("{what} names no principal: nobody could assume the role"));
        return;
    };
    let allows = statement.get("Effect").and_then(Value::as_str) == Some("Allow");
    let anybody = principal == "*" || texts(principal.get("AWS")).contains(&"*");
    if anybody && allows && !has("Condition") {
        check.error_with_hint(
            format!("{what} lets everybody in the world assume the role"),
            "name the accounts, or add a condition",
        );
    }
    // Services that assume a role on behalf of one of the account's own resources can be made to
    // do it for somebody else's, unless the source is pinned. Compute services only ever hand a
    // role to what the account itself started, and S3 only takes one from whoever may pass it.
    let deputies: Vec<&str> = texts(principal.get("Service"))
        .into_iter()
        .filter(|service| {
            !["ec2.", "ecs-tasks.", "lambda.", "pods.eks.", "s3."]
                .iter()
                .any(|it| service.starts_with(it))
        })
        .collect();
    let pinned = ["aws:sourceaccount", "aws:sourcearn", "aws:sourceorgid"];
    let conditions = statement.get("Condition").map(ToString::to_string).unwrap_or_default();
    if !deputies.is_empty() && !pinned.iter().any(|key| conditions.to_lowercase().contains(key)) {
        check.warning(format!(
            "{what} lets {} assume the role for anybody's resources; pin it with a condition on \
             aws:SourceAccount or aws:SourceArn",
            deputies.join(", ")
        ));
    }
}

/// A text, or the texts of a list; outputs that are not known yet are left out.
fn texts(value: Option<&Value>) -> Vec<&str> {
    match value {
        Some(Value::String(text)) => vec![text],
        Some(Value::Array(items)) => items.iter().filter_map(Value::as_str).collect(),
        _ => Vec::new(),
    }
}

/// Every text of the parts that name principals and resources.
fn all_texts(statement: &Value) -> Vec<&str> {
    let principals = statement.get("Principal").and_then(Value::as_object);
    principals
        .into_iter()
        .flat_map(|kinds| kinds.values())
        .chain(statement.get("Resource"))
        .chain(statement.get("NotResource"))
        .flat_map(|value| texts(Some(value)))
        .collect()
}
