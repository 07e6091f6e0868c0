//! What a CIDR collection needs next.

use std::collections::{BTreeMap, BTreeSet};

use bicoastal_model::Snapshot;
use serde_json::Value;

use super::CidrCollection;
use crate::kind::{Next, Turn, TurnGoal};

/// How many blocks one call changes.
const BLOCKS_AT_ONCE: usize = 1000;

/// One mutating call.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum CidrCall {
    /// `CreateCidrCollection`: empty, under its name and token.
    Create {
        /// The name.
        name: String,
    },
    /// `ChangeCidrCollection`: all of it happens, or nothing.
    Change {
        /// What was seen.
        version: Option<i64>,
        /// Blocks that leave their location.
        remove: Vec<Placed>,
        /// Blocks that come to a location.
        put: Vec<Placed>,
    },
    /// `DeleteCidrCollection`, of an empty one.
    Delete,
}

/// A location and a block.
pub(super) type Placed = (String, String);

pub(super) fn step(turn: &Turn<'_, CidrCollection>) -> Next<CidrCall> {
    match (&turn.goal, turn.seen) {
        (TurnGoal::Present { wanted, .. }, None) => {
            Next::Call(CidrCall::Create { name: wanted.name.as_str().to_owned() })
        }
        (TurnGoal::Present { props, .. }, Some(seen)) => {
            change(&placed(&seen.props), &placed(props), seen).map_or(Next::Done, Next::Call)
        }
        (TurnGoal::Absent { .. }, None) => Next::Done,
        (TurnGoal::Absent { applied, .. }, Some(seen)) => absent(applied, seen),
    }
}

/// Only an empty collection can be deleted: ours goes first, and what is not ours is nothing that
/// a delete was asked for.
fn absent(applied: &Value, seen: &Snapshot) -> Next<CidrCall> {
    let there = placed(&seen.props);
    let ours: BTreeSet<&str> = locations(applied).map(|(name, _)| name).collect();
    let theirs = |(location, _): &&Placed| !ours.contains(location.as_str());
    if let Some((location, _)) = there.iter().find(theirs) {
        return Next::refuse(
            format!("the collection has the location '{location}', which nobody declared"),
            "delete its blocks by hand, or declare it",
        );
    }
    change(&there, &BTreeSet::new(), seen).map_or(Next::Call(CidrCall::Delete), Next::Call)
}

/// The call that brings the blocks from one state nearer to the other.
fn change(
    seen: &BTreeSet<Placed>,
    wanted: &BTreeSet<Placed>,
    snapshot: &Snapshot,
) -> Option<CidrCall> {
    let remove: Vec<Placed> = seen.difference(wanted).take(BLOCKS_AT_ONCE).cloned().collect();
    let left = BLOCKS_AT_ONCE - remove.len();
    let put: Vec<Placed> = wanted.difference(seen).take(left).cloned().collect();
    if remove.is_empty() && put.is_empty() {
        return None;
    }
    let version = snapshot.facts.get("version").and_then(Value::as_i64);
    Some(CidrCall::Change { version, remove, put })
}

fn locations(props: &Value) -> impl Iterator<Item = (&str, &Value)> {
    let all = props["locations"].as_array().into_iter().flatten();
    all.filter_map(|it| Some((it["name"].as_str()?, &it["blocks"])))
}

/// Every block with its location, in AWS's own writing: lower-case.
fn placed(props: &Value) -> BTreeSet<Placed> {
    let mut all = BTreeSet::new();
    for (name, blocks) in locations(props) {
        for block in blocks.as_array().into_iter().flatten().filter_map(Value::as_str) {
            all.insert((name.to_owned(), block.to_lowercase()));
        }
    }
    all
}

/// Blocks by location: how calls say them.
pub(super) fn by_location(placed: &[Placed]) -> BTreeMap<&str, Vec<String>> {
    let mut all: BTreeMap<&str, Vec<String>> = BTreeMap::new();
    for (location, block) in placed {
        all.entry(location).or_default().push(block.clone());
    }
    all
}
