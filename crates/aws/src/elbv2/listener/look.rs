//! How a listener looks.

use std::collections::BTreeMap;

use aws_sdk_elasticloadbalancingv2::types;
use bicoastal_model::{Addition, OpError, Region, Snapshot, Status, Target};
use futures_util::future::try_join3;
use serde_json::{Map, Value, json};

use super::super::attributes::collect;
use super::super::read::{listeners, shared_listeners, tags};
use super::super::{RULES, SERVICE, region, rule};
use super::{action, attributes};
use crate::classify::classify;
use crate::cx::{Cx, Purpose};
use crate::ownership::ownership;

pub(super) async fn read(cx: &Cx, target: &Target) -> Result<Option<Snapshot>, OpError> {
    let region = region(target);
    let Some(found) = find(cx, target, region).await? else { return Ok(None) };
    let arn = found.listener_arn().unwrap_or_default().to_owned();
    let secure = !found.certificates().is_empty();
    let more = async {
        match secure
            && (target.mentions("additional_certificates") || cx.purpose() == Purpose::Turn)
        {
            true => certificates(cx, region, &arn).await,
            false => Ok(Vec::new()),
        }
    };
    let settings = async {
        let asks = attributes::are_mentioned(target) || cx.purpose() == Purpose::Turn;
        match asks && attributes::are_of(found.protocol().map(|it| it.as_str())) {
            true => read_attributes(cx, region, &arn).await,
            false => Ok(BTreeMap::new()),
        }
    };
    let (tags, more, settings) = try_join3(tags(cx, region, &arn), more, settings).await?;
    let mut seen = snapshot(target, &found, more, &tags, &settings);
    let watched = target.props["watch_rules"].as_bool() == Some(true);
    if watched && cx.purpose() == Purpose::Refresh {
        seen.children = children(cx, region, &arn).await?;
    }
    Ok(Some(seen))
}

/// The rules, ours and others'.
async fn children(cx: &Cx, region: Region, arn: &str) -> Result<Vec<Addition>, OpError> {
    let rules = rule::shared_rules(cx, region, arn).await?;
    let addition = |(found, _): &(types::Rule, _)| {
        let priority = rule::priority_of(found);
        Addition {
            kind: "ELBv2:ListenerRule".to_owned(),
            identity: json!({ "listener": arn, "priority": priority }),
            label: format!("rule {}", priority.unwrap_or_default()),
        }
    };
    Ok(rules.iter().map(addition).collect())
}

/// One that was just made, with these tags; `None` where its attributes matter, which AWS does not
/// tell with it.
pub(super) fn told(
    target: &Target,
    made: &types::Listener,
    sent: &BTreeMap<String, String>,
) -> Option<Snapshot> {
    (!attributes::are_mentioned(target))
        .then(|| snapshot(target, made, Vec::new(), sent, &BTreeMap::new()))
}

/// By its ARN, else by its load balancer and port.
async fn find(
    cx: &Cx,
    target: &Target,
    region: Region,
) -> Result<Option<types::Listener>, OpError> {
    let balancer = target.text("load_balancer");
    let port = target.props["port"].as_i64();
    if let Some(arn) = &target.physical {
        if cx.purpose() == Purpose::Refresh && !balancer.is_empty() {
            let all = shared_listeners(cx, region, balancer).await?;
            let found = all.iter().find(|it| it.listener_arn() == Some(arn));
            if found.is_some() {
                return Ok(found.cloned());
            }
        } else if let Some(found) = point(cx, region, arn).await? {
            return Ok(Some(found));
        }
    }
    // A load balancer that does not exist yet has no listeners.
    if balancer.is_empty() {
        return Ok(None);
    }
    let on_port = |it: &&types::Listener| it.port().map(i64::from) == port;
    match cx.purpose() {
        Purpose::Refresh => {
            let all = shared_listeners(cx, region, balancer).await?;
            Ok(all.iter().find(on_port).cloned())
        }
        Purpose::Turn => {
            let all = listeners(cx, region, balancer).await?;
            Ok(all.iter().find(on_port).cloned())
        }
    }
}

async fn point(cx: &Cx, region: Region, arn: &str) -> Result<Option<types::Listener>, OpError> {
    let answer = cx
        .elbv2(region)
        .describe_listeners()
        .listener_arns(arn)
        .send()
        .await
        .map_err(|error| classify(SERVICE, "DescribeListeners", region, RULES, error));
    match answer {
        Ok(answer) => Ok(answer.listeners.unwrap_or_default().into_iter().next()),
        // With its load balancer gone, the listener is gone.
        Err(error) if matches!(error.code(), Some("ListenerNotFound" | "LoadBalancerNotFound")) => {
            Ok(None)
        }
        Err(error) => Err(error),
    }
}

/// The certificates besides the default one.
async fn certificates(cx: &Cx, region: Region, arn: &str) -> Result<Vec<String>, OpError> {
    let mut found = Vec::new();
    let mut marker = None;
    loop {
        let answer = cx
            .elbv2(region)
            .describe_listener_certificates()
            .listener_arn(arn)
            .set_marker(marker)
            .send()
            .await
            .map_err(|error| {
                classify(SERVICE, "DescribeListenerCertificates", region, RULES, error)
            })?;
        for certificate in answer.certificates() {
            if certificate.is_default() != Some(true) {
                found.extend(certificate.certificate_arn().map(str::to_owned));
            }
        }
        match answer.next_marker {
            Some(next) => marker = Some(next),
            None => return Ok(found),
        }
    }
}

async fn read_attributes(
    cx: &Cx,
    region: Region,
    arn: &str,
) -> Result<BTreeMap<String, String>, OpError> {
    let answer =
        cx.elbv2(region).describe_listener_attributes().listener_arn(arn).send().await.map_err(
            |error| classify(SERVICE, "DescribeListenerAttributes", region, RULES, error),
        )?;
    Ok(collect(answer.attributes().iter().map(|it| (it.key(), it.value()))))
}

fn snapshot(
    target: &Target,
    found: &types::Listener,
    more: Vec<String>,
    tags: &BTreeMap<String, String>,
    settings: &BTreeMap<String, String>,
) -> Snapshot {
    let mut props = Map::new();
    let mut put = |name: &str, value: Value| {
        if !value.is_null() {
            props.insert(name.to_owned(), value);
        }
    };
    put("load_balancer", json!(found.load_balancer_arn()));
    put("port", json!(found.port()));
    put("protocol", json!(found.protocol().map(|it| it.as_str())));
    put("certificate", json!(found.certificates().first().and_then(|it| it.certificate_arn())));
    put("additional_certificates", json!(more));
    put("ssl_policy", json!(found.ssl_policy()));
    put("alpn_policy", json!(found.alpn_policy().first()));
    put("mutual_authentication", mutual(found));
    put("default_actions", action::list_from_sdk(found.default_actions()));
    put("tags", json!(tags));
    attributes::read(settings, &mut props);

    let arn = found.listener_arn().unwrap_or_default().to_owned();
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

fn mutual(found: &types::Listener) -> Value {
    let Some(mutual) = found.mutual_authentication() else { return Value::Null };
    match mutual.mode() {
        None | Some("off") => Value::Null,
        Some("verify") => json!({
            "mode": "verify",
            "trust_store": mutual.trust_store_arn(),
            "ignore_expiry": mutual.ignore_client_certificate_expiry().unwrap_or(false),
        }),
        Some(mode) => json!({ "mode": mode }),
    }
}
