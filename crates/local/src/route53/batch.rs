//! `ChangeResourceRecordSets`: all of a batch or none of it.

use std::collections::{BTreeMap, BTreeSet};

use super::record::{CLOUDFRONT_ZONE, Policy, RecordSet};
use super::shape::{self, Action, Change};
use super::zone::{Zone, find, find_mut};
use super::{answer, changes, document, faults, geo, limits, names, throttle, values};
use crate::call::Call;
use crate::reply::{Fault, Reply};
use crate::world::World;

/// `ResourceRecord` elements in a batch; an alias counts as one, an `UPSERT` twice.
pub const MAX_ELEMENTS: usize = 1_000;
/// Characters in all values of a batch; an `UPSERT` counts twice.
pub const MAX_CHARACTERS: usize = 32_000;

type Records = BTreeMap<String, RecordSet>;

/// Answers the call.
pub(super) fn change(world: &mut World, call: &Call, id: &str) -> Result<Reply, Fault> {
    let request = document(call)?;
    let changes = shape::changes(&request)?;
    let now = world.now_ms;
    let zone = find(world, &call.account, id)?;
    if now < zone.visible_at_ms {
        return Err(faults::no_such_zone(id));
    }
    zone.editable(now)?;
    throttle::changes(world, call, changes.len())?;
    caps(&changes)?;
    let account = world.route53.account_mut(&call.account);
    for change in changes.iter().filter(|change| change.action != Action::Delete) {
        if let Some(check) = &change.record.health_check_id
            && !account.health_checks.contains_key(check)
        {
            return Err(faults::no_such_health_check(check));
        }
        if let Policy::Cidr(collection, location) = &change.record.policy {
            let known = account.cidr_collections.get(collection);
            if !known.is_some_and(|known| location == "*" || known.blocks.contains_key(location)) {
                return Err(faults::invalid_batch(&[format!(
                    "The CIDR location {location} of the collection {collection} does not exist"
                )]));
            }
        }
    }
    let other_zones = account.zones.keys().filter(|zone| *zone != id).cloned().collect();
    let zone = account.zones.get(id).ok_or_else(|| faults::no_such_zone(id))?;
    let records =
        apply(zone, &other_zones, &changes).map_err(|messages| faults::invalid_batch(&messages))?;

    let comment =
        request.get("ChangeBatch").and_then(|batch| batch.text_of("Comment")).map(str::to_owned);
    let busy = world.duration_ms("route53.zone.busy", 0);
    let change = changes::submit(world, &call.account, comment);
    let zone = find_mut(world, &call.account, id)?;
    zone.replace_records(records, now, change.in_sync_at_ms);
    zone.busy_until_ms = now + busy;
    Ok(answer(call, [change.element(now)]))
}

fn caps(changes: &[Change]) -> Result<(), Fault> {
    let (mut elements, mut characters) = (0, 0);
    for change in changes {
        let times = if change.action == Action::Upsert { 2 } else { 1 };
        let values = &change.record.values;
        elements += times * values.len().max(1);
        characters += times * values.iter().map(|value| value.chars().count()).sum::<usize>();
    }
    if elements > MAX_ELEMENTS {
        return Err(faults::invalid_batch(&[format!(
            "Number of records limit of {MAX_ELEMENTS} exceeded."
        )]));
    }
    if characters > MAX_CHARACTERS {
        return Err(faults::invalid_batch(&[format!(
            "Number of characters limit of {MAX_CHARACTERS} exceeded."
        )]));
    }
    Ok(())
}

/// The zone's records after the batch, or a message for each change that cannot be.
fn apply(
    zone: &Zone,
    other_zones: &BTreeSet<String>,
    changes: &[Change],
) -> Result<Records, Vec<String>> {
    let mut messages = twice(changes);
    if !messages.is_empty() {
        return Err(messages);
    }
    let mut records = zone.records.clone();
    for change in changes {
        let record = &change.record;
        let protection = format!("{} {}", record.name, record.record_type);
        if let Some(comment) = zone.protections.get(&protection) {
            messages.push(format!(
                "The resource record set {} is protected: {comment}",
                record.shown()
            ));
            continue;
        }
        let key = record.key();
        let refusal = match change.action {
            Action::Delete => match records.get(&key) {
                None => Some("but it was not found"),
                Some(present) if !present.matches(record) => {
                    Some("but the values provided do not match the current values")
                }
                Some(_) => None,
            }
            .map(|why| format!("Tried to delete resource record set {} {why}", record.shown())),
            Action::Create if records.contains_key(&key) => Some(format!(
                "Tried to create resource record set {} but it already exists",
                record.shown()
            )),
            Action::Create | Action::Upsert => inadmissible(zone, &records, record),
        };
        match (refusal, change.action) {
            (Some(message), _) => messages.push(message),
            (None, Action::Delete) => drop(records.remove(&key)),
            (None, _) => drop(records.insert(key, record.clone())),
        }
    }
    if messages.is_empty() {
        messages = whole(zone, other_zones, &records, changes);
    }
    if messages.is_empty() { Ok(records) } else { Err(messages) }
}

/// One record may be deleted and made again in a batch, and nothing else twice.
fn twice(changes: &[Change]) -> Vec<String> {
    let mut seen: BTreeMap<String, Vec<Action>> = BTreeMap::new();
    let mut messages = Vec::new();
    for change in changes {
        let actions = seen.entry(change.record.key()).or_default();
        actions.push(change.action);
        let remade = matches!(
            actions[..],
            [_] | [Action::Delete, Action::Create] | [Action::Delete, Action::Upsert]
        );
        if !remade {
            messages.push(format!(
                "The request contains an invalid set of changes for a resource record set '{} {}'",
                change.record.record_type, change.record.name
            ));
        }
    }
    messages
}

/// Why a record cannot be written beside those that are there.
fn inadmissible(zone: &Zone, records: &Records, record: &RecordSet) -> Option<String> {
    let RecordSet { name, record_type, .. } = record;
    let zone_name = &zone.name;
    if !names::is_inside(name, zone_name) {
        return Some(format!("RRSet with DNS name {name} is not permitted in zone {zone_name}"));
    }
    let apex = name == zone_name;
    if apex && matches!(record_type.as_str(), "CNAME" | "DS") {
        return Some(format!(
            "RRSet of type {record_type} with DNS name {name} is not permitted at apex in zone {zone_name}"
        ));
    }
    let misplaced = (record_type == "SOA" && !apex)
        || (record_type == "NS" && name.starts_with("\\052."))
        || (zone.private && matches!(record.policy, Policy::Cidr(..)));
    if misplaced {
        return Some(format!(
            "RRSet of type {record_type} with DNS name {name} is not permitted in zone {zone_name}"
        ));
    }
    if let Some(message) = bad_values(record) {
        return Some(message);
    }
    let own_key = record.key();
    let at_name: Vec<&RecordSet> = same_name(records, name)
        .filter(|(key, _)| **key != own_key)
        .map(|(_, other)| other)
        .collect();
    if record_type == "CNAME" && at_name.iter().any(|other| other.record_type != "CNAME") {
        return Some(format!(
            "RRSet of type CNAME with DNS name {name} is not permitted as it conflicts with other records with the same DNS name in zone {zone_name}"
        ));
    }
    if record_type != "CNAME" && at_name.iter().any(|other| other.record_type == "CNAME") {
        return Some(format!(
            "RRSet of type {record_type} with DNS name {name} is not permitted because a conflicting RRSet of type CNAME with the same DNS name already exists in zone {zone_name}"
        ));
    }
    let group: Vec<&RecordSet> =
        at_name.into_iter().filter(|other| other.record_type == *record_type).collect();
    unlike_siblings(record, &group).or_else(|| {
        let most = if record.policy.kind() == Some("geoproximity") {
            limits::GEOPROXIMITY_PER_NAME
        } else {
            limits::RECORDS_PER_NAME
        };
        let full = group.len() >= most
            || (records.len() >= limits::RECORDS_PER_ZONE && !records.contains_key(&own_key));
        full.then(|| format!("Limits Exceeded: no more records like {}", record.shown()))
    })
}

/// Why a record cannot be one of a group: one kind of policy, each place once.
fn unlike_siblings(record: &RecordSet, group: &[&RecordSet]) -> Option<String> {
    let RecordSet { name, record_type, .. } = record;
    if group.is_empty() {
        return None;
    }
    let Some(kind) = record.policy.kind() else {
        return Some(format!(
            "RRSet with DNS name {name}, type {record_type} cannot be created as other RRSets exist with the same name and type."
        ));
    };
    let id = record.set_identifier.as_deref().unwrap_or_default();
    let subject = format!("RRSet with DNS name {name}, type {record_type}, SetIdentifier {id}");
    if group.iter().any(|other| other.policy.kind() != Some(kind)) {
        return Some(format!(
            "{subject} cannot be created as a non-{kind} set exists with the same name and type."
        ));
    }
    let what = match &record.policy {
        Policy::Latency(region) => format!("region {region}"),
        Policy::Failover(true) => "failover PRIMARY".to_owned(),
        Policy::Failover(false) => "failover SECONDARY".to_owned(),
        Policy::Geo(location) => format!(
            "geolocation {}",
            [&location.continent, &location.country, &location.subdivision]
                .into_iter()
                .flatten()
                .map(String::as_str)
                .collect::<Vec<_>>()
                .join("-")
        ),
        Policy::Cidr(_, location) => format!("CIDR location {location}"),
        _ => return None,
    };
    group.iter().any(|other| other.policy == record.policy).then(|| {
        format!("{subject}, and {what} cannot be created because a different RRSet with the same name, type and {what} already exists.")
    })
}

fn bad_values(record: &RecordSet) -> Option<String> {
    let mut seen = BTreeSet::new();
    for value in &record.values {
        if let Some(message) = values::refusal(&record.record_type, value) {
            return Some(message);
        }
        if !seen.insert(value) {
            return Some(format!("Duplicate Resource Record: '{value}'"));
        }
    }
    let single = matches!(record.record_type.as_str(), "CNAME" | "SOA");
    if single && record.values.len() > 1 {
        return Some(format!(
            "RRSet of type {} with DNS name {} must have exactly one value",
            record.record_type, record.name
        ));
    }
    (record.values.len() > limits::VALUES_PER_RECORD)
        .then(|| format!("Number of values limit of {} exceeded.", limits::VALUES_PER_RECORD))
}

/// What must hold of the zone once all changes are in.
fn whole(
    zone: &Zone,
    other_zones: &BTreeSet<String>,
    records: &Records,
    changes: &[Change],
) -> Vec<String> {
    let mut messages = Vec::new();
    let apex =
        |record_type| records.contains_key(&super::record::key(&zone.name, record_type, None));
    if !apex("SOA") {
        messages.push("A HostedZone must contain exactly one SOA record.".to_owned());
    }
    if !apex("NS") {
        messages.push(
            "A HostedZone must contain at least one NS record for the zone itself.".to_owned(),
        );
    }
    for change in changes.iter().filter(|change| change.action != Action::Delete) {
        let record = &change.record;
        let message =
            bad_alias(zone, other_zones, records, record).or_else(|| unequal_ttl(records, record));
        messages.extend(message);
    }
    messages
}

fn unequal_ttl(records: &Records, record: &RecordSet) -> Option<String> {
    let (Policy::Weighted(_), Some(ttl)) = (&record.policy, record.ttl) else { return None };
    same_name(records, &record.name)
        .map(|(_, other)| other)
        .any(|other| {
            other.record_type == record.record_type && other.ttl.is_some_and(|own| own != ttl)
        })
        .then(|| {
            format!(
                "RRSet with DNS name {}, type {}, SetIdentifier {} must have the same TTL as the other weighted RRSets with the same name and type.",
                record.name,
                record.record_type,
                record.set_identifier.as_deref().unwrap_or_default()
            )
        })
}

fn bad_alias(
    zone: &Zone,
    other_zones: &BTreeSet<String>,
    records: &Records,
    record: &RecordSet,
) -> Option<String> {
    let alias = record.alias.as_ref()?;
    let subject = format!(
        "Tried to create an alias that targets {}, type {} in zone {}",
        alias.dns_name, record.record_type, alias.zone_id
    );
    let outside =
        format!("{subject}, but the alias target name does not lie within the target zone");
    if alias.zone_id == zone.id {
        if !names::is_inside(&alias.dns_name, &zone.name) {
            return Some(outside);
        }
        let found = same_name(records, &alias.dns_name)
            .any(|(_, target)| target.record_type == record.record_type);
        if !found {
            return Some(format!("{subject}, but that target was not found"));
        }
        return is_loop(zone, records, record)
            .then(|| format!("{subject}, but the alias refers to itself"));
    }
    if other_zones.contains(&alias.zone_id) {
        return Some(outside);
    }
    let load_balancer = geo::load_balancer_region(&alias.zone_id);
    let named = geo::region_in_name(&alias.dns_name);
    if let (Some(zone_region), Some(named)) = (load_balancer, named)
        && zone_region != named
    {
        return Some(outside);
    }
    if alias.zone_id != CLOUDFRONT_ZONE {
        return None;
    }
    let both_halves = matches!(record.policy, Policy::Failover(_))
        && same_name(records, &record.name)
            .filter(|(_, other)| other.record_type == record.record_type)
            .filter(|(_, other)| {
                other.alias.as_ref().is_some_and(|other| other.zone_id == CLOUDFRONT_ZONE)
            })
            .count()
            > 1;
    let why = if zone.private {
        "a CloudFront distribution cannot be the target of an alias in a private zone"
    } else if alias.evaluate_health {
        "EvaluateTargetHealth must be false for CloudFront distributions"
    } else if both_halves {
        "CloudFront distributions cannot be both halves of a failover pair"
    } else {
        return None;
    };
    Some(format!("{subject}, but {why}"))
}

/// Whether following aliases inside the zone from a record comes back to it.
fn is_loop(zone: &Zone, records: &Records, record: &RecordSet) -> bool {
    let mut seen = BTreeSet::new();
    let mut open = vec![record.name.clone()];
    while let Some(name) = open.pop() {
        for (_, next) in same_name(records, &name) {
            if next.record_type != record.record_type {
                continue;
            }
            let Some(alias) = next.alias.as_ref().filter(|alias| alias.zone_id == zone.id) else {
                continue;
            };
            if alias.dns_name == record.name {
                return true;
            }
            if seen.insert(alias.dns_name.clone()) {
                open.push(alias.dns_name.clone());
            }
        }
    }
    false
}

/// All records of a name.
pub(super) fn same_name<'a>(
    records: &'a Records,
    name: &str,
) -> impl Iterator<Item = (&'a String, &'a RecordSet)> + use<'a> {
    let prefix = format!("{}\u{0}", names::sort_key(name));
    records.range(prefix.clone()..).take_while(move |(key, _)| key.starts_with(&prefix))
}
