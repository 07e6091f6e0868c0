//! Offline: what is refused, and what is done next.

use std::collections::BTreeMap;

use bicoastal_model::resource::Check;
use bicoastal_model::{
    Goal, Ownership, Place, Region, Resource, ResourceId, ScopeKind, Snapshot, Stack, Status,
    Target,
};
use expect_test::{Expect, expect};
use serde_json::{Value, json};

use super::*;
use crate::kind::Turn;

fn errors(bucket: Bucket, expect: Expect) {
    let place =
        Place { account: None, scope: ScopeKind::Regional, regions: vec![Region::ApSouth1] };
    let mut check = Check::new(place);
    bucket.check(&mut check);
    expect.assert_eq(&check.errors().join("\n"));
}

fn named(name: &str) -> Bucket {
    Bucket::builder().name(name).build()
}

#[test]
fn names() {
    for good in ["abc", "my-bucket.2026", "1.2.3.x"] {
        errors(named(good), expect![""]);
    }
    for bad in ["ab", "Abc", "a_b", "-ab", "ab-", "a..b", "1.2.3.4", &"x".repeat(64)] {
        let place = Place { account: None, scope: ScopeKind::Regional, regions: Vec::new() };
        let mut check = Check::new(place);
        named(bad).check(&mut check);
        assert_eq!(check.errors(), [format!("'{bad}' is no name for a bucket")], "{bad}");
    }
    errors(named("xn--abc"), expect!["'xn--abc' has 'xn--' in it, which S3 keeps to itself"]);
    errors(named("abc--x-s3"), expect!["'abc--x-s3' has '--x-s3' in it, which S3 keeps to itself"]);
}

#[test]
fn policies() {
    let with = |principal: Value, resource: &str, access: Option<PublicAccess>| {
        let document = json!({
            "Version": "2012-10-17",
            "Statement": [{ "Effect": "Allow", "Principal": principal, "Action": "s3:GetObject", "Resource": resource }],
        });
        Bucket { policy: Some(document.into()), public_access: access, ..named("abc") }
    };
    let one = json!({ "AWS": "arn:aws:iam::000000000000:root" });
    errors(with(one.clone(), "arn:aws:s3:::abc/*", None), expect![""]);
    errors(
        with(one.clone(), "arn:aws:s3:::abcd/*", None),
        expect!["the bucket policy speaks of arn:aws:s3:::abcd/*, which is not in abc"],
    );
    errors(
        with(json!("*"), "arn:aws:s3:::abc/*", None),
        expect!["the policy lets everybody in, and the public access block forbids that"],
    );
    errors(
        with(json!({ "AWS": ["*"] }), "arn:aws:s3:::abc/*", Some(PublicAccess::ALLOWED)),
        expect![""],
    );
    let large = format!("arn:aws:s3:::abc/{}", "x".repeat(20_480));
    errors(with(one, &large, None), expect!["the bucket policy is larger than 20 KB"]);
}

#[test]
fn lifecycle_rules() {
    let with = |rules: Vec<LifecycleRule>| Bucket { lifecycle: Some(rules), ..named("abc") };
    let rule = || LifecycleRule::builder("r");
    errors(with(vec![rule().build()]), expect!["the lifecycle rule 'r' does nothing"]);
    let fine = || rule().expiration(Expiration::Days(1)).build();
    errors(with(vec![fine(), fine()]), expect!["two lifecycle rules are called 'r'"]);
    let early = Transition::after_days(29, StorageClass::StandardIa);
    errors(
        with(vec![rule().transitions(vec![early]).build()]),
        expect!["the lifecycle rule 'r' has 29 days for STANDARD_IA: at least 30"],
    );
    let late = Transition::after_days(30, StorageClass::Glacier);
    errors(
        with(vec![rule().transitions(vec![late.clone()]).expiration(Expiration::Days(30)).build()]),
        expect!["the lifecycle rule 'r' moves objects after 30 days and deletes them after 30"],
    );
    let dated = Transition { when: When::Date("tomorrow".into()), ..late.clone() };
    errors(
        with(vec![rule().transitions(vec![late, dated]).build()]),
        expect![[r#"
            the lifecycle rule 'r' has 'tomorrow' for a transition: a day is 2030-01-31
            the lifecycle rule 'r' mixes transitions by days and by date"#]],
    );
    let tags = BTreeMap::from([("a".to_owned(), "b".to_owned())]);
    errors(
        with(vec![rule().tags(tags.clone()).abort_uploads_after_days(1).build()]),
        expect!["the lifecycle rule 'r' drops uploads, which have neither tags nor a size yet"],
    );
    errors(
        with(vec![rule().tags(tags).expiration(Expiration::ExpiredDeleteMarkers).build()]),
        expect!["the lifecycle rule 'r' is about delete markers, which have no tags"],
    );
}

#[test]
fn other_rules() {
    let key = "arn:aws:kms:us-east-1:000000000000:key/k";
    errors(
        Bucket { encryption: Some(Encryption::kms(key)), ..named("abc") },
        expect![
            "the key arn:aws:kms:us-east-1:000000000000:key/k is not in ap-south-1, where the bucket is"
        ],
    );
    let logging = Logging::builder().bucket("abc").build();
    errors(
        Bucket { logging: Some(logging), ..named("abc") },
        expect!["a bucket that logs to itself logs its own logging without end"],
    );
    let cors = CorsRule::builder()
        .origins(["https://*.*.example.com"])
        .methods([CorsMethod::Get])
        .exposed_headers(["x-*"])
        .build();
    errors(
        Bucket { cors: Some(vec![cors]), ..named("abc") },
        expect![[r#"
            the CORS rule has more than one * in 'https://*.*.example.com'
            the CORS rule exposes 'x-*', and a * is not allowed there"#]],
    );
}

#[test]
fn buckets_of_one_stack() {
    let mut stack = Stack::new("test");
    let logs = stack.region(Region::UsEast1).add("logs", named("logs-of-us"));
    let logging = Logging::builder().bucket(logs.name()).build();
    stack.region(Region::ApSouth1).add("a", Bucket { logging: Some(logging), ..named("same") });
    stack.region(Region::UsEast1).add("b", named("same"));
    let found: Vec<String> = stack.seal().unwrap_err().0.into_iter().map(|it| it.message).collect();
    expect![[r#"
        [
            "logs go to us-east-1/logs, and have to stay in the region",
            "the bucket 'same' is declared as ap-south-1/a too",
        ]
    "#]]
    .assert_debug_eq(&found);
}

/// What is done next with a bucket that is seen like this (null: not at all).
fn next(
    seen: Value,
    wanted: Option<Value>,
    applied: Value,
    facts: &[(&str, Value)],
    expect: Expect,
) {
    let target = Target {
        id: ResourceId::new("ap-south-1/assets"),
        kind: Bucket::SCHEMA.kind.into(),
        place: Place { account: None, scope: ScopeKind::Regional, regions: vec![Region::ApSouth1] },
        incarnation: 1,
        token: "bc-test-1".into(),
        physical: None,
        props: json!({}).into(),
        tags: BTreeMap::new(),
    };
    let snapshot = Snapshot {
        physical: "abc".into(),
        props: seen.clone(),
        outputs: BTreeMap::new(),
        status: Status::Ready,
        ownership: Ownership::Ours,
        children: Vec::new(),
        facts: facts.iter().map(|(name, value)| ((*name).to_owned(), value.clone())).collect(),
    };
    let goal = match wanted {
        Some(wanted) => Goal::Present { wanted, applied: Some(applied).filter(|it| !it.is_null()) },
        None => Goal::Absent { applied, lift_guards: false },
    };
    let seen = (!seen.is_null()).then_some(&snapshot);
    let turn = Turn::<Bucket>::new(&target, &goal, seen).unwrap();
    let next = match step::step(&turn) {
        Next::Call(call) => format!("{} {call:?}", call.name()),
        other => format!("{other:?}"),
    };
    expect.assert_eq(&next);
}

#[test]
fn steps() {
    let open = json!({
        "block_acls": false, "ignore_acls": false, "block_policy": false, "restrict_buckets": false,
    });
    let closed: Value = serde_json::from_str(parts::BLOCKED).unwrap();
    let policy = json!({ "Version": "2012-10-17", "Statement": [] });
    let name = json!({ "name": "abc" });
    let with = |field: &str, value: &Value| {
        let mut props = json!({ "name": "abc" });
        props[field] = value.clone();
        props
    };

    // Made with its tags and its owner, so that it is ours from its first moment.
    next(
        Value::Null,
        Some(json!({ "name": "abc", "tags": { "a": "b" }, "ownership": "ObjectWriter" })),
        Value::Null,
        &[],
        expect![[
            r#"CreateBucket Create { namespace: None, ownership: Some(ObjectWriter), object_lock: false, tags: Object {"a": String("b")} }"#
        ]],
    );
    next(name.clone(), Some(name.clone()), Value::Null, &[], expect!["Done"]);

    // Opened: the access block first. Closed: the policy goes first.
    let mut public = with("policy", &policy);
    public["public_access"] = open.clone();
    next(
        with("public_access", &closed),
        Some(public.clone()),
        with("public_access", &closed),
        &[],
        expect![[
            r#"PutPublicAccessBlock Put { part: PublicAccess(PublicAccess { block_acls: false, ignore_acls: false, block_policy: false, restrict_buckets: false }), before: Object {"block_acls": Bool(true), "block_policy": Bool(true), "ignore_acls": Bool(true), "restrict_buckets": Bool(true)} }"#
        ]],
    );
    next(
        public.clone(),
        Some(with("public_access", &closed)),
        public,
        &[],
        expect![[
            r#"DeleteBucketPolicy DeletePolicy { before: Object {"Statement": Array [], "Version": String("2012-10-17")} }"#
        ]],
    );

    // What others refuse to have encrypted stays refused.
    let kms = json!({ "algorithm": "aws:kms", "bucket_key": true });
    next(
        with("encryption", &json!({ "algorithm": "AES256", "bucket_key": false })),
        Some(with("encryption", &kms)),
        Value::Null,
        &[("blocked_encryption_types", json!(["SSE-C"]))],
        expect![[
            r#"PutBucketEncryption Put { part: Encryption(Kms { key: None, bucket_key: true }, ["SSE-C"]), before: Object {"algorithm": String("AES256"), "bucket_key": Bool(false)} }"#
        ]],
    );
    next(
        with("encryption", &kms),
        Some(name.clone()),
        with("encryption", &kms),
        &[("blocked_encryption_types", json!(["SSE-C"]))],
        expect![[
            r#"PutBucketEncryption Put { part: Encryption(S3, ["SSE-C"]), before: Object {"algorithm": String("aws:kms"), "bucket_key": Bool(true)} }"#
        ]],
    );

    // Gone: only what was asked for is emptied.
    next(Value::Null, None, name.clone(), &[], expect!["Done"]);
    let full = [("has_objects", json!(true)), ("upload", json!({ "key": "k", "id": "u" }))];
    next(name.clone(), None, name.clone(), &full, expect!["DeleteBucket Delete"]);
    let force = with("force_destroy", &json!(true));
    next(
        name.clone(),
        None,
        force.clone(),
        &full,
        expect![[r#"AbortMultipartUpload AbortUpload { key: "k", id: "u" }"#]],
    );
    next(name.clone(), None, force.clone(), &full[..1], expect!["DeleteObjects DeleteObjects"]);
    next(name, None, force, &[("has_objects", json!(false))], expect!["DeleteBucket Delete"]);
}

#[test]
fn rules_survive_the_way_to_s3_and_back() {
    let rule = || LifecycleRule::builder("r");
    let tags = BTreeMap::from([("a".to_owned(), "b".to_owned())]);
    for rule in [
        rule().expiration(Expiration::Date("2030-01-31".into())).build(),
        rule().expiration(Expiration::ExpiredDeleteMarkers).enabled(false).build(),
        rule().prefix("x/").tags(tags.clone()).expiration(Expiration::Days(1)).build(),
        rule().tags(tags).expiration(Expiration::Days(1)).build(),
        rule().size_greater_than(1).size_less_than(9).abort_uploads_after_days(1).build(),
        rule().size_greater_than(0).expiration(Expiration::Days(1)).build(),
        rule()
            .size_less_than(9)
            .transitions(vec![Transition::after_days(0, StorageClass::GlacierIr)])
            .build(),
        rule()
            .noncurrent_expiration(NoncurrentExpiration { days: 1, keep_newest: Some(2) })
            .noncurrent_transitions(vec![NoncurrentTransition {
                days: 30,
                storage_class: StorageClass::OneZoneIa,
                keep_newest: None,
            }])
            .build(),
    ] {
        assert_eq!(LifecycleRule::from_sdk(&rule.to_sdk().unwrap()), rule);
    }
}

#[test]
fn a_transition_without_a_time_is_one_at_once() {
    use aws_sdk_s3::types as sdk;
    let class = sdk::TransitionStorageClass::IntelligentTiering;
    let theirs = sdk::LifecycleRule::builder()
        .id("r")
        .status(sdk::ExpirationStatus::Enabled)
        .filter(sdk::LifecycleRuleFilter::builder().prefix("").build())
        .transitions(sdk::Transition::builder().storage_class(class).build())
        .build()
        .unwrap();
    let at_once = Transition::after_days(0, StorageClass::IntelligentTiering);
    let ours = LifecycleRule::builder("r").transitions([at_once]).build();
    assert_eq!(LifecycleRule::from_sdk(&theirs), ours);
}

#[test]
fn rarer_parts() {
    let lock = |lock| Bucket { object_lock: Some(lock), ..named("abc") };
    errors(lock(ObjectLock::ENABLED), expect![""]);
    errors(lock(ObjectLock::days(RetentionMode::Governance, 30)), expect![""]);
    errors(
        Bucket {
            versioning: Some(Versioning::Suspended),
            ..lock(ObjectLock::years(RetentionMode::Compliance, 101))
        },
        expect![[r#"
            object lock keeps versions for 1 to 100 years
            a bucket with object lock is versioned, and can't be suspended"#]],
    );

    let site = |website| Bucket { website: Some(website), ..named("abc") };
    errors(site(Website::pages("index.html", "error.html")), expect![""]);
    errors(site(Website::redirect("www.example.com")), expect![""]);
    let rules = vec![
        RoutingRule::builder().when_prefix("a/").build(),
        RoutingRule::builder().to_key("a").to_prefix("b").status("200").protocol("ftp").build(),
    ];
    errors(
        site(Website::Pages {
            index_document: "a/index.html".into(),
            error_document: Some(String::new()),
            routing_rules: rules,
        }),
        expect![[r#"
            'a/index.html' is not the name of an index document: no slash in it
            an error document has a name of at least one character
            a routing rule redirects to the very place that was asked for
            a website redirects by http or https
            a routing rule replaces the key or its prefix, not both
            a routing rule redirects with a status of the class 3XX"#]],
    );

    let told = |id: &str, to: NotificationTarget, events: &[&str]| {
        Notification::builder().id(id).to(to).events(events.iter().copied()).build()
    };
    let queue = NotificationTarget::Queue("arn:aws:sqs:ap-south-1:000000000000:q".into());
    let notified = |all: Vec<Notification>| Bucket { notifications: Some(all), ..named("abc") };
    errors(notified(vec![told("q", queue.clone(), &["s3:ObjectCreated:*"])]), expect![""]);
    let far = NotificationTarget::Topic("arn:aws:sns:us-east-1:000000000000:t".into());
    let wrong = NotificationTarget::Function("arn:aws:sns:ap-south-1:000000000000:t".into());
    errors(
        notified(vec![
            told("q", queue.clone(), &[]),
            told("q", queue, &["ObjectCreated"]),
            told("far", far, &["s3:ObjectCreated:*"]),
            told("wrong", wrong, &["s3:ObjectCreated:*"]),
        ]),
        expect![[r#"
            the notification 'q' has no event
            two notifications are called 'q'
            'ObjectCreated' is not an event of S3, like s3:ObjectCreated:*
            'arn:aws:sns:us-east-1:000000000000:t' is not in ap-south-1, where the bucket is
            'arn:aws:sns:ap-south-1:000000000000:t' is not an ARN of lambda"#]],
    );

    let tiering = |days: Option<i32>, deep: Option<i32>| {
        let tiering = IntelligentTiering::builder().id("t").maybe_archive_after_days(days);
        let tiering = tiering.maybe_deep_archive_after_days(deep).build();
        Bucket { intelligent_tiering: Some(vec![tiering]), ..named("abc") }
    };
    errors(tiering(Some(90), Some(180)), expect![""]);
    errors(tiering(None, None), expect!["the tiering 't' moves nothing"]);
    errors(
        tiering(Some(200), Some(180)),
        expect!["the tiering 't' archives after 200 days and deeply after 180"],
    );
    errors(
        tiering(Some(89), Some(179)),
        expect![[r#"
            the tiering 't' archives after 90 to 730 days
            the tiering 't' archives deeply after 180 to 730 days"#]],
    );
    let metrics = |id: &str| Metrics::builder().id(id).build();
    errors(Bucket { metrics: Some(vec![metrics("EntireBucket")]), ..named("abc") }, expect![""]);
    errors(
        Bucket { metrics: Some(vec![metrics("a b"), metrics("x"), metrics("x")]), ..named("abc") },
        expect![[r#"
            'a b' is not an id for metrics: 1 to 64 letters, digits, dots, hyphens, underscores
            two metrics are called 'x'"#]],
    );
    let analysis = Analytics::builder().id("a").export_prefix("p/").build();
    errors(
        Bucket { analytics: Some(vec![analysis]), ..named("abc") },
        expect!["the analysis 'a' has a prefix for results that go nowhere"],
    );

    let fast = |name: &str| Bucket { acceleration: Some(Acceleration::Enabled), ..named(name) };
    errors(fast("abc"), expect![""]);
    errors(
        fast("a.bc"),
        expect!["'a.bc' has a dot in it, and transfer acceleration takes no such name"],
    );
    errors(
        Bucket {
            transition_minimum: Some(TransitionMinimum::VariesByStorageClass),
            ..named("abc")
        },
        expect!["transition_minimum is for lifecycle rules, and there are none"],
    );
}
