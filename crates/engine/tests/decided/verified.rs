//! Secrets that were compared before the plan was made.

use bicoastal_engine::digest::digest;
use bicoastal_engine::planner::Options;
use bicoastal_engine::verified::{Verified, pairs};
use bicoastal_model::Desired;
use bicoastal_model::Region::UsEast1;
use expect_test::{Expect, expect};
use serde_json::json;

use super::common::CLUSTER;
use super::common::cloud::World;
use super::common::program::{clear, desired, regional};
use super::setting::{entry, plan_seen};

const ID: &str = "us-east-1/db";

fn with(id: &str, password: &str) -> Desired {
    let props =
        json!({"name": "db", "group": "g", "engine": "16", "password": {"$secret": "password"}});
    let name = id.rsplit('/').next().unwrap();
    let mut desired = desired([regional(UsEast1, name, CLUSTER, props)]);
    desired.secrets.insert((id.into(), "password".into()), clear(password));
    desired
}

/// A cluster that was made with this password.
fn made(password: &str) -> World {
    let mut world = World::new();
    world.apply(&with(ID, password));
    let sealed = json!({ "$secret": digest(password, b"salt salt salt") });
    entry(&mut world, ID, 1).applied.as_mut().unwrap().set("password", sealed);
    world
}

/// How many are compared, and what changes in a plan that goes by what was found.
fn check(world: &World, desired: &Desired, found: Option<&Desired>, expect: Expect) {
    let compared = pairs(found.unwrap_or(desired), &world.state);
    let count = compared.len();
    let verified = Verified::of(compared);
    let plan = plan_seen(world, desired, &Options::default(), |it| it.verified = verified).unwrap();
    let fields = plan.changes.iter().flat_map(|change| &change.fields);
    let changed: Vec<String> = fields.map(|field| field.path.to_string()).collect();
    expect.assert_eq(&format!("{count} compared, changed: {}", changed.join(", ")));
}

#[test]
fn a_plan_goes_by_what_was_found() {
    let world = made("one");
    check(&world, &with(ID, "one"), None, expect!["1 compared, changed: "]);
    check(&world, &with(ID, "two"), None, expect!["1 compared, changed: password"]);
    // What was found is believed, and not found out again.
    let other = with(ID, "two");
    check(&world, &with(ID, "one"), Some(&other), expect!["1 compared, changed: password"]);
}

#[test]
fn what_was_not_found_out_is_compared_by_the_plan() {
    let world = made("one");
    let nothing = desired([]);
    check(&world, &with(ID, "one"), Some(&nothing), expect!["0 compared, changed: "]);
    check(&world, &with(ID, "two"), Some(&nothing), expect!["0 compared, changed: password"]);
    // Another digest than the one that was looked at: state was written meanwhile.
    let mut later = made("one");
    let verified = Verified::of(pairs(&with(ID, "two"), &later.state));
    let sealed = json!({ "$secret": digest("two", b"other salt") });
    entry(&mut later, ID, 1).applied.as_mut().unwrap().set("password", sealed);
    let plan =
        plan_seen(&later, &with(ID, "two"), &Options::default(), |it| it.verified = verified);
    assert!(plan.unwrap().is_empty());
}

#[test]
fn only_what_was_applied_is_compared() {
    let count = |world: &World, desired: &Desired| pairs(desired, &world.state).len();
    assert_eq!(count(&World::new(), &with(ID, "one")), 0);
    let mut renamed = with("us-east-1/new", "one");
    let world = made("one");
    assert_eq!(count(&world, &renamed), 0);
    for declared in renamed.resources.values_mut() {
        declared.renamed_from = Some(ID.into());
    }
    assert_eq!(count(&world, &renamed), 1);
}

#[test]
fn secrets_inside_of_lists_are_compared_too() {
    let nested = |secret: &str| json!([{ "of": "one" }, { "password": { "$secret": secret } }]);
    let props = json!({"name": "db", "group": nested("group.1.password"), "engine": "16"});
    let mut program = desired([regional(UsEast1, "db", CLUSTER, props)]);
    let mut world = World::new();
    world.apply(&program);
    let sealed = nested(&digest("one", b"salt salt salt"));
    entry(&mut world, ID, 1).applied.as_mut().unwrap().set("group", sealed);
    program.secrets.insert((ID.into(), "group.1.password".into()), clear("one"));
    assert_eq!(pairs(&program, &world.state).len(), 1);
}
