//! How an instance is read and changed.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use aws_sdk_rds::types;
use bicoastal_model::{Deletes, Goal, OpError, Region, Snapshot, Status, Target};
use serde_json::{Map, Value, json};

use super::DbInstance;
use crate::cx::{Cx, Purpose};
use crate::kind::{Kind, Listed, Next, Turn, TurnGoal};
use crate::ownership::ownership;
use crate::rds::cluster::read::{Role, membership};
use crate::rds::errors::{NO_INSTANCE, deleted, failed};
use crate::rds::insights::refuse_another_key;
use crate::rds::subnet_group::region;
use crate::rds::tags::{self, TagCall, put};
use crate::rds::{Engine, listing};

/// A call on an instance.
#[derive(Clone, Debug)]
pub enum Call {
    Create(Box<DbInstance>),
    /// These properties, which `wanted` has or which go back to their defaults.
    Modify {
        wanted: Box<DbInstance>,
        changed: BTreeSet<&'static str>,
    },
    Delete,
    Tags(String, TagCall),
}

/// Seconds between two looks at an instance that RDS works on.
const POLL: u64 = 20;
/// A look at a region's instances serves all that wait there for so long: less than [`POLL`], so
/// that nobody is shown what was before its own last look.
const POLL_SHARED: Duration = Duration::from_secs(POLL - 5);

/// Statuses that do not get better by waiting.
const FAILED: &[&str] = &[
    "failed",
    "inaccessible-encryption-credentials",
    "incompatible-network",
    "incompatible-option-group",
    "incompatible-parameters",
    "incompatible-restore",
    "insufficient-capacity",
    "restore-error",
    "storage-full",
];

const MODIFIABLE: &[&str] = &[
    "auto_minor_version_upgrade",
    "ca_certificate",
    "class",
    "maintenance_window",
    "monitoring_interval",
    "monitoring_role",
    "parameter_group",
    "performance_insights",
    "performance_insights_key",
    "performance_insights_retention_days",
    "promotion_tier",
    "publicly_accessible",
];

impl Kind for DbInstance {
    type Call = Call;

    async fn listed(cx: &Cx, region: Region) -> Result<Vec<Listed>, OpError> {
        crate::rds::listed::instances(cx, region).await
    }

    async fn read(cx: &Cx, target: &Target) -> Result<Option<Snapshot>, OpError> {
        let region = region(target);
        let name = target.physical.as_deref().unwrap_or(target.text("identifier"));
        let Some(instance) = listing::instance(cx, region, name).await? else { return Ok(None) };
        let facts = facts(cx, region, &instance).await?;
        Ok(Some(snapshot(target, &instance, facts)))
    }

    fn refuses_twins(_: &Target) -> bool {
        true
    }

    /// All that wait in a region look at once.
    async fn poll(
        cx: &Cx,
        target: &Target,
        known: &Snapshot,
        goal: &Goal,
    ) -> Result<Option<Snapshot>, OpError> {
        if matches!(goal, Goal::Absent { .. }) {
            return Self::read(cx, target).await;
        }
        let region = region(target);
        let all = listing::recent_instances(cx, region, POLL_SHARED).await?;
        let found = match all.get(&known.physical.to_lowercase()) {
            Some(found) => Some(found.clone()),
            None => listing::instance(cx, region, &known.physical).await?,
        };
        Ok(found.map(|instance| snapshot(target, &instance, status(&instance))))
    }

    fn step(turn: &Turn<'_, Self>) -> Next<Call> {
        match &turn.goal {
            TurnGoal::Present { wanted, .. } => present(turn, wanted),
            TurnGoal::Absent { .. } => absent(turn),
        }
    }

    async fn call(cx: &Cx, target: &Target, call: &Call) -> Result<Option<String>, OpError> {
        let region = region(target);
        let client = cx.rds_write(region);
        let name = target.physical.as_deref().unwrap_or(target.text("identifier"));
        match call {
            Call::Create(wanted) => create(cx, region, target, wanted).await,
            Call::Modify { wanted, changed } => modify(cx, region, name, wanted, changed).await,
            Call::Delete => {
                let sent = client
                    .delete_db_instance()
                    .db_instance_identifier(name)
                    .skip_final_snapshot(true)
                    .send()
                    .await;
                deleted("DeleteDBInstance", region, NO_INSTANCE, sent)
            }
            Call::Tags(arn, change) => change.send(cx, region, arn).await,
        }
    }

    fn deletes(call: &Call) -> Deletes {
        Deletes::whole(matches!(call, Call::Delete))
    }

    fn name(call: &Call) -> &'static str {
        match call {
            Call::Create(_) => "CreateDBInstance",
            Call::Modify { .. } => "ModifyDBInstance",
            Call::Delete => "DeleteDBInstance",
            Call::Tags(_, change) => change.name(),
        }
    }
}

fn present(turn: &Turn<'_, DbInstance>, wanted: &DbInstance) -> Next<Call> {
    let Some(seen) = turn.seen else {
        return Next::Call(Call::Create(Box::new(wanted.clone())));
    };
    if let Some(words) = turn.failed() {
        return Next::refuse(words, "see its events in the RDS console");
    }
    if let Some(word) = turn.busy() {
        return Next::wait(format!("instance {word}"), POLL, 5400);
    }
    if let Some(refusal) = refuse_another_key(turn) {
        return refusal;
    }
    let changed: BTreeSet<&'static str> =
        MODIFIABLE.iter().copied().filter(|field| turn.changed(field)).collect();
    if !changed.is_empty() {
        if seen.facts.get("status") == Some(&json!("stopped")) {
            return Next::refuse(
                format!("{} is stopped: nothing of it can be changed", seen.physical),
                "start its cluster, then run again",
            );
        }
        return Next::Call(Call::Modify { wanted: Box::new(wanted.clone()), changed });
    }
    match tags::next(turn) {
        Some((arn, change)) => Next::Call(Call::Tags(arn, change)),
        None => Next::Done,
    }
}

fn absent(turn: &Turn<'_, DbInstance>) -> Next<Call> {
    let Some(seen) = turn.seen else { return Next::Done };
    if let Some(word @ ("deleting" | "upgrading" | "starting" | "stopping")) = turn.busy() {
        return Next::wait(format!("instance {word}"), 20, 5400);
    }
    // Aurora keeps the last instance of a writing cluster for those that follow it.
    let followers = seen.facts.get("followers").and_then(Value::as_array);
    let names: Vec<&str> =
        followers.into_iter().flatten().filter_map(Value::as_str).map(listing::name_of).collect();
    if seen.facts.get("last_writer") == Some(&json!(true)) && !names.is_empty() {
        return Next::wait(format!("{} to leave first", names.join(", ")), 20, 2 * 3600);
    }
    Next::Call(Call::Delete)
}

/// RDS's word for how it is doing.
fn status(instance: &types::DbInstance) -> BTreeMap<String, Value> {
    BTreeMap::from([("status".to_owned(), json!(instance.db_instance_status()))])
}

/// What a step goes by: whether it is the last instance of a cluster that others follow. A plan
/// does not.
async fn facts(
    cx: &Cx,
    region: Region,
    instance: &types::DbInstance,
) -> Result<BTreeMap<String, Value>, OpError> {
    let mut facts = status(instance);
    let name = instance.db_cluster_identifier().filter(|_| cx.purpose() == Purpose::Turn);
    let Some(name) = name else { return Ok(facts) };
    let Some(cluster) = &listing::cluster(cx, region, name).await? else { return Ok(facts) };
    let own = |member: &&types::DbClusterMember| {
        member.db_instance_identifier() == instance.db_instance_identifier()
    };
    let members = cluster.db_cluster_members();
    if let Some(member) = members.iter().find(own) {
        let role = if member.is_cluster_writer() == Some(true) { "writer" } else { "reader" };
        facts.insert("role".to_owned(), json!(role));
        if let Some(status) = member.db_cluster_parameter_group_status() {
            facts.insert("parameter_group_status".to_owned(), json!(status));
        }
    }
    let (role, others) = membership(cx, region, cluster).await?;
    facts.insert(
        "last_writer".to_owned(),
        json!(role == Role::Writer && members.iter().all(|member| own(&member))),
    );
    facts.insert("followers".to_owned(), json!(others));
    Ok(facts)
}

fn snapshot(
    target: &Target,
    instance: &types::DbInstance,
    facts: BTreeMap<String, Value>,
) -> Snapshot {
    let tags = tags::map(instance.tag_list());
    let name = instance.db_instance_identifier().unwrap_or_default();
    // What is set to happen counts as there.
    let pending = instance.pending_modified_values();
    let class =
        pending.and_then(|pending| pending.db_instance_class()).or(instance.db_instance_class());
    let ca = pending
        .and_then(|pending| pending.ca_certificate_identifier())
        .or(instance.ca_certificate_identifier());
    let mut props = Map::new();
    props.insert("identifier".into(), json!(name));
    put(&mut props, "cluster", instance.db_cluster_identifier());
    put(&mut props, "engine", instance.engine());
    put(&mut props, "class", class);
    put(&mut props, "availability_zone", instance.availability_zone());
    put(&mut props, "promotion_tier", instance.promotion_tier());
    put(&mut props, "auto_minor_version_upgrade", instance.auto_minor_version_upgrade());
    put(&mut props, "publicly_accessible", instance.publicly_accessible());
    put(&mut props, "ca_certificate", ca);
    let group = instance.db_parameter_groups().first();
    put(&mut props, "parameter_group", group.and_then(|group| group.db_parameter_group_name()));
    put(&mut props, "maintenance_window", instance.preferred_maintenance_window());
    put(&mut props, "monitoring_interval", instance.monitoring_interval());
    put(&mut props, "monitoring_role", instance.monitoring_role_arn());
    put(&mut props, "performance_insights", instance.performance_insights_enabled());
    let kept = instance.performance_insights_retention_period();
    put(&mut props, "performance_insights_retention_days", kept);
    put(&mut props, "performance_insights_key", instance.performance_insights_kms_key_id());
    props.insert("tags".into(), json!(tags));
    let mut outputs = BTreeMap::new();
    let texts = [
        ("arn", instance.db_instance_arn()),
        ("identifier", instance.db_instance_identifier()),
        ("endpoint", instance.endpoint().and_then(|endpoint| endpoint.address())),
        ("dbi_resource_id", instance.dbi_resource_id()),
    ];
    for (output, text) in texts {
        if let Some(text) = text {
            outputs.insert(output.to_owned(), json!(text));
        }
    }
    Snapshot {
        physical: name.to_owned(),
        props: Value::Object(props),
        outputs,
        status: match instance.db_instance_status().unwrap_or_default() {
            "available" | "stopped" | "" | "storage-optimization" => Status::Ready,
            word if FAILED.contains(&word) => Status::Failed(format!("{name} is {word}")),
            word => Status::Busy(word.to_owned()),
        },
        ownership: ownership(target, &tags),
        children: Vec::new(),
        facts,
    }
}

async fn create(
    cx: &Cx,
    region: Region,
    target: &Target,
    wanted: &DbInstance,
) -> Result<Option<String>, OpError> {
    let made = cx
        .rds_write(region)
        .create_db_instance()
        .db_instance_identifier(wanted.identifier.as_str())
        .db_cluster_identifier(wanted.cluster.as_str())
        .engine(Engine::as_str(wanted.engine))
        .db_instance_class(&wanted.class)
        .set_availability_zone(wanted.availability_zone.clone())
        .set_promotion_tier(wanted.promotion_tier.map(i32::from))
        .set_auto_minor_version_upgrade(wanted.auto_minor_version_upgrade)
        .set_publicly_accessible(wanted.publicly_accessible)
        .set_ca_certificate_identifier(wanted.ca_certificate.clone())
        .set_db_parameter_group_name(
            wanted.parameter_group.as_ref().map(|group| group.as_str().to_owned()),
        )
        .set_preferred_maintenance_window(wanted.maintenance_window.clone())
        .set_monitoring_interval(wanted.monitoring_interval.map(i32::from))
        .set_monitoring_role_arn(
            wanted.monitoring_role.as_ref().map(|role| role.as_str().to_owned()),
        )
        .set_enable_performance_insights(wanted.performance_insights)
        .set_performance_insights_retention_period(
            wanted.performance_insights_retention_days.map(i32::from),
        )
        .set_performance_insights_kms_key_id(
            wanted.performance_insights_key.as_ref().map(|key| key.as_str().to_owned()),
        )
        .set_tags(Some(tags::list(&wanted.tags)))
        .send()
        .await;
    let made = made.map_err(|error| failed("CreateDBInstance", region, error))?;
    if let Some(instance) = &made.db_instance {
        let mut instance = instance.clone();
        instance.tag_list = Some(tags::list(&wanted.tags));
        cx.tell(snapshot(target, &instance, status(&instance)));
    }
    Ok(made.db_instance.and_then(|instance| instance.db_instance_identifier))
}

async fn modify(
    cx: &Cx,
    region: Region,
    name: &str,
    wanted: &DbInstance,
    changed: &BTreeSet<&'static str>,
) -> Result<Option<String>, OpError> {
    let is = |field: &str| changed.contains(field);
    // Properties of which nothing is said any more go back to AWS's defaults.
    let flag = |field: &str, value: Option<bool>, default: bool| {
        is(field).then(|| value.unwrap_or(default))
    };
    let number = |field: &str, value: Option<u8>, default: u8| {
        is(field).then(|| i32::from(value.unwrap_or(default)))
    };
    let text = |field: &str, value: Option<&str>| value.filter(|_| is(field)).map(str::to_owned);
    let sent = cx
        .rds_write(region)
        .modify_db_instance()
        .db_instance_identifier(name)
        .apply_immediately(true)
        .set_db_instance_class(text("class", Some(&wanted.class)))
        .set_promotion_tier(number("promotion_tier", wanted.promotion_tier, 1))
        .set_auto_minor_version_upgrade(flag(
            "auto_minor_version_upgrade",
            wanted.auto_minor_version_upgrade,
            true,
        ))
        .set_publicly_accessible(flag("publicly_accessible", wanted.publicly_accessible, false))
        .set_ca_certificate_identifier(text("ca_certificate", wanted.ca_certificate.as_deref()))
        .set_db_parameter_group_name(text(
            "parameter_group",
            wanted.parameter_group.as_ref().map(|group| group.as_str()),
        ))
        .set_preferred_maintenance_window(text(
            "maintenance_window",
            wanted.maintenance_window.as_deref(),
        ))
        .set_monitoring_interval(number("monitoring_interval", wanted.monitoring_interval, 0))
        .set_monitoring_role_arn(text(
            "monitoring_role",
            wanted.monitoring_role.as_ref().map(|role| role.as_str()),
        ))
        // AWS takes what belongs to it only together with it.
        .set_enable_performance_insights(
            (is("performance_insights")
                || is("performance_insights_key")
                || is("performance_insights_retention_days"))
            .then(|| wanted.performance_insights.unwrap_or(false)),
        )
        .set_performance_insights_retention_period(
            wanted
                .performance_insights_retention_days
                .filter(|_| is("performance_insights_retention_days"))
                .map(i32::from),
        )
        .set_performance_insights_kms_key_id(text(
            "performance_insights_key",
            wanted.performance_insights_key.as_ref().map(|key| key.as_str()),
        ))
        .send()
        .await;
    sent.map_err(|error| failed("ModifyDBInstance", region, error))?;
    Ok(None)
}
