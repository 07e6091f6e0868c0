//! ModifyDBCluster: at once, or in the maintenance window.

use super::super::context::Context;
use super::super::engines::{engine, major, newer};
use super::super::roles::{Role, role};
use super::super::state::{Account, ClusterPending, DbCluster, Phase, Place, Upgrade};
use super::super::{Answer, fault, names, parameter_group, windows};
use super::create::{logs, managed_secret};
use super::settings::{Settings, set};
use super::{available, named, view};
use crate::reply::Fault;
use crate::world::World;

pub(in super::super) fn modify(cx: &mut Context<'_>, account: &mut Account) -> Answer {
    let (place, cluster) = named(cx, account)?;
    available(cluster)?;
    let cluster = cluster.clone();
    let engine = engine(&cluster.engine)?;
    let settings = Settings::read(cx, engine.name, cluster.insights.as_ref())?;
    settings.check(&cluster)?;
    let role = role(account, &cluster, &place);
    check_role(&role, &settings)?;
    let upgrade = upgrade(cx, account, &cluster, &place, &role)?;
    let group = match (&upgrade, cx.text("DBClusterParameterGroupName")) {
        (None, Some(asked)) => {
            let family = engine.family(&cluster.version);
            Some(parameter_group::usable(cx, account, &asked, &family)?)
        }
        _ => None,
    };
    let enable = cx.params.list("CloudwatchLogsExportConfiguration.EnableLogTypes");
    let disable = cx.params.list("CloudwatchLogsExportConfiguration.DisableLogTypes");
    let enable = logs(engine, enable.unwrap_or_default())?;
    let disable = logs(engine, disable.unwrap_or_default())?;
    let new_id = match cx.text("NewDBClusterIdentifier") {
        Some(text) => {
            let id = names::identifier("NewDBClusterIdentifier", &text)?;
            if id != cluster.id && account.region_mut(cx.region).clusters.contains_key(&id) {
                return Err(fault::other(
                    "DBClusterAlreadyExistsFault",
                    "DB Cluster already exists",
                ));
            }
            (id != cluster.id).then_some(id)
        }
        None => None,
    };
    let managed = managed_secret(cx, &settings, &cluster.id)?;
    may_manage(cx, &settings, &cluster, managed.as_ref())?;

    // Everything is in order: from here on it is done.
    let differs = |said: Option<i64>, is: i64| said.filter(|value| *value != is);
    let mut deferred = ClusterPending {
        id: new_id,
        password: settings.password,
        iam_auth: settings.iam_auth.filter(|on| *on != cluster.iam_auth),
        upgrade,
        backup_retention: differs(settings.backup_retention, cluster.backup_retention),
        storage_type: settings.storage_type.clone().filter(|t| *t != cluster.storage_type),
    };
    let manage = settings.manage_password;
    let port_changes = settings.port.is_some_and(|port| port != cluster.port);
    let now = cx.world.now_ms;
    let reboot_ends = cx.due("rds.instance.reboot", 120_000);
    let modify_ends = cx.due("rds.cluster.modify", 60_000);
    let Some(cluster) = account.cluster_mut(&place) else {
        return Err(fault::no_cluster(&place.cluster));
    };
    let mut busy = settings.apply(cluster);
    let mut wanted = cluster.logs.clone();
    wanted.extend(enable);
    wanted.retain(|name| !disable.contains(name));
    busy |= set(&mut cluster.logs, Some(wanted));
    match manage {
        Some(true) if cluster.managed_secret.is_none() => cluster.managed_secret = managed,
        Some(false) => cluster.managed_secret = None,
        _ => {}
    }
    let group_changes = set(&mut cluster.parameter_group, group);
    busy |= group_changes;
    if busy {
        cluster.phase = Phase::until("modifying", modify_ends);
    }
    for instance in account.instances_of_mut(&place) {
        instance.pending_reboot |= group_changes;
        if port_changes && instance.phase.is("available") {
            instance.phase = Phase::until("rebooting", reboot_ends);
        }
    }
    let mut place = place;
    if cx.params.bool("ApplyImmediately").unwrap_or(false) {
        // What waited for the window goes along, except where the request says otherwise.
        if let Some(cluster) = account.cluster_mut(&place) {
            let waited = std::mem::take(&mut cluster.pending);
            cluster.pending_due_ms = None;
            deferred = merged(waited, deferred);
        }
        place = begin(account, &place, deferred, cx.world, now);
    } else if !deferred.is_empty()
        && let Some(cluster) = account.cluster_mut(&place)
    {
        cluster.pending = merged(std::mem::take(&mut cluster.pending), deferred);
        cluster.pending_due_ms =
            Some(windows::next_maintenance_ms(&cluster.maintenance_window, now));
    }
    view::answer(cx, account, &place)
}

fn merged(older: ClusterPending, newer: ClusterPending) -> ClusterPending {
    ClusterPending {
        id: newer.id.or(older.id),
        password: newer.password || older.password,
        iam_auth: newer.iam_auth.or(older.iam_auth),
        upgrade: newer.upgrade.or(older.upgrade),
        backup_retention: newer.backup_retention.or(older.backup_retention),
        storage_type: newer.storage_type.or(older.storage_type),
    }
}

fn check_role(role: &Role, settings: &Settings) -> Result<(), Fault> {
    let member = *role != Role::Standalone;
    if matches!(role, Role::Secondary { .. }) && settings.password {
        return Err(fault::combination(
            "Cannot specify password for cross region replication cluster",
        ));
    }
    if member && settings.manage_password == Some(true) {
        return Err(fault::combination(
            "ManageMasterUserPassword is not supported for clusters of a global database.",
        ));
    }
    if member && settings.backtrack_window.unwrap_or(0) > 0 {
        return Err(fault::combination("Backtrack is not supported for global databases."));
    }
    if !member && settings.global_forwarding == Some(true) {
        return Err(fault::combination(
            "Global write forwarding needs a cluster that is part of a global database.",
        ));
    }
    Ok(())
}

/// Whoever takes a password back says what it is; what is kept has one key for as long as it is kept.
fn may_manage(
    cx: &Context<'_>,
    settings: &Settings,
    cluster: &DbCluster,
    managed: Option<&(String, String)>,
) -> Result<(), Fault> {
    let Some((_, key)) = &cluster.managed_secret else { return Ok(()) };
    if settings.manage_password == Some(false) && !settings.password {
        return Err(fault::combination(
            "You must specify MasterUserPassword when you turn ManageMasterUserPassword off.",
        ));
    }
    let asked = cx.text("MasterUserSecretKmsKeyId").and(managed);
    if asked.is_some_and(|(_, asked)| asked != key) {
        return Err(fault::combination(
            "You can't change MasterUserSecretKmsKeyId of a secret that RDS manages already.",
        ));
    }
    Ok(())
}

/// The upgrade that a request asks for, if it is one.
fn upgrade(
    cx: &Context<'_>,
    account: &Account,
    cluster: &DbCluster,
    place: &Place,
    role: &Role,
) -> Result<Option<Upgrade>, Fault> {
    let engine = engine(&cluster.engine)?;
    let asked = cx.text("EngineVersion");
    let is_current =
        |asked: &String| *asked == cluster.version || asked.as_str() == major(&cluster.version);
    let target = match &asked {
        Some(asked) if !is_current(asked) => Some(engine.version(Some(asked))?.to_owned()),
        _ => None,
    };
    let is_major = target.as_ref().is_some_and(|target| major(target) != major(&cluster.version));
    if cx.text("DBInstanceParameterGroupName").is_some() && !is_major {
        return Err(fault::combination(
            "The parameter DBInstanceParameterGroupName can be specified only with a major \
             engine version upgrade.",
        ));
    }
    let Some(target) = target else { return Ok(None) };
    if !newer(&target, &cluster.version) {
        return Err(fault::combination(format!(
            "Cannot upgrade {} from {} to {target}",
            cluster.engine, cluster.version
        )));
    }
    if account.instances_of(place).next().is_none() {
        return Err(fault::cluster_state(
            "Cannot modify engine version without a primary instance in DB cluster",
        ));
    }
    if is_major && !cx.params.bool("AllowMajorVersionUpgrade").unwrap_or(false) {
        return Err(fault::combination(
            "The AllowMajorVersionUpgrade flag must be present when upgrading to a new major \
             version.",
        ));
    }
    if is_major && *role != Role::Standalone {
        return Err(fault::combination(
            "A member of a global cluster gets a new major version by ModifyGlobalCluster.",
        ));
    }
    if let Some(global) = account.global_of(cluster) {
        let others = || global.members.iter().filter_map(|member| account.cluster(&member.place));
        if let Some(other) = others().find(|other| other.phase.is("upgrading")) {
            return Err(fault::global_state(format!(
                "Global cluster {} is upgrading: its member {} is not done.",
                global.id, other.id
            )));
        }
        let behind = |other: &DbCluster| other.id != cluster.id && newer(&target, &other.version);
        if *role == Role::Primary && others().any(behind) {
            return Err(fault::value(format!(
                "{target} is newer than what the secondaries of {} run: upgrade global replicas \
                 first before upgrading the primary member",
                global.id
            )));
        }
    }
    let family = engine.family(&target);
    let parameter_group = match cx.text("DBClusterParameterGroupName") {
        Some(asked) => parameter_group::usable(cx, account, &asked, &family)?,
        None if is_major => format!("default.{family}"),
        None => cluster.parameter_group.clone(),
    };
    Ok(Some(Upgrade { version: target, parameter_group }))
}

/// Starts what was deferred. Where the cluster is found from now on.
pub(in super::super) fn begin(
    account: &mut Account,
    place: &Place,
    changes: ClusterPending,
    world: &World,
    now: i64,
) -> Place {
    let Some(cluster) = account.cluster_mut(place) else { return place.clone() };
    set(&mut cluster.backup_retention, changes.backup_retention);
    let ends = now + world.duration_ms("rds.cluster.modify", 60_000);
    if set(&mut cluster.storage_type, changes.storage_type) {
        cluster.phase = Phase::until("modifying", ends);
    }
    if set(&mut cluster.iam_auth, changes.iam_auth) {
        cluster.phase = Phase::until("configuring-iam-database-auth", ends);
    }
    if changes.password {
        cluster.phase = Phase::until("resetting-master-credentials", ends);
    }
    if let Some(upgrade) = changes.upgrade {
        start_upgrade(account, place, upgrade, world, now);
    }
    match changes.id {
        Some(id) => {
            let ends = now + world.duration_ms("rds.cluster.rename", 120_000);
            rename(account, place, &id, ends)
        }
        None => place.clone(),
    }
}

/// Takes a cluster and its instances down for their new version.
pub(in super::super) fn start_upgrade(
    account: &mut Account,
    place: &Place,
    upgrade: Upgrade,
    world: &World,
    now: i64,
) {
    let Some(cluster) = account.cluster_mut(place) else { return };
    let ends = if major(&upgrade.version) == major(&cluster.version) {
        now + world.duration_ms("rds.cluster.upgrade", 900_000)
    } else {
        now + world.duration_ms("rds.cluster.upgrade-major", 2_400_000)
    };
    cluster.phase = Phase::until("upgrading", ends);
    cluster.upgrade = Some(upgrade);
    for instance in account.instances_of_mut(place) {
        if !instance.phase.is("deleting") {
            instance.phase = Phase::until("upgrading", ends);
        }
    }
}

fn rename(account: &mut Account, place: &Place, id: &str, ends: i64) -> Place {
    let renamed = Place { region: place.region.clone(), cluster: id.to_owned() };
    let here = account.region_mut(&place.region);
    if here.clusters.contains_key(id) {
        // The name was taken while the change waited.
        return place.clone();
    }
    let Some(mut cluster) = here.clusters.remove(&place.cluster) else { return renamed };
    cluster.id = id.to_owned();
    if !cluster.phase.is("upgrading") {
        cluster.phase = Phase::until("renaming", ends);
    }
    here.clusters.insert(id.to_owned(), cluster);
    for instance in here.instances.values_mut() {
        if instance.cluster == place.cluster {
            instance.cluster = id.to_owned();
        }
    }
    for global in account.globals.values_mut() {
        for member in &mut global.members {
            if member.place == *place {
                member.place = renamed.clone();
            }
        }
    }
    renamed
}
