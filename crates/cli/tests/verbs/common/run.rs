//! Runs a command line and shows everything that came of it.

use std::ffi::OsString;
use std::fmt::Write as _;

use bicoastal_cli::{Io, NoArgs, run_from};
use bicoastal_model::{Region, Stack};
use expect_test::Expect;
use tempfile::TempDir;

use super::cloud::Fake;
use super::kinds::{Bucket, Record, Zone};

/// A program as a function.
pub(crate) type Program = fn(&mut Stack);

/// A cloud, a directory, a program, and somebody who may or may not be at a terminal.
pub(crate) struct Bench {
    pub(crate) cloud: Fake,
    pub(crate) dir: TempDir,
    pub(crate) program: Program,
    /// What is typed; `None` is a script.
    pub(crate) typed: Option<&'static str>,
    pub(crate) color: bool,
}

/// What came of a run.
#[derive(Debug)]
pub(crate) struct Ran {
    pub(crate) code: u8,
    pub(crate) out: String,
    pub(crate) err: String,
}

impl Bench {
    pub(crate) fn new() -> Self {
        Self {
            cloud: Fake::default(),
            dir: tempfile::tempdir().unwrap(),
            program: shop,
            typed: None,
            color: false,
        }
    }

    /// With everything applied.
    pub(crate) fn applied() -> Self {
        let bench = Self::new();
        let ran = bench.run("apply --yes");
        assert_eq!(ran.code, 0, "{}{}", ran.out, ran.err);
        bench
    }

    /// A path in the bench's directory.
    pub(crate) fn path(&self, name: &str) -> std::path::PathBuf {
        self.dir.path().join(name)
    }

    /// Runs a command line; `$DIR` is the bench's directory.
    pub(crate) fn run(&self, line: &str) -> Ran {
        self.run_as::<NoArgs>(line, &|stack, _| (self.program)(stack))
    }

    /// The same for a program with flags of its own.
    pub(crate) fn run_as<A: clap::Args>(
        &self,
        line: &str,
        declare: &dyn Fn(&mut Stack, &A),
    ) -> Ran {
        self.run_words(&format!("{line} --state-dir=$DIR/state"), declare)
    }

    /// Without a place for state of its own. Only for what leaves nothing behind.
    pub(crate) fn run_bare(&self, line: &str) -> Ran {
        self.run_words::<NoArgs>(line, &|stack, _| (self.program)(stack))
    }

    fn run_words<A: clap::Args>(&self, line: &str, declare: &dyn Fn(&mut Stack, &A)) -> Ran {
        let dir = self.dir.path().display().to_string();
        let mut words: Vec<OsString> = vec!["shop".into()];
        words.extend(line.split_whitespace().map(|word| word.replace("$DIR", &dir).into()));
        let (mut out, mut err) = (Vec::new(), Vec::new());
        let mut input = self.typed.unwrap_or_default().as_bytes();
        let io = Io {
            out: &mut out,
            err: &mut err,
            input: &mut input,
            out_color: self.color,
            err_color: self.color,
            interactive: self.typed.is_some(),
            live: false,
        };
        let code = run_from("shop", &self.cloud, declare, words, io);
        let text = |bytes: Vec<u8>| steady(&String::from_utf8(bytes).unwrap(), &dir);
        Ran { code, out: text(out), err: text(err) }
    }

    /// Runs a command line and compares everything.
    pub(crate) fn check(&self, line: &str, expect: Expect) {
        let Ran { code, out, err } = self.run(line);
        let mut all = format!("$ shop {line}\n{out}");
        if !err.is_empty() {
            writeln!(all, "--- stderr\n{}", err.trim_end()).unwrap();
        }
        writeln!(all, "--- exit {code}").unwrap();
        expect.assert_eq(&all);
    }
}

/// Without what differs between machines and runs: directories, source lines, lineages.
fn steady(text: &str, dir: &str) -> String {
    let text = text.replace(dir, "$DIR");
    let text = after_each(&text, ".rs:", char::is_ascii_digit, "N");
    let text = after_each(&text, "\"line\":", |it| it.is_ascii_digit() || *it == ' ', "0");
    let mut text = after_each(&text, "bc-", char::is_ascii_hexdigit, "LINEAGE");
    for mark in ["(lineage ", "--lineage ", "\"lineage\": \""] {
        text = after_each(&text, mark, char::is_ascii_hexdigit, "LINEAGE");
    }
    text
}

/// Replaces the characters of a kind that follow a mark.
fn after_each(text: &str, mark: &str, kind: impl Fn(&char) -> bool, with: &str) -> String {
    let mut parts = text.split(mark);
    let mut steady = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let rest = part.trim_start_matches(|it| kind(&it));
        steady.push_str(mark);
        if rest.len() < part.len() {
            steady.push_str(with);
        }
        steady.push_str(rest);
    }
    steady
}

/// A zone, a bucket per region, a record to each.
pub(crate) fn shop(stack: &mut Stack) {
    shop_with(stack, None);
}

/// The same with a comment on the zone.
pub(crate) fn shop_with(stack: &mut Stack, comment: Option<&str>) {
    shop_of(stack, comment, &[Region::UsEast1, Region::ApSouth1], "www-us-east-1");
}

/// The same with another name for a record.
pub(crate) fn renamed(stack: &mut Stack) {
    shop_of(stack, None, &[Region::UsEast1, Region::ApSouth1], "www");
}

/// The same without ap-south-1.
pub(crate) fn smaller(stack: &mut Stack) {
    shop_of(stack, None, &[Region::UsEast1], "www-us-east-1");
}

fn shop_of(stack: &mut Stack, comment: Option<&str>, regions: &[Region], first: &str) {
    let comment = comment.map(str::to_owned);
    let zone = stack.global().add("zone", Zone { name: "shop.example".into(), comment });
    for region in regions {
        let assets = stack.region(*region).add(
            "assets",
            Bucket {
                name: format!("assets-{region}"),
                versioned: true,
                deletion_protection: *region == Region::UsEast1,
                key: None,
            },
        );
        let name = match region {
            Region::UsEast1 => first.to_owned(),
            region => format!("www-{region}"),
        };
        stack.global().add(
            name,
            Record {
                zone: zone.id().into(),
                name: format!("www-{region}.shop.example"),
                target: assets.arn().into(),
            },
        );
    }
    stack.export("name servers", zone.name_servers());
}
