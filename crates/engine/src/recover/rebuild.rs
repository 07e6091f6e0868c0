//! In which order things are read, and what is claimed of them.

use std::collections::{BTreeMap, BTreeSet};

use bicoastal_model::stack::STACK_OUTPUTS;
use bicoastal_model::value::{self, Ref};
use bicoastal_model::{
    Catalog, Declared, Desired, Diagnostics, Found, OpError, Place, ResourceId, Seen, Snapshot,
    Target,
};
use bicoastal_model::{Fields, Packed};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::candidate::{Candidate, Proof, Sorted, sort};
use crate::fold::IllegalSequence;
use crate::observe::union;
use crate::planner::identity::natural_key;
use crate::planner::index::Declarations;
use crate::planner::{self, with_name, with_ownership};
use crate::record::{Begun, Ended, Record};
use crate::state::{Key, LookedUp, State, token};

/// How many things one begin is about: an entry of the journal stays small.
const AT_ONCE: usize = 50;

/// What is known before anything is read.
#[derive(Clone, Debug, Default)]
pub struct World {
    /// Account numbers, by the program's name for the account (`""`: the default one).
    pub accounts: BTreeMap<String, String>,
    /// What the look-ups found.
    pub lookups: BTreeMap<ResourceId, Seen>,
    /// Other stacks' exports, by stack and name.
    pub stacks: BTreeMap<String, BTreeMap<String, Value>>,
}

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

/// Who says what is whose.
pub(super) enum By {
    /// Marks: after the loss of a state.
    Marks(Sorted),
    /// The user: things by declared id, and things to be matched by their natural keys.
    User { named: BTreeMap<ResourceId, String>, open: Vec<(String, Found)> },
}

pub(super) struct Question {
    pub(super) id: ResourceId,
    pub(super) kind: String,
    pub(super) candidate: Candidate,
    pub(super) declared: bool,
    /// For what can bear no mark: whether what it is inside of is ours.
    pub(super) inside_ours: bool,
    /// The Terraform address that it was matched by.
    pub(super) address: Option<String>,
}

pub(super) struct Taken {
    pub(super) begun: Begun,
    pub(super) ended: Ended,
    pub(super) superseded: bool,
    pub(super) claimed: Claimed,
    pub(super) snapshot: Snapshot,
}

/// Makes a state, or a part of one, from what is there.
pub struct Rebuild<'a> {
    pub(super) desired: &'a Desired,
    pub(super) catalog: &'a Catalog,
    pub(super) world: &'a World,
    pub(super) salt: [u8; 16],
    pub(super) state: State,
    pub(super) by: By,
    order: Vec<&'a ResourceId>,
    asked: Vec<Question>,
    strays_asked: bool,
    decided: BTreeSet<ResourceId>,
    pub(super) outputs: BTreeMap<ResourceId, Fields>,
    pub(super) taken: Vec<Taken>,
    pub(super) left: Vec<Left>,
    pub(super) unread: Vec<(ResourceId, OpError)>,
}

impl std::fmt::Debug for Rebuild<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Rebuild").field("stack", &self.desired.stack).finish_non_exhaustive()
    }
}

impl<'a> Rebuild<'a> {
    /// For a stack whose state is lost: what bears the lineage is claimed.
    ///
    /// # Errors
    ///
    /// Where the program's resources wait for each other.
    pub fn recover(
        desired: &'a Desired,
        catalog: &'a Catalog,
        world: &'a World,
        lineage: &str,
        found: &[Found],
        salt: [u8; 16],
    ) -> Result<Self, Diagnostics> {
        let sorted = sort(desired, lineage, found);
        let mut left = Vec::new();
        for thing in &sorted.nameless {
            left.push(Left {
                what: thing.kind.clone(),
                physical: thing.physical.clone(),
                why: "it bears the stack's token, and the program declares nothing that it was made for"
                    .to_owned(),
                hint: "if it is nobody's, delete it by hand".to_owned(),
            });
        }
        for mark in found.iter().filter_map(|it| Some((it, super::Mark::read(it)?))) {
            let (thing, mark) = mark;
            if mark.lineage != lineage && mark.stack.as_ref() == Some(&desired.stack) {
                left.push(Left {
                    what: thing.kind.clone(),
                    physical: thing.physical.clone(),
                    why: format!("it is of another lineage of this stack, {}", mark.lineage),
                    hint: String::new(),
                });
            }
        }
        let state = State::empty(desired.stack.clone(), lineage);
        let mut rebuild = Self::new(desired, catalog, world, state, By::Marks(sorted), salt)?;
        rebuild.left = left;
        Ok(rebuild)
    }

    /// For things that others made: by declared id what AWS knows them by, and things of another
    /// tool's state, by address, to be matched with what the program declares.
    ///
    /// # Errors
    ///
    /// Where the program's resources wait for each other.
    pub fn import(
        desired: &'a Desired,
        catalog: &'a Catalog,
        world: &'a World,
        state: State,
        named: BTreeMap<ResourceId, String>,
        open: Vec<(String, Found)>,
        salt: [u8; 16],
    ) -> Result<Self, Diagnostics> {
        Self::new(desired, catalog, world, state, By::User { named, open }, salt)
    }

    fn new(
        desired: &'a Desired,
        catalog: &'a Catalog,
        world: &'a World,
        state: State,
        by: By,
        salt: [u8; 16],
    ) -> Result<Self, Diagnostics> {
        let declarations = Declarations::of(desired);
        let order = declarations.order().map_err(|cycle| {
            let ids: Vec<&str> = cycle.iter().map(|id| id.as_str()).collect();
            Diagnostics(vec![bicoastal_model::Diagnostic::error(format!(
                "these wait for each other: {}",
                ids.join(" → ")
            ))])
        })?;
        let outputs = state
            .entries
            .iter()
            .filter(|(_, entry)| !entry.superseded)
            .map(|(key, entry)| (key.id.clone(), entry.outputs.clone()))
            .collect();
        Ok(Self {
            desired,
            catalog,
            world,
            salt,
            state,
            by,
            order: order.into_iter().map(|it| &declarations.at(it).id).collect(),
            asked: Vec::new(),
            strays_asked: false,
            decided: BTreeSet::new(),
            outputs,
            taken: Vec::new(),
            left: Vec::new(),
            unread: Vec::new(),
        })
    }

    /// What to read now; nothing where everything is decided.
    pub fn wanted(&mut self) -> Vec<Target> {
        self.asked = self.strays();
        loop {
            let mut round = Vec::new();
            for id in &self.order {
                let Some(declared) = self.desired.resources.get(*id) else { continue };
                if !self.decided.contains(*id) && self.is_ready(declared) {
                    round.push(declared);
                }
            }
            if round.is_empty() {
                break;
            }
            for declared in round {
                self.decided.insert(declared.id.clone());
                let questions = self.questions(declared);
                self.asked.extend(questions);
            }
            if !self.asked.is_empty() {
                break;
            }
        }
        self.asked.iter().map(|question| self.target(question)).collect()
    }

    /// What was read, in the order asked.
    pub fn seen(&mut self, answers: Vec<Seen>) {
        let asked = std::mem::take(&mut self.asked);
        let mut groups: BTreeMap<(bool, ResourceId, String), Vec<(Question, Snapshot)>> =
            BTreeMap::new();
        for (question, seen) in asked.into_iter().zip(answers) {
            match seen {
                Seen::Present(snapshot) => {
                    let key = (question.declared, question.id.clone(), question.kind.clone());
                    groups.entry(key).or_default().push((question, snapshot));
                }
                Seen::Unknown(error) => self.unread.push((question.id, error)),
                Seen::Absent => self.missed(&question),
            }
        }
        for ((is_declared, id, kind), present) in groups {
            match self.desired.resources.get(&id).filter(|_| is_declared) {
                Some(declared) => self.claim(declared, present),
                None => self.claim_stray(&id, &kind, present),
            }
        }
    }

    fn missed(&mut self, question: &Question) {
        if let (Proof::Named, Some(physical)) =
            (question.candidate.proof, &question.candidate.physical)
        {
            self.left.push(Left {
                what: question.address.clone().unwrap_or_else(|| question.id.to_string()),
                physical: physical.clone(),
                why: format!(
                    "there is no such {} in {}",
                    question.kind,
                    question.candidate.place.label()
                ),
                hint: "check its id, its region and the credentials".to_owned(),
            });
        }
    }

    /// Whether everything that it refers to is decided on.
    fn is_ready(&self, declared: &Declared) -> bool {
        declared.lookup
            || declared.edges().iter().all(|edge| {
                self.decided.contains(edge)
                    || self.desired.resources.get(edge).is_none_or(|it| it.lookup)
            })
    }

    fn strays(&mut self) -> Vec<Question> {
        let By::Marks(sorted) = &self.by else { return Vec::new() };
        if std::mem::replace(&mut self.strays_asked, true) {
            return Vec::new();
        }
        let each = sorted.strays.iter().flat_map(|((id, kind), candidates)| {
            candidates.iter().map(|candidate| Question {
                id: id.clone(),
                kind: kind.clone(),
                candidate: candidate.clone(),
                declared: false,
                inside_ours: true,
                address: None,
            })
        });
        each.filter(|question| self.catalog.get(&question.kind).is_some()).collect()
    }

    /// What may be a declared resource.
    fn questions(&mut self, declared: &Declared) -> Vec<Question> {
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

    /// The properties with references replaced where they are known.
    pub(super) fn resolved(&self, declared: &Declared) -> Packed {
        declared.props.resolve(&mut |reference| self.known(reference))
    }

    fn known(&self, reference: &Ref) -> Option<Packed> {
        if let Some(stack) = reference.id.as_str().strip_prefix(STACK_OUTPUTS) {
            return self
                .world
                .stacks
                .get(stack)?
                .get(reference.attribute.as_str())
                .map(Packed::from);
        }
        if let Some(Seen::Present(found)) = self.world.lookups.get(&reference.id) {
            return found.outputs.get(reference.attribute.as_str()).map(Packed::from);
        }
        self.outputs.get(&reference.id)?.get(&reference.attribute).cloned()
    }

    /// Whether what it is inside of, by its natural key, is ours.
    fn is_inside_ours(&self, declared: &Declared) -> bool {
        let identity = declared.schema.identity.iter().filter_map(|it| declared.props.get(it));
        let parents: BTreeSet<ResourceId> =
            identity.flat_map(Packed::refs).map(|reference| reference.id.clone()).collect();
        !parents.is_empty() && parents.iter().all(|id| self.outputs.contains_key(id))
    }

    fn target(&self, question: &Question) -> Target {
        let candidate = &question.candidate;
        let tags = self.state.ownership_tags(&candidate.born);
        let incarnation = candidate.incarnation.unwrap_or(1);
        let declared = self.desired.resources.get(&question.id).filter(|_| question.declared);
        let (props, place) = match declared {
            Some(declared) => {
                let props = with_name(&self.resolved(declared), incarnation);
                let props =
                    with_ownership(declared.schema, &props, &self.state.marks(), &candidate.born);
                let mut props = props.to_value();
                if let (Some(props), Some(identity)) =
                    (props.as_object_mut(), candidate.identity.as_object())
                {
                    // Its name may not be the declared one (any more): it is read as it is.
                    for field in declared.schema.identity {
                        if let Some(value) = identity.get(*field) {
                            props.insert((*field).to_owned(), value.clone());
                        }
                    }
                }
                (props, union(&candidate.place, &declared.place))
            }
            None => (candidate.identity.clone(), candidate.place.clone()),
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

    /// The records that make the state, and everything to be said about it.
    ///
    /// # Errors
    ///
    /// Where the records can't follow each other: a defect.
    pub fn finish(mut self) -> Result<Rebuilt, IllegalSequence> {
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
