//! A run without a verb: plan, apply, plan again, and what was made.

use std::collections::BTreeSet;

use bicoastal_engine::render::Style;
use bicoastal_runtime::PlanOptions;

use super::apply::{self, Outcome};
use super::{outputs, plan};
use crate::ask::Occasion;
use crate::console::span;
use crate::failure::Failure;
use crate::interrupt::Interrupts;
use crate::session::Session;

pub(super) async fn run(session: &Session<'_, '_>) -> Result<u8, Failure> {
    let desired = session.desired()?;
    let cloud = session.connect().await?;
    let options = session.options();
    let heading = |text: String| session.console.line(&[span(Style::Bold, text)]);

    heading(format!("Plan: {} on {}", session.stack, cloud.what));
    session.console.plain("");
    let outcome =
        apply::plan_and_apply(session, &cloud, &desired, &options, Occasion::Story).await?;
    let Outcome::Applied { done: true, changes } = outcome else {
        return Ok(outcome.code(session));
    };
    if changes {
        session.console.plain("");
        heading("Plan again".to_owned());
        session.console.plain("");
        // What was replaced by name is replaced.
        let options = PlanOptions { replace: BTreeSet::new(), ..options };
        // An apply has taken Ctrl-C over; a plan may simply be left.
        let mut interrupts = Interrupts::listen();
        let again = tokio::select! {
            again = session.hearing(cloud.engine.plan(&desired, &options)) => again?,
            () = interrupts.next() => {
                return Err(Failure::new("interrupted; everything was applied"));
            }
        };
        plan::show(session, &again);
        if plan::has_changes(&again) {
            return Err(Failure::with_hint(
                "the plan after the apply is not empty",
                "somebody else may be changing the same things; run again to see",
            ));
        }
    }
    outputs::show(session).await?;
    session.console.plain("");
    session.console.line(&[span(
        Style::Dim,
        format!(
            "State is in {}. Next: plan, drift, graph, outputs, destroy.",
            session.state_place()
        ),
    )]);
    Ok(session.code(changes))
}
