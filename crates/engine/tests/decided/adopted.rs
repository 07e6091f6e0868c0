//! What exists already where something new is wanted.

use bicoastal_model::Declared;
use bicoastal_model::Region::UsEast1;
use expect_test::{Expect, expect};
use serde_json::json;

use super::common::cloud::World;
use super::common::program::{desired, edit, regional};
use super::common::*;
use super::setting::{applied, entry, told};

fn check(world: &World, program: Vec<Declared>, expect: Expect) {
    expect.assert_eq(&told(&world.plan(&desired(program))));
}

fn bucket(id: &str) -> Declared {
    regional(UsEast1, id, BUCKET, json!({"name": id, "versioned": true}))
}

/// Two buckets, of which state knows the second one.
fn world() -> World {
    let mut world = applied(vec![bucket("a"), bucket("b")]);
    world.state.entries.retain(|key, _| key.id.as_str() != "us-east-1/a");
    world
}

fn physical(name: &str) -> String {
    let of = applied(vec![bucket("a"), bucket("b")]);
    let found = of.things.iter().find(|it| it.snapshot.props["name"] == json!(name));
    found.unwrap().snapshot.physical.clone()
}

#[test]
fn what_bears_our_mark_is_taken_back_and_nothing_else_is() {
    let both = || vec![bucket("a"), bucket("b")];
    check(
        &world(),
        both(),
        expect![[r#"
        <= us-east-1/a Safe (Fake:Bucket-us-east-1-1 bears the mark of this resource)
        0 after []
          Adopt us-east-1/a#1 in us-east-1 Fake:Bucket-us-east-1-1 seen {"name":"a","versioned":true} wanted {"name":"a","versioned":true}
    "#]],
    );
    let mut unmarked = world();
    unmarked.things.iter_mut().for_each(|it| it.token.clear());
    check(
        &unmarked,
        both(),
        expect![[r#"
        error: us-east-1/a: Fake:Bucket-us-east-1-1 exists and is not of this stack
          declared at main.rs:1
          hint: to take it over, say stack.adopt(&handle, "Fake:Bucket-us-east-1-1")
    "#]],
    );
    let mut foreign = world();
    foreign.things.iter_mut().filter(|it| it.snapshot.physical == physical("a")).for_each(|it| {
        it.token = "stack b".to_owned();
    });
    check(
        &foreign,
        both(),
        expect![[r#"
        error: us-east-1/a: Fake:Bucket-us-east-1-1 exists and is another's: stack b
          declared at main.rs:1
          hint: give this one another name, or take it over with stack.adopt(&handle, "Fake:Bucket-us-east-1-1")
    "#]],
    );
    // Another kind may have the same id from AWS.
    let mut same = world();
    same.things.iter_mut().for_each(|it| it.token.clear());
    let other = entry(&mut same, "us-east-1/b", 1);
    other.kind = FRONT.kind.into();
    other.physical = Some(physical("a"));
    check(
        &same,
        vec![bucket("a")],
        expect![[r#"
        error: us-east-1/a: Fake:Bucket-us-east-1-1 exists and is not of this stack
          declared at main.rs:1
          hint: to take it over, say stack.adopt(&handle, "Fake:Bucket-us-east-1-1")
    "#]],
    );
}

#[test]
fn what_is_of_another_id_may_have_been_renamed() {
    let mut unmarked = applied(vec![bucket("a")]);
    unmarked.things[0].token.clear();
    let renamed = regional(UsEast1, "new", BUCKET, json!({"name": "a"}));
    check(
        &unmarked,
        vec![renamed],
        expect![[r#"
        error: us-east-1/new: Fake:Bucket-us-east-1-1 exists and is us-east-1/a in state
          declared at main.rs:1
          hint: if it was renamed, say stack.renamed(&handle, "us-east-1/a")
    "#]],
    );
    // A former self is not another one.
    entry(&mut unmarked, "us-east-1/a", 1).superseded = true;
    check(
        &unmarked,
        vec![bucket("a")],
        expect![[r#"
        error: us-east-1/a: Fake:Bucket-us-east-1-1 exists and is not of this stack
          declared at main.rs:1
          hint: to take it over, say stack.adopt(&handle, "Fake:Bucket-us-east-1-1")
    "#]],
    );
}

#[test]
fn what_is_named_is_taken_over_as_it_is() {
    let adopting = |named: &str, versioned: bool| {
        edit(vec![bucket("a"), bucket("b")], "us-east-1/a", |it| {
            it.adopt = Some(named.to_owned());
            it.props.set("versioned", json!(versioned));
        })
    };
    check(
        &world(),
        adopting(&physical("a"), false),
        expect![[r#"
        <= us-east-1/a Disruptive (the program adopts Fake:Bucket-us-east-1-1; what is overwritten is kept no longer)
            versioned: true → false Edited
        0 after []
          Adopt us-east-1/a#1 in us-east-1 Fake:Bucket-us-east-1-1 adopted seen {"name":"a","versioned":true} wanted {"name":"a","versioned":false}
    "#]],
    );
    check(
        &world(),
        adopting("else", true),
        expect![[r#"
        error: us-east-1/a: there is no else to adopt
          declared at main.rs:1
          hint: drop the adoption to have it created
    "#]],
    );
    let renamed = edit(adopting(&physical("a"), true), "us-east-1/a", |it| {
        it.props.set("name", json!("other"));
    });
    check(
        &world(),
        renamed,
        expect![[r#"
        error: us-east-1/a: Fake:Bucket-us-east-1-1 can't be adopted as declared: name can't be changed in place
          declared at main.rs:1
          hint: declare it as it is, adopt it, then change it
    "#]],
    );
}
