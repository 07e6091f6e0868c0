//! Taking all of it down: every guard is told, and only those that are named are lifted.

use expect_test::expect;

use crate::others::{inventory, s3};
use crate::*;

fn destroying(lifted: &[&str]) -> PlanOptions {
    PlanOptions { destroy: true, ..lifting(lifted) }
}

async fn refused(world: &World, desired: &Desired, lifted: &[&str]) -> String {
    match world.engine.plan(desired, &destroying(lifted)).await {
        Ok(plan) => panic!("not refused: {:?}", changes(&plan)),
        Err(error) => error.to_string(),
    }
}

#[tokio::test]
async fn every_guard_is_told_and_lifted_by_name() {
    let world = applied(&two()).await;
    let desired = declared(&two());
    let object = s3(&world.cloud, "us-east-1")
        .put_object()
        .bucket("naveenteja-assets-us-east-1")
        .key("logo.svg")
        .body(aws_sdk_s3::primitives::ByteStream::from_static(b"<svg/>"))
        .send();
    object.await.unwrap();
    world.cloud.sleep(std::time::Duration::from_secs(3600)).await;

    expect![[r#"
        error: ap-south-1/app: has deletion_protection on in AWS
          hint: to have it switched off and delete it, name it: --unprotect ap-south-1/app
        error: ap-south-1/naveenteja-assets: is not empty
          hint: empty it, or set force_destroy(true) and apply that first
        error: app: has deletion_protection on in AWS
          hint: to have it switched off and delete it, name it: --unprotect app
        error: us-east-1/app: has deletion_protection on in AWS
          hint: to have it switched off and delete it, name it: --unprotect us-east-1/app
        error: us-east-1/naveenteja-assets: is not empty
          hint: empty it, or set force_destroy(true) and apply that first
        error: user-sessions: is protected
          hint: to delete it, name it: --unprotect user-sessions
        error: zone: is protected
          hint: to delete it, name it: --unprotect zone"#]]
    .assert_eq(&refused(&world, &desired, &[]).await);
    let mark = world.cloud.calls().len();
    let named = ["user-sessions", "app", "us-east-1/app", "ap-south-1/app", "zone"];
    expect![[r#"
        error: ap-south-1/naveenteja-assets: is not empty
          hint: empty it, or set force_destroy(true) and apply that first
        error: us-east-1/naveenteja-assets: is not empty
          hint: empty it, or set force_destroy(true) and apply that first"#]]
    .assert_eq(&refused(&world, &desired, &named).await);
    assert!(calls_since(&world, mark).is_empty(), "what is refused changes nothing");

    for (bucket, region) in [
        ("naveenteja-assets-us-east-1", "us-east-1"),
        ("naveenteja-assets-ap-south-1", "ap-south-1"),
    ] {
        let client = s3(&world.cloud, region);
        let versions = client.list_object_versions().bucket(bucket).send().await.unwrap();
        for version in versions.versions() {
            client
                .delete_object()
                .bucket(bucket)
                .key(version.key().unwrap())
                .version_id(version.version_id().unwrap())
                .send()
                .await
                .unwrap();
        }
    }
    expect![[r#"
        error: zone: is protected
          hint: to delete it, name it: --unprotect zone"#]]
    .assert_eq(&refused(&world, &desired, &named[..4]).await);
    world.apply_with(&desired, &destroying(&named)).await;
    let left: Vec<String> = inventory(&world.cloud).await.into_iter().collect();
    expect![""].assert_eq(&left.join("\n"));
    let state = world.engine.state("test").await.unwrap().unwrap();
    assert!(state.entries.is_empty(), "{:?}", state.entries);
    assert_eq!(state.exports, []);
}

#[tokio::test]
async fn buckets_that_may_be_emptied_are_emptied() {
    let world = applied(&two()).await;
    let mut desired = declared(&two());
    for region in ["us-east-1", "ap-south-1"] {
        let id = ResourceId::from(format!("{region}/naveenteja-assets").as_str());
        desired.resources.get_mut(&id).unwrap().props.set("force_destroy", true);
    }
    world.apply_with(&desired, &PlanOptions::default()).await;
    let client = s3(&world.cloud, "us-east-1");
    for key in ["a", "b", "c"] {
        let body = aws_sdk_s3::primitives::ByteStream::from_static(b"x");
        let object = client.put_object().bucket("naveenteja-assets-us-east-1").key(key).body(body);
        object.send().await.unwrap();
    }
    world.cloud.sleep(std::time::Duration::from_secs(3600)).await;
    let named = ["user-sessions", "app", "us-east-1/app", "ap-south-1/app", "zone"];
    world.apply_with(&desired, &destroying(&named)).await;
    let left: Vec<String> = inventory(&world.cloud).await.into_iter().collect();
    expect![""].assert_eq(&left.join("\n"));
}
