use expect_test::expect;
use serde_json::json;

use super::*;

#[test]
fn a_table_is_described_as_aws_describes_it() {
    let mut world = World::default();
    let made = ok(&mut world, HERE, "CreateTable", sessions());
    expect![[r#"
        {
          "TableDescription": {
            "AttributeDefinitions": [
              {
                "AttributeName": "id",
                "AttributeType": "S"
              }
            ],
            "BillingModeSummary": {
              "BillingMode": "PAY_PER_REQUEST",
              "LastUpdateToPayPerRequestDateTime": 1767225600.0
            },
            "CreationDateTime": 1767225600.0,
            "DeletionProtectionEnabled": false,
            "ItemCount": 0,
            "KeySchema": [
              {
                "AttributeName": "id",
                "KeyType": "HASH"
              }
            ],
            "LatestStreamArn": "arn:aws:dynamodb:us-east-1:000000000000:table/sessions/stream/2026-01-01T00:00:00.000",
            "LatestStreamLabel": "2026-01-01T00:00:00.000",
            "ProvisionedThroughput": {
              "NumberOfDecreasesToday": 0,
              "ReadCapacityUnits": 0,
              "WriteCapacityUnits": 0
            },
            "StreamSpecification": {
              "StreamEnabled": true,
              "StreamViewType": "NEW_AND_OLD_IMAGES"
            },
            "TableArn": "arn:aws:dynamodb:us-east-1:000000000000:table/sessions",
            "TableId": "e6a4ad3c-8969-9b36-b79b-4a736af9958f",
            "TableName": "sessions",
            "TableSizeBytes": 0,
            "TableStatus": "CREATING",
            "WarmThroughput": {
              "ReadUnitsPerSecond": 12000,
              "Status": "UPDATING",
              "WriteUnitsPerSecond": 4000
            }
          }
        }
    "#]]
    .assert_eq(&format!("{made:#}\n"));
}

#[test]
fn a_table_is_created_changed_and_deleted_over_time() {
    let mut world = World::default();
    let mut seen = Vec::new();
    ok(&mut world, HERE, "CreateTable", sessions());
    seen.push(view(&mut world, HERE));
    seen.push(call(&mut world, HERE, "CreateTable", sessions()).unwrap_err());
    let flag = || update(json!({ "DeletionProtectionEnabled": true }));
    let unflag = || update(json!({ "DeletionProtectionEnabled": false }));
    let name = || json!({ "TableName": "sessions" });
    seen.push(call(&mut world, HERE, "UpdateTable", flag()).unwrap_err());
    seen.push(code(&mut world, HERE, "DeleteTable", name()));
    pass(&mut world, 10);
    seen.push(view(&mut world, HERE));
    ok(&mut world, HERE, "UpdateTable", flag());
    seen.push(view(&mut world, HERE));
    pass(&mut world, 10);
    seen.push(call(&mut world, HERE, "DeleteTable", name()).unwrap_err());
    ok(&mut world, HERE, "UpdateTable", unflag());
    pass(&mut world, 10);
    ok(&mut world, HERE, "DeleteTable", name());
    seen.push(view(&mut world, HERE));
    seen.push(code(&mut world, HERE, "DeleteTable", name()));
    pass(&mut world, 10);
    seen.push(view(&mut world, HERE));
    expect![[r#"
        us-east-1 CREATING []
        ResourceInUseException: Table already exists: sessions
        ResourceInUseException: Attempt to change a resource which is still in use: Table is being created: sessions
        ResourceInUseException
        us-east-1 ACTIVE []
        us-east-1 UPDATING []
        ValidationException: Resource cannot be deleted as it is currently protected against deletion. Disable deletion protection first.
        us-east-1 DELETING []
        ok
        us-east-1 ResourceNotFoundException"#]].assert_eq(&seen.join("\n"));
}

#[test]
fn what_does_not_fit_is_refused_at_creation() {
    let cases = [
        ("short name", json!({ "TableName": "ab" })),
        ("no throughput", json!({ "BillingMode": "PROVISIONED" })),
        (
            "throughput on demand",
            json!({ "ProvisionedThroughput": { "ReadCapacityUnits": 1, "WriteCapacityUnits": 1 } }),
        ),
        (
            "no capacity",
            json!({
                "BillingMode": "PROVISIONED",
                "ProvisionedThroughput": { "ReadCapacityUnits": 0, "WriteCapacityUnits": 1 },
            }),
        ),
        (
            "unused attribute",
            json!({ "AttributeDefinitions": [
                { "AttributeName": "id", "AttributeType": "S" },
                { "AttributeName": "other", "AttributeType": "S" },
            ] }),
        ),
        ("missing attribute", json!({ "AttributeDefinitions": [] })),
        (
            "local index without sort key",
            json!({ "LocalSecondaryIndexes": [{
                "IndexName": "by-id",
                "KeySchema": [{ "AttributeName": "id", "KeyType": "HASH" }],
                "Projection": { "ProjectionType": "ALL" },
            }] }),
        ),
        (
            "include without attributes",
            json!({ "GlobalSecondaryIndexes": [{
                "IndexName": "by-id",
                "KeySchema": [{ "AttributeName": "id", "KeyType": "HASH" }],
                "Projection": { "ProjectionType": "INCLUDE" },
            }] }),
        ),
        ("stream without view", json!({ "StreamSpecification": { "StreamEnabled": true } })),
        (
            "default key by name",
            json!({ "SSESpecification": {
                "Enabled": true, "KMSMasterKeyId": "alias/aws/dynamodb",
            } }),
        ),
        (
            "key of another region",
            json!({ "SSESpecification": {
                "Enabled": true,
                "KMSMasterKeyId": "arn:aws:kms:eu-west-1:000000000000:key/abc",
            } }),
        ),
        ("unknown class", json!({ "TableClass": "GLACIER" })),
        ("a reserved tag", json!({ "Tags": [{ "Key": "aws:x", "Value": "1" }] })),
        ("no policy", json!({ "ResourcePolicy": "hello" })),
        ("a wrong type", json!({ "Tags": 3 })),
    ];
    let mut seen = String::new();
    for (what, change) in cases {
        let answer = call(&mut World::default(), HERE, "CreateTable", with(sessions(), change));
        seen += &format!("{what}\n    {}\n", answer.unwrap_err());
    }
    expect![[r#"
        short name
            ValidationException: 1 validation error detected: Value 'ab' at 'tableName' failed to satisfy constraint: 3 to 255 characters of [a-zA-Z0-9_.-]+
        no throughput
            ValidationException: table: ReadCapacityUnits and WriteCapacityUnits must both be specified when BillingMode is PROVISIONED
        throughput on demand
            ValidationException: table: Neither ReadCapacityUnits nor WriteCapacityUnits can be specified when BillingMode is PAY_PER_REQUEST
        no capacity
            ValidationException: 1 validation error detected: Value '0' at 'table.readCapacityUnits' failed to satisfy constraint: Member must have value greater than or equal to 1
        unused attribute
            ValidationException: Some AttributeDefinitions are not used. Unused: other
        missing attribute
            ValidationException: Some index key attributes are not defined in AttributeDefinitions. Missing: id
        local index without sort key
            ValidationException: Table KeySchema does not have a range key, which is required when specifying a LocalSecondaryIndex
        include without attributes
            ValidationException: by-id: ProjectionType is INCLUDE, but NonKeyAttributes is not specified
        stream without view
            ValidationException: Stream StreamEnabled is true, but no StreamViewType is given
        default key by name
            ValidationException: KMSMasterKeyId must not be the default key alias/aws/dynamodb: leave it out instead
        key of another region
            ValidationException: KMS validation error: key 'arn:aws:kms:eu-west-1:000000000000:key/abc' does not exist in us-east-1 or is not enabled
        unknown class
            ValidationException: 1 validation error detected: Value 'GLACIER' at 'tableClass' failed to satisfy constraint: Member must satisfy enum value set: [STANDARD, STANDARD_INFREQUENT_ACCESS]
        a reserved tag
            ValidationException: Tag key 'aws:x': aws: is reserved
        no policy
            ValidationException: Invalid policy document: not a JSON document with a Statement
        a wrong type
            SerializationException: invalid type: integer `3`, expected a sequence at line 1 column 269
    "#]].assert_eq(&seen);
}

#[test]
fn one_update_is_one_kind_of_modification() {
    let cases = [
        json!({}),
        json!({ "TableClass": "STANDARD_INFREQUENT_ACCESS", "DeletionProtectionEnabled": true }),
        json!({ "TableClass": "STANDARD" }),
        json!({ "StreamSpecification": {
            "StreamEnabled": true, "StreamViewType": "KEYS_ONLY",
        } }),
        json!({ "SSESpecification": { "Enabled": false } }),
        json!({ "WarmThroughput": { "ReadUnitsPerSecond": 100 } }),
        json!({ "DisassociationProtectionEnabled": false }),
        json!({ "MultiRegionConsistency": "STRONG" }),
        json!({ "AttributeDefinitions": [], "DeletionProtectionEnabled": true }),
    ];
    let mut seen = String::new();
    for change in cases {
        let answer = call(&mut world(), HERE, "UpdateTable", update(change.clone()));
        seen += &format!("{change}\n    {}\n", answer.unwrap_err());
    }
    expect![[r#"
        {}
            ValidationException: At least one of ProvisionedThroughput, BillingMode, UpdateStreamEnabled, GlobalSecondaryIndexUpdates, SSESpecification or ReplicaUpdates is required
        {"DeletionProtectionEnabled":true,"TableClass":"STANDARD_INFREQUENT_ACCESS"}
            ValidationException: Only one kind of modification can be made by one UpdateTable request
        {"TableClass":"STANDARD"}
            ValidationException: The table class is already STANDARD
        {"StreamSpecification":{"StreamEnabled":true,"StreamViewType":"KEYS_ONLY"}}
            ValidationException: Table already has an enabled stream
        {"SSESpecification":{"Enabled":false}}
            ValidationException: Table is already encrypted by the given KMSMasterKey
        {"WarmThroughput":{"ReadUnitsPerSecond":100}}
            ValidationException: the table: WarmThroughput can only be increased; it is 12000/4000
        {"DisassociationProtectionEnabled":false}
            ValidationException: DisassociationProtectionEnabled is for replicas of a global table with multi-Region eventual consistency
        {"MultiRegionConsistency":"STRONG"}
            ValidationException: MultiRegionConsistency can only be given together with the creation of replicas
        {"AttributeDefinitions":[],"DeletionProtectionEnabled":true}
            ValidationException: AttributeDefinitions must be exactly the attributes that keys of the table and its indexes use
    "#]].assert_eq(&seen);
}

#[test]
fn a_stream_is_disabled_before_it_gets_another_view() {
    let mut world = world();
    let before = table(&mut world, HERE)["LatestStreamArn"].clone();
    ok(
        &mut world,
        HERE,
        "UpdateTable",
        update(json!({ "StreamSpecification": { "StreamEnabled": false } })),
    );
    pass(&mut world, 60);
    let off = table(&mut world, HERE);
    assert!(off.get("StreamSpecification").is_none());
    assert_eq!(off["LatestStreamArn"], before);
    ok(
        &mut world,
        HERE,
        "UpdateTable",
        update(json!({ "StreamSpecification": {
            "StreamEnabled": true, "StreamViewType": "KEYS_ONLY",
        } })),
    );
    pass(&mut world, 60);
    let on = table(&mut world, HERE);
    assert_eq!(on["StreamSpecification"]["StreamViewType"], "KEYS_ONLY");
    assert_ne!(on["LatestStreamArn"], before);
}

fn index(name: &str) -> Value {
    json!({
        "IndexName": name,
        "KeySchema": [{ "AttributeName": name, "KeyType": "HASH" }],
        "Projection": { "ProjectionType": "ALL" },
    })
}

fn create_index(name: &str) -> Value {
    update(json!({
        "AttributeDefinitions": [{ "AttributeName": name, "AttributeType": "S" }],
        "GlobalSecondaryIndexUpdates": [{ "Create": index(name) }],
    }))
}

fn delete_index(name: &str) -> Value {
    update(json!({ "GlobalSecondaryIndexUpdates": [{ "Delete": { "IndexName": name } }] }))
}

#[test]
fn indexes_come_and_go_one_at_a_time() {
    let mut world = world();
    let mut seen = Vec::new();
    let look = |world: &mut World, seen: &mut Vec<String>| {
        let table = table(world, HERE);
        let indexes: Vec<String> = table["GlobalSecondaryIndexes"]
            .as_array()
            .into_iter()
            .flatten()
            .map(|index| {
                format!("{} {} {}", index["IndexName"], index["IndexStatus"], index["Backfilling"])
            })
            .collect();
        seen.push(format!("{} {}", table["TableStatus"], indexes.join(", ")));
    };
    let two = update(json!({
        "AttributeDefinitions": [
            { "AttributeName": "user", "AttributeType": "S" },
            { "AttributeName": "day", "AttributeType": "S" },
        ],
        "GlobalSecondaryIndexUpdates": [{ "Create": index("user") }, { "Create": index("day") }],
    }));
    seen.push(call(&mut world, HERE, "UpdateTable", two).unwrap_err());
    ok(&mut world, HERE, "UpdateTable", create_index("user"));
    look(&mut world, &mut seen);
    seen.push(call(&mut world, HERE, "UpdateTable", delete_index("user")).unwrap_err());
    pass(&mut world, 10);
    look(&mut world, &mut seen);
    seen.push(call(&mut world, HERE, "UpdateTable", create_index("day")).unwrap_err());
    seen.push(call(&mut world, HERE, "UpdateTable", create_replica(THERE)).unwrap_err());
    let query = || {
        json!({
            "TableName": "sessions",
            "IndexName": "user",
            "KeyConditionExpression": "#u = :u",
            "ExpressionAttributeNames": { "#u": "user" },
            "ExpressionAttributeValues": { ":u": { "S": "anna" } },
        })
    };
    seen.push(call(&mut world, HERE, "Query", query()).unwrap_err());
    pass(&mut world, 60);
    look(&mut world, &mut seen);
    seen.push(ok(&mut world, HERE, "Query", query()).to_string());
    ok(&mut world, HERE, "UpdateTable", delete_index("user"));
    look(&mut world, &mut seen);
    pass(&mut world, 60);
    look(&mut world, &mut seen);
    seen.push(table(&mut world, HERE)["AttributeDefinitions"].to_string());
    seen.push(call(&mut world, HERE, "UpdateTable", delete_index("user")).unwrap_err());
    expect![[r#"
        LimitExceededException: Subscriber limit exceeded: Only 1 online index can be created or deleted simultaneously per table
        "UPDATING" "user" "CREATING" false
        ResourceInUseException: Index user is being created; it can be deleted once it is backfilling
        "ACTIVE" "user" "CREATING" true
        LimitExceededException: Subscriber limit exceeded: Only 1 online index can be created or deleted simultaneously per table
        ResourceInUseException: Attempt to change a resource which is still in use: An index of table sessions is being created or deleted
        ValidationException: Cannot read from backfilling global secondary index: user
        "ACTIVE" "user" "ACTIVE" null
        {"Count":0,"Items":[],"ScannedCount":0}
        "UPDATING" "user" "DELETING" null
        "ACTIVE" 
        [{"AttributeName":"id","AttributeType":"S"}]
        ResourceNotFoundException: Requested resource not found: index user of table sessions"#]].assert_eq(&seen.join("\n"));
}

fn capacity(read: i64, write: i64) -> Value {
    update(json!({ "ProvisionedThroughput": {
        "ReadCapacityUnits": read, "WriteCapacityUnits": write,
    } }))
}

#[test]
fn throughput_rises_freely_and_falls_a_few_times_a_day() {
    let mut world = World::default();
    let provisioned = with(
        sessions(),
        json!({
            "BillingMode": "PROVISIONED",
            "ProvisionedThroughput": { "ReadCapacityUnits": 100, "WriteCapacityUnits": 100 },
        }),
    );
    ok(&mut world, HERE, "CreateTable", provisioned);
    pass(&mut world, 10);
    assert!(table(&mut world, HERE).get("BillingModeSummary").is_none());
    for read in [101, 99, 98, 97, 96] {
        ok(&mut world, HERE, "UpdateTable", capacity(read, 100));
        pass(&mut world, 60);
    }
    assert_eq!(table(&mut world, HERE)["ProvisionedThroughput"]["NumberOfDecreasesToday"], 4);
    assert_eq!(code(&mut world, HERE, "UpdateTable", capacity(95, 100)), "LimitExceededException");
    assert_eq!(code(&mut world, HERE, "UpdateTable", capacity(96, 100)), "ValidationException");
    pass(&mut world, 3600);
    ok(&mut world, HERE, "UpdateTable", capacity(95, 100));
    pass(&mut world, 60);
    assert_eq!(code(&mut world, HERE, "UpdateTable", capacity(94, 100)), "LimitExceededException");
    pass(&mut world, 3600);
    ok(&mut world, HERE, "UpdateTable", capacity(94, 100));
    assert_eq!(
        table(&mut world, HERE)["ProvisionedThroughput"]["LastDecreaseDateTime"],
        f64::from(1_767_225_600 + 10 + 5 * 60 + 3600 + 60 + 3600)
    );
}

#[test]
fn a_switch_to_provisioned_names_the_capacity_of_every_index() {
    let mut world = world();
    ok(&mut world, HERE, "UpdateTable", create_index("user"));
    pass(&mut world, 600);
    let units = || json!({ "ReadCapacityUnits": 5, "WriteCapacityUnits": 5 });
    let switch = || json!({ "BillingMode": "PROVISIONED", "ProvisionedThroughput": units() });
    assert_eq!(code(&mut world, HERE, "UpdateTable", update(switch())), "ValidationException");
    let whole = with(
        switch(),
        json!({ "GlobalSecondaryIndexUpdates": [{
            "Update": { "IndexName": "user", "ProvisionedThroughput": units() },
        }] }),
    );
    let mut on_demand = 0;
    let mut answer = String::from("ok");
    while answer == "ok" {
        ok(&mut world, HERE, "UpdateTable", update(whole.clone()));
        pass(&mut world, 60);
        let back = update(json!({ "BillingMode": "PAY_PER_REQUEST" }));
        answer = code(&mut world, HERE, "UpdateTable", back);
        on_demand += 1;
        pass(&mut world, 60);
    }
    assert_eq!((answer.as_str(), on_demand), ("LimitExceededException", 5));
    let table = table(&mut world, HERE);
    assert_eq!(table["BillingModeSummary"]["BillingMode"], "PROVISIONED");
    assert_eq!(table["GlobalSecondaryIndexes"][0]["ProvisionedThroughput"]["ReadCapacityUnits"], 5);
}

#[test]
fn names_are_listed_in_pages_per_region() {
    let mut world = World::default();
    for name in ["ccc", "aaa", "bbb"] {
        ok(&mut world, HERE, "CreateTable", with(sessions(), json!({ "TableName": name })));
    }
    let first = ok(&mut world, HERE, "ListTables", json!({ "Limit": 2 }));
    let second = ok(
        &mut world,
        HERE,
        "ListTables",
        json!({ "Limit": 2, "ExclusiveStartTableName": first["LastEvaluatedTableName"] }),
    );
    let other = ok(&mut world, THERE, "ListTables", json!({}));
    expect![[r#"
        {"LastEvaluatedTableName":"bbb","TableNames":["aaa","bbb"]}
        {"TableNames":["ccc"]}
        {"TableNames":[]}"#]]
    .assert_eq(&format!("{first}\n{second}\n{other}"));
}

#[test]
fn a_table_may_be_named_by_its_arn_in_its_region() {
    let mut world = world();
    let arn = "arn:aws:dynamodb:us-east-1:000000000000:table/sessions";
    let name = json!({ "TableName": arn });
    assert_eq!(code(&mut world, HERE, "DescribeTable", name.clone()), "ok");
    assert_eq!(code(&mut world, THERE, "DescribeTable", name), "ValidationException");
}

#[test]
fn a_new_table_may_be_invisible_for_a_while() {
    let mut world = World::default();
    world.set_duration_ms("dynamodb.table.visible", 3_000);
    ok(&mut world, HERE, "CreateTable", sessions());
    assert_eq!(view(&mut world, HERE), "us-east-1 ResourceNotFoundException");
    pass(&mut world, 3);
    assert_eq!(view(&mut world, HERE), "us-east-1 CREATING []");
}
