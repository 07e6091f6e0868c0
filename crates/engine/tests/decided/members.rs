//! What a member of an operation holds.

use std::time::Duration;

use bicoastal_engine::planner::Options;
use bicoastal_model::Region::{ApSouth1, EuWest1, UsEast1};
use bicoastal_model::{Declared, Ownership, Seen, Snapshot, Status};
use expect_test::{Expect, expect};
use serde_json::json;

use super::common::cloud::World;
use super::common::program::{declared, desired, edit, global, output, regional};
use super::common::*;
use super::setting::{applied, entry, operations};

fn check(world: &World, program: Vec<Declared>, expect: Expect) {
    check_with(world, program, &Options::default(), expect);
}

fn check_with(world: &World, program: Vec<Declared>, options: &Options, expect: Expect) {
    let plan = world.plan_with(&desired(program), options);
    expect.assert_eq(&plan.map_or_else(|it| format!("{it}\n"), |plan| operations(&plan)));
}

fn bucket(props: serde_json::Value) -> Vec<Declared> {
    vec![regional(UsEast1, "assets", BUCKET, props)]
}

#[test]
fn what_the_program_says_of_it_is_taken_along() {
    let patient = |props| {
        edit(bucket(props), "us-east-1/assets", |it| {
            it.patience = Some(Duration::from_secs(90));
            it.protected = true;
            it.retained = true;
        })
    };
    let props = json!({"name": "assets", "versioned": false});
    check(
        &World::new(),
        patient(props.clone()),
        expect![[r#"
        0 after []
          Create us-east-1/assets#1 in us-east-1 protected retained Some(90000) ms wanted {"name":"assets","versioned":false}
    "#]],
    );
    let changed = json!({"name": "assets", "versioned": true});
    check(
        &applied(bucket(props.clone())),
        patient(changed.clone()),
        expect![[r#"
        0 after []
          Update us-east-1/assets#1 in us-east-1 Fake:Bucket-us-east-1-1 protected retained Some(90000) ms applied {"name":"assets","versioned":false} seen {"name":"assets","versioned":false} wanted {"name":"assets","versioned":true}
    "#]],
    );
    let forever = edit(bucket(props), "us-east-1/assets", |it| it.patience = Some(Duration::MAX));
    check(
        &applied(bucket(changed)),
        forever,
        expect![[r#"
        0 after []
          Update us-east-1/assets#1 in us-east-1 Fake:Bucket-us-east-1-1 Some(18446744073709551615) ms applied {"name":"assets","versioned":true} seen {"name":"assets","versioned":true} wanted {"name":"assets","versioned":false}
    "#]],
    );
}

#[test]
fn a_look_up_is_not_waited_for() {
    let mut zone = global("zone", ZONE, json!({"domain": "example.com"}));
    zone.lookup = true;
    let role = |more| global("role", ROLE, json!({"name": "role", "policy": more}));
    let check_host = |id: &str, host: &str| global(id, CHECK, json!({"host": output(host, "id")}));
    let mut both = check_host("both", "zone");
    both.after.insert("role".into());
    let program = vec![zone, role(json!("p")), both, check_host("plain", "both")];
    let mut world = World::new();
    let found = Snapshot {
        physical: "Z1".to_owned(),
        props: json!({"domain": "example.com"}),
        outputs: [("id".to_owned(), json!("Z1"))].into(),
        status: Status::Ready,
        ownership: Ownership::Unmarked,
        children: Vec::new(),
        facts: Default::default(),
    };
    world.lookups.insert("zone".into(), Seen::Present(found));
    check(
        &world,
        program,
        expect![[r#"
        0 after []
          Create role#1 in global wanted {"name":"role","policy":"p"}
        1 after [0]
          Create both#1 in global needs [role] wanted {"host":"Z1"}
        2 after [1]
          Create plain#1 in global needs [both] wanted {"host":{"$ref":{"attribute":"id","id":"both"}}}
    "#]],
    );
}

#[test]
fn delete_options_of_now_hold_over_the_recorded_ones() {
    let world = applied(bucket(json!({"name": "old", "versioned": true, "force_destroy": false})));
    let renamed = json!({"name": "new", "versioned": false, "force_destroy": true});
    let options = Options { unprotect: ["us-east-1/assets".into()].into(), ..Options::default() };
    check_with(
        &world,
        bucket(renamed),
        &options,
        expect![[r#"
        0 after []
          Create us-east-1/assets#2 in us-east-1 wanted {"force_destroy":true,"name":"new","versioned":false}
        1 after [0]
          Delete us-east-1/assets#1 in us-east-1 Fake:Bucket-us-east-1-1 unguarded superseded applied {"force_destroy":true,"name":"old","versioned":true} seen {"name":"old","versioned":true}
    "#]],
    );
    check_with(
        &world,
        Vec::new(),
        &options,
        expect![[r#"
        0 after []
          Delete us-east-1/assets#1 in us-east-1 Fake:Bucket-us-east-1-1 unguarded applied {"force_destroy":false,"name":"old","versioned":true} seen {"name":"old","versioned":true}
    "#]],
    );
}

#[test]
fn a_spanning_thing_is_changed_where_it_is_wanted_and_where_it_was() {
    let table = |regions: &[bicoastal_model::Region]| {
        vec![declared("t", TABLE, regions, json!({"name": "t", "key": "id", "billing": "demand"}))]
    };
    let world = applied(table(&[UsEast1, ApSouth1]));
    check(
        &world,
        table(&[UsEast1, EuWest1]),
        expect![[r#"
        0 after []
          Update t#1 in ap-south-1+eu-west-1+us-east-1 Fake:Table-ap-south-1+us-east-1-1 applied {"billing":"demand","key":"id","name":"t","regions":["ap-south-1","us-east-1"]} seen {"billing":"demand","key":"id","name":"t","regions":["ap-south-1","us-east-1"]} wanted {"billing":"demand","key":"id","name":"t","regions":["eu-west-1","us-east-1"]}
    "#]],
    );
}

#[test]
fn what_is_taken_over_by_name_says_so() {
    let mut world = applied(bucket(json!({"name": "assets", "versioned": false})));
    let physical = world.thing("us-east-1/assets").snapshot.physical.clone();
    world.thing("us-east-1/assets").token = "another".to_owned();
    let program = |named: &str| {
        edit(bucket(json!({"name": "assets", "versioned": true})), "us-east-1/assets", |it| {
            it.adopt = Some(named.to_owned());
        })
    };
    check(
        &world,
        program(&physical),
        expect![[r#"
        0 after []
          Update us-east-1/assets#1 in us-east-1 Fake:Bucket-us-east-1-1 adopted applied {"name":"assets","versioned":false} seen {"name":"assets","versioned":false} wanted {"name":"assets","versioned":true}
    "#]],
    );
    check(
        &world,
        program("else"),
        expect![[r#"
        error: us-east-1/assets: Fake:Bucket-us-east-1-1 is another's now: another
          declared at main.rs:1
          hint: to take it over, say stack.adopt(&handle, "Fake:Bucket-us-east-1-1")
    "#]],
    );
    world.thing("us-east-1/assets").token =
        entry(&mut world, "us-east-1/assets", 1).token.to_string();
    check(
        &world,
        program("else"),
        expect![[r#"
        0 after []
          Update us-east-1/assets#1 in us-east-1 Fake:Bucket-us-east-1-1 applied {"name":"assets","versioned":false} seen {"name":"assets","versioned":false} wanted {"name":"assets","versioned":true}
    "#]],
    );
}

#[test]
fn another_self_is_not_taken_for_this_one() {
    // Its successor is not there yet, and is looked for by the name that the old one bears.
    let front = |scheme: &str| {
        vec![regional(UsEast1, "front", FRONT, json!({"name": "front", "scheme": scheme}))]
    };
    let mut world = applied(front("public"));
    let plan = world.plan(&desired(front("internal"))).unwrap();
    let create =
        plan.operations.iter().flat_map(|it| &it.members).find(|it| it.key.incarnation == 2);
    world.interrupt(create.unwrap(), false);
    entry(&mut world, "us-east-1/front", 1).superseded = true;
    check(
        &world,
        front("internal"),
        expect![[r#"
        0 after []
          Delete us-east-1/front#1 in us-east-1 Fake:Front-us-east-1-1 applied {"name":"front","scheme":"public"} seen {"name":"front","scheme":"public"}
        1 after [0]
          Create us-east-1/front#2 in us-east-1 applied {"name":"front","scheme":"internal"} wanted {"name":"front","scheme":"internal"}
    "#]],
    );
}

#[test]
fn the_records_of_two_zones_do_not_travel_together() {
    let zone = |id: &str| global(id, ZONE, json!({"domain": format!("{id}.com")}));
    let record = |id: &str, zone: &str| {
        let props = json!({"zone": output(zone, "id"), "name": format!("{id}.{zone}.com"), "type": "A",
            "values": ["192.0.2.1"]});
        global(id, RECORD, props)
    };
    let program =
        || vec![zone("a"), zone("b"), record("r1", "a"), record("r2", "b"), record("r3", "a")];
    check(
        &World::new(),
        program(),
        expect![[r#"
        0 after []
          Create a#1 in global wanted {"domain":"a.com"}
        1 after []
          Create b#1 in global wanted {"domain":"b.com"}
        2 after [0]
          Create r1#1 in global needs [a] wanted {"name":"r1.a.com","type":"A","values":["192.0.2.1"],"zone":{"$ref":{"attribute":"id","id":"a"}}}
          Create r3#1 in global needs [a] wanted {"name":"r3.a.com","type":"A","values":["192.0.2.1"],"zone":{"$ref":{"attribute":"id","id":"a"}}}
        3 after [1]
          Create r2#1 in global needs [b] wanted {"name":"r2.b.com","type":"A","values":["192.0.2.1"],"zone":{"$ref":{"attribute":"id","id":"b"}}}
    "#]],
    );
    let changed = |program: Vec<Declared>| {
        ["r1", "r2", "r3"]
            .into_iter()
            .fold(program, |all, id| edit(all, id, |it| it.props.set("ttl", json!(5))))
    };
    check(
        &applied(program()),
        changed(program()),
        expect![[r#"
        0 after []
          Update r1#1 in global Fake:Record-global-3 needs [a] applied {"name":"r1.a.com","type":"A","values":["192.0.2.1"],"zone":"Fake:Zone-global-1.id"} seen {"name":"r1.a.com","type":"A","values":["192.0.2.1"],"zone":"Fake:Zone-global-1.id"} wanted {"name":"r1.a.com","ttl":5,"type":"A","values":["192.0.2.1"],"zone":"Fake:Zone-global-1.id"}
          Update r3#1 in global Fake:Record-global-4 needs [a] applied {"name":"r3.a.com","type":"A","values":["192.0.2.1"],"zone":"Fake:Zone-global-1.id"} seen {"name":"r3.a.com","type":"A","values":["192.0.2.1"],"zone":"Fake:Zone-global-1.id"} wanted {"name":"r3.a.com","ttl":5,"type":"A","values":["192.0.2.1"],"zone":"Fake:Zone-global-1.id"}
        1 after [0]
          Update r2#1 in global Fake:Record-global-5 needs [b] applied {"name":"r2.b.com","type":"A","values":["192.0.2.1"],"zone":"Fake:Zone-global-2.id"} seen {"name":"r2.b.com","type":"A","values":["192.0.2.1"],"zone":"Fake:Zone-global-2.id"} wanted {"name":"r2.b.com","ttl":5,"type":"A","values":["192.0.2.1"],"zone":"Fake:Zone-global-2.id"}
    "#]],
    );
}
