//! What RDS's refusals mean.

use aws_smithy_runtime_api::client::orchestrator::HttpResponse;
use aws_smithy_runtime_api::client::result::SdkError;
use aws_smithy_types::error::metadata::ProvideErrorMetadata;
use aws_types::request_id::RequestId;
use bicoastal_model::{OpError, Region, Retry};

use super::SERVICE;
use crate::classify::{Rule, classify};

const fn rule(
    code: &'static str,
    fragment: &'static str,
    retry: Retry,
    hint: &'static str,
) -> Rule {
    Rule { code, fragment, retry, hint }
}

const QUOTA: &str = "ask AWS for a higher quota (Service Quotas, Amazon RDS), or remove some";

/// Codes are those on the wire: several of them lack the `Fault` of their shape's name.
const RULES: &[Rule] = &[
    rule(
        "InvalidDBClusterStateFault",
        "cannot modify engine version without a primary instance",
        Retry::Never,
        "add an instance to the cluster: one without instances can't be upgraded",
    ),
    rule("InvalidDBClusterStateFault", "", Retry::Busy, ""),
    rule("InvalidGlobalClusterStateFault", "", Retry::Busy, ""),
    rule("InvalidDBInstanceState", "", Retry::Busy, ""),
    rule("InvalidDBSubnetGroupStateFault", "", Retry::Busy, ""),
    rule("InvalidDBParameterGroupState", "", Retry::Busy, ""),
    rule("DBInstanceNotReady", "", Retry::Busy, ""),
    rule("InsufficientDBInstanceCapacity", "", Retry::Busy, ""),
    rule("InvalidParameterValue", "upgrade global replicas first", Retry::Busy, ""),
    rule(
        "InvalidParameterValue",
        "iam role arn value is invalid or does not include the required permissions",
        Retry::NotYet,
        "",
    ),
    // What was just made is not known everywhere at once.
    rule("DBClusterNotFoundFault", "", Retry::NotYet, ""),
    rule("DBInstanceNotFound", "", Retry::NotYet, ""),
    rule("GlobalClusterNotFoundFault", "", Retry::NotYet, ""),
    rule("DBSubnetGroupNotFoundFault", "", Retry::NotYet, ""),
    rule("DBClusterParameterGroupNotFound", "", Retry::NotYet, ""),
    rule("DBParameterGroupNotFound", "", Retry::NotYet, ""),
    rule(
        "KMSKeyNotAccessibleFault",
        "",
        Retry::NotYet,
        "the key must be one of the cluster's own region, enabled, and usable by RDS",
    ),
    // An answer was lost, and the listing lags behind: the next turn sees what is there.
    rule("DBClusterAlreadyExistsFault", "", Retry::NotYet, ""),
    rule("DBInstanceAlreadyExists", "", Retry::NotYet, ""),
    rule("GlobalClusterAlreadyExistsFault", "", Retry::NotYet, "another program has this name"),
    rule("DBSubnetGroupAlreadyExists", "", Retry::NotYet, ""),
    rule("DBParameterGroupAlreadyExists", "", Retry::NotYet, ""),
    rule("InvalidDBClusterSnapshotStateFault", "", Retry::NotYet, ""),
    rule(
        "DBClusterSnapshotNotFoundFault",
        "",
        Retry::Never,
        "a snapshot is found by name in its own region and account; elsewhere by its ARN, once it is shared",
    ),
    rule(
        "InvalidRestoreFault",
        "",
        Retry::Never,
        "the source's EarliestRestorableTime and LatestRestorableTime say what can be brought back",
    ),
    rule("DBClusterQuotaExceededFault", "", Retry::Never, QUOTA),
    rule("InstanceQuotaExceeded", "", Retry::Never, QUOTA),
    rule("GlobalClusterQuotaExceededFault", "", Retry::Never, QUOTA),
    rule("StorageQuotaExceeded", "", Retry::Never, QUOTA),
    rule(
        "InvalidSubnet",
        "",
        Retry::Never,
        "the subnets must exist in the group's own region, all in one VPC",
    ),
    rule(
        "DBSubnetGroupDoesNotCoverEnoughAZs",
        "",
        Retry::Never,
        "give the group subnets of two or more Availability Zones",
    ),
];

/// What a failed call means.
pub(super) fn failed<E>(call: &str, region: Region, error: SdkError<E, HttpResponse>) -> OpError
where
    E: ProvideErrorMetadata + RequestId + std::error::Error + Send + Sync + 'static,
{
    classify(SERVICE, call, region, RULES, error)
}

/// The answer of a delete, for which "there is none" is an answer too.
pub(super) fn deleted<T, E>(
    call: &str,
    region: Region,
    gone: &[&str],
    answer: Result<T, SdkError<E, HttpResponse>>,
) -> Result<Option<String>, OpError>
where
    E: ProvideErrorMetadata + RequestId + std::error::Error + Send + Sync + 'static,
{
    match answer {
        Ok(_) => Ok(None),
        Err(error) if has_code(&error, gone) => Ok(None),
        Err(error) => Err(failed(call, region, error)),
    }
}

/// The answer of a read, for which "there is none" is an answer too.
pub(super) fn found<T, E>(
    call: &str,
    region: Region,
    missing: &[&str],
    answer: Result<T, SdkError<E, HttpResponse>>,
) -> Result<Option<T>, OpError>
where
    E: ProvideErrorMetadata + RequestId + std::error::Error + Send + Sync + 'static,
{
    match answer {
        Ok(found) => Ok(Some(found)),
        Err(error) if has_code(&error, missing) => Ok(None),
        Err(error) => Err(failed(call, region, error)),
    }
}

fn has_code<E: ProvideErrorMetadata>(error: &SdkError<E, HttpResponse>, codes: &[&str]) -> bool {
    error
        .as_service_error()
        .and_then(ProvideErrorMetadata::code)
        .is_some_and(|code| codes.contains(&code))
}

pub(super) const NO_CLUSTER: &[&str] = &["DBClusterNotFoundFault"];
pub(super) const NO_GLOBAL: &[&str] = &["GlobalClusterNotFoundFault"];
pub(super) const NO_INSTANCE: &[&str] = &["DBInstanceNotFound", "DBInstanceNotFoundFault"];
pub(super) const NO_SUBNET_GROUP: &[&str] = &["DBSubnetGroupNotFoundFault"];
pub(super) const NO_PARAMETER_GROUP: &[&str] =
    &["DBParameterGroupNotFound", "DBParameterGroupNotFoundFault"];
