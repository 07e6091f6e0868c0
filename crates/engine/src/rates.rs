//! How fast AWS lets a service be changed: the floor under a plan's duration.

/// Mutating calls per second that a service takes for long, per account (and region where the
/// service is regional). Conservative: what is documented, else what is known to pass.
pub fn calls_per_second(service: &str) -> u32 {
    match service {
        // Five requests per second and account, documented under "Quotas" of Route 53.
        "route53" => 5,
        // Not documented; writes are throttled above about five per second and account.
        "iam" => 5,
        // Not documented; instances and clusters are taken about two per second.
        "rds" => 2,
        // Control plane: CreateTable, UpdateTable and DeleteTable share about ten per second.
        "dynamodb" => 10,
        // Not documented; the mutating calls of a region share a bucket of about ten per second.
        "elasticloadbalancing" => 10,
        // Bucket operations: CreateBucket and the sub-configurations, about ten per second.
        "s3" => 10,
        // CreateKey and CreateAlias: five per second, documented under "Request quotas" of KMS.
        "kms" => 5,
        _ => 5,
    }
}

/// The least milliseconds that this many calls of a service take.
pub fn floor_ms(service: &str, calls: u32) -> u64 {
    // The first call waits for nothing.
    u64::from(calls.saturating_sub(1)) * 1000 / u64::from(calls_per_second(service))
}
