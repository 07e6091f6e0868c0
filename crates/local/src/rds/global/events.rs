//! What happens to global clusters by itself.

use super::super::snapshot;
use super::super::state::{Account, Failover, GlobalCluster, Member, Phase, Place};
use crate::world::{World, iso};

/// Lets happen what is due at this time.
pub(in super::super) fn happen(account: &mut Account, world: &World, at: i64) {
    let ids: Vec<String> = account.globals.keys().cloned().collect();
    for id in ids {
        phase(account, &id, at);
        failover(account, &id, world, at);
        resync(account, &id, world, at);
    }
}

fn due(phase: &Phase, at: i64) -> bool {
    phase.due_ms.is_some_and(|due| due <= at)
}

fn phase(account: &mut Account, id: &str, at: i64) {
    let Some(global) = account.globals.get_mut(id) else { return };
    if !due(&global.phase, at) {
        return;
    }
    if global.phase.is("deleting") {
        account.globals.remove(id);
        return;
    }
    global.phase = Phase::available();
    if let Some(version) = global.upgrade_to.take() {
        global.version = version;
    }
}

fn failover(account: &mut Account, id: &str, world: &World, at: i64) {
    let Some(global) = account.globals.get_mut(id) else { return };
    let Some(failover) = global.failover.as_mut().filter(|failover| due(&failover.phase, at))
    else {
        return;
    };
    if failover.phase.is("pending") {
        let (status, ends) = if failover.data_loss {
            ("failing-over", at + world.duration_ms("rds.global.failover", 120_000))
        } else {
            ("switching-over", at + world.duration_ms("rds.global.switchover", 180_000))
        };
        failover.phase = Phase::until(status, ends);
        let (from, to) = (failover.from.clone(), failover.to.clone());
        let data_loss = failover.data_loss;
        if let Some(target) = account.cluster_mut(&to) {
            target.phase = Phase::until("promoting", ends);
        }
        if let Some(source) = account.cluster_mut(&from).filter(|_| !data_loss) {
            source.phase = Phase::until("modifying", ends);
        }
        return;
    }
    if let Some(done) = global.failover.take() {
        let resync = at + world.duration_ms("rds.global.resync", 1_200_000);
        swap(global, &done, resync);
        // Whatever order the events of this moment had: both are done.
        for place in [&done.from, &done.to] {
            if let Some(cluster) = account.cluster_mut(place)
                && cluster.phase.due_ms.is_some_and(|due| due <= at)
            {
                cluster.phase = Phase::available();
            }
        }
    }
}

fn swap(global: &mut GlobalCluster, done: &Failover, resync_due_ms: i64) {
    for member in &mut global.members {
        let wrote = std::mem::replace(&mut member.writer, member.place == done.to);
        if done.data_loss && !member.writer {
            // Everybody else starts over from the new writer's volume.
            member.resync_due_ms = Some(resync_due_ms);
            member.diverged |= wrote;
        }
    }
}

/// Members that have caught up with the writer; one that had written alone leaves a snapshot.
fn resync(account: &mut Account, id: &str, world: &World, at: i64) {
    let Some(global) = account.globals.get_mut(id) else { return };
    let mut kept: Vec<Place> = Vec::new();
    for member in &mut global.members {
        let back = !world.is_gone(&member.place.region);
        if back && member.resync_due_ms.is_some_and(|due| due <= at) {
            member.resync_due_ms = None;
            if std::mem::take(&mut member.diverged) {
                kept.push(member.place.clone());
            }
        }
    }
    for place in kept {
        let Some(cluster) = account.cluster(&place).cloned() else { continue };
        let stamp: String =
            iso(at).chars().take(16).map(|c| if c == ':' { '-' } else { c }).collect();
        let name = format!("rds:unplanned-global-failover-{}-{}", cluster.id, stamp.to_lowercase());
        let taken = snapshot::of(cluster, &name, at, true, Phase::available());
        account.region_mut(&place.region).snapshots.insert(name, taken);
    }
}

/// Ends the membership of a cluster that was leaving.
pub(in super::super) fn leave(account: &mut Account, place: &Place) {
    let gone = |member: &Member| member.leaving && member.place == *place;
    let mut left = false;
    for global in account.globals.values_mut() {
        if global.members.iter().any(gone) {
            global.members.retain(|member| !gone(member));
            left = true;
            if global.members.is_empty() {
                // An empty global cluster stays where it was seen last.
                global.home = place.region.clone();
            }
        }
    }
    if let Some(cluster) = account.cluster_mut(place).filter(|_| left) {
        cluster.global = None;
        cluster.forwarding.requested = false;
    }
}
