//! Who changes a stack: the lease as a document, the same in every store.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::cancel::{Cancel, Level};
use crate::clock::Clock;
use crate::store::StoreError;

/// The format of lease documents that this version writes.
const FORMAT: u32 = 1;

/// How long a lease lasts unless it is renewed, where the store can't see a process end.
pub const LENGTH: Duration = Duration::from_secs(90);

/// How often a lease is renewed: often enough that a few renewals may fail.
pub const RENEWAL: Duration = Duration::from_secs(15);

/// How long a taker waits past the end of a lease before it reads again and takes it: as long as
/// a call that was let through at the last moment may be under way.
pub const GRACE: Duration = Duration::from_secs(30);

/// A lease as it is written down.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LeaseNote {
    /// The format it was written in.
    pub format: u32,
    /// The fencing token: grows with every lease of the stack, and is never given twice.
    pub token: u64,
    /// A random text: which run holds it.
    pub owner: String,
    /// The host that the run is on.
    pub host: String,
    /// The number of its process there.
    pub process: u32,
    /// What it does: `apply`.
    pub purpose: String,
    /// Since when, in milliseconds since 1970 by the holder's clock.
    pub taken_at_ms: u64,
    /// Until when, unless it is renewed. `None` where it lasts as long as its process.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expires_at_ms: Option<u64>,
    /// How long it lasts from each renewal, in milliseconds; 0 where it lasts as long as its
    /// process.
    #[serde(default)]
    pub length_ms: u64,
    /// How often it was renewed.
    #[serde(default)]
    pub renewals: u64,
    /// Its holder has given it up.
    #[serde(default)]
    pub released: bool,
}

impl LeaseNote {
    /// A lease of this process, after the one with the token `before` (0: there was none).
    ///
    /// # Errors
    ///
    /// Where the system has no randomness.
    pub fn take(
        purpose: &str,
        before: u64,
        now_ms: u64,
        length: Option<Duration>,
    ) -> Result<Self, StoreError> {
        let mut random = [0u8; 8];
        getrandom::fill(&mut random)
            .map_err(|error| StoreError::Io(format!("no randomness from the system: {error}")))?;
        Ok(Self {
            format: FORMAT,
            token: before.saturating_add(1),
            owner: random.iter().map(|byte| format!("{byte:02x}")).collect(),
            host: host(),
            process: std::process::id(),
            purpose: purpose.to_owned(),
            taken_at_ms: now_ms,
            expires_at_ms: length.map(|length| now_ms.saturating_add(millis(length))),
            length_ms: length.map_or(0, millis),
            renewals: 0,
            released: false,
        })
    }

    /// The same, renewed.
    #[must_use]
    pub fn renewed(&self, now_ms: u64) -> Self {
        Self {
            expires_at_ms: self.expires_at_ms.map(|_| now_ms.saturating_add(self.length_ms)),
            renewals: self.renewals.saturating_add(1),
            ..self.clone()
        }
    }

    /// The same, given up.
    #[must_use]
    pub fn released(&self) -> Self {
        Self { released: true, ..self.clone() }
    }

    /// As bytes.
    pub fn encode(&self) -> Vec<u8> {
        // It holds nothing that JSON can't say.
        let mut bytes = serde_json::to_vec_pretty(self).unwrap_or_default();
        bytes.push(b'\n');
        bytes
    }

    /// From bytes; `place` is where they were found.
    ///
    /// # Errors
    ///
    /// Where they are no lease, or one of a newer version.
    pub fn decode(bytes: &[u8], place: &str) -> Result<Self, StoreError> {
        #[derive(Deserialize)]
        struct Format {
            format: u32,
        }
        let damaged = |error: serde_json::Error| {
            StoreError::Damaged(format!(
                "{place} is damaged: it is not a lease: {error}\n  hint: if no run is at work on the stack, delete it; it holds no state"
            ))
        };
        let Format { format } = serde_json::from_slice(bytes).map_err(damaged)?;
        if format > FORMAT {
            return Err(StoreError::newer(place, format, FORMAT));
        }
        serde_json::from_slice(bytes).map_err(damaged)
    }

    /// Whether both are leases of one run.
    pub fn same_holder(&self, other: &Self) -> bool {
        self.token == other.token && self.owner == other.owner
    }

    /// That somebody else holds the stack.
    pub fn held(&self, stack: &str) -> StoreError {
        StoreError::Held(format!(
            "the stack '{stack}' is being changed by another run: {self}; nothing was done\n  hint: wait until it is done, or say --wait; its lease ends by itself when its process is gone"
        ))
    }

    /// That somebody else took the stack from its former holder.
    pub fn lost(&self, stack: &str) -> StoreError {
        let state = if self.released { "was taken, and given up again," } else { "was taken" };
        StoreError::Lost(format!(
            "the lease of the stack '{stack}' has ended and {state} by another run: {self}; this run has stopped: it records nothing and calls nothing any more\n  hint: what it had begun is recorded, and settled by the run that took over; plan again to see how things stand"
        ))
    }
}

impl fmt::Display for LeaseNote {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} on {}, process {}", self.purpose, self.host, self.process)?;
        write!(f, ", since {}", Utc(self.taken_at_ms))?;
        match self.expires_at_ms {
            Some(expiry) => write!(f, ", until {} unless it is renewed", Utc(expiry)),
            None => f.write_str(", until its process ends"),
        }
    }
}

/// What a lease is asked for.
#[derive(Clone)]
pub struct Ask {
    /// What for: `apply`.
    pub purpose: String,
    /// How long to wait for a holder that is at work. A lease that is not renewed any more is
    /// waited out in any case.
    pub wait: Duration,
    /// Is told once, where there is a holder to wait for.
    pub told: Option<Told>,
    /// A place that the state has moved away from is good too: for moving it back.
    pub moved: bool,
    /// Stops the waiting.
    pub cancel: Option<Cancel>,
}

/// Hears who holds a stack that is waited for.
pub type Told = Arc<dyn Fn(&LeaseNote) + Send + Sync>;

impl Ask {
    /// For a purpose, without waiting for a holder that is at work.
    pub fn new(purpose: impl Into<String>) -> Self {
        Self {
            purpose: purpose.into(),
            wait: Duration::ZERO,
            told: None,
            moved: false,
            cancel: None,
        }
    }

    /// Waits before the stack is asked for again.
    ///
    /// # Errors
    ///
    /// Once it is cancelled: then nothing was taken.
    pub async fn pause(
        &self,
        clock: &dyn Clock,
        stack: &str,
        time: Duration,
    ) -> Result<(), StoreError> {
        let cancelled = async {
            match &self.cancel {
                Some(cancel) => cancel.reached(Level::Stopping).await,
                None => std::future::pending().await,
            }
        };
        tokio::select! {
            biased;
            () = cancelled => Err(StoreError::Held(format!(
                "another run is changing the stack '{stack}', and is not waited for any more; nothing was done"
            ))),
            () = clock.sleep(time) => Ok(()),
        }
    }
}

impl fmt::Debug for Ask {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Ask").field("purpose", &self.purpose).field("wait", &self.wait).finish()
    }
}

#[cfg(unix)]
fn host() -> String {
    rustix::system::uname().nodename().to_string_lossy().into_owned()
}

#[cfg(not(unix))]
fn host() -> String {
    "this host".to_owned()
}

/// Whole milliseconds.
pub fn millis(time: Duration) -> u64 {
    u64::try_from(time.as_millis()).unwrap_or(u64::MAX)
}

/// Milliseconds since 1970 as a date for people: `2026-11-22 23:58:00 UTC`.
struct Utc(u64);

impl fmt::Display for Utc {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let seconds = self.0 / 1_000;
        let (mut day, time) = (seconds / 86_400, seconds % 86_400);
        let leap = |year: u64| {
            year.is_multiple_of(4) && (!year.is_multiple_of(100) || year.is_multiple_of(400))
        };
        // The calendar is the same every 400 years: nothing says that a clock is right.
        let mut year = 1970 + day / 146_097 * 400;
        day %= 146_097;
        while day >= 365 + u64::from(leap(year)) {
            day -= 365 + u64::from(leap(year));
            year += 1;
        }
        let mut month = 1;
        for days in [31, 28 + u64::from(leap(year)), 31, 30, 31, 30, 31, 31, 30, 31, 30] {
            if day < days {
                break;
            }
            day -= days;
            month += 1;
        }
        let (hour, minute, second) = (time / 3_600, time / 60 % 60, time % 60);
        write!(f, "{year:04}-{month:02}-{:02} {hour:02}:{minute:02}:{second:02} UTC", day + 1)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_are_those_of_the_calendar() {
        for (ms, date) in [
            (0, "1970-01-01 00:00:00 UTC"),
            (951_782_399_999, "2000-02-28 23:59:59 UTC"),
            (951_782_400_000, "2000-02-29 00:00:00 UTC"),
            (951_868_800_000, "2000-03-01 00:00:00 UTC"),
            (1_795_391_880_000, "2026-11-22 23:58:00 UTC"),
            (4_102_444_799_000, "2099-12-31 23:59:59 UTC"),
        ] {
            assert_eq!(Utc(ms).to_string(), date);
        }
    }

    #[test]
    fn a_lease_is_read_back_and_a_newer_one_is_refused() {
        let note = LeaseNote::take("apply", 4, 1_000, Some(LENGTH)).unwrap();
        assert_eq!((note.token, note.expires_at_ms), (5, Some(91_000)));
        assert_eq!(LeaseNote::decode(&note.encode(), "x"), Ok(note.clone()));
        let newer = LeaseNote { format: 9, ..note.clone() };
        let words = LeaseNote::decode(&newer.encode(), "x").unwrap_err().to_string();
        assert!(words.contains("newer version"), "{words}");
        assert!(LeaseNote::decode(b"{", "x").is_err());
        assert!(note.renewed(2_000).same_holder(&note));
        assert!(!LeaseNote::take("apply", 4, 1_000, None).unwrap().same_holder(&note));
    }
}
