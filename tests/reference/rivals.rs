//! Somebody else makes a thing of our name while our call to make it is in doubt: it is theirs, in
//! this run and in the next.

use std::future::Future;
use std::time::Duration;

use bicoastal::local::{Cloud, seed};
use bicoastal::runtime::Quiet;
use bicoastal::{Cancel, Stack};
use bicoastal_local::faults::{Effect, Rule};
use expect_test::{Expect, expect};

use crate::common::World;
use crate::others::{dynamodb, elbv2, iam, route53, s3};
use crate::*;

const TRUST: &str = r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"Service":"s3.amazonaws.com"},"Action":"sts:AssumeRole"}]}"#;

/// The mutating calls so far, by whoever made them.
fn mutating(cloud: &Cloud) -> Vec<String> {
    let calls = cloud.calls().into_iter().filter(|call| call.mutating);
    calls.map(|call| call.operation).collect()
}

/// Our first calls never arrive, which we can't know. Before we look again, somebody else makes
/// the thing. What is said then, and what is said when everything is planned again.
async fn check<F: Future<Output = ()>>(
    (call, lost): (&str, usize),
    declare: impl Fn(&mut Stack),
    rival: impl FnOnce(Cloud) -> F,
    expected: Expect,
) {
    let world = World::new();
    let (cloud, desired, options) = (&world.cloud, seal(declare), PlanOptions::default());
    let mut rule = Rule::new(Effect::LoseRequest).operation(call);
    rule.times = Some(lost as u64);
    cloud.faults().add(rule);
    let first = plan(&world, &desired).await;
    let cancel = Cancel::new();
    let ours = world.engine.apply(first, &desired, &options, &Quiet, &cancel);
    let theirs = async {
        while mutating(cloud).len() < lost {
            cloud.sleep(Duration::from_millis(200)).await;
        }
        rival(cloud.clone()).await;
    };
    let (report, ()) = tokio::join!(ours, theirs);
    let mut said = render::plain(&render::report(&report.unwrap()));
    // Ours, which was lost, and theirs: nothing was done to what they have.
    said += &format!("calls: {}\n", mutating(cloud).join(", "));
    let before = mutating(cloud).len();
    match world.engine.plan(&desired, &options).await {
        Ok(plan) => said += &format!("again: {}\n", changes(&plan).join("; ")),
        Err(error) => said += &format!("again: {}\n", crate::said(&error)),
    }
    // Given up, it is left alone.
    let nothing = plan(&world, &seal(|_| ())).await;
    said += &format!("given up: {}", render::plain(&render::plan(&nothing)));
    let report = world.engine.apply(nothing, &seal(|_| ()), &options, &Quiet, &cancel).await;
    assert!(report.unwrap().is_done());
    assert_eq!(mutating(cloud).len(), before);
    let lines = said.lines().filter(|line| !line.contains("declared at"));
    expected.assert_eq(&lines.map(|line| format!("{line}\n")).collect::<String>());
}

#[tokio::test]
async fn a_table() {
    let declare = |stack: &mut Stack| {
        let table = Table::builder().name("sessions").partition_key(Key::string("id"));
        let table = table.billing(Billing::OnDemand).stream(StreamView::NewAndOldImages);
        stack.across(&two()).add("sessions", table.build());
    };
    use aws_sdk_dynamodb::types as table;
    let rival = |marked: bool| {
        async move |cloud: Cloud| {
            let tag = |key: &str, value: &str| {
                table::Tag::builder().key(key).value(value).build().unwrap()
            };
            let marks = [
                tag("bicoastal:lineage", "another"),
                tag("bicoastal:resource", "sessions"),
                tag("bicoastal:stack", "shop"),
            ];
            let key = table::KeySchemaElement::builder().attribute_name("id");
            let attribute = table::AttributeDefinition::builder().attribute_name("id");
            dynamodb(&cloud, "us-east-1")
                .create_table()
                .table_name("sessions")
                .attribute_definitions(
                    attribute.attribute_type(table::ScalarAttributeType::S).build().unwrap(),
                )
                .key_schema(key.key_type(table::KeyType::Hash).build().unwrap())
                .billing_mode(table::BillingMode::PayPerRequest)
                .set_tags(marked.then(|| marks.to_vec()))
                .send()
                .await
                .unwrap();
        }
    };
    check(("CreateTable", 1), declare, rival(true), expect![[r#"
        error: could not create sessions
          sessions already exists as sessions and is not ours: tagged as sessions of stack shop (lineage another)
          hint: adopt it with stack.adopt(&…, "sessions"), or give this one another name
        Not finished: 0 of 1 change done, 1 failed. Nothing is undone; apply again to go on.
        calls: CreateTable, CreateTable
        again: error: sessions: sessions is another's now: tagged as sessions of stack shop (lineage another)
          hint: to take it over, say stack.adopt(&handle, "sessions")
        given up:   x sessions  DynamoDB:Table, ap-south-1+us-east-1  left alone in AWS, and not managed any more
              sessions is another's now, and is left alone: tagged as sessions of stack shop (lineage another)

        warning: sessions: sessions is another's now, and is left alone: tagged as sessions of stack shop (lineage another)
        Plan: 1 to forget.
    "#]]).await;
    check(("CreateTable", 1), declare, rival(false), expect![[r#"
        error: could not create sessions
          sessions already exists as sessions and is not ours: it bears no mark of this stack
          hint: adopt it with stack.adopt(&…, "sessions"), or give this one another name
        Not finished: 0 of 1 change done, 1 failed. Nothing is undone; apply again to go on.
        calls: CreateTable, CreateTable
        again: error: sessions: its creation did not end, and sessions exists but bears no mark of this stack
          hint: to take it over, say stack.adopt(&handle, "sessions")
        given up:   x sessions  DynamoDB:Table, ap-south-1+us-east-1  left alone in AWS, and not managed any more
              its creation did not end, and sessions exists but bears no mark of this stack: left alone

        warning: sessions: its creation did not end, and sessions exists but bears no mark of this stack: left alone
        Plan: 1 to forget.
    "#]]).await;
}

#[tokio::test]
async fn a_bucket() {
    let declare = |stack: &mut Stack| {
        let bucket = Bucket::builder().name("files").build();
        stack.region(Region::UsEast1).add("files", bucket);
    };
    let rival = async |cloud: Cloud| {
        s3(&cloud, "us-east-1").create_bucket().bucket("files").send().await.unwrap();
    };
    check(("CreateBucket", 1), declare, rival, expect![[r#"
        error: could not create us-east-1/files
          us-east-1/files already exists as files and is not ours: it bears no mark of this stack
          hint: adopt it with stack.adopt(&…, "files"), or give this one another name
        Not finished: 0 of 1 change done, 1 failed. Nothing is undone; apply again to go on.
        calls: CreateBucket, CreateBucket
        again: error: us-east-1/files: its creation did not end, and files exists but bears no mark of this stack
          hint: to take it over, say stack.adopt(&handle, "files")
        given up:   x us-east-1/files  S3:Bucket, us-east-1  left alone in AWS, and not managed any more
              its creation did not end, and files exists but bears no mark of this stack: left alone

        warning: us-east-1/files: its creation did not end, and files exists but bears no mark of this stack: left alone
        Plan: 1 to forget.
    "#]]).await;
}

#[tokio::test]
async fn a_role() {
    let declare = |stack: &mut Stack| {
        let role = Role::builder().name("copy").description("ours");
        stack.global().add(
            "copy",
            role.assume_role_policy(PolicyDocument::trust_service("s3.amazonaws.com")).build(),
        );
    };
    let rival = async |cloud: Cloud| {
        let role = iam(&cloud).create_role().role_name("copy").description("theirs");
        role.assume_role_policy_document(TRUST).send().await.unwrap();
    };
    check(("CreateRole", 1), declare, rival, expect![[r#"
        error: could not create copy
          copy already exists as copy and is not ours: it bears no mark of this stack
          hint: adopt it with stack.adopt(&…, "copy"), or give this one another name
        Not finished: 0 of 1 change done, 1 failed. Nothing is undone; apply again to go on.
        calls: CreateRole, CreateRole
        again: error: copy: its creation did not end, and copy exists but bears no mark of this stack
          hint: to take it over, say stack.adopt(&handle, "copy")
        given up:   x copy  IAM:Role, global  left alone in AWS, and not managed any more
              its creation did not end, and copy exists but bears no mark of this stack: left alone

        warning: copy: its creation did not end, and copy exists but bears no mark of this stack: left alone
        Plan: 1 to forget.
    "#]]).await;
}

/// The names of zones are not unique: only the token tells ours. Of two public ones only one is ever
/// asked, so the next plan tells of the other.
#[tokio::test]
async fn a_zone() {
    let declare = |stack: &mut Stack| {
        stack.global().add("zone", HostedZone::builder().name("example.com").build());
    };
    let rival = async |cloud: Cloud| {
        let zone = route53(&cloud).create_hosted_zone().name("example.com");
        zone.caller_reference("console").send().await.unwrap();
    };
    check(("CreateHostedZone", 6), declare, rival, expect![[r#"
        error: it is not known whether zone was created; the next apply finds out
          route53 CreateHostedZone in us-east-1: io error: connection reset
        Not finished: 0 of 1 change done, 1 in doubt. Nothing is undone; apply again to go on.
        calls: CreateHostedZone, CreateHostedZone, CreateHostedZone, CreateHostedZone, CreateHostedZone, CreateHostedZone, CreateHostedZone
        again: error: zone: its creation did not end, and ZLRJ2BOGBQOO80QZ4JZ4Y exists but bears no mark of this stack
          hint: to take it over, say stack.adopt(&handle, "ZLRJ2BOGBQOO80QZ4JZ4Y")
        given up:   x zone  Route53:HostedZone, global  left alone in AWS, and not managed any more
              its creation did not end, and ZLRJ2BOGBQOO80QZ4JZ4Y exists but bears no mark of this stack: left alone

        warning: zone: its creation did not end, and ZLRJ2BOGBQOO80QZ4JZ4Y exists but bears no mark of this stack: left alone
        Plan: 1 to forget.
    "#]]).await;
}

#[tokio::test]
async fn a_load_balancer() {
    let declare = |stack: &mut Stack| {
        let subnets = seed::subnet_ids("us-east-1");
        let front = LoadBalancer::builder().name("front");
        let front = front.subnets(subnets.iter().map(String::as_str)).build();
        stack.region(Region::UsEast1).add("front", front);
    };
    let rival = async |cloud: Cloud| {
        let front = elbv2(&cloud, "us-east-1").create_load_balancer().name("front");
        front.set_subnets(Some(seed::subnet_ids("us-east-1").to_vec())).send().await.unwrap();
    };
    check(("CreateLoadBalancer", 1), declare, rival, expect![[r#"
        error: could not create us-east-1/front
          us-east-1/front already exists as arn:aws:elasticloadbalancing:us-east-1:000000000000:loadbalancer/app/front/c0f472530da71763 and is not ours: it bears no mark of this stack
          hint: adopt it with stack.adopt(&…, "arn:aws:elasticloadbalancing:us-east-1:000000000000:loadbalancer/app/front/c0f472530da71763"), or give this one another name
        Not finished: 0 of 1 change done, 1 failed. Nothing is undone; apply again to go on.
        calls: CreateLoadBalancer, CreateLoadBalancer
        again: error: us-east-1/front: its creation did not end, and arn:aws:elasticloadbalancing:us-east-1:000000000000:loadbalancer/app/front/c0f472530da71763 exists but bears no mark of this stack
          hint: to take it over, say stack.adopt(&handle, "arn:aws:elasticloadbalancing:us-east-1:000000000000:loadbalancer/app/front/c0f472530da71763")
        given up:   x us-east-1/front  ELBv2:LoadBalancer, us-east-1  left alone in AWS, and not managed any more
              its creation did not end, and arn:aws:elasticloadbalancing:us-east-1:000000000000:loadbalancer/app/front/c0f472530da71763 exists but bears no mark of this stack: left alone

        warning: us-east-1/front: its creation did not end, and arn:aws:elasticloadbalancing:us-east-1:000000000000:loadbalancer/app/front/c0f472530da71763 exists but bears no mark of this stack: left alone
        Plan: 1 to forget.
    "#]]).await;
}

/// AWS answers a create with what is there and has the same settings. Attributes are none of those: they
/// are read after it, and what is read bears no mark.
#[tokio::test]
async fn a_load_balancer_that_appears_after_the_plan() {
    let world = World::new();
    let subnets = seed::subnet_ids("us-east-1");
    let desired = seal(|stack| {
        let front = LoadBalancer::builder().name("front").idle_timeout(120);
        let front = front.subnets(subnets.iter().map(String::as_str)).build();
        stack.region(Region::UsEast1).add("front", front);
    });
    let (cloud, options) = (&world.cloud, PlanOptions::default());
    let plan = plan(&world, &desired).await;
    let front = elbv2(cloud, "us-east-1").create_load_balancer().name("front");
    front.set_subnets(Some(subnets.to_vec())).send().await.unwrap();
    let report = world.engine.apply(plan, &desired, &options, &Quiet, &Cancel::new()).await;
    let mut said = render::plain(&render::report(&report.unwrap()));
    said += &format!("calls: {}\n", mutating(cloud).join(", "));
    expect![[r#"
        error: could not create us-east-1/front
          declared at tests/reference/rivals.rs:247
          us-east-1/front already exists as arn:aws:elasticloadbalancing:us-east-1:000000000000:loadbalancer/app/front/c0f472530da71763 and is not ours: it bears no mark of this stack
          hint: adopt it with stack.adopt(&…, "arn:aws:elasticloadbalancing:us-east-1:000000000000:loadbalancer/app/front/c0f472530da71763"), or give this one another name
        Not finished: 0 of 1 change done, 1 failed. Nothing is undone; apply again to go on.
        calls: CreateLoadBalancer, CreateLoadBalancer
    "#]].assert_eq(&said);
}
