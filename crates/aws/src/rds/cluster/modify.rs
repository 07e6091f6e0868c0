//! What one ModifyDBCluster carries.

use std::collections::BTreeMap;

use bicoastal_model::Secret;
use serde_json::{Value, json};

use super::DbCluster;
use super::read::{Facts, Role};
use crate::kind::{Turn, TurnGoal};
use crate::rds::engine::major;

/// A modification: the properties to set, by name.
#[derive(Clone, Debug, PartialEq)]
pub struct Modification {
    pub(super) set: BTreeMap<&'static str, Value>,
    /// The new password of the master user.
    pub(super) password: Option<Secret>,
    /// Logs that go to CloudWatch from now on, and that no longer do.
    pub(super) logs: (Vec<String>, Vec<String>),
    /// At once, or in the maintenance window.
    pub(super) immediately: bool,
}

/// What a property goes back to when nothing is said of it any more. A property that is not here
/// stays as it is.
fn unset(field: &str, facts: &Facts, engine: &str) -> Option<Value> {
    Some(match field {
        "parameter_group" => {
            json!(format!("default.{engine}{}", major(&facts.version)))
        }
        "storage_type" => json!("aurora"),
        "backup_retention_days" => json!(1),
        "backtrack_window_seconds" | "monitoring_interval" => json!(0),
        "network_type" => json!("IPV4"),
        "domain" => json!({ "id": "none" }),
        "database_insights" => json!("standard"),
        "deletion_protection"
        | "copy_tags_to_snapshot"
        | "iam_authentication"
        | "global_write_forwarding"
        | "local_write_forwarding"
        | "manage_master_password"
        | "performance_insights" => json!(false),
        _ => return None,
    })
}

/// Whether a new major version waits for the maintenance window.
fn upgrade_waits(turn: &Turn<'_, DbCluster>, facts: &Facts) -> bool {
    let next = turn.seen.and_then(|seen| seen.props["engine_version"].as_str());
    next.is_some_and(|next| major(next) != major(&facts.version))
}

const MODIFIABLE: &[&str] = &[
    "backtrack_window_seconds",
    "backup_retention_days",
    "backup_window",
    "copy_tags_to_snapshot",
    "database_insights",
    "deletion_protection",
    "domain",
    "engine_version",
    "global_write_forwarding",
    "iam_authentication",
    "local_write_forwarding",
    "maintenance_window",
    "manage_master_password",
    "master_secret_key",
    "monitoring_interval",
    "monitoring_role",
    "network_type",
    "parameter_group",
    "performance_insights",
    "performance_insights_key",
    "performance_insights_retention_days",
    "port",
    "security_group_ids",
    "serverless_scaling",
    "storage_type",
];

/// The modification that a turn asks for, if it asks for one.
pub(super) fn modification(
    turn: &Turn<'_, DbCluster>,
    wanted: &DbCluster,
    facts: &Facts,
) -> Option<Modification> {
    let TurnGoal::Present { props, .. } = &turn.goal else { return None };
    let mut set = BTreeMap::new();
    for field in MODIFIABLE.iter().filter(|field| turn.changed(field)) {
        // The version of a member is its global cluster's to change.
        if *field == "engine_version" && facts.role != Role::Alone {
            continue;
        }
        // The new version's group went along with it; till then AWS takes none but the old one's.
        if *field == "parameter_group" && upgrade_waits(turn, facts) {
            continue;
        }
        let value = match props.get(*field) {
            None | Some(Value::Null) => unset(field, facts, wanted.engine.as_str()),
            Some(value) => Some(value.clone()),
        };
        if let Some(value) = value {
            set.insert(*field, value);
        }
    }
    // AWS takes what belongs to a setting only together with the setting.
    for (part, whole) in [
        ("performance_insights_retention_days", "performance_insights"),
        ("performance_insights_key", "performance_insights"),
    ] {
        if set.contains_key(part) && props.get(whole) == Some(&json!(true)) {
            set.insert(whole, json!(true));
        }
    }
    // A role stays where enhanced monitoring goes on; an interval is nothing without it.
    if set.contains_key("monitoring_interval")
        && let Some(role) = props.get("monitoring_role").filter(|role| !role.is_null())
    {
        set.insert("monitoring_role", role.clone());
    }
    // Secondaries have the password from the writer. Where RDS kept it until now, whoever takes it
    // back has to say what it is.
    let is_taken_back = set.get("manage_master_password") == Some(&json!(false));
    let password = wanted
        .master_password
        .clone()
        .filter(|_| turn.changed("master_password") || is_taken_back)
        .filter(|_| facts.role != Role::Secondary);
    let mut logs = (Vec::new(), Vec::new());
    if turn.changed("cloudwatch_logs") {
        let wanted = wanted.cloudwatch_logs.clone().unwrap_or_default();
        let seen: Vec<String> = turn
            .seen
            .and_then(|seen| serde_json::from_value(seen.props["cloudwatch_logs"].clone()).ok())
            .unwrap_or_default();
        logs.0.extend(wanted.iter().filter(|name| !seen.contains(name)).cloned());
        logs.1.extend(seen.into_iter().filter(|name| !wanted.contains(name)));
    }
    if set.is_empty() && password.is_none() && logs.0.is_empty() && logs.1.is_empty() {
        return None;
    }
    let immediately = wanted.wait_for_maintenance_window != Some(true);
    Some(Modification { set, password, logs, immediately })
}
