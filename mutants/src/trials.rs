//! Each mutant with each test that reaches its place, until one fails.

use std::collections::BTreeSet;
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::Mutex;
use std::time::{Duration, Instant};

use crate::compiled::Program;
use crate::tree::answer;

/// A test, how long it takes, and what it reaches.
#[derive(Debug)]
pub struct Test<'p> {
    program: &'p Program,
    pub name: String,
    takes: Duration,
    reaches: BTreeSet<usize>,
}

/// What became of a mutant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// By this test, which failed.
    Caught(String),
    /// By this test, which took much more time than it takes.
    Hung(String),
    /// So many tests reach it, and none of them failed.
    Survived(usize),
}

/// Runs each test once with nothing switched on.
pub fn traced<'p>(
    programs: &'p [Program],
    count: usize,
    jobs: usize,
    scratch: &Path,
) -> Result<Vec<Test<'p>>, String> {
    let mut names = Vec::new();
    for program in programs {
        let list = answer(Command::new(&program.path).args(["--list", "--format", "terse"]))?;
        let tests = list.lines().filter_map(|line| line.strip_suffix(": test"));
        names.extend(tests.map(|name| (program, name.to_owned())));
    }
    let trace = |(at, (program, name)): (usize, &(&'p Program, String))| {
        let file = scratch.join(format!("trace.{at}"));
        // None is left from a run before, or it would be added to.
        let _ = std::fs::remove_file(&file);
        let mut run = Command::new(&program.path);
        run.args(["--exact", name])
            .env("MUTANT_TRACE", &file)
            .env("MUTANT_COUNT", count.to_string());
        let before = now();
        let told = answer(settled(&mut run))?;
        let takes = before.elapsed();
        if !told.contains("1 passed") {
            return Err(format!("{}::{name} is no test by itself", program.name));
        }
        let reached = std::fs::read_to_string(&file).unwrap_or_default();
        let _ = std::fs::remove_file(&file);
        let reaches = reached.lines().filter_map(|line| line.parse().ok()).collect();
        Ok(Test { program, name: format!("{}::{name}", program.name), takes, reaches })
    };
    let mut tests = side_by_side(jobs, names.iter().enumerate().collect(), trace)
        .into_iter()
        .collect::<Result<Vec<_>, String>>()?;
    tests.sort_by_key(|test| test.takes);
    Ok(tests)
}

/// Tries a mutant with the tests, the quickest first.
pub fn tried(mutant: usize, tests: &[Test<'_>]) -> Result<Verdict, String> {
    let reach: Vec<_> = tests.iter().filter(|test| test.reaches.contains(&mutant)).collect();
    for test in &reach {
        let seconds = (test.takes * 20).as_secs().max(10);
        let name = test.name.split_once("::").map_or("", |(_, name)| name);
        // What takes memory without end takes no more than this, and fails.
        let limits = format!("ulimit -S -t {seconds}; ulimit -v 4000000; exec \"$@\"");
        let mut run = Command::new("sh");
        run.args(["-c", &limits, "sh"]).arg(&test.program.path).args(["--exact", name]);
        run.env("MUTANT", mutant.to_string()).stdout(Stdio::null()).stderr(Stdio::null());
        let status = settled(&mut run).status().map_err(|error| format!("{run:?}: {error}"))?;
        if out_of_time(status) {
            return Ok(Verdict::Hung(test.name.clone()));
        }
        if !status.success() {
            return Ok(Verdict::Caught(test.name.clone()));
        }
    }
    Ok(Verdict::Survived(reach.len()))
}

/// The same cases each time, and few.
fn settled(run: &mut Command) -> &mut Command {
    run.stdin(Stdio::null())
        .env_remove("UPDATE_EXPECT")
        .env("RUST_BACKTRACE", "0")
        .env("PROPTEST_CASES", "24")
        .env("PROPTEST_RNG_SEED", "1")
        .env("PROPTEST_MAX_SHRINK_ITERS", "0")
        .env("PROPTEST_DISABLE_FAILURE_PERSISTENCE", "1")
}

fn out_of_time(status: std::process::ExitStatus) -> bool {
    use std::os::unix::process::ExitStatusExt as _;
    const SIGXCPU: i32 = 24;
    status.signal() == Some(SIGXCPU)
}

#[allow(clippy::disallowed_methods, reason = "what it measures is real time")]
fn now() -> Instant {
    Instant::now()
}

/// Does all of it, so many at once; the results are in the order of what was given.
pub fn side_by_side<T: Send, R: Send>(
    jobs: usize,
    all: Vec<T>,
    one: impl Fn(T) -> R + Sync,
) -> Vec<R> {
    let (left, done) = (Mutex::new(all.into_iter().enumerate()), Mutex::new(Vec::new()));
    let next = || left.lock().ok()?.next();
    std::thread::scope(|scope| {
        for _ in 0..jobs {
            scope.spawn(|| {
                while let Some((at, given)) = next() {
                    let result = one(given);
                    if let Ok(mut done) = done.lock() {
                        done.push((at, result));
                    }
                }
            });
        }
    });
    let mut done = done.into_inner().unwrap_or_default();
    done.sort_by_key(|(at, _)| *at);
    done.into_iter().map(|(_, result)| result).collect()
}
