//! Members of one parent that travel in one call.

use std::collections::BTreeMap;

use bicoastal_model::schema::{Batch, Schema};
use bicoastal_model::{Catalog, Packed, Word};

use crate::graph::Graph;
use crate::plan::PlannedMember;
use crate::planner::identity::{group_key, parent_key};
use crate::planner::operations::Node;
use crate::state::Verb;
use crate::waves::{Unit, Wave};

/// What may travel together.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Parent {
    kind: Word,
    account: Option<String>,
    parent: String,
    wave: Option<Wave>,
}

fn props(member: &PlannedMember) -> &Packed {
    member.wanted.as_ref().or(member.applied.as_ref()).unwrap_or(&Packed::NULL)
}

fn batched<'n>(
    node: &'n Node,
    catalog: &Catalog,
) -> Option<(&'n PlannedMember, &'static Schema, Batch)> {
    let member = node.member.as_deref()?;
    let schema = catalog.get(&member.kind)?;
    Some((member, schema, schema.batch?))
}

/// Draws together what may not be parted: a routing group of which something exists already, and
/// the two halves of a replacement; unless a reference leads from one to the other through
/// something else.
pub(crate) fn groups(nodes: &[Node], graph: &Graph, catalog: &Catalog) -> Vec<Vec<usize>> {
    let mut wanted: BTreeMap<(Word, Option<String>, String), Vec<usize>> = BTreeMap::new();
    let mut halves: BTreeMap<usize, Vec<usize>> = BTreeMap::new();
    for (index, node) in nodes.iter().enumerate() {
        let Some((member, schema, _)) = batched(node, catalog) else { continue };
        let key =
            (member.kind.clone(), member.place.account.clone(), group_key(schema, props(member)));
        wanted.entry(key).or_default().push(index);
        if let Some(decision) = node.decision {
            halves.entry(decision).or_default().push(index);
        }
    }
    let exists = |it: &usize| nodes[*it].verb() != Some(Verb::Create);
    let all = wanted.values().chain(halves.values());
    let groups: Vec<&[usize]> =
        all.filter(|it| it.len() > 1 && it.iter().any(exists)).map(Vec::as_slice).collect();
    let mut into: Vec<usize> = (0..nodes.len()).collect();
    draw_together(&mut into, &groups, graph);
    let mut units: BTreeMap<usize, Vec<usize>> = BTreeMap::new();
    for (node, unit) in into.into_iter().enumerate() {
        units.entry(unit).or_default().push(node);
    }
    units.into_values().collect()
}

/// Draws the members of each group together, where that makes no cycle: all at once, and where
/// they do not fit, one half after the other.
fn draw_together(into: &mut Vec<usize>, groups: &[&[usize]], graph: &Graph) {
    if groups.is_empty() {
        return;
    }
    let mut tried = into.clone();
    for group in groups {
        let target = group.first().map_or(0, |&first| root(&tried, first));
        for &node in *group {
            let old = root(&tried, node);
            tried[old] = target;
        }
    }
    for node in 0..tried.len() {
        tried[node] = root(&tried, node);
    }
    let drawn = graph.contracted(&tried, tried.len());
    if drawn.any_order().is_ok() {
        *into = tried;
    } else if groups.len() > 1 {
        let (some, others) = groups.split_at(groups.len() / 2);
        draw_together(into, some, graph);
        draw_together(into, others, graph);
    }
}

/// What a node is drawn into, over however many steps.
fn root(into: &[usize], node: usize) -> usize {
    let mut node = node;
    while into[node] != node {
        node = into[node];
    }
    node
}

/// Draws units together into operations: those of one parent and one wave between which no path
/// leads through anything else, as many as the caps allow. The result lists the units of each
/// operation; `order` respects the graph.
pub(crate) fn pack(
    units: &[Unit],
    nodes: &[Node],
    graph: &Graph,
    order: &[usize],
    catalog: &Catalog,
) -> Vec<Vec<usize>> {
    let parents: Vec<Option<(Parent, Batch)>> =
        units.iter().map(|unit| parent(unit, nodes, catalog)).collect();
    let same = |a: usize, b: usize| match (&parents[a], &parents[b]) {
        (Some((a, _)), Some((b, _))) => a == b,
        _ => false,
    };
    // Going from one parent's members to anything else goes a level down, so that two of one
    // level have nothing else between them.
    let mut level = vec![0usize; units.len()];
    for &unit in order {
        for earlier in graph.earlier(unit) {
            let step = usize::from(!same(unit, earlier));
            level[unit] = level[unit].max(level[earlier] + step);
        }
    }
    let mut open: BTreeMap<(Parent, usize), (usize, Load)> = BTreeMap::new();
    let mut operations: Vec<Vec<usize>> = Vec::new();
    for &unit in order {
        let Some((parent, batch)) = &parents[unit] else {
            operations.push(vec![unit]);
            continue;
        };
        let load = load(&units[unit], nodes, batch);
        let key = (parent.clone(), level[unit]);
        match open.get_mut(&key) {
            Some((operation, filled)) if filled.and(load).fits(batch) => {
                operations[*operation].push(unit);
                *filled = filled.and(load);
            }
            _ => {
                open.insert(key, (operations.len(), load));
                operations.push(vec![unit]);
            }
        }
    }
    operations
}

fn parent(unit: &Unit, nodes: &[Node], catalog: &Catalog) -> Option<(Parent, Batch)> {
    let (member, schema, batch) = batched(&nodes[*unit.nodes.first()?], catalog)?;
    let parent = Parent {
        kind: member.kind.clone(),
        account: member.place.account.clone(),
        parent: parent_key(schema, props(member)),
        wave: unit.wave.clone(),
    };
    Some((parent, batch))
}

/// How much of a call's caps something takes.
#[derive(Clone, Copy, Debug, Default)]
struct Load {
    elements: usize,
    characters: usize,
}

impl Load {
    fn and(self, other: Self) -> Self {
        Self {
            elements: self.elements + other.elements,
            characters: self.characters + other.characters,
        }
    }

    fn fits(self, batch: &Batch) -> bool {
        self.elements <= batch.max_elements && self.characters <= batch.max_characters
    }
}

fn load(unit: &Unit, nodes: &[Node], batch: &Batch) -> Load {
    unit.nodes
        .iter()
        .filter_map(|&it| nodes[it].member.as_ref())
        .map(|member| {
            let weight = if member.verb == Verb::Delete || member.verb == Verb::Create {
                1
            } else {
                batch.update_weight
            };
            let elements = props(member).get(batch.elements).and_then(Packed::as_array);
            let characters: usize = elements
                .into_iter()
                .flatten()
                .map(|it| it.as_str().map_or_else(|| it.to_string().len(), str::len))
                .sum();
            Load {
                elements: weight * elements.map_or(1, |it| it.len().max(1)),
                characters: weight * characters,
            }
        })
        .fold(Load::default(), Load::and)
}
