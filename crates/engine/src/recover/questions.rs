//! What may be a declared resource, and how that is read.

use std::collections::BTreeSet;

use bicoastal_model::{Declared, Found, Packed, ResourceId, Target};
use serde_json::Value;

use super::candidate::{Candidate, Proof};
use super::rebuild::{By, Question, Rebuild};
use super::rebuilt::Left;
use crate::observe::union;
use crate::planner::identity::natural_key;
use crate::planner::{with_name, with_ownership};
use crate::state::token;

impl Rebuild<'_> {
    /// What may be a declared resource.
    pub(super) fn questions(&mut self, declared: &Declared) -> Vec<Question> {
        if declared.lookup || self.state.current(&declared.id).is_some() {
            return Vec::new();
        }
        let question =
            |candidate: Candidate, inside_ours: bool, address: Option<String>| Question {
                id: declared.id.clone(),
                kind: declared.schema.kind.to_owned(),
                candidate,
                declared: true,
                inside_ours,
                address,
            };
        let own = |physical: Option<String>, proof: Proof| Candidate {
            born: declared.id.clone(),
            place: declared.place.clone(),
            physical,
            identity: Value::Null,
            token: None,
            incarnation: None,
            proof,
        };
        match &mut self.by {
            By::Marks(sorted) => {
                let marked = sorted.declared.get(&declared.id).cloned().unwrap_or_default();
                if declared.schema.has_tags() || !marked.is_empty() {
                    return marked.into_iter().map(|it| question(it, true, None)).collect();
                }
                let resolved = self.resolved(declared);
                if !identity_known(declared, &resolved) {
                    return Vec::new();
                }
                if let Some(physical) = &declared.adopt {
                    // The program itself says whose it is.
                    return vec![question(own(Some(physical.clone()), Proof::Named), true, None)];
                }
                let inside_ours = self.is_inside_ours(declared);
                vec![question(own(None, Proof::Declared), inside_ours, None)]
            }
            By::User { named, .. } => {
                if let Some(physical) = named.get(&declared.id).cloned() {
                    return vec![question(own(Some(physical), Proof::Named), true, None)];
                }
                let Some((address, found)) = self.matched(declared) else { return Vec::new() };
                let candidate = own(Some(found.physical).filter(|it| !it.is_empty()), Proof::Named);
                vec![question(candidate, true, Some(address))]
            }
        }
    }

    /// The one thing of another tool's state that is this resource, by its natural key. It is
    /// nobody else's after that.
    fn matched(&mut self, declared: &Declared) -> Option<(String, Found)> {
        let resolved = self.resolved(declared);
        if !identity_known(declared, &resolved) {
            return None;
        }
        let resolved = with_name(&resolved, self.state.next_incarnation(&declared.id));
        let By::User { open, .. } = &mut self.by else { return None };
        let fits = |found: &Found| {
            found.kind == declared.schema.kind
                && (found.place.regions.is_empty()
                    || found.place.regions.iter().any(|it| declared.place.regions.contains(it)))
                && is_same(declared, &found.identity, &resolved)
        };
        let fitting: Vec<usize> =
            (0..open.len()).filter(|at| open.get(*at).is_some_and(|(_, it)| fits(it))).collect();
        match fitting.as_slice() {
            [one] => Some(open.remove(*one)),
            [] => None,
            several => {
                let addresses: Vec<String> =
                    several.iter().filter_map(|at| Some(open.get(*at)?.0.clone())).collect();
                self.left.push(Left {
                    what: declared.id.to_string(),
                    physical: addresses.join(", "),
                    why: "several fit it equally".to_owned(),
                    hint: format!("say which one: import {} ID", declared.id),
                });
                None
            }
        }
    }

    /// Whether what it is inside of, by its natural key, is ours.
    fn is_inside_ours(&self, declared: &Declared) -> bool {
        let identity = declared.schema.identity.iter().filter_map(|it| declared.props.get(it));
        let parents: BTreeSet<ResourceId> =
            identity.flat_map(Packed::refs).map(|reference| reference.id.clone()).collect();
        !parents.is_empty() && parents.iter().all(|id| self.outputs.contains_key(id))
    }

    pub(super) fn target(&self, question: &Question) -> Target {
        let candidate = &question.candidate;
        let tags = self.state.ownership_tags(&candidate.born);
        let incarnation = candidate.incarnation.unwrap_or(1);
        let declared = self.desired.resources.get(&question.id).filter(|_| question.declared);
        let (props, place) = match declared {
            Some(declared) => {
                let props = with_name(&self.resolved(declared), incarnation);
                let props =
                    with_ownership(declared.schema, &props, &self.state.marks(), &candidate.born);
                // Its name may not be the declared one (any more): it is read as it is.
                let named = declared.schema.identity.iter().filter_map(|field| {
                    Some(((*field).into(), candidate.identity.get(*field)?.into()))
                });
                let props = match props.as_object() {
                    Some(fields) => fields.with(named).into(),
                    None => props,
                };
                (props, union(&candidate.place, &declared.place))
            }
            None => ((&candidate.identity).into(), candidate.place.clone()),
        };
        Target {
            id: question.id.clone(),
            kind: question.kind.clone(),
            place,
            incarnation,
            token: candidate
                .token
                .clone()
                .unwrap_or_else(|| token(&self.state.lineage, &candidate.born, incarnation)),
            physical: candidate.physical.clone(),
            props,
            tags,
        }
    }
}

fn identity_known(declared: &Declared, props: &Packed) -> bool {
    let identity = declared.schema.identity.iter();
    identity.filter_map(|it| props.get(it)).all(|value| !value.has_unknown())
}

/// Whether a thing with this natural key is what is declared. Where AWS assigns the id, every
/// field that is told of the thing must be what is declared.
fn is_same(declared: &Declared, identity: &Value, resolved: &Packed) -> bool {
    use bicoastal_model::same::same;
    let schema = declared.schema;
    if !schema.identity.is_empty() {
        return natural_key(schema, identity) == natural_key(schema, resolved);
    }
    let Some(told) = identity.as_object().filter(|told| !told.is_empty()) else { return false };
    told.iter().all(|(name, value)| match (schema.field(name), resolved.get(name)) {
        (Some(field), Some(wanted)) => same(&field.shape, &wanted.to_value(), value),
        // What the program leaves to AWS may be anything.
        _ => true,
    })
}
