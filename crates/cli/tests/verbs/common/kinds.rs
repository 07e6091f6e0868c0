//! Three kinds: something global, something with data in a region, something that users come by.
#![allow(unreachable_pub, reason = "the macro for handles makes them public")]

use bicoastal_model::schema::{Absent, OutputSpec};
use bicoastal_model::{
    Catalog, Check, Field, Global, Input, Regional, Resource, Risk, Schema, ScopeKind, Secret,
    Shape, Tier,
};
use serde::{Deserialize, Serialize};

/// `Fake:Zone`: global, protected unless the program says otherwise.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Zone {
    pub(crate) name: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) comment: Option<String>,
}

bicoastal_model::handle! {
    /// A declared zone.
    pub struct ZoneHandle {
        /// Its id.
        id: String,
        /// Who answers for it.
        name_servers: Vec<String>,
    }
}

impl Resource for Zone {
    type Scope = Global;
    type Handle = ZoneHandle;
    const SCHEMA: &'static Schema = &Schema {
        kind: "Fake:Zone",
        service: "route53",
        feature: "fake",
        tier: Tier::Traffic,
        fields: &[Field::new("name").shape(Shape::DnsName).replaces(), Field::new("comment")],
        outputs: &[OutputSpec::assigned("id"), OutputSpec::assigned("name_servers")],
        identity: &["name"],
        protected: true,
        ..Schema::BASE
    };

    fn check(&self, check: &mut Check) {
        check.ensure(self.name.contains('.'), format!("'{}' is not a domain", self.name));
        if self.comment.as_deref() == Some("odd") {
            check.warning("'odd' is an odd comment");
        }
    }
}

/// `Fake:Bucket`: in a region, holds data, and AWS guards it where the program says so.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Bucket {
    pub(crate) name: String,
    pub(crate) versioned: bool,
    pub(crate) deletion_protection: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) key: Option<Secret>,
}

bicoastal_model::handle! {
    /// A declared bucket.
    pub struct BucketHandle {
        /// Its ARN.
        arn: String,
    }
}

impl Resource for Bucket {
    type Scope = Regional;
    type Handle = BucketHandle;
    const SCHEMA: &'static Schema = &Schema {
        kind: "Fake:Bucket",
        service: "s3",
        feature: "fake",
        scope: ScopeKind::Regional,
        tier: Tier::Data,
        fields: &[
            Field::new("name").replaces(),
            Field::new("versioned").absent(Absent::Bool(false)),
            Field::new("deletion_protection").absent(Absent::Bool(false)),
            Field::new("key").shape(Shape::Secret),
            Field::new("policy").watched(),
        ],
        outputs: &[OutputSpec::assigned("arn")],
        identity: &["name"],
        delete_risk: Risk::DestroysData,
        guard: Some("deletion_protection"),
        ..Schema::BASE
    };
}

/// `Fake:Record`: global, refers to a zone and a bucket.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Record {
    pub(crate) zone: Input<String>,
    pub(crate) name: String,
    pub(crate) target: Input<String>,
}

bicoastal_model::handle! {
    /// A declared record.
    pub struct RecordHandle {
        /// Its whole name.
        name: String,
    }
}

impl Resource for Record {
    type Scope = Global;
    type Handle = RecordHandle;
    const SCHEMA: &'static Schema = &Schema {
        kind: "Fake:Record",
        service: "route53",
        feature: "fake",
        tier: Tier::Traffic,
        fields: &[
            Field::new("zone").replaces(),
            Field::new("name").replaces(),
            Field::new("target"),
        ],
        outputs: &[OutputSpec::property("name")],
        identity: &["name"],
        ..Schema::BASE
    };
}

/// Everything that the made-up cloud can handle.
pub(crate) fn catalog() -> Catalog {
    Catalog::new([Zone::SCHEMA, Bucket::SCHEMA, Record::SCHEMA])
}
