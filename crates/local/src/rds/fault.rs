//! Refusals with the codes that are on the wire, which are not always the names of the shapes.

use crate::reply::Fault;

fn refused(code: &str, message: impl Into<String>) -> Fault {
    Fault::new(400, code, message)
}

fn not_found(code: &str, message: impl Into<String>) -> Fault {
    Fault::new(404, code, message)
}

pub(super) fn missing(parameter: &str) -> Fault {
    refused("MissingParameter", format!("The request must contain the parameter {parameter}"))
}

pub(super) fn value(message: impl Into<String>) -> Fault {
    refused("InvalidParameterValue", message)
}

pub(super) fn combination(message: impl Into<String>) -> Fault {
    refused("InvalidParameterCombination", message)
}

pub(super) fn cluster_state(message: impl Into<String>) -> Fault {
    refused("InvalidDBClusterStateFault", message)
}

pub(super) fn global_state(message: impl Into<String>) -> Fault {
    refused("InvalidGlobalClusterStateFault", message)
}

pub(super) fn instance_state(message: impl Into<String>) -> Fault {
    refused("InvalidDBInstanceState", message)
}

pub(super) fn parameter_group_state(message: impl Into<String>) -> Fault {
    refused("InvalidDBParameterGroupState", message)
}

pub(super) fn subnet_group_state(message: impl Into<String>) -> Fault {
    refused("InvalidDBSubnetGroupStateFault", message)
}

pub(super) fn subnet(message: impl Into<String>) -> Fault {
    refused("InvalidSubnet", message)
}

pub(super) fn key(id: &str) -> Fault {
    refused(
        "KMSKeyNotAccessibleFault",
        format!(
            "The specified KMS key [{id}] does not exist, is not enabled or you do not have \
             permissions to access it."
        ),
    )
}

/// A name that is taken, or a quota that is used up.
pub(super) fn other(code: &str, message: impl Into<String>) -> Fault {
    refused(code, message)
}

pub(super) fn no_cluster(id: &str) -> Fault {
    not_found("DBClusterNotFoundFault", format!("DBCluster {id} not found."))
}

pub(super) fn no_global(id: &str) -> Fault {
    not_found("GlobalClusterNotFoundFault", format!("Global cluster {id} not found"))
}

pub(super) fn no_instance(id: &str) -> Fault {
    not_found("DBInstanceNotFound", format!("DBInstance {id} not found."))
}

pub(super) fn no_subnet_group(name: &str) -> Fault {
    not_found("DBSubnetGroupNotFoundFault", format!("DB subnet group '{name}' does not exist."))
}

/// As the operations on parameter groups say it.
pub(super) fn no_parameter_group(name: &str) -> Fault {
    not_found("DBParameterGroupNotFound", format!("DBClusterParameterGroup not found: {name}"))
}

/// As the operations on clusters say it.
pub(super) fn no_cluster_parameter_group(name: &str) -> Fault {
    not_found(
        "DBClusterParameterGroupNotFound",
        format!("DBClusterParameterGroup not found: {name}"),
    )
}

pub(super) fn no_snapshot(id: &str) -> Fault {
    not_found("DBClusterSnapshotNotFoundFault", format!("DBClusterSnapshot {id} not found."))
}
