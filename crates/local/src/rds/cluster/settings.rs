//! The settings that CreateDBCluster and ModifyDBCluster both take.

use std::collections::BTreeSet;

use super::super::context::Context;
use super::super::state::{DbCluster, Insights, Scaling};
use super::super::{fault, names, windows};
use crate::reply::Fault;

/// What a request says, checked one by one; `None` where it says nothing.
pub(super) struct Settings {
    pub(super) backup_retention: Option<i64>,
    pub(super) backup_window: Option<String>,
    pub(super) maintenance_window: Option<String>,
    pub(super) security_groups: Option<BTreeSet<String>>,
    pub(super) port: Option<i64>,
    pub(super) password: bool,
    pub(super) manage_password: Option<bool>,
    pub(super) iam_auth: Option<bool>,
    pub(super) storage_type: Option<String>,
    pub(super) deletion_protection: Option<bool>,
    pub(super) copy_tags: Option<bool>,
    pub(super) auto_minor: Option<bool>,
    pub(super) backtrack_window: Option<i64>,
    pub(super) scaling: Option<Scaling>,
    pub(super) network_type: Option<String>,
    pub(super) monitoring_interval: Option<i64>,
    pub(super) monitoring_role: Option<String>,
    pub(super) insights: Option<Option<Insights>>,
    pub(super) insights_mode: Option<String>,
    pub(super) domain: Option<Option<(String, String)>>,
    pub(super) local_forwarding: Option<bool>,
    pub(super) global_forwarding: Option<bool>,
}

impl Settings {
    /// `insights` is what there is of Performance Insights already.
    pub(super) fn read(
        cx: &Context<'_>,
        engine: &str,
        insights: Option<&Insights>,
    ) -> Result<Self, Fault> {
        let params = &cx.params;
        let password = match params.get("MasterUserPassword") {
            Some(text) => {
                names::password(text)?;
                true
            }
            None => false,
        };
        let manage_password = params.bool("ManageMasterUserPassword");
        if password && manage_password == Some(true) {
            return Err(fault::combination(
                "You can't specify MasterUserPassword with ManageMasterUserPassword.",
            ));
        }
        if params.get("MasterUserSecretKmsKeyId").is_some() && manage_password != Some(true) {
            return Err(fault::combination(
                "MasterUserSecretKmsKeyId needs ManageMasterUserPassword.",
            ));
        }
        let backtrack_window = int(cx, "BacktrackWindow", 0, 259_200)?;
        if backtrack_window.unwrap_or(0) > 0 && engine != "aurora-mysql" {
            return Err(fault::combination("Backtrack is not supported for this engine."));
        }
        Ok(Self {
            backup_retention: int(cx, "BackupRetentionPeriod", 1, 35)?,
            backup_window: cx
                .text("PreferredBackupWindow")
                .map(|text| windows::backup(&text))
                .transpose()?,
            maintenance_window: cx
                .text("PreferredMaintenanceWindow")
                .map(|text| windows::maintenance(&text))
                .transpose()?,
            security_groups: security_groups(cx)?,
            port: int(cx, "Port", 1150, 65_535)?,
            password,
            manage_password,
            iam_auth: params.bool("EnableIAMDatabaseAuthentication"),
            storage_type: word(cx, "StorageType", &["aurora", "aurora-iopt1"])?,
            deletion_protection: params.bool("DeletionProtection"),
            copy_tags: params.bool("CopyTagsToSnapshot"),
            auto_minor: params.bool("AutoMinorVersionUpgrade"),
            backtrack_window,
            scaling: scaling(cx)?,
            network_type: word(cx, "NetworkType", &["IPV4", "DUAL"])?,
            monitoring_interval: monitoring_interval(cx)?,
            monitoring_role: cx.text("MonitoringRoleArn"),
            insights: self::insights(cx, insights)?,
            insights_mode: word(cx, "DatabaseInsightsMode", &["standard", "advanced"])?,
            domain: domain(cx)?,
            local_forwarding: params.bool("EnableLocalWriteForwarding"),
            global_forwarding: params.bool("EnableGlobalWriteForwarding"),
        })
    }

    /// Refuses what the settings would make of `cluster` together.
    pub(super) fn check(&self, cluster: &DbCluster) -> Result<(), Fault> {
        let interval = self.monitoring_interval.unwrap_or(cluster.monitoring_interval);
        let role = self.monitoring_role.as_ref().or(cluster.monitoring_role.as_ref());
        monitoring(interval, role)?;
        let backup = self.backup_window.as_ref().unwrap_or(&cluster.backup_window);
        let maintenance = self.maintenance_window.as_ref().unwrap_or(&cluster.maintenance_window);
        windows::apart(backup, maintenance)
    }

    /// Sets what takes effect at once. Whether that keeps the cluster busy for a moment.
    pub(super) fn apply(self, cluster: &mut DbCluster) -> bool {
        let mut busy = false;
        set(&mut cluster.backup_window, self.backup_window);
        set(&mut cluster.maintenance_window, self.maintenance_window);
        set(&mut cluster.deletion_protection, self.deletion_protection);
        set(&mut cluster.copy_tags, self.copy_tags);
        set(&mut cluster.auto_minor, self.auto_minor);
        set(&mut cluster.forwarding.requested, self.global_forwarding);
        busy |= set(&mut cluster.security_groups, self.security_groups);
        busy |= set(&mut cluster.port, self.port);
        busy |= set(&mut cluster.backtrack_window, self.backtrack_window);
        busy |= set(&mut cluster.scaling, self.scaling.map(Some));
        busy |= set(&mut cluster.network_type, self.network_type);
        if self.monitoring_interval == Some(0) {
            busy |= cluster.monitoring_role.take().is_some();
        } else {
            busy |= set(&mut cluster.monitoring_role, self.monitoring_role.map(Some));
        }
        busy |= set(&mut cluster.monitoring_interval, self.monitoring_interval);
        busy |= set(&mut cluster.insights, self.insights);
        busy |= set(&mut cluster.insights_mode, self.insights_mode);
        busy |= set(&mut cluster.domain, self.domain);
        busy |= set(&mut cluster.local_forwarding, self.local_forwarding);
        busy
    }
}

/// Sets a field to what was said, if something was. Whether that changed it.
pub(in crate::rds) fn set<T: PartialEq>(field: &mut T, said: Option<T>) -> bool {
    match said {
        Some(value) if value != *field => {
            *field = value;
            true
        }
        _ => false,
    }
}

/// A role is needed exactly where there is an interval.
pub(in crate::rds) fn monitoring(interval: i64, role: Option<&String>) -> Result<(), Fault> {
    if interval > 0 && role.is_none() {
        return Err(fault::combination(
            "A MonitoringRoleARN value is required if you specify a MonitoringInterval value \
             other than 0.",
        ));
    }
    Ok(())
}

pub(in crate::rds) fn monitoring_interval(cx: &Context<'_>) -> Result<Option<i64>, Fault> {
    let interval = int(cx, "MonitoringInterval", 0, 60)?;
    match interval {
        Some(seconds) if ![0, 1, 5, 10, 15, 30, 60].contains(&seconds) => {
            Err(fault::value(format!("Invalid MonitoringInterval: {seconds}")))
        }
        fits => Ok(fits),
    }
}

/// Whether Performance Insights is to be on, and how. What is on keeps its key.
pub(in crate::rds) fn insights(
    cx: &Context<'_>,
    on: Option<&Insights>,
) -> Result<Option<Option<Insights>>, Fault> {
    let retention = int(cx, "PerformanceInsightsRetentionPeriod", 7, 731)?;
    let key = cx.text("PerformanceInsightsKMSKeyId");
    match cx.params.bool("EnablePerformanceInsights") {
        Some(true) => {
            let kms_key = match (&key, on) {
                (None, Some(on)) => on.kms_key.clone(),
                (named, _) => cx.key(named.as_deref())?,
            };
            if on.is_some_and(|on| on.kms_key != kms_key) {
                return Err(fault::combination(
                    "You cannot change your Performance Insights KMS key.",
                ));
            }
            let kept = on.map_or(7, |on| on.retention_days);
            Ok(Some(Some(Insights { kms_key, retention_days: retention.unwrap_or(kept) })))
        }
        Some(false) => Ok(Some(None)),
        None if retention.is_some() || key.is_some() => Err(fault::combination(
            "Performance Insights must be enabled to set its key or retention period.",
        )),
        None => Ok(None),
    }
}

/// The directory to join, `none` to leave it. No directories can be made here: any well-formed id is
/// taken for one that exists.
fn domain(cx: &Context<'_>) -> Result<Option<Option<(String, String)>>, Fault> {
    match (cx.text("Domain"), cx.text("DomainIAMRoleName")) {
        (None, None) => Ok(None),
        (Some(word), _) if word == "none" => Ok(Some(None)),
        (Some(id), Some(role)) if id.starts_with("d-") => Ok(Some(Some((id, role)))),
        (Some(id), Some(_)) => Err(Fault::new(
            404,
            "DomainNotFoundFault",
            format!("The directory {id} does not exist."),
        )),
        _ => Err(fault::combination(
            "Both the domain and the name of its IAM role must be specified.",
        )),
    }
}

fn scaling(cx: &Context<'_>) -> Result<Option<Scaling>, Fault> {
    let field = |name: &str| cx.text(&format!("ServerlessV2ScalingConfiguration.{name}"));
    let (min, max) = (field("MinCapacity"), field("MaxCapacity"));
    let (Some(min), Some(max)) = (&min, &max) else {
        return match (min, max) {
            (None, None) => Ok(None),
            _ => Err(fault::combination(
                "Serverless v2 needs both a minimum and a maximum capacity.",
            )),
        };
    };
    let steps = |text: &str| {
        text.parse::<f64>()
            .ok()
            .filter(|acu| (0.0..=256.0).contains(acu) && (acu * 2.0).fract() == 0.0)
    };
    match (steps(min), steps(max)) {
        (Some(low), Some(high)) if low <= high && high >= 1.0 => Ok(Some(Scaling {
            min: low,
            max: high,
            seconds_until_pause: match field("SecondsUntilAutoPause") {
                Some(text) => text.parse().ok(),
                None => (low == 0.0).then_some(300),
            },
        })),
        _ => Err(fault::value(format!(
            "Serverless v2 capacity {min} to {max} is not valid: it is 0 to 256 ACUs in steps of \
             0.5, and the maximum at least 1."
        ))),
    }
}

fn security_groups(cx: &Context<'_>) -> Result<Option<BTreeSet<String>>, Fault> {
    let Some(ids) = cx.params.list("VpcSecurityGroupIds") else { return Ok(None) };
    for id in &ids {
        let fits = id.strip_prefix("sg-").is_some_and(|hex| {
            (8..=17).contains(&hex.len()) && hex.bytes().all(|digit| digit.is_ascii_hexdigit())
        });
        if !fits {
            return Err(fault::value(format!("Invalid security group , groupId= {id}")));
        }
    }
    Ok(Some(ids.into_iter().collect()))
}

pub(in crate::rds) fn int(
    cx: &Context<'_>,
    name: &str,
    low: i64,
    high: i64,
) -> Result<Option<i64>, Fault> {
    let Some(text) = cx.text(name) else { return Ok(None) };
    match text.parse() {
        Ok(number) if (low..=high).contains(&number) => Ok(Some(number)),
        _ => Err(fault::value(format!(
            "Invalid value {text} for {name}. Must be between {low} and {high}."
        ))),
    }
}

fn word(cx: &Context<'_>, name: &str, words: &[&str]) -> Result<Option<String>, Fault> {
    match cx.text(name) {
        Some(text) if !words.contains(&text.as_str()) => {
            Err(fault::value(format!("Invalid value {text} for {name}.")))
        }
        text => Ok(text),
    }
}
