//! Versioning, encryption, object lock, ownership and the public access block.

use super::{int, one_of};
use crate::call::Call;
use crate::reply::Fault;
use crate::s3::faults;
use crate::s3::state::{Grantee, Versioning};
use crate::world::World;
use crate::xml::Element;

pub(super) fn versioning(
    world: &World,
    call: &Call,
    name: &str,
    sent: &Element,
) -> Result<(), Fault> {
    if let Some(delete) = sent.text_of("MfaDelete") {
        if !["Enabled", "Disabled"].contains(&delete) {
            return Err(faults::malformed_xml());
        }
        if delete == "Enabled" && call.request.header("x-amz-mfa").is_none() {
            return Err(faults::access_denied());
        }
    }
    match sent.text_of("Status") {
        Some("Enabled") => return Ok(()),
        Some("Suspended") => {}
        Some(_) => return Err(faults::malformed_xml()),
        None => {
            return Err(Fault::new(
                400,
                "IllegalVersioningConfigurationException",
                "The Versioning element must be specified",
            ));
        }
    }
    let Some(bucket) = world.s3.buckets.get(name) else { return Ok(()) };
    let holder = if bucket.setting("replication").is_some() {
        "A replication configuration"
    } else if bucket.object_lock {
        "An Object Lock configuration"
    } else {
        return Ok(());
    };
    Err(faults::invalid_bucket_state(&format!(
        "{holder} is present on this bucket, so the versioning state cannot be changed."
    )))
}

pub(super) fn encryption(sent: &mut Element) -> Result<(), Fault> {
    let mut rules = sent.children.iter_mut().filter(|child| child.name == "Rule");
    let (Some(rule), None) = (rules.next(), rules.next()) else {
        return Err(faults::malformed_xml());
    };
    let Some(default) = rule.get("ApplyServerSideEncryptionByDefault") else {
        return rule.get("BlockedEncryptionTypes").map(|_| ()).ok_or_else(faults::malformed_xml);
    };
    one_of(default, "SSEAlgorithm", &["AES256", "aws:kms", "aws:kms:dsse"])?;
    let kms = default.text_of("SSEAlgorithm") != Some("AES256");
    if !kms && default.get("KMSMasterKeyID").is_some() {
        return Err(faults::invalid_argument(
            "a KMSMasterKeyID is not applicable if the default sse algorithm is not aws:kms or \
             aws:kms:dsse",
            "ApplyServerSideEncryptionByDefault",
            "null",
        ));
    }
    if rule.get("BucketKeyEnabled").is_none() {
        rule.children.push(Element { text: "false".into(), ..Element::new("BucketKeyEnabled") });
    }
    Ok(())
}

pub(super) fn object_lock(world: &World, name: &str, sent: &Element) -> Result<(), Fault> {
    one_of(sent, "ObjectLockEnabled", &["Enabled"])?;
    if let Some(rule) = sent.get("Rule") {
        let default = rule.get("DefaultRetention").ok_or_else(faults::malformed_xml)?;
        one_of(default, "Mode", &["GOVERNANCE", "COMPLIANCE"])?;
        let (days, years) = (int(default, "Days")?, int(default, "Years")?);
        let valid = match (days, years) {
            (Some(days), None) => (1..=36_500).contains(&days),
            (None, Some(years)) => (1..=100).contains(&years),
            _ => return Err(faults::malformed_xml()),
        };
        if !valid {
            return Err(faults::invalid_argument(
                "Default retention period must be a positive integer value.",
                "DefaultRetention",
                "",
            ));
        }
    }
    let versioned = world.s3.buckets.get(name).map(|bucket| bucket.versioning());
    if versioned == Some(Versioning::Enabled) {
        return Ok(());
    }
    Err(faults::invalid_bucket_state(
        "Versioning must be 'Enabled' on the bucket to apply a Object Lock configuration",
    ))
}

pub(super) fn ownership(world: &World, name: &str, sent: &Element) -> Result<(), Fault> {
    let mut rules = sent.all("Rule");
    let (Some(rule), None) = (rules.next(), rules.next()) else {
        return Err(faults::malformed_xml());
    };
    one_of(
        rule,
        "ObjectOwnership",
        &["BucketOwnerPreferred", "ObjectWriter", "BucketOwnerEnforced"],
    )?;
    let enforced = rule.text_of("ObjectOwnership") == Some("BucketOwnerEnforced");
    let shared = world.s3.buckets.get(name).is_some_and(|bucket| {
        let owner = crate::s3::acl::canonical_id(&bucket.account);
        bucket.acl.iter().any(|grant| grant.grantee != Grantee::User(owner.clone()))
    });
    if enforced && shared {
        return Err(crate::s3::acl::enforced_with_acl());
    }
    Ok(())
}

pub(super) fn public_access_block(sent: &mut Element) -> Result<(), Fault> {
    for switch in
        ["BlockPublicAcls", "IgnorePublicAcls", "BlockPublicPolicy", "RestrictPublicBuckets"]
    {
        match sent.text_of(switch).map(str::to_ascii_lowercase).as_deref() {
            Some("true" | "false") => {}
            Some(_) => return Err(faults::malformed_xml()),
            None => sent.children.push(Element { text: "false".into(), ..Element::new(switch) }),
        }
    }
    for child in &mut sent.children {
        child.text.make_ascii_lowercase();
    }
    Ok(())
}
