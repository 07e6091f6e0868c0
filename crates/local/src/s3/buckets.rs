//! Buckets themselves: created, found, listed, deleted.

use super::access::{found, in_region, open};
use super::address::region_of_host;
use super::state::{Bucket, Grant, Grantee};
use super::{acl, check, documents, faults, names};
use crate::call::Call;
use crate::reply::{Fault, Reply};
use crate::world::{World, iso};
use crate::xml::Element;

/// Answers `CreateBucket`.
pub(super) fn create(world: &mut World, call: &Call, name: &str) -> Result<Reply, Fault> {
    names::check(name)?;
    account_namespace(call, name)?;
    let configuration = match call.request.body.is_empty() {
        true => Element::default(),
        false => documents::sent(call, "CreateBucketConfiguration")?,
    };
    let location = location(call, configuration.text_of("LocationConstraint"))?;
    let region = match location.as_str() {
        "" => "us-east-1",
        "EU" => "eu-west-1",
        other => other,
    }
    .to_owned();
    let tags = match configuration.get("Tags") {
        None => None,
        Some(tags) => {
            let set = Element { name: "TagSet".into(), ..tags.clone() };
            let tagging = documents::root("Tagging").child(set);
            check::check_tags(&check::read_tags(&tagging)?, 50)?;
            Some(tagging)
        }
    };
    if let Some(existing) = world.s3.buckets.get_mut(name) {
        return again(existing, call, name, &region);
    }
    if world.s3.released.get(name).is_some_and(|free_at| world.now_ms < *free_at) {
        return Err(faults::operation_aborted());
    }
    let ownership =
        call.request.header("x-amz-object-ownership").unwrap_or("BucketOwnerEnforced").to_owned();
    let grants = acl::of_headers(call, &call.account)?;
    if ownership == "BucketOwnerEnforced" && grants.as_ref().is_some_and(|acl| acl.len() > 1) {
        return Err(acl::enforced_with_acl());
    }
    let lock = call.request.header("x-amz-bucket-object-lock-enabled");
    let mut bucket = Bucket {
        account: call.account.clone(),
        region,
        location,
        created_ms: world.now_ms,
        visible_at_ms: world.now_ms + world.duration_ms("s3.bucket.visible", 0),
        busy_until_ms: 0,
        versioned_at_ms: 0,
        object_lock: lock.is_some_and(|lock| lock.eq_ignore_ascii_case("true")),
        settings: Default::default(),
        lists: Default::default(),
        acl: grants.unwrap_or_else(|| acl::private(&call.account)),
        policy_principals: Default::default(),
        transition_minimum: "all_storage_classes_128K".into(),
        objects: Default::default(),
        uploads: Default::default(),
    };
    documents::defaults(&mut bucket, &ownership);
    if let Some(tagging) = tags {
        bucket.set("tagging", Some(tagging.to_document()), 0, 0);
    }
    if bucket.object_lock {
        // Locks are on versions: the bucket is versioned from the start.
        let versioning = documents::root("VersioningConfiguration").text_child("Status", "Enabled");
        bucket.set("versioning", Some(versioning.to_document()), 0, 0);
        bucket.versioned_at_ms = world.now_ms;
        let lock =
            documents::root("ObjectLockConfiguration").text_child("ObjectLockEnabled", "Enabled");
        bucket.set("object-lock", Some(lock.to_document()), 0, 0);
    }
    world.s3.released.remove(name);
    world.s3.buckets.insert(name.to_owned(), bucket);
    Ok(created(name))
}

fn created(name: &str) -> Reply {
    Reply::empty(200)
        .header("location", format!("/{name}"))
        .header("x-amz-bucket-arn", format!("arn:aws:s3:::{name}"))
}

/// What happens where the name is taken.
fn again(existing: &mut Bucket, call: &Call, name: &str, region: &str) -> Result<Reply, Fault> {
    if existing.account != call.account {
        return Err(Fault::new(
            409,
            "BucketAlreadyExists",
            "The requested bucket name is not available. The bucket namespace is shared by all \
             users of the system. Please select a different name and try again.",
        )
        .detail("BucketName", name));
    }
    if existing.region == "us-east-1" && region == "us-east-1" {
        // The oldest region answers as if it had made the bucket, and resets its ACL.
        existing.acl = acl::private(&call.account);
        return Ok(created(name));
    }
    Err(Fault::new(
        409,
        "BucketAlreadyOwnedByYou",
        "Your previous request to create the named bucket succeeded and you already own it.",
    )
    .detail("BucketName", name))
}

/// The location that the bucket gets: as it was asked for, where the endpoint allows it.
fn location(call: &Call, constraint: Option<&str>) -> Result<String, Fault> {
    let constraint = constraint.unwrap_or_default();
    let region = if constraint == "EU" { "eu-west-1" } else { constraint };
    let illegal = |what: &str| {
        Err(Fault::new(
            400,
            "IllegalLocationConstraintException",
            format!(
                "The {what} location constraint is incompatible for the region specific endpoint \
                 this request was sent to."
            ),
        ))
    };
    if region == "us-east-1" {
        return Err(Fault::new(
            400,
            "InvalidLocationConstraint",
            "The specified location-constraint is not valid",
        )
        .detail("LocationConstraint", region));
    }
    if region == call.region || (region.is_empty() && call.region == "us-east-1") {
        return Ok(constraint.to_owned());
    }
    if region.is_empty() {
        return illegal("unspecified");
    }
    // The global endpoint creates anywhere; it is also what a loopback address stands for.
    let anywhere = call.region == "us-east-1" && region_of_host(&call.request.host).is_none();
    if !anywhere {
        return illegal(constraint);
    }
    if region.split('-').count() < 3 || region.chars().any(|c| c.is_ascii_uppercase()) {
        return Err(Fault::new(
            400,
            "InvalidLocationConstraint",
            "The specified location-constraint is not valid",
        )
        .detail("LocationConstraint", region));
    }
    Ok(constraint.to_owned())
}

/// Names private to an account and region say so in their suffix.
fn account_namespace(call: &Call, name: &str) -> Result<(), Fault> {
    let suffix = format!("-{}-{}-an", call.account, call.region);
    let reserved = names::is_account_regional(name);
    let refuse = |code: &str, message: &str| Err(Fault::new(400, code, message));
    match call.request.header("x-amz-bucket-namespace") {
        None if reserved => refuse(
            "MissingNamespaceHeader",
            "The requested bucket is an account-regional namespace bucket, but your request is missing the required x-amz-bucket-namespace header.",
        ),
        Some("global") if reserved => refuse(
            "InvalidNamespaceHeader",
            "The requested bucket is an account-regional namespace bucket, but the provided x-amz-bucket-namespace header value is global.",
        ),
        None | Some("global") => Ok(()),
        Some("account-regional") if name.ends_with(&suffix) => Ok(()),
        Some("account-regional") => refuse(
            "InvalidNamespaceHeader",
            &format!(
                "The requested bucket name did not include the account-regional namespace suffix. Specify {suffix} as the bucket name suffix."
            ),
        ),
        Some(other) => Err(faults::invalid_argument(
            "Invalid x-amz-bucket-namespace header",
            "x-amz-bucket-namespace",
            other,
        )),
    }
}

/// Answers `HeadBucket`.
pub(super) fn head(world: &World, call: &Call, name: &str) -> Result<Reply, Fault> {
    let bucket = open(world, call, name)?;
    Ok(Reply::empty(200)
        .header("x-amz-bucket-region", &bucket.region)
        .header("x-amz-bucket-arn", format!("arn:aws:s3:::{name}"))
        .header("x-amz-access-point-alias", "false"))
}

/// Answers `GetBucketLocation`, which us-east-1 answers for every region.
pub(super) fn get_location(world: &World, call: &Call, name: &str) -> Result<Reply, Fault> {
    let bucket = found(world, name)?;
    if call.region != "us-east-1" {
        in_region(bucket, call, name)?;
    }
    if bucket.account != call.account {
        return Err(faults::access_denied());
    }
    let root = Element { text: bucket.location.clone(), ..documents::root("LocationConstraint") };
    Ok(documents::answer(&root))
}

/// Answers `ListBuckets`.
pub(super) fn list(world: &World, call: &Call) -> Result<Reply, Fault> {
    let request = &call.request;
    let most = match request.query("max-buckets") {
        None => 10_000,
        Some(text) => {
            text.parse().ok().filter(|most| (1..=10_000).contains(most)).ok_or_else(|| {
                faults::invalid_argument(
                    "Argument max-buckets must be an integer between 1 and 10000",
                    "max-buckets",
                    text,
                )
            })?
        }
    };
    let prefix = request.query("prefix").unwrap_or_default();
    let region = request.query("bucket-region");
    let after = request.query("continuation-token").unwrap_or_default();
    // Without any of the newer parameters the answer is the old one, without regions.
    let regions = ["max-buckets", "prefix", "bucket-region", "continuation-token"]
        .iter()
        .any(|name| request.has_query(name));
    let mut all = world.s3.buckets.iter().filter(|(name, bucket)| {
        bucket.account == call.account
            && bucket.visible_at_ms <= world.now_ms
            && name.starts_with(prefix)
            && region.is_none_or(|region| bucket.region == region)
            && (after.is_empty() || name.as_str() > after)
    });
    let page: Vec<_> = all.by_ref().take(most).collect();
    let more = all.next().is_some();
    let buckets = page.iter().map(|(name, bucket)| {
        Element::new("Bucket")
            .text_child("Name", name)
            .text_child("CreationDate", iso(bucket.created_ms))
            .text_child_opt("BucketRegion", regions.then_some(&bucket.region))
            .text_child_opt("BucketArn", regions.then(|| format!("arn:aws:s3:::{name}")))
    });
    Ok(documents::answer(
        &documents::root("ListAllMyBucketsResult")
            .child(acl::owner("Owner", &call.account))
            .child(Element::new("Buckets").children(buckets))
            .text_child_opt("Prefix", request.query("prefix"))
            .text_child_opt(
                "ContinuationToken",
                page.last().filter(|_| more).map(|(name, _)| name.as_str()),
            ),
    ))
}

/// Answers `DeleteBucket`: only an empty bucket goes.
pub(super) fn delete(world: &mut World, call: &Call, name: &str) -> Result<Reply, Fault> {
    let bucket = open(world, call, name)?;
    if !bucket.objects.is_empty() {
        let versioned = bucket.setting("versioning").is_some();
        let message = if versioned {
            "The bucket you tried to delete is not empty. You must delete all versions in the \
             bucket."
        } else {
            "The bucket you tried to delete is not empty"
        };
        return Err(Fault::new(409, "BucketNotEmpty", message).detail("BucketName", name));
    }
    let free_at = world.now_ms + world.duration_ms("s3.bucket.release", 0);
    world.s3.buckets.remove(name);
    world.s3.released.insert(name.to_owned(), free_at);
    let now_ms = world.now_ms;
    world.s3.released.retain(|_, free_at| *free_at > now_ms);
    world.s3.tasks.retain(|task| task.source != name);
    Ok(Reply::empty(204))
}

/// Answers `PutBucketAcl`.
pub(super) fn put_acl(world: &mut World, call: &Call, name: &str) -> Result<Reply, Fault> {
    let bucket = open(world, call, name)?;
    let grants = acl::sent(call, &bucket.account)?;
    if bucket.ownership() == "BucketOwnerEnforced" {
        return Err(acl::not_supported());
    }
    if bucket.blocks("BlockPublicAcls") && grants.iter().any(public) {
        return Err(faults::access_denied());
    }
    super::access::open_mut(world, call, name)?.acl = grants;
    Ok(Reply::empty(200))
}

/// Whether a grant is to everybody.
pub(super) fn public(grant: &Grant) -> bool {
    matches!(&grant.grantee, Grantee::Group(uri) if uri.ends_with("/AllUsers") || uri.ends_with("/AuthenticatedUsers"))
}
