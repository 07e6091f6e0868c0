//! What to do next with a global cluster.

use bicoastal_model::{Region, Snapshot};
use serde_json::Value;

use super::GlobalCluster;
use super::io::Call;
use super::read::{Facts, Member};
use crate::kind::{Next, Turn, TurnGoal};
use crate::rds::engine::{is_version, major, older};
use crate::rds::{listing, tags};

/// How long an upgrade of a member may take: minor ones take up to 20 minutes, major ones 90.
const UPGRADE: u64 = 2 * 3600;

pub(super) fn step(turn: &Turn<'_, GlobalCluster>) -> Next<Call> {
    match &turn.goal {
        TurnGoal::Present { wanted, .. } => present(turn, wanted),
        TurnGoal::Absent { lift_guards, .. } => absent(turn, *lift_guards),
    }
}

fn present(turn: &Turn<'_, GlobalCluster>, wanted: &GlobalCluster) -> Next<Call> {
    let Some(seen) = turn.seen else {
        let first = turn.target.place.regions.first().copied();
        return match wanted.home.or(first) {
            Some(region) => Next::Call(Call::Create(region, Box::new(wanted.clone()))),
            None => Next::refuse("a global cluster without regions can't be made", ""),
        };
    };
    let facts = facts(seen);
    let Some(via) = via(&facts) else { return Next::Done };
    if let Some(word) = turn.busy() {
        let patience = if word == "upgrading" { UPGRADE } else { 3600 };
        return Next::wait(format!("global cluster {word}"), 15, patience);
    }
    if turn.changed("engine_version")
        && let Some(version) = &wanted.engine_version
        && let Some(next) = upgrade(seen, &facts, via, wanted, version)
    {
        return next;
    }
    if turn.changed("deletion_protection") {
        let on = wanted.deletion_protection.unwrap_or(false);
        return Next::Call(Call::Protect(via, on));
    }
    match tags::next(turn) {
        Some((arn, change)) => Next::Call(Call::Tags(via, arn, change)),
        None => Next::Done,
    }
}

/// A major version is changed for all members at once; a minor one member by member, the writer
/// last, because AWS refuses it otherwise.
fn upgrade(
    seen: &Snapshot,
    facts: &Facts,
    via: Region,
    wanted: &GlobalCluster,
    version: &str,
) -> Option<Next<Call>> {
    let current = seen.props.get("engine_version").and_then(Value::as_str).unwrap_or_default();
    if older(version, current) {
        return Some(Next::refuse(
            format!("Aurora can't go back from {current} to {version}"),
            format!("declare {current} or a newer version"),
        ));
    }
    if major(version) != major(current) {
        if wanted.allow_major_version_upgrade != Some(true) {
            return Some(Next::refuse(
                format!("{current} to {version} is a major upgrade of every member at once"),
                "set allow_major_version_upgrade(true) where that is meant",
            ));
        }
        return Some(Next::Call(Call::UpgradeAll(via, version.to_owned())));
    }
    if facts.members.is_empty() {
        return Some(Next::refuse(
            format!("a global cluster without members stays at {current}"),
            format!("declare {current} until its first cluster has joined"),
        ));
    }
    if let Some(busy) = facts.members.iter().find(|member| is_busy(member)) {
        let name = listing::name_of(&busy.arn);
        let word = busy.status.as_deref().unwrap_or("not to be seen");
        return Some(Next::wait(format!("{name} {word}"), 20, UPGRADE));
    }
    let behind = |member: &&Member| {
        !member.version.as_deref().is_some_and(|current| is_version(version, current))
    };
    let secondary = facts.members.iter().filter(|member| !member.writer).find(behind);
    let next = secondary.or_else(|| facts.members.iter().find(behind));
    match next {
        Some(member) => Some(Next::Call(Call::UpgradeMember(
            listing::region_of(&member.arn)?,
            listing::name_of(&member.arn).to_owned(),
            version.to_owned(),
        ))),
        // Every member is there; the whole follows.
        None => Some(Next::wait(format!("global cluster to be at {version}"), 15, 600)),
    }
}

fn is_busy(member: &Member) -> bool {
    member.status.as_deref() != Some("available")
}

fn absent(turn: &Turn<'_, GlobalCluster>, lift_guards: bool) -> Next<Call> {
    let Some(seen) = turn.seen else { return Next::Done };
    let facts = facts(seen);
    let Some(via) = via(&facts) else { return Next::Done };
    if let Some(word) = turn.busy() {
        return Next::wait(format!("global cluster {word}"), 15, 1800);
    }
    if seen.props.get("deletion_protection") == Some(&Value::Bool(true)) {
        if lift_guards {
            return Next::Call(Call::Protect(via, false));
        }
        return Next::refuse(
            format!("{} has deletion protection", seen.physical),
            format!("lift it with --unprotect {}", turn.target.id),
        );
    }
    if !facts.members.is_empty() {
        let members: Vec<&str> =
            facts.members.iter().map(|member| listing::name_of(&member.arn)).collect();
        return Next::wait(format!("{} to leave {}", members.join(", "), seen.physical), 15, 900);
    }
    Next::Call(Call::Delete(via))
}

fn facts(seen: &Snapshot) -> Facts {
    let facts = seen.facts.iter().map(|(name, value)| (name.clone(), value.clone())).collect();
    serde_json::from_value(Value::Object(facts)).unwrap_or_default()
}

fn via(facts: &Facts) -> Option<Region> {
    facts.via.parse().ok()
}
