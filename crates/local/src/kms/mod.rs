//! Key Management Service: keys and their aliases, as other services refer to them.
//!
//! No cryptography is modelled: a key is something that can be named, described, tagged,
//! disabled and deleted.

mod alias;
mod key;
mod managed;

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::call::Call;
use crate::reply::{Fault, Reply};
use crate::world::World;
use alias::Alias;
use key::Key;

/// What the service holds: account, then region.
///
/// The keys that AWS manages for its services are not stored: they exist in every account and
/// region, with ids that follow from both.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct State {
    accounts: BTreeMap<String, BTreeMap<String, Region>>,
}

#[derive(Clone, Debug, Default, Serialize, Deserialize)]
struct Region {
    /// By key id.
    keys: BTreeMap<String, Key>,
    /// By name, with `alias/`.
    aliases: BTreeMap<String, Alias>,
}

impl State {
    fn region(&self, account: &str, region: &str) -> Option<&Region> {
        self.accounts.get(account)?.get(region)
    }

    fn region_mut(&mut self, account: &str, region: &str) -> &mut Region {
        self.accounts.entry(account.to_owned()).or_default().entry(region.to_owned()).or_default()
    }
}

/// Answers one call.
pub fn handle(world: &mut World, call: &Call) -> Result<Reply, Fault> {
    let body: Value = if call.request.body.is_empty() {
        Value::Object(Default::default())
    } else {
        serde_json::from_slice(&call.request.body)
            .map_err(|_| Fault::new(400, "SerializationException", ""))?
    };
    let answer = match call.operation.as_str() {
        "CancelKeyDeletion" => key::cancel_deletion(world, call, &body),
        "CreateAlias" => alias::create(world, call, &body),
        "CreateKey" => key::create(world, call, &body),
        "DeleteAlias" => alias::delete(world, call, &body),
        "DescribeKey" => key::describe(world, call, &body),
        "DisableKey" => key::set_enabled(world, call, &body, false),
        "DisableKeyRotation" => key::set_rotation(world, call, &body, false),
        "EnableKey" => key::set_enabled(world, call, &body, true),
        "EnableKeyRotation" => key::set_rotation(world, call, &body, true),
        "GetKeyPolicy" => key::get_policy(world, call, &body),
        "GetKeyRotationStatus" => key::rotation(world, call, &body),
        "ListAliases" => alias::list(world, call, &body),
        "ListKeys" => key::list(world, call, &body),
        "ListResourceTags" => key::list_tags(world, call, &body),
        "PutKeyPolicy" => key::put_policy(world, call, &body),
        "ScheduleKeyDeletion" => key::schedule_deletion(world, call, &body),
        "TagResource" => key::tag(world, call, &body),
        "UntagResource" => key::untag(world, call, &body),
        "UpdateAlias" => alias::update(world, call, &body),
        "UpdateKeyDescription" => key::update_description(world, call, &body),
        other => Err(Fault::new(
            400,
            "UnknownOperationException",
            format!("The operation {other} is not known"),
        )),
    }?;
    Ok(match answer {
        Some(answer) => Reply::json(&answer),
        None => Reply::empty(200),
    })
}

/// The ARN of the key that `name` means in this account and region, if it can be used there:
/// `name` is a key id, a key ARN, an alias (`alias/…`) or an alias ARN. A key that is disabled or
/// waits for its deletion is `None`, and so is an ARN of another region.
pub fn resolve(world: &World, account: &str, region: &str, name: &str) -> Option<String> {
    let found = find(world, account, region, name).ok()?;
    let usable = match world.kms.region(&found.account, region).and_then(|r| r.keys.get(&found.id))
    {
        Some(key) => key.state() == "Enabled",
        None => true,
    };
    usable.then(|| found.arn())
}

/// Whether Route 53 can sign zones with the key of this ARN; else why not.
///
/// It takes a single-region key of us-east-1 that signs with P-256, is enabled, and whose policy lets
/// `dnssec-route53.amazonaws.com` use it.
pub fn signs_zones(world: &World, key_arn: &str) -> Result<(), &'static str> {
    const REGION: &str = "us-east-1";
    if !key_arn.contains(":key/") {
        return Err("it is not the ARN of a customer managed key");
    }
    let found = find(world, "", REGION, key_arn).map_err(|_| "it does not exist in us-east-1")?;
    let region = world.kms.region(&found.account, REGION);
    let key = region.and_then(|region| region.keys.get(&found.id));
    key.ok_or("it is managed by AWS")?.signs_zones()
}

/// A key that exists.
struct Found {
    account: String,
    region: String,
    id: String,
    /// The service that AWS manages it for.
    managed: Option<&'static str>,
}

impl Found {
    fn arn(&self) -> String {
        arn(&self.region, &self.account, &format!("key/{}", self.id))
    }
}

fn arn(region: &str, account: &str, resource: &str) -> String {
    format!("arn:aws:kms:{region}:{account}:{resource}")
}

fn find(world: &World, account: &str, region: &str, name: &str) -> Result<Found, Fault> {
    let (account, resource) = match name.strip_prefix("arn:") {
        Some(rest) => {
            let parts: Vec<&str> = rest.splitn(5, ':').collect();
            let [_, "kms", arn_region, arn_account, resource] = parts[..] else {
                return Err(not_found(format!("Invalid arn {name}")));
            };
            if arn_region != region {
                return Err(not_found(format!("Invalid arn {arn_region}")));
            }
            (arn_account, resource)
        }
        None => (account, name),
    };
    let state = world.kms.region(account, region);
    let missing = |resource: &str, what: &str| {
        not_found(match what {
            "Alias" => format!("Alias {} is not found.", arn(region, account, resource)),
            _ => format!("Key '{}' does not exist", arn(region, account, resource)),
        })
    };
    let id = if resource.starts_with("alias/") {
        match managed::service(resource) {
            Some(service) => managed::id(account, region, service),
            None => state
                .and_then(|state| state.aliases.get(resource))
                .map(|alias| alias.target.clone())
                .ok_or_else(|| missing(resource, "Alias"))?,
        }
    } else {
        resource.strip_prefix("key/").unwrap_or(resource).to_owned()
    };
    let managed = managed::services().find(|service| managed::id(account, region, service) == id);
    let stored = state
        .and_then(|state| state.keys.get(&id))
        .is_some_and(|key| key.deletion_ms.is_none_or(|at| world.now_ms < at));
    if managed.is_none() && !stored {
        return Err(missing(&format!("key/{id}"), "Key"));
    }
    Ok(Found { account: account.to_owned(), region: region.to_owned(), id, managed })
}

fn not_found(message: impl Into<String>) -> Fault {
    Fault::new(400, "NotFoundException", message)
}

fn invalid(message: impl Into<String>) -> Fault {
    Fault::new(400, "ValidationException", message)
}

/// The text member of this name; a missing one is refused as AWS does.
fn required<'a>(body: &'a Value, name: &str) -> Result<&'a str, Fault> {
    body[name].as_str().filter(|text| !text.is_empty()).ok_or_else(|| {
        let member = format!("{}{}", name[..1].to_lowercase(), &name[1..]);
        invalid(format!(
            "1 validation error detected: Value null at '{member}' failed to satisfy constraint: \
             Member must not be null"
        ))
    })
}

/// The page of `items` that the request asks for, under `name`.
fn page(
    body: &Value,
    name: &str,
    items: Vec<(String, Value)>,
    default: u64,
) -> Result<Value, Fault> {
    let limit = body["Limit"].as_u64().unwrap_or(default);
    if limit == 0 || limit > 1000 {
        return Err(invalid(format!(
            "1 validation error detected: Value '{limit}' at 'limit' failed to satisfy constraint: \
             Member must have value between 1 and 1000"
        )));
    }
    let after = body["Marker"].as_str().unwrap_or_default();
    let mut rest = items.into_iter().filter(|(key, _)| key.as_str() > after).peekable();
    let mut last = String::new();
    let mut page = Vec::new();
    while page.len() < usize::try_from(limit).unwrap_or(usize::MAX) {
        let Some((key, value)) = rest.next() else { break };
        last = key;
        page.push(value);
    }
    let mut answer = serde_json::json!({ name: page, "Truncated": rest.peek().is_some() });
    if rest.peek().is_some() {
        answer["NextMarker"] = last.into();
    }
    Ok(answer)
}

/// Seconds since 1970, as JSON protocols write times.
fn seconds(ms: i64) -> Value {
    Value::from(ms as f64 / 1000.0)
}

#[cfg(test)]
mod tests;
