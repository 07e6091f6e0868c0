//! What a table's description must satisfy before anything is made of it.

use std::collections::BTreeSet;

use super::fault::validation;
use super::shape::{
    AttributeDefinition, CreateTable, IndexSpec, KeyElement, OnDemand, Projection, Tag, Throughput,
};
use crate::reply::Fault;

/// Table and index names: 3–255 of `[a-zA-Z0-9_.-]`.
pub(super) fn name(what: &str, name: &str) -> Result<(), Fault> {
    let fits = (3..=255).contains(&name.len())
        && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"_.-".contains(&byte));
    if fits {
        return Ok(());
    }
    Err(validation(format!(
        "1 validation error detected: Value '{name}' at '{what}' failed to satisfy constraint: \
         3 to 255 characters of [a-zA-Z0-9_.-]+"
    )))
}

/// One of the words that a member may have.
pub(super) fn one_of(what: &str, value: &str, words: &[&str]) -> Result<(), Fault> {
    if words.contains(&value) {
        return Ok(());
    }
    Err(validation(format!(
        "1 validation error detected: Value '{value}' at '{what}' failed to satisfy constraint: \
         Member must satisfy enum value set: [{}]",
        words.join(", ")
    )))
}

/// At least one unit of each.
pub(super) fn throughput(what: &str, units: Throughput) -> Result<(), Fault> {
    for (member, value) in [
        ("readCapacityUnits", units.read_capacity_units),
        ("writeCapacityUnits", units.write_capacity_units),
    ] {
        if value < 1 {
            return Err(validation(format!(
                "1 validation error detected: Value '{value}' at '{what}.{member}' failed to \
                 satisfy constraint: Member must have value greater than or equal to 1"
            )));
        }
    }
    if units.read_capacity_units > 40_000 || units.write_capacity_units > 40_000 {
        return Err(super::fault::limit(format!(
            "{what} of {}/{} is above the table's limit of 40000",
            units.read_capacity_units, units.write_capacity_units
        )));
    }
    Ok(())
}

/// `-1` (no ceiling) or at least one.
pub(super) fn on_demand(what: &str, ceilings: OnDemand) -> Result<(), Fault> {
    let given = [ceilings.max_read_request_units, ceilings.max_write_request_units];
    if given.iter().flatten().any(|units| *units != -1 && *units < 1) {
        return Err(validation(format!("{what}: a maximum is at least 1, or -1 for none")));
    }
    Ok(())
}

/// Fewer than fifty, and none of AWS's own.
pub(super) fn tags<'a>(keys: impl Iterator<Item = &'a String>) -> Result<(), Fault> {
    let keys: Vec<&String> = keys.collect();
    if keys.len() > 50 {
        return Err(validation("Too many tags: a table takes at most 50"));
    }
    for key in keys {
        if key.is_empty() || key.len() > 128 {
            return Err(validation(format!("Tag key '{key}' is not 1 to 128 characters long")));
        }
        if key.starts_with("aws:") {
            return Err(validation(format!("Tag key '{key}': aws: is reserved")));
        }
    }
    Ok(())
}

/// The same for a list as requests carry it.
pub(super) fn tag_list(list: &[Tag]) -> Result<(), Fault> {
    tags(list.iter().map(|tag| &tag.key))?;
    if let Some(tag) = list.iter().find(|tag| tag.value.len() > 256) {
        return Err(validation(format!("The value of tag '{}' is too long", tag.key)));
    }
    let distinct: BTreeSet<&String> = list.iter().map(|tag| &tag.key).collect();
    if distinct.len() != list.len() {
        return Err(validation("Duplicate tag keys"));
    }
    Ok(())
}

/// `HASH` attributes first, `RANGE` ones second, none twice.
fn key_schema(what: &str, schema: &[KeyElement], most: usize) -> Result<(), Fault> {
    let mut seen = BTreeSet::new();
    let mut ranges = 0;
    let mut hashes = 0;
    for element in schema {
        one_of("keyType", &element.key_type, &["HASH", "RANGE"])?;
        if !seen.insert(&element.attribute_name) {
            return Err(validation(format!(
                "{what}: both keys are the same attribute, {}",
                element.attribute_name
            )));
        }
        if element.key_type == "RANGE" {
            ranges += 1;
        } else if ranges > 0 {
            return Err(validation(format!(
                "{what}: Invalid KeySchema: the HASH key comes first, the RANGE key second"
            )));
        } else {
            hashes += 1;
        }
    }
    if hashes == 0 || hashes > most || ranges > most {
        return Err(validation(format!(
            "{what}: Invalid KeySchema: {hashes} HASH and {ranges} RANGE keys"
        )));
    }
    Ok(())
}

fn projection(what: &str, projection: &Projection) -> Result<usize, Fault> {
    let kind = projection.projection_type.as_deref().unwrap_or_default();
    one_of("projectionType", kind, &["ALL", "KEYS_ONLY", "INCLUDE"])?;
    let others = projection.non_key_attributes.as_deref().unwrap_or_default();
    match (kind, others.is_empty()) {
        ("INCLUDE", true) => Err(validation(format!(
            "{what}: ProjectionType is INCLUDE, but NonKeyAttributes is not specified"
        ))),
        ("ALL" | "KEYS_ONLY", false) => Err(validation(format!(
            "{what}: ProjectionType is {kind}, but NonKeyAttributes is specified"
        ))),
        _ => Ok(others.len()),
    }
}

/// The keys of a table and its indexes, against the attributes that are defined.
pub(super) fn keys(
    schema: &[KeyElement],
    attributes: &[AttributeDefinition],
    local: &[IndexSpec],
    global: &[&IndexSpec],
) -> Result<(), Fault> {
    key_schema("table", schema, 1)?;
    let mut used: BTreeSet<&str> = BTreeSet::new();
    used.extend(schema.iter().map(|element| element.attribute_name.as_str()));
    let mut names = BTreeSet::new();
    let mut projected = 0;
    if local.len() > 5 {
        return Err(validation("Number of LocalSecondaryIndexes exceeds the limit of 5"));
    }
    if global.len() > 20 {
        return Err(super::fault::limit(
            "GlobalSecondaryIndex count exceeds the per-table limit of 20",
        ));
    }
    for index in local {
        key_schema(&index.index_name, &index.key_schema, 1)?;
        if schema.len() < 2 {
            return Err(validation(
                "Table KeySchema does not have a range key, \
                 which is required when specifying a LocalSecondaryIndex",
            ));
        }
        if index.key_schema.first() != schema.first() {
            return Err(validation(format!(
                "{}: Index KeySchema does not have the same leading hash key as table KeySchema",
                index.index_name
            )));
        }
        if index.key_schema.len() < 2 {
            return Err(validation(format!(
                "{}: a LocalSecondaryIndex needs a range key",
                index.index_name
            )));
        }
    }
    for index in global {
        key_schema(&index.index_name, &index.key_schema, 4)?;
    }
    for index in local.iter().chain(global.iter().copied()) {
        name("indexName", &index.index_name)?;
        if !names.insert(&index.index_name) {
            return Err(validation(format!("Duplicate index name: {}", index.index_name)));
        }
        projected += projection(&index.index_name, &index.projection)?;
        used.extend(index.key_schema.iter().map(|element| element.attribute_name.as_str()));
    }
    if projected > 100 {
        return Err(validation(format!(
            "NonKeyAttributes of all indexes together are {projected}, the limit is 100"
        )));
    }
    let mut defined = BTreeSet::new();
    for attribute in attributes {
        one_of("attributeType", &attribute.attribute_type, &["S", "N", "B"])?;
        if !defined.insert(attribute.attribute_name.as_str()) {
            return Err(validation(format!(
                "Duplicate AttributeName: {}",
                attribute.attribute_name
            )));
        }
    }
    if let Some(missing) = used.difference(&defined).next() {
        return Err(validation(format!(
            "Some index key attributes are not defined in AttributeDefinitions. Missing: {missing}"
        )));
    }
    if let Some(extra) = defined.difference(&used).next() {
        return Err(validation(format!("Some AttributeDefinitions are not used. Unused: {extra}")));
    }
    Ok(())
}

/// Everything about a new table that can be said without looking at others.
pub(super) fn table(input: &CreateTable) -> Result<(), Fault> {
    let global: Vec<&IndexSpec> = input.global_secondary_indexes.iter().collect();
    keys(&input.key_schema, &input.attribute_definitions, &input.local_secondary_indexes, &global)?;
    let billing = input.billing_mode.as_deref().unwrap_or("PROVISIONED");
    one_of("billingMode", billing, &["PROVISIONED", "PAY_PER_REQUEST"])?;
    let mut capacities = vec![("table", input.provisioned_throughput)];
    capacities.extend(
        global.iter().map(|index| (index.index_name.as_str(), index.provisioned_throughput)),
    );
    for (what, units) in capacities {
        match (billing, units) {
            ("PROVISIONED", None) => {
                return Err(validation(format!(
                    "{what}: ReadCapacityUnits and WriteCapacityUnits must both be specified \
                     when BillingMode is PROVISIONED"
                )));
            }
            ("PROVISIONED", Some(units)) => throughput(what, units)?,
            (_, Some(_)) => {
                return Err(validation(format!(
                    "{what}: Neither ReadCapacityUnits nor WriteCapacityUnits can be specified \
                     when BillingMode is PAY_PER_REQUEST"
                )));
            }
            (_, None) => {}
        }
    }
    let mut ceilings = vec![("table", input.on_demand_throughput)];
    ceilings
        .extend(global.iter().map(|index| (index.index_name.as_str(), index.on_demand_throughput)));
    for (what, given) in ceilings {
        if let Some(given) = given {
            if billing == "PROVISIONED" {
                return Err(validation(format!(
                    "{what}: OnDemandThroughput can't be specified when BillingMode is PROVISIONED"
                )));
            }
            on_demand(what, given)?;
        }
    }
    if let Some(stream) = &input.stream_specification {
        stream_spec(stream.stream_enabled, stream.stream_view_type.as_deref())?;
    }
    if let Some(class) = &input.table_class {
        table_class(class)?;
    }
    tag_list(&input.tags)?;
    if let Some(policy) = &input.resource_policy {
        super::policy::check(policy)?;
    }
    Ok(())
}

/// A view type if and only if the stream is enabled.
pub(super) fn stream_spec(enabled: bool, view: Option<&str>) -> Result<(), Fault> {
    match (enabled, view) {
        (true, Some(view)) => one_of(
            "streamViewType",
            view,
            &["NEW_IMAGE", "OLD_IMAGE", "NEW_AND_OLD_IMAGES", "KEYS_ONLY"],
        ),
        (false, None) => Ok(()),
        (true, None) => {
            Err(validation("Stream StreamEnabled is true, but no StreamViewType is given"))
        }
        (false, Some(_)) => {
            Err(validation("Stream StreamEnabled is false, but a StreamViewType is given"))
        }
    }
}

/// The two table classes.
pub(super) fn table_class(class: &str) -> Result<(), Fault> {
    one_of("tableClass", class, &["STANDARD", "STANDARD_INFREQUENT_ACCESS"])
}
