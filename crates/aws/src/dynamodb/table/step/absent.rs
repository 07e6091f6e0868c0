//! The end of a table.

use std::collections::BTreeSet;

use bicoastal_model::{Region, Snapshot};
use serde_json::Value;

use super::super::Table;
use super::super::call::{TableCall, TableModification as Modify};
use super::super::facts::Facts;
use super::{Step, regions, wait};
use crate::kind::{Next, Turn};

/// A table that is to be gone: our replicas one by one, the one they were copied from last.
pub(super) fn absent(
    turn: &Turn<'_, Table>,
    seen: &Snapshot,
    applied: &Value,
    lift_guards: bool,
) -> Step {
    if let Some(word) = turn.busy() {
        return wait(word);
    }
    let facts = Facts::of(seen);
    let mut declared = regions(applied);
    declared.extend(&turn.target.place.regions);
    let ours: BTreeSet<Region> = facts.group.intersection(&declared).copied().collect();
    if let Some((region, _)) =
        facts.members.iter().find(|(region, it)| ours.contains(*region) && it.deletion_protection)
    {
        if !lift_guards {
            return Next::refuse(
                format!("the table '{}' is protected against deletion in {region}", seen.physical),
                format!("--unprotect {} lifts deletion_protection and deletes it", turn.target.id),
            );
        }
        return Next::Call(TableCall::Update { via: *region, change: Modify::Protection(false) });
    }
    let last = facts
        .members
        .iter()
        .filter(|(region, _)| ours.contains(*region))
        .min_by_key(|(region, member)| (member.created, **region))
        .map(|(region, _)| *region);
    let Some(last) = last else { return Next::Done };
    let others: Vec<Region> = ours.iter().copied().filter(|region| *region != last).collect();
    if facts.strong && (!others.is_empty() || facts.witness.is_some()) {
        return Next::Call(TableCall::Update {
            via: last,
            change: Modify::DeleteStrong { replicas: others, witness: facts.witness },
        });
    }
    Next::Call(match others.first() {
        Some(region) => TableCall::Update { via: last, change: Modify::DeleteReplica(*region) },
        None => TableCall::Delete { region: last },
    })
}
