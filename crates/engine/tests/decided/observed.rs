//! What is to be read, and what is to be looked up.

use bicoastal_engine::observe;
use bicoastal_engine::state::{Doubt, Verb};
use bicoastal_model::Region::{ApSouth1, UsEast1};
use bicoastal_model::sweep::RESOURCE_TAG;
use bicoastal_model::{Declared, Target};
use expect_test::{Expect, expect};
use serde_json::json;

use super::common::cloud::World;
use super::common::program::{declared, desired, global, output, regional};
use super::common::*;
use super::setting::{applied, entry};

fn line(target: &Target) -> String {
    let props = target.props.without("tags");
    let token = if target.token.is_empty() { "no token" } else { "a token" };
    format!(
        "{} {} in {} #{} {} born {} with {token} {props}",
        target.id,
        target.kind,
        target.place.label(),
        target.incarnation,
        target.physical.as_deref().unwrap_or("-"),
        target.tags.get(RESOURCE_TAG).map_or("-", String::as_str),
    )
}

fn check(world: &World, program: Vec<Declared>, expect: Expect) {
    let targets = observe::targets(&desired(program), &world.state, &catalog(), &world.lookups);
    let lines: Vec<String> =
        targets.iter().map(|(key, target)| format!("{key}: {}\n", line(target))).collect();
    expect.assert_eq(&lines.concat());
}

#[test]
fn look_ups_are_queries() {
    let mut zone = global("zone", ZONE, json!({"domain": "example.com"}));
    zone.lookup = true;
    let program = desired([zone, global("role", ROLE, json!({"name": "role"}))]);
    let lines: Vec<String> =
        observe::lookups(&program, &World::new().state).iter().map(line).collect();
    expect![[r#"zone Fake:Zone in global #1 - born zone with no token {"domain":"example.com"}"#]]
        .assert_eq(&lines.join("\n"));
}

#[test]
fn what_is_recorded_is_read_with_what_is_mentioned() {
    let table = |regions: &[bicoastal_model::Region], more: &str| {
        let mut props = json!({"name": "t", "key": "id"});
        props[more] = json!(true);
        vec![declared("t", TABLE, regions, props)]
    };
    let mut world = applied(table(&[UsEast1], "billing"));
    check(
        &world,
        table(&[ApSouth1], "deletion_protection"),
        expect![[r#"
        t#1: t Fake:Table in ap-south-1+us-east-1 #1 Fake:Table-us-east-1-1 born t with a token {"billing":true,"deletion_protection":true,"key":"id","name":"t","regions":["us-east-1"]}
    "#]],
    );
    check(
        &world,
        Vec::new(),
        expect![[r#"
        t#1: t Fake:Table in us-east-1 #1 Fake:Table-us-east-1-1 born t with a token {"billing":true,"key":"id","name":"t","regions":["us-east-1"]}
    "#]],
    );
    // Another kind under its id mentions nothing of it, nor does a look-up.
    check(
        &world,
        vec![global("t", ROLE, json!({"name": "r", "policy": "p"}))],
        expect![[r#"
        t#1: t Fake:Table in us-east-1 #1 Fake:Table-us-east-1-1 born t with a token {"billing":true,"key":"id","name":"t","regions":["us-east-1"]}
    "#]],
    );
    let mut lookup = table(&[ApSouth1], "deletion_protection");
    lookup[0].lookup = true;
    check(
        &world,
        lookup,
        expect![[r#"
        t#1: t Fake:Table in us-east-1 #1 Fake:Table-us-east-1-1 born t with a token {"billing":true,"key":"id","name":"t","regions":["us-east-1"]}
    "#]],
    );
    let wanted = Some(json!({"name": "t", "key": "id", "doubted": 1}).into());
    entry(&mut world, "t", 1).doubt = Some(Doubt { op: 1, verb: Verb::Update, wanted });
    check(
        &world,
        Vec::new(),
        expect![[r#"
        t#1: t Fake:Table in us-east-1 #1 Fake:Table-us-east-1-1 born t with a token {"billing":true,"doubted":1,"key":"id","name":"t","regions":["us-east-1"]}
    "#]],
    );
    entry(&mut world, "t", 1).kind = "Odd:Kind".into();
    check(&world, Vec::new(), expect![[""]]);
}

#[test]
fn a_stranger_is_not_read_by_itself() {
    let mut world = applied(vec![global("it", ROLE, json!({"name": "r", "policy": "p"}))]);
    let stranger = entry(&mut world, "it", 1);
    stranger.physical = None;
    let wanted = stranger.applied.take();
    stranger.doubt = Some(Doubt { op: 1, verb: Verb::Delete, wanted });
    check(&world, Vec::new(), expect![[""]]);
}

#[test]
fn what_is_new_is_read_where_its_name_is_known() {
    let bucket =
        |id: &str, name: serde_json::Value| regional(UsEast1, id, BUCKET, json!({"name": name}));
    let mut adopted = bucket("adopted", output("role", "arn"));
    adopted.adopt = Some("B9".to_owned());
    let program = vec![
        global("role", ROLE, json!({"name": {"$name": "role"}, "policy": "p"})),
        bucket("fixed", json!("b")),
        bucket("named", output("role", "name")),
        bucket("unknown", output("role", "arn")),
        adopted,
    ];
    check(
        &World::new(),
        program.clone(),
        expect![[r#"
        role#1: role Fake:Role in global #1 - born role with a token {"name":"role-1","policy":"p"}
        us-east-1/adopted#1: us-east-1/adopted Fake:Bucket in us-east-1 #1 B9 born us-east-1/adopted with a token {"name":{"$ref":{"attribute":"arn","id":"role"}}}
        us-east-1/fixed#1: us-east-1/fixed Fake:Bucket in us-east-1 #1 - born us-east-1/fixed with a token {"name":"b"}
        us-east-1/named#1: us-east-1/named Fake:Bucket in us-east-1 #1 - born us-east-1/named with a token {"name":"role-1"}
    "#]],
    );
    check(
        &applied(vec![program[0].clone()]),
        program,
        expect![[r#"
        role#1: role Fake:Role in global #1 Fake:Role-global-1 born role with a token {"name":"role-1","policy":"p"}
        us-east-1/adopted#1: us-east-1/adopted Fake:Bucket in us-east-1 #1 B9 born us-east-1/adopted with a token {"name":"Fake:Role-global-1.arn"}
        us-east-1/fixed#1: us-east-1/fixed Fake:Bucket in us-east-1 #1 - born us-east-1/fixed with a token {"name":"b"}
        us-east-1/named#1: us-east-1/named Fake:Bucket in us-east-1 #1 - born us-east-1/named with a token {"name":"role-1"}
        us-east-1/unknown#1: us-east-1/unknown Fake:Bucket in us-east-1 #1 - born us-east-1/unknown with a token {"name":"Fake:Role-global-1.arn"}
    "#]],
    );
}
