#![allow(clippy::unwrap_used, reason = "tests stop where they find something odd")]

use bicoastal_model::resource::Check;
use bicoastal_model::same::same;
use bicoastal_model::{
    Goal, Ownership, Place, Region, Resource, ResourceId, ScopeKind, Snapshot, Stack, Status,
    Target,
};
use expect_test::{Expect, expect};
use serde_json::{Value, json};

use super::calls::RuleCall;
use super::{ListenerAction, ListenerRule, QueryPair, Rewrite, RuleCondition, condition};
use crate::elbv2::{AuthenticateCognito, AuthenticateOidc, Listener, ListenerProtocol};
use crate::kind::{Kind, Next, Turn};

const LISTENER: &str = "arn:aws:elasticloadbalancing:us-east-1:1:listener/app/front/1/2";
const GROUP: &str = "arn:aws:elasticloadbalancing:us-east-1:1:targetgroup/web/1";
const BALANCER: &str = "arn:aws:elasticloadbalancing:us-east-1:1:loadbalancer/app/front/1";

fn place() -> Place {
    Place { account: None, scope: ScopeKind::Regional, regions: vec![Region::UsEast1] }
}

fn api() -> ListenerRule {
    ListenerRule::builder()
        .listener(LISTENER)
        .priority(10)
        .conditions([RuleCondition::path(["/api/*"])])
        .actions([ListenerAction::forward(GROUP)])
        .build()
}

fn wrong(rule: &ListenerRule, expect: Expect) {
    let mut check = Check::new(place());
    rule.check(&mut check);
    let found: Vec<String> = check.into_diagnostics().into_iter().map(|it| it.message).collect();
    expect.assert_eq(&found.join("\n"));
}

fn with(conditions: impl IntoIterator<Item = RuleCondition>) -> ListenerRule {
    ListenerRule { conditions: conditions.into_iter().collect(), ..api() }
}

#[test]
fn mistakes_are_found_offline() {
    wrong(&api(), expect![[""]]);
    wrong(
        &with([
            RuleCondition::host(["*.example.com"]),
            RuleCondition::path(["/v?"]),
            RuleCondition::header("X-Tenant", ["a*"]),
            RuleCondition::method(["GET"]),
            RuleCondition::source_ip(["10.0.0.0/8"]),
        ]),
        expect![[""]],
    );
    wrong(
        &ListenerRule { priority: 0, ..with([]) },
        expect![[r#"
            priority 0 is not between 1 and 50000
            a rule has at least one condition"#]],
    );
    wrong(
        &with([RuleCondition::path(["/a"]), RuleCondition::path(["/b"])]),
        expect!["a rule has one path-pattern condition; give that one several values"],
    );
    wrong(
        &with([
            RuleCondition::path(["/a", "/b", "/c"]),
            RuleCondition::query([("k", "1"), ("k", "2"), ("k", "3")]),
        ]),
        expect!["the conditions have 6 values together, and AWS takes 5"],
    );
    wrong(
        &with([RuleCondition::host(["*?*"]), RuleCondition::path(["***"])]),
        expect!["the conditions have 6 wildcards together, and AWS takes 5"],
    );
    wrong(
        &with([RuleCondition::path([""]), RuleCondition::host(Vec::<String>::new())]),
        expect![[r#"
            a path-pattern condition's value has 1 to 128 characters
            a host-header condition has no value"#]],
    );
    wrong(
        &with([
            RuleCondition::header("Host", ["a"]),
            RuleCondition::header("X-*", ["a"]),
            RuleCondition::method(["get"]),
            RuleCondition::source_ip(["10.0.0.0", "10.0.0.0/33"]),
        ]),
        expect![[r#"
            the Host header has a condition of its own: RuleCondition::host
            'X-*' is not the name of a header: 1 to 40 characters, no wildcards
            'get' is not a method: capital letters, hyphens, underscores
            '10.0.0.0' is not a block of addresses
            '10.0.0.0/33' is not a block of addresses"#]],
    );
    wrong(
        &ListenerRule {
            host_header_rewrite: Some(Rewrite::new("^(.+)[.]old$", "$1.new")),
            url_rewrite: Some(Rewrite::new("^/old", "")),
            ..with([
                RuleCondition::host_regex(["^[a-z]*[.]example[.](com|net)$"]),
                // What would be a wildcard in a value is none here.
                RuleCondition::path_regex(["^/.*/.*/.*/?$"]),
                RuleCondition::header_regex("X-Tenant", ["^a+$"]),
            ])
        },
        expect![[""]],
    );
    wrong(
        &ListenerRule {
            host_header_rewrite: Some(Rewrite::new("", "a b")),
            url_rewrite: Some(Rewrite::new("(?=/)", "/".repeat(1025))),
            ..with([
                RuleCondition::host_regex([r"^(a)\1$"]),
                RuleCondition::path_regex(["a".repeat(129)]),
                RuleCondition::header_regex("X-Tenant", Vec::<String>::new()),
            ])
        },
        expect![[r#"
            the regular expression '^(a)\1$' of a host-header condition has a backreference
            a path-pattern condition's value has 1 to 128 characters
            a http-header condition has no value
            the regular expression of host_header_rewrite is not ASCII characters without white space, 1 to 1024 of them
            the replacement of host_header_rewrite is not ASCII characters without white space, at most 1024 of them
            the regular expression of url_rewrite has a lookahead
            the replacement of url_rewrite is not ASCII characters without white space, at most 1024 of them"#]],
    );
    wrong(
        &with([
            RuleCondition::path(["/a"]),
            RuleCondition::path_regex(["/b", "/c", "/d", "/e", "/f"]),
        ]),
        expect![[r#"
            a rule has one path-pattern condition; give that one several values
            the conditions have 6 values together, and AWS takes 5"#]],
    );
    wrong(
        &ListenerRule {
            actions: vec![
                ListenerAction::fixed_response(302, "no"),
                ListenerAction::forward(GROUP),
            ],
            ..api()
        },
        expect![[r#"
            the last action, and only the last, must forward, redirect or respond
            '302' is not a status of the form 2XX, 4XX or 5XX"#]],
    );
}

#[test]
fn rules_fit_their_listener() {
    let mut stack = Stack::new("test");
    let mut here = stack.region(Region::UsEast1);
    let tcp = here.add(
        "tcp",
        Listener::builder()
            .load_balancer(BALANCER)
            .port(80)
            .protocol(ListenerProtocol::Tcp)
            .default_actions([ListenerAction::forward(GROUP)])
            .build(),
    );
    let http = here.add(
        "http",
        Listener::builder()
            .load_balancer(BALANCER)
            .port(81)
            .protocol(ListenerProtocol::Http)
            .default_actions([ListenerAction::forward(GROUP)])
            .build(),
    );
    let rule = |listener: &bicoastal_model::Output<bicoastal_model::Arn<Listener>>, actions| {
        ListenerRule::builder()
            .listener(listener.clone())
            .priority(1)
            .conditions([RuleCondition::path(["/"])])
            .actions(actions)
            .build()
    };
    let pool = AuthenticateCognito::builder()
        .user_pool_arn("arn")
        .user_pool_client_id("id")
        .user_pool_domain("domain");
    let ask = ListenerAction::authenticate_cognito(pool.build());
    here.add("on-tcp", rule(&tcp.arn(), vec![ListenerAction::forward(GROUP)]));
    here.add("one", rule(&http.arn(), vec![ListenerAction::forward(GROUP)]));
    here.add("other", rule(&http.arn(), vec![ask, ListenerAction::forward(GROUP)]));
    let provider = AuthenticateOidc::builder()
        .issuer("https://idp.example.com")
        .authorization_endpoint("https://idp.example.com/authorize")
        .token_endpoint("https://idp.example.com/token")
        .user_info_endpoint("https://idp.example.com/userinfo")
        .client_id("front")
        .client_secret("hunter2");
    let ask = ListenerAction::authenticate_oidc(provider.build());
    let mut third = rule(&http.arn(), vec![ask, ListenerAction::forward(GROUP)]);
    third.priority = 2;
    here.add("third", third);
    let found: Vec<String> = stack.seal().unwrap_err().0.into_iter().map(|it| it.message).collect();
    expect![[r#"
        its listener speaks TCP, and only HTTP and HTTPS have rules
        its priority 1 is the priority of us-east-1/one
        users can only be asked who they are by HTTPS
        users can only be asked who they are by HTTPS"#]]
    .assert_eq(&found.join("\n"));
}

#[test]
fn conditions_are_the_same_however_aws_says_them() {
    use aws_sdk_elasticloadbalancingv2::types;
    let shape = super::SCHEMA.field("conditions").unwrap().shape;
    for condition in [
        RuleCondition::host(["b.example.com", "a.example.com"]),
        RuleCondition::path(["/a", "/b"]),
        RuleCondition::header("X-Tenant", ["a"]),
        RuleCondition::method(["GET", "HEAD"]),
        RuleCondition::QueryString {
            pairs: vec![
                QueryPair { key: Some("k".into()), value: "1".into() },
                QueryPair { key: None, value: "2".into() },
            ],
        },
        RuleCondition::source_ip(["10.0.0.0/8"]),
        RuleCondition::host_regex(["^b[.]example[.]com$", "^a[.]example[.]com$"]),
        RuleCondition::path_regex(["^/v[12]/"]),
        RuleCondition::header_regex("X-Tenant", ["^a+$"]),
    ] {
        let stored: RuleCondition = serde_json::from_value(json!(condition)).unwrap();
        assert_eq!(stored, condition);
        let seen = json!([condition::from_sdk(&condition::to_sdk(&condition))]);
        assert!(same(&shape, &json!([condition]), &seen), "{condition:?} {seen}");
    }
    // The older way: plain values, without a configuration.
    let plain = types::RuleCondition::builder().field("path-pattern").values("/b").values("/a");
    let seen = json!([condition::from_sdk(&plain.build())]);
    assert!(same(&shape, &json!([RuleCondition::path(["/a", "/b"])]), &seen));
    let plain = types::RuleCondition::builder().field("path-pattern").regex_values("^/b");
    let seen = json!([condition::from_sdk(&plain.build())]);
    assert!(same(&shape, &json!([RuleCondition::path_regex(["^/b"])]), &seen));
    assert!(!same(&shape, &json!([RuleCondition::path(["^/b"])]), &seen));
    // The name of a header has no case, a path has.
    let one = json!([RuleCondition::header("X-A", ["v"]), RuleCondition::path(["/a"])]);
    let other = json!([RuleCondition::path(["/a"]), RuleCondition::header("x-a", ["v"])]);
    assert!(same(&shape, &one, &other));
    let upper = json!([RuleCondition::header("X-A", ["v"]), RuleCondition::path(["/A"])]);
    assert!(!same(&shape, &one, &upper));
}

fn next(wanted: Option<&ListenerRule>, applied: &ListenerRule, seen: Option<Value>) -> String {
    let target = Target {
        id: ResourceId::new("us-east-1/api"),
        kind: "ELBv2:ListenerRule".into(),
        place: place(),
        incarnation: 1,
        token: "bc-test-1".into(),
        physical: None,
        props: json!({}).into(),
        tags: Default::default(),
    };
    let applied = serde_json::to_value(applied).unwrap();
    let goal = match wanted {
        Some(wanted) => {
            Goal::Present { wanted: serde_json::to_value(wanted).unwrap(), applied: Some(applied) }
        }
        None => Goal::Absent { applied, lift_guards: false },
    };
    let seen = seen.map(|props| Snapshot {
        physical: "arn".into(),
        props,
        outputs: Default::default(),
        status: Status::Ready,
        ownership: Ownership::Ours,
        children: Vec::new(),
        facts: Default::default(),
    });
    let turn = Turn::<ListenerRule>::new(&target, &goal, seen.as_ref()).unwrap();
    match ListenerRule::step(&turn) {
        Next::Call(RuleCall::Create(_)) => "Create".to_owned(),
        Next::Call(RuleCall::Modify { conditions, actions, transforms, .. }) => {
            let parts = [
                conditions.map(|_| "conditions".to_owned()),
                actions.map(|_| "actions".to_owned()),
                transforms.map(|it| {
                    let name = |it: Option<Rewrite>| it.map_or("none".to_owned(), |it| it.replace);
                    format!("host={} url={}", name(it.host_header), name(it.url))
                }),
            ];
            format!("Modify {}", parts.into_iter().flatten().collect::<Vec<_>>().join(" "))
        }
        Next::Call(call) => format!("{call:?}"),
        other => format!("{other:?}"),
    }
}

#[test]
fn a_change_of_one_transform_leaves_the_other() {
    let to = |replace: &str| Some(Rewrite::new("^.*$", replace));
    let old = ListenerRule { url_rewrite: to("old"), ..api() };
    let new = ListenerRule { url_rewrite: to("new"), ..api() };
    let seen = |rule: &ListenerRule, host: Option<&str>| {
        let mut seen = serde_json::to_value(rule).unwrap();
        seen["host_header_rewrite"] = json!(host.and_then(to));
        Some(seen)
    };
    let out = [
        next(Some(&new), &old, seen(&old, None)),
        next(Some(&new), &old, seen(&old, Some("theirs"))),
        next(Some(&api()), &old, seen(&old, Some("theirs"))),
        next(Some(&api()), &old, seen(&old, None)),
        next(Some(&api()), &old, seen(&api(), Some("theirs"))),
        next(Some(&new), &new, seen(&new, Some("theirs"))),
    ];
    expect![[r#"
        Modify host=none url=new
        Modify host=theirs url=new
        Modify host=theirs url=none
        Modify host=none url=none
        Done
        Done
    "#]]
    .assert_eq(&(out.join("\n") + "\n"));
}

#[test]
fn each_change_takes_its_call() {
    let old = api();
    let seen = serde_json::to_value(&old).unwrap();
    let moved = ListenerRule { priority: 20, ..api() };
    let all = ListenerRule {
        priority: 20,
        conditions: vec![RuleCondition::path(["/v2/*"])],
        actions: vec![ListenerAction::fixed_response(503, "closed")],
        tags: [("a".to_owned(), "b".to_owned())].into(),
        ..api()
    };
    let half = ListenerRule { priority: 10, tags: Default::default(), ..all.clone() };
    let untagged = ListenerRule { tags: Default::default(), ..all.clone() };
    let as_value = |rule: &ListenerRule| serde_json::to_value(rule).unwrap();
    let mut tagged = as_value(&old);
    tagged["tags"] = json!({ "a": "b", "theirs": "x" });
    let out = [
        next(Some(&old), &old, None),
        next(Some(&old), &old, Some(seen.clone())),
        next(Some(&moved), &old, Some(seen.clone())),
        next(Some(&all), &old, Some(seen.clone())),
        next(Some(&all), &old, Some(as_value(&half))),
        next(Some(&all), &old, Some(as_value(&untagged))),
        next(Some(&all), &old, Some(as_value(&all))),
        next(Some(&old), &ListenerRule { tags: all.tags.clone(), ..api() }, Some(tagged)),
        next(None, &old, Some(seen)),
        next(None, &old, None),
    ];
    expect![[r#"
        Create
        Done
        Move(20)
        Modify conditions actions
        Move(20)
        Tags(Add({"a": "b"}))
        Done
        Tags(Remove(["a"]))
        Delete
        Done
    "#]]
    .assert_eq(&(out.join("\n") + "\n"));
}
