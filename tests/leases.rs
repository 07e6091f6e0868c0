//! One run at a time, with real processes: stopped and overtaken, at once, dead.
#![allow(
    unreachable_pub,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::print_stdout,
    reason = "what fails here is a failed test"
)]

#[path = "common/programs.rs"]
mod programs;
#[path = "leases/served.rs"]
mod served;
#[path = "stores/stage.rs"]
#[allow(dead_code, reason = "the stores' own tests use all of it")]
mod stage;
#[path = "leases/stopped.rs"]
mod stopped;
#[path = "leases/together.rs"]
mod together;
#[path = "crash/worlds.rs"]
#[allow(dead_code, reason = "the crash tests use all of it")]
mod worlds;
