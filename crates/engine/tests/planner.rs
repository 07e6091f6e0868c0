//! What the planner decides, case by case.

mod common;

use std::collections::BTreeSet;

use bicoastal_engine::planner::Options;
use bicoastal_model::Region::{ApSouth1, EuWest1, UsEast1};
use bicoastal_model::{Addition, Region, ResourceId, Rollout};
use common::cloud::World;
use common::program::{declared, desired, edit, global, output, regional, serving};
use common::show::{changes, show};
use common::*;
use expect_test::{Expect, expect};
use serde_json::json;

const TWO: &[Region] = &[UsEast1, ApSouth1];

fn check(world: &World, program: Vec<bicoastal_model::Declared>, expected: Expect) {
    expected.assert_eq(&show(&world.plan(&desired(program))));
}

fn applied(program: Vec<bicoastal_model::Declared>) -> World {
    let mut world = World::new();
    world.apply(&desired(program));
    world
}

#[test]
fn everything_is_created_data_before_traffic() {
    check(
        &World::new(),
        serving(TWO),
        expect![[r#"
            + role Safe
            + ap-south-1/assets Safe
            + sessions Safe
            + us-east-1/assets Safe
            + ap-south-1/front Safe
            + us-east-1/front Safe
            + alive-ap-south-1 Safe
            + alive-us-east-1 Safe
            + zone Safe
            + api-ap-south-1 Safe
            + api-us-east-1 Safe
            0 w1 create role#1 after []
            1 w1 create ap-south-1/assets#1 after [0]
            2 w1 create sessions#1 after []
            3 w1 create us-east-1/assets#1 after [0]
            4 w1 create ap-south-1/front#1 after [1 2~]
            5 w1 create us-east-1/front#1 after [2~ 3]
            6 w1 create alive-ap-south-1#1 after [4]
            7 w1 create alive-us-east-1#1 after [5]
            8 w1 create zone#1 after []
            9 w1 create api-ap-south-1#1 & create api-us-east-1#1 after [1! 2! 3! 4=! 5=! 6 7 8] 0:1.0! 0:2.0! 0:4.0 0:6.0 0:8.0 1:2.0! 1:3.0! 1:5.0 1:7.0 1:8.0
        "#]],
    );
}

#[test]
fn after_an_apply_there_is_nothing_to_do() {
    check(&applied(serving(TWO)), serving(TWO), expect![[""]]);
}

#[test]
fn a_change_everywhere_goes_region_after_region() {
    let world = applied(serving(TWO));
    let mut program = serving(TWO);
    for region in TWO {
        program = edit(program, &format!("{region}/front"), |it| it.props.set("idle", json!(90)));
        program = edit(program, &format!("{region}/assets"), |it| {
            it.props.set("versioned", json!(false))
        });
    }
    program = edit(program, "role", |it| it.props.set("policy", json!("q")));
    program = edit(program, "sessions", |it| it.props.set("billing", json!("provisioned")));
    check(
        &world,
        program.clone(),
        expect![[r#"
            ~ role Safe
                policy: "p" → "q" Edited
            ~ sessions Safe
                billing: "demand" → "provisioned" Edited
            ~ ap-south-1/assets Disruptive (what is overwritten is kept no longer)
                versioned: true → false Edited
            ~ ap-south-1/front Safe
                idle: 60 → 90 Edited
            ~ us-east-1/assets Disruptive (what is overwritten is kept no longer)
                versioned: true → false Edited
            ~ us-east-1/front Safe
                idle: 60 → 90 Edited
            0 w1 update role#1 after []
            1 w2 update sessions#1 after [0>]
            2 w3 update ap-south-1/assets#1 after [0 1>]
            3 w3 update ap-south-1/front#1 after [1> 2]
            4 w4 update us-east-1/assets#1 after [0 2> 3>]
            5 w4 update us-east-1/front#1 after [2> 3> 4]
        "#]],
    );
    let mut at_once = desired(program);
    at_once.rollout = Rollout::AllAtOnce;
    expect![[r#"
        ~ role Safe
            policy: "p" → "q" Edited
        ~ sessions Safe
            billing: "demand" → "provisioned" Edited
        ~ ap-south-1/assets Disruptive (what is overwritten is kept no longer)
            versioned: true → false Edited
        ~ us-east-1/assets Disruptive (what is overwritten is kept no longer)
            versioned: true → false Edited
        ~ ap-south-1/front Safe
            idle: 60 → 90 Edited
        ~ us-east-1/front Safe
            idle: 60 → 90 Edited
        0 w1 update role#1 after []
        1 w1 update sessions#1 after []
        2 w1 update ap-south-1/assets#1 after [0]
        3 w1 update us-east-1/assets#1 after [0]
        4 w1 update ap-south-1/front#1 after [2]
        5 w1 update us-east-1/front#1 after [3]
    "#]]
    .assert_eq(&show(&world.plan(&at_once)));
}

#[test]
fn a_region_is_added_data_first() {
    let world = applied(serving(TWO));
    check(
        &world,
        serving(&[UsEast1, ApSouth1, EuWest1]),
        expect![[r#"
            ~ sessions Safe
                regions[eu-west-1]: null → "eu-west-1" Edited
            + eu-west-1/assets Safe
            + eu-west-1/front Safe
            + alive-eu-west-1 Safe
            + api-eu-west-1 Safe
            0 w1 update sessions#1 after []
            1 w1 create eu-west-1/assets#1 after []
            2 w1 create eu-west-1/front#1 after [0~ 1]
            3 w1 create alive-eu-west-1#1 after [2]
            4 w1 create api-eu-west-1#1 after [0! 1! 2=! 3]
        "#]],
    );
}

#[test]
fn a_region_is_drained_before_it_is_taken_down() {
    let world = applied(serving(&[UsEast1, ApSouth1, EuWest1]));
    check(
        &world,
        serving(&[ApSouth1, EuWest1]),
        expect![[r#"
            - api-us-east-1 Disruptive (no longer declared)
            - alive-us-east-1 Disruptive (no longer declared)
            - us-east-1/front Disruptive (no longer declared)
            - us-east-1/assets DestroysData (no longer declared)
            ~ sessions Disruptive
                regions[us-east-1]: "us-east-1" → null Edited
            0 w1 delete api-us-east-1#1 after []
            1 w1 delete alive-us-east-1#1 after [0]
            2 w1 drain us-east-1: 2 × TTL 60 s after [0!]
            3 w1 delete us-east-1/front#1 after [0=! 1 2!]
            4 w1 delete us-east-1/assets#1 after [0! 2! 3=!]
            5 w1 update sessions#1 after [0! 2! 3!]
        "#]],
    );
}

#[test]
fn drift_is_named_and_undone() {
    let mut world = applied(serving(TWO));
    world.thing("us-east-1/front").snapshot.props["idle"] = json!(5);
    world.thing("zone").snapshot.children = vec![Addition {
        kind: "Fake:Record".into(),
        identity: json!({"zone": "z", "name": "x.example.com", "type": "TXT"}),
        label: "TXT x.example.com.".into(),
    }];
    world.thing("ap-south-1/assets").snapshot.props["policy"] = json!("mine");
    check(
        &world,
        serving(TWO),
        expect![[r#"
        ~ us-east-1/front Safe
            idle: 5 → 60 Drifted
        added: ap-south-1/assets policy
        added: zone TXT x.example.com.
        0 w1 update us-east-1/front#1 after []
    "#]],
    );
    let exclusive = edit(serving(TWO), "zone", |it| it.props.set("exclusive_records", json!(true)));
    check(
        &world,
        exclusive,
        expect![[r#"
            ~ us-east-1/front Safe
                idle: 5 → 60 Drifted
            - zone/TXT x.example.com. Disruptive (somebody added it, and the program claims the whole of zone)
            note zone Safe (AWS has no such property: it is only recorded)
                exclusive_records: null → true Edited
            record: noted zone#1
            added: ap-south-1/assets policy
            0 w1 update us-east-1/front#1 after []
            1 w1 delete zone/TXT x.example.com.#1 after []
        "#]],
    );
}

#[test]
fn what_was_deleted_by_others_is_made_again_and_followed() {
    let mut world = applied(serving(TWO));
    world.lose("us-east-1/front");
    check(
        &world,
        serving(TWO),
        expect![[r#"
            + us-east-1/front Safe (it was deleted outside of the program)
            ~ alive-us-east-1 Safe
                host: "Fake:Front-us-east-1-6.dns" → {"$ref":{"attribute":"dns","id":"us-east-1/front"}} Unknown
            ~ api-us-east-1 Safe
                alias: "Fake:Front-us-east-1-6.dns" → {"$ref":{"attribute":"dns","id":"us-east-1/front"}} Unknown
            record: forgotten us-east-1/front#1
            0 w1 create us-east-1/front#2 after []
            1 w1 update alive-us-east-1#1 after [0]
            2 w1 update api-us-east-1#1 after [0 1]
        "#]],
    );
}

#[test]
fn a_fixed_name_is_replaced_with_an_outage_and_a_generated_one_without() {
    let world = applied(serving(TWO));
    let fixed =
        edit(serving(TWO), "us-east-1/front", |it| it.props.set("scheme", json!("internal")));
    check(
        &world,
        fixed,
        expect![[r#"
            -/+ us-east-1/front Disruptive (scheme can't be changed in place; its name is fixed, so the old one goes first)
                scheme: "public" → "internal" Edited
            ~ alive-us-east-1 Safe
                host: "Fake:Front-us-east-1-6.dns" → {"$ref":{"attribute":"dns","id":"us-east-1/front"}} Unknown
            ~ api-us-east-1 Safe
                alias: "Fake:Front-us-east-1-6.dns" → {"$ref":{"attribute":"dns","id":"us-east-1/front"}} Unknown
            0 w1 delete us-east-1/front#1 after []
            1 w1 create us-east-1/front#2 after [0]
            2 w1 update alive-us-east-1#1 after [1]
            3 w1 update api-us-east-1#1 after [1 2]
        "#]],
    );
    let generated = |scheme: &str| {
        edit(serving(TWO), "us-east-1/front", |it| {
            it.props.set("name", json!({"$name": "front"}));
            it.props.set("scheme", json!(scheme));
        })
    };
    let world = applied(generated("public"));
    check(
        &world,
        generated("internal"),
        expect![[r#"
            +/- us-east-1/front Safe (scheme can't be changed in place)
                scheme: "public" → "internal" Edited
            ~ alive-us-east-1 Safe
                host: "Fake:Front-us-east-1-6.dns" → {"$ref":{"attribute":"dns","id":"us-east-1/front"}} Unknown
            ~ api-us-east-1 Safe
                alias: "Fake:Front-us-east-1-6.dns" → {"$ref":{"attribute":"dns","id":"us-east-1/front"}} Unknown
            0 w1 create us-east-1/front#2 after []
            1 w1 update alive-us-east-1#1 after [0]
            2 w1 update api-us-east-1#1 after [0 1]
            3 w1 delete us-east-1/front#1 after [0 1 2]
        "#]],
    );
    let renamed = edit(serving(TWO), "us-east-1/front", |it| it.props.set("name", json!("other")));
    check(
        &applied(serving(TWO)),
        renamed,
        expect![[r#"
            +/- us-east-1/front Safe (name can't be changed in place)
                name: "front" → "other" Edited
            ~ alive-us-east-1 Safe
                host: "Fake:Front-us-east-1-6.dns" → {"$ref":{"attribute":"dns","id":"us-east-1/front"}} Unknown
            ~ api-us-east-1 Safe
                alias: "Fake:Front-us-east-1-6.dns" → {"$ref":{"attribute":"dns","id":"us-east-1/front"}} Unknown
            0 w1 create us-east-1/front#2 after []
            1 w1 update alive-us-east-1#1 after [0]
            2 w1 update api-us-east-1#1 after [0 1]
            3 w1 delete us-east-1/front#1 after [0 1 2]
        "#]],
    );
}

#[test]
fn records_of_one_group_change_in_one_batch() {
    let zone = || global("zone", ZONE, json!({"domain": "example.com"}));
    let text = |id: &str, name: &str, values: serde_json::Value| {
        global(
            id,
            RECORD,
            json!({"zone": output("zone", "id"), "name": name, "type": "TXT", "ttl": 300, "values": values}),
        )
    };
    let many = |value: &str| {
        let mut all = vec![zone()];
        for index in 0..6 {
            let values = json!([format!("\"{value}{index}a\""), format!("\"{value}{index}b\"")]);
            all.push(text(&format!("t{index}"), &format!("t{index}.example.com"), values));
        }
        all
    };
    let world = applied(many("one"));
    // Twelve elements do not fit into ten; an update counts twice.
    check(
        &World::new(),
        many("one"),
        expect![[r#"
            + zone Safe
            + t0 Safe
            + t1 Safe
            + t2 Safe
            + t3 Safe
            + t4 Safe
            + t5 Safe
            0 w1 create zone#1 after []
            1 w1 create t0#1 & create t1#1 & create t2#1 & create t3#1 & create t4#1 after [0] 0:0.0 1:0.0 2:0.0 3:0.0 4:0.0
            2 w1 create t5#1 after [0]
        "#]],
    );
    check(
        &world,
        many("two"),
        expect![[r#"
        ~ t0 Safe
            values: ["\"one0a\"","\"one0b\""] → ["\"two0a\"","\"two0b\""] Edited
        ~ t1 Safe
            values: ["\"one1a\"","\"one1b\""] → ["\"two1a\"","\"two1b\""] Edited
        ~ t2 Safe
            values: ["\"one2a\"","\"one2b\""] → ["\"two2a\"","\"two2b\""] Edited
        ~ t3 Safe
            values: ["\"one3a\"","\"one3b\""] → ["\"two3a\"","\"two3b\""] Edited
        ~ t4 Safe
            values: ["\"one4a\"","\"one4b\""] → ["\"two4a\"","\"two4b\""] Edited
        ~ t5 Safe
            values: ["\"one5a\"","\"one5b\""] → ["\"two5a\"","\"two5b\""] Edited
        0 w1 update t0#1 & update t1#1 after []
        1 w1 update t2#1 & update t3#1 after []
        2 w1 update t4#1 & update t5#1 after []
    "#]],
    );
    // From one simple record to a group under the same name: deleted and created in one call.
    let world = applied(vec![zone(), text("old", "api.example.com", json!(["\"x\""]))]);
    let mut grouped = vec![zone()];
    for set in ["blue", "green"] {
        let mut record = text(set, "api.example.com", json!(["\"x\""]));
        record.props.set("set", json!(set));
        grouped.push(record);
    }
    check(
        &world,
        grouped,
        expect![[r#"
        + blue Safe
        + green Safe
        - old Disruptive (no longer declared)
        0 w1 create blue#1 & create green#1 & delete old#1 after []
    "#]],
    );
}

#[test]
fn doubts_are_settled_by_what_is_seen() {
    let bucket =
        |name: &str| regional(UsEast1, name, BUCKET, json!({"name": name, "versioned": true}));
    let start = World::new().plan(&desired([bucket("a")])).expect("a plan");
    // Its creation did not happen: again, with the same key and token.
    let mut world = World::new();
    world.doubt(&start, "us-east-1/a", false);
    check(
        &world,
        vec![bucket("a")],
        expect![[r#"
            + us-east-1/a Safe (its creation did not end)
            0 w1 create us-east-1/a#1 after []
        "#]],
    );
    check(
        &world,
        vec![],
        expect![[r#"
        forget us-east-1/a Safe (it is gone already)
        record: forgotten us-east-1/a#1
    "#]],
    );
    // It did.
    let mut world = World::new();
    world.doubt(&start, "us-east-1/a", true);
    check(
        &world,
        vec![bucket("a")],
        expect![[r#"
            note us-east-1/a Safe (an operation that did not end turns out to be done)
            record: noted us-east-1/a#1
        "#]],
    );
    check(
        &world,
        vec![],
        expect![[r#"
        - us-east-1/a DestroysData (no longer declared)
        0 w1 delete us-east-1/a#1 after []
    "#]],
    );
    // It is there, bears no mark, and is something else.
    world.things[0].token.clear();
    world.things[0].snapshot.props["versioned"] = json!(false);
    check(
        &world,
        vec![bucket("a")],
        expect![[r#"
            error: us-east-1/a: its creation did not end, and Fake:Bucket-us-east-1-1 exists but bears no mark of this stack
              declared at main.rs:1
              hint: to take it over, say stack.adopt(&handle, "Fake:Bucket-us-east-1-1")
        "#]],
    );
    check(
        &world,
        vec![],
        expect![[r#"
            forget us-east-1/a Safe (its creation did not end, and Fake:Bucket-us-east-1-1 exists but bears no mark of this stack: left alone)
            record: forgotten us-east-1/a#1
            warning: us-east-1/a: its creation did not end, and Fake:Bucket-us-east-1-1 exists but bears no mark of this stack: left alone
        "#]],
    );
    // An update that may have happened: what it was about to set counts as applied.
    let mut world = applied(vec![bucket("a")]);
    let edited = edit(vec![bucket("a")], "us-east-1/a", |it| it.props.set("policy", json!("p")));
    let plan = world.plan(&desired(edited)).expect("a plan");
    world.doubt(&plan, "us-east-1/a", true);
    check(
        &world,
        vec![bucket("a")],
        expect![[r#"
        ~ us-east-1/a Safe
            policy: "p" → null Edited
        0 w1 update us-east-1/a#1 after []
    "#]],
    );
    // A delete that may have happened.
    let world = applied(vec![bucket("a")]);
    let plan = world.plan(&desired([])).expect("a plan");
    let mut kept = world.clone();
    kept.doubt(&plan, "us-east-1/a", false);
    check(
        &kept,
        vec![],
        expect![[r#"
        - us-east-1/a DestroysData (no longer declared)
        0 w1 delete us-east-1/a#1 after []
    "#]],
    );
    check(
        &kept,
        vec![bucket("a")],
        expect![[r#"
            note us-east-1/a Safe (an operation that did not end turns out to be done)
            record: noted us-east-1/a#1
        "#]],
    );
    let mut gone = world.clone();
    let entry = gone.state.entries.values().next().cloned().expect("it is in state");
    gone.doubt(&plan, "us-east-1/a", true);
    let mut entry = entry;
    entry.doubt = gone.state.entries.values().next().and_then(|it| it.doubt.clone());
    gone.state.entries.insert(bicoastal_engine::state::Key::new("us-east-1/a", 1), entry);
    check(
        &gone,
        vec![],
        expect![[r#"
        forget us-east-1/a Safe (it is gone already)
        record: forgotten us-east-1/a#1
    "#]],
    );
    check(
        &gone,
        vec![bucket("a")],
        expect![[r#"
            + us-east-1/a Safe (its deletion did not end, and is done)
            record: forgotten us-east-1/a#1
            0 w1 create us-east-1/a#2 after []
        "#]],
    );
}

#[test]
fn existing_things_are_never_taken_over_silently() {
    let mut world = applied(vec![regional(UsEast1, "a", BUCKET, json!({"name": "a"}))]);
    let renamed = regional(UsEast1, "b", BUCKET, json!({"name": "a"}));
    check(
        &world,
        vec![renamed.clone()],
        expect![[r#"
            error: us-east-1/b: Fake:Bucket-us-east-1-1 exists and is us-east-1/a in state
              declared at main.rs:1
              hint: if it was renamed, say stack.renamed(&handle, "us-east-1/a")
        "#]],
    );
    let told = edit(vec![renamed.clone()], "us-east-1/b", |it| {
        it.renamed_from = Some("us-east-1/a".into());
    });
    check(
        &world,
        told,
        expect![[r#"
            note us-east-1/b Safe (it was called us-east-1/a)
            record: moved us-east-1/a to us-east-1/b
            record: noted us-east-1/b#1
        "#]],
    );
    world.state.entries.clear();
    check(
        &world,
        vec![renamed.clone()],
        expect![[r#"
            error: us-east-1/b: Fake:Bucket-us-east-1-1 exists and is another's: bc-lineage-a83f55522bfb45f1-1
              declared at main.rs:1
              hint: give this one another name, or take it over with stack.adopt(&handle, "Fake:Bucket-us-east-1-1")
        "#]],
    );
    let physical = world.things[0].snapshot.physical.clone();
    let adopting = edit(vec![renamed], "us-east-1/b", |it| {
        it.adopt = Some(physical);
        it.props.set("versioned", json!(true));
    });
    check(
        &world,
        adopting.clone(),
        expect![[r#"
            <= us-east-1/b Safe (the program adopts Fake:Bucket-us-east-1-1)
                versioned: null → true Edited
                tags.bicoastal:resource: "us-east-1/a" → "us-east-1/b" Edited
            0 w1 adopt us-east-1/b#1 after []
        "#]],
    );
    check(
        &World::new(),
        adopting,
        expect![[r#"
            error: us-east-1/b: there is no Fake:Bucket-us-east-1-1 to adopt
              declared at main.rs:1
              hint: drop the adoption to have it created
        "#]],
    );
}

/// Something of another stack, under the physical name that `it` has in state.
fn taken_by_another(world: &mut World, id: &str) {
    world.thing(id).token = "another".to_owned();
}

#[test]
fn what_is_anothers_by_now_is_left_alone() {
    let front = |scheme: &str, name: &str| {
        regional(UsEast1, "a", FRONT, json!({"name": name, "scheme": scheme}))
    };
    let generated = |scheme: &str| {
        regional(UsEast1, "a", FRONT, json!({"name": {"$name": "a"}, "scheme": scheme}))
    };
    // It is declared.
    let mut world = applied(vec![front("public", "a")]);
    taken_by_another(&mut world, "us-east-1/a");
    check(
        &world,
        vec![front("public", "a")],
        expect![[r#"
        error: us-east-1/a: Fake:Front-us-east-1-1 is another's now: another
          declared at main.rs:1
          hint: to take it over, say stack.adopt(&handle, "Fake:Front-us-east-1-1")
    "#]],
    );
    check(
        &world,
        vec![front("internal", "a")],
        expect![[r#"
        error: us-east-1/a: Fake:Front-us-east-1-1 is another's now: another
          declared at main.rs:1
          hint: to take it over, say stack.adopt(&handle, "Fake:Front-us-east-1-1")
    "#]],
    );
    // It is not declared any more.
    check(
        &world,
        vec![],
        expect![[r#"
        forget us-east-1/a Safe (Fake:Front-us-east-1-1 is another's now, and is left alone: another)
        record: forgotten us-east-1/a#1
        warning: us-east-1/a: Fake:Front-us-east-1-1 is another's now, and is left alone: another
    "#]],
    );
    // It became something of another kind.
    let bucket = regional(UsEast1, "a", BUCKET, json!({"name": "a"}));
    check(
        &world,
        vec![bucket],
        expect![[r#"
        + us-east-1/a Safe (Fake:Front-us-east-1-1 is another's now, and is left alone: another)
        record: forgotten us-east-1/a#1
        warning: us-east-1/a: Fake:Front-us-east-1-1 is another's now, and is left alone: another
        0 w1 create us-east-1/a#2 after []
    "#]],
    );
    // It is an incarnation that another one took the place of, whose delete was under way.
    let mut world = applied(vec![generated("public")]);
    let plan = world.plan(&desired([generated("internal")])).expect("a plan");
    let members: Vec<_> = plan.operations.iter().flat_map(|it| &it.members).cloned().collect();
    world.perform(&members[0]);
    world.interrupt(&members[1], false);
    world.things[0].token = "another".to_owned();
    check(
        &world,
        vec![generated("internal")],
        expect![[r#"
        forget us-east-1/a Safe (Fake:Front-us-east-1-1 is another's now, and is left alone: another)
        record: forgotten us-east-1/a#1
        warning: us-east-1/a: Fake:Front-us-east-1-1 is another's now, and is left alone: another
    "#]],
    );
    // It has the name that a creation which did not end is to have.
    let mut world = applied(vec![front("public", "a")]);
    let plan = world.plan(&desired([front("public", "b")])).expect("a plan");
    let members: Vec<_> = plan.operations.iter().flat_map(|it| &it.members).cloned().collect();
    world.interrupt(&members[0], false);
    world.things[0].token = "another".to_owned();
    check(
        &world,
        vec![front("internal", "a")],
        expect![[r#"
        error: us-east-1/a: Fake:Front-us-east-1-1 exists and is another's: another
          declared at main.rs:1
          hint: give this one another name
    "#]],
    );
}

#[test]
fn a_region_in_the_dark_is_unknown_and_not_deleted() {
    let mut world = applied(serving(TWO));
    world.dark = vec!["us-east-1/front".into(), "us-east-1/assets".into()];
    let program = edit(serving(TWO), "ap-south-1/front", |it| it.props.set("idle", json!(90)));
    check(
        &world,
        program,
        expect![[r#"
        ~ ap-south-1/front Safe
            idle: 60 → 90 Edited
        unseen: us-east-1/assets
        unseen: us-east-1/front
        warning: some things could not be read; the plan leaves them as they are
          hint: to apply it without them, say so: --without-unseen
        0 w1 update ap-south-1/front#1 after []
    "#]],
    );
    // The role stays as long as something unseen stands on it.
    check(
        &world,
        vec![global("zone", ZONE, json!({"domain": "example.com"}))],
        expect![[r#"
            - api-ap-south-1 Disruptive (no longer declared)
            - api-us-east-1 Disruptive (no longer declared)
            - alive-ap-south-1 Disruptive (no longer declared)
            - alive-us-east-1 Disruptive (no longer declared)
            - ap-south-1/front Disruptive (no longer declared)
            - ap-south-1/assets DestroysData (no longer declared)
            - sessions DestroysData (no longer declared)
            unseen: us-east-1/assets
            unseen: us-east-1/front
            warning: role: is not deleted now: us-east-1/assets stands on it and could not be seen
              hint: the next plan that can see it deletes it
            warning: some things could not be read; the plan leaves them as they are
              hint: to apply it without them, say so: --without-unseen
            0 w1 delete api-ap-south-1#1 & delete api-us-east-1#1 after []
            1 w1 delete alive-ap-south-1#1 after [0] 0:0.0
            2 w1 delete alive-us-east-1#1 after [0] 0:0.1
            3 w1 delete ap-south-1/front#1 after [0=! 1] 0:0.0
            4 w1 delete ap-south-1/assets#1 after [0! 3=!] 0:0.0!
            5 w1 delete sessions#1 after [0! 2~ 3!] 0:0.0! 0:0.1!
        "#]],
    );
}

#[test]
fn guards_are_listed_at_once_and_lifted_by_name() {
    let table = || {
        let mut it = declared(
            "sessions",
            TABLE,
            TWO,
            json!({"name": "s", "key": "id", "deletion_protection": true}),
        );
        it.protected = true;
        it
    };
    let bucket = || regional(UsEast1, "assets", BUCKET, json!({"name": "assets"}));
    let zone = || global("zone", ZONE, json!({"domain": "example.com"}));
    let mut world = applied(vec![table(), bucket(), zone()]);
    world.thing("us-east-1/assets").snapshot.facts.insert("has_objects".into(), json!(true));
    world.thing("zone").snapshot.children = vec![Addition {
        kind: "Fake:Record".into(),
        identity: json!({"name": "x.example.com", "type": "TXT"}),
        label: "TXT x.example.com.".into(),
    }];
    let mut options = Options { destroy: true, ..Options::default() };
    let everything = desired([table(), bucket(), zone()]);
    expect![[r#"
        error: sessions: is protected
          hint: to delete it, name it: --unprotect sessions
        error: sessions: has deletion_protection on in AWS
          hint: to have it switched off and delete it, name it: --unprotect sessions
        error: us-east-1/assets: is not empty
          hint: empty it, or set force_destroy(true) and apply that first
        error: zone: holds what nobody declared: TXT x.example.com.
          hint: delete it by hand, or declare it, or claim the whole
    "#]]
    .assert_eq(&show(&world.plan_with(&everything, &options)));
    let guards = bicoastal_engine::planner::guards(
        &world.state,
        &world.observe(&everything),
        &catalog(),
        &options,
    );
    assert_eq!(guards.len(), 4);
    options.unprotect = ["sessions".into()].into();
    world.thing("zone").snapshot.children.clear();
    world.thing("us-east-1/assets").snapshot.facts.clear();
    expect![[r#"
        - zone Disruptive (everything is destroyed)
        - sessions DestroysData (everything is destroyed)
        - us-east-1/assets DestroysData (everything is destroyed)
        0 w1 delete zone#1 after []
        1 w1 delete sessions#1 after []
        2 w1 delete us-east-1/assets#1 after []
    "#]]
    .assert_eq(&show(&world.plan_with(&everything, &options)));
    // A replacement is a delete too.
    let edited = edit(vec![table()], "sessions", |it| it.props.set("key", json!("other")));
    check(
        &applied(vec![table()]),
        edited,
        expect![[r#"
        error: sessions: is protected
          declared at main.rs:1
          hint: to delete it, name it: --unprotect sessions
        error: sessions: has deletion_protection on in AWS
          declared at main.rs:1
          hint: to have it switched off and delete it, name it: --unprotect sessions
    "#]],
    );
}

#[test]
fn what_a_region_of_a_protected_thing_holds_is_guarded_too() {
    let three = [UsEast1, ApSouth1, EuWest1];
    let table = |regions: &[Region], protected: bool| {
        let mut table = declared("sessions", TABLE, regions, json!({"name": "s", "key": "id"}));
        table.protected = protected;
        table
    };
    let world = applied(vec![table(&three, true)]);
    // Its protection outlives the word that set it.
    check(
        &world,
        vec![table(TWO, false)],
        expect![[r#"
        error: sessions: is protected, and what it holds in eu-west-1 would be destroyed
          declared at main.rs:1
          hint: to take eu-west-1 out of it, name it: --unprotect sessions
    "#]],
    );
    check(
        &world,
        vec![table(&[UsEast1], true)],
        expect![[r#"
        error: sessions: is protected, and what it holds in ap-south-1 and eu-west-1 would be destroyed
          declared at main.rs:1
          hint: to take ap-south-1 and eu-west-1 out of it, name it: --unprotect sessions
    "#]],
    );
    let options = Options { unprotect: ["sessions".into()].into(), ..Options::default() };
    let plan = world.plan_with(&desired([table(TWO, true)]), &options);
    expect![[r#"
        ~ sessions Disruptive
            regions[eu-west-1]: "eu-west-1" → null Edited
        0 w1 update sessions#1 after []
    "#]]
    .assert_eq(&show(&plan));
    // Where the program protects it only now, what it takes out is guarded all the same.
    check(
        &applied(vec![table(&three, false)]),
        vec![table(TWO, true)],
        expect![[r#"
        error: sessions: is protected, and what it holds in eu-west-1 would be destroyed
          declared at main.rs:1
          hint: to take eu-west-1 out of it, name it: --unprotect sessions
    "#]],
    );
    check(
        &applied(vec![table(&three, false)]),
        vec![table(TWO, false)],
        expect![[r#"
        ~ sessions Disruptive
            regions[eu-west-1]: "eu-west-1" → null Edited
        0 w1 update sessions#1 after []
    "#]],
    );
}

#[test]
fn the_program_may_go_back_to_a_name_that_is_not_free_yet() {
    let role = |name: &str| vec![global("role", ROLE, json!({"name": name, "policy": "p"}))];
    let first = applied(role("one"));
    let plan = first.plan(&desired(role("two"))).expect("a plan");
    // The successor was made, the former one not deleted yet.
    let mut done = first.clone();
    let mut half = plan.clone();
    half.operations.truncate(1);
    done.carry_out(&half);
    done.state.entries.values_mut().next().expect("the first").superseded = true;
    check(
        &done,
        role("one"),
        expect![[r#"
        - role Safe (another one takes its place)
        note role Safe (it is what it was before, which is still there)
        record: restored role#1
        record: superseded role#2
        record: noted role#1
        0 w1 delete role#2 after []
    "#]],
    );
    check(
        &done,
        role("two"),
        expect![[r#"
        - role Safe (another one takes its place)
        0 w1 delete role#1 after []
    "#]],
    );
    // It may have been made: nobody knows, and it was.
    let mut made = first.clone();
    made.doubt(&plan, "role", true);
    check(
        &made,
        role("one"),
        expect![[r#"
        - role Safe (another one takes its place)
        record: superseded role#2
        0 w1 delete role#2 after []
    "#]],
    );
    // It was not.
    let mut lost = first.clone();
    lost.doubt(&plan, "role", false);
    check(
        &lost,
        role("one"),
        expect![[r#"
        record: forgotten role#2
    "#]],
    );
    // There and back, and there again.
    let back = done.plan(&desired(role("one"))).expect("a plan");
    let mut half = back.clone();
    half.operations.clear();
    done.carry_out(&half);
    check(
        &done,
        role("two"),
        expect![[r#"
        - role Safe (another one takes its place)
        note role Safe (it is what it was before, which is still there)
        record: restored role#2
        record: superseded role#1
        record: noted role#2
        0 w1 delete role#1 after []
    "#]],
    );
    // A third self that can't be either of the two, and has the name of one.
    let fixed = |name: &str, scheme: &str| {
        vec![regional(UsEast1, "front", FRONT, json!({"name": name, "scheme": scheme}))]
    };
    let mut world = applied(fixed("one", "public"));
    let plan = world.plan(&desired(fixed("two", "public"))).expect("a plan");
    let mut half = plan.clone();
    half.operations.truncate(1);
    world.carry_out(&half);
    world.state.entries.values_mut().next().expect("the first").superseded = true;
    check(
        &world,
        fixed("one", "internal"),
        expect![[r#"
        -/+ us-east-1/front Disruptive (name can't be changed in place; scheme can't be changed in place; its name is fixed, so the old one goes first; us-east-1/front#1 still has its name, and goes first)
            name: "two" → "one" Edited
            scheme: "public" → "internal" Edited
        0 w1 delete us-east-1/front#2 after []
        1 w1 delete us-east-1/front#1 after []
        2 w1 create us-east-1/front#3 after [0 1]
    "#]],
    );
    world.apply(&desired(fixed("one", "internal")));
    check(&world, fixed("one", "internal"), expect![[""]]);
    assert_eq!((world.things.len(), world.state.entries.len()), (1, 1));
    // The same where nothing came of the second one.
    let mut world = applied(fixed("one", "public"));
    world.doubt(&plan, "us-east-1/front", false);
    check(
        &world,
        fixed("one", "internal"),
        expect![[r#"
        -/+ us-east-1/front Disruptive (its creation did not end; us-east-1/front#1 still has its name, and goes first)
            name: null → "one" Edited
            scheme: null → "internal" Edited
            tags.bicoastal:lineage: null → "lineage" Edited
            tags.bicoastal:resource: null → "us-east-1/front" Edited
            tags.bicoastal:stack: null → "test" Edited
        0 w1 delete us-east-1/front#1 after []
        1 w1 create us-east-1/front#2 after [0]
    "#]],
    );
}

#[test]
fn destroy_undoes_in_reverse() {
    let world = applied(serving(TWO));
    let options = Options { destroy: true, ..Options::default() };
    expect![[r#"
        - api-ap-south-1 Disruptive (everything is destroyed)
        - api-us-east-1 Disruptive (everything is destroyed)
        - alive-ap-south-1 Disruptive (everything is destroyed)
        - alive-us-east-1 Disruptive (everything is destroyed)
        - zone Disruptive (everything is destroyed)
        - ap-south-1/front Disruptive (everything is destroyed)
        - us-east-1/front Disruptive (everything is destroyed)
        - ap-south-1/assets DestroysData (everything is destroyed)
        - sessions DestroysData (everything is destroyed)
        - us-east-1/assets DestroysData (everything is destroyed)
        - role Safe (everything is destroyed)
        0 w1 delete api-ap-south-1#1 & delete api-us-east-1#1 after []
        1 w1 delete alive-ap-south-1#1 after [0] 0:0.0
        2 w1 delete alive-us-east-1#1 after [0] 0:0.1
        3 w1 delete zone#1 after [0] 0:0.0 0:0.1
        4 w1 delete ap-south-1/front#1 after [0=! 1] 0:0.0
        5 w1 delete us-east-1/front#1 after [0=! 2] 0:0.1
        6 w1 delete ap-south-1/assets#1 after [0! 4=!] 0:0.0!
        7 w1 delete sessions#1 after [0! 4! 5!] 0:0.0! 0:0.1!
        8 w1 delete us-east-1/assets#1 after [0! 5=!] 0:0.1!
        9 w1 delete role#1 after [6 8]
    "#]]
    .assert_eq(&show(&world.plan_with(&desired(serving(TWO)), &options)));
}

#[test]
fn only_what_is_named_and_what_it_needs() {
    let options = |id: &str| Options { only: BTreeSet::from([id.into()]), ..Options::default() };
    let plan = World::new().plan_with(&desired(serving(TWO)), &options("api-us-east-1"));
    expect![[r#"
        + role Safe
        + us-east-1/assets Safe
        + us-east-1/front Safe
        + alive-us-east-1 Safe
        + zone Safe
        + api-us-east-1 Safe
        left out: alive-ap-south-1
        left out: ap-south-1/assets
        left out: ap-south-1/front
        left out: api-ap-south-1
        left out: sessions
        0 w1 create role#1 after []
        1 w1 create us-east-1/assets#1 after [0]
        2 w1 create us-east-1/front#1 after [1]
        3 w1 create alive-us-east-1#1 after [2]
        4 w1 create zone#1 after []
        5 w1 create api-us-east-1#1 after [1! 2=! 3 4]
    "#]]
    .assert_eq(&show(&plan));
    let world = applied(serving(TWO));
    let plan = world.plan_with(&desired([]), &options("us-east-1/front"));
    expect![[r#"
        - api-us-east-1 Disruptive (no longer declared)
        - alive-us-east-1 Disruptive (no longer declared)
        - us-east-1/front Disruptive (no longer declared)
        left out: alive-ap-south-1
        left out: ap-south-1/assets
        left out: ap-south-1/front
        left out: api-ap-south-1
        left out: role
        left out: sessions
        left out: us-east-1/assets
        left out: zone
        0 w1 delete api-us-east-1#1 after []
        1 w1 delete alive-us-east-1#1 after [0]
        2 w1 delete us-east-1/front#1 after [0=! 1]
    "#]]
    .assert_eq(&show(&plan));
    let plan = world.plan_with(&desired([]), &options("nothing"));
    expect![[r#"
        error: there is no resource nothing
          hint: `state list` shows what there is
    "#]]
    .assert_eq(&show(&plan));
}

/// Somebody else's thing keeps back what needs it, and nothing else.
#[test]
fn what_is_left_out_keeps_nothing_back() {
    let bucket = |id: &str, name: &str| regional(UsEast1, id, BUCKET, json!({"name": name}));
    let mut world = applied(vec![bucket("a", "taken")]);
    world.state.entries.clear();
    let program = desired(vec![bucket("b", "taken"), bucket("c", "free")]);
    let only = |id: &str| Options { only: [ResourceId::from(id)].into(), ..Options::default() };
    let plan = world.plan_with(&program, &only("us-east-1/c")).unwrap();
    let changed: Vec<String> = plan.changes.iter().map(|it| it.id.to_string()).collect();
    assert_eq!(changed, ["us-east-1/c"]);
    let refused = world.plan_with(&program, &only("us-east-1/b")).unwrap_err().to_string();
    assert!(refused.contains("us-east-1/b: Fake:Bucket-us-east-1-1 exists and is another's"));
}

/// A record is its name, type and values: deleted and created in one call it is the same again.
#[test]
fn a_record_is_not_replaced_by_itself() {
    let world = applied(serving(TWO));
    let replace = ["api-us-east-1", "us-east-1/front"].map(ResourceId::from);
    let options = Options { replace: BTreeSet::from(replace), ..Options::default() };
    expect![[r#"
        error: api-us-east-1: can't be replaced by the same again: it is what it says
          declared at main.rs:1
          hint: change what it says, or leave it
    "#]]
    .assert_eq(&show(&world.plan_with(&desired(serving(TWO)), &options)));
}

#[test]
fn protection_and_delete_options_are_state_only() {
    let bucket = |force: bool| {
        regional(UsEast1, "assets", BUCKET, json!({"name": "assets", "force_destroy": force}))
    };
    let world = applied(vec![bucket(false)]);
    let program = edit(vec![bucket(true)], "us-east-1/assets", |it| it.protected = true);
    check(
        &world,
        program,
        expect![[r#"
            note us-east-1/assets Safe (AWS has no such property: it is only recorded; it is protected)
                force_destroy: false → true Edited
            record: noted us-east-1/assets#1
        "#]],
    );
    let mut retained = bucket(false);
    retained.retained = true;
    check(
        &applied(vec![retained]),
        vec![],
        expect![[r#"
        forget us-east-1/assets Safe (no longer declared, and to be left alone)
        record: forgotten us-east-1/assets#1
    "#]],
    );
}

#[test]
fn the_writers_region_goes_last_and_not_by_itself() {
    let program = |regions: &[Region]| {
        let mut all = vec![declared("db", GROUP, regions, json!({"name": "db"}))];
        for &region in regions {
            let props = json!({"name": format!("db-{region}"), "group": output("db", "name"), "engine": "16"});
            let mut cluster = regional(region, "db", CLUSTER, props);
            if region == ApSouth1 {
                cluster.after.insert("us-east-1/db".into());
            }
            all.push(cluster);
        }
        all
    };
    let mut world = applied(program(TWO));
    check(
        &world,
        vec![],
        expect![[r#"
            - ap-south-1/db DestroysData (no longer declared)
            - us-east-1/db DestroysData (no longer declared)
            - db Disruptive (no longer declared)
            0 w1 delete ap-south-1/db#1 after []
            1 w1 delete us-east-1/db#1 after [0]
            2 w1 delete db#1 after [0 1]
        "#]],
    );
    // After a failover, the former secondary is the writer and goes last.
    world.thing("db").snapshot.facts.insert("writer_region".into(), json!("ap-south-1"));
    check(
        &world,
        vec![],
        expect![[r#"
            - us-east-1/db DestroysData (no longer declared)
            - ap-south-1/db DestroysData (no longer declared)
            - db Disruptive (no longer declared)
            0 w1 delete us-east-1/db#1 after []
            1 w1 delete ap-south-1/db#1 after [0]
            2 w1 delete db#1 after [0 1]
        "#]],
    );
    check(&world, program(TWO), expect![[""]]);
    let mut upgraded = program(TWO);
    for region in TWO {
        upgraded =
            edit(upgraded, &format!("{region}/db"), |it| it.props.set("engine", json!("17")));
    }
    check(
        &world,
        upgraded,
        expect![[r#"
            ~ us-east-1/db Disruptive
                engine: "16" → "17" Edited
            ~ ap-south-1/db Disruptive
                engine: "16" → "17" Edited
            0 w1 update us-east-1/db#1 after []
            1 w2 update ap-south-1/db#1 after [0=>]
        "#]],
    );
    // The group alone does not say so, but its member that is written goes.
    let alone = vec![program(TWO).remove(0), program(TWO).remove(1)];
    check(
        &world,
        alone,
        expect![[r#"
        error: ap-south-1/db: db is written in ap-south-1 at present, so this member of it can't be deleted
          hint: switch over to another region first
    "#]],
    );
    let third = program(&[UsEast1, ApSouth1, EuWest1]);
    let mut world = applied(third);
    world.thing("db").snapshot.facts.insert("writer_region".into(), json!("eu-west-1"));
    check(
        &world,
        program(TWO),
        expect![[r#"
            error: db: eu-west-1 is where it is written at present, so that region can't be taken out
              declared at main.rs:1
              hint: switch over to another region first
            error: eu-west-1/db: db is written in eu-west-1 at present, so this member of it can't be deleted
              hint: switch over to another region first
        "#]],
    );
}

#[test]
fn secrets_are_compared_by_digest_and_creation_options_never() {
    let with = |password: &str, source: &str| {
        let props = json!({"name": "db", "group": "g", "engine": "16", "password": {"$secret": "password"}, "source": source});
        let mut desired = desired([regional(UsEast1, "db", CLUSTER, props)]);
        let slot = ("us-east-1/db".into(), "password".into());
        desired.secrets.insert(slot, common::program::clear(password));
        desired
    };
    let mut world = World::new();
    world.apply(&with("one", "a"));
    let key = bicoastal_engine::state::Key::new("us-east-1/db", 1);
    let entry = world.state.entries.get_mut(&key).expect("it is there");
    let digest = bicoastal_engine::digest::digest("one", b"salt salt salt");
    entry.applied.as_mut().expect("applied").set("password", json!({ "$secret": digest }));
    expect![[""]].assert_eq(&show(&world.plan(&with("one", "b"))));
    let plan = world.plan(&with("two", "a"));
    let fields = &plan.as_ref().expect("a plan").changes[0].fields;
    assert_eq!(fields[0].after, json!({"$secret": "password"}));
    assert_eq!(plan.expect("a plan").changes.len(), 1);
}

#[test]
fn cycles_and_other_accounts_are_refused() {
    let mut a = global("a", CHECK, json!({"host": output("b", "id")}));
    a.at.line = 7;
    let b = global("b", CHECK, json!({"host": output("a", "id")}));
    let mut world = World::new();
    check(
        &world,
        vec![a, b],
        expect![[r#"
        error: these wait for each other: a → b → a
          a is declared at main.rs:7
          b is declared at main.rs:1
          hint: one of the references, or one `after`, has to go
    "#]],
    );
    world.state.accounts.insert(String::new(), "111111111111".into());
    let none = desired([]);
    let mut observed = world.observe(&none);
    observed.accounts.insert(String::new(), "222222222222".into());
    let plan = bicoastal_engine::planner::plan(
        &none,
        &world.state,
        &observed,
        &catalog(),
        &Options::default(),
    );
    expect![[r#"
        error: the account is 222222222222, and this stack's state was made in 111111111111
          hint: use the credentials of that account, or another stack
    "#]]
    .assert_eq(&show(&plan));
}

#[test]
fn a_plan_states_its_cost() {
    let plan = World::new().plan(&desired(serving(TWO))).expect("a plan");
    expect![[r#"
        {"dynamodb": 1, "elasticloadbalancing": 2, "iam": 1, "route53": 4, "s3": 6} 600 ms
        15000 ms: role, us-east-1/assets, us-east-1/front, alive-us-east-1, api-ap-south-1
    "#]]
    .assert_eq(&format!(
        "{:?} {} ms\n{} ms: {}\n",
        plan.calls,
        plan.floor_ms,
        plan.path.ms,
        plan.path.through.iter().map(|id| id.as_str()).collect::<Vec<_>>().join(", "),
    ));
    assert!(!changes(&plan).is_empty());
}

#[test]
fn a_zone_of_a_thousand_records_takes_few_calls() {
    let many = |value: &str| {
        let mut all = vec![global("zone", ZONE, json!({"domain": "example.com"}))];
        for index in 0..1000 {
            let mut record = global(
                &format!("r{index}"),
                RECORD,
                json!({
                    "zone": output("zone", "id"), "name": format!("r{index}.example.com"),
                    "type": "A", "ttl": 60, "values": [value],
                }),
            );
            record.schema = BIG_RECORD;
            all.push(record);
        }
        desired(all)
    };
    let mut world = World::new();
    let operations = |plan: &bicoastal_engine::plan::Plan| plan.operations.len();
    assert_eq!(operations(&world.apply(&many("192.0.2.1"))), 2);
    let changed = world.apply(&many("192.0.2.2"));
    // An update counts twice against a thousand elements.
    assert_eq!((operations(&changed), changed.calls.get("route53")), (2, Some(&2)));
    assert!(world.plan(&many("192.0.2.2")).expect("a plan").is_empty());
    let destroy = Options { destroy: true, ..Options::default() };
    let plan = world.plan_with(&many("192.0.2.2"), &destroy).expect("a plan");
    assert_eq!(operations(&plan), 2);
}

#[test]
fn an_interrupted_replacement_goes_on_or_is_given_up() {
    let program = |scheme: &str| {
        edit(serving(TWO), "us-east-1/front", |it| {
            it.props.set("name", json!({"$name": "front"}));
            it.props.set("scheme", json!(scheme));
        })
    };
    let world = applied(program("public"));
    let plan = world.plan(&desired(program("internal"))).expect("a plan");
    let mut made = world.clone();
    made.doubt(&plan, "us-east-1/front", true);
    check(
        &made,
        program("internal"),
        expect![[r#"
            ~ alive-us-east-1 Safe
                host: "Fake:Front-us-east-1-6.dns" → "Fake:Front-us-east-1-12.dns" Edited
            ~ api-us-east-1 Safe
                alias: "Fake:Front-us-east-1-6.dns" → "Fake:Front-us-east-1-12.dns" Edited
            - us-east-1/front Disruptive (another one takes its place)
            note us-east-1/front Safe (an operation that did not end turns out to be done)
            record: noted us-east-1/front#2
            0 w1 update alive-us-east-1#1 after []
            1 w1 update api-us-east-1#1 after [0]
            2 w1 delete us-east-1/front#1 after [0 1]
        "#]],
    );
    let mut missing = world.clone();
    missing.doubt(&plan, "us-east-1/front", false);
    check(
        &missing,
        program("internal"),
        expect![[r#"
            + us-east-1/front Safe (its creation did not end)
            ~ alive-us-east-1 Safe
                host: "Fake:Front-us-east-1-6.dns" → {"$ref":{"attribute":"dns","id":"us-east-1/front"}} Unknown
            ~ api-us-east-1 Safe
                alias: "Fake:Front-us-east-1-6.dns" → {"$ref":{"attribute":"dns","id":"us-east-1/front"}} Unknown
            - us-east-1/front Disruptive (another one takes its place)
            0 w1 create us-east-1/front#2 after []
            1 w1 update alive-us-east-1#1 after [0]
            2 w1 update api-us-east-1#1 after [0 1]
            3 w1 delete us-east-1/front#1 after [0 1 2]
        "#]],
    );
    check(
        &missing,
        program("public"),
        expect![[r#"
        record: forgotten us-east-1/front#2
    "#]],
    );
    // Everything but the last delete was done.
    let mut left = world;
    let mut most = plan;
    most.operations.pop();
    left.carry_out(&most);
    check(
        &left,
        program("internal"),
        expect![[r#"
            - us-east-1/front Disruptive (another one takes its place)
            0 w1 delete us-east-1/front#1 after []
        "#]],
    );
    let key = bicoastal_engine::state::Key::new("us-east-1/front", 1);
    left.state.entries.get_mut(&key).expect("it is there").superseded = true;
    check(
        &left,
        program("internal"),
        expect![[r#"
            - us-east-1/front Disruptive (another one takes its place)
            0 w1 delete us-east-1/front#1 after []
        "#]],
    );
}

#[test]
fn another_kind_under_the_same_id_is_a_successor() {
    let world = applied(vec![global("it", ROLE, json!({"name": "it"}))]);
    check(
        &world,
        vec![global("it", CHECK, json!({"host": "h"}))],
        expect![[r#"
        +/- it Disruptive (it was a Fake:Role)
            host: null → "h" Edited
        0 w1 create it#2 after []
        1 w1 delete it#1 after [0]
    "#]],
    );
}

#[test]
fn look_ups_are_resolved_recorded_and_missed() {
    use bicoastal_model::{Ownership, Seen, Snapshot, Status};
    let program = || {
        let mut found = regional(UsEast1, "front", FRONT, json!("api"));
        found.lookup = true;
        let host = output("us-east-1/front", "dns");
        vec![found, global("alive", CHECK, json!({"host": host}))]
    };
    let mut world = World::new();
    let snapshot = Snapshot {
        physical: "arn".into(),
        props: json!({"name": "api"}),
        outputs: [("dns".to_owned(), json!("api.elb"))].into(),
        status: Status::Ready,
        ownership: Ownership::Unmarked,
        children: Vec::new(),
        facts: Default::default(),
    };
    world.lookups.insert("us-east-1/front".into(), Seen::Present(snapshot));
    check(
        &world,
        program(),
        expect![[r#"
        + alive Safe
        record: looked up us-east-1/front: true
        0 w1 create alive#1 after []
    "#]],
    );
    world.apply(&desired(program()));
    check(&world, program(), expect![[""]]);
    // In the dark: what was found last time stands.
    let unknown = Seen::Unknown(bicoastal_model::OpError::NotSent(Default::default()));
    world.lookups.insert("us-east-1/front".into(), unknown.clone());
    check(
        &world,
        program(),
        expect![[r#"
        unseen: us-east-1/front
        warning: some things could not be read; the plan leaves them as they are
          hint: to apply it without them, say so: --without-unseen
    "#]],
    );
    let mut nothing = World::new();
    nothing.lookups.insert("us-east-1/front".into(), unknown);
    check(
        &nothing,
        program(),
        expect![[r#"
        unseen: us-east-1/front
        unseen: alive
        warning: some things could not be read; the plan leaves them as they are
          hint: to apply it without them, say so: --without-unseen
    "#]],
    );
    nothing.lookups.insert("us-east-1/front".into(), Seen::Absent);
    check(
        &nothing,
        program(),
        expect![[r#"
        error: us-east-1/front: nothing matches this look-up: "api"
          declared at main.rs:1
          hint: look-ups find what exists already; is it in this account and region?
    "#]],
    );
    check(
        &world,
        vec![],
        expect![[r#"
        - alive Disruptive (no longer declared)
        record: looked up us-east-1/front: false
        0 w1 delete alive#1 after []
    "#]],
    );
}

#[test]
fn what_is_ignored_is_left_alone() {
    let front = |idle: u32| {
        edit(
            vec![regional(UsEast1, "front", FRONT, json!({"name": "f", "idle": idle}))],
            "us-east-1/front",
            |it| {
                it.ignored.insert("idle".into());
            },
        )
    };
    let mut world = applied(front(60));
    world.thing("us-east-1/front").snapshot.props["idle"] = json!(5);
    check(&world, front(60), expect![""]);
    world.apply(&desired(front(60)));
    check(&world, front(90), expect![[""]]);
    let also = edit(front(90), "us-east-1/front", |it| it.props.set("bucket", json!("b")));
    let plan = world.plan(&desired(also)).expect("a plan");
    let wanted = plan.operations[0].members[0].wanted.as_ref().expect("wanted");
    assert_eq!(wanted.get("idle"), None);
}

/// Made, perhaps, and now it can't be read: it has no outputs yet, and what refers to it waits.
#[test]
fn what_was_never_seen_to_be_made_keeps_others_waiting() {
    let program = || {
        let front = regional(UsEast1, "front", FRONT, json!({"name": "f"}));
        vec![front, global("alive", CHECK, json!({"host": output("us-east-1/front", "dns")}))]
    };
    let start = World::new().plan(&desired(program())).expect("a plan");
    let mut world = World::new();
    world.doubt(&start, "us-east-1/front", true);
    world.dark = vec!["us-east-1/front".into()];
    check(
        &world,
        program(),
        expect![[r#"
        unseen: us-east-1/front
        unseen: alive
        warning: some things could not be read; the plan leaves them as they are
          hint: to apply it without them, say so: --without-unseen
    "#]],
    );
}

#[test]
fn what_is_still_under_way_is_waited_for() {
    let program = || {
        let front = regional(UsEast1, "front", FRONT, json!({"name": "f"}));
        vec![front, global("alive", CHECK, json!({"host": output("us-east-1/front", "dns")}))]
    };
    let start = World::new().plan(&desired(program())).expect("a plan");
    let mut world = World::new();
    world.doubt(&start, "us-east-1/front", true);
    let snapshot = &mut world.things[0].snapshot;
    snapshot.status = bicoastal_model::Status::Busy("provisioning".into());
    snapshot.outputs.remove("dns");
    check(
        &world,
        program(),
        expect![[r#"
            ~ us-east-1/front Safe (an operation that did not end is still under way)
            + alive Safe
            0 w1 update us-east-1/front#1 after []
            1 w1 create alive#1 after [0]
        "#]],
    );
}

#[test]
fn a_routing_group_is_a_wave_of_its_own() {
    let world = applied(serving(TWO));
    let mut program = serving(TWO);
    for region in TWO {
        program = edit(program, &region.named("api"), |it| it.props.set("ttl", json!(30)));
        program = edit(program, &region.named("alive"), |it| it.props.set("path", json!("/")));
    }
    check(
        &world,
        program,
        expect![[r#"
            ~ alive-ap-south-1 Safe
                path: "/up" → "/" Edited
            ~ alive-us-east-1 Safe
                path: "/up" → "/" Edited
            ~ api-ap-south-1 Safe
                ttl: null → 30 Edited
            ~ api-us-east-1 Safe
                ttl: null → 30 Edited
            0 w1 update alive-ap-south-1#1 after []
            1 w2 update alive-us-east-1#1 after [0>]
            2 w3 update api-ap-south-1#1 & update api-us-east-1#1 after [0 1=>] 0:0.0 1:1.0
        "#]],
    );
    let one = edit(serving(TWO), "api-us-east-1", |it| it.props.set("ttl", json!(30)));
    let both = edit(one, "ap-south-1/front", |it| it.props.set("idle", json!(90)));
    check(
        &world,
        both,
        expect![[r#"
            ~ ap-south-1/front Safe
                idle: 60 → 90 Edited
            ~ api-us-east-1 Safe
                ttl: null → 30 Edited
            0 w1 update ap-south-1/front#1 after []
            1 w2 update api-us-east-1#1 after [0>]
        "#]],
    );
}

#[test]
fn a_replacement_can_be_asked_for() {
    let world = applied(serving(TWO));
    let options = Options { replace: ["alive-us-east-1".into()].into(), ..Options::default() };
    expect![[r#"
        +/- alive-us-east-1 Safe (asked for by name)
        ~ api-us-east-1 Safe
            check: "Fake:Check-global-8.id" → {"$ref":{"attribute":"id","id":"alive-us-east-1"}} Unknown
        0 w1 create alive-us-east-1#2 after []
        1 w1 update api-us-east-1#1 after [0]
        2 w1 delete alive-us-east-1#1 after [0 1]
    "#]].assert_eq(&show(&world.plan_with(&desired(serving(TWO)), &options)));
}

#[test]
fn what_has_something_else_between_does_not_travel_together() {
    let record = |id: &str, after: &str| {
        let props = json!({"zone": "z", "name": format!("{id}.example.com"), "type": "A", "values": ["192.0.2.1"]});
        let mut record = global(id, RECORD, props);
        record.after = (!after.is_empty()).then(|| after.into()).into_iter().collect();
        record
    };
    let mut between = global("between", CHECK, json!({"host": "h"}));
    between.after.insert("a".into());
    let program = vec![record("a", ""), between, record("b", "between"), record("c", "a")];
    check(
        &World::new(),
        program,
        expect![[r#"
            + a Safe
            + c Safe
            + between Safe
            + b Safe
            0 w1 create a#1 & create c#1 after []
            1 w1 create between#1 after [0] 0:0.0
            2 w1 create b#1 after [1]
        "#]],
    );
}
