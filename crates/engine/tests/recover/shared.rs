//! Lists and maps that others may share: which part of what is wanted is there.

use bicoastal_model::Region::{ApSouth1, EuWest1, UsEast1};
use bicoastal_model::schema::Schema;
use bicoastal_model::{Declared, Field, Region, Shape};
use expect_test::{Expect, expect};
use serde_json::{Value, json};

use super::common::program::{declared, global, output, regional};
use super::common::*;
use super::setting::{LINEAGE, check, thing};

/// A kind with lists of which the program owns the entries that it mentions.
const RULES: &Schema = &Schema {
    kind: "Fake:Rules",
    fields: &[
        Field::new("name").replaces(),
        Field::new("rules")
            .shape(Shape::Keyed { key: "port", fields: &[Field::new("port"), Field::new("from")] }),
        Field::new("ports").shape(Shape::OwnedSet(&Shape::Plain)),
        Field::new("limits").shape(Shape::Object(&[Field::new("low"), Field::new("high")])),
        Field::new("source").create_only(),
        Field::tags(),
    ],
    identity: &["name"],
    ..Schema::BASE
};

fn part(wanted: Value, there: Value, expect: Expect) {
    let named = |mut props: Value| {
        props["name"] = json!("r");
        props
    };
    let it = thing(RULES, &[], "R1", named(there)).tagged(LINEAGE, Some("test"), Some("r"));
    check(vec![global("r", RULES, named(wanted))], &[it], expect);
}

#[test]
fn entries_that_are_there_are_agreed_on() {
    let rules = |ports: &[(u32, &str)]| -> Value {
        let each = ports.iter().map(|(port, from)| json!({"port": port, "from": from}));
        json!({"rules": each.collect::<Vec<_>>()})
    };
    part(
        rules(&[(1, "a"), (2, "a")]),
        rules(&[(1, "a"), (2, "b"), (3, "c")]),
        expect![[r#"
        0 read r Fake:Rules in global #1 R1 {"name":"r","rules":[{"from":"a","port":1},{"from":"a","port":2}]}
        opened test l1
        begin 1
          Adopt r#1 in global 3 tags {"name":"r","rules":[{"from":"a","port":1}]} → R1 {}
        end 1
        claimed r#1 R1: bears its tags, rules[2].from differs
    "#]],
    );
    part(
        rules(&[(1, "a")]),
        rules(&[(1, "b")]),
        expect![[r#"
        0 read r Fake:Rules in global #1 R1 {"name":"r","rules":[{"from":"a","port":1}]}
        opened test l1
        begin 1
          Adopt r#1 in global 3 tags {"name":"r"} → R1 {}
        end 1
        claimed r#1 R1: bears its tags, rules[1].from differs
    "#]],
    );
    part(
        rules(&[(1, "a")]),
        json!({}),
        expect![[r#"
        0 read r Fake:Rules in global #1 R1 {"name":"r","rules":[{"from":"a","port":1}]}
        opened test l1
        begin 1
          Adopt r#1 in global 3 tags {"name":"r"} → R1 {}
        end 1
        claimed r#1 R1: bears its tags, rules[1] differs
    "#]],
    );
    part(
        json!({"ports": [1, 2]}),
        json!({"ports": [2, 3]}),
        expect![[r#"
        0 read r Fake:Rules in global #1 R1 {"name":"r","ports":[1,2]}
        opened test l1
        begin 1
          Adopt r#1 in global 3 tags {"name":"r","ports":[2]} → R1 {}
        end 1
        claimed r#1 R1: bears its tags, ports[1] differs
    "#]],
    );
    part(
        json!({"ports": [1, 2]}),
        json!({"ports": [3]}),
        expect![[r#"
        0 read r Fake:Rules in global #1 R1 {"name":"r","ports":[1,2]}
        opened test l1
        begin 1
          Adopt r#1 in global 3 tags {"name":"r"} → R1 {}
        end 1
        claimed r#1 R1: bears its tags, ports[1] differs, ports[2] differs
    "#]],
    );
    part(
        json!({"limits": {"low": 1, "high": 9}}),
        json!({"limits": {"low": 1, "high": 8}}),
        expect![[r#"
            0 read r Fake:Rules in global #1 R1 {"limits":{"high":9,"low":1},"name":"r"}
            opened test l1
            begin 1
              Adopt r#1 in global 3 tags {"limits":{"low":1},"name":"r"} → R1 {}
            end 1
            claimed r#1 R1: bears its tags, limits.high differs
        "#]],
    );
    part(
        json!({"limits": {"low": 1}}),
        json!({"limits": {"low": 2}}),
        expect![[r#"
        0 read r Fake:Rules in global #1 R1 {"limits":{"low":1},"name":"r"}
        opened test l1
        begin 1
          Adopt r#1 in global 3 tags {"name":"r"} → R1 {}
        end 1
        claimed r#1 R1: bears its tags, limits.low differs
    "#]],
    );
}

#[test]
fn of_tags_each_one_is_agreed_on_by_itself() {
    part(
        json!({"tags": {"team": "a", "cost": "b"}}),
        json!({"tags": {"team": "x", "cost": "b"}}),
        expect![[r#"
            0 read r Fake:Rules in global #1 R1 {"name":"r"}
            opened test l1
            begin 1
              Adopt r#1 in global 4 tags {"name":"r"} → R1 {}
            end 1
            claimed r#1 R1: bears its tags, tags.team differs
        "#]],
    );
    let role = global("role", ROLE, json!({"name": "copy", "policy": "p", "tags": {"team": "a"}}));
    let it = thing(ROLE, &[], "role-1", json!({"name": "copy", "policy": "p"}));
    check(
        vec![role],
        &[it.made_with("role", 1)],
        expect![[r#"
        0 read role Fake:Role in global #1 role-1 {"name":"copy","policy":"p"}
        opened test l1
        begin 1
          Adopt role#1 in global {"name":"copy","policy":"p"} → role-1 {"arn":"role-1.arn","name":"copy"}
        end 1
        claimed role#1 role-1: was made with its token, tags.bicoastal:lineage differs, tags.bicoastal:resource differs, tags.bicoastal:stack differs, tags.team differs
    "#]],
    );
}

#[test]
fn what_aws_never_shows_counts_as_applied_where_it_is_known() {
    part(
        json!({"source": "snap-1"}),
        json!({}),
        expect![[r#"
        0 read r Fake:Rules in global #1 R1 {"name":"r","source":"snap-1"}
        opened test l1
        begin 1
          Adopt r#1 in global 3 tags {"name":"r","source":"snap-1"} → R1 {}
        end 1
        claimed r#1 R1: bears its tags
    "#]],
    );
    part(
        json!({"source": output("unmade", "arn")}),
        json!({}),
        expect![[r#"
        0 read r Fake:Rules in global #1 R1 {"name":"r","source":{"$ref":{"attribute":"arn","id":"unmade"}}}
        opened test l1
        begin 1
          Adopt r#1 in global 3 tags {"name":"r"} → R1 {}
        end 1
        claimed r#1 R1: bears its tags
    "#]],
    );
}

#[test]
fn of_a_list_that_others_share_a_part_is_enough_to_be_as_declared() {
    let program = |regions: &[Region]| -> Vec<Declared> {
        let role = global("role", ROLE, json!({"name": "copy", "policy": "p"}));
        let name = output("role", "name");
        vec![role, declared("group", GROUP, regions, json!({"name": name}))]
    };
    let run = |there: Value, expect: Expect| {
        let role = thing(ROLE, &[], "role-1", json!({"name": "copy", "policy": "p"})).born("role");
        let group = thing(GROUP, &[UsEast1], "G1", json!({"name": "copy", "regions": there}));
        check(program(&[UsEast1, EuWest1]), &[role, group], expect);
    };
    run(
        json!(["us-east-1"]),
        expect![[r#"
        0 read role Fake:Role in global #1 role-1 {"name":"copy","policy":"p"}
        1 read group Fake:Group in eu-west-1+us-east-1 #1 by its key {"name":"copy","regions":["eu-west-1","us-east-1"]}
        opened test l1
        begin 1
          Adopt group#1 in eu-west-1+us-east-1 after [role] {"name":"copy","regions":["us-east-1"]} → G1 {"name":"copy"}
          Adopt role#1 in global 3 tags {"name":"copy","policy":"p"} → role-1 {"arn":"role-1.arn","name":"copy"}
        end 1
        claimed group#1 G1: is as declared, inside what is ours, regions[eu-west-1] differs
        claimed role#1 role-1: bears its tags
    "#]],
    );
    run(
        json!(["us-east-1", "eu-west-1", "ap-south-1"]),
        expect![[r#"
        0 read role Fake:Role in global #1 role-1 {"name":"copy","policy":"p"}
        1 read group Fake:Group in eu-west-1+us-east-1 #1 by its key {"name":"copy","regions":["eu-west-1","us-east-1"]}
        opened test l1
        begin 1
          Adopt group#1 in eu-west-1+us-east-1 after [role] {"name":"copy","regions":["eu-west-1","us-east-1"]} → G1 {"name":"copy"}
          Adopt role#1 in global 3 tags {"name":"copy","policy":"p"} → role-1 {"arn":"role-1.arn","name":"copy"}
        end 1
        claimed group#1 G1: is as declared, inside what is ours
        claimed role#1 role-1: bears its tags
    "#]],
    );
    run(
        json!(["ap-south-1"]),
        expect![[r#"
        0 read role Fake:Role in global #1 role-1 {"name":"copy","policy":"p"}
        1 read group Fake:Group in eu-west-1+us-east-1 #1 by its key {"name":"copy","regions":["eu-west-1","us-east-1"]}
        opened test l1
        begin 1
          Adopt role#1 in global 3 tags {"name":"copy","policy":"p"} → role-1 {"arn":"role-1.arn","name":"copy"}
        end 1
        claimed role#1 role-1: bears its tags
        left group G1: it can bear no mark, and is not as declared (to take it over, say stack.adopt(&handle, "G1"))
        absent group
    "#]],
    );
}

#[test]
fn two_that_span_regions_are_one_only_where_they_are_the_same() {
    let table = |physical: &str, region| {
        let props = json!({"name": physical, "key": "id", "regions": [region]});
        thing(TABLE, &[region], physical, props).born(physical)
    };
    let mut group = table("T1", ApSouth1);
    group.found.kind = GROUP.kind.to_owned();
    let front = regional(UsEast1, "front", FRONT, json!({"name": "front"}));
    check(
        vec![front],
        &[table("T1", UsEast1), table("T2", EuWest1), group],
        expect![[r#"
        0 read T1 Fake:Group in ap-south-1 #1 T1 {"name":"T1"}
        0 read T1 Fake:Table in us-east-1 #1 T1 {"name":"T1"}
        0 read T2 Fake:Table in eu-west-1 #1 T2 {"name":"T2"}
        opened test l1
        begin 1
          Adopt T1#1 in ap-south-1 3 tags {"key":"id","name":"T1","regions":["ap-south-1"]} → T1 {"arn":"T1.arn","name":"T1"}
          Adopt T1#2 in us-east-1 protected 3 tags {"key":"id","name":"T1","regions":["us-east-1"]} → T1 {"arn":"T1.arn","name":"T1"}
          Adopt T2#1 in eu-west-1 protected 3 tags {"key":"id","name":"T2","regions":["eu-west-1"]} → T2 {"arn":"T2.arn","name":"T2"}
        end 1
        superseded T1#2
        claimed T1#1 T1: bears its tags, undeclared
        claimed T1#2 T1: bears its tags, undeclared, superseded
        claimed T2#1 T2: bears its tags, undeclared
        absent us-east-1/front
    "#]],
    );
}
