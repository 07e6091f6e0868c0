//! The state is lost: it is made again from what is there.

use bicoastal::recover::Rebuilt;
use bicoastal::runtime::{Quiet, RecoverOptions};
use bicoastal::{Cancel, FileStore, Stack, local_engine};
use bicoastal_local::faults::{Effect, Rule};
use expect_test::expect;

use crate::others::{elbv2, inventory, route53};
use crate::*;

/// What holds the state is gone, and so is the process with everything that it remembered.
pub(crate) fn lose_state(world: &mut World) {
    let dir = world.state_dir().join("test");
    for name in ["state.json", "journal.jsonl"] {
        let _ = std::fs::remove_file(dir.join(name));
    }
    world.engine = local_engine(&world.cloud, FileStore::new(world.state_dir()));
}

pub(crate) async fn recover(world: &World, desired: &Desired) -> Rebuilt {
    let mark = world.cloud.calls().len();
    let options = RecoverOptions::default();
    let recovered =
        world.engine.recover(desired, &options).await.unwrap_or_else(|it| panic!("{it}"));
    let rebuilt = recovered.rebuilt.clone();
    world.engine.keep(recovered).await.unwrap();
    assert!(calls_since(world, mark).is_empty(), "recovering only reads");
    rebuilt
}

fn lines(rebuilt: &Rebuilt) -> String {
    let mut all = Vec::new();
    for it in &rebuilt.claimed {
        let mut line = format!("{} {}: {}", it.key, it.kind, it.proof.words());
        for (is, word) in [
            (!it.declared, "not declared".to_owned()),
            (it.superseded, "superseded".to_owned()),
            (it.busy.is_some(), it.busy.clone().unwrap_or_default()),
            (!it.secrets.is_empty(), format!("secret {}", it.secrets.join(", "))),
            (!it.differs.is_empty(), format!("differs in {}", it.differs.join(", "))),
        ] {
            if is {
                line.push_str(&format!("; {word}"));
            }
        }
        all.push(line);
    }
    all.extend(
        rebuilt.left.iter().map(|it| format!("left: {} {}: {}", it.what, it.physical, it.why)),
    );
    all.extend(rebuilt.absent.iter().map(|it| format!("absent: {it}")));
    all.join("\n")
}

#[tokio::test]
async fn what_a_lost_state_knew_is_found_again() {
    let mut world = applied(&two()).await;
    let desired = declared(&two());
    let before = world.engine.state("test").await.unwrap().unwrap();
    lose_state(&mut world);
    let rebuilt = recover(&world, &desired).await;
    expect![[r#"
        alive-ap-south-1#1 Route53:HealthCheck: bears its tags
        alive-us-east-1#1 Route53:HealthCheck: bears its tags
        ap-south-1/app#1 RDS:DBCluster: bears its tags; secret master_password
        ap-south-1/app-1#1 RDS:DBInstance: bears its tags
        ap-south-1/app-2#1 RDS:DBInstance: bears its tags
        ap-south-1/app-parameters#1 RDS:DBClusterParameterGroup: bears its tags
        ap-south-1/app-subnets#1 RDS:DBSubnetGroup: bears its tags
        ap-south-1/front#1 ELBv2:LoadBalancer: bears its tags
        ap-south-1/https#1 ELBv2:Listener: bears its tags
        ap-south-1/naveenteja-assets#1 S3:Bucket: bears its tags
        ap-south-1/naveenteja-assets-replication#1 S3:ReplicationConfiguration: is as declared, inside what is ours
        ap-south-1/targets#1 ELBv2:TargetGroup: bears its tags
        api-ap-south-1#1 Route53:RecordSet: is as declared, inside what is ours
        api-us-east-1#1 Route53:RecordSet: is as declared, inside what is ours
        app#1 RDS:GlobalCluster: bears its tags
        naveenteja-assets-replication#1 IAM:Role: bears its tags
        us-east-1/app#1 RDS:DBCluster: bears its tags; secret master_password
        us-east-1/app-1#1 RDS:DBInstance: bears its tags
        us-east-1/app-2#1 RDS:DBInstance: bears its tags
        us-east-1/app-parameters#1 RDS:DBClusterParameterGroup: bears its tags
        us-east-1/app-subnets#1 RDS:DBSubnetGroup: bears its tags
        us-east-1/front#1 ELBv2:LoadBalancer: bears its tags
        us-east-1/https#1 ELBv2:Listener: bears its tags
        us-east-1/naveenteja-assets#1 S3:Bucket: bears its tags
        us-east-1/naveenteja-assets-replication#1 S3:ReplicationConfiguration: is as declared, inside what is ours
        us-east-1/targets#1 ELBv2:TargetGroup: bears its tags
        user-sessions#1 DynamoDB:Table: bears its tags
        zone#1 Route53:HostedZone: bears its tags"#]].assert_eq(&lines(&rebuilt));
    assert_settled(&world, &desired).await;

    // Entry by entry it is what was lost, but for what nobody can tell: a secret's salt.
    let after = world.engine.state("test").await.unwrap().unwrap();
    assert_eq!(after.lineage, before.lineage);
    assert_eq!(after.exports, before.exports);
    for (key, entry) in &before.entries {
        let again = after.entries.get(key).unwrap_or_else(|| panic!("{key} is not known again"));
        let mut entry = entry.clone();
        for applied in [&mut entry.applied].into_iter().flatten() {
            if applied.get("master_password").is_some() {
                let secret = again.applied.as_ref().unwrap()["master_password"].clone();
                applied.set("master_password", secret);
            }
        }
        // Outputs that were recorded when it was made may have changed since.
        entry.outputs.clone_from(&again.outputs);
        assert_eq!(&entry, again, "{key}");
    }
    assert_eq!(after.entries.len(), before.entries.len());

    let all: Vec<String> = before.entries.keys().map(|key| key.id.to_string()).collect();
    let all: Vec<&str> = all.iter().map(String::as_str).collect();
    let options = PlanOptions { destroy: true, ..lifting(&all) };
    world.apply_with(&desired, &options).await;
    let left: Vec<String> = inventory(&world.cloud).await.into_iter().collect();
    assert!(left.is_empty(), "{left:#?}");
}

/// Applies until the call of this number, which is carried out or never arrives, and then the
/// process and its state are gone.
async fn crash(world: &mut World, desired: &Desired, nth: u64, effect: Effect) {
    world.cloud.faults().add(Rule::new(effect).mutating().nth(nth));
    let first = plan(world, desired).await;
    {
        let (options, cancel) = (PlanOptions::default(), Cancel::new());
        let run = world.engine.apply(first, desired, &options, &Quiet, &cancel);
        tokio::select! {
            report = run => panic!("it was to be stopped: {report:?}"),
            () = world.cloud.until_held() => {}
        }
    }
    world.cloud.faults().clear();
    lose_state(world);
}

#[tokio::test]
async fn a_crash_that_takes_the_state_along_leaves_nothing_behind() {
    let (desired, options) = (declared(&two()), PlanOptions::default());
    let undisturbed = World::new();
    undisturbed.apply_with(&desired, &options).await;
    let writes = calls_since(&undisturbed, 0).len() as u64;
    let expected = inventory(&undisturbed.cloud).await.len();
    for nth in (1..=writes).step_by(7) {
        for effect in [Effect::HoldRequest, Effect::HoldAnswer] {
            let mut world = World::new();
            let what = format!("{effect:?} of call {nth}");
            crash(&mut world, &desired, nth, effect.clone()).await;
            let there = calls_since(&world, 0);
            if there.iter().all(|call| call.status.is_none() && effect == Effect::HoldRequest) {
                // The very first call was on its way: nothing was made, and nothing is lost.
                assert_eq!(nth, 1);
                continue;
            }
            let rebuilt = recover(&world, &desired).await;
            assert!(rebuilt.left.is_empty(), "{what}, {there:?}: {}", lines(&rebuilt));
            world.apply_with(&desired, &options).await;
            assert_settled(&world, &desired).await;
            let all = inventory(&world.cloud).await;
            assert_eq!(all.len(), expected, "{what}: {all:#?}");
        }
    }
}

#[tokio::test]
async fn what_others_made_is_listed_and_not_claimed() {
    use aws_sdk_route53::types as dns;
    let mut world = applied(&two()).await;
    let desired = declared(&two());
    let route53 = route53(&world.cloud);
    let zones = route53.list_hosted_zones().send().await.unwrap();
    let zone = zones.hosted_zones()[0].id().to_owned();
    let edited = |action: dns::ChangeAction, name: &str, kind: dns::RrType, value: &str| {
        let record = dns::ResourceRecordSet::builder().name(name).r#type(kind).ttl(60);
        let value = dns::ResourceRecord::builder().value(value).build().unwrap();
        let record = record.resource_records(value).build().unwrap();
        dns::Change::builder().action(action).resource_record_set(record).build().unwrap()
    };
    let by_hand =
        edited(dns::ChangeAction::Create, "www.naveenteja.cloud", dns::RrType::A, "192.0.2.1");
    let batch = dns::ChangeBatch::builder().changes(by_hand).build().unwrap();
    route53
        .change_resource_record_sets()
        .hosted_zone_id(&zone)
        .change_batch(batch)
        .send()
        .await
        .unwrap();
    route53
        .create_hosted_zone()
        .name("example.org")
        .caller_reference("console")
        .send()
        .await
        .unwrap();
    // A listener that somebody put on our load balancer.
    let elbv2 = elbv2(&world.cloud, "us-east-1");
    let balancers = elbv2.describe_load_balancers().send().await.unwrap();
    elbv2
        .create_listener()
        .load_balancer_arn(balancers.load_balancers()[0].load_balancer_arn().unwrap())
        .port(80)
        .protocol(aws_sdk_elasticloadbalancingv2::types::ProtocolEnum::Http)
        .default_actions(
            aws_sdk_elasticloadbalancingv2::types::Action::builder()
                .r#type(aws_sdk_elasticloadbalancingv2::types::ActionTypeEnum::FixedResponse)
                .fixed_response_config(
                    aws_sdk_elasticloadbalancingv2::types::FixedResponseActionConfig::builder()
                        .status_code("404")
                        .build(),
                )
                .build(),
        )
        .send()
        .await
        .unwrap();
    // And one of our records is not what is declared any more.
    let records = route53.list_resource_record_sets().hosted_zone_id(&zone).send().await.unwrap();
    let mut ours = records
        .resource_record_sets()
        .iter()
        .find(|it| it.set_identifier() == Some("ap-south-1"))
        .unwrap()
        .clone();
    ours.health_check_id = None;
    let change =
        dns::Change::builder().action(dns::ChangeAction::Upsert).resource_record_set(ours).build();
    let batch = dns::ChangeBatch::builder().changes(change.unwrap()).build().unwrap();
    route53
        .change_resource_record_sets()
        .hosted_zone_id(&zone)
        .change_batch(batch)
        .send()
        .await
        .unwrap();

    lose_state(&mut world);
    let rebuilt = recover(&world, &desired).await;
    let text = lines(&rebuilt);
    let left: Vec<&str> = text.lines().filter(|it| !it.contains('#')).collect();
    expect![[r#"
        left: api-ap-south-1 ZCN5X83FCCU52DMA9IQTC api.naveenteja.cloud. A ap-south-1: it can bear no mark, and is not as declared
        left: inside us-east-1/front listener HTTP 80: the program does not declare it; it is left alone
        left: inside zone A www.naveenteja.cloud.: the program does not declare it; it is left alone
        absent: api-ap-south-1"#]].assert_eq(&left.join("\n"));
    // What is not as declared is shown as what it is: in the way, and ours on our word.
    let clash = world.engine.plan(&desired, &PlanOptions::default()).await.unwrap_err();
    expect![[r#"
        error: api-ap-south-1: ZCN5X83FCCU52DMA9IQTC api.naveenteja.cloud. A ap-south-1 exists and is not of this stack
          hint: to take it over, say stack.adopt(&handle, "ZCN5X83FCCU52DMA9IQTC api.naveenteja.cloud. A ap-south-1")"#]].assert_eq(&said(&clash));
}

/// A small stack with something of every way to be found: by token, by tags, inside another.
fn small(name: &str, bucket: &str) -> Desired {
    let mut stack = Stack::new(name);
    let zone = stack.global().add("zone", HostedZone::builder().name("example.net").build());
    let alive = stack.global().add("alive", HealthCheck::https("www.example.net").build());
    stack
        .global()
        .add("www", RecordSet::builder().zone(&zone).name("www").a(60, ["192.0.2.1"]).build());
    stack.region(Region::EuWest1).add("files", Bucket::builder().name(bucket).build());
    stack.export("alive", alive.id());
    stack.seal().unwrap()
}

#[tokio::test]
async fn two_stacks_of_one_account_are_not_mixed() {
    let world = World::new();
    let (one, other) = (small("one", "files-of-one"), small("other", "files-of-other"));
    let options = PlanOptions::default();
    world.apply_with(&one, &options).await;
    // The other's zone has the same name: it is made by somebody who knows.
    let mut adopting = other.clone();
    adopting.resources.remove(&ResourceId::from("zone"));
    adopting.resources.remove(&ResourceId::from("www"));
    world.apply_with(&adopting, &options).await;

    let dir = tempfile::tempdir().unwrap();
    let engine = local_engine(&world.cloud, FileStore::new(dir.path()));
    for desired in [&one, &adopting] {
        let recovered = engine.recover(desired, &RecoverOptions::default()).await.unwrap();
        assert!(recovered.rebuilt.absent.is_empty() && recovered.rebuilt.left.is_empty());
        engine.keep(recovered).await.unwrap();
        let again = engine.plan(desired, &options).await.unwrap();
        assert!(again.is_empty(), "{}", render::plain(&render::plan(&again)));
    }
    // A good state is nothing to recover.
    let good = engine.recover(&one, &RecoverOptions::default()).await.unwrap_err().to_string();
    assert!(good.contains("is there and can be read (4 resources)"), "{good}");

    // A second life of the same stack: which one is meant has to be said.
    let second = tempfile::tempdir().unwrap();
    let second = local_engine(&world.cloud, FileStore::new(second.path()));
    let mut later = one.clone();
    for id in ["zone", "www", "files"] {
        later.resources.retain(|it, _| it.as_str() != id && it.as_str() != "eu-west-1/files");
    }
    let plan = second.plan(&later, &options).await.unwrap();
    second.apply(plan, &later, &options, &Quiet, &Cancel::new()).await.unwrap();
    let third = tempfile::tempdir().unwrap();
    let third = local_engine(&world.cloud, FileStore::new(third.path()));
    let several = third.recover(&one, &RecoverOptions::default()).await.unwrap_err().to_string();
    assert!(several.contains("things of 2 lineages bear the name of the stack 'one'"), "{several}");
    let lineage = engine.state("one").await.unwrap().unwrap().lineage;
    assert!(several.contains(&format!("--lineage {lineage}")), "{several}");
    let asked = RecoverOptions { lineage: Some(lineage), ..RecoverOptions::default() };
    let recovered = third.recover(&one, &asked).await.unwrap();
    expect![[r#"
        alive#1 Route53:HealthCheck: bears its tags
        eu-west-1/files#1 S3:Bucket: bears its tags
        www#1 Route53:RecordSet: is as declared, inside what is ours
        zone#1 Route53:HostedZone: bears its tags
        left: Route53:HealthCheck …: it is of another lineage of this stack, …"#]]
    .assert_eq(&without_ids(&lines(&recovered.rebuilt)));
    third.keep(recovered).await.unwrap();
    let again = third.plan(&one, &options).await.unwrap();
    assert!(again.is_empty(), "{}", render::plain(&render::plan(&again)));
    // What is nobody's is told by drift.
    let (orphans, _) = third.orphans(&one).await.unwrap();
    let orphans: Vec<String> = orphans
        .iter()
        .map(|it| format!("{} {:?} of another lineage: {}", it.kind, it.born, it.lineage.is_some()))
        .collect();
    expect![[r#"Route53:HealthCheck Some("alive") of another lineage: true"#]]
        .assert_eq(&orphans.join("\n"));
}

/// Ids and lineages are another run's tomorrow.
fn without_ids(text: &str) -> String {
    let words = text.split(' ').map(|word| {
        let hex = word.trim_end_matches([':', ',']);
        let random = hex.len() >= 12 && hex.chars().all(|it| it.is_ascii_hexdigit() || it == '-');
        if random { word.replace(hex, "…") } else { word.to_owned() }
    });
    words.collect::<Vec<_>>().join(" ")
}

#[tokio::test]
async fn a_token_of_something_deleted_is_not_used_again() {
    let mut world = World::new();
    let desired = small("test", "files");
    world.apply_with(&desired, &PlanOptions::default()).await;
    // Two former selves, of which nothing is left: neither in AWS nor, from now on, in state.
    let options =
        PlanOptions { replace: [ResourceId::from("alive")].into(), ..PlanOptions::default() };
    world.apply_with(&desired, &options).await;
    let route53 = route53(&world.cloud);
    let checks = route53.list_health_checks().send().await.unwrap();
    let id = checks.health_checks()[0].id().to_owned();
    route53.delete_health_check().health_check_id(&id).send().await.unwrap();
    lose_state(&mut world);

    let rebuilt = recover(&world, &desired).await;
    assert_eq!(rebuilt.absent, [ResourceId::from("alive")]);
    let mark = world.cloud.calls().len();
    world.apply_with(&desired, &PlanOptions::default()).await;
    let calls: Vec<String> = calls_since(&world, mark)
        .iter()
        .map(|call| format!("{} {}", call.operation, call.code.clone().unwrap_or_default()))
        .collect();
    expect![[r#"
        CreateHealthCheck HealthCheckAlreadyExists
        CreateHealthCheck HealthCheckAlreadyExists
        CreateHealthCheck HealthCheckAlreadyExists
        CreateHealthCheck HealthCheckAlreadyExists
        CreateHealthCheck HealthCheckAlreadyExists
        CreateHealthCheck HealthCheckAlreadyExists
        CreateHealthCheck HealthCheckAlreadyExists
        CreateHealthCheck HealthCheckAlreadyExists
        CreateHealthCheck HealthCheckAlreadyExists
        CreateHealthCheck HealthCheckAlreadyExists
        CreateHealthCheck HealthCheckAlreadyExists
        CreateHealthCheck HealthCheckAlreadyExists
        CreateHealthCheck HealthCheckAlreadyExists
        CreateHealthCheck HealthCheckAlreadyExists
        CreateHealthCheck 
        ChangeTagsForResource "#]]
    .assert_eq(&calls.join("\n"));
    assert_settled(&world, &desired).await;
    let state = world.engine.state("test").await.unwrap().unwrap();
    let (key, _) = state.current(&ResourceId::from("alive")).unwrap();
    assert_eq!(key.incarnation, 3);
}

#[tokio::test]
async fn a_damaged_state_is_set_aside_and_never_deleted() {
    let world = applied(&two()).await;
    let desired = declared(&two());
    let file = world.state_dir().join("test/state.json");
    let whole = std::fs::read_to_string(&file).unwrap();
    let damaged = whole.replacen("user-sessions", "user-sessionz", 1);
    std::fs::write(&file, &damaged).unwrap();
    assert!(world.engine.plan(&desired, &PlanOptions::default()).await.unwrap_err().is_damaged());

    let recovered = world.engine.recover(&desired, &RecoverOptions::default()).await.unwrap();
    let aside = world.engine.keep(recovered).await.unwrap().unwrap();
    let kept = std::fs::read_to_string(std::path::Path::new(&aside).join("state.json")).unwrap();
    assert_eq!(kept, damaged);
    assert_settled(&world, &desired).await;
}
