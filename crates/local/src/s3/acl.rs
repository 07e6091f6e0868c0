//! Access control lists, as far as anybody still uses them.

use sha2::{Digest, Sha256};

use super::check::{one_of, required};
use super::documents::{root, sent as sent_document};
use super::faults;
use super::state::{Grant, Grantee};
use crate::call::Call;
use crate::reply::Fault;
use crate::xml::Element;

const GROUPS: &str = "http://acs.amazonaws.com/groups";

/// The 64 hexadecimal digits that stand for an account in ACLs.
pub(super) fn canonical_id(account: &str) -> String {
    Sha256::digest(format!("canonical user {account}"))
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect()
}

/// An owner or initiator element.
pub(super) fn owner(name: &str, account: &str) -> Element {
    Element::new(name).text_child("ID", canonical_id(account))
}

/// What a bucket or object has where nobody said otherwise.
pub(super) fn private(account: &str) -> Vec<Grant> {
    vec![Grant { grantee: Grantee::User(canonical_id(account)), permission: "FULL_CONTROL".into() }]
}

/// `AccessControlListNotSupported`: ownership is enforced.
pub(super) fn not_supported() -> Fault {
    Fault::new(400, "AccessControlListNotSupported", "The bucket does not allow ACLs")
}

/// `InvalidBucketAclWithObjectOwnership`: an ACL and enforced ownership at once.
pub(super) fn enforced_with_acl() -> Fault {
    Fault::new(
        400,
        "InvalidBucketAclWithObjectOwnership",
        "Bucket cannot have ACLs set with ObjectOwnership's BucketOwnerEnforced setting",
    )
}

/// The ACL in the body or the headers of a request.
pub(super) fn sent(call: &Call, account: &str) -> Result<Vec<Grant>, Fault> {
    if let Some(grants) = of_headers(call, account)? {
        return Ok(grants);
    }
    if call.request.body.is_empty() {
        return Err(Fault::new(
            400,
            "MissingSecurityHeader",
            "Your request was missing a required header",
        )
        .detail("MissingHeaderName", "x-amz-acl"));
    }
    let policy = sent_document(call, "AccessControlPolicy")?;
    let list = policy.get("AccessControlList").ok_or_else(faults::malformed_xml)?;
    list.all("Grant").map(grant).collect()
}

fn grant(element: &Element) -> Result<Grant, Fault> {
    one_of(element, "Permission", &["FULL_CONTROL", "WRITE", "WRITE_ACP", "READ", "READ_ACP"])?;
    let grantee = element.get("Grantee").ok_or_else(faults::malformed_xml)?;
    let grantee = if let Some(id) = grantee.text_of("ID") {
        Grantee::User(id.to_owned())
    } else if let Some(uri) = grantee.text_of("URI") {
        Grantee::Group(uri.to_owned())
    } else {
        Grantee::Email(required(grantee, "EmailAddress")?.to_owned())
    };
    Ok(Grant { grantee, permission: required(element, "Permission")?.to_owned() })
}

/// The ACL in `x-amz-acl` or the `x-amz-grant-…` headers.
pub(super) fn of_headers(call: &Call, account: &str) -> Result<Option<Vec<Grant>>, Fault> {
    let mut grants = private(account);
    let mut group = |name: &str, permission: &str| {
        let uri = format!("{GROUPS}/{name}");
        grants.push(Grant { grantee: Grantee::Group(uri), permission: permission.into() });
    };
    if let Some(canned) = call.request.header("x-amz-acl") {
        match canned {
            "private" | "bucket-owner-full-control" | "bucket-owner-read" => {}
            "public-read" => group("global/AllUsers", "READ"),
            "public-read-write" => {
                group("global/AllUsers", "READ");
                group("global/AllUsers", "WRITE");
            }
            "authenticated-read" => group("global/AuthenticatedUsers", "READ"),
            "log-delivery-write" => {
                group("s3/LogDelivery", "WRITE");
                group("s3/LogDelivery", "READ_ACP");
            }
            other => return Err(faults::invalid_argument("", "x-amz-acl", other)),
        }
        return Ok(Some(grants));
    }
    let mut listed = Vec::new();
    for (header, permission) in [
        ("x-amz-grant-full-control", "FULL_CONTROL"),
        ("x-amz-grant-read", "READ"),
        ("x-amz-grant-read-acp", "READ_ACP"),
        ("x-amz-grant-write", "WRITE"),
        ("x-amz-grant-write-acp", "WRITE_ACP"),
    ] {
        for part in call.request.header(header).into_iter().flat_map(|value| value.split(',')) {
            let (kind, value) = part.trim().split_once('=').unwrap_or_default();
            let value = value.trim_matches('"').to_owned();
            let grantee = match kind {
                "id" => Grantee::User(value),
                "uri" => Grantee::Group(value),
                "emailAddress" => Grantee::Email(value),
                _ => {
                    return Err(faults::invalid_argument(
                        "Argument format not recognized",
                        header,
                        part,
                    ));
                }
            };
            listed.push(Grant { grantee, permission: permission.into() });
        }
    }
    Ok((!listed.is_empty()).then_some(listed))
}

/// The answer to `GetBucketAcl` and `GetObjectAcl`.
pub(super) fn document(account: &str, grants: &[Grant]) -> Element {
    let grants = grants.iter().map(|grant| {
        let (kind, name, value) = match &grant.grantee {
            Grantee::User(id) => ("CanonicalUser", "ID", id),
            Grantee::Email(address) => ("AmazonCustomerByEmail", "EmailAddress", address),
            Grantee::Group(uri) => ("Group", "URI", uri),
        };
        Element::new("Grant")
            .child(
                Element::new("Grantee")
                    .attribute("xmlns:xsi", "http://www.w3.org/2001/XMLSchema-instance")
                    .attribute("xsi:type", kind)
                    .text_child(name, value),
            )
            .text_child("Permission", &grant.permission)
    });
    root("AccessControlPolicy")
        .child(owner("Owner", account))
        .child(Element::new("AccessControlList").children(grants))
}
