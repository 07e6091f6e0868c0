//! Where a load balancer is: its subnets, security groups and kind of addresses.

use serde::{Deserialize, Serialize};

use super::load_balancer::Kind;
use super::{Fields, impossible, invalid, one_of, required, text, texts};
use crate::call::Call;
use crate::query::Params;
use crate::reply::Fault;
use crate::seed;
use crate::world::World;
use crate::xml::Element;

/// Whether the rules of security groups hold for what comes by PrivateLink; `on` where nothing is
/// said.
pub(super) const ENFORCE: &str = "EnforceSecurityGroupInboundRulesOnPrivateLinkTraffic";

/// A subnet of a load balancer, with the address that it was given there.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub(super) struct Subnet {
    zone: String,
    id: String,
    allocation: Option<String>,
    private_ip: Option<String>,
    #[serde(default)]
    ipv6: Option<String>,
}

impl Subnet {
    fn element(&self) -> Element {
        let mut addresses = Element::new("LoadBalancerAddresses");
        if self.allocation.is_some() || self.private_ip.is_some() || self.ipv6.is_some() {
            addresses = addresses.child(
                Element::new("member")
                    .text_child_opt("AllocationId", self.allocation.as_ref())
                    .text_child_opt("PrivateIPv4Address", self.private_ip.as_ref())
                    .text_child_opt("IPv6Address", self.ipv6.as_ref()),
            );
        }
        Element::new("member")
            .text_child("ZoneName", &self.zone)
            .text_child("SubnetId", &self.id)
            .child(addresses)
    }
}

pub(super) fn element(subnets: &[Subnet]) -> Element {
    Element::new("AvailabilityZones").children(subnets.iter().map(Subnet::element))
}

/// The subnets that a request names, in the order of their zones.
pub(super) fn read(region: &str, kind: Kind, params: &Params) -> Result<Vec<Subnet>, Fault> {
    let plain = params.list("Subnets").unwrap_or_default();
    let mapped = params.structs("SubnetMappings");
    if !plain.is_empty() && !mapped.is_empty() {
        return Err(invalid("Subnets and subnet mappings cannot be specified together"));
    }
    let nothing: [Option<String>; 3] = [None, None, None];
    let mut named: Vec<(String, [Option<String>; 3])> =
        plain.into_iter().map(|id| (id, nothing.clone())).collect();
    for mapping in mapped {
        let field = |name: &str| mapping.get(name).map(ToOwned::to_owned);
        let id = required(&mapping, "SubnetId")?.to_owned();
        named.push((id, ["AllocationId", "PrivateIPv4Address", "IPv6Address"].map(field)));
    }
    let mut subnets: Vec<Subnet> = Vec::new();
    for (id, [allocation, private_ip, ipv6]) in named {
        let Some(zone) = seed::subnet_zone(region, &id) else {
            return Err(Fault::new(
                400,
                "SubnetNotFound",
                format!("The subnet ID '{id}' does not exist"),
            ));
        };
        if kind == Kind::Application && allocation.is_some() {
            return Err(invalid(
                "Elastic IP addresses cannot be specified for application load balancers",
            ));
        }
        if let Some(address) = &ipv6
            && (kind != Kind::Network || address.parse::<std::net::Ipv6Addr>().is_err())
        {
            return Err(invalid(format!(
                "The IPv6 address '{address}' can't be had by a {} load balancer",
                kind.name()
            )));
        }
        if subnets.iter().any(|subnet| subnet.zone == zone) {
            return Err(impossible(
                "A load balancer cannot be attached to multiple subnets in the same Availability \
                 Zone",
            ));
        }
        subnets.push(Subnet { zone, id, allocation, private_ip, ipv6 });
    }
    subnets.sort();
    match (kind, subnets.len()) {
        (_, 0) => Err(invalid("At least one subnet must be specified")),
        (Kind::Application, 1) => Err(invalid(
            "At least two subnets in two different Availability Zones must be specified",
        )),
        _ => Ok(subnets),
    }
}

/// The security groups that a request names; no groups but the seed's can be made here, so any
/// well-formed id is taken for one that exists.
pub(super) fn read_security_groups(params: &Params) -> Result<Option<Vec<String>>, Fault> {
    let Some(groups) = params.list("SecurityGroups") else { return Ok(None) };
    for group in &groups {
        let good = group.strip_prefix("sg-").is_some_and(|rest| {
            !rest.is_empty() && rest.bytes().all(|b| b.is_ascii_alphanumeric())
        });
        if !good {
            return Err(Fault::new(
                400,
                "InvalidSecurityGroup",
                format!("The security group ID '{group}' is not valid"),
            ));
        }
    }
    Ok(Some(groups))
}

/// `ipv4` where nothing is said.
pub(super) fn read_ip_address_type(kind: Kind, params: &Params) -> Result<Option<String>, Fault> {
    let types = ["ipv4", "dualstack", "dualstack-without-public-ipv4"];
    let found = one_of(params, "IpAddressType", &types)?;
    if found == Some(types[2]) && kind != Kind::Application {
        return Err(impossible(format!(
            "The IP address type '{}' is for application load balancers only",
            types[2]
        )));
    }
    Ok(found.map(ToOwned::to_owned))
}

pub(super) fn set(world: &mut World, call: &Call, params: &Params) -> Fields {
    let balancer = world.elbv2.at(call).load_balancer(required(params, "LoadBalancerArn")?)?;
    let subnets = read(&call.region, balancer.kind, params)?;
    let address_type = read_ip_address_type(balancer.kind, params)?;
    let readdressed = balancer.subnets.iter().any(|old| {
        subnets.iter().any(|new| {
            new.id == old.id && (new.allocation != old.allocation || new.ipv6 != old.ipv6)
        })
    });
    if balancer.kind == Kind::Network && readdressed {
        return Err(impossible("The addresses of an enabled subnet cannot be changed"));
    }
    if let Some(address_type) = address_type {
        balancer.ip_address_type = address_type;
    }
    balancer.subnets = subnets;
    Ok(vec![element(&balancer.subnets), text("IpAddressType", &balancer.ip_address_type)])
}

pub(super) fn set_security_groups(world: &mut World, call: &Call, params: &Params) -> Fields {
    let balancer = world.elbv2.at(call).load_balancer(required(params, "LoadBalancerArn")?)?;
    let groups = read_security_groups(params)?
        .ok_or_else(|| invalid("Security groups must be specified"))?;
    match balancer.kind {
        Kind::Gateway => {
            return Err(impossible("Security groups are not supported for gateway load balancers"));
        }
        Kind::Network if balancer.security_groups.is_empty() => {
            return Err(impossible(
                "You cannot set security groups on a network load balancer that was created \
                 without security groups",
            ));
        }
        Kind::Network | Kind::Application if groups.is_empty() => {
            return Err(impossible("At least one security group must be specified"));
        }
        Kind::Network | Kind::Application => balancer.security_groups = groups,
    }
    let enforced = one_of(params, ENFORCE, &["on", "off"])?;
    if balancer.kind != Kind::Network && enforced.is_some() {
        return Err(impossible(format!("{ENFORCE} is for network load balancers only")));
    }
    balancer.private_link_unguarded = enforced == Some("off");
    let mut fields = vec![texts("SecurityGroupIds", &balancer.security_groups)];
    fields.extend(balancer.enforced().map(|word| text(ENFORCE, word)));
    Ok(fields)
}

pub(super) fn set_ip_address_type(world: &mut World, call: &Call, params: &Params) -> Fields {
    let balancer = world.elbv2.at(call).load_balancer(required(params, "LoadBalancerArn")?)?;
    required(params, "IpAddressType")?;
    if let Some(address_type) = read_ip_address_type(balancer.kind, params)? {
        balancer.ip_address_type = address_type;
    }
    Ok(vec![text("IpAddressType", &balancer.ip_address_type)])
}
