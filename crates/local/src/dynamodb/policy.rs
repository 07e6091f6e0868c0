//! Resource policies: `PutResourcePolicy`, `GetResourcePolicy`, `DeleteResourcePolicy`.

use serde::Deserialize;
use serde_json::{Value, json};

use super::fault::validation;
use super::state::Ctx;
use super::table::Policy;
use super::tags::table_of;
use crate::reply::Fault;

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Request {
    resource_arn: String,
    policy: Option<String>,
    expected_revision_id: Option<String>,
}

/// JSON with statements, of at most 20 KB counted as it was sent.
pub(super) fn check(policy: &str) -> Result<(), Fault> {
    if policy.len() > 20 * 1024 {
        return Err(validation("Resource policy is larger than 20 KB"));
    }
    let document: Result<Value, _> = serde_json::from_str(policy);
    match document {
        Ok(document) if document.get("Statement").is_some() => Ok(()),
        _ => Err(validation("Invalid policy document: not a JSON document with a Statement")),
    }
}

fn no_policy(arn: &str) -> Fault {
    Fault::new(
        400,
        "PolicyNotFoundException",
        format!("Resource-based policy not found for the provided ResourceArn: {arn}"),
    )
}

/// Only the revision that the caller expects may be replaced; `NO_POLICY` expects none.
fn expected(ctx: &Ctx<'_>, name: &str, request: &Request) -> Result<(), Fault> {
    let Some(expected) = &request.expected_revision_id else { return Ok(()) };
    let present = ctx.table(name)?.policy.written();
    let matches = match present {
        Some(policy) => policy.revision == *expected,
        None => expected == "NO_POLICY",
    };
    if matches { Ok(()) } else { Err(no_policy(&request.resource_arn)) }
}

pub(super) fn put(ctx: &mut Ctx<'_>) -> Result<Value, Fault> {
    let input: Request = ctx.input()?;
    let name = table_of(ctx, &input.resource_arn)?;
    let Some(text) = &input.policy else {
        return Err(validation("1 validation error detected: missing field `Policy`"));
    };
    check(text)?;
    expected(ctx, &name, &input)?;
    let same = ctx.table(&name)?.policy.written().clone().filter(|policy| policy.text == *text);
    let revision = match same {
        Some(policy) => policy.revision,
        None => ctx.world.fresh_id(16),
    };
    let policy = Policy { text: text.clone(), revision: revision.clone() };
    write(ctx, &name, Some(policy))?;
    Ok(json!({ "RevisionId": revision }))
}

pub(super) fn get(ctx: &mut Ctx<'_>) -> Result<Value, Fault> {
    let input: Request = ctx.input()?;
    let name = table_of(ctx, &input.resource_arn)?;
    let now = ctx.now();
    match ctx.table(&name)?.policy.seen(now) {
        Some(policy) => Ok(json!({ "Policy": policy.text, "RevisionId": policy.revision })),
        None => Err(no_policy(&input.resource_arn)),
    }
}

pub(super) fn delete(ctx: &mut Ctx<'_>) -> Result<Value, Fault> {
    let input: Request = ctx.input()?;
    let name = table_of(ctx, &input.resource_arn)?;
    expected(ctx, &name, &input)?;
    let revision =
        ctx.table(&name)?.policy.written().as_ref().map(|policy| policy.revision.clone());
    write(ctx, &name, None)?;
    Ok(match revision {
        Some(revision) => json!({ "RevisionId": revision }),
        None => json!({}),
    })
}

fn write(ctx: &mut Ctx<'_>, name: &str, policy: Option<Policy>) -> Result<(), Fault> {
    if ctx.table(name)?.status == super::table::Status::Creating {
        ctx.must_be_idle(name)?;
    }
    let now = ctx.now();
    let visible_at_ms = ctx.due("dynamodb.policy.visible", 0);
    ctx.table_mut(name)?.policy.write(policy, now, visible_at_ms);
    Ok(())
}
