//! The decision on what is declared, in state and there.

use std::collections::BTreeSet;

use bicoastal_model::diff::{Cause, Extra, FieldChange, diff};
use bicoastal_model::schema::Change;
use bicoastal_model::{Declared, Diagnostic, Objection, Packed, Risk, Schema, Status};

use super::decide::{Decision, Planner};
use super::resolve::{
    for_existing, is_ignored, same_props, with_digests, with_name, with_ownership,
};
use crate::observe::Thing;
use crate::plan::{Action, Added};
use crate::record::Record;
use crate::state::{Entry, Key, Verb};

/// What is there, compared with what is wanted.
pub(super) struct Compared {
    pub(super) wanted: Packed,
    pub(super) base: Option<Packed>,
    pub(super) fields: Vec<FieldChange>,
    pub(super) extras: Vec<Extra>,
    /// Why it has to be replaced; empty where it has not.
    pub(super) replace: Vec<String>,
}

impl<'a> Planner<'a> {
    /// Whether what is there now is somebody else's.
    pub(super) fn not_ours(
        &mut self,
        declared: &Declared,
        key: &Key,
        entry: &Entry,
        snapshot: &Thing,
        resolved: &Packed,
    ) -> bool {
        let physical = &snapshot.physical;
        if declared.adopt.as_ref() == Some(physical) {
            return false;
        }
        let as_declared = || {
            let compared = self.compare(declared, resolved.clone(), key, Some(entry), snapshot);
            compared.fields.is_empty()
        };
        let message = match objection(entry, declared.schema, snapshot) {
            None => return false,
            Some(Objection::NotAsWanted) if as_declared() => return false,
            Some(Objection::Anothers(whose)) => format!("{physical} is another's now: {whose}"),
            Some(objection) => unproved(&objection, physical),
        };
        let hint = format!("to take it over, say stack.adopt(&handle, \"{physical}\")");
        self.error(declared, message, &hint);
        true
    }

    pub(super) fn compare(
        &self,
        declared: &Declared,
        resolved: Packed,
        key: &Key,
        entry: Option<&Entry>,
        snapshot: &Thing,
    ) -> Compared {
        let schema = declared.schema;
        let born = entry.map_or(&declared.id, |entry| &entry.born);
        let mut base = entry.and_then(Entry::base);
        let wanted = with_name(&resolved, key.incarnation);
        let wanted = with_ownership(schema, &wanted, &self.marks, born);
        let wanted =
            with_digests((self.desired, &self.observed.verified), declared, wanted, base.as_ref());
        let mut wanted = for_existing(declared, wanted, &mut base);
        if let Some(base) = base.as_ref().filter(|base| **base == wanted) {
            // One of the two is enough, and is quickly told to be the same.
            wanted = base.clone();
        }
        let difference = diff(schema, &wanted, base.as_ref(), Some(&snapshot.props));
        let mut fields = difference.changes;
        let mut extras = difference.extras;
        fields.retain(|field| !is_ignored(declared, &field.path));
        extras.retain(|extra| !is_ignored(declared, &extra.path));
        let mut replace = Vec::new();
        for field in fields.iter().filter(|field| field.change == Change::Replace) {
            let fresh = (field.after.refs())
                .into_iter()
                .find(|it| self.settled(&it.id).is_some_and(|outputs| outputs.fresh));
            match (field.cause, fresh) {
                (Cause::Unknown, Some(reference)) => replace.push(format!(
                    "{} follows {}, which is new, and can't be changed in place",
                    field.path, reference.id
                )),
                (Cause::Unknown, None) => {}
                _ => replace.push(format!("{} can't be changed in place", field.path)),
            }
        }
        if self.options.replace.contains(&declared.id) {
            replace.push("asked for by name".to_owned());
        }
        Compared { wanted, base, fields, extras, replace }
    }

    pub(super) fn decide_existing(
        &mut self,
        declared: &Declared,
        resolved: Packed,
        begun: Option<Decision>,
        (key, entry, snapshot): (&Key, &Entry, &'a Thing),
    ) {
        let mut compared = self.compare(declared, resolved, key, Some(entry), snapshot);
        self.note_extras(declared, &compared.extras);
        let being_deleted = is_being_deleted(entry, snapshot);
        if being_deleted {
            compared.replace.push("its deletion is under way".to_owned());
        }
        if let Status::Failed(words) = &snapshot.status {
            self.warnings.push(
                Diagnostic::warning(format!("AWS says that it is in state {words}"))
                    .of(&declared.id)
                    .at(&declared.at),
            );
        }
        if !compared.replace.is_empty() {
            // What it refers to in vain was said the first time.
            let said = self.errors.len();
            let resolved = self.resolved(declared);
            self.errors.truncate(said);
            let decision = self.going_on(begun, declared, entry);
            self.replace(declared, resolved, decision, (key, entry, snapshot), compared);
            return;
        }
        let called = compared
            .fields
            .iter()
            .any(|field| !matches!(field.change, Change::Local | Change::DeleteOption));
        // Nothing is left to say, but the thing is not ready for those that stand on it.
        let under_way = entry.doubt.is_some() && matches!(snapshot.status, Status::Busy(_));
        // Whether its regions are AWS's to change or only the program's to know.
        self.refuse_writer_loss(declared, &compared.fields, snapshot);
        if called || under_way {
            let mut decision = self.going_on(begun, declared, entry);
            if !called {
                let reason = "an operation that did not end is still under way";
                decision.reasons.push(reason.to_owned());
            }
            let mut member = self.member(key, entry, Verb::Update, Some(snapshot));
            member.place = decision.place.clone();
            let wanted = compared.wanted;
            member.applied = compared.base;
            member.wanted = Some(wanted.clone());
            member.edges = self.edges(declared);
            member.protected = declared.protected;
            member.retained = declared.retained;
            member.adopt = declared.adopt.as_ref() == Some(&snapshot.physical);
            decision.action = Some(Action::Update);
            weigh(&mut decision, declared.schema, &compared.fields);
            // What a region held goes with it, as far as no other region holds it.
            if compared
                .fields
                .iter()
                .any(|it| it.path.starts_with("regions[") && it.after.is_null())
            {
                decision.risk = decision.risk.max(Risk::Disruptive);
            }
            self.conclude(declared, wanted, snapshot, changed(&compared.fields));
            decision.fields = compared.fields;
            decision.make = Some(Box::new(member));
            self.decisions.push(decision);
        } else {
            let wanted = compared.wanted.clone();
            let decision = self.noted(declared, begun, (key, entry, snapshot), compared);
            self.conclude(declared, wanted, snapshot, BTreeSet::new());
            self.decisions.extend(decision);
        }
    }

    /// Nothing to do in AWS; state may have to be brought up to date.
    fn noted(
        &self,
        declared: &Declared,
        begun: Option<Decision>,
        (key, entry, snapshot): (&Key, &Entry, &Thing),
        compared: Compared,
    ) -> Option<Decision> {
        let edges = self.edges(declared);
        let mut reasons = Vec::new();
        // Without what is ignored: that was applied once, and is not looked at any more.
        let applied_differs = compared
            .base
            .as_ref()
            .is_none_or(|applied| !same_props(declared.schema, applied, &compared.wanted));
        if entry.doubt.is_some() {
            reasons.push("an operation that did not end turns out to be done".to_owned());
        } else if !compared.fields.is_empty() {
            reasons.push("AWS has no such property: it is only recorded".to_owned());
        } else if applied_differs {
            reasons.push("AWS has it like this already".to_owned());
        }
        if entry.edges != edges {
            reasons.push("its place in the order changes".to_owned());
        }
        if entry.protected != declared.protected {
            let now = if declared.protected { "is protected" } else { "is not protected any more" };
            reasons.push(format!("it {now}"));
        }
        if entry.retained != declared.retained {
            let now = if declared.retained { "is retained" } else { "is not retained any more" };
            reasons.push(format!("it {now}"));
        }
        let outputs_differ = snapshot.outputs != entry.outputs
            && self
                .used(&declared.id)
                .any(|name| snapshot.outputs.get(name) != entry.outputs.get(name));
        let is_moved = self.moved.contains_key(&declared.id);
        if begun.is_none() && reasons.is_empty() && !outputs_differ && !is_moved {
            return None;
        }
        let mut decision = self.going_on(begun, declared, entry);
        decision.reasons.append(&mut reasons);
        if !decision.reasons.is_empty() {
            decision.action = Some(Action::Note);
        }
        if outputs_differ || !decision.reasons.is_empty() {
            let recorded = entry.physical.as_ref() == Some(&snapshot.physical);
            decision.records.reserve_exact(1);
            decision.records.push(Record::Noted {
                key: key.clone(),
                physical: (!recorded).then(|| snapshot.physical.clone()),
                applied: compared.wanted,
                outputs: snapshot.outputs.clone(),
                edges,
                protected: declared.protected,
                retained: declared.retained,
            });
        }
        decision.fields = compared.fields;
        let says = decision.action.is_some() || !decision.records.is_empty();
        says.then_some(decision)
    }

    fn replace(
        &mut self,
        declared: &Declared,
        resolved: Packed,
        mut decision: Decision,
        (key, entry, snapshot): (&Key, &Entry, &Thing),
        compared: Compared,
    ) {
        let schema = declared.schema;
        let next = Key::new(declared.id.clone(), self.records.next_incarnation(&declared.id));
        let wanted = self.wanted_fresh(declared, &resolved, next.incarnation);
        let in_the_way = self.in_the_way(declared, &wanted);
        let room = in_the_way.is_empty();
        // What stands on something that is deleted first can't outlive it.
        let edges = self.edges(declared);
        let mut below = edges.iter().chain(&entry.edges);
        let stands = below.any(|edge| self.deleted_first.contains(edge));
        let create_first = room && !stands && !is_being_deleted(entry, snapshot);
        decision.action = Some(if create_first {
            Action::ReplaceCreateFirst
        } else {
            self.deleted_first.insert(declared.id.clone());
            Action::ReplaceDeleteFirst
        });
        let worst = risk(&compared.fields);
        decision.risk = match create_first {
            true if schema.delete_risk < Risk::DestroysData => worst,
            true => Risk::DestroysData,
            false => worst.max(schema.delete_risk).max(Risk::Disruptive),
        };
        decision.reasons.extend(compared.replace);
        if !create_first && !room {
            decision.reasons.push("its name is fixed, so the old one goes first".to_owned());
        }
        decision.fields = compared.fields;
        decision.make = Some(Box::new(self.fresh_member(declared, next, wanted.clone())));
        let mut old = self.delete_member(key, entry, snapshot, Some(declared));
        old.superseded = create_first;
        decision.delete(old);
        self.make_way(&mut decision, declared, in_the_way);
        self.conclude_fresh(declared, wanted);
        self.decisions.push(decision);
    }

    pub(super) fn note_extras(&mut self, declared: &Declared, extras: &[Extra]) {
        self.added.extend(extras.iter().map(|extra| Added {
            id: declared.id.clone(),
            what: extra.path.clone(),
            value: extra.value.clone(),
        }));
    }

    /// Aurora can't lose the region that writes; the role moves first, which is not a plan's to do.
    fn refuse_writer_loss(
        &mut self,
        declared: &Declared,
        fields: &[FieldChange],
        snapshot: &Thing,
    ) {
        let Some(writer) = snapshot.facts.get("writer_region").and_then(Packed::as_str) else {
            return;
        };
        let path = format!("regions[{writer}]");
        if fields.iter().any(|field| field.path == path && field.after.is_null()) {
            self.error(
                declared,
                format!(
                    "{writer} is where it is written at present, so that region can't be taken out"
                ),
                "switch over to another region first",
            );
        }
    }
}

/// Why what is there is not what state has.
pub(super) fn objection(entry: &Entry, schema: &Schema, snapshot: &Thing) -> Option<Objection> {
    let doubted = entry.doubt.as_ref().and_then(|doubt| doubt.wanted.as_ref());
    let as_doubted = || {
        doubted.is_some_and(|wanted| {
            diff(schema, wanted, Some(wanted), Some(&snapshot.props)).changes.is_empty()
        })
    };
    entry.claim().objection(&snapshot.ownership, schema.has_tags(), as_doubted)
}

/// Why something that bears nobody's mark is not what was being created, in words.
pub(super) fn unproved(objection: &Objection, physical: &str) -> String {
    let why = match objection {
        Objection::NotAsWanted => "is not what was being created",
        _ => "bears no mark of this stack",
    };
    format!("its creation did not end, and {physical} exists but {why}")
}

pub(super) fn is_being_deleted(entry: &Entry, snapshot: &Thing) -> bool {
    let deleting = entry.doubt.as_ref().is_some_and(|doubt| doubt.verb == Verb::Delete);
    matches!(&snapshot.status, Status::Busy(word) if deleting && word.to_lowercase().contains("delet"))
}

/// What an update of these fields can do, and why where that is not plain from them.
pub(super) fn weigh(decision: &mut Decision, schema: &Schema, fields: &[FieldChange]) {
    decision.risk = risk(fields);
    for why in fields.iter().filter_map(|field| schema.caution?(field)) {
        decision.risk = decision.risk.max(Risk::Disruptive);
        if !decision.reasons.iter().any(|reason| reason == why) {
            decision.reasons.push(why.to_owned());
        }
    }
}

fn risk(fields: &[FieldChange]) -> Risk {
    fields.iter().map(|field| field.risk).max().unwrap_or(Risk::Safe)
}

pub(super) fn changed(fields: &[FieldChange]) -> BTreeSet<String> {
    fields
        .iter()
        .filter_map(|field| field.path.split(['.', '[']).next())
        .map(str::to_owned)
        .collect()
}
