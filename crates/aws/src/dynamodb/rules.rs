//! What DynamoDB's refusals mean.

use bicoastal_model::Retry;

use crate::classify::Rule;

const fn rule(
    code: &'static str,
    fragment: &'static str,
    retry: Retry,
    hint: &'static str,
) -> Rule {
    Rule { code, fragment, retry, hint }
}

/// The first that matches holds.
pub(super) const RULES: &[Rule] = &[
    // The create before this one was accepted, and its table is not visible everywhere yet.
    rule("ResourceInUseException", "already exists", Retry::NotYet, ""),
    rule("ResourceInUseException", "", Retry::Busy, ""),
    rule("ContinuousBackupsUnavailableException", "", Retry::Busy, ""),
    rule("LimitExceededException", "simultaneously", Retry::Busy, ""),
    rule(
        "LimitExceededException",
        "decreases",
        Retry::Never,
        "capacity can be lowered four times in the first hour of a UTC day and once in each later \
         hour; run again later",
    ),
    rule(
        "LimitExceededException",
        "pay_per_request",
        Retry::Never,
        "a table can be switched to on-demand four times in 24 hours; run again later",
    ),
    rule(
        "LimitExceededException",
        "class",
        Retry::Never,
        "the table class can be changed twice in 30 days",
    ),
    // A stream of Kinesis that somebody else's change is still at.
    rule("ValidationException", "KinesisStreamingDestination must be", Retry::Busy, ""),
    rule("LimitExceededException", "", Retry::Throttled, ""),
    rule("ResourceNotFoundException", "", Retry::NotYet, ""),
    rule("TableNotFoundException", "", Retry::NotYet, ""),
    rule(
        "ValidationException",
        "multiple times within a fixed interval",
        Retry::Busy,
        "time to live can be changed once an hour; what is left is done by the next run",
    ),
    rule(
        "ValidationException",
        "acted as a source",
        Retry::Never,
        "a replica from which others were copied can't go for 24 hours while those remain; run \
         again after that, or remove the others first",
    ),
    rule(
        "ValidationException",
        "protected against deletion",
        Retry::Never,
        "deletion protection is on in that region; switch it off in the program, or name the \
         resource with --unprotect",
    ),
    rule(
        "ValidationException",
        "autoscal",
        Retry::Never,
        "register a scaling target for the table's write capacity, or use Billing::OnDemand",
    ),
    rule("ValidationException", "already exist", Retry::NotYet, ""),
    rule("ValidationException", "was not found", Retry::NotYet, ""),
];
