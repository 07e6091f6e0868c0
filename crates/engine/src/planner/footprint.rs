//! Which regions an operation brings something up in, and in which it takes something down.

use bicoastal_model::{Ids, Place, Region, ResourceId, ScopeKind};

use super::decide::{Decision, Planner};
use super::index::newest;
use crate::plan::PlannedMember;
use crate::state::Verb;

/// Regions, each there once: a bit for each, because everything that is planned has some.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Regions(u64);

const _: () = assert!(Region::ALL.len() <= 64, "a bit for each");

impl Regions {
    pub(crate) fn insert(&mut self, region: Region) {
        self.0 |= 1 << region as u8;
    }

    pub(crate) fn contains(self, region: Region) -> bool {
        self.0 & (1 << region as u8) != 0
    }

    pub(crate) fn is_empty(self) -> bool {
        self.0 == 0
    }

    pub(crate) fn and(self, others: Self) -> Self {
        Self(self.0 | others.0)
    }

    /// All, in the order of regions.
    pub(crate) fn iter(self) -> impl Iterator<Item = Region> {
        let mut rest = self.0;
        std::iter::from_fn(move || {
            let next = Region::ALL.get(rest.trailing_zeros() as usize)?;
            rest &= rest - 1;
            Some(*next)
        })
    }

    /// The one that it is, where it is one only.
    pub(crate) fn only(self) -> Option<Region> {
        self.iter().next().filter(|_| self.0.is_power_of_two())
    }
}

impl FromIterator<Region> for Regions {
    fn from_iter<I: IntoIterator<Item = Region>>(regions: I) -> Self {
        let mut all = Self::default();
        regions.into_iter().for_each(|region| all.insert(region));
        all
    }
}

/// The regions that one operation concerns.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Footprint {
    /// Something is brought up, or changed, there.
    pub(crate) up: Regions,
    /// Something is taken down there for good.
    pub(crate) down: Regions,
}

impl Footprint {
    /// The region that it belongs to, where it is one only.
    pub(crate) fn home(self) -> Option<Region> {
        self.up.and(self.down).only()
    }
}

/// Finds the regions of global things through what they refer to.
pub(crate) struct Homes<'p, 'a> {
    planner: &'p Planner<'a>,
    /// Of what is declared, by place, and after that of what is recorded, by number.
    known: Vec<Option<Regions>>,
}

impl<'p, 'a> Homes<'p, 'a> {
    pub(crate) fn new(planner: &'p Planner<'a>) -> Self {
        Self { planner, known: vec![None; planner.declared.len() + planner.records.len()] }
    }

    pub(crate) fn of(&mut self, member: &PlannedMember, decision: &Decision) -> Footprint {
        let mut footprint = Footprint::default();
        let deletes = member.verb == Verb::Delete;
        let own = || member.place.regions.iter().copied().collect::<Regions>();
        let regions = match member.place.scope {
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
                Regions::default()
            }
            ScopeKind::Spanning | ScopeKind::Regional => own(),
            ScopeKind::Global => {
                let mut regions = decision.named(member);
                for edge in &member.edges {
                    regions = regions.and(self.of_id(edge));
                }
                // What belongs to several regions is of none of them.
                regions.only().into_iter().collect()
            }
        };
        let side = if deletes { &mut footprint.down } else { &mut footprint.up };
        *side = side.and(regions);
        // The region goes on with the successor.
        if member.superseded {
            footprint.down = Regions::default();
        }
        footprint
    }

    /// The regions of a regional thing, and of a global one through what it refers to, however
    /// far that is.
    fn of_id(&mut self, id: &ResourceId) -> Regions {
        let Some(own) = self.number(id) else { return Regions::default() };
        if let Some(regions) = self.known[own] {
            return regions;
        }
        let mut open = vec![(own, false)];
        while let Some((number, below_is_known)) = open.pop() {
            let (place, edges) = self.place(number);
            if below_is_known {
                let below = edges.into_iter().flatten().filter_map(|edge| self.number(edge));
                let below = below.filter_map(|number| self.known[number]);
                self.known[number] = Some(below.fold(Regions::default(), Regions::and));
            } else if self.known[number].is_none() {
                let regional = place.filter(|place| place.scope == ScopeKind::Regional);
                let regions = regional.into_iter().flat_map(|place| &place.regions).copied();
                self.known[number] = Some(regions.collect());
                if place.is_some_and(|place| place.scope == ScopeKind::Global) {
                    open.push((number, true));
                    let below = edges.into_iter().flatten().filter_map(|edge| self.number(edge));
                    open.extend(below.map(|number| (number, false)));
                }
            }
        }
        self.known[own].unwrap_or_default()
    }

    fn number(&self, id: &ResourceId) -> Option<usize> {
        let planner = self.planner;
        let recorded = || Some(planner.declared.len() + planner.records.number(id)?);
        planner.declared.place(id).or_else(recorded)
    }

    /// Where something is, and what it comes after.
    fn place(&self, number: usize) -> (Option<&'p Place>, Option<&'p Ids>) {
        let planner = self.planner;
        match number.checked_sub(planner.declared.len()) {
            None => {
                (Some(&planner.declared.at(number).place), Some(planner.declared.edges(number)))
            }
            Some(recorded) => {
                let current = newest(planner.records.at(recorded)).map(|(_, entry)| entry);
                (current.map(|it| &it.place), current.map(|it| &it.edges))
            }
        }
    }
}

/// Regions that are named by a property of a global thing: a latency record's region, a set
/// identifier.
pub(crate) fn named_by(member: &PlannedMember) -> Regions {
    let mut found = Regions::default();
    let props = member.wanted.as_ref().or(member.applied.as_ref());
    if let Some(props) = props.filter(|_| member.place.scope == ScopeKind::Global) {
        props.visit(&mut |inner| {
            if let Some(region) = inner.as_str().and_then(Region::of_code) {
                found.insert(region);
            }
        });
    }
    found
}
