//! Contributor Insights and streams of Kinesis, in the words of the program.

use std::collections::BTreeMap;

use bicoastal_model::{Packed, Region, Target};
use serde_json::{Map, Value, json};

use super::super::facts::{Facts, MemberFacts};
use super::super::own_apis::mentioned;
use super::props::common;

fn mode(member: &MemberFacts, index: Option<&str>) -> Value {
    member.insights_of(index).map_or(Value::Null, |it| it.shown())
}

/// What an entry says of the table, or of an index.
fn said<'e>(entry: &'e Packed, index: Option<&str>) -> Option<&'e Packed> {
    match index {
        None => entry.get("table"),
        Some(name) => entry.get("indexes")?.get(name),
    }
}

/// What the program (or state) mentions, and nothing else: for the table, for indexes, and for single
/// replicas.
pub(super) fn insights(target: &Target, facts: &Facts) -> Value {
    let Some(declared) = target.props.get("contributor_insights") else { return Value::Null };
    let singled_out = |region: Region, index: Option<&str>| {
        mentioned(declared)
            .skip(1)
            .any(|it| it["region"] == region.code() && said(it, index).is_some())
    };
    let shared = |index: Option<&str>| {
        let members = facts.members.iter();
        let values: BTreeMap<Region, Value> = members
            .filter(|(region, _)| !singled_out(**region, index))
            .map(|(region, member)| (*region, mode(member, index)))
            .collect();
        match (values.is_empty(), said(declared, index)) {
            (true, Some(declared)) => declared.to_value(),
            _ => common(values),
        }
    };
    let mut out = part(declared, shared);
    let replicas: Vec<Value> = mentioned(declared)
        .skip(1)
        .filter_map(|entry| {
            let region: Region = entry.get("region")?.as_str()?.parse().ok()?;
            let member = facts.members.get(&region)?;
            let mut out = part(entry, |index| mode(member, index));
            out.insert("region".to_owned(), json!(region));
            Some(Value::Object(out))
        })
        .collect();
    if !replicas.is_empty() {
        out.insert("replicas".to_owned(), json!(replicas));
    }
    if out.is_empty() { Value::Null } else { Value::Object(out) }
}

/// What an entry mentions, as it is.
fn part(entry: &Packed, value: impl Fn(Option<&str>) -> Value) -> Map<String, Value> {
    let mut out = Map::new();
    let set = |out: &mut Map<String, Value>, name: &str, value: Value| {
        if !value.is_null() {
            out.insert(name.to_owned(), value);
        }
    };
    if entry.get("table").is_some() {
        set(&mut out, "table", value(None));
    }
    if let Some(indexes) = entry.get("indexes").and_then(Packed::as_object) {
        let mut modes = Map::new();
        for name in indexes.keys() {
            set(&mut modes, name, value(Some(name)));
        }
        set(&mut out, "indexes", Value::Object(modes));
    }
    out
}

/// The stream of each replica that gets its changes: where there are several, the one that the program
/// names. One that has failed is shown in AWS's words.
pub(super) fn kinesis(target: &Target, facts: &Facts) -> Value {
    let declared = target.props.get("kinesis_destinations").and_then(Packed::as_array);
    let named = |region: Region| {
        let mut entries = declared.into_iter().flatten();
        entries.find(|it| it["region"] == region.code())?.get("stream")?.as_str()
    };
    let shown = facts.members.iter().filter_map(|(region, member)| {
        let named = named(*region);
        let is_named = |stream: &str| named == Some(stream);
        let on = || member.kinesis.iter().filter(|it| it.is_on());
        if let Some(it) = on().find(|it| is_named(&it.stream)).or_else(|| on().next()) {
            let mut entry = json!({ "region": region, "stream": it.stream });
            if let Some(precision) = it.precision {
                entry["precision"] = json!(precision);
            }
            return Some(entry);
        }
        let failed = member
            .kinesis
            .iter()
            .find(|it| it.status == "ENABLE_FAILED" && is_named(&it.stream))?;
        let words = failed.words.as_deref().unwrap_or_default();
        let shown = format!("{} {} {words}", failed.stream, failed.status);
        Some(json!({ "region": region, "stream": shown.trim_end() }))
    });
    let shown: Vec<Value> = shown.collect();
    if shown.is_empty() { Value::Null } else { json!(shown) }
}
