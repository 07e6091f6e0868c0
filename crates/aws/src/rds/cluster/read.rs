//! How a cluster is read, and what is around one that is to be made.

use std::collections::BTreeMap;

use aws_sdk_rds::types;
use bicoastal_model::{Addition, Goal, OpError, Packed, Region, Snapshot, Status, Target};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use crate::cx::{Cx, Purpose};
use crate::ownership::ownership;
use crate::rds::engine::major;
use crate::rds::global::read::{Member, find, members};
use crate::rds::subnet_group::region;
use crate::rds::tags::put;
use crate::rds::{listing, tags};

/// What a cluster is in its global database.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(in crate::rds) enum Role {
    /// In none.
    #[default]
    Alone,
    /// The one that writes.
    Writer,
    /// One that follows the writer.
    Secondary,
}

/// The facts of a cluster that a step goes by.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(in crate::rds) struct Facts {
    pub(in crate::rds) role: Role,
    /// RDS's word for how it is doing.
    pub(in crate::rds) status: String,
    /// The full version.
    pub(in crate::rds) version: String,
    /// The other members of its global database, by ARN.
    pub(in crate::rds) others: Vec<String>,
    /// Its instances, by name.
    pub(in crate::rds) instances: Vec<String>,
    /// `enabling`, `enabled`, …, of a secondary.
    pub(in crate::rds) write_forwarding: Option<String>,
    /// The roles that are being associated or taken away, with RDS's word for it.
    pub(in crate::rds) roles_changing: Vec<String>,
    /// What is set to happen in the maintenance window.
    pub(in crate::rds) pending: Vec<String>,
}

/// The global database that a new cluster is to join.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Around {
    /// RDS's word for what is being done with it, where it is not available.
    pub(super) busy: Option<String>,
    pub(super) version: String,
    pub(super) database: Option<String>,
    pub(super) encrypted: bool,
    pub(super) members: Vec<Member>,
    /// Whether the member that writes has an instance that does.
    pub(super) writing: bool,
}

/// Statuses that do not get better by waiting.
const FAILED: &[&str] = &[
    "failed",
    "inaccessible-encryption-credentials",
    "incompatible-network",
    "incompatible-parameters",
    "incompatible-restore",
    "storage-full",
];

pub(super) async fn read(cx: &Cx, target: &Target) -> Result<Option<Snapshot>, OpError> {
    let region = region(target);
    let name = target.physical.as_deref().unwrap_or(target.text("identifier"));
    let Some(mut cluster) = listing::cluster(cx, region, name).await? else { return Ok(None) };
    let global = target.text("global_cluster");
    if !global.is_empty() && cluster.global_cluster_identifier().is_none_or(str::is_empty) {
        // A cluster that does not say of what it is a part may still be: its global database knows.
        let global = listing::global(cx, region, global).await?;
        let own = |member: &Member| Some(member.arn.as_str()) == cluster.db_cluster_arn();
        cluster.global_cluster_identifier = global
            .filter(|global| members(global).iter().any(own))
            .and_then(|global| global.global_cluster_identifier);
    }
    Ok(Some(snapshot(cx, region, target, &cluster).await?))
}

/// Looks again at one that is to be there. What it is in its global database is taken as it was at
/// the last look: where that changes meanwhile, the next plan sees what is left to do.
pub(super) async fn poll(
    cx: &Cx,
    target: &Target,
    known: &Snapshot,
    goal: &Goal,
) -> Result<Option<Snapshot>, OpError> {
    let region = region(target);
    let Some(cluster) = listing::cluster(cx, region, &known.physical).await? else {
        return Ok(None);
    };
    match goal {
        Goal::Present { .. } => {
            let Facts { role, others, .. } = facts(known);
            Ok(Some(described(region, target, &cluster, role, others)))
        }
        Goal::Absent { .. } => Ok(Some(snapshot(cx, region, target, &cluster).await?)),
    }
}

/// A cluster that was just made, with these tags.
pub(super) fn told(
    region: Region,
    target: &Target,
    cluster: &types::DbCluster,
    secondary: bool,
    sent: &BTreeMap<String, String>,
) -> Snapshot {
    let mut cluster = cluster.clone();
    cluster.tag_list = Some(tags::list(sent));
    let role = match cluster.global_cluster_identifier().unwrap_or_default() {
        "" => Role::Alone,
        _ if secondary => Role::Secondary,
        _ => Role::Writer,
    };
    described(region, target, &cluster, role, Vec::new())
}

/// A cluster as a snapshot.
pub(super) async fn snapshot(
    cx: &Cx,
    region: Region,
    target: &Target,
    cluster: &types::DbCluster,
) -> Result<Snapshot, OpError> {
    let (role, others) = membership(cx, region, cluster).await?;
    Ok(described(region, target, cluster, role, others))
}

fn described(
    region: Region,
    target: &Target,
    cluster: &types::DbCluster,
    role: Role,
    others: Vec<String>,
) -> Snapshot {
    let arn = cluster.db_cluster_arn().unwrap_or_default();
    let name = cluster.db_cluster_identifier().unwrap_or_default();
    let status = cluster.status().unwrap_or_default();
    let tags = tags::map(cluster.tag_list());
    let instances: Vec<String> = cluster
        .db_cluster_members()
        .iter()
        .filter_map(|member| member.db_instance_identifier.clone())
        .collect();
    let mut props = props(cluster, target);
    props.insert("tags".into(), json!(tags));
    let pending = pending(cluster, target, &mut props);
    let changing = |role: &types::DbClusterRole| {
        let status = role.status().filter(|status| matches!(*status, "PENDING" | "REMOVING"))?;
        Some(format!("{} {status}", role.role_arn().unwrap_or_default()))
    };
    let facts = Facts {
        role,
        roles_changing: cluster.associated_roles().iter().filter_map(changing).collect(),
        status: status.to_owned(),
        version: cluster.engine_version().unwrap_or_default().to_owned(),
        others,
        instances: instances.clone(),
        write_forwarding: cluster
            .global_write_forwarding_status()
            .map(|status| status.as_str().to_owned())
            .filter(|_| role == Role::Secondary),
        pending,
    };
    let mut outputs = BTreeMap::new();
    let texts = [
        ("arn", cluster.db_cluster_arn()),
        ("identifier", cluster.db_cluster_identifier()),
        ("endpoint", cluster.endpoint()),
        ("reader_endpoint", cluster.reader_endpoint()),
        ("hosted_zone_id", cluster.hosted_zone_id()),
        ("db_cluster_resource_id", cluster.db_cluster_resource_id()),
        ("master_secret_arn", cluster.master_user_secret().and_then(|it| it.secret_arn())),
    ];
    for (output, text) in texts {
        if let Some(text) = text {
            outputs.insert(output.to_owned(), json!(text));
        }
    }
    if let Some(port) = cluster.port() {
        outputs.insert("port".to_owned(), json!(port));
    }
    Snapshot {
        physical: name.to_owned(),
        props: Value::Object(props),
        outputs,
        status: match status {
            // A stopped cluster is at rest.
            "available" | "stopped" | "" => Status::Ready,
            word if FAILED.contains(&word) => Status::Failed(format!("{arn} is {word}")),
            word => Status::Busy(word.to_owned()),
        },
        ownership: ownership(target, &tags),
        // Instances that Aurora Auto Scaling made come and go as it likes.
        children: instances
            .iter()
            .filter(|id| !id.starts_with("application-autoscaling-"))
            .map(|id| Addition {
                kind: "RDS:DBInstance".to_owned(),
                identity: json!({ "identifier": id }),
                label: format!("{id} in {name} ({region})"),
            })
            .collect(),
        facts: facts_map(&facts),
    }
}

fn facts_map(facts: &Facts) -> BTreeMap<String, Value> {
    let value = serde_json::to_value(facts).unwrap_or(Value::Null);
    serde_json::from_value(value).unwrap_or_default()
}

/// The facts of a snapshot.
pub(in crate::rds) fn facts(seen: &Snapshot) -> Facts {
    let facts = seen.facts.iter().map(|(name, value)| (name.clone(), value.clone())).collect();
    serde_json::from_value(Value::Object(facts)).unwrap_or_default()
}

/// What the cluster is in its global database, and who else is in it. Every member sees all. Only
/// steps go by it: for a plan it is not read.
pub(in crate::rds) async fn membership(
    cx: &Cx,
    region: Region,
    cluster: &types::DbCluster,
) -> Result<(Role, Vec<String>), OpError> {
    let global = cluster.global_cluster_identifier().filter(|id| !id.is_empty());
    let Some(id) = global.filter(|_| cx.purpose() == Purpose::Turn) else {
        return Ok((Role::Alone, Vec::new()));
    };
    let Some(global) = listing::global(cx, region, id).await? else {
        return Ok((Role::Alone, Vec::new()));
    };
    let members = members(&global);
    let own = |member: &&Member| Some(member.arn.as_str()) == cluster.db_cluster_arn();
    let role = match members.iter().find(own) {
        None => return Ok((Role::Alone, Vec::new())),
        Some(member) if member.writer => Role::Writer,
        Some(_) => Role::Secondary,
    };
    let others = members.iter().filter(|member| !own(member)).map(|it| it.arn.clone()).collect();
    Ok((role, others))
}

fn props(cluster: &types::DbCluster, target: &Target) -> Map<String, Value> {
    let mut props = Map::new();
    put(&mut props, "identifier", cluster.db_cluster_identifier());
    put(&mut props, "engine", cluster.engine());
    put(&mut props, "engine_version", cluster.engine_version());
    let global = cluster.global_cluster_identifier().filter(|id| !id.is_empty());
    put(&mut props, "global_cluster", global);
    put(&mut props, "database_name", cluster.database_name());
    put(&mut props, "master_username", cluster.master_username());
    put(&mut props, "subnet_group", cluster.db_subnet_group());
    // The default group is what a cluster has that says nothing.
    let mentioned = target.text("parameter_group");
    let group = cluster
        .db_cluster_parameter_group()
        .filter(|group| !group.starts_with("default.") || *group == mentioned);
    put(&mut props, "parameter_group", group);
    let mut security_groups: Vec<&str> = cluster
        .vpc_security_groups()
        .iter()
        .filter(|group| group.status() != Some("removing"))
        .filter_map(|group| group.vpc_security_group_id())
        .collect();
    security_groups.sort_unstable();
    props.insert("security_group_ids".into(), json!(security_groups));
    put(&mut props, "port", cluster.port());
    put(&mut props, "storage_encrypted", cluster.storage_encrypted());
    put(&mut props, "kms_key", cluster.kms_key_id());
    // Standard storage reads back as nothing.
    let storage = cluster.storage_type().filter(|storage| !storage.is_empty());
    put(&mut props, "storage_type", Some(storage.unwrap_or("aurora")));
    props.insert("availability_zones".into(), json!(cluster.availability_zones()));
    put(&mut props, "backup_retention_days", cluster.backup_retention_period());
    put(&mut props, "backup_window", cluster.preferred_backup_window());
    put(&mut props, "maintenance_window", cluster.preferred_maintenance_window());
    put(&mut props, "deletion_protection", cluster.deletion_protection());
    put(&mut props, "copy_tags_to_snapshot", cluster.copy_tags_to_snapshot());
    put(&mut props, "iam_authentication", cluster.iam_database_authentication_enabled());
    put(&mut props, "http_endpoint", cluster.http_endpoint_enabled());
    let mut logs: Vec<&String> = cluster.enabled_cloudwatch_logs_exports().iter().collect();
    logs.sort_unstable();
    props.insert("cloudwatch_logs".into(), json!(logs));
    if let Some(scaling) = cluster.serverless_v2_scaling_configuration() {
        let mut object = Map::new();
        put(&mut object, "min", scaling.min_capacity());
        put(&mut object, "max", scaling.max_capacity());
        put(&mut object, "seconds_until_pause", scaling.seconds_until_auto_pause());
        props.insert("serverless_scaling".into(), Value::Object(object));
    }
    // The wish is kept whatever the role; whether it is in effect is another matter.
    let forwarding = cluster.global_write_forwarding_requested();
    put(&mut props, "global_write_forwarding", forwarding);
    let local = cluster
        .local_write_forwarding_status()
        .map(|status| matches!(status.as_str(), "enabled" | "enabling" | "requested"));
    put(&mut props, "local_write_forwarding", local);
    put(&mut props, "backtrack_window_seconds", cluster.backtrack_window());
    put(&mut props, "lifecycle_support", cluster.engine_lifecycle_support());
    let secret = cluster.master_user_secret();
    put(&mut props, "manage_master_password", Some(secret.is_some()));
    put(&mut props, "master_secret_key", secret.and_then(|secret| secret.kms_key_id()));
    put(&mut props, "network_type", cluster.network_type());
    put(&mut props, "monitoring_interval", cluster.monitoring_interval());
    put(&mut props, "monitoring_role", cluster.monitoring_role_arn());
    put(&mut props, "performance_insights", cluster.performance_insights_enabled());
    let kept = cluster.performance_insights_retention_period();
    put(&mut props, "performance_insights_retention_days", kept);
    put(&mut props, "performance_insights_key", cluster.performance_insights_kms_key_id());
    let insights = cluster.database_insights_mode().map(|mode| mode.as_str());
    put(&mut props, "database_insights", insights);
    let domains = cluster.domain_memberships();
    // While it is left it counts as left.
    let domain = domains.iter().find(|it| !it.status().is_some_and(|word| word.contains("disabl")));
    if let Some(domain) = domain {
        let mut object = Map::new();
        put(&mut object, "id", domain.domain());
        put(&mut object, "iam_role_name", domain.iam_role_name());
        props.insert("domain".into(), Value::Object(object));
    }
    let roles: Vec<Value> = cluster
        .associated_roles()
        .iter()
        .filter(|role| role.status() != Some("REMOVING"))
        .map(|role| {
            let mut object = Map::new();
            put(&mut object, "role", role.role_arn());
            let feature = role.feature_name().filter(|feature| !feature.is_empty());
            put(&mut object, "feature", feature);
            Value::Object(object)
        })
        .collect();
    props.insert("roles".into(), json!(roles));
    props
}

/// What waits for the maintenance window is as good as done: it is laid over what is there.
fn pending(
    cluster: &types::DbCluster,
    target: &Target,
    props: &mut Map<String, Value>,
) -> Vec<String> {
    let Some(pending) = cluster.pending_modified_values() else { return Vec::new() };
    let mut over = Map::new();
    put(&mut over, "engine_version", pending.engine_version());
    put(&mut over, "backup_retention_days", pending.backup_retention_period());
    put(&mut over, "iam_authentication", pending.iam_database_authentication_enabled());
    put(&mut over, "storage_type", pending.storage_type());
    let mut names: Vec<String> = over.keys().cloned().collect();
    if pending.master_user_password().is_some() {
        names.push("master_password".to_owned());
    }
    // A new major version brings a parameter group of its own family along, and AWS does not say
    // which: that the one declared is it, is believed.
    let current = cluster.engine_version().unwrap_or_default();
    let group = target.text("parameter_group");
    if pending.engine_version().is_some_and(|next| major(next) != major(current))
        && !group.is_empty()
    {
        put(&mut over, "parameter_group", Some(group));
    }
    props.extend(over);
    names
}

/// The global database around a cluster that is to be made; null where it joins none.
pub(super) async fn around(cx: &Cx, target: &Target) -> Result<Value, OpError> {
    let id = target.text("global_cluster");
    if id.is_empty() {
        return Ok(Value::Null);
    }
    let mut regions = vec![region(target)];
    let others = target.props["global_regions"].as_array();
    for other in others.into_iter().flatten().filter_map(Packed::as_str) {
        if let Ok(other) = other.parse()
            && !regions.contains(&other)
        {
            regions.push(other);
        }
    }
    let Some((_, global)) = find(cx, &regions, id).await? else { return Ok(Value::Null) };
    let mut around = Around {
        busy: global.status().filter(|status| *status != "available").map(str::to_owned),
        version: global.engine_version().unwrap_or_default().to_owned(),
        database: global.database_name().map(str::to_owned),
        encrypted: global.storage_encrypted().unwrap_or(false),
        members: members(&global),
        writing: false,
    };
    for member in &mut around.members {
        let Some(region) = listing::region_of(&member.arn) else { continue };
        let cluster = listing::cluster(cx, region, listing::name_of(&member.arn)).await?;
        let Some(cluster) = cluster else { continue };
        if member.writer {
            around.writing = writes(cx, region, &cluster).await?;
        }
        member.status = cluster.status;
        member.version = cluster.engine_version;
    }
    Ok(json!(around))
}

/// Whether a cluster has an instance that writes.
async fn writes(cx: &Cx, region: Region, cluster: &types::DbCluster) -> Result<bool, OpError> {
    let writer = cluster
        .db_cluster_members()
        .iter()
        .find(|member| member.is_cluster_writer() == Some(true))
        .and_then(|member| member.db_instance_identifier());
    let Some(writer) = writer else { return Ok(false) };
    let instance = listing::instance(cx, region, writer).await?;
    Ok(instance.is_some_and(|instance| {
        !matches!(instance.db_instance_status(), Some("creating" | "deleting"))
    }))
}
