//! In which order things are read, and what is known meanwhile.

use std::collections::{BTreeMap, BTreeSet};

use bicoastal_model::stack::STACK_OUTPUTS;
use bicoastal_model::value::Ref;
use bicoastal_model::{
    Catalog, Declared, Desired, Diagnostics, Fields, Found, OpError, Packed, ResourceId, Seen,
    Snapshot, Target,
};
use serde_json::Value;

use super::candidate::{Candidate, Proof, Sorted, sort};
use super::claim::Present;
use super::rebuilt::{Claimed, Left};
use crate::planner::index::Declarations;
use crate::record::{Begun, Ended};
use crate::state::State;

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
    /// Things that the program does not declare, of one kind each: they come after what it declares
    /// has its incarnations, and stand on all that was claimed.
    pub(super) strays: Vec<(ResourceId, Vec<Present>)>,
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
            strays: Vec::new(),
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
        let mut groups: BTreeMap<(bool, ResourceId, String), Vec<Present>> = BTreeMap::new();
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
        for ((is_declared, id, _), present) in groups {
            match self.desired.resources.get(&id).filter(|_| is_declared) {
                Some(declared) => self.claim(declared, present),
                None => self.strays.push((id, present)),
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
}
