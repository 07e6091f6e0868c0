//! Capacity in the words of the program: shared by the replicas that it does not single out.

use std::collections::BTreeMap;

use bicoastal_model::{Packed, Region, Target};
use serde_json::{Map, Value, json};

use super::super::facts::{CapacityFacts, Facts, Throughput};
use super::super::settings::Units;
use super::props::{common, overridden};

/// What the program (or state) says of one index of a region.
fn own_index<'t>(target: &'t Target, region: Region, name: &str) -> Option<&'t Packed> {
    let indexes = overridden(target, region)?.get("indexes")?.as_array()?;
    indexes.iter().find(|it| it["name"] == name)
}

/// What the program (or state) says of reads of a region, of the table or of an index.
fn own_part<'t>(
    target: &'t Target,
    region: Region,
    index: Option<&str>,
    part: &str,
) -> Option<&'t Packed> {
    match index {
        None => overridden(target, region)?.get(part),
        Some(name) => own_index(target, region, name)?.get(part),
    }
}

/// What the replicas have of the table or an index that are not singled out for this part: one value
/// where they have the same, else each region's own. Where nothing is declared to compare it with, it
/// is one region's, because it is taken for what is wanted.
fn shared(
    target: &Target,
    facts: &Facts,
    index: Option<&str>,
    part: &str,
    declared: Option<&Packed>,
    value: impl Fn(Throughput) -> Value,
) -> Value {
    let values: BTreeMap<Region, Value> = facts
        .members
        .iter()
        .filter(|(region, _)| own_part(target, **region, index, part).is_none())
        .map(|(region, member)| (*region, value(member.throughput_of(index))))
        .collect();
    match declared {
        Some(declared) if values.is_empty() => declared.to_value(),
        Some(_) => common(values),
        None => {
            let any = || facts.members.values().next().map(|it| value(it.throughput_of(index)));
            values.into_values().next().or_else(any).unwrap_or_default()
        }
    }
}

/// Units as declared where they are within what is declared: somebody else scales them.
fn units(declared: Option<&Packed>, seen: i64) -> Value {
    let declared = declared.map(Packed::to_value);
    let range = declared.as_ref().and_then(|it| serde_json::from_value::<Units>(it.clone()).ok());
    match (range, declared) {
        (Some(range), Some(declared)) if range.accepts(seen) => declared,
        _ => json!(seen),
    }
}

/// Reads and writes, of the table or of an index; `declared` says what.
pub(super) fn provisioned(
    target: &Target,
    facts: &Facts,
    index: Option<&str>,
    declared: Option<&Packed>,
) -> (Value, Value) {
    let part = |name: &str| declared.and_then(|it| it.get(name));
    let read =
        shared(target, facts, index, "read", part("read"), |it| units(part("read"), it.read));
    let write =
        shared(target, facts, index, "write", part("write"), |it| units(part("write"), it.write));
    (read, write)
}

/// Ceilings of the table or of an index; null where there are none. A provisioned one has none that
/// mean anything.
pub(super) fn ceilings(
    target: &Target,
    facts: &Facts,
    index: Option<&str>,
    declared: Option<&Packed>,
) -> Value {
    let mut out = Map::new();
    if !facts.capacity.on_demand {
        return Value::Null;
    }
    let part = |name: &str| declared.and_then(|it| it.get(name));
    let max_read =
        shared(target, facts, index, "max_read", part("max_read"), |it| json!(it.max_read));
    let max_write =
        shared(target, facts, index, "max_write", part("max_write"), |it| json!(it.max_write));
    for (name, value) in [("max_read", max_read), ("max_write", max_write)] {
        if !value.is_null() {
            out.insert(name.to_owned(), value);
        }
    }
    if out.is_empty() { Value::Null } else { Value::Object(out) }
}

pub(super) fn billing(target: &Target, facts: &Facts) -> Value {
    if facts.capacity.on_demand {
        return json!({ "mode": "on_demand" });
    }
    let (read, write) = provisioned(target, facts, None, target.props.get("billing"));
    json!({ "mode": "provisioned", "read": read, "write": write })
}

/// Warmth as declared where there is that much or more: it grows by itself.
pub(super) fn warm(target: &Target, capacity: CapacityFacts) -> Value {
    let declared = target.props.get("warm_throughput");
    let part = |name: &str, seen: i64| {
        let wanted = declared.and_then(|it| it.get(name)).and_then(Packed::as_i64);
        json!(wanted.filter(|wanted| *wanted <= seen).unwrap_or(seen))
    };
    json!({ "read": part("read", capacity.warm_read), "write": part("write", capacity.warm_write) })
}

/// What a singled-out replica has of reads, of the parts that it is singled out for.
pub(super) fn own(target: &Target, facts: &Facts, region: Region, entry: &mut Value) {
    let Some(declared) = overridden(target, region) else { return };
    reads(facts, region, None, declared, entry);
    let Some(indexes) = declared.get("indexes").and_then(Packed::as_array) else { return };
    let indexes = indexes.iter().filter_map(|declared| {
        let name = declared.get("name").and_then(Packed::as_str)?;
        let mut entry = json!({ "name": name });
        reads(facts, region, Some(name), declared, &mut entry);
        Some(entry)
    });
    entry["indexes"] = indexes.collect();
}

fn reads(facts: &Facts, region: Region, index: Option<&str>, declared: &Packed, entry: &mut Value) {
    let Some(member) = facts.members.get(&region) else { return };
    let seen = member.throughput_of(index);
    let on_demand = facts.capacity.on_demand;
    if let Some(wanted) = declared.get("read").filter(|_| !on_demand) {
        entry["read"] = units(Some(wanted), seen.read);
    }
    if declared.get("max_read").is_some() && on_demand {
        entry["max_read"] = json!(seen.max_read.unwrap_or(-1));
    }
}
