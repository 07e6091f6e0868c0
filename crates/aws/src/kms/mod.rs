//! Key Management Service: keys that exist already.
//!
//! Every region has its own keys, those that AWS manages for its services among them
//! (`alias/aws/rds`): look the key up in the region of what it is to encrypt.

use aws_sdk_kms::types::{KeyMetadata, KeyState};
use bicoastal_model::schema::OutputSpec;
use bicoastal_model::{
    Arn, Deletes, Id, Lookup, OpError, Region, Regional, Resource, Retry, Schema, ScopeKind,
    Snapshot, Target, Tier, handle,
};
use serde::{Deserialize, Serialize};
use serde_json::json;

use crate::classify::{Rule, classify};
use crate::cx::{Cx, GLOBAL};
use crate::kind::{Found, Kind, Next, Turn};
use crate::looked_up;
use crate::provider::Registry;

pub(crate) fn register(registry: Registry) -> Registry {
    registry.kind::<Key>().lookup::<KeyQuery>()
}

/// A key. Keys are looked up, not declared: [`Key::alias`] and [`Key::with_id`] say which.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Key {
    /// Nobody outside can make one.
    #[serde(skip)]
    _looked_up: (),
}

impl Key {
    /// The key behind an alias, e.g. `alias/aws/rds`, in the region of the look-up.
    pub fn alias(alias: impl Into<String>) -> KeyQuery {
        let alias = alias.into();
        KeyQuery::Alias(match alias.starts_with("alias/") {
            true => alias,
            false => format!("alias/{alias}"),
        })
    }

    /// The key with this id or ARN, which must be of the region of the look-up.
    pub fn with_id(id: impl Into<String>) -> KeyQuery {
        KeyQuery::Id(id.into())
    }
}

/// How to find a key: made by [`Key::alias`] or [`Key::with_id`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum KeyQuery {
    /// By an alias, with its `alias/`.
    Alias(String),
    /// By its id or ARN.
    Id(String),
}

handle! {
    /// A key that was looked up.
    pub struct KeyHandle {
        /// The key's ARN.
        arn: Arn<Key>,
        /// Its id.
        key_id: Id<Key>,
    }
}

static SCHEMA: Schema = Schema {
    kind: "KMS:Key",
    service: "kms",
    feature: "kms",
    scope: ScopeKind::Regional,
    tier: Tier::Foundation,
    outputs: &[OutputSpec::assigned("arn"), OutputSpec::assigned("key_id")],
    ..Schema::BASE
};

impl Resource for Key {
    type Scope = Regional;
    type Handle = KeyHandle;
    const SCHEMA: &'static Schema = &SCHEMA;
}

impl Lookup for KeyQuery {
    type Of = Key;
}

impl Found for KeyQuery {
    async fn find(cx: &Cx, target: &Target, query: &Self) -> Result<Option<Snapshot>, OpError> {
        let region = target.region().unwrap_or(GLOBAL);
        let (Self::Alias(name) | Self::Id(name)) = query;
        if let Some(other) = name.strip_prefix("arn:").and_then(|rest| rest.split(':').nth(2))
            && other != region.code()
        {
            return Err(refusal(
                region,
                format!("the key {name} is in {other}, and is looked up in {region}"),
                "a key works in its own region only; look up the one of this region",
            ));
        }
        let key = format!("kms:{region}:{name}");
        let found = cx.shared(key, describe(cx, region, name)).await?;
        let Some(found) = &*found else { return Ok(None) };
        if found.key_state() != Some(&KeyState::Enabled) {
            let state = found.key_state().map_or("in an unknown state", KeyState::as_str);
            return Err(refusal(
                region,
                format!("the key {name} in {region} is {state}"),
                "enable it, or look up another key",
            ));
        }
        Ok(Some(snapshot(found)))
    }
}

/// A key that is only looked up is never read for a plan, and never changed.
impl Kind for Key {
    type Call = ();

    async fn read(cx: &Cx, target: &Target) -> Result<Option<Snapshot>, OpError> {
        let Some(id) = &target.physical else { return Ok(None) };
        let found = describe(cx, target.region().unwrap_or(GLOBAL), id).await?;
        Ok(found.as_ref().map(snapshot))
    }

    fn step(_: &Turn<'_, Self>) -> Next<()> {
        Next::refuse("keys are looked up, not declared", "use lookup(…, Key::alias(…))")
    }

    async fn call(_: &Cx, _: &Target, (): &()) -> Result<Option<String>, OpError> {
        Ok(None)
    }

    fn deletes((): &()) -> Deletes {
        Deletes::Nothing
    }

    fn name((): &()) -> &'static str {
        "DescribeKey"
    }
}

/// What the service's refusals mean.
const RULES: &[Rule] = &[Rule {
    code: "LimitExceededException",
    fragment: "",
    retry: Retry::Never,
    hint: "this is a quota; ask AWS to raise it, or use less",
}];

async fn describe(cx: &Cx, region: Region, name: &str) -> Result<Option<KeyMetadata>, OpError> {
    let answer = cx
        .kms(region)
        .describe_key()
        .key_id(name)
        .send()
        .await
        .map_err(|error| classify("kms", "DescribeKey", region, RULES, error));
    match answer {
        Ok(answer) => Ok(answer.key_metadata),
        Err(error) if error.code() == Some("NotFoundException") => Ok(None),
        Err(error) => Err(error),
    }
}

fn snapshot(found: &KeyMetadata) -> Snapshot {
    let arn = found.arn().unwrap_or_default();
    looked_up::thing(arn, [("arn", json!(arn)), ("key_id", json!(found.key_id()))])
}

fn refusal(region: Region, message: String, hint: &str) -> OpError {
    looked_up::refusal(("kms", "DescribeKey"), region, message, hint)
}
