//! One way to make each type of health check: it takes what the type has, and nothing else.

// The builders are public, the modules of their states are not.
#![allow(unreachable_pub)]

use std::collections::BTreeMap;

use bicoastal_model::{Id, Input, Region};
use bon::builder;

use super::{Alarm, CheckerRegion, HealthCheck, InsufficientData, Interval};

impl HealthCheck {
    /// Asks an endpoint over HTTPS, by the name of its host. Certificates are not validated.
    pub fn https(host: impl Into<Input<String>>) -> WebCheckBuilder {
        web_check(true, host.into())
    }

    /// Asks an endpoint over HTTP, by the name of its host.
    pub fn http(host: impl Into<Input<String>>) -> WebCheckBuilder {
        web_check(false, host.into())
    }

    /// Connects to a port of a host over TCP.
    pub fn tcp(host: impl Into<Input<String>>, port: u16) -> TcpCheckBuilder {
        tcp_check(host.into(), port)
    }

    /// Is healthy while at least so many other checks are. Of 0 it is always healthy; of more
    /// than there are, never.
    pub fn calculated<C: Into<Input<Id<HealthCheck>>>>(
        healthy: u32,
        children: impl IntoIterator<Item = C>,
    ) -> CalculatedCheckBuilder {
        calculated_check(healthy, children.into_iter().map(Into::into).collect())
    }

    /// Follows the metric of a CloudWatch alarm: the stream of data, not the alarm's own state.
    pub fn alarm(
        region: Region,
        name: impl Into<String>,
        insufficient_data: InsufficientData,
    ) -> AlarmCheckBuilder {
        alarm_check(region, name.into(), insufficient_data)
    }

    /// Follows a routing control of Application Recovery Controller, by its ARN.
    pub fn routing_control(arn: impl Into<Input<String>>) -> ControlCheckBuilder {
        control_check(arn.into())
    }

    fn blank(check_type: &str) -> Self {
        Self {
            check_type: check_type.to_owned(),
            by_address: false,
            ip_address: None,
            host: None,
            port: None,
            path: None,
            search: None,
            interval: None,
            failure_threshold: None,
            measure_latency: None,
            enable_sni: None,
            checker_regions: None,
            children: None,
            healthy_children: None,
            alarm: None,
            insufficient_data: None,
            routing_control: None,
            inverted: None,
            disabled: None,
            tags: BTreeMap::new(),
        }
    }
}

/// Finishes a check of a web endpoint; see [`HealthCheck::https`].
#[builder(builder_type(name = WebCheckBuilder, vis = "pub"), state_mod(vis = "pub(super)"), finish_fn(name = build, vis = "pub"))]
fn web_check(
    #[builder(start_fn)] secure: bool,
    #[builder(start_fn)] host: Input<String>,
    /// The public address to ask; the host is then only what is asked for (the Host header).
    /// A check with an address can't become one without, nor the reverse.
    #[builder(into, setters(vis = "pub"))]
    address: Option<Input<String>>,
    /// The port: 443 or 80 by default.
    #[builder(setters(vis = "pub"))]
    port: Option<u16>,
    /// The path, with its query string: at most 255 characters, `/` by default.
    #[builder(into, setters(vis = "pub"))]
    path: Option<String>,
    /// What the first 5,120 bytes of the body must hold: at most 255 characters.
    #[builder(into, setters(vis = "pub"))]
    search: Option<String>,
    /// How often each checker asks: every 30 seconds by default.
    #[builder(setters(vis = "pub"))]
    interval: Option<Interval>,
    /// After how many answers in a row the status turns, 1–10: 3 by default.
    #[builder(setters(vis = "pub"))]
    failure_threshold: Option<u32>,
    /// Whether latency is measured for CloudWatch.
    #[builder(setters(vis = "pub"))]
    measure_latency: Option<bool>,
    /// Whether TLS names the host: over HTTPS it does by default.
    #[builder(setters(vis = "pub"))]
    enable_sni: Option<bool>,
    /// The regions of the checkers, at least three: all by default.
    #[builder(setters(vis = "pub"))]
    checker_regions: Option<Vec<CheckerRegion>>,
    /// Whether healthy counts as unhealthy: this drains the records that use the check.
    #[builder(setters(vis = "pub"))]
    inverted: Option<bool>,
    /// Whether nothing is asked, and the check counts as healthy.
    #[builder(setters(vis = "pub"))]
    disabled: Option<bool>,
    /// Tags.
    #[builder(default, with = |tags: impl IntoIterator<Item = (impl Into<String>, impl Into<String>)>| crate::tags::collect(tags), setters(vis = "pub"))]
    tags: BTreeMap<String, String>,
) -> HealthCheck {
    let check_type = match (secure, search.is_some()) {
        (true, false) => "HTTPS",
        (true, true) => "HTTPS_STR_MATCH",
        (false, false) => "HTTP",
        (false, true) => "HTTP_STR_MATCH",
    };
    HealthCheck {
        by_address: address.is_some(),
        ip_address: address,
        host: Some(host),
        port: Some(port.unwrap_or(if secure { 443 } else { 80 })),
        path,
        search,
        interval,
        failure_threshold,
        measure_latency,
        enable_sni,
        checker_regions,
        inverted,
        disabled,
        tags,
        ..HealthCheck::blank(check_type)
    }
}

/// Finishes a check of a TCP port; see [`HealthCheck::tcp`].
#[builder(builder_type(name = TcpCheckBuilder, vis = "pub"), state_mod(vis = "pub(super)"), finish_fn(name = build, vis = "pub"))]
fn tcp_check(
    #[builder(start_fn)] host: Input<String>,
    #[builder(start_fn)] port: u16,
    /// The public address to connect to, instead of the host's.
    #[builder(into, setters(vis = "pub"))]
    address: Option<Input<String>>,
    /// How often each checker connects: every 30 seconds by default.
    #[builder(setters(vis = "pub"))]
    interval: Option<Interval>,
    /// After how many attempts in a row the status turns, 1–10: 3 by default.
    #[builder(setters(vis = "pub"))]
    failure_threshold: Option<u32>,
    /// Whether latency is measured for CloudWatch.
    #[builder(setters(vis = "pub"))]
    measure_latency: Option<bool>,
    /// The regions of the checkers, at least three: all by default.
    #[builder(setters(vis = "pub"))]
    checker_regions: Option<Vec<CheckerRegion>>,
    /// Whether healthy counts as unhealthy: this drains the records that use the check.
    #[builder(setters(vis = "pub"))]
    inverted: Option<bool>,
    /// Whether nothing is asked, and the check counts as healthy.
    #[builder(setters(vis = "pub"))]
    disabled: Option<bool>,
    /// Tags.
    #[builder(default, with = |tags: impl IntoIterator<Item = (impl Into<String>, impl Into<String>)>| crate::tags::collect(tags), setters(vis = "pub"))]
    tags: BTreeMap<String, String>,
) -> HealthCheck {
    HealthCheck {
        by_address: address.is_some(),
        ip_address: address,
        host: Some(host),
        port: Some(port),
        interval,
        failure_threshold,
        measure_latency,
        checker_regions,
        inverted,
        disabled,
        tags,
        ..HealthCheck::blank("TCP")
    }
}

/// Finishes a calculated check; see [`HealthCheck::calculated`].
#[builder(builder_type(name = CalculatedCheckBuilder, vis = "pub"), state_mod(vis = "pub(super)"), finish_fn(name = build, vis = "pub"))]
fn calculated_check(
    #[builder(start_fn)] healthy: u32,
    #[builder(start_fn)] children: Vec<Input<Id<HealthCheck>>>,
    /// Whether healthy counts as unhealthy.
    #[builder(setters(vis = "pub"))]
    inverted: Option<bool>,
    /// Whether nothing is calculated, and the check counts as healthy.
    #[builder(setters(vis = "pub"))]
    disabled: Option<bool>,
    /// Tags.
    #[builder(default, with = |tags: impl IntoIterator<Item = (impl Into<String>, impl Into<String>)>| crate::tags::collect(tags), setters(vis = "pub"))]
    tags: BTreeMap<String, String>,
) -> HealthCheck {
    HealthCheck {
        children: Some(children),
        healthy_children: Some(healthy),
        inverted,
        disabled,
        tags,
        ..HealthCheck::blank("CALCULATED")
    }
}

/// Finishes a check that follows an alarm; see [`HealthCheck::alarm`].
#[builder(builder_type(name = AlarmCheckBuilder, vis = "pub"), state_mod(vis = "pub(super)"), finish_fn(name = build, vis = "pub"))]
fn alarm_check(
    #[builder(start_fn)] region: Region,
    #[builder(start_fn)] name: String,
    #[builder(start_fn)] insufficient_data: InsufficientData,
    /// Whether healthy counts as unhealthy.
    #[builder(setters(vis = "pub"))]
    inverted: Option<bool>,
    /// Whether the alarm is not followed, and the check counts as healthy.
    #[builder(setters(vis = "pub"))]
    disabled: Option<bool>,
    /// Tags.
    #[builder(default, with = |tags: impl IntoIterator<Item = (impl Into<String>, impl Into<String>)>| crate::tags::collect(tags), setters(vis = "pub"))]
    tags: BTreeMap<String, String>,
) -> HealthCheck {
    HealthCheck {
        alarm: Some(Alarm { region, name }),
        insufficient_data: Some(insufficient_data),
        inverted,
        disabled,
        tags,
        ..HealthCheck::blank("CLOUDWATCH_METRIC")
    }
}

/// Finishes a check that follows a routing control; see [`HealthCheck::routing_control`].
#[builder(builder_type(name = ControlCheckBuilder, vis = "pub"), state_mod(vis = "pub(super)"), finish_fn(name = build, vis = "pub"))]
fn control_check(
    #[builder(start_fn)] arn: Input<String>,
    /// Whether healthy counts as unhealthy.
    #[builder(setters(vis = "pub"))]
    inverted: Option<bool>,
    /// Whether the control is not followed, and the check counts as healthy.
    #[builder(setters(vis = "pub"))]
    disabled: Option<bool>,
    /// Tags.
    #[builder(default, with = |tags: impl IntoIterator<Item = (impl Into<String>, impl Into<String>)>| crate::tags::collect(tags), setters(vis = "pub"))]
    tags: BTreeMap<String, String>,
) -> HealthCheck {
    HealthCheck {
        routing_control: Some(arn),
        inverted,
        disabled,
        tags,
        ..HealthCheck::blank("RECOVERY_CONTROL")
    }
}
