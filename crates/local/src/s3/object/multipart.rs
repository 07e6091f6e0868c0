//! Uploads in parts.

use super::copy::{answered, source};
use super::listing::{Spelling, most};
use super::write::{check_key, describe, store, with_version};
use super::{checksum, conditions, content};
use crate::call::Call;
use crate::reply::{Fault, Reply};
use crate::s3::access::{open, open_mut};
use crate::s3::state::{Bucket, Part, Upload};
use crate::s3::{acl, documents, faults};
use crate::world::{World, iso};
use crate::xml::Element;

const SMALLEST_PART: usize = 5 * 1024 * 1024;

/// Answers `CreateMultipartUpload`.
pub(in crate::s3) fn create(
    world: &mut World,
    call: &Call,
    name: &str,
    key: &str,
) -> Result<Reply, Fault> {
    let bucket = open(world, call, name)?;
    check_key(key)?;
    let content = content::of_request(world, call, bucket)?;
    let id = world.fresh_hex();
    let reply = documents::answer(
        &documents::root("InitiateMultipartUploadResult")
            .text_child("Bucket", name)
            .text_child("Key", key)
            .text_child("UploadId", &id),
    );
    let mut reply = content::say_encryption(reply, &content.encryption);
    for header in ["x-amz-checksum-algorithm", "x-amz-checksum-type"] {
        if let Some(value) = call.request.header(header) {
            reply = reply.header(header, value);
        }
    }
    let started_ms = world.now_ms;
    let upload = Upload { key: key.to_owned(), started_ms, content, parts: Default::default() };
    open_mut(world, call, name)?.uploads.insert(id, upload);
    Ok(reply)
}

fn upload<'b>(bucket: &'b Bucket, id: &str, key: &str) -> Result<&'b Upload, Fault> {
    bucket
        .uploads
        .get(id)
        .filter(|upload| upload.key == key)
        .ok_or_else(|| faults::no_such_upload(id))
}

fn upload_id(call: &Call) -> &str {
    call.request.query("uploadId").unwrap_or_default()
}

/// Answers `UploadPart` and `UploadPartCopy`.
pub(in crate::s3) fn part(
    world: &mut World,
    call: &Call,
    name: &str,
    key: &str,
) -> Result<Reply, Fault> {
    let bucket = open(world, call, name)?;
    let id = upload_id(call);
    let encryption = upload(bucket, id, key)?.content.encryption.clone();
    let text = call.request.query("partNumber").unwrap_or_default();
    let number =
        text.parse().ok().filter(|number| (1..=10_000).contains(number)).ok_or_else(|| {
            faults::invalid_argument(
                "Part number must be an integer between 1 and 10000, inclusive",
                "partNumber",
                text,
            )
        })?;
    let copied = match call.operation.as_str() {
        "UploadPartCopy" => Some(source(world, call)?),
        _ => None,
    };
    let (body, checksums) = match &copied {
        Some(source) => (copied_range(call, &source.content.body)?, Default::default()),
        None => {
            let body = call.request.body.clone();
            let checksums = checksum::verify(&call.request, &body)?;
            (body, checksums)
        }
    };
    let etag = checksum::md5_hex(&body);
    let modified_ms = world.now_ms;
    let part = Part { body, etag: etag.clone(), modified_ms, checksums: checksums.clone() };
    if let Some(upload) = open_mut(world, call, name)?.uploads.get_mut(id) {
        upload.parts.insert(number, part);
    }
    let mut described = Reply::empty(200).header("etag", format!("\"{etag}\""));
    for (name, value) in checksums {
        described = described.header(&name, value);
    }
    let described = content::say_encryption(described, &encryption);
    Ok(match copied {
        None => described,
        Some(source) => answered(
            &documents::root("CopyPartResult")
                .text_child("LastModified", iso(modified_ms))
                .text_child("ETag", format!("\"{etag}\"")),
            described,
            None,
            source.version,
        ),
    })
}

fn copied_range(call: &Call, body: &bytes::Bytes) -> Result<bytes::Bytes, Fault> {
    let Some(header) = call.request.header("x-amz-copy-source-range") else {
        return Ok(body.clone());
    };
    let bounds = header
        .strip_prefix("bytes=")
        .and_then(|range| range.split_once('-'))
        .and_then(|(from, to)| Some((from.parse::<usize>().ok()?, to.parse::<usize>().ok()?)))
        .filter(|(from, to)| from <= to && *to < body.len());
    let (from, to) = bounds.ok_or_else(|| {
        faults::invalid_argument(
            "The x-amz-copy-source-range value must be of the form bytes=first-last where first \
             and last are the zero-based offsets of the first and last bytes to copy",
            "x-amz-copy-source-range",
            header,
        )
    })?;
    Ok(body.slice(from..=to))
}

/// Answers `CompleteMultipartUpload`.
pub(in crate::s3) fn complete(
    world: &mut World,
    call: &Call,
    name: &str,
    key: &str,
) -> Result<Reply, Fault> {
    let bucket = open(world, call, name)?;
    let id = upload_id(call);
    let upload = upload(bucket, id, key)?;
    let sent = documents::sent(call, "CompleteMultipartUpload")?;
    let parts = chosen(upload, &sent)?;
    conditions::write(&call.request, bucket, key)?;
    let mut content = upload.content.clone();
    content.body = parts.iter().flat_map(|part| part.body.iter().copied()).collect();
    content.parts = parts.iter().map(|part| part.body.len()).collect();
    content.etag = format!(
        "{}-{}",
        checksum::md5_of_md5s(parts.iter().map(|part| part.etag.as_str())),
        parts.len()
    );
    open_mut(world, call, name)?.uploads.remove(id);
    let described = describe(&content);
    let result = documents::root("CompleteMultipartUploadResult")
        .text_child("Location", format!("https://{name}.s3.{}.amazonaws.com/{key}", call.region))
        .text_child("Bucket", name)
        .text_child("Key", key)
        .text_child("ETag", format!("\"{}\"", content.etag));
    let version = store(world, name, key, content);
    Ok(answered(&result, described, version, None))
}

/// The parts that a completion names, in order, each there and large enough.
fn chosen<'u>(upload: &'u Upload, sent: &Element) -> Result<Vec<&'u Part>, Fault> {
    let mut chosen = Vec::new();
    let mut last = 0;
    for part in sent.all("Part") {
        let number: u32 = part
            .text_of("PartNumber")
            .and_then(|number| number.parse().ok())
            .ok_or_else(faults::malformed_xml)?;
        if number <= last {
            return Err(Fault::new(
                400,
                "InvalidPartOrder",
                "The list of parts was not in ascending order. Parts must be ordered by part \
                 number.",
            ));
        }
        last = number;
        let etag = part.text_of("ETag").unwrap_or_default().trim_matches('"');
        let found = upload.parts.get(&number).filter(|part| part.etag == etag);
        chosen.push(found.ok_or_else(|| {
            Fault::new(
                400,
                "InvalidPart",
                "One or more of the specified parts could not be found. The part may not have \
                 been uploaded, or the specified entity tag may not match the part's entity tag.",
            )
            .detail("PartNumber", number.to_string())
        })?);
    }
    if chosen.is_empty() {
        return Err(faults::malformed_xml());
    }
    let small = chosen.iter().rev().skip(1).any(|part| part.body.len() < SMALLEST_PART);
    if small {
        return Err(Fault::new(
            400,
            "EntityTooSmall",
            "Your proposed upload is smaller than the minimum allowed size",
        )
        .detail("MinSizeAllowed", SMALLEST_PART.to_string()));
    }
    Ok(chosen)
}

/// Answers `AbortMultipartUpload`.
pub(in crate::s3) fn abort(
    world: &mut World,
    call: &Call,
    name: &str,
    key: &str,
) -> Result<Reply, Fault> {
    let id = upload_id(call);
    let bucket = open_mut(world, call, name)?;
    upload(bucket, id, key)?;
    bucket.uploads.remove(id);
    Ok(with_version(Reply::empty(204), None))
}

/// Answers `ListParts`.
pub(in crate::s3) fn parts(
    world: &World,
    call: &Call,
    name: &str,
    key: &str,
) -> Result<Reply, Fault> {
    let bucket = open(world, call, name)?;
    let id = upload_id(call);
    let upload = upload(bucket, id, key)?;
    let most = most(&call.request, "max-parts")?;
    let after = call.request.query("part-number-marker").and_then(|text| text.parse().ok());
    let after: u32 = after.unwrap_or_default();
    let mut all = upload.parts.iter().filter(|(number, _)| **number > after);
    let page: Vec<_> = all.by_ref().take(most).collect();
    let more = all.next().is_some();
    let last = page.last().map_or(after, |(number, _)| **number);
    let listed = page.iter().map(|(number, part)| {
        let mut element = Element::new("Part")
            .text_child("PartNumber", number)
            .text_child("LastModified", iso(part.modified_ms))
            .text_child("ETag", format!("\"{}\"", part.etag))
            .text_child("Size", part.body.len());
        for (header, value) in &part.checksums {
            element = element.text_child(&checksum::element_name(header), value);
        }
        element
    });
    Ok(documents::answer(
        &documents::root("ListPartsResult")
            .text_child("Bucket", name)
            .text_child("Key", key)
            .text_child("UploadId", id)
            .child(acl::owner("Initiator", &bucket.account))
            .child(acl::owner("Owner", &bucket.account))
            .text_child("StorageClass", upload.content.storage_class())
            .text_child("PartNumberMarker", after)
            .text_child("NextPartNumberMarker", last)
            .text_child("MaxParts", most)
            .text_child("IsTruncated", more)
            .children(listed),
    ))
}

/// Answers `ListMultipartUploads`.
pub(in crate::s3) fn uploads(world: &World, call: &Call, name: &str) -> Result<Reply, Fault> {
    let bucket = open(world, call, name)?;
    let request = &call.request;
    let spelling = Spelling::of(request)?;
    let most = most(request, "max-uploads")?;
    let prefix = request.query("prefix").unwrap_or_default();
    let after = (
        request.query("key-marker").unwrap_or_default(),
        request.query("upload-id-marker").unwrap_or_default(),
    );
    let mut all: Vec<_> = bucket
        .uploads
        .iter()
        .map(|(id, upload)| ((upload.key.as_str(), id.as_str()), upload))
        .collect();
    all.sort_by_key(|(at, _)| *at);
    let mut all = all.into_iter().filter(|(at, _)| {
        let passed = if after.1.is_empty() { at.0 <= after.0 } else { *at <= after };
        at.0.starts_with(prefix) && (after.0.is_empty() || !passed)
    });
    let page: Vec<_> = all.by_ref().take(most).collect();
    let more = all.next().is_some();
    let next = page.last().filter(|_| more).map(|(at, _)| *at);
    let listed = page.iter().map(|((key, id), upload)| {
        Element::new("Upload")
            .text_child("Key", spelling.key(key))
            .text_child("UploadId", id)
            .child(acl::owner("Initiator", &bucket.account))
            .child(acl::owner("Owner", &bucket.account))
            .text_child("StorageClass", upload.content.storage_class())
            .text_child("Initiated", iso(upload.started_ms))
    });
    Ok(documents::answer(
        &spelling
            .say(documents::root("ListMultipartUploadsResult"))
            .text_child("Bucket", name)
            .text_child("KeyMarker", spelling.key(after.0))
            .text_child("UploadIdMarker", after.1)
            .text_child_opt("NextKeyMarker", next.map(|(key, _)| spelling.key(key)))
            .text_child_opt("NextUploadIdMarker", next.map(|(_, id)| id))
            .text_child("Prefix", spelling.key(prefix))
            .text_child("MaxUploads", most)
            .text_child("IsTruncated", more)
            .children(listed),
    ))
}
