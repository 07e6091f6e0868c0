use std::collections::BTreeSet;

use aws_sdk_dynamodb::types::{
    AttributeDefinition, KeySchemaElement, KeyType, ProvisionedThroughputDescription,
    ReplicaDescription, ReplicaStatus, ScalarAttributeType, SseDescription, TableDescription,
    TableStatus,
};
use bicoastal_model::diff::diff;
use bicoastal_model::{Ownership, Region, Resource};
use expect_test::expect;
use serde_json::json;

use super::super::look::{Look, Member};
use super::super::snapshot::snapshot;
use super::super::{PointInTimeRecovery, Table};
use super::{HERE, THERE, props, target};

/// What AWS answers for a provisioned table without anything that was ever set.
fn description(region: Region, peers: &[(Region, ReplicaStatus)]) -> TableDescription {
    let units = ProvisionedThroughputDescription::builder()
        .read_capacity_units(20)
        .write_capacity_units(7)
        .build();
    let replicas = peers.iter().map(|(peer, status)| {
        ReplicaDescription::builder()
            .region_name(peer.code())
            .replica_status(status.clone())
            .replica_arn(format!("arn:aws:dynamodb:{peer}:1:table/user-sessions"))
            .build()
    });
    TableDescription::builder()
        .table_name("user-sessions")
        .table_arn(format!("arn:aws:dynamodb:{region}:1:table/user-sessions"))
        .table_status(TableStatus::Active)
        .attribute_definitions(
            AttributeDefinition::builder()
                .attribute_name("session_id")
                .attribute_type(ScalarAttributeType::S)
                .build()
                .unwrap(),
        )
        .key_schema(
            KeySchemaElement::builder()
                .attribute_name("session_id")
                .key_type(KeyType::Hash)
                .build()
                .unwrap(),
        )
        .provisioned_throughput(units)
        .set_replicas(Some(replicas.collect()))
        .build()
}

fn member(description: TableDescription) -> Member {
    Member::bare(description)
}

fn look(members: Vec<(Region, Member)>) -> Look {
    Look {
        home: HERE,
        members: members.into_iter().collect(),
        standalone: BTreeSet::new(),
        unseen: BTreeSet::new(),
        time_to_live: None,
    }
}

fn pair() -> Vec<(Region, Member)> {
    let active = ReplicaStatus::Active;
    vec![
        (HERE, member(description(HERE, &[(THERE, active.clone())]))),
        (THERE, member(description(THERE, &[(HERE, active)]))),
    ]
}

#[test]
fn a_plain_table_says_its_defaults() {
    let target = target(&props(json!({
        "billing": { "mode": "provisioned", "read": "5..100", "write": "10..100" },
    })));
    let snapshot = snapshot(&target, &look(pair())).unwrap();
    expect![[r#"
        {
          "billing": {
            "mode": "provisioned",
            "read": "5..100",
            "write": 7
          },
          "consistency": {
            "mode": "eventual"
          },
          "deletion_protection": false,
          "encryption": {
            "key": "aws_owned"
          },
          "indexes": [],
          "local_indexes": [],
          "name": "user-sessions",
          "partition_key": {
            "name": "session_id",
            "type": "S"
          },
          "regions": [
            "ap-south-1",
            "us-east-1"
          ],
          "table_class": "standard",
          "tags": {},
          "warm_throughput": {
            "read": 0,
            "write": 0
          }
        }
    "#]]
    .assert_eq(&format!("{:#}\n", snapshot.props));
    expect!["Ready"].assert_eq(&format!("{:?}", snapshot.status));
}

#[test]
fn what_was_never_mentioned_is_no_difference() {
    let wanted = props(json!({ "billing": { "mode": "provisioned", "read": 20, "write": 7 } }));
    let mut wanted = wanted;
    wanted.as_object_mut().unwrap().remove("stream");
    let snapshot = snapshot(&target(&wanted), &look(pair())).unwrap();
    let difference = diff(Table::SCHEMA, &wanted, Some(&wanted), Some(&snapshot.props));
    assert_eq!((difference.changes, difference.extras), (vec![], vec![]));
}

#[test]
fn the_managed_key_is_a_kind_and_not_an_arn() {
    let mut members = pair();
    for (region, member) in &mut members {
        let key = format!("arn:aws:kms:{region}:1:key/x");
        let sse = SseDescription::builder().kms_master_key_arn(key).build();
        member.description.sse_description = Some(sse);
    }
    let target = target(&props(json!({ "encryption": { "key": "aws_managed" } })));
    let of = |members: Vec<(Region, Member)>| {
        snapshot(&target, &look(members)).unwrap().props["encryption"].to_string()
    };
    let mut customer = members.clone();
    for (_, member) in &mut customer {
        member.managed_key = false;
    }
    expect![[r#"
        {"key":"aws_managed"}
        {"key":"customer","keys":{"ap-south-1":"arn:aws:kms:ap-south-1:1:key/x","us-east-1":"arn:aws:kms:us-east-1:1:key/x"}}"#]].assert_eq(&format!("{}\n{}", of(members), of(customer)));
}

#[test]
fn replicas_that_differ_are_shown_each() {
    let mut members = pair();
    members[0].1.recovery = Some(PointInTimeRecovery::days(35));
    members[1].1.recovery = Some(false.into());
    members[0].1.tags = [("Project".to_owned(), "a".to_owned())].into();
    members[1].1.description.deletion_protection_enabled = Some(true);
    let target = target(&props(json!({ "point_in_time_recovery": { "enabled": true } })));
    let props = snapshot(&target, &look(members)).unwrap().props;
    expect![[r#"
        {"enabled":{"ap-south-1":false,"us-east-1":true}}
        {"Project":"ap-south-1: (none), us-east-1: a"}
        {"ap-south-1":true,"us-east-1":false}"#]]
    .assert_eq(&format!(
        "{}\n{}\n{}",
        props["point_in_time_recovery"], props["tags"], props["deletion_protection"]
    ));
}

#[test]
fn one_marked_member_makes_the_group_ours() {
    let target = target(&props(json!({})));
    let mut members = pair();
    members[1].1.tags = target.tags.clone();
    assert_eq!(snapshot(&target, &look(members.clone())).unwrap().ownership, Ownership::Ours);
    members[1].1.tags = [("bicoastal:lineage".to_owned(), "two".to_owned())].into();
    let foreign = snapshot(&target, &look(members)).unwrap().ownership;
    assert!(matches!(foreign, Ownership::Foreign(_)));
    assert_eq!(snapshot(&target, &look(pair())).unwrap().ownership, Ownership::Unmarked);
}

#[test]
fn states_that_pass_are_waited_for_and_others_are_told() {
    let target = target(&props(json!({})));
    let mut seen = Vec::new();
    for status in
        [ReplicaStatus::Creating, ReplicaStatus::RegionDisabled, ReplicaStatus::CreationFailed]
    {
        let member = member(description(HERE, &[(THERE, status)]));
        let snapshot = snapshot(&target, &look(vec![(HERE, member)])).unwrap();
        let faults = snapshot.facts.get("faults").cloned().unwrap_or_default();
        seen.push(format!("{:?} {faults} {}", snapshot.status, snapshot.props["regions"]));
    }
    expect![[r#"
        Busy("replica ap-south-1 CREATING") null ["ap-south-1","us-east-1"]
        Ready {"ap-south-1":"REGION_DISABLED"} ["ap-south-1","us-east-1"]
        Ready {"ap-south-1":"CREATION_FAILED"} ["ap-south-1","us-east-1"]"#]]
    .assert_eq(&seen.join("\n"));
}
