//! Runs of the example as processes, on a cloud that is served to them and holds their state.

use std::io::Read;
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Condvar, Mutex, OnceLock, mpsc};
use std::thread::JoinHandle;
use std::time::Duration;

use bicoastal::local::CallRecord;
use bicoastal::local::log::Phase;
use bicoastal::local::server::Server;
use serde_json::Value;
use tokio::runtime::Runtime;

use crate::programs::{Ran, example};
use crate::stage::{Kind, Stage};
use crate::worlds;

/// Where clouds are served.
pub fn runtime() -> &'static Runtime {
    static RUNTIME: OnceLock<Runtime> = OnceLock::new();
    RUNTIME.get_or_init(|| {
        let mut builder = tokio::runtime::Builder::new_multi_thread();
        builder.worker_threads(4).enable_all().build().expect("threads")
    })
}

/// A cloud that is served, with a place for state in it. Everything takes its time, a tenth of what
/// it takes on AWS, and that time passes only when everybody waits for it.
pub struct Served {
    pub stage: Stage,
    url: String,
    server: tokio::task::JoinHandle<()>,
}

impl Drop for Served {
    fn drop(&mut self) {
        self.server.abort();
    }
}

/// A moment: the nth of the calls of an operation, before it is carried out or after.
#[derive(Clone, Copy, Debug)]
pub struct Moment(pub &'static str, pub usize, pub Phase);

impl Served {
    pub fn new(kind: Kind) -> Self {
        let stage = runtime().block_on(Stage::new(kind));
        stage.cloud.scale_durations(0.1);
        let server = runtime().block_on(Server::bind(stage.cloud.clone(), 0)).expect("a port");
        let server = server.speed(0);
        let url = format!("http://{}", server.address());
        let server = runtime().spawn(async move {
            let _ = server.run(std::future::pending()).await;
        });
        Self { stage, url, server }
    }

    /// Starts the example on this cloud, as the stack `s`.
    pub fn start(&self, args: &[&str]) -> Run {
        let mut command = example("active_active");
        command.args(args).args(["--stack", "s", "--endpoint-url", &self.url]);
        command.args(["--state", &self.stage.place(self.stage.kind)]);
        command.current_dir(self.stage.dir.path());
        Run::start(command)
    }

    pub fn run(&self, args: &[&str]) -> Ran {
        self.start(args).end()
    }

    /// Does this when a moment has come; the call waits for it.
    pub fn at(&self, moment: Moment, act: impl Fn() + Send + Sync + 'static) {
        let Moment(operation, nth, at) = moment;
        let (count, act) = (AtomicUsize::new(0), Arc::new(act));
        self.stage.cloud.on_call(move |call, phase| {
            if call.operation == operation
                && phase == at
                && count.fetch_add(1, Ordering::SeqCst) + 1 == nth
            {
                tokio::task::block_in_place(|| act());
            }
        });
    }

    /// The call of a moment waits until it is let go.
    pub fn hold_at(&self, moment: Moment) -> Hold {
        let (came, coming) = mpsc::channel();
        let (go, going) = mpsc::channel::<()>();
        let going = Mutex::new(going);
        self.at(moment, move || {
            let _ = came.send(());
            let _ = going.lock().expect("nobody panicked").recv();
        });
        Hold { coming, _go: go }
    }

    /// The calls that change something, from the nth call on: those of the state's own place, and
    /// the others.
    pub fn changes_since(&self, mark: usize) -> (Vec<CallRecord>, Vec<CallRecord>) {
        let calls = self.stage.cloud.calls().into_iter().skip(mark).filter(|call| call.mutating);
        calls.partition(|call| {
            ["PutObject", "DeleteObjects", "PutItem", "BatchWriteItem"]
                .contains(&call.operation.as_str())
        })
    }

    /// Everything that there is, when all that was begun has come to its end; but for the time, and
    /// for how many ids were ever given out, to things that are gone too.
    pub fn everything(&self) -> Value {
        self.stage.cloud.advance(24 * 3_600_000);
        let mut world = self.stage.cloud.with_world(|world| {
            world.settle();
            serde_json::to_value(&*world).expect("a world is plain data")
        });
        world.as_object_mut().expect("a world").retain(|key, _| key != "now_ms" && key != "ids");
        world
    }

    /// What programs make, without what AWS assigns.
    pub fn made(&self) -> Value {
        self.everything();
        let mut world = self.stage.cloud.with_world(|world| worlds::normal(world));
        for name in ["state", "state-1", "state-2", "strong"] {
            world["s3"]["buckets"].as_object_mut().expect("buckets").remove(name);
            forget(&mut world["dynamodb"], name);
        }
        // How many writes there were says nothing of what is there, and nor does an empty region.
        for account in world["dynamodb"]["accounts"].as_object_mut().expect("accounts").values_mut()
        {
            account.as_object_mut().expect("an account").remove("writes");
            let tables = account["tables"].as_object_mut().expect("tables");
            tables.retain(|_, tables| tables.as_object().is_some_and(|it| !it.is_empty()));
        }
        world
    }
}

/// Takes a table out, wherever it is.
fn forget(value: &mut Value, table: &str) {
    match value {
        Value::Object(map) => {
            map.retain(|key, value| key != table && value["name"] != table);
            map.values_mut().for_each(|value| forget(value, table));
        }
        Value::Array(list) => list.iter_mut().for_each(|value| forget(value, table)),
        _ => {}
    }
}

/// A call that waits; it goes on when this is dropped.
pub struct Hold {
    coming: mpsc::Receiver<()>,
    _go: mpsc::Sender<()>,
}

impl Hold {
    pub fn until_it_comes(&self, run: &mut Run) {
        run.until(&self.coming);
    }
}

/// A run under way.
pub struct Run {
    child: Child,
    err: Arc<Said>,
    readers: Vec<JoinHandle<String>>,
}

#[derive(Default)]
struct Said {
    text: Mutex<(String, bool)>,
    more: Condvar,
}

impl Run {
    fn start(mut command: Command) -> Self {
        let mut child = command
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("the example runs");
        let (mut out, mut err) = (child.stdout.take().unwrap(), child.stderr.take().unwrap());
        let said = Arc::new(Said::default());
        let hears = Arc::clone(&said);
        let out = std::thread::spawn(move || {
            let mut text = String::new();
            out.read_to_string(&mut text).expect("text");
            text
        });
        let err = std::thread::spawn(move || {
            let mut buffer = [0u8; 4096];
            loop {
                let count = err.read(&mut buffer).unwrap_or(0);
                let mut text = hears.text.lock().unwrap();
                text.0.push_str(&String::from_utf8_lossy(&buffer[..count]));
                text.1 = count == 0;
                hears.more.notify_all();
                if count == 0 {
                    return text.0.clone();
                }
            }
        });
        Self { child, err: said, readers: vec![out, err] }
    }

    pub fn id(&self) -> u32 {
        self.child.id()
    }

    /// Waits until it has come so far.
    pub fn until(&mut self, so_far: &mpsc::Receiver<()>) {
        while so_far.recv_timeout(Duration::from_millis(5)).is_err() {
            let ended = self.child.try_wait().expect("a child");
            assert!(ended.is_none(), "it ended and never came there");
        }
    }

    /// Waits until it has said this on stderr.
    pub fn until_it_says(&self, word: &str) {
        let mut text = self.err.text.lock().unwrap();
        while !text.0.contains(word) {
            assert!(!text.1, "it ended and never said {word:?}:\n{}", text.0);
            text = self.err.more.wait(text).unwrap();
        }
    }

    /// Ends it by a signal that no program can handle.
    pub fn kill(mut self) -> Ran {
        self.child.kill().expect("it still runs");
        self.end()
    }

    pub fn end(mut self) -> Ran {
        let code = self.child.wait().expect("its end").code();
        let mut texts = self.readers.drain(..).map(|reader| reader.join().expect("text"));
        let (out, err) = (texts.next().unwrap(), texts.next().unwrap());
        Ran { code, out, err }
    }
}

/// Sends a signal; one that stops a process is waited for until it has.
pub fn signal(process: u32, name: &str) {
    let sent = Command::new("kill").args([format!("-{name}"), process.to_string()]).status();
    assert!(sent.expect("kill runs").success(), "it still runs");
    if name == "STOP" {
        // Linux tells; elsewhere the signal is as good as delivered.
        let stat = format!("/proc/{process}/stat");
        while std::fs::read_to_string(&stat).is_ok_and(|it| !it.contains(") T ")) {
            std::thread::yield_now();
        }
    }
}
