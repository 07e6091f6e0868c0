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

#[path = "common/emulators.rs"]
mod emulators;
#[path = "crash/kept.rs"]
mod kept;
#[path = "crash/moto.rs"]
mod moto;
#[path = "crash/peers.rs"]
mod peers;
#[path = "crash/program.rs"]
mod program;
#[path = "crash/proxy.rs"]
mod proxy;
#[path = "crash/sight.rs"]
mod sight;
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

use kept::Kept;
use situations::Situation;
use table::Table;
use trial::{Sweep, Trial, Verdict};

/// How many trials go on at once: a run mostly waits, for answers and for the cloud's time.
fn workers() -> usize {
    2 * std::thread::available_parallelism().map_or(2, usize::from)
}

/// Tries all of these, so many at once, and counts what came of them, by situation and by what was
/// done.
fn try_all<T: Sync>(
    workers: usize,
    trials: &[T],
    try_one: impl Fn(&T) -> (String, &'static str, Verdict) + Sync,
) -> Table {
    let (next, table) = (AtomicUsize::new(0), Mutex::new(Table::default()));
    std::thread::scope(|scope| {
        for _ in 0..workers {
            scope.spawn(|| {
                while let Some(trial) = trials.get(next.fetch_add(1, Ordering::Relaxed)) {
                    let (situation, what, verdict) = try_one(trial);
                    let mut table = table.lock().expect("no worker has panicked");
                    table.add(&situation, what, &verdict);
                }
            });
        }
    });
    table.into_inner().expect("no worker has panicked")
}

/// Every trial of these situations converges; the table says how many there were.
fn all_converge(situations: &[Situation], sweep: Sweep) {
    let trials = |situation| trial::of(situation, sweep).into_iter();
    let trials: Vec<(&Situation, Trial)> =
        situations.iter().flat_map(|it| trials(it).map(move |trial| (it, trial))).collect();
    let table = try_all(workers(), &trials, |(situation, trial)| {
        let verdict = trial.carry_out(situation);
        if !verdict.is_good() {
            println!("{}: {trial}: {}", situation.name, verdict.note);
        }
        (situation.name.clone(), trial.what(), verdict)
    });
    println!("\n{table}");
    assert!(table.is_good(), "not every position converged");
}

fn every_situation() -> Vec<Situation> {
    let (first, applied) = situations::first(Kept::Directory);
    let mut all = situations::later(&applied);
    all.insert(0, first);
    all
}

#[test]
fn killed_at_any_call_the_program_finishes_when_it_is_run_again() {
    all_converge(&every_situation(), Sweep::Left);
}

#[test]
fn so_it_does_where_its_state_is_in_the_cloud_itself() {
    let stored = [Kept::S3, Kept::DynamoDb].map(|kept| situations::first(kept).0);
    all_converge(&stored, Sweep::Stored);
}

#[test]
#[ignore = "many minutes of work: cargo test -p bicoastal --test crash -- --ignored --nocapture"]
fn every_position_is_killed_by_sigkill() {
    all_converge(&every_situation(), Sweep::Killed);
}
