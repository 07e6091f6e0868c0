//! What keeping state costs does not grow with the state: calls and bytes of every operation, as the
//! cloud counts them.

use std::fmt;

use bicoastal::aws::route53::{HostedZone, RecordSet};
use bicoastal::runtime::{Lease, Quiet};
use bicoastal::{Cancel, Desired, PlanOptions, Stack, local_engine};

use crate::stage::{ALL, Kind, REMOTE, Stage, exports, opened};

/// What a while has cost: calls and bytes to the place of the state.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Cost {
    writes: usize,
    written: usize,
    reads: usize,
    read: usize,
}

impl fmt::Display for Cost {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { writes, written, reads, read } = self;
        write!(f, "{writes} writes of {written} bytes, {reads} reads of {read} bytes")
    }
}

/// Calls by which stores write and read; programs here make none of them.
const WRITES: [&str; 4] = ["PutObject", "DeleteObjects", "PutItem", "BatchWriteItem"];
const READS: [&str; 5] = ["GetObject", "ListObjectsV2", "GetItem", "Query", "DescribeTable"];

/// Runs something, and says what it has cost. In a directory it is what the files have grown.
async fn cost<T>(stage: &Stage, work: impl Future<Output = T>) -> (T, Cost) {
    let (mark, size) = (stage.cloud.calls().len(), journal_size(stage));
    let done = work.await;
    let mut cost = Cost { written: journal_size(stage).saturating_sub(size), ..Cost::default() };
    for call in &stage.cloud.calls()[mark..] {
        if WRITES.contains(&call.operation.as_str()) {
            cost.writes += 1;
            cost.written += call.received;
        } else if READS.contains(&call.operation.as_str()) {
            cost.reads += 1;
            cost.read += call.sent;
        }
    }
    (done, cost)
}

fn journal_size(stage: &Stage) -> usize {
    let journal = stage.dir.path().join("state/s/journal.jsonl");
    std::fs::metadata(journal).map_or(0, |it| usize::try_from(it.len()).unwrap())
}

/// Numbers have more digits, and an era that begins with a snapshot a longer name; that is all.
const DIGITS: usize = 96;

/// Writes of a renewal, in as many places as there may be.
const RENEWAL: usize = 2;

fn same(small: Cost, large: Cost, what: &str) {
    let calls = |cost: Cost| (cost.writes, cost.reads);
    assert_eq!(calls(small), calls(large), "{what}: {small}; then {large}");
    for (small, large) in [(small.written, large.written), (small.read, large.read)] {
        assert!(large <= small + DIGITS, "{what}: {small} bytes; then {large}");
    }
}

async fn append(lease: &dyn Lease, number: u64) {
    lease.append(&[exports(number)]).await.unwrap();
}

/// A group of records is one write in each place and its own bytes, whether there are three records
/// or ten thousand, folded or not. So is a renewal, and giving up.
#[tokio::test]
async fn an_append_a_renewal_and_a_release_cost_what_they_are() {
    for kind in ALL {
        let places = match kind {
            Kind::File => 0,
            Kind::S3Twice => 2,
            Kind::S3 | Kind::Dynamo | Kind::DynamoStrong => 1,
        };
        let stage = Stage::new(kind).await;
        let lease = stage.lease().await;
        lease.load().await.unwrap();
        lease.append(&opened()).await.unwrap();
        let (_, small) = cost(&stage, append(&*lease, 3)).await;
        assert_eq!((small.writes, small.reads), (places, 0), "{kind:?}: {small}");
        let renewal = async |lease: &dyn Lease| {
            tokio::select! {
                lost = lease.keep() => panic!("{lost}"),
                () = stage.cloud.sleep(std::time::Duration::from_secs(20)) => {}
            }
        };
        let (_, small_renewal) = cost(&stage, renewal(&*lease)).await;
        let (_, small_release) = cost(&stage, lease.release()).await;
        drop(lease);

        let lease = stage.lease().await;
        lease.load().await.unwrap();
        for group in 0..20 {
            let from = 4 + group * 500;
            let records: Vec<_> = (from..from + 500).map(exports).collect();
            lease.append(&records).await.unwrap();
        }
        let (_, large) = cost(&stage, append(&*lease, 10_004)).await;
        same(small, large, &format!("{kind:?}: an append"));
        let state = stage.load().await.unwrap().unwrap();
        assert_eq!(state.generation, 10_004, "{kind:?}");
        lease.compact(&state).await.unwrap();
        let (_, folded) = cost(&stage, append(&*lease, 10_005)).await;
        same(small, folded, &format!("{kind:?}: an append to a folded journal"));
        let (_, large_renewal) = cost(&stage, renewal(&*lease)).await;
        same(small_renewal, large_renewal, &format!("{kind:?}: a renewal"));
        let (_, large_release) = cost(&stage, lease.release()).await;
        same(small_release, large_release, &format!("{kind:?}: a release"));
    }
}

/// A zone with so many records; one of them points where it is said.
fn program(records: usize, edited: &str) -> Desired {
    let mut stack = Stack::new("s");
    let zone = stack.global().add("zone", HostedZone::builder().name("example.net").build());
    for number in 0..records {
        let address = if number == 3 { edited } else { "192.0.2.1" };
        let record = RecordSet::builder().zone(&zone).name(format!("host-{number:04}"));
        stack.global().add(format!("host-{number:04}"), record.a(60, [address]).build());
    }
    stack.seal().unwrap()
}

async fn apply(stage: &Stage, desired: &Desired) {
    let engine = local_engine(&stage.cloud, stage.store());
    let options = PlanOptions::default();
    let plan = engine.plan(desired, &options).await.unwrap();
    let report = engine.apply(plan, desired, &options, &Quiet, &Cancel::new()).await.unwrap();
    assert!(report.is_done());
}

/// One record of a stack of ten, and of three hundred, is edited: the same calls. What is written is
/// no more, but for the fold of the journal, which comes when the journal has grown to a part of the
/// state, and so costs a constant share of what was appended since the last one. What is read is the
/// state, once to plan and once under the lease.
#[tokio::test]
async fn an_edit_of_a_large_stack_costs_what_one_of_a_small_stack_costs() {
    for kind in REMOTE {
        let mut costs = Vec::new();
        for records in [10, 300] {
            let stage = Stage::new(kind).await;
            apply(&stage, &program(records, "192.0.2.1")).await;
            let mut edits = Vec::new();
            for edit in 0..12 {
                let desired = program(records, &format!("198.51.100.{}", 100 + edit));
                edits.push(cost(&stage, apply(&stage, &desired)).await.1);
            }
            costs.push(edits);
        }
        let least = |costs: &[Cost]| *costs.iter().min_by_key(|cost| cost.written).unwrap();
        let (small, large) = (least(&costs[0]), least(&costs[1]));
        // A renewal more or less, where the time of an apply is near a quarter of a minute.
        assert!(large.writes <= small.writes + RENEWAL, "{kind:?}: {small}; {large}");
        let most = small.written + DIGITS * large.writes + 1_000 * RENEWAL;
        assert!(large.written <= most, "{kind:?}: {small}; {large}");
        // Folds included: no more than a small factor of the edits themselves.
        let all = |costs: &[Cost]| costs.iter().map(|cost| cost.written).sum::<usize>();
        let (small_all, large_all) = (all(&costs[0]), all(&costs[1]));
        assert!(large_all <= 6 * 12 * large.written, "{kind:?}: {small_all}; {large_all}");
        println!("{kind:?}: of 10: {small}; of 300: {large}; 12 edits: {small_all}, {large_all}");
    }
}
