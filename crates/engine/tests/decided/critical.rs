//! The chain of operations that no amount of concurrency shortens.

use bicoastal_engine::plan::critical_path;
use bicoastal_model::Region::{ApSouth1, UsEast1};
use bicoastal_model::schema::Takes;
use bicoastal_model::{Catalog, Declared, Schema};
use expect_test::{Expect, expect};
use serde_json::json;

use super::common::cloud::World;
use super::common::program::{desired, edit, global, output, serving};
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
    let path = critical_path(&world.plan(&desired(program)).unwrap(), &slow());
    let through: Vec<&str> = path.through.iter().map(|id| id.as_str()).collect();
    expect.assert_eq(&format!("{} ms: {}", path.ms, through.join(" → ")));
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
