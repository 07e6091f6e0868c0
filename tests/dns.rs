//! Zones, records and health checks through the whole engine.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::print_stdout,
    reason = "tests stop where they find something odd"
)]

mod common;

use aws_sdk_route53::types::{
    Change, ChangeAction, ChangeBatch, ResourceRecord, ResourceRecordSet, RrType,
};
use bicoastal::prelude::*;
use bicoastal::{PlanOptions, Stack};
use bicoastal_aws::{AliasTarget, Connection};
use bicoastal_local::faults::{Effect, Rule};
use common::{World, changes, seal};
use expect_test::expect;

/// How users reach `api`.
#[derive(Clone, Copy, PartialEq)]
enum By {
    Latency,
    Weight(u8),
    OneAddress,
    Cname,
}

#[derive(Clone)]
struct Wanted {
    regions: Vec<Region>,
    by: By,
    exclusive: bool,
    interval: Interval,
}

fn front(region: Region) -> AliasTarget {
    let zone = match region {
        Region::UsEast1 => "Z35SXDOTRQ7X7K",
        Region::ApSouth1 => "ZP97RAFLXTNZK",
        _ => "Z32O12XQLNTSW2",
    };
    AliasTarget::new(format!("Front-1.{region}.elb.amazonaws.com"), zone)
}

fn declare(stack: &mut Stack, wanted: &Wanted) {
    let zone = stack.global().add(
        "zone",
        HostedZone::builder().name("example.com").exclusive_records(wanted.exclusive).build(),
    );
    stack.unprotect(&zone);
    stack.export("name servers", zone.name_servers());
    let mut add = |name: &str, record: RecordSet| {
        stack.global().add(name, record);
    };
    let api = || RecordSet::builder().zone(&zone).name("api");
    match wanted.by {
        By::OneAddress => add("api", api().a(60, ["192.0.2.1"]).build()),
        By::Cname => add("api", api().cname(60, "front.example.net").build()),
        By::Latency | By::Weight(_) => {}
    }
    add("txt", RecordSet::builder().zone(&zone).name("").txt(300, ["v=spf1 -all"]).build());
    if matches!(wanted.by, By::OneAddress | By::Cname) {
        return;
    }
    for &region in &wanted.regions {
        let alive = stack.global().add(
            region.named("alive"),
            HealthCheck::https(format!("{region}.example.com"))
                .path("/healthz")
                .interval(wanted.interval)
                .build(),
        );
        let routing = match wanted.by {
            By::Weight(weight) => Routing::Weighted(weight),
            _ => Routing::Latency(region),
        };
        let record = RecordSet::builder()
            .zone(&zone)
            .name("api")
            .routing(routing)
            .set_identifier(region.code())
            .alias(front(region))
            .health_check(alive.id())
            .build();
        stack.global().add(region.named("api"), record);
    }
}

fn two() -> Wanted {
    let regions = vec![Region::UsEast1, Region::ApSouth1];
    Wanted { regions, by: By::Latency, exclusive: false, interval: Interval::Fast }
}

/// Applies and answers how many batches were written; nothing is left to do afterwards.
async fn batches(world: &World, wanted: &Wanted) -> usize {
    let written = || {
        let calls = world.cloud.calls();
        calls.iter().filter(|call| call.operation == "ChangeResourceRecordSets").count()
    };
    let before = written();
    world.apply(|stack| declare(stack, wanted)).await;
    let left = world.plan(|stack| declare(stack, wanted)).await;
    assert_eq!(changes(&left), Vec::<String>::new());
    written() - before
}

async fn shown(world: &World, wanted: &Wanted) -> String {
    changes(&world.plan(|stack| declare(stack, wanted)).await).join("\n")
}

#[tokio::test]
async fn a_name_is_routed_by_region_and_then_otherwise_each_time_in_one_batch() {
    let world = World::new();
    assert_eq!(batches(&world, &two()).await, 1);

    let mut three = two();
    three.regions.push(Region::EuWest1);
    expect![[r#"
        Create alive-eu-west-1: type (edited), host (edited), port (edited), path (edited), interval (edited)
        Create api-eu-west-1: zone_id (edited), name (edited), type (edited), set_identifier (edited), routing (edited), alias (edited), health_check (unknown)"#]].assert_eq(&shown(&world, &three).await);
    assert_eq!(batches(&world, &three).await, 1);

    // A region is taken out, and the others stay as they are.
    expect![[r#"
        Delete api-eu-west-1
        Delete alive-eu-west-1"#]]
    .assert_eq(&shown(&world, &two()).await);
    assert_eq!(batches(&world, &two()).await, 1);

    let weighted = Wanted { by: By::Weight(10), ..two() };
    expect![[r#"
        Update api-ap-south-1: routing.policy (edited), routing.region (edited), routing.weight (edited)
        Update api-us-east-1: routing.policy (edited), routing.region (edited), routing.weight (edited)"#]].assert_eq(&shown(&world, &weighted).await);
    assert_eq!(batches(&world, &weighted).await, 1);

    let one = Wanted { by: By::OneAddress, ..two() };
    expect![[r#"
        Create api: zone_id (edited), name (edited), type (edited), ttl (edited), values (edited)
        Delete api-ap-south-1
        Delete api-us-east-1
        Delete alive-ap-south-1
        Delete alive-us-east-1"#]]
    .assert_eq(&shown(&world, &one).await);
    assert_eq!(batches(&world, &one).await, 1);

    let cname = Wanted { by: By::Cname, ..two() };
    expect!["ReplaceCreateFirst api: type (edited), values (edited)"]
        .assert_eq(&shown(&world, &cname).await);
    assert_eq!(batches(&world, &cname).await, 1);

    let all = PlanOptions { destroy: true, ..PlanOptions::default() };
    world.apply_with(&seal(|stack| declare(stack, &cname)), &all).await;
    world.cloud.with_world(|world| {
        assert!(world.route53.accounts.values().all(|account| account.zones.is_empty()));
    });
}

#[tokio::test]
async fn a_health_check_is_replaced_under_its_records() {
    let world = World::new();
    world.apply(|stack| declare(stack, &two())).await;
    let slower = Wanted { interval: Interval::Standard, ..two() };
    expect![[r#"
        ReplaceCreateFirst alive-ap-south-1: interval (edited)
        ReplaceCreateFirst alive-us-east-1: interval (edited)
        Update api-ap-south-1: health_check (unknown)
        Update api-us-east-1: health_check (unknown)"#]]
    .assert_eq(&shown(&world, &slower).await);
    let before = world.cloud.calls().len();
    assert_eq!(batches(&world, &slower).await, 1);
    let calls: Vec<String> =
        world.cloud.calls().split_off(before).into_iter().map(|it| it.operation).collect();
    let at = |operation: &str| -> Vec<usize> {
        (0..calls.len()).filter(|at| calls[*at] == operation).collect()
    };
    let (made, gone) = (at("CreateHealthCheck"), at("DeleteHealthCheck"));
    let pointed = at("ChangeResourceRecordSets")[0];
    assert_eq!((made.len(), gone.len()), (2, 2));
    assert!(made.iter().all(|made| *made < pointed), "{calls:?}");
    assert!(gone.iter().all(|gone| *gone > pointed), "{calls:?}");
}

#[tokio::test]
async fn a_record_that_somebody_added_is_reported_and_goes_where_the_whole_is_claimed() {
    let world = World::new();
    batches(&world, &two()).await;
    let zone_id = world.cloud.with_world(|world| {
        world.route53.accounts.values().flat_map(|it| it.zones.keys().cloned()).next().unwrap()
    });
    let config = Connection::base("test").http_client(world.cloud.http_client()).build();
    let theirs = ResourceRecordSet::builder()
        .name("theirs.example.com")
        .r#type(RrType::A)
        .ttl(60)
        .resource_records(ResourceRecord::builder().value("192.0.2.9").build().unwrap())
        .build()
        .unwrap();
    let change =
        Change::builder().action(ChangeAction::Create).resource_record_set(theirs).build().unwrap();
    aws_sdk_route53::Client::new(&config)
        .change_resource_record_sets()
        .hosted_zone_id(zone_id)
        .change_batch(ChangeBatch::builder().changes(change).build().unwrap())
        .send()
        .await
        .unwrap();
    let plan = world.plan(|stack| declare(stack, &two())).await;
    assert_eq!(changes(&plan), Vec::<String>::new());
    let added: Vec<&str> = plan.added.iter().map(|added| added.what.as_str()).collect();
    assert_eq!(added, ["A theirs.example.com."]);

    let claimed = Wanted { exclusive: true, ..two() };
    expect![[r#"
        Delete zone/A theirs.example.com.
        Note zone: exclusive_records (edited)"#]]
    .assert_eq(&shown(&world, &claimed).await);
    assert_eq!(batches(&world, &claimed).await, 1);
}

#[tokio::test]
async fn lost_answers_make_nothing_twice() {
    let world = World::new();
    for operation in [
        "CreateHostedZone",
        "CreateHealthCheck",
        "ChangeTagsForResource",
        "ChangeResourceRecordSets",
    ] {
        world.cloud.faults().add(Rule::new(Effect::LoseAnswer).operation(operation).times(1));
        world.cloud.faults().add(Rule::new(Effect::Throttle).operation(operation).times(1));
    }
    world.apply(|stack| declare(stack, &two())).await;
    let left = world.plan(|stack| declare(stack, &two())).await;
    assert_eq!(changes(&left), Vec::<String>::new());
    let (zones, checks) = world.cloud.with_world(|world| {
        let accounts = world.route53.accounts.values();
        accounts.fold((0, 0), |(zones, checks), it| {
            (zones + it.zones.len(), checks + it.health_checks.len())
        })
    });
    assert_eq!((zones, checks), (1, 2));
}

/// A KMS key that Route 53 may sign with; its ARN.
fn signer(world: &World) -> String {
    use bicoastal_local::{call, kms};
    let policy = serde_json::json!({ "Statement": [{
        "Effect": "Allow",
        "Principal": { "Service": "dnssec-route53.amazonaws.com" },
        "Action": ["kms:DescribeKey", "kms:GetPublicKey", "kms:Sign"],
        "Resource": "*",
    }] });
    let body = serde_json::json!({
        "KeySpec": "ECC_NIST_P256", "KeyUsage": "SIGN_VERIFY", "Policy": policy.to_string(),
    });
    let asked = call::Call {
        account: "000000000000".into(),
        region: "us-east-1".into(),
        service: call::Service::Kms,
        operation: "CreateKey".into(),
        request: call::Request { body: body.to_string().into(), ..Default::default() },
    };
    let reply = world.cloud.with_world(|world| kms::handle(world, &asked)).unwrap();
    let key: serde_json::Value = serde_json::from_slice(&reply.body).unwrap();
    key["KeyMetadata"]["Arn"].as_str().unwrap().to_owned()
}

#[tokio::test]
async fn a_signed_zone_is_vouched_for_by_its_parent_and_not_switched_off_before() {
    let world = World::new();
    let arn = signer(&world);
    let declare = |signed: bool, vouched: bool| {
        let arn = arn.clone();
        move |stack: &mut Stack| {
            let parent =
                stack.global().add("parent", HostedZone::builder().name("example.com").build());
            let below = HostedZone::builder().name("dev.example.com").dnssec_signing(signed);
            let below = below.key_signing_keys([KeySigningKey::new("one", arn.as_str())]);
            let below = stack.global().add("below", below.build());
            if vouched {
                let ds = RecordSet::builder().zone(&parent).name("dev");
                let ds = ds.values(RecordType::Ds, 300, [below.ds_record("one")]);
                stack.global().add("ds", ds.build());
            }
        }
    };
    world.apply(declare(true, true)).await;
    let (written, told) = world.cloud.with_world(|world| {
        let zones = || world.route53.accounts.values().flat_map(|it| it.zones.values());
        let below = zones().find(|zone| zone.name == "dev.example.com.").unwrap();
        let parent = zones().find(|zone| zone.name == "example.com.").unwrap();
        let ds = parent.records.values().find(|record| record.record_type == "DS").unwrap();
        (ds.values.clone(), below.dnssec.keys["one"].ds_record(&below.name))
    });
    assert_eq!(written, [told]);
    assert_eq!(changes(&world.plan(declare(true, true)).await), Vec::<String>::new());

    let desired = seal(declare(false, true));
    let plan = world.plan_with(&desired, &PlanOptions::default()).await;
    let shown = bicoastal::render::plain(&bicoastal::render::plan(&plan));
    let shown = shown.lines().take(4).map(str::trim);
    let shown: Vec<&str> = shown.filter(|line| !line.contains("declared at")).collect();
    expect![[r#"
        ~ below  Route53:HostedZone, global  disruptive
        switching signing off breaks the domain for everybody who validates as long as the parent's DS record is there or remembered: take it out at the parent, and wait until its TTL has passed, first
        dnssec_signing: true → false   (edited)"#]].assert_eq(&shown.join("\n"));
    let options = PlanOptions::default();
    let cancel = bicoastal::Cancel::new();
    let report = world
        .engine
        .apply(plan, &desired, &options, &bicoastal::runtime::Quiet, &cancel)
        .await
        .unwrap();
    assert!(!report.is_done());
    let report = bicoastal::render::plain(&bicoastal::render::report(&report));
    assert!(report.contains("take it out there"), "{report}");

    world.apply(declare(true, false)).await;
    world.apply(declare(false, false)).await;
    assert_eq!(changes(&world.plan(declare(false, false)).await), Vec::<String>::new());
}
