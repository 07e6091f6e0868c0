//! Rate limits: what the plan says that they take at least, and what the run then takes.

use bicoastal::prelude::*;
use bicoastal::{AwsProvider, Engine, FileStore, LocalClock, PlanOptions, Stack, local_connection};
use bicoastal_local::Cloud;
use bicoastal_local::faults::{Effect, Rule};

use crate::apply;
use crate::common::seal;

/// An engine of an account of a cloud, with a state of its own.
fn engine(cloud: &Cloud, account: &str, dir: &tempfile::TempDir, name: &str) -> Engine {
    let provider = AwsProvider::new(local_connection(cloud, account));
    let store = FileStore::new(dir.path().join(name));
    Engine::new(provider, store).with_clock(LocalClock::new(cloud))
}

fn policies(count: usize, prefix: &'static str) -> impl Fn(&mut Stack) {
    move |stack| {
        for number in 0..count {
            let statement = Statement::builder().action(["s3:GetObject"]).resource(["*"]).build();
            let policy = Policy::builder()
                .name(format!("{prefix}-{number}"))
                .document(PolicyDocument::new([statement]));
            stack.global().add(format!("{prefix}-{number}"), policy.build());
        }
    }
}

fn groups(count: usize) -> impl Fn(&mut Stack) {
    move |stack| {
        for number in 0..count {
            let subnets = bicoastal::local::seed::subnet_ids("us-east-1");
            let group = DbSubnetGroup::builder()
                .name(format!("group-{number}"))
                .subnet_ids(subnets.iter().map(String::as_str));
            stack.region(Region::UsEast1).add(format!("group-{number}"), group.build());
        }
    }
}

fn records(count: u32) -> impl Fn(&mut Stack) {
    move |stack| crate::dns_at_scale::many(stack, "rates.example", count, 60)
}

fn checks(count: usize) -> impl Fn(&mut Stack) {
    move |stack| {
        for number in 0..count {
            let check = HealthCheck::https(format!("host-{number}.example")).build();
            stack.global().add(format!("check-{number}"), check);
        }
    }
}

#[tokio::test]
async fn a_run_takes_what_the_plan_says_at_least_and_little_more() {
    type Declare = Box<dyn Fn(&mut Stack)>;
    let programs: [(&str, Declare); 4] = [
        ("policies", Box::new(policies(60, "p"))),
        ("subnet groups", Box::new(groups(40))),
        ("records", Box::new(records(4_000))),
        ("health checks", Box::new(checks(45))),
    ];
    for (what, declare) in programs {
        let (cloud, dir) = (Cloud::new(), tempfile::tempdir().unwrap());
        // Bound by rates alone.
        cloud.scale_durations(0.0);
        let engine = engine(&cloud, "000000000000", &dir, "state");
        let desired = seal(&*declare);
        let plan = engine.plan(&desired, &PlanOptions::default()).await.unwrap();
        let floor = plan.floor_ms;
        let took = apply(&cloud, &engine, &desired, plan).await;
        println!("{what}: at least {floor} ms, took {took} ms");
        assert!(floor >= 10_000, "{what}: {floor}");
        assert!((floor..=floor * 3 / 2 + 5_000).contains(&took), "{what}: {floor} {took}");
    }
}

#[tokio::test]
async fn engines_of_one_account_share_its_rates_and_others_do_not() {
    async fn both(second: &str) -> u64 {
        let (cloud, dir) = (Cloud::new(), tempfile::tempdir().unwrap());
        cloud.scale_durations(0.0);
        let engines =
            [engine(&cloud, "000000000000", &dir, "one"), engine(&cloud, second, &dir, "two")];
        let programs = [seal(policies(30, "one")), seal(policies(30, "two"))];
        let options = PlanOptions::default();
        let plans = [
            engines[0].plan(&programs[0], &options).await.unwrap(),
            engines[1].plan(&programs[1], &options).await.unwrap(),
        ];
        let [first, other] = plans;
        let before = cloud.now();
        tokio::join!(
            apply(&cloud, &engines[0], &programs[0], first),
            apply(&cloud, &engines[1], &programs[1], other),
        );
        u64::try_from(cloud.now() - before).unwrap()
    }
    let (same, different) = (both("000000000000").await, both("111111111111").await);
    println!("one account: {same} ms, two accounts: {different} ms");
    // Sixty calls at five a second, or twice thirty at once.
    assert!((11_800..22_000).contains(&same), "{same}");
    assert!((5_800..11_000).contains(&different), "{different}");
}

#[tokio::test]
async fn who_is_throttled_all_the_same_slows_down_and_comes_to_an_end() {
    let (cloud, dir) = (Cloud::new(), tempfile::tempdir().unwrap());
    cloud.scale_durations(0.0);
    let engine = engine(&cloud, "000000000000", &dir, "state");
    let desired = seal(policies(40, "p"));
    let plan = engine.plan(&desired, &PlanOptions::default()).await.unwrap();
    // Somebody else takes what there is for the first twelve calls.
    cloud.faults().add(Rule::new(Effect::Throttle).operation("CreatePolicy").times(12));
    let floor = plan.floor_ms;
    let took = apply(&cloud, &engine, &desired, plan).await;
    let tries = cloud.calls().iter().filter(|it| it.operation == "CreatePolicy").count();
    println!("at least {floor} ms, took {took} ms, {tries} tries");
    assert_eq!(tries, 40 + 12);
    assert!(took > floor * 2, "{floor} {took}");
}
