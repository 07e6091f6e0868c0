//! What has to be read before a plan can be made, and what was read.

use std::collections::BTreeMap;

use bicoastal_model::schema::Schema;
use bicoastal_model::value::Ref;
use bicoastal_model::{
    Addition, Catalog, Declared, Desired, Fields, OpError, Ownership, Packed, Place, ResourceId,
    ScopeKind, Seen, Snapshot, Status, Target, Word,
};
use serde_json::Value;

use crate::planner::index::Declarations;
use crate::planner::view::moved;
use crate::planner::{with_name, with_ownership};
use crate::state::{self, Entry, Key, State};
use crate::verified::Verified;

/// What was read.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Observed {
    /// Account numbers, by the program's name for the account (`""`: the default one).
    pub accounts: BTreeMap<String, String>,
    /// What the look-ups found.
    pub lookups: BTreeMap<ResourceId, Seen>,
    /// What the targets of [`targets`] are like.
    pub seen: BTreeMap<Key, Look>,
    /// Other stacks' exports, by stack and name.
    pub stacks: BTreeMap<String, BTreeMap<String, Value>>,
    /// Which secrets are those that were applied, as far as that was found out.
    pub verified: Verified,
}

/// What one read brought, as it is kept for as long as a plan is made.
#[derive(Clone, Debug, PartialEq)]
pub enum Look {
    /// It does not exist.
    Absent,
    /// It does.
    Present(Box<Thing>),
    /// It could not be read: unknown, never deleted.
    Unknown(Box<OpError>),
}

/// A thing as it is: a [`Snapshot`] that takes little room.
#[derive(Clone, Debug, PartialEq)]
pub struct Thing {
    /// The id that AWS knows it by.
    pub physical: String,
    /// Its properties, in the shape of its schema. What AWS does not return is missing.
    pub props: Packed,
    /// Its outputs, by name.
    pub outputs: Fields,
    /// How it is doing.
    pub status: Status,
    /// Whose it is.
    pub ownership: Ownership,
    /// What is inside it, ours and others'.
    pub children: Vec<Child>,
    /// Roles and the like: observed, never wanted.
    pub facts: Fields,
}

/// Something inside a thing that is a resource of its own: an [`Addition`].
#[derive(Clone, Debug, PartialEq)]
pub struct Child {
    /// Its kind.
    pub kind: Word,
    /// Its natural key, in the fields of its kind's `identity`.
    pub identity: Packed,
    /// How to name it to a person.
    pub label: String,
}

impl From<Seen> for Look {
    fn from(seen: Seen) -> Self {
        match seen {
            Seen::Absent => Self::Absent,
            Seen::Present(snapshot) => Self::Present(Box::new(snapshot.into())),
            Seen::Unknown(error) => Self::Unknown(Box::new(error)),
        }
    }
}

impl From<Snapshot> for Thing {
    fn from(snapshot: Snapshot) -> Self {
        let Snapshot { physical, props, outputs, status, ownership, children, facts } = snapshot;
        Self {
            physical,
            props: props.into(),
            outputs: outputs.into(),
            status,
            ownership,
            children: children.into_iter().map(Child::from).collect(),
            facts: facts.into(),
        }
    }
}

impl From<Addition> for Child {
    fn from(addition: Addition) -> Self {
        let Addition { kind, identity, label } = addition;
        Self { kind: kind.into(), identity: identity.into(), label }
    }
}

/// Everything to look up: one target per declared look-up, `props` being its query.
pub fn lookups(desired: &Desired, state: &State) -> Vec<Target> {
    desired
        .resources
        .values()
        .filter(|declared| declared.lookup)
        .map(|declared| Target {
            id: declared.id.clone(),
            kind: declared.schema.kind.to_owned(),
            place: declared.place.clone(),
            incarnation: 1,
            token: String::new(),
            physical: None,
            props: declared.props.clone(),
            tags: state.ownership_tags(&declared.id),
        })
        .collect()
}

/// Everything to read: every entry of the state (all incarnations, doubts included), and every
/// declared resource that is not in it and whose identity is known, so that clashes show in the
/// plan. Keys are those of the plan: a renamed resource is read under its new id.
pub fn targets(
    desired: &Desired,
    state: &State,
    catalog: &Catalog,
    lookups: &BTreeMap<ResourceId, Seen>,
) -> Vec<(Key, Target)> {
    let view = moved(desired, state);
    let state = &*view.state;
    let mut out: Vec<(Key, Target)> = Vec::new();
    for (key, entry) in &state.entries {
        // A stranger is seen, if it is still there, inside of what it was put into.
        let Some(schema) = catalog.get(&entry.kind).filter(|_| !entry.is_stranger()) else {
            continue;
        };
        let mut target = state.target(key, entry);
        if !schema.has_tags() {
            target.tags.clear();
        }
        if let Some(declared) =
            desired.resources.get(&key.id).filter(|it| !it.lookup && it.schema.kind == entry.kind)
        {
            target.place = union(&entry.place, &declared.place);
            mention(&mut target.props, &declared.props);
        }
        if let Some(doubted) = entry.doubt.as_ref().and_then(|doubt| doubt.wanted.as_ref()) {
            mention(&mut target.props, doubted);
        }
        out.push((key.clone(), target));
    }
    let mut fresh: BTreeMap<&ResourceId, (Packed, &'static Schema)> = BTreeMap::new();
    let marks = state.marks();
    let declarations = Declarations::of(desired);
    let order = declarations.order();
    for place in order.unwrap_or_else(|_| (0..declarations.len()).collect()) {
        let declared = declarations.at(place);
        let id = &declared.id;
        if declared.lookup || state.current(id).is_some() {
            continue;
        }
        let key = Key::new(id.clone(), state.next_incarnation(id));
        let props =
            declared.props.resolve(&mut |reference| known(reference, state, lookups, &fresh));
        let props = with_name(&props, key.incarnation);
        let props = with_ownership(declared.schema, &props, &marks, id);
        if declared.adopt.is_some() || identity_known(declared.schema, &props) {
            out.push((key.clone(), fresh_target(state, declared, key, &props)));
        }
        fresh.insert(id, (props, declared.schema));
    }
    out
}

fn fresh_target(state: &State, declared: &Declared, key: Key, props: &Packed) -> Target {
    Target {
        id: key.id.clone(),
        kind: declared.schema.kind.to_owned(),
        place: declared.place.clone(),
        incarnation: key.incarnation,
        token: state::token(&state.lineage, &key.id, key.incarnation),
        physical: declared.adopt.clone(),
        props: props.clone(),
        tags: match declared.schema.has_tags() {
            true => state.ownership_tags(&key.id),
            false => BTreeMap::new(),
        },
    }
}

/// An output that is known before anything is planned.
fn known(
    reference: &Ref,
    state: &State,
    lookups: &BTreeMap<ResourceId, Seen>,
    fresh: &BTreeMap<&ResourceId, (Packed, &'static Schema)>,
) -> Option<Packed> {
    if let Some(Seen::Present(found)) = lookups.get(&reference.id) {
        return found.outputs.get(reference.attribute.as_str()).map(Packed::from);
    }
    if let Some(found) = state.lookups.get(&reference.id) {
        return found.outputs.get(&reference.attribute).cloned();
    }
    if let Some((_, Entry { outputs, .. })) = state.current(&reference.id) {
        return outputs.get(&reference.attribute).cloned();
    }
    let (props, schema) = fresh.get(&reference.id)?;
    let property = schema.output(&reference.attribute)?.same_as?;
    props.get(property).filter(|value| !value.has_unknown()).cloned()
}

fn identity_known(schema: &Schema, props: &Packed) -> bool {
    schema.identity.iter().all(|field| props.get(field).is_none_or(|it| !it.has_unknown()))
}

/// Adds the properties of which only the names matter: what the program mentions is read.
fn mention(props: &mut Packed, wanted: &Packed) {
    if props.is_null() {
        *props = Packed::object([]);
    }
    let (Some(own), Some(wanted)) = (props.as_object(), wanted.as_object()) else { return };
    let mut added = wanted.to_vec();
    added.retain(|(name, _)| !own.contains_key(name));
    // Else it stays shared with what state holds.
    if !added.is_empty() {
        *props = own.with(added).into();
    }
}

/// A spanning thing is looked for wherever a member is wanted or was applied.
pub(crate) fn union(applied: &Place, wanted: &Place) -> Place {
    let mut place = wanted.clone();
    if place.scope == ScopeKind::Spanning {
        place.regions.extend(&applied.regions);
        place.regions.sort();
        place.regions.dedup();
    }
    place
}
