//! Which regions an operation brings something up in, and in which it takes something down.

use std::collections::BTreeSet;

use bicoastal_model::{Ids, Packed, Place, Region, ResourceId, ScopeKind};

use super::decide::{Decision, Planner};
use crate::by_id::ById;
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
    known: ById<BTreeSet<Region>>,
}

impl<'p, 'a> Homes<'p, 'a> {
    pub(crate) fn new(planner: &'p Planner<'a>) -> Self {
        Self { planner, known: ById::default() }
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

    /// The regions of a regional thing, and of a global one through what it refers to, however
    /// far that is.
    fn of_id(&mut self, id: &ResourceId) -> BTreeSet<Region> {
        let mut open = vec![(id, false)];
        while let Some((id, below_is_known)) = open.pop() {
            let (place, edges) = self.place(id);
            if below_is_known {
                let regions = edges.into_iter().flatten().filter_map(|edge| self.known.get(edge));
                let regions = regions.flatten().copied().collect();
                self.known.insert(id.clone(), regions);
            } else if !self.known.contains(id) {
                let regional = place.filter(|place| place.scope == ScopeKind::Regional);
                let regions = regional.map(|place| place.regions.iter().copied().collect());
                self.known.insert(id.clone(), regions.unwrap_or_default());
                if place.is_some_and(|place| place.scope == ScopeKind::Global) {
                    open.push((id, true));
                    open.extend(edges.into_iter().flatten().map(|edge| (edge, false)));
                }
            }
        }
        self.known.get(id).cloned().unwrap_or_default()
    }

    /// Where something is, and what it comes after.
    fn place(&self, id: &ResourceId) -> (Option<&'p Place>, Option<&'p Ids>) {
        let planner = self.planner;
        if let Some(declared) = planner.declared.get(id) {
            return (Some(&declared.place), planner.declared.edges(id));
        }
        let current = planner.records.current(id).map(|(_, entry)| entry);
        (current.map(|it| &it.place), current.map(|it| &it.edges))
    }
}

/// Regions that are named by a property: a latency record's region, a set identifier.
fn named_regions(props: Option<&Packed>) -> BTreeSet<Region> {
    let mut found = BTreeSet::new();
    if let Some(props) = props {
        props.visit(&mut |inner| found.extend(inner.as_str().and_then(Region::of_code)));
    }
    found
}
