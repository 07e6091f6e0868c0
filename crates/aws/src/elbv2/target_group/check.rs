//! What is wrong with a target group, told offline.

use bicoastal_model::resource::Check;

use super::super::check_name;
use super::{
    BalancingAlgorithm, StickinessType, TargetGroup, TargetHealthCheck, TargetHealthCheckProtocol,
    TargetProtocol, TargetType,
};
use crate::tags::check_tags;

pub(super) fn check(group: &TargetGroup, check: &mut Check) {
    if let Some(wrong) = check_name(&group.name) {
        check.error(wrong);
    }
    let function = group.target_type == Some(TargetType::Lambda);
    for (set, what) in [
        (group.protocol.is_some(), "a protocol"),
        (group.port.is_some(), "a port"),
        (group.vpc.is_some(), "a VPC"),
    ] {
        check.ensure(
            set != function,
            match function {
                true => format!("a group of a function does not have {what}"),
                false => format!("it lacks {what}"),
            },
        );
    }
    check.ensure(group.port != Some(0), "port 0 is not a port");
    let http = matches!(group.protocol, Some(TargetProtocol::Http | TargetProtocol::Https));
    let geneve = group.protocol == Some(TargetProtocol::Geneve);
    let stream = matches!(group.protocol, Some(TargetProtocol::Tcp | TargetProtocol::Tls));
    let network = group.protocol.is_some() && !http && !geneve;
    check
        .ensure(group.protocol_version.is_none() || http, "protocol_version is for HTTP and HTTPS");
    check.ensure(
        group.target_type != Some(TargetType::Alb)
            || matches!(group.protocol, Some(TargetProtocol::Tcp | TargetProtocol::Tls)),
        "a group of a load balancer speaks TCP or TLS",
    );
    check.ensure(!geneve || group.port == Some(6081), "GENEVE is spoken on port 6081");
    for (set, fits, field, where_) in [
        (group.slow_start.is_some(), http, "slow_start", "HTTP and HTTPS"),
        (group.algorithm.is_some(), http, "algorithm", "HTTP and HTTPS"),
        (group.anomaly_mitigation.is_some(), http, "anomaly_mitigation", "HTTP and HTTPS"),
        (group.connection_termination.is_some(), network, "connection_termination", "TCP and UDP"),
        (group.preserve_client_ip.is_some(), network, "preserve_client_ip", "TCP and UDP"),
        (group.proxy_protocol_v2.is_some(), network, "proxy_protocol_v2", "TCP and UDP"),
        (
            group.unhealthy_connection_termination.is_some(),
            stream,
            "unhealthy_connection_termination",
            "TCP and TLS",
        ),
        (
            group.unhealthy_draining_interval.is_some(),
            stream,
            "unhealthy_draining_interval",
            "TCP and TLS",
        ),
        (group.target_failover.is_some(), geneve, "target_failover", "GENEVE"),
        (
            group.lambda_multi_value_headers.is_some(),
            function,
            "lambda_multi_value_headers",
            "functions",
        ),
        (group.deregistration_delay.is_some(), !function, "deregistration_delay", "servers"),
    ] {
        check.ensure(!set || fits, format!("{field} is for {where_}"));
    }
    check.ensure(
        group.anomaly_mitigation != Some(true)
            || group.algorithm == Some(BalancingAlgorithm::WeightedRandom),
        "anomaly_mitigation works with the algorithm weighted_random",
    );
    check.ensure(
        group.deregistration_delay.is_none_or(|seconds| seconds <= 3600),
        "deregistration_delay is not between 0 and 3600 s",
    );
    check.ensure(
        group.slow_start.is_none_or(|seconds| seconds == 0 || (30..=900).contains(&seconds)),
        "slow_start is neither 0 nor between 30 and 900 s",
    );
    check.ensure(
        group.unhealthy_draining_interval.is_none_or(|seconds| seconds <= 360_000),
        "unhealthy_draining_interval is not between 0 and 360000 s",
    );
    check.ensure(
        group.unhealthy_draining_interval.unwrap_or(0) == 0
            || group.unhealthy_connection_termination == Some(false),
        "unhealthy_draining_interval is for connections that are not closed at once \
         (unhealthy_connection_termination)",
    );
    for (percentage, field) in [
        (group.dns_failover_minimum_percentage, "dns_failover_minimum_percentage"),
        (group.unhealthy_routing_minimum_percentage, "unhealthy_routing_minimum_percentage"),
    ] {
        check.ensure(
            percentage.is_none_or(|it| (1..=100).contains(&it)),
            format!("{field} is not between 1 and 100"),
        );
    }
    if let Some(stickiness) = &group.stickiness {
        let by = stickiness.by;
        let fits = match by {
            StickinessType::LbCookie | StickinessType::AppCookie => http,
            StickinessType::SourceIp => network,
            StickinessType::SourceIpDestIp | StickinessType::SourceIpDestIpProto => geneve,
        };
        check.ensure(fits, format!("stickiness by {} does not fit the protocol", by.as_str()));
        check.ensure(
            (by == StickinessType::AppCookie) == stickiness.cookie_name.is_some(),
            "a cookie_name goes with stickiness by app_cookie",
        );
        check.ensure(
            stickiness.seconds.is_none_or(|it| (1..=604_800).contains(&it)),
            "stickiness is not between 1 and 604800 s",
        );
    }
    if let Some(health) = &group.health_check {
        check_health(health, function, check);
    }
    check_tags(check, &group.tags, 50);
}

fn check_health(health: &TargetHealthCheck, function: bool, check: &mut Check) {
    check.ensure(
        health.enabled != Some(false) || function,
        "health checks can only be switched off for functions",
    );
    for (value, field, from, to) in [
        (health.interval, "interval", 5, 300),
        (health.timeout, "timeout", 2, 120),
        (health.healthy_threshold, "healthy_threshold", 2, 10),
        (health.unhealthy_threshold, "unhealthy_threshold", 2, 10),
    ] {
        check.ensure(
            value.is_none_or(|it| (from..=to).contains(&it)),
            format!("the health check's {field} is not between {from} and {to}"),
        );
    }
    if let (Some(interval), Some(timeout)) = (health.interval, health.timeout) {
        check.ensure(timeout < interval, "the health check's timeout is not below its interval");
    }
    if let Some(path) = &health.path {
        check.ensure(
            path.starts_with('/') && path.len() <= 1024,
            "the health check's path does not begin with /, or has more than 1024 characters",
        );
        check.ensure(
            health.protocol != Some(TargetHealthCheckProtocol::Tcp),
            "a health check by TCP has no path",
        );
    }
    if let Some(port) = &health.port {
        let number = port.parse::<u16>().is_ok_and(|port| port > 0);
        check.ensure(
            port == "traffic-port" || number,
            "the health check's port is neither a number nor traffic-port",
        );
    }
    if let Some(matcher) = &health.matcher {
        let good = matcher.split(',').all(|part| {
            let (from, to) = part.split_once('-').unwrap_or((part, part));
            matches!((from.parse::<u16>(), to.parse::<u16>()), (Ok(from), Ok(to)) if from <= to && to < 600)
        });
        check
            .ensure(good, format!("the health check's matcher '{matcher}' is not a list of codes"));
    }
}
