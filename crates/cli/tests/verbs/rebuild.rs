//! `state recover` and `import`.

use expect_test::expect;
use serde_json::json;

use crate::common::run::{Bench, shop_with, smaller};

/// Without what holds the state.
fn lose_state(bench: &Bench) {
    std::fs::remove_dir_all(bench.path("state/shop")).unwrap();
}

#[test]
fn a_lost_state_is_found_again() {
    let bench = Bench::applied();
    lose_state(&bench);
    bench.check("state recover", expect![[r#"
        $ shop state recover
        Found of the stack 'shop' (lineage LINEAGE)
          ap-south-1/assets  Fake:Bucket  ap-south-1  phys-ap-south-1/assets-ap-south-1  was made with its token
          us-east-1/assets   Fake:Bucket  us-east-1   phys-us-east-1/assets-us-east-1    was made with its token
          www-ap-south-1     Fake:Record  global      phys-www-ap-south-1.shop.example   was made with its token
          www-us-east-1      Fake:Record  global      phys-www-us-east-1.shop.example    was made with its token
          zone               Fake:Zone    global      phys-shop.example                  was made with its token

        The next plan is empty: what is there is as declared.
        --- stderr
        shop on the local cloud in .bicoastal/local, state in $DIR/state/shop
        error: this changes the stack's state, and there is nobody to ask; nothing was recorded
          hint: look at what was found, then run the same with --yes
        --- exit 1
    "#]]);
    bench.check("state recover --yes", expect![[r#"
        $ shop state recover --yes
        Found of the stack 'shop' (lineage LINEAGE)
          ap-south-1/assets  Fake:Bucket  ap-south-1  phys-ap-south-1/assets-ap-south-1  was made with its token
          us-east-1/assets   Fake:Bucket  us-east-1   phys-us-east-1/assets-us-east-1    was made with its token
          www-ap-south-1     Fake:Record  global      phys-www-ap-south-1.shop.example   was made with its token
          www-us-east-1      Fake:Record  global      phys-www-us-east-1.shop.example    was made with its token
          zone               Fake:Zone    global      phys-shop.example                  was made with its token

        The next plan is empty: what is there is as declared.
        Recorded in $DIR/state/shop. AWS was not touched.
        --- stderr
        shop on the local cloud in .bicoastal/local, state in $DIR/state/shop
        --- exit 0
    "#]]);
    bench.check(
        "plan",
        expect![[r#"
        $ shop plan
        No changes.
        --- stderr
        shop on the local cloud in .bicoastal/local, state in $DIR/state/shop
        --- exit 0
    "#]],
    );
    bench.check("state recover --yes", expect![[r#"
        $ shop state recover --yes
        --- stderr
        shop on the local cloud in .bicoastal/local, state in $DIR/state/shop
        error: the state of the stack 'shop' in $DIR/state/shop is there and can be read (5 resources); nothing was done
          hint: look at `plan`; to rebuild it all the same and set this one aside, say --set-aside
        --- exit 1
    "#]]);
    bench.check(
        "state recover --yes --set-aside --json",
        expect![[r#"
            $ shop state recover --yes --set-aside --json
            {
              "absent": [],
              "claimed": [
                {
                  "declared": true,
                  "differs": [],
                  "key": "ap-south-1/assets#1",
                  "kind": "Fake:Bucket",
                  "physical": "phys-ap-south-1/assets-ap-south-1",
                  "place": {
                    "regions": [
                      "ap-south-1"
                    ],
                    "scope": "regional"
                  },
                  "proof": "token",
                  "superseded": false
                },
                {
                  "declared": true,
                  "differs": [],
                  "key": "us-east-1/assets#1",
                  "kind": "Fake:Bucket",
                  "physical": "phys-us-east-1/assets-us-east-1",
                  "place": {
                    "regions": [
                      "us-east-1"
                    ],
                    "scope": "regional"
                  },
                  "proof": "token",
                  "superseded": false
                },
                {
                  "declared": true,
                  "differs": [],
                  "key": "www-ap-south-1#1",
                  "kind": "Fake:Record",
                  "physical": "phys-www-ap-south-1.shop.example",
                  "place": {
                    "scope": "global"
                  },
                  "proof": "token",
                  "superseded": false
                },
                {
                  "declared": true,
                  "differs": [],
                  "key": "www-us-east-1#1",
                  "kind": "Fake:Record",
                  "physical": "phys-www-us-east-1.shop.example",
                  "place": {
                    "scope": "global"
                  },
                  "proof": "token",
                  "superseded": false
                },
                {
                  "declared": true,
                  "differs": [],
                  "key": "zone#1",
                  "kind": "Fake:Zone",
                  "physical": "phys-shop.example",
                  "place": {
                    "scope": "global"
                  },
                  "proof": "token",
                  "superseded": false
                }
              ],
              "left": [],
              "lineage": "LINEAGE",
              "next": {
                "added": [],
                "calls": {},
                "changes": [],
                "floor_seconds": 0,
                "generation": 5,
                "left_out": [],
                "longest_path": {
                  "ids": [],
                  "seconds": 0
                },
                "operations": [],
                "risk": "safe",
                "stack": "shop",
                "unseen": [],
                "warnings": []
              },
              "recorded": true,
              "set_aside": "$DIR/state/shop/aside-1",
              "stack": "shop",
              "unanswered": [],
              "unread": []
            }
            --- exit 0
        "#]],
    );
    assert!(bench.path("state/shop/aside-1/state.json").exists());
}

#[test]
fn who_is_asked_may_say_no() {
    let mut bench = Bench::applied();
    lose_state(&bench);
    bench.typed = Some("n\n");
    let ran = bench.run("state recover");
    assert_eq!((ran.code, bench.path("state/shop/state.json").exists()), (1, false), "{}", ran.err);
    bench.typed = Some("y\n");
    assert_eq!(bench.run("state recover").code, 0);
    assert!(bench.path("state/shop/state.json").exists());
}

#[test]
fn what_follows_from_it_is_shown() {
    let mut bench = Bench::applied();
    lose_state(&bench);
    bench.cloud.edit("shop.example", |props| props["comment"] = json!("theirs"));
    bench.cloud.remove("www-us-east-1.shop.example");
    bench.program = |stack| shop_with(stack, Some("ours"));
    bench.check("state recover --yes --detailed-exitcode", expect![[r#"
        $ shop state recover --yes --detailed-exitcode
        Found of the stack 'shop' (lineage LINEAGE)
          ap-south-1/assets  Fake:Bucket  ap-south-1  phys-ap-south-1/assets-ap-south-1  was made with its token
          us-east-1/assets   Fake:Bucket  us-east-1   phys-us-east-1/assets-us-east-1    was made with its token
          www-ap-south-1     Fake:Record  global      phys-www-ap-south-1.shop.example   was made with its token
          zone               Fake:Zone    global      phys-shop.example                  was made with its token  (differs in comment)

        Declared, and not among it
          www-us-east-1

        The next plan, once this is recorded:
          ~ zone  Fake:Zone, global
              declared at crates/cli/tests/verbs/common/run.rs:N
              comment: "theirs" → "ours"   (edited)
          + www-us-east-1  Fake:Record, global
              declared at crates/cli/tests/verbs/common/run.rs:N
              zone: "Z-shop.example"
              name: "www-us-east-1.shop.example"
              target: "arn:aws:s3:::us-east-1/assets-us-east-1"

        Plan: 1 to create, 1 to update. About 2 calls (route53 2), at least 1 s.
        Longest path: about 6 s: zone → www-us-east-1
        Recorded in $DIR/state/shop. AWS was not touched.
        --- stderr
        shop on the local cloud in .bicoastal/local, state in $DIR/state/shop
        --- exit 2
    "#]]);
    assert_eq!(bench.run("apply --yes").code, 0);
    lose_state(&bench);
    bench.program = smaller;
    bench.check("state recover --yes", expect![[r#"
        $ shop state recover --yes
        Found of the stack 'shop' (lineage LINEAGE)
          us-east-1/assets  Fake:Bucket  us-east-1  phys-us-east-1/assets-us-east-1  was made with its token
          www-us-east-1     Fake:Record  global     phys-www-us-east-1.shop.example  was made with its token
          zone              Fake:Zone    global     phys-shop.example                was made with its token

        Found and not claimed
          Fake:Record  phys-www-ap-south-1.shop.example: it bears the stack's token, and the program declares nothing that it was made for
            hint: if it is nobody's, delete it by hand

        The next plan is empty: what is there is as declared.
        Recorded in $DIR/state/shop. AWS was not touched.
        --- stderr
        shop on the local cloud in .bicoastal/local, state in $DIR/state/shop
        --- exit 0
    "#]]);
    bench.check(
        "state recover --region mars",
        expect![[r#"
        $ shop state recover --region mars
        --- stderr
        error: 'mars' is not a region that is known here
          hint: write its code, such as eu-west-1
        --- exit 1
    "#]],
    );
}

#[test]
fn nothing_is_concluded_from_half_an_account() {
    let bench = Bench::applied();
    lose_state(&bench);
    bench.cloud.lose_region("ap-south-1");
    bench.check(
        "state recover --yes",
        expect![[r#"
        $ shop state recover --yes
        --- stderr
        shop on the local cloud in .bicoastal/local, state in $DIR/state/shop
        error: not everything answered, so what is there can't be told; nothing was recorded
          fake ListThings in ap-south-1: no connection could be made
          hint: try again later, or go on without it with --without-unseen
        --- exit 1
    "#]],
    );
    bench.check("state recover --yes --without-unseen", expect![[r#"
        $ shop state recover --yes --without-unseen
        Found of the stack 'shop' (lineage LINEAGE)
          us-east-1/assets  Fake:Bucket  us-east-1  phys-us-east-1/assets-us-east-1   was made with its token
          www-ap-south-1    Fake:Record  global     phys-www-ap-south-1.shop.example  was made with its token  (differs in target)
          www-us-east-1     Fake:Record  global     phys-www-us-east-1.shop.example   was made with its token
          zone              Fake:Zone    global     phys-shop.example                 was made with its token

        Declared, and not among it
          ap-south-1/assets

        Not answered: there may be more
          ap-south-1/assets: fake GetThing in ap-south-1: no connection could be made
          fake ListThings in ap-south-1: no connection could be made

        Of what can be seen, what is there is as declared.
        Recorded in $DIR/state/shop. AWS was not touched.
        --- stderr
        shop on the local cloud in .bicoastal/local, state in $DIR/state/shop
        --- exit 0
    "#]]);
}

#[test]
fn nothing_to_be_found() {
    let bench = Bench::new();
    bench.check("state recover", expect![[r#"
        $ shop state recover
        --- stderr
        shop on the local cloud in .bicoastal/local, state in $DIR/state/shop
        error: nothing in the account bears a mark of the stack 'shop'; there is nothing to recover
          hint: check --stack, --cloud and the credentials; regions that the program does not name are searched with --region
        --- exit 1
    "#]]);
    let bench = Bench::applied();
    lose_state(&bench);
    bench.check("state recover --lineage 0123", expect![[r#"
        $ shop state recover --lineage 0123
        --- stderr
        shop on the local cloud in .bicoastal/local, state in $DIR/state/shop
        error: nothing bears lineage 0123
          hint: say which one is the stack's: --lineage LINEAGE (5 things: Fake:Bucket phys-ap-south-1/assets-ap-south-1, Fake:Zone phys-shop.example, Fake:Bucket phys-us-east-1/assets-us-east-1, …)
        --- exit 1
    "#]]);
}

#[test]
fn what_others_made_is_taken_over() {
    let bench = Bench::new();
    bench.cloud.put("shop.example", json!({ "name": "shop.example" }));
    bench.check(
        "plan",
        expect![[r#"
        $ shop plan
        --- stderr
        shop on the local cloud in .bicoastal/local, state in $DIR/state/shop
        error: zone: phys-shop.example exists and is not of this stack
          declared at crates/cli/tests/verbs/common/run.rs:N
          hint: to take it over, say stack.adopt(&handle, "phys-shop.example")
        --- exit 1
    "#]],
    );
    bench.check(
        "import zone phys-shop.example",
        expect![[r#"
            $ shop import zone phys-shop.example
            To be taken over into the stack 'shop' (lineage LINEAGE)
              zone  Fake:Zone  global  phys-shop.example  was named

            The next plan, once this is recorded:
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
              + www-ap-south-1  Fake:Record, global
                  declared at crates/cli/tests/verbs/common/run.rs:N
                  zone: "Z-shop.example"
                  name: "www-ap-south-1.shop.example"
                  target: ${ap-south-1/assets.arn}   (known after apply)
              + www-us-east-1  Fake:Record, global
                  declared at crates/cli/tests/verbs/common/run.rs:N
                  zone: "Z-shop.example"
                  name: "www-us-east-1.shop.example"
                  target: ${us-east-1/assets.arn}   (known after apply)

            Plan: 4 to create. About 4 calls (route53 2, s3 2), at least 1 s.
            Longest path: about 6 s: ap-south-1/assets → www-ap-south-1
            --- stderr
            shop on the local cloud in .bicoastal/local, state in $DIR/state/shop
            error: this changes the stack's state, and there is nobody to ask; nothing was recorded
              hint: look at what was found, then run the same with --yes
            --- exit 1
        "#]],
    );
    bench.check(
        "import zone phys-shop.example --yes",
        expect![[r#"
            $ shop import zone phys-shop.example --yes
            To be taken over into the stack 'shop' (lineage LINEAGE)
              zone  Fake:Zone  global  phys-shop.example  was named

            The next plan, once this is recorded:
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
              + www-ap-south-1  Fake:Record, global
                  declared at crates/cli/tests/verbs/common/run.rs:N
                  zone: "Z-shop.example"
                  name: "www-ap-south-1.shop.example"
                  target: ${ap-south-1/assets.arn}   (known after apply)
              + www-us-east-1  Fake:Record, global
                  declared at crates/cli/tests/verbs/common/run.rs:N
                  zone: "Z-shop.example"
                  name: "www-us-east-1.shop.example"
                  target: ${us-east-1/assets.arn}   (known after apply)

            Plan: 4 to create. About 4 calls (route53 2, s3 2), at least 1 s.
            Longest path: about 6 s: ap-south-1/assets → www-ap-south-1
            Recorded in $DIR/state/shop. AWS was not touched.
            --- stderr
            shop on the local cloud in .bicoastal/local, state in $DIR/state/shop
            --- exit 0
        "#]],
    );
    bench.check(
        "import zone phys-shop.example --yes",
        expect![[r#"
        $ shop import zone phys-shop.example --yes
        --- stderr
        shop on the local cloud in .bicoastal/local, state in $DIR/state/shop
        error: zone is in state already: it is phys-shop.example
          hint: if that is wrong, forget it first: state rm zone
        --- exit 1
    "#]],
    );
    bench.check(
        "import zones phys-shop.example --yes",
        expect![[r#"
        $ shop import zones phys-shop.example --yes
        --- stderr
        shop on the local cloud in .bicoastal/local, state in $DIR/state/shop
        error: the program declares no resource zones
          hint: declare it as it is in AWS, then import it
        --- exit 1
    "#]],
    );
    bench.check(
        "import us-east-1/assets phys-none --yes",
        expect![[r#"
            $ shop import us-east-1/assets phys-none --yes
            To be taken over into the stack 'shop' (lineage LINEAGE)
              nothing

            Found and not claimed
              us-east-1/assets  phys-none: there is no such Fake:Bucket in us-east-1
                hint: check its id, its region and the credentials

            --- stderr
            shop on the local cloud in .bicoastal/local, state in $DIR/state/shop
            error: nothing was claimed, so nothing was recorded
              hint: what was left says why
            --- exit 1
        "#]],
    );
    bench.check(
        "import zone",
        expect![[r#"
        $ shop import zone
        --- stderr
        error: the following required arguments were not provided:
          <PHYSICAL>

        Usage: shop import --state-dir <DIR> <ID> <PHYSICAL>

        For more information, try '--help'.
        --- exit 1
    "#]],
    );
    assert!(bench.cloud.calls().is_empty(), "{:?}", bench.cloud.calls());
    assert_eq!(bench.run("apply --yes").code, 0);
    assert_eq!(bench.run("plan --detailed-exitcode").code, 0);
}

#[test]
fn a_terraform_state_is_taken_over() {
    let bench = Bench::new();
    bench.cloud.put("shop.example", json!({ "name": "shop.example" }));
    let state = json!({
        "version": 4,
        "resources": [
            {"mode": "managed", "type": "fake_zone", "name": "main",
             "instances": [{"attributes": {"name": "shop.example", "id": "1"}}]},
            {"mode": "managed", "type": "fake_zone", "name": "other",
             "instances": [{"attributes": {"name": "other.example", "id": "2"}}]},
            {"mode": "managed", "type": "fake_zone_comment", "name": "main",
             "instances": [{"attributes": {"id": "3"}}]},
            {"mode": "managed", "type": "fake_queue", "name": "jobs",
             "instances": [{"index_key": "a", "attributes": {"id": "4"}}]},
        ],
    });
    std::fs::write(bench.path("terraform.tfstate"), state.to_string()).unwrap();
    bench.check(
        "import --from-tfstate $DIR/terraform.tfstate --yes",
        expect![[r#"
            $ shop import --from-tfstate $DIR/terraform.tfstate --yes
            To be taken over into the stack 'shop' (lineage LINEAGE)
              zone  Fake:Zone  global  phys-shop.example  was named

            Found and not claimed
              fake_queue.jobs["a"]  4: there is no such kind here
              fake_zone.other  phys-other.example: nothing that the program declares is this
              fake_zone_comment.main  3: it is a property of its Fake:Zone here

            The next plan, once this is recorded:
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
              + www-ap-south-1  Fake:Record, global
                  declared at crates/cli/tests/verbs/common/run.rs:N
                  zone: "Z-shop.example"
                  name: "www-ap-south-1.shop.example"
                  target: ${ap-south-1/assets.arn}   (known after apply)
              + www-us-east-1  Fake:Record, global
                  declared at crates/cli/tests/verbs/common/run.rs:N
                  zone: "Z-shop.example"
                  name: "www-us-east-1.shop.example"
                  target: ${us-east-1/assets.arn}   (known after apply)

            Plan: 4 to create. About 4 calls (route53 2, s3 2), at least 1 s.
            Longest path: about 6 s: ap-south-1/assets → www-ap-south-1
            Recorded in $DIR/state/shop. AWS was not touched.
            --- stderr
            shop on the local cloud in .bicoastal/local, state in $DIR/state/shop
            --- exit 0
        "#]],
    );
    bench.check(
        "import --from-tfstate $DIR/none --yes",
        expect![[r#"
        $ shop import --from-tfstate $DIR/none --yes
        --- stderr
        error: $DIR/none can't be read: No such file or directory (os error 2)
        --- exit 1
    "#]],
    );
    assert_eq!(bench.run("apply --yes").code, 0);
    assert_eq!(bench.run("plan --detailed-exitcode").code, 0);
}

#[test]
fn what_bears_the_mark_and_is_in_no_state_is_told_by_drift() {
    let mut bench = Bench::applied();
    bench.program = smaller;
    for id in ["www-ap-south-1", "ap-south-1/assets"] {
        assert_eq!(bench.run(&format!("state rm {id}")).code, 0);
    }
    bench.check(
        "drift --detailed-exitcode",
        expect![[r#"
        $ shop drift --detailed-exitcode
        Bears this stack's marks, and is in no state
          phys-www-ap-south-1.shop.example  Fake:Record, global  made by a run that was stopped
          hint: nothing plans for these; import them, or delete them by hand

        Drift: 0 resources drifted, 1 of this stack in no state.
        --- stderr
        shop on the local cloud in .bicoastal/local, state in $DIR/state/shop
        --- exit 2
    "#]],
    );
    bench.check(
        "drift --json",
        expect![[r#"
        $ shop drift --json
        {
          "added": [],
          "drifted": [],
          "orphans": [
            {
              "kind": "Fake:Record",
              "physical": "phys-www-ap-south-1.shop.example",
              "place": "global"
            }
          ],
          "stack": "shop",
          "unsearched": [],
          "unseen": []
        }
        --- exit 0
    "#]],
    );
    bench.check(
        "drift --only zone",
        expect![[r#"
        $ shop drift --only zone
        No drift: everything is as it was applied.
        --- stderr
        shop on the local cloud in .bicoastal/local, state in $DIR/state/shop
        --- exit 0
    "#]],
    );
    bench.cloud.lose_region("us-east-1");
    bench.check("drift", expect![[r#"
        $ shop drift
        Could not be seen: not known, and not touched
          us-east-1/assets  fake GetThing in us-east-1: no connection could be made

        warning: some things could not be read; the plan leaves them as they are
          hint: to apply it without them, say so: --without-unseen
        Bears this stack's marks, and is in no state
          phys-www-ap-south-1.shop.example  Fake:Record, global  made by a run that was stopped
          hint: nothing plans for these; import them, or delete them by hand

        Drift: 0 resources drifted, 1 of this stack in no state, 1 could not be seen.
        --- stderr
        shop on the local cloud in .bicoastal/local, state in $DIR/state/shop
        warning: what bears this stack's marks could not be searched for: fake ListThings in us-east-1: no connection could be made
        --- exit 0
    "#]]);
    bench.cloud.remove("www-ap-south-1.shop.example");
    bench.check("drift --detailed-exitcode", expect![[r#"
        $ shop drift --detailed-exitcode
        Could not be seen: not known, and not touched
          us-east-1/assets  fake GetThing in us-east-1: no connection could be made

        warning: some things could not be read; the plan leaves them as they are
          hint: to apply it without them, say so: --without-unseen
        Drift: 0 resources drifted, 1 could not be seen.
        --- stderr
        shop on the local cloud in .bicoastal/local, state in $DIR/state/shop
        warning: what bears this stack's marks could not be searched for: fake ListThings in us-east-1: no connection could be made
        error: not everything could be seen; nothing was done
          us-east-1/assets: fake GetThing in us-east-1: no connection could be made
          hint: try again later, or go on without it with --without-unseen
        --- exit 1
    "#]]);
}
