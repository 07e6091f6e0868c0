//! What a listener rule needs next.

use serde_json::Value;

use super::ListenerRule;
use super::action::keeps_secrets;
use super::calls::RuleCall;
use crate::kind::{Next, Turn, TurnGoal};
use crate::tags::tag_changes;

pub(super) fn step(turn: &Turn<'_, ListenerRule>) -> Next<RuleCall> {
    match (&turn.goal, turn.seen) {
        (TurnGoal::Present { wanted, .. }, None) => Next::Call(RuleCall::Create(wanted.clone())),
        (TurnGoal::Present { wanted, .. }, Some(seen)) => present(turn, wanted, &seen.props),
        (TurnGoal::Absent { .. }, None) => Next::Done,
        (TurnGoal::Absent { .. }, Some(_)) => Next::Call(RuleCall::Delete),
    }
}

/// What it does comes before where it stands: a rule that moves in front must do the right thing
/// there from its first request on.
fn present(turn: &Turn<'_, ListenerRule>, wanted: &ListenerRule, seen: &Value) -> Next<RuleCall> {
    let conditions = turn.changed("conditions").then(|| wanted.conditions.clone());
    let actions = turn.changed("actions").then(|| wanted.actions.clone());
    if conditions.is_some() || actions.is_some() {
        let keeps_secrets = actions.is_some()
            && keeps_secrets(turn.changes("actions"), &wanted.actions, &seen["actions"]);
        return Next::Call(RuleCall::Modify { conditions, actions, keeps_secrets });
    }
    if turn.changed("priority") {
        return Next::Call(RuleCall::Move(wanted.priority));
    }
    let tags = tag_changes(turn);
    if !tags.set.is_empty() {
        return Next::Call(RuleCall::Tag(tags.set));
    }
    if !tags.remove.is_empty() {
        return Next::Call(RuleCall::Untag(tags.remove));
    }
    Next::Done
}
