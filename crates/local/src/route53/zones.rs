//! Operations on hosted zones.

use std::collections::BTreeMap;

use super::dnssec::Dnssec;
use super::zone::{Recovery, Vpc, Zone, find, find_mut};
use super::{
    Page, answer, answer_status, changes, delegation, document, faults, names, routes, text, vpcs,
};
use crate::call::Call;
use crate::reply::{Fault, Reply};
use crate::world::World;
use crate::xml::Element;

/// `CreateHostedZone`.
pub(super) fn create(world: &mut World, call: &Call) -> Result<Reply, Fault> {
    let request = document(call)?;
    let given = request.text_of("Name").ok_or_else(|| faults::missing("name"))?;
    let reference = request.text_of("CallerReference").unwrap_or_default();
    if reference.is_empty() || reference.len() > 128 {
        return Err(faults::constraint(
            reference,
            "callerReference",
            "Member must have length between 1 and 128",
        ));
    }
    let vpc = request.get("VPC").map(vpcs::parse).transpose()?;
    let config = request.get("HostedZoneConfig");
    let comment = comment(config)?;
    if config.and_then(|config| config.text_of("PrivateZone")) == Some("true") && vpc.is_none() {
        return Err(faults::invalid_input(
            "When you're creating a private hosted zone (when you specify true for PrivateZone), you must also specify values for VPCId and VPCRegion.",
        ));
    }
    let name = zone_name(given, vpc.is_some())?;
    let set_id = request.text_of("DelegationSetId").map(routes::bare).filter(|id| !id.is_empty());
    if set_id.is_some() && vpc.is_some() {
        return Err(faults::invalid_input(
            "A reusable delegation set cannot be used with a private hosted zone.",
        ));
    }
    let account = world.route53.account_mut(&call.account);
    if account.zones.values().any(|zone| zone.caller_reference == reference) {
        return Err(Fault::new(
            409,
            "HostedZoneAlreadyExists",
            "A hosted zone has already been created with the specified caller reference.",
        ));
    }
    if account.zones.len() >= super::limits::ZONES {
        return Err(Fault::new(
            400,
            "TooManyHostedZones",
            "Limits Exceeded: MAX_HOSTED_ZONES_BY_OWNER - Cannot create more hosted zones.",
        ));
    }
    let set = match &set_id {
        None => None,
        Some(id) => Some(account.delegation_sets.get(id).cloned().ok_or_else(|| {
            Fault::new(400, "NoSuchDelegationSet", format!("No delegation set found with ID: {id}"))
        })?),
    };
    conflicts(account.zones.values(), &name, set_id.as_deref(), vpc.as_ref())?;

    let id = format!("Z{}", world.fresh_id(20));
    let change = changes::submit(world, &call.account, None);
    let name_servers = match (&set, vpc.is_some()) {
        (Some(set), _) => set.name_servers.clone(),
        (None, false) => delegation::fresh_name_servers(&world.fresh_hex()),
        (None, true) => delegation::PRIVATE_NAME_SERVERS.map(str::to_owned).to_vec(),
    };
    let records = delegation::apex_records(&name, &name_servers);
    let now = world.now_ms;
    let zone = Zone {
        id: id.clone(),
        name,
        caller_reference: reference.to_owned(),
        comment,
        private: vpc.is_some(),
        delegation_set: set_id,
        name_servers,
        vpcs: vpc.clone().into_iter().collect(),
        authorized: Vec::new(),
        recovery: None,
        records: records.into_iter().map(|record| (record.key(), record)).collect(),
        served: Some(BTreeMap::new()),
        in_sync_at_ms: change.in_sync_at_ms,
        busy_until_ms: now,
        visible_at_ms: now + world.duration_ms("route53.zone.visible", 0),
        protections: BTreeMap::new(),
        dnssec: Dnssec::default(),
        linked_service: None,
    };
    let mut fields = vec![zone.element(now), change.element(now)];
    match &vpc {
        None => fields
            .push(zone.delegation_element(set.as_ref().map(|set| set.caller_reference.as_str()))),
        Some(vpc) => fields.push(vpc.element()),
    }
    world.route53.account_mut(&call.account).zones.insert(id.clone(), zone);
    Ok(answer_status(201, call, fields)
        .header("location", format!("https://route53.amazonaws.com/2013-04-01/hostedzone/{id}")))
}

/// Two public zones of a family share no name servers; one VPC sees one private zone of a name.
fn conflicts<'a>(
    mut zones: impl Iterator<Item = &'a Zone>,
    name: &str,
    delegation_set: Option<&str>,
    vpc: Option<&Vpc>,
) -> Result<(), Fault> {
    let conflict = zones.any(|zone| match vpc {
        Some(vpc) => zone.private && zone.name == name && zone.vpcs.contains(vpc),
        None => {
            delegation_set.is_some()
                && zone.delegation_set.as_deref() == delegation_set
                && (names::is_inside(name, &zone.name) || names::is_inside(&zone.name, name))
        }
    });
    if !conflict {
        return Ok(());
    }
    Err(match vpc {
        Some(vpc) => vpcs::conflicting(vpc, name),
        None => Fault::new(
            400,
            "ConflictingDomainExists",
            format!("A hosted zone that conflicts with {name} already uses the delegation set"),
        ),
    })
}

fn zone_name(given: &str, private: bool) -> Result<String, Fault> {
    let invalid = |message: String| Fault::new(400, "InvalidDomainName", message);
    let name = names::canonical(given).map_err(|fault| invalid(fault.to_string()))?;
    if name.starts_with("\\052.") {
        return Err(invalid(format!("{given}: a hosted zone cannot be a wildcard")));
    }
    // In a private zone a single label ("corp") is a name like any other.
    if !private && name.matches('.').count() < 2 {
        return Err(invalid(format!("{given} is reserved by AWS!")));
    }
    Ok(name)
}

fn comment(config: Option<&Element>) -> Result<String, Fault> {
    let comment = config.and_then(|config| config.text_of("Comment")).unwrap_or_default();
    if comment.chars().count() > 256 {
        return Err(faults::constraint(
            comment,
            "comment",
            "Member must have length less than or equal to 256",
        ));
    }
    Ok(comment.to_owned())
}

/// `GetHostedZone`.
pub(super) fn get(world: &World, call: &Call, id: &str) -> Result<Reply, Fault> {
    let zone = find(world, &call.account, id)?;
    let mut fields = vec![zone.element(world.now_ms)];
    if zone.private {
        fields.push(zone.vpcs_element());
    } else {
        let reference = world
            .route53
            .account(&call.account)
            .zip(zone.delegation_set.as_ref())
            .and_then(|(account, id)| account.delegation_sets.get(id))
            .map(|set| set.caller_reference.as_str());
        fields.push(zone.delegation_element(reference));
    }
    Ok(answer(call, fields))
}

/// `DeleteHostedZone`.
pub(super) fn delete(world: &mut World, call: &Call, id: &str) -> Result<Reply, Fault> {
    let now = world.now_ms;
    let zone = find(world, &call.account, id)?;
    zone.editable(now)?;
    if zone.extra_records() > 0 || !zone.protections.is_empty() {
        return Err(Fault::new(
            400,
            "HostedZoneNotEmpty",
            "The specified hosted zone contains non-required resource record sets and so cannot be deleted.",
        ));
    }
    if !zone.dnssec.keys.is_empty() {
        return Err(Fault::new(
            400,
            "HostedZoneNotEmpty",
            "The specified hosted zone contains DNSSEC Key Signing Keys and so cannot be deleted.",
        ));
    }
    if zone.recovery.is_some_and(|recovery| recovery.status(now) != "DISABLED") {
        return Err(faults::invalid_input(
            "The specified hosted zone has accelerated recovery enabled and so cannot be deleted.",
        ));
    }
    let change = changes::submit(world, &call.account, None);
    let account = world.route53.account_mut(&call.account);
    account.zones.remove(id);
    account.tags.remove(&format!("hostedzone/{id}"));
    Ok(answer(call, [change.element(now)]))
}

/// `ListHostedZones`.
pub(super) fn list(world: &World, call: &Call) -> Result<Reply, Fault> {
    let request = &call.request;
    let marker = request.query("marker");
    let set = request.query("delegationsetid").map(routes::bare);
    let private_only = request.query("hostedzonetype") == Some("PrivateHostedZone");
    let account = world.route53.account(&call.account);
    if let Some(set) = &set
        && !account.is_some_and(|account| account.delegation_sets.contains_key(set))
    {
        return Err(Fault::new(
            400,
            "NoSuchDelegationSet",
            format!("No delegation set found with ID: {set}"),
        ));
    }
    let zones = account
        .into_iter()
        .flat_map(|account| account.zones.values())
        .filter(|zone| marker.is_none_or(|marker| zone.id.as_str() >= marker))
        .filter(|zone| set.is_none() || zone.delegation_set == set)
        .filter(|zone| !private_only || zone.private);
    let page = Page::cut(request, 100, zones)?;
    let mut fields = vec![zones_element(&page, world.now_ms)];
    fields.extend(marker.map(|marker| text("Marker", marker)));
    fields.push(text("IsTruncated", page.next.is_some()));
    fields.extend(page.next.map(|zone| text("NextMarker", &zone.id)));
    fields.push(text("MaxItems", page.max_items));
    Ok(answer(call, fields))
}

fn zones_element(page: &Page<&Zone>, now_ms: i64) -> Element {
    Element::new("HostedZones").children(page.items.iter().map(|zone| zone.element(now_ms)))
}

/// `ListHostedZonesByName`.
pub(super) fn list_by_name(world: &World, call: &Call) -> Result<Reply, Fault> {
    let request = &call.request;
    let given_name = request.query("dnsname").filter(|name| !name.is_empty());
    let given_id = request.query("hostedzoneid").map(routes::bare).filter(|id| !id.is_empty());
    if given_id.is_some() && given_name.is_none() {
        return Err(faults::invalid_input(
            "The resource ID must be specified with a DNS name (dnsname).",
        ));
    }
    let start = match given_name {
        None => None,
        Some(name) => {
            let name = names::canonical(name)
                .map_err(|fault| Fault::new(400, "InvalidDomainName", fault.to_string()))?;
            Some((names::sort_key(&name), given_id.clone().unwrap_or_default()))
        }
    };
    let mut zones: Vec<((String, String), &Zone)> = world
        .route53
        .account(&call.account)
        .into_iter()
        .flat_map(|account| account.zones.values())
        .map(|zone| ((names::sort_key(&zone.name), zone.id.clone()), zone))
        .filter(|(key, _)| start.as_ref().is_none_or(|start| key >= start))
        .collect();
    zones.sort_by(|a, b| a.0.cmp(&b.0));
    let page = Page::cut(request, 100, zones.into_iter().map(|(_, zone)| zone))?;
    let mut fields = vec![zones_element(&page, world.now_ms)];
    fields.extend(given_name.map(|name| text("DNSName", name)));
    fields.extend(given_id.map(|id| text("HostedZoneId", id)));
    fields.push(text("IsTruncated", page.next.is_some()));
    if let Some(next) = page.next {
        fields.push(text("NextDNSName", &next.name));
        fields.push(text("NextHostedZoneId", &next.id));
    }
    fields.push(text("MaxItems", page.max_items));
    Ok(answer(call, fields))
}

/// `GetHostedZoneCount`.
pub(super) fn count(world: &World, call: &Call) -> Result<Reply, Fault> {
    let count = world.route53.account(&call.account).map_or(0, |account| account.zones.len());
    Ok(answer(call, [text("HostedZoneCount", count)]))
}

/// `UpdateHostedZoneComment`.
pub(super) fn update_comment(world: &mut World, call: &Call, id: &str) -> Result<Reply, Fault> {
    let request = document(call)?;
    let comment = comment(Some(&request))?;
    let now = world.now_ms;
    let zone = find_mut(world, &call.account, id)?;
    zone.editable(now)?;
    zone.comment = comment;
    Ok(answer(call, [zone.element(now)]))
}

/// `UpdateHostedZoneFeatures`.
pub(super) fn update_features(world: &mut World, call: &Call, id: &str) -> Result<Reply, Fault> {
    let request = document(call)?;
    let enable = request.text_of("EnableAcceleratedRecovery").map(|value| value == "true");
    let now = world.now_ms;
    let takes = world.duration_ms("route53.zone.features", 120_000);
    let zone = find_mut(world, &call.account, id)?;
    zone.editable(now)?;
    if zone.private {
        return Err(faults::invalid_input(
            "Accelerated recovery is not supported for private hosted zones.",
        ));
    }
    let enabled = zone.recovery.is_some_and(|recovery| recovery.enable);
    if let Some(enable) = enable
        && enable != enabled
    {
        zone.recovery =
            Some(Recovery { enable, locked_at_ms: now + takes / 2, done_at_ms: now + takes });
    }
    Ok(answer(call, []))
}
