//! Aliases: names of keys, per region.

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::{Found, arn, find, invalid, managed, not_found, page, required, seconds};
use crate::call::Call;
use crate::reply::Fault;
use crate::world::World;

/// A name of a key.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Alias {
    /// Key id.
    pub(super) target: String,
    created_ms: i64,
    updated_ms: i64,
}

pub(super) fn create(world: &mut World, call: &Call, body: &Value) -> Result<Option<Value>, Fault> {
    let (name, key) = named(world, call, body)?;
    if world
        .kms
        .region(&call.account, &call.region)
        .is_some_and(|region| region.aliases.contains_key(name))
    {
        return Err(Fault::new(
            400,
            "AlreadyExistsException",
            format!(
                "An alias with the name {} already exists",
                arn(&call.region, &call.account, name)
            ),
        ));
    }
    let alias = Alias { target: key.id, created_ms: world.now_ms, updated_ms: world.now_ms };
    world.kms.region_mut(&call.account, &call.region).aliases.insert(name.to_owned(), alias);
    Ok(None)
}

pub(super) fn update(world: &mut World, call: &Call, body: &Value) -> Result<Option<Value>, Fault> {
    let (name, key) = named(world, call, body)?;
    let now_ms = world.now_ms;
    let region = world.kms.region_mut(&call.account, &call.region);
    let Some(alias) = region.aliases.get_mut(name) else {
        return Err(not_found(format!(
            "Alias {} is not found.",
            arn(&call.region, &call.account, name)
        )));
    };
    alias.target = key.id;
    alias.updated_ms = now_ms;
    Ok(None)
}

pub(super) fn delete(world: &mut World, call: &Call, body: &Value) -> Result<Option<Value>, Fault> {
    let name = checked(required(body, "AliasName")?)?;
    match world.kms.region_mut(&call.account, &call.region).aliases.remove(name) {
        Some(_) => Ok(None),
        None => Err(not_found(format!(
            "Alias {} is not found.",
            arn(&call.region, &call.account, name)
        ))),
    }
}

pub(super) fn list(world: &mut World, call: &Call, body: &Value) -> Result<Option<Value>, Fault> {
    let only = match body["KeyId"].as_str() {
        Some(name) => Some(find(world, &call.account, &call.region, name)?.id),
        None => None,
    };
    let entry = |name: &str, target: &str, created_ms: i64, updated_ms: i64| {
        json!({
            "AliasName": name,
            "AliasArn": arn(&call.region, &call.account, name),
            "TargetKeyId": target,
            "CreationDate": seconds(created_ms),
            "LastUpdatedDate": seconds(updated_ms),
        })
    };
    let mut items: Vec<(String, Value)> = managed::services()
        .map(|service| (service, managed::id(&call.account, &call.region, service)))
        .filter(|(_, id)| only.as_ref().is_none_or(|only| only == id))
        .map(|(service, id)| {
            let name = format!("alias/aws/{service}");
            let value = entry(&name, &id, 0, 0);
            (name, value)
        })
        .collect();
    if let Some(region) = world.kms.region(&call.account, &call.region) {
        items.extend(
            region
                .aliases
                .iter()
                .filter(|(_, alias)| only.as_ref().is_none_or(|only| *only == alias.target))
                // A key takes its aliases with it when it goes.
                .filter(|(_, alias)| {
                    find(world, &call.account, &call.region, &alias.target).is_ok()
                })
                .map(|(name, alias)| {
                    let value = entry(name, &alias.target, alias.created_ms, alias.updated_ms);
                    (name.clone(), value)
                }),
        );
    }
    items.sort_by(|a, b| a.0.cmp(&b.0));
    page(body, "Aliases", items, 50).map(Some)
}

/// The alias and the key that a request names.
fn named<'a>(world: &World, call: &Call, body: &'a Value) -> Result<(&'a str, Found), Fault> {
    let name = checked(required(body, "AliasName")?)?;
    let target = required(body, "TargetKeyId")?;
    if target.starts_with("alias/") {
        return Err(invalid("Aliases must refer to keys. Not aliases"));
    }
    let key = find(world, &call.account, &call.region, target)?;
    Ok((name, key))
}

fn checked(name: &str) -> Result<&str, Fault> {
    let Some(rest) = name.strip_prefix("alias/").filter(|rest| !rest.is_empty()) else {
        return Err(Fault::new(
            400,
            "InvalidAliasNameException",
            "Alias must start with the prefix \"alias/\". Please see \
             https://docs.aws.amazon.com/kms/latest/developerguide/kms-alias.html",
        ));
    };
    if rest.starts_with("aws/") {
        return Err(Fault::new(400, "NotAuthorizedException", ""));
    }
    let allowed = |c: char| c.is_ascii_alphanumeric() || matches!(c, '/' | '_' | '-');
    if name.len() > 256 || !rest.chars().all(allowed) {
        return Err(invalid(format!(
            "1 validation error detected: Value '{name}' at 'aliasName' failed to satisfy \
             constraint: Member must satisfy regular expression pattern: ^[a-zA-Z0-9:/_-]+$"
        )));
    }
    Ok(name)
}
