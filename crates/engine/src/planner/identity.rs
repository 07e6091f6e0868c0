//! Natural keys: which of the things inside another one are somebody's.

use std::collections::{BTreeMap, BTreeSet};

use bicoastal_model::packed::AsPacked;
use bicoastal_model::same::canonical;
use bicoastal_model::{Catalog, Packed, Schema};
use serde_json::Value;

use super::decide::Planner;
use crate::observe::{Look, Observed};
use crate::state::State;

/// The natural keys of known things, of the kinds that were found inside of others: nobody asks
/// for those of any other kind.
#[derive(Clone, Debug, Default)]
pub(crate) struct Identities<'o>(BTreeMap<&'o str, BTreeSet<String>>);

impl<'o> Identities<'o> {
    /// None yet, of the kinds that are inside of what was seen.
    fn new(observed: &'o Observed) -> Self {
        let present = observed.seen.values().filter_map(|seen| match seen {
            Look::Present(snapshot) => Some(snapshot),
            _ => None,
        });
        let kinds = present.flat_map(|snapshot| &snapshot.children);
        Self(kinds.map(|child| (child.kind.as_str(), BTreeSet::new())).collect())
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
        let mut known = of_state(self.state, self.observed, self.catalog);
        if !known.0.is_empty() {
            for outputs in self.outputs.iter().flatten().filter(|it| it.decided) {
                known.insert(outputs.schema, &outputs.wanted);
            }
        }
        known
    }
}

/// The natural keys of everything that state has.
pub(crate) fn of_state<'o>(
    state: &State,
    observed: &'o Observed,
    catalog: &Catalog,
) -> Identities<'o> {
    let mut known = Identities::new(observed);
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
    let parts = schema.identity.iter().map(|name| {
        let value = props.get(name).filter(|value| !value.is_null());
        match (value, schema.field(name)) {
            (Some(value), Some(field)) => canonical(&field.shape, &value.to_value()),
            (value, _) => value.map_or(Value::Null, Packed::to_value),
        }
    });
    Value::Array(parts.collect()).to_string()
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
