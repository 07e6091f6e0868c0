//! Where the changes of a table are sent besides its stream.

use bicoastal_model::{Input, Region};
use serde::{Deserialize, Serialize};

/// How exactly a record says when its change was made.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TimestampPrecision {
    /// To the thousandth of a second.
    Millisecond,
    /// To the millionth of a second.
    Microsecond,
}

/// The Kinesis data stream that gets the changes of one replica, copied writes included.
///
/// AWS copies nothing of it from replica to replica. Another stream means that the old one is let go
/// before the new one is taken: what changes in between is in neither. Where none is declared for any
/// replica, none is asked for.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct KinesisDestination {
    /// Which replica.
    pub region: Region,
    /// The ARN of the stream, in the replica's region and account.
    pub stream: Input<String>,
    /// How exactly records tell the time. Nothing where it is AWS's to choose.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub precision: Option<TimestampPrecision>,
}

impl KinesisDestination {
    /// The stream that gets the changes of a region's replica, with times as AWS chooses.
    pub fn new(region: Region, stream: impl Into<Input<String>>) -> Self {
        Self { region, stream: stream.into(), precision: None }
    }

    /// The same with times of this precision.
    #[must_use]
    pub fn precision(mut self, precision: TimestampPrecision) -> Self {
        self.precision = Some(precision);
        self
    }
}

/// A stream that gets changes, or did until lately.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct DestinationFacts {
    pub(super) stream: String,
    /// AWS's word: `ENABLING`, `ACTIVE`, `UPDATING`, `DISABLING`, `DISABLED` or `ENABLE_FAILED`.
    pub(super) status: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) precision: Option<TimestampPrecision>,
    /// Why it failed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) words: Option<String>,
}

impl DestinationFacts {
    /// Whether it gets changes, or is about to.
    pub(super) fn is_on(&self) -> bool {
        matches!(self.status.as_str(), "ENABLING" | "ACTIVE" | "UPDATING")
    }
}
