//! `outputs`.

use bicoastal_model::Stack;
use expect_test::expect;

use crate::common::kinds::Zone;
use crate::common::run::Bench;

#[test]
fn before_and_after() {
    let bench = Bench::new();
    bench.check(
        "outputs",
        expect![[r#"
        $ shop outputs
        --- stderr
        The stack 'shop' has no outputs.
        --- exit 0
    "#]],
    );
    bench.check(
        "outputs --json",
        expect![[r#"
        $ shop outputs --json
        {}
        --- exit 0
    "#]],
    );
    assert_eq!(bench.run("apply").code, 0);
    bench.check(
        "outputs",
        expect![[r#"
        $ shop outputs
          name servers  ns-1.example.
                        ns-2.example.
        --- exit 0
    "#]],
    );
    bench.check(
        "outputs --json",
        expect![[r#"
        $ shop outputs --json
        {
          "name servers": [
            "ns-1.example.",
            "ns-2.example."
          ]
        }
        --- exit 0
    "#]],
    );
}

fn simple(stack: &mut Stack) {
    let zone = stack.global().add("zone", Zone { name: "shop.example".into(), comment: None });
    stack.export("zone", zone.id());
    stack.export("servers", zone.name_servers());
}

#[test]
fn one_for_a_script() {
    let mut bench = Bench::new();
    bench.program = simple;
    assert_eq!(bench.run("apply").code, 0);
    bench.check(
        "outputs zone",
        expect![[r#"
        $ shop outputs zone
        Z-shop.example
        --- exit 0
    "#]],
    );
    bench.check(
        "outputs servers",
        expect![[r#"
        $ shop outputs servers
        ["ns-1.example.","ns-2.example."]
        --- exit 0
    "#]],
    );
    bench.check(
        "outputs zone --json",
        expect![[r#"
        $ shop outputs zone --json
        "Z-shop.example"
        --- exit 0
    "#]],
    );
    bench.check(
        "outputs zones",
        expect![[r#"
        $ shop outputs zones
        --- stderr
        error: the stack 'shop' has no output 'zones'
          hint: it has: zone, servers
        --- exit 1
    "#]],
    );
}

#[test]
fn an_export_alone_is_recorded_too() {
    let mut bench = Bench::applied();
    bench.program = |stack| {
        crate::common::run::shop(stack);
        stack.export("greeting", bicoastal_model::Output::<String>::new("zone".into(), "id"));
    };
    assert_eq!(bench.run("apply").code, 0);
    bench.check(
        "outputs greeting",
        expect![[r#"
        $ shop outputs greeting
        Z-shop.example
        --- exit 0
    "#]],
    );
}

#[test]
fn of_what_is_not_there() {
    let mut bench = Bench::new();
    bench.program = |stack| {
        let zone = stack.global().add("zone", Zone { name: "shop.example".into(), comment: None });
        let more = stack.global().add("more", Zone { name: "more.example".into(), comment: None });
        stack.export("zone", zone.id());
        stack.export("more", more.id());
    };
    assert_eq!(bench.run("apply --only zone").code, 0);
    bench.check(
        "outputs",
        expect![[r#"
        $ shop outputs
          zone  Z-shop.example
          more  (not known: there is no more.id)
        --- exit 0
    "#]],
    );
    bench.check(
        "outputs --json",
        expect![[r#"
        $ shop outputs --json
        {
          "more": null,
          "zone": "Z-shop.example"
        }
        --- exit 0
    "#]],
    );
    bench.check(
        "outputs more",
        expect![[r#"
        $ shop outputs more
        --- stderr
        error: the output 'more' is not known: there is no more.id
          hint: apply first
        --- exit 1
    "#]],
    );
}
