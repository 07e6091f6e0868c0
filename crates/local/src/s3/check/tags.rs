//! Tag sets of buckets and objects.

use std::collections::BTreeMap;

use super::required;
use crate::reply::Fault;
use crate::xml::Element;

/// The tags of a bucket: at most 50.
pub(super) fn bucket(sent: &Element) -> Result<(), Fault> {
    check(&read(sent)?, 50)
}

/// The tags in a `Tagging` (or anything with a `TagSet`), each key once.
pub(in crate::s3) fn read(sent: &Element) -> Result<BTreeMap<String, String>, Fault> {
    let set = sent.get("TagSet").ok_or_else(super::faults::malformed_xml)?;
    let mut tags = BTreeMap::new();
    for tag in set.all("Tag") {
        let (key, value) = (required(tag, "Key")?, required(tag, "Value")?);
        if tags.insert(key.to_owned(), value.to_owned()).is_some() {
            return Err(invalid("Cannot provide multiple Tags with the same key", key));
        }
    }
    Ok(tags)
}

/// Refuses tags that S3 does not take.
pub(in crate::s3) fn check(tags: &BTreeMap<String, String>, most: usize) -> Result<(), Fault> {
    if tags.len() > most {
        let what = if most == 10 { "Object tags" } else { "Bucket tag count" };
        return Err(Fault::new(400, "BadRequest", format!("{what} cannot be greater than {most}")));
    }
    for (key, value) in tags {
        if key.starts_with("aws:") {
            return Err(invalid("System tags cannot be added/updated by requester", key));
        }
        if key.is_empty() || key.chars().count() > 128 || !key.chars().all(allowed) {
            return Err(invalid("The TagKey you have provided is invalid", key));
        }
        if value.chars().count() > 256 || !value.chars().all(allowed) {
            return Err(invalid("The TagValue you have provided is invalid", key));
        }
    }
    Ok(())
}

fn allowed(character: char) -> bool {
    character.is_alphanumeric() || character == ' ' || "+-=._:/@".contains(character)
}

fn invalid(message: &str, key: &str) -> Fault {
    Fault::new(400, "InvalidTag", message).detail("TagKey", key)
}
