//! How real time becomes virtual time in a served cloud.

use std::sync::{Mutex, PoisonError};
use std::task::Waker;
use std::time::Duration;

use tokio::time::Instant;

use crate::cloud::Cloud;

/// How long nothing must arrive before a wait that a client sent may move the time. Clients are
/// processes of their own: what they do between two requests cannot be seen, only waited for.
const PATIENCE: Duration = Duration::from_millis(5);

/// A cloud whose time flows.
#[derive(Debug)]
pub(super) struct Flow {
    cloud: Cloud,
    speed: u32,
    started: Instant,
    /// Virtual milliseconds that have flown.
    flown_ms: Mutex<i64>,
}

impl Flow {
    pub(super) fn new(cloud: Cloud, speed: u32) -> Self {
        Self { cloud, speed, started: Instant::now(), flown_ms: Mutex::new(0) }
    }

    pub(super) fn cloud(&self) -> &Cloud {
        &self.cloud
    }

    /// Lets the virtual time pass that is due by now.
    pub(super) fn catch_up(&self) {
        let due = self.started.elapsed().as_millis().saturating_mul(self.speed.into());
        let due = i64::try_from(due).unwrap_or(i64::MAX);
        let mut flown = self.flown_ms.lock().unwrap_or_else(PoisonError::into_inner);
        if due > *flown {
            self.cloud.advance(due - *flown);
            *flown = due;
        }
    }

    /// A client's wait: until its deadline has flown by, or until everybody waits and the earliest
    /// deadline is moved to.
    #[expect(clippy::disallowed_methods, reason = "clients are idle in real time")]
    pub(super) async fn sleep(&self, duration: Duration) {
        let mut sleep = self.cloud.sleep(duration);
        while let Some(scene) = sleep.register(Waker::noop()) {
            tokio::time::sleep(PATIENCE).await;
            sleep.jump_if_still(scene.activity);
            self.catch_up();
        }
    }
}
