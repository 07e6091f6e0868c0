//! A refused batch: the offenders fail with what may not be parted from them, the rest goes again.

use std::collections::BTreeSet;

use bicoastal_model::{OpError, Packed, ResourceId, Schema};

use super::Execution;
use super::answer::failed;
use super::report::{Failure, Fate};
use super::run::Status;
use crate::record::Ended;

impl Execution {
    /// Ends a batch that was refused as a whole because of some of its members, and lets the
    /// others begin again.
    pub(super) fn split(&mut self, op: usize, error: &OpError) {
        let Some(run) = self.ops[op].run.as_ref() else { return };
        let first = run.operation.members.first();
        let schema = first.and_then(|member| self.catalog.get(&member.target.kind));
        let offenders = &error.facts().offenders;
        let guilty: BTreeSet<usize> =
            offenders.iter().map(|(at, _)| *at).filter(|at| *at < run.members.len()).collect();
        let parts: Vec<(&ResourceId, &Packed)> =
            run.members.iter().map(|member| (&member.key.id, &member.props)).collect();
        let parted = with_groups(&parts, &guilty, schema);
        if parted.is_empty() || parted.len() == run.members.len() {
            return self.fail(op, error.clone());
        }
        let together = guilty.iter().map(|at| run.members[*at].key.id.to_string());
        let together = together.collect::<Vec<_>>().join(", ");
        let mut results = Vec::new();
        let mut again = Vec::new();
        for (at, member) in run.members.iter().enumerate() {
            let mut error = error.clone();
            let words = offenders.iter().find(|(offender, _)| *offender == at);
            error.facts_mut().offenders.clear();
            error.facts_mut().message = match words {
                Some((_, words)) => words.clone(),
                None => format!("refused together with {together}"),
            };
            if !parted.contains(&at) {
                again.push(member.index);
            }
            let ended: Ended = failed(run, member.doubted, error.clone());
            results.push((ended, Fate::Failed(Failure::of(error).into())));
        }
        self.end(op, results);
        for index in again {
            self.ops[op].fates[index] = None;
        }
        // Its end is in the journal before its next begin, so they become durable in that order.
        if matches!(self.ops[op].status, Status::Ending(_)) {
            self.ops[op].status = Status::Waiting;
            self.ops[op].run = None;
        }
    }
}

/// The members at these positions, and all that may not be parted from one of them: other
/// incarnations of the same thing, and members with the same values in the fields that the kind
/// keeps together.
pub(super) fn with_groups(
    members: &[(&ResourceId, &Packed)],
    guilty: &BTreeSet<usize>,
    schema: Option<&Schema>,
) -> BTreeSet<usize> {
    let mut all = guilty.clone();
    loop {
        let joined: Vec<usize> = (0..members.len())
            .filter(|at| !all.contains(at))
            .filter(|at| all.iter().any(|it| are_one(members[*at], members[*it], schema)))
            .collect();
        if joined.is_empty() {
            return all;
        }
        all.extend(joined);
    }
}

fn are_one(
    (id, a): (&ResourceId, &Packed),
    (other, b): (&ResourceId, &Packed),
    schema: Option<&Schema>,
) -> bool {
    if id == other {
        return true;
    }
    let Some(batch) = schema.and_then(|schema| schema.batch) else { return false };
    !batch.together.is_empty() && batch.together.iter().all(|field| a.get(field) == b.get(field))
}
