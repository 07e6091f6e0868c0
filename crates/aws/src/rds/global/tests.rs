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
    let regions = vec![Region::ApSouth1, Region::UsEast1];
    Place { account: None, scope: ScopeKind::Spanning, regions }
}

fn wanted(more: Value) -> Value {
    let mut props = json!({
        "identifier": "app",
        "engine": "aurora-postgresql",
        "engine_version": "16.8",
        "home": "us-east-1",
        "regions": ["ap-south-1", "us-east-1"],
    });
    for (name, value) in more.as_object().unwrap() {
        props[name] = value.clone();
    }
    props
}

/// A global cluster at a version, with members (region, writes, status, version).
fn seen(status: Status, version: &str, members: &[(&str, bool, &str, &str)]) -> Snapshot {
    let members: Vec<Value> = members
        .iter()
        .map(|(region, writer, status, version)| {
            json!({
                "arn": format!("arn:aws:rds:{region}:000000000000:cluster:app-{region}"),
                "writer": writer,
                "synchronization": "connected",
                "status": status,
                "version": version,
            })
        })
        .collect();
    let facts = json!({ "via": "ap-south-1", "members": members, "failover": null });
    Snapshot {
        physical: "app".into(),
        props: json!({
            "identifier": "app",
            "engine": "aurora-postgresql",
            "engine_version": version,
            "deletion_protection": false,
            "tags": {},
        }),
        outputs: BTreeMap::from([("arn".into(), json!("arn:app"))]),
        status,
        ownership: Ownership::Ours,
        children: Vec::new(),
        facts: serde_json::from_value(facts).unwrap(),
    }
}

fn check(goal: &Goal, seen: Option<Snapshot>, expected: Expect) {
    let props = match goal {
        Goal::Present { wanted, .. } => wanted,
        Goal::Absent { applied, .. } => applied,
    };
    let target = Target {
        id: ResourceId::new("app"),
        kind: "RDS:GlobalCluster".into(),
        place: place(),
        incarnation: 1,
        token: "bc-test-1".into(),
        physical: None,
        props: props.clone().into(),
        tags: BTreeMap::new(),
    };
    let turn = Turn::<GlobalCluster>::new(&target, goal, seen.as_ref()).unwrap();
    let next = match GlobalCluster::step(&turn) {
        Next::Call(Call::Create(region, _)) => format!("create in {region}"),
        Next::Call(call) => format!("{call:?}"),
        Next::Wait { what, .. } => format!("wait for {what}"),
        Next::Done => "done".to_owned(),
        Next::Refuse { message, hint } => format!("refuse: {message}; {hint}"),
    };
    expected.assert_eq(&next);
}

fn present(more: Value) -> Goal {
    Goal::Present { wanted: wanted(more), applied: Some(wanted(json!({}))) }
}

const HERE: (&str, bool, &str, &str) = ("us-east-1", true, "available", "16.8");

#[test]
fn it_is_made_at_home_and_never_follows_its_roles() {
    let goal = Goal::Present { wanted: wanted(json!({})), applied: None };
    check(&goal, None, expect!["create in us-east-1"]);
    check(&goal, Some(seen(Status::Ready, "16.8", &[])), expect!["done"]);
    // Whoever writes, and whoever is a member.
    check(
        &goal,
        Some(seen(Status::Ready, "16.8", &[("ap-south-1", true, "available", "16.8")])),
        expect!["done"],
    );
    check(
        &goal,
        Some(seen(Status::Busy("switching-over".into()), "16.8", &[HERE])),
        expect!["wait for global cluster switching-over"],
    );
    check(
        &present(json!({ "deletion_protection": true })),
        Some(seen(Status::Ready, "16.8", &[HERE])),
        expect!["Protect(ApSouth1, true)"],
    );
}

#[test]
fn minor_upgrades_go_member_by_member() {
    let goal = present(json!({ "engine_version": "16.9" }));
    let at = |whole: &str, members: &[(&str, bool, &str, &str)]| {
        Some(seen(Status::Ready, whole, members))
    };
    let other = |status, version| ("ap-south-1", false, status, version);
    check(
        &goal,
        at("16.8", &[HERE, other("available", "16.8")]),
        expect![[r#"UpgradeMember(ApSouth1, "app-ap-south-1", "16.9")"#]],
    );
    check(
        &goal,
        at("16.8", &[HERE, other("upgrading", "16.8")]),
        expect!["wait for app-ap-south-1 upgrading"],
    );
    check(
        &goal,
        at("16.8", &[HERE, other("available", "16.9")]),
        expect![[r#"UpgradeMember(UsEast1, "app-us-east-1", "16.9")"#]],
    );
    check(
        &goal,
        at("16.8", &[("us-east-1", true, "available", "16.9"), other("available", "16.9")]),
        expect!["wait for global cluster to be at 16.9"],
    );
    check(
        &goal,
        at("16.10", &[HERE]),
        expect![
            "refuse: Aurora can't go back from 16.10 to 16.9; declare 16.10 or a newer version"
        ],
    );
    check(
        &goal,
        at("16.8", &[]),
        expect![
            "refuse: a global cluster without members stays at 16.8; declare 16.8 until its first cluster has joined"
        ],
    );
}

#[test]
fn major_upgrades_go_all_at_once() {
    let now = || Some(seen(Status::Ready, "16.8", &[HERE]));
    check(
        &present(json!({ "engine_version": "17" })),
        now(),
        expect![
            "refuse: 16.8 to 17 is a major upgrade of every member at once; set allow_major_version_upgrade(true) where that is meant"
        ],
    );
    check(
        &present(json!({ "engine_version": "17", "allow_major_version_upgrade": true })),
        now(),
        expect![[r#"UpgradeAll(ApSouth1, "17")"#]],
    );
}

#[test]
fn it_goes_when_nobody_is_left() {
    let gone = |lift_guards| Goal::Absent { applied: wanted(json!({})), lift_guards };
    check(&gone(false), None, expect!["done"]);
    check(
        &gone(false),
        Some(seen(Status::Ready, "16.8", &[HERE])),
        expect!["wait for app-us-east-1 to leave app"],
    );
    check(&gone(false), Some(seen(Status::Ready, "16.8", &[])), expect!["Delete(ApSouth1)"]);
    let mut guarded = seen(Status::Ready, "16.8", &[]);
    guarded.props["deletion_protection"] = json!(true);
    check(
        &gone(false),
        Some(guarded.clone()),
        expect!["refuse: app has deletion protection; lift it with --unprotect app"],
    );
    check(&gone(true), Some(guarded), expect!["Protect(ApSouth1, false)"]);
}

#[test]
fn what_is_wrong_is_told_offline() {
    let check = |global: GlobalCluster, expected: Expect| {
        let mut check = Check::new(place());
        global.check(&mut check);
        expected.assert_eq(&check.errors().join("\n"));
    };
    let engine = Engine::AuroraPostgresql;
    check(GlobalCluster::builder().identifier("app").engine(engine).build(), expect![""]);
    check(
        GlobalCluster::builder().identifier("-app").home(Region::EuWest1).build(),
        expect![[r#"
        '-app' is no name for a global cluster: it has at most 63 letters, digits and single hyphens, a letter first
        a global cluster needs an engine, or a source cluster that has one
        it is to be made in eu-west-1, which is none of its regions"#]],
    );
    check(
        GlobalCluster::builder()
            .identifier("app")
            .engine(engine)
            .source_cluster("arn:aws:rds:us-east-1:000000000000:cluster:app")
            .build(),
        expect!["'engine' comes from the source cluster"],
    );
}
