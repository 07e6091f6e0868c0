//! What is to be true after an update, with what others own written back.

use super::{find, label};
use crate::same::canonical;
use crate::schema::{Field, Schema, Shape};
use crate::value::{Map, Value, json};

/// What is to be true after an update, field by field, for the resource's own `step`:
/// what is wanted; `null` where something formerly mentioned is to be unset; a missing key where
/// nothing was ever said. Lists and maps of which others own a part are merged with what is seen.
pub fn target(
    schema: &Schema,
    wanted: &Value,
    applied: Option<&Value>,
    seen: Option<&Value>,
) -> Value {
    let mut out = Map::new();
    for field in schema.fields {
        let exclusive =
            field.exclusive_if.is_some_and(|property| wanted.get(property) == Some(&json!(true)));
        let part = merged(
            field,
            exclusive,
            wanted.get(field.name),
            applied.and_then(|it| it.get(field.name)),
            seen.and_then(|it| it.get(field.name)),
        );
        if let Some(part) = part {
            out.insert(field.name.to_owned(), part);
        }
    }
    Value::Object(out)
}

fn merged(
    field: &Field,
    exclusive: bool,
    wanted: Option<&Value>,
    applied: Option<&Value>,
    seen: Option<&Value>,
) -> Option<Value> {
    if wanted.is_none() && applied.is_none() {
        return None;
    }
    let foreign = |seen: Vec<(String, Value)>, w: &[(String, Value)], a: &[(String, Value)]| {
        seen.into_iter()
            .filter(|(name, _)| !exclusive && find(w, name).is_none() && find(a, name).is_none())
            .collect::<Vec<_>>()
    };
    match field.shape {
        Shape::OwnedMap => {
            let (w, a) = (entries(wanted), entries(applied));
            let mut all: Map<String, Value> = foreign(entries(seen), &w, &a).into_iter().collect();
            all.extend(w);
            Some(Value::Object(all))
        }
        Shape::OwnedSet(item) => {
            let parts = |value: Option<&Value>| -> Vec<(String, Value)> {
                items(value)
                    .iter()
                    .map(|it| (label(&canonical(item, it)).into(), it.clone()))
                    .collect()
            };
            let (w, a) = (parts(wanted), parts(applied));
            let mut all = foreign(parts(seen), &w, &a);
            all.extend(w);
            Some(Value::Array(all.into_iter().map(|(_, value)| value).collect()))
        }
        Shape::Keyed { key, fields } => {
            let parts = |value: Option<&Value>| -> Vec<(String, Value)> {
                items(value)
                    .iter()
                    .map(|it| (it.get(key).map(label).unwrap_or_default().into(), it.clone()))
                    .collect()
            };
            let (w, a, s) = (parts(wanted), parts(applied), parts(seen));
            let mut all: Vec<Value> =
                foreign(s.clone(), &w, &a).into_iter().map(|(_, value)| value).collect();
            for (name, entry) in &w {
                all.push(merged_object(fields, entry, find(&a, name), find(&s, name)));
            }
            Some(Value::Array(all))
        }
        Shape::Object(fields) => match wanted {
            Some(wanted) if wanted.is_object() => {
                Some(merged_object(fields, wanted, applied, seen))
            }
            _ => Some(Value::Null),
        },
        _ => Some(wanted.cloned().unwrap_or(Value::Null)),
    }
}

/// An object that AWS writes as a whole: parts never mentioned keep what is seen.
fn merged_object(
    fields: &'static [Field],
    wanted: &Value,
    applied: Option<&Value>,
    seen: Option<&Value>,
) -> Value {
    let mut out = wanted.as_object().cloned().unwrap_or_default();
    for field in fields {
        let (w, a, s) = (
            wanted.get(field.name),
            applied.and_then(|it| it.get(field.name)),
            seen.and_then(|it| it.get(field.name)),
        );
        let part = match (w, a) {
            (None, None) => s.cloned(),
            _ => merged(field, false, w, a, s),
        };
        match part {
            Some(part) => out.insert(field.name.to_owned(), part),
            None => out.remove(field.name),
        };
    }
    Value::Object(out)
}

fn entries(value: Option<&Value>) -> Vec<(String, Value)> {
    match value {
        Some(Value::Object(map)) => map.iter().map(|(k, v)| (k.clone(), v.clone())).collect(),
        _ => Vec::new(),
    }
}

fn items(value: Option<&Value>) -> &[Value] {
    match value {
        Some(Value::Array(items)) => items,
        _ => &[],
    }
}
