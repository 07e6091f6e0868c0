//! Buckets and what copies them.

use bicoastal::aws::s3::{
    Acceleration, Analytics, BlockedEncryption, CorsMethod, CorsRule, Encryption, Expiration,
    IntelligentTiering, Inventory, InventoryFormat, InventoryFrequency, LifecycleRule, Logging,
    Metrics, Notification, NotificationTarget, ObjectFilter, ObjectLock, ObjectOwnership,
    PublicAccess, ReplicationTime, RequestPayer, RetentionMode, RoutingRule, StorageClass,
    Transition, TransitionMinimum, Versioning, Website,
};
use bicoastal::prelude::*;
use serde_json::{Value, json};

use crate::cloud::Places;
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

fn sends(places: &Places) -> Notification {
    let queue = NotificationTarget::Queue(places.of(HERE).queue.clone().into());
    Notification::builder().id("made").to(queue).events(["s3:ObjectCreated:*"]).build()
}

fn pages() -> Website {
    let moved = RoutingRule::builder().when_prefix("old/").to_prefix("new/").status("302").build();
    Website::Pages {
        index_document: "start.html".into(),
        error_document: None,
        routing_rules: vec![moved],
    }
}

fn inventory(frequency: InventoryFrequency) -> Inventory {
    Inventory::builder()
        .id("all")
        .destination("arn:aws:s3:::contract-rarer-logs")
        .frequency(frequency)
        .format(InventoryFormat::Csv)
        .fields(["Size", "StorageClass"])
        .destination_prefix("lists")
        .build()
}

fn tiering(days: i32) -> IntelligentTiering {
    IntelligentTiering::builder().id("cold").archive_after_days(days).build()
}

/// What few buckets have.
pub static RARER_BUCKET: Case = Case {
    name: "contract-rarer-bucket",
    subject: "us-east-1/bucket",
    declare: |stack, places| {
        let lists = Bucket::builder().name("contract-rarer-logs").build();
        let lists = stack.region(HERE).add("lists", lists);
        let bucket = Bucket::builder()
            .name("contract-rarer-bucket")
            .versioning(Versioning::Enabled)
            .blocked_encryption([BlockedEncryption::SseC])
            .lifecycle([expire("old", 30)])
            .transition_minimum(TransitionMinimum::VariesByStorageClass)
            .website(Website::pages("index.html", "error.html"))
            .notifications([sends(places)])
            .event_bridge(true)
            .acceleration(Acceleration::Enabled)
            .request_payer(RequestPayer::Requester)
            .inventories([inventory(InventoryFrequency::Daily)])
            .metrics([Metrics::builder().id("EntireBucket").build()])
            .analytics([Analytics::builder().id("reads").build()])
            .intelligent_tiering([tiering(90)])
            .build();
        let bucket = stack.region(HERE).add("bucket", bucket);
        stack.after(&bucket, &lists);
    },
    changes: |places| {
        let narrow = ObjectFilter::prefix("in/");
        let metrics = Metrics::builder().id("EntireBucket").filter(narrow.clone()).build();
        let analytics = Analytics::builder().id("reads").filter(narrow).build();
        let narrower = Notification { prefix: Some("in/".into()), ..sends(places) };
        let locked = |days| ObjectLock::days(RetentionMode::Governance, days);
        vec![
            to("blocked_encryption", json!([])),
            to("transition_minimum", TransitionMinimum::AllStorageClasses128K),
            to("website", pages()),
            to("website", Website::redirect("naveenteja.cloud")),
            to("website", Value::Null),
            to("website", pages()),
            to("notifications", [narrower]),
            to("notifications", json!([])),
            to("notifications", [sends(places)]),
            to("event_bridge", false),
            to("acceleration", Acceleration::Suspended),
            to("request_payer", RequestPayer::BucketOwner),
            to("inventories", [inventory(InventoryFrequency::Weekly)]),
            to("metrics", [metrics]),
            to("analytics", [analytics]),
            to("intelligent_tiering", [tiering(180)]),
            to("intelligent_tiering", json!([])),
            to("intelligent_tiering", [tiering(90)]),
            to("object_lock", locked(7)).one_way(),
            to("object_lock", locked(1)).one_way(),
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
