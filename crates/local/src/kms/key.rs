//! Keys: created, described, tagged, disabled, and deleted after a window.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::{Found, find, invalid, managed, page, required, seconds};
use crate::call::Call;
use crate::reply::Fault;
use crate::world::World;

const DAY_MS: i64 = 86_400_000;

/// A key of the customer.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Key {
    created_ms: i64,
    description: String,
    enabled: bool,
    spec: String,
    usage: String,
    multi_region: bool,
    policy: String,
    tags: BTreeMap<String, String>,
    /// The period of automatic rotation, in days.
    rotation_days: Option<i64>,
    /// When it is gone.
    pub(super) deletion_ms: Option<i64>,
}

impl Key {
    /// `KeyState` of the API.
    pub(super) fn state(&self) -> &'static str {
        match (self.deletion_ms, self.enabled) {
            (Some(_), _) => "PendingDeletion",
            (None, true) => "Enabled",
            (None, false) => "Disabled",
        }
    }
}

impl Key {
    /// Whether Route 53 can sign zones with it; else why not.
    pub(super) fn signs_zones(&self) -> Result<(), &'static str> {
        const SIGNER: &str = "dnssec-route53.amazonaws.com";
        if self.spec != "ECC_NIST_P256" || self.usage != "SIGN_VERIFY" {
            return Err("its key spec is not ECC_NIST_P256 for SIGN_VERIFY");
        }
        if self.multi_region {
            return Err("it is a multi-Region key");
        }
        if self.state() != "Enabled" {
            return Err("it is not enabled");
        }
        let policy: Value = serde_json::from_str(&self.policy).unwrap_or_default();
        let statements = match &policy["Statement"] {
            Value::Array(statements) => statements.as_slice(),
            one => std::slice::from_ref(one),
        };
        let names = |value: &Value, name: &str| match value {
            Value::Array(values) => values.iter().any(|it| it == name),
            value => value == name,
        };
        let allows = |action: &str| {
            statements.iter().any(|it| {
                it["Effect"] == "Allow"
                    && names(&it["Principal"]["Service"], SIGNER)
                    && (names(&it["Action"], action) || names(&it["Action"], "kms:*"))
            })
        };
        match ["kms:DescribeKey", "kms:GetPublicKey", "kms:Sign"].into_iter().all(allows) {
            true => Ok(()),
            false => Err("its policy does not let dnssec-route53.amazonaws.com use it"),
        }
    }
}

type Answer = Result<Option<Value>, Fault>;

pub(super) fn create(world: &mut World, call: &Call, body: &Value) -> Answer {
    let text = |name: &str| body[name].as_str();
    let spec = text("KeySpec").or(text("CustomerMasterKeySpec")).unwrap_or("SYMMETRIC_DEFAULT");
    let usage = text("KeyUsage").unwrap_or("ENCRYPT_DECRYPT");
    if spec == "SYMMETRIC_DEFAULT" && usage != "ENCRYPT_DECRYPT" {
        return Err(invalid(format!("KeyUsage {usage} is not compatible with KeySpec {spec}")));
    }
    if spec != "SYMMETRIC_DEFAULT" && text("KeyUsage").is_none() {
        return Err(invalid(
            "You must specify a KeyUsage value for all KMS keys except for symmetric encryption keys.",
        ));
    }
    let policy = match text("Policy") {
        Some(policy) => checked_policy(policy)?,
        None => default_policy(&call.account),
    };
    let tags = read_tags(body)?;
    let multi_region = body["MultiRegion"].as_bool().unwrap_or(false);
    let id = if multi_region { format!("mrk-{}", world.fresh_hex()) } else { world.fresh_uuid() };
    let key = Key {
        created_ms: world.now_ms,
        description: text("Description").unwrap_or_default().to_owned(),
        enabled: true,
        spec: spec.to_owned(),
        usage: usage.to_owned(),
        multi_region,
        policy,
        tags,
        rotation_days: None,
        deletion_ms: None,
    };
    world.kms.region_mut(&call.account, &call.region).keys.insert(id.clone(), key);
    let found = find(world, &call.account, &call.region, &id)?;
    Ok(Some(json!({ "KeyMetadata": metadata(world, &found) })))
}

pub(super) fn describe(world: &mut World, call: &Call, body: &Value) -> Answer {
    let found = find(world, &call.account, &call.region, required(body, "KeyId")?)?;
    Ok(Some(json!({ "KeyMetadata": metadata(world, &found) })))
}

pub(super) fn list(world: &mut World, call: &Call, body: &Value) -> Answer {
    let stored = world.kms.region(&call.account, &call.region);
    let mut ids: Vec<String> = managed::services()
        .map(|service| managed::id(&call.account, &call.region, service))
        .chain(stored.into_iter().flat_map(|region| region.keys.keys().cloned()))
        .filter(|id| find(world, &call.account, &call.region, id).is_ok())
        .collect();
    ids.sort();
    let items = ids
        .into_iter()
        .map(|id| {
            let arn = super::arn(&call.region, &call.account, &format!("key/{id}"));
            let value = json!({ "KeyId": id, "KeyArn": arn });
            (id, value)
        })
        .collect();
    page(body, "Keys", items, 100).map(Some)
}

pub(super) fn list_tags(world: &mut World, call: &Call, body: &Value) -> Answer {
    let found = find(world, &call.account, &call.region, required(body, "KeyId")?)?;
    let items = match stored(world, &found) {
        Some(key) => key
            .tags
            .iter()
            .map(|(name, value)| (name.clone(), json!({ "TagKey": name, "TagValue": value })))
            .collect(),
        None => Vec::new(),
    };
    page(body, "Tags", items, 50).map(Some)
}

pub(super) fn tag(world: &mut World, call: &Call, body: &Value) -> Answer {
    let tags = read_tags(body)?;
    let key = customer_key(world, call, body)?;
    let mut all = key.tags.clone();
    all.extend(tags);
    if all.len() > 50 {
        return Err(Fault::new(400, "LimitExceededException", "Too many tags"));
    }
    key.tags = all;
    Ok(None)
}

pub(super) fn untag(world: &mut World, call: &Call, body: &Value) -> Answer {
    let names: Vec<String> = serde_json::from_value(body["TagKeys"].clone())
        .map_err(|_| invalid("TagKeys is required"))?;
    let key = customer_key(world, call, body)?;
    key.tags.retain(|name, _| !names.contains(name));
    Ok(None)
}

pub(super) fn get_policy(world: &mut World, call: &Call, body: &Value) -> Answer {
    policy_name(body)?;
    let found = find(world, &call.account, &call.region, required(body, "KeyId")?)?;
    let policy = match stored(world, &found) {
        Some(key) => key.policy.clone(),
        None => default_policy(&call.account),
    };
    Ok(Some(json!({ "Policy": policy, "PolicyName": "default" })))
}

pub(super) fn put_policy(world: &mut World, call: &Call, body: &Value) -> Answer {
    policy_name(body)?;
    let policy = checked_policy(required(body, "Policy")?)?;
    customer_key(world, call, body)?.policy = policy;
    Ok(None)
}

pub(super) fn rotation(world: &mut World, call: &Call, body: &Value) -> Answer {
    let found = find(world, &call.account, &call.region, required(body, "KeyId")?)?;
    // AWS rotates the keys it manages itself once a year.
    let days = match stored(world, &found) {
        Some(key) => key.rotation_days,
        None => Some(365),
    };
    let mut answer = json!({ "KeyId": found.arn(), "KeyRotationEnabled": days.is_some() });
    if let Some(days) = days {
        answer["RotationPeriodInDays"] = days.into();
    }
    Ok(Some(answer))
}

pub(super) fn set_rotation(world: &mut World, call: &Call, body: &Value, on: bool) -> Answer {
    let days = body["RotationPeriodInDays"].as_i64().unwrap_or(365);
    if !(90..=2560).contains(&days) {
        return Err(invalid("RotationPeriodInDays must be between 90 and 2560"));
    }
    let key = customer_key(world, call, body)?;
    if key.spec != "SYMMETRIC_DEFAULT" {
        return Err(Fault::new(400, "UnsupportedOperationException", ""));
    }
    key.rotation_days = on.then_some(days);
    Ok(None)
}

pub(super) fn set_enabled(world: &mut World, call: &Call, body: &Value, on: bool) -> Answer {
    customer_key(world, call, body)?.enabled = on;
    Ok(None)
}

pub(super) fn update_description(world: &mut World, call: &Call, body: &Value) -> Answer {
    let description = body["Description"].as_str().unwrap_or_default().to_owned();
    customer_key(world, call, body)?.description = description;
    Ok(None)
}

pub(super) fn schedule_deletion(world: &mut World, call: &Call, body: &Value) -> Answer {
    let days = body["PendingWindowInDays"].as_i64().unwrap_or(30);
    if !(7..=30).contains(&days) {
        return Err(invalid("PendingWindowInDays must be between 7 and 30 inclusive"));
    }
    let at = world.now_ms + days * DAY_MS;
    let found = find(world, &call.account, &call.region, required(body, "KeyId")?)?;
    customer_key(world, call, body)?.deletion_ms = Some(at);
    Ok(Some(json!({
        "KeyId": found.arn(),
        "DeletionDate": seconds(at),
        "KeyState": "PendingDeletion",
        "PendingWindowInDays": days,
    })))
}

pub(super) fn cancel_deletion(world: &mut World, call: &Call, body: &Value) -> Answer {
    let found = find(world, &call.account, &call.region, required(body, "KeyId")?)?;
    let region = world.kms.region_mut(&found.account, &found.region);
    match region.keys.get_mut(&found.id) {
        Some(key) if key.deletion_ms.is_some() => {
            key.deletion_ms = None;
            // A cancelled deletion leaves the key disabled.
            key.enabled = false;
            Ok(Some(json!({ "KeyId": found.arn() })))
        }
        _ => Err(Fault::new(
            400,
            "KMSInvalidStateException",
            format!("{} is not pending deletion.", found.arn()),
        )),
    }
}

fn stored<'a>(world: &'a World, found: &Found) -> Option<&'a Key> {
    world.kms.region(&found.account, &found.region)?.keys.get(&found.id)
}

/// The key to change: one of AWS's own is nobody's to change, and one that waits for its deletion
/// can only be described or spared.
fn customer_key<'a>(world: &'a mut World, call: &Call, body: &Value) -> Result<&'a mut Key, Fault> {
    let found = find(world, &call.account, &call.region, required(body, "KeyId")?)?;
    let arn = found.arn();
    match world.kms.region_mut(&found.account, &found.region).keys.get_mut(&found.id) {
        None => Err(Fault::new(
            400,
            "AccessDeniedException",
            format!("{arn} is managed by AWS and cannot be changed"),
        )),
        Some(key) if key.deletion_ms.is_some() => {
            Err(Fault::new(400, "KMSInvalidStateException", format!("{arn} is pending deletion.")))
        }
        Some(key) => Ok(key),
    }
}

fn metadata(world: &World, found: &Found) -> Value {
    let own = stored(world, found);
    let spec = own.map_or("SYMMETRIC_DEFAULT", |key| key.spec.as_str());
    let usage = own.map_or("ENCRYPT_DECRYPT", |key| key.usage.as_str());
    let multi_region = own.is_some_and(|key| key.multi_region);
    let description = match (own, found.managed) {
        (Some(key), _) => key.description.clone(),
        (None, service) => managed::description(service.unwrap_or_default()),
    };
    let state = own.map_or("Enabled", Key::state);
    let mut data = json!({
        "AWSAccountId": found.account,
        "KeyId": found.id,
        "Arn": found.arn(),
        "CreationDate": seconds(own.map_or(0, |key| key.created_ms)),
        "Enabled": state == "Enabled",
        "Description": description,
        "KeyUsage": usage,
        "KeyState": state,
        "Origin": "AWS_KMS",
        "KeyManager": if own.is_some() { "CUSTOMER" } else { "AWS" },
        "CustomerMasterKeySpec": spec,
        "KeySpec": spec,
        "MultiRegion": multi_region,
    });
    if spec == "SYMMETRIC_DEFAULT" {
        data["EncryptionAlgorithms"] = json!(["SYMMETRIC_DEFAULT"]);
    }
    if multi_region {
        data["MultiRegionConfiguration"] = json!({
            "MultiRegionKeyType": "PRIMARY",
            "PrimaryKey": { "Arn": found.arn(), "Region": found.region },
            "ReplicaKeys": [],
        });
    }
    if let Some(at) = own.and_then(|key| key.deletion_ms) {
        data["DeletionDate"] = seconds(at);
    }
    data
}

fn read_tags(body: &Value) -> Result<BTreeMap<String, String>, Fault> {
    let mut tags = BTreeMap::new();
    for tag in body["Tags"].as_array().into_iter().flatten() {
        let (Some(name), Some(value)) = (tag["TagKey"].as_str(), tag["TagValue"].as_str()) else {
            return Err(invalid("TagKey and TagValue are required"));
        };
        if name.is_empty() || name.len() > 128 || name.to_lowercase().starts_with("aws:") {
            return Err(Fault::new(400, "TagException", format!("Invalid tag key {name}")));
        }
        if tags.insert(name.to_owned(), value.to_owned()).is_some() {
            return Err(Fault::new(400, "TagException", "Duplicate tag keys"));
        }
    }
    Ok(tags)
}

fn policy_name(body: &Value) -> Result<(), Fault> {
    match body["PolicyName"].as_str() {
        None | Some("default") => Ok(()),
        Some(_) => Err(super::not_found("No such policy exists")),
    }
}

fn checked_policy(text: &str) -> Result<String, Fault> {
    let malformed = |message: &str| Fault::new(400, "MalformedPolicyDocumentException", message);
    if text.len() > 32_768 {
        return Err(Fault::new(400, "LimitExceededException", "The policy is longer than 32 KB"));
    }
    match serde_json::from_str::<Value>(text) {
        Ok(policy) if policy["Statement"].is_array() || policy["Statement"].is_object() => {
            Ok(text.to_owned())
        }
        Ok(_) => Err(malformed("The policy has no statement")),
        Err(_) => Err(malformed("The policy is not valid JSON")),
    }
}

fn default_policy(account: &str) -> String {
    json!({
        "Version": "2012-10-17",
        "Id": "key-default-1",
        "Statement": [{
            "Sid": "Enable IAM User Permissions",
            "Effect": "Allow",
            "Principal": { "AWS": format!("arn:aws:iam::{account}:root") },
            "Action": "kms:*",
            "Resource": "*",
        }],
    })
    .to_string()
}
