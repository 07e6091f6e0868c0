//! How a global cluster is read: through any region that answers.

use std::collections::BTreeMap;

use aws_sdk_rds::types;
use bicoastal_model::{Addition, OpError, Region, Snapshot, Status, Target};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use crate::cx::{Cx, Purpose};
use crate::ownership::ownership;
use crate::rds::{listing, tags};

/// A member, as it is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(in crate::rds) struct Member {
    pub(in crate::rds) arn: String,
    pub(in crate::rds) writer: bool,
    /// `connected` or `pending-resync`, where RDS says it.
    pub(in crate::rds) synchronization: Option<String>,
    /// Its cluster's status and version, where they were asked for.
    #[serde(default)]
    pub(in crate::rds) status: Option<String>,
    #[serde(default)]
    pub(in crate::rds) version: Option<String>,
}

/// The facts of a global cluster that a step goes by.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(in crate::rds) struct Facts {
    /// The region through which it was seen.
    pub(in crate::rds) via: String,
    pub(in crate::rds) members: Vec<Member>,
    /// What is being done with the roles: `pending`, `switching-over`, `failing-over`.
    pub(in crate::rds) failover: Option<String>,
}

/// Reads a global cluster through the first of its regions that sees it.
///
/// It can be seen from its members' regions only. Where none of those that answered sees it but
/// another did not answer, it is unknown, not absent.
pub(in crate::rds) async fn find(
    cx: &Cx,
    regions: &[Region],
    identifier: &str,
) -> Result<Option<(Region, types::GlobalCluster)>, OpError> {
    let mut unanswered = None;
    for region in regions {
        match listing::global(cx, *region, identifier).await {
            Ok(Some(global)) => return Ok(Some((*region, global))),
            Ok(None) => {}
            // Where global databases don't exist there is none.
            Err(error) if error.facts().message.contains("APIGlobalDatabases") => {}
            Err(error) if error.is_unreachable() => unanswered = Some(error),
            Err(error) => return Err(error),
        }
    }
    match unanswered {
        Some(error) => Err(error),
        None => Ok(None),
    }
}

/// What RDS says of the members.
pub(in crate::rds) fn members(global: &types::GlobalCluster) -> Vec<Member> {
    let member = |member: &types::GlobalClusterMember| Member {
        arn: member.db_cluster_arn().unwrap_or_default().to_owned(),
        writer: member.is_writer().unwrap_or(false),
        synchronization: member.synchronization_status().map(|status| status.as_str().to_owned()),
        status: None,
        version: None,
    };
    global.global_cluster_members().iter().map(member).collect()
}

pub(super) async fn read(cx: &Cx, target: &Target) -> Result<Option<Snapshot>, OpError> {
    read_through(cx, target, &target.place.regions).await
}

/// Looks again, through the region that saw it before.
pub(super) async fn poll(
    cx: &Cx,
    target: &Target,
    known: &Snapshot,
) -> Result<Option<Snapshot>, OpError> {
    let via = known.facts.get("via").and_then(Value::as_str);
    let mut regions = target.place.regions.clone();
    regions.sort_by_key(|region| via != Some(region.code()));
    read_through(cx, target, &regions).await
}

async fn read_through(
    cx: &Cx,
    target: &Target,
    regions: &[Region],
) -> Result<Option<Snapshot>, OpError> {
    let name = target.physical.as_deref().unwrap_or(target.text("identifier"));
    let Some((via, global)) = find(cx, regions, name).await? else {
        return Ok(None);
    };
    let mut facts = facts(via, &global);
    if cx.purpose() == Purpose::Turn && target.mentions("engine_version") {
        for member in &mut facts.members {
            describe(cx, member).await?;
        }
    }
    Ok(Some(snapshot(target, &global, &facts)))
}

fn facts(via: Region, global: &types::GlobalCluster) -> Facts {
    Facts {
        via: via.code().to_owned(),
        members: members(global),
        failover: global
            .failover_state()
            .and_then(|state| state.status())
            .map(|status| status.as_str().to_owned())
            .filter(|status| !status.is_empty()),
    }
}

/// A global cluster that was just made through a region, with these tags.
pub(super) fn told(
    target: &Target,
    via: Region,
    global: &types::GlobalCluster,
    sent: &BTreeMap<String, String>,
) -> Snapshot {
    let mut global = global.clone();
    global.tag_list = Some(tags::list(sent));
    snapshot(target, &global, &facts(via, &global))
}

/// Adds the status and version of a member's cluster. Where its region does not answer they stay
/// unknown: only what needs them, an upgrade, waits for it.
async fn describe(cx: &Cx, member: &mut Member) -> Result<(), OpError> {
    let Some(region) = listing::region_of(&member.arn) else { return Ok(()) };
    match listing::cluster(cx, region, listing::name_of(&member.arn)).await {
        Ok(Some(cluster)) => {
            member.status = cluster.status;
            member.version = cluster.engine_version;
        }
        Ok(None) => {}
        Err(error) if error.is_unreachable() => {}
        Err(error) => return Err(error),
    }
    Ok(())
}

fn snapshot(target: &Target, global: &types::GlobalCluster, facts: &Facts) -> Snapshot {
    let tags = tags::map(global.tag_list());
    let name = global.global_cluster_identifier().unwrap_or_default();
    let regions: Vec<&str> =
        facts.members.iter().filter_map(|member| member.arn.split(':').nth(3)).collect();
    let mut props = Map::new();
    props.insert("identifier".into(), json!(name));
    tags::put(&mut props, "engine", global.engine());
    tags::put(&mut props, "engine_version", global.engine_version());
    tags::put(&mut props, "database_name", global.database_name());
    tags::put(&mut props, "storage_encrypted", global.storage_encrypted());
    tags::put(&mut props, "deletion_protection", global.deletion_protection());
    tags::put(&mut props, "lifecycle_support", global.engine_lifecycle_support());
    props.insert("tags".into(), json!(tags));
    props.insert("regions".into(), json!(regions));
    let mut outputs = BTreeMap::from([
        ("arn".to_owned(), json!(global.global_cluster_arn())),
        ("identifier".to_owned(), json!(name)),
    ]);
    if let Some(endpoint) = global.endpoint() {
        outputs.insert("endpoint".to_owned(), json!(endpoint));
    }
    let mut known: BTreeMap<String, Value> = serde_json::to_value(facts)
        .ok()
        .and_then(|facts| serde_json::from_value(facts).ok())
        .unwrap_or_default();
    if let Some(writer) = facts.members.iter().find(|member| member.writer) {
        known.insert("writer_region".to_owned(), json!(writer.arn.split(':').nth(3)));
        known.insert("writer".to_owned(), json!(writer.arn));
    }
    Snapshot {
        physical: name.to_owned(),
        props: Value::Object(props),
        outputs,
        status: match (&facts.failover, global.status()) {
            (Some(failover), _) => Status::Busy(failover.clone()),
            (None, Some("available") | None) => Status::Ready,
            (None, Some(word)) => Status::Busy(word.to_owned()),
        },
        ownership: ownership(target, &tags),
        children: facts.members.iter().map(child).collect(),
        facts: known,
    }
}

fn child(member: &Member) -> Addition {
    let name = listing::name_of(&member.arn);
    let region = member.arn.split(':').nth(3).unwrap_or_default();
    Addition {
        kind: "RDS:DBCluster".to_owned(),
        identity: json!({ "identifier": name }),
        label: format!("{name} ({region})"),
    }
}
