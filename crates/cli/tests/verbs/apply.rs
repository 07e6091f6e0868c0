//! `apply`, and a run without a verb.

use bicoastal_model::{Region, Secret, Stack};
use expect_test::expect;

use crate::common::cloud::{denied, throttled};
use crate::common::kinds::Bucket;
use crate::common::run::Bench;

#[test]
fn a_first_apply() {
    let bench = Bench::new();
    bench.check(
        "apply",
        expect![[r#"
            $ shop apply
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

            Done: 5 changes.
            It took 1m 02s of the local cloud's time.

            Outputs
              name servers  ns-1.example.
                            ns-2.example.
            --- stderr
            shop on the local cloud in .bicoastal/local, state in $DIR/state/shop
            create ap-south-1/assets
            create us-east-1/assets
            create zone
            create ap-south-1/assets: CreateThing
            create us-east-1/assets: CreateThing
            create zone: CreateThing
            create zone: done in 1s
            create us-east-1/assets: waiting for bucket us-east-1/assets-us-east-1 CREATING
            create ap-south-1/assets: waiting for bucket ap-south-1/assets-ap-south-1 CREATING
            create us-east-1/assets: done in 1m 01s
            create ap-south-1/assets: done in 1m 01s
            create www-ap-south-1
            create www-us-east-1
            create www-ap-south-1: CreateThing
            create www-us-east-1: CreateThing
            create www-us-east-1: done in 1s
            create www-ap-south-1: done in 1s
            --- exit 0
        "#]],
    );
    assert_eq!(bench.cloud.calls().len(), 5);
    bench.check(
        "apply --detailed-exitcode",
        expect![[r#"
        $ shop apply --detailed-exitcode
        No changes.

        Outputs
          name servers  ns-1.example.
                        ns-2.example.
        --- stderr
        shop on the local cloud in .bicoastal/local, state in $DIR/state/shop
        --- exit 0
    "#]],
    );
    assert_eq!(bench.cloud.calls().len(), 5);
}

#[test]
fn the_story() {
    let bench = Bench::new();
    bench.check(
        "",
        expect![[r#"
            $ shop 
            Plan: shop on the local cloud in .bicoastal/local

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

            Done: 5 changes.
            It took 1m 02s of the local cloud's time.

            Plan again

            No changes.

            Outputs
              name servers  ns-1.example.
                            ns-2.example.

            State is in $DIR/state/shop. Next: plan, drift, graph, outputs, destroy.
            --- stderr
            create ap-south-1/assets
            create us-east-1/assets
            create zone
            create ap-south-1/assets: CreateThing
            create us-east-1/assets: CreateThing
            create zone: CreateThing
            create zone: done in 1s
            create us-east-1/assets: waiting for bucket us-east-1/assets-us-east-1 CREATING
            create ap-south-1/assets: waiting for bucket ap-south-1/assets-ap-south-1 CREATING
            create us-east-1/assets: done in 1m 01s
            create ap-south-1/assets: done in 1m 01s
            create www-ap-south-1
            create www-us-east-1
            create www-ap-south-1: CreateThing
            create www-us-east-1: CreateThing
            create www-us-east-1: done in 1s
            create www-ap-south-1: done in 1s
            --- exit 0
        "#]],
    );
    bench.check(
        "--yes",
        expect![[r#"
        $ shop --yes
        Plan: shop on the local cloud in .bicoastal/local

        No changes.

        Outputs
          name servers  ns-1.example.
                        ns-2.example.

        State is in $DIR/state/shop. Next: plan, drift, graph, outputs, destroy.
        --- exit 0
    "#]],
    );
}

#[test]
fn events_a_line() {
    let bench = Bench::new();
    bench.cloud.fail("shop.example", [throttled()]);
    let ran = bench.run("apply --json --only zone");
    assert_eq!((ran.code, ran.err.as_str()), (0, ""));
    for line in ran.out.lines() {
        let parsed: serde_json::Value = serde_json::from_str(line).unwrap();
        assert!(parsed.get("event").is_some(), "{line}");
    }
    expect![[r#"
        {"added":[],"calls":{"route53":1},"changes":[{"account":null,"action":"create","at":{"file":"crates/cli/tests/verbs/common/run.rs","line":0},"fields":[{"after":"shop.example","before":null,"cause":"edited","change":"replace","path":"name"}],"id":"zone","kind":"Fake:Zone","reasons":[],"region":"global","risk":"safe"}],"event":"plan","floor_seconds":0,"generation":0,"left_out":["ap-south-1/assets","us-east-1/assets","www-ap-south-1","www-us-east-1"],"longest_path":{"ids":["zone"],"seconds":3},"operations":[{"after":[],"ids":["zone"],"pause_reason":"","pause_seconds":0,"ties":[],"verbs":["create"],"wave":1}],"risk":"safe","stack":"shop","unseen":[],"warnings":[]}
        {"at_seconds":0.0,"event":"started","ids":["zone"],"op":0,"what":"create zone"}
        {"at_seconds":0.0,"error":{"call":"PutThing","code":"Throttling","message":"Rate exceeded","region":"us-east-1","request_id":"req-1","service":"fake"},"event":"trouble","ids":["zone"],"message":"fake PutThing in us-east-1: Throttling: Rate exceeded (request req-1)","op":0}
        {"at_seconds":0.999,"call":"CreateThing","event":"called","ids":["zone"],"op":0}
        {"at_seconds":1.999,"done":true,"event":"ended","ids":["zone"],"op":0,"seconds":1.999}
        {"cancelled":false,"changes":[{"action":"create","at":{"file":"crates/cli/tests/verbs/common/run.rs","line":0},"fate":"done","id":"zone","kind":"Fake:Zone","region":"global"}],"done":true,"event":"report","outputs":{"name servers":["ns-1.example.","ns-2.example."]},"seconds":1.999}
    "#]].assert_eq(&ran.out);
}

#[test]
fn a_part_fails_and_the_rest_goes_on() {
    let bench = Bench::new();
    bench.cloud.fail("us-east-1/assets-us-east-1", [denied()]);
    bench.check("apply", expect![[r#"
        $ shop apply
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

        error: could not create us-east-1/assets
          declared at crates/cli/tests/verbs/common/run.rs:N
          fake PutThing in us-east-1: AccessDenied: not authorized to perform fake:PutThing (request req-1)
          hint: the caller needs the permission fake:PutThing
        skipped: create www-us-east-1: it needs us-east-1/assets, which failed
        Not finished: 3 of 5 changes done, 1 failed, 1 skipped. Nothing is undone; apply again to go on.
        It took 1m 02s of the local cloud's time.
        --- stderr
        shop on the local cloud in .bicoastal/local, state in $DIR/state/shop
        create ap-south-1/assets
        create us-east-1/assets
        create zone
        create ap-south-1/assets: CreateThing
        create us-east-1/assets: PutThing: AccessDenied: not authorized to perform fake:PutThing
        create us-east-1/assets: failed after 0s: PutThing: AccessDenied: not authorized to perform fake:PutThing
        create zone: CreateThing
        create zone: done in 1s
        create ap-south-1/assets: waiting for bucket ap-south-1/assets-ap-south-1 CREATING
        create ap-south-1/assets: done in 1m 01s
        create www-ap-south-1
        create www-ap-south-1: CreateThing
        create www-ap-south-1: done in 1s
        --- exit 1
    "#]]);
    // What failed is done by the next run, and nothing else.
    let ran = bench.run("apply --detailed-exitcode");
    assert_eq!(ran.code, 2);
    assert_eq!(bench.cloud.names().len(), 5);
    assert_eq!(bench.run("plan --detailed-exitcode").code, 0);
}

#[test]
fn a_failure_as_json() {
    let bench = Bench::new();
    bench.cloud.fail("shop.example", [denied()]);
    let ran = bench.run("apply --json --only zone");
    assert_eq!(ran.code, 1);
    let report = ran.out.lines().last().unwrap();
    expect![[r#"{"cancelled":false,"changes":[{"action":"create","at":{"file":"crates/cli/tests/verbs/common/run.rs","line":0},"error":{"call":"PutThing","code":"AccessDenied","hint":"the caller needs the permission fake:PutThing","message":"fake PutThing in us-east-1: AccessDenied: not authorized to perform fake:PutThing (request req-1)","request_id":"req-1"},"fate":"failed","id":"zone","kind":"Fake:Zone","region":"global"}],"done":false,"event":"report","outputs":{},"seconds":0.0}"#]].assert_eq(report);
}

#[test]
fn a_region_that_can_not_be_reached_stops_an_apply_unless_it_is_told_to_go_on() {
    let bench = Bench::applied();
    bench.cloud.lose_region("us-east-1");
    bench.cloud.edit("shop.example", |props| props["comment"] = "by hand".into());
    bench.check(
        "apply --yes",
        expect![[r#"
        $ shop apply --yes
        Could not be seen: not known, and not touched
          us-east-1/assets  fake GetThing in us-east-1: no connection could be made

        warning: some things could not be read; the plan leaves them as they are
          hint: to apply it without them, say so: --without-unseen
        No changes to what could be seen.
        --- stderr
        shop on the local cloud in .bicoastal/local, state in $DIR/state/shop
        error: not everything could be seen; nothing was done
          us-east-1/assets: fake GetThing in us-east-1: no connection could be made
          hint: try again later, or go on without it with --without-unseen
        --- exit 1
    "#]],
    );
    bench.check(
        "apply --yes --without-unseen",
        expect![[r#"
        $ shop apply --yes --without-unseen
        Could not be seen: not known, and not touched
          us-east-1/assets  fake GetThing in us-east-1: no connection could be made

        No changes to what could be seen.

        Outputs
          name servers  ns-1.example.
                        ns-2.example.
        --- stderr
        shop on the local cloud in .bicoastal/local, state in $DIR/state/shop
        --- exit 0
    "#]],
    );
}

fn secret(stack: &mut Stack) {
    stack.region(Region::UsEast1).add(
        "assets",
        Bucket {
            name: "assets".into(),
            versioned: false,
            deletion_protection: false,
            key: Some(Secret::new("hunter2hunter2")),
        },
    );
}

#[test]
fn secrets_are_shown_nowhere() {
    let mut bench = Bench::new();
    bench.program = secret;
    let mut seen = String::new();
    for line in [
        "plan",
        "plan --json",
        "plan --out $DIR/plan",
        "apply --json",
        "state show us-east-1/assets",
    ] {
        let ran = bench.run(line);
        assert_eq!(ran.code, 0, "{}", ran.err);
        seen.push_str(&ran.out);
        seen.push_str(&ran.err);
    }
    seen.push_str(&std::fs::read_to_string(bench.path("plan")).unwrap());
    assert!(!seen.contains("hunter2"), "{seen}");
    assert_eq!(bench.run("plan --detailed-exitcode").code, 0);
}

#[test]
fn state_that_is_damaged() {
    let bench = Bench::applied();
    std::fs::write(bench.path("state/shop/state.json"), "{").unwrap();
    bench.check(
        "apply",
        expect![[r#"
            $ shop apply
            --- stderr
            shop on the local cloud in .bicoastal/local, state in $DIR/state/shop
            error: $DIR/state/shop/state.json is damaged: EOF while parsing an object at line 1 column 1
              hint: nothing was changed; restore it from a backup, or rebuild it with `state recover`
            --- exit 1
        "#]],
    );
}
