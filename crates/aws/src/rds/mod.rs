//! RDS for Aurora: global databases, their clusters and instances, and the groups they stand on.
//!
//! Roles are observed, never wanted: which cluster writes in a global database, and which instance
//! writes in a cluster, is Aurora's to say. A switchover or failover leaves nothing to do here.

pub mod aurora;
mod cluster;
mod engine;
mod errors;
mod global;
mod insights;
mod instance;
mod listed;
mod listing;
mod parameter_group;
mod rules;
mod subnet_group;
mod tags;

pub use cluster::{
    DatabaseInsights, DbCluster, DbClusterHandle, DbClusterQuery, Domain, FinalSnapshot,
    GlobalMembership, NetworkType, PointInTime, RestoreFrom, RestoreSource, RoleAssociation,
    ServerlessScaling, StorageType,
};
pub use engine::{Engine, LifecycleSupport};
pub use global::{GlobalCluster, GlobalClusterHandle};
pub use instance::{DbInstance, DbInstanceHandle};
pub use parameter_group::{
    ApplyMethod, DbClusterParameterGroup, DbClusterParameterGroupHandle, Parameter,
};
pub use subnet_group::{DbSubnetGroup, DbSubnetGroupHandle};

#[cfg(feature = "kms")]
use crate::kms::Key;
use crate::provider::Registry;

/// A KMS key, where KMS itself is not compiled in.
#[cfg(not(feature = "kms"))]
#[derive(Clone, Copy, Debug)]
pub enum Key {}

/// The signing name of the service.
const SERVICE: &str = "rds";

pub(crate) fn register(registry: Registry) -> Registry {
    registry
        .kind::<GlobalCluster>()
        .kind::<DbCluster>()
        .kind::<DbInstance>()
        .kind::<DbSubnetGroup>()
        .kind::<DbClusterParameterGroup>()
        .lookup::<DbClusterQuery>()
}
