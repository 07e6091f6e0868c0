//! What a plan and a first apply ask AWS, call by call, and how long they take on virtual time.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::pin::pin;
use std::sync::{Arc, Mutex};

use bicoastal::model::provider::{BoxFuture, Gate, Tell};
use bicoastal::model::{Catalog, OpError, Operation, Progress, Provider, Seen, Target};
use bicoastal::plan::critical_path;
use bicoastal::{AwsProvider, Cancel, Engine, FileStore, LocalClock, local_connection};
use bicoastal_local::Cloud;
use bicoastal_local::faults::{Effect, Rule};
use bicoastal_local::log::Phase;
use expect_test::expect;

use crate::*;

/// A call, as far as it is listed: service, region, operation.
type Call = (String, String, String);

thread_local! {
    /// The turn that is being polled.
    static TURN: RefCell<Option<Arc<Turn>>> = const { RefCell::new(None) };
}

/// The calls of one turn.
#[derive(Default)]
struct Turn(Mutex<Vec<Call>>);

/// What an operation read so far, by its first member's id: how often at most in one turn, and
/// whether it waits.
#[derive(Default)]
struct Course {
    read: BTreeMap<Call, usize>,
    waits: bool,
}

/// A provider whose turns are watched: which reads are repeated because AWS is at work.
///
/// A waiting poll is a read in a turn that follows one that ended in a wait, by the same operation,
/// of the same call in the same region, which it had made before; so many of them as it had made
/// in one turn before. Everything else counts: first looks, looks after an accepted call, what an
/// operation reads for the first time although it waits.
struct Watched {
    inner: AwsProvider,
    courses: Arc<Mutex<BTreeMap<String, Course>>>,
    polls: Arc<Mutex<BTreeMap<Call, usize>>>,
}

impl Provider for Watched {
    fn catalog(&self) -> Catalog {
        self.inner.catalog()
    }

    fn account<'a>(&'a self, account: Option<&'a str>) -> BoxFuture<'a, Result<String, OpError>> {
        Provider::account(&self.inner, account)
    }

    fn read_each<'a>(&'a self, targets: &'a [Target], tell: Tell<'a>) -> BoxFuture<'a, ()> {
        self.inner.read_each(targets, tell)
    }

    fn lookup<'a>(&'a self, target: &'a Target) -> BoxFuture<'a, Result<Seen, OpError>> {
        self.inner.lookup(target)
    }

    fn advance<'a>(
        &'a self,
        operation: &'a Operation,
        gate: &'a Arc<dyn Gate>,
    ) -> BoxFuture<'a, Result<Progress, OpError>> {
        Box::pin(async move {
            let turn = Arc::new(Turn::default());
            let mut inner = pin!(self.inner.advance(operation, gate));
            let answer = std::future::poll_fn(|context| {
                TURN.with_borrow_mut(|it| *it = Some(turn.clone()));
                let polled = inner.as_mut().poll(context);
                TURN.with_borrow_mut(|it| *it = None);
                polled
            })
            .await;
            let mut made: BTreeMap<Call, usize> = BTreeMap::new();
            for call in turn.0.lock().unwrap().drain(..) {
                *made.entry(call).or_default() += 1;
            }
            let id = operation.members.first().unwrap().target.id.to_string();
            let mut courses = self.courses.lock().unwrap();
            let course = courses.entry(id).or_default();
            for (call, count) in made {
                let before = course.read.entry(call.clone()).or_default();
                if course.waits {
                    *self.polls.lock().unwrap().entry(call).or_default() += count.min(*before);
                }
                *before = count.max(*before);
            }
            course.waits = matches!(answer, Ok(Progress::Waiting { .. }));
            answer
        })
    }
}

fn call(record: &bicoastal_local::log::CallRecord) -> Call {
    let service = record.service.signing_name().to_owned();
    (service, record.region.clone(), record.operation.clone())
}

fn counted(calls: &[bicoastal_local::log::CallRecord]) -> BTreeMap<Call, usize> {
    let mut counts = BTreeMap::new();
    for record in calls {
        *counts.entry(call(record)).or_default() += 1;
    }
    counts
}

/// Calls in one line per service and operation, with the regions: `rds DescribeDBClusters 1+1`.
fn listed(counts: &BTreeMap<Call, usize>) -> String {
    let mut lines: BTreeMap<(String, String), Vec<String>> = BTreeMap::new();
    for ((service, region, operation), count) in counts {
        let line = lines.entry((service.clone(), operation.clone())).or_default();
        line.push(format!("{count} {region}"));
    }
    let total: usize = counts.values().sum();
    let lines = lines.iter().map(|((service, operation), counts)| {
        format!("{service} {operation}: {}", counts.join(", "))
    });
    lines.chain([format!("{total} in all")]).collect::<Vec<_>>().join("\n")
}

#[tokio::test]
async fn a_plan_without_changes_asks_for_each_fact_once() {
    let world = applied(&two()).await;
    let before = world.cloud.calls().len();
    assert_settled(&world, &declared(&two())).await;
    let calls = world.cloud.calls().split_off(before);
    expect![[r#"
        dynamodb DescribeContinuousBackups: 1 ap-south-1, 1 us-east-1
        dynamodb DescribeTable: 1 ap-south-1, 1 us-east-1
        dynamodb ListTagsOfResource: 1 ap-south-1, 1 us-east-1
        elasticloadbalancing DescribeListeners: 1 ap-south-1, 1 us-east-1
        elasticloadbalancing DescribeLoadBalancers: 1 ap-south-1, 1 us-east-1
        elasticloadbalancing DescribeTags: 1 ap-south-1, 1 us-east-1
        elasticloadbalancing DescribeTargetGroups: 1 ap-south-1, 1 us-east-1
        iam GetAccountAuthorizationDetails: 1 us-east-1
        iam ListRoles: 1 us-east-1
        kms DescribeKey: 1 ap-south-1, 1 us-east-1
        rds DescribeDBClusterParameterGroups: 1 ap-south-1, 1 us-east-1
        rds DescribeDBClusterParameters: 1 ap-south-1, 1 us-east-1
        rds DescribeDBClusters: 1 ap-south-1, 1 us-east-1
        rds DescribeDBInstances: 1 ap-south-1, 1 us-east-1
        rds DescribeDBSubnetGroups: 1 ap-south-1, 1 us-east-1
        rds DescribeGlobalClusters: 1 ap-south-1
        rds ListTagsForResource: 2 ap-south-1, 2 us-east-1
        route53 GetHostedZone: 1 us-east-1
        route53 ListHealthChecks: 1 us-east-1
        route53 ListResourceRecordSets: 1 us-east-1
        route53 ListTagsForResource: 1 us-east-1
        route53 ListTagsForResources: 1 us-east-1
        s3 GetBucketEncryption: 1 ap-south-1, 1 us-east-1
        s3 GetBucketOwnershipControls: 1 ap-south-1, 1 us-east-1
        s3 GetBucketPolicy: 1 ap-south-1, 1 us-east-1
        s3 GetBucketReplication: 1 ap-south-1, 1 us-east-1
        s3 GetBucketTagging: 1 ap-south-1, 1 us-east-1
        s3 GetBucketVersioning: 1 ap-south-1, 1 us-east-1
        s3 GetPublicAccessBlock: 1 ap-south-1, 1 us-east-1
        s3 ListObjectVersions: 1 ap-south-1, 1 us-east-1
        sts GetCallerIdentity: 1 us-east-1
        55 in all"#]]
    .assert_eq(&listed(&counted(&calls)));
    assert!(calls.len() <= 60, "{}", calls.len());
}

#[tokio::test]
async fn a_plan_without_changes_takes_its_longest_chain_of_reads() {
    const LATENCY_MS: u32 = 50;
    let world = applied(&two()).await;
    let desired = declared(&two());
    world.cloud.faults().add(Rule::new(Effect::Delay(LATENCY_MS)));
    let before = world.cloud.now();
    let plan = plan(&world, &desired).await;
    assert!(plan.is_empty());
    let chain = (world.cloud.now() - before) / i64::from(LATENCY_MS);
    // Whose credentials they are, with the look-ups; the load balancers; their listeners; and
    // everybody's tags.
    assert_eq!(chain, 4, "{} ms", world.cloud.now() - before);
}

#[tokio::test]
async fn a_first_apply_reads_little_besides_what_it_waits_for() {
    let (cloud, dir) = (Cloud::new(), tempfile::tempdir().unwrap());
    let courses = Arc::<Mutex<BTreeMap<String, Course>>>::default();
    let polls = Arc::<Mutex<BTreeMap<Call, usize>>>::default();
    let provider = Watched {
        inner: AwsProvider::new(local_connection(&cloud, "000000000000")),
        courses,
        polls: polls.clone(),
    };
    cloud.on_call(|record, phase| {
        if phase == Phase::Before && !record.mutating {
            TURN.with_borrow(|turn| {
                if let Some(turn) = turn {
                    turn.0.lock().unwrap().push(call(record));
                }
            });
        }
    });
    let store = FileStore::new(dir.path());
    let engine = Engine::new(provider, store).with_clock(LocalClock::new(&cloud));
    let desired = declared(&two());
    let options = PlanOptions::default();
    let plan = engine.plan(&desired, &options).await.unwrap();
    let planning = cloud.calls().len();
    let path = critical_path(&plan, &engine.catalog());
    let before = cloud.now();
    let report = engine
        .apply(plan, &desired, &options, &bicoastal::runtime::Quiet, &Cancel::new())
        .await
        .unwrap();
    assert!(report.is_done(), "{}", render::plain(&render::report(&report)));

    let took = u64::try_from(cloud.now() - before).unwrap();
    println!(
        "{} s, {} of them on the critical path: {:?}",
        took / 1_000,
        path.ms / 1_000,
        path.through
    );
    assert!(took * 10 <= path.ms * 13 && took * 10 >= path.ms * 7, "{took} {}", path.ms);

    let mut besides = counted(&cloud.calls());
    for (call, polled) in polls.lock().unwrap().iter() {
        *besides.entry(call.clone()).or_default() -= polled;
    }
    besides.retain(|_, count| *count > 0);
    let (all, writes) =
        (cloud.calls().len(), cloud.calls().iter().filter(|it| it.mutating).count());
    let waiting: usize = polls.lock().unwrap().values().sum();
    println!("{all} calls: {planning} to plan, {writes} writes, {waiting} waiting polls");
    println!("{}", listed(&polls.lock().unwrap()));
    println!("{}", listed(&besides));
    assert_eq!(writes, 38);
    assert!(besides.values().sum::<usize>() <= 100, "{}", listed(&besides));
}
