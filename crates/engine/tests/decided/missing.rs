//! Kinds that a program has no code for.

use bicoastal_engine::planner::{self, Options};
use bicoastal_model::{Catalog, Declared, Schema};
use expect_test::{Expect, expect};
use serde_json::json;

use super::common::program::{desired, global, output, serving};
use super::common::*;
use super::setting::{applied, told};

const TWO: &[bicoastal_model::Region] =
    &[bicoastal_model::Region::UsEast1, bicoastal_model::Region::ApSouth1];

fn check(made: Vec<Declared>, program: Vec<Declared>, kinds: &[&'static Schema], expected: Expect) {
    let world = applied(made);
    let desired = desired(program);
    let observed = world.observe(&desired);
    let catalog = Catalog::new(kinds.iter().copied());
    let options = Options::default();
    let plan = planner::plan(&desired, &world.state, &observed, &catalog, &options);
    expected.assert_eq(&told(&plan));
}

#[test]
fn kinds_of_state_and_of_the_program_are_named_at_once_and_first() {
    let zone = || vec![global("zone", ZONE, json!({"domain": "example.com"}))];
    check(
        serving(TWO),
        Vec::new(),
        &[ROLE, TABLE, BUCKET, FRONT, CHECK],
        expect![[r#"
        error: the state has Fake:Record, which this program can't handle
          hint: enable the cargo feature 'fake' of bicoastal
        error: the state has Fake:Zone, which this program can't handle
          hint: enable the cargo feature 'fake' of bicoastal
    "#]],
    );
    check(
        serving(TWO),
        zone(),
        &[ROLE, TABLE, BUCKET, CHECK, ZONE, RECORD],
        expect![[r#"
        error: the state has Fake:Front, which this program can't handle
          hint: enable the cargo feature 'fake' of bicoastal
    "#]],
    );
    check(
        Vec::new(),
        serving(TWO),
        &[BUCKET, FRONT, CHECK, RECORD, ZONE],
        expect![[r#"
        error: the state has Fake:Role, which this program can't handle
          hint: enable the cargo feature 'fake' of bicoastal
        error: the state has Fake:Table, which this program can't handle
          hint: enable the cargo feature 'fake' of bicoastal
    "#]],
    );
    // Along with all else that is wrong.
    let round = vec![
        global("a", CHECK, json!({"host": output("b", "id"), "path": "/"})),
        global("b", CHECK, json!({"host": output("a", "id"), "path": "/"})),
    ];
    check(
        zone(),
        round,
        &[ROLE],
        expect![[r#"
        error: the state has Fake:Check, which this program can't handle
          hint: enable the cargo feature 'fake' of bicoastal
        error: the state has Fake:Zone, which this program can't handle
          hint: enable the cargo feature 'fake' of bicoastal
        error: these wait for each other: a → b → a
          a is declared at main.rs:1
          b is declared at main.rs:1
          hint: one of the references, or one `after`, has to go
    "#]],
    );
}
