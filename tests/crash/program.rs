//! The program as its own process, its cloud served to it, and its state in a directory.

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::OnceLock;
use std::sync::mpsc::RecvTimeoutError;
use std::time::Duration;

use bicoastal::FileStore;
use bicoastal::runtime::StateStore;
use bicoastal::state::State;
use bicoastal_local::Cloud;
use bicoastal_local::server::Server;
use bicoastal_local::world::World;
use tokio::runtime::{Handle, Runtime};

use crate::proxy::{At, How, Position, Proxy};

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
    /// The state's files, by their path.
    pub state: Vec<(PathBuf, Vec<u8>)>,
}

impl Start {
    /// Nothing was ever made. Everything takes its time, a tenth of what it takes on AWS.
    #[allow(clippy::field_reassign_with_default, reason = "its other fields are private")]
    pub fn empty() -> Self {
        let mut world = World::default();
        world.duration_factor = 0.1;
        Self { world, state: Vec::new() }
    }
}

/// A place for runs of a program, with a cloud and a state of its own.
pub struct Place {
    pub cloud: Cloud,
    proxy: Proxy,
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
        Self { cloud, proxy, dir, server }
    }

    pub fn state_dir(&self) -> PathBuf {
        self.dir.path().join("state")
    }

    /// What is there now, for other runs to begin with.
    pub fn freeze(&self) -> Start {
        let mut state = Vec::new();
        files(&self.state_dir(), &self.state_dir(), &mut state);
        Start { world: self.cloud.with_world(|world| world.clone()), state }
    }

    /// What is recorded.
    pub fn state(&self) -> Option<State> {
        let store = FileStore::new(self.state_dir());
        runtime().block_on(store.load("active-active")).expect("a good state")
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
        command.arg("--state-dir").arg(self.state_dir());
        command.current_dir(self.dir.path()).stdin(Stdio::null());
        command
    }

    /// Runs it to its end, or to where everything stops: there it is killed, by a signal that no
    /// program can handle.
    pub fn run(&self, program: &str, args: &[&str], strike: Option<(At, How)>) -> Ran {
        self.proxy.arm(strike);
        let (out, err) = (self.dir.path().join("out"), self.dir.path().join("err"));
        let mut child = self
            .command(program, args)
            .stdout(File::create(&out).expect("a file"))
            .stderr(File::create(&err).expect("a file"))
            .spawn()
            .expect("the program runs");
        let status = loop {
            if let Some(status) = child.try_wait().expect("a child") {
                break status;
            }
            match self.proxy.stops().recv_timeout(Duration::from_millis(3)) {
                Ok(()) => {
                    child.kill().expect("it still runs");
                    break child.wait().expect("its end");
                }
                Err(RecvTimeoutError::Timeout) => {}
                Err(RecvTimeoutError::Disconnected) => panic!("the proxy is gone"),
            }
        };
        let (calls, struck) = self.proxy.seen();
        let text = |path: &Path| fs::read_to_string(path).expect("text");
        Ran { code: status.code(), out: text(&out), err: text(&err), calls, struck }
    }
}

fn files(root: &Path, dir: &Path, found: &mut Vec<(PathBuf, Vec<u8>)>) {
    for entry in fs::read_dir(dir).expect("a directory").map(|it| it.expect("an entry")) {
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
fn bare(program: &str) -> Command {
    let test = std::env::current_exe().expect("this test's own path");
    let target = test.parent().and_then(Path::parent).expect("a target directory");
    let path = target.join("examples").join(format!("{program}{}", std::env::consts::EXE_SUFFIX));
    assert!(path.exists(), "build it first: cargo build --examples");
    let mut command = Command::new(path);
    command.env_remove("NO_COLOR").env_remove("CLICOLOR_FORCE");
    command
}
