//! What a target group needs next.

use std::collections::BTreeMap;

use super::super::attributes;
use super::super::send::TagCall;
use super::calls::TargetGroupCall;
use super::{ATTRIBUTES, Stickiness, StickinessType, TargetGroup};
use crate::kind::{Next, Turn, TurnGoal};

pub(super) fn step(turn: &Turn<'_, TargetGroup>) -> Next<TargetGroupCall> {
    match (&turn.goal, turn.seen) {
        (TurnGoal::Present { wanted, .. }, None) => {
            Next::Call(TargetGroupCall::Create(wanted.clone()))
        }
        (TurnGoal::Present { wanted, .. }, Some(_)) => present(turn, wanted),
        (TurnGoal::Absent { .. }, None) => Next::Done,
        (TurnGoal::Absent { .. }, Some(_)) => Next::Call(TargetGroupCall::Delete),
    }
}

fn present(turn: &Turn<'_, TargetGroup>, wanted: &TargetGroup) -> Next<TargetGroupCall> {
    if turn.changed("health_check") {
        return Next::Call(TargetGroupCall::Modify(Box::new(wanted.clone())));
    }
    let mut changed = attributes::changes(ATTRIBUTES, turn);
    if turn.changed("stickiness") {
        changed.extend(stickiness(wanted.stickiness.as_ref()));
    }
    if turn.changed("target_failover") {
        let word = wanted.target_failover.map_or("no_rebalance", |it| it.as_str());
        // AWS wants both, and both the same.
        for event in ["on_deregistration", "on_unhealthy"] {
            changed.insert(format!("target_failover.{event}"), word.to_owned());
        }
    }
    if !changed.is_empty() {
        return Next::Call(TargetGroupCall::SetAttributes(changed));
    }
    TagCall::next(turn).map_or(Next::Done, |tags| Next::Call(TargetGroupCall::Tags(tags)))
}

fn stickiness(wanted: Option<&Stickiness>) -> BTreeMap<String, String> {
    let mut attributes = BTreeMap::new();
    let mut set = |key: &str, value: String| {
        attributes.insert(format!("stickiness.{key}"), value);
    };
    let Some(wanted) = wanted else {
        set("enabled", "false".to_owned());
        return attributes;
    };
    let by = wanted.by.as_str();
    set("enabled", "true".to_owned());
    set("type", by.to_owned());
    if matches!(wanted.by, StickinessType::LbCookie | StickinessType::AppCookie) {
        set(&format!("{by}.duration_seconds"), wanted.seconds.unwrap_or(86_400).to_string());
    }
    if let Some(name) = &wanted.cookie_name {
        set("app_cookie.cookie_name", name.clone());
    }
    attributes
}
