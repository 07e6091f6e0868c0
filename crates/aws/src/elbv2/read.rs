//! Listings and tags that several kinds read.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use aws_sdk_elasticloadbalancingv2::types;
use bicoastal_model::{ErrorFacts, OpError, Ownership, Region, Retry, Snapshot, Target};
use futures_util::future::{try_join, try_join_all};
use serde_json::json;

use super::{RULES, SERVICE};
use crate::classify::classify;
use crate::cx::Cx;
use crate::ownership::{ownership, tag_map};

/// How many ARNs one `DescribeTags` takes.
const TAGS_AT_ONCE: usize = 20;

/// The ARN of what a call is about. Every call but a create follows a read that found it: where it is not
/// recorded, it is found the same way again.
pub(super) async fn arn(
    target: &Target,
    read: impl Future<Output = Result<Option<Snapshot>, OpError>>,
) -> Result<String, OpError> {
    match &target.physical {
        Some(arn) => Ok(arn.clone()),
        None => Ok(read.await?.map(|found| found.physical).unwrap_or_default()),
    }
}

/// All load balancers of a region.
async fn load_balancers(cx: &Cx, region: Region) -> Result<Vec<types::LoadBalancer>, OpError> {
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
async fn target_groups(cx: &Cx, region: Region) -> Result<Vec<types::TargetGroup>, OpError> {
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
) -> Result<Arc<Vec<types::Listener>>, OpError> {
    let key = format!("elbv2:listeners:{load_balancer}");
    cx.shared(key, listeners(cx, region, load_balancer)).await
}

/// The tags of one thing that is there. A plan reads those of everything that it asks for in the
/// region at once.
pub(super) async fn tags(
    cx: &Cx,
    region: Region,
    arn: &str,
) -> Result<BTreeMap<String, String>, OpError> {
    if cx.asked().iter().any(|asked| asked == arn) {
        let all = cx.shared(format!("elbv2:tags:{region}"), tags_asked(cx, region)).await;
        match all {
            // A rule, which is on no listing here, is asked by itself.
            Ok(all) if all.contains_key(arn) => {
                return Ok(all.get(arn).cloned().unwrap_or_default());
            }
            Ok(_) => {}
            // One of them went meanwhile.
            Err(error) if error.code().is_some_and(|code| code.ends_with("NotFound")) => {}
            Err(error) => return Err(error),
        }
    }
    let mut tags = tags_of(cx, region, &[arn.to_owned()]).await?;
    Ok(tags.remove(arn).unwrap_or_default())
}

/// Whether AWS shows by now a thing that it answered a create with. One that does not bear our mark
/// is not ours, however much it is like what was to be made.
///
/// # Errors
///
/// Where it is another's.
pub(super) async fn confirm(cx: &Cx, target: &Target, told: &Snapshot) -> Result<bool, OpError> {
    let region = super::region(target);
    let tags = match tags_of(cx, region, std::slice::from_ref(&told.physical)).await {
        Ok(mut tags) => tags.remove(&told.physical).unwrap_or_default(),
        Err(error) if error.code().is_some_and(|code| code.ends_with("NotFound")) => {
            return Ok(false);
        }
        Err(error) => return Err(error),
    };
    let whose = match ownership(target, &tags) {
        // What is adopted gets its marks by a call of its own.
        Ownership::Ours => return Ok(true),
        _ if told.props.pointer("/tags") == Some(&json!(tags)) => return Ok(true),
        Ownership::Foreign(words) => words,
        Ownership::Unmarked => "it bears no mark of this stack".to_owned(),
    };
    Err(OpError::Refused {
        retry: Retry::Never,
        facts: ErrorFacts {
            call: "DescribeTags".to_owned(),
            service: SERVICE.to_owned(),
            region: region.code().to_owned(),
            message: format!("{} exists and is not ours: {whose}", told.physical),
            hint: Some(format!(
                "adopt it with stack.adopt(&…, \"{}\"), or give this one another name",
                told.physical
            )),
            ..ErrorFacts::default()
        },
    })
}

/// The tags of what a plan asks for in a region and is there.
async fn tags_asked(
    cx: &Cx,
    region: Region,
) -> Result<BTreeMap<String, BTreeMap<String, String>>, OpError> {
    let prefix = format!("arn:aws:{SERVICE}:{region}:");
    let asked: Vec<&String> = cx.asked().iter().filter(|arn| arn.starts_with(&prefix)).collect();
    let any = |kind: &str| asked.iter().any(|arn| arn.contains(kind));
    let (balancers, groups) = try_join(
        when(any(":loadbalancer/") || any(":listener/"), shared_load_balancers(cx, region)),
        when(any(":targetgroup/"), shared_target_groups(cx, region)),
    )
    .await?;
    let mut there = BTreeSet::new();
    there.extend(groups.iter().flat_map(|all| all.iter()).filter_map(|it| it.target_group_arn()));
    let balancers = balancers.iter().flat_map(|all| all.iter());
    let balancers: Vec<&str> = balancers.filter_map(|it| it.load_balancer_arn()).collect();
    there.extend(&balancers);
    // A listener's ARN is that of its load balancer, and more.
    let with_listeners = balancers.iter().filter(|balancer| {
        let stem = balancer.replace(":loadbalancer/", ":listener/");
        asked.iter().any(|arn| arn.strip_prefix(&stem).is_some_and(|rest| rest.starts_with('/')))
    });
    let listeners = with_listeners.map(|balancer| shared_listeners(cx, region, balancer));
    let listeners = try_join_all(listeners).await?;
    there.extend(listeners.iter().flat_map(|all| all.iter()).filter_map(|it| it.listener_arn()));
    let arns: Vec<String> =
        asked.into_iter().filter(|arn| there.contains(arn.as_str())).cloned().collect();
    tags_of(cx, region, &arns).await
}

async fn when<T>(
    wanted: bool,
    read: impl Future<Output = Result<Arc<T>, OpError>>,
) -> Result<Option<Arc<T>>, OpError> {
    if wanted { read.await.map(Some) } else { Ok(None) }
}

/// All load balancers of a region, read once.
pub(super) async fn shared_load_balancers(
    cx: &Cx,
    region: Region,
) -> Result<Arc<Vec<types::LoadBalancer>>, OpError> {
    cx.shared(format!("elbv2:balancers:{region}"), load_balancers(cx, region)).await
}

/// All target groups of a region, read once.
pub(super) async fn shared_target_groups(
    cx: &Cx,
    region: Region,
) -> Result<Arc<Vec<types::TargetGroup>>, OpError> {
    cx.shared(format!("elbv2:groups:{region}"), target_groups(cx, region)).await
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
    // What an answer leaves out is not said to have none.
    match arns.iter().find(|arn| !all.contains_key(*arn)) {
        None => Ok(all),
        Some(arn) => Err(OpError::InDoubt(ErrorFacts {
            service: SERVICE.to_owned(),
            region: region.code().to_owned(),
            call: "DescribeTags".to_owned(),
            message: format!("the answer is not whole: it leaves out {arn}, which was asked for"),
            ..ErrorFacts::default()
        })),
    }
}
