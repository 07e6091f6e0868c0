//! What is declared and what is known, so that deciding on one thing does not search through all.

use std::cmp::Ordering;

use bicoastal_model::{Declared, Desired, Ids, ResourceId};

use crate::by_id::ById;
use crate::graph::Graph;
use crate::observe::{Look, Observed};
use crate::order::Order;
use crate::state::{Entry, Key, State};

/// What the program declares, with what comes before what.
pub(crate) struct Declarations<'d> {
    /// All, by id.
    all: Vec<&'d Declared>,
    /// What each comes after: read from its properties once.
    edges: Vec<Ids>,
    places: ById<usize>,
}

impl<'d> Declarations<'d> {
    pub(crate) fn of(desired: &'d Desired) -> Self {
        let all: Vec<&Declared> = desired.resources.values().collect();
        let places = desired.resources.keys().cloned().zip(0..);
        Self { edges: all.iter().map(|it| it.edges()).collect(), places: places.collect(), all }
    }

    pub(crate) fn len(&self) -> usize {
        self.all.len()
    }

    pub(crate) fn get(&self, id: &ResourceId) -> Option<&'d Declared> {
        self.place(id).map(|place| self.all[place])
    }

    /// Its place in the order of the ids.
    pub(crate) fn place(&self, id: &ResourceId) -> Option<usize> {
        self.places.get(id).copied()
    }

    /// What it comes after.
    pub(crate) fn edges(&self, id: &ResourceId) -> Option<&Ids> {
        self.place(id).map(|place| &self.edges[place])
    }

    /// All, so that each comes after what it refers to.
    ///
    /// # Errors
    ///
    /// The resources of a cycle, each before the one that it refers to.
    pub(crate) fn order(&self) -> Result<Vec<&'d Declared>, Vec<&'d ResourceId>> {
        let mut graph = Graph::new(self.len());
        for (later, edges) in self.edges.iter().enumerate() {
            for earlier in edges.iter().filter_map(|edge| self.place(edge)) {
                graph.add(later, earlier, Order::Required);
            }
        }
        let order = graph.any_order();
        order
            .map(|order| order.into_iter().map(|it| self.all[it]).collect())
            .map_err(|cycle| cycle.into_iter().map(|it| &self.all[it].id).collect())
    }
}

/// One incarnation, as it is recorded and as it was seen; one of both at least.
struct Known<'a> {
    key: &'a Key,
    entry: Option<&'a Entry>,
    look: Option<&'a Look>,
}

/// What is recorded, and what was seen.
pub(crate) struct Records<'a> {
    state: &'a State,
    /// All, by key.
    all: Vec<Known<'a>>,
    /// Where the incarnations of each begin, and how many there are.
    ranges: ById<(u32, u32)>,
}

impl<'a> Records<'a> {
    pub(crate) fn of(state: &'a State, observed: &'a Observed) -> Self {
        let mut all = Vec::with_capacity(state.entries.len().max(observed.seen.len()));
        let (mut entries, mut looks) = (state.entries.iter(), observed.seen.iter());
        let (mut entry, mut look) = (entries.next(), looks.next());
        loop {
            let first = match (entry, look) {
                (Some((a, _)), Some((b, _))) => a.cmp(b),
                (Some(_), None) => Ordering::Less,
                (None, Some(_)) => Ordering::Greater,
                (None, None) => break,
            };
            let recorded = entry.filter(|_| first != Ordering::Greater);
            let seen = look.filter(|_| first != Ordering::Less);
            let Some(key) = recorded.map(|it| it.0).or(seen.map(|it| it.0)) else { break };
            all.push(Known { key, entry: recorded.map(|it| it.1), look: seen.map(|it| it.1) });
            if recorded.is_some() {
                entry = entries.next();
            }
            if seen.is_some() {
                look = looks.next();
            }
        }
        let mut ranges = ById::with_capacity(all.len());
        let mut start = 0;
        for some in all.chunk_by(|a, b| a.key.id == b.key.id) {
            let count = u32::try_from(some.len()).unwrap_or(u32::MAX);
            if let Some(first) = some.first() {
                ranges.insert(first.key.id.clone(), (start, count));
            }
            start += count;
        }
        Self { state, all, ranges }
    }

    fn known(&self, id: &ResourceId) -> &[Known<'a>] {
        let Some(&(start, count)) = self.ranges.get(id) else { return &[] };
        &self.all[start as usize..(start + count) as usize]
    }

    /// As [`State::incarnations`].
    pub(crate) fn incarnations(
        &self,
        id: &ResourceId,
    ) -> impl DoubleEndedIterator<Item = (&'a Key, &'a Entry)> {
        self.known(id).iter().filter_map(|known| Some((known.key, known.entry?)))
    }

    /// As [`State::current`].
    pub(crate) fn current(&self, id: &ResourceId) -> Option<(&'a Key, &'a Entry)> {
        self.incarnations(id).rfind(|(_, entry)| !entry.superseded)
    }

    /// As [`State::next_incarnation`].
    pub(crate) fn next_incarnation(&self, id: &ResourceId) -> u32 {
        let living = self.incarnations(id).next_back().map_or(0, |(key, _)| key.incarnation);
        living.max(self.state.retired.get(id).copied().unwrap_or(0)) + 1
    }

    /// What is recorded of an incarnation.
    pub(crate) fn entry(&self, key: &Key) -> Option<&'a Entry> {
        self.one(key)?.entry
    }

    /// What a read of an incarnation brought.
    pub(crate) fn look(&self, key: &Key) -> Option<&'a Look> {
        self.one(key)?.look
    }

    fn one(&self, key: &Key) -> Option<&Known<'a>> {
        self.known(&key.id).iter().find(|known| known.key.incarnation == key.incarnation)
    }
}
