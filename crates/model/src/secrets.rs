//! Secrets inside of properties, at any depth: which of those that are wanted stands for which of
//! those that were applied.
//!
//! AWS never tells a secret, so what was sent last is believed. Where a secret is in a list, "what
//! was sent in its place" takes telling the list's elements apart without it.

use crate::diff::label;
use crate::packed::Packed;
use crate::same::canonical;
use crate::schema::{Field, Schema, Shape};
use crate::value::{self, Map, SECRET, Value, json};

/// A secret that is wanted.
#[derive(Clone, Debug, PartialEq)]
pub struct WantedSecret<'p> {
    /// Its path: `password`, `actions[0].client_secret`, `users[admin].password`.
    pub path: String,
    /// Its marker.
    pub wanted: &'p Packed,
    /// The marker of what was applied in its place, if something was.
    pub applied: Option<&'p Packed>,
    /// Whether what it is a part of was applied.
    pub(crate) known: bool,
}

/// Every secret among the properties that are wanted, with what was applied in its place: entries
/// with a key by their key, elements of a list by what they are apart from secrets, else by their
/// place.
pub fn wanted<'p>(
    schema: &Schema,
    wanted: &'p Packed,
    applied: Option<&'p Packed>,
) -> Vec<WantedSecret<'p>> {
    let mut found = Vec::new();
    for (name, value) in wanted.as_object().into_iter().flat_map(|fields| fields.iter()) {
        let shape = schema.field(name).map_or(&Shape::Plain, |field| &field.shape);
        let applied = (applied.is_some(), applied.and_then(|it| it.get(name)));
        walk(shape, name.to_owned(), value, applied, &mut found);
    }
    found
}

/// The same of one field's value.
pub(crate) fn of_field<'p>(
    shape: &Shape,
    path: &str,
    wanted: &'p Packed,
    applied: Option<&'p Packed>,
) -> Vec<WantedSecret<'p>> {
    let mut found = Vec::new();
    walk(shape, path.to_owned(), wanted, (applied.is_some(), applied), &mut found);
    found
}

/// Every secret marker in a value: its slot (the dotted path, `actions.0.client_secret`) and what
/// it holds.
pub fn markers(value: &Packed) -> Vec<(String, &Packed)> {
    fn walk<'p>(path: String, value: &'p Packed, out: &mut Vec<(String, &'p Packed)>) {
        if let Some(content) = value.marker(SECRET) {
            out.push((path, content));
            return;
        }
        let below = |part: &str| match path.as_str() {
            "" => part.to_owned(),
            path => format!("{path}.{part}"),
        };
        for (name, field) in value.as_object().into_iter().flat_map(|fields| fields.iter()) {
            walk(below(name), field, out);
        }
        for (index, item) in value.as_array().into_iter().flatten().enumerate() {
            walk(below(&index.to_string()), item, out);
        }
    }
    let mut found = Vec::new();
    // Most have none.
    if has(value) {
        walk(String::new(), value, &mut found);
    }
    found
}

/// Whether a secret is in it.
pub fn has(value: &Packed) -> bool {
    let mut has = false;
    value.visit(&mut |inner| has |= inner.marker(SECRET).is_some());
    has
}

/// Whether values of this shape may hold secrets.
pub(crate) fn may_be_in(shape: &Shape) -> bool {
    shape.any(|it| matches!(it, Shape::Secret))
}

/// The value without its secrets.
pub(crate) fn without(value: &Packed) -> Packed {
    let is_secret = |it: &Packed| it.marker(SECRET).is_some();
    value.rewrite(&mut |inner| {
        let fields = inner.as_object().filter(|fields| fields.values().any(is_secret))?;
        let open = fields.to_vec().into_iter().filter(|(_, field)| !is_secret(field));
        Some(Packed::object(open))
    })
}

/// What was applied, with the secrets that are wanted instead of those in it: they are with AWS now.
pub(crate) fn sent(schema: &Schema, wanted: &Value, applied: Option<&Value>) -> Value {
    sent_parts(schema.fields, wanted, applied)
}

fn walk<'p>(
    shape: &Shape,
    path: String,
    wanted: &'p Packed,
    (known, applied): (bool, Option<&'p Packed>),
    out: &mut Vec<WantedSecret<'p>>,
) {
    if wanted.marker(SECRET).is_some() {
        let applied = applied.filter(|it| it.marker(SECRET).is_some());
        out.push(WantedSecret { path, wanted, applied, known });
        return;
    }
    if let Some(fields) = wanted.as_object() {
        for (name, value) in fields.iter() {
            let part = match shape {
                Shape::Object(parts) => parts.iter().find(|part| part.name == name),
                _ => None,
            };
            let part = part.map_or(&Shape::Plain, |part| &part.shape);
            let below = (applied.is_some(), applied.and_then(|it| it.get(name)));
            walk(part, format!("{path}.{name}"), value, below, out);
        }
        return;
    }
    let Some(items) = wanted.as_array() else { return };
    if !has(wanted) {
        return;
    }
    let others = applied.and_then(Packed::as_array).unwrap_or_default();
    match shape {
        Shape::Keyed { key, fields } => {
            for entry in items {
                let name = entry.get(key);
                let other = others.iter().find(|it| it.get(key) == name);
                let path =
                    format!("{path}[{}]", name.map(|it| label(&it.to_value())).unwrap_or_default());
                walk(&Shape::Object(fields), path, entry, (other.is_some(), other), out);
            }
        }
        Shape::OwnedSet(item) => {
            // Its elements are named like this wherever they differ.
            let name = |_, form: &Value| format!("{path}[{}]", label(form));
            elements(item, &name, items, others, out);
        }
        Shape::List(item) | Shape::Set(item) | Shape::AtLeast(item) => {
            elements(item, &|at, _| format!("{path}[{at}]"), items, others, out);
        }
        _ => elements(&Shape::Plain, &|at, _| format!("{path}[{at}]"), items, others, out),
    }
}

/// Finds for every element the one that was applied in its place.
fn elements<'p>(
    shape: &Shape,
    name: &dyn Fn(usize, &Value) -> String,
    wanted: &'p [Packed],
    applied: &'p [Packed],
    out: &mut Vec<WantedSecret<'p>>,
) {
    let form = |it: &Packed| canonical(shape, &without(it).to_value());
    let (ours, theirs): (Vec<Value>, Vec<Value>) =
        (wanted.iter().map(form).collect(), applied.iter().map(form).collect());
    let mut taken = vec![false; theirs.len()];
    let mut partners = vec![None; ours.len()];
    let fits: [&dyn Fn(usize, usize) -> bool; 3] = [
        &|our, their| our == their && ours[our] == theirs[their],
        &|our, their| ours[our] == theirs[their],
        // What is left was edited.
        &|our, their| our == their,
    ];
    for fits in fits {
        for (our, partner) in partners.iter_mut().enumerate().filter(|(_, it)| it.is_none()) {
            *partner = (0..theirs.len()).find(|their| !taken[*their] && fits(our, *their));
            if let Some(their) = *partner {
                taken[their] = true;
            }
        }
    }
    for (our, partner) in partners.into_iter().enumerate() {
        let other = partner.map(|their| &applied[their]);
        walk(shape, name(our, &ours[our]), &wanted[our], (other.is_some(), other), out);
    }
}

fn sent_in(shape: &Shape, wanted: &Value, applied: Option<&Value>) -> Value {
    let list = |value: Option<&Value>| value.and_then(Value::as_array).cloned().unwrap_or_default();
    match shape {
        Shape::Object(fields) if value::marker(wanted, SECRET).is_none() => {
            sent_parts(fields, wanted, applied)
        }
        Shape::Keyed { key, fields } => {
            let mut all = list(applied);
            for entry in &list(Some(wanted)) {
                match all.iter_mut().find(|it| it.get(key) == entry.get(key)) {
                    Some(other) => *other = sent_parts(fields, entry, Some(other)),
                    None if !holds(entry) => {}
                    None => {
                        let bare = json!({ (*key): entry.get(key) });
                        all.push(sent_parts(fields, entry, Some(&bare)));
                    }
                }
            }
            Value::Array(all)
        }
        Shape::OwnedSet(_) => {
            // What was ours before stays ours to remove.
            let mut all = list(Some(wanted));
            let former: Vec<Value> =
                list(applied).into_iter().filter(|it| !all.contains(it)).collect();
            all.extend(former);
            Value::Array(all)
        }
        // The program owns the whole of it.
        _ => wanted.clone(),
    }
}

fn sent_parts(fields: &[Field], wanted: &Value, applied: Option<&Value>) -> Value {
    let mut all: Map<String, Value> =
        applied.and_then(Value::as_object).cloned().unwrap_or_default();
    for field in fields {
        let Some(part) = wanted.get(field.name) else {
            // AWS does not tell either that one is gone.
            if matches!(field.shape, Shape::Secret) {
                all.remove(field.name);
            }
            continue;
        };
        let before = all.get(field.name);
        if holds(part) || before.is_some_and(holds) {
            let part = sent_in(&field.shape, part, before);
            all.insert(field.name.to_owned(), part);
        }
    }
    Value::Object(all)
}

/// Whether a secret is in it.
pub(crate) fn holds(value: &Value) -> bool {
    value::marker(value, SECRET).is_some()
        || match value {
            Value::Array(items) => items.iter().any(holds),
            Value::Object(fields) => fields.values().any(holds),
            _ => false,
        }
}

#[cfg(test)]
mod tests;
