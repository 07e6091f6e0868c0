//! What comes of an answer: another turn, or an end.

use std::time::Duration;

use bicoastal_model::{Claim, Deletes, ErrorFacts, Goal, OpError, Outcome, Progress, Retry};

use super::Execution;
use super::report::{Failure, Fate};
use super::run::{Run, Status};
use crate::record::{Ended, Record};
use crate::retry::{self, Class};
use crate::shown;
use crate::state::Verb;

/// Calls that one operation may make per member, and besides: more than any resource takes, so
/// that a step which does not converge ends.
const CALLS: (usize, usize) = (20, 100);

/// How many of its longest waits an operation may spend waiting in all, and one more for each call
/// that was accepted.
const WAITS: u32 = 4;

impl Execution {
    /// A turn, or a pause, brought this.
    pub fn answered(&mut self, op: usize, answer: Result<Progress, OpError>) {
        match self.ops.get(op).map(|op| &op.status) {
            Some(Status::Pausing) => {
                let fate = if answer.is_ok() { Fate::Done } else { Fate::Abandoned };
                self.ops[op].over(&fate);
            }
            Some(Status::Turning { .. }) => match answer {
                Ok(Progress::Called { call, physical, secrets, deletes }) => {
                    self.called(op, &call, physical, secrets, deletes);
                }
                Ok(Progress::Waiting { what, poll, patience }) => {
                    self.waiting(op, &what, poll, patience);
                }
                Ok(Progress::Done(outcomes)) => self.done(op, outcomes),
                Err(error) => self.trouble(op, error),
            },
            // It was not asked for.
            _ => {}
        }
    }

    /// A turn, or a pause, was not taken: its wait was given up. Only after
    /// [`cancel`](Execution::cancel).
    pub fn abandoned(&mut self, op: usize) {
        match self.ops.get(op).map(|op| &op.status) {
            Some(Status::Pausing) => self.ops[op].over(&Fate::Abandoned),
            Some(Status::Turning { .. }) => self.give_up(op),
            _ => {}
        }
    }

    fn called(
        &mut self,
        op: usize,
        call: &str,
        physical: Option<String>,
        secrets: bool,
        deletes: Vec<Deletes>,
    ) {
        let planned = self.plan.operations.get(op).and_then(|op| op.members.first());
        let schema = planned.and_then(|member| self.catalog.get(&member.kind));
        let Some(run) = self.running(op) else { return };
        run.is_shown();
        for (member, deletes) in run.members.iter_mut().zip(deletes) {
            member.deleted = std::mem::take(&mut member.deleted).and(deletes);
        }
        run.touched = true;
        run.calls += 1;
        run.spent.clear();
        run.waited = Duration::ZERO;
        for member in run.handed_out() {
            if let (true, Some(schema)) = (secrets, schema) {
                member.goal.secrets_sent(schema);
            }
            member.claim = member.claim.max(Claim::Made);
        }
        let too_many = run.calls > CALLS.0 * run.members.len() + CALLS.1;
        let calls = run.calls;
        let mut named = None;
        let number = run.number;
        let key = run.members.first().map(|member| member.key.clone());
        if let (Some(key), [member], Some(physical)) = (key, run.handed_out(), physical)
            && matches!(member.goal, Goal::Present { .. })
            && member.target.physical.as_ref() != Some(&physical)
        {
            member.target.physical = Some(physical.clone());
            named = Some(Record::Named { op: number, key, physical });
        }
        if let Some(named) = named {
            // It is found again by its token without this, so nothing has to wait for it.
            let folded = self.push(named);
            debug_assert!(folded.is_ok(), "it is under way: {folded:?}");
        }
        if too_many {
            let message = format!("it does not settle: {calls} calls were accepted");
            self.fail(op, refusal(call, message));
        } else {
            self.again(op, retry::SETTLE);
        }
    }

    fn waiting(&mut self, op: usize, what: &str, poll: Duration, patience: Duration) {
        // The program's word holds over the kind's, both ways.
        let said = self.plan.operations.get(op).and_then(|planned| {
            planned.members.iter().filter_map(|member| member.patience_ms).max()
        });
        let patience = said.map_or(patience, Duration::from_millis);
        let Some(run) = self.running(op) else { return };
        run.is_shown();
        run.spent.clear();
        // Each wait has its own patience: one that was long leaves the next no less.
        if run.waiting_for != what {
            what.clone_into(&mut run.waiting_for);
            run.waited = Duration::ZERO;
        }
        run.patience = run.patience.max(patience);
        if run.waited >= patience {
            let message = format!("still {what} after {}", minutes(run.waited));
            return self.fail(op, refusal("", message));
        }
        // Words that alternate would be patient for ever; what goes on needs a call now and then.
        let calls = u32::try_from(run.calls).unwrap_or(u32::MAX);
        if run.waited_in_all >= run.patience.saturating_mul(WAITS.saturating_add(calls)) {
            let message = format!("still {what} after {} in all", minutes(run.waited_in_all));
            return self.fail(op, refusal("", message));
        }
        let poll = poll.max(Duration::from_secs(1));
        run.waited += poll;
        run.waited_in_all += poll;
        self.again(op, poll);
    }

    fn trouble(&mut self, op: usize, error: OpError) {
        let cancelled = self.cancelled;
        let Some(run) = self.running(op) else { return };
        for member in &run.operation.members {
            member.memory.take();
        }
        let class = Class::of(&error);
        if class == Some(Class::InDoubt) {
            run.touched = true;
            // If it is there now, that call may have made it; or somebody else, in the same moment.
            for member in run.handed_out() {
                member.claim = member.claim.max(Claim::InDoubt);
            }
        }
        let Some(class) = class else { return self.refused(op, error) };
        let seed = run.number;
        let delay = retry::backoff(class, run.spent.entry(class).or_default(), seed);
        match (class, delay) {
            (_, Some(delay)) if !cancelled => self.again(op, delay),
            // Left as it is in the journal: a begin without an end, which the next run settles.
            (Class::InDoubt, _) => self.ops[op].over(&Fate::InDoubt(Failure::of(error).into())),
            (Class::Spent, _) if !cancelled && self.may_be_reborn(op) => {
                if let Err(why) = self.reborn(op, &error) {
                    self.ops[op].over(&Fate::InDoubt(Failure::plan_again(why).into()));
                }
            }
            _ => self.refused(op, error),
        }
    }

    /// It was refused for good. Of a batch only those are given up that are at fault.
    fn refused(&mut self, op: usize, error: OpError) {
        let several = self.running(op).is_some_and(|run| run.members.len() > 1);
        if several && !error.facts().offenders.is_empty() {
            self.split(op, &error);
        } else {
            self.fail(op, error);
        }
    }

    /// Another turn, unless nothing new is to be started.
    fn again(&mut self, op: usize, delay: Duration) {
        self.ops[op].status = Status::Ready(delay);
        if self.cancelled {
            self.give_up(op);
        }
    }

    /// An operation that stops in the middle, because it was told to.
    pub(super) fn give_up(&mut self, op: usize) {
        let Some(run) = self.ops[op].run.as_ref() else {
            return self.ops[op].over(&Fate::NotStarted);
        };
        if run.touched || run.members.iter().any(|member| member.doubted) {
            return self.ops[op].over(&Fate::Abandoned);
        }
        let error = OpError::NotSent(ErrorFacts {
            service: run.service.clone(),
            message: "stopped before its first call".to_owned(),
            ..ErrorFacts::default()
        });
        let results =
            run.members.iter().map(|_| (Ended::NotBegun(error.clone()), Fate::NotStarted));
        let results = results.collect();
        self.end(op, results);
    }

    fn done(&mut self, op: usize, outcomes: Vec<Outcome>) {
        let Some(run) = self.ops[op].run.as_ref() else { return };
        let fits = outcomes.len() == run.members.len()
            && run.operation.members.iter().zip(&outcomes).all(|(member, outcome)| {
                matches!(
                    (&member.goal, outcome),
                    (Goal::Present { .. }, Outcome::Present(_))
                        | (Goal::Absent { .. }, Outcome::Gone)
                )
            });
        if !fits {
            let message = "the provider's answer does not fit what was asked".to_owned();
            return self.fail(op, refusal("", message));
        }
        if self.may_be_there(op, &outcomes) {
            return self.look_again(op);
        }
        let results = outcomes.into_iter().map(|outcome| {
            let ended = match outcome {
                Outcome::Present(seen) => {
                    Ended::Present { physical: seen.physical, outputs: seen.outputs.into() }
                }
                Outcome::Gone => Ended::Gone,
            };
            (ended, Fate::Done)
        });
        self.end(op, results.collect());
    }

    /// Whether something is said to be gone that was there, and whose deletion AWS did not accept: it
    /// may only not be shown. If it is forgotten and still there, it is there for ever. What spans
    /// regions may take a deletion in each; the last one that is not shown is not the end of it.
    fn may_be_there(&self, op: usize, outcomes: &[Outcome]) -> bool {
        let Some(run) = self.ops[op].run.as_ref() else { return false };
        let planned = self.plan.operations.get(op).map_or(&[][..], |it| &it.members);
        let may_lag = self.now_ms.is_some_and(|now_ms| self.ahead.may_lag(now_ms));
        // Where this operation called, it was there moments ago.
        if !shown::is_early(run.looks, run.absent, may_lag || run.touched) {
            return false;
        }
        let members = run.members.iter().zip(outcomes);
        members.filter(|(_, outcome)| **outcome == Outcome::Gone).any(|(member, _)| {
            let Some(planned) = planned.get(member.index) else { return false };
            let was_there = planned.seen.is_some() || run.calls > 0;
            was_there && !member.deleted.covers(&shown::regions(planned))
        })
    }

    fn look_again(&mut self, op: usize) {
        let Some(run) = self.running(op) else { return };
        let pause = shown::pause(run.looks);
        run.looks += 1;
        run.absent += pause;
        self.again(op, pause);
    }

    /// The whole operation failed.
    pub(super) fn fail(&mut self, op: usize, mut error: OpError) {
        let Some(run) = self.ops[op].run.as_ref() else { return };
        let facts = error.facts_mut();
        if facts.service.is_empty() {
            facts.service.clone_from(&run.service);
        }
        let results = run
            .members
            .iter()
            .map(|member| {
                (
                    failed(run, member.doubted, error.clone()),
                    Fate::Failed(Failure::of(error.clone()).into()),
                )
            })
            .collect();
        self.end(op, results);
    }

    /// Records how each member ended, in the plan's order.
    pub(super) fn end(&mut self, op: usize, results: Vec<(Ended, Fate)>) {
        let Some(run) = self.ops[op].run.as_ref() else { return };
        let number = run.number;
        let order = run.by_key();
        let members: Vec<(usize, crate::state::Key)> =
            run.members.iter().map(|member| (member.index, member.key.clone())).collect();
        let sorted = order.iter().filter_map(|at| Some(results.get(*at)?.0.clone())).collect();
        if let Err(why) = self.push(Record::End { op: number, results: sorted, at_ms: self.now_ms })
        {
            // Left in doubt: what the journal does not allow is not written.
            return self.ops[op].over(&Fate::InDoubt(Failure::plan_again(why).into()));
        }
        for ((index, key), (ended, fate)) in members.iter().zip(&results) {
            if matches!(ended, Ended::Present { .. }) {
                self.settled(op, *index, key);
            }
            self.ops[op].fates[*index] = Some(fate.clone());
        }
        self.ops[op].status = Status::Ending(self.ahead.generation);
    }

    /// What else is true of a thing that is there as wanted: it stands on what the plan says, and
    /// its former selves are superseded.
    fn settled(&mut self, op: usize, index: usize, key: &crate::state::Key) {
        let Some(entry) = self.ahead.entries.get(key) else { return };
        let planned = &self.plan.operations[op].members[index];
        let mut records = Vec::new();
        if entry.edges != planned.edges
            && let Some(applied) = &entry.applied
        {
            records.push(Record::Noted {
                key: key.clone(),
                physical: None,
                applied: applied.clone(),
                outputs: entry.outputs.clone(),
                edges: planned.edges.clone(),
                protected: entry.protected,
                retained: entry.retained,
            });
        }
        if planned.verb != Verb::Delete {
            let former = self.ahead.incarnations(&key.id);
            let former = former.filter(|(it, entry)| *it < key && !entry.superseded);
            records.extend(former.map(|(key, _)| Record::Superseded { key: key.clone() }));
        }
        for record in records {
            let folded = self.push(record);
            debug_assert!(folded.is_ok(), "the entry was just looked at: {folded:?}");
        }
    }
}

/// How a member's failure is recorded: as if it had not begun only where nothing can have
/// happened, now or in an earlier operation.
pub(super) fn failed(run: &Run, doubted: bool, error: OpError) -> Ended {
    if run.touched || doubted { Ended::Failed(error) } else { Ended::NotBegun(error) }
}

/// A failure that is not AWS's words.
fn refusal(call: &str, message: String) -> OpError {
    let facts = ErrorFacts { call: call.to_owned(), message, ..ErrorFacts::default() };
    OpError::Refused { retry: Retry::Never, facts }
}

/// A duration for people.
fn minutes(time: Duration) -> String {
    let seconds = time.as_secs();
    if seconds < 120 { format!("{seconds} s") } else { format!("{} min", seconds / 60) }
}
