//! DNSSEC signing and query logging of zones against the local cloud.
#![cfg(feature = "route53")]
#![allow(clippy::unwrap_used, clippy::panic, reason = "tests stop where they find something odd")]

mod common;

use aws_sdk_kms::types::{KeySpec, KeyUsageType};
use aws_sdk_route53::Client;
use bicoastal_aws::route53::{DelegationSigner, HostedZone, KeySigningKey};
use bicoastal_local::faults::{Effect, Rule};
use bicoastal_model::{OpError, Region, Status};
use common::{Harness, Subject};
use expect_test::expect;
use serde_json::{Value, json};

const ACCOUNT: &str = "000000000000";

fn client(harness: &Harness) -> Client {
    Client::new(&Harness::sdk(&harness.cloud))
}

fn kms(harness: &Harness) -> aws_sdk_kms::Client {
    aws_sdk_kms::Client::new(&harness.sdk_in(Region::UsEast1))
}

/// A KMS key that Route 53 may sign with; its ARN.
async fn kms_key(harness: &Harness) -> String {
    let policy = json!({ "Version": "2012-10-17", "Statement": [{
        "Effect": "Allow",
        "Principal": { "Service": "dnssec-route53.amazonaws.com" },
        "Action": ["kms:DescribeKey", "kms:GetPublicKey", "kms:Sign"],
        "Resource": "*",
    }] });
    let made = kms(harness)
        .create_key()
        .key_spec(KeySpec::EccNistP256)
        .key_usage(KeyUsageType::SignVerify)
        .policy(policy.to_string())
        .send()
        .await
        .unwrap();
    made.key_metadata().unwrap().arn().unwrap().to_owned()
}

fn zone(signing: Option<bool>, keys: &[(&str, &str)]) -> Value {
    let keys = keys.iter().map(|(name, arn)| match name.strip_prefix('-') {
        Some(name) => KeySigningKey::new(name, *arn).inactive(),
        None => KeySigningKey::new(*name, *arn),
    });
    let zone = HostedZone::builder().name("example.com").maybe_dnssec_signing(signing);
    serde_json::to_value(zone.key_signing_keys(keys).build()).unwrap()
}

fn calls_of(harness: &Harness, operation: &str) -> usize {
    harness.cloud.calls().iter().filter(|call| call.operation == operation).count()
}

/// Brings a zone to each of these in turn; answers the calls that each took.
async fn walk(zone: &mut Subject<'_>, steps: &[Value]) -> String {
    let mut out = String::new();
    for step in steps {
        zone.apply(step).await;
        out += &(zone.calls.join(", ") + "\n");
    }
    out
}

#[tokio::test]
async fn a_zone_is_signed_and_its_keys_are_rotated() {
    let harness = Harness::new();
    let mut subject = harness.global::<HostedZone>("zone");
    let (one, two) = (kms_key(&harness).await, kms_key(&harness).await);
    let (one, two) = (("one", one.as_str()), ("two", two.as_str()));
    let steps = [
        zone(None, &[one]),
        zone(Some(true), &[one]),
        zone(Some(true), &[one, ("-two", two.1)]),
        zone(Some(true), &[one, two]),
        zone(Some(true), &[("-one", one.1), two]),
        zone(Some(true), &[two]),
        zone(Some(true), &[one]),
        zone(Some(false), &[one]),
        zone(Some(false), &[("one", two.1)]),
        zone(None, &[]),
        zone(Some(true), &[one]),
    ];
    expect![[r#"
        CreateHostedZone, ChangeTagsForResource, CreateKeySigningKey
        EnableHostedZoneDNSSEC
        CreateKeySigningKey
        ActivateKeySigningKey
        DeactivateKeySigningKey
        DeleteKeySigningKey
        CreateKeySigningKey, DeactivateKeySigningKey, DeleteKeySigningKey
        DisableHostedZoneDNSSEC
        DeactivateKeySigningKey, DeleteKeySigningKey, CreateKeySigningKey
        DeactivateKeySigningKey, DeleteKeySigningKey
        CreateKeySigningKey, EnableHostedZoneDNSSEC
    "#]]
    .assert_eq(&walk(&mut subject, &steps).await);
    // The change before was in sync each time: AWS refused nothing.
    assert!(subject.calls.iter().all(|call| !call.starts_with('(')), "{:?}", subject.calls);
    subject.destroy().await;
}

#[tokio::test]
async fn the_parent_is_told_what_it_has_to_know() {
    let harness = Harness::new();
    let mut subject = harness.global::<HostedZone>("zone");
    let arn = kms_key(&harness).await;
    let made = subject.apply(&zone(Some(true), &[("one", &arn)])).await;
    let signers = made.outputs["delegation_signers"].clone();
    let [signer]: [DelegationSigner; 1] = serde_json::from_value(signers).unwrap();
    assert_eq!((signer.key.as_str(), signer.status.as_str()), ("one", "ACTIVE"));
    assert_eq!((signer.flags, signer.algorithm, signer.digest_type), (257, 13, 2));
    assert_eq!(signer.ds_record, format!("{} 13 2 {}", signer.key_tag, signer.digest));
    assert_eq!((signer.digest.len(), signer.public_key.len()), (64, 88));
    assert_eq!(made.outputs["ds_record.one"], json!(signer.ds_record));
    // Nobody asks a zone that says nothing of it.
    let asked = calls_of(&harness, "GetDNSSEC");
    let plain = HostedZone::builder().name("example.org").build();
    let mut plain_zone = harness.global::<HostedZone>("plain");
    let seen = plain_zone.apply(&serde_json::to_value(plain).unwrap()).await;
    assert_eq!(seen.outputs["delegation_signers"], json!([]));
    plain_zone.destroy().await;
    assert_eq!(calls_of(&harness, "GetDNSSEC"), asked);
    assert_eq!(calls_of(&harness, "ListQueryLoggingConfigs"), 0);
}

#[tokio::test]
async fn a_program_that_is_killed_signs_all_the_same() {
    let harness = Harness::new();
    let mut subject = harness.global::<HostedZone>("zone");
    let (one, two) = (kms_key(&harness).await, kms_key(&harness).await);
    let wanted = zone(Some(true), &[("one", &one), ("two", &two)]);
    subject.create_forgetfully(&wanted).await;
    assert_eq!(calls_of(&harness, "CreateHostedZone"), 1);
    subject.destroy().await;
}

/// The words of a refusal, with what to do about it.
fn words(error: &OpError) -> String {
    let facts = error.facts();
    let code = facts.code.as_deref().unwrap_or_default();
    format!("{}: {code}\nhint: {}", facts.call, facts.hint.as_deref().unwrap_or_default())
}

#[tokio::test]
async fn what_the_parent_vouches_for_stays_on() {
    let harness = Harness::new();
    let mut subject = harness.global::<HostedZone>("zone");
    let (one, two) = (kms_key(&harness).await, kms_key(&harness).await);
    let both = zone(Some(true), &[("one", &one), ("two", &two)]);
    let id = subject.apply(&both).await.physical;
    let publish = |there| {
        let told = |world: &mut bicoastal_local::world::World| {
            world.route53.publish_ds(ACCOUNT, &id, "one", there)
        };
        assert!(harness.cloud.with_world(told));
    };
    publish(true);
    let mut refused = Vec::new();
    for wanted in [zone(Some(false), &[("one", &one)]), zone(Some(true), &[("two", &two)])] {
        refused.push(words(&subject.try_apply(&wanted).await.unwrap_err()));
    }
    let last = zone(Some(true), &[("-one", &one), ("two", &two)]);
    refused.push(words(&subject.try_apply(&last).await.unwrap_err()));
    refused.push(words(&subject.try_destroy(false).await.unwrap_err()));
    expect![[r#"
        DisableHostedZoneDNSSEC: KeySigningKeyInParentDSRecord
        hint: the parent domain still has the DS record of the key: take it out there (at the registrar, or in the parent's zone), wait until its TTL has passed, and apply again; nothing was switched off
        DeactivateKeySigningKey: KeySigningKeyInParentDSRecord
        hint: the parent domain still has the DS record of the key: take it out there (at the registrar, or in the parent's zone), wait until its TTL has passed, and apply again; nothing was switched off
        DeactivateKeySigningKey: KeySigningKeyInParentDSRecord
        hint: the parent domain still has the DS record of the key: take it out there (at the registrar, or in the parent's zone), wait until its TTL has passed, and apply again; nothing was switched off
        DisableHostedZoneDNSSEC: KeySigningKeyInParentDSRecord
        hint: the parent domain still has the DS record of the key: take it out there (at the registrar, or in the parent's zone), wait until its TTL has passed, and apply again; nothing was switched off"#]].assert_eq(&refused.join("\n"));
    // Nothing was switched off on the way there.
    assert_eq!(subject.drift(&both).await, Vec::<String>::new());
    publish(false);
    subject.destroy().await;
    expect![[""]].assert_eq(&subject.calls.join(", "));
}

#[tokio::test]
async fn a_signed_zone_is_emptied_last() {
    let harness = Harness::new();
    let mut subject = harness.global::<HostedZone>("zone");
    let arn = kms_key(&harness).await;
    let mut wanted = zone(Some(true), &[("one", &arn)]);
    wanted["force_destroy"] = json!(true);
    wanted["query_log_group"] = json!(GROUP);
    let id = subject.apply(&wanted).await.physical;
    let record = aws_sdk_route53::types::ResourceRecordSet::builder()
        .name("a.example.com")
        .r#type(aws_sdk_route53::types::RrType::A)
        .ttl(60)
        .resource_records(
            aws_sdk_route53::types::ResourceRecord::builder().value("192.0.2.1").build().unwrap(),
        )
        .build()
        .unwrap();
    let change = aws_sdk_route53::types::Change::builder()
        .action(aws_sdk_route53::types::ChangeAction::Create)
        .resource_record_set(record)
        .build()
        .unwrap();
    let batch = aws_sdk_route53::types::ChangeBatch::builder().changes(change).build().unwrap();
    let theirs = client(&harness);
    theirs
        .change_resource_record_sets()
        .hosted_zone_id(&id)
        .change_batch(batch)
        .send()
        .await
        .unwrap();
    // A key that somebody else made goes with the zone.
    let other = kms_key(&harness).await;
    theirs
        .create_key_signing_key()
        .caller_reference("theirs")
        .hosted_zone_id(&id)
        .key_management_service_arn(other)
        .name("theirs")
        .status("INACTIVE")
        .send()
        .await
        .unwrap();
    harness.cloud.sleep(std::time::Duration::from_secs(60)).await;
    expect!["(key_signing_keys[theirs])"].assert_eq(&subject.drift(&wanted).await.join("\n"));
    subject.try_destroy(false).await.unwrap();
    expect!["DisableHostedZoneDNSSEC, DeleteKeySigningKey, DeactivateKeySigningKey, DeleteKeySigningKey, ChangeResourceRecordSets, DeleteQueryLoggingConfig, DeleteHostedZone"].assert_eq(&subject.calls.join(", "));
    let left = theirs.list_query_logging_configs().send().await.unwrap();
    assert!(left.query_logging_configs().is_empty());
}

#[tokio::test]
async fn keys_that_the_program_never_named_are_not_removed_unasked() {
    let harness = Harness::new();
    let mut subject = harness.global::<HostedZone>("zone");
    let id = subject.apply(&zone(None, &[])).await.physical;
    let arn = kms_key(&harness).await;
    client(&harness)
        .create_key_signing_key()
        .caller_reference("theirs")
        .hosted_zone_id(&id)
        .key_management_service_arn(arn)
        .name("theirs")
        .status("ACTIVE")
        .send()
        .await
        .unwrap();
    let refused = subject.try_destroy(false).await.unwrap_err();
    expect![[r#"
        DeleteHostedZone: HostedZoneNotEmpty
        hint: the zone has key-signing keys that the program does not declare: take the DS record out at the parent and wait for its TTL, then declare them with key_signing_keys(…) and delete again, or remove them in Route 53"#]].assert_eq(&words(&refused));
}

#[tokio::test]
async fn what_somebody_else_switches_is_seen() {
    let harness = Harness::new();
    let mut subject = harness.global::<HostedZone>("zone");
    let arn = kms_key(&harness).await;
    let wanted = zone(Some(true), &[("one", &arn)]);
    let id = subject.apply(&wanted).await.physical;
    let theirs = client(&harness);
    theirs.disable_hosted_zone_dnssec().hosted_zone_id(&id).send().await.unwrap();
    harness.cloud.sleep(std::time::Duration::from_secs(60)).await;
    assert_eq!(subject.drift(&wanted).await, ["dnssec_signing"]);
    theirs.deactivate_key_signing_key().hosted_zone_id(&id).name("one").send().await.unwrap();
    harness.cloud.sleep(std::time::Duration::from_secs(60)).await;
    let drift = subject.drift(&wanted).await;
    assert_eq!(drift, ["dnssec_signing", "key_signing_keys[one].status"]);
    subject.apply(&wanted).await;
    assert_eq!(subject.calls, ["ActivateKeySigningKey", "EnableHostedZoneDNSSEC"]);
    // A KMS key that can't be used is no difference that a call could mend: it is said.
    kms(&harness).disable_key().key_id(&arn).send().await.unwrap();
    assert_eq!(subject.drift(&wanted).await, Vec::<String>::new());
    let Status::Failed(said) = subject.read().await.unwrap().status else { panic!("not said") };
    expect!["ACTION_NEEDED of the key-signing key one: see whether its KMS key is enabled, and whether the policy of that lets dnssec-route53.amazonaws.com use it"].assert_eq(&said);
    subject.destroy().await;
}

const GROUP: &str = "arn:aws:logs:us-east-1:000000000000:log-group:/aws/route53/example.com";

fn logged(group: Option<&str>) -> Value {
    let zone = HostedZone::builder().name("example.com").maybe_query_log_group(group);
    serde_json::to_value(zone.build()).unwrap()
}

#[tokio::test]
async fn a_zone_logs_its_queries_to_one_group() {
    let harness = Harness::new();
    let mut subject = harness.global::<HostedZone>("zone");
    let other = GROUP.replace("example.com", "else");
    let shown = format!("{other}:*");
    let id = subject.apply(&logged(Some(GROUP))).await.physical;
    assert!(subject.calls.contains(&"CreateQueryLoggingConfig".to_owned()));
    let steps = [logged(Some(&other)), logged(Some(&shown)), logged(None), logged(Some(GROUP))];
    expect![[r#"
        DeleteQueryLoggingConfig, CreateQueryLoggingConfig

        DeleteQueryLoggingConfig
        CreateQueryLoggingConfig
    "#]]
    .assert_eq(&walk(&mut subject, &steps).await);
    // Somebody else sends them elsewhere.
    let theirs = client(&harness);
    let listed = theirs.list_query_logging_configs().hosted_zone_id(&id).send().await.unwrap();
    let config = listed.query_logging_configs()[0].id();
    theirs.delete_query_logging_config().id(config).send().await.unwrap();
    assert_eq!(subject.drift(&logged(Some(GROUP))).await, ["query_log_group"]);
    theirs
        .create_query_logging_config()
        .hosted_zone_id(&id)
        .cloud_watch_logs_log_group_arn(&other)
        .send()
        .await
        .unwrap();
    assert_eq!(subject.drift(&logged(Some(GROUP))).await, ["query_log_group"]);
    subject.apply(&logged(Some(GROUP))).await;
    assert_eq!(subject.calls, ["DeleteQueryLoggingConfig", "CreateQueryLoggingConfig"]);
    subject.destroy().await;
    assert_eq!(subject.calls, Vec::<String>::new());
    let left = theirs.list_query_logging_configs().send().await.unwrap();
    assert!(left.query_logging_configs().is_empty());
}

#[tokio::test]
async fn a_plan_lists_the_query_logs_of_all_zones_at_once() {
    let harness = Harness::new();
    let mut targets = Vec::new();
    for name in ["example.com", "example.org", "example.net"] {
        let mut subject = harness.global::<HostedZone>(name);
        let wanted = HostedZone::builder().name(name).query_log_group(GROUP).build();
        subject.apply(&serde_json::to_value(wanted).unwrap()).await;
        targets.push(subject.target.clone());
    }
    let before = calls_of(&harness, "ListQueryLoggingConfigs");
    bicoastal_model::Provider::refresh(&harness.provider, &targets).await;
    assert_eq!(calls_of(&harness, "ListQueryLoggingConfigs"), before + 1);
}

#[tokio::test]
async fn refusals_say_what_to_do() {
    let arn = "arn:aws:kms:us-east-1:000000000000:key/none";
    let signed = zone(Some(true), &[("one", arn)]);
    let mut lines = Vec::new();
    let harness = Harness::new();
    let mut subject = harness.global::<HostedZone>("zone");
    lines.push(words(&subject.try_apply(&signed).await.unwrap_err()));
    let harness = Harness::new();
    let foreign = GROUP.replace(ACCOUNT, "111111111111");
    let mut subject = harness.global::<HostedZone>("zone");
    lines.push(words(&subject.try_apply(&logged(Some(&foreign))).await.unwrap_err()));
    expect![[r#"
        CreateKeySigningKey: InvalidKMSArn
        hint: it takes an enabled single-region KMS key of us-east-1 with the spec ECC_NIST_P256 for SIGN_VERIFY, whose policy lets dnssec-route53.amazonaws.com use kms:DescribeKey, kms:GetPublicKey and kms:Sign
        CreateQueryLoggingConfig: NoSuchCloudWatchLogsLogGroup
        hint: make the log group first, in us-east-1 and in the zone's own account"#]].assert_eq(&lines.join("\n"));
}

/// What a step is told where AWS refuses with this code once, and then goes on.
#[tokio::test]
async fn what_is_only_not_ready_is_tried_again() {
    for (operation, code, logs) in [
        ("CreateKeySigningKey", "ConcurrentModification", false),
        ("EnableHostedZoneDNSSEC", "KeySigningKeyWithActiveStatusNotFound", false),
        ("CreateQueryLoggingConfig", "InsufficientCloudWatchLogsResourcePolicy", true),
        ("CreateQueryLoggingConfig", "QueryLoggingConfigAlreadyExists", true),
    ] {
        let harness = Harness::new();
        let arn = kms_key(&harness).await;
        let message = "once".to_owned();
        let answer = Effect::Answer { status: 400, code: code.to_owned(), message };
        harness.cloud.faults().add(Rule::new(answer).operation(operation).times(1));
        let mut subject = harness.global::<HostedZone>("zone");
        let wanted = if logs { logged(Some(GROUP)) } else { zone(Some(true), &[("one", &arn)]) };
        subject.apply(&wanted).await;
        let refused: Vec<_> = subject.calls.iter().filter(|call| call.starts_with('(')).collect();
        assert_eq!(refused.len(), 1, "{code}: {:?}", subject.calls);
    }
}
