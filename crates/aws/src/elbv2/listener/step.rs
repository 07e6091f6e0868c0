//! What a listener needs next.

use serde_json::Value;

use super::super::send::TagCall;
use super::action::keeps_secrets;
use super::calls::{ListenerCall, Modify};
use super::{Listener, attributes};
use crate::kind::{Next, Turn, TurnGoal};

pub(super) fn step(turn: &Turn<'_, Listener>) -> Next<ListenerCall> {
    match (&turn.goal, turn.seen) {
        (TurnGoal::Present { wanted, .. }, None) => {
            Next::Call(ListenerCall::Create(wanted.clone()))
        }
        (TurnGoal::Present { wanted, .. }, Some(seen)) => present(turn, wanted, &seen.props),
        (TurnGoal::Absent { .. }, None) => Next::Done,
        (TurnGoal::Absent { .. }, Some(_)) => Next::Call(ListenerCall::Delete),
    }
}

fn present(turn: &Turn<'_, Listener>, wanted: &Listener, seen: &Value) -> Next<ListenerCall> {
    let actions = "default_actions";
    let default_actions = turn.changed(actions);
    let parts = Modify {
        port: turn.changed("port"),
        // A change to HTTPS is accepted only together with what HTTPS needs.
        protocol: turn.changed("protocol"),
        certificate: turn.changed("certificate") || turn.changed("protocol"),
        ssl_policy: turn.changed("ssl_policy") || turn.changed("protocol"),
        alpn_policy: turn.changed("alpn_policy"),
        mutual_authentication: turn.changed("mutual_authentication"),
        default_actions,
        keeps_secrets: default_actions
            && keeps_secrets(turn.changes(actions), &wanted.default_actions, &seen[actions]),
    };
    if parts != Modify::default() {
        return Next::Call(ListenerCall::Modify(Box::new(wanted.clone()), parts));
    }

    // After the protocol, which says what attributes there are.
    let changed = attributes::changes(turn);
    if !changed.is_empty() {
        return Next::Call(ListenerCall::SetAttributes(changed));
    }

    let there: Vec<&str> = seen["additional_certificates"]
        .as_array()
        .into_iter()
        .flatten()
        .filter_map(Value::as_str)
        .collect();
    let wanted_arns: Vec<&str> =
        wanted.additional_certificates.iter().map(|arn| arn.as_str()).collect();
    let missing: Vec<String> = wanted_arns
        .iter()
        .filter(|arn| !there.contains(*arn))
        .map(|arn| (*arn).to_owned())
        .collect();
    if !missing.is_empty() {
        return Next::Call(ListenerCall::AddCertificates(missing));
    }
    let surplus: Vec<String> = turn
        .changes("additional_certificates")
        .filter(|change| change.after.is_null())
        .filter_map(|change| change.before.as_str().map(str::to_owned))
        .collect();
    if !surplus.is_empty() {
        return Next::Call(ListenerCall::RemoveCertificates(surplus));
    }

    TagCall::next(turn).map_or(Next::Done, |tags| Next::Call(ListenerCall::Tags(tags)))
}
