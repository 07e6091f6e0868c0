//! A made-up cloud with three kinds, programs for it, and a way to run a command line.
#![allow(dead_code, reason = "every test binary uses another part of it")]
#![allow(clippy::unwrap_used, clippy::panic, reason = "tests stop where they find something odd")]

pub(crate) mod cloud;
pub(crate) mod kinds;
pub(crate) mod run;
