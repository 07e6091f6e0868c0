//! From decisions to operations: what comes before what.

use std::collections::BTreeMap;

use bicoastal_model::Tier;
use bicoastal_model::value;

use super::decide::{Decision, Planner};
use super::fingerprint::fingerprint;
use crate::graph::Graph;
use crate::plan::{Action, Change, Plan, PlannedMember, PlannedOp};
use crate::rates;
use crate::record::Record;
use crate::state::{FORMAT, Verb};

/// One thing to do.
pub(crate) struct Node {
    /// The decision that it is part of.
    pub(crate) decision: usize,
    pub(crate) member: PlannedMember,
    pub(crate) tier: Tier,
}

impl Node {
    pub(crate) fn deletes(&self) -> bool {
        self.member.verb == Verb::Delete
    }
}

impl Planner<'_> {
    /// The plan of everything that was decided.
    pub(crate) fn into_plan(mut self, records: Vec<Record>) -> Plan {
        let mut records = records;
        let decisions = std::mem::take(&mut self.decisions);
        records.extend(decisions.iter().flat_map(|decision| decision.records.clone()));
        let nodes = nodes(&decisions);
        let graph = ordered(&decisions, &nodes);
        let ranks: Vec<(Tier, usize)> =
            nodes.iter().enumerate().map(|(index, node)| (node.tier, index)).collect();
        let order = graph.order(&ranks).unwrap_or_default();
        let place: BTreeMap<usize, usize> =
            order.iter().enumerate().map(|(position, &node)| (node, position)).collect();
        let mut shown: Vec<usize> = Vec::new();
        for &node in &order {
            let decision = nodes[node].decision;
            if !shown.contains(&decision) {
                shown.push(decision);
            }
        }
        let rest = (0..decisions.len()).filter(|it| decisions[*it].action.is_some());
        for decision in rest {
            if !shown.contains(&decision) {
                shown.push(decision);
            }
        }
        let changes: Vec<Change> =
            shown.iter().filter_map(|&decision| change(&decisions[decision])).collect();
        let operations: Vec<PlannedOp> = order
            .iter()
            .map(|&node| {
                let mut member = nodes[node].member.clone();
                member.change =
                    shown.iter().position(|&it| it == nodes[node].decision).unwrap_or_default();
                PlannedOp {
                    members: vec![member],
                    pause_ms: 0,
                    pause_reason: String::new(),
                    after: graph.after(node).iter().map(|it| place[it]).collect(),
                    wave: 1,
                }
            })
            .collect();
        let mut calls: BTreeMap<String, u32> = BTreeMap::new();
        for member in operations.iter().flat_map(|op| &op.members) {
            let Some(schema) = self.catalog.get(&member.kind) else { continue };
            *calls.entry(schema.service.to_owned()).or_default() += match member.verb {
                Verb::Create => schema.cost.create,
                Verb::Adopt | Verb::Update => schema.cost.update,
                Verb::Delete => schema.cost.delete,
            };
        }
        let floor_ms = calls.iter().map(|(service, &calls)| rates::floor_ms(service, calls)).max();
        let exports = self
            .desired
            .exports
            .iter()
            .map(|(name, value)| {
                let known = |reference: &value::Ref| self.known(reference).ok().flatten();
                (name.clone(), value::resolve(value, &known))
            })
            .collect();
        Plan {
            format: FORMAT,
            stack: self.desired.stack.clone(),
            lineage: self.state.lineage.clone(),
            generation: self.state.generation,
            fingerprint: fingerprint(&self.wanted, self.observed),
            changes,
            operations,
            records,
            added: self.added,
            unseen: self.unseen,
            left_out: Default::default(),
            exports,
            calls,
            floor_ms: floor_ms.unwrap_or(0),
            warnings: self.warnings,
        }
    }
}

fn nodes(decisions: &[Decision]) -> Vec<Node> {
    let mut nodes = Vec::new();
    for (index, decision) in decisions.iter().enumerate() {
        let members = decision.make.iter().chain(&decision.deletes);
        nodes.extend(members.map(|member| Node {
            decision: index,
            member: member.clone(),
            tier: decision.tier,
        }));
    }
    nodes
}

/// What must come before what: references, and their reverse for what is deleted.
fn ordered(decisions: &[Decision], nodes: &[Node]) -> Graph {
    let mut graph = Graph::new(nodes.len());
    let find = |id: &bicoastal_model::ResourceId, deletes: bool| {
        let id = id.clone();
        nodes
            .iter()
            .enumerate()
            .filter(move |(_, node)| node.deletes() == deletes && node.member.key.id == id)
            .map(|(index, _)| index)
    };
    for (index, node) in nodes.iter().enumerate() {
        let id = &node.member.key.id;
        for edge in &node.member.edges {
            if node.deletes() {
                find(edge, true).for_each(|other| graph.add(other, index));
            } else {
                find(edge, false).for_each(|other| graph.add(index, other));
            }
        }
        if !node.deletes() {
            let first = decisions[node.decision].action == Some(Action::ReplaceDeleteFirst);
            for other in find(id, true) {
                if first && nodes[other].decision == node.decision {
                    graph.add(index, other);
                } else {
                    graph.add(other, index);
                }
            }
        }
    }
    graph
}

pub(crate) fn change(decision: &Decision) -> Option<Change> {
    Some(Change {
        id: decision.id.clone(),
        kind: decision.kind.clone(),
        place: decision.place.clone(),
        action: decision.action?,
        risk: decision.risk,
        reasons: decision.reasons.clone(),
        fields: decision.fields.clone(),
        at: decision.at.clone(),
        tier: decision.tier,
    })
}
