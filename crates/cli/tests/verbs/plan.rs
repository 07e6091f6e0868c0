//! `plan`.

use bicoastal_model::{Region, Stack};
use expect_test::expect;

use crate::common::kinds::{Bucket, Record, Zone};
use crate::common::run::{Bench, smaller};

#[test]
fn a_first_plan() {
    let bench = Bench::new();
    bench.check(
        "plan",
        expect![[r#"
            $ shop plan
              + ap-south-1/assets  Fake:Bucket, ap-south-1
                  declared at crates/cli/tests/verbs/common/run.rs:N
                  name: "assets-ap-south-1"
                  versioned: true
                  deletion_protection: false
              + us-east-1/assets  Fake:Bucket, us-east-1
                  declared at crates/cli/tests/verbs/common/run.rs:N
                  name: "assets-us-east-1"
                  versioned: true
                  deletion_protection: true
              + zone  Fake:Zone, global
                  declared at crates/cli/tests/verbs/common/run.rs:N
                  name: "shop.example"
              + www-ap-south-1  Fake:Record, global
                  declared at crates/cli/tests/verbs/common/run.rs:N
                  zone: ${zone.id}   (known after apply)
                  name: "www-ap-south-1.shop.example"
                  target: ${ap-south-1/assets.arn}   (known after apply)
              + www-us-east-1  Fake:Record, global
                  declared at crates/cli/tests/verbs/common/run.rs:N
                  zone: ${zone.id}   (known after apply)
                  name: "www-us-east-1.shop.example"
                  target: ${us-east-1/assets.arn}   (known after apply)

            Plan: 5 to create. About 5 calls (route53 3, s3 2), at least 1 s.
            Longest path: about 6 s: zone → www-ap-south-1
            --- stderr
            shop on the local cloud in .bicoastal/local, state in $DIR/state/shop
            --- exit 0
        "#]],
    );
    assert_eq!(bench.cloud.calls(), [""; 0]);
    assert!(!bench.path("state").exists(), "a plan leaves nothing behind");
}

#[test]
fn nothing_to_do() {
    let bench = Bench::applied();
    bench.check(
        "plan --detailed-exitcode",
        expect![[r#"
        $ shop plan --detailed-exitcode
        No changes.
        --- stderr
        shop on the local cloud in .bicoastal/local, state in $DIR/state/shop
        --- exit 0
    "#]],
    );
}

#[test]
fn an_edited_program() {
    let mut bench = Bench::applied();
    bench.program = smaller;
    bench.check(
        "plan --detailed-exitcode",
        expect![[r#"
            $ shop plan --detailed-exitcode
              - www-ap-south-1  Fake:Record, global  disruptive
                  no longer declared
              - ap-south-1/assets  Fake:Bucket, ap-south-1  destroys data
                  no longer declared

            Plan: 2 to delete. About 2 calls (route53 1, s3 1).
            Longest path: about 6 s: www-ap-south-1 → ap-south-1/assets
            --- stderr
            shop on the local cloud in .bicoastal/local, state in $DIR/state/shop
            --- exit 2
        "#]],
    );
    // The flags work before the verb too.
    assert_eq!(bench.run("--detailed-exitcode plan").code, 2);
    assert_eq!(bench.run("plan").code, 0);
}

#[test]
fn json_for_scripts() {
    let mut bench = Bench::applied();
    bench.program = smaller;
    bench.check(
        "plan --json --only us-east-1/assets",
        expect![[r#"
            $ shop plan --json --only us-east-1/assets
            {
              "added": [],
              "calls": {},
              "changes": [],
              "floor_seconds": 0,
              "generation": 18,
              "left_out": [
                "ap-south-1/assets",
                "www-ap-south-1"
              ],
              "longest_path": {
                "ids": [],
                "seconds": 0
              },
              "operations": [],
              "risk": "safe",
              "stack": "shop",
              "unseen": [],
              "warnings": []
            }
            --- exit 0
        "#]],
    );
}

#[test]
fn only_a_part() {
    let bench = Bench::new();
    bench.check(
        "plan --only www-us-east-1",
        expect![[r#"
            $ shop plan --only www-us-east-1
              + us-east-1/assets  Fake:Bucket, us-east-1
                  declared at crates/cli/tests/verbs/common/run.rs:N
                  name: "assets-us-east-1"
                  versioned: true
                  deletion_protection: true
              + zone  Fake:Zone, global
                  declared at crates/cli/tests/verbs/common/run.rs:N
                  name: "shop.example"
              + www-us-east-1  Fake:Record, global
                  declared at crates/cli/tests/verbs/common/run.rs:N
                  zone: ${zone.id}   (known after apply)
                  name: "www-us-east-1.shop.example"
                  target: ${us-east-1/assets.arn}   (known after apply)

            Left out: ap-south-1/assets, www-ap-south-1

            Plan: 3 to create. About 3 calls (route53 2, s3 1), at least 1 s.
            Longest path: about 6 s: zone → www-us-east-1
            --- stderr
            shop on the local cloud in .bicoastal/local, state in $DIR/state/shop
            --- exit 0
        "#]],
    );
    bench.check(
        "plan --only www-us-west-1",
        expect![[r#"
        $ shop plan --only www-us-west-1
        --- stderr
        shop on the local cloud in .bicoastal/local, state in $DIR/state/shop
        error: there is no resource www-us-west-1
          hint: `state list` shows what there is
        --- exit 1
    "#]],
    );
}

#[test]
fn replaced_although_nothing_asks_for_it() {
    let bench = Bench::applied();
    bench.check(
        "plan --replace us-east-1/assets",
        expect![[r#"
        $ shop plan --replace us-east-1/assets
        --- stderr
        shop on the local cloud in .bicoastal/local, state in $DIR/state/shop
        error: us-east-1/assets: has deletion_protection on in AWS
          declared at crates/cli/tests/verbs/common/run.rs:N
          hint: to have it switched off and delete it, name it: --unprotect us-east-1/assets
        --- exit 1
    "#]],
    );
    bench.check("plan --replace us-east-1/assets --unprotect us-east-1/assets", expect![[r#"
        $ shop plan --replace us-east-1/assets --unprotect us-east-1/assets
        -/+ us-east-1/assets  Fake:Bucket, us-east-1  deleted first: an outage  destroys data
              declared at crates/cli/tests/verbs/common/run.rs:N
              asked for by name
              its name is fixed, so the old one goes first
          ~ www-us-east-1  Fake:Record, global
              declared at crates/cli/tests/verbs/common/run.rs:N
              target: "arn:aws:s3:::us-east-1/assets-us-east-1" → ${us-east-1/assets.arn}   (known after apply)

        Plan: 1 to update, 1 to replace. About 3 calls (route53 1, s3 2), at least 1 s.
        Longest path: about 9 s: us-east-1/assets → us-east-1/assets → www-us-east-1
        --- stderr
        shop on the local cloud in .bicoastal/local, state in $DIR/state/shop
        --- exit 0
    "#]]);
}

#[test]
fn a_region_that_can_not_be_reached() {
    let bench = Bench::applied();
    bench.cloud.lose_region("us-east-1");
    bench.check(
        "plan",
        expect![[r#"
        $ shop plan
        Could not be seen: not known, and not touched
          us-east-1/assets  fake GetThing in us-east-1: no connection could be made

        warning: some things could not be read; the plan leaves them as they are
          hint: to apply it without them, say so: --without-unseen
        No changes to what could be seen.
        --- stderr
        shop on the local cloud in .bicoastal/local, state in $DIR/state/shop
        --- exit 0
    "#]],
    );
}

/// Wrong in three ways.
fn wrong(stack: &mut Stack) {
    stack.global().add("zone", Zone { name: "shop".into(), comment: None });
    let bucket =
        || Bucket { name: "assets".into(), versioned: true, deletion_protection: false, key: None };
    stack.region(Region::EuWest1).add("assets", bucket());
    stack.region(Region::EuWest1).add("assets", bucket());
    let record =
        Record { zone: "Z1".to_owned().into(), name: "www".into(), target: "".to_owned().into() };
    stack.global().add("www record", record);
}

#[test]
fn every_mistake_of_a_program_at_once() {
    let mut bench = Bench::new();
    bench.program = wrong;
    bench.check(
        "plan",
        expect![[r#"
        $ shop plan
        --- stderr
        error: zone: 'shop' is not a domain
          declared at crates/cli/tests/verbs/plan.rs:N
        error: 'www record' is not a usable name: it is empty or has spaces
          declared at crates/cli/tests/verbs/plan.rs:N
        error: eu-west-1/assets: declared twice, first at crates/cli/tests/verbs/plan.rs:N
          declared at crates/cli/tests/verbs/plan.rs:N
          hint: give one of them another name
        --- exit 1
    "#]],
    );
    bench.check("plan --json", expect![[r#"
        $ shop plan --json
        {"error":{"diagnostics":[{"at":{"file":"crates/cli/tests/verbs/plan.rs","line":0},"id":"zone","message":"'shop' is not a domain","severity":"error"},{"at":{"file":"crates/cli/tests/verbs/plan.rs","line":0},"message":"'www record' is not a usable name: it is empty or has spaces","severity":"error"},{"at":{"file":"crates/cli/tests/verbs/plan.rs","line":0},"hint":"give one of them another name","id":"eu-west-1/assets","message":"declared twice, first at crates/cli/tests/verbs/plan.rs:N","severity":"error"}],"message":"the program is wrong"}}
        --- stderr
        error: zone: 'shop' is not a domain
          declared at crates/cli/tests/verbs/plan.rs:N
        error: 'www record' is not a usable name: it is empty or has spaces
          declared at crates/cli/tests/verbs/plan.rs:N
        error: eu-west-1/assets: declared twice, first at crates/cli/tests/verbs/plan.rs:N
          declared at crates/cli/tests/verbs/plan.rs:N
          hint: give one of them another name
        --- exit 1
    "#]]);
}

fn odd(stack: &mut Stack) {
    let comment = Some("odd".to_owned());
    stack.global().add("zone", Zone { name: "shop.example".into(), comment });
}

#[test]
fn warnings_are_seen() {
    let mut bench = Bench::new();
    bench.program = odd;
    bench.check(
        "plan",
        expect![[r#"
            $ shop plan
              + zone  Fake:Zone, global
                  declared at crates/cli/tests/verbs/plan.rs:N
                  name: "shop.example"
                  comment: "odd"

            warning: zone: 'odd' is an odd comment
              declared at crates/cli/tests/verbs/plan.rs:N
            Plan: 1 to create. About 1 call (route53 1).
            Longest path: about 3 s: zone
            --- stderr
            shop on the local cloud in .bicoastal/local, state in $DIR/state/shop
            --- exit 0
        "#]],
    );
}

#[test]
fn colours_only_where_they_are_seen() {
    let mut bench = Bench::new();
    bench.program = odd;
    bench.color = true;
    let ran = bench.run("plan");
    expect![[r#"
        ESC[32m  + ESC[0mESC[1mzoneESC[0mESC[2m  Fake:Zone, globalESC[0mESC[32mESC[0m
        ESC[2m      declared at crates/cli/tests/verbs/plan.rs:NESC[0m
              name: ESC[32m"shop.example"ESC[0m
              comment: ESC[32m"odd"ESC[0m

        ESC[33mwarning: zone: 'odd' is an odd commentESC[0m
        ESC[33m  declared at crates/cli/tests/verbs/plan.rs:NESC[0m
        ESC[1mPlan: 1 to create.ESC[0m About 1 call (route53 1).
        Longest path: about 3 s: zone
    "#]]
    .assert_eq(&ran.out.replace('\u{1b}', "ESC"));
    let ran = bench.run("plan --no-color");
    assert!(!ran.out.contains('\u{1b}') && !ran.err.contains('\u{1b}'));
}

#[test]
fn no_cloud() {
    let bench = Bench::new();
    bench.check(
        "plan --endpoint-url http://",
        expect![[r#"
        $ shop plan --endpoint-url http://
        --- stderr
        error: 'http://' is not an endpoint URL
          hint: write http://HOST:PORT
        --- exit 1
    "#]],
    );
    bench.check(
        "plan --endpoint-url http:// --json",
        expect![[r#"
        $ shop plan --endpoint-url http:// --json
        {"error":{"hints":["write http://HOST:PORT"],"message":"'http://' is not an endpoint URL"}}
        --- stderr
        error: 'http://' is not an endpoint URL
          hint: write http://HOST:PORT
        --- exit 1
    "#]],
    );
}
