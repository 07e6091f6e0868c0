//! The engine alone at growing sizes: time, how it grows, and memory.
//!
//! `cargo bench -p bicoastal-engine --bench scale [-- SIZE…]`
//!
//! Each size runs in processes of its own, so that the peak of one is not that of another. Times
//! are of the processor, averages of some repetitions; peaks are `VmHWM` of `/proc/self/status`, so
//! this is for Linux. A plan is timed twice: again and again in one process, and as a program plans,
//! once in a process of its own. At few resources the first has all it touches in the processor's
//! caches, which no program that plans once has.
#![allow(clippy::print_stdout, reason = "it is a program that prints a table")]
#![allow(clippy::disallowed_methods, reason = "it measures time")]
#![allow(clippy::unwrap_used, clippy::panic, reason = "a bench that can't go on has failed")]

#[path = "../tests/fleet/mod.rs"]
mod fleet;

use std::collections::BTreeMap;
use std::fs;
use std::hint::black_box;
use std::path::Path;
use std::process::Command;
use std::time::Instant;

use bicoastal_engine::machine::Limits;
use bicoastal_engine::observe::Observed;
use bicoastal_engine::state::State;
use bicoastal_engine::{journal, render};
use fleet::{Edit, Run};

/// How many processes plan once; their median counts.
const FIRSTS: usize = 5;
const SIZES: [usize; 5] = [1_000, 3_000, 10_000, 30_000, 100_000];

fn main() {
    let args: Vec<String> = std::env::args().skip(1).filter(|arg| arg != "--bench").collect();
    match args.iter().map(String::as_str).collect::<Vec<_>>().as_slice() {
        ["create", size, dir] => create(size.parse().unwrap(), Path::new(dir)),
        ["again", size, dir] => again(size.parse().unwrap(), Path::new(dir)),
        ["once", size] => once(size.parse().unwrap()),
        ["first", which, size, dir] => first(which, size.parse().unwrap(), Path::new(dir)),
        sizes => table(sizes),
    }
}

/// Figures of one process, one a line: `name value`.
fn child(stage: &[&str], size: usize, dir: &Path) -> Vec<(String, f64)> {
    let own = std::env::current_exe().unwrap();
    let size = size.to_string();
    let output = Command::new(own).args(stage).arg(size).arg(dir).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let text = String::from_utf8(output.stdout).unwrap();
    text.lines()
        .map(|line| {
            let (name, value) = line.rsplit_once(' ').unwrap();
            (name.to_owned(), value.parse().unwrap())
        })
        .collect()
}

/// The medians of what several processes say that plan once each.
fn firsts(size: usize, dir: &Path) -> Vec<(String, f64)> {
    let of = |which: &&str| {
        let mut said: Vec<(String, f64)> =
            (0..FIRSTS).flat_map(|_| child(&["first", which], size, dir)).collect();
        said.sort_by(|one, other| one.1.total_cmp(&other.1));
        said.swap_remove(FIRSTS / 2)
    };
    ["new", "same", "edited", "deleted"].iter().map(of).collect()
}

/// The only plan of a process.
fn first(which: &str, size: usize, dir: &Path) {
    let edit = if which == "edited" { Edit::Hundredth } else { Edit::None };
    let desired = fleet::desired(size, edit);
    let (state, observed) = if which == "new" {
        (fleet::empty(), Observed::default())
    } else {
        let state = kept(dir);
        let observed = fleet::observed(&state);
        (state, observed)
    };
    let plan = if which == "deleted" { fleet::plan_destroy } else { fleet::plan };
    let before = processor();
    let plan = black_box(plan(&desired, &state, &observed).unwrap());
    say(&format!("first plan: {which}, ms"), processor() - before);
    drop(plan);
}

/// The state that `create` left.
fn kept(dir: &Path) -> State {
    serde_json::from_slice(&fs::read(dir.join("state.json")).unwrap()).unwrap()
}

/// Each plan once, for a program that counts instructions.
fn once(size: usize) {
    let desired = fleet::desired(size, Edit::None);
    let plan = fleet::plan(&desired, &fleet::empty(), &Observed::default()).unwrap();
    let execution = fleet::carry_out(plan, fleet::empty(), Limits::default(), &mut Run::default());
    let state = execution.state().clone();
    drop(execution);
    let observed = fleet::observed(&state);
    drop(black_box(fleet::plan(&desired, &state, &observed).unwrap()));
    let edited = fleet::desired(size, Edit::Hundredth);
    drop(black_box(fleet::plan(&edited, &state, &observed).unwrap()));
    drop(black_box(fleet::plan_destroy(&desired, &state, &observed).unwrap()));
}

fn table(sizes: &[&str]) {
    let sizes: Vec<usize> = match sizes {
        [] => SIZES.to_vec(),
        given => given.iter().map(|it| it.parse().unwrap()).collect(),
    };
    let mut order: Vec<String> = Vec::new();
    let mut rows: BTreeMap<String, Vec<f64>> = BTreeMap::new();
    for &size in &sizes {
        let dir = tempfile::tempdir().unwrap();
        let dir = dir.path();
        let figures =
            [child(&["create"], size, dir), child(&["again"], size, dir), firsts(size, dir)];
        for (name, value) in figures.concat() {
            if !order.contains(&name) {
                order.push(name.clone());
            }
            rows.entry(name).or_default().push(value);
        }
    }
    let header: String = sizes.iter().map(|size| format!("{size:>10}")).collect();
    println!("{:<34}{header}  exponent", "");
    for name in order {
        let values = &rows[&name];
        let cells: String = values.iter().map(|it| format!("{it:>10.1}")).collect();
        let exponent = match name.ends_with("ms") || name.ends_with("MB") {
            true if values.len() > 1 => format!("{:>10.2}", exponent(&sizes, values)),
            _ => String::new(),
        };
        println!("{name:<34}{cells}{exponent}");
    }
    println!("(n·log n from 1,000 to 100,000 is an exponent of 1.11)");
}

/// The slope of the logarithms, by least squares.
fn exponent(sizes: &[usize], values: &[f64]) -> f64 {
    let points: Vec<(f64, f64)> =
        sizes.iter().zip(values).map(|(&x, y)| ((x as f64).ln(), y.max(1e-3).ln())).collect();
    let count = points.len() as f64;
    let mean = |of: fn(&(f64, f64)) -> f64| points.iter().map(of).sum::<f64>() / count;
    let (x, y) = (mean(|it| it.0), mean(|it| it.1));
    let above: f64 = points.iter().map(|it| (it.0 - x) * (it.1 - y)).sum();
    let below: f64 = points.iter().map(|it| (it.0 - x).powi(2)).sum();
    above / below
}

/// Milliseconds that this thread was on a processor: other programs don't matter. To the nanosecond,
/// where `/proc` tells it by the tick.
fn processor() -> f64 {
    let time = rustix::time::clock_gettime(rustix::time::ClockId::ThreadCPUTime);
    time.tv_sec as f64 * 1e3 + time.tv_nsec as f64 / 1e6
}

/// Milliseconds of one of enough repetitions, on average, and what the last one made.
fn timed<S, T>(mut set_up: impl FnMut() -> S, mut run: impl FnMut(S) -> T) -> (f64, T) {
    let began = Instant::now();
    let (mut spent, mut count, mut made) = (0.0, 0, None);
    while count < 2 || began.elapsed().as_secs_f64() < 1.0 {
        drop(made.take());
        let input = set_up();
        let before = processor();
        made = Some(black_box(run(input)));
        spent += processor() - before;
        count += 1;
    }
    (spent / f64::from(count), made.unwrap())
}

/// The most memory that the process had since the last call, in megabytes.
fn peak() -> f64 {
    let status = fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find(|line| line.starts_with("VmHWM:")).unwrap();
    let kilobytes: f64 = line.split_whitespace().nth(1).unwrap().parse().unwrap();
    kilobytes / 1024.0
}

fn say(name: &str, value: f64) {
    println!("{name} {value}");
}

/// Nothing is there yet.
fn create(size: usize, dir: &Path) {
    // Memory first: one pass, with everything that an apply keeps still there.
    let desired = fleet::desired(size, Edit::None);
    say("resources", desired.resources.len() as f64);
    say("references", fleet::references(&desired) as f64);
    say("peak of sealing, MB", peak());
    let plan = fleet::plan(&desired, &fleet::empty(), &Observed::default()).unwrap();
    say("operations", plan.operations.len() as f64);
    say("peak of planning all of it, MB", peak());
    let execution = fleet::carry_out(plan, fleet::empty(), Limits::default(), &mut Run::default());
    say("peak of carrying it out, MB", peak());
    fs::write(dir.join("state.json"), serde_json::to_vec(execution.state()).unwrap()).unwrap();
    drop(execution);

    let (time, stack) = timed(|| (), |()| fleet::program(size, Edit::None));
    say("declare, ms", time);
    drop(stack);
    let (time, desired) = timed(|| fleet::program(size, Edit::None), |stack| stack.seal().unwrap());
    say("seal, ms", time);
    let (time, plan) =
        timed(|| (), |()| fleet::plan(&desired, &fleet::empty(), &Observed::default()).unwrap());
    say("plan: all is new, ms", time);
    let (time, lines) = timed(|| (), |()| render::plan(&plan));
    say("render it, ms", time);
    drop(lines);
    let (time, run) = timed(
        || plan.clone(),
        |plan| {
            let mut run = Run::default();
            drop(fleet::carry_out(plan, fleet::empty(), Limits::default(), &mut run));
            run
        },
    );
    say("carry it out, ms", time);
    say("transitions a second, thousands", run.transitions as f64 / time);
    let mut run = Run { journal: Some(Vec::new()), ..Run::default() };
    drop(fleet::carry_out(plan, fleet::empty(), Limits::default(), &mut run));
    let bytes = run.journal.unwrap();
    say("journal, bytes an entry", bytes.len() as f64 / run.records as f64);
    say("entries an append", run.records as f64 / run.appends as f64);
    let (time, decoded) = timed(|| (), |()| journal::decode(&bytes).unwrap());
    say("journal: decode, ms", time);
    let (time, state) = timed(
        || State::empty("fleet", ""),
        |mut state| {
            state.replay(&decoded.records).unwrap();
            state
        },
    );
    say("journal: fold, ms", time);
    let (time, text) = timed(|| (), |()| serde_json::to_vec(&state).unwrap());
    say("state: write, ms", time);
    let (time, read) = timed(|| (), |()| serde_json::from_slice::<State>(&text).unwrap());
    say("state: read, ms", time);
    assert_eq!(read.entries.len(), state.entries.len());
}

/// Everything is there.
fn again(size: usize, dir: &Path) {
    let state = kept(dir);
    let desired = fleet::desired(size, Edit::None);
    let observed = fleet::observed(&state);
    say("program, state and cloud, MB", peak());
    let plan = fleet::plan(&desired, &state, &observed).unwrap();
    assert!(plan.is_empty(), "{:?}", plan.changes.first());
    say("peak of planning nothing, MB", peak());
    let (time, plan) = timed(|| (), |()| fleet::plan(&desired, &state, &observed).unwrap());
    say("plan: nothing changed, ms", time);
    drop(plan);
    let edited = fleet::desired(size, Edit::Hundredth);
    let (time, plan) = timed(|| (), |()| fleet::plan(&edited, &state, &observed).unwrap());
    assert_eq!(plan.changes.len(), size.div_ceil(100));
    say("plan: a hundredth edited, ms", time);
    drop(plan);
    let (time, plan) = timed(|| (), |()| fleet::plan_destroy(&desired, &state, &observed).unwrap());
    assert_eq!(plan.changes.len(), state.entries.len());
    say("plan: all of it deleted, ms", time);
}
