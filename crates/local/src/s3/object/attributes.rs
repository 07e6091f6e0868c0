//! What can be read and changed of a version without its bytes: tags, ACL, attributes.

use super::checksum;
use super::conditions::http_date;
use super::read::meant;
use crate::call::Call;
use crate::reply::{Fault, Reply};
use crate::s3::access::open;
use crate::s3::state::{Content, Version, Versioning};
use crate::s3::{acl, check, documents, faults, replication};
use crate::world::World;
use crate::xml::Element;

/// Changes what is said about a version, and asks for copies of the change.
pub(super) fn edit(
    world: &mut World,
    name: &str,
    key: &str,
    id: &str,
    change: impl FnOnce(&mut Content),
) {
    world.s3.sequence += 1;
    let edited = (world.now_ms, world.s3.sequence);
    let content = world
        .s3
        .buckets
        .get_mut(name)
        .and_then(|bucket| bucket.version_mut(key, id))
        .and_then(|version| version.content.as_mut());
    if let Some(content) = content {
        change(content);
        content.edited = edited;
        replication::edited(world, name, key, id);
    }
}

/// Answers the three calls on an object's tags.
pub(in crate::s3) fn tagging(
    world: &mut World,
    call: &Call,
    name: &str,
    key: &str,
) -> Result<Reply, Fault> {
    let bucket = open(world, call, name)?;
    let (version, content) = meant(bucket, &call.request, key)?;
    let versioned = bucket.versioning() != Versioning::Never;
    let say = |reply: Reply, version: &str| {
        if versioned { reply.header("x-amz-version-id", version) } else { reply }
    };
    if call.operation == "GetObjectTagging" {
        let tags = content.tags.iter().map(|(key, value)| {
            Element::new("Tag").text_child("Key", key).text_child("Value", value)
        });
        let set = Element::new("TagSet").children(tags);
        let reply = documents::answer(&documents::root("Tagging").child(set));
        return Ok(say(reply, &version.id));
    }
    let id = version.id.clone();
    let (status, tags) = if call.operation == "DeleteObjectTagging" {
        (204, Default::default())
    } else {
        let tags = check::read_tags(&documents::sent(call, "Tagging")?)?;
        check::check_tags(&tags, 10)?;
        (200, tags)
    };
    edit(world, name, key, &id, |content| content.tags = tags);
    Ok(say(Reply::empty(status), &id))
}

/// Answers `GetObjectAcl`.
pub(in crate::s3) fn get_acl(
    world: &World,
    call: &Call,
    name: &str,
    key: &str,
) -> Result<Reply, Fault> {
    let bucket = open(world, call, name)?;
    let (_, content) = meant(bucket, &call.request, key)?;
    Ok(documents::answer(&acl::document(&bucket.account, &content.acl)))
}

/// Answers `PutObjectAcl`.
pub(in crate::s3) fn put_acl(
    world: &mut World,
    call: &Call,
    name: &str,
    key: &str,
) -> Result<Reply, Fault> {
    let bucket = open(world, call, name)?;
    let (version, _) = meant(bucket, &call.request, key)?;
    let grants = acl::sent(call, &bucket.account)?;
    if bucket.ownership() == "BucketOwnerEnforced" {
        return Err(acl::not_supported());
    }
    if bucket.blocks("BlockPublicAcls") && grants.iter().any(crate::s3::buckets::public) {
        return Err(faults::access_denied());
    }
    let id = version.id.clone();
    edit(world, name, key, &id, |content| content.acl = grants);
    Ok(Reply::empty(200))
}

/// Answers `GetObjectAttributes`.
pub(in crate::s3) fn attributes(
    world: &World,
    call: &Call,
    name: &str,
    key: &str,
) -> Result<Reply, Fault> {
    let bucket = open(world, call, name)?;
    let (version, content) = meant(bucket, &call.request, key)?;
    let wanted = |what: &str| {
        call.request
            .headers
            .iter()
            .filter(|(name, _)| name == "x-amz-object-attributes")
            .any(|(_, value)| value.split(',').any(|one| one.trim() == what))
    };
    let mut root = documents::root("GetObjectAttributesResponse");
    if wanted("ETag") {
        root = root.text_child("ETag", &content.etag);
    }
    if wanted("Checksum") {
        root = root.child(checksums(content, Element::new("Checksum")));
    }
    if wanted("ObjectParts") && !content.parts.is_empty() {
        root =
            root.child(Element::new("ObjectParts").text_child("PartsCount", content.parts.len()));
    }
    if wanted("StorageClass") {
        root = root.text_child("StorageClass", content.storage_class());
    }
    if wanted("ObjectSize") {
        root = root.text_child("ObjectSize", content.body.len());
    }
    let reply = documents::answer(&root).header("last-modified", http_date(version.modified_ms));
    Ok(match bucket.versioning() {
        Versioning::Never => reply,
        _ => reply.header("x-amz-version-id", &version.id),
    })
}

/// The checksums of a version, as children of an element.
pub(super) fn checksums(content: &Content, mut element: Element) -> Element {
    for (header, value) in &content.checksums {
        element = element.text_child(&checksum::element_name(header), value);
    }
    if content.checksums.is_empty() {
        return element;
    }
    let kind = if content.parts.is_empty() { "FULL_OBJECT" } else { "COMPOSITE" };
    element.text_child("ChecksumType", kind)
}

/// What listings say about the checksums of a version.
pub(super) fn listed_checksums(version: &Version, mut element: Element) -> Element {
    let Some(content) = &version.content else { return element };
    for header in content.checksums.keys() {
        element = element.text_child("ChecksumAlgorithm", checksum::algorithm(header));
    }
    if content.checksums.is_empty() {
        return element;
    }
    let kind = if content.parts.is_empty() { "FULL_OBJECT" } else { "COMPOSITE" };
    element.text_child("ChecksumType", kind)
}
