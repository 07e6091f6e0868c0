//! Target groups.

use serde::{Deserialize, Serialize};

use super::attributes::{self, Attributes};
use super::health_check::HealthCheck;
use super::tags::{self, Tags};
use super::targets::Target;
use super::{Fields, Region, at_most, invalid, number, one_of, page, required, texts};
use crate::call::Call;
use crate::query::Params;
use crate::reply::Fault;
use crate::seed;
use crate::world::World;
use crate::xml::Element;

/// How many a region holds by default.
const MOST: usize = 3000;

const PROTOCOLS: [&str; 9] =
    ["HTTP", "HTTPS", "TCP", "TLS", "UDP", "TCP_UDP", "GENEVE", "QUIC", "TCP_QUIC"];

/// A target group.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct TargetGroup {
    name: String,
    /// `instance`, `ip`, `lambda` or `alb`.
    pub(super) target_type: String,
    /// None for functions.
    pub(super) protocol: Option<String>,
    protocol_version: Option<String>,
    pub(super) port: Option<i64>,
    pub(super) vpc: Option<String>,
    ip_address_type: String,
    check: HealthCheck,
    pub(super) attributes: Attributes,
    pub(super) tags: Tags,
    pub(super) targets: Vec<Target>,
    /// From when lists show it.
    visible_ms: i64,
    /// Until when a listener or rule that is gone still holds it.
    pub(super) held_ms: i64,
}

impl TargetGroup {
    fn element(&self, arn: &str, users: &[String]) -> Element {
        Element::new("member")
            .text_child("TargetGroupArn", arn)
            .text_child("TargetGroupName", &self.name)
            .text_child_opt("Protocol", self.protocol.as_ref())
            .text_child_opt("Port", self.port)
            .text_child_opt("VpcId", self.vpc.as_ref())
            .children(self.check.fields())
            .child(texts("LoadBalancerArns", users))
            .text_child("TargetType", &self.target_type)
            .text_child_opt("ProtocolVersion", self.protocol_version.as_ref())
            .text_child("IpAddressType", &self.ip_address_type)
    }
}

pub(super) fn create(world: &mut World, call: &Call, params: &Params) -> Fields {
    let name = super::name(params, "Target group")?.to_owned();
    let target_type = one_of(params, "TargetType", &["instance", "ip", "lambda", "alb"])?
        .unwrap_or("instance")
        .to_owned();
    let function = target_type == "lambda";
    let protocol = one_of(params, "Protocol", &PROTOCOLS)?.map(ToOwned::to_owned);
    let port = number(params, "Port", 1, 65535)?;
    let vpc = params.get("VpcId").map(ToOwned::to_owned);
    if function {
        for (given, what) in [
            (protocol.is_some(), "Protocol"),
            (port.is_some(), "Port"),
            (vpc.is_some(), "VPC ID"),
            (params.get("ProtocolVersion").is_some(), "Protocol version"),
        ] {
            if given {
                return Err(invalid(format!(
                    "{what} cannot be specified for target groups with target type 'lambda'"
                )));
            }
        }
    } else {
        for (missing, what) in [
            (protocol.is_none(), "A protocol"),
            (port.is_none(), "A port"),
            (vpc.is_none(), "A VPC ID"),
        ] {
            if missing {
                return Err(invalid(format!("{what} must be specified")));
            }
        }
    }
    let http = matches!(protocol.as_deref(), Some("HTTP" | "HTTPS"));
    // A text without an enumeration in the service's model: clients send an empty one for none.
    let version = match params.get("ProtocolVersion") {
        Some("") => None,
        _ => one_of(params, "ProtocolVersion", &["HTTP1", "HTTP2", "GRPC"])?,
    };
    if version.is_some() && !http {
        return Err(invalid(
            "Protocol version can only be specified for target groups with protocol 'HTTP' or \
             'HTTPS'",
        ));
    }
    let version = http.then(|| version.unwrap_or("HTTP1").to_owned());
    if target_type == "alb" && !matches!(protocol.as_deref(), Some("TCP" | "TLS")) {
        return Err(invalid("The protocol must be 'TCP' or 'TLS' for the target type 'alb'"));
    }
    if protocol.as_deref() == Some("GENEVE") && port != Some(6081) {
        return Err(invalid("The port must be '6081' for the protocol 'GENEVE'"));
    }
    if let Some(vpc) = &vpc
        && *vpc != seed::vpc_id(&call.region)
    {
        return Err(invalid(format!("The VPC ID '{vpc}' is not found")));
    }
    let ip_address_type =
        one_of(params, "IpAddressType", &["ipv4", "ipv6"])?.unwrap_or("ipv4").to_owned();
    let check = HealthCheck::create(params, protocol.as_deref(), version.as_deref())?;
    let tags = tags::read(params)?;

    let region = world.elbv2.at(call);
    if let Some((arn, existing)) =
        region.target_groups.iter().find(|(_, existing)| existing.name == name)
    {
        let same = existing.target_type == target_type
            && existing.protocol == protocol
            && existing.protocol_version == version
            && existing.port == port
            && existing.vpc == vpc
            && existing.ip_address_type == ip_address_type
            && existing.check == check;
        if same {
            let element = existing.element(arn, &region.users_of(arn));
            return Ok(vec![Element::new("TargetGroups").child(element)]);
        }
        return Err(Fault::new(
            400,
            "DuplicateTargetGroupName",
            format!(
                "A target group with the same name '{name}' exists, but with different settings"
            ),
        ));
    }
    if region.target_groups.len() >= MOST {
        return Err(Fault::new(
            400,
            "TooManyTargetGroups",
            format!("The maximum number of target groups '{MOST}' has been reached"),
        ));
    }
    let hex = world.fresh_hex();
    let arn = format!(
        "arn:aws:elasticloadbalancing:{}:{}:targetgroup/{name}/{}",
        call.region,
        call.account,
        &hex[..16]
    );
    let group = TargetGroup {
        name,
        attributes: attributes::of_target_group(protocol.as_deref(), &target_type),
        target_type,
        protocol,
        protocol_version: version,
        port,
        vpc,
        ip_address_type,
        check,
        tags,
        targets: Vec::new(),
        visible_ms: world.now_ms + world.duration_ms("elbv2.target_group.visible", 0),
        held_ms: world.now_ms,
    };
    let element = group.element(&arn, &[]);
    world.elbv2.at(call).target_groups.insert(arn, group);
    Ok(vec![Element::new("TargetGroups").child(element)])
}

pub(super) fn describe(world: &mut World, call: &Call, params: &Params) -> Fields {
    let arns = params.list("TargetGroupArns");
    let names = params.list("Names");
    let balancer = params.get("LoadBalancerArn");
    if usize::from(arns.is_some()) + usize::from(names.is_some()) + usize::from(balancer.is_some())
        > 1
    {
        return Err(invalid(
            "Only one of target group ARNs, names and a load balancer ARN can be specified",
        ));
    }
    let now_ms = world.now_ms;
    let region = world.elbv2.at(call);
    let visible = |region: &Region, test: &dyn Fn(&str, &TargetGroup) -> bool| {
        region
            .target_groups
            .iter()
            .any(|(arn, group)| group.visible_ms <= now_ms && test(arn, group))
    };
    let missing = |what: &str| {
        Fault::new(400, "TargetGroupNotFound", format!("Target groups '{what}' not found"))
    };
    for arn in arns.iter().flatten() {
        if !visible(region, &|found, _| found == arn) {
            return Err(missing(arn));
        }
    }
    for name in names.iter().flatten() {
        if !visible(region, &|_, group| group.name == *name) {
            return Err(missing(name));
        }
    }
    at_most(&arns.clone().unwrap_or_default(), 20, "target group ARNs")?;
    at_most(&names.clone().unwrap_or_default(), 20, "target group names")?;
    if let Some(balancer) = balancer {
        region.load_balancer(balancer)?;
    }
    let mut found = Vec::new();
    for (arn, group) in &region.target_groups {
        let users = region.users_of(arn);
        let wanted = group.visible_ms <= now_ms
            && arns.as_ref().is_none_or(|arns| arns.contains(arn))
            && names.as_ref().is_none_or(|names| names.contains(&group.name))
            && balancer.is_none_or(|balancer| users.iter().any(|user| user == balancer));
        if wanted {
            found.push((arn.clone(), group.element(arn, &users)));
        }
    }
    page(params, "TargetGroups", found)
}

pub(super) fn modify(world: &mut World, call: &Call, params: &Params) -> Fields {
    let arn = required(params, "TargetGroupArn")?;
    let region = world.elbv2.at(call);
    let users = region.users_of(arn);
    let group = region.target_group(arn)?;
    group.check = group.check.modified(params)?;
    Ok(vec![Element::new("TargetGroups").child(group.element(arn, &users))])
}

pub(super) fn delete(world: &mut World, call: &Call, params: &Params) -> Fields {
    let arn = required(params, "TargetGroupArn")?;
    let now_ms = world.now_ms;
    let region = world.elbv2.at(call);
    let held = region.target_groups.get(arn).is_some_and(|group| now_ms < group.held_ms);
    if held || !region.users_of(arn).is_empty() {
        return Err(Fault::new(
            400,
            "ResourceInUse",
            format!("Target group '{arn}' is currently in use by a listener or a rule"),
        ));
    }
    region.target_groups.remove(arn);
    Ok(Vec::new())
}

pub(super) fn describe_attributes(world: &mut World, call: &Call, params: &Params) -> Fields {
    let group = world.elbv2.at(call).target_group(required(params, "TargetGroupArn")?)?;
    Ok(vec![attributes::element(&group.attributes)])
}

pub(super) fn modify_attributes(world: &mut World, call: &Call, params: &Params) -> Fields {
    let group = world.elbv2.at(call).target_group(required(params, "TargetGroupArn")?)?;
    let known = attributes::of_target_group(group.protocol.as_deref(), &group.target_type);
    attributes::modify(&mut group.attributes, &known, params, "Target group")?;
    Ok(vec![attributes::element(&group.attributes)])
}
