//! Wanted properties with everything filled in that is known when the plan is made.

use std::collections::{BTreeMap, BTreeSet};

use bicoastal_model::same::canonical;
use bicoastal_model::schema::{Change, Schema};
use bicoastal_model::value::{NAME, SECRET};
use bicoastal_model::{Declared, Desired, Fields, Name, Packed, ResourceId, Shape, secrets};

use crate::state::Marks;
use crate::verified::Verified;

/// What an output of a resource will be once the plan is done.
pub(crate) enum Output {
    /// This, already now.
    Known(Packed),
    /// Something that only AWS can tell.
    Unknown,
    /// It has none of that name, and nothing that is planned will change that.
    Missing,
}

/// What is known of a resource's outputs after the decision on it.
#[derive(Clone, Debug)]
pub(crate) struct Outputs {
    pub(crate) schema: &'static Schema,
    /// Its properties, resolved.
    pub(crate) wanted: Packed,
    /// They are what was decided on.
    pub(crate) decided: bool,
    /// Its outputs as seen, or as recorded.
    pub(crate) now: Fields,
    /// It is created or replaced: nothing that AWS assigns is known.
    pub(crate) fresh: bool,
    /// The properties that an update changes.
    pub(crate) changed: BTreeSet<String>,
    /// AWS is at work on it: what it lacks may still come.
    pub(crate) busy: bool,
}

impl Outputs {
    pub(crate) fn get(&self, attribute: &str) -> Output {
        let name = attribute.split('.').next().unwrap_or_default();
        let spec = self.schema.output(name);
        if let Some(property) = spec.and_then(|spec| spec.same_as)
            && name == attribute
            && (self.fresh || self.changed.contains(property))
            && let Some(value) = self.wanted.get(property)
            && !value.is_null()
            && !value.has_unknown()
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

impl Outputs {
    /// Of something that stays as it is.
    pub(crate) fn unchanged(schema: &'static Schema, wanted: Packed, now: Fields) -> Self {
        let (fresh, decided, busy) = (false, false, false);
        Self { schema, wanted, decided, now, fresh, changed: BTreeSet::new(), busy }
    }
}

/// Generated names get their incarnation.
pub(crate) fn with_name(props: &Packed, incarnation: u32) -> Packed {
    props.rewrite(&mut |inner| {
        let prefix = inner.marker(NAME)?.as_str()?;
        Some(Name::of_incarnation(prefix, incarnation).into())
    })
}

/// The tags that say whose it is, on what takes tags.
pub(crate) fn with_ownership(
    schema: &Schema,
    props: &Packed,
    marks: &Marks,
    born: &ResourceId,
) -> Packed {
    if !schema.has_tags() || !props.is_object() {
        return props.clone();
    }
    let none = Fields::default();
    let own = match props.get("tags") {
        Some(own) if !own.is_null() => own.as_object(),
        _ => Some(&none),
    };
    match own {
        Some(own) => props.with("tags", own.with(marks.of_one(born)).into()),
        None => props.clone(),
    }
}

/// Secrets that are what was applied become the digest that was applied. So do ignored ones, whatever
/// they are.
pub(crate) fn with_digests(
    (desired, verified): (&Desired, &Verified),
    declared: &Declared,
    props: Packed,
    base: Option<&Packed>,
) -> Packed {
    let Some(base) = base.filter(|_| has_secrets(desired, &declared.id)) else { return props };
    let mut same = BTreeMap::new();
    for it in secrets::wanted(declared.schema, &props, Some(base)) {
        let marker = |it: &Packed| Some(it.marker(SECRET)?.as_str()?.to_owned());
        let (Some(slot), Some(applied)) = (marker(it.wanted), it.applied) else { continue };
        let Some(text) = marker(applied) else { continue };
        let slot = (declared.id.clone(), slot);
        let is_applied = is_ignored(declared, &it.path)
            || desired.secrets.get(&slot).is_some_and(|it| verified.is_applied(&slot, it, &text));
        if is_applied {
            same.insert(slot.1, applied.clone());
        }
    }
    props.rewrite(&mut |inner| same.get(inner.marker(SECRET)?.as_str()?).cloned())
}

/// Whether the program has secrets of a resource.
pub(crate) fn has_secrets(desired: &Desired, id: &ResourceId) -> bool {
    let mut from = desired.secrets.range((id.clone(), String::new())..);
    from.next().is_some_and(|((whose, _), _)| whose == id)
}

/// For what exists: properties that only mean something at creation stay as they were applied,
/// and ignored ones are as if never mentioned.
pub(crate) fn for_existing(
    declared: &Declared,
    mut props: Packed,
    base: &mut Option<Packed>,
) -> Packed {
    let schema = declared.schema;
    for field in schema.fields.iter().filter(|field| field.change == Change::CreateOnly) {
        let unknown = props.get(field.name).is_some_and(Packed::has_unknown);
        match base.as_ref().and_then(|base| base.get(field.name)) {
            Some(applied) => props = props.with(field.name, applied.clone()),
            None if unknown => props = props.without(field.name),
            None => {}
        }
    }
    for path in &declared.ignored {
        let top = path.split(['.', '[']).next().unwrap_or_default();
        if !path.contains('[') && !schema.identity.contains(&top) {
            props = props.without(path);
            *base = base.as_ref().map(|base| base.without(path));
        }
    }
    props
}

/// Whether a path is ignored, or below one that is.
pub(crate) fn is_ignored(declared: &Declared, path: &str) -> bool {
    declared.ignored.iter().any(|ignored| {
        path.strip_prefix(ignored.as_str())
            .is_some_and(|rest| rest.is_empty() || rest.starts_with(['.', '[']))
    })
}

/// Whether two sets of properties say the same, field by field.
pub(crate) fn same_props(schema: &Schema, a: &Packed, b: &Packed) -> bool {
    if a == b {
        return true;
    }
    let (Some(a), Some(b)) = (a.as_object(), b.as_object()) else { return false };
    let says = |name: &str, value: &Packed, other: &Packed| {
        let shape = schema.field(name).map_or(Shape::Plain, |field| field.shape);
        let form = |value: &Packed| canonical(&shape, &value.to_value());
        value == other || form(value) == form(other)
    };
    a.len() == b.len()
        && a.iter().all(|(name, value)| b.get(name).is_some_and(|it| says(name, value, it)))
}
