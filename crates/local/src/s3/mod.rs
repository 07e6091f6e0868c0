//! S3: one namespace of buckets over all regions, their sub-configurations, objects with
//! versions, and replication between buckets.
//!
//! Durations, in milliseconds, with their defaults:
//!
//! | name | default | what it is |
//! |---|---|---|
//! | `s3.bucket.visible` | 0 | a new bucket is `NoSuchBucket` for this long |
//! | `s3.bucket.release` | 0 | the name of a deleted bucket is refused for this long |
//! | `s3.configuration.conflict` | 0 | a second write of a sub-configuration collides |
//! | `s3.configuration.read` | 0 | readers of a sub-configuration see the previous one |
//! | `s3.versioning.propagate` | 0 | replication does not see that versioning is enabled |
//! | `s3.replication.lag` | 5,000 | copies arrive |

mod access;
mod acl;
mod address;
mod buckets;
mod check;
mod documents;
mod faults;
mod names;
mod object;
mod policy;
mod replication;
mod roles;
mod state;
#[cfg(test)]
mod tests;

use address::Target;
pub use address::operation;
use object::{attributes, copy, delete, listing, multipart, read, write};
pub use state::State;

use crate::call::Call;
use crate::reply::{Fault, Reply};
use crate::world::World;

/// Answers one call.
///
/// # Errors
///
/// S3's own refusals; to a `HEAD` they have no body, as S3 has it.
pub fn handle(world: &mut World, call: &Call) -> Result<Reply, Fault> {
    let target = Target::of(&call.request);
    let answer = match (&target.bucket, &target.key) {
        (None, _) => match call.operation.as_str() {
            "ListBuckets" => buckets::list(world, call),
            _ => Err(unknown(call)),
        },
        (Some(bucket), None) => of_bucket(world, call, bucket),
        (Some(bucket), Some(key)) => of_object(world, call, bucket, key),
    };
    answer.map_err(|mut fault| {
        if call.request.method == "HEAD" {
            fault.body = Some(Vec::new());
        }
        fault
    })
}

fn unknown(call: &Call) -> Fault {
    Fault::new(501, "NotImplemented", format!("{} is not modelled", call.operation))
}

fn of_bucket(world: &mut World, call: &Call, name: &str) -> Result<Reply, Fault> {
    let operation = call.operation.as_str();
    match operation {
        "CreateBucket" => return buckets::create(world, call, name),
        "HeadBucket" => return buckets::head(world, call, name),
        "DeleteBucket" => return buckets::delete(world, call, name),
        "GetBucketLocation" => return buckets::get_location(world, call, name),
        "GetBucketAcl" => {
            let bucket = access::open(world, call, name)?;
            return Ok(documents::answer(&acl::document(&bucket.account, &bucket.acl)));
        }
        "PutBucketAcl" => return buckets::put_acl(world, call, name),
        "GetBucketPolicy" => return policy::get(world, call, name),
        "PutBucketPolicy" => return policy::put(world, call, name),
        "GetBucketPolicyStatus" => return policy::status(world, call, name),
        "ListObjects" | "ListObjectsV2" => return listing::objects(world, call, name),
        "ListObjectVersions" => return listing::versions(world, call, name),
        "ListMultipartUploads" => return multipart::uploads(world, call, name),
        "DeleteObjects" => return delete::many(world, call, name),
        _ => {}
    }
    for document in documents::ALL {
        if operation == document.get {
            return documents::get(world, call, name, document);
        }
        if operation == document.put {
            return documents::put(world, call, name, document);
        }
        if document.delete == Some(operation) {
            return documents::delete(world, call, name, document);
        }
    }
    let list = documents::LISTS
        .iter()
        .find(|list| [list.get, list.put, list.delete, list.list].contains(&operation));
    match list {
        Some(list) => documents::listed(world, call, name, list),
        None => Err(unknown(call)),
    }
}

fn of_object(world: &mut World, call: &Call, name: &str, key: &str) -> Result<Reply, Fault> {
    match call.operation.as_str() {
        "PutObject" => write::put(world, call, name, key),
        "GetObject" | "HeadObject" => read::get(world, call, name, key),
        "DeleteObject" => delete::one(world, call, name, key),
        "CopyObject" => copy::copy(world, call, name, key),
        "GetObjectTagging" | "PutObjectTagging" | "DeleteObjectTagging" => {
            attributes::tagging(world, call, name, key)
        }
        "GetObjectAcl" => attributes::get_acl(world, call, name, key),
        "PutObjectAcl" => attributes::put_acl(world, call, name, key),
        "GetObjectAttributes" => attributes::attributes(world, call, name, key),
        "GetObjectRetention" | "PutObjectRetention" | "GetObjectLegalHold"
        | "PutObjectLegalHold" => delete::lock(world, call, name, key),
        "CreateMultipartUpload" => multipart::create(world, call, name, key),
        "UploadPart" | "UploadPartCopy" => multipart::part(world, call, name, key),
        "CompleteMultipartUpload" => multipart::complete(world, call, name, key),
        "AbortMultipartUpload" => multipart::abort(world, call, name, key),
        "ListParts" => multipart::parts(world, call, name, key),
        _ => Err(unknown(call)),
    }
}

/// Lets happen what was due by now: copies that replication makes.
pub fn settle(world: &mut World) {
    replication::settle(world);
}
