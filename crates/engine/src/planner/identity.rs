//! Natural keys: which of the things inside another one are somebody's.

use std::collections::BTreeMap;

use bicoastal_model::packed::{AsPacked, View};
use bicoastal_model::same::{canonical, canonical_text};
use bicoastal_model::{Catalog, Packed, Schema};
use serde_json::Value;

use crate::by_id::Texts;
use crate::observe::{Look, Observed};
use crate::state::{Entry, State};

/// The natural keys of known things, of the kinds that were found inside of others: nobody asks
/// for those of any other kind.
#[derive(Debug, Default)]
pub(crate) struct Identities<'o>(BTreeMap<&'o str, Texts>);

impl<'o> Identities<'o> {
    /// Things of this kind were found inside of others.
    pub(crate) fn ask_for(&mut self, kind: &'o str) {
        self.0.entry(kind).or_default();
    }

    pub(crate) fn insert(&mut self, schema: &Schema, props: &Packed) {
        if let Some(keys) = self.0.get_mut(schema.kind) {
            keys.insert(natural_key(schema, props));
        }
    }

    /// What is recorded of a thing, as far as it is not the same as what is wanted of it.
    pub(crate) fn take(&mut self, entry: &Entry, wanted: Option<&Packed>, catalog: &Catalog) {
        let asked = self.0.contains_key(entry.kind.as_str());
        let Some(schema) = catalog.get(&entry.kind).filter(|_| asked) else { return };
        let doubted = entry.doubt.as_ref().and_then(|doubt| doubt.wanted.as_ref());
        let is_new = |props: &&Packed| wanted.is_none_or(|it| !it.is_shared_with(props));
        for props in entry.applied.iter().chain(doubted).filter(is_new) {
            self.insert(schema, props);
        }
    }

    pub(crate) fn contains(&self, kind: &str, identity: &Packed, catalog: &Catalog) -> bool {
        let keys = self.0.get(kind).zip(catalog.get(kind));
        keys.is_some_and(|(keys, schema)| keys.contains(&natural_key(schema, identity)))
    }
}

/// The natural keys of everything that state has, of the kinds that are inside of what was seen.
pub(crate) fn of_state<'o>(
    state: &State,
    observed: &'o Observed,
    catalog: &Catalog,
) -> Identities<'o> {
    let mut known = Identities::default();
    let present = observed.seen.values().filter_map(|look| match look {
        Look::Present(thing) => Some(&thing.children),
        _ => None,
    });
    present.flatten().for_each(|child| known.ask_for(&child.kind));
    state.entries.values().for_each(|entry| known.take(entry, None, catalog));
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

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use bicoastal_model::{Field, Shape};
    use serde_json::json;

    use super::*;

    const RECORD: Schema = Schema {
        kind: "Test:Record",
        fields: &[
            Field::new("name").shape(Shape::DnsName),
            Field::new("type").shape(Shape::CaseInsensitive),
            Field::new("ports").shape(Shape::Set(&Shape::Plain)),
            Field::new("set"),
        ],
        identity: &["name", "type", "ports", "set", "unknown"],
        ..Schema::BASE
    };

    fn keys(props: &[Value]) -> BTreeSet<String> {
        props.iter().map(|it| natural_key(&RECORD, it)).collect()
    }

    #[test]
    fn what_means_the_same_has_one_key() {
        let same = [
            json!({"name": "*.Example.com", "type": "a", "ports": [1, 2], "set": null}),
            json!({"name": "\\052.example.com.", "type": "A", "ports": [2, 1.0, 1], "ttl": 60}),
        ];
        assert_eq!(keys(&same).len(), 1, "{:?}", keys(&same));
    }

    #[test]
    fn no_two_things_have_one_key() {
        let different = [
            json!({}),
            json!({"set": "null"}),
            json!({"set": ""}),
            json!({"set": 1}),
            json!({"set": "1"}),
            json!({"set": true}),
            json!({"set": "a,"}),
            json!({"set": "a", "unknown": ""}),
            json!({"set": "a", "unknown": 1}),
            json!({"unknown": "a"}),
            json!({"name": "a"}),
            json!({"name": "a", "type": "b"}),
            json!({"name": "a.,2\"b"}),
            json!({"type": "a.,2\"b"}),
            json!({"ports": ["a"]}),
            json!({"ports": ["a", "b"]}),
        ];
        assert_eq!(keys(&different).len(), different.len(), "{:?}", keys(&different));
    }
}
