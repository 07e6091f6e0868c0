//! The decision on what state has and the program does not declare (any more).

use std::cell::OnceCell;
use std::collections::BTreeSet;

use bicoastal_model::{Diagnostic, Objection, ResourceId, Schema};

use super::decide::{Decision, Planner, Sight};
use super::existing::{objection, unproved};
use super::index::{Known, newest};
use crate::observe::Thing;
use crate::plan::{Action, Unseen};
use crate::record::Record;
use crate::state::{Entry, Key};

impl Planner<'_> {
    /// Decides on every entry that no declaration stands for: those of undeclared resources, and
    /// predecessors of declared ones.
    pub(crate) fn decide_undeclared(&mut self) {
        // Those that were decided on so far; hardly anybody asks.
        let decided = self.decisions.len();
        let handled = OnceCell::new();
        // Of a successor that could not be seen nobody knows whether it is there.
        let mut unseen: BTreeSet<ResourceId> =
            self.unseen.iter().map(|unseen| unseen.id.clone()).collect();
        for number in 0..self.records.len() {
            if self.gathered.is_alone(number) {
                continue;
            }
            let declared = self.records.place(number).map(|place| self.declared.at(place));
            let gone = declared.is_none_or(|it| it.lookup) || self.options.destroy;
            if declared.is_none_or(|it| it.lookup) {
                let known = self.records.at(number);
                self.gathered.take(&known[0].key.id, known, None, self.catalog);
            }
            let made = self.decisions.len();
            for at in 0..self.records.at(number).len() {
                let Known { key, entry, .. } = self.records.at(number)[at];
                let Some(entry) = entry else { continue };
                let Some(schema) = self.catalog.get(&entry.kind) else { continue };
                if entry.is_stranger() {
                    let mut decision = blank(key, entry, schema);
                    decision.records.push(Record::Forgotten {
                        key: key.clone(),
                        reason: "it never was ours; if it is still there, it is seen".to_owned(),
                    });
                    self.decisions.push(decision);
                } else if gone {
                    self.retire(key, entry, schema);
                } else if !unseen.contains(&key.id)
                    && self.is_not_chosen(number, key)
                    && !handled.get_or_init(|| handled_by(&self.decisions[..decided])).contains(key)
                {
                    let before = self.unseen.len();
                    self.retire_predecessor(key, entry, schema);
                    unseen.extend(self.unseen.iter().skip(before).map(|it| it.id.clone()));
                }
            }
            self.decisions[made..].iter_mut().for_each(Decision::name_regions);
        }
    }

    /// Whether it is another incarnation that was decided on.
    fn is_not_chosen(&self, number: usize, key: &Key) -> bool {
        let newest = newest(self.records.at(number)).map(|(newest, _)| newest);
        self.chosen.get(&key.id).or(newest) != Some(key)
    }

    fn retire_predecessor(&mut self, key: &Key, entry: &Entry, schema: &'static Schema) {
        let mut decision = blank(key, entry, schema);
        match self.seen(key) {
            Sight::Absent => decision.records.push(Record::Forgotten {
                key: key.clone(),
                reason: "another one took its place, and it is gone".to_owned(),
            }),
            Sight::Unknown(error) => {
                self.unseen.push(Unseen { id: key.id.clone(), error });
                return;
            }
            Sight::Present(snapshot) => {
                if !self.left_alone(&mut decision, (key, entry), schema, snapshot) {
                    decision.action = Some(Action::Delete);
                    decision.risk = schema.delete_risk;
                    decision.reasons.push("another one takes its place".to_owned());
                    let declared = self.declared.get(&key.id);
                    let mut member = self.delete_member(key, entry, snapshot, declared);
                    member.superseded = true;
                    decision.delete(member);
                }
            }
        }
        self.decisions.push(decision);
    }

    fn retire(&mut self, key: &Key, entry: &Entry, schema: &'static Schema) {
        let mut decision = blank(key, entry, schema);
        let why =
            if self.options.destroy { "everything is destroyed" } else { "no longer declared" };
        match self.seen(key) {
            Sight::Unknown(error) if !entry.retained => {
                self.unseen.push(Unseen { id: key.id.clone(), error });
                return;
            }
            Sight::Absent => forget(&mut decision, key, "it is gone already"),
            _ if entry.retained => {
                forget(&mut decision, key, "no longer declared, and to be left alone");
            }
            Sight::Unknown(_) => {}
            Sight::Present(snapshot) => {
                if !self.left_alone(&mut decision, (key, entry), schema, snapshot) {
                    decision.action = Some(Action::Delete);
                    decision.risk = schema.delete_risk;
                    decision.reasons.push(why.to_owned());
                    decision.delete(self.delete_member(key, entry, snapshot, None));
                }
            }
        }
        self.decisions.push(decision);
    }

    /// Forgets what is there and not ours to delete; whether it is.
    pub(super) fn left_alone(
        &mut self,
        decision: &mut Decision,
        (key, entry): (&Key, &Entry),
        schema: &Schema,
        snapshot: &Thing,
    ) -> bool {
        let Some(objection) = objection(entry, schema, snapshot) else { return false };
        let message = match objection {
            Objection::Anothers(whose) => {
                format!("{} is another's now, and is left alone: {whose}", snapshot.physical)
            }
            objection => format!("{}: left alone", unproved(&objection, &snapshot.physical)),
        };
        self.warnings.push(Diagnostic::warning(message.clone()).of(&key.id));
        forget(decision, key, &message);
        true
    }
}

/// The incarnations that decisions are about.
fn handled_by(decisions: &[Decision]) -> BTreeSet<Key> {
    let mut handled = BTreeSet::new();
    for decision in decisions {
        let members = decision.make.iter().chain(&decision.deletes);
        handled.extend(members.map(|member| member.key.clone()));
        handled.extend(decision.records.iter().filter_map(|record| match record {
            Record::Forgotten { key, .. } | Record::Noted { key, .. } => Some(key.clone()),
            _ => None,
        }));
    }
    handled
}

fn forget(decision: &mut Decision, key: &Key, reason: &str) {
    decision.action = Some(Action::Forget);
    decision.reasons.push(reason.to_owned());
    decision.records.push(Record::Forgotten { key: key.clone(), reason: reason.to_owned() });
}

fn blank(key: &Key, entry: &Entry, schema: &Schema) -> Decision {
    Decision::on(&key.id, entry.kind.clone(), &entry.place, schema.tier)
}
