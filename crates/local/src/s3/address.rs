//! Which bucket, key and operation a request is about.

use percent_encoding::percent_decode_str;

use super::documents;
use crate::call::Request;

/// What a request addresses, whichever way it writes it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Target {
    pub(super) bucket: Option<String>,
    pub(super) key: Option<String>,
}

impl Target {
    /// Reads path-style (`host/bucket/key`) and virtual-host addresses (`bucket.host/key`).
    pub(super) fn of(request: &Request) -> Self {
        let path = request.path.trim_start_matches('/');
        let decoded = |text: &str| percent_decode_str(text).decode_utf8_lossy().into_owned();
        let some = |text: String| (!text.is_empty()).then_some(text);
        match bucket_in_host(&request.host) {
            Some(bucket) => {
                let path = request.path.strip_prefix('/').unwrap_or(&request.path);
                Self { bucket: Some(bucket), key: some(decoded(path)) }
            }
            None => match path.split_once('/') {
                Some((bucket, key)) => {
                    Self { bucket: some(decoded(bucket)), key: some(decoded(key)) }
                }
                None => Self { bucket: some(decoded(path)), key: None },
            },
        }
    }
}

/// The bucket that a host name starts with, if it does.
fn bucket_in_host(host: &str) -> Option<String> {
    let host = host.rsplit_once(':').map_or(host, |(name, _)| name).to_ascii_lowercase();
    let labels: Vec<&str> = host.split('.').collect();
    let service = |label: &&str| *label == "s3" || label.starts_with("s3-");
    let end = if host.ends_with(".amazonaws.com") || host.ends_with(".amazonaws.com.cn") {
        labels.iter().rposition(service)?
    } else if labels.last() == Some(&"localhost") {
        let end = labels.len() - 1;
        let named = end > 0 && labels.get(end - 1).is_some_and(service);
        if named { end - 1 } else { end }
    } else {
        return None;
    };
    (end > 0).then(|| labels.iter().take(end).copied().collect::<Vec<_>>().join("."))
}

/// The region that the host name stands for; `None` where the name does not say
/// (the global endpoint, loopback).
pub(super) fn region_of_host(host: &str) -> Option<&str> {
    let name = host.rsplit_once(':').map_or(host, |(name, _)| name);
    let name = name.strip_suffix(".amazonaws.com")?;
    let last = name.rsplit('.').next()?;
    let last = last.strip_prefix("s3-").unwrap_or(last);
    last.rsplit_once('-')
        .filter(|(_, number)| number.bytes().all(|byte| byte.is_ascii_digit()))
        .map(|_| last)
}

/// The API operation that a request is.
pub fn operation(request: &Request) -> &'static str {
    let target = Target::of(request);
    let method = request.method.as_str();
    match (&target.bucket, &target.key) {
        (None, _) if method == "GET" => "ListBuckets",
        (Some(_), None) => of_bucket(request, method),
        (Some(_), Some(_)) => of_object(request, method),
        _ => "Unknown",
    }
}

fn of_bucket(request: &Request, method: &str) -> &'static str {
    let has = |name| request.has_query(name);
    for document in documents::ALL {
        if has(document.query) {
            return match method {
                "GET" => document.get,
                "PUT" => document.put,
                "DELETE" => document.delete.unwrap_or("Unknown"),
                _ => "Unknown",
            };
        }
    }
    for list in documents::LISTS {
        if has(list.query) {
            return match method {
                "GET" if has("id") => list.get,
                "GET" => list.list,
                "PUT" => list.put,
                "DELETE" => list.delete,
                _ => "Unknown",
            };
        }
    }
    match method {
        "GET" if has("location") => "GetBucketLocation",
        "GET" if has("policyStatus") => "GetBucketPolicyStatus",
        "GET" if has("versions") => "ListObjectVersions",
        "GET" if has("uploads") => "ListMultipartUploads",
        "GET" if has("session") => "CreateSession",
        "GET" if request.query("list-type") == Some("2") => "ListObjectsV2",
        "GET" => "ListObjects",
        "HEAD" => "HeadBucket",
        "PUT" => "CreateBucket",
        "DELETE" => "DeleteBucket",
        "POST" if has("delete") => "DeleteObjects",
        _ => "Unknown",
    }
}

fn of_object(request: &Request, method: &str) -> &'static str {
    let has = |name| request.has_query(name);
    let copies = request.header("x-amz-copy-source").is_some();
    match method {
        "GET" | "HEAD" if has("torrent") => "GetObjectTorrent",
        "GET" if has("uploadId") => "ListParts",
        "GET" if has("acl") => "GetObjectAcl",
        "GET" if has("attributes") => "GetObjectAttributes",
        "GET" if has("legal-hold") => "GetObjectLegalHold",
        "GET" if has("retention") => "GetObjectRetention",
        "GET" if has("tagging") => "GetObjectTagging",
        "GET" => "GetObject",
        "HEAD" => "HeadObject",
        "PUT" if has("uploadId") && copies => "UploadPartCopy",
        "PUT" if has("uploadId") => "UploadPart",
        "PUT" if has("acl") => "PutObjectAcl",
        "PUT" if has("legal-hold") => "PutObjectLegalHold",
        "PUT" if has("retention") => "PutObjectRetention",
        "PUT" if has("tagging") => "PutObjectTagging",
        "PUT" if has("renameObject") => "RenameObject",
        "PUT" if has("encryption") => "UpdateObjectEncryption",
        "PUT" if copies => "CopyObject",
        "PUT" => "PutObject",
        "POST" if has("uploads") => "CreateMultipartUpload",
        "POST" if has("uploadId") => "CompleteMultipartUpload",
        "POST" if has("restore") => "RestoreObject",
        "POST" if has("select") => "SelectObjectContent",
        "DELETE" if has("uploadId") => "AbortMultipartUpload",
        "DELETE" if has("tagging") => "DeleteObjectTagging",
        "DELETE" => "DeleteObject",
        _ => "Unknown",
    }
}
