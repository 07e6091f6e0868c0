//! A plan, and the drift that it found, as lines.

use std::collections::{BTreeMap, BTreeSet};

use bicoastal_model::diff::{Cause, FieldChange};
use bicoastal_model::{ResourceId, Risk};
use serde_json::Value;

use super::value::{is_secret, pair, short};
use super::{Line, Style, counted, duration, span};
use crate::plan::{Action, Change, Plan};
use crate::recover::Orphan;
use crate::state::Verb;

/// What a plan would do.
pub fn plan(plan: &Plan) -> Vec<Line> {
    let mut lines = Vec::new();
    for change in &plan.changes {
        lines.extend(change_lines(change));
    }
    if !plan.changes.is_empty() {
        lines.push(Line::new());
    }
    lines.extend(order(plan));
    lines.extend(others(plan));
    lines.push(summary(plan));
    lines.extend(longest_path(plan));
    lines
}

/// What somebody else changed, added or removed; what the program wants is left out.
pub fn drift(plan: &Plan, orphans: &[Orphan]) -> Vec<Line> {
    let mut lines = Vec::new();
    let mut drifted = 0;
    for change in &plan.changes {
        let fields: Vec<&FieldChange> = change
            .fields
            .iter()
            .filter(|field| matches!(field.cause, Cause::Drifted | Cause::EditedAndDrifted))
            .collect();
        let gone = matches!(change.action, Action::Create | Action::Forget)
            && change.reasons.iter().any(|reason| reason.contains("outside"));
        if fields.is_empty() && !gone {
            continue;
        }
        drifted += 1;
        let (symbol, style) = if gone { ("-", Style::Delete) } else { ("~", Style::Update) };
        lines.push(title(change, symbol, style));
        lines.extend(declared_at(change));
        if gone {
            lines.push(vec![span(
                Style::Plain,
                "      is gone: it was deleted outside of the program",
            )]);
        } else {
            // What was to be there, and what is there now: the other way round than in a plan.
            lines.extend(fields.iter().map(|field| {
                let (before, after) = pair(&field.before.to_value(), &field.after.to_value());
                vec![
                    span(Style::Plain, format!("      {}: {after} → ", field.path)),
                    span(Style::Warn, before),
                ]
            }));
        }
    }
    if drifted > 0 {
        lines.push(Line::new());
    }
    lines.extend(others(plan));
    lines.extend(orphan_lines(orphans));
    let quiet = plan.added.is_empty() && plan.unseen.is_empty() && orphans.is_empty();
    let nothing = drifted == 0 && quiet;
    lines.push(vec![if nothing {
        span(Style::Bold, "No drift: everything is as it was applied.")
    } else {
        let mut parts = vec![format!("{} drifted", counted(drifted, "resource"))];
        if !plan.added.is_empty() {
            parts.push(format!("{} added by others", plan.added.len()));
        }
        if !orphans.is_empty() {
            parts.push(format!("{} of this stack in no state", orphans.len()));
        }
        if !plan.unseen.is_empty() {
            parts.push(format!("{} could not be seen", plan.unseen.len()));
        }
        span(Style::Bold, format!("Drift: {}.", parts.join(", ")))
    }]);
    lines
}

/// What bears the stack's marks, and nobody plans for.
fn orphan_lines(orphans: &[Orphan]) -> Vec<Line> {
    if orphans.is_empty() {
        return Vec::new();
    }
    let mut lines = vec![vec![span(Style::Bold, "Bears this stack's marks, and is in no state")]];
    for it in orphans {
        let whose = match (&it.born, &it.lineage) {
            (Some(born), None) => format!("made as {born}"),
            (Some(born), Some(lineage)) => format!("made as {born}, of lineage {lineage}"),
            (None, Some(lineage)) => format!("of lineage {lineage}"),
            (None, None) => "made by a run that was stopped".to_owned(),
        };
        lines.push(vec![
            span(Style::Warn, format!("  {}  ", it.physical)),
            span(Style::Plain, format!("{}, {}  {whose}", it.kind, it.place)),
        ]);
    }
    lines.push(vec![span(
        Style::Dim,
        "  hint: nothing plans for these; import them, or delete them by hand",
    )]);
    lines.push(Line::new());
    lines
}

/// How an action is shown: a symbol, a colour, and what the summary calls it.
pub(super) fn shown(action: Action) -> (&'static str, Style, &'static str) {
    match action {
        Action::Create => ("+", Style::Create, "to create"),
        Action::Update => ("~", Style::Update, "to update"),
        Action::ReplaceCreateFirst => ("+/-", Style::Replace, "to replace"),
        Action::ReplaceDeleteFirst => ("-/+", Style::Replace, "to replace"),
        Action::Delete => ("-", Style::Delete, "to delete"),
        Action::Adopt => ("<=", Style::Create, "to adopt"),
        Action::Forget => ("x", Style::Dim, "to forget"),
        Action::Note => ("=", Style::Dim, "to record"),
    }
}

fn change_lines(change: &Change) -> Vec<Line> {
    let (symbol, style, _) = shown(change.action);
    let mut first = title(change, symbol, style);
    let words = match change.action {
        Action::ReplaceCreateFirst => "  the successor is made first",
        Action::ReplaceDeleteFirst => "  deleted first: an outage",
        Action::Adopt => "  an existing one is taken over",
        Action::Forget => "  left alone in AWS, and not managed any more",
        Action::Note => "  only recorded",
        Action::Create | Action::Update | Action::Delete => "",
    };
    first.push(span(style, words));
    match change.risk {
        Risk::Safe => {}
        Risk::Disruptive => first.push(span(Style::Warn, "  disruptive")),
        Risk::DestroysData => first.push(span(Style::Error, "  destroys data")),
    }
    let mut lines = vec![first];
    lines.extend(declared_at(change));
    for reason in &change.reasons {
        lines.push(vec![span(Style::Plain, format!("      {reason}"))]);
    }
    // Every field of what is new is new, and of what goes, goes.
    let new = matches!(change.action, Action::Create);
    if change.action != Action::Delete {
        let shown = change.fields.iter().filter(|field| !(new && is_mark(field)));
        lines.extend(shown.map(|field| field_line(field, new)));
    }
    lines
}

/// Whether it is one of the tags that mark what is ours: everything new gets them.
fn is_mark(field: &FieldChange) -> bool {
    field.path.starts_with("tags.bicoastal:")
}

fn title(change: &Change, symbol: &str, style: Style) -> Line {
    vec![
        span(style, format!("{symbol:>3} ")),
        span(Style::Bold, change.id.to_string()),
        span(Style::Dim, format!("  {}, {}", change.kind, place(change))),
    ]
}

fn place(change: &Change) -> String {
    match &change.place.account {
        Some(account) => format!("{} of {account}", change.place.label()),
        None => change.place.label(),
    }
}

fn declared_at(change: &Change) -> Option<Line> {
    let at = change.at.as_ref()?;
    Some(vec![span(Style::Dim, format!("      declared at {at}"))])
}

fn field_line(field: &FieldChange, new: bool) -> Line {
    let mut line = vec![span(Style::Plain, format!("      {}: ", field.path))];
    let unknown = field.cause == Cause::Unknown;
    let (before, after) = (field.before.to_value(), field.after.to_value());
    if new && before.is_null() {
        line.push(span(Style::Create, short(&after)));
        if unknown {
            line.push(span(Style::Dim, "   (known after apply)"));
        }
        return line;
    }
    // Of a secret it is only known that it is another one.
    if is_secret(&after) {
        line.push(span(Style::Update, short(&after)));
    } else {
        let (before, after) = pair(&before, &after);
        line.push(span(Style::Delete, before));
        line.push(span(Style::Plain, " → "));
        line.push(span(Style::Create, after));
    }
    let cause = match field.cause {
        Cause::Edited => "edited",
        Cause::Drifted => "drifted",
        Cause::EditedAndDrifted => "edited and drifted",
        Cause::Unknown => "known after apply",
    };
    line.push(span(Style::Dim, format!("   ({cause})")));
    if field.change == bicoastal_model::schema::Change::Replace {
        line.push(span(Style::Replace, "  takes a replacement"));
    }
    line
}

/// The waves of a rollout and the pauses between them; nothing where everything goes at once.
fn order(plan: &Plan) -> Vec<Line> {
    let last = plan.operations.iter().map(|op| op.wave).max().unwrap_or(0);
    let pauses = plan.operations.iter().any(|op| op.pause_ms > 0);
    if last < 2 && !pauses {
        return Vec::new();
    }
    let mut waves: BTreeMap<u32, (BTreeSet<String>, Vec<String>)> = BTreeMap::new();
    for op in &plan.operations {
        let (regions, steps) = waves.entry(op.wave).or_default();
        regions.extend(op.members.iter().map(|member| member.place.label()));
        if op.pause_ms > 0 {
            steps.push(format!("wait {}: {}", duration(op.pause_ms), op.pause_reason));
        }
        for member in &op.members {
            let verb = match member.verb {
                Verb::Create => "+",
                Verb::Adopt => "<=",
                Verb::Update => "~",
                Verb::Delete => "-",
            };
            steps.push(format!("{verb} {}", member.key.id));
        }
    }
    let mut lines = vec![vec![span(Style::Bold, "Order")]];
    for (wave, (regions, steps)) in waves {
        let regions = regions.into_iter().collect::<Vec<_>>().join(", ");
        if last > 1 {
            lines.push(vec![span(Style::Plain, format!("  wave {wave}: {regions}"))]);
        }
        lines.extend(steps.into_iter().map(|step| vec![span(Style::Dim, format!("    {step}"))]));
    }
    lines.push(Line::new());
    lines
}

/// What is not the plan's own doing: what others added, what could not be seen, what was left
/// out, and warnings.
fn others(plan: &Plan) -> Vec<Line> {
    let mut lines = Vec::new();
    if !plan.added.is_empty() {
        lines.push(vec![span(Style::Bold, "Added by others, left alone")]);
        for added in &plan.added {
            let value = match &added.value {
                Value::Null => String::new(),
                value => format!(": {}", short(value)),
            };
            lines.push(vec![span(Style::Warn, format!("  {}  {}{value}", added.id, added.what))]);
        }
        lines.push(Line::new());
    }
    if !plan.unseen.is_empty() {
        lines.push(vec![span(Style::Bold, "Could not be seen: not known, and not touched")]);
        for unseen in &plan.unseen {
            lines.push(vec![span(Style::Warn, format!("  {}  {}", unseen.id, unseen.error))]);
        }
        lines.push(Line::new());
    }
    if !plan.left_out.is_empty() {
        let ids: Vec<&str> = plan.left_out.iter().map(|id| id.as_str()).collect();
        lines.push(vec![span(Style::Dim, format!("Left out: {}", ids.join(", ")))]);
        lines.push(Line::new());
    }
    for warning in &plan.warnings {
        lines.extend(warning.to_string().lines().map(|line| vec![span(Style::Warn, line)]));
    }
    lines
}

fn summary(plan: &Plan) -> Line {
    let mut counts: Vec<(&str, usize)> = Vec::new();
    for change in &plan.changes {
        let word = shown(change.action).2;
        match counts.iter_mut().find(|(known, _)| *known == word) {
            Some((_, count)) => *count += 1,
            None => counts.push((word, 1)),
        }
    }
    if counts.is_empty() {
        return vec![span(
            Style::Bold,
            match (plan.is_empty(), plan.unseen.is_empty()) {
                (true, true) => "No changes.",
                (false, true) => "No changes, except to what is recorded.",
                (_, false) => "No changes to what could be seen.",
            },
        )];
    }
    let order =
        ["to create", "to adopt", "to update", "to replace", "to delete", "to forget", "to record"];
    counts.sort_by_key(|(word, _)| order.iter().position(|it| it == word));
    let counts: Vec<String> =
        counts.into_iter().map(|(word, count)| format!("{count} {word}")).collect();
    let mut line = vec![span(Style::Bold, format!("Plan: {}.", counts.join(", ")))];
    let calls: u32 = plan.calls.values().sum();
    if calls > 0 {
        let by_service: Vec<String> =
            plan.calls.iter().map(|(service, calls)| format!("{service} {calls}")).collect();
        line.push(span(
            Style::Plain,
            format!(" About {} ({})", counted(calls as usize, "call"), by_service.join(", ")),
        ));
        let floor = match plan.floor_ms {
            0 => ".".to_owned(),
            floor => format!(", at least {}.", duration(floor)),
        };
        line.push(span(Style::Plain, floor));
    }
    line
}

/// More steps of the longest path than these are not all shown.
const STEPS: usize = 8;

/// How long it is to take, and what makes it that long; nothing where nothing is done.
fn longest_path(plan: &Plan) -> Option<Line> {
    let through: Vec<&str> = plan.path.through.iter().map(ResourceId::as_str).collect();
    if through.is_empty() {
        return None;
    }
    let steps = match through.len() {
        ..=STEPS => through.join(" → "),
        many => {
            let (first, last) = (&through[..STEPS / 2], &through[many - STEPS / 2..]);
            format!("{} → ({} more) → {}", first.join(" → "), many - STEPS, last.join(" → "))
        }
    };
    Some(vec![span(
        Style::Plain,
        format!("Longest path: about {}: {steps}", duration(plan.path.ms)),
    )])
}
