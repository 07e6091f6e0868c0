//! The SDK's errors, in one place: could it have happened, and may it be sent again?

use std::error::Error as StdError;

use aws_smithy_runtime_api::client::orchestrator::HttpResponse;
use aws_smithy_runtime_api::client::result::SdkError;
use aws_smithy_types::error::metadata::ProvideErrorMetadata;
use aws_types::request_id::RequestId;
use bicoastal_model::{ErrorFacts, OpError, Region, Retry};

use crate::answer::NotWhole;
use crate::gate::Closed;

/// A service's own rule: this code, with this fragment (lower case) in its message, means this.
/// An empty fragment matches every message. The first rule that matches holds.
#[derive(Clone, Copy, Debug)]
pub struct Rule {
    /// The code on the wire.
    pub code: &'static str,
    /// A fragment of the message, in lower case.
    pub fragment: &'static str,
    /// What it means.
    pub retry: Retry,
    /// What to do about it; empty for nothing in particular.
    pub hint: &'static str,
}

/// Codes that mean "too fast" everywhere (AWS SDKs' own list, less those that some services use
/// for quotas: `LimitExceededException` is left to each service's rules).
const THROTTLES: &[&str] = &[
    "BandwidthLimitExceeded",
    "EC2ThrottledException",
    "PriorRequestNotComplete",
    "ProvisionedThroughputExceededException",
    "RequestLimitExceeded",
    "RequestThrottled",
    "RequestThrottledException",
    "SlowDown",
    "ThrottledException",
    "Throttling",
    "ThrottlingException",
    "TooManyRequestsException",
    "TransactionInProgressException",
];

/// Whether the words of a refusal have a code in them that means "too fast": one that calls are
/// slowed down for. A zone that is busy with another change is not.
pub(crate) fn is_throttle(words: &str) -> bool {
    let slows = |code: &&&str| {
        !matches!(**code, "PriorRequestNotComplete" | "TransactionInProgressException")
    };
    THROTTLES.iter().filter(slows).any(|code| words.contains(code))
}

/// Codes that mean that credentials or permissions are at fault, with the next step.
const DENIED: &[(&str, &str)] = &[
    ("AccessDenied", "the credentials lack the permission for this call; add it to their policy"),
    (
        "AccessDeniedException",
        "the credentials lack the permission for this call; add it to their policy",
    ),
    (
        "UnauthorizedOperation",
        "the credentials lack the permission for this call; add it to their policy",
    ),
    ("ExpiredToken", "the session has expired; sign in again"),
    ("ExpiredTokenException", "the session has expired; sign in again"),
    ("InvalidClientTokenId", "the access key is not known to AWS; check the profile in use"),
    ("UnrecognizedClientException", "the access key is not known to AWS; check the profile in use"),
    (
        "SignatureDoesNotMatch",
        "the secret key does not fit the access key; check the profile in use",
    ),
    ("InvalidAccessKeyId", "the access key is not known to AWS; check the profile in use"),
    ("OptInRequired", "the region or the service is not enabled for this account"),
];

/// Statuses that are refusals even without a code: of an answer without a body, or of something
/// between here and AWS. Of any other, what it refuses, if it does, was lost on the way.
const SAYS_ENOUGH: &[u16] = &[401, 403, 407, 429];

/// What a failed call means.
pub fn classify<E>(
    service: &str,
    call: &str,
    region: Region,
    rules: &[Rule],
    error: SdkError<E, HttpResponse>,
) -> OpError
where
    E: ProvideErrorMetadata + RequestId + StdError + Send + Sync + 'static,
{
    let mut facts = ErrorFacts {
        call: call.to_owned(),
        service: service.to_owned(),
        region: region.code().to_owned(),
        ..ErrorFacts::default()
    };
    match error {
        SdkError::ConstructionFailure(_) => {
            facts.message = chain(&error);
            if facts.message.contains("credentials") {
                facts.hint = Some(
                    "no usable credentials were found; set AWS_PROFILE or sign in, then run again"
                        .into(),
                );
            }
            OpError::Refused { retry: Retry::Never, facts }
        }
        SdkError::DispatchFailure(failure) => {
            let message = failure
                .as_connector_error()
                .map_or_else(|| "the request could not be sent".to_owned(), |inner| chain(inner));
            if let Some(closed) = failure.as_connector_error().and_then(|it| cause::<Closed>(it)) {
                facts.message = closed.to_string();
                return OpError::NotSent(facts);
            }
            let credentials = message.contains("credentials");
            let connected = !is_connect_failure(
                failure.as_connector_error().map(|inner| inner as &dyn StdError),
            );
            facts.message = message;
            if credentials {
                facts.hint = Some(
                    "no usable credentials were found; set AWS_PROFILE or sign in, then run again"
                        .into(),
                );
                return OpError::Refused { retry: Retry::Never, facts };
            }
            if connected {
                OpError::InDoubt(facts)
            } else {
                facts.hint = Some(format!(
                    "{service} in {region} can't be reached: check the network and the endpoint, or wait until the region is back"
                ));
                OpError::NotSent(facts)
            }
        }
        SdkError::TimeoutError(_) => {
            facts.message = chain(&error);
            // A connect time-out arrives here too, and then nothing was sent.
            if facts.message.contains("connect timeout") {
                OpError::NotSent(facts)
            } else {
                OpError::InDoubt(facts)
            }
        }
        SdkError::ResponseError(_) => {
            if let Some(why) = cause::<NotWhole>(&error) {
                facts.message = why.to_string();
                return OpError::InDoubt(facts);
            }
            facts.message = format!("AWS's answer could not be understood: {}", chain(&error));
            OpError::InDoubt(facts)
        }
        SdkError::ServiceError(answered) => {
            let status = answered.raw().status().as_u16();
            let inner = answered.err();
            facts.code = inner.code().map(str::to_owned);
            facts.request_id = inner.request_id().map(str::to_owned);
            // What S3's client makes of a 404 without a body: only a HEAD is answered with none.
            let bodiless = facts.code.as_deref() == Some("NotFound") && inner.message().is_none();
            let no_code = facts.code.is_none() || bodiless && !call.starts_with("Head");
            if no_code && !SAYS_ENOUGH.contains(&status) && status < 500 {
                facts.message =
                    format!("AWS's answer could not be understood: HTTP {status} without a code");
                return OpError::InDoubt(facts);
            }
            facts.message = inner
                .message()
                .map_or_else(|| format!("HTTP {status} without a message"), str::to_owned);
            match (refused(status, rules, facts), inner.message()) {
                // A code that nothing is known of, and not a word: it lost them on the way.
                (OpError::Refused { retry: Retry::Never, facts }, None)
                    if facts.hint.is_none() && !call.starts_with("Head") && !no_code =>
                {
                    OpError::InDoubt(facts)
                }
                (error, _) => error,
            }
        }
        other => {
            facts.message = chain(&other);
            OpError::InDoubt(facts)
        }
    }
}

/// What an answer with a code means.
fn refused(status: u16, rules: &[Rule], mut facts: ErrorFacts) -> OpError {
    let code = facts.code.clone().unwrap_or_default();
    let message = facts.message.to_lowercase();
    if let Some(rule) =
        rules.iter().find(|rule| rule.code == code && message.contains(rule.fragment))
    {
        if !rule.hint.is_empty() {
            facts.hint = Some(rule.hint.to_owned());
        }
        return OpError::Refused { retry: rule.retry, facts };
    }
    if THROTTLES.contains(&code.as_str()) || status == 429 {
        return OpError::Refused { retry: Retry::Throttled, facts };
    }
    if let Some((_, hint)) = DENIED.iter().find(|(denied, _)| *denied == code) {
        facts.hint = Some((*hint).to_owned());
        return OpError::Refused { retry: Retry::Never, facts };
    }
    // A server error may come after the work was done: also a 503, unless its code says that it was
    // refused for coming too fast.
    if status >= 500 {
        return OpError::InDoubt(facts);
    }
    OpError::Refused { retry: Retry::Never, facts }
}

/// Finds an error of a type among an error and its causes.
pub(crate) fn cause<'e, T: StdError + 'static>(
    error: &'e (dyn StdError + 'static),
) -> Option<&'e T> {
    let mut next = Some(error);
    while let Some(error) = next {
        if let Some(found) = error.downcast_ref() {
            return Some(found);
        }
        next = error.source();
    }
    None
}

/// An error and its causes in one line, each said once.
fn chain(error: &(dyn StdError + 'static)) -> String {
    let mut said: Vec<String> = vec![error.to_string()];
    let mut source = error.source();
    while let Some(cause) = source {
        let words = cause.to_string();
        if said.last() != Some(&words) {
            said.push(words);
        }
        source = cause.source();
    }
    said.join(": ")
}

/// Whether no connection was made: then, and only then, nothing can have been sent.
fn is_connect_failure(error: Option<&(dyn StdError + 'static)>) -> bool {
    let mut source = error;
    while let Some(cause) = source {
        if let Some(io) = cause.downcast_ref::<std::io::Error>()
            && matches!(
                io.kind(),
                std::io::ErrorKind::ConnectionRefused
                    | std::io::ErrorKind::HostUnreachable
                    | std::io::ErrorKind::NetworkUnreachable
                    | std::io::ErrorKind::AddrNotAvailable
            )
        {
            return true;
        }
        // hyper-util's error type is private to the connector; its words for this case are fixed.
        let words = cause.to_string();
        if words == "client error (Connect)" || words.contains("connect timeout") {
            return true;
        }
        source = cause.source();
    }
    false
}
