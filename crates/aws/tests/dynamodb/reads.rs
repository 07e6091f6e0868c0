//! Ceilings of single indexes, and what single replicas have of reads.

use aws_sdk_dynamodb::types::{
    OnDemandThroughputOverride, ProvisionedThroughput, ReplicationGroupUpdate,
    UpdateReplicationGroupMemberAction,
};
use bicoastal_aws::dynamodb::Table;
use bicoastal_model::Region;
use expect_test::expect;
use serde_json::{Value, json};

use super::common::{Harness, Subject};
use super::{HERE, THERE, THIRD, across, dynamodb, sessions, shown, with};

/// An index on a text attribute of its name, with more.
fn index(name: &str, more: Value) -> Value {
    let plain = json!({
        "name": name,
        "partition_key": [{ "name": name, "type": "S" }],
        "projection": { "type": "keys_only" },
    });
    with(plain, more)
}

/// What each replica takes of reads: `region table user` with ceilings, or units.
async fn reads(harness: &Harness, regions: &[Region]) -> String {
    let mut lines = Vec::new();
    for region in regions {
        let answer = dynamodb(harness, *region).describe_table().table_name("user-sessions").send();
        let table = answer.await.unwrap().table.unwrap();
        let mut line = region.to_string();
        let index = table.global_secondary_indexes().first();
        let units = [
            table.provisioned_throughput(),
            index.and_then(|index| index.provisioned_throughput()),
        ];
        let ceilings =
            [table.on_demand_throughput(), index.and_then(|index| index.on_demand_throughput())];
        for (units, ceilings) in units.into_iter().zip(ceilings) {
            let units = units.and_then(|it| it.read_capacity_units()).filter(|it| *it > 0);
            let most = ceilings.and_then(|it| it.max_read_request_units());
            line += &match (units, most) {
                (Some(units), _) => format!(" {units}"),
                (None, Some(most)) => format!(" most {most}"),
                (None, None) => " -".to_owned(),
            };
        }
        lines.push(line);
    }
    lines.join(", ")
}

/// Applies each change on top of those before, and tells the calls and the reads.
async fn walk(
    harness: &Harness,
    table: &mut Subject<'_>,
    mut props: Value,
    changes: &[Value],
) -> String {
    let mut seen = Vec::new();
    for change in changes {
        harness.cloud.advance(86_400_000);
        for (field, value) in change.as_object().unwrap() {
            match value {
                Value::Null => drop(props.as_object_mut().unwrap().remove(field)),
                value => props[field] = value.clone(),
            }
        }
        table.apply(&props).await;
        let calls = shown(&table.calls);
        let reads = reads(harness, &table.target.place.regions).await;
        seen.push(format!("{change}\n    {calls}: {reads}"));
    }
    seen.join("\n")
}

#[tokio::test]
async fn single_indexes_have_ceilings() {
    let harness = Harness::new();
    let mut table = harness.spanning::<Table>("sessions", &[HERE, THERE]);
    let most = |ceilings: Value| json!({ "indexes": [index("user", json!({ "on_demand_throughput": ceilings }))] });
    let props = with(sessions(), most(json!({ "max_read": 50 })));
    table.apply(&props).await;
    assert_eq!(reads(&harness, &[HERE, THERE]).await, "us-east-1 - most 50, ap-south-1 - most 50");
    let both = with(
        most(json!({ "max_read": 70, "max_write": 9 })),
        json!({ "on_demand_throughput": { "max_read": 500 } }),
    );
    let walked = walk(
        &harness,
        &mut table,
        props,
        &[
            both,
            most(json!({ "max_write": 9 })),
            most(json!({ "max_read": -1, "max_write": 9 })),
            json!({ "indexes": [
                index("user", json!({ "on_demand_throughput": { "max_write": 8 } })),
                index("day", json!({ "on_demand_throughput": { "max_read": 7 } })),
            ] }),
            json!({ "indexes": [index("user", json!({}))] }),
            json!({ "on_demand_throughput": null }),
        ],
    )
    .await;
    expect![[r#"
        {"indexes":[{"name":"user","on_demand_throughput":{"max_read":70,"max_write":9},"partition_key":[{"name":"user","type":"S"}],"projection":{"type":"keys_only"}}],"on_demand_throughput":{"max_read":500}}
            UpdateTable: ap-south-1 most 500 most 70, us-east-1 most 500 most 70
        {"indexes":[{"name":"user","on_demand_throughput":{"max_write":9},"partition_key":[{"name":"user","type":"S"}],"projection":{"type":"keys_only"}}]}
            UpdateTable: ap-south-1 most 500 most -1, us-east-1 most 500 most -1
        {"indexes":[{"name":"user","on_demand_throughput":{"max_read":-1,"max_write":9},"partition_key":[{"name":"user","type":"S"}],"projection":{"type":"keys_only"}}]}
            nothing: ap-south-1 most 500 most -1, us-east-1 most 500 most -1
        {"indexes":[{"name":"user","on_demand_throughput":{"max_write":8},"partition_key":[{"name":"user","type":"S"}],"projection":{"type":"keys_only"}},{"name":"day","on_demand_throughput":{"max_read":7},"partition_key":[{"name":"day","type":"S"}],"projection":{"type":"keys_only"}}]}
            UpdateTable, UpdateTable: ap-south-1 most 500 most -1, us-east-1 most 500 most -1
        {"indexes":[{"name":"user","partition_key":[{"name":"user","type":"S"}],"projection":{"type":"keys_only"}}]}
            UpdateTable, UpdateTable: ap-south-1 most 500 -, us-east-1 most 500 -
        {"on_demand_throughput":null}
            UpdateTable: ap-south-1 - -, us-east-1 - -"#]].assert_eq(&walked);
    table.destroy().await;
}

#[tokio::test]
async fn single_replicas_have_ceilings_of_their_own() {
    let harness = Harness::new();
    let mut table = harness.spanning::<Table>("sessions", &[HERE, THERE]);
    let props = with(sessions(), json!({ "indexes": [index("user", json!({}))] }));
    table.apply(&props).await;
    let own = |more: Value| json!({ "replica_overrides": [with(json!({ "region": "ap-south-1" }), more)] });
    let walked = walk(
        &harness,
        &mut table,
        props.clone(),
        &[
            own(json!({ "max_read": 40, "indexes": [{ "name": "user", "max_read": 4 }] })),
            // What all share does not reach it.
            json!({
                "on_demand_throughput": { "max_read": 500 },
                "indexes": [index("user", json!({ "on_demand_throughput": { "max_read": 50 } }))],
            }),
            own(json!({ "max_read": 30, "indexes": [{ "name": "user", "max_read": 4 }] })),
            own(json!({ "max_read": -1, "indexes": [{ "name": "user" }] })),
            own(json!({ "tags": { "Only": "here" } })),
            // A replica that was singled out once follows the others from then on.
            json!({ "on_demand_throughput": { "max_read": 400 } }),
            own(json!({ "max_read": 30, "indexes": [{ "name": "user", "max_read": 4 }] })),
            json!({ "on_demand_throughput": null, "indexes": [index("user", json!({}))] }),
            json!({ "replica_overrides": null }),
        ],
    )
    .await;
    expect![[r#"
        {"replica_overrides":[{"indexes":[{"max_read":4,"name":"user"}],"max_read":40,"region":"ap-south-1"}]}
            UpdateTable: ap-south-1 most 40 most 4, us-east-1 - -
        {"indexes":[{"name":"user","on_demand_throughput":{"max_read":50},"partition_key":[{"name":"user","type":"S"}],"projection":{"type":"keys_only"}}],"on_demand_throughput":{"max_read":500}}
            UpdateTable: ap-south-1 most 40 most 4, us-east-1 most 500 most 50
        {"replica_overrides":[{"indexes":[{"max_read":4,"name":"user"}],"max_read":30,"region":"ap-south-1"}]}
            UpdateTable: ap-south-1 most 30 most 4, us-east-1 most 500 most 50
        {"replica_overrides":[{"indexes":[{"name":"user"}],"max_read":-1,"region":"ap-south-1"}]}
            UpdateTable: ap-south-1 - most 50, us-east-1 most 500 most 50
        {"replica_overrides":[{"region":"ap-south-1","tags":{"Only":"here"}}]}
            UpdateTable, TagResource: ap-south-1 most 500 most 50, us-east-1 most 500 most 50
        {"on_demand_throughput":{"max_read":400}}
            UpdateTable, UpdateTable: ap-south-1 most 400 most 50, us-east-1 most 400 most 50
        {"replica_overrides":[{"indexes":[{"max_read":4,"name":"user"}],"max_read":30,"region":"ap-south-1"}]}
            UpdateTable, UntagResource: ap-south-1 most 30 most 4, us-east-1 most 400 most 50
        {"indexes":[{"name":"user","partition_key":[{"name":"user","type":"S"}],"projection":{"type":"keys_only"}}],"on_demand_throughput":null}
            UpdateTable: ap-south-1 most 30 most 4, us-east-1 - -
        {"replica_overrides":null}
            UpdateTable: ap-south-1 - -, us-east-1 - -"#]].assert_eq(&walked);
    table.destroy().await;
}

#[tokio::test]
async fn every_replica_may_be_singled_out() {
    let harness = Harness::new();
    let mut table = harness.spanning::<Table>("sessions", &[HERE, THERE]);
    let own = |here: i64, there: i64| {
        json!({ "replica_overrides": [
            { "region": "us-east-1", "max_read": here },
            { "region": "ap-south-1", "max_read": there },
        ] })
    };
    let shared = json!({ "on_demand_throughput": { "max_read": 100, "max_write": 10 } });
    let props = with(with(sessions(), shared), own(1, 2));
    table.create_forgetfully(&props).await;
    let walked = walk(
        &harness,
        &mut table,
        props,
        &[
            own(3, 2),
            json!({ "on_demand_throughput": { "max_read": 200, "max_write": 20 } }),
            json!({ "replica_overrides": null }),
        ],
    )
    .await;
    expect![[r#"
        {"replica_overrides":[{"max_read":3,"region":"us-east-1"},{"max_read":2,"region":"ap-south-1"}]}
            UpdateTable: ap-south-1 most 2 -, us-east-1 most 3 -
        {"on_demand_throughput":{"max_read":200,"max_write":20}}
            UpdateTable: ap-south-1 most 2 -, us-east-1 most 3 -
        {"replica_overrides":null}
            UpdateTable, UpdateTable: ap-south-1 most 200 -, us-east-1 most 200 -"#]].assert_eq(&walked);
    table.destroy().await;
}

#[tokio::test]
async fn a_new_replica_comes_with_reads_of_its_own() {
    let harness = Harness::new();
    let mut table = harness.spanning::<Table>("sessions", &[HERE, THERE]);
    let props = with(sessions(), json!({ "indexes": [index("user", json!({}))] }));
    table.apply(&props).await;
    let own = json!({ "replica_overrides": [
        { "region": "eu-west-1", "max_read": 30, "indexes": [{ "name": "user", "max_read": 3 }] },
    ] });
    let wider = across(&mut table, &[HERE, THERE, THIRD]);
    table.apply(&with(with(props.clone(), own), wider)).await;
    assert_eq!(table.calls, ["UpdateTable", "UpdateContinuousBackups", "TagResource"]);
    expect!["us-east-1 - -, ap-south-1 - -, eu-west-1 most 30 most 3"]
        .assert_eq(&reads(&harness, &[HERE, THERE, THIRD]).await);
    table.destroy().await;
}

/// A replica's own ceiling.
fn set(region: Region, most: i64) -> ReplicationGroupUpdate {
    let most = OnDemandThroughputOverride::builder().max_read_request_units(most).build();
    let action = UpdateReplicationGroupMemberAction::builder()
        .region_name(region.code())
        .on_demand_throughput_override(most);
    ReplicationGroupUpdate::builder().update(action.build().unwrap()).build()
}

#[tokio::test]
async fn what_others_set_for_one_replica_is_seen_and_mended() {
    let harness = Harness::new();
    let mut table = harness.spanning::<Table>("sessions", &[HERE, THERE]);
    let props = with(sessions(), json!({ "on_demand_throughput": { "max_read": 100 } }));
    table.apply(&props).await;
    let mut seen = Vec::new();
    for (via, other) in [(HERE, THERE), (THERE, HERE)] {
        harness.cloud.advance(60_000);
        let update = dynamodb(&harness, via).update_table().table_name("user-sessions");
        update.replica_updates(set(other, 7)).send().await.unwrap();
        harness.cloud.advance(60_000);
        for it in table.difference(&props).await.changes {
            seen.push(format!("{}: {} → {}", it.path, it.before, it.after));
        }
        table.apply(&props).await;
        seen.push(shown(&table.calls));
    }
    // A ceiling that nobody ever spoke of is theirs.
    let plain = sessions();
    table.apply(&plain).await;
    harness.cloud.advance(60_000);
    let update = dynamodb(&harness, HERE).update_table().table_name("user-sessions");
    update.replica_updates(set(THERE, 7)).send().await.unwrap();
    harness.cloud.advance(60_000);
    table.apply(&with(plain, json!({ "tags": { "Project": "y" } }))).await;
    seen.push(shown(&table.calls));
    seen.push(reads(&harness, &[HERE, THERE]).await);
    expect![[r#"
        on_demand_throughput.max_read: {"ap-south-1":7,"us-east-1":100} → 100
        UpdateTable
        on_demand_throughput.max_read: {"ap-south-1":100,"us-east-1":7} → 100
        UpdateTable
        TagResource, TagResource
        us-east-1 - -, ap-south-1 most 7 -"#]]
    .assert_eq(&seen.join("\n"));
}

#[tokio::test]
async fn single_replicas_have_units_of_their_own() {
    let harness = Harness::new();
    for region in [HERE, THERE, THIRD] {
        harness.cloud.with_world(|world| {
            world.dynamodb.autoscale("000000000000", region.code(), "user-sessions");
        });
    }
    let mut table = harness.spanning::<Table>("sessions", &[HERE, THERE]);
    let provisioned = json!({
        "billing": { "mode": "provisioned", "read": 5, "write": "5..100" },
        "indexes": [index("user", json!({ "read": 3 }))],
    });
    let props = with(sessions(), provisioned);
    table.apply(&props).await;
    let own = |more: Value| json!({ "replica_overrides": [with(json!({ "region": "ap-south-1" }), more)] });
    let scaled = own(json!({ "read": "20..50", "indexes": [{ "name": "user", "read": 9 }] }));
    let walked = walk(
        &harness,
        &mut table,
        props.clone(),
        &[
            scaled.clone(),
            json!({ "billing": { "mode": "provisioned", "read": 6, "write": "5..100" } }),
            json!({ "indexes": [index("user", json!({ "read": 4 }))] }),
            own(json!({ "read": 10 })),
            json!({ "replica_overrides": null }),
            json!({ "billing": { "mode": "provisioned", "read": 7, "write": "8..100" } }),
            scaled.clone(),
        ],
    )
    .await;
    expect![[r#"
        {"replica_overrides":[{"indexes":[{"name":"user","read":9}],"read":"20..50","region":"ap-south-1"}]}
            UpdateTable: ap-south-1 20 9, us-east-1 5 3
        {"billing":{"mode":"provisioned","read":6,"write":"5..100"}}
            UpdateTable: ap-south-1 20 9, us-east-1 6 3
        {"indexes":[{"name":"user","partition_key":[{"name":"user","type":"S"}],"projection":{"type":"keys_only"},"read":4}]}
            UpdateTable: ap-south-1 20 9, us-east-1 6 4
        {"replica_overrides":[{"read":10,"region":"ap-south-1"}]}
            UpdateTable: ap-south-1 10 4, us-east-1 6 4
        {"replica_overrides":null}
            UpdateTable: ap-south-1 6 4, us-east-1 6 4
        {"billing":{"mode":"provisioned","read":7,"write":"8..100"}}
            UpdateTable, UpdateTable: ap-south-1 7 4, us-east-1 7 4
        {"replica_overrides":[{"indexes":[{"name":"user","read":9}],"read":"20..50","region":"ap-south-1"}]}
            UpdateTable: ap-south-1 20 9, us-east-1 7 4"#]].assert_eq(&walked);

    // What its scaling target does within the range is no difference, and beyond it is one.
    let now = with(
        with(props, scaled),
        json!({
            "billing": { "mode": "provisioned", "read": 7, "write": "8..100" },
            "indexes": [index("user", json!({ "read": 4 }))],
        }),
    );
    let mut seen = Vec::new();
    for units in [45, 51] {
        harness.cloud.advance(86_400_000);
        let units = ProvisionedThroughput::builder()
            .read_capacity_units(units)
            .write_capacity_units(8)
            .build()
            .unwrap();
        let update = dynamodb(&harness, THERE).update_table().table_name("user-sessions");
        update.provisioned_throughput(units).send().await.unwrap();
        harness.cloud.advance(60_000);
        seen.push(format!("{:?}", table.drift(&now).await));
        table.apply(&now).await;
        let reads = reads(&harness, &[HERE, THERE]).await;
        seen.push(format!("{}: {reads}", shown(&table.calls)));
    }
    expect![[r#"
        []
        nothing: us-east-1 7 4, ap-south-1 45 9
        ["replica_overrides[ap-south-1].read"]
        UpdateTable: us-east-1 7 4, ap-south-1 50 9"#]]
    .assert_eq(&seen.join("\n"));

    // To on-demand and back: what is of one mode says nothing in the other.
    harness.cloud.advance(86_400_000);
    let on_demand = with(
        now.clone(),
        json!({
            "billing": { "mode": "on_demand" },
            "on_demand_throughput": { "max_read": 90 },
            "indexes": [index("user", json!({ "on_demand_throughput": { "max_read": 80 } }))],
            "replica_overrides": [{ "region": "ap-south-1", "max_read": 60 }],
        }),
    );
    table.apply(&on_demand).await;
    let mut seen = vec![shown(&table.calls), reads(&harness, &[HERE, THERE]).await];
    harness.cloud.advance(86_400_000);
    let mut back = now;
    back.as_object_mut().unwrap().remove("on_demand_throughput");
    table.apply(&back).await;
    seen.extend([shown(&table.calls), reads(&harness, &[HERE, THERE]).await]);
    expect![[r#"
        UpdateTable, UpdateTable, UpdateTable
        us-east-1 most 90 most 80, ap-south-1 most 60 most 80
        UpdateTable, UpdateTable
        us-east-1 7 4, ap-south-1 20 9"#]]
    .assert_eq(&seen.join("\n"));
    table.destroy().await;
}
