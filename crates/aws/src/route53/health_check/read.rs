//! How a health check is.

use std::collections::{BTreeMap, BTreeSet};

use aws_sdk_route53::types::{HealthCheck as Found, TagResourceType};
use bicoastal_model::{OpError, Ownership, Snapshot, Status, Target};
use serde_json::{Map, Value, json};

use crate::cx::{Cx, GLOBAL, Purpose};
use crate::ownership::ownership;
use crate::route53::{failed, tags};

/// The health check of a target, by its id or else by its token.
pub(super) async fn read(cx: &Cx, target: &Target) -> Result<Option<Snapshot>, OpError> {
    let mut together = Vec::new();
    let listed;
    let found = match (&target.physical, cx.purpose()) {
        (Some(id), Purpose::Turn) => one(cx, id).await?,
        (id, _) => {
            listed = cx.shared("route53 health checks".to_owned(), all(cx)).await?;
            let all = &listed;
            let there: BTreeSet<&str> = all.iter().map(|check| check.id()).collect();
            let asked = cx.asked().iter().map(String::as_str);
            together.extend(asked.filter(|id| there.contains(id)));
            let is_it = |check: &&Found| match id {
                Some(id) => check.id() == id,
                None => !target.token.is_empty() && check.caller_reference() == target.token,
            };
            all.iter().find(is_it).cloned()
        }
    };
    let Some(check) = found else { return Ok(None) };
    let tags = tags::read(cx, TagResourceType::Healthcheck, check.id(), &together).await?;
    Ok(Some(snapshot(target, &check, &tags)))
}

/// A health check with these tags.
pub(super) fn snapshot(
    target: &Target,
    check: &Found,
    tags: &BTreeMap<String, String>,
) -> Snapshot {
    let owned = match check.linked_service().and_then(|it| it.service_principal()) {
        Some(service) => Ownership::Foreign(format!("made and kept by {service}")),
        None if check.caller_reference() == target.token => Ownership::Ours,
        None => ownership(target, tags),
    };
    let mut props = props(check);
    props.insert("tags".into(), json!(tags));
    let id = check.id();
    Snapshot {
        physical: id.to_owned(),
        props: Value::Object(props),
        outputs: BTreeMap::from([
            ("id".to_owned(), json!(id)),
            ("arn".to_owned(), json!(format!("arn:aws:route53:::healthcheck/{id}"))),
        ]),
        status: Status::Ready,
        ownership: owned,
        children: Vec::new(),
        facts: BTreeMap::from([("version".to_owned(), json!(check.health_check_version()))]),
    }
}

async fn one(cx: &Cx, id: &str) -> Result<Option<Found>, OpError> {
    match cx.route53(GLOBAL).get_health_check().health_check_id(id).send().await {
        Ok(answer) => Ok(answer.health_check().cloned()),
        Err(error) if error.as_service_error().is_some_and(|it| it.is_no_such_health_check()) => {
            Ok(None)
        }
        Err(error) => Err(failed("GetHealthCheck", error)),
    }
}

pub(in crate::route53) async fn all(cx: &Cx) -> Result<Vec<Found>, OpError> {
    cx.route53(GLOBAL)
        .list_health_checks()
        .into_paginator()
        .items()
        .send()
        .collect::<Result<Vec<_>, _>>()
        .await
        .map_err(|error| failed("ListHealthChecks", error))
}

/// A check's configuration in the schema's shape. What a type does not have is left out.
fn props(check: &Found) -> Map<String, Value> {
    let mut props = Map::new();
    let Some(config) = check.health_check_config() else { return props };
    let check_type = config.r#type().as_str();
    let regions: Vec<&str> = config.regions().iter().map(|region| region.as_str()).collect();
    let alarm = config
        .alarm_identifier()
        .map(|alarm| json!({"region": alarm.region().as_str(), "name": alarm.name()}));
    let sni = config.enable_sni().filter(|_| check_type.starts_with("HTTPS"));
    let insufficient = config.insufficient_data_health_status().map(|it| it.as_str());
    let children = (check_type == "CALCULATED").then(|| config.child_health_checks());
    let found = [
        ("type", Some(json!(check_type))),
        ("by_address", Some(json!(config.ip_address().is_some()))),
        ("ip_address", config.ip_address().map(|it| json!(it))),
        ("host", config.fully_qualified_domain_name().map(|it| json!(it))),
        ("port", config.port().map(|it| json!(it))),
        ("path", config.resource_path().map(|it| json!(it))),
        ("search", config.search_string().map(|it| json!(it))),
        ("interval", config.request_interval().map(|it| json!(it))),
        ("failure_threshold", config.failure_threshold().map(|it| json!(it))),
        ("measure_latency", config.measure_latency().map(|it| json!(it))),
        ("enable_sni", sni.map(|it| json!(it))),
        ("checker_regions", (!regions.is_empty()).then(|| json!(regions))),
        ("children", children.map(|it| json!(it))),
        ("healthy_children", config.health_threshold().map(|it| json!(it))),
        ("alarm", alarm),
        ("insufficient_data", insufficient.map(|it| json!(it))),
        ("routing_control", config.routing_control_arn().map(|it| json!(it))),
        ("inverted", config.inverted().map(|it| json!(it))),
        ("disabled", config.disabled().map(|it| json!(it))),
    ];
    for (name, value) in found {
        if let Some(value) = value {
            props.insert(name.to_owned(), value);
        }
    }
    props
}
