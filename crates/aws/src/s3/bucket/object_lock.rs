//! Objects that can't be deleted for a while.

use aws_sdk_s3::types as sdk;
use bicoastal_model::{Check, Field};
use serde::{Deserialize, Serialize};

/// Object Lock: versions of objects can be kept from being deleted or overwritten.
///
/// It can be switched on, also later where the bucket is versioned, and never off again. What is
/// no longer mentioned stays as it is; [`ObjectLock::ENABLED`] takes the default retention away.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ObjectLock {
    /// Always on: that is what mentioning it means.
    enabled: bool,
    /// Who may delete a version before its time.
    #[serde(default)]
    mode: Option<RetentionMode>,
    /// For how many days new versions are kept.
    #[serde(default)]
    days: Option<i32>,
    /// For how many years new versions are kept.
    #[serde(default)]
    years: Option<i32>,
}

/// Who may delete a version before its time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
pub enum RetentionMode {
    /// Whoever has the permission to bypass it.
    Governance,
    /// Nobody, not even the account's root.
    Compliance,
}

impl ObjectLock {
    /// On, without a retention unless the writer of an object asks for one.
    pub const ENABLED: Self = Self { enabled: true, mode: None, days: None, years: None };

    /// On, and new versions are kept for so many days: 1 to 36,500.
    pub const fn days(mode: RetentionMode, days: i32) -> Self {
        Self { enabled: true, mode: Some(mode), days: Some(days), years: None }
    }

    /// On, and new versions are kept for so many years: 1 to 100.
    pub const fn years(mode: RetentionMode, years: i32) -> Self {
        Self { enabled: true, mode: Some(mode), days: None, years: Some(years) }
    }
}

pub(super) const FIELDS: &[Field] =
    &[Field::new("enabled"), Field::new("mode"), Field::new("days"), Field::new("years")];

pub(super) fn check(lock: &ObjectLock, check: &mut Check) {
    check.ensure(
        lock.days.is_none_or(|days| (1..=36_500).contains(&days)),
        "object lock keeps versions for 1 to 36500 days",
    );
    check.ensure(
        lock.years.is_none_or(|years| (1..=100).contains(&years)),
        "object lock keeps versions for 1 to 100 years",
    );
}

pub(super) fn to_sdk(lock: &ObjectLock) -> sdk::ObjectLockConfiguration {
    let rule = lock.mode.map(|mode| {
        let retention = sdk::DefaultRetention::builder()
            .mode(match mode {
                RetentionMode::Governance => sdk::ObjectLockRetentionMode::Governance,
                RetentionMode::Compliance => sdk::ObjectLockRetentionMode::Compliance,
            })
            .set_days(lock.days)
            .set_years(lock.years)
            .build();
        sdk::ObjectLockRule::builder().default_retention(retention).build()
    });
    sdk::ObjectLockConfiguration::builder()
        .object_lock_enabled(sdk::ObjectLockEnabled::Enabled)
        .set_rule(rule)
        .build()
}

/// `None` where it is not on.
pub(super) fn from_sdk(found: &sdk::ObjectLockConfiguration) -> Option<ObjectLock> {
    found.object_lock_enabled()?;
    let retention = found.rule().and_then(|it| it.default_retention());
    let mode = retention.and_then(|it| it.mode()).map(|mode| match mode {
        sdk::ObjectLockRetentionMode::Compliance => RetentionMode::Compliance,
        _ => RetentionMode::Governance,
    });
    Some(ObjectLock {
        enabled: true,
        mode,
        days: retention.and_then(|it| it.days()),
        years: retention.and_then(|it| it.years()),
    })
}
