//! The same against a cloud that nobody here wrote, as far as it can carry a program.
//!
//! moto has no replicas of tables, no tags of global clusters, and an answer about the versioning
//! of buckets that the SDK can't read (docs/local-cloud.md): so the program here is made of zones,
//! records, health checks, roles, policies, load balancers and parameter groups, and everything is
//! ready at once. boto3 says what is there.

use std::path::Path;

use crate::emulators::{Emulator, Python, Running};
use crate::program::{Ran, attend, bare, runtime};
use crate::proxy::{At, How, Position, Proxy};
use crate::trial::Verdict;
use crate::try_all;

const PROGRAM: &str = "edited";

/// How many run at once: they wait for the second that AWS is given after each change.
const AT_ONCE: usize = 4;

/// A moto with nothing in it but its own VPC.
struct Moto<'p> {
    python: &'p Python,
    running: Running,
    proxy: Proxy,
    dir: tempfile::TempDir,
    args: Vec<String>,
}

impl<'p> Moto<'p> {
    fn new(python: &'p Python) -> Self {
        let running = Emulator::Moto.start(python);
        let address = running.url().trim_start_matches("http://").parse().expect("an address");
        let place = ask(python, running.url(), "place");
        let (vpc, subnets) = place.trim().split_once(' ').expect("a VPC and its subnets");
        let args =
            ["--yes", "--portable-vpc", vpc, "--portable-subnets", &subnets.replace(' ', ",")]
                .map(str::to_owned)
                .to_vec();
        let dir = tempfile::tempdir().expect("a temporary directory");
        Self { python, running, proxy: Proxy::new(runtime(), address), dir, args }
    }

    fn run(&self, args: &[&str], strike: Option<(At, How)>) -> Ran {
        let mut command = bare(PROGRAM);
        command.args(args).args(&self.args).arg("--endpoint-url").arg(self.proxy.url());
        command.arg("--state-dir").arg(self.dir.path().join("state")).current_dir(self.dir.path());
        attend(&self.proxy, command, self.dir.path(), strike, |child, _stop| {
            child.kill().expect("it still runs");
        })
    }

    /// What is there, and whether the program finds that it is all.
    fn end(&self) -> Vec<String> {
        let there = ask(self.python, self.running.url(), "inventory");
        let mut there: Vec<String> = there.lines().map(str::to_owned).collect();
        there.sort();
        let plan = self.run(&["plan", "--detailed-exitcode"], None);
        assert_eq!(plan.code, Some(0), "{}\n{}", plan.out, plan.err);
        there
    }
}

fn ask(python: &Python, url: &str, what: &str) -> String {
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/crash/inventory.py");
    python.run(&script, &[what, url])
}

/// A position of the sample, and what happens there.
fn trial(python: &Python, expected: &[String], position: &Position, how: How) -> Verdict {
    let moto = Moto::new(python);
    let mut last = moto.run(&[], Some((At::This(position.clone()), how)));
    if !last.struck {
        return Verdict { note: "the call never came".to_owned(), ..Verdict::default() };
    }
    if last.code != Some(0) {
        last = moto.run(&[], None);
    }
    if last.code != Some(0) {
        let note = format!("run again: {}\n{}", last.out, last.err);
        return Verdict { repair: true, note, ..Verdict::default() };
    }
    let there = moto.end();
    let (mut orphans, mut duplicates) = (0, 0);
    for (number, line) in there.iter().enumerate() {
        match expected.contains(line) {
            true => duplicates += usize::from(there[..number].contains(line)),
            false => orphans += 1,
        }
    }
    Verdict {
        converged: there == expected,
        orphans,
        duplicates,
        note: format!("{there:#?}"),
        ..Verdict::default()
    }
}

#[test]
fn on_moto_killed_at_a_call_it_finishes_when_it_is_run_again() {
    let Some(python) = Python::or_skip("a program on moto is killed and run again") else { return };
    let moto = Moto::new(&python);
    let ran = moto.run(&[], None);
    assert_eq!(ran.code, Some(0), "{}\n{}", ran.out, ran.err);
    let expected = moto.end();
    drop(moto);
    assert_eq!(expected.len(), 12, "{expected:#?}");

    // Every other position, on both sides in turn; of some the answer is lost.
    let hows = [How::StopAfter, How::StopBefore, How::StopAfter, How::LoseAnswer];
    let sample: Vec<(&Position, How)> =
        ran.calls.iter().step_by(2).zip(hows.into_iter().cycle()).collect();
    let table = try_all(AT_ONCE, &sample, |(position, how)| {
        let verdict = trial(&python, &expected, position, *how);
        if !verdict.is_good() {
            println!("moto: {how:?} {position}: {}", verdict.note);
        }
        let what = match how {
            How::StopBefore => "killed before a call",
            How::StopAfter => "killed after a call",
            _ => "lost an answer",
        };
        ("on moto".to_owned(), what, verdict)
    });
    println!("\n{table}");
    assert!(table.is_good(), "not every position converged");
}
