//! State made from what is there: pure, hence with tables.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test that cannot go on has failed")]

#[path = "../common/mod.rs"]
mod common;

mod imports;
mod incarnations;
mod marks;
mod setting;
mod shared;
mod strays;
mod whole;
