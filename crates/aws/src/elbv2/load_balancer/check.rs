//! What is wrong with a load balancer, told offline.

use std::net::Ipv6Addr;

use bicoastal_model::resource::Check;

use super::super::check_name;
use super::{IpAddressType, LoadBalancer, LoadBalancerType, PRIVATE_LINK, Scheme};
use crate::tags::check_tags;

pub(super) fn check(balancer: &LoadBalancer, check: &mut Check) {
    if let Some(wrong) = check_name(&balancer.name) {
        check.error(wrong);
    }
    let kind = balancer.load_balancer_type.unwrap_or(LoadBalancerType::Application);
    let (subnets, mappings) = (&balancer.subnets, &balancer.subnet_mappings);
    check.ensure(
        subnets.is_empty() != mappings.is_empty(),
        "it takes either subnets or subnet_mappings",
    );
    let mut known: Vec<&str> = subnets
        .iter()
        .chain(mappings.iter().map(|mapping| &mapping.subnet))
        .filter_map(|subnet| subnet.known().map(|id| id.as_str()))
        .collect();
    let count = known.len();
    known.sort_unstable();
    known.dedup();
    check.ensure(known.len() == count, "a subnet is named twice");
    match kind {
        LoadBalancerType::Application => {
            check.ensure(
                subnets.len() + mappings.len() != 1,
                "an application load balancer needs subnets in two Availability Zones",
            );
            check.ensure(
                mappings.iter().all(|it| it.allocation_id.is_none()),
                "an application load balancer can't have Elastic IP addresses",
            );
        }
        LoadBalancerType::Network => {}
        LoadBalancerType::Gateway => check.ensure(
            balancer.security_groups.is_none() && balancer.scheme.is_none(),
            "a gateway load balancer has neither security groups nor a scheme",
        ),
    }
    for mapping in mappings {
        let internal = balancer.scheme == Some(Scheme::Internal);
        check.ensure(
            !(internal && mapping.allocation_id.is_some()),
            "an internal load balancer can't have Elastic IP addresses",
        );
        check.ensure(
            internal || mapping.private_ipv4_address.is_none(),
            "only an internal load balancer can be given private addresses",
        );
        if let Some(address) = &mapping.ipv6_address {
            check.ensure(
                kind == LoadBalancerType::Network
                    && balancer.ip_address_type == Some(IpAddressType::Dualstack),
                "only a dualstack network load balancer can be given IPv6 addresses",
            );
            // AWS gives it back in its shortest form, and another one would always differ.
            match address.parse::<Ipv6Addr>().map(|parsed| parsed.to_string()) {
                Err(_) => check.error(format!("'{address}' is not an IPv6 address")),
                Ok(short) => check.ensure(
                    short == *address,
                    format!("'{address}' is '{short}' in its shortest form: write that"),
                ),
            }
        }
    }
    check.ensure(
        balancer.enforce_security_group_inbound_rules_on_private_link_traffic.is_none()
            || kind == LoadBalancerType::Network && balancer.security_groups.is_some(),
        format!("{PRIVATE_LINK} is for network load balancers with security groups"),
    );
    if balancer.ip_address_type == Some(IpAddressType::DualstackWithoutPublicIpv4) {
        check.ensure(
            kind == LoadBalancerType::Application && balancer.scheme != Some(Scheme::Internal),
            "dualstack-without-public-ipv4 is for internet-facing application load balancers",
        );
    }
    check_attributes(balancer, kind, check);
    check_tags(check, &balancer.tags, 50);
}

fn check_attributes(balancer: &LoadBalancer, kind: LoadBalancerType, check: &mut Check) {
    let application = [
        ("idle_timeout", balancer.idle_timeout.is_some()),
        ("client_keep_alive", balancer.client_keep_alive.is_some()),
        ("http2", balancer.http2.is_some()),
        ("drop_invalid_header_fields", balancer.drop_invalid_header_fields.is_some()),
        ("preserve_host_header", balancer.preserve_host_header.is_some()),
        ("desync_mitigation", balancer.desync_mitigation.is_some()),
        ("tls_version_and_cipher_headers", balancer.tls_version_and_cipher_headers.is_some()),
        ("xff_client_port", balancer.xff_client_port.is_some()),
        ("xff_headers", balancer.xff_headers.is_some()),
        ("waf_fail_open", balancer.waf_fail_open.is_some()),
        ("connection_logs", balancer.connection_logs.is_some()),
    ];
    for (field, set) in application {
        check.ensure(
            !set || kind == LoadBalancerType::Application,
            format!("{field} is for application load balancers"),
        );
    }
    check.ensure(
        balancer.zone_routing.is_none() || kind == LoadBalancerType::Network,
        "zone_routing is for network load balancers",
    );
    check.ensure(
        (balancer.access_logs.is_none() && balancer.zonal_shift.is_none())
            || kind != LoadBalancerType::Gateway,
        "a gateway load balancer has neither access_logs nor zonal_shift",
    );
    for (field, value, from, to) in [
        ("idle_timeout", balancer.idle_timeout, 1, 4000),
        ("client_keep_alive", balancer.client_keep_alive, 60, 604_800),
    ] {
        check.ensure(
            value.is_none_or(|value| (from..=to).contains(&value)),
            format!("{field} is not between {from} and {to} s"),
        );
    }
}
