//! The refusals that several operations share.

use crate::reply::Fault;

pub(super) fn invalid_input(message: impl Into<String>) -> Fault {
    Fault::new(400, "InvalidInput", message)
}

pub(super) fn malformed(expected: &str) -> Fault {
    Fault::new(400, "MalformedInput", format!("The request is not valid, expected {expected}"))
}

/// The message of a member that breaks the constraint in the service's model.
pub(super) fn constraint(value: &str, member: &str, rule: &str) -> Fault {
    invalid_input(format!(
        "1 validation error detected: Value '{value}' at '{member}' failed to satisfy constraint: {rule}"
    ))
}

pub(super) fn missing(member: &str) -> Fault {
    invalid_input(format!(
        "1 validation error detected: Value null at '{member}' failed to satisfy constraint: Member must not be null"
    ))
}

pub(super) fn no_such_zone(id: &str) -> Fault {
    Fault::new(404, "NoSuchHostedZone", format!("No hosted zone found with ID: {id}"))
}

pub(super) fn no_such_health_check(id: &str) -> Fault {
    Fault::new(404, "NoSuchHealthCheck", format!("A health check with id {id} does not exist."))
}

pub(super) fn prior_request() -> Fault {
    Fault::new(
        400,
        "PriorRequestNotComplete",
        "The request was rejected because Route 53 was still processing a prior request.",
    )
}

/// One refusal for a whole batch, with a message for each offending change in AWS's brackets.
pub(super) fn invalid_batch(messages: &[String]) -> Fault {
    Fault::new(400, "InvalidChangeBatch", format!("[{}]", messages.join(", ")))
}
