//! The reference architecture, whole, on a local cloud: the example's own program, in process.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::print_stdout,
    reason = "tests stop where they find something odd"
)]

#[path = "../examples/active_active.rs"]
#[allow(dead_code, reason = "the example's own `main`")]
mod active_active;
#[path = "reference/adoption.rs"]
mod adoption;
#[path = "reference/calls.rs"]
mod calls;
mod common;
#[path = "reference/destroy.rs"]
mod destroy;
#[path = "reference/drift.rs"]
mod drift;
#[path = "reference/edits.rs"]
mod edits;
#[path = "reference/first.rs"]
mod first;
#[path = "reference/marks.rs"]
mod marks;
#[path = "reference/others.rs"]
mod others;
#[path = "reference/recovery.rs"]
mod recovery;
#[path = "reference/regions.rs"]
mod regions;
#[path = "reference/rivals.rs"]
mod rivals;
#[path = "reference/trouble.rs"]
mod trouble;

use bicoastal::plan::Plan;
use bicoastal::prelude::*;
use bicoastal::render;
use bicoastal::{Desired, PlanOptions, ResourceId};
use clap::Parser as _;
use common::{World, changes, seal};

#[derive(clap::Parser)]
struct Program {
    #[command(flatten)]
    flags: active_active::Flags,
}

fn flags() -> active_active::Flags {
    Program::parse_from(["active_active"]).flags
}

fn two() -> ActiveRegions {
    ActiveRegions::new(Region::UsEast1, Region::ApSouth1)
}

fn three() -> ActiveRegions {
    two().and(Region::EuWest1)
}

/// The example's program, in these regions.
fn declared(regions: &ActiveRegions) -> Desired {
    seal(|stack| active_active::serve_from(stack, &flags(), regions))
}

/// A cloud where the example has been applied.
async fn applied(regions: &ActiveRegions) -> World {
    let world = World::new();
    world.apply_with(&declared(regions), &PlanOptions::default()).await;
    world
}

async fn plan(world: &World, desired: &Desired) -> Plan {
    world.plan_with(desired, &PlanOptions::default()).await
}

/// What stands in the way of deleting these may be lifted.
fn lifting(ids: &[&str]) -> PlanOptions {
    let unprotect = ids.iter().map(|id| ResourceId::from(*id)).collect();
    PlanOptions { unprotect, ..PlanOptions::default() }
}

/// An error without the example's line numbers.
fn said(error: &bicoastal::Error) -> String {
    let text = error.to_string();
    text.lines().filter(|line| !line.contains("declared at")).collect::<Vec<_>>().join("\n")
}

/// Nothing is left to do: neither in AWS nor in state.
async fn assert_settled(world: &World, desired: &Desired) {
    let plan = plan(world, desired).await;
    assert!(plan.is_empty(), "{}", render::plain(&render::plan(&plan)));
}

/// The mutating calls since a mark.
fn calls_since(world: &World, mark: usize) -> Vec<bicoastal_local::log::CallRecord> {
    world.cloud.calls().into_iter().skip(mark).filter(|call| call.mutating).collect()
}
