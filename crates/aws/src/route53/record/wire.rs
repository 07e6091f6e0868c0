//! A record set as Route 53 has it, field for field: what a `DELETE` must send back.

use std::fmt;

use aws_sdk_route53::types as sdk;
use aws_smithy_types::error::operation::BuildError;
use bicoastal_model::dns;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use super::RecordSet;
use super::routing::RoutingProps;

/// A record set, every field exactly as AWS sent it or is to be sent.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(in crate::route53) struct WireRecord {
    pub(in crate::route53) name: String,
    pub(in crate::route53) record_type: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(in crate::route53) set_identifier: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(in crate::route53) routing: Option<RoutingProps>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(in crate::route53) ttl: Option<i64>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(in crate::route53) values: Vec<String>,
    /// DNS name, zone id, evaluate target health.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(in crate::route53) alias: Option<(String, String, bool)>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(in crate::route53) health_check: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(in crate::route53) traffic_policy_instance: Option<String>,
}

/// Name, type and set identifier: what tells a record from every other one of its zone.
pub(super) type Key<'a> = (String, &'a str, &'a str);

impl WireRecord {
    pub(super) fn canonical_name(&self) -> String {
        dns::canonical(&self.name)
    }

    pub(super) fn key(&self) -> Key<'_> {
        (
            self.canonical_name(),
            &self.record_type,
            self.set_identifier.as_deref().unwrap_or_default(),
        )
    }

    /// Whether it is one of the two records that a zone has of its own.
    pub(in crate::route53) fn is_apex_default(&self, apex: &str) -> bool {
        dns::canonical(&self.name) == apex && matches!(self.record_type.as_str(), "NS" | "SOA")
    }

    /// Its natural key, in the fields of the schema's identity.
    pub(in crate::route53) fn identity(&self, zone_id: &str) -> Value {
        let mut identity = Map::new();
        identity.insert("zone_id".into(), json!(zone_id));
        identity.insert("name".into(), json!(dns::canonical(&self.name)));
        identity.insert("type".into(), json!(self.record_type));
        if let Some(id) = &self.set_identifier {
            identity.insert("set_identifier".into(), json!(id));
        }
        Value::Object(identity)
    }

    /// `A api.example.com. (us-east-1)`.
    pub(in crate::route53) fn label(&self) -> String {
        match &self.set_identifier {
            None => format!("{} {}", self.record_type, self.name),
            Some(id) => format!("{} {} ({id})", self.record_type, self.name),
        }
    }

    /// As properties, in the schema's shape.
    pub(super) fn props(&self, zone_id: &str) -> Value {
        let Value::Object(mut props) = self.identity(zone_id) else { return Value::Null };
        if let Some(routing) = &self.routing {
            props.insert("routing".into(), json!(routing));
        }
        if let Some(ttl) = self.ttl {
            props.insert("ttl".into(), json!(ttl));
        }
        if !self.values.is_empty() {
            props.insert("values".into(), json!(self.values));
        }
        if let Some((dns_name, target_zone, health)) = &self.alias {
            let alias = json!({
                "dns_name": dns_name,
                "zone_id": target_zone,
                "evaluate_target_health": health,
            });
            props.insert("alias".into(), alias);
        }
        if let Some(check) = &self.health_check {
            props.insert("health_check".into(), json!(check));
        }
        Value::Object(props)
    }

    /// The record that [`props`](Self::props) shows.
    pub(super) fn of_props(props: &Value) -> Option<Self> {
        let text = |field: &str| props.get(field).and_then(Value::as_str).map(str::to_owned);
        let read = |field: &str| props.get(field).cloned().unwrap_or(Value::Null);
        let alias = match props.get("alias") {
            Some(alias) => Some((
                alias.get("dns_name")?.as_str()?.to_owned(),
                alias.get("zone_id")?.as_str()?.to_owned(),
                alias.get("evaluate_target_health")?.as_bool()?,
            )),
            None => None,
        };
        Some(Self {
            name: text("name")?,
            record_type: text("type")?,
            set_identifier: text("set_identifier"),
            routing: serde_json::from_value(read("routing")).ok()?,
            ttl: props.get("ttl").and_then(Value::as_i64),
            values: match props.get("values") {
                Some(values) => serde_json::from_value(values.clone()).ok()?,
                None => Vec::new(),
            },
            alias,
            health_check: text("health_check"),
            traffic_policy_instance: None,
        })
    }

    /// What is wanted, every reference resolved.
    pub(super) fn wanted(record: &RecordSet) -> Self {
        Self {
            name: record.name.as_str().to_owned(),
            record_type: record.record_type.as_str().to_owned(),
            set_identifier: record.set_identifier.clone(),
            routing: record.routing.as_ref().map(|routing| RoutingProps::from(routing.clone())),
            ttl: record.ttl.map(i64::from),
            values: record.values.iter().flatten().map(|value| value.as_str().to_owned()).collect(),
            alias: record.alias.as_ref().map(|alias| {
                (
                    alias.target.dns_name.as_str().to_owned(),
                    alias.target.zone_id.as_str().to_owned(),
                    alias.evaluate_target_health,
                )
            }),
            health_check: record.health_check.as_ref().map(|check| check.as_str().to_owned()),
            traffic_policy_instance: None,
        }
    }
}

impl fmt::Display for WireRecord {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.label())
    }
}

impl From<&sdk::ResourceRecordSet> for WireRecord {
    fn from(set: &sdk::ResourceRecordSet) -> Self {
        let values = set.resource_records().iter().map(|record| record.value().to_owned());
        Self {
            name: set.name().to_owned(),
            record_type: set.r#type().as_str().to_owned(),
            set_identifier: set.set_identifier().map(str::to_owned),
            routing: routing(set),
            ttl: set.ttl(),
            values: values.collect(),
            alias: set.alias_target().map(|alias| {
                (
                    alias.dns_name().to_owned(),
                    alias.hosted_zone_id().to_owned(),
                    alias.evaluate_target_health(),
                )
            }),
            health_check: set.health_check_id().map(str::to_owned),
            traffic_policy_instance: set.traffic_policy_instance_id().map(str::to_owned),
        }
    }
}

fn routing(set: &sdk::ResourceRecordSet) -> Option<RoutingProps> {
    let of = |policy: &str| RoutingProps { policy: policy.to_owned(), ..Default::default() };
    if let Some(weight) = set.weight() {
        return Some(RoutingProps { weight: Some(weight), ..of("weighted") });
    }
    if let Some(region) = set.region() {
        let region = Some(region.as_str().to_owned());
        return Some(RoutingProps { region, ..of("latency") });
    }
    if let Some(role) = set.failover() {
        let role = Some(role.as_str().to_owned());
        return Some(RoutingProps { role, ..of("failover") });
    }
    if let Some(location) = set.geo_location() {
        return Some(RoutingProps {
            continent: location.continent_code().map(str::to_owned),
            country: location.country_code().map(str::to_owned),
            subdivision: location.subdivision_code().map(str::to_owned),
            ..of("geolocation")
        });
    }
    if let Some(location) = set.geo_proximity_location() {
        let degrees = |text: &str| text.parse::<f64>().ok();
        return Some(RoutingProps {
            region: location.aws_region().map(str::to_owned),
            local_zone_group: location.local_zone_group().map(str::to_owned),
            latitude: location.coordinates().and_then(|it| degrees(it.latitude())),
            longitude: location.coordinates().and_then(|it| degrees(it.longitude())),
            bias: location.bias(),
            ..of("geoproximity")
        });
    }
    if let Some(config) = set.cidr_routing_config() {
        return Some(RoutingProps {
            collection: Some(config.collection_id().into()),
            location: Some(config.location_name().to_owned()),
            ..of("cidr")
        });
    }
    set.multi_value_answer().unwrap_or(false).then(|| of("multivalue"))
}

impl TryFrom<&WireRecord> for sdk::ResourceRecordSet {
    type Error = BuildError;

    fn try_from(record: &WireRecord) -> Result<Self, BuildError> {
        let mut set = sdk::ResourceRecordSet::builder()
            .name(&record.name)
            .r#type(sdk::RrType::from(record.record_type.as_str()))
            .set_set_identifier(record.set_identifier.clone())
            .set_ttl(record.ttl)
            .set_health_check_id(record.health_check.clone())
            .set_traffic_policy_instance_id(record.traffic_policy_instance.clone());
        for value in &record.values {
            set = set.resource_records(sdk::ResourceRecord::builder().value(value).build()?);
        }
        if let Some((dns_name, zone_id, health)) = &record.alias {
            let alias = sdk::AliasTarget::builder()
                .dns_name(dns_name)
                .hosted_zone_id(zone_id)
                .evaluate_target_health(*health)
                .build()?;
            set = set.alias_target(alias);
        }
        if let Some(routing) = &record.routing {
            set = with_routing(set, routing)?;
        }
        set.build()
    }
}

fn with_routing(
    set: sdk::builders::ResourceRecordSetBuilder,
    routing: &RoutingProps,
) -> Result<sdk::builders::ResourceRecordSetBuilder, BuildError> {
    Ok(match routing.policy.as_str() {
        "weighted" => set.set_weight(routing.weight),
        "latency" => {
            set.set_region(routing.region.as_deref().map(sdk::ResourceRecordSetRegion::from))
        }
        "failover" => {
            set.set_failover(routing.role.as_deref().map(sdk::ResourceRecordSetFailover::from))
        }
        "geolocation" => set.geo_location(
            sdk::GeoLocation::builder()
                .set_continent_code(routing.continent.clone())
                .set_country_code(routing.country.clone())
                .set_subdivision_code(routing.subdivision.clone())
                .build(),
        ),
        "geoproximity" => {
            let coordinates = match (routing.latitude, routing.longitude) {
                (Some(latitude), Some(longitude)) => Some(
                    sdk::Coordinates::builder()
                        .latitude(format!("{latitude:.2}"))
                        .longitude(format!("{longitude:.2}"))
                        .build()?,
                ),
                _ => None,
            };
            set.geo_proximity_location(
                sdk::GeoProximityLocation::builder()
                    .set_aws_region(routing.region.clone())
                    .set_local_zone_group(routing.local_zone_group.clone())
                    .set_coordinates(coordinates)
                    .set_bias(routing.bias)
                    .build(),
            )
        }
        "cidr" => set.cidr_routing_config(
            sdk::CidrRoutingConfig::builder()
                .set_collection_id(routing.collection.as_ref().map(|it| it.as_str().to_owned()))
                .set_location_name(routing.location.clone())
                .build()?,
        ),
        _ => set.multi_value_answer(true),
    })
}
