//! A bucket as it is.

use std::collections::BTreeMap;

use aws_sdk_s3::Client;
use aws_sdk_s3::types as sdk;
use bicoastal_model::{OpError, Ownership, Packed, Region, Snapshot, Status, Target};
use serde_json::{Map, Value, json};

use super::parts::{LogKeys, Logging};
use super::{CorsRule, LifecycleRule, more, namespace};
use crate::cx::{Cx, GLOBAL, Purpose};
use crate::ownership::{ownership, tag_map};
use crate::s3::rules::{is_no_bucket, optional, refused};

/// Sub-configurations whose reads may lag behind their writes.
const LAGGING: &[&str] = &["versioning", "encryption", "public_access", "policy", "lifecycle"];

/// The key under which the value before a write is noted, until readers see the write.
pub(super) fn note_key(region: Region, name: &str, field: &str) -> String {
    format!("s3 {region} {name} {field}")
}

pub(super) fn name_of(target: &Target) -> &str {
    target.physical.as_deref().unwrap_or_else(|| target.text("name"))
}

pub(super) fn region_of(target: &Target) -> Region {
    target.region().unwrap_or(GLOBAL)
}

pub(super) async fn read(cx: &Cx, target: &Target) -> Result<Option<Snapshot>, OpError> {
    let (region, name) = (region_of(target), name_of(target));
    let reader = Reader { client: cx.s3(region), region, name };
    // The tags tell whether there is such a bucket, and whose it is. Where they are there and another
    // part says that the bucket is not, one of the two lags: that is no answer.
    match reader.tags().await {
        Ok(tags) => Box::pin(reader.rest(cx, target, tags)).await.map(Some),
        Err(error) if is_no_bucket(&error) => Ok(None),
        Err(error) => Err(error),
    }
}

/// A bucket that was just made with these tags: it has no versions and no policy yet. What else S3
/// gives a new bucket is asked for, unless that was part of the call. `None` where it can't be told.
pub(super) async fn told(cx: &Cx, target: &Target, tags: &Value) -> Option<Snapshot> {
    const TOLD: [&str; 5] = ["versioning", "policy", "encryption", "public_access", "ownership"];
    let known = ["name", "namespace", "tags", "force_destroy", "region"];
    let all = target.props.as_object()?;
    if all.keys().any(|field| !TOLD.contains(&field) && !known.contains(&field)) {
        return None;
    }
    let (region, name) = (region_of(target), name_of(target));
    let reader = Reader { client: cx.s3(region), region, name };
    let (encryption, public_access) = tokio::try_join!(
        when(target.mentions("encryption"), reader.encryption(target)),
        when(target.mentions("public_access"), reader.public_access()),
    )
    .ok()?;
    let mut props = Map::new();
    props.insert("name".into(), json!(name));
    props.insert("namespace".into(), json!(namespace::of_name(name)));
    props.insert("tags".into(), tags.clone());
    let ownership = target.props.get("ownership").map(Packed::to_value);
    let parts =
        [("encryption", encryption), ("public_access", public_access), ("ownership", ownership)];
    for (field, value) in parts {
        if let Some(value) = value {
            props.insert(field.into(), value);
        }
    }
    let mut facts = BTreeMap::new();
    blocked(&mut props, &mut facts);
    Some(snapshot(region, name, props, Status::Ready, Ownership::Ours, facts))
}

/// Whether what was written to a bucket is visible by now.
pub(super) async fn confirm(cx: &Cx, target: &Target) -> Result<bool, OpError> {
    let (region, name) = (region_of(target), name_of(target));
    let reader = Reader { client: cx.s3(region), region, name };
    match Box::pin(reader.noted(cx, target)).await {
        Ok(props) => Ok(reader.spreading(cx, &props) == Status::Ready),
        Err(error) if is_no_bucket(&error) => Ok(false),
        Err(error) => Err(error),
    }
}

/// Kinds of encryption that are refused come with the encryption; they are a property of their own,
/// and kept where the program says nothing of them.
fn blocked(props: &mut Map<String, Value>, facts: &mut BTreeMap<String, Value>) {
    let encryption = props.get_mut("encryption").and_then(Value::as_object_mut);
    if let Some(blocked) = encryption.and_then(|it| it.remove("blocked")) {
        props.insert("blocked_encryption".to_owned(), blocked.clone());
        facts.insert("blocked_encryption_types".to_owned(), blocked);
    }
}

fn snapshot(
    region: Region,
    name: &str,
    props: Map<String, Value>,
    status: Status,
    ownership: Ownership,
    facts: BTreeMap<String, Value>,
) -> Snapshot {
    Snapshot {
        physical: name.to_owned(),
        status,
        props: Value::Object(props),
        outputs: BTreeMap::from([
            ("arn".to_owned(), json!(format!("arn:aws:s3:::{name}"))),
            ("name".to_owned(), json!(name)),
            ("regional_domain_name".to_owned(), json!(format!("{name}.s3.{region}.amazonaws.com"))),
        ]),
        ownership,
        children: Vec::new(),
        facts,
    }
}

struct Reader<'a> {
    client: Client,
    region: Region,
    name: &'a str,
}

type Part = Result<Option<Value>, OpError>;

impl Reader<'_> {
    async fn rest(
        &self,
        cx: &Cx,
        target: &Target,
        tags: BTreeMap<String, String>,
    ) -> Result<Snapshot, OpError> {
        let turn = cx.purpose() == Purpose::Turn;
        let wanted = |field: &str| target.mentions(field);
        let encrypted = wanted("encryption") || wanted("blocked_encryption");
        let (
            versioning,
            encryption,
            public_access,
            ownership_of,
            policy,
            lifecycle,
            cors,
            logging,
            more,
        ) = tokio::try_join!(
            when(wanted("versioning"), self.versioning()),
            when(encrypted, self.encryption(target)),
            when(wanted("public_access"), self.public_access()),
            when(wanted("ownership"), self.ownership()),
            self.policy(),
            when(wanted("lifecycle"), self.lifecycle()),
            when(wanted("cors"), self.cors()),
            when(wanted("logging"), self.logging()),
            Box::pin(more::read(&self.client, self.region, self.name, target)),
        )?;
        let mut facts = BTreeMap::new();
        let mut props = Map::new();
        let mut lifecycle = lifecycle;
        if let Some(minimum) =
            lifecycle.as_mut().and_then(Value::as_object_mut).and_then(|it| it.remove("minimum"))
        {
            props.insert("transition_minimum".to_owned(), minimum.clone());
            facts.insert("transition_minimum".to_owned(), minimum);
        }
        let lifecycle = lifecycle.map(|mut it| it["rules"].take());
        match (turn, target.props["force_destroy"].as_bool() == Some(true)) {
            (true, true) => facts.extend(self.contents().await?),
            // In the way of a delete, which the plan must know beforehand.
            (false, false) => {
                facts.extend(self.holds().await.map(|it| ("has_objects".to_owned(), json!(it))));
            }
            _ => {}
        }
        props.insert("name".into(), json!(self.name));
        props.insert("namespace".into(), json!(namespace::of_name(self.name)));
        props.insert("tags".into(), json!(tags));
        for (field, value) in [
            ("versioning", versioning),
            ("encryption", encryption),
            ("public_access", public_access),
            ("ownership", ownership_of),
            ("policy", policy),
            ("lifecycle", lifecycle),
            ("cors", cors),
            ("logging", logging),
        ] {
            if let Some(value) = value {
                props.insert(field.into(), value);
            }
        }
        props.extend(more.into_iter().map(|(field, value)| (field.to_owned(), value)));
        // A bucket that we made and noted is ours even where its tags got lost on the way
        // (emulators ignore tags at creation).
        let whose = match ownership(target, &tags) {
            Ownership::Unmarked if target.physical.is_some() => Ownership::Ours,
            other => other,
        };
        blocked(&mut props, &mut facts);
        let status = match (self.spreading(cx, &props), turn) {
            (status, true) => status,
            (_, false) => Status::Ready,
        };
        Ok(snapshot(self.region, self.name, props, status, whose, facts))
    }

    /// Busy while a read still shows what was there before our last write of it. What is seen is
    /// not waited for any more.
    fn spreading(&self, cx: &Cx, props: &Map<String, Value>) -> Status {
        let mut status = Status::Ready;
        for field in LAGGING {
            let key = note_key(self.region, self.name, field);
            let Some(before) = cx.clients().noted(&key) else { continue };
            if props.get(*field).unwrap_or(&Value::Null) != &before {
                cx.clients().forget(&key);
            } else if status == Status::Ready {
                let words = format!("the new {field} is not visible everywhere yet");
                status = Status::Busy(words);
            }
        }
        status
    }

    /// Reads what was written and not seen yet.
    async fn noted(&self, cx: &Cx, target: &Target) -> Result<Map<String, Value>, OpError> {
        let mut props = Map::new();
        for field in LAGGING {
            if cx.clients().noted(&note_key(self.region, self.name, field)).is_none() {
                continue;
            }
            let value = match *field {
                "versioning" => self.versioning().await?,
                "encryption" => self.encryption(target).await?,
                "public_access" => self.public_access().await?,
                "policy" => self.policy().await?,
                _ => self.lifecycle().await?.map(|mut it| it["rules"].take()),
            };
            if let Some(value) = value {
                props.insert((*field).to_owned(), value);
            }
        }
        blocked(&mut props, &mut BTreeMap::new());
        Ok(props)
    }

    async fn tags(&self) -> Result<BTreeMap<String, String>, OpError> {
        bucket_tags(&self.client, self.region, self.name).await
    }

    async fn versioning(&self) -> Part {
        let answer = self.client.get_bucket_versioning().bucket(self.name).send().await;
        let read = answer.map_err(|error| refused("GetBucketVersioning", self.region, error))?;
        Ok(read.status().map(|status| json!(status.as_str())))
    }

    async fn encryption(&self, target: &Target) -> Part {
        let answer = self.client.get_bucket_encryption().bucket(self.name).send().await;
        let absent = "ServerSideEncryptionConfigurationNotFoundError";
        let read = optional("GetBucketEncryption", self.region, absent, answer)?;
        let configuration = read.as_ref().and_then(|it| it.server_side_encryption_configuration());
        let Some(rule) = configuration.and_then(|it| it.rules().first()) else { return Ok(None) };
        let default = rule.apply_server_side_encryption_by_default();
        let algorithm = default.map_or("AES256", |it| it.sse_algorithm().as_str());
        let mut value = json!({
            "algorithm": algorithm,
            "bucket_key": rule.bucket_key_enabled().unwrap_or_default(),
        });
        if let Some(key) = default.and_then(|it| it.kms_master_key_id()) {
            value["key"] = json!(same_key(key, target));
        }
        let blocked: Vec<&str> = rule
            .blocked_encryption_types()
            .map(|it| it.encryption_type().iter().map(sdk::EncryptionType::as_str).collect())
            .unwrap_or_default();
        let blocked: Vec<&str> = blocked.into_iter().filter(|kind| *kind != "NONE").collect();
        if !blocked.is_empty() {
            value["blocked"] = json!(blocked);
        }
        Ok(Some(value))
    }

    async fn public_access(&self) -> Part {
        let answer = self.client.get_public_access_block().bucket(self.name).send().await;
        let absent = "NoSuchPublicAccessBlockConfiguration";
        let read = optional("GetPublicAccessBlock", self.region, absent, answer)?;
        let block = read.as_ref().and_then(|it| it.public_access_block_configuration());
        let is = |flag: Option<Option<bool>>| flag.flatten().unwrap_or_default();
        // Without a block nothing is blocked, which is not what new buckets have.
        Ok(Some(json!({
            "block_acls": is(block.map(|it| it.block_public_acls())),
            "ignore_acls": is(block.map(|it| it.ignore_public_acls())),
            "block_policy": is(block.map(|it| it.block_public_policy())),
            "restrict_buckets": is(block.map(|it| it.restrict_public_buckets())),
        })))
    }

    async fn ownership(&self) -> Part {
        let answer = self.client.get_bucket_ownership_controls().bucket(self.name).send().await;
        let absent = "OwnershipControlsNotFoundError";
        let read = optional("GetBucketOwnershipControls", self.region, absent, answer)?;
        let rule = read
            .as_ref()
            .and_then(|it| it.ownership_controls())
            .and_then(|it| it.rules().first())
            .map_or("ObjectWriter", |rule| rule.object_ownership().as_str());
        Ok(Some(json!(rule)))
    }

    async fn policy(&self) -> Part {
        let answer = self.client.get_bucket_policy().bucket(self.name).send().await;
        let read = optional("GetBucketPolicy", self.region, "NoSuchBucketPolicy", answer)?;
        Ok(read.and_then(|it| {
            let text = it.policy?;
            Some(serde_json::from_str(&text).unwrap_or(Value::String(text)))
        }))
    }

    async fn lifecycle(&self) -> Part {
        let answer =
            self.client.get_bucket_lifecycle_configuration().bucket(self.name).send().await;
        let absent = "NoSuchLifecycleConfiguration";
        let read = optional("GetBucketLifecycleConfiguration", self.region, absent, answer)?;
        Ok(Some(match read {
            None => json!({ "rules": [] }),
            Some(read) => {
                let rules: Vec<_> = read.rules().iter().map(LifecycleRule::from_sdk).collect();
                let minimum = read.transition_default_minimum_object_size().map(|it| it.as_str());
                json!({ "rules": rules, "minimum": minimum })
            }
        }))
    }

    async fn cors(&self) -> Part {
        let answer = self.client.get_bucket_cors().bucket(self.name).send().await;
        let read = optional("GetBucketCors", self.region, "NoSuchCORSConfiguration", answer)?;
        let rules: Vec<_> =
            read.iter().flat_map(|it| it.cors_rules()).map(CorsRule::from_sdk).collect();
        Ok(Some(json!(rules)))
    }

    async fn logging(&self) -> Part {
        let answer = self.client.get_bucket_logging().bucket(self.name).send().await;
        let read = answer.map_err(|error| refused("GetBucketLogging", self.region, error))?;
        Ok(read.logging_enabled().map(|it| {
            let format = it.target_object_key_format();
            let keys = match format.and_then(|it| it.partitioned_prefix()) {
                None => LogKeys::Simple,
                Some(by) => match by.partition_date_source() {
                    Some(sdk::PartitionDateSource::DeliveryTime) => LogKeys::ByDeliveryTime,
                    _ => LogKeys::ByEventTime,
                },
            };
            json!(Logging {
                bucket: it.target_bucket().into(),
                prefix: it.target_prefix().to_owned(),
                keys,
            })
        }))
    }

    /// Whether something is in the bucket; `None` for who may not list it.
    async fn holds(&self) -> Option<bool> {
        let first = self.client.list_object_versions().bucket(self.name).max_keys(1).send();
        let first = first.await.ok()?;
        Some(!first.versions().is_empty() || !first.delete_markers().is_empty())
    }

    /// Whether something is in the bucket: what its deletion has to remove first.
    async fn contents(&self) -> Result<Vec<(String, Value)>, OpError> {
        let versions = self.client.list_object_versions().bucket(self.name).max_keys(1).send();
        let uploads = self.client.list_multipart_uploads().bucket(self.name).max_uploads(1).send();
        let versions =
            versions.await.map_err(|error| refused("ListObjectVersions", self.region, error))?;
        let uploads =
            uploads.await.map_err(|error| refused("ListMultipartUploads", self.region, error))?;
        let empty = versions.versions().is_empty() && versions.delete_markers().is_empty();
        let mut facts = vec![("has_objects".to_owned(), json!(!empty))];
        if let Some(upload) = uploads.uploads().first() {
            facts.push(("upload".into(), json!({ "key": upload.key(), "id": upload.upload_id() })));
        }
        Ok(facts)
    }
}

/// The tags of a bucket; an error that [`is_no_bucket`] where there is none.
pub(super) async fn bucket_tags(
    client: &Client,
    region: Region,
    name: &str,
) -> Result<BTreeMap<String, String>, OpError> {
    let answer = client.get_bucket_tagging().bucket(name).send().await;
    let tags = optional("GetBucketTagging", region, "NoSuchTagSet", answer)?;
    Ok(tags.map_or_else(BTreeMap::new, |it| {
        tag_map(it.tag_set().iter().map(|tag| (tag.key(), tag.value())))
    }))
}

async fn when(wanted: bool, part: impl Future<Output = Part>) -> Part {
    if wanted { part.await } else { Ok(None) }
}

/// A key's bare id is the ARN that we know it by.
fn same_key<'k>(key: &'k str, target: &'k Target) -> &'k str {
    let known = target.props.at("encryption.key").and_then(Packed::as_str).unwrap_or_default();
    if known.ends_with(&format!(":key/{key}")) { known } else { key }
}
