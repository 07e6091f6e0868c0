//! How AWS services are called as principals.

use std::collections::BTreeSet;

use crate::region::{Region, UnknownRegion};

const SUFFIX: &str = ".amazonaws.com";

/// A service principal, taken apart.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct ServiceName<'n> {
    /// `logs`, `delivery.logs`.
    pub(super) service: &'n str,
    /// The region in it, where it has something that looks like one.
    pub(super) region: Option<Result<Region, UnknownRegion>>,
}

impl<'n> ServiceName<'n> {
    /// Of `logs.amazonaws.com`, `logs.me-south-1.amazonaws.com`.
    pub(super) fn of(principal: &'n str) -> Option<Self> {
        let name = principal.strip_suffix(SUFFIX)?;
        Some(match name.rsplit_once('.') {
            Some((service, code)) if is_code(code) => Self { service, region: Some(code.parse()) },
            // The parts of other names are the services' own: `delivery.logs`.
            _ => Self { service: name, region: None },
        })
    }
}

/// Whether it is written as AWS writes codes of regions: `us-east-1`, `us-gov-west-1`.
fn is_code(text: &str) -> bool {
    let parts: Vec<&str> = text.split('-').collect();
    let [area, directions @ .., number] = &*parts else { return false };
    let is_word = |part: &str| !part.is_empty() && part.bytes().all(|it| it.is_ascii_lowercase());
    area.len() == 2
        && is_word(area)
        && !directions.is_empty()
        && directions.iter().all(|part| is_word(part))
        && !number.is_empty()
        && number.bytes().all(|it| it.is_ascii_digit())
}

/// The service without what every principal ends with.
pub(super) fn short(service: &str) -> &str {
    service.strip_suffix(SUFFIX).unwrap_or(service)
}

/// What a service is called in one region.
pub(super) fn in_region(service: &str, region: Region) -> String {
    format!("{service}.{region}{SUFFIX}")
}

/// What a service is called in these regions: first as in those that every account has.
pub(super) fn across(service: &str, regions: impl IntoIterator<Item = Region>) -> Vec<String> {
    let (opt_in, always): (BTreeSet<Region>, BTreeSet<Region>) =
        regions.into_iter().partition(|region| region.is_opt_in());
    let plain = (!always.is_empty()).then(|| format!("{service}{SUFFIX}"));
    plain.into_iter().chain(opt_in.into_iter().map(|it| in_region(service, it))).collect()
}

#[cfg(test)]
mod tests {
    use expect_test::expect;

    use super::ServiceName;

    #[test]
    fn principals_are_taken_apart() {
        let mut found = String::new();
        for principal in [
            "logs.amazonaws.com",
            "logs.me-south-1.amazonaws.com",
            "logs.me-south-9.amazonaws.com",
            "logs.us-gov-west-1.amazonaws.com",
            "delivery.logs.amazonaws.com",
            "delivery.logs.eu-south-2.amazonaws.com",
            "ops.apigateway.amazonaws.com",
            "s3.data-source-2x.amazonaws.com",
            "a.ec2-1.amazonaws.com",
            "a.us--1.amazonaws.com",
            "me-south-1.amazonaws.com",
            "ec2.amazonaws.com.cn",
            "ec2.cn-north-1.amazonaws.com.cn",
            "example.com",
            "*",
        ] {
            let taken = match ServiceName::of(principal) {
                None => "none".to_owned(),
                Some(ServiceName { service, region: None }) => service.to_owned(),
                Some(ServiceName { service, region: Some(Ok(region)) }) => {
                    format!("{service} in {region}")
                }
                Some(ServiceName { service, region: Some(Err(wrong)) }) => {
                    format!("{service}, {wrong}")
                }
            };
            found += &format!("{principal}: {taken}\n");
        }
        expect![[r#"
            logs.amazonaws.com: logs
            logs.me-south-1.amazonaws.com: logs in me-south-1
            logs.me-south-9.amazonaws.com: logs, 'me-south-9' is not an AWS region (expected a code such as us-east-1)
            logs.us-gov-west-1.amazonaws.com: logs, 'us-gov-west-1' is not an AWS region (expected a code such as us-east-1)
            delivery.logs.amazonaws.com: delivery.logs
            delivery.logs.eu-south-2.amazonaws.com: delivery.logs in eu-south-2
            ops.apigateway.amazonaws.com: ops.apigateway
            s3.data-source-2x.amazonaws.com: s3.data-source-2x
            a.ec2-1.amazonaws.com: a.ec2-1
            a.us--1.amazonaws.com: a.us--1
            me-south-1.amazonaws.com: me-south-1
            ec2.amazonaws.com.cn: none
            ec2.cn-north-1.amazonaws.com.cn: none
            example.com: none
            *: none
        "#]].assert_eq(&found);
    }
}
