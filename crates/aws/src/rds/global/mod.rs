//! Global clusters: one database over several regions, written in one of them.

mod io;
pub(super) mod read;
mod step;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;

use bicoastal_model::schema::{Cost, Field, OutputSpec, Risk, Schema, Shape, Takes, Tier};
use bicoastal_model::{Arn, Check, Input, Region, Resource, ScopeKind, Spanning, handle};
use serde::{Deserialize, Serialize};

use super::cluster::DbCluster;
use super::engine::{Engine, LifecycleSupport};
use super::{SERVICE, rules, tags};

/// A global cluster: the bond between the DB clusters of one Aurora global database.
///
/// It has no members of its own making: a [`DbCluster`] that names it joins it, the one that is
/// marked as initial writer first. Which of them writes is observed; a switchover or a failover is
/// no difference. The engine's version belongs to the whole and is changed here: secondaries
/// first, the writer last.
#[derive(Debug, Clone, Serialize, Deserialize, bon::Builder)]
pub struct GlobalCluster {
    /// Its name, unique in the account: at most 63 letters, digits and single hyphens, a letter
    /// first. RDS stores it in lower case.
    #[builder(into)]
    pub identifier: Input<String>,
    /// The engine. Not to be given with `source_cluster`, which has one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub engine: Option<Engine>,
    /// The engine's version, in full (`16.8`) or as its beginning (`16`), which accepts whatever
    /// version of it is there. AWS's default where nothing is said.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[builder(into)]
    pub engine_version: Option<String>,
    /// Whether a change of the major version may be carried out. All members are down meanwhile,
    /// and fall back to the default parameter groups of the new version.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub allow_major_version_upgrade: Option<bool>,
    /// The database that is made with the first cluster. Only taken at creation.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[builder(into)]
    pub database_name: Option<String>,
    /// Whether all members are encrypted, each with a key of its own region. AWS's default: no.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub storage_encrypted: Option<bool>,
    /// Whether AWS refuses to delete it. AWS's default: no.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub deletion_protection: Option<bool>,
    /// What happens when the version's standard support ends. Only taken at creation.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub lifecycle_support: Option<LifecycleSupport>,
    /// An existing cluster that becomes the first member and brings engine, version, database name
    /// and encryption along. Only taken at creation.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[builder(into)]
    pub source_cluster: Option<Input<Arn<DbCluster>>>,
    /// The region through which it is made: that of the first member. The first of the regions it
    /// is declared for, by name, where nothing is said. Only taken at creation.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub home: Option<Region>,
    /// Tags.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    #[builder(default, with = |tags: impl IntoIterator<Item = (impl Into<String>, impl Into<String>)>| crate::tags::collect(tags))]
    pub tags: BTreeMap<String, String>,
}

handle! {
    /// A declared global cluster.
    pub struct GlobalClusterHandle {
        /// Its ARN.
        arn: Arn<GlobalCluster>,
        /// Its name.
        identifier: String,
        /// The name under which the present writer is always found.
        endpoint: String,
    }
}

static SCHEMA: Schema = Schema {
    kind: "RDS:GlobalCluster",
    service: SERVICE,
    feature: "rds",
    scope: ScopeKind::Spanning,
    tier: Tier::Data,
    fields: &[
        Field::new("identifier").shape(Shape::CaseInsensitive).replaces(),
        Field::new("engine").replaces(),
        Field::new("engine_version").shape(Shape::VersionPrefix).disruptive(),
        Field::new("allow_major_version_upgrade").local(),
        Field::new("database_name").create_only(),
        Field::new("storage_encrypted")
            .replaces()
            .absent(bicoastal_model::schema::Absent::Bool(false)),
        Field::new("deletion_protection").absent(bicoastal_model::schema::Absent::Bool(false)),
        Field::new("lifecycle_support").create_only(),
        Field::new("source_cluster").create_only(),
        Field::new("home").create_only(),
        Field::tags(),
        // Clusters join and leave by themselves: here it is only known where to look.
        Field::regions().local(),
    ],
    outputs: &[
        OutputSpec::assigned("arn"),
        OutputSpec::property("identifier"),
        OutputSpec::assigned("endpoint"),
    ],
    identity: &["identifier"],
    delete_risk: Risk::Disruptive,
    guard: Some("deletion_protection"),
    cost: Cost { create: 1, update: 2, delete: 2 },
    takes: Takes { create: 60, update: 60, delete: 60 },
    ..Schema::BASE
};

impl Resource for GlobalCluster {
    type Scope = Spanning;
    type Handle = GlobalClusterHandle;
    const SCHEMA: &'static Schema = &SCHEMA;

    fn check(&self, check: &mut Check) {
        tags::check(&self.tags, check);
        if let Some(identifier) = self.identifier.known() {
            rules::identifier(check, "a global cluster", identifier);
        }
        match &self.source_cluster {
            None => check.ensure(
                self.engine.is_some(),
                "a global cluster needs an engine, or a source cluster that has one",
            ),
            Some(_) => {
                let given = [
                    ("engine", self.engine.is_some()),
                    ("database_name", self.database_name.is_some()),
                    ("storage_encrypted", self.storage_encrypted.is_some()),
                ];
                for (field, _) in given.into_iter().filter(|(_, given)| *given) {
                    check.error(format!("'{field}' comes from the source cluster"));
                }
            }
        }
        if let Some(home) = self.home
            && !check.place().regions.contains(&home)
        {
            check.error(format!("it is to be made in {home}, which is none of its regions"));
        }
        let secondaries = check.place().regions.len().saturating_sub(1);
        check.ensure(
            secondaries <= 10,
            format!("a global cluster has at most 10 secondary clusters, not {secondaries}"),
        );
    }
}
