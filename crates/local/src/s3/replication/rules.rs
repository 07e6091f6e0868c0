//! A replication configuration as values.

use std::collections::BTreeMap;

use crate::reply::Fault;
use crate::s3::check::{bucket_of_arn, int, one_of, required};
use crate::s3::faults;
use crate::s3::state::Content;
use crate::xml::Element;

const SWITCH: &[&str] = &["Enabled", "Disabled"];
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

/// The whole configuration of a bucket.
#[derive(Clone, Debug)]
pub(super) struct Configuration {
    pub(super) role: String,
    pub(super) rules: Vec<Rule>,
}

/// One rule.
#[derive(Clone, Debug)]
pub(super) struct Rule {
    pub(super) enabled: bool,
    /// Whether the rule has a `Filter`, the newer schema.
    pub(super) filtered: bool,
    pub(super) priority: Option<i64>,
    pub(super) prefix: String,
    pub(super) tags: BTreeMap<String, String>,
    pub(super) delete_markers: Option<bool>,
    pub(super) replica_modifications: bool,
    pub(super) kms_objects: bool,
    pub(super) replica_key: Option<String>,
    pub(super) destination: String,
    pub(super) account: Option<String>,
    pub(super) storage_class: Option<String>,
    pub(super) owner_translation: bool,
}

impl Configuration {
    /// Reads a document; refuses what does not have the right shape.
    pub(super) fn read(document: &Element) -> Result<Self, Fault> {
        let role = required(document, "Role")?.to_owned();
        let rules = document.all("Rule").map(Rule::read).collect::<Result<Vec<_>, _>>()?;
        if rules.is_empty() || rules.len() > 1000 {
            return Err(faults::malformed_xml());
        }
        Ok(Self { role, rules })
    }

    /// For each destination the rule that applies to a key with these tags:
    /// the one of highest priority.
    pub(super) fn applying(&self, key: &str, content: Option<&Content>) -> Vec<&Rule> {
        let mut by_destination: BTreeMap<&str, &Rule> = BTreeMap::new();
        for rule in self.rules.iter().filter(|rule| rule.matches(key, content)) {
            by_destination
                .entry(&rule.destination)
                .and_modify(|best| {
                    if rule.priority > best.priority {
                        *best = rule;
                    }
                })
                .or_insert(rule);
        }
        by_destination.into_values().collect()
    }
}

impl Rule {
    fn read(rule: &Element) -> Result<Self, Fault> {
        one_of(rule, "Status", SWITCH)?;
        if rule.get("Prefix").is_some() && rule.get("Filter").is_some() {
            return Err(faults::malformed_xml());
        }
        let mut prefix = rule.text_of("Prefix").unwrap_or_default().to_owned();
        let mut tags = BTreeMap::new();
        if let Some(filter) = rule.get("Filter") {
            if filter.children.len() > 1 {
                return Err(faults::malformed_xml());
            }
            let conditions = match filter.get("And") {
                Some(and) => {
                    if and.children.len() < 2 {
                        return Err(faults::malformed_xml());
                    }
                    and
                }
                None => filter,
            };
            prefix = conditions.text_of("Prefix").unwrap_or_default().to_owned();
            for tag in conditions.all("Tag") {
                tags.insert(required(tag, "Key")?.to_owned(), required(tag, "Value")?.to_owned());
            }
        }
        let criteria = rule.get("SourceSelectionCriteria");
        let criterion = |name: &str| switch(criteria.and_then(|criteria| criteria.get(name)));
        let destination = rule.get("Destination").ok_or_else(faults::malformed_xml)?;
        if destination.get("StorageClass").is_some() {
            one_of(destination, "StorageClass", CLASSES)?;
        }
        let markers = rule.get("DeleteMarkerReplication");
        let read = Self {
            enabled: rule.text_of("Status") == Some("Enabled"),
            filtered: rule.get("Filter").is_some(),
            priority: int(rule, "Priority")?,
            prefix,
            tags,
            delete_markers: match markers {
                None => None,
                Some(markers) => Some(switch(Some(markers))?),
            },
            replica_modifications: criterion("ReplicaModifications")?,
            kms_objects: criterion("SseKmsEncryptedObjects")?,
            replica_key: destination
                .get("EncryptionConfiguration")
                .and_then(|encryption| encryption.text_of("ReplicaKmsKeyID"))
                .map(str::to_owned),
            destination: bucket_of_arn(required(destination, "Bucket")?)?.to_owned(),
            account: destination.text_of("Account").map(str::to_owned),
            storage_class: destination.text_of("StorageClass").map(str::to_owned),
            owner_translation: destination.get("AccessControlTranslation").is_some(),
        };
        timing(destination)?;
        Ok(read)
    }

    fn matches(&self, key: &str, content: Option<&Content>) -> bool {
        let tagged = || {
            self.tags.iter().all(|(name, value)| {
                content.is_some_and(|content| content.tags.get(name) == Some(value))
            })
        };
        self.enabled && key.starts_with(&self.prefix) && tagged()
    }

    /// Rules of the older schema copy the delete markers of users.
    pub(super) fn copies_delete_markers(&self) -> bool {
        self.delete_markers.unwrap_or(!self.filtered)
    }
}

/// The `Status` of a block, which is `Disabled` where there is no block.
fn switch(block: Option<&Element>) -> Result<bool, Fault> {
    match block {
        None => Ok(false),
        Some(block) => {
            one_of(block, "Status", SWITCH)?;
            Ok(block.text_of("Status") == Some("Enabled"))
        }
    }
}

/// Replication time control comes with metrics, and both know one number of minutes.
fn timing(destination: &Element) -> Result<(), Fault> {
    let minutes = |block: &Element, name: &str| -> Result<Option<i64>, Fault> {
        match block.get(name) {
            Some(time) => int(time, "Minutes"),
            None => Ok(None),
        }
    };
    let metrics = destination.get("Metrics");
    let measured = switch(metrics)?;
    if let Some(time) = destination.get("ReplicationTime") {
        if minutes(time, "Time")?.ok_or_else(faults::malformed_xml)? != 15 {
            return Err(faults::invalid_request(
                "Invalid ReplicationTime: Time can only be 15 minutes.",
            ));
        }
        if switch(Some(time))? && !measured {
            return Err(faults::invalid_request(
                "Replication destination with ReplicationTime requires Metrics to be enabled.",
            ));
        }
        if switch(Some(time))?
            && metrics
                .map(|block| minutes(block, "EventThreshold"))
                .transpose()?
                .flatten()
                .is_none()
        {
            return Err(faults::invalid_request(
                "Metrics needs an EventThreshold where ReplicationTime is specified.",
            ));
        }
    }
    match metrics.map(|block| minutes(block, "EventThreshold")).transpose()?.flatten() {
        Some(threshold) if threshold != 15 => {
            Err(faults::invalid_request("Invalid Metrics: EventThreshold can only be 15 minutes."))
        }
        _ => Ok(()),
    }
}
