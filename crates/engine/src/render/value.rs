//! Values in one line: secrets redacted, what is not known yet named.

use bicoastal_model::value::{NAME, SECRET, TEXT, as_ref, marker};
use serde_json::Value;

/// Longer values are cut: a plan is read by people.
const MOST: usize = 120;

/// A value for people, cut where it is long.
pub(super) fn short(value: &Value) -> String {
    let whole = shown(value);
    if whole.chars().count() <= MOST {
        return whole;
    }
    let cut: String = whole.chars().take(MOST - 1).collect();
    format!("{cut}…")
}

fn shown(value: &Value) -> String {
    if let Some(reference) = as_ref(value) {
        return format!("({}.{}, known after apply)", reference.id, reference.attribute);
    }
    if marker(value, SECRET).is_some() {
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
