use std::collections::BTreeMap;

use bicoastal_model::{
    Check, Goal, Ownership, Place, Region, Resource, ResourceId, ScopeKind, Snapshot, Status,
    Target,
};
use expect_test::{Expect, expect};
use serde_json::{Value, json};

use super::io::Call;
use super::*;
use crate::kind::{Kind, Next, Turn};

fn place() -> Place {
    Place { account: None, scope: ScopeKind::Regional, regions: vec![Region::UsEast1] }
}

fn props() -> Value {
    json!({
        "identifier": "app-1",
        "cluster": "app",
        "engine": "aurora-postgresql",
        "class": "db.r6g.large",
    })
}

fn check(goal: &Goal, seen: Option<(Status, Value)>, expected: Expect) {
    let target = Target {
        id: ResourceId::new("us-east-1/app-1"),
        kind: "RDS:DBInstance".into(),
        place: place(),
        incarnation: 1,
        token: "bc-test-1".into(),
        physical: None,
        props: props().into(),
        tags: BTreeMap::new(),
    };
    let seen = seen.map(|(status, facts)| Snapshot {
        physical: "app-1".into(),
        props: props(),
        outputs: BTreeMap::new(),
        status,
        ownership: Ownership::Ours,
        children: Vec::new(),
        facts: serde_json::from_value(facts).unwrap(),
    });
    let turn = Turn::<DbInstance>::new(&target, goal, seen.as_ref()).unwrap();
    let next = match DbInstance::step(&turn) {
        Next::Call(Call::Modify { changed, .. }) => format!("modify {changed:?}"),
        Next::Call(call) => DbInstance::name(&call).to_owned(),
        Next::Wait { what, .. } => format!("wait for {what}"),
        Next::Done => "done".to_owned(),
        Next::Refuse { message, hint } => format!("refuse: {message}; {hint}"),
    };
    expected.assert_eq(&next);
}

#[test]
fn one_call_changes_all_of_it() {
    let mut wanted = props();
    let same = Goal::Present { wanted: wanted.clone(), applied: Some(props()) };
    wanted["class"] = json!("db.r6g.xlarge");
    wanted["promotion_tier"] = json!(0);
    let other = Goal::Present { wanted, applied: Some(props()) };
    check(&same, None, expect!["CreateDBInstance"]);
    check(&same, Some((Status::Ready, json!({ "role": "reader" }))), expect!["done"]);
    check(
        &other,
        Some((Status::Ready, json!({ "status": "available" }))),
        expect![[r#"modify {"class", "promotion_tier"}"#]],
    );
    check(
        &other,
        Some((Status::Busy("modifying".into()), json!({}))),
        expect!["wait for instance modifying"],
    );
    check(
        &other,
        Some((Status::Ready, json!({ "status": "stopped" }))),
        expect![
            "refuse: app-1 is stopped: nothing of it can be changed; start its cluster, then run again"
        ],
    );
}

#[test]
fn the_last_instance_of_a_writer_waits_for_those_that_follow() {
    let gone = Goal::Absent { applied: props(), lift_guards: false };
    let followers = json!(["arn:aws:rds:ap-south-1:000000000000:cluster:app-in"]);
    check(&gone, None, expect!["done"]);
    check(
        &gone,
        Some((Status::Ready, json!({ "last_writer": true, "followers": followers }))),
        expect!["wait for app-in to leave first"],
    );
    check(
        &gone,
        Some((Status::Ready, json!({ "last_writer": false, "followers": followers }))),
        expect!["DeleteDBInstance"],
    );
    check(
        &gone,
        Some((Status::Busy("deleting".into()), json!({}))),
        expect!["wait for instance deleting"],
    );
    check(&gone, Some((Status::Busy("creating".into()), json!({}))), expect!["DeleteDBInstance"]);
}

#[test]
fn what_is_wrong_is_told_offline() {
    let check = |instance: DbInstance, expected: Expect| {
        let mut check = Check::new(place());
        instance.check(&mut check);
        expected.assert_eq(&check.errors().join("\n"));
    };
    let base = || {
        DbInstance::builder().identifier("app-1").cluster("app").engine(Engine::AuroraPostgresql)
    };
    check(base().class("db.r6g.large").promotion_tier(15).build(), expect![""]);
    check(
        base().class("r6g.large").promotion_tier(16).monitoring_interval(7).build(),
        expect![[r#"
        'r6g.large' is no class of a DB instance: expected db.r6g.large, …
        promotion tiers go from 0 to 15, not 16
        enhanced monitoring reads every 1, 5, 10, 15, 30 or 60 seconds, not 7
        enhanced monitoring needs both an interval and a role"#]],
    );
    check(
        base().class("db.r6g.large").maintenance_window("sun:05:00-sun:05:10").build(),
        expect![
            "'sun:05:00-sun:05:10' is no maintenance window: expected sun:05:00-sun:05:30, half an hour at least, in UTC"
        ],
    );
}
