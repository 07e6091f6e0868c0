//! Virtual time: it moves when somebody waits for it and nobody has anything else to do.
//!
//! Whoever sleeps registers a deadline, and lets the executor do everything else that is ready
//! before it is polled again. A sleeper that was polled [`IDLE_POLLS`] times without any call, new
//! sleep or awakening in between knows that everybody waits, and moves the time to the earliest
//! deadline, which need not be its own. On a current-thread runtime this is deterministic; on
//! several threads it still wakes everybody in the order of the deadlines.
//!
//! Every sleeper looks out in this way, not only the earliest: that one may sit in a stream or a
//! `select` that nobody polls until another sleeper is awake. For the same reason a sleeper that
//! was woken and not polled since makes the others wait longer ([`SLOW_POLLS`]), but not for ever.
//!
//! What happens outside the executor (a file written on another thread) is not seen. Who needs the
//! time to stand still meanwhile holds it with [`Cloud::hold_time`].

use std::collections::{BTreeMap, BTreeSet};
use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use crate::cloud::Cloud;

/// How many fruitless rounds through the executor mean that everybody waits. A chain of tasks that
/// wake one another without a call or a sleep may be this long before the time runs past it.
pub const IDLE_POLLS: u32 = 64;

/// How many fruitless rounds it takes while somebody who was woken has not been polled yet.
pub const SLOW_POLLS: u32 = 16 * IDLE_POLLS;

/// When a sleeper wakes, and which of those with one deadline lay down first.
type Key = (i64, u64);

/// Who sleeps, and whether anything happens.
#[derive(Debug, Default)]
pub(crate) struct Clock {
    sleepers: BTreeMap<Key, Waker>,
    /// Who is due and does not know it yet.
    woken: BTreeSet<Key>,
    registered: u64,
    /// Counts calls, new sleeps and awakenings.
    activity: u64,
    holds: usize,
}

impl Clock {
    /// Something happened: nobody may think that everybody waits.
    pub(crate) fn stir(&mut self) {
        self.activity += 1;
    }

    /// The earliest deadline, if the time may move there.
    pub(crate) fn next(&self) -> Option<i64> {
        if self.holds > 0 {
            return None;
        }
        self.sleepers.first_key_value().map(|((deadline_ms, _), _)| *deadline_ms)
    }

    fn scene(&self) -> Scene {
        Scene {
            activity: self.activity,
            held: self.holds > 0,
            rounds: if self.woken.is_empty() { IDLE_POLLS } else { SLOW_POLLS },
        }
    }

    /// A sleeper is up, or gone.
    fn forget(&mut self, key: Key) {
        self.sleepers.remove(&key);
        self.woken.remove(&key);
        self.stir();
    }

    /// Takes out whoever is due, in the order of their deadlines; to be woken outside the lock.
    pub(crate) fn due(&mut self, now_ms: i64) -> Vec<Waker> {
        let later = self.sleepers.split_off(&(now_ms.saturating_add(1), 0));
        let due = std::mem::replace(&mut self.sleepers, later);
        self.stir();
        self.woken.extend(due.keys());
        due.into_values().collect()
    }
}

/// What a sleeper sees when it turns over.
pub(crate) struct Scene {
    /// How much has happened so far.
    pub(crate) activity: u64,
    /// Somebody holds the time.
    held: bool,
    /// How many fruitless rounds allow the time to move.
    rounds: u32,
}

/// A wait on a cloud's virtual clock; made by [`Cloud::sleep`]. Needs no runtime.
#[derive(Debug)]
#[must_use = "a sleep that nobody awaits does not wait"]
pub struct Sleep {
    cloud: Cloud,
    deadline_ms: i64,
    key: Option<Key>,
    seen: u64,
    idle: u32,
}

impl Sleep {
    pub(crate) fn new(cloud: Cloud, duration: Duration) -> Self {
        // A part of a millisecond is a whole one, or a short wait would be no wait at all.
        let ms = i64::try_from(duration.as_nanos().div_ceil(1_000_000)).unwrap_or(i64::MAX);
        let deadline_ms = cloud.now().saturating_add(ms);
        Self { cloud, deadline_ms, key: None, seen: 0, idle: 0 }
    }

    /// Lies down, or turns over, and looks around; `None` where the deadline has come.
    /// `waker` is who is told of it.
    pub(crate) fn register(&mut self, waker: &Waker) -> Option<Scene> {
        let mut core = self.cloud.core();
        if core.world.now_ms >= self.deadline_ms {
            if let Some(key) = self.key.take() {
                core.clock.forget(key);
            }
            return None;
        }
        let key = *self.key.get_or_insert_with(|| {
            core.clock.registered += 1;
            core.clock.stir();
            (self.deadline_ms, core.clock.registered)
        });
        core.clock.sleepers.insert(key, waker.clone());
        Some(core.clock.scene())
    }

    /// Moves the time to the earliest deadline if nothing has happened since `activity`.
    pub(crate) fn jump_if_still(&self, activity: u64) {
        let mut core = self.cloud.core();
        let woken = if core.clock.activity == activity { core.jump() } else { Vec::new() };
        drop(core);
        wake(woken);
    }
}

impl Future for Sleep {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<()> {
        let Some(Scene { activity, held, rounds }) = self.register(context.waker()) else {
            return Poll::Ready(());
        };
        if self.seen == activity {
            self.idle += 1;
        } else {
            self.seen = activity;
            self.idle = 0;
        }
        if held {
            // Whoever lets go of the time wakes us.
            return Poll::Pending;
        }
        if self.idle >= rounds {
            self.jump_if_still(activity);
        } else if self.idle == IDLE_POLLS / 2 {
            // Another worker of the runtime may be stuck behind this one in the middle of a task.
            std::thread::yield_now();
        }
        context.waker().wake_by_ref();
        Poll::Pending
    }
}

impl Drop for Sleep {
    fn drop(&mut self) {
        if let Some(key) = self.key.take() {
            self.cloud.core().clock.forget(key);
        }
    }
}

/// While it lives, the time does not jump; made by [`Cloud::hold_time`].
#[derive(Debug)]
#[must_use = "the time is held only as long as this lives"]
pub struct TimeHold {
    cloud: Cloud,
}

impl TimeHold {
    pub(crate) fn new(cloud: Cloud) -> Self {
        cloud.core().clock.holds += 1;
        Self { cloud }
    }
}

impl Drop for TimeHold {
    fn drop(&mut self) {
        let mut core = self.cloud.core();
        core.clock.holds -= 1;
        core.clock.stir();
        let parked: Vec<Waker> = core.clock.sleepers.values().cloned().collect();
        drop(core);
        wake(parked);
    }
}

/// Wakes outside the lock: an executor may poll at once.
pub(crate) fn wake(wakers: Vec<Waker>) {
    wakers.into_iter().for_each(Waker::wake);
}
