//! StartDBCluster, StopDBCluster and FailoverDBCluster.

use super::super::context::Context;
use super::super::state::{Account, Phase};
use super::super::{Answer, events, fault, roles};
use super::{available, named, view};

pub(in super::super) fn stop(cx: &mut Context<'_>, account: &mut Account) -> Answer {
    let (place, cluster) = named(cx, account)?;
    available(cluster)?;
    if cluster.global.is_some() {
        return Err(fault::cluster_state(
            "A cluster that is part of a global database can't be stopped.",
        ));
    }
    if let Some(busy) = account.instances_of(&place).find(|i| !i.phase.is("available")) {
        return Err(fault::instance_state(format!(
            "Instance {} is not in an available state.",
            busy.id
        )));
    }
    let ends = cx.due("rds.cluster.stop", 600_000);
    if let Some(cluster) = account.cluster_mut(&place) {
        cluster.phase = Phase::until("stopping", ends);
    }
    for instance in account.instances_of_mut(&place) {
        instance.phase = Phase::until("stopping", ends);
    }
    view::answer(cx, account, &place)
}

pub(in super::super) fn start(cx: &mut Context<'_>, account: &mut Account) -> Answer {
    let (place, cluster) = named(cx, account)?;
    if !cluster.phase.is("stopped") {
        return Err(fault::cluster_state(format!(
            "DB cluster {} is not stopped: it is {}.",
            cluster.id, cluster.phase.status
        )));
    }
    events::start(account, &place, cx.world, cx.world.now_ms);
    view::answer(cx, account, &place)
}

pub(in super::super) fn failover(cx: &mut Context<'_>, account: &mut Account) -> Answer {
    let (place, cluster) = named(cx, account)?;
    available(cluster)?;
    let writer = cluster.writer.clone();
    if writer.is_none() {
        return Err(fault::cluster_state(format!(
            "DB cluster {} has no writer to fail over from.",
            cluster.id
        )));
    }
    let next = match cx.text("TargetDBInstanceIdentifier") {
        Some(target) => {
            let target = cx.name_in("db", &target);
            let found = account.instances_of(&place).find(|instance| instance.id == target);
            let found = found.ok_or_else(|| fault::no_instance(&target))?;
            if Some(&found.id) == writer.as_ref() {
                return Err(fault::instance_state(format!("{target} is the writer already.")));
            }
            if !found.phase.is("available") {
                return Err(fault::instance_state(format!("{target} is not available.")));
            }
            target
        }
        None => {
            let readers = account.instances_of(&place).filter(|instance| {
                Some(&instance.id) != writer.as_ref() && instance.phase.is("available")
            });
            let next = roles::promoted(readers).ok_or_else(|| {
                fault::cluster_state(
                    "Cannot failover, the DB cluster has no reader that could be promoted.",
                )
            })?;
            next.id.clone()
        }
    };
    let ends = cx.due("rds.cluster.failover", 30_000);
    if let Some(cluster) = account.cluster_mut(&place) {
        cluster.phase = Phase::until("failing-over", ends);
        cluster.promote_to = Some(next);
    }
    view::answer(cx, account, &place)
}
