//! Load balancers.

mod calls;
mod check;
mod look;
mod lookup;
mod step;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;

use bicoastal_model::schema::{Absent, Cost, OutputSpec, Takes};
use bicoastal_model::{
    Arn, Deletes, Field, Goal, Handle, Id, Input, Name, OpError, Region, Regional, Resource, Risk,
    Schema, ScopeKind, Shape, Snapshot, Target, Tier, handle, resource::Check,
};
use bon::Builder;
use serde::{Deserialize, Serialize};

use super::attributes::{As, Attribute};
use super::words;
use crate::alias::AliasTarget;
use crate::cx::Cx;
use crate::kind::{Kind, Listed, Next, Turn};
use crate::markers::{SecurityGroup, Subnet, Vpc};
use crate::tags;
use calls::LoadBalancerCall;
pub use lookup::LoadBalancerQuery;

words! {
    /// What a load balancer understands of traffic.
    pub enum LoadBalancerType {
        /// HTTP requests (ALB).
        Application = "application",
        /// Connections (NLB).
        Network = "network",
        /// Packets, for appliances (GWLB).
        Gateway = "gateway",
    }
}

words! {
    /// Whether the internet can reach a load balancer.
    pub enum Scheme {
        /// Its name resolves to public addresses.
        InternetFacing = "internet-facing",
        /// Its name resolves to private addresses.
        Internal = "internal",
    }
}

words! {
    /// The kinds of addresses that a load balancer has.
    pub enum IpAddressType {
        /// IPv4 only.
        Ipv4 = "ipv4",
        /// IPv4 and IPv6.
        Dualstack = "dualstack",
        /// Public IPv6, private IPv4; application load balancers only.
        DualstackWithoutPublicIpv4 = "dualstack-without-public-ipv4",
    }
}

words! {
    /// What to do with requests that could confuse a server behind.
    pub enum DesyncMitigation {
        /// Let them through.
        Monitor = "monitor",
        /// Let those through that are needed in practice.
        Defensive = "defensive",
        /// Refuse everything that is not by the book.
        Strictest = "strictest",
    }
}

words! {
    /// What to do with `X-Forwarded-For`.
    pub enum XffHeaders {
        /// Add the client's address.
        Append = "append",
        /// Leave it as it is.
        Preserve = "preserve",
        /// Remove it.
        Remove = "remove",
    }
}

words! {
    /// To which zones' addresses a network load balancer's name resolves.
    pub enum ZoneRouting {
        /// Those of all zones.
        AnyZone = "any_availability_zone",
        /// Those of the client's own zone while it is healthy.
        OwnZone = "availability_zone_affinity",
        /// Mostly those of the client's own zone.
        MostlyOwnZone = "partial_availability_zone_affinity",
    }
}

/// A load balancer.
///
/// It takes minutes to become active. When it is deleted, AWS keeps its network interfaces for
/// minutes more: subnets and security groups can only be deleted after that.
#[derive(Debug, Clone, Serialize, Deserialize, Builder)]
pub struct LoadBalancer {
    /// The name: up to 32 letters, digits and hyphens, unique in the region. A change is a new load
    /// balancer with a new DNS name.
    #[builder(into)]
    pub name: Name,

    /// The subnets, one per Availability Zone; an application load balancer needs two. This or
    /// [`LoadBalancer::subnet_mappings`].
    #[builder(default, with = |subnets: impl IntoIterator<Item = impl Into<Input<Id<Subnet>>>>| subnets.into_iter().map(Into::into).collect())]
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub subnets: Vec<Input<Id<Subnet>>>,

    /// The subnets with the addresses that the load balancer is to have there; not for application
    /// load balancers.
    #[builder(default, into)]
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub subnet_mappings: Vec<SubnetMapping>,

    /// The type: application unless said otherwise. A change is a new load balancer.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub load_balancer_type: Option<LoadBalancerType>,

    /// Whether the internet can reach it: it can unless said otherwise. A change is a new load
    /// balancer.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub scheme: Option<Scheme>,

    /// The security groups; the VPC's default one where an application load balancer names none.
    /// A network load balancer that was made without any can't get one later.
    #[builder(with = |groups: impl IntoIterator<Item = impl Into<Input<Id<SecurityGroup>>>>| groups.into_iter().map(Into::into).collect())]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub security_groups: Option<Vec<Input<Id<SecurityGroup>>>>,

    /// Whether the rules of its security groups hold for what comes by PrivateLink too; they do
    /// unless said otherwise. Network load balancers with security groups only.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub enforce_security_group_inbound_rules_on_private_link_traffic: Option<bool>,

    /// The kinds of addresses it has: IPv4 unless said otherwise.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ip_address_type: Option<IpAddressType>,

    /// Whether AWS refuses to delete it; off unless said otherwise.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub deletion_protection: Option<bool>,

    /// Whether each zone's address sends to the targets of all zones. Application: on by default;
    /// network and gateway: off.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cross_zone: Option<bool>,

    /// Whether zonal shift may take a zone out of service; off unless said otherwise.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub zonal_shift: Option<bool>,

    /// After how many seconds without traffic a connection is closed: 1 to 4,000, 60 unless said
    /// otherwise. Application only.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub idle_timeout: Option<u32>,

    /// How long, in seconds, a client may keep one connection: 60 to 604,800, 3,600 unless said
    /// otherwise. Application only.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub client_keep_alive: Option<u32>,

    /// Whether clients may speak HTTP/2; they may unless said otherwise. Application only.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub http2: Option<bool>,

    /// Whether headers with invalid names are removed. Application only.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub drop_invalid_header_fields: Option<bool>,

    /// Whether targets see the client's `Host` header as it was. Application only.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub preserve_host_header: Option<bool>,

    /// What to do with requests that could confuse a server behind. Application only.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub desync_mitigation: Option<DesyncMitigation>,

    /// Whether targets are told the TLS version and cipher. Application only.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tls_version_and_cipher_headers: Option<bool>,

    /// Whether `X-Forwarded-For` has the client's port too. Application only.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub xff_client_port: Option<bool>,

    /// What to do with `X-Forwarded-For`. Application only.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub xff_headers: Option<XffHeaders>,

    /// Whether requests go through while the web application firewall does not answer. Application
    /// only.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub waf_fail_open: Option<bool>,

    /// To which zones' addresses the name resolves. Network only.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub zone_routing: Option<ZoneRouting>,

    /// Where requests (network: TLS connections) are logged.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub access_logs: Option<LogBucket>,

    /// Where connections are logged. Application only.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub connection_logs: Option<LogBucket>,

    /// Tags, at most 50.
    #[builder(default, with = |tags: impl IntoIterator<Item = (impl Into<String>, impl Into<String>)>| tags::collect(tags))]
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub tags: BTreeMap<String, String>,
}

/// A subnet, and the address that a load balancer is to have in it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Builder)]
pub struct SubnetMapping {
    /// The subnet.
    #[builder(into)]
    pub subnet: Input<Id<Subnet>>,
    /// The Elastic IP address, by its allocation id `eipalloc-…`; internet-facing ones only.
    #[builder(into)]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub allocation_id: Option<Input<String>>,
    /// The private IPv4 address; internal ones only.
    #[builder(into)]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub private_ipv4_address: Option<String>,
    /// The IPv6 address, as short as it can be written; network load balancers of both kinds of
    /// addresses only.
    #[builder(into)]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ipv6_address: Option<String>,
}

/// Where logs go. The bucket's policy must let the load balancing service write to it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Builder)]
pub struct LogBucket {
    /// The bucket's name; it is in the load balancer's region.
    #[builder(into)]
    pub bucket: Input<String>,
    /// The prefix of the logs' keys.
    #[builder(into)]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub prefix: Option<String>,
}

handle! {
    /// A load balancer, declared or looked up.
    pub struct LoadBalancerHandle {
        /// The load balancer's ARN.
        arn: Arn<LoadBalancer>,
        /// Its name.
        name: String,
        /// Its DNS name, with the capitals of its name.
        dns_name: String,
        /// The hosted zone that AWS keeps its DNS name in.
        canonical_hosted_zone_id: String,
        /// The VPC it is in.
        vpc_id: Id<Vpc>,
    }
}

impl LoadBalancerHandle {
    /// What an alias record needs to point here.
    pub fn alias_target(&self) -> AliasTarget {
        AliasTarget::new(self.dns_name(), self.canonical_hosted_zone_id())
    }

    /// The region it is in.
    pub fn region(&self) -> Option<bicoastal_model::Region> {
        self.node().place().region()
    }
}

/// AWS's word for it, in the calls and in the properties.
const PRIVATE_LINK: &str = "enforce_security_group_inbound_rules_on_private_link_traffic";

const SUBNET_MAPPING: &[Field] = &[
    Field::new("subnet"),
    Field::new("allocation_id"),
    Field::new("private_ipv4_address"),
    // AWS picks one where none is asked for.
    Field::new("ipv6_address").absent(Absent::Anything),
];
const LOG_BUCKET: &[Field] = &[Field::new("bucket"), Field::new("prefix").absent(Absent::Text(""))];

/// A flag that is off unless said otherwise.
const fn flag(name: &'static str) -> Field {
    Field::new(name).absent(Absent::Bool(false))
}

static SCHEMA: Schema = Schema {
    kind: "ELBv2:LoadBalancer",
    service: "elasticloadbalancing",
    feature: "elbv2",
    scope: ScopeKind::Regional,
    tier: Tier::Compute,
    fields: &[
        Field::new("name").replaces(),
        Field::new("load_balancer_type").replaces().absent(Absent::Text("application")),
        Field::new("scheme").replaces().absent(Absent::Text("internet-facing")),
        Field::new("subnets").shape(Shape::Set(&Shape::Plain)).absent(Absent::Anything),
        Field::new("subnet_mappings")
            .shape(Shape::Set(&Shape::Object(SUBNET_MAPPING)))
            .absent(Absent::Anything),
        Field::new("security_groups").shape(Shape::Set(&Shape::Plain)).absent(Absent::Anything),
        Field::new(PRIVATE_LINK).absent(Absent::Bool(true)),
        Field::new("ip_address_type").absent(Absent::Text("ipv4")),
        flag("deletion_protection"),
        Field::new("cross_zone").absent(Absent::Anything),
        flag("zonal_shift"),
        Field::new("idle_timeout").absent(Absent::Int(60)),
        Field::new("client_keep_alive").absent(Absent::Int(3600)),
        Field::new("http2").absent(Absent::Bool(true)),
        flag("drop_invalid_header_fields"),
        flag("preserve_host_header"),
        Field::new("desync_mitigation").absent(Absent::Text("defensive")),
        flag("tls_version_and_cipher_headers"),
        flag("xff_client_port"),
        Field::new("xff_headers").absent(Absent::Text("append")),
        flag("waf_fail_open"),
        Field::new("zone_routing").absent(Absent::Text("any_availability_zone")),
        Field::new("access_logs").shape(Shape::Object(LOG_BUCKET)),
        Field::new("connection_logs").shape(Shape::Object(LOG_BUCKET)),
        Field::tags(),
    ],
    outputs: &[
        OutputSpec::assigned("arn"),
        OutputSpec::property("name"),
        OutputSpec::assigned("dns_name"),
        OutputSpec::assigned("canonical_hosted_zone_id"),
        OutputSpec::assigned("vpc_id"),
    ],
    identity: &["name"],
    delete_risk: Risk::Disruptive,
    guard: Some("deletion_protection"),
    cost: Cost { create: 2, update: 1, delete: 1 },
    takes: Takes { create: 180, update: 3, delete: 3 },
    ..Schema::BASE
};

/// The fields that are attributes.
const ATTRIBUTES: &[Attribute] = &[
    Attribute::new("deletion_protection", "deletion_protection.enabled", As::Flag, "false"),
    Attribute::new("cross_zone", "load_balancing.cross_zone.enabled", As::Flag, ""),
    Attribute::new("zonal_shift", "zonal_shift.config.enabled", As::Flag, "false"),
    Attribute::new("idle_timeout", "idle_timeout.timeout_seconds", As::Number, "60"),
    Attribute::new("client_keep_alive", "client_keep_alive.seconds", As::Number, "3600"),
    Attribute::new("http2", "routing.http2.enabled", As::Flag, "true"),
    Attribute::new(
        "drop_invalid_header_fields",
        "routing.http.drop_invalid_header_fields.enabled",
        As::Flag,
        "false",
    ),
    Attribute::new(
        "preserve_host_header",
        "routing.http.preserve_host_header.enabled",
        As::Flag,
        "false",
    ),
    Attribute::new(
        "desync_mitigation",
        "routing.http.desync_mitigation_mode",
        As::Text,
        "defensive",
    ),
    Attribute::new(
        "tls_version_and_cipher_headers",
        "routing.http.x_amzn_tls_version_and_cipher_suite.enabled",
        As::Flag,
        "false",
    ),
    Attribute::new("xff_client_port", "routing.http.xff_client_port.enabled", As::Flag, "false"),
    Attribute::new("xff_headers", "routing.http.xff_header_processing.mode", As::Text, "append"),
    Attribute::new("waf_fail_open", "waf.fail_open.enabled", As::Flag, "false"),
    Attribute::new(
        "zone_routing",
        "dns_record.client_routing_policy",
        As::Text,
        "any_availability_zone",
    ),
];

/// The fields that are a bucket for logs.
const LOGS: [&str; 2] = ["access_logs", "connection_logs"];

impl Resource for LoadBalancer {
    type Scope = Regional;
    type Handle = LoadBalancerHandle;
    const SCHEMA: &'static Schema = &SCHEMA;

    fn check(&self, check: &mut Check) {
        check::check(self, check);
    }
}

impl Kind for LoadBalancer {
    type Call = LoadBalancerCall;

    async fn listed(cx: &Cx, region: Region) -> Result<Vec<Listed>, OpError> {
        super::listed::balancers(cx, region).await
    }

    async fn read(cx: &Cx, target: &Target) -> Result<Option<Snapshot>, OpError> {
        look::read(cx, target).await
    }

    async fn poll(
        cx: &Cx,
        target: &Target,
        known: &Snapshot,
        goal: &Goal,
    ) -> Result<Option<Snapshot>, OpError> {
        match goal {
            Goal::Present { .. } => look::poll(cx, target, known).await,
            Goal::Absent { .. } => look::read(cx, target).await,
        }
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

    fn step(turn: &Turn<'_, Self>) -> Next<LoadBalancerCall> {
        step::step(turn)
    }

    async fn call(
        cx: &Cx,
        target: &Target,
        call: &LoadBalancerCall,
    ) -> Result<Option<String>, OpError> {
        calls::call(cx, target, call).await
    }

    fn deletes(call: &LoadBalancerCall) -> Deletes {
        Deletes::whole(matches!(call, LoadBalancerCall::Delete))
    }

    fn name(call: &LoadBalancerCall) -> &'static str {
        call.name()
    }
}
