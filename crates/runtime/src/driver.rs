//! The loop that carries an execution out. It decides nothing: the machine says what is next.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use bicoastal_engine::machine::{Execution, Step};
use bicoastal_model::provider::Gate;
use bicoastal_model::{OpError, Operation, Progress, Provider};
use futures_util::FutureExt;
use futures_util::stream::{FuturesUnordered, StreamExt};
use tracing::Instrument;

use crate::cancel::{Cancel, Level};
use crate::clock::Clock;
use crate::redact::Redactor;
use crate::store::{Lease, StoreError};

/// What happens while a plan is applied, as it happens.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum Event {
    /// An operation takes its first turn.
    Started {
        /// The operation.
        op: usize,
        /// What it does, for people: `create us-east-1/front`.
        what: String,
    },
    /// AWS accepted a call.
    Called {
        /// The operation.
        op: usize,
        /// The API operation.
        call: String,
    },
    /// AWS is at work.
    Waiting {
        /// The operation.
        op: usize,
        /// What is waited for.
        what: String,
    },
    /// A call failed; the machine says what comes of it.
    Trouble {
        /// The operation.
        op: usize,
        /// What went wrong.
        error: OpError,
    },
    /// An operation has come to its end, one way or the other: [`Ended`](Event::Ended) follows
    /// the record that makes it durable.
    Ended {
        /// The operation.
        op: usize,
        /// Whether everything that was asked is true.
        done: bool,
    },
}

/// Sees what happens while a plan is applied.
pub trait Observer: Send + Sync {
    /// Something happened.
    fn event(&self, event: &Event);
}

/// An observer that looks away.
#[derive(Clone, Copy, Debug)]
pub struct Quiet;

impl Observer for Quiet {
    fn event(&self, _event: &Event) {}
}

pub(crate) struct Driver<'d> {
    pub(crate) provider: &'d dyn Provider,
    pub(crate) lease: &'d dyn Lease,
    pub(crate) gate: Arc<dyn Gate>,
    pub(crate) clock: &'d Arc<dyn Clock>,
    pub(crate) observer: &'d dyn Observer,
    pub(crate) cancel: &'d Cancel,
}

/// What came of one thing that was under way.
enum Answer {
    /// A turn was taken.
    Turn(Result<Progress, OpError>),
    /// Its wait was given up: no turn was taken.
    Abandoned,
}

impl Driver<'_> {
    /// Carries the execution out until it is finished, stopped or aborted.
    ///
    /// # Errors
    ///
    /// Where state can't be written: nothing new is started then, what is under way is finished,
    /// and what could not be recorded is settled by the next run.
    pub(crate) async fn run(&self, execution: &mut Execution) -> Result<(), StoreError> {
        let mut under_way = FuturesUnordered::new();
        let mut started: BTreeSet<usize> = BTreeSet::new();
        let mut told_to_stop = false;
        let mut broken: Option<StoreError> = None;
        loop {
            if self.cancel.is_stopping() && !told_to_stop {
                told_to_stop = true;
                execution.cancel();
            }
            let step = if broken.is_some() { Step::Wait } else { execution.next() };
            match step {
                Step::Record(records) => {
                    let last = records.last().map_or(0, |(number, _)| *number);
                    match self.lease.append(&records).await {
                        Ok(()) => execution.recorded(last),
                        Err(error) => {
                            // Nothing can be recorded, so nothing may begin, and waiting is idle.
                            self.cancel.stop_waits();
                            execution.cancel();
                            told_to_stop = true;
                            broken = Some(error);
                        }
                    }
                }
                Step::Turn { op, operation, delay, what } => {
                    if started.insert(op) {
                        self.observer.event(&Event::Started { op, what: what.clone() });
                    }
                    let span = tracing::info_span!("operation", op, what = %what);
                    under_way.push(futures_util::future::Either::Left(
                        async move { (op, self.turn(operation, delay).await) }.instrument(span),
                    ));
                }
                Step::Pause { op, delay, reason } => {
                    self.observer.event(&Event::Waiting { op, what: reason });
                    under_way.push(futures_util::future::Either::Right(async move {
                        let answer = if self.wait(delay).await {
                            Answer::Turn(Ok(Progress::Done(Vec::new())))
                        } else {
                            Answer::Abandoned
                        };
                        (op, answer)
                    }));
                }
                Step::Wait => {
                    let next = tokio::select! {
                        biased;
                        () = self.cancel.reached(Level::Aborting) => break,
                        () = self.cancel.reached(Level::Stopping), if !told_to_stop => continue,
                        next = under_way.next() => next,
                    };
                    let Some((op, answer)) = next else { break };
                    self.answered(execution, op, answer);
                    // What else is answered by now is made durable together with it.
                    while let Some(Some((op, answer))) = under_way.next().now_or_never() {
                        self.answered(execution, op, answer);
                    }
                }
                Step::Finished => break,
            }
        }
        match broken {
            Some(error) => Err(error),
            None => Ok(()),
        }
    }

    fn answered(&self, execution: &mut Execution, op: usize, answer: Answer) {
        let turn = match answer {
            Answer::Abandoned => return execution.abandoned(op),
            Answer::Turn(turn) => turn,
        };
        match &turn {
            Ok(Progress::Called { call, .. }) => {
                self.observer.event(&Event::Called { op, call: call.clone() });
            }
            Ok(Progress::Waiting { what, .. }) => {
                self.observer.event(&Event::Waiting { op, what: what.clone() });
            }
            Ok(Progress::Done(_)) => {}
            Err(error) => {
                self.observer.event(&Event::Trouble { op, error: error.clone() });
            }
        }
        let done = matches!(turn, Ok(Progress::Done(_)));
        execution.at(self.clock.unix_ms());
        execution.answered(op, turn);
        let failed = execution.has_failed(op);
        // What is said to be gone too early is looked at again.
        if failed || done && execution.is_decided(op) {
            self.observer.event(&Event::Ended { op, done: !failed });
        }
    }

    /// One turn of an operation, after a delay. The pace of its calls is the provider's.
    async fn turn(&self, operation: Arc<Operation>, delay: Duration) -> Answer {
        if !self.wait(delay).await {
            return Answer::Abandoned;
        }
        let answered = self.provider.advance(&operation, &self.gate).await;
        Answer::Turn(Redactor::of(&operation).answer(answered))
    }

    /// Waits; `false` where it was told to stop meanwhile.
    async fn wait(&self, time: Duration) -> bool {
        if self.cancel.is_stopping() {
            return false;
        }
        if time.is_zero() {
            return true;
        }
        tokio::select! {
            biased;
            () = self.cancel.reached(Level::Stopping) => false,
            () = self.clock.sleep(time) => true,
        }
    }
}
