//! What comes before what, and the orders that respect it.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

use crate::order::{Order, Ties};

/// How far is looked for a longer path, for each node.
const LOOK: usize = 256;

/// A directed graph of numbered nodes.
#[derive(Clone, Debug, Default)]
pub(crate) struct Graph {
    /// What each node comes directly after, and why; by number where it is settled.
    after: Vec<Vec<(u32, Ties)>>,
    /// The nodes that were added to since, so that something may be there twice.
    unsettled: Vec<usize>,
}

impl Graph {
    pub(crate) fn new(nodes: usize) -> Self {
        Self { after: vec![Vec::new(); nodes], unsettled: Vec::new() }
    }

    /// One more node.
    pub(crate) fn grow(&mut self) -> usize {
        self.after.push(Vec::new());
        self.len() - 1
    }

    pub(crate) fn len(&self) -> usize {
        self.after.len()
    }

    /// `later` comes after `earlier`. A node is never after itself.
    pub(crate) fn add(&mut self, later: usize, earlier: usize, ties: impl Into<Ties>) {
        if later == earlier {
            return;
        }
        let (number, after) = (number(earlier), &mut self.after[later]);
        if after.last().is_some_and(|(last, _)| *last >= number) {
            self.unsettled.push(later);
        }
        after.push((number, ties.into()));
    }

    /// Puts the edges of every node in order, each there once.
    pub(crate) fn settle(&mut self) {
        self.unsettled.sort_unstable();
        self.unsettled.dedup();
        for node in self.unsettled.drain(..) {
            let after = &mut self.after[node];
            after.sort_unstable_by_key(|(earlier, _)| *earlier);
            after.dedup_by(|(next, more), (earlier, ties)| {
                let same = next == earlier;
                if same {
                    *ties = ties.and(*more);
                }
                same
            });
        }
    }

    /// The same for many (later, earlier), one after the other, except those that would close a
    /// cycle. Most often none does, so all are tried at once, and where that fails, one half after
    /// the other.
    pub(crate) fn add_if_acyclic(&mut self, wished: &[(usize, usize, Order)]) {
        if wished.is_empty() {
            return;
        }
        let before = self.unsettled.len();
        for &(later, earlier, order) in wished {
            self.add(later, earlier, order);
        }
        if self.any_order().is_ok() {
            return;
        }
        // The last of each node's edges are those that were just added.
        self.unsettled.truncate(before);
        for &(later, earlier, _) in wished {
            if later != earlier {
                self.after[later].pop();
            }
        }
        if wished.len() > 1 {
            let (some, others) = wished.split_at(wished.len() / 2);
            self.add_if_acyclic(some);
            self.add_if_acyclic(others);
        }
    }

    /// What a node comes directly after, and why.
    pub(crate) fn after(&self, node: usize) -> impl DoubleEndedIterator<Item = (usize, Ties)> {
        self.after[node].iter().map(|(earlier, ties)| (*earlier as usize, *ties))
    }

    /// What a node comes directly after.
    pub(crate) fn earlier(&self, node: usize) -> impl DoubleEndedIterator<Item = usize> {
        self.after(node).map(|(earlier, _)| earlier)
    }

    /// The same graph with nodes drawn together: node `n` becomes `into[n]` of `count`. It is
    /// settled.
    pub(crate) fn contracted(&self, into: &[usize], count: usize) -> Self {
        let mut graph = Self::new(count);
        for node in 0..self.len() {
            for (earlier, ties) in self.after(node) {
                graph.add(into[node], into[earlier], ties);
            }
        }
        graph.settle();
        graph
    }

    /// Drops the preferences that a longer path makes superfluous; the graph must be settled, and
    /// nodes numbered in an order that respects the edges. What a failure goes over stays,
    /// whatever leads there besides. They do no harm but to a reader, so that no more than
    /// [`LOOK`] steps are spent on finding those of one node.
    pub(crate) fn reduced(&self) -> Self {
        debug_assert!(self.unsettled.is_empty(), "it goes by the order of the edges");
        let mut graph = Self::new(self.len());
        // By node: the last one from which it was found to be reached.
        let mut reached: Vec<usize> = vec![usize::MAX; self.len()];
        let mut open = Vec::new();
        for node in 0..self.len() {
            let Some(least) = self.earlier(node).next() else { continue };
            let mut kept = Vec::with_capacity(self.after[node].len());
            let mut steps = if self.after[node].len() > 1 { LOOK } else { 0 };
            for (earlier, ties) in self.after(node).rev() {
                let is_reached = reached[earlier] == node;
                if !is_reached || !ties.is_preference() {
                    kept.push((number(earlier), ties));
                }
                if is_reached {
                    continue;
                }
                open.push(earlier);
                while let Some(from) = open.pop().filter(|_| steps > 0) {
                    for further in graph.earlier(from).rev().take_while(|it| *it >= least) {
                        if reached[further] != node {
                            reached[further] = node;
                            open.push(further);
                        }
                        steps = steps.saturating_sub(1);
                    }
                }
                open.clear();
            }
            // They were found from the last one on.
            kept.reverse();
            graph.after[node] = kept;
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
            for earlier in self.earlier(node) {
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
        // An edge that is there twice is waited for twice, and let go of twice.
        let mut waiting: Vec<u32> = self.after.iter().map(|after| number(after.len())).collect();
        let before = Before::of(self);
        let mut free: BinaryHeap<Reverse<(R, usize)>> = (0..self.len())
            .filter(|&node| waiting[node] == 0)
            .map(|node| Reverse((rank(node), node)))
            .collect();
        let mut order = Vec::with_capacity(self.len());
        while let Some(Reverse((_, node))) = free.pop() {
            order.push(node);
            for later in before.later(node) {
                waiting[later] -= 1;
                if waiting[later] == 0 {
                    free.push(Reverse((rank(later), later)));
                }
            }
        }
        if order.len() == self.len() { Ok(order) } else { Err(self.cycle(&waiting)) }
    }

    /// Every node that still waits waits for another one that does: going there ends in a cycle.
    fn cycle(&self, waiting: &[u32]) -> Vec<usize> {
        let stuck = |node: &usize| waiting[*node] > 0;
        let mut path: Vec<usize> = Vec::new();
        let mut next = (0..self.len()).find(stuck);
        while let Some(node) = next {
            if let Some(start) = path.iter().position(|&seen| seen == node) {
                return path.split_off(start);
            }
            path.push(node);
            next = self.earlier(node).filter(stuck).min();
        }
        path
    }
}

/// What comes directly after each node, all in one list.
struct Before {
    /// Where the nodes after each node begin.
    starts: Vec<u32>,
    later: Vec<u32>,
}

impl Before {
    fn of(graph: &Graph) -> Self {
        let mut starts = vec![0_u32; graph.len() + 1];
        for (earlier, _) in graph.after.iter().flatten() {
            starts[*earlier as usize + 1] += 1;
        }
        for node in 0..graph.len() {
            starts[node + 1] += starts[node];
        }
        let mut next = starts.clone();
        let mut later = vec![0; graph.after.iter().map(Vec::len).sum()];
        for (node, after) in graph.after.iter().enumerate() {
            for (earlier, _) in after {
                let at = &mut next[*earlier as usize];
                later[*at as usize] = number(node);
                *at += 1;
            }
        }
        Self { starts, later }
    }

    fn later(&self, node: usize) -> impl Iterator<Item = usize> {
        let range = self.starts[node] as usize..self.starts[node + 1] as usize;
        self.later[range].iter().map(|later| *later as usize)
    }
}

/// Nodes and edges are counted with 32 bits: each takes more memory than that many would have.
fn number(it: usize) -> u32 {
    u32::try_from(it).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn graph(nodes: usize, edges: &[(usize, usize)]) -> Graph {
        let mut graph = Graph::new(nodes);
        for &(later, earlier) in edges {
            graph.add(later, earlier, Order::Required);
        }
        graph.settle();
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
        assert_eq!(graph.reduced().after(2).count(), 2);
        graph = Graph::new(3);
        graph.add(1, 0, Order::Required);
        graph.add(2, 1, Order::Preference);
        graph.add(2, 0, Order::Preference);
        graph.settle();
        assert_eq!(graph.reduced().earlier(2).collect::<Vec<_>>(), [1]);
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
        graph.settle();
        assert_eq!(graph.after(0).count(), 0);
        assert_eq!(graph.earlier(2).collect::<Vec<_>>(), [0, 1]);
    }

    #[test]
    fn of_those_that_close_a_cycle_together_the_first_stay() {
        let mut graph = graph(4, &[]);
        let wished = [(1, 0), (2, 1), (0, 2), (3, 0)];
        graph.add_if_acyclic(&wished.map(|(later, earlier)| (later, earlier, Order::Required)));
        let after: Vec<Vec<usize>> = (0..4).map(|it| graph.earlier(it).collect()).collect();
        assert_eq!(after, [vec![], vec![0], vec![1], vec![0]]);
    }
}
