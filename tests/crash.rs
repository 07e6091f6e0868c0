//! The program is killed at every call that changes something, and simply run again.
//!
//! `cargo test -p bicoastal --test crash -- --nocapture` prints what came of it.
#![allow(
    unreachable_pub,
    clippy::expect_used,
    clippy::panic,
    clippy::print_stdout,
    reason = "tests stop where they find something odd"
)]

#[path = "crash/program.rs"]
mod program;
#[path = "crash/proxy.rs"]
mod proxy;
#[path = "crash/situations.rs"]
mod situations;
#[path = "crash/subject.rs"]
mod subject;
#[path = "crash/table.rs"]
mod table;
#[path = "crash/trial.rs"]
mod trial;
#[path = "crash/worlds.rs"]
mod worlds;

use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

use situations::Situation;
use table::Table;
use trial::{Trial, Verdict};

/// Does the trials of all situations, a few at once, each with a cloud of its own.
fn carry_out(jobs: Vec<(&Situation, Trial)>) -> Vec<(usize, Verdict)> {
    let (next, done) = (AtomicUsize::new(0), Mutex::new(Vec::new()));
    let workers = std::thread::available_parallelism().map_or(2, usize::from);
    std::thread::scope(|scope| {
        for _ in 0..workers {
            scope.spawn(|| {
                while let Some((situation, trial)) = jobs.get(next.fetch_add(1, Ordering::Relaxed))
                {
                    let at = jobs.iter().position(|(_, it)| std::ptr::eq(it, trial)).expect("it");
                    let verdict = trial.carry_out(situation);
                    if !verdict.is_good() {
                        println!("{}: {trial}: {}", situation.name, verdict.note);
                    }
                    done.lock().expect("no worker has panicked").push((at, verdict));
                }
            });
        }
    });
    let mut done = done.into_inner().expect("no worker has panicked");
    done.sort_by_key(|(at, _)| *at);
    done
}

/// Every trial of these situations converges; the table says how many there were.
fn all_converge(situations: &[Situation]) {
    let jobs: Vec<(&Situation, Trial)> = situations
        .iter()
        .flat_map(|situation| trial::of(situation).into_iter().map(move |trial| (situation, trial)))
        .collect();
    let mut table = Table::default();
    for (at, verdict) in carry_out(jobs.clone()) {
        let (situation, trial) = &jobs[at];
        table.add(&situation.name, trial.what(), &verdict);
    }
    println!("\n{table}");
    assert!(table.is_good(), "not every position converged");
}

#[test]
fn a_first_apply_is_killed_at_any_call_and_finishes_when_it_is_run_again() {
    all_converge(&[situations::first().0]);
}

#[test]
#[ignore = "many minutes of work: cargo test -p bicoastal --test crash -- --ignored --nocapture"]
fn so_is_every_change_and_taking_it_down() {
    all_converge(&situations::later());
}
