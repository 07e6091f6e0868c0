//! CreateDBCluster: alone, as the first member of a global database, or as a secondary; and what
//! every new cluster has, wherever its data come from.

use std::collections::{BTreeMap, BTreeSet};

use super::super::context::Context;
use super::super::engines::{Engine, engine};
use super::super::roles::Role;
use super::super::state::{
    Account, ClusterPending, DbCluster, Forwarding, GlobalCluster, Member, Phase, Place,
};
use super::super::{Answer, fault, names, parameter_group, subnet_group, tags, windows};
use super::settings::Settings;
use super::view;
use crate::reply::Fault;
use crate::seed;

const QUOTA: usize = 40;
/// Secondaries of one global database.
const SECONDARIES: usize = 10;

/// What a new cluster takes from the global database that it joins, or from where its data are.
pub(super) struct Origin {
    pub(super) global: Option<String>,
    pub(super) role: Role,
    pub(super) version: String,
    pub(super) database: Option<String>,
    pub(super) username: Option<String>,
    pub(super) kms_key: Option<String>,
    /// The cluster that it is a copy of.
    pub(super) copy_of: Option<Box<DbCluster>>,
}

pub(in super::super) fn create(cx: &mut Context<'_>, account: &mut Account) -> Answer {
    let id = names::identifier("DBClusterIdentifier", &cx.required("DBClusterIdentifier")?)?;
    let engine = engine(&cx.required("Engine")?)?;
    unsupported(cx)?;
    let settings = Settings::read(cx, engine.name, None)?;
    free(cx, account, &id)?;
    let origin = origin(cx, account, engine, &settings, &id)?;
    make(cx, account, engine, settings, origin, id)
}

/// Refuses a name that is taken, and more clusters than there can be.
pub(super) fn free(cx: &Context<'_>, account: &mut Account, id: &str) -> Result<(), Fault> {
    let here = account.region_mut(cx.region);
    if here.clusters.contains_key(id) {
        return Err(fault::other("DBClusterAlreadyExistsFault", "DB Cluster already exists"));
    }
    if here.clusters.len() >= QUOTA {
        return Err(Fault::new(
            403,
            "DBClusterQuotaExceededFault",
            "The request would result in the user exceeding the allowed number of DB clusters.",
        ));
    }
    Ok(())
}

/// Makes the cluster that a request describes.
pub(super) fn make(
    cx: &mut Context<'_>,
    account: &mut Account,
    engine: &Engine,
    settings: Settings,
    origin: Origin,
    id: String,
) -> Answer {
    let tags = tags::read(&cx.params)?;
    let family = engine.family(&origin.version);
    let asked = cx.text("DBClusterParameterGroupName").unwrap_or(format!("default.{family}"));
    let parameter_group = parameter_group::usable(cx, account, &asked, &family)?;
    let asked = cx.text("DBSubnetGroupName").unwrap_or("default".to_owned());
    let subnet_group = subnet_group::usable(cx, account, &asked)?;
    let (backup_window, maintenance_window) = windows::assigned(
        &format!("{} {id}", cx.region),
        settings.backup_window.clone(),
        settings.maintenance_window.clone(),
    )?;
    let managed_secret = managed_secret(cx, &settings, &id)?;
    let secondary = matches!(origin.role, Role::Secondary { .. });
    let ends = if secondary {
        cx.due("rds.cluster.create-secondary", 900_000)
    } else {
        cx.due("rds.cluster.create", 300_000)
    };
    let copied = origin.copy_of.as_deref();
    let mut cluster = DbCluster {
        resource_id: format!("cluster-{}", cx.world.fresh_id(26)),
        created_ms: cx.world.now_ms,
        engine: engine.name.to_owned(),
        version: origin.version,
        database: origin.database,
        master_username: origin.username,
        managed_secret,
        port: copied.map_or(engine.port, |of| of.port),
        subnet_group,
        parameter_group,
        zones: zones(cx)?,
        security_groups: BTreeSet::from([seed::security_group_id(cx.region)]),
        kms_key: origin.kms_key,
        storage_type: match (&settings.storage_type, copied) {
            (Some(asked), _) => asked.clone(),
            (None, Some(of)) => of.storage_type.clone(),
            (None, None) => "aurora".to_owned(),
        },
        backup_retention: settings
            .backup_retention
            .unwrap_or(copied.map_or(1, |of| of.backup_retention)),
        backup_window,
        maintenance_window,
        deletion_protection: false,
        copy_tags: false,
        iam_auth: settings.iam_auth.unwrap_or(false),
        http_endpoint: false,
        auto_minor: true,
        logs: logs(engine, cx.params.list("EnableCloudwatchLogsExports").unwrap_or_default())?,
        backtrack_window: 0,
        scaling: None,
        network_type: "IPV4".to_owned(),
        monitoring_interval: 0,
        monitoring_role: None,
        insights: None,
        insights_mode: "standard".to_owned(),
        lifecycle_support: Some(
            cx.text("EngineLifecycleSupport").unwrap_or(EXTENDED_SUPPORT.to_owned()),
        ),
        domain: None,
        local_forwarding: false,
        forwarding: Forwarding::default(),
        roles: BTreeMap::new(),
        tags,
        writer: None,
        promote_to: None,
        global: origin.global.clone(),
        phase: Phase::until("creating", ends),
        upgrade: None,
        pending: ClusterPending::default(),
        pending_due_ms: None,
        id,
    };
    settings.check(&cluster)?;
    settings.apply(&mut cluster);
    let place = cx.here(&cluster.id);
    if let Some(global) = origin.global.and_then(|id| account.globals.get_mut(&id)) {
        global.members.push(Member {
            place: place.clone(),
            writer: !secondary,
            leaving: false,
            resync_due_ms: None,
            diverged: false,
        });
    }
    account.region_mut(cx.region).clusters.insert(cluster.id.clone(), cluster);
    view::answer(cx, account, &place)
}

pub(in super::super) const EXTENDED_SUPPORT: &str = "open-source-rds-extended-support";

/// Refuses what is obsolete in AWS, and what is not modelled here.
fn unsupported(cx: &Context<'_>) -> Result<(), Fault> {
    if let Some(mode) = cx.text("EngineMode").filter(|mode| mode != "provisioned") {
        return Err(fault::value(format!(
            "The engine mode {mode} you requested is currently unavailable."
        )));
    }
    for field in ["ReplicationSourceIdentifier", "DBClusterInstanceClass", "DBSystemId"] {
        if cx.text(field).is_some() {
            return Err(Fault::new(
                501,
                "NotImplemented",
                format!("bicoastal-local does not model {field} of CreateDBCluster"),
            ));
        }
    }
    Ok(())
}

fn origin(
    cx: &Context<'_>,
    account: &Account,
    engine: &Engine,
    settings: &Settings,
    id: &str,
) -> Result<Origin, Fault> {
    let asked_version = cx.text("EngineVersion");
    let encrypted = cx.params.bool("StorageEncrypted");
    let Some(global_id) = cx.text("GlobalClusterIdentifier").map(|id| id.to_lowercase()) else {
        if settings.global_forwarding == Some(true) {
            return Err(fault::combination(
                "Global write forwarding needs a cluster that is part of a global database.",
            ));
        }
        return Ok(Origin {
            global: None,
            role: Role::Standalone,
            version: engine.version(asked_version.as_deref())?.to_owned(),
            database: cx.text("DatabaseName"),
            username: Some(master_user(cx, settings)?),
            kms_key: kms_key(
                cx,
                encrypted.unwrap_or(cx.text("KmsKeyId").is_some()),
                &Role::Standalone,
            )?,
            copy_of: None,
        });
    };
    // The name is the account's: a cluster may join from a region that does not see it yet.
    let global = account.globals.get(&global_id).ok_or_else(|| fault::no_global(&global_id))?;
    if !global.phase.is("available") || global.failover.is_some() {
        return Err(fault::global_state(format!(
            "Global cluster {global_id} is not in an available state."
        )));
    }
    joins(cx, account, global, engine, settings, id)?;
    if encrypted.is_some_and(|encrypted| encrypted != global.encrypted) {
        return Err(fault::combination(
            "StorageEncrypted must be what it is in the global cluster.",
        ));
    }
    let version = match asked_version {
        None => global.version.clone(),
        Some(asked) => engine.version(Some(&asked))?.to_owned(),
    };
    let current = match global.writer().and_then(|writer| account.cluster(&writer.place)) {
        Some(primary) => &primary.version,
        None => &global.version,
    };
    if version != *current {
        return Err(fault::combination(format!(
            "The engine version {version} is not that of the global cluster {global_id}, {current}."
        )));
    }
    let Some(writer) = global.writer() else {
        return Ok(Origin {
            role: Role::Primary,
            version,
            database: cx.text("DatabaseName").or_else(|| global.database.clone()),
            username: Some(master_user(cx, settings)?),
            kms_key: kms_key(cx, global.encrypted, &Role::Primary)?,
            global: Some(global_id),
            copy_of: None,
        });
    };
    secondary(cx, account, global, &writer.place)?;
    let primary = account.cluster(&writer.place);
    let role = Role::Secondary { of: Some(writer.place.clone()) };
    Ok(Origin {
        kms_key: kms_key(cx, global.encrypted, &role)?,
        role,
        version,
        database: primary.and_then(|primary| primary.database.clone()),
        username: primary.and_then(|primary| primary.master_username.clone()),
        global: Some(global_id),
        copy_of: None,
    })
}

/// What holds for every member of a global database.
fn joins(
    cx: &Context<'_>,
    account: &Account,
    global: &GlobalCluster,
    engine: &Engine,
    settings: &Settings,
    id: &str,
) -> Result<(), Fault> {
    if global.engine != engine.name {
        return Err(fault::combination(format!(
            "The engine {} is not that of the global cluster {}, {}.",
            engine.name, global.id, global.engine
        )));
    }
    if settings.manage_password == Some(true) {
        return Err(fault::combination(
            "ManageMasterUserPassword is not supported for clusters of a global database.",
        ));
    }
    if settings.backtrack_window.unwrap_or(0) > 0 {
        return Err(fault::combination("Backtrack is not supported for global databases."));
    }
    if global.members.iter().any(|member| member.place.region == cx.region) {
        return Err(fault::value(format!(
            "The global cluster {} already has a member in {}.",
            global.id, cx.region
        )));
    }
    let same_name =
        |member: &Member| account.cluster(&member.place).is_some_and(|cluster| cluster.id == id);
    if global.members.iter().any(same_name) {
        return Err(fault::value(format!(
            "The members of the global cluster {} must have different identifiers: {id} is taken.",
            global.id
        )));
    }
    Ok(())
}

/// What holds for secondaries, and what their primary must be like.
fn secondary(
    cx: &Context<'_>,
    account: &Account,
    global: &GlobalCluster,
    writer: &Place,
) -> Result<(), Fault> {
    let foreign = [
        ("DatabaseName", "database name"),
        ("MasterUsername", "user name"),
        ("MasterUserPassword", "password"),
    ];
    for (field, words) in foreign {
        if cx.text(field).is_some() {
            return Err(fault::combination(format!(
                "Cannot specify {words} for cross region replication cluster"
            )));
        }
    }
    if global.members.len() > SECONDARIES {
        return Err(fault::global_state(format!(
            "Global cluster {} already has {SECONDARIES} secondary clusters.",
            global.id
        )));
    }
    let ready = !cx.world.is_gone(&writer.region)
        && account.cluster(writer).is_some_and(|primary| {
            primary.phase.is("available")
                && account.instances_of(writer).any(|instance| {
                    Some(&instance.id) == primary.writer.as_ref()
                        && !instance.phase.is("creating")
                        && !instance.phase.is("deleting")
                })
        });
    if !ready {
        return Err(fault::global_state(format!(
            "Global cluster {} has no primary cluster that is available with a writer instance.",
            global.id
        )));
    }
    let busy = |member: &Member| {
        member.leaving
            || account.cluster(&member.place).is_some_and(|other| other.phase.is("creating"))
    };
    if global.members.iter().any(busy) {
        return Err(fault::global_state(format!(
            "Global cluster {} is not in a valid state: another member is being added or removed.",
            global.id
        )));
    }
    Ok(())
}

fn master_user(cx: &Context<'_>, settings: &Settings) -> Result<String, Fault> {
    let name = cx.text("MasterUsername").ok_or_else(|| {
        fault::value("The parameter MasterUsername must be provided and must not be blank.")
    })?;
    let fits = name.len() <= 63
        && name.starts_with(|first: char| first.is_ascii_alphabetic())
        && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_');
    if !fits {
        return Err(fault::value(
            "The parameter MasterUsername is not a valid identifier: it must begin with a letter.",
        ));
    }
    let reserved = ["admin", "rdsadmin", "postgres_admin", "replication"];
    let mysql = cx.params.get("Engine") == Some("aurora-mysql");
    if reserved.contains(&name.as_str()) && !(mysql && name == "admin") {
        return Err(fault::value(format!(
            "MasterUsername {name} cannot be used as it is a reserved word used by the engine"
        )));
    }
    if !settings.password && settings.manage_password != Some(true) {
        return Err(fault::value(
            "The parameter MasterUserPassword must be provided and must not be blank.",
        ));
    }
    Ok(name)
}

fn kms_key(cx: &Context<'_>, encrypted: bool, role: &Role) -> Result<Option<String>, Fault> {
    let named = cx.text("KmsKeyId");
    if !encrypted {
        return match named {
            Some(_) => {
                Err(fault::combination("KmsKeyId can be specified only for an encrypted cluster."))
            }
            None => Ok(None),
        };
    }
    if named.is_none() && matches!(role, Role::Secondary { .. }) {
        return Err(fault::combination(
            "For encrypted cross-region replica, kmsKeyId should be explicitly specified",
        ));
    }
    cx.key(named.as_deref()).map(Some)
}

pub(super) fn managed_secret(
    cx: &mut Context<'_>,
    settings: &Settings,
    id: &str,
) -> Result<Option<(String, String)>, Fault> {
    if settings.manage_password != Some(true) {
        return Ok(None);
    }
    let named = cx.text("MasterUserSecretKmsKeyId");
    let key = cx.key(Some(named.as_deref().unwrap_or("alias/aws/secretsmanager")))?;
    let (region, number) = (cx.region, cx.account);
    let suffix = cx.world.fresh_id(6);
    let secret =
        format!("arn:aws:secretsmanager:{region}:{number}:secret:rds!cluster-{id}-{suffix}");
    Ok(Some((secret, key)))
}

pub(super) fn logs(engine: &Engine, types: Vec<String>) -> Result<BTreeSet<String>, Fault> {
    for name in &types {
        if !engine.logs.contains(&name.as_str()) {
            return Err(fault::combination(format!(
                "You cannot use the log types '{name}' with engine version {}.",
                engine.name
            )));
        }
    }
    Ok(types.into_iter().collect())
}

/// The zones of the storage: those asked for, and as many more as make three.
fn zones(cx: &Context<'_>) -> Result<BTreeSet<String>, Fault> {
    let asked = cx.params.list("AvailabilityZones").unwrap_or_default();
    if asked.len() > 3 {
        return Err(fault::value("A DB cluster has at most three Availability Zones."));
    }
    for zone in &asked {
        let letter = zone.strip_prefix(cx.region).unwrap_or_default();
        if letter.len() != 1 || !letter.bytes().all(|c| (b'a'..=b'f').contains(&c)) {
            return Err(fault::value(format!("Invalid Availability Zone: {zone}")));
        }
    }
    let mut zones: BTreeSet<String> = asked.into_iter().collect();
    for zone in seed::zones(cx.region) {
        if zones.len() < 3 {
            zones.insert(zone);
        }
    }
    Ok(zones)
}
