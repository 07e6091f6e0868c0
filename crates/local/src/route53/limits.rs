//! Quotas, and how far they are used.

use super::zone::find;
use super::{answer, faults, text};
use crate::call::Call;
use crate::reply::{Fault, Reply};
use crate::world::World;
use crate::xml::Element;

pub(super) const ZONES: usize = 500;
pub(super) const HEALTH_CHECKS: usize = 200;
pub(super) const DELEGATION_SETS: usize = 100;
pub(super) const RECORDS_PER_ZONE: usize = 10_000;
pub(super) const RECORDS_PER_NAME: usize = 100;
pub(super) const GEOPROXIMITY_PER_NAME: usize = 30;
pub(super) const VALUES_PER_RECORD: usize = 400;
pub(super) const VPCS_PER_ZONE: usize = 300;
pub(super) const AUTHORIZATIONS_PER_ZONE: usize = 1_000;
pub(super) const CIDR_COLLECTIONS: usize = 5;
pub(super) const CIDR_BLOCKS: usize = 1_000;

fn limit(call: &Call, kind: &str, value: usize, count: usize) -> Reply {
    let limit = Element::new("Limit").text_child("Type", kind).text_child("Value", value);
    answer(call, [limit, text("Count", count)])
}

fn unknown(kind: &str) -> Fault {
    faults::constraint(kind, "type", "Member must satisfy enum value set")
}

/// `GetAccountLimit`.
pub(super) fn account(world: &World, call: &Call, kind: &str) -> Result<Reply, Fault> {
    let account = world.route53.account(&call.account).cloned().unwrap_or_default();
    let (value, count) = match kind {
        "MAX_HOSTED_ZONES_BY_OWNER" => (ZONES, account.zones.len()),
        "MAX_HEALTH_CHECKS_BY_OWNER" => (HEALTH_CHECKS, account.health_checks.len()),
        "MAX_REUSABLE_DELEGATION_SETS_BY_OWNER" => (DELEGATION_SETS, account.delegation_sets.len()),
        "MAX_TRAFFIC_POLICIES_BY_OWNER" => (50, 0),
        "MAX_TRAFFIC_POLICY_INSTANCES_BY_OWNER" => (5, 0),
        other => return Err(unknown(other)),
    };
    Ok(limit(call, kind, value, count))
}

/// `GetHostedZoneLimit`.
pub(super) fn zone(world: &World, call: &Call, id: &str, kind: &str) -> Result<Reply, Fault> {
    let zone = find(world, &call.account, id)?;
    match kind {
        "MAX_RRSETS_BY_ZONE" => Ok(limit(call, kind, RECORDS_PER_ZONE, zone.records.len())),
        "MAX_VPCS_ASSOCIATED_BY_ZONE" if !zone.private => {
            Err(Fault::new(400, "HostedZoneNotPrivate", "The specified hosted zone is public."))
        }
        "MAX_VPCS_ASSOCIATED_BY_ZONE" => Ok(limit(call, kind, VPCS_PER_ZONE, zone.vpcs.len())),
        other => Err(unknown(other)),
    }
}

/// `GetReusableDelegationSetLimit`.
pub(super) fn delegation_set(
    world: &World,
    call: &Call,
    id: &str,
    kind: &str,
) -> Result<Reply, Fault> {
    if kind != "MAX_ZONES_BY_REUSABLE_DELEGATION_SET" {
        return Err(unknown(kind));
    }
    let account = world.route53.account(&call.account);
    if !account.is_some_and(|account| account.delegation_sets.contains_key(id)) {
        return Err(Fault::new(
            400,
            "NoSuchDelegationSet",
            format!("No delegation set found with ID: {id}"),
        ));
    }
    let used = account
        .into_iter()
        .flat_map(|account| account.zones.values())
        .filter(|zone| zone.delegation_set.as_deref() == Some(id))
        .count();
    Ok(limit(call, kind, 100, used))
}

/// `GetCheckerIpRanges`: blocks for documentation, two for each checker region.
pub(super) fn checker_ranges(call: &Call) -> Result<Reply, Fault> {
    let mut ranges = Element::new("CheckerIpRanges");
    for block in 0..16 {
        ranges = ranges.text_child("member", format!("198.51.100.{}/28", block * 16));
    }
    Ok(answer(call, [ranges]))
}
