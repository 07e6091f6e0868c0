//! Natural keys: which of the things inside another one are somebody's.

use std::collections::BTreeMap;

use bicoastal_model::packed::{AsPacked, View};
use bicoastal_model::same::{canonical, canonical_text};
use bicoastal_model::{Catalog, Packed, Schema};
use serde_json::Value;

use super::decide::Planner;
use crate::by_id::Texts;
use crate::observe::Look;
use crate::state::State;

/// The natural keys of known things, of the kinds that were found inside of others: nobody asks
/// for those of any other kind.
#[derive(Debug, Default)]
pub(crate) struct Identities<'o>(BTreeMap<&'o str, Texts>);

impl<'o> Identities<'o> {
    /// None yet, of the kinds that are inside of what was seen.
    fn new(seen: impl Iterator<Item = &'o Look>) -> Self {
        let present = seen.filter_map(|look| match look {
            Look::Present(thing) => Some(&thing.children),
            _ => None,
        });
        let mut kinds = BTreeMap::new();
        for child in present.flatten() {
            kinds.entry(child.kind.as_str()).or_default();
        }
        Self(kinds)
    }

    fn insert(&mut self, schema: &Schema, props: &Packed) {
        if let Some(keys) = self.0.get_mut(schema.kind) {
            keys.insert(natural_key(schema, props));
        }
    }

    pub(crate) fn contains(&self, kind: &str, identity: &Packed, catalog: &Catalog) -> bool {
        let keys = self.0.get(kind).zip(catalog.get(kind));
        keys.is_some_and(|(keys, schema)| keys.contains(&natural_key(schema, identity)))
    }
}

impl<'a> Planner<'a> {
    /// The natural keys of everything that state has or the program wants.
    pub(crate) fn identities(&self) -> &Identities<'a> {
        self.identities.get_or_init(|| self.all_identities())
    }

    fn all_identities(&self) -> Identities<'a> {
        let mut known = of_state(self.state, self.observed.seen.values(), self.catalog);
        if !known.0.is_empty() {
            for outputs in self.outputs.iter().flatten().filter(|it| it.decided) {
                known.insert(outputs.schema, &outputs.wanted);
            }
        }
        known
    }
}

/// The natural keys of everything that state has, of the kinds that are inside of what was seen.
pub(crate) fn of_state<'o>(
    state: &State,
    seen: impl Iterator<Item = &'o Look>,
    catalog: &Catalog,
) -> Identities<'o> {
    let mut known = Identities::new(seen);
    if known.0.is_empty() {
        return known;
    }
    for entry in state.entries.values() {
        if !known.0.contains_key(entry.kind.as_str()) {
            continue;
        }
        let Some(schema) = catalog.get(&entry.kind) else { continue };
        let doubted = entry.doubt.as_ref().and_then(|doubt| doubt.wanted.as_ref());
        for props in entry.applied.iter().chain(doubted) {
            known.insert(schema, props);
        }
    }
    known
}

/// The identity's fields in the form that all equal values share; what is not there is null.
pub(crate) fn natural_key<P: AsPacked>(schema: &Schema, props: &P) -> String {
    let props = props.as_packed();
    let mut key = String::with_capacity(64);
    for name in schema.identity {
        let value = props.get(name).unwrap_or(&Packed::NULL);
        match (value.view(), schema.field(name).map(|field| &field.shape)) {
            (View::Null, _) => key.push_str("null"),
            (View::Text(text), None) => push_text(&mut key, text),
            (View::Text(text), Some(shape)) if let Some(text) = canonical_text(shape, text) => {
                push_text(&mut key, &text);
            }
            (_, None) => push_value(&mut key, &value.to_value()),
            (_, Some(shape)) => push_value(&mut key, &canonical(shape, &value.to_value())),
        }
        key.push(',');
    }
    key
}

fn push_value(key: &mut String, value: &Value) {
    match value {
        Value::String(text) => push_text(key, text),
        other => key.push_str(&other.to_string()),
    }
}

/// With its length before it, so that no other one reads the same.
fn push_text(key: &mut String, text: &str) {
    key.push_str(&text.len().to_string());
    key.push('"');
    key.push_str(text);
}

/// The parent and the routing group of a member of a batch, in the form that all equal values share.
pub(crate) fn group_key(schema: &Schema, props: &Packed) -> String {
    let Some(batch) = schema.batch else { return String::new() };
    let parts = std::iter::once(&batch.parent).chain(batch.together).map(|name| {
        match (props.get(name), schema.field(name)) {
            (Some(value), Some(field)) if !value.has_unknown() => {
                canonical(&field.shape, &value.to_value())
            }
            (value, _) => value.map_or(Value::Null, Packed::to_value),
        }
    });
    Value::Array(parts.collect()).to_string()
}

/// The parent of a member of a batch.
pub(crate) fn parent_key(schema: &Schema, props: &Packed) -> String {
    schema
        .batch
        .and_then(|batch| props.get(batch.parent))
        .map(ToString::to_string)
        .unwrap_or_default()
}
