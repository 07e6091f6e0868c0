//! Tags of roles and policies. Keys differ by more than case.

use super::{Fields, page, policy, required};
use crate::query::{self, Params};
use crate::reply::Fault;
use crate::world::World;
use crate::xml::Element;

/// Tags in the order in which they were set.
pub(super) type Tags = Vec<(String, String)>;

/// The tags of a request; one bad tag refuses them all.
pub(super) fn read(params: &Params) -> Result<Tags, Fault> {
    let refuse = |message: &str| Err(Fault::new(400, "InvalidInput", message));
    let mut tags = Tags::new();
    for tag in params.structs("Tags") {
        let key = required(&tag, "Key")?;
        let value = tag.get("Value").unwrap_or_default();
        if key.to_lowercase().starts_with("aws:") {
            return refuse("Tag keys must not start with the reserved prefix aws:");
        }
        let allowed = |c: char| c.is_alphanumeric() || c.is_whitespace() || "_.:/=+-@".contains(c);
        if key.chars().count() > 128 || !key.chars().all(allowed) {
            return Err(super::invalid_value(
                "tags",
                &format!("'{key}'"),
                "Member must satisfy regular expression pattern: [\\p{L}\\p{Z}\\p{N}_.:/=+\\-@]+",
            ));
        }
        if value.chars().count() > 256 || !value.chars().all(allowed) {
            return Err(super::invalid_value(
                "tags",
                &format!("'{value}'"),
                "Member must satisfy regular expression pattern: [\\p{L}\\p{Z}\\p{N}_.:/=+\\-@]*",
            ));
        }
        if tags.iter().any(|(other, _)| other.to_lowercase() == key.to_lowercase()) {
            return refuse(
                "Duplicate tag keys found. Please note that Tag keys are case insensitive.",
            );
        }
        tags.push((key.to_owned(), value.to_owned()));
    }
    if tags.len() > 50 {
        return Err(super::invalid_value(
            "tags",
            "of more than 50 members",
            "Member must have length less than or equal to 50",
        ));
    }
    Ok(tags)
}

pub(super) fn element(tags: &Tags) -> Element {
    query::list("Tags", "member", tags.iter().map(|(key, value)| one(key, value)))
}

fn one(key: &str, value: &str) -> Element {
    Element::new("member").text_child("Key", key).text_child("Value", value)
}

fn merged(old: &Tags, new: Tags, owner: &str) -> Result<Tags, Fault> {
    let mut tags = old.clone();
    for (key, value) in new {
        match tags.iter_mut().find(|(other, _)| other.to_lowercase() == key.to_lowercase()) {
            Some(tag) => *tag = (key, value),
            None => tags.push((key, value)),
        }
    }
    if tags.len() > 50 {
        return Err(Fault::new(
            409,
            "LimitExceeded",
            format!("The number of tags has reached the maximum limit for {owner}: 50"),
        ));
    }
    Ok(tags)
}

fn remove(tags: &mut Tags, params: &Params) {
    let keys: Vec<String> = params
        .list("TagKeys")
        .unwrap_or_default()
        .into_iter()
        .map(|key| key.to_lowercase())
        .collect();
    tags.retain(|(key, _)| !keys.contains(&key.to_lowercase()));
}

fn list(params: &Params, tags: &Tags) -> Fields {
    let mut sorted = tags.clone();
    sorted.sort();
    page(
        params,
        "Tags",
        sorted.into_iter().map(|(key, value)| {
            let item = one(&key, &value);
            (key, item)
        }),
    )
}

pub(super) fn tag_role(world: &mut World, account: &str, params: &Params) -> Fields {
    let new = read(params)?;
    let role = world.iam.role_mut(account, required(params, "RoleName")?)?;
    role.tags = merged(&role.tags, new, "role")?;
    Ok(Vec::new())
}

pub(super) fn untag_role(world: &mut World, account: &str, params: &Params) -> Fields {
    let role = world.iam.role_mut(account, required(params, "RoleName")?)?;
    remove(&mut role.tags, params);
    Ok(Vec::new())
}

pub(super) fn list_role(world: &mut World, account: &str, params: &Params) -> Fields {
    list(params, &world.iam.role(account, required(params, "RoleName")?)?.tags)
}

pub(super) fn tag_policy(world: &mut World, account: &str, params: &Params) -> Fields {
    let new = read(params)?;
    let policy = policy::find_mut(world, account, required(params, "PolicyArn")?)?;
    policy.tags = merged(&policy.tags, new, "policy")?;
    Ok(Vec::new())
}

pub(super) fn untag_policy(world: &mut World, account: &str, params: &Params) -> Fields {
    let policy = policy::find_mut(world, account, required(params, "PolicyArn")?)?;
    remove(&mut policy.tags, params);
    Ok(Vec::new())
}

pub(super) fn list_policy(world: &mut World, account: &str, params: &Params) -> Fields {
    let tags = match policy::find(world, account, required(params, "PolicyArn")?)? {
        policy::Found::Ours(policy) => policy.tags.clone(),
        policy::Found::Aws(_) => Tags::new(),
    };
    list(params, &tags)
}
