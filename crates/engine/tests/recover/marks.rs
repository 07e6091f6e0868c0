//! What marks say, whose lineages there are, and what bears a mark that no state knows.

use bicoastal_engine::recover::{Mark, choose, lineages, orphans, places};
use bicoastal_engine::state::State;
use bicoastal_model::Region::{EuWest1, UsEast1};
use bicoastal_model::{Found, Region};
use expect_test::{Expect, expect};
use serde_json::json;

use super::common::cloud::World;
use super::common::program::{desired, global, regional, serving};
use super::common::*;
use super::setting::{LINEAGE, Thing, thing};

fn role(name: &str) -> Thing {
    thing(ROLE, &[], name, json!({"name": name}))
}

fn found(things: &[Thing]) -> Vec<Found> {
    things.iter().map(|it| it.found.clone()).collect()
}

#[test]
fn tags_tell_more_than_a_token() {
    fn check(thing: Thing, expect: Expect) {
        expect.assert_eq(&match Mark::read(&thing.found) {
            None => "no mark".to_owned(),
            Some(mark) => format!(
                "{} of {:?} born {:?} incarnation {:?}",
                mark.lineage,
                mark.stack,
                mark.born.map(|it| it.to_string()),
                mark.token.map(|it| it.incarnation)
            ),
        });
    }
    check(role("a"), expect!["no mark"]);
    check(role("a").token("terraform-1"), expect!["no mark"]);
    check(
        role("a").born("role"),
        expect![[r#"l1 of Some("test") born Some("role") incarnation None"#]],
    );
    check(role("a").made_with("role", 2), expect!["l1 of None born None incarnation Some(2)"]);
    check(
        role("a").born("role").made_with("role", 2),
        expect![[r#"l1 of Some("test") born Some("role") incarnation Some(2)"#]],
    );
    check(
        role("a").tagged("l2", None, None).made_with("role", 2),
        expect!["l2 of None born None incarnation None"],
    );
}

fn program() -> bicoastal_model::Desired {
    let mut role = global("role", ROLE, json!({"name": "copy", "policy": "p"}));
    role.renamed_from = Some("former".into());
    desired([role])
}

#[test]
fn a_lineage_is_the_stacks_by_its_tags_or_by_a_token_of_a_declared_resource() {
    fn check(things: &[Thing], expect: Expect) {
        let seen: Vec<String> = lineages(&program(), &found(things))
            .into_iter()
            .map(|it| format!("{} {} [{}]\n", it.lineage, it.things, it.examples.join(", ")))
            .collect();
        expect.assert_eq(&seen.concat());
    }
    check(&[], expect![[""]]);
    check(&[role("a")], expect![[""]]);
    check(
        &[role("a").made_with("role", 1)],
        expect![[r#"
        l1 1 [Fake:Role a]
    "#]],
    );
    check(
        &[role("a").made_with("former", 1)],
        expect![[r#"
        l1 1 [Fake:Role a]
    "#]],
    );
    check(&[role("a").made_with("nobody", 1)], expect![[""]]);
    check(
        &[role("a").made_with("nobody", 1), role("b").made_with("role", 1)],
        expect![[r#"
        l1 2 [Fake:Role a, Fake:Role b]
    "#]],
    );
    check(
        &[role("a").made_with("role", 1), role("b").made_with("nobody", 1)],
        expect![[r#"
        l1 2 [Fake:Role a, Fake:Role b]
    "#]],
    );
    check(&[role("a").tagged(LINEAGE, Some("else"), None).made_with("role", 1)], expect![[""]]);
    let several: Vec<Thing> = ["a", "b", "c", "d"].map(|it| role(it).born("role")).to_vec();
    check(
        &several,
        expect![[r#"
        l1 4 [Fake:Role a, Fake:Role b, Fake:Role c]
    "#]],
    );
}

#[test]
fn one_lineage_is_gone_by_or_nothing_is_recovered() {
    fn check(things: &[Thing], asked: Option<&str>, expect: Expect) {
        let chosen = choose(&program(), &found(things), asked);
        expect.assert_eq(&match chosen {
            Ok(lineage) => format!("{lineage}\n"),
            Err(why) => format!("{why}\n"),
        });
    }
    let mine = role("a").born("role");
    let other = role("b").tagged("l2", Some("test"), None);
    let of_else = role("c").tagged("l3", Some("else"), None);
    let bare = role("d").tagged("l4", None, None);
    check(
        &[],
        None,
        expect![[r#"
        error: nothing in the account bears a mark of the stack 'test'; there is nothing to recover
          hint: check --stack, --cloud and the credentials; regions that the program does not name are searched with --region
    "#]],
    );
    check(
        std::slice::from_ref(&mine),
        None,
        expect![[r#"
        l1
    "#]],
    );
    check(
        &[mine.clone(), of_else.clone()],
        None,
        expect![[r#"
        l1
    "#]],
    );
    check(
        &[mine.clone(), other.clone()],
        None,
        expect![[r#"
        error: things of 2 lineages bear the name of the stack 'test'; nothing was recovered
          hint: say which one is the stack's: --lineage l1 (1 things: Fake:Role a, …); or --lineage l2 (1 things: Fake:Role b, …)
    "#]],
    );
    check(
        &[mine.clone(), other.clone()],
        Some("l2"),
        expect![[r#"
        l2
    "#]],
    );
    check(
        &[mine.clone(), of_else.clone()],
        Some("l3"),
        expect![[r#"
        error: lineage l3 is of stack 'else', not of 'test'; nothing was recovered
          hint: say --stack else
    "#]],
    );
    check(
        &[mine.clone(), other],
        Some("l9"),
        expect![[r#"
        error: nothing bears lineage l9
          hint: say which one is the stack's: --lineage l1 (1 things: Fake:Role a, …); or --lineage l2 (1 things: Fake:Role b, …)
    "#]],
    );
    check(
        &[of_else],
        Some("l9"),
        expect![[r#"
        error: nothing bears lineage l9
          hint: no lineage of this stack was found at all
    "#]],
    );
    check(
        &[mine, bare],
        Some("l4"),
        expect![[r#"
        l4
    "#]],
    );
}

#[test]
fn what_bears_the_stacks_mark_and_is_in_no_state_is_an_orphan() {
    let program = desired(serving(&[UsEast1]));
    let mut world = World::new();
    world.apply(&program);
    let mut state = world.state;
    state.lineage = LINEAGE.to_owned();
    let check = |thing: Thing, expect: Expect| {
        let all = orphans(&state, std::slice::from_ref(&thing.found));
        let all: Vec<String> = all.iter().map(|it| json!(it).to_string()).collect();
        expect.assert_eq(&all.join("\n"));
    };
    let (_, known) = state.current(&"us-east-1/assets".into()).unwrap();
    let physical = known.physical.clone().unwrap();
    let bucket =
        |region: Region, physical: &str| thing(BUCKET, &[region], physical, json!({"name": "b"}));
    check(bucket(UsEast1, &physical).born("us-east-1/assets"), expect![[""]]);
    check(
        bucket(EuWest1, &physical).born("us-east-1/assets"),
        expect![[
            r#"{"born":"us-east-1/assets","kind":"Fake:Bucket","physical":"Fake:Bucket-us-east-1-3","place":"eu-west-1"}"#
        ]],
    );
    check(
        bucket(UsEast1, "new").born("us-east-1/new"),
        expect![[
            r#"{"born":"us-east-1/new","kind":"Fake:Bucket","physical":"new","place":"us-east-1"}"#
        ]],
    );
    check(bucket(UsEast1, "new"), expect![[""]]);
    check(
        bucket(UsEast1, "new").tagged("l2", Some("test"), None),
        expect![[r#"{"kind":"Fake:Bucket","lineage":"l2","physical":"new","place":"us-east-1"}"#]],
    );
    check(bucket(UsEast1, "new").tagged("l2", Some("else"), None), expect![[""]]);
    check(
        bucket(UsEast1, "new").tagged(LINEAGE, Some("else"), None),
        expect![[r#"{"kind":"Fake:Bucket","physical":"new","place":"us-east-1"}"#]],
    );
    check(
        bucket(UsEast1, "new").made_with("us-east-1/new", 1),
        expect![[r#"{"kind":"Fake:Bucket","physical":"new","place":"us-east-1"}"#]],
    );
    // Its id is not recorded yet, its token is.
    check(bucket(UsEast1, "new").born("us-east-1/assets").token(&known.token), expect![[""]]);
    let mut front = thing(FRONT, &[UsEast1], &physical, json!({"name": "b"})).born("front");
    front.found.place.account = Some("other".to_owned());
    check(
        front,
        expect![[
            r#"{"born":"front","kind":"Fake:Front","physical":"Fake:Bucket-us-east-1-3","place":"us-east-1"}"#
        ]],
    );
}

#[test]
fn every_place_that_is_named_is_looked_at() {
    fn check(
        desired: &bicoastal_model::Desired,
        state: Option<&State>,
        more: &[Region],
        expect: Expect,
    ) {
        let all: Vec<String> = places(desired, state, more)
            .into_iter()
            .map(|it| {
                let regions: Vec<&str> = it.regions.iter().map(|it| it.code()).collect();
                format!("{:?} {}\n", it.account, regions.join(" "))
            })
            .collect();
        expect.assert_eq(&all.concat());
    }
    let none = desired([]);
    check(
        &none,
        None,
        &[],
        expect![[r#"
        None 
    "#]],
    );
    check(
        &none,
        None,
        &[EuWest1],
        expect![[r#"
        None eu-west-1
    "#]],
    );
    let mut other = regional(EuWest1, "b", BUCKET, json!({"name": "b"}));
    other.place.account = Some("other".to_owned());
    check(
        &desired([other.clone()]),
        None,
        &[],
        expect![[r#"
        Some("other") eu-west-1
    "#]],
    );
    let mut world = World::new();
    world.apply(&desired([regional(UsEast1, "b", BUCKET, json!({"name": "b"}))]));
    check(
        &none,
        Some(&world.state),
        &[],
        expect![[r#"
        None us-east-1
    "#]],
    );
    check(
        &desired([other]),
        Some(&world.state),
        &[Region::UsWest2],
        expect![[r#"
        None eu-west-1 us-east-1 us-west-2
        Some("other") eu-west-1 us-east-1 us-west-2
    "#]],
    );
}
