use bicoastal_model::resource::Check;
use bicoastal_model::{Region, Resource, Stack};
use expect_test::{Expect, expect};

use super::super::{
    Billing, Consistency, ContributorInsights, Encryption, GlobalIndex, InsightsMode, Key,
    KinesisDestination, LocalIndex, OnDemandThroughput, PointInTimeRecovery, Projection,
    ReplicaIndex, ReplicaInsights, ReplicaOverride, StreamView, Table, Units, WriteMode,
};
use super::{HERE, THERE, place};

fn sessions() -> Table {
    Table::builder()
        .name("user-sessions")
        .partition_key(Key::string("session_id"))
        .billing(Billing::OnDemand)
        .stream(StreamView::NewAndOldImages)
        .point_in_time_recovery(true)
        .writes(WriteMode::AnyRegion)
        .tags([("Project", "active-active")])
        .build()
}

fn check(table: &Table, regions: &[Region], expect: Expect) {
    let mut check = Check::new(place(regions));
    table.check(&mut check);
    expect.assert_eq(&check.errors().join("\n"));
}

fn index(name: &str) -> GlobalIndex {
    GlobalIndex::builder().name(name).partition_key(Key::string(name)).build()
}

#[test]
fn the_session_table_is_right() {
    check(&sessions(), &[HERE, THERE], expect![""]);
}

#[test]
fn a_table_is_its_own_json() {
    let table = Table {
        indexes: vec![
            GlobalIndex::builder()
                .name("by-user")
                .partition_key([Key::string("user"), Key::number("tenant")])
                .sort_key(Key::binary("at"))
                .projection(Projection::include(["b", "a"]))
                .build(),
        ],
        billing: Billing::provisioned(5, 5..=100),
        encryption: Some(Encryption::customer([(HERE, "arn:aws:kms:us-east-1:1:key/a")])),
        consistency: Some(Consistency::Strong { witness: Some(Region::UsWest2) }),
        replica_overrides: vec![ReplicaOverride::builder(THERE).deletion_protection(true).build()],
        ..sessions()
    };
    let value = serde_json::to_value(&table).unwrap();
    expect![[r#"
        {
          "billing": {
            "mode": "provisioned",
            "read": 5,
            "write": "5..100"
          },
          "consistency": {
            "mode": "strong",
            "witness": "us-west-2"
          },
          "encryption": {
            "key": "customer",
            "keys": {
              "us-east-1": "arn:aws:kms:us-east-1:1:key/a"
            }
          },
          "indexes": [
            {
              "name": "by-user",
              "partition_key": [
                {
                  "name": "user",
                  "type": "S"
                },
                {
                  "name": "tenant",
                  "type": "N"
                }
              ],
              "projection": {
                "attributes": [
                  "b",
                  "a"
                ],
                "type": "include"
              },
              "sort_key": [
                {
                  "name": "at",
                  "type": "B"
                }
              ]
            }
          ],
          "name": "user-sessions",
          "partition_key": {
            "name": "session_id",
            "type": "S"
          },
          "point_in_time_recovery": {
            "enabled": true
          },
          "replica_overrides": [
            {
              "deletion_protection": true,
              "region": "ap-south-1"
            }
          ],
          "stream": "new_and_old_images",
          "tags": {
            "Project": "active-active"
          },
          "writes": "any_region"
        }
    "#]]
    .assert_eq(&format!("{value:#}\n"));
    let again: Table = serde_json::from_value(value.clone()).unwrap();
    assert_eq!(serde_json::to_value(&again).unwrap(), value);
}

#[test]
fn replication_needs_its_stream() {
    check(
        &Table { stream: None, ..sessions() },
        &[HERE, THERE],
        expect!["a table with replicas needs a stream with new and old images"],
    );
    let keys = Table { stream: Some(StreamView::KeysOnly), ..sessions() };
    check(
        &keys,
        &[HERE, THERE],
        expect!["a table with replicas needs a stream with new and old images"],
    );
}

#[test]
fn names_and_keys_follow_the_rules() {
    let bad = Table {
        name: "a b".into(),
        sort_key: Some(Key::number("session_id")),
        time_to_live: Some("session_id".into()),
        tags: [("aws:x".to_owned(), String::new())].into(),
        ..sessions()
    };
    check(
        &bad,
        &[HERE, THERE],
        expect![[r#"
        the table's name 'a b' is not 3 to 255 of [a-zA-Z0-9_.-]
        the key attribute 'session_id' has two types
        the sort key is the partition key
        time to live can't use the key attribute 'session_id'
        the tag 'aws:x' has the prefix 'aws:', which is AWS's own"#]],
    );
}

#[test]
fn indexes_follow_the_rules() {
    let local = |name: &str| LocalIndex::builder().name(name).sort_key(Key::string("at")).build();
    let bad = Table {
        indexes: vec![
            index("user"),
            index("user"),
            GlobalIndex { partition_key: Vec::new().into(), ..index("none") },
            GlobalIndex { sort_key: Key::string("twice").into(), ..index("twice") },
            GlobalIndex { projection: Projection::include([""; 0]), ..index("empty") },
            GlobalIndex {
                projection: Projection::include((0..101).map(|n| n.to_string())),
                ..index("wide")
            },
            GlobalIndex { read: Some(5.into()), ..index("units") },
        ],
        local_indexes: (0..6).map(|n| local(&format!("local-{n}"))).collect(),
        ..sessions()
    };
    check(
        &bad,
        &[HERE, THERE],
        expect![[r#"
        it has 6 local indexes of at most 5
        a table with local indexes needs a sort key
        two indexes are named 'user'
        index 'empty' includes attributes and names none
        indexes include 101 attributes together, of at most 100
        index 'none' has 0 partition and 0 sort attributes; it can have 1 to 4, and 0 to 4
        index 'twice' has an attribute twice in its key
        index 'units' has capacity units, and the table is paid by request"#]],
    );
}

#[test]
fn capacity_follows_the_rules() {
    let fixed = Table { billing: Billing::provisioned(5, 5), ..sessions() };
    check(
        &fixed,
        &[HERE, THERE],
        expect![
            "the writes of a table with replicas must be scaled automatically or be paid by request"
        ],
    );
    let empty = Table { billing: Billing::provisioned(0, Units { min: 9, max: 3 }), ..sessions() };
    check(
        &empty,
        &[HERE, THERE],
        expect![[r#"
        0..0 is no range of at least 1 unit
        9..3 is no range of at least 1 unit"#]],
    );
    check(
        &Table { billing: Billing::provisioned(5, 5..=100), ..sessions() },
        &[HERE, THERE],
        expect![""],
    );
}

#[test]
fn each_region_has_a_key_of_its_own() {
    let key = |region: Region| format!("arn:aws:kms:{region}:000000000000:key/1");
    let keys = |list: &[(Region, String)]| Table {
        encryption: Some(Encryption::customer(
            list.iter().map(|(region, key)| (*region, key.as_str())),
        )),
        ..sessions()
    };
    check(&keys(&[(HERE, key(HERE)), (THERE, key(THERE))]), &[HERE, THERE], expect![""]);
    check(
        &keys(&[(HERE, key(HERE))]),
        &[HERE, THERE],
        expect!["it is encrypted with a key of each region, and ap-south-1 has none"],
    );
    check(
        &keys(&[(HERE, key(HERE)), (THERE, key(HERE))]),
        &[HERE, THERE],
        expect![
            "the key of ap-south-1 is 'arn:aws:kms:us-east-1:000000000000:key/1', which is not the ARN of a key there"
        ],
    );
}

#[test]
fn strong_consistency_has_three_regions_of_one_set() {
    let strong = |witness: Option<Region>| Table {
        consistency: Some(Consistency::Strong { witness }),
        stream: None,
        ..sessions()
    };
    let three = [Region::EuWest1, Region::EuWest2, Region::EuCentral1];
    check(&strong(None), &three, expect![""]);
    check(&strong(Some(Region::UsWest2)), &[Region::UsEast1, Region::UsEast2], expect![""]);
    check(
        &strong(None),
        &[HERE, THERE],
        expect!["strong consistency takes exactly three regions; it has 2 replicas"],
    );
    check(
        &strong(Some(Region::EuWest1)),
        &[Region::UsEast1, Region::UsEast2],
        expect!["the three regions of strong consistency are not of one set"],
    );
    let more = Table { time_to_live: Some("expires".into()), ..strong(None) };
    check(&more, &three, expect!["strong consistency has no time to live"]);
}

#[test]
fn what_single_replicas_have_is_of_regions_that_there_are() {
    let bad = Table {
        replica_overrides: vec![
            ReplicaOverride::builder(THERE).build(),
            ReplicaOverride::builder(THERE)
                .point_in_time_recovery(PointInTimeRecovery::days(40))
                .build(),
            ReplicaOverride::builder(Region::EuWest1).build(),
        ],
        ..sessions()
    };
    check(
        &bad,
        &[HERE, THERE],
        expect![[r#"
        it has two replica override entries for ap-south-1
        it has a replica override for eu-west-1, where it has no replica
        point-in-time recovery goes back 1 to 35 days, not 40"#]],
    );
}

#[test]
fn reads_of_single_replicas_and_indexes_fit_how_it_is_paid_for() {
    let own = |region: Region| {
        ReplicaOverride::builder(region)
            .read(0)
            .max_read(0)
            .indexes([
                ReplicaIndex::builder("user").read(Units { min: 9, max: 3 }).max_read(-2).build(),
                ReplicaIndex::builder("user").build(),
                ReplicaIndex::builder("gone").build(),
            ])
            .build()
    };
    let ceilings = OnDemandThroughput::builder().max_read(-2).build();
    let on_demand = Table {
        indexes: vec![GlobalIndex { on_demand_throughput: Some(ceilings), ..index("user") }],
        replica_overrides: vec![own(THERE)],
        ..sessions()
    };
    check(
        &on_demand,
        &[HERE, THERE],
        expect![[r#"
        a ceiling of -2 requests is neither at least 1 nor -1 for none
        the override of ap-south-1 has index 'user' twice
        the override of ap-south-1 is of index 'gone', which it has not
        ap-south-1 has read units, and the table is paid by request
        0..0 is no range of at least 1 unit
        a ceiling of 0 requests is neither at least 1 nor -1 for none
        ap-south-1 has read units of index 'user', and the table is paid by request
        9..3 is no range of at least 1 unit
        a ceiling of -2 requests is neither at least 1 nor -1 for none
        ap-south-1 has read units of index 'user', and the table is paid by request
        9..3 is no range of at least 1 unit
        a ceiling of -2 requests is neither at least 1 nor -1 for none"#]],
    );
    let provisioned = Table { billing: Billing::provisioned(5, 5..=100), ..on_demand };
    check(
        &provisioned,
        &[HERE, THERE],
        expect![[r#"
        index 'user' has ceilings of requests, and the table is provisioned
        a ceiling of -2 requests is neither at least 1 nor -1 for none
        the override of ap-south-1 has index 'user' twice
        the override of ap-south-1 is of index 'gone', which it has not
        0..0 is no range of at least 1 unit
        ap-south-1 has a ceiling of reads, and the table is provisioned
        a ceiling of 0 requests is neither at least 1 nor -1 for none
        9..3 is no range of at least 1 unit
        ap-south-1 has a ceiling of reads of index 'user', and the table is provisioned
        a ceiling of -2 requests is neither at least 1 nor -1 for none
        9..3 is no range of at least 1 unit
        ap-south-1 has a ceiling of reads of index 'user', and the table is provisioned
        a ceiling of -2 requests is neither at least 1 nor -1 for none"#]],
    );
    let right = Table {
        indexes: vec![index("user")],
        replica_overrides: vec![
            ReplicaOverride::builder(THERE)
                .read(5..=50)
                .indexes([ReplicaIndex::builder("user").read(7).build()])
                .build(),
        ],
        billing: Billing::provisioned(5, 5..=100),
        ..sessions()
    };
    check(&right, &[HERE, THERE], expect![""]);
    let right = Table {
        replica_overrides: vec![
            ReplicaOverride::builder(THERE)
                .max_read(-1)
                .indexes([ReplicaIndex::builder("user").max_read(7).build()])
                .build(),
        ],
        billing: Billing::OnDemand,
        ..right
    };
    check(&right, &[HERE, THERE], expect![""]);
}

#[test]
fn insights_are_of_indexes_and_replicas_that_there_are() {
    let of = |replica: Region, name: &str| Table {
        indexes: vec![index("user")],
        contributor_insights: Some(
            ContributorInsights::builder()
                .table(InsightsMode::ThrottledKeys)
                .indexes([(name, InsightsMode::Off)])
                .replicas([ReplicaInsights::builder(replica)
                    .indexes([(name, InsightsMode::AccessedAndThrottledKeys)])
                    .build()])
                .build(),
        ),
        ..sessions()
    };
    check(&of(THERE, "user"), &[HERE, THERE], expect![""]);
    check(
        &of(Region::EuWest1, "gone"),
        &[HERE, THERE],
        expect![[r#"
        it has a replica insights for eu-west-1, where it has no replica
        Contributor Insights is declared for the global index 'gone', which it has not"#]],
    );
}

#[test]
fn changes_go_to_one_stream_of_each_region() {
    let arn = |region: Region| format!("arn:aws:kinesis:{region}:000000000000:stream/changes");
    let to = |to: &[(Region, String)]| Table {
        kinesis_destinations: to
            .iter()
            .map(|(region, arn)| KinesisDestination::new(*region, arn.as_str()))
            .collect(),
        ..sessions()
    };
    check(&to(&[(HERE, arn(HERE)), (THERE, arn(THERE))]), &[HERE, THERE], expect![""]);
    let third = Region::EuWest1;
    check(
        &to(&[
            (HERE, arn(THERE)),
            (HERE, arn(HERE)),
            (THERE, "changes".to_owned()),
            (third, arn(third)),
        ]),
        &[HERE, THERE],
        expect![[r#"
            it has two replica stream entries for us-east-1
            it has a replica stream for eu-west-1, where it has no replica
            the changes of us-east-1 go to 'arn:aws:kinesis:ap-south-1:000000000000:stream/changes', which is not the ARN of a Kinesis data stream there
            the changes of ap-south-1 go to 'changes', which is not the ARN of a Kinesis data stream there"#]],
    );
}

#[test]
fn one_table_has_one_owner() {
    let regions = bicoastal_model::ActiveRegions::new(HERE, THERE);
    let mut stack = Stack::new("test");
    stack.across(&regions).add("one", sessions());
    stack.across(&regions).add("two", sessions());
    let found = stack.seal().unwrap_err();
    let messages: Vec<String> = found
        .0
        .iter()
        .map(|it| it.message.split("declared at").next().unwrap_or_default().to_owned())
        .collect();
    expect!["is the second table named 'user-sessions'; the first one is "]
        .assert_eq(&messages.join("\n"));
}
