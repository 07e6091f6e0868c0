//! Clusters that start with what another one held.

use bicoastal_model::{Input, OpError, Target};
use serde::{Deserialize, Serialize};

use aws_smithy_types::DateTime;
use aws_smithy_types::date_time::Format;

use super::db_cluster_builder::{
    IsUnset, SetDatabaseName, SetGlobal, SetInitialWriter, SetMasterUsername, SetRestoreFrom,
    SetStorageEncrypted, State,
};
use super::io::{scaling, security_groups, text};
use super::{DbCluster, DbClusterBuilder, StorageType, read};
use crate::cx::Cx;
use crate::rds::engine::LifecycleSupport;
use crate::rds::errors::failed;
use crate::rds::subnet_group::region;
use crate::rds::tags;

/// Where the data of a new cluster come from.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RestoreFrom {
    /// A snapshot of the cluster's own region, by name; by ARN where another account shares it.
    Snapshot(Input<String>),
    /// Another cluster of the region, as it was at some time.
    PointInTime {
        /// Which cluster.
        source: RestoreSource,
        /// As of when.
        time: PointInTime,
    },
}

/// The cluster whose data are brought back.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RestoreSource {
    /// One that is there, by name.
    Cluster(Input<String>),
    /// One that is there, or one that is gone and whose automated backups were kept, by its resource
    /// id: `cluster-…`.
    ResourceId(String),
}

/// As of when data are brought back.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PointInTime {
    /// The last moment that can be had.
    Latest,
    /// The last moment that can be had, as a clone: both clusters share what neither changes, so it
    /// takes minutes, whatever the size.
    Clone,
    /// A time, in UTC: `2026-01-31T23:59:59Z`.
    At(String),
}

impl RestoreFrom {
    /// A snapshot of the cluster's own region, by name or ARN.
    pub fn snapshot(name: impl Into<Input<String>>) -> Self {
        Self::Snapshot(name.into())
    }

    /// Another cluster of the region, by name, as it was at some time.
    pub fn cluster(name: impl Into<Input<String>>, time: PointInTime) -> Self {
        Self::PointInTime { source: RestoreSource::Cluster(name.into()), time }
    }

    /// A cluster that is gone and whose automated backups were kept, by its resource id, as it was
    /// at some time.
    pub fn deleted_cluster(resource_id: impl Into<String>, time: PointInTime) -> Self {
        Self::PointInTime { source: RestoreSource::ResourceId(resource_id.into()), time }
    }

    /// The API operation that does it.
    pub(super) fn operation(&self) -> &'static str {
        match self {
            Self::Snapshot(_) => "RestoreDBClusterFromSnapshot",
            Self::PointInTime { .. } => "RestoreDBClusterToPointInTime",
        }
    }
}

/// A builder to which restored data, and with them their user and database, are settled.
type Restored<S> = SetRestoreFrom<
    SetGlobal<SetInitialWriter<SetDatabaseName<SetMasterUsername<SetStorageEncrypted<S>>>>>,
>;

impl<S: State> DbClusterBuilder<S> {
    /// Starts the cluster with the data of a snapshot or of another cluster, instead of empty. Their
    /// database and master user come along, and so does whether they are encrypted (with a `kms_key`
    /// of its own the new cluster always is): nothing can be said of those. The password may be: it
    /// is set once the data are there. A restored cluster joins no global database; a new
    /// [`GlobalCluster`](crate::rds::GlobalCluster) can start from it, with `source_cluster`.
    ///
    /// ```
    /// # use bicoastal_aws::rds::{DbCluster, Engine, FinalSnapshot, RestoreFrom};
    /// DbCluster::builder()
    ///     .identifier("orders")
    ///     .engine(Engine::AuroraPostgresql)
    ///     .restore_from(RestoreFrom::snapshot("orders-final"))
    ///     .final_snapshot(FinalSnapshot::Skip)
    ///     .build();
    /// ```
    ///
    /// ```compile_fail,E0277
    /// # use bicoastal_aws::rds::{DbCluster, Engine, FinalSnapshot, RestoreFrom};
    /// DbCluster::builder()
    ///     .identifier("orders")
    ///     .engine(Engine::AuroraPostgresql)
    ///     .restore_from(RestoreFrom::snapshot("orders-final"))
    ///     .master_username("owner")
    ///     .final_snapshot(FinalSnapshot::Skip)
    ///     .build();
    /// ```
    pub fn restore_from(self, source: RestoreFrom) -> DbClusterBuilder<Restored<S>>
    where
        S::RestoreFrom: IsUnset,
        S::Global: IsUnset,
        S::InitialWriter: IsUnset,
        S::DatabaseName: IsUnset,
        S::MasterUsername: IsUnset,
        S::StorageEncrypted: IsUnset,
    {
        self.maybe_storage_encrypted(None)
            .maybe_master_username(None::<String>)
            .maybe_database_name(None::<String>)
            .maybe_initial_writer(None)
            .maybe_global(None::<super::GlobalMembership>)
            .restored(source)
    }
}

/// Whether a text is a time as [`PointInTime::At`] has it.
pub(in crate::rds) fn time(text: &str) -> Option<DateTime> {
    DateTime::from_str(text, Format::DateTime).ok().filter(|_| text.ends_with('Z'))
}

pub(super) async fn restore(
    cx: &Cx,
    target: &Target,
    wanted: &DbCluster,
    from: &RestoreFrom,
) -> Result<Option<String>, OpError> {
    let region = region(target);
    let client = cx.rds_write(region);
    let logs = wanted.cloudwatch_logs.as_ref().map(|logs| logs.iter().cloned().collect());
    let key = wanted.kms_key.as_ref().map(|key| key.as_str().to_owned());
    let insights_key = wanted.performance_insights_key.as_ref().map(|key| key.as_str().to_owned());
    let domain = wanted.domain.as_ref();
    let capacities = wanted.serverless_scaling.map(scaling);
    // The two calls take the same settings under the same names.
    macro_rules! send {
        ($call:expr) => {
            $call
                .db_cluster_identifier(wanted.identifier.as_str())
                .set_db_subnet_group_name(text(&wanted.subnet_group))
                .set_db_cluster_parameter_group_name(text(&wanted.parameter_group))
                .set_vpc_security_group_ids(security_groups(wanted))
                .set_port(wanted.port.map(i32::from))
                .set_kms_key_id(key)
                .set_storage_type(wanted.storage_type.map(StorageType::as_str).map(Into::into))
                .set_backup_retention_period(wanted.backup_retention_days.map(i32::from))
                .set_preferred_backup_window(wanted.backup_window.clone())
                .set_deletion_protection(wanted.deletion_protection)
                .set_copy_tags_to_snapshot(wanted.copy_tags_to_snapshot)
                .set_enable_iam_database_authentication(wanted.iam_authentication)
                .set_enable_cloudwatch_logs_exports(logs)
                .set_serverless_v2_scaling_configuration(capacities)
                .set_backtrack_window(wanted.backtrack_window_seconds.map(i64::from))
                .set_network_type(wanted.network_type.map(|it| it.as_str().to_owned()))
                .set_monitoring_interval(wanted.monitoring_interval.map(i32::from))
                .set_monitoring_role_arn(text(&wanted.monitoring_role))
                .set_enable_performance_insights(wanted.performance_insights)
                .set_performance_insights_retention_period(
                    wanted.performance_insights_retention_days.map(i32::from),
                )
                .set_performance_insights_kms_key_id(insights_key)
                .set_engine_lifecycle_support(
                    wanted.lifecycle_support.map(LifecycleSupport::as_str).map(Into::into),
                )
                .set_domain(domain.map(|it| it.id.as_str().to_owned()))
                .set_domain_iam_role_name(domain.map(|it| it.iam_role_name.as_str().to_owned()))
                .set_tags(Some(tags::list(&wanted.tags)))
                .send()
                .await
        };
    }
    let made = match from {
        RestoreFrom::Snapshot(snapshot) => {
            let call = client
                .restore_db_cluster_from_snapshot()
                .snapshot_identifier(snapshot.as_str())
                .engine(wanted.engine.as_str())
                .set_engine_version(wanted.engine_version.clone())
                .set_availability_zones(wanted.availability_zones.clone());
            send!(call).map_err(|error| failed(from.operation(), region, error))?.db_cluster
        }
        RestoreFrom::PointInTime { source, time: when } => {
            let call = client.restore_db_cluster_to_point_in_time();
            let call = match source {
                RestoreSource::Cluster(name) => call.source_db_cluster_identifier(name.as_str()),
                RestoreSource::ResourceId(id) => call.source_db_cluster_resource_id(id),
            };
            let call = match when {
                PointInTime::Latest => call.use_latest_restorable_time(true),
                PointInTime::Clone => {
                    call.restore_type("copy-on-write").use_latest_restorable_time(true)
                }
                PointInTime::At(at) => call.set_restore_to_time(time(at)),
            };
            send!(call).map_err(|error| failed(from.operation(), region, error))?.db_cluster
        }
    };
    if let Some(cluster) = &made {
        cx.tell(read::told(region, target, cluster, false, &wanted.tags));
    }
    Ok(made.and_then(|cluster| cluster.db_cluster_identifier))
}
