//! The single operations, and what must come before what: references, and their reverse for
//! what is deleted.

use std::collections::{BTreeMap, BTreeSet};

use bicoastal_model::{Packed, Region, ResourceId, ScopeKind, Tier};

use super::decide::{Decision, Planner};
use super::footprint::{Footprint, Homes};
use crate::by_id::ById;
use crate::graph::Graph;
use crate::observe::Look;
use crate::order::Order;
use crate::plan::{Action, PlannedMember};
use crate::state::Verb;

/// One thing to do, or a pause.
#[derive(Clone, Debug)]
pub(crate) struct Node {
    /// The decision that it is part of; none for a pause.
    pub(crate) decision: Option<usize>,
    pub(crate) member: Option<Box<PlannedMember>>,
    pub(crate) tier: Tier,
    pub(crate) footprint: Footprint,
    /// It changes what already serves.
    pub(crate) serving: bool,
    pub(crate) pause_ms: u64,
    pub(crate) pause_reason: String,
}

impl Node {
    /// Nothing but time that passes.
    pub(crate) fn pause(pause_ms: u64, pause_reason: String) -> Self {
        Self {
            decision: None,
            member: None,
            tier: Tier::Traffic,
            footprint: Footprint::default(),
            serving: false,
            pause_ms,
            pause_reason,
        }
    }

    pub(crate) fn deletes(&self) -> bool {
        self.verb() == Some(Verb::Delete)
    }

    pub(crate) fn makes(&self) -> bool {
        self.verb().is_some_and(|verb| verb != Verb::Delete)
    }

    pub(crate) fn verb(&self) -> Option<Verb> {
        self.member.as_ref().map(|member| member.verb)
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
        let deletes = deletes.into_iter().map(Box::new);
        for member in decision.make.take().into_iter().chain(deletes) {
            let serving = match member.verb {
                Verb::Update | Verb::Adopt => true,
                Verb::Create => replaces,
                Verb::Delete => decision.action == Some(Action::ReplaceDeleteFirst),
            };
            let mut footprint = homes.of(&member, decision);
            if replaces {
                footprint.down.clear();
                let regional = member.place.scope == ScopeKind::Regional;
                if member.verb == Verb::Delete && regional && !member.superseded {
                    footprint.up.extend(&member.place.regions);
                }
            }
            nodes.push(Node {
                decision: Some(index),
                member: Some(member),
                tier: decision.tier,
                footprint,
                serving,
                pause_ms: 0,
                pause_reason: String::new(),
            });
        }
    }
    nodes
}

/// What must come before what, whatever else is preferred.
pub(crate) fn ordered(planner: &Planner<'_>, decisions: &[Decision], nodes: &[Node]) -> Graph {
    let mut graph = Graph::new(nodes.len());
    let mut makes: ById<Vec<usize>> = ById::with_capacity(nodes.len());
    let mut deletes: ById<Vec<usize>> = ById::default();
    let mut any_deletes = false;
    for (index, node) in nodes.iter().enumerate() {
        let Some(member) = &node.member else { continue };
        let of = if node.deletes() { &mut deletes } else { &mut makes };
        of.or_default(&member.key.id).push(index);
        any_deletes |= node.deletes();
    }
    let none = Vec::new();
    // What is deleted, by what it stands on.
    let mut standing: ById<Vec<usize>> = ById::default();
    for (index, node) in nodes.iter().enumerate().filter(|(_, node)| node.deletes()) {
        for edge in node.member.iter().flat_map(|member| &member.edges) {
            standing.or_default(edge).push(index);
        }
    }
    let reversed = role_reversals(planner, nodes, &standing);
    let reversals: BTreeSet<(usize, usize)> = reversed.iter().copied().collect();
    let action = |node: usize| nodes[node].decision.and_then(|decision| decisions[decision].action);
    for (index, node) in nodes.iter().enumerate() {
        let Some(member) = &node.member else { continue };
        for edge in &member.edges {
            if node.deletes() {
                for &other in deletes.get(edge).unwrap_or(&none) {
                    if !reversals.contains(&(index, other)) {
                        graph.add(other, index, Order::Required);
                    }
                }
            } else {
                for &other in makes.get(edge).unwrap_or(&none) {
                    graph.add(index, other, Order::Required);
                }
            }
        }
        if node.makes() {
            for &other in deletes.get(&member.key.id).unwrap_or(&none) {
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
        if !any_deletes {
            break;
        }
        let mut stood_on: BTreeSet<&ResourceId> = member.edges.iter().collect();
        for (_, entry) in planner.records.incarnations(&member.key.id) {
            stood_on.extend(&entry.edges);
        }
        for edge in stood_on {
            for &other in deletes.get(edge).unwrap_or(&none) {
                if action(other) != Some(Action::ReplaceDeleteFirst) {
                    wished.push((other, index, Order::Required));
                }
            }
        }
    }
    graph.add_if_acyclic(&wished);
    graph
}

/// Pairs of deletes (the writer's member, another member) of one spanning thing: who is deleted
/// last follows the role that is observed, not the order in which they were made.
fn role_reversals(
    planner: &Planner<'_>,
    nodes: &[Node],
    standing: &ById<Vec<usize>>,
) -> Vec<(usize, usize)> {
    let writers = writers(planner);
    let mut pairs = Vec::new();
    for (group, writer) in &writers {
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

/// Where spanning things are written at present.
pub(crate) fn writers(planner: &Planner<'_>) -> BTreeMap<ResourceId, Region> {
    planner
        .observed
        .seen
        .iter()
        .filter_map(|(key, seen)| match seen {
            Look::Present(snapshot) => {
                let writer = snapshot.facts.get("writer_region").and_then(Packed::as_str)?;
                Some((key.id.clone(), writer.parse().ok()?))
            }
            _ => None,
        })
        .collect()
}
