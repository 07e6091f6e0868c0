//! Which regions an operation brings something up in, and in which it takes something down.

use std::collections::{BTreeMap, BTreeSet};

use bicoastal_model::{Region, ResourceId, ScopeKind};
use serde_json::Value;

use super::decide::{Decision, Planner};
use crate::plan::PlannedMember;
use crate::state::Verb;

/// The regions that one operation concerns.
#[derive(Clone, Debug, Default)]
pub(crate) struct Footprint {
    /// Something is brought up, or changed, there.
    pub(crate) up: BTreeSet<Region>,
    /// Something is taken down there for good.
    pub(crate) down: BTreeSet<Region>,
}

impl Footprint {
    /// The region that it belongs to, where it is one only.
    pub(crate) fn home(&self) -> Option<Region> {
        let mut all = self.up.union(&self.down);
        let first = all.next().copied();
        if all.next().is_none() { first } else { None }
    }
}

/// Finds the regions of global things through what they refer to.
pub(crate) struct Homes<'p, 'a> {
    planner: &'p Planner<'a>,
    known: BTreeMap<ResourceId, BTreeSet<Region>>,
}

impl<'p, 'a> Homes<'p, 'a> {
    pub(crate) fn new(planner: &'p Planner<'a>) -> Self {
        Self { planner, known: BTreeMap::new() }
    }

    pub(crate) fn of(&mut self, member: &PlannedMember, decision: &Decision) -> Footprint {
        let mut footprint = Footprint::default();
        let deletes = member.verb == Verb::Delete;
        match member.place.scope {
            ScopeKind::Spanning if member.verb == Verb::Update => {
                for field in &decision.fields {
                    let member =
                        field.path.strip_prefix("regions[").and_then(|it| it.strip_suffix(']'));
                    let Some(Ok(region)) = member.map(str::parse::<Region>) else { continue };
                    if field.after.is_null() {
                        footprint.down.insert(region);
                    } else {
                        footprint.up.insert(region);
                    }
                }
            }
            ScopeKind::Spanning | ScopeKind::Regional => {
                let regions = member.place.regions.iter().copied();
                if deletes { footprint.down.extend(regions) } else { footprint.up.extend(regions) }
            }
            ScopeKind::Global => {
                let props = member.wanted.as_ref().or(member.applied.as_ref());
                let mut regions = named_regions(props);
                for edge in &member.edges {
                    regions.extend(self.of_id(edge));
                }
                // What belongs to several regions is of none of them.
                if regions.len() == 1 {
                    if deletes { footprint.down = regions } else { footprint.up = regions }
                }
            }
        }
        // The region goes on with the successor.
        if member.superseded {
            footprint.down.clear();
        }
        footprint
    }

    /// The regions of a regional thing, and of a global one through what it refers to.
    fn of_id(&mut self, id: &ResourceId) -> BTreeSet<Region> {
        if let Some(known) = self.known.get(id) {
            return known.clone();
        }
        self.known.insert(id.clone(), BTreeSet::new());
        let declared = self.planner.desired.resources.get(id);
        let current = self.planner.state.current(id).map(|(_, entry)| entry);
        let place = declared.map(|it| &it.place).or(current.map(|it| &it.place));
        let mut regions = BTreeSet::new();
        match place {
            Some(place) if place.scope == ScopeKind::Regional => regions.extend(&place.regions),
            Some(place) if place.scope == ScopeKind::Global => {
                let edges = match (declared, current) {
                    (Some(declared), _) => declared.edges(),
                    (None, Some(entry)) => entry.edges.clone(),
                    (None, None) => BTreeSet::new(),
                };
                for edge in edges {
                    regions.extend(self.of_id(&edge));
                }
            }
            _ => {}
        }
        self.known.insert(id.clone(), regions.clone());
        regions
    }
}

/// Regions that are named by a property: a latency record's region, a set identifier.
fn named_regions(props: Option<&Value>) -> BTreeSet<Region> {
    fn walk(value: &Value, found: &mut BTreeSet<Region>) {
        match value {
            Value::String(text) => found.extend(text.parse::<Region>()),
            Value::Array(items) => items.iter().for_each(|item| walk(item, found)),
            Value::Object(fields) => fields.values().for_each(|field| walk(field, found)),
            _ => {}
        }
    }
    let mut found = BTreeSet::new();
    if let Some(props) = props {
        walk(props, &mut found);
    }
    found
}
