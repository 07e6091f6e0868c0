//! `GetObject` and `HeadObject`.

use super::{conditions, content};
use crate::call::{Call, Request};
use crate::reply::{Fault, Reply};
use crate::s3::access::open;
use crate::s3::faults;
use crate::s3::state::{Bucket, Content, Version, Versioning};
use crate::world::World;

/// The version that a request means, which is not a delete marker.
pub(super) fn meant<'b>(
    bucket: &'b Bucket,
    request: &Request,
    key: &str,
) -> Result<(&'b Version, &'b Content), Fault> {
    let id = request.query("versionId").filter(|id| !id.is_empty());
    pick(bucket, key, id)
}

/// A version by id, or the current one.
pub(super) fn pick<'b>(
    bucket: &'b Bucket,
    key: &str,
    id: Option<&str>,
) -> Result<(&'b Version, &'b Content), Fault> {
    let version = match id {
        Some(id) => bucket.version(key, id).ok_or_else(|| faults::no_such_version(key, id))?,
        None => bucket.latest(key).ok_or_else(|| faults::no_such_key(key))?,
    };
    match &version.content {
        Some(content) => Ok((version, content)),
        None => {
            let fault = match id {
                // A marker can be deleted, not read.
                Some(_) => faults::method_not_allowed().header("allow", "DELETE"),
                None => faults::no_such_key(key),
            };
            Err(fault
                .header("x-amz-delete-marker", "true")
                .header("x-amz-version-id", &version.id)
                .header("last-modified", conditions::http_date(version.modified_ms)))
        }
    }
}

/// Answers `GetObject` and `HeadObject`.
pub(in crate::s3) fn get(
    world: &World,
    call: &Call,
    name: &str,
    key: &str,
) -> Result<Reply, Fault> {
    let bucket = open(world, call, name)?;
    let request = &call.request;
    let (version, content) = meant(bucket, request, key)?;
    conditions::read(request, version, content)?;
    content::check_customer_key(request, &content.encryption)?;
    let size = content.body.len();
    let part = range(request, content)?;
    let (status, body) = match part {
        Some((from, to)) => (206, content.body.slice(from..to)),
        None => (200, content.body.clone()),
    };
    let mut reply = Reply::empty(status)
        .header("etag", format!("\"{}\"", content.etag))
        .header("last-modified", conditions::http_date(version.modified_ms))
        .header("accept-ranges", "bytes")
        .header("content-length", body.len().to_string());
    if let Some((from, to)) = part {
        let last = to.saturating_sub(1);
        reply = reply.header("content-range", format!("bytes {from}-{last}/{size}"));
    }
    for (name, value) in &content.headers {
        let over = request.query(&format!("response-{name}")).unwrap_or(value);
        reply = reply.header(name, over);
    }
    for name in
        ["cache-control", "content-disposition", "content-encoding", "content-language", "expires"]
    {
        if let Some(over) = request.query(&format!("response-{name}"))
            && !content.headers.contains_key(name)
        {
            reply = reply.header(name, over);
        }
    }
    if bucket.versioning() != Versioning::Never {
        reply = reply.header("x-amz-version-id", &version.id);
    }
    if request.header("x-amz-checksum-mode") == Some("ENABLED") && part.is_none() {
        for (name, value) in &content.checksums {
            reply = reply.header(name, value);
        }
        let kind = if content.parts.is_empty() { "FULL_OBJECT" } else { "COMPOSITE" };
        reply = reply.header("x-amz-checksum-type", kind);
    }
    if !content.tags.is_empty() {
        reply = reply.header("x-amz-tagging-count", content.tags.len().to_string());
    }
    if let Some(status) = version.replication_status() {
        reply = reply.header("x-amz-replication-status", status);
    }
    if let (Some(mode), Some(until)) = (&content.lock.mode, &content.lock.until) {
        reply = reply
            .header("x-amz-object-lock-mode", mode)
            .header("x-amz-object-lock-retain-until-date", until);
    }
    if content.lock.legal_hold {
        reply = reply.header("x-amz-object-lock-legal-hold", "ON");
    }
    if request.has_query("partNumber") && !content.parts.is_empty() {
        reply = reply.header("x-amz-mp-parts-count", content.parts.len().to_string());
    }
    reply = content::say_encryption(reply, &content.encryption);
    if request.method != "HEAD" {
        reply.body = body.to_vec();
    }
    Ok(reply)
}

/// The bytes asked for by `Range` or `partNumber`, from and up to; `None` for all of them.
fn range(request: &Request, content: &Content) -> Result<Option<(usize, usize)>, Fault> {
    let size = content.body.len();
    if let Some(number) = request.query("partNumber") {
        let number: usize = number.parse().map_err(|_| {
            faults::invalid_argument("Part number must be an integer", "partNumber", number)
        })?;
        let whole = [size];
        let parts = if content.parts.is_empty() { &whole[..] } else { &content.parts };
        if number == 0 || number > parts.len() {
            return Err(Fault::new(
                416,
                "InvalidPartNumber",
                "The requested partnumber is not satisfiable",
            ));
        }
        let from: usize = parts.iter().take(number - 1).sum();
        let length = parts.get(number - 1).copied().unwrap_or_default();
        return Ok(Some((from, from + length)));
    }
    let Some(spec) = request.header("range").and_then(|range| range.strip_prefix("bytes=")) else {
        return Ok(None);
    };
    let asked = spec.split_once('-').and_then(|(from, to)| {
        match (from.parse::<usize>().ok(), to.parse::<usize>().ok()) {
            (Some(from), Some(to)) if from <= to => Some((from, to.saturating_add(1).min(size))),
            (Some(from), None) if to.is_empty() => Some((from, size)),
            (None, Some(last)) if from.is_empty() => Some((size.saturating_sub(last), size)),
            _ => None,
        }
    });
    match asked {
        // What is not a range is ignored, as HTTP has it.
        None => Ok(None),
        Some((from, to)) if from < to => Ok(Some((from, to))),
        Some(_) => Err(Fault::new(416, "InvalidRange", "The requested range is not satisfiable")
            .detail("RangeRequested", spec)
            .detail("ActualObjectSize", size.to_string())
            .header("content-range", format!("bytes */{size}"))),
    }
}
