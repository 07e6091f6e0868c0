//! What the kinds that are only looked up have in common: keys, certificates, who calls.

use std::collections::BTreeMap;

#[cfg(any(feature = "acm", feature = "kms"))]
use bicoastal_model::{ErrorFacts, OpError, Region, Retry};
use bicoastal_model::{Ownership, Snapshot, Status};
use serde_json::{Value, json};

/// A thing that was found, of which nothing but outputs is known.
pub(crate) fn thing<const N: usize>(physical: &str, outputs: [(&str, Value); N]) -> Snapshot {
    Snapshot {
        physical: physical.to_owned(),
        props: json!({}),
        outputs: outputs.map(|(name, value)| (name.to_owned(), value)).into(),
        status: Status::Ready,
        ownership: Ownership::Unmarked,
        children: Vec::new(),
        facts: BTreeMap::new(),
    }
}

/// What was found can't be taken, in words that are not AWS's.
#[cfg(any(feature = "acm", feature = "kms"))]
pub(crate) fn refusal(
    (service, call): (&str, &str),
    region: Region,
    message: String,
    hint: &str,
) -> OpError {
    OpError::Refused {
        retry: Retry::Never,
        facts: ErrorFacts {
            call: call.to_owned(),
            service: service.to_owned(),
            region: region.code().to_owned(),
            message,
            hint: Some(hint.to_owned()),
            ..ErrorFacts::default()
        },
    }
}
