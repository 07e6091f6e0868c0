//! The engines of Aurora.

use serde::{Deserialize, Serialize};

/// An Aurora engine.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Engine {
    /// Aurora MySQL.
    #[serde(rename = "aurora-mysql")]
    AuroraMysql,
    /// Aurora PostgreSQL.
    #[serde(rename = "aurora-postgresql")]
    AuroraPostgresql,
}

impl Engine {
    /// AWS's name for it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::AuroraMysql => "aurora-mysql",
            Self::AuroraPostgresql => "aurora-postgresql",
        }
    }

    /// The parameter group family of a version: `aurora-postgresql16` for `16.8`. `None` where
    /// the version does not say its major version.
    pub fn family(self, version: &str) -> Option<String> {
        let major = major(version);
        (!major.is_empty()).then(|| format!("{}{major}", self.as_str()))
    }
}

/// Whether a version is supported for pay after the community has ended its support. A cost that
/// AWS switches on by default.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum LifecycleSupport {
    /// AWS keeps supporting the version, and charges for it.
    #[serde(rename = "open-source-rds-extended-support")]
    Extended,
    /// AWS upgrades the version when its standard support ends.
    #[serde(rename = "open-source-rds-extended-support-disabled")]
    Standard,
}

impl LifecycleSupport {
    /// AWS's name for it.
    pub(super) const fn as_str(self) -> &'static str {
        match self {
            Self::Extended => "open-source-rds-extended-support",
            Self::Standard => "open-source-rds-extended-support-disabled",
        }
    }
}

/// `16` of `16.8` and of `16`; `8.0` of `8.0.mysql_aurora.3.08.2` and of `8.0`.
pub(super) fn major(version: &str) -> &str {
    let parts = if version.starts_with("8.") { 2 } else { 1 };
    match version.match_indices('.').nth(parts - 1) {
        Some((at, _)) => &version[..at],
        None => version,
    }
}

/// Whether `seen` is the version that the program means: the same, or one of that major version.
pub(super) fn is_version(wanted: &str, seen: &str) -> bool {
    seen.strip_prefix(wanted).is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
}

/// Whether `version` is older than `than`, number by number.
pub(super) fn older(version: &str, than: &str) -> bool {
    let numbers = |text: &str| -> Vec<u64> {
        text.split(|c: char| !c.is_ascii_digit()).filter_map(|part| part.parse().ok()).collect()
    };
    let (version, than) = (numbers(version), numbers(than));
    // A bare major version is not older than its own minors.
    let common = version.len().min(than.len());
    version[..common] < than[..common]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions() {
        for (version, expected) in
            [("16.8", "16"), ("16", "16"), ("8.0.mysql_aurora.3.08.2", "8.0"), ("8.0", "8.0")]
        {
            assert_eq!(major(version), expected);
        }
        assert!(is_version("16", "16.8") && is_version("16.8", "16.8"));
        assert!(!is_version("16.8", "16.10") && !is_version("1", "16.8"));
        assert!(older("16.8", "16.10") && older("15", "16.8") && older("15.12", "16"));
        assert!(!older("16", "16.8") && !older("16.8", "16.8") && !older("17.4", "16.8"));
        assert_eq!(Engine::AuroraMysql.family("8.0").as_deref(), Some("aurora-mysql8.0"));
    }
}
