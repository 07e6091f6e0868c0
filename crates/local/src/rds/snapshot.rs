//! DB cluster snapshots: taken, listed, deleted.

use std::collections::BTreeMap;

use super::context::{Context, arn};
use super::page::{filters, page, texts};
use super::state::{Account, DbCluster, Phase, Place, Snapshot};
use super::{Answer, fault, names, tags};
use crate::reply::Fault;
use crate::world::iso;
use crate::xml::Element;

pub(super) fn create(cx: &mut Context<'_>, account: &mut Account) -> Answer {
    let id = names::identifier(
        "DBClusterSnapshotIdentifier",
        &cx.required("DBClusterSnapshotIdentifier")?,
    )?;
    let place = cx.here(&cx.own_name("cluster", "DBClusterIdentifier")?);
    let tags = tags::read(&cx.params)?;
    let cluster = account.cluster(&place).ok_or_else(|| fault::no_cluster(&place.cluster))?;
    if !cluster.phase.is("available") {
        return Err(fault::cluster_state(format!(
            "DB cluster {} is not in an available state (it is {}).",
            cluster.id, cluster.phase.status
        )));
    }
    take(cx, account, &place, &id)?;
    let here = account.region_mut(cx.region);
    let Some(snapshot) = here.snapshots.get_mut(&id) else { return Err(fault::no_snapshot(&id)) };
    snapshot.tags.extend(tags);
    let snapshot = snapshot.clone();
    Ok(vec![view(cx, &snapshot)])
}

/// Takes a snapshot in the name of the caller.
pub(super) fn take(
    cx: &Context<'_>,
    account: &mut Account,
    place: &Place,
    id: &str,
) -> Result<(), Fault> {
    let cluster = account.cluster(place).ok_or_else(|| fault::no_cluster(&place.cluster))?.clone();
    let here = account.region_mut(&place.region);
    if here.snapshots.contains_key(id) {
        return Err(fault::other(
            "DBClusterSnapshotAlreadyExistsFault",
            format!("Cannot create the snapshot because {id} already exists."),
        ));
    }
    let ends = cx.due("rds.snapshot.create", 180_000);
    let snapshot = of(cluster, id, cx.world.now_ms, false, Phase::until("creating", ends));
    here.snapshots.insert(id.to_owned(), snapshot);
    Ok(())
}

/// A snapshot of a cluster.
pub(super) fn of(
    cluster: DbCluster,
    id: &str,
    now_ms: i64,
    automatic: bool,
    phase: Phase,
) -> Snapshot {
    Snapshot {
        id: id.to_owned(),
        automatic,
        created_ms: now_ms,
        tags: if cluster.copy_tags { cluster.tags.clone() } else { BTreeMap::new() },
        of: Box::new(cluster),
        phase,
    }
}

pub(super) fn delete(cx: &mut Context<'_>, account: &mut Account) -> Answer {
    let id = cx.own_name("cluster-snapshot", "DBClusterSnapshotIdentifier")?;
    let here = account.region_mut(cx.region);
    let snapshot = here.snapshots.get(&id).ok_or_else(|| fault::no_snapshot(&id))?;
    if snapshot.automatic && snapshot.id.starts_with("rds:") {
        return Err(fault::other(
            "InvalidDBClusterSnapshotStateFault",
            format!("Only manual snapshots may be deleted: {id} is automated."),
        ));
    }
    if !snapshot.phase.is("available") {
        return Err(fault::other(
            "InvalidDBClusterSnapshotStateFault",
            format!("{id} is not in an available state."),
        ));
    }
    let mut snapshot = snapshot.clone();
    snapshot.phase.status = "deleted".to_owned();
    here.snapshots.remove(&id);
    Ok(vec![view(cx, &snapshot)])
}

pub(super) fn describe(cx: &mut Context<'_>, account: &mut Account) -> Answer {
    let filters = filters(
        &cx.params,
        &["db-cluster-id", "db-cluster-snapshot-id", "engine", "snapshot-type"],
    )?;
    let kind = |snapshot: &Snapshot| if snapshot.automatic { "automated" } else { "manual" };
    let named =
        cx.text("DBClusterSnapshotIdentifier").map(|text| cx.name_in("cluster-snapshot", &text));
    let cluster = cx.text("DBClusterIdentifier").map(|text| cx.name_in("cluster", &text));
    let wanted_kind = cx.text("SnapshotType");
    let fits = |snapshot: &Snapshot| {
        named.as_ref().is_none_or(|id| *id == snapshot.id)
            && cluster.as_ref().is_none_or(|id| *id == snapshot.of.id)
            && wanted_kind.as_deref().is_none_or(|wanted| wanted == kind(snapshot))
            && filters.iter().all(|(name, values)| match name.as_str() {
                "db-cluster-id" => {
                    values.iter().any(|v| cx.name_in("cluster", v) == snapshot.of.id)
                }
                "db-cluster-snapshot-id" => {
                    values.iter().any(|v| cx.name_in("cluster-snapshot", v) == snapshot.id)
                }
                "engine" => values.contains(&snapshot.of.engine),
                _ => values.iter().any(|wanted| wanted == kind(snapshot)),
            })
    };
    let here = account.region(cx.region);
    let items: Vec<_> = here
        .into_iter()
        .flat_map(|here| here.snapshots.values())
        .filter(|snapshot| fits(snapshot))
        .map(|snapshot| (snapshot.id.clone(), view(cx, snapshot)))
        .collect();
    match named {
        Some(id) if items.is_empty() => Err(fault::no_snapshot(&id)),
        _ => page(cx, "DBClusterSnapshots", "DBClusterSnapshot", items),
    }
}

fn view(cx: &Context<'_>, snapshot: &Snapshot) -> Element {
    let of = &snapshot.of;
    let done = snapshot.phase.is("available");
    Element::new("DBClusterSnapshot")
        .text_child("DBClusterSnapshotIdentifier", &snapshot.id)
        .text_child(
            "DBClusterSnapshotArn",
            arn(cx.account, cx.region, "cluster-snapshot", &snapshot.id),
        )
        .text_child("DBClusterIdentifier", &of.id)
        .text_child("DbClusterResourceId", &of.resource_id)
        .text_child("SnapshotCreateTime", iso(snapshot.created_ms))
        .text_child("ClusterCreateTime", iso(of.created_ms))
        .text_child("SnapshotType", if snapshot.automatic { "automated" } else { "manual" })
        .text_child("Status", &snapshot.phase.status)
        .text_child("PercentProgress", if done { 100 } else { 0 })
        .text_child("Engine", &of.engine)
        .text_child("EngineVersion", &of.version)
        .text_child("EngineMode", "provisioned")
        .text_child("AllocatedStorage", 1)
        .text_child("Port", of.port)
        .text_child("VpcId", crate::seed::vpc_id(cx.region))
        .text_child_opt("MasterUsername", of.master_username.as_ref())
        .text_child("StorageEncrypted", of.kms_key.is_some())
        .text_child_opt("KmsKeyId", of.kms_key.as_ref())
        .text_child("IAMDatabaseAuthenticationEnabled", of.iam_auth)
        .child(texts("AvailabilityZones", "AvailabilityZone", &of.zones))
        .child(tags::view(&snapshot.tags))
}
