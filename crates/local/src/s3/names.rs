//! Which bucket names S3 takes.

use crate::reply::Fault;

const PREFIXES: &[&str] = &["xn--", "sthree-", "amzn-s3-demo-"];
const SUFFIXES: &[&str] = &["-s3alias", "--ol-s3", "--x-s3", ".mrap", "--table-s3"];

/// Refuses names that no bucket can have.
pub(super) fn check(name: &str) -> Result<(), Fault> {
    let edge = |byte: Option<&u8>| {
        byte.is_some_and(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit())
    };
    let bytes = name.as_bytes();
    let inner =
        |byte: &u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || b".-".contains(byte);
    let valid = (3..=63).contains(&bytes.len())
        && edge(bytes.first())
        && edge(bytes.last())
        && bytes.iter().all(inner)
        && !name.contains("..")
        && name.parse::<std::net::Ipv4Addr>().is_err()
        && !PREFIXES.iter().any(|prefix| name.starts_with(prefix))
        && !SUFFIXES.iter().any(|suffix| name.ends_with(suffix));
    if valid { Ok(()) } else { Err(invalid(name)) }
}

/// Whether a name has the form that is kept to account-regional namespaces: `…-ACCOUNT-REGION-an`.
pub(super) fn is_account_regional(name: &str) -> bool {
    let Some(rest) = name.strip_suffix("-an") else { return false };
    let is_account = |part: &&str| part.len() == 12 && part.bytes().all(|it| it.is_ascii_digit());
    let parts: Vec<&str> = rest.split('-').collect();
    // A region's code has three parts at least: `us-east-1`, `us-gov-west-1`.
    parts.iter().rposition(is_account).is_some_and(|at| {
        at > 0 && parts.len() - at > 3 && parts.last().is_some_and(|it| it.parse::<u8>().is_ok())
    })
}

pub(super) fn invalid(name: &str) -> Fault {
    Fault::new(400, "InvalidBucketName", "The specified bucket is not valid.")
        .detail("BucketName", name)
}
