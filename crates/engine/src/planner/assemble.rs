//! A plan from decisions: operations in order, in batches, with what they cost.

use std::collections::{BTreeMap, BTreeSet};

use bicoastal_model::{Diagnostic, Diagnostics, ResourceId, Rollout, value};

use super::decide::{Decision, Planner};
use super::operations::{self, Node};
use super::tally::Tally;
use super::{drain, needs};
use crate::batches;
use crate::critical;
use crate::gates::Gates;
use crate::graph::Graph;
use crate::plan::{Action, Change, Plan, PlannedOp};
use crate::record::Record;
use crate::state::{FORMAT, Verb};
use crate::waves::{self, Unit, Wave};

impl Planner<'_> {
    /// The plan of everything that was decided; `left_out` is what the user did not ask for.
    ///
    /// # Errors
    ///
    /// What is to be done can't be brought into an order.
    pub(crate) fn assemble(
        mut self,
        records: Vec<Record>,
        left_out: BTreeSet<ResourceId>,
    ) -> Result<Plan, Diagnostics> {
        let mut decisions = std::mem::take(&mut self.decisions);
        let mut records = records;
        records.extend(decisions.iter_mut().flat_map(|it| std::mem::take(&mut it.records)));
        let going = decisions.iter().filter(|it| it.make.is_none() && !it.deletes.is_empty());
        let going: BTreeSet<ResourceId> = going.map(|it| it.id.clone()).collect();
        let mut nodes = operations::nodes(&self, &mut decisions);
        let mut graph = operations::ordered(&self, &decisions, &nodes);
        drain::pauses(&self, &going, &mut nodes, &mut graph);
        let Some((mut operations, arranged)) = self.arrange(&mut nodes, &mut graph) else {
            return Err(stuck(&nodes, &graph).into());
        };
        let mut shown: Vec<usize> = Vec::new();
        let mut changes: Vec<Option<usize>> = vec![None; decisions.len()];
        let carried_out = operations.iter().flat_map(|operation| &operation.nodes);
        let carried_out = carried_out.filter_map(|node| nodes[*node].decision);
        let said = (0..decisions.len()).filter(|&it| decisions[it].action.is_some());
        for decision in carried_out.chain(said) {
            if changes[decision].is_none() {
                changes[decision] = Some(shown.len());
                shown.push(decision);
            }
        }
        let (mut operations, places, tally) = planned(&mut operations, &arranged, nodes, &changes);
        graph.settle();
        needs::state(&mut operations, &places, &graph);
        let mut decisions: Vec<Option<Decision>> = decisions.into_iter().map(Some).collect();
        let (calls, floor_ms) = tally.cost();
        let joins = match tally.joins {
            true => critical::joins(&operations, &|kind| self.schema(kind)),
            false => BTreeMap::new(),
        };
        let path = critical::longest(&operations, &tally.takes, joins);
        let exports = self
            .desired
            .exports
            .iter()
            .map(|(name, value)| {
                let known =
                    |reference: &value::Ref| Some(self.known(reference).ok().flatten()?.to_value());
                (name.clone(), value::resolve(value, &known))
            })
            .collect::<Vec<_>>();
        // With nothing to wait for, exports are recorded right away.
        let known = !exports.iter().any(|(_, value)| value::has_unknown(value));
        let exported = self.state.has_exports(&exports);
        if operations.is_empty() && left_out.is_empty() && known && !exported {
            records.push(Record::Exports { exports: exports.clone() });
        }
        if !operations.is_empty() || !records.is_empty() {
            records.splice(0..0, self.new_accounts());
        }
        let mut changes = Vec::with_capacity(shown.len());
        changes.extend(shown.iter().filter_map(|&it| change(decisions[it].take()?)));
        Ok(Plan {
            format: FORMAT,
            stack: self.desired.stack.clone(),
            lineage: self.state.lineage.clone(),
            generation: self.state.generation,
            fingerprint: self.gathered.fingerprint.finish(),
            changes,
            operations,
            records,
            added: self.added,
            unseen: self.unseen,
            left_out,
            exports,
            calls,
            floor_ms,
            path,
            warnings: self.warnings,
        })
    }

    /// Operations in the order that is required, then preferred, and what each comes after;
    /// `None` where what is required is a cycle. What safety asks of single nodes is added to
    /// their graph.
    fn arrange(
        &self,
        nodes: &mut Vec<Node>,
        single: &mut Graph,
    ) -> Option<(Vec<Operation>, Graph)> {
        let groups = batches::groups(nodes, single);
        let mut into = vec![0; nodes.len()];
        for (unit, group) in groups.iter().enumerate() {
            group.iter().for_each(|&node| into[node] = unit);
        }
        let mut graph = single.contracted(&into, groups.len());
        let waved = self.desired.rollout == Rollout::OneRegionAtATime;
        let writers = self.writers();
        let mut units: Vec<Unit> = groups
            .into_iter()
            .map(|group| Unit {
                wave: waved.then(|| waves::wave(&group, nodes, writers)).flatten(),
                nodes: group,
            })
            .collect();
        waves::agree_on_writers(&mut units);
        let order = graph.order(&waves::ranks(&units, nodes)).ok()?;
        let mut gates = Gates::new(&mut graph, &mut units, single, nodes);
        waves::prefer(&mut gates, &order);
        let order = gates.into_order(&order);
        graph.settle();
        let packed = batches::pack(&units, nodes, &graph, &order);
        let mut into = vec![0; units.len()];
        for (operation, of) in packed.iter().enumerate() {
            of.iter().for_each(|&unit| into[unit] = operation);
        }
        let graph = graph.contracted(&into, packed.len());
        let mut position = vec![0; units.len()];
        for (&unit, place) in order.iter().zip(0..) {
            position[unit] = place;
        }
        let first: Vec<u32> = packed
            .iter()
            .map(|of| of.iter().map(|&unit| position[unit]).min().unwrap_or_default())
            .collect();
        let sequence = graph.order(&first).ok()?;
        let mut renumbered = vec![0; packed.len()];
        for (place, &operation) in sequence.iter().enumerate() {
            renumbered[operation] = place;
        }
        let graph = graph.contracted(&renumbered, packed.len()).reduced();
        let operations = sequence
            .iter()
            .map(|&operation| Operation {
                nodes: packed[operation].iter().flat_map(|&it| &units[it].nodes).copied().collect(),
                wave: packed[operation].iter().find_map(|&it| units[it].wave.clone()),
            })
            .collect();
        Some((operations, graph))
    }
}

/// What became of a single node: a member of an operation; of a pause, the first.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Spot {
    pub(crate) operation: usize,
    pub(crate) member: usize,
}

struct Operation {
    nodes: Vec<usize>,
    wave: Option<Wave>,
}

fn planned(
    operations: &mut [Operation],
    graph: &Graph,
    mut nodes: Vec<Node>,
    changes: &[Option<usize>],
) -> (Vec<PlannedOp>, Vec<Spot>, Tally) {
    let mut tally = Tally::default();
    let mut spots = vec![Spot::default(); nodes.len()];
    let mut numbers: BTreeMap<Wave, u32> = BTreeMap::new();
    let mut planned: Vec<PlannedOp> = Vec::with_capacity(operations.len());
    for (index, operation) in operations.iter_mut().enumerate() {
        let wave = match &operation.wave {
            Some(wave) => {
                let next = u32::try_from(numbers.len()).unwrap_or(u32::MAX).saturating_add(1);
                *numbers.entry(wave.clone()).or_insert(next)
            }
            // Unwaved: in the wave of what it waits for.
            None => {
                let after = graph.earlier(index);
                after.filter_map(|it| planned.get(it)).map(|it| it.wave).max().unwrap_or(1)
            }
        };
        operation.nodes.iter().for_each(|&it| spots[it].operation = index);
        let key = |it: usize| nodes[it].member.as_ref().map(|member| &member.key);
        operation.nodes.sort_by(|&a, &b| key(a).cmp(&key(b)));
        let mut members = Vec::with_capacity(operation.nodes.len());
        for &it in &operation.nodes {
            let node = &mut nodes[it];
            let Some(mut member) = node.member.take() else { continue };
            let Some(change) = node.decision.and_then(|it| changes[it]) else { continue };
            if let Some(schema) = node.schema {
                tally.member(schema, member.verb, members.is_empty());
            }
            member.change = change;
            spots[it].member = members.len();
            members.push(*member);
        }
        let all = operation.nodes.iter().filter_map(|&it| nodes[it].pause.as_deref());
        let operation = PlannedOp {
            members,
            pause_ms: all.clone().map(|pause| pause.ms).max().unwrap_or(0),
            pause_reason: all.map(|pause| pause.reason.as_str()).collect(),
            after: graph.after(index).collect(),
            needs: Vec::new(),
            wave,
        };
        tally.operation(&operation);
        planned.push(operation);
    }
    (planned, spots, tally)
}

fn change(decision: Decision) -> Option<Change> {
    Some(Change {
        action: decision.action?,
        id: decision.id,
        kind: decision.kind,
        place: decision.place,
        risk: decision.risk,
        reasons: decision.reasons,
        fields: decision.fields,
        at: decision.at,
        tier: decision.tier,
    })
}

/// What waits for what in a circle, in words.
fn stuck(nodes: &[Node], graph: &Graph) -> Diagnostic {
    let cycle = graph.any_order().err().unwrap_or_default();
    let steps: Vec<String> = cycle
        .iter()
        .filter_map(|&it| nodes.get(it)?.member.as_ref())
        .map(|member| match member.verb {
            Verb::Delete => format!("delete {}", member.key),
            Verb::Update => format!("update {}", member.key),
            Verb::Create => format!("create {}", member.key),
            Verb::Adopt => format!("adopt {}", member.key),
        })
        .collect();
    Diagnostic::error(format!("no order is possible: {}", steps.join(" waits for ")))
        .hint("make the change in two steps: apply without one of them first")
}

/// Whether an action concerns state alone.
pub(crate) fn is_quiet(action: Option<Action>) -> bool {
    matches!(action, None | Some(Action::Note | Action::Forget))
}
