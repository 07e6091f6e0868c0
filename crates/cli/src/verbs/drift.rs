//! `drift`: what somebody else changed or added.

use bicoastal_engine::plan::{Action, Change, Plan};
use bicoastal_engine::recover::Orphan;
use bicoastal_engine::render;
use bicoastal_model::OpError;
use bicoastal_model::diff::Cause;
use serde_json::{Value, json};

use crate::failure::Failure;
use crate::session::Session;

pub(super) async fn run(session: &Session<'_, '_>) -> Result<u8, Failure> {
    let desired = session.desired()?;
    let cloud = session.connect().await?;
    session.introduce(&cloud);
    let plan = session.hearing(cloud.engine.plan(&desired, &session.options())).await?;
    // A part of the stack is not asked what is no part of it.
    let (orphans, unsearched) = match session.flags.only.is_empty() {
        true => cloud.engine.orphans(&desired).await?,
        false => (Vec::new(), Vec::new()),
    };
    if session.flags.json {
        session.console.json(&json(&plan, &orphans, &unsearched));
    } else {
        session.console.lines(&render::drift(&plan, &orphans));
        for error in &unsearched {
            session.console.diagnostic(&format!(
                "warning: what bears this stack's marks could not be searched for: {error}"
            ));
        }
    }
    let drifted =
        plan.changes.iter().any(is_drifted) || !plan.added.is_empty() || !orphans.is_empty();
    let code = session.verdict(&plan, drifted)?;
    let blind = !unsearched.is_empty() && !session.flags.without_unseen;
    if session.flags.detailed_exitcode && blind && !drifted {
        return Err(Failure::with_hint(
            "not everything could be searched, so nothing can be concluded",
            "try again later, or go on without it with --without-unseen",
        ));
    }
    Ok(code)
}

/// Whether somebody else changed it.
fn is_drifted(change: &Change) -> bool {
    change.fields.iter().any(|field| is_foreign(field.cause)) || is_gone(change)
}

fn is_foreign(cause: Cause) -> bool {
    matches!(cause, Cause::Drifted | Cause::EditedAndDrifted)
}

/// Whether somebody else deleted it: the plan says so among its reasons.
fn is_gone(change: &Change) -> bool {
    matches!(change.action, Action::Create | Action::Forget)
        && change.reasons.iter().any(|reason| reason.contains("outside"))
}

/// What the lines show, for scripts.
fn json(plan: &Plan, orphans: &[Orphan], unsearched: &[OpError]) -> Value {
    let whole = render::plan_json(plan);
    let drifted = whole
        .get("changes")
        .and_then(Value::as_array)
        .into_iter()
        .flatten()
        .zip(&plan.changes)
        .filter(|(_, change)| is_drifted(change));
    let drifted: Vec<Value> = drifted
        .map(|(shown, change)| {
            let fields = shown.get("fields").and_then(Value::as_array).into_iter().flatten();
            let fields: Vec<Value> = fields
                .zip(&change.fields)
                .filter(|(_, field)| is_foreign(field.cause))
                // What was to be there, and what is there now.
                .map(|(field, _)| {
                    json!({ "path": field["path"], "wanted": field["after"], "seen": field["before"] })
                })
                .collect();
            json!({
                "id": shown["id"],
                "kind": shown["kind"],
                "region": shown["region"],
                "gone": is_gone(change),
                "fields": fields,
            })
        })
        .collect();
    json!({
        "stack": plan.stack,
        "drifted": drifted,
        "added": whole["added"],
        "orphans": orphans,
        "unsearched": unsearched,
        "unseen": whole["unseen"],
    })
}
