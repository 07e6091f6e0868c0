//! A plan: every decision, taken. Data that can be shown, saved and carried out.

use std::collections::{BTreeMap, BTreeSet};

use bicoastal_model::diff::FieldChange;
use bicoastal_model::{
    Diagnostic, Ids, OpError, Packed, Place, ResourceId, Risk, SourceLine, Tier, Word,
};
use serde::{Deserialize, Serialize};
use serde_json::Value;

pub use crate::critical::{CriticalPath, critical_path};
use crate::order::{Order, Ties};
use crate::record::Record;
use crate::state::{Key, Verb};

/// What happens to a resource.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Action {
    /// It is made.
    Create,
    /// It is changed.
    Update,
    /// A successor is made, then it is deleted.
    ReplaceCreateFirst,
    /// It is deleted, then a successor is made: an outage.
    ReplaceDeleteFirst,
    /// It is deleted.
    Delete,
    /// An existing thing is taken over.
    Adopt,
    /// It is dropped from state and left alone in AWS.
    Forget,
    /// Only state is brought up to date (what was applied, edges, protection): no call.
    Note,
}

/// One resource that changes.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Change {
    /// Its logical id.
    pub id: ResourceId,
    /// Its kind.
    pub kind: Word,
    /// Where it is.
    pub place: Place,
    /// What happens to it.
    pub action: Action,
    /// What that can do.
    pub risk: Risk,
    /// Why, in words: `name can't be changed in place`, `no longer declared`.
    pub reasons: Vec<String>,
    /// What differs, field by field.
    pub fields: Vec<FieldChange>,
    /// Where the program declares it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub at: Option<SourceLine>,
    /// When it is brought up among a region's members.
    pub tier: Tier,
}

/// One thing of a planned operation.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct PlannedMember {
    /// The change it is part of: its position in [`Plan::changes`].
    pub change: usize,
    /// Which thing.
    pub key: Key,
    /// Its kind.
    pub kind: Word,
    /// Where: every region where a member is wanted or was applied.
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
    /// What is wanted, with markers for what is not known yet and for secrets (none for a delete).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub wanted: Option<Packed>,
    /// What was last applied, or was about to be.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub applied: Option<Packed>,
    /// What is seen now, for what unknowns may turn out to mean (none where it is not there).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub seen: Option<Packed>,
    /// The program takes it over by name, or removes it as something that is claimed as a whole:
    /// whoever's it is.
    #[serde(default)]
    pub adopt: bool,
    /// Guards of AWS's own may be lifted.
    #[serde(default)]
    pub lift_guards: bool,
    /// What it must come after.
    pub edges: Ids,
    /// Whether it is protected from now on.
    pub protected: bool,
    /// Whether it is retained from now on.
    pub retained: bool,
    /// Whether it is deleted because a successor took its place.
    #[serde(default)]
    pub superseded: bool,
    /// How long one wait for AWS may take, in milliseconds, instead of what the kind says.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub patience_ms: Option<u64>,
}

/// One operation: a thing, or a batch of things with one parent; or a pause. A pause of no time
/// is a gate: it stands for many operations where many others come after all of them.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct PlannedOp {
    /// What it is about; empty for a pause.
    pub members: Vec<PlannedMember>,
    /// For a pause: how long, in milliseconds.
    #[serde(default)]
    pub pause_ms: u64,
    /// For a pause: why, in words (`drain us-east-1: 2 × TTL 60 s`).
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub pause_reason: String,
    /// The operations that must be over before, and why: positions in [`Plan::operations`].
    pub after: BTreeMap<usize, Ties>,
    /// Which of its members need which members of an operation that it is tied to by
    /// [`Required`](Order::Required) or [`Safety`](Order::Safety), where either has several.
    /// Where none is listed, all need all.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub needs: Vec<Need>,
    /// The rollout wave it is in, from 1.
    pub wave: u32,
}

/// A member of one operation that needs a member of another one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Need {
    /// Its position in the operation's own members; 0 for a pause.
    pub member: usize,
    /// The other operation: its position in [`Plan::operations`].
    pub of: usize,
    /// The position of the other member in it; 0 for a pause.
    pub which: usize,
    /// Why it is needed.
    pub order: Order,
}

/// Something that is there and was never declared.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Added {
    /// In or on which resource.
    pub id: ResourceId,
    /// What, for people: a path (`regions[eu-west-1]`) or a label (`A api.example.com. (blue)`).
    pub what: String,
    /// Its value, where it is a field.
    pub value: Value,
}

/// Something that could not be read: unknown, never deleted.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Unseen {
    /// Which resource.
    pub id: ResourceId,
    /// Why.
    pub error: OpError,
}

/// A plan.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Plan {
    /// The format it was written in.
    pub format: u32,
    /// The stack's name.
    pub stack: String,
    /// The lineage of the state it was made from.
    pub lineage: String,
    /// The generation of the state it was made from.
    pub generation: u64,
    /// A fingerprint of what was seen and of what is wanted (secrets excluded).
    pub fingerprint: String,
    /// What changes, in the order shown.
    pub changes: Vec<Change>,
    /// What is done, in an order that respects `after`.
    pub operations: Vec<PlannedOp>,
    /// What only has to be recorded, before anything is done.
    pub records: Vec<Record>,
    /// What others added.
    pub added: Vec<Added>,
    /// What could not be read.
    pub unseen: Vec<Unseen>,
    /// Resources left out by `--only`.
    pub left_out: BTreeSet<ResourceId>,
    /// The exports, with markers for what is not known yet.
    pub exports: Vec<(String, Value)>,
    /// Mutating calls by service, as estimated from the schemas.
    pub calls: BTreeMap<String, u32>,
    /// The least time that rate limits let it take, in milliseconds.
    pub floor_ms: u64,
    /// The longest chain of operations that wait for each other.
    #[serde(default)]
    pub path: CriticalPath,
    /// What is worth knowing.
    pub warnings: Vec<Diagnostic>,
}

impl Plan {
    /// Whether nothing is to be done to AWS and nothing to state.
    pub fn is_empty(&self) -> bool {
        self.changes.is_empty() && self.operations.is_empty() && self.records.is_empty()
    }

    /// The changes that do something in AWS (notes and forgetting are state's alone).
    pub fn effective(&self) -> impl Iterator<Item = &Change> {
        self.changes.iter().filter(|change| !matches!(change.action, Action::Note | Action::Forget))
    }

    /// The heaviest risk of all changes.
    pub fn risk(&self) -> Risk {
        self.changes.iter().map(|change| change.risk).max().unwrap_or(Risk::Safe)
    }
}
