//! `state`.

use expect_test::expect;

use crate::common::run::Bench;

#[test]
fn listing_and_showing() {
    let bench = Bench::new();
    bench.check(
        "state list",
        expect![[r#"
        $ shop state list
        --- stderr
        Nothing is recorded of the stack 'shop' in $DIR/state/shop.
        --- exit 0
    "#]],
    );
    bench.check(
        "state show zone",
        expect![[r#"
        $ shop state show zone
        --- stderr
        error: nothing is recorded of the stack 'shop' in $DIR/state/shop
          hint: check --stack and --state-dir
        --- exit 1
    "#]],
    );
    assert_eq!(bench.run("apply").code, 0);
    bench.check(
        "state list",
        expect![[r#"
        $ shop state list
        ap-south-1/assets  Fake:Bucket  ap-south-1  phys-ap-south-1/assets-ap-south-1
        us-east-1/assets   Fake:Bucket  us-east-1   phys-us-east-1/assets-us-east-1
        www-ap-south-1     Fake:Record  global      phys-www-ap-south-1.shop.example
        www-us-east-1      Fake:Record  global      phys-www-us-east-1.shop.example
        zone               Fake:Zone    global      phys-shop.example  (protected)
        --- exit 0
    "#]],
    );
    bench.check(
        "state list --json",
        expect![[r#"
        $ shop state list --json
        [
          {
            "account": null,
            "id": "ap-south-1/assets",
            "in_doubt": false,
            "incarnation": 1,
            "kind": "Fake:Bucket",
            "physical": "phys-ap-south-1/assets-ap-south-1",
            "protected": false,
            "region": "ap-south-1",
            "retained": false,
            "superseded": false
          },
          {
            "account": null,
            "id": "us-east-1/assets",
            "in_doubt": false,
            "incarnation": 1,
            "kind": "Fake:Bucket",
            "physical": "phys-us-east-1/assets-us-east-1",
            "protected": false,
            "region": "us-east-1",
            "retained": false,
            "superseded": false
          },
          {
            "account": null,
            "id": "www-ap-south-1",
            "in_doubt": false,
            "incarnation": 1,
            "kind": "Fake:Record",
            "physical": "phys-www-ap-south-1.shop.example",
            "protected": false,
            "region": "global",
            "retained": false,
            "superseded": false
          },
          {
            "account": null,
            "id": "www-us-east-1",
            "in_doubt": false,
            "incarnation": 1,
            "kind": "Fake:Record",
            "physical": "phys-www-us-east-1.shop.example",
            "protected": false,
            "region": "global",
            "retained": false,
            "superseded": false
          },
          {
            "account": null,
            "id": "zone",
            "in_doubt": false,
            "incarnation": 1,
            "kind": "Fake:Zone",
            "physical": "phys-shop.example",
            "protected": true,
            "region": "global",
            "retained": false,
            "superseded": false
          }
        ]
        --- exit 0
    "#]],
    );
    bench.check(
        "state show www-us-east-1",
        expect![[r#"
            $ shop state show www-us-east-1
            id: www-us-east-1
            kind: Fake:Record
            region: global
            physical: phys-www-us-east-1.shop.example
            after: ["us-east-1/assets","zone"]
            applied:
              name: www-us-east-1.shop.example
              target: arn:aws:s3:::us-east-1/assets-us-east-1
              zone: Z-shop.example
            born: www-us-east-1
            incarnation: 1
            outputs:
              name: www-us-east-1.shop.example
            token: bc-LINEAGE-461b6b0dcb67748f-1
            --- exit 0
        "#]],
    );
    bench.check(
        "state show www-us-east-1 --json",
        expect![[r#"
        $ shop state show www-us-east-1 --json
        [
          {
            "account": null,
            "after": [
              "us-east-1/assets",
              "zone"
            ],
            "applied": {
              "name": "www-us-east-1.shop.example",
              "target": "arn:aws:s3:::us-east-1/assets-us-east-1",
              "zone": "Z-shop.example"
            },
            "born": "www-us-east-1",
            "id": "www-us-east-1",
            "in_doubt": false,
            "incarnation": 1,
            "kind": "Fake:Record",
            "outputs": {
              "name": "www-us-east-1.shop.example"
            },
            "physical": "phys-www-us-east-1.shop.example",
            "protected": false,
            "region": "global",
            "retained": false,
            "superseded": false,
            "token": "bc-LINEAGE-461b6b0dcb67748f-1"
          }
        ]
        --- exit 0
    "#]],
    );
    bench.check(
        "state show www-us-east",
        expect![[r#"
        $ shop state show www-us-east
        --- stderr
        error: nothing is recorded of www-us-east in the stack 'shop'
          hint: did you mean www-us-east-1?
        --- exit 1
    "#]],
    );
    bench.check(
        "state show something-else",
        expect![[r#"
        $ shop state show something-else
        --- stderr
        error: nothing is recorded of something-else in the stack 'shop'
          hint: 'state list' shows all of them
        --- exit 1
    "#]],
    );
}

#[test]
fn forgetting() {
    let bench = Bench::applied();
    let calls = bench.cloud.calls();
    bench.check(
        "state rm www-us-east-1",
        expect![[r#"
        $ shop state rm www-us-east-1
        Forgot www-us-east-1. It is still in AWS, and no longer this stack's.
        --- exit 0
    "#]],
    );
    bench.check(
        "state rm www-us-east-1",
        expect![[r#"
        $ shop state rm www-us-east-1
        --- stderr
        error: nothing is recorded of www-us-east-1 in the stack 'shop'
          hint: 'state list' shows all of them
        --- exit 1
    "#]],
    );
    assert_eq!(bench.cloud.calls(), calls, "AWS is not touched");
}

#[test]
fn moving() {
    let mut bench = Bench::applied();
    bench.check(
        "state mv www-us-east-1 zone",
        expect![[r#"
        $ shop state mv www-us-east-1 zone
        --- stderr
        error: zone is recorded already; nothing was done
          hint: if it is to go, forget it first: state rm zone
        --- exit 1
    "#]],
    );
    bench.check(
        "state mv www-us-west-1 other",
        expect![[r#"
        $ shop state mv www-us-west-1 other
        --- stderr
        error: nothing is recorded of www-us-west-1 in the stack 'shop'
          hint: did you mean www-us-east-1?
        --- exit 1
    "#]],
    );
    bench.check(
        "state mv www-us-east-1 www",
        expect![[r#"
        $ shop state mv www-us-east-1 www
        www-us-east-1 is www from now on. AWS was not touched.
        --- exit 0
    "#]],
    );
    bench.program = crate::common::run::renamed;
    assert_eq!(bench.run("plan --detailed-exitcode").code, 0);
}
