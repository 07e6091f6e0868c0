//! Servers that nobody here wrote: moto and ministack, started on loopback for one test each.
//!
//! They live in the environment that `.ci/emulators` makes; `BICOASTAL_EMULATORS` says where its
//! programs are. Without it a test says what it skipped and passes; with `CI` set it fails.
#![allow(
    dead_code,
    unreachable_pub,
    clippy::expect_used,
    clippy::panic,
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "each test binary uses its own part of this, and what fails here is a failed test"
)]

use std::io::{BufRead, BufReader, Read};
use std::net::{Ipv4Addr, TcpListener};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc;
use std::thread;
use std::time::Duration;

/// How long a server may take to say that it listens.
const PATIENCE: Duration = Duration::from_secs(120);

/// Runs a server in a process that ends with the test's own, however that one ends: its standard
/// input is a pipe that nobody writes to, and that closes with the writer.
const LAUNCH: &str = r#"
import os, runpy, sys, threading

def ends_with_the_test():
    sys.stdin.buffer.read()
    os._exit(0)

threading.Thread(target=ends_with_the_test, daemon=True).start()
name, port, *first = sys.argv[1:]
del sys.argv[1:]
for script in first:
    runpy.run_path(script, {"emulator": name})
if name == "moto":
    from moto.server import main
    main(["-H", "127.0.0.1", "-p", port])
else:
    from ministack.app import main
    main()
"#;

/// An environment with boto3 and both emulators in it.
#[derive(Clone, Debug)]
pub struct Python {
    bin: PathBuf,
}

impl Python {
    /// The environment, or `None` after saying what is skipped without it.
    #[expect(
        clippy::disallowed_methods,
        reason = "the one word between `.ci/run` and the tests is the environment"
    )]
    pub fn or_skip(what: &str) -> Option<Self> {
        match std::env::var("BICOASTAL_EMULATORS") {
            Ok(bin) if !bin.is_empty() => Some(Self { bin: PathBuf::from(bin) }),
            _ if std::env::var("CI").is_ok_and(|it| !it.is_empty() && it != "false") => panic!(
                "BICOASTAL_EMULATORS is not set, and with CI set nothing may be skipped: {what}"
            ),
            _ => {
                say(&format!(
                    "SKIPPED: {what}\n  hint: BICOASTAL_EMULATORS=\"$(.ci/emulators)\" cargo test …"
                ));
                None
            }
        }
    }

    /// A program of the environment, with none of the caller's AWS settings.
    pub fn command(&self) -> Command {
        let mut command = Command::new(self.bin.join("python"));
        command
            .env_remove("AWS_PROFILE")
            .env_remove("AWS_DEFAULT_REGION")
            .env_remove("AWS_REGION")
            .env("AWS_CONFIG_FILE", "/dev/null")
            .env("AWS_SHARED_CREDENTIALS_FILE", "/dev/null")
            .env("AWS_EC2_METADATA_DISABLED", "true")
            .env("AWS_ACCESS_KEY_ID", "test")
            .env("AWS_SECRET_ACCESS_KEY", "test")
            .env("NO_PROXY", "*")
            .env("PYTHONDONTWRITEBYTECODE", "1")
            .env("PYTHONUNBUFFERED", "1");
        command
    }

    /// Runs a script, and answers what it printed. A script that fails is a failed test.
    pub fn run(&self, script: &Path, arguments: &[&str]) -> String {
        let done = self
            .command()
            .arg(script)
            .args(arguments)
            .stdin(Stdio::null())
            .output()
            .unwrap_or_else(|error| panic!("{}: {error}", script.display()));
        let printed = String::from_utf8_lossy(&done.stdout).into_owned();
        assert!(
            done.status.success(),
            "{} {arguments:?}: {}\n{printed}\n{}",
            script.display(),
            done.status,
            String::from_utf8_lossy(&done.stderr)
        );
        printed
    }
}

/// Says something to whoever runs the tests: past the harness, which keeps to itself what a test
/// that passes has printed.
pub fn say(text: &str) {
    use std::io::Write;
    let _ = writeln!(std::io::stderr(), "{text}");
}

/// Which emulator.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Emulator {
    Moto,
    Ministack,
}

impl Emulator {
    pub fn name(self) -> &'static str {
        match self {
            Self::Moto => "moto",
            Self::Ministack => "ministack",
        }
    }

    /// Starts one, and answers when it listens. It is killed when the answer is dropped.
    pub fn start(self, python: &Python) -> Running {
        self.start_after(python, &[])
    }

    /// The same after these scripts have run in its process.
    pub fn start_after(self, python: &Python, scripts: &[&Path]) -> Running {
        // ministack takes no port 0: somebody else may take the free one in between.
        for attempt in 1.. {
            match self.try_start(python, scripts) {
                Ok(running) => return running,
                Err(said) if attempt == 3 => panic!("{} does not start:\n{said}", self.name()),
                Err(_) => {}
            }
        }
        unreachable!("the third attempt answers or panics")
    }

    fn try_start(self, python: &Python, scripts: &[&Path]) -> Result<Running, String> {
        let port = match self {
            Self::Moto => 0,
            Self::Ministack => free_port(),
        };
        let home = tempfile::tempdir().expect("a temporary directory");
        let (output, input) = std::io::pipe().expect("a pipe");
        let child = python
            .command()
            .args(["-c", LAUNCH, self.name(), &port.to_string()])
            .args(scripts)
            .env("GATEWAY_PORT", port.to_string())
            // By itself ministack listens on every interface, and on port 8883 too.
            .env("BIND_HOST", "127.0.0.1")
            .env("IOT_MTLS_ENABLED", "0")
            .env("HOME", home.path())
            .env("TMPDIR", home.path())
            .current_dir(home.path())
            .stdin(Stdio::piped())
            .stdout(input.try_clone().expect("a pipe"))
            .stderr(input)
            .spawn()
            .map_err(|error| error.to_string())?;
        let mut running = Running { child, url: String::new(), emulator: self, _home: home };
        running.url = wait_until_it_listens(output)?;
        Ok(running)
    }
}

/// A server that listens; killed when this is dropped.
#[derive(Debug)]
pub struct Running {
    child: Child,
    url: String,
    emulator: Emulator,
    /// Where the server writes, until it is gone.
    _home: tempfile::TempDir,
}

impl Running {
    /// Where it listens: `http://127.0.0.1:PORT`.
    pub fn url(&self) -> &str {
        &self.url
    }

    pub fn emulator(&self) -> Emulator {
        self.emulator
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn free_port() -> u16 {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("a free port");
    listener.local_addr().expect("an address").port()
}

/// Both print "Running on http://…" when they listen. What they print later is read and thrown
/// away, so that they never wait for a reader.
fn wait_until_it_listens(output: impl Read + Send + 'static) -> Result<String, String> {
    let (found, finding) = mpsc::channel();
    thread::spawn(move || {
        let mut before = String::new();
        for line in BufReader::new(output).lines().map_while(Result::ok) {
            if let Some((_, rest)) = line.split_once("Running on ") {
                let url = rest.split_whitespace().next().unwrap_or_default().to_owned();
                let _ = found.send(Ok(url));
            }
            if before.len() < 20_000 {
                before.push_str(&line);
                before.push('\n');
            }
        }
        let _ = found.send(Err(before));
    });
    finding.recv_timeout(PATIENCE).map_err(|_| "it says nothing".to_owned())?
}
