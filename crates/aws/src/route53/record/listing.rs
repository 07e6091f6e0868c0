//! Reading records: a whole zone at once where many are asked for, else one by one.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use aws_sdk_route53::types::RrType;
use bicoastal_model::{OpError, dns};

use super::records::Records;
use super::wire::WireRecord;
use crate::cx::{Cx, GLOBAL, Purpose};
use crate::route53::failed;

/// From how many point reads of one zone in one turn on the whole zone is read instead.
const POINT_READS: usize = 8;
/// Records that one page brings at most.
const PAGE: i32 = 300;

/// Every record of a zone, read once; none where the zone does not exist.
pub(in crate::route53) async fn records_of(
    cx: &Cx,
    zone_id: &str,
) -> Result<Arc<Records>, OpError> {
    let all = async { list(cx, zone_id, None).await.map(Records::new) };
    cx.shared(format!("route53 records {zone_id}"), all).await
}

/// The records of one canonical name.
pub(in crate::route53) async fn records_of_name(
    cx: &Cx,
    zone_id: &str,
    name: &str,
) -> Result<Vec<WireRecord>, OpError> {
    let many = match cx.purpose() {
        Purpose::Refresh => true,
        Purpose::Turn => {
            let counter = format!("route53 point reads {zone_id}");
            let reads = cx.shared(counter, async { Ok(AtomicUsize::new(0)) }).await?;
            reads.fetch_add(1, Ordering::Relaxed) >= POINT_READS
        }
    };
    if many {
        let all = records_of(cx, zone_id).await?;
        return Ok(all.of_name(name).cloned().collect());
    }
    let key = format!("route53 records {zone_id} {name}");
    Ok(cx.shared(key, list(cx, zone_id, Some(name))).await?.to_vec())
}

/// Pages through a zone, or through the records of one name.
async fn list(cx: &Cx, zone_id: &str, name: Option<&str>) -> Result<Vec<WireRecord>, OpError> {
    const CALL: &str = "ListResourceRecordSets";
    let mut found = Vec::new();
    let mut start: (Option<String>, Option<RrType>, Option<String>) =
        (name.map(str::to_owned), None, None);
    loop {
        let (start_name, start_type, start_identifier) = start;
        let answer = cx
            .route53(GLOBAL)
            .list_resource_record_sets()
            .hosted_zone_id(zone_id)
            .set_start_record_name(start_name)
            .set_start_record_type(start_type)
            .set_start_record_identifier(start_identifier)
            .max_items(if name.is_some() { 100 } else { PAGE })
            .send()
            .await;
        let page = match answer {
            Ok(page) => page,
            Err(error)
                if error.as_service_error().is_some_and(|it| it.is_no_such_hosted_zone()) =>
            {
                return Ok(Vec::new());
            }
            Err(error) => return Err(failed(CALL, error)),
        };
        let records = page.resource_record_sets().iter().map(WireRecord::from);
        match name {
            None => found.extend(records),
            Some(name) => found.extend(records.filter(|it| dns::canonical(&it.name) == name)),
        }
        let goes_on = page.is_truncated()
            && name.is_none_or(|name| {
                page.next_record_name().is_some_and(|next| dns::canonical(next) == name)
            });
        if !goes_on {
            return Ok(found);
        }
        start = (
            page.next_record_name().map(str::to_owned),
            page.next_record_type().cloned(),
            page.next_record_identifier().map(str::to_owned),
        );
    }
}
