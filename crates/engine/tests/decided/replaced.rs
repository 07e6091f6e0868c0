//! In which order something is replaced, what it can do, and why.

use bicoastal_engine::planner::Options;
use bicoastal_engine::state::{Doubt, Verb};
use bicoastal_model::Declared;
use bicoastal_model::Region::{ApSouth1, EuWest1, UsEast1};
use bicoastal_model::Status;
use bicoastal_model::value::NAME;
use expect_test::{Expect, expect};
use serde_json::{Value, json};

use super::common::cloud::World;
use super::common::program::{declared, desired, edit, global, output, regional};
use super::common::show::show;
use super::common::*;
use super::setting::{applied, entry};

fn check(world: &World, program: Vec<Declared>, expect: Expect) {
    check_with(world, program, &Options::default(), expect);
}

fn check_with(world: &World, program: Vec<Declared>, options: &Options, expect: Expect) {
    expect.assert_eq(&show(&world.plan_with(&desired(program), options)));
}

fn asked(ids: &[&str]) -> Options {
    let replace = ids.iter().map(|id| (*id).into()).collect();
    let unprotect = ids.iter().map(|id| (*id).into()).collect();
    Options { replace, unprotect, ..Options::default() }
}

fn front(name: Value, scheme: &str, bucket: &Value) -> Declared {
    regional(UsEast1, "front", FRONT, json!({"name": name, "scheme": scheme, "bucket": bucket}))
}

#[test]
fn with_data_it_destroys_them_whatever_goes_first() {
    let bucket = |name: Value| vec![regional(UsEast1, "assets", BUCKET, json!({"name": name}))];
    let generated = || bucket(json!({NAME: "assets"}));
    check_with(
        &applied(generated()),
        generated(),
        &asked(&["us-east-1/assets"]),
        expect![[r#"
        +/- us-east-1/assets DestroysData (asked for by name)
        0 w1 create us-east-1/assets#2 after []
        1 w1 delete us-east-1/assets#1 after [0]
    "#]],
    );
    let fixed = || bucket(json!("assets"));
    check_with(
        &applied(fixed()),
        fixed(),
        &asked(&["us-east-1/assets"]),
        expect![[r#"
        -/+ us-east-1/assets DestroysData (asked for by name; its name is fixed, so the old one goes first)
        0 w1 delete us-east-1/assets#1 after []
        1 w1 create us-east-1/assets#2 after [0]
    "#]],
    );
    let role = |name: Value| vec![global("role", ROLE, json!({"name": name, "policy": "p"}))];
    let generated = || role(json!({NAME: "role"}));
    check_with(
        &applied(generated()),
        generated(),
        &asked(&["role"]),
        expect![[r#"
        +/- role Safe (asked for by name)
        0 w1 create role#2 after []
        1 w1 delete role#1 after [0]
    "#]],
    );
}

#[test]
fn what_stands_on_what_goes_first_goes_first() {
    let program = |scheme: &str| {
        vec![
            regional(UsEast1, "assets", BUCKET, json!({"name": "assets"})),
            front(json!({NAME: "front"}), scheme, &output("us-east-1/assets", "name")),
        ]
    };
    let world = applied(program("public"));
    check_with(
        &world,
        program("internal"),
        &asked(&["us-east-1/assets"]),
        expect![[r#"
        -/+ us-east-1/front Disruptive (scheme can't be changed in place)
            scheme: "public" → "internal" Edited
        -/+ us-east-1/assets DestroysData (asked for by name; its name is fixed, so the old one goes first)
        0 w1 delete us-east-1/front#1 after []
        1 w1 delete us-east-1/assets#1 after [0]
        2 w1 create us-east-1/assets#2 after [1]
        3 w1 create us-east-1/front#2 after [0 2]
    "#]],
    );
    check(
        &world,
        program("internal"),
        expect![[r#"
        +/- us-east-1/front Safe (scheme can't be changed in place)
            scheme: "public" → "internal" Edited
        0 w1 create us-east-1/front#2 after []
        1 w1 delete us-east-1/front#1 after [0]
    "#]],
    );
}

#[test]
fn what_follows_a_new_thing_and_cannot_change_is_replaced() {
    let program = || {
        vec![
            global("zone", ZONE, json!({"domain": "example.com"})),
            global(
                "www",
                RECORD,
                json!({"zone": output("zone", "id"), "name": "www.example.com",
                "type": "A", "ttl": 60}),
            ),
            global("role", ROLE, json!({"name": output("zone", "id"), "policy": "p"})),
        ]
    };
    check_with(
        &applied(program()),
        program(),
        &asked(&["zone"]),
        expect![[r#"
        +/- zone Safe (asked for by name)
        +/- role Safe (name follows zone, which is new, and can't be changed in place)
            name: "Fake:Zone-global-1.id" → {"$ref":{"attribute":"id","id":"zone"}} Unknown
        +/- www Safe (zone follows zone, which is new, and can't be changed in place)
            zone: "Fake:Zone-global-1.id" → {"$ref":{"attribute":"id","id":"zone"}} Unknown
        0 w1 create zone#2 after []
        1 w2 create role#2 after [0=>]
        2 w3 delete www#1 & create www#2 after [0 1>] 1:0.0
        3 w2 delete role#1 after [1]
        4 w3 delete zone#1 after [0 1 2 3] 0:2.0 0:2.1
    "#]],
    );
}

#[test]
fn what_follows_an_output_that_may_change_is_not_replaced_for_it() {
    let program = |engine: &str| {
        vec![
            regional(UsEast1, "db", CLUSTER, json!({"name": "db", "group": "g", "engine": engine})),
            global(
                "role",
                ROLE,
                json!({"name": output("us-east-1/db", "endpoint"), "policy": "p"}),
            ),
        ]
    };
    check(
        &applied(program("16")),
        program("17"),
        expect![[r#"
        ~ us-east-1/db Disruptive
            engine: "16" → "17" Edited
        ~ role Safe
            name: "Fake:Cluster-us-east-1-1.endpoint" → {"$ref":{"attribute":"endpoint","id":"us-east-1/db"}} Unknown
        0 w1 update us-east-1/db#1 after []
        1 w1 update role#1 after [0]
    "#]],
    );
}

#[test]
fn what_is_being_deleted_is_made_again_after_that() {
    let program = || vec![global("role", ROLE, json!({"name": {NAME: "role"}, "policy": "p"}))];
    let mut world = applied(program());
    world.thing("role").snapshot.status = Status::Busy("Deleting".to_owned());
    check(&world, program(), expect![[""]]);
    entry(&mut world, "role", 1).doubt = Some(Doubt { op: 1, verb: Verb::Delete, wanted: None });
    check(
        &world,
        program(),
        expect![[r#"
        -/+ role Disruptive (its deletion is under way)
        0 w1 delete role#1 after []
        1 w1 create role#2 after [0]
    "#]],
    );
    world.thing("role").snapshot.status = Status::Busy("updating".to_owned());
    check(
        &world,
        program(),
        expect![[r#"
        ~ role Safe (an operation that did not end is still under way)
        0 w1 update role#1 after []
    "#]],
    );
}

#[test]
fn a_region_that_is_not_written_in_may_go() {
    let group = |regions: &[bicoastal_model::Region]| {
        vec![declared("db", GROUP, regions, json!({"name": "db"}))]
    };
    let mut world = applied(group(&[UsEast1, ApSouth1]));
    world.thing("db").snapshot.facts.insert("writer_region".into(), json!("us-east-1"));
    check(
        &world,
        group(&[UsEast1]),
        expect![[r#"
        ~ db Disruptive
            regions[ap-south-1]: "ap-south-1" → null Edited
        0 w1 update db#1 after []
    "#]],
    );
    check(
        &world,
        group(&[UsEast1, ApSouth1, EuWest1]),
        expect![[r#"
        ~ db Safe
            regions[eu-west-1]: null → "eu-west-1" Edited
        0 w1 update db#1 after []
    "#]],
    );
    check(
        &world,
        group(&[ApSouth1]),
        expect![[r#"
        error: db: us-east-1 is where it is written at present, so that region can't be taken out
          declared at main.rs:1
          hint: switch over to another region first
    "#]],
    );
}

#[test]
fn a_member_that_is_written_stays_while_its_group_does() {
    let program = |retained: bool| {
        let mut group = declared("db", GROUP, &[UsEast1, ApSouth1], json!({"name": "db"}));
        group.retained = retained;
        let member = |region| {
            let props = json!({"name": format!("db-{region}"), "group": output("db", "name"),
                "engine": "16"});
            regional(region, "db", CLUSTER, props)
        };
        vec![group, member(UsEast1), member(ApSouth1)]
    };
    let mut world = applied(program(false));
    world.thing("db").snapshot.facts.insert("writer_region".into(), json!("us-east-1"));
    let options = Options::default();
    // Its group is only noted, or changed, or replaced, or goes as well.
    let mut noted = program(true);
    noted.remove(1);
    check_with(
        &world,
        noted,
        &options,
        expect![[r#"
        error: us-east-1/db: db is written in us-east-1 at present, so this member of it can't be deleted
          hint: switch over to another region first
    "#]],
    );
    let mut fewer = program(false);
    fewer.remove(2);
    check_with(
        &world,
        fewer,
        &options,
        expect![[r#"
        - ap-south-1/db DestroysData (no longer declared)
        0 w1 delete ap-south-1/db#1 after []
    "#]],
    );
    let mut replaced = program(false);
    replaced.remove(1);
    let options = asked(&["db"]);
    check_with(
        &world,
        replaced,
        &options,
        expect![[r#"
        error: us-east-1/db: db is written in us-east-1 at present, so this member of it can't be deleted
          hint: switch over to another region first
    "#]],
    );
    check_with(
        &world,
        Vec::new(),
        &options,
        expect![[r#"
        - ap-south-1/db DestroysData (no longer declared)
        - us-east-1/db DestroysData (no longer declared)
        - db Disruptive (no longer declared)
        0 w1 delete ap-south-1/db#1 after []
        1 w1 delete us-east-1/db#1 after [0]
        2 w1 delete db#1 after [0 1]
    "#]],
    );
}

#[test]
fn a_kind_that_changes_back_finds_what_it_was() {
    let check_host = || vec![global("it", CHECK, json!({"host": "h"}))];
    let role = || vec![global("it", ROLE, json!({"name": "it", "policy": "p"}))];
    let mut world = applied(check_host());
    let mut plan = world.plan(&desired(role())).unwrap();
    plan.operations.truncate(1);
    world.carry_out(&plan);
    entry(&mut world, "it", 1).superseded = true;
    check(
        &world,
        check_host(),
        expect![[r#"
        - it Safe (another one takes its place)
        note it Safe (it is what it was before, which is still there)
        record: restored it#1
        record: superseded it#2
        record: noted it#1
        0 w1 delete it#2 after []
    "#]],
    );
    check(
        &world,
        edit(check_host(), "it", |it| it.props.set("host", json!("g"))),
        expect![[r#"
        ~ it Safe (it is what it was before, which is still there)
            host: "h" → "g" Edited
        - it Safe (another one takes its place)
        record: restored it#1
        record: superseded it#2
        0 w1 update it#1 after []
        1 w1 delete it#2 after [0]
    "#]],
    );
    check(
        &world,
        role(),
        expect![[r#"
        - it Disruptive (another one takes its place)
        0 w1 delete it#1 after []
    "#]],
    );
}

#[test]
fn a_spanning_thing_that_is_deleted_first_is_of_no_region() {
    let program = |key: &str, idle: u32| {
        let table = json!({"name": "t", "key": key, "billing": "demand"});
        let front =
            |region| regional(region, "front", FRONT, json!({"name": "front", "idle": idle}));
        vec![declared("t", TABLE, &[UsEast1], table), front(UsEast1), front(ApSouth1)]
    };
    check_with(
        &applied(program("a", 1)),
        program("b", 2),
        &asked(&["t"]),
        expect![[r#"
        -/+ t DestroysData (key can't be changed in place; asked for by name; its name is fixed, so the old one goes first)
            key: "a" → "b" Edited
        ~ ap-south-1/front Safe
            idle: 1 → 2 Edited
        ~ us-east-1/front Safe
            idle: 1 → 2 Edited
        0 w1 delete t#1 after []
        1 w1 create t#2 after [0]
        2 w2 update ap-south-1/front#1 after [0> 1>]
        3 w3 update us-east-1/front#1 after [2>]
    "#]],
    );
}

#[test]
fn only_members_of_one_kind_change_places_with_the_writer() {
    let member = |region, name: &str, schema: &'static bicoastal_model::Schema| {
        let mut props = json!({"name": format!("{name}-{region}")});
        let field = if schema.kind == CLUSTER.kind { "group" } else { "bucket" };
        props[field] = output("db", "name");
        regional(region, name, schema, props)
    };
    let program = vec![
        declared("db", GROUP, &[UsEast1, ApSouth1], json!({"name": "db"})),
        member(UsEast1, "db", CLUSTER),
        member(UsEast1, "second", CLUSTER),
        member(ApSouth1, "db", CLUSTER),
        member(ApSouth1, "front", FRONT),
    ];
    let mut world = applied(program);
    world.thing("db").snapshot.facts.insert("writer_region".into(), json!("us-east-1"));
    check(
        &world,
        Vec::new(),
        expect![[r#"
        - ap-south-1/front Disruptive (no longer declared)
        - ap-south-1/db DestroysData (no longer declared)
        - us-east-1/db DestroysData (no longer declared)
        - us-east-1/second DestroysData (no longer declared)
        - db Disruptive (no longer declared)
        0 w1 delete ap-south-1/front#1 after []
        1 w1 delete ap-south-1/db#1 after [0!]
        2 w1 delete us-east-1/db#1 after [1]
        3 w1 delete us-east-1/second#1 after [1]
        4 w1 delete db#1 after [0=! 1 2 3]
    "#]],
    );
}

#[test]
fn the_old_one_is_of_its_region_where_it_is_deleted_first() {
    let program = |key: &str, more: bool| {
        let table = json!({"name": "t", "key": key, "billing": "demand"});
        let bucket = json!({"name": "b", "versioned": more});
        let policy = output("us-east-1/base", "arn");
        let base = regional(UsEast1, "base", FRONT, json!({"name": "base"}));
        let role = global("role", ROLE, json!({"name": "role", "policy": policy}));
        let mut all = vec![
            base,
            declared("t", TABLE, &[UsEast1], table),
            regional(UsEast1, "bucket", BUCKET, bucket),
            front(json!({NAME: "front"}), key, &json!("b")),
        ];
        all.extend(more.then_some(role));
        all
    };
    check_with(
        &applied(program("a", false)),
        program("b", true),
        &asked(&["t"]),
        expect![[r#"
        -/+ t DestroysData (key can't be changed in place; asked for by name; its name is fixed, so the old one goes first)
            key: "a" → "b" Edited
        + role Safe
        ~ us-east-1/bucket Safe
            versioned: false → true Edited
        +/- us-east-1/front Safe (scheme can't be changed in place)
            scheme: "a" → "b" Edited
        0 w1 delete t#1 after []
        1 w1 create t#2 after [0]
        2 w1 create role#1 after []
        3 w2 update us-east-1/bucket#1 after [0> 1> 2~]
        4 w2 create us-east-1/front#2 after [0> 1> 3~]
        5 w2 delete us-east-1/front#1 after [4]
    "#]],
    );
}

#[test]
fn each_incarnation_goes_before_what_it_stood_on_itself() {
    let program = |scheme: &str, bucket: &str| {
        let bucket_of = |name: &str| regional(UsEast1, name, BUCKET, json!({"name": name}));
        let stands_on = output(format!("us-east-1/{bucket}"), "name");
        vec![bucket_of("one"), bucket_of("two"), front(json!({NAME: "front"}), scheme, &stands_on)]
    };
    let mut world = applied(program("public", "one"));
    let mut plan = world.plan(&desired(program("internal", "two"))).unwrap();
    for operation in &mut plan.operations {
        operation.members.retain(|member| member.verb != Verb::Delete);
    }
    world.carry_out(&plan);
    entry(&mut world, "us-east-1/front", 1).superseded = true;
    check(
        &world,
        Vec::new(),
        expect![[r#"
        - us-east-1/front Disruptive (no longer declared)
        - us-east-1/front Disruptive (no longer declared)
        - us-east-1/one DestroysData (no longer declared)
        - us-east-1/two DestroysData (no longer declared)
        0 w1 delete us-east-1/front#1 after []
        1 w1 delete us-east-1/front#2 after []
        2 w1 delete us-east-1/one#1 after [0=! 1!]
        3 w1 delete us-east-1/two#1 after [0! 1=!]
    "#]],
    );
}

#[test]
fn what_is_new_in_a_region_does_not_wait_for_the_old_one_nor_it_for_that() {
    let program = |scheme: &str, more: bool| {
        let mut all = vec![front(json!({NAME: "front"}), scheme, &json!("b"))];
        if more {
            let host = output("us-east-1/front", "dns");
            let mut bucket = regional(UsEast1, "new", BUCKET, json!({"name": "new"}));
            bucket.after.insert("alive".into());
            all.extend([global("alive", CHECK, json!({"host": host})), bucket]);
        }
        all
    };
    check(
        &applied(program("public", false)),
        program("internal", true),
        expect![[r#"
        +/- us-east-1/front Safe (scheme can't be changed in place)
            scheme: "public" → "internal" Edited
        + alive Safe
        + us-east-1/new Safe
        0 w1 create us-east-1/front#2 after []
        1 w1 create alive#1 after [0]
        2 w1 create us-east-1/new#1 after [1]
        3 w1 delete us-east-1/front#1 after [0 1]
    "#]],
    );
}
