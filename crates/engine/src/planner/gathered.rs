//! What is asked of everything that is known, asked while each is at hand: in a large stack most of
//! what a question costs is that what it is about is not.

use std::collections::BTreeMap;

use bicoastal_model::{Catalog, Packed, Region, ResourceId};

use super::fingerprint::Fingerprint;
use super::identity::Identities;
use super::index::{Known, Records};
use super::kinds::Kinds;
use super::resolve::Outputs;
use crate::observe::{Look, Thing};
use crate::state::{Entry, Key};

/// What has to be known before anything is decided on.
#[derive(Default)]
pub(crate) struct Survey<'a> {
    /// What others may have put something into, by key.
    pub(crate) parents: Vec<(&'a Key, &'a Entry, &'a Thing)>,
    /// Where spanning things are written at present.
    pub(crate) writers: BTreeMap<ResourceId, Region>,
}

impl<'a> Survey<'a> {
    /// Of everything that was seen; and the kinds of what is inside of it.
    pub(crate) fn of(records: &Records<'a>) -> (Self, Identities<'a>) {
        let mut survey = Self::default();
        let mut inside = Identities::default();
        for known in records.all() {
            let Some(Look::Present(thing)) = known.look else { continue };
            if !thing.children.is_empty() {
                thing.children.iter().for_each(|child| inside.ask_for(&child.kind));
                survey.parents.extend(known.entry.map(|entry| (known.key, entry, &**thing)));
            }
            let writer = thing.facts.get("writer_region").and_then(Packed::as_str);
            if let Some(Ok(writer)) = writer.map(str::parse) {
                survey.writers.insert(known.key.id.clone(), writer);
            }
        }
        (survey, inside)
    }
}

/// What is gathered while things are decided on.
pub(crate) struct Gathered<'a> {
    pub(crate) fingerprint: Fingerprint,
    /// The natural keys of everything that state has or the program wants, of the kinds that are
    /// inside of something.
    pub(crate) identities: Identities<'a>,
    /// The kinds that state has.
    kinds: Kinds<'a>,
    /// By number: nothing is recorded but the one that was decided on.
    alone: Vec<bool>,
}

impl<'a> Gathered<'a> {
    pub(crate) fn new(identities: Identities<'a>) -> Self {
        Self {
            fingerprint: Fingerprint::new(),
            identities,
            kinds: Kinds::default(),
            alone: Vec::new(),
        }
    }

    /// All that is known of one resource. `outputs` are those of what is declared.
    pub(crate) fn take(
        &mut self,
        id: &ResourceId,
        known: &[Known<'a>],
        outputs: Option<&Outputs>,
        catalog: &Catalog,
    ) {
        let wanted = outputs.filter(|it| it.decided);
        for it in known {
            self.fingerprint.seen(it);
            let Some(entry) = it.entry else { continue };
            let kind = entry.kind.as_str();
            self.kinds.see(kind);
            // Of what was of another kind no properties are wanted.
            let same = wanted.filter(|it| it.schema.kind == kind).map(|it| &it.wanted);
            self.identities.take(entry, same, catalog);
        }
        if let Some(outputs) = wanted {
            self.fingerprint.wanted(id, &outputs.wanted);
            self.identities.insert(outputs.schema, &outputs.wanted);
        }
    }

    /// The kinds that state has, as far as they were taken.
    pub(crate) fn kinds(&self) -> Vec<&'a str> {
        self.kinds.iter().collect()
    }

    /// Nothing is recorded of this resource but one incarnation, which was decided on.
    pub(crate) fn mark_alone(&mut self, number: usize, of: usize) {
        if self.alone.is_empty() {
            self.alone.resize(of, false);
        }
        self.alone[number] = true;
    }

    pub(crate) fn is_alone(&self, number: usize) -> bool {
        self.alone.get(number).copied().unwrap_or_default()
    }
}
