//! Reading a table through every region of ours that answers.

use std::collections::{BTreeMap, BTreeSet};

use aws_sdk_dynamodb::types::TableDescription;
use aws_sdk_kms::types::KeyManagerType;
use bicoastal_model::{OpError, Ownership, Region, Snapshot, Target};
use futures_util::future::{join, join_all};

use super::super::rules::RULES;
use super::look::{Look, Member, group};
use super::settings::PointInTimeRecovery;
use super::snapshot;
use crate::classify::classify;
use crate::cx::{Cx, Purpose};
use crate::ownership::{ownership, tag_map};

pub(super) async fn read(cx: &Cx, target: &Target) -> Result<Option<Snapshot>, OpError> {
    let name = target.physical.as_deref().unwrap_or_else(|| target.text("name"));
    let regions = &target.place.regions;
    let answers = join_all(regions.iter().map(|region| describe(cx, *region, name))).await;
    let mut found = BTreeMap::new();
    let mut silent: BTreeMap<Region, OpError> = BTreeMap::new();
    for (region, answer) in regions.iter().zip(answers) {
        match answer {
            Ok(Some(description)) => {
                found.insert(*region, description);
            }
            Ok(None) => {}
            Err(error) if error.is_unreachable() => {
                silent.insert(*region, error);
            }
            Err(error) => return Err(error),
        }
    }
    let unseen: BTreeSet<Region> = silent.keys().copied().collect();
    if found.is_empty() {
        // A table that only a silent region could show is unknown, not gone.
        return match silent.into_values().next() {
            Some(error) => Err(error),
            None => Ok(None),
        };
    }
    let reads = found.into_iter().map(|(region, description)| async move {
        (region, member(cx, region, target, description).await)
    });
    let mut members = BTreeMap::new();
    for (region, answer) in join_all(reads).await {
        if let Some(member) = answer? {
            members.insert(region, member);
        }
    }
    let Some(home) = home(target, &members) else { return Ok(None) };
    let peers = members.get(&home).map(|it| group(home, &it.description)).unwrap_or_default();
    let standalone = members.keys().filter(|region| !peers.contains(*region)).copied().collect();
    members.retain(|region, _| peers.contains(region));
    let time_to_live = match wants(cx, target, "time_to_live") {
        Wants::Yes => time_to_live(cx, home, name).await?,
        Wants::IfPossible => time_to_live(cx, home, name).await.unwrap_or_default(),
        Wants::No => None,
    };
    let look = Look { home, members, standalone, unseen, time_to_live };
    Ok(snapshot::snapshot(target, &look))
}

/// Whether an optional part is read.
enum Wants {
    Yes,
    /// A turn may be about to set what was never mentioned before; a caller who may not read it
    /// otherwise is not stopped.
    IfPossible,
    No,
}

fn wants(cx: &Cx, target: &Target, field: &str) -> Wants {
    if target.mentions(field) {
        Wants::Yes
    } else if cx.purpose() == Purpose::Turn {
        Wants::IfPossible
    } else {
        Wants::No
    }
}

/// Whose view is taken: a table that bears our mark, else the first that is part of the largest
/// group.
fn home(target: &Target, members: &BTreeMap<Region, Member>) -> Option<Region> {
    let rank = |(region, member): &(&Region, &Member)| {
        let ours = ownership(target, &member.tags) == Ownership::Ours;
        let peers = group(**region, &member.description).len();
        (!ours, std::cmp::Reverse(peers), **region)
    };
    members.iter().min_by_key(rank).map(|(region, _)| *region)
}

pub(super) async fn describe(
    cx: &Cx,
    region: Region,
    name: &str,
) -> Result<Option<TableDescription>, OpError> {
    let answer = cx
        .dynamodb(region)
        .describe_table()
        .table_name(name)
        .send()
        .await
        .map_err(|error| classify("dynamodb", "DescribeTable", region, RULES, error));
    match answer {
        Ok(answer) => Ok(answer.table),
        Err(error) if error.code() == Some("ResourceNotFoundException") => Ok(None),
        Err(error) => Err(error),
    }
}

/// The rest of what one region knows; `None` where the table went meanwhile.
async fn member(
    cx: &Cx,
    region: Region,
    target: &Target,
    description: TableDescription,
) -> Result<Option<Member>, OpError> {
    let name = description.table_name().unwrap_or_default().to_owned();
    let arn = description.table_arn().unwrap_or_default().to_owned();
    let recovery = async {
        let singled_out = target.mentions("replica_overrides");
        match wants(cx, target, "point_in_time_recovery") {
            Wants::No if !singled_out => Ok(None),
            Wants::IfPossible if !singled_out => {
                Ok(recovery(cx, region, &name).await.unwrap_or_default())
            }
            _ => recovery(cx, region, &name).await,
        }
    };
    let policy = async {
        match wants(cx, target, "resource_policies") {
            Wants::Yes => policy(cx, region, &arn).await,
            Wants::IfPossible => Ok(policy(cx, region, &arn).await.unwrap_or_default()),
            Wants::No => Ok(None),
        }
    };
    let managed = async {
        let key = description.sse_description().and_then(|it| it.kms_master_key_arn());
        match key {
            Some(key) if !matches!(wants(cx, target, "encryption"), Wants::No) => {
                is_managed(cx, region, target, key).await
            }
            _ => true,
        }
    };
    let (tags, (recovery, (policy, managed_key))) =
        join(tags(cx, region, &arn), join(recovery, join(policy, managed))).await;
    let Some(tags) = gone_is_none(tags)? else { return Ok(None) };
    Ok(Some(Member {
        tags,
        recovery: gone_is_none(recovery)?.flatten(),
        policy: gone_is_none(policy)?.flatten(),
        managed_key,
        description,
    }))
}

pub(super) fn gone_is_none<T>(answer: Result<T, OpError>) -> Result<Option<T>, OpError> {
    match answer {
        Ok(value) => Ok(Some(value)),
        Err(error)
            if matches!(
                error.code(),
                Some("ResourceNotFoundException" | "TableNotFoundException")
            ) =>
        {
            Ok(None)
        }
        Err(error) => Err(error),
    }
}

pub(super) async fn tags(
    cx: &Cx,
    region: Region,
    arn: &str,
) -> Result<BTreeMap<String, String>, OpError> {
    let client = cx.dynamodb(region);
    let mut tags = BTreeMap::new();
    let mut token = None;
    loop {
        let page = client
            .list_tags_of_resource()
            .resource_arn(arn)
            .set_next_token(token)
            .send()
            .await
            .map_err(|error| classify("dynamodb", "ListTagsOfResource", region, RULES, error))?;
        tags.extend(tag_map(page.tags().iter().map(|tag| (tag.key(), tag.value()))));
        token = page.next_token;
        if token.is_none() {
            return Ok(tags);
        }
    }
}

async fn recovery(
    cx: &Cx,
    region: Region,
    name: &str,
) -> Result<Option<PointInTimeRecovery>, OpError> {
    let answer =
        cx.dynamodb(region).describe_continuous_backups().table_name(name).send().await.map_err(
            |error| classify("dynamodb", "DescribeContinuousBackups", region, RULES, error),
        )?;
    let description = answer
        .continuous_backups_description
        .and_then(|backups| backups.point_in_time_recovery_description);
    let enabled = description
        .as_ref()
        .and_then(|it| it.point_in_time_recovery_status())
        .is_some_and(|status| status.as_str() == "ENABLED");
    let days = description.and_then(|it| it.recovery_period_in_days).filter(|_| enabled);
    Ok(Some(PointInTimeRecovery { enabled, recovery_period_days: days }))
}

async fn policy(cx: &Cx, region: Region, arn: &str) -> Result<Option<String>, OpError> {
    let answer = cx
        .dynamodb(region)
        .get_resource_policy()
        .resource_arn(arn)
        .send()
        .await
        .map_err(|error| classify("dynamodb", "GetResourcePolicy", region, RULES, error));
    match answer {
        Ok(answer) => Ok(answer.policy),
        Err(error) if error.code() == Some("PolicyNotFoundException") => Ok(None),
        Err(error) => Err(error),
    }
}

async fn time_to_live(
    cx: &Cx,
    region: Region,
    name: &str,
) -> Result<Option<(String, Option<String>)>, OpError> {
    let answer = cx
        .dynamodb(region)
        .describe_time_to_live()
        .table_name(name)
        .send()
        .await
        .map_err(|error| classify("dynamodb", "DescribeTimeToLive", region, RULES, error));
    let Some(answer) = gone_is_none(answer)? else { return Ok(None) };
    let description = answer.time_to_live_description;
    Ok(description.and_then(|it| {
        let status = it.time_to_live_status?.as_str().to_owned();
        Some((status, it.attribute_name))
    }))
}

/// Whether a key is the account's `alias/aws/dynamodb`: DynamoDB shows its ARN like any other.
/// A caller who may not ask KMS is told by what the program says.
async fn is_managed(cx: &Cx, region: Region, target: &Target, key: &str) -> bool {
    let declared = target.props.get("encryption").and_then(|it| it.get("keys"));
    let ours = declared.and_then(|keys| keys.get(region.code())).and_then(|it| it.as_str());
    if ours == Some(key) {
        return false;
    }
    let answer = cx.kms(region).describe_key().key_id(key).send().await;
    match answer {
        Ok(answer) => answer
            .key_metadata
            .and_then(|key| key.key_manager)
            .is_some_and(|manager| manager == KeyManagerType::Aws),
        Err(_) => ours.is_none(),
    }
}
