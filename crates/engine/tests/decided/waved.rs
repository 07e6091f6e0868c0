//! Which wave something is in, and what is only preferred.

use bicoastal_model::Region::{ApSouth1, EuWest1, UsEast1};
use bicoastal_model::{Declared, Region};
use expect_test::{Expect, expect};
use serde_json::json;

use super::common::cloud::World;
use super::common::program::{declared, desired, edit, global, output, regional};
use super::common::show::operations;
use super::common::*;
use super::setting::applied;

fn check(world: &World, program: Vec<Declared>, expect: Expect) {
    expect.assert_eq(&operations(&world.plan(&desired(program)).unwrap()));
}

const THREE: &[Region] = &[ApSouth1, EuWest1, UsEast1];

#[test]
fn the_region_that_writes_is_the_last_one_with_all_that_it_has() {
    let program = |engine: &str, idle: u32| {
        let mut all = vec![declared("db", GROUP, THREE, json!({"name": "db"}))];
        for &region in THREE {
            let props = json!({"name": format!("db-{region}"), "group": output("db", "name"),
                "engine": engine});
            all.push(regional(region, "db", CLUSTER, props));
            let front = json!({"name": "front", "idle": idle});
            all.push(regional(region, "front", FRONT, front));
        }
        all
    };
    let mut world = applied(program("16", 60));
    world.thing("db").snapshot.facts.insert("writer_region".into(), json!("ap-south-1"));
    check(
        &world,
        program("17", 60),
        expect![[r#"
        0 w1 update eu-west-1/db#1 after []
        1 w2 update us-east-1/db#1 after [0>]
        2 w3 update ap-south-1/db#1 after [1>]
    "#]],
    );
    check(
        &world,
        program("17", 90),
        expect![[r#"
        0 w1 update eu-west-1/db#1 after []
        1 w1 update eu-west-1/front#1 after [0~]
        2 w2 update us-east-1/db#1 after [0> 1>]
        3 w2 update us-east-1/front#1 after [0> 1> 2~]
        4 w3 update ap-south-1/db#1 after [2> 3>]
        5 w3 update ap-south-1/front#1 after [2> 3> 4~]
    "#]],
    );
    check(
        &world,
        program("16", 90),
        expect![[r#"
        0 w1 update ap-south-1/front#1 after []
        1 w2 update eu-west-1/front#1 after [0>]
        2 w3 update us-east-1/front#1 after [1>]
    "#]],
    );
}

#[test]
fn what_is_everywhere_comes_first_and_traffic_last() {
    let program = |value: &str| {
        let record = |id: &str| {
            let props = json!({"zone": "z", "name": format!("{id}.example.com"), "type": "A",
                "values": ["192.0.2.1"], "check": value});
            global(id, RECORD, props)
        };
        vec![
            record("a-record"),
            regional(ApSouth1, "front", FRONT, json!({"name": "front", "idle": value})),
            regional(UsEast1, "front", FRONT, json!({"name": "front", "idle": value})),
            declared(
                "m-table",
                TABLE,
                &[UsEast1],
                json!({"name": "t", "key": "id", "billing": value}),
            ),
            global("z-role", ROLE, json!({"name": "role", "policy": value})),
        ]
    };
    check(
        &applied(program("a")),
        program("b"),
        expect![[r#"
        0 w1 update z-role#1 after []
        1 w2 update m-table#1 after [0>]
        2 w3 update ap-south-1/front#1 after [1>]
        3 w4 update us-east-1/front#1 after [2>]
        4 w5 update a-record#1 after [3>]
    "#]],
    );
}

#[test]
fn traffic_waits_for_what_comes_up_and_only_would_rather_wait_for_the_rest() {
    let here = |id: &str| regional(UsEast1, id, FRONT, json!({"name": id, "idle": 1}));
    let role = |id: &str, of: &str| {
        global(id, ROLE, json!({"name": id, "policy": output(format!("us-east-1/{of}"), "arn")}))
    };
    let record = |id: &str| {
        let props = json!({"zone": "z", "name": "api.example.com", "type": "A", "set": "us-east-1",
            "values": ["192.0.2.1"]});
        global(id, RECORD, props)
    };
    let world = applied(vec![here("old"), role("old-role", "old")]);
    let changed = edit(vec![here("old")], "us-east-1/old", |it| it.props.set("idle", json!(2)));
    let program =
        [changed, vec![here("new"), role("new-role", "old"), role("old-role", "old"), record("r")]];
    check(
        &world,
        program.concat(),
        expect![[r#"
        0 w1 update us-east-1/old#1 after []
        1 w1 create new-role#1 after [0]
        2 w1 create us-east-1/new#1 after [1~]
        3 w1 create r#1 after [2!]
    "#]],
    );
}

#[test]
fn what_is_below_goes_after_what_is_in_use_and_roles_only_would_rather() {
    let front = regional(UsEast1, "front", FRONT, json!({"name": "front"}));
    let bucket = regional(UsEast1, "assets", BUCKET, json!({"name": "assets"}));
    let policy = output("us-east-1/assets", "arn");
    let role = global("role", ROLE, json!({"name": "role", "policy": policy}));
    check(
        &applied(vec![front, bucket, role]),
        Vec::new(),
        expect![[r#"
        0 w1 delete us-east-1/front#1 after []
        1 w1 delete role#1 after [0~]
        2 w1 delete us-east-1/assets#1 after [0! 1]
    "#]],
    );
}

/// What is replaced goes with the region that it named, and its successor with the one that it names.
#[test]
fn both_halves_of_a_replacement_are_in_the_regions_that_they_name() {
    let program = |of_role: Region, idle: u32| {
        let mut all = vec![global("role", ROLE, json!({"name": of_role.code(), "policy": "p"}))];
        for &region in THREE {
            let props = json!({"name": "front", "idle": idle});
            all.push(regional(region, "front", FRONT, props));
        }
        all
    };
    check(
        &applied(program(UsEast1, 60)),
        program(EuWest1, 90),
        expect![[r#"
        0 w1 update ap-south-1/front#1 after []
        1 w2 create role#2 after [0>]
        2 w2 update eu-west-1/front#1 after [0> 1~]
        3 w3 update us-east-1/front#1 after [1> 2>]
        4 w2 delete role#1 after [1]
    "#]],
    );
    check(
        &applied(program(EuWest1, 60)),
        program(UsEast1, 90),
        expect![[r#"
        0 w1 update ap-south-1/front#1 after []
        1 w2 update eu-west-1/front#1 after [0>]
        2 w3 create role#2 after [1>]
        3 w3 update us-east-1/front#1 after [1> 2~]
        4 w3 delete role#1 after [2]
    "#]],
    );
}
