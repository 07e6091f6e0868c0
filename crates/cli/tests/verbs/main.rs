//! Every verb and flag against a made-up cloud: what is printed, asked and returned.
#![allow(clippy::unwrap_used, reason = "tests stop where they find something odd")]

mod apply;
mod asking;
mod common;
mod destroy;
mod drift;
mod flags;
mod graph;
#[path = "../../../../tests/common/leaks.rs"]
mod leaks;
mod outputs;
mod plan;
mod rebuild;
mod saved;
mod secrets;
mod state;
