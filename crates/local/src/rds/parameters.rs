//! The engine parameters that are known by name: how each is applied, and what it is by default.

use super::fault;
use crate::reply::Fault;

/// A parameter of a cluster parameter group.
pub(super) struct Known {
    pub(super) name: &'static str,
    /// Takes effect without a reboot.
    pub(super) dynamic: bool,
    pub(super) data_type: &'static str,
    /// A range `a-b`, or words with commas between; empty where anything goes.
    pub(super) allowed: &'static str,
    pub(super) default: Option<&'static str>,
}

const fn known(
    name: &'static str,
    dynamic: bool,
    data_type: &'static str,
    allowed: &'static str,
    default: Option<&'static str>,
) -> Known {
    Known { name, dynamic, data_type, allowed, default }
}

const POSTGRESQL: [Known; 22] = [
    known(
        "apg_write_forward.consistency_mode",
        true,
        "string",
        "SESSION,EVENTUAL,GLOBAL,OFF",
        Some("SESSION"),
    ),
    known("autovacuum", true, "boolean", "0,1", Some("1")),
    known("default_statistics_target", true, "integer", "1-10000", Some("100")),
    known("idle_in_transaction_session_timeout", true, "integer", "0-2147483647", Some("86400000")),
    known("log_connections", true, "boolean", "0,1", None),
    known("log_min_duration_statement", true, "integer", "-1-2147483647", None),
    known("log_statement", true, "string", "none,ddl,mod,all", None),
    known("maintenance_work_mem", true, "integer", "1024-2147483647", None),
    known("max_connections", false, "integer", "6-262143", None),
    known("max_replication_slots", false, "integer", "5-1000", Some("20")),
    known("max_wal_senders", false, "integer", "5-1000", Some("20")),
    known("max_worker_processes", false, "integer", "0-262143", None),
    known("pg_stat_statements.track", true, "string", "none,top,all", Some("top")),
    known("random_page_cost", true, "float", "0-1.79769e+308", Some("4")),
    known("rds.force_ssl", true, "boolean", "0,1", Some("1")),
    known("rds.global_db_rpo", true, "integer", "20-2147483647", Some("-1")),
    known("rds.logical_replication", false, "boolean", "0,1", Some("0")),
    known("shared_buffers", false, "integer", "16-1073741823", None),
    known("shared_preload_libraries", false, "list", "", Some("pg_stat_statements")),
    known("statement_timeout", true, "integer", "0-2147483647", Some("0")),
    known("timezone", true, "string", "", Some("UTC")),
    known("work_mem", true, "integer", "64-2147483647", None),
];

const MYSQL: [Known; 20] = [
    known("aurora_replica_read_consistency", true, "string", "EVENTUAL,SESSION,GLOBAL", None),
    known("binlog_format", false, "string", "ROW,STATEMENT,MIXED,OFF", Some("OFF")),
    known("character_set_client", true, "string", "", None),
    known("character_set_database", true, "string", "", None),
    known("character_set_server", true, "string", "", None),
    known("collation_server", true, "string", "", None),
    known("event_scheduler", true, "string", "ON,OFF", Some("ON")),
    known("general_log", true, "boolean", "0,1", None),
    known("innodb_lock_wait_timeout", true, "integer", "1-1073741824", Some("50")),
    known("innodb_print_all_deadlocks", true, "boolean", "0,1", Some("0")),
    known("long_query_time", true, "float", "0-31536000", Some("10")),
    known("lower_case_table_names", false, "integer", "0-1", Some("0")),
    known("max_allowed_packet", true, "integer", "1024-1073741824", None),
    known("max_connections", true, "integer", "1-16000", None),
    known("require_secure_transport", true, "string", "ON,OFF", Some("OFF")),
    known("server_audit_logging", true, "boolean", "0,1", Some("0")),
    known("slow_query_log", true, "boolean", "0,1", None),
    known("time_zone", true, "string", "", Some("UTC")),
    known("tls_version", false, "list", "", None),
    known("wait_timeout", true, "integer", "1-31536000", Some("28800")),
];

/// The parameters of a family.
pub(super) fn of_family(family: &str) -> &'static [Known] {
    if family.starts_with("aurora-postgresql") { &POSTGRESQL } else { &MYSQL }
}

/// The parameter of this name, if it is one of those known. The engines have hundreds more;
/// those are taken as dynamic texts, because a refusal of what AWS takes would be worse here
/// than a typing error found later.
pub(super) fn find(family: &str, name: &str) -> Option<&'static Known> {
    of_family(family).iter().find(|known| known.name == name)
}

/// A value as AWS stores it: numbers in their shortest form.
pub(super) fn normalised(known: &Known, value: &str) -> Result<String, Fault> {
    let refused = || {
        fault::value(format!(
            "Invalid parameter value: {value} for: {} allowed values are: {}",
            known.name, known.allowed
        ))
    };
    // Formulas over the instance class, `{DBInstanceClassMemory/9531392}` or `LEAST(…)`, are opaque.
    if value.contains(['{', '(']) {
        return Ok(value.to_owned());
    }
    match known.data_type {
        "integer" => {
            let number: i64 = value.trim().parse().map_err(|_| refused())?;
            let inside = range(known.allowed)
                .is_none_or(|(low, high)| (low..=high).contains(&(number as f64)));
            let default = known.default == Some(number.to_string().as_str());
            if inside || default { Ok(number.to_string()) } else { Err(refused()) }
        }
        "float" => {
            let number: f64 = value.trim().parse().map_err(|_| refused())?;
            let inside =
                range(known.allowed).is_none_or(|(low, high)| (low..=high).contains(&number));
            if inside { Ok(number.to_string()) } else { Err(refused()) }
        }
        "list" => Ok(value.to_owned()),
        _ if known.allowed.is_empty() => Ok(value.to_owned()),
        _ => known
            .allowed
            .split(',')
            .find(|word| word.eq_ignore_ascii_case(value))
            .map(ToOwned::to_owned)
            .ok_or_else(refused),
    }
}

/// `a-b`, where a may be negative.
fn range(allowed: &str) -> Option<(f64, f64)> {
    let at = allowed[1..].find('-')? + 1;
    Some((allowed[..at].parse().ok()?, allowed[at + 1..].parse().ok()?))
}
