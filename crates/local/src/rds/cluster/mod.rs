//! DB clusters.

pub(super) mod association;
pub(super) mod create;
pub(super) mod delete;
pub(super) mod modify;
pub(super) mod power;
pub(super) mod restore;
pub(super) mod settings;
pub(super) mod view;

use super::context::Context;
use super::fault;
use super::state::{Account, DbCluster, Place};
use crate::reply::Fault;

/// The cluster that the field `DBClusterIdentifier` names.
fn named<'a>(
    cx: &Context<'_>,
    account: &'a mut Account,
) -> Result<(Place, &'a mut DbCluster), Fault> {
    let id = cx.own_name("cluster", "DBClusterIdentifier")?;
    let place = cx.here(&id);
    match account.cluster_mut(&place) {
        Some(cluster) => Ok((place, cluster)),
        None => Err(fault::no_cluster(&id)),
    }
}

/// Refuses what needs a cluster that nothing is being done to.
fn available(cluster: &DbCluster) -> Result<(), Fault> {
    if cluster.phase.is("available") {
        return Ok(());
    }
    Err(fault::cluster_state(format!(
        "DB cluster {} is not in an available state (it is {}).",
        cluster.id, cluster.phase.status
    )))
}
