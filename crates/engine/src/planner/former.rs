//! Going back: an incarnation that was given up, or is about to be, is what the program wants again.

use bicoastal_model::{Declared, Objection, Ownership, Packed};

use super::decide::{Decision, Planner, Sight};
use super::declared::is_unborn;
use super::existing::{is_being_deleted, objection, unproved};
use super::identity::natural_key;
use crate::record::Record;
use crate::state::{Entry, Key};

impl<'a> Planner<'a> {
    /// Another incarnation that is there and can become what is wanted, where the one in use would
    /// have to be replaced or never came to be. A third one would only be in its way: it could not
    /// have the name that the former one still has.
    pub(super) fn former_self(
        &self,
        declared: &Declared,
        resolved: &Packed,
        key: &Key,
        entry: &Entry,
    ) -> Option<(&'a Key, &'a Entry)> {
        let others = self.records.incarnations(&declared.id).filter(|(other, _)| *other != key);
        let mut others: Vec<(&'a Key, &'a Entry)> = others.collect();
        if others.is_empty() {
            return None;
        }
        let can_become = |key: &Key, entry: &Entry| {
            entry.kind == declared.schema.kind
                && match self.seen(key) {
                    Sight::Present(snapshot) => {
                        snapshot.ownership != Ownership::Unmarked || !is_unborn(entry)
                    }
                    _ => false,
                }
                && self.fits(declared, resolved, key, entry)
        };
        let given_up = match self.seen(key) {
            Sight::Present(_) => {
                entry.kind != declared.schema.kind || !self.fits(declared, resolved, key, entry)
            }
            Sight::Absent => is_unborn(entry),
            Sight::Unknown(_) => false,
        };
        if !given_up {
            return None;
        }
        others.reverse();
        others.into_iter().find(|(key, entry)| can_become(key, entry))
    }

    /// Whether what is there can be made as wanted without a replacement.
    fn fits(&self, declared: &Declared, resolved: &Packed, key: &Key, entry: &Entry) -> bool {
        let Sight::Present(snapshot) = self.seen(key) else { return false };
        !matches!(snapshot.ownership, Ownership::Foreign(_))
            && !is_being_deleted(entry, snapshot)
            && self
                .compare(declared, resolved.clone(), key, Some(entry), snapshot)
                .replace
                .is_empty()
    }

    /// The former one is in use again, and the one in use is given up.
    pub(super) fn go_back(
        &mut self,
        decision: &mut Decision,
        (key, entry): (&Key, &Entry),
        (other, former): (&Key, &Entry),
    ) {
        if former.superseded {
            decision.records.push(Record::Restored { key: other.clone() });
        }
        let there = matches!(self.seen(key), Sight::Present(_));
        if there && !entry.superseded {
            decision.records.push(Record::Superseded { key: key.clone() });
        } else if !there {
            // Its successor never came to be, and is not needed any more.
            decision.records.push(Record::Forgotten {
                key: key.clone(),
                reason: "its predecessor is as wanted".to_owned(),
            });
        }
        if former.superseded {
            decision.reasons.push("it is what it was before, which is still there".to_owned());
        }
        self.chosen.insert(other.id.clone(), other.clone());
    }

    /// Other incarnations that are there and have the name that the next one is to have: they go
    /// first.
    pub(super) fn in_the_way(
        &self,
        declared: &Declared,
        wanted: &Packed,
    ) -> Vec<(&'a Key, &'a Entry)> {
        let schema = declared.schema;
        if schema.identity.is_empty() {
            return Vec::new();
        }
        let name = natural_key(schema, wanted);
        let holds = |key: &Key, entry: &Entry| match self.seen(key) {
            Sight::Present(snapshot) => {
                entry.kind == schema.kind && natural_key(schema, &snapshot.props) == name
            }
            _ => false,
        };
        let others = self.records.incarnations(&declared.id);
        others.filter(|(key, entry)| holds(key, entry)).collect()
    }

    /// What has the name goes first: an outage, if it still serves.
    pub(super) fn make_way(
        &mut self,
        decision: &mut Decision,
        declared: &Declared,
        in_the_way: Vec<(&Key, &Entry)>,
    ) {
        for (key, entry) in in_the_way {
            let planned = decision.deletes.iter().any(|it| it.key == *key);
            if let (Sight::Present(snapshot), false) = (self.seen(key), planned) {
                if let Some(objection) = objection(entry, declared.schema, snapshot) {
                    let physical = &snapshot.physical;
                    let message = match objection {
                        Objection::Anothers(whose) => {
                            format!("{physical} exists and is another's: {whose}")
                        }
                        objection => unproved(&objection, physical),
                    };
                    self.error(declared, message, "give this one another name");
                    continue;
                }
                decision.reasons.push(format!("{key} still has its name, and goes first"));
                decision.delete(self.delete_member(key, entry, snapshot, Some(declared)));
            }
        }
    }
}
