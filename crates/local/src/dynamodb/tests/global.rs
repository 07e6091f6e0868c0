use expect_test::expect;
use serde_json::json;

use super::*;

const THIRD: &str = "eu-west-1";

#[test]
fn a_replica_exists_in_its_region_and_is_seen_from_every_member() {
    let mut world = world();
    let mut seen = Vec::new();
    let look = |world: &mut World, seen: &mut Vec<String>| {
        for region in [HERE, THERE] {
            let view = view(world, region);
            seen.push(view);
        }
        seen.push(String::new());
    };
    look(&mut world, &mut seen);
    ok(&mut world, HERE, "UpdateTable", create_replica(THERE));
    look(&mut world, &mut seen);
    pass(&mut world, 150);
    seen.push(table(&mut world, HERE)["Replicas"][0]["ReplicaStatusPercentProgress"].to_string());
    seen.push(call(&mut world, HERE, "UpdateTable", create_replica(THIRD)).unwrap_err());
    pass(&mut world, 150);
    look(&mut world, &mut seen);
    let there = table(&mut world, THERE);
    seen.push(format!(
        "{} {} {}",
        there["TableArn"], there["GlobalTableVersion"], there["MultiRegionConsistency"]
    ));
    assert_ne!(there["TableId"], table(&mut world, HERE)["TableId"]);
    seen.push(call(&mut world, HERE, "UpdateTable", create_replica(THERE)).unwrap_err());
    seen.push(call(&mut world, HERE, "UpdateTable", delete_replica(HERE)).unwrap_err());
    seen.push(call(&mut world, HERE, "UpdateTable", delete_replica(THIRD)).unwrap_err());
    ok(&mut world, HERE, "UpdateTable", delete_replica(THERE));
    look(&mut world, &mut seen);
    pass(&mut world, 300);
    look(&mut world, &mut seen);
    assert!(table(&mut world, HERE).get("GlobalTableVersion").is_none());
    expect![[r#"
        us-east-1 ACTIVE []
        ap-south-1 ResourceNotFoundException

        us-east-1 UPDATING [ap-south-1 CREATING]
        ap-south-1 CREATING [us-east-1 ACTIVE]

        "50"
        ResourceInUseException: Attempt to change a resource which is still in use: Table is being updated: sessions
        us-east-1 ACTIVE [ap-south-1 ACTIVE]
        ap-south-1 ACTIVE [us-east-1 ACTIVE]

        "arn:aws:dynamodb:ap-south-1:000000000000:table/sessions" "2019.11.21" "EVENTUAL"
        ValidationException: Failed to create the new replica of table sessions: one or more replicas already exist as tables: [ap-south-1]
        ValidationException: Cannot add, delete, or update the local region through ReplicaUpdates. Use CreateTable, DeleteTable, or UpdateTable as required.
        ValidationException: Replica of table sessions in eu-west-1 was not found
        us-east-1 UPDATING [ap-south-1 DELETING]
        ap-south-1 DELETING [us-east-1 ACTIVE]

        us-east-1 ACTIVE []
        ap-south-1 ResourceNotFoundException
    "#]].assert_eq(&seen.join("\n"));
}

#[test]
fn three_replicas_are_made_one_after_another_from_any_member() {
    let mut world = pair();
    ok(&mut world, THERE, "UpdateTable", create_replica(THIRD));
    assert_eq!(
        code(&mut world, HERE, "UpdateTable", create_replica("eu-west-2")),
        "ResourceInUseException"
    );
    pass(&mut world, 600);
    let two = update(json!({ "ReplicaUpdates": [
        { "Create": { "RegionName": "eu-west-2" } }, { "Create": { "RegionName": "eu-west-3" } },
    ] }));
    assert_eq!(code(&mut world, HERE, "UpdateTable", two), "ValidationException");
    expect![[r#"
        us-east-1 ACTIVE [ap-south-1 ACTIVE, eu-west-1 ACTIVE]
        ap-south-1 ACTIVE [eu-west-1 ACTIVE, us-east-1 ACTIVE]
        eu-west-1 ACTIVE [ap-south-1 ACTIVE, us-east-1 ACTIVE]"#]]
    .assert_eq(&[HERE, THERE, THIRD].map(|region| view(&mut world, region)).join("\n"));
}

#[test]
fn a_replica_needs_a_stream_with_both_images_and_no_foreign_table() {
    let mut world = World::default();
    let keys_only = json!({ "StreamSpecification": {
        "StreamEnabled": true, "StreamViewType": "KEYS_ONLY",
    } });
    ok(&mut world, HERE, "CreateTable", with(sessions(), keys_only));
    ok(&mut world, THIRD, "CreateTable", sessions());
    pass(&mut world, 60);
    let mut seen = vec![call(&mut world, HERE, "UpdateTable", create_replica(THERE)).unwrap_err()];
    seen.push(call(&mut world, HERE, "UpdateTable", create_replica(THIRD)).unwrap_err());
    seen.push(call(&mut world, HERE, "UpdateTable", create_replica("mars")).unwrap_err());
    let mut world = pair();
    let off = update(json!({ "StreamSpecification": { "StreamEnabled": false } }));
    seen.push(call(&mut world, HERE, "UpdateTable", off).unwrap_err());
    expect![[r#"
        ValidationException: Table must have DynamoDB Streams enabled with StreamViewType NEW_AND_OLD_IMAGES to have replicas
        ValidationException: Failed to create the new replica of table sessions: one or more replicas already exist as tables: [eu-west-1]
        ValidationException: Unsupported Region: mars
        ValidationException: The stream of a table with replicas cannot be disabled: replication needs it"#]].assert_eq(&seen.join("\n"));
}

#[test]
fn provisioned_replicas_need_scaled_writes_and_may_override_reads() {
    let mut world = World::default();
    let provisioned = with(
        sessions(),
        json!({
            "BillingMode": "PROVISIONED",
            "ProvisionedThroughput": { "ReadCapacityUnits": 5, "WriteCapacityUnits": 5 },
        }),
    );
    ok(&mut world, HERE, "CreateTable", provisioned);
    pass(&mut world, 60);
    let create = update(json!({ "ReplicaUpdates": [{ "Create": {
        "RegionName": THERE,
        "ProvisionedThroughputOverride": { "ReadCapacityUnits": 9 },
        "TableClassOverride": "STANDARD_INFREQUENT_ACCESS",
    } }] }));
    let mut seen = vec![call(&mut world, HERE, "UpdateTable", create.clone()).unwrap_err()];
    world.dynamodb.autoscale(DEFAULT_ACCOUNT, HERE, "sessions");
    ok(&mut world, HERE, "UpdateTable", create);
    pass(&mut world, 600);
    let more = update(json!({ "ProvisionedThroughput": {
        "ReadCapacityUnits": 6, "WriteCapacityUnits": 7,
    } }));
    ok(&mut world, HERE, "UpdateTable", more);
    pass(&mut world, 60);
    for region in [HERE, THERE] {
        let table = table(&mut world, region);
        seen.push(format!(
            "{region} {}/{} {}",
            table["ProvisionedThroughput"]["ReadCapacityUnits"],
            table["ProvisionedThroughput"]["WriteCapacityUnits"],
            table["TableClassSummary"],
        ));
    }
    seen.push(format!("{:#}", table(&mut world, HERE)["Replicas"]));
    let change = |reads: i64| {
        update(json!({ "ReplicaUpdates": [{ "Update": {
            "RegionName": THERE, "ProvisionedThroughputOverride": { "ReadCapacityUnits": reads },
        } }] }))
    };
    seen.push(call(&mut world, HERE, "UpdateTable", change(9)).unwrap_err());
    ok(&mut world, HERE, "UpdateTable", change(11));
    seen.push(view(&mut world, HERE));
    pass(&mut world, 60);
    seen.push(table(&mut world, THERE)["ProvisionedThroughput"]["ReadCapacityUnits"].to_string());
    seen.push(call(&mut world, HERE, "UpdateTable", change(0)).unwrap_err());
    // Its scaling target changes its own reads alone; writes are everybody's.
    let scaled = |reads: i64| {
        update(json!({ "ProvisionedThroughput": {
            "ReadCapacityUnits": reads, "WriteCapacityUnits": 8,
        } }))
    };
    ok(&mut world, THERE, "UpdateTable", scaled(12));
    pass(&mut world, 60);
    for region in [HERE, THERE] {
        let units = &table(&mut world, region)["ProvisionedThroughput"];
        let (read, write) = (&units["ReadCapacityUnits"], &units["WriteCapacityUnits"]);
        seen.push(format!("{region} {read}/{write}"));
    }
    seen.push(call(&mut world, THERE, "UpdateTable", scaled(12)).unwrap_err());
    expect![[r#"
        ValidationException: The write capacity of a table with replicas should either be Pay-Per-Request or AutoScaled
        us-east-1 6/7 null
        ap-south-1 9/7 {"TableClass":"STANDARD_INFREQUENT_ACCESS"}
        [
          {
            "GlobalTableSettingsReplicationMode": "ENABLED_WITH_OVERRIDES",
            "ProvisionedThroughputOverride": {
              "ReadCapacityUnits": 9
            },
            "RegionName": "ap-south-1",
            "ReplicaArn": "arn:aws:dynamodb:ap-south-1:000000000000:table/sessions",
            "ReplicaStatus": "ACTIVE",
            "ReplicaTableClassSummary": {
              "TableClass": "STANDARD_INFREQUENT_ACCESS"
            },
            "WarmThroughput": {
              "ReadUnitsPerSecond": 6,
              "Status": "ACTIVE",
              "WriteUnitsPerSecond": 7
            }
          }
        ]
        ValidationException: There were no actions specified for the replica in ap-south-1
        us-east-1 UPDATING [ap-south-1 UPDATING]
        11
        ValidationException: 1 validation error detected: Value at 'provisionedThroughputOverride.readCapacityUnits' failed to satisfy constraint: Member must have value greater than or equal to 1
        us-east-1 6/8
        ap-south-1 12/8
        ValidationException: The provisioned throughput for the table will not change. The requested value equals the current value: 12/8"#]].assert_eq(&seen.join("\n"));
}

#[test]
fn some_settings_are_shared_and_some_are_each_replicas_own() {
    let mut world = pair();
    let changes = [
        json!({ "DeletionProtectionEnabled": true }),
        json!({ "TableClass": "STANDARD_INFREQUENT_ACCESS" }),
        json!({ "OnDemandThroughput": { "MaxWriteRequestUnits": 50 } }),
        json!({ "WarmThroughput": { "ReadUnitsPerSecond": 20_000 } }),
        json!({
            "AttributeDefinitions": [{ "AttributeName": "user", "AttributeType": "S" }],
            "GlobalSecondaryIndexUpdates": [{ "Create": {
                "IndexName": "user",
                "KeySchema": [{ "AttributeName": "user", "KeyType": "HASH" }],
                "Projection": { "ProjectionType": "KEYS_ONLY" },
            } }],
        }),
    ];
    for change in changes {
        ok(&mut world, HERE, "UpdateTable", update(change));
        pass(&mut world, 600);
    }
    let mut seen = Vec::new();
    for region in [HERE, THERE] {
        let table = table(&mut world, region);
        seen.push(format!(
            "{region}: deletion protection {}, class {}, on demand {}, warm {}, index {}",
            table["DeletionProtectionEnabled"],
            table["TableClassSummary"]["TableClass"],
            table["OnDemandThroughput"],
            table["WarmThroughput"]["ReadUnitsPerSecond"],
            table["GlobalSecondaryIndexes"][0]["IndexStatus"],
        ));
    }
    expect![[r#"
        us-east-1: deletion protection true, class "STANDARD_INFREQUENT_ACCESS", on demand {"MaxReadRequestUnits":-1,"MaxWriteRequestUnits":50}, warm 20000, index "ACTIVE"
        ap-south-1: deletion protection false, class "STANDARD_INFREQUENT_ACCESS", on demand {"MaxReadRequestUnits":-1,"MaxWriteRequestUnits":50}, warm 20000, index "ACTIVE""#]].assert_eq(&seen.join("\n"));
}

#[test]
fn what_served_as_a_source_goes_last_or_a_day_later() {
    let mut world = pair();
    let name = || json!({ "TableName": "sessions" });
    let mut seen = vec![
        call(&mut world, HERE, "DeleteTable", name()).unwrap_err(),
        call(&mut world, THERE, "UpdateTable", delete_replica(HERE)).unwrap_err(),
    ];
    ok(&mut world, THERE, "UpdateTable", update(json!({ "DeletionProtectionEnabled": true })));
    pass(&mut world, 60);
    seen.push(call(&mut world, HERE, "UpdateTable", delete_replica(THERE)).unwrap_err());
    pass(&mut world, 86_400);
    ok(&mut world, HERE, "DeleteTable", name());
    seen.push(view(&mut world, HERE));
    seen.push(view(&mut world, THERE));
    pass(&mut world, 300);
    seen.push(view(&mut world, HERE));
    seen.push(view(&mut world, THERE));
    expect![[r#"
        ValidationException: Replica in us-east-1 cannot be deleted because it has acted as a source region for new replica(s) being added to the table in the last 24 hours.
        ValidationException: Replica in us-east-1 cannot be deleted because it has acted as a source region for new replica(s) being added to the table in the last 24 hours.
        ValidationException: Resource cannot be deleted as it is currently protected against deletion. Disable deletion protection first.
        us-east-1 DELETING [ap-south-1 ACTIVE]
        ap-south-1 UPDATING [us-east-1 DELETING]
        us-east-1 ResourceNotFoundException
        ap-south-1 ACTIVE []"#]].assert_eq(&seen.join("\n"));
}

fn disassociate(region: &str) -> Value {
    update(json!({ "ReplicaUpdates": [{ "Disassociate": {
        "RegionName": region, "DisassociationMode": "WAIT_FOR_REPLICATION",
    } }] }))
}

#[test]
fn a_replica_leaves_with_its_data() {
    let mut world = pair();
    ok(&mut world, HERE, "UpdateTable", create_replica(THIRD));
    pass(&mut world, 600);
    let put = json!({ "TableName": "sessions", "Item": { "id": { "S": "a" } } });
    ok(&mut world, HERE, "PutItem", put);
    pass(&mut world, 10);
    let mut seen = vec![
        call(&mut world, HERE, "UpdateTable", disassociate(THIRD)).unwrap_err(),
        call(&mut world, THIRD, "UpdateTable", disassociate(THIRD)).unwrap_err(),
    ];
    let off = json!({ "DisassociationProtectionEnabled": false });
    ok(&mut world, THIRD, "UpdateTable", update(off.clone()));
    pass(&mut world, 60);
    ok(&mut world, THIRD, "UpdateTable", disassociate(THIRD));
    seen.push(view(&mut world, THIRD));
    pass(&mut world, 60);
    for region in [HERE, THERE, THIRD] {
        seen.push(view(&mut world, region));
    }
    assert_eq!(table(&mut world, THIRD)["ItemCount"], 1);
    ok(&mut world, THERE, "UpdateTable", update(off));
    pass(&mut world, 60);
    ok(&mut world, THERE, "UpdateTable", disassociate(THERE));
    pass(&mut world, 60);
    seen.push(view(&mut world, HERE));
    seen.push(view(&mut world, THERE));
    expect![[r#"
        ValidationException: A replica is disassociated through its own region: call eu-west-1 instead of us-east-1
        ValidationException: Replica cannot be disassociated: disassociation protection is enabled
        eu-west-1 UPDATING [ap-south-1 ACTIVE, us-east-1 ACTIVE]
        us-east-1 ACTIVE [ap-south-1 ACTIVE]
        ap-south-1 ACTIVE [us-east-1 ACTIVE]
        eu-west-1 ACTIVE []
        us-east-1 ACTIVE []
        ap-south-1 ACTIVE []"#]].assert_eq(&seen.join("\n"));
}

#[test]
fn an_unreachable_replica_is_dropped_after_twenty_hours() {
    let mut world = pair();
    let now = world.now_ms;
    let lost = |world: &mut World, region: &str| {
        world.dynamodb.lose_replica(DEFAULT_ACCOUNT, "sessions", region, "REGION_DISABLED", now)
    };
    assert!(lost(&mut world, THERE));
    assert!(!lost(&mut world, THIRD));
    let mut seen = vec![view(&mut world, HERE)];
    pass(&mut world, 19 * 3600);
    seen.push(view(&mut world, HERE));
    pass(&mut world, 3600);
    seen.push(view(&mut world, HERE));
    expect![[r#"
        us-east-1 ACTIVE [ap-south-1 REGION_DISABLED]
        us-east-1 ACTIVE [ap-south-1 REGION_DISABLED]
        us-east-1 ACTIVE []"#]]
    .assert_eq(&seen.join("\n"));
}

fn strong(replicas: &[&str], witness: Option<&str>) -> Value {
    let creates: Vec<Value> =
        replicas.iter().map(|region| json!({ "Create": { "RegionName": region } })).collect();
    let mut body = json!({ "MultiRegionConsistency": "STRONG", "ReplicaUpdates": creates });
    if let Some(region) = witness {
        body["GlobalTableWitnessUpdates"] = json!([{ "Create": { "RegionName": region } }]);
    }
    update(body)
}

#[test]
fn strong_consistency_is_made_and_unmade_whole() {
    let mut world = world();
    let mut seen = Vec::new();
    for (replicas, witness) in [
        (&["us-east-2"][..], None),
        (&["us-east-2", "eu-west-1"][..], None),
        (&["us-east-2", "us-west-2"][..], Some("us-west-2")),
        (&["us-east-2"][..], Some("us-east-2")),
    ] {
        let refusal = call(&mut world, HERE, "UpdateTable", strong(replicas, witness)).unwrap_err();
        seen.push(refusal);
    }
    ok(&mut world, HERE, "UpdateTable", strong(&["us-east-2"], Some("us-west-2")));
    seen.push(table(&mut world, HERE)["GlobalTableWitnesses"].to_string());
    pass(&mut world, 600);
    let east = table(&mut world, HERE);
    seen.push(format!("{} {}", east["MultiRegionConsistency"], east["GlobalTableWitnesses"]));
    seen.push(view(&mut world, "us-east-2"));
    seen.push(view(&mut world, "us-west-2"));

    // A write is everywhere at once.
    let put = json!({ "TableName": "sessions", "Item": { "id": { "S": "a" } } });
    ok(&mut world, HERE, "PutItem", put.clone());
    assert_eq!(table(&mut world, "us-east-2")["ItemCount"], 1);

    let time_to_live = json!({
        "TableName": "sessions",
        "TimeToLiveSpecification": { "Enabled": true, "AttributeName": "expires" },
    });
    seen.push(call(&mut world, HERE, "UpdateTimeToLive", time_to_live).unwrap_err());
    let transaction = json!({ "TransactItems": [{ "Put": put }] });
    seen.push(call(&mut world, HERE, "TransactWriteItems", transaction).unwrap_err());
    seen.push(call(&mut world, HERE, "UpdateTable", create_replica("us-west-1")).unwrap_err());
    seen.push(call(&mut world, HERE, "UpdateTable", delete_replica("us-east-2")).unwrap_err());
    let name = json!({ "TableName": "sessions" });
    seen.push(call(&mut world, HERE, "DeleteTable", name).unwrap_err());
    let all = update(json!({
        "ReplicaUpdates": [{ "Delete": { "RegionName": "us-east-2" } }],
        "GlobalTableWitnessUpdates": [{ "Delete": { "RegionName": "us-west-2" } }],
    }));
    ok(&mut world, HERE, "UpdateTable", all);
    seen.push(view(&mut world, HERE));
    pass(&mut world, 600);
    seen.push(view(&mut world, HERE));
    seen.push(view(&mut world, "us-east-2"));
    seen.push(
        call(&mut world, HERE, "UpdateTable", strong(&["us-east-2", "us-west-2"], None))
            .unwrap_err(),
    );
    expect![[r#"
        ValidationException: Multi-Region strong consistency takes exactly three Regions: two new replicas, or one new replica and a witness, in one request
        ValidationException: Multi-Region strong consistency takes three different Regions of one set; got eu-west-1, us-east-1, us-east-2
        ValidationException: Multi-Region strong consistency takes exactly three Regions: two new replicas, or one new replica and a witness, in one request
        ValidationException: Multi-Region strong consistency takes three different Regions of one set; got us-east-1, us-east-2
        [{"RegionName":"us-west-2","WitnessStatus":"CREATING"}]
        "STRONG" [{"RegionName":"us-west-2","WitnessStatus":"ACTIVE"}]
        us-east-2 ACTIVE [us-east-1 ACTIVE]
        us-west-2 ResourceNotFoundException
        ValidationException: Time to Live is not supported with multi-Region strong consistency
        ValidationException: Transactions are not supported with multi-Region strong consistency
        ValidationException: MultiRegionConsistency is fixed when a global table is created, and no replica or witness can be added to one with strong consistency
        ValidationException: Members of a table with multi-Region strong consistency are deleted together: both other replicas, or the other replica and the witness
        ValidationException: A table with multi-Region strong consistency cannot be deleted while it has replicas or a witness: delete those first
        us-east-1 UPDATING [us-east-2 DELETING]
        us-east-1 ACTIVE []
        us-east-2 ResourceNotFoundException
        ValidationException: Only an empty table can become one with multi-Region strong consistency"#]].assert_eq(&seen.join("\n"));
}
