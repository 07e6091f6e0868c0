//! Tags of everything that has an ARN.

use std::collections::BTreeMap;

use super::{Fields, Region, at_most, invalid, required};
use crate::call::Call;
use crate::query::Params;
use crate::reply::Fault;
use crate::world::World;
use crate::xml::Element;

pub(super) type Tags = BTreeMap<String, String>;

/// The tags of a request.
pub(super) fn read(params: &Params) -> Result<Tags, Fault> {
    let mut tags = Tags::new();
    for tag in params.structs("Tags") {
        let key = required(&tag, "Key")?;
        let value = tag.get("Value").unwrap_or_default();
        if key.to_lowercase().starts_with("aws:") {
            return Err(invalid(format!("Tag key '{key}' cannot start with 'aws:'")));
        }
        if key.chars().count() > 128 || value.chars().count() > 256 {
            return Err(invalid(format!("Tag '{key}' is too long")));
        }
        if tags.insert(key.to_owned(), value.to_owned()).is_some() {
            return Err(Fault::new(
                400,
                "DuplicateTagKeys",
                format!("Tag key '{key}' was specified more than once"),
            ));
        }
    }
    checked(tags)
}

fn checked(tags: Tags) -> Result<Tags, Fault> {
    if tags.len() > 50 {
        return Err(Fault::new(400, "TooManyTags", "The number of tags exceeds the limit of 50"));
    }
    Ok(tags)
}

fn tags_of<'a>(region: &'a mut Region, arn: &str) -> Result<&'a mut Tags, Fault> {
    let kind = arn.splitn(6, ':').nth(5).unwrap_or_default().split('/').next().unwrap_or_default();
    match kind {
        "loadbalancer" => Ok(&mut region.load_balancer(arn)?.tags),
        "targetgroup" => Ok(&mut region.target_group(arn)?.tags),
        "listener" => Ok(&mut region.listener(arn)?.tags),
        "listener-rule" => Ok(&mut region.rule(arn)?.tags),
        _ => Err(invalid(format!("'{arn}' is not a valid resource ARN"))),
    }
}

fn arns(params: &Params) -> Result<Vec<String>, Fault> {
    let arns = params.list("ResourceArns").unwrap_or_default();
    if arns.is_empty() {
        return Err(invalid("At least one resource ARN must be specified"));
    }
    at_most(&arns, 20, "resource ARNs")?;
    Ok(arns)
}

pub(super) fn add(world: &mut World, call: &Call, params: &Params) -> Fields {
    let new = read(params)?;
    let region = world.elbv2.at(call);
    let mut merged = Vec::new();
    for arn in arns(params)? {
        let mut tags = tags_of(region, &arn)?.clone();
        tags.extend(new.clone());
        merged.push((arn, checked(tags)?));
    }
    for (arn, tags) in merged {
        *tags_of(region, &arn)? = tags;
    }
    Ok(Vec::new())
}

pub(super) fn remove(world: &mut World, call: &Call, params: &Params) -> Fields {
    let keys = params.list("TagKeys").unwrap_or_default();
    let region = world.elbv2.at(call);
    let arns = arns(params)?;
    for arn in &arns {
        tags_of(region, arn)?;
    }
    for arn in &arns {
        tags_of(region, arn)?.retain(|key, _| !keys.contains(key));
    }
    Ok(Vec::new())
}

pub(super) fn describe(world: &mut World, call: &Call, params: &Params) -> Fields {
    let region = world.elbv2.at(call);
    let mut descriptions = Vec::new();
    for arn in arns(params)? {
        let tags = tags_of(region, &arn)?.iter().map(|(key, value)| {
            Element::new("member").text_child("Key", key).text_child("Value", value)
        });
        let tags = Element::new("Tags").children(tags);
        descriptions.push(Element::new("member").text_child("ResourceArn", arn).child(tags));
    }
    Ok(vec![Element::new("TagDescriptions").children(descriptions)])
}
