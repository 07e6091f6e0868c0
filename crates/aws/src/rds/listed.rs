//! Everything that RDS has in a region, with its tags.

use std::collections::BTreeMap;
use std::sync::Arc;

use aws_sdk_rds::types::{DbClusterParameterGroup, Tag};
use bicoastal_model::{OpError, Region};
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
    let all = all.values();
    Ok(all.filter_map(|it| named(it.global_cluster_identifier(), it.tag_list())).collect())
}

pub(super) async fn clusters(cx: &Cx, region: Region) -> Result<Vec<Listed>, OpError> {
    let all = listing::clusters(cx, region).await?;
    let all = all.values();
    Ok(all.filter_map(|it| named(it.db_cluster_identifier(), it.tag_list())).collect())
}

pub(super) async fn instances(cx: &Cx, region: Region) -> Result<Vec<Listed>, OpError> {
    let all = listing::instances(cx, region).await?;
    let all = all.values();
    Ok(all.filter_map(|it| named(it.db_instance_identifier(), it.tag_list())).collect())
}

/// Descriptions of groups carry no tags.
pub(super) async fn subnet_groups(cx: &Cx, region: Region) -> Result<Vec<Listed>, OpError> {
    let all = listing::subnet_groups(cx, region).await?;
    let named = all.values().filter_map(|it| {
        Some((it.db_subnet_group_name()?.to_owned(), it.db_subnet_group_arn()?.to_owned()))
    });
    grouped(cx, region, named.collect()).await
}

pub(super) async fn parameter_groups(cx: &Cx, region: Region) -> Result<Vec<Listed>, OpError> {
    let all = every_parameter_group(cx, region).await?;
    let named = all.iter().filter_map(|it| {
        let name = it.db_cluster_parameter_group_name()?;
        Some((name.to_owned(), it.db_cluster_parameter_group_arn()?.to_owned()))
    });
    grouped(cx, region, named.collect()).await
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

async fn grouped(
    cx: &Cx,
    region: Region,
    named: Vec<(String, String)>,
) -> Result<Vec<Listed>, OpError> {
    let mut listed = Vec::new();
    // AWS's own can't be tagged.
    for (name, arn) in named.into_iter().filter(|(name, _)| !name.starts_with("default")) {
        let tags = listing::tags(cx, region, &arn).await?;
        listed.push(one("name", name, tags));
    }
    Ok(listed)
}

fn named(name: Option<&str>, list: &[Tag]) -> Option<Listed> {
    Some(one("identifier", name?.to_owned(), tags::map(list)))
}

fn one(field: &str, name: String, tags: BTreeMap<String, String>) -> Listed {
    let identity = BTreeMap::from([(field, Value::from(name.clone()))]);
    Listed { physical: name, identity: json!(identity), tags, token: None }
}
