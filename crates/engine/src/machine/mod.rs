//! The execution of a plan as a machine without IO: it owns no task, no clock and no client.
//!
//! A driver asks [`Execution::next`] what to do, does it, and tells the machine with
//! [`recorded`](Execution::recorded), [`answered`](Execution::answered) or
//! [`abandoned`](Execution::abandoned). The machine keeps what makes an interruption harmless:
//!
//! - an operation's begin is durable before its first turn;
//! - its end is durable before anything that depends on it begins;
//! - every reference is resolved from what is durable;
//! - nothing that the journal does not allow is ever handed out.

mod answer;
mod begin;
mod board;
mod reborn;
mod report;
mod run;
pub(crate) mod secrets;
mod skip;
mod split;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use bicoastal_model::stack::Clear;
use bicoastal_model::{Catalog, Operation, ResourceId};

use self::board::Board;
pub use self::report::{ChangeReport, Failure, Fate, Report};
use self::run::{Op, Status};
use crate::plan::{Action, Change, Plan};
use crate::record::Record;
use crate::state::{Key, State, Verb};

/// Secrets in clear, by resource and slot (the dotted path of the property).
pub type Secrets = BTreeMap<(ResourceId, String), Clear>;

/// How much is done at once. Operations that wait for AWS, or back off, do not count.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Operations in all.
    pub total: usize,
    /// Operations of one service, by its signing name; others are only bound by the total.
    pub per_service: BTreeMap<String, usize>,
}

impl Default for Limits {
    fn default() -> Self {
        Self { total: 16, per_service: BTreeMap::new() }
    }
}

/// A plan that does not fit the state, the program or itself: it is to be made again.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the plan does not fit any more: {why}\n  hint: plan again")]
pub struct Stale {
    /// What does not fit.
    pub why: String,
}

/// What to do next.
#[derive(Clone, Debug)]
pub enum Step {
    /// Make these entries durable, in this order, then call
    /// [`recorded`](Execution::recorded) with the last number.
    Record(Vec<(u64, Record)>),
    /// Take one turn of [`Provider::advance`](bicoastal_model::Provider::advance), then call
    /// [`answered`](Execution::answered).
    Turn {
        /// The operation: its position in [`Plan::operations`].
        op: usize,
        /// What to pass on.
        operation: Arc<Operation>,
        /// How long to wait before (zero: now).
        delay: Duration,
        /// What it does, for people: `create us-east-1/front`.
        what: String,
    },
    /// Let time pass, then answer `Ok(Progress::Done(vec![]))`.
    Pause {
        /// The operation: its position in [`Plan::operations`].
        op: usize,
        /// How long.
        delay: Duration,
        /// Why, in words.
        reason: String,
    },
    /// Nothing to hand out until something is recorded, answered or abandoned.
    Wait,
    /// Nothing is left to do, and nothing is under way.
    Finished,
}

/// A plan that is being carried out.
#[derive(Debug)]
pub struct Execution {
    plan: Plan,
    catalog: Catalog,
    secrets: Secrets,
    salt: [u8; 16],
    limits: Limits,
    /// What is durable.
    state: State,
    /// What will be, once everything handed out is durable.
    ahead: State,
    /// Entries to hand out.
    outgoing: Vec<(u64, Record)>,
    /// Entries handed out that are not durable yet.
    unconfirmed: Vec<(u64, Record)>,
    /// The number of the last entry that has to be durable before anything is done.
    preamble: u64,
    ops: Board,
    cancelled: bool,
    /// Everything that had not begun when it was told to stop is given up.
    swept: bool,
    /// What time it is, in milliseconds since 1970, as far as the driver has said.
    now_ms: Option<u64>,
}

impl Execution {
    /// Takes up a plan.
    ///
    /// `state` is what the plan was made from, to which the run may have added whose journal it
    /// is and account numbers (whoever holds the lease compares the generation before that).
    /// `salt` is fresh randomness for the digests of secrets.
    ///
    /// # Errors
    ///
    /// Where the plan was made from another state, is damaged, or needs a secret that the
    /// program does not supply.
    pub fn new(
        mut plan: Plan,
        state: State,
        secrets: Secrets,
        catalog: &Catalog,
        salt: [u8; 16],
        limits: Limits,
    ) -> Result<Self, Stale> {
        begin::check(&plan, &state, &secrets).map_err(|why| Stale { why })?;
        let ops = Board::new(&plan.operations);
        // Field by field only an update is looked at again.
        let whole = |change: &&mut Change| matches!(change.action, Action::Create | Action::Delete);
        plan.changes.iter_mut().filter(whole).for_each(|change| change.fields = Vec::new());
        let mut execution = Self {
            catalog: catalog.clone(),
            secrets,
            salt,
            limits,
            ahead: state.clone(),
            outgoing: Vec::new(),
            unconfirmed: Vec::new(),
            preamble: 0,
            ops,
            cancelled: false,
            swept: false,
            now_ms: None,
            plan,
            state,
        };
        if execution.state.generation == 0 {
            let opened = Record::Opened {
                stack: execution.plan.stack.clone(),
                lineage: execution.plan.lineage.clone(),
            };
            execution.push(opened).map_err(|why| Stale { why })?;
        }
        for record in execution.plan.records.clone() {
            execution.push(record).map_err(|why| Stale { why })?;
        }
        execution.preamble = execution.ahead.generation;
        execution.check_verbs().map_err(|why| Stale { why })?;
        Ok(execution)
    }

    /// What to do next. Handed out once: what is not done is lost.
    ///
    /// After [`Step::Wait`] the driver waits until it can confirm or answer something. A
    /// driver that still has turns under way after [`Step::Finished`] has none: the machine only
    /// finishes when every turn was answered or abandoned.
    #[expect(clippy::should_implement_trait, reason = "it is asked again after it has waited")]
    pub fn next(&mut self) -> Step {
        self.start();
        if !self.outgoing.is_empty() {
            let records = std::mem::take(&mut self.outgoing);
            self.unconfirmed.extend(records.iter().cloned());
            return Step::Record(records);
        }
        if let Some(step) = self.hand_out() {
            return step;
        }
        if self.ops.is_over() && self.unconfirmed.is_empty() { Step::Finished } else { Step::Wait }
    }

    /// What time it is, in milliseconds since 1970: what ends from now on is recorded with it.
    pub fn at(&mut self, now_ms: u64) {
        self.now_ms = Some(now_ms);
    }

    /// Everything up to this number is durable.
    pub fn recorded(&mut self, upto: u64) {
        let durable = self.unconfirmed.partition_point(|(number, _)| *number <= upto);
        for (_, record) in self.unconfirmed.drain(..durable) {
            let folded = self.state.fold(&record);
            debug_assert!(folded.is_ok(), "it was folded ahead of time: {folded:?}");
        }
        for op in self.ops.recorded(self.state.generation) {
            self.ops[op].durable();
            if self.ops[op].status == Status::Over {
                self.forget(op);
            }
        }
    }

    /// Of what is over only the names matter: state has the rest.
    fn forget(&mut self, op: usize) {
        let planned = &mut self.plan.operations[op];
        (planned.after, planned.needs) = (BTreeMap::new(), Vec::new());
        for member in &mut planned.members {
            (member.wanted, member.applied, member.seen) = (None, None, None);
        }
    }

    /// Starts nothing new and gives waits up. What is under way is to be answered, or abandoned;
    /// what comes of it is still recorded.
    pub fn cancel(&mut self) {
        self.cancelled = true;
    }

    /// What is durable so far.
    pub fn state(&self) -> &State {
        &self.state
    }

    /// Whether it is known what became of each thing of an operation.
    pub fn is_decided(&self, op: usize) -> bool {
        self.ops.get(op).is_some_and(Op::is_decided)
    }

    /// Whether an operation has come to an end that was not asked for, for one of its members at
    /// least.
    pub fn has_failed(&self, op: usize) -> bool {
        self.ops.get(op).is_some_and(Op::has_failed)
    }

    /// What became of everything, so far.
    pub fn report(&self) -> Report {
        report::of(self)
    }

    /// Adds an entry to what is handed out next, if the journal allows it.
    fn push(&mut self, record: Record) -> Result<u64, String> {
        self.ahead.fold(&record).map_err(|illegal| illegal.to_string())?;
        let number = self.ahead.generation;
        self.outgoing.push((number, record));
        Ok(number)
    }

    /// An operation's position is from the driver: one that is none is not listened to.
    fn running(&mut self, op: usize) -> Option<&mut run::Run> {
        self.ops.get_mut(op)?.run.as_deref_mut()
    }

    fn check_verbs(&self) -> Result<(), String> {
        let all = self.plan.operations.iter().flat_map(|op| &op.members);
        let made = all.filter(|it| matches!(it.verb, Verb::Create | Verb::Adopt));
        // What the plan itself makes.
        let made: BTreeSet<&Key> = made.map(|it| &it.key).collect();
        for member in self.plan.operations.iter().flat_map(|op| &op.members) {
            let there = self.ahead.entries.get(&member.key);
            match (member.verb, there) {
                (Verb::Create | Verb::Adopt, Some(entry)) if entry.applied.is_some() => {
                    return Err(format!("{} is there already", member.key));
                }
                // What others put into a thing that is claimed as a whole is deleted unrecorded.
                (Verb::Delete, None) if member.adopt => {}
                (Verb::Update | Verb::Delete, None) if !made.contains(&member.key) => {
                    return Err(format!("{} is not recorded", member.key));
                }
                (_, Some(entry)) if entry.token != member.token => {
                    return Err(format!("{} has another token", member.key));
                }
                _ => {}
            }
        }
        Ok(())
    }
}
