//! The calls that a load balancer takes.

use std::collections::BTreeMap;

use aws_sdk_elasticloadbalancingv2::types;
use bicoastal_model::{OpError, Target};

use super::super::read::arn;
use super::super::send::{TagCall, answer, done};
use super::super::{region, to_tags};
use super::LoadBalancer;
use crate::cx::Cx;

/// One mutating call.
#[derive(Clone, Debug)]
pub enum LoadBalancerCall {
    /// `CreateLoadBalancer`, with everything that it takes.
    Create(Box<LoadBalancer>),
    /// `SetSubnets`, with the whole list.
    SetSubnets(Box<LoadBalancer>),
    /// `SetSecurityGroups`, with the whole list, and whether it holds for PrivateLink: only a
    /// network load balancer is told.
    SetSecurityGroups(Vec<String>, Option<bool>),
    /// `SetIpAddressType`.
    SetIpAddressType(String),
    /// `ModifyLoadBalancerAttributes`.
    SetAttributes(BTreeMap<String, String>),
    /// `AddTags` or `RemoveTags`.
    Tags(TagCall),
    /// `DeleteLoadBalancer`.
    Delete,
}

impl LoadBalancerCall {
    pub(super) fn name(&self) -> &'static str {
        match self {
            Self::Create(_) => "CreateLoadBalancer",
            Self::SetSubnets(_) => "SetSubnets",
            Self::SetSecurityGroups(..) => "SetSecurityGroups",
            Self::SetIpAddressType(_) => "SetIpAddressType",
            Self::SetAttributes(_) => "ModifyLoadBalancerAttributes",
            Self::Tags(tags) => tags.name(),
            Self::Delete => "DeleteLoadBalancer",
        }
    }
}

pub(super) async fn call(
    cx: &Cx,
    target: &Target,
    call: &LoadBalancerCall,
) -> Result<Option<String>, OpError> {
    let region = region(target);
    let client = cx.elbv2_write(region);
    if let LoadBalancerCall::Create(wanted) = call {
        return create(cx, target, wanted).await;
    }
    let arn = arn(target, super::look::read(cx, target)).await?;
    let name = call.name();
    match call {
        LoadBalancerCall::Create(_) => return Ok(None),
        LoadBalancerCall::SetSubnets(wanted) => {
            let request = client
                .set_subnets()
                .load_balancer_arn(&arn)
                .set_subnets(subnets(wanted))
                .set_subnet_mappings(mappings(wanted));
            done(name, region, request.send()).await?;
        }
        LoadBalancerCall::SetSecurityGroups(groups, enforced) => {
            let request = client
                .set_security_groups()
                .load_balancer_arn(&arn)
                .set_security_groups(Some(groups.clone()))
                .set_enforce_security_group_inbound_rules_on_private_link_traffic(
                    enforced.map(|on| if on { "on".into() } else { "off".into() }),
                );
            done(name, region, request.send()).await?;
        }
        LoadBalancerCall::SetIpAddressType(word) => {
            let request = client.set_ip_address_type().load_balancer_arn(&arn);
            let request = request.ip_address_type(types::IpAddressType::from(word.as_str()));
            done(name, region, request.send()).await?;
        }
        LoadBalancerCall::SetAttributes(attributes) => {
            let attributes = attributes.iter().map(|(key, value)| {
                types::LoadBalancerAttribute::builder().key(key).value(value).build()
            });
            let request = client.modify_load_balancer_attributes().load_balancer_arn(&arn);
            let request = request.set_attributes(Some(attributes.collect()));
            done(name, region, request.send()).await?;
        }
        LoadBalancerCall::Tags(tags) => tags.send(cx, region, &arn).await?,
        LoadBalancerCall::Delete => {
            let request = client.delete_load_balancer().load_balancer_arn(&arn);
            done(name, region, request.send()).await?;
        }
    }
    Ok(Some(arn))
}

async fn create(
    cx: &Cx,
    target: &Target,
    wanted: &LoadBalancer,
) -> Result<Option<String>, OpError> {
    let region = region(target);
    let groups = wanted.security_groups.as_ref();
    let request = cx
        .elbv2_write(region)
        .create_load_balancer()
        .name(wanted.name.as_str())
        .set_subnets(subnets(wanted))
        .set_subnet_mappings(mappings(wanted))
        .set_type(
            wanted.load_balancer_type.map(|it| types::LoadBalancerTypeEnum::from(it.as_str())),
        )
        .set_scheme(wanted.scheme.map(|it| types::LoadBalancerSchemeEnum::from(it.as_str())))
        .set_security_groups(
            groups.map(|groups| groups.iter().map(|group| group.as_str().to_owned()).collect()),
        )
        .set_ip_address_type(
            wanted.ip_address_type.map(|it| types::IpAddressType::from(it.as_str())),
        )
        .set_tags((!wanted.tags.is_empty()).then(|| to_tags(&wanted.tags)));
    let answer = answer("CreateLoadBalancer", region, request.send()).await?;
    let made = answer.load_balancers.unwrap_or_default().into_iter().next();
    if let Some(seen) = made.as_ref().and_then(|it| super::look::told(target, it, &wanted.tags)) {
        cx.tell(seen);
    }
    Ok(made.and_then(|made| made.load_balancer_arn))
}

fn subnets(wanted: &LoadBalancer) -> Option<Vec<String>> {
    let ids = wanted.subnets.iter().map(|subnet| subnet.as_str().to_owned());
    (!wanted.subnets.is_empty()).then(|| ids.collect())
}

fn mappings(wanted: &LoadBalancer) -> Option<Vec<types::SubnetMapping>> {
    let mappings = wanted.subnet_mappings.iter().map(|mapping| {
        types::SubnetMapping::builder()
            .subnet_id(mapping.subnet.as_str())
            .set_allocation_id(mapping.allocation_id.as_ref().map(|id| id.as_str().to_owned()))
            .set_private_ipv4_address(mapping.private_ipv4_address.clone())
            .set_ipv6_address(mapping.ipv6_address.clone())
            .build()
    });
    (!wanted.subnet_mappings.is_empty()).then(|| mappings.collect())
}
