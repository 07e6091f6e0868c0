//! Stopping an apply: politely, then at once.

use tokio::sync::watch;

/// How far a cancellation has gone.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Level {
    Running,
    Stopping,
    Aborting,
}

/// Stops an apply. The first [`stop`](Cancel::stop) starts no new operation, abandons waits and
/// lets calls in flight finish and be recorded; [`abort`](Cancel::abort) (or a second `stop`)
/// returns at once: what was begun is in the journal and is settled by the next run.
#[derive(Clone, Debug)]
pub struct Cancel(watch::Sender<Level>);

impl Default for Cancel {
    fn default() -> Self {
        Self::new()
    }
}

impl Cancel {
    /// Nothing is cancelled yet.
    pub fn new() -> Self {
        Self(watch::Sender::new(Level::Running))
    }

    /// Asks to stop; asked a second time, aborts.
    pub fn stop(&self) {
        self.0.send_modify(|level| {
            *level = match level {
                Level::Running => Level::Stopping,
                Level::Stopping | Level::Aborting => Level::Aborting,
            }
        });
    }

    /// Gives waits up and starts nothing new, however often it is asked.
    pub(crate) fn stop_waits(&self) {
        self.0.send_modify(|level| *level = (*level).max(Level::Stopping));
    }

    /// Returns at once; calls in flight are left unanswered and are in doubt.
    pub fn abort(&self) {
        self.0.send_replace(Level::Aborting);
    }

    /// Whether it was asked to stop.
    pub fn is_stopping(&self) -> bool {
        *self.0.borrow() >= Level::Stopping
    }

    /// Ends when at least this level is reached.
    pub(crate) async fn reached(&self, level: Level) {
        let mut receiver = self.0.subscribe();
        // The sender lives in `self`, so the channel can't close while this runs.
        let _ = receiver.wait_for(|now| *now >= level).await;
    }
}
