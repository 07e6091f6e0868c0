//! What a plan holds beside what it shows: members, records, pauses, costs.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test that cannot go on has failed")]

#[path = "../common/mod.rs"]
mod common;

mod adopted;
mod cautions;
mod critical;
mod drained;
mod filled;
mod fingerprints;
mod former;
mod members;
mod missing;
mod moved;
mod noted;
mod observed;
mod others;
mod predecessors;
mod put_off;
mod recorded;
mod replaced;
mod setting;
mod together;
mod verified;
mod waved;
