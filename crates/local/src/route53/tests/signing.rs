//! DNSSEC signing and query logging.

use expect_test::expect;
use serde_json::json;

use super::*;

/// A key that Route 53 may sign with, but for what `more` says otherwise; its ARN.
fn kms_key(world: &mut World, region: &str, more: serde_json::Value) -> String {
    let signer = json!({ "Service": "dnssec-route53.amazonaws.com" });
    let actions = ["kms:DescribeKey", "kms:GetPublicKey", "kms:Sign"];
    let policy = json!({
        "Version": "2012-10-17",
        "Statement": [{ "Effect": "Allow", "Principal": signer, "Action": actions, "Resource": "*" }],
    });
    let mut body = json!({
        "KeySpec": "ECC_NIST_P256",
        "KeyUsage": "SIGN_VERIFY",
        "Policy": policy.to_string(),
    });
    body.as_object_mut().unwrap().extend(more.as_object().cloned().unwrap_or_default());
    let made = kms(world, region, "CreateKey", &body);
    made["KeyMetadata"]["Arn"].as_str().unwrap().to_owned()
}

fn kms(
    world: &mut World,
    region: &str,
    operation: &str,
    body: &serde_json::Value,
) -> serde_json::Value {
    let request = Request { body: body.to_string().into_bytes().into(), ..Request::default() };
    let call = Call {
        account: ACCOUNT.into(),
        region: region.into(),
        service: Service::Kms,
        operation: operation.into(),
        request,
    };
    let reply = crate::kms::handle(world, &call).unwrap();
    serde_json::from_slice(&reply.body).unwrap_or_default()
}

fn key_body(zone: &str, name: &str, arn: &str, status: &str) -> String {
    format!(
        "<CreateKeySigningKeyRequest><CallerReference>{name}</CallerReference><HostedZoneId>{zone}</HostedZoneId><KeyManagementServiceArn>{arn}</KeyManagementServiceArn><Name>{name}</Name><Status>{status}</Status></CreateKeySigningKeyRequest>"
    )
}

/// Makes a call and lets it get in sync; `ok`, or the refusal.
fn outcome(world: &mut World, method: &str, path: &str, body: &str) -> String {
    let outcome = ask(world, method, path, body).map_or_else(|error| error, |_| "ok".to_owned());
    world.now_ms += 30_000;
    outcome
}

fn status(world: &mut World, zone: &str) -> String {
    let answer = ask(world, "GET", &format!("hostedzone/{zone}/dnssec"), "").unwrap();
    let mut words = vec![answer.get("Status").unwrap().text_of("ServeSignature").unwrap()];
    let keys = answer.get("KeySigningKeys").unwrap();
    for key in keys.all("member") {
        words.extend([key.text_of("Name").unwrap(), key.text_of("Status").unwrap()]);
    }
    words.join(" ")
}

#[test]
fn signing_goes_on_with_a_key_and_off_before_it() {
    let (mut world, zone) = zone();
    let world = &mut world;
    let arn = kms_key(world, "us-east-1", json!({}));
    let of_zone = |verb: &str| format!("hostedzone/{zone}/{verb}");
    let of_key = |verb: &str| format!("keysigningkey/{zone}/one{verb}");
    let mut seen = Vec::new();
    let key = key_body(&zone, "one", &arn, "INACTIVE");
    for (method, path, body) in [
        ("POST", of_zone("enable-dnssec"), String::new()),
        ("POST", of_zone("disable-dnssec"), String::new()),
        ("POST", "keysigningkey".to_owned(), key.clone()),
        ("POST", "keysigningkey".to_owned(), key),
        ("POST", of_zone("enable-dnssec"), String::new()),
        ("POST", of_key("/activate"), String::new()),
        ("POST", of_zone("enable-dnssec"), String::new()),
        ("DELETE", of_key(""), String::new()),
        ("POST", of_key("/deactivate"), String::new()),
        ("DELETE", format!("hostedzone/{zone}"), String::new()),
        ("POST", of_zone("disable-dnssec"), String::new()),
        ("POST", of_key("/deactivate"), String::new()),
        ("DELETE", of_key(""), String::new()),
        ("DELETE", of_key(""), String::new()),
        ("DELETE", format!("hostedzone/{zone}"), String::new()),
    ] {
        let said = outcome(world, method, &path, &body);
        let status =
            ask(world, "GET", &of_zone("dnssec"), "").is_ok().then(|| status(world, &zone));
        seen.push(format!("{said} ({})", status.unwrap_or_default()));
    }
    expect![[r#"
        400 DNSSECNotFound The hosted zone does not have any DNSSEC resources. (NOT_SIGNING)
        400 DNSSECNotFound The hosted zone does not have any DNSSEC resources. (NOT_SIGNING)
        ok (NOT_SIGNING one INACTIVE)
        409 KeySigningKeyAlreadyExists A Key Signing Key with the same name or customer managed key already exists. (NOT_SIGNING one INACTIVE)
        400 KeySigningKeyWithActiveStatusNotFound No Key Signing Key with the status ACTIVE was found. (NOT_SIGNING one INACTIVE)
        ok (NOT_SIGNING one ACTIVE)
        ok (SIGNING one ACTIVE)
        400 InvalidKeySigningKeyStatus Key Signing Key with name one cannot be deleted because current status is not INACTIVE. (SIGNING one ACTIVE)
        400 KeySigningKeyInUse The Key Signing Key cannot be deactivated because it is the only active key of a hosted zone with DNSSEC signing enabled. (SIGNING one ACTIVE)
        400 HostedZoneNotEmpty The specified hosted zone contains DNSSEC Key Signing Keys and so cannot be deleted. (SIGNING one ACTIVE)
        ok (NOT_SIGNING one ACTIVE)
        ok (NOT_SIGNING one INACTIVE)
        ok (NOT_SIGNING)
        404 NoSuchKeySigningKey Key Signing Key with name one not found. (NOT_SIGNING)
        ok ()"#]]
    .assert_eq(&seen.join("\n"));
}

#[test]
fn a_change_of_signing_waits_for_the_one_before() {
    let (mut world, zone) = zone();
    let world = &mut world;
    let arn = kms_key(world, "us-east-1", json!({}));
    ask(world, "POST", "keysigningkey", &key_body(&zone, "one", &arn, "ACTIVE")).unwrap();
    let enable = format!("hostedzone/{zone}/enable-dnssec");
    world.now_ms += 29_999;
    assert!(refusal(world, "POST", &enable, "").starts_with("400 ConcurrentModification"));
    world.now_ms += 1;
    ask(world, "POST", &enable, "").unwrap();
}

#[test]
fn keys_are_two_and_of_the_right_form() {
    let (mut world, zone) = zone();
    let world = &mut world;
    let good = kms_key(world, "us-east-1", json!({}));
    let second = kms_key(world, "us-east-1", json!({}));
    let third = kms_key(world, "us-east-1", json!({}));
    let body = |name: &str, arn: &str, status: &str| key_body(&zone, name, arn, status);
    let mut bodies = vec![body("a-b", &good, "ACTIVE"), body("one", &good, "ON")];
    for (region, more) in [
        ("ap-south-1", json!({})),
        ("us-east-1", json!({ "MultiRegion": true })),
        ("us-east-1", json!({ "KeySpec": "RSA_2048" })),
        ("us-east-1", json!({ "Policy": "{\"Statement\":[]}" })),
    ] {
        bodies.push(body("one", &kms_key(world, region, more), "ACTIVE"));
    }
    let disabled = kms_key(world, "us-east-1", json!({}));
    kms(world, "us-east-1", "DisableKey", &json!({ "KeyId": disabled }));
    bodies.push(body("one", &disabled, "ACTIVE"));
    bodies.push(body("one", "alias/signer", "ACTIVE"));
    bodies.extend([body("one", &good, "ACTIVE"), body("two", &good, "ACTIVE")]);
    bodies.extend([body("two", &second, "INACTIVE"), body("three", &third, "ACTIVE")]);
    let said: Vec<String> = bodies
        .iter()
        .map(|body| {
            let said = outcome(world, "POST", "keysigningkey", body);
            let why = said.rsplit_once("signing: ").map_or("", |(_, why)| why).to_owned();
            format!("{} {why}", said.split(' ').nth(1).unwrap_or(&said)).trim().to_owned()
        })
        .collect();
    expect![[r#"
        InvalidKeySigningKeyName
        InvalidKeySigningKeyStatus
        InvalidKMSArn it does not exist in us-east-1
        InvalidKMSArn it is a multi-Region key
        InvalidKMSArn its key spec is not ECC_NIST_P256 for SIGN_VERIFY
        InvalidKMSArn its policy does not let dnssec-route53.amazonaws.com use it
        InvalidKMSArn it is not enabled
        InvalidKMSArn it is not the ARN of a customer managed key
        ok
        KeySigningKeyAlreadyExists
        ok
        TooManyKeySigningKeys"#]]
    .assert_eq(&said.join("\n"));
    // What happens to the KMS key afterwards shows.
    outcome(world, "POST", &format!("hostedzone/{zone}/enable-dnssec"), "");
    kms(world, "us-east-1", "DisableKey", &json!({ "KeyId": good }));
    assert_eq!(status(world, &zone), "ACTION_NEEDED one ACTION_NEEDED two INACTIVE");
}

#[test]
fn what_the_parent_vouches_for_is_not_switched_off() {
    let (mut world, zone) = zone();
    let world = &mut world;
    let (one, two) =
        (kms_key(world, "us-east-1", json!({})), kms_key(world, "us-east-1", json!({})));
    for (name, arn) in [("one", &one), ("two", &two)] {
        assert_eq!(
            outcome(world, "POST", "keysigningkey", &key_body(&zone, name, arn, "ACTIVE")),
            "ok"
        );
    }
    outcome(world, "POST", &format!("hostedzone/{zone}/enable-dnssec"), "");
    let answer = ask(world, "GET", &format!("hostedzone/{zone}/dnssec"), "").unwrap();
    let key = answer.get("KeySigningKeys").unwrap().all("member").next().unwrap().clone();
    let ds = key.text_of("DSRecord").unwrap().to_owned();
    assert_eq!(
        ds,
        format!("{} 13 2 {}", key.text_of("KeyTag").unwrap(), key.text_of("DigestValue").unwrap())
    );
    let disable = format!("hostedzone/{zone}/disable-dnssec");
    let deactivate = |name: &str| format!("keysigningkey/{zone}/{name}/deactivate");
    let code = |said: String| said.split(' ').nth(1).unwrap_or("ok").to_owned();
    // A parent elsewhere.
    assert!(world.route53.publish_ds(ACCOUNT, &zone, "one", true));
    assert_eq!(code(outcome(world, "POST", &disable, "")), "KeySigningKeyInParentDSRecord");
    assert_eq!(
        code(outcome(world, "POST", &deactivate("one"), "")),
        "KeySigningKeyInParentDSRecord"
    );
    assert!(world.route53.publish_ds(ACCOUNT, &zone, "one", false));
    // A parent here, whose record names the first key.
    let parent = new_zone(world, "com.example", "parent-else", "");
    let above = new_zone(world, "b.org", "above", "");
    let below = new_zone(world, "a.b.org", "below", "");
    world.now_ms += 60_000;
    assert_eq!(
        outcome(world, "POST", "keysigningkey", &key_body(&below, "one", &one, "ACTIVE")),
        "ok"
    );
    outcome(world, "POST", &format!("hostedzone/{below}/enable-dnssec"), "");
    let answer = ask(world, "GET", &format!("hostedzone/{below}/dnssec"), "").unwrap();
    let keys = answer.get("KeySigningKeys").unwrap();
    let ds_below = keys.all("member").next().unwrap().text_of("DSRecord").unwrap().to_owned();
    // The digest is over the zone's name too.
    assert_ne!(ds, ds_below);
    for (zone, name, value) in [(&above, "a.b.org", &ds_below), (&parent, "x.com.example", &ds)] {
        change(world, zone, &[&format!("CREATE {name} DS = {value}")]).unwrap();
    }
    world.now_ms += 60_000;
    let disable_below = format!("hostedzone/{below}/disable-dnssec");
    assert_eq!(code(outcome(world, "POST", &disable_below, "")), "KeySigningKeyInParentDSRecord");
    change(world, &above, &[&format!("DELETE a.b.org DS = {ds_below}")]).unwrap();
    world.now_ms += 60_000;
    assert_eq!(outcome(world, "POST", &disable_below, ""), "ok");
    // The other zone's name is not below a zone that has a record of its keys.
    assert_eq!(outcome(world, "POST", &deactivate("one"), ""), "ok");
    assert_eq!(outcome(world, "POST", &disable, ""), "ok");
}

#[test]
fn a_private_zone_is_neither_signed_nor_logged() {
    let mut world = World::default();
    let vpc = "<VPC><VPCRegion>us-east-1</VPCRegion><VPCId>vpc-1</VPCId></VPC>";
    let zone = new_zone(&mut world, "corp", "p", vpc);
    let arn = kms_key(&mut world, "us-east-1", json!({}));
    for (method, path, body) in [
        ("GET", format!("hostedzone/{zone}/dnssec"), String::new()),
        ("POST", "keysigningkey".to_owned(), key_body(&zone, "one", &arn, "ACTIVE")),
        ("POST", format!("hostedzone/{zone}/enable-dnssec"), String::new()),
    ] {
        let said = refusal(&mut world, method, &path, &body);
        assert!(said.starts_with("400 InvalidArgument"), "{said}");
    }
    let said = refusal(&mut world, "POST", "queryloggingconfig", &log_body(&zone, GROUP));
    assert!(said.starts_with("400 InvalidInput"), "{said}");
}

const GROUP: &str = "arn:aws:logs:us-east-1:000000000000:log-group:/aws/route53/example.com";

fn log_body(zone: &str, arn: &str) -> String {
    format!(
        "<CreateQueryLoggingConfigRequest><HostedZoneId>{zone}</HostedZoneId><CloudWatchLogsLogGroupArn>{arn}</CloudWatchLogsLogGroupArn></CreateQueryLoggingConfigRequest>"
    )
}

#[test]
fn a_zone_is_logged_to_one_group() {
    let (mut world, zone) = zone();
    let world = &mut world;
    let other = new_zone(world, "example.org", "ref-2", "");
    let code = |said: String| said.split(' ').nth(1).unwrap_or("ok").to_owned();
    for (arn, expected) in [
        (GROUP.replace("us-east-1", "ap-south-1"), "InvalidInput"),
        (GROUP.replace(":log-group:", ":stream:"), "InvalidInput"),
        (GROUP.replace("000000000000", "111111111111"), "NoSuchCloudWatchLogsLogGroup"),
        (GROUP.to_owned(), "ok"),
        (format!("{GROUP}-2"), "QueryLoggingConfigAlreadyExists"),
    ] {
        let said = outcome(world, "POST", "queryloggingconfig", &log_body(&zone, &arn));
        assert_eq!(code(said), expected, "{arn}");
    }
    assert_eq!(outcome(world, "POST", "queryloggingconfig", &log_body(&other, GROUP)), "ok");
    let listed = |world: &mut World, path: &str| {
        let answer = ask(world, "GET", path, "").unwrap();
        let next = answer.text_of("NextToken").map(str::to_owned);
        let configs = answer.get("QueryLoggingConfigs").unwrap().children.clone();
        let ids = configs.iter().map(|it| it.text_of("Id").unwrap().to_owned());
        (ids.collect::<Vec<_>>(), next)
    };
    let (all, _) = listed(world, "queryloggingconfig");
    assert_eq!(all.len(), 2);
    let (first, next) = listed(world, "queryloggingconfig?maxresults=1");
    let (rest, none) = listed(world, &format!("queryloggingconfig?nexttoken={}", next.unwrap()));
    assert_eq!(([first, rest].concat(), none), (all.clone(), None));
    let (of_zone, _) = listed(world, &format!("queryloggingconfig?hostedzoneid={zone}"));
    assert_eq!(of_zone.len(), 1);
    let path = format!("queryloggingconfig/{}", of_zone[0]);
    assert_eq!(outcome(world, "GET", &path, ""), "ok");
    // It is nobody's to delete but its own call's.
    assert_eq!(outcome(world, "DELETE", &format!("hostedzone/{zone}"), ""), "ok");
    assert_eq!(outcome(world, "DELETE", &path, ""), "ok");
    assert_eq!(code(outcome(world, "DELETE", &path, "")), "NoSuchQueryLoggingConfig");
    assert_eq!(code(outcome(world, "GET", &path, "")), "NoSuchQueryLoggingConfig");
}
