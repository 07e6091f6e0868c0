//! What came of it: the journal's records, and everything to be said.

use std::collections::BTreeSet;

use bicoastal_model::{Declared, OpError, Place, ResourceId, Seen, value};
use serde::{Deserialize, Serialize};

use super::candidate::Proof;
use super::rebuild::{By, Rebuild};
use crate::fold::IllegalSequence;
use crate::planner;
use crate::planner::identity::natural_key;
use crate::record::Record;
use crate::state::{Key, LookedUp, State};

/// How many things one begin is about: an entry of the journal stays small.
const AT_ONCE: usize = 50;

/// Something that was claimed.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Claimed {
    /// As what.
    pub key: Key,
    /// Its kind.
    pub kind: String,
    /// Where it is.
    pub place: Place,
    /// What AWS knows it by.
    pub physical: String,
    /// Why it is ours.
    pub proof: Proof,
    /// Whether the program declares it; if not, the next plan deletes it.
    pub declared: bool,
    /// Whether another incarnation has taken its place; then the next plan deletes it.
    pub superseded: bool,
    /// What differs from what the program wants: the next plan shows it.
    pub differs: Vec<String>,
    /// AWS's word, where it is at work on it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub busy: Option<String>,
    /// Secrets of it that count as applied as the program has them now: AWS does not tell.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub secrets: Vec<String>,
}

/// Something that was found and not claimed.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Left {
    /// What it is: its logical id, its address in a Terraform state, or what it is inside of.
    pub what: String,
    /// What AWS knows it by, or how it is named to people.
    pub physical: String,
    /// Why it was left.
    pub why: String,
    /// What can be done about it; empty for nothing.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub hint: String,
}

/// What came of it.
#[derive(Clone, Debug, PartialEq)]
pub struct Rebuilt {
    /// The generation of the state that it was made from; 0 for none.
    pub from: u64,
    /// What to append to the journal.
    pub records: Vec<Record>,
    /// The state with them folded in.
    pub state: State,
    /// What was claimed, by id.
    pub claimed: Vec<Claimed>,
    /// What was not.
    pub left: Vec<Left>,
    /// What could not be read, and was hence not claimed.
    pub unread: Vec<(ResourceId, OpError)>,
    /// Resources that the program declares and of which nothing was found.
    pub absent: Vec<ResourceId>,
}

impl Rebuild<'_> {
    /// The records that make the state, and everything to be said about it.
    ///
    /// # Errors
    ///
    /// Where the records can't follow each other: a defect.
    pub fn finish(mut self) -> Result<Rebuilt, IllegalSequence> {
        for (id, present) in std::mem::take(&mut self.strays) {
            self.claim_stray(&id, present);
        }
        self.list_inside();
        self.list_unmatched();
        let from = self.state.generation;
        let mut records = Vec::new();
        let mut state = self.state.clone();
        if from == 0 {
            records.push(Record::Opened {
                stack: state.stack.clone(),
                lineage: state.lineage.clone(),
            });
        }
        for (name, number) in &self.world.accounts {
            if !state.accounts.contains_key(name) {
                records.push(Record::Account { name: name.clone(), number: number.clone() });
            }
        }
        self.taken.sort_by(|a, b| a.begun.key.cmp(&b.begun.key));
        for (op, some) in (state.operations + 1..).zip(self.taken.chunks(AT_ONCE)) {
            let members = some.iter().map(|it| it.begun.clone()).collect();
            records.push(Record::Begin { op, members });
            let results = some.iter().map(|it| it.ended.clone()).collect();
            records.push(Record::End { op, results, at_ms: None });
        }
        let superseded = self.taken.iter().filter(|it| it.superseded);
        records.extend(superseded.map(|it| Record::Superseded { key: it.begun.key.clone() }));
        let found = |declared: &&Declared| declared.lookup;
        for declared in self.desired.resources.values().filter(found) {
            if let Some(Seen::Present(found)) = self.world.lookups.get(&declared.id)
                && !state.lookups.contains_key(&declared.id)
            {
                let kind = declared.schema.kind.to_owned();
                let found = Some(LookedUp { kind, outputs: found.outputs.clone().into() });
                records.push(Record::LookedUp { id: declared.id.clone(), found });
            }
        }
        for record in &records {
            state.fold(record)?;
        }
        let exports = planner::exports(self.desired, &state);
        let known = !exports.iter().any(|(_, value)| value::has_unknown(value));
        if known && !state.has_exports(&exports) {
            let record = Record::Exports { exports };
            state.fold(&record)?;
            records.push(record);
        }
        let absent = self.desired.resources.values();
        let absent = absent.filter(|it| !it.lookup && state.current(&it.id).is_none());
        let absent = absent.map(|it| it.id.clone()).collect();
        let mut claimed: Vec<Claimed> = self.taken.into_iter().map(|it| it.claimed).collect();
        claimed.sort_by(|a, b| a.key.cmp(&b.key));
        self.left.sort();
        self.left.dedup();
        Ok(Rebuilt { from, records, state, claimed, left: self.left, unread: self.unread, absent })
    }

    /// What is inside of what was claimed, and is nobody's that we know of.
    fn list_inside(&mut self) {
        let mut known: BTreeSet<(&str, String)> = BTreeSet::new();
        for declared in self.desired.resources.values().filter(|it| !it.lookup) {
            let schema = declared.schema;
            known.insert((schema.kind, natural_key(schema, &self.resolved(declared))));
        }
        for taken in &self.taken {
            let schema = self.catalog.get(&taken.begun.kind);
            if let (Some(schema), Some(wanted)) = (schema, &taken.begun.wanted) {
                known.insert((schema.kind, natural_key(schema, wanted)));
            }
        }
        for taken in &self.taken {
            for child in &taken.snapshot.children {
                let is_known = self.catalog.get(&child.kind).is_some_and(|schema| {
                    known.contains(&(schema.kind, natural_key(schema, &child.identity)))
                });
                if !is_known {
                    self.left.push(Left {
                        what: format!("inside {}", taken.begun.key.id),
                        physical: child.label.clone(),
                        why: "the program does not declare it; it is left alone".to_owned(),
                        hint: String::new(),
                    });
                }
            }
        }
    }

    /// What of another tool's state fits nothing that the program declares.
    fn list_unmatched(&mut self) {
        let By::User { open, .. } = &self.by else { return };
        for (address, found) in open {
            self.left.push(Left {
                what: address.clone(),
                physical: found.physical.clone(),
                why: "nothing that the program declares is this".to_owned(),
                hint: String::new(),
            });
        }
    }
}
