//! What goes in one call.

use bicoastal_model::Declared;
use expect_test::{Expect, expect};
use serde_json::{Value, json};

use super::common::cloud::World;
use super::common::program::{desired, edit, global};
use super::common::show::operations;
use super::common::*;
use super::setting::applied;

fn check(world: &World, program: Vec<Declared>, expect: Expect) {
    expect.assert_eq(&operations(&world.plan(&desired(program)).unwrap()));
}

fn record(id: &str, name: &str, after: &[&str], values: Value) -> Declared {
    let props = json!({"zone": "z", "name": format!("{name}.example.com"), "type": "TXT", "set": id,
        "values": values});
    let mut record = global(id, RECORD, props);
    record.after = after.iter().map(|it| (*it).into()).collect();
    record
}

fn changed(program: Vec<Declared>) -> Vec<Declared> {
    let ids: Vec<String> = program.iter().map(|it| it.id.to_string()).collect();
    ids.iter().fold(program, |all, id| {
        edit(all, id, |it| {
            let field = if it.schema.kind == RECORD.kind { "ttl" } else { "path" };
            it.props.set(field, json!(5));
        })
    })
}

#[test]
fn a_group_that_is_new_need_not_fit_into_one_call() {
    let six = |name: &dyn Fn(usize) -> String| {
        (0..6).map(|at| record(&format!("r{at}"), &name(at), &[], json!(["a", "b"]))).collect()
    };
    let together: Vec<Declared> = six(&|_| "n".to_owned());
    check(
        &World::new(),
        together.clone(),
        expect![[r#"
        0 w1 create r0#1 & create r1#1 & create r2#1 & create r3#1 & create r4#1 after []
        1 w1 create r5#1 after []
    "#]],
    );
    check(
        &applied(together.clone()),
        changed(together),
        expect![[r#"
        0 w1 update r0#1 & update r1#1 & update r2#1 & update r3#1 & update r4#1 & update r5#1 after []
    "#]],
    );
    let apart: Vec<Declared> = six(&|at| format!("n{at}"));
    check(
        &applied(apart.clone()),
        changed(apart),
        expect![[r#"
        0 w1 update r0#1 & update r1#1 after []
        1 w1 update r2#1 & update r3#1 after []
        2 w1 update r4#1 & update r5#1 after []
    "#]],
    );
}

#[test]
fn a_new_group_need_not_fit_where_another_one_is_there() {
    let there = || record("r0", "m", &[], json!(["a"]));
    let mut program = changed(vec![there()]);
    program.extend((1..7).map(|at| record(&format!("r{at}"), "n", &[], json!(["a", "b"]))));
    check(
        &applied(vec![there()]),
        program,
        expect![[r#"
        0 w1 create r1#1 & create r2#1 & create r3#1 & create r4#1 & create r5#1 after []
        1 w1 create r6#1 after []
        2 w1 update r0#1 after []
    "#]],
    );
}

#[test]
fn between_two_of_one_parent_there_may_be_one_of_another_parent() {
    let elsewhere = |id: &str, after: &[&str]| {
        let mut record = record(id, id, after, json!(["v"]));
        record.props.set("zone", json!("y"));
        record
    };
    let program = vec![
        record("a", "a", &[], json!(["v"])),
        elsewhere("b", &["a"]),
        record("c", "c", &["b"], json!(["v"])),
        record("d", "d", &["a"], json!(["v"])),
    ];
    check(
        &World::new(),
        program,
        expect![[r#"
        0 w1 create a#1 & create d#1 after []
        1 w1 create b#1 after [0] 0:0.0
        2 w1 create c#1 after [1]
    "#]],
    );
}

#[test]
fn groups_that_wait_for_each_other_are_not_both_drawn_together() {
    let between = |id: &str, after: &str| {
        let mut check = global(id, CHECK, json!({"host": "h"}));
        check.after.insert(after.into());
        check
    };
    let program = vec![
        record("a1", "a", &[], json!(["v"])),
        between("x", "a1"),
        record("b1", "b", &["x"], json!(["v"])),
        record("b2", "b", &[], json!(["v"])),
        between("y", "b2"),
        record("a2", "a", &["y"], json!(["v"])),
    ];
    check(
        &applied(program.clone()),
        changed(program),
        expect![[r#"
        0 w1 update b2#1 after []
        1 w2 update y#1 after [0=>]
        2 w1 update a1#1 & update a2#1 after [1=>] 1:1.0
        3 w3 update x#1 after [2=>] 0:2.0
        4 w1 update b1#1 after [3=>]
    "#]],
    );
    let alone = vec![
        record("a1", "a", &[], json!(["v"])),
        between("x", "a1"),
        record("a2", "a", &["x"], json!(["v"])),
    ];
    check(
        &applied(alone.clone()),
        changed(alone),
        expect![[r#"
            0 w1 update a1#1 after []
            1 w2 update x#1 after [0=>]
            2 w1 update a2#1 after [1=>]
        "#]],
    );
}

#[test]
fn characters_count_and_those_of_an_update_twice() {
    let of = |length: usize| {
        let values = json!(["x".repeat(length)]);
        vec![record("a", "a", &[], values.clone()), record("b", "b", &[], values)]
    };
    check(
        &World::new(),
        of(100),
        expect![[r#"
        0 w1 create a#1 & create b#1 after []
    "#]],
    );
    check(
        &World::new(),
        of(101),
        expect![[r#"
        0 w1 create a#1 after []
        1 w1 create b#1 after []
    "#]],
    );
    check(
        &applied(of(50)),
        changed(of(50)),
        expect![[r#"
        0 w1 update a#1 & update b#1 after []
    "#]],
    );
    check(
        &applied(of(51)),
        changed(of(51)),
        expect![[r#"
        0 w1 update a#1 after []
        1 w1 update b#1 after []
    "#]],
    );
    check(
        &applied(of(101)),
        Vec::new(),
        expect![[r#"
        0 w1 delete a#1 after []
        1 w1 delete b#1 after []
    "#]],
    );
}
