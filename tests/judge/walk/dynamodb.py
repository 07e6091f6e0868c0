"""Tables and global tables, and the items that a drill reads and writes (dynamodb.md)."""

import json

HERE, THERE = "us-east-1", "ap-south-1"
S = lambda text: {"S": text}  # noqa: E731


def walk(w):
    w.note = "dynamodb"
    service = "dynamodb"

    def call(operation, region=HERE, **p):
        return w.call(service, operation, region=region, **p)

    def refused(code, operation, region=HERE, **p):
        return w.refused(code, service, operation, region=region, **p)

    key = dict(KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
               AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}])
    stream = {"StreamEnabled": True, "StreamViewType": "NEW_AND_OLD_IMAGES"}

    # §1, §2: tables.
    made = call("create_table", TableName="walk", BillingMode="PAY_PER_REQUEST", StreamSpecification=stream, **key,
                Tags=[{"Key": "Project", "Value": "x"}])["TableDescription"]
    w.check(made["TableStatus"] == "CREATING", "a table is created for a while")
    arn = made["TableArn"]
    refused("ResourceInUseException", "create_table", TableName="walk", BillingMode="PAY_PER_REQUEST", **key)
    refused("ResourceInUseException", "update_table", TableName="walk", TableClass="STANDARD_INFREQUENT_ACCESS")
    refused("ResourceInUseException", "delete_table", TableName="walk")
    refused("ValidationException", "create_table", TableName="no", BillingMode="PAY_PER_REQUEST", **key)
    refused("ValidationException", "create_table", TableName="bad name", BillingMode="PAY_PER_REQUEST", **key)
    refused("ValidationException", "create_table", TableName="bad", **key)
    refused("ValidationException", "create_table", TableName="bad", BillingMode="PAY_PER_REQUEST", KeySchema=key["KeySchema"],
            AttributeDefinitions=[*key["AttributeDefinitions"], {"AttributeName": "extra", "AttributeType": "S"}])
    refused("ValidationException", "create_table", TableName="bad", BillingMode="PAY_PER_REQUEST", KeySchema=key["KeySchema"],
            AttributeDefinitions=[])
    refused("ValidationException", "create_table", TableName="bad", BillingMode="PAY_PER_REQUEST", **key,
            ProvisionedThroughput={"ReadCapacityUnits": 1, "WriteCapacityUnits": 1})
    w.later(60)
    call("describe_table", TableName="walk")
    call("describe_table", TableName=arn)
    refused("ResourceNotFoundException", "describe_table", TableName="nothing")
    refused("ResourceNotFoundException", "describe_table", region=THERE, TableName="walk")
    call("list_tables")
    call("describe_limits")
    call("describe_endpoints")

    full = call("create_table", TableName="full", BillingMode="PROVISIONED",
                ProvisionedThroughput={"ReadCapacityUnits": 5, "WriteCapacityUnits": 5},
                KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}, {"AttributeName": "at", "KeyType": "RANGE"}],
                AttributeDefinitions=[{"AttributeName": n, "AttributeType": "S"} for n in ("id", "at", "who", "what")],
                LocalSecondaryIndexes=[{"IndexName": "by-what", "KeySchema": [
                    {"AttributeName": "id", "KeyType": "HASH"}, {"AttributeName": "what", "KeyType": "RANGE"}],
                    "Projection": {"ProjectionType": "KEYS_ONLY"}}],
                GlobalSecondaryIndexes=[{"IndexName": "by-who", "KeySchema": [{"AttributeName": "who", "KeyType": "HASH"}],
                    "Projection": {"ProjectionType": "INCLUDE", "NonKeyAttributes": ["x", "y"]},
                    "ProvisionedThroughput": {"ReadCapacityUnits": 1, "WriteCapacityUnits": 1}}],
                SSESpecification={"Enabled": True, "SSEType": "KMS"}, TableClass="STANDARD", DeletionProtectionEnabled=True)
    w.check(full is not None, "a table with everything")
    w.later(120)
    call("describe_table", TableName="full")
    refused("ValidationException", "delete_table", TableName="full")
    one_at_a_time = dict(AttributeDefinitions=[{"AttributeName": n, "AttributeType": "S"} for n in ("id", "at", "who", "what", "new")])
    new_index = {"Create": {"IndexName": "by-new", "KeySchema": [{"AttributeName": "new", "KeyType": "HASH"}],
                 "Projection": {"ProjectionType": "ALL"}, "ProvisionedThroughput": {"ReadCapacityUnits": 1, "WriteCapacityUnits": 1}}}
    updates = [
        dict(ProvisionedThroughput={"ReadCapacityUnits": 6, "WriteCapacityUnits": 5}),
        dict(GlobalSecondaryIndexUpdates=[new_index], **one_at_a_time),
        dict(GlobalSecondaryIndexUpdates=[{"Update": {"IndexName": "by-new", "ProvisionedThroughput": {"ReadCapacityUnits": 2, "WriteCapacityUnits": 1}}}]),
        dict(GlobalSecondaryIndexUpdates=[{"Delete": {"IndexName": "by-new"}}]),
        dict(TableClass="STANDARD_INFREQUENT_ACCESS"),
        dict(StreamSpecification={"StreamEnabled": True, "StreamViewType": "KEYS_ONLY"}),
        dict(StreamSpecification={"StreamEnabled": False}),
        dict(SSESpecification={"Enabled": False}),
        dict(BillingMode="PAY_PER_REQUEST"),
        dict(OnDemandThroughput={"MaxReadRequestUnits": 100, "MaxWriteRequestUnits": 100}),
        dict(DeletionProtectionEnabled=False),
    ]
    for update in updates:
        answer = call("update_table", TableName="full", **update)
        if answer and answer["TableDescription"]["TableStatus"] == "UPDATING":
            refused("ResourceInUseException", "update_table", TableName="full", TableClass="STANDARD")
        w.later(1800)
        call("describe_table", TableName="full")
    refused("ValidationException", "update_table", TableName="full", StreamSpecification={"StreamEnabled": False})
    refused("ValidationException", "update_table", TableName="full")
    refused("ValidationException", "update_table", TableName="walk", StreamSpecification=stream)
    refused("ResourceNotFoundException", "update_table", TableName="nothing", BillingMode="PAY_PER_REQUEST")
    refused("ResourceNotFoundException", "update_table", TableName="full", GlobalSecondaryIndexUpdates=[{"Delete": {"IndexName": "nothing"}}])

    # Settings with calls of their own.
    call("describe_time_to_live", TableName="walk")
    call("update_time_to_live", TableName="walk", TimeToLiveSpecification={"Enabled": True, "AttributeName": "until"})
    refused("ValidationException", "update_time_to_live", TableName="walk", TimeToLiveSpecification={"Enabled": False, "AttributeName": "until"})
    refused("ResourceNotFoundException", "update_time_to_live", TableName="nothing", TimeToLiveSpecification={"Enabled": True, "AttributeName": "until"})
    refused("ResourceNotFoundException", "describe_time_to_live", TableName="nothing")
    # Contributor Insights, and what goes to Kinesis.
    call("update_contributor_insights", TableName="walk", ContributorInsightsAction="ENABLE",
         ContributorInsightsMode="THROTTLED_KEYS")
    refused("ResourceNotFoundException", "update_contributor_insights", TableName="nothing",
            ContributorInsightsAction="ENABLE")
    refused("ResourceNotFoundException", "update_contributor_insights", TableName="walk", IndexName="nothing",
            ContributorInsightsAction="ENABLE")
    refused("ValidationException", "update_contributor_insights", TableName="walk",
            ContributorInsightsAction="DISABLE", ContributorInsightsMode="THROTTLED_KEYS")
    w.later(60)
    seen = call("describe_contributor_insights", TableName="walk")
    w.check(seen["ContributorInsightsStatus"] == "ENABLED", "insights are enabled")
    refused("ResourceNotFoundException", "describe_contributor_insights", TableName="nothing")
    call("list_contributor_insights", TableName="walk")
    call("update_contributor_insights", TableName="walk", ContributorInsightsAction="DISABLE")
    kinesis = dict(TableName="walk", StreamArn=f"arn:aws:kinesis:{HERE}:{arn.split(':')[4]}:stream/walk")
    call("enable_kinesis_streaming_destination", **kinesis,
         EnableKinesisStreamingConfiguration={"ApproximateCreationDateTimePrecision": "MILLISECOND"})
    refused("ValidationException", "update_kinesis_streaming_destination", **kinesis,
            UpdateKinesisStreamingConfiguration={"ApproximateCreationDateTimePrecision": "MICROSECOND"})
    refused("ResourceNotFoundException", "enable_kinesis_streaming_destination", **{**kinesis, "TableName": "nothing"})
    w.later(60)
    (seen,) = call("describe_kinesis_streaming_destination", TableName="walk")["KinesisDataStreamDestinations"]
    w.check(seen["DestinationStatus"] == "ACTIVE", "a stream is active")
    call("update_kinesis_streaming_destination", **kinesis,
         UpdateKinesisStreamingConfiguration={"ApproximateCreationDateTimePrecision": "MICROSECOND"})
    w.later(60)
    call("disable_kinesis_streaming_destination", **kinesis)
    w.later(60)
    refused("ResourceNotFoundException", "describe_kinesis_streaming_destination", TableName="nothing")
    refused("ResourceNotFoundException", "disable_kinesis_streaming_destination", **{**kinesis, "TableName": "nothing"})

    call("describe_continuous_backups", TableName="walk")
    call("update_continuous_backups", TableName="walk", PointInTimeRecoverySpecification={"PointInTimeRecoveryEnabled": True, "RecoveryPeriodInDays": 7})
    refused("TableNotFoundException", "describe_continuous_backups", TableName="nothing")
    refused("TableNotFoundException", "update_continuous_backups", TableName="nothing", PointInTimeRecoverySpecification={"PointInTimeRecoveryEnabled": True})
    refused("ValidationException", "update_continuous_backups", TableName="walk",
            PointInTimeRecoverySpecification={"PointInTimeRecoveryEnabled": True, "RecoveryPeriodInDays": 99})
    policy = json.dumps({"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Principal": {"AWS": "000000000000"},
                         "Action": "dynamodb:GetItem", "Resource": arn}]})
    refused("PolicyNotFoundException", "get_resource_policy", ResourceArn=arn)
    revision = call("put_resource_policy", ResourceArn=arn, Policy=policy)["RevisionId"]
    w.later(60)
    call("get_resource_policy", ResourceArn=arn)
    refused("PolicyNotFoundException", "put_resource_policy", ResourceArn=arn, Policy=policy.replace("Allow", "Deny"), ExpectedRevisionId="1")
    refused("ResourceNotFoundException", "put_resource_policy", ResourceArn=arn[:-4] + "none", Policy=policy)
    refused("ValidationException", "put_resource_policy", ResourceArn=arn, Policy="{")
    call("delete_resource_policy", ResourceArn=arn, ExpectedRevisionId=revision)
    w.later(60)
    call("tag_resource", ResourceArn=arn, Tags=[{"Key": "More", "Value": "y"}])
    w.later(60)
    call("list_tags_of_resource", ResourceArn=arn)
    call("untag_resource", ResourceArn=arn, TagKeys=["More"])
    refused("ResourceNotFoundException", "tag_resource", ResourceArn=arn[:-4] + "none", Tags=[{"Key": "a", "Value": "b"}])
    refused("ResourceNotFoundException", "list_tags_of_resource", ResourceArn=arn[:-4] + "none")
    call("describe_contributor_insights", TableName="walk")
    call("describe_kinesis_streaming_destination", TableName="walk")

    # §3 replicas.
    created = call("update_table", TableName="walk", ReplicaUpdates=[{"Create": {"RegionName": THERE}}])
    w.check(created["TableDescription"]["TableStatus"] == "UPDATING", "a replica is made for a while")
    refused("ResourceInUseException", "update_table", TableName="walk", ReplicaUpdates=[{"Create": {"RegionName": "eu-west-1"}}])
    w.later(1800)
    replicas = call("describe_table", TableName="walk")["Table"]["Replicas"]
    w.check(any(r["RegionName"] == THERE and r["ReplicaStatus"] == "ACTIVE" for r in replicas), "the replica is active")
    call("describe_table", region=THERE, TableName="walk")
    refused("ValidationException", "update_table", TableName="walk", ReplicaUpdates=[{"Create": {"RegionName": THERE}}], says="already exist")
    refused("ValidationException", "update_table", TableName="walk", StreamSpecification={"StreamEnabled": False})
    call("update_table", TableName="walk", ReplicaUpdates=[{"Update": {"RegionName": THERE, "TableClassOverride": "STANDARD_INFREQUENT_ACCESS"}}])
    w.later(1800)
    there = arn.replace(HERE, THERE)
    call("tag_resource", region=THERE, ResourceArn=there, Tags=[{"Key": "Project", "Value": "x"}])
    call("update_continuous_backups", region=THERE, TableName="walk", PointInTimeRecoverySpecification={"PointInTimeRecoveryEnabled": True})
    call("update_table", region=THERE, TableName="walk", DeletionProtectionEnabled=True)
    w.later(600)
    refused("ValidationException", "delete_table", region=THERE, TableName="walk", says="protect")
    call("update_table", region=THERE, TableName="walk", DeletionProtectionEnabled=False)
    w.later(600)
    # That call is of the version of 2017.
    refused("GlobalTableNotFoundException", "describe_global_table_settings", GlobalTableName="walk")

    # Items, and what crosses.
    call("put_item", TableName="walk", Item={"id": S("a"), "n": {"N": "1"}, "list": {"L": [S("x"), {"BOOL": True}, {"NULL": True}]},
         "map": {"M": {"k": {"B": b"\x00\xff"}}}, "set": {"SS": ["p", "q"]}}, ReturnConsumedCapacity="TOTAL")
    w.later(30)
    crossed = call("get_item", region=THERE, TableName="walk", Key={"id": S("a")})
    w.check(crossed.get("Item", {}).get("n") == {"N": "1"}, "an item crosses")
    call("update_item", region=THERE, TableName="walk", Key={"id": S("a")}, UpdateExpression="SET #n = #n + :one REMOVE #l",
         ExpressionAttributeNames={"#n": "n", "#l": "list"}, ExpressionAttributeValues={":one": {"N": "1"}}, ReturnValues="ALL_NEW")
    w.later(30)
    back = call("get_item", TableName="walk", Key={"id": S("a")}, ConsistentRead=True)
    w.check(back.get("Item", {}).get("n") == {"N": "2"}, "and back")
    refused("ConditionalCheckFailedException", "put_item", TableName="walk", Item={"id": S("a")},
            ConditionExpression="attribute_not_exists(id)")
    refused("ResourceNotFoundException", "get_item", TableName="nothing", Key={"id": S("a")})
    refused("ValidationException", "put_item", TableName="walk", Item={"other": S("a")})
    refused("ValidationException", "get_item", TableName="walk", Key={"id": {"N": "1"}})
    refused("ValidationException", "update_item", TableName="walk", Key={"id": S("a")}, UpdateExpression="NONSENSE")
    call("batch_write_item", RequestItems={"walk": [{"PutRequest": {"Item": {"id": S("b")}}}, {"DeleteRequest": {"Key": {"id": S("z")}}}]})
    call("batch_get_item", RequestItems={"walk": {"Keys": [{"id": S("a")}, {"id": S("b")}]}})
    call("query", TableName="walk", KeyConditionExpression="id = :id", ExpressionAttributeValues={":id": S("a")})
    call("scan", TableName="walk", Limit=1)
    call("transact_write_items", TransactItems=[{"Put": {"TableName": "walk", "Item": {"id": S("c")}}}])
    refused("TransactionCanceledException", "transact_write_items", TransactItems=[
        {"Put": {"TableName": "walk", "Item": {"id": S("c")}, "ConditionExpression": "attribute_not_exists(id)"}}])
    call("transact_get_items", TransactItems=[{"Get": {"TableName": "walk", "Key": {"id": S("c")}}}])
    call("delete_item", TableName="walk", Key={"id": S("c")}, ReturnValues="ALL_OLD")

    # The end: replicas out, then the table.
    call("update_table", TableName="walk", ReplicaUpdates=[{"Delete": {"RegionName": THERE}}])
    w.later(1800)
    refused("ResourceNotFoundException", "describe_table", region=THERE, TableName="walk")
    refused("ValidationException", "update_table", TableName="walk", ReplicaUpdates=[{"Delete": {"RegionName": THERE}}])
    gone = call("delete_table", TableName="walk")
    w.check(gone["TableDescription"]["TableStatus"] == "DELETING", "a table is deleted for a while")
    call("delete_table", TableName="full")
    w.later(120)
    refused("ResourceNotFoundException", "delete_table", TableName="walk")

    # Strong consistency: three regions, one of them a witness.
    call("create_table", TableName="strong", BillingMode="PAY_PER_REQUEST", **key)
    w.later(60)
    call("update_table", TableName="strong", MultiRegionConsistency="STRONG",
         ReplicaUpdates=[{"Create": {"RegionName": "us-east-2"}}], GlobalTableWitnessUpdates=[{"Create": {"RegionName": "us-west-2"}}])
    w.later(3600)
    described = call("describe_table", TableName="strong")["Table"]
    w.check(described.get("MultiRegionConsistency") == "STRONG", "the table is strongly consistent")
    w.check(described.get("GlobalTableWitnesses", [{}])[0].get("WitnessStatus") == "ACTIVE", "its witness is active")
    refused("ValidationException", "update_table", TableName="strong", ReplicaUpdates=[{"Delete": {"RegionName": "us-east-2"}}])
    call("update_table", TableName="strong", ReplicaUpdates=[{"Delete": {"RegionName": "us-east-2"}}],
         GlobalTableWitnessUpdates=[{"Delete": {"RegionName": "us-west-2"}}])
    w.later(3600)
    call("delete_table", TableName="strong")
    w.later(120)
    refused("UnknownOperationException", "create_backup", TableName="x", BackupName="x")
