//! The program goes back to what an earlier incarnation is: whether that can be had.

use bicoastal_engine::planner::Options;
use bicoastal_model::Declared;
use bicoastal_model::Region::UsEast1;
use bicoastal_model::value::NAME;
use expect_test::{Expect, expect};
use serde_json::json;

use super::common::cloud::World;
use super::common::program::{desired, global, regional};
use super::common::show::show;
use super::common::*;
use super::setting::{applied, entry};

fn check(world: &World, program: Vec<Declared>, expect: Expect) {
    let options = Options::default();
    expect.assert_eq(&show(&world.plan_with(&desired(program), &options)));
}

fn front(scheme: &str) -> Vec<Declared> {
    vec![regional(UsEast1, "front", FRONT, json!({"name": {NAME: "front"}, "scheme": scheme}))]
}

/// A first one that is public, and a second one whose creation did not end.
fn two() -> World {
    let mut world = applied(front("public"));
    let plan = world.plan(&desired(front("internal"))).unwrap();
    world.doubt(&plan, "us-east-1/front", true);
    world
}

#[test]
fn a_successor_that_was_never_seen_is_taken_where_it_bears_our_mark() {
    let mut world = two();
    entry(&mut world, "us-east-1/front", 2).superseded = true;
    check(
        &world,
        front("internal"),
        expect![[r#"
        - us-east-1/front Disruptive (another one takes its place)
        note us-east-1/front Safe (it is what it was before, which is still there; an operation that did not end turns out to be done)
        record: restored us-east-1/front#2
        record: superseded us-east-1/front#1
        record: noted us-east-1/front#2
        0 w1 delete us-east-1/front#1 after []
    "#]],
    );
    world.things[1].token.clear();
    check(
        &world,
        front("internal"),
        expect![[r#"
        +/- us-east-1/front Safe (scheme can't be changed in place)
            scheme: "public" → "internal" Edited
        forget us-east-1/front Safe (its creation did not end, and Fake:Front-us-east-1-2 exists but bears no mark of this stack: left alone)
        record: forgotten us-east-1/front#2
        warning: us-east-1/front: its creation did not end, and Fake:Front-us-east-1-2 exists but bears no mark of this stack: left alone
        0 w1 create us-east-1/front#3 after []
        1 w1 delete us-east-1/front#1 after [0]
    "#]],
    );
    world.things[1].token = "another".to_owned();
    check(
        &world,
        front("internal"),
        expect![[r#"
        +/- us-east-1/front Safe (scheme can't be changed in place)
            scheme: "public" → "internal" Edited
        forget us-east-1/front Safe (Fake:Front-us-east-1-2 is another's now, and is left alone: another)
        record: forgotten us-east-1/front#2
        warning: us-east-1/front: Fake:Front-us-east-1-2 is another's now, and is left alone: another
        0 w1 create us-east-1/front#3 after []
        1 w1 delete us-east-1/front#1 after [0]
    "#]],
    );
    world.things.remove(1);
    check(
        &world,
        front("internal"),
        expect![[r#"
        +/- us-east-1/front Safe (scheme can't be changed in place)
            scheme: "public" → "internal" Edited
        record: forgotten us-east-1/front#2
        0 w1 create us-east-1/front#3 after []
        1 w1 delete us-east-1/front#1 after [0]
    "#]],
    );
}

#[test]
fn one_that_bears_no_mark_is_taken_where_it_was_there_before() {
    let check_host = || vec![global("it", CHECK, json!({"host": "h"}))];
    let role = vec![global("it", ROLE, json!({"name": "it", "policy": "p"}))];
    let mut world = applied(check_host());
    let mut plan = world.plan(&desired(role)).unwrap();
    plan.operations.truncate(1);
    world.carry_out(&plan);
    world.things[0].token.clear();
    check(
        &world,
        check_host(),
        expect![[r#"
        - it Safe (another one takes its place)
        record: superseded it#2
        0 w1 delete it#2 after []
    "#]],
    );
    entry(&mut world, "it", 1).superseded = true;
    check(
        &world,
        check_host(),
        expect![[r#"
        - it Safe (another one takes its place)
        note it Safe (it is what it was before, which is still there)
        record: restored it#1
        record: superseded it#2
        record: noted it#1
        0 w1 delete it#2 after []
    "#]],
    );
}

#[test]
fn a_successor_that_is_there_is_given_up_and_one_that_is_not_is_forgotten() {
    let world = two();
    check(
        &world,
        front("public"),
        expect![[r#"
        - us-east-1/front Disruptive (another one takes its place)
        record: superseded us-east-1/front#2
        0 w1 delete us-east-1/front#2 after []
    "#]],
    );
    let mut superseded = world.clone();
    entry(&mut superseded, "us-east-1/front", 1).superseded = true;
    check(
        &superseded,
        front("public"),
        expect![[r#"
        - us-east-1/front Disruptive (another one takes its place)
        note us-east-1/front Safe (it is what it was before, which is still there)
        record: restored us-east-1/front#1
        record: superseded us-east-1/front#2
        record: noted us-east-1/front#1
        0 w1 delete us-east-1/front#2 after []
    "#]],
    );
    superseded.things.remove(1);
    check(
        &superseded,
        front("public"),
        expect![[r#"
        note us-east-1/front Safe (it is what it was before, which is still there)
        record: restored us-east-1/front#1
        record: forgotten us-east-1/front#2
        record: noted us-east-1/front#1
    "#]],
    );
    let mut dark = world;
    dark.dark = vec!["us-east-1/front".to_owned()];
    check(
        &dark,
        front("public"),
        expect![[r#"
        unseen: us-east-1/front
        warning: some things could not be read; the plan leaves them as they are
          hint: to apply it without them, say so: --without-unseen
    "#]],
    );
}
