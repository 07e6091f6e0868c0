//! What is wrong between several resources.

use std::collections::{BTreeMap, BTreeSet};

use bicoastal_model::{Declared, Desired, Diagnostic, ResourceId};
use serde_json::Value;

use crate::rds::engine::Engine;

/// The rules between global clusters, clusters and instances.
///
/// [`DbCluster`](crate::rds::DbCluster) names it for all three: nothing is wrong between the others
/// where there is no cluster.
pub(in crate::rds) fn check(desired: &Desired) -> Vec<Diagnostic> {
    let mut found = Vec::new();
    let of_kind = |kind: &'static str| {
        desired.resources.values().filter(move |it| it.schema.kind == kind && !it.lookup)
    };
    let clusters: Vec<&Declared> = of_kind("RDS:DBCluster").collect();
    let instances: Vec<&Declared> = of_kind("RDS:DBInstance").collect();
    let mut by_global: BTreeMap<String, Vec<&Declared>> = BTreeMap::new();
    for cluster in &clusters {
        if let Some(global) =
            names(desired, cluster.props.get("global_cluster"), "RDS:GlobalCluster")
        {
            by_global.entry(global).or_default().push(cluster);
        }
    }
    for (global, members) in &by_global {
        let declared = desired.resources.get(&ResourceId::new(global.clone()));
        together(global, declared, members, &mut found);
    }
    let members: BTreeSet<&ResourceId> = by_global.values().flatten().map(|it| &it.id).collect();
    for cluster in &clusters {
        let own: Vec<&&Declared> = instances
            .iter()
            .filter(|it| {
                names(desired, it.props.get("cluster"), "RDS:DBCluster").as_deref()
                    == Some(cluster.id.as_str())
                    && it.place == cluster.place
            })
            .collect();
        let others = by_global
            .values()
            .find(|members| members.iter().any(|it| it.id == cluster.id))
            .map_or(0, |members| members.len() - 1);
        of_cluster(cluster, &own, members.contains(&cluster.id), others, &mut found);
        family(desired, cluster, &mut found);
    }
    found
}

/// A parameter group is of one family: that of its cluster's engine and major version.
fn family(desired: &Desired, cluster: &Declared, found: &mut Vec<Diagnostic>) {
    let refers = |property: &str| {
        let reference = bicoastal_model::value::as_ref(cluster.props.get(property)?)?;
        desired.resources.get(&reference.id)
    };
    let Some(group) = refers("parameter_group") else { return };
    let Some(family) = text(group, "family") else { return };
    let engine: Option<Engine> =
        cluster.props.get("engine").and_then(|it| serde_json::from_value(it.clone()).ok());
    let Some(engine) = engine else { return };
    let version = text(cluster, "engine_version")
        .or_else(|| refers("global_cluster").and_then(|global| text(global, "engine_version")));
    let fits = match version.and_then(|version| engine.family(version)) {
        Some(own) => family.eq_ignore_ascii_case(&own),
        None => family.to_lowercase().starts_with(engine.as_str()),
    };
    if !fits {
        let of = match version {
            Some(version) => format!("{} {version}", engine.as_str()),
            None => engine.as_str().to_owned(),
        };
        error(
            found,
            cluster,
            format!("its parameter group {} is of the family {family}, not of {of}", group.id),
            "a group of another family is another group: AWS refuses it",
        );
    }
}

/// Which resource a property names: by a reference, or by the name of one that is declared. The
/// text itself where none is.
fn names(desired: &Desired, property: Option<&Value>, kind: &str) -> Option<String> {
    let property = property?;
    if let Some(reference) = bicoastal_model::value::as_ref(property) {
        return Some(reference.id.to_string());
    }
    let name = property.as_str()?;
    let named = |it: &&Declared| {
        it.schema.kind == kind
            && it
                .props
                .get("identifier")
                .and_then(Value::as_str)
                .is_some_and(|other| other.eq_ignore_ascii_case(name))
    };
    Some(match desired.resources.values().find(named) {
        Some(declared) => declared.id.to_string(),
        None => name.to_owned(),
    })
}

fn text<'a>(declared: &'a Declared, field: &str) -> Option<&'a str> {
    declared.props.get(field).and_then(Value::as_str)
}

fn flag(declared: &Declared, field: &str) -> bool {
    declared.props.get(field) == Some(&Value::Bool(true))
}

fn error(found: &mut Vec<Diagnostic>, of: &Declared, message: String, hint: &str) {
    let mut diagnostic = Diagnostic::error(message).of(&of.id).at(&of.at);
    if !hint.is_empty() {
        diagnostic = diagnostic.hint(hint);
    }
    found.push(diagnostic);
}

/// The members of one global database.
fn together(
    name: &str,
    global: Option<&Declared>,
    members: &[&Declared],
    found: &mut Vec<Diagnostic>,
) {
    let first: Vec<&&Declared> = members.iter().filter(|it| flag(it, "initial_writer")).collect();
    let adopted = global.is_some_and(|global| global.props.get("source_cluster").is_some());
    if let Some(global) = global.filter(|_| first.is_empty() && !adopted) {
        error(
            found,
            global,
            format!("no cluster of {name} is its initial writer"),
            "mark the cluster that is to write first with initial_writer(true); afterwards it means nothing",
        );
    }
    for extra in first.iter().skip(1) {
        error(
            found,
            extra,
            format!("{} is the initial writer of {name} already", first[0].id),
            "a global database has one writer",
        );
    }
    let mut by_name: BTreeMap<String, &Declared> = BTreeMap::new();
    let mut by_region: BTreeMap<String, &Declared> = BTreeMap::new();
    for member in members {
        if let Some(identifier) = text(member, "identifier")
            && let Some(other) = by_name.insert(identifier.to_lowercase(), member)
        {
            error(
                found,
                member,
                format!("{} has the same name '{identifier}' in {name}", other.id),
                "members of a global database need different names, across regions too",
            );
        }
        if let Some(other) = by_region.insert(member.place.label(), member) {
            error(
                found,
                member,
                format!(
                    "{} is in {} already, and a global database has one cluster in each region",
                    other.id,
                    member.place.label()
                ),
                "",
            );
        }
        let Some(global) = global else { continue };
        let engine = |it: &Declared| text(it, "engine").map(str::to_owned);
        if engine(global).is_some() && engine(global) != engine(member) {
            error(found, member, format!("its engine is not that of {name}"), "");
        }
        let encrypted = flag(global, "storage_encrypted");
        if !adopted {
            let own = member.props.get("storage_encrypted").and_then(Value::as_bool);
            if own.is_some_and(|own| own != encrypted) {
                error(
                    found,
                    member,
                    format!("it is encrypted where {name} is not, or the other way round"),
                    "",
                );
            }
            if encrypted && member.props.get("kms_key").is_none() && !flag(member, "initial_writer")
            {
                error(
                    found,
                    member,
                    format!(
                        "{name} is encrypted, so a secondary must name a key of its own region"
                    ),
                    "kms_key(…), e.g. looked up as alias/aws/rds",
                );
            }
        }
        if !member.place.regions.iter().all(|region| global.place.regions.contains(region)) {
            error(
                found,
                member,
                format!("{name} is not declared for {}", member.place.label()),
                "declare the global cluster across all regions that have a member",
            );
        }
    }
}

/// A cluster and its instances.
fn of_cluster(
    cluster: &Declared,
    instances: &[&&Declared],
    global: bool,
    others: usize,
    found: &mut Vec<Diagnostic>,
) {
    let serverless = |it: &&&&Declared| text(it, "class") == Some("db.serverless");
    let scaling = cluster.props.get("serverless_scaling").is_some();
    if let Some(instance) = instances.iter().find(serverless).filter(|_| !scaling) {
        error(
            found,
            instance,
            format!(
                "a serverless instance needs its cluster's capacities, and {} has none",
                cluster.id
            ),
            "give the cluster serverless_scaling(…)",
        );
    }
    let most = if global { 16 - others.min(15) } else { 16 };
    if instances.len() > most.max(1) {
        error(
            found,
            cluster,
            format!(
                "it has {} instances and can have {most}: a writer and 15 readers, secondary clusters counted",
                instances.len()
            ),
            "",
        );
    }
    for instance in instances {
        let class = text(instance, "class").unwrap_or_default();
        if global && class.starts_with("db.t") {
            error(
                found,
                instance,
                format!("{class} is too small a class for a global database"),
                "members need memory-optimised classes (db.r5 and newer) or db.serverless",
            );
        }
        if text(instance, "engine") != text(cluster, "engine") {
            error(found, instance, format!("its engine is not that of {}", cluster.id), "");
        }
    }
}
