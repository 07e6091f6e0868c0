//! The clock that waits go through: the system's, or a virtual one.

use std::fmt::Debug;
use std::time::Duration;

use bicoastal_model::provider::BoxFuture;

/// Where waits and the time come from. Virtual in tests and on the local cloud.
pub trait Clock: Send + Sync + Debug {
    /// Milliseconds since some fixed moment; never goes back.
    fn now_ms(&self) -> u64;

    /// Ends after `time` has passed.
    fn sleep<'a>(&'a self, time: Duration) -> BoxFuture<'a, ()>;
}

/// The machine's own clock.
#[derive(Debug)]
pub struct SystemClock {
    start: std::time::Instant,
}

impl SystemClock {
    /// Starts counting now.
    #[allow(clippy::disallowed_methods, reason = "this is the one place where real time comes in")]
    pub fn new() -> Self {
        Self { start: std::time::Instant::now() }
    }
}

impl Default for SystemClock {
    fn default() -> Self {
        Self::new()
    }
}

impl Clock for SystemClock {
    fn now_ms(&self) -> u64 {
        u64::try_from(self.start.elapsed().as_millis()).unwrap_or(u64::MAX)
    }

    #[allow(clippy::disallowed_methods, reason = "this is the one place where real time comes in")]
    fn sleep<'a>(&'a self, time: Duration) -> BoxFuture<'a, ()> {
        Box::pin(tokio::time::sleep(time))
    }
}
