//! The single operations, and what must come before what: references, and their reverse for
//! what is deleted.

use std::collections::{BTreeMap, BTreeSet};

use bicoastal_model::{Region, ResourceId, Schema, ScopeKind, Tier};

use super::decide::{Decision, Planner};
use super::footprint::{Footprint, Homes, Regions};
use crate::by_id::ById;
use crate::graph::Graph;
use crate::order::Order;
use crate::plan::{Action, PlannedMember};
use crate::state::Verb;

/// One thing to do, or a pause.
#[derive(Clone, Debug)]
pub(crate) struct Node {
    /// The decision that it is part of; none for a pause.
    pub(crate) decision: Option<usize>,
    pub(crate) member: Option<Box<PlannedMember>>,
    /// Of its member's kind, where that is known.
    pub(crate) schema: Option<&'static Schema>,
    pub(crate) verb: Option<Verb>,
    pub(crate) scope: Option<ScopeKind>,
    pub(crate) tier: Tier,
    pub(crate) footprint: Footprint,
    /// It changes what already serves.
    pub(crate) serving: bool,
    /// Nothing but time that passes.
    pub(crate) pause: Option<Box<Pause>>,
}

/// For how long, and why.
#[derive(Clone, Debug)]
pub(crate) struct Pause {
    pub(crate) ms: u64,
    pub(crate) reason: String,
}

impl Node {
    /// Nothing but time that passes.
    pub(crate) fn pause(ms: u64, reason: String) -> Self {
        Self {
            decision: None,
            member: None,
            schema: None,
            verb: None,
            scope: None,
            tier: Tier::Traffic,
            footprint: Footprint::default(),
            serving: false,
            pause: Some(Box::new(Pause { ms, reason })),
        }
    }

    pub(crate) fn deletes(&self) -> bool {
        self.verb == Some(Verb::Delete)
    }

    pub(crate) fn makes(&self) -> bool {
        self.verb.is_some_and(|verb| verb != Verb::Delete)
    }

    pub(crate) fn spans(&self) -> bool {
        self.scope == Some(ScopeKind::Spanning)
    }

    /// Its kind's members travel together.
    pub(crate) fn is_batched(&self) -> bool {
        self.schema.is_some_and(|schema| schema.batch.is_some())
    }
}

/// The operations of all decisions, which they are taken out of.
pub(crate) fn nodes(planner: &Planner<'_>, decisions: &mut [Decision]) -> Vec<Node> {
    let mut homes = Homes::new(planner);
    let mut nodes = Vec::with_capacity(decisions.len());
    for (index, decision) in decisions.iter_mut().enumerate() {
        let replaces = matches!(
            decision.action,
            Some(Action::ReplaceCreateFirst | Action::ReplaceDeleteFirst)
        );
        let deletes = std::mem::take(&mut decision.deletes);
        for member in decision.make.take().into_iter().chain(deletes) {
            let serving = match member.verb {
                Verb::Update | Verb::Adopt => true,
                Verb::Create => replaces,
                Verb::Delete => decision.action == Some(Action::ReplaceDeleteFirst),
            };
            let mut footprint = homes.of(&member, decision);
            if replaces {
                footprint.down = Regions::default();
                let regional = member.place.scope == ScopeKind::Regional;
                if member.verb == Verb::Delete && regional && !member.superseded {
                    let own = member.place.regions.iter().copied().collect();
                    footprint.up = footprint.up.and(own);
                }
            }
            nodes.push(Node {
                decision: Some(index),
                schema: planner.schema(&member.kind),
                verb: Some(member.verb),
                scope: Some(member.place.scope),
                member: Some(member),
                tier: decision.tier,
                footprint,
                serving,
                pause: None,
            });
        }
    }
    nodes
}

/// What must come before what, whatever else is preferred.
pub(crate) fn ordered(planner: &Planner<'_>, decisions: &[Decision], nodes: &[Node]) -> Graph {
    let mut graph = Graph::new(nodes.len());
    // Each has a few, and gets a few more.
    graph.reserve(4 * nodes.len());
    // What is made is declared: by place, and one thing of each.
    let mut makes: Vec<Option<usize>> = vec![None; planner.declared.len()];
    let mut deletes = Deletes::new(planner);
    for (index, node) in nodes.iter().enumerate() {
        let Some(member) = &node.member else { continue };
        if node.deletes() {
            deletes.push(&member.key.id, index);
        } else if let Some(place) = planner.declared.place(&member.key.id) {
            makes[place] = Some(index);
        }
    }
    let none = Vec::new();
    // What is deleted, by what it stands on: asked for by what spans regions only.
    let mut standing: ById<Vec<usize>> = ById::default();
    if !planner.writers().is_empty() {
        for (index, node) in nodes.iter().enumerate().filter(|(_, node)| node.deletes()) {
            for edge in node.member.iter().flat_map(|member| &member.edges) {
                standing.or_default(edge).push(index);
            }
        }
    }
    let reversed = role_reversals(planner, nodes, &standing);
    let reversals: BTreeSet<(usize, usize)> = reversed.iter().copied().collect();
    let action = |node: usize| nodes[node].decision.and_then(|decision| decisions[decision].action);
    for (index, node) in nodes.iter().enumerate() {
        let Some(member) = &node.member else { continue };
        if node.deletes() {
            for edge in &member.edges {
                for other in deletes.of(edge) {
                    if !reversals.contains(&(index, other)) {
                        graph.add(other, index, Order::Required);
                    }
                }
            }
        } else if let Some(place) = planner.declared.place(&member.key.id) {
            for other in planner.declared.earlier(place).filter_map(|earlier| makes[earlier]) {
                graph.add(index, other, Order::Required);
            }
            for other in deletes.of(&member.key.id) {
                let first = action(index) == Some(Action::ReplaceDeleteFirst)
                    && nodes[other].decision == node.decision;
                let (later, earlier) = if first { (index, other) } else { (other, index) };
                graph.add(later, earlier, Order::Required);
            }
        }
    }
    let mut wished: Vec<(usize, usize, Order)> = Vec::new();
    for &(earlier, later) in &reversed {
        // The pair is (the writer's delete, another's): the other one goes first.
        wished.push((earlier, later, Order::Required));
        // What stands on the writer's member keeps it serving until the others have left it.
        let Some(writing) = &nodes[earlier].member else { continue };
        let stands = standing.get(&writing.key.id).unwrap_or(&none);
        wished.extend(stands.iter().map(|&index| (index, later, Order::Safety)));
    }
    // What is deleted goes after everything that stood on it has moved on.
    for (index, node) in nodes.iter().enumerate().filter(|(_, node)| node.makes()) {
        let Some(member) = &node.member else { continue };
        if deletes.is_empty() {
            break;
        }
        let mut stood_on: BTreeSet<&ResourceId> = member.edges.iter().collect();
        for (_, entry) in planner.records.incarnations(&member.key.id) {
            stood_on.extend(&entry.edges);
        }
        for edge in stood_on {
            for other in deletes.of(edge) {
                if action(other) != Some(Action::ReplaceDeleteFirst) {
                    wished.push((other, index, Order::Required));
                }
            }
        }
    }
    graph.add_if_acyclic(&wished);
    graph
}

/// The nodes that delete something, by what they delete: of each resource the first and the last
/// one, and the next one after each.
struct Deletes<'p, 'a> {
    planner: &'p Planner<'a>,
    /// By the number of what is recorded.
    recorded: Vec<Option<(u32, u32)>>,
    /// What nobody recorded.
    others: ById<Option<(u32, u32)>>,
    next: BTreeMap<u32, u32>,
    count: usize,
}

impl<'p, 'a> Deletes<'p, 'a> {
    fn new(planner: &'p Planner<'a>) -> Self {
        let (recorded, next) = (Vec::new(), BTreeMap::new());
        Self { planner, recorded, others: ById::default(), next, count: 0 }
    }

    fn is_empty(&self) -> bool {
        self.count == 0
    }

    fn push(&mut self, id: &ResourceId, node: usize) {
        if self.is_empty() {
            self.recorded = vec![None; self.planner.records.len()];
        }
        self.count += 1;
        let node = u32::try_from(node).unwrap_or(u32::MAX);
        let nodes = match self.planner.records.number(id) {
            Some(number) => &mut self.recorded[number],
            None => self.others.or_default(id),
        };
        match nodes {
            Some((_, last)) => {
                self.next.insert(*last, node);
                *last = node;
            }
            None => *nodes = Some((node, node)),
        }
    }

    fn of(&self, id: &ResourceId) -> impl Iterator<Item = usize> {
        let nodes = match self.is_empty() {
            true => None,
            false => match self.planner.records.number(id) {
                Some(number) => self.recorded[number],
                None => self.others.get(id).copied().flatten(),
            },
        };
        let next = |node: &u32| self.next.get(node).copied();
        std::iter::successors(nodes.map(|(first, _)| first), next).map(|node| node as usize)
    }
}

/// Pairs of deletes (the writer's member, another member) of one spanning thing: who is deleted
/// last follows the role that is observed, not the order in which they were made.
fn role_reversals(
    planner: &Planner<'_>,
    nodes: &[Node],
    standing: &ById<Vec<usize>>,
) -> Vec<(usize, usize)> {
    let mut pairs = Vec::new();
    for (group, writer) in planner.writers() {
        let members: Vec<(usize, Region, &str)> = standing
            .get(group)
            .into_iter()
            .flatten()
            .filter_map(|&index| {
                let member = nodes[index].member.as_ref()?;
                Some((index, member.place.region()?, member.kind.as_str()))
            })
            .collect();
        for (writing, _, kind) in members.iter().filter(|(_, region, _)| region == writer) {
            let others = members.iter().filter(|(_, region, it)| region != writer && it == kind);
            pairs.extend(others.map(|(other, ..)| (*writing, *other)));
        }
    }
    pairs
}
