//! The example as its own process: its cloud and its state in a directory that goes away.

use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::OnceLock;

use serde_json::Value;

use crate::programs::{Ran, example};

/// A place with a state directory and a local cloud.
pub(crate) struct Shop {
    dir: tempfile::TempDir,
}

impl Shop {
    /// Nothing was made yet.
    pub(crate) fn new() -> Self {
        Self { dir: tempfile::tempdir().expect("a temporary directory") }
    }

    /// Everything was applied.
    pub(crate) fn open() -> Self {
        static APPLIED: OnceLock<(Shop, String)> = OnceLock::new();
        let (applied, _) = APPLIED.get_or_init(|| {
            let shop = Self::new();
            let ran = shop.run(&["apply"]).code(0);
            (shop, ran.out)
        });
        let shop = Self::new();
        copy(applied.dir.path(), shop.dir.path());
        shop
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.dir.path().join(name)
    }

    pub(crate) fn state_file(&self, name: &str) -> PathBuf {
        self.path("state").join("active-active").join(name)
    }

    pub(crate) fn cloud_dir(&self) -> PathBuf {
        self.path("cloud")
    }

    /// What exists in the cloud.
    pub(crate) fn world(&self) -> Value {
        let text = std::fs::read_to_string(self.cloud_dir().join("cloud.json")).expect("a cloud");
        serde_json::from_str::<Value>(&text).expect("JSON")["world"].take()
    }

    fn command(&self, args: &[&str]) -> Command {
        let mut command = example("active_active");
        command.args(args);
        if !args.contains(&"--state") {
            command.arg("--state-dir").arg(self.path("state"));
        }
        if !args.contains(&"--endpoint-url") && !args.contains(&"--local-dir") {
            command.arg("--local-dir").arg(self.cloud_dir());
        }
        command.current_dir(self.dir.path());
        command
    }

    /// Runs it to its end, with nobody to ask.
    pub(crate) fn run(&self, args: &[&str]) -> Ran {
        let output = self.command(args).output().expect("the example runs");
        Ran {
            code: output.status.code(),
            out: String::from_utf8(output.stdout).expect("text"),
            err: String::from_utf8(output.stderr).expect("text"),
        }
    }

    /// Runs it until a line on stderr has this in it, and kills it there: it gets no signal that
    /// it could handle.
    pub(crate) fn kill_at(&self, args: &[&str], word: &str) {
        let mut child = self
            .command(args)
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()
            .expect("the example runs");
        let err = child.stderr.take().expect("a pipe");
        let mut lines = BufReader::new(err).lines().map_while(Result::ok);
        assert!(lines.any(|line| line.contains(word)), "it never said {word:?}");
        child.kill().expect("it still runs");
        let status = child.wait().expect("its end");
        assert_eq!(status.code(), None, "it was killed before its end");
    }
}

fn copy(from: &Path, to: &Path) {
    for entry in std::fs::read_dir(from).expect("a directory").map(|it| it.expect("an entry")) {
        let target = to.join(entry.file_name());
        if entry.path().is_dir() {
            std::fs::create_dir(&target).expect("a directory");
            copy(&entry.path(), &target);
        } else {
            std::fs::copy(entry.path(), target).expect("a copy");
        }
    }
}
