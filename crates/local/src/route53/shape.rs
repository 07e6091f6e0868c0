//! A change batch as it arrives: what is refused as `InvalidInput` before the zone is looked at.

use super::record::{AliasTarget, GeoLocation, Place, Policy, RecordSet, TYPES};
use super::{faults, geo, names, routes};
use crate::reply::Fault;
use crate::xml::Element;

/// What is to be done with a record.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Action {
    Create,
    Upsert,
    Delete,
}

/// One change of a batch.
#[derive(Clone, Debug)]
pub(super) struct Change {
    pub(super) action: Action,
    pub(super) record: RecordSet,
}

/// The changes of a `<ChangeResourceRecordSetsRequest>`.
pub(super) fn changes(request: &Element) -> Result<Vec<Change>, Fault> {
    let changes: Vec<&Element> = request
        .get("ChangeBatch")
        .and_then(|batch| batch.get("Changes"))
        .map(|changes| changes.all("Change").collect())
        .unwrap_or_default();
    if changes.is_empty() {
        return Err(faults::constraint(
            "[]",
            "changeBatch.changes",
            "Member must have length greater than or equal to 1",
        ));
    }
    changes.into_iter().enumerate().map(|(index, change)| parse(index + 1, change)).collect()
}

fn parse(number: usize, element: &Element) -> Result<Change, Fault> {
    let member = |name: &str| format!("changeBatch.changes.{number}.member.{name}");
    let action_text = element.text_of("Action").unwrap_or_default();
    let action = match action_text {
        "CREATE" => Action::Create,
        "UPSERT" => Action::Upsert,
        "DELETE" => Action::Delete,
        other => {
            return Err(faults::constraint(
                other,
                &member("action"),
                "Member must satisfy enum value set: [CREATE, DELETE, UPSERT]",
            ));
        }
    };
    let set = element
        .get("ResourceRecordSet")
        .ok_or_else(|| faults::missing(&member("resourceRecordSet")))?;
    let given_name = set.text_of("Name").unwrap_or_default();
    let record_type = set.text_of("Type").unwrap_or_default();
    if !TYPES.contains(&record_type) {
        return Err(faults::constraint(
            record_type,
            &member("resourceRecordSet.type"),
            &format!("Member must satisfy enum value set: [{}]", TYPES.join(", ")),
        ));
    }
    let set_identifier = set.text_of("SetIdentifier").map(str::to_owned);
    let context = Context {
        set,
        number,
        shown: format!(
            "Change with [Action={action_text}, Name={given_name}, Type={record_type}, SetIdentifier={}]",
            set_identifier.as_deref().unwrap_or("null")
        ),
    };
    if let Some(id) = &set_identifier
        && (id.is_empty() || id.chars().count() > 128)
    {
        return Err(context.constraint(
            id,
            "setIdentifier",
            "Member must have length between 1 and 128",
        ));
    }
    let name = names::canonical(given_name)
        .map_err(|fault| Fault::new(400, "InvalidChangeBatch", format!("[{fault}]")))?;
    let policy = context.policy(set_identifier.is_some())?;
    let (ttl, values, alias) = context.content()?;
    let record = RecordSet {
        name,
        record_type: record_type.to_owned(),
        set_identifier,
        policy,
        ttl,
        values,
        alias,
        health_check_id: set
            .text_of("HealthCheckId")
            .filter(|id| !id.is_empty())
            .map(str::to_owned),
    };
    context.combination(&record)?;
    Ok(Change { action, record })
}

/// TTL and values, or the target of an alias.
type Content = (Option<u32>, Vec<String>, Option<AliasTarget>);

struct Context<'a> {
    set: &'a Element,
    number: usize,
    shown: String,
}

impl Context<'_> {
    fn refuse(&self, what: &str) -> Fault {
        faults::invalid_input(format!("Invalid request: {what} in {}", self.shown))
    }

    fn constraint(&self, value: &str, member: &str, rule: &str) -> Fault {
        let number = self.number;
        faults::constraint(
            value,
            &format!("changeBatch.changes.{number}.member.resourceRecordSet.{member}"),
            rule,
        )
    }

    fn integer(&self, value: &str, member: &str, least: i64, most: i64) -> Result<i64, Fault> {
        match value.parse::<i64>() {
            Ok(number) if (least..=most).contains(&number) => Ok(number),
            Ok(number) if number < least => Err(self.constraint(
                value,
                member,
                &format!("Member must have value greater than or equal to {least}"),
            )),
            Ok(_) => Err(self.constraint(
                value,
                member,
                &format!("Member must have value less than or equal to {most}"),
            )),
            Err(_) => Err(self.constraint(value, member, "Member must be an integer")),
        }
    }

    fn policy(&self, identified: bool) -> Result<Policy, Fault> {
        let mut found = Vec::new();
        if let Some(weight) = self.set.text_of("Weight") {
            let weight = self.integer(weight, "weight", 0, 255)?;
            found.push(Policy::Weighted(u8::try_from(weight).unwrap_or(u8::MAX)));
        }
        if let Some(region) = self.set.text_of("Region") {
            if geo::region(region).is_none() {
                return Err(self.constraint(
                    region,
                    "region",
                    "Member must satisfy enum value set of regions",
                ));
            }
            found.push(Policy::Latency(region.to_owned()));
        }
        match self.set.text_of("Failover") {
            None => {}
            Some("PRIMARY") => found.push(Policy::Failover(true)),
            Some("SECONDARY") => found.push(Policy::Failover(false)),
            Some(other) => {
                return Err(self.constraint(
                    other,
                    "failover",
                    "Member must satisfy enum value set: [PRIMARY, SECONDARY]",
                ));
            }
        }
        if let Some(location) = self.set.get("GeoLocation") {
            found.push(Policy::Geo(self.geo_location(location)?));
        }
        if let Some(location) = self.set.get("GeoProximityLocation") {
            found.push(self.proximity(location)?);
        }
        if self.set.text_of("MultiValueAnswer") == Some("true") {
            found.push(Policy::MultiValue);
        }
        if let Some(config) = self.set.get("CidrRoutingConfig") {
            let collection = config.text_of("CollectionId").unwrap_or_default();
            let location = config.text_of("LocationName").unwrap_or_default();
            if location.is_empty() || location.len() > 16 {
                return Err(self.constraint(
                    location,
                    "cidrRoutingConfig.locationName",
                    "Member must have length between 1 and 16",
                ));
            }
            found.push(Policy::Cidr(collection.to_owned(), location.to_owned()));
        }
        let expected = "Expected exactly one of [Weight, Region, Failover, GeoLocation, GeoProximityLocation, MultiValueAnswer, or CidrRoutingConfig]";
        match (found.len(), identified) {
            (0, false) => Ok(Policy::Simple),
            (0, true) => Err(self.refuse(&format!("{expected}, but found none"))),
            (1, true) => Ok(found.remove(0)),
            (1, false) => Err(self.refuse("Missing field 'SetIdentifier'")),
            _ => Err(self.refuse(&format!("{expected}, but found more than one"))),
        }
    }

    fn geo_location(&self, location: &Element) -> Result<GeoLocation, Fault> {
        let part = |name| location.text_of(name).filter(|code| !code.is_empty()).map(str::to_owned);
        let (continent, country, subdivision) =
            (part("ContinentCode"), part("CountryCode"), part("SubdivisionCode"));
        match (&continent, &country, &subdivision) {
            (Some(continent), None, None) if geo::is_continent(continent) => {}
            (None, Some(country), None) if country == "*" || geo::continent(country).is_some() => {}
            (None, Some(country), Some(state)) if country == "US" && geo::is_us_state(state) => {}
            (Some(_), Some(_), _) | (Some(_), _, Some(_)) => {
                return Err(self.refuse(
                    "Expected exactly one of [ContinentCode, or CountryCode], but found more than one",
                ));
            }
            (None, None, _) => {
                return Err(self.refuse(
                    "Expected exactly one of [ContinentCode, or CountryCode], but found none",
                ));
            }
            (None, Some(country), Some(_)) if country != "US" => {
                return Err(self.refuse("SubdivisionCode is only supported with CountryCode US"));
            }
            _ => return Err(self.refuse("The geolocation is not supported")),
        }
        Ok(GeoLocation { continent, country, subdivision })
    }

    fn proximity(&self, location: &Element) -> Result<Policy, Fault> {
        let mut places = Vec::new();
        if let Some(region) = location.text_of("AWSRegion") {
            if geo::region(region).is_none() {
                return Err(self.refuse(&format!("The region {region} is not supported")));
            }
            places.push(Place::Region(region.to_owned()));
        }
        if let Some(group) = location.text_of("LocalZoneGroup") {
            places.push(Place::LocalZoneGroup(group.to_owned()));
        }
        if let Some(coordinates) = location.get("Coordinates") {
            let part = |name, most| {
                let value = coordinates.text_of(name).unwrap_or_default();
                if geo::is_coordinate(value, most) {
                    Ok(value.to_owned())
                } else {
                    Err(self.constraint(
                        value,
                        &format!("geoProximityLocation.coordinates.{}", name.to_lowercase()),
                        "Member must be degrees with at most two decimals",
                    ))
                }
            };
            places.push(Place::Coordinates(part("Latitude", 90.0)?, part("Longitude", 180.0)?));
        }
        let bias = match location.text_of("Bias") {
            None => 0,
            Some(bias) => self.integer(bias, "geoProximityLocation.bias", -99, 99)?,
        };
        let expected = "Expected exactly one of [AWSRegion, LocalZoneGroup, or Coordinates]";
        match places.len() {
            1 => Ok(Policy::Proximity(places.remove(0), i32::try_from(bias).unwrap_or(0))),
            0 => Err(self.refuse(&format!("{expected}, but found none"))),
            _ => Err(self.refuse(&format!("{expected}, but found more than one"))),
        }
    }

    fn content(&self) -> Result<Content, Fault> {
        let expected = "Expected exactly one of [AliasTarget, all of [TTL, and ResourceRecords], or TrafficPolicyInstanceId]";
        let ttl = match self.set.text_of("TTL") {
            None => None,
            Some(ttl) => u32::try_from(self.integer(ttl, "tTL", 0, 2_147_483_647)?).ok(),
        };
        let values: Vec<String> = self
            .set
            .get("ResourceRecords")
            .into_iter()
            .flat_map(|records| records.all("ResourceRecord"))
            .map(|record| record.text_of("Value").unwrap_or_default().to_owned())
            .collect();
        if let Some(long) = values.iter().find(|value| value.chars().count() > 4_000) {
            return Err(self.constraint(
                long,
                "resourceRecords.value",
                "Member must have length less than or equal to 4000",
            ));
        }
        let Some(target) = self.set.get("AliasTarget") else {
            return match (ttl, values.is_empty()) {
                (Some(ttl), false) => Ok((Some(ttl), values, None)),
                _ => Err(self.refuse(&format!("{expected}, but found none"))),
            };
        };
        if ttl.is_some() || self.set.get("ResourceRecords").is_some() {
            return Err(self.refuse(&format!("{expected}, but found more than one")));
        }
        let part = |name: &str| {
            target
                .text_of(name)
                .filter(|text| !text.is_empty())
                .ok_or_else(|| self.refuse(&format!("Missing field 'AliasTarget.{name}'")))
        };
        let dns_name = names::canonical(part("DNSName")?)
            .map_err(|fault| Fault::new(400, "InvalidChangeBatch", format!("[{fault}]")))?;
        let alias = AliasTarget {
            zone_id: routes::bare(part("HostedZoneId")?),
            dns_name,
            evaluate_health: part("EvaluateTargetHealth")? == "true",
        };
        Ok((None, Vec::new(), Some(alias)))
    }

    /// What types, policies, aliases and health checks may not be together.
    fn combination(&self, record: &RecordSet) -> Result<(), Fault> {
        let record_type = record.record_type.as_str();
        if record.policy != Policy::Simple && matches!(record_type, "NS" | "SOA" | "DS") {
            return Err(
                self.refuse(&format!("Records of type {record_type} must use simple routing"))
            );
        }
        if record.policy == Policy::MultiValue {
            if record_type == "CNAME" {
                return Err(self.refuse("MultiValueAnswer is not supported for type CNAME"));
            }
            if record.alias.is_some() {
                return Err(self.refuse("MultiValueAnswer is not supported for alias records"));
            }
        }
        if record.health_check_id.is_some() && record.policy == Policy::Simple {
            return Err(self.refuse("Missing field 'SetIdentifier'"));
        }
        if record.alias.is_some() && matches!(record_type, "NS" | "SOA") {
            return Err(
                self.refuse(&format!("AliasTarget is not supported for type {record_type}"))
            );
        }
        if let Policy::Failover(primary) = record.policy {
            match &record.alias {
                Some(alias) if !alias.evaluate_health => {
                    return Err(
                        self.refuse("EvaluateTargetHealth must be true for failover alias records")
                    );
                }
                None if primary && record.health_check_id.is_none() => {
                    return Err(self.refuse("Missing field 'HealthCheckId'"));
                }
                _ => {}
            }
        }
        Ok(())
    }
}
