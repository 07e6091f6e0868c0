//! ModifyDBInstance, RebootDBInstance and DeleteDBInstance.

use super::super::cluster::settings::{insights, int, monitoring, monitoring_interval, set};
use super::super::context::Context;
use super::super::roles::{self, Role, role};
use super::super::state::{Account, InstancePending, Phase, Place};
use super::super::{Answer, fault, names, windows};
use super::create::{authority, parameter_group};
use super::{available, check_class, refuse_clusters_own, view};
use crate::reply::Fault;

/// The instance that the request names, and its cluster's place.
fn named(cx: &Context<'_>, account: &mut Account) -> Result<(String, Place), Fault> {
    let id = cx.own_name("db", "DBInstanceIdentifier")?;
    match account.region_mut(cx.region).instances.get(&id) {
        Some(instance) => {
            let place = cx.here(&instance.cluster);
            Ok((id, place))
        }
        None => Err(fault::no_instance(&id)),
    }
}

pub(in super::super) fn modify(cx: &mut Context<'_>, account: &mut Account) -> Answer {
    let (id, place) = named(cx, account)?;
    refuse_clusters_own(cx)?;
    let cluster = account.cluster(&place).ok_or_else(|| fault::no_cluster(&place.cluster))?.clone();
    let group = parameter_group(cx, account, &cluster)?;
    let here = account.region_mut(cx.region);
    let new_id = match cx.text("NewDBInstanceIdentifier") {
        Some(text) => {
            let new = names::identifier("NewDBInstanceIdentifier", &text)?;
            if new != id && here.instances.contains_key(&new) {
                return Err(fault::other("DBInstanceAlreadyExists", "DB instance already exists"));
            }
            (new != id).then_some(new)
        }
        None => None,
    };
    let now = cx.world.now_ms;
    let Some(instance) = here.instances.get_mut(&id) else { return Err(fault::no_instance(&id)) };
    available(instance)?;
    let class = cx.text("DBInstanceClass");
    if let Some(class) = &class {
        check_class(class, &cluster)?;
    }
    if let Some(version) = cx.text("EngineVersion").filter(|asked| *asked != cluster.version) {
        return Err(fault::combination(format!(
            "The specified DB Instance is a member of a cluster. Modify the engine version for the \
             DB Cluster using the ModifyDbCluster API instead: {version}."
        )));
    }
    let ca = authority(cx)?;
    let tier = int(cx, "PromotionTier", 0, 15)?;
    let insights = insights(cx, instance.insights.as_ref())?;
    let interval = monitoring_interval(cx)?;
    let monitoring_role = cx.text("MonitoringRoleArn");
    let wanted_interval = interval.unwrap_or(instance.monitoring_interval);
    let wanted_role = monitoring_role.as_ref().or(instance.monitoring_role.as_ref());
    monitoring(wanted_interval, wanted_role)?;
    let window = cx
        .text("PreferredMaintenanceWindow")
        .map(|text| windows::maintenance(&text))
        .transpose()?;
    if let Some(window) = &window {
        windows::apart(&cluster.backup_window, window)?;
    }

    set(&mut instance.maintenance_window, window);
    set(&mut instance.promotion_tier, tier);
    set(&mut instance.auto_minor, cx.params.bool("AutoMinorVersionUpgrade"));
    set(&mut instance.copy_tags, cx.params.bool("CopyTagsToSnapshot"));
    set(&mut instance.parameter_group, group);
    let mut busy = set(&mut instance.public, cx.params.bool("PubliclyAccessible"));
    busy |= set(&mut instance.insights, insights);
    busy |= set(&mut instance.monitoring_interval, interval);
    if instance.monitoring_interval == 0 {
        instance.monitoring_role = None;
    } else {
        busy |= set(&mut instance.monitoring_role, monitoring_role.map(Some));
    }
    let pending = &mut instance.pending;
    *pending = InstancePending {
        id: new_id.or(pending.id.take()),
        class: class.or(pending.class.take()).filter(|class| *class != instance.class),
        ca: ca.or(pending.ca.take()).filter(|ca| *ca != instance.ca),
    };
    let waits = !instance.pending.is_empty();
    instance.pending_due_ms = None;
    if waits && cx.params.bool("ApplyImmediately").unwrap_or(false) {
        instance.phase = Phase::until("modifying", cx.due("rds.instance.modify", 300_000));
    } else if waits {
        instance.pending_due_ms =
            Some(windows::next_maintenance_ms(&instance.maintenance_window, now));
    }
    if busy && instance.phase.is("available") {
        let ends = cx.due("rds.instance.configure", 60_000);
        instance.phase = Phase::until("configuring-enhanced-monitoring", ends);
    }
    view::answer(cx, account, &id)
}

pub(in super::super) fn reboot(cx: &mut Context<'_>, account: &mut Account) -> Answer {
    let (id, _) = named(cx, account)?;
    if cx.params.bool("ForceFailover").unwrap_or(false) {
        return Err(fault::combination(
            "ForceFailover cannot be specified for an instance of a DB cluster.",
        ));
    }
    let ends = cx.due("rds.instance.reboot", 120_000);
    if let Some(instance) = account.region_mut(cx.region).instances.get_mut(&id) {
        available(instance)?;
        instance.phase = Phase::until("rebooting", ends);
    }
    view::answer(cx, account, &id)
}

pub(in super::super) fn delete(cx: &mut Context<'_>, account: &mut Account) -> Answer {
    let (id, place) = named(cx, account)?;
    if cx.text("FinalDBSnapshotIdentifier").is_some() {
        return Err(fault::combination(
            "FinalDBSnapshotIdentifier can not be specified when deleting a cluster instance",
        ));
    }
    let cluster = account.cluster(&place).ok_or_else(|| fault::no_cluster(&place.cluster))?.clone();
    let others = account
        .instances_of(&place)
        .any(|instance| instance.id != id && !instance.phase.is("deleting"));
    let followed = account.global_of(&cluster).is_some_and(|global| global.members.len() > 1);
    let here = account.region_mut(cx.region);
    let Some(instance) = here.instances.get(&id) else { return Err(fault::no_instance(&id)) };
    match instance.phase.status.as_str() {
        "deleting" => {
            return Err(fault::instance_state(format!("Instance {id} is already being deleted.")));
        }
        "stopped" | "stopping" | "starting" | "upgrading" => {
            return Err(fault::instance_state(format!(
                "Instance {id} cannot be deleted while it is {}.",
                instance.phase.status
            )));
        }
        _ => {}
    }
    if !others && followed && role(account, &cluster, &place) == Role::Primary {
        return Err(fault::cluster_state(
            "Cannot delete the last instance of the master cluster. Delete the replica cluster \
             before deleting the last master cluster instance.",
        ));
    }
    let ends = cx.due("rds.instance.delete", 420_000);
    if let Some(instance) = account.region_mut(cx.region).instances.get_mut(&id) {
        instance.phase = Phase::until("deleting", ends);
        instance.pending_due_ms = None;
    }
    roles::reconcile(account, cx.world, cx.world.now_ms);
    view::answer(cx, account, &id)
}
