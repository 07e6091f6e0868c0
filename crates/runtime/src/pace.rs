//! Rate limits: one bucket per service and account, shared by everything that an engine runs.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

/// Calls per second and burst of one bucket.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Rate {
    /// Calls per second.
    pub(crate) per_second: f64,
    /// Calls at once after a pause.
    pub(crate) burst: f64,
}

/// Token buckets, filled by the clock that is passed in.
#[derive(Debug, Default)]
pub(crate) struct Pace {
    /// Per bucket: tokens left (may be negative: taken in advance) and when that was.
    buckets: Mutex<BTreeMap<String, (f64, u64)>>,
}

impl Pace {
    /// Takes a token from a bucket: how long to wait before using it.
    pub(crate) fn take(&self, bucket: &str, rate: Rate, now_ms: u64) -> Duration {
        let mut buckets = self.buckets.lock().unwrap_or_else(PoisonError::into_inner);
        let (tokens, at) = buckets.entry(bucket.to_owned()).or_insert((rate.burst, now_ms));
        let passed = now_ms.saturating_sub(*at) as f64 / 1_000.0;
        *tokens = (*tokens + passed * rate.per_second).min(rate.burst) - 1.0;
        *at = now_ms;
        Duration::from_secs_f64((-*tokens).max(0.0) / rate.per_second)
    }

    /// Empties a bucket: AWS throttled although we kept to the rate (somebody else uses the account).
    pub(crate) fn drain(&self, bucket: &str, now_ms: u64) {
        let mut buckets = self.buckets.lock().unwrap_or_else(PoisonError::into_inner);
        let (tokens, at) = buckets.entry(bucket.to_owned()).or_insert((0.0, now_ms));
        *tokens = tokens.min(0.0);
        *at = now_ms;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_burst_then_the_rate() {
        let pace = Pace::default();
        let rate = Rate { per_second: 2.0, burst: 3.0 };
        let waits: Vec<u128> = (0..6).map(|_| pace.take("route53", rate, 0).as_millis()).collect();
        assert_eq!(waits, [0, 0, 0, 500, 1_000, 1_500]);
        // After the debt is worked off, the burst is back.
        assert_eq!(pace.take("route53", rate, 60_000).as_millis(), 0);
    }

    #[test]
    fn throttled_by_others_means_no_burst() {
        let pace = Pace::default();
        let rate = Rate { per_second: 2.0, burst: 3.0 };
        pace.drain("iam", 0);
        assert_eq!(pace.take("iam", rate, 0).as_millis(), 500);
    }
}
