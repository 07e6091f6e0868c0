//! CreateDBInstance: a reader or, where there is none, the writer.

use super::super::cluster::settings::{insights, int, monitoring, monitoring_interval};
use super::super::context::Context;
use super::super::roles::{Role, role};
use super::super::state::{Account, DbCluster, DbInstance, InstancePending, Phase, Place};
use super::super::{Answer, fault, names, roles, subnet_group, tags, windows};
use super::{check_class, refuse_clusters_own, view};
use crate::reply::Fault;

const QUOTA: usize = 40;
/// Readers beside a writer.
const READERS: usize = 15;
/// Certificate authorities; the first is the default.
pub(super) const AUTHORITIES: [&str; 3] =
    ["rds-ca-rsa2048-g1", "rds-ca-ecc384-g1", "rds-ca-rsa4096-g1"];

pub(in super::super) fn create(cx: &mut Context<'_>, account: &mut Account) -> Answer {
    let id = names::identifier("DBInstanceIdentifier", &cx.required("DBInstanceIdentifier")?)?;
    let class = cx.required("DBInstanceClass")?;
    let engine = cx.required("Engine")?;
    let tags = tags::read(&cx.params)?;
    let Some(cluster) = cx.text("DBClusterIdentifier") else {
        return Err(fault::combination(format!(
            "bicoastal-local models members of Aurora clusters: DBClusterIdentifier is needed for \
             the engine {engine}."
        )));
    };
    refuse_clusters_own(cx)?;
    let place = cx.here(&cx.name_in("cluster", &cluster));
    let here = account.region_mut(cx.region);
    if here.instances.contains_key(&id) {
        return Err(fault::other("DBInstanceAlreadyExists", "DB instance already exists"));
    }
    if here.instances.len() >= QUOTA {
        return Err(fault::other(
            "InstanceQuotaExceeded",
            "The request would result in the user exceeding the allowed number of DB instances.",
        ));
    }
    let cluster = account.cluster(&place).ok_or_else(|| fault::no_cluster(&place.cluster))?.clone();
    if engine != cluster.engine {
        return Err(fault::combination(format!(
            "The engine name requested for your DB instance ({engine}) doesn't match the engine \
             name of your DB cluster ({}).",
            cluster.engine
        )));
    }
    if let Some(version) = cx.text("EngineVersion").filter(|asked| *asked != cluster.version) {
        return Err(fault::combination(format!(
            "The engine version that you requested for your DB instance ({version}) does not match \
             the engine version of your DB cluster ({}).",
            cluster.version
        )));
    }
    check_class(&class, &cluster)?;
    if !matches!(cluster.phase.status.as_str(), "available" | "modifying") {
        return Err(fault::cluster_state(format!(
            "DB cluster {} is not in an available state (it is {}).",
            cluster.id, cluster.phase.status
        )));
    }
    room(account, &cluster, &place)?;
    let zone = zone(cx, account, &cluster, &place)?;
    let interval = monitoring_interval(cx)?.unwrap_or(cluster.monitoring_interval);
    let monitoring_role = cx.text("MonitoringRoleArn").or(cluster.monitoring_role.clone());
    monitoring(interval, monitoring_role.as_ref())?;
    let maintenance = cx
        .text("PreferredMaintenanceWindow")
        .map(|text| windows::maintenance(&text))
        .transpose()?;
    let (_, maintenance_window) = windows::assigned(
        &format!("{} {id}", cx.region),
        Some(cluster.backup_window.clone()),
        maintenance,
    )?;
    let family_group = parameter_group(cx, account, &cluster)?
        .unwrap_or_else(|| super::view::default_parameter_group(&cluster));
    let instance = DbInstance {
        resource_id: format!("db-{}", cx.world.fresh_id(26)),
        created_ms: cx.world.now_ms,
        cluster: cluster.id.clone(),
        class,
        zone,
        promotion_tier: int(cx, "PromotionTier", 0, 15)?.unwrap_or(1),
        maintenance_window,
        parameter_group: family_group,
        auto_minor: cx.params.bool("AutoMinorVersionUpgrade").unwrap_or(true),
        public: cx.params.bool("PubliclyAccessible").unwrap_or(false),
        copy_tags: cx.params.bool("CopyTagsToSnapshot").unwrap_or(false),
        ca: authority(cx)?.unwrap_or(AUTHORITIES[0].to_owned()),
        monitoring_interval: interval,
        monitoring_role: monitoring_role.filter(|_| interval > 0),
        insights: insights(cx, None)?.unwrap_or(cluster.insights),
        tags,
        pending_reboot: false,
        phase: Phase::until("creating", cx.due("rds.instance.create", 600_000)),
        pending: InstancePending::default(),
        pending_due_ms: None,
        id,
    };
    let id = instance.id.clone();
    account.region_mut(cx.region).instances.insert(id.clone(), instance);
    roles::reconcile(account, cx.world, cx.world.now_ms);
    view::answer(cx, account, &id)
}

/// A writer and 15 readers; secondaries of the global database count as readers of its primary.
fn room(account: &Account, cluster: &DbCluster, place: &Place) -> Result<(), Fault> {
    let present = account.instances_of(place).count();
    let most = match (role(account, cluster, place), account.global_of(cluster)) {
        (Role::Secondary { .. }, _) => READERS + 1,
        (Role::Primary, Some(global)) => 1 + READERS + 1 - global.members.len(),
        _ => 1 + READERS,
    };
    if present >= most {
        return Err(fault::other(
            "InstanceQuotaExceeded",
            format!("DB cluster {} can have no more than {most} instances.", cluster.id),
        ));
    }
    Ok(())
}

/// The zone asked for, or the one of the subnet group with the fewest instances.
fn zone(
    cx: &Context<'_>,
    account: &Account,
    cluster: &DbCluster,
    place: &Place,
) -> Result<String, Fault> {
    let zones = subnet_group::zones(account, cx.region, &cluster.subnet_group);
    match cx.text("AvailabilityZone") {
        Some(zone) if zones.contains(&zone) => Ok(zone),
        Some(zone) => Err(fault::other(
            "InvalidVPCNetworkStateFault",
            format!(
                "The DB subnet group {} has no subnet in the Availability Zone {zone}.",
                cluster.subnet_group
            ),
        )),
        None => zones
            .into_iter()
            .min_by_key(|zone| account.instances_of(place).filter(|i| i.zone == *zone).count())
            .ok_or_else(|| fault::no_subnet_group(&cluster.subnet_group)),
    }
}

/// The group that is asked for: DB parameter groups, those of instances, are not modelled but for the
/// default ones and those that are said to be there.
pub(super) fn parameter_group(
    cx: &Context<'_>,
    account: &mut Account,
    cluster: &DbCluster,
) -> Result<Option<String>, Fault> {
    let Some(name) = cx.text("DBParameterGroupName") else { return Ok(None) };
    let is_there = name == super::view::default_parameter_group(cluster)
        || account.region_mut(cx.region).instance_parameter_groups.contains(&name);
    is_there.then_some(Some(name.clone())).ok_or_else(|| {
        Fault::new(404, "DBParameterGroupNotFound", format!("DBParameterGroup not found: {name}"))
    })
}

pub(super) fn authority(cx: &Context<'_>) -> Result<Option<String>, Fault> {
    match cx.text("CACertificateIdentifier") {
        Some(name) if !AUTHORITIES.contains(&name.as_str()) => {
            Err(Fault::new(404, "CertificateNotFound", format!("Certificate not found: {name}")))
        }
        name => Ok(name),
    }
}
