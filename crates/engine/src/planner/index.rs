//! What is declared and what is known, so that deciding on one thing does not search through all.

use std::borrow::Cow;
use std::cell::{Cell, OnceCell};
use std::cmp::Ordering;
use std::rc::Rc;

use bicoastal_model::{Declared, Desired, Ids, ResourceId};

use super::kinds::Kinds;
use crate::by_id::{ById, Places, address};
use crate::graph::Graph;
use crate::observe::{Look, Observed};
use crate::order::Order;
use crate::state::{Entry, Key, State};

/// In the place of a number: there is none.
const NONE: u32 = u32::MAX;

/// What the program declares, with what comes before what.
pub(crate) struct Declarations<'d> {
    /// All, by id.
    all: Vec<&'d Declared>,
    kinds: Kinds<'static>,
    /// What each comes after: read from its properties once.
    edges: Vec<Cow<'d, Ids>>,
    /// Where the places of what each comes after begin, and where the last ones end.
    starts: Vec<u32>,
    /// The places of what each comes after, one for each of its edges.
    earlier: Vec<u32>,
    places: Rc<Places<'d>>,
}

impl<'d> Declarations<'d> {
    pub(crate) fn of(desired: &'d Desired) -> Self {
        let all: Vec<&Declared> = desired.resources.values().collect();
        let places = Places::of(desired.resources.values().map(|it| &it.id).collect());
        let mut kinds = Kinds::default();
        let edges_of = |declared: &&'d Declared| {
            kinds.see(declared.schema.kind);
            declared.edges()
        };
        let edges: Vec<Cow<'_, Ids>> = all.iter().map(edges_of).collect();
        let mut starts = Vec::with_capacity(all.len() + 1);
        let mut earlier = Vec::with_capacity(edges.iter().map(|it| it.len()).sum());
        for edges in &edges {
            starts.push(number(earlier.len()));
            earlier.extend(edges.iter().map(|id| places.get(id).map_or(NONE, number)));
        }
        starts.push(number(earlier.len()));
        Self { all, kinds, edges, starts, earlier, places: Rc::new(places) }
    }

    /// The kinds of all.
    pub(crate) fn kinds(&self) -> impl Iterator<Item = &'static str> {
        self.kinds.iter()
    }

    pub(crate) fn len(&self) -> usize {
        self.all.len()
    }

    pub(crate) fn get(&self, id: &ResourceId) -> Option<&'d Declared> {
        self.place(id).map(|place| self.all[place])
    }

    /// What is declared at a place.
    pub(crate) fn at(&self, place: usize) -> &'d Declared {
        self.all[place]
    }

    /// Its place in the order of the ids.
    pub(crate) fn place(&self, id: &ResourceId) -> Option<usize> {
        self.places.current(id).or_else(|| self.places.get(id))
    }

    /// Questions are going to be about what is declared at this place.
    pub(crate) fn turn_to(&self, place: usize) {
        self.places.turn_to(place);
    }

    /// What the one at this place comes after.
    pub(crate) fn edges(&self, place: usize) -> &Ids {
        &self.edges[place]
    }

    /// The places of what the one at this place comes after, as far as that is declared.
    pub(crate) fn earlier(&self, place: usize) -> impl Iterator<Item = usize> {
        self.earlier_or_none(place).iter().filter(|it| **it != NONE).map(|it| *it as usize)
    }

    fn earlier_or_none(&self, place: usize) -> &[u32] {
        &self.earlier[self.starts[place] as usize..self.starts[place + 1] as usize]
    }

    /// The place of something that the one at a place comes after, where that is quickly told.
    pub(crate) fn referred(&self, from: usize, id: &ResourceId) -> Option<usize> {
        let edges = self.edges[from].iter().zip(self.earlier_or_none(from)).take(8);
        let mut same = edges.filter(|(edge, _)| address(edge) == address(id));
        same.next().filter(|(_, place)| **place != NONE).map(|(_, place)| *place as usize)
    }

    /// The places of all, so that each comes after what it refers to.
    ///
    /// # Errors
    ///
    /// The resources of a cycle, each before the one that it refers to.
    pub(crate) fn order(&self) -> Result<Vec<usize>, Vec<&'d ResourceId>> {
        let mut graph = Graph::new(self.len());
        for later in 0..self.len() {
            for earlier in self.earlier(later) {
                graph.add(later, earlier, Order::Required);
            }
        }
        let order = graph.any_order();
        order.map_err(|cycle| cycle.into_iter().map(|it| &self.all[it].id).collect())
    }
}

/// One incarnation, as it is recorded and as it was seen; one of both at least.
#[derive(Clone, Copy)]
pub(crate) struct Known<'a> {
    pub(crate) key: &'a Key,
    pub(crate) entry: Option<&'a Entry>,
    pub(crate) look: Option<&'a Look>,
}

/// What is recorded, and what was seen.
pub(crate) struct Records<'a> {
    state: &'a State,
    /// All, by key.
    all: Vec<Known<'a>>,
    /// By the number of a resource: where its incarnations begin, and where the last ones end.
    starts: Vec<u32>,
    /// The number of what is declared at each place.
    of_declared: Vec<u32>,
    /// The place at which each is declared.
    declared: Vec<u32>,
    places: Rc<Places<'a>>,
    /// The one that was asked for last: most often it is asked for again, or the one after it.
    last: Cell<u32>,
    /// Worked out when another one is asked for.
    numbers: OnceCell<ById<u32>>,
}

impl<'a> Records<'a> {
    pub(crate) fn of(
        state: &'a State,
        observed: &'a Observed,
        declarations: &Declarations<'a>,
    ) -> Self {
        let all = both(state, observed);
        let mut starts = Vec::with_capacity(all.len() + 1);
        let mut of_declared = vec![NONE; declarations.len()];
        let mut declared = Vec::with_capacity(all.len());
        let (mut start, mut place) = (0, 0);
        for some in all.chunk_by(|a, b| a.key.id == b.key.id) {
            let id = &some[0].key.id;
            let compared = |place: usize| declarations.all.get(place).map(|it| it.id.cmp(id));
            let mut order = compared(place);
            while order == Some(Ordering::Less) {
                place += 1;
                order = compared(place);
            }
            let is_declared = order == Some(Ordering::Equal);
            if is_declared {
                of_declared[place] = number(declared.len());
            }
            declared.push(if is_declared { number(place) } else { NONE });
            starts.push(number(start));
            start += some.len();
        }
        starts.push(number(start));
        let (last, numbers) = (Cell::new(0), OnceCell::new());
        let places = Rc::clone(&declarations.places);
        Self { state, all, starts, of_declared, declared, places, last, numbers }
    }

    /// How many resources there are.
    pub(crate) fn len(&self) -> usize {
        self.declared.len()
    }

    /// Every incarnation, by key.
    pub(crate) fn all(&self) -> &[Known<'a>] {
        &self.all
    }

    /// The incarnations of a resource, oldest first.
    pub(crate) fn at(&self, number: usize) -> &[Known<'a>] {
        &self.all[self.starts[number] as usize..self.starts[number + 1] as usize]
    }

    /// Where a resource is declared.
    pub(crate) fn place(&self, number: usize) -> Option<usize> {
        Some(self.declared[number]).filter(|it| *it != NONE).map(|it| it as usize)
    }

    /// Its number in the order of the ids.
    pub(crate) fn number(&self, id: &ResourceId) -> Option<usize> {
        if self.all.is_empty() {
            return None;
        }
        if let Some(place) = self.places.current(id) {
            return Some(self.of_declared[place]).filter(|it| *it != NONE).map(|it| it as usize);
        }
        let is = |number: u32| {
            let some = self.starts.get(number as usize).and_then(|it| self.all.get(*it as usize));
            some.is_some_and(|it| it.key.id == *id)
        };
        let last = self.last.get();
        let number = match [last, last + 1].into_iter().find(|it| is(*it)) {
            Some(number) => number,
            None => match self.places.by_address(id) {
                Some(place) => self.of_declared[place],
                None => {
                    let ids = (0..self.len()).map(|it| self.at(it)[0].key.id.clone());
                    let numbers = self.numbers.get_or_init(|| ids.zip(0..).collect());
                    numbers.get(id).copied()?
                }
            },
        };
        if number == NONE {
            return None;
        }
        self.last.set(number);
        Some(number as usize)
    }

    /// The incarnations of what is declared at a place.
    pub(crate) fn of_place(&self, place: usize) -> &[Known<'a>] {
        match self.of_declared[place] {
            NONE => &[],
            number => {
                // It is what is decided on.
                self.last.set(number);
                self.at(number as usize)
            }
        }
    }

    fn known(&self, id: &ResourceId) -> &[Known<'a>] {
        self.number(id).map_or(&[], |number| self.at(number))
    }

    /// As [`State::incarnations`].
    pub(crate) fn incarnations(
        &self,
        id: &ResourceId,
    ) -> impl DoubleEndedIterator<Item = (&'a Key, &'a Entry)> {
        recorded(self.known(id))
    }

    /// As [`State::current`].
    pub(crate) fn current(&self, id: &ResourceId) -> Option<(&'a Key, &'a Entry)> {
        newest(self.known(id))
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

/// Those of the incarnations that are recorded.
fn recorded<'a>(known: &[Known<'a>]) -> impl DoubleEndedIterator<Item = (&'a Key, &'a Entry)> {
    known.iter().filter_map(|known| Some((known.key, known.entry?)))
}

/// The one that is in use: the newest that is not superseded.
pub(crate) fn newest<'a>(known: &[Known<'a>]) -> Option<(&'a Key, &'a Entry)> {
    recorded(known).rfind(|(_, entry)| !entry.superseded)
}

/// What is recorded along with what was seen, by key.
fn both<'a>(state: &'a State, observed: &'a Observed) -> Vec<Known<'a>> {
    let mut all = Vec::with_capacity(state.entries.len().max(observed.seen.len()));
    let (mut entries, mut looks) = (state.entries.iter(), observed.seen.iter());
    let (mut entry, mut look) = (entries.next(), looks.next());
    loop {
        let first = match (entry, look) {
            (Some((a, _)), Some((b, _))) => a.cmp(b),
            (Some(_), None) => Ordering::Less,
            (None, Some(_)) => Ordering::Greater,
            (None, None) => return all,
        };
        let recorded = entry.filter(|_| first != Ordering::Greater);
        let seen = look.filter(|_| first != Ordering::Less);
        let Some(key) = recorded.map(|it| it.0).or(seen.map(|it| it.0)) else { return all };
        all.push(Known { key, entry: recorded.map(|it| it.1), look: seen.map(|it| it.1) });
        if recorded.is_some() {
            entry = entries.next();
        }
        if seen.is_some() {
            look = looks.next();
        }
    }
}

/// Things are counted with 32 bits: each takes more memory than that many would have.
fn number(it: usize) -> u32 {
    u32::try_from(it).unwrap_or(NONE)
}
