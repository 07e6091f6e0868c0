//! `plan --out` and `apply --plan`.

use expect_test::expect;
use serde_json::{Value, json};

use crate::common::run::{Bench, smaller};

#[test]
fn what_was_looked_at_is_what_is_done() {
    let bench = Bench::new();
    let ran = bench.run("plan --out $DIR/plan --only zone");
    assert_eq!(
        ran.out.lines().last(),
        Some("Saved to $DIR/plan. Apply it with: apply --plan $DIR/plan")
    );
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        let mode = std::fs::metadata(bench.path("plan")).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
    }
    // No question, and nothing but what it says.
    bench.check(
        "apply --plan $DIR/plan --cloud aws",
        expect![[r#"
            $ shop apply --plan $DIR/plan --cloud aws
              + zone  Fake:Zone, global
                  declared at crates/cli/tests/verbs/common/run.rs:N
                  name: "shop.example"

            Left out: ap-south-1/assets, us-east-1/assets, www-ap-south-1, www-us-east-1

            Plan: 1 to create. About 1 call (route53 1).
            Longest path: about 3 s: zone

            Done: 1 change.
            It took 1s of the local cloud's time.

            Outputs
              name servers  ns-1.example.
                            ns-2.example.
            --- stderr
            shop on AWS, profile None, state in $DIR/state/shop
            create zone
            create zone: CreateThing
            create zone: done in 1s
            --- exit 0
        "#]],
    );
    assert_eq!(bench.cloud.names(), ["shop.example"]);
    // Once applied, it does not fit any more.
    bench.check("apply --plan $DIR/plan", expect![[r#"
        $ shop apply --plan $DIR/plan
        --- stderr
        shop on the local cloud in .bicoastal/local, state in $DIR/state/shop
        error: the plan of stack 'shop' is stale: the state has moved since it was made; nothing was done
          hint: plan again, look at it, and apply that
        --- exit 1
    "#]]);
}

#[test]
fn the_cloud_moved() {
    let mut bench = Bench::applied();
    bench.program = |stack| crate::common::run::shop_with(stack, Some("new"));
    assert_eq!(bench.run("plan --out $DIR/plan").code, 0);
    bench.cloud.edit("shop.example", |props| props["comment"] = json!("theirs"));
    bench.check("apply --plan $DIR/plan", expect![[r#"
        $ shop apply --plan $DIR/plan
        --- stderr
        shop on the local cloud in .bicoastal/local, state in $DIR/state/shop
        error: the plan of stack 'shop' is stale: the program or the cloud has changed since it was made; nothing was done
          hint: plan again, look at it, and apply that
        --- exit 1
    "#]]);
}

#[test]
fn the_program_moved() {
    let mut bench = Bench::applied();
    bench.program = |stack| crate::common::run::shop_with(stack, Some("new"));
    assert_eq!(bench.run("plan --out $DIR/plan").code, 0);
    bench.program = |stack| crate::common::run::shop_with(stack, Some("newer"));
    bench.check("apply --plan $DIR/plan", expect![[r#"
        $ shop apply --plan $DIR/plan
        --- stderr
        shop on the local cloud in .bicoastal/local, state in $DIR/state/shop
        error: the plan of stack 'shop' is stale: the program or the cloud has changed since it was made; nothing was done
          hint: plan again, look at it, and apply that
        --- exit 1
    "#]]);
}

#[test]
fn loss_of_data_is_asked_about_again() {
    let mut bench = Bench::applied();
    bench.program = smaller;
    assert_eq!(bench.run("plan --out $DIR/plan").code, 0);
    let ran = bench.run("apply --plan $DIR/plan");
    assert_eq!(ran.code, 1);
    assert!(ran.err.contains("nobody to ask"), "{}", ran.err);
    assert_eq!(bench.run("apply --plan $DIR/plan --yes").code, 0);
}

fn edit(bench: &Bench, edit: impl FnOnce(&mut Value)) {
    let path = bench.path("plan");
    let mut file: Value = serde_json::from_slice(&std::fs::read(&path).unwrap()).unwrap();
    edit(&mut file);
    std::fs::write(path, file.to_string()).unwrap();
}

#[test]
fn files_that_are_no_plan_of_this_version() {
    let bench = Bench::new();
    bench.check(
        "apply --plan $DIR/none",
        expect![[r#"
        $ shop apply --plan $DIR/none
        --- stderr
        error: the plan $DIR/none could not be read: No such file or directory (os error 2)
          hint: make one with 'plan --out $DIR/none'
        --- exit 1
    "#]],
    );
    assert_eq!(bench.run("plan --out $DIR/plan").code, 0);
    edit(&bench, |file| file["saved"]["plan"]["changes"][0]["id"] = json!("other"));
    bench.check("apply --plan $DIR/plan", expect![[r#"
        $ shop apply --plan $DIR/plan
        --- stderr
        error: the plan $DIR/plan is damaged: its checksum does not fit its content; nothing was done
          hint: make it again with 'plan --out $DIR/plan'
        --- exit 1
    "#]]);
    edit(&bench, |file| file["bicoastal_plan"] = json!(2));
    bench.check(
        "apply --plan $DIR/plan",
        expect![[r#"
        $ shop apply --plan $DIR/plan
        --- stderr
        error: the plan $DIR/plan was written by a newer version (format 2, this one reads 1)
          hint: update bicoastal, or make the plan again with this version
        --- exit 1
    "#]],
    );
    std::fs::write(bench.path("plan"), "{\"bicoastal_pl").unwrap();
    bench.check("apply --plan $DIR/plan", expect![[r#"
        $ shop apply --plan $DIR/plan
        --- stderr
        error: the plan $DIR/plan is damaged: EOF while parsing a string at line 1 column 14; nothing was done
          hint: make it again with 'plan --out $DIR/plan'
        --- exit 1
    "#]]);
    std::fs::write(bench.path("plan"), "{}").unwrap();
    bench.check(
        "apply --plan $DIR/plan",
        expect![[r#"
        $ shop apply --plan $DIR/plan
        --- stderr
        error: the plan $DIR/plan is damaged: it is not a saved plan; nothing was done
          hint: make it again with 'plan --out $DIR/plan'
        --- exit 1
    "#]],
    );
    assert_eq!(bench.cloud.calls(), [""; 0]);
}

#[test]
fn another_stack() {
    let bench = Bench::new();
    assert_eq!(bench.run("plan --out $DIR/plan --stack staging").code, 0);
    bench.check("apply --plan $DIR/plan", expect![[r#"
        $ shop apply --plan $DIR/plan
        --- stderr
        error: the plan $DIR/plan is of the stack 'staging', and this run is of 'shop'; nothing was done
          hint: say --stack staging
        --- exit 1
    "#]]);
    assert_eq!(bench.run("apply --plan $DIR/plan --stack staging").code, 0);
}

#[test]
fn a_place_that_can_not_be_written() {
    Bench::new().check("plan --only zone --out $DIR/none/plan", expect![[r#"
        $ shop plan --only zone --out $DIR/none/plan
          + zone  Fake:Zone, global
              declared at crates/cli/tests/verbs/common/run.rs:N
              name: "shop.example"

        Left out: ap-south-1/assets, us-east-1/assets, www-ap-south-1, www-us-east-1

        Plan: 1 to create. About 1 call (route53 1).
        Longest path: about 3 s: zone
        --- stderr
        shop on the local cloud in .bicoastal/local, state in $DIR/state/shop
        error: the plan could not be written to $DIR/none/plan: No such file or directory (os error 2)
          hint: choose another place with --out
        --- exit 1
    "#]]);
}
