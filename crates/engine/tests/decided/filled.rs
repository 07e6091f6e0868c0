//! What is filled in of what is wanted, and what is left out of it.

use std::collections::BTreeMap;

use bicoastal_engine::planner::Options;
use bicoastal_model::Region::{ApSouth1, UsEast1};
use bicoastal_model::value::NAME;
use bicoastal_model::{Declared, Region, Status};
use expect_test::{Expect, expect};
use serde_json::{Value, json};

use super::common::cloud::World;
use super::common::program::{declared, desired, edit, global, output, regional};
use super::common::*;
use super::setting::{applied, plan_seen, told};

fn check(world: &World, program: Vec<Declared>, expect: Expect) {
    expect.assert_eq(&told(&world.plan(&desired(program))));
}

fn role(policy: Value) -> Declared {
    global("role", ROLE, json!({"name": "role", "policy": policy}))
}

#[test]
fn an_output_that_repeats_a_property_is_known_before() {
    let bucket = |name: Value| regional(UsEast1, "b", BUCKET, json!({"name": name}));
    let of = |name: &str| role(output("us-east-1/b", name));
    check(
        &World::new(),
        vec![bucket(json!("assets")), of("name")],
        expect![[r#"
        + us-east-1/b Safe
        + role Safe
        0 after []
          Create us-east-1/b#1 in us-east-1 wanted {"name":"assets"}
        1 after [0]
          Create role#1 in global needs [us-east-1/b] wanted {"name":"role","policy":"assets"}
    "#]],
    );
    check(
        &World::new(),
        vec![bucket(json!({NAME: "assets"})), of("name")],
        expect![[r#"
        + us-east-1/b Safe
        + role Safe
        0 after []
          Create us-east-1/b#1 in us-east-1 wanted {"name":"assets-1"}
        1 after [0]
          Create role#1 in global needs [us-east-1/b] wanted {"name":"role","policy":"assets-1"}
    "#]],
    );
    check(
        &World::new(),
        vec![bucket(json!("assets")), of("name.of")],
        expect![[r#"
        + us-east-1/b Safe
        + role Safe
        0 after []
          Create us-east-1/b#1 in us-east-1 wanted {"name":"assets"}
        1 after [0]
          Create role#1 in global needs [us-east-1/b] wanted {"name":"role","policy":{"$ref":{"attribute":"name.of","id":"us-east-1/b"}}}
    "#]],
    );
    check(
        &World::new(),
        vec![bucket(json!("assets")), of("arn")],
        expect![[r#"
        + us-east-1/b Safe
        + role Safe
        0 after []
          Create us-east-1/b#1 in us-east-1 wanted {"name":"assets"}
        1 after [0]
          Create role#1 in global needs [us-east-1/b] wanted {"name":"role","policy":{"$ref":{"attribute":"arn","id":"us-east-1/b"}}}
    "#]],
    );
    let unknown = bucket(output("check", "id"));
    let host = global("check", CHECK, json!({"host": "h"}));
    check(
        &World::new(),
        vec![host, unknown, of("name")],
        expect![[r#"
        + check Safe
        + us-east-1/b Safe
        + role Safe
        0 after []
          Create check#1 in global wanted {"host":"h"}
        1 after [0]
          Create us-east-1/b#1 in us-east-1 needs [check] wanted {"name":{"$ref":{"attribute":"id","id":"check"}}}
        2 after [1]
          Create role#1 in global needs [us-east-1/b] wanted {"name":"role","policy":{"$ref":{"attribute":"name","id":"us-east-1/b"}}}
    "#]],
    );
}

#[test]
fn so_is_one_that_an_update_changes() {
    let program = |host: &str, path: Value| {
        let check = global("check", CHECK, json!({"host": host, "path": path}));
        vec![check, role(output("check", "path"))]
    };
    let world = applied(program("h", json!("/")));
    check(
        &world,
        program("h", json!("/up")),
        expect![[r#"
        ~ check Safe
            path: "/" → "/up" Edited
        ~ role Safe
            policy: "/" → "/up" Edited
        0 after []
          Update check#1 in global Fake:Check-global-1 applied {"host":"h","path":"/"} seen {"host":"h","path":"/"} wanted {"host":"h","path":"/up"}
        1 after [0]
          Update role#1 in global Fake:Role-global-2 needs [check] applied {"name":"role","policy":"/"} seen {"name":"role","policy":"/"} wanted {"name":"role","policy":"/up"}
    "#]],
    );
    check(
        &world,
        program("g", json!("/")),
        expect![[r#"
        ~ check Safe
            host: "h" → "g" Edited
        0 after []
          Update check#1 in global Fake:Check-global-1 applied {"host":"h","path":"/"} seen {"host":"h","path":"/"} wanted {"host":"g","path":"/"}
    "#]],
    );
    // What is seen stays what it is as long as the property is the same.
    let mut other = world.clone();
    other.thing("check").snapshot.outputs.insert("path".to_owned(), json!("/seen"));
    check(
        &other,
        program("g", json!("/")),
        expect![[r#"
        ~ check Safe
            host: "h" → "g" Edited
        ~ role Safe
            policy: "/" → "/seen" Edited
        0 after []
          Update check#1 in global Fake:Check-global-1 applied {"host":"h","path":"/"} seen {"host":"h","path":"/"} wanted {"host":"g","path":"/"}
        1 after [0]
          Update role#1 in global Fake:Role-global-2 needs [check] applied {"name":"role","policy":"/"} seen {"name":"role","policy":"/"} wanted {"name":"role","policy":"/seen"}
    "#]],
    );
    check(
        &World::new(),
        program("h", json!(null)),
        expect![[r#"
        + check Safe
        + role Safe
        0 after []
          Create check#1 in global wanted {"host":"h","path":null}
        1 after [0]
          Create role#1 in global needs [check] wanted {"name":"role","policy":{"$ref":{"attribute":"path","id":"check"}}}
    "#]],
    );
}

#[test]
fn an_output_that_is_not_there_may_still_come() {
    let program = |engine: &str| {
        let props = json!({"name": "db", "group": "g", "engine": engine});
        vec![regional(UsEast1, "db", CLUSTER, props), role(output("us-east-1/db", "arn.replica"))]
    };
    let world = applied(vec![program("16").remove(0), role(json!("p"))]);
    check(
        &world,
        program("16"),
        expect![[r#"
        error: role: refers to us-east-1/db.arn.replica, which us-east-1/db does not have
          declared at main.rs:1
    "#]],
    );
    check(
        &world,
        program("17"),
        expect![[r#"
        ~ us-east-1/db Disruptive
            engine: "16" → "17" Edited
        ~ role Safe
            policy: "p" → {"$ref":{"attribute":"arn.replica","id":"us-east-1/db"}} Unknown
        0 after []
          Update us-east-1/db#1 in us-east-1 Fake:Cluster-us-east-1-2 applied {"engine":"16","group":"g","name":"db"} seen {"engine":"16","group":"g","name":"db"} wanted {"engine":"17","group":"g","name":"db"}
        1 after [0]
          Update role#1 in global Fake:Role-global-1 needs [us-east-1/db] applied {"name":"role","policy":"p"} seen {"name":"role","policy":"p"} wanted {"name":"role","policy":{"$ref":{"attribute":"arn.replica","id":"us-east-1/db"}}}
    "#]],
    );
    let mut busy = world;
    busy.thing("us-east-1/db").snapshot.status = Status::Busy("modifying".to_owned());
    check(
        &busy,
        program("16"),
        expect![[r#"
        ~ role Safe
            policy: "p" → {"$ref":{"attribute":"arn.replica","id":"us-east-1/db"}} Unknown
        0 after []
          Update role#1 in global Fake:Role-global-1 needs [us-east-1/db] applied {"name":"role","policy":"p"} seen {"name":"role","policy":"p"} wanted {"name":"role","policy":{"$ref":{"attribute":"arn.replica","id":"us-east-1/db"}}}
    "#]],
    );
}

#[test]
fn another_stacks_exports_are_filled_in() {
    let program = desired([role(output("stack:net", "vpc"))]);
    let check = |exports: &[(&str, &str)], expect: Expect| {
        let plan = plan_seen(&World::new(), &program, &Options::default(), |observed| {
            let exports = exports.iter().map(|(name, value)| ((*name).to_owned(), json!(value)));
            observed.stacks = BTreeMap::from([("net".to_owned(), exports.collect())]);
        });
        expect.assert_eq(&told(&plan));
    };
    check(
        &[("vpc", "vpc-1")],
        expect![[r#"
        + role Safe
        0 after []
          Create role#1 in global wanted {"name":"role","policy":"vpc-1"}
    "#]],
    );
    check(
        &[("zone", "Z1")],
        expect![[r#"
        error: role: reads export 'vpc' of stack 'net', which has none of that name
          declared at main.rs:1
          hint: apply stack 'net' first, or look at its `outputs`
    "#]],
    );
}

#[test]
fn its_own_tags_stay_beside_the_ones_that_say_whose_it_is() {
    let tagged = |tags: Value| {
        vec![global("role", ROLE, json!({"name": "role", "policy": "p", "tags": tags}))]
    };
    check(
        &World::new(),
        tagged(json!({"team": "core"})),
        expect![[r#"
        + role Safe
        0 after []
          Create role#1 in global wanted {"name":"role","policy":"p","tags":{"bicoastal:lineage":"lineage","bicoastal:resource":"role","bicoastal:stack":"test","team":"core"}}
    "#]],
    );
    check(
        &World::new(),
        tagged(json!(null)),
        expect![[r#"
        + role Safe
        0 after []
          Create role#1 in global wanted {"name":"role","policy":"p"}
    "#]],
    );
    check(
        &World::new(),
        vec![global("check", CHECK, json!({"host": "h"}))],
        expect![[r#"
        + check Safe
        0 after []
          Create check#1 in global wanted {"host":"h"}
    "#]],
    );
}

#[test]
fn what_matters_at_creation_only_stays_as_it_was_applied() {
    let db = |source: Value, engine: &str| {
        let props = json!({"name": "db", "group": "g", "engine": engine, "source": source});
        vec![regional(UsEast1, "db", CLUSTER, props), global("check", CHECK, json!({"host": "h"}))]
    };
    let without = |engine: &str| {
        let mut program = db(json!("x"), engine);
        program[0].props = json!({"name": "db", "group": "g", "engine": engine}).into();
        program
    };
    check(
        &applied(db(json!("old"), "16")),
        db(json!("new"), "17"),
        expect![[r#"
        ~ us-east-1/db Disruptive
            engine: "16" → "17" Edited
        0 after []
          Update us-east-1/db#1 in us-east-1 Fake:Cluster-us-east-1-1 applied {"engine":"16","group":"g","name":"db","source":"old"} seen {"engine":"16","group":"g","name":"db"} wanted {"engine":"17","group":"g","name":"db","source":"old"}
    "#]],
    );
    let mut world = applied(without("16"));
    check(
        &world,
        db(json!("new"), "17"),
        expect![[r#"
        ~ us-east-1/db Disruptive
            engine: "16" → "17" Edited
        0 after []
          Update us-east-1/db#1 in us-east-1 Fake:Cluster-us-east-1-1 applied {"engine":"16","group":"g","name":"db"} seen {"engine":"16","group":"g","name":"db"} wanted {"engine":"17","group":"g","name":"db","source":"new"}
    "#]],
    );
    world.lose("check");
    world.state.entries.retain(|key, _| key.id.as_str() != "check");
    check(
        &world,
        db(output("check", "id"), "17"),
        expect![[r#"
        + check Safe
        ~ us-east-1/db Disruptive
            engine: "16" → "17" Edited
        0 after []
          Create check#1 in global wanted {"host":"h"}
        1 after [0]
          Update us-east-1/db#1 in us-east-1 Fake:Cluster-us-east-1-1 needs [check] applied {"engine":"16","group":"g","name":"db"} seen {"engine":"16","group":"g","name":"db"} wanted {"engine":"17","group":"g","name":"db"}
    "#]],
    );
}

#[test]
fn what_is_ignored_is_not_mentioned() {
    let ignoring = |paths: &[&str], mut all: Vec<Declared>| {
        all[0].ignored = paths.iter().map(|it| (*it).into()).collect();
        all
    };
    let table = |regions: &[Region], billing: &str| {
        let props = json!({"name": "t", "key": "id", "billing": billing});
        vec![declared("t", TABLE, regions, props)]
    };
    let both = applied(table(&[UsEast1, ApSouth1], "demand"));
    let one = table(&[UsEast1], "demand");
    check(
        &both,
        ignoring(&["regions[ap-south-1]"], one.clone()),
        expect![[r#"
        note t Safe (AWS has it like this already)
        record: noted t#1
    "#]],
    );
    check(
        &both,
        ignoring(&["regions[ap-south-2]"], one),
        expect![[r#"
        ~ t Disruptive
            regions[ap-south-1]: "ap-south-1" → null Edited
        0 after []
          Update t#1 in ap-south-1+us-east-1 Fake:Table-ap-south-1+us-east-1-1 applied {"billing":"demand","key":"id","name":"t","regions":["ap-south-1","us-east-1"]} seen {"billing":"demand","key":"id","name":"t","regions":["ap-south-1","us-east-1"]} wanted {"billing":"demand","key":"id","name":"t","regions":["us-east-1"]}
    "#]],
    );
    let changed = table(&[UsEast1], "provisioned");
    check(
        &both,
        ignoring(&["regions[ap-south-1]"], changed.clone()),
        expect![[r#"
        ~ t Safe
            billing: "demand" → "provisioned" Edited
        0 after []
          Update t#1 in ap-south-1+us-east-1 Fake:Table-ap-south-1+us-east-1-1 applied {"billing":"demand","key":"id","name":"t","regions":["ap-south-1","us-east-1"]} seen {"billing":"demand","key":"id","name":"t","regions":["ap-south-1","us-east-1"]} wanted {"billing":"provisioned","key":"id","name":"t","regions":["us-east-1"]}
    "#]],
    );
    // A name is what it is found by, and is mentioned nevertheless.
    let named = table(&[UsEast1, ApSouth1], "provisioned");
    check(
        &both,
        ignoring(&["name"], named.clone()),
        expect![[r#"
        ~ t Safe
            billing: "demand" → "provisioned" Edited
        0 after []
          Update t#1 in ap-south-1+us-east-1 Fake:Table-ap-south-1+us-east-1-1 applied {"billing":"demand","key":"id","name":"t","regions":["ap-south-1","us-east-1"]} seen {"billing":"demand","key":"id","name":"t","regions":["ap-south-1","us-east-1"]} wanted {"billing":"provisioned","key":"id","name":"t","regions":["ap-south-1","us-east-1"]}
    "#]],
    );
    check(
        &both,
        ignoring(&["key"], named),
        expect![[r#"
        ~ t Safe
            billing: "demand" → "provisioned" Edited
        0 after []
          Update t#1 in ap-south-1+us-east-1 Fake:Table-ap-south-1+us-east-1-1 applied {"billing":"demand","name":"t","regions":["ap-south-1","us-east-1"]} seen {"billing":"demand","key":"id","name":"t","regions":["ap-south-1","us-east-1"]} wanted {"billing":"provisioned","name":"t","regions":["ap-south-1","us-east-1"]}
    "#]],
    );
    // What others set is not reported.
    let bucket = || vec![regional(UsEast1, "b", BUCKET, json!({"name": "b"}))];
    let mut world = applied(bucket());
    world.thing("us-east-1/b").snapshot.props["policy"] = json!({"Statement": []});
    check(
        &world,
        bucket(),
        expect![[r#"
        added: us-east-1/b policy
    "#]],
    );
    check(&world, ignoring(&["policy"], bucket()), expect![[""]]);
    check(
        &world,
        ignoring(&["poli"], bucket()),
        expect![[r#"
        added: us-east-1/b policy
    "#]],
    );
    // Of a map only the part that is named.
    let tagged = |team: &str| {
        vec![global("role", ROLE, json!({"name": "r", "policy": "p", "tags": {"team": team}}))]
    };
    let world = applied(tagged("a"));
    check(&world, ignoring(&["tags.team"], tagged("b")), expect![[""]]);
    check(&world, ignoring(&["tags"], tagged("b")), expect![[""]]);
    check(
        &world,
        edit(tagged("b"), "role", |it| it.retained = true),
        expect![[r#"
        ~ role Safe
            tags.team: "a" → "b" Edited
        0 after []
          Update role#1 in global Fake:Role-global-1 retained applied {"name":"r","policy":"p","tags":{"bicoastal:lineage":"lineage","bicoastal:resource":"role","bicoastal:stack":"test","team":"a"}} seen {"name":"r","policy":"p","tags":{"bicoastal:lineage":"lineage","bicoastal:resource":"role","bicoastal:stack":"test","team":"a"}} wanted {"name":"r","policy":"p","tags":{"bicoastal:lineage":"lineage","bicoastal:resource":"role","bicoastal:stack":"test","team":"b"}}
    "#]],
    );
}
