//! The network and the certificate that every region of a new world has.
//!
//! The ids are functions of the region's name, so that a program can use them as defaults.
//! Which services know them: `elbv2` and `rds` accept the subnets and the security group,
//! `acm` knows the certificate, `kms` the aliases.

use sha2::{Digest, Sha256};

/// The KMS aliases of AWS's own keys that exist in every account and region.
pub const KMS_ALIASES: [&str; 3] = ["alias/aws/dynamodb", "alias/aws/rds", "alias/aws/s3"];

/// The domain of the certificate, and of the names under it.
pub const CERTIFICATE_DOMAIN: &str = "*.naveenteja.cloud";

/// The default VPC, e.g. `vpc-` and 17 hexadecimal digits.
pub fn vpc_id(region: &str) -> String {
    format!("vpc-{}", digits("vpc", region))
}

/// The default VPC's subnets, one in each of the zones of [`zones`].
pub fn subnet_ids(region: &str) -> [String; 3] {
    zones(region).map(|zone| format!("subnet-{}", digits("subnet", &zone)))
}

/// The Availability Zones that have a default subnet: a, b and c of the region.
pub fn zones(region: &str) -> [String; 3] {
    ["a", "b", "c"].map(|zone| format!("{region}{zone}"))
}

/// The default security group of the default VPC.
pub fn security_group_id(region: &str) -> String {
    format!("sg-{}", digits("security-group", region))
}

/// An issued certificate for [`CERTIFICATE_DOMAIN`].
pub fn certificate_arn(account: &str, region: &str) -> String {
    let hex = hex("certificate", &format!("{account} {region}"));
    format!(
        "arn:aws:acm:{region}:{account}:certificate/{}-{}-{}-{}-{}",
        &hex[..8],
        &hex[8..12],
        &hex[12..16],
        &hex[16..20],
        &hex[20..32]
    )
}

/// The Availability Zone of a default subnet of this region; `None` for any other subnet.
pub fn subnet_zone(region: &str, subnet: &str) -> Option<String> {
    let at = subnet_ids(region).iter().position(|id| id == subnet)?;
    zones(region).into_iter().nth(at)
}

fn digits(kind: &str, of: &str) -> String {
    let mut hex = hex(kind, of);
    // AWS's long ids start with a zero.
    hex.truncate(16);
    format!("0{hex}")
}

fn hex(kind: &str, of: &str) -> String {
    let digest = Sha256::digest(format!("bicoastal-local seed {kind} {of}"));
    digest.iter().map(|byte| format!("{byte:02x}")).collect()
}
