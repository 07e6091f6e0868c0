//! Global clusters: one database, written in one region at a time and read in all of its regions.

pub(super) mod events;
pub(super) mod switch;
pub(super) mod view;

use super::cluster::create::EXTENDED_SUPPORT;
use super::cluster::modify::start_upgrade;
use super::context::Context;
use super::engines::{engine, major, newer};
use super::state::{Account, GlobalCluster, Member, Phase, Place, Upgrade};
use super::{Answer, fault, names, tags};
use crate::reply::Fault;

const QUOTA: usize = 5;

pub(super) fn create(cx: &mut Context<'_>, account: &mut Account) -> Answer {
    let id = names::global(&cx.required("GlobalClusterIdentifier")?)?;
    let tags = tags::read(&cx.params)?;
    let source = cx.text("SourceDBClusterIdentifier");
    if account.globals.contains_key(&id) {
        return Err(fault::other(
            "GlobalClusterAlreadyExistsFault",
            format!("Global cluster {id} already exists"),
        ));
    }
    if account.globals.len() >= QUOTA {
        return Err(fault::other(
            "GlobalClusterQuotaExceededFault",
            "The request would result in the user exceeding the allowed number of global clusters.",
        ));
    }
    let mut global = GlobalCluster {
        id: id.clone(),
        resource_id: format!("cluster-{}", &cx.world.fresh_hex()[..16]),
        home: cx.region.to_owned(),
        engine: String::new(),
        version: String::new(),
        lifecycle_support: Some(
            cx.text("EngineLifecycleSupport").unwrap_or(EXTENDED_SUPPORT.to_owned()),
        ),
        database: cx.text("DatabaseName"),
        encrypted: cx.params.bool("StorageEncrypted").unwrap_or(false),
        deletion_protection: cx.params.bool("DeletionProtection").unwrap_or(false),
        tags,
        phase: Phase::until("creating", cx.due("rds.global.create", 60_000)),
        members: Vec::new(),
        failover: None,
        upgrade_to: None,
    };
    match source {
        Some(source) => {
            let place = adopt(cx, account, &source, &mut global)?;
            if let Some(cluster) = account.cluster_mut(&place) {
                cluster.global = Some(id.clone());
            }
        }
        None => {
            let Some(name) = cx.text("Engine") else {
                return Err(fault::combination(
                    "When creating standalone global cluster, engine name should be specified",
                ));
            };
            let engine = engine(&name)?;
            global.version = engine.version(cx.text("EngineVersion").as_deref())?.to_owned();
            global.engine = name;
        }
    }
    account.globals.insert(id.clone(), global);
    view::answer(cx, account, &id)
}

/// Makes an existing cluster the primary of a new global cluster.
fn adopt(
    cx: &Context<'_>,
    account: &Account,
    source: &str,
    global: &mut GlobalCluster,
) -> Result<Place, Fault> {
    for field in ["Engine", "EngineVersion", "DatabaseName", "StorageEncrypted"] {
        if cx.text(field).is_some() {
            return Err(fault::combination(format!(
                "When creating global cluster from existing db cluster, value for {field} should \
                 not be specified since it will be inherited from source cluster"
            )));
        }
    }
    let place = cx.here(&cx.name_in("cluster", source));
    let cluster = account.cluster(&place).ok_or_else(|| fault::no_cluster(source))?;
    if !cluster.phase.is("available") || cluster.global.is_some() {
        return Err(fault::cluster_state(format!(
            "Source cluster {source} is in a state which is not valid for physical replication: it \
             must be available and in no global cluster."
        )));
    }
    if cluster.managed_secret.is_some() || cluster.backtrack_window > 0 {
        return Err(fault::cluster_state(format!(
            "Source cluster {source} has a managed master password or backtrack, which a global \
             database can't have."
        )));
    }
    if let Some(burstable) =
        account.instances_of(&place).find(|i| !super::catalog::fits_global(&i.class))
    {
        return Err(fault::cluster_state(format!(
            "The class of the instance {} is not supported in a global database.",
            burstable.id
        )));
    }
    global.engine = cluster.engine.clone();
    global.version = cluster.version.clone();
    global.database = cluster.database.clone();
    global.encrypted = cluster.kms_key.is_some();
    global.lifecycle_support = cluster.lifecycle_support.clone();
    global.members.push(Member {
        place: place.clone(),
        writer: true,
        leaving: false,
        resync_due_ms: None,
        diverged: false,
    });
    Ok(place)
}

/// Refuses what needs a global cluster that nothing is being done to.
fn available(global: &GlobalCluster) -> Result<(), Fault> {
    if global.phase.is("available") && global.failover.is_none() {
        return Ok(());
    }
    let busy = match &global.failover {
        Some(failover) => &failover.phase.status,
        None => &global.phase.status,
    };
    Err(fault::global_state(format!(
        "Global cluster {} is not in an available state: it is {busy}.",
        global.id
    )))
}

pub(super) fn modify(cx: &mut Context<'_>, account: &mut Account) -> Answer {
    let global = cx.global(account)?.clone();
    available(&global)?;
    let renamed = match cx.text("NewGlobalClusterIdentifier") {
        Some(text) => {
            let id = names::identifier("NewGlobalClusterIdentifier", &text)?;
            if id != global.id && account.globals.contains_key(&id) {
                return Err(fault::other(
                    "GlobalClusterAlreadyExistsFault",
                    format!("Global cluster {id} already exists"),
                ));
            }
            id
        }
        None => global.id.clone(),
    };
    let target = upgrade(cx, account, &global)?;

    let mut changed = global.clone();
    if let Some(on) = cx.params.bool("DeletionProtection") {
        changed.deletion_protection = on;
    }
    if renamed != global.id {
        changed.id = renamed.clone();
        changed.phase = Phase::until("modifying", cx.due("rds.global.modify", 60_000));
        for member in &global.members {
            if let Some(cluster) = account.cluster_mut(&member.place) {
                cluster.global = Some(renamed.clone());
            }
        }
    }
    if let Some(target) = target {
        let engine = engine(&global.engine)?;
        for member in &global.members {
            let upgrade = Upgrade {
                version: target.clone(),
                // AWS puts every member back on the default group of the new family.
                parameter_group: format!("default.{}", engine.family(&target)),
            };
            start_upgrade(account, &member.place, upgrade, cx.world, cx.world.now_ms);
        }
        let ends = cx.due("rds.cluster.upgrade-major", 2_400_000);
        changed.phase = Phase::until("upgrading", ends);
        changed.upgrade_to = Some(target);
    }
    account.globals.remove(&global.id);
    account.globals.insert(renamed.clone(), changed);
    view::answer(cx, account, &renamed)
}

/// The major version that a request asks for, if it asks for another one.
fn upgrade(
    cx: &Context<'_>,
    account: &Account,
    global: &GlobalCluster,
) -> Result<Option<String>, Fault> {
    let Some(asked) = cx.text("EngineVersion") else { return Ok(None) };
    if asked == global.version || asked == major(&global.version) {
        return Ok(None);
    }
    let target = engine(&global.engine)?.version(Some(&asked))?;
    if major(target) == major(&global.version) {
        return Err(fault::value(format!(
            "ModifyGlobalCluster only supports Major Version Upgrades: upgrade the member clusters \
             of {} from {} to {target} one by one.",
            global.id, global.version
        )));
    }
    if !newer(target, &global.version) {
        return Err(fault::combination(format!(
            "Cannot upgrade {} from {} to {target}",
            global.engine, global.version
        )));
    }
    if !cx.params.bool("AllowMajorVersionUpgrade").unwrap_or(false) {
        return Err(fault::combination(
            "The AllowMajorVersionUpgrade flag must be present when upgrading to a new major \
             version.",
        ));
    }
    for member in &global.members {
        let cluster = account.cluster(&member.place);
        if !cluster.is_some_and(|cluster| cluster.phase.is("available")) {
            return Err(fault::cluster_state(format!(
                "DB cluster {} is not in an available state.",
                member.place.cluster
            )));
        }
        if member.writer && account.instances_of(&member.place).next().is_none() {
            return Err(fault::cluster_state(
                "Cannot modify engine version without a primary instance in DB cluster",
            ));
        }
    }
    Ok(Some(target.to_owned()))
}

pub(super) fn delete(cx: &mut Context<'_>, account: &mut Account) -> Answer {
    let ends = cx.due("rds.global.delete", 60_000);
    let global = cx.global(account)?;
    if global.phase.is("deleting") {
        return Err(fault::global_state(format!(
            "Global cluster {} is already being deleted.",
            global.id
        )));
    }
    if global.deletion_protection {
        return Err(fault::combination(
            "Cannot delete protected Global Cluster, please disable deletion protection and try \
             again.",
        ));
    }
    if !global.members.is_empty() {
        return Err(fault::global_state(format!(
            "Global Cluster arn:aws:rds::{}:global-cluster:{} is not empty",
            cx.account, global.id
        )));
    }
    global.phase = Phase::until("deleting", ends);
    let id = global.id.clone();
    view::answer(cx, account, &id)
}
