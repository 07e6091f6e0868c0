//! The driver: what it does in which order, and what is left when it is stopped.
#![allow(clippy::unwrap_used, clippy::panic, reason = "what fails here is a failed test")]

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use bicoastal_engine::machine::{Fate, Report};
use bicoastal_engine::record::Record;
use bicoastal_engine::state::State;
use bicoastal_model::provider::{BoxFuture, Gate, Tell};
use bicoastal_model::schema::{Field, OutputSpec};
use bicoastal_model::{
    Catalog, Deletes, Global, Goal, Input, OpError, Operation, Outcome, Ownership, Progress,
    Provider, Resource, Schema, Seen, Snapshot, Stack, Status, Target, handle,
};
use bicoastal_runtime::{
    Ask, Cancel, Clock, Engine, Event, FileStore, Lease, LeaseNote, Observer, PlanOptions,
    StateStore, StoreError,
};
use serde::{Deserialize, Serialize};

#[derive(Serialize, Deserialize)]
struct Thing {
    name: String,
    of: Option<Input<String>>,
}

handle! {
    /// A thing.
    pub struct ThingHandle {
        /// Its address.
        address: String,
    }
}

static SCHEMA: Schema = Schema {
    kind: "Fake:Thing",
    service: "fake",
    feature: "fake",
    fields: &[Field::new("name").replaces(), Field::new("of")],
    outputs: &[OutputSpec::assigned("address")],
    identity: &["name"],
    ..Schema::BASE
};

impl Resource for Thing {
    type Scope = Global;
    type Handle = ThingHandle;
    const SCHEMA: &'static Schema = &SCHEMA;
}

/// A cloud of things; each takes one call and one wait to be made.
#[derive(Clone, Default)]
struct Fake {
    things: Arc<Mutex<BTreeMap<String, Snapshot>>>,
    /// What was called, with the number of durable journal lines at that moment.
    calls: Arc<Mutex<Vec<(String, usize)>>>,
    journal: PathBuf,
    waits: bool,
}

impl Fake {
    fn calls(&self) -> Vec<String> {
        self.calls.lock().unwrap().iter().map(|(call, _)| call.clone()).collect()
    }
}

impl Provider for Fake {
    fn catalog(&self) -> Catalog {
        Catalog::new([&SCHEMA])
    }

    fn account<'a>(&'a self, _: Option<&'a str>) -> BoxFuture<'a, Result<String, OpError>> {
        Box::pin(async { Ok("123456789012".to_owned()) })
    }

    fn read_each<'a>(&'a self, targets: &'a [Target], tell: Tell<'a>) -> BoxFuture<'a, ()> {
        let things = self.things.lock().unwrap();
        for target in targets {
            tell(things.get(target.text("name")).cloned().map_or(Seen::Absent, Seen::Present));
        }
        Box::pin(async {})
    }

    fn lookup<'a>(&'a self, _: &'a Target) -> BoxFuture<'a, Result<Seen, OpError>> {
        Box::pin(async { Ok(Seen::Absent) })
    }

    fn advance<'a>(
        &'a self,
        operation: &'a Operation,
        _gate: &'a Arc<dyn Gate>,
    ) -> BoxFuture<'a, Result<Progress, OpError>> {
        let member = &operation.members[0];
        let name = member.target.text("name").to_owned();
        let mut things = self.things.lock().unwrap();
        let progress = match (&member.goal, things.get(&name).cloned()) {
            (Goal::Present { .. }, Some(snapshot)) if self.waits => {
                let _ = snapshot;
                Progress::Waiting {
                    what: "CREATING".into(),
                    poll: Duration::from_secs(5),
                    patience: Duration::from_secs(600),
                }
            }
            (Goal::Present { .. }, Some(snapshot)) => {
                Progress::Done(vec![Outcome::Present(snapshot)])
            }
            (Goal::Absent { .. }, None) => Progress::Done(vec![Outcome::Gone]),
            (Goal::Present { wanted, .. }, None) => {
                let lines = std::fs::read_to_string(&self.journal).unwrap_or_default();
                self.calls
                    .lock()
                    .unwrap()
                    .push((format!("create {name}"), lines.matches("\"begin\"").count()));
                things.insert(
                    name.clone(),
                    Snapshot {
                        physical: name.clone(),
                        props: wanted.clone(),
                        outputs: [("address".to_owned(), format!("at-{name}").into())].into(),
                        status: Status::Ready,
                        ownership: Ownership::Ours,
                        children: vec![],
                        facts: BTreeMap::new(),
                    },
                );
                Progress::Called {
                    call: "CreateThing".into(),
                    physical: Some(name),
                    secrets: true,
                    deletes: Vec::new(),
                }
            }
            (Goal::Absent { .. }, Some(_)) => {
                things.remove(&name);
                self.calls.lock().unwrap().push((format!("delete {name}"), 0));
                Progress::Called {
                    call: "DeleteThing".into(),
                    physical: None,
                    secrets: true,
                    deletes: vec![Deletes::Whole],
                }
            }
        };
        Box::pin(async { Ok(progress) })
    }
}

/// A clock whose waits end at once.
#[derive(Debug)]
struct NoTime;

impl Clock for NoTime {
    fn now_ms(&self) -> u64 {
        0
    }

    fn sleep<'a>(&'a self, _: Duration) -> BoxFuture<'a, ()> {
        Box::pin(tokio::task::yield_now())
    }
}

/// A store that fails from the n-th append on: a full disk.
#[derive(Debug)]
struct Full {
    inner: FileStore,
    appends: Arc<AtomicUsize>,
    from: usize,
}

impl Full {
    fn new(inner: FileStore, from: usize) -> Self {
        Self { inner, appends: Arc::default(), from }
    }
}

#[derive(Debug)]
struct FullLease {
    inner: Box<dyn Lease>,
    appends: Arc<AtomicUsize>,
    from: usize,
}

impl Lease for FullLease {
    fn note(&self) -> LeaseNote {
        self.inner.note()
    }
    fn load(&self) -> BoxFuture<'_, Result<Option<State>, StoreError>> {
        self.inner.load()
    }
    fn append<'a>(&'a self, records: &'a [(u64, Record)]) -> BoxFuture<'a, Result<(), StoreError>> {
        if self.appends.fetch_add(1, Ordering::Relaxed) + 1 >= self.from {
            return Box::pin(async { Err(StoreError::Io("no space left on device".into())) });
        }
        self.inner.append(records)
    }
    fn compact<'a>(&'a self, state: &'a State) -> BoxFuture<'a, Result<(), StoreError>> {
        self.inner.compact(state)
    }
    fn moved(&self) -> BoxFuture<'_, Option<String>> {
        self.inner.moved()
    }
    fn moved_to<'a>(&'a self, place: Option<&'a str>) -> BoxFuture<'a, Result<(), StoreError>> {
        self.inner.moved_to(place)
    }
    fn keep(&self) -> BoxFuture<'_, StoreError> {
        self.inner.keep()
    }
    fn gate(&self) -> Arc<dyn Gate> {
        self.inner.gate()
    }
    fn release(&self) -> BoxFuture<'_, ()> {
        self.inner.release()
    }
}

impl StateStore for Full {
    fn place(&self, stack: &str) -> String {
        self.inner.place(stack)
    }
    fn load<'a>(&'a self, stack: &'a str) -> BoxFuture<'a, Result<Option<State>, StoreError>> {
        self.inner.load(stack)
    }
    fn lease<'a>(
        &'a self,
        stack: &'a str,
        ask: &'a Ask,
    ) -> BoxFuture<'a, Result<Box<dyn Lease>, StoreError>> {
        Box::pin(async move {
            let inner = self.inner.lease(stack, ask).await?;
            let (appends, from) = (self.appends.clone(), self.from);
            Ok(Box::new(FullLease { inner, appends, from }) as Box<dyn Lease>)
        })
    }
    fn stacks<'a>(&'a self) -> BoxFuture<'a, Result<Vec<String>, StoreError>> {
        self.inner.stacks()
    }
}

struct Test {
    dir: tempfile::TempDir,
    fake: Fake,
}

impl Test {
    fn new() -> Self {
        let dir = tempfile::tempdir().unwrap();
        let journal = dir.path().join("s").join("journal.jsonl");
        Self { dir, fake: Fake { journal, ..Fake::default() } }
    }

    fn engine(&self, store: impl StateStore + 'static) -> Engine {
        Engine::new(self.fake.clone(), store).with_clock(NoTime)
    }

    fn file(&self) -> FileStore {
        FileStore::new(self.dir.path())
    }
}

fn desired() -> bicoastal_model::Desired {
    let mut stack = Stack::new("s");
    let first = stack.global().add("first", Thing { name: "a".into(), of: None });
    let of = Some(first.address().into());
    stack.global().add("second", Thing { name: "b".into(), of });
    stack.export("first", first.address());
    stack.seal().unwrap()
}

struct StopAt(Cancel, &'static str, usize);

impl Observer for StopAt {
    fn event(&self, event: &Event) {
        let at = match event {
            Event::Called { .. } => "called",
            Event::Waiting { .. } => "waiting",
            _ => "",
        };
        if at == self.1 {
            (0..self.2).for_each(|_| self.0.stop());
        }
    }
}

async fn apply(engine: &Engine, at: &'static str, times: usize) -> Result<Report, String> {
    let (desired, options) = (desired(), PlanOptions::default());
    let plan = engine.plan(&desired, &options).await.map_err(|error| error.to_string())?;
    let cancel = Cancel::new();
    let observer = StopAt(cancel.clone(), at, times);
    engine
        .apply(plan, &desired, &options, &observer, &cancel)
        .await
        .map_err(|error| error.to_string())
}

#[tokio::test]
async fn a_begin_is_durable_before_its_call_and_outputs_flow() {
    let test = Test::new();
    let engine = test.engine(test.file());
    let report = apply(&engine, "", 0).await.unwrap();
    assert!(report.is_done());
    let calls = test.fake.calls.lock().unwrap().clone();
    assert_eq!(calls, [("create a".to_owned(), 1), ("create b".to_owned(), 2)]);
    assert_eq!(test.fake.things.lock().unwrap()["b"].props["of"], "at-a");
    let state = engine.state("s").await.unwrap().unwrap();
    assert_eq!(state.exports, [("first".to_owned(), "at-a".into())]);
    assert!(engine.plan(&desired(), &PlanOptions::default()).await.unwrap().is_empty());
}

/// Whatever the append at which the disk is full: nothing is called that is not recorded, the
/// error says so, and the next run finishes without making anything twice.
#[tokio::test]
async fn a_full_disk_stops_everything_and_loses_nothing() {
    for from in 1..=5 {
        let test = Test::new();
        let full = Full::new(test.file(), from);
        let words = apply(&test.engine(full), "", 0).await.unwrap_err();
        assert!(words.contains("no space left"), "{words}");
        let report = apply(&test.engine(test.file()), "", 0).await.unwrap();
        assert!(report.is_done(), "from append {from}: {report:?}");
        assert_eq!(test.fake.calls(), ["create a", "create b"], "from append {from}");
    }
}

#[tokio::test]
async fn a_stop_gives_waits_up_and_the_next_run_goes_on() {
    let mut test = Test::new();
    test.fake.waits = true;
    let report = apply(&test.engine(test.file()), "waiting", 1).await.unwrap();
    assert!(report.cancelled && !report.is_done(), "{report:?}");
    assert_eq!(test.fake.calls(), ["create a"]);
    test.fake.waits = false;
    let report = apply(&test.engine(test.file()), "", 0).await.unwrap();
    assert!(report.is_done(), "{report:?}");
    assert_eq!(test.fake.calls(), ["create a", "create b"]);
}

#[tokio::test]
async fn an_abort_returns_and_the_journal_tells_the_truth() {
    let test = Test::new();
    let report = apply(&test.engine(test.file()), "called", 2).await.unwrap();
    assert!(report.changes.iter().any(|change| matches!(change.fate, Fate::Abandoned)));
    let state = test.engine(test.file()).state("s").await.unwrap().unwrap();
    assert!(state.entries.values().any(|entry| entry.doubt.is_some()));
    let report = apply(&test.engine(test.file()), "", 0).await.unwrap();
    assert!(report.is_done(), "{report:?}");
    assert_eq!(test.fake.calls(), ["create a", "create b"]);
}

#[tokio::test]
async fn a_plan_from_before_another_run_is_refused() {
    let test = Test::new();
    let engine = test.engine(test.file());
    let (desired, options) = (desired(), PlanOptions::default());
    let old = engine.plan(&desired, &options).await.unwrap();
    apply(&engine, "", 0).await.unwrap();
    let error = engine
        .apply(old.clone(), &desired, &options, &bicoastal_runtime::Quiet, &Cancel::new())
        .await
        .unwrap_err();
    assert!(error.is_stale_plan(), "{error}");
    assert!(engine.verify(&old, &desired, &options).await.unwrap_err().is_stale_plan());
    assert_eq!(test.fake.calls().len(), 2);
}
