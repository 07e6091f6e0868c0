//! `CopyObject`, and the source of `UploadPartCopy`.

use percent_encoding::percent_decode_str;

use super::write::{check_key, describe, etag, store, with_version};
use super::{checksum, conditions, content, read};
use crate::call::Call;
use crate::reply::{Fault, Reply};
use crate::s3::access::{found, open};
use crate::s3::state::{Content, Versioning};
use crate::s3::{documents, faults};
use crate::world::{World, iso};
use crate::xml::Element;

/// Where a copy comes from.
pub(super) struct Source {
    pub(super) bucket: String,
    pub(super) key: String,
    pub(super) content: Content,
    /// The version id to tell, where the bucket has versions.
    pub(super) version: Option<String>,
}

/// Finds the source named in `x-amz-copy-source`, in whichever region it is.
pub(super) fn source(world: &World, call: &Call) -> Result<Source, Fault> {
    let header = call.request.header("x-amz-copy-source").unwrap_or_default();
    let (path, version) = match header.split_once("?versionId=") {
        Some((path, version)) => (path, Some(version)),
        None => (header, None),
    };
    let decoded = percent_decode_str(path).decode_utf8_lossy().into_owned();
    let (name, key) = decoded.trim_start_matches('/').split_once('/').ok_or_else(|| {
        faults::invalid_argument("Invalid copy source object key", "x-amz-copy-source", header)
    })?;
    let bucket = found(world, name)?;
    if bucket.account != call.account {
        return Err(faults::access_denied());
    }
    let (version, content) = read::pick(bucket, key, version)?;
    conditions::copy_source(&call.request, version, content)?;
    let versioned = bucket.versioning() != Versioning::Never;
    Ok(Source {
        bucket: name.to_owned(),
        key: key.to_owned(),
        content: content.clone(),
        version: versioned.then(|| version.id.clone()),
    })
}

/// Answers `CopyObject`.
pub(in crate::s3) fn copy(
    world: &mut World,
    call: &Call,
    name: &str,
    key: &str,
) -> Result<Reply, Fault> {
    let bucket = open(world, call, name)?;
    check_key(key)?;
    let source = source(world, call)?;
    let request = &call.request;
    conditions::write(request, bucket, key)?;
    let replaces = |header: &str| request.header(header) == Some("REPLACE");
    let mut content = content::of_request(world, call, bucket)?;
    let same_place = source.bucket == name && source.key == key;
    let changes = replaces("x-amz-metadata-directive")
        || [
            "x-amz-storage-class",
            "x-amz-server-side-encryption",
            "x-amz-website-redirect-location",
        ]
        .iter()
        .any(|header| request.header(header).is_some());
    if same_place && !changes && source.version.is_none() {
        return Err(faults::invalid_request(
            "This copy request is illegal because it is trying to copy an object to itself \
             without changing the object's metadata, storage class, website redirect location or \
             encryption attributes.",
        ));
    }
    if !replaces("x-amz-metadata-directive") {
        let class = content.headers.get("x-amz-storage-class").cloned();
        content.headers = source.content.headers;
        content.headers.remove("x-amz-storage-class");
        content.headers.extend(class.map(|class| ("x-amz-storage-class".to_owned(), class)));
    }
    if !replaces("x-amz-tagging-directive") {
        content.tags = source.content.tags;
    }
    content.body = source.content.body;
    content.checksums = checksum::verify(
        &crate::call::Request {
            headers: request
                .headers
                .iter()
                .filter(|(name, _)| name == "x-amz-checksum-algorithm")
                .cloned()
                .collect(),
            ..Default::default()
        },
        &content.body,
    )?;
    content.etag = etag(&content);
    let described = describe(&content);
    let result = super::attributes::checksums(
        &content,
        documents::root("CopyObjectResult")
            .text_child("LastModified", iso(world.now_ms))
            .text_child("ETag", format!("\"{}\"", content.etag)),
    );
    let id = store(world, name, key, content);
    Ok(answered(&result, described, id, source.version))
}

/// A copy's answer: a document, with the headers of a write but its ETag.
pub(super) fn answered(
    result: &Element,
    described: Reply,
    id: Option<String>,
    source_version: Option<String>,
) -> Reply {
    let mut reply = with_version(documents::answer(result), id);
    let encryption = described
        .headers
        .into_iter()
        .filter(|(name, _)| name.starts_with("x-amz-server-side-encryption"));
    reply.headers.extend(encryption);
    match source_version {
        Some(version) => reply.header("x-amz-copy-source-version-id", version),
        None => reply,
    }
}
