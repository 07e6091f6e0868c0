//! Tables on the local cloud: replicas made and unmade, settings kept on every one of them.
#![cfg(feature = "dynamodb")]
#![allow(clippy::unwrap_used)] // Helpers may stop where a test would.

mod common;
#[path = "dynamodb/own_apis.rs"]
mod own_apis;
#[path = "dynamodb/reads.rs"]
mod reads;

use std::time::Duration;

use aws_sdk_dynamodb::types::{
    AttributeDefinition, BillingMode, CreateReplicationGroupMemberAction,
    DeleteReplicationGroupMemberAction, KeySchemaElement, KeyType,
    PointInTimeRecoverySpecification, ReplicationGroupUpdate, ScalarAttributeType,
    StreamSpecification, StreamViewType, Tag, TimeToLiveSpecification,
};
use bicoastal_aws::dynamodb::Table;
use bicoastal_local::faults::{Effect, Rule};
use bicoastal_model::{
    Claim, Goal, Member, Memory, OpError, Operation, Provider, Region, Seen, Status,
};
use common::{Harness, Subject};
use expect_test::{Expect, expect};
use serde_json::{Value, json};

const HERE: Region = Region::UsEast1;
const THERE: Region = Region::ApSouth1;
const THIRD: Region = Region::EuWest1;

/// The session table of the reference architecture.
fn sessions() -> Value {
    json!({
        "name": "user-sessions",
        "partition_key": { "name": "session_id", "type": "S" },
        "billing": { "mode": "on_demand" },
        "stream": "new_and_old_images",
        "point_in_time_recovery": { "enabled": true },
        "writes": "any_region",
        "tags": { "Project": "active-active" },
    })
}

fn with(mut base: Value, more: Value) -> Value {
    for (key, value) in more.as_object().unwrap() {
        base[key] = value.clone();
    }
    base
}

fn dynamodb(harness: &Harness, region: Region) -> aws_sdk_dynamodb::Client {
    aws_sdk_dynamodb::Client::new(&harness.sdk_in(region))
}

/// Moves a subject to other regions, as the planner does: wanted and applied ones together.
fn across(subject: &mut Subject<'_>, regions: &[Region]) -> Value {
    let mut all = subject.target.place.regions.clone();
    all.extend(regions);
    all.sort();
    all.dedup();
    subject.target.place.regions = all;
    let mut regions = regions.to_vec();
    regions.sort();
    json!({ "regions": regions })
}

fn shown(calls: &[String]) -> String {
    if calls.is_empty() { "nothing".into() } else { calls.join(", ") }
}

fn check(calls: &[String], expect: Expect) {
    expect.assert_eq(&calls.join("\n"));
}

#[tokio::test]
async fn the_session_table_is_made_in_both_regions_and_destroyed() {
    let harness = Harness::new();
    let mut table = harness.spanning::<Table>("sessions", &[HERE, THERE]);
    let snapshot = table.apply(&sessions()).await;
    check(
        &table.calls,
        expect![[r#"
        CreateTable
        UpdateTable
        UpdateContinuousBackups
        UpdateContinuousBackups
        TagResource"#]],
    );
    assert_eq!(snapshot.status, Status::Ready);
    expect![[r#"
        {
          "arn": "arn:aws:dynamodb:ap-south-1:000000000000:table/user-sessions",
          "arn.ap-south-1": "arn:aws:dynamodb:ap-south-1:000000000000:table/user-sessions",
          "arn.us-east-1": "arn:aws:dynamodb:us-east-1:000000000000:table/user-sessions",
          "name": "user-sessions",
          "stream_arn": "arn:aws:dynamodb:ap-south-1:000000000000:table/user-sessions/stream/2026-01-01T00:00:00.000",
          "stream_arn.ap-south-1": "arn:aws:dynamodb:ap-south-1:000000000000:table/user-sessions/stream/2026-01-01T00:00:00.000",
          "stream_arn.us-east-1": "arn:aws:dynamodb:us-east-1:000000000000:table/user-sessions/stream/2026-01-01T00:00:11.000"
        }
    "#]].assert_eq(&format!("{:#}\n", serde_json::to_value(&snapshot.outputs).unwrap()));
    assert_eq!(table.drift(&sessions()).await, Vec::<String>::new());

    table.apply(&sessions()).await;
    assert_eq!(table.calls, Vec::<String>::new());

    table.destroy().await;
}

#[tokio::test]
async fn whatever_was_interrupted_is_finished() {
    let harness = Harness::new();
    let mut table = harness.spanning::<Table>("sessions", &[HERE, THERE, THIRD]);
    table.create_forgetfully(&sessions()).await;
    table.destroy().await;
}

#[tokio::test]
async fn every_setting_can_be_changed_and_unset() {
    let harness = Harness::new();
    let mut table = harness.spanning::<Table>("sessions", &[HERE, THERE]);
    let mut props = sessions();
    table.apply(&props).await;
    let index = |name: &str, projection: Value| {
        json!({
            "name": name,
            "partition_key": [{ "name": name, "type": "S" }],
            "projection": projection,
        })
    };
    let changes = [
        json!({ "deletion_protection": true }),
        json!({ "table_class": "standard_infrequent_access" }),
        json!({ "on_demand_throughput": { "max_read": 500, "max_write": 100 } }),
        json!({ "on_demand_throughput": { "max_write": 200 } }),
        json!({ "warm_throughput": { "read": 20000 } }),
        json!({ "warm_throughput": { "read": 13000 } }),
        json!({ "point_in_time_recovery": { "enabled": true, "recovery_period_days": 7 } }),
        json!({ "point_in_time_recovery": { "enabled": false } }),
        json!({ "encryption": { "key": "aws_managed" } }),
        json!({ "encryption": { "key": "aws_owned" } }),
        json!({ "time_to_live": "expires_at" }),
        json!({ "indexes": [index("user", json!({ "type": "all" }))] }),
        json!({ "indexes": [
            index("user", json!({ "type": "all" })),
            index("day", json!({ "type": "include", "attributes": ["b", "a"] })),
            index("hour", json!({ "type": "keys_only" })),
        ] }),
        json!({ "indexes": [
            index("user", json!({ "type": "keys_only" })),
            index("day", json!({ "type": "include", "attributes": ["a", "b"] })),
        ] }),
        json!({ "tags": { "Project": "other", "Team": "storage" } }),
        json!({ "tags": {} }),
        json!({ "replica_overrides": [{
            "region": "ap-south-1",
            "deletion_protection": false,
            "table_class": "standard",
            "point_in_time_recovery": { "enabled": true },
            "tags": { "Only": "here" },
        }] }),
        json!({ "replica_overrides": [] }),
        json!({ "resource_policies": [{
            "region": "us-east-1",
            "document": { "Version": "2012-10-17", "Statement": [] },
        }] }),
    ];
    let mut seen = Vec::new();
    for change in changes {
        // Some settings take a change or two in a month.
        harness.cloud.advance(31 * 86_400_000);
        props = with(props, change.clone());
        table.apply(&props).await;
        seen.push(format!("{change}\n    {}", shown(&table.calls)));
    }
    // No longer mentioned: back to what AWS does by itself.
    for field in [
        "deletion_protection",
        "table_class",
        "on_demand_throughput",
        "point_in_time_recovery",
        "encryption",
        "indexes",
        "resource_policies",
    ] {
        harness.cloud.advance(31 * 86_400_000);
        props.as_object_mut().unwrap().remove(field);
        table.apply(&props).await;
        seen.push(format!("no {field}\n    {}", shown(&table.calls)));
    }
    expect![[r#"
        {"deletion_protection":true}
            UpdateTable, UpdateTable
        {"table_class":"standard_infrequent_access"}
            UpdateTable
        {"on_demand_throughput":{"max_read":500,"max_write":100}}
            UpdateTable
        {"on_demand_throughput":{"max_write":200}}
            UpdateTable
        {"warm_throughput":{"read":20000}}
            UpdateTable
        {"warm_throughput":{"read":13000}}
            nothing
        {"point_in_time_recovery":{"enabled":true,"recovery_period_days":7}}
            UpdateContinuousBackups, UpdateContinuousBackups
        {"point_in_time_recovery":{"enabled":false}}
            UpdateContinuousBackups, UpdateContinuousBackups
        {"encryption":{"key":"aws_managed"}}
            UpdateTable
        {"encryption":{"key":"aws_owned"}}
            UpdateTable
        {"time_to_live":"expires_at"}
            UpdateTimeToLive
        {"indexes":[{"name":"user","partition_key":[{"name":"user","type":"S"}],"projection":{"type":"all"}}]}
            UpdateTable
        {"indexes":[{"name":"user","partition_key":[{"name":"user","type":"S"}],"projection":{"type":"all"}},{"name":"day","partition_key":[{"name":"day","type":"S"}],"projection":{"attributes":["b","a"],"type":"include"}},{"name":"hour","partition_key":[{"name":"hour","type":"S"}],"projection":{"type":"keys_only"}}]}
            UpdateTable, UpdateTable
        {"indexes":[{"name":"user","partition_key":[{"name":"user","type":"S"}],"projection":{"type":"keys_only"}},{"name":"day","partition_key":[{"name":"day","type":"S"}],"projection":{"attributes":["a","b"],"type":"include"}}]}
            UpdateTable, UpdateTable, UpdateTable
        {"tags":{"Project":"other","Team":"storage"}}
            TagResource, TagResource
        {"tags":{}}
            UntagResource, UntagResource
        {"replica_overrides":[{"deletion_protection":false,"point_in_time_recovery":{"enabled":true},"region":"ap-south-1","table_class":"standard","tags":{"Only":"here"}}]}
            UpdateTable, UpdateTable, UpdateContinuousBackups, TagResource
        {"replica_overrides":[]}
            UpdateTable, UpdateTable, UpdateContinuousBackups, UntagResource
        {"resource_policies":[{"document":{"Statement":[],"Version":"2012-10-17"},"region":"us-east-1"}]}
            PutResourcePolicy
        no deletion_protection
            UpdateTable, UpdateTable
        no table_class
            UpdateTable
        no on_demand_throughput
            UpdateTable
        no point_in_time_recovery
            nothing
        no encryption
            nothing
        no indexes
            UpdateTable, UpdateTable
        no resource_policies
            DeleteResourcePolicy"#]].assert_eq(&seen.join("\n"));
    table.destroy().await;
}

#[tokio::test]
async fn time_to_live_moves_to_another_attribute_when_aws_lets_it() {
    let harness = Harness::new();
    let mut table = harness.spanning::<Table>("sessions", &[HERE, THERE]);
    let ttl = |attribute: &str| with(sessions(), json!({ "time_to_live": attribute }));
    table.apply(&ttl("expires_at")).await;
    harness.cloud.advance(3_600_000);
    harness.cloud.set_duration("dynamodb.ttl.interval", Duration::from_secs(300));
    table.apply(&ttl("gone_at")).await;
    let calls: Vec<&String> = table.calls.iter().filter(|it| !it.starts_with('(')).collect();
    assert_eq!(calls, ["UpdateTimeToLive", "UpdateTimeToLive"]);
    assert!(table.calls.iter().any(|it| it == "(UpdateTimeToLive Busy)"));
}

#[tokio::test]
async fn regions_come_and_go_without_touching_the_others() {
    let harness = Harness::new();
    let mut table = harness.spanning::<Table>("sessions", &[HERE, THERE]);
    table.apply(&sessions()).await;
    let id = |region: Region| {
        let client = dynamodb(&harness, region);
        async move {
            let answer = client.describe_table().table_name("user-sessions").send().await;
            answer.ok().and_then(|it| it.table?.table_id)
        }
    };
    let before = (id(HERE).await, id(THERE).await);

    let wider = across(&mut table, &[THIRD, HERE, THERE]);
    table.apply(&with(sessions(), wider)).await;
    check(
        &table.calls,
        expect![[r#"
        UpdateTable
        UpdateContinuousBackups
        TagResource"#]],
    );
    assert!(id(THIRD).await.is_some());

    let narrower = across(&mut table, &[THERE, THIRD]);
    table.apply(&with(sessions(), narrower)).await;
    check(&table.calls, expect!["UpdateTable"]);
    assert_eq!((id(HERE).await, id(THERE).await), (None, before.1));
    table.target.place.regions = vec![THERE, THIRD];
    table.destroy().await;
}

#[tokio::test]
async fn what_others_change_is_seen_by_name_and_mended_without_recreation() {
    let harness = Harness::new();
    let mut table = harness.spanning::<Table>("sessions", &[HERE, THERE]);
    let props =
        with(sessions(), json!({ "time_to_live": "expires_at", "deletion_protection": false }));
    table.apply(&props).await;
    let there = dynamodb(&harness, THERE);
    let off = PointInTimeRecoverySpecification::builder()
        .point_in_time_recovery_enabled(false)
        .build()
        .unwrap();
    there
        .update_continuous_backups()
        .table_name("user-sessions")
        .point_in_time_recovery_specification(off)
        .send()
        .await
        .unwrap();
    let arn = "arn:aws:dynamodb:ap-south-1:000000000000:table/user-sessions";
    for (key, value) in [("Project", "mine"), ("Foreign", "yes")] {
        let tag = Tag::builder().key(key).value(value).build().unwrap();
        there.tag_resource().resource_arn(arn).tags(tag).send().await.unwrap();
    }
    harness.cloud.advance(3_700_000);
    let specification =
        TimeToLiveSpecification::builder().enabled(false).attribute_name("expires_at");
    there
        .update_time_to_live()
        .table_name("user-sessions")
        .time_to_live_specification(specification.build().unwrap())
        .send()
        .await
        .unwrap();
    there
        .update_table()
        .table_name("user-sessions")
        .deletion_protection_enabled(true)
        .send()
        .await
        .unwrap();
    harness.cloud.advance(60_000);
    there
        .update_table()
        .table_name("user-sessions")
        .replica_updates(create(THIRD))
        .send()
        .await
        .unwrap();
    harness.cloud.advance(600_000);

    let difference = table.difference(&props).await;
    let mut seen: Vec<String> = difference
        .changes
        .iter()
        .map(|it| format!("{}: {} → {} ({:?})", it.path, it.before, it.after, it.cause))
        .collect();
    seen.extend(difference.extras.iter().map(|it| format!("added {}: {}", it.path, it.value)));
    expect![[r#"
        time_to_live: null → "expires_at" (Drifted)
        point_in_time_recovery.enabled: {"ap-south-1":false,"us-east-1":true} → true (Drifted)
        deletion_protection: {"ap-south-1":true,"us-east-1":false} → false (Drifted)
        tags.Project: "ap-south-1: mine, us-east-1: active-active" → "active-active" (Drifted)
        added regions[eu-west-1]: "eu-west-1"
        added tags.Foreign: "ap-south-1: yes, us-east-1: (none)""#]]
    .assert_eq(&seen.join("\n"));

    harness.cloud.advance(3_700_000);
    table.apply(&props).await;
    check(
        &table.calls,
        expect![[r#"
        UpdateTable
        UpdateContinuousBackups
        TagResource
        UpdateTimeToLive"#]],
    );
    assert_eq!(table.drift(&props).await, ["(regions[eu-west-1])", "(tags.Foreign)"]);

    // The replica that somebody else made outlives ours.
    harness.cloud.advance(86_400_000);
    table.destroy().await;
    let third = dynamodb(&harness, THIRD);
    let left = third.describe_table().table_name("user-sessions").send().await.unwrap();
    assert_eq!(left.table.unwrap().table_status.unwrap().as_str(), "ACTIVE");
}

fn create(region: Region) -> ReplicationGroupUpdate {
    let action = CreateReplicationGroupMemberAction::builder().region_name(region.code());
    ReplicationGroupUpdate::builder().create(action.build().unwrap()).build()
}

fn delete(region: Region) -> ReplicationGroupUpdate {
    let action = DeleteReplicationGroupMemberAction::builder().region_name(region.code());
    ReplicationGroupUpdate::builder().delete(action.build().unwrap()).build()
}

#[tokio::test]
async fn a_replica_that_somebody_removed_is_made_again() {
    let harness = Harness::new();
    let mut table = harness.spanning::<Table>("sessions", &[HERE, THERE]);
    table.apply(&sessions()).await;
    let client = dynamodb(&harness, THERE);
    client
        .update_table()
        .table_name("user-sessions")
        .replica_updates(delete(HERE))
        .send()
        .await
        .unwrap();
    harness.cloud.advance(600_000);
    let drift = table.drift(&sessions()).await;
    assert_eq!(drift, ["regions[us-east-1]"]);
    table.apply(&sessions()).await;
    check(
        &table.calls,
        expect![[r#"
        UpdateTable
        UpdateContinuousBackups
        TagResource"#]],
    );
}

#[tokio::test]
async fn a_table_that_is_not_ours_is_left_alone() {
    let harness = Harness::new();
    let client = dynamodb(&harness, HERE);
    client
        .create_table()
        .table_name("user-sessions")
        .attribute_definitions(
            AttributeDefinition::builder()
                .attribute_name("id")
                .attribute_type(ScalarAttributeType::S)
                .build()
                .unwrap(),
        )
        .key_schema(
            KeySchemaElement::builder()
                .attribute_name("id")
                .key_type(KeyType::Hash)
                .build()
                .unwrap(),
        )
        .billing_mode(BillingMode::PayPerRequest)
        .send()
        .await
        .unwrap();
    harness.cloud.advance(60_000);
    let mut table = harness.spanning::<Table>("sessions", &[HERE, THERE]);
    let refused = table.try_apply(&sessions()).await.unwrap_err();
    expect![
        "sessions already exists as user-sessions and is not ours: it bears no mark of this stack"
    ]
    .assert_eq(&refused.facts().message);
}

#[tokio::test]
async fn a_foreign_table_in_a_new_region_is_named() {
    let harness = Harness::new();
    let mut other = harness.spanning::<Table>("other", &[THIRD]);
    other.apply(&sessions()).await;
    let mut table = harness.spanning::<Table>("sessions", &[HERE, THERE]);
    table.apply(&sessions()).await;
    let wider = across(&mut table, &[HERE, THERE, THIRD]);
    let refused = table.try_apply(&with(sessions(), wider)).await.unwrap_err();
    expect!["eu-west-1 has a table named 'user-sessions' that is no replica of this one"]
        .assert_eq(&refused.facts().message);
}

#[tokio::test]
async fn guards_are_lifted_in_every_region_only_when_asked() {
    let harness = Harness::new();
    let mut table = harness.spanning::<Table>("sessions", &[HERE, THERE]);
    table.apply(&with(sessions(), json!({ "deletion_protection": true }))).await;
    let refused = table.try_destroy(false).await.unwrap_err();
    expect![[r#"
        the table 'user-sessions' is protected against deletion in ap-south-1
        --unprotect sessions lifts deletion_protection and deletes it"#]]
    .assert_eq(&format!(
        "{}\n{}",
        refused.facts().message,
        refused.facts().hint.clone().unwrap_or_default()
    ));
    assert_eq!(table.calls, Vec::<String>::new());
    table.try_destroy(true).await.unwrap();
    check(
        &table.calls,
        expect![[r#"
        UpdateTable
        UpdateTable
        UpdateTable
        DeleteTable"#]],
    );
    assert_eq!(table.read().await, None);
}

#[tokio::test]
async fn with_a_region_gone_the_rest_is_seen_and_changed() {
    let harness = Harness::new();
    let mut table = harness.spanning::<Table>("sessions", &[HERE, THERE]);
    table.apply(&sessions()).await;
    harness.cloud.faults().region_gone(HERE.code());
    assert_eq!(table.drift(&sessions()).await, Vec::<String>::new());
    let facts = table.read().await.unwrap().facts;
    assert_eq!(facts["unseen"], json!(["us-east-1"]));
    assert_eq!(facts["group"], json!(["ap-south-1", "us-east-1"]));

    let changed = with(sessions(), json!({ "tags": { "Project": "evacuated" } }));
    table.apply(&changed).await;
    check(&table.calls, expect!["TagResource"]);

    harness.cloud.faults().region_back(HERE.code());
    assert_eq!(table.drift(&changed).await, ["tags.Project"]);
    table.apply(&changed).await;
    assert_eq!(table.calls, ["TagResource"]);
}

#[tokio::test]
async fn a_table_that_no_region_shows_is_unknown_and_not_gone() {
    let harness = Harness::new();
    let mut table = harness.spanning::<Table>("sessions", &[HERE, THERE]);
    table.apply(&sessions()).await;
    harness.cloud.faults().region_gone(HERE.code());
    harness.cloud.faults().region_gone(THERE.code());
    let seen = harness.provider.refresh(std::slice::from_ref(&table.target)).await.remove(0);
    assert!(matches!(seen, Seen::Unknown(OpError::NotSent(_))), "{seen:?}");
}

#[tokio::test]
async fn strong_consistency_is_made_with_its_witness_and_unmade_whole() {
    let harness = Harness::new();
    let regions = [Region::UsEast1, Region::UsEast2];
    let mut table = harness.spanning::<Table>("ledger", &regions);
    let props = json!({
        "name": "ledger",
        "partition_key": { "name": "id", "type": "S" },
        "billing": { "mode": "on_demand" },
        "consistency": { "mode": "strong", "witness": "us-west-2" },
    });
    table.apply(&props).await;
    check(
        &table.calls,
        expect![[r#"
        CreateTable
        UpdateTable
        TagResource"#]],
    );
    table.destroy().await;
}

#[tokio::test]
async fn replicas_that_agree_at_once_have_streams_of_their_own() {
    let harness = Harness::new();
    let (one, other) = (Region::UsEast1, Region::UsEast2);
    let mut table = harness.spanning::<Table>("ledger", &[one, other]);
    let props = json!({
        "name": "ledger",
        "partition_key": { "name": "id", "type": "S" },
        "billing": { "mode": "on_demand" },
        "consistency": { "mode": "strong", "witness": "us-west-2" },
        "stream": "new_image",
    });
    table.apply(&props).await;
    let client = dynamodb(&harness, other);
    let off = StreamSpecification::builder().stream_enabled(false).build().unwrap();
    client.update_table().table_name("ledger").stream_specification(off).send().await.unwrap();
    harness.cloud.advance(60_000);
    assert_eq!(table.drift(&props).await, ["stream"]);
    table.apply(&props).await;
    assert_eq!(table.calls, ["UpdateTable"]);
    let changed = with(props, json!({ "stream": "keys_only" }));
    table.apply(&changed).await;
    assert_eq!(table.calls, ["UpdateTable"; 4]);
    for region in [one, other] {
        let seen = dynamodb(&harness, region).describe_table().table_name("ledger");
        let seen = seen.send().await.unwrap().table.unwrap().stream_specification.unwrap();
        assert_eq!(seen.stream_view_type, Some(StreamViewType::KeysOnly), "{region}");
    }
    table.destroy().await;
}

#[tokio::test]
async fn billing_moves_to_scaled_capacity_and_back() {
    let harness = Harness::new();
    let mut table = harness.spanning::<Table>("sessions", &[HERE, THERE]);
    let index = json!([{
        "name": "user", "partition_key": [{ "name": "user", "type": "S" }],
        "projection": { "type": "all" },
    }]);
    let on_demand = with(sessions(), json!({ "indexes": index }));
    table.apply(&on_demand).await;
    let provisioned = with(
        on_demand.clone(),
        json!({ "billing": { "mode": "provisioned", "read": "5..100", "write": "5..100" } }),
    );
    let refused = table.try_apply(&provisioned).await.unwrap_err();
    expect!["register a scaling target for the table's write capacity, or use Billing::OnDemand"]
        .assert_eq(&refused.facts().hint.clone().unwrap_or_default());
    for region in [HERE, THERE] {
        harness.cloud.with_world(|world| {
            world.dynamodb.autoscale("000000000000", region.code(), "user-sessions");
        });
    }
    table.apply(&provisioned).await;
    assert_eq!(table.calls, ["UpdateTable"]);

    // What the scaling target does is no difference.
    let units = aws_sdk_dynamodb::types::ProvisionedThroughput::builder()
        .read_capacity_units(70)
        .write_capacity_units(8)
        .build()
        .unwrap();
    dynamodb(&harness, HERE)
        .update_table()
        .table_name("user-sessions")
        .provisioned_throughput(units)
        .send()
        .await
        .unwrap();
    harness.cloud.advance(60_000);
    assert_eq!(table.drift(&provisioned).await, Vec::<String>::new());
    table.apply(&on_demand).await;
    assert_eq!(table.calls, ["UpdateTable"]);
}

#[tokio::test]
async fn refusals_that_pass_are_waited_out() {
    let harness = Harness::new();
    for (code, message) in [
        ("ResourceInUseException", "Attempt to change a resource which is still in use"),
        ("LimitExceededException", "Only 500 tables can be updated or deleted simultaneously"),
    ] {
        let effect = Effect::Answer { status: 400, code: code.into(), message: message.into() };
        harness.cloud.faults().add(Rule::new(effect).operation("UpdateTable").times(2));
    }
    let mut table = harness.spanning::<Table>("sessions", &[HERE, THERE, THIRD]);
    table.apply(&sessions()).await;
    check(
        &table.calls,
        expect![[r#"
        CreateTable
        (UpdateTable Busy)
        (UpdateTable Busy)
        (UpdateTable Busy)
        (UpdateTable Busy)
        UpdateTable
        UpdateTable
        UpdateContinuousBackups
        UpdateContinuousBackups
        TagResource
        UpdateContinuousBackups
        TagResource"#]],
    );
    let client = dynamodb(&harness, HERE);
    let table = client.describe_table().table_name("user-sessions").send().await.unwrap();
    assert_eq!(table.table.unwrap().replicas().len(), 2);
}

#[tokio::test]
async fn a_lost_answer_is_settled_by_looking() {
    let harness = Harness::new();
    let mut table = harness.spanning::<Table>("sessions", &[HERE, THERE]);
    let wanted = table.wanted(&sessions());
    table.target.props = wanted.clone().into();
    let goal = Goal::Present { wanted, applied: None };
    let (claim, memory) = (Claim::Unmade, Memory::default());
    let member = Member { target: table.target.clone(), goal, claim, memory };
    let operation = Operation { members: vec![member] };
    harness.cloud.faults().add(Rule::new(Effect::LoseAnswer).operation("CreateTable").nth(1));
    let doubt = harness.provider.advance(&operation, &bicoastal_model::OpenGate::shared()).await;
    assert!(matches!(doubt, Err(OpError::InDoubt(_))), "{doubt:?}");
    table.apply(&sessions()).await;
    assert!(!table.calls.contains(&"CreateTable".to_owned()), "{:?}", table.calls);
}

/// A customer-managed key in a region.
async fn key(harness: &Harness, region: Region) -> String {
    let client = aws_sdk_kms::Client::new(&harness.sdk_in(region));
    let answer = client.create_key().send().await.unwrap();
    answer.key_metadata.unwrap().arn.unwrap()
}

#[tokio::test]
async fn each_replica_is_encrypted_with_the_key_of_its_region() {
    let harness = Harness::new();
    let mut keys = std::collections::BTreeMap::new();
    for region in [HERE, THERE, THIRD] {
        keys.insert(region.code(), key(&harness, region).await);
    }
    let encrypted = |regions: &[Region]| {
        let keys: std::collections::BTreeMap<&str, &String> =
            regions.iter().map(|region| (region.code(), &keys[region.code()])).collect();
        with(sessions(), json!({ "encryption": { "key": "customer", "keys": keys } }))
    };
    let mut table = harness.spanning::<Table>("sessions", &[HERE, THERE]);
    table.apply(&encrypted(&[HERE, THERE])).await;
    assert_eq!(table.calls[..2], ["CreateTable", "UpdateTable"]);
    let wider = across(&mut table, &[HERE, THERE, THIRD]);
    table.apply(&with(encrypted(&[HERE, THERE, THIRD]), wider.clone())).await;

    // The managed key is never sent by name, and its ARN is no difference.
    let managed = with(sessions(), json!({ "encryption": { "key": "aws_managed" } }));
    table.apply(&with(managed, wider.clone())).await;
    assert_eq!(table.calls, ["UpdateTable"]);
    table.apply(&with(encrypted(&[HERE, THERE, THIRD]), wider)).await;
    assert_eq!(table.calls, ["UpdateTable"]);
}

#[tokio::test]
async fn recovery_and_keys_change_together_without_a_replica_made_again() {
    let harness = Harness::new();
    let mut keys = std::collections::BTreeMap::new();
    for region in [HERE, THERE, THIRD] {
        keys.insert(region.code(), key(&harness, region).await);
    }
    let kept = |regions: &[Region], recovery: bool| {
        let keys: std::collections::BTreeMap<&str, &String> =
            regions.iter().map(|region| (region.code(), &keys[region.code()])).collect();
        json!({
            "encryption": { "key": "customer", "keys": keys },
            "point_in_time_recovery": { "enabled": recovery },
        })
    };
    let ids = async |regions: &[Region]| {
        let mut ids = Vec::new();
        for region in regions {
            let client = dynamodb(&harness, *region);
            let table = client.describe_table().table_name("user-sessions").send().await.unwrap();
            ids.push(table.table.unwrap().table_id);
        }
        ids
    };
    let mut table = harness.spanning::<Table>("sessions", &[HERE, THERE]);
    let plain = with(sessions(), json!({ "point_in_time_recovery": { "enabled": false } }));
    table.apply(&plain).await;
    let before = ids(&[HERE, THERE]).await;
    let mut seen = Vec::new();
    for recovery in [true, false, true] {
        table.apply(&with(sessions(), kept(&[HERE, THERE], recovery))).await;
        seen.push(shown(&table.calls));
    }
    let wider = across(&mut table, &[HERE, THERE, THIRD]);
    table.apply(&with(with(sessions(), kept(&[HERE, THERE, THIRD], true)), wider)).await;
    seen.push(shown(&table.calls));
    expect![[r#"
        UpdateTable, UpdateContinuousBackups, UpdateContinuousBackups
        UpdateContinuousBackups, UpdateContinuousBackups
        UpdateContinuousBackups, UpdateContinuousBackups
        UpdateTable, UpdateContinuousBackups, TagResource"#]]
    .assert_eq(&seen.join("\n"));
    assert_eq!(ids(&[HERE, THERE]).await, before);
}

#[tokio::test]
async fn a_policy_that_somebody_took_away_comes_back() {
    let harness = Harness::new();
    let mut table = harness.spanning::<Table>("sessions", &[HERE, THERE]);
    let policy = |region: Region| {
        json!({
            "region": region,
            "document": { "Version": "2012-10-17", "Statement": [] },
        })
    };
    let props = with(sessions(), json!({ "resource_policies": [policy(HERE), policy(THERE)] }));
    table.apply(&props).await;
    let arn = "arn:aws:dynamodb:ap-south-1:000000000000:table/user-sessions";
    dynamodb(&harness, THERE).delete_resource_policy().resource_arn(arn).send().await.unwrap();
    harness.cloud.advance(60_000);
    assert_eq!(table.drift(&props).await, ["resource_policies[ap-south-1]"]);
    table.apply(&props).await;
    assert_eq!(table.calls, ["PutResourcePolicy"]);
}

#[tokio::test]
async fn an_existing_table_is_looked_up_by_name() {
    let harness = Harness::new();
    let mut table = harness.spanning::<Table>("sessions", &[HERE, THERE]);
    table.apply(&sessions()).await;
    let mut query = harness.spanning::<Table>("other", &[HERE, THERE]).target;
    query.props = serde_json::to_value(Table::named("user-sessions")).unwrap().into();
    let found = harness.provider.lookup(&query).await.unwrap();
    let Seen::Present(snapshot) = found else { panic!("{found:?}") };
    assert_eq!(
        snapshot.outputs["arn.us-east-1"],
        "arn:aws:dynamodb:us-east-1:000000000000:table/user-sessions"
    );
    query.props = serde_json::to_value(Table::named("nothing")).unwrap().into();
    assert_eq!(harness.provider.lookup(&query).await, Ok(Seen::Absent));
}

#[tokio::test]
async fn a_replica_that_aws_can_not_reach_is_shown_with_its_cause() {
    let harness = Harness::new();
    let mut table = harness.spanning::<Table>("sessions", &[HERE, THERE]);
    table.apply(&sessions()).await;
    let now = harness.cloud.now();
    harness.cloud.with_world(|world| {
        let state = &mut world.dynamodb;
        let code = THERE.code();
        assert!(state.lose_replica("000000000000", "user-sessions", code, "REGION_DISABLED", now));
    });
    harness.cloud.faults().region_gone(THERE.code());
    let refused = table.try_apply(&sessions()).await.unwrap_err();
    expect!["the replica in ap-south-1 is REGION_DISABLED The replica in ap-south-1 can't be reached: REGION_DISABLED"].assert_eq(&refused.facts().message);
    // Dropped by AWS after twenty hours: a difference like any other.
    harness.cloud.advance(20 * 3_600_000);
    assert_eq!(table.drift(&sessions()).await, ["regions[ap-south-1]"]);
}

/// Where every replica is singled out nobody has what is said of all: it is for those to come.
#[tokio::test]
async fn what_no_replica_has_any_more_is_as_the_program_says() {
    let harness = Harness::new();
    let mut table = harness.spanning::<Table>("sessions", &[HERE, THERE]);
    let own = |region: &str| {
        json!({
            "region": region,
            "deletion_protection": false,
            "table_class": "standard_infrequent_access",
            "point_in_time_recovery": { "enabled": true, "recovery_period_days": 7 },
            "tags": { "Project": "own" },
        })
    };
    let props = with(
        sessions(),
        json!({
            "deletion_protection": true,
            "table_class": "standard",
            "point_in_time_recovery": { "enabled": true, "recovery_period_days": 35 },
            "replica_overrides": [own("us-east-1"), own("ap-south-1")],
        }),
    );
    table.apply(&props).await;
    harness.cloud.advance(31 * 86_400_000);
    table.apply(&with(props, json!({ "replica_overrides": [own("us-east-1")] }))).await;
    assert_eq!(
        shown(&table.calls),
        "UpdateTable, UpdateTable, UpdateContinuousBackups, TagResource",
        "the other one has what is said of all"
    );
    table.apply(&sessions()).await;
    table.destroy().await;
}

#[tokio::test]
async fn days_of_recovery_that_nobody_mentions_any_more_are_aws_own() {
    let harness = Harness::new();
    let mut table = harness.spanning::<Table>("sessions", &[HERE, THERE]);
    let recovery =
        |recovery: Value| with(sessions(), json!({ "point_in_time_recovery": recovery }));
    table.apply(&recovery(json!({ "enabled": true, "recovery_period_days": 7 }))).await;
    let plain = recovery(json!({ "enabled": true }));
    assert_eq!(table.drift(&plain).await, ["point_in_time_recovery.recovery_period_days"]);
    table.apply(&plain).await;
    assert_eq!(shown(&table.calls), "UpdateContinuousBackups, UpdateContinuousBackups");
    let seen = table.read().await.unwrap().props;
    table.destroy().await;
    expect![[r#"{"enabled":true,"recovery_period_days":35}"#]]
        .assert_eq(&seen["point_in_time_recovery"].to_string());
}
