//! Runs that are disturbed: they converge, or stop with a clear error that is recorded; and the next
//! run, which nothing disturbs, makes of it what there would be had nothing happened.

use std::time::Duration;

use bicoastal::render;
use bicoastal_engine::machine::Fate;
use bicoastal_local::call::Service;
use bicoastal_local::faults::{Effect, Rule};
use expect_test::expect;

use crate::change::{self, Change};
use crate::common::World;

/// What goes wrong, from when on.
#[derive(Clone)]
struct Trouble {
    name: &'static str,
    /// Already while the plan is made.
    planning: bool,
    rules: Vec<Rule>,
    /// What is never ready.
    stuck: &'static [&'static str],
}

fn trouble(name: &'static str, rules: impl Into<Vec<Rule>>) -> Trouble {
    Trouble { name, planning: true, rules: rules.into(), stuck: &[] }
}

/// Each that a run has to live with, alone.
fn alone(seed: u64) -> Vec<Trouble> {
    let rule = |effect, rate| Rule::new(effect).rate(rate).seed(seed);
    let answer = |status, code: &str, message: &str| Effect::Answer {
        status,
        code: code.into(),
        message: message.into(),
    };
    let role = "The IAM role specified does not have the required permissions";
    vec![
        trouble("throttled", [rule(Effect::Throttle, 0.3)]),
        trouble("500", [rule(Effect::ServerError(500), 0.1)]),
        trouble("503", [rule(Effect::ServerError(503), 0.1)]),
        trouble("500 after the fact", [rule(Effect::ServerErrorAfter(500), 0.15)]),
        trouble("late", [rule(Effect::Delay(90_000), 0.1)]),
        trouble("refused connections", [rule(Effect::RefuseConnection, 0.1)]),
        trouble("no connection in time", [rule(Effect::ConnectTimeout, 0.1)]),
        trouble("lost requests", [rule(Effect::LoseRequest, 0.15)]),
        trouble("lost answers", [rule(Effect::LoseAnswer, 0.15)]),
        trouble(
            "damaged answers",
            (0..12).map(|way| rule(Effect::Malformed(way), 0.01).seed(way)).collect::<Vec<_>>(),
        ),
        lagging("not found for a while", [rule(Effect::NotFound, 0.1).reading()]),
        lagging("seconds behind", [Rule::new(Effect::Stale(4_000)).reading()]),
        lagging("half a minute behind", [Rule::new(Effect::Stale(30_000)).reading()]),
        lagging("now and then behind", [rule(Effect::Stale(20_000), 0.5).reading()]),
        trouble(
            "a role not yet usable",
            [Rule::new(answer(400, "InvalidRequest", role))
                .operation("PutBucketReplication")
                .times(4)],
        ),
        trouble(
            "a prior request not complete",
            [Rule::new(answer(400, "PriorRequestNotComplete", "The request was rejected"))
                .service(Service::Route53)
                .mutating()
                .rate(0.5)
                .seed(seed)],
        ),
        Trouble {
            stuck: &[
                "rds.instance.create",
                "rds.instance.modify",
                "rds.instance.delete",
                "dynamodb.table.update",
                "dynamodb.table.delete",
                "elbv2.load_balancer.create",
            ],
            ..trouble("stuck", [])
        },
    ]
}

/// The plan is made of what is, and the run meets what was.
fn lagging(name: &'static str, rules: impl Into<Vec<Rule>>) -> Trouble {
    Trouble { planning: false, ..trouble(name, rules) }
}

/// A little of everything at once.
fn mixed(seed: u64) -> Trouble {
    let effects = [
        Effect::Throttle,
        Effect::ServerError(500),
        Effect::ServerErrorAfter(503),
        Effect::LoseAnswer,
        Effect::LoseRequest,
        Effect::RefuseConnection,
        Effect::Delay(90_000),
        Effect::Malformed(seed),
    ];
    let rules = effects
        .into_iter()
        .zip(1..)
        .map(|(effect, nth)| Rule::new(effect).rate(0.04).seed(seed * 100 + nth));
    let stale = Rule::new(Effect::Stale(8_000)).reading().rate(0.2).seed(seed);
    lagging("a mixture", rules.chain([stale]).collect::<Vec<_>>())
}

/// What came of a trial.
struct Verdict {
    /// How the disturbed run ended.
    ended: String,
    /// What is otherwise than it should be after the next one; empty is good.
    wrong: Vec<String>,
}

async fn attempt(change: &Change, trouble: &Trouble) -> Verdict {
    let world = change.begin();
    let add = || {
        for rule in &trouble.rules {
            world.cloud.faults().add(rule.clone());
        }
    };
    if trouble.planning {
        add();
    }
    let mut wrong = Vec::new();
    for name in trouble.stuck {
        world.cloud.set_duration(name, Duration::from_secs(30 * 86_400));
    }
    let planned = world.engine.plan(&change.desired, &change.options).await;
    if !trouble.planning {
        add();
    }
    let ended = match planned {
        Err(error) => stopped(&error, &mut wrong),
        Ok(plan) => match change.carry_out(&world, plan).await {
            Err(error) => stopped(&error, &mut wrong),
            Ok(report) if report.is_done() => "done".to_owned(),
            Ok(report) => {
                for it in report.troubled() {
                    match &it.fate {
                        Fate::Failed(failure) | Fate::InDoubt(failure)
                            if failure.message.is_empty()
                                || failure.message.contains("without a message") =>
                        {
                            wrong.push(format!("{} failed without a word", it.id));
                        }
                        Fate::Abandoned | Fate::NotStarted => {
                            wrong.push(format!("{} was given up: {:?}", it.id, it.fate));
                        }
                        _ => {}
                    }
                }
                let text = render::plain(&render::report(&report));
                println!("{} {}:\n{text}", change.name, trouble.name);
                text.lines().last().unwrap_or_default().to_owned()
            }
        },
    };
    world.cloud.faults().clear();
    for name in trouble.stuck {
        world.cloud.set_duration(name, Duration::from_secs(1));
    }
    let damaged = trouble.rules.iter().any(|it| matches!(it.effect, Effect::Malformed(_)));
    let left = Left { stuck: !trouble.stuck.is_empty(), damaged };
    again(change, &world, left, &mut wrong).await;
    Verdict { ended, wrong }
}

/// What a disturbed run leaves to the next one.
#[derive(Clone, Copy, Default)]
struct Left {
    /// Things are still under way.
    stuck: bool,
    /// Some answers were not what AWS had said.
    damaged: bool,
}

/// The next run, undisturbed, and what is there after it.
async fn again(change: &Change, world: &World, left: Left, wrong: &mut Vec<String>) {
    if left.stuck {
        // What is under way comes to its end.
        world.cloud.advance(40 * 86_400_000);
    }
    match change.run(world).await {
        Err(error) => return wrong.push(format!("the next run: {error}")),
        Ok(report) if !report.is_done() => {
            let text = render::plain(&render::report(&report));
            return wrong.push(format!("the next run: {text}"));
        }
        Ok(_) => {}
    }
    match world.engine.plan(&change.desired, &change.options).await {
        Ok(plan) if plan.is_empty() => {}
        Ok(plan) => wrong.push(format!("left over: {}", render::plain(&render::plan(&plan)))),
        Err(error) => wrong.push(format!("planning again: {error}")),
    }
    wrong.extend(change.differences(world, left.damaged).await);
}

fn stopped(error: &bicoastal::Error, wrong: &mut Vec<String>) -> String {
    if !error.is_cloud() {
        wrong.push(format!("it stopped, and not for the cloud: {error}"));
    }
    "stopped before it did anything".to_owned()
}

/// Tries these, and shows a line for each.
async fn all_converge(trials: Vec<(&Change, Trouble)>) {
    let mut bad = Vec::new();
    for (change, trouble) in trials {
        let verdict = attempt(change, &trouble).await;
        println!("{:8} {:30} {}", change.name, trouble.name, verdict.ended);
        bad.extend(
            verdict.wrong.iter().map(|it| format!("{} {}: {it}", change.name, trouble.name)),
        );
    }
    assert!(bad.is_empty(), "{}", bad.join("\n"));
}

/// Every trouble in one of the changes, and a mixture in each.
#[tokio::test]
async fn a_disturbed_run_converges_or_the_next_one_does() {
    let changes = change::all().await;
    let mut trials = Vec::new();
    for (nth, trouble) in alone(1).into_iter().enumerate() {
        trials.push((&changes[nth % changes.len()], trouble));
    }
    for (seed, change) in (1..).zip(&changes) {
        trials.push((change, mixed(seed)));
    }
    all_converge(trials).await;
}

/// Those that found most, in another change.
#[tokio::test]
async fn so_does_a_sample_of_the_others() {
    const SOME: &[&str] = &[
        "500 after the fact",
        "damaged answers",
        "not found for a while",
        "half a minute behind",
        "now and then behind",
        "stuck",
    ];
    let changes = change::all().await;
    let some = alone(2).into_iter().filter(|it| SOME.contains(&it.name));
    let mut trials: Vec<_> =
        some.zip([1, 3, 3, 3, 2, 3]).map(|(trouble, change)| (&changes[change], trouble)).collect();
    assert_eq!(trials.len(), SOME.len());
    trials.push((&changes[3], mixed(10)));
    all_converge(trials).await;
}

/// All of them in all of them.
#[tokio::test]
#[ignore = "minutes of work: cargo test -p bicoastal --test faults -- --ignored --nocapture"]
async fn so_does_every_trouble_in_every_change() {
    let changes = change::all().await;
    let mut trials = Vec::new();
    for change in &changes {
        trials.extend(alone(2).into_iter().map(|trouble| (change, trouble)));
        trials.extend((10..14).map(|seed| (change, mixed(seed))));
    }
    all_converge(trials).await;
}

/// One thing is refused, of another one nobody knows: what does not need them is done, and the report
/// tells the four apart.
#[tokio::test]
async fn the_report_tells_done_failed_skipped_and_in_doubt_apart() {
    let change = change::first().await;
    let world = change.begin();
    let plan = world.engine.plan(&change.desired, &change.options).await.unwrap();
    let denied = Effect::Answer {
        status: 403,
        code: "AccessDenied".into(),
        message: "User: arn:aws:iam::000000000000:user/x is not authorized to perform: elasticloadbalancing:CreateLoadBalancer".into(),
    };
    let faults = world.cloud.faults();
    faults.add(Rule::new(denied).operation("CreateLoadBalancer").region("ap-south-1"));
    faults.add(Rule::new(Effect::LoseAnswer).operation("CreateRole"));
    faults.add(Rule::new(Effect::ServerError(500)).operation("GetRole"));
    let report = change.carry_out(&world, plan).await.unwrap();
    let text = render::plain(&render::report(&report));
    let said = text.lines().map(|it| it.split(" (request").next().unwrap_or_default());
    let said = said.collect::<Vec<_>>().join("\n");
    expect![[r#"
        error: it is not known whether naveenteja-assets-replication was created; the next apply finds out
          declared at examples/active_active.rs:92
          iam GetRole in us-east-1: ServiceFailure: We encountered an internal error. Please try again.
        error: it is not known whether writer was created; the next apply finds out
          declared at tests/crash/edited.rs:106
          iam GetRole in us-east-1: ServiceFailure: We encountered an internal error. Please try again.
        error: could not create ap-south-1/front
          declared at examples/active_active.rs:131
          elasticloadbalancing CreateLoadBalancer in ap-south-1: AccessDenied: User: arn:aws:iam::000000000000:user/x is not authorized to perform: elasticloadbalancing:CreateLoadBalancer
          hint: the credentials lack the permission for this call; add it to their policy
        skipped: create ap-south-1/naveenteja-assets-replication: it needs naveenteja-assets-replication, which is in doubt
        skipped: create us-east-1/naveenteja-assets-replication: it needs naveenteja-assets-replication, which is in doubt
        skipped: create ap-south-1/https: it needs ap-south-1/front, which failed
        skipped: create alive-ap-south-1: it needs ap-south-1/front, which failed
        skipped: create api-ap-south-1: not safe without naveenteja-assets-replication, which is in doubt
        skipped: create api-us-east-1: not safe without naveenteja-assets-replication, which is in doubt
        Not finished: 30 of 39 changes done, 1 failed, 2 in doubt, 6 skipped. Nothing is undone; apply again to go on."#]]
    .assert_eq(&said);
    faults.clear();
    let mut wrong = Vec::new();
    again(&change, &world, Left::default(), &mut wrong).await;
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// Mixtures of many seeds, most of them while everything is made.
#[tokio::test]
#[ignore = "minutes of work: cargo test -p bicoastal --test faults -- --ignored --nocapture"]
async fn so_do_many_mixtures() {
    let changes = change::all().await;
    let mut seeds = 20..;
    let mut trials = Vec::new();
    for change in [0, 0, 0, 1, 2, 3].repeat(10) {
        trials.push((&changes[change], mixed(seeds.next().unwrap_or_default())));
    }
    all_converge(trials).await;
}

/// AWS makes a record and answers that it is not available; then it does not show the record for a
/// while, and refuses to make it again. Records carry no mark: that it was in doubt is all that says
/// whose it is.
#[tokio::test]
async fn a_record_in_doubt_that_is_not_shown_yet_is_ours() {
    let change = change::first().await;
    let world = change.begin();
    let plan = world.engine.plan(&change.desired, &change.options).await.unwrap();
    let faults = world.cloud.faults();
    let unavailable = Rule::new(Effect::ServerErrorAfter(503));
    faults.add(unavailable.operation("ChangeResourceRecordSets").times(1));
    faults.add(Rule::new(Effect::Stale(8_000)).operation("ListResourceRecordSets"));
    let report = change.carry_out(&world, plan).await.unwrap();
    assert!(report.is_done(), "{}", render::plain(&render::report(&report)));
    let refused = |it: &bicoastal_local::log::CallRecord| {
        it.operation == "ChangeResourceRecordSets" && it.status == Some(400)
    };
    assert!(world.cloud.calls().iter().any(refused), "it is asked for again before it is shown");
    faults.clear();
    let mut wrong = Vec::new();
    again(&change, &world, Left::default(), &mut wrong).await;
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
