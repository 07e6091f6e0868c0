//! Reads: one listing per region for a refresh, a point read in a turn.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use aws_sdk_rds::types::{DbCluster, DbInstance, DbSubnetGroup, GlobalCluster};
use bicoastal_model::{OpError, Region};

use super::errors::{self, failed, found};
use crate::cx::{Cx, Purpose};

type ByName<T> = Arc<BTreeMap<String, T>>;

/// A page of a listing is at most this long.
const PAGE: i32 = 100;

macro_rules! listing {
    (
        $(#[$doc:meta])*
        $one:ident, $all:ident: $type:ty,
        $call:ident ($name:literal) by $by:ident, $items:ident, $id:ident, $missing:expr
    ) => {
        $(#[$doc])*
        pub(super) async fn $one(
            cx: &Cx,
            region: Region,
            name: &str,
        ) -> Result<Option<$type>, OpError> {
            let name = name.to_lowercase();
            if cx.purpose() == Purpose::Refresh {
                return Ok($all(cx, region).await?.get(&name).cloned());
            }
            let answer = cx.rds(region).$call().$by(&name).send().await;
            let answer = found($name, region, $missing, answer)?;
            // RDS may answer with another thing for a moment after a create or a rename.
            Ok(answer.into_iter().flat_map(|found| found.$items.unwrap_or_default()).find(|it| {
                it.$id().is_some_and(|id| id.eq_ignore_ascii_case(&name))
            }))
        }

        /// All of a region, by lower-case name.
        pub(super) async fn $all(cx: &Cx, region: Region) -> Result<ByName<$type>, OpError> {
            let key = format!("rds/{}/{region}", stringify!($all));
            cx.shared(key, async {
                let mut all = BTreeMap::new();
                let mut marker = None;
                loop {
                    let call = cx.rds(region).$call().max_records(PAGE).set_marker(marker);
                    let page =
                        call.send().await.map_err(|error| failed($name, region, error))?;
                    for item in page.$items.unwrap_or_default() {
                        all.insert(item.$id().unwrap_or_default().to_lowercase(), item);
                    }
                    marker = page.marker.filter(|marker| !marker.is_empty());
                    if marker.is_none() {
                        return Ok(all);
                    }
                }
            })
            .await
        }
    };
}

listing! {
    /// A DB cluster.
    cluster, clusters: DbCluster,
    describe_db_clusters("DescribeDBClusters") by db_cluster_identifier,
    db_clusters, db_cluster_identifier, errors::NO_CLUSTER
}

listing! {
    /// A DB instance.
    instance, instances: DbInstance,
    describe_db_instances("DescribeDBInstances") by db_instance_identifier,
    db_instances, db_instance_identifier, errors::NO_INSTANCE
}

listing! {
    /// A DB subnet group.
    subnet_group, subnet_groups: DbSubnetGroup,
    describe_db_subnet_groups("DescribeDBSubnetGroups") by db_subnet_group_name,
    db_subnet_groups, db_subnet_group_name, errors::NO_SUBNET_GROUP
}

listing! {
    /// A global cluster, as this region sees it: only from its members' regions can it be seen.
    global, globals: GlobalCluster,
    describe_global_clusters("DescribeGlobalClusters") by global_cluster_identifier,
    global_clusters, global_cluster_identifier, errors::NO_GLOBAL
}

/// All instances of a region, from a look that is at most so old: shared by whoever waits there,
/// in whichever operation.
pub(super) async fn recent_instances(
    cx: &Cx,
    region: Region,
    age: Duration,
) -> Result<ByName<DbInstance>, OpError> {
    let key = format!("rds/instances/{region}");
    cx.clients().recent(key, age, async { Ok((*instances(cx, region).await?).clone()) }).await
}

/// The tags of a thing whose description does not carry them.
pub(super) async fn tags(
    cx: &Cx,
    region: Region,
    arn: &str,
) -> Result<BTreeMap<String, String>, OpError> {
    let answer = cx.rds(region).list_tags_for_resource().resource_name(arn).send().await;
    let answer = answer.map_err(|error| failed("ListTagsForResource", region, error))?;
    Ok(super::tags::map(answer.tag_list()))
}

/// The region in an ARN.
pub(super) fn region_of(arn: &str) -> Option<Region> {
    arn.split(':').nth(3)?.parse().ok()
}

/// The name at the end of an ARN.
pub(super) fn name_of(arn: &str) -> &str {
    arn.rsplit(':').next().unwrap_or(arn)
}
