//! CORS, website, logging, acceleration and notifications.

use super::{fill_id, int, one_of, required};
use crate::call::Call;
use crate::reply::Fault;
use crate::s3::faults;
use crate::world::World;
use crate::xml::Element;

pub(super) fn accelerate(name: &str, sent: &Element) -> Result<(), Fault> {
    one_of(sent, "Status", &["Enabled", "Suspended"])?;
    if name.contains('.') {
        return Err(faults::invalid_request(
            "S3 Transfer Acceleration is not supported for buckets with periods (.) in their names",
        ));
    }
    Ok(())
}

pub(super) fn cors(sent: &Element) -> Result<(), Fault> {
    let count = sent.all("CORSRule").count();
    if count == 0 || count > 100 {
        return Err(faults::malformed_xml());
    }
    for rule in sent.all("CORSRule") {
        if rule.get("AllowedMethod").is_none() || rule.get("AllowedOrigin").is_none() {
            return Err(faults::malformed_xml());
        }
        for method in rule.all("AllowedMethod") {
            if !["GET", "PUT", "HEAD", "POST", "DELETE"].contains(&method.text.as_str()) {
                return Err(faults::invalid_request(format!(
                    "Found unsupported HTTP method in CORS config. Unsupported method is {}",
                    method.text
                )));
            }
        }
        for (kind, message) in
            [("AllowedOrigin", "AllowedOrigin"), ("AllowedHeader", "AllowedHeader")]
        {
            if let Some(wild) = rule.all(kind).find(|pattern| pattern.text.matches('*').count() > 1)
            {
                return Err(faults::invalid_request(format!(
                    "{message} \"{}\" can not have more than one wildcard.",
                    wild.text
                )));
            }
        }
        if let Some(wild) = rule.all("ExposeHeader").find(|header| header.text.contains('*')) {
            return Err(faults::invalid_request(format!(
                "ExposeHeader \"{}\" contains wildcard. We currently do not support wildcard for \
                 ExposeHeader.",
                wild.text
            )));
        }
        int(rule, "MaxAgeSeconds")?;
    }
    Ok(())
}

pub(super) fn website(sent: &Element) -> Result<(), Fault> {
    if let Some(redirect) = sent.get("RedirectAllRequestsTo") {
        required(redirect, "HostName")?;
        return if sent.children.len() == 1 { Ok(()) } else { Err(faults::malformed_xml()) };
    }
    let index = sent.get("IndexDocument").ok_or_else(|| {
        faults::invalid_argument(
            "A value for IndexDocument Suffix must be provided if RedirectAllRequestsTo is empty",
            "IndexDocument",
            "null",
        )
    })?;
    let suffix = required(index, "Suffix")?;
    if suffix.is_empty() || suffix.contains('/') {
        return Err(faults::invalid_argument(
            "The IndexDocument Suffix is not well formed",
            "IndexDocument",
            suffix,
        ));
    }
    for rule in sent.get("RoutingRules").into_iter().flat_map(|rules| rules.all("RoutingRule")) {
        let redirect = rule.get("Redirect").ok_or_else(faults::malformed_xml)?;
        if redirect.get("ReplaceKeyWith").is_some()
            && redirect.get("ReplaceKeyPrefixWith").is_some()
        {
            return Err(faults::invalid_request(
                "You can only define ReplaceKeyPrefix or ReplaceKey but not both.",
            ));
        }
    }
    Ok(())
}

pub(super) fn logging(world: &World, call: &Call, name: &str, sent: &Element) -> Result<(), Fault> {
    let Some(enabled) = sent.get("LoggingEnabled") else { return Ok(()) };
    let target_name = required(enabled, "TargetBucket")?;
    required(enabled, "TargetPrefix")?;
    let target = world.s3.buckets.get(target_name).ok_or_else(|| {
        invalid_target("The target bucket for logging does not exist", target_name)
    })?;
    if target.account != call.account {
        return Err(invalid_target(
            "The owner for the bucket to be logged and the target bucket must be the same.",
            target_name,
        ));
    }
    let source = world.s3.buckets.get(name);
    if source.is_some_and(|source| source.region != target.region) {
        return Err(Fault::new(
            403,
            "CrossLocationLoggingProhibited",
            "Cross S3 location logging not allowed. ",
        ));
    }
    let grants = enabled.get("TargetGrants").is_some_and(|grants| !grants.children.is_empty());
    if grants && target.ownership() == "BucketOwnerEnforced" {
        return Err(faults::invalid_argument(
            "Buckets with bucket owner enforced Object Ownership can't use target grants",
            "TargetBucket",
            target_name,
        ));
    }
    Ok(())
}

fn invalid_target(message: &str, target: &str) -> Fault {
    Fault::new(400, "InvalidTargetBucketForLogging", message).detail("TargetBucket", target)
}

pub(super) fn notification(world: &mut World, sent: &mut Element) -> Result<(), Fault> {
    for (kind, field, service) in [
        ("TopicConfiguration", "Topic", "sns"),
        ("QueueConfiguration", "Queue", "sqs"),
        ("CloudFunctionConfiguration", "CloudFunction", "lambda"),
    ] {
        for target in sent.all(kind) {
            let arn = required(target, field)?;
            if !arn.starts_with(&format!("arn:aws:{service}:")) {
                return Err(faults::invalid_argument("The ARN is not well formed", field, arn));
            }
            if target.get("Event").is_none() {
                return Err(faults::malformed_xml());
            }
            if let Some(event) = target.all("Event").find(|event| !event.text.starts_with("s3:")) {
                return Err(faults::invalid_argument(
                    "The event is not supported for notifications",
                    "Event",
                    &event.text,
                ));
            }
        }
    }
    for target in &mut sent.children {
        match target.name.as_str() {
            "EventBridgeConfiguration" => {}
            "TopicConfiguration" | "QueueConfiguration" | "CloudFunctionConfiguration" => {
                fill_id(world, target, "Id");
            }
            _ => return Err(faults::malformed_xml()),
        }
    }
    Ok(())
}
