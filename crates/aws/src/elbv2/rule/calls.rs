//! The calls that a listener rule takes.

use aws_sdk_elasticloadbalancingv2::types;
use bicoastal_model::{OpError, Target};

use super::super::read::arn;
use super::super::send::{TagCall, answer, done};
use super::super::{region, to_tags};
use super::transform::Transforms;
use super::{ListenerAction, ListenerRule, RuleCondition, action, condition};
use crate::cx::Cx;

/// One mutating call.
#[derive(Clone, Debug)]
pub enum RuleCall {
    /// `CreateRule`, with everything that it takes.
    Create(Box<ListenerRule>),
    /// `ModifyRule`, with what differs.
    Modify {
        /// Its conditions, where they differ.
        conditions: Option<Vec<RuleCondition>>,
        /// Its actions, where they differ.
        actions: Option<Vec<ListenerAction>>,
        /// Its transforms, all of them, where one differs.
        transforms: Option<Transforms>,
        /// The client secrets of the actions stay those that AWS has.
        keeps_secrets: bool,
    },
    /// `SetRulePriorities`.
    Move(u16),
    /// `AddTags` or `RemoveTags`.
    Tags(TagCall),
    /// `DeleteRule`.
    Delete,
}

impl RuleCall {
    pub(super) fn name(&self) -> &'static str {
        match self {
            Self::Create(_) => "CreateRule",
            Self::Modify { .. } => "ModifyRule",
            Self::Move(_) => "SetRulePriorities",
            Self::Tags(tags) => tags.name(),
            Self::Delete => "DeleteRule",
        }
    }
}

fn to_conditions(conditions: &[RuleCondition]) -> Vec<types::RuleCondition> {
    conditions.iter().map(condition::to_sdk).collect()
}

pub(super) async fn call(
    cx: &Cx,
    target: &Target,
    call: &RuleCall,
) -> Result<Option<String>, OpError> {
    let region = region(target);
    let client = cx.elbv2_write(region);
    if let RuleCall::Create(wanted) = call {
        let transforms = Transforms::of(wanted).to_sdk();
        let request = client
            .create_rule()
            .listener_arn(wanted.listener.as_str())
            .priority(i32::from(wanted.priority))
            .set_conditions(Some(to_conditions(&wanted.conditions)))
            .set_actions(Some(action::list_to_sdk(&wanted.actions, false)))
            .set_transforms((!transforms.is_empty()).then_some(transforms))
            .set_tags((!wanted.tags.is_empty()).then(|| to_tags(&wanted.tags)));
        let answer = answer(call.name(), region, request.send()).await?;
        let made = answer.rules.unwrap_or_default().into_iter().next();
        return Ok(made.and_then(|made| made.rule_arn));
    }
    let arn = arn(target, super::look::read(cx, target)).await?;
    let name = call.name();
    match call {
        RuleCall::Create(_) => return Ok(None),
        RuleCall::Modify { conditions, actions, transforms, keeps_secrets } => {
            let transforms = transforms.as_ref().map(Transforms::to_sdk);
            // An empty list would change nothing.
            let reset = transforms.as_ref().is_some_and(Vec::is_empty);
            let request = client
                .modify_rule()
                .rule_arn(&arn)
                .set_conditions(conditions.as_deref().map(to_conditions))
                .set_actions(actions.as_deref().map(|it| action::list_to_sdk(it, *keeps_secrets)))
                .set_transforms(transforms.filter(|all| !all.is_empty()))
                .set_reset_transforms(reset.then_some(true));
            done(name, region, request.send()).await?;
        }
        RuleCall::Move(priority) => {
            let pair = types::RulePriorityPair::builder()
                .rule_arn(&arn)
                .priority(i32::from(*priority))
                .build();
            done(name, region, client.set_rule_priorities().rule_priorities(pair).send()).await?;
        }
        RuleCall::Tags(tags) => tags.send(cx, region, &arn).await?,
        RuleCall::Delete => {
            match done(name, region, client.delete_rule().rule_arn(&arn).send()).await {
                Err(error) if error.code() == Some("RuleNotFound") => return Ok(None),
                deleted => deleted?,
            }
        }
    }
    Ok(Some(arn))
}
