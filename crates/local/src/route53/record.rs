//! A record set as it is stored.

use serde::{Deserialize, Serialize};

use super::names;
use crate::xml::Element;

/// Every record type that Route 53 has.
pub const TYPES: [&str; 17] = [
    "SOA", "A", "TXT", "NS", "CNAME", "MX", "NAPTR", "PTR", "SRV", "SPF", "AAAA", "CAA", "DS",
    "TLSA", "SSHFP", "SVCB", "HTTPS",
];

/// The hosted zone id of every CloudFront distribution.
pub const CLOUDFRONT_ZONE: &str = "Z2FDTNDATAQYW2";

/// Where a geolocation record applies.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct GeoLocation {
    /// `AF`, `AN`, `AS`, `EU`, `OC`, `NA` or `SA`.
    pub continent: Option<String>,
    /// ISO 3166 alpha-2, or `*` for everybody else.
    pub country: Option<String>,
    /// A state of the US.
    pub subdivision: Option<String>,
}

/// From where a geoproximity record measures.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Place {
    /// An AWS region.
    Region(String),
    /// A local zone group.
    LocalZoneGroup(String),
    /// Latitude and longitude, as they were written.
    Coordinates(String, String),
}

/// How one of several records of a name and type is chosen.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Policy {
    /// There is only this one.
    Simple,
    /// In proportion to its weight, 0–255.
    Weighted(u8),
    /// The region with the lowest latency to the client.
    Latency(String),
    /// First (`true`) or second choice by health.
    Failover(bool),
    /// Where the client is.
    Geo(GeoLocation),
    /// The nearest place, with a bias of −99…99.
    Proximity(Place, i32),
    /// Up to eight healthy ones.
    MultiValue,
    /// The block of addresses that the client is in: collection and location.
    Cidr(String, String),
}

impl Policy {
    /// The policy's name, as refusals have it; `None` for simple.
    pub fn kind(&self) -> Option<&'static str> {
        Some(match self {
            Self::Simple => return None,
            Self::Weighted(_) => "weighted",
            Self::Latency(_) => "latency",
            Self::Failover(_) => "failover",
            Self::Geo(_) => "geolocation",
            Self::Proximity(..) => "geoproximity",
            Self::MultiValue => "multivalue",
            Self::Cidr(..) => "cidr",
        })
    }
}

/// Another name or resource that answers in place of the record.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AliasTarget {
    /// The zone of the target: the resource's canonical one, or the record's own zone.
    pub zone_id: String,
    /// Canonical name.
    pub dns_name: String,
    /// Whether the record is as healthy as its target.
    pub evaluate_health: bool,
}

/// A record set.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RecordSet {
    /// Canonical name.
    pub name: String,
    /// One of [`TYPES`].
    pub record_type: String,
    /// What tells records of one name and type apart; `None` for simple ones.
    pub set_identifier: Option<String>,
    /// How it is chosen.
    pub policy: Policy,
    /// Seconds; `None` for aliases.
    pub ttl: Option<u32>,
    /// The values as submitted; empty for aliases.
    pub values: Vec<String>,
    /// The target of an alias.
    pub alias: Option<AliasTarget>,
    /// The health check that decides whether it is answered.
    pub health_check_id: Option<String>,
}

impl RecordSet {
    /// Identity and order of listings in one: reversed labels, type, set identifier.
    pub fn key(&self) -> String {
        key(&self.name, &self.record_type, self.set_identifier.as_deref())
    }

    /// Whether it is one of the two records that a zone is born with.
    pub(super) fn is_apex_default(&self, zone: &str) -> bool {
        self.name == zone && matches!(self.record_type.as_str(), "NS" | "SOA")
    }

    /// Whether a `DELETE` of `other` means this record: everything equal, values in any order.
    pub(super) fn matches(&self, other: &Self) -> bool {
        let sorted = |record: &Self| {
            let mut values = record.values.clone();
            values.sort();
            RecordSet { values, ..record.clone() }
        };
        sorted(self) == sorted(other)
    }

    /// `[name='a.example.com.', type='A', set-identifier='x']`, as refusals name records.
    pub(super) fn shown(&self) -> String {
        let Self { name, record_type, .. } = self;
        match &self.set_identifier {
            None => format!("[name='{name}', type='{record_type}']"),
            Some(id) => format!("[name='{name}', type='{record_type}', set-identifier='{id}']"),
        }
    }

    pub(super) fn element(&self) -> Element {
        let mut element = Element::new("ResourceRecordSet")
            .text_child("Name", &self.name)
            .text_child("Type", &self.record_type)
            .text_child_opt("SetIdentifier", self.set_identifier.as_ref());
        element = match &self.policy {
            Policy::Simple | Policy::Proximity(..) | Policy::Cidr(..) => element,
            Policy::Weighted(weight) => element.text_child("Weight", weight),
            Policy::Latency(region) => element.text_child("Region", region),
            Policy::Failover(primary) => {
                element.text_child("Failover", if *primary { "PRIMARY" } else { "SECONDARY" })
            }
            Policy::Geo(location) => element.child(
                Element::new("GeoLocation")
                    .text_child_opt("ContinentCode", location.continent.as_ref())
                    .text_child_opt("CountryCode", location.country.as_ref())
                    .text_child_opt("SubdivisionCode", location.subdivision.as_ref()),
            ),
            Policy::MultiValue => element.text_child("MultiValueAnswer", true),
        };
        element = element.text_child_opt("TTL", self.ttl);
        if !self.values.is_empty() {
            let values = self
                .values
                .iter()
                .map(|value| Element::new("ResourceRecord").text_child("Value", value));
            element = element.child(Element::new("ResourceRecords").children(values));
        }
        if let Some(alias) = &self.alias {
            element = element.child(
                Element::new("AliasTarget")
                    .text_child("HostedZoneId", &alias.zone_id)
                    .text_child("DNSName", &alias.dns_name)
                    .text_child("EvaluateTargetHealth", alias.evaluate_health),
            );
        }
        element = element.text_child_opt("HealthCheckId", self.health_check_id.as_ref());
        match &self.policy {
            Policy::Cidr(collection, location) => element.child(
                Element::new("CidrRoutingConfig")
                    .text_child("CollectionId", collection)
                    .text_child("LocationName", location),
            ),
            Policy::Proximity(place, bias) => {
                let mut location = Element::new("GeoProximityLocation");
                location = match place {
                    Place::Region(region) => location.text_child("AWSRegion", region),
                    Place::LocalZoneGroup(group) => location.text_child("LocalZoneGroup", group),
                    Place::Coordinates(latitude, longitude) => location.child(
                        Element::new("Coordinates")
                            .text_child("Latitude", latitude)
                            .text_child("Longitude", longitude),
                    ),
                };
                element.child(location.text_child("Bias", bias))
            }
            _ => element,
        }
    }
}

/// The key of a record; see [`RecordSet::key`].
pub fn key(canonical_name: &str, record_type: &str, set_identifier: Option<&str>) -> String {
    format!(
        "{}\u{0}{record_type}\u{0}{}",
        names::sort_key(canonical_name),
        set_identifier.unwrap_or_default()
    )
}
