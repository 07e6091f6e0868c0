//! All tables of a region, with their tags.

use bicoastal_model::{OpError, Region};
use futures_util::stream::{self, StreamExt, TryStreamExt};
use serde_json::json;

use super::super::rules::RULES;
use super::read::{describe, gone_is_none, tags};
use crate::classify::classify;
use crate::cx::Cx;
use crate::kind::Listed;

/// How many tables are asked for their tags at once.
const AT_ONCE: usize = 8;

pub(super) async fn tables(cx: &Cx, region: Region) -> Result<Vec<Listed>, OpError> {
    let names: Vec<String> = cx
        .dynamodb(region)
        .list_tables()
        .into_paginator()
        .items()
        .send()
        .collect::<Result<Vec<_>, _>>()
        .await
        .map_err(|error| classify("dynamodb", "ListTables", region, RULES, error))?;
    let each = stream::iter(names).map(|name| table(cx, region, name)).buffered(AT_ONCE);
    let listed: Vec<Option<Listed>> = each.try_collect().await?;
    Ok(listed.into_iter().flatten().collect())
}

/// One table; `None` where it went meanwhile.
async fn table(cx: &Cx, region: Region, name: String) -> Result<Option<Listed>, OpError> {
    let Some(description) = describe(cx, region, &name).await? else { return Ok(None) };
    let arn = description.table_arn().unwrap_or_default();
    let Some(tags) = gone_is_none(tags(cx, region, arn).await)? else { return Ok(None) };
    Ok(Some(Listed { identity: json!({ "name": name }), physical: name, tags, token: None }))
}
