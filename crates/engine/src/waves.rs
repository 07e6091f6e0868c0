//! Rollout waves and tiers: the order that is preferred wherever no reference decides.
//!
//! Waves order changes to what already serves, region after region. First creates and deletes are
//! never waved, and a reference is never opposed.

use std::collections::{BTreeMap, BTreeSet};

use bicoastal_model::{Catalog, Region, ResourceId, ScopeKind, Tier};

use crate::graph::Graph;
use crate::planner::identity::parent_key;
use crate::planner::operations::Node;

/// Nodes that are ordered as one: a single operation, or several that may not be parted.
pub(crate) struct Unit {
    pub(crate) nodes: Vec<usize>,
    /// The wave that it belongs to; none for what is not waved.
    pub(crate) wave: Option<Wave>,
}

/// What is changed together, and apart from everything else that serves.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Wave {
    /// Something without a region: a role, a zone.
    Global(ResourceId),
    /// One spanning thing.
    Spanning(ResourceId),
    /// A region; one that is written at present comes after those that are not.
    Region {
        /// Whether a spanning thing that is changed here is written in this region.
        writer: bool,
        /// Which.
        region: Region,
    },
    /// The members of one parent that belong to no region.
    Parent(String, String),
    /// A routing group that has to change as a whole: named by its first member.
    Group(ResourceId),
}

/// The wave of a unit.
pub(crate) fn wave(
    unit: &[usize],
    nodes: &[Node],
    catalog: &Catalog,
    writers: &BTreeMap<ResourceId, Region>,
) -> Option<Wave> {
    let serving: Vec<&Node> = unit.iter().map(|&it| &nodes[it]).filter(|it| it.serving).collect();
    let member = serving.first()?.member.as_ref()?;
    let id = &member.key.id;
    if member.place.scope == ScopeKind::Spanning {
        return Some(Wave::Spanning(id.clone()));
    }
    let homes: BTreeSet<Option<Region>> = serving.iter().map(|it| it.footprint.home()).collect();
    let mut different = homes.iter();
    Some(match (different.next().copied().flatten(), different.next()) {
        (Some(region), None) => {
            let writer = serving
                .iter()
                .filter_map(|it| it.member.as_ref())
                .any(|member| member.edges.iter().any(|edge| writers.get(edge) == Some(&region)));
            Wave::Region { writer, region }
        }
        (None, None) => match catalog.get(&member.kind).filter(|schema| schema.batch.is_some()) {
            Some(schema) => {
                let props = member.wanted.as_ref().or(member.applied.as_ref());
                let parent = props.map(|props| parent_key(schema, props)).unwrap_or_default();
                Wave::Parent(member.kind.clone(), parent)
            }
            None => Wave::Global(id.clone()),
        },
        _ => Wave::Group(id.clone()),
    })
}

/// A region is one wave: that it has the writer of one thing holds for all of its members.
pub(crate) fn agree_on_writers(units: &mut [Unit]) {
    let written: BTreeSet<Region> = units
        .iter()
        .filter_map(|unit| match unit.wave {
            Some(Wave::Region { writer: true, region }) => Some(region),
            _ => None,
        })
        .collect();
    for unit in units {
        if let Some(Wave::Region { writer, region }) = &mut unit.wave {
            *writer = written.contains(region);
        }
    }
}

/// Where a unit would go if no reference said otherwise.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Rank {
    phase: u8,
    wave: Option<Wave>,
    tier: u8,
    first: usize,
}

/// What has no region comes first, then what spans regions, then what is new, then what serves,
/// region after region, and what goes comes last, traffic before what it goes to.
pub(crate) fn rank(unit: &Unit, nodes: &[Node]) -> Rank {
    let all = unit.nodes.iter().map(|&it| &nodes[it]);
    let goes = |node: &Node| {
        node.deletes() || (!node.footprint.down.is_empty() && node.footprint.up.is_empty())
    };
    let taken_down = !unit.nodes.is_empty()
        && all.clone().all(goes)
        && !matches!(unit.wave, Some(Wave::Region { .. }));
    let serving = all.clone().any(|node| node.serving);
    let spanning = |node: &Node| {
        node.member.as_ref().is_some_and(|member| member.place.scope == ScopeKind::Spanning)
    };
    let home = all.clone().all(|node| node.footprint.home().is_some());
    let phase = match (taken_down, serving) {
        (true, _) => 9,
        (false, false) => 2,
        (false, true) if all.clone().any(spanning) => 1,
        (false, true) if home => 3,
        (false, true) if all.clone().all(|node| node.tier < Tier::Traffic) => 0,
        (false, true) => 4,
    };
    let tier = all.map(|node| node.tier).min().unwrap_or(Tier::Foundation) as u8;
    let tier = if taken_down { u8::MAX - tier } else { tier };
    let first = unit.nodes.first().copied().unwrap_or_default();
    Rank { phase, wave: unit.wave.clone(), tier, first }
}

/// Adds what is preferred to what is required, in the direction of an order that respects what is
/// required: so there is no cycle.
pub(crate) fn prefer(graph: &mut Graph, units: &[Unit], nodes: &[Node], order: &[usize]) {
    let mut position = vec![0; units.len()];
    for (place, &unit) in order.iter().enumerate() {
        position[unit] = place;
    }
    let waved: Vec<usize> = (0..units.len()).filter(|&it| units[it].wave.is_some()).collect();
    for &a in &waved {
        for &b in &waved {
            // Whatever comes first, two waves are never under way at once.
            if units[a].wave != units[b].wave && position[a] < position[b] {
                graph.add(b, a);
            }
        }
    }
    let mut up: BTreeMap<Region, Vec<(Tier, usize)>> = BTreeMap::new();
    let mut down: BTreeMap<Region, Vec<(Tier, usize)>> = BTreeMap::new();
    for (index, unit) in units.iter().enumerate() {
        for node in unit.nodes.iter().map(|&it| &nodes[it]).filter(|it| it.member.is_some()) {
            let entry = (node.tier, index);
            node.footprint.up.iter().for_each(|it| up.entry(*it).or_default().push(entry));
            node.footprint.down.iter().for_each(|it| down.entry(*it).or_default().push(entry));
        }
    }
    let mut pairs = |members: &[(Tier, usize)], rising: bool| {
        for (tier, a) in members {
            for (other, b) in members {
                let ordered = if rising { tier < other } else { tier > other };
                if ordered && position[*a] < position[*b] {
                    graph.add(*b, *a);
                }
            }
        }
    };
    up.values().for_each(|members| pairs(members, true));
    down.values().for_each(|members| pairs(members, false));
}
