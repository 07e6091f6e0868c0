use std::collections::BTreeMap;

use bicoastal_model::{Goal, Ownership, Region, Snapshot, Status};
use expect_test::{Expect, expect};
use serde_json::{Value, json};

use super::super::facts::{CapacityFacts, Facts, MemberFacts, Throughput};
use super::super::insights::{InsightsFacts, InsightsMode};
use super::super::kinesis::{DestinationFacts, TimestampPrecision};
use super::super::step::step;
use super::super::{StreamView, Table, TableCall};
use super::{HERE, THERE, props, target};
use crate::kind::{Next, Turn};

/// A table with both replicas, as [`props`] has it.
fn facts() -> Facts {
    let member = |region: Region, created: i64| MemberFacts {
        arn: format!("arn:aws:dynamodb:{region}:1:table/user-sessions"),
        created,
        key: "aws_owned".into(),
        ..MemberFacts::default()
    };
    Facts {
        members: [(HERE, member(HERE, 1)), (THERE, member(THERE, 2))].into(),
        group: [HERE, THERE].into(),
        capacity: CapacityFacts { on_demand: true, warm_read: 12_000, warm_write: 4_000 },
        stream: Some(StreamView::NewAndOldImages),
        ..Facts::default()
    }
}

fn seen(props: Value, facts: Facts) -> Snapshot {
    let mut props = props;
    props["regions"] = json!(facts.group);
    Snapshot {
        physical: "user-sessions".into(),
        props,
        outputs: BTreeMap::new(),
        status: Status::Ready,
        ownership: Ownership::Ours,
        children: Vec::new(),
        facts: facts.into_map(),
    }
}

fn shown(next: Next<TableCall>) -> String {
    match next {
        Next::Call(TableCall::Create { region, table }) => {
            format!("create {} in {region}", table.name.as_str())
        }
        Next::Call(call) => format!("{call:?}"),
        Next::Wait { what, poll, patience } => {
            format!("wait for {what}: every {} s, at most {} s", poll.as_secs(), patience.as_secs())
        }
        Next::Done => "done".into(),
        Next::Refuse { message, hint } => format!("refuse: {message}\n  hint: {hint}"),
    }
}

fn present(wanted: Value, applied: Option<Value>, seen: Option<Snapshot>, expect: Expect) {
    let target = target(applied.as_ref().unwrap_or(&wanted));
    let goal = Goal::Present { wanted, applied };
    let turn: Turn<'_, Table> = Turn::new(&target, &goal, seen.as_ref()).unwrap();
    expect.assert_eq(&shown(step(&turn)));
}

fn absent(seen: Option<Snapshot>, lift_guards: bool, expect: Expect) {
    let target = target(&props(json!({})));
    let goal = Goal::Absent { applied: props(json!({})), lift_guards };
    let turn: Turn<'_, Table> = Turn::new(&target, &goal, seen.as_ref()).unwrap();
    expect.assert_eq(&shown(step(&turn)));
}

#[test]
fn nothing_there_is_made_in_the_first_region() {
    present(props(json!({})), None, None, expect!["create user-sessions in ap-south-1"]);
}

#[test]
fn what_is_as_wanted_is_left_alone() {
    let same = props(json!({}));
    present(same.clone(), Some(same.clone()), Some(seen(same, facts())), expect!["done"]);
}

#[test]
fn nothing_is_changed_while_aws_is_at_work() {
    let same = props(json!({}));
    for (word, expect) in [
        (
            "replica eu-west-1 CREATING 40 %",
            expect!["wait for replica eu-west-1 CREATING 40 %: every 15 s, at most 3600 s"],
        ),
        (
            "index by-user CREATING in us-east-1",
            expect!["wait for index by-user CREATING in us-east-1: every 15 s, at most 21600 s"],
        ),
        (
            "table UPDATING in us-east-1",
            expect!["wait for table UPDATING in us-east-1: every 5 s, at most 3600 s"],
        ),
    ] {
        let mut busy = seen(same.clone(), facts());
        busy.status = Status::Busy(word.into());
        present(same.clone(), Some(same.clone()), Some(busy.clone()), expect);
    }
}

#[test]
fn replicas_go_before_settings_change_and_come_after() {
    let applied = props(json!({ "regions": ["ap-south-1", "us-east-1"] }));
    let both = json!({ "regions": ["eu-west-1", "us-east-1"], "tags": { "a": "1" } });
    let wanted = props(both);
    present(
        wanted.clone(),
        Some(applied.clone()),
        Some(seen(applied.clone(), facts())),
        expect!["Update { via: UsEast1, change: DeleteReplica(ApSouth1) }"],
    );
    let mut left = facts();
    left.members.remove(&THERE);
    left.group.remove(&THERE);
    present(
        wanted.clone(),
        Some(applied.clone()),
        Some(seen(applied.clone(), left.clone())),
        expect![
            "Update { via: UsEast1, change: CreateReplica { region: EuWest1, key: None, class: None, reads: ReplicaReads { read: None, max_read: None, indexes: [] } } }"
        ],
    );
    let third = Region::EuWest1;
    let member = left.members[&HERE].clone();
    left.members.insert(third, MemberFacts { arn: "arn-of-eu-west-1".into(), ..member });
    left.group.insert(third);
    present(
        wanted,
        Some(applied.clone()),
        Some(seen(applied, left)),
        expect![[r#"Tag { region: EuWest1, arn: "arn-of-eu-west-1", tags: {"a": "1"} }"#]],
    );
}

#[test]
fn a_replica_of_others_is_never_removed() {
    let same = props(json!({}));
    let mut more = facts();
    more.group.insert(Region::EuWest1);
    present(same.clone(), Some(same.clone()), Some(seen(same, more)), expect!["done"]);
}

#[test]
fn a_protected_replica_stays_until_it_is_not() {
    let applied = props(json!({ "deletion_protection": true }));
    let wanted = props(json!({ "deletion_protection": true, "regions": ["us-east-1"] }));
    let mut protected = facts();
    for member in protected.members.values_mut() {
        member.deletion_protection = true;
    }
    let there = Some(seen(applied.clone(), protected));
    present(
        wanted,
        Some(applied.clone()),
        there.clone(),
        expect![[r#"
        refuse: the replica in ap-south-1 is protected against deletion
          hint: switch deletion_protection off in the program, apply, then take the region out"#]],
    );
    let wanted = props(json!({ "deletion_protection": false, "regions": ["us-east-1"] }));
    present(
        wanted,
        Some(applied),
        there,
        expect!["Update { via: ApSouth1, change: Protection(false) }"],
    );
}

#[test]
fn settings_change_one_kind_at_a_time() {
    let applied = props(json!({}));
    let there = || Some(seen(applied.clone(), facts()));
    for (more, expect) in [
        (
            json!({ "table_class": "standard_infrequent_access" }),
            expect!["Update { via: ApSouth1, change: Class(StandardInfrequentAccess) }"],
        ),
        (
            json!({ "encryption": { "key": "aws_managed" } }),
            expect![
                "Update { via: ApSouth1, change: Encryption { encryption: AwsManaged, peers: [UsEast1] } }"
            ],
        ),
        (
            json!({ "encryption": { "key": "customer", "keys": {
                "us-east-1": "arn:1", "ap-south-1": "arn:2",
            } } }),
            expect![[
                r#"Update { via: ApSouth1, change: Encryption { encryption: Customer { keys: {ApSouth1: "arn:2", UsEast1: "arn:1"} }, peers: [UsEast1] } }"#
            ]],
        ),
        (
            json!({ "warm_throughput": { "read": 13_000, "write": 4_000 } }),
            expect![
                "Update { via: ApSouth1, change: Warm(WarmThroughput { read: Some(13000), write: None }) }"
            ],
        ),
        (json!({ "warm_throughput": { "read": 100 } }), expect!["done"]),
        (
            json!({ "on_demand_throughput": { "max_read": 10 } }),
            expect![
                "Update { via: ApSouth1, change: Ceilings { table: Some(OnDemandThroughput { max_read: Some(10), max_write: None }), indexes: [] } }"
            ],
        ),
        (
            json!({ "billing": { "mode": "provisioned", "read": 5, "write": "6..100" } }),
            expect![
                "Update { via: ApSouth1, change: Throughput { on_demand: Some(false), units: Some((5, 6)), indexes: [] } }"
            ],
        ),
        (
            json!({ "indexes": [{
                "name": "by-user",
                "partition_key": [{ "name": "user", "type": "S" }],
                "projection": { "type": "keys_only" },
            }] }),
            expect![[
                r#"Update { via: ApSouth1, change: CreateIndex { index: GlobalIndex { name: "by-user", partition_key: Keys([Key { name: "user", kind: S }]), sort_key: Keys([]), projection: KeysOnly, read: None, write: None, on_demand_throughput: None }, definitions: [Key { name: "session_id", kind: S }, Key { name: "user", kind: S }], units: None } }"#
            ]],
        ),
        (
            json!({ "stream": "keys_only" }),
            expect![[r#"
            refuse: the stream of a table with replicas can't be turned off: replication needs it
              hint: declare the stream with new and old images"#]],
        ),
        (
            json!({ "partition_key": { "name": "other", "type": "S" } }),
            expect![[r#"
            refuse: partition_key of table 'user-sessions' is fixed when it is made
              hint: plan again: another one needs a new table"#]],
        ),
    ] {
        present(props(more), Some(applied.clone()), there(), expect);
    }
}

#[test]
fn time_to_live_goes_off_before_it_goes_elsewhere() {
    let applied = props(json!({ "time_to_live": "expires" }));
    let wanted = props(json!({ "time_to_live": "gone" }));
    for (status, attribute, expect) in [
        (
            "ENABLED",
            Some("expires"),
            expect![[r#"TimeToLive { via: ApSouth1, attribute: "expires", enabled: false }"#]],
        ),
        (
            "DISABLING",
            Some("expires"),
            expect!["wait for time to live DISABLING: every 60 s, at most 7200 s"],
        ),
        (
            "DISABLED",
            None,
            expect![[r#"TimeToLive { via: ApSouth1, attribute: "gone", enabled: true }"#]],
        ),
        ("ENABLING", Some("gone"), expect!["done"]),
    ] {
        let mut facts = facts();
        facts.time_to_live = Some((status.into(), attribute.map(str::to_owned)));
        present(wanted.clone(), Some(applied.clone()), Some(seen(applied.clone(), facts)), expect);
    }
}

#[test]
fn what_can_not_be_done_is_said_when_the_rest_is_done() {
    let same = props(json!({}));
    let mut gone = facts();
    gone.faults.insert(THERE, "REGION_DISABLED".into());
    present(
        same.clone(),
        Some(same.clone()),
        Some(seen(same.clone(), gone)),
        expect![[r#"
        refuse: the replica in ap-south-1 is REGION_DISABLED
          hint: DynamoDB drops a replica that it can't reach for 20 hours and keeps its table: mend the region or its key before that, or take the region out of the program"#]],
    );

    let mut clash = facts();
    clash.group.remove(&THERE);
    clash.members.remove(&THERE);
    clash.standalone.insert(THERE);
    present(
        same.clone(),
        Some(same.clone()),
        Some(seen(same.clone(), clash.clone())),
        expect![[r#"
        refuse: ap-south-1 has a table named 'user-sessions' that is no replica of this one
          hint: delete or rename that table, or take ap-south-1 out of this table's regions"#]],
    );

    clash.standalone.clear();
    clash.unseen.insert(THERE);
    present(
        same.clone(),
        Some(same.clone()),
        Some(seen(same, clash)),
        expect![[r#"
        refuse: ap-south-1 does not answer, so the table gets no replica there
          hint: run again when ap-south-1 is back"#]],
    );
}

#[test]
fn the_replica_that_others_were_copied_from_goes_last() {
    let same = props(json!({}));
    absent(
        Some(seen(same.clone(), facts())),
        false,
        expect!["Update { via: UsEast1, change: DeleteReplica(ApSouth1) }"],
    );
    let mut one = facts();
    one.group.remove(&THERE);
    one.members.remove(&THERE);
    absent(Some(seen(same.clone(), one)), false, expect!["Delete { region: UsEast1 }"]);
    absent(None, false, expect!["done"]);

    let mut protected = facts();
    if let Some(member) = protected.members.get_mut(&THERE) {
        member.deletion_protection = true;
    }
    absent(
        Some(seen(same.clone(), protected.clone())),
        false,
        expect![[r#"
        refuse: the table 'user-sessions' is protected against deletion in ap-south-1
          hint: --unprotect sessions lifts deletion_protection and deletes it"#]],
    );
    absent(
        Some(seen(same.clone(), protected)),
        true,
        expect!["Update { via: ApSouth1, change: Protection(false) }"],
    );

    let mut strong = facts();
    strong.strong = true;
    strong.witness = Some(Region::UsWest2);
    absent(
        Some(seen(same.clone(), strong)),
        false,
        expect![
            "Update { via: UsEast1, change: DeleteStrong { replicas: [ApSouth1], witness: Some(UsWest2) } }"
        ],
    );
}

/// The most reads of each replica, and whether they are its own.
fn most(here: (i64, bool), there: (i64, bool)) -> Facts {
    let mut facts = facts();
    for (region, (max_read, own_reads)) in [(HERE, here), (THERE, there)] {
        let throughput =
            Throughput { max_read: Some(max_read), own_reads, ..Throughput::default() };
        facts.members.get_mut(&region).unwrap().throughput = throughput;
    }
    facts
}

#[test]
fn reads_are_changed_for_all_through_one_that_shares_them() {
    let wanted = props(json!({ "on_demand_throughput": { "max_read": 9 } }));
    // As the cloud is read: a value of each region where they differ.
    let seen = |facts: Facts| {
        let shown = props(json!({ "on_demand_throughput": { "max_read": "differs" } }));
        Some(seen(shown, facts))
    };
    for (facts, expect) in [
        (
            most((5, false), (5, false)),
            expect![
                "Update { via: ApSouth1, change: Ceilings { table: Some(OnDemandThroughput { max_read: Some(9), max_write: None }), indexes: [] } }"
            ],
        ),
        // The first one's are its own: it would change itself alone.
        (
            most((5, false), (5, true)),
            expect![
                "Update { via: UsEast1, change: Ceilings { table: Some(OnDemandThroughput { max_read: Some(9), max_write: None }), indexes: [] } }"
            ],
        ),
        // What is shared is right.
        (
            most((9, false), (5, true)),
            expect![
                "Update { via: UsEast1, change: ReplicaReads { region: ApSouth1, reads: ReplicaReads { read: None, max_read: Some(9), indexes: [] } } }"
            ],
        ),
        (
            most((5, true), (9, false)),
            expect![
                "Update { via: ApSouth1, change: ReplicaReads { region: UsEast1, reads: ReplicaReads { read: None, max_read: Some(9), indexes: [] } } }"
            ],
        ),
        (most((9, false), (9, true)), expect!["done"]),
    ] {
        present(wanted.clone(), Some(wanted.clone()), seen(facts), expect);
    }
    // The only replica has nobody to differ from.
    let own = json!({ "replica_overrides": [{ "region": "us-east-1", "max_read": 7 }] });
    let alone = props(own);
    let mut one = most((5, false), (5, false));
    one.members.remove(&THERE);
    one.group.remove(&THERE);
    one.unseen.insert(THERE);
    present(
        alone.clone(),
        Some(alone),
        seen(one),
        expect![
            "Update { via: UsEast1, change: Ceilings { table: Some(OnDemandThroughput { max_read: Some(7), max_write: None }), indexes: [] } }"
        ],
    );
}

#[test]
fn insights_wait_for_what_is_under_way() {
    let applied = props(json!({}));
    let wanted = props(json!({ "contributor_insights": { "table": "throttled_keys" } }));
    use InsightsMode::{AccessedAndThrottledKeys as All, Off, ThrottledKeys};
    for (mode, status, failure, expect) in [
        (
            Off,
            "DISABLED",
            None,
            expect!["Insights { region: ApSouth1, index: None, mode: ThrottledKeys }"],
        ),
        (
            Off,
            "DISABLING",
            None,
            expect!["wait for insights DISABLING in ap-south-1: every 5 s, at most 1800 s"],
        ),
        (
            All,
            "ENABLING",
            None,
            expect!["wait for insights ENABLING in ap-south-1: every 5 s, at most 1800 s"],
        ),
        (
            All,
            "ENABLED",
            None,
            expect!["Insights { region: ApSouth1, index: None, mode: ThrottledKeys }"],
        ),
        (
            Off,
            "FAILED",
            Some("LimitExceededException"),
            expect!["Insights { region: ApSouth1, index: None, mode: ThrottledKeys }"],
        ),
        (ThrottledKeys, "ENABLING", None, expect!["done"]),
    ] {
        let mut facts = facts();
        for member in facts.members.values_mut() {
            let failure = failure.map(str::to_owned);
            member.insights = Some(InsightsFacts { mode, status: status.into(), failure });
        }
        present(wanted.clone(), Some(applied.clone()), Some(seen(applied.clone(), facts)), expect);
    }
}

#[test]
fn a_stream_is_let_go_before_another_is_taken() {
    let applied = props(json!({}));
    let wanted = props(json!({ "kinesis_destinations": [
        { "region": "us-east-1", "stream": "new", "precision": "microsecond" },
    ] }));
    let told = |stream: &str, status: &str| DestinationFacts {
        stream: stream.into(),
        status: status.into(),
        precision: Some(TimestampPrecision::Millisecond),
        words: None,
    };
    for (told, expect) in [
        (
            vec![],
            expect![[
                r#"EnableKinesis { region: UsEast1, stream: "new", precision: Some(Microsecond) }"#
            ]],
        ),
        (
            vec![told("old", "ACTIVE")],
            expect![[r#"DisableKinesis { region: UsEast1, stream: "old" }"#]],
        ),
        (
            vec![told("old", "ENABLING")],
            expect!["wait for kinesis ENABLING in us-east-1: every 5 s, at most 1800 s"],
        ),
        (
            vec![told("old", "DISABLING")],
            expect!["wait for kinesis DISABLING in us-east-1: every 5 s, at most 1800 s"],
        ),
        (
            vec![told("old", "DISABLED"), told("new", "ENABLE_FAILED")],
            expect![[
                r#"EnableKinesis { region: UsEast1, stream: "new", precision: Some(Microsecond) }"#
            ]],
        ),
        (
            vec![told("new", "DISABLING")],
            expect!["wait for kinesis DISABLING in us-east-1: every 5 s, at most 1800 s"],
        ),
        (
            vec![told("new", "UPDATING")],
            expect!["wait for kinesis UPDATING in us-east-1: every 5 s, at most 1800 s"],
        ),
        (
            vec![told("new", "ACTIVE")],
            expect![[
                r#"UpdateKinesis { region: UsEast1, stream: "new", precision: Microsecond }"#
            ]],
        ),
    ] {
        let mut facts = facts();
        facts.members.get_mut(&HERE).unwrap().kinesis = told;
        present(wanted.clone(), Some(applied.clone()), Some(seen(applied.clone(), facts)), expect);
    }
}
