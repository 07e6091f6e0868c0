//! Plans and reports for programs. Keys are only added, never renamed.

use serde_json::{Value, json};

use super::value::redacted;
use crate::machine::{Failure, Fate, Report};
use crate::plan::{Change, Plan};

/// A plan: its changes field by field, secrets redacted.
pub fn plan_json(plan: &Plan) -> Value {
    json!({
        "stack": plan.stack,
        "generation": plan.generation,
        "changes": plan.changes.iter().map(change).collect::<Vec<_>>(),
        "operations": plan.operations.iter().map(|op| json!({
            "ids": op.members.iter().map(|member| &member.key.id).collect::<Vec<_>>(),
            "verbs": op.members.iter().map(|member| member.verb).collect::<Vec<_>>(),
            "after": op.after.keys().collect::<Vec<_>>(),
            "ties": op.after.values().collect::<Vec<_>>(),
            "wave": op.wave,
            "pause_seconds": seconds(op.pause_ms),
            "pause_reason": op.pause_reason,
        })).collect::<Vec<_>>(),
        "added": plan.added.iter().map(|added| json!({
            "id": added.id, "what": added.what, "value": redacted(&added.value),
        })).collect::<Vec<_>>(),
        "unseen": plan.unseen.iter().map(|unseen| json!({
            "id": unseen.id, "error": unseen.error.to_string(),
        })).collect::<Vec<_>>(),
        "left_out": plan.left_out,
        "warnings": plan.warnings,
        "risk": plan.risk(),
        "calls": plan.calls,
        "floor_seconds": seconds(plan.floor_ms),
        "longest_path": {"seconds": seconds(plan.path.ms), "ids": plan.path.through},
    })
}

fn change(change: &Change) -> Value {
    json!({
        "id": change.id,
        "kind": change.kind,
        "region": change.place.label(),
        "account": change.place.account,
        "action": change.action,
        "risk": change.risk,
        "reasons": change.reasons,
        "at": change.at,
        "fields": change.fields.iter().map(|field| json!({
            "path": field.path,
            "cause": field.cause,
            "before": redacted(&field.before.to_value()),
            "after": redacted(&field.after.to_value()),
            "change": field.change,
        })).collect::<Vec<_>>(),
    })
}

/// What became of a plan.
pub fn report_json(report: &Report) -> Value {
    let changes = report.changes.iter().map(|change| {
        let mut object = json!({
            "id": change.id,
            "kind": change.kind,
            "region": change.place.label(),
            "action": change.action,
            "at": change.at,
        });
        let (fate, more) = match &change.fate {
            Fate::Done => ("done", None),
            Fate::Failed(why) => ("failed", Some(("error", failure(why)))),
            Fate::Skipped { because, order } => {
                object["order"] = json!(order);
                ("skipped", Some(("because", json!(because))))
            }
            Fate::InDoubt(why) => ("in_doubt", Some(("error", failure(why)))),
            Fate::Abandoned => ("abandoned", None),
            Fate::NotStarted => ("not_started", None),
        };
        object["fate"] = json!(fate);
        if let Some((name, value)) = more {
            object[name] = value;
        }
        object
    });
    json!({
        "done": report.is_done(),
        "cancelled": report.cancelled,
        "changes": changes.collect::<Vec<_>>(),
    })
}

fn failure(failure: &Failure) -> Value {
    let facts = failure.error.as_ref().map(|error| error.facts());
    json!({
        "message": failure.message,
        "hint": failure.hint,
        "call": facts.map(|facts| &facts.call),
        "code": facts.and_then(|facts| facts.code.as_ref()),
        "request_id": facts.and_then(|facts| facts.request_id.as_ref()),
    })
}

fn seconds(millis: u64) -> u64 {
    millis.div_ceil(1000)
}
