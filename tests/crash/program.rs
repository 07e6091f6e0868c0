//! The program as its own process, its cloud served to it, and its state.

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::OnceLock;
use std::sync::mpsc::RecvTimeoutError;
use std::time::Duration;

use bicoastal::state::State;
use bicoastal_local::Cloud;
use bicoastal_local::server::Server;
use bicoastal_local::world::World;
use tokio::runtime::{Handle, Runtime};

use crate::kept::Kept;
use crate::proxy::{At, How, Position, Proxy, Side, Stop};

/// The stack that every program here declares.
pub const STACK: &str = "active-active";

/// Where clouds are served and calls are passed on.
pub fn runtime() -> &'static Handle {
    static RUNTIME: OnceLock<Runtime> = OnceLock::new();
    RUNTIME
        .get_or_init(|| {
            tokio::runtime::Builder::new_multi_thread()
                .worker_threads(2)
                .enable_all()
                .build()
                .expect("threads")
        })
        .handle()
}

/// What a run begins with: a cloud, and what state knows of it.
#[derive(Clone)]
pub struct Start {
    pub world: World,
    pub kept: Kept,
    /// The state's files, by their path, where it is kept in a directory.
    pub state: Vec<(PathBuf, Vec<u8>)>,
}

impl Start {
    /// Nothing was ever made. Everything takes its time, a tenth of what it takes on AWS.
    pub fn empty(kept: Kept) -> Self {
        let cloud = Cloud::new();
        cloud.scale_durations(0.1);
        kept.prepare(&cloud);
        Self { world: cloud.with_world(|world| world.clone()), kept, state: Vec::new() }
    }
}

/// A place for runs of a program, with a cloud and a state of its own.
pub struct Place {
    pub cloud: Cloud,
    pub kept: Kept,
    pub proxy: Proxy,
    dir: tempfile::TempDir,
    server: tokio::task::JoinHandle<()>,
}

impl Drop for Place {
    fn drop(&mut self) {
        self.server.abort();
    }
}

/// How a run ended.
#[derive(Debug)]
pub struct Ran {
    /// `None`: it was killed.
    pub code: Option<i32>,
    pub out: String,
    pub err: String,
    /// Its mutating calls, in the order of their arrival.
    pub calls: Vec<Position>,
    /// What was in store for it has happened.
    pub struck: bool,
}

impl Place {
    pub fn new(start: &Start) -> Self {
        let cloud = Cloud::new();
        cloud.with_world(|world| world.clone_from(&start.world));
        let dir = tempfile::tempdir().expect("a temporary directory");
        for (path, bytes) in &start.state {
            let path = dir.path().join("state").join(path);
            fs::create_dir_all(path.parent().expect("a directory")).expect("a directory");
            fs::write(path, bytes).expect("a file");
        }
        let server = runtime().block_on(Server::bind(cloud.clone(), 0)).expect("a port").speed(0);
        let proxy = Proxy::new(runtime(), server.address());
        let server = runtime().spawn(async move {
            let _ = server.run(std::future::pending()).await;
        });
        Self { cloud, kept: start.kept, proxy, dir, server }
    }

    pub fn dir(&self) -> &Path {
        self.dir.path()
    }

    pub fn state_dir(&self) -> PathBuf {
        self.dir.path().join("state")
    }

    /// What is there now, for other runs to begin with.
    pub fn freeze(&self) -> Start {
        let mut state = Vec::new();
        files(&self.state_dir(), &self.state_dir(), &mut state);
        Start { world: self.cloud.with_world(|world| world.clone()), kept: self.kept, state }
    }

    /// What is recorded.
    pub fn state(&self) -> Option<State> {
        let store = self.kept.store(&self.cloud, &self.state_dir());
        runtime().block_on(store.load(STACK)).expect("a good state")
    }

    /// Who holds the stack's lease although nobody runs.
    pub fn lease_left(&self) -> Option<String> {
        self.kept.holder(&self.cloud, &self.state_dir())
    }

    /// The world when everything that was begun has come to its end.
    pub fn settled(&self) -> World {
        self.cloud.advance(24 * 3_600_000);
        self.cloud.with_world(|world| {
            world.settle();
            world.clone()
        })
    }

    pub fn command(&self, program: &str, args: &[&str]) -> Command {
        let mut command = bare(program);
        command.args(args);
        command.arg("--endpoint-url").arg(self.proxy.url());
        command.args(self.kept.args(&self.state_dir()));
        command.current_dir(self.dir.path());
        command
    }

    /// Runs it to its end, or to where everything stops: there it is killed, by a signal that no
    /// program can handle.
    pub fn run(&self, program: &str, args: &[&str], strike: Option<(At, How)>) -> Ran {
        self.attend(program, args, strike, |child, _stop| {
            child.kill().expect("it still runs");
        })
    }

    /// Runs it to its end, and on both sides of each of its mutating calls takes what a run that
    /// is killed there would leave behind.
    ///
    /// The program is stopped for that by a signal that, like the one that kills, no program can
    /// handle and that holds every thread of it where it is; the cloud finishes what had reached
    /// it. So there is nothing that a killed program leaves and this one does not. Its lock ends
    /// with it, and is not copied either.
    pub fn photograph(&self, program: &str, args: &[&str]) -> (Ran, Vec<Photo>) {
        let mut photos = Vec::new();
        let ran = self.attend(program, args, Some((At::Each, How::Wait)), |child, stop| {
            let _still = self.cloud.hold_time();
            signal(child, "STOP");
            self.proxy.until_quiet();
            photos.push(Photo {
                position: stop.position.clone(),
                side: stop.side,
                left: self.freeze(),
            });
            signal(child, "CONT");
            stop.go_on();
        });
        (ran, photos)
    }

    fn attend(
        &self,
        program: &str,
        args: &[&str],
        strike: Option<(At, How)>,
        stopped: impl FnMut(&mut Child, Stop),
    ) -> Ran {
        attend(&self.proxy, self.command(program, args), self.dir(), strike, stopped)
    }
}

/// Runs a program to its end; whenever one of its calls stops, somebody attends to it. What it says
/// goes to files in a directory.
pub fn attend(
    proxy: &Proxy,
    mut command: Command,
    dir: &Path,
    strike: Option<(At, How)>,
    mut stopped: impl FnMut(&mut Child, Stop),
) -> Ran {
    proxy.arm(strike);
    let (out, err) = (dir.join("out"), dir.join("err"));
    let mut child = command
        .stdout(File::create(&out).expect("a file"))
        .stderr(File::create(&err).expect("a file"))
        .spawn()
        .expect("the program runs");
    let status = loop {
        if let Some(status) = child.try_wait().expect("a child") {
            break status;
        }
        match proxy.stops().recv_timeout(Duration::from_millis(3)) {
            Ok(stop) => stopped(&mut child, stop),
            Err(RecvTimeoutError::Timeout) => {}
            Err(RecvTimeoutError::Disconnected) => panic!("the proxy is gone"),
        }
    };
    let (calls, struck) = proxy.seen();
    let text = |path: &Path| fs::read_to_string(path).expect("text");
    Ran { code: status.code(), out: text(&out), err: text(&err), calls, struck }
}

/// What a run that is killed at this side of this call leaves behind.
#[derive(Clone)]
pub struct Photo {
    pub position: Position,
    pub side: Side,
    pub left: Start,
}

/// Stops the process, or has it go on; until it has heard.
fn signal(child: &Child, name: &str) {
    let id = child.id().to_string();
    let sent = Command::new("kill").args([&format!("-{name}"), &id]).status();
    assert!(sent.expect("kill runs").success(), "it still runs");
    if name == "STOP" {
        // Linux shows it at once; elsewhere the signal is as good as delivered.
        let stat = PathBuf::from(format!("/proc/{id}/stat"));
        while fs::read_to_string(&stat).is_ok_and(|it| !it.contains(") T ")) {
            std::thread::yield_now();
        }
    }
}

fn files(root: &Path, dir: &Path, found: &mut Vec<(PathBuf, Vec<u8>)>) {
    // Nothing was recorded there yet.
    let Ok(entries) = fs::read_dir(dir) else { return };
    for entry in entries.map(|it| it.expect("an entry")) {
        let path = entry.path();
        if path.is_dir() {
            files(root, &path, found);
        } else {
            let bytes = fs::read(&path).expect("a file");
            found.push((path.strip_prefix(root).expect("below it").to_owned(), bytes));
        }
    }
}

/// The programs were built beside this test: `target/debug/deps/crash-…`, `…/examples/…`.
pub fn bare(program: &str) -> Command {
    let test = std::env::current_exe().expect("this test's own path");
    let target = test.parent().and_then(Path::parent).expect("a target directory");
    let path = target.join("examples").join(format!("{program}{}", std::env::consts::EXE_SUFFIX));
    assert!(path.exists(), "build it first: cargo build --examples");
    let mut command = Command::new(path);
    command.env_remove("NO_COLOR").env_remove("CLICOLOR_FORCE").stdin(Stdio::null());
    command
}
