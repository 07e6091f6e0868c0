//! What happens by itself when its time has come, in the order of those times.

use super::cluster::modify;
use super::context::letters_of;
use super::engines::major;
use super::global;
use super::state::{Account, Phase, Place};
use super::{roles, windows};
use crate::world::World;

/// Lets everything happen that was due by now.
pub(super) fn settle(account: &mut Account, world: &World) {
    // An event may start something that ends before now: events are taken one time at a time.
    while let Some(at) = next(account, world).filter(|at| *at <= world.now_ms) {
        happen(account, world, at);
        roles::reconcile(account, world, at);
    }
}

/// The time of the next event. Nothing happens in a region that is lost until it returns.
fn next(account: &Account, world: &World) -> Option<i64> {
    let globals = account.globals.values().flat_map(|global| {
        let members = global
            .members
            .iter()
            .filter(|member| !world.is_gone(&member.place.region))
            .map(|member| member.resync_due_ms);
        let failover = global.failover.as_ref().and_then(|failover| failover.phase.due_ms);
        members.chain([global.phase.due_ms, failover])
    });
    let regional = account.regions.iter().filter(|(region, _)| !world.is_gone(region)).flat_map(
        |(_, here)| {
            let clusters = here.clusters.values().flat_map(|cluster| {
                let roles = cluster.roles.values().map(|role| role.phase.due_ms);
                roles.chain([
                    cluster.phase.due_ms,
                    cluster.forwarding.phase.due_ms,
                    cluster.pending_due_ms,
                ])
            });
            let instances = here
                .instances
                .values()
                .flat_map(|instance| [instance.phase.due_ms, instance.pending_due_ms]);
            let snapshots = here.snapshots.values().map(|snapshot| snapshot.phase.due_ms);
            clusters.chain(instances).chain(snapshots)
        },
    );
    globals.chain(regional).flatten().min()
}

fn due(phase: &Phase, at: i64) -> bool {
    phase.due_ms.is_some_and(|due| due <= at)
}

fn happen(account: &mut Account, world: &World, at: i64) {
    let regions: Vec<String> =
        account.regions.keys().filter(|region| !world.is_gone(region)).cloned().collect();
    for region in &regions {
        instances(account, region, world, at);
        let clusters: Vec<String> = account.region_mut(region).clusters.keys().cloned().collect();
        for cluster in clusters {
            let place = Place { region: region.clone(), cluster };
            cluster_phase(account, &place, world, at);
            cluster_rest(account, &place, world, at);
        }
        for snapshot in account.region_mut(region).snapshots.values_mut() {
            if due(&snapshot.phase, at) {
                snapshot.phase = Phase::available();
            }
        }
    }
    global::events::happen(account, world, at);
}

fn instances(account: &mut Account, region: &str, world: &World, at: i64) {
    let here = account.region_mut(region);
    here.instances
        .retain(|_, instance| !(due(&instance.phase, at) && instance.phase.is("deleting")));
    for instance in here.instances.values_mut() {
        if instance.phase.is("available") && instance.pending_due_ms.is_some_and(|due| due <= at) {
            instance.pending_due_ms = None;
            let ends = at + world.duration_ms("rds.instance.modify", 300_000);
            instance.phase = Phase::until("modifying", ends);
        }
        if !due(&instance.phase, at) {
            continue;
        }
        match instance.phase.status.as_str() {
            "stopping" => {
                instance.phase = Phase { status: "stopped".to_owned(), due_ms: None };
            }
            status => {
                if matches!(status, "creating" | "rebooting" | "upgrading" | "starting") {
                    instance.pending_reboot = false;
                }
                if status == "modifying" {
                    let done = std::mem::take(&mut instance.pending);
                    instance.pending_reboot &= done.class.is_none();
                    instance.class = done.class.unwrap_or_else(|| instance.class.clone());
                    instance.ca = done.ca.unwrap_or_else(|| instance.ca.clone());
                    instance.id = done.id.unwrap_or_else(|| instance.id.clone());
                }
                instance.phase = Phase::available();
            }
        }
    }
    // A renamed instance is found under its new name from now on, and still is who it was.
    let renamed: Vec<String> = here
        .instances
        .iter()
        .filter(|(key, instance)| **key != instance.id)
        .map(|(key, _)| key.clone())
        .collect();
    for old in renamed {
        if let Some(instance) = here.instances.remove(&old) {
            if let Some(cluster) = here.clusters.get_mut(&instance.cluster)
                && cluster.writer.as_ref() == Some(&old)
            {
                cluster.writer = Some(instance.id.clone());
            }
            here.instances.insert(instance.id.clone(), instance);
        }
    }
}

fn cluster_phase(account: &mut Account, place: &Place, world: &World, at: i64) {
    let Some(cluster) = account.cluster_mut(place) else { return };
    if !due(&cluster.phase, at) {
        return;
    }
    let status = std::mem::replace(&mut cluster.phase, Phase::available()).status;
    match status.as_str() {
        "deleting" => {
            let here = account.region_mut(&place.region);
            here.clusters.remove(&place.cluster);
            here.instances.retain(|_, instance| instance.cluster != place.cluster);
        }
        "stopping" => {
            // Aurora starts a stopped cluster again after seven days.
            let due_ms = Some(at + world.duration_ms("rds.cluster.stopped", 7 * 86_400_000));
            cluster.phase = Phase { status: "stopped".to_owned(), due_ms };
        }
        "stopped" => start(account, place, world, at),
        "failing-over" => {
            if let Some(next) = cluster.promote_to.take() {
                cluster.writer = Some(next);
            }
        }
        "upgrading" => {
            if let Some(upgrade) = cluster.upgrade.take() {
                cluster.version = upgrade.version.clone();
                cluster.parameter_group = upgrade.parameter_group;
                let global = cluster.global.clone();
                if let Some(global) = global.and_then(|id| account.globals.get_mut(&id))
                    && global.writer().is_some_and(|writer| writer.place == *place)
                    && major(&global.version) == major(&upgrade.version)
                {
                    // The global database has the version of the cluster that writes.
                    global.version = upgrade.version;
                }
            }
        }
        _ => global::events::leave(account, place),
    }
}

fn cluster_rest(account: &mut Account, place: &Place, world: &World, at: i64) {
    let Some(cluster) = account.cluster_mut(place) else { return };
    if due(&cluster.forwarding.phase, at) {
        let status = if cluster.forwarding.phase.is("enabling") { "enabled" } else { "disabled" };
        cluster.forwarding.phase = Phase { status: status.to_owned(), due_ms: None };
    }
    for role in cluster.roles.values_mut() {
        if due(&role.phase, at) && !role.phase.is("REMOVING") {
            role.phase = Phase { status: "ACTIVE".to_owned(), due_ms: None };
        }
    }
    cluster.roles.retain(|_, role| !due(&role.phase, at));
    if cluster.pending_due_ms.is_some_and(|due| due <= at) {
        if cluster.phase.is("available") {
            cluster.pending_due_ms = None;
            let pending = std::mem::take(&mut cluster.pending);
            modify::begin(account, place, pending, world, at);
        } else {
            // Busy now: the next window will do.
            cluster.pending_due_ms =
                Some(windows::next_maintenance_ms(&cluster.maintenance_window, at));
        }
    }
}

/// Starts a stopped cluster with its instances.
pub(super) fn start(account: &mut Account, place: &Place, world: &World, at: i64) {
    let ends = at + world.duration_ms("rds.cluster.start", 600_000);
    if let Some(cluster) = account.cluster_mut(place) {
        cluster.phase = Phase::until("starting", ends);
    }
    for instance in account.instances_of_mut(place) {
        instance.phase = Phase::until("starting", ends);
    }
}

/// The endpoints' part that names the account and region.
pub(super) fn domain(number: &str, region: &str) -> String {
    letters_of(&format!("endpoints {number} {region}"), 12)
}
