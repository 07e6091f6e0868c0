use bicoastal_model::resource::Check;
use bicoastal_model::{
    Effect, Goal, Name, Ownership, Place, PolicyDocument, Principal, Resource, ResourceId,
    ScopeKind, Snapshot, Statement, Status, Target,
};
use expect_test::{Expect, expect};
use serde_json::{Value, json};

use super::Role;
use crate::kind::{Kind, Next, Turn};
use crate::policy::Document;

fn place() -> Place {
    Place { account: None, scope: ScopeKind::Global, regions: Vec::new() }
}

fn trust() -> PolicyDocument {
    PolicyDocument::trust_service("lambda.amazonaws.com")
}

fn allow(resource: &str) -> PolicyDocument {
    PolicyDocument::new([Statement::builder()
        .action(["s3:GetObject"])
        .resource([resource])
        .build()])
}

fn wrong(role: &Role, expect: Expect) {
    let mut check = Check::new(place());
    role.check(&mut check);
    let found: Vec<String> = check
        .into_diagnostics()
        .into_iter()
        .map(|it| format!("{:?}: {}\n", it.severity, it.message))
        .collect();
    expect.assert_eq(&found.concat());
}

#[test]
fn mistakes_are_found_offline() {
    wrong(&Role::builder().name("ok").assume_role_policy(trust()).build(), expect![[""]]);
    wrong(
        &Role::builder()
            .inline_policy("a b", allow("*"))
            .inline_policy("same", allow("arn:aws-cn:s3:::x"))
            .inline_policy("same", allow(&format!("arn:aws:s3:::{}", "x".repeat(10_240))))
            .attach("arn:aws:s3:::x")
            .name("not ok")
            .path("app")
            .description("\u{3b1}")
            .max_session_duration(60)
            .assume_role_policy(trust())
            .tags([("aws:x", "1"), ("a", "1"), ("A", "2")])
            .build(),
        expect![[r#"
            Error: the name 'not ok' is not one of 1 to 64 letters, digits and _+=,.@-
            Error: the path 'app' does not begin and end with /, or is too long
            Error: the description has more than 1000 characters, or some outside of Latin-1
            Error: a session of 60 s is not between 3600 and 43200 s
            Error: of an inline policy, the name 'a b' is not one of 1 to 128 letters, digits and _+=,.@-
            Error: statement 1 of the inline policy 'same' names arn:aws-cn:s3:::x, of the partition 'aws-cn'
            Error: there are two inline policies 'same'
            Error: the inline policies have 10568 characters of at most 10240
            Error: 'arn:aws:s3:::x' is not the ARN of a policy
            Error: the tag 'aws:x' has the prefix 'aws:', which is AWS's own
            Error: the tags 'A' and 'a' differ only by case
        "#]],
    );
    let mut found = String::new();
    for document in [
        Document::json("{"),
        Document::json("{}"),
        Document::json(
            r#"{"Version":"2008-10-17","Statement":{"Effect":"Allow","Principal":"*","Action":"sts:AssumeRole","Resource":"*"}}"#,
        ),
        Document::from(PolicyDocument::new([Statement::builder()
            .sid("no spaces")
            .effect(Effect::Deny)
            .action(["s3:GetObject"])
            .build()])),
        Document::from(PolicyDocument::trust_service("sns.amazonaws.com")),
    ] {
        let mut check = Check::new(place());
        Role::builder().name("r").assume_role_policy(document).build().check(&mut check);
        for it in check.into_diagnostics() {
            found.push_str(&format!("{:?}: {}\n", it.severity, it.message));
        }
        found.push('\n');
    }
    expect![[r#"
        Error: the trust policy is not a JSON object

        Error: the trust policy is not of version 2012-10-17
        Error: the trust policy has no statement

        Error: the trust policy is not of version 2012-10-17
        Error: statement 1 of the trust policy names resources, which a trust policy has not
        Error: statement 1 of the trust policy lets everybody in the world assume the role

        Error: statement 1 of the trust policy has the action 's3:GetObject': a trust policy allows sts:AssumeRole
        Error: statement 1 of the trust policy names no principal: nobody could assume the role
        Error: statement 1 of the trust policy has the Sid 'no spaces': letters and digits only

        Warning: statement 1 of the trust policy lets sns.amazonaws.com assume the role for anybody's resources; pin it with a condition on aws:SourceAccount or aws:SourceArn

    "#]].assert_eq(&found);
}

/// What a role looks like that was applied as `props`, with what others added.
fn seen(props: &Value, added: Value) -> Snapshot {
    let mut props = props.clone();
    for (name, value) in added.as_object().unwrap() {
        props[name] = value.clone();
    }
    for (name, default) in [("inline_policies", json!([])), ("attached_policies", json!([]))] {
        if props.get(name).is_none() {
            props[name] = default;
        }
    }
    Snapshot {
        physical: "r".into(),
        props,
        outputs: Default::default(),
        status: Status::Ready,
        ownership: Ownership::Ours,
        children: Vec::new(),
        facts: Default::default(),
    }
}

/// The calls to get from what is seen to the goal, where every call does what it says.
fn next(goal: &Goal, seen: Option<&Snapshot>) -> String {
    let target = Target {
        id: ResourceId::new("r"),
        kind: "IAM:Role".into(),
        place: place(),
        incarnation: 1,
        token: "bc-test-1".into(),
        physical: None,
        props: json!({ "name": "r" }).into(),
        tags: Default::default(),
    };
    let turn = Turn::<Role>::new(&target, goal, seen).unwrap();
    match Role::step(&turn) {
        Next::Call(call @ super::RoleCall::Create(_)) => call.name().to_owned(),
        Next::Call(call) => format!("{call:?}"),
        Next::Done => "Done".to_owned(),
        other => format!("{other:?}"),
    }
}

fn to_props(role: &Role) -> Value {
    serde_json::to_value(role).unwrap()
}

#[test]
fn changes_come_in_a_safe_order() {
    let boundary = "arn:aws:iam::aws:policy/PowerUserAccess";
    let applied = to_props(
        &Role::builder()
            .inline_policy("old", allow("*"))
            .attach("arn:aws:iam::aws:policy/ReadOnlyAccess")
            .name("r")
            .description("before")
            .assume_role_policy(trust())
            .tags([("old", "1")])
            .build(),
    );
    let other_trust = PolicyDocument::new([Statement::builder()
        .principal(Principal::aws("123456789012"))
        .action(["sts:AssumeRole"])
        .build()]);
    let wanted = to_props(
        &Role::builder()
            .inline_policy("new", allow("*"))
            .attach("arn:aws:iam::aws:policy/SecurityAudit")
            .name("r")
            .permissions_boundary(boundary)
            .max_session_duration(7200)
            .assume_role_policy(other_trust)
            .tags([("new", "1")])
            .build(),
    );
    let goal = Goal::Present { wanted: wanted.clone(), applied: Some(applied.clone()) };
    let mut steps = vec![next(&goal, None)];
    // Others' policies stay.
    let mut now = seen(&applied, json!({}));
    now.props["attached_policies"].as_array_mut().unwrap().push(json!("arn:aws:iam::aws:policy/X"));
    now.props["max_session_duration"] = json!(3600);
    for (field, value) in [
        ("permissions_boundary", wanted["permissions_boundary"].clone()),
        ("assume_role_policy", wanted["assume_role_policy"].clone()),
        ("description", json!("")),
        ("max_session_duration", json!(7200)),
        ("inline_policies", json!([applied["inline_policies"][0], wanted["inline_policies"][0]])),
        (
            "attached_policies",
            json!([
                "arn:aws:iam::aws:policy/ReadOnlyAccess",
                "arn:aws:iam::aws:policy/X",
                "arn:aws:iam::aws:policy/SecurityAudit"
            ]),
        ),
        (
            "attached_policies",
            json!(["arn:aws:iam::aws:policy/X", "arn:aws:iam::aws:policy/SecurityAudit"]),
        ),
        ("inline_policies", wanted["inline_policies"].clone()),
        ("tags", json!({ "old": "1", "new": "1" })),
        ("tags", json!({ "new": "1" })),
    ] {
        steps.push(next(&goal, Some(&now)));
        now.props[field] = value;
    }
    steps.push(next(&goal, Some(&now)));
    expect![[r#"
        CreateRole
        PutBoundary("arn:aws:iam::aws:policy/PowerUserAccess")
        UpdateTrust("{\"Statement\":[{\"Action\":[\"sts:AssumeRole\"],\"Effect\":\"Allow\",\"Principal\":{\"AWS\":[\"123456789012\"]}}],\"Version\":\"2012-10-17\"}")
        Update { description: "", max_session_duration: 7200 }
        Update { description: "", max_session_duration: 7200 }
        PutInline { name: "new", document: "{\"Statement\":[{\"Action\":[\"s3:GetObject\"],\"Effect\":\"Allow\",\"Resource\":[\"*\"]}],\"Version\":\"2012-10-17\"}" }
        Attach("arn:aws:iam::aws:policy/SecurityAudit")
        Detach("arn:aws:iam::aws:policy/ReadOnlyAccess")
        DeleteInline("old")
        Tag({"new": "1"})
        Untag(["old"])
        Done
    "#]].assert_eq(&(steps.join("\n") + "\n"));
}

#[test]
fn exclusive_policies_remove_the_policies_of_others() {
    let role =
        Role::builder().name("r").assume_role_policy(trust()).exclusive_policies(true).build();
    let wanted = to_props(&role);
    let goal = Goal::Present { wanted: wanted.clone(), applied: Some(wanted.clone()) };
    let foreign = seen(
        &wanted,
        json!({
            "attached_policies": ["arn:aws:iam::aws:policy/X"],
            "inline_policies": [{ "name": "theirs", "document": { "any": "shape" } }],
        }),
    );
    expect![[r#"Detach("arn:aws:iam::aws:policy/X")"#]].assert_eq(&next(&goal, Some(&foreign)));
    let foreign = seen(
        &wanted,
        json!({ "inline_policies": [{ "name": "theirs", "document": { "any": "shape" } }] }),
    );
    expect![[r#"DeleteInline("theirs")"#]].assert_eq(&next(&goal, Some(&foreign)));
}

#[test]
fn a_delete_takes_what_is_ours_first() {
    let arn = "arn:aws:iam::aws:policy/ReadOnlyAccess";
    let role = |force: bool| {
        to_props(
            &Role::builder()
                .inline_policy("ours", allow("*"))
                .attach(arn)
                .name("r")
                .assume_role_policy(trust())
                .force_detach(force)
                .build(),
        )
    };
    let absent = |force| Goal::Absent { applied: role(force), lift_guards: false };
    let theirs = json!({ "attached_policies": [arn, "arn:aws:iam::aws:policy/Theirs"] });
    for (goal, now, expect) in [
        (absent(false), None, expect!["Done"]),
        (
            absent(false),
            Some(seen(&role(false), json!({}))),
            expect![[r#"Detach("arn:aws:iam::aws:policy/ReadOnlyAccess")"#]],
        ),
        (
            absent(false),
            Some(seen(&role(false), json!({ "attached_policies": [] }))),
            expect![[r#"DeleteInline("ours")"#]],
        ),
        (absent(false), Some(seen(&json!({}), json!({}))), expect!["Delete"]),
        (
            absent(false),
            Some(seen(&role(false), theirs.clone())),
            expect![[
                r#"Refuse { message: "the role r has policies that this stack did not put there: arn:aws:iam::aws:policy/Theirs", hint: "remove them, or declare the role with force_detach(true) and apply that first" }"#
            ]],
        ),
        (
            absent(true),
            Some(seen(&role(true), theirs)),
            expect![[r#"Detach("arn:aws:iam::aws:policy/ReadOnlyAccess")"#]],
        ),
    ] {
        expect.assert_eq(&next(&goal, now.as_ref()));
    }
}

#[test]
fn names_are_one_whatever_their_case() {
    let mut stack = bicoastal_model::Stack::new("test");
    for (id, name) in [("one", "Role"), ("two", "role"), ("three", "other")] {
        stack.global().add(id, Role::builder().name(name).assume_role_policy(trust()).build());
    }
    stack.global().add(
        "four",
        Role::builder().name(Name::generated("role")).assume_role_policy(trust()).build(),
    );
    let found: Vec<String> = stack.seal().unwrap_err().0.into_iter().map(|it| it.message).collect();
    expect!["its name 'role' is the name of one; AWS does not tell roles apart by case"]
        .assert_eq(&found.join("\n"));
}
