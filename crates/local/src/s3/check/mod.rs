//! What S3 refuses in the documents that it is sent, and what it fills in.

mod lifecycle;
mod protection;
mod tags;
mod traffic;

use super::faults;
use super::replication;
use crate::call::Call;
use crate::reply::Fault;
use crate::world::World;
use crate::xml::Element;

pub(super) use tags::{check as check_tags, read as read_tags};

/// Checks a document of one kind that was sent for a bucket, and normalises it to what S3 keeps.
pub(super) fn document(
    world: &mut World,
    call: &Call,
    name: &str,
    kind: &str,
    sent: &mut Element,
) -> Result<(), Fault> {
    match kind {
        "abac" => one_of(sent, "Status", &["Enabled", "Disabled"]),
        "accelerate" => traffic::accelerate(name, sent),
        "cors" => traffic::cors(sent),
        "encryption" => protection::encryption(sent),
        "lifecycle" => lifecycle::check(world, sent),
        "logging" => traffic::logging(world, call, name, sent),
        "notification" => traffic::notification(world, sent),
        "object-lock" => protection::object_lock(world, name, sent),
        "ownershipControls" => protection::ownership(world, name, sent),
        "publicAccessBlock" => protection::public_access_block(sent),
        "replication" => replication::check(world, call, name, sent),
        "requestPayment" => one_of(sent, "Payer", &["Requester", "BucketOwner"]),
        "tagging" => tags::bucket(sent),
        "versioning" => protection::versioning(world, call, name, sent),
        "website" => traffic::website(sent),
        _ => Ok(()),
    }
}

/// Checks a document with an id.
pub(super) fn listed(kind: &str, id: &str, sent: &Element) -> Result<(), Fault> {
    let valid = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte);
    if id.is_empty() || id.len() > 64 || !id.bytes().all(valid) {
        return Err(Fault::new(
            400,
            "InvalidConfigurationId",
            "The specified configuration Id is invalid",
        ));
    }
    if required(sent, "Id")? != id {
        return Err(faults::invalid_argument("Id in the request and in the body differ", "Id", id));
    }
    match kind {
        "inventory" => {
            one_of(sent, "IsEnabled", &["true", "false"])?;
            one_of(sent, "IncludedObjectVersions", &["All", "Current"])?;
            let schedule = sent.get("Schedule").ok_or_else(faults::malformed_xml)?;
            one_of(schedule, "Frequency", &["Daily", "Weekly"])?;
            let destination = sent
                .get("Destination")
                .and_then(|destination| destination.get("S3BucketDestination"))
                .ok_or_else(faults::malformed_xml)?;
            one_of(destination, "Format", &["CSV", "ORC", "Parquet"])?;
            bucket_of_arn(required(destination, "Bucket")?).map(|_| ())
        }
        "analytics" => {
            sent.get("StorageClassAnalysis").map(|_| ()).ok_or_else(faults::malformed_xml)
        }
        "intelligent-tiering" => {
            one_of(sent, "Status", &["Enabled", "Disabled"])?;
            let mut any = false;
            for tiering in sent.all("Tiering") {
                any = true;
                one_of(tiering, "AccessTier", &["ARCHIVE_ACCESS", "DEEP_ARCHIVE_ACCESS"])?;
                let least = match tiering.text_of("AccessTier") {
                    Some("ARCHIVE_ACCESS") => 90,
                    _ => 180,
                };
                let days = int(tiering, "Days")?.ok_or_else(faults::malformed_xml)?;
                if days < least || days > 730 {
                    return Err(faults::invalid_argument(
                        "The number of days of a tiering is out of range",
                        "Days",
                        &days.to_string(),
                    ));
                }
            }
            any.then_some(()).ok_or_else(faults::malformed_xml)
        }
        _ => Ok(()),
    }
}

/// The text of a child that must be there.
pub(super) fn required<'a>(element: &'a Element, name: &str) -> Result<&'a str, Fault> {
    element.text_of(name).ok_or_else(faults::malformed_xml)
}

/// A child that must be there and be one of these.
pub(super) fn one_of(element: &Element, name: &str, allowed: &[&str]) -> Result<(), Fault> {
    let text = required(element, name)?;
    if allowed.contains(&text) { Ok(()) } else { Err(faults::malformed_xml()) }
}

/// A child that must be a number where it is there.
pub(super) fn int(element: &Element, name: &str) -> Result<Option<i64>, Fault> {
    match element.text_of(name) {
        None => Ok(None),
        Some(text) => text.trim().parse().map(Some).map_err(|_| faults::malformed_xml()),
    }
}

/// The name in a bucket's ARN.
pub(super) fn bucket_of_arn(arn: &str) -> Result<&str, Fault> {
    arn.strip_prefix("arn:aws:s3:::")
        .filter(|name| !name.is_empty() && !name.contains('/'))
        .ok_or_else(|| faults::invalid_request("Invalid bucket ARN"))
}

/// Gives every rule an id, and refuses ids that are used twice or too long.
pub(super) fn rule_ids(world: &mut World, rules: &mut Element, id: &str) -> Result<(), Fault> {
    let mut seen = Vec::new();
    for rule in rules.children.iter_mut().filter(|child| child.name == "Rule") {
        fill_id(world, rule, id);
        let given = rule.text_of(id).unwrap_or_default().to_owned();
        if given.len() > 255 {
            return Err(faults::invalid_argument(
                "ID length should not exceed allowed limit of 255",
                "ID",
                &given,
            ));
        }
        if seen.contains(&given) {
            return Err(faults::invalid_argument(
                "Rule ID must be unique. Found same ID for more than one rule",
                "ID",
                &given,
            ));
        }
        seen.push(given);
    }
    Ok(())
}

/// Gives an element a generated id where it has none.
pub(super) fn fill_id(world: &mut World, element: &mut Element, id: &str) {
    if element.text_of(id).is_none_or(str::is_empty) {
        let fresh = Element { text: world.fresh_uuid(), ..Element::new(id) };
        element.children.retain(|child| child.name != id);
        element.children.insert(0, fresh);
    }
}
