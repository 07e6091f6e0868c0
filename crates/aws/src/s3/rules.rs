//! What S3's refusals mean, and how its absences are read.

use aws_smithy_runtime_api::client::orchestrator::HttpResponse;
use aws_smithy_runtime_api::client::result::SdkError;
use aws_smithy_types::error::metadata::ProvideErrorMetadata;
use aws_types::request_id::RequestId;
use bicoastal_model::{OpError, Region, Retry};

use crate::classify::{Rule, classify};

const fn rule(
    code: &'static str,
    fragment: &'static str,
    retry: Retry,
    hint: &'static str,
) -> Rule {
    Rule { code, fragment, retry, hint }
}

/// S3's own rules. Several sub-resources of one bucket written at once collide (`OperationAborted`),
/// as do a bucket and its predecessor of the same name.
const RULES: &[Rule] = &[
    rule("OperationAborted", "", Retry::Busy, ""),
    rule("ConditionalRequestConflict", "", Retry::Busy, ""),
    rule("NoSuchBucket", "", Retry::NotYet, ""),
    rule(
        "BucketAlreadyExists",
        "",
        Retry::Never,
        "bucket names are shared by everybody who uses AWS; choose another name",
    ),
    // Only seen where a bucket that was just made is not visible everywhere yet.
    rule("BucketAlreadyOwnedByYou", "", Retry::NotYet, ""),
    rule(
        "BucketNotEmpty",
        "",
        Retry::Never,
        "empty the bucket, or say .force_destroy(true) on it, apply, and then delete it",
    ),
    rule("MalformedPolicy", "invalid principal", Retry::NotYet, ""),
    rule(
        "AccessDenied",
        "public polic",
        Retry::Never,
        "the policy lets everybody in, and the bucket's public access block forbids that; narrow the \
         policy, or loosen .public_access(…)",
    ),
    rule("InvalidRequest", "versioning must be 'enabled'", Retry::NotYet, ""),
    rule("InvalidRequest", "destination bucket must have versioning", Retry::NotYet, ""),
    rule("InvalidRequest", "destination bucket must exist", Retry::NotYet, ""),
    rule("InvalidRequest", "role", Retry::NotYet, ""),
    rule("InvalidArgument", "role", Retry::NotYet, ""),
    rule(
        "InvalidBucketState",
        "replication configuration",
        Retry::Never,
        "a bucket that replicates stays versioned; remove its replication configuration first",
    ),
    rule(
        "AccessControlListNotSupported",
        "",
        Retry::Never,
        "the bucket's owner owns every object in it; grant access with a policy, not with an ACL",
    ),
    // The target's policy may not be known everywhere yet.
    rule(
        "InvalidArgument",
        "unable to validate the following destination configurations",
        Retry::NotYet,
        "the topic's, queue's or function's policy must let s3.amazonaws.com send to it",
    ),
    rule(
        "MissingNamespaceHeader",
        "",
        Retry::Never,
        "the name has the form of an account's own namespace: say .namespace(BucketNamespace::AccountRegional) on the bucket, or choose another name",
    ),
    rule(
        "InvalidNamespaceHeader",
        "",
        Retry::Never,
        "a name of an account's own namespace ends with -ACCOUNT-REGION-an: the digits of the account that makes the bucket, and its region",
    ),
    rule(
        "TooManyBuckets",
        "",
        Retry::Never,
        "the account has as many buckets as its quota allows; ask for more in Service Quotas",
    ),
    rule(
        "PermanentRedirect",
        "",
        Retry::Never,
        "a bucket of this name exists in another region; declare it there, or choose another name",
    ),
    rule(
        "AuthorizationHeaderMalformed",
        "region",
        Retry::Never,
        "a bucket of this name exists in another region; declare it there, or choose another name",
    ),
];

/// What a failed call of S3 means.
pub(super) fn refused<E>(call: &str, region: Region, error: SdkError<E, HttpResponse>) -> OpError
where
    E: ProvideErrorMetadata + RequestId + std::error::Error + Send + Sync + 'static,
{
    classify("s3", call, region, RULES, error)
}

/// The answer to a read, or `None` where S3 says, with this code, that there is nothing.
///
/// # Errors
///
/// Every other refusal.
pub(super) fn optional<T, E>(
    call: &str,
    region: Region,
    absent: &str,
    answer: Result<T, SdkError<E, HttpResponse>>,
) -> Result<Option<T>, OpError>
where
    E: ProvideErrorMetadata + RequestId + std::error::Error + Send + Sync + 'static,
{
    match answer {
        Ok(answer) => Ok(Some(answer)),
        Err(error) => {
            let mut error = refused(call, region, error);
            if error.code() == Some(absent) {
                return Ok(None);
            }
            if error.code() == Some("AccessDenied") {
                error.facts_mut().hint = Some(
                    "the bucket may belong to another account; if it is yours, the credentials \
                     lack the permission for this call"
                        .into(),
                );
            }
            Err(error)
        }
    }
}

/// Whether an error says that there is no such bucket.
pub(super) fn is_no_bucket(error: &OpError) -> bool {
    error.code() == Some("NoSuchBucket")
}
