//! What state has of a declared resource beside the one that is in use.

use bicoastal_engine::planner::Options;
use bicoastal_engine::state::{Doubt, Verb};
use bicoastal_model::Declared;
use expect_test::{Expect, expect};
use serde_json::json;

use super::common::cloud::World;
use super::common::program::{desired, global, output};
use super::common::*;
use super::setting::{applied, entry, told};

fn check(world: &World, expected: Expect) {
    check_with(world, program("two"), expected);
}

fn check_with(world: &World, program: Vec<Declared>, expected: Expect) {
    let plan = world.plan_with(&desired(program), &Options::default());
    expected.assert_eq(&told(&plan));
}

fn program(name: &str) -> Vec<Declared> {
    vec![global("role", ROLE, json!({"name": name, "policy": "p"}))]
}

/// Its successor was refused, and is not recorded any more.
#[test]
fn the_only_one_may_be_one_that_is_superseded() {
    let mut world = applied(program("one"));
    entry(&mut world, "role", 1).superseded = true;
    // Whether its successor is there can't be looked for: its name is not known yet.
    let named_by_another = vec![
        global("check", CHECK, json!({"host": "a", "path": "/"})),
        global("role", ROLE, json!({"name": output("check", "id"), "policy": "p"})),
    ];
    check_with(
        &world,
        named_by_another,
        expect![[r#"
        + check Safe
        + role Safe
        - role Safe (another one takes its place)
        0 after []
          Create check#1 in global wanted {"host":"a","path":"/"}
        1 after [0]
          Create role#2 in global needs [check] wanted {"name":{"$ref":{"attribute":"id","id":"check"}},"policy":"p"}
        2 after [1]
          Delete role#1 in global Fake:Role-global-1 superseded applied {"name":"one","policy":"p"} seen {"name":"one","policy":"p"}
    "#]],
    );
    check(
        &world,
        expect![[r#"
        + role Safe
        - role Safe (another one takes its place)
        0 after []
          Create role#2 in global wanted {"name":"two","policy":"p"}
        1 after [0]
          Delete role#1 in global Fake:Role-global-1 superseded applied {"name":"one","policy":"p"} seen {"name":"one","policy":"p"}
    "#]],
    );
}

#[test]
fn the_only_one_may_be_a_strangers() {
    let mut world = applied(program("one"));
    let entry = entry(&mut world, "role", 1);
    entry.applied = None;
    entry.doubt = Some(Doubt { op: 1, verb: Verb::Delete, wanted: None });
    check(
        &world,
        expect![[r#"
        record: forgotten role#1
        unseen: role
        warning: some things could not be read; the plan leaves them as they are
          hint: to apply it without them, say so: --without-unseen
    "#]],
    );
}
