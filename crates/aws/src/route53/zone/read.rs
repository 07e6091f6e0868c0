//! How a zone is.

use std::collections::BTreeMap;

use aws_sdk_route53::operation::create_hosted_zone::CreateHostedZoneOutput;
use aws_sdk_route53::operation::get_hosted_zone::GetHostedZoneOutput;
use aws_sdk_route53::types::{
    AcceleratedRecoveryStatus, ChangeStatus, HostedZone as Found, TagResourceType,
};
use bicoastal_model::{Addition, OpError, Ownership, Region, Snapshot, Status, Target, dns};
use serde_json::{Map, Value, json};

use super::{ZoneVpc, query_log, signing_io};
use crate::cx::{Cx, GLOBAL, Purpose};
use crate::ownership::ownership;
use crate::route53::record::{WireRecord, records_of, records_of_name};
use crate::route53::{bare, failed, pending, tags};

/// A zone by its id; `None` where there is none.
pub(in crate::route53) async fn read_zone(
    cx: &Cx,
    id: &str,
) -> Result<Option<GetHostedZoneOutput>, OpError> {
    match cx.route53(GLOBAL).get_hosted_zone().id(id).send().await {
        Ok(zone) => Ok(Some(zone)),
        Err(error) if error.as_service_error().is_some_and(|it| it.is_no_such_hosted_zone()) => {
            Ok(None)
        }
        Err(error) => Err(failed("GetHostedZone", error)),
    }
}

/// The zone of a target, by its id or else by its token.
pub(super) async fn read(cx: &Cx, target: &Target) -> Result<Option<Snapshot>, OpError> {
    let id = match &target.physical {
        Some(id) => bare(id).to_owned(),
        None => match found(cx, target).await? {
            Some(id) => id,
            None => return Ok(None),
        },
    };
    match read_zone(cx, &id).await? {
        Some(zone) => snapshot(cx, &zone, Some(target)).await,
        None => Ok(None),
    }
}

/// The id of the zone that this token made. Names are not unique: only the token tells.
///
/// Where a plan is made and there is none, a public zone of somebody else that has the name stands
/// in the way: of two, the registrar delegates to one, and records in the other are never seen.
async fn found(cx: &Cx, target: &Target) -> Result<Option<String>, OpError> {
    if target.token.is_empty() {
        return Ok(None);
    }
    let refresh = cx.purpose() == Purpose::Refresh;
    let zones = if refresh {
        cx.shared("route53 zones".to_owned(), all_zones(cx)).await?.to_vec()
    } else {
        zones_named(cx, target.text("name")).await?
    };
    let own = zones.iter().find(|zone| zone.caller_reference() == target.token);
    let name = dns::canonical(target.text("name"));
    let private = target.mentions("vpcs") || target.props["private"].as_bool() == Some(true);
    // Tokens begin with the stack's own: what it made before is not somebody else's.
    let stack = target.token.rsplitn(3, '-').last().unwrap_or_default();
    let namesake = || {
        zones.iter().filter(|_| refresh && !private).find(|zone| {
            dns::canonical(zone.name()) == name
                && !zone.caller_reference().starts_with(stack)
                && !zone.config().is_some_and(|config| config.private_zone())
        })
    };
    Ok(own.or_else(namesake).map(|zone| bare(zone.id()).to_owned()))
}

pub(in crate::route53) async fn all_zones(cx: &Cx) -> Result<Vec<Found>, OpError> {
    cx.route53(GLOBAL)
        .list_hosted_zones()
        .into_paginator()
        .items()
        .send()
        .collect::<Result<Vec<_>, _>>()
        .await
        .map_err(|error| failed("ListHostedZones", error))
}

/// Every zone of exactly this name.
pub(super) async fn zones_named(cx: &Cx, name: &str) -> Result<Vec<Found>, OpError> {
    let wanted = dns::canonical(name);
    let mut found = Vec::new();
    let (mut from, mut after) = (wanted.clone(), None);
    loop {
        let page = cx
            .route53(GLOBAL)
            .list_hosted_zones_by_name()
            .dns_name(from)
            .set_hosted_zone_id(after)
            .send()
            .await
            .map_err(|error| failed("ListHostedZonesByName", error))?;
        let zones = page.hosted_zones();
        let ours = zones.iter().filter(|zone| dns::canonical(zone.name()) == wanted);
        found.extend(ours.cloned());
        match page.next_dns_name() {
            Some(next) if page.is_truncated() && dns::canonical(next) == wanted => {
                from = next.to_owned();
                after = page.next_hosted_zone_id().map(str::to_owned);
            }
            _ => return Ok(found),
        }
    }
}

/// A zone as data. Without a target (a look-up) tags and records are left out.
pub(super) async fn snapshot(
    cx: &Cx,
    read: &GetHostedZoneOutput,
    target: Option<&Target>,
) -> Result<Option<Snapshot>, OpError> {
    let Some(zone) = read.hosted_zone() else { return Ok(None) };
    let id = bare(zone.id()).to_owned();
    let name = super::bare_name(zone.name());
    let private = zone.config().is_some_and(|config| config.private_zone());
    let mut props = Map::new();
    props.insert("name".into(), json!(name));
    props.insert("private".into(), json!(private));
    let comment = zone.config().and_then(|config| config.comment()).unwrap_or_default();
    props.insert("comment".into(), json!(comment));
    if let Some(set) = read.delegation_set().and_then(|set| set.id()) {
        props.insert("delegation_set".into(), json!(bare(set)));
    }
    if private {
        let mut vpcs: Vec<Value> = read.vpcs().iter().filter_map(vpc).collect();
        vpcs.sort_by_key(ToString::to_string);
        props.insert("vpcs".into(), Value::Array(vpcs));
    }
    let mut facts = BTreeMap::new();
    if let Some(target) = target.filter(|it| it.mentions("vpc_accounts"))
        && let Some(Value::Array(vpcs)) = props.get_mut("vpcs")
    {
        let authorized = authorized(cx, &id).await?;
        // Of another account's VPC both are to be done: it is associated, and the consent is taken
        // back. Only then is it there, so that what a killed run left is a difference.
        let is_half = |vpc: &Value| {
            let id = vpc["id"].as_str().unwrap_or_default();
            authorized.iter().any(|it| it == id) && target.props["vpc_accounts"].get(id).is_some()
        };
        let half: Vec<Value> = vpcs.extract_if(.., |vpc| is_half(vpc)).collect();
        facts.insert(AUTHORIZED.to_owned(), json!(authorized));
        facts.insert(STILL_AUTHORIZED.to_owned(), Value::Array(half));
    }
    let records = zone.resource_record_set_count().unwrap_or(0);
    facts.insert("records".to_owned(), json!(records));
    let recovery = recovery(zone, &mut props, &mut facts);
    let name_servers = name_servers(cx, read, &id, &name, private).await?;
    let mut status = recovery.map_or(Status::Ready, |word| Status::Busy(word.to_owned()));
    let mut outputs = outputs(&id, &name, &name_servers);
    // Each is a call of its own, and most zones have neither.
    if let Some(target) = target.filter(|_| !private) {
        if target.mentions("dnssec_signing") || target.mentions("key_signing_keys") {
            let signing = signing_io::read(cx, &id).await?;
            let doing = signing_io::put(&signing, &mut props, &mut outputs);
            if status == Status::Ready {
                status = doing;
            }
        }
        if target.mentions("query_log_group")
            && let Some(config) = query_log::read(cx, &id).await?
        {
            let group = query_log::canonical(config.cloud_watch_logs_log_group_arn());
            props.insert("query_log_group".into(), json!(group));
            facts.insert(QUERY_LOG.to_owned(), json!(config.id()));
        }
    }
    let mut owned = Ownership::Unmarked;
    let mut children = Vec::new();
    if let Some(target) = target {
        // Of a zone whose id is known it is likely that it is there.
        let asked = cx.asked().iter().map(|id| bare(id));
        let together: Vec<&str> = asked.filter(|id| is_zone_id(id)).collect();
        let tags = tags::read(cx, TagResourceType::Hostedzone, &id, &together).await?;
        owned = match zone.linked_service().and_then(|it| it.service_principal()) {
            Some(service) => Ownership::Foreign(format!("made and kept by {service}")),
            None if zone.caller_reference() == target.token => Ownership::Ours,
            None => ownership(target, &tags),
        };
        props.insert("tags".into(), json!(tags));
        match cx.purpose() {
            Purpose::Refresh => children = inside(cx, &id, &name).await?,
            Purpose::Turn => {
                let is_busy = matches!(status, Status::Busy(_));
                if !is_busy && pending::is_pending(cx, &id).await? {
                    status = Status::Busy("PENDING".to_owned());
                }
            }
        }
    }
    Ok(Some(Snapshot {
        physical: id,
        props: Value::Object(props),
        outputs,
        status,
        ownership: owned,
        children,
        facts,
    }))
}

/// The fact that says which query logging configuration a zone has.
pub(super) const QUERY_LOG: &str = "query_log";

/// The fact that says which VPCs of other accounts may be associated with a zone now.
pub(super) const AUTHORIZED: &str = "authorized_vpcs";

/// The fact that says which of them are associated with it already.
pub(super) const STILL_AUTHORIZED: &str = "still_authorized_vpcs";

/// The ids of the VPCs that other accounts may associate with a zone.
async fn authorized(cx: &Cx, id: &str) -> Result<Vec<String>, OpError> {
    let (mut found, mut next) = (Vec::new(), None);
    loop {
        let page = cx
            .route53(GLOBAL)
            .list_vpc_association_authorizations()
            .hosted_zone_id(id)
            .set_next_token(next)
            .send()
            .await
            .map_err(|error| failed("ListVPCAssociationAuthorizations", error))?;
        found.extend(page.vpcs().iter().filter_map(|vpc| vpc.vpc_id().map(str::to_owned)));
        next = page.next_token().map(str::to_owned);
        if next.is_none() {
            return Ok(found);
        }
    }
}

/// Whether this is the form of a zone's id: nothing else that is read has it.
fn is_zone_id(id: &str) -> bool {
    id.starts_with('Z') && id.bytes().all(|it| it.is_ascii_uppercase() || it.is_ascii_digit())
}

/// A public zone that was just made: it has no tags yet, and its own records are on their way to
/// the name servers. `None` for a private one, whose name servers are in a record of its own.
pub(super) fn told(target: &Target, made: &CreateHostedZoneOutput) -> Option<Snapshot> {
    let zone = made.hosted_zone()?;
    let set = made.delegation_set()?;
    if zone.config().is_some_and(|config| config.private_zone()) {
        return None;
    }
    let (id, name) = (bare(zone.id()), super::bare_name(zone.name()));
    let mut props = Map::new();
    props.insert("name".into(), json!(name));
    props.insert("private".into(), json!(false));
    let comment = zone.config().and_then(|config| config.comment()).unwrap_or_default();
    props.insert("comment".into(), json!(comment));
    if let Some(set) = set.id() {
        props.insert("delegation_set".into(), json!(bare(set)));
    }
    props.insert("tags".into(), json!({}));
    let mut facts = BTreeMap::new();
    facts.insert("records".to_owned(), json!(zone.resource_record_set_count().unwrap_or(2)));
    recovery(zone, &mut props, &mut facts);
    let pending = made.change_info().is_some_and(|it| it.status() == &ChangeStatus::Pending);
    let token = zone.caller_reference() == target.token;
    Some(Snapshot {
        physical: id.to_owned(),
        props: Value::Object(props),
        outputs: outputs(id, &name, set.name_servers()),
        status: if pending { Status::Busy("PENDING".to_owned()) } else { Status::Ready },
        ownership: if token { Ownership::Ours } else { Ownership::Unmarked },
        children: Vec::new(),
        facts,
    })
}

/// Looks again at one that is there: a change of it is on its way to the name servers.
pub(super) async fn poll(
    cx: &Cx,
    target: &Target,
    known: &Snapshot,
) -> Result<Option<Snapshot>, OpError> {
    if known.status != Status::Busy("PENDING".to_owned()) {
        return read(cx, target).await;
    }
    let mut seen = known.clone();
    if !pending::is_pending(cx, &known.physical).await? {
        seen.status = Status::Ready;
    }
    Ok(Some(seen))
}

fn outputs(id: &str, name: &str, name_servers: &[String]) -> BTreeMap<String, Value> {
    BTreeMap::from([
        ("id".to_owned(), json!(id)),
        ("name".to_owned(), json!(name)),
        ("arn".to_owned(), json!(format!("arn:aws:route53:::hostedzone/{id}"))),
        ("name_servers".to_owned(), json!(name_servers)),
        ("delegation_signers".to_owned(), json!([])),
    ])
}

fn vpc(vpc: &aws_sdk_route53::types::Vpc) -> Option<Value> {
    let region: Region = vpc.vpc_region()?.as_str().parse().ok()?;
    Some(json!(ZoneVpc::new(region, vpc.vpc_id()?)))
}

/// Accelerated recovery as a property; AWS's word where it is under way.
fn recovery<'z>(
    zone: &'z Found,
    props: &mut Map<String, Value>,
    facts: &mut BTreeMap<String, Value>,
) -> Option<&'z str> {
    use AcceleratedRecoveryStatus as S;
    let features = zone.features()?;
    let status = features.accelerated_recovery_status()?;
    let on =
        matches!(status, S::Enabled | S::Enabling | S::EnablingHostedZoneLocked | S::DisableFailed);
    props.insert("accelerated_recovery".into(), json!(on));
    if matches!(status, S::EnableFailed | S::DisableFailed) {
        let reason = features.failure_reasons().and_then(|reasons| reasons.accelerated_recovery());
        facts.insert(
            "recovery_failed".into(),
            json!(format!("{}: {}", status.as_str(), reason.unwrap_or("no reason given"))),
        );
    }
    matches!(
        status,
        S::Enabling | S::EnablingHostedZoneLocked | S::Disabling | S::DisablingHostedZoneLocked
    )
    .then_some(status.as_str())
}

/// Where the zone is served: from the delegation set, or from a private zone's own NS record.
async fn name_servers(
    cx: &Cx,
    read: &GetHostedZoneOutput,
    id: &str,
    name: &str,
    private: bool,
) -> Result<Vec<String>, OpError> {
    if let Some(set) = read.delegation_set() {
        return Ok(set.name_servers().to_vec());
    }
    if !private {
        return Ok(Vec::new());
    }
    let apex = records_of_name(cx, id, &dns::canonical(name)).await?;
    Ok(apex
        .iter()
        .find(|record| record.record_type == "NS")
        .map(|record| record.values.iter().map(|it| it.trim_end_matches('.').to_owned()).collect())
        .unwrap_or_default())
}

/// The records of a zone besides its own NS and SOA.
async fn inside(cx: &Cx, id: &str, name: &str) -> Result<Vec<Addition>, OpError> {
    let apex = dns::canonical(name);
    let records = records_of(cx, id).await?;
    Ok(records
        .iter()
        .filter(|record| !record.is_apex_default(&apex))
        .map(|record: &WireRecord| Addition {
            kind: "Route53:RecordSet".to_owned(),
            identity: record.identity(id),
            label: record.label(),
        })
        .collect())
}
