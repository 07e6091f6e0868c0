//! Reading a table through every region of ours that answers.

use std::collections::{BTreeMap, BTreeSet};

use aws_sdk_dynamodb::types::TableDescription;
use aws_sdk_kms::types::KeyManagerType;
use bicoastal_model::{OpError, Ownership, Region, Snapshot, Status, Target};
use futures_util::future::{join, join_all};

use super::super::rules::RULES;
use super::facts::{Facts, MemberFacts};
use super::look::{Look, Member, group};
use super::own_apis;
use super::settings::PointInTimeRecovery;
use super::snapshot;
use crate::classify::classify;
use crate::cx::Cx;
use crate::ownership::{ownership, tag_map};

pub(super) async fn read(cx: &Cx, target: &Target) -> Result<Option<Snapshot>, OpError> {
    look(cx, target, BTreeMap::new(), None).await
}

/// Looks again at a table that DynamoDB works on. As long as it does, the view of one region is all
/// that is read; then every region's, with what nobody but us changes as it is known.
pub(super) async fn poll(
    cx: &Cx,
    target: &Target,
    known: &Snapshot,
) -> Result<Option<Snapshot>, OpError> {
    let facts = Facts::of(known);
    let Some(home) = facts.members.keys().next().copied() else { return read(cx, target).await };
    let Some(description) = describe(cx, home, &known.physical).await? else {
        return read(cx, target).await;
    };
    if let Status::Busy(word) = status(home, &description) {
        return Ok(Some(Snapshot { status: Status::Busy(word), ..known.clone() }));
    }
    look(cx, target, BTreeMap::from([(home, description)]), Some(&facts)).await
}

/// What one region says of the whole.
fn status(home: Region, description: &TableDescription) -> Status {
    let member = Member::bare(description.clone());
    let look = Look::of(home, BTreeMap::from([(home, member)]));
    snapshot::status(&look, description)
}

/// A table that was just made in a region; `None` where AWS does not tell all of it.
pub(super) fn told(
    target: &Target,
    home: Region,
    made: &TableDescription,
    sent: &BTreeMap<String, String>,
) -> Option<Snapshot> {
    let keyed = made.sse_description().is_some_and(|it| it.kms_master_key_arn().is_some());
    if keyed || target.mentions("resource_policies") {
        return None;
    }
    let recovery = wants_recovery(target).then_some(PointInTimeRecovery::from(false));
    let member = Member { tags: sent.clone(), recovery, ..Member::bare(made.clone()) };
    snapshot::snapshot(target, &Look::of(home, BTreeMap::from([(home, member)])))
}

/// Reads a table through its regions. `described` is what was read of it just now, `known` what
/// was before.
async fn look(
    cx: &Cx,
    target: &Target,
    mut described: BTreeMap<Region, TableDescription>,
    known: Option<&Facts>,
) -> Result<Option<Snapshot>, OpError> {
    let name = target.physical.as_deref().unwrap_or_else(|| target.text("name"));
    let regions: Vec<Region> = target.place.regions.clone();
    let left: Vec<Region> =
        regions.iter().copied().filter(|region| !described.contains_key(region)).collect();
    let answers = join_all(left.iter().map(|region| describe(cx, *region, name))).await;
    let mut silent: BTreeMap<Region, OpError> = BTreeMap::new();
    for (region, answer) in left.iter().zip(answers) {
        match answer {
            Ok(Some(description)) => {
                described.insert(*region, description);
            }
            Ok(None) => {}
            Err(error) if error.is_unreachable() => {
                silent.insert(*region, error);
            }
            Err(error) => return Err(error),
        }
    }
    let unseen: BTreeSet<Region> = silent.keys().copied().collect();
    if described.is_empty() {
        // A table that only a silent region could show is unknown, not gone.
        return match silent.into_values().next() {
            Some(error) => Err(error),
            None => Ok(None),
        };
    }
    let reads = described.into_iter().map(|(region, description)| async move {
        let known = known.and_then(|facts| facts.members.get(&region));
        (region, member(cx, region, target, description, known).await)
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
    let time_to_live = match target.mentions("time_to_live") {
        true => time_to_live(cx, home, name).await?,
        false => None,
    };
    let look = Look { standalone, unseen, time_to_live, ..Look::of(home, members) };
    Ok(snapshot::snapshot(target, &look))
}

fn wants_recovery(target: &Target) -> bool {
    target.mentions("point_in_time_recovery") || target.mentions("replica_overrides")
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

/// The rest of what one region knows, less what is `known` already; `None` where the table went
/// meanwhile.
async fn member(
    cx: &Cx,
    region: Region,
    target: &Target,
    description: TableDescription,
    known: Option<&MemberFacts>,
) -> Result<Option<Member>, OpError> {
    let name = description.table_name().unwrap_or_default().to_owned();
    let arn = description.table_arn().unwrap_or_default().to_owned();
    let tags = async {
        match known {
            Some(known) => Ok(known.tags.clone()),
            None => tags(cx, region, &arn).await,
        }
    };
    let recovery = async {
        match known.and_then(|known| known.recovery) {
            Some(known) => Ok(Some(known)),
            None if wants_recovery(target) => recovery(cx, region, &name).await,
            None => Ok(None),
        }
    };
    let policy = async {
        match target.mentions("resource_policies") {
            true => policy(cx, region, &arn).await,
            false => Ok(None),
        }
    };
    let managed = async {
        let key = description.sse_description().and_then(|it| it.kms_master_key_arn());
        match (key, known) {
            (Some(_), Some(known)) if known.key != "aws_owned" => known.key == "aws_managed",
            (Some(key), _) if target.mentions("encryption") => {
                is_managed(cx, region, target, key).await
            }
            _ => true,
        }
    };
    let asked = own_apis::asked(target, cx.purpose(), &description);
    let insights = own_apis::insights(cx, region, &name, asked);
    let kinesis = async {
        match target.mentions("kinesis_destinations") {
            true => own_apis::destinations(cx, region, &name).await,
            false => Ok(Vec::new()),
        }
    };
    let first = join(tags, join(recovery, join(policy, managed)));
    let ((tags, (recovery, (policy, managed_key))), (insights, kinesis)) =
        join(first, join(insights, kinesis)).await;
    let Some(tags) = gone_is_none(tags)? else { return Ok(None) };
    let Some((insights, index_insights)) = gone_is_none(insights)? else { return Ok(None) };
    let Some(kinesis) = gone_is_none(kinesis)? else { return Ok(None) };
    Ok(Some(Member {
        insights,
        index_insights,
        kinesis,
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
