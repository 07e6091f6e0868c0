//! `UpdateTimeToLive` and `DescribeTimeToLive`.

use serde::Deserialize;
use serde_json::{Value, json};

use super::fault::validation;
use super::global::Group;
use super::state::Ctx;
use super::table::Ttl;
use crate::reply::Fault;

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Update {
    table_name: String,
    time_to_live_specification: Specification,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Specification {
    enabled: bool,
    attribute_name: String,
}

/// One change in about an hour; every replica follows.
pub(super) fn update(ctx: &mut Ctx<'_>) -> Result<Value, Fault> {
    let input: Update = ctx.input()?;
    let name = ctx.name(&input.table_name)?;
    let Specification { enabled, attribute_name: attribute } = input.time_to_live_specification;
    ctx.all_must_be_idle(&name)?;
    if !(1..=255).contains(&attribute.len()) {
        return Err(validation("The TimeToLive AttributeName is 1 to 255 characters long"));
    }
    let (now, region) = (ctx.now(), ctx.region);
    let table = ctx.table(&name)?;
    let ttl = &table.ttl;
    if ttl.locked_until_ms > now {
        return Err(validation(
            "Time to live has been modified multiple times within a fixed interval",
        ));
    }
    match (ttl.enabled, enabled, &ttl.attribute) {
        (true, true, Some(present)) if *present != attribute => {
            return Err(validation(format!(
                "TimeToLive is active on a different AttributeName: \
                 current AttributeName is {present}"
            )));
        }
        (true, true, _) => return Err(validation("TimeToLive is already enabled")),
        (false, false, _) => return Err(validation("TimeToLive is already disabled")),
        (true, false, Some(present)) if *present != attribute => {
            return Err(validation(format!(
                "TimeToLive is active on a different AttributeName: \
                 current AttributeName is {present}"
            )));
        }
        _ => {}
    }
    if table.key_schema.iter().any(|element| element.attribute_name == attribute) {
        return Err(validation(format!("TimeToLive attribute {attribute} is a key attribute")));
    }
    if ctx.db().group_of(region, &name).is_some_and(|group| !Group::is_eventual(group)) {
        return Err(validation(
            "Time to Live is not supported with multi-Region strong consistency",
        ));
    }
    let ready_at_ms = ctx.due("dynamodb.ttl.update", 30_000);
    let locked_until_ms = ctx.due("dynamodb.ttl.interval", 3_600_000);
    ctx.db().everywhere(region, &name, |_, table| {
        table.ttl =
            Ttl { enabled, attribute: Some(attribute.clone()), ready_at_ms, locked_until_ms };
    });
    Ok(json!({
        "TimeToLiveSpecification": { "Enabled": enabled, "AttributeName": attribute }
    }))
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct TableName {
    table_name: String,
}

pub(super) fn describe(ctx: &mut Ctx<'_>) -> Result<Value, Fault> {
    let input: TableName = ctx.input()?;
    let name = ctx.name(&input.table_name)?;
    let now = ctx.now();
    let ttl = &ctx.table(&name)?.ttl;
    let status = match (ttl.enabled, ttl.ready_at_ms <= now) {
        (true, true) => "ENABLED",
        (true, false) => "ENABLING",
        (false, false) => "DISABLING",
        (false, true) => "DISABLED",
    };
    let mut description = json!({ "TimeToLiveStatus": status });
    if status != "DISABLED" {
        description["AttributeName"] = json!(ttl.attribute);
    }
    Ok(json!({ "TimeToLiveDescription": description }))
}
