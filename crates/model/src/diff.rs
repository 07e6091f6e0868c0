//! The three-way difference: wanted, last applied, seen now.

mod target;

use serde::{Deserialize, Serialize};

pub use target::target;

use crate::same::{canonical, same};
use crate::schema::{Absent, Change, Field, Risk, Schema, Shape};
use crate::value::{self, Value, json};

/// Why a field differs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Cause {
    /// The program was edited.
    Edited,
    /// The cloud was changed by somebody else.
    Drifted,
    /// Both: the program was edited, and what is there is not what was applied.
    EditedAndDrifted,
    /// It depends on an output that is not known yet.
    Unknown,
}

/// One field that differs.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct FieldChange {
    /// Its path: `tags.Project`, `rules[to-mumbai].priority`.
    pub path: String,
    /// Why.
    pub cause: Cause,
    /// What is there; null for nothing.
    pub before: Value,
    /// What is wanted; null for nothing.
    pub after: Value,
    /// What changing it takes.
    pub change: Change,
    /// What changing it can do.
    pub risk: Risk,
}

/// Something that is there and was never mentioned.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Extra {
    /// Its path.
    pub path: String,
    /// What it is.
    pub value: Value,
}

/// What differs, and what is there besides.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Difference {
    /// The fields that differ, in the schema's order.
    pub changes: Vec<FieldChange>,
    /// What others added.
    pub extras: Vec<Extra>,
}

/// The difference between what is wanted, what was last applied and what is seen.
///
/// `seen` is `None` where the thing does not exist: then every mentioned field is a change.
pub fn diff(
    schema: &Schema,
    wanted: &Value,
    applied: Option<&Value>,
    seen: Option<&Value>,
) -> Difference {
    let mut difference = Difference::default();
    for field in schema.fields {
        let (w, a) = (wanted.get(field.name), applied.and_then(|it| it.get(field.name)));
        let s = seen.and_then(|it| it.get(field.name));
        let exclusive =
            field.exclusive_if.is_some_and(|property| wanted.get(property) == Some(&json!(true)));
        let mut walk = Walk { field, exclusive, creating: seen.is_none(), out: &mut difference };
        walk.value(field.name, field, w, a, s);
    }
    difference
}

struct Walk<'o> {
    /// The top-level field: its change and risk hold for everything below it unless a part says otherwise.
    field: &'static Field,
    exclusive: bool,
    creating: bool,
    out: &'o mut Difference,
}

impl Walk<'_> {
    fn value(
        &mut self,
        path: &str,
        field: &Field,
        wanted: Option<&Value>,
        applied: Option<&Value>,
        seen: Option<&Value>,
    ) {
        let seen = match (field.change, field.shape) {
            (Change::CreateOnly, _) if !self.creating => return,
            // AWS never shows these: what was applied is what is there.
            (Change::DeleteOption | Change::Local, _) | (_, Shape::Secret) if !self.creating => {
                applied
            }
            _ => seen,
        };
        // Most often nothing differs, in no shape.
        if wanted.is_some() && wanted == seen && wanted == applied {
            return;
        }
        // Explicitly none and formerly mentioned come to the same: back to what it was without us.
        let unset = wanted.is_some_and(Value::is_null) || (wanted.is_none() && applied.is_some());
        match field.shape {
            Shape::OwnedMap => {
                self.keyed_parts(
                    path,
                    field,
                    entries(wanted),
                    entries(applied),
                    entries(seen),
                    ".",
                );
            }
            Shape::OwnedSet(item) => {
                let parts = |value: Option<&Value>| -> Vec<(String, Value)> {
                    items(value)
                        .iter()
                        .map(|it| (label(&canonical(item, it)), it.clone()))
                        .collect()
                };
                self.keyed_parts(path, field, parts(wanted), parts(applied), parts(seen), "[]");
            }
            Shape::Keyed { key, fields } => {
                let parts = |value: Option<&Value>| -> Vec<(String, Value)> {
                    items(value)
                        .iter()
                        .map(|it| (it.get(key).map(label).unwrap_or_default(), it.clone()))
                        .collect()
                };
                let (w, a, s) = (parts(wanted), parts(applied), parts(seen));
                for (name, entry) in &w {
                    let (a, s) = (find(&a, name), find(&s, name));
                    let path = format!("{path}[{name}]");
                    match s {
                        Some(s) => {
                            for part in fields {
                                let inner = format!("{path}.{}", part.name);
                                let (w, a, s) = (
                                    entry.get(part.name),
                                    a.and_then(|it| it.get(part.name)),
                                    s.get(part.name),
                                );
                                self.value(&inner, part, w, a, s);
                            }
                        }
                        None if value::has_unknown(entry) => {
                            self.push(&path, field, Cause::Unknown, None, Some(entry));
                        }
                        None => self.change(&path, field, Some(entry), a, None),
                    }
                }
                self.unmentioned(path, field, &w, &a, &s, "[]");
            }
            Shape::Object(fields) if !unset => {
                let unheard_of = wanted.is_none() && applied.is_none() && field.watched;
                if unheard_of || (seen.is_none() && wanted.is_some()) {
                    self.leaf(path, field, wanted, applied, seen);
                    return;
                }
                for part in fields {
                    let inner = format!("{path}.{}", part.name);
                    let get =
                        |value: Option<&Value>| value.and_then(|it| it.get(part.name)).cloned();
                    let (w, a, s) = (get(wanted), get(applied), get(seen));
                    self.value(&inner, part, w.as_ref(), a.as_ref(), s.as_ref());
                }
            }
            _ => self.leaf(path, field, wanted, applied, seen),
        }
    }

    fn leaf(
        &mut self,
        path: &str,
        field: &Field,
        wanted: Option<&Value>,
        applied: Option<&Value>,
        seen: Option<&Value>,
    ) {
        // What AWS says where it was never set; an empty list or object is as good as none.
        let default = field.absent.value().unwrap_or_else(|| nothing(&field.shape));
        let is_unset = |value: Option<&Value>| match (value, field.absent) {
            (None | Some(Value::Null), _) | (_, Absent::Anything) => true,
            (Some(value), _) => {
                same(&field.shape, &default, value)
                    || same(&field.shape, &nothing(&field.shape), value)
            }
        };
        match wanted {
            None if applied.is_none() => {
                if field.watched && !is_unset(seen) {
                    self.out.extras.push(Extra {
                        path: path.to_owned(),
                        value: seen.cloned().unwrap_or(Value::Null),
                    });
                }
            }
            None | Some(Value::Null) => {
                // Unset before: what is there now is somebody else's, unless the program says `null`.
                let long_unset = wanted.is_none() && applied.is_none_or(Value::is_null);
                if !is_unset(seen) && !long_unset {
                    self.change(path, field, wanted, applied, seen);
                }
            }
            Some(wanted) if value::has_unknown(wanted) => {
                self.push(path, field, Cause::Unknown, seen, Some(wanted));
            }
            Some(wanted) => {
                let seen_or_default = match seen {
                    None | Some(Value::Null) if !self.creating => Some(&default),
                    seen => seen,
                };
                let equal = seen_or_default.is_some_and(|seen| same(&field.shape, wanted, seen));
                if !equal {
                    self.change(path, field, Some(wanted), applied, seen);
                }
            }
        }
    }

    /// The parts of a map or a set of which the program owns what it mentions.
    fn keyed_parts(
        &mut self,
        path: &str,
        field: &Field,
        wanted: Vec<(String, Value)>,
        applied: Vec<(String, Value)>,
        seen: Vec<(String, Value)>,
        style: &str,
    ) {
        for (name, value) in &wanted {
            let path = part_path(path, name, style);
            let s = find(&seen, name);
            if value::has_unknown(value) {
                self.push(&path, field, Cause::Unknown, s, Some(value));
            } else if s.is_none_or(|s| !same(&Shape::Plain, value, s) && style == ".") {
                self.change(&path, field, Some(value), find(&applied, name), s);
            }
        }
        self.unmentioned(path, field, &wanted, &applied, &seen, style);
    }

    /// Entries that are there and not wanted: formerly ours are removed, others are reported.
    fn unmentioned(
        &mut self,
        path: &str,
        field: &Field,
        wanted: &[(String, Value)],
        applied: &[(String, Value)],
        seen: &[(String, Value)],
        style: &str,
    ) {
        for (name, value) in seen {
            if find(wanted, name).is_some() {
                continue;
            }
            let path = part_path(path, name, style);
            if find(applied, name).is_some() {
                self.push(&path, field, Cause::Edited, Some(value), None);
            } else if self.exclusive {
                self.push(&path, field, Cause::Drifted, Some(value), None);
            } else if !(style == "." && name.starts_with("aws:")) {
                self.out.extras.push(Extra { path, value: value.clone() });
            }
        }
    }

    fn change(
        &mut self,
        path: &str,
        field: &Field,
        wanted: Option<&Value>,
        applied: Option<&Value>,
        seen: Option<&Value>,
    ) {
        let cause = if self.creating {
            Cause::Edited
        } else {
            let default = field.absent.value();
            let seen = seen.filter(|it| !it.is_null()).or(default.as_ref());
            let is_applied = match (seen, applied.filter(|it| !it.is_null())) {
                (Some(seen), Some(applied)) => same(&field.shape, applied, seen),
                (seen, applied) => seen.is_some() == applied.is_some(),
            };
            let as_before = match (wanted, applied) {
                (Some(wanted), Some(applied)) => same(&field.shape, wanted, applied),
                (None, Some(applied)) => applied.is_null(),
                (wanted, None) => wanted.is_none(),
            };
            match (as_before, is_applied) {
                (true, _) => Cause::Drifted,
                (false, true) => Cause::Edited,
                (false, false) if applied.is_none() => Cause::Edited,
                (false, false) => Cause::EditedAndDrifted,
            }
        };
        self.push(path, field, cause, seen, wanted);
    }

    fn push(
        &mut self,
        path: &str,
        field: &Field,
        cause: Cause,
        before: Option<&Value>,
        after: Option<&Value>,
    ) {
        let whole = self.field;
        let weight = |change: Change| match change {
            Change::InPlace => 0,
            Change::Disruptive => 1,
            _ => 2,
        };
        let change =
            if weight(field.change) > weight(whole.change) { field.change } else { whole.change };
        self.out.changes.push(FieldChange {
            path: path.to_owned(),
            cause,
            before: before.cloned().unwrap_or(Value::Null),
            after: after.cloned().unwrap_or(Value::Null),
            change,
            risk: whole.risk.max(field.risk),
        });
    }
}

fn part_path(path: &str, name: &str, style: &str) -> String {
    if style == "." { format!("{path}.{name}") } else { format!("{path}[{name}]") }
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

fn find<'v>(parts: &'v [(String, Value)], name: &str) -> Option<&'v Value> {
    parts.iter().find(|(key, _)| key == name).map(|(_, value)| value)
}

/// What nothing at all is in this shape.
fn nothing(shape: &Shape) -> Value {
    if matches!(shape, Shape::Object(_)) { json!({}) } else { Value::Null }
}

/// How a value is named in a path.
fn label(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        other => match value::as_ref(other) {
            Some(reference) => format!("${{{}.{}}}", reference.id, reference.attribute),
            None => other.to_string(),
        },
    }
}

#[cfg(test)]
mod tests;
