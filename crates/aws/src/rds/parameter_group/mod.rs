//! DB cluster parameter groups: how the engine of a cluster is set up.

mod io;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;

use bicoastal_model::schema::{Absent, Cost, Field, OutputSpec, Risk, Schema, Shape, Tier};
use bicoastal_model::{Check, Input, Name, Regional, Resource, ScopeKind, handle};
use serde::{Deserialize, Serialize};

use super::{SERVICE, tags};

/// A DB cluster parameter group.
#[derive(Debug, Clone, Serialize, Deserialize, bon::Builder)]
pub struct DbClusterParameterGroup {
    /// Its name, unique in the region: letters, digits and single hyphens, at most 255, a letter
    /// first. RDS stores it in lower case. A generated name lets another family replace the group
    /// before the old one goes.
    #[builder(into)]
    pub name: Name,
    /// The engine and its major version: `aurora-postgresql16`, `aurora-mysql8.0`.
    #[builder(into)]
    pub family: String,
    /// What it is for. "Managed by bicoastal" where nothing is said. Only taken at creation.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[builder(into)]
    pub description: Option<String>,
    /// The parameters that are set. Those that others set stay as they are.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[builder(default, into)]
    pub parameters: Vec<Parameter>,
    /// Tags.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    #[builder(default, with = |tags: impl IntoIterator<Item = (impl Into<String>, impl Into<String>)>| crate::tags::collect(tags))]
    pub tags: BTreeMap<String, String>,
}

/// A parameter that is set.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Parameter {
    /// Its name, in lower case: `log_statement`.
    pub name: String,
    /// Its value, as text.
    pub value: String,
    /// When it takes effect.
    pub apply: ApplyMethod,
}

/// When a parameter takes effect.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum ApplyMethod {
    /// At once; only dynamic parameters can.
    #[serde(rename = "immediate")]
    Immediate,
    /// When each instance is rebooted; static parameters need that.
    #[serde(rename = "pending-reboot")]
    PendingReboot,
}

impl Parameter {
    /// A dynamic parameter, which takes effect at once.
    pub fn immediate(name: impl AsRef<str>, value: impl ToString) -> Self {
        Self::new(name.as_ref(), value.to_string(), ApplyMethod::Immediate)
    }

    /// A parameter that takes effect when an instance is rebooted.
    pub fn pending_reboot(name: impl AsRef<str>, value: impl ToString) -> Self {
        Self::new(name.as_ref(), value.to_string(), ApplyMethod::PendingReboot)
    }

    /// Names and numbers in the form in which RDS gives them back.
    fn new(name: &str, value: String, apply: ApplyMethod) -> Self {
        let value = match value.trim().parse::<i64>() {
            Ok(number) => number.to_string(),
            Err(_) => value,
        };
        Self { name: name.to_lowercase(), value, apply }
    }
}

handle! {
    /// A declared DB cluster parameter group.
    pub struct DbClusterParameterGroupHandle {
        /// Its ARN.
        arn: bicoastal_model::Arn<DbClusterParameterGroup>,
        /// Its name.
        name: String,
    }
}

const PARAMETER: &[Field] = &[
    Field::new("name").shape(Shape::CaseInsensitive),
    Field::new("value").shape(Shape::CaseInsensitive),
    Field::new("apply"),
];

static SCHEMA: Schema = Schema {
    kind: "RDS:DBClusterParameterGroup",
    service: SERVICE,
    feature: "rds",
    scope: ScopeKind::Regional,
    tier: Tier::Foundation,
    fields: &[
        Field::new("name").shape(Shape::CaseInsensitive).replaces(),
        Field::new("family").shape(Shape::CaseInsensitive).replaces(),
        Field::new("description").create_only().absent(Absent::Anything),
        Field::new("parameters").shape(Shape::Keyed { key: "name", fields: PARAMETER }),
        Field::tags(),
    ],
    outputs: &[OutputSpec::assigned("arn"), OutputSpec::property("name")],
    identity: &["name"],
    delete_risk: Risk::Safe,
    cost: Cost { create: 2, update: 1, delete: 1 },
    ..Schema::BASE
};

impl Resource for DbClusterParameterGroup {
    type Scope = Regional;
    type Handle = DbClusterParameterGroupHandle;
    const SCHEMA: &'static Schema = &SCHEMA;

    fn check(&self, check: &mut Check) {
        tags::check(&self.tags, check);
        if let Name::Fixed(Input::Known(name)) = &self.name {
            let fits = (1..=255).contains(&name.len())
                && name.starts_with(|first: char| first.is_ascii_alphabetic())
                && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '-')
                && !name.contains("--")
                && !name.ends_with('-');
            check.ensure(fits, format!("'{name}' is no name for a parameter group: it has letters, digits and single hyphens, a letter first"));
        }
        check.ensure(
            ["aurora-postgresql", "aurora-mysql"].iter().any(|engine| {
                self.family.strip_prefix(engine).is_some_and(|version| {
                    version.starts_with(|first: char| first.is_ascii_digit())
                })
            }),
            format!(
                "'{}' is no family of Aurora: expected aurora-postgresql16, aurora-mysql8.0, …",
                self.family
            ),
        );
        let mut names: Vec<&str> = self.parameters.iter().map(|it| it.name.as_str()).collect();
        names.sort_unstable();
        for pair in names.windows(2) {
            if pair[0] == pair[1] {
                check.error(format!("the parameter '{}' is set twice", pair[0]));
            }
        }
        for parameter in &self.parameters {
            check.ensure(
                parameter.name == parameter.name.to_lowercase(),
                format!("the parameter '{}' is written in lower case", parameter.name),
            );
            if parameter.name == "rds.global_db_rpo" {
                self.check_rpo(&parameter.value, check);
            }
        }
    }
}

impl DbClusterParameterGroup {
    fn check_rpo(&self, value: &str, check: &mut Check) {
        check.ensure(
            self.family.starts_with("aurora-postgresql"),
            "'rds.global_db_rpo' is a parameter of aurora-postgresql only",
        );
        check.ensure(
            value.parse::<i64>().is_ok_and(|seconds| seconds >= 20),
            format!("'rds.global_db_rpo' is 20 seconds or more, not {value}"),
        );
    }
}
