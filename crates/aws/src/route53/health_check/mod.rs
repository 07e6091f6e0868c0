//! Health checks.

mod build;
mod check;
pub(super) mod read;
mod step;

use std::collections::BTreeMap;

use bicoastal_model::schema::{Absent, Cost, OutputSpec};
use bicoastal_model::{
    Arn, Check, Field, Global, Id, Input, Region, Resource, Risk, Schema, ScopeKind, Shape, Tier,
    handle,
};
use serde::{Deserialize, Serialize};

pub use build::{
    AlarmCheckBuilder, CalculatedCheckBuilder, ControlCheckBuilder, TcpCheckBuilder,
    WebCheckBuilder,
};

/// A health check: it decides whether the records that name it are answered.
///
/// Made with [`HealthCheck::https`], [`http`](HealthCheck::http), [`tcp`](HealthCheck::tcp),
/// [`calculated`](HealthCheck::calculated), [`alarm`](HealthCheck::alarm) or
/// [`routing_control`](HealthCheck::routing_control); each takes what its type has and nothing else.
///
/// ```
/// use bicoastal_aws::route53::{HealthCheck, Interval};
///
/// let alive = HealthCheck::https("front.example.com")
///     .path("/healthz")
///     .interval(Interval::Fast)
///     .build();
/// ```
///
/// A new check counts as healthy until the checkers have looked; an inverted one as unhealthy.
/// A disabled one counts as healthy: to drain, invert.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct HealthCheck {
    #[serde(rename = "type")]
    pub(crate) check_type: String,
    /// Whether the endpoint is given by address: that can't be changed later.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub(crate) by_address: bool,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) ip_address: Option<Input<String>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) host: Option<Input<String>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) port: Option<u16>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) path: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) search: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) interval: Option<Interval>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) failure_threshold: Option<u32>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) measure_latency: Option<bool>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) enable_sni: Option<bool>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) checker_regions: Option<Vec<CheckerRegion>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) children: Option<Vec<Input<Id<HealthCheck>>>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) healthy_children: Option<u32>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) alarm: Option<Alarm>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) insufficient_data: Option<InsufficientData>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) routing_control: Option<Input<String>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) inverted: Option<bool>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) disabled: Option<bool>,
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub(crate) tags: BTreeMap<String, String>,
}

/// How often each checker asks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(into = "u32", try_from = "u32")]
pub enum Interval {
    /// Every 10 seconds, at a charge.
    Fast,
    /// Every 30 seconds.
    Standard,
}

impl Interval {
    /// In seconds.
    pub fn seconds(self) -> u32 {
        match self {
            Self::Fast => 10,
            Self::Standard => 30,
        }
    }
}

impl From<Interval> for u32 {
    fn from(interval: Interval) -> Self {
        interval.seconds()
    }
}

impl TryFrom<u32> for Interval {
    type Error = String;

    fn try_from(seconds: u32) -> Result<Self, String> {
        match seconds {
            10 => Ok(Self::Fast),
            30 => Ok(Self::Standard),
            other => Err(format!("an interval is 10 or 30 seconds, not {other}")),
        }
    }
}

macro_rules! checker_regions {
    ($($variant:ident $code:literal,)*) => {
        /// A region that has health checkers.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
        pub enum CheckerRegion {
            $(#[doc = concat!("`", $code, "`")] #[serde(rename = $code)] $variant,)*
        }

        impl CheckerRegion {
            /// The region's code.
            pub fn code(self) -> &'static str {
                match self { $(Self::$variant => $code,)* }
            }

            /// As a region.
            pub fn region(self) -> Region {
                match self { $(Self::$variant => Region::$variant,)* }
            }
        }
    };
}

checker_regions! {
    ApNortheast1 "ap-northeast-1",
    ApSoutheast1 "ap-southeast-1",
    ApSoutheast2 "ap-southeast-2",
    EuWest1 "eu-west-1",
    SaEast1 "sa-east-1",
    UsEast1 "us-east-1",
    UsWest1 "us-west-1",
    UsWest2 "us-west-2",
}

/// What an alarm without enough data means.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum InsufficientData {
    /// Healthy.
    Healthy,
    /// Unhealthy: what to say of an alarm in the region that it guards, since metrics stop when
    /// the region does.
    Unhealthy,
    /// What was known last.
    LastKnownStatus,
}

impl InsufficientData {
    /// AWS's word.
    pub(super) fn as_str(self) -> &'static str {
        match self {
            Self::Healthy => "Healthy",
            Self::Unhealthy => "Unhealthy",
            Self::LastKnownStatus => "LastKnownStatus",
        }
    }
}

/// A CloudWatch alarm.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Alarm {
    pub(crate) region: Region,
    pub(crate) name: String,
}

handle! {
    /// A declared health check.
    pub struct HealthCheckHandle {
        /// The check's id.
        id: Id<HealthCheck>,
        /// The check's ARN.
        arn: Arn<HealthCheck>,
    }
}

static SCHEMA: Schema = Schema {
    kind: "Route53:HealthCheck",
    service: "route53",
    feature: "route53",
    scope: ScopeKind::Global,
    tier: Tier::Traffic,
    fields: &[
        Field::new("type").replaces(),
        Field::new("by_address").absent(Absent::Bool(false)).replaces(),
        Field::new("ip_address"),
        Field::new("host").shape(Shape::DnsName),
        Field::new("port"),
        Field::new("path"),
        Field::new("search"),
        Field::new("interval").absent(Absent::Int(30)).replaces(),
        Field::new("failure_threshold").absent(Absent::Int(3)),
        Field::new("measure_latency").absent(Absent::Bool(false)).replaces(),
        Field::new("enable_sni").absent(Absent::Bool(true)),
        Field::new("checker_regions").shape(Shape::Set(&Shape::Plain)),
        Field::new("children").shape(Shape::Set(&Shape::Plain)),
        Field::new("healthy_children"),
        Field::new("alarm").shape(Shape::Object(&[Field::new("region"), Field::new("name")])),
        Field::new("insufficient_data"),
        Field::new("routing_control").replaces(),
        // Turned by hand they drain a region, or keep a dead one: always worth seeing.
        Field::new("inverted").absent(Absent::Bool(false)).watched(),
        Field::new("disabled").absent(Absent::Bool(false)).watched(),
        Field::tags(),
    ],
    outputs: &[OutputSpec::assigned("id"), OutputSpec::assigned("arn")],
    // Nothing of a check tells it from another: it is found by its token.
    identity: &[],
    delete_risk: Risk::Disruptive,
    cost: Cost { create: 2, update: 1, delete: 1 },
    ..Schema::BASE
};

impl Resource for HealthCheck {
    type Scope = Global;
    type Handle = HealthCheckHandle;
    const SCHEMA: &'static Schema = &SCHEMA;

    fn check(&self, check: &mut Check) {
        check::health_check(self, check);
    }
}
