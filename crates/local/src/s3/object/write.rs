//! `PutObject`, and how any new version comes to be.

use super::{checksum, conditions, content};
use crate::call::Call;
use crate::reply::{Fault, Reply};
use crate::s3::access::open;
use crate::s3::replication;
use crate::s3::state::{Bucket, Content, Version, Versioning};
use crate::world::World;

/// Answers `PutObject`.
pub(in crate::s3) fn put(
    world: &mut World,
    call: &Call,
    name: &str,
    key: &str,
) -> Result<Reply, Fault> {
    let bucket = open(world, call, name)?;
    check_key(key)?;
    let checksums = checksum::verify(&call.request, &call.request.body)?;
    conditions::write(&call.request, bucket, key)?;
    let mut content = content::of_request(world, call, bucket)?;
    content.body = call.request.body.clone();
    content.checksums = checksums;
    content.etag = etag(&content);
    let reply = describe(&content);
    let id = store(world, name, key, content);
    Ok(with_version(reply, id))
}

/// Refuses keys that are too long.
pub(super) fn check_key(key: &str) -> Result<(), Fault> {
    if key.len() > 1024 {
        return Err(Fault::new(400, "KeyTooLongError", "Your key is too long")
            .detail("Size", key.len().to_string())
            .detail("MaxSizeAllowed", "1024"));
    }
    Ok(())
}

/// The MD5 of the body; with a key of KMS or the customer it is something else.
pub(super) fn etag(content: &Content) -> String {
    let encryption = &content.encryption;
    match encryption.key.as_ref().or(encryption.customer_key_md5.as_ref()) {
        None => checksum::md5_hex(&content.body),
        Some(key) => checksum::md5_hex(&[content.body.as_ref(), key.as_bytes()].concat()),
    }
}

/// The answer to a write of this content.
pub(super) fn describe(content: &Content) -> Reply {
    let mut reply = Reply::empty(200).header("etag", format!("\"{}\"", content.etag));
    for (name, value) in &content.checksums {
        reply = reply.header(name, value);
    }
    if !content.checksums.is_empty() {
        let kind = if content.parts.is_empty() { "FULL_OBJECT" } else { "COMPOSITE" };
        reply = reply.header("x-amz-checksum-type", kind);
    }
    content::say_encryption(reply, &content.encryption)
}

/// The same answer with the version, where there is one.
pub(super) fn with_version(reply: Reply, id: Option<String>) -> Reply {
    match id {
        Some(id) => reply.header("x-amz-version-id", id),
        None => reply,
    }
}

/// Adds content as the current version of a key and asks for its copies; answers the version
/// id that the client is told, which an unversioned bucket does not have.
pub(super) fn store(world: &mut World, name: &str, key: &str, content: Content) -> Option<String> {
    let (id, told) = add(world, name, key, Some(content))?;
    replication::created(world, name, key, &id);
    told
}

/// Adds a delete marker and asks for its copies.
pub(super) fn mark_deleted(world: &mut World, name: &str, key: &str) -> Option<String> {
    let (id, told) = add(world, name, key, None)?;
    replication::created(world, name, key, &id);
    told
}

fn add(
    world: &mut World,
    name: &str,
    key: &str,
    content: Option<Content>,
) -> Option<(String, Option<String>)> {
    let versioning = world.s3.buckets.get(name).map(Bucket::versioning)?;
    let id = match versioning {
        Versioning::Enabled => world.fresh_id(32),
        _ => "null".to_owned(),
    };
    let told = (versioning != Versioning::Never).then(|| id.clone());
    world.s3.sequence += 1;
    let version = Version {
        id: id.clone(),
        modified_ms: world.now_ms,
        sequence: world.s3.sequence,
        content: content
            .map(|content| Content { edited: (world.now_ms, world.s3.sequence), ..content }),
        replica: false,
        copies: Default::default(),
    };
    let bucket = world.s3.buckets.get_mut(name)?;
    // There is one null version at most.
    if id == "null" {
        bucket.remove(key, &id);
    }
    bucket.insert(key, version);
    Some((id, told))
}
