//! What a load balancer needs next.

use std::collections::BTreeMap;

use serde_json::Value;

use super::super::attributes;
use super::super::send::TagCall;
use super::calls::LoadBalancerCall;
use super::{ATTRIBUTES, LOGS, LoadBalancer, PRIVATE_LINK};
use crate::kind::{Next, Turn, TurnGoal};

/// How often to look at one that is provisioning, and for how long, in seconds.
const POLL: u64 = 15;
const PATIENCE: u64 = 900;

pub(super) fn step(turn: &Turn<'_, LoadBalancer>) -> Next<LoadBalancerCall> {
    match &turn.goal {
        TurnGoal::Present { wanted, .. } => present(turn, wanted),
        TurnGoal::Absent { lift_guards, .. } => absent(turn, *lift_guards),
    }
}

fn present(turn: &Turn<'_, LoadBalancer>, wanted: &LoadBalancer) -> Next<LoadBalancerCall> {
    let Some(seen) = turn.seen else {
        return Next::Call(LoadBalancerCall::Create(Box::new(wanted.clone())));
    };
    if let Some(word) = turn.busy() {
        return Next::wait(format!("load balancer {word}"), POLL, PATIENCE);
    }
    if let Some(words) = turn.failed() {
        return Next::refuse(
            format!("AWS could not set the load balancer up: {words}"),
            "make room (free addresses in its subnets), then replace it with --replace and its id",
        );
    }
    if turn.changed("subnets") || turn.changed("subnet_mappings") {
        return Next::Call(LoadBalancerCall::SetSubnets(Box::new(wanted.clone())));
    }
    if turn.changed("security_groups") || turn.changed(PRIVATE_LINK) {
        let there: Vec<String> =
            serde_json::from_value(seen.props["security_groups"].clone()).unwrap_or_default();
        let network = seen.props["load_balancer_type"] == "network";
        if network && there.is_empty() {
            return Next::refuse(
                "a network load balancer that was made without security groups can't get any",
                "replace it: --replace and its id",
            );
        }
        // Each call says all of it, so that nothing goes back to what it is by default.
        let groups = match &wanted.security_groups {
            Some(groups) => groups.iter().map(|group| group.as_str().to_owned()).collect(),
            None => there,
        };
        let TurnGoal::Present { props, .. } = &turn.goal else { return Next::Done };
        let enforced = match props.get(PRIVATE_LINK) {
            Some(said) => said.as_bool(),
            None => seen.props[PRIVATE_LINK].as_bool(),
        };
        let enforced = network.then(|| enforced.unwrap_or(true));
        return Next::Call(LoadBalancerCall::SetSecurityGroups(groups, enforced));
    }
    if turn.changed("ip_address_type") {
        let word = wanted.ip_address_type.map_or("ipv4", |it| it.as_str());
        return Next::Call(LoadBalancerCall::SetIpAddressType(word.to_owned()));
    }
    let mut changed = attributes::changes(ATTRIBUTES, turn);
    for logs in LOGS.into_iter().filter(|logs| turn.changed(logs)) {
        let TurnGoal::Present { props, .. } = &turn.goal else { continue };
        changed.extend(log_attributes(logs, props.get(logs)));
    }
    if !changed.is_empty() {
        return Next::Call(LoadBalancerCall::SetAttributes(changed));
    }
    TagCall::next(turn).map_or(Next::Done, |tags| Next::Call(LoadBalancerCall::Tags(tags)))
}

fn log_attributes(logs: &str, wanted: Option<&Value>) -> Vec<(String, String)> {
    let text = |wanted: &Value, field: &str| wanted[field].as_str().unwrap_or_default().to_owned();
    match wanted {
        Some(wanted) if wanted.is_object() => vec![
            (format!("{logs}.s3.enabled"), "true".to_owned()),
            (format!("{logs}.s3.bucket"), text(wanted, "bucket")),
            (format!("{logs}.s3.prefix"), text(wanted, "prefix")),
        ],
        _ => vec![(format!("{logs}.s3.enabled"), "false".to_owned())],
    }
}

fn absent(turn: &Turn<'_, LoadBalancer>, lift_guards: bool) -> Next<LoadBalancerCall> {
    let Some(seen) = turn.seen else { return Next::Done };
    if seen.props.get("deletion_protection") == Some(&Value::Bool(true)) {
        if lift_guards {
            return Next::Call(LoadBalancerCall::SetAttributes(BTreeMap::from([(
                "deletion_protection.enabled".to_owned(),
                "false".to_owned(),
            )])));
        }
        return Next::refuse(
            "deletion protection is on",
            format!("lift it with --unprotect {}", turn.target.id),
        );
    }
    Next::Call(LoadBalancerCall::Delete)
}
