//! The keys that AWS makes for its own services: `alias/aws/rds` and its like.

use sha2::{Digest, Sha256};

const SERVICES: [&str; 5] = ["dynamodb", "ebs", "rds", "s3", "secretsmanager"];

/// The services that have a key of their own.
pub(super) fn services() -> impl Iterator<Item = &'static str> {
    SERVICES.into_iter()
}

/// The service of an alias `alias/aws/…`.
pub(super) fn service(alias: &str) -> Option<&'static str> {
    let name = alias.strip_prefix("alias/aws/")?;
    services().find(|service| *service == name)
}

/// The id of the key: the same whenever it is asked for, another in every account and region.
pub(super) fn id(account: &str, region: &str, service: &str) -> String {
    let digest = Sha256::digest(format!("bicoastal-local kms {account} {region} {service}"));
    let hex: String = digest.iter().take(16).map(|byte| format!("{byte:02x}")).collect();
    format!("{}-{}-{}-{}-{}", &hex[..8], &hex[8..12], &hex[12..16], &hex[16..20], &hex[20..])
}

/// What AWS writes into the description.
pub(super) fn description(service: &str) -> String {
    let what = match service {
        "dynamodb" => "DynamoDB",
        "ebs" => "EBS volumes",
        "rds" => "RDS data",
        "s3" => "S3 objects",
        _ => "secrets",
    };
    format!("Default key that protects my {what} when no other key is defined")
}
