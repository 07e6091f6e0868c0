//! Backup and maintenance windows: UTC, at least half an hour, never at the same time.

use super::context::number_of;
use super::fault;
use crate::reply::Fault;

const DAYS: [&str; 7] = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"];
const DAY: i64 = 24 * 60;
const WEEK: i64 = 7 * DAY;

/// Minutes from a start to an end that may lie past midnight, or past Sunday.
#[derive(Clone, Copy)]
struct Span {
    start: i64,
    length: i64,
}

/// A backup window as AWS stores it.
pub(super) fn backup(text: &str) -> Result<String, Fault> {
    backup_span(text).ok_or_else(|| {
        fault::value(format!("Invalid backup window format: {text}. Should be specified as a range hh24:mi-hh24:mi (24H Clock UTC), at least 30 minutes."))
    })?;
    Ok(text.to_owned())
}

/// A maintenance window as AWS stores it: days in lower case.
pub(super) fn maintenance(text: &str) -> Result<String, Fault> {
    let text = text.to_lowercase();
    maintenance_span(&text).ok_or_else(|| {
        fault::value(format!("Invalid maintenance window format: {text}. Should be specified as a range ddd:hh24:mi-ddd:hh24:mi (24H Clock UTC), at least 30 minutes."))
    })?;
    Ok(text)
}

/// Refuses a pair that overlaps.
pub(super) fn apart(backup: &str, maintenance: &str) -> Result<(), Fault> {
    if overlap(backup, maintenance) {
        return Err(fault::combination(
            "The backup window and maintenance window must not overlap.",
        ));
    }
    Ok(())
}

/// Fills in what was not given, the same for the same identifier.
pub(super) fn assigned(
    id: &str,
    given_backup: Option<String>,
    given_maintenance: Option<String>,
) -> Result<(String, String), Fault> {
    let seed = i64::try_from(number_of(id) >> 1).unwrap_or(0);
    let maintenance = given_maintenance.unwrap_or_else(|| {
        let first = (seed / 16 % 7) * DAY + (seed / 112 % 16) * 30 + 3 * 60;
        let mut candidates = (0..7 * 48).map(|step| maintenance_at(first + step * 30));
        let free = |text: &String| given_backup.as_ref().is_none_or(|other| !overlap(other, text));
        candidates.find(free).unwrap_or_else(|| maintenance_at(first))
    });
    let backup = given_backup.unwrap_or_else(|| {
        let first = (seed % 16) * 30 + 3 * 60;
        let mut candidates = (0..48).map(|step| backup_at(first + step * 30));
        candidates.find(|text| !overlap(text, &maintenance)).unwrap_or_else(|| backup_at(first))
    });
    apart(&backup, &maintenance)?;
    Ok((backup, maintenance))
}

fn backup_at(start: i64) -> String {
    let of_day = |minute: i64| format!("{:02}:{:02}", minute % DAY / 60, minute % 60);
    format!("{}-{}", of_day(start), of_day(start + 30))
}

fn maintenance_at(start: i64) -> String {
    let of_week = |minute: i64| {
        let day = usize::try_from(minute.rem_euclid(WEEK) / DAY).unwrap_or(0);
        format!("{}:{:02}:{:02}", DAYS[day % 7], minute % DAY / 60, minute % 60)
    };
    format!("{}-{}", of_week(start), of_week(start + 30))
}

/// When the next maintenance window after `now_ms` opens.
pub(super) fn next_maintenance_ms(window: &str, now_ms: i64) -> i64 {
    let Some(span) = maintenance_span(window) else { return now_ms };
    let minute = now_ms.div_euclid(60_000);
    // 1970-01-01 was a Thursday.
    let of_week = (minute + 3 * DAY).rem_euclid(WEEK);
    let wait = (span.start - of_week - 1).rem_euclid(WEEK) + 1;
    (minute + wait) * 60_000
}

fn overlap(backup: &str, maintenance: &str) -> bool {
    let (Some(backup), Some(maintenance)) = (backup_span(backup), maintenance_span(maintenance))
    else {
        return false;
    };
    (0..7).any(|day| {
        let backup = Span { start: day * DAY + backup.start, length: backup.length };
        within(backup.start, maintenance) || within(maintenance.start, backup)
    })
}

fn within(minute: i64, span: Span) -> bool {
    (minute - span.start).rem_euclid(WEEK) < span.length
}

fn backup_span(text: &str) -> Option<Span> {
    let (from, to) = text.split_once('-')?;
    let (from, to) = (time(from)?, time(to)?);
    let length = (to - from).rem_euclid(DAY);
    (length >= 30).then_some(Span { start: from, length })
}

fn maintenance_span(text: &str) -> Option<Span> {
    let (from, to) = text.split_once('-')?;
    let moment = |text: &str| {
        let (day, of_day) = text.split_once(':')?;
        let day = DAYS.iter().position(|name| *name == day)?;
        Some(i64::try_from(day).ok()? * DAY + time(of_day)?)
    };
    let (from, to) = (moment(from)?, moment(to)?);
    let length = (to - from).rem_euclid(WEEK);
    (30..DAY).contains(&length).then_some(Span { start: from, length })
}

fn time(text: &str) -> Option<i64> {
    let (hours, minutes) = text.split_once(':')?;
    if hours.len() != 2 || minutes.len() != 2 {
        return None;
    }
    let (hours, minutes): (i64, i64) = (hours.parse().ok()?, minutes.parse().ok()?);
    ((0..24).contains(&hours) && (0..60).contains(&minutes)).then_some(hours * 60 + minutes)
}
