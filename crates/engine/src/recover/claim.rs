//! What is claimed of what was read, and as which incarnation.

use std::collections::BTreeSet;

use bicoastal_model::diff::{Cause, diff};
use bicoastal_model::schema::Change;
use bicoastal_model::{
    Declared, ErrorFacts, OpError, Ownership, ResourceId, Retry, Risk, Schema, Snapshot, Status,
};
use bicoastal_model::{Ids, Packed};
use serde_json::Value;

use super::agreed::{agreed, is_declared};
use super::candidate::{Candidate, Proof};
use super::rebuild::{Question, Rebuild, Taken};
use super::rebuilt::{Claimed, Left};
use crate::machine::secrets;
use crate::observe::union;
use crate::planner::identity::natural_key;
use crate::planner::{with_name, with_ownership};
use crate::record::{Begun, Ended};
use crate::state::{Key, Verb, token};

/// Something to be decided on, and how it was seen.
pub(super) type Present = (Question, Snapshot);

impl Rebuild<'_> {
    /// Things that may be a declared resource.
    pub(super) fn claim(&mut self, declared: &Declared, present: Vec<Present>) {
        let resolved = self.resolved(declared);
        let Some(mut numbered) = self.numbered(declared, &resolved, present) else { return };
        let Some((incarnation, current)) = numbered.pop() else { return };
        for (incarnation, (question, snapshot)) in numbered {
            let key = Key::new(declared.id.clone(), incarnation);
            let applied = snapshot.props.clone();
            self.take(key, &question, snapshot, applied, Some(declared), true);
        }
        let (question, snapshot) = current;
        let key = Key::new(declared.id.clone(), incarnation);
        let born = question.candidate.born.clone();
        let wanted = with_name(&resolved, incarnation);
        let wanted = with_ownership(declared.schema, &wanted, &self.state.marks(), &born);
        let (_, wanted) = secrets::fill(&wanted, &key, &self.desired.secrets, self.salt);
        let wanted = wanted.to_value();
        let applied = agreed(declared.schema, &wanted, &snapshot.props);
        if let Some((why, hint)) = self.refused(declared, &question, &snapshot, &wanted, &applied) {
            self.left.push(Left {
                what: question.address.clone().unwrap_or_else(|| declared.id.to_string()),
                physical: snapshot.physical,
                why,
                hint,
            });
            return;
        }
        let differs = diff(declared.schema, &wanted, Some(&applied), Some(&snapshot.props));
        let differs = differs.changes.into_iter().map(|change| change.path.into()).collect();
        self.outputs.insert(declared.id.clone(), snapshot.outputs.clone().into());
        let taken = self.take(key, &question, snapshot, applied, Some(declared), false);
        taken.claimed.differs = differs;
    }

    /// Why it is not claimed, and what can be done about it.
    fn refused(
        &self,
        declared: &Declared,
        question: &Question,
        snapshot: &Snapshot,
        wanted: &Value,
        applied: &Value,
    ) -> Option<(String, String)> {
        let schema = declared.schema;
        let physical = &snapshot.physical;
        let adopt = format!("to take it over, say stack.adopt(&handle, \"{physical}\")");
        match question.candidate.proof {
            Proof::Tags | Proof::Token => None,
            Proof::Declared => {
                if !question.inside_ours {
                    let why = "it can bear no mark, and is inside of nothing that is this stack's";
                    Some((why.to_owned(), adopt))
                } else if !is_declared(schema, wanted, &snapshot.props, applied) {
                    let why = "it can bear no mark, and is not as declared";
                    Some((why.to_owned(), adopt))
                } else {
                    None
                }
            }
            Proof::Named => {
                if let Ownership::Foreign(whose) = &snapshot.ownership {
                    return Some((format!("it is another's: {whose}"), adopt));
                }
                let known = self.state.entries.iter().find(|(_, entry)| {
                    entry.kind == schema.kind
                        && entry.physical.as_ref() == Some(physical)
                        && entry.place.region() == declared.place.region()
                });
                if let Some((key, _)) = known {
                    let hint =
                        format!("to give it another id: state mv {} {}", key.id, declared.id);
                    return Some((format!("it is {} in state", key.id), hint));
                }
                let found = diff(schema, wanted, Some(wanted), Some(&snapshot.props)).changes;
                let replace = found.iter().find(|change| {
                    change.change == Change::Replace && change.cause != Cause::Unknown
                })?;
                Some((
                    format!(
                        "it can't become what is declared: {} is {}, and only a new one can have another",
                        replace.path, replace.before
                    ),
                    "declare it as it is, import it, then change it".to_owned(),
                ))
            }
        }
    }

    /// Things of a resource that the program does not declare: what was applied is what is there.
    pub(super) fn claim_stray(&mut self, id: &ResourceId, present: Vec<Present>) {
        let taken = self.taken.iter().map(|it| &it.begun.key).filter(|key| key.id == *id);
        let last = taken.map(|key| key.incarnation).max();
        let mut fresh = last.map_or(1, |last| last + 1);
        let mut numbered: Vec<(Option<u32>, Present)> =
            present.into_iter().map(|it| (it.0.candidate.incarnation, it)).collect();
        numbered.sort_by_key(|(incarnation, _)| *incarnation);
        let count = numbered.len();
        for (at, (incarnation, (question, snapshot))) in numbered.into_iter().enumerate() {
            let next = incarnation.unwrap_or(fresh).max(fresh);
            fresh = next + 1;
            let superseded = at + 1 < count || last.is_some();
            let applied = snapshot.props.clone();
            let key = Key::new(id.clone(), next);
            self.take(key, &question, snapshot, applied, None, superseded);
        }
    }

    /// Things of one resource with their incarnations, oldest first; `None` where it can't be told
    /// which one is in use.
    fn numbered(
        &mut self,
        declared: &Declared,
        resolved: &Packed,
        present: Vec<Present>,
    ) -> Option<Vec<(u32, Present)>> {
        let mut known: Vec<(u32, Present)> = Vec::new();
        let mut unknown: Vec<Present> = Vec::new();
        let fresh = self.state.next_incarnation(&declared.id);
        for it in present {
            match it.0.candidate.incarnation {
                Some(incarnation) => known.push((incarnation, it)),
                None => unknown.push(it),
            }
        }
        let is_declared = |snapshot: &Snapshot| {
            !declared.schema.identity.is_empty()
                && natural_key(declared.schema, &snapshot.props)
                    == natural_key(declared.schema, resolved)
        };
        // Of names that do not tell, the declared one is in use.
        unknown.sort_by_key(|(_, snapshot)| is_declared(snapshot));
        let several = known.len() + unknown.len() > 1;
        let one_declared = unknown.iter().filter(|(_, it)| is_declared(it)).count() == 1;
        if several && !unknown.is_empty() && !one_declared {
            for (_, snapshot) in known.into_iter().map(|it| it.1).chain(unknown) {
                self.left.push(Left {
                    what: declared.id.to_string(),
                    physical: snapshot.physical.clone(),
                    why: "several bear its mark, and which one is in use can't be told".to_owned(),
                    hint: format!("say which one: import {} {}", declared.id, snapshot.physical),
                });
            }
            return None;
        }
        known.sort_by_key(|(incarnation, _)| *incarnation);
        let mut numbered: Vec<(u32, Present)> = Vec::new();
        for (incarnation, it) in known {
            let next = numbered.last().map_or(incarnation, |(last, _)| incarnation.max(last + 1));
            numbered.push((next, it));
        }
        for it in unknown {
            let next = numbered.last().map_or(fresh, |(last, _)| last + 1);
            numbered.push((next, it));
        }
        Some(numbered)
    }

    fn take(
        &mut self,
        key: Key,
        question: &Question,
        snapshot: Snapshot,
        applied: Value,
        declared: Option<&Declared>,
        superseded: bool,
    ) -> &mut Taken {
        let Candidate { born, place, token: made_with, proof, .. } = &question.candidate;
        let schema = self.catalog.get(&question.kind);
        let place = match declared {
            Some(declared) => union(place, &declared.place),
            None => place.clone(),
        };
        let edges: Ids = match declared {
            Some(declared) => declared
                .edges()
                .iter()
                .filter(|id| self.desired.resources.get(*id).is_some_and(|it| !it.lookup))
                .cloned()
                .collect(),
            None => self.stands_on(&snapshot).into_iter().collect(),
        };
        // Whether it was protected nobody can tell: what would be lost counts as protected.
        let guarded = schema.is_some_and(|it| it.protected || it.delete_risk == Risk::DestroysData);
        let busy = match &snapshot.status {
            Status::Busy(word) => Some(word.clone()),
            Status::Ready | Status::Failed(_) => None,
        };
        let ended = match &busy {
            None => Ended::Present {
                physical: snapshot.physical.clone(),
                outputs: snapshot.outputs.clone().into(),
            },
            // In doubt until the next apply has seen it through.
            Some(word) => Ended::Failed(OpError::Refused {
                retry: Retry::Never,
                facts: ErrorFacts {
                    call: "recover".to_owned(),
                    message: format!("it was {word} when it was found"),
                    ..ErrorFacts::default()
                },
            }),
        };
        let begun = Begun {
            key: key.clone(),
            kind: question.kind.as_str().into(),
            place: place.clone(),
            born: born.clone(),
            token: made_with
                .clone()
                .filter(|it| it.starts_with(bicoastal_model::sweep::TOKEN_PREFIX))
                .unwrap_or_else(|| token(&self.state.lineage, born, key.incarnation))
                .into(),
            physical: Some(snapshot.physical.clone()),
            verb: Verb::Adopt,
            edges,
            protected: declared.map_or(guarded, |it| it.protected),
            retained: declared.is_some_and(|it| it.retained),
            wanted: Some((&applied).into()),
        };
        let claimed = Claimed {
            key,
            kind: question.kind.clone(),
            place,
            physical: snapshot.physical.clone(),
            proof: *proof,
            declared: declared.is_some(),
            superseded,
            differs: Vec::new(),
            busy,
            secrets: schema.map(|schema| secret_paths(schema, &applied)).unwrap_or_default(),
        };
        let at = self.taken.len();
        self.taken.push(Taken { begun, ended, superseded, claimed, snapshot });
        &mut self.taken[at]
    }

    /// What an undeclared thing stands on, as far as its properties name it.
    fn stands_on(&self, snapshot: &Snapshot) -> BTreeSet<ResourceId> {
        let mut words = BTreeSet::new();
        texts(&snapshot.props, &mut words);
        let named = |taken: &&Taken| {
            let there = &taken.snapshot;
            there.physical != snapshot.physical
                && (words.contains(there.physical.as_str())
                    || there
                        .outputs
                        .get("arn")
                        .and_then(Value::as_str)
                        .is_some_and(|arn| words.contains(arn)))
        };
        self.taken.iter().filter(named).map(|taken| taken.begun.key.id.clone()).collect()
    }
}

fn texts<'v>(value: &'v Value, words: &mut BTreeSet<&'v str>) {
    match value {
        Value::String(text) => {
            words.insert(text);
        }
        Value::Array(items) => items.iter().for_each(|item| texts(item, words)),
        Value::Object(fields) => fields.values().for_each(|field| texts(field, words)),
        _ => {}
    }
}

/// Where its properties have secrets.
fn secret_paths(schema: &Schema, props: &Value) -> Vec<String> {
    let props = Packed::from(props);
    bicoastal_model::secrets::wanted(schema, &props, None).into_iter().map(|it| it.path).collect()
}
