//! A plan as bytes: read back whole, or not at all.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod common;

use bicoastal_engine::planner::Options;
use bicoastal_engine::saved::{decode, encode};
use bicoastal_model::Region::UsEast1;
use common::cloud::World;
use common::program::{desired, serving};
use expect_test::{Expect, expect};

#[test]
fn what_was_saved_comes_back() {
    let plan = World::new().plan(&desired(serving(&[UsEast1]))).unwrap();
    let options = Options { only: ["role".into()].into(), ..Options::default() };
    let (again, asked) = decode(&encode(&plan, &options).unwrap()).unwrap();
    assert_eq!(again, plan);
    assert_eq!(asked.only, options.only);
}

#[test]
fn what_is_not_exactly_that_is_refused() {
    let plan = World::new().plan(&desired([])).unwrap();
    let text = String::from_utf8(encode(&plan, &Options::default()).unwrap()).unwrap();
    let check = |text: &str, expect: Expect| {
        let refused = decode(text.as_bytes()).unwrap_err();
        expect.assert_eq(&refused.to_string());
    };
    check(
        &text[..text.len() / 2],
        expect!["is damaged: EOF while parsing a string at line 17 column 32"],
    );
    check(
        &text.replace("\"test\"", "\"best\""),
        expect!["is damaged: its checksum does not fit its content"],
    );
    check(
        &text.replace("\"bicoastal_plan\": 1", "\"bicoastal_plan\": 2"),
        expect!["was written by a newer version (format 2, this one reads 1)"],
    );
    check(&text.replace("bicoastal_plan", "plan"), expect!["is damaged: it is not a saved plan"]);
    check("{\"bicoastal_plan\": 1}", expect!["is damaged: missing field `checksum`"]);
    check(
        "{\"bicoastal_plan\": 2}",
        expect!["was written by a newer version (format 2, this one reads 1)"],
    );
    let other = World::new().plan(&desired(serving(&[UsEast1]))).unwrap();
    let other = String::from_utf8(encode(&other, &Options::default()).unwrap()).unwrap();
    let sum = |text: &str| text.lines().find(|line| line.contains("checksum")).unwrap().to_owned();
    assert_ne!(sum(&text), sum(&other));
    check(
        &text.replace(&sum(&text), &sum(&other)),
        expect!["is damaged: its checksum does not fit its content"],
    );
}
