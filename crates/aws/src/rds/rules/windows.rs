//! Backup and maintenance windows.

use bicoastal_model::Check;

/// Windows of half an hour at least, apart from each other.
pub(super) fn windows(backup: Option<&str>, maintenance: Option<&str>, check: &mut Check) {
    let (b, m) = (backup.map(daily), maintenance.map(weekly));
    if b == Some(None) {
        check.error(format!(
            "'{}' is no backup window: expected 03:00-03:30, half an hour at least, in UTC",
            backup.unwrap_or_default()
        ));
    }
    if m == Some(None) {
        check.error(format!("'{}' is no maintenance window: expected sun:05:00-sun:05:30, half an hour at least, in UTC", maintenance.unwrap_or_default()));
    }
    if let (Some(Some((b, b_long))), Some(Some((m, m_long)))) = (b, m) {
        let within = |at: i64, from: i64, long: i64| (at - from).rem_euclid(WEEK) < long;
        let meet = (0..7).any(|day| {
            let b = b + day * DAY;
            within(b, m, m_long) || within(m, b, b_long)
        });
        check.ensure(!meet, "the backup window and the maintenance window overlap");
    }
}

const DAY: i64 = 24 * 60;
const WEEK: i64 = 7 * DAY;

/// `03:00-03:30` as the minute of its start and its length.
fn daily(text: &str) -> Option<(i64, i64)> {
    let (from, to) = text.split_once('-')?;
    let (from, to) = (minute(from)?, minute(to)?);
    let long = (to - from).rem_euclid(DAY);
    (long >= 30).then_some((from, long))
}

/// `sun:05:00-sun:05:30` as the minute of the week of its start and its length.
fn weekly(text: &str) -> Option<(i64, i64)> {
    let text = text.to_lowercase();
    let (from, to) = text.split_once('-')?;
    let moment = |text: &str| {
        let (day, time) = text.split_once(':')?;
        let days = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"];
        let day = i64::try_from(days.iter().position(|name| *name == day)?).ok()?;
        Some(day * DAY + minute(time)?)
    };
    let (from, to) = (moment(from)?, moment(to)?);
    let long = (to - from).rem_euclid(WEEK);
    (30..DAY).contains(&long).then_some((from, long))
}

fn minute(text: &str) -> Option<i64> {
    let (hours, minutes) = text.split_once(':')?;
    let (hours, minutes): (i64, i64) = (hours.parse().ok()?, minutes.parse().ok()?);
    ((0..24).contains(&hours) && (0..60).contains(&minutes)).then_some(hours * 60 + minutes)
}
