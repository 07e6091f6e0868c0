//! Changes on their way to the name servers: one poll loop per batch.

use aws_sdk_route53::types::{ChangeInfo, ChangeStatus};
use bicoastal_model::OpError;
use serde_json::json;

use super::{bare, failed};
use crate::cx::{Cx, GLOBAL};

/// Seconds between two looks at a change.
pub(super) const POLL: u64 = 5;
/// Seconds that a change may take to be in sync; usually it is less than a minute.
pub(super) const PATIENCE: u64 = 900;

fn topic(zone_id: &str) -> String {
    format!("route53 changes of {zone_id}")
}

/// The changes of a zone that were pending when last seen.
fn noted(cx: &Cx, zone_id: &str) -> Vec<String> {
    let noted = cx.clients().noted(&topic(zone_id));
    noted.and_then(|ids| serde_json::from_value(ids).ok()).unwrap_or_default()
}

/// Notes a change that was just submitted to a zone.
pub(super) fn submitted(cx: &Cx, zone_id: &str, change: Option<&ChangeInfo>) {
    if let Some(change) = change
        && change.status() == &ChangeStatus::Pending
    {
        let mut pending = noted(cx, zone_id);
        pending.push(bare(change.id()).to_owned());
        cx.clients().note(topic(zone_id), json!(pending));
    }
}

/// Whether a change that this program submitted to the zone is not in sync yet. Asked once a turn.
pub(super) async fn is_pending(cx: &Cx, zone_id: &str) -> Result<bool, OpError> {
    let pending = cx.shared(format!("route53 pending {zone_id}"), look(cx, zone_id)).await?;
    Ok(*pending)
}

async fn look(cx: &Cx, zone_id: &str) -> Result<bool, OpError> {
    let mut pending = noted(cx, zone_id);
    while let Some(change) = pending.first() {
        let status = cx.route53(GLOBAL).get_change().id(change).send().await;
        let is_pending = match status {
            Ok(answer) => {
                answer.change_info().is_some_and(|info| info.status() == &ChangeStatus::Pending)
            }
            Err(error) if error.as_service_error().is_some_and(|it| it.is_no_such_change()) => {
                false
            }
            Err(error) => return Err(failed("GetChange", error)),
        };
        if is_pending {
            return Ok(true);
        }
        let done = pending.remove(0);
        // Others may have submitted more meanwhile.
        let mut now = noted(cx, zone_id);
        now.retain(|change| *change != done);
        if now.is_empty() {
            cx.clients().forget(&topic(zone_id));
        } else {
            cx.clients().note(topic(zone_id), json!(now));
        }
    }
    Ok(false)
}
