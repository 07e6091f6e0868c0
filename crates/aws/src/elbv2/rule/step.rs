//! What a listener rule needs next.

use serde_json::Value;

use super::super::send::TagCall;
use super::ListenerRule;
use super::action::keeps_secrets;
use super::calls::RuleCall;
use super::transform::{HOST_HEADER, Rewrite, Transforms, URL};
use crate::kind::{Next, Turn, TurnGoal};

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
    let transforms = transforms(turn, wanted, seen);
    if conditions.is_some() || actions.is_some() || transforms.is_some() {
        let keeps_secrets = actions.is_some()
            && keeps_secrets(turn.changes("actions"), &wanted.actions, &seen["actions"]);
        return Next::Call(RuleCall::Modify { conditions, actions, transforms, keeps_secrets });
    }
    if turn.changed("priority") {
        return Next::Call(RuleCall::Move(wanted.priority));
    }
    TagCall::next(turn).map_or(Next::Done, |tags| Next::Call(RuleCall::Tags(tags)))
}

/// The transforms to set, where one differs. A call says both: one that nobody mentions stays.
fn transforms(
    turn: &Turn<'_, ListenerRule>,
    wanted: &ListenerRule,
    seen: &Value,
) -> Option<Transforms> {
    let one = |name: &str, wanted: &Option<Rewrite>| match turn.changed(name) {
        true => wanted.clone(),
        false => serde_json::from_value(seen[name].clone()).ok(),
    };
    (turn.changed(HOST_HEADER) || turn.changed(URL)).then(|| Transforms {
        host_header: one(HOST_HEADER, &wanted.host_header_rewrite),
        url: one(URL, &wanted.url_rewrite),
    })
}
