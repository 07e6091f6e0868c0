//! Who may see which bucket from where.

use super::address::region_of_host;
use super::faults;
use super::state::Bucket;
use crate::call::Call;
use crate::reply::Fault;
use crate::world::World;

/// The bucket of this name, as the caller may use it.
pub(super) fn open<'w>(world: &'w World, call: &Call, name: &str) -> Result<&'w Bucket, Fault> {
    let bucket = found(world, name)?;
    in_region(bucket, call, name)?;
    owned(bucket, call)?;
    Ok(bucket)
}

/// The bucket of this name, to be changed.
pub(super) fn open_mut<'w>(
    world: &'w mut World,
    call: &Call,
    name: &str,
) -> Result<&'w mut Bucket, Fault> {
    open(world, call, name)?;
    world.s3.buckets.get_mut(name).ok_or_else(|| faults::no_such_bucket(name))
}

/// The bucket of this name, whoever owns it, once its creation has spread.
pub(super) fn found<'w>(world: &'w World, name: &str) -> Result<&'w Bucket, Fault> {
    world
        .s3
        .buckets
        .get(name)
        .filter(|bucket| bucket.visible_at_ms <= world.now_ms)
        .ok_or_else(|| faults::no_such_bucket(name))
}

/// Refuses a call that was sent to another region than the bucket's.
pub(super) fn in_region(bucket: &Bucket, call: &Call, name: &str) -> Result<(), Fault> {
    if bucket.region == call.region {
        return Ok(());
    }
    let host = call.request.host.as_str();
    let global = host.ends_with("s3.amazonaws.com") && region_of_host(host).is_none();
    let fault = if global && call.request.method != "HEAD" {
        Fault::new(
            400,
            "AuthorizationHeaderMalformed",
            format!(
                "The authorization header is malformed; the region '{}' is wrong; expecting '{}'",
                call.region, bucket.region
            ),
        )
        .detail("Region", &bucket.region)
    } else {
        Fault::new(
            301,
            "PermanentRedirect",
            "The bucket you are attempting to access must be addressed using the specified \
             endpoint. Please send all future requests to this endpoint.",
        )
        .detail("Endpoint", format!("{name}.s3.{}.amazonaws.com", bucket.region))
        .detail("Bucket", name)
    };
    Err(fault.header("x-amz-bucket-region", &bucket.region))
}

fn owned(bucket: &Bucket, call: &Call) -> Result<(), Fault> {
    let expected = call.request.header("x-amz-expected-bucket-owner");
    if expected.is_some_and(|owner| owner != bucket.account) {
        return Err(faults::access_denied().header("x-amz-bucket-region", &bucket.region));
    }
    if bucket.account == call.account {
        return Ok(());
    }
    // The policy is the one sub-resource that S3 refuses another account with 405.
    let policy = matches!(
        call.operation.as_str(),
        "GetBucketPolicy" | "PutBucketPolicy" | "DeleteBucketPolicy" | "GetBucketPolicyStatus"
    );
    let fault = if policy { faults::method_not_allowed() } else { faults::access_denied() };
    Err(fault.header("x-amz-bucket-region", &bucket.region))
}
