//! State is the fold of the journal; a sequence that can't have happened is refused.

use bicoastal_model::secrets;
use bicoastal_model::value::SECRET;
use bicoastal_model::{Claim, Fields, Packed, Region, ResourceId, ScopeKind, Word};

use crate::record::{Begun, Ended, Record};
use crate::state::{Doubt, Entry, Key, State, UnderWay, Verb};

/// A journal that says what can't have happened: it was damaged, mixed up with another one, or
/// written by two at once.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "entry {position} of the journal ({entry}) does not follow from what is before it: {why}\n  hint: the journal was mixed up with another one or written by two at once; restore it from a copy"
)]
pub struct IllegalSequence {
    /// The number of the entry, from 1.
    pub position: u64,
    /// What the entry is: `begin`, `end`, …
    pub entry: &'static str,
    /// What is wrong with it.
    pub why: String,
}

/// Marks an operation that has ended in failure among the doubts: nothing is under way any more,
/// but only the cloud can tell how far it came.
pub const ENDED: u64 = 0;

impl State {
    /// Adds one entry of the journal. On an error nothing is changed.
    ///
    /// # Errors
    ///
    /// Where the entry can't follow what was folded before, with its position.
    pub fn fold(&mut self, record: &Record) -> Result<(), IllegalSequence> {
        let position = self.generation + 1;
        self.apply(record).map_err(|why| IllegalSequence {
            position,
            entry: record.name(),
            why,
        })?;
        self.generation = position;
        Ok(())
    }

    /// Adds numbered entries of a journal, skipping those that are folded in already.
    ///
    /// # Errors
    ///
    /// Where an entry is missing, or can't follow what was folded before.
    pub fn replay(&mut self, records: &[(u64, Record)]) -> Result<(), IllegalSequence> {
        for (number, record) in records {
            if *number <= self.generation {
                continue;
            }
            if *number != self.generation + 1 {
                return Err(IllegalSequence {
                    position: *number,
                    entry: record.name(),
                    why: format!("entry {} is missing", self.generation + 1),
                });
            }
            self.fold(record)?;
        }
        Ok(())
    }

    fn apply(&mut self, record: &Record) -> Result<(), String> {
        if self.generation == 0 && !matches!(record, Record::Opened { .. }) {
            return Err("a journal opens with whose it is".to_owned());
        }
        match record {
            Record::Opened { stack, lineage } => self.opened(stack, lineage),
            Record::Account { name, number } => match self.accounts.get(name) {
                Some(bound) if bound != number => {
                    Err(format!("account '{name}' is bound to {bound}, not to {number}"))
                }
                _ => {
                    self.accounts.insert(name.clone(), number.clone());
                    Ok(())
                }
            },
            Record::Begin { op, members } => self.begin(*op, members),
            Record::Named { op, key, physical } => {
                let entry = self.entry(key)?;
                if *op == ENDED || entry.doubt.as_ref().is_none_or(|doubt| doubt.op != *op) {
                    return Err(format!("operation {op} is not under way on {key}"));
                }
                entry.physical = Some(physical.clone());
                Ok(())
            }
            Record::End { op, results, at_ms } => {
                self.end(*op, results)?;
                let made = results.iter().any(|ended| matches!(ended, Ended::Present { .. }));
                if made && at_ms.is_some() {
                    self.changed_ms = *at_ms;
                }
                Ok(())
            }
            Record::Noted { key, physical, applied, outputs, edges, protected, retained } => {
                let entry = self.entry(key)?;
                if entry.superseded {
                    return Err(format!("{key} is superseded"));
                }
                if physical.is_some() {
                    entry.physical.clone_from(physical);
                }
                entry.applied = Some(applied.clone());
                entry.outputs = outputs.clone();
                entry.edges = edges.clone();
                entry.protected = *protected;
                entry.retained = *retained;
                entry.doubt = None;
                settle_members(entry);
                Ok(())
            }
            Record::Superseded { key } => {
                let entry = self.entry(key)?;
                if entry.superseded {
                    return Err(format!("{key} is superseded already"));
                }
                entry.superseded = true;
                Ok(())
            }
            Record::Restored { key } => {
                let entry = self.entry(key)?;
                if !entry.superseded {
                    return Err(format!("{key} is not superseded"));
                }
                entry.superseded = false;
                Ok(())
            }
            Record::Forgotten { key, .. } => {
                self.entry(key)?;
                self.remove(key);
                Ok(())
            }
            Record::Moved { from, to } => self.moved(from, to),
            Record::Protected { id, protected } => {
                let keys: Vec<Key> = self.incarnations(id).map(|(key, _)| key.clone()).collect();
                if keys.is_empty() {
                    return Err(format!("{id} is not recorded"));
                }
                for key in keys {
                    self.entry(&key)?.protected = *protected;
                }
                Ok(())
            }
            Record::LookedUp { id, found } => {
                match found {
                    Some(found) => self.lookups.insert(id.clone(), found.clone()),
                    None => self.lookups.remove(id),
                };
                Ok(())
            }
            Record::Exports { exports } => {
                self.exports.clone_from(exports);
                Ok(())
            }
        }
    }

    fn opened(&mut self, stack: &str, lineage: &str) -> Result<(), String> {
        if self.generation != 0 {
            return Err("the journal is open already".to_owned());
        }
        if !self.stack.is_empty() && self.stack != stack {
            return Err(format!("it is the journal of stack '{stack}', not of '{}'", self.stack));
        }
        if !self.lineage.is_empty() && self.lineage != lineage {
            return Err(format!("its lineage is {lineage}, not {}", self.lineage));
        }
        stack.clone_into(&mut self.stack);
        lineage.clone_into(&mut self.lineage);
        Ok(())
    }

    fn entry(&mut self, key: &Key) -> Result<&mut Entry, String> {
        self.entries.get_mut(key).ok_or_else(|| format!("{key} is not recorded"))
    }

    fn remove(&mut self, key: &Key) {
        self.entries.remove(key);
        let last = self.retired.entry(key.id.clone()).or_default();
        *last = key.incarnation.max(*last);
    }

    fn begin(&mut self, op: u64, members: &[Begun]) -> Result<(), String> {
        if op <= self.operations {
            return Err(format!("operation {op} comes after operation {}", self.operations));
        }
        if members.is_empty() {
            return Err(format!("operation {op} is about nothing"));
        }
        if !members.is_sorted_by(|a, b| a.key < b.key) {
            return Err(format!(
                "the members of operation {op} are not in the order of their keys"
            ));
        }
        for begun in members {
            self.can_begin(begun)?;
        }
        self.operations = op;
        for begun in members {
            self.begun(op, begun);
        }
        self.under_way.0.insert(op, members.iter().map(|begun| begun.key.clone()).collect());
        Ok(())
    }

    fn can_begin(&self, begun: &Begun) -> Result<(), String> {
        let Begun { key, verb, .. } = begun;
        if begun.wanted.is_some() == (*verb == Verb::Delete) {
            return Err(format!("what is wanted of {key} does not fit what is done to it"));
        }
        let makes = matches!(verb, Verb::Create | Verb::Adopt);
        let Some(entry) = self.entries.get(key) else {
            // What others put into a thing that is claimed as a whole is deleted unrecorded.
            if *verb == Verb::Update {
                return Err(format!("{key} is not recorded"));
            }
            let retired = self.retired.get(&key.id).copied().unwrap_or(0);
            if key.incarnation <= retired {
                return Err(format!("incarnation {retired} of {} is gone for good", key.id));
            }
            return Ok(());
        };
        if makes && (entry.applied.is_some() || entry.doubt.is_none()) {
            return Err(format!("{key} is there already"));
        }
        if entry.superseded && *verb != Verb::Delete {
            return Err(format!("{key} is superseded"));
        }
        if entry.kind != begun.kind {
            return Err(format!("{key} is a {}, not a {}", entry.kind, begun.kind));
        }
        if entry.token != begun.token {
            return Err(format!("{key} has another token"));
        }
        Ok(())
    }

    fn begun(&mut self, op: u64, begun: &Begun) {
        let doubt = Some(Doubt { op, verb: begun.verb, wanted: begun.wanted.clone() });
        match self.entries.get_mut(&begun.key) {
            None => {
                let entry = Entry {
                    kind: begun.kind.clone(),
                    place: begun.place.clone(),
                    born: begun.born.clone(),
                    token: begun.token.clone(),
                    physical: begun.physical.clone(),
                    applied: None,
                    outputs: Fields::default(),
                    edges: begun.edges.clone(),
                    protected: begun.protected,
                    retained: begun.retained,
                    superseded: false,
                    doubt,
                };
                self.entries.insert(begun.key.clone(), entry);
            }
            Some(entry) => {
                // What an earlier operation was about to set stays mentioned until it is settled.
                if matches!(begun.verb, Verb::Update | Verb::Delete) {
                    entry.applied = entry.base();
                }
                entry.doubt = doubt;
                entry.place = begun.place.clone();
                if begun.physical.is_some() {
                    entry.physical.clone_from(&begun.physical);
                }
                entry.edges.clone_from(&begun.edges);
                // A delete that fails leaves its protection as it was.
                if begun.verb != Verb::Delete {
                    entry.protected = begun.protected;
                    entry.retained = begun.retained;
                }
            }
        }
    }

    fn end(&mut self, op: u64, results: &[Ended]) -> Result<(), String> {
        let keys = self.members(op);
        if op == ENDED || keys.is_empty() {
            return Err(format!("operation {op} is not under way"));
        }
        if keys.len() != results.len() {
            return Err(format!(
                "operation {op} is about {} things and has {} results",
                keys.len(),
                results.len()
            ));
        }
        for (key, ended) in keys.iter().zip(results) {
            let Some(entry) = self.entries.get(key) else { continue };
            let Some(doubt) = &entry.doubt else { continue };
            let fits = match ended {
                Ended::Present { .. } => doubt.verb != Verb::Delete,
                Ended::Gone => doubt.verb == Verb::Delete,
                Ended::NotBegun(_) => doubt.verb != Verb::Create || entry.physical.is_none(),
                Ended::Failed(_) => true,
            };
            if !fits {
                return Err(format!("{key} can't end as {}", ended.name()));
            }
        }
        for (key, ended) in keys.iter().zip(results) {
            self.ended(key, ended);
        }
        self.under_way.0.remove(&op);
        Ok(())
    }

    /// The things that an operation is under way on, in the order of their keys.
    fn members(&self, op: u64) -> Vec<Key> {
        let is_under_way = |entry: &Entry| entry.doubt.as_ref().is_some_and(|doubt| doubt.op == op);
        match self.under_way.0.get(&op) {
            Some(keys) => {
                let still = |key: &&Key| self.entries.get(*key).is_some_and(is_under_way);
                keys.iter().filter(still).cloned().collect()
            }
            // It began before this state was read from somewhere.
            None => {
                let all = self.entries.iter().filter(|(_, entry)| is_under_way(entry));
                all.map(|(key, _)| key.clone()).collect()
            }
        }
    }

    fn ended(&mut self, key: &Key, ended: &Ended) {
        let Some(entry) = self.entries.get_mut(key) else { return };
        match ended {
            Ended::Present { physical, outputs } => {
                entry.applied = entry.doubt.take().and_then(|doubt| doubt.wanted);
                entry.physical = Some(physical.clone());
                entry.outputs = outputs.clone();
                settle_members(entry);
            }
            Ended::Gone => self.remove(key),
            // It never was ours, so there is nothing to settle.
            Ended::Failed(_) if entry.is_stranger() => self.remove(key),
            Ended::Failed(_) => {
                if let Some(doubt) = &mut entry.doubt {
                    doubt.op = ENDED;
                }
            }
            Ended::NotBegun(_) => {
                entry.doubt = None;
                if entry.applied.is_none() {
                    self.entries.remove(key);
                }
            }
        }
    }

    fn moved(&mut self, from: &ResourceId, to: &ResourceId) -> Result<(), String> {
        let keys: Vec<Key> = self.incarnations(from).map(|(key, _)| key.clone()).collect();
        if keys.is_empty() {
            return Err(format!("{from} is not recorded"));
        }
        if self.incarnations(to).next().is_some() {
            return Err(format!("{to} is recorded already"));
        }
        for key in keys {
            if let Some(entry) = self.entries.remove(&key) {
                self.entries.insert(Key::new(to.clone(), key.incarnation), entry);
            }
        }
        self.under_way = UnderWay::default();
        if let Some(last) = self.retired.remove(from) {
            let there = self.retired.entry(to.clone()).or_default();
            *there = last.max(*there);
        }
        for entry in self.entries.values_mut() {
            entry.edges.replace(from, to);
        }
        Ok(())
    }
}

impl Entry {
    /// Whether it stands for something of somebody else's that is only being deleted.
    pub fn is_stranger(&self) -> bool {
        self.applied.is_none() && self.doubt.as_ref().is_some_and(|it| it.verb == Verb::Delete)
    }

    /// What may be taken for it, of what is found: it is made, or its creation is in doubt.
    pub fn claim(&self) -> Claim {
        if self.applied.is_none() && self.physical.is_none() { Claim::InDoubt } else { Claim::Made }
    }

    /// What counts as mentioned: what was last applied, plus what an operation was about to set
    /// that has not ended well. `None` where nothing is known to have been set.
    pub fn base(&self) -> Option<Packed> {
        let doubted = self.doubt.as_ref().and_then(|doubt| doubt.wanted.as_ref());
        match (&self.applied, doubted) {
            (Some(applied), Some(wanted)) => Some(merged(applied, wanted)),
            (Some(applied), None) => Some(applied.clone()),
            // Not every call that makes a thing, or takes it over, takes its secrets.
            (None, Some(wanted)) => Some(in_doubt(wanted, &Packed::NULL)),
            (None, None) => None,
        }
    }
}

/// What was applied before, plus what was about to be set: everything that either mentions stays
/// mentioned, and where both do, the later one holds. A secret that was about to be set or to change
/// is neither the one nor the other: it is marked so that no digest fits it, and is set again.
pub fn merged(applied: &Packed, about: &Packed) -> Packed {
    if applied == about {
        return about.clone();
    }
    if about.marker(SECRET).is_some() {
        return in_doubt(about, applied);
    }
    if let (Some(applied), Some(about)) = (applied.as_object(), about.as_object()) {
        let unset =
            applied.iter().filter(|(name, value)| !about.contains_key(name) && secrets::has(value));
        let unset: Vec<(Word, Packed)> =
            unset.map(|(name, value)| (name.into(), in_doubt(value, &Packed::NULL))).collect();
        let about = about.to_vec().into_iter().map(|(name, value)| {
            let value = match applied.get(&name) {
                Some(before) => merged(before, &value),
                None => in_doubt(&value, &Packed::NULL),
            };
            (name, value)
        });
        return applied.with(unset).with(about).into();
    }
    if let (Some(applied), Some(about)) = (applied.as_array(), about.as_array()) {
        // Elements of either may be there, and either's are ours to remove.
        let (before, after) = (applied, about);
        let (applied, about) = (Packed::list(applied.to_vec()), Packed::list(about.to_vec()));
        let former = before.iter().filter(|item| !after.contains(item));
        let former = former.map(|item| in_doubt(item, &about));
        return Packed::list(after.iter().map(|item| in_doubt(item, &applied)).chain(former));
    }
    in_doubt(about, applied)
}

/// The value with its secrets marked so that no digest fits them, but for those that were applied:
/// two secrets never have one digest.
fn in_doubt(value: &Packed, applied: &Packed) -> Packed {
    if !secrets::has(value) {
        return value.clone();
    }
    let known = secrets::markers(applied);
    value.rewrite(&mut |inner| {
        let digest = inner.marker(SECRET)?;
        let known = known.iter().any(|(_, it)| *it == digest);
        (!known).then(|| Packed::object([(SECRET.into(), "in doubt".into())]))
    })
}

/// A spanning thing is where it was applied to, now that this is settled.
fn settle_members(entry: &mut Entry) {
    if entry.place.scope != ScopeKind::Spanning {
        return;
    }
    let regions = entry.applied.as_ref().and_then(|applied| applied.get("regions")?.as_array());
    let regions: Option<Vec<Region>> =
        regions.and_then(|all| all.iter().map(|it| it.as_str()?.parse().ok()).collect());
    if let Some(regions) = regions {
        entry.place.regions = regions;
        entry.place.regions.sort();
    }
}

impl Record {
    /// What it is, in a word.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Opened { .. } => "opened",
            Self::Account { .. } => "account",
            Self::Begin { .. } => "begin",
            Self::Named { .. } => "named",
            Self::End { .. } => "end",
            Self::Noted { .. } => "noted",
            Self::Superseded { .. } => "superseded",
            Self::Restored { .. } => "restored",
            Self::Forgotten { .. } => "forgotten",
            Self::Moved { .. } => "moved",
            Self::Protected { .. } => "protected",
            Self::LookedUp { .. } => "looked up",
            Self::Exports { .. } => "exports",
        }
    }
}

impl Ended {
    fn name(&self) -> &'static str {
        match self {
            Self::Present { .. } => "present",
            Self::Gone => "gone",
            Self::Failed(_) => "failed",
            Self::NotBegun(_) => "not begun",
        }
    }
}
