//! Properties at rest: JSON that does not change, takes little room, and is shared by its copies.
//!
//! [`Value`] is for what is being made, and for those who do. What is kept for the length of a run
//! (what is declared, recorded, planned and seen) is [`Packed`]: an object is a sorted slice, not
//! a tree of nodes; a reference is a value of its own, not two objects; equal short texts are one;
//! and what a change leaves alone is shared by what was before it and what is after it.

mod rewrite;
mod serial;

use std::borrow::Cow;
use std::fmt;
use std::ops::Index;
use std::sync::Arc;

use serde_json::Number;

use crate::id::ResourceId;
use crate::value::{self, REF, Ref, SECRET, Value};
use crate::word::{Pool, Word};

/// A JSON value that does not change.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Packed(Kept);

#[derive(Clone, Default, Eq)]
enum Kept {
    #[default]
    Null,
    Bool(bool),
    Number(Number),
    Text(Word),
    List(Arc<[Packed]>),
    Object(Fields),
    /// `{"$ref":{"attribute":…,"id":…}}`, and nothing besides.
    Ref(Arc<Ref>),
}

impl PartialEq for Kept {
    /// What is shared is not read.
    fn eq(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Null, Self::Null) => true,
            (Self::Bool(it), Self::Bool(other)) => it == other,
            (Self::Number(it), Self::Number(other)) => it == other,
            (Self::Text(it), Self::Text(other)) => it == other,
            (Self::List(it), Self::List(other)) => Arc::ptr_eq(it, other) || it == other,
            (Self::Object(it), Self::Object(other)) => it == other,
            (Self::Ref(it), Self::Ref(other)) => Arc::ptr_eq(it, other) || it == other,
            _ => false,
        }
    }
}

/// What a [`Packed`] is.
#[derive(Clone, Copy, Debug)]
pub enum View<'p> {
    /// Explicitly none.
    Null,
    /// A boolean.
    Bool(bool),
    /// A number.
    Number(&'p Number),
    /// A text.
    Text(&'p str),
    /// A list.
    List(&'p [Packed]),
    /// An object that is no reference.
    Object(&'p Fields),
    /// An output of another resource.
    Ref(&'p Ref),
}

static NULL: Packed = Packed::NULL;

impl Packed {
    /// Explicitly none.
    pub const NULL: Self = Self(Kept::Null);

    /// What it is.
    pub fn view(&self) -> View<'_> {
        match &self.0 {
            Kept::Null => View::Null,
            Kept::Bool(flag) => View::Bool(*flag),
            Kept::Number(number) => View::Number(number),
            Kept::Text(text) => View::Text(text),
            Kept::List(items) => View::List(items),
            Kept::Object(fields) => View::Object(fields),
            Kept::Ref(reference) => View::Ref(reference),
        }
    }

    /// A list.
    pub fn list(items: impl IntoIterator<Item = Self>) -> Self {
        Self(Kept::List(items.into_iter().collect()))
    }

    /// An object; of two fields of one name the later one is meant.
    pub fn object(fields: impl IntoIterator<Item = (Word, Self)>) -> Self {
        fields.into_iter().collect::<Fields>().into()
    }

    /// The same as it is worked on.
    pub fn to_value(&self) -> Value {
        match &self.0 {
            Kept::Null => Value::Null,
            Kept::Bool(flag) => Value::Bool(*flag),
            Kept::Number(number) => Value::Number(number.clone()),
            Kept::Text(text) => Value::String(text.as_str().to_owned()),
            Kept::List(items) => items.iter().map(Self::to_value).collect(),
            Kept::Object(fields) => Value::Object(
                fields.iter().map(|(name, field)| (name.to_owned(), field.to_value())).collect(),
            ),
            Kept::Ref(reference) => reference.marker(),
        }
    }

    /// Works on it as on any other value.
    pub fn edit<T>(&mut self, work: impl FnOnce(&mut Value) -> T) -> T {
        let mut value = self.to_value();
        let made = work(&mut value);
        *self = value.into();
        made
    }

    /// The field of this name, of an object.
    pub fn get(&self, name: &str) -> Option<&Self> {
        self.as_object()?.get(name)
    }

    /// What is at a dotted path, if it is there: `rules.0.name`.
    pub fn at(&self, path: &str) -> Option<&Self> {
        path.split('.').try_fold(self, |inner, part| match &inner.0 {
            Kept::List(items) => items.get(part.parse::<usize>().ok()?),
            _ => inner.get(part),
        })
    }

    /// The content of a marker with this key, if it is one; references are none of them.
    pub fn marker(&self, key: &str) -> Option<&Self> {
        match self.as_object()?.0.as_ref() {
            [(name, content)] if name == key => Some(content),
            _ => None,
        }
    }

    /// The reference, if it is one.
    pub fn as_ref(&self) -> Option<&Ref> {
        match &self.0 {
            Kept::Ref(reference) => Some(reference),
            _ => None,
        }
    }

    /// The text, if it is one.
    pub fn as_str(&self) -> Option<&str> {
        match &self.0 {
            Kept::Text(text) => Some(text),
            _ => None,
        }
    }

    /// The boolean, if it is one.
    pub fn as_bool(&self) -> Option<bool> {
        match &self.0 {
            Kept::Bool(flag) => Some(*flag),
            _ => None,
        }
    }

    /// The number, if it is one that fits.
    pub fn as_u64(&self) -> Option<u64> {
        match &self.0 {
            Kept::Number(number) => number.as_u64(),
            _ => None,
        }
    }

    /// The number, if it is one that fits.
    pub fn as_i64(&self) -> Option<i64> {
        match &self.0 {
            Kept::Number(number) => number.as_i64(),
            _ => None,
        }
    }

    /// The items, if it is a list.
    pub fn as_array(&self) -> Option<&[Self]> {
        match &self.0 {
            Kept::List(items) => Some(items),
            _ => None,
        }
    }

    /// The fields, if it is an object that is no reference.
    pub fn as_object(&self) -> Option<&Fields> {
        match &self.0 {
            Kept::Object(fields) => Some(fields),
            _ => None,
        }
    }

    /// Whether it is explicitly none.
    pub fn is_null(&self) -> bool {
        matches!(self.0, Kept::Null)
    }

    /// Whether both are one: copies of each other, of what is kept apart.
    pub fn is_shared_with(&self, other: &Self) -> bool {
        match (&self.0, &other.0) {
            (Kept::List(it), Kept::List(other)) => Arc::ptr_eq(it, other),
            (Kept::Object(it), Kept::Object(other)) => Arc::ptr_eq(&it.0, &other.0),
            (Kept::Ref(it), Kept::Ref(other)) => Arc::ptr_eq(it, other),
            _ => false,
        }
    }

    /// Whether it is text.
    pub fn is_string(&self) -> bool {
        matches!(self.0, Kept::Text(_))
    }

    /// Whether it is an object that is no reference.
    pub fn is_object(&self) -> bool {
        matches!(self.0, Kept::Object(_))
    }

    /// Shows every value inside it, and it before them.
    pub fn visit<'p>(&'p self, see: &mut dyn FnMut(&'p Self)) {
        see(self);
        match &self.0 {
            Kept::List(items) => items.iter().for_each(|item| item.visit(see)),
            Kept::Object(fields) => fields.values().for_each(|field| field.visit(see)),
            _ => {}
        }
    }

    /// Every reference inside it, in order of appearance.
    pub fn refs(&self) -> Vec<&Ref> {
        let mut found = Vec::new();
        self.visit(&mut |inner| found.extend(inner.as_ref()));
        found
    }

    /// Whether something in it is not known yet.
    pub fn has_unknown(&self) -> bool {
        match &self.0 {
            Kept::Ref(_) => true,
            Kept::List(items) => items.iter().any(Self::has_unknown),
            Kept::Object(fields) => {
                self.marker(REF).is_some() || fields.values().any(Self::has_unknown)
            }
            _ => false,
        }
    }
}

/// What can be looked at as [`Packed`].
pub trait AsPacked {
    /// The same, packed.
    fn as_packed(&self) -> Cow<'_, Packed>;
}

impl AsPacked for Packed {
    fn as_packed(&self) -> Cow<'_, Packed> {
        Cow::Borrowed(self)
    }
}

impl AsPacked for Value {
    fn as_packed(&self) -> Cow<'_, Packed> {
        Cow::Owned(self.into())
    }
}

impl Index<&str> for Packed {
    type Output = Self;

    /// As of a [`Value`]: what is not there is null.
    fn index(&self, name: &str) -> &Self {
        self.get(name).unwrap_or(&NULL)
    }
}

/// Named values that do not change, sorted by name.
#[derive(Clone, Default, Eq)]
pub struct Fields(Arc<[(Word, Packed)]>);

impl PartialEq for Fields {
    /// What is shared is not read.
    fn eq(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.0, &other.0) || self.0 == other.0
    }
}

impl Fields {
    /// The value of this name.
    pub fn get(&self, name: &str) -> Option<&Packed> {
        let at = match self.0.len() {
            // Few are looked through faster than halved.
            0..=8 => self.0.iter().position(|(it, _)| it == name),
            _ => self.0.binary_search_by(|(it, _)| it.as_str().cmp(name)).ok(),
        };
        at.map(|at| &self.0[at].1)
    }

    /// Whether there is a value of this name.
    pub fn contains_key(&self, name: &str) -> bool {
        self.get(name).is_some()
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// All, by name.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = (&str, &Packed)> {
        self.0.iter().map(|(name, value)| (name.as_str(), value))
    }

    /// The names.
    pub fn keys(&self) -> impl ExactSizeIterator<Item = &str> {
        self.0.iter().map(|(name, _)| name.as_str())
    }

    /// The values, by name.
    pub fn values(&self) -> impl ExactSizeIterator<Item = &Packed> {
        self.0.iter().map(|(_, value)| value)
    }

    /// All, by name, shared.
    pub fn to_vec(&self) -> Vec<(Word, Packed)> {
        self.0.to_vec()
    }

    /// These, and those of `others` in their place where both have one.
    #[must_use]
    pub fn with(&self, others: impl IntoIterator<Item = (Word, Packed)>) -> Self {
        let others = others.into_iter();
        let mut all = Vec::with_capacity(self.len() + others.size_hint().0);
        all.extend_from_slice(&self.0);
        for (name, value) in others {
            match all.binary_search_by(|(it, _)| it.cmp(&name)) {
                Ok(at) => all[at].1 = value,
                Err(at) => all.insert(at, (name, value)),
            }
        }
        Self(all.into())
    }

    /// These without one.
    #[must_use]
    pub fn without(&self, name: &str) -> Self {
        self.0.iter().filter(|(it, _)| it != name).cloned().collect()
    }
}

impl<N: Into<Word>, V: Into<Packed>> FromIterator<(N, V)> for Fields {
    fn from_iter<I: IntoIterator<Item = (N, V)>>(fields: I) -> Self {
        let mut all: Vec<(Word, Packed)> =
            fields.into_iter().map(|(name, value)| (name.into(), value.into())).collect();
        if !all.is_sorted_by(|(a, _), (b, _)| a < b) {
            // The sort is stable, and the last of one name is meant.
            all.reverse();
            all.sort_by(|(a, _), (b, _)| a.cmp(b));
            all.dedup_by(|(later, _), (kept, _)| later == kept);
        }
        Self(all.into())
    }
}

impl<N: Into<Word>, V: Into<Packed>, const COUNT: usize> From<[(N, V); COUNT]> for Fields {
    fn from(fields: [(N, V); COUNT]) -> Self {
        fields.into_iter().collect()
    }
}

impl<N: Into<Word>, V: Into<Packed>> From<std::collections::BTreeMap<N, V>> for Fields {
    fn from(fields: std::collections::BTreeMap<N, V>) -> Self {
        fields.into_iter().collect()
    }
}

impl From<Fields> for Packed {
    fn from(fields: Fields) -> Self {
        if let [(name, content)] = fields.0.as_ref()
            && name == REF
            && let Some([(attribute, what), (id, whose)]) = content.as_object().map(|it| &*it.0)
            && attribute == "attribute"
            && id == "id"
            && let (Kept::Text(what), Kept::Text(whose)) = (&what.0, &whose.0)
        {
            let id = ResourceId::from(whose.as_str());
            return Self(Kept::Ref(Arc::new(Ref { id, attribute: what.as_str().into() })));
        }
        Self(Kept::Object(fields))
    }
}

impl From<&Value> for Packed {
    fn from(value: &Value) -> Self {
        Self(match value {
            Value::Null => Kept::Null,
            Value::Bool(flag) => Kept::Bool(*flag),
            Value::Number(number) => Kept::Number(number.clone()),
            Value::String(text) => Kept::Text(Word::of(text, Pool::Texts)),
            Value::Array(items) => Kept::List(items.iter().map(Self::from).collect()),
            Value::Object(fields) => match exactly_ref(value) {
                Some(reference) => Kept::Ref(Arc::new(reference)),
                None => Kept::Object(fields.iter().map(packed_field).collect()),
            },
        })
    }
}

fn packed_field((name, field): (&String, &Value)) -> (Word, Packed) {
    let packed = match field {
        // Nobody else gets to hold on to it.
        Value::String(text) if name == SECRET => Packed(Kept::Text(Word::unshared(text))),
        _ => field.into(),
    };
    (name.into(), packed)
}

/// The reference, if there is nothing besides.
fn exactly_ref(value: &Value) -> Option<Ref> {
    let parts = value::marker(value, REF)?.as_object()?;
    if parts.len() == 2 { value::as_ref(value) } else { None }
}

impl From<Value> for Packed {
    fn from(value: Value) -> Self {
        Self::from(&value)
    }
}

impl From<&str> for Packed {
    fn from(text: &str) -> Self {
        Self(Kept::Text(Word::of(text, Pool::Texts)))
    }
}

impl From<String> for Packed {
    fn from(text: String) -> Self {
        Self::from(text.as_str())
    }
}

impl From<Word> for Packed {
    fn from(text: Word) -> Self {
        Self(Kept::Text(text))
    }
}

impl From<&ResourceId> for Packed {
    fn from(id: &ResourceId) -> Self {
        Self(Kept::Text(id.to_word()))
    }
}

impl From<bool> for Packed {
    fn from(flag: bool) -> Self {
        Self(Kept::Bool(flag))
    }
}

impl From<Ref> for Packed {
    fn from(reference: Ref) -> Self {
        Self(Kept::Ref(Arc::new(reference)))
    }
}

impl From<&Packed> for Packed {
    fn from(packed: &Packed) -> Self {
        packed.clone()
    }
}

impl From<&Packed> for Value {
    fn from(packed: &Packed) -> Self {
        packed.to_value()
    }
}

impl From<Packed> for Value {
    fn from(packed: Packed) -> Self {
        packed.to_value()
    }
}

impl PartialEq<Value> for Packed {
    fn eq(&self, other: &Value) -> bool {
        match (&self.0, other) {
            (Kept::Null, Value::Null) => true,
            (Kept::Bool(it), Value::Bool(other)) => it == other,
            (Kept::Number(it), Value::Number(other)) => it == other,
            (Kept::Text(it), Value::String(other)) => it == other,
            (Kept::List(items), Value::Array(others)) => {
                items.len() == others.len()
                    && items.iter().zip(others).all(|(it, other)| it == other)
            }
            (Kept::Object(fields), Value::Object(others)) => {
                fields.len() == others.len()
                    && fields
                        .iter()
                        .zip(others)
                        .all(|(it, other)| it.0 == other.0 && it.1 == other.1)
            }
            (Kept::Ref(reference), Value::Object(_)) => {
                exactly_ref(other).is_some_and(|other| **reference == other)
            }
            _ => false,
        }
    }
}

impl PartialEq<Packed> for Value {
    fn eq(&self, other: &Packed) -> bool {
        other == self
    }
}

impl PartialEq<str> for Packed {
    fn eq(&self, other: &str) -> bool {
        self.as_str() == Some(other)
    }
}

impl PartialEq<&str> for Packed {
    fn eq(&self, other: &&str) -> bool {
        self.as_str() == Some(*other)
    }
}

impl fmt::Display for Packed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&serde_json::to_string(self).map_err(|_| fmt::Error)?)
    }
}

impl fmt::Debug for Packed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&self.to_value(), f)
    }
}

impl fmt::Debug for Fields {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_map().entries(self.iter()).finish()
    }
}

#[cfg(test)]
mod tests;
