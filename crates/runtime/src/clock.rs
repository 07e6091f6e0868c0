//! The clock that waits go through: the system's, or a virtual one.

use std::fmt::Debug;
use std::time::Duration;

use bicoastal_model::provider::BoxFuture;

/// Where waits and the time come from. Virtual in tests and on the local cloud.
pub trait Clock: Send + Sync + Debug {
    /// Milliseconds since some fixed moment; never goes back, and goes on while the machine is
    /// suspended: leases are measured with it.
    fn now_ms(&self) -> u64;

    /// Finds out what time it is, where somebody else tells it: without that, [`now_ms`] may be what
    /// was heard long ago.
    ///
    /// # Errors
    ///
    /// Where nobody tells, in words: nothing may be believed to last then.
    ///
    /// [`now_ms`]: Clock::now_ms
    fn look(&self) -> BoxFuture<'_, Result<(), String>> {
        Box::pin(std::future::ready(Ok(())))
    }

    /// Milliseconds since 1970, to be shown and written down. Clocks that count from there
    /// need not say it twice.
    fn unix_ms(&self) -> u64 {
        self.now_ms()
    }

    /// Ends after `time` has passed.
    fn sleep<'a>(&'a self, time: Duration) -> BoxFuture<'a, ()>;

    /// Whether its time is not the machine's, as far as is known by now.
    fn is_virtual(&self) -> bool {
        false
    }
}

/// The machine's own clock.
#[derive(Debug)]
pub struct SystemClock {
    start_ms: u64,
}

impl SystemClock {
    /// Starts counting now.
    pub fn new() -> Self {
        Self { start_ms: since_boot_ms() }
    }
}

impl Default for SystemClock {
    fn default() -> Self {
        Self::new()
    }
}

/// Time since some moment before this process, suspended time included. (The standard library's
/// `Instant` stops while a Linux machine or a Mac is suspended.)
#[cfg(unix)]
fn since_boot_ms() -> u64 {
    use rustix::time::{ClockId, clock_gettime};
    #[cfg(any(target_os = "linux", target_os = "android"))]
    let clock = ClockId::Boottime;
    // Of the others those that matter here count suspended time in this one.
    #[cfg(not(any(target_os = "linux", target_os = "android")))]
    let clock = ClockId::Monotonic;
    let now = clock_gettime(clock);
    let seconds = u64::try_from(now.tv_sec).unwrap_or(0);
    seconds * 1_000 + u64::try_from(now.tv_nsec).unwrap_or(0) / 1_000_000
}

#[cfg(not(unix))]
#[allow(clippy::disallowed_methods, reason = "this is the one place where real time comes in")]
fn since_boot_ms() -> u64 {
    use std::sync::OnceLock;
    static START: OnceLock<std::time::Instant> = OnceLock::new();
    let start = START.get_or_init(std::time::Instant::now);
    u64::try_from(start.elapsed().as_millis()).unwrap_or(u64::MAX)
}

impl Clock for SystemClock {
    fn now_ms(&self) -> u64 {
        since_boot_ms().saturating_sub(self.start_ms)
    }

    #[allow(clippy::disallowed_methods, reason = "this is the one place where real time comes in")]
    fn unix_ms(&self) -> u64 {
        let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
        since.map_or(0, |since| u64::try_from(since.as_millis()).unwrap_or(u64::MAX))
    }

    #[allow(clippy::disallowed_methods, reason = "this is the one place where real time comes in")]
    fn sleep<'a>(&'a self, time: Duration) -> BoxFuture<'a, ()> {
        Box::pin(tokio::time::sleep(time))
    }
}
