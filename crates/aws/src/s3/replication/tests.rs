//! Offline: what is refused, and what survives the way to S3 and back.

use std::collections::BTreeMap;

use bicoastal_model::{ActiveRegions, Input, Place, Region, Stack};
use expect_test::{Expect, expect};

use super::*;
use crate::s3::{Bucket, BucketHandle, StorageClass, Versioning, replicated_buckets};

fn rule(id: &str) -> ReplicationRule {
    ReplicationRule::builder(id).destination("arn:aws:s3:::there").build()
}

fn of(rules: Vec<ReplicationRule>) -> ReplicationConfiguration {
    ReplicationConfiguration::builder()
        .bucket("here")
        .role("arn:aws:iam::000000000000:role/copier")
        .rules(rules)
        .build()
}

#[test]
fn one_configuration() {
    let check = |configuration: ReplicationConfiguration, expect: Expect| {
        let place =
            Place { account: None, scope: ScopeKind::Regional, regions: vec![Region::ApSouth1] };
        let mut check = Check::new(place);
        configuration.check(&mut check);
        expect.assert_eq(&check.errors().join("\n"));
    };
    check(of(vec![rule("a")]), expect![""]);
    check(of(Vec::new()), expect!["a replication configuration has 1 to 1,000 rules"]);
    check(
        of(vec![rule("a"), rule("b")]),
        expect!["the replication rules 'a' and 'b' meet the same objects with the same priority"],
    );
    let x = || ReplicationRule { prefix: Some("x/".into()), ..rule("x") };
    let y = ReplicationRule { prefix: Some("y/".into()), ..rule("y") };
    check(of(vec![x(), y]), expect![""]);
    check(
        of(vec![x(), rule("all")]),
        expect!["the replication rules 'x' and 'all' meet the same objects with the same priority"],
    );
    check(of(vec![x(), ReplicationRule { priority: 2, ..rule("all") }]), expect![""]);
    let elsewhere = ReplicationRule { destination: "arn:aws:s3:::third".into(), ..rule("b") };
    check(of(vec![rule("a"), elsewhere]), expect![""]);
    check(
        of(vec![rule("a"), ReplicationRule { priority: 2, ..rule("a") }]),
        expect!["two replication rules are called 'a'"],
    );
    let tags = BTreeMap::from([("k".to_owned(), "v".to_owned())]);
    check(
        of(vec![ReplicationRule { tags, delete_markers: true, ..rule("a") }]),
        expect!["the replication rule 'a' selects by tags, and delete markers have none"],
    );
    check(
        of(vec![ReplicationRule { owner_override: true, ..rule("a") }]),
        expect![
            "the replication rule 'a' gives copies to the destination's owner, and has to name its account"
        ],
    );
    check(
        of(vec![ReplicationRule { destination: "arn:aws:s3:::here".into(), ..rule("a") }]),
        expect!["the replication rule 'a' copies the bucket to itself"],
    );
    check(
        of(vec![ReplicationRule { destination: "there".into(), ..rule("a") }]),
        expect![
            "the replication rule 'a' has there as its destination, which is not the ARN of a bucket"
        ],
    );
    let nobody =
        ReplicationConfiguration { role: "arn:aws:iam::1:user/me".into(), ..of(vec![rule("a")]) };
    check(nobody, expect!["the role of a replication configuration is not the ARN of a role"]);
}

fn bucket(stack: &mut Stack, region: Region, versioned: bool) -> BucketHandle {
    let bucket = Bucket::builder()
        .name(format!("b-{region}"))
        .maybe_versioning(versioned.then_some(Versioning::Enabled))
        .build();
    stack.region(region).add("b", bucket)
}

fn copies(
    from: &BucketHandle,
    to: &BucketHandle,
    edit: fn(&mut ReplicationRule),
) -> ReplicationConfiguration {
    let mut rule = ReplicationRule { destination: Input::Ref(to.arn()), ..rule("a") };
    edit(&mut rule);
    ReplicationConfiguration { bucket: from.name().into(), ..of(vec![rule]) }
}

/// Errors and warnings of a stack.
fn said(stack: Stack) -> String {
    let found = match stack.seal() {
        Ok(desired) => desired.warnings,
        Err(found) => found.0,
    };
    found.into_iter().map(|it| format!("{:?}: {}\n", it.severity, it.message)).collect()
}

#[test]
fn between_buckets() {
    let (us, ap) = (Region::UsEast1, Region::ApSouth1);
    let mut stack = Stack::new("test");
    let (from, to) = (bucket(&mut stack, us, false), bucket(&mut stack, ap, false));
    stack.region(us).add("copies", copies(&from, &to, |_| {}));
    stack.region(ap).add("more", copies(&from, &to, |_| {}));
    expect![[r#"
        Error: us-east-1/b is in us-east-1
        Error: us-east-1/b is not versioned, and replication copies versions
        Error: ap-south-1/b, the destination of 'a', is not versioned
        Error: the same bucket is the source of ap-south-1/more
        Error: us-east-1/b is not versioned, and replication copies versions
        Error: ap-south-1/b, the destination of 'a', is not versioned
    "#]]
    .assert_eq(&said(stack));

    let mut stack = Stack::new("test");
    let (from, to) = (bucket(&mut stack, us, true), bucket(&mut stack, ap, true));
    stack.region(us).add(
        "copies",
        copies(&from, &to, |rule| {
            rule.replica_key = Some("arn:aws:kms:us-east-1:000000000000:key/k".into());
        }),
    );
    expect![[r#"
        Error: the rule 'a' encrypts copies with a key of us-east-1, and ap-south-1/b is in ap-south-1
    "#]]
    .assert_eq(&said(stack));

    let mut stack = Stack::new("test");
    let (from, to) = (bucket(&mut stack, us, true), bucket(&mut stack, ap, true));
    stack.region(us).add("copies", copies(&from, &to, |rule| rule.replica_modifications = true));
    stack.region(ap).add("copies", copies(&to, &from, |rule| rule.prefix = Some("x/".into())));
    expect![[r#"
        Warning: ap-south-1/b and us-east-1/b copy to each other, and copy different prefixes: they will not stay the same
        Warning: ap-south-1/b and us-east-1/b copy to each other, and do not both copy edits of copies: they will not stay the same
    "#]]
    .assert_eq(&said(stack));
}

#[test]
fn rules_survive_the_way_to_s3_and_back() {
    let tags = |count: usize| -> BTreeMap<String, String> {
        (0..count).map(|index| (format!("k{index}"), "v".to_owned())).collect()
    };
    for rule in [
        rule("plain"),
        ReplicationRule { prefix: Some("x/".into()), enabled: false, ..rule("prefix") },
        ReplicationRule { tags: tags(1), ..rule("tag") },
        ReplicationRule { tags: tags(2), ..rule("tags") },
        ReplicationRule { tags: tags(1), prefix: Some("x/".into()), ..rule("and") },
        ReplicationRule {
            delete_markers: true,
            replica_modifications: true,
            storage_class: Some(StorageClass::GlacierIr),
            ..rule("more")
        },
        ReplicationRule { time: ReplicationTime::Measured, ..rule("measured") },
        ReplicationRule {
            time: ReplicationTime::Controlled,
            account: Some("111111111111".into()),
            owner_override: true,
            replica_key: Some("arn:aws:kms:us-east-1:000000000000:key/k".into()),
            ..rule("controlled")
        },
    ] {
        assert_eq!(ReplicationRule::from_sdk(&rule.to_sdk().unwrap()), Some(rule));
    }
}

#[test]
fn regions_in_another_order_are_the_same_mesh() {
    let regions = [Region::UsEast1, Region::ApSouth1, Region::EuWest1];
    let declare = |order: [usize; 3]| {
        let mut stack = Stack::new("test");
        let regions = ActiveRegions::from_list(order.map(|index| regions[index])).unwrap();
        replicated_buckets(&mut stack, "assets", &regions);
        let desired = stack.seal().unwrap();
        assert!(desired.warnings.is_empty(), "{:?}", desired.warnings);
        desired
            .resources
            .iter()
            .map(|(id, declared)| (id.to_string(), declared.props.clone()))
            .collect::<BTreeMap<_, _>>()
    };
    let mesh = declare([0, 1, 2]);
    assert_eq!(mesh, declare([2, 0, 1]));
    let summary: Vec<String> = mesh
        .iter()
        .map(|(id, props)| {
            let rules = props["rules"].as_array().into_iter().flatten();
            let rules: Vec<&str> = rules.filter_map(|rule| rule["id"].as_str()).collect();
            format!("{id} {}", rules.join(" ")).trim().to_owned()
        })
        .collect();
    expect![[r#"
        [
            "ap-south-1/assets",
            "ap-south-1/assets-replication to-eu-west-1 to-us-east-1",
            "assets-replication",
            "eu-west-1/assets",
            "eu-west-1/assets-replication to-ap-south-1 to-us-east-1",
            "us-east-1/assets",
            "us-east-1/assets-replication to-ap-south-1 to-eu-west-1",
        ]
    "#]]
    .assert_debug_eq(&summary);
}

#[test]
fn what_a_key_of_kms_encrypts_is_copied_only_where_a_rule_says_so() {
    let with = |key: Option<&str>, encryption: Option<crate::s3::Encryption>| {
        let mut stack = Stack::new("test");
        let from = Bucket::builder()
            .name("from")
            .versioning(Versioning::Enabled)
            .maybe_encryption(encryption)
            .build();
        let from = stack.region(Region::UsEast1).add("from", from);
        let to = bucket(&mut stack, Region::ApSouth1, true);
        let mut rules = copies(&from, &to, |_| {});
        rules.rules[0].replica_key = key.map(Into::into);
        stack.region(Region::UsEast1).add("copies", rules);
        said(stack)
    };
    let kms = || Some(crate::s3::Encryption::kms("arn:aws:kms:us-east-1:000000000000:key/1"));
    expect![[""]].assert_eq(&with(None, None));
    expect![[""]].assert_eq(&with(Some("arn:aws:kms:ap-south-1:000000000000:key/1"), kms()));
    expect![[r#"
        Warning: the bucket encrypts with a key of KMS, and the rule 'a' copies nothing that is encrypted so
    "#]]
    .assert_eq(&with(None, kms()));
}
