//! What is written to the journal, one entry at a time, before it is relied on.

use bicoastal_model::{Fields, Ids, OpError, Packed, Place, ResourceId, Word};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::state::{Key, LookedUp, Verb};

/// One thing of an operation that begins.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Begun {
    /// Which.
    pub key: Key,
    /// Its kind.
    pub kind: Word,
    /// Where.
    pub place: Place,
    /// The id it was born with.
    pub born: ResourceId,
    /// Its token.
    pub token: Word,
    /// AWS's id for it, where known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub physical: Option<String>,
    /// What is done to it.
    pub verb: Verb,
    /// What is to be true (none for a delete); every reference resolved, secrets as digests.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub wanted: Option<Packed>,
    /// What it must come after.
    #[serde(default, skip_serializing_if = "Ids::is_empty")]
    pub edges: Ids,
    /// Whether it is protected.
    #[serde(default)]
    pub protected: bool,
    /// Whether it is retained.
    #[serde(default)]
    pub retained: bool,
}

/// How an operation ended for one thing.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Ended {
    /// It is there, as wanted.
    Present {
        /// AWS's id for it.
        physical: String,
        /// Its outputs.
        outputs: Fields,
    },
    /// It is gone.
    Gone,
    /// It failed; nothing was changed by it that the cloud would not show, so what was applied
    /// before stands, plus what it was about to set.
    Failed(OpError),
    /// It failed before anything can have happened: as if it had not begun.
    NotBegun(OpError),
}

/// One entry of the journal.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Record {
    /// The first entry: whose journal this is.
    Opened {
        /// The stack.
        stack: String,
        /// Its lineage.
        lineage: String,
    },
    /// An account is bound to the stack.
    Account {
        /// The program's name for it (`""`: the default one).
        name: String,
        /// Its number.
        number: String,
    },
    /// An operation begins: durable before its first call.
    Begin {
        /// Its number: grows with every begin of a journal.
        op: u64,
        /// What it is about.
        members: Vec<Begun>,
    },
    /// AWS gave something its id in the course of an operation.
    Named {
        /// The operation.
        op: u64,
        /// Which thing.
        key: Key,
        /// AWS's id for it.
        physical: String,
    },
    /// An operation ends: durable before anything that depends on it begins. One result per
    /// member, in order.
    End {
        /// Its number.
        op: u64,
        /// The results.
        results: Vec<Ended>,
        /// When, in milliseconds since 1970, by the clock of the run.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        at_ms: Option<u64>,
    },
    /// What is there was seen to be what is wanted, or to have other outputs: no call was needed.
    Noted {
        /// Which thing.
        key: Key,
        /// AWS's id for it, where that is recorded otherwise or not at all.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        physical: Option<String>,
        /// What counts as applied from now on; secrets as digests.
        applied: Packed,
        /// Its outputs.
        outputs: Fields,
        /// What it must come after.
        edges: Ids,
        /// Whether it is protected.
        protected: bool,
        /// Whether it is retained.
        retained: bool,
    },
    /// Another incarnation takes its place.
    Superseded {
        /// Which thing.
        key: Key,
    },
    /// It is in use again: the program went back to what it was, and it is still there.
    Restored {
        /// Which thing.
        key: Key,
    },
    /// It is gone, and it was not us; or it is to be left alone.
    Forgotten {
        /// Which thing.
        key: Key,
        /// Why.
        reason: String,
    },
    /// It has another logical id from now on.
    Moved {
        /// The former id.
        from: ResourceId,
        /// The new one.
        to: ResourceId,
    },
    /// Its protection was set or lifted by name.
    Protected {
        /// Which thing.
        id: ResourceId,
        /// Whether it is protected from now on.
        protected: bool,
    },
    /// What a look-up found.
    LookedUp {
        /// Whose.
        id: ResourceId,
        /// What; none where it is not looked up any more.
        found: Option<LookedUp>,
    },
    /// The stack's exports.
    Exports {
        /// Names and values.
        exports: Vec<(String, Value)>,
    },
}
