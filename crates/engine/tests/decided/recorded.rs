//! What a plan records of accounts, look-ups and exports.

use std::collections::BTreeMap;

use bicoastal_engine::planner::{self, Options};
use bicoastal_engine::state::LookedUp;
use bicoastal_model::{Declared, Desired, OpError, Seen};
use expect_test::{Expect, expect};
use serde_json::json;

use super::common::cloud::World;
use super::common::program::{desired, global, output};
use super::common::*;
use super::setting::{applied, plan_seen, records};

fn role(policy: &str) -> Vec<Declared> {
    vec![global("role", ROLE, json!({"name": "role", "policy": policy}))]
}

#[test]
fn an_account_is_recorded_with_the_first_thing_that_is_done_or_recorded() {
    fn check(world: &World, desired: &Desired, expect: Expect) {
        let plan = plan_seen(world, desired, &Options::default(), |observed| {
            observed.accounts =
                BTreeMap::from([(String::new(), "111".into()), ("other".into(), "222".into())]);
        });
        let plan = plan.unwrap();
        expect.assert_eq(&format!("{} operations\n{}", plan.operations.len(), records(&plan)));
    }
    let mut world = applied(role("p"));
    check(
        &world,
        &desired(role("p")),
        expect![[r#"
        0 operations
    "#]],
    );
    check(
        &world,
        &desired(role("q")),
        expect![[r#"
        1 operations
        {"account":{"name":"","number":"111"}}
        {"account":{"name":"other","number":"222"}}
    "#]],
    );
    let mut exporting = desired(role("p"));
    exporting.exports = vec![("arn".to_owned(), output("role", "arn"))];
    check(
        &world,
        &exporting,
        expect![[r#"
        0 operations
        {"account":{"name":"","number":"111"}}
        {"account":{"name":"other","number":"222"}}
        {"exports":{"exports":[["arn","Fake:Role-global-1.arn"]]}}
    "#]],
    );
    world.state.accounts.insert(String::new(), "111".to_owned());
    check(
        &world,
        &desired(role("q")),
        expect![[r#"
        1 operations
        {"account":{"name":"other","number":"222"}}
    "#]],
    );
}

#[test]
fn exports_are_recorded_where_they_are_known_and_nothing_is_waited_for() {
    fn check(world: &World, desired: &Desired, options: &Options, expect: Expect) {
        expect.assert_eq(&records(&world.plan_with(desired, options).unwrap()));
    }
    let exporting = |policy: &str, of: &str| {
        let mut desired = desired(role(policy));
        desired.exports = vec![("arn".to_owned(), output(of, "arn"))];
        desired
    };
    let all = Options::default();
    let mut world = applied(role("p"));
    check(
        &world,
        &exporting("p", "role"),
        &all,
        expect![[r#"
        {"exports":{"exports":[["arn","Fake:Role-global-1.arn"]]}}
    "#]],
    );
    check(&world, &exporting("q", "role"), &all, expect![[""]]);
    check(&world, &exporting("p", "nothing"), &all, expect![[""]]);
    let part = Options { only: ["role".into()].into(), ..Options::default() };
    check(
        &world,
        &exporting("p", "role"),
        &part,
        expect![[r#"
        {"exports":{"exports":[["arn","Fake:Role-global-1.arn"]]}}
    "#]],
    );
    let mut more = exporting("p", "role");
    more.resources.extend(desired([global("check", CHECK, json!({"host": "h"}))]).resources);
    check(&world, &more, &part, expect![[""]]);
    world.state.exports = planner::exports(&exporting("p", "role"), &world.state);
    check(&world, &exporting("p", "role"), &all, expect![[""]]);
}

#[test]
fn exports_are_filled_in_from_state() {
    let mut world = applied(role("p"));
    let found = LookedUp {
        kind: ZONE.kind.to_owned(),
        outputs: BTreeMap::from([("id".to_owned(), json!("Z1"))]).into(),
    };
    world.state.lookups.insert("zone".into(), found);
    let mut program = desired(role("p"));
    program.exports = vec![
        ("arn".to_owned(), output("role", "arn")),
        ("zone".to_owned(), output("zone", "id")),
        ("none".to_owned(), output("zone", "none")),
        ("text".to_owned(), json!(["as it is", output("nothing", "id")])),
    ];
    expect![[r#"
        [
            (
                "arn",
                String("Fake:Role-global-1.arn"),
            ),
            (
                "zone",
                String("Z1"),
            ),
            (
                "none",
                Object {
                    "$ref": Object {
                        "attribute": String("none"),
                        "id": String("zone"),
                    },
                },
            ),
            (
                "text",
                Array [
                    String("as it is"),
                    Object {
                        "$ref": Object {
                            "attribute": String("id"),
                            "id": String("nothing"),
                        },
                    },
                ],
            ),
        ]
    "#]]
    .assert_eq(&format!("{:#?}\n", planner::exports(&program, &world.state)));
}

#[test]
fn a_look_up_that_could_not_be_read_says_why() {
    let mut zone = global("zone", ZONE, json!({"domain": "example.com"}));
    zone.lookup = true;
    let mut world = World::new();
    let check = |world: &World, expect: Expect| {
        let plan = world.plan(&desired([zone.clone()])).unwrap();
        let unseen: Vec<String> =
            plan.unseen.iter().map(|it| format!("{}: {}\n", it.id, json!(it.error))).collect();
        expect.assert_eq(&unseen.concat());
    };
    check(
        &world,
        expect![[r#"
        zone: {"not_sent":{"call":"refresh","message":"it was not read","region":"","service":""}}
    "#]],
    );
    let facts =
        bicoastal_model::ErrorFacts { message: "no route".to_owned(), ..Default::default() };
    world.lookups.insert("zone".into(), Seen::Unknown(OpError::NotSent(facts)));
    check(
        &world,
        expect![[r#"
        zone: {"not_sent":{"call":"","message":"no route","region":"","service":""}}
    "#]],
    );
}
