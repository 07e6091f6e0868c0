//! How a target group looks.

use std::collections::BTreeMap;

use aws_sdk_elasticloadbalancingv2::types;
use bicoastal_model::{OpError, Region, Snapshot, Status, Target};
use futures_util::future::try_join;
use serde_json::{Map, Value, json};

use super::super::attributes;
use super::super::read::{shared_target_groups, tags};
use super::super::{RULES, SERVICE, region};
use super::ATTRIBUTES;
use crate::classify::classify;
use crate::cx::{Cx, Purpose};
use crate::ownership::ownership;

pub(super) async fn read(cx: &Cx, target: &Target) -> Result<Option<Snapshot>, OpError> {
    let region = region(target);
    let Some(found) = find(cx, target, region).await? else { return Ok(None) };
    let arn = found.target_group_arn().unwrap_or_default().to_owned();
    let attributes = async {
        match reads_attributes(target) || cx.purpose() == Purpose::Turn {
            true => read_attributes(cx, region, &arn).await,
            false => Ok(BTreeMap::new()),
        }
    };
    let (tags, attributes) = try_join(tags(cx, region, &arn), attributes).await?;
    Ok(Some(snapshot(target, &found, &tags, &attributes)))
}

/// One that was just made, with these tags; `None` where its attributes matter, which AWS does not
/// tell with it.
pub(super) fn told(
    target: &Target,
    made: &types::TargetGroup,
    sent: &BTreeMap<String, String>,
) -> Option<Snapshot> {
    (!reads_attributes(target)).then(|| snapshot(target, made, sent, &BTreeMap::new()))
}

fn reads_attributes(target: &Target) -> bool {
    attributes::any_mentioned(ATTRIBUTES, target)
        || target.mentions("stickiness")
        || target.mentions("target_failover")
}

/// By its ARN, else by its name.
async fn find(
    cx: &Cx,
    target: &Target,
    region: Region,
) -> Result<Option<types::TargetGroup>, OpError> {
    let name = target.text("name");
    if cx.purpose() == Purpose::Refresh {
        let all = shared_target_groups(cx, region).await?;
        let by_arn = all.iter().find(|it| it.target_group_arn() == target.physical.as_deref());
        let found = by_arn
            .filter(|_| target.physical.is_some())
            .or_else(|| all.iter().find(|it| it.target_group_name() == Some(name)));
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

pub(super) async fn point(
    cx: &Cx,
    region: Region,
    arn: Option<&str>,
    name: Option<&str>,
) -> Result<Option<types::TargetGroup>, OpError> {
    let answer = cx
        .elbv2(region)
        .describe_target_groups()
        .set_target_group_arns(arn.map(|arn| vec![arn.to_owned()]))
        .set_names(name.map(|name| vec![name.to_owned()]))
        .send()
        .await
        .map_err(|error| classify(SERVICE, "DescribeTargetGroups", region, RULES, error));
    match answer {
        Ok(answer) => Ok(answer.target_groups.unwrap_or_default().into_iter().next()),
        Err(error) if error.code() == Some("TargetGroupNotFound") => Ok(None),
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
        .describe_target_group_attributes()
        .target_group_arn(arn)
        .send()
        .await
        .map_err(|error| {
            classify(SERVICE, "DescribeTargetGroupAttributes", region, RULES, error)
        })?;
    Ok(attributes::collect(answer.attributes().iter().map(|it| (it.key(), it.value()))))
}

fn snapshot(
    target: &Target,
    found: &types::TargetGroup,
    tags: &BTreeMap<String, String>,
    attributes: &BTreeMap<String, String>,
) -> Snapshot {
    let mut props = Map::new();
    let mut put = |name: &str, value: Value| {
        if !value.is_null() {
            props.insert(name.to_owned(), value);
        }
    };
    put("name", json!(found.target_group_name()));
    put("target_type", json!(found.target_type().map(|it| it.as_str())));
    put("protocol", json!(found.protocol().map(|it| it.as_str())));
    put("protocol_version", json!(found.protocol_version()));
    put("port", json!(found.port()));
    put("vpc", json!(found.vpc_id()));
    put("ip_address_type", json!(found.ip_address_type().map(|it| it.as_str())));
    put("health_check", health_check(found));
    put("stickiness", stickiness(attributes));
    put("target_failover", json!(attributes.get("target_failover.on_unhealthy")));
    put("tags", json!(tags));
    attributes::read(ATTRIBUTES, attributes, &mut props);

    let arn = found.target_group_arn().unwrap_or_default().to_owned();
    let full_name = arn.splitn(6, ':').nth(5).unwrap_or_default().to_owned();
    Snapshot {
        outputs: BTreeMap::from([
            ("arn".to_owned(), json!(arn)),
            ("name".to_owned(), json!(found.target_group_name())),
            ("full_name".to_owned(), json!(full_name)),
        ]),
        physical: arn,
        props: Value::Object(props),
        status: Status::Ready,
        ownership: ownership(target, tags),
        children: Vec::new(),
        facts: BTreeMap::new(),
    }
}

fn health_check(found: &types::TargetGroup) -> Value {
    let matcher = found.matcher();
    let codes = matcher.and_then(|it| it.http_code().or(it.grpc_code()));
    let mut check = json!({
        "enabled": found.health_check_enabled(),
        "protocol": found.health_check_protocol().map(|it| it.as_str()),
        "port": found.health_check_port(),
        "path": found.health_check_path(),
        "matcher": codes,
        "interval": found.health_check_interval_seconds(),
        "timeout": found.health_check_timeout_seconds(),
        "healthy_threshold": found.healthy_threshold_count(),
        "unhealthy_threshold": found.unhealthy_threshold_count(),
    });
    if let Some(fields) = check.as_object_mut() {
        fields.retain(|_, value| !value.is_null());
    }
    check
}

fn stickiness(attributes: &BTreeMap<String, String>) -> Value {
    let of = |key: &str| attributes.get(&format!("stickiness.{key}")).map(String::as_str);
    if of("enabled") != Some("true") {
        return Value::Null;
    }
    let by = of("type").unwrap_or_default();
    let mut stickiness = json!({ "by": by });
    let seconds = of(&format!("{by}.duration_seconds"));
    if let Some(seconds) = seconds.and_then(|text| text.parse::<i64>().ok()) {
        stickiness["seconds"] = json!(seconds);
    }
    if by == "app_cookie" {
        stickiness["cookie_name"] = json!(of("app_cookie.cookie_name"));
    }
    stickiness
}
