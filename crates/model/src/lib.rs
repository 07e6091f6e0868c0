//! The vocabulary of bicoastal: regions, resources, schemas, stacks, and what is wanted and seen.
//!
//! Everything here is plain data and pure functions. No task, no clock, no SDK.

pub mod claim;
pub mod diagnostic;
pub mod diff;
pub mod dns;
pub mod error;
pub mod id;
pub mod input;
pub mod name;
pub mod packed;
pub mod policy;
pub mod provider;
pub mod rates;
pub mod region;
pub mod resource;
pub mod same;
pub mod schema;
pub mod secret;
pub mod secrets;
pub mod stack;
pub mod sweep;
pub mod value;
pub mod word;

pub use claim::{Claim, Objection};
pub use diagnostic::{Diagnostic, Diagnostics, SourceLine};
pub use error::{ErrorFacts, OpError, Retry};
pub use id::{Arn, Id, Ids, Place, ResourceId, ScopeKind};
pub use input::{AnyOutput, Input, Output, Text};
pub use name::Name;
pub use packed::{Fields, Packed};
pub use policy::{Effect, PolicyDocument, Principal, Statement};
pub use provider::{
    Addition, Catalog, Deletes, Gate, Goal, Known, Member, Memory, OpenGate, Operation, Outcome,
    Ownership, Progress, Provider, Seen, Snapshot, Status, Target,
};
pub use region::{ActiveRegions, PerRegion, Region};
pub use resource::{Check, Global, Handle, Lookup, Node, Regional, Resource, Spanning};
pub use schema::{Field, Risk, Schema, Shape, Tier};
pub use secret::Secret;
pub use stack::{Declared, Desired, Rollout, Stack};
pub use sweep::{Found, Sweep, Swept, TerraformInstance, Translated};
pub use word::Word;

#[doc(hidden)]
pub use serde_json;
