//! What can be told of one record offline.

use std::collections::BTreeSet;

use bicoastal_model::Check;

use super::data::{CLOUDFRONT_ZONE, RecordType};
use super::routing::{FailoverRole, GeoLocation, ProximityPlace, Routing};
use super::{RecordSet, values};

/// The most values of a record.
const MOST_VALUES: usize = 400;
/// The longest value.
const LONGEST_VALUE: usize = 4_000;
/// The longest time to live.
const LONGEST_TTL: u32 = 2_147_483_647;

/// What is wrong with a canonical name, with or without the dot at its end.
pub(in crate::route53) fn name_problems(canonical: &str) -> Vec<&'static str> {
    let name = canonical.strip_suffix('.').unwrap_or(canonical);
    // An escape of four characters is one byte.
    let length = |label: &str| label.len() - 3 * label.matches('\\').count();
    let mut problems = Vec::new();
    if name.split('.').any(str::is_empty) {
        problems.push("has an empty label");
    }
    if name.split('.').any(|label| length(label) > 63) {
        problems.push("has a label of more than 63 bytes");
    }
    if length(name) > 253 {
        problems.push("has more than 255 bytes");
    }
    problems
}

/// Checks one record.
pub(super) fn record(record: &RecordSet, check: &mut Check) {
    name(record, check);
    content(record, check);
    routing(record, check);
    health(record, check);
}

fn name(record: &RecordSet, check: &mut Check) {
    let Some(name) = record.name.known() else { return };
    for problem in name_problems(name) {
        check.error(format!("the name '{name}' {problem}"));
    }
    let wildcard = name.starts_with("\\052.");
    if wildcard && record.record_type == RecordType::Ns {
        check.error("a wildcard can't be delegated: NS records need a name of their own");
    }
    let rest = if wildcard { &name[4..] } else { name };
    if rest.contains("\\052") {
        check.warning(format!(
            "the * in '{name}' is no wildcard: only a whole leftmost label is one"
        ));
    }
}

fn content(record: &RecordSet, check: &mut Check) {
    let record_type = record.record_type;
    if let Some(alias) = &record.alias {
        if matches!(record_type, RecordType::Ns | RecordType::Soa) {
            check.error(format!("a record of type {record_type} can't be an alias"));
        }
        if alias.target.zone_id.as_str() == CLOUDFRONT_ZONE && alias.evaluate_target_health {
            check.error_with_hint(
                "the health of a CloudFront distribution can't be evaluated",
                "say RecordData::alias(…).without_target_health()",
            );
        }
    }
    if record.ttl.is_some_and(|ttl| ttl > LONGEST_TTL) {
        check.error("the time to live is longer than 2147483647 seconds");
    }
    let Some(values) = &record.values else { return };
    check.ensure(!values.is_empty(), "the record has no values");
    check.ensure(values.len() <= MOST_VALUES, "the record has more than 400 values");
    if values.len() > 1 && matches!(record_type, RecordType::Cname | RecordType::Soa) {
        check.error(format!("a record of type {record_type} has exactly one value"));
    }
    let mut seen = BTreeSet::new();
    for value in values.iter().filter_map(|value| value.known()) {
        if value.chars().count() > LONGEST_VALUE {
            check.error("a value has more than 4000 characters");
        }
        if let Some(expected) = values::problem(record_type, value) {
            check.error(format!("'{value}' is not {expected}"));
        }
        if !seen.insert(value) {
            check.error(format!("the value '{value}' is given twice"));
        }
    }
}

fn routing(record: &RecordSet, check: &mut Check) {
    let Some(routing) = &record.routing else {
        if record.set_identifier.is_some() {
            check.error_with_hint(
                "a record with simple routing has no set identifier",
                "say how it is chosen with .routing(…), or leave the identifier out",
            );
        }
        return;
    };
    match &record.set_identifier {
        None => check.error_with_hint(
            "records of this routing need a set identifier",
            "name each of them with .set_identifier(\"…\")",
        ),
        Some(id) if id.is_empty() || id.chars().count() > 128 => {
            check.error("a set identifier has 1 to 128 characters");
        }
        Some(_) => {}
    }
    let record_type = record.record_type;
    if matches!(record_type, RecordType::Ns | RecordType::Soa | RecordType::Ds) {
        check.error(format!("a record of type {record_type} is always routed simply"));
    }
    match routing {
        Routing::Multivalue if record.alias.is_some() => {
            check.error("an alias can't be one of several values");
        }
        Routing::Multivalue if record_type == RecordType::Cname => {
            check.error("a CNAME can't be one of several values");
        }
        Routing::Geolocation(GeoLocation::Country(code)) => {
            let good = code.len() == 2 && code.bytes().all(|byte| byte.is_ascii_uppercase());
            check.ensure(good, format!("'{code}' is not a country's code of two capital letters"));
        }
        Routing::Geolocation(GeoLocation::UsState(code)) => {
            let good = code.len() == 2 && code.bytes().all(|byte| byte.is_ascii_uppercase());
            check.ensure(good, format!("'{code}' is not a state's code of two capital letters"));
        }
        Routing::Geoproximity { place, bias } => {
            check.ensure((-99..=99).contains(bias), "a bias is between -99 and 99");
            if let ProximityPlace::Coordinates { latitude, longitude } = place {
                let good = latitude.abs() <= 90.0 && longitude.abs() <= 180.0;
                check.ensure(good, format!("{latitude}, {longitude} is not on the globe"));
            }
        }
        Routing::Cidr { location, .. } => {
            let good = (1..=16).contains(&location.len());
            check.ensure(good, "a CIDR location has 1 to 16 characters");
        }
        _ => {}
    }
}

fn health(record: &RecordSet, check: &mut Check) {
    if record.health_check.is_some() && record.routing.is_none() {
        check.error_with_hint(
            "a record with simple routing can't have a health check",
            "there is nothing else to answer: say how it is chosen with .routing(…)",
        );
    }
    if let Some(Routing::Failover(role)) = &record.routing {
        match &record.alias {
            Some(alias) if !alias.evaluate_target_health => {
                check.error("a failover alias must evaluate its target's health");
            }
            None if *role == FailoverRole::Primary && record.health_check.is_none() => {
                check.error_with_hint(
                    "the primary of a failover pair never fails over without a health check",
                    "give it one with .health_check(…)",
                );
            }
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use bicoastal_model::{Place, ScopeKind};

    use super::super::{RecordData, ZoneRef};
    use super::*;
    use crate::alias::AliasTarget;

    fn errors(record: &RecordSet) -> Vec<String> {
        let mut check =
            Check::new(Place { account: None, scope: ScopeKind::Global, regions: Vec::new() });
        super::record(record, &mut check);
        check.errors().into_iter().map(str::to_owned).collect()
    }

    fn with(data: RecordData, routing: Routing) -> RecordSet {
        RecordSet::builder()
            .zone(ZoneRef::new("Z1", "example.com"))
            .name("api")
            .data(data)
            .routing(routing)
            .build()
    }

    fn address() -> RecordData {
        RecordData::values(RecordType::A, 60, ["192.0.2.1"])
    }

    fn front() -> RecordData {
        RecordData::alias(AliasTarget::new("front.us-east-1.elb.amazonaws.com", "Z35SXDOTRQ7X7K"))
    }

    #[test]
    fn good_records_pass() {
        for record in [
            with(address(), Routing::Simple),
            with(front(), Routing::Latency(bicoastal_model::Region::UsEast1)),
            with(front(), Routing::Failover(FailoverRole::Primary)),
            with(address(), Routing::Failover(FailoverRole::Secondary)),
            with(RecordData::values(RecordType::A, 0, ["192.0.2.1"]), Routing::Simple),
        ] {
            assert_eq!(errors(&record), Vec::<String>::new());
        }
    }

    #[test]
    fn bad_records_are_refused_offline() {
        let cloudfront = AliasTarget::new("d1.cloudfront.net", CLOUDFRONT_ZONE);
        let values = |record_type, values: &[&str]| {
            RecordData::values(record_type, 60, values.iter().copied())
        };
        let geo = |location| Routing::Geolocation(location);
        for (record, expected) in [
            (with(values(RecordType::A, &["x"]), Routing::Simple), "not an IPv4 address"),
            (with(values(RecordType::A, &[]), Routing::Simple), "no values"),
            (
                with(values(RecordType::A, &["192.0.2.1", "192.0.2.1"]), Routing::Simple),
                "given twice",
            ),
            (
                with(values(RecordType::Cname, &["a.com", "b.com"]), Routing::Simple),
                "exactly one value",
            ),
            (with(address(), Routing::Weighted(1)), "need a set identifier"),
            (with(address(), Routing::Failover(FailoverRole::Primary)), "never fails over"),
            (
                with(front().without_target_health(), Routing::Failover(FailoverRole::Secondary)),
                "must evaluate",
            ),
            (with(address(), geo(GeoLocation::Country("India".into()))), "not a country's code"),
            (
                with(
                    address(),
                    Routing::Geoproximity {
                        place: ProximityPlace::Region(bicoastal_model::Region::UsEast1),
                        bias: 100,
                    },
                ),
                "between -99 and 99",
            ),
            (with(front().of_type(RecordType::Ns), Routing::Simple), "can't be an alias"),
            (
                with(
                    RecordData::Alias {
                        record_type: RecordType::A,
                        target: cloudfront,
                        evaluate_target_health: true,
                    },
                    Routing::Simple,
                ),
                "can't be evaluated",
            ),
            (
                with(
                    values(RecordType::Ns, &["ns.example.net"]),
                    Routing::Latency(bicoastal_model::Region::UsEast1),
                ),
                "always routed simply",
            ),
        ] {
            let errors = errors(&record);
            assert!(errors.len() == 1 && errors[0].contains(expected), "{expected}: {errors:?}");
        }
        let mut watched = with(address(), Routing::Simple);
        watched.health_check = Some("check".into());
        assert_eq!(errors(&watched), ["a record with simple routing can't have a health check"]);
    }

    #[test]
    fn what_cannot_be_one_of_several_or_a_wildcard_is_refused_offline() {
        let several = |data: RecordData| {
            let record = RecordSet::builder().zone(ZoneRef::new("Z1", "example.com")).name("api");
            record.data(data).routing(Routing::Multivalue).set_identifier("one").build()
        };
        assert_eq!(errors(&several(address())), Vec::<String>::new());
        assert_eq!(errors(&several(front())), ["an alias can't be one of several values"]);
        let cname = RecordData::values(RecordType::Cname, 60, ["other.example.net"]);
        assert_eq!(errors(&several(cname)), ["a CNAME can't be one of several values"]);
        let wild = |data: RecordData| {
            let record = RecordSet::builder().zone(ZoneRef::new("Z1", "example.com")).name("*");
            record.data(data).build()
        };
        assert_eq!(errors(&wild(address())), Vec::<String>::new());
        assert_eq!(
            errors(&wild(RecordData::values(RecordType::Ns, 60, ["ns.example.net"]))),
            ["a wildcard can't be delegated: NS records need a name of their own"]
        );
    }

    #[test]
    fn names_are_relative_unless_they_end_with_a_dot() {
        let name = |name: &str| {
            let zone = ZoneRef::new("Z1", "Example.com.");
            let record = RecordSet::builder().zone(zone).name(name).data(address()).build();
            record.name.as_str().to_owned()
        };
        assert_eq!(name("API"), "api.example.com.");
        assert_eq!(name(""), "example.com.");
        assert_eq!(name("@"), "example.com.");
        assert_eq!(name("*.dev"), "\\052.dev.example.com.");
        assert_eq!(name("www.Example.com."), "www.example.com.");
        assert_eq!(name("a\\056b"), "a\\056b.example.com.");
    }
}
