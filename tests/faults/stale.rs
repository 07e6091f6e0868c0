//! Run after run while reads lag: what was made moments ago and is not shown yet is neither made again
//! nor forgotten.

use bicoastal::runtime::Quiet;
use bicoastal::{Cancel, Desired, PlanOptions, render};
use bicoastal_local::faults::{Effect, Rule};
use serde_json::Value;

use crate::change::{self, normal, quick, recorded, unprotected};
use crate::common::World;
use crate::edited::Edit;
use crate::program::declared;

/// One run after the other: each is planned and applied in the moment in which the one before ends.
/// Whether all of it was done.
async fn run(world: &World, desired: &Desired, options: &PlanOptions) -> Result<(), String> {
    let plan = world.engine.plan(desired, options).await.map_err(|it| it.to_string())?;
    let applied = world.engine.apply(plan, desired, options, &Quiet, &Cancel::new()).await;
    let report = applied.map_err(|it| it.to_string())?;
    match report.is_done() {
        true => Ok(()),
        false => Err(render::plain(&render::report(&report))),
    }
}

/// What is planned for in a row: the same again and again, edits, and things that are replaced.
fn rows() -> Vec<(&'static str, Desired, PlanOptions)> {
    let replacing = PlanOptions { unprotect: unprotected(), ..PlanOptions::default() };
    let options = PlanOptions::default;
    vec![
        ("apply", declared(Edit::None), options()),
        ("apply again", declared(Edit::None), options()),
        ("update", declared(Edit::Update), options()),
        ("and back", declared(Edit::None), options()),
        ("replace", declared(Edit::Replace), replacing.clone()),
        ("replaced again", declared(Edit::Replace), replacing),
    ]
}

/// A world after all of them, and after everything was destroyed in the moment in which it was made.
async fn outcome(behind_ms: u32) -> (Value, Value) {
    let world = quick();
    let faults = world.cloud.faults();
    if behind_ms > 0 {
        faults.add(Rule::new(Effect::Stale(behind_ms)).reading());
    }
    let mut wrong = Vec::new();
    for (what, desired, options) in rows() {
        if let Err(why) = run(&world, &desired, &options).await {
            wrong.push(format!("{behind_ms} ms behind, {what}: {why}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    faults.clear();
    let (_, desired, options) = rows().pop().unwrap();
    let plan = world.plan_with(&desired, &options).await;
    assert!(plan.is_empty(), "{behind_ms} ms: {}", render::plain(&render::plan(&plan)));
    let kept = change::copied(&world);
    let there = normal(&world);

    let world = kept.again();
    let faults = world.cloud.faults();
    if behind_ms > 0 {
        faults.add(Rule::new(Effect::Stale(behind_ms)).reading());
    }
    let unprotect = unprotected();
    run(&world, &declared(Edit::Update), &PlanOptions { unprotect, ..options }).await.unwrap();
    let destroying =
        PlanOptions { destroy: true, unprotect: unprotected(), ..PlanOptions::default() };
    run(&world, &declared(Edit::Update), &destroying).await.unwrap();
    assert!(recorded(&world).await.is_empty(), "{behind_ms} ms");
    faults.clear();
    (there, normal(&world))
}

#[tokio::test]
async fn a_run_right_after_another_sees_what_that_made() {
    let undisturbed = outcome(0).await;
    for behind_ms in [4_000, 30_000, 60_000] {
        let (there, gone) = outcome(behind_ms).await;
        for (when, is, should) in
            [("made", &there, &undisturbed.0), ("gone", &gone, &undisturbed.1)]
        {
            let differences = crate::worlds::differences(should, is);
            assert!(differences.is_empty(), "{behind_ms} ms, {when}: {}", differences.join("\n"));
        }
    }
}
