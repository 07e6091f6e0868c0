//! How a load balancer looks.

use std::collections::BTreeMap;

use aws_sdk_elasticloadbalancingv2::types;
use bicoastal_model::{Addition, OpError, Ownership, Region, Snapshot, Status, Target};
use futures_util::future::try_join3;
use serde_json::{Map, Value, json};

use super::super::attributes;
use super::super::read::{shared_listeners, shared_load_balancers, tags};
use super::super::{RULES, SERVICE, region};
use super::{ATTRIBUTES, LOGS, PRIVATE_LINK};
use crate::classify::classify;
use crate::cx::{Cx, Purpose};
use crate::ownership::ownership;

pub(super) async fn read(cx: &Cx, target: &Target) -> Result<Option<Snapshot>, OpError> {
    let region = region(target);
    let Some(found) = find(cx, target, region).await? else { return Ok(None) };
    let arn = found.load_balancer_arn().unwrap_or_default().to_owned();
    let attributes = async {
        match reads_attributes(target) || cx.purpose() == Purpose::Turn {
            true => read_attributes(cx, region, &arn).await,
            false => Ok(BTreeMap::new()),
        }
    };
    let children = async {
        match cx.purpose() {
            Purpose::Refresh => children(cx, region, &arn).await,
            Purpose::Turn => Ok(Vec::new()),
        }
    };
    let (tags, attributes, children) =
        try_join3(tags(cx, region, &arn), attributes, children).await?;
    let ownership = ownership(target, &tags);
    let mut seen = snapshot(&found, &tags, &attributes, ownership);
    seen.children = children;
    Ok(Some(seen))
}

/// Looks again at one that is being provisioned.
pub(super) async fn poll(
    cx: &Cx,
    target: &Target,
    known: &Snapshot,
) -> Result<Option<Snapshot>, OpError> {
    let region = region(target);
    let Some(found) = point(cx, region, Some(&known.physical), None).await? else {
        return Ok(None);
    };
    let tags = serde_json::from_value(known.props["tags"].clone()).unwrap_or_default();
    let mut seen = snapshot(&found, &tags, &BTreeMap::new(), known.ownership.clone());
    if let (Some(props), Some(known)) = (seen.props.as_object_mut(), known.props.as_object()) {
        // Attributes don't change by themselves.
        for (name, value) in known {
            props.entry(name.clone()).or_insert_with(|| value.clone());
        }
    }
    Ok(Some(seen))
}

/// One that was just made, with these tags; `None` where its attributes matter, which AWS does not
/// tell with it.
pub(super) fn told(
    target: &Target,
    made: &types::LoadBalancer,
    sent: &BTreeMap<String, String>,
) -> Option<Snapshot> {
    let whose = ownership(target, sent);
    (!reads_attributes(target)).then(|| snapshot(made, sent, &BTreeMap::new(), whose))
}

fn reads_attributes(target: &Target) -> bool {
    attributes::any_mentioned(ATTRIBUTES, target) || LOGS.iter().any(|logs| target.mentions(logs))
}

/// By its ARN, else by its name.
async fn find(
    cx: &Cx,
    target: &Target,
    region: Region,
) -> Result<Option<types::LoadBalancer>, OpError> {
    let name = target.text("name");
    if cx.purpose() == Purpose::Refresh {
        let all = shared_load_balancers(cx, region).await?;
        let by_arn = all.iter().find(|it| it.load_balancer_arn() == target.physical.as_deref());
        let found = by_arn
            .filter(|_| target.physical.is_some())
            .or_else(|| all.iter().find(|it| it.load_balancer_name() == Some(name)));
        return Ok(found.cloned());
    }
    if let Some(arn) = &target.physical
        && let Some(found) = point(cx, region, Some(arn), None).await?
    {
        return Ok(Some(found));
    }
    match name {
        "" => Ok(None),
        name => point(cx, region, None, Some(name)).await,
    }
}

async fn point(
    cx: &Cx,
    region: Region,
    arn: Option<&str>,
    name: Option<&str>,
) -> Result<Option<types::LoadBalancer>, OpError> {
    let answer = cx
        .elbv2(region)
        .describe_load_balancers()
        .set_load_balancer_arns(arn.map(|arn| vec![arn.to_owned()]))
        .set_names(name.map(|name| vec![name.to_owned()]))
        .send()
        .await
        .map_err(|error| classify(SERVICE, "DescribeLoadBalancers", region, RULES, error));
    match answer {
        Ok(answer) => Ok(answer.load_balancers.unwrap_or_default().into_iter().next()),
        Err(error) if error.code() == Some("LoadBalancerNotFound") => Ok(None),
        Err(error) => Err(error),
    }
}

async fn read_attributes(
    cx: &Cx,
    region: Region,
    arn: &str,
) -> Result<BTreeMap<String, String>, OpError> {
    let answer = cx
        .elbv2(region)
        .describe_load_balancer_attributes()
        .load_balancer_arn(arn)
        .send()
        .await
        .map_err(|error| {
            classify(SERVICE, "DescribeLoadBalancerAttributes", region, RULES, error)
        })?;
    Ok(attributes::collect(answer.attributes().iter().map(|it| (it.key(), it.value()))))
}

/// The listeners, ours and others'.
async fn children(cx: &Cx, region: Region, arn: &str) -> Result<Vec<Addition>, OpError> {
    let listeners = shared_listeners(cx, region, arn).await?;
    let addition = |listener: &types::Listener| {
        let protocol = listener.protocol().map_or("", types::ProtocolEnum::as_str);
        Addition {
            kind: "ELBv2:Listener".to_owned(),
            identity: json!({ "load_balancer": arn, "port": listener.port() }),
            label: format!("listener {protocol} {}", listener.port().unwrap_or_default()),
        }
    };
    Ok(listeners.iter().map(addition).collect())
}

pub(super) fn snapshot(
    found: &types::LoadBalancer,
    tags: &BTreeMap<String, String>,
    attributes: &BTreeMap<String, String>,
    ownership: Ownership,
) -> Snapshot {
    let mut props = Map::new();
    let mut put = |name: &str, value: Value| {
        if !value.is_null() {
            props.insert(name.to_owned(), value);
        }
    };
    put("name", json!(found.load_balancer_name()));
    put("load_balancer_type", json!(found.r#type().map(|it| it.as_str())));
    put("scheme", json!(found.scheme().map(|it| it.as_str())));
    put("ip_address_type", json!(found.ip_address_type().map(|it| it.as_str())));
    put("security_groups", json!(found.security_groups()));
    let enforced = found.enforce_security_group_inbound_rules_on_private_link_traffic();
    put(PRIVATE_LINK, json!(enforced.map(|word| word == "on")));
    let zones = found.availability_zones();
    put("subnets", zones.iter().map(|zone| json!(zone.subnet_id())).collect());
    put("subnet_mappings", zones.iter().map(mapping).collect());
    put("tags", json!(tags));
    for logs in LOGS {
        let of = |what: &str| attributes.get(&format!("{logs}.s3.{what}")).map(String::as_str);
        if of("enabled") == Some("true") {
            put(logs, json!({ "bucket": of("bucket"), "prefix": of("prefix").unwrap_or("") }));
        }
    }
    attributes::read(ATTRIBUTES, attributes, &mut props);

    let text = |text: Option<&str>| json!(text.unwrap_or_default());
    let arn = found.load_balancer_arn().unwrap_or_default().to_owned();
    let state = found.state();
    let reason = || state.and_then(|it| it.reason()).unwrap_or("no reason given").to_owned();
    use types::LoadBalancerStateEnum as State;
    let (status, state_word) = match state.and_then(|it| it.code()) {
        Some(code @ State::Provisioning) => (Status::Busy(code.as_str().to_owned()), code.as_str()),
        Some(code @ State::Failed) => (Status::Failed(reason()), code.as_str()),
        Some(code) => (Status::Ready, code.as_str()),
        None => (Status::Ready, ""),
    };
    Snapshot {
        outputs: BTreeMap::from([
            ("arn".to_owned(), json!(arn)),
            ("name".to_owned(), text(found.load_balancer_name())),
            ("dns_name".to_owned(), text(found.dns_name())),
            ("canonical_hosted_zone_id".to_owned(), text(found.canonical_hosted_zone_id())),
            ("vpc_id".to_owned(), text(found.vpc_id())),
        ]),
        physical: arn,
        props: Value::Object(props),
        status,
        ownership,
        children: Vec::new(),
        facts: BTreeMap::from([("state".to_owned(), json!(state_word))]),
    }
}

fn mapping(zone: &types::AvailabilityZone) -> Value {
    let mut mapping = json!({ "subnet": zone.subnet_id() });
    for address in zone.load_balancer_addresses() {
        if let Some(id) = address.allocation_id() {
            mapping["allocation_id"] = json!(id);
        }
        if let Some(ip) = address.private_ipv4_address() {
            mapping["private_ipv4_address"] = json!(ip);
        }
        if let Some(ip) = address.ipv6_address() {
            mapping["ipv6_address"] = json!(ip);
        }
    }
    mapping
}
