//! Second opinions: the contract that every kind keeps, and the example, on the local cloud and on
//! two emulators that nobody here wrote.
//!
//! What an emulator does otherwise than AWS is worked round in the cases only, by name, and each
//! such name is a proof of its own (`gaps/`). Nothing in the library is weakened for one.
#![allow(
    unreachable_pub,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "tests stop where they find something odd"
)]

mod accounts;
#[path = "../../examples/active_active.rs"]
#[allow(dead_code, reason = "the example's own `main`")]
mod active_active;
mod calls;
mod cases;
mod cloud;
mod contract;
mod crash;
#[path = "../common/emulators.rs"]
mod emulators;
mod example;
mod exported;
mod gaps;
mod lookups;
mod options;
mod patience;
mod runs;
