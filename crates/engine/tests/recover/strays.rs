//! Marked things of resources that the program does not declare.

use bicoastal_model::{Region, Region::UsEast1};
use expect_test::expect;
use serde_json::json;

use super::common::program::{global, regional};
use super::common::*;
use super::setting::{check, thing};

const HERE: &[Region] = &[UsEast1];

#[test]
fn what_a_stray_stands_on_its_properties_name() {
    let front = json!({"name": "front", "bucket": "B1", "scheme": ["role-1.arn", {"of": "F1"}]});
    let other = json!({"name": "other", "bucket": "Z9", "idle": 7});
    let things = [
        thing(ROLE, &[], "role-1", json!({"name": "copy", "policy": "p"})).born("role"),
        thing(BUCKET, HERE, "B1", json!({"name": "assets"})).born("bucket"),
        thing(FRONT, HERE, "F1", front).born("front"),
        thing(FRONT, HERE, "F2", other).born("other"),
        thing(ZONE, &[], "Z1", json!({"domain": "example.com"})).made_with("zone", 1),
    ];
    let program = vec![
        global("role", ROLE, json!({"name": "copy", "policy": "p"})),
        regional(UsEast1, "unmade", BUCKET, json!({"name": "unmade"})),
    ];
    check(
        program,
        &things,
        expect![[r#"
            0 read bucket Fake:Bucket in us-east-1 #1 B1 {"name":"assets"}
            0 read front Fake:Front in us-east-1 #1 F1 {"name":"front"}
            0 read other Fake:Front in us-east-1 #1 F2 {"name":"other"}
            0 read role Fake:Role in global #1 role-1 {"name":"copy","policy":"p"}
            opened test l1
            begin 1
              Adopt bucket#1 in us-east-1 protected 3 tags {"name":"assets"} → B1 {"arn":"B1.arn","name":"assets"}
              Adopt front#1 in us-east-1 after [bucket role] 3 tags {"bucket":"B1","name":"front","scheme":["role-1.arn",{"of":"F1"}]} → F1 {"arn":"F1.arn","dns":"F1.dns"}
              Adopt other#1 in us-east-1 3 tags {"bucket":"Z9","idle":7,"name":"other"} → F2 {"arn":"F2.arn","dns":"F2.dns"}
              Adopt role#1 in global 3 tags {"name":"copy","policy":"p"} → role-1 {"arn":"role-1.arn","name":"copy"}
            end 1
            claimed bucket#1 B1: bears its tags, undeclared
            claimed front#1 F1: bears its tags, undeclared
            claimed other#1 F2: bears its tags, undeclared
            claimed role#1 role-1: bears its tags
            left Fake:Zone Z1: it bears the stack's token, and the program declares nothing that it was made for (if it is nobody's, delete it by hand)
            absent us-east-1/unmade
        "#]],
    );
}

#[test]
fn of_several_the_last_is_in_use() {
    let front = |name: &str| thing(FRONT, HERE, name, json!({"name": name})).born("front");
    let things = [
        front("c").made_with("front", 4),
        front("a"),
        front("b").made_with("front", 1),
        front("d").made_with("front", 4),
    ];
    check(
        Vec::new(),
        &things,
        expect![[r#"
        0 read front Fake:Front in us-east-1 #4 c {"name":"c"}
        0 read front Fake:Front in us-east-1 #1 a {"name":"a"}
        0 read front Fake:Front in us-east-1 #1 b {"name":"b"}
        0 read front Fake:Front in us-east-1 #4 d {"name":"d"}
        opened test l1
        begin 1
          Adopt front#1 in us-east-1 3 tags {"name":"a"} → a {"arn":"a.arn","dns":"a.dns"}
          Adopt front#2 in us-east-1 token bc-l1-2d8d693177ac4489-1 3 tags {"name":"b"} → b {"arn":"b.arn","dns":"b.dns"}
          Adopt front#4 in us-east-1 3 tags {"name":"c"} → c {"arn":"c.arn","dns":"c.dns"}
          Adopt front#5 in us-east-1 token bc-l1-2d8d693177ac4489-4 3 tags {"name":"d"} → d {"arn":"d.arn","dns":"d.dns"}
        end 1
        superseded front#1
        superseded front#2
        superseded front#4
        claimed front#1 a: bears its tags, undeclared, superseded
        claimed front#2 b: bears its tags, undeclared, superseded
        claimed front#4 c: bears its tags, undeclared, superseded
        claimed front#5 d: bears its tags, undeclared
    "#]],
    );
}

#[test]
fn a_declared_resource_of_another_kind_goes_before_it() {
    let program = vec![global("x", ROLE, json!({"name": "copy", "policy": "p"}))];
    let things = [
        thing(ROLE, &[], "role-1", json!({"name": "copy", "policy": "p"})).born("x"),
        thing(BUCKET, HERE, "B1", json!({"name": "b"})).born("x"),
        thing(FRONT, HERE, "F1", json!({"name": "f"})).born("x").made_with("x", 7),
    ];
    check(
        program,
        &things,
        expect![[r#"
        0 read x Fake:Bucket in us-east-1 #1 B1 {"name":"b"}
        0 read x Fake:Front in us-east-1 #7 F1 {"name":"f"}
        0 read x Fake:Role in global #1 role-1 {"name":"copy","policy":"p"}
        opened test l1
        begin 1
          Adopt x#1 in global 3 tags {"name":"copy","policy":"p"} → role-1 {"arn":"role-1.arn","name":"copy"}
          Adopt x#2 in us-east-1 protected 3 tags {"name":"b"} → B1 {"arn":"B1.arn","name":"b"}
          Adopt x#7 in us-east-1 3 tags {"name":"f"} → F1 {"arn":"F1.arn","dns":"F1.dns"}
        end 1
        superseded x#2
        superseded x#7
        claimed x#1 role-1: bears its tags
        claimed x#2 B1: bears its tags, undeclared, superseded
        claimed x#7 F1: bears its tags, undeclared, superseded
    "#]],
    );
}

#[test]
fn a_kind_that_is_not_known_is_not_read() {
    let mut odd = thing(ROLE, &[], "role-1", json!({"name": "copy"})).born("role");
    odd.found.kind = "Odd:Kind".to_owned();
    check(
        Vec::new(),
        &[odd],
        expect![[r#"
        opened test l1
    "#]],
    );
}

#[test]
fn one_that_cannot_be_read_or_is_gone_is_not_claimed() {
    let bucket = |name: &str| thing(BUCKET, HERE, name, json!({"name": name})).born(name);
    check(
        Vec::new(),
        &[bucket("a").dark(), bucket("b").gone()],
        expect![[r#"
        0 read a Fake:Bucket in us-east-1 #1 a {"name":"a"}
        0 read b Fake:Bucket in us-east-1 #1 b {"name":"b"}
        opened test l1
        unread a:   in : 
    "#]],
    );
}
