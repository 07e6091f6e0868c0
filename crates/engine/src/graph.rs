//! What comes before what, and the orders that respect it.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet, BinaryHeap};

use crate::order::{Order, Ties};

/// How far is looked for a longer path, for each node.
const LOOK: usize = 256;

/// A directed graph of numbered nodes.
#[derive(Clone, Debug, Default)]
pub(crate) struct Graph {
    after: Vec<BTreeMap<usize, Ties>>,
    before: Vec<BTreeSet<usize>>,
}

impl Graph {
    pub(crate) fn new(nodes: usize) -> Self {
        Self { after: vec![BTreeMap::new(); nodes], before: vec![BTreeSet::new(); nodes] }
    }

    /// One more node.
    pub(crate) fn grow(&mut self) -> usize {
        self.after.push(BTreeMap::new());
        self.before.push(BTreeSet::new());
        self.len() - 1
    }

    pub(crate) fn len(&self) -> usize {
        self.after.len()
    }

    /// `later` comes after `earlier`. A node is never after itself.
    pub(crate) fn add(&mut self, later: usize, earlier: usize, ties: impl Into<Ties>) {
        if later != earlier {
            let all = self.after[later].entry(earlier).or_default();
            *all = all.and(ties.into());
            self.before[earlier].insert(later);
        }
    }

    /// The same for many (later, earlier), one after the other, except those that would close a
    /// cycle. Most often none does, so all are tried at once, and where that fails, one half after
    /// the other.
    pub(crate) fn add_if_acyclic(&mut self, wished: &[(usize, usize, Order)]) {
        if wished.is_empty() {
            return;
        }
        let mut tried = self.clone();
        for &(later, earlier, order) in wished {
            tried.add(later, earlier, order);
        }
        if tried.any_order().is_ok() {
            *self = tried;
        } else if wished.len() > 1 {
            let (some, others) = wished.split_at(wished.len() / 2);
            self.add_if_acyclic(some);
            self.add_if_acyclic(others);
        }
    }

    /// What a node comes directly after, and why.
    pub(crate) fn after(&self, node: usize) -> &BTreeMap<usize, Ties> {
        &self.after[node]
    }

    /// The same graph with nodes drawn together: node `n` becomes `into[n]` of `count`.
    pub(crate) fn contracted(&self, into: &[usize], count: usize) -> Self {
        let mut graph = Self::new(count);
        for (node, after) in self.after.iter().enumerate() {
            for (&earlier, &ties) in after {
                graph.add(into[node], into[earlier], ties);
            }
        }
        graph
    }

    /// Drops the preferences that a longer path makes superfluous; nodes must be numbered in an
    /// order that respects the edges. What a failure goes over stays, whatever leads there besides.
    /// They do no harm but to a reader, so that no more than [`LOOK`] steps are spent on finding
    /// those of one node.
    pub(crate) fn reduced(&self) -> Self {
        let mut graph = Self::new(self.len());
        // By node: the last one from which it was found to be reached.
        let mut reached: Vec<usize> = vec![usize::MAX; self.len()];
        let mut open = Vec::new();
        for (node, after) in self.after.iter().enumerate() {
            let Some((&least, _)) = after.first_key_value() else { continue };
            let mut steps = if after.len() > 1 { LOOK } else { 0 };
            for (&earlier, &ties) in after.iter().rev() {
                if reached[earlier] == node {
                    if !ties.is_preference() {
                        graph.add(node, earlier, ties);
                    }
                    continue;
                }
                graph.add(node, earlier, ties);
                open.push(earlier);
                while let Some(from) = open.pop().filter(|_| steps > 0) {
                    for (&further, _) in graph.after[from].range(least..).rev() {
                        if reached[further] != node {
                            reached[further] = node;
                            open.push(further);
                        }
                        steps = steps.saturating_sub(1);
                    }
                }
                open.clear();
            }
        }
        graph
    }

    /// An order in which everything comes after what it must, low ranks first wherever there is
    /// a choice. What something of a low rank waits for counts as of that rank, so that ranks are
    /// opposed only where an edge does.
    ///
    /// # Errors
    ///
    /// The nodes of a cycle, each before the one that it comes after.
    pub(crate) fn order<R: Ord + Clone>(&self, ranks: &[R]) -> Result<Vec<usize>, Vec<usize>> {
        let plain = self.any_order()?;
        let mut urgent: Vec<R> = ranks.to_vec();
        for &node in plain.iter().rev() {
            for &earlier in self.after[node].keys() {
                if urgent[node] < urgent[earlier] {
                    urgent[earlier] = urgent[node].clone();
                }
            }
        }
        self.kahn(|node| (urgent[node].clone(), ranks[node].clone(), node))
    }

    /// The same where nothing is of a higher rank than anything else.
    ///
    /// # Errors
    ///
    /// As [`order`](Graph::order).
    pub(crate) fn any_order(&self) -> Result<Vec<usize>, Vec<usize>> {
        self.kahn(|node| node)
    }

    fn kahn<R: Ord>(&self, rank: impl Fn(usize) -> R) -> Result<Vec<usize>, Vec<usize>> {
        let mut waiting: Vec<usize> = self.after.iter().map(BTreeMap::len).collect();
        let mut free: BinaryHeap<Reverse<(R, usize)>> = (0..self.len())
            .filter(|&node| waiting[node] == 0)
            .map(|node| Reverse((rank(node), node)))
            .collect();
        let mut order = Vec::with_capacity(self.len());
        while let Some(Reverse((_, node))) = free.pop() {
            order.push(node);
            for &later in &self.before[node] {
                waiting[later] -= 1;
                if waiting[later] == 0 {
                    free.push(Reverse((rank(later), later)));
                }
            }
        }
        if order.len() == self.len() { Ok(order) } else { Err(self.cycle(&waiting)) }
    }

    /// Every node that still waits waits for another one that does: going there ends in a cycle.
    fn cycle(&self, waiting: &[usize]) -> Vec<usize> {
        let stuck = |node: &usize| waiting[*node] > 0;
        let mut path: Vec<usize> = Vec::new();
        let mut next = (0..self.len()).find(stuck);
        while let Some(node) = next {
            if let Some(start) = path.iter().position(|&seen| seen == node) {
                return path.split_off(start);
            }
            path.push(node);
            next = self.after[node].keys().copied().find(stuck);
        }
        path
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn graph(nodes: usize, edges: &[(usize, usize)]) -> Graph {
        let mut graph = Graph::new(nodes);
        for &(later, earlier) in edges {
            graph.add(later, earlier, Order::Required);
        }
        graph
    }

    #[test]
    fn ranks_yield_to_edges_only() {
        assert_eq!(graph(3, &[]).order(&[2, 1, 0]), Ok(vec![2, 1, 0]));
        // 2 has the lowest rank but needs 0, so 0 goes first although 1 has a lower rank than it.
        assert_eq!(graph(3, &[(2, 0)]).order(&[9, 5, 1]), Ok(vec![0, 2, 1]));
    }

    #[test]
    fn only_preferences_are_superfluous() {
        let mut graph = graph(3, &[(1, 0), (2, 1), (2, 0)]);
        assert_eq!(graph.reduced().after(2).len(), 2);
        graph = Graph::new(3);
        graph.add(1, 0, Order::Required);
        graph.add(2, 1, Order::Preference);
        graph.add(2, 0, Order::Preference);
        assert_eq!(graph.reduced().after(2).keys().copied().collect::<Vec<_>>(), [1]);
    }

    #[test]
    fn a_cycle_is_named() {
        let graph = graph(4, &[(0, 1), (1, 2), (2, 1), (3, 0)]);
        assert_eq!(graph.order(&[0; 4]), Err(vec![1, 2]));
    }

    #[test]
    fn edges_that_would_close_a_cycle_are_left_out() {
        let mut graph = graph(3, &[(1, 0), (2, 1)]);
        let wished = [(0, 2), (2, 0), (0, 0)];
        graph.add_if_acyclic(&wished.map(|(later, earlier)| (later, earlier, Order::Required)));
        assert_eq!(graph.after(0).len(), 0);
        assert_eq!(graph.after(2).keys().copied().collect::<Vec<_>>(), [0, 1]);
    }

    #[test]
    fn of_those_that_close_a_cycle_together_the_first_stay() {
        let mut graph = graph(4, &[]);
        let wished = [(1, 0), (2, 1), (0, 2), (3, 0)];
        graph.add_if_acyclic(&wished.map(|(later, earlier)| (later, earlier, Order::Required)));
        let after: Vec<Vec<usize>> =
            (0..4).map(|it| graph.after(it).keys().copied().collect()).collect();
        assert_eq!(after, [vec![], vec![0], vec![1], vec![0]]);
    }
}
