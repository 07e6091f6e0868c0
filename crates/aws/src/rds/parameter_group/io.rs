//! How parameter groups are read and changed.

use std::collections::BTreeMap;

use aws_sdk_rds::types;
use bicoastal_model::{Deletes, OpError, Packed, Region, Snapshot, Status, Target};
use serde_json::{Map, Value, json};

use super::{ApplyMethod, DbClusterParameterGroup, Parameter};
use crate::cx::{Cx, Purpose};
use crate::kind::{Kind, Listed, Next, Turn, TurnGoal};
use crate::ownership::ownership;
use crate::rds::errors::{NO_PARAMETER_GROUP, deleted, failed, found};
use crate::rds::subnet_group::region;
use crate::rds::tags::{self, TagCall};
use crate::rds::{listed, listing};

/// RDS takes this many parameters in one call.
const PER_CALL: usize = 20;
const DESCRIPTION: &str = "Managed by bicoastal";

/// A call on a parameter group.
#[derive(Clone, Debug)]
pub enum Call {
    Create(Box<DbClusterParameterGroup>),
    /// Sets at most 20 parameters.
    Set(Vec<Parameter>),
    /// Puts at most 20 parameters, formerly set, back to their defaults.
    Reset(Vec<String>),
    Delete,
    Tags(String, TagCall),
}

impl Kind for DbClusterParameterGroup {
    type Call = Call;

    async fn listed(cx: &Cx, region: Region) -> Result<Vec<Listed>, OpError> {
        crate::rds::listed::parameter_groups(cx, region).await
    }

    async fn read(cx: &Cx, target: &Target) -> Result<Option<Snapshot>, OpError> {
        let region = region(target);
        let name = target.physical.as_deref().unwrap_or(target.text("name"));
        let Some(group) = group(cx, region, name).await? else { return Ok(None) };
        let name = group.db_cluster_parameter_group_name().unwrap_or_default();
        let arn = group.db_cluster_parameter_group_arn().unwrap_or_default();
        let (tags, parameters) = futures_util::future::try_join(
            listing::tags(cx, region, arn),
            parameters(cx, region, name, target),
        )
        .await?;
        Ok(Some(snapshot(target, &group, &tags, &parameters)))
    }

    fn refuses_twins(_: &Target) -> bool {
        true
    }

    fn step(turn: &Turn<'_, Self>) -> Next<Call> {
        let TurnGoal::Present { wanted, .. } = &turn.goal else {
            return if turn.seen.is_some() { Next::Call(Call::Delete) } else { Next::Done };
        };
        let Some(seen) = turn.seen else {
            return Next::Call(Call::Create(wanted.clone()));
        };
        let reset = to_reset(turn, seen);
        if !reset.is_empty() {
            return Next::Call(Call::Reset(reset.into_iter().take(PER_CALL).collect()));
        }
        let set = to_set(turn, wanted, seen);
        if !set.is_empty() {
            return Next::Call(Call::Set(set.into_iter().take(PER_CALL).collect()));
        }
        match tags::next(turn) {
            Some((arn, change)) => Next::Call(Call::Tags(arn, change)),
            None => Next::Done,
        }
    }

    async fn call(cx: &Cx, target: &Target, call: &Call) -> Result<Option<String>, OpError> {
        let region = region(target);
        let client = cx.rds_write(region);
        let name = target.physical.as_deref().unwrap_or(target.text("name"));
        match call {
            Call::Create(wanted) => {
                let made = client
                    .create_db_cluster_parameter_group()
                    .db_cluster_parameter_group_name(wanted.name.as_str())
                    .db_parameter_group_family(&wanted.family)
                    .description(wanted.description.as_deref().unwrap_or(DESCRIPTION))
                    .set_tags(Some(tags::list(&wanted.tags)))
                    .send()
                    .await
                    .map_err(|error| failed("CreateDBClusterParameterGroup", region, error))?;
                let group = made.db_cluster_parameter_group;
                // Which parameters have their wanted values by default is not in the answer.
                if let Some(group) = group.as_ref().filter(|_| wanted.parameters.is_empty()) {
                    let none = (Vec::new(), BTreeMap::new());
                    cx.tell(snapshot(target, group, &wanted.tags, &none));
                }
                Ok(group.and_then(|group| group.db_cluster_parameter_group_name))
            }
            Call::Set(parameters) => {
                let parameters = parameters.iter().map(|parameter| {
                    let method = match parameter.apply {
                        ApplyMethod::Immediate => types::ApplyMethod::Immediate,
                        ApplyMethod::PendingReboot => types::ApplyMethod::PendingReboot,
                    };
                    types::Parameter::builder()
                        .parameter_name(&parameter.name)
                        .parameter_value(&parameter.value)
                        .apply_method(method)
                        .build()
                });
                let sent = client
                    .modify_db_cluster_parameter_group()
                    .db_cluster_parameter_group_name(name)
                    .set_parameters(Some(parameters.collect()))
                    .send()
                    .await;
                sent.map_err(|error| failed("ModifyDBClusterParameterGroup", region, error))?;
                Ok(None)
            }
            Call::Reset(names) => {
                let parameters = names.iter().map(|name| {
                    // Right for static parameters too; dynamic ones are reset at once anyway.
                    types::Parameter::builder()
                        .parameter_name(name)
                        .apply_method(types::ApplyMethod::PendingReboot)
                        .build()
                });
                let sent = client
                    .reset_db_cluster_parameter_group()
                    .db_cluster_parameter_group_name(name)
                    .set_parameters(Some(parameters.collect()))
                    .send()
                    .await;
                sent.map_err(|error| failed("ResetDBClusterParameterGroup", region, error))?;
                Ok(None)
            }
            Call::Delete => {
                let sent = client
                    .delete_db_cluster_parameter_group()
                    .db_cluster_parameter_group_name(name)
                    .send()
                    .await;
                deleted("DeleteDBClusterParameterGroup", region, NO_PARAMETER_GROUP, sent)
            }
            Call::Tags(arn, change) => change.send(cx, region, arn).await,
        }
    }

    fn deletes(call: &Call) -> Deletes {
        Deletes::whole(matches!(call, Call::Delete))
    }

    fn name(call: &Call) -> &'static str {
        match call {
            Call::Create(_) => "CreateDBClusterParameterGroup",
            Call::Set(_) => "ModifyDBClusterParameterGroup",
            Call::Reset(_) => "ResetDBClusterParameterGroup",
            Call::Delete => "DeleteDBClusterParameterGroup",
            Call::Tags(_, change) => change.name(),
        }
    }
}

fn snapshot(
    target: &Target,
    group: &types::DbClusterParameterGroup,
    tags: &BTreeMap<String, String>,
    (parameters, defaults): &(Vec<Value>, BTreeMap<String, String>),
) -> Snapshot {
    let name = group.db_cluster_parameter_group_name().unwrap_or_default();
    let arn = group.db_cluster_parameter_group_arn().unwrap_or_default();
    let mut props = Map::new();
    props.insert("name".into(), json!(name));
    tags::put(&mut props, "family", group.db_parameter_group_family());
    tags::put(&mut props, "description", group.description());
    props.insert("parameters".into(), json!(parameters));
    props.insert("tags".into(), json!(tags));
    Snapshot {
        physical: name.to_owned(),
        props: Value::Object(props),
        outputs: BTreeMap::from([("arn".to_owned(), json!(arn)), ("name".to_owned(), json!(name))]),
        status: Status::Ready,
        ownership: ownership(target, tags),
        children: Vec::new(),
        facts: BTreeMap::from([("defaults".to_owned(), json!(defaults))]),
    }
}

/// The parameter in a path `parameters[name]` or `parameters[name].value`.
fn parameter_in(path: &str) -> Option<&str> {
    path.strip_prefix("parameters[")?.split(']').next()
}

/// What is no longer wanted and still set: what has its default is shown too, with its value.
fn to_reset(turn: &Turn<'_, DbClusterParameterGroup>, seen: &Snapshot) -> Vec<String> {
    let has_default =
        |name: &str| seen.facts.get("defaults").is_some_and(|it| it[name] != json!(null));
    turn.changes("parameters")
        .filter(|change| change.after.is_null())
        .filter_map(|change| parameter_in(&change.path))
        .filter(|name| !has_default(name))
        .map(str::to_owned)
        .collect()
}

/// What differs, less what has its wanted value by default: RDS does not show such a parameter as
/// set, and setting it again would change nothing.
fn to_set(
    turn: &Turn<'_, DbClusterParameterGroup>,
    wanted: &DbClusterParameterGroup,
    seen: &Snapshot,
) -> Vec<Parameter> {
    let default = |name: &str| seen.facts.get("defaults").and_then(|all| all.get(name));
    let differs = |parameter: &&Parameter| {
        turn.changes("parameters").any(|change| {
            // How a value was once applied says nothing about what is there now.
            !change.after.is_null()
                && !change.path.ends_with("].apply")
                && parameter_in(&change.path)
                    .is_some_and(|name| name.eq_ignore_ascii_case(&parameter.name))
        })
    };
    wanted
        .parameters
        .iter()
        .filter(differs)
        .filter(|parameter| default(&parameter.name) != Some(&json!(parameter.value)))
        .cloned()
        .collect()
}

async fn group(
    cx: &Cx,
    region: Region,
    name: &str,
) -> Result<Option<types::DbClusterParameterGroup>, OpError> {
    if cx.purpose() == Purpose::Refresh {
        let all = listed::every_parameter_group(cx, region).await?;
        let is_it = |it: &&types::DbClusterParameterGroup| {
            it.db_cluster_parameter_group_name().is_some_and(|it| it.eq_ignore_ascii_case(name))
        };
        return Ok(all.iter().find(is_it).cloned());
    }
    let answer = cx
        .rds(region)
        .describe_db_cluster_parameter_groups()
        .db_cluster_parameter_group_name(name)
        .send()
        .await;
    let answer = found("DescribeDBClusterParameterGroups", region, NO_PARAMETER_GROUP, answer)?;
    Ok(answer.and_then(|found| found.db_cluster_parameter_groups?.into_iter().next()))
}

/// The parameters that somebody set, and the defaults of the others. A parameter that is set to
/// its default is not shown as set: where the program mentions one, it counts as seen.
async fn parameters(
    cx: &Cx,
    region: Region,
    group: &str,
    target: &Target,
) -> Result<(Vec<Value>, BTreeMap<String, String>), OpError> {
    let user = described(cx, region, group, Some("user")).await?;
    let mentioned: BTreeMap<&str, &Packed> = target.props["parameters"]
        .as_array()
        .into_iter()
        .flatten()
        .filter_map(|parameter| Some((parameter.get("name")?.as_str()?, parameter)))
        .collect();
    let mut seen: BTreeMap<String, Value> = BTreeMap::new();
    for parameter in &user {
        let Some(name) = parameter.parameter_name() else { continue };
        let value = parameter.parameter_value().unwrap_or_default();
        let apply = match mentioned.get(name) {
            Some(mentioned) => mentioned["apply"].to_value(),
            None => json!(parameter.apply_method().map(types::ApplyMethod::as_str)),
        };
        let known = json!({ "name": name, "value": value, "apply": apply });
        seen.insert(name.to_owned(), known);
    }
    let mut defaults = BTreeMap::new();
    // The whole list is long: it is read where it can decide something.
    let missing = mentioned.keys().any(|name| !seen.contains_key(*name));
    if missing || cx.purpose() == Purpose::Turn {
        for parameter in described(cx, region, group, None).await? {
            let (Some(name), Some(value)) = (parameter.parameter_name, parameter.parameter_value)
            else {
                continue;
            };
            if seen.contains_key(&name) {
                continue;
            }
            if let Some(mentioned) = mentioned.get(name.as_str()) {
                let known = json!({ "name": name, "value": value, "apply": mentioned["apply"] });
                seen.insert(name.clone(), known);
            }
            defaults.insert(name, value);
        }
    }
    Ok((seen.into_values().collect(), defaults))
}

async fn described(
    cx: &Cx,
    region: Region,
    group: &str,
    source: Option<&str>,
) -> Result<Vec<types::Parameter>, OpError> {
    let mut all = Vec::new();
    let mut marker = None;
    loop {
        let page = cx
            .rds(region)
            .describe_db_cluster_parameters()
            .db_cluster_parameter_group_name(group)
            .set_source(source.map(str::to_owned))
            .max_records(100)
            .set_marker(marker)
            .send()
            .await
            .map_err(|error| failed("DescribeDBClusterParameters", region, error))?;
        all.extend(page.parameters.unwrap_or_default());
        marker = page.marker.filter(|marker| !marker.is_empty());
        if marker.is_none() {
            return Ok(all);
        }
    }
}
