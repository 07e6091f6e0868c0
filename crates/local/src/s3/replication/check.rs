//! What `PutBucketReplication` refuses.

use super::rules::{Configuration, Rule};
use crate::call::Call;
use crate::reply::Fault;
use crate::s3::check::rule_ids;
use crate::s3::state::{Bucket, Versioning};
use crate::s3::{faults, roles};
use crate::world::World;
use crate::xml::Element;

/// Checks a configuration against its own rules, the two buckets and the role.
pub(in crate::s3) fn check(
    world: &mut World,
    call: &Call,
    name: &str,
    sent: &mut Element,
) -> Result<(), Fault> {
    if sent.all("Rule").any(|rule| rule.get("ExistingObjectReplication").is_some()) {
        return Err(faults::invalid_request(
            "ExistingObjectReplication is not supported in this configuration.",
        ));
    }
    let configuration = Configuration::read(sent)?;
    for rule in &configuration.rules {
        schema(rule)?;
    }
    priorities(&configuration.rules)?;
    let source = world.s3.buckets.get(name).ok_or_else(|| faults::no_such_bucket(name))?;
    if !versioned(world, source) {
        return Err(faults::invalid_request(
            "Versioning must be 'Enabled' on the bucket to apply a replication configuration",
        ));
    }
    for rule in &configuration.rules {
        destination(world, call, name, source, rule)?;
    }
    let role = &configuration.role;
    let well_formed = role.starts_with("arn:aws:iam::") && role.contains(":role/");
    if !well_formed || roles::id(world, role).is_none() {
        return Err(faults::invalid_argument("Invalid role specified", "Role", role));
    }
    rule_ids(world, sent, "ID")?;
    for filter in sent.children.iter_mut().flat_map(|rule| &mut rule.children) {
        // An empty prefix is read back as a filter without conditions.
        let whole =
            filter.children.iter().all(|child| child.name == "Prefix" && child.text.is_empty());
        if filter.name == "Filter" && whole {
            filter.children.clear();
        }
    }
    Ok(())
}

/// Whether replication sees versioning on a bucket: enabling it takes time to spread.
fn versioned(world: &World, bucket: &Bucket) -> bool {
    bucket.versioning() == Versioning::Enabled && bucket.versioned_at_ms <= world.now_ms
}

fn schema(rule: &Rule) -> Result<(), Fault> {
    let needed = |what: &str| {
        Err(faults::invalid_request(format!(
            "{what} must be specified for this version of Cross Region Replication configuration \
             schema. Please refer to S3 Developer Guide for more information."
        )))
    };
    if rule.filtered {
        match rule.delete_markers {
            None => return needed("DeleteMarkerReplication"),
            Some(true) if !rule.tags.is_empty() => {
                return Err(faults::invalid_request(
                    "Delete marker replication is not supported if any Tag filter is specified. \
                     Please refer to S3 Developer Guide for more information.",
                ));
            }
            Some(_) => {}
        }
        if rule.priority.is_none() {
            return needed("Priority");
        }
    } else {
        let extra = [
            (rule.priority.is_some(), "Priority"),
            (rule.delete_markers.is_some(), "DeleteMarkerReplication"),
            (rule.replica_modifications, "ReplicaModifications"),
        ];
        if let Some((_, what)) = extra.iter().find(|(used, _)| *used) {
            return Err(faults::invalid_request(format!(
                "{what} cannot be used for this version of Cross Region Replication configuration \
                 schema. Please refer to S3 Developer Guide for more information."
            )));
        }
    }
    if rule.kms_objects != rule.replica_key.is_some() {
        let message = if rule.kms_objects {
            "EncryptionConfiguration must be specified if SseKmsEncryptedObjects tag is present"
        } else {
            "SseKmsEncryptedObjects must be specified if EncryptionConfiguration is present"
        };
        return Err(faults::invalid_request(message));
    }
    if rule.owner_translation && rule.account.is_none() {
        return Err(faults::invalid_request(
            "Account must be specified when AccessControlTranslation is used.",
        ));
    }
    Ok(())
}

/// Rules for one destination that can meet the same object must differ in priority.
fn priorities(rules: &[Rule]) -> Result<(), Fault> {
    for (at, one) in rules.iter().enumerate() {
        for other in rules.iter().skip(at + 1) {
            let overlap = one.destination == other.destination
                && (one.prefix.starts_with(&other.prefix) || other.prefix.starts_with(&one.prefix));
            if overlap && one.priority == other.priority {
                let message = if one.filtered {
                    format!(
                        "Found duplicate priority '{}'. Rules with the same destination must have \
                         unique priorities.",
                        one.priority.unwrap_or_default()
                    )
                } else {
                    format!("Found overlapping prefixes '{}' and '{}'", one.prefix, other.prefix)
                };
                return Err(faults::invalid_request(message));
            }
        }
    }
    Ok(())
}

fn destination(
    world: &World,
    call: &Call,
    name: &str,
    source: &Bucket,
    rule: &Rule,
) -> Result<(), Fault> {
    if rule.destination == name {
        return Err(faults::invalid_request("Destination bucket cannot be the source bucket."));
    }
    let target = world
        .s3
        .buckets
        .get(&rule.destination)
        .ok_or_else(|| faults::invalid_request("Destination bucket must exist."))?;
    if !versioned(world, target) {
        return Err(faults::invalid_request("Destination bucket must have versioning enabled."));
    }
    if source.object_lock && !target.object_lock {
        return Err(faults::invalid_request(
            "Destination bucket must have Object Lock enabled where the source bucket has it.",
        ));
    }
    if rule.account.as_ref().is_some_and(|account| *account != target.account) {
        return Err(faults::invalid_request(
            "The destination account does not own the destination bucket.",
        ));
    }
    let requester_pays = target
        .document("requestPayment")
        .is_some_and(|payment| payment.text_of("Payer") == Some("Requester"));
    if target.account != call.account && requester_pays {
        return Err(faults::invalid_request(
            "Destination bucket of another account cannot have Requester Pays enabled.",
        ));
    }
    Ok(())
}
