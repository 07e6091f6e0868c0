//! Sub-configurations: one document per bucket and kind, or many with ids.

use super::access::{open, open_mut};
use super::state::Bucket;
use super::{check, faults};
use crate::call::{Call, Service};
use crate::reply::{Fault, Reply, namespace};
use crate::world::World;
use crate::xml::Element;

/// A kind of sub-configuration of which a bucket has at most one.
pub(super) struct Document {
    /// The key in the query string.
    pub(super) query: &'static str,
    pub(super) get: &'static str,
    pub(super) put: &'static str,
    pub(super) delete: Option<&'static str>,
    /// The root element, of requests and answers alike.
    pub(super) root: &'static str,
}

macro_rules! document {
    ($query:literal, $get:literal, $put:literal, $delete:expr, $root:literal) => {
        Document { query: $query, get: $get, put: $put, delete: $delete, root: $root }
    };
}

/// All kinds of single sub-configurations.
#[rustfmt::skip]
pub(super) const ALL: &[Document] = &[
    document!("abac", "GetBucketAbac", "PutBucketAbac", None, "AbacStatus"),
    document!("accelerate", "GetBucketAccelerateConfiguration", "PutBucketAccelerateConfiguration", None, "AccelerateConfiguration"),
    document!("acl", "GetBucketAcl", "PutBucketAcl", None, "AccessControlPolicy"),
    document!("cors", "GetBucketCors", "PutBucketCors", Some("DeleteBucketCors"), "CORSConfiguration"),
    document!("encryption", "GetBucketEncryption", "PutBucketEncryption", Some("DeleteBucketEncryption"), "ServerSideEncryptionConfiguration"),
    document!("lifecycle", "GetBucketLifecycleConfiguration", "PutBucketLifecycleConfiguration", Some("DeleteBucketLifecycle"), "LifecycleConfiguration"),
    document!("logging", "GetBucketLogging", "PutBucketLogging", None, "BucketLoggingStatus"),
    document!("notification", "GetBucketNotificationConfiguration", "PutBucketNotificationConfiguration", None, "NotificationConfiguration"),
    document!("object-lock", "GetObjectLockConfiguration", "PutObjectLockConfiguration", None, "ObjectLockConfiguration"),
    document!("ownershipControls", "GetBucketOwnershipControls", "PutBucketOwnershipControls", Some("DeleteBucketOwnershipControls"), "OwnershipControls"),
    document!("policy", "GetBucketPolicy", "PutBucketPolicy", Some("DeleteBucketPolicy"), ""),
    document!("publicAccessBlock", "GetPublicAccessBlock", "PutPublicAccessBlock", Some("DeletePublicAccessBlock"), "PublicAccessBlockConfiguration"),
    document!("replication", "GetBucketReplication", "PutBucketReplication", Some("DeleteBucketReplication"), "ReplicationConfiguration"),
    document!("requestPayment", "GetBucketRequestPayment", "PutBucketRequestPayment", None, "RequestPaymentConfiguration"),
    document!("tagging", "GetBucketTagging", "PutBucketTagging", Some("DeleteBucketTagging"), "Tagging"),
    document!("versioning", "GetBucketVersioning", "PutBucketVersioning", None, "VersioningConfiguration"),
    document!("website", "GetBucketWebsite", "PutBucketWebsite", Some("DeleteBucketWebsite"), "WebsiteConfiguration"),
];

/// A kind of sub-configuration of which a bucket has many, by id.
pub(super) struct List {
    pub(super) query: &'static str,
    pub(super) get: &'static str,
    pub(super) put: &'static str,
    pub(super) delete: &'static str,
    pub(super) list: &'static str,
    /// The element of one of them.
    pub(super) root: &'static str,
    /// The root element of the listing.
    pub(super) listing: &'static str,
}

/// All kinds of sub-configurations with ids.
pub(super) const LISTS: &[List] = &[
    List {
        query: "analytics",
        get: "GetBucketAnalyticsConfiguration",
        put: "PutBucketAnalyticsConfiguration",
        delete: "DeleteBucketAnalyticsConfiguration",
        list: "ListBucketAnalyticsConfigurations",
        root: "AnalyticsConfiguration",
        listing: "ListBucketAnalyticsConfigurationResult",
    },
    List {
        query: "intelligent-tiering",
        get: "GetBucketIntelligentTieringConfiguration",
        put: "PutBucketIntelligentTieringConfiguration",
        delete: "DeleteBucketIntelligentTieringConfiguration",
        list: "ListBucketIntelligentTieringConfigurations",
        root: "IntelligentTieringConfiguration",
        listing: "ListBucketIntelligentTieringConfigurationsOutput",
    },
    List {
        query: "inventory",
        get: "GetBucketInventoryConfiguration",
        put: "PutBucketInventoryConfiguration",
        delete: "DeleteBucketInventoryConfiguration",
        list: "ListBucketInventoryConfigurations",
        root: "InventoryConfiguration",
        listing: "ListInventoryConfigurationsResult",
    },
    List {
        query: "metrics",
        get: "GetBucketMetricsConfiguration",
        put: "PutBucketMetricsConfiguration",
        delete: "DeleteBucketMetricsConfiguration",
        list: "ListBucketMetricsConfigurations",
        root: "MetricsConfiguration",
        listing: "ListMetricsConfigurationsResult",
    },
];

/// An element with S3's namespace.
pub(super) fn root(name: &str) -> Element {
    Element::new(name).attribute("xmlns", namespace(Service::S3).unwrap_or_default())
}

/// `200 OK` with a document of S3's.
pub(super) fn answer(root: &Element) -> Reply {
    text_answer(root.to_document())
}

fn text_answer(text: String) -> Reply {
    Reply {
        status: 200,
        headers: vec![("content-type".into(), "application/xml".into())],
        body: text.into_bytes(),
    }
}

/// The document in a request's body; `MalformedXML` where it is not one with this root.
pub(super) fn sent(call: &Call, root_name: &str) -> Result<Element, Fault> {
    let mut element = Element::parse(&call.request.body).ok_or_else(faults::malformed_xml)?;
    if element.name != root_name {
        return Err(faults::malformed_xml());
    }
    restore_prefixes(&mut element);
    element.attributes = root(root_name).attributes;
    Ok(element)
}

/// The reader drops namespace prefixes; the one that S3's documents need is `xsi`.
fn restore_prefixes(element: &mut Element) {
    for (name, _) in &mut element.attributes {
        match name.as_str() {
            "type" => *name = "xsi:type".to_owned(),
            "xsi" => *name = "xmlns:xsi".to_owned(),
            _ => {}
        }
    }
    element.children.iter_mut().for_each(restore_prefixes);
}

/// Answers `Get…` of a kind.
pub(super) fn get(
    world: &World,
    call: &Call,
    name: &str,
    document: &Document,
) -> Result<Reply, Fault> {
    let bucket = open(world, call, name)?;
    let Some(text) = bucket.seen(document.query, world.now_ms) else {
        return absent(document, name);
    };
    let reply = text_answer(text.to_owned());
    if document.query == "lifecycle" {
        return Ok(reply
            .header("x-amz-transition-default-minimum-object-size", &bucket.transition_minimum));
    }
    Ok(reply)
}

/// What a reader gets where a bucket does not have the sub-configuration.
fn absent(document: &Document, name: &str) -> Result<Reply, Fault> {
    let (code, message) = match document.query {
        "cors" => ("NoSuchCORSConfiguration", "The CORS configuration does not exist"),
        "encryption" => (
            "ServerSideEncryptionConfigurationNotFoundError",
            "The server side encryption configuration was not found",
        ),
        "lifecycle" => {
            ("NoSuchLifecycleConfiguration", "The lifecycle configuration does not exist")
        }
        "object-lock" => (
            "ObjectLockConfigurationNotFoundError",
            "Object Lock configuration does not exist for this bucket",
        ),
        "ownershipControls" => {
            ("OwnershipControlsNotFoundError", "The bucket ownership controls were not found")
        }
        "policy" => ("NoSuchBucketPolicy", "The bucket policy does not exist"),
        "publicAccessBlock" => (
            "NoSuchPublicAccessBlockConfiguration",
            "The public access block configuration was not found",
        ),
        "replication" => {
            ("ReplicationConfigurationNotFoundError", "The replication configuration was not found")
        }
        "tagging" => ("NoSuchTagSet", "The TagSet does not exist"),
        "website" => (
            "NoSuchWebsiteConfiguration",
            "The specified bucket does not have a website configuration",
        ),
        "requestPayment" => {
            return Ok(answer(&root(document.root).text_child("Payer", "BucketOwner")));
        }
        "abac" => return Ok(answer(&root(document.root).text_child("Status", "Disabled"))),
        _ => return Ok(answer(&root(document.root))),
    };
    Err(Fault::new(404, code, message).detail("BucketName", name))
}

/// Answers `Put…` of a kind: checks it, then replaces what was there.
pub(super) fn put(
    world: &mut World,
    call: &Call,
    name: &str,
    document: &Document,
) -> Result<Reply, Fault> {
    open(world, call, name)?;
    let mut element = sent(call, document.root)?;
    check::document(world, call, name, document.query, &mut element)?;
    let text = (!vanishes(document.query, &element)).then(|| element.to_document());
    write(world, call, name, document.query, text)?;
    after_put(world, call, name, document.query)
}

/// Whether a document says that there is nothing.
fn vanishes(kind: &str, element: &Element) -> bool {
    kind == "logging" && element.get("LoggingEnabled").is_none()
}

fn after_put(world: &mut World, call: &Call, name: &str, kind: &str) -> Result<Reply, Fault> {
    let settled = world.now_ms + world.duration_ms("s3.versioning.propagate", 0);
    let bucket = open_mut(world, call, name)?;
    match kind {
        "versioning" if bucket.versioned_at_ms == 0 => bucket.versioned_at_ms = settled,
        "object-lock" => bucket.object_lock = true,
        "lifecycle" => {
            bucket.transition_minimum = call
                .request
                .header("x-amz-transition-default-minimum-object-size")
                .unwrap_or("all_storage_classes_128K")
                .to_owned();
            return Ok(Reply::empty(200).header(
                "x-amz-transition-default-minimum-object-size",
                &bucket.transition_minimum,
            ));
        }
        "tagging" => return Ok(Reply::empty(204)),
        _ => {}
    }
    Ok(Reply::empty(200))
}

/// Answers `Delete…` of a kind; it does not matter whether there was one.
pub(super) fn delete(
    world: &mut World,
    call: &Call,
    name: &str,
    document: &Document,
) -> Result<Reply, Fault> {
    let text = (document.query == "encryption").then(|| default_encryption().to_document());
    write(world, call, name, document.query, text)?;
    Ok(Reply::empty(204))
}

/// Writes a sub-configuration, unless another write on the bucket is under way.
pub(super) fn write(
    world: &mut World,
    call: &Call,
    name: &str,
    kind: &str,
    text: Option<String>,
) -> Result<(), Fault> {
    let now_ms = world.now_ms;
    let visible_at_ms = now_ms + world.duration_ms("s3.configuration.read", 0);
    let busy_until_ms = now_ms + world.duration_ms("s3.configuration.conflict", 0);
    let bucket = open_mut(world, call, name)?;
    if now_ms < bucket.busy_until_ms {
        return Err(faults::operation_aborted());
    }
    bucket.busy_until_ms = busy_until_ms;
    bucket.set(kind, text, now_ms, visible_at_ms);
    Ok(())
}

/// What a bucket has from its birth.
pub(super) fn defaults(bucket: &mut Bucket, ownership: &str) {
    let mut set = |kind: &str, element: Element| {
        bucket.set(kind, Some(element.to_document()), 0, 0);
    };
    set("encryption", default_encryption());
    set(
        "publicAccessBlock",
        ["BlockPublicAcls", "IgnorePublicAcls", "BlockPublicPolicy", "RestrictPublicBuckets"]
            .iter()
            .fold(root("PublicAccessBlockConfiguration"), |block, switch| {
                block.text_child(switch, true)
            }),
    );
    set(
        "ownershipControls",
        root("OwnershipControls")
            .child(Element::new("Rule").text_child("ObjectOwnership", ownership)),
    );
}

fn default_encryption() -> Element {
    root("ServerSideEncryptionConfiguration").child(
        Element::new("Rule")
            .child(
                Element::new("ApplyServerSideEncryptionByDefault")
                    .text_child("SSEAlgorithm", "AES256"),
            )
            .text_child("BucketKeyEnabled", false),
    )
}

/// Answers the calls on sub-configurations with ids.
pub(super) fn listed(
    world: &mut World,
    call: &Call,
    name: &str,
    list: &List,
) -> Result<Reply, Fault> {
    let id = call.request.query("id").unwrap_or_default();
    let missing =
        || Fault::new(404, "NoSuchConfiguration", "The specified configuration does not exist.");
    match call.operation.as_str() {
        operation if operation == list.list => {
            let bucket = open(world, call, name)?;
            let token = call.request.query("continuation-token").unwrap_or_default();
            let mut all = bucket
                .lists
                .get(list.query)
                .into_iter()
                .flatten()
                .filter(|(id, _)| token.is_empty() || id.as_str() > token);
            let page: Vec<_> = all.by_ref().take(100).collect();
            let more = all.next().is_some();
            let next = page.last().filter(|_| more).map(|(id, _)| id.as_str());
            let items = page.iter().filter_map(|(_, text)| Element::parse(text.as_bytes()));
            Ok(answer(
                &root(list.listing)
                    .children(items)
                    .text_child("IsTruncated", more)
                    .text_child_opt("ContinuationToken", call.request.query("continuation-token"))
                    .text_child_opt("NextContinuationToken", next),
            ))
        }
        operation if operation == list.get => {
            let found = open(world, call, name)?.lists.get(list.query).and_then(|all| all.get(id));
            found.map(|text| text_answer(text.clone())).ok_or_else(missing)
        }
        operation if operation == list.put => {
            let element = sent(call, list.root)?;
            check::listed(list.query, id, &element)?;
            let bucket = open_mut(world, call, name)?;
            let all = bucket.lists.entry(list.query.to_owned()).or_default();
            if all.len() >= 1000 && !all.contains_key(id) {
                return Err(Fault::new(
                    400,
                    "TooManyConfigurations",
                    "You are attempting to create a new configuration but have already reached \
                     the 1,000-configuration limit.",
                ));
            }
            all.insert(id.to_owned(), element.to_document());
            Ok(Reply::empty(200))
        }
        _ => {
            let bucket = open_mut(world, call, name)?;
            let removed = bucket.lists.get_mut(list.query).and_then(|all| all.remove(id));
            removed.map(|_| Reply::empty(204)).ok_or_else(missing)
        }
    }
}
