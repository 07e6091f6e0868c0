//! The syntax of names, and which of them AWS lower-cases: all.

use super::fault;
use crate::reply::Fault;

/// The identifier of a cluster, an instance or a snapshot.
pub(super) fn identifier(field: &str, text: &str) -> Result<String, Fault> {
    let fits = text.len() <= 63
        && text.starts_with(|first: char| first.is_ascii_alphabetic())
        && text.chars().all(|c| c.is_ascii_alphanumeric() || c == '-')
        && !text.contains("--")
        && !text.ends_with('-');
    if fits {
        Ok(text.to_lowercase())
    } else {
        Err(fault::value(format!(
            "The parameter {field} is not a valid identifier. Identifiers must begin with a \
             letter; must contain only ASCII letters, digits, and hyphens; and must not end with \
             a hyphen or contain two consecutive hyphens."
        )))
    }
}

/// The identifier of a new global cluster.
pub(super) fn global(text: &str) -> Result<String, Fault> {
    let fits = text.len() <= 255
        && text.starts_with(|first: char| first.is_ascii_alphabetic())
        && text.chars().all(|c| c.is_ascii_alphanumeric() || "-:._".contains(c));
    if fits { Ok(text.to_lowercase()) } else { Err(bad("GlobalClusterIdentifier", text)) }
}

/// The name of a DB subnet group.
pub(super) fn subnet_group(text: &str) -> Result<String, Fault> {
    let fits =
        text.len() <= 255 && text.chars().all(|c| c.is_ascii_alphanumeric() || "._- ".contains(c));
    if !fits {
        return Err(bad("DBSubnetGroupName", text));
    }
    if text.eq_ignore_ascii_case("default") {
        return Err(fault::value("The DBSubnetGroupName default is reserved."));
    }
    Ok(text.to_lowercase())
}

/// The name of a DB cluster parameter group.
pub(super) fn parameter_group(text: &str) -> Result<String, Fault> {
    let fits = text.len() <= 255
        && text.starts_with(|first: char| first.is_ascii_alphabetic())
        && text.chars().all(|c| c.is_ascii_alphanumeric() || c == '-')
        && !text.contains("--")
        && !text.ends_with('-');
    if fits { Ok(text.to_lowercase()) } else { Err(bad("DBClusterParameterGroupName", text)) }
}

fn bad(field: &str, text: &str) -> Fault {
    fault::value(format!("Invalid value for {field}: {text}"))
}

/// A master password: 8 to 41 printable ASCII characters, some excepted.
pub(super) fn password(text: &str) -> Result<(), Fault> {
    if !(8..=41).contains(&text.len()) {
        return Err(fault::value(
            "The parameter MasterUserPassword is not a valid password because it must be between \
             8 and 41 characters long.",
        ));
    }
    if text.chars().any(|c| !c.is_ascii_graphic() || "/@\"".contains(c)) {
        return Err(fault::value(
            "The parameter MasterUserPassword is not a valid password. Only printable ASCII \
             characters besides '/', '@', '\"', ' ' may be used.",
        ));
    }
    Ok(())
}
