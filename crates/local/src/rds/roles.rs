//! Who writes, and what follows from it without anybody asking.

use super::catalog::CLASSES;
use super::state::{Account, DbCluster, DbInstance, Phase, Place};
use crate::world::World;

/// What a cluster is in its global database.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Role {
    /// In no global database.
    Standalone,
    Primary,
    Secondary {
        /// The cluster that it follows.
        of: Option<Place>,
    },
}

pub(super) fn role(account: &Account, cluster: &DbCluster, place: &Place) -> Role {
    let Some(global) = account.global_of(cluster) else { return Role::Standalone };
    match global.member(place) {
        None => Role::Standalone,
        Some(member) if member.writer => Role::Primary,
        Some(_) => Role::Secondary { of: global.writer().map(|writer| writer.place.clone()) },
    }
}

/// Brings writers and write forwarding in line with roles and instances.
pub(super) fn reconcile(account: &mut Account, world: &World, now_ms: i64) {
    let places: Vec<Place> = account
        .regions
        .iter()
        .flat_map(|(region, here)| {
            here.clusters
                .keys()
                .map(|cluster| Place { region: region.clone(), cluster: cluster.clone() })
        })
        .collect();
    for place in places {
        let Some(cluster) = account.cluster(&place) else { continue };
        let secondary = matches!(role(account, cluster, &place), Role::Secondary { .. });
        let writer = if secondary { None } else { writer(account, cluster, &place) };
        let forwarding = forwarding(cluster, secondary, world, now_ms);
        if let Some(cluster) = account.cluster_mut(&place) {
            cluster.writer = writer;
            if let Some(phase) = forwarding {
                cluster.forwarding.phase = phase;
            }
        }
    }
}

/// The present writer while it lasts, or the one Aurora would promote.
fn writer(account: &Account, cluster: &DbCluster, place: &Place) -> Option<String> {
    let lives = |instance: &&DbInstance| !instance.phase.is("deleting");
    let present = account
        .instances_of(place)
        .filter(lives)
        .find(|instance| Some(&instance.id) == cluster.writer.as_ref());
    match present {
        Some(present) => Some(present.id.clone()),
        None => promoted(account.instances_of(place).filter(lives)).map(|next| next.id.clone()),
    }
}

/// Whom Aurora promotes: who is ready, of the lowest tier, then the largest, then the first by name.
pub(super) fn promoted<'a>(
    instances: impl Iterator<Item = &'a DbInstance>,
) -> Option<&'a DbInstance> {
    instances.min_by_key(|instance| {
        (
            !instance.phase.is("available"),
            instance.promotion_tier,
            std::cmp::Reverse(size(&instance.class)),
            instance.id.clone(),
        )
    })
}

/// Classes in the order of their power, roughly: `large` < `xlarge` < `2xlarge` < …
fn size(class: &str) -> (u32, usize) {
    let size = class.rsplit('.').next().unwrap_or_default();
    let number = match size {
        "large" => 1,
        "xlarge" => 2,
        _ => size.strip_suffix("xlarge").and_then(|n| n.parse::<u32>().ok()).map_or(0, |n| n * 2),
    };
    (number, CLASSES.iter().position(|known| *known == class).unwrap_or(0))
}

/// Forwarding follows the request while the cluster is a secondary, and is idle elsewhere.
fn forwarding(cluster: &DbCluster, secondary: bool, world: &World, now_ms: i64) -> Option<Phase> {
    let status = cluster.forwarding.phase.status.as_str();
    let idle = status.is_empty() || status == "disabled";
    let takes = || now_ms + world.duration_ms("rds.cluster.write-forwarding", 120_000);
    if !secondary {
        return (!idle).then(Phase::default);
    }
    if !cluster.phase.is("available") {
        return None;
    }
    match (cluster.forwarding.requested, status) {
        (true, "" | "disabled") => Some(Phase::until("enabling", takes())),
        (false, "enabled") => Some(Phase::until("disabling", takes())),
        (false, "") => Some(Phase { status: "disabled".to_owned(), due_ms: None }),
        _ => None,
    }
}
