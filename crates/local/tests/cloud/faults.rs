use std::sync::{Arc, Mutex};

use bicoastal_local::call::Service;
use bicoastal_local::faults::{Effect, Rule};
use bicoastal_local::{Cloud, Delivery, Phase};
use expect_test::{Expect, expect};

use crate::{create_role, get_role, outcome, query, who_am_i};

/// What calls to five roles and two regions come to under one rule.
fn check(rule: Rule, expected: Expect) {
    let cloud = Cloud::new();
    cloud.faults().add(rule);
    let calls = [
        create_role("one"),
        get_role("one"),
        create_role("two"),
        get_role("two"),
        create_role("three"),
        who_am_i("us-east-1"),
        who_am_i("ap-south-1"),
    ];
    let outcomes: Vec<String> = calls.into_iter().map(|call| outcome(&cloud, call)).collect();
    cloud.faults().clear();
    let made: Vec<&str> = ["one", "two", "three"]
        .into_iter()
        .filter(|name| outcome(&cloud, get_role(name)) == "200")
        .collect();
    expected.assert_eq(&format!("{}\nmade: {}", outcomes.join(", "), made.join(" ")));
}

#[test]
fn conditions() {
    let throttle = || Rule::new(Effect::Throttle);
    check(
        throttle(),
        expect![[r#"
        400 Throttling, 400 Throttling, 400 Throttling, 400 Throttling, 400 Throttling, 400 Throttling, 400 Throttling
        made: "#]],
    );
    check(
        throttle().service(Service::Iam),
        expect![[r#"
        400 Throttling, 400 Throttling, 400 Throttling, 400 Throttling, 400 Throttling, 200, 200
        made: "#]],
    );
    check(
        throttle().region("ap-south-1"),
        expect![[r#"
        200, 200, 200, 200, 200, 200, 400 Throttling
        made: one two three"#]],
    );
    check(
        throttle().operation("GetRole"),
        expect![[r#"
        200, 400 Throttling, 200, 400 Throttling, 200, 200, 200
        made: one two three"#]],
    );
    check(
        throttle().mutating(),
        expect![[r#"
        400 Throttling, 404 NoSuchEntity, 400 Throttling, 404 NoSuchEntity, 400 Throttling, 200, 200
        made: "#]],
    );
    check(
        throttle().reading(),
        expect![[r#"
        200, 400 Throttling, 200, 400 Throttling, 200, 400 Throttling, 400 Throttling
        made: one two three"#]],
    );
    check(
        throttle().mutating().nth(2),
        expect![[r#"
        200, 200, 400 Throttling, 404 NoSuchEntity, 200, 200, 200
        made: one three"#]],
    );
    check(
        throttle().service(Service::Iam).times(3),
        expect![[r#"
        400 Throttling, 400 Throttling, 400 Throttling, 404 NoSuchEntity, 200, 200, 200
        made: three"#]],
    );
    check(
        throttle().account("111122223333"),
        expect![[r#"
        200, 200, 200, 200, 200, 200, 200
        made: one two three"#]],
    );
}

#[test]
fn effects() {
    for (effect, expected) in [
        (
            Effect::ServerError(500),
            expect![[r#"
            200, 200, 500 ServiceFailure, 404 NoSuchEntity, 200, 200, 200
            made: one three"#]],
        ),
        (
            Effect::ServerError(503),
            expect![[r#"
            200, 200, 503 ServiceUnavailable, 404 NoSuchEntity, 200, 200, 200
            made: one three"#]],
        ),
        (
            Effect::NotFound,
            expect![[r#"
            200, 200, 404 NoSuchEntity, 404 NoSuchEntity, 200, 200, 200
            made: one three"#]],
        ),
        (
            Effect::Answer { status: 409, code: "DeleteConflict".into(), message: "no".into() },
            expect![[r#"
                200, 200, 409 DeleteConflict, 404 NoSuchEntity, 200, 200, 200
                made: one three"#]],
        ),
        (
            Effect::RefuseConnection,
            expect![[r#"
            200, 200, connection refused, 404 NoSuchEntity, 200, 200, 200
            made: one three"#]],
        ),
        (
            Effect::ConnectTimeout,
            expect![[r#"
            200, 200, connection timed out, 404 NoSuchEntity, 200, 200, 200
            made: one three"#]],
        ),
        (
            Effect::LoseRequest,
            expect![[r#"
            200, 200, connection reset, 404 NoSuchEntity, 200, 200, 200
            made: one three"#]],
        ),
        (
            Effect::LoseAnswer,
            expect![[r#"
            200, 200, connection reset, 200, 200, 200, 200
            made: one two three"#]],
        ),
        (
            Effect::HoldRequest,
            expect![[r#"
            200, 200, held, 404 NoSuchEntity, 200, 200, 200
            made: one three"#]],
        ),
        (
            Effect::HoldAnswer,
            expect![[r#"
            200, 200, held, 200, 200, 200, 200
            made: one two three"#]],
        ),
        (
            Effect::ServerErrorAfter(500),
            expect![[r#"
                200, 200, 500 ServiceFailure, 200, 200, 200, 200
                made: one two three"#]],
        ),
        (
            Effect::Malformed(4),
            expect![[r#"
                200, 200, 200, 200, 200, 200, 200
                made: one two three"#]],
        ),
        (
            Effect::Delay(1500),
            expect![[r#"
            200, 200, 200 after 1500 ms, 200, 200, 200, 200
            made: one two three"#]],
        ),
    ] {
        check(Rule::new(effect).mutating().nth(2), expected);
    }
}

#[test]
fn a_rate_strikes_the_same_calls_every_time() {
    let strikes = |seed| {
        let cloud = Cloud::new();
        cloud.faults().add(Rule::new(Effect::Throttle).rate(0.25).seed(seed));
        (0..40)
            .map(|_| if outcome(&cloud, who_am_i("us-east-1")) == "200" { '.' } else { 'x' })
            .collect::<String>()
    };
    expect!["x...xx.....x...x...xx..x.............x.."].assert_eq(&strikes(0));
    assert_eq!(strikes(0), strikes(0));
    assert_ne!(strikes(0), strikes(1));
}

#[test]
fn the_first_rule_strikes_and_all_of_them_count() {
    let cloud = Cloud::new();
    let first = cloud.faults().add(Rule::new(Effect::Throttle).nth(2));
    let second = cloud.faults().add(Rule::new(Effect::ServerError(500)));
    let outcomes: Vec<String> = (0..3).map(|_| outcome(&cloud, who_am_i("us-east-1"))).collect();
    expect!["500 InternalFailure, 400 Throttling, 500 InternalFailure"]
        .assert_eq(&outcomes.join(", "));
    let standing: Vec<String> = cloud
        .faults()
        .standing()
        .iter()
        .map(|rule| format!("{}: {} of {}", rule.id, rule.struck, rule.seen))
        .collect();
    expect!["1: 1 of 3, 2: 2 of 3"].assert_eq(&standing.join(", "));
    assert!(cloud.faults().remove(second));
    assert!(!cloud.faults().remove(second));
    assert_eq!(cloud.faults().standing().len(), 1);
    assert_eq!(cloud.faults().standing()[0].id, first);
    cloud.faults().clear();
    assert_eq!(outcome(&cloud, who_am_i("us-east-1")), "200");
}

#[test]
fn a_lost_region_takes_the_global_control_planes_along_if_they_live_there() {
    let cloud = Cloud::new();
    let see = || {
        [who_am_i("us-east-1"), get_role("one"), who_am_i("ap-south-1")]
            .map(|call| outcome(&cloud, call))
            .join(", ")
    };
    outcome(&cloud, create_role("one"));
    cloud.faults().region_gone("us-east-1");
    expect!["connection refused, connection refused, 200"].assert_eq(&see());
    cloud.faults().region_back("us-east-1");
    expect!["200, 200, 200"].assert_eq(&see());
}

#[test]
fn throttles_in_the_words_of_each_service() {
    let cloud = Cloud::new();
    cloud.faults().add(Rule::new(Effect::Throttle));
    let mut out = String::new();
    for service in ["elasticloadbalancing", "iam", "rds", "route53", "s3", "sts"] {
        let outcome = outcome(&cloud, query(service, "us-east-1", "Whatever", &[]));
        out += &format!("{service}: {outcome}\n");
    }
    expect![[r#"
        elasticloadbalancing: 400 Throttling
        iam: 400 Throttling
        rds: 400 Throttling
        route53: 400 Throttling
        s3: 503 SlowDown
        sts: 400 Throttling
    "#]]
    .assert_eq(&out);
}

#[test]
fn the_hook_sees_each_call_before_and_after() {
    let cloud = Cloud::new();
    let seen = Arc::new(Mutex::new(Vec::new()));
    let (diary, inner) = (Arc::clone(&seen), cloud.clone());
    cloud.on_call(move |call, phase| {
        let roles = inner.with_world(|world| {
            serde_json::to_string(&world.iam).unwrap().matches("\"trust\":").count()
        });
        let answer = match phase {
            Phase::Before => "before".to_owned(),
            Phase::After => format!("after {:?} {:?}", call.status, call.code),
        };
        let entry = format!("{} {} {answer}, roles: {roles}", call.number, call.operation);
        diary.lock().unwrap().push(entry);
    });
    cloud.faults().add(Rule::new(Effect::LoseAnswer).operation("CreateRole").nth(2));
    outcome(&cloud, create_role("one"));
    outcome(&cloud, create_role("one"));
    outcome(&cloud, get_role("two"));
    expect![[r#"
        1 CreateRole before, roles: 0
        1 CreateRole after Some(200) None, roles: 1
        2 CreateRole before, roles: 1
        2 CreateRole after None Some("ConnectionReset"), roles: 1
        3 GetRole before, roles: 1
        3 GetRole after Some(404) Some("NoSuchEntity"), roles: 1"#]]
    .assert_eq(&seen.lock().unwrap().join("\n"));
}

#[test]
fn a_held_call_is_the_moment_for_a_crash() {
    let cloud = Cloud::new();
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    let crash = |effect| {
        cloud.faults().clear();
        cloud.faults().add(Rule::new(effect).mutating().nth(2));
        runtime.block_on(async {
            let run = async {
                for name in ["one", "two", "three"] {
                    cloud.serve(create_role(name)).await.unwrap();
                }
            };
            tokio::select! {
                () = run => panic!("the second call is never answered"),
                () = cloud.until_held() => {}
            }
        });
        cloud.faults().clear();
        ["one", "two", "three"].map(|name| outcome(&cloud, get_role(name))).join(", ")
    };
    expect!["200, 404 NoSuchEntity, 404 NoSuchEntity"].assert_eq(&crash(Effect::HoldRequest));
    expect!["200, 200, 404 NoSuchEntity"].assert_eq(&crash(Effect::HoldAnswer));
}

#[test]
fn reads_that_lag_show_what_was() {
    let cloud = Cloud::new();
    cloud.faults().add(Rule::new(Effect::Stale(10_000)));
    let mut seen = Vec::new();
    let mut look = |when: &str| {
        let answers = [get_role("one"), get_role("two")].map(|call| outcome(&cloud, call));
        seen.push(format!("{when}: {}", answers.join(", ")));
    };
    outcome(&cloud, create_role("one"));
    look("one was made");
    cloud.advance(6_000);
    outcome(&cloud, create_role("two"));
    look("two was made after 6 s");
    cloud.advance(5_000);
    look("after 11 s");
    cloud.advance(5_000);
    look("after 16 s");
    assert_eq!(outcome(&cloud, create_role("two")), "409 EntityAlreadyExists");
    cloud.faults().clear();
    outcome(&cloud, create_role("three"));
    seen.push(format!("without the rule: {}", outcome(&cloud, get_role("three"))));
    expect![[r#"
        one was made: 404 NoSuchEntity, 404 NoSuchEntity
        two was made after 6 s: 404 NoSuchEntity, 404 NoSuchEntity
        after 11 s: 200, 404 NoSuchEntity
        after 16 s: 200, 200
        without the rule: 200"#]]
    .assert_eq(&seen.join("\n"));
}

#[test]
fn an_answer_can_lack_an_element() {
    let cloud = Cloud::new();
    outcome(&cloud, create_role("one"));
    cloud.faults().add(Rule::new(Effect::Without("Role".into())).operation("GetRole"));
    let Delivery::Answered { reply, .. } = cloud.handle(get_role("one")) else {
        panic!("unanswered")
    };
    let body = String::from_utf8(reply.body).unwrap();
    assert!(body.contains("GetRoleResult") && !body.contains("RoleName"), "{body}");
}
