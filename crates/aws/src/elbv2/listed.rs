//! All load balancers, target groups and listeners of a region, with their tags.

use bicoastal_model::{OpError, Region};
use serde_json::{Value, json};

use super::read::{load_balancers, shared_listeners, tags_of, target_groups};
use super::rule;
use crate::cx::Cx;
use crate::kind::Listed;

pub(super) async fn balancers(cx: &Cx, region: Region) -> Result<Vec<Listed>, OpError> {
    let key = format!("elbv2:balancers:{region}");
    let all = cx.shared(key, load_balancers(cx, region)).await?;
    let named = all.iter().filter_map(|it| {
        Some((it.load_balancer_arn()?.to_owned(), json!({ "name": it.load_balancer_name() })))
    });
    tagged(cx, region, named.collect()).await
}

pub(super) async fn groups(cx: &Cx, region: Region) -> Result<Vec<Listed>, OpError> {
    let all = target_groups(cx, region).await?;
    let named = all.iter().filter_map(|it| {
        Some((it.target_group_arn()?.to_owned(), json!({ "name": it.target_group_name() })))
    });
    tagged(cx, region, named.collect()).await
}

/// Listeners are listed by load balancer only.
pub(super) async fn listeners(cx: &Cx, region: Region) -> Result<Vec<Listed>, OpError> {
    let key = format!("elbv2:balancers:{region}");
    let balancers = cx.shared(key, load_balancers(cx, region)).await?;
    let mut named = Vec::new();
    for arn in balancers.iter().filter_map(|it| it.load_balancer_arn()) {
        let all = shared_listeners(cx, region, arn).await?;
        named.extend(all.iter().filter_map(|it| {
            let identity = json!({ "load_balancer": arn, "port": it.port() });
            Some((it.listener_arn()?.to_owned(), identity))
        }));
    }
    tagged(cx, region, named).await
}

/// Rules are listed by listener only.
pub(super) async fn rules(cx: &Cx, region: Region) -> Result<Vec<Listed>, OpError> {
    let key = format!("elbv2:balancers:{region}");
    let balancers = cx.shared(key, load_balancers(cx, region)).await?;
    let mut listed = Vec::new();
    for balancer in balancers.iter().filter_map(|it| it.load_balancer_arn()) {
        for listener in shared_listeners(cx, region, balancer).await?.iter() {
            let web = listener.protocol().is_some_and(|it| it.as_str().starts_with("HTTP"));
            let Some(listener) = listener.listener_arn().filter(|_| web) else { continue };
            for (rule, tags) in rule::shared_rules(cx, region, listener).await?.iter() {
                listed.push(Listed {
                    physical: rule.rule_arn().unwrap_or_default().to_owned(),
                    identity: json!({
                        "listener": listener,
                        "priority": rule::priority_of(rule),
                    }),
                    tags: tags.clone(),
                    token: None,
                });
            }
        }
    }
    Ok(listed)
}

async fn tagged(
    cx: &Cx,
    region: Region,
    named: Vec<(String, Value)>,
) -> Result<Vec<Listed>, OpError> {
    let arns: Vec<String> = named.iter().map(|(arn, _)| arn.clone()).collect();
    let mut tags = tags_of(cx, region, &arns).await?;
    let listed = named.into_iter().map(|(arn, identity)| Listed {
        tags: tags.remove(&arn).unwrap_or_default(),
        physical: arn,
        identity,
        token: None,
    });
    Ok(listed.collect())
}
