//! `destroy`.

use expect_test::expect;

use crate::common::run::Bench;

#[test]
fn every_guard_is_listed_and_only_the_named_are_lifted() {
    let bench = Bench::applied();
    bench.check(
        "destroy --yes",
        expect![[r#"
        $ shop destroy --yes
        --- stderr
        shop on the local cloud in .bicoastal/local, state in $DIR/state/shop
        error: 2 guards stand in the way of destroying 'shop'; nothing was done
          us-east-1/assets has deletion_protection on in AWS
            hint: to have it switched off and delete it, name it: --unprotect us-east-1/assets
          zone is protected
            hint: to delete it, name it: --unprotect zone
        --- exit 1
    "#]],
    );
    bench.check(
        "destroy --yes --unprotect zone",
        expect![[r#"
        $ shop destroy --yes --unprotect zone
        --- stderr
        shop on the local cloud in .bicoastal/local, state in $DIR/state/shop
        error: 1 guard stands in the way of destroying 'shop'; nothing was done
          us-east-1/assets has deletion_protection on in AWS
            hint: to have it switched off and delete it, name it: --unprotect us-east-1/assets
        --- exit 1
    "#]],
    );
    assert_eq!(bench.cloud.names().len(), 5);
    bench.check(
        "destroy --yes --unprotect zone --unprotect us-east-1/assets",
        expect![[r#"
            $ shop destroy --yes --unprotect zone --unprotect us-east-1/assets
              - www-ap-south-1  Fake:Record, global  disruptive
                  everything is destroyed
              - www-us-east-1  Fake:Record, global  disruptive
                  everything is destroyed
              - zone  Fake:Zone, global  disruptive
                  everything is destroyed
              - ap-south-1/assets  Fake:Bucket, ap-south-1  destroys data
                  everything is destroyed
              - us-east-1/assets  Fake:Bucket, us-east-1  destroys data
                  everything is destroyed

            Plan: 5 to delete. About 5 calls (route53 3, s3 2), at least 1 s.
            Longest path: about 6 s: www-us-east-1 → zone

            Done: 5 changes.
            It took 2s of the local cloud's time.
            --- stderr
            shop on the local cloud in .bicoastal/local, state in $DIR/state/shop
            delete www-ap-south-1
            delete www-us-east-1
            delete www-ap-south-1: DeleteThing
            delete www-us-east-1: DeleteThing
            delete www-us-east-1: done in 1s
            delete www-ap-south-1: done in 1s
            delete zone
            delete ap-south-1/assets
            delete us-east-1/assets
            delete zone: DeleteThing
            delete ap-south-1/assets: DeleteThing
            delete us-east-1/assets: DeleteThing
            delete us-east-1/assets: done in 1s
            delete ap-south-1/assets: done in 1s
            delete zone: done in 1s
            --- exit 0
        "#]],
    );
    assert_eq!(bench.cloud.names(), [""; 0]);
    bench.check(
        "destroy --yes --detailed-exitcode",
        expect![[r#"
        $ shop destroy --yes --detailed-exitcode
        No changes.
        Nothing is left to delete.
        --- stderr
        shop on the local cloud in .bicoastal/local, state in $DIR/state/shop
        --- exit 0
    "#]],
    );
    bench.check(
        "outputs",
        expect![[r#"
        $ shop outputs
        --- stderr
        The stack 'shop' has no outputs.
        --- exit 0
    "#]],
    );
}

#[test]
fn a_part() {
    let bench = Bench::applied();
    bench.check(
        "destroy --yes --only ap-south-1/assets",
        expect![[r#"
            $ shop destroy --yes --only ap-south-1/assets
              - www-ap-south-1  Fake:Record, global  disruptive
                  everything is destroyed
              - ap-south-1/assets  Fake:Bucket, ap-south-1  destroys data
                  everything is destroyed

            Left out: us-east-1/assets, www-us-east-1, zone

            Plan: 2 to delete. About 2 calls (route53 1, s3 1).
            Longest path: about 6 s: www-ap-south-1 → ap-south-1/assets

            Done: 2 changes.
            It took 2s of the local cloud's time.
            --- stderr
            shop on the local cloud in .bicoastal/local, state in $DIR/state/shop
            delete www-ap-south-1
            delete www-ap-south-1: DeleteThing
            delete www-ap-south-1: done in 1s
            delete ap-south-1/assets
            delete ap-south-1/assets: DeleteThing
            delete ap-south-1/assets: done in 1s
            --- exit 0
        "#]],
    );
    bench.check(
        "destroy --yes --only us-east-1/assets",
        expect![[r#"
        $ shop destroy --yes --only us-east-1/assets
        --- stderr
        shop on the local cloud in .bicoastal/local, state in $DIR/state/shop
        error: us-east-1/assets: has deletion_protection on in AWS
          hint: to have it switched off and delete it, name it: --unprotect us-east-1/assets
        --- exit 1
    "#]],
    );
}

#[test]
fn nothing_was_ever_made() {
    Bench::new().check(
        "destroy",
        expect![[r#"
        $ shop destroy
        No changes.
        Nothing is left to delete.
        --- stderr
        shop on the local cloud in .bicoastal/local, state in $DIR/state/shop
        --- exit 0
    "#]],
    );
}
