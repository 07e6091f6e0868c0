//! Buckets and replication on the local cloud, through the real SDK.
#![cfg(feature = "s3")]
#![allow(clippy::unwrap_used, clippy::panic, reason = "tests stop where they find something odd")]

mod common;

use std::collections::BTreeMap;
use std::time::Duration;

use aws_sdk_s3::types as sdk;
use bicoastal_aws::iam::Role;
use bicoastal_aws::kms::Key;
use bicoastal_aws::s3::{
    Acceleration, Analytics, BlockedEncryption, Bucket, Expiration, IntelligentTiering, Inventory,
    InventoryEncryption, InventoryFormat, InventoryFrequency, LifecycleRule, Metrics,
    NoncurrentExpiration, NoncurrentTransition, Notification, NotificationTarget, ObjectFilter,
    ObjectLock, ReplicationConfiguration, RequestPayer, RetentionMode, RoutingRule, StorageClass,
    Transition, TransitionMinimum, Versioning, Website, When, replicated_buckets,
};
use bicoastal_local::faults::{Effect, Rule};
use bicoastal_model::{
    ActiveRegions, Arn, Input, OpError, PolicyDocument, Provider, Region, Risk, Seen, Stack,
    Target, value,
};
use common::Harness;
use expect_test::expect;
use serde_json::{Value, json};

const HERE: Region = Region::ApSouth1;

fn s3(harness: &Harness, region: Region) -> aws_sdk_s3::Client {
    aws_sdk_s3::Client::new(&harness.sdk_in(region))
}

/// Everything that a bucket can be told.
fn full(name: &str) -> Value {
    json!({
        "name": name,
        "versioning": "Enabled",
        "encryption": { "algorithm": "aws:kms", "key": "arn:aws:kms:ap-south-1:000000000000:key/one", "bucket_key": true },
        "public_access": { "block_acls": true, "ignore_acls": true, "block_policy": true, "restrict_buckets": false },
        "ownership": "BucketOwnerPreferred",
        "policy": policy(name, "s3:GetObject"),
        "lifecycle": [lifecycle("old", 30)],
        "cors": [{ "origins": ["https://*.example.com"], "methods": ["GET", "HEAD"], "max_age_seconds": 60 }],
        "logging": { "bucket": "s3-logs", "prefix": "a/", "keys": "by_event_time" },
        "tags": { "Project": "one" },
    })
}

fn policy(name: &str, action: &str) -> Value {
    json!({
        "Version": "2012-10-17",
        "Statement": [{
            "Effect": "Allow",
            "Principal": { "AWS": "000000000000" },
            "Action": action,
            "Resource": format!("arn:aws:s3:::{name}/*"),
        }],
    })
}

/// A rule as the typed struct writes it: the whole rule is the program's.
fn lifecycle(id: &str, days: i32) -> Value {
    json!({
        "id": id, "enabled": true, "prefix": "logs/", "tags": {},
        "size_greater_than": null, "size_less_than": null,
        "expiration": { "days": days + 100 },
        "transitions": [{ "when": { "days": days }, "storage_class": "STANDARD_IA" }],
        "noncurrent_expiration": { "days": 7, "keep_newest": 2 },
        "noncurrent_transitions": [],
        "abort_uploads_after_days": 3,
    })
}

async fn log_bucket(harness: &Harness) {
    harness.regional::<Bucket>("logs", HERE).apply(&json!({ "name": "s3-logs" })).await;
}

#[tokio::test]
async fn a_bucket_keeps_the_contract() {
    let harness = Harness::new();
    log_bucket(&harness).await;
    let mut bucket = harness.regional::<Bucket>("assets", HERE);
    let mut props = full("s3-contract");
    let snapshot = bucket.apply(&props).await;
    expect![[r#"{"arn": String("arn:aws:s3:::s3-contract"), "name": String("s3-contract"), "regional_domain_name": String("s3-contract.s3.ap-south-1.amazonaws.com")}"#]]
        .assert_eq(&format!("{:?}", snapshot.outputs));
    // Ownership and the access block come before the policy; each part is written once.
    expect![[r#"
        [
            "CreateBucket",
            "PutPublicAccessBlock",
            "PutBucketVersioning",
            "PutBucketEncryption",
            "PutBucketPolicy",
            "PutBucketLifecycleConfiguration",
            "PutBucketCors",
            "PutBucketLogging",
        ]
    "#]]
    .assert_debug_eq(&bucket.calls);

    for (field, value, call) in [
        ("versioning", json!("Suspended"), "PutBucketVersioning"),
        ("encryption", json!({ "algorithm": "AES256" }), "PutBucketEncryption"),
        (
            "public_access",
            json!({ "block_acls": true, "ignore_acls": true, "block_policy": true, "restrict_buckets": true }),
            "PutPublicAccessBlock",
        ),
        ("ownership", json!("BucketOwnerEnforced"), "PutBucketOwnershipControls"),
        ("policy", policy("s3-contract", "s3:PutObject"), "PutBucketPolicy"),
        (
            "lifecycle",
            json!([lifecycle("old", 60), lifecycle("new", 90)]),
            "PutBucketLifecycleConfiguration",
        ),
        ("cors", json!([{ "origins": ["*"], "methods": ["GET"] }]), "PutBucketCors"),
        ("logging", json!({ "bucket": "s3-logs", "prefix": "b/" }), "PutBucketLogging"),
        ("tags", json!({ "Project": "two", "Team": "web" }), "PutBucketTagging"),
    ] {
        props[field] = value;
        bucket.apply(&props).await;
        assert_eq!(bucket.calls, [call], "{field}");
    }
    // An enabled flag that only the library knows calls nothing.
    props["force_destroy"] = json!(true);
    bucket.apply(&props).await;
    assert_eq!(bucket.calls, Vec::<String>::new());
    bucket.destroy().await;
}

#[tokio::test]
async fn a_tag_may_be_empty() {
    let harness = Harness::new();
    let mut bucket = harness.regional::<Bucket>("assets", HERE);
    for (tags, calls) in [
        (json!({ "Empty": "" }), "CreateBucket"),
        (json!({ "Empty": "", "More": "" }), "PutBucketTagging"),
        (json!({ "Empty": "full", "More": "" }), "PutBucketTagging"),
        (json!({ "Empty": "" }), "PutBucketTagging"),
    ] {
        bucket.apply(&json!({ "name": "s3-tags", "tags": tags })).await;
        assert_eq!(bucket.calls.join(" "), calls, "{tags}");
        let client = s3(&harness, HERE);
        let there = client.get_bucket_tagging().bucket("s3-tags").send().await.unwrap();
        let own = there.tag_set().iter().filter(|tag| !tag.key().starts_with("bicoastal:"));
        let own: serde_json::Map<_, _> =
            own.map(|tag| (tag.key().to_owned(), json!(tag.value()))).collect();
        assert_eq!(Value::Object(own), tags);
    }
}

#[tokio::test]
async fn every_encryption_settles() {
    let harness = Harness::new();
    let mut bucket = harness.regional::<Bucket>("assets", HERE);
    bucket.apply(&json!({ "name": "s3-encrypted" })).await;
    let key = "arn:aws:kms:ap-south-1:000000000000:key/one";
    for encryption in [
        json!({ "algorithm": "aws:kms:dsse", "key": key }),
        json!({ "algorithm": "aws:kms:dsse" }),
        json!({ "algorithm": "aws:kms", "bucket_key": true }),
        json!({ "algorithm": "aws:kms:dsse", "key": key }),
        json!({ "algorithm": "AES256" }),
    ] {
        bucket.apply(&json!({ "name": "s3-encrypted", "encryption": encryption })).await;
        assert_eq!(bucket.calls, ["PutBucketEncryption"], "{encryption}");
    }
}

#[tokio::test]
async fn lifecycle_rules_change_from_one_condition_to_another() {
    let harness = Harness::new();
    let mut bucket = harness.regional::<Bucket>("assets", HERE);
    bucket.apply(&json!({ "name": "s3-aging", "versioning": "Enabled" })).await;
    let rule = || LifecycleRule::builder("r");
    let tiered = |when: When| {
        let storage_class = StorageClass::IntelligentTiering;
        rule().transitions([Transition { when, storage_class }]).build()
    };
    let noncurrent = NoncurrentExpiration { days: 30, keep_newest: None };
    let class = StorageClass::StandardIa;
    let older = NoncurrentTransition { days: 30, storage_class: class, keep_newest: Some(3) };
    for rule in [
        rule().size_greater_than(0).expiration(Expiration::Days(365)).build(),
        rule().size_greater_than(1).expiration(Expiration::Days(365)).build(),
        tiered(When::Days(0)),
        tiered(When::Date("2030-01-31".into())),
        tiered(When::Days(30)),
        rule().noncurrent_expiration(noncurrent).build(),
        rule().noncurrent_transitions([older]).build(),
    ] {
        let rules = json!([rule]);
        let wanted = json!({ "name": "s3-aging", "versioning": "Enabled", "lifecycle": rules });
        bucket.apply(&wanted).await;
        assert_eq!(bucket.calls, ["PutBucketLifecycleConfiguration"], "{rules}");
    }
}

#[tokio::test]
async fn what_is_no_longer_mentioned_goes_back_to_what_aws_makes() {
    let harness = Harness::new();
    log_bucket(&harness).await;
    let mut bucket = harness.regional::<Bucket>("assets", HERE);
    bucket.apply(&full("s3-unset")).await;
    bucket.apply(&json!({ "name": "s3-unset" })).await;
    expect![[r#"
        [
            "DeleteBucketPolicy",
            "PutBucketOwnershipControls",
            "PutPublicAccessBlock",
            "PutBucketVersioning",
            "DeleteBucketEncryption",
            "PutBucketTagging",
            "DeleteBucketLifecycle",
            "DeleteBucketCors",
            "PutBucketLogging",
        ]
    "#]]
    .assert_debug_eq(&bucket.calls);
    let client = s3(&harness, HERE);
    let block = client.get_public_access_block().bucket("s3-unset").send().await.unwrap();
    let block = block.public_access_block_configuration.unwrap();
    assert_eq!(block.restrict_public_buckets, Some(true), "unset means closed, not open");
}

#[tokio::test]
async fn what_others_do_is_seen() {
    let harness = Harness::new();
    log_bucket(&harness).await;
    let mut bucket = harness.regional::<Bucket>("assets", HERE);
    let mut props = full("s3-drift");
    props.as_object_mut().unwrap().remove("policy");
    bucket.apply(&props).await;
    let client = s3(&harness, HERE);
    let name = "s3-drift";
    client.delete_public_access_block().bucket(name).send().await.unwrap();
    let text = policy(name, "s3:GetObject").to_string();
    client.put_bucket_policy().bucket(name).policy(text).send().await.unwrap();
    let foreign = sdk::LifecycleRule::builder()
        .id("foreign")
        .status(sdk::ExpirationStatus::Enabled)
        .filter(sdk::LifecycleRuleFilter::builder().prefix("tmp/").build())
        .expiration(sdk::LifecycleExpiration::builder().days(1).build())
        .build()
        .unwrap();
    let read = client.get_bucket_lifecycle_configuration().bucket(name).send().await.unwrap();
    let mut rules = read.rules.unwrap();
    rules[0].status = sdk::ExpirationStatus::Disabled;
    rules.push(foreign);
    let configuration =
        sdk::BucketLifecycleConfiguration::builder().set_rules(Some(rules)).build().unwrap();
    client
        .put_bucket_lifecycle_configuration()
        .bucket(name)
        .lifecycle_configuration(configuration)
        .send()
        .await
        .unwrap();
    client.delete_bucket_tagging().bucket(name).send().await.unwrap();
    expect![[r#"
        [
            "public_access.block_acls",
            "public_access.ignore_acls",
            "public_access.block_policy",
            "lifecycle[old].enabled",
            "tags.Project",
            "tags.bicoastal:lineage",
            "tags.bicoastal:resource",
            "tags.bicoastal:stack",
            "(policy)",
            "(lifecycle[foreign])",
        ]
    "#]]
    .assert_debug_eq(&bucket.drift(&props).await);
    // Repaired, and the foreign rule is still there.
    bucket.apply(&props).await;
    assert_eq!(bucket.drift(&props).await, ["(policy)", "(lifecycle[foreign])"]);
    // Claimed, it goes.
    props["exclusive_lifecycle"] = json!(true);
    bucket.apply(&props).await;
    assert_eq!(bucket.drift(&props).await, ["(policy)"]);
}

#[tokio::test]
async fn an_interrupted_creation_goes_on() {
    let harness = Harness::new();
    log_bucket(&harness).await;
    for (index, region) in [HERE, Region::UsEast1].into_iter().enumerate() {
        let mut bucket = harness.regional::<Bucket>("assets", region);
        let mut props = full(&format!("s3-forgetful-{index}"));
        let fields = props.as_object_mut().unwrap();
        fields.remove("logging");
        fields.remove("encryption");
        bucket.create_forgetfully(&props).await;
    }
}

#[tokio::test]
async fn a_name_that_is_taken_is_refused() {
    let harness = Harness::new();
    let client = s3(&harness, Region::UsEast1);
    client.create_bucket().bucket("s3-taken").send().await.unwrap();
    let mut bucket = harness.regional::<Bucket>("assets", Region::UsEast1);
    let refused = bucket.try_apply(&json!({ "name": "s3-taken" })).await.unwrap_err();
    expect!["us-east-1/assets already exists as s3-taken and is not ours: it bears no mark of this stack"]
        .assert_eq(&refused.facts().message);
    // In another region the name is taken all the same.
    let mut elsewhere = harness.regional::<Bucket>("assets", HERE);
    let refused = elsewhere.try_apply(&json!({ "name": "s3-taken" })).await.unwrap_err();
    assert_eq!(refused.code(), Some("PermanentRedirect"));
    let hint = refused.facts().hint.clone().unwrap_or_default();
    expect![
        "a bucket of this name exists in another region; declare it there, or choose another name"
    ]
    .assert_eq(&hint);
}

#[tokio::test]
async fn a_bucket_of_somebody_else_is_looked_up() {
    let harness = Harness::new();
    let client = s3(&harness, Region::UsEast1);
    client.create_bucket().bucket("s3-theirs").send().await.unwrap();
    let find = async |region: Region, name: &str| {
        let subject = harness.regional::<Bucket>("theirs", region);
        let query = serde_json::to_value(Bucket::named(name)).unwrap();
        let target = Target { props: query.into(), ..subject.target };
        match harness.provider.lookup(&target).await {
            Ok(Seen::Present(found)) => found.outputs["arn"].to_string(),
            Ok(other) => format!("{other:?}"),
            Err(error) => error.code().unwrap_or_default().to_owned(),
        }
    };
    assert_eq!(find(Region::UsEast1, "s3-theirs").await, "\"arn:aws:s3:::s3-theirs\"");
    assert_eq!(find(Region::UsEast1, "s3-nobodys").await, "Absent");
    assert_eq!(find(HERE, "s3-theirs").await, "PermanentRedirect");
}

#[tokio::test]
async fn a_slow_s3_is_waited_for() {
    let harness = Harness::new();
    harness.cloud.set_duration("s3.bucket.visible", Duration::from_secs(4));
    harness.cloud.set_duration("s3.configuration.read", Duration::from_secs(8));
    harness.cloud.set_duration("s3.configuration.conflict", Duration::from_secs(1));
    let mut bucket = harness.regional::<Bucket>("assets", HERE);
    let props = json!({
        "name": "s3-slow",
        "versioning": "Enabled",
        "policy": policy("s3-slow", "s3:GetObject"),
        "lifecycle": [lifecycle("old", 30)],
    });
    bucket.apply(&props).await;
    // Nothing that was accepted is sent again; what was refused is in brackets.
    expect![[r#"
        [
            "CreateBucket",
            "PutBucketVersioning",
            "PutBucketPolicy",
            "PutBucketLifecycleConfiguration",
        ]
    "#]]
    .assert_debug_eq(&bucket.calls);
}

#[tokio::test]
async fn a_bucket_with_objects_is_only_emptied_on_request() {
    let harness = Harness::new();
    let client = s3(&harness, HERE);
    let mut bucket = harness.regional::<Bucket>("assets", HERE);
    let mut props = json!({ "name": "s3-full", "versioning": "Enabled" });
    bucket.apply(&props).await;
    for index in 0..3 {
        let key = format!("key-{index}");
        client.put_object().bucket("s3-full").key(&key).send().await.unwrap();
        client.delete_object().bucket("s3-full").key(&key).send().await.unwrap();
    }
    client.create_multipart_upload().bucket("s3-full").key("part").send().await.unwrap();
    let refused = bucket.try_destroy(true).await.unwrap_err();
    assert_eq!(refused.code(), Some("BucketNotEmpty"));
    let hint = refused.facts().hint.clone().unwrap_or_default();
    expect!["empty the bucket, or say .force_destroy(true) on it, apply, and then delete it"]
        .assert_eq(&hint);
    props["force_destroy"] = json!(true);
    bucket.apply(&props).await;
    bucket.try_destroy(false).await.unwrap();
    assert_eq!(bucket.calls, ["AbortMultipartUpload", "DeleteObjects", "DeleteBucket"]);
}

#[tokio::test]
async fn what_locks_keep_is_named() {
    let harness = Harness::new();
    let client = s3(&harness, HERE);
    let configuration = sdk::CreateBucketConfiguration::builder()
        .location_constraint(sdk::BucketLocationConstraint::ApSouth1)
        .build();
    client
        .create_bucket()
        .bucket("s3-locked")
        .create_bucket_configuration(configuration)
        .object_lock_enabled_for_bucket(true)
        .send()
        .await
        .unwrap();
    let held = sdk::ObjectLockLegalHoldStatus::On;
    let put = client.put_object().bucket("s3-locked").key("kept");
    put.object_lock_legal_hold_status(held).send().await.unwrap();
    let mut bucket = harness.regional::<Bucket>("assets", HERE);
    bucket.target.physical = Some("s3-locked".into());
    bucket.target.props = json!({ "name": "s3-locked", "force_destroy": true }).into();
    let refused = bucket.try_destroy(false).await.unwrap_err();
    expect![
        "1 of the objects in s3-locked can't be deleted, the first of them kept: Access Denied"
    ]
    .assert_eq(&refused.facts().message);
}

/// Two versioned buckets and a role between them.
async fn pair(harness: &Harness) -> String {
    for (name, region) in [("s3-mumbai", HERE), ("s3-virginia", Region::UsEast1)] {
        let props = json!({ "name": name, "versioning": "Enabled" });
        harness.regional::<Bucket>(name, region).apply(&props).await;
    }
    let role = json!({
        "name": "copier",
        "assume_role_policy": PolicyDocument::trust_service("s3.amazonaws.com"),
    });
    let snapshot = harness.global::<Role>("copier").apply(&role).await;
    snapshot.outputs["arn"].as_str().unwrap().to_owned()
}

fn rule(id: &str, to: &str) -> Value {
    json!({
        "id": id, "priority": 1, "enabled": true, "prefix": null, "tags": {},
        "delete_markers": true, "replica_modifications": true,
        "destination": format!("arn:aws:s3:::{to}"), "account": null, "owner_override": false,
        "storage_class": null, "replica_key": null, "time": "unbounded",
    })
}

#[tokio::test]
async fn replication_keeps_the_contract() {
    let harness = Harness::new();
    let role = pair(&harness).await;
    let mut copies = harness.regional::<ReplicationConfiguration>("copies", HERE);
    let mut props =
        json!({ "bucket": "s3-mumbai", "role": role, "rules": [rule("all", "s3-virginia")] });
    copies.apply(&props).await;
    assert_eq!(copies.calls, ["PutBucketReplication"]);
    for (pointer, value) in [
        ("/rules/0/enabled", json!(false)),
        ("/rules/0/enabled", json!(true)),
        ("/rules/0/priority", json!(7)),
        ("/rules/0/storage_class", json!("STANDARD_IA")),
        ("/rules/0/time", json!("measured")),
        ("/rules/0/time", json!("controlled")),
        ("/rules/0/replica_key", json!("arn:aws:kms:us-east-1:000000000000:key/two")),
        ("/rules/0/account", json!("000000000000")),
        ("/rules/0/owner_override", json!(true)),
        ("/rules/0/prefix", json!("a/")),
        ("/rules/0/delete_markers", json!(false)),
        ("/rules/0/tags", json!({ "k": "v" })),
        ("/rules/0/tags", json!({ "k": "v", "l": "w" })),
        ("/rules/0/prefix", json!(null)),
        ("/rules/0/replica_modifications", json!(false)),
    ] {
        *props.pointer_mut(pointer).unwrap() = value;
        copies.apply(&props).await;
        assert_eq!(copies.calls, ["PutBucketReplication"], "{pointer}");
    }
    copies.destroy().await;
}

#[tokio::test]
async fn rules_of_others_stay() {
    let harness = Harness::new();
    let role = pair(&harness).await;
    let client = s3(&harness, HERE);
    let foreign = |id: &str| {
        sdk::ReplicationRule::builder()
            .id(id)
            .priority(9)
            .status(sdk::ReplicationRuleStatus::Enabled)
            .filter(sdk::ReplicationRuleFilter::builder().prefix("theirs/").build())
            .delete_marker_replication(
                sdk::DeleteMarkerReplication::builder()
                    .status(sdk::DeleteMarkerReplicationStatus::Disabled)
                    .build(),
            )
            .destination(
                sdk::Destination::builder().bucket("arn:aws:s3:::s3-virginia").build().unwrap(),
            )
            .build()
            .unwrap()
    };
    let put = async |rules: Vec<sdk::ReplicationRule>| {
        let configuration = sdk::ReplicationConfiguration::builder()
            .role(&role)
            .set_rules(Some(rules))
            .build()
            .unwrap();
        let call = client.put_bucket_replication().bucket("s3-mumbai");
        call.replication_configuration(configuration).send().await.unwrap();
    };
    // Theirs was there first: ours is added to it.
    put(vec![foreign("theirs")]).await;
    let mut copies = harness.regional::<ReplicationConfiguration>("copies", HERE);
    let mut props =
        json!({ "bucket": "s3-mumbai", "role": role, "rules": [rule("ours", "s3-virginia")] });
    copies.apply(&props).await;
    assert_eq!(copies.drift(&props).await, ["(rules[theirs])"]);
    // They drop ours: it is made again beside theirs.
    put(vec![foreign("theirs")]).await;
    assert_eq!(copies.read().await, None);
    copies.apply(&props).await;
    assert_eq!(copies.drift(&props).await, ["(rules[theirs])"]);
    // Ours goes, theirs stays.
    copies.destroy().await;
    let left = client.get_bucket_replication().bucket("s3-mumbai").send().await.unwrap();
    assert_eq!(left.replication_configuration.unwrap().rules[0].id(), Some("theirs"));
    // Claimed, only ours are left.
    copies.applied = None;
    props["exclusive"] = json!(true);
    copies.apply(&props).await;
    assert_eq!(copies.drift(&props).await, Vec::<String>::new());
}

#[tokio::test]
async fn buckets_of_one_region_replicate_too() {
    let harness = Harness::new();
    let role = pair(&harness).await;
    let near = json!({ "name": "s3-near", "versioning": "Enabled" });
    harness.regional::<Bucket>("near", HERE).apply(&near).await;
    let mut copies = harness.regional::<ReplicationConfiguration>("copies", HERE);
    let props = json!({ "bucket": "s3-mumbai", "role": role, "rules": [rule("all", "s3-near")] });
    copies.apply(&props).await;
    assert_eq!(copies.calls, ["PutBucketReplication"]);
    let client = s3(&harness, HERE);
    client.put_object().bucket("s3-mumbai").key("k").send().await.unwrap();
    harness.cloud.sleep(Duration::from_secs(60)).await;
    let copy = client.head_object().bucket("s3-near").key("k").send().await.unwrap();
    assert_eq!(copy.replication_status().map(|it| it.as_str()), Some("REPLICA"));
    copies.destroy().await;
}

#[tokio::test]
async fn a_bucket_goes_while_copies_arrive() {
    let harness = Harness::new();
    let role = pair(&harness).await;
    let mut copies = harness.regional::<ReplicationConfiguration>("copies", HERE);
    let props =
        json!({ "bucket": "s3-mumbai", "role": role, "rules": [rule("all", "s3-virginia")] });
    copies.apply(&props).await;
    let mut target = harness.regional::<Bucket>("s3-virginia", Region::UsEast1);
    let emptied = json!({ "name": "s3-virginia", "versioning": "Enabled", "force_destroy": true });
    target.apply(&emptied).await;
    // Written before the rule goes, the copies are made all the same: one is there by now, one
    // comes while the bucket is emptied.
    harness.cloud.set_duration("s3.replication.lag", Duration::from_millis(500));
    let client = s3(&harness, HERE);
    client.put_object().bucket("s3-mumbai").key("early").send().await.unwrap();
    harness.cloud.sleep(Duration::from_secs(1)).await;
    client.put_object().bucket("s3-mumbai").key("late").send().await.unwrap();
    copies.try_destroy(false).await.unwrap();
    target.destroy().await;
    let left = s3(&harness, Region::UsEast1).head_bucket().bucket("s3-virginia").send().await;
    assert!(left.is_err());
    // The bucket that was copied from is as it was.
    client.head_object().bucket("s3-mumbai").key("late").send().await.unwrap();
}

#[tokio::test]
async fn a_bucket_replicates_with_one_role() {
    let harness = Harness::new();
    let role = pair(&harness).await;
    let mut copies = harness.regional::<ReplicationConfiguration>("copies", HERE);
    let props =
        json!({ "bucket": "s3-mumbai", "role": role, "rules": [rule("all", "s3-virginia")] });
    copies.apply(&props).await;
    let other = json!({
        "name": "other",
        "assume_role_policy": PolicyDocument::trust_service("s3.amazonaws.com"),
    });
    let other = harness.global::<Role>("other").apply(&other).await.outputs["arn"].clone();
    let mut second = harness.regional::<ReplicationConfiguration>("second", HERE);
    let props =
        json!({ "bucket": "s3-mumbai", "role": other, "rules": [rule("more", "s3-virginia")] });
    let refused = second.try_apply(&props).await.unwrap_err();
    expect!["s3-mumbai already replicates, with the role arn:aws:iam::000000000000:role/copier"]
        .assert_eq(&refused.facts().message);
}

#[tokio::test]
async fn replication_waits_for_versioning_and_for_the_role() {
    let harness = Harness::new();
    harness.cloud.set_duration("s3.versioning.propagate", Duration::from_secs(12));
    harness.cloud.set_duration("iam.propagation", Duration::from_secs(20));
    let role = pair(&harness).await;
    let mut copies = harness.regional::<ReplicationConfiguration>("copies", HERE);
    let props =
        json!({ "bucket": "s3-mumbai", "role": role, "rules": [rule("all", "s3-virginia")] });
    copies.apply(&props).await;
    let refused = copies.calls.iter().filter(|call| call.contains("NotYet")).count();
    assert!(refused > 0, "{:?}", copies.calls);
    assert_eq!(copies.calls.len(), refused + 1);
    copies.destroy().await;
}

/// Declares and makes a mesh, in the order of its references.
async fn mesh(harness: &Harness, regions: &[Region]) {
    let mut stack = Stack::new("test");
    let active = ActiveRegions::from_list(regions.iter().copied()).unwrap();
    replicated_buckets(&mut stack, "s3-mesh", &active);
    let desired = stack.seal().unwrap();
    let mut outputs: BTreeMap<(String, String), Value> = BTreeMap::new();
    for kind in ["S3:Bucket", "IAM:Role", "S3:ReplicationConfiguration"] {
        for (id, declared) in desired.resources.iter().filter(|(_, it)| it.schema.kind == kind) {
            let props = value::resolve(&declared.props.to_value(), &|reference| {
                outputs.get(&(reference.id.to_string(), reference.attribute.to_string())).cloned()
            });
            let name = id.as_str().rsplit('/').next().unwrap();
            let region = declared.place.region();
            let mut subject = match (kind, region) {
                ("S3:Bucket", Some(region)) => harness.regional::<Bucket>(name, region),
                (_, Some(region)) => harness.regional::<ReplicationConfiguration>(name, region),
                (_, None) => harness.global::<Role>(name),
            };
            for (name, value) in subject.apply(&props).await.outputs {
                outputs.insert((id.to_string(), name), value);
            }
        }
    }
}

/// What a key holds in each region; `-` for nothing.
async fn everywhere(harness: &Harness, regions: &[Region], key: &str) -> Vec<String> {
    let mut seen = Vec::new();
    for region in regions {
        let call = s3(harness, *region).get_object().bucket(format!("s3-mesh-{region}")).key(key);
        seen.push(match call.send().await {
            Ok(read) => {
                let body = read.body.collect().await.unwrap().into_bytes();
                String::from_utf8(body.to_vec()).unwrap()
            }
            Err(_) => "-".to_owned(),
        });
    }
    seen
}

#[tokio::test]
async fn buckets_of_two_and_of_three_regions_hold_the_same() {
    for regions in [vec![Region::UsEast1, HERE], vec![Region::UsEast1, HERE, Region::EuWest1]] {
        let harness = Harness::new();
        // A new bucket's versioning and a new role take a while to be known.
        harness.cloud.set_duration("s3.versioning.propagate", Duration::from_secs(10));
        harness.cloud.set_duration("iam.propagation", Duration::from_secs(10));
        mesh(&harness, &regions).await;
        for region in &regions {
            let put = s3(&harness, *region).put_object().bucket(format!("s3-mesh-{region}"));
            let body = region.to_string().into_bytes();
            put.key(region.code()).body(body.into()).send().await.unwrap();
        }
        harness.cloud.sleep(Duration::from_secs(10)).await;
        for region in &regions {
            let everywhere = everywhere(&harness, &regions, region.code()).await;
            assert_eq!(everywhere, vec![region.to_string(); regions.len()]);
        }
        let last = *regions.last().unwrap();
        let deleted = s3(&harness, last).delete_object().bucket(format!("s3-mesh-{last}"));
        deleted.key("us-east-1").send().await.unwrap();
        harness.cloud.sleep(Duration::from_secs(10)).await;
        let everywhere = everywhere(&harness, &regions, "us-east-1").await;
        assert_eq!(everywhere, vec!["-"; regions.len()]);
    }
}

#[test]
fn losing_a_bucket_is_losing_data() {
    use bicoastal_model::Resource;
    assert_eq!(Bucket::SCHEMA.delete_risk, Risk::DestroysData);
}

/// The rarer sub-configurations, each as its typed struct writes it.
fn rarer(name: &str) -> Value {
    let queue = NotificationTarget::Queue("arn:aws:sqs:ap-south-1:000000000000:q".into());
    let lists = Inventory::builder()
        .id("all")
        .destination("arn:aws:s3:::s3-logs")
        .fields(["Size", "ReplicationStatus"])
        .build();
    let bucket = Bucket::builder()
        .name(name)
        .versioning(Versioning::Enabled)
        .blocked_encryption([BlockedEncryption::SseC])
        .lifecycle([LifecycleRule::builder("old").expiration(Expiration::Days(30)).build()])
        .transition_minimum(TransitionMinimum::VariesByStorageClass)
        .object_lock(ObjectLock::days(RetentionMode::Governance, 7))
        .website(Website::pages("index.html", "error.html"))
        .notifications([Notification::builder()
            .id("made")
            .to(queue)
            .events(["s3:ObjectCreated:*"])
            .prefix("in/")
            .build()])
        .event_bridge(true)
        .acceleration(Acceleration::Enabled)
        .request_payer(RequestPayer::Requester)
        .inventories([lists])
        .metrics([Metrics::builder().id("EntireBucket").build()])
        .analytics([Analytics::builder().id("reads").filter(ObjectFilter::prefix("in/")).build()])
        .intelligent_tiering([IntelligentTiering::builder()
            .id("cold")
            .archive_after_days(90)
            .build()])
        .build();
    serde_json::to_value(bucket).unwrap()
}

#[tokio::test]
async fn the_rarer_parts_of_a_bucket_keep_the_contract() {
    let harness = Harness::new();
    log_bucket(&harness).await;
    let mut bucket = harness.regional::<Bucket>("assets", HERE);
    let mut props = rarer("s3-rarer");
    bucket.apply(&props).await;
    expect![[r#"
        [
            "CreateBucket",
            "PutBucketEncryption",
            "PutBucketLifecycleConfiguration",
            "PutObjectLockConfiguration",
            "PutBucketWebsite",
            "PutBucketNotificationConfiguration",
            "PutBucketAccelerateConfiguration",
            "PutBucketRequestPayment",
            "PutBucketInventoryConfiguration",
            "PutBucketMetricsConfiguration",
            "PutBucketAnalyticsConfiguration",
            "PutBucketIntelligentTieringConfiguration",
        ]
    "#]]
    .assert_debug_eq(&bucket.calls);

    let tags = BTreeMap::from([("Project".to_owned(), "one".to_owned())]);
    let two = BTreeMap::from([
        ("Project".to_owned(), "one".to_owned()),
        ("Team".to_owned(), "web".to_owned()),
    ]);
    let narrow = |prefix: Option<&str>, tags: &BTreeMap<String, String>| ObjectFilter {
        prefix: prefix.map(str::to_owned),
        tags: tags.clone(),
    };
    let metrics = |filter: ObjectFilter, access_point: Option<&str>| {
        let metrics = Metrics::builder().id("EntireBucket").filter(filter);
        json!([metrics.maybe_access_point(access_point).build()])
    };
    let analytics = |filter: ObjectFilter| {
        let analysis = Analytics::builder().id("reads").filter(filter);
        json!([analysis.export_to("arn:aws:s3:::s3-logs").export_prefix("r/").build()])
    };
    let tiering = |filter: ObjectFilter| {
        let tiering = IntelligentTiering::builder().id("cold").enabled(false).filter(filter);
        json!([tiering.deep_archive_after_days(180).build()])
    };
    let topic = NotificationTarget::Topic("arn:aws:sns:ap-south-1:000000000000:t".into());
    let function =
        NotificationTarget::Function("arn:aws:lambda:ap-south-1:000000000000:function:f".into());
    let key: Input<Arn<Key>> = "arn:aws:kms:ap-south-1:000000000000:key/one".into();
    let lists = Inventory::builder()
        .id("all")
        .destination("arn:aws:s3:::s3-logs")
        .enabled(false)
        .frequency(InventoryFrequency::Weekly)
        .all_versions(true)
        .format(InventoryFormat::Parquet)
        .prefix("in/")
        .destination_prefix("lists")
        .destination_account("000000000000")
        .encryption(InventoryEncryption::Kms(key))
        .build();
    let rule = RoutingRule::builder().when_prefix("old/").to_prefix("new/").status("302").build();
    let pages = Website::Pages {
        index_document: "start.html".into(),
        error_document: None,
        routing_rules: vec![rule],
    };
    for (field, value, call) in [
        ("blocked_encryption", json!([]), "PutBucketEncryption"),
        (
            "transition_minimum",
            json!("all_storage_classes_128K"),
            "PutBucketLifecycleConfiguration",
        ),
        (
            "object_lock",
            json!(ObjectLock::years(RetentionMode::Compliance, 1)),
            "PutObjectLockConfiguration",
        ),
        ("object_lock", json!(ObjectLock::ENABLED), "PutObjectLockConfiguration"),
        ("website", json!(pages), "PutBucketWebsite"),
        ("website", json!(Website::redirect("www.example.com")), "PutBucketWebsite"),
        (
            "notifications",
            json!([
                Notification::builder().id("t").to(topic).events(["s3:ObjectRemoved:*"]).build(),
                Notification::builder()
                    .id("f")
                    .to(function)
                    .events(["s3:ObjectCreated:Put", "s3:ObjectCreated:Copy"])
                    .prefix("in/")
                    .suffix(".csv")
                    .build(),
            ]),
            "PutBucketNotificationConfiguration",
        ),
        ("event_bridge", json!(false), "PutBucketNotificationConfiguration"),
        ("acceleration", json!("Suspended"), "PutBucketAccelerateConfiguration"),
        ("request_payer", json!("BucketOwner"), "PutBucketRequestPayment"),
        ("inventories", json!([lists]), "PutBucketInventoryConfiguration"),
        ("metrics", metrics(ObjectFilter::prefix("in/"), None), "PutBucketMetricsConfiguration"),
        ("metrics", metrics(narrow(None, &tags), None), "PutBucketMetricsConfiguration"),
        (
            "metrics",
            metrics(
                narrow(Some("in/"), &two),
                Some("arn:aws:s3:ap-south-1:000000000000:accesspoint/a"),
            ),
            "PutBucketMetricsConfiguration",
        ),
        ("analytics", analytics(narrow(None, &tags)), "PutBucketAnalyticsConfiguration"),
        ("analytics", analytics(narrow(Some("in/"), &tags)), "PutBucketAnalyticsConfiguration"),
        (
            "intelligent_tiering",
            tiering(narrow(Some("in/"), &two)),
            "PutBucketIntelligentTieringConfiguration",
        ),
        (
            "intelligent_tiering",
            tiering(narrow(None, &tags)),
            "PutBucketIntelligentTieringConfiguration",
        ),
    ] {
        props[field] = value;
        bucket.apply(&props).await;
        assert_eq!(bucket.calls, [call], "{field}");
    }

    // What is no longer mentioned goes back to what AWS makes; object lock stays on.
    bucket.apply(&json!({ "name": "s3-rarer", "versioning": "Enabled" })).await;
    expect![[r#"
        [
            "DeleteBucketLifecycle",
            "DeleteBucketWebsite",
            "PutBucketNotificationConfiguration",
            "DeleteBucketInventoryConfiguration",
            "DeleteBucketMetricsConfiguration",
            "DeleteBucketAnalyticsConfiguration",
            "DeleteBucketIntelligentTieringConfiguration",
        ]
    "#]]
    .assert_debug_eq(&bucket.calls);
    bucket.destroy().await;
}

#[tokio::test]
async fn what_others_add_to_the_rarer_parts_is_reported_and_kept() {
    let harness = Harness::new();
    log_bucket(&harness).await;
    let mut bucket = harness.regional::<Bucket>("assets", HERE);
    let mut props = rarer("s3-others");
    bucket.apply(&props).await;
    let other = s3(&harness, HERE);
    let mut document = sdk::NotificationConfiguration::builder();
    for (id, event) in [("made", "s3:ObjectCreated:Put"), ("theirs", "s3:ObjectRemoved:*")] {
        document = document.queue_configurations(
            sdk::QueueConfiguration::builder()
                .id(id)
                .queue_arn("arn:aws:sqs:ap-south-1:000000000000:q")
                .events(event.into())
                .build()
                .unwrap(),
        );
    }
    let call = other.put_bucket_notification_configuration().bucket("s3-others");
    call.notification_configuration(document.build()).send().await.unwrap();
    let theirs = sdk::MetricsConfiguration::builder().id("theirs").build().unwrap();
    let call = other.put_bucket_metrics_configuration().bucket("s3-others").id("theirs");
    call.metrics_configuration(theirs).send().await.unwrap();
    let call = other.delete_bucket_website().bucket("s3-others");
    call.send().await.unwrap();

    assert_eq!(
        bucket.drift(&props).await,
        [
            "website",
            "notifications[made].events",
            "notifications[made].prefix",
            "event_bridge",
            "(notifications[theirs])",
            "(metrics[theirs])",
        ]
    );
    bucket.apply(&props).await;
    assert_eq!(bucket.drift(&props).await, ["(notifications[theirs])", "(metrics[theirs])"]);
    props["notifications"] = json!([]);
    bucket.apply(&props).await;
    let kept = other.get_bucket_notification_configuration().bucket("s3-others").send().await;
    let kept = kept.unwrap();
    let ids: Vec<_> = kept.queue_configurations().iter().filter_map(|it| it.id()).collect();
    assert_eq!(ids, ["theirs"]);
    assert!(kept.event_bridge_configuration().is_some(), "what one says nothing of stays");
}

#[tokio::test]
async fn object_lock_comes_later_to_a_versioned_bucket() {
    let harness = Harness::new();
    let mut bucket = harness.regional::<Bucket>("assets", HERE);
    bucket.apply(&json!({ "name": "s3-locked", "versioning": "Enabled" })).await;
    let locked = json!({
        "name": "s3-locked", "versioning": "Enabled", "object_lock": ObjectLock::ENABLED,
    });
    bucket.apply(&locked).await;
    assert_eq!(bucket.calls, ["PutObjectLockConfiguration"]);
    bucket.destroy().await;
}

/// A refusal that lost its body on the way says nothing of what was asked.
#[tokio::test]
async fn a_not_found_without_a_word_is_not_understood() {
    let harness = Harness::new();
    let mut bucket = harness.regional::<Bucket>("assets", HERE);
    bucket.apply(&json!({ "name": "s3-plain" })).await;
    harness.cloud.faults().add(Rule::new(Effect::Malformed(0)).operation("GetBucketPolicy"));
    let seen = harness.provider.refresh(std::slice::from_ref(&bucket.target)).await;
    let [Seen::Unknown(OpError::InDoubt(facts))] = &*seen else { panic!("{seen:?}") };
    expect!["AWS's answer could not be understood: HTTP 404 without a code"]
        .assert_eq(&facts.message);
}

#[tokio::test]
async fn a_name_can_be_the_accounts_own() {
    let harness = Harness::new();
    let name = "assets-000000000000-ap-south-1-an";
    let mut bucket = harness.regional::<Bucket>("assets", Region::ApSouth1);
    let own = json!({ "name": name, "namespace": "account-regional" });
    bucket.apply(&own).await;
    assert_eq!(bucket.calls, ["CreateBucket"]);
    // The name says it: nothing changes where the program says no more of it.
    assert_eq!(bucket.drift(&json!({ "name": name })).await, Vec::<String>::new());
    let moved = json!({ "name": "assets-2", "namespace": "global" });
    let left = bucket.difference(&moved).await;
    let replaces =
        left.changes.iter().filter(|it| it.change == bicoastal_model::schema::Change::Replace);
    assert_eq!(replaces.map(|it| it.path.as_str()).collect::<Vec<_>>(), ["name", "namespace"]);
    bucket.destroy().await;
    // Whose account it is, and that it has to be said, is AWS's to know.
    let mut lines = Vec::new();
    for props in [
        json!({ "name": "a-111111111111-ap-south-1-an", "namespace": "account-regional" }),
        json!({ "name": "a-000000000000-ap-south-1-an" }),
    ] {
        let mut other = harness.regional::<Bucket>("other", Region::ApSouth1);
        let refused = other.try_apply(&props).await.unwrap_err();
        let facts = refused.facts();
        let code = facts.code.as_deref().unwrap_or_default();
        lines.push(format!("{code}: {}", facts.hint.as_deref().unwrap_or_default()));
    }
    expect![[r#"
        InvalidNamespaceHeader: a name of an account's own namespace ends with -ACCOUNT-REGION-an: the digits of the account that makes the bucket, and its region
        MissingNamespaceHeader: the name has the form of an account's own namespace: say .namespace(BucketNamespace::AccountRegional) on the bucket, or choose another name"#]].assert_eq(&lines.join("\n"));
}

#[tokio::test]
async fn tags_that_abac_keeps_from_being_written_say_so() {
    let harness = Harness::new();
    let mut bucket = harness.regional::<Bucket>("assets", Region::ApSouth1);
    bucket.apply(&json!({ "name": "assets", "tags": { "Project": "x" } })).await;
    let refusal = Effect::Answer {
        status: 400,
        code: "InvalidRequest".into(),
        message: "This operation is not supported for the bucket.".into(),
    };
    harness.cloud.faults().add(Rule::new(refusal).operation("PutBucketTagging"));
    let changed = json!({ "name": "assets", "tags": { "Project": "y" } });
    let refused = bucket.try_apply(&changed).await.unwrap_err();
    expect![[r#"where ABAC is on for the bucket (aws s3api get-bucket-abac), its tags are written with S3 Control's TagResource only, which is not called here: switch it off (aws s3api put-bucket-abac), or leave the tags to others with stack.ignore_changes(&bucket, &["tags"])"#]].assert_eq(refused.facts().hint.as_deref().unwrap_or_default());
}
