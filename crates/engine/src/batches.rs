//! Members of one parent that travel in one call.

use std::collections::BTreeMap;

use bicoastal_model::schema::{Batch, Schema};
use bicoastal_model::{Packed, Word};

use crate::graph::Graph;
use crate::plan::PlannedMember;
use crate::planner::identity::{group_key, parent_key};
use crate::planner::operations::Node;
use crate::state::Verb;
use crate::waves::{Unit, Wave};

/// What may travel together.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Parent<'n> {
    kind: &'n Word,
    account: Option<&'n str>,
    parent: String,
    wave: Option<&'n Wave>,
}

fn props(member: &PlannedMember) -> &Packed {
    member.wanted.as_ref().or(member.applied.as_ref()).unwrap_or(&Packed::NULL)
}

fn batched(node: &Node) -> Option<(&PlannedMember, &'static Schema, Batch)> {
    let schema = node.schema?;
    Some((node.member.as_deref()?, schema, schema.batch?))
}

/// Draws together what may not be parted: a routing group of which something exists already, and
/// the two halves of a replacement; unless a reference leads from one to the other through
/// something else.
pub(crate) fn groups(nodes: &[Node], graph: &Graph) -> Vec<Vec<usize>> {
    let exists = |node: &Node| node.is_batched() && node.verb != Some(Verb::Create);
    if !nodes.iter().any(exists) {
        return (0..nodes.len()).map(|node| vec![node]).collect();
    }
    let mut wanted: BTreeMap<(&Word, Option<&str>, String), Vec<usize>> = BTreeMap::new();
    let mut halves: BTreeMap<usize, Vec<usize>> = BTreeMap::new();
    for (index, node) in nodes.iter().enumerate() {
        let Some((member, schema, _)) = batched(node) else { continue };
        let account = member.place.account.as_deref();
        let key = (&member.kind, account, group_key(schema, props(member)));
        wanted.entry(key).or_default().push(index);
        if let Some(decision) = node.decision {
            halves.entry(decision).or_default().push(index);
        }
    }
    let all = wanted.values().chain(halves.values());
    let groups: Vec<&[usize]> = all
        .filter(|it| it.len() > 1 && it.iter().any(|&it| exists(&nodes[it])))
        .map(Vec::as_slice)
        .collect();
    let mut into: Vec<usize> = (0..nodes.len()).collect();
    draw_together(&mut into, &groups, graph);
    let mut units: Vec<Vec<usize>> = vec![Vec::new(); nodes.len()];
    for (node, unit) in into.into_iter().enumerate() {
        units[unit].push(node);
    }
    units.retain(|unit| !unit.is_empty());
    units
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
    if graph.contracted(&tried, tried.len()).is_acyclic() {
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
) -> Vec<Vec<usize>> {
    // By unit: the number of its parent.
    let mut parents: Vec<Option<usize>> = Vec::with_capacity(units.len());
    let mut numbers: BTreeMap<Parent<'_>, usize> = BTreeMap::new();
    let mut batches: Vec<Batch> = Vec::new();
    for unit in units {
        parents.push(parent(unit, nodes).map(|(parent, batch)| {
            *numbers.entry(parent).or_insert_with(|| {
                batches.push(batch);
                batches.len() - 1
            })
        }));
    }
    let same = |a: usize, b: usize| parents[a].is_some() && parents[a] == parents[b];
    // Going from one parent's members to anything else goes a level down, so that two of one
    // level have nothing else between them.
    let mut level = vec![0usize; units.len()];
    for &unit in order {
        for earlier in graph.earlier(unit) {
            let step = usize::from(!same(unit, earlier));
            level[unit] = level[unit].max(level[earlier] + step);
        }
    }
    let mut open: BTreeMap<(usize, usize), (usize, Load)> = BTreeMap::new();
    let mut operations: Vec<Vec<usize>> = Vec::with_capacity(units.len());
    for &unit in order {
        let Some(parent) = parents[unit] else {
            operations.push(vec![unit]);
            continue;
        };
        let batch = &batches[parent];
        let load = load(&units[unit], nodes, batch);
        match open.get_mut(&(parent, level[unit])) {
            Some((operation, filled)) if filled.and(load).fits(batch) => {
                operations[*operation].push(unit);
                *filled = filled.and(load);
            }
            _ => {
                open.insert((parent, level[unit]), (operations.len(), load));
                operations.push(vec![unit]);
            }
        }
    }
    operations
}

fn parent<'n>(unit: &'n Unit, nodes: &'n [Node]) -> Option<(Parent<'n>, Batch)> {
    let (member, schema, batch) = batched(&nodes[*unit.nodes.first()?])?;
    let parent = Parent {
        kind: &member.kind,
        account: member.place.account.as_deref(),
        parent: parent_key(schema, props(member)),
        wave: unit.wave.as_ref(),
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
