//! What can be told of a health check offline.

use std::collections::BTreeSet;
use std::net::IpAddr;

use bicoastal_model::{Check, dns};

use super::HealthCheck;
use crate::route53::record::name_problems;
use crate::tags::check_tags;

pub(super) fn health_check(it: &HealthCheck, check: &mut Check) {
    if let Some(host) = it.host.as_ref().and_then(|host| host.known()) {
        for problem in name_problems(&dns::canonical(host)) {
            check.error(format!("the host '{host}' {problem}"));
        }
    }
    if let Some(address) = it.ip_address.as_ref().and_then(|address| address.known()) {
        match address.parse::<IpAddr>() {
            Err(_) => check.error(format!("'{address}' is not an IP address")),
            Ok(parsed) if !is_public(parsed) => check.error_with_hint(
                format!("the checkers can't reach {address}: they are outside every VPC"),
                "follow an alarm instead: HealthCheck::alarm(…)",
            ),
            Ok(_) => {}
        }
    }
    if let Some(path) = &it.path {
        check.ensure(path.chars().count() <= 255, "the path has more than 255 characters");
        check.ensure(path.starts_with('/'), format!("the path '{path}' does not begin with a /"));
    }
    if let Some(search) = &it.search {
        let good = (1..=255).contains(&search.chars().count());
        check.ensure(good, "the text searched for has 1 to 255 characters");
    }
    if let Some(threshold) = it.failure_threshold {
        check.ensure((1..=10).contains(&threshold), "a failure threshold is between 1 and 10");
    }
    check.ensure(it.port != Some(0), "a port is between 1 and 65535");
    if let Some(regions) = &it.checker_regions {
        let distinct: BTreeSet<_> = regions.iter().collect();
        check.ensure(distinct.len() >= 3, "checkers are in at least three regions");
    }
    if it.enable_sni == Some(true) && !it.check_type.starts_with("HTTPS") {
        check.error("only HTTPS has a server name to indicate");
    }
    calculated(it, check);
    check_tags(check, &it.tags, 50);
    if it.disabled == Some(true) {
        check.warning("a disabled check counts as healthy; to drain, invert it");
    }
    if let Some(alarm) = &it.alarm {
        let good = (1..=256).contains(&alarm.name.chars().count());
        check.ensure(good, "an alarm's name has 1 to 256 characters");
    }
    if let Some(arn) = it.routing_control.as_ref().and_then(|arn| arn.known()) {
        let message = format!("'{arn}' is not the ARN of a routing control");
        check.ensure(arn.starts_with("arn:"), message);
    }
}

fn calculated(it: &HealthCheck, check: &mut Check) {
    let (Some(children), Some(healthy)) = (&it.children, it.healthy_children) else { return };
    let count = children.len();
    check.ensure(count <= 255, "a calculated check has at most 255 children");
    check.ensure(healthy <= 256, "at most 256 healthy children can be asked for");
    if healthy == 0 {
        check.warning("with no healthy child asked for, the check is always healthy");
    } else if usize::try_from(healthy).is_ok_and(|healthy| healthy > count) {
        check.warning(format!(
            "the check is never healthy: it asks for {healthy} healthy children and has {count}"
        ));
    }
    let distinct: BTreeSet<String> = children.iter().map(|child| format!("{child:?}")).collect();
    check.ensure(distinct.len() == count, "a child is given twice");
}

/// Whether checkers on the internet can reach an address.
fn is_public(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(address) => {
            let [first, second, ..] = address.octets();
            let shared = first == 100 && (64..128).contains(&second);
            !(address.is_private()
                || address.is_loopback()
                || address.is_link_local()
                || address.is_multicast()
                || address.is_unspecified()
                || shared
                || first >= 240)
        }
        IpAddr::V6(address) => {
            let first = address.segments()[0];
            !(address.is_loopback()
                || address.is_unspecified()
                || address.is_multicast()
                || first & 0xfe00 == 0xfc00
                || first & 0xffc0 == 0xfe80)
        }
    }
}

#[cfg(test)]
mod tests {
    use bicoastal_model::{Id, Place, Region, ScopeKind};
    use serde_json::json;

    use super::super::{CheckerRegion, InsufficientData, Interval};
    use super::*;

    fn errors(it: &HealthCheck) -> Vec<String> {
        let mut check =
            Check::new(Place { account: None, scope: ScopeKind::Global, regions: Vec::new() });
        health_check(it, &mut check);
        check.errors().into_iter().map(str::to_owned).collect()
    }

    #[test]
    fn each_type_says_what_it_is() {
        let web = HealthCheck::https("a.example.com").path("/healthz").interval(Interval::Fast);
        assert_eq!(
            serde_json::to_value(web.build()).unwrap(),
            json!({"type": "HTTPS", "host": "a.example.com", "port": 443, "path": "/healthz", "interval": 10})
        );
        let search = HealthCheck::http("a.example.com").search("ok").address("8.8.8.8").build();
        assert_eq!(
            serde_json::to_value(&search).unwrap(),
            json!({"type": "HTTP_STR_MATCH", "by_address": true, "ip_address": "8.8.8.8", "host": "a.example.com", "port": 80, "search": "ok"})
        );
        let alarm = HealthCheck::alarm(Region::UsEast1, "lag", InsufficientData::Unhealthy).build();
        assert_eq!(
            serde_json::to_value(&alarm).unwrap(),
            json!({"type": "CLOUDWATCH_METRIC", "alarm": {"region": "us-east-1", "name": "lag"}, "insufficient_data": "Unhealthy"})
        );
        for good in [search, alarm, HealthCheck::tcp("a.example.com", 443).build()] {
            assert_eq!(errors(&good), Vec::<String>::new());
        }
    }

    #[test]
    fn what_aws_would_refuse_is_refused_offline() {
        let https = || HealthCheck::https("a.example.com");
        let child = || Id::<HealthCheck>::new("c");
        let two = vec![CheckerRegion::UsEast1, CheckerRegion::EuWest1];
        for (it, expected) in [
            (https().address("10.0.0.1").build(), "can't reach"),
            (https().address("x").build(), "not an IP address"),
            (https().path("healthz").build(), "does not begin with a /"),
            (https().failure_threshold(11).build(), "between 1 and 10"),
            (https().search("").build(), "1 to 255"),
            (https().checker_regions(two).build(), "at least three"),
            (HealthCheck::http("a.example.com").enable_sni(true).build(), "only HTTPS"),
            (HealthCheck::tcp("a.example.com", 0).build(), "between 1 and 65535"),
            (HealthCheck::calculated(1, [child(), child()]).build(), "given twice"),
            (HealthCheck::routing_control("x").build(), "not the ARN"),
        ] {
            let errors = errors(&it);
            assert!(errors.len() == 1 && errors[0].contains(expected), "{expected}: {errors:?}");
        }
    }
}
