//! The three-way difference: wanted, last applied, seen now.

mod target;

use serde::{Deserialize, Serialize};

pub use target::target;

use crate::packed::{AsPacked, Fields, Packed};
use crate::same::{canonical, same};
use crate::schema::{Absent, Change, Field, Risk, Schema, Shape};
use crate::secrets;
use crate::value::{self, SECRET, Value};
use crate::word::Word;

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
    pub path: Word,
    /// Why.
    pub cause: Cause,
    /// What is there; null for nothing.
    pub before: Packed,
    /// What is wanted; null for nothing.
    pub after: Packed,
    /// What changing it takes.
    pub change: Change,
    /// What changing it can do.
    pub risk: Risk,
}

impl FieldChange {
    /// Whether it is a secret that changes, and nothing besides.
    pub fn is_secret(&self) -> bool {
        [&self.before, &self.after].iter().any(|it| it.marker(SECRET).is_some())
    }
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
pub fn diff<P: AsPacked>(
    schema: &Schema,
    wanted: &P,
    applied: Option<&P>,
    seen: Option<&P>,
) -> Difference {
    let (wanted, applied) = (wanted.as_packed(), applied.map(P::as_packed));
    let seen = seen.map(P::as_packed);
    packed_diff(schema, &wanted, applied.as_deref(), seen.as_deref())
}

fn packed_diff(
    schema: &Schema,
    wanted: &Packed,
    applied: Option<&Packed>,
    seen: Option<&Packed>,
) -> Difference {
    let mut difference = Difference::default();
    if seen.is_none() {
        difference.changes.reserve(schema.fields.len());
    }
    for field in schema.fields {
        let (w, a) = (wanted.get(field.name), applied.and_then(|it| it.get(field.name)));
        let s = seen.and_then(|it| it.get(field.name));
        let exclusive =
            field.exclusive_if.is_some_and(|property| wanted[property].as_bool() == Some(true));
        let mut walk = Walk { field, exclusive, creating: seen.is_none(), out: &mut difference };
        walk.value(field.name, field, w, a, s);
    }
    // It is kept for as long as a plan is.
    difference.changes.shrink_to_fit();
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
    fn value<'p>(
        &mut self,
        path: &str,
        field: &Field,
        wanted: Option<&'p Packed>,
        applied: Option<&'p Packed>,
        seen: Option<&'p Packed>,
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
        let unset = wanted.is_some_and(Packed::is_null) || (wanted.is_none() && applied.is_some());
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
                let parts = |value: Option<&'p Packed>| -> Vec<(Word, &'p Packed)> {
                    items(value)
                        .iter()
                        .map(|it| (label(&canonical(item, &it.to_value())), it))
                        .collect()
                };
                self.keyed_parts(path, field, parts(wanted), parts(applied), parts(seen), "[]");
                if secrets::may_be_in(item) && !self.creating {
                    self.secrets(path, field, wanted, applied);
                }
            }
            Shape::Keyed { key, fields } => {
                let parts = |value: Option<&'p Packed>| -> Vec<(Word, &'p Packed)> {
                    items(value)
                        .iter()
                        .map(|it| (it.get(key).map(packed_label).unwrap_or_default(), it))
                        .collect()
                };
                let (w, a, s) = (parts(wanted), parts(applied), parts(seen));
                for (name, entry) in &w {
                    let (a, s) = (find(&a, name).copied(), find(&s, name).copied());
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
                        None if entry.has_unknown() => {
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
                    let get = |value: Option<&'p Packed>| value?.get(part.name);
                    self.value(&inner, part, get(wanted), get(applied), get(seen));
                }
            }
            Shape::List(item) | Shape::Set(item) | Shape::AtLeast(item)
                if secrets::may_be_in(item) && !unset && seen.is_some_and(|it| !it.is_null()) =>
            {
                let open = |value: Option<&Packed>| value.map(secrets::without);
                let (w, a, s) = (open(wanted), open(applied), open(seen));
                let before = self.out.changes.len();
                self.leaf(path, field, w.as_ref(), a.as_ref(), s.as_ref());
                let as_seen = self.out.changes.len() == before;
                self.secrets(path, field, wanted, applied);
                if let (Some(applied), true) = (applied, as_seen) {
                    // One that is not wanted any more, of an element that is.
                    let former = secrets::of_field(&field.shape, path, applied, wanted);
                    for it in former.iter().filter(|it| it.known && it.applied.is_none()) {
                        self.push(&it.path, field, Cause::Edited, Some(it.wanted), None);
                    }
                }
            }
            _ => self.leaf(path, field, wanted, applied, seen),
        }
    }

    /// The secrets in a list that are not what was applied, each a change of its own; those of an
    /// element that is missing as a whole come with it.
    fn secrets(
        &mut self,
        path: &str,
        field: &Field,
        wanted: Option<&Packed>,
        applied: Option<&Packed>,
    ) {
        let Some(wanted) = wanted else { return };
        let missing: Vec<Word> = self.out.changes.iter().map(|it| it.path.clone()).collect();
        for it in secrets::of_field(&field.shape, path, wanted, applied) {
            let in_one = missing.iter().any(|element| {
                element != path
                    && it.path.strip_prefix(element.as_str()).is_some_and(|it| it.starts_with('.'))
            });
            if !in_one && it.applied != Some(it.wanted) {
                self.push(&it.path, field, Cause::Edited, it.applied, Some(it.wanted));
            }
        }
    }

    fn leaf(
        &mut self,
        path: &str,
        field: &Field,
        wanted: Option<&Packed>,
        applied: Option<&Packed>,
        seen: Option<&Packed>,
    ) {
        // What AWS says where it was never set; an empty list or object is as good as none.
        let default = field.absent.value().map_or_else(|| nothing(&field.shape), Packed::from);
        let is_unset = |value: Option<&Packed>| match value.filter(|it| !it.is_null()) {
            Some(value) if field.absent != Absent::Anything => {
                alike(&field.shape, &default, value)
                    || alike(&field.shape, &nothing(&field.shape), value)
            }
            _ => true,
        };
        match wanted {
            None if applied.is_none() => {
                let there = seen.filter(|_| field.watched && !is_unset(seen));
                self.out
                    .extras
                    .extend(there.map(|it| Extra { path: path.to_owned(), value: it.to_value() }));
            }
            _ if wanted.is_none_or(Packed::is_null) => {
                // Unset before: what is there now is somebody else's, unless the program says `null`.
                let long_unset = wanted.is_none() && applied.is_none_or(Packed::is_null);
                if !is_unset(seen) && !long_unset {
                    self.change(path, field, wanted, applied, seen);
                }
            }
            Some(it) if it.has_unknown() => self.push(path, field, Cause::Unknown, seen, wanted),
            Some(it) => {
                let seen_or_default = match seen.filter(|it| !it.is_null()) {
                    None if !self.creating => Some(&default),
                    _ => seen,
                };
                if !seen_or_default.is_some_and(|seen| alike(&field.shape, it, seen)) {
                    self.change(path, field, wanted, applied, seen);
                }
            }
            None => {}
        }
    }

    /// The parts of a map or a set of which the program owns what it mentions.
    fn keyed_parts<N: AsRef<str>>(
        &mut self,
        path: &str,
        field: &Field,
        wanted: Vec<(N, &Packed)>,
        applied: Vec<(N, &Packed)>,
        seen: Vec<(N, &Packed)>,
        style: &str,
    ) {
        for (name, value) in &wanted {
            let name = name.as_ref();
            let path = part_path(path, name, style);
            let s = find(&seen, name).copied();
            if value.has_unknown() {
                self.push(&path, field, Cause::Unknown, s, Some(value));
            } else if s.is_none_or(|s| !alike(&Shape::Plain, value, s) && style == ".") {
                self.change(&path, field, Some(value), find(&applied, name).copied(), s);
            }
        }
        self.unmentioned(path, field, &wanted, &applied, &seen, style);
    }

    /// Entries that are there and not wanted: formerly ours are removed, others are reported.
    fn unmentioned<N: AsRef<str>>(
        &mut self,
        path: &str,
        field: &Field,
        wanted: &[(N, &Packed)],
        applied: &[(N, &Packed)],
        seen: &[(N, &Packed)],
        style: &str,
    ) {
        for (name, value) in seen {
            let name = name.as_ref();
            if find(wanted, name).is_some() {
                continue;
            }
            let path = part_path(path, name, style);
            if find(applied, name).is_some() {
                self.push(&path, field, Cause::Edited, Some(value), None);
            } else if self.exclusive {
                self.push(&path, field, Cause::Drifted, Some(value), None);
            } else if !(style == "." && name.starts_with("aws:")) {
                self.out.extras.push(Extra { path, value: value.to_value() });
            }
        }
    }

    fn change(
        &mut self,
        path: &str,
        field: &Field,
        wanted: Option<&Packed>,
        applied: Option<&Packed>,
        seen: Option<&Packed>,
    ) {
        let cause = if self.creating {
            Cause::Edited
        } else {
            let default = field.absent.value().map(Packed::from);
            let seen = seen.filter(|it| !it.is_null()).or(default.as_ref());
            let is_applied = match (seen, applied.filter(|it| !it.is_null()).or(default.as_ref())) {
                (Some(seen), Some(applied)) => alike(&field.shape, applied, seen),
                (Some(_), None) => field.absent == Absent::Anything,
                (None, applied) => applied.is_none(),
            };
            let as_before = match (wanted, applied) {
                (Some(wanted), Some(applied)) => alike(&field.shape, wanted, applied),
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
        before: Option<&Packed>,
        after: Option<&Packed>,
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
            path: path.into(),
            cause,
            before: before.cloned().unwrap_or_default(),
            after: after.cloned().unwrap_or_default(),
            change,
            risk: whole.risk.max(field.risk),
        });
    }
}

fn part_path(path: &str, name: &str, style: &str) -> String {
    if style == "." { [path, ".", name].concat() } else { [path, "[", name, "]"].concat() }
}

fn entries(value: Option<&Packed>) -> Vec<(&str, &Packed)> {
    value.and_then(Packed::as_object).into_iter().flat_map(Fields::iter).collect()
}

fn items(value: Option<&Packed>) -> &[Packed] {
    value.and_then(Packed::as_array).unwrap_or_default()
}

fn find<'v, N: AsRef<str>, V>(parts: &'v [(N, V)], name: &str) -> Option<&'v V> {
    parts.iter().find(|(key, _)| key.as_ref() == name).map(|(_, value)| value)
}

/// Whether two values of a shape mean the same.
fn alike(shape: &Shape, wanted: &Packed, seen: &Packed) -> bool {
    wanted == seen || same(shape, &wanted.to_value(), &seen.to_value())
}

/// What nothing at all is in this shape.
fn nothing(shape: &Shape) -> Packed {
    if matches!(shape, Shape::Object(_)) { Fields::default().into() } else { Packed::NULL }
}

/// How a value is named in a path.
pub(crate) fn label(value: &Value) -> Word {
    match value {
        Value::String(text) => text.into(),
        other => match value::as_ref(other) {
            Some(reference) => format!("${{{}.{}}}", reference.id, reference.attribute).into(),
            None => other.to_string().into(),
        },
    }
}

fn packed_label(value: &Packed) -> Word {
    label(&value.to_value())
}

#[cfg(test)]
mod tests;
