//! Attributes: keys and values beside what the shapes of the API have, with AWS's defaults.

use std::collections::BTreeMap;

use super::load_balancer::Kind;
use super::{impossible, invalid, required};
use crate::query::Params;
use crate::reply::Fault;
use crate::xml::Element;

pub(super) type Attributes = BTreeMap<String, String>;

fn table(rows: &[&[(&str, &str)]]) -> Attributes {
    rows.iter()
        .flat_map(|rows| rows.iter())
        .map(|(key, value)| ((*key).to_owned(), (*value).to_owned()))
        .collect()
}

const ACCESS_LOGS: &[(&str, &str)] = &[
    ("access_logs.s3.bucket", ""),
    ("access_logs.s3.enabled", "false"),
    ("access_logs.s3.prefix", ""),
];

/// The attributes of a new load balancer.
pub(super) fn of_load_balancer(kind: Kind) -> Attributes {
    let all: &[(&str, &str)] = &[("deletion_protection.enabled", "false")];
    match kind {
        Kind::Application => table(&[
            all,
            ACCESS_LOGS,
            &[
                ("client_keep_alive.seconds", "3600"),
                ("connection_logs.s3.bucket", ""),
                ("connection_logs.s3.enabled", "false"),
                ("connection_logs.s3.prefix", ""),
                ("health_check_logs.s3.bucket", ""),
                ("health_check_logs.s3.enabled", "false"),
                ("health_check_logs.s3.prefix", ""),
                ("idle_timeout.timeout_seconds", "60"),
                ("load_balancing.cross_zone.enabled", "true"),
                ("routing.http.desync_mitigation_mode", "defensive"),
                ("routing.http.drop_invalid_header_fields.enabled", "false"),
                ("routing.http.preserve_host_header.enabled", "false"),
                ("routing.http.x_amzn_tls_version_and_cipher_suite.enabled", "false"),
                ("routing.http.xff_client_port.enabled", "false"),
                ("routing.http.xff_header_processing.mode", "append"),
                ("routing.http2.enabled", "true"),
                ("waf.fail_open.enabled", "false"),
                ("zonal_shift.config.enabled", "false"),
            ],
        ]),
        Kind::Network => table(&[
            all,
            ACCESS_LOGS,
            &[
                ("dns_record.client_routing_policy", "any_availability_zone"),
                ("ipv6.deny_all_igw_traffic", "false"),
                ("load_balancing.cross_zone.enabled", "false"),
                ("secondary_ips.auto_assigned.per_subnet", "0"),
                ("zonal_shift.config.enabled", "false"),
            ],
        ]),
        Kind::Gateway => table(&[all, &[("load_balancing.cross_zone.enabled", "false")]]),
    }
}

/// The attributes of a new target group.
pub(super) fn of_target_group(protocol: Option<&str>, target: &str) -> Attributes {
    let health: &[(&str, &str)] = &[
        ("target_group_health.dns_failover.minimum_healthy_targets.count", "1"),
        ("target_group_health.dns_failover.minimum_healthy_targets.percentage", "off"),
        ("target_group_health.unhealthy_state_routing.minimum_healthy_targets.count", "1"),
        ("target_group_health.unhealthy_state_routing.minimum_healthy_targets.percentage", "off"),
    ];
    let common: &[(&str, &str)] = &[
        ("deregistration_delay.timeout_seconds", "300"),
        ("load_balancing.cross_zone.enabled", "use_load_balancer_configuration"),
        ("stickiness.enabled", "false"),
    ];
    match protocol {
        None => table(&[health, &[("lambda.multi_value_headers.enabled", "false")]]),
        Some("HTTP" | "HTTPS") => table(&[
            health,
            common,
            &[
                ("load_balancing.algorithm.anomaly_mitigation", "off"),
                ("load_balancing.algorithm.type", "round_robin"),
                ("slow_start.duration_seconds", "0"),
                ("stickiness.app_cookie.cookie_name", ""),
                ("stickiness.app_cookie.duration_seconds", "86400"),
                ("stickiness.lb_cookie.duration_seconds", "86400"),
                ("stickiness.type", "lb_cookie"),
            ],
        ]),
        Some("GENEVE") => table(&[
            common,
            &[
                ("stickiness.type", "source_ip_dest_ip"),
                ("target_failover.on_deregistration", "no_rebalance"),
                ("target_failover.on_unhealthy", "no_rebalance"),
            ],
        ]),
        Some(protocol) => {
            let by_address = target == "ip" && matches!(protocol, "TCP" | "TLS");
            let preserve = if by_address || target == "alb" { "false" } else { "true" };
            table(&[
                health,
                common,
                &[
                    ("deregistration_delay.connection_termination.enabled", "false"),
                    ("preserve_client_ip.enabled", preserve),
                    ("proxy_protocol_v2.enabled", "false"),
                    ("stickiness.type", "source_ip"),
                    ("target_health_state.unhealthy.connection_termination.enabled", "true"),
                    ("target_health_state.unhealthy.draining_interval_seconds", "0"),
                ],
            ])
        }
    }
}

/// What the headers are called that say how a client speaks TLS, and who it is; empty where they
/// have AWS's own names.
const REQUEST_HEADERS: &[(&str, &str)] = &[
    ("routing.http.request.x_amzn_mtls_clientcert.header_name", ""),
    ("routing.http.request.x_amzn_mtls_clientcert_issuer.header_name", ""),
    ("routing.http.request.x_amzn_mtls_clientcert_leaf.header_name", ""),
    ("routing.http.request.x_amzn_mtls_clientcert_serial_number.header_name", ""),
    ("routing.http.request.x_amzn_mtls_clientcert_subject.header_name", ""),
    ("routing.http.request.x_amzn_mtls_clientcert_validity.header_name", ""),
    ("routing.http.request.x_amzn_tls_cipher_suite.header_name", ""),
    ("routing.http.request.x_amzn_tls_version.header_name", ""),
];

const RESPONSE_HEADERS: &[(&str, &str)] = &[
    ("routing.http.response.access_control_allow_credentials.header_value", ""),
    ("routing.http.response.access_control_allow_headers.header_value", ""),
    ("routing.http.response.access_control_allow_methods.header_value", ""),
    ("routing.http.response.access_control_allow_origin.header_value", ""),
    ("routing.http.response.access_control_expose_headers.header_value", ""),
    ("routing.http.response.access_control_max_age.header_value", ""),
    ("routing.http.response.content_security_policy.header_value", ""),
    ("routing.http.response.server.enabled", "true"),
    ("routing.http.response.strict_transport_security.header_value", ""),
    ("routing.http.response.x_content_type_options.header_value", ""),
    ("routing.http.response.x_frame_options.header_value", ""),
];

/// The attributes of a new listener.
pub(super) fn of_listener(protocol: Option<&str>) -> Attributes {
    let timeout: &[(&str, &str)] = &[("tcp.idle_timeout.seconds", "350")];
    match protocol {
        Some("HTTP") => table(&[RESPONSE_HEADERS]),
        Some("HTTPS") => table(&[RESPONSE_HEADERS, REQUEST_HEADERS]),
        Some("TCP" | "TCP_UDP") => table(&[timeout]),
        None => table(&[timeout, &[("send_tcp_reset.on_idle_timeout.enabled", "false")]]),
        Some(_) => Attributes::new(),
    }
}

pub(super) fn element(attributes: &Attributes) -> Element {
    Element::new("Attributes").children(attributes.iter().map(|(key, value)| {
        Element::new("member").text_child("Key", key).text_child("Value", value)
    }))
}

/// Sets what the request sends: all of it or nothing. `known` has every key that the thing can have.
pub(super) fn modify(
    attributes: &mut Attributes,
    known: &Attributes,
    params: &Params,
    thing: &str,
) -> Result<(), Fault> {
    let sent = params.structs("Attributes");
    if sent.is_empty() || sent.len() > 20 {
        return Err(invalid("Between '1' and '20' attributes must be specified"));
    }
    let mut changed = attributes.clone();
    for attribute in &sent {
        let key = required(attribute, "Key")?;
        let value = attribute.get("Value").unwrap_or_default();
        if !known.contains_key(key) {
            return Err(impossible(format!("{thing} attribute key '{key}' is not recognized")));
        }
        check(key, value)?;
        changed.insert(key.to_owned(), value.to_owned());
    }
    for kind in ["access_logs", "connection_logs", "health_check_logs"] {
        let of = |field: &str| changed.get(&format!("{kind}.s3.{field}")).map(String::as_str);
        if of("enabled") == Some("true") && of("bucket") == Some("") {
            return Err(impossible(format!("A bucket must be specified for {kind}")));
        }
    }
    if changed.get("load_balancing.algorithm.anomaly_mitigation").is_some_and(|on| on == "on")
        && changed.get("load_balancing.algorithm.type").is_some_and(|t| t != "weighted_random")
    {
        return Err(impossible(
            "Anomaly mitigation needs the load balancing algorithm weighted_random",
        ));
    }
    *attributes = changed;
    Ok(())
}

fn check(key: &str, value: &str) -> Result<(), Fault> {
    let good = match key {
        "load_balancing.cross_zone.enabled" => {
            matches!(value, "true" | "false" | "use_load_balancer_configuration")
        }
        "idle_timeout.timeout_seconds" => within(value, 1, 4000),
        "client_keep_alive.seconds" => within(value, 60, 604_800),
        "tcp.idle_timeout.seconds" => within(value, 60, 6000),
        "deregistration_delay.timeout_seconds" => within(value, 0, 3600),
        "slow_start.duration_seconds" => value == "0" || within(value, 30, 900),
        "secondary_ips.auto_assigned.per_subnet" => within(value, 0, 7),
        "target_health_state.unhealthy.draining_interval_seconds" => within(value, 0, 360_000),
        "stickiness.lb_cookie.duration_seconds" | "stickiness.app_cookie.duration_seconds" => {
            within(value, 1, 604_800)
        }
        "routing.http.desync_mitigation_mode" => {
            matches!(value, "monitor" | "defensive" | "strictest")
        }
        "routing.http.xff_header_processing.mode" => {
            matches!(value, "append" | "preserve" | "remove")
        }
        "dns_record.client_routing_policy" => matches!(
            value,
            "any_availability_zone"
                | "availability_zone_affinity"
                | "partial_availability_zone_affinity"
        ),
        "load_balancing.algorithm.type" => {
            matches!(value, "round_robin" | "least_outstanding_requests" | "weighted_random")
        }
        "load_balancing.algorithm.anomaly_mitigation" => matches!(value, "on" | "off"),
        "stickiness.type" => matches!(
            value,
            "lb_cookie"
                | "app_cookie"
                | "source_ip"
                | "source_ip_dest_ip"
                | "source_ip_dest_ip_proto"
        ),
        key if key.starts_with("target_failover.") => {
            matches!(value, "rebalance" | "no_rebalance")
        }
        key if key.ends_with("minimum_healthy_targets.count") => {
            (value == "off" && key.contains("dns_failover")) || within(value, 1, 1000)
        }
        key if key.ends_with("minimum_healthy_targets.percentage") => {
            value == "off" || within(value, 1, 100)
        }
        key if key.ends_with(".header_value") => {
            let taken = |it: u8| b"_ :;.,\\/'?!(){}[]@<>=-+*#&`|~^%".contains(&it);
            value.len() <= 1024 && value.bytes().all(|it| it.is_ascii_alphanumeric() || taken(it))
        }
        key if key.ends_with(".header_name") => {
            value.len() <= 1024 && !value.contains(|it: char| !it.is_ascii_graphic() || it == ':')
        }
        key if key.ends_with(".enabled") => matches!(value, "true" | "false"),
        _ => true,
    };
    if good {
        Ok(())
    } else {
        Err(invalid(format!("The value '{value}' of the attribute '{key}' is not valid")))
    }
}

fn within(value: &str, from: i64, to: i64) -> bool {
    value.parse().is_ok_and(|number: i64| (from..=to).contains(&number))
}
