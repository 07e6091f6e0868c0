//! DB instances: the servers of a cluster.

pub(super) mod change;
pub(super) mod create;
pub(super) mod view;

use super::catalog::{CLASSES, fits_global};
use super::context::Context;
use super::fault;
use super::state::{DbCluster, DbInstance};
use crate::reply::Fault;

/// What belongs to the cluster, and is refused on its instances.
const CLUSTERS_OWN: [&str; 14] = [
    "AllocatedStorage",
    "BackupRetentionPeriod",
    "DBName",
    "DeletionProtection",
    "EnableIAMDatabaseAuthentication",
    "Iops",
    "KmsKeyId",
    "ManageMasterUserPassword",
    "MasterUserPassword",
    "MasterUsername",
    "PreferredBackupWindow",
    "StorageEncrypted",
    "StorageType",
    "VpcSecurityGroupIds.VpcSecurityGroupId.1",
];

fn refuse_clusters_own(cx: &Context<'_>) -> Result<(), Fault> {
    for field in CLUSTERS_OWN {
        if cx.params.get(field).is_some() {
            let field = field.split('.').next().unwrap_or(field);
            return Err(fault::combination(format!(
                "The requested DB Instance will be a member of a DB Cluster. Set {field} for the \
                 DB Cluster."
            )));
        }
    }
    Ok(())
}

/// Refuses a class that does not exist, or that the cluster can't have.
fn check_class(class: &str, cluster: &DbCluster) -> Result<(), Fault> {
    if !CLASSES.contains(&class) {
        return Err(fault::combination(format!(
            "RDS does not support creating a DB instance with the following combination: \
             DBInstanceClass={class}, Engine={}, EngineVersion={}.",
            cluster.engine, cluster.version
        )));
    }
    if cluster.global.is_some() && !fits_global(class) {
        return Err(fault::combination(format!(
            "The instance class {class} is not supported for a cluster of a global database."
        )));
    }
    if class == "db.serverless" && cluster.scaling.is_none() {
        return Err(fault::combination(
            "Set the Serverless v2 scaling configuration on the parent DB cluster before creating \
             a Serverless v2 DB instance.",
        ));
    }
    Ok(())
}

fn available(instance: &DbInstance) -> Result<(), Fault> {
    if instance.phase.is("available") {
        return Ok(());
    }
    Err(fault::instance_state(format!(
        "Database instance is not in available state: {} is {}.",
        instance.id, instance.phase.status
    )))
}
