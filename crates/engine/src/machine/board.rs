//! Where all operations stand, so that nobody has to go through them: what may begin, what can
//! take a turn, what waits for which entry, how much is under way.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::{Index, IndexMut};

use super::run::{Op, Status};
use crate::plan::PlannedOp;

/// The operations, by their position in the plan. Whatever is done to one of them is noticed, and
/// taken into account by [`settle`](Board::settle).
#[derive(Debug)]
pub(super) struct Board {
    ops: Vec<Op>,
    /// What each was when it was last looked at.
    known: Vec<Known>,
    /// Those that may have changed since.
    touched: Vec<usize>,
    /// The operations that come directly after each.
    later: Vec<Vec<usize>>,
    /// How many operations each still waits for.
    waits: Vec<usize>,
    /// Waits for nothing before it any more, and was not looked at since.
    fresh: BTreeSet<usize>,
    /// Can begin as soon as there is a place, by service.
    queued: BTreeMap<String, BTreeSet<usize>>,
    /// Can take a turn.
    ready: BTreeSet<usize>,
    /// Wait for an entry to be durable, by its number.
    recording: BTreeMap<u64, usize>,
    /// How many are over.
    over: usize,
    /// How many take a place, by service.
    busy: BTreeMap<String, usize>,
    /// The parents that have an operation under way.
    parents: BTreeSet<(String, String)>,
}

/// What is known of an operation.
#[derive(Clone, Debug, Default)]
struct Known {
    over: bool,
    ready: bool,
    recording: Option<u64>,
    /// The service in whose queue it is.
    queued: Option<String>,
    /// The service of which it takes a place.
    busy: Option<String>,
    parent: Option<(String, String)>,
}

impl Board {
    pub(super) fn new(plan: &[PlannedOp]) -> Self {
        let mut later = vec![Vec::new(); plan.len()];
        for (index, op) in plan.iter().enumerate() {
            for &earlier in op.after.keys() {
                later[earlier].push(index);
            }
        }
        let waits: Vec<usize> = plan.iter().map(|op| op.after.len()).collect();
        Self {
            ops: plan.iter().map(Op::new).collect(),
            known: vec![Known::default(); plan.len()],
            touched: Vec::new(),
            later,
            fresh: (0..plan.len()).filter(|&op| waits[op] == 0).collect(),
            waits,
            queued: BTreeMap::new(),
            ready: BTreeSet::new(),
            recording: BTreeMap::new(),
            over: 0,
            busy: BTreeMap::new(),
            parents: BTreeSet::new(),
        }
    }

    pub(super) fn len(&self) -> usize {
        self.ops.len()
    }

    pub(super) fn get(&self, op: usize) -> Option<&Op> {
        self.ops.get(op)
    }

    pub(super) fn get_mut(&mut self, op: usize) -> Option<&mut Op> {
        if op < self.ops.len() {
            self.touched.push(op);
        }
        self.ops.get_mut(op)
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = &Op> {
        self.ops.iter()
    }

    /// Takes everything into account that was done since.
    pub(super) fn settle(&mut self) {
        while let Some(op) = self.touched.pop() {
            self.look_at(op);
        }
    }

    fn look_at(&mut self, op: usize) {
        let now = &self.ops[op];
        let known = &mut self.known[op];
        let ready = matches!(now.status, Status::Ready(_));
        if ready != known.ready {
            known.ready = ready;
            if ready {
                self.ready.insert(op)
            } else {
                self.ready.remove(&op)
            };
        }
        let recording = match now.status {
            Status::Beginning(number) | Status::Ending(number) => Some(number),
            _ => None,
        };
        if recording != known.recording {
            if let Some(number) = std::mem::replace(&mut known.recording, recording) {
                self.recording.remove(&number);
            }
            self.recording.extend(recording.map(|number| (number, op)));
        }
        let run = now.run.as_ref();
        let busy = run.filter(|_| now.is_busy()).map(|run| &run.service);
        if busy != known.busy.as_ref() {
            let busy = busy.cloned();
            if let Some(count) = known.busy.as_ref().and_then(|it| self.busy.get_mut(it)) {
                *count -= 1;
            }
            if let Some(service) = &busy {
                *self.busy.entry(service.clone()).or_default() += 1;
            }
            known.busy = busy;
        }
        let parent = run.and_then(|run| run.parent.as_ref());
        if parent != known.parent.as_ref() {
            let parent = parent.cloned();
            if let Some(former) = &known.parent {
                self.parents.remove(former);
            }
            self.parents.extend(parent.clone());
            known.parent = parent;
        }
        let waiting = now.status == Status::Waiting;
        if let Some(service) = known.queued.take_if(|_| !waiting)
            && let Some(queue) = self.queued.get_mut(&service)
        {
            queue.remove(&op);
        }
        if waiting && known.queued.is_none() && self.waits[op] == 0 {
            self.fresh.insert(op);
        }
        if now.status == Status::Over && !known.over {
            known.over = true;
            self.over += 1;
            self.fresh.remove(&op);
            for &later in &self.later[op] {
                self.waits[later] -= 1;
                if self.waits[later] == 0 && self.ops[later].status == Status::Waiting {
                    self.fresh.insert(later);
                }
            }
        }
    }

    /// One that waits for nothing before it any more, and was not looked at since.
    pub(super) fn fresh(&mut self) -> Option<usize> {
        self.settle();
        self.fresh.pop_first()
    }

    /// It can begin as soon as there is a place.
    pub(super) fn queue(&mut self, op: usize, service: String) {
        self.queued.entry(service.clone()).or_default().insert(op);
        self.known[op].queued = Some(service);
    }

    /// The first from this position on that can begin, of the services that have a place.
    pub(super) fn queued(
        &self,
        from: usize,
        has_place: impl Fn(&str, usize) -> bool,
    ) -> Option<usize> {
        let open = self.queued.iter().filter(|(service, _)| {
            has_place(service, self.busy.get(*service).copied().unwrap_or(0))
        });
        open.filter_map(|(_, queue)| queue.range(from..).next().copied()).min()
    }

    /// The first that can take a turn.
    pub(super) fn ready(&mut self) -> Option<usize> {
        self.settle();
        self.ready.first().copied()
    }

    /// Those that wait for an entry of at most this number to be durable.
    pub(super) fn recorded(&mut self, upto: u64) -> Vec<usize> {
        self.settle();
        self.recording.range(..=upto).map(|(_, op)| *op).collect()
    }

    /// How many take a place.
    pub(super) fn busy(&self) -> usize {
        self.busy.values().sum()
    }

    /// Whether an operation on this parent is under way.
    pub(super) fn has_parent(&self, parent: &(String, String)) -> bool {
        self.parents.contains(parent)
    }

    /// Whether all are over.
    pub(super) fn is_over(&mut self) -> bool {
        self.settle();
        self.over == self.ops.len()
    }
}

impl Index<usize> for Board {
    type Output = Op;

    fn index(&self, op: usize) -> &Op {
        &self.ops[op]
    }
}

impl IndexMut<usize> for Board {
    fn index_mut(&mut self, op: usize) -> &mut Op {
        self.touched.push(op);
        &mut self.ops[op]
    }
}
