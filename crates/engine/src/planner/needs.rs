//! Who exactly needs whom, where operations have several members: one refused record must not
//! keep back what needs another one of the same batch.

use std::collections::BTreeMap;

use super::operations::Node;
use crate::graph::Graph;
use crate::order::Order;
use crate::plan::{Need, PlannedOp};
use crate::state::Key;

/// Fills in the needs of operations whose order does not say it all. The graph is that of the
/// single nodes.
pub(crate) fn state(operations: &mut [PlannedOp], nodes: &[Node], graph: &Graph) {
    let mut places: BTreeMap<&Key, (usize, usize)> = BTreeMap::new();
    let mut pauses: BTreeMap<&str, usize> = BTreeMap::new();
    let several: Vec<bool> = operations.iter().map(|it| it.members.len() > 1).collect();
    for (index, operation) in operations.iter().enumerate() {
        for (member, planned) in operation.members.iter().enumerate() {
            places.insert(&planned.key, (index, member));
        }
        if operation.members.is_empty() {
            pauses.insert(&operation.pause_reason, index);
        }
    }
    let place = |node: &Node| match &node.member {
        Some(member) => places.get(&member.key).copied(),
        None => pauses.get(node.pause_reason.as_str()).map(|index| (*index, 0)),
    };
    let mut needs: Vec<(usize, Need)> = Vec::new();
    for (index, node) in nodes.iter().enumerate() {
        let Some((operation, member)) = place(node) else { continue };
        for (&earlier, ties) in graph.after(index) {
            let Some((of, which)) = nodes.get(earlier).and_then(&place) else { continue };
            if of == operation || !(several[operation] || several[of]) {
                continue;
            }
            let orders = [Order::Required, Order::Safety].into_iter();
            if let Some(order) = orders.into_iter().find(|order| ties.has(*order)) {
                needs.push((operation, Need { member, of, which, order }));
            }
        }
    }
    for (operation, need) in needs {
        operations[operation].needs.push(need);
    }
    for operation in operations {
        operation.needs.sort_unstable();
        operation.needs.dedup();
    }
}
