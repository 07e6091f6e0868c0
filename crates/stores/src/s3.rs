//! Objects in an S3 bucket.

use aws_sdk_s3::Client;
use aws_sdk_s3::error::SdkError;
use aws_sdk_s3::operation::put_object::builders::PutObjectFluentBuilder;
use aws_sdk_s3::types::{Delete, ObjectIdentifier, ServerSideEncryption};
use aws_smithy_types::retry::RetryConfig;
use bicoastal_aws::{Connection, classify};
use bicoastal_model::provider::BoxFuture;
use bicoastal_model::{ErrorFacts, OpError, Region};

use crate::TIMEOUT;
use crate::objects::{Object, Objects};

/// Attempts of a call, the first one included. Every write has a condition, so that one which was
/// done twice is found out.
const ATTEMPTS: u32 = 4;

/// How often a write that met another one is tried again.
const CONFLICTS: usize = 5;

/// A bucket, or a part of one.
#[derive(Clone, Debug)]
pub struct S3 {
    client: Client,
    bucket: String,
    prefix: String,
    region: Region,
    owner: Option<String>,
    kms_key: Option<String>,
}

impl S3 {
    /// The objects of a bucket in a region whose keys begin with `prefix/` (all, where it is
    /// empty).
    pub fn new(connection: &Connection, bucket: &str, prefix: &str, region: Region) -> Self {
        let retry = RetryConfig::standard().with_max_attempts(ATTEMPTS);
        let config = connection.regional(region, retry, TIMEOUT);
        let config =
            aws_sdk_s3::config::Builder::from(&config).force_path_style(connection.path_style());
        let prefix = prefix.trim_matches('/');
        Self {
            client: bicoastal_aws::believing!(aws_sdk_s3, config),
            bucket: bucket.to_owned(),
            prefix: if prefix.is_empty() { String::new() } else { format!("{prefix}/") },
            region,
            owner: None,
            kms_key: None,
        }
    }

    /// Refuses a bucket that is not this account's: somebody else may have taken a name that was
    /// given up.
    #[must_use]
    pub fn owned_by(mut self, account: &str) -> Self {
        self.owner = Some(account.to_owned());
        self
    }

    /// Encrypts with this KMS key instead of the bucket's default.
    #[must_use]
    pub fn encrypted_with(mut self, key: &str) -> Self {
        self.kms_key = Some(key.to_owned());
        self
    }

    fn key(&self, key: &str) -> String {
        format!("{}{key}", self.prefix)
    }

    fn error<E>(
        &self,
        call: &str,
        error: SdkError<E, aws_smithy_runtime_api::client::orchestrator::HttpResponse>,
    ) -> OpError
    where
        E: aws_sdk_s3::error::ProvideErrorMetadata
            + aws_sdk_s3::operation::RequestId
            + std::error::Error
            + Send
            + Sync
            + 'static,
    {
        classify("s3", call, self.region, &[], error)
    }

    async fn put(
        &self,
        key: &str,
        bytes: &[u8],
        condition: impl Fn(PutObjectFluentBuilder) -> PutObjectFluentBuilder,
    ) -> Result<Option<String>, OpError> {
        let mut conflicts = 0;
        loop {
            let put = self
                .client
                .put_object()
                .bucket(&self.bucket)
                .key(self.key(key))
                .set_expected_bucket_owner(self.owner.clone())
                .set_server_side_encryption(
                    self.kms_key.as_ref().map(|_| ServerSideEncryption::AwsKms),
                )
                .set_ssekms_key_id(self.kms_key.clone())
                .body(bytes.to_vec().into());
            let error = match condition(put).send().await {
                Ok(done) => return Ok(Some(done.e_tag.unwrap_or_default())),
                Err(error) => self.error("PutObject", error),
            };
            match error.code() {
                // What is to be replaced is not there.
                Some("PreconditionFailed" | "NoSuchKey") => return Ok(None),
                Some("ConditionalRequestConflict") if conflicts < CONFLICTS => conflicts += 1,
                _ => return Err(error),
            }
        }
    }

    /// All keys below a prefix (without our own), or what is before the next `/` in them.
    async fn keys(&self, prefix: &str, delimiter: Option<&str>) -> Result<Vec<String>, OpError> {
        let mut found = Vec::new();
        let mut next = None;
        loop {
            let page = self
                .client
                .list_objects_v2()
                .bucket(&self.bucket)
                .prefix(self.key(prefix))
                .set_delimiter(delimiter.map(str::to_owned))
                .set_continuation_token(next.take())
                .set_expected_bucket_owner(self.owner.clone())
                .send()
                .await
                .map_err(|error| self.error("ListObjectsV2", error))?;
            let keys = page.contents().iter().filter_map(|object| object.key());
            let groups = page.common_prefixes().iter().filter_map(|group| group.prefix());
            let names =
                if delimiter.is_some() { groups.collect::<Vec<_>>() } else { keys.collect() };
            found.extend(
                names.iter().filter_map(|name| name.strip_prefix(&self.prefix)).map(str::to_owned),
            );
            match page.next_continuation_token() {
                Some(token) if page.is_truncated() == Some(true) => next = Some(token.to_owned()),
                _ => return Ok(found),
            }
        }
    }
}

impl Objects for S3 {
    fn place(&self) -> String {
        let prefix = self.prefix.trim_end_matches('/');
        let slash = if prefix.is_empty() { "" } else { "/" };
        format!("s3://{}{slash}{prefix} in {}", self.bucket, self.region.code())
    }

    fn check(&self) -> BoxFuture<'_, Result<(), OpError>> {
        // S3 keeps what is asked of it everywhere; the first write says whether the bucket is there.
        Box::pin(async { Ok(()) })
    }

    fn get<'a>(&'a self, key: &'a str) -> BoxFuture<'a, Result<Option<Object>, OpError>> {
        Box::pin(async move {
            let answer = self
                .client
                .get_object()
                .bucket(&self.bucket)
                .key(self.key(key))
                .set_expected_bucket_owner(self.owner.clone())
                .send()
                .await;
            let found = match answer {
                Ok(found) => found,
                Err(error) => {
                    let error = self.error("GetObject", error);
                    return if error.code() == Some("NoSuchKey") { Ok(None) } else { Err(error) };
                }
            };
            let version = found.e_tag.unwrap_or_default();
            let bytes = found.body.collect().await.map_err(|error| {
                OpError::InDoubt(ErrorFacts {
                    call: "GetObject".into(),
                    service: "s3".into(),
                    region: self.region.code().into(),
                    message: format!("the answer broke off: {error}"),
                    ..ErrorFacts::default()
                })
            })?;
            Ok(Some(Object { bytes: bytes.to_vec(), version }))
        })
    }

    fn create<'a>(
        &'a self,
        key: &'a str,
        bytes: &'a [u8],
    ) -> BoxFuture<'a, Result<Option<String>, OpError>> {
        Box::pin(self.put(key, bytes, |put| put.if_none_match("*")))
    }

    fn replace<'a>(
        &'a self,
        key: &'a str,
        bytes: &'a [u8],
        version: &'a str,
    ) -> BoxFuture<'a, Result<Option<String>, OpError>> {
        Box::pin(self.put(key, bytes, move |put| put.if_match(version)))
    }

    fn list<'a>(&'a self, prefix: &'a str) -> BoxFuture<'a, Result<Vec<String>, OpError>> {
        Box::pin(self.keys(prefix, None))
    }

    fn clear<'a>(&'a self, prefix: &'a str) -> BoxFuture<'a, Result<(), OpError>> {
        Box::pin(async move {
            let keys = self.keys(prefix, None).await?;
            // As many as one call takes.
            for keys in keys.chunks(1_000) {
                let objects = keys
                    .iter()
                    .filter_map(|key| ObjectIdentifier::builder().key(self.key(key)).build().ok())
                    .collect();
                let Ok(delete) = Delete::builder().set_objects(Some(objects)).quiet(true).build()
                else {
                    continue;
                };
                self.client
                    .delete_objects()
                    .bucket(&self.bucket)
                    .set_expected_bucket_owner(self.owner.clone())
                    .delete(delete)
                    .send()
                    .await
                    .map_err(|error| self.error("DeleteObjects", error))?;
            }
            Ok(())
        })
    }

    fn stacks(&self) -> BoxFuture<'_, Result<Vec<String>, OpError>> {
        Box::pin(async {
            let groups = self.keys("", Some("/")).await?;
            let mut stacks = Vec::new();
            for stack in groups.iter().map(|group| group.trim_end_matches('/')) {
                // A run that was refused leaves a lease and no state.
                if self.get(&crate::layout::head_key(stack)).await?.is_some() {
                    stacks.push(stack.to_owned());
                }
            }
            Ok(stacks)
        })
    }
}
