//! Buckets and what copies them.

use bicoastal::aws::s3::{
    CorsMethod, CorsRule, Encryption, Expiration, LifecycleRule, Logging, ObjectOwnership,
    PublicAccess, ReplicationTime, StorageClass, Transition, Versioning,
};
use bicoastal::prelude::*;
use serde_json::{Value, json};

use crate::contract::{Case, output, to};

const HERE: Region = Region::UsEast1;
const THERE: Region = Region::ApSouth1;

fn read_by(account: &str) -> PolicyDocument {
    PolicyDocument::new([Statement::builder()
        .principal(Principal::aws(format!("arn:aws:iam::{account}:root")))
        .action(["s3:GetObject"])
        .resource(["arn:aws:s3:::contract-bucket/*"])
        .build()])
}

fn expire(id: &str, days: i32) -> LifecycleRule {
    LifecycleRule::builder(id).prefix("old/").expiration(Expiration::Days(days)).build()
}

fn cors(method: CorsMethod) -> CorsRule {
    CorsRule::builder()
        .origins(["https://naveenteja.cloud"])
        .methods([method])
        .max_age_seconds(60)
        .build()
}

pub static BUCKET: Case = Case {
    name: "contract-bucket",
    subject: "us-east-1/bucket",
    declare: |stack, places| {
        let logs = Bucket::builder().name("contract-logs").policy(PolicyDocument::new([
            Statement::builder()
                .principal(Principal::service("logging.s3.amazonaws.com"))
                .action(["s3:PutObject"])
                .resource(["arn:aws:s3:::contract-logs/*"])
                .build(),
        ]));
        stack.region(HERE).add("logs", logs.build());
        let bucket = Bucket::builder()
            .name("contract-bucket")
            .versioning(Versioning::Enabled)
            .encryption(Encryption::kms(places.of(HERE).keys[0].as_str()))
            .public_access(PublicAccess::BLOCKED)
            .ownership(ObjectOwnership::BucketOwnerEnforced)
            .policy(read_by("000000000000"))
            .lifecycle([expire("old", 30)])
            .cors([cors(CorsMethod::Get)])
            .tags([("Project", "x")])
            .build();
        stack.region(HERE).add("bucket", bucket);
    },
    changes: |places| {
        vec![
            to("versioning", Versioning::Suspended),
            to("encryption", Encryption::kms(places.of(HERE).keys[1].as_str())),
            to("encryption", Encryption::S3),
            to("public_access", PublicAccess { block_policy: false, ..PublicAccess::BLOCKED }),
            to("ownership", ObjectOwnership::BucketOwnerPreferred),
            to("policy", read_by("123456789012")),
            to("lifecycle", [expire("old", 60), expire("older", 90)]),
            to(
                "lifecycle",
                [LifecycleRule::builder("old")
                    .transitions([Transition::after_days(30, StorageClass::StandardIa)])
                    .abort_uploads_after_days(7)
                    .build()],
            ),
            to("cors", [cors(CorsMethod::Put), cors(CorsMethod::Get)]),
            to("logging", Logging::builder().bucket("contract-logs").prefix("a/").build()),
            to("logging", Logging::builder().bucket("contract-logs").prefix("b/").build()),
            to("tags", json!({ "Project": "y", "More": "" })),
            to("policy", Value::Null),
            to("policy", read_by("123456789012")),
            to("cors", Value::Null),
            to("cors", [cors(CorsMethod::Delete)]),
        ]
    },
};

fn rule(destination: &str) -> bicoastal::aws::s3::ReplicationRule {
    ReplicationRule::builder("there").destination(format!("arn:aws:s3:::{destination}")).build()
}

pub static REPLICATION: Case = Case {
    name: "contract-replication",
    subject: "us-east-1/replication",
    declare: |stack, _| {
        let versioned =
            |name: &str| Bucket::builder().name(name).versioning(Versioning::Enabled).build();
        let source = stack.region(HERE).add("source", versioned("contract-source"));
        let copy = stack.region(THERE).add("copy", versioned("contract-copy"));
        let other = stack.region(THERE).add("other", versioned("contract-other-copy"));
        let role = |name: &str| {
            let trust = PolicyDocument::trust_service("s3.amazonaws.com");
            Role::builder().name(name).assume_role_policy(trust).build()
        };
        let first = stack.global().add("role", role("contract-replication"));
        let next = stack.global().add("next-role", role("contract-replication-next"));
        let replication = ReplicationConfiguration::builder()
            .bucket(source.name())
            .role(first.arn())
            .rules([ReplicationRule::builder("there").destination(copy.arn()).build()])
            .build();
        let replication = stack.region(HERE).add("replication", replication);
        // Where it copies to, and as whom, later.
        stack.after(&replication, &other).after(&replication, &next);
    },
    changes: |places| {
        let with = |change: fn(&mut bicoastal::aws::s3::ReplicationRule)| {
            let mut changed = rule("contract-copy");
            change(&mut changed);
            to("rules", [changed])
        };
        let key = places.of(THERE).keys[0].clone();
        let mut encrypted = rule("contract-copy");
        encrypted.replica_key = Some(key.as_str().into());
        vec![
            with(|it| it.priority = 7),
            with(|it| it.enabled = false),
            with(|it| it.prefix = Some("assets/".into())),
            with(|it| it.tags = [("Copy".to_owned(), "yes".to_owned())].into()),
            with(|it| it.delete_markers = true),
            with(|it| it.replica_modifications = true),
            with(|it| it.storage_class = Some(StorageClass::StandardIa)),
            with(|it| it.time = ReplicationTime::Controlled),
            to("rules", [encrypted]),
            to("rules", [rule("contract-other-copy")]),
            to("role", output("next-role", "arn")),
        ]
    },
};
