//! Everything that the library can make bears its marks, and is found again by them.

use std::collections::{BTreeMap, BTreeSet};

use bicoastal::aws::iam;
use bicoastal::recover::Proof;
use expect_test::expect;
use serde_json::Value;

use crate::recovery::{lose_state, recover};
use crate::*;

/// Kinds that AWS lets bear no tags. They are claimed inside of what is ours, if they are declared
/// and as declared.
const TAGLESS: [&str; 2] = ["Route53:RecordSet", "S3:ReplicationConfiguration"];

/// Collections bear neither tags nor a token that can be read back, and are inside of nothing: after
/// a lost state the program has to say that they are the stack's.
const UNMARKED: &str = "Route53:CidrCollection";
/// Only ever looked up: nobody makes them here.
const LOOKED_UP: [&str; 3] = ["ACM:Certificate", "KMS:Key", "STS:CallerIdentity"];

/// The reference architecture, and one of each kind that it has no use for.
fn everything() -> Desired {
    seal(|stack| {
        active_active::serve_from(stack, &flags(), &two());
        let read = Statement::builder().action(["s3:GetObject"]).resource(["*"]).build();
        let reader = iam::Policy::builder().name("reader").document(PolicyDocument::new([read]));
        stack.global().add("reader", reader.build());
        let mut here = stack.region(Region::UsEast1);
        let targets = TargetGroup::builder()
            .name(Name::generated("more"))
            .target_type(TargetType::Ip)
            .protocol(TargetProtocol::Http)
            .port(8080)
            .vpc(bicoastal::local::seed::vpc_id("us-east-1"));
        let targets = here.add("more-targets", targets.build());
        let front = LoadBalancer::builder()
            .name("more")
            .subnets(bicoastal::local::seed::subnet_ids("us-east-1"));
        let front = here.add("more-front", front.build());
        let http = Listener::builder()
            .load_balancer(front.arn())
            .port(80)
            .protocol(ListenerProtocol::Http)
            .default_actions([ListenerAction::forward(targets.arn())]);
        let http = here.add("more-http", http.build());
        let rule = ListenerRule::builder()
            .listener(http.arn())
            .priority(10)
            .conditions([RuleCondition::path(["/api/*"])])
            .actions([ListenerAction::forward(targets.arn())]);
        here.add("more-rule", rule.build());
    })
}

/// Every text in the world below a key of this name, or of an XML document with it.
fn collect(value: &Value, found: &mut impl FnMut(&str, &str)) {
    match value {
        Value::Object(map) => {
            let part = |names: [&str; 2]| names.iter().find_map(|name| map.get(*name)?.as_str());
            if let (Some(key), Some(value)) = (part(["key", "Key"]), part(["value", "Value"])) {
                found(key, value);
            }
            for (key, value) in map {
                if let Value::String(text) = value {
                    found(key, text);
                }
                collect(value, found);
            }
        }
        Value::Array(list) => {
            if let [Value::String(key), Value::String(value)] = list.as_slice() {
                found(key, value);
            }
            list.iter().for_each(|value| collect(value, found));
        }
        Value::String(text) => {
            // Tags of a bucket are kept as they were sent.
            for tag in text.split("<Tag>").skip(1) {
                let part = |name: &str| {
                    let rest = tag.split_once(&format!("<{name}>"))?.1;
                    Some(rest.split_once("</")?.0)
                };
                if let (Some(key), Some(value)) = (part("Key"), part("Value")) {
                    found(key, value);
                }
            }
        }
        _ => {}
    }
}

#[tokio::test]
async fn everything_that_can_bear_a_mark_bears_it_and_every_kind_is_found_again() {
    let mut world = World::new();
    let desired = everything();
    let mut kinds: BTreeSet<&str> = world.engine.catalog().iter().map(|it| it.kind).collect();
    assert!(kinds.remove(UNMARKED));
    for looked_up in LOOKED_UP {
        assert!(kinds.remove(looked_up));
    }
    let declared: BTreeSet<&str> =
        desired.resources.values().filter(|it| !it.lookup).map(|it| it.schema.kind).collect();
    assert_eq!(declared, kinds, "every kind is in the program of this test");
    world.apply_with(&desired, &PlanOptions::default()).await;

    let before = world.engine.state("test").await.unwrap().unwrap();
    let mut tags: BTreeMap<&str, BTreeSet<String>> = BTreeMap::new();
    let mut references = BTreeSet::new();
    let there = world.cloud.with_world(|world| serde_json::to_value(&*world).unwrap());
    collect(&there, &mut |key, text| {
        for tag in ["bicoastal:lineage", "bicoastal:stack", "bicoastal:resource"] {
            if key == tag {
                tags.entry(tag).or_default().insert(text.to_owned());
            }
        }
        if key == "caller_reference" {
            references.insert(text.to_owned());
        }
    });
    assert_eq!(tags["bicoastal:lineage"], [before.lineage.clone()].into());
    assert_eq!(tags["bicoastal:stack"], ["test".to_owned()].into());
    let marked: BTreeSet<String> = before
        .entries
        .iter()
        .filter(|(_, entry)| !TAGLESS.contains(&entry.kind.as_str()))
        .map(|(key, _)| key.id.to_string())
        .collect();
    assert_eq!(tags["bicoastal:resource"], marked);
    // What is named by AWS is named by us too, before it is there: a zone and two checks.
    assert_eq!(references.len(), 3, "{references:?}");
    for reference in references {
        assert!(reference.starts_with(&format!("bc-{}-", before.lineage)), "{reference}");
    }

    lose_state(&mut world);
    let rebuilt = recover(&world, &desired).await;
    let found: BTreeSet<&str> = rebuilt.claimed.iter().map(|it| it.kind.as_str()).collect();
    assert_eq!(found, kinds, "every kind is recovered");
    assert!(rebuilt.left.is_empty() && rebuilt.absent.is_empty(), "{rebuilt:?}");
    for claimed in &rebuilt.claimed {
        let tagless = TAGLESS.contains(&claimed.kind.as_str());
        let proof = if tagless { Proof::Declared } else { Proof::Tags };
        assert_eq!(claimed.proof, proof, "{}", claimed.key);
        assert!(claimed.differs.is_empty(), "{}: {:?}", claimed.key, claimed.differs);
    }
    assert_settled(&world, &desired).await;
    let after = world.engine.state("test").await.unwrap().unwrap();
    assert_eq!(after.entries.keys().collect::<Vec<_>>(), before.entries.keys().collect::<Vec<_>>());
}

/// Of what bears no mark only what is declared, and as declared, is claimed; the rest of the same
/// thing is listed, and stays.
#[tokio::test]
async fn what_bears_no_mark_is_claimed_if_it_is_as_declared_and_the_rest_is_listed() {
    let mut world = applied(&two()).await;
    let desired = declared(&two());
    let s3 = crate::others::s3(&world.cloud, "us-east-1");
    let bucket = "naveenteja-assets-us-east-1";
    let read = async || s3.get_bucket_replication().bucket(bucket).send().await.unwrap();
    let mut replication = read().await.replication_configuration.unwrap();
    let mut foreign = replication.rules[0].clone();
    foreign.id = Some("somebody-s".into());
    foreign.priority = Some(900);
    replication.rules.push(foreign);
    s3.put_bucket_replication()
        .bucket(bucket)
        .replication_configuration(replication)
        .send()
        .await
        .unwrap();
    let iam = crate::others::iam(&world.cloud);
    let roles = iam.list_roles().send().await.unwrap();
    let role = roles.roles()[0].role_name().to_owned();
    iam.put_role_policy()
        .role_name(&role)
        .policy_name("somebody-s")
        .policy_document(r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"s3:GetObject","Resource":"*"}]}"#)
        .send()
        .await
        .unwrap();

    lose_state(&mut world);
    let rebuilt = recover(&world, &desired).await;
    assert!(rebuilt.absent.is_empty(), "{rebuilt:?}");
    let left: Vec<String> =
        rebuilt.left.iter().map(|it| format!("{} {}: {}", it.what, it.physical, it.why)).collect();
    println!("{}", left.join("\n"));
    // The next plan leaves both where they are.
    assert_settled(&world, &desired).await;
    assert_eq!(read().await.replication_configuration.unwrap().rules.len(), 2);
    let policies = iam.list_role_policies().role_name(&role).send().await.unwrap();
    assert!(policies.policy_names().iter().any(|name| name == "somebody-s"));
}

/// A collection, and records that are told apart by it.
fn by_address(adopt: Option<&str>) -> Desired {
    seal(|stack| {
        let zone = HostedZone::builder().name("example.net").build();
        let zone = stack.global().add("zone", zone);
        let berlin = CidrLocation::new("berlin", ["192.0.2.0/24"]);
        let offices = CidrCollection::builder().name("offices").locations([berlin]).build();
        let offices = stack.global().add("offices", offices);
        for location in ["berlin", "*"] {
            let collection = offices.id().into();
            let www = RecordSet::builder()
                .zone(&zone)
                .name("www")
                .a(60, ["192.0.2.1"])
                .routing(Routing::Cidr { collection, location: location.to_owned() })
                .build();
            stack.global().add(&format!("www-{}", location.replace('*', "default")), www);
        }
        if let Some(physical) = adopt {
            stack.adopt(&offices, physical);
        }
    })
}

/// What can bear no mark and is inside of nothing is nobody's, until the program says whose it is; then
/// it is found again with all that refers to it.
#[tokio::test]
async fn what_can_bear_no_mark_at_all_is_listed_until_the_program_adopts_it() {
    let mut world = World::new();
    let desired = by_address(None);
    world.apply_with(&desired, &PlanOptions::default()).await;
    lose_state(&mut world);
    let options = bicoastal::runtime::RecoverOptions::default();
    let rebuilt = world.engine.recover(&desired, &options).await.unwrap().rebuilt;
    let offices = rebuilt.left.iter().find(|it| it.what == "offices").expect("it is listed");
    let left = rebuilt.left.iter().map(|it| format!("{}: {}; {}", it.what, it.why, it.hint));
    let left = left.collect::<Vec<_>>().join("\n").replace(&offices.physical, "OFFICES");
    expect![[r#"
        offices: it can bear no mark, and is inside of nothing that is this stack's; to take it over, say stack.adopt(&handle, "OFFICES")
        www-berlin: it can bear no mark, and is not as declared; to take it over, say stack.adopt(&handle, "ZONE www.example.net. A berlin")
        www-default: it can bear no mark, and is not as declared; to take it over, say stack.adopt(&handle, "ZONE www.example.net. A default")"#]].assert_eq(&left.replace(&rebuilt.claimed[0].physical, "ZONE"));

    let adopting = by_address(Some(&offices.physical));
    let rebuilt = recover(&world, &adopting).await;
    assert!(rebuilt.left.is_empty() && rebuilt.absent.is_empty(), "{rebuilt:?}");
    assert_settled(&world, &adopting).await;
}
