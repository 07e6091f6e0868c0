//! Faults on request: what a test asks the cloud to do wrong.
//!
//! A [`Rule`] says which calls it is about, which of those it strikes, and with what [`Effect`].
//! Of several rules that strike one call, the one that was added first does. Rules are counted by
//! the order in which calls arrive and use no randomness: the same calls meet the same faults.

pub mod codes;
pub mod garble;
mod history;

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::call::{Call, Service};
use crate::cloud::Cloud;
pub(crate) use history::History;

/// What happens to a call.
///
/// In JSON: `"throttle"`, `{"server_error": 503}`, `{"answer": {"status": 400, "code": "…", "message": "…"}}`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Effect {
    /// Refused with the service's own throttling code; not carried out.
    Throttle,
    /// Refused with this status, 500 or 503, and the service's own code for it; not carried out.
    ServerError(u16),
    /// Refused as if the thing did not exist (yet), in the service's words; not carried out.
    NotFound,
    /// Refused with these words; not carried out.
    Answer {
        /// HTTP status.
        status: u16,
        /// The code on the wire.
        code: String,
        /// The message.
        message: String,
    },
    /// No connection is made. Served over HTTP, it is one that closes without an answer.
    RefuseConnection,
    /// No connection is made, which the caller learns after [`CONNECT_TIMEOUT_MS`] of virtual time.
    ConnectTimeout,
    /// The connection breaks before the call was carried out; the caller cannot know that.
    LoseRequest,
    /// The call is carried out and the connection breaks before the answer.
    LoseAnswer,
    /// The call never arrives and the caller waits for ever: the moment before a crash.
    HoldRequest,
    /// The call is carried out and the caller waits for ever: the moment before a crash.
    HoldAnswer,
    /// The call is carried out; its answer takes this many milliseconds of virtual time.
    Delay(u32),
    /// The call is carried out and answered with this status, 500 or 503, and the service's own
    /// code for it: the part of the service that answers knows nothing of the part that works.
    ServerErrorAfter(u16),
    /// A read is answered from the world as it was this many milliseconds ago: what was just made
    /// is not there yet, lists lag, changes do not show. A call that changes something meets the
    /// world as it is. Remembered from the moment when the rule is added.
    Stale(u32),
    /// The call is carried out and its answer is damaged on the way: cut, flipped, nested deep,
    /// emptied or shuffled, as this seed says (see [`garble::damaged`]).
    Malformed(u64),
    /// The call is carried out and its answer lacks every element of this name.
    Without(String),
}

/// How long a connection is attempted, the SDKs' own default.
pub const CONNECT_TIMEOUT_MS: u32 = 3_100;

/// Which calls meet which fault. Built from [`Rule::new`]; unset conditions hold for every call.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Rule {
    /// What happens to the calls that it strikes.
    pub effect: Effect,
    /// Only calls signed for this region (Route 53 and IAM are signed for `us-east-1`).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub region: Option<String>,
    /// Only calls to this service.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub service: Option<Service>,
    /// Only calls of this operation.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub operation: Option<String>,
    /// Only calls from this account.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub account: Option<String>,
    /// Only calls that change something, or only those that don't.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub mutating: Option<bool>,
    /// Of the calls it is about, this many pass first.
    #[serde(default)]
    pub skip: u64,
    /// It strikes this many times; `None` is for ever.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub times: Option<u64>,
    /// It strikes about this share (0 to 1) of the calls it is about.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rate: Option<f64>,
    /// Another seed strikes other calls at the same rate.
    #[serde(default)]
    pub seed: u64,
}

impl Rule {
    /// Every call meets this effect.
    pub fn new(effect: Effect) -> Self {
        Self {
            effect,
            region: None,
            service: None,
            operation: None,
            account: None,
            mutating: None,
            skip: 0,
            times: None,
            rate: None,
            seed: 0,
        }
    }

    /// Only in this region.
    #[must_use]
    pub fn region(mut self, region: impl Into<String>) -> Self {
        self.region = Some(region.into());
        self
    }

    /// Only of this service.
    #[must_use]
    pub fn service(mut self, service: Service) -> Self {
        self.service = Some(service);
        self
    }

    /// Only this operation.
    #[must_use]
    pub fn operation(mut self, operation: impl Into<String>) -> Self {
        self.operation = Some(operation.into());
        self
    }

    /// Only from this account.
    #[must_use]
    pub fn account(mut self, account: impl Into<String>) -> Self {
        self.account = Some(account.into());
        self
    }

    /// Only calls that change something.
    #[must_use]
    pub fn mutating(mut self) -> Self {
        self.mutating = Some(true);
        self
    }

    /// Only calls that change nothing.
    #[must_use]
    pub fn reading(mut self) -> Self {
        self.mutating = Some(false);
        self
    }

    /// Only the nth (from 1) of the calls it is about.
    #[must_use]
    pub fn nth(mut self, nth: u64) -> Self {
        self.skip = nth.saturating_sub(1);
        self.times = Some(1);
        self
    }

    /// At most this many times.
    #[must_use]
    pub fn times(mut self, times: u64) -> Self {
        self.times = Some(times);
        self
    }

    /// About this share (0 to 1) of the calls it is about.
    #[must_use]
    pub fn rate(mut self, rate: f64) -> Self {
        self.rate = Some(rate);
        self
    }

    /// Another choice of calls at the same rate.
    #[must_use]
    pub fn seed(mut self, seed: u64) -> Self {
        self.seed = seed;
        self
    }

    fn is_about(&self, call: &Call) -> bool {
        fn holds<T: PartialEq + ?Sized>(wanted: Option<&T>, is: &T) -> bool {
            wanted.is_none_or(|wanted| wanted == is)
        }
        holds(self.region.as_deref(), call.region.as_str())
            && holds(self.service.as_ref(), &call.service)
            && holds(self.operation.as_deref(), call.operation.as_str())
            && holds(self.account.as_deref(), call.account.as_str())
            && holds(self.mutating.as_ref(), &call.is_mutating())
    }

    /// Whether the rate strikes the nth call, from 1.
    fn falls_on(&self, nth: u64) -> bool {
        let Some(rate) = self.rate else { return true };
        let digest = Sha256::digest(format!("bicoastal-local rate {} {nth}", self.seed));
        let draw = digest.iter().take(6).fold(0_u64, |draw, byte| draw << 8 | u64::from(*byte));
        (draw as f64) < rate * (1_u64 << 48) as f64
    }
}

/// A rule and what it has met so far.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Standing {
    /// Its number, from [`Faults::add`].
    pub id: u64,
    /// The rule.
    pub rule: Rule,
    /// How many calls it was about.
    pub seen: u64,
    /// How many of them it struck.
    pub struck: u64,
}

/// The rules in force.
#[derive(Debug, Default)]
pub(crate) struct Rules {
    added: u64,
    standing: Vec<Standing>,
}

impl Rules {
    /// The effect on a call that arrives, if any. Counts the call.
    pub(crate) fn strike(&mut self, call: &Call) -> Option<Effect> {
        let mut effect = None;
        for standing in &mut self.standing {
            if !standing.rule.is_about(call) {
                continue;
            }
            standing.seen += 1;
            let strikes = effect.is_none()
                && standing.seen > standing.rule.skip
                && standing.rule.times.is_none_or(|times| standing.struck < times)
                && standing.rule.falls_on(standing.seen);
            if strikes {
                standing.struck += 1;
                effect = Some(standing.rule.effect.clone());
            }
        }
        effect
    }

    /// How far back in time a rule in force looks, in milliseconds.
    pub(crate) fn oldest_look(&self) -> Option<u32> {
        let looks = self.standing.iter().filter_map(|standing| match standing.rule.effect {
            Effect::Stale(ms) => Some(ms),
            _ => None,
        });
        looks.max()
    }
}

/// The faults of a cloud; from [`Cloud::faults`].
#[derive(Debug)]
pub struct Faults<'a>(pub(crate) &'a Cloud);

impl Faults<'_> {
    /// Puts a rule in force; returns its number.
    pub fn add(&self, rule: Rule) -> u64 {
        let core = &mut *self.0.core();
        core.rules.added += 1;
        let id = core.rules.added;
        core.rules.standing.push(Standing { id, rule, seen: 0, struck: 0 });
        core.history.remember(&core.world, core.rules.oldest_look());
        id
    }

    /// Takes a rule out of force; `false` where there is none of this number.
    pub fn remove(&self, id: u64) -> bool {
        let standing = &mut self.0.core().rules.standing;
        let before = standing.len();
        standing.retain(|rule| rule.id != id);
        standing.len() < before
    }

    /// Takes every rule out of force. Regions that are gone stay gone.
    pub fn clear(&self) {
        self.0.core().rules.standing.clear();
    }

    /// The rules in force, in the order of their adding.
    pub fn standing(&self) -> Vec<Standing> {
        self.0.core().rules.standing.clone()
    }

    /// A region is lost: every call that is signed for it finds nobody who listens, and services
    /// see it as lost too (a global database's members there lose their connection). Losing
    /// `us-east-1` takes the control planes of Route 53 and IAM along, which live there.
    /// What is there stays, and comes back with [`Faults::region_back`]. Part of the snapshot.
    pub fn region_gone(&self, region: &str) {
        self.0.with_world(|world| world.regions_gone.insert(region.to_owned()));
    }

    /// A lost region is back.
    pub fn region_back(&self, region: &str) {
        self.0.with_world(|world| world.regions_gone.remove(region));
    }
}
