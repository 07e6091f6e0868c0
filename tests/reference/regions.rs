//! Regions come and go, and writers move; nothing of those that stay is replaced.

use bicoastal::plan::Action;
use bicoastal_local::log::CallRecord;
use expect_test::expect;

use crate::others::{inventory, rds};
use crate::*;

/// What happens to whom, without the fields.
fn actions(plan: &Plan) -> String {
    let lines: Vec<String> =
        plan.effective().map(|change| format!("{:?} {}", change.action, change.id)).collect();
    lines.join("\n")
}

/// Where the first (or last) call is that `is` tells.
fn at(calls: &[CallRecord], is: impl Fn(&CallRecord) -> bool) -> Vec<usize> {
    calls.iter().enumerate().filter(|(_, call)| is(call)).map(|(at, _)| at).collect()
}

fn is(region: &str, operations: &[&str]) -> impl Fn(&CallRecord) -> bool {
    move |call| {
        (region.is_empty() || call.region == region)
            && operations.contains(&call.operation.as_str())
    }
}

/// A switchover by hand.
async fn switch_to(world: &World, region: &str) {
    let client = rds(&world.cloud, "us-east-1");
    let global = client.describe_global_clusters().send().await.unwrap();
    let arn = global.global_clusters()[0]
        .global_cluster_members()
        .iter()
        .map(|member| member.db_cluster_arn().unwrap())
        .find(|arn| arn.contains(region))
        .unwrap()
        .to_owned();
    client
        .switchover_global_cluster()
        .global_cluster_identifier("app")
        .target_db_cluster_identifier(arn)
        .send()
        .await
        .unwrap();
    world.cloud.sleep(std::time::Duration::from_secs(3600)).await;
}

#[tokio::test]
async fn a_third_region_is_one_word_and_is_drained_before_it_goes() {
    let world = applied(&two()).await;
    let before = inventory(&world.cloud).await;

    let adding = plan(&world, &declared(&three())).await;
    expect![[r#"
        Create eu-west-1/naveenteja-assets
        Update naveenteja-assets-replication
        Update user-sessions
        Create eu-west-1/app-parameters
        Create eu-west-1/app-subnets
        Create eu-west-1/app
        Create eu-west-1/app-1
        Create eu-west-1/app-2
        Create eu-west-1/naveenteja-assets-replication
        Create eu-west-1/front
        Create eu-west-1/targets
        Create eu-west-1/https
        Create alive-eu-west-1
        Create api-eu-west-1
        Update ap-south-1/naveenteja-assets-replication
        Update us-east-1/naveenteja-assets-replication"#]]
    .assert_eq(&actions(&adding));
    let mark = world.cloud.calls().len();
    world.apply_with(&declared(&three()), &PlanOptions::default()).await;
    let calls = calls_since(&world, mark);
    let traffic = at(&calls, is("", &["ChangeResourceRecordSets"]));
    let data = at(
        &calls,
        is(
            "",
            &[
                "CreateDBCluster",
                "CreateDBInstance",
                "UpdateTable",
                "CreateBucket",
                "PutBucketReplication",
            ],
        ),
    );
    assert_eq!((traffic.len(), data.len()), (1, 8), "{calls:#?}");
    assert!(data.last() < traffic.first(), "{calls:#?}");
    assert_settled(&world, &declared(&three())).await;

    let refused = world.engine.plan(&declared(&two()), &PlanOptions::default()).await.unwrap_err();
    expect![[r#"
        error: user-sessions: is protected, and what it holds in eu-west-1 would be destroyed
          hint: to take eu-west-1 out of it, name it: --unprotect user-sessions
        error: eu-west-1/app: has deletion_protection on in AWS
          hint: to have it switched off and delete it, name it: --unprotect eu-west-1/app"#]]
    .assert_eq(&said(&refused));
    let lifted = lifting(&["eu-west-1/app", "user-sessions"]);
    let removing = world.plan_with(&declared(&two()), &lifted).await;
    expect![[r#"
        Delete api-eu-west-1
        Update naveenteja-assets-replication
        Update ap-south-1/naveenteja-assets-replication
        Update us-east-1/naveenteja-assets-replication
        Delete alive-eu-west-1
        Delete eu-west-1/https
        Delete eu-west-1/front
        Delete eu-west-1/targets
        Delete eu-west-1/app-1
        Delete eu-west-1/app-2
        Delete eu-west-1/app
        Delete eu-west-1/naveenteja-assets-replication
        Delete eu-west-1/naveenteja-assets
        Delete eu-west-1/app-parameters
        Delete eu-west-1/app-subnets
        Update user-sessions"#]]
    .assert_eq(&actions(&removing));
    let mark = world.cloud.calls().len();
    world.apply_with(&declared(&two()), &lifted).await;
    let calls = calls_since(&world, mark);
    // Nobody is sent there any more, and whoever was has had two minutes to go.
    assert_eq!(calls[0].operation, "ChangeResourceRecordSets", "{calls:#?}");
    let touched = at(&calls, |call| {
        !["ChangeResourceRecordSets", "DeleteHealthCheck"].contains(&call.operation.as_str())
    });
    assert!(calls[touched[0]].at_ms - calls[0].at_ms >= 120_000, "{calls:#?}");
    assert_settled(&world, &declared(&two())).await;
    assert_eq!(before, inventory(&world.cloud).await);
}

#[tokio::test]
async fn a_switchover_by_hand_is_no_change_and_the_old_home_can_go() {
    let world = applied(&three()).await;
    let without_home = ActiveRegions::new(Region::ApSouth1, Region::EuWest1);
    let desired = declared(&without_home);
    let refused = world.engine.plan(&desired, &PlanOptions::default()).await.unwrap_err();
    expect![[r#"
        error: app: us-east-1 is where it is written at present, so that region can't be taken out
          hint: switch over to another region first
        error: user-sessions: is protected, and what it holds in us-east-1 would be destroyed
          hint: to take us-east-1 out of it, name it: --unprotect user-sessions
        error: us-east-1/app: has deletion_protection on in AWS
          hint: to have it switched off and delete it, name it: --unprotect us-east-1/app
        error: us-east-1/app: app is written in us-east-1 at present, so this member of it can't be deleted
          hint: switch over to another region first"#]].assert_eq(&said(&refused));

    switch_to(&world, "ap-south-1").await;
    assert_settled(&world, &declared(&three())).await;

    let asked = world.engine.plan(&desired, &PlanOptions::default()).await;
    expect![[r#"
        error: user-sessions: is protected, and what it holds in us-east-1 would be destroyed
          declared at examples/active_active.rs:55
          hint: to take us-east-1 out of it, name it: --unprotect user-sessions
        error: us-east-1/app: has deletion_protection on in AWS
          hint: to have it switched off and delete it, name it: --unprotect us-east-1/app"#]]
    .assert_eq(&asked.map_or_else(|error| error.to_string(), |plan| actions(&plan)));
    let lifted = lifting(&["us-east-1/app", "user-sessions"]);
    let going = world.plan_with(&desired, &lifted).await;
    expect![[r#"
        Delete api-us-east-1
        Update naveenteja-assets-replication
        Update ap-south-1/naveenteja-assets-replication
        Update eu-west-1/naveenteja-assets-replication
        Delete alive-us-east-1
        Delete us-east-1/https
        Delete us-east-1/front
        Delete us-east-1/targets
        Delete us-east-1/app-1
        Delete us-east-1/app-2
        Delete us-east-1/app
        Delete us-east-1/naveenteja-assets-replication
        Delete us-east-1/naveenteja-assets
        Delete us-east-1/app-parameters
        Delete us-east-1/app-subnets
        Update user-sessions"#]]
    .assert_eq(&actions(&going));
    for change in &going.changes {
        let here = change.id.as_str().contains("us-east-1");
        assert!(here == (change.action == Action::Delete), "{change:?}");
    }
    world.apply_with(&desired, &lifted).await;
    assert_settled(&world, &desired).await;
    let left: Vec<String> = inventory(&world.cloud)
        .await
        .into_iter()
        .filter(|line| line.contains("us-east-1"))
        .collect();
    expect![""].assert_eq(&left.join("\n"));
}
