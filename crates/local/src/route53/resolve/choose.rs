//! Which of the records of a name and type a client gets.

use super::super::record::{GeoLocation, Place, Policy, RecordSet};
use super::super::zone::Zone;
use super::super::{geo, names};
use super::{Records, Resolver};

/// The most records of a multivalue answer.
const MOST_VALUES: usize = 8;

/// A record that could be answered.
#[derive(Clone, Copy)]
struct Candidate<'a> {
    record: &'a RecordSet,
    healthy: bool,
}

impl Resolver<'_> {
    /// The records that answer: one, or up to eight multivalue ones; none where the client is
    /// nowhere that a record is for. Where all are unhealthy, all count as healthy.
    pub(super) fn choose<'a>(
        &self,
        zone: &Zone,
        records: &Records,
        group: &[&'a RecordSet],
    ) -> Vec<&'a RecordSet> {
        let Some(first) = group.first() else { return Vec::new() };
        let all: Vec<Candidate<'a>> = group
            .iter()
            .map(|record| Candidate { record, healthy: self.is_healthy(zone, records, record, 0) })
            .collect();
        let one = match &first.policy {
            Policy::Simple => Some(*first),
            Policy::Weighted(_) => self.weighted(&all),
            Policy::Failover(_) => failover(&all),
            Policy::Latency(_) | Policy::Proximity(..) => self.nearest(&all),
            Policy::Geo(_) => self.by_place(&all, |location| self.specificity(location)),
            Policy::Cidr(..) => self.by_block(&all),
            Policy::MultiValue => return self.several(&all),
        };
        one.into_iter().collect()
    }

    /// A number that this client draws for a name.
    fn draw(&self, name: &str) -> u64 {
        let mut mixed = name.bytes().fold(self.client.draw, |mixed, byte| {
            mixed.wrapping_mul(0x0100_0000_01b3) ^ u64::from(byte)
        });
        for multiplier in [0xbf58_476d_1ce4_e5b9_u64, 0x94d0_49bb_1331_11eb] {
            mixed = (mixed ^ (mixed >> 30)).wrapping_mul(multiplier);
        }
        mixed ^ (mixed >> 31)
    }

    fn weighted<'a>(&self, all: &[Candidate<'a>]) -> Option<&'a RecordSet> {
        let weight = |candidate: &Candidate<'_>| match candidate.record.policy {
            Policy::Weighted(weight) => u64::from(weight),
            _ => 0,
        };
        let healthy: Vec<_> = all.iter().filter(|candidate| candidate.healthy).collect();
        let pool = if healthy.is_empty() { all.iter().collect() } else { healthy };
        // Records of weight 0 are answered where no other can be, and then equally.
        let total: u64 = pool.iter().map(|candidate| weight(candidate)).sum();
        let share = |candidate: &Candidate<'_>| if total == 0 { 1 } else { weight(candidate) };
        let total: u64 = pool.iter().map(|candidate| share(candidate)).sum();
        let mut drawn = self.draw(&pool.first()?.record.name) % total.max(1);
        pool.into_iter()
            .find(|candidate| {
                let share = share(candidate);
                let hit = drawn < share;
                drawn = drawn.saturating_sub(share);
                hit
            })
            .map(|candidate| candidate.record)
    }

    fn nearest<'a>(&self, all: &[Candidate<'a>]) -> Option<&'a RecordSet> {
        let from = self.client.coordinates();
        let nearest_of = |healthy_only: bool| {
            all.iter()
                .filter(|candidate| candidate.healthy || !healthy_only)
                .filter_map(|candidate| Some((distance(from, candidate.record)?, candidate.record)))
                .min_by(|(a, _), (b, _)| a.total_cmp(b))
                .map(|(_, record)| record)
        };
        nearest_of(true).or_else(|| nearest_of(false))
    }

    /// How closely a location fits the client; `None` where it does not.
    fn specificity(&self, location: &GeoLocation) -> Option<u8> {
        let client = self.client;
        match (&location.continent, location.country.as_deref(), &location.subdivision) {
            (_, Some("*"), _) => Some(0),
            (Some(continent), ..) => {
                (geo::continent(&client.country) == Some(continent.as_str())).then_some(1)
            }
            (_, Some(country), None) => (country == client.country).then_some(2),
            (_, Some(country), subdivision) => {
                (country == client.country && *subdivision == client.subdivision).then_some(3)
            }
            _ => None,
        }
    }

    fn by_place<'a>(
        &self,
        all: &[Candidate<'a>],
        fit: impl Fn(&GeoLocation) -> Option<u8>,
    ) -> Option<&'a RecordSet> {
        let fits = all.iter().filter_map(|candidate| match &candidate.record.policy {
            Policy::Geo(location) => Some((fit(location)?, candidate)),
            _ => None,
        });
        best(fits)
    }

    fn by_block<'a>(&self, all: &[Candidate<'a>]) -> Option<&'a RecordSet> {
        let fits = all.iter().filter_map(|candidate| {
            let Policy::Cidr(collection, location) = &candidate.record.policy else { return None };
            if location == "*" {
                return Some((0, candidate));
            }
            let here = self.client.address.and_then(|address| {
                self.account.cidr_collections.get(collection)?.location(address)
            });
            (here == Some(location.as_str())).then_some((1, candidate))
        });
        best(fits)
    }

    fn several<'a>(&self, all: &[Candidate<'a>]) -> Vec<&'a RecordSet> {
        let healthy: Vec<_> = all.iter().filter(|candidate| candidate.healthy).collect();
        let mut pool = if healthy.is_empty() { all.iter().collect() } else { healthy };
        if let Some(first) = pool.first() {
            let turn = self.draw(&first.record.name) % pool.len() as u64;
            pool.rotate_left(usize::try_from(turn).unwrap_or(0));
        }
        pool.into_iter().take(MOST_VALUES).map(|candidate| candidate.record).collect()
    }
}

/// The closest fit that is healthy, or else the closest.
fn best<'a: 'b, 'b>(fits: impl Iterator<Item = (u8, &'b Candidate<'a>)>) -> Option<&'a RecordSet> {
    fits.max_by_key(|(fit, candidate)| (candidate.healthy, *fit))
        .map(|(_, candidate)| candidate.record)
}

fn failover<'a>(all: &[Candidate<'a>]) -> Option<&'a RecordSet> {
    let half =
        |primary| all.iter().find(|candidate| candidate.record.policy == Policy::Failover(primary));
    let (primary, secondary) = (half(true), half(false));
    let healthy = |candidate: &&Candidate<'a>| candidate.healthy;
    primary
        .filter(healthy)
        .or_else(|| secondary.filter(healthy))
        .or(primary)
        .or(secondary)
        .map(|candidate| candidate.record)
}

/// How far a record is from a client, in kilometres, bias included.
fn distance(from: (f64, f64), record: &RecordSet) -> Option<f64> {
    let of_region = |name: &str| {
        geo::region(name).map(|region| geo::distance_km(from, (region.latitude, region.longitude)))
    };
    match &record.policy {
        Policy::Latency(region) => of_region(region),
        Policy::Proximity(place, bias) => {
            let distance = match place {
                Place::Region(region) => of_region(region)?,
                // `us-west-2-lax-1` belongs to us-west-2, and is taken to be there.
                Place::LocalZoneGroup(group) => {
                    let parent = geo::REGIONS
                        .iter()
                        .find(|region| group.starts_with(&format!("{}-", region.name)))?;
                    of_region(parent.name)?
                }
                Place::Coordinates(latitude, longitude) => {
                    geo::distance_km(from, (latitude.parse().ok()?, longitude.parse().ok()?))
                }
            };
            let bias = f64::from(*bias) / 100.0;
            Some(if bias >= 0.0 { distance * (1.0 - bias) } else { distance / (1.0 + bias) })
        }
        _ => None,
    }
}

/// An address that stands for an AWS resource, the same for the same name.
pub(super) fn stand_in(dns_name: &str, record_type: &str) -> Option<String> {
    let sum = names::sort_key(dns_name)
        .bytes()
        .fold(7_u32, |sum, byte| sum.wrapping_mul(31).wrapping_add(u32::from(byte)));
    match record_type {
        "A" => Some(format!("192.0.2.{}", sum % 254 + 1)),
        "AAAA" => Some(format!("2001:db8::{:x}", sum % 65_534 + 1)),
        _ => None,
    }
}
