//! The decision on what the program declares.

use std::collections::BTreeSet;

use bicoastal_model::diff::{Cause, Extra, FieldChange, diff};
use bicoastal_model::schema::Change;
use bicoastal_model::value::{self, Ref};
use bicoastal_model::{Declared, Diagnostic, OpError, Ownership, Risk, Seen, Snapshot, Status};
use serde_json::Value;

use super::decide::{Decision, Planner};
use super::resolve::{
    Output, Outputs, for_existing, has_generated_name, is_ignored, same_props, with_digests,
    with_name, with_ownership,
};
use crate::observe::union;
use crate::plan::{Action, Added, Unseen};
use crate::record::Record;
use crate::state::{Entry, Key, Verb};

/// What is there, compared with what is wanted.
struct Compared {
    wanted: Value,
    base: Option<Value>,
    fields: Vec<FieldChange>,
    extras: Vec<Extra>,
    /// Why it has to be replaced; empty where it has not.
    replace: Vec<String>,
}

impl Planner<'_> {
    /// Decides on a declared resource. What it refers to is decided on already.
    pub(crate) fn decide(&mut self, declared: &Declared) {
        if let Some(error) = self.lacks(declared) {
            self.skip(declared, error);
            return;
        }
        let resolved = self.resolved(declared);
        let mut living: Vec<(Key, Entry)> = self
            .state
            .incarnations(&declared.id)
            .filter(|(_, entry)| !entry.superseded)
            .map(|(key, entry)| (key.clone(), entry.clone()))
            .collect();
        let mut decision = self.undecided(declared);
        let Some((mut key, mut entry)) = living.pop() else {
            self.decide_new(declared, resolved, decision);
            return;
        };
        if let Some((older, before)) = living.last().cloned()
            && is_unborn(&entry)
            && matches!(self.seen(&key), Seen::Absent)
            && let Seen::Present(snapshot) = self.seen(&older)
            && self
                .compare(declared, &resolved, &older, Some(&before), &snapshot)
                .replace
                .is_empty()
        {
            // The successor never came to be, and is not needed any more.
            decision.records.push(Record::Forgotten {
                key: key.clone(),
                reason: "its predecessor is as wanted".to_owned(),
            });
            living.pop();
            (key, entry) = (older, before);
        }
        if entry.kind != declared.schema.kind {
            self.decide_other_kind(declared, resolved, decision, &key, &entry);
            return;
        }
        decision.place = union(&entry.place, &declared.place);
        match self.seen(&key) {
            Seen::Unknown(error) => {
                self.unseen.push(Unseen { id: declared.id.clone(), error });
                self.outputs.insert(
                    declared.id.clone(),
                    Outputs {
                        schema: declared.schema,
                        wanted: resolved,
                        now: entry.outputs.clone(),
                        fresh: false,
                        changed: BTreeSet::new(),
                    },
                );
            }
            Seen::Absent => self.decide_gone(declared, resolved, decision, &key, &entry),
            Seen::Present(snapshot) => {
                if self.not_ours(declared, &key, &entry, &snapshot, &resolved) {
                    return;
                }
                self.decide_existing(declared, &resolved, decision, &key, &entry, &snapshot);
            }
        }
    }

    /// Why it can't be decided on: something that it refers to could not be read.
    fn lacks(&self, declared: &Declared) -> Option<OpError> {
        value::refs(&declared.props)
            .iter()
            .find_map(|reference| self.unavailable.get(&reference.id))
            .cloned()
    }

    fn skip(&mut self, declared: &Declared, error: OpError) {
        self.unseen.push(Unseen { id: declared.id.clone(), error: error.clone() });
        match self.state.current(&declared.id) {
            Some((_, entry)) => {
                let outputs = Outputs {
                    schema: declared.schema,
                    wanted: Value::Null,
                    now: entry.outputs.clone(),
                    fresh: false,
                    changed: BTreeSet::new(),
                };
                self.outputs.insert(declared.id.clone(), outputs);
            }
            None => {
                self.unavailable.insert(declared.id.clone(), error);
            }
        }
    }

    /// The properties with references replaced where they are known.
    fn resolved(&mut self, declared: &Declared) -> Value {
        let missing = std::cell::RefCell::new(Vec::new());
        let resolved = value::resolve(&declared.props, &|reference| {
            self.known(reference).unwrap_or_else(|problem| {
                missing.borrow_mut().push(problem);
                None
            })
        });
        for problem in missing.into_inner() {
            self.errors.push(problem.of(&declared.id).at(&declared.at));
        }
        resolved
    }

    /// The value of a reference, where it is known.
    ///
    /// # Errors
    ///
    /// What it refers to is not there and never will be.
    pub(crate) fn known(&self, reference: &Ref) -> Result<Option<Value>, Diagnostic> {
        use bicoastal_model::stack::STACK_OUTPUTS;
        if let Some(stack) = reference.id.as_str().strip_prefix(STACK_OUTPUTS) {
            let exports = self.observed.stacks.get(stack);
            return match exports.and_then(|exports| exports.get(&reference.attribute)) {
                Some(value) => Ok(Some(value.clone())),
                None => Err(Diagnostic::error(format!(
                    "reads export '{}' of stack '{stack}', which has none of that name",
                    reference.attribute
                ))
                .hint(format!("apply stack '{stack}' first, or look at its `outputs`"))),
            };
        }
        match self.outputs.get(&reference.id).map(|outputs| outputs.get(&reference.attribute)) {
            Some(Output::Known(value)) => Ok(Some(value)),
            Some(Output::Unknown) | None => Ok(None),
            Some(Output::Missing) => Err(Diagnostic::error(format!(
                "refers to {}.{}, which {} does not have",
                reference.id, reference.attribute, reference.id
            ))),
        }
    }

    /// Something that state does not have: created, unless something is there already.
    fn decide_new(&mut self, declared: &Declared, resolved: Value, mut decision: Decision) {
        let key = Key::new(declared.id.clone(), self.state.next_incarnation(&declared.id));
        match self.observed.seen.get(&key).cloned() {
            Some(Seen::Present(snapshot)) => {
                if self.may_adopt(declared, &snapshot, &mut decision) {
                    self.decide_adoption(declared, &resolved, decision, key, &snapshot);
                }
            }
            Some(Seen::Unknown(error)) => self.skip(declared, error),
            Some(Seen::Absent) | None => {
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
        snapshot: &Snapshot,
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
        resolved: &Value,
        mut decision: Decision,
        key: Key,
        snapshot: &Snapshot,
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
        let mut member = self.fresh_member(declared, key, compared.wanted.clone());
        member.verb = Verb::Adopt;
        member.physical = Some(snapshot.physical.clone());
        member.seen = Some(snapshot.props.clone());
        member.adopt = true;
        decision.action = Some(Action::Adopt);
        decision.risk = risk(&compared.fields);
        self.note_extras(declared, &compared.extras);
        self.conclude(declared, compared.wanted, snapshot, changed(&compared.fields));
        decision.fields = compared.fields;
        decision.make = Some(member);
        self.decisions.push(decision);
    }

    fn create(&mut self, declared: &Declared, resolved: Value, mut decision: Decision, key: Key) {
        let wanted = self.wanted_fresh(declared, resolved, key.incarnation);
        decision.action = Some(Action::Create);
        decision.fields = diff(declared.schema, &wanted, None, None).changes;
        decision.make = Some(self.fresh_member(declared, key, wanted.clone()));
        self.conclude_fresh(declared, wanted);
        self.decisions.push(decision);
    }

    /// State has it, AWS does not.
    fn decide_gone(
        &mut self,
        declared: &Declared,
        resolved: Value,
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
            let next = Key::new(declared.id.clone(), self.state.next_incarnation(&declared.id));
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
        let mut wanted = with_name(resolved, key.incarnation);
        wanted = with_ownership(declared.schema, wanted, &self.state.ownership_tags(&entry.born));
        let mut member = self.member(key, entry, Verb::Create, None);
        member.place = decision.place.clone();
        member.wanted = Some(wanted.clone());
        member.edges = self.edges(declared);
        member.protected = declared.protected;
        member.retained = declared.retained;
        member.adopt = true;
        decision.action = Some(Action::Create);
        decision.fields = diff(declared.schema, &wanted, None, None).changes;
        decision.make = Some(member);
        self.conclude_fresh(declared, wanted);
        self.decisions.push(decision);
    }

    /// State has something of another kind under this id: its successor is something else.
    fn decide_other_kind(
        &mut self,
        declared: &Declared,
        resolved: Value,
        mut decision: Decision,
        key: &Key,
        entry: &Entry,
    ) {
        let next = Key::new(declared.id.clone(), self.state.next_incarnation(&declared.id));
        let reason = format!("it was a {}", entry.kind);
        match self.seen(key) {
            Seen::Unknown(error) => {
                self.unseen.push(Unseen { id: declared.id.clone(), error: error.clone() });
                self.unavailable.insert(declared.id.clone(), error);
            }
            Seen::Absent => {
                decision.records.push(Record::Forgotten { key: key.clone(), reason });
                self.create(declared, resolved, decision, next);
            }
            Seen::Present(snapshot) => {
                let mut old = self.delete_member(key, entry, &snapshot, None);
                old.superseded = true;
                decision.reasons.push(reason);
                decision.deletes.push(old);
                self.create(declared, resolved, decision, next);
                let risk = self.catalog.get(&entry.kind).map(|schema| schema.delete_risk);
                if let Some(decision) = self.decisions.last_mut() {
                    decision.action = Some(Action::ReplaceCreateFirst);
                    decision.risk = risk.unwrap_or(Risk::DestroysData).max(Risk::Disruptive);
                }
            }
        }
    }

    /// Whether what is there now is somebody else's.
    fn not_ours(
        &mut self,
        declared: &Declared,
        key: &Key,
        entry: &Entry,
        snapshot: &Snapshot,
        resolved: &Value,
    ) -> bool {
        let adopted = declared.adopt.as_ref() == Some(&snapshot.physical);
        let physical = &snapshot.physical;
        let hint = format!("to take it over, say stack.adopt(&handle, \"{physical}\")");
        match &snapshot.ownership {
            Ownership::Foreign(whose) if !adopted => {
                let message = format!("{physical} is another's now: {whose}");
                self.error(declared, message, &hint);
                true
            }
            // Its creation was interrupted, AWS never confirmed it, and it bears no mark: ours
            // only if it is exactly what we were about to make.
            Ownership::Unmarked if !adopted && is_unborn(entry) && entry.physical.is_none() => {
                let compared = self.compare(declared, resolved, key, Some(entry), snapshot);
                let doubted = entry.doubt.as_ref().and_then(|doubt| doubt.wanted.as_ref());
                let as_doubted = doubted.is_some_and(|wanted| {
                    diff(declared.schema, wanted, Some(wanted), Some(&snapshot.props))
                        .changes
                        .is_empty()
                });
                if compared.fields.is_empty() || as_doubted {
                    return false;
                }
                let message = format!(
                    "its creation did not end, and {physical} exists but is not what was being created"
                );
                self.error(declared, message, &hint);
                true
            }
            _ => false,
        }
    }

    fn compare(
        &self,
        declared: &Declared,
        resolved: &Value,
        key: &Key,
        entry: Option<&Entry>,
        snapshot: &Snapshot,
    ) -> Compared {
        let schema = declared.schema;
        let born = entry.map_or(&declared.id, |entry| &entry.born);
        let mut base = entry.and_then(Entry::base);
        let wanted = with_name(resolved.clone(), key.incarnation);
        let wanted = with_ownership(schema, wanted, &self.state.ownership_tags(born));
        let wanted = with_digests(self.desired, declared, wanted, base.as_ref());
        let wanted = for_existing(declared, wanted, &mut base);
        let difference = diff(schema, &wanted, base.as_ref(), Some(&snapshot.props));
        let mut fields = difference.changes;
        let mut extras = difference.extras;
        fields.retain(|field| !is_ignored(declared, &field.path));
        extras.retain(|extra| !is_ignored(declared, &extra.path));
        let mut replace = Vec::new();
        for field in fields.iter().filter(|field| field.change == Change::Replace) {
            let fresh = value::refs(&field.after)
                .into_iter()
                .find(|it| self.outputs.get(&it.id).is_some_and(|outputs| outputs.fresh));
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

    fn decide_existing(
        &mut self,
        declared: &Declared,
        resolved: &Value,
        mut decision: Decision,
        key: &Key,
        entry: &Entry,
        snapshot: &Snapshot,
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
            self.replace(declared, resolved, decision, (key, entry, snapshot), compared);
            return;
        }
        let called = compared
            .fields
            .iter()
            .any(|field| !matches!(field.change, Change::Local | Change::DeleteOption));
        if called {
            self.refuse_writer_loss(declared, &compared.fields, snapshot);
            let mut member = self.member(key, entry, Verb::Update, Some(snapshot));
            member.place = decision.place.clone();
            member.applied = compared.base;
            member.wanted = Some(compared.wanted.clone());
            member.edges = self.edges(declared);
            member.protected = declared.protected;
            member.retained = declared.retained;
            member.adopt |= declared.adopt.is_some();
            decision.action = Some(Action::Update);
            decision.risk = risk(&compared.fields);
            // What a region held goes with it, as far as no other region holds it.
            if compared
                .fields
                .iter()
                .any(|it| it.path.starts_with("regions[") && it.after.is_null())
            {
                decision.risk = decision.risk.max(Risk::Disruptive);
            }
            self.conclude(declared, compared.wanted, snapshot, changed(&compared.fields));
            decision.fields = compared.fields;
            decision.make = Some(member);
        } else {
            self.note(declared, &mut decision, key, entry, snapshot, &compared);
            decision.fields = compared.fields;
            self.conclude(declared, compared.wanted, snapshot, BTreeSet::new());
        }
        if decision.action.is_some() || !decision.records.is_empty() {
            self.decisions.push(decision);
        }
    }

    /// Nothing to do in AWS; state may have to be brought up to date.
    fn note(
        &self,
        declared: &Declared,
        decision: &mut Decision,
        key: &Key,
        entry: &Entry,
        snapshot: &Snapshot,
        compared: &Compared,
    ) {
        let edges = self.edges(declared);
        // Without what is ignored: that was applied once, and is not looked at any more.
        let applied_differs = compared
            .base
            .as_ref()
            .is_none_or(|applied| !same_props(declared.schema, applied, &compared.wanted));
        if entry.doubt.is_some() {
            decision.reasons.push("an operation that did not end turns out to be done".to_owned());
        } else if !compared.fields.is_empty() {
            decision.reasons.push("AWS has no such property: it is only recorded".to_owned());
        } else if applied_differs {
            decision.reasons.push("AWS has it like this already".to_owned());
        }
        if entry.edges != edges {
            decision.reasons.push("its place in the order changes".to_owned());
        }
        if entry.protected != declared.protected {
            let now = if declared.protected { "is protected" } else { "is not protected any more" };
            decision.reasons.push(format!("it {now}"));
        }
        if entry.retained != declared.retained {
            let now = if declared.retained { "is retained" } else { "is not retained any more" };
            decision.reasons.push(format!("it {now}"));
        }
        let outputs_differ = self
            .used
            .get(&declared.id)
            .into_iter()
            .flatten()
            .any(|name| snapshot.outputs.get(name) != entry.outputs.get(name));
        if !decision.reasons.is_empty() {
            decision.action = Some(Action::Note);
        }
        if outputs_differ || !decision.reasons.is_empty() {
            decision.records.push(Record::Noted {
                key: key.clone(),
                applied: compared.wanted.clone(),
                outputs: snapshot.outputs.clone(),
                edges,
                protected: declared.protected,
                retained: declared.retained,
            });
        }
    }

    fn replace(
        &mut self,
        declared: &Declared,
        resolved: &Value,
        mut decision: Decision,
        (key, entry, snapshot): (&Key, &Entry, &Snapshot),
        compared: Compared,
    ) {
        let schema = declared.schema;
        let next = Key::new(declared.id.clone(), self.state.next_incarnation(&declared.id));
        let wanted = self.wanted_fresh(declared, resolved.clone(), next.incarnation);
        let renames = compared.fields.iter().any(|field| {
            let top = field.path.split(['.', '[']).next().unwrap_or_default();
            schema.identity.contains(&top)
        });
        let room = schema.identity.is_empty() || renames || has_generated_name(declared);
        // What stands on something that is deleted first can't outlive it.
        let edges = self.edges(declared);
        let stands = self.decisions.iter().any(|other| {
            other.action == Some(Action::ReplaceDeleteFirst)
                && (edges.contains(&other.id) || entry.edges.contains(&other.id))
        });
        let create_first = room && !stands && !is_being_deleted(entry, snapshot);
        decision.action = Some(if create_first {
            Action::ReplaceCreateFirst
        } else {
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
        decision.make = Some(self.fresh_member(declared, next, wanted.clone()));
        let mut old = self.delete_member(key, entry, snapshot, Some(declared));
        old.superseded = create_first;
        decision.deletes.push(old);
        self.conclude_fresh(declared, wanted);
        self.decisions.push(decision);
    }

    /// What is wanted of something that is made anew.
    fn wanted_fresh(&self, declared: &Declared, resolved: Value, incarnation: u32) -> Value {
        let wanted = with_name(resolved, incarnation);
        with_ownership(declared.schema, wanted, &self.state.ownership_tags(&declared.id))
    }

    fn conclude_fresh(&mut self, declared: &Declared, wanted: Value) {
        self.outputs.insert(
            declared.id.clone(),
            Outputs {
                schema: declared.schema,
                wanted: wanted.clone(),
                now: std::collections::BTreeMap::new(),
                fresh: true,
                changed: BTreeSet::new(),
            },
        );
        self.wanted.insert(declared.id.clone(), wanted);
    }

    fn conclude(
        &mut self,
        declared: &Declared,
        wanted: Value,
        snapshot: &Snapshot,
        changed: BTreeSet<String>,
    ) {
        self.outputs.insert(
            declared.id.clone(),
            Outputs {
                schema: declared.schema,
                wanted: wanted.clone(),
                now: snapshot.outputs.clone(),
                fresh: false,
                changed,
            },
        );
        self.wanted.insert(declared.id.clone(), wanted);
    }

    fn note_extras(&mut self, declared: &Declared, extras: &[Extra]) {
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
        snapshot: &Snapshot,
    ) {
        let Some(writer) = snapshot.facts.get("writer_region").and_then(Value::as_str) else {
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

/// Its creation began, and nothing says that it was ever there.
pub(crate) fn is_unborn(entry: &Entry) -> bool {
    entry.applied.is_none() && entry.doubt.as_ref().is_none_or(|doubt| doubt.verb == Verb::Create)
}

fn is_being_deleted(entry: &Entry, snapshot: &Snapshot) -> bool {
    let deleting = entry.doubt.as_ref().is_some_and(|doubt| doubt.verb == Verb::Delete);
    matches!(&snapshot.status, Status::Busy(word) if deleting && word.to_lowercase().contains("delet"))
}

fn risk(fields: &[FieldChange]) -> Risk {
    fields.iter().map(|field| field.risk).max().unwrap_or(Risk::Safe)
}

fn changed(fields: &[FieldChange]) -> BTreeSet<String> {
    fields
        .iter()
        .filter_map(|field| field.path.split(['.', '[']).next())
        .map(str::to_owned)
        .collect()
}
