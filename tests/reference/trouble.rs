//! A region that is gone, names that are taken, plans that are out of date, answers that are lost.

use bicoastal::runtime::{Event, Observer, Quiet};
use bicoastal::{Cancel, Error};
use bicoastal_engine::machine::Report;
use bicoastal_local::faults::{Effect, Rule};
use expect_test::expect;

use crate::others::{dynamodb, iam, inventory, route53, s3};
use crate::*;

async fn apply(
    world: &World,
    plan: Plan,
    desired: &Desired,
    options: &PlanOptions,
) -> Result<Report, Error> {
    world.engine.apply(plan, desired, options, &Quiet, &Cancel::new()).await
}

fn tagged(value: &str) -> Desired {
    seal(|stack| {
        active_active::serve_from(stack, &flags(), &two());
        stack.tag("Project", value);
    })
}

fn unseen(plan: &Plan) -> String {
    let ids: Vec<&str> = plan.unseen.iter().map(|unseen| unseen.id.as_str()).collect();
    ids.join("\n")
}

#[tokio::test]
async fn what_can_not_be_seen_is_unknown_and_not_gone() {
    let world = applied(&two()).await;
    world.cloud.faults().region_gone("ap-south-1");
    let same = plan(&world, &declared(&two())).await;
    expect![[r#"
        ap-south-1/rds-key
        ap-south-1/app-parameters
        ap-south-1/app-subnets
        ap-south-1/front
        ap-south-1/naveenteja-assets
        ap-south-1/targets
        ap-south-1/https
        ap-south-1/app
        ap-south-1/app-1
        ap-south-1/app-2
        ap-south-1/naveenteja-assets-replication"#]]
    .assert_eq(&unseen(&same));
    expect![""].assert_eq(&changes(&same).join("\n"));

    let desired = tagged("both-coasts");
    let edited = plan(&world, &desired).await;
    expect![[r#"
        Update us-east-1/naveenteja-assets: tags.project (edited)
        Update naveenteja-assets-replication: tags.project (edited)
        Update app: tags.project (edited)
        Update user-sessions: tags.project (edited)
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
    .assert_eq(&changes(&edited).join("\n"));
    let refused = apply(&world, edited, &desired, &PlanOptions::default()).await.unwrap_err();
    assert!(refused.is_cloud(), "{refused}");
    let message = refused.to_string();
    assert!(
        message.ends_with("go on without it with --without-unseen, or try again later"),
        "{message}"
    );

    let without = PlanOptions { without_unseen: true, ..PlanOptions::default() };
    let edited = world.plan_with(&desired, &without).await;
    let report = apply(&world, edited, &desired, &without).await.unwrap();
    let troubled: Vec<String> =
        report.troubled().map(|change| format!("{}: {:?}", change.id, change.fate)).collect();
    expect![""].assert_eq(&troubled.join("\n"));

    world.cloud.faults().region_back("ap-south-1");
    let debt = plan(&world, &desired).await;
    expect![[r#"
        Update user-sessions: tags.project (drifted)
        Update ap-south-1/app-parameters: tags.project (edited)
        Update ap-south-1/app-subnets: tags.project (edited)
        Update ap-south-1/naveenteja-assets: tags.project (edited)
        Update ap-south-1/app: tags.project (edited)
        Update ap-south-1/app-1: tags.project (edited)
        Update ap-south-1/app-2: tags.project (edited)
        Update ap-south-1/front: tags.project (edited)
        Update ap-south-1/targets: tags.project (edited)
        Update ap-south-1/https: tags.project (edited)"#]]
    .assert_eq(&changes(&debt).join("\n"));
    assert!(debt.unseen.is_empty());
    world.apply_with(&desired, &PlanOptions::default()).await;
    assert_settled(&world, &desired).await;
}

#[tokio::test]
async fn with_the_home_of_all_control_planes_gone_the_other_region_can_be_changed() {
    let world = applied(&two()).await;
    world.cloud.faults().region_gone("us-east-1");
    let desired = tagged("both-coasts");
    let without = PlanOptions { without_unseen: true, ..PlanOptions::default() };
    let edited = world.plan_with(&desired, &without).await;
    expect![[r#"
        Update app: tags.project (edited)
        Update user-sessions: tags.project (edited)
        Update ap-south-1/app-parameters: tags.project (edited)
        Update ap-south-1/app-subnets: tags.project (edited)
        Update ap-south-1/naveenteja-assets: tags.project (edited)
        Update ap-south-1/app: tags.project (edited)
        Update ap-south-1/app-1: tags.project (edited)
        Update ap-south-1/app-2: tags.project (edited)
        Update ap-south-1/front: tags.project (edited)
        Update ap-south-1/targets: tags.project (edited)
        Update ap-south-1/https: tags.project (edited)"#]]
    .assert_eq(&changes(&edited).join("\n"));
    expect![[r#"
        us-east-1/rds-key
        alive-ap-south-1
        us-east-1/app-parameters
        us-east-1/app-subnets
        us-east-1/front
        alive-us-east-1
        us-east-1/naveenteja-assets
        naveenteja-assets-replication
        us-east-1/naveenteja-assets-replication
        us-east-1/app
        us-east-1/app-1
        us-east-1/app-2
        us-east-1/targets
        us-east-1/https
        zone
        api-ap-south-1
        api-us-east-1"#]]
    .assert_eq(&unseen(&edited));
    let report = apply(&world, edited, &desired, &without).await.unwrap();
    let troubled: Vec<String> =
        report.troubled().map(|change| format!("{}: {:?}", change.id, change.fate)).collect();
    expect![""].assert_eq(&troubled.join("\n"));
    world.cloud.faults().region_back("us-east-1");
    world.apply_with(&desired, &PlanOptions::default()).await;
    assert_settled(&world, &desired).await;
}

/// What others had before us, under names that we want.
async fn take_names(world: &World) {
    let cloud = &world.cloud;
    s3(cloud, "us-east-1")
        .create_bucket()
        .bucket("naveenteja-assets-us-east-1")
        .send()
        .await
        .unwrap();
    use aws_sdk_dynamodb::types as table;
    dynamodb(cloud, "us-east-1")
        .create_table()
        .table_name("user-sessions")
        .attribute_definitions(
            table::AttributeDefinition::builder()
                .attribute_name("session_id")
                .attribute_type(table::ScalarAttributeType::S)
                .build()
                .unwrap(),
        )
        .key_schema(
            table::KeySchemaElement::builder()
                .attribute_name("session_id")
                .key_type(table::KeyType::Hash)
                .build()
                .unwrap(),
        )
        .billing_mode(table::BillingMode::PayPerRequest)
        .send()
        .await
        .unwrap();
    iam(cloud)
        .create_role()
        .role_name("naveenteja-assets-replication")
        .assume_role_policy_document(
            r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"Service":"s3.amazonaws.com"},"Action":"sts:AssumeRole"}]}"#,
        )
        .send()
        .await
        .unwrap();
    route53(cloud)
        .create_hosted_zone()
        .name("naveenteja.cloud")
        .caller_reference("console")
        .send()
        .await
        .unwrap();
    world.cloud.sleep(std::time::Duration::from_secs(3600)).await;
}

#[tokio::test]
async fn what_exists_and_is_not_ours_is_told_and_can_be_adopted() {
    let world = World::new();
    take_names(&world).await;
    let mark = world.cloud.calls().len();
    let error = world.engine.plan(&declared(&two()), &PlanOptions::default()).await.unwrap_err();
    expect![[r#"
        error: us-east-1/naveenteja-assets: naveenteja-assets-us-east-1 exists and is not of this stack
          hint: to take it over, say stack.adopt(&handle, "naveenteja-assets-us-east-1")
        error: naveenteja-assets-replication: naveenteja-assets-replication exists and is not of this stack
          hint: to take it over, say stack.adopt(&handle, "naveenteja-assets-replication")
        error: user-sessions: user-sessions exists and is not of this stack
          hint: to take it over, say stack.adopt(&handle, "user-sessions")
        error: zone: ZK8UR31I1IGIROSVFVYKU exists and is not of this stack
          hint: to take it over, say stack.adopt(&handle, "ZK8UR31I1IGIROSVFVYKU")"#]].assert_eq(&said(&error));
    assert!(calls_since(&world, mark).is_empty());

    let zones = route53(&world.cloud).list_hosted_zones().send().await.unwrap();
    let zone = zones.hosted_zones()[0].id().trim_start_matches("/hostedzone/").to_owned();
    let mut desired = declared(&two());
    for (id, physical) in [
        ("us-east-1/naveenteja-assets", "naveenteja-assets-us-east-1"),
        ("user-sessions", "user-sessions"),
        ("naveenteja-assets-replication", "naveenteja-assets-replication"),
        ("zone", zone.as_str()),
    ] {
        desired.resources.get_mut(&ResourceId::from(id)).unwrap().adopt = Some(physical.into());
    }
    let adopting = plan(&world, &desired).await;
    let adopted: Vec<String> =
        changes(&adopting).into_iter().filter(|line| line.starts_with("Adopt")).collect();
    expect![[r#"
        Adopt us-east-1/naveenteja-assets: versioning (edited), tags.project (edited)
        Adopt naveenteja-assets-replication: description (edited), inline_policies[replicate] (unknown), tags.project (edited)
        Adopt user-sessions: regions[ap-south-1] (edited), stream (edited), point_in_time_recovery.enabled (edited), writes (edited), tags.project (edited)
        Adopt zone: tags.project (edited)"#]].assert_eq(&adopted.join("\n"));
    world.apply_with(&desired, &PlanOptions::default()).await;
    assert_settled(&world, &desired).await;
    assert_settled(&world, &declared(&two())).await;
    let zones = route53(&world.cloud).list_hosted_zones().send().await.unwrap();
    assert_eq!(zones.hosted_zones().len(), 1);
}

#[tokio::test]
async fn a_saved_plan_is_stale_once_the_cloud_or_the_state_moved() {
    let world = applied(&two()).await;
    let desired = tagged("both-coasts");
    let saved = plan(&world, &desired).await;
    let saved: Plan = serde_json::from_str(&serde_json::to_string(&saved).unwrap()).unwrap();
    let options = PlanOptions::default();
    world.engine.verify(&saved, &desired, &options).await.unwrap();

    iam(&world.cloud)
        .update_role()
        .role_name("naveenteja-assets-replication")
        .description("edited in the console")
        .send()
        .await
        .unwrap();
    let stale = world.engine.verify(&saved, &desired, &options).await.unwrap_err();
    assert!(stale.is_stale_plan(), "{stale}");
    expect![[r#"
        the plan of stack 'test' is stale: the program or the cloud has changed since it was made; nothing was done
          hint: plan again, look at it, and apply that"#]].assert_eq(&stale.to_string());

    let saved = plan(&world, &desired).await;
    world.apply_with(&tagged("something-else"), &options).await;
    let stale = world.engine.verify(&saved, &desired, &options).await.unwrap_err();
    assert!(stale.is_stale_plan(), "{stale}");
    expect![[r#"
        the plan of stack 'test' is stale: the state has moved since it was made; nothing was done
          hint: plan again, look at it, and apply that"#]]
    .assert_eq(&stale.to_string());
    let mark = world.cloud.calls().len();
    let stale = apply(&world, saved, &desired, &options).await.unwrap_err();
    assert!(stale.is_stale_plan(), "{stale}");
    assert!(calls_since(&world, mark).is_empty());
}

/// A cloud where waiting is short: what is polled for is not what this is about.
fn quick() -> World {
    let world = World::new();
    world.cloud.scale_durations(0.05);
    world
}

/// Applies it anew for every second call that changes something, from this one on, and that one
/// meets the effect: this run or the next is done, and what is there is what would be there.
async fn lose_every_second(effect: Effect, from: u64) {
    let (desired, options) = (declared(&two()), PlanOptions::default());
    let undisturbed = quick();
    undisturbed.apply_with(&desired, &options).await;
    let writes = calls_since(&undisturbed, 0).len() as u64;
    let expected = inventory(&undisturbed.cloud).await.len();
    let mut second_runs = Vec::new();
    for nth in (from..=writes).step_by(2) {
        let world = quick();
        world.cloud.faults().add(Rule::new(effect.clone()).mutating().nth(nth));
        let first = plan(&world, &desired).await;
        let report = apply(&world, first, &desired, &options).await.unwrap();
        if !report.is_done() {
            second_runs.push((nth, calls_since(&world, 0)[nth as usize - 1].operation.clone()));
            world.apply_with(&desired, &options).await;
        }
        assert_settled(&world, &desired).await;
        let there = inventory(&world.cloud).await;
        assert_eq!(there.len(), expected, "call {nth}: {there:#?}");
    }
    println!("second runs were needed after: {second_runs:?}");
}

#[tokio::test]
async fn an_answer_that_is_lost_makes_nothing_twice() {
    lose_every_second(Effect::LoseAnswer, 1).await;
}

#[tokio::test]
async fn a_call_that_never_arrives_is_made_again() {
    lose_every_second(Effect::LoseRequest, 2).await;
}

#[tokio::test]
async fn a_long_wait_leaves_the_next_one_its_patience() {
    let world = World::new();
    let lost = Rule::new(Effect::LoseAnswer).operation("CreateDBCluster").nth(2);
    world.cloud.faults().add(lost);
    // Done in one run: to create, and then to forward writes, take less than each may take.
    world.apply_with(&declared(&two()), &PlanOptions::default()).await;
    assert_settled(&world, &declared(&two())).await;
}

/// The events of an apply, a line each.
#[derive(Default)]
struct Heard(std::sync::Mutex<Vec<String>>);

impl Observer for Heard {
    fn event(&self, event: &Event) {
        let line = match event {
            Event::Started { op, what } => format!("{op} started: {what}"),
            Event::Called { op, call } => format!("{op} called {call}"),
            Event::Waiting { op, what } => format!("{op} waiting for {what}"),
            Event::Trouble { op, error } => {
                format!("{op} trouble: {}", error.code().unwrap_or_default())
            }
            Event::Ended { op, done } => format!("{op} ended, {done}"),
            _ => "other".to_owned(),
        };
        self.0.lock().unwrap().push(line);
    }
}

/// A batch that is refused because of one of its members goes on without it, and what happens to it is
/// told as what happens to one operation: it starts once and ends once.
#[tokio::test]
async fn a_batch_that_is_parted_is_told_as_one_operation() {
    let world = World::new();
    let desired = seal(|stack| {
        let zone = HostedZone::builder().name("example.net").build();
        let zone = stack.global().add("zone", zone);
        for name in ["a", "b", "c"] {
            let record = RecordSet::builder().zone(&zone).name(name).a(60, ["192.0.2.1"]).build();
            stack.global().add(name, record);
        }
    });
    let (cloud, options) = (&world.cloud, PlanOptions::default());
    let only_zone = PlanOptions { only: [ResourceId::from("zone")].into(), ..options.clone() };
    world.apply_with(&desired, &only_zone).await;
    let plan = plan(&world, &desired).await;

    let client = route53(cloud);
    let zones = client.list_hosted_zones().send().await.unwrap();
    let theirs = aws_sdk_route53::types::ResourceRecordSet::builder()
        .name("b.example.net")
        .r#type("A".into())
        .ttl(60)
        .resource_records(
            aws_sdk_route53::types::ResourceRecord::builder().value("192.0.2.9").build().unwrap(),
        );
    let change = aws_sdk_route53::types::Change::builder()
        .action("CREATE".into())
        .resource_record_set(theirs.build().unwrap());
    let batch = aws_sdk_route53::types::ChangeBatch::builder().changes(change.build().unwrap());
    client
        .change_resource_record_sets()
        .hosted_zone_id(zones.hosted_zones()[0].id())
        .change_batch(batch.build().unwrap())
        .send()
        .await
        .unwrap();

    let heard = Heard::default();
    let report =
        world.engine.apply(plan, &desired, &options, &heard, &Cancel::new()).await.unwrap();
    // AWS refuses them all; then the one that is somebody else's is seen, and parted from the others.
    expect![[r#"
        0 started: create a, b, c
        0 trouble: InvalidChangeBatch
        0 trouble: 
        0 called ChangeResourceRecordSets
        0 waiting for change PENDING
        0 waiting for change PENDING
        0 waiting for change PENDING
        0 waiting for change PENDING
        0 waiting for change PENDING
        0 waiting for change PENDING
        0 ended, false"#]]
    .assert_eq(&heard.0.into_inner().unwrap().join("\n"));
    let said = render::plain(&render::report(&report));
    let said: String =
        said.lines().map(|it| format!("{}\n", it.split(" (request").next().unwrap())).collect();
    let zone = zones.hosted_zones()[0].id().trim_start_matches("/hostedzone/");
    let text = said.replace(zone, "ZONE");
    expect![[r#"
        error: could not create b
          declared at tests/reference/trouble.rs:365
          b already exists as ZONE b.example.net. A and is not ours: it bears no mark of this stack
          hint: adopt it with stack.adopt(&…, "ZONE b.example.net. A"), or give this one another name
        Not finished: 2 of 3 changes done, 1 failed. Nothing is undone; apply again to go on.
    "#]].assert_eq(&text);
}
