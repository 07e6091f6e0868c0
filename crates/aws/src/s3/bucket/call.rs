//! The calls that change a bucket.

use std::collections::BTreeMap;

use aws_sdk_s3::Client;
use aws_sdk_s3::error::BuildError;
use aws_sdk_s3::types as sdk;
use bicoastal_model::{ErrorFacts, OpError, Region, Retry, Target};
use serde_json::Value;

use super::parts::{LogKeys, Logging};
use super::read::{self, name_of, note_key, region_of};
use super::step::{Call, Part};
use super::{BucketNamespace, CorsRule, Encryption, LifecycleRule, more};
use crate::cx::{Cx, GLOBAL};
use crate::s3::rules::refused;

type Done = Result<(), OpError>;

pub(super) async fn call(cx: &Cx, target: &Target, call: &Call) -> Result<Option<String>, OpError> {
    let (region, name) = (region_of(target), name_of(target));
    let writer = Writer { client: cx.s3_write(region), region, name, call: call.name() };
    match call {
        Call::Create { namespace, ownership, object_lock, tags } => {
            let ownership = ownership.map(object_ownership);
            writer.create(*namespace, ownership, *object_lock, tags).await?;
            if let Some(seen) = Box::pin(read::told(cx, target, tags)).await {
                cx.tell(seen);
            }
            return Ok(Some(name.to_owned()));
        }
        Call::Put { part, .. } => Box::pin(writer.put(part)).await?,
        Call::DeletePolicy { .. } => {
            let sent = writer.client.delete_bucket_policy().bucket(name).send().await;
            sent.map_err(|error| writer.refused(error))?;
        }
        Call::DeleteLifecycle { .. } => {
            let sent = writer.client.delete_bucket_lifecycle().bucket(name).send().await;
            sent.map_err(|error| writer.refused(error))?;
        }
        Call::DeleteCors => {
            let sent = writer.client.delete_bucket_cors().bucket(name).send().await;
            sent.map_err(|error| writer.refused(error))?;
        }
        Call::DeleteEncryption { .. } => {
            let sent = writer.client.delete_bucket_encryption().bucket(name).send().await;
            sent.map_err(|error| writer.refused(error))?;
        }
        Call::DeleteWebsite => more::delete_website(&writer.client, region, name).await?,
        Call::DeleteById { kind, id } => {
            more::delete_by_id(&writer.client, region, name, *kind, id).await?;
        }
        Call::AbortUpload { key, id } => writer.abort(key, id).await?,
        Call::DeleteObjects => writer.empty_page(&cx.s3(region)).await?,
        Call::Delete => {
            let sent = writer.client.delete_bucket().bucket(name).send().await;
            match sent.map_err(|error| writer.refused(error)) {
                Err(error) if error.code() == Some("NoSuchBucket") => {}
                other => other.map(|_| ())?,
            }
        }
    }
    if let Some((field, before)) = lagging(call) {
        cx.clients().note(note_key(region, name, field), before.clone());
    }
    Ok(None)
}

/// The field that a call changes and what it was, where readers may see that for a while yet.
fn lagging(call: &Call) -> Option<(&'static str, &Value)> {
    match call {
        Call::Put { part, before } => Some((
            match part {
                Part::PublicAccess(_) => "public_access",
                Part::Versioning(_) => "versioning",
                Part::Encryption(..) => "encryption",
                Part::Policy(_) => "policy",
                Part::Lifecycle(..) => "lifecycle",
                _ => return None,
            },
            before,
        )),
        Call::DeletePolicy { before } => Some(("policy", before)),
        Call::DeleteLifecycle { before } => Some(("lifecycle", before)),
        Call::DeleteEncryption { before } => Some(("encryption", before)),
        _ => None,
    }
}

/// Where attribute-based access control is on for a bucket, S3 refuses this way of tagging. AWS
/// documents no code for it, so every refusal that nothing else is known of is told what it may be.
fn perhaps_abac(error: OpError) -> OpError {
    match error {
        OpError::Refused { retry: Retry::Never, mut facts } if facts.hint.is_none() => {
            facts.hint = Some(
                "where ABAC is on for the bucket (aws s3api get-bucket-abac), its tags are written \
                 with S3 Control's TagResource only, which is not called here: switch it off (aws \
                 s3api put-bucket-abac), or leave the tags to others with \
                 stack.ignore_changes(&bucket, &[\"tags\"])"
                    .to_owned(),
            );
            OpError::Refused { retry: Retry::Never, facts }
        }
        error => error,
    }
}

struct Writer<'a> {
    client: Client,
    region: Region,
    name: &'a str,
    call: &'static str,
}

impl Writer<'_> {
    fn refused<E>(
        &self,
        error: aws_smithy_runtime_api::client::result::SdkError<
            E,
            aws_smithy_runtime_api::client::orchestrator::HttpResponse,
        >,
    ) -> OpError
    where
        E: aws_smithy_types::error::metadata::ProvideErrorMetadata
            + aws_types::request_id::RequestId
            + std::error::Error
            + Send
            + Sync
            + 'static,
    {
        refused(self.call, self.region, error)
    }

    /// A request that the SDK could not even make.
    fn unbuilt(&self, error: &BuildError) -> OpError {
        self.never(error.to_string(), None)
    }

    fn never(&self, message: String, hint: Option<&str>) -> OpError {
        OpError::Refused {
            retry: Retry::Never,
            facts: ErrorFacts {
                call: self.call.to_owned(),
                service: "s3".to_owned(),
                region: self.region.code().to_owned(),
                message,
                hint: hint.map(str::to_owned),
                ..ErrorFacts::default()
            },
        }
    }

    async fn create(
        &self,
        namespace: Option<BucketNamespace>,
        ownership: Option<sdk::ObjectOwnership>,
        object_lock: bool,
        tags: &Value,
    ) -> Done {
        let elsewhere = (self.region != GLOBAL)
            .then(|| sdk::BucketLocationConstraint::from(self.region.code()));
        let own = (namespace == Some(BucketNamespace::AccountRegional))
            .then_some(sdk::BucketNamespace::AccountRegional);
        let tags = self.tags(tags)?;
        let configuration = sdk::CreateBucketConfiguration::builder()
            .set_location_constraint(elsewhere)
            .set_tags((!tags.is_empty()).then_some(tags))
            .build();
        let sent = self
            .client
            .create_bucket()
            .bucket(self.name)
            .set_bucket_namespace(own)
            .create_bucket_configuration(configuration)
            .set_object_ownership(ownership)
            .set_object_lock_enabled_for_bucket(object_lock.then_some(true))
            .send()
            .await;
        sent.map(|_| ()).map_err(|error| self.refused(error))
    }

    /// AWS's own tags are read, but must not be sent.
    fn tags(&self, tags: &Value) -> Result<Vec<sdk::Tag>, OpError> {
        let tags: BTreeMap<String, String> =
            serde_json::from_value(tags.clone()).unwrap_or_default();
        tags.iter()
            .filter(|(key, _)| !key.starts_with("aws:"))
            .map(|(key, value)| {
                let tag = sdk::Tag::builder().key(key).value(value).build();
                tag.map_err(|error| self.unbuilt(&error))
            })
            .collect()
    }

    async fn put(&self, part: &Part) -> Done {
        match part {
            Part::Ownership(ownership) => self.put_ownership(*ownership).await,
            Part::PublicAccess(access) => {
                let block = sdk::PublicAccessBlockConfiguration::builder()
                    .block_public_acls(access.block_acls)
                    .ignore_public_acls(access.ignore_acls)
                    .block_public_policy(access.block_policy)
                    .restrict_public_buckets(access.restrict_buckets)
                    .build();
                let call = self.client.put_public_access_block().bucket(self.name);
                let sent = call.public_access_block_configuration(block).send().await;
                sent.map(|_| ()).map_err(|error| self.refused(error))
            }
            Part::Versioning(versioning) => {
                let status = match versioning {
                    super::Versioning::Enabled => sdk::BucketVersioningStatus::Enabled,
                    super::Versioning::Suspended => sdk::BucketVersioningStatus::Suspended,
                };
                let configuration = sdk::VersioningConfiguration::builder().status(status).build();
                let call = self.client.put_bucket_versioning().bucket(self.name);
                let sent = call.versioning_configuration(configuration).send().await;
                sent.map(|_| ()).map_err(|error| self.refused(error))
            }
            Part::Encryption(encryption, blocked) => self.put_encryption(encryption, blocked).await,
            Part::Tags(tags) => self.put_tags(tags).await.map_err(perhaps_abac),
            Part::Policy(text) => {
                let call = self.client.put_bucket_policy().bucket(self.name);
                let sent = call.policy(text).send().await;
                sent.map(|_| ()).map_err(|error| self.refused(error))
            }
            Part::Lifecycle(rules, minimum) => self.put_lifecycle(rules, minimum.as_deref()).await,
            Part::Cors(rules) => self.put_cors(rules).await,
            Part::Logging(logging) => self.put_logging(logging.as_ref()).await,
            part => self.put_more(part).await,
        }
    }

    async fn put_more(&self, part: &Part) -> Done {
        let (client, region, name) = (&self.client, self.region, self.name);
        let sent = match part {
            Part::ObjectLock(lock) => more::put_lock(client, region, name, lock).await,
            Part::Website(website) => more::put_website(client, region, name, website).await,
            Part::Notifications(all) => more::put_notifications(client, region, name, all).await,
            Part::Acceleration(it) => more::put_acceleration(client, region, name, *it).await,
            Part::RequestPayer(payer) => more::put_payer(client, region, name, *payer).await,
            Part::ById(one) => more::put_by_id(client, region, name, one).await,
            _ => Ok(()),
        };
        sent.map_err(|failed| match failed {
            more::Failed::Unbuilt(error) => self.unbuilt(&error),
            more::Failed::Refused(error) => error,
        })
    }

    async fn put_ownership(&self, ownership: super::ObjectOwnership) -> Done {
        let rule = sdk::OwnershipControlsRule::builder()
            .object_ownership(object_ownership(ownership))
            .build()
            .map_err(|error| self.unbuilt(&error))?;
        let controls = sdk::OwnershipControls::builder()
            .rules(rule)
            .build()
            .map_err(|error| self.unbuilt(&error))?;
        let call = self.client.put_bucket_ownership_controls().bucket(self.name);
        let sent = call.ownership_controls(controls).send().await;
        sent.map(|_| ()).map_err(|error| self.refused(error))
    }

    async fn put_encryption(&self, encryption: &Encryption, blocked: &[String]) -> Done {
        let (algorithm, key, bucket_key) = match encryption {
            Encryption::S3 => (sdk::ServerSideEncryption::Aes256, None, false),
            Encryption::Kms { key, bucket_key } => {
                (sdk::ServerSideEncryption::AwsKms, key.as_ref(), *bucket_key)
            }
            Encryption::KmsTwice { key } => {
                (sdk::ServerSideEncryption::AwsKmsDsse, key.as_ref(), false)
            }
        };
        let default = sdk::ServerSideEncryptionByDefault::builder()
            .sse_algorithm(algorithm)
            .set_kms_master_key_id(key.map(|key| key.as_str().to_owned()))
            .build()
            .map_err(|error| self.unbuilt(&error))?;
        let blocked = (!blocked.is_empty()).then(|| {
            let kinds = blocked.iter().map(|kind| sdk::EncryptionType::from(kind.as_str()));
            sdk::BlockedEncryptionTypes::builder()
                .set_encryption_type(Some(kinds.collect()))
                .build()
        });
        let rule = sdk::ServerSideEncryptionRule::builder()
            .apply_server_side_encryption_by_default(default)
            .bucket_key_enabled(bucket_key)
            .set_blocked_encryption_types(blocked)
            .build();
        let configuration = sdk::ServerSideEncryptionConfiguration::builder()
            .rules(rule)
            .build()
            .map_err(|error| self.unbuilt(&error))?;
        let call = self.client.put_bucket_encryption().bucket(self.name);
        let sent = call.server_side_encryption_configuration(configuration).send().await;
        sent.map(|_| ()).map_err(|error| self.refused(error))
    }

    async fn put_tags(&self, tags: &Value) -> Done {
        let tags = self.tags(tags)?;
        if tags.is_empty() {
            let sent = self.client.delete_bucket_tagging().bucket(self.name).send().await;
            return sent.map(|_| ()).map_err(|error| self.refused(error));
        }
        let tagging = sdk::Tagging::builder()
            .set_tag_set(Some(tags))
            .build()
            .map_err(|error| self.unbuilt(&error))?;
        let call = self.client.put_bucket_tagging().bucket(self.name);
        let sent = call.tagging(tagging).send().await;
        sent.map(|_| ()).map_err(|error| self.refused(error))
    }

    async fn put_lifecycle(&self, rules: &[LifecycleRule], minimum: Option<&str>) -> Done {
        let rules: Option<Vec<_>> = rules.iter().map(LifecycleRule::to_sdk).collect();
        let configuration = sdk::BucketLifecycleConfiguration::builder()
            .set_rules(rules)
            .build()
            .map_err(|error| self.unbuilt(&error))?;
        let sent = self
            .client
            .put_bucket_lifecycle_configuration()
            .bucket(self.name)
            .lifecycle_configuration(configuration)
            .set_transition_default_minimum_object_size(minimum.map(Into::into))
            .send()
            .await;
        sent.map(|_| ()).map_err(|error| self.refused(error))
    }

    async fn put_cors(&self, rules: &[CorsRule]) -> Done {
        let rules: Option<Vec<_>> = rules.iter().map(CorsRule::to_sdk).collect();
        let configuration = sdk::CorsConfiguration::builder()
            .set_cors_rules(rules)
            .build()
            .map_err(|error| self.unbuilt(&error))?;
        let call = self.client.put_bucket_cors().bucket(self.name);
        let sent = call.cors_configuration(configuration).send().await;
        sent.map(|_| ()).map_err(|error| self.refused(error))
    }

    async fn put_logging(&self, logging: Option<&Logging>) -> Done {
        let mut status = sdk::BucketLoggingStatus::builder();
        if let Some(logging) = logging {
            let format = match logging.keys {
                LogKeys::Simple => None,
                LogKeys::ByEventTime => Some(sdk::PartitionDateSource::EventTime),
                LogKeys::ByDeliveryTime => Some(sdk::PartitionDateSource::DeliveryTime),
            };
            let format = format.map(|source| {
                let prefix =
                    sdk::PartitionedPrefix::builder().partition_date_source(source).build();
                sdk::TargetObjectKeyFormat::builder().partitioned_prefix(prefix).build()
            });
            let enabled = sdk::LoggingEnabled::builder()
                .target_bucket(logging.bucket.as_str())
                .target_prefix(&logging.prefix)
                .set_target_object_key_format(format)
                .build()
                .map_err(|error| self.unbuilt(&error))?;
            status = status.logging_enabled(enabled);
        }
        let call = self.client.put_bucket_logging().bucket(self.name);
        let sent = call.bucket_logging_status(status.build()).send().await;
        sent.map(|_| ()).map_err(|error| self.refused(error))
    }

    async fn abort(&self, key: &str, id: &str) -> Done {
        let call = self.client.abort_multipart_upload().bucket(self.name);
        let sent = call.key(key).upload_id(id).send().await;
        match sent.map_err(|error| self.refused(error)) {
            Err(error) if error.code() == Some("NoSuchUpload") => Ok(()),
            other => other.map(|_| ()),
        }
    }

    /// Deletes the first page of versions and delete markers.
    async fn empty_page(&self, reader: &Client) -> Done {
        let page = reader
            .list_object_versions()
            .bucket(self.name)
            .max_keys(1000)
            .send()
            .await
            .map_err(|error| refused("ListObjectVersions", self.region, error))?;
        let versions = page.versions().iter().map(|it| (it.key(), it.version_id()));
        let markers = page.delete_markers().iter().map(|it| (it.key(), it.version_id()));
        let objects: Vec<sdk::ObjectIdentifier> = versions
            .chain(markers)
            .filter_map(|(key, version)| {
                let object = sdk::ObjectIdentifier::builder();
                object.key(key?).set_version_id(version.map(str::to_owned)).build().ok()
            })
            .collect();
        if objects.is_empty() {
            return Ok(());
        }
        let delete = sdk::Delete::builder()
            .set_objects(Some(objects))
            .quiet(true)
            .build()
            .map_err(|error| self.unbuilt(&error))?;
        let sent = self.client.delete_objects().bucket(self.name).delete(delete).send().await;
        let answer = sent.map_err(|error| self.refused(error))?;
        match answer.errors() {
            [] => Ok(()),
            [first, ..] => Err(self.never(
                format!(
                    "{} of the objects in {} can't be deleted, the first of them {}: {}",
                    answer.errors().len(),
                    self.name,
                    first.key().unwrap_or_default(),
                    first.message().or(first.code()).unwrap_or_default(),
                ),
                Some("an object lock or a policy protects them; lift it, then run again"),
            )),
        }
    }
}

fn object_ownership(ownership: super::ObjectOwnership) -> sdk::ObjectOwnership {
    match ownership {
        super::ObjectOwnership::BucketOwnerEnforced => sdk::ObjectOwnership::BucketOwnerEnforced,
        super::ObjectOwnership::BucketOwnerPreferred => sdk::ObjectOwnership::BucketOwnerPreferred,
        super::ObjectOwnership::ObjectWriter => sdk::ObjectOwnership::ObjectWriter,
    }
}
