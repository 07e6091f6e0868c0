//! Who writes: SwitchoverGlobalCluster, FailoverGlobalCluster, RemoveFromGlobalCluster.

use super::super::context::{Context, arn};
use super::super::state::{Account, Failover, GlobalCluster, Phase, Place};
use super::super::{Answer, fault};
use super::{available, view};
use crate::reply::Fault;

pub(in super::super) fn switchover(cx: &mut Context<'_>, account: &mut Account) -> Answer {
    start(cx, account, false)
}

pub(in super::super) fn failover(cx: &mut Context<'_>, account: &mut Account) -> Answer {
    let data_loss = cx.params.bool("AllowDataLoss").unwrap_or(false);
    if data_loss && cx.params.bool("Switchover").unwrap_or(false) {
        return Err(fault::combination(
            "AllowDataLoss and Switchover can't be specified together.",
        ));
    }
    // Without loss of data it is a switchover by another name.
    start(cx, account, data_loss)
}

fn start(cx: &mut Context<'_>, account: &mut Account, data_loss: bool) -> Answer {
    let target = cx.required("TargetDbClusterIdentifier")?;
    let global = cx.global(account)?.clone();
    available(&global)?;
    let to = member(cx, account, &global, &target)?;
    let Some(from) = global.writer().map(|writer| writer.place.clone()) else {
        return Err(fault::global_state(format!(
            "Global cluster {} has no primary cluster.",
            global.id
        )));
    };
    if to == from {
        return Err(fault::global_state(format!(
            "{target} is the primary cluster of {} already.",
            global.id
        )));
    }
    check(cx, account, &global, &from, &to, data_loss)?;
    let failover = Failover {
        phase: Phase::until("pending", cx.due("rds.global.failover.pending", 15_000)),
        from,
        to,
        data_loss,
    };
    if let Some(global) = account.globals.get_mut(&global.id) {
        global.failover = Some(failover);
    }
    view::answer(cx, account, &global.id)
}

/// What must be so before a role moves. With loss of data allowed, only the target is asked:
/// the primary may be unreachable, which is what the operation is for.
fn check(
    cx: &Context<'_>,
    account: &Account,
    global: &GlobalCluster,
    from: &Place,
    to: &Place,
    data_loss: bool,
) -> Result<(), Fault> {
    let asked_from = if data_loss { to } else { from };
    if cx.region != asked_from.region {
        return Err(fault::global_state(format!(
            "{} of {} must be called in {}, the Region of the {} cluster.",
            cx.operation,
            global.id,
            asked_from.region,
            if data_loss { "target" } else { "primary" }
        )));
    }
    let cluster = |place: &Place| {
        let cluster = account.cluster(place).ok_or_else(|| fault::no_cluster(&place.cluster))?;
        reachable(cx, place)?;
        if cluster.phase.is("available") {
            return Ok(cluster);
        }
        Err(fault::cluster_state(format!(
            "DB cluster {} is not in an available state (it is {}).",
            cluster.id, cluster.phase.status
        )))
    };
    let target = cluster(to)?;
    if !account.instances_of(to).any(|instance| instance.phase.is("available")) {
        return Err(fault::cluster_state(format!(
            "DB cluster {} has no available instance that could write.",
            target.id
        )));
    }
    if data_loss {
        return Ok(());
    }
    let source = cluster(from)?;
    if source.version != target.version {
        return Err(fault::global_state(format!(
            "The engine versions of {} ({}) and {} ({}) differ.",
            source.id, source.version, target.id, target.version
        )));
    }
    if let Some(apart) = global.members.iter().find(|member| member.resync_due_ms.is_some()) {
        return Err(fault::global_state(format!(
            "DB cluster {} is not synchronized with the primary.",
            apart.place.cluster
        )));
    }
    if let Some(leaving) = global.members.iter().find(|member| member.leaving) {
        return Err(fault::global_state(format!(
            "DB cluster {} is being removed from the global cluster.",
            leaving.place.cluster
        )));
    }
    Ok(())
}

fn reachable(cx: &Context<'_>, place: &Place) -> Result<(), Fault> {
    if cx.world.is_gone(&place.region) {
        return Err(fault::cluster_state(format!(
            "DB cluster {} in {} can't be reached.",
            place.cluster, place.region
        )));
    }
    Ok(())
}

/// The member that an ARN names. Names alone are refused: they mean nothing across regions.
fn member(
    cx: &Context<'_>,
    account: &Account,
    global: &GlobalCluster,
    target: &str,
) -> Result<Place, Fault> {
    let parts: Vec<&str> = target.splitn(7, ':').collect();
    let ["arn", "aws", "rds", region, number, "cluster", cluster] = parts[..] else {
        return Err(fault::value(format!("Invalid DB cluster ARN: {target}")));
    };
    let place = Place { region: region.to_owned(), cluster: cluster.to_lowercase() };
    if number != cx.account || account.cluster(&place).is_none() {
        return Err(fault::no_cluster(target));
    }
    match global.member(&place) {
        Some(member) => Ok(member.place.clone()),
        None => Err(fault::value(format!(
            "DB cluster {} is not found in global cluster {}",
            arn(cx.account, &place.region, "cluster", &place.cluster),
            global.id
        ))),
    }
}

pub(in super::super) fn remove(cx: &mut Context<'_>, account: &mut Account) -> Answer {
    let target = cx.required("DbClusterIdentifier")?;
    let global = cx.global(account)?.clone();
    let place = member(cx, account, &global, &target)?;
    available(&global)?;
    let Some(member) = global.member(&place) else { return Err(fault::no_cluster(&target)) };
    if member.leaving {
        return Err(fault::cluster_state(format!(
            "DB cluster {} is being removed already.",
            place.cluster
        )));
    }
    reachable(cx, &place)?;
    if member.writer && global.members.len() > 1 {
        return Err(fault::global_state(format!(
            "{} is the primary cluster of {}: its secondary clusters must be removed first.",
            place.cluster, global.id
        )));
    }
    let status = account.cluster(&place).map(|cluster| cluster.phase.status.clone());
    if status.as_deref() != Some("available") {
        return Err(fault::cluster_state(format!(
            "DB cluster {} is not in an available state.",
            place.cluster
        )));
    }
    // A secondary becomes a cluster of its own, which takes longer than letting a primary go.
    let (status, ends) = if member.writer {
        ("modifying", cx.due("rds.global.remove-primary", 60_000))
    } else {
        ("promoting", cx.due("rds.global.remove", 180_000))
    };
    if let Some(cluster) = account.cluster_mut(&place) {
        cluster.phase = Phase::until(status, ends);
    }
    for member in account.globals.get_mut(&global.id).into_iter().flat_map(|g| &mut g.members) {
        member.leaving |= member.place == place;
    }
    view::answer(cx, account, &global.id)
}
