//! Natural keys: which of the things inside another one are somebody's.

use std::collections::BTreeSet;

use bicoastal_model::same::canonical;
use bicoastal_model::{Catalog, Schema};
use serde_json::Value;

use crate::state::State;

/// The natural keys of known things.
#[derive(Clone, Debug, Default)]
pub(crate) struct Identities(BTreeSet<(String, String)>);

impl Identities {
    pub(crate) fn insert(&mut self, schema: &Schema, props: &Value) {
        self.0.insert((schema.kind.to_owned(), natural_key(schema, props)));
    }

    pub(crate) fn contains(&self, kind: &str, identity: &Value, catalog: &Catalog) -> bool {
        catalog.get(kind).is_some_and(|schema| {
            self.0.contains(&(kind.to_owned(), natural_key(schema, identity)))
        })
    }
}

/// The natural keys of everything that state has.
pub(crate) fn of_state(state: &State, catalog: &Catalog) -> Identities {
    let mut known = Identities::default();
    for entry in state.entries.values() {
        let Some(schema) = catalog.get(&entry.kind) else { continue };
        let doubted = entry.doubt.as_ref().and_then(|doubt| doubt.wanted.as_ref());
        for props in entry.applied.iter().chain(doubted) {
            known.insert(schema, props);
        }
    }
    known
}

/// The identity's fields in the form that all equal values share; what is not there is null.
pub(crate) fn natural_key(schema: &Schema, props: &Value) -> String {
    let parts = schema.identity.iter().map(|name| {
        let value = props.get(name).filter(|value| !value.is_null());
        match (value, schema.field(name)) {
            (Some(value), Some(field)) => canonical(&field.shape, value),
            (value, _) => value.cloned().unwrap_or(Value::Null),
        }
    });
    Value::Array(parts.collect()).to_string()
}

/// The parent and the routing group of a member of a batch, in the form that all equal values share.
pub(crate) fn group_key(schema: &Schema, props: &Value) -> String {
    let Some(batch) = schema.batch else { return String::new() };
    let parts = std::iter::once(&batch.parent).chain(batch.together).map(|name| {
        match (props.get(name), schema.field(name)) {
            (Some(value), Some(field)) if !bicoastal_model::value::has_unknown(value) => {
                canonical(&field.shape, value)
            }
            (value, _) => value.cloned().unwrap_or(Value::Null),
        }
    });
    Value::Array(parts.collect()).to_string()
}

/// The parent of a member of a batch.
pub(crate) fn parent_key(schema: &Schema, props: &Value) -> String {
    schema
        .batch
        .and_then(|batch| props.get(batch.parent))
        .map(ToString::to_string)
        .unwrap_or_default()
}
