//! Health checks: their configuration, and whether they are healthy.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use super::Account;
use crate::xml::Element;

/// What the checkers see of an endpoint, an alarm or a routing control.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Health {
    /// More than 18 % of the checkers reach it; the alarm is OK; the control is on.
    Healthy,
    /// They do not; the alarm is in ALARM; the control is off.
    Unhealthy,
    /// Alarms only: not enough data. The flag is what was known last.
    InsufficientData {
        /// Whether it was last healthy.
        last_healthy: bool,
    },
}

/// A health check.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct HealthCheck {
    /// A UUID.
    pub id: String,
    /// The token of the call that made it.
    pub caller_reference: String,
    /// Counts the updates, from 1.
    pub version: u64,
    /// What it checks.
    pub config: Config,
}

/// The configuration of a health check, defaults filled in.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Config {
    /// `HTTP`, `HTTPS`, `HTTP_STR_MATCH`, `HTTPS_STR_MATCH`, `TCP`, `CALCULATED`,
    /// `CLOUDWATCH_METRIC` or `RECOVERY_CONTROL`.
    pub check_type: String,
    /// The address of the endpoint.
    pub ip_address: Option<String>,
    /// The port of the endpoint.
    pub port: Option<u16>,
    /// The path asked for.
    pub resource_path: Option<String>,
    /// The domain name of the endpoint.
    pub fqdn: Option<String>,
    /// What the body must hold.
    pub search_string: Option<String>,
    /// Seconds between requests of one checker: 10 or 30.
    pub request_interval: Option<u32>,
    /// Failures (or successes) in a row that turn the status.
    pub failure_threshold: Option<u32>,
    /// Whether latency is measured.
    pub measure_latency: Option<bool>,
    /// Whether healthy means unhealthy.
    pub inverted: bool,
    /// Whether it is not checked, and counts as healthy.
    pub disabled: bool,
    /// How many children must be healthy.
    pub health_threshold: Option<u32>,
    /// The children of a calculated check.
    pub children: Vec<String>,
    /// Whether TLS names the host.
    pub enable_sni: Option<bool>,
    /// The regions of the checkers, where the caller chose.
    pub regions: Vec<String>,
    /// The alarm's region and name.
    pub alarm: Option<(String, String)>,
    /// `Healthy`, `Unhealthy` or `LastKnownStatus`.
    pub insufficient_data: Option<String>,
    /// The routing control.
    pub routing_control_arn: Option<String>,
}

impl Config {
    /// Whether it asks an endpoint, rather than other checks, an alarm or a routing control.
    pub fn has_endpoint(&self) -> bool {
        !matches!(self.check_type.as_str(), "CALCULATED" | "CLOUDWATCH_METRIC" | "RECOVERY_CONTROL")
    }

    fn element(&self) -> Element {
        let mut element = Element::new("HealthCheckConfig")
            .text_child_opt("IPAddress", self.ip_address.as_ref())
            .text_child_opt("Port", self.port)
            .text_child("Type", &self.check_type)
            .text_child_opt("ResourcePath", self.resource_path.as_ref())
            .text_child_opt("FullyQualifiedDomainName", self.fqdn.as_ref())
            .text_child_opt("SearchString", self.search_string.as_ref())
            .text_child_opt("RequestInterval", self.request_interval)
            .text_child_opt("FailureThreshold", self.failure_threshold)
            .text_child_opt("MeasureLatency", self.measure_latency)
            .text_child("Inverted", self.inverted)
            .text_child("Disabled", self.disabled)
            .text_child_opt("HealthThreshold", self.health_threshold);
        if self.check_type == "CALCULATED" {
            let mut children = Element::new("ChildHealthChecks");
            for child in &self.children {
                children = children.text_child("ChildHealthCheck", child);
            }
            element = element.child(children);
        }
        element = element.text_child_opt("EnableSNI", self.enable_sni);
        if !self.regions.is_empty() {
            let mut regions = Element::new("Regions");
            for region in &self.regions {
                regions = regions.text_child("Region", region);
            }
            element = element.child(regions);
        }
        if let Some((region, name)) = &self.alarm {
            element = element.child(
                Element::new("AlarmIdentifier")
                    .text_child("Region", region)
                    .text_child("Name", name),
            );
        }
        element
            .text_child_opt("InsufficientDataHealthStatus", self.insufficient_data.as_ref())
            .text_child_opt("RoutingControlArn", self.routing_control_arn.as_ref())
    }
}

impl HealthCheck {
    pub(super) fn element(&self) -> Element {
        Element::new("HealthCheck")
            .text_child("Id", &self.id)
            .text_child("CallerReference", &self.caller_reference)
            .child(self.config.element())
            .text_child("HealthCheckVersion", self.version)
    }
}

impl Account {
    /// Whether Route 53 takes a check for healthy. `seen` is asked first what the checkers see
    /// of it; where it does not know, what was set last holds, and a check that nobody has seen
    /// counts as healthy. A check that does not exist (any more) never stops an answer.
    pub fn is_healthy(&self, id: &str, seen: &dyn Fn(&HealthCheck) -> Option<bool>) -> bool {
        self.healthy_below(id, seen, &mut BTreeSet::new())
    }

    fn healthy_below(
        &self,
        id: &str,
        seen: &dyn Fn(&HealthCheck) -> Option<bool>,
        above: &mut BTreeSet<String>,
    ) -> bool {
        let Some(check) = self.health_checks.get(id) else { return true };
        let config = &check.config;
        let healthy = if config.disabled {
            true
        } else if let Some(seen) = seen(check) {
            seen
        } else if config.check_type == "CALCULATED" {
            // A check that is its own ancestor has no status of its own to add.
            above.insert(id.to_owned()) && {
                let healthy = config
                    .children
                    .iter()
                    .filter(|child| !above.contains(*child))
                    .filter(|child| self.healthy_below(child, seen, &mut above.clone()))
                    .count();
                healthy >= usize::try_from(config.health_threshold.unwrap_or(0)).unwrap_or(0)
            }
        } else {
            match self.observed.get(id) {
                None | Some(Health::Healthy) => true,
                Some(Health::Unhealthy) => false,
                Some(Health::InsufficientData { last_healthy }) => {
                    match config.insufficient_data.as_deref() {
                        Some("Healthy") => true,
                        Some("Unhealthy") => false,
                        _ => *last_healthy,
                    }
                }
            }
        };
        healthy != config.inverted
    }
}
