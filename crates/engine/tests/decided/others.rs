//! What others put inside of our things: whose it is, and what becomes of it.

use bicoastal_engine::planner::{Options, guards};
use bicoastal_engine::state::{Doubt, Verb};
use bicoastal_model::Region::UsEast1;
use bicoastal_model::{Addition, Declared};
use expect_test::{Expect, expect};
use serde_json::json;

use super::common::cloud::World;
use super::common::program::{desired, edit, global, output, regional};
use super::common::*;
use super::setting::{applied, entry, told};

fn check(world: &World, program: Vec<Declared>, expect: Expect) {
    let options = Options::default();
    expect.assert_eq(&told(&world.plan_with(&desired(program), &options)));
}

fn record(set: &str) -> Declared {
    let props = json!({"zone": output("zone", "id"), "name": "a.example.com", "type": "A",
        "set": set, "ttl": 60});
    global(set, RECORD, props)
}

fn program() -> Vec<Declared> {
    vec![global("zone", ZONE, json!({"domain": "example.com"})), record("ours")]
}

fn child(world: &mut World, set: &str) -> Addition {
    let zone = world.thing("zone").snapshot.outputs["id"].clone();
    Addition {
        kind: RECORD.kind.to_owned(),
        identity: json!({"zone": zone, "name": "A.example.com.", "type": "A", "set": set}),
        label: format!("A a.example.com. ({set})"),
    }
}

/// The zone with what it holds.
fn holding(mut world: World, sets: &[&str]) -> World {
    let children = sets.iter().map(|set| child(&mut world, set)).collect();
    world.thing("zone").snapshot.children = children;
    world
}

#[test]
fn what_state_or_the_program_knows_is_nobody_elses() {
    let world = holding(applied(program()), &["ours", "theirs"]);
    check(
        &world,
        program(),
        expect![[r#"
        added: zone A a.example.com. (theirs)
    "#]],
    );
    let more = || [program(), vec![record("theirs")]].concat();
    check(
        &holding(applied(program()), &["ours", "theirs"]),
        more(),
        expect![[r#"
        + theirs Safe
        0 after []
          Create theirs#1 in global needs [zone] wanted {"name":"a.example.com","set":"theirs","ttl":60,"type":"A","zone":"Fake:Zone-global-1.id"}
    "#]],
    );
    // Of what the program gives up state knows until it is gone.
    check(
        &holding(applied(more()), &["ours", "theirs"]),
        program(),
        expect![[r#"
        - theirs Disruptive (no longer declared)
        0 after []
          Delete theirs#1 in global Fake:Record-global-3 needs [zone] applied {"name":"a.example.com","set":"theirs","ttl":60,"type":"A","zone":"Fake:Zone-global-1.id"} seen {"name":"a.example.com","set":"theirs","ttl":60,"type":"A","zone":"Fake:Zone-global-1.id"}
    "#]],
    );
    // And of what is replaced, what it was.
    let renamed = || {
        vec![
            program().remove(0),
            edit(program(), "ours", |it| it.props.set("set", "now")).remove(1),
        ]
    };
    check(
        &holding(applied(program()), &["ours", "theirs"]),
        renamed(),
        expect![[r#"
        +/- ours Safe (set can't be changed in place)
            set: "ours" → "now" Edited
        added: zone A a.example.com. (theirs)
        0 after []
          Delete ours#1 in global Fake:Record-global-2 needs [zone] superseded applied {"name":"a.example.com","set":"ours","ttl":60,"type":"A","zone":"Fake:Zone-global-1.id"} seen {"name":"a.example.com","set":"ours","ttl":60,"type":"A","zone":"Fake:Zone-global-1.id"}
          Create ours#2 in global needs [zone] wanted {"name":"a.example.com","set":"now","ttl":60,"type":"A","zone":"Fake:Zone-global-1.id"}
    "#]],
    );
    let mut doubted = holding(applied(program()), &["ours", "theirs"]);
    let wanted = doubted.plan(&desired(more())).unwrap();
    doubted.doubt(&wanted, "theirs", false);
    let zone = doubted.thing("zone").snapshot.outputs["id"].clone();
    let props = json!({"zone": zone, "name": "a.example.com", "type": "A", "set": "theirs"});
    entry(&mut doubted, "theirs", 1).doubt =
        Some(Doubt { op: 1, verb: Verb::Create, wanted: Some(props.into()) });
    check(
        &doubted,
        program(),
        expect![[r#"
        forget theirs Safe (it is gone already)
        record: forgotten theirs#1
    "#]],
    );
}

#[test]
fn what_is_claimed_as_a_whole_is_cleared() {
    let whole =
        |program| edit(program, "zone", |it| it.props.set("exclusive_records", json!(true)));
    check(
        &holding(applied(whole(program())), &["ours", "theirs"]),
        whole(program()),
        expect![[r#"
            - zone/A a.example.com. (theirs) Disruptive (somebody added it, and the program claims the whole of zone)
            0 after []
              Delete zone/A a.example.com. (theirs)#1 in global needs [zone] adopted applied {"name":"A.example.com.","set":"theirs","type":"A","zone":"Fake:Zone-global-1.id"}
        "#]],
    );
    let not = edit(program(), "zone", |it| it.props.set("exclusive_records", json!(false)));
    check(
        &holding(applied(not.clone()), &["ours", "theirs"]),
        not,
        expect![[r#"
        added: zone A a.example.com. (theirs)
    "#]],
    );
}

#[test]
fn what_is_inside_of_a_regional_thing_is_where_its_kind_is() {
    let front = || {
        let props = json!({"name": "front", "exclusive_records": true});
        vec![regional(UsEast1, "front", FRONT, props)]
    };
    let mut world = applied(front());
    let inside = |schema: &bicoastal_model::Schema, label: &str| Addition {
        kind: schema.kind.to_owned(),
        identity: json!({"name": label}),
        label: label.to_owned(),
    };
    let odd = Addition { kind: "Odd".to_owned(), ..inside(ROLE, "odd") };
    let children = vec![inside(BUCKET, "here"), inside(ROLE, "everywhere"), odd];
    world.thing("us-east-1/front").snapshot.children = children;
    check(
        &world,
        front(),
        expect![[r#"
        - us-east-1/front/here DestroysData (somebody added it, and the program claims the whole of us-east-1/front)
        - us-east-1/front/everywhere Disruptive (somebody added it, and the program claims the whole of us-east-1/front)
        0 after []
          Delete us-east-1/front/here#1 in us-east-1 needs [us-east-1/front] adopted applied {"name":"here"}
        1 after [0]
          Delete us-east-1/front/everywhere#1 in global needs [us-east-1/front] adopted applied {"name":"everywhere"}
    "#]],
    );
}

#[test]
fn what_a_thing_that_goes_holds_of_others_is_a_guard() {
    let world = holding(applied(program()), &["ours", "theirs"]);
    let observed = world.observe(&desired(program()));
    let guards = guards(&world.state, &observed, &catalog(), &Options::default());
    let shown: Vec<String> = guards.iter().map(|it| format!("{}: {}", it.id, it.message)).collect();
    assert_eq!(shown, ["zone: holds what nobody declared: A a.example.com. (theirs)"]);
    check(
        &world,
        Vec::new(),
        expect![[r#"
        error: zone: holds what nobody declared: A a.example.com. (theirs)
          hint: delete it by hand, or declare it, or claim the whole
    "#]],
    );
    let whole = edit(program(), "zone", |it| it.props.set("exclusive_records", json!(true)));
    check(
        &holding(applied(whole), &["ours", "theirs"]),
        Vec::new(),
        expect![[r#"
        - ours Disruptive (no longer declared)
        - zone/A a.example.com. (theirs) Disruptive (somebody added it, and the program claims the whole of zone)
        - zone Disruptive (no longer declared)
        0 after []
          Delete ours#1 in global Fake:Record-global-2 needs [zone] applied {"name":"a.example.com","set":"ours","ttl":60,"type":"A","zone":"Fake:Zone-global-1.id"} seen {"name":"a.example.com","set":"ours","ttl":60,"type":"A","zone":"Fake:Zone-global-1.id"}
          Delete zone/A a.example.com. (theirs)#1 in global needs [zone] adopted applied {"name":"A.example.com.","set":"theirs","type":"A","zone":"Fake:Zone-global-1.id"}
        1 after [0]
          Delete zone#1 in global Fake:Zone-global-1 applied {"domain":"example.com","exclusive_records":true} seen {"domain":"example.com"}
    "#]],
    );
    check(
        &holding(applied(program()), &["ours"]),
        Vec::new(),
        expect![[r#"
        - ours Disruptive (no longer declared)
        - zone Disruptive (no longer declared)
        0 after []
          Delete ours#1 in global Fake:Record-global-2 needs [zone] applied {"name":"a.example.com","set":"ours","ttl":60,"type":"A","zone":"Fake:Zone-global-1.id"} seen {"name":"a.example.com","set":"ours","ttl":60,"type":"A","zone":"Fake:Zone-global-1.id"}
        1 after [0]
          Delete zone#1 in global Fake:Zone-global-1 applied {"domain":"example.com"} seen {"domain":"example.com"}
    "#]],
    );
}
