//! The calls that a listener rule takes.

use std::collections::BTreeMap;

use aws_sdk_elasticloadbalancingv2::types;
use bicoastal_model::{OpError, Target};

use super::super::read::arn;
use super::super::{RULES, SERVICE, region, to_tags};
use super::{ListenerAction, ListenerRule, RuleCondition, action, condition};
use crate::classify::classify;
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
        /// The client secrets of the actions stay those that AWS has.
        keeps_secrets: bool,
    },
    /// `SetRulePriorities`.
    Move(u16),
    /// `AddTags`.
    Tag(BTreeMap<String, String>),
    /// `RemoveTags`.
    Untag(Vec<String>),
    /// `DeleteRule`.
    Delete,
}

impl RuleCall {
    pub(super) fn name(&self) -> &'static str {
        match self {
            Self::Create(_) => "CreateRule",
            Self::Modify { .. } => "ModifyRule",
            Self::Move(_) => "SetRulePriorities",
            Self::Tag(_) => "AddTags",
            Self::Untag(_) => "RemoveTags",
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
        let answer = client
            .create_rule()
            .listener_arn(wanted.listener.as_str())
            .priority(i32::from(wanted.priority))
            .set_conditions(Some(to_conditions(&wanted.conditions)))
            .set_actions(Some(action::list_to_sdk(&wanted.actions, false)))
            .set_tags((!wanted.tags.is_empty()).then(|| to_tags(&wanted.tags)))
            .send()
            .await
            .map_err(|error| classify(SERVICE, "CreateRule", region, RULES, error))?;
        let made = answer.rules.unwrap_or_default().into_iter().next();
        return Ok(made.and_then(|made| made.rule_arn));
    }
    let arn = arn(target, super::look::read(cx, target)).await?;
    macro_rules! send {
        ($request:expr) => {
            $request
                .send()
                .await
                .map(|_| Some(arn.clone()))
                .map_err(|error| classify(SERVICE, call.name(), region, RULES, error))
        };
    }
    match call {
        RuleCall::Create(_) => Ok(None),
        RuleCall::Modify { conditions, actions, keeps_secrets } => send!(
            client
                .modify_rule()
                .rule_arn(&arn)
                .set_conditions(conditions.as_deref().map(to_conditions))
                .set_actions(actions.as_deref().map(|it| action::list_to_sdk(it, *keeps_secrets)))
        ),
        RuleCall::Move(priority) => {
            let pair = types::RulePriorityPair::builder()
                .rule_arn(&arn)
                .priority(i32::from(*priority))
                .build();
            send!(client.set_rule_priorities().rule_priorities(pair))
        }
        RuleCall::Tag(tags) => {
            send!(client.add_tags().resource_arns(&arn).set_tags(Some(to_tags(tags))))
        }
        RuleCall::Untag(keys) => {
            send!(client.remove_tags().resource_arns(&arn).set_tag_keys(Some(keys.clone())))
        }
        RuleCall::Delete => match send!(client.delete_rule().rule_arn(&arn)) {
            Err(error) if error.code() == Some("RuleNotFound") => Ok(None),
            other => other,
        },
    }
}
