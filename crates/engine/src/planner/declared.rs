//! The decision on what the program declares.

use std::collections::BTreeSet;

use bicoastal_model::diff::{Cause, diff};
use bicoastal_model::value::Ref;
use bicoastal_model::{Declared, Diagnostic, Fields, OpError, Packed, Risk, Status};

use super::decide::{Decision, Planner, Sight};
use super::index::{Known, newest};
use super::resolve::{Output, Outputs, with_name, with_ownership};
use crate::observe::{Thing, union};
use crate::plan::{Action, Unseen};
use crate::record::Record;
use crate::state::{Entry, Key, Verb};

impl<'a> Planner<'a> {
    /// Decides on what is declared at a place. What it refers to is decided on already.
    pub(crate) fn decide(&mut self, place: usize) {
        self.declared.turn_to(place);
        let declared = self.declared.at(place);
        let before = self.decisions.len();
        self.decide_on(place, declared);
        self.decisions[before..].iter_mut().for_each(Decision::name_regions);
        let known = self.records.of_place(place);
        let outputs = self.outputs[place].as_ref();
        self.gathered.take(&declared.id, known, outputs, self.catalog);
        if let Some(number) = self.records.number(&declared.id)
            && let [Known { entry: Some(entry), .. }] = known
            && !entry.superseded
            && !entry.is_stranger()
        {
            self.gathered.mark_alone(number, self.records.len());
        }
    }

    fn decide_on(&mut self, place: usize, declared: &'a Declared) {
        if let Some(error) = self.lacks(place) {
            self.skip(declared, error);
            return;
        }
        let resolved = self.resolved(declared);
        let Some((mut key, mut entry)) = newest(self.records.of_place(place)) else {
            self.decide_new(declared, resolved, self.undecided(declared));
            return;
        };
        // Most often nothing is to be done, and then no decision is made.
        let mut begun = None;
        if let Some((other, former)) = self.former_self(declared, &resolved, key, entry) {
            let decision = begun.insert(self.undecided(declared));
            self.go_back(decision, (key, entry), (other, former));
            (key, entry) = (other, former);
        }
        if entry.kind != declared.schema.kind {
            let decision = begun.unwrap_or_else(|| self.undecided(declared));
            self.decide_other_kind(declared, resolved, decision, key, entry);
            return;
        }
        match self.seen(key) {
            Sight::Unknown(error) => {
                self.unseen.push(Unseen { id: declared.id.clone(), error: error.clone() });
                if entry.applied.is_none() {
                    // Its creation never ended, so no outputs are recorded: what refers to it waits.
                    self.unavailable.insert(declared.id.clone(), error);
                    return;
                }
                let outputs = Outputs::unchanged(declared.schema, resolved, entry.outputs.clone());
                self.settle(&declared.id, outputs);
            }
            Sight::Absent => {
                let decision = self.going_on(begun, declared, entry);
                self.decide_gone(declared, resolved, decision, key, entry);
            }
            Sight::Present(snapshot) => {
                if self.not_ours(declared, key, entry, snapshot, &resolved) {
                    return;
                }
                self.decide_existing(declared, resolved, begun, (key, entry, snapshot));
            }
        }
    }

    /// A decision on what is declared and in state, where none was begun.
    pub(super) fn going_on(
        &self,
        begun: Option<Decision>,
        declared: &Declared,
        entry: &Entry,
    ) -> Decision {
        let mut decision = begun.unwrap_or_else(|| self.undecided(declared));
        decision.place = union(&entry.place, &declared.place);
        decision
    }

    /// Why it can't be decided on: something that it refers to could not be read.
    fn lacks(&self, place: usize) -> Option<OpError> {
        if self.unavailable.is_empty() {
            return None;
        }
        let edges = self.declared.edges(place).iter();
        edges.filter_map(|edge| self.unavailable.get(edge)).next().cloned()
    }

    pub(super) fn skip(&mut self, declared: &Declared, error: OpError) {
        self.unseen.push(Unseen { id: declared.id.clone(), error: error.clone() });
        match self.records.current(&declared.id) {
            Some((_, entry)) => {
                let outputs =
                    Outputs::unchanged(declared.schema, Packed::NULL, entry.outputs.clone());
                self.settle(&declared.id, outputs);
            }
            None => {
                self.unavailable.insert(declared.id.clone(), error);
            }
        }
    }

    /// The properties with references replaced where they are known.
    pub(super) fn resolved(&mut self, declared: &Declared) -> Packed {
        let mut missing = Vec::new();
        let place = self.declared.place(&declared.id);
        let resolved = declared.props.resolve(&mut |reference| {
            let near = place.and_then(|place| self.declared.referred(place, &reference.id));
            let known = match near {
                Some(near) => output(reference, self.outputs[near].as_ref()),
                None => self.known(reference),
            };
            known.unwrap_or_else(|problem| {
                missing.push(problem);
                None
            })
        });
        for problem in missing {
            self.errors.push(problem.of(&declared.id).at(&declared.at));
        }
        resolved
    }

    /// The value of a reference, where it is known.
    ///
    /// # Errors
    ///
    /// What it refers to is not there and never will be.
    pub(crate) fn known(&self, reference: &Ref) -> Result<Option<Packed>, Diagnostic> {
        use bicoastal_model::stack::STACK_OUTPUTS;
        if let Some(stack) = reference.id.as_str().strip_prefix(STACK_OUTPUTS) {
            let exports = self.observed.stacks.get(stack);
            return match exports.and_then(|exports| exports.get(reference.attribute.as_str())) {
                Some(value) => Ok(Some(value.into())),
                None => Err(Diagnostic::error(format!(
                    "reads export '{}' of stack '{stack}', which has none of that name",
                    reference.attribute
                ))
                .hint(format!("apply stack '{stack}' first, or look at its `outputs`"))),
            };
        }
        output(reference, self.settled(&reference.id))
    }

    pub(super) fn create(
        &mut self,
        declared: &Declared,
        resolved: Packed,
        mut decision: Decision,
        key: Key,
    ) {
        let wanted = self.wanted_fresh(declared, &resolved, key.incarnation);
        decision.action = Some(Action::Create);
        decision.fields = diff(declared.schema, &wanted, None, None).changes;
        decision.make = Some(Box::new(self.fresh_member(declared, key, wanted.clone())));
        self.conclude_fresh(declared, wanted);
        self.decisions.push(decision);
    }

    /// State has it, AWS does not.
    fn decide_gone(
        &mut self,
        declared: &Declared,
        resolved: Packed,
        mut decision: Decision,
        key: &Key,
        entry: &Entry,
    ) {
        if !is_unborn(entry) {
            let reason = match entry.doubt.as_ref().map(|doubt| doubt.verb) {
                Some(Verb::Delete) => "its deletion did not end, and is done",
                _ => "it was deleted outside of the program",
            };
            decision.reasons.push(reason.to_owned());
            decision
                .records
                .push(Record::Forgotten { key: key.clone(), reason: reason.to_owned() });
            let next = Key::new(declared.id.clone(), self.records.next_incarnation(&declared.id));
            decision.place = declared.place.clone();
            self.create(declared, resolved, decision, next);
            if let Some(decision) = self.decisions.last_mut() {
                for field in &mut decision.fields {
                    field.cause = Cause::Drifted;
                }
            }
            return;
        }
        // The same key and token again: if the interrupted call arrives after all, it is this one.
        decision.reasons.push("its creation did not end".to_owned());
        let wanted = with_name(&resolved, key.incarnation);
        let wanted = with_ownership(declared.schema, &wanted, &self.marks, &entry.born);
        let mut member = self.member(key, entry, Verb::Create, None);
        member.place = decision.place.clone();
        member.wanted = Some(wanted.clone());
        member.edges = self.edges(declared);
        member.protected = declared.protected;
        member.retained = declared.retained;
        decision.action = Some(Action::Create);
        decision.fields = diff(declared.schema, &wanted, None, None).changes;
        decision.make = Some(Box::new(member));
        let in_the_way = self.in_the_way(declared, &wanted);
        if !in_the_way.is_empty() {
            decision.action = Some(Action::ReplaceDeleteFirst);
            decision.risk = declared.schema.delete_risk.max(Risk::Disruptive);
            self.make_way(&mut decision, declared, in_the_way);
        }
        self.conclude_fresh(declared, wanted);
        self.decisions.push(decision);
    }

    /// State has something of another kind under this id: its successor is something else.
    fn decide_other_kind(
        &mut self,
        declared: &Declared,
        resolved: Packed,
        mut decision: Decision,
        key: &Key,
        entry: &Entry,
    ) {
        let next = Key::new(declared.id.clone(), self.records.next_incarnation(&declared.id));
        let reason = format!("it was a {}", entry.kind);
        match self.seen(key) {
            Sight::Unknown(error) => {
                self.unseen.push(Unseen { id: declared.id.clone(), error: error.clone() });
                self.unavailable.insert(declared.id.clone(), error);
            }
            Sight::Absent => {
                decision.records.push(Record::Forgotten { key: key.clone(), reason });
                self.create(declared, resolved, decision, next);
            }
            Sight::Present(snapshot) => {
                if let Some(schema) = self.catalog.get(&entry.kind)
                    && self.left_alone(&mut decision, (key, entry), schema, snapshot)
                {
                    self.create(declared, resolved, decision, next);
                    return;
                }
                let mut old = self.delete_member(key, entry, snapshot, None);
                old.superseded = true;
                decision.reasons.push(reason);
                decision.delete(old);
                self.create(declared, resolved, decision, next);
                let risk = self.catalog.get(&entry.kind).map(|schema| schema.delete_risk);
                if let Some(decision) = self.decisions.last_mut() {
                    decision.action = Some(Action::ReplaceCreateFirst);
                    decision.risk = risk.unwrap_or(Risk::DestroysData).max(Risk::Disruptive);
                }
            }
        }
    }

    /// What is wanted of something that is made anew.
    pub(super) fn wanted_fresh(
        &self,
        declared: &Declared,
        resolved: &Packed,
        incarnation: u32,
    ) -> Packed {
        let wanted = with_name(resolved, incarnation);
        with_ownership(declared.schema, &wanted, &self.marks, &declared.id)
    }

    pub(super) fn conclude_fresh(&mut self, declared: &Declared, wanted: Packed) {
        self.settle(
            &declared.id,
            Outputs {
                schema: declared.schema,
                wanted,
                decided: true,
                now: Fields::default(),
                fresh: true,
                changed: BTreeSet::new(),
                busy: false,
            },
        );
    }

    pub(super) fn conclude(
        &mut self,
        declared: &Declared,
        wanted: Packed,
        snapshot: &Thing,
        changed: BTreeSet<String>,
    ) {
        self.settle(
            &declared.id,
            Outputs {
                schema: declared.schema,
                wanted,
                decided: true,
                now: snapshot.outputs.clone(),
                fresh: false,
                changed,
                busy: snapshot.status != Status::Ready,
            },
        );
    }
}

/// What a reference says, by what is known of that which it refers to.
fn output(reference: &Ref, outputs: Option<&Outputs>) -> Result<Option<Packed>, Diagnostic> {
    match outputs.map(|outputs| outputs.get(&reference.attribute)) {
        Some(Output::Known(value)) => Ok(Some(value)),
        Some(Output::Unknown) | None => Ok(None),
        Some(Output::Missing) => Err(Diagnostic::error(format!(
            "refers to {}.{}, which {} does not have",
            reference.id, reference.attribute, reference.id
        ))),
    }
}

/// Its creation began, and nothing says that it was ever there.
pub(crate) fn is_unborn(entry: &Entry) -> bool {
    entry.applied.is_none() && entry.doubt.as_ref().is_none_or(|doubt| doubt.verb == Verb::Create)
}
