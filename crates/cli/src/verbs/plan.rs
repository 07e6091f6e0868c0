//! `plan`: shows what would change.

use std::path::Path;

use bicoastal_engine::plan::Plan;
use bicoastal_engine::render;

use crate::failure::Failure;
use crate::plan_file;
use crate::session::Session;

pub(super) async fn run(session: &Session<'_, '_>, out: Option<&Path>) -> Result<u8, Failure> {
    let desired = session.desired()?;
    let cloud = session.connect().await?;
    session.introduce(&cloud);
    let options = session.options();
    let plan = session.hearing(cloud.engine.plan(&desired, &options)).await?;
    show(session, &plan);
    if let Some(file) = out {
        plan_file::save(file, &plan, &options)?;
        if !session.flags.json {
            session.console.plain(format_args!(
                "Saved to {0}. Apply it with: apply --plan {0}",
                file.display()
            ));
        }
    }
    session.verdict(&plan, has_changes(&plan))
}

/// Shows a plan.
pub(super) fn show(session: &Session<'_, '_>, plan: &Plan) {
    if session.flags.json {
        session.console.json(&render::plan_json(plan));
    } else {
        session.console.lines(&render::plan(plan));
    }
}

/// Whether an apply would change anything, in AWS or in what is recorded of resources.
pub(super) fn has_changes(plan: &Plan) -> bool {
    !plan.changes.is_empty() || !plan.operations.is_empty()
}
