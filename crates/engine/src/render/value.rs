//! Values in one line: secrets redacted, what is not known yet named.

use bicoastal_model::value::{NAME, SECRET, TEXT, as_ref, marker};
use serde_json::Value;

/// Longer values are cut: a plan is read by people.
const MOST: usize = 120;
/// How much is shown of what two long values have in common.
const LEAD: usize = 30;

/// A value for people, cut where it is long.
pub(super) fn short(value: &Value) -> String {
    let whole = shown(value);
    if whole.chars().count() <= MOST {
        return whole;
    }
    let cut: String = whole.chars().take(MOST - 1).collect();
    format!("{cut}…")
}

/// Two values that differ: where they are long, from shortly before they do.
pub(super) fn pair(before: &Value, after: &Value) -> (String, String) {
    let (before, after) = (shown(before), shown(after));
    if before.chars().count().max(after.chars().count()) <= MOST {
        return (before, after);
    }
    let same = before.chars().zip(after.chars()).take_while(|(a, b)| a == b).count();
    let skipped = same.saturating_sub(LEAD);
    let cut = |text: &str| {
        let start = if skipped > 0 { "…" } else { "" };
        let rest: Vec<char> = text.chars().skip(skipped).collect();
        let kept: String = rest.iter().take(MOST).collect();
        let end = if rest.len() > MOST { "…" } else { "" };
        format!("{start}{kept}{end}")
    };
    (cut(&before), cut(&after))
}

/// Whether it is a secret, of which nothing is shown.
pub(super) fn is_secret(value: &Value) -> bool {
    marker(value, SECRET).is_some()
}

fn shown(value: &Value) -> String {
    if let Some(reference) = as_ref(value) {
        return format!("${{{}.{}}}", reference.id, reference.attribute);
    }
    if is_secret(value) {
        return "(secret)".to_owned();
    }
    if let Some(prefix) = marker(value, NAME).and_then(Value::as_str) {
        return format!("\"{prefix}-…\"");
    }
    if let Some(parts) = marker(value, TEXT).and_then(Value::as_array) {
        let text: String = parts.iter().map(part).collect();
        return format!("\"{text}\"");
    }
    match value {
        Value::Null => "(none)".to_owned(),
        Value::Array(items) => {
            format!("[{}]", items.iter().map(shown).collect::<Vec<_>>().join(", "))
        }
        Value::Object(fields) => {
            let fields = fields.iter().map(|(name, field)| format!("{name}: {}", shown(field)));
            format!("{{{}}}", fields.collect::<Vec<_>>().join(", "))
        }
        other => other.to_string(),
    }
}

fn part(value: &Value) -> String {
    match (value, as_ref(value)) {
        (_, Some(reference)) => format!("${{{}.{}}}", reference.id, reference.attribute),
        (Value::String(text), None) => text.clone(),
        (other, None) => shown(other),
    }
}

/// The value with secrets redacted, for programs. Digests are not worth showing either.
pub(super) fn redacted(value: &Value) -> Value {
    let mut redacted = value.clone();
    bicoastal_model::value::rewrite(&mut redacted, &mut |inner| {
        marker(inner, SECRET).map(|_| Value::String("(secret)".to_owned()))
    });
    redacted
}
