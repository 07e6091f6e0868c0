//! The refusals of DynamoDB, each in one place, so that codes are spelled once.

use crate::reply::Fault;

/// The request is wrong in itself, or does not fit what is there.
pub(super) fn validation(message: impl Into<String>) -> Fault {
    Fault::new(400, "ValidationException", message)
}

/// The table, index or item collection is not there.
pub(super) fn not_found(message: impl Into<String>) -> Fault {
    Fault::new(400, "ResourceNotFoundException", message)
}

/// The table exists already, or is busy with an earlier change.
pub(super) fn in_use(message: impl Into<String>) -> Fault {
    Fault::new(400, "ResourceInUseException", message)
}

/// Too much at once, or too often in a day.
pub(super) fn limit(message: impl Into<String>) -> Fault {
    Fault::new(
        400,
        "LimitExceededException",
        format!("Subscriber limit exceeded: {}", message.into()),
    )
}

/// The `attribute_exists(…)` or other condition of a write was false.
pub(super) fn condition_failed(item: Option<&serde_json::Value>) -> Fault {
    let fault =
        Fault::new(400, "ConditionalCheckFailedException", "The conditional request failed");
    match item {
        Some(item) => structured(fault, &[("Item", item.clone())]),
        None => fault,
    }
}

/// A fault whose members are more than text.
pub(super) fn structured(mut fault: Fault, members: &[(&str, serde_json::Value)]) -> Fault {
    let mut body = serde_json::Map::new();
    body.insert("__type".into(), format!("com.amazonaws.dynamodb.v20120810#{}", fault.code).into());
    body.insert("message".into(), fault.message.clone().into());
    body.insert("Message".into(), fault.message.clone().into());
    for (name, value) in members {
        body.insert((*name).to_owned(), value.clone());
    }
    fault.body = Some(serde_json::Value::Object(body).to_string().into_bytes());
    fault.header("content-type", "application/x-amz-json-1.0")
}
