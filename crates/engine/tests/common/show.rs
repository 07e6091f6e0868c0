//! A plan as compact text, for expectations.

use std::fmt::Write;

use bicoastal_engine::order::Order;
use bicoastal_engine::plan::{Action, Plan};
use bicoastal_engine::record::Record;
use bicoastal_engine::state::Verb;
use bicoastal_model::Diagnostics;

/// Why something comes after something else: nothing for what is only required.
fn word(order: Order) -> &'static str {
    match order {
        Order::Required => "",
        Order::Safety => "!",
        Order::Rollout => ">",
        Order::Preference => "~",
    }
}

pub fn show(plan: &Result<Plan, Diagnostics>) -> String {
    match plan {
        Ok(plan) => format!("{}{}", changes(plan), operations(plan)),
        Err(errors) => errors.to_string() + "\n",
    }
}

pub fn changes(plan: &Plan) -> String {
    let mut out = String::new();
    for change in &plan.changes {
        let symbol = match change.action {
            Action::Create => "+",
            Action::Update => "~",
            Action::ReplaceCreateFirst => "+/-",
            Action::ReplaceDeleteFirst => "-/+",
            Action::Delete => "-",
            Action::Adopt => "<=",
            Action::Forget => "forget",
            Action::Note => "note",
        };
        let reasons = match change.reasons.is_empty() {
            true => String::new(),
            false => format!(" ({})", change.reasons.join("; ")),
        };
        let _ = writeln!(out, "{symbol} {} {:?}{reasons}", change.id, change.risk);
        if matches!(change.action, Action::Create | Action::Delete) {
            continue;
        }
        for field in &change.fields {
            let _ = writeln!(
                out,
                "    {}: {} → {} {:?}",
                field.path, field.before, field.after, field.cause
            );
        }
    }
    for record in &plan.records {
        let text = match record {
            Record::Noted { key, .. } => format!("noted {key}"),
            Record::Forgotten { key, .. } => format!("forgotten {key}"),
            Record::Superseded { key } => format!("superseded {key}"),
            Record::Restored { key } => format!("restored {key}"),
            Record::Moved { from, to } => format!("moved {from} to {to}"),
            Record::LookedUp { id, found } => format!("looked up {id}: {}", found.is_some()),
            other => format!("{other:?}"),
        };
        let _ = writeln!(out, "record: {text}");
    }
    for added in &plan.added {
        let _ = writeln!(out, "added: {} {}", added.id, added.what);
    }
    for unseen in &plan.unseen {
        let _ = writeln!(out, "unseen: {}", unseen.id);
    }
    for id in &plan.left_out {
        let _ = writeln!(out, "left out: {id}");
    }
    for warning in &plan.warnings {
        let _ = writeln!(out, "{warning}");
    }
    out
}

pub fn operations(plan: &Plan) -> String {
    let mut out = String::new();
    for (index, operation) in plan.operations.iter().enumerate() {
        let members: Vec<String> = operation
            .members
            .iter()
            .map(|member| {
                let verb = match member.verb {
                    Verb::Create => "create",
                    Verb::Adopt => "adopt",
                    Verb::Update => "update",
                    Verb::Delete => "delete",
                };
                format!("{verb} {}", member.key)
            })
            .collect();
        let what = match members.is_empty() {
            true => operation.pause_reason.clone(),
            false => members.join(" & "),
        };
        let after: Vec<String> = operation
            .after
            .iter()
            .map(|(earlier, ties)| {
                let words: Vec<&str> = ties.iter().map(word).collect();
                let required = if words.len() > 1 && ties.has(Order::Required) { "=" } else { "" };
                format!("{earlier}{required}{}", words.concat())
            })
            .collect();
        let needs: Vec<String> = operation
            .needs
            .iter()
            .map(|it| format!(" {}:{}.{}{}", it.member, it.of, it.which, word(it.order)))
            .collect();
        let (after, needs) = (after.join(" "), needs.concat());
        let _ = writeln!(out, "{index} w{} {what} after [{after}]{needs}", operation.wave);
    }
    out
}
