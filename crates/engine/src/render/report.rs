//! What became of a plan, as lines.

use bicoastal_model::ResourceId;

use super::{Line, Style, counted, span};
use crate::machine::{ChangeReport, Failure, Fate, Report};
use crate::order::Order;
use crate::plan::Action;

/// What became of a plan: what went wrong first, how the run stands last.
pub fn report(report: &Report) -> Vec<Line> {
    let mut lines = Vec::new();
    for change in &report.changes {
        match &change.fate {
            Fate::Failed(failure) => {
                let what = format!("could not {} {}", verb(change.action), change.id);
                lines.extend(failed(change, &what, failure));
            }
            Fate::InDoubt(failure) => {
                let what = format!(
                    "it is not known whether {} was {}; the next apply finds out",
                    change.id,
                    participle(change.action)
                );
                lines.extend(failed(change, &what, failure));
            }
            _ => {}
        }
    }
    for change in &report.changes {
        let line = match &change.fate {
            Fate::Skipped { because, order } => {
                let why = match order {
                    Order::Safety => format!("not safe without {because}"),
                    Order::Rollout => format!("the rollout stopped at {because}"),
                    Order::Required | Order::Preference => format!("it needs {because}"),
                };
                let became = became(report, because);
                format!("skipped: {} {}: {why}, which {became}", verb(change.action), change.id)
            }
            Fate::Abandoned => format!(
                "stopped: {} {} was under way; the next apply goes on with it",
                verb(change.action),
                change.id
            ),
            Fate::NotStarted => format!("not begun: {} {}", verb(change.action), change.id),
            Fate::Done | Fate::Failed(_) | Fate::InDoubt(_) => continue,
        };
        lines.push(vec![span(Style::Warn, line)]);
    }
    lines.push(standing(report));
    lines
}

/// What became of what something else was skipped for.
fn became(report: &Report, id: &ResourceId) -> &'static str {
    match report.changes.iter().find(|change| change.id == *id).map(|change| &change.fate) {
        Some(Fate::Failed(_)) => "failed",
        Some(Fate::InDoubt(_)) => "is in doubt",
        _ => "was not done",
    }
}

fn failed(change: &ChangeReport, what: &str, failure: &Failure) -> Vec<Line> {
    let mut lines = vec![vec![span(Style::Error, "error: "), span(Style::Bold, what)]];
    if let Some(at) = &change.at {
        lines.push(vec![span(Style::Dim, format!("  declared at {at}"))]);
    }
    lines.push(vec![span(Style::Plain, format!("  {}", failure.message))]);
    if let Some(hint) = &failure.hint {
        lines.push(vec![span(Style::Plain, format!("  hint: {hint}"))]);
    }
    lines
}

fn standing(report: &Report) -> Line {
    let all = report.changes.len();
    let count = |of: fn(&Fate) -> bool| report.changes.iter().filter(|it| of(&it.fate)).count();
    let done = count(|fate| *fate == Fate::Done);
    if done == all {
        let text = match all {
            0 => "Nothing was to be done.".to_owned(),
            all => format!("Done: {}.", counted(all, "change")),
        };
        return vec![span(Style::Bold, text)];
    }
    let mut parts = vec![format!("{done} of {} done", counted(all, "change"))];
    for (many, word) in [
        (count(|fate| matches!(fate, Fate::Failed(_))), "failed"),
        (count(|fate| matches!(fate, Fate::InDoubt(_))), "in doubt"),
        (count(|fate| matches!(fate, Fate::Skipped { .. })), "skipped"),
        (count(|fate| *fate == Fate::Abandoned), "under way"),
        (count(|fate| *fate == Fate::NotStarted), "not begun"),
    ] {
        if many > 0 {
            parts.push(format!("{many} {word}"));
        }
    }
    let stopped = if report.cancelled { "Stopped" } else { "Not finished" };
    vec![span(
        Style::Bold,
        format!("{stopped}: {}. Nothing is undone; apply again to go on.", parts.join(", ")),
    )]
}

fn verb(action: Action) -> &'static str {
    match action {
        Action::Create => "create",
        Action::Update => "update",
        Action::ReplaceCreateFirst | Action::ReplaceDeleteFirst => "replace",
        Action::Delete => "delete",
        Action::Adopt => "adopt",
        Action::Forget => "forget",
        Action::Note => "record",
    }
}

fn participle(action: Action) -> &'static str {
    match action {
        Action::Create => "created",
        Action::Update => "updated",
        Action::ReplaceCreateFirst | Action::ReplaceDeleteFirst => "replaced",
        Action::Delete => "deleted",
        Action::Adopt => "adopted",
        Action::Forget => "forgotten",
        Action::Note => "recorded",
    }
}
