//! Deletes that wait for what could not be seen.

use bicoastal_engine::planner::Options;
use bicoastal_model::Declared;
use bicoastal_model::Region::UsEast1;
use expect_test::{Expect, expect};
use serde_json::json;

use super::common::cloud::World;
use super::common::program::{desired, edit, global, output, regional};
use super::common::show::show;
use super::common::*;
use super::setting::applied;

fn check(world: &World, program: Vec<Declared>, expect: Expect) {
    check_with(world, program, &Options::default(), expect);
}

fn check_with(world: &World, program: Vec<Declared>, options: &Options, expect: Expect) {
    expect.assert_eq(&show(&world.plan_with(&desired(program), options)));
}

/// A bucket; two fronts and a role that stand on it; a check that stands on the role as well.
fn program() -> Vec<Declared> {
    let front = |id: &str| {
        let props = json!({"name": id, "bucket": output("us-east-1/assets", "arn")});
        regional(UsEast1, id, FRONT, props)
    };
    let role = json!({"name": "role", "policy": output("us-east-1/assets", "arn")});
    let mut probe = global("alive", CHECK, json!({"host": output("role", "arn")}));
    probe.after.insert("us-east-1/assets".into());
    vec![
        regional(UsEast1, "assets", BUCKET, json!({"name": "assets", "versioned": true})),
        front("one"),
        front("two"),
        global("role", ROLE, role),
        probe,
    ]
}

fn dark(ids: &[&str]) -> World {
    let mut world = applied(program());
    world.dark = ids.iter().map(|it| (*it).to_owned()).collect();
    world
}

#[test]
fn what_something_unseen_stands_on_stays() {
    check(
        &dark(&["us-east-1/one"]),
        Vec::new(),
        expect![[r#"
        - alive Disruptive (no longer declared)
        - us-east-1/two Disruptive (no longer declared)
        - role Safe (no longer declared)
        unseen: us-east-1/one
        warning: us-east-1/assets: is not deleted now: us-east-1/one stands on it and could not be seen
          hint: the next plan that can see it deletes it
        warning: some things could not be read; the plan leaves them as they are
          hint: to apply it without them, say so: --without-unseen
        0 w1 delete alive#1 after []
        1 w1 delete us-east-1/two#1 after [0~]
        2 w1 delete role#1 after [0 1~]
    "#]],
    );
    check(
        &dark(&["us-east-1/two", "us-east-1/one"]),
        Vec::new(),
        expect![[r#"
        - alive Disruptive (no longer declared)
        - role Safe (no longer declared)
        unseen: us-east-1/one
        unseen: us-east-1/two
        warning: us-east-1/assets: is not deleted now: us-east-1/one stands on it and could not be seen
          hint: the next plan that can see it deletes it
        warning: some things could not be read; the plan leaves them as they are
          hint: to apply it without them, say so: --without-unseen
        0 w1 delete alive#1 after []
        1 w1 delete role#1 after [0]
    "#]],
    );
    check(
        &dark(&["alive"]),
        Vec::new(),
        expect![[r#"
        - us-east-1/one Disruptive (no longer declared)
        - us-east-1/two Disruptive (no longer declared)
        unseen: alive
        warning: role: is not deleted now: alive stands on it and could not be seen
          hint: the next plan that can see it deletes it
        warning: us-east-1/assets: is not deleted now: alive stands on it and could not be seen
          hint: the next plan that can see it deletes it
        warning: some things could not be read; the plan leaves them as they are
          hint: to apply it without them, say so: --without-unseen
        0 w1 delete us-east-1/one#1 after []
        1 w1 delete us-east-1/two#1 after []
    "#]],
    );
    check(
        &dark(&["us-east-1/assets"]),
        Vec::new(),
        expect![[r#"
        - alive Disruptive (no longer declared)
        - us-east-1/one Disruptive (no longer declared)
        - us-east-1/two Disruptive (no longer declared)
        - role Safe (no longer declared)
        unseen: us-east-1/assets
        warning: some things could not be read; the plan leaves them as they are
          hint: to apply it without them, say so: --without-unseen
        0 w1 delete alive#1 after []
        1 w1 delete us-east-1/one#1 after [0~]
        2 w1 delete us-east-1/two#1 after [0~]
        3 w1 delete role#1 after [0 1~ 2~]
    "#]],
    );
}

#[test]
fn what_is_not_deleted_is_not_put_off() {
    let changed = edit(program(), "us-east-1/assets", |it| it.props.set("versioned", json!(false)));
    check(
        &dark(&["us-east-1/one"]),
        changed,
        expect![[r#"
        ~ us-east-1/assets Disruptive (what is overwritten is kept no longer)
            versioned: true → false Edited
        unseen: us-east-1/one
        warning: some things could not be read; the plan leaves them as they are
          hint: to apply it without them, say so: --without-unseen
        0 w1 update us-east-1/assets#1 after []
    "#]],
    );
    let ids = || ["us-east-1/assets".into()].into();
    let options = Options { replace: ids(), unprotect: ids(), ..Options::default() };
    check_with(
        &dark(&["us-east-1/one"]),
        program(),
        &options,
        expect![[r#"
        -/+ us-east-1/assets DestroysData (asked for by name; its name is fixed, so the old one goes first)
        ~ role Safe
            policy: "Fake:Bucket-us-east-1-1.arn" → {"$ref":{"attribute":"arn","id":"us-east-1/assets"}} Unknown
        ~ us-east-1/two Safe
            bucket: "Fake:Bucket-us-east-1-1.arn" → {"$ref":{"attribute":"arn","id":"us-east-1/assets"}} Unknown
        unseen: us-east-1/one
        warning: some things could not be read; the plan leaves them as they are
          hint: to apply it without them, say so: --without-unseen
        0 w1 delete us-east-1/assets#1 after []
        1 w1 create us-east-1/assets#2 after [0]
        2 w1 update role#1 after [1]
        3 w1 update us-east-1/two#1 after [1 2~]
    "#]],
    );
}

#[test]
fn a_successor_is_made_and_the_old_one_stays() {
    let generated = edit(program(), "us-east-1/assets", |it| {
        it.props.set("name", json!({"$name": "assets"}));
    });
    let mut world = applied(generated.clone());
    world.dark = vec!["us-east-1/one".to_owned()];
    let ids = || ["us-east-1/assets".into()].into();
    let options = Options { replace: ids(), unprotect: ids(), ..Options::default() };
    check_with(
        &world,
        generated,
        &options,
        expect![[r#"
        +/- us-east-1/assets DestroysData (asked for by name)
        ~ role Safe
            policy: "Fake:Bucket-us-east-1-1.arn" → {"$ref":{"attribute":"arn","id":"us-east-1/assets"}} Unknown
        ~ us-east-1/two Safe
            bucket: "Fake:Bucket-us-east-1-1.arn" → {"$ref":{"attribute":"arn","id":"us-east-1/assets"}} Unknown
        unseen: us-east-1/one
        warning: us-east-1/assets: is not deleted now: us-east-1/one stands on it and could not be seen
          hint: the next plan that can see it deletes it
        warning: some things could not be read; the plan leaves them as they are
          hint: to apply it without them, say so: --without-unseen
        0 w1 create us-east-1/assets#2 after []
        1 w1 update role#1 after [0]
        2 w1 update us-east-1/two#1 after [0 1~]
    "#]],
    );
}

#[test]
fn what_is_retained_is_forgotten_without_being_seen() {
    let retained = edit(program(), "us-east-1/one", |it| it.retained = true);
    let mut world = applied(retained);
    world.dark = vec!["us-east-1/one".to_owned()];
    check(
        &world,
        vec![program().remove(0), program().remove(3)],
        expect![[r#"
        - alive Disruptive (no longer declared)
        - us-east-1/two Disruptive (no longer declared)
        forget us-east-1/one Safe (no longer declared, and to be left alone)
        record: forgotten us-east-1/one#1
        0 w1 delete alive#1 after []
        1 w1 delete us-east-1/two#1 after [0~]
    "#]],
    );
}

#[test]
fn what_follows_something_unseen_is_left_as_it_is_and_what_follows_that_is_not() {
    let before = || {
        vec![
            global("role", ROLE, json!({"name": "role", "policy": "p"})),
            global("alive", CHECK, json!({"host": output("role", "arn"), "path": "/a"})),
        ]
    };
    let policy = output("us-east-1/new", "arn");
    let mut after = edit(before(), "role", |it| it.props.set("policy", policy));
    after = edit(after, "alive", |it| it.props.set("path", json!("/b")));
    after.push(regional(UsEast1, "new", FRONT, json!({"name": "new"})));
    let mut world = applied(before());
    world.dark = vec!["us-east-1/new".to_owned()];
    check(
        &world,
        after,
        expect![[r#"
        ~ alive Safe
            path: "/a" → "/b" Edited
        unseen: us-east-1/new
        unseen: role
        warning: some things could not be read; the plan leaves them as they are
          hint: to apply it without them, say so: --without-unseen
        0 w1 update alive#1 after []
    "#]],
    );
}
