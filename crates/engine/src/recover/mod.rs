//! State made from what is there: after its loss, or for what others made.
//!
//! The decisions are here, the reads are somebody else's: [`Rebuild::wanted`] says what to read,
//! [`Rebuild::seen`] takes what was read, and [`Rebuild::finish`] answers the journal's records.
//! Nothing of it calls AWS to change anything.

mod agreed;
mod candidate;
mod claim;
mod lineage;
mod orphans;
mod questions;
mod rebuild;
mod rebuilt;
pub mod terraform;

pub use candidate::Proof;
pub use lineage::{LineageSeen, Mark, choose, lineages};
pub use orphans::{Orphan, orphans, places};
pub use rebuild::{Rebuild, World};
pub use rebuilt::{Claimed, Left, Rebuilt};
