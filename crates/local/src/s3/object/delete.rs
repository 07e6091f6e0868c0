//! `DeleteObject` and `DeleteObjects`.

use super::checksum;
use super::write::{mark_deleted, with_version};
use crate::call::{Call, Request};
use crate::reply::{Fault, Reply};
use crate::s3::access::open;
use crate::s3::state::{Bucket, Lock, Versioning};
use crate::s3::{documents, faults};
use crate::world::{World, iso};
use crate::xml::Element;

/// What a delete did.
struct Deleted {
    /// The version that is gone, or the marker that is new.
    version: Option<String>,
    marker: bool,
}

/// Answers `DeleteObject`.
pub(in crate::s3) fn one(
    world: &mut World,
    call: &Call,
    name: &str,
    key: &str,
) -> Result<Reply, Fault> {
    let bucket = open(world, call, name)?;
    if let Some(etags) = call.request.header("if-match") {
        check_etag(bucket, key, etags)?;
    }
    let id = call.request.query("versionId").filter(|id| !id.is_empty());
    let deleted = delete(world, &call.request, name, key, id)?;
    let mut reply = with_version(Reply::empty(204), deleted.version);
    if deleted.marker {
        reply = reply.header("x-amz-delete-marker", "true");
    }
    Ok(reply)
}

fn check_etag(bucket: &Bucket, key: &str, etag: &str) -> Result<(), Fault> {
    let current = bucket.latest(key).and_then(|version| version.content.as_ref());
    let current = current.ok_or_else(|| faults::no_such_key(key))?;
    let etag = etag.trim_matches('"');
    if etag == "*" || etag == current.etag {
        return Ok(());
    }
    Err(faults::precondition_failed("If-Match"))
}

fn delete(
    world: &mut World,
    request: &Request,
    name: &str,
    key: &str,
    id: Option<&str>,
) -> Result<Deleted, Fault> {
    let now = world.now_iso();
    let Some(bucket) = world.s3.buckets.get_mut(name) else {
        return Err(faults::no_such_bucket(name));
    };
    if let Some(id) = id {
        let content = bucket.version(key, id).and_then(|version| version.content.as_ref());
        if content.is_some_and(|content| locked(&content.lock, request, &now)) {
            return Err(faults::access_denied());
        }
        let removed = bucket.remove(key, id);
        return Ok(Deleted {
            version: Some(id.to_owned()),
            marker: removed.is_some_and(|version| version.content.is_none()),
        });
    }
    if bucket.versioning() == Versioning::Never {
        bucket.remove(key, "null");
        return Ok(Deleted { version: None, marker: false });
    }
    let version = mark_deleted(world, name, key);
    Ok(Deleted { version, marker: true })
}

/// Whether a version must not be deleted yet.
pub(super) fn locked(lock: &Lock, request: &Request, now: &str) -> bool {
    let bypass = request
        .header("x-amz-bypass-governance-retention")
        .is_some_and(|bypass| bypass.eq_ignore_ascii_case("true"));
    let retained = lock.until.as_deref().is_some_and(|until| until > now)
        && !(bypass && lock.mode.as_deref() == Some("GOVERNANCE"));
    lock.legal_hold || retained
}

/// Answers `DeleteObjects`: up to a thousand, each with its own result.
pub(in crate::s3) fn many(world: &mut World, call: &Call, name: &str) -> Result<Reply, Fault> {
    open(world, call, name)?;
    if !checksum::present(&call.request) {
        return Err(faults::invalid_request(
            "Missing required header for this request: Content-MD5 OR x-amz-checksum-*",
        ));
    }
    checksum::verify(&call.request, &call.request.body)?;
    let sent = documents::sent(call, "Delete")?;
    let objects: Vec<&Element> = sent.all("Object").collect();
    if objects.is_empty() || objects.len() > 1000 {
        return Err(faults::malformed_xml());
    }
    let quiet = sent.text_of("Quiet") == Some("true");
    let mut result = documents::root("DeleteResult");
    for object in objects {
        let key = object.text_of("Key").ok_or_else(faults::malformed_xml)?.to_owned();
        let id = object.text_of("VersionId").filter(|id| !id.is_empty());
        let bucket = open(world, call, name)?;
        let allowed = object.text_of("ETag").map_or(Ok(()), |etag| check_etag(bucket, &key, etag));
        match allowed.and_then(|()| delete(world, &call.request, name, &key, id)) {
            Ok(_) if quiet => {}
            Ok(deleted) => {
                let mut element =
                    Element::new("Deleted").text_child("Key", &key).text_child_opt("VersionId", id);
                if deleted.marker {
                    element = element
                        .text_child("DeleteMarker", true)
                        .text_child_opt("DeleteMarkerVersionId", deleted.version);
                }
                result = result.child(element);
            }
            Err(fault) => {
                result = result.child(
                    Element::new("Error")
                        .text_child("Key", &key)
                        .text_child_opt("VersionId", id)
                        .text_child("Code", &fault.code)
                        .text_child("Message", &fault.message),
                );
            }
        }
    }
    Ok(documents::answer(&result))
}

/// Answers `GetObjectRetention` and `GetObjectLegalHold`, `Put…` of both.
pub(in crate::s3) fn lock(
    world: &mut World,
    call: &Call,
    name: &str,
    key: &str,
) -> Result<Reply, Fault> {
    let bucket = open(world, call, name)?;
    let (version, content) = super::read::meant(bucket, &call.request, key)?;
    if !bucket.object_lock {
        return Err(faults::invalid_request("Bucket is missing Object Lock Configuration"));
    }
    let missing = || {
        Fault::new(
            404,
            "NoSuchObjectLockConfiguration",
            "The specified object does not have a ObjectLock configuration",
        )
    };
    let mut lock = content.lock.clone();
    let id = version.id.clone();
    match call.operation.as_str() {
        "GetObjectRetention" => {
            let (mode, until) = lock.mode.zip(lock.until).ok_or_else(missing)?;
            return Ok(documents::answer(
                &documents::root("Retention")
                    .text_child("Mode", mode)
                    .text_child("RetainUntilDate", until),
            ));
        }
        "GetObjectLegalHold" => {
            let status = if lock.legal_hold { "ON" } else { "OFF" };
            return Ok(documents::answer(
                &documents::root("LegalHold").text_child("Status", status),
            ));
        }
        "PutObjectLegalHold" => {
            let sent = documents::sent(call, "LegalHold")?;
            crate::s3::check::one_of(&sent, "Status", &["ON", "OFF"])?;
            lock.legal_hold = sent.text_of("Status") == Some("ON");
        }
        _ => {
            let sent = documents::sent(call, "Retention")?;
            let mode = sent.text_of("Mode").map(str::to_owned);
            let until = sent.text_of("RetainUntilDate").map(str::to_owned);
            let now = iso(world.now_ms);
            let shorter = until < lock.until || mode != lock.mode;
            let held = Lock { legal_hold: false, ..lock.clone() };
            if lock.mode.is_some() && shorter && locked(&held, &call.request, &now) {
                return Err(faults::access_denied());
            }
            lock.mode = mode;
            lock.until = until;
        }
    }
    super::attributes::edit(world, name, key, &id, |content| content.lock = lock);
    Ok(Reply::empty(200))
}
