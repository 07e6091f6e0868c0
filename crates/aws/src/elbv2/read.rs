//! Listings and tags that several kinds read.

use std::collections::BTreeMap;

use aws_sdk_elasticloadbalancingv2::types;
use bicoastal_model::{OpError, Region};

use super::{RULES, SERVICE};
use crate::classify::classify;
use crate::cx::Cx;
use crate::ownership::tag_map;

/// How many ARNs one `DescribeTags` takes.
const TAGS_AT_ONCE: usize = 20;

/// All load balancers of a region.
pub(super) async fn load_balancers(
    cx: &Cx,
    region: Region,
) -> Result<Vec<types::LoadBalancer>, OpError> {
    let mut found = Vec::new();
    let mut pages = cx.elbv2(region).describe_load_balancers().into_paginator().send();
    while let Some(page) = pages.next().await {
        let page =
            page.map_err(|error| classify(SERVICE, "DescribeLoadBalancers", region, RULES, error))?;
        found.extend(page.load_balancers.unwrap_or_default());
    }
    Ok(found)
}

/// All target groups of a region.
pub(super) async fn target_groups(
    cx: &Cx,
    region: Region,
) -> Result<Vec<types::TargetGroup>, OpError> {
    let mut found = Vec::new();
    let mut pages = cx.elbv2(region).describe_target_groups().into_paginator().send();
    while let Some(page) = pages.next().await {
        let page =
            page.map_err(|error| classify(SERVICE, "DescribeTargetGroups", region, RULES, error))?;
        found.extend(page.target_groups.unwrap_or_default());
    }
    Ok(found)
}

/// The listeners of a load balancer; none where there is no such load balancer.
pub(super) async fn listeners(
    cx: &Cx,
    region: Region,
    load_balancer: &str,
) -> Result<Vec<types::Listener>, OpError> {
    let mut found = Vec::new();
    let request = cx.elbv2(region).describe_listeners().load_balancer_arn(load_balancer);
    let mut pages = request.into_paginator().send();
    while let Some(page) = pages.next().await {
        match page.map_err(|error| classify(SERVICE, "DescribeListeners", region, RULES, error)) {
            Ok(page) => found.extend(page.listeners.unwrap_or_default()),
            Err(error) if error.code() == Some("LoadBalancerNotFound") => break,
            Err(error) => return Err(error),
        }
    }
    Ok(found)
}

/// The same, shared by the load balancer and its listeners within one refresh.
pub(super) async fn shared_listeners(
    cx: &Cx,
    region: Region,
    load_balancer: &str,
) -> Result<std::sync::Arc<Vec<types::Listener>>, OpError> {
    let key = format!("elbv2:listeners:{load_balancer}");
    cx.shared(key, listeners(cx, region, load_balancer)).await
}

/// The tags of one thing.
pub(super) async fn tags(
    cx: &Cx,
    region: Region,
    arn: &str,
) -> Result<BTreeMap<String, String>, OpError> {
    let mut tags = tags_of(cx, region, &[arn.to_owned()]).await?;
    Ok(tags.remove(arn).unwrap_or_default())
}

/// The tags of many things, by ARN.
pub(super) async fn tags_of(
    cx: &Cx,
    region: Region,
    arns: &[String],
) -> Result<BTreeMap<String, BTreeMap<String, String>>, OpError> {
    let mut all = BTreeMap::new();
    for arns in arns.chunks(TAGS_AT_ONCE) {
        let answer = cx
            .elbv2(region)
            .describe_tags()
            .set_resource_arns(Some(arns.to_vec()))
            .send()
            .await
            .map_err(|error| classify(SERVICE, "DescribeTags", region, RULES, error))?;
        for description in answer.tag_descriptions() {
            let pairs = description.tags().iter();
            let tags = tag_map(
                pairs.map(|tag| (tag.key().unwrap_or_default(), tag.value().unwrap_or_default())),
            );
            all.insert(description.resource_arn().unwrap_or_default().to_owned(), tags);
        }
    }
    Ok(all)
}
