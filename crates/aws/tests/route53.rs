//! Zones, records and health checks against the local cloud.
#![cfg(feature = "route53")]
#![allow(clippy::unwrap_used, clippy::panic, reason = "tests stop where they find something odd")]

mod common;

use std::time::Duration;

use aws_sdk_route53::Client;
use aws_sdk_route53::types::{
    Change, ChangeAction, ChangeBatch, CidrCollectionChange, CidrCollectionChangeAction,
    ResourceRecord, ResourceRecordSet, RrType,
};
use bicoastal_aws::AliasTarget;
use bicoastal_aws::route53::{
    CheckerRegion, CidrCollection, CidrLocation, Continent, FailoverRole, GeoLocation, HealthCheck,
    HostedZone, InsufficientData, Interval, ProximityPlace, RecordData, RecordSet, RecordType,
    Routing, ZoneRef, ZoneVpc,
};
use bicoastal_local::faults::{Effect, Rule};
use bicoastal_model::{
    Claim, Goal, Id, Lookup, Member, Memory, OpError, Operation, Outcome, Ownership, Progress,
    Provider, Region, Resource, ResourceId, Retry, ScopeKind, Seen, Snapshot, Status, Target,
};
use common::{Harness, Subject};
use expect_test::expect;
use serde_json::{Value, json};

fn props<R: serde::Serialize>(resource: R) -> Value {
    serde_json::to_value(resource).unwrap()
}

/// The same properties with one set, or unset where the value is null.
fn with(props: &Value, field: &str, value: Value) -> Value {
    let mut props = props.clone();
    match value {
        Value::Null => props.as_object_mut().unwrap().remove(field),
        value => props.as_object_mut().unwrap().insert(field.to_owned(), value),
    };
    props
}

/// Applies each change in turn; answers the calls that each took.
async fn change_all(subject: &mut Subject<'_>, changes: &[(&str, Value)]) -> String {
    let mut out = String::new();
    for (field, value) in changes {
        let changed = with(subject.applied.as_ref().unwrap(), field, value.clone());
        subject.apply(&changed).await;
        out += &format!("{field}: {}\n", subject.calls.join(", "));
    }
    out
}

fn somebody_else(harness: &Harness) -> Client {
    Client::new(&Harness::sdk(&harness.cloud))
}

fn address(name: &str, record_type: RrType, value: &str) -> ResourceRecordSet {
    ResourceRecordSet::builder()
        .name(name)
        .r#type(record_type)
        .ttl(60)
        .resource_records(ResourceRecord::builder().value(value).build().unwrap())
        .build()
        .unwrap()
}

/// What somebody else does to a zone's records, in one batch.
async fn edit(harness: &Harness, zone_id: &str, changes: Vec<(ChangeAction, ResourceRecordSet)>) {
    let changes: Vec<Change> = changes
        .into_iter()
        .map(|(action, set)| {
            Change::builder().action(action).resource_record_set(set).build().unwrap()
        })
        .collect();
    somebody_else(harness)
        .change_resource_record_sets()
        .hosted_zone_id(zone_id)
        .change_batch(ChangeBatch::builder().set_changes(Some(changes)).build().unwrap())
        .send()
        .await
        .unwrap();
}

/// Makes the zone `example.com`; answers its id.
async fn zone(harness: &Harness) -> String {
    let zone = HostedZone::builder().name("example.com").build();
    harness.global::<HostedZone>("zone").apply(&props(zone)).await.physical
}

fn calls_of(harness: &Harness, operation: &str) -> usize {
    harness.cloud.calls().iter().filter(|call| call.operation == operation).count()
}

#[tokio::test]
async fn a_public_zone_keeps_the_contract() {
    let harness = Harness::new();
    let mut zone = harness.global::<HostedZone>("zone");
    let first = props(
        HostedZone::builder().name("Example.com.").comment("ours").tags([("Project", "x")]).build(),
    );
    let made = zone.apply(&first).await;
    assert_eq!(zone.calls, ["CreateHostedZone", "ChangeTagsForResource"]);
    assert_eq!(made.ownership, Ownership::Ours);
    assert_eq!(made.outputs["name"], json!("example.com"));
    assert_eq!(made.outputs["name_servers"].as_array().unwrap().len(), 4);
    let calls = change_all(
        &mut zone,
        &[
            ("comment", json!("changed")),
            ("tags", json!({"Project": "y", "More": ""})),
            ("accelerated_recovery", json!(true)),
            ("accelerated_recovery", Value::Null),
            ("comment", Value::Null),
            ("tags", Value::Null),
            ("force_destroy", json!(true)),
            ("exclusive_records", json!(true)),
        ],
    )
    .await;
    expect![[r#"
        comment: UpdateHostedZoneComment
        tags: ChangeTagsForResource
        accelerated_recovery: UpdateHostedZoneFeatures
        accelerated_recovery: UpdateHostedZoneFeatures
        comment: UpdateHostedZoneComment
        tags: ChangeTagsForResource
        force_destroy: 
        exclusive_records: 
    "#]]
    .assert_eq(&calls);
    let wanted = zone.applied.clone().unwrap();
    somebody_else(&harness)
        .update_hosted_zone_comment()
        .id(&made.physical)
        .comment("theirs")
        .send()
        .await
        .unwrap();
    assert_eq!(zone.drift(&wanted).await, Vec::<String>::new(), "never mentioned any more");
    let mentioned = with(&wanted, "comment", json!("ours"));
    assert_eq!(zone.drift(&mentioned).await, ["comment"]);
    zone.destroy().await;
}

#[tokio::test]
async fn a_private_zone_gets_vpcs_before_it_loses_any() {
    let harness = Harness::new();
    let vpc = |id: &str| ZoneVpc::new(Region::UsEast1, id);
    let with_vpcs = |ids: &[&str]| {
        props(
            HostedZone::builder().name("corp").vpcs(ids.iter().map(|id| vpc(id)).collect()).build(),
        )
    };
    let mut zone = harness.global::<HostedZone>("zone");
    let made = zone.apply(&with_vpcs(&["vpc-1", "vpc-2"])).await;
    expect!["CreateHostedZone, ChangeTagsForResource, AssociateVPCWithHostedZone"]
        .assert_eq(&zone.calls.join(", "));
    assert_eq!(made.outputs["name_servers"].as_array().unwrap().len(), 4);
    zone.apply(&with_vpcs(&["vpc-3"])).await;
    expect![
        "AssociateVPCWithHostedZone, DisassociateVPCFromHostedZone, DisassociateVPCFromHostedZone"
    ]
    .assert_eq(&zone.calls.join(", "));
    // What others associate stays, and is reported.
    let theirs = aws_sdk_route53::types::Vpc::builder()
        .vpc_region("us-east-1".into())
        .vpc_id("vpc-9")
        .build();
    somebody_else(&harness)
        .associate_vpc_with_hosted_zone()
        .hosted_zone_id(&made.physical)
        .vpc(theirs)
        .send()
        .await
        .unwrap();
    expect![[r#"(vpcs[{"id":"vpc-9","region":"us-east-1"}])"#]]
        .assert_eq(&zone.drift(&with_vpcs(&["vpc-3"])).await.join("\n"));
    zone.apply(&with_vpcs(&["vpc-4"])).await;
    expect!["AssociateVPCWithHostedZone, DisassociateVPCFromHostedZone"]
        .assert_eq(&zone.calls.join(", "));
    zone.destroy().await;
}

#[tokio::test]
async fn zones_and_checks_that_were_forgotten_are_found_again_by_their_token() {
    let harness = Harness::new();
    let theirs = somebody_else(&harness);
    theirs
        .create_hosted_zone()
        .name("example.com")
        .caller_reference("theirs")
        .send()
        .await
        .unwrap();
    let mut zone = harness.global::<HostedZone>("zone");
    let wanted = HostedZone::builder().name("example.com").accelerated_recovery(true).build();
    zone.create_forgetfully(&props(wanted)).await;
    assert_eq!(calls_of(&harness, "CreateHostedZone"), 2);
    let mut check = harness.global::<HealthCheck>("alive");
    check.create_forgetfully(&props(HealthCheck::https("a.example.com").build())).await;
    assert_eq!(calls_of(&harness, "CreateHealthCheck"), 1);
}

#[tokio::test]
async fn a_zone_with_others_records_goes_only_by_force() {
    let harness = Harness::new();
    let mut zone = harness.global::<HostedZone>("zone");
    let wanted = props(HostedZone::builder().name("example.com").build());
    let id = zone.apply(&wanted).await.physical;
    for batch in 0..3 {
        let records = (0..400)
            .map(|n| {
                let name = format!("n{n}.b{batch}.example.com");
                (ChangeAction::Create, address(&name, RrType::A, "192.0.2.1"))
            })
            .collect();
        edit(&harness, &id, records).await;
    }
    let seen = zone.read().await.unwrap();
    assert_eq!(seen.children.len(), 1_200);
    assert_eq!(seen.children[0].label, "A n0.b0.example.com.");
    let refused = zone.try_destroy(false).await.unwrap_err();
    expect!["The specified hosted zone contains non-required resource record sets and so cannot be deleted."]
        .assert_eq(&refused.facts().message);
    zone.apply(&with(&wanted, "force_destroy", json!(true))).await;
    zone.try_destroy(false).await.unwrap();
    expect!["ChangeResourceRecordSets, ChangeResourceRecordSets, DeleteHostedZone"]
        .assert_eq(&zone.calls.join(", "));
}

#[tokio::test]
async fn a_private_zone_with_others_records_goes_only_by_force() {
    let harness = Harness::new();
    let mut zone = harness.global::<HostedZone>("zone");
    let vpcs = vec![ZoneVpc::new(Region::UsEast1, "vpc-1")];
    let wanted = props(HostedZone::builder().name("corp").vpcs(vpcs).build());
    let id = zone.apply(&wanted).await.physical;
    let theirs = address("db.corp", RrType::A, "10.0.0.7");
    edit(&harness, &id, vec![(ChangeAction::Create, theirs)]).await;
    let refused = zone.try_destroy(false).await.unwrap_err();
    expect!["The specified hosted zone contains non-required resource record sets and so cannot be deleted."]
        .assert_eq(&refused.facts().message);
    zone.apply(&with(&wanted, "force_destroy", json!(true))).await;
    zone.destroy().await;
    // AWS refused the first.
    assert_eq!(calls_of(&harness, "DeleteHostedZone"), 2);
}

#[tokio::test]
async fn a_zone_takes_its_name_servers_from_a_delegation_set() {
    let harness = Harness::new();
    let theirs = somebody_else(&harness);
    let set = theirs.create_reusable_delegation_set().caller_reference("set").send().await.unwrap();
    let set = set.delegation_set().unwrap();
    let id = set.id().unwrap();
    for name in ["example.com", "example.org"] {
        let mut zone = harness.global::<HostedZone>(name);
        let wanted = props(HostedZone::builder().name(name).delegation_set(id).build());
        let made = zone.apply(&wanted).await;
        assert_eq!(zone.calls, ["CreateHostedZone", "ChangeTagsForResource"]);
        assert_eq!(made.outputs["name_servers"], json!(set.name_servers()));
        let moved = with(&wanted, "delegation_set", json!("N00000000000000000001"));
        let change = zone.difference(&moved).await.changes.remove(0);
        assert_eq!(change.change, bicoastal_model::schema::Change::Replace);
        zone.destroy().await;
    }
}

#[tokio::test]
async fn existing_zones_are_looked_up() {
    let harness = Harness::new();
    let id = zone(&harness).await;
    let look = async |query: Value| {
        let target = Target {
            props: query.into(),
            ..member_target("zone", HostedZone::SCHEMA.kind, Value::Null)
        };
        harness.provider.lookup(&target).await
    };
    for query in [HostedZone::named("EXAMPLE.com."), HostedZone::with_id(&id)] {
        let Ok(Seen::Present(found)) = look(props(query)).await else { panic!("not found") };
        assert_eq!(found.outputs["id"], json!(id));
        assert_eq!(found.outputs["name"], json!("example.com"));
    }
    assert_eq!(look(props(HostedZone::named("example.org"))).await, Ok(Seen::Absent));
    assert_eq!(look(props(HostedZone::named("example.com").private())).await, Ok(Seen::Absent));
    let theirs = somebody_else(&harness);
    theirs
        .create_hosted_zone()
        .name("example.com")
        .caller_reference("theirs")
        .send()
        .await
        .unwrap();
    let error = look(props(HostedZone::named("example.com"))).await.unwrap_err();
    assert!(error.facts().message.contains("2 zones bear it"), "{error}");
    fn is_lookup<L: Lookup>(_: &L) {}
    is_lookup(&HostedZone::named("example.com"));
}

#[tokio::test]
async fn health_checks_keep_the_contract() {
    let harness = Harness::new();
    let mut check = harness.global::<HealthCheck>("alive");
    let first = HealthCheck::https("alive.example.com")
        .path("/healthz")
        .interval(Interval::Fast)
        .failure_threshold(2)
        .search("ok")
        .tags([("Project", "x")])
        .build();
    let made = check.apply(&props(first)).await;
    assert_eq!(check.calls, ["CreateHealthCheck", "ChangeTagsForResource"]);
    assert!(made.outputs["arn"].as_str().unwrap().starts_with("arn:aws:route53:::healthcheck/"));
    let regions = [CheckerRegion::UsEast1, CheckerRegion::EuWest1, CheckerRegion::SaEast1];
    let calls = change_all(
        &mut check,
        &[
            ("host", json!("other.example.com")),
            ("port", json!(8443)),
            ("path", json!("/deep")),
            ("search", json!("fine")),
            ("failure_threshold", json!(5)),
            ("enable_sni", json!(false)),
            ("checker_regions", json!(regions)),
            ("inverted", json!(true)),
            ("disabled", json!(true)),
            ("tags", json!({"Project": "y"})),
            ("path", Value::Null),
            ("checker_regions", Value::Null),
            ("enable_sni", Value::Null),
            ("failure_threshold", Value::Null),
            ("inverted", Value::Null),
            ("disabled", Value::Null),
            ("tags", Value::Null),
        ],
    )
    .await;
    assert!(
        calls.lines().all(|line| {
            line.ends_with("UpdateHealthCheck")
                || line.starts_with("tags: ") && line.ends_with("ChangeTagsForResource")
        }),
        "{calls}"
    );
    let wanted = check.applied.clone().unwrap();
    somebody_else(&harness)
        .update_health_check()
        .health_check_id(&made.physical)
        .inverted(true)
        .port(444)
        .send()
        .await
        .unwrap();
    expect![[r#"
        port
        (inverted)"#]]
    .assert_eq(&check.drift(&wanted).await.join("\n"));
    check.apply(&wanted).await;
    check.destroy().await;
}

#[tokio::test]
async fn every_type_of_health_check_settles() {
    let harness = Harness::new();
    let mut child = harness.global::<HealthCheck>("child");
    let child_id =
        child.apply(&props(HealthCheck::tcp("a.example.com", 443).build())).await.physical;
    let other = props(HealthCheck::http("a.example.com").address("8.8.8.8").build());
    let other_id = harness.global::<HealthCheck>("other").apply(&other).await.physical;
    let children = [Id::<HealthCheck>::new(&child_id), Id::new(&other_id)];
    let mut both = harness.global::<HealthCheck>("both");
    both.apply(&props(HealthCheck::calculated(2, children).build())).await;
    let fewer = with(both.applied.as_ref().unwrap(), "children", json!([child_id]));
    both.apply(&with(&fewer, "healthy_children", json!(1))).await;
    assert_eq!(both.calls, ["UpdateHealthCheck"]);
    let six = props(HealthCheck::http("a.example.com").address("2600:1f18::7").build());
    let mut by_six = harness.global::<HealthCheck>("six");
    by_six.apply(&six).await;
    for address in ["2600:1f18::8", "8.8.4.4"] {
        by_six.apply(&with(&six, "ip_address", json!(address))).await;
        assert_eq!(by_six.calls, ["UpdateHealthCheck"], "{address}");
    }
    by_six.destroy().await;
    let alarm = HealthCheck::alarm(Region::ApSouth1, "lag", InsufficientData::Unhealthy).build();
    let mut alarm_check = harness.global::<HealthCheck>("alarm");
    alarm_check.apply(&props(alarm)).await;
    let other_alarm = json!({"region": "us-east-1", "name": "lag"});
    let calls = change_all(
        &mut alarm_check,
        &[("alarm", other_alarm), ("insufficient_data", json!("LastKnownStatus"))],
    )
    .await;
    expect![[r#"
        alarm: UpdateHealthCheck
        insufficient_data: UpdateHealthCheck
    "#]]
    .assert_eq(&calls);
    let control = "arn:aws:route53-recovery-control::1:controlpanel/x/routingcontrol/y";
    let mut control_check = harness.global::<HealthCheck>("control");
    control_check.apply(&props(HealthCheck::routing_control(control).build())).await;
    control_check.destroy().await;
}

/// A record of the zone, with this answer and routing.
fn record(zone_id: &str, name: &str, data: RecordData, routing: Routing) -> Value {
    let zone = ZoneRef::new(zone_id, "example.com");
    props(RecordSet::builder().zone(zone).name(name).data(data).routing(routing).build())
}

fn a(values: &[&str]) -> RecordData {
    RecordData::values(RecordType::A, 60, values.iter().copied())
}

#[tokio::test]
async fn a_record_keeps_the_contract() {
    let harness = Harness::new();
    let zone_id = zone(&harness).await;
    let mut set = harness.global::<RecordSet>("www");
    set.apply(&record(&zone_id, "www", a(&["192.0.2.1"]), Routing::Simple)).await;
    assert_eq!(set.calls, ["ChangeResourceRecordSets"]);
    let front = json!({"dns_name": "Front-1.us-east-1.elb.amazonaws.com", "zone_id": "Z35SXDOTRQ7X7K", "evaluate_target_health": true});
    let calls =
        change_all(&mut set, &[("ttl", json!(0)), ("values", json!(["192.0.2.2", "192.0.2.3"]))])
            .await;
    expect![[r#"
        ttl: ChangeResourceRecordSets
        values: ChangeResourceRecordSets
    "#]]
    .assert_eq(&calls);
    // Somebody else's edit is seen field by field, and mended.
    let wanted = set.applied.clone().unwrap();
    let theirs = address("www.example.com", RrType::A, "192.0.2.9");
    edit(&harness, &zone_id, vec![(ChangeAction::Upsert, theirs)]).await;
    assert_eq!(set.drift(&wanted).await, ["ttl", "values"]);
    set.apply(&wanted).await;
    // Values to alias is one change.
    let mut alias = with(&with(&wanted, "ttl", Value::Null), "values", Value::Null);
    alias["alias"] = front;
    set.apply(&alias).await;
    assert_eq!(set.calls, ["ChangeResourceRecordSets"]);
    let dualstack = json!("dualstack.front-1.us-east-1.elb.amazonaws.com.");
    alias["alias"]["dns_name"] = dualstack;
    assert_eq!(set.drift(&alias).await, Vec::<String>::new());
    set.destroy().await;
}

#[tokio::test]
async fn every_routing_and_type_settles_and_goes() {
    let harness = Harness::new();
    let zone_id = zone(&harness).await;
    let wanted = props(HealthCheck::tcp("a.example.com", 1).build());
    let check = harness.global::<HealthCheck>("hc").apply(&wanted).await.physical;
    let collection = somebody_else(&harness)
        .create_cidr_collection()
        .name("c")
        .caller_reference("c")
        .send()
        .await
        .unwrap();
    let collection = collection.collection().unwrap().id().unwrap().to_owned();
    let front =
        || RecordData::alias(AliasTarget::new("f.us-east-1.elb.amazonaws.com", "Z35SXDOTRQ7X7K"));
    let zone_ref = ZoneRef::new(zone_id.as_str(), "example.com");
    let of = |routing: Routing, id: Option<&str>| {
        let builder = RecordSet::builder().zone(&zone_ref).name("r").data(a(&["192.0.2.1"]));
        let builder = builder.routing(routing).maybe_set_identifier(id);
        props(builder.health_check(Id::<HealthCheck>::new(&check)).build())
    };
    let coordinates = ProximityPlace::Coordinates { latitude: 49.22, longitude: -74.019 };
    let mut all = vec![
        of(Routing::Weighted(0), Some("w")),
        of(Routing::Latency(Region::ApSouth1), None),
        of(Routing::Failover(FailoverRole::Primary), None),
        of(Routing::Geolocation(GeoLocation::Default), None),
        of(Routing::Geolocation(GeoLocation::Continent(Continent::Asia)), None),
        of(Routing::Geolocation(GeoLocation::UsState("CA".into())), None),
        of(Routing::Geoproximity { place: ProximityPlace::Region(Region::UsEast1), bias: 0 }, None),
        of(Routing::Geoproximity { place: coordinates, bias: -20 }, Some("there")),
        of(Routing::Multivalue, Some("m")),
        of(Routing::Cidr { collection: collection.as_str().into(), location: "*".into() }, None),
        record(&zone_id, "alias", front().of_type(RecordType::Aaaa), Routing::Simple),
        record(&zone_id, "", front(), Routing::Simple),
    ];
    for (name, data) in [
        ("*", a(&["192.0.2.1"])),
        ("_dmarc", RecordData::txt(300, ["v=DMARC1; p=none"])),
        ("a@b", RecordData::txt(300, ["grün \"quoted\"; \\ and more"])),
        ("a\\056b", RecordData::txt(300, ["x".repeat(510)])),
        ("UPPER", RecordData::values(RecordType::Cname, 60, ["Target.Example.NET"])),
        ("xn--bcher-kva", RecordData::values(RecordType::Aaaa, 60, ["2001:DB8:0::1"])),
        ("mx", RecordData::values(RecordType::Mx, 60, ["10  Mail.example.com"])),
        ("srv", RecordData::values(RecordType::Srv, 60, ["1 2 443 host.example.com."])),
        ("caa", RecordData::values(RecordType::Caa, 60, ["0 issue \"amazon.com\""])),
        ("sub", RecordData::values(RecordType::Ns, 60, ["ns-1.example.net", "ns-2.example.net"])),
        ("https", RecordData::values(RecordType::Https, 60, ["1 . alpn=\"h2,h3\""])),
    ] {
        all.push(record(&zone_id, name, data, Routing::Simple));
    }
    for (index, wanted) in all.iter().enumerate() {
        let mut set = harness.global::<RecordSet>(&format!("r{index}"));
        set.apply(wanted).await;
        assert_eq!(set.calls, ["ChangeResourceRecordSets"], "{wanted}");
        set.destroy().await;
        assert_eq!(set.calls, Vec::<String>::new());
    }
}

fn member_target(id: &str, kind: &str, props: Value) -> Target {
    Target {
        id: ResourceId::new(id),
        kind: kind.to_owned(),
        place: bicoastal_model::Place {
            account: None,
            scope: ScopeKind::Global,
            regions: Vec::new(),
        },
        incarnation: 1,
        token: format!("bc-test-{id}"),
        physical: None,
        props: props.into(),
        tags: Default::default(),
    }
}

/// A record to be made, changed (from the second) or deleted.
fn member(wanted: Option<&Value>, applied: Option<&Value>) -> Member {
    let props = applied.or(wanted).unwrap().clone();
    let goal = match wanted {
        Some(wanted) => Goal::Present { wanted: wanted.clone(), applied: applied.cloned() },
        None => Goal::Absent { applied: props.clone(), lift_guards: false },
    };
    let claim = if applied.is_some() || wanted.is_none() { Claim::Made } else { Claim::Unmade };
    let target = member_target("r", RecordSet::SCHEMA.kind, props);
    Member { target, goal, claim, memory: Memory::default() }
}

/// Takes turns until the batch is done; answers the outcomes and the mutating calls.
async fn carry_out(
    harness: &Harness,
    members: Vec<Member>,
) -> Result<(Vec<Outcome>, Vec<String>), OpError> {
    let operation = Operation { members };
    let mut calls = Vec::new();
    for _ in 0..200 {
        match harness.provider.advance(&operation, &bicoastal_model::OpenGate::shared()).await {
            Ok(Progress::Called { call, .. }) => calls.push(call),
            Ok(Progress::Waiting { poll, .. }) => harness.cloud.sleep(poll).await,
            Ok(Progress::Done(outcomes)) => return Ok((outcomes, calls)),
            Err(OpError::Refused { retry, .. }) if retry != Retry::Never => {
                calls.push(format!("({retry:?})"));
                harness.cloud.sleep(Duration::from_secs(5)).await;
            }
            Err(OpError::InDoubt(_)) => calls.push("(InDoubt)".to_owned()),
            Err(error) => return Err(error),
        }
    }
    panic!("does not converge: {calls:?}");
}

#[tokio::test]
async fn many_records_cost_one_write_and_few_reads() {
    let harness = Harness::new();
    let zone_id = zone(&harness).await;
    let wanted: Vec<Value> = (0..600)
        .map(|n| record(&zone_id, &format!("n{n}"), a(&["192.0.2.1"]), Routing::Simple))
        .collect();
    let before = harness.cloud.calls().len();
    let members = wanted.iter().map(|wanted| member(Some(wanted), None)).collect();
    let (outcomes, calls) = carry_out(&harness, members).await.unwrap();
    assert_eq!(calls, ["ChangeResourceRecordSets"]);
    assert!(
        outcomes
            .iter()
            .all(|it| matches!(it, Outcome::Present(Snapshot { status: Status::Ready, .. })))
    );
    let calls = harness.cloud.calls().split_off(before);
    let lists = calls.iter().filter(|it| it.operation == "ListResourceRecordSets").count();
    // Eight point reads and the zone's pages before the write, and after it.
    assert!(lists <= 2 * (8 + 3), "{lists}");
    // A refresh reads the zone once.
    let before = harness.cloud.calls().len();
    let targets: Vec<Target> =
        wanted.iter().map(|it| member_target("r", RecordSet::SCHEMA.kind, it.clone())).collect();
    let seen = harness.provider.refresh(&targets).await;
    assert!(seen.iter().all(|it| matches!(it, Seen::Present(_))));
    assert_eq!(harness.cloud.calls().split_off(before).len(), 3);
}

#[tokio::test]
async fn a_whole_name_changes_its_policy_in_one_batch() {
    let harness = Harness::new();
    let zone_id = zone(&harness).await;
    let simple = record(&zone_id, "api", a(&["192.0.2.1"]), Routing::Simple);
    carry_out(&harness, vec![member(Some(&simple), None)]).await.unwrap();
    let latency = [Region::UsEast1, Region::ApSouth1]
        .map(|region| record(&zone_id, "api", a(&["192.0.2.1"]), Routing::Latency(region)));
    let members = vec![
        member(Some(&latency[0]), None),
        member(Some(&latency[1]), None),
        member(None, Some(&simple)),
    ];
    let (outcomes, calls) = carry_out(&harness, members).await.unwrap();
    assert_eq!(calls, ["ChangeResourceRecordSets"]);
    assert_eq!(outcomes[2], Outcome::Gone);
    // From latency to weights under the same identifiers: every member is made anew at once.
    let weighted = latency
        .each_ref()
        .map(|it| with(it, "routing", json!({"policy": "weighted", "weight": 0})));
    let members =
        latency.iter().zip(&weighted).map(|(old, new)| member(Some(new), Some(old))).collect();
    let (outcomes, calls) = carry_out(&harness, members).await.unwrap();
    assert_eq!(calls, ["ChangeResourceRecordSets"]);
    let Outcome::Present(snapshot) = &outcomes[0] else { panic!() };
    assert_eq!(snapshot.props["routing"], json!({"policy": "weighted", "weight": 0}));
}

#[tokio::test]
async fn a_refused_batch_names_its_offenders() {
    let harness = Harness::new();
    let zone_id = zone(&harness).await;
    // Somebody else makes records between the look and the call.
    let theirs = ["b", "c"].map(|name| {
        (ChangeAction::Create, address(&format!("{name}.example.com"), RrType::Cname, "x.net"))
    });
    edit(&harness, &zone_id, theirs.to_vec()).await;
    let members = ["a", "b", "c", "d"].map(|name| {
        member(Some(&record(&zone_id, name, a(&["192.0.2.1"]), Routing::Simple)), None)
    });
    let error = carry_out(&harness, members.to_vec()).await.unwrap_err();
    let offenders: Vec<usize> = error.facts().offenders.iter().map(|(member, _)| *member).collect();
    assert_eq!(offenders, [1, 2], "{error}");
    assert_eq!(error.code(), Some("InvalidChangeBatch"));
    assert!(error.facts().hint.as_ref().unwrap().contains("stands in the way"), "{error}");
    // A record that is there already is a clash, said before any call.
    let theirs = address("e.example.com", RrType::A, "192.0.2.1");
    edit(&harness, &zone_id, vec![(ChangeAction::Create, theirs)]).await;
    let wanted = record(&zone_id, "e", a(&["192.0.2.1"]), Routing::Simple);
    let error = carry_out(&harness, vec![member(Some(&wanted), None)]).await.unwrap_err();
    assert!(error.facts().message.contains("is not ours"), "{error}");
}

#[tokio::test]
async fn a_protected_record_is_refused_with_its_comment_and_not_tried_again() {
    let harness = Harness::new();
    let zone_id = zone(&harness).await;
    harness.cloud.with_world(|world| {
        world.route53.protect_record("000000000000", &zone_id, "a.example.com", "A", "ask ops")
    });
    let wanted = record(&zone_id, "a", a(&["192.0.2.1"]), Routing::Simple);
    let error = carry_out(&harness, vec![member(Some(&wanted), None)]).await.unwrap_err();
    assert!(error.facts().message.contains("ask ops"), "{error}");
    assert_eq!(error.facts().offenders.len(), 1);
}

#[tokio::test]
async fn busy_zones_throttles_and_lost_answers_only_cost_time() {
    let harness = Harness::new();
    let zone_id = zone(&harness).await;
    let wanted = record(&zone_id, "a", a(&["192.0.2.1"]), Routing::Simple);
    let fault = |effect: Effect| Rule::new(effect).operation("ChangeResourceRecordSets").times(1);
    let busy = Effect::Answer {
        status: 400,
        code: "PriorRequestNotComplete".into(),
        message: "busy".into(),
    };
    harness.cloud.faults().add(fault(busy));
    harness.cloud.faults().add(fault(Effect::Throttle));
    harness.cloud.faults().add(fault(Effect::LoseAnswer));
    let (outcomes, calls) = carry_out(&harness, vec![member(Some(&wanted), None)]).await.unwrap();
    assert!(matches!(outcomes[0], Outcome::Present(_)));
    expect!["(Busy), (Throttled), (InDoubt)"].assert_eq(&calls.join(", "));
    // A deletion whose answer was lost is not repeated either.
    harness.cloud.faults().add(fault(Effect::LoseAnswer));
    let (outcomes, calls) = carry_out(&harness, vec![member(None, Some(&wanted))]).await.unwrap();
    assert_eq!(outcomes, [Outcome::Gone]);
    expect!["(InDoubt)"].assert_eq(&calls.join(", "));
}

#[tokio::test]
async fn a_cidr_collection_keeps_the_contract() {
    let harness = Harness::new();
    let mut offices = harness.global::<CidrCollection>("offices");
    let of = |locations: Vec<CidrLocation>| {
        props(CidrCollection::builder().name("offices").locations(locations).build())
    };
    let berlin = CidrLocation::new("berlin", ["192.0.2.0/24", "2001:DB8::/32"]);
    let pune = CidrLocation::new("pune", ["198.51.100.0/24"]);
    let made = offices.apply(&of(vec![berlin.clone(), pune.clone()])).await;
    assert_eq!(offices.calls, ["CreateCidrCollection", "ChangeCidrCollection"]);
    let id = made.outputs["id"].as_str().unwrap().to_owned();
    assert_eq!(made.outputs["arn"], format!("arn:aws:route53:::cidrcollection/{id}"));

    // A block moves to another location, another one goes.
    let moved = CidrLocation::new("pune", ["198.51.100.0/24", "192.0.2.0/24"]);
    let smaller = CidrLocation::new("berlin", ["2001:db8::/32"]);
    let changed = of(vec![smaller, moved]);
    offices.apply(&changed).await;
    assert_eq!(offices.calls, ["ChangeCidrCollection"]);

    // Somebody else takes a block away and adds a location of their own.
    let edit = async |location: &str, action: CidrCollectionChangeAction, block: &str| {
        let change = CidrCollectionChange::builder()
            .location_name(location)
            .action(action)
            .cidr_list(block)
            .build()
            .unwrap();
        somebody_else(&harness)
            .change_cidr_collection()
            .id(&id)
            .changes(change)
            .send()
            .await
            .unwrap();
    };
    edit("pune", CidrCollectionChangeAction::DeleteIfExists, "192.0.2.0/24").await;
    edit("theirs", CidrCollectionChangeAction::Put, "203.0.113.0/24").await;
    assert_eq!(offices.drift(&changed).await, ["locations[pune].blocks", "(locations[theirs])"]);
    offices.apply(&changed).await;

    // A location that is no longer mentioned goes; theirs stays, and with it the collection.
    offices.apply(&of(vec![pune])).await;
    assert_eq!(offices.drift(offices.applied.as_ref().unwrap()).await, ["(locations[theirs])"]);
    let kept = offices.try_destroy(false).await.unwrap_err();
    assert!(kept.facts().message.contains("'theirs', which nobody declared"), "{kept}");
    edit("theirs", CidrCollectionChangeAction::DeleteIfExists, "203.0.113.0/24").await;
    offices.destroy().await;
}

#[tokio::test]
async fn a_cidr_collection_whose_creation_was_not_answered_is_made_once() {
    let harness = Harness::new();
    let lost = Rule::new(Effect::LoseAnswer).operation("CreateCidrCollection").times(1);
    harness.cloud.faults().add(lost);
    let mut offices = harness.global::<CidrCollection>("offices");
    let wanted = props(
        CidrCollection::builder()
            .name("offices")
            .locations([CidrLocation::new("berlin", ["192.0.2.0/24"])])
            .build(),
    );
    offices.try_apply(&wanted).await.unwrap_err();
    offices.apply(&wanted).await;
    assert_eq!(calls_of(&harness, "CreateCidrCollection"), 2);
    let all = somebody_else(&harness).list_cidr_collections().send().await.unwrap();
    assert_eq!(all.cidr_collections().len(), 1);

    // With another token the name is somebody else's.
    let mut other = harness.global::<CidrCollection>("other");
    let clash = other.try_apply(&wanted).await.unwrap_err();
    assert_eq!(clash.code(), Some("CidrCollectionAlreadyExistsException"));
    assert_eq!(other.read().await.unwrap().ownership, Ownership::Unmarked);
}
