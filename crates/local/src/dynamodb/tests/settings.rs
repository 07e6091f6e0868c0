use expect_test::expect;
use serde_json::json;

use super::*;

const ARN: &str = "arn:aws:dynamodb:us-east-1:000000000000:table/sessions";

fn ttl(enabled: bool, attribute: &str) -> Value {
    json!({
        "TableName": "sessions",
        "TimeToLiveSpecification": { "Enabled": enabled, "AttributeName": attribute },
    })
}

#[test]
fn time_to_live_changes_once_an_hour_on_every_replica() {
    let mut world = pair();
    let mut seen = Vec::new();
    let look = |world: &mut World, seen: &mut Vec<String>| {
        for region in [HERE, THERE] {
            let name = json!({ "TableName": "sessions" });
            let answer = ok(world, region, "DescribeTimeToLive", name);
            seen.push(format!("{region} {}", answer["TimeToLiveDescription"]));
        }
    };
    look(&mut world, &mut seen);
    seen.push(call(&mut world, HERE, "UpdateTimeToLive", ttl(false, "expires")).unwrap_err());
    seen.push(call(&mut world, HERE, "UpdateTimeToLive", ttl(true, "id")).unwrap_err());
    ok(&mut world, HERE, "UpdateTimeToLive", ttl(true, "expires"));
    look(&mut world, &mut seen);
    pass(&mut world, 60);
    look(&mut world, &mut seen);
    seen.push(call(&mut world, THERE, "UpdateTimeToLive", ttl(false, "expires")).unwrap_err());
    pass(&mut world, 3600);
    seen.push(call(&mut world, THERE, "UpdateTimeToLive", ttl(true, "other")).unwrap_err());
    seen.push(call(&mut world, THERE, "UpdateTimeToLive", ttl(false, "other")).unwrap_err());
    ok(&mut world, THERE, "UpdateTimeToLive", ttl(false, "expires"));
    look(&mut world, &mut seen);
    expect![[r#"
        us-east-1 {"TimeToLiveStatus":"DISABLED"}
        ap-south-1 {"TimeToLiveStatus":"DISABLED"}
        ValidationException: TimeToLive is already disabled
        ValidationException: TimeToLive attribute id is a key attribute
        us-east-1 {"AttributeName":"expires","TimeToLiveStatus":"ENABLING"}
        ap-south-1 {"AttributeName":"expires","TimeToLiveStatus":"ENABLING"}
        us-east-1 {"AttributeName":"expires","TimeToLiveStatus":"ENABLED"}
        ap-south-1 {"AttributeName":"expires","TimeToLiveStatus":"ENABLED"}
        ValidationException: Time to live has been modified multiple times within a fixed interval
        ValidationException: TimeToLive is active on a different AttributeName: current AttributeName is expires
        ValidationException: TimeToLive is active on a different AttributeName: current AttributeName is expires
        us-east-1 {"AttributeName":"expires","TimeToLiveStatus":"DISABLING"}
        ap-south-1 {"AttributeName":"expires","TimeToLiveStatus":"DISABLING"}"#]].assert_eq(&seen.join("\n"));
}

#[test]
fn backups_are_per_replica_and_may_be_unavailable_at_first() {
    let mut world = world();
    world.set_duration_ms("dynamodb.pitr.available", 90_000);
    world.set_duration_ms("dynamodb.pitr.update", 2_000);
    let on = |days: Value| {
        json!({
            "TableName": "sessions",
            "PointInTimeRecoverySpecification": {
                "PointInTimeRecoveryEnabled": true, "RecoveryPeriodInDays": days,
            },
        })
    };
    let name = || json!({ "TableName": "sessions" });
    let mut seen = Vec::new();
    seen.push(call(&mut world, HERE, "UpdateContinuousBackups", on(json!(7))).unwrap_err());
    pass(&mut world, 60);
    seen.push(call(&mut world, HERE, "UpdateContinuousBackups", on(json!(36))).unwrap_err());
    seen.push(ok(&mut world, HERE, "UpdateContinuousBackups", on(json!(7))).to_string());
    seen.push(ok(&mut world, HERE, "DescribeContinuousBackups", name()).to_string());
    pass(&mut world, 3600);
    seen.push(ok(&mut world, HERE, "DescribeContinuousBackups", name()).to_string());
    ok(&mut world, HERE, "UpdateTable", create_replica(THERE));
    seen.push(call(&mut world, THERE, "UpdateContinuousBackups", on(Value::Null)).unwrap_err());
    pass(&mut world, 600);
    seen.push(ok(&mut world, THERE, "DescribeContinuousBackups", name()).to_string());
    seen.push(call(&mut world, "eu-west-1", "DescribeContinuousBackups", name()).unwrap_err());
    expect![[r#"
        ContinuousBackupsUnavailableException: Backups are being enabled for the table: sessions. Please retry later
        ValidationException: RecoveryPeriodInDays is between 1 and 35
        {"ContinuousBackupsDescription":{"ContinuousBackupsStatus":"ENABLED","PointInTimeRecoveryDescription":{"EarliestRestorableDateTime":1767225720.0,"LatestRestorableDateTime":1767225720.0,"PointInTimeRecoveryStatus":"ENABLED","RecoveryPeriodInDays":7}}}
        {"ContinuousBackupsDescription":{"ContinuousBackupsStatus":"ENABLED","PointInTimeRecoveryDescription":{"PointInTimeRecoveryStatus":"DISABLED"}}}
        {"ContinuousBackupsDescription":{"ContinuousBackupsStatus":"ENABLED","PointInTimeRecoveryDescription":{"EarliestRestorableDateTime":1767225720.0,"LatestRestorableDateTime":1767229020.0,"PointInTimeRecoveryStatus":"ENABLED","RecoveryPeriodInDays":7}}}
        ContinuousBackupsUnavailableException: Backups are being enabled for the table: sessions. Please retry later
        {"ContinuousBackupsDescription":{"ContinuousBackupsStatus":"ENABLED","PointInTimeRecoveryDescription":{"PointInTimeRecoveryStatus":"DISABLED"}}}
        TableNotFoundException: Table not found: sessions"#]].assert_eq(&seen.join("\n"));
}

#[test]
fn tags_belong_to_one_replica_and_may_be_seen_late() {
    let mut world = pair();
    world.set_duration_ms("dynamodb.tags.visible", 5_000);
    let tag = |arn: &str| json!({ "ResourceArn": arn, "Tags": [{ "Key": "a", "Value": "1" }] });
    let list = || json!({ "ResourceArn": ARN });
    ok(&mut world, HERE, "TagResource", tag(ARN));
    let mut seen = vec![ok(&mut world, HERE, "ListTagsOfResource", list()).to_string()];
    pass(&mut world, 5);
    seen.push(ok(&mut world, HERE, "ListTagsOfResource", list()).to_string());
    let there = ARN.replace(HERE, THERE);
    seen.push(
        ok(&mut world, THERE, "ListTagsOfResource", json!({ "ResourceArn": there })).to_string(),
    );
    seen.push(call(&mut world, THERE, "TagResource", tag(ARN)).unwrap_err());
    seen.push(call(&mut world, HERE, "TagResource", tag("sessions")).unwrap_err());
    ok(
        &mut world,
        HERE,
        "UntagResource",
        json!({ "ResourceArn": ARN, "TagKeys": ["a", "unknown"] }),
    );
    pass(&mut world, 5);
    seen.push(ok(&mut world, HERE, "ListTagsOfResource", list()).to_string());
    let many: Vec<Value> =
        (0..51).map(|n| json!({ "Key": format!("k{n}"), "Value": "" })).collect();
    let many = json!({ "ResourceArn": ARN, "Tags": many });
    seen.push(call(&mut world, HERE, "TagResource", many).unwrap_err());
    expect![[r#"
        {"Tags":[]}
        {"Tags":[{"Key":"a","Value":"1"}]}
        {"Tags":[]}
        ValidationException: Invalid TableArn: arn:aws:dynamodb:us-east-1:000000000000:table/sessions is not in the region of the endpoint, ap-south-1
        ValidationException: Invalid TableArn: Invalid ResourceArn provided as input sessions
        {"Tags":[]}
        ValidationException: Too many tags: a table takes at most 50"#]].assert_eq(&seen.join("\n"));
}

#[test]
fn a_policy_has_revisions() {
    let mut world = world();
    let statement = r#"{"Version":"2012-10-17","Statement":[]}"#;
    let put = |text: &str, expected: Value| json!({ "ResourceArn": ARN, "Policy": text, "ExpectedRevisionId": expected });
    let arn = || json!({ "ResourceArn": ARN });
    let mut seen = vec![call(&mut world, HERE, "GetResourcePolicy", arn()).unwrap_err()];
    seen.push(
        ok(&mut world, HERE, "PutResourcePolicy", put(statement, json!("NO_POLICY"))).to_string(),
    );
    seen.push(
        call(&mut world, HERE, "PutResourcePolicy", put(statement, json!("NO_POLICY")))
            .unwrap_err(),
    );
    seen.push(ok(&mut world, HERE, "GetResourcePolicy", arn()).to_string());
    seen.push(
        ok(&mut world, HERE, "PutResourcePolicy", put(r#"{"Statement":[1]}"#, Value::Null))
            .to_string(),
    );
    seen.push(code(&mut world, HERE, "PutResourcePolicy", put(&" ".repeat(20_481), Value::Null)));
    seen.push(ok(&mut world, HERE, "DeleteResourcePolicy", arn()).to_string());
    seen.push(ok(&mut world, HERE, "DeleteResourcePolicy", arn()).to_string());
    expect![[r#"
        PolicyNotFoundException: Resource-based policy not found for the provided ResourceArn: arn:aws:dynamodb:us-east-1:000000000000:table/sessions
        {"RevisionId":"G6NLVXBQZLJSW8YV"}
        PolicyNotFoundException: Resource-based policy not found for the provided ResourceArn: arn:aws:dynamodb:us-east-1:000000000000:table/sessions
        {"Policy":"{\"Version\":\"2012-10-17\",\"Statement\":[]}","RevisionId":"G6NLVXBQZLJSW8YV"}
        {"RevisionId":"K8UR31I1IGIROSVF"}
        ValidationException
        {"RevisionId":"K8UR31I1IGIROSVF"}
        {}"#]].assert_eq(&seen.join("\n"));
}

#[test]
fn features_that_nobody_turned_on_say_so() {
    let mut world = world();
    let name = || json!({ "TableName": "sessions" });
    let mut seen = Vec::new();
    for operation in [
        "DescribeLimits",
        "DescribeEndpoints",
        "DescribeContributorInsights",
        "DescribeKinesisStreamingDestination",
    ] {
        seen.push(ok(&mut world, HERE, operation, name()).to_string());
    }
    seen.push(call(&mut world, HERE, "ExportTableToPointInTime", name()).unwrap_err());
    expect![[r#"
        {"AccountMaxReadCapacityUnits":80000,"AccountMaxWriteCapacityUnits":80000,"TableMaxReadCapacityUnits":40000,"TableMaxWriteCapacityUnits":40000}
        {"Endpoints":[{"Address":"dynamodb.us-east-1.amazonaws.com","CachePeriodInMinutes":1440}]}
        {"ContributorInsightsRuleList":[],"ContributorInsightsStatus":"DISABLED","TableName":"sessions"}
        {"KinesisDataStreamDestinations":[],"TableName":"sessions"}
        UnknownOperationException: The operation ExportTableToPointInTime is not modelled"#]].assert_eq(&seen.join("\n"));
}

fn key(world: &mut World, region: &str) -> String {
    let call = Call {
        account: DEFAULT_ACCOUNT.into(),
        region: region.into(),
        service: Service::Kms,
        operation: "CreateKey".into(),
        request: Request { body: "{}".into(), ..Request::default() },
    };
    let reply = crate::kms::handle(world, &call).unwrap();
    let answer: Value = serde_json::from_slice(&reply.body).unwrap();
    answer["KeyMetadata"]["Arn"].as_str().unwrap().to_owned()
}

#[test]
fn encryption_is_of_one_kind_everywhere_with_a_key_in_each_region() {
    let mut world = pair();
    let (here, there) = (key(&mut world, HERE), key(&mut world, THERE));
    let look = |world: &mut World| {
        let mine = table(world, HERE);
        let its = table(world, THERE);
        format!(
            "{} {}\npeer seen here {}",
            mine["SSEDescription"]["KMSMasterKeyArn"],
            its["SSEDescription"]["KMSMasterKeyArn"],
            mine["Replicas"][0]["KMSMasterKeyId"],
        )
    };
    let sse = |enabled: bool, key: Option<&str>| json!({ "SSESpecification": { "Enabled": enabled, "KMSMasterKeyId": key } });
    let mut seen = vec![look(&mut world)];
    ok(&mut world, HERE, "UpdateTable", update(sse(true, None)));
    pass(&mut world, 60);
    seen.push(look(&mut world));
    seen.push(call(&mut world, HERE, "UpdateTable", update(sse(true, Some(&here)))).unwrap_err());
    let both = with(
        sse(true, Some(&here)),
        json!({ "ReplicaUpdates": [{
            "Update": { "RegionName": THERE, "KMSMasterKeyId": there },
        }] }),
    );
    ok(&mut world, HERE, "UpdateTable", update(both.clone()));
    pass(&mut world, 60);
    seen.push(look(&mut world));
    seen.push(call(&mut world, HERE, "UpdateTable", update(both)).unwrap_err());
    let third = "eu-west-1";
    seen.push(call(&mut world, HERE, "UpdateTable", create_replica(third)).unwrap_err());
    let wrong = update(json!({ "ReplicaUpdates": [{
        "Create": { "RegionName": third, "KMSMasterKeyId": here },
    }] }));
    seen.push(call(&mut world, HERE, "UpdateTable", wrong).unwrap_err());
    expect![[r#"
        null null
        peer seen here null
        "arn:aws:kms:us-east-1:000000000000:key/62aad750-2d74-8ea5-11a6-85072eafaf71" "arn:aws:kms:ap-south-1:000000000000:key/a8fafc76-128e-f47e-9406-120d5697fe34"
        peer seen here "arn:aws:kms:ap-south-1:000000000000:key/a8fafc76-128e-f47e-9406-120d5697fe34"
        ValidationException: KMSMasterKeyId must be specified for each replica
        "arn:aws:kms:us-east-1:000000000000:key/45dfbb8c-ed98-f3c6-8181-f0bd932920ed" "arn:aws:kms:ap-south-1:000000000000:key/0be026b1-dac4-f14c-956d-214bf6ec1109"
        peer seen here "arn:aws:kms:ap-south-1:000000000000:key/0be026b1-dac4-f14c-956d-214bf6ec1109"
        ValidationException: Table is already encrypted by the given KMSMasterKey
        ValidationException: KMSMasterKeyId must be specified for each replica
        ValidationException: KMS validation error: key 'arn:aws:kms:us-east-1:000000000000:key/45dfbb8c-ed98-f3c6-8181-f0bd932920ed' does not exist in eu-west-1 or is not enabled"#]].assert_eq(&seen.join("\n"));
}

#[test]
fn insights_are_each_replicas_own_and_take_a_while() {
    let mut world = pair();
    let index = json!({
        "AttributeDefinitions": [{ "AttributeName": "user", "AttributeType": "S" }],
        "GlobalSecondaryIndexUpdates": [{ "Create": {
            "IndexName": "user",
            "KeySchema": [{ "AttributeName": "user", "KeyType": "HASH" }],
            "Projection": { "ProjectionType": "ALL" },
        } }],
    });
    ok(&mut world, HERE, "UpdateTable", update(index));
    pass(&mut world, 600);
    let set = |more: Value| with(json!({ "TableName": "sessions" }), more);
    let on = |mode: &str| {
        set(json!({ "ContributorInsightsAction": "ENABLE", "ContributorInsightsMode": mode }))
    };
    let off = || set(json!({ "ContributorInsightsAction": "DISABLE" }));
    let mut seen = Vec::new();
    let look = |world: &mut World, seen: &mut Vec<String>| {
        for region in [HERE, THERE] {
            let answer = ok(world, region, "DescribeContributorInsights", set(json!({})));
            seen.push(format!("{region} {answer}"));
        }
    };
    let change = "UpdateContributorInsights";
    seen.push(call(&mut world, HERE, change, on("SOME")).unwrap_err());
    seen.push(
        call(
            &mut world,
            HERE,
            change,
            set(json!({ "IndexName": "gone", "ContributorInsightsAction": "ENABLE" })),
        )
        .unwrap_err(),
    );
    seen.push(ok(&mut world, HERE, change, on("THROTTLED_KEYS")).to_string());
    look(&mut world, &mut seen);
    pass(&mut world, 60);
    look(&mut world, &mut seen);
    let of_index = json!({ "IndexName": "user", "ContributorInsightsAction": "ENABLE" });
    ok(&mut world, HERE, change, set(of_index));
    seen.push(ok(&mut world, HERE, "ListContributorInsights", set(json!({}))).to_string());
    ok(&mut world, HERE, change, off());
    world.dynamodb.refuse_insights(DEFAULT_ACCOUNT, THERE, true);
    ok(&mut world, THERE, change, on("ACCESSED_AND_THROTTLED_KEYS"));
    pass(&mut world, 60);
    look(&mut world, &mut seen);
    // Another try is another try.
    world.dynamodb.refuse_insights(DEFAULT_ACCOUNT, THERE, false);
    ok(&mut world, THERE, change, on("ACCESSED_AND_THROTTLED_KEYS"));
    pass(&mut world, 60);
    look(&mut world, &mut seen);
    expect![[r#"
        ValidationException: 1 validation error detected: Value 'SOME' at 'contributorInsightsMode' failed to satisfy constraint: Member must satisfy enum value set: [ACCESSED_AND_THROTTLED_KEYS, THROTTLED_KEYS]
        ResourceNotFoundException: Requested resource not found: index gone of table sessions
        {"ContributorInsightsMode":"THROTTLED_KEYS","ContributorInsightsStatus":"ENABLING","TableName":"sessions"}
        us-east-1 {"ContributorInsightsMode":"THROTTLED_KEYS","ContributorInsightsRuleList":[],"ContributorInsightsStatus":"ENABLING","LastUpdateDateTime":1767226860.0,"TableName":"sessions"}
        ap-south-1 {"ContributorInsightsRuleList":[],"ContributorInsightsStatus":"DISABLED","TableName":"sessions"}
        us-east-1 {"ContributorInsightsMode":"THROTTLED_KEYS","ContributorInsightsRuleList":["DynamoDBContributorInsights-PKT-sessions-1767226860000"],"ContributorInsightsStatus":"ENABLED","LastUpdateDateTime":1767226860.0,"TableName":"sessions"}
        ap-south-1 {"ContributorInsightsRuleList":[],"ContributorInsightsStatus":"DISABLED","TableName":"sessions"}
        {"ContributorInsightsSummaries":[{"ContributorInsightsMode":"THROTTLED_KEYS","ContributorInsightsStatus":"ENABLED","TableName":"sessions"},{"ContributorInsightsMode":"ACCESSED_AND_THROTTLED_KEYS","ContributorInsightsStatus":"ENABLING","IndexName":"user","TableName":"sessions"}]}
        us-east-1 {"ContributorInsightsRuleList":[],"ContributorInsightsStatus":"DISABLED","LastUpdateDateTime":1767226920.0,"TableName":"sessions"}
        ap-south-1 {"ContributorInsightsMode":"ACCESSED_AND_THROTTLED_KEYS","ContributorInsightsRuleList":[],"ContributorInsightsStatus":"FAILED","FailureException":{"ExceptionDescription":"The account's limit of CloudWatch Contributor Insights rules is reached","ExceptionName":"LimitExceededException"},"LastUpdateDateTime":1767226920.0,"TableName":"sessions"}
        us-east-1 {"ContributorInsightsRuleList":[],"ContributorInsightsStatus":"DISABLED","LastUpdateDateTime":1767226920.0,"TableName":"sessions"}
        ap-south-1 {"ContributorInsightsMode":"ACCESSED_AND_THROTTLED_KEYS","ContributorInsightsRuleList":["DynamoDBContributorInsights-PKC-sessions-1767226980000","DynamoDBContributorInsights-PKT-sessions-1767226980000"],"ContributorInsightsStatus":"ENABLED","LastUpdateDateTime":1767226980.0,"TableName":"sessions"}"#]].assert_eq(&seen.join("\n"));
}

#[test]
fn a_stream_of_kinesis_is_of_the_tables_region_and_one_at_a_time() {
    let mut world = pair();
    let arn = |region: &str, stream: &str| {
        format!("arn:aws:kinesis:{region}:{DEFAULT_ACCOUNT}:stream/{stream}")
    };
    let to = |stream: &str| json!({ "TableName": "sessions", "StreamArn": arn(HERE, stream) });
    let precise = |stream: &str, precision: &str| {
        let precision = json!({ "ApproximateCreationDateTimePrecision": precision });
        with(to(stream), json!({ "UpdateKinesisStreamingConfiguration": precision }))
    };
    let [enable, change, disable, describe] = [
        "EnableKinesisStreamingDestination",
        "UpdateKinesisStreamingDestination",
        "DisableKinesisStreamingDestination",
        "DescribeKinesisStreamingDestination",
    ];
    let name = || json!({ "TableName": "sessions" });
    let mut seen = vec![
        call(&mut world, THERE, enable, to("a")).unwrap_err(),
        call(&mut world, HERE, disable, to("a")).unwrap_err(),
        ok(&mut world, HERE, enable, to("a")).to_string(),
        call(&mut world, HERE, enable, to("a")).unwrap_err(),
        call(&mut world, HERE, enable, to("b")).unwrap_err(),
        call(&mut world, HERE, disable, to("a")).unwrap_err(),
    ];
    pass(&mut world, 60);
    seen.push(ok(&mut world, HERE, describe, name()).to_string());
    seen.push(ok(&mut world, THERE, describe, name()).to_string());
    seen.push(call(&mut world, HERE, change, precise("a", "MICROSECOND")).unwrap_err());
    seen.push(call(&mut world, HERE, change, precise("a", "SECOND")).unwrap_err());
    seen.push(ok(&mut world, HERE, change, precise("a", "MILLISECOND")).to_string());
    pass(&mut world, 60);
    seen.push(ok(&mut world, HERE, disable, to("a")).to_string());
    pass(&mut world, 60);
    world.dynamodb.lose_stream(DEFAULT_ACCOUNT, &arn(HERE, "b"), true);
    ok(&mut world, HERE, enable, to("b"));
    pass(&mut world, 60);
    seen.push(ok(&mut world, HERE, describe, name()).to_string());
    // What was let go is told for a day.
    pass(&mut world, 86_400);
    ok(&mut world, HERE, enable, to("a"));
    pass(&mut world, 60);
    seen.push(ok(&mut world, HERE, describe, name()).to_string());
    expect![[r#"
        ValidationException: Invalid StreamArn: arn:aws:kinesis:us-east-1:000000000000:stream/a is no Kinesis data stream of the table's account and Region
        ResourceNotFoundException: Requested resource not found: Kinesis streaming destination arn:aws:kinesis:us-east-1:000000000000:stream/a of table sessions
        {"DestinationStatus":"ENABLING","EnableKinesisStreamingConfiguration":{"ApproximateCreationDateTimePrecision":"MICROSECOND"},"StreamArn":"arn:aws:kinesis:us-east-1:000000000000:stream/a","TableName":"sessions"}
        ValidationException: Table is not in a valid state to enable Kinesis Streaming Destination: KinesisStreamingDestination must be DISABLED or ENABLE_FAILED to perform ENABLE operation.
        LimitExceededException: Subscriber limit exceeded: A table has one Kinesis streaming destination, and sessions has arn:aws:kinesis:us-east-1:000000000000:stream/a
        ValidationException: Table is not in a valid state to disable Kinesis Streaming Destination: KinesisStreamingDestination must be ACTIVE to perform DISABLE operation.
        {"KinesisDataStreamDestinations":[{"ApproximateCreationDateTimePrecision":"MICROSECOND","DestinationStatus":"ACTIVE","StreamArn":"arn:aws:kinesis:us-east-1:000000000000:stream/a"}],"TableName":"sessions"}
        {"KinesisDataStreamDestinations":[],"TableName":"sessions"}
        ValidationException: Invalid Request: Precision is already set to the desired value of MICROSECOND
        ValidationException: 1 validation error detected: Value 'SECOND' at 'approximateCreationDateTimePrecision' failed to satisfy constraint: Member must satisfy enum value set: [MILLISECOND, MICROSECOND]
        {"DestinationStatus":"UPDATING","StreamArn":"arn:aws:kinesis:us-east-1:000000000000:stream/a","TableName":"sessions","UpdateKinesisStreamingConfiguration":{"ApproximateCreationDateTimePrecision":"MILLISECOND"}}
        {"DestinationStatus":"DISABLING","EnableKinesisStreamingConfiguration":{"ApproximateCreationDateTimePrecision":"MILLISECOND"},"StreamArn":"arn:aws:kinesis:us-east-1:000000000000:stream/a","TableName":"sessions"}
        {"KinesisDataStreamDestinations":[{"ApproximateCreationDateTimePrecision":"MILLISECOND","DestinationStatus":"DISABLED","StreamArn":"arn:aws:kinesis:us-east-1:000000000000:stream/a"},{"ApproximateCreationDateTimePrecision":"MICROSECOND","DestinationStatus":"ENABLE_FAILED","DestinationStatusDescription":"The Kinesis data stream does not exist","StreamArn":"arn:aws:kinesis:us-east-1:000000000000:stream/b"}],"TableName":"sessions"}
        {"KinesisDataStreamDestinations":[{"ApproximateCreationDateTimePrecision":"MICROSECOND","DestinationStatus":"ENABLE_FAILED","DestinationStatusDescription":"The Kinesis data stream does not exist","StreamArn":"arn:aws:kinesis:us-east-1:000000000000:stream/b"},{"ApproximateCreationDateTimePrecision":"MICROSECOND","DestinationStatus":"ACTIVE","StreamArn":"arn:aws:kinesis:us-east-1:000000000000:stream/a"}],"TableName":"sessions"}"#]].assert_eq(&seen.join("\n"));
}
