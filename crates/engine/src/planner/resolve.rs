//! Wanted properties with everything filled in that is known when the plan is made.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use bicoastal_model::same::canonical;
use bicoastal_model::schema::{Change, Schema};
use bicoastal_model::value::{self, Map, NAME, SECRET, json};
use bicoastal_model::{Declared, Desired, Name, ResourceId, Shape};
use serde_json::Value;

use crate::digest;
use crate::state::State;

/// What an output of a resource will be once the plan is done.
pub(crate) enum Output {
    /// This, already now.
    Known(Value),
    /// Something that only AWS can tell.
    Unknown,
    /// It has none of that name, and nothing that is planned will change that.
    Missing,
}

/// What is known of a resource's outputs after the decision on it.
#[derive(Clone, Debug)]
pub(crate) struct Outputs<'a> {
    pub(crate) schema: &'static Schema,
    /// Its properties, resolved.
    pub(crate) wanted: Arc<Value>,
    /// They are what was decided on.
    pub(crate) decided: bool,
    /// Its outputs as seen, or as recorded.
    pub(crate) now: Cow<'a, BTreeMap<String, Value>>,
    /// It is created or replaced: nothing that AWS assigns is known.
    pub(crate) fresh: bool,
    /// The properties that an update changes.
    pub(crate) changed: BTreeSet<String>,
    /// AWS is at work on it: what it lacks may still come.
    pub(crate) busy: bool,
}

impl Outputs<'_> {
    pub(crate) fn get(&self, attribute: &str) -> Output {
        let name = attribute.split('.').next().unwrap_or_default();
        let spec = self.schema.output(name);
        if let Some(property) = spec.and_then(|spec| spec.same_as)
            && name == attribute
            && (self.fresh || self.changed.contains(property))
            && let Some(value) = self.wanted.get(property)
            && !value.is_null()
            && !value::has_unknown(value)
        {
            return Output::Known(value.clone());
        }
        if self.fresh {
            return Output::Unknown;
        }
        let may_change = spec.is_some_and(|spec| {
            spec.changes_with.iter().any(|field| self.changed.contains(*field))
        });
        match self.now.get(attribute) {
            Some(_) if may_change => Output::Unknown,
            Some(value) => Output::Known(value.clone()),
            // An update may bring it: the ARN of a replica that is being added.
            None if self.busy || !self.changed.is_empty() => Output::Unknown,
            None => Output::Missing,
        }
    }
}

impl<'a> Outputs<'a> {
    /// Of something that stays as it is.
    pub(crate) fn unchanged(
        schema: &'static Schema,
        wanted: Value,
        now: &'a BTreeMap<String, Value>,
    ) -> Self {
        let (wanted, now) = (Arc::new(wanted), Cow::Borrowed(now));
        let (fresh, decided, busy) = (false, false, false);
        Self { schema, wanted, decided, now, fresh, changed: BTreeSet::new(), busy }
    }
}

/// Generated names get their incarnation.
pub(crate) fn with_name(mut props: Value, incarnation: u32) -> Value {
    value::rewrite(&mut props, &mut |inner| {
        let prefix = value::marker(inner, NAME)?.as_str()?;
        Some(json!(Name::of_incarnation(prefix, incarnation)))
    });
    props
}

/// Whether the name by which it is found again is a generated one.
pub(crate) fn has_generated_name(declared: &Declared) -> bool {
    declared
        .schema
        .identity
        .iter()
        .any(|field| declared.props.get(field).is_some_and(|it| value::marker(it, NAME).is_some()))
}

/// The tags that say whose it is, on what takes tags.
pub(crate) fn with_ownership(
    schema: &Schema,
    mut props: Value,
    state: &State,
    born: &ResourceId,
) -> Value {
    if schema.has_tags()
        && let Some(props) = props.as_object_mut()
    {
        let own = props.entry("tags").or_insert_with(|| Value::Object(Map::new()));
        if own.is_null() {
            *own = Value::Object(Map::new());
        }
        if let Some(own) = own.as_object_mut() {
            let tags = state.ownership_tags(born).into_iter();
            own.extend(tags.map(|(key, value)| (key, Value::String(value))));
        }
    }
    props
}

/// Secrets that are what was applied become the digest that was applied.
pub(crate) fn with_digests(
    desired: &Desired,
    declared: &Declared,
    mut props: Value,
    base: Option<&Value>,
) -> Value {
    let Some(base) = base.filter(|_| !desired.secrets.is_empty()) else { return props };
    value::rewrite(&mut props, &mut |inner| {
        let slot = value::marker(inner, SECRET)?.as_str()?;
        let clear = desired.secrets.get(&(declared.id.clone(), slot.to_owned()))?;
        let applied = value::at(base, slot)?;
        let text = value::marker(applied, SECRET)?.as_str()?;
        digest::verify(clear.expose(), text).then(|| applied.clone())
    });
    props
}

/// For what exists: properties that only mean something at creation stay as they were applied,
/// and ignored ones are as if never mentioned.
pub(crate) fn for_existing(
    declared: &Declared,
    mut props: Value,
    base: &mut Option<Value>,
) -> Value {
    let schema = declared.schema;
    if let Some(props) = props.as_object_mut() {
        for field in schema.fields.iter().filter(|field| field.change == Change::CreateOnly) {
            let unknown = props.get(field.name).is_some_and(value::has_unknown);
            match base.as_ref().and_then(|base| base.get(field.name)) {
                Some(applied) => {
                    props.insert(field.name.to_owned(), applied.clone());
                }
                None if unknown => {
                    props.remove(field.name);
                }
                None => {}
            }
        }
    }
    for path in &declared.ignored {
        let top = path.split(['.', '[']).next().unwrap_or_default();
        if !path.contains('[') && !schema.identity.contains(&top) {
            remove(&mut props, path);
            if let Some(base) = base {
                remove(base, path);
            }
        }
    }
    props
}

fn remove(props: &mut Value, path: &str) {
    match path.split_once('.') {
        Some((head, rest)) => {
            if let Some(inner) = props.get_mut(head) {
                remove(inner, rest);
            }
        }
        None => {
            if let Some(props) = props.as_object_mut() {
                props.remove(path);
            }
        }
    }
}

/// Whether a path is ignored, or below one that is.
pub(crate) fn is_ignored(declared: &Declared, path: &str) -> bool {
    declared.ignored.iter().any(|ignored| {
        path.strip_prefix(ignored.as_str())
            .is_some_and(|rest| rest.is_empty() || rest.starts_with(['.', '[']))
    })
}

/// Whether two sets of properties say the same, field by field.
pub(crate) fn same_props(schema: &Schema, a: &Value, b: &Value) -> bool {
    let (Some(a), Some(b)) = (a.as_object(), b.as_object()) else { return a == b };
    let covers = |a: &Map<String, Value>, b: &Map<String, Value>| {
        a.iter().all(|(name, value)| {
            b.get(name).is_some_and(|other| {
                let shape = schema.field(name).map_or(Shape::Plain, |field| field.shape);
                canonical(&shape, value) == canonical(&shape, other)
            })
        })
    };
    a.len() == b.len() && covers(a, b)
}
