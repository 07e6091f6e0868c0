//! Two clouds, and what is recorded of them, are equal: but for what AWS itself assigns, by a few rules that are all here.

use std::collections::{BTreeMap, BTreeSet};

use bicoastal::state::State;
use bicoastal_local::world::World;
use serde_json::{Map, Value};

/// What says when something happened, or what happened before: not what is there.
///
/// Besides every `…_ms`: the labels of streams and Route 53's and the database's own logs are
/// times; `before` is what a lagging read still shows; `released`, `spent_references`, `tokens`
/// are what AWS remembers of things that are gone.
const HISTORY: &[&str] = &[
    "before",
    "changes",
    "duration_factor",
    "durations_ms",
    "events",
    "ids",
    "released",
    "sequence",
    "spent_references",
    "stream_label",
    "throttling",
    "tokens",
];

/// What AWS chooses by who came first: which of a cluster's instances writes, and the zone and the
/// maintenance window of each.
const CHOSEN: &[&str] = &["maintenance_window", "backup_window", "writer", "zone"];

/// The bucket, and the table, that hold nothing but the state of a program.
pub const STATE: &str = "state-of-a-program";

/// What is there and what is recorded, without what AWS assigns.
#[derive(Clone, Debug, PartialEq)]
pub struct Normal {
    pub world: Value,
    pub recorded: Value,
}

/// What is there, without what AWS assigns.
pub fn normal(world: &World) -> Value {
    Normal::of(world, None).world
}

impl Normal {
    pub fn of(world: &World, state: Option<&State>) -> Self {
        let mut world = serde_json::to_value(world).expect("a world is plain data");
        take_out(&mut world);
        let names = names(&world);
        let recorded = recorded(state);
        Self { world: walk(&world, &names, ""), recorded: walk(&recorded, &names, "") }
    }
}

/// Takes the state's own bucket and table out of a world: what is in there is looked at as state.
fn take_out(world: &mut Value) {
    let remove = |map: &mut Value, name: &str| {
        map.as_object_mut().and_then(|map| map.remove(name));
    };
    remove(&mut world["s3"]["buckets"], STATE);
    for (_, account) in accounts(&mut world["dynamodb"]["accounts"]) {
        // It counts the items that were written, those of the state too.
        remove(account, "writes");
        for (_, tables) in accounts(&mut account["tables"]) {
            remove(tables, STATE);
        }
        if let Some(groups) = account["groups"].as_object_mut() {
            groups.retain(|_, group| group["name"] != STATE);
        }
    }
}

fn accounts(value: &mut Value) -> impl Iterator<Item = (&String, &mut Value)> {
    value.as_object_mut().into_iter().flatten()
}

/// Everything that is recorded, and every doubt and debt; which incarnation it is does not matter.
fn recorded(state: Option<&State>) -> Value {
    let mut recorded = Map::new();
    for (key, entry) in state.into_iter().flat_map(|state| &state.entries) {
        let mut entry = serde_json::to_value(entry).expect("state is plain data");
        if let Some(entry) = entry.as_object_mut() {
            entry.remove("token");
        }
        let mut id = key.id.to_string();
        while recorded.contains_key(&id) {
            id.push_str(" (again)");
        }
        recorded.insert(id, entry);
    }
    let exports = state.into_iter().flat_map(|state| state.exports.iter().cloned());
    recorded.insert("(exports)".to_owned(), Value::Object(exports.collect()));
    Value::Object(recorded)
}

/// The ids that AWS assigned, and what they are the ids of.
fn names(world: &Value) -> Vec<(String, String)> {
    let mut names: BTreeMap<String, String> = BTreeMap::new();
    let mut add = |id: &str, name: String| {
        if !id.is_empty() {
            names.insert(id.to_owned(), format!("<{name}>"));
        }
    };
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    for (_, account) in entries(&world["route53"]["accounts"]) {
        for (id, zone) in entries(&account["zones"]) {
            add(id, format!("zone {}", text(&zone["name"])));
            for (number, server) in
                zone["name_servers"].as_array().into_iter().flatten().enumerate()
            {
                add(&text(server), format!("ns {number} {}", text(&zone["name"])));
            }
        }
        for (id, _) in entries(&account["health_checks"]) {
            let tags = &account["tags"][format!("healthcheck/{id}")];
            add(id, format!("check {}", text(&tags["bicoastal:resource"])));
        }
    }
    for (_, account) in entries(&world["dynamodb"]["accounts"]) {
        for (id, group) in entries(&account["groups"]) {
            add(id, format!("group {}", text(&group["name"])));
        }
        for (region, tables) in entries(&account["tables"]) {
            for (name, table) in entries(tables) {
                add(&text(&table["id"]), format!("table {region} {name}"));
                add(&text(&table["stream_label"]), format!("stream {region} {name}"));
            }
        }
    }
    for (_, account) in entries(&world["elbv2"]["accounts"]) {
        for (region, things) in entries(account) {
            for (arn, balancer) in entries(&things["load_balancers"]) {
                let name = text(&balancer["name"]);
                add(last(arn), format!("balancer {name}"));
                add(&text(&balancer["dns_name"]), format!("dns {region} {name}"));
            }
            for (arn, group) in entries(&things["target_groups"]) {
                add(last(arn), format!("group {}", text(&group["name"])));
            }
            for (arn, listener) in entries(&things["listeners"]) {
                add(last(arn), format!("listener {}", listener["port"]));
            }
            for (arn, rule) in entries(&things["rules"]) {
                add(last(arn), format!("rule {}", rule["priority"]));
            }
        }
    }
    for (_, account) in entries(&world["rds"]["accounts"]) {
        for (name, global) in entries(&account["globals"]) {
            add(&text(&global["resource_id"]), format!("global {name}"));
        }
        for (region, things) in entries(&account["regions"]) {
            for kind in ["clusters", "instances"] {
                for (name, thing) in entries(&things[kind]) {
                    add(&text(&thing["resource_id"]), format!("{region} {name}"));
                }
            }
        }
    }
    for (_, account) in entries(&world["iam"]["accounts"]) {
        for kind in ["roles", "policies"] {
            for (name, thing) in entries(&account[kind]) {
                add(&text(&thing["id"]), format!("{kind} {name}"));
            }
        }
    }
    for lineage in lineages(world) {
        add(&lineage, "lineage".to_owned());
    }
    // What holds another id is replaced before it.
    let mut names: Vec<(String, String)> = names.into_iter().collect();
    names.sort_by_key(|(id, _)| std::cmp::Reverse(id.len()));
    names
}

/// Every lineage in a tag.
fn lineages(value: &Value) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    let mut todo = vec![value];
    while let Some(value) = todo.pop() {
        match value {
            Value::Object(map) => {
                if let Some(lineage) = map.get("bicoastal:lineage").and_then(Value::as_str) {
                    found.insert(lineage.to_owned());
                }
                todo.extend(map.values());
            }
            Value::Array(list) => todo.extend(list),
            _ => {}
        }
    }
    found
}

fn entries(value: &Value) -> impl Iterator<Item = (&String, &Value)> {
    value.as_object().into_iter().flatten()
}

fn last(arn: &str) -> &str {
    arn.rsplit('/').next().unwrap_or_default()
}

fn walk(value: &Value, names: &[(String, String)], key: &str) -> Value {
    let rename = |text: &str| {
        names.iter().fold(text.to_owned(), |text, (id, name)| {
            if text.contains(id.as_str()) { text.replace(id.as_str(), name) } else { text }
        })
    };
    match value {
        // A digest has a salt of its own; whether the secret is the one that was sent, the cloud shows.
        Value::Object(map) if map.contains_key("$secret") => "a secret".into(),
        Value::Object(map) => {
            let mut walked = Map::new();
            for (key, value) in map {
                if key.ends_with("_ms") || HISTORY.contains(&key.as_str()) {
                    continue;
                }
                if CHOSEN.contains(&key.as_str()) && value.is_string() {
                    continue;
                }
                let name = rename(key);
                let mut unique = name.clone();
                let mut number = 1;
                // Two things that only their ids tell apart are two things.
                while walked.contains_key(&unique) {
                    number += 1;
                    unique = format!("{name} (again {number})");
                }
                walked.insert(unique, walk(value, names, key));
            }
            Value::Object(walked)
        }
        Value::Array(list) => Value::Array(list.iter().map(|it| walk(it, names, key)).collect()),
        Value::String(text) => {
            let text = rename(text);
            // A reference that was refused, because its thing was deleted, is counted on.
            if key == "caller_reference" {
                let stem = text.trim_end_matches(|it: char| it.is_ascii_digit());
                return Value::String(stem.to_owned());
            }
            Value::String(text)
        }
        other => other.clone(),
    }
}

/// The collections of things that a program can make, as paths where `*` is anything.
const THINGS: &[&str] = &[
    "dynamodb/accounts/*/tables/*/*",
    "elbv2/accounts/*/*/load_balancers/*",
    "elbv2/accounts/*/*/listeners/*",
    "elbv2/accounts/*/*/target_groups/*",
    "iam/accounts/*/policies/*",
    "iam/accounts/*/roles/*",
    "rds/accounts/*/globals/*",
    "rds/accounts/*/regions/*/clusters/*",
    "rds/accounts/*/regions/*/instances/*",
    "rds/accounts/*/regions/*/parameter_groups/*",
    "rds/accounts/*/regions/*/snapshots/*",
    "rds/accounts/*/regions/*/subnet_groups/*",
    "route53/accounts/*/health_checks/*",
    "route53/accounts/*/zones/*",
    "route53/accounts/*/zones/*/records/*",
    "s3/buckets/*",
];

/// Everything in a normal world, by path.
pub fn things(normal: &Value) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    for pattern in THINGS {
        let parts: Vec<&str> = pattern.split('/').collect();
        collect(normal, &parts, String::new(), &mut found);
    }
    found
}

fn collect(value: &Value, parts: &[&str], path: String, found: &mut BTreeSet<String>) {
    let Some((first, rest)) = parts.split_first() else {
        found.insert(path);
        return;
    };
    for (key, value) in entries(value).filter(|(key, _)| *first == "*" || first == key) {
        let path = if path.is_empty() { key.clone() } else { format!("{path}/{key}") };
        collect(value, rest, path, found);
    }
}

/// Where two worlds differ, in a line each.
pub fn differences(expected: &Value, is: &Value) -> Vec<String> {
    let mut lines = Vec::new();
    differ(expected, is, String::new(), &mut lines);
    lines
}

fn differ(expected: &Value, is: &Value, path: String, lines: &mut Vec<String>) {
    match (expected, is) {
        (Value::Object(one), Value::Object(other)) => {
            let keys: BTreeSet<&String> = one.keys().chain(other.keys()).collect();
            for key in keys {
                let path = format!("{path}/{key}");
                match (one.get(key), other.get(key)) {
                    (Some(one), Some(other)) => differ(one, other, path, lines),
                    (Some(_), None) => lines.push(format!("missing: {path}")),
                    _ => lines.push(format!("too much: {path}")),
                }
            }
        }
        (Value::Array(one), Value::Array(other)) if one.len() == other.len() => {
            for (number, (one, other)) in one.iter().zip(other).enumerate() {
                differ(one, other, format!("{path}[{number}]"), lines);
            }
        }
        (one, other) if one != other => lines.push(format!("{path}: {one} → {other}")),
        _ => {}
    }
}
