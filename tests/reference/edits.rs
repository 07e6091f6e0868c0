//! The program is edited: exactly that is the plan, and it is done in place.

use expect_test::{Expect, expect};
use serde_json::{Value, json};

use crate::*;

/// The program with one property of one resource set otherwise.
fn with(mut desired: Desired, id: &str, property: &str, value: Value) -> Desired {
    let declared = desired.resources.get_mut(&ResourceId::from(id)).unwrap();
    declared.props.set(property, value);
    desired
}

#[tokio::test]
async fn an_edit_is_exactly_that_change() {
    let world = applied(&two()).await;
    let mut desired = declared(&two());
    let policy = json!({ "Version": "2012-10-17", "Statement": [{
        "Sid": "Encrypted", "Effect": "Deny", "Principal": "*", "Action": "s3:*",
        "Resource": "arn:aws:s3:::naveenteja-assets-ap-south-1/*",
        "Condition": { "Bool": { "aws:SecureTransport": "false" } },
    }] });
    for (id, property, value, shown) in [
        (
            "user-sessions",
            "time_to_live",
            json!("expires"),
            expect!["Update user-sessions: time_to_live (edited)"],
        ),
        (
            "user-sessions",
            "point_in_time_recovery",
            json!({ "enabled": true, "recovery_period_days": 7 }),
            expect!["Update user-sessions: point_in_time_recovery.recovery_period_days (edited)"],
        ),
        (
            "us-east-1/front",
            "idle_timeout",
            json!(120),
            expect!["Update us-east-1/front: idle_timeout (edited)"],
        ),
        (
            "ap-south-1/targets",
            "health_check",
            json!({ "path": "/ready" }),
            expect!["Update ap-south-1/targets: health_check.path (edited)"],
        ),
        (
            "ap-south-1/targets",
            "port",
            json!(8081),
            expect![[r#"
            ReplaceCreateFirst ap-south-1/targets: port (edited)
            Update ap-south-1/https: default_actions (unknown)"#]],
        ),
        (
            "ap-south-1/naveenteja-assets",
            "policy",
            policy,
            expect!["Update ap-south-1/naveenteja-assets: policy (edited)"],
        ),
        (
            "alive-us-east-1",
            "path",
            json!("/ready"),
            expect!["Update alive-us-east-1: path (edited)"],
        ),
        (
            "alive-us-east-1",
            "interval",
            json!(30),
            expect![[r#"
            ReplaceCreateFirst alive-us-east-1: interval (edited)
            Update api-us-east-1: health_check (unknown)"#]],
        ),
        (
            "us-east-1/app",
            "backup_retention_days",
            json!(7),
            expect!["Update us-east-1/app: backup_retention_days (edited)"],
        ),
        (
            "us-east-1/app-1",
            "class",
            json!("db.r6g.xlarge"),
            expect!["Update us-east-1/app-1: class (edited)"],
        ),
        (
            "naveenteja-assets-replication",
            "description",
            json!("both ways"),
            expect!["Update naveenteja-assets-replication: description (edited)"],
        ),
        (
            "naveenteja-assets-replication",
            "max_session_duration",
            json!(7200),
            expect!["Update naveenteja-assets-replication: max_session_duration (edited)"],
        ),
        ("zone", "comment", json!("ours"), expect!["Update zone: comment (edited)"]),
    ] {
        let edited = with(desired.clone(), id, property, value);
        let shown: Expect = shown;
        match world.engine.plan(&edited, &PlanOptions::default()).await {
            Err(error) => shown.assert_eq(&error.to_string()),
            Ok(plan) => {
                shown.assert_eq(&changes(&plan).join("\n"));
                world.apply_with(&edited, &PlanOptions::default()).await;
                assert_settled(&world, &edited).await;
                desired = edited;
            }
        }
    }
}

#[tokio::test]
async fn a_tag_of_the_stack_is_one_update_of_each_region_after_the_other() {
    let world = applied(&two()).await;
    let desired = seal(|stack| {
        active_active::serve_from(stack, &flags(), &two());
        stack.tag("Project", "both-coasts");
    });
    let shown = plan(&world, &desired).await;
    expect![[r#"
        Update ap-south-1/naveenteja-assets: tags.project (edited)
        Update us-east-1/naveenteja-assets: tags.project (edited)
        Update naveenteja-assets-replication: tags.project (edited)
        Update app: tags.project (edited)
        Update user-sessions: tags.project (edited)
        Update ap-south-1/app-parameters: tags.project (edited)
        Update ap-south-1/app-subnets: tags.project (edited)
        Update ap-south-1/app: tags.project (edited)
        Update ap-south-1/app-1: tags.project (edited)
        Update ap-south-1/app-2: tags.project (edited)
        Update ap-south-1/front: tags.project (edited)
        Update ap-south-1/targets: tags.project (edited)
        Update ap-south-1/https: tags.project (edited)
        Update alive-ap-south-1: tags.project (edited)
        Update us-east-1/app-parameters: tags.project (edited)
        Update us-east-1/app-subnets: tags.project (edited)
        Update us-east-1/app: tags.project (edited)
        Update us-east-1/app-1: tags.project (edited)
        Update us-east-1/app-2: tags.project (edited)
        Update us-east-1/front: tags.project (edited)
        Update us-east-1/targets: tags.project (edited)
        Update us-east-1/https: tags.project (edited)
        Update alive-us-east-1: tags.project (edited)
        Update zone: tags.project (edited)"#]]
    .assert_eq(&changes(&shown).join("\n"));
    world.apply_with(&desired, &PlanOptions::default()).await;
    assert_settled(&world, &desired).await;
}

#[tokio::test]
async fn another_password_is_one_call_to_who_writes() {
    let world = applied(&two()).await;
    let flags = Program::parse_from(["active_active", "--database-password", "another-one"]).flags;
    let desired = seal(|stack| active_active::serve_from(stack, &flags, &two()));
    let shown = plan(&world, &desired).await;
    expect![[r#"
        Update ap-south-1/app: master_password (edited)
        Update us-east-1/app: master_password (edited)"#]]
    .assert_eq(&changes(&shown).join("\n"));
    let mark = world.cloud.calls().len();
    world.apply_with(&desired, &PlanOptions::default()).await;
    let calls: Vec<String> = calls_since(&world, mark)
        .into_iter()
        .map(|call| format!("{} {}", call.region, call.operation))
        .collect();
    expect!["us-east-1 ModifyDBCluster"].assert_eq(&calls.join("\n"));
    assert_settled(&world, &desired).await;
}
