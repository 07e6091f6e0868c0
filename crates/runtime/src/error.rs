//! Why an engine could not do what it was asked.

use bicoastal_engine::plan::Plan;
use bicoastal_model::{Diagnostics, OpError};

use crate::store::StoreError;

/// An error of the engine. What was done before it is recorded.
#[derive(Debug, thiserror::Error)]
#[error(transparent)]
pub struct Error(#[from] Kind);

#[derive(Debug, thiserror::Error)]
pub(crate) enum Kind {
    #[error("{0}")]
    Program(Diagnostics),
    #[error("{0}")]
    Store(StoreError),
    #[error("{error}{}", hint(.error))]
    Cloud { error: OpError },
    #[error("{0}")]
    Stale(String),
    #[error("{0}")]
    Unseen(String),
    #[error("{0}")]
    Other(String),
}

fn hint(error: &OpError) -> String {
    error.facts().hint.as_ref().map(|hint| format!("\n  hint: {hint}")).unwrap_or_default()
}

impl Error {
    /// The program, or what it asks for, is wrong: nothing was called.
    pub fn is_program(&self) -> bool {
        matches!(self.0, Kind::Program(_))
    }

    /// State could not be read or written, or is held by another run.
    pub fn is_state(&self) -> bool {
        matches!(self.0, Kind::Store(_))
    }

    /// State is there and can't be believed: it is damaged, or of a newer version.
    pub fn is_damaged(&self) -> bool {
        matches!(self.0, Kind::Store(StoreError::Damaged(_)))
    }

    /// Another run holds the stack.
    pub fn is_held(&self) -> bool {
        matches!(self.0, Kind::Store(StoreError::Held(_)))
    }

    /// Another run took the stack over from this one, which was not heard of for too long.
    pub fn is_lost(&self) -> bool {
        matches!(self.0, Kind::Store(StoreError::Lost(_)))
    }

    /// A saved plan no longer fits: the state or the cloud moved.
    pub fn is_stale_plan(&self) -> bool {
        matches!(self.0, Kind::Stale(_))
    }

    /// AWS refused, or could not be reached, before anything was planned.
    pub fn is_cloud(&self) -> bool {
        matches!(self.0, Kind::Cloud { .. } | Kind::Unseen(_))
    }

    /// All that is wrong with the program, where that is the reason.
    pub fn diagnostics(&self) -> Option<&Diagnostics> {
        match &self.0 {
            Kind::Program(diagnostics) => Some(diagnostics),
            _ => None,
        }
    }

    pub(crate) fn stale(plan: &Plan, why: impl Into<String>) -> Self {
        Self(Kind::Stale(format!(
            "the plan of stack '{}' is stale: {}; nothing was done\n  hint: plan again, look at it, and apply that",
            plan.stack,
            why.into()
        )))
    }

    pub(crate) fn unseen(unseen: &[bicoastal_engine::plan::Unseen]) -> Self {
        let list: Vec<String> =
            unseen.iter().map(|it| format!("  {}: {}", it.id, it.error)).collect();
        Self(Kind::Unseen(format!(
            "not everything could be seen:\n{}\n  hint: go on without it with --without-unseen, or try again later",
            list.join("\n")
        )))
    }

    pub(crate) fn other(message: impl Into<String>) -> Self {
        Self(Kind::Other(message.into()))
    }
}

impl From<Diagnostics> for Error {
    fn from(diagnostics: Diagnostics) -> Self {
        Self(Kind::Program(diagnostics))
    }
}

impl From<StoreError> for Error {
    fn from(error: StoreError) -> Self {
        Self(Kind::Store(error))
    }
}

impl From<OpError> for Error {
    fn from(error: OpError) -> Self {
        Self(Kind::Cloud { error })
    }
}
