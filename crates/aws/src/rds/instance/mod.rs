//! DB instances: the servers of a cluster.

mod io;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;

use bicoastal_model::schema::{Absent, Cost, Field, OutputSpec, Risk, Schema, Shape, Tier};
use bicoastal_model::{Arn, Check, Input, Regional, Resource, ScopeKind, handle};
use serde::{Deserialize, Serialize};

use super::engine::Engine;
use super::{SERVICE, rules, tags};
use crate::kms::Key;

/// An instance of an Aurora DB cluster.
///
/// Which instance writes is Aurora's choice: the promotion tier says whom it prefers when the
/// present writer fails.
#[derive(Debug, Clone, Serialize, Deserialize, bon::Builder)]
pub struct DbInstance {
    /// Its name, unique in the region: at most 63 letters, digits and single hyphens, a letter
    /// first. RDS stores it in lower case.
    #[builder(into)]
    pub identifier: Input<String>,
    /// The cluster that it belongs to, by name.
    #[builder(into)]
    pub cluster: Input<String>,
    /// The engine of that cluster.
    pub engine: Engine,
    /// Its class: `db.r6g.large`, `db.serverless`, … Members of a global database need
    /// memory-optimised ones. Changing it takes the instance down for minutes.
    #[builder(into)]
    pub class: String,
    /// Its Availability Zone, one of the subnet group's. AWS picks one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[builder(into)]
    pub availability_zone: Option<String>,
    /// Who writes next: the lower, the sooner; 0 to 15. AWS's default: 1.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub promotion_tier: Option<u8>,
    /// Whether AWS makes minor upgrades in the maintenance window. Has no effect in a global
    /// database. AWS's default: yes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub auto_minor_version_upgrade: Option<bool>,
    /// Whether it has a public address. AWS's default: no.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub publicly_accessible: Option<bool>,
    /// The authority of its certificate: `rds-ca-rsa2048-g1`, … AWS picks one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[builder(into)]
    pub ca_certificate: Option<String>,
    /// The DB parameter group, by name. The default of the engine's version where nothing is said.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[builder(into)]
    pub parameter_group: Option<Input<String>>,
    /// When AWS may change things, in UTC: `sun:05:00-sun:05:30`. AWS picks one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[builder(into)]
    pub maintenance_window: Option<String>,
    /// Seconds between readings of enhanced monitoring: 0 (off), 1, 5, 10, 15, 30 or 60.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub monitoring_interval: Option<u8>,
    /// The role with which enhanced monitoring writes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[builder(into)]
    pub monitoring_role: Option<Input<String>>,
    /// Whether Performance Insights is on. AWS's default: no.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub performance_insights: Option<bool>,
    /// For how many days Performance Insights keeps what it saw: 7, a multiple of 31 up to 713, or
    /// 731. AWS's default: 7.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub performance_insights_retention_days: Option<u16>,
    /// The key that encrypts what it saw, of the instance's own region; it can't be changed while
    /// Performance Insights is on. AWS's own for RDS where nothing is said.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[builder(into)]
    pub performance_insights_key: Option<Input<Arn<Key>>>,
    /// Tags.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    #[builder(default, with = |tags: impl IntoIterator<Item = (impl Into<String>, impl Into<String>)>| crate::tags::collect(tags))]
    pub tags: BTreeMap<String, String>,
}

handle! {
    /// A declared DB instance.
    pub struct DbInstanceHandle {
        /// Its ARN.
        arn: Arn<DbInstance>,
        /// Its name.
        identifier: String,
        /// Its own address: for its cluster's sake, use the cluster's endpoints.
        endpoint: String,
        /// The id that it keeps when it is renamed.
        dbi_resource_id: String,
    }
}

static SCHEMA: Schema = Schema {
    kind: "RDS:DBInstance",
    service: SERVICE,
    feature: "rds",
    scope: ScopeKind::Regional,
    tier: Tier::Data,
    fields: &[
        Field::new("identifier").shape(Shape::CaseInsensitive).replaces(),
        Field::new("cluster").shape(Shape::CaseInsensitive).replaces(),
        Field::new("engine").replaces(),
        Field::new("class").disruptive(),
        Field::new("availability_zone").replaces().absent(Absent::Anything),
        Field::new("promotion_tier").absent(Absent::Int(1)),
        Field::new("auto_minor_version_upgrade").absent(Absent::Bool(true)),
        Field::new("publicly_accessible").absent(Absent::Bool(false)),
        Field::new("ca_certificate").disruptive().absent(Absent::Anything),
        Field::new("parameter_group").shape(Shape::CaseInsensitive).absent(Absent::Anything),
        Field::new("maintenance_window").shape(Shape::CaseInsensitive).absent(Absent::Anything),
        Field::new("monitoring_interval").absent(Absent::Int(0)),
        Field::new("monitoring_role"),
        Field::new("performance_insights").absent(Absent::Bool(false)),
        Field::new("performance_insights_retention_days").absent(Absent::Anything),
        Field::new("performance_insights_key").absent(Absent::Anything),
        Field::tags(),
    ],
    outputs: &[
        OutputSpec::assigned("arn"),
        OutputSpec::property("identifier"),
        OutputSpec::assigned("endpoint"),
        OutputSpec::assigned("dbi_resource_id"),
    ],
    identity: &["identifier"],
    delete_risk: Risk::Disruptive,
    cost: Cost { create: 1, update: 1, delete: 1 },
    ..Schema::BASE
};

impl Resource for DbInstance {
    type Scope = Regional;
    type Handle = DbInstanceHandle;
    const SCHEMA: &'static Schema = &SCHEMA;

    fn check(&self, check: &mut Check) {
        rules::instance(self, check);
        tags::check(&self.tags, check);
    }
}
