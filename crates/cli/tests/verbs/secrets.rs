//! Secrets of every kind of text, through every verb: nothing that is printed or kept has them.

use bicoastal_cli::NoArgs;
use bicoastal_model::{OpError, Region, Retry, Stack};

use crate::common::cloud::facts;
use crate::common::kinds::Bucket;
use crate::common::run::{Bench, shop};
use crate::leaks::{Planted, repeated};

fn program(stack: &mut Stack, secret: &str) {
    shop(stack);
    let sealed = Bucket {
        name: "sealed".into(),
        versioned: true,
        deletion_protection: false,
        key: Some(secret.into()),
    };
    stack.region(Region::UsEast1).add("sealed", sealed);
}

/// What AWS may say of a call that had the secret in it.
fn errors(secret: &str) -> Vec<OpError> {
    let said = |code: &str| {
        let mut facts = facts(code, &format!("The value is {}", repeated(secret)));
        facts.hint = Some(format!("say something else than {}", repeated(secret)));
        facts
    };
    vec![
        OpError::Refused { retry: Retry::Throttled, facts: said("Throttling") },
        OpError::InDoubt(said("InternalFailure")),
        OpError::NotSent(said("")),
        OpError::Refused { retry: Retry::Never, facts: said(secret) },
    ]
}

/// What stands before and after the part that is looked for.
const ODD: [(&str, &str); 9] = [
    ("", ""),
    ("\"'`", "\\/@ "),
    ("\n\r\t", "\u{0}\u{1b}[31m\u{7f}"),
    ("&<>%+=?#;", "{}[]$$"),
    ("äßŒ✓", "日本語💥\u{202e}\u{fffd}"),
    ("%41&amp;", "%2F&quot;"),
    ("{\"$secret\":\"", "\"}"),
    ("${", "}"),
    ("'; --", "\\\\\\n"),
];

fn secrets() -> Vec<(Planted, Planted)> {
    let long = "x".repeat(3_000);
    let mut all: Vec<(String, String)> =
        ODD.iter().map(|(before, after)| (before.to_string(), after.to_string())).collect();
    all.push((long.clone(), long));
    let planted = |number: usize, core: &str, (before, after): &(String, String)| {
        Planted::new(before, &format!("q{core}{number:02}z"), after)
    };
    let count = all.len();
    (0..count)
        .map(|number| {
            let other = &all[(number + 1) % count];
            (planted(number, "4first3one", &all[number]), planted(number, "7other9one", other))
        })
        .collect()
}

#[test]
fn nothing_that_is_printed_or_kept_tells_a_secret() {
    for (first, second) in secrets() {
        tells_nothing(&first, &second);
    }
}

fn tells_nothing(first: &Planted, second: &Planted) {
    let mut bench = Bench::new();
    let mut all = String::new();
    let mut run = |bench: &Bench, line: &str, secret: &str| {
        let ran = bench.run_as::<NoArgs>(line, &|stack, _| program(stack, secret));
        all.push_str(&format!("$ {line}\n{}\n{}\n", ran.out, ran.err));
        ran.code
    };
    let mut verbs = |bench: &Bench, secret: &str| {
        for line in ["plan", "plan --json", "plan --out $DIR/plan", "graph", "graph --format dot"] {
            run(bench, line, secret);
        }
        // One that is refused, in every way; then as JSON; then all of it.
        for line in ["apply --yes", "apply --yes --json", "apply --plan $DIR/plan", "apply --yes"] {
            bench.cloud.fail("us-east-1/sealed", errors(secret));
            run(bench, line, secret);
        }
        for _ in 0..4 {
            run(bench, "apply --yes", secret);
        }
        for line in [
            "drift",
            "drift --json",
            "outputs --json",
            "state list --json",
            "state show us-east-1/sealed",
            "state show us-east-1/sealed --json",
        ] {
            run(bench, line, secret);
        }
    };
    verbs(&bench, &first.text);
    bench.color = true;
    verbs(&bench, &second.text);
    for name in ["state.json", "journal.jsonl"] {
        let _ = std::fs::remove_file(bench.path("state/shop").join(name));
    }
    for line in ["state recover", "state recover --yes", "state recover --yes --set-aside --json"] {
        run(&bench, line, &second.text);
    }
    assert_eq!(run(&bench, "plan --detailed-exitcode", &second.text), 0);
    let destroy = "destroy --yes --unprotect zone --unprotect us-east-1/assets";
    assert_eq!(run(&bench, destroy, &second.text), 0);
    for planted in [first, second] {
        planted.not_in("what was printed", &all);
        planted.not_below(bench.dir.path());
    }
}
