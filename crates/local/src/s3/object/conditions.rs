//! `If-Match` and its relatives.

use crate::call::Request;
use crate::reply::Fault;
use crate::s3::faults;
use crate::s3::state::{Bucket, Content, Version};

fn same(etags: &str, etag: &str) -> bool {
    etags.split(',').map(|one| one.trim().trim_matches('"')).any(|one| one == "*" || one == etag)
}

/// Refuses a write whose conditions do not hold.
pub(super) fn write(request: &Request, bucket: &Bucket, key: &str) -> Result<(), Fault> {
    let current = bucket.latest(key).and_then(|version| version.content.as_ref());
    if let Some(condition) = request.header("if-none-match") {
        if condition.trim() != "*" {
            return Err(faults::not_implemented().detail("Header", "If-None-Match"));
        }
        if current.is_some() {
            return Err(faults::precondition_failed("If-None-Match"));
        }
    }
    if let Some(etags) = request.header("if-match") {
        let Some(current) = current else { return Err(faults::no_such_key(key)) };
        if !same(etags, &current.etag) {
            return Err(faults::precondition_failed("If-Match"));
        }
    }
    Ok(())
}

/// Refuses a read whose conditions do not hold: 412, or 304 without a body.
pub(super) fn read(request: &Request, version: &Version, content: &Content) -> Result<(), Fault> {
    check(request, "", version, content)
}

/// The same for the source of a copy, where everything is 412.
pub(super) fn copy_source(
    request: &Request,
    version: &Version,
    content: &Content,
) -> Result<(), Fault> {
    check(request, "x-amz-copy-source-", version, content)
        .map_err(|fault| if fault.status == 304 { faults::precondition_failed("") } else { fault })
}

fn check(
    request: &Request,
    prefix: &str,
    version: &Version,
    content: &Content,
) -> Result<(), Fault> {
    let header = |name: &str| request.header(&format!("{prefix}{name}"));
    // HTTP knows whole seconds only.
    let modified = version.modified_ms / 1000;
    let date = |name: &str| header(name).and_then(seconds);
    match header("if-match") {
        Some(etags) if !same(etags, &content.etag) => {
            return Err(faults::precondition_failed("If-Match"));
        }
        None if date("if-unmodified-since").is_some_and(|date| modified > date) => {
            return Err(faults::precondition_failed("If-Unmodified-Since"));
        }
        _ => {}
    }
    let unchanged = match header("if-none-match") {
        Some(etags) => same(etags, &content.etag),
        None => date("if-modified-since").is_some_and(|date| modified <= date),
    };
    if unchanged {
        let mut fault = Fault::new(304, "NotModified", "Not Modified")
            .header("etag", format!("\"{}\"", content.etag));
        fault.body = Some(Vec::new());
        return Err(fault);
    }
    Ok(())
}

fn seconds(date: &str) -> Option<i64> {
    time::OffsetDateTime::parse(date, &time::format_description::well_known::Rfc2822)
        .ok()
        .map(time::OffsetDateTime::unix_timestamp)
}

/// A time as HTTP headers have it.
pub(super) fn http_date(ms: i64) -> String {
    let time = time::OffsetDateTime::from_unix_timestamp(ms / 1000)
        .unwrap_or(time::OffsetDateTime::UNIX_EPOCH);
    let weekday = time.weekday().to_string();
    let month = time.month().to_string();
    format!(
        "{}, {:02} {} {:04} {:02}:{:02}:{:02} GMT",
        weekday.get(..3).unwrap_or_default(),
        time.day(),
        month.get(..3).unwrap_or_default(),
        time.year(),
        time.hour(),
        time.minute(),
        time.second()
    )
}
