//! DeleteDBCluster.

use super::super::context::Context;
use super::super::state::{Account, Phase};
use super::super::{Answer, backups, fault, names, snapshot};
use super::{named, view};

pub(in super::super) fn delete(cx: &mut Context<'_>, account: &mut Account) -> Answer {
    let (place, cluster) = named(cx, account)?;
    let skip = cx.params.bool("SkipFinalSnapshot").unwrap_or(false);
    let last = cx.text("FinalDBSnapshotIdentifier");
    let last = match (skip, last) {
        (true, None) => None,
        (true, Some(_)) => {
            return Err(fault::combination(
                "FinalDBSnapshotIdentifier can not be specified when SkipFinalSnapshot is true",
            ));
        }
        (false, None) => {
            return Err(fault::combination(
                "FinalDBSnapshotIdentifier is required unless SkipFinalSnapshot is specified.",
            ));
        }
        (false, Some(text)) => Some(names::identifier("FinalDBSnapshotIdentifier", &text)?),
    };
    let status = cluster.phase.status.clone();
    if status == "deleting" {
        return Err(fault::cluster_state("Cluster is already being deleted."));
    }
    if cluster.deletion_protection {
        return Err(fault::combination(
            "Cannot delete protected Cluster, please disable deletion protection and try again.",
        ));
    }
    if cluster.global.is_some() {
        return Err(fault::cluster_state(
            "This cluster is a part of a global cluster, please remove it from globalcluster first",
        ));
    }
    if !matches!(
        status.as_str(),
        "available" | "modifying" | "stopped" | "resetting-master-credentials"
    ) {
        return Err(fault::cluster_state(format!(
            "DB cluster {} cannot be deleted while it is {status}.",
            place.cluster
        )));
    }
    if account.instances_of(&place).any(|instance| !instance.phase.is("deleting")) {
        return Err(fault::cluster_state(
            "Cluster cannot be deleted, it still contains DB instances in non-deleting state.",
        ));
    }
    if let Some(id) = last {
        snapshot::take(cx, account, &place, &id)?;
    }
    if cx.params.bool("DeleteAutomatedBackups") == Some(false) {
        backups::keep(cx, account, &place);
    }
    // The instances that are on their way out go first.
    let instances = account.instances_of(&place).filter_map(|instance| instance.phase.due_ms).max();
    let own = cx.due("rds.cluster.delete", 300_000);
    if let Some(cluster) = account.cluster_mut(&place) {
        cluster.phase = Phase::until("deleting", own.max(instances.unwrap_or(own)));
    }
    view::answer(cx, account, &place)
}
