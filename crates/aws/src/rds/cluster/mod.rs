//! DB clusters: on their own, or as members of a global database.

mod io;
mod lookup;
mod modify;
pub(super) mod read;
mod restore;
mod schema;
mod step;
#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, BTreeSet};

use bicoastal_model::{
    Arn, Check, Handle, Id, Input, Region, Regional, Resource, Schema, Secret, handle,
};
use serde::{Deserialize, Serialize};

use super::Key;
use super::engine::{Engine, LifecycleSupport};
use super::global::GlobalClusterHandle;
use super::{rules, tags};
use crate::markers::SecurityGroup;

pub use lookup::DbClusterQuery;
pub(super) use restore::time;
pub use restore::{PointInTime, RestoreFrom, RestoreSource};

/// An Aurora DB cluster.
///
/// As a member of a global database it is declared the same whatever its role: what only a writer
/// or only a secondary can take is sent to the one that has the role. So a switchover is no
/// difference, and neither is another order of the regions.
#[derive(Debug, Clone, Serialize, Deserialize, bon::Builder)]
pub struct DbCluster {
    /// Its name, unique in the region and among the members of a global database: at most 63
    /// letters, digits and single hyphens, a letter first. RDS stores it in lower case.
    #[builder(into)]
    pub identifier: Input<String>,
    /// The engine.
    pub engine: Engine,
    /// The engine's version, in full (`16.8`) or as its beginning (`16`). Not for members of a
    /// global database: there the global cluster has it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[builder(into)]
    pub engine_version: Option<String>,
    /// Whether a change of the major version may be carried out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub allow_major_version_upgrade: Option<bool>,
    /// The global database that it joins when it is made: `.global(&handle)`. Taking this away from
    /// the program leaves it where it is.
    #[serde(flatten, default, skip_serializing_if = "Option::is_none")]
    #[builder(into)]
    pub global: Option<GlobalMembership>,
    /// Whether it is the first writer of a new global database. Once there is a writer, wherever,
    /// it means nothing. Only taken at creation.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub initial_writer: Option<bool>,
    /// Where its data come from, instead of being empty. Only taken at creation.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[builder(setters(name = restored, vis = ""))]
    pub restore_from: Option<RestoreFrom>,
    /// The database that is made with it. Only taken at creation, of a cluster that can write.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[builder(into)]
    pub database_name: Option<String>,
    /// The name of the master user. Only taken at creation, of a cluster that can write.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[builder(into)]
    pub master_username: Option<String>,
    /// The master user's password: 8 to 41 printable characters without `/`, `@`, `"` and spaces.
    /// Sent to the cluster that writes; secondaries have it from there.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[builder(into)]
    pub master_password: Option<Secret>,
    /// Whether RDS makes the master user's password and keeps it, turning it over by itself, in a
    /// secret of Secrets Manager: [`DbClusterHandle::master_secret_arn`]. Instead of
    /// `master_password`, and not in a global database.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub manage_master_password: Option<bool>,
    /// The key that encrypts that secret, of the cluster's own region. AWS's own key for Secrets
    /// Manager where nothing is said.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[builder(into)]
    pub master_secret_key: Option<Input<Arn<Key>>>,
    /// The DB subnet group, by name. AWS's `default` where nothing is said.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[builder(into)]
    pub subnet_group: Option<Input<String>>,
    /// The DB cluster parameter group, by name. The default of the engine's version where nothing
    /// is said. Static parameters wait for a reboot of each instance.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[builder(into)]
    pub parameter_group: Option<Input<String>>,
    /// Its security groups. The VPC's default one where nothing is said.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[builder(with = |ids: impl IntoIterator<Item = impl Into<Input<Id<SecurityGroup>>>>| ids.into_iter().map(Into::into).collect())]
    pub security_group_ids: Option<Vec<Input<Id<SecurityGroup>>>>,
    /// The port. AWS's default: 3306 or 5432. Changing it restarts the instances.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub port: Option<u16>,
    /// Whether the storage is encrypted. Of members of a global database: as the global cluster
    /// says. AWS's default: no.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub storage_encrypted: Option<bool>,
    /// The key that encrypts the storage, of the cluster's own region. A secondary must have one;
    /// elsewhere AWS's own for RDS is the default.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[builder(into)]
    pub kms_key: Option<Input<Arn<Key>>>,
    /// The kind of storage. AWS's default: standard.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub storage_type: Option<StorageType>,
    /// Availability Zones of the storage, at most three. AWS adds to them up to three.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub availability_zones: Option<Vec<String>>,
    /// For how many days backups are kept, 1 to 35. AWS's default: 1.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub backup_retention_days: Option<u8>,
    /// When backups are made, in UTC: `03:00-03:30`, half an hour at least. AWS picks one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[builder(into)]
    pub backup_window: Option<String>,
    /// When AWS may change things, in UTC: `sun:05:00-sun:05:30`, half an hour at least, apart from
    /// the backup window. AWS picks one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[builder(into)]
    pub maintenance_window: Option<String>,
    /// Whether AWS refuses to delete it. AWS's default: no.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub deletion_protection: Option<bool>,
    /// Whether snapshots get its tags. AWS's default: no.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub copy_tags_to_snapshot: Option<bool>,
    /// Whether database users may sign in with IAM. AWS's default: no.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub iam_authentication: Option<bool>,
    /// Whether the Data API is on. AWS's default: no.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub http_endpoint: Option<bool>,
    /// The logs that go to CloudWatch: `postgresql`, or `audit`, `error`, `general`, `slowquery`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cloudwatch_logs: Option<BTreeSet<String>>,
    /// Between what capacities `db.serverless` instances move. It can be changed and not be taken
    /// away.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub serverless_scaling: Option<ServerlessScaling>,
    /// Whether the cluster passes writes on to the writer's region while it is a secondary. Idle
    /// while it writes itself.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub global_write_forwarding: Option<bool>,
    /// Whether readers of the cluster pass writes on to its writer. AWS's default: no.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub local_write_forwarding: Option<bool>,
    /// How far a cluster of Aurora MySQL can be wound back, in seconds. Not in a global database.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub backtrack_window_seconds: Option<u32>,
    /// Whether its endpoints have IPv6 addresses too. AWS's default: [`NetworkType::Ipv4`].
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub network_type: Option<NetworkType>,
    /// Seconds between readings of enhanced monitoring, of every instance: 0 (off), 1, 5, 10, 15,
    /// 30 or 60.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub monitoring_interval: Option<u8>,
    /// The role with which enhanced monitoring writes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[builder(into)]
    pub monitoring_role: Option<Input<String>>,
    /// Whether Performance Insights is on for every instance. AWS's default: no.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub performance_insights: Option<bool>,
    /// For how many days Performance Insights keeps what it saw: 7, a multiple of 31 up to 713, or
    /// 731. AWS's default: 7.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub performance_insights_retention_days: Option<u16>,
    /// The key that encrypts what it saw, of the cluster's own region. AWS's own for RDS where
    /// nothing is said.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[builder(into)]
    pub performance_insights_key: Option<Input<Arn<Key>>>,
    /// How much Database Insights shows. AWS's default: [`DatabaseInsights::Standard`].
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub database_insights: Option<DatabaseInsights>,
    /// The directory whose users may sign in with Kerberos. None by default.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub domain: Option<Domain>,
    /// What happens when the version's standard support ends. Only taken at creation.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub lifecycle_support: Option<LifecycleSupport>,
    /// IAM roles that the database may take on, each for a feature. Those that others associated
    /// stay.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[builder(default, into)]
    pub roles: Vec<RoleAssociation>,
    /// Whether changes that interrupt wait for the maintenance window. The default: no, they are
    /// made when they are applied.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub wait_for_maintenance_window: Option<bool>,
    /// What becomes of the data when the cluster is deleted.
    pub final_snapshot: FinalSnapshot,
    /// Whether its automated backups go with it when it is deleted. AWS's default: yes. Where they
    /// are kept, they are for as long as they were before, and
    /// [`RestoreFrom::deleted_cluster`] brings the data back.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub delete_automated_backups: Option<bool>,
    /// Tags.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    #[builder(default, with = |tags: impl IntoIterator<Item = (impl Into<String>, impl Into<String>)>| crate::tags::collect(tags))]
    pub tags: BTreeMap<String, String>,
}

/// Which global database a cluster joins.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct GlobalMembership {
    /// The global cluster, by name.
    pub global_cluster: Input<String>,
    /// The regions of its members: it can be seen from nowhere else.
    pub global_regions: Vec<Region>,
}

impl From<&GlobalClusterHandle> for GlobalMembership {
    fn from(global: &GlobalClusterHandle) -> Self {
        Self {
            global_cluster: global.identifier().into(),
            global_regions: global.node().place().regions.clone(),
        }
    }
}

/// What becomes of a cluster's data when it is deleted.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FinalSnapshot {
    /// It is gone.
    Skip,
    /// It is kept in a snapshot of this name, which must be free then. A cluster that was made
    /// again has its number appended: `orders-final`, then `orders-final-2`.
    Named(String),
}

/// The kind of a cluster's storage.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum StorageType {
    /// Paid by size and by input and output.
    #[serde(rename = "aurora")]
    Standard,
    /// Paid by size only. AWS takes it back once in 30 days.
    #[serde(rename = "aurora-iopt1")]
    IoOptimized,
}

impl StorageType {
    const fn as_str(self) -> &'static str {
        match self {
            Self::Standard => "aurora",
            Self::IoOptimized => "aurora-iopt1",
        }
    }
}

/// Which addresses a cluster's endpoints have.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum NetworkType {
    /// IPv4 only.
    #[serde(rename = "IPV4")]
    Ipv4,
    /// IPv4 and IPv6: its subnet group must have both.
    #[serde(rename = "DUAL")]
    Dual,
}

impl NetworkType {
    const fn as_str(self) -> &'static str {
        match self {
            Self::Ipv4 => "IPV4",
            Self::Dual => "DUAL",
        }
    }
}

/// How much Database Insights shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DatabaseInsights {
    /// The last week.
    Standard,
    /// The fleet and its locks; Performance Insights must keep at least 465 days.
    Advanced,
}

impl DatabaseInsights {
    const fn as_str(self) -> &'static str {
        match self {
            Self::Standard => "standard",
            Self::Advanced => "advanced",
        }
    }
}

/// A directory of Directory Service.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Domain {
    /// Its id, `d-…`.
    pub id: Input<String>,
    /// The name of the role with which RDS speaks to it.
    pub iam_role_name: Input<String>,
}

impl Domain {
    /// A directory by its id, and the name of the role with which RDS speaks to it.
    pub fn new(id: impl Into<Input<String>>, iam_role_name: impl Into<Input<String>>) -> Self {
        Self { id: id.into(), iam_role_name: iam_role_name.into() }
    }
}

/// The capacities of serverless instances, in Aurora capacity units.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct ServerlessScaling {
    /// The least: 0 (instances pause) to 256 in steps of 0.5.
    pub min: f64,
    /// The most: 1 to 256 in steps of 0.5.
    pub max: f64,
    /// After how many idle seconds an instance pauses, where the least is 0. AWS's default: 300.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub seconds_until_pause: Option<i32>,
}

/// An IAM role that the database may take on.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct RoleAssociation {
    /// The role.
    pub role: Input<String>,
    /// What for: `s3Import`, `s3Export`, `Lambda`, …; Aurora MySQL needs none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub feature: Option<String>,
}

handle! {
    /// A declared DB cluster.
    pub struct DbClusterHandle {
        /// Its ARN.
        arn: Arn<DbCluster>,
        /// Its name.
        identifier: String,
        /// Where its writer is found. Dead while the cluster is a secondary.
        endpoint: String,
        /// Where its readers are found.
        reader_endpoint: String,
        /// The Route 53 zone of its endpoints.
        hosted_zone_id: String,
        /// The port of its endpoints.
        port: u16,
        /// The ARN of the secret that RDS keeps the master user's password in, where
        /// `manage_master_password` says so.
        master_secret_arn: String,
        /// The id that it keeps when it is renamed.
        db_cluster_resource_id: String,
    }
}

impl Resource for DbCluster {
    type Scope = Regional;
    type Handle = DbClusterHandle;
    const SCHEMA: &'static Schema = &schema::SCHEMA;

    fn check(&self, check: &mut Check) {
        rules::cluster(self, check);
        tags::check(&self.tags, check);
    }
}
