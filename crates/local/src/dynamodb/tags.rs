//! `TagResource`, `UntagResource`, `ListTagsOfResource`: each replica has tags of its own.

use serde::Deserialize;
use serde_json::{Value, json};

use super::check;
use super::fault::validation;
use super::shape::Tag;
use super::state::Ctx;
use crate::reply::Fault;

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct TagResource {
    resource_arn: String,
    tags: Vec<Tag>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct UntagResource {
    resource_arn: String,
    tag_keys: Vec<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct ListTags {
    resource_arn: String,
}

/// The table that an ARN names; only tables can be named here, and only by ARN.
pub(super) fn table_of(ctx: &Ctx<'_>, arn: &str) -> Result<String, Fault> {
    if !arn.starts_with("arn:") {
        return Err(validation(format!(
            "Invalid TableArn: Invalid ResourceArn provided as input {arn}"
        )));
    }
    let name = ctx.name(arn)?;
    ctx.table(&name)?;
    Ok(name)
}

pub(super) fn tag(ctx: &mut Ctx<'_>) -> Result<Option<Value>, Fault> {
    let input: TagResource = ctx.input()?;
    let name = table_of(ctx, &input.resource_arn)?;
    check::tag_list(&input.tags)?;
    let mut tags = ctx.table(&name)?.tags.written().clone();
    tags.extend(input.tags.into_iter().map(|tag| (tag.key, tag.value)));
    check::tags(tags.keys())?;
    write(ctx, &name, tags)
}

pub(super) fn untag(ctx: &mut Ctx<'_>) -> Result<Option<Value>, Fault> {
    let input: UntagResource = ctx.input()?;
    let name = table_of(ctx, &input.resource_arn)?;
    let mut tags = ctx.table(&name)?.tags.written().clone();
    tags.retain(|key, _| !input.tag_keys.contains(key));
    write(ctx, &name, tags)
}

fn write(
    ctx: &mut Ctx<'_>,
    name: &str,
    tags: std::collections::BTreeMap<String, String>,
) -> Result<Option<Value>, Fault> {
    if ctx.table(name)?.status == super::table::Status::Creating {
        ctx.must_be_idle(name)?;
    }
    let now = ctx.now();
    let visible_at_ms = ctx.due("dynamodb.tags.visible", 0);
    ctx.table_mut(name)?.tags.write(tags, now, visible_at_ms);
    Ok(None)
}

pub(super) fn list(ctx: &mut Ctx<'_>) -> Result<Option<Value>, Fault> {
    let input: ListTags = ctx.input()?;
    let name = table_of(ctx, &input.resource_arn)?;
    let now = ctx.now();
    let tags = ctx.table(&name)?.tags.seen(now).iter();
    let tags: Vec<Value> = tags.map(|(key, value)| json!({ "Key": key, "Value": value })).collect();
    Ok(Some(json!({ "Tags": tags })))
}
