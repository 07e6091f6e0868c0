//! What is decided on one resource, and how it becomes part of a plan.

use std::cell::OnceCell;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use bicoastal_model::diff::FieldChange;
use bicoastal_model::value;
use bicoastal_model::{
    Catalog, Declared, Desired, Diagnostic, OpError, Place, Region, ResourceId, Risk, ScopeKind,
};
use bicoastal_model::{ErrorFacts, Seen, Snapshot, SourceLine, Tier};
use serde_json::Value;

use super::Options;
use super::resolve::Outputs;
use crate::observe::Observed;
use crate::plan::{Action, Added, PlannedMember, Unseen};
use crate::record::Record;
use crate::state::{Entry, Key, State, Verb, token};

/// What is decided on one resource.
#[derive(Clone, Debug)]
pub(crate) struct Decision {
    pub(crate) id: ResourceId,
    pub(crate) kind: String,
    pub(crate) place: Place,
    pub(crate) tier: Tier,
    /// Nothing for what is only recorded, without a word.
    pub(crate) action: Option<Action>,
    pub(crate) risk: Risk,
    pub(crate) reasons: Vec<String>,
    pub(crate) fields: Vec<FieldChange>,
    pub(crate) at: Option<SourceLine>,
    /// What is created, updated or adopted.
    pub(crate) make: Option<PlannedMember>,
    /// What is deleted.
    pub(crate) deletes: Vec<PlannedMember>,
    pub(crate) records: Vec<Record>,
}

impl Decision {
    /// The regions that a spanning thing which stays gives up.
    pub(crate) fn leaving(&self) -> impl Iterator<Item = Region> {
        let spans = self.place.scope == ScopeKind::Spanning;
        let fields = self.fields.iter().filter(move |field| spans && field.after.is_null());
        fields.filter_map(|field| {
            field.path.strip_prefix("regions[")?.strip_suffix(']')?.parse().ok()
        })
    }
}

/// Everything that deciding needs, and what it found so far.
pub(crate) struct Planner<'a> {
    pub(crate) desired: &'a Desired,
    pub(crate) state: &'a State,
    pub(crate) observed: &'a Observed,
    pub(crate) catalog: &'a Catalog,
    pub(crate) options: &'a Options,
    /// What is known of the outputs of what was decided on.
    pub(crate) outputs: BTreeMap<ResourceId, Outputs<'a>>,
    /// Whose outputs can't be had, because it could not be read and state has none.
    pub(crate) unavailable: BTreeMap<ResourceId, OpError>,
    pub(crate) decisions: Vec<Decision>,
    pub(crate) added: Vec<Added>,
    pub(crate) unseen: Vec<Unseen>,
    pub(crate) errors: Vec<Diagnostic>,
    pub(crate) warnings: Vec<Diagnostic>,
    /// The outputs that something refers to, by whose they are; worked out when asked for.
    used: OnceCell<BTreeMap<ResourceId, BTreeSet<String>>>,
    /// The incarnation that is decided on, where it is not the newest in use.
    pub(crate) chosen: BTreeMap<ResourceId, Key>,
    /// What everything declared comes after: read from its properties once.
    pub(crate) edges: BTreeMap<&'a ResourceId, BTreeSet<ResourceId>>,
    /// Something is only looked up.
    pub(crate) looks_up: bool,
    /// What is replaced by deleting it first.
    pub(crate) deleted_first: BTreeSet<ResourceId>,
    /// Former ids, by the new one.
    pub(crate) moved: BTreeMap<ResourceId, ResourceId>,
}

/// What a read brought, as far as it concerns one incarnation.
pub(crate) enum Sight<'a> {
    /// It does not exist.
    Absent,
    /// It does.
    Present(&'a Snapshot),
    /// It could not be read, or nobody tried to.
    Unknown(OpError),
}

impl<'a> Planner<'a> {
    pub(crate) fn new(
        desired: &'a Desired,
        state: &'a State,
        observed: &'a Observed,
        catalog: &'a Catalog,
        options: &'a Options,
    ) -> Self {
        Self {
            desired,
            state,
            observed,
            catalog,
            options,
            outputs: BTreeMap::new(),
            unavailable: BTreeMap::new(),
            decisions: Vec::new(),
            added: Vec::new(),
            unseen: Vec::new(),
            errors: Vec::new(),
            warnings: desired.warnings.clone(),
            used: OnceCell::new(),
            chosen: BTreeMap::new(),
            edges: super::declared_edges(desired),
            looks_up: desired.resources.values().any(|it| it.lookup),
            deleted_first: BTreeSet::new(),
            moved: BTreeMap::new(),
        }
    }

    /// What a read of this incarnation brought. What was not read is unknown.
    pub(crate) fn seen(&self, key: &Key) -> Sight<'a> {
        match self.observed.seen.get(key) {
            Some(Seen::Present(snapshot)) if self.is_another_self(key, &snapshot.physical) => {
                Sight::Absent
            }
            Some(Seen::Present(snapshot)) => Sight::Present(snapshot),
            Some(Seen::Absent) => Sight::Absent,
            Some(Seen::Unknown(error)) => Sight::Unknown(error.clone()),
            None => Sight::Unknown(not_read()),
        }
    }

    /// Whether this is another incarnation of the same resource, found because it bears the name
    /// that this one was to have: tags and names do not tell incarnations apart.
    fn is_another_self(&self, key: &Key, physical: &str) -> bool {
        let known = |entry: &Entry| entry.physical.as_deref() == Some(physical);
        !self.state.entries.get(key).is_some_and(known)
            && self.state.incarnations(&key.id).any(|(other, entry)| other != key && known(entry))
    }

    /// The edges that are kept: a look-up is nothing that could be waited for.
    pub(crate) fn edges(&self, declared: &Declared) -> BTreeSet<ResourceId> {
        let mut edges = self.edges.get(&declared.id).cloned().unwrap_or_default();
        if self.looks_up {
            edges.retain(|id| self.desired.resources.get(id).is_none_or(|it| !it.lookup));
        }
        edges
    }

    pub(crate) fn error(&mut self, declared: &Declared, message: impl Into<String>, hint: &str) {
        let mut error = Diagnostic::error(message).of(&declared.id).at(&declared.at);
        if !hint.is_empty() {
            error = error.hint(hint);
        }
        self.errors.push(error);
    }

    /// A decision on a declared resource that does nothing yet.
    pub(crate) fn undecided(&self, declared: &Declared) -> Decision {
        let former = self.moved.get(&declared.id);
        Decision {
            id: declared.id.clone(),
            kind: declared.schema.kind.to_owned(),
            place: declared.place.clone(),
            tier: declared.schema.tier,
            action: None,
            risk: Risk::Safe,
            reasons: former.map(|former| format!("it was called {former}")).into_iter().collect(),
            fields: Vec::new(),
            at: Some(declared.at.clone()),
            make: None,
            deletes: Vec::new(),
            records: Vec::new(),
        }
    }

    /// How long one wait for it may take, where the program says so.
    fn patience(&self, id: &ResourceId) -> Option<u64> {
        let time = self.desired.resources.get(id)?.patience?;
        Some(u64::try_from(time.as_millis()).unwrap_or(u64::MAX))
    }

    /// A member for something that is made anew.
    pub(crate) fn fresh_member(
        &self,
        declared: &Declared,
        key: Key,
        wanted: Arc<Value>,
    ) -> PlannedMember {
        PlannedMember {
            change: 0,
            kind: declared.schema.kind.to_owned(),
            place: declared.place.clone(),
            born: key.id.clone(),
            token: token(&self.state.lineage, &key.id, key.incarnation),
            key,
            physical: None,
            verb: Verb::Create,
            wanted: Some(wanted),
            applied: None,
            seen: None,
            adopt: false,
            lift_guards: false,
            edges: self.edges(declared),
            protected: declared.protected,
            retained: declared.retained,
            superseded: false,
            patience_ms: self.patience(&declared.id),
        }
    }

    /// A member for something that state has.
    pub(crate) fn member(
        &self,
        key: &Key,
        entry: &Entry,
        verb: Verb,
        seen: Option<&Snapshot>,
    ) -> PlannedMember {
        PlannedMember {
            change: 0,
            key: key.clone(),
            kind: entry.kind.clone(),
            place: entry.place.clone(),
            born: entry.born.clone(),
            token: entry.token.clone(),
            physical: seen.map(|it| it.physical.clone()).or_else(|| entry.physical.clone()),
            verb,
            wanted: None,
            applied: entry.base().map(Arc::new),
            seen: seen.map(|it| Arc::new(it.props.clone())),
            adopt: false,
            lift_guards: self.options.unprotect.contains(&key.id),
            edges: entry.edges.clone(),
            protected: entry.protected,
            retained: entry.retained,
            superseded: false,
            patience_ms: self.patience(&key.id),
        }
    }

    /// A member that deletes; delete options that the program gives now hold over the recorded ones.
    pub(crate) fn delete_member(
        &self,
        key: &Key,
        entry: &Entry,
        seen: &Snapshot,
        declared: Option<&Declared>,
    ) -> PlannedMember {
        use bicoastal_model::schema::Change;
        let mut member = self.member(key, entry, Verb::Delete, Some(seen));
        let applied = member.applied.get_or_insert_with(|| Arc::new(seen.props.clone()));
        let Some(declared) = declared else { return member };
        if let Some(applied) = Arc::make_mut(applied).as_object_mut() {
            let options = declared.schema.fields.iter();
            for field in options.filter(|field| field.change == Change::DeleteOption) {
                if let Some(value) = declared.props.get(field.name) {
                    applied.insert(field.name.to_owned(), value.clone());
                }
            }
        }
        member
    }
}

impl Planner<'_> {
    /// The outputs of a resource that something refers to.
    pub(crate) fn used(&self, id: &ResourceId) -> impl Iterator<Item = &String> {
        let used = self.used.get_or_init(|| used_outputs(self.desired));
        used.get(id).into_iter().flatten()
    }
}

fn used_outputs(desired: &Desired) -> BTreeMap<ResourceId, BTreeSet<String>> {
    let mut used: BTreeMap<ResourceId, BTreeSet<String>> = BTreeMap::new();
    let exports = desired.exports.iter().map(|(_, value)| value);
    let props = desired.resources.values().map(|declared| &declared.props);
    for reference in props.chain(exports).flat_map(value::refs) {
        used.entry(reference.id).or_default().insert(reference.attribute);
    }
    used
}

/// Why something is unknown that nobody tried to read.
pub(crate) fn not_read() -> OpError {
    OpError::NotSent(ErrorFacts {
        call: "refresh".to_owned(),
        message: "it was not read".to_owned(),
        ..ErrorFacts::default()
    })
}
