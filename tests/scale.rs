//! What grows with the size of a stack and what does not, counted: calls for records, for many
//! regions, and the time that rate limits take, on virtual time.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::print_stdout,
    reason = "tests stop where they find something odd"
)]

mod common;
#[path = "../examples/dns_at_scale.rs"]
#[allow(dead_code, reason = "the example's own `main`")]
mod dns_at_scale;
#[path = "scale/rates.rs"]
mod rates;
#[path = "scale/records.rs"]
mod records;
#[path = "scale/regions.rs"]
mod regions;

use std::collections::BTreeMap;

use bicoastal::local::Cloud;
use bicoastal::plan::Plan;
use bicoastal::{Cancel, Desired, Engine, PlanOptions, render};

/// Carries a plan out, without a word; how many virtual milliseconds that takes.
async fn apply(cloud: &Cloud, engine: &Engine, desired: &Desired, plan: Plan) -> u64 {
    let before = cloud.now();
    let options = PlanOptions::default();
    let quiet = bicoastal::runtime::Quiet;
    let report = engine.apply(plan, desired, &options, &quiet, &Cancel::new()).await;
    let report = report.unwrap_or_else(|error| panic!("{error}"));
    assert!(report.is_done(), "{}", render::plain(&render::report(&report)));
    u64::try_from(cloud.now() - before).unwrap()
}

/// Calls by operation since a mark.
fn since(cloud: &Cloud, mark: usize) -> BTreeMap<String, usize> {
    let mut counts = BTreeMap::new();
    for call in cloud.calls().into_iter().skip(mark) {
        *counts.entry(call.operation).or_default() += 1;
    }
    counts
}

/// No call was ever throttled.
fn assert_never_throttled(cloud: &Cloud) {
    let throttled: Vec<_> = cloud
        .calls()
        .into_iter()
        .filter(|it| it.code.as_deref().is_some_and(|code| code.starts_with("Throttl")))
        .collect();
    assert!(
        throttled.is_empty(),
        "{} of {}: {:?}",
        throttled.len(),
        cloud.calls().len(),
        throttled.first()
    );
}
