//! How a listener rule looks.

use std::collections::BTreeMap;
use std::sync::Arc;

use aws_sdk_elasticloadbalancingv2::types;
use bicoastal_model::{OpError, Region, Snapshot, Status, Target};
use serde_json::{Map, Value, json};

use super::super::read::{tags, tags_of};
use super::super::{RULES, SERVICE, region};
use super::{action, condition, transform};
use crate::classify::classify;
use crate::cx::{Cx, Purpose};
use crate::ownership::ownership;

/// The rules of a listener but its default one, with their tags.
type Tagged = Vec<(types::Rule, BTreeMap<String, String>)>;

pub(super) async fn read(cx: &Cx, target: &Target) -> Result<Option<Snapshot>, OpError> {
    let region = region(target);
    let found = match (&target.physical, cx.purpose()) {
        (Some(arn), Purpose::Turn) => match point(cx, region, arn).await? {
            Some(rule) => {
                let tags = tags(cx, region, arn).await?;
                Some((rule, tags))
            }
            None => None,
        },
        _ => listed(cx, target, region).await?,
    };
    Ok(found.map(|(rule, tags)| snapshot(target, &rule, &tags)))
}

/// By its ARN, else by its listener and priority, in the listener's own listing.
async fn listed(
    cx: &Cx,
    target: &Target,
    region: Region,
) -> Result<Option<(types::Rule, BTreeMap<String, String>)>, OpError> {
    let listener = match &target.physical {
        Some(arn) => listener_of(arn),
        None => target.text("listener").to_owned(),
    };
    // A listener that does not exist yet has no rules.
    if listener.is_empty() {
        return Ok(None);
    }
    let all = shared_rules(cx, region, &listener).await?;
    let priority = target.props["priority"].as_u64();
    let is_it = |rule: &types::Rule| match &target.physical {
        Some(arn) => rule.rule_arn() == Some(arn),
        None => priority.is_some() && priority_of(rule) == priority,
    };
    Ok(all.iter().find(|(rule, _)| is_it(rule)).cloned())
}

/// A rule's ARN is its listener's with one part more.
fn listener_of(rule: &str) -> String {
    let (listener, _) = rule.rsplit_once('/').unwrap_or((rule, ""));
    listener.replacen(":listener-rule/", ":listener/", 1)
}

/// None for the default rule.
pub(in crate::elbv2) fn priority_of(rule: &types::Rule) -> Option<u64> {
    rule.priority()?.parse().ok()
}

/// The rules of a listener but its default one; none where there is no such listener.
async fn rules(cx: &Cx, region: Region, listener: &str) -> Result<Vec<types::Rule>, OpError> {
    let mut found = Vec::new();
    let mut pages =
        cx.elbv2(region).describe_rules().listener_arn(listener).into_paginator().send();
    while let Some(page) = pages.next().await {
        match page.map_err(|error| classify(SERVICE, "DescribeRules", region, RULES, error)) {
            Ok(page) => found.extend(page.rules.unwrap_or_default()),
            Err(error) if is_gone(&error) => break,
            Err(error) => return Err(error),
        }
    }
    found.retain(|rule| rule.is_default() != Some(true));
    Ok(found)
}

/// The same with their tags, read once in a refresh however many of them are ours.
pub(in crate::elbv2) async fn shared_rules(
    cx: &Cx,
    region: Region,
    listener: &str,
) -> Result<Arc<Tagged>, OpError> {
    let read = async {
        let rules = rules(cx, region, listener).await?;
        let arns: Vec<String> = rules.iter().filter_map(|it| it.rule_arn.clone()).collect();
        let mut tags = tags_of(cx, region, &arns).await?;
        let with_tags = |rule: types::Rule| {
            let tags = tags.remove(rule.rule_arn().unwrap_or_default()).unwrap_or_default();
            (rule, tags)
        };
        Ok(rules.into_iter().map(with_tags).collect::<Tagged>())
    };
    cx.shared(format!("elbv2:rules:{listener}"), read).await
}

async fn point(cx: &Cx, region: Region, arn: &str) -> Result<Option<types::Rule>, OpError> {
    let answer = cx
        .elbv2(region)
        .describe_rules()
        .rule_arns(arn)
        .send()
        .await
        .map_err(|error| classify(SERVICE, "DescribeRules", region, RULES, error));
    match answer {
        Ok(answer) => Ok(answer.rules.unwrap_or_default().into_iter().next()),
        // With its listener gone, the rule is gone.
        Err(error) if is_gone(&error) => Ok(None),
        Err(error) => Err(error),
    }
}

fn is_gone(error: &OpError) -> bool {
    matches!(error.code(), Some("RuleNotFound" | "ListenerNotFound" | "LoadBalancerNotFound"))
}

fn snapshot(target: &Target, found: &types::Rule, tags: &BTreeMap<String, String>) -> Snapshot {
    let arn = found.rule_arn().unwrap_or_default().to_owned();
    let mut props = Map::new();
    props.insert("listener".to_owned(), json!(listener_of(&arn)));
    if let Some(priority) = priority_of(found) {
        props.insert("priority".to_owned(), json!(priority));
    }
    let conditions = found.conditions().iter().map(condition::from_sdk);
    props.insert("conditions".to_owned(), conditions.collect());
    props.insert("actions".to_owned(), action::list_from_sdk(found.actions()));
    transform::read(found.transforms(), &mut props);
    props.insert("tags".to_owned(), json!(tags));
    Snapshot {
        outputs: BTreeMap::from([("arn".to_owned(), json!(arn))]),
        physical: arn,
        props: Value::Object(props),
        status: Status::Ready,
        ownership: ownership(target, tags),
        children: Vec::new(),
        facts: BTreeMap::new(),
    }
}
