//! The network, the certificate and the trust store that every region of a new world has.
//!
//! The ids are functions of the region's name, so that a program can use them as defaults.
//! `elbv2` and `rds` know the subnets and the security group, `acm` knows the certificate, `elbv2`
//! the trust store. The
//! aliases of AWS's own keys are known to `kms`.

use sha2::{Digest, Sha256};

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

/// A trust store that knows whose certificates clients may show.
pub fn trust_store_arn(account: &str, region: &str) -> String {
    let hex = hex("trust-store", &format!("{account} {region}"));
    format!("arn:aws:elasticloadbalancing:{region}:{account}:truststore/clients/{}", &hex[..16])
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

#[cfg(test)]
mod tests {
    use expect_test::expect;

    use super::*;

    #[test]
    fn ids_are_functions_of_the_region() {
        let region = |region| {
            format!(
                "{}\n{}\n{}\n{}\n{}\n",
                vpc_id(region),
                subnet_ids(region).join(" "),
                security_group_id(region),
                certificate_arn("111122223333", region),
                trust_store_arn("111122223333", region)
            )
        };
        // Frozen: programs have them as defaults, and snapshots hold them.
        expect![[r#"
            vpc-07fd2334857879d8e
            subnet-03c40c6aec17dedad subnet-072b4ef94f74c9243 subnet-0f0998c2cd9fa6dca
            sg-017203d924c25dfbc
            arn:aws:acm:us-east-1:111122223333:certificate/1774fa46-a7ab-8b93-e513-9784c34e0e6f
            arn:aws:elasticloadbalancing:us-east-1:111122223333:truststore/clients/418f2da78ddee997
        "#]]
        .assert_eq(&region("us-east-1"));
        expect![[r#"
            vpc-06c9acc509272df4d
            subnet-07926b48b4e72ab3a subnet-04a4b672916c45f56 subnet-010c23289454062c3
            sg-0bb28bdedd7893996
            arn:aws:acm:ap-south-1:111122223333:certificate/5c1c1da4-4955-c6e0-9cc4-591bd1ad4643
            arn:aws:elasticloadbalancing:ap-south-1:111122223333:truststore/clients/a06a41b54206b624
        "#]]
        .assert_eq(&region("ap-south-1"));
    }

    #[test]
    fn a_subnet_is_known_in_its_own_region() {
        let [_, b, _] = subnet_ids("eu-west-1");
        assert_eq!(subnet_zone("eu-west-1", &b).as_deref(), Some("eu-west-1b"));
        assert_eq!(subnet_zone("us-east-1", &b), None);
    }
}
