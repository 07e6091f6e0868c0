//! The decision on what is declared and not in state: created, or adopted where it is there already.

use bicoastal_model::{Declared, Ownership, Packed};

use super::decide::{Decision, Planner};
use super::existing::{changed, weigh};
use crate::observe::{Look, Thing};
use crate::plan::Action;
use crate::state::{Key, Verb};

impl<'a> Planner<'a> {
    /// Something that state does not have: created, unless something is there already.
    pub(super) fn decide_new(
        &mut self,
        declared: &Declared,
        resolved: Packed,
        mut decision: Decision,
    ) {
        let key = Key::new(declared.id.clone(), self.records.next_incarnation(&declared.id));
        // What it was read by may be about to change, and then it says nothing.
        let stands = declared.adopt.is_some()
            || !declared
                .schema
                .identity
                .iter()
                .any(|field| resolved.get(field).is_some_and(Packed::has_unknown));
        match self.records.look(&key).filter(|_| stands) {
            Some(Look::Present(snapshot)) => {
                if self.may_adopt(declared, snapshot, &mut decision) {
                    self.decide_adoption(declared, resolved, decision, key, snapshot);
                }
            }
            Some(Look::Unknown(error)) => self.skip(declared, (**error).clone()),
            Some(Look::Absent) | None => {
                if let Some(physical) = &declared.adopt {
                    let message = format!("there is no {physical} to adopt");
                    self.error(declared, message, "drop the adoption to have it created");
                    return;
                }
                self.create(declared, resolved, decision, key);
            }
        }
    }

    fn may_adopt(
        &mut self,
        declared: &Declared,
        snapshot: &Thing,
        decision: &mut Decision,
    ) -> bool {
        let physical = &snapshot.physical;
        if declared.adopt.as_ref() == Some(physical) {
            decision.reasons.push(format!("the program adopts {physical}"));
            return true;
        }
        if snapshot.ownership == Ownership::Ours && declared.adopt.is_none() {
            decision.reasons.push(format!("{physical} bears the mark of this resource"));
            return true;
        }
        let known_as = self.state.entries.iter().find(|(key, entry)| {
            entry.kind == declared.schema.kind
                && entry.physical.as_ref() == Some(physical)
                && key.id != declared.id
        });
        let (message, hint) = match (known_as, &snapshot.ownership) {
            (Some((key, _)), _) => (
                format!("{physical} exists and is {} in state", key.id),
                format!("if it was renamed, say stack.renamed(&handle, \"{}\")", key.id),
            ),
            (None, Ownership::Foreign(whose)) => (
                format!("{physical} exists and is another's: {whose}"),
                format!(
                    "give this one another name, or take it over with stack.adopt(&handle, \"{physical}\")"
                ),
            ),
            (None, _) => (
                format!("{physical} exists and is not of this stack"),
                format!("to take it over, say stack.adopt(&handle, \"{physical}\")"),
            ),
        };
        self.error(declared, message, &hint);
        false
    }

    fn decide_adoption(
        &mut self,
        declared: &Declared,
        resolved: Packed,
        mut decision: Decision,
        key: Key,
        snapshot: &'a Thing,
    ) {
        let compared = self.compare(declared, resolved, &key, None, snapshot);
        if !compared.replace.is_empty() {
            let message = format!(
                "{} can't be adopted as declared: {}",
                snapshot.physical,
                compared.replace.join("; ")
            );
            self.error(declared, message, "declare it as it is, adopt it, then change it");
            return;
        }
        let wanted = compared.wanted;
        let mut member = self.fresh_member(declared, key, wanted.clone());
        member.verb = Verb::Adopt;
        member.physical = Some(snapshot.physical.clone());
        member.seen = Some(snapshot.props.clone());
        // What bears our mark is ours as long as it does.
        member.adopt = declared.adopt.is_some();
        decision.action = Some(Action::Adopt);
        weigh(&mut decision, declared.schema, &compared.fields);
        self.note_extras(declared, &compared.extras);
        self.conclude(declared, wanted, snapshot, changed(&compared.fields));
        decision.fields = compared.fields;
        decision.make = Some(Box::new(member));
        self.decisions.push(decision);
    }
}
