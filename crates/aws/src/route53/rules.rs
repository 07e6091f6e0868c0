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
        // By a call of ours whose answer was lost, or by somebody else: the next look tells.
        Retry::NotYet,
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
        "dnssec",
        Retry::Never,
        "the zone has key-signing keys that the program does not declare: take the DS record out at the parent and wait for its TTL, then declare them with key_signing_keys(…) and delete again, or remove them in Route 53",
    ),
    rule(
        "HostedZoneNotEmpty",
        "",
        Retry::Never,
        "records or record protections are left in the zone; remove them or set force_destroy(true)",
    ),
    // Signing: one change at a time, of whoever.
    rule("ConcurrentModification", "", Retry::Busy, ""),
    rule(
        "KeySigningKeyInParentDSRecord",
        "lookup failure",
        Retry::NotYet,
        "Route 53 could not ask the parent domain for its DS record; apply again later",
    ),
    rule(
        "KeySigningKeyInParentDSRecord",
        "",
        Retry::Never,
        "the parent domain still has the DS record of the key: take it out there (at the registrar, or in the parent's zone), wait until its TTL has passed, and apply again; nothing was switched off",
    ),
    rule(
        "KeySigningKeyInUse",
        "",
        Retry::Never,
        "it is the only active key of a signed zone: add another one under another name and have the parent take its DS record before this one goes",
    ),
    rule(
        "KeySigningKeyWithActiveStatusNotFound",
        "",
        Retry::NotYet,
        "signing takes an active key-signing key",
    ),
    rule("DNSSECNotFound", "", Retry::NotYet, "signing takes an active key-signing key"),
    rule(
        "KeySigningKeyAlreadyExists",
        "",
        Retry::NotYet,
        "another key-signing key of the zone has this name or this KMS key",
    ),
    rule(
        "TooManyKeySigningKeys",
        "",
        Retry::Never,
        "a zone has at most two key-signing keys, and others' count: take one out first",
    ),
    rule(
        "InvalidKeySigningKeyStatus",
        "not inactive",
        Retry::NotYet,
        "a key-signing key is deactivated before it is deleted",
    ),
    rule(
        "InvalidKeySigningKeyStatus",
        "",
        Retry::Never,
        "see the status of the zone's key-signing keys in Route 53: one that failed is activated or deactivated again first",
    ),
    rule(
        "InvalidSigningStatus",
        "",
        Retry::Never,
        "see the status of the zone's DNSSEC signing in Route 53: where it failed, dnssec_signing(…) switches it again",
    ),
    rule(
        "InvalidKMSArn",
        "",
        Retry::Never,
        "it takes an enabled single-region KMS key of us-east-1 with the spec ECC_NIST_P256 for SIGN_VERIFY, whose policy lets dnssec-route53.amazonaws.com use kms:DescribeKey, kms:GetPublicKey and kms:Sign",
    ),
    rule(
        "HostedZonePartiallyDelegated",
        "",
        Retry::Never,
        "the parent domain must delegate to exactly the zone's four name servers",
    ),
    // Query logging.
    rule(
        "InsufficientCloudWatchLogsResourcePolicy",
        "",
        Retry::NotYet,
        "Route 53 may not write to the log group: give CloudWatch Logs in us-east-1 a resource policy that lets route53.amazonaws.com use logs:CreateLogStream and logs:PutLogEvents on it (and the group's KMS key, if it has one)",
    ),
    rule(
        "NoSuchCloudWatchLogsLogGroup",
        "",
        Retry::Never,
        "make the log group first, in us-east-1 and in the zone's own account",
    ),
    rule(
        "QueryLoggingConfigAlreadyExists",
        "",
        Retry::NotYet,
        "somebody else just had the zone's queries logged; apply again to see where to",
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
