//! What is only recorded, and why.

use bicoastal_engine::planner::Options;
use bicoastal_engine::state::{Doubt, Verb};
use bicoastal_model::Region::UsEast1;
use bicoastal_model::{Declared, Status};
use expect_test::{Expect, expect};
use serde_json::json;

use super::common::cloud::World;
use super::common::program::{desired, edit, global, output, regional};
use super::common::*;
use super::setting::{applied, entry, records, told};

fn check(world: &World, program: Vec<Declared>, expect: Expect) {
    let plan = world.plan(&desired(program));
    let recorded = plan.as_ref().map(records).unwrap_or_default();
    expect.assert_eq(&(told(&plan) + &recorded));
}

fn program() -> Vec<Declared> {
    vec![
        regional(UsEast1, "assets", BUCKET, json!({"name": "assets", "versioned": true})),
        global("check", CHECK, json!({"host": output("us-east-1/assets", "arn")})),
        global("role", ROLE, json!({"name": "role", "policy": "p"})),
    ]
}

#[test]
fn its_place_in_the_order_and_what_is_said_of_it() {
    let world = applied(program());
    let after = edit(program(), "role", |it| it.after = ["us-east-1/assets".into()].into());
    check(
        &world,
        after.clone(),
        expect![[r#"
        note role Safe (its place in the order changes)
        record: noted role#1
        {"noted":{"applied":{"name":"role","policy":"p","tags":{"bicoastal:lineage":"lineage","bicoastal:resource":"role","bicoastal:stack":"test"}},"edges":["us-east-1/assets"],"key":"role#1","outputs":{"arn":"Fake:Role-global-1.arn","name":"role"},"protected":false,"retained":false}}
    "#]],
    );
    check(
        &applied(after),
        program(),
        expect![[r#"
        note role Safe (its place in the order changes)
        record: noted role#1
        {"noted":{"applied":{"name":"role","policy":"p","tags":{"bicoastal:lineage":"lineage","bicoastal:resource":"role","bicoastal:stack":"test"}},"edges":[],"key":"role#1","outputs":{"arn":"Fake:Role-global-2.arn","name":"role"},"protected":false,"retained":false}}
    "#]],
    );
    let said = edit(program(), "role", |it| {
        it.protected = true;
        it.retained = true;
    });
    check(
        &world,
        said.clone(),
        expect![[r#"
        note role Safe (it is protected; it is retained)
        record: noted role#1
        {"noted":{"applied":{"name":"role","policy":"p","tags":{"bicoastal:lineage":"lineage","bicoastal:resource":"role","bicoastal:stack":"test"}},"edges":[],"key":"role#1","outputs":{"arn":"Fake:Role-global-1.arn","name":"role"},"protected":true,"retained":true}}
    "#]],
    );
    check(
        &applied(said),
        program(),
        expect![[r#"
        note role Safe (it is not protected any more; it is not retained any more)
        record: noted role#1
        {"noted":{"applied":{"name":"role","policy":"p","tags":{"bicoastal:lineage":"lineage","bicoastal:resource":"role","bicoastal:stack":"test"}},"edges":[],"key":"role#1","outputs":{"arn":"Fake:Role-global-1.arn","name":"role"},"protected":false,"retained":false}}
    "#]],
    );
}

#[test]
fn outputs_that_are_used_are_recorded_and_others_are_not() {
    let mut world = applied(program());
    let outputs = &mut world.thing("us-east-1/assets").snapshot.outputs;
    outputs.insert("name".to_owned(), json!("another"));
    check(&world, program(), expect![[""]]);
    let mut exported = desired(program());
    exported.exports = vec![("name".to_owned(), output("us-east-1/assets", "name"))];
    let plan = world.plan(&exported);
    expect![[r#"
        {"noted":{"applied":{"name":"assets","tags":{"bicoastal:lineage":"lineage","bicoastal:resource":"us-east-1/assets","bicoastal:stack":"test"},"versioned":true},"edges":[],"key":"us-east-1/assets#1","outputs":{"arn":"Fake:Bucket-us-east-1-2.arn","name":"another"},"protected":false,"retained":false}}
        {"exports":{"exports":[["name","another"]]}}
    "#]].assert_eq(&records(&plan.unwrap()));
    let outputs = &mut world.thing("us-east-1/assets").snapshot.outputs;
    outputs.insert("name".to_owned(), json!("assets"));
    outputs.insert("arn".to_owned(), json!("arn:new"));
    check(
        &world,
        vec![program().remove(0), program().remove(2)],
        expect![[r#"
        - check Disruptive (no longer declared)
        0 after []
          Delete check#1 in global Fake:Check-global-3 needs [us-east-1/assets] applied {"host":"Fake:Bucket-us-east-1-2.arn"} seen {"host":"Fake:Bucket-us-east-1-2.arn"}
    "#]],
    );
    check(
        &world,
        program(),
        expect![[r#"
        ~ check Safe
            host: "Fake:Bucket-us-east-1-2.arn" → "arn:new" Edited
        record: noted us-east-1/assets#1
        0 after []
          Update check#1 in global Fake:Check-global-3 needs [us-east-1/assets] applied {"host":"Fake:Bucket-us-east-1-2.arn"} seen {"host":"Fake:Bucket-us-east-1-2.arn"} wanted {"host":"arn:new"}
        {"noted":{"applied":{"name":"assets","tags":{"bicoastal:lineage":"lineage","bicoastal:resource":"us-east-1/assets","bicoastal:stack":"test"},"versioned":true},"edges":[],"key":"us-east-1/assets#1","outputs":{"arn":"arn:new","name":"assets"},"protected":false,"retained":false}}
    "#]],
    );
}

#[test]
fn an_id_that_is_not_recorded_is() {
    let mut world = applied(program());
    let doubt =
        Doubt { op: 1, verb: Verb::Create, wanted: entry(&mut world, "role", 1).applied.clone() };
    let role = entry(&mut world, "role", 1);
    role.physical = None;
    role.doubt = Some(doubt);
    role.applied = None;
    check(
        &world,
        program(),
        expect![[r#"
        note role Safe (an operation that did not end turns out to be done)
        record: noted role#1
        {"noted":{"applied":{"name":"role","policy":"p","tags":{"bicoastal:lineage":"lineage","bicoastal:resource":"role","bicoastal:stack":"test"}},"edges":[],"key":"role#1","outputs":{"arn":"Fake:Role-global-1.arn","name":"role"},"physical":"Fake:Role-global-1","protected":false,"retained":false}}
    "#]],
    );
}

#[test]
fn what_is_there_by_anothers_hand_is_recorded() {
    let mut world = applied(program());
    let role = entry(&mut world, "role", 1);
    role.applied = Some(json!({"name": "role", "policy": "old"}).into());
    check(
        &world,
        program(),
        expect![[r#"
        note role Safe (AWS has it like this already)
        record: noted role#1
        {"noted":{"applied":{"name":"role","policy":"p","tags":{"bicoastal:lineage":"lineage","bicoastal:resource":"role","bicoastal:stack":"test"}},"edges":[],"key":"role#1","outputs":{"arn":"Fake:Role-global-1.arn","name":"role"},"protected":false,"retained":false}}
    "#]],
    );
    entry(&mut world, "role", 1).applied = None;
    check(
        &world,
        program(),
        expect![[r#"
        note role Safe (AWS has it like this already)
        record: noted role#1
        {"noted":{"applied":{"name":"role","policy":"p","tags":{"bicoastal:lineage":"lineage","bicoastal:resource":"role","bicoastal:stack":"test"}},"edges":[],"key":"role#1","outputs":{"arn":"Fake:Role-global-1.arn","name":"role"},"protected":false,"retained":false}}
    "#]],
    );
}

#[test]
fn what_is_under_way_is_followed_up() {
    let mut world = applied(program());
    let wanted = entry(&mut world, "role", 1).applied.clone();
    entry(&mut world, "role", 1).doubt = Some(Doubt { op: 1, verb: Verb::Update, wanted });
    world.thing("role").snapshot.status = Status::Busy("updating".to_owned());
    check(
        &world,
        program(),
        expect![[r#"
        ~ role Safe (an operation that did not end is still under way)
        0 after []
          Update role#1 in global Fake:Role-global-1 applied {"name":"role","policy":"p"} seen {"name":"role","policy":"p"} wanted {"name":"role","policy":"p"}
    "#]],
    );
    world.thing("role").snapshot.status = Status::Failed("broken".to_owned());
    check(
        &world,
        program(),
        expect![[r#"
        note role Safe (an operation that did not end turns out to be done)
        record: noted role#1
        warning: role: AWS says that it is in state broken
          declared at main.rs:1
        {"noted":{"applied":{"name":"role","policy":"p","tags":{"bicoastal:lineage":"lineage","bicoastal:resource":"role","bicoastal:stack":"test"}},"edges":[],"key":"role#1","outputs":{"arn":"Fake:Role-global-1.arn","name":"role"},"protected":false,"retained":false}}
    "#]],
    );
    let changed = edit(program(), "role", |it| it.props.set("policy", json!("q")));
    world.thing("role").snapshot.status = Status::Busy("updating".to_owned());
    check(
        &world,
        changed,
        expect![[r#"
        ~ role Safe
            policy: "p" → "q" Edited
        0 after []
          Update role#1 in global Fake:Role-global-1 applied {"name":"role","policy":"p"} seen {"name":"role","policy":"p"} wanted {"name":"role","policy":"q"}
    "#]],
    );
}

#[test]
fn a_creation_whose_end_is_not_known_is_ours_only_where_it_is_as_wanted() {
    let record = |ttl: u32| {
        let props = json!({"zone": "z", "name": "a.example.com", "type": "A", "ttl": ttl});
        vec![global("record", RECORD, props)]
    };
    let mut world = World::new();
    let plan = world.plan(&desired(record(1))).unwrap();
    world.doubt(&plan, "record", true);
    // It can bear no mark.
    world.things[0].token.clear();
    check(
        &world,
        record(1),
        expect![[r#"
        note record Safe (an operation that did not end turns out to be done)
        record: noted record#1
        {"noted":{"applied":{"name":"a.example.com","ttl":1,"type":"A","zone":"z"},"edges":[],"key":"record#1","outputs":{},"physical":"Fake:Record-global-1","protected":false,"retained":false}}
    "#]],
    );
    check(
        &world,
        record(2),
        expect![[r#"
        ~ record Safe
            ttl: 1 → 2 Edited
        0 after []
          Update record#1 in global Fake:Record-global-1 applied {"name":"a.example.com","ttl":1,"type":"A","zone":"z"} seen {"name":"a.example.com","ttl":1,"type":"A","zone":"z"} wanted {"name":"a.example.com","ttl":2,"type":"A","zone":"z"}
    "#]],
    );
    // It is what the program wants by now, though it is not what was being created.
    world.things[0].snapshot.props["ttl"] = json!(2);
    check(
        &world,
        record(2),
        expect![[r#"
        note record Safe (an operation that did not end turns out to be done)
        record: noted record#1
        {"noted":{"applied":{"name":"a.example.com","ttl":2,"type":"A","zone":"z"},"edges":[],"key":"record#1","outputs":{},"physical":"Fake:Record-global-1","protected":false,"retained":false}}
    "#]],
    );
    check(
        &world,
        record(1),
        expect![[r#"
        error: record: its creation did not end, and Fake:Record-global-1 exists but is not what was being created
          declared at main.rs:1
          hint: to take it over, say stack.adopt(&handle, "Fake:Record-global-1")
    "#]],
    );
}

#[test]
fn what_means_the_same_is_no_difference_and_what_was_more_is() {
    let zone = |domain: &str| vec![global("zone", ZONE, json!({"domain": domain}))];
    check(&applied(zone("Example.com.")), zone("example.com"), expect![[""]]);
    let mut world = applied(vec![global("check", CHECK, json!({"host": "h"}))]);
    entry(&mut world, "check", 1).applied = Some(json!({"host": "h", "path": "/"}).into());
    check(
        &world,
        vec![global("check", CHECK, json!({"host": "h"}))],
        expect![[r#"
        note check Safe (AWS has it like this already)
        record: noted check#1
        {"noted":{"applied":{"host":"h"},"edges":[],"key":"check#1","outputs":{"id":"Fake:Check-global-1.id","path":null},"protected":false,"retained":false}}
    "#]],
    );
    entry(&mut world, "check", 1).applied = Some(json!({"path": "h"}).into());
    check(
        &world,
        vec![global("check", CHECK, json!({"host": "h"}))],
        expect![[r#"
        note check Safe (AWS has it like this already)
        record: noted check#1
        {"noted":{"applied":{"host":"h"},"edges":[],"key":"check#1","outputs":{"id":"Fake:Check-global-1.id","path":null},"protected":false,"retained":false}}
    "#]],
    );
}

#[test]
fn what_is_left_out_does_not_count_what_is_only_noted() {
    let world = applied(program());
    let noted = edit(program(), "role", |it| it.retained = true);
    let changed = edit(noted, "check", |it| it.props.set("path", json!("/")));
    let options = Options { only: ["check".into()].into(), ..Options::default() };
    expect![[r#"
        ~ check Safe
            path: null → "/" Edited
        left out: role
        0 after []
          Update check#1 in global Fake:Check-global-3 needs [us-east-1/assets] applied {"host":"Fake:Bucket-us-east-1-2.arn"} seen {"host":"Fake:Bucket-us-east-1-2.arn"} wanted {"host":"Fake:Bucket-us-east-1-2.arn","path":"/"}
    "#]].assert_eq(&told(&world.plan_with(&desired(changed), &options)));
}

#[test]
fn what_is_only_noted_is_not_needed_for_a_delete() {
    let before = edit(program(), "role", |it| it.after = ["us-east-1/assets".into()].into());
    let world = applied(before);
    let now = vec![program().remove(2)];
    let options = Options { only: ["us-east-1/assets".into()].into(), ..Options::default() };
    expect![[r#"
        - check Disruptive (no longer declared)
        - us-east-1/assets DestroysData (no longer declared)
        left out: role
        0 after []
          Delete check#1 in global Fake:Check-global-3 needs [us-east-1/assets] applied {"host":"Fake:Bucket-us-east-1-1.arn"} seen {"host":"Fake:Bucket-us-east-1-1.arn"}
        1 after [0]
          Delete us-east-1/assets#1 in us-east-1 Fake:Bucket-us-east-1-1 applied {"name":"assets","versioned":true} seen {"name":"assets","versioned":true}
    "#]].assert_eq(&told(&world.plan_with(&desired(now), &options)));
}
