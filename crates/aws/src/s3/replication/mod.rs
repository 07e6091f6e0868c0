//! Replication from one bucket to others.

mod call;
mod check;
mod read;
mod rule;
mod step;

#[cfg(test)]
mod tests;

use bicoastal_model::id::ScopeKind;
use bicoastal_model::schema::{Absent, Cost, OutputSpec, Shape};
use bicoastal_model::{
    Arn, Check, Deletes, Field, Input, OpError, Regional, Resource, Risk, Schema, Snapshot, Target,
    Tier, handle,
};
use serde::{Deserialize, Serialize};

pub use rule::{ReplicationRule, ReplicationTime};

use crate::cx::Cx;
use crate::iam::Role;
use crate::kind::{Kind, Next, Turn};
use crate::tags::is_false;

/// What a bucket copies to other buckets, declared in the source bucket's region.
///
/// S3 keeps one document per source bucket. The program owns the rules that it mentions by id;
/// rules of others are kept, reported as added, and written along.
///
/// # Assumptions
///
/// Source and destinations are versioned. The role exists, trusts `s3.amazonaws.com`, and whoever
/// applies may pass it (`iam:PassRole`).
///
/// # Caveats
///
/// What was in the bucket before a rule is not copied (Batch Replication does that), and neither
/// are copies that another rule made: regions that serve at the same time need a rule for each
/// ordered pair of them ([`crate::s3::replicated_buckets`]).
#[derive(Debug, Clone, Serialize, Deserialize, bon::Builder)]
pub struct ReplicationConfiguration {
    /// The name of the source bucket, which has one such configuration.
    #[builder(into)]
    pub bucket: Input<String>,
    /// The role that S3 assumes to read from the source and write to the destinations.
    #[builder(into)]
    pub role: Input<Arn<Role>>,
    /// What is copied where, 1 to 1,000 rules with those of others.
    #[builder(with = |rules: impl IntoIterator<Item = ReplicationRule>| rules.into_iter().collect())]
    pub rules: Vec<ReplicationRule>,
    /// Whether rules that the program does not mention are removed.
    #[builder(default)]
    #[serde(default, skip_serializing_if = "is_false")]
    pub exclusive: bool,
}

handle! {
    /// A declared replication configuration.
    pub struct ReplicationConfigurationHandle {
        /// The name of the source bucket.
        bucket: String,
    }
}

const FIELDS: &[Field] = &[
    Field::new("bucket").replaces(),
    Field::new("role"),
    Field::new("rules")
        .shape(Shape::Keyed { key: "id", fields: rule::FIELDS })
        .absent(Absent::EmptyList)
        .exclusive_if("exclusive"),
    Field::new("exclusive").local().absent(Absent::Bool(false)),
];

impl Resource for ReplicationConfiguration {
    type Scope = Regional;
    type Handle = ReplicationConfigurationHandle;

    const SCHEMA: &'static Schema = &Schema {
        kind: "S3:ReplicationConfiguration",
        service: "s3",
        feature: "s3",
        scope: ScopeKind::Regional,
        tier: Tier::Data,
        fields: FIELDS,
        outputs: &[OutputSpec::property("bucket")],
        identity: &["bucket"],
        delete_risk: Risk::Disruptive,
        cost: Cost { create: 1, update: 1, delete: 1 },
        check_stack: Some(check::stack),
        ..Schema::BASE
    };

    fn check(&self, check: &mut Check) {
        check::configuration(self, check);
    }
}

impl Kind for ReplicationConfiguration {
    type Call = step::Call;

    async fn read(cx: &Cx, target: &Target) -> Result<Option<Snapshot>, OpError> {
        read::read(cx, target).await
    }

    /// The call itself looks at what is there, and keeps it.
    fn refuses_twins(_: &Target) -> bool {
        true
    }

    async fn confirm<'a>(cx: &'a Cx, target: &'a Target, _: &'a Snapshot) -> Result<bool, OpError> {
        read::confirm(cx, target).await
    }

    fn step(turn: &Turn<'_, Self>) -> Next<Self::Call> {
        step::step(turn)
    }

    async fn call(cx: &Cx, target: &Target, call: &Self::Call) -> Result<Option<String>, OpError> {
        call::call(cx, target, call).await
    }

    fn deletes(call: &Self::Call) -> Deletes {
        Deletes::whole(call.deletes())
    }

    fn name(call: &Self::Call) -> &'static str {
        call.name()
    }
}
