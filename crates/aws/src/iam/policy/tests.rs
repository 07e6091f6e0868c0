use bicoastal_model::resource::Check;
use bicoastal_model::{
    Goal, Ownership, Place, PolicyDocument, Resource, ResourceId, ScopeKind, Snapshot, Statement,
    Status, Target,
};
use expect_test::{Expect, expect};
use serde_json::{Value, json};

use super::{Policy, PolicyCall};
use crate::kind::{Kind, Next, Turn};

fn place() -> Place {
    Place { account: None, scope: ScopeKind::Global, regions: Vec::new() }
}

fn allow(action: &str) -> PolicyDocument {
    PolicyDocument::new([Statement::builder().action([action]).resource(["*"]).build()])
}

fn next(goal: &Goal, seen: Option<(Value, Value)>) -> String {
    let target = Target {
        id: ResourceId::new("p"),
        kind: "IAM:Policy".into(),
        place: place(),
        incarnation: 1,
        token: "bc-test-1".into(),
        physical: None,
        props: json!({ "name": "p" }).into(),
        tags: Default::default(),
    };
    let seen = seen.map(|(props, old_versions)| Snapshot {
        physical: "arn:aws:iam::1:policy/p".into(),
        props,
        outputs: Default::default(),
        status: Status::Ready,
        ownership: Ownership::Ours,
        children: Vec::new(),
        facts: [("old_versions".to_owned(), old_versions)].into(),
    });
    let turn = Turn::<Policy>::new(&target, goal, seen.as_ref()).unwrap();
    match Policy::step(&turn) {
        Next::Call(PolicyCall::Create(_)) => "Create".to_owned(),
        Next::Call(call) => format!("{call:?}"),
        other => format!("{other:?}"),
    }
}

#[test]
fn a_new_document_is_a_new_version_of_at_most_five() {
    let before =
        serde_json::to_value(Policy::builder().name("p").document(allow("s3:GetObject")).build())
            .unwrap();
    let wanted = serde_json::to_value(
        Policy::builder().name("p").document(allow("s3:PutObject")).tags([("a", "b")]).build(),
    )
    .unwrap();
    let goal = Goal::Present { wanted, applied: Some(before.clone()) };
    let gone = Goal::Absent { applied: before.clone(), lift_guards: false };
    let four = json!(["v1", "v2", "v3", "v4"]);
    let tagged = || {
        let mut tagged = before.clone();
        tagged["document"] = serde_json::to_value(allow("s3:PutObject")).unwrap();
        tagged
    };
    type Case<'a> = (&'a Goal, Option<(Value, Value)>, Expect);
    let cases: [Case<'_>; 7] = [
        (&goal, None, expect!["Create"]),
        (
            &goal,
            Some((before.clone(), json!(["v1"]))),
            expect![[
                r#"CreateVersion("{\"Statement\":[{\"Action\":[\"s3:PutObject\"],\"Effect\":\"Allow\",\"Resource\":[\"*\"]}],\"Version\":\"2012-10-17\"}")"#
            ]],
        ),
        (&goal, Some((before.clone(), four)), expect![[r#"DeleteVersion("v1")"#]]),
        (&goal, Some((tagged(), json!([]))), expect![[r#"Tag({"a": "b"})"#]]),
        (&gone, Some((before.clone(), json!(["v1"]))), expect![[r#"DeleteVersion("v1")"#]]),
        (&gone, Some((before.clone(), json!([]))), expect!["Delete"]),
        (&gone, None, expect!["Done"]),
    ];
    for (goal, seen, expect) in cases {
        expect.assert_eq(&next(goal, seen));
    }
}

#[test]
fn mistakes_are_found_offline() {
    let mut check = Check::new(place());
    let long = PolicyDocument::new([Statement::builder()
        .action(["GetObject"])
        .resource([format!("arn:aws:s3:::{}", "x".repeat(6144))])
        .build()]);
    Policy::builder()
        .name("no spaces")
        .path("x")
        .description("\u{3b1}")
        .document(long)
        .build()
        .check(&mut check);
    expect![[r#"
        the name 'no spaces' is not one of 1 to 128 letters, digits and _+=,.@-
        the path 'x' does not begin and end with /, or is too long
        the description has more than 1000 characters, or some outside of Latin-1
        statement 1 of the document has the action 'GetObject', without the service it is of
        the document has 6253 characters of at most 6144"#]]
    .assert_eq(&check.errors().join("\n"));
}
