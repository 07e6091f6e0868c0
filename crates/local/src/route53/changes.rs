//! Changes on their way to the name servers: `PENDING`, then `INSYNC`.

use serde::{Deserialize, Serialize};

use super::answer;
use crate::call::Call;
use crate::reply::{Fault, Reply};
use crate::world::{World, iso};
use crate::xml::Element;

/// How long AWS still knows a change that is in sync, as we model it.
const REMEMBERED_MS: i64 = 86_400_000;

/// A submitted change.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Change {
    pub(crate) id: String,
    pub(crate) submitted_ms: i64,
    pub(crate) in_sync_at_ms: i64,
    pub(crate) comment: Option<String>,
}

impl Change {
    pub(super) fn is_remembered(&self, now_ms: i64) -> bool {
        now_ms < self.in_sync_at_ms + REMEMBERED_MS
    }

    pub(super) fn element(&self, now_ms: i64) -> Element {
        Element::new("ChangeInfo")
            .text_child("Id", format!("/change/{}", self.id))
            .text_child("Status", if now_ms < self.in_sync_at_ms { "PENDING" } else { "INSYNC" })
            .text_child("SubmittedAt", iso(self.submitted_ms))
            .text_child_opt("Comment", self.comment.as_ref())
    }
}

/// Notes a change, and says how it stands.
pub(super) fn submit(world: &mut World, account: &str, comment: Option<String>) -> Change {
    let now = world.now_ms;
    let change = Change {
        id: format!("C{}", world.fresh_id(20)),
        submitted_ms: now,
        in_sync_at_ms: now + world.duration_ms("route53.change.insync", 30_000),
        comment,
    };
    let changes = &mut world.route53.account_mut(account).changes;
    changes.insert(change.id.clone(), change.clone());
    change
}

/// `GetChange`.
pub(super) fn get(world: &World, call: &Call, id: &str) -> Result<Reply, Fault> {
    match world.route53.account(&call.account).and_then(|account| account.changes.get(id)) {
        Some(change) => Ok(answer(call, [change.element(world.now_ms)])),
        None => {
            Err(Fault::new(404, "NoSuchChange", format!("Could not find resource with ID: {id}")))
        }
    }
}
