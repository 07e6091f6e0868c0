//! `drift`.

use expect_test::expect;
use serde_json::json;

use crate::common::run::Bench;

#[test]
fn changed_deleted_and_added() {
    let bench = Bench::applied();
    bench.check(
        "drift --detailed-exitcode",
        expect![[r#"
        $ shop drift --detailed-exitcode
        No drift: everything is as it was applied.
        --- stderr
        shop on the local cloud in .bicoastal/local, state in $DIR/state/shop
        --- exit 0
    "#]],
    );
    bench.cloud.edit("us-east-1/assets-us-east-1", |props| props["versioned"] = json!(false));
    bench.cloud.edit("ap-south-1/assets-ap-south-1", |props| props["policy"] = json!("theirs"));
    bench.cloud.remove("www-us-east-1.shop.example");
    bench.check(
        "drift --detailed-exitcode",
        expect![[r#"
            $ shop drift --detailed-exitcode
              ~ us-east-1/assets  Fake:Bucket, us-east-1
                  declared at crates/cli/tests/verbs/common/run.rs:N
                  versioned: true → false
              - www-us-east-1  Fake:Record, global
                  declared at crates/cli/tests/verbs/common/run.rs:N
                  is gone: it was deleted outside of the program

            Added by others, left alone
              ap-south-1/assets  policy: "theirs"

            Drift: 2 resources drifted, 1 added by others.
            --- stderr
            shop on the local cloud in .bicoastal/local, state in $DIR/state/shop
            Not as the last run left it moments ago: us-east-1/assets, www-us-east-1. AWS may not show it yet.
            Looking again, for three minutes at most …
            --- exit 2
        "#]],
    );
    bench.check(
        "drift --json",
        expect![[r#"
            $ shop drift --json
            {
              "added": [
                {
                  "id": "ap-south-1/assets",
                  "value": "theirs",
                  "what": "policy"
                }
              ],
              "drifted": [
                {
                  "fields": [
                    {
                      "path": "versioned",
                      "seen": false,
                      "wanted": true
                    }
                  ],
                  "gone": false,
                  "id": "us-east-1/assets",
                  "kind": "Fake:Bucket",
                  "region": "us-east-1"
                },
                {
                  "fields": [
                    {
                      "path": "zone",
                      "seen": null,
                      "wanted": "Z-shop.example"
                    },
                    {
                      "path": "name",
                      "seen": null,
                      "wanted": "www-us-east-1.shop.example"
                    },
                    {
                      "path": "target",
                      "seen": null,
                      "wanted": "arn:aws:s3:::us-east-1/assets-us-east-1"
                    }
                  ],
                  "gone": true,
                  "id": "www-us-east-1",
                  "kind": "Fake:Record",
                  "region": "global"
                }
              ],
              "orphans": [],
              "stack": "shop",
              "unsearched": [],
              "unseen": []
            }
            --- exit 0
        "#]],
    );
    assert_eq!(bench.run("drift").code, 0);
}

#[test]
fn what_can_not_be_seen_is_not_said_to_be_well() {
    let bench = Bench::applied();
    bench.cloud.lose_region("us-east-1");
    assert_eq!(bench.run("drift").code, 0);
    bench.check(
        "drift --detailed-exitcode",
        expect![[r#"
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
        "#]],
    );
    assert_eq!(bench.run("drift --detailed-exitcode --without-unseen").code, 0);
    assert_eq!(bench.run("plan --detailed-exitcode").code, 1);
    // What is seen to have changed is said first.
    bench.cloud.remove("www-us-east-1.shop.example");
    assert_eq!(bench.run("drift --detailed-exitcode").code, 2);
}
