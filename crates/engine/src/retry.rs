//! When an operation is tried again, and for how long: by what the error says could have happened.
//!
//! Durations are sums of the delays handed out, so that they mean the same on virtual time.

use std::time::Duration;

use bicoastal_model::{OpError, Retry};

/// Why an operation takes another turn.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Class {
    /// Too fast.
    Throttled,
    /// The thing, or its parent, is busy with another change.
    Busy,
    /// Something just created is not known everywhere yet.
    NotYet,
    /// The token belongs to something that can't be seen: it may only not be visible yet.
    Spent,
    /// No connection was made.
    NotSent,
    /// No answer came: another turn reads what happened.
    InDoubt,
}

impl Class {
    /// Of an error; `None` where trying again is of no use.
    pub fn of(error: &OpError) -> Option<Self> {
        match error {
            OpError::NotSent(_) => Some(Self::NotSent),
            OpError::InDoubt(_) => Some(Self::InDoubt),
            OpError::Refused { retry, .. } => match retry {
                Retry::Never => None,
                Retry::Throttled => Some(Self::Throttled),
                Retry::Busy => Some(Self::Busy),
                Retry::NotYet => Some(Self::NotYet),
                Retry::Spent => Some(Self::Spent),
            },
        }
    }
}

/// How long after an accepted call its subject is read again. Most of AWS's control planes show a
/// change a moment after they took it; a read too early would have the same call made twice.
pub const SETTLE: Duration = Duration::from_secs(1);

/// How a class of errors is retried.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Policy {
    /// The first delay; each further one is twice as long.
    pub first: Duration,
    /// The longest delay.
    pub most: Duration,
    /// How much delay in all.
    pub budget: Duration,
    /// How many times in all.
    pub tries: u32,
}

/// The policy of a class.
///
/// A database may be busy with a maintenance or a backup for tens of minutes; IAM and Route 53
/// are consistent everywhere within two minutes by their own documentation, so three are enough
/// to see what is there, and what a token belongs to that was not seen for three is gone;
/// an unreachable region is given up after about a quarter of a minute, because the rest of the
/// plan has to go on without it.
pub const fn policy(class: Class) -> Policy {
    let (first, most, budget, tries) = match class {
        Class::Throttled => (1, 30, 10 * 60, u32::MAX),
        Class::Busy => (5, 30, 30 * 60, u32::MAX),
        Class::NotYet => (2, 15, 3 * 60, u32::MAX),
        Class::Spent => (5, 60, 3 * 60, u32::MAX),
        Class::NotSent => (2, 8, 60, 3),
        Class::InDoubt => (3, 3, 60, 5),
    };
    Policy {
        first: Duration::from_secs(first),
        most: Duration::from_secs(most),
        budget: Duration::from_secs(budget),
        tries,
    }
}

/// What was tried since something last went well.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Spent {
    /// How many times.
    pub tries: u32,
    /// How much delay.
    pub waited: Duration,
}

/// The delay before the next try, which is added to what is spent; `None` where the budget is
/// used up. `seed` spreads operations that failed at the same moment; the same seed, class and
/// try give the same delay.
pub fn backoff(class: Class, spent: &mut Spent, seed: u64) -> Option<Duration> {
    let policy = policy(class);
    if spent.tries >= policy.tries || spent.waited >= policy.budget {
        return None;
    }
    let doubled = policy.first.saturating_mul(1 << spent.tries.min(10));
    let delay = jitter(doubled.min(policy.most), seed, spent.tries);
    spent.tries += 1;
    spent.waited += delay;
    Some(delay)
}

/// Between nine and eleven tenths of a delay.
fn jitter(delay: Duration, seed: u64, tries: u32) -> Duration {
    let mut mixed = seed.wrapping_add(u64::from(tries)).wrapping_add(1);
    mixed = mixed.wrapping_mul(0x9e37_79b9_7f4a_7c15);
    mixed ^= mixed >> 29;
    mixed = mixed.wrapping_mul(0xbf58_476d_1ce4_e5b9);
    mixed ^= mixed >> 32;
    let tenths_of_percent = 900 + mixed % 201;
    let millis = u64::try_from(delay.as_millis()).unwrap_or(u64::MAX);
    Duration::from_millis(millis.saturating_mul(tenths_of_percent) / 1000)
}

#[cfg(test)]
mod tests {
    use expect_test::expect;

    use super::*;

    #[test]
    fn delays_grow_to_a_limit_and_end_with_the_budget() {
        let all = [
            Class::Throttled,
            Class::Busy,
            Class::NotYet,
            Class::Spent,
            Class::NotSent,
            Class::InDoubt,
        ];
        let lines = all.map(|class| {
            let mut spent = Spent::default();
            let mut delays = Vec::new();
            while let Some(delay) = backoff(class, &mut spent, 1) {
                delays.push(format!("{:.1}", delay.as_secs_f64()));
            }
            let (first, rest) = delays.split_at(delays.len().min(6));
            let (tries, waited) = (spent.tries, spent.waited.as_secs());
            format!(
                "{class:?}: {} … {} more, {tries} tries, {waited} s",
                first.join(" "),
                rest.len()
            )
        });
        expect![[r#"
            Throttled: 1.0 1.9 3.9 7.8 16.3 31.5 … 19 more, 25 tries, 625 s
            Busy: 5.0 9.5 19.7 29.1 30.5 31.5 … 57 more, 63 tries, 1819 s
            NotYet: 2.0 3.8 7.9 14.5 15.3 15.8 … 9 more, 15 tries, 194 s
            Spent: 5.0 9.5 19.7 38.8 61.1 63.0 … 0 more, 6 tries, 196 s
            NotSent: 2.0 3.8 7.9 … 0 more, 3 tries, 13 s
            InDoubt: 3.0 2.8 3.0 2.9 3.1 … 0 more, 5 tries, 14 s"#]]
        .assert_eq(&lines.join("\n"));
    }

    #[test]
    fn operations_that_fail_together_do_not_come_back_together() {
        let delays: std::collections::BTreeSet<Duration> = (0..20)
            .filter_map(|seed| backoff(Class::Throttled, &mut Spent::default(), seed))
            .collect();
        assert!(delays.len() > 15, "{delays:?}");
        for delay in delays {
            assert!((900..=1100).contains(&delay.as_millis()), "{delay:?}");
        }
    }
}
