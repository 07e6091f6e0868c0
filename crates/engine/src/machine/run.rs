//! Where an operation stands.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use bicoastal_model::{Deletes, Member, Operation, Packed};

use super::report::Fate;
use crate::plan::PlannedOp;
use crate::retry::{self, Class, Spent};

/// Where an operation stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Status {
    /// It waits for others, for a free place, or for its parent.
    Waiting,
    /// Its begin is handed out: the number that has to be durable.
    Beginning(u64),
    /// It can take a turn after this delay.
    Ready(Duration),
    /// A turn is handed out: with a delay, or at once.
    Turning {
        /// It waits for AWS or backs off, and keeps no place busy.
        resting: bool,
    },
    /// A pause is handed out.
    Pausing,
    /// Its end is handed out: the number that has to be durable.
    Ending(u64),
    /// Nothing more happens to it.
    Over,
}

/// One operation of the plan.
#[derive(Debug)]
pub(super) struct Op {
    pub(super) status: Status,
    /// What became of each member; of a pause, one.
    pub(super) fates: Vec<Option<Fate>>,
    /// The begin that is under way.
    pub(super) run: Option<Box<Run>>,
    /// How many tokens turned out to be used up.
    pub(super) reborn: u32,
}

impl Op {
    pub(super) fn new(planned: &PlannedOp) -> Self {
        let fates = vec![None; planned.members.len().max(1)];
        Self { status: Status::Waiting, fates, run: None, reborn: 0 }
    }

    /// The members of which nothing is known yet.
    pub(super) fn open(&self) -> Vec<usize> {
        let open = self.fates.iter().enumerate().filter(|(_, fate)| fate.is_none());
        open.map(|(index, _)| index).collect()
    }

    /// The same fate for every member that has none, and the end of it.
    pub(super) fn over(&mut self, fate: &Fate) {
        for open in self.fates.iter_mut().filter(|fate| fate.is_none()) {
            *open = Some(fate.clone());
        }
        self.status = Status::Over;
        self.run = None;
    }

    pub(super) fn is_done(&self) -> bool {
        self.status == Status::Over && self.fates.iter().all(|fate| *fate == Some(Fate::Done))
    }

    /// Whether it is known what became of each member.
    pub(super) fn is_decided(&self) -> bool {
        self.fates.iter().all(Option::is_some)
    }

    /// Whether it has come to its end and not all of it is done: of a batch that is parted, the rest
    /// goes on.
    pub(super) fn has_failed(&self) -> bool {
        self.is_decided() && self.fates.iter().flatten().any(|fate| *fate != Fate::Done)
    }

    /// Whether it takes one of the places for operations that call.
    pub(super) fn is_busy(&self) -> bool {
        match &self.status {
            Status::Beginning(_) | Status::Turning { resting: false } => true,
            Status::Ready(delay) => *delay <= retry::SETTLE,
            Status::Waiting
            | Status::Turning { resting: true }
            | Status::Pausing
            | Status::Ending(_)
            | Status::Over => false,
        }
    }

    /// The entry that it waited for is durable.
    pub(super) fn durable(&mut self) {
        match self.status {
            Status::Beginning(_) => self.status = Status::Ready(Duration::ZERO),
            Status::Ending(_) => {
                self.status = Status::Over;
                self.run = None;
            }
            _ => {}
        }
    }
}

/// An operation that has begun: what its turns are made of.
#[derive(Debug)]
pub(super) struct Run {
    /// Its number in the journal.
    pub(super) number: u64,
    /// Its members, in the plan's order.
    pub(super) members: Vec<RunMember>,
    /// The same as they are handed out, shared with whoever takes a turn.
    pub(super) operation: Arc<Operation>,
    /// The service it calls.
    pub(super) service: String,
    /// The parent of which only one operation may be under way.
    pub(super) parent: Option<(String, String)>,
    /// What it does, for people.
    pub(super) what: String,
    /// A turn was handed out and something other than "nothing was sent" came of it, so that the
    /// cloud may have been changed.
    pub(super) touched: bool,
    /// Calls that were accepted.
    pub(super) calls: usize,
    /// What was spent on errors since something last went well, by class.
    pub(super) spent: BTreeMap<Class, Spent>,
    /// Delay spent on waiting for AWS since the last accepted call, for the same thing.
    pub(super) waited: Duration,
    /// Delay spent on waiting for AWS in all.
    pub(super) waited_in_all: Duration,
    /// How often in a row something was looked at again that was not shown too early.
    pub(super) looks: u32,
    /// For how long it was not shown, by those looks.
    pub(super) absent: Duration,
    /// The longest patience that was asked for.
    pub(super) patience: Duration,
    /// What the present wait is for, in its own words.
    pub(super) waiting_for: String,
}

impl Run {
    /// A look showed something: what is not shown later is so from then on.
    pub(super) fn is_shown(&mut self) {
        (self.looks, self.absent) = (0, Duration::ZERO);
    }

    /// The members as they are handed out from now on.
    pub(super) fn handed_out(&mut self) -> &mut [Member] {
        &mut Arc::make_mut(&mut self.operation).members
    }

    /// The positions of its members in the order of their keys, which is the journal's.
    pub(super) fn by_key(&self) -> Vec<usize> {
        let mut order: Vec<usize> = (0..self.members.len()).collect();
        order.sort_by(|a, b| self.members[*a].key.cmp(&self.members[*b].key));
        order
    }
}

/// One thing of an operation that has begun.
#[derive(Debug)]
pub(super) struct RunMember {
    /// Its position in the plan's operation.
    pub(super) index: usize,
    pub(super) key: crate::state::Key,
    /// What the journal says is wanted, secrets as digests; of a delete, what was applied.
    pub(super) props: Packed,
    /// An earlier operation on it is in doubt: its failure must not make it as if nothing was.
    pub(super) doubted: bool,
    /// What of it was deleted, by calls that AWS accepted.
    pub(super) deleted: Deletes,
}
