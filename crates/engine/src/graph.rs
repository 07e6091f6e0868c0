//! What comes before what, and the orders that respect it.

use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::ops::Range;

use crate::order::{Order, Ties};

/// How far is looked for a longer path, for each node.
const LOOK: usize = 256;

/// A directed graph of numbered nodes: one list of edges, so that no node has a list of its own.
#[derive(Clone, Debug, Default)]
pub(crate) struct Graph {
    nodes: usize,
    /// By node, then by what it comes after, where they are settled.
    edges: Vec<Edge>,
    /// Where the edges of each node begin, and where the last ones end; empty where something was
    /// added since they were settled.
    starts: Vec<u32>,
}

/// One node comes directly after another one.
#[derive(Clone, Copy, Debug)]
struct Edge {
    later: u32,
    earlier: u32,
    ties: Ties,
}

impl Edge {
    fn place(&self) -> (u32, u32) {
        (self.later, self.earlier)
    }
}

impl Graph {
    pub(crate) fn new(nodes: usize) -> Self {
        Self { nodes, edges: Vec::new(), starts: Vec::new() }
    }

    /// Room for as many edges.
    pub(crate) fn reserve(&mut self, edges: usize) {
        self.edges.reserve(edges);
    }

    /// One more node.
    pub(crate) fn grow(&mut self) -> usize {
        self.starts.clear();
        self.nodes += 1;
        self.nodes - 1
    }

    pub(crate) fn len(&self) -> usize {
        self.nodes
    }

    /// `later` comes after `earlier`. A node is never after itself.
    pub(crate) fn add(&mut self, later: usize, earlier: usize, ties: impl Into<Ties>) {
        if later == earlier {
            return;
        }
        self.starts.clear();
        let (later, earlier) = (number(later), number(earlier));
        self.edges.push(Edge { later, earlier, ties: ties.into() });
    }

    /// Puts the edges of every node in order, each there once.
    pub(crate) fn settle(&mut self) {
        if !self.starts.is_empty() {
            return;
        }
        if !self.edges.is_sorted_by_key(Edge::place) {
            self.edges = by_later(self.nodes, &self.edges);
            for of_one in self.edges.chunk_by_mut(|a, b| a.later == b.later) {
                of_one.sort_unstable_by_key(|edge| edge.earlier);
            }
        }
        self.edges.dedup_by(|next, kept| {
            let same = next.place() == kept.place();
            if same {
                kept.ties = kept.ties.and(next.ties);
            }
            same
        });
        self.starts = starts(self.nodes, self.edges.iter().map(|edge| edge.later));
    }

    /// The same for many (later, earlier), one after the other, except those that would close a
    /// cycle. Most often none does, so all are tried at once, and where that fails, one half after
    /// the other.
    pub(crate) fn add_if_acyclic(&mut self, wished: &[(usize, usize, Order)]) {
        if wished.is_empty() {
            return;
        }
        let before = self.edges.len();
        for &(later, earlier, order) in wished {
            self.add(later, earlier, order);
        }
        if self.is_acyclic() {
            return;
        }
        self.edges.truncate(before);
        if wished.len() > 1 {
            let (some, others) = wished.split_at(wished.len() / 2);
            self.add_if_acyclic(some);
            self.add_if_acyclic(others);
        }
    }

    /// What a node comes directly after, and why; the graph must be settled.
    pub(crate) fn after(&self, node: usize) -> impl DoubleEndedIterator<Item = (usize, Ties)> {
        debug_assert!(!self.starts.is_empty(), "it goes by the order of the edges");
        self.edges[self.range(node)].iter().map(|edge| (edge.earlier as usize, edge.ties))
    }

    /// Where the edges of a node are.
    fn range(&self, node: usize) -> Range<usize> {
        self.starts[node] as usize..self.starts[node + 1] as usize
    }

    /// What a node comes directly after; the graph must be settled.
    pub(crate) fn earlier(&self, node: usize) -> impl DoubleEndedIterator<Item = usize> {
        self.after(node).map(|(earlier, _)| earlier)
    }

    /// The same graph with nodes drawn together: node `n` becomes `into[n]` of `count`. It is
    /// settled.
    pub(crate) fn contracted(&self, into: &[usize], count: usize) -> Self {
        let mut graph = Self::new(count);
        graph.edges.reserve_exact(self.edges.len());
        for edge in &self.edges {
            graph.add(into[edge.later as usize], into[edge.earlier as usize], edge.ties);
        }
        graph.settle();
        graph
    }

    /// Drops the preferences that a longer path makes superfluous; the graph must be settled, and
    /// nodes numbered in an order that respects the edges. What a failure goes over stays,
    /// whatever leads there besides. They do no harm but to a reader, so that no more than
    /// [`LOOK`] steps are spent on finding those of one node, and what comes directly after more
    /// than that is not looked through.
    pub(crate) fn reduced(&self) -> Self {
        let mut graph = Self::new(self.len());
        graph.edges.reserve_exact(self.edges.len());
        graph.starts.reserve_exact(self.len() + 1);
        graph.starts.push(0);
        // By node: the last one from which it was found to be reached, and the last one that would
        // do without coming after it directly.
        let none = u32::MAX;
        let mut marks: Vec<(u32, u32)> = vec![(none, none); self.len()];
        let mut open = Vec::new();
        for node in 0..self.len() {
            let first = graph.edges.len();
            let own = number(node);
            let least = self.earlier(node).next().unwrap_or_default();
            let mut steps = if self.earlier(node).nth(1).is_some() { LOOK } else { 0 };
            // What is further down and could be dropped, as far as it was not reached.
            let mut sought = 0;
            for (earlier, _) in self.after(node).filter(|(_, ties)| ties.is_preference()) {
                marks[earlier].1 = own;
                sought += 1;
            }
            for (earlier, ties) in self.after(node).rev() {
                let (reached, wanted) = &mut marks[earlier];
                let is_reached = *reached == own;
                if std::mem::replace(wanted, none) == own {
                    sought -= 1;
                }
                if !is_reached || !ties.is_preference() {
                    let (later, earlier) = (own, number(earlier));
                    graph.edges.push(Edge { later, earlier, ties });
                }
                if is_reached || sought == 0 {
                    continue;
                }
                open.push(graph.range(earlier));
                while let Some(rest) = open.last_mut().filter(|_| steps > 0 && sought > 0) {
                    // A gate, or as good as one: it would take all steps, and nearly always in vain.
                    if rest.len() > LOOK {
                        open.pop();
                        continue;
                    }
                    let further = rest.next_back().map(|edge| graph.edges[edge].earlier as usize);
                    let Some(further) = further.filter(|it| *it >= least) else {
                        open.pop();
                        continue;
                    };
                    steps -= 1;
                    let (reached, wanted) = &mut marks[further];
                    if *reached == own {
                        continue;
                    }
                    *reached = own;
                    if std::mem::replace(wanted, none) == own {
                        sought -= 1;
                    }
                    open.push(graph.range(further));
                }
                open.clear();
            }
            // They were found from the last one on.
            graph.edges[first..].reverse();
            graph.starts.push(number(graph.edges.len()));
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
    pub(crate) fn order(&self, ranks: &[u32]) -> Result<Vec<usize>, Vec<usize>> {
        let before = Before::of(self);
        // Any order will do to tell what is urgent, and one is found without comparing anything.
        let mut waiting = self.waiting();
        let mut plain: Vec<u32> =
            (0..number(self.len())).filter(|&node| waiting[node as usize] == 0).collect();
        let mut next = 0;
        while let Some(&node) = plain.get(next) {
            next += 1;
            for &later in before.later(node as usize) {
                waiting[later as usize] -= 1;
                if waiting[later as usize] == 0 {
                    plain.push(later);
                }
            }
        }
        let mut urgent: Vec<u32> = ranks.to_vec();
        for &node in plain.iter().rev() {
            let urgency = before.later(node as usize).iter().map(|&later| urgent[later as usize]);
            let urgency = urgency.min().unwrap_or(u32::MAX);
            urgent[node as usize] = urgency.min(urgent[node as usize]);
        }
        self.kahn(&before, |node| (urgent[node as usize], ranks[node as usize]))
    }

    /// The same where nothing is of a higher rank than anything else.
    ///
    /// # Errors
    ///
    /// As [`order`](Graph::order).
    pub(crate) fn any_order(&self) -> Result<Vec<usize>, Vec<usize>> {
        self.kahn(&Before::of(self), |_| ())
    }

    /// Whether there is such an order.
    pub(crate) fn is_acyclic(&self) -> bool {
        let before = Before::of(self);
        let mut waiting = self.waiting();
        let mut free: Vec<usize> = (0..self.len()).filter(|&node| waiting[node] == 0).collect();
        let mut count = 0;
        while let Some(node) = free.pop() {
            count += 1;
            for &later in before.later(node) {
                waiting[later as usize] -= 1;
                if waiting[later as usize] == 0 {
                    free.push(later as usize);
                }
            }
        }
        count == self.len()
    }

    fn kahn<R: Ord>(
        &self,
        before: &Before,
        rank: impl Fn(u32) -> R,
    ) -> Result<Vec<usize>, Vec<usize>> {
        let mut waiting = self.waiting();
        let mut free: BinaryHeap<Reverse<(R, u32)>> = (0..number(self.len()))
            .filter(|&node| waiting[node as usize] == 0)
            .map(|node| Reverse((rank(node), node)))
            .collect();
        let mut order = Vec::with_capacity(self.len());
        while let Some(Reverse((_, node))) = free.pop() {
            order.push(node as usize);
            for &later in before.later(node as usize) {
                waiting[later as usize] -= 1;
                if waiting[later as usize] == 0 {
                    free.push(Reverse((rank(later), later)));
                }
            }
        }
        if order.len() == self.len() { Ok(order) } else { Err(self.cycle(&waiting)) }
    }

    /// How many edges each node has; one that is there twice is waited for twice, and let go of
    /// twice.
    fn waiting(&self) -> Vec<u32> {
        let mut waiting = vec![0; self.len()];
        for edge in &self.edges {
            waiting[edge.later as usize] += 1;
        }
        waiting
    }

    /// Every node that still waits waits for another one that does: going there ends in a cycle.
    fn cycle(&self, waiting: &[u32]) -> Vec<usize> {
        let mut settled = self.clone();
        settled.settle();
        let stuck = |node: &usize| waiting[*node] > 0;
        let mut path: Vec<usize> = Vec::new();
        let mut next = (0..self.len()).find(stuck);
        while let Some(node) = next {
            if let Some(start) = path.iter().position(|&seen| seen == node) {
                return path.split_off(start);
            }
            path.push(node);
            next = settled.earlier(node).find(stuck);
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
        let starts = starts(graph.len(), graph.edges.iter().map(|edge| edge.earlier));
        let mut next = starts.clone();
        let mut later = vec![0; graph.edges.len()];
        for edge in &graph.edges {
            let at = &mut next[edge.earlier as usize];
            later[*at as usize] = edge.later;
            *at += 1;
        }
        Self { starts, later }
    }

    fn later(&self, node: usize) -> &[u32] {
        &self.later[self.starts[node] as usize..self.starts[node + 1] as usize]
    }
}

/// Where the things of each node begin in a list of all, by whose they are.
fn starts(nodes: usize, whose: impl Iterator<Item = u32>) -> Vec<u32> {
    let mut starts = vec![0; nodes + 1];
    for node in whose {
        starts[node as usize + 1] += 1;
    }
    for node in 0..nodes {
        starts[node + 1] += starts[node];
    }
    starts
}

/// The edges by the node that comes later.
fn by_later(nodes: usize, edges: &[Edge]) -> Vec<Edge> {
    let mut next = starts(nodes, edges.iter().map(|edge| edge.later));
    let mut sorted = edges.to_vec();
    for edge in edges {
        let at = &mut next[edge.later as usize];
        sorted[*at as usize] = *edge;
        *at += 1;
    }
    sorted
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
    fn no_more_than_so_many_steps_are_spent_on_a_reader() {
        for (length, kept) in [(LOOK, vec![LOOK - 1]), (LOOK + 2, vec![0, LOOK + 1])] {
            let mut graph = Graph::new(length + 1);
            for node in 1..=length {
                graph.add(node, node - 1, Order::Preference);
            }
            graph.add(length, 0, Order::Preference);
            graph.settle();
            assert_eq!(graph.reduced().earlier(length).collect::<Vec<_>>(), kept);
        }
    }

    #[test]
    fn no_step_is_spent_twice_on_what_was_found_already() {
        // All steps but one lead down the chain.
        let (chain, above, node) = (LOOK, LOOK + 1, LOOK + 2);
        let mut graph = Graph::new(node + 1);
        graph.add(1, 0, Order::Preference);
        for later in 3..=above {
            graph.add(later, later - 1, Order::Preference);
        }
        for earlier in [0, 1, chain, above] {
            graph.add(node, earlier, Order::Preference);
        }
        graph.settle();
        // Going down the chain from its end as well would leave none for the other one.
        assert_eq!(graph.reduced().earlier(node).collect::<Vec<_>>(), [1, above]);
    }

    #[test]
    fn what_comes_after_too_many_is_not_looked_through() {
        for (many, kept) in [(LOOK, vec![LOOK]), (LOOK + 1, vec![0, LOOK + 1])] {
            let (gate, node) = (many, many + 1);
            let mut graph = Graph::new(node + 1);
            for earlier in 0..many {
                graph.add(gate, earlier, Order::Required);
            }
            for earlier in [0, gate] {
                graph.add(node, earlier, Order::Preference);
            }
            graph.settle();
            assert_eq!(graph.reduced().earlier(node).collect::<Vec<_>>(), kept);
        }
    }

    #[test]
    fn a_cycle_is_named() {
        let graph = graph(4, &[(0, 1), (1, 2), (2, 1), (3, 0)]);
        assert_eq!(graph.order(&[0; 4]), Err(vec![1, 2]));
        // What is free is no part of it.
        let graph = self::graph(3, &[(1, 0), (1, 2), (2, 1)]);
        assert_eq!(graph.order(&[0; 3]), Err(vec![1, 2]));
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
        graph.settle();
        let after: Vec<Vec<usize>> = (0..4).map(|it| graph.earlier(it).collect()).collect();
        assert_eq!(after, [vec![], vec![0], vec![1], vec![0]]);
    }
}
