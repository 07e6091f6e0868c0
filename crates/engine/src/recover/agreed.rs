//! What the program wants and the cloud has: what counts as applied where nobody recorded it.

use bicoastal_model::diff::diff;
use bicoastal_model::same::canonical;
use bicoastal_model::schema::{Change, Schema};
use bicoastal_model::value::{Map, Value, has_unknown};
use bicoastal_model::{Field, Shape};

/// The part of what is wanted that is there: field by field, of lists and maps that others may
/// share part by part. What AWS never shows (secrets, delete options, properties that mean
/// something at creation or to the library only) counts as applied.
pub(crate) fn agreed(schema: &Schema, wanted: &Value, seen: &Value) -> Value {
    let found = diff(schema, wanted, Some(wanted), Some(seen));
    let paths: Vec<&str> = found.changes.iter().map(|change| change.path.as_str()).collect();
    let mut all = Map::new();
    for field in schema.fields {
        let Some(value) = wanted.get(field.name) else { continue };
        let unseen =
            matches!(field.change, Change::CreateOnly | Change::DeleteOption | Change::Local)
                || matches!(field.shape, Shape::Secret);
        let part = if unseen {
            Some(value.clone()).filter(|value| !has_unknown(value))
        } else {
            common(field, value, seen.get(field.name), &paths)
        };
        if let Some(part) = part {
            all.insert(field.name.to_owned(), part);
        }
    }
    Value::Object(all)
}

/// What of a field's value is there; `None` where nothing of it is.
fn common(field: &Field, wanted: &Value, seen: Option<&Value>, paths: &[&str]) -> Option<Value> {
    let differs = |path: &str| paths.iter().any(|it| within(it, path) || within(path, it));
    if !differs(field.name) {
        return Some(wanted.clone());
    }
    match (field.shape, wanted) {
        (Shape::OwnedMap | Shape::Object(_), Value::Object(parts)) => {
            let kept = parts.iter().filter(|(key, _)| !differs(&format!("{}.{key}", field.name)));
            let kept: Map<String, Value> =
                kept.map(|(key, value)| (key.clone(), value.clone())).collect();
            (!kept.is_empty()).then_some(Value::Object(kept))
        }
        (Shape::OwnedSet(item), Value::Array(parts)) => {
            let seen = seen.and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
            let there: Vec<Value> = seen.iter().map(|it| canonical(item, it)).collect();
            let kept = parts.iter().filter(|it| there.contains(&canonical(item, it)));
            let kept: Vec<Value> = kept.cloned().collect();
            (!kept.is_empty()).then_some(Value::Array(kept))
        }
        (Shape::Keyed { key, .. }, Value::Array(parts)) => {
            let kept = parts.iter().filter(|it| {
                let name = it.get(key).map(|it| it.as_str().map_or(it.to_string(), str::to_owned));
                name.is_some_and(|name| !differs(&format!("{}[{name}]", field.name)))
            });
            let kept: Vec<Value> = kept.cloned().collect();
            (!kept.is_empty()).then_some(Value::Array(kept))
        }
        _ => None,
    }
}

/// Whether a path is the other one or a part of it.
fn within(path: &str, of: &str) -> bool {
    path.strip_prefix(of)
        .is_some_and(|rest| rest.is_empty() || rest.starts_with('.') || rest.starts_with('['))
}

/// Whether what is there is what is declared: wholly, or, of a list that others may share, at
/// least the part that is agreed on.
pub(crate) fn is_declared(schema: &Schema, wanted: &Value, seen: &Value, agreed: &Value) -> bool {
    let found = diff(schema, wanted, Some(wanted), Some(seen));
    found.changes.iter().all(|change| {
        let top = change.path.split(['.', '[']).next().unwrap_or_default();
        let shared = schema.field(top).is_some_and(|field| {
            matches!(field.shape, Shape::OwnedMap | Shape::OwnedSet(_) | Shape::Keyed { .. })
        });
        shared && agreed.get(top).is_some()
    })
}
