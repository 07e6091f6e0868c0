//! Roles and managed policies against the local cloud.
#![cfg(feature = "iam")]
#![allow(clippy::unwrap_used, reason = "tests stop where they find something odd")]

mod common;

use aws_sdk_iam::Client;
use bicoastal_aws::iam::{Policy, Role};
use bicoastal_local::faults::{Effect, Rule};
use bicoastal_model::{PolicyDocument, Principal, Statement};
use common::Harness;
use expect_test::expect;
use serde_json::{Value, json};
use std::time::Duration;

fn trust() -> PolicyDocument {
    PolicyDocument::trust_service("lambda.amazonaws.com")
}

fn allow(action: &str) -> PolicyDocument {
    PolicyDocument::new([Statement::builder()
        .action([action])
        .resource(["arn:aws:s3:::a b+c/é/*"])
        .build()])
}

fn props<R: serde::Serialize>(resource: R) -> Value {
    serde_json::to_value(resource).unwrap()
}

const READ_ONLY: &str = "arn:aws:iam::aws:policy/ReadOnlyAccess";
const AUDIT: &str = "arn:aws:iam::aws:policy/SecurityAudit";

fn whole() -> Value {
    props(
        Role::builder()
            .inline_policy("read", allow("s3:GetObject"))
            .attach(READ_ONLY)
            .name("replication")
            .path("/app/")
            .description("copies")
            .max_session_duration(7200)
            .permissions_boundary(AUDIT)
            .assume_role_policy(trust())
            .tags([("Project", "x")])
            .build(),
    )
}

#[tokio::test]
async fn a_role_keeps_the_contract() {
    let harness = Harness::new();
    let mut role = harness.global::<Role>("role");
    let made = role.apply(&whole()).await;
    assert_eq!(role.calls, ["CreateRole", "PutRolePolicy", "AttachRolePolicy"]);
    assert_eq!(made.outputs["arn"], json!("arn:aws:iam::000000000000:role/app/replication"));

    let mut calls = Vec::new();
    for (field, value) in [
        ("description", json!("changed")),
        ("max_session_duration", json!(3600)),
        ("permissions_boundary", json!(READ_ONLY)),
        ("assume_role_policy", props(PolicyDocument::trust_service("ec2.amazonaws.com"))),
        ("inline_policies", json!([{ "name": "write", "document": allow("s3:PutObject") }])),
        ("attached_policies", json!([AUDIT])),
        ("tags", json!({ "Project": "y", "More": "" })),
        // What is no longer mentioned goes back to what it was without us.
        ("description", Value::Null),
        ("max_session_duration", Value::Null),
        ("permissions_boundary", Value::Null),
        ("inline_policies", Value::Null),
        ("attached_policies", Value::Null),
        ("tags", Value::Null),
    ] {
        let mut changed = role.applied.clone().unwrap();
        match value {
            Value::Null => changed.as_object_mut().unwrap().remove(field),
            value => changed.as_object_mut().unwrap().insert(field.to_owned(), value),
        };
        role.apply(&changed).await;
        calls.push(format!("{field}: {}", role.calls.join(", ")));
    }
    expect![[r#"
        description: UpdateRole
        max_session_duration: UpdateRole
        permissions_boundary: PutRolePermissionsBoundary
        assume_role_policy: UpdateAssumeRolePolicy
        inline_policies: PutRolePolicy, DeleteRolePolicy
        attached_policies: AttachRolePolicy, DetachRolePolicy
        tags: TagRole
        description: UpdateRole
        max_session_duration: 
        permissions_boundary: DeleteRolePermissionsBoundary
        inline_policies: DeleteRolePolicy
        attached_policies: DetachRolePolicy
        tags: UntagRole
    "#]]
    .assert_eq(&(calls.join("\n") + "\n"));
    role.destroy().await;
}

#[tokio::test]
async fn a_create_that_was_forgotten_is_found_again() {
    let harness = Harness::new();
    let mut role = harness.global::<Role>("role");
    role.create_forgetfully(&whole()).await;
    let created = harness.cloud.calls().iter().filter(|it| it.operation == "CreateRole").count();
    assert_eq!(created, 1);
}

#[tokio::test]
async fn what_others_do_is_seen_and_theirs_stays() {
    let harness = Harness::new();
    let mut role = harness.global::<Role>("role");
    role.apply(&whole()).await;
    let other = Client::new(&Harness::sdk(&harness.cloud));
    let document = serde_json::to_string(&allow("s3:*")).unwrap();
    let put = other.put_role_policy().role_name("replication").policy_document(&document);
    put.clone().policy_name("theirs").send().await.unwrap();
    put.policy_name("read").send().await.unwrap();
    other.attach_role_policy().role_name("replication").policy_arn(AUDIT).send().await.unwrap();
    other.update_role().role_name("replication").description("theirs").send().await.unwrap();
    expect![[r#"
        description
        max_session_duration
        inline_policies[read].document
        (inline_policies[theirs])
        (attached_policies[arn:aws:iam::aws:policy/SecurityAudit])"#]]
    .assert_eq(&role.drift(&whole()).await.join("\n"));

    role.apply(&whole()).await;
    expect![[r#"
        (inline_policies[theirs])
        (attached_policies[arn:aws:iam::aws:policy/SecurityAudit])"#]]
    .assert_eq(&role.drift(&whole()).await.join("\n"));
    let refused = role.try_destroy(false).await.unwrap_err();
    expect!["the role replication has policies that this stack did not put there: arn:aws:iam::aws:policy/SecurityAudit, theirs"].assert_eq(&refused.facts().message);

    let mut claimed = whole();
    claimed["exclusive_policies"] = json!(true);
    role.apply(&claimed).await;
    expect![[r#"
        DetachRolePolicy
        DeleteRolePolicy"#]]
    .assert_eq(&role.calls.join("\n"));
    role.destroy().await;
}

#[tokio::test]
async fn a_role_that_instances_take_is_not_deleted() {
    let harness = Harness::new();
    let mut role = harness.global::<Role>("role");
    role.apply(&whole()).await;
    let fleet = |is_in| {
        let told = harness.cloud.with_world(|world| {
            world.iam.in_instance_profile("000000000000", "replication", "fleet", is_in)
        });
        assert!(told);
    };
    fleet(true);
    // It is as it was: no policy is taken from instances that run.
    let before = role.read().await;
    let refused = role.try_destroy(false).await.unwrap_err();
    let facts = refused.facts();
    expect![[r#"
        EC2 instances take the role replication from fleet
        take it out of the instance profile (aws iam remove-role-from-instance-profile), and delete it again"#]].assert_eq(&format!("{}\n{}", facts.message, facts.hint.as_deref().unwrap()));
    assert_eq!(role.read().await, before);
    // One without policies AWS refuses by itself.
    let mut bare = whole();
    for field in ["inline_policies", "attached_policies"] {
        bare[field] = json!([]);
    }
    role.apply(&bare).await;
    let refused = role.try_destroy(false).await.unwrap_err();
    let facts = refused.facts();
    expect![[r#"
        Cannot delete entity, must remove roles from instance profile first.
        EC2 instances take the role from an instance profile that it is in: aws iam list-instance-profiles-for-role names it; take the role out with remove-role-from-instance-profile, and delete it again"#]].assert_eq(&format!("{}\n{}", facts.message, facts.hint.as_deref().unwrap()));
    role.apply(&whole()).await;
    fleet(false);
    role.destroy().await;
}

#[tokio::test]
async fn a_role_of_somebody_else_is_not_taken_over() {
    let harness = Harness::new();
    let other = Client::new(&Harness::sdk(&harness.cloud));
    let document = serde_json::to_string(&trust()).unwrap();
    other
        .create_role()
        .role_name("Replication")
        .assume_role_policy_document(document)
        .send()
        .await
        .unwrap();
    let mut role = harness.global::<Role>("role");
    let refused = role.try_apply(&whole()).await.unwrap_err();
    expect!["role already exists as Replication and is not ours: it bears no mark of this stack"]
        .assert_eq(&refused.facts().message);
}

#[tokio::test]
async fn iam_takes_its_time() {
    let harness = Harness::new();
    for name in ["iam.propagation", "iam.propagation.read", "iam.propagation.detach"] {
        harness.cloud.set_duration(name, Duration::from_secs(20));
    }
    let mut role = harness.global::<Role>("role");
    role.apply(&whole()).await;
    // It is known what was made: nothing is read, and hence nothing called again, in between.
    assert_eq!(role.calls, ["CreateRole", "PutRolePolicy", "AttachRolePolicy"]);
    let made = role.calls.iter().filter(|call| *call == "CreateRole").count();
    assert_eq!(made, 1);

    // A fresh principal is refused until it is known everywhere.
    let mut second = harness.global::<Role>("second");
    let mut of_role = whole();
    of_role["name"] = json!("second");
    second.apply(&of_role).await;
    let trusting = PolicyDocument::new([Statement::builder()
        .principal(Principal::aws("arn:aws:iam::000000000000:role/app/second"))
        .action(["sts:AssumeRole"])
        .build()]);
    let mut trusted = whole();
    trusted["assume_role_policy"] = props(trusting);
    role.apply(&trusted).await;

    // Recreated, the role is another one for those who trust it: seen as drift, and mended.
    second.destroy().await;
    assert!(second.calls.is_empty());
    second.applied = None;
    second.target.physical = None;
    second.apply(&of_role).await;
    assert_eq!(role.drift(&trusted).await, ["assume_role_policy"]);
    role.apply(&trusted).await;
}

#[tokio::test]
async fn many_roles_are_read_with_two_calls() {
    let harness = Harness::new();
    let mut targets = Vec::new();
    for number in 0..30 {
        let mut role = harness.global::<Role>(&format!("role-{number}"));
        let mut props = whole();
        props["name"] = json!(format!("role-{number}"));
        role.apply(&props).await;
        targets.push(role.target);
    }
    let before = harness.cloud.calls().len();
    let seen = bicoastal_model::Provider::refresh(&harness.provider, &targets).await;
    assert!(seen.iter().all(|it| matches!(it, bicoastal_model::Seen::Present(_))));
    assert_eq!(harness.cloud.calls().len() - before, 2);
}

#[tokio::test]
async fn a_managed_policy_keeps_the_contract() {
    let harness = Harness::new();
    let mut policy = harness.global::<Policy>("policy");
    let of = |action: &str| {
        props(
            Policy::builder()
                .name("shared")
                .path("/app/")
                .description("shared")
                .document(allow(action))
                .tags([("Project", "x")])
                .build(),
        )
    };
    policy.create_forgetfully(&of("s3:GetObject")).await;
    let mut calls = Vec::new();
    for action in ["s3:PutObject", "s3:ListBucket", "s3:DeleteObject", "s3:Get*", "s3:Put*"] {
        policy.apply(&of(action)).await;
        calls.push(policy.calls.join(", "));
    }
    expect![[r#"
        CreatePolicyVersion
        CreatePolicyVersion
        CreatePolicyVersion
        CreatePolicyVersion
        DeletePolicyVersion, CreatePolicyVersion
    "#]]
    .assert_eq(&(calls.join("\n") + "\n"));
    let mut tagged = of("s3:Put*");
    tagged["tags"] = json!({ "Other": "y" });
    policy.apply(&tagged).await;
    assert_eq!(policy.calls, ["TagPolicy", "UntagPolicy"]);

    let arn = policy.target.physical.clone().unwrap();
    let other = Client::new(&Harness::sdk(&harness.cloud));
    let document = serde_json::to_string(&allow("s3:*")).unwrap();
    // The oldest goes to make room for somebody else's.
    other.delete_policy_version().policy_arn(&arn).version_id("v2").send().await.unwrap();
    other
        .create_policy_version()
        .policy_arn(&arn)
        .policy_document(document)
        .set_as_default(true)
        .send()
        .await
        .unwrap();
    assert_eq!(policy.drift(&tagged).await, ["document"]);
    policy.apply(&tagged).await;
    policy.destroy().await;
}

#[tokio::test]
async fn roles_and_the_caller_are_looked_up() {
    use bicoastal_aws::CallerIdentity;
    use bicoastal_model::{Provider, Seen, Stack};
    let harness = Harness::new();
    let mut role = harness.global::<Role>("role");
    let arn = role.apply(&whole()).await.outputs["arn"].clone();
    let name = role.target.physical.clone().unwrap();
    let mut stack = Stack::new("test");
    stack.global().lookup("found", Role::named(name.to_uppercase()));
    stack.global().lookup("missing", Role::named("nobody"));
    let me = stack.global().lookup("me", CallerIdentity::ours());
    stack.export("account", me.account());
    let desired = stack.seal().unwrap();
    let mut answers = Vec::new();
    for declared in desired.resources.into_values() {
        let target = common::lookup(declared);
        answers.push(match harness.provider.lookup(&target).await.unwrap() {
            Seen::Present(found) => format!("{}: {}", target.id, json!(found.outputs)),
            other => format!("{}: {other:?}", target.id),
        });
    }
    assert!(answers[0].contains(arn.as_str().unwrap()), "{}", answers[0]);
    assert_eq!(answers[2], "missing: Absent");
    assert!(answers[1].contains("\"account\":\"000000000000\""), "{}", answers[1]);
}

/// Right after its creation a policy may be shown and its default version not: that is no other
/// document than the one that was sent.
#[tokio::test]
async fn a_policy_whose_version_is_not_shown_yet_gets_no_other_one() {
    let harness = Harness::new();
    let hidden = Rule::new(Effect::NotFound).operation("GetPolicyVersion").times(1);
    harness.cloud.faults().add(hidden);
    let mut policy = harness.global::<Policy>("policy");
    let wanted = Policy::builder().name("late").document(allow("s3:GetObject")).build();
    policy.apply(&props(wanted)).await;
    assert_eq!(policy.calls, ["CreatePolicy", "(GetPolicyVersion NotYet)"]);
}
