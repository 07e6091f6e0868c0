//! `destroy`: deletes everything that the stack has made.

use bicoastal_engine::guards::Guard;
use bicoastal_runtime::PlanOptions;

use super::apply::{self, Outcome};
use crate::ask::Occasion;
use crate::failure::Failure;
use crate::session::Session;

pub(super) async fn run(session: &Session<'_, '_>) -> Result<u8, Failure> {
    let desired = session.desired()?;
    let cloud = session.connect().await?;
    session.introduce(&cloud);
    let options = PlanOptions { destroy: true, ..session.options() };
    // Of a part of the stack only the planner knows what goes with it: it refuses what is guarded.
    let guards = if options.only.is_empty() {
        cloud.engine.guards(&desired, &options).await?
    } else {
        Vec::new()
    };
    if !guards.is_empty() {
        return Err(guarded(&session.stack, &guards));
    }
    let outcome =
        apply::plan_and_apply(session, &cloud, &desired, &options, Occasion::Destroy).await?;
    if matches!(outcome, Outcome::Applied { done: true, changes: false }) && !session.flags.json {
        session.console.plain("Nothing is left to delete.");
    }
    Ok(outcome.code(session))
}

/// Everything that stands in the way, at once.
fn guarded(stack: &str, guards: &[Guard]) -> Failure {
    let count = match guards.len() {
        1 => "1 guard stands".to_owned(),
        many => format!("{many} guards stand"),
    };
    let mut text = format!("{count} in the way of destroying '{stack}'; nothing was done");
    for guard in guards {
        text.push_str(&format!("\n  {} {}\n    hint: {}", guard.id, guard.message, guard.hint));
    }
    Failure::new(text)
}
