//! Rollout waves and tiers: the order wherever no reference decides.
//!
//! Waves order changes to what already serves, region after region. First creates and deletes are
//! never waved, and a reference is never opposed.

use std::collections::{BTreeMap, BTreeSet};

use bicoastal_model::{Region, ResourceId, ScopeKind, Tier, Word};

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
        (None, None) => match serving[0].schema.filter(|schema| schema.batch.is_some()) {
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

/// Where units would go if no reference said otherwise: by unit, its place among all.
pub(crate) fn ranks(units: &[Unit], nodes: &[Node]) -> Vec<u32> {
    let waves: BTreeSet<&Wave> = units.iter().filter_map(|unit| unit.wave.as_ref()).collect();
    let waves: BTreeMap<&Wave, usize> = waves.into_iter().zip(1..).collect();
    let rank = |(index, unit): (usize, &Unit)| {
        let (phase, tier) = phase_and_tier(unit, nodes);
        let wave = unit.wave.as_ref().and_then(|wave| waves.get(wave).copied()).unwrap_or(0);
        (phase, wave, tier, unit.nodes.first().copied().unwrap_or_default(), index)
    };
    let mut order: Vec<_> = units.iter().enumerate().map(rank).collect();
    order.sort_unstable();
    let mut ranks = vec![0; units.len()];
    for ((.., index), rank) in order.into_iter().zip(0..) {
        ranks[index] = rank;
    }
    ranks
}

/// What has no region comes first, then what spans regions, then what is new, then what serves,
/// region after region, and what goes comes last, traffic before what it goes to.
fn phase_and_tier(unit: &Unit, nodes: &[Node]) -> (u8, u8) {
    let all = unit.nodes.iter().map(|&it| &nodes[it]);
    let goes = |node: &Node| {
        node.deletes() || (!node.footprint.down.is_empty() && node.footprint.up.is_empty())
    };
    let taken_down = !unit.nodes.is_empty()
        && all.clone().all(goes)
        && !matches!(unit.wave, Some(Wave::Region { .. }));
    let serving = all.clone().any(|node| node.serving);
    let home = || all.clone().all(|node| node.footprint.home().is_some());
    let phase = match (taken_down, serving) {
        (true, _) => 9,
        (false, false) => 2,
        (false, true) if all.clone().any(Node::spans) => 1,
        (false, true) if home() => 3,
        (false, true) if all.clone().all(|node| node.tier < Tier::Traffic) => 0,
        (false, true) => 4,
    };
    let tier = all.map(|node| node.tier).min().unwrap_or(Tier::Foundation) as u8;
    (phase, if taken_down { u8::MAX - tier } else { tier })
}

/// Adds what is preferred to what is required, in the direction of an order that respects what is
/// required: so there is no cycle. Where the order of two nodes is a matter of safety, it is added
/// to the graph of the single nodes as well.
pub(crate) fn prefer(gates: &mut Gates<'_>, order: &[usize]) {
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
    let mut up: BTreeMap<Region, Vec<(Item, Part)>> = BTreeMap::new();
    let mut down: BTreeMap<Region, Vec<(Item, Part)>> = BTreeMap::new();
    for (position, &unit) in order.iter().enumerate() {
        for &node in &units[unit].nodes {
            let of = &gates.nodes[node];
            if of.member.is_some() {
                let member = (item(position, unit, node), Part::of(of));
                of.footprint.up.iter().for_each(|it| up.entry(it).or_default().push(member));
                of.footprint.down.iter().for_each(|it| down.entry(it).or_default().push(member));
            }
        }
    }
    for pair in stages.windows(2) {
        gates.order(&pair[0], &pair[1], Order::Rollout);
    }
    for (regions, rising) in [(up, true), (down, false)] {
        for members in regions.into_values() {
            by_tier(gates, &members, rising);
        }
    }
}

/// Orders what is brought up in a region, or taken down there, by its tier.
fn by_tier(gates: &mut Gates<'_>, members: &[(Item, Part)], rising: bool) {
    for tier in [Tier::Foundation, Tier::Data, Tier::Compute, Tier::Traffic] {
        let pick = |which: &dyn Fn(Part) -> bool| -> Vec<Item> {
            members.iter().filter(|(_, part)| which(*part)).map(|(item, _)| *item).collect()
        };
        let comes_before = |it: Part| if rising { it.tier < tier } else { it.tier > tier };
        let needed = |it: Part| if rising { it.comes_up } else { it.is_in_use };
        let needs = |it: Part| if rising { it.opens } else { tier > Tier::Foundation };
        let harmed = pick(&|it| it.tier == tier && needs(it));
        if !harmed.is_empty() {
            let harmful = pick(&|it| comes_before(it) && needed(it));
            gates.order(&harmful, &harmed, Order::Safety);
        }
        let later = pick(&|it| it.tier == tier);
        if !later.is_empty() {
            let earlier = pick(&comes_before);
            gates.order(&earlier, &later, Order::Preference);
        }
    }
}

/// What a node is to the others of its region.
#[derive(Clone, Copy)]
struct Part {
    tier: Tier,
    /// A region that did not have it gets it: data or compute that traffic may need.
    comes_up: bool,
    /// It sends traffic to where none went before.
    opens: bool,
    /// What is below it has users for as long as it is there: it is compute, or sends traffic.
    is_in_use: bool,
}

impl Part {
    fn of(node: &Node) -> Self {
        let creates = node.verb == Some(Verb::Create);
        // A record sends traffic somewhere.
        let routes = node.tier == Tier::Traffic && node.is_batched();
        Self {
            tier: node.tier,
            comes_up: node.tier > Tier::Foundation && (creates || node.spans()),
            opens: routes && creates,
            is_in_use: node.tier == Tier::Compute || routes,
        }
    }
}
