//! How one of several records of a name and type is chosen.

use bicoastal_model::schema::Absent;
use bicoastal_model::{Field, Id, Input, Region};
use serde::{Deserialize, Serialize};

use crate::route53::CidrCollection;

/// How one of several records of a name and type is chosen. All records of a name and type have
/// the same kind of routing.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(into = "RoutingProps", try_from = "RoutingProps")]
pub enum Routing {
    /// There is only one record of the name and type.
    #[default]
    Simple,
    /// Clients get the record whose region is nearest to them by latency; one record per region.
    Latency(Region),
    /// Clients get records in proportion to their weights, 0–255. Weight 0 gets clients only
    /// where no other record can be given.
    Weighted(u8),
    /// The primary record while it is healthy, else the secondary.
    Failover(FailoverRole),
    /// Clients get the record of the closest area that they are in.
    Geolocation(GeoLocation),
    /// Clients get the nearest place.
    Geoproximity {
        /// From where distances are measured.
        place: ProximityPlace,
        /// Makes the place's area larger (to 99) or smaller (to −99); 0 for none.
        bias: i8,
    },
    /// Clients get up to eight healthy records.
    Multivalue,
    /// Clients get the record of the address block that they are in.
    Cidr {
        /// The CIDR collection: `collection.id()` of one that is declared.
        collection: Input<Id<CidrCollection>>,
        /// The collection's location, or `*` for every other address.
        location: String,
    },
}

/// Which half of a failover pair.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FailoverRole {
    /// Answers while it is healthy, and where neither is.
    Primary,
    /// Answers while the primary is not healthy.
    Secondary,
}

/// An area of the world.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum GeoLocation {
    /// Everybody whom no other record is for.
    Default,
    /// A continent.
    Continent(Continent),
    /// A country, by its ISO 3166 code of two letters: `IN`.
    Country(String),
    /// A state of the United States, by its two letters: `CA`.
    UsState(String),
}

/// A continent, as Route 53 divides the world.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Continent {
    /// `AF`
    Africa,
    /// `AN`
    Antarctica,
    /// `AS`
    Asia,
    /// `EU`
    Europe,
    /// `NA`
    NorthAmerica,
    /// `OC`
    Oceania,
    /// `SA`
    SouthAmerica,
}

impl Continent {
    const ALL: [Self; 7] = [
        Self::Africa,
        Self::Antarctica,
        Self::Asia,
        Self::Europe,
        Self::NorthAmerica,
        Self::Oceania,
        Self::SouthAmerica,
    ];

    /// AWS's code.
    pub fn code(self) -> &'static str {
        match self {
            Self::Africa => "AF",
            Self::Antarctica => "AN",
            Self::Asia => "AS",
            Self::Europe => "EU",
            Self::NorthAmerica => "NA",
            Self::Oceania => "OC",
            Self::SouthAmerica => "SA",
        }
    }
}

/// From where geoproximity routing measures.
#[derive(Clone, Debug, PartialEq)]
pub enum ProximityPlace {
    /// A region.
    Region(Region),
    /// A local zone group, e.g. `us-west-2-lax-1`.
    LocalZoneGroup(String),
    /// Degrees north and east, of which two decimals count.
    Coordinates {
        /// −90 to 90.
        latitude: f64,
        /// −180 to 180.
        longitude: f64,
    },
}

impl Routing {
    /// What tells a record from its siblings where the program does not say: the region, the
    /// role or the area. Weights and multivalue records have nothing that could.
    pub(super) fn default_identifier(&self) -> Option<String> {
        Some(match self {
            Self::Simple | Self::Weighted(_) | Self::Multivalue => return None,
            Self::Latency(region) => region.code().to_owned(),
            Self::Failover(FailoverRole::Primary) => "primary".to_owned(),
            Self::Failover(FailoverRole::Secondary) => "secondary".to_owned(),
            Self::Geolocation(GeoLocation::Default) => "default".to_owned(),
            Self::Geolocation(GeoLocation::Continent(continent)) => {
                format!("continent-{}", continent.code())
            }
            Self::Geolocation(GeoLocation::Country(code)) => format!("country-{code}"),
            Self::Geolocation(GeoLocation::UsState(code)) => format!("state-{code}"),
            Self::Geoproximity { place: ProximityPlace::Region(region), .. } => {
                region.code().to_owned()
            }
            Self::Geoproximity { place: ProximityPlace::LocalZoneGroup(group), .. } => {
                group.clone()
            }
            Self::Geoproximity { place: ProximityPlace::Coordinates { .. }, .. } => return None,
            Self::Cidr { location, .. } if location == "*" => "default".to_owned(),
            Self::Cidr { location, .. } => location.clone(),
        })
    }
}

/// The same as flat data, in the shape that differences are shown in.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(in crate::route53) struct RoutingProps {
    pub(super) policy: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) region: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) weight: Option<i64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) role: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) continent: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) country: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) subdivision: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) local_zone_group: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) latitude: Option<f64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) longitude: Option<f64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) bias: Option<i32>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) collection: Option<Input<Id<CidrCollection>>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) location: Option<String>,
}

/// The fields of a routing, for the schema.
pub(super) const FIELDS: &[Field] = &[
    Field::new("policy"),
    Field::new("region"),
    Field::new("weight"),
    Field::new("role"),
    Field::new("continent"),
    Field::new("country"),
    Field::new("subdivision"),
    Field::new("local_zone_group"),
    Field::new("latitude"),
    Field::new("longitude"),
    Field::new("bias").absent(Absent::Int(0)),
    Field::new("collection"),
    Field::new("location"),
];

/// Degrees as AWS keeps them.
fn two_decimals(degrees: f64) -> f64 {
    (degrees * 100.0).round() / 100.0
}

impl From<Routing> for RoutingProps {
    fn from(routing: Routing) -> Self {
        let of = |policy: &str| Self { policy: policy.to_owned(), ..Self::default() };
        match routing {
            Routing::Simple => of("simple"),
            Routing::Latency(region) => {
                Self { region: Some(region.code().to_owned()), ..of("latency") }
            }
            Routing::Weighted(weight) => Self { weight: Some(i64::from(weight)), ..of("weighted") },
            Routing::Failover(role) => {
                let role = match role {
                    FailoverRole::Primary => "PRIMARY",
                    FailoverRole::Secondary => "SECONDARY",
                };
                Self { role: Some(role.to_owned()), ..of("failover") }
            }
            Routing::Geolocation(location) => {
                let of = of("geolocation");
                match location {
                    GeoLocation::Default => Self { country: Some("*".to_owned()), ..of },
                    GeoLocation::Continent(continent) => {
                        Self { continent: Some(continent.code().to_owned()), ..of }
                    }
                    GeoLocation::Country(code) => Self { country: Some(code), ..of },
                    GeoLocation::UsState(code) => {
                        Self { country: Some("US".to_owned()), subdivision: Some(code), ..of }
                    }
                }
            }
            Routing::Geoproximity { place, bias } => {
                let of = Self { bias: Some(i32::from(bias)), ..of("geoproximity") };
                match place {
                    ProximityPlace::Region(region) => {
                        Self { region: Some(region.code().to_owned()), ..of }
                    }
                    ProximityPlace::LocalZoneGroup(group) => {
                        Self { local_zone_group: Some(group), ..of }
                    }
                    ProximityPlace::Coordinates { latitude, longitude } => Self {
                        latitude: Some(two_decimals(latitude)),
                        longitude: Some(two_decimals(longitude)),
                        ..of
                    },
                }
            }
            Routing::Multivalue => of("multivalue"),
            Routing::Cidr { collection, location } => {
                Self { collection: Some(collection), location: Some(location), ..of("cidr") }
            }
        }
    }
}

impl TryFrom<RoutingProps> for Routing {
    type Error = String;

    fn try_from(props: RoutingProps) -> Result<Self, String> {
        let region = |code: &Option<String>| -> Result<Region, String> {
            let code = code.as_deref().unwrap_or_default();
            code.parse().map_err(|error: bicoastal_model::region::UnknownRegion| error.to_string())
        };
        Ok(match props.policy.as_str() {
            "simple" => Self::Simple,
            "latency" => Self::Latency(region(&props.region)?),
            "weighted" => Self::Weighted(
                props
                    .weight
                    .and_then(|weight| u8::try_from(weight).ok())
                    .ok_or("a weight is between 0 and 255")?,
            ),
            "failover" => Self::Failover(match props.role.as_deref() {
                Some("PRIMARY") => FailoverRole::Primary,
                Some("SECONDARY") => FailoverRole::Secondary,
                _ => return Err("a failover role is PRIMARY or SECONDARY".to_owned()),
            }),
            "geolocation" => Self::Geolocation(match (props.continent, props.country) {
                (Some(code), None) => GeoLocation::Continent(
                    Continent::ALL
                        .into_iter()
                        .find(|continent| continent.code() == code)
                        .ok_or(format!("'{code}' is not a continent"))?,
                ),
                (None, Some(country)) => match (country.as_str(), props.subdivision) {
                    ("*", None) => GeoLocation::Default,
                    ("US", Some(state)) => GeoLocation::UsState(state),
                    (_, None) => GeoLocation::Country(country),
                    (_, Some(_)) => return Err("only the US has subdivisions".to_owned()),
                },
                _ => return Err("a geolocation is a continent or a country".to_owned()),
            }),
            "geoproximity" => Self::Geoproximity {
                place: match (
                    &props.region,
                    props.local_zone_group,
                    props.latitude,
                    props.longitude,
                ) {
                    (Some(_), None, None, None) => ProximityPlace::Region(region(&props.region)?),
                    (None, Some(group), None, None) => ProximityPlace::LocalZoneGroup(group),
                    (None, None, Some(latitude), Some(longitude)) => {
                        ProximityPlace::Coordinates { latitude, longitude }
                    }
                    _ => return Err("a geoproximity record has one place".to_owned()),
                },
                bias: i8::try_from(props.bias.unwrap_or(0)).map_err(|error| error.to_string())?,
            },
            "multivalue" => Self::Multivalue,
            "cidr" => Self::Cidr {
                collection: props.collection.ok_or("a CIDR record has a collection")?,
                location: props.location.ok_or("a CIDR record has a location")?,
            },
            other => return Err(format!("'{other}' is not a routing policy")),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_routing_survives_being_written() {
        for routing in [
            Routing::Latency(Region::ApSouth1),
            Routing::Weighted(0),
            Routing::Failover(FailoverRole::Secondary),
            Routing::Geolocation(GeoLocation::Default),
            Routing::Geolocation(GeoLocation::Continent(Continent::Europe)),
            Routing::Geolocation(GeoLocation::Country("IN".into())),
            Routing::Geolocation(GeoLocation::UsState("CA".into())),
            Routing::Geoproximity { place: ProximityPlace::Region(Region::UsEast1), bias: -5 },
            Routing::Geoproximity {
                place: ProximityPlace::LocalZoneGroup("us-west-2-lax-1".into()),
                bias: 0,
            },
            Routing::Geoproximity {
                place: ProximityPlace::Coordinates { latitude: 49.22, longitude: -74.01 },
                bias: 99,
            },
            Routing::Multivalue,
            Routing::Cidr { collection: "c".into(), location: "*".into() },
        ] {
            let written = serde_json::to_value(&routing).unwrap();
            assert_eq!(serde_json::from_value::<Routing>(written).unwrap(), routing);
        }
    }
}
