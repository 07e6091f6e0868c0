//! What is decided on one resource, and how it becomes part of a plan.

use std::cell::{OnceCell, RefCell};
use std::collections::{BTreeMap, BTreeSet};

use bicoastal_model::diff::FieldChange;
use bicoastal_model::value::{self, Ref};
use bicoastal_model::{
    Catalog, Declared, Desired, Diagnostic, ErrorFacts, Ids, OpError, Packed, Place, Region,
    ResourceId, Risk, Schema, ScopeKind, SourceLine, Tier, Word,
};

use smallvec::SmallVec;

use super::Options;
use super::footprint::{self, Regions};
use super::gathered::{Gathered, Survey};
use super::index::{Declarations, Records};
use super::resolve::Outputs;
use crate::observe::{Look, Observed, Thing};
use crate::plan::{Action, Added, PlannedMember, Unseen};
use crate::record::Record;
use crate::state::{Entry, Key, Marks, State, Verb, token};

/// What is decided on one resource.
#[derive(Clone, Debug)]
pub(crate) struct Decision {
    pub(crate) id: ResourceId,
    pub(crate) kind: Word,
    pub(crate) place: Place,
    pub(crate) tier: Tier,
    /// Nothing for what is only recorded, without a word.
    pub(crate) action: Option<Action>,
    pub(crate) risk: Risk,
    pub(crate) reasons: Vec<String>,
    pub(crate) fields: Vec<FieldChange>,
    pub(crate) at: Option<SourceLine>,
    /// What is created, updated or adopted.
    pub(crate) make: Option<Box<PlannedMember>>,
    /// What is deleted.
    pub(crate) deletes: SmallVec<[Box<PlannedMember>; 1]>,
    pub(crate) records: Vec<Record>,
    /// The regions that what is made names, and what is deleted where that is one: as far as they
    /// were worked out already.
    named: [Option<Regions>; 2],
}

impl Decision {
    /// That this is decided on a resource, and no more yet.
    pub(crate) fn on(id: &ResourceId, kind: Word, place: &Place, tier: Tier) -> Self {
        Self {
            id: id.clone(),
            kind,
            place: place.clone(),
            tier,
            action: None,
            risk: Risk::Safe,
            reasons: Vec::new(),
            fields: Vec::new(),
            at: None,
            make: None,
            deletes: SmallVec::new(),
            records: Vec::new(),
            named: [None, None],
        }
    }

    /// Works out which regions are named, while what names them is at hand.
    pub(crate) fn name_regions(&mut self) {
        self.named[0] = self.make.as_deref().map(footprint::named_by);
        self.named[1] = match &*self.deletes {
            [member] => Some(footprint::named_by(member)),
            _ => None,
        };
    }

    /// The regions that a global member names.
    pub(crate) fn named(&self, member: &PlannedMember) -> Regions {
        let known = self.named[usize::from(member.verb == Verb::Delete)];
        known.unwrap_or_else(|| footprint::named_by(member))
    }

    /// One more thing is deleted; most often it is the only one.
    pub(crate) fn delete(&mut self, member: PlannedMember) {
        self.deletes.push(Box::new(member));
    }

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
    /// The tags of what is the state's.
    pub(crate) marks: Marks,
    /// What is declared.
    pub(crate) declared: Declarations<'a>,
    /// What is recorded, and what was seen.
    pub(crate) records: Records<'a>,
    /// What was found out before anything was decided on.
    pub(crate) survey: Survey<'a>,
    /// What is gathered along with what is decided.
    pub(crate) gathered: Gathered<'a>,
    /// What is known of the outputs of what was decided on, in the order of the ids.
    pub(crate) outputs: Vec<Option<Outputs>>,
    /// Whose outputs can't be had, because it could not be read and state has none.
    pub(crate) unavailable: BTreeMap<ResourceId, OpError>,
    pub(crate) decisions: Vec<Decision>,
    pub(crate) added: Vec<Added>,
    pub(crate) unseen: Vec<Unseen>,
    pub(crate) errors: Vec<Diagnostic>,
    pub(crate) warnings: Vec<Diagnostic>,
    /// The kinds that were asked for.
    schemas: RefCell<Vec<(Word, Option<&'static Schema>)>>,
    /// The outputs that something refers to, by whose they are; worked out when asked for.
    used: OnceCell<BTreeMap<ResourceId, BTreeSet<Word>>>,
    /// The incarnation that is decided on, where it is not the newest in use.
    pub(crate) chosen: BTreeMap<ResourceId, Key>,
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
    Present(&'a Thing),
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
        let declared = Declarations::of(desired);
        let records = Records::of(state, observed, &declared);
        let (survey, inside) = Survey::of(&records);
        // Where everything goes, there is one for each of what state has; where all is new, one
        // for each of what is declared.
        let decisions = match options.destroy {
            true => state.entries.len(),
            false => declared.len().saturating_sub(records.len()),
        };
        Self {
            desired,
            state,
            observed,
            catalog,
            options,
            marks: state.marks(),
            survey,
            gathered: Gathered::new(inside),
            outputs: vec![None; declared.len()],
            records,
            declared,
            unavailable: BTreeMap::new(),
            decisions: Vec::with_capacity(decisions),
            added: Vec::new(),
            unseen: Vec::new(),
            errors: Vec::new(),
            warnings: desired.warnings.clone(),
            schemas: RefCell::new(Vec::new()),
            used: OnceCell::new(),
            chosen: BTreeMap::new(),
            looks_up: desired.resources.values().any(|it| it.lookup),
            deleted_first: BTreeSet::new(),
            moved: BTreeMap::new(),
        }
    }

    /// Where spanning things are written at present.
    pub(crate) fn writers(&self) -> &BTreeMap<ResourceId, Region> {
        &self.survey.writers
    }

    /// The schema of a kind, if it is compiled in. There are few kinds, whose names are shared by
    /// all that are of them.
    pub(crate) fn schema(&self, kind: &Word) -> Option<&'static Schema> {
        let address = |kind: &Word| kind.as_str().as_ptr();
        let mut schemas = self.schemas.borrow_mut();
        if let Some((_, schema)) = schemas.iter().find(|(it, _)| address(it) == address(kind)) {
            return *schema;
        }
        let schema = self.catalog.get(kind);
        // More than there are kinds would be names that are not shared.
        if schemas.len() < 64 {
            schemas.push((kind.clone(), schema));
        }
        schema
    }

    /// What a read of this incarnation brought. What was not read is unknown.
    pub(crate) fn seen(&self, key: &Key) -> Sight<'a> {
        match self.records.look(key) {
            Some(Look::Present(thing)) if self.is_another_self(key, &thing.physical) => {
                Sight::Absent
            }
            Some(Look::Present(thing)) => Sight::Present(thing),
            Some(Look::Absent) => Sight::Absent,
            Some(Look::Unknown(error)) => Sight::Unknown((**error).clone()),
            None => Sight::Unknown(not_read()),
        }
    }

    /// Whether this is another incarnation of the same resource, found because it bears the name
    /// that this one was to have: tags and names do not tell incarnations apart.
    fn is_another_self(&self, key: &Key, physical: &str) -> bool {
        let known = |entry: &Entry| entry.physical.as_deref() == Some(physical);
        !self.records.entry(key).is_some_and(known)
            && self.records.incarnations(&key.id).any(|(other, entry)| other != key && known(entry))
    }

    /// The edges that are kept: a look-up is nothing that could be waited for.
    pub(crate) fn edges(&self, declared: &Declared) -> Ids {
        let place = self.declared.place(&declared.id);
        let edges = place.map(|place| self.declared.edges(place).clone()).unwrap_or_default();
        let is_lookup = |id: &ResourceId| self.declared.get(id).is_some_and(|it| it.lookup);
        if self.looks_up && edges.iter().any(is_lookup) {
            return edges.iter().filter(|id| !is_lookup(id)).cloned().collect();
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
        let kind = declared.schema.kind.into();
        let mut decision = Decision::on(&declared.id, kind, &declared.place, declared.schema.tier);
        decision.reasons.extend(former.map(|former| format!("it was called {former}")));
        decision.at = Some(declared.at.clone());
        decision
    }

    /// How long one wait for it may take, where the program says so.
    fn patience(&self, id: &ResourceId) -> Option<u64> {
        let time = self.declared.get(id)?.patience?;
        Some(u64::try_from(time.as_millis()).unwrap_or(u64::MAX))
    }

    /// A member for something that is made anew.
    pub(crate) fn fresh_member(
        &self,
        declared: &Declared,
        key: Key,
        wanted: Packed,
    ) -> PlannedMember {
        PlannedMember {
            change: 0,
            kind: declared.schema.kind.into(),
            place: declared.place.clone(),
            born: key.id.clone(),
            token: Word::unshared(&token(&self.state.lineage, &key.id, key.incarnation)),
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
        seen: Option<&Thing>,
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
            applied: entry.base(),
            seen: seen.map(|it| it.props.clone()),
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
        seen: &Thing,
        declared: Option<&Declared>,
    ) -> PlannedMember {
        use bicoastal_model::schema::Change;
        let mut member = self.member(key, entry, Verb::Delete, Some(seen));
        let applied = member.applied.get_or_insert_with(|| seen.props.clone());
        let Some(declared) = declared else { return member };
        let options = declared.schema.fields.iter();
        for field in options.filter(|field| field.change == Change::DeleteOption) {
            if let Some(value) = declared.props.get(field.name) {
                *applied = applied.with(field.name, value.clone());
            }
        }
        member
    }
}

impl Planner<'_> {
    /// What is known of the outputs of what was decided on.
    pub(crate) fn settled(&self, id: &ResourceId) -> Option<&Outputs> {
        self.outputs[self.declared.place(id)?].as_ref()
    }

    /// Makes the outputs of what was decided on known.
    pub(crate) fn settle(&mut self, id: &ResourceId, outputs: Outputs) {
        if let Some(place) = self.declared.place(id) {
            self.outputs[place] = Some(outputs);
        }
    }

    /// The outputs of a resource that something refers to.
    pub(crate) fn used(&self, id: &ResourceId) -> impl Iterator<Item = &Word> {
        let used = self.used.get_or_init(|| used_outputs(self.desired));
        used.get(id).into_iter().flatten()
    }
}

fn used_outputs(desired: &Desired) -> BTreeMap<ResourceId, BTreeSet<Word>> {
    let mut used: BTreeMap<ResourceId, BTreeSet<Word>> = BTreeMap::new();
    let mut see = |reference: &Ref| {
        let attributes = used.entry(reference.id.clone()).or_default();
        attributes.insert(reference.attribute.clone());
    };
    for declared in desired.resources.values() {
        declared.props.refs().into_iter().for_each(&mut see);
    }
    desired.exports.iter().flat_map(|(_, value)| value::refs(value)).for_each(|it| see(&it));
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
