//! What is wrong with replication, told offline: in one configuration, and between buckets.

use std::collections::{BTreeMap, BTreeSet};

use bicoastal_model::{Check, Declared, Desired, Diagnostic, ResourceId, value};
use serde_json::Value;

use super::{ReplicationConfiguration, ReplicationRule};
use crate::s3::bucket::check::is_versioned;

pub(super) fn configuration(configuration: &ReplicationConfiguration, check: &mut Check) {
    let rules = &configuration.rules;
    check.ensure(
        (1..=1000).contains(&rules.len()),
        "a replication configuration has 1 to 1,000 rules",
    );
    let mut ids = BTreeSet::new();
    for rule in rules {
        let id = &rule.id;
        check.ensure(ids.insert(id), format!("two replication rules are called '{id}'"));
        check.ensure(
            (1..=255).contains(&id.len()),
            format!("the replication rule '{id}' needs an id of 1 to 255 characters"),
        );
        check_rule(rule, configuration, check);
    }
    for (at, one) in rules.iter().enumerate() {
        for other in rules.iter().skip(at + 1) {
            if one.destination == other.destination
                && overlap(one, other)
                && one.priority == other.priority
            {
                check.error_with_hint(
                    format!(
                        "the replication rules '{}' and '{}' meet the same objects with the same \
                         priority",
                        one.id, other.id
                    ),
                    "give the one that is to win a higher priority",
                );
            }
        }
    }
    let role = configuration.role.known().map(|arn| arn.as_str());
    check.ensure(
        role.is_none_or(|arn| arn.starts_with("arn:aws:iam::") && arn.contains(":role/")),
        "the role of a replication configuration is not the ARN of a role",
    );
}

fn overlap(one: &ReplicationRule, other: &ReplicationRule) -> bool {
    let (a, b) = (one.prefix.as_deref().unwrap_or(""), other.prefix.as_deref().unwrap_or(""));
    a.starts_with(b) || b.starts_with(a)
}

fn check_rule(rule: &ReplicationRule, of: &ReplicationConfiguration, check: &mut Check) {
    let what = format!("the replication rule '{}'", rule.id);
    check.ensure(
        rule.tags.is_empty() || !rule.delete_markers,
        format!("{what} selects by tags, and delete markers have none"),
    );
    check.ensure(
        !rule.owner_override || rule.account.is_some(),
        format!("{what} gives copies to the destination's owner, and has to name its account"),
    );
    check.ensure(rule.priority >= 0, format!("{what} has a negative priority"));
    if let Some(arn) = rule.destination.known() {
        let name = arn.as_str().strip_prefix("arn:aws:s3:::").unwrap_or_default();
        check.ensure(
            !name.is_empty() && !name.contains('/'),
            format!("{what} has {arn} as its destination, which is not the ARN of a bucket"),
        );
        check.ensure(
            of.bucket.known().is_none_or(|source| source != name),
            format!("{what} copies the bucket to itself"),
        );
    }
}

/// The declared resource that a property refers to.
fn referred<'d>(desired: &'d Desired, property: Option<&Value>) -> Option<&'d Declared> {
    desired.resources.get(&value::as_ref(property?)?.id)
}

fn rules(declared: &Declared) -> &[Value] {
    declared.props.get("rules").and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default()
}

/// Rules between configurations and the buckets that they join.
pub(super) fn stack(desired: &Desired) -> Vec<Diagnostic> {
    let mut found = Vec::new();
    let mut sources: BTreeMap<String, &ResourceId> = BTreeMap::new();
    for declared in configurations(desired) {
        let mut error = |message: String, hint: &str| {
            found.push(Diagnostic::error(message).of(&declared.id).at(&declared.at).hint(hint));
        };
        let source = declared.props.get("bucket").unwrap_or(&Value::Null);
        if let Some(first) = sources.insert(source.to_string(), &declared.id) {
            error(
                format!("the same bucket is the source of {first}"),
                "a bucket has one replication configuration; put the rules together",
            );
        }
        let source = referred(desired, Some(source)).filter(|it| !it.lookup);
        if let Some(source) = source {
            if source.place != declared.place {
                error(
                    format!("{} is in {}", source.id, source.place.label()),
                    "declare a replication configuration in the region of its source bucket",
                );
            }
            if !is_versioned(&source.props) {
                error(
                    format!("{} is not versioned, and replication copies versions", source.id),
                    "declare it with .versioning(Versioning::Enabled)",
                );
            }
        }
        for rule in rules(declared) {
            let name = rule.get("id").and_then(Value::as_str).unwrap_or_default();
            let Some(destination) = referred(desired, rule.get("destination")) else { continue };
            if source.is_some_and(|source| source.id == destination.id) {
                error(format!("the rule '{name}' copies the bucket to itself"), "name another one");
            }
            if !destination.lookup && !is_versioned(&destination.props) {
                error(
                    format!("{}, the destination of '{name}', is not versioned", destination.id),
                    "declare it with .versioning(Versioning::Enabled)",
                );
            }
            if let Some(region) = key_region(desired, rule.get("replica_key"))
                && destination.place.region().is_some_and(|it| it.code() != region)
            {
                error(
                    format!(
                        "the rule '{name}' encrypts copies with a key of {region}, and {} is in {}",
                        destination.id,
                        destination.place.label()
                    ),
                    "give a key of the destination's region",
                );
            }
        }
        found.extend(one_sided(desired, declared, source));
        found.extend(left_behind(declared, source));
    }
    found
}

/// Objects under keys of KMS are copied only where a rule says with which key they are encrypted
/// there.
fn left_behind(declared: &Declared, source: Option<&Declared>) -> Vec<Diagnostic> {
    let algorithm = source.and_then(|it| it.props.pointer("/encryption/algorithm"));
    if !algorithm.and_then(Value::as_str).is_some_and(|it| it.starts_with("aws:kms")) {
        return Vec::new();
    }
    rules(declared)
        .iter()
        .filter(|rule| rule.get("replica_key").is_none_or(Value::is_null))
        .map(|rule| {
            let name = rule.get("id").and_then(Value::as_str).unwrap_or_default();
            Diagnostic::warning(format!(
                "the bucket encrypts with a key of KMS, and the rule '{name}' copies nothing that is \
                 encrypted so"
            ))
            .of(&declared.id)
            .at(&declared.at)
            .hint("give the rule a replica_key of the destination's region")
        })
        .collect()
}

fn configurations(desired: &Desired) -> impl Iterator<Item = &Declared> {
    desired
        .resources
        .values()
        .filter(|it| it.schema.kind == "S3:ReplicationConfiguration" && !it.lookup)
}

/// The region of a key: in its ARN, or where it is declared or looked up.
fn key_region(desired: &Desired, key: Option<&Value>) -> Option<String> {
    if let Some(declared) = referred(desired, key) {
        return declared.place.region().map(|region| region.code().to_owned());
    }
    Some(key?.as_str()?.split(':').nth(3)?.to_owned())
}

/// Two buckets that copy to each other should copy the same things, and edits both ways.
fn one_sided(desired: &Desired, declared: &Declared, source: Option<&Declared>) -> Vec<Diagnostic> {
    let mut found = Vec::new();
    let Some(source) = source else { return found };
    for rule in rules(declared) {
        let Some(destination) = referred(desired, rule.get("destination")) else { continue };
        // Each pair is looked at once, from its smaller end.
        let back = configurations(desired)
            .filter(|_| source.id < destination.id)
            .filter(|it| {
                referred(desired, it.props.get("bucket")).is_some_and(|it| it.id == destination.id)
            })
            .flat_map(rules)
            .find(|it| {
                referred(desired, it.get("destination")).is_some_and(|it| it.id == source.id)
            });
        let Some(back) = back else { continue };
        for (field, says) in [
            ("prefix", "copy different prefixes"),
            ("replica_modifications", "do not both copy edits of copies"),
            ("delete_markers", "do not both copy delete markers"),
        ] {
            if rule.get(field) != back.get(field) {
                found.push(
                    Diagnostic::warning(format!(
                        "{} and {} copy to each other, and {says}: they will not stay the same",
                        source.id, destination.id
                    ))
                    .of(&declared.id)
                    .at(&declared.at),
                );
            }
        }
    }
    found
}
