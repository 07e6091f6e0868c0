//! Health checks of target groups: AWS's defaults, and what fits together.

use serde::{Deserialize, Serialize};

use super::{invalid, number, one_of};
use crate::query::Params;
use crate::reply::Fault;
use crate::xml::Element;

/// How the targets of a group are checked.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct HealthCheck {
    enabled: bool,
    /// None for functions.
    protocol: Option<String>,
    port: Option<String>,
    path: Option<String>,
    http_codes: Option<String>,
    grpc_codes: Option<String>,
    interval: i64,
    timeout: i64,
    healthy: i64,
    unhealthy: i64,
}

impl HealthCheck {
    /// The check of a new group, with what the request says of it.
    pub(super) fn create(
        params: &Params,
        protocol: Option<&str>,
        version: Option<&str>,
    ) -> Result<Self, Fault> {
        let checked = match (params.get("HealthCheckProtocol"), protocol) {
            (Some(given), _) => Some(given),
            (None, None) => None,
            (None, Some("HTTP" | "HTTPS")) => Some("HTTP"),
            (None, Some(_)) => Some("TCP"),
        };
        let by_http = !matches!(checked, Some("TCP"));
        let network = !matches!(protocol, None | Some("HTTP" | "HTTPS" | "GENEVE"));
        let grpc = version == Some("GRPC");
        let (interval, timeout) = match (protocol, checked) {
            (None, _) => (35, 30),
            (Some(_), Some("HTTP")) if network => (30, 6),
            (Some(_), _) if network => (30, 10),
            _ => (30, 5),
        };
        let path = if grpc { "/AWS.ALB/healthcheck" } else { "/" };
        let codes = if network { "200-399" } else { "200" };
        let port = match protocol {
            None => None,
            Some("GENEVE") => Some("80".to_owned()),
            Some(_) => Some("traffic-port".to_owned()),
        };
        let defaults = Self {
            // Functions are not checked unless somebody asks for it.
            enabled: protocol.is_some(),
            protocol: checked.map(ToOwned::to_owned),
            port,
            path: by_http.then(|| path.to_owned()),
            http_codes: (by_http && !grpc).then(|| codes.to_owned()),
            grpc_codes: grpc.then(|| "12".to_owned()),
            interval,
            timeout,
            healthy: 5,
            unhealthy: 2,
        };
        let check = defaults.modified(params)?;
        if protocol.is_some() && !check.enabled && params.get("TargetType") != Some("lambda") {
            return Err(invalid(
                "Health check enabled must be true for target groups with target \
                                type other than 'lambda'",
            ));
        }
        Ok(check)
    }

    /// The check with what the request changes of it.
    pub(super) fn modified(&self, params: &Params) -> Result<Self, Fault> {
        let mut check = self.clone();
        let text = |field: &str| params.get(field).map(ToOwned::to_owned);
        if let Some(enabled) = params.bool("HealthCheckEnabled") {
            check.enabled = enabled;
        }
        if let Some(protocol) = one_of(params, "HealthCheckProtocol", &["HTTP", "HTTPS", "TCP"])? {
            if check.protocol.as_deref() == Some("TCP") && protocol != "TCP" {
                check.path = check.path.or(Some("/".into()));
                check.http_codes = check.http_codes.or(Some("200-399".into()));
            }
            if protocol == "TCP" {
                (check.path, check.http_codes, check.grpc_codes) = (None, None, None);
            }
            check.protocol = Some(protocol.to_owned());
        }
        if let Some(port) = text("HealthCheckPort") {
            if port != "traffic-port" && !port.parse().is_ok_and(|p: u32| (1..=65535).contains(&p))
            {
                return Err(invalid(format!(
                    "Health check port '{port}' must be in the range '1-65535' or 'traffic-port'"
                )));
            }
            check.port = Some(port);
        }
        let by_http = check.protocol.as_deref() != Some("TCP");
        if let Some(path) = text("HealthCheckPath") {
            if !by_http {
                return Err(invalid("Health check path cannot be specified for TCP health checks"));
            }
            if !path.starts_with('/') || path.len() > 1024 {
                return Err(invalid(format!(
                    "Health check path '{path}' must begin with a '/' character and can be at most \
                     '1024' characters"
                )));
            }
            check.path = Some(path);
        }
        if let Some(codes) = text("Matcher.HttpCode") {
            check_codes(&codes, 200, 599)?;
            check.http_codes = Some(codes);
        }
        if let Some(codes) = text("Matcher.GrpcCode") {
            check_codes(&codes, 0, 99)?;
            check.grpc_codes = Some(codes);
        }
        let set = |slot: &mut i64, field: &str, from, to| -> Result<(), Fault> {
            if let Some(value) = number(params, field, from, to)? {
                *slot = value;
            }
            Ok(())
        };
        set(&mut check.interval, "HealthCheckIntervalSeconds", 5, 300)?;
        set(&mut check.timeout, "HealthCheckTimeoutSeconds", 2, 120)?;
        set(&mut check.healthy, "HealthyThresholdCount", 2, 10)?;
        set(&mut check.unhealthy, "UnhealthyThresholdCount", 2, 10)?;
        if check.timeout >= check.interval && by_http {
            return Err(invalid("Health check interval must be greater than the timeout."));
        }
        Ok(check)
    }

    /// The fields of a group that are about its check.
    pub(super) fn fields(&self) -> Vec<Element> {
        let matcher = Element::new("Matcher")
            .text_child_opt("HttpCode", self.http_codes.as_ref())
            .text_child_opt("GrpcCode", self.grpc_codes.as_ref());
        let mut fields = Element::new("")
            .text_child_opt("HealthCheckProtocol", self.protocol.as_ref())
            .text_child_opt("HealthCheckPort", self.port.as_ref())
            .text_child("HealthCheckEnabled", self.enabled)
            .text_child("HealthCheckIntervalSeconds", self.interval)
            .text_child("HealthCheckTimeoutSeconds", self.timeout)
            .text_child("HealthyThresholdCount", self.healthy)
            .text_child("UnhealthyThresholdCount", self.unhealthy)
            .text_child_opt("HealthCheckPath", self.path.as_ref());
        if !matcher.children.is_empty() {
            fields = fields.child(matcher);
        }
        fields.children
    }
}

/// Codes are numbers, ranges, and lists of them: `200,202` or `200-299`.
fn check_codes(codes: &str, from: u32, to: u32) -> Result<(), Fault> {
    let good = codes.split(',').all(|part| {
        let (first, last) = part.split_once('-').unwrap_or((part, part));
        match (first.trim().parse::<u32>(), last.trim().parse::<u32>()) {
            (Ok(first), Ok(last)) => from <= first && first <= last && last <= to,
            _ => false,
        }
    });
    if good {
        Ok(())
    } else {
        Err(invalid(format!(
            "Health check matcher '{codes}' must be within '{from}-{to}' inclusive"
        )))
    }
}
