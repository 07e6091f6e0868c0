//! Planner, machine, journal and cloud together, killed at *every* step of each generated case, in
//! every way of being killed there. A naive oracle, which knows only what happened and what the
//! program says, tells what must be true. The same cases, given to machines that are wrong on
//! purpose, must break one of its laws.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test that cannot go on has failed")]

#[path = "../common/mod.rs"]
mod common;

mod cases;
mod cloud;
mod drive;
mod faulty;
mod oracle;

use proptest::prelude::*;
use proptest::strategy::ValueTree as _;
use proptest::test_runner::{RngAlgorithm, TestRng, TestRunner};

use cases::{Case, cases};
use faulty::Machine;

/// Cases by a fixed seed: the same on every run.
fn fixed(many: usize) -> Vec<Case> {
    let rng = TestRng::deterministic_rng(RngAlgorithm::ChaCha);
    let mut runner = TestRunner::new_with_rng(ProptestConfig::default(), rng);
    (0..many).map(|_| cases().new_tree(&mut runner).unwrap().current()).collect()
}

proptest! {
    #![proptest_config(ProptestConfig {
        cases: common::cases(10), failure_persistence: None, max_shrink_iters: 200,
        ..ProptestConfig::default()
    })]

    #[test]
    fn killed_at_every_step_it_ends_as_the_program_says(case in cases()) {
        let held = case.holds(Machine::Honest);
        prop_assert!(held.is_ok(), "{}", held.unwrap_err());
    }
}

/// How many of the same cases it takes until a wrong machine is told from the right one, and which
/// law told.
#[test]
fn a_machine_that_is_wrong_breaks_a_law() {
    let cases = fixed(24);
    let honest = cases[..4]
        .iter()
        .map(|case| case.holds(Machine::Honest).unwrap_or_else(|broken| panic!("{broken}")));
    let mut told = format!("Honest: holds, disturbed in {} ways\n", honest.sum::<usize>());
    for machine in Machine::WRONG {
        let broken = cases.iter().enumerate().find_map(|(at, case)| {
            let broken = case.holds(machine).err()?;
            Some(format!("case {at}: {broken}"))
        });
        told += &format!("{machine:?}: {}\n", broken.as_deref().unwrap_or("NOT TOLD"));
    }
    expect_test::expect![[r#"
        Honest: holds, disturbed in 725 ways
        SkipsBegins: case 0: begin: role#1 is called for before its begin is durable
        CallsBeforeBegins: case 0: begin: zone#1 is called for before its begin is durable
        GoesOnBeforeEnds: case 0: needs: us-east-1/front#1 begins before the end of role is durable
        ForgetsDoubts: case 1: plan: error: us-east-1/front: us-east-1/front-2 can't be adopted as declared: scheme can't be changed in place
          declared at main.rs:1
          hint: declare it as it is, adopt it, then change it
        RepeatsBlindly: case 0: blind: r2#1 is made again, and nobody looked
        ForgetsIncarnations: case 0: goal: of role#2 there is not exactly one
        DropsSuperseded: case 0: goal: 2 things are declared, and there are ["role-1", "role-5", "alive-6"]
        ClaimsAll: case 0: rival: Changed r2#1, which is somebody else's thing
        EndsBeforeCalls: case 0: end: role#1 ends as present and is not there
        DoubtsAreRefusals: case 3: end: r0#1 ends as not begun, and was called for
        GivesUpCalls: case 0: end: us-east-1/front#1 ends as not begun, and was called for
        IgnoresOrder: case 1: goal: alive is not recorded
    "#]].assert_eq(&told);
}
