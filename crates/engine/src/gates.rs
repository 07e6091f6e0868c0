//! Many that come after many, with few edges: what comes later comes after a gate, and the gate
//! after what comes earlier. A gate is an operation about nothing that takes no time.

use std::collections::BTreeMap;

use crate::graph::Graph;
use crate::order::Order;
use crate::planner::operations::Node;
use crate::waves::Unit;

/// With more to come after than this, a gate stands between.
const DIRECT: usize = 16;

/// Something to be ordered.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Item {
    /// Its place in an order that respects what is required.
    pub(crate) position: usize,
    pub(crate) unit: usize,
    pub(crate) node: usize,
}

/// What is being ordered: units, the graph of them, and below them the single nodes.
pub(crate) struct Gates<'g> {
    pub(crate) graph: &'g mut Graph,
    pub(crate) units: &'g mut Vec<Unit>,
    pub(crate) single: &'g mut Graph,
    pub(crate) nodes: &'g mut Vec<Node>,
    /// The gates' units, by the position of what comes first after them.
    opened: BTreeMap<usize, Vec<usize>>,
}

impl<'g> Gates<'g> {
    pub(crate) fn new(
        graph: &'g mut Graph,
        units: &'g mut Vec<Unit>,
        single: &'g mut Graph,
        nodes: &'g mut Vec<Node>,
    ) -> Self {
        Self { graph, units, single, nodes, opened: BTreeMap::new() }
    }

    /// Each of the later ones comes after each of the earlier ones that has a lower position.
    pub(crate) fn order(&mut self, earlier: &[Item], later: &[Item], order: Order) {
        if earlier.is_empty() || later.is_empty() {
            return;
        }
        let by_position = |items: &[Item]| {
            let mut sorted = items.to_vec();
            sorted.sort_by_key(|item| item.position);
            sorted
        };
        let mut earlier = by_position(earlier).into_iter().peekable();
        // Everything earlier so far; the gate stands for those before it.
        let mut before: Vec<Item> = Vec::new();
        for item in by_position(later) {
            while let Some(next) = earlier.next_if(|it| it.position < item.position) {
                before.push(next);
            }
            if before.len() > DIRECT {
                let gate = self.gate(item.position, order);
                for &it in &before {
                    self.add(gate, it, order);
                }
                before = vec![gate];
            }
            for &it in &before {
                self.add(item, it, order);
            }
        }
    }

    fn add(&mut self, later: Item, earlier: Item, order: Order) {
        self.graph.add(later.unit, earlier.unit, order);
        if order == Order::Safety {
            self.single.add(later.node, earlier.node, order);
        }
    }

    fn gate(&mut self, position: usize, order: Order) -> Item {
        let node = self.single.grow();
        self.nodes.push(Node::pause(0, format!("gate: {order}")));
        let unit = self.graph.grow();
        self.units.push(Unit { nodes: vec![node], wave: None });
        self.opened.entry(position).or_default().push(unit);
        Item { position, unit, node }
    }

    /// The order with the gates in it, each before what comes first after it.
    pub(crate) fn into_order(self, order: &[usize]) -> Vec<usize> {
        let mut all = Vec::with_capacity(self.units.len());
        for (position, &unit) in order.iter().enumerate() {
            all.extend(self.opened.get(&position).into_iter().flatten());
            all.push(unit);
        }
        all
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// How many edges a hundred after a hundred take, and whether each comes after each.
    #[test]
    fn edges_are_linear_and_order_the_same() {
        for (count, edges) in [(4, 16), (DIRECT, DIRECT * DIRECT), (100, 200), (1000, 2000)] {
            let (mut graph, mut single) = (Graph::new(2 * count), Graph::new(2 * count));
            let mut nodes: Vec<Node> =
                (0..2 * count).map(|_| Node::pause(0, String::new())).collect();
            let mut units: Vec<Unit> =
                (0..2 * count).map(|it| Unit { nodes: vec![it], wave: None }).collect();
            let items: Vec<Item> =
                (0..2 * count).map(|it| Item { position: it, unit: it, node: it }).collect();
            let mut gates = Gates::new(&mut graph, &mut units, &mut single, &mut nodes);
            gates.order(&items[..count], &items[count..], Order::Safety);
            let order = gates.into_order(&(0..2 * count).collect::<Vec<_>>());
            assert_eq!(order.len(), units.len());
            graph.settle();
            single.settle();
            let total: usize = (0..graph.len()).map(|it| graph.after(it).count()).sum();
            assert_eq!(total, edges);
            assert_eq!((0..single.len()).map(|it| single.after(it).count()).sum::<usize>(), edges);
            for later in count..2 * count {
                let mut before: Vec<usize> = graph.earlier(later).collect();
                if let [gate] = before.as_slice() {
                    before = graph.earlier(*gate).collect();
                }
                assert_eq!(before, (0..count).collect::<Vec<_>>());
            }
        }
    }

    #[test]
    fn what_travels_together_has_no_order() {
        let (mut graph, mut single) = (Graph::new(1), Graph::new(2));
        let mut nodes: Vec<Node> = (0..2).map(|_| Node::pause(0, String::new())).collect();
        let mut units = vec![Unit { nodes: vec![0, 1], wave: None }];
        let item = |node: usize| Item { position: 0, unit: 0, node };
        let mut gates = Gates::new(&mut graph, &mut units, &mut single, &mut nodes);
        gates.order(&[item(0)], &[item(1)], Order::Safety);
        graph.settle();
        single.settle();
        assert_eq!((single.after(1).count(), graph.after(0).count()), (0, 0));
    }

    #[test]
    fn only_what_has_a_lower_position_comes_before() {
        let mut graph = Graph::new(60);
        let mut single = Graph::new(60);
        let mut nodes: Vec<Node> = (0..60).map(|_| Node::pause(0, String::new())).collect();
        let mut units: Vec<Unit> = (0..60).map(|it| Unit { nodes: vec![it], wave: None }).collect();
        let item = |it: usize| Item { position: it, unit: it, node: it };
        let (even, odd): (Vec<Item>, Vec<Item>) =
            (0..60).map(item).partition(|it| it.position % 2 == 0);
        let mut gates = Gates::new(&mut graph, &mut units, &mut single, &mut nodes);
        gates.order(&even, &odd, Order::Preference);
        let order = gates.into_order(&(0..60).collect::<Vec<_>>());
        graph.settle();
        single.settle();
        let place = |unit: usize| order.iter().position(|it| *it == unit);
        for unit in 0..graph.len() {
            assert!(graph.earlier(unit).all(|earlier| place(earlier) < place(unit)));
        }
        for later in odd {
            let mut open: Vec<usize> = graph.earlier(later.unit).collect();
            let mut before = std::collections::BTreeSet::new();
            while let Some(unit) = open.pop() {
                if unit < 60 {
                    before.insert(unit);
                } else {
                    open.extend(graph.earlier(unit));
                }
            }
            let expected = even.iter().map(|it| it.unit).filter(|it| *it < later.unit);
            assert_eq!(before, expected.collect());
        }
        assert_eq!((0..single.len()).map(|it| single.after(it).count()).sum::<usize>(), 0);
    }
}
