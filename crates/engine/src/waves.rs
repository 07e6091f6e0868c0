//! Rollout waves and tiers: the order wherever no reference decides.
//!
//! Waves order changes to what already serves, region after region. First creates and deletes are
//! never waved, and a reference is never opposed.

use std::collections::{BTreeMap, BTreeSet};

use bicoastal_model::{Catalog, Region, ResourceId, ScopeKind, Tier, Word};

use crate::gates::{Gates, Item};
use crate::order::Order;
use crate::planner::identity::parent_key;
use crate::planner::operations::Node;
use crate::state::Verb;

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
    Parent(Word, String),
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
/// required: so there is no cycle. Where the order of two nodes is a matter of safety, it is added
/// to the graph of the single nodes as well.
pub(crate) fn prefer(gates: &mut Gates<'_>, order: &[usize], catalog: &Catalog) {
    let item = |position: usize, unit: usize, node: usize| Item { position, unit, node };
    // Whatever comes first, two waves are never under way at once.
    let mut stages: Vec<(&Wave, Vec<Item>)> = Vec::new();
    let units = &*gates.units;
    for (position, &unit) in order.iter().enumerate() {
        let (Some(wave), Some(&node)) = (&units[unit].wave, units[unit].nodes.first()) else {
            continue;
        };
        match stages.last_mut().filter(|(last, _)| *last == wave) {
            Some((_, stage)) => stage.push(item(position, unit, node)),
            None => stages.push((wave, vec![item(position, unit, node)])),
        }
    }
    let stages: Vec<Vec<Item>> = stages.into_iter().map(|(_, stage)| stage).collect();
    let mut up: BTreeMap<Region, Vec<Item>> = BTreeMap::new();
    let mut down: BTreeMap<Region, Vec<Item>> = BTreeMap::new();
    for (position, &unit) in order.iter().enumerate() {
        for &node in &units[unit].nodes {
            let of = &gates.nodes[node];
            if of.member.is_some() {
                let item = item(position, unit, node);
                of.footprint.up.iter().for_each(|it| up.entry(*it).or_default().push(item));
                of.footprint.down.iter().for_each(|it| down.entry(*it).or_default().push(item));
            }
        }
    }
    for pair in stages.windows(2) {
        gates.order(&pair[0], &pair[1], Order::Rollout);
    }
    for (regions, rising) in [(up, true), (down, false)] {
        for members in regions.into_values() {
            by_tier(gates, &members, rising, catalog);
        }
    }
}

/// Orders what is brought up in a region, or taken down there, by its tier.
fn by_tier(gates: &mut Gates<'_>, members: &[Item], rising: bool, catalog: &Catalog) {
    for tier in [Tier::Foundation, Tier::Data, Tier::Compute, Tier::Traffic] {
        let pick = |nodes: &[Node], which: &dyn Fn(&Node) -> bool| -> Vec<Item> {
            members.iter().copied().filter(|item| which(&nodes[item.node])).collect()
        };
        let comes_before = |node: &Node| if rising { node.tier < tier } else { node.tier > tier };
        let nodes = &*gates.nodes;
        let earlier = pick(nodes, &comes_before);
        let later = pick(nodes, &|node| node.tier == tier);
        let needed = |node: &Node| match rising {
            true => comes_up(node),
            false => is_in_use(node, catalog),
        };
        let needs = |node: &Node| match rising {
            true => opens(node, catalog),
            false => tier > Tier::Foundation,
        };
        let harmful = pick(nodes, &|node| comes_before(node) && needed(node));
        let harmed = pick(nodes, &|node| node.tier == tier && needs(node));
        gates.order(&harmful, &harmed, Order::Safety);
        gates.order(&earlier, &later, Order::Preference);
    }
}

/// Whether a region that did not have it gets it: data or compute that traffic may need.
fn comes_up(node: &Node) -> bool {
    let Some(member) = &node.member else { return false };
    let spans = member.place.scope == ScopeKind::Spanning;
    node.tier > Tier::Foundation && (member.verb == Verb::Create || spans)
}

/// Whether it sends traffic to where none went before.
fn opens(node: &Node, catalog: &Catalog) -> bool {
    routes(node, catalog) && node.verb() == Some(Verb::Create)
}

/// Whether what is below it has users for as long as it is there: it is compute, or sends traffic.
fn is_in_use(node: &Node, catalog: &Catalog) -> bool {
    node.tier == Tier::Compute || routes(node, catalog)
}

/// Whether it sends traffic somewhere: a record.
fn routes(node: &Node, catalog: &Catalog) -> bool {
    let schema = node.member.as_ref().and_then(|member| catalog.get(&member.kind));
    node.tier == Tier::Traffic && schema.is_some_and(|schema| schema.batch.is_some())
}
