//! Why a run ended without doing what it was asked.

use bicoastal_model::{Diagnostic, Diagnostics};
use bicoastal_runtime::{Error, StoreError};
use serde_json::{Value, json};

/// What went wrong, in words; hints are lines of their own.
#[derive(Debug)]
pub(crate) enum Failure {
    /// Everything that is wrong with the program.
    Program(Vec<Diagnostic>),
    /// Anything else.
    Told(String),
}

impl Failure {
    pub(crate) fn new(message: impl Into<String>) -> Self {
        Self::Told(message.into())
    }

    /// With the next step.
    pub(crate) fn with_hint(message: impl std::fmt::Display, hint: impl std::fmt::Display) -> Self {
        Self::Told(format!("{message}\n  hint: {hint}"))
    }

    /// The whole text, each error with its `error:`.
    pub(crate) fn text(&self) -> String {
        match self {
            Self::Program(found) => {
                let found: Vec<String> = found.iter().map(ToString::to_string).collect();
                found.join("\n")
            }
            Self::Told(message) => format!("error: {message}"),
        }
    }

    /// The same for scripts: `{"error":{"message",…}}`.
    pub(crate) fn json(&self) -> Value {
        match self {
            Self::Program(found) => json!({
                "error": { "message": "the program is wrong", "diagnostics": found }
            }),
            Self::Told(message) => {
                let (said, hints): (Vec<&str>, Vec<&str>) =
                    message.lines().partition(|line| !line.trim_start().starts_with("hint: "));
                let hints: Vec<&str> =
                    hints.iter().map(|it| it.trim_start().trim_start_matches("hint: ")).collect();
                json!({ "error": { "message": said.join("\n"), "hints": hints } })
            }
        }
    }
}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        match error.diagnostics() {
            Some(Diagnostics(found)) => Self::Program(found.clone()),
            None => Self::Told(error.to_string()),
        }
    }
}

impl From<Diagnostics> for Failure {
    fn from(Diagnostics(found): Diagnostics) -> Self {
        Self::Program(found)
    }
}

impl From<StoreError> for Failure {
    fn from(error: StoreError) -> Self {
        Self::Told(error.to_string())
    }
}
