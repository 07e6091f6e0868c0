//! A saved plan is refused where anything that it was made from is not the same any more.

use std::collections::BTreeMap;

use bicoastal_engine::planner::Options;
use bicoastal_model::{Declared, OpError, Ownership, Seen, Snapshot, Status};
use serde_json::{Value, json};

use super::common::cloud::World;
use super::common::program::{desired, global, output};
use super::common::*;
use super::setting::{applied, plan_seen};

fn program(comment: Value) -> Vec<Declared> {
    let mut found = global("found", ZONE, json!({"domain": "example.org"}));
    found.lookup = true;
    vec![
        found,
        global("zone", ZONE, json!({"domain": "example.com", "comment": comment})),
        global("role", ROLE, json!({"name": "role", "policy": "p"})),
    ]
}

fn found(domain: &str, id: &str) -> Seen {
    Seen::Present(Snapshot {
        physical: "Z9".to_owned(),
        props: json!({"domain": domain}),
        outputs: [("id".to_owned(), json!(id))].into(),
        status: Status::Ready,
        ownership: Ownership::Unmarked,
        children: Vec::new(),
        facts: Default::default(),
    })
}

#[test]
fn no_two_different_plans_have_the_same() {
    let base = || {
        let mut world = applied(program(json!("c")));
        world.lookups.insert("found".into(), found("example.org", "Z9"));
        world
    };
    let print = |world: &World, comment: Value| {
        let plan = plan_seen(world, &desired(program(comment)), &Options::default(), |_| {});
        plan.unwrap().fingerprint
    };
    let mut all: BTreeMap<String, String> = BTreeMap::new();
    let mut add = |name: &str, print: String| {
        assert_eq!(print.len(), 64, "{name}");
        let other = all.insert(print, name.to_owned());
        assert_eq!(other, None, "it is the same as {name}");
    };
    for comment in [
        json!("c"),
        json!("d"),
        json!(1),
        json!("1"),
        json!(2),
        json!(true),
        json!(false),
        json!(null),
        json!("null"),
        json!([]),
        json!(["a", "b"]),
        json!(["a,b"]),
        json!(["a,\"b"]),
        json!(["ab"]),
        json!({}),
        json!({"a": "b"}),
        json!({"a": "c"}),
        json!({"b": "b"}),
        output("role", "arn"),
        output("unknown", "arn"),
        output("unknown", "name"),
    ] {
        add(&comment.to_string(), print(&base(), comment.clone()));
    }
    let mut world = base();
    world.thing("role").snapshot.props["policy"] = json!("q");
    add("another property was seen", print(&world, json!("c")));
    world.thing("role").snapshot.physical = "else".to_owned();
    world.state.entries.values_mut().for_each(|it| {
        if it.kind.as_str() == ROLE.kind {
            it.physical = Some("else".to_owned());
        }
    });
    add("another thing was seen", print(&world, json!("c")));
    world.lose("role");
    add("it is gone", print(&world, json!("c")));
    let mut world = base();
    world.dark = vec!["role".to_owned()];
    add("it could not be read", print(&world, json!("c")));
    for (name, seen) in [
        ("another domain", found("example.net", "Z9")),
        ("another output", found("example.org", "Z8")),
        ("unknown", Seen::Unknown(OpError::NotSent(Default::default()))),
    ] {
        world = base();
        world.lookups.insert("found".into(), seen);
        add(name, print(&world, json!("c")));
    }
    assert_eq!(print(&base(), json!("c")), print(&base(), json!("c")));
    // Text is longer than what is kept of it at once.
    let long = |last: &str| json!("x".repeat(5000) + last);
    assert_ne!(print(&base(), long("a")), print(&base(), long("b")));
}
