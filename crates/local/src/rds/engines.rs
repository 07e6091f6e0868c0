//! The engines and their versions.

use super::fault;
use crate::reply::Fault;

/// An Aurora engine.
pub(super) struct Engine {
    pub(super) name: &'static str,
    pub(super) description: &'static str,
    pub(super) port: i64,
    /// Full versions, oldest first.
    pub(super) versions: &'static [&'static str],
    /// The version that a bare major version, or none, means: the first of these is the engine's.
    defaults: &'static [&'static str],
    pub(super) logs: &'static [&'static str],
    pub(super) license: &'static str,
}

pub(super) const ENGINES: [Engine; 2] = [
    Engine {
        name: "aurora-mysql",
        description: "Aurora MySQL",
        port: 3306,
        versions: &[
            "8.0.mysql_aurora.3.04.0",
            "8.0.mysql_aurora.3.04.1",
            "8.0.mysql_aurora.3.04.2",
            "8.0.mysql_aurora.3.04.3",
            "8.0.mysql_aurora.3.05.2",
            "8.0.mysql_aurora.3.06.1",
            "8.0.mysql_aurora.3.07.1",
            "8.0.mysql_aurora.3.08.0",
            "8.0.mysql_aurora.3.08.1",
            "8.0.mysql_aurora.3.08.2",
            "8.0.mysql_aurora.3.09.0",
            "8.0.mysql_aurora.3.10.0",
            "8.0.mysql_aurora.3.10.1",
        ],
        defaults: &["8.0.mysql_aurora.3.08.2"],
        logs: &["audit", "error", "general", "iam-db-auth-error", "instance", "slowquery"],
        license: "general-public-license",
    },
    Engine {
        name: "aurora-postgresql",
        description: "Aurora (PostgreSQL)",
        port: 5432,
        versions: &[
            "14.9", "14.15", "14.17", "14.18", "15.4", "15.5", "15.6", "15.7", "15.8", "15.10",
            "15.12", "15.13", "16.1", "16.2", "16.3", "16.4", "16.6", "16.8", "16.9", "16.10",
            "17.4", "17.5", "17.6", "17.7",
        ],
        defaults: &["16.8", "14.17", "15.12", "17.5"],
        logs: &["iam-db-auth-error", "instance", "postgresql"],
        license: "postgresql-license",
    },
];

/// The engine of this name.
pub(super) fn engine(name: &str) -> Result<&'static Engine, Fault> {
    ENGINES
        .iter()
        .find(|engine| engine.name == name)
        .ok_or_else(|| fault::value(format!("Invalid DB engine: {name}")))
}

impl Engine {
    /// The full version that a request means: the version itself, or a major version, or nothing.
    pub(super) fn version(&self, asked: Option<&str>) -> Result<&'static str, Fault> {
        let found = match asked {
            None => self.defaults.first(),
            Some(asked) => self
                .versions
                .iter()
                .find(|version| **version == asked)
                .or_else(|| self.defaults.iter().find(|version| major(version) == asked)),
        };
        found.copied().ok_or_else(|| {
            fault::combination(format!(
                "Cannot find version {} for {}",
                asked.unwrap_or_default(),
                self.name
            ))
        })
    }

    pub(super) fn is_default(&self, version: &str) -> bool {
        self.defaults.contains(&version)
    }

    /// The parameter group family of a version, e.g. `aurora-postgresql16`.
    pub(super) fn family(&self, version: &str) -> String {
        format!("{}{}", self.name, major(version))
    }

    pub(super) fn families(&self) -> Vec<String> {
        let mut families: Vec<String> = self.versions.iter().map(|v| self.family(v)).collect();
        families.dedup();
        families
    }
}

/// `16` of `16.8`, `8.0` of `8.0.mysql_aurora.3.08.2`.
pub(super) fn major(version: &str) -> &str {
    match version.find(".mysql_aurora.") {
        Some(at) => &version[..at],
        None => version.split('.').next().unwrap_or(version),
    }
}

/// Whether `version` is newer than `than`, number by number.
pub(super) fn newer(version: &str, than: &str) -> bool {
    let numbers = |text: &str| -> Vec<u64> {
        text.split(|c: char| !c.is_ascii_digit()).filter_map(|part| part.parse().ok()).collect()
    };
    numbers(version) > numbers(than)
}

/// Whether there are parameter groups of this family.
pub(super) fn family_exists(family: &str) -> bool {
    ENGINES.iter().any(|engine| engine.families().iter().any(|name| name == family))
}
