//! What a program wants, checked: the input of a plan.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::STACK_OUTPUTS;
use crate::diagnostic::{Diagnostic, SourceLine};
use crate::id::{Ids, Place, ResourceId};
use crate::packed::Packed;
use crate::schema::Schema;
use crate::value::{self, Ref, Value};

/// In which order changes reach what already serves.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Rollout {
    /// Every region at once.
    #[default]
    AllAtOnce,
    /// One region after the other.
    OneRegionAtATime,
}

/// A secret's clear text, redacted wherever it is shown.
#[derive(Clone, PartialEq, Eq)]
pub struct Clear(pub(crate) String);

impl Clear {
    /// The secret itself. Only for the call that needs it, and for its digest.
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl std::fmt::Debug for Clear {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Clear(…)")
    }
}

/// One declared resource.
#[derive(Clone, Debug)]
pub struct Declared {
    /// Its logical id.
    pub id: ResourceId,
    /// What the planner knows of its kind.
    pub schema: &'static Schema,
    /// Where it is.
    pub place: Place,
    /// Its properties, with markers for what is not known yet.
    pub props: Packed,
    /// Whether it is only looked up: `props` is the query then.
    pub lookup: bool,
    /// What it must come after although it refers to none of it.
    pub after: BTreeSet<ResourceId>,
    /// Whether deleting it must be asked for by name.
    pub protected: bool,
    /// Whether it is left alone in AWS when its declaration goes.
    pub retained: bool,
    /// The existing thing that it is to take over, by AWS's id.
    pub adopt: Option<String>,
    /// Fields whose differences are left alone.
    pub ignored: BTreeSet<String>,
    /// Its former id.
    pub renamed_from: Option<ResourceId>,
    /// How long one wait for AWS may take, instead of what its kind says.
    pub patience: Option<Duration>,
    /// Where the program says so.
    pub at: SourceLine,
    /// What sealing found out, so that nobody has to again.
    pub sealed: Sealed,
}

/// What was found out about a resource when its stack was sealed. It holds for as long as what it
/// follows from does; the default says nothing.
#[derive(Clone, Debug, Default)]
pub struct Sealed {
    /// Of these properties, and of what was named besides.
    props: Packed,
    after: usize,
    edges: Option<Ids>,
}

impl Declared {
    /// Everything it must come after: references and explicit order. Ids of a sealed stack share
    /// the text of the ids that are declared.
    pub fn edges(&self) -> Cow<'_, Ids> {
        let Sealed { props, after, edges } = &self.sealed;
        let holds = |edges: &&Ids| {
            self.props.is_shared_with(props)
                && self.after.len() == *after
                && self.after.iter().all(|id| edges.contains(id))
        };
        match edges.as_ref().filter(holds) {
            Some(edges) => Cow::Borrowed(edges),
            None => Cow::Owned(self.find_edges()),
        }
    }

    /// Keeps what it must come after, for as long as that follows from it as it is now.
    pub(super) fn keep_edges(&mut self, edges: Ids) {
        let (props, after) = (self.props.clone(), self.after.len());
        self.sealed = Sealed { props, after, edges: Some(edges) };
    }

    fn find_edges(&self) -> Ids {
        let mut edges: Vec<ResourceId> = self.after.iter().cloned().collect();
        self.props.visit(&mut |inner| {
            let id = inner.as_ref().map(|reference| &reference.id);
            edges.extend(id.filter(|id| !id.as_str().starts_with(STACK_OUTPUTS)).cloned());
        });
        edges.into_iter().collect()
    }
}

/// What a program wants, checked: the input of a plan.
#[derive(Clone, Debug)]
pub struct Desired {
    /// The stack's name.
    pub stack: String,
    /// The resources, by id.
    pub resources: BTreeMap<ResourceId, Declared>,
    /// In which order changes reach what already serves.
    pub rollout: Rollout,
    /// The longest that clients may go on being sent to a region that is lost, where the program
    /// says so. Rules between resources hold to it what they can tell offline.
    pub rto: Option<Duration>,
    /// What the stack shows when it is done, in the order declared; with markers.
    pub exports: Vec<(String, Value)>,
    /// Secrets in clear, by resource and slot (the dotted path of the property).
    pub secrets: BTreeMap<(ResourceId, String), Clear>,
    /// Things worth knowing that do not stop a plan.
    pub warnings: Vec<Diagnostic>,
}

impl Desired {
    /// The other stacks whose exports are read.
    pub fn other_stacks(&self) -> BTreeSet<String> {
        let mut stacks = BTreeSet::new();
        let mut see = |reference: &Ref| {
            let stack = reference.id.as_str().strip_prefix(STACK_OUTPUTS);
            stacks.extend(stack.map(str::to_owned));
        };
        for declared in self.resources.values() {
            declared.props.refs().into_iter().for_each(&mut see);
        }
        self.exports.iter().flat_map(|(_, value)| value::refs(value)).for_each(|it| see(&it));
        stacks
    }
}
