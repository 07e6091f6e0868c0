//! Traffic goes before what it goes to: a pause between, as long as resolvers remember.

use std::collections::{BTreeMap, BTreeSet};

use bicoastal_model::{Packed, Region, ResourceId, Schema, Tier};

use super::decide::Planner;
use super::footprint::Footprint;
use super::identity::group_key;
use super::operations::Node;
use crate::graph::Graph;
use crate::order::Order;

/// Route 53 answers for an alias to a load balancer with this TTL, in seconds.
const ALIAS_TTL: u64 = 60;

/// Adds a pause per region of which traffic is taken away while another one goes on serving.
pub(crate) fn pauses(
    planner: &Planner<'_>,
    going: &BTreeSet<ResourceId>,
    nodes: &mut Vec<Node>,
    graph: &mut Graph,
) {
    if planner.options.destroy {
        return;
    }
    let serving = Serving::of(planner, going);
    let mut drained: BTreeMap<Region, (u64, Vec<usize>)> = BTreeMap::new();
    for (index, node) in nodes.iter().enumerate() {
        let Some(member) = node.member.as_ref().filter(|_| node.deletes()) else { continue };
        let Some(schema) = node.schema else { continue };
        let first = node.footprint.down.iter().next();
        let (Some(region), Some(applied)) = (first, &member.applied) else { continue };
        if node.tier == Tier::Traffic && serving.contains(schema, applied) {
            let ttl = applied.get("ttl").and_then(Packed::as_u64).unwrap_or(ALIAS_TTL);
            let (longest, records) = drained.entry(region).or_default();
            *longest = ttl.max(*longest);
            records.push(index);
        }
    }
    for (region, (ttl, records)) in drained {
        // What is taken down there, and what lets go of it elsewhere: until nobody is sent there
        // any more, a role may still be needed, and a copy from there may still be under way.
        let falling: BTreeSet<&ResourceId> = nodes
            .iter()
            .filter(|node| node.deletes() && node.footprint.down.contains(region))
            .filter_map(|node| node.member.as_ref().map(|member| &member.key.id))
            .collect();
        let lets_go = |node: &Node| {
            let member = node.member.as_ref().filter(|_| node.makes());
            member.and_then(|member| planner.records.entry(&member.key)).is_some_and(|entry| {
                node.tier != Tier::Traffic && entry.edges.iter().any(|id| falling.contains(id))
            })
        };
        let below: Vec<usize> = (0..nodes.len())
            .filter(|&it| {
                let falls = nodes[it].footprint.down.contains(region)
                    && matches!(nodes[it].tier, Tier::Data | Tier::Compute);
                falls || lets_go(&nodes[it])
            })
            .collect();
        if below.is_empty() {
            continue;
        }
        let pause = graph.grow();
        nodes.push(Node {
            footprint: Footprint { down: [region].into_iter().collect(), ..Footprint::default() },
            ..Node::pause(2 * ttl * 1000, format!("drain {region}: 2 × TTL {ttl} s"))
        });
        for record in records {
            graph.add(pause, record, Order::Safety);
        }
        let wished = below.into_iter().map(|later| (later, pause, Order::Safety));
        graph.add_if_acyclic(&wished.collect::<Vec<_>>());
    }
}

/// The routing groups of which a member stays, by kind.
struct Serving(BTreeSet<(&'static str, String)>);

impl Serving {
    fn of(planner: &Planner<'_>, going: &BTreeSet<ResourceId>) -> Self {
        if going.is_empty() {
            return Self(BTreeSet::new());
        }
        let routed = planner.desired.resources.values().filter(|it| it.schema.batch.is_some());
        let staying = routed.filter(|it| !going.contains(&it.id));
        Self(
            staying
                .filter_map(|declared| {
                    let outputs = planner.settled(&declared.id).filter(|it| it.decided)?;
                    Some((declared.schema.kind, group_key(declared.schema, &outputs.wanted)))
                })
                .collect(),
        )
    }

    /// Whether another member of the same routing group stays.
    fn contains(&self, schema: &Schema, applied: &Packed) -> bool {
        self.0.contains(&(schema.kind, group_key(schema, applied)))
    }
}
