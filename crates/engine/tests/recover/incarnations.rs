//! Things of one resource: whose they are, which incarnation each one is, which one is in use.

use bicoastal_model::value::NAME;
use bicoastal_model::{Declared, Region, Region::UsEast1};
use expect_test::expect;
use serde_json::{Value, json};

use super::common::program::{global, regional};
use super::common::*;
use super::setting::{Thing, check, thing};

const HERE: &[Region] = &[UsEast1];

fn role(name: Value) -> Vec<Declared> {
    vec![global("role", ROLE, json!({"name": name, "policy": "p"}))]
}

fn named(name: &str) -> Thing {
    thing(ROLE, &[], &format!("aws-{name}"), json!({"name": name, "policy": "p"}))
}

#[test]
fn the_latest_one_is_in_use() {
    let two = [
        named("new").born("role").made_with("role", 3),
        named("old").born("role").made_with("role", 2),
    ];
    check(
        role(json!("new")),
        &two,
        expect![[r#"
        0 read role Fake:Role in global #3 aws-new {"name":"new","policy":"p"}
        0 read role Fake:Role in global #2 aws-old {"name":"old","policy":"p"}
        opened test l1
        begin 1
          Adopt role#2 in global 3 tags {"name":"old","policy":"p"} → aws-old {"arn":"aws-old.arn","name":"old"}
          Adopt role#3 in global 3 tags {"name":"new","policy":"p"} → aws-new {"arn":"aws-new.arn","name":"new"}
        end 1
        superseded role#2
        claimed role#2 aws-old: bears its tags, superseded
        claimed role#3 aws-new: bears its tags
    "#]],
    );
    let equal = [
        named("a").born("role").made_with("role", 2),
        named("b").born("role").made_with("role", 2),
        named("c").born("role").made_with("role", 2),
    ];
    check(
        role(json!("c")),
        &equal,
        expect![[r#"
        0 read role Fake:Role in global #2 aws-a {"name":"a","policy":"p"}
        0 read role Fake:Role in global #2 aws-b {"name":"b","policy":"p"}
        0 read role Fake:Role in global #2 aws-c {"name":"c","policy":"p"}
        opened test l1
        begin 1
          Adopt role#2 in global 3 tags {"name":"a","policy":"p"} → aws-a {"arn":"aws-a.arn","name":"a"}
          Adopt role#3 in global token bc-l1-4b168d88dc872a77-2 3 tags {"name":"b","policy":"p"} → aws-b {"arn":"aws-b.arn","name":"b"}
          Adopt role#4 in global token bc-l1-4b168d88dc872a77-2 3 tags {"name":"c","policy":"p"} → aws-c {"arn":"aws-c.arn","name":"c"}
        end 1
        superseded role#2
        superseded role#3
        claimed role#2 aws-a: bears its tags, superseded
        claimed role#3 aws-b: bears its tags, superseded
        claimed role#4 aws-c: bears its tags
    "#]],
    );
}

#[test]
fn a_generated_name_tells_its_incarnation() {
    let generated = json!({NAME: "copy"});
    let two = [named("copy-4").born("role"), named("copy-2").born("role")];
    check(
        role(generated.clone()),
        &two,
        expect![[r#"
        0 read role Fake:Role in global #4 aws-copy-4 {"name":"copy-4","policy":"p"}
        0 read role Fake:Role in global #2 aws-copy-2 {"name":"copy-2","policy":"p"}
        opened test l1
        begin 1
          Adopt role#2 in global 3 tags {"name":"copy-2","policy":"p"} → aws-copy-2 {"arn":"aws-copy-2.arn","name":"copy-2"}
          Adopt role#4 in global 3 tags {"name":"copy-4","policy":"p"} → aws-copy-4 {"arn":"aws-copy-4.arn","name":"copy-4"}
        end 1
        superseded role#2
        claimed role#2 aws-copy-2: bears its tags, superseded
        claimed role#4 aws-copy-4: bears its tags
    "#]],
    );
    let odd = [named("copy-04").born("role")];
    check(
        role(generated.clone()),
        &odd,
        expect![[r#"
        0 read role Fake:Role in global #1 aws-copy-04 {"name":"copy-04","policy":"p"}
        opened test l1
        begin 1
          Adopt role#1 in global 3 tags {"policy":"p"} → aws-copy-04 {"arn":"aws-copy-04.arn","name":"copy-04"}
        end 1
        claimed role#1 aws-copy-04: bears its tags, name differs
    "#]],
    );
    let other = [named("other-4").born("role")];
    check(
        role(generated),
        &other,
        expect![[r#"
        0 read role Fake:Role in global #1 aws-other-4 {"name":"other-4","policy":"p"}
        opened test l1
        begin 1
          Adopt role#1 in global 3 tags {"policy":"p"} → aws-other-4 {"arn":"aws-other-4.arn","name":"other-4"}
        end 1
        claimed role#1 aws-other-4: bears its tags, name differs
    "#]],
    );
}

#[test]
fn a_token_of_another_resource_tells_no_incarnation() {
    let one = [named("copy").born("role").made_with("else", 5)];
    check(
        role(json!("copy")),
        &one,
        expect![[r#"
        0 read role Fake:Role in global #1 aws-copy token bc-l1-7dd530c4d36da47c-5 {"name":"copy","policy":"p"}
        opened test l1
        begin 1
          Adopt role#1 in global token bc-l1-7dd530c4d36da47c-5 3 tags {"name":"copy","policy":"p"} → aws-copy {"arn":"aws-copy.arn","name":"copy"}
        end 1
        claimed role#1 aws-copy: bears its tags
    "#]],
    );
    let foreign = [named("copy").born("role").token("terraform-2026")];
    check(
        role(json!("copy")),
        &foreign,
        expect![[r#"
        0 read role Fake:Role in global #1 aws-copy token terraform-2026 {"name":"copy","policy":"p"}
        opened test l1
        begin 1
          Adopt role#1 in global 3 tags {"name":"copy","policy":"p"} → aws-copy {"arn":"aws-copy.arn","name":"copy"}
        end 1
        claimed role#1 aws-copy: bears its tags
    "#]],
    );
    let of_another = format!("bc-l2-{}-5", "0".repeat(16));
    let of_another = [named("copy").born("role").token(&of_another)];
    check(
        role(json!("copy")),
        &of_another,
        expect![[r#"
        0 read role Fake:Role in global #1 aws-copy token bc-l2-0000000000000000-5 {"name":"copy","policy":"p"}
        opened test l1
        begin 1
          Adopt role#1 in global token bc-l2-0000000000000000-5 3 tags {"name":"copy","policy":"p"} → aws-copy {"arn":"aws-copy.arn","name":"copy"}
        end 1
        claimed role#1 aws-copy: bears its tags
    "#]],
    );
}

#[test]
fn of_names_that_do_not_tell_the_declared_one_is_in_use() {
    let two = [named("copy").born("role"), named("else").born("role")];
    check(
        role(json!("copy")),
        &two,
        expect![[r#"
        0 read role Fake:Role in global #1 aws-copy {"name":"copy","policy":"p"}
        0 read role Fake:Role in global #1 aws-else {"name":"else","policy":"p"}
        opened test l1
        begin 1
          Adopt role#1 in global 3 tags {"name":"else","policy":"p"} → aws-else {"arn":"aws-else.arn","name":"else"}
          Adopt role#2 in global 3 tags {"name":"copy","policy":"p"} → aws-copy {"arn":"aws-copy.arn","name":"copy"}
        end 1
        superseded role#1
        claimed role#1 aws-else: bears its tags, superseded
        claimed role#2 aws-copy: bears its tags
    "#]],
    );
    let with_known = [named("copy").born("role"), named("x").born("role").made_with("role", 4)];
    check(
        role(json!("copy")),
        &with_known,
        expect![[r#"
        0 read role Fake:Role in global #1 aws-copy {"name":"copy","policy":"p"}
        0 read role Fake:Role in global #4 aws-x {"name":"x","policy":"p"}
        opened test l1
        begin 1
          Adopt role#4 in global 3 tags {"name":"x","policy":"p"} → aws-x {"arn":"aws-x.arn","name":"x"}
          Adopt role#5 in global 3 tags {"name":"copy","policy":"p"} → aws-copy {"arn":"aws-copy.arn","name":"copy"}
        end 1
        superseded role#4
        claimed role#4 aws-x: bears its tags, superseded
        claimed role#5 aws-copy: bears its tags
    "#]],
    );
}

#[test]
fn where_nothing_tells_none_is_claimed() {
    let two = [named("a").born("role"), named("b").born("role")];
    check(
        role(json!("copy")),
        &two,
        expect![[r#"
        0 read role Fake:Role in global #1 aws-a {"name":"a","policy":"p"}
        0 read role Fake:Role in global #1 aws-b {"name":"b","policy":"p"}
        opened test l1
        left role aws-a: several bear its mark, and which one is in use can't be told (say which one: import role aws-a)
        left role aws-b: several bear its mark, and which one is in use can't be told (say which one: import role aws-b)
        absent role
    "#]],
    );
    let with_known = [named("a").born("role"), named("b").born("role").made_with("role", 4)];
    check(
        role(json!("copy")),
        &with_known,
        expect![[r#"
        0 read role Fake:Role in global #1 aws-a {"name":"a","policy":"p"}
        0 read role Fake:Role in global #4 aws-b {"name":"b","policy":"p"}
        opened test l1
        left role aws-a: several bear its mark, and which one is in use can't be told (say which one: import role aws-a)
        left role aws-b: several bear its mark, and which one is in use can't be told (say which one: import role aws-b)
        absent role
    "#]],
    );
    // Of a kind without a name nothing can tell.
    let zone = |physical: &str, token: &str| {
        thing(ZONE, &[], physical, json!({"domain": "example.com"}))
            .tagged(super::setting::LINEAGE, Some("test"), Some("zone"))
            .token(token)
    };
    let program = vec![global("zone", ZONE, json!({"domain": "example.com"}))];
    check(
        program.clone(),
        &[zone("Z1", "x"), zone("Z2", "y")],
        expect![[r#"
        0 read zone Fake:Zone in global #1 Z1 token x {"domain":"example.com"}
        0 read zone Fake:Zone in global #1 Z2 token y {"domain":"example.com"}
        opened test l1
        left zone Z1: several bear its mark, and which one is in use can't be told (say which one: import zone Z1)
        left zone Z2: several bear its mark, and which one is in use can't be told (say which one: import zone Z2)
        absent zone
    "#]],
    );
    check(
        program,
        &[zone("Z1", "x")],
        expect![[r#"
        0 read zone Fake:Zone in global #1 Z1 token x {"domain":"example.com"}
        opened test l1
        begin 1
          Adopt zone#1 in global {"domain":"example.com"} → Z1 {"id":"Z1.id"}
        end 1
        claimed zone#1 Z1: bears its tags
    "#]],
    );
}

#[test]
fn one_that_was_renamed_is_known_by_its_former_id_or_its_name() {
    let mut program = role(json!("copy"));
    program[0].renamed_from = Some("former".into());
    check(
        program.clone(),
        &[named("copy").born("former")],
        expect![[r#"
        0 read role Fake:Role in global #1 aws-copy born former {"name":"copy","policy":"p"}
        opened test l1
        begin 1
          Adopt role#1 in global born former 3 tags {"name":"copy","policy":"p"} → aws-copy {"arn":"aws-copy.arn","name":"copy"}
        end 1
        claimed role#1 aws-copy: bears its tags
    "#]],
    );
    check(
        program,
        &[named("copy").made_with("former", 2)],
        expect![[r#"
        0 read role Fake:Role in global #2 aws-copy born former {"name":"copy","policy":"p"}
        opened test l1
        begin 1
          Adopt role#2 in global born former {"name":"copy","policy":"p"} → aws-copy {"arn":"aws-copy.arn","name":"copy"}
        end 1
        claimed role#2 aws-copy: was made with its token, tags.bicoastal:lineage differs, tags.bicoastal:resource differs, tags.bicoastal:stack differs
    "#]],
    );
    // The program does not say so any more: the name in AWS tells.
    check(
        role(json!("copy")),
        &[named("copy").born("former")],
        expect![[r#"
        0 read role Fake:Role in global #1 aws-copy born former {"name":"copy","policy":"p"}
        opened test l1
        begin 1
          Adopt role#1 in global born former 3 tags {"name":"copy","policy":"p"} → aws-copy {"arn":"aws-copy.arn","name":"copy"}
        end 1
        claimed role#1 aws-copy: bears its tags
    "#]],
    );
    check(
        role(json!("copy")),
        &[named("else").born("former")],
        expect![[r#"
        0 read former Fake:Role in global #1 aws-else {"name":"else"}
        opened test l1
        begin 1
          Adopt former#1 in global 3 tags {"name":"else","policy":"p"} → aws-else {"arn":"aws-else.arn","name":"else"}
        end 1
        claimed former#1 aws-else: bears its tags, undeclared
        absent role
    "#]],
    );
    // The same name in another region is another thing.
    let bucket = |region| thing(BUCKET, &[region], "B1", json!({"name": "assets"})).born("former");
    let program = vec![regional(UsEast1, "assets", BUCKET, json!({"name": "assets"}))];
    check(
        program.clone(),
        &[bucket(UsEast1)],
        expect![[r#"
        0 read us-east-1/assets Fake:Bucket in us-east-1 #1 B1 born former {"name":"assets"}
        opened test l1
        begin 1
          Adopt us-east-1/assets#1 in us-east-1 born former 3 tags {"name":"assets"} → B1 {"arn":"B1.arn","name":"assets"}
        end 1
        claimed us-east-1/assets#1 B1: bears its tags
    "#]],
    );
    check(
        program,
        &[bucket(Region::EuWest1)],
        expect![[r#"
        0 read former Fake:Bucket in eu-west-1 #1 B1 {"name":"assets"}
        opened test l1
        begin 1
          Adopt former#1 in eu-west-1 protected 3 tags {"name":"assets"} → B1 {"arn":"B1.arn","name":"assets"}
        end 1
        claimed former#1 B1: bears its tags, undeclared
        absent us-east-1/assets
    "#]],
    );
}

#[test]
fn one_that_has_a_token_only_is_told_by_it() {
    check(
        role(json!("copy")),
        &[named("copy").made_with("role", 2)],
        expect![[r#"
        0 read role Fake:Role in global #2 aws-copy {"name":"copy","policy":"p"}
        opened test l1
        begin 1
          Adopt role#2 in global {"name":"copy","policy":"p"} → aws-copy {"arn":"aws-copy.arn","name":"copy"}
        end 1
        claimed role#2 aws-copy: was made with its token, tags.bicoastal:lineage differs, tags.bicoastal:resource differs, tags.bicoastal:stack differs
    "#]],
    );
    check(
        role(json!("copy")),
        &[named("else").made_with("nobody", 2)],
        expect![[r#"
        opened test l1
        left Fake:Role aws-else: it bears the stack's token, and the program declares nothing that it was made for (if it is nobody's, delete it by hand)
        absent role
    "#]],
    );
    check(
        role(json!("copy")),
        &[named("copy").made_with("nobody", 2)],
        expect![[r#"
        opened test l1
        left Fake:Role aws-copy: it bears the stack's token, and the program declares nothing that it was made for (if it is nobody's, delete it by hand)
        absent role
    "#]],
    );
}

#[test]
fn things_of_another_lineage_or_stack_are_left() {
    let things = [
        named("a").tagged("l2", Some("test"), Some("role")),
        named("b").tagged("l2", Some("else"), Some("role")),
        named("c").tagged(super::setting::LINEAGE, Some("test"), None),
        named("d"),
    ];
    check(
        role(json!("copy")),
        &things,
        expect![[r#"
        opened test l1
        left Fake:Role aws-a: it is of another lineage of this stack, l2
        left Fake:Role aws-c: it bears the stack's token, and the program declares nothing that it was made for (if it is nobody's, delete it by hand)
        absent role
    "#]],
    );
}

#[test]
fn a_thing_of_another_kind_is_no_resource_of_the_program() {
    let zone = thing(ZONE, &[], "Z1", json!({"domain": "example.com"})).made_with("role", 1);
    check(
        role(json!("copy")),
        &[zone],
        expect![[r#"
        opened test l1
        left Fake:Zone Z1: it bears the stack's token, and the program declares nothing that it was made for (if it is nobody's, delete it by hand)
        absent role
    "#]],
    );
    let mut program = role(json!("copy"));
    program[0].lookup = true;
    check(
        program,
        &[named("copy").born("role")],
        expect![[r#"
        0 read role Fake:Role in global #1 aws-copy {"name":"copy"}
        opened test l1
        begin 1
          Adopt role#1 in global 3 tags {"name":"copy","policy":"p"} → aws-copy {"arn":"aws-copy.arn","name":"copy"}
        end 1
        claimed role#1 aws-copy: bears its tags, undeclared
    "#]],
    );
}

#[test]
fn a_thing_whose_name_is_another_is_read_as_it_is() {
    let program = vec![regional(UsEast1, "front", FRONT, json!({"name": "front", "idle": 60}))];
    let old = thing(FRONT, HERE, "F1", json!({"name": "old", "idle": 60}));
    check(
        program,
        &[old.born("us-east-1/front").made_with("us-east-1/front", 1)],
        expect![[r#"
        0 read us-east-1/front Fake:Front in us-east-1 #1 F1 {"idle":60,"name":"old"}
        opened test l1
        begin 1
          Adopt us-east-1/front#1 in us-east-1 3 tags {"idle":60} → F1 {"arn":"F1.arn","dns":"F1.dns"}
        end 1
        claimed us-east-1/front#1 F1: bears its tags, name differs
    "#]],
    );
}
