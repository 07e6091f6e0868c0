//! Lifecycle rules.

use super::{int, one_of, rule_ids};
use crate::reply::Fault;
use crate::s3::faults;
use crate::world::World;
use crate::xml::Element;

const CLASSES: &[&str] =
    &["GLACIER", "STANDARD_IA", "ONEZONE_IA", "INTELLIGENT_TIERING", "DEEP_ARCHIVE", "GLACIER_IR"];
const ACTIONS: &[&str] = &[
    "Expiration",
    "Transition",
    "NoncurrentVersionTransition",
    "NoncurrentVersionExpiration",
    "AbortIncompleteMultipartUpload",
];

pub(super) fn check(world: &mut World, sent: &mut Element) -> Result<(), Fault> {
    let count = sent.all("Rule").count();
    if count == 0 || count > 1000 {
        return Err(faults::malformed_xml());
    }
    for at in sent.all("Rule") {
        rule(at)?;
    }
    rule_ids(world, sent, "ID")?;
    // The order that was sent is not the order that is read.
    sent.children.sort_by_key(|rule| rule.text_of("ID").map(str::to_owned));
    Ok(())
}

fn rule(rule: &Element) -> Result<(), Fault> {
    one_of(rule, "Status", &["Enabled", "Disabled"])?;
    if rule.get("Prefix").is_some() == rule.get("Filter").is_some() {
        return Err(faults::malformed_xml());
    }
    if let Some(filter) = rule.get("Filter") {
        self::filter(rule, filter)?;
    }
    if !ACTIONS.iter().any(|action| rule.get(action).is_some()) {
        return Err(faults::invalid_request("At least one action needs to be specified in a rule"));
    }
    let expires = rule.get("Expiration").map(expiration).transpose()?.flatten();
    for transition in rule.all("Transition") {
        let days = moment(transition, "Transition", 0)?;
        class_and_age(transition, days)?;
        if let (Some(expires), Some(days)) = (expires, days)
            && expires <= days
        {
            return Err(faults::invalid_argument(
                "'Days' in the Expiration action for filter must be greater than 'Days' in the \
                 Transition action",
                "Days",
                &expires.to_string(),
            ));
        }
    }
    let dated = rule.all("Transition").filter(|transition| transition.get("Date").is_some());
    if ![0, rule.all("Transition").count()].contains(&dated.count()) {
        return Err(faults::invalid_request(
            "Found mixed 'Date' and 'Days' based Transition actions in lifecycle rule",
        ));
    }
    noncurrent(rule)?;
    if let Some(abort) = rule.get("AbortIncompleteMultipartUpload") {
        positive(abort, "DaysAfterInitiation", "AbortIncompleteMultipartUpload")?;
    }
    Ok(())
}

fn filter(rule: &Element, filter: &Element) -> Result<(), Fault> {
    if filter.children.len() > 1 {
        return Err(faults::malformed_xml());
    }
    let and = filter.get("And");
    if and.is_some_and(|and| and.children.iter().flat_map(conditions).count() < 2) {
        return Err(faults::malformed_xml());
    }
    let tagged = filter.get("Tag").is_some() || and.is_some_and(|and| and.get("Tag").is_some());
    let sized = ["ObjectSizeGreaterThan", "ObjectSizeLessThan"]
        .iter()
        .any(|size| filter.get(size).is_some() || and.is_some_and(|and| and.get(size).is_some()));
    let abort = rule.get("AbortIncompleteMultipartUpload").is_some();
    if abort && (tagged || sized) {
        let what = if tagged { "Tags" } else { "Object Size" };
        return Err(faults::invalid_request(format!(
            "AbortIncompleteMultipartUpload cannot be specified with {what}."
        )));
    }
    let marker = rule
        .get("Expiration")
        .is_some_and(|expiration| expiration.get("ExpiredObjectDeleteMarker").is_some());
    if marker && tagged {
        return Err(faults::invalid_request(
            "ExpiredObjectDeleteMarker cannot be specified with Tags.",
        ));
    }
    if let Some(and) = and
        && let (Some(least), Some(most)) =
            (int(and, "ObjectSizeGreaterThan")?, int(and, "ObjectSizeLessThan")?)
        && least >= most
    {
        return Err(faults::invalid_request(
            "'ObjectSizeLessThan' should be greater than 'ObjectSizeGreaterThan'",
        ));
    }
    Ok(())
}

/// Tags in an `And` count one each, whether they come wrapped or bare.
fn conditions(child: &Element) -> Vec<&Element> {
    match child.name.as_str() {
        "Tags" => child.children.iter().collect(),
        _ => vec![child],
    }
}

fn expiration(expiration: &Element) -> Result<Option<i64>, Fault> {
    let marker = expiration.get("ExpiredObjectDeleteMarker").is_some();
    let timed = expiration.get("Days").is_some() || expiration.get("Date").is_some();
    if marker && timed {
        return Err(faults::malformed_xml());
    }
    if marker {
        return one_of(expiration, "ExpiredObjectDeleteMarker", &["true", "false"]).map(|()| None);
    }
    moment(expiration, "Expiration", 1)
}

/// `Days` or `Date`, exactly one.
fn moment(action: &Element, name: &str, least: i64) -> Result<Option<i64>, Fault> {
    match (int(action, "Days")?, action.text_of("Date")) {
        (Some(days), None) if days >= least => Ok(Some(days)),
        (Some(days), None) => Err(faults::invalid_argument(
            &format!("'Days' for {name} action must be a positive integer"),
            "Days",
            &days.to_string(),
        )),
        (None, Some(date)) => {
            let midnight =
                date.split_once('T').is_some_and(|(_, time)| time.starts_with("00:00:00"));
            if midnight {
                return Ok(None);
            }
            Err(faults::invalid_argument("'Date' must be at midnight GMT", "Date", date))
        }
        _ => Err(faults::malformed_xml()),
    }
}

fn class_and_age(transition: &Element, days: Option<i64>) -> Result<(), Fault> {
    one_of(transition, "StorageClass", CLASSES)?;
    let class = transition.text_of("StorageClass").unwrap_or_default();
    match days {
        Some(days) if class.ends_with("_IA") && days < 30 => Err(faults::invalid_argument(
            &format!(
                "'Days' in Transition action must be greater than or equal to 30 for \
                 storageClass '{class}'"
            ),
            "Days",
            &days.to_string(),
        )),
        _ => Ok(()),
    }
}

fn noncurrent(rule: &Element) -> Result<(), Fault> {
    for transition in rule.all("NoncurrentVersionTransition") {
        class_and_age(transition, int(transition, "NoncurrentDays")?)?;
        kept(transition)?;
    }
    if let Some(expiration) = rule.get("NoncurrentVersionExpiration") {
        positive(expiration, "NoncurrentDays", "NoncurrentVersionExpiration")?;
        kept(expiration)?;
    }
    Ok(())
}

fn kept(action: &Element) -> Result<(), Fault> {
    match int(action, "NewerNoncurrentVersions")? {
        Some(kept) if !(1..=100).contains(&kept) => Err(faults::invalid_argument(
            "'NewerNoncurrentVersions' must be between 1 and 100",
            "NewerNoncurrentVersions",
            &kept.to_string(),
        )),
        _ => Ok(()),
    }
}

fn positive(action: &Element, name: &str, of: &str) -> Result<(), Fault> {
    match int(action, name)? {
        Some(days) if days > 0 => Ok(()),
        Some(days) => Err(faults::invalid_argument(
            &format!("'{name}' for {of} action must be a positive integer"),
            name,
            &days.to_string(),
        )),
        None => Err(faults::malformed_xml()),
    }
}
