//! A cloud that does what it is told, and a state that records it.

use std::collections::BTreeMap;

use bicoastal_engine::observe::{self, Observed};
use bicoastal_engine::plan::{Plan, PlannedMember};
use bicoastal_engine::planner::{self, Options};
use bicoastal_engine::record::Record;
use bicoastal_engine::state::{Doubt, Entry, Key, LookedUp, State, Verb};
use bicoastal_model::same::canonical;
use bicoastal_model::schema::Change;
use bicoastal_model::{
    Desired, Diagnostics, Ownership, Seen, Shape, Snapshot, Status, Target, value,
};
use serde_json::Value;

use super::catalog;

#[derive(Clone, Debug)]
pub struct Thing {
    pub kind: String,
    pub token: String,
    pub snapshot: Snapshot,
}

/// A cloud and the state of one stack in it.
#[derive(Clone, Debug)]
pub struct World {
    pub things: Vec<Thing>,
    pub state: State,
    pub lookups: BTreeMap<bicoastal_model::ResourceId, Seen>,
    /// Ids that can't be read.
    pub dark: Vec<String>,
    made: u32,
}

impl World {
    pub fn new() -> Self {
        Self {
            things: Vec::new(),
            state: State::empty("test", "lineage"),
            lookups: BTreeMap::new(),
            dark: Vec::new(),
            made: 0,
        }
    }

    pub fn observe(&self, desired: &Desired) -> Observed {
        let targets = observe::targets(desired, &self.state, &catalog(), &self.lookups);
        Observed {
            lookups: self.lookups.clone(),
            seen: targets
                .into_iter()
                .map(|(key, target)| (key, self.read(&target).into()))
                .collect(),
            ..Observed::default()
        }
    }

    pub fn read(&self, target: &Target) -> Seen {
        if self.dark.iter().any(|id| id == target.id.as_str()) {
            return Seen::Unknown(bicoastal_model::OpError::NotSent(Default::default()));
        }
        match self.things.iter().find(|thing| finds(target, thing)) {
            None => Seen::Absent,
            Some(thing) => {
                let mut snapshot = thing.snapshot.clone();
                snapshot.ownership = match thing.token.as_str() {
                    "" => Ownership::Unmarked,
                    token if token == target.token => Ownership::Ours,
                    other => Ownership::Foreign(other.to_owned()),
                };
                Seen::Present(snapshot)
            }
        }
    }

    pub fn plan(&self, desired: &Desired) -> Result<Plan, Diagnostics> {
        self.plan_with(desired, &Options::default())
    }

    pub fn plan_with(&self, desired: &Desired, options: &Options) -> Result<Plan, Diagnostics> {
        planner::plan(desired, &self.state, &self.observe(desired), &catalog(), options)
    }

    /// Plans and carries it out.
    pub fn apply(&mut self, desired: &Desired) -> Plan {
        let plan = self.plan(desired).unwrap_or_else(|it| panic!("{it}"));
        self.carry_out(&plan);
        plan
    }

    pub fn carry_out(&mut self, plan: &Plan) {
        for record in &plan.records {
            self.record(record);
        }
        for operation in &plan.operations {
            for member in &operation.members {
                self.perform(member);
            }
        }
    }

    fn record(&mut self, record: &Record) {
        let state = &mut self.state;
        match record {
            Record::Account { name, number } => {
                state.accounts.insert(name.clone(), number.clone());
            }
            Record::Noted { key, physical, applied, outputs, edges, protected, retained } => {
                let entry = state.entries.get_mut(key).expect("noted things are in state");
                if physical.is_some() {
                    entry.physical.clone_from(physical);
                }
                entry.applied = Some(applied.clone());
                entry.outputs.clone_from(outputs);
                entry.edges.clone_from(edges);
                entry.protected = *protected;
                entry.retained = *retained;
                entry.doubt = None;
            }
            Record::Superseded { key } | Record::Restored { key } => {
                let entry = state.entries.get_mut(key).expect("it is in state");
                entry.superseded = matches!(record, Record::Superseded { .. });
            }
            Record::Forgotten { key, .. } => self.forget(key),
            Record::Moved { from, to } => {
                let keys: Vec<Key> = state.incarnations(from).map(|(key, _)| key.clone()).collect();
                for key in keys {
                    let entry = state.entries.remove(&key).expect("it is there");
                    state.entries.insert(Key::new(to.clone(), key.incarnation), entry);
                }
                for entry in state.entries.values_mut() {
                    entry.edges.replace(from, to);
                }
            }
            Record::LookedUp { id, found: Some(LookedUp { kind, outputs }) } => {
                let found = LookedUp { kind: kind.clone(), outputs: outputs.clone() };
                state.lookups.insert(id.clone(), found);
            }
            Record::LookedUp { id, found: None } => {
                state.lookups.remove(id);
            }
            Record::Exports { exports } => state.exports.clone_from(exports),
            other => panic!("a plan does not record {other:?}"),
        }
    }

    fn forget(&mut self, key: &Key) {
        self.state.entries.remove(key);
        let retired = self.state.retired.entry(key.id.clone()).or_default();
        *retired = key.incarnation.max(*retired);
    }

    /// What is wanted of a member, every reference resolved.
    fn wanted(&self, member: &PlannedMember) -> Value {
        let wanted = member.wanted.as_ref().expect("it is wanted").to_value();
        let resolved = value::resolve(&wanted, &|reference| {
            let (_, entry) = self.state.current(&reference.id)?;
            entry.outputs.get(&reference.attribute).map(Value::from)
        });
        assert!(!value::has_unknown(&resolved), "{} begins before what it needs", member.key);
        resolved
    }

    pub fn perform(&mut self, member: &PlannedMember) {
        if member.verb == Verb::Delete {
            self.remove(member);
            self.forget(&member.key);
            return;
        }
        let wanted = self.wanted(member);
        let catalog = catalog();
        let schema = catalog.get(&member.kind).expect("kinds are known");
        let mut props = wanted.clone();
        for field in schema.fields {
            let kept =
                matches!(field.change, Change::Local | Change::DeleteOption | Change::CreateOnly);
            if kept || matches!(field.shape, Shape::Secret) {
                props.as_object_mut().expect("props").remove(field.name);
            }
        }
        self.made += 1;
        let physical = member
            .physical
            .clone()
            .unwrap_or_else(|| format!("{}-{}-{}", schema.kind, member.place.label(), self.made));
        let outputs: BTreeMap<String, Value> = schema
            .outputs
            .iter()
            .map(|output| match output.same_as {
                Some(property) => (output.name.to_owned(), wanted[property].clone()),
                None => {
                    (output.name.to_owned(), Value::from(format!("{physical}.{}", output.name)))
                }
            })
            .collect();
        let snapshot = Snapshot {
            physical: physical.clone(),
            props,
            outputs: outputs.clone(),
            status: Status::Ready,
            ownership: Ownership::Ours,
            children: Vec::new(),
            facts: BTreeMap::new(),
        };
        match self
            .things
            .iter_mut()
            .find(|it| it.kind == member.kind && it.snapshot.physical == physical)
        {
            Some(thing) => {
                let children = std::mem::take(&mut thing.snapshot.children);
                let facts = std::mem::take(&mut thing.snapshot.facts);
                thing.snapshot = Snapshot { children, facts, ..snapshot };
                thing.token = member.token.to_string();
            }
            None => {
                assert_ne!(member.verb, Verb::Update, "{} is not there", member.key);
                let kind = member.kind.to_string();
                self.things.push(Thing { kind, token: member.token.to_string(), snapshot });
            }
        }
        let entry = Entry {
            kind: member.kind.clone(),
            place: member.place.clone(),
            born: member.born.clone(),
            token: member.token.clone(),
            physical: Some(physical),
            applied: Some(wanted.into()),
            outputs: outputs.into(),
            edges: member.edges.clone(),
            protected: member.protected,
            retained: member.retained,
            superseded: false,
            doubt: None,
        };
        self.state.entries.insert(member.key.clone(), entry);
    }

    fn remove(&mut self, member: &PlannedMember) {
        match &member.physical {
            Some(physical) => {
                self.things.retain(|it| it.kind != member.kind || it.snapshot.physical != *physical)
            }
            None => {
                let label =
                    member.key.id.as_str().split_once('/').map(|it| it.1).unwrap_or_default();
                for thing in &mut self.things {
                    thing.snapshot.children.retain(|child| child.label != label);
                }
            }
        }
    }

    /// The thing that an id stands for, to be changed behind the program's back.
    pub fn thing(&mut self, id: &str) -> &mut Thing {
        let (_, entry) = self.state.current(&id.into()).expect("it is in state");
        let (kind, physical) = (entry.kind.clone(), entry.physical.clone());
        let found =
            |it: &&mut Thing| it.kind == kind && Some(&it.snapshot.physical) == physical.as_ref();
        self.things.iter_mut().find(found).expect("it is there")
    }

    /// Somebody deletes it.
    pub fn lose(&mut self, id: &str) {
        let (kind, physical) =
            (self.thing(id).kind.clone(), self.thing(id).snapshot.physical.clone());
        self.things.retain(|it| it.kind != kind || it.snapshot.physical != physical);
    }

    /// An operation of the plan began, and nothing is known of its end.
    pub fn doubt(&mut self, plan: &Plan, id: &str, happened: bool) {
        let mut members = plan.operations.iter().flat_map(|it| &it.members);
        let member = members.find(|it| it.key.id.as_str() == id).expect("it is planned");
        self.interrupt(member, happened);
    }

    /// The same, for one thing of an operation.
    pub fn interrupt(&mut self, member: &PlannedMember, happened: bool) {
        let member = member.clone();
        let wanted = (member.verb != Verb::Delete).then(|| self.wanted(&member).into());
        let before = self.state.entries.get(&member.key).cloned();
        if happened {
            self.perform(&member);
        }
        let doubt = Some(Doubt { op: 1, verb: member.verb, wanted });
        let entry = match before {
            Some(entry) => Entry { doubt, ..entry },
            None => Entry {
                kind: member.kind,
                place: member.place,
                born: member.born,
                token: member.token,
                physical: None,
                applied: None,
                outputs: Default::default(),
                edges: member.edges,
                protected: member.protected,
                retained: member.retained,
                superseded: false,
                doubt,
            },
        };
        self.state.entries.insert(member.key, entry);
    }
}

/// By AWS's id, by token, or by natural key.
fn finds(target: &Target, thing: &Thing) -> bool {
    if thing.kind != target.kind {
        return false;
    }
    if let Some(physical) = &target.physical {
        return thing.snapshot.physical == *physical;
    }
    let catalog = catalog();
    let schema = catalog.get(&target.kind).expect("kinds are known");
    if thing.token == target.token {
        return true;
    }
    let here = target.place.label();
    let same = |name: &&str| {
        let shape = schema.field(name).map_or(Shape::Plain, |field| field.shape);
        let of = |value: &Value| canonical(&shape, value);
        of(&target.props[*name].to_value()) == of(&thing.snapshot.props[*name])
    };
    // Names of regional things are per region; the region is part of what AWS assigned.
    let region = schema.scope != bicoastal_model::ScopeKind::Regional
        || thing.token.is_empty()
        || thing.snapshot.physical.contains(&here);
    !schema.identity.is_empty() && region && schema.identity.iter().all(same)
}
