//! What is wrong with one resource.

use bicoastal_model::Check;

use super::windows::windows;
use crate::rds::cluster::{
    DatabaseInsights, DbCluster, FinalSnapshot, PointInTime, RestoreFrom, time,
};
use crate::rds::engine::Engine;
use crate::rds::instance::DbInstance;
use crate::rds::listing::region_of;

/// A name of at most 63 letters, digits and single hyphens, a letter first.
pub(in crate::rds) fn identifier(check: &mut Check, what: &str, name: &str) {
    let fits = (1..=63).contains(&name.len())
        && name.starts_with(|first: char| first.is_ascii_alphabetic())
        && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '-')
        && !name.contains("--")
        && !name.ends_with('-');
    check.ensure(fits, format!("'{name}' is no name for {what}: it has at most 63 letters, digits and single hyphens, a letter first"));
}

pub(in crate::rds) fn cluster(cluster: &DbCluster, check: &mut Check) {
    if let Some(name) = cluster.identifier.known() {
        identifier(check, "a DB cluster", name);
    }
    match (&cluster.restore_from, &cluster.global) {
        (Some(from), _) => restored(cluster, from, check),
        (None, Some(_)) => in_global(cluster, check),
        (None, None) => on_its_own(cluster, check),
    }
    if let Some(password) = &cluster.master_password {
        let text = password.expose();
        check.ensure((8..=41).contains(&text.len()), "the master password has 8 to 41 characters");
        check.ensure(
            !text.chars().any(|c| !c.is_ascii_graphic() || "/@\"".contains(c)),
            "the master password has printable ASCII characters without '/', '@', '\"' and spaces",
        );
    }
    if let Some(key) = cluster.kms_key.as_ref().and_then(|key| key.known()) {
        let key = key.as_str();
        match region_of(key) {
            None => check.error_with_hint(
                format!("'{key}' is no ARN of a key"),
                "RDS gives back the ARN, so an alias would always differ: look the key up",
            ),
            Some(region) if check.region().is_some_and(|own| own != region) => check.error(
                format!("the key is one of {region}: a cluster is encrypted with a key of its own region"),
            ),
            Some(_) => {}
        }
        check.ensure(
            cluster.storage_encrypted != Some(false),
            "it has a key, and is not to be encrypted",
        );
    }
    if let Some(days) = cluster.backup_retention_days {
        check.ensure(
            (1..=35).contains(&days),
            format!("backups are kept for 1 to 35 days, not {days}"),
        );
    }
    windows(cluster.backup_window.as_deref(), cluster.maintenance_window.as_deref(), check);
    if let Some(zones) = &cluster.availability_zones {
        check.ensure(zones.len() <= 3, "a cluster's storage is in at most three zones");
    }
    if let Some(scaling) = &cluster.serverless_scaling {
        let step = |acu: f64| (0.0..=256.0).contains(&acu) && (acu * 2.0).fract() == 0.0;
        check.ensure(
            step(scaling.min) && step(scaling.max) && scaling.max >= 1.0 && scaling.min <= scaling.max,
            format!("serverless capacities go from 0 to 256 in steps of 0.5, the most at least 1, not {} to {}", scaling.min, scaling.max),
        );
    }
    password_owner(cluster, check);
    monitoring(cluster.monitoring_interval, cluster.monitoring_role.is_some(), check);
    insights(
        cluster.performance_insights,
        cluster.performance_insights_retention_days,
        cluster.performance_insights_key.is_some(),
        check,
    );
    if cluster.database_insights == Some(DatabaseInsights::Advanced) {
        check.ensure(
            cluster.performance_insights == Some(true)
                && cluster.performance_insights_retention_days.is_some_and(|days| days >= 465),
            "advanced Database Insights need Performance Insights that keeps at least 465 days",
        );
    }
    if cluster.backtrack_window_seconds.unwrap_or(0) > 0 {
        check.ensure(
            cluster.engine == Engine::AuroraMysql,
            "only Aurora MySQL can be wound back (backtrack_window_seconds)",
        );
    }
    if let FinalSnapshot::Named(name) = &cluster.final_snapshot {
        identifier(check, "a final snapshot", name);
    }
}

/// Either the program has the master user's password, or RDS has.
fn password_owner(cluster: &DbCluster, check: &mut Check) {
    let managed = cluster.manage_master_password == Some(true);
    check.ensure(
        !managed || cluster.master_password.is_none(),
        "the master password is either given or left to RDS (manage_master_password), not both",
    );
    check.ensure(
        managed || cluster.master_secret_key.is_none(),
        "master_secret_key is for passwords that RDS keeps (manage_master_password)",
    );
    check.ensure(
        !managed || cluster.global.is_none(),
        "RDS keeps no passwords of global databases (manage_master_password)",
    );
}

fn monitoring(interval: Option<u8>, role: bool, check: &mut Check) {
    let interval = interval.unwrap_or(0);
    check.ensure(
        [0, 1, 5, 10, 15, 30, 60].contains(&interval),
        format!("enhanced monitoring reads every 1, 5, 10, 15, 30 or 60 seconds, not {interval}"),
    );
    check.ensure((interval > 0) == role, "enhanced monitoring needs both an interval and a role");
}

fn insights(on: Option<bool>, days: Option<u16>, key: bool, check: &mut Check) {
    check.ensure(
        on == Some(true) || (days.is_none() && !key),
        "performance_insights_… is for databases with performance_insights(true)",
    );
    let fits = |days: u16| {
        days == 7 || days == 731 || (days.is_multiple_of(31) && (31..=713).contains(&days))
    };
    check.ensure(
        days.is_none_or(fits),
        "Performance Insights keeps 7 days, a multiple of 31 up to 713, or 731",
    );
}

fn in_global(cluster: &DbCluster, check: &mut Check) {
    if cluster.engine_version.is_some() {
        check.error_with_hint(
            "the version of a member of a global database is the global cluster's",
            "give it to the GlobalCluster",
        );
    }
    check.ensure(
        cluster.backtrack_window_seconds.unwrap_or(0) == 0,
        "clusters of a global database can't be wound back (backtrack_window_seconds)",
    );
    if cluster.initial_writer == Some(true) {
        credentials(cluster, check, "the initial writer of a global database");
    }
}

/// The builder does not let these be said; properties from elsewhere are held to it here.
fn restored(cluster: &DbCluster, from: &RestoreFrom, check: &mut Check) {
    for (field, said) in [
        ("database_name", cluster.database_name.is_some()),
        ("global", cluster.global.is_some()),
        ("initial_writer", cluster.initial_writer.is_some()),
        ("master_username", cluster.master_username.is_some()),
        ("storage_encrypted", cluster.storage_encrypted.is_some()),
    ] {
        check.ensure(!said, format!("'{field}' comes with the data that are restored"));
    }
    check.ensure(
        cluster.global_write_forwarding != Some(true),
        "only a member of a global database passes writes on (global_write_forwarding)",
    );
    match from {
        RestoreFrom::Snapshot(name) => {
            let arn = name.known().filter(|name| name.starts_with("arn:"));
            let elsewhere = arn.and_then(|arn| region_of(arn)).zip(check.region());
            if let Some((of, own)) = elsewhere.filter(|(of, own)| of != own) {
                check.error_with_hint(
                    format!("the snapshot is one of {of}, and the cluster is to be in {own}"),
                    "copy the snapshot first: CopyDBClusterSnapshot",
                );
            }
        }
        RestoreFrom::PointInTime { time: when, .. } => {
            check.ensure(
                cluster.availability_zones.is_none(),
                "availability_zones can't be chosen where a cluster is restored to a point in time",
            );
            if let PointInTime::At(at) = when {
                check.ensure(
                    time(at).is_some(),
                    format!("'{at}' is no time: expected 2026-01-31T23:59:59Z, in UTC"),
                );
            }
        }
    }
}

fn on_its_own(cluster: &DbCluster, check: &mut Check) {
    credentials(cluster, check, "a cluster");
    check.ensure(
        cluster.initial_writer.is_none(),
        "only a member of a global database can be its initial writer",
    );
    check.ensure(
        cluster.global_write_forwarding != Some(true),
        "only a member of a global database passes writes on (global_write_forwarding)",
    );
}

fn credentials(cluster: &DbCluster, check: &mut Check, what: &str) {
    check.ensure(
        cluster.master_username.is_some()
            && (cluster.master_password.is_some() || cluster.manage_master_password == Some(true)),
        format!("{what} is made with a master user and its password"),
    );
}

pub(in crate::rds) fn instance(instance: &DbInstance, check: &mut Check) {
    if let Some(name) = instance.identifier.known() {
        identifier(check, "a DB instance", name);
    }
    check.ensure(
        instance.class.starts_with("db."),
        format!("'{}' is no class of a DB instance: expected db.r6g.large, …", instance.class),
    );
    if let Some(tier) = instance.promotion_tier {
        check.ensure(tier <= 15, format!("promotion tiers go from 0 to 15, not {tier}"));
    }
    monitoring(instance.monitoring_interval, instance.monitoring_role.is_some(), check);
    insights(
        instance.performance_insights,
        instance.performance_insights_retention_days,
        instance.performance_insights_key.is_some(),
        check,
    );
    windows(None, instance.maintenance_window.as_deref(), check);
}
