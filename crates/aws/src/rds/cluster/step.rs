//! What to do next with a cluster.

use bicoastal_model::{Name, Packed, Region};
use serde_json::{Value, json};

use super::io::{Call, Join};
use super::modify::modification;
use super::read::{Around, Facts, Role, facts};
use super::{DbCluster, FinalSnapshot, RoleAssociation};
use crate::kind::{Next, Turn, TurnGoal};
use crate::rds::engine::{major, older};
use crate::rds::insights::refuse_another_key;
use crate::rds::subnet_group::region;
use crate::rds::{listing, tags};

/// A primary takes 10 minutes with its instance, a secondary up to 25, and they come one by one.
const TURN_TO_JOIN: u64 = 2 * 3600;

pub(super) fn step(turn: &Turn<'_, DbCluster>) -> Next<Call> {
    match &turn.goal {
        TurnGoal::Present { wanted, .. } => present(turn, wanted),
        TurnGoal::Absent { applied, lift_guards } => absent(turn, applied, *lift_guards),
    }
}

fn present(turn: &Turn<'_, DbCluster>, wanted: &DbCluster) -> Next<Call> {
    let Some(seen) = turn.seen else { return create(turn, wanted) };
    let facts = facts(seen);
    if let Some(words) = turn.failed() {
        return Next::refuse(words, "see its events in the RDS console");
    }
    if let Some(word) = turn.busy() {
        return Next::wait(format!("cluster {word}"), 20, patience(word));
    }
    if let Some(refusal) = refuse_upgrade(turn, wanted, &facts) {
        return refusal;
    }
    if let Some(refusal) = refuse_another_key(turn).or_else(|| refuse_another_secret_key(turn)) {
        return refusal;
    }
    let next = change(turn, wanted, &facts);
    if let Next::Call(_) = next
        && facts.status == "stopped"
    {
        return Next::refuse(
            format!("{} is stopped: nothing of it can be changed", seen.physical),
            "start it, then run again",
        );
    }
    next
}

/// The secret that RDS keeps stays under the key that it was made with: AWS takes one only together
/// with the password.
fn refuse_another_secret_key(turn: &Turn<'_, DbCluster>) -> Option<Next<Call>> {
    let TurnGoal::Present { props, .. } = &turn.goal else { return None };
    let seen = turn.seen?;
    let keeps = |props: &Value| props["manage_master_password"] == json!(true);
    if !turn.changed("master_secret_key") || !keeps(props) || !keeps(&seen.props) {
        return None;
    }
    Some(Next::refuse(
        format!("the secret of {} keeps the key that it was made with", seen.physical),
        "take the password back with master_password, apply, and leave it to RDS again with the other \
         key: that is another secret, with another ARN",
    ))
}

fn change(turn: &Turn<'_, DbCluster>, wanted: &DbCluster, facts: &Facts) -> Next<Call> {
    // First, because it carries the password where that has changed.
    if let Some(modification) = modification(turn, wanted, facts) {
        return Next::Call(Call::Modify(Box::new(modification)));
    }
    let arn = || turn.seen.and_then(|seen| seen.outputs.get("arn")?.as_str()).unwrap_or_default();
    if turn.changed("http_endpoint") {
        return Next::Call(Call::HttpEndpoint {
            arn: arn().to_owned(),
            on: wanted.http_endpoint.unwrap_or(false),
        });
    }
    if let Some(role) = facts.roles_changing.first() {
        return Next::wait(format!("role {role}"), 10, 900);
    }
    if let Some(call) = role(turn) {
        return Next::Call(call);
    }
    if let Some((arn, change)) = tags::next(turn) {
        return Next::Call(Call::Tags(arn, change));
    }
    if wanted.global_write_forwarding == Some(true)
        && facts.write_forwarding.as_deref() == Some("enabling")
    {
        return Next::wait("write forwarding enabling", 15, 1800);
    }
    Next::Done
}

/// Minor upgrades take up to 20 minutes, major ones up to 90.
fn patience(word: &str) -> u64 {
    match word {
        "upgrading" | "creating" => 2 * 3600,
        _ => 3600,
    }
}

fn refuse_upgrade(
    turn: &Turn<'_, DbCluster>,
    wanted: &DbCluster,
    facts: &Facts,
) -> Option<Next<Call>> {
    let version = wanted.engine_version.as_ref().filter(|_| turn.changed("engine_version"))?;
    if older(version, &facts.version) {
        return Some(Next::refuse(
            format!("Aurora can't go back from {} to {version}", facts.version),
            format!("declare {} or a newer version", facts.version),
        ));
    }
    if major(version) != major(&facts.version) && wanted.allow_major_version_upgrade != Some(true) {
        return Some(Next::refuse(
            format!("{} to {version} is a major upgrade", facts.version),
            "set allow_major_version_upgrade(true) where that is meant",
        ));
    }
    None
}

/// The next association of a role that is missing or no longer wanted.
fn role(turn: &Turn<'_, DbCluster>) -> Option<Call> {
    let change = turn.changes("roles").next()?;
    let role = |it: &Packed| serde_json::from_value::<RoleAssociation>(it.to_value()).ok();
    match role(&change.after) {
        Some(add) => Some(Call::AddRole(add)),
        None => role(&change.before).map(Call::RemoveRole),
    }
}

/// Which part a new cluster takes depends on who is there already, not on the program.
fn create(turn: &Turn<'_, DbCluster>, wanted: &DbCluster) -> Next<Call> {
    if let Some(from) = &wanted.restore_from {
        return Next::Call(Call::Restore(Box::new(wanted.clone()), from.clone()));
    }
    let make = |join| Next::Call(Call::Create(Box::new(wanted.clone()), join));
    let Some(membership) = &wanted.global else { return make(Join::None) };
    let global = membership.global_cluster.as_str();
    let Some(around) = serde_json::from_value::<Option<Around>>(turn.around.clone()).ok().flatten()
    else {
        return Next::wait(format!("global cluster {global}"), 10, 900);
    };
    if let Some(word) = &around.busy {
        return Next::wait(format!("global cluster {global} {word}"), 15, TURN_TO_JOIN);
    }
    let own = region(turn.target);
    let region_of = |arn: &str| listing::region_of(arn);
    if let Some(other) = around.members.iter().find(|it| region_of(&it.arn) == Some(own)) {
        return Next::refuse(
            format!("{global} has a member in {own} already: {}", listing::name_of(&other.arn)),
            "a global database has one cluster in each region; adopt that one or remove it",
        );
    }
    let Some(writer) = around.members.iter().find(|member| member.writer) else {
        if wanted.initial_writer == Some(true) {
            return make(Join::First { version: around.version, database: around.database });
        }
        return Next::wait(format!("the first cluster of {global}"), 20, TURN_TO_JOIN);
    };
    if !around.writing || writer.status.as_deref() != Some("available") {
        let at = region_of(&writer.arn).map_or("?", Region::code);
        return Next::wait(format!("{global} to be written in {at}"), 20, TURN_TO_JOIN);
    }
    let joining = |status: &str| matches!(status, "creating" | "promoting" | "deleting");
    if let Some(other) = around.members.iter().find(|it| it.status.as_deref().is_some_and(joining))
    {
        let name = listing::name_of(&other.arn);
        let word = other.status.as_deref().unwrap_or_default();
        return Next::wait(format!("{name} {word}"), 20, TURN_TO_JOIN);
    }
    make(Join::Secondary { version: writer.version.clone().unwrap_or(around.version) })
}

fn absent(turn: &Turn<'_, DbCluster>, applied: &Value, lift_guards: bool) -> Next<Call> {
    let Some(seen) = turn.seen else { return Next::Done };
    let facts = facts(seen);
    if let Some(word) = turn.busy() {
        return Next::wait(format!("cluster {word}"), 20, patience(word));
    }
    if seen.props.get("deletion_protection") == Some(&Value::Bool(true)) {
        if lift_guards {
            return Next::Call(Call::Unprotect);
        }
        return Next::refuse(
            format!("{} has deletion protection", seen.physical),
            format!("lift it with --unprotect {}", turn.target.id),
        );
    }
    let arn = seen.outputs.get("arn").and_then(Value::as_str).unwrap_or_default().to_owned();
    let global = seen.props.get("global_cluster").and_then(Value::as_str).unwrap_or_default();
    match facts.role {
        Role::Writer if !facts.others.is_empty() => {
            let others: Vec<&str> = facts.others.iter().map(|arn| listing::name_of(arn)).collect();
            // Removing the writer first would leave every other member a database of its own.
            return Next::wait(
                format!("{} to leave {global} first", others.join(", ")),
                20,
                TURN_TO_JOIN,
            );
        }
        Role::Writer | Role::Secondary => {
            return Next::Call(Call::Leave { global: global.to_owned(), arn });
        }
        Role::Alone => {}
    }
    if !facts.instances.is_empty() {
        return Next::wait(format!("{} to go", facts.instances.join(", ")), 20, 2400);
    }
    let backups = applied["delete_automated_backups"].as_bool();
    match serde_json::from_value(applied["final_snapshot"].clone()) {
        // A snapshot outlives its cluster, so a cluster that was made again needs another name.
        Ok(FinalSnapshot::Named(name)) if turn.target.incarnation > 1 => Next::Call(Call::Delete(
            FinalSnapshot::Named(Name::of_incarnation(&name, turn.target.incarnation)),
            backups,
        )),
        Ok(snapshot) => Next::Call(Call::Delete(snapshot, backups)),
        Err(_) => Next::refuse(
            format!("it was never said whether {} leaves a snapshot", seen.physical),
            "declare it with final_snapshot, apply, then delete it",
        ),
    }
}
