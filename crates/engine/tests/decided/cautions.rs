//! What a change disturbs only in one direction, and why.

use bicoastal_model::Declared;
use bicoastal_model::Region::UsEast1;
use expect_test::{Expect, expect};
use serde_json::{Value, json};

use super::common::cloud::World;
use super::common::program::{desired, regional};
use super::common::*;
use super::setting::{applied, told};

fn bucket(props: Value) -> Declared {
    regional(UsEast1, "assets", BUCKET, props)
}

fn versioned(on: bool) -> Vec<Declared> {
    vec![bucket(json!({"name": "assets", "versioned": on}))]
}

fn check(world: &World, program: Vec<Declared>, expect: Expect) {
    expect.assert_eq(&told(&world.plan(&desired(program))));
}

#[test]
fn it_is_disruptive_in_that_direction_only() {
    check(
        &applied(versioned(false)),
        versioned(true),
        expect![[r#"
        ~ us-east-1/assets Safe
            versioned: false → true Edited
        0 after []
          Update us-east-1/assets#1 in us-east-1 Fake:Bucket-us-east-1-1 applied {"name":"assets","versioned":false} seen {"name":"assets","versioned":false} wanted {"name":"assets","versioned":true}
    "#]],
    );
    check(
        &applied(versioned(true)),
        versioned(false),
        expect![[r#"
        ~ us-east-1/assets Disruptive (what is overwritten is kept no longer)
            versioned: true → false Edited
        0 after []
          Update us-east-1/assets#1 in us-east-1 Fake:Bucket-us-east-1-1 applied {"name":"assets","versioned":true} seen {"name":"assets","versioned":true} wanted {"name":"assets","versioned":false}
    "#]],
    );
    // Taken out of the program it is to be unset, which is the same.
    check(
        &applied(versioned(true)),
        vec![bucket(json!({"name": "assets"}))],
        expect![[r#"
        ~ us-east-1/assets Disruptive (what is overwritten is kept no longer)
            versioned: true → null Edited
        0 after []
          Update us-east-1/assets#1 in us-east-1 Fake:Bucket-us-east-1-1 applied {"name":"assets","versioned":true} seen {"name":"assets","versioned":true} wanted {"name":"assets"}
    "#]],
    );
}
