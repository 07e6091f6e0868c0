//! The calls that a target group takes.

use std::collections::BTreeMap;

use aws_sdk_elasticloadbalancingv2::types;
use bicoastal_model::{OpError, Target};

use super::super::read::arn;
use super::super::send::{TagCall, answer, done};
use super::super::{region, to_tags};
use super::{ProtocolVersion, TargetGroup, TargetHealthCheck};
use crate::cx::Cx;

/// One mutating call.
#[derive(Clone, Debug)]
pub enum TargetGroupCall {
    /// `CreateTargetGroup`, with everything that it takes.
    Create(Box<TargetGroup>),
    /// `ModifyTargetGroup`: its health check.
    Modify(Box<TargetGroup>),
    /// `ModifyTargetGroupAttributes`.
    SetAttributes(BTreeMap<String, String>),
    /// `AddTags` or `RemoveTags`.
    Tags(TagCall),
    /// `DeleteTargetGroup`.
    Delete,
}

impl TargetGroupCall {
    pub(super) fn name(&self) -> &'static str {
        match self {
            Self::Create(_) => "CreateTargetGroup",
            Self::Modify(_) => "ModifyTargetGroup",
            Self::SetAttributes(_) => "ModifyTargetGroupAttributes",
            Self::Tags(tags) => tags.name(),
            Self::Delete => "DeleteTargetGroup",
        }
    }
}

/// Sets the fields of a health check on a request; what is not mentioned is not sent.
macro_rules! with_health_check {
    ($request:expr, $group:expr) => {{
        let check: TargetHealthCheck = $group.health_check.clone().unwrap_or_default();
        let seconds = |value: Option<u32>| value.and_then(|value| i32::try_from(value).ok());
        let matcher = check.matcher.map(|codes| {
            let matcher = types::Matcher::builder();
            match $group.protocol_version {
                Some(ProtocolVersion::Grpc) => matcher.grpc_code(codes).build(),
                _ => matcher.http_code(codes).build(),
            }
        });
        $request
            .set_health_check_enabled(check.enabled)
            .set_health_check_protocol(
                check.protocol.map(|it| types::ProtocolEnum::from(it.as_str())),
            )
            .set_health_check_port(check.port)
            .set_health_check_path(check.path)
            .set_health_check_interval_seconds(seconds(check.interval))
            .set_health_check_timeout_seconds(seconds(check.timeout))
            .set_healthy_threshold_count(seconds(check.healthy_threshold))
            .set_unhealthy_threshold_count(seconds(check.unhealthy_threshold))
            .set_matcher(matcher)
    }};
}

pub(super) async fn call(
    cx: &Cx,
    target: &Target,
    call: &TargetGroupCall,
) -> Result<Option<String>, OpError> {
    let region = region(target);
    let client = cx.elbv2_write(region);
    if let TargetGroupCall::Create(wanted) = call {
        let request = client
            .create_target_group()
            .name(wanted.name.as_str())
            .set_target_type(wanted.target_type.map(|it| types::TargetTypeEnum::from(it.as_str())))
            .set_protocol(wanted.protocol.map(|it| types::ProtocolEnum::from(it.as_str())))
            .set_protocol_version(wanted.protocol_version.map(|it| it.as_str().to_owned()))
            .set_port(wanted.port.map(i32::from))
            .set_vpc_id(wanted.vpc.as_ref().map(|vpc| vpc.as_str().to_owned()))
            .set_ip_address_type(
                wanted
                    .ip_address_type
                    .map(|it| types::TargetGroupIpAddressTypeEnum::from(it.as_str())),
            )
            .set_tags((!wanted.tags.is_empty()).then(|| to_tags(&wanted.tags)));
        let request = with_health_check!(request, wanted);
        let answer = answer(call.name(), region, request.send()).await?;
        let made = answer.target_groups.unwrap_or_default().into_iter().next();
        let told = made.as_ref().and_then(|it| super::look::told(target, it, &wanted.tags));
        let arn = made.and_then(|made| made.target_group_arn);
        if let Some(seen) = told {
            cx.tell(seen);
        }
        return Ok(arn);
    }
    let arn = arn(target, super::look::read(cx, target)).await?;
    let name = call.name();
    match call {
        TargetGroupCall::Create(_) => return Ok(None),
        TargetGroupCall::Modify(wanted) => {
            let request = client.modify_target_group().target_group_arn(&arn);
            done(name, region, with_health_check!(request, wanted).send()).await?;
        }
        TargetGroupCall::SetAttributes(attributes) => {
            let attributes = attributes.iter().map(|(key, value)| {
                types::TargetGroupAttribute::builder().key(key).value(value).build()
            });
            let request = client.modify_target_group_attributes().target_group_arn(&arn);
            let request = request.set_attributes(Some(attributes.collect()));
            done(name, region, request.send()).await?;
        }
        TargetGroupCall::Tags(tags) => tags.send(cx, region, &arn).await?,
        TargetGroupCall::Delete => {
            let request = client.delete_target_group().target_group_arn(&arn);
            done(name, region, request.send()).await?;
        }
    }
    Ok(Some(arn))
}
