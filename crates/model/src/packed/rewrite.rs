//! Values made from others: whatever stays as it is, is shared.

use std::sync::Arc;

use super::{Fields, Kept, Packed};
use crate::value::{Ref, TEXT};
use crate::word::Word;

impl Packed {
    /// With its references replaced where `known` has them and its texts joined where all their
    /// parts are known. What stays unknown keeps its marker.
    #[must_use]
    pub fn resolve(&self, known: &mut dyn FnMut(&Ref) -> Option<Self>) -> Self {
        self.resolved(known).unwrap_or_else(|| self.clone())
    }

    /// The same, or none where nothing of it changes.
    fn resolved(&self, known: &mut dyn FnMut(&Ref) -> Option<Self>) -> Option<Self> {
        if let Kept::Ref(reference) = &self.0 {
            return known(reference);
        }
        let changed = self.inner(&mut |inner| inner.resolved(known));
        let text = changed.as_ref().unwrap_or(self).marker(TEXT).and_then(joined);
        text.map(Self::from).or(changed)
    }

    /// With every value replaced for which `replace` has another, innermost first.
    #[must_use]
    pub fn rewrite(&self, replace: &mut dyn FnMut(&Self) -> Option<Self>) -> Self {
        self.rewritten(replace).unwrap_or_else(|| self.clone())
    }

    fn rewritten(&self, replace: &mut dyn FnMut(&Self) -> Option<Self>) -> Option<Self> {
        let changed = self.inner(&mut |inner| inner.rewritten(replace));
        replace(changed.as_ref().unwrap_or(self)).or(changed)
    }

    /// With what is directly inside of it changed; none where nothing is.
    fn inner(&self, change: &mut dyn FnMut(&Self) -> Option<Self>) -> Option<Self> {
        match &self.0 {
            Kept::List(items) => Some(Self(Kept::List(changed(items, |item| change(item))?))),
            Kept::Object(fields) => {
                let with = |(name, field): &(Word, Self)| Some((name.clone(), change(field)?));
                Some(Fields(changed(&fields.0, with)?).into())
            }
            _ => None,
        }
    }

    /// The object with this field, instead of any that it had of that name; what is no object
    /// stays as it is.
    #[must_use]
    pub fn with(&self, name: &str, value: Self) -> Self {
        let Some(fields) = self.as_object() else { return self.clone() };
        match fields.0.iter().position(|(it, _)| it == name) {
            Some(at) if fields.0[at].1 == value => self.clone(),
            Some(at) => {
                let mut value = Some(value);
                let mut places = 0..;
                let set = |(name, _): &(Word, Self)| {
                    let is_there = places.next() == Some(at);
                    Some((name.clone(), value.take_if(|_| is_there)?))
                };
                changed(&fields.0, set).map_or_else(|| self.clone(), |it| Fields(it).into())
            }
            None => fields.with([(Word::from(name), value)]).into(),
        }
    }

    /// Sets a field of an object, instead of any that it had of that name.
    pub fn set(&mut self, name: &str, value: impl Into<Self>) {
        *self = self.with(name, value.into());
    }

    /// Without the field at a dotted path.
    #[must_use]
    pub fn without(&self, path: &str) -> Self {
        let Some(fields) = self.as_object() else { return self.clone() };
        match path.split_once('.') {
            Some((head, rest)) => match fields.get(head) {
                Some(inner) => self.with(head, inner.without(rest)),
                None => self.clone(),
            },
            None if fields.contains_key(path) => fields.without(path).into(),
            None => self.clone(),
        }
    }
}

/// All of them, those changed for which there is a change; none where there is for none.
fn changed<T: Clone>(items: &[T], mut change: impl FnMut(&T) -> Option<T>) -> Option<Arc<[T]>> {
    let mut rest = items.iter().enumerate();
    let (first, other) = rest.find_map(|(at, item)| Some((at, change(item)?)))?;
    // Of a length that is known, so that it is put where it stays at once.
    let before = items[..first].iter().cloned();
    let after = rest.map(|(_, item)| change(item).unwrap_or_else(|| item.clone()));
    Some(before.chain([other]).chain(after).collect())
}

/// The parts of a text as one, where all of them are known.
fn joined(parts: &Packed) -> Option<String> {
    let parts = parts.as_array()?.iter().map(|part| match &part.0 {
        Kept::Text(text) => Some(text.as_str().to_owned()),
        Kept::Number(number) => Some(number.to_string()),
        Kept::Bool(flag) => Some(flag.to_string()),
        _ => None,
    });
    parts.collect()
}
