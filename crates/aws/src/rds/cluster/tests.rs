use std::collections::BTreeMap;

use bicoastal_model::{
    Goal, Ownership, Place, Region, ResourceId, ScopeKind, Snapshot, Status, Target,
};
use expect_test::{Expect, expect};
use serde_json::{Value, json};

use super::io::Call;
use super::*;
use crate::kind::{Kind, Next, Turn};

fn target(props: &Value) -> Target {
    Target {
        id: ResourceId::new("ap-south-1/app"),
        kind: "RDS:DBCluster".into(),
        place: Place { account: None, scope: ScopeKind::Regional, regions: vec![Region::ApSouth1] },
        incarnation: 1,
        token: "bc-test-1".into(),
        physical: None,
        props: props.clone().into(),
        tags: BTreeMap::new(),
    }
}

fn wanted(more: Value) -> Value {
    let mut props = json!({
        "identifier": "app-in",
        "engine": "aurora-postgresql",
        "global_cluster": "app",
        "global_regions": ["ap-south-1", "us-east-1"],
        "initial_writer": false,
        "master_username": "owner",
        "master_password": { "$secret": "correct-horse" },
        "final_snapshot": "skip",
    });
    for (name, value) in more.as_object().unwrap() {
        props[name] = value.clone();
    }
    props
}

fn seen(status: Status, props: Value, facts: Value) -> Snapshot {
    let mut all = json!({
        "identifier": "app-in",
        "engine": "aurora-postgresql",
        "global_cluster": "app",
        "deletion_protection": false,
        "tags": {},
    });
    for (name, value) in props.as_object().unwrap() {
        all[name] = value.clone();
    }
    Snapshot {
        physical: "app-in".into(),
        props: all,
        outputs: BTreeMap::from([("arn".into(), json!("arn:app-in"))]),
        status,
        ownership: Ownership::Ours,
        children: Vec::new(),
        facts: serde_json::from_value(facts).unwrap(),
    }
}

fn facts(role: &str, others: &[&str], instances: &[&str]) -> Value {
    json!({
        "role": role,
        "status": "available",
        "version": "16.8",
        "others": others,
        "instances": instances,
        "write_forwarding": null,
        "roles_changing": [],
        "pending": [],
    })
}

fn check(goal: &Goal, seen: Option<Snapshot>, around: Value, expected: Expect) {
    let props = match goal {
        Goal::Present { wanted, .. } => wanted,
        Goal::Absent { applied, .. } => applied,
    };
    let target = target(props);
    let turn = Turn::<DbCluster>::new(&target, goal, seen.as_ref()).unwrap().with_around(around);
    let next = match DbCluster::step(&turn) {
        Next::Call(Call::Create(_, join)) => format!("create {join:?}"),
        Next::Call(Call::Modify(it)) => format!("modify {:?} {:?}", it.set, it.password),
        Next::Call(call) => format!("{call:?}"),
        Next::Wait { what, .. } => format!("wait for {what}"),
        Next::Done => "done".to_owned(),
        Next::Refuse { message, hint } => format!("refuse: {message}; {hint}"),
    };
    expected.assert_eq(&next);
}

fn present(wanted: Value, applied: Option<Value>) -> Goal {
    Goal::Present { wanted, applied }
}

const US: &str = "arn:aws:rds:us-east-1:000000000000:cluster:app-us";
const EU: &str = "arn:aws:rds:eu-west-1:000000000000:cluster:app-eu";
const IN: &str = "arn:aws:rds:ap-south-1:000000000000:cluster:other";

#[test]
fn a_new_cluster_takes_the_part_that_is_free() {
    let member = |arn: &str, writer: bool, status: &str| json!({ "arn": arn, "writer": writer, "synchronization": null, "status": status, "version": "16.8" });
    let around = |members: Vec<Value>, writing: bool| {
        json!({ "busy": null, "version": "16.6", "database": "app", "encrypted": true,
                "members": members, "writing": writing })
    };
    let second = present(wanted(json!({})), None);
    let first = present(wanted(json!({ "initial_writer": true })), None);
    check(&second, None, json!(null), expect!["wait for global cluster app"]);
    let mut creating = around(vec![], false);
    creating["busy"] = json!("creating");
    check(&first, None, creating, expect!["wait for global cluster app creating"]);
    check(&second, None, around(vec![], false), expect!["wait for the first cluster of app"]);
    check(
        &first,
        None,
        around(vec![], false),
        expect![[r#"create First { version: "16.6", database: Some("app") }"#]],
    );
    let us = || member(US, true, "available");
    check(
        &second,
        None,
        around(vec![us()], false),
        expect!["wait for app to be written in us-east-1"],
    );
    check(
        &second,
        None,
        around(vec![us(), member(EU, false, "creating")], true),
        expect!["wait for app-eu creating"],
    );
    // Once there is a writer, the initial one is a secondary like any other.
    for goal in [&first, &second] {
        check(
            goal,
            None,
            around(vec![us(), member(EU, false, "available")], true),
            expect![[r#"create Secondary { version: "16.8" }"#]],
        );
    }
    check(
        &second,
        None,
        around(vec![us(), member(IN, false, "available")], true),
        expect![
            "refuse: app has a member in ap-south-1 already: other; a global database has one cluster in each region; adopt that one or remove it"
        ],
    );
    let mut alone = wanted(json!({}));
    alone.as_object_mut().unwrap().remove("global_cluster");
    check(&present(alone, None), None, json!(null), expect!["create None"]);
}

#[test]
fn changes_go_where_the_role_takes_them() {
    let applied = wanted(json!({}));
    let password = present(
        wanted(json!({ "master_password": { "$secret": "battery-staple" } })),
        Some(applied.clone()),
    );
    let now = |role: &str| Some(seen(Status::Ready, json!({}), facts(role, &[US], &[])));
    check(&password, now("writer"), json!(null), expect!["modify {} Some(Secret(…))"]);
    check(&password, now("secondary"), json!(null), expect!["done"]);

    let forward = present(
        wanted(json!({ "global_write_forwarding": true, "tags": { "a": "b" } })),
        Some(applied.clone()),
    );
    check(
        &forward,
        now("secondary"),
        json!(null),
        expect![[r#"modify {"global_write_forwarding": Bool(true)} None"#]],
    );
    let mut enabling = facts("secondary", &[US], &[]);
    enabling["write_forwarding"] = json!("enabling");
    let requested = json!({ "global_write_forwarding": true, "tags": { "a": "b" } });
    check(
        &forward,
        Some(seen(Status::Ready, requested, enabling)),
        json!(null),
        expect!["wait for write forwarding enabling"],
    );
    // Others' versions are the global cluster's business.
    let same = present(applied.clone(), Some(applied));
    check(
        &same,
        Some(seen(Status::Ready, json!({ "engine_version": "16.6" }), facts("writer", &[], &[]))),
        json!(null),
        expect!["done"],
    );
    check(
        &same,
        Some(seen(Status::Busy("promoting".into()), json!({}), facts("secondary", &[US], &[]))),
        json!(null),
        expect!["wait for cluster promoting"],
    );
    check(
        &same,
        Some(seen(Status::Failed("it is lost".into()), json!({}), facts("alone", &[], &[]))),
        json!(null),
        expect!["refuse: it is lost; see its events in the RDS console"],
    );
}

#[test]
fn the_writer_leaves_last() {
    let gone = |lift_guards| Goal::Absent { applied: wanted(json!({})), lift_guards };
    let at = |role: &str, others: &[&str], instances: &[&str]| {
        Some(seen(Status::Ready, json!({}), facts(role, others, instances)))
    };
    check(&gone(false), None, json!(null), expect!["done"]);
    let guarded = || {
        Some(seen(Status::Ready, json!({ "deletion_protection": true }), facts("writer", &[], &[])))
    };
    check(
        &gone(false),
        guarded(),
        json!(null),
        expect!["refuse: app-in has deletion protection; lift it with --unprotect ap-south-1/app"],
    );
    check(&gone(true), guarded(), json!(null), expect!["Unprotect"]);
    check(
        &gone(false),
        at("writer", &[US, EU], &[]),
        json!(null),
        expect!["wait for app-us, app-eu to leave app first"],
    );
    check(
        &gone(false),
        at("secondary", &[US], &["app-in-1"]),
        json!(null),
        expect![[r#"Leave { global: "app", arn: "arn:app-in" }"#]],
    );
    check(
        &gone(false),
        at("writer", &[], &[]),
        json!(null),
        expect![[r#"Leave { global: "app", arn: "arn:app-in" }"#]],
    );
    check(
        &gone(false),
        at("alone", &[], &["app-in-1"]),
        json!(null),
        expect!["wait for app-in-1 to go"],
    );
    check(&gone(false), at("alone", &[], &[]), json!(null), expect!["Delete(Skip, None)"]);
    let named = Goal::Absent {
        applied: wanted(json!({ "final_snapshot": { "named": "last" } })),
        lift_guards: false,
    };
    check(&named, at("alone", &[], &[]), json!(null), expect![[r#"Delete(Named("last"), None)"#]]);
}
