//! The contract of every place that keeps state: what is recorded is read back, one run at a time
//! writes, nothing is believed by half, and a second region is enough.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::print_stdout,
    reason = "what fails here is a failed test"
)]

#[path = "stores/bytes.rs"]
mod bytes;
#[path = "stores/contract.rs"]
mod contract;
#[path = "stores/costs.rs"]
mod costs;
#[path = "stores/damage.rs"]
mod damage;
#[path = "stores/deploys.rs"]
mod deploys;
#[path = "stores/leases.rs"]
mod leases;
#[path = "stores/moves.rs"]
mod moves;
#[path = "faults/mutation.rs"]
#[allow(unreachable_pub, reason = "the faults tests use it too")]
mod mutation;
#[path = "stores/regions.rs"]
mod regions;
#[path = "stores/stage.rs"]
mod stage;
#[path = "stores/table.rs"]
mod table;
#[path = "stores/yesterday.rs"]
mod yesterday;
