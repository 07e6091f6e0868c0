//! What can go wrong with a call, and the one question that matters: could it have happened?

use std::fmt;

use serde::{Deserialize, Serialize};

/// The facts of a failed call.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ErrorFacts {
    /// The API operation: `CreateHostedZone`.
    pub call: String,
    /// The service's signing name: `route53`.
    pub service: String,
    /// The region called.
    pub region: String,
    /// The code on the wire, where AWS answered: `Throttling`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub code: Option<String>,
    /// What AWS, or the connector, said.
    pub message: String,
    /// AWS's request id.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub request_id: Option<String>,
    /// What to do about it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub hint: Option<String>,
    /// Of a refused batch: the members that were at fault (by position), with AWS's words.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub offenders: Vec<(usize, String)>,
}

impl fmt::Display for ErrorFacts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {} in {}: ", self.service, self.call, self.region)?;
        if let Some(code) = &self.code {
            write!(f, "{code}: ")?;
        }
        f.write_str(&self.message)?;
        if let Some(id) = &self.request_id {
            write!(f, " (request {id})")?;
        }
        Ok(())
    }
}

/// Whether, and how, a refused call may be sent again.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Retry {
    /// It will be refused again.
    Never,
    /// Too fast: back off.
    Throttled,
    /// The thing, or its parent, is busy with another change: minutes.
    Busy,
    /// Something just created is not known everywhere yet: up to two minutes.
    NotYet,
    /// The token that was sent belongs to something else: to a thing that is not visible yet, or
    /// to one that was deleted and is remembered. After a while only another token will do.
    Spent,
}

/// Why an operation on AWS did not do what was asked.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
#[serde(rename_all = "snake_case")]
pub enum OpError {
    /// No connection was made: nothing can have happened.
    #[error("{0}")]
    NotSent(ErrorFacts),
    /// AWS answered and refused: nothing happened.
    #[error("{facts}")]
    Refused {
        /// Whether it may be sent again.
        retry: Retry,
        /// What was said.
        facts: ErrorFacts,
    },
    /// The call went out and no answer came: it may have happened. Settled by reading.
    #[error("{0}")]
    InDoubt(ErrorFacts),
}

impl OpError {
    /// The facts.
    pub fn facts(&self) -> &ErrorFacts {
        match self {
            Self::NotSent(facts) | Self::InDoubt(facts) | Self::Refused { facts, .. } => facts,
        }
    }

    /// The facts, to add to.
    pub fn facts_mut(&mut self) -> &mut ErrorFacts {
        match self {
            Self::NotSent(facts) | Self::InDoubt(facts) | Self::Refused { facts, .. } => facts,
        }
    }

    /// Whether nothing of the service answered: the region may be gone.
    pub fn is_unreachable(&self) -> bool {
        matches!(self, Self::NotSent(_) | Self::InDoubt(_))
    }

    /// The code on the wire, if AWS answered.
    pub fn code(&self) -> Option<&str> {
        self.facts().code.as_deref()
    }
}
