//! How operations begin: references resolved from what is durable, then recorded, then durable.

use std::sync::Arc;
use std::time::Duration;

use bicoastal_model::value::{NAME, Ref};
use bicoastal_model::{
    Claim, Deletes, Goal, Member, Memory, Name, Operation, Packed, Target, diff,
};

use super::report::{Failure, Fate};
use super::run::{Run, RunMember, Status};
use super::{Execution, Secrets, Step, secrets};
use crate::plan::{Plan, PlannedMember};
use crate::record::{Begun, Record};
use crate::retry;
use crate::state::{FORMAT, State, Verb};

/// Whether a plan fits the state, the program and itself; in words where it does not.
pub(super) fn check(plan: &Plan, state: &State, supplied: &Secrets) -> Result<(), String> {
    if plan.format > FORMAT {
        return Err(format!("it is of format {}, and this version knows {FORMAT}", plan.format));
    }
    if plan.stack != state.stack {
        return Err(format!("it is of stack '{}', not of '{}'", plan.stack, state.stack));
    }
    if plan.lineage != state.lineage {
        return Err("it was made from a state of another lineage".to_owned());
    }
    if state.generation < plan.generation {
        return Err(format!(
            "it was made from generation {} of the state, which is at {}",
            plan.generation, state.generation
        ));
    }
    for (index, op) in plan.operations.iter().enumerate() {
        if op.members.iter().any(|member| member.change >= plan.changes.len()) {
            return Err(format!("operation {index} is part of no change"));
        }
        for member in &op.members {
            for slot in member.wanted.iter().flat_map(secrets::slots) {
                if !supplied.contains_key(&(member.key.id.clone(), slot.clone())) {
                    return Err(secrets::missing(&member.key.id, &slot));
                }
            }
        }
    }
    check_order(plan)
}

/// Every operation can come to its turn.
fn check_order(plan: &Plan) -> Result<(), String> {
    let operations = &plan.operations;
    let mut later = vec![Vec::new(); operations.len()];
    for (index, op) in operations.iter().enumerate() {
        for &earlier in op.after.keys() {
            let list: &mut Vec<usize> = later
                .get_mut(earlier)
                .ok_or_else(|| format!("operation {index} comes after one that is not in it"))?;
            list.push(index);
        }
    }
    let mut waits: Vec<usize> = operations.iter().map(|op| op.after.len()).collect();
    let mut open: Vec<usize> = (0..waits.len()).filter(|&op| waits[op] == 0).collect();
    let mut reached = 0;
    while let Some(op) = open.pop() {
        reached += 1;
        for &it in &later[op] {
            waits[it] -= 1;
            if waits[it] == 0 {
                open.push(it);
            }
        }
    }
    if reached == operations.len() {
        Ok(())
    } else {
        Err("its operations wait for each other".to_owned())
    }
}

impl Execution {
    /// Begins every operation that can begin.
    pub(super) fn start(&mut self) {
        if self.cancelled {
            return self.stop();
        }
        if self.state.generation < self.preamble {
            return;
        }
        self.look_at_fresh();
        let mut from = 0;
        while let Some(op) = self.next_queued(from) {
            from = op + 1;
            if let Err(why) = self.begin(op) {
                self.ops[op].over(&Fate::Failed(Failure::plan_again(why).into()));
                // What has come to an end here may be what others waited for.
                self.look_at_fresh();
                from = 0;
            }
        }
    }

    /// Begins nothing more, and gives up what waits.
    fn stop(&mut self) {
        if !std::mem::replace(&mut self.swept, true) {
            for op in 0..self.ops.len() {
                if self.ops[op].status == Status::Waiting {
                    self.ops[op].over(&Fate::NotStarted);
                }
            }
        }
        while let Some(op) = self.ops.fresh() {
            self.ops[op].over(&Fate::NotStarted);
        }
        while let Some(op) = self.ops.ready() {
            self.give_up(op);
        }
    }

    /// What waits for nothing before it any more is skipped, paused, or queued for a place.
    fn look_at_fresh(&mut self) {
        while let Some(op) = self.ops.fresh() {
            self.skip(op);
            if self.ops.get(op).is_none_or(|op| op.status != Status::Waiting) {
                continue;
            }
            if let Some(first) = self.plan.operations[op].members.first() {
                let service = self.service(&first.kind);
                self.ops.queue(op, service);
            } else if self.plan.operations[op].pause_ms == 0 {
                self.ops[op].over(&Fate::Done);
            } else {
                self.ops[op].status = Status::Ready(Duration::ZERO);
            }
        }
    }

    /// The first from this position on that can begin.
    fn next_queued(&mut self, from: usize) -> Option<usize> {
        self.ops.settle();
        if self.ops.busy() >= self.limits.total.max(1) {
            return None;
        }
        let limits = &self.limits.per_service;
        self.ops.queued(from, |service, busy| {
            limits.get(service).is_none_or(|limit| busy < *limit.max(&1))
        })
    }

    /// Begins an operation if there is a place for it.
    fn begin(&mut self, op: usize) -> Result<(), String> {
        let open = self.ops[op].open();
        let Some(first) = open.first().map(|index| &self.plan.operations[op].members[*index])
        else {
            self.ops[op].status = Status::Over;
            return Ok(());
        };
        let service = self.service(&first.kind);
        let parent = self.parent(first);
        if parent.as_ref().is_some_and(|parent| self.ops.has_parent(parent)) {
            return Ok(());
        }
        let what = describe(open.iter().map(|index| &self.plan.operations[op].members[*index]));
        let mut members = Vec::with_capacity(open.len());
        let mut handed_out = Vec::with_capacity(open.len());
        for index in open {
            let planned = &self.plan.operations[op].members[index];
            let (member, out) = self.prepare(index, planned)?;
            members.push(member);
            handed_out.push(out);
        }
        let run = Run {
            number: self.ahead.operations + 1,
            members,
            operation: Arc::new(Operation { members: handed_out }),
            service,
            parent,
            what,
            touched: false,
            calls: 0,
            spent: std::collections::BTreeMap::new(),
            waited: Duration::ZERO,
            waited_in_all: Duration::ZERO,
            looks: 0,
            absent: Duration::ZERO,
            patience: Duration::ZERO,
            waiting_for: String::new(),
        };
        let begun = run.by_key().into_iter().map(|at| self.begun(op, &run.members[at])).collect();
        let number = self.push(Record::Begin { op: run.number, members: begun })?;
        self.ops[op].run = Some(Box::new(run));
        self.ops[op].status = Status::Beginning(number);
        Ok(())
    }

    fn service(&self, kind: &str) -> String {
        match self.catalog.get(kind) {
            Some(schema) => schema.service.to_owned(),
            None => kind.split(':').next().unwrap_or(kind).to_lowercase(),
        }
    }

    /// The parent that a member's kind is batched by: only one change of it is under way.
    fn parent(&self, member: &PlannedMember) -> Option<(String, String)> {
        let batch = self.catalog.get(&member.kind)?.batch?;
        let props = member.wanted.as_ref().or(member.applied.as_ref())?;
        let parent = props.get(batch.parent)?.resolve(&mut |it| self.known(it));
        Some((member.kind.to_string(), parent.to_string()))
    }

    /// An output, as far as it is durable.
    fn known(&self, reference: &Ref) -> Option<Packed> {
        let outputs = match self.state.current(&reference.id) {
            Some((_, entry)) => &entry.outputs,
            None => &self.state.lookups.get(&reference.id)?.outputs,
        };
        outputs.get(&reference.attribute).cloned()
    }

    /// What the turns of one member are made of.
    fn prepare(&self, index: usize, member: &PlannedMember) -> Result<(RunMember, Member), String> {
        let entry = self.ahead.entries.get(&member.key);
        let doubted = entry.is_some_and(|entry| entry.doubt.is_some());
        let physical = member.physical.clone().or_else(|| entry.and_then(|it| it.physical.clone()));
        let (goal, props) = match &member.wanted {
            None => {
                let applied = member.applied.clone();
                let applied = applied.or_else(|| entry.and_then(|it| it.base()));
                let applied = applied.unwrap_or_default();
                let lift_guards = member.lift_guards;
                (Goal::Absent { applied: applied.to_value(), lift_guards }, applied)
            }
            Some(wanted) => {
                let wanted = self.resolved(member, wanted)?;
                let (open, sealed) = secrets::fill(&wanted, &member.key, &self.secrets, self.salt);
                let applied = (member.applied.as_ref())
                    .map(|it| secrets::before(it, &wanted, &member.key, &self.secrets));
                (Goal::Present { wanted: open, applied }, sealed)
            }
        };
        let wanted = member.wanted.as_ref().map(|_| &props);
        let target = Target {
            id: member.key.id.clone(),
            kind: member.kind.to_string(),
            place: member.place.clone(),
            incarnation: member.key.incarnation,
            token: member.token.to_string(),
            physical,
            props: mentioned(member.applied.as_ref(), wanted),
            tags: self.state.ownership_tags(&member.born),
        };
        let claim = match entry {
            _ if member.adopt => Claim::Adopted,
            None => Claim::Unmade,
            Some(entry) => entry.claim(),
        };
        // What the plan saw still holds, unless an earlier operation left that open.
        let batched = self.catalog.get(&member.kind).is_some_and(|schema| schema.batch.is_some());
        let memory = match (member.verb, &member.seen) {
            _ if doubted || member.adopt => Memory::default(),
            (Verb::Create, _) => Memory::absent(),
            (Verb::Update | Verb::Delete, Some(seen)) if batched => {
                Memory::planned(seen.to_value())
            }
            _ => Memory::default(),
        };
        let run =
            RunMember { index, key: member.key.clone(), props, doubted, deleted: Deletes::Nothing };
        Ok((run, Member { target, goal, claim, memory }))
    }

    /// What is wanted with everything known, if that still is the change that was planned.
    fn resolved(&self, member: &PlannedMember, wanted: &Packed) -> Result<Packed, String> {
        let resolved = wanted.resolve(&mut |reference| self.known(reference));
        let resolved = resolved.rewrite(&mut |inner| {
            let prefix = inner.marker(NAME)?.as_str()?;
            Some(Name::of_incarnation(prefix, member.key.incarnation).into())
        });
        if let Some(unknown) = resolved.refs().first() {
            return Err(format!(
                "{}.{} is not known, although what it belongs to is there",
                unknown.id, unknown.attribute
            ));
        }
        if member.verb == Verb::Update
            && let Some(field) = self.replaces_after_all(member, &resolved)
        {
            return Err(format!(
                "{field} turned out to have another value, which takes a replacement"
            ));
        }
        Ok(resolved)
    }

    /// The field that was not known when the plan was made, and that can't be changed in place to
    /// the value that it turned out to have.
    fn replaces_after_all(&self, member: &PlannedMember, resolved: &Packed) -> Option<String> {
        let schema = self.catalog.get(&member.kind)?;
        let seen = member.seen.as_ref()?;
        let unknown: Vec<&str> = self.plan.changes[member.change]
            .fields
            .iter()
            .filter(|field| field.cause == diff::Cause::Unknown)
            .map(|field| field.path.as_str())
            .collect();
        let found = diff::diff(schema, resolved, member.applied.as_ref(), Some(seen)).changes;
        let replaces = found.into_iter().find(|field| {
            field.change == bicoastal_model::schema::Change::Replace
                && unknown.iter().any(|path| within(&field.path, path) || within(path, &field.path))
        });
        replaces.map(|field| field.path.into())
    }

    fn begun(&self, op: usize, member: &RunMember) -> Begun {
        let planned = &self.plan.operations[op].members[member.index];
        let mut edges = planned.edges.clone();
        // While it is under way it may stand on what it stood on before: both hold until its end.
        if let Some(entry) = self.ahead.entries.get(&member.key) {
            edges = edges.union(&entry.edges);
        }
        Begun {
            key: member.key.clone(),
            kind: planned.kind.clone(),
            place: planned.place.clone(),
            born: planned.born.clone(),
            token: planned.token.clone(),
            physical: planned.physical.clone(),
            verb: planned.verb,
            wanted: planned.wanted.as_ref().map(|_| member.props.clone()),
            edges,
            protected: planned.protected,
            retained: planned.retained,
        }
    }

    /// A turn or a pause, if one can be taken.
    pub(super) fn hand_out(&mut self) -> Option<Step> {
        let op = self.ops.ready()?;
        let running = &mut self.ops[op];
        let Status::Ready(delay) = running.status else { return None };
        let Some(run) = &running.run else {
            let planned = &self.plan.operations[op];
            running.status = Status::Pausing;
            return Some(Step::Pause {
                op,
                delay: Duration::from_millis(planned.pause_ms),
                reason: planned.pause_reason.clone(),
            });
        };
        let operation = Arc::clone(&run.operation);
        let what = run.what.clone();
        running.status = Status::Turning { resting: delay > retry::SETTLE };
        Some(Step::Turn { op, operation, delay, what })
    }
}

/// Whether a path is the other one or a part of it.
fn within(path: &str, of: &str) -> bool {
    path.strip_prefix(of)
        .is_some_and(|rest| rest.is_empty() || rest.starts_with('.') || rest.starts_with('['))
}

/// The natural key is read from what was applied; what is newly wanted is worth reading as well.
fn mentioned(applied: Option<&Packed>, wanted: Option<&Packed>) -> Packed {
    let fields = |props: Option<&Packed>| props.and_then(Packed::as_object).cloned();
    let mut all = fields(wanted).unwrap_or_default();
    if let Some(applied) = fields(applied) {
        all = all.with(applied.to_vec());
    }
    all.into()
}

/// What is done to what, for people.
fn describe<'m>(members: impl Iterator<Item = &'m PlannedMember>) -> String {
    let named: Vec<(Verb, String)> =
        members.map(|member| (member.verb, member.key.id.to_string())).collect();
    let verb = match named.first() {
        Some((verb, _)) if named.iter().all(|(other, _)| other == verb) => word(*verb),
        _ => "change",
    };
    let ids: Vec<&str> = named.iter().map(|(_, id)| id.as_str()).collect();
    match ids.as_slice() {
        [first, second, third, rest @ ..] if !rest.is_empty() => {
            format!("{verb} {first}, {second}, {third} and {} more", rest.len())
        }
        few => format!("{verb} {}", few.join(", ")),
    }
}

fn word(verb: Verb) -> &'static str {
    match verb {
        Verb::Create => "create",
        Verb::Adopt => "adopt",
        Verb::Update => "update",
        Verb::Delete => "delete",
    }
}
