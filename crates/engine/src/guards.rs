//! What stands in the way of deleting something, and how each is lifted.

use bicoastal_model::{Catalog, Diagnostic, Packed, Region, ResourceId};
use serde::{Deserialize, Serialize};

use crate::observe::{Look, Observed, Thing};
use crate::planner::Options;
use crate::state::{Entry, State};

/// What kind of thing stands in the way.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum GuardKind {
    /// The program protects it (or did when it was last applied).
    Protected,
    /// The program protects it, and what one of its regions holds would be destroyed.
    ProtectedMember,
    /// AWS refuses to delete it until a property is switched off.
    AwsProtection,
    /// It holds things that nobody declared, and AWS does not delete it before they are gone.
    NotEmpty,
}

/// One thing that stands in the way of a delete.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Guard {
    /// Whose.
    pub id: ResourceId,
    /// What kind of guard.
    pub kind: GuardKind,
    /// In words.
    pub message: String,
    /// The next step.
    pub hint: String,
}

impl From<Guard> for Diagnostic {
    fn from(guard: Guard) -> Self {
        Self::error(guard.message).of(&guard.id).hint(guard.hint)
    }
}

/// Everything that stands in the way of deleting all that state has, beyond what
/// [`Options::unprotect`] lifts.
pub fn guards(
    state: &State,
    observed: &Observed,
    catalog: &Catalog,
    options: &Options,
) -> Vec<Guard> {
    let known = crate::planner::identity::of_state(state, observed, catalog);
    let mut found = Vec::new();
    for (key, entry) in state.entries.iter().filter(|(_, entry)| !entry.retained) {
        let seen = match observed.seen.get(key) {
            Some(Look::Present(thing)) => Some(&**thing),
            Some(Look::Absent) => continue,
            Some(Look::Unknown(_)) | None => None,
        };
        let knows = |kind: &str, identity: &Packed| known.contains(kind, identity, catalog);
        let applied = entry.applied.as_ref();
        found.extend(guards_of(&key.id, entry, applied, seen, catalog, options, &knows));
    }
    found
}

/// What stands in the way of taking regions out of a spanning thing that stays.
pub(crate) fn guard_of_regions(
    id: &ResourceId,
    protected: bool,
    leaving: &[Region],
    options: &Options,
) -> Option<Guard> {
    if !protected || leaving.is_empty() || options.unprotect.contains(id) {
        return None;
    }
    let regions: Vec<&str> = leaving.iter().map(|region| region.code()).collect();
    let regions = regions.join(" and ");
    Some(Guard {
        id: id.clone(),
        kind: GuardKind::ProtectedMember,
        message: format!("is protected, and what it holds in {regions} would be destroyed"),
        hint: format!("to take {regions} out of it, name it: --unprotect {id}"),
    })
}

/// What stands in the way of deleting one thing. `applied` is what counts as applied, delete
/// options of the program included; `known` tells whether something inside it is deleted along
/// with it.
pub(crate) fn guards_of(
    id: &ResourceId,
    entry: &Entry,
    applied: Option<&Packed>,
    seen: Option<&Thing>,
    catalog: &Catalog,
    options: &Options,
    known: &dyn Fn(&str, &Packed) -> bool,
) -> Vec<Guard> {
    let mut found = Vec::new();
    let named = options.unprotect.contains(id);
    if entry.protected && !named {
        found.push(Guard {
            id: id.clone(),
            kind: GuardKind::Protected,
            message: "is protected".to_owned(),
            hint: format!("to delete it, name it: --unprotect {id}"),
        });
    }
    let Some(schema) = catalog.get(&entry.kind) else { return found };
    let props = seen.map(|it| &it.props).or(applied);
    let says = |name: &str| props.is_some_and(|it| it[name].as_bool() == Some(true));
    if let Some(guard) = schema.guard
        && says(guard)
        && !named
    {
        found.push(Guard {
            id: id.clone(),
            kind: GuardKind::AwsProtection,
            message: format!("has {guard} on in AWS"),
            hint: format!("to have it switched off and delete it, name it: --unprotect {id}"),
        });
    }
    let claims = |option: &str| applied.is_some_and(|it| it[option].as_bool() == Some(true));
    let forced = claims("force_destroy");
    let Some(seen) = seen.filter(|_| !forced) else { return found };
    if seen.facts.get("has_objects").and_then(Packed::as_bool) == Some(true) {
        found.push(Guard {
            id: id.clone(),
            kind: GuardKind::NotEmpty,
            message: "is not empty".to_owned(),
            hint: "empty it, or set force_destroy(true) and apply that first".to_owned(),
        });
    }
    let exclusive = claims("exclusive_records");
    let foreign: Vec<&str> = seen
        .children
        .iter()
        .filter(|child| !exclusive && !known(&child.kind, &child.identity))
        .map(|child| child.label.as_str())
        .collect();
    if let Some(first) = foreign.first() {
        let more = match foreign.len() {
            1 => String::new(),
            many => format!(" and {} more", many - 1),
        };
        found.push(Guard {
            id: id.clone(),
            kind: GuardKind::NotEmpty,
            message: format!("holds what nobody declared: {first}{more}"),
            hint: "delete it by hand, or declare it, or claim the whole".to_owned(),
        });
    }
    found
}
