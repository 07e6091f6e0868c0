//! Load balancers.

use serde::{Deserialize, Serialize};

use super::attributes::{self, Attributes};
use super::subnets::{self, Subnet};
use super::tags::{self, Tags};
use super::zones::canonical_hosted_zone_id;
use super::{Fields, at_most, impossible, invalid, one_of, page, required, texts};
use crate::call::Call;
use crate::query::Params;
use crate::reply::Fault;
use crate::seed;
use crate::world::{World, iso};
use crate::xml::Element;

/// How many of a kind a region holds by default.
const MOST: usize = 50;

/// What a load balancer understands of traffic.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) enum Kind {
    Application,
    Network,
    Gateway,
}

impl Kind {
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Application => "application",
            Self::Network => "network",
            Self::Gateway => "gateway",
        }
    }

    /// As ARNs have it.
    pub(super) fn short(self) -> &'static str {
        match self {
            Self::Application => "app",
            Self::Network => "net",
            Self::Gateway => "gwy",
        }
    }
}

/// A load balancer.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct LoadBalancer {
    name: String,
    pub(super) kind: Kind,
    /// `internet-facing` or `internal`.
    scheme: String,
    pub(super) dns_name: Option<String>,
    zone_id: Option<String>,
    pub(super) vpc: String,
    created_ms: i64,
    /// Until then it is provisioning.
    active_ms: i64,
    pub(super) subnets: Vec<Subnet>,
    pub(super) security_groups: Vec<String>,
    pub(super) ip_address_type: String,
    /// Whether the security groups have no say in what comes by PrivateLink.
    #[serde(default)]
    pub(super) private_link_unguarded: bool,
    attributes: Attributes,
    pub(super) tags: Tags,
}

impl LoadBalancer {
    fn element(&self, arn: &str, now_ms: i64) -> Element {
        let state = if now_ms < self.active_ms { "provisioning" } else { "active" };
        let mut element = Element::new("member")
            .text_child("LoadBalancerArn", arn)
            .text_child_opt("DNSName", self.dns_name.as_ref())
            .text_child_opt("CanonicalHostedZoneId", self.zone_id.as_ref())
            .text_child("CreatedTime", iso(self.created_ms))
            .text_child("LoadBalancerName", &self.name);
        if self.kind != Kind::Gateway {
            element = element.text_child("Scheme", &self.scheme);
        }
        element = element
            .text_child("VpcId", &self.vpc)
            .child(Element::new("State").text_child("Code", state))
            .text_child("Type", self.kind.name())
            .child(subnets::element(&self.subnets));
        if !self.security_groups.is_empty() {
            element = element.child(texts("SecurityGroups", &self.security_groups));
        }
        element
            .text_child("IpAddressType", &self.ip_address_type)
            .text_child_opt(subnets::ENFORCE, self.enforced())
    }

    /// `on` or `off`, where that means something.
    pub(super) fn enforced(&self) -> Option<&'static str> {
        let guarded = self.kind == Kind::Network && !self.security_groups.is_empty();
        guarded.then_some(if self.private_link_unguarded { "off" } else { "on" })
    }
}

pub(super) fn create(world: &mut World, call: &Call, params: &Params) -> Fields {
    let name = super::name(params, "The load balancer")?.to_owned();
    if name.starts_with("internal-") {
        return Err(invalid(format!(
            "The load balancer name '{name}' cannot begin with 'internal-'"
        )));
    }
    let kind = match one_of(params, "Type", &["application", "network", "gateway"])? {
        Some("network") => Kind::Network,
        Some("gateway") => Kind::Gateway,
        _ => Kind::Application,
    };
    let scheme = one_of(params, "Scheme", &["internet-facing", "internal"])?
        .unwrap_or("internet-facing")
        .to_owned();
    let subnets = subnets::read(&call.region, kind, params)?;
    let ip_address_type =
        subnets::read_ip_address_type(kind, params)?.unwrap_or_else(|| "ipv4".into());
    if ip_address_type == "dualstack-without-public-ipv4" && scheme == "internal" {
        return Err(impossible(
            "The IP address type 'dualstack-without-public-ipv4' needs an internet-facing scheme",
        ));
    }
    let named_groups = subnets::read_security_groups(params)?;
    let security_groups = match (kind, named_groups) {
        (Kind::Gateway, Some(groups)) if !groups.is_empty() => {
            return Err(impossible("Security groups are not supported for gateway load balancers"));
        }
        (_, Some(groups)) if !groups.is_empty() => groups,
        (Kind::Application, _) => vec![seed::security_group_id(&call.region)],
        _ => Vec::new(),
    };
    let tags = tags::read(params)?;

    let now_ms = world.now_ms;
    let region = world.elbv2.at(call);
    if let Some((arn, existing)) =
        region.load_balancers.iter().find(|(_, existing)| existing.name == name)
    {
        let same = existing.kind == kind
            && existing.scheme == scheme
            && existing.subnets == subnets
            && existing.security_groups == security_groups
            && existing.ip_address_type == ip_address_type;
        if same {
            return Ok(vec![Element::new("LoadBalancers").child(existing.element(arn, now_ms))]);
        }
        return Err(Fault::new(
            400,
            "DuplicateLoadBalancerName",
            format!(
                "A load balancer with the same name '{name}' exists, but with different settings"
            ),
        ));
    }
    if region.load_balancers.values().filter(|other| other.kind == kind).count() >= MOST {
        return Err(Fault::new(
            400,
            "TooManyLoadBalancers",
            format!("The maximum number of load balancers '{MOST}' has been reached"),
        ));
    }

    let hex = world.fresh_hex();
    let arn = format!(
        "arn:aws:elasticloadbalancing:{}:{}:loadbalancer/{}/{name}/{}",
        call.region,
        call.account,
        kind.short(),
        &hex[..16]
    );
    let balancer = LoadBalancer {
        dns_name: dns_name(&name, kind, &scheme, &call.region, &hex),
        zone_id: canonical_hosted_zone_id(&call.region, kind.name()).map(ToOwned::to_owned),
        vpc: seed::vpc_id(&call.region),
        created_ms: now_ms,
        active_ms: now_ms + world.duration_ms("elbv2.load_balancer.create", 180_000),
        attributes: attributes::of_load_balancer(kind),
        name,
        kind,
        scheme,
        subnets,
        security_groups,
        ip_address_type,
        private_link_unguarded: false,
        tags,
    };
    let element = balancer.element(&arn, now_ms);
    world.elbv2.at(call).load_balancers.insert(arn, balancer);
    Ok(vec![Element::new("LoadBalancers").child(element)])
}

/// The name keeps its capitals; the rest differs by type.
fn dns_name(name: &str, kind: Kind, scheme: &str, region: &str, hex: &str) -> Option<String> {
    let internal = if scheme == "internal" { "internal-" } else { "" };
    match kind {
        Kind::Application => {
            let number = u64::from_str_radix(&hex[16..24], 16).unwrap_or_default();
            Some(format!("{internal}{name}-{number}.{region}.elb.amazonaws.com"))
        }
        Kind::Network => Some(format!("{name}-{}.elb.{region}.amazonaws.com", &hex[..16])),
        Kind::Gateway => None,
    }
}

pub(super) fn describe(world: &mut World, call: &Call, params: &Params) -> Fields {
    let arns = params.list("LoadBalancerArns");
    let names = params.list("Names");
    if arns.is_some() && names.is_some() {
        return Err(invalid(
            "Load balancer names and load balancer ARNs cannot be specified together",
        ));
    }
    let now_ms = world.now_ms;
    let region = world.elbv2.at(call);
    if let Some(arns) = &arns {
        at_most(arns, 20, "load balancer ARNs")?;
        for arn in arns {
            region.load_balancer(arn)?;
        }
    }
    if let Some(names) = &names {
        at_most(names, 20, "load balancer names")?;
        let known = |name: &String| region.load_balancers.values().any(|b| b.name == *name);
        let unknown: Vec<&str> =
            names.iter().filter(|name| !known(name)).map(String::as_str).collect();
        if !unknown.is_empty() {
            return Err(Fault::new(
                400,
                "LoadBalancerNotFound",
                format!("Load balancers '[{}]' not found", unknown.join(", ")),
            ));
        }
    }
    let found = region.load_balancers.iter().filter(|(arn, balancer)| {
        arns.as_ref().is_none_or(|arns| arns.contains(arn))
            && names.as_ref().is_none_or(|names| names.contains(&balancer.name))
    });
    page(
        params,
        "LoadBalancers",
        found.map(|(arn, balancer)| (arn.clone(), balancer.element(arn, now_ms))),
    )
}

pub(super) fn delete(world: &mut World, call: &Call, params: &Params) -> Fields {
    let arn = required(params, "LoadBalancerArn")?;
    let until = world.now_ms + world.duration_ms("elbv2.target_group.release", 0);
    let region = world.elbv2.at(call);
    let Some(balancer) = region.load_balancers.get(arn) else { return Ok(Vec::new()) };
    if balancer.attributes.get("deletion_protection.enabled").is_some_and(|on| on == "true") {
        return Err(Fault::new(
            400,
            "OperationNotPermitted",
            format!(
                "Load balancer '{arn}' cannot be deleted because deletion protection is enabled"
            ),
        ));
    }
    region.load_balancers.remove(arn);
    let listeners: Vec<String> = region
        .listeners
        .iter()
        .filter(|(_, listener)| listener.load_balancer == arn)
        .map(|(arn, _)| arn.clone())
        .collect();
    for listener in listeners {
        region.remove_listener(&listener, until);
    }
    Ok(Vec::new())
}

pub(super) fn describe_attributes(world: &mut World, call: &Call, params: &Params) -> Fields {
    let balancer = world.elbv2.at(call).load_balancer(required(params, "LoadBalancerArn")?)?;
    Ok(vec![attributes::element(&balancer.attributes)])
}

pub(super) fn modify_attributes(world: &mut World, call: &Call, params: &Params) -> Fields {
    let balancer = world.elbv2.at(call).load_balancer(required(params, "LoadBalancerArn")?)?;
    let known = attributes::of_load_balancer(balancer.kind);
    attributes::modify(&mut balancer.attributes, &known, params, "Load balancer")?;
    Ok(vec![attributes::element(&balancer.attributes)])
}

/// No capacity is ever reserved.
pub(super) fn describe_capacity(world: &mut World, call: &Call, params: &Params) -> Fields {
    world.elbv2.at(call).load_balancer(required(params, "LoadBalancerArn")?)?;
    Ok(vec![Element::new("CapacityReservationState")])
}
