//! The properties, in the words of the program.

use std::collections::{BTreeMap, BTreeSet};

use aws_sdk_dynamodb::types::{
    IndexStatus, KeySchemaElement, KeyType as SdkKeyType, Projection as SdkProjection,
    ProjectionType, TableDescription,
};
use bicoastal_model::{Packed, Region, Target};
use serde_json::{Map, Value, json};

use super::super::facts::{Facts, MemberFacts};
use super::super::look::Look;
use super::super::settings::TableClass;
use super::{capacity, own_apis};

/// One value where all replicas have the same, else each region's own.
pub(super) fn common(values: BTreeMap<Region, Value>) -> Value {
    let mut distinct = values.values();
    match distinct.next() {
        None => Value::Null,
        Some(first) if distinct.all(|other| other == first) => first.clone(),
        Some(_) => values.into_iter().map(|(region, value)| (region.code(), value)).collect(),
    }
}

/// The override that the program (or state) mentions for a region.
pub(super) fn overridden(target: &Target, region: Region) -> Option<&Packed> {
    let overrides = target.props.get("replica_overrides")?.as_array()?;
    overrides.iter().find(|it| it["region"] == region.code())
}

/// What all replicas have that the program does not single out for this field. Where it singles
/// out every one, what it says of all is for those to come: nobody has it, and nothing differs.
fn shared(
    target: &Target,
    facts: &Facts,
    (field, part): (&str, Option<&str>),
    value: impl Fn(&MemberFacts) -> Value,
) -> Value {
    let plain =
        |region: Region| overridden(target, region).is_none_or(|it| it.get(field).is_none());
    let values: BTreeMap<Region, Value> = facts
        .members
        .iter()
        .filter(|(region, _)| plain(**region))
        .map(|(region, member)| (*region, value(member)))
        .collect();
    if values.is_empty() {
        let declared = target.props.get(field);
        let declared = part.map_or(declared, |part| declared.and_then(|it| it.get(part)));
        return declared.map_or(Value::Null, Packed::to_value);
    }
    common(values)
}

pub(super) fn props(target: &Target, look: &Look, view: &TableDescription, facts: &Facts) -> Value {
    let mut props = Map::new();
    let mut set = |name: &str, value: Value| {
        if !value.is_null() {
            props.insert(name.to_owned(), value);
        }
    };
    set("regions", json!(facts.group));
    set("name", json!(view.table_name()));
    let mut keys = key_list(view, view.key_schema(), &SdkKeyType::Hash);
    set("partition_key", keys.pop().unwrap_or(Value::Null));
    let mut keys = key_list(view, view.key_schema(), &SdkKeyType::Range);
    set("sort_key", keys.pop().unwrap_or(Value::Null));
    let local: Vec<Value> = view
        .local_secondary_indexes()
        .iter()
        .map(|index| {
            json!({
                "name": index.index_name(),
                "sort_key": key_list(view, index.key_schema(), &SdkKeyType::Range).pop(),
                "projection": projection(index.projection()),
            })
        })
        .collect();
    set("local_indexes", json!(local));
    set("indexes", json!(indexes(target, view, facts)));
    set("billing", capacity::billing(target, facts));
    let declared = target.props.get("on_demand_throughput");
    set("on_demand_throughput", capacity::ceilings(target, facts, None, declared));
    set("warm_throughput", capacity::warm(target, facts.capacity));
    set("stream", streams(facts));
    if let Some((status, attribute)) = &look.time_to_live
        && (status == "ENABLED" || status == "ENABLING")
    {
        set("time_to_live", json!(attribute));
    }
    set("point_in_time_recovery", recovery(target, facts));
    set("encryption", encryption(facts));
    let class = |member: &MemberFacts| json!(member.class.unwrap_or(TableClass::Standard));
    set("table_class", shared(target, facts, ("table_class", None), class));
    let protection = |member: &MemberFacts| json!(member.deletion_protection);
    set("deletion_protection", shared(target, facts, ("deletion_protection", None), protection));
    set("resource_policies", policies(facts));
    set("contributor_insights", own_apis::insights(target, facts));
    set("kinesis_destinations", own_apis::kinesis(target, facts));
    set("replica_overrides", overrides(target, facts));
    set("consistency", consistency(target, facts));
    set("tags", tags(target, facts));
    Value::Object(props)
}

/// Replicas that agree eventually share a stream, which is what they agree by; those that agree at
/// once have streams of their own.
fn streams(facts: &Facts) -> Value {
    match facts.strong {
        false => json!(facts.stream),
        true => common(facts.members.iter().map(|(at, it)| (*at, json!(it.stream))).collect()),
    }
}

/// Attributes of a key, with their types.
fn key_list(view: &TableDescription, schema: &[KeySchemaElement], part: &SdkKeyType) -> Vec<Value> {
    schema
        .iter()
        .filter(|element| element.key_type() == part)
        .map(|element| {
            let name = element.attribute_name();
            let kind = view
                .attribute_definitions()
                .iter()
                .find(|definition| definition.attribute_name() == name)
                .map(|definition| definition.attribute_type().as_str());
            json!({ "name": name, "type": kind })
        })
        .collect()
}

fn projection(projection: Option<&SdkProjection>) -> Value {
    match projection.and_then(SdkProjection::projection_type) {
        Some(ProjectionType::KeysOnly) => json!({ "type": "keys_only" }),
        Some(ProjectionType::Include) => json!({
            "type": "include",
            "attributes": projection.map(SdkProjection::non_key_attributes).unwrap_or_default(),
        }),
        _ => json!({ "type": "all" }),
    }
}

fn indexes(target: &Target, view: &TableDescription, facts: &Facts) -> Vec<Value> {
    view.global_secondary_indexes()
        .iter()
        // One that is being deleted counts as gone; the table is busy with it.
        .filter(|index| index.index_status() != Some(&IndexStatus::Deleting))
        .map(|index| {
            let name = index.index_name().unwrap_or_default();
            let mut entry = json!({
                "name": name,
                "partition_key": key_list(view, index.key_schema(), &SdkKeyType::Hash),
                "sort_key": key_list(view, index.key_schema(), &SdkKeyType::Range),
                "projection": projection(index.projection()),
            });
            let declared = declared_index(target, name);
            if !facts.capacity.on_demand {
                let (read, write) = capacity::provisioned(target, facts, Some(name), declared);
                entry["read"] = read;
                entry["write"] = write;
            }
            let declared = declared.and_then(|it| it.get("on_demand_throughput"));
            let ceilings = capacity::ceilings(target, facts, Some(name), declared);
            if !ceilings.is_null() {
                entry["on_demand_throughput"] = ceilings;
            }
            entry
        })
        .collect()
}

fn declared_index<'t>(target: &'t Target, name: &str) -> Option<&'t Packed> {
    let indexes = target.props.get("indexes")?.as_array()?;
    indexes.iter().find(|it| it["name"] == name)
}

fn recovery(target: &Target, facts: &Facts) -> Value {
    if facts.members.values().all(|member| member.recovery.is_none()) {
        return Value::Null;
    }
    let field = "point_in_time_recovery";
    let enabled = |member: &MemberFacts| json!(member.recovery.is_some_and(|it| it.enabled));
    let days = |member: &MemberFacts| json!(member.recovery.and_then(|it| it.recovery_period_days));
    let mut out = json!({ "enabled": shared(target, facts, (field, Some("enabled")), enabled) });
    let days = shared(target, facts, (field, Some("recovery_period_days")), days);
    let mentions =
        target.props.get(field).is_some_and(|it| it.get("recovery_period_days").is_some());
    // What is not mentioned is merged with what is wanted, and must be a value of one replica.
    if days.is_i64() || (mentions && !days.is_null()) {
        out["recovery_period_days"] = days;
    }
    out
}

fn encryption(facts: &Facts) -> Value {
    let kinds = facts.members.iter().map(|(region, member)| {
        let kind = if member.key.starts_with("arn:") { "customer" } else { member.key.as_str() };
        (*region, json!(kind))
    });
    let mut out = json!({ "key": common(kinds.collect()) });
    let keys: Map<String, Value> = facts
        .members
        .iter()
        .filter(|(_, member)| member.key.starts_with("arn:"))
        .map(|(region, member)| (region.code().to_owned(), json!(member.key)))
        .collect();
    if !keys.is_empty() {
        out["keys"] = Value::Object(keys);
    }
    out
}

fn policies(facts: &Facts) -> Value {
    let policies: Vec<Value> = facts
        .members
        .iter()
        .filter_map(|(region, member)| {
            Some(json!({ "region": region, "document": member.policy.as_ref()? }))
        })
        .collect();
    if policies.is_empty() { Value::Null } else { json!(policies) }
}

/// The replicas that the program singles out, with the fields that it singles out.
fn overrides(target: &Target, facts: &Facts) -> Value {
    let mut out = Vec::new();
    for (region, member) in &facts.members {
        let Some(declared) = overridden(target, *region) else { continue };
        let mut entry = json!({ "region": region });
        let mentions = |field: &str| declared.get(field).is_some();
        if mentions("table_class") {
            entry["table_class"] = json!(member.class.unwrap_or(TableClass::Standard));
        }
        if mentions("deletion_protection") {
            entry["deletion_protection"] = json!(member.deletion_protection);
        }
        if mentions("point_in_time_recovery") {
            entry["point_in_time_recovery"] = json!(member.recovery);
        }
        capacity::own(target, facts, *region, &mut entry);
        if let Some(tags) = declared["tags"].as_object() {
            let present = tags.keys().filter_map(|key| Some((key, member.tags.get(key)?)));
            entry["tags"] = present.map(|(key, value)| (key.to_owned(), json!(value))).collect();
        }
        out.push(entry);
    }
    if out.is_empty() { Value::Null } else { json!(out) }
}

/// The mode is decided when the second replica is made; until then it is whatever is wanted.
fn consistency(target: &Target, facts: &Facts) -> Value {
    if facts.group.len() < 2 && facts.witness.is_none() {
        return target.props["consistency"].to_value();
    }
    match (facts.strong, facts.witness) {
        (false, _) => json!({ "mode": "eventual" }),
        (true, None) => json!({ "mode": "strong" }),
        (true, Some(witness)) => json!({ "mode": "strong", "witness": witness }),
    }
}

/// A tag that is not the same everywhere is shown with each region's value, which is nobody's.
fn tags(target: &Target, facts: &Facts) -> Value {
    let declared = target.props.get("tags").and_then(Packed::as_object);
    let there = facts.members.values().flat_map(|member| member.tags.keys().map(String::as_str));
    let keys: BTreeSet<&str> =
        there.chain(declared.into_iter().flat_map(|tags| tags.keys())).collect();
    let mut out = Map::new();
    for key in keys {
        let singled_out = |region: Region| {
            overridden(target, region)
                .and_then(|it| it.get("tags"))
                .is_some_and(|tags| tags.get(key).is_some())
        };
        let values: BTreeMap<Region, Option<&String>> = facts
            .members
            .iter()
            .filter(|(region, _)| !singled_out(**region))
            .map(|(region, member)| (*region, member.tags.get(key)))
            .collect();
        let mut distinct: Vec<Option<&String>> = values.values().copied().collect();
        distinct.sort();
        distinct.dedup();
        match distinct[..] {
            [None] => {}
            // Every replica has another value of its own.
            [] => {
                if let Some(value) = declared.and_then(|tags| tags.get(key)) {
                    out.insert(key.to_owned(), value.to_value());
                }
            }
            [Some(value)] => {
                out.insert(key.to_owned(), json!(value));
            }
            _ => {
                let each: Vec<String> = values
                    .iter()
                    .map(|(region, value)| {
                        format!("{region}: {}", value.map_or("(none)", String::as_str))
                    })
                    .collect();
                out.insert(key.to_owned(), json!(each.join(", ")));
            }
        }
    }
    Value::Object(out)
}
