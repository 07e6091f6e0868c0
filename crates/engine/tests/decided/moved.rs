//! Another id for the same thing: where that is asked for, once.

use bicoastal_model::Declared;
use expect_test::{Expect, expect};
use serde_json::json;

use super::common::cloud::World;
use super::common::program::{desired, global, output};
use super::common::*;
use super::setting::{applied, records, told};

fn check(world: &World, program: Vec<Declared>, expect: Expect) {
    let plan = world.plan(&desired(program));
    expect.assert_eq(&(told(&plan) + &plan.as_ref().map(records).unwrap_or_default()));
}

fn role(id: &str, former: Option<&str>) -> Declared {
    let mut role = global(id, ROLE, json!({"name": "copy", "policy": "p"}));
    role.renamed_from = former.map(Into::into);
    role
}

#[test]
fn only_what_is_there_and_not_declared_any_more_is_moved() {
    let probe = |of: &str| global("probe", CHECK, json!({"host": output(of, "arn")}));
    let before = || vec![role("old", None), probe("old")];
    let after = || vec![role("new", Some("old")), probe("new")];
    check(
        &applied(before()),
        after(),
        expect![[r#"
        note new Safe (it was called old)
        record: moved old to new
        record: noted new#1
        {"moved":{"from":"old","to":"new"}}
        {"noted":{"applied":{"name":"copy","policy":"p","tags":{"bicoastal:lineage":"lineage","bicoastal:resource":"old","bicoastal:stack":"test"}},"edges":[],"key":"new#1","outputs":{"arn":"Fake:Role-global-1.arn","name":"copy"},"protected":false,"retained":false}}
    "#]],
    );
    let mut world = applied(before());
    world.apply(&desired(after()));
    check(&world, after(), expect![[""]]);
    check(
        &World::new(),
        after(),
        expect![[r#"
        + new Safe
        + probe Safe
        0 after []
          Create new#1 in global wanted {"name":"copy","policy":"p"}
        1 after [0]
          Create probe#1 in global needs [new] wanted {"host":{"$ref":{"attribute":"arn","id":"new"}}}
    "#]],
    );
    let mut other = global("new", ROLE, json!({"name": "other", "policy": "p"}));
    other.renamed_from = Some("old".into());
    check(
        &applied(vec![role("old", None)]),
        vec![role("old", None), other.clone()],
        expect![[r#"
        + new Safe
        0 after []
          Create new#1 in global wanted {"name":"other","policy":"p"}
    "#]],
    );
    let both =
        vec![role("old", None), global("new", ROLE, json!({"name": "other", "policy": "p"}))];
    check(
        &applied(both),
        vec![other],
        expect![[r#"
        - old Safe (no longer declared)
        0 after []
          Delete old#1 in global Fake:Role-global-2 applied {"name":"copy","policy":"p"} seen {"name":"copy","policy":"p"}
    "#]],
    );
}
