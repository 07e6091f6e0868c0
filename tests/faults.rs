//! Everything but crashes: answers that are damaged, refused, late or lost.
#![allow(
    unreachable_pub,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::print_stdout,
    reason = "tests stop where they find something odd"
)]

#[path = "faults/answers.rs"]
mod answers;
#[path = "faults/bytes.rs"]
mod bytes;
#[path = "faults/change.rs"]
mod change;
mod common;
#[path = "crash/edited.rs"]
#[allow(dead_code, reason = "the example's own `main`")]
mod edited;
#[path = "faults/mutation.rs"]
mod mutation;
#[path = "faults/program.rs"]
mod program;
#[path = "faults/runs.rs"]
mod runs;
#[path = "faults/stage.rs"]
mod stage;
#[path = "faults/stale.rs"]
mod stale;
#[path = "faults/sweeps.rs"]
mod sweeps;
#[path = "crash/worlds.rs"]
#[allow(dead_code, reason = "what the crash tests count")]
mod worlds;
