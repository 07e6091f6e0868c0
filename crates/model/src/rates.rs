//! How fast AWS lets an account call a service: what plans compute with, and what calls are paced by.

use std::time::Duration;

/// A token bucket's size and the speed at which it fills.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Rate {
    /// Tokens in a full bucket: what passes at once after a pause.
    pub burst: f64,
    /// Tokens a second.
    pub per_second: f64,
}

impl Rate {
    const fn new(burst: f64, per_second: f64) -> Self {
        Self { burst, per_second }
    }

    /// The least milliseconds that so many tokens take from a full bucket.
    pub fn floor_ms(&self, tokens: u32) -> u64 {
        let beyond = (f64::from(tokens) - self.burst).max(0.0);
        // A plan's seconds are far from what a float can't hold.
        (beyond * 1_000.0 / self.per_second) as u64
    }
}

/// Record changes of Route 53. Besides requests AWS counts every single change against buckets of
/// which its documentation says that they exist and not how large they are: a full batch at once,
/// then a hundred a second, is what passes by experience, and what changes here if it does not.
pub const RECORD_CHANGES: Rate = Rate::new(1_000.0, 100.0);

/// Calls that change something, per account.
///
/// Conservative: what is documented, else what is known to pass. One at a time, because what a plan
/// says that it takes at least is computed with the same figures.
pub fn writes(service: &str) -> Rate {
    Rate::new(
        1.0,
        match service {
            // Five requests a second and account, documented under "Quotas" of Route 53. Reads have as
            // many besides, and both together are what its throttling page allows.
            "route53" => 5.0,
            // Not documented; writes are throttled above about five a second and account.
            "iam" => 5.0,
            // Not documented; instances and clusters are taken about two a second.
            "rds" => 2.0,
            // Control plane: CreateTable, UpdateTable and DeleteTable share about ten a second.
            "dynamodb" => 10.0,
            // Not documented; the mutating calls of a region share a bucket of about ten a second.
            "elasticloadbalancing" => 10.0,
            // Bucket operations: CreateBucket and the sub-configurations, about ten a second.
            "s3" => 10.0,
            // CreateKey and CreateAlias: five a second, documented under "Request quotas" of KMS.
            "kms" => 5.0,
            _ => 5.0,
        },
    )
}

/// Calls that change nothing, per account. They come in bursts, at the beginning of a plan.
pub fn reads(service: &str) -> Rate {
    match service {
        // Together with writes within the burst of fifty and the ten a second of all requests.
        "route53" => Rate::new(40.0, 5.0),
        // Tens a second, by experience.
        "iam" => Rate::new(50.0, 10.0),
        // Not documented, and well above this.
        _ => Rate::new(200.0, 50.0),
    }
}

/// What single operations allow less of than their service does, per account.
pub fn operation(service: &str, operation: &str) -> Option<Rate> {
    Some(match (service, operation) {
        ("route53", "CreateHostedZone") => Rate::new(40.0, 2.0),
        ("route53", "CreateHealthCheck") => Rate::new(50.0, 0.5),
        ("route53", "DeleteHealthCheck") => Rate::new(15.0, 3.0),
        ("dynamodb", "TagResource" | "UntagResource") => Rate::new(1.0, 5.0),
        ("dynamodb", "ListTagsOfResource") => Rate::new(10.0, 10.0),
        _ => return None,
    })
}

/// The least part of a rate that throttling brings a bucket down to.
const SLOWEST: f64 = 1.0 / 8.0;
/// The part of its rate that a bucket regains in a second without throttling.
const REGAINED: f64 = 1.0 / 20.0;

/// A token bucket that slows down where AWS throttles although it was kept to, because others use
/// the account as well: its rate is halved each time, and comes back step by step.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Bucket {
    limit: Rate,
    /// Tokens a second at present.
    pace: f64,
    /// What is left; below zero where it was taken in advance.
    tokens: f64,
    at_ms: u64,
}

impl Bucket {
    /// A full one.
    pub fn full(limit: Rate, now_ms: u64) -> Self {
        Self { limit, pace: limit.per_second, tokens: limit.burst, at_ms: now_ms }
    }

    /// Tokens a second at present.
    pub fn pace(&self) -> f64 {
        self.pace
    }

    /// Takes tokens: how long to wait before using them. More than the bucket holds is taken as a
    /// bucket full, as AWS does.
    pub fn take(&mut self, tokens: f64, now_ms: u64) -> Duration {
        self.fill(now_ms);
        self.tokens -= tokens.min(self.limit.burst);
        Duration::from_secs_f64((-self.tokens).max(0.0) / self.pace)
    }

    /// AWS throttled: whoever comes next waits, and all go slower for a while.
    pub fn throttled(&mut self, now_ms: u64) {
        self.fill(now_ms);
        self.tokens = self.tokens.min(0.0);
        self.pace = (self.pace / 2.0).max(self.limit.per_second * SLOWEST);
    }

    fn fill(&mut self, now_ms: u64) {
        let passed = now_ms.saturating_sub(self.at_ms) as f64 / 1_000.0;
        self.tokens = (self.tokens + passed * self.pace).min(self.limit.burst);
        let regained = passed * self.limit.per_second * REGAINED;
        self.pace = (self.pace + regained).min(self.limit.per_second);
        self.at_ms = self.at_ms.max(now_ms);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_burst_then_the_rate() {
        let mut bucket = Bucket::full(Rate::new(3.0, 2.0), 0);
        let waits: Vec<u128> = (0..6).map(|_| bucket.take(1.0, 0).as_millis()).collect();
        assert_eq!(waits, [0, 0, 0, 500, 1_000, 1_500]);
        // After the debt is worked off, the burst is back.
        assert_eq!(bucket.take(1.0, 60_000).as_millis(), 0);
    }

    #[test]
    fn throttling_halves_the_pace_and_time_brings_it_back() {
        // What happens at which millisecond, and what is waited and the pace afterwards.
        let mut bucket = Bucket::full(Rate::new(1.0, 8.0), 0);
        let mut seen = Vec::new();
        for (at_ms, throttled) in [
            (0, false),
            (0, true),
            (0, true),
            (0, true),
            (0, true),
            (0, true),
            (5_000, false),
            (10_000, false),
            (20_000, false),
            (60_000, false),
        ] {
            if throttled {
                bucket.throttled(at_ms);
                seen.push(format!("{at_ms} throttled: {:.2}/s", bucket.pace()));
            } else {
                let wait = bucket.take(1.0, at_ms).as_millis();
                seen.push(format!("{at_ms} wait {wait}: {:.2}/s", bucket.pace()));
            }
        }
        expect_test::expect![[r#"
            0 wait 0: 8.00/s
            0 throttled: 4.00/s
            0 throttled: 2.00/s
            0 throttled: 1.00/s
            0 throttled: 1.00/s
            0 throttled: 1.00/s
            5000 wait 0: 3.00/s
            10000 wait 0: 5.00/s
            20000 wait 0: 8.00/s
            60000 wait 0: 8.00/s"#]]
        .assert_eq(&seen.join("\n"));
    }

    #[test]
    fn a_batch_larger_than_the_bucket_empties_it() {
        let mut bucket = Bucket::full(RECORD_CHANGES, 0);
        assert_eq!(bucket.take(5_000.0, 0).as_secs(), 0);
        assert_eq!(bucket.take(500.0, 0).as_secs(), 5);
    }

    #[test]
    fn a_floor_is_what_a_full_bucket_does_not_cover() {
        assert_eq!(writes("route53").floor_ms(1), 0);
        assert_eq!(writes("route53").floor_ms(11), 2_000);
        assert_eq!(RECORD_CHANGES.floor_ms(9_998), 89_980);
    }
}
