//! The critical path of a plan: the chain of operations that no amount of concurrency shortens.

use std::collections::{BTreeMap, BTreeSet};

use bicoastal_model::schema::{Joining, Made};
use bicoastal_model::{Catalog, ResourceId, Schema, Word};
use serde::{Deserialize, Serialize};

use crate::graph::Graph;
use crate::order::Order;
use crate::plan::{Plan, PlannedMember, PlannedOp};
use crate::state::Verb;

/// The longest chain of operations that wait for each other.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct CriticalPath {
    /// What it takes, by what each kind usually takes: milliseconds.
    pub ms: u64,
    /// What it leads through, in order: the first member of each operation; pauses are left out.
    pub through: Vec<ResourceId>,
}

/// The critical path of a plan, by what its kinds usually take.
pub fn critical_path(plan: &Plan, catalog: &Catalog) -> CriticalPath {
    let schema = |kind: &Word| catalog.get(kind);
    let takes: Vec<u64> = plan.operations.iter().map(|it| takes_ms(it, &schema)).collect();
    longest(&plan.operations, &takes, joins(&plan.operations, &schema))
}

/// The same of operations, of which each comes after what it waits for: by what each takes, and
/// what it waits for in its own step.
pub(crate) fn longest(
    operations: &[PlannedOp],
    takes: &[u64],
    mut joins: BTreeMap<usize, Joining>,
) -> CriticalPath {
    let order = order(operations, &joins).unwrap_or_else(|| {
        // Of what waits for each other no wait comes first.
        joins.clear();
        (0..operations.len()).collect()
    });
    let mut best: Vec<(u64, Option<usize>)> = vec![(0, None); operations.len()];
    for at in order {
        let operation = &operations[at];
        let joining = joins.get(&at);
        let after = operation.after.keys().chain(joining.into_iter().flat_map(|it| &it.after));
        let before = after.filter_map(|&it| Some((best.get(it)?.0, it))).max();
        let (ms, from) = before.map_or((0, None), |(ms, it)| (ms, Some(it)));
        let takes = match joining {
            Some(joining) => u64::from(joining.takes) * 1_000,
            None => takes[at],
        };
        best[at] = (ms + takes, from);
    }
    let last = best.iter().enumerate().max_by_key(|(at, (ms, _))| (*ms, std::cmp::Reverse(*at)));
    let Some((last, (ms, _))) = last else { return CriticalPath::default() };
    let mut through = Vec::new();
    let mut at = Some(last);
    while let Some(operation) = at {
        through.extend(operations[operation].members.first().map(|it| it.key.id.clone()));
        at = best[operation].1;
    }
    through.reverse();
    CriticalPath { ms: *ms, through }
}

fn takes_ms(operation: &PlannedOp, schema: &dyn Fn(&Word) -> Option<&'static Schema>) -> u64 {
    let of_schema = |member: &PlannedMember| Some(takes_s(schema(&member.kind)?, member.verb));
    let members = operation.members.iter().filter_map(of_schema);
    operation.pause_ms + u64::from(members.max().unwrap_or(0)) * 1_000
}

/// What one thing usually takes, in seconds.
pub(crate) fn takes_s(schema: &Schema, verb: Verb) -> u32 {
    match verb {
        Verb::Create => schema.takes.create,
        Verb::Adopt | Verb::Update => schema.takes.update,
        Verb::Delete => schema.takes.delete,
    }
}

/// What operations wait for in their own step, by operation; positions are those of operations.
pub(crate) fn joins(
    operations: &[PlannedOp],
    schema: &dyn Fn(&Word) -> Option<&'static Schema>,
) -> BTreeMap<usize, Joining> {
    let members = operations.iter().enumerate().flat_map(|(at, operation)| {
        let made = operation.members.iter().filter(|it| it.verb == Verb::Create);
        made.filter_map(move |member| Some((at, member, schema(&member.kind)?)))
    });
    let joining: BTreeSet<&str> =
        members.clone().filter(|(.., it)| it.joins.is_some()).map(|(.., it)| it.service).collect();
    let mut joins = BTreeMap::new();
    for service in joining {
        let of_service = members.clone().filter(|(.., it)| it.service == service);
        let (mut places, mut made) = (Vec::new(), Vec::new());
        for (at, member, schema) in of_service {
            let Some(props) = &member.wanted else { continue };
            places.push((at, schema));
            made.push(Made { kind: &member.kind, props });
        }
        for (own, &(at, schema)) in places.iter().enumerate() {
            let Some(mut joining) = schema.joins.and_then(|joins| joins(own, &made)) else {
                continue;
            };
            let after = joining.after.iter().map(|&it| places[it].0);
            // What goes in one call does not wait for itself.
            joining.after = after.filter(|&it| it != at).collect();
            joins.insert(at, joining);
        }
    }
    joins
}

/// An order in which each operation comes after everything that it waits for, if there is one.
fn order(operations: &[PlannedOp], joins: &BTreeMap<usize, Joining>) -> Option<Vec<usize>> {
    if joins.is_empty() {
        return Some((0..operations.len()).collect());
    }
    let mut graph = Graph::new(operations.len());
    for (later, operation) in operations.iter().enumerate() {
        let joined = joins.get(&later).into_iter().flat_map(|it| &it.after);
        for &earlier in operation.after.keys().chain(joined) {
            graph.add(later, earlier, Order::Required);
        }
    }
    graph.any_order().ok()
}
