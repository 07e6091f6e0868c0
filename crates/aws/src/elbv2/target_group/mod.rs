//! Target groups.

mod calls;
mod check;
mod look;
mod step;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;

use bicoastal_model::schema::{Absent, Cost, OutputSpec};
use bicoastal_model::{
    Arn, Deletes, Field, Id, Input, Name, OpError, Region, Regional, Resource, Risk, Schema,
    ScopeKind, Shape, Snapshot, Target, Tier, handle, resource::Check,
};
use bon::Builder;
use serde::{Deserialize, Serialize};

use super::attributes::{As, Attribute};
use super::words;
use crate::cx::Cx;
use crate::kind::{Kind, Listed, Next, Turn};
use crate::markers::Vpc;
use crate::tags;
use calls::TargetGroupCall;

words! {
    /// How a target group's traffic is spoken.
    pub enum TargetProtocol {
        /// HTTP, behind an application load balancer.
        Http = "HTTP",
        /// HTTPS, behind an application load balancer.
        Https = "HTTPS",
        /// TCP, behind a network load balancer.
        Tcp = "TCP",
        /// TLS, behind a network load balancer.
        Tls = "TLS",
        /// UDP, behind a network load balancer.
        Udp = "UDP",
        /// TCP and UDP on one port, behind a network load balancer.
        TcpUdp = "TCP_UDP",
        /// QUIC, behind a network load balancer.
        Quic = "QUIC",
        /// TCP and QUIC on one port, behind a network load balancer.
        TcpQuic = "TCP_QUIC",
        /// GENEVE on port 6081, behind a gateway load balancer.
        Geneve = "GENEVE",
    }
}

words! {
    /// The version of HTTP that targets speak.
    pub enum ProtocolVersion {
        /// HTTP/1.1.
        Http1 = "HTTP1",
        /// HTTP/2.
        Http2 = "HTTP2",
        /// gRPC.
        Grpc = "GRPC",
    }
}

words! {
    /// What is registered in a target group.
    pub enum TargetType {
        /// EC2 instances, by id.
        Instance = "instance",
        /// Addresses.
        Ip = "ip",
        /// One Lambda function.
        Lambda = "lambda",
        /// One application load balancer.
        Alb = "alb",
    }
}

words! {
    /// The kind of addresses of targets.
    pub enum TargetIpType {
        /// IPv4.
        Ipv4 = "ipv4",
        /// IPv6.
        Ipv6 = "ipv6",
    }
}

words! {
    /// How a target is asked whether it is healthy.
    pub enum TargetHealthCheckProtocol {
        /// HTTP.
        Http = "HTTP",
        /// HTTPS.
        Https = "HTTPS",
        /// A TCP connection.
        Tcp = "TCP",
    }
}

words! {
    /// Which target gets the next request.
    pub enum BalancingAlgorithm {
        /// Each in turn.
        RoundRobin = "round_robin",
        /// The one with the fewest requests.
        LeastOutstandingRequests = "least_outstanding_requests",
        /// Any, less often one that seems ill.
        WeightedRandom = "weighted_random",
    }
}

words! {
    /// Whether traffic goes to the targets of all zones.
    pub enum CrossZone {
        /// It does.
        On = "true",
        /// It stays in its zone.
        Off = "false",
        /// As the load balancer says.
        Inherit = "use_load_balancer_configuration",
    }
}

words! {
    /// What keeps a client with its target.
    pub enum StickinessType {
        /// A cookie of the load balancer's own.
        LbCookie = "lb_cookie",
        /// A cookie of the application's.
        AppCookie = "app_cookie",
        /// The client's address.
        SourceIp = "source_ip",
        /// Both addresses (gateway).
        SourceIpDestIp = "source_ip_dest_ip",
        /// Both addresses and the protocol (gateway).
        SourceIpDestIpProto = "source_ip_dest_ip_proto",
    }
}

words! {
    /// What becomes of the flows of a target that is gone or ill (gateway).
    pub enum TargetFailover {
        /// They go to another target.
        Rebalance = "rebalance",
        /// They stay.
        NoRebalance = "no_rebalance",
    }
}

/// A target group: where a listener sends traffic, and how it is known who is healthy.
///
/// Name, protocol, port, VPC and type can't be changed: a change is a new group. With
/// [`Name::generated`] the new one is made, listeners are pointed at it, and the old one goes.
///
/// DNS sees the health of a load balancer's groups: a group without any registered target counts
/// as unhealthy, and makes alias records that evaluate target health go elsewhere.
#[derive(Debug, Clone, Serialize, Deserialize, Builder)]
pub struct TargetGroup {
    /// The name: up to 32 letters, digits and hyphens, unique in the region.
    #[builder(into)]
    pub name: Name,

    /// What is registered: instances unless said otherwise.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub target_type: Option<TargetType>,

    /// How traffic is spoken; everything but a function needs one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub protocol: Option<TargetProtocol>,

    /// The version of HTTP: HTTP/1.1 unless said otherwise. HTTP and HTTPS only.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub protocol_version: Option<ProtocolVersion>,

    /// The port that targets get traffic on, where their registration does not say otherwise.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub port: Option<u16>,

    /// The VPC of the targets; everything but a function needs one.
    #[builder(into)]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub vpc: Option<Input<Id<Vpc>>>,

    /// The kind of addresses of targets: IPv4 unless said otherwise.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ip_address_type: Option<TargetIpType>,

    /// How targets are asked whether they are healthy; what is left out stays as AWS has it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub health_check: Option<TargetHealthCheck>,

    /// How long a target that is taken out may finish its work, in seconds: 0 to 3,600, 300 unless
    /// said otherwise.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub deregistration_delay: Option<u32>,

    /// Whether connections are closed when that time is over. Network only.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub connection_termination: Option<bool>,

    /// Over how many seconds a new target's share grows: 0 (at once) or 30 to 900. HTTP only.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub slow_start: Option<u32>,

    /// Which target gets the next request. HTTP only.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub algorithm: Option<BalancingAlgorithm>,

    /// Whether targets that seem ill get less; with [`BalancingAlgorithm::WeightedRandom`]. HTTP only.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub anomaly_mitigation: Option<bool>,

    /// What keeps a client with its target; nothing unless said otherwise.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stickiness: Option<Stickiness>,

    /// Whether traffic goes to the targets of all zones: as the load balancer says, unless said
    /// otherwise.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cross_zone: Option<CrossZone>,

    /// Whether targets see the client's address. Network only; the default depends on type and
    /// protocol.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub preserve_client_ip: Option<bool>,

    /// Whether targets get the client's address ahead of the connection's data. Network only.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub proxy_protocol_v2: Option<bool>,

    /// Whether connections to a target that has become unhealthy are closed: yes unless said
    /// otherwise. TCP and TLS.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub unhealthy_connection_termination: Option<bool>,

    /// How long an unhealthy target keeps its connections where they are not closed, in seconds:
    /// 0 to 360,000, 0 unless said otherwise. TCP and TLS.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub unhealthy_draining_interval: Option<u32>,

    /// How many targets must be healthy for DNS to send clients here: 1 unless said otherwise.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub dns_failover_minimum_count: Option<u32>,

    /// Which share of targets, in percent, must be healthy for DNS to send clients here.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub dns_failover_minimum_percentage: Option<u32>,

    /// Below how many healthy targets traffic goes to all of them: 1 unless said otherwise.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub unhealthy_routing_minimum_count: Option<u32>,

    /// Below which share of healthy targets, in percent, traffic goes to all of them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub unhealthy_routing_minimum_percentage: Option<u32>,

    /// Whether headers and query parameters of a request to a function are lists. Lambda only.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub lambda_multi_value_headers: Option<bool>,

    /// What becomes of the flows of a target that is gone or ill. Gateway only.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub target_failover: Option<TargetFailover>,

    /// Tags, at most 50.
    #[builder(default, with = |tags: impl IntoIterator<Item = (impl Into<String>, impl Into<String>)>| tags::collect(tags))]
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub tags: BTreeMap<String, String>,
}

/// How targets are asked whether they are healthy.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, Builder)]
pub struct TargetHealthCheck {
    /// Whether they are asked at all; only functions can be left alone.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub enabled: Option<bool>,
    /// How: HTTP behind application load balancers, TCP behind others, unless said otherwise.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub protocol: Option<TargetHealthCheckProtocol>,
    /// Where: a port, or `traffic-port`.
    #[builder(into)]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub port: Option<String>,
    /// The path (HTTP, HTTPS) or method (gRPC): `/` unless said otherwise.
    #[builder(into)]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub path: Option<String>,
    /// Which status codes are healthy: `200`, `200,202` or `200-299`.
    #[builder(into)]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub matcher: Option<String>,
    /// How often, in seconds: 5 to 300.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub interval: Option<u32>,
    /// How long an answer may take, in seconds: 2 to 120, less than the interval.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub timeout: Option<u32>,
    /// After how many good answers in a row a target is healthy: 2 to 10.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub healthy_threshold: Option<u32>,
    /// After how many bad answers in a row a target is unhealthy: 2 to 10.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub unhealthy_threshold: Option<u32>,
}

/// What keeps a client with its target.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Builder)]
pub struct Stickiness {
    /// What.
    pub by: StickinessType,
    /// For how many seconds (cookies): 1 to 604,800, a day unless said otherwise.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub seconds: Option<u32>,
    /// The application's cookie; with [`StickinessType::AppCookie`].
    #[builder(into)]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cookie_name: Option<String>,
}

handle! {
    /// A declared target group.
    pub struct TargetGroupHandle {
        /// The group's ARN.
        arn: Arn<TargetGroup>,
        /// Its name.
        name: String,
        /// What metrics call it: `targetgroup/name/0123456789abcdef`.
        full_name: String,
    }
}

/// A part of a health check that stays as AWS has it where it is not mentioned.
const fn part(name: &'static str) -> Field {
    Field::new(name).absent(Absent::Anything)
}

const HEALTH_CHECK: &[Field] = &[
    part("enabled"),
    part("protocol"),
    part("port"),
    part("path"),
    part("matcher"),
    part("interval"),
    part("timeout"),
    part("healthy_threshold"),
    part("unhealthy_threshold"),
];

const STICKINESS: &[Field] = &[
    Field::new("by"),
    Field::new("seconds").absent(Absent::Int(86_400)),
    Field::new("cookie_name"),
];

static SCHEMA: Schema = Schema {
    kind: "ELBv2:TargetGroup",
    service: "elasticloadbalancing",
    feature: "elbv2",
    scope: ScopeKind::Regional,
    tier: Tier::Compute,
    fields: &[
        Field::new("name").replaces(),
        Field::new("target_type").replaces().absent(Absent::Text("instance")),
        Field::new("protocol").replaces(),
        Field::new("protocol_version").replaces().absent(Absent::Text("HTTP1")),
        Field::new("port").replaces(),
        Field::new("vpc").replaces(),
        Field::new("ip_address_type").replaces().absent(Absent::Text("ipv4")),
        Field::new("health_check").shape(Shape::Object(HEALTH_CHECK)).absent(Absent::Anything),
        Field::new("deregistration_delay").absent(Absent::Int(300)),
        Field::new("connection_termination").absent(Absent::Bool(false)),
        Field::new("slow_start").absent(Absent::Int(0)),
        Field::new("algorithm").absent(Absent::Text("round_robin")),
        Field::new("anomaly_mitigation").absent(Absent::Bool(false)),
        Field::new("stickiness").shape(Shape::Object(STICKINESS)),
        Field::new("cross_zone").absent(Absent::Text("use_load_balancer_configuration")),
        Field::new("preserve_client_ip").absent(Absent::Anything),
        Field::new("proxy_protocol_v2").absent(Absent::Bool(false)),
        Field::new("unhealthy_connection_termination").absent(Absent::Bool(true)),
        Field::new("unhealthy_draining_interval").absent(Absent::Int(0)),
        Field::new("dns_failover_minimum_count").absent(Absent::Int(1)),
        Field::new("dns_failover_minimum_percentage"),
        Field::new("unhealthy_routing_minimum_count").absent(Absent::Int(1)),
        Field::new("unhealthy_routing_minimum_percentage"),
        Field::new("lambda_multi_value_headers").absent(Absent::Bool(false)),
        Field::new("target_failover").absent(Absent::Text("no_rebalance")),
        Field::tags(),
    ],
    outputs: &[
        OutputSpec::assigned("arn"),
        OutputSpec::property("name"),
        OutputSpec::assigned("full_name"),
    ],
    identity: &["name"],
    delete_risk: Risk::Disruptive,
    cost: Cost { create: 2, update: 1, delete: 1 },
    ..Schema::BASE
};

/// The fields that are attributes.
const ATTRIBUTES: &[Attribute] = &[
    Attribute::new(
        "deregistration_delay",
        "deregistration_delay.timeout_seconds",
        As::Number,
        "300",
    ),
    Attribute::new(
        "connection_termination",
        "deregistration_delay.connection_termination.enabled",
        As::Flag,
        "false",
    ),
    Attribute::new("slow_start", "slow_start.duration_seconds", As::Number, "0"),
    Attribute::new("algorithm", "load_balancing.algorithm.type", As::Text, "round_robin"),
    Attribute::new(
        "anomaly_mitigation",
        "load_balancing.algorithm.anomaly_mitigation",
        As::Switch,
        "off",
    ),
    Attribute::new(
        "cross_zone",
        "load_balancing.cross_zone.enabled",
        As::Text,
        "use_load_balancer_configuration",
    ),
    Attribute::new("preserve_client_ip", "preserve_client_ip.enabled", As::Flag, ""),
    Attribute::new("proxy_protocol_v2", "proxy_protocol_v2.enabled", As::Flag, "false"),
    Attribute::new(
        "unhealthy_connection_termination",
        "target_health_state.unhealthy.connection_termination.enabled",
        As::Flag,
        "true",
    ),
    Attribute::new(
        "unhealthy_draining_interval",
        "target_health_state.unhealthy.draining_interval_seconds",
        As::Number,
        "0",
    ),
    Attribute::new(
        "dns_failover_minimum_count",
        "target_group_health.dns_failover.minimum_healthy_targets.count",
        As::NumberOrOff,
        "1",
    ),
    Attribute::new(
        "dns_failover_minimum_percentage",
        "target_group_health.dns_failover.minimum_healthy_targets.percentage",
        As::NumberOrOff,
        "off",
    ),
    Attribute::new(
        "unhealthy_routing_minimum_count",
        "target_group_health.unhealthy_state_routing.minimum_healthy_targets.count",
        As::NumberOrOff,
        "1",
    ),
    Attribute::new(
        "unhealthy_routing_minimum_percentage",
        "target_group_health.unhealthy_state_routing.minimum_healthy_targets.percentage",
        As::NumberOrOff,
        "off",
    ),
    Attribute::new(
        "lambda_multi_value_headers",
        "lambda.multi_value_headers.enabled",
        As::Flag,
        "false",
    ),
];

impl Resource for TargetGroup {
    type Scope = Regional;
    type Handle = TargetGroupHandle;
    const SCHEMA: &'static Schema = &SCHEMA;

    fn check(&self, check: &mut Check) {
        check::check(self, check);
    }
}

impl Kind for TargetGroup {
    type Call = TargetGroupCall;

    async fn listed(cx: &Cx, region: Region) -> Result<Vec<Listed>, OpError> {
        super::listed::groups(cx, region).await
    }

    async fn read(cx: &Cx, target: &Target) -> Result<Option<Snapshot>, OpError> {
        look::read(cx, target).await
    }

    /// A create is refused, or answered with what is there: whose that is, is asked.
    fn refuses_twins(_: &Target) -> bool {
        true
    }

    fn answers_twins() -> bool {
        true
    }

    async fn confirm<'a>(
        cx: &'a Cx,
        target: &'a Target,
        told: &'a Snapshot,
    ) -> Result<bool, OpError> {
        super::read::confirm(cx, target, told).await
    }

    fn step(turn: &Turn<'_, Self>) -> Next<TargetGroupCall> {
        step::step(turn)
    }

    async fn call(
        cx: &Cx,
        target: &Target,
        call: &TargetGroupCall,
    ) -> Result<Option<String>, OpError> {
        calls::call(cx, target, call).await
    }

    fn deletes(call: &TargetGroupCall) -> Deletes {
        Deletes::whole(matches!(call, TargetGroupCall::Delete))
    }

    fn name(call: &TargetGroupCall) -> &'static str {
        call.name()
    }
}
