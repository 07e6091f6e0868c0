//! The chain of operations that no amount of concurrency shortens.

use bicoastal_engine::plan::critical_path;
use bicoastal_engine::planner::{self, Options};
use bicoastal_model::Region::{ApSouth1, UsEast1};
use bicoastal_model::schema::{Joining, Made, Takes};
use bicoastal_model::{Catalog, Declared, Packed, Schema};
use expect_test::{Expect, expect};
use serde_json::{Value, json};

use super::common::cloud::World;
use super::common::program::{desired, edit, global, output, regional, serving};
use super::common::*;
use super::setting::applied;

/// The catalog in which what is made, changed and deleted takes different times.
fn slow() -> Catalog {
    let slow = |schema: &'static Schema, create, update, delete| -> &'static Schema {
        Box::leak(Box::new(Schema { takes: Takes { create, update, delete }, ..*schema }))
    };
    Catalog::new([
        slow(ROLE, 5, 7, 11),
        slow(BUCKET, 2, 1, 1),
        slow(FRONT, 100, 10, 20),
        slow(CHECK, 1, 1, 1),
        slow(RECORD, 40, 30, 30),
        slow(TABLE, 30, 60, 30),
        slow(ZONE, 3, 3, 3),
    ])
}

fn check(world: &World, program: Vec<Declared>, expect: Expect) {
    expect.assert_eq(&path(world, program, &slow()));
}

/// As the plan says it, and as it is found in the plan.
fn path(world: &World, program: Vec<Declared>, catalog: &Catalog) -> String {
    let desired = desired(program);
    let (observed, options) = (world.observe(&desired), Options::default());
    let plan = planner::plan(&desired, &world.state, &observed, catalog, &options).unwrap();
    assert_eq!(plan.path, critical_path(&plan, catalog));
    let through: Vec<&str> = plan.path.through.iter().map(|id| id.as_str()).collect();
    format!("{} ms: {}", plan.path.ms, through.join(" → "))
}

#[test]
fn it_leads_through_what_takes_longest() {
    let two = [UsEast1, ApSouth1];
    check(&World::new(), Vec::new(), expect!["0 ms: "]);
    check(
        &World::new(),
        serving(&two),
        expect!["171000 ms: sessions → us-east-1/front → alive-us-east-1 → api-ap-south-1"],
    );
    // A pause is time as well.
    check(
        &applied(serving(&two)),
        serving(&[ApSouth1]),
        expect!["230000 ms: api-us-east-1 → us-east-1/front → sessions"],
    );
    let changed = edit(serving(&two), "role", |it| it.props.set("policy", json!("q")));
    check(&applied(serving(&two)), changed, expect!["7000 ms: role"]);
    // Of two that take as long the first one.
    let alone = |id: &str| global(id, ROLE, json!({"name": id, "policy": "p"}));
    check(&World::new(), vec![alone("a"), alone("b")], expect!["5000 ms: a"]);
    let after = global("c", CHECK, json!({"host": output("b", "arn")}));
    check(&World::new(), vec![alone("a"), alone("b"), after], expect!["6000 ms: b → c"]);
}

/// A cluster that is a copy joins when all those of the name are made, in its own step.
fn joins(own: usize, made: &[Made<'_>]) -> Option<Joining> {
    let name = made[own].props.get("source").and_then(Packed::as_str)?;
    let is_source = |it: &Made<'_>| it.props.get("name").and_then(Packed::as_str) == Some(name);
    let sources = made.iter().enumerate().filter(|(_, it)| is_source(it));
    Some(Joining { after: sources.map(|(at, _)| at).collect(), takes: 50 })
}

fn check_joining(world: &World, program: Vec<Declared>, expect: Expect) {
    static COPYING: Schema = Schema {
        takes: Takes { create: 20, update: 400, delete: 20 },
        joins: Some(joins),
        ..*CLUSTER
    };
    let short = |schema: &'static Schema| -> &'static Schema {
        let takes = Takes { create: 3, update: 300, delete: 3 };
        Box::leak(Box::new(Schema { takes, ..*schema }))
    };
    let catalog = Catalog::new([&COPYING, short(ROLE), short(GROUP), short(BUCKET)]);
    expect.assert_eq(&path(world, program, &catalog));
}

#[test]
fn what_is_waited_for_in_its_own_step_is_time_as_well() {
    let cluster = |region, name: &str, source: Option<&str>| {
        let mut props = json!({"name": name, "engine": "16"});
        props["source"] = source.map_or(Value::Null, Into::into);
        regional(region, name, CLUSTER, props)
    };
    let group = || global("c", GROUP, json!({"name": "c"}));
    // Of another service and of the same one, so that no position is the same in two lists.
    let others = || vec![global("a", ROLE, json!({"name": "b", "policy": "p"})), group()];
    let all = |mut clusters: Vec<Declared>| {
        clusters.extend(others());
        clusters
    };
    let first = || cluster(UsEast1, "b", None);
    check_joining(&World::new(), all(vec![first()]), expect!["20000 ms: us-east-1/b"]);
    // Whichever comes first in the plan.
    let copy = |source| cluster(ApSouth1, "d", Some(source));
    check_joining(
        &World::new(),
        all(vec![first(), copy("b")]),
        expect!["70000 ms: us-east-1/b → ap-south-1/d"],
    );
    // Of another service is not waited for, and what is there already neither.
    let with_source = |source| all(vec![copy(source)]);
    check_joining(&World::new(), with_source("c"), expect!["53000 ms: c → ap-south-1/d"]);
    check_joining(&World::new(), with_source("b"), expect!["50000 ms: ap-south-1/d"]);
    check_joining(
        &applied(all(vec![first()])),
        all(vec![first(), copy("b")]),
        expect!["50000 ms: ap-south-1/d"],
    );
    // What is changed goes on being there meanwhile.
    let changed = edit(all(vec![first(), copy("b")]), "us-east-1/b", |it| {
        it.props.set("engine", json!("17"));
    });
    check_joining(&applied(all(vec![first()])), changed, expect!["400000 ms: us-east-1/b"]);
    // Of those that wait for each other none waits, nor does one wait for itself.
    check_joining(
        &World::new(),
        all(vec![cluster(UsEast1, "b", Some("b"))]),
        expect!["50000 ms: us-east-1/b"],
    );
    let circle = vec![cluster(UsEast1, "b", Some("d")), copy("b")];
    check_joining(&World::new(), all(circle), expect!["20000 ms: ap-south-1/d"]);
    // What comes after it comes after all of that.
    let mut last = global("e", ROLE, json!({"name": "e", "policy": "p"}));
    last.after.insert("ap-south-1/d".into());
    check_joining(
        &World::new(),
        all(vec![first(), copy("b"), last]),
        expect!["73000 ms: us-east-1/b → ap-south-1/d → e"],
    );
}
