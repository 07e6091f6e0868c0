//! Who exactly needs whom, where operations have several members: one refused record must not
//! keep back what needs another one of the same batch.

use super::assemble::Spot;
use crate::graph::Graph;
use crate::order::Order;
use crate::plan::{Need, PlannedOp};

/// Fills in the needs of operations whose order does not say it all. The graph is that of the
/// single nodes, of which each became the member of an operation.
pub(crate) fn state(operations: &mut [PlannedOp], spots: &[Spot], graph: &Graph) {
    let several: Vec<bool> = operations.iter().map(|it| it.members.len() > 1).collect();
    let mut needs: Vec<(usize, Need)> = Vec::new();
    for (index, &Spot { operation, member }) in spots.iter().enumerate() {
        for (earlier, ties) in graph.after(index) {
            let Some(&Spot { operation: of, member: which }) = spots.get(earlier) else { continue };
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
