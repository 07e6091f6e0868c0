//! Everything that RDS has in a region, with its tags.

use std::collections::BTreeMap;
use std::sync::Arc;

use aws_sdk_rds::types::{DbClusterParameterGroup, Tag};
use bicoastal_model::{ErrorFacts, OpError, Region};
use serde_json::{Value, json};

use super::errors::failed;
use super::{listing, tags};
use crate::cx::Cx;
use crate::kind::Listed;

/// A page of a listing is at most this long.
const PAGE: i32 = 100;

pub(super) async fn globals(cx: &Cx, region: Region) -> Result<Vec<Listed>, OpError> {
    let all = match listing::globals(cx, region).await {
        // Where global databases don't exist there is none.
        Err(error) if error.facts().message.contains("APIGlobalDatabases") => return Ok(Vec::new()),
        other => other?,
    };
    let mut listed = Vec::new();
    for it in all.values() {
        let Some(name) = it.global_cluster_identifier() else { continue };
        let tags = told(cx, region, it.global_cluster_arn(), it.tag_list.as_deref()).await?;
        listed.push(one("identifier", name.to_owned(), tags));
    }
    Ok(listed)
}

pub(super) async fn clusters(cx: &Cx, region: Region) -> Result<Vec<Listed>, OpError> {
    let all = listing::clusters(cx, region).await?;
    let mut listed = Vec::new();
    for it in all.values() {
        let Some(name) = it.db_cluster_identifier() else { continue };
        let tags = told(cx, region, it.db_cluster_arn(), it.tag_list.as_deref()).await?;
        listed.push(one("identifier", name.to_owned(), tags));
    }
    Ok(listed)
}

pub(super) async fn instances(cx: &Cx, region: Region) -> Result<Vec<Listed>, OpError> {
    let all = listing::instances(cx, region).await?;
    let mut listed = Vec::new();
    for it in all.values() {
        let Some(name) = it.db_instance_identifier() else { continue };
        let tags = told(cx, region, it.db_instance_arn(), it.tag_list.as_deref()).await?;
        listed.push(one("identifier", name.to_owned(), tags));
    }
    Ok(listed)
}

/// Descriptions of groups carry no tags.
pub(super) async fn subnet_groups(cx: &Cx, region: Region) -> Result<Vec<Listed>, OpError> {
    let all = listing::subnet_groups(cx, region).await?;
    let named = all.values().map(|it| (it.db_subnet_group_name(), it.db_subnet_group_arn()));
    grouped(cx, region, named).await
}

pub(super) async fn parameter_groups(cx: &Cx, region: Region) -> Result<Vec<Listed>, OpError> {
    let all = every_parameter_group(cx, region).await?;
    let named = all
        .iter()
        .map(|it| (it.db_cluster_parameter_group_name(), it.db_cluster_parameter_group_arn()));
    grouped(cx, region, named).await
}

/// All of a region, read once.
pub(super) async fn every_parameter_group(
    cx: &Cx,
    region: Region,
) -> Result<Arc<Vec<DbClusterParameterGroup>>, OpError> {
    let key = format!("rds/parameter groups/{region}");
    cx.shared(key, async {
        let (mut all, mut marker) = (Vec::new(), None);
        loop {
            let call = cx.rds(region).describe_db_cluster_parameter_groups();
            let page = call.max_records(PAGE).set_marker(marker).send().await;
            let page =
                page.map_err(|error| failed("DescribeDBClusterParameterGroups", region, error))?;
            all.extend(page.db_cluster_parameter_groups.unwrap_or_default());
            marker = page.marker.filter(|marker| !marker.is_empty());
            if marker.is_none() {
                return Ok(all);
            }
        }
    })
    .await
}

async fn grouped<'a>(
    cx: &Cx,
    region: Region,
    named: impl Iterator<Item = (Option<&'a str>, Option<&'a str>)>,
) -> Result<Vec<Listed>, OpError> {
    let mut listed = Vec::new();
    for (name, arn) in named {
        // AWS's own can't be tagged.
        let Some(name) = name.filter(|name| !name.starts_with("default")) else { continue };
        let arn = arn.ok_or_else(|| unnamed(region, "its ARN"))?;
        let tags = listing::tags(cx, region, arn).await?;
        listed.push(one("name", name.to_owned(), tags));
    }
    Ok(listed)
}

/// The tags that a description carries. What has no word of them may have left them out.
async fn told(
    cx: &Cx,
    region: Region,
    arn: Option<&str>,
    tags: Option<&[Tag]>,
) -> Result<BTreeMap<String, String>, OpError> {
    match (tags, arn) {
        (Some(tags), _) => Ok(tags::map(tags)),
        (None, Some(arn)) => listing::tags(cx, region, arn).await,
        (None, None) => Err(unnamed(region, "its tags, and its ARN")),
    }
}

/// An answer that leaves out by what the tags of a thing are asked for.
fn unnamed(region: Region, what: &str) -> OpError {
    OpError::InDoubt(ErrorFacts {
        service: "rds".to_owned(),
        region: region.code().to_owned(),
        message: format!("an answer is not whole: of something it leaves out {what}"),
        ..ErrorFacts::default()
    })
}

fn one(field: &str, name: String, tags: BTreeMap<String, String>) -> Listed {
    let identity = BTreeMap::from([(field, Value::from(name.clone()))]);
    Listed { physical: name, identity: json!(identity), tags, token: None }
}
