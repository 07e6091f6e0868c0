//! RestoreDBClusterFromSnapshot and RestoreDBClusterToPointInTime: a cluster that starts with what
//! another one held.

use super::super::context::Context;
use super::super::engines::{Engine, engine, newer};
use super::super::roles::Role;
use super::super::state::{Account, DbCluster};
use super::super::{Answer, fault, names};
use super::create::{Origin, free, make};
use super::settings::Settings;
use crate::reply::Fault;
use crate::world::iso;

pub(in super::super) fn from_snapshot(cx: &mut Context<'_>, account: &mut Account) -> Answer {
    let id = names::identifier("DBClusterIdentifier", &cx.required("DBClusterIdentifier")?)?;
    let engine = engine(&cx.required("Engine")?)?;
    let named = cx.own_name("cluster-snapshot", "SnapshotIdentifier")?;
    let settings = Settings::read(cx, engine.name, None)?;
    let snapshot = account
        .region(cx.region)
        .and_then(|here| here.snapshots.get(&named))
        .ok_or_else(|| fault::no_snapshot(&named))?;
    if !snapshot.phase.is("available") {
        return Err(fault::other(
            "InvalidDBClusterSnapshotStateFault",
            format!("{named} is not in an available state."),
        ));
    }
    let of = snapshot.of.clone();
    if of.engine != engine.name {
        return Err(fault::combination(format!(
            "The engine {} is not that of the snapshot {named}, {}.",
            engine.name, of.engine
        )));
    }
    let version = version(cx, engine, &of)?;
    free(cx, account, &id)?;
    let origin = origin(cx, of, version)?;
    make(cx, account, engine, settings, origin, id)
}

/// The version asked for, or the snapshot's: a restoration can bring a newer one along.
fn version(cx: &Context<'_>, engine: &Engine, of: &DbCluster) -> Result<String, Fault> {
    let Some(asked) = cx.text("EngineVersion") else { return Ok(of.version.clone()) };
    let version = engine.version(Some(&asked))?;
    if newer(&of.version, version) {
        return Err(fault::combination(format!(
            "Cannot restore a snapshot of {} with the older version {version}.",
            of.version
        )));
    }
    Ok(version.to_owned())
}

pub(in super::super) fn to_point_in_time(cx: &mut Context<'_>, account: &mut Account) -> Answer {
    let id = names::identifier("DBClusterIdentifier", &cx.required("DBClusterIdentifier")?)?;
    let of = source(cx, account)?;
    let engine = engine(&of.engine)?;
    let settings = Settings::read(cx, engine.name, None)?;
    let clone = match cx.text("RestoreType").as_deref() {
        None | Some("full-copy") => false,
        Some("copy-on-write") => true,
        Some(other) => return Err(fault::value(format!("Invalid restore type: {other}"))),
    };
    let latest = cx.params.bool("UseLatestRestorableTime").unwrap_or(false);
    match (cx.text("RestoreToTime"), latest) {
        (Some(_), true) => {
            return Err(fault::combination(
                "RestoreToTime can't be specified with UseLatestRestorableTime.",
            ));
        }
        (Some(_), false) if clone => {
            return Err(fault::combination(
                "RestoreToTime can't be specified for the restore type copy-on-write.",
            ));
        }
        (None, false) => {
            return Err(fault::combination(
                "Either RestoreToTime or UseLatestRestorableTime must be specified.",
            ));
        }
        (Some(time), false) => restorable(cx, &of, &time)?,
        (None, true) => {}
    }
    free(cx, account, &id)?;
    let version = of.version.clone();
    let origin = origin(cx, of, version)?;
    make(cx, account, engine, settings, origin, id)
}

/// The cluster whose backups are restored: one that is there, or one whose backups were kept.
fn source(cx: &Context<'_>, account: &Account) -> Result<Box<DbCluster>, Fault> {
    let here = account.region(cx.region);
    match (cx.text("SourceDBClusterIdentifier"), cx.text("SourceDbClusterResourceId")) {
        (Some(named), None) => {
            let id = cx.name_in("cluster", &named);
            let cluster = here.and_then(|here| here.clusters.get(&id));
            cluster.cloned().map(Box::new).ok_or_else(|| fault::no_cluster(&id))
        }
        (None, Some(resource)) => {
            let there = here
                .into_iter()
                .flat_map(|here| here.clusters.values())
                .find(|cluster| cluster.resource_id == resource);
            let kept = here.and_then(|here| here.automated_backups.get(&resource));
            match (there, kept) {
                (Some(cluster), _) => Ok(Box::new(cluster.clone())),
                (None, Some(kept)) if kept.until_ms > cx.world.now_ms => Ok(kept.of.clone()),
                _ => Err(Fault::new(
                    404,
                    "DBClusterAutomatedBackupNotFoundFault",
                    format!("No automated backup of {resource} was found."),
                )),
            }
        }
        _ => Err(fault::combination(
            "Either SourceDBClusterIdentifier or SourceDbClusterResourceId must be specified.",
        )),
    }
}

/// Times have one form here, `2026-01-01T00:00:00Z` with fractions or without, so that their texts
/// compare as they do.
fn restorable(cx: &Context<'_>, of: &DbCluster, time: &str) -> Result<(), Fault> {
    const SECONDS: usize = "2026-01-01T00:00:00".len();
    let seconds = |text: &str| text.get(..SECONDS).map(str::to_owned);
    let Some(asked) = seconds(time).filter(|_| time.ends_with('Z')) else {
        return Err(fault::value(format!("Invalid RestoreToTime: {time}")));
    };
    let first = seconds(&iso(of.created_ms)).unwrap_or_default();
    let last = seconds(&iso(cx.world.now_ms)).unwrap_or_default();
    if asked < first || asked > last {
        return Err(fault::other(
            "InvalidRestoreFault",
            format!("{} can be restored to a time from {first}Z to {last}Z.", of.id),
        ));
    }
    Ok(())
}

fn origin(cx: &Context<'_>, of: Box<DbCluster>, version: String) -> Result<Origin, Fault> {
    let kms_key = match cx.text("KmsKeyId") {
        Some(named) => Some(cx.key(Some(&named))?),
        None => of.kms_key.clone(),
    };
    Ok(Origin {
        global: None,
        role: Role::Standalone,
        version,
        database: of.database.clone(),
        username: of.master_username.clone(),
        kms_key,
        copy_of: Some(of),
    })
}
