//! What a request says about an object beside its bytes.

use std::collections::BTreeMap;

use crate::call::{Call, Request};
use crate::reply::{Fault, Reply};
use crate::s3::state::{Bucket, Content, Encryption, Lock};
use crate::s3::{acl, check, faults};
use crate::world::{World, iso};

/// Headers that are kept with an object and given back as they came.
const KEPT: &[&str] = &[
    "cache-control",
    "content-disposition",
    "content-encoding",
    "content-language",
    "content-type",
    "expires",
    "x-amz-website-redirect-location",
];
const CLASSES: &[&str] = &[
    "STANDARD",
    "REDUCED_REDUNDANCY",
    "STANDARD_IA",
    "ONEZONE_IA",
    "INTELLIGENT_TIERING",
    "GLACIER",
    "DEEP_ARCHIVE",
    "GLACIER_IR",
];
const CUSTOMER: &str = "x-amz-server-side-encryption-customer-";

/// Everything about a new object but its body.
pub(super) fn of_request(world: &World, call: &Call, bucket: &Bucket) -> Result<Content, Fault> {
    let request = &call.request;
    Ok(Content {
        headers: headers(request)?,
        tags: tags(request)?,
        encryption: encryption(request, bucket)?,
        lock: lock(world, request, bucket)?,
        acl: acl(call, bucket)?,
        ..Content::default()
    })
}

/// The headers that stay with the object.
pub(super) fn headers(request: &Request) -> Result<BTreeMap<String, String>, Fault> {
    let mut headers: BTreeMap<String, String> = request
        .headers
        .iter()
        .filter(|(name, _)| KEPT.contains(&name.as_str()) || name.starts_with("x-amz-meta-"))
        .cloned()
        .collect();
    let user: usize = headers
        .iter()
        .filter(|(name, _)| name.starts_with("x-amz-meta-"))
        .map(|(name, value)| name.len() - "x-amz-meta-".len() + value.len())
        .sum();
    if user > 2048 {
        return Err(Fault::new(
            400,
            "MetadataTooLarge",
            "Your metadata headers exceed the maximum allowed metadata size",
        ));
    }
    headers.entry("content-type".into()).or_insert_with(|| "binary/octet-stream".into());
    if let Some(class) = request.header("x-amz-storage-class") {
        if !CLASSES.contains(&class) {
            return Err(Fault::new(
                400,
                "InvalidStorageClass",
                "The storage class you specified is not valid",
            ));
        }
        if class != "STANDARD" {
            headers.insert("x-amz-storage-class".into(), class.to_owned());
        }
    }
    Ok(headers)
}

/// The tags in `x-amz-tagging`.
pub(super) fn tags(request: &Request) -> Result<BTreeMap<String, String>, Fault> {
    let sent = request.header("x-amz-tagging").unwrap_or_default();
    let tags = form_urlencoded::parse(sent.as_bytes()).into_owned().collect();
    check::check_tags(&tags, 10)?;
    Ok(tags)
}

/// As the request says, else as the bucket's default says.
pub(super) fn encryption(request: &Request, bucket: &Bucket) -> Result<Encryption, Fault> {
    let default = bucket.document("encryption");
    let rule = default.as_ref().and_then(|doc| doc.get("Rule"));
    if let Some(md5) = request.header(&format!("{CUSTOMER}key-md5")) {
        let blocked = rule
            .and_then(|rule| rule.get("BlockedEncryptionTypes"))
            .is_some_and(|types| types.all("EncryptionType").any(|one| one.text == "SSE-C"));
        if blocked {
            return Err(faults::access_denied());
        }
        return Ok(Encryption { customer_key_md5: Some(md5.to_owned()), ..Encryption::default() });
    }
    let by_default = rule.and_then(|rule| rule.get("ApplyServerSideEncryptionByDefault"));
    let of_rule = |name: &str| by_default.and_then(|rule| rule.text_of(name)).map(str::to_owned);
    let asked = request.header("x-amz-server-side-encryption");
    if asked.is_some_and(|sse| !["AES256", "aws:kms", "aws:kms:dsse"].contains(&sse)) {
        return Err(faults::invalid_argument(
            "The encryption method specified is not supported",
            "x-amz-server-side-encryption",
            asked.unwrap_or_default(),
        ));
    }
    let algorithm = asked
        .map(str::to_owned)
        .or_else(|| of_rule("SSEAlgorithm"))
        .unwrap_or_else(|| "AES256".to_owned());
    let kms = algorithm != "AES256";
    let sent_key = request.header("x-amz-server-side-encryption-aws-kms-key-id");
    let key = sent_key
        .map(str::to_owned)
        .or_else(|| if asked.is_none() { of_rule("KMSMasterKeyID") } else { None })
        .map(|key| key_arn(&key, bucket))
        .unwrap_or_else(|| key_arn("alias/aws/s3", bucket));
    let bucket_key = request
        .header("x-amz-server-side-encryption-bucket-key-enabled")
        .or_else(|| rule.and_then(|rule| rule.text_of("BucketKeyEnabled")))
        .is_some_and(|enabled| enabled == "true");
    Ok(Encryption {
        key: kms.then_some(key),
        bucket_key: kms && bucket_key,
        algorithm,
        customer_key_md5: None,
    })
}

fn key_arn(key: &str, bucket: &Bucket) -> String {
    if key.starts_with("arn:") {
        return key.to_owned();
    }
    let resource = if key.starts_with("alias/") { key.to_owned() } else { format!("key/{key}") };
    format!("arn:aws:kms:{}:{}:{resource}", bucket.region, bucket.account)
}

fn lock(world: &World, request: &Request, bucket: &Bucket) -> Result<Lock, Fault> {
    let mode = request.header("x-amz-object-lock-mode").map(str::to_owned);
    let until = request.header("x-amz-object-lock-retain-until-date").map(str::to_owned);
    let hold = request.header("x-amz-object-lock-legal-hold");
    if mode.is_some() != until.is_some() {
        return Err(faults::invalid_argument(
            "x-amz-object-lock-retain-until-date and x-amz-object-lock-mode must both be supplied",
            "x-amz-object-lock-mode",
            mode.as_deref().unwrap_or_default(),
        ));
    }
    if !bucket.object_lock && (mode.is_some() || hold.is_some()) {
        return Err(faults::invalid_request("Bucket is missing Object Lock Configuration"));
    }
    let default = bucket.document("object-lock");
    let default = default
        .as_ref()
        .and_then(|doc| doc.get("Rule")?.get("DefaultRetention"))
        .filter(|_| mode.is_none());
    let (mode, until) = match default {
        Some(retention) => {
            let number = |name| check::int(retention, name).ok().flatten().unwrap_or_default();
            let days = number("Days") + 365 * number("Years");
            let until = iso(world.now_ms + days * 86_400_000);
            (retention.text_of("Mode").map(str::to_owned), Some(until))
        }
        None => (mode, until),
    };
    Ok(Lock { mode, until, legal_hold: hold == Some("ON") })
}

/// The ACL of a new object; where ownership is enforced, only what says nothing is taken.
pub(super) fn acl(call: &Call, bucket: &Bucket) -> Result<Vec<crate::s3::state::Grant>, Fault> {
    let grants = acl::of_headers(call, &bucket.account)?;
    let canned = call.request.header("x-amz-acl");
    let harmless = matches!(canned, None | Some("bucket-owner-full-control"));
    let private = acl::private(&bucket.account);
    match grants {
        None => Ok(private),
        Some(grants) if harmless && grants == private => Ok(grants),
        Some(_) if bucket.ownership() == "BucketOwnerEnforced" => Err(acl::not_supported()),
        Some(grants) => {
            let public = grants.iter().any(crate::s3::buckets::public);
            if public && bucket.blocks("BlockPublicAcls") {
                return Err(faults::access_denied());
            }
            Ok(grants)
        }
    }
}

/// The headers of an answer that tell how an object is encrypted.
pub(super) fn say_encryption(mut reply: Reply, encryption: &Encryption) -> Reply {
    if let Some(md5) = &encryption.customer_key_md5 {
        return reply
            .header(&format!("{CUSTOMER}algorithm"), "AES256")
            .header(&format!("{CUSTOMER}key-md5"), md5);
    }
    reply = reply.header("x-amz-server-side-encryption", &encryption.algorithm);
    if let Some(key) = &encryption.key {
        reply = reply.header("x-amz-server-side-encryption-aws-kms-key-id", key);
    }
    if encryption.bucket_key {
        reply = reply.header("x-amz-server-side-encryption-bucket-key-enabled", "true");
    }
    reply
}

/// Refuses to read an object with another key than the customer's.
pub(super) fn check_customer_key(request: &Request, encryption: &Encryption) -> Result<(), Fault> {
    let sent = request.header(&format!("{CUSTOMER}key-md5"));
    match (&encryption.customer_key_md5, sent) {
        (None, _) => Ok(()),
        (Some(md5), Some(sent)) if md5 == sent => Ok(()),
        (Some(_), Some(_)) => Err(faults::access_denied()),
        (Some(_), None) => Err(faults::invalid_request(
            "The object was stored using a form of Server Side Encryption. The correct parameters \
             must be provided to retrieve the object.",
        )),
    }
}
