//! A catalog of made-up kinds, a program in a few words, and a cloud that does what it is told.
#![allow(dead_code, unreachable_pub, reason = "every test binary uses another part of it")]
#![allow(clippy::expect_used, clippy::panic, reason = "tests stop where they find something odd")]

pub mod cloud;
pub mod program;
pub mod show;

use bicoastal_model::schema::{Absent, Batch, Cost, OutputSpec};
use bicoastal_model::{Catalog, Field, Risk, Schema, ScopeKind, Shape, Tier};

const NAME: Field = Field::new("name").replaces();

pub const ROLE: &Schema = &Schema {
    kind: "Fake:Role",
    service: "iam",
    fields: &[NAME, Field::new("policy"), Field::tags()],
    outputs: &[OutputSpec::assigned("arn"), OutputSpec::property("name")],
    identity: &["name"],
    delete_risk: Risk::Safe,
    ..Schema::BASE
};

pub const TABLE: &Schema = &Schema {
    kind: "Fake:Table",
    service: "dynamodb",
    scope: ScopeKind::Spanning,
    tier: Tier::Data,
    fields: &[
        NAME,
        Field::new("key").replaces(),
        Field::new("billing"),
        Field::new("deletion_protection").absent(Absent::Bool(false)),
        Field::regions(),
        Field::tags(),
    ],
    outputs: &[OutputSpec::assigned("arn"), OutputSpec::property("name")],
    identity: &["name"],
    delete_risk: Risk::DestroysData,
    guard: Some("deletion_protection"),
    ..Schema::BASE
};

pub const GROUP: &Schema = &Schema {
    kind: "Fake:Group",
    service: "rds",
    scope: ScopeKind::Spanning,
    tier: Tier::Data,
    fields: &[NAME, Field::regions()],
    outputs: &[OutputSpec::property("name")],
    identity: &["name"],
    ..Schema::BASE
};

pub const CLUSTER: &Schema = &Schema {
    kind: "Fake:Cluster",
    service: "rds",
    scope: ScopeKind::Regional,
    tier: Tier::Data,
    fields: &[
        NAME,
        Field::new("group").replaces(),
        Field::new("engine").shape(Shape::VersionPrefix).disruptive(),
        Field::new("password").shape(Shape::Secret),
        Field::new("source").create_only(),
    ],
    outputs: &[
        OutputSpec::assigned("arn"),
        OutputSpec::changes_with("endpoint", &["engine"]),
        OutputSpec::property("name"),
    ],
    identity: &["name"],
    delete_risk: Risk::DestroysData,
    ..Schema::BASE
};

const ACTION: &[Field] = &[
    Field::new("type"),
    Field::new("scope").absent(Absent::Text("openid")),
    Field::new("secret").shape(Shape::Secret),
];

const USER: &[Field] =
    &[Field::new("name"), Field::new("level"), Field::new("secret").shape(Shape::Secret)];

/// Has secrets at every depth.
pub const GUARD: &Schema = &Schema {
    kind: "Fake:Guard",
    service: "elasticloadbalancing",
    scope: ScopeKind::Regional,
    tier: Tier::Compute,
    fields: &[
        NAME,
        Field::new("size"),
        Field::new("secret").shape(Shape::Secret),
        Field::new("actions").shape(Shape::List(&Shape::Object(ACTION))),
        Field::new("users").shape(Shape::Keyed { key: "name", fields: USER }),
    ],
    outputs: &[OutputSpec::assigned("arn")],
    identity: &["name"],
    ..Schema::BASE
};

pub const BUCKET: &Schema = &Schema {
    kind: "Fake:Bucket",
    service: "s3",
    scope: ScopeKind::Regional,
    tier: Tier::Data,
    fields: &[
        NAME,
        Field::new("versioned").absent(Absent::Bool(false)),
        Field::new("policy").watched(),
        Field::new("peer"),
        Field::new("force_destroy").delete_option(),
        Field::tags(),
    ],
    outputs: &[OutputSpec::assigned("arn"), OutputSpec::property("name")],
    identity: &["name"],
    delete_risk: Risk::DestroysData,
    cost: Cost { create: 3, update: 1, delete: 1 },
    caution: Some(|field| {
        let off = field.path == "versioned" && field.after.as_bool() != Some(true);
        off.then_some("what is overwritten is kept no longer")
    }),
    ..Schema::BASE
};

pub const FRONT: &Schema = &Schema {
    kind: "Fake:Front",
    service: "elasticloadbalancing",
    scope: ScopeKind::Regional,
    tier: Tier::Compute,
    fields: &[
        NAME,
        Field::new("scheme").replaces(),
        Field::new("idle"),
        Field::new("bucket"),
        Field::tags(),
    ],
    outputs: &[OutputSpec::assigned("arn"), OutputSpec::assigned("dns")],
    identity: &["name"],
    ..Schema::BASE
};

pub const ZONE: &Schema = &Schema {
    kind: "Fake:Zone",
    service: "route53",
    tier: Tier::Traffic,
    fields: &[
        Field::new("domain").shape(Shape::DnsName).replaces(),
        Field::new("comment"),
        Field::new("exclusive_records").local(),
    ],
    outputs: &[OutputSpec::assigned("id")],
    ..Schema::BASE
};

pub const CHECK: &Schema = &Schema {
    kind: "Fake:Check",
    service: "route53",
    tier: Tier::Traffic,
    fields: &[Field::new("host"), Field::new("path")],
    outputs: &[OutputSpec::assigned("id"), OutputSpec::property("path")],
    ..Schema::BASE
};

pub const RECORD: &Schema = &Schema {
    kind: "Fake:Record",
    service: "route53",
    tier: Tier::Traffic,
    fields: &[
        Field::new("zone").replaces(),
        Field::new("name").shape(Shape::DnsName).replaces(),
        Field::new("type").replaces(),
        Field::new("set").replaces(),
        Field::new("ttl"),
        Field::new("alias").shape(Shape::AliasName),
        Field::new("check"),
        Field::new("values").shape(Shape::RecordValues),
    ],
    identity: &["zone", "name", "type", "set"],
    batch: Some(Batch {
        parent: "zone",
        together: &["name", "type"],
        elements: "values",
        max_elements: 10,
        max_characters: 200,
        update_weight: 2,
    }),
    ..Schema::BASE
};

/// A record with the caps of the real thing.
pub const BIG_RECORD: &Schema = &Schema {
    kind: "Fake:BigRecord",
    batch: Some(Batch {
        parent: "zone",
        together: &["name"],
        elements: "values",
        max_elements: 1000,
        max_characters: 32_000,
        update_weight: 2,
    }),
    ..*RECORD
};

pub fn catalog() -> Catalog {
    Catalog::new([
        ROLE, TABLE, GROUP, CLUSTER, GUARD, BUCKET, FRONT, ZONE, CHECK, RECORD, BIG_RECORD,
    ])
}

/// How many cases a property is tried on: fewer where `PROPTEST_CASES` says so, never more.
pub fn cases(most: u32) -> u32 {
    most.min(proptest::test_runner::Config::default().cases)
}
