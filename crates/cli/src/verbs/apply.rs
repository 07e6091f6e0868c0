//! `apply`: makes the cloud as the program wants it.

use std::path::Path;
use std::time::Duration;

use bicoastal_engine::machine::Report;
use bicoastal_engine::plan::Plan;
use bicoastal_engine::render::{self, Style};
use bicoastal_model::Desired;
use bicoastal_runtime::{Cancel, Clock, Error, PlanOptions, SystemClock};
use serde_json::{Value, json};

use super::{outputs, plan};
use crate::ask::{self, Harm, Occasion};
use crate::console::span;
use crate::failure::Failure;
use crate::interrupt::Interrupts;
use crate::plan_file;
use crate::progress::{Display, duration};
use crate::session::{self, Cloud, Session};

/// How often elapsed times are brought up to date.
const TICK: Duration = Duration::from_millis(200);

pub(super) async fn run(session: &Session<'_, '_>) -> Result<u8, Failure> {
    let desired = session.desired()?;
    let cloud = session.connect().await?;
    session.introduce(&cloud);
    let options = session.options();
    let outcome = plan_and_apply(session, &cloud, &desired, &options, Occasion::Apply).await?;
    finish(session, outcome).await
}

/// Plans, shows the plan, asks where that is needed, and carries it out. What another run that was
/// waited for has changed meanwhile is planned, shown and asked again.
pub(super) async fn plan_and_apply(
    session: &Session<'_, '_>,
    cloud: &Cloud,
    desired: &Desired,
    options: &PlanOptions,
    occasion: Occasion,
) -> Result<Outcome, Failure> {
    loop {
        let plan = session.hearing(cloud.engine.plan(desired, options)).await?;
        if let Some(outcome) =
            show_and_apply(session, cloud, desired, options, plan, occasion).await?
        {
            return Ok(outcome);
        }
        session.console.diagnostic("The other run has changed the state. Planning again.");
    }
}

/// Applies a plan that was saved, if nothing has moved since.
pub(super) async fn saved(session: &Session<'_, '_>, file: &Path) -> Result<u8, Failure> {
    let (plan, options) = plan_file::load(file)?;
    if plan.stack != session.stack {
        return Err(Failure::with_hint(
            format!(
                "the plan {} is of the stack '{}', and this run is of '{}'; nothing was done",
                file.display(),
                plan.stack,
                session.stack
            ),
            format!("say --stack {}", plan.stack),
        ));
    }
    let desired = session.desired()?;
    let cloud = session.connect().await?;
    session.introduce(&cloud);
    cloud.engine.verify(&plan, &desired, &options).await?;
    let occasion = Occasion::Saved;
    let outcome = show_and_apply(session, &cloud, &desired, &options, plan, occasion).await?;
    let outcome = outcome.ok_or_else(|| {
        Failure::with_hint(
            format!(
                "the plan {} is stale: the run that was waited for has changed the state; nothing was done",
                file.display()
            ),
            "plan again, look at it, and apply that",
        )
    })?;
    finish(session, outcome).await
}

/// What came of a plan.
#[derive(Debug)]
pub(super) enum Outcome {
    /// The answer was no.
    Declined,
    /// It was carried out, as far as the report says.
    Applied {
        /// Whether there was anything to do.
        changes: bool,
        /// Whether everything is done.
        done: bool,
    },
}

impl Outcome {
    /// The exit code; words for a no.
    pub(super) fn code(&self, session: &Session<'_, '_>) -> u8 {
        match self {
            Self::Declined => {
                session.console.diagnostic("Nothing was done.");
                1
            }
            Self::Applied { done: false, .. } => 1,
            Self::Applied { done: true, changes } => session.code(*changes),
        }
    }
}

/// The outputs, where everything went well, and the exit code.
async fn finish(session: &Session<'_, '_>, outcome: Outcome) -> Result<u8, Failure> {
    if matches!(outcome, Outcome::Applied { done: true, .. }) && !session.flags.json {
        outputs::show(session).await?;
    }
    Ok(outcome.code(session))
}

/// Shows a plan, asks where that is needed, and carries it out; `None` where another run was waited
/// for, and the plan does not fit any more.
///
/// # Errors
///
/// Where nobody can be asked, where not everything could be seen, and what keeps an apply from
/// being begun. Failures of single operations are in the report, which is shown.
async fn show_and_apply(
    session: &Session<'_, '_>,
    cloud: &Cloud,
    desired: &Desired,
    options: &PlanOptions,
    plan: Plan,
    occasion: Occasion,
) -> Result<Option<Outcome>, Failure> {
    if session.flags.json {
        session.console.json_line(&event("plan", render::plan_json(&plan)));
    } else {
        plan::show(session, &plan);
    }
    // The engine refuses this too; here it is refused before anybody is asked.
    if !plan.unseen.is_empty() && !options.without_unseen {
        return Err(session::unseen(&plan));
    }
    let harm = Harm::of(&plan);
    let consent =
        ask::consent(occasion, harm, session.is_local(), session.flags.yes, session.can_ask());
    if !ask::ask(session.console, consent, harm)? {
        return Ok(Some(Outcome::Declined));
    }
    let changes = plan::has_changes(&plan);
    let (applied, elapsed_ms) = carry_out(session, cloud, desired, options, plan).await?;
    let report = match applied {
        Err(error) if error.is_stale_plan() && session.waiting.has_waited() => return Ok(None),
        applied => applied?,
    };
    if session.flags.json {
        let mut line = event("report", render::report_json(&report));
        line["seconds"] = json!(elapsed_ms as f64 / 1_000.0);
        line["outputs"] = outputs::json(session).await?;
        session.console.json_line(&line);
    } else if changes {
        session.console.plain("");
        session.console.lines(&render::report(&report));
        let virtually = if cloud.clock.is_virtual() { " of the local cloud's time" } else { "" };
        session
            .console
            .line(&[span(Style::Dim, format!("It took {}{virtually}.", duration(elapsed_ms)))]);
    }
    Ok(Some(Outcome::Applied { changes, done: report.is_done() }))
}

fn event(name: &str, fields: Value) -> Value {
    let mut line = json!({ "event": name });
    if let (Some(line), Value::Object(fields)) = (line.as_object_mut(), fields) {
        line.extend(fields);
    }
    line
}

/// Carries a plan out, showing progress, until it is done or stopped. Also how long it took, in
/// milliseconds of the cloud's clock.
async fn carry_out(
    session: &Session<'_, '_>,
    cloud: &Cloud,
    desired: &Desired,
    options: &PlanOptions,
    plan: Plan,
) -> Result<(Result<Report, Error>, u64), Failure> {
    let display = Display::new(
        session.console,
        std::sync::Arc::clone(&cloud.clock),
        &plan,
        session.flags.json,
    );
    let cancel = Cancel::new();
    let mut interrupts = Interrupts::listen();
    let mut interrupted = 0;
    // Rows are redrawn in the user's time, whatever the cloud's clock does.
    let time = SystemClock::new();
    let apply = cloud.engine.apply(plan, desired, options, &display, &cancel);
    tokio::pin!(apply);
    let applied = loop {
        tokio::select! {
            applied = &mut apply => break applied,
            () = interrupts.next() => {
                interrupted += 1;
                match interrupted {
                    1 => {
                        cancel.stop();
                        display.say("Stopping: nothing new is begun, calls in flight are finished and recorded.\nInterrupt again to end at once; the next run finds out what happened.");
                    }
                    2 => {
                        cancel.abort();
                        display.say("Ending at once. What was begun is recorded.");
                    }
                    // The engine itself does not come back: what was begun is recorded anyway.
                    _ => {
                        display.finish();
                        return Err(Failure::with_hint("interrupted", "apply again to go on"));
                    }
                }
            }
            words = session.waiting.next() => display.say(&words),
            () = time.sleep(TICK), if session.console.is_live() => display.tick(),
        }
    };
    let elapsed_ms = display.finish();
    Ok((applied, elapsed_ms))
}
