//! The critical path of a plan: the chain of operations that no amount of concurrency shortens.

use bicoastal_model::{Catalog, ResourceId};

use crate::plan::{Plan, PlannedOp};
use crate::state::Verb;

/// The longest chain of operations that wait for each other.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CriticalPath {
    /// What it takes, by what each kind usually takes: milliseconds.
    pub ms: u64,
    /// What it leads through, in order: the first member of each operation; pauses are left out.
    pub through: Vec<ResourceId>,
}

/// The critical path of a plan, by what its kinds usually take.
pub fn critical_path(plan: &Plan, catalog: &Catalog) -> CriticalPath {
    let mut best: Vec<(u64, Option<usize>)> = Vec::with_capacity(plan.operations.len());
    for operation in &plan.operations {
        let before = operation.after.keys().filter_map(|&it| Some((best.get(it)?.0, it))).max();
        let (at, from) = before.map_or((0, None), |(ms, it)| (ms, Some(it)));
        best.push((at + takes_ms(operation, catalog), from));
    }
    let last = best.iter().enumerate().max_by_key(|(at, (ms, _))| (*ms, std::cmp::Reverse(*at)));
    let Some((last, (ms, _))) = last else { return CriticalPath::default() };
    let mut through = Vec::new();
    let mut at = Some(last);
    while let Some(operation) = at {
        through.extend(plan.operations[operation].members.first().map(|it| it.key.id.clone()));
        at = best[operation].1;
    }
    through.reverse();
    CriticalPath { ms: *ms, through }
}

fn takes_ms(operation: &PlannedOp, catalog: &Catalog) -> u64 {
    let members = operation.members.iter().filter_map(|member| {
        let takes = catalog.get(&member.kind)?.takes;
        Some(match member.verb {
            Verb::Create => takes.create,
            Verb::Adopt | Verb::Update => takes.update,
            Verb::Delete => takes.delete,
        })
    });
    operation.pause_ms + u64::from(members.max().unwrap_or(0)) * 1_000
}
