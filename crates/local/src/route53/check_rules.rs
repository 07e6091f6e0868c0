//! What each type of health check requires, does not take, and gets where nothing is said.

use std::net::IpAddr;

use super::faults;
use super::health::Config;
use crate::reply::Fault;

/// Where the checkers are.
pub(super) const CHECKER_REGIONS: [&str; 8] = [
    "us-east-1",
    "us-west-1",
    "us-west-2",
    "eu-west-1",
    "ap-southeast-1",
    "ap-southeast-2",
    "ap-northeast-1",
    "sa-east-1",
];

/// What each type requires and does not take.
pub(super) fn check(config: &Config) -> Result<(), Fault> {
    let check_type = config.check_type.as_str();
    let refuse = |what: String| Err(faults::invalid_input(format!("Invalid parameter : {what}")));
    let endpoint = config.has_endpoint();
    let matches = check_type.ends_with("_STR_MATCH");
    let foreign = [
        ("IPAddress", config.ip_address.is_some(), endpoint),
        ("FullyQualifiedDomainName", config.fqdn.is_some(), endpoint),
        ("Port", config.port.is_some(), endpoint),
        ("ResourcePath", config.resource_path.is_some(), endpoint && check_type != "TCP"),
        ("SearchString", config.search_string.is_some(), matches),
        ("RequestInterval", config.request_interval.is_some(), endpoint),
        ("FailureThreshold", config.failure_threshold.is_some(), endpoint),
        ("MeasureLatency", config.measure_latency.is_some(), endpoint),
        ("EnableSNI", config.enable_sni == Some(true), check_type.starts_with("HTTPS")),
        ("Regions", !config.regions.is_empty(), endpoint),
        ("ChildHealthChecks", !config.children.is_empty(), check_type == "CALCULATED"),
        ("HealthThreshold", config.health_threshold.is_some(), check_type == "CALCULATED"),
        ("AlarmIdentifier", config.alarm.is_some(), check_type == "CLOUDWATCH_METRIC"),
        (
            "InsufficientDataHealthStatus",
            config.insufficient_data.is_some(),
            check_type == "CLOUDWATCH_METRIC",
        ),
        (
            "RoutingControlArn",
            config.routing_control_arn.is_some(),
            check_type == "RECOVERY_CONTROL",
        ),
    ];
    for (name, present, allowed) in foreign {
        if present && !allowed {
            return refuse(format!(
                "{name} is not supported for health checks of type {check_type}"
            ));
        }
    }
    if endpoint && config.ip_address.is_none() && config.fqdn.is_none() {
        return refuse("Either IPAddress or FullyQualifiedDomainName must be specified".into());
    }
    let required = [
        ("SearchString", matches && config.search_string.is_none()),
        ("Port", check_type == "TCP" && config.port.is_none()),
        ("HealthThreshold", check_type == "CALCULATED" && config.health_threshold.is_none()),
        ("AlarmIdentifier", check_type == "CLOUDWATCH_METRIC" && config.alarm.is_none()),
        (
            "InsufficientDataHealthStatus",
            check_type == "CLOUDWATCH_METRIC" && config.insufficient_data.is_none(),
        ),
        (
            "RoutingControlArn",
            check_type == "RECOVERY_CONTROL" && config.routing_control_arn.is_none(),
        ),
    ];
    for (name, absent) in required {
        if absent {
            return refuse(format!("{name} is required for health checks of type {check_type}"));
        }
    }
    if config.request_interval.is_some_and(|seconds| seconds != 10 && seconds != 30) {
        return refuse("RequestInterval must be 10 or 30".into());
    }
    for (name, value) in [
        ("ResourcePath", &config.resource_path),
        ("SearchString", &config.search_string),
        ("FullyQualifiedDomainName", &config.fqdn),
    ] {
        if value.as_ref().is_some_and(|value| value.chars().count() > 255) {
            return refuse(format!("{name} must have at most 255 characters"));
        }
    }
    if let Some(address) = &config.ip_address
        && !address.parse::<IpAddr>().is_ok_and(is_public)
    {
        return refuse(format!("IPAddress {address} is not one that the checkers can reach"));
    }
    if !config.regions.is_empty() && config.regions.len() < 3 {
        return refuse("Regions must have at least three members".into());
    }
    if let Some(region) =
        config.regions.iter().find(|region| !CHECKER_REGIONS.contains(&region.as_str()))
    {
        return refuse(format!("{region} has no health checkers"));
    }
    if config.children.len() > 255 {
        return refuse("ChildHealthChecks must have at most 255 members".into());
    }
    if let Some(status) = &config.insufficient_data
        && !["Healthy", "Unhealthy", "LastKnownStatus"].contains(&status.as_str())
    {
        return refuse(format!("InsufficientDataHealthStatus {status}"));
    }
    Ok(())
}

/// Whether an address can be reached from the checkers: not private, local or reserved.
fn is_public(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(address) => {
            let [a, b, ..] = address.octets();
            !(address.is_private()
                || address.is_loopback()
                || address.is_link_local()
                || address.is_multicast()
                || address.is_unspecified()
                || a >= 240
                || (a == 100 && (64..128).contains(&b)))
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

/// What AWS fills in at creation.
pub(super) fn with_defaults(mut config: Config) -> Config {
    if config.has_endpoint() {
        let https = config.check_type.starts_with("HTTPS");
        config.port = config.port.or(Some(if https { 443 } else { 80 }));
        config.request_interval = config.request_interval.or(Some(30));
        config.failure_threshold = config.failure_threshold.or(Some(3));
        config.measure_latency = config.measure_latency.or(Some(false));
        config.enable_sni = config.enable_sni.or(Some(https));
    } else {
        config.enable_sni = None;
    }
    config
}
