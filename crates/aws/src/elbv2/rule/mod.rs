//! Listener rules.

mod calls;
mod check;
mod condition;
mod look;
mod regex;
mod step;
#[cfg(test)]
mod tests;
mod transform;

use std::collections::BTreeMap;

use bicoastal_model::schema::{Absent, Cost, OutputSpec};
use bicoastal_model::{
    Arn, Deletes, Field, Input, OpError, Region, Regional, Resource, Risk, Schema, ScopeKind,
    Shape, Snapshot, Target, Tier, handle, resource::Check,
};
use bon::Builder;
use serde::{Deserialize, Serialize};

use super::listener::{Listener, ListenerAction, action};
use crate::cx::Cx;
use crate::kind::{Kind, Listed, Next, Turn};
use crate::tags;
use calls::RuleCall;
pub use condition::{QueryPair, RuleCondition, RulePatterns};
pub(super) use look::{priority_of, shared_rules};
pub use transform::Rewrite;

/// A rule of a listener: what is done with the requests that fit all of its conditions, instead of
/// the listener's default actions.
///
/// A listener tries its rules from the lowest priority on; the first that fits decides. Rules that
/// the program does not mention stay where they are ([`Listener::watch_rules`] reports them).
///
/// # Caveats
///
/// A priority has one rule. Two rules that exchange theirs are in each other's way: move one to a
/// free number first.
#[derive(Debug, Clone, Serialize, Deserialize, Builder)]
pub struct ListenerRule {
    /// The listener, of an application load balancer. A change is a new rule.
    #[builder(into)]
    pub listener: Input<Arn<Listener>>,

    /// Its place among the listener's rules: 1 to 50,000, the lowest first, one rule each.
    pub priority: u16,

    /// What a request must be like: all of them hold. AWS takes five values in all of a rule's
    /// conditions, and five wildcards.
    #[builder(with = |conditions: impl IntoIterator<Item = RuleCondition>| conditions.into_iter().collect())]
    pub conditions: Vec<RuleCondition>,

    /// What is done with it, in order; the last one answers.
    #[builder(with = |actions: impl IntoIterator<Item = ListenerAction>| actions.into_iter().collect())]
    pub actions: Vec<ListenerAction>,

    /// How the host that was asked for is rewritten before a target gets the request; which rule
    /// holds is decided by the host as it was.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub host_header_rewrite: Option<Rewrite>,

    /// How path and query are rewritten before a target gets the request; which rule holds is
    /// decided by them as they were.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub url_rewrite: Option<Rewrite>,

    /// Tags, at most 50.
    #[builder(default, with = |tags: impl IntoIterator<Item = (impl Into<String>, impl Into<String>)>| tags::collect(tags))]
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub tags: BTreeMap<String, String>,
}

handle! {
    /// A declared listener rule.
    pub struct ListenerRuleHandle {
        /// The rule's ARN.
        arn: Arn<ListenerRule>,
    }
}

static SCHEMA: Schema = Schema {
    kind: "ELBv2:ListenerRule",
    service: "elasticloadbalancing",
    feature: "elbv2",
    scope: ScopeKind::Regional,
    tier: Tier::Compute,
    fields: &[
        Field::new("listener").replaces(),
        Field::new("priority"),
        Field::new("conditions")
            .shape(Shape::Set(&Shape::Object(condition::FIELDS)))
            .absent(Absent::EmptyList),
        Field::new("actions").shape(Shape::List(&Shape::Object(action::FIELDS))),
        Field::new(transform::HOST_HEADER).shape(transform::SHAPE),
        Field::new(transform::URL).shape(transform::SHAPE),
        Field::tags(),
    ],
    outputs: &[OutputSpec::assigned("arn")],
    identity: &["listener", "priority"],
    delete_risk: Risk::Disruptive,
    cost: Cost { create: 1, update: 1, delete: 1 },
    check_stack: Some(check::check_stack),
    ..Schema::BASE
};

impl Resource for ListenerRule {
    type Scope = Regional;
    type Handle = ListenerRuleHandle;
    const SCHEMA: &'static Schema = &SCHEMA;

    fn check(&self, check: &mut Check) {
        check::check(self, check);
    }
}

impl Kind for ListenerRule {
    type Call = RuleCall;

    async fn listed(cx: &Cx, region: Region) -> Result<Vec<Listed>, OpError> {
        super::listed::rules(cx, region).await
    }

    async fn read(cx: &Cx, target: &Target) -> Result<Option<Snapshot>, OpError> {
        look::read(cx, target).await
    }

    fn step(turn: &Turn<'_, Self>) -> Next<RuleCall> {
        step::step(turn)
    }

    async fn call(cx: &Cx, target: &Target, call: &RuleCall) -> Result<Option<String>, OpError> {
        calls::call(cx, target, call).await
    }

    fn deletes(call: &RuleCall) -> Deletes {
        Deletes::whole(matches!(call, RuleCall::Delete))
    }

    fn takes_secrets(call: &RuleCall) -> bool {
        matches!(call, RuleCall::Create(_) | RuleCall::Modify { actions: Some(_), .. })
    }

    fn name(call: &RuleCall) -> &'static str {
        call.name()
    }
}
