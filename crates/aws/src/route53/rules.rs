//! What Route 53's refusals mean.

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

/// Codes and fragments of messages, the first that fits holds.
pub(super) const RULES: &[Rule] = &[
    rule("PriorRequestNotComplete", "", Retry::Busy, ""),
    // Just made, and not known everywhere yet.
    rule("NoSuchHostedZone", "", Retry::NotYet, ""),
    rule("NoSuchHealthCheck", "", Retry::NotYet, ""),
    // Somebody else edited meanwhile: look again.
    rule("HealthCheckVersionMismatch", "", Retry::NotYet, ""),
    rule("CidrCollectionVersionMismatchException", "", Retry::NotYet, ""),
    rule("InvalidChangeBatch", "do not match the current values", Retry::NotYet, ""),
    rule("InvalidChangeBatch", "but it was not found", Retry::NotYet, ""),
    rule(
        "InvalidChangeBatch",
        "but it already exists",
        Retry::Never,
        "adopt the record with stack.adopt(&…), or give this one another name",
    ),
    rule(
        "InvalidChangeBatch",
        "protected",
        Retry::Never,
        "lift the record's protection in Route 53 first",
    ),
    rule(
        "InvalidChangeBatch",
        "a hostedzone must contain",
        Retry::Never,
        "a zone's own NS and SOA records can't be deleted; keep them with stack.retain(&…)",
    ),
    rule(
        "InvalidChangeBatch",
        "conflict",
        Retry::Never,
        "somebody else's record of this name stands in the way; delete it or adopt it",
    ),
    // Records that are about to change, or to go, may name a location for a moment yet.
    rule(
        "CidrBlockInUseException",
        "",
        Retry::NotYet,
        "records still name the location; point them elsewhere first",
    ),
    rule(
        "CidrCollectionInUseException",
        "",
        Retry::NotYet,
        "records still name the collection; delete them first",
    ),
    rule(
        "CidrCollectionAlreadyExistsException",
        "",
        Retry::Never,
        "the account has a collection of this name; adopt it, or give this one another name",
    ),
    // Either the next look finds what this token made, or that was deleted and is remembered.
    rule(
        "HostedZoneAlreadyExists",
        "",
        Retry::Spent,
        "a zone that can't be seen has this token; apply again to look again",
    ),
    rule(
        "HealthCheckAlreadyExists",
        "",
        Retry::Spent,
        "a check that can't be seen has this token; apply again to look again",
    ),
    rule(
        "HostedZoneNotEmpty",
        "",
        Retry::Never,
        "records, record protections or DNSSEC keys are left in the zone; remove them or set force_destroy(true)",
    ),
    rule(
        "DelegationSetNotAvailable",
        "",
        Retry::Never,
        "too many zones of this name exist; only AWS support can help",
    ),
    rule(
        "NotAuthorizedException",
        "",
        Retry::Never,
        "the zone's owner must call CreateVPCAssociationAuthorization for the VPC first",
    ),
    rule(
        "LastVPCAssociation",
        "",
        Retry::Never,
        "a private zone keeps at least one VPC; delete the zone instead",
    ),
];
