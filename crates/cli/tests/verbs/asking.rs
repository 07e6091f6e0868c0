//! Who is asked what, and what an answer does.

use expect_test::{Expect, expect};

use crate::common::run::{Bench, smaller};

/// The question, what came of it, and whether anything was done.
fn check(
    program: crate::common::run::Program,
    typed: Option<&'static str>,
    line: &str,
    expect: Expect,
) {
    let mut bench = Bench::applied();
    bench.program = program;
    bench.typed = typed;
    let before = bench.cloud.calls().len();
    let ran = bench.run(line);
    let question = |line: &str| {
        let end = ["[y/N]", "go on:"].iter().find_map(|end| Some(line.find(end)? + end.len()))?;
        Some(format!("{}\n", &line[..end]))
    };
    let asked = ran.err.lines().find_map(question).unwrap_or_default();
    let mut said: Vec<&str> =
        ran.err.lines().skip_while(|line| !line.starts_with("error:")).collect();
    if ran.err.contains("Nothing was done.") {
        said.push("Nothing was done.");
    }
    expect.assert_eq(&format!(
        "{asked}{}\nexit {}, {} calls\n",
        said.join("\n"),
        ran.code,
        bench.cloud.calls().len() - before
    ));
}

#[test]
fn loss_of_data_takes_a_whole_yes() {
    check(
        smaller,
        Some("y\n"),
        "apply",
        expect![[r#"
            This destroys the data of 1 resource. Type 'yes' to go on:
            Nothing was done.
            exit 1, 0 calls
        "#]],
    );
    check(
        smaller,
        Some("yes\n"),
        "apply",
        expect![[r#"
            This destroys the data of 1 resource. Type 'yes' to go on:

            exit 0, 2 calls
        "#]],
    );
    check(
        smaller,
        Some(""),
        "apply",
        expect![[r#"
            This destroys the data of 1 resource. Type 'yes' to go on:
            Nothing was done.
            exit 1, 0 calls
        "#]],
    );
    check(
        smaller,
        None,
        "apply",
        expect![[r#"
        error: this destroys the data of 1 resource, and there is nobody to ask; nothing was done
          hint: look at the plan, then run the same with --yes
        exit 1, 0 calls
    "#]],
    );
    check(
        smaller,
        None,
        "apply --yes",
        expect![[r#"

        exit 0, 2 calls
    "#]],
    );
    check(
        smaller,
        None,
        "",
        expect![[r#"
        error: this destroys the data of 1 resource, and there is nobody to ask; nothing was done
          hint: look at the plan, then run the same with --yes
        exit 1, 0 calls
    "#]],
    );
    check(
        smaller,
        Some("yes\n"),
        "apply --json",
        expect![[r#"
        error: this destroys the data of 1 resource, and there is nobody to ask; nothing was done
          hint: look at the plan, then run the same with --yes
        exit 1, 0 calls
    "#]],
    );
}

fn plain_change(stack: &mut bicoastal_model::Stack) {
    crate::common::run::shop_with(stack, Some("new"));
}

#[test]
fn a_plain_change() {
    check(
        plain_change,
        Some("y\n"),
        "apply",
        expect![[r#"
            Apply these changes? [y/N]

            exit 0, 1 calls
        "#]],
    );
    check(
        plain_change,
        Some("n\n"),
        "apply",
        expect![[r#"
            Apply these changes? [y/N]
            Nothing was done.
            exit 1, 0 calls
        "#]],
    );
    check(
        plain_change,
        Some("\n"),
        "apply",
        expect![[r#"
            Apply these changes? [y/N]
            Nothing was done.
            exit 1, 0 calls
        "#]],
    );
    // On the local cloud nothing is lost that nobody was asked about; on AWS there may be.
    check(
        plain_change,
        None,
        "apply",
        expect![[r#"

        exit 0, 1 calls
    "#]],
    );
    check(
        plain_change,
        None,
        "apply --cloud aws",
        expect![[r#"
        error: this changes 1 resource, and there is nobody to ask; nothing was done
          hint: look at the plan, then run the same with --yes
        exit 1, 0 calls
    "#]],
    );
    check(
        plain_change,
        None,
        "apply --cloud aws --yes",
        expect![[r#"

        exit 0, 1 calls
    "#]],
    );
    check(
        plain_change,
        Some("y\n"),
        "--cloud aws",
        expect![[r#"
            Apply these changes? [y/N]

            exit 0, 1 calls
        "#]],
    );
    check(
        plain_change,
        Some("y\n"),
        "",
        expect![[r#"

        exit 0, 1 calls
    "#]],
    );
}

#[test]
fn destroying() {
    let all = "destroy --unprotect zone --unprotect us-east-1/assets";
    check(
        crate::common::run::shop,
        Some("y\n"),
        all,
        expect![[r#"
            This destroys the data of 2 resources. Type 'yes' to go on:
            Nothing was done.
            exit 1, 0 calls
        "#]],
    );
    check(
        crate::common::run::shop,
        Some("yes\n"),
        all,
        expect![[r#"
            This destroys the data of 2 resources. Type 'yes' to go on:

            exit 0, 5 calls
        "#]],
    );
    check(
        crate::common::run::shop,
        None,
        all,
        expect![[r#"
        error: this destroys the data of 2 resources, and there is nobody to ask; nothing was done
          hint: look at the plan, then run the same with --yes
        exit 1, 0 calls
    "#]],
    );
}
