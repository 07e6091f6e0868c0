//! S3's refusals in S3's words.

use crate::reply::Fault;

pub(super) fn no_such_bucket(name: &str) -> Fault {
    Fault::new(404, "NoSuchBucket", "The specified bucket does not exist")
        .detail("BucketName", name)
}

pub(super) fn no_such_key(key: &str) -> Fault {
    Fault::new(404, "NoSuchKey", "The specified key does not exist.").detail("Key", key)
}

pub(super) fn no_such_version(key: &str, version: &str) -> Fault {
    Fault::new(404, "NoSuchVersion", "The specified version does not exist.")
        .detail("Key", key)
        .detail("VersionId", version)
}

pub(super) fn no_such_upload(id: &str) -> Fault {
    Fault::new(
        404,
        "NoSuchUpload",
        "The specified upload does not exist. The upload ID may be invalid, or the upload may \
         have been aborted or completed.",
    )
    .detail("UploadId", id)
}

pub(super) fn malformed_xml() -> Fault {
    Fault::new(
        400,
        "MalformedXML",
        "The XML you provided was not well-formed or did not validate against our published schema",
    )
}

pub(super) fn invalid_request(message: impl Into<String>) -> Fault {
    Fault::new(400, "InvalidRequest", message)
}

pub(super) fn invalid_argument(message: &str, name: &str, value: &str) -> Fault {
    Fault::new(400, "InvalidArgument", message)
        .detail("ArgumentName", name)
        .detail("ArgumentValue", value)
}

pub(super) fn invalid_bucket_state(message: &str) -> Fault {
    Fault::new(409, "InvalidBucketState", message)
}

pub(super) fn access_denied() -> Fault {
    Fault::new(403, "AccessDenied", "Access Denied")
}

pub(super) fn operation_aborted() -> Fault {
    Fault::new(
        409,
        "OperationAborted",
        "A conflicting conditional operation is currently in progress against this resource. \
         Please try again.",
    )
}

pub(super) fn method_not_allowed() -> Fault {
    Fault::new(
        405,
        "MethodNotAllowed",
        "The specified method is not allowed against this resource.",
    )
}

pub(super) fn precondition_failed(condition: &str) -> Fault {
    Fault::new(
        412,
        "PreconditionFailed",
        "At least one of the pre-conditions you specified did not hold",
    )
    .detail("Condition", condition)
}

pub(super) fn not_implemented() -> Fault {
    Fault::new(
        501,
        "NotImplemented",
        "A header you provided implies functionality that is not implemented",
    )
}
