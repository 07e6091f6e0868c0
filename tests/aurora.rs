//! A global database through the whole engine: roles are observed, regions come and go.
#![allow(clippy::panic, reason = "tests stop where they find something odd")]

mod common;

use std::collections::BTreeSet;

use bicoastal::local::call::Request;
use bicoastal::local::cloud::Delivery;
use bicoastal::local::seed;
use bicoastal::model::ResourceId;
use bicoastal::prelude::*;
use bicoastal::{PlanOptions, Stack};
use common::{World, changes, seal};
use expect_test::expect;

const US: Region = Region::UsEast1;
const IN: Region = Region::ApSouth1;
const EU: Region = Region::EuWest1;

fn declare(stack: &mut Stack, regions: &ActiveRegions, password: &str) {
    let subnets = regions.map(|region| {
        seed::subnet_ids(region.code()).iter().map(|id| id.as_str().into()).collect()
    });
    let keys = regions.map(|region| {
        stack.region(region).lookup("key", kms::Key::alias("alias/aws/rds")).arn().into()
    });
    let database = aurora::global_database(
        stack,
        "app",
        regions,
        aurora::GlobalDatabase::builder()
            .engine(rds::Engine::AuroraPostgresql)
            .engine_version("16.6")
            .database_name("app")
            .master_username("owner")
            .master_password(password)
            .instances_per_region(2)
            .instance_class("db.r6g.large")
            .subnets(subnets)
            .kms_keys(keys)
            .parameters([rds::Parameter::immediate("log_statement", "ddl")])
            .write_forwarding(true)
            .final_snapshots(false)
            .build(),
    );
    stack.export("endpoint", database.global.endpoint());
}

/// Somebody else, who uses the console: one call in a region, with its fields as a form.
fn by_hand(world: &World, region: Region, form: &str) {
    let scope = format!("test/20260101/{region}/rds/aws4_request");
    let delivery = world.cloud.handle(Request {
        method: "POST".into(),
        path: "/".into(),
        headers: vec![(
            "authorization".into(),
            format!("AWS4-HMAC-SHA256 Credential={scope}, Signature=0"),
        )],
        body: form.to_owned().into_bytes().into(),
        ..Request::default()
    });
    match delivery {
        Delivery::Answered { reply, .. } if reply.status == 200 => {}
        other => panic!("{form}: {other:?}"),
    }
}

fn switchover(world: &World, from: Region, to: Region) {
    let target = format!("arn:aws:rds:{to}:000000000000:cluster:{}", to.named("app"));
    by_hand(
        world,
        from,
        &format!(
            "Action=SwitchoverGlobalCluster&GlobalClusterIdentifier=app\
             &TargetDbClusterIdentifier={target}"
        ),
    );
    world.cloud.advance(600_000);
}

/// What a plan would change, and what it found that nobody declared.
async fn plan(world: &World, regions: &ActiveRegions) -> Vec<String> {
    let plan = world.plan(|stack| declare(stack, regions, "correct-horse")).await;
    let mut all = changes(&plan);
    all.extend(plan.added.iter().map(|added| format!("added {}", added.what)));
    all
}

#[tokio::test]
async fn a_global_database_lives_and_dies() {
    let world = World::new();
    let two = ActiveRegions::new(US, IN);
    world.apply(|stack| declare(stack, &two, "correct-horse")).await;
    let nothing: Vec<String> = Vec::new();
    assert_eq!(plan(&world, &two).await, nothing);
    assert_eq!(plan(&world, &ActiveRegions::new(IN, US)).await, nothing);

    // Another region writes: nothing to do, and a new password goes there.
    switchover(&world, US, IN);
    assert_eq!(plan(&world, &two).await, nothing);
    world.apply(|stack| declare(stack, &two, "battery-staple")).await;
    let modified: Vec<String> = world
        .cloud
        .calls()
        .iter()
        .filter(|call| call.operation == "ModifyDBCluster")
        .map(|call| call.region.clone())
        .collect();
    assert_eq!(modified.last().map(String::as_str), Some("ap-south-1"));
    world.apply(|stack| declare(stack, &two, "correct-horse")).await;

    // A third region is one word more.
    let three = two.clone().and(EU);
    expect![[r#"
        Create eu-west-1/app-parameters: name (edited), family (edited), parameters[log_statement] (edited)
        Create eu-west-1/app-subnets: name (edited), subnet_ids (edited)
        Create eu-west-1/app: identifier (edited), engine (edited), global_cluster (edited), global_regions (edited), initial_writer (edited), database_name (edited), master_username (edited), master_password (edited), subnet_group (edited), parameter_group (edited), storage_encrypted (edited), kms_key (edited), deletion_protection (edited), global_write_forwarding (edited), final_snapshot (edited)
        Create eu-west-1/app-1: identifier (edited), cluster (edited), engine (edited), class (edited)
        Create eu-west-1/app-2: identifier (edited), cluster (edited), engine (edited), class (edited)
        Note app: regions[eu-west-1] (edited)
        Note ap-south-1/app: global_regions (edited)
        Note us-east-1/app: global_regions (edited)"#]].assert_eq(&plan(&world, &three).await.join("\n"));
    world.apply(|stack| declare(stack, &three, "correct-horse")).await;
    assert_eq!(plan(&world, &three).await, nothing);
    let refused = seal(|stack| {
        declare(stack, &ActiveRegions::new(US, EU), "correct-horse");
    });
    let options =
        PlanOptions { unprotect: ["ap-south-1/app".into()].into(), ..PlanOptions::default() };
    let refused = world.engine.plan(&refused, &options).await.unwrap_err().to_string();
    let refused: Vec<&str> = refused.lines().filter(|line| !line.contains("declared at")).collect();
    expect![[r#"
        error: app: ap-south-1 is where it is written at present, so that region can't be taken out
          hint: switch over to another region first
        error: ap-south-1/app: app is written in ap-south-1 at present, so this member of it can't be deleted
          hint: switch over to another region first"#]]
    .assert_eq(&refused.join("\n"));

    // An instance that somebody added is seen and left alone.
    by_hand(
        &world,
        IN,
        "Action=CreateDBInstance&DBInstanceIdentifier=extra&DBClusterIdentifier=app-ap-south-1\
         &Engine=aurora-postgresql&DBInstanceClass=db.r6g.large",
    );
    world.cloud.advance(600_000);
    expect!["added extra in app-ap-south-1 (ap-south-1)"]
        .assert_eq(&plan(&world, &three).await.join("\n"));
    by_hand(&world, IN, "Action=DeleteDBInstance&DBInstanceIdentifier=extra");
    world.cloud.advance(600_000);

    // One word less again: the region's cluster leaves, the others stay as they are.
    let options =
        PlanOptions { unprotect: ["eu-west-1/app".into()].into(), ..PlanOptions::default() };
    let fewer = seal(|stack| declare(stack, &two, "correct-horse"));
    world.apply_with(&fewer, &options).await;
    assert_eq!(plan(&world, &two).await, nothing);

    let guarded = ["app", "us-east-1/app", "ap-south-1/app"];
    let options = PlanOptions {
        destroy: true,
        unprotect: guarded.into_iter().map(ResourceId::from).collect::<BTreeSet<_>>(),
        ..PlanOptions::default()
    };
    world.apply_with(&fewer, &options).await;
    let left = world.cloud.with_world(|world| format!("{:?}", world.rds));
    assert!(!left.contains("app"), "{left}");
}
