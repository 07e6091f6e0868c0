//! Items in a DynamoDB table, also a global one with strong consistency between its regions.
//!
//! An item takes 400 KB: what is longer is written as parts first, under names of their own, and
//! made visible by the one item that has the name.

use std::sync::atomic::{AtomicUsize, Ordering};

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::error::SdkError;
use aws_sdk_dynamodb::operation::put_item::builders::PutItemFluentBuilder;
use aws_sdk_dynamodb::primitives::Blob;
use aws_sdk_dynamodb::types::{
    AttributeValue, DeleteRequest, MultiRegionConsistency, WriteRequest,
};
use aws_smithy_types::retry::RetryConfig;
use bicoastal_aws::{Connection, classify};
use bicoastal_model::provider::BoxFuture;
use bicoastal_model::{ErrorFacts, OpError, Region, Retry};
use sha2::{Digest, Sha256};

use crate::TIMEOUT;
use crate::objects::{Object, Objects};

/// Attempts of a call, the first one included, in each region.
const ATTEMPTS: u32 = 4;

/// How often a write that met one in another region is tried again.
const CONFLICTS: usize = 8;

/// Bytes in one item, well below what DynamoDB takes.
const PART: usize = 350 * 1024;

/// Between a name and the parts of what has it; no name has it in it.
const PARTS: char = '~';

type Item = std::collections::BTreeMap<String, AttributeValue>;

/// A table, in one region or in several that agree.
#[derive(Debug)]
pub struct DynamoDb {
    clients: Vec<(Region, Client)>,
    table: String,
    /// The region that answered last.
    preferred: AtomicUsize,
    checked: tokio::sync::OnceCell<()>,
}

impl DynamoDb {
    /// A table in a region, and in the others of `regions`, if it is a global one with strong
    /// consistency. Its keys are the texts `stack` (partition) and `item` (sort).
    pub fn new(connection: &Connection, table: &str, regions: &[Region]) -> Self {
        let clients = regions.iter().map(|region| {
            let retry = RetryConfig::standard().with_max_attempts(ATTEMPTS);
            let config = connection.regional(*region, retry, TIMEOUT);
            let config = aws_sdk_dynamodb::config::Builder::from(&config);
            (*region, bicoastal_aws::believing!(aws_sdk_dynamodb, config))
        });
        Self {
            clients: clients.collect(),
            table: table.to_owned(),
            preferred: AtomicUsize::new(0),
            checked: tokio::sync::OnceCell::new(),
        }
    }

    /// Calls the region that answered last, and where it does not answer the next one.
    async fn call<T, F: Future<Output = Result<T, OpError>>>(
        &self,
        call: impl Fn(Region, Client) -> F,
    ) -> Result<T, OpError> {
        let first = self.preferred.load(Ordering::Relaxed);
        let mut unanswered = None;
        for index in (first..first + self.clients.len()).map(|it| it % self.clients.len()) {
            let Some((region, client)) = self.clients.get(index) else { continue };
            let mut conflicts = 0;
            loop {
                match call(*region, client.clone()).await {
                    Err(error)
                        if error.code() == Some("ReplicatedWriteConflictException")
                            && conflicts < CONFLICTS =>
                    {
                        conflicts += 1;
                    }
                    Err(error) if error.is_unreachable() => {
                        unanswered.get_or_insert(error);
                        break;
                    }
                    answer => {
                        self.preferred.store(index, Ordering::Relaxed);
                        // What a region that did not answer may have done is for the caller to find out.
                        return answer;
                    }
                }
            }
        }
        Err(unanswered.unwrap_or_else(|| refusal("no region is given", "say region=REGION")))
    }

    async fn item(&self, stack: &str, name: &str) -> Result<Option<Item>, OpError> {
        self.call(|region, client| async move {
            let answer = client
                .get_item()
                .table_name(&self.table)
                .key("stack", text(stack))
                .key("item", text(name))
                .consistent_read(true)
                .send()
                .await
                .map_err(|error| failed("GetItem", region, error))?;
            Ok(answer.item.map(|item| item.into_iter().collect()))
        })
        .await
    }

    async fn put(
        &self,
        key: &str,
        bytes: &[u8],
        condition: impl Fn(PutItemFluentBuilder) -> PutItemFluentBuilder,
    ) -> Result<Option<String>, OpError> {
        let (stack, name) = split(key);
        let version = version(bytes);
        let parts =
            if bytes.len() > PART { self.put_parts(stack, name, bytes).await? } else { None };
        let put = self
            .call(|region, client| {
                let put = client
                    .put_item()
                    .table_name(&self.table)
                    .item("stack", text(stack))
                    .item("item", text(name))
                    .item("version", text(&version));
                let put = match &parts {
                    None => put.item("data", AttributeValue::B(Blob::new(bytes))),
                    Some((id, count)) => put
                        .item("parts", text(id))
                        .item("count", AttributeValue::N(count.to_string())),
                };
                let put = condition(put);
                async move {
                    put.send().await.map(|_| ()).map_err(|error| failed("PutItem", region, error))
                }
            })
            .await;
        match put {
            Ok(()) => Ok(Some(version)),
            Err(error) if error.code() == Some("ConditionalCheckFailedException") => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// Writes what does not fit into one item; nobody sees it yet.
    async fn put_parts(
        &self,
        stack: &str,
        name: &str,
        bytes: &[u8],
    ) -> Result<Option<(String, usize)>, OpError> {
        let mut random = [0u8; 8];
        getrandom::fill(&mut random)
            .map_err(|error| refusal(format!("no randomness from the system: {error}"), ""))?;
        let id: String = random.iter().map(|byte| format!("{byte:02x}")).collect();
        let mut count = 0;
        for part in bytes.chunks(PART) {
            let part_name = part_name(name, &id, count);
            self.call(|region, client| {
                let put = client
                    .put_item()
                    .table_name(&self.table)
                    .item("stack", text(stack))
                    .item("item", text(&part_name))
                    .item("data", AttributeValue::B(Blob::new(part)));
                async move {
                    put.send().await.map(|_| ()).map_err(|error| failed("PutItem", region, error))
                }
            })
            .await?;
            count += 1;
        }
        Ok(Some((id, count)))
    }

    /// The names of a stack that begin like this, parts included.
    async fn names(&self, prefix: &str) -> Result<(String, Vec<String>), OpError> {
        let (stack, start) = split(prefix);
        let mut names = Vec::new();
        let mut next: Option<Item> = None;
        loop {
            let from = next.take();
            let page = self
                .call(|region, client| {
                    let query = client
                        .query()
                        .table_name(&self.table)
                        .key_condition_expression("#s = :s AND begins_with(#i, :i)")
                        .projection_expression("#i")
                        .expression_attribute_names("#s", "stack")
                        .expression_attribute_names("#i", "item")
                        .expression_attribute_values(":s", text(stack))
                        .expression_attribute_values(":i", text(start))
                        .consistent_read(true)
                        .set_exclusive_start_key(from.clone().map(|key| key.into_iter().collect()));
                    async move { query.send().await.map_err(|error| failed("Query", region, error)) }
                })
                .await?;
            names.extend(page.items().iter().filter_map(|item| said(item.get("item")?)));
            match page.last_evaluated_key {
                Some(key) if !key.is_empty() => next = Some(key.into_iter().collect()),
                _ => return Ok((stack.to_owned(), names)),
            }
        }
    }

    async fn check_regions(&self) -> Result<(), OpError> {
        let described = self
            .call(|region, client| async move {
                let answer = client.describe_table().table_name(&self.table).send().await;
                answer.map_err(|error| failed("DescribeTable", region, error))
            })
            .await?;
        let table = described
            .table
            .unwrap_or_else(|| aws_sdk_dynamodb::types::TableDescription::builder().build());
        let strong = table.multi_region_consistency() == Some(&MultiRegionConsistency::Strong);
        let several = self.clients.len() > 1 || !table.replicas().is_empty();
        if several && !strong {
            return Err(refusal(
                format!(
                    "the table {} is a global one without strong consistency between its regions: two runs in two regions would not see each other",
                    self.table
                ),
                "use a global table with multi-region strong consistency, or one in a single region",
            ));
        }
        Ok(())
    }
}

impl Objects for DynamoDb {
    fn place(&self) -> String {
        let regions: Vec<&str> = self.clients.iter().map(|(region, _)| region.code()).collect();
        format!("dynamodb://{} in {}", self.table, regions.join(", "))
    }

    fn check(&self) -> BoxFuture<'_, Result<(), OpError>> {
        Box::pin(async { self.checked.get_or_try_init(|| self.check_regions()).await.map(|_| ()) })
    }

    fn get<'a>(&'a self, key: &'a str) -> BoxFuture<'a, Result<Option<Object>, OpError>> {
        Box::pin(async move {
            let (stack, name) = split(key);
            let Some(item) = self.item(stack, name).await? else { return Ok(None) };
            let version = item.get("version").and_then(said).unwrap_or_default();
            let Some(id) = item.get("parts").and_then(said) else {
                let bytes = item.get("data").and_then(data).unwrap_or_default();
                return Ok(Some(Object { bytes, version }));
            };
            let count = item.get("count").and_then(|it| it.as_n().ok());
            let count: usize = count.and_then(|it| it.parse().ok()).unwrap_or(0);
            let mut bytes = Vec::new();
            for part in 0..count {
                let part = self.item(stack, &part_name(name, &id, part)).await?;
                let part = part.as_ref().and_then(|part| data(part.get("data")?));
                // What is missing is found out by the check sums of what was read.
                bytes.extend(part.unwrap_or_default());
            }
            Ok(Some(Object { bytes, version }))
        })
    }

    fn create<'a>(
        &'a self,
        key: &'a str,
        bytes: &'a [u8],
    ) -> BoxFuture<'a, Result<Option<String>, OpError>> {
        Box::pin(self.put(key, bytes, |put| {
            put.condition_expression("attribute_not_exists(#i)")
                .expression_attribute_names("#i", "item")
        }))
    }

    fn replace<'a>(
        &'a self,
        key: &'a str,
        bytes: &'a [u8],
        version: &'a str,
    ) -> BoxFuture<'a, Result<Option<String>, OpError>> {
        Box::pin(self.put(key, bytes, move |put| {
            put.condition_expression("#v = :v")
                .expression_attribute_names("#v", "version")
                .expression_attribute_values(":v", text(version))
        }))
    }

    fn list<'a>(&'a self, prefix: &'a str) -> BoxFuture<'a, Result<Vec<String>, OpError>> {
        Box::pin(async move {
            let (stack, names) = self.names(prefix).await?;
            let names = names.into_iter().filter(|name| !name.contains(PARTS));
            Ok(names.map(|name| format!("{stack}/{name}")).collect())
        })
    }

    fn clear<'a>(&'a self, prefix: &'a str) -> BoxFuture<'a, Result<(), OpError>> {
        Box::pin(async move {
            let (stack, names) = self.names(prefix).await?;
            // As many as one call takes.
            for names in names.chunks(25) {
                let mut left: Vec<WriteRequest> = names
                    .iter()
                    .filter_map(|name| {
                        let delete = DeleteRequest::builder()
                            .key("stack", text(&stack))
                            .key("item", text(name))
                            .build();
                        Some(WriteRequest::builder().delete_request(delete.ok()?).build())
                    })
                    .collect();
                while !left.is_empty() {
                    let answer = self
                        .call(|region, client| {
                            let write =
                                client.batch_write_item().request_items(&self.table, left.clone());
                            async move {
                                let answer = write.send().await;
                                answer.map_err(|error| failed("BatchWriteItem", region, error))
                            }
                        })
                        .await?;
                    left = answer
                        .unprocessed_items
                        .and_then(|mut items| items.remove(&self.table))
                        .unwrap_or_default();
                }
            }
            Ok(())
        })
    }

    fn stacks(&self) -> BoxFuture<'_, Result<Vec<String>, OpError>> {
        Box::pin(async {
            let mut stacks = Vec::new();
            let mut next: Option<Item> = None;
            loop {
                let from = next.take();
                let page = self
                    .call(|region, client| {
                        let scan = client
                            .scan()
                            .table_name(&self.table)
                            .filter_expression("#i = :head")
                            .projection_expression("#s")
                            .expression_attribute_names("#s", "stack")
                            .expression_attribute_names("#i", "item")
                            .expression_attribute_values(":head", text("head"))
                            .consistent_read(true)
                            .set_exclusive_start_key(
                                from.clone().map(|key| key.into_iter().collect()),
                            );
                        async move { scan.send().await.map_err(|error| failed("Scan", region, error)) }
                    })
                    .await?;
                stacks.extend(page.items().iter().filter_map(|item| said(item.get("stack")?)));
                match page.last_evaluated_key {
                    Some(key) if !key.is_empty() => next = Some(key.into_iter().collect()),
                    _ => break,
                }
            }
            stacks.sort();
            Ok(stacks)
        })
    }
}

fn failed<E>(
    call: &str,
    region: Region,
    error: SdkError<E, aws_smithy_runtime_api::client::orchestrator::HttpResponse>,
) -> OpError
where
    E: aws_sdk_dynamodb::error::ProvideErrorMetadata
        + aws_sdk_dynamodb::operation::RequestId
        + std::error::Error
        + Send
        + Sync
        + 'static,
{
    classify("dynamodb", call, region, &[], error)
}

fn text(text: &str) -> AttributeValue {
    AttributeValue::S(text.to_owned())
}

fn said(value: &AttributeValue) -> Option<String> {
    value.as_s().ok().cloned()
}

fn data(value: &AttributeValue) -> Option<Vec<u8>> {
    value.as_b().ok().map(|blob| blob.as_ref().to_vec())
}

/// The stack, and the name of something of it.
fn split(key: &str) -> (&str, &str) {
    key.split_once('/').unwrap_or((key, ""))
}

fn part_name(name: &str, id: &str, part: usize) -> String {
    format!("{name}{PARTS}{id}{PARTS}{part:06}")
}

fn version(bytes: &[u8]) -> String {
    Sha256::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect()
}

fn refusal(message: impl Into<String>, hint: &str) -> OpError {
    OpError::Refused {
        retry: Retry::Never,
        facts: ErrorFacts {
            service: "dynamodb".into(),
            message: message.into(),
            hint: (!hint.is_empty()).then(|| hint.to_owned()),
            ..ErrorFacts::default()
        },
    }
}
