//! The data plane: what a client somewhere in the world is answered.

mod choose;
mod endpoint;

use std::collections::BTreeMap;
use std::net::IpAddr;

use super::batch::same_name;
use super::health::HealthCheck;
use super::record::{AliasTarget, RecordSet};
use super::zone::{Vpc, Zone};
use super::{Account, geo, names, record};
use crate::world::World;

pub(super) use endpoint::test_answer;

/// How many aliases and CNAMEs an answer follows.
const MOST_STEPS: usize = 16;

/// The time that an alias to an AWS resource is cached, in seconds.
const RESOURCE_TTL: u32 = 60;

/// Who asks.
#[derive(Clone, Debug, PartialEq)]
pub struct ClientLocation {
    /// Degrees north; latency and geoproximity measure from here.
    pub latitude: f64,
    /// Degrees east.
    pub longitude: f64,
    /// ISO 3166 alpha-2.
    pub country: String,
    /// A state of the US.
    pub subdivision: Option<String>,
    /// The address, for IP-based routing.
    pub address: Option<IpAddr>,
    /// The VPC it asks from, which sees private zones.
    pub vpc: Option<Vpc>,
    /// Draws among weighted and multivalue records: the same number draws the same.
    pub draw: u64,
}

impl ClientLocation {
    /// A client at the place of a region; `None` for a region that does not exist.
    pub fn near(region: &str) -> Option<Self> {
        let place = geo::region(region)?;
        Some(Self {
            latitude: place.latitude,
            longitude: place.longitude,
            country: place.country.to_owned(),
            subdivision: None,
            address: None,
            vpc: None,
            draw: 0,
        })
    }

    /// The same client, drawing another number.
    #[must_use]
    pub fn drawing(self, draw: u64) -> Self {
        Self { draw, ..self }
    }

    pub(super) fn coordinates(&self) -> (f64, f64) {
        (self.latitude, self.longitude)
    }
}

/// Something whose health the resolver asks for.
#[derive(Clone, Copy, Debug)]
pub enum Probe<'a> {
    /// What the checkers see of a health check, before inversion.
    Check(&'a HealthCheck),
    /// An AWS resource that is the target of an alias with evaluate-target-health.
    Target(&'a AliasTarget),
}

/// Says what is seen; `None` leaves checks to what [`super::State::set_health`] said last and
/// takes resources for healthy.
pub type Seen<'a> = dyn Fn(Probe<'_>) -> Option<bool> + 'a;

/// A record set that an answer came through.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Step {
    /// Canonical name.
    pub name: String,
    /// Type.
    pub record_type: String,
    /// Set identifier, where it has one.
    pub set_identifier: Option<String>,
}

/// What a question comes to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// Values of records.
    Values(Vec<String>),
    /// An AWS resource that an alias points at, whose addresses are its own affair.
    Resource(AliasTarget),
    /// A CNAME to a name that no zone of the account holds.
    Elsewhere(String),
    /// A part of the zone that was delegated to these name servers.
    Delegated(Vec<String>),
    /// The name exists, and nothing of this type for this client.
    NoData,
    /// The name does not exist.
    NoSuchName,
    /// No zone of the account holds the name.
    NoZone,
}

/// An answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answer {
    /// What was found.
    pub outcome: Outcome,
    /// For how many seconds it may be cached.
    pub ttl: u32,
    /// The record sets it came through, from the question on.
    pub via: Vec<Step>,
}

impl Answer {
    fn nothing(outcome: Outcome) -> Self {
        Self { outcome, ttl: 0, via: Vec::new() }
    }
}

/// Answers a client's question from the zones of an account.
///
/// A client in a VPC sees the private zones of the VPC first. Of several zones that hold the
/// name the one with the longest name answers, and of two with equal names that with the smaller id.
pub fn resolve(
    world: &World,
    account: &str,
    name: &str,
    record_type: &str,
    client: &ClientLocation,
    seen: &Seen<'_>,
) -> Answer {
    let (Ok(name), Some(account)) = (names::canonical(name), world.route53.account(account)) else {
        return Answer::nothing(Outcome::NoZone);
    };
    match zone_of(account, &name, client) {
        None => Answer::nothing(Outcome::NoZone),
        Some(zone) => Resolver { account, now_ms: world.now_ms, client, seen }.answer(
            zone,
            &name,
            record_type,
            0,
        ),
    }
}

fn zone_of<'a>(account: &'a Account, name: &str, client: &ClientLocation) -> Option<&'a Zone> {
    let longest = |private: bool| {
        account
            .zones
            .values()
            .rev()
            .filter(|zone| zone.private == private && names::is_inside(name, &zone.name))
            .filter(|zone| {
                !private || client.vpc.as_ref().is_some_and(|vpc| zone.vpcs.contains(vpc))
            })
            .max_by_key(|zone| zone.name.len())
    };
    longest(true).or_else(|| longest(false))
}

struct Resolver<'a> {
    account: &'a Account,
    now_ms: i64,
    client: &'a ClientLocation,
    seen: &'a Seen<'a>,
}

type Records = BTreeMap<String, RecordSet>;

impl Resolver<'_> {
    fn answer(&self, zone: &Zone, name: &str, record_type: &str, depth: usize) -> Answer {
        let records = zone.served(self.now_ms);
        if let Some(servers) = delegation(zone, records, name, record_type) {
            return Answer::nothing(Outcome::Delegated(servers));
        }
        let Some(owner) = owner(zone, records, name) else {
            return Answer::nothing(Outcome::NoSuchName);
        };
        let group = |wanted: &str| {
            same_name(records, &owner)
                .map(|(_, record)| record)
                .filter(|record| record.record_type == wanted)
                .collect::<Vec<_>>()
        };
        let mut of_type = group(record_type);
        let mut alias_type = record_type;
        if of_type.is_empty() && record_type != "CNAME" {
            of_type = group("CNAME");
            alias_type = "CNAME";
        }
        let chosen = self.choose(zone, records, &of_type);
        let Some(first) = chosen.first().copied() else {
            return Answer::nothing(Outcome::NoData);
        };
        let via = chosen.iter().map(|record| Step {
            name: record.name.clone(),
            record_type: record.record_type.clone(),
            set_identifier: record.set_identifier.clone(),
        });
        let mut via: Vec<Step> = via.collect();
        if depth >= MOST_STEPS {
            return Answer { outcome: Outcome::NoData, ttl: 0, via };
        }
        if let Some(alias) = &first.alias {
            if alias.zone_id != zone.id {
                return Answer {
                    outcome: Outcome::Resource(alias.clone()),
                    ttl: RESOURCE_TTL,
                    via,
                };
            }
            let target = self.answer(zone, &alias.dns_name, alias_type, depth + 1);
            via.extend(target.via);
            return Answer { via, ..target };
        }
        let ttl = first.ttl.unwrap_or(0);
        if first.record_type == "CNAME" && record_type != "CNAME" {
            let target = first.values.first().map(String::as_str).unwrap_or_default();
            let Ok(target) = names::canonical(target) else {
                return Answer { outcome: Outcome::NoData, ttl, via };
            };
            let Some(zone) = zone_of(self.account, &target, self.client) else {
                return Answer { outcome: Outcome::Elsewhere(target), ttl, via };
            };
            let next = self.answer(zone, &target, record_type, depth + 1);
            via.extend(next.via);
            return Answer { outcome: next.outcome, ttl: ttl.min(next.ttl), via };
        }
        let values = chosen.iter().flat_map(|record| record.values.iter().cloned()).collect();
        Answer { outcome: Outcome::Values(values), ttl, via }
    }

    /// Whether a record may be answered: its check, and its target where it evaluates it.
    fn is_healthy(&self, zone: &Zone, records: &Records, record: &RecordSet, depth: usize) -> bool {
        let checked = record.health_check_id.as_ref().is_none_or(|id| {
            self.account.is_healthy(id, &|check| (self.seen)(Probe::Check(check)))
        });
        let Some(alias) = record.alias.as_ref().filter(|alias| alias.evaluate_health) else {
            return checked;
        };
        if !checked || depth >= MOST_STEPS {
            return checked;
        }
        if alias.zone_id != zone.id {
            return (self.seen)(Probe::Target(alias)).unwrap_or(true);
        }
        // A branch is healthy if any leaf is.
        same_name(records, &alias.dns_name)
            .filter(|(_, target)| target.record_type == record.record_type)
            .any(|(_, target)| self.is_healthy(zone, records, target, depth + 1))
    }
}

/// The name servers of the delegation that a name is under, where there is one below the apex.
fn delegation(
    zone: &Zone,
    records: &Records,
    name: &str,
    record_type: &str,
) -> Option<Vec<String>> {
    std::iter::once(name)
        .filter(|_| record_type != "NS" && record_type != "DS")
        .chain(names::ancestors(name))
        .filter(|above| *above != zone.name && names::is_inside(above, &zone.name))
        .find_map(|above| records.get(&record::key(above, "NS", None)))
        .map(|record| record.values.clone())
}

/// The name whose records answer: the name itself, or the wildcard that covers it.
fn owner(zone: &Zone, records: &Records, name: &str) -> Option<String> {
    let exists = |name: &str| {
        let below = names::sort_key(name);
        records.range(below.clone()..).next().is_some_and(|(key, _)| key.starts_with(&below))
    };
    if exists(name) {
        return Some(name.to_owned());
    }
    for above in names::ancestors(name).filter(|above| names::is_inside(above, &zone.name)) {
        let wildcard = format!("\\052.{above}");
        if same_name(records, &wildcard).next().is_some() {
            return Some(wildcard);
        }
        if exists(above) {
            return None;
        }
    }
    None
}
