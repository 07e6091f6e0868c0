//! Things as a sweep finds them and a read shows them, and a rebuild as compact text.

use std::collections::BTreeMap;
use std::fmt::Write;

use bicoastal_engine::record::{Begun, Ended, Record};
use bicoastal_engine::recover::{Rebuild, Rebuilt, World};
use bicoastal_engine::state::{State, token};
use bicoastal_model::sweep::{LINEAGE_TAG, RESOURCE_TAG, STACK_TAG};
use bicoastal_model::{
    Declared, Desired, Diagnostics, Found, OpError, Ownership, Place, Region, Schema, ScopeKind,
    Seen, Snapshot, Status, Target,
};
use expect_test::Expect;
use serde_json::Value;

use super::common::catalog;
use super::common::program::desired;

pub(super) const LINEAGE: &str = "l1";
const SALT: [u8; 16] = [7; 16];

#[derive(Clone)]
pub(super) struct Thing {
    pub(super) found: Found,
    pub(super) snapshot: Snapshot,
    /// It can't be read.
    dark: bool,
    /// It is not there any more when it is read.
    gone: bool,
}

pub(super) fn thing(
    schema: &'static Schema,
    regions: &[Region],
    physical: &str,
    props: Value,
) -> Thing {
    let identity = schema.identity.iter().filter_map(|name| {
        let value = props.get(*name)?;
        Some(((*name).to_owned(), value.clone()))
    });
    let outputs = schema.outputs.iter().map(|output| {
        let value = match output.same_as {
            Some(property) => props[property].clone(),
            None => Value::from(format!("{physical}.{}", output.name)),
        };
        (output.name.to_owned(), value)
    });
    Thing {
        found: Found {
            kind: schema.kind.to_owned(),
            place: Place { account: None, scope: schema.scope, regions: regions.to_vec() },
            physical: physical.to_owned(),
            identity: Value::Object(identity.collect()),
            tags: BTreeMap::new(),
            token: None,
        },
        snapshot: Snapshot {
            physical: physical.to_owned(),
            outputs: outputs.collect(),
            props,
            status: Status::Ready,
            ownership: Ownership::Unmarked,
            children: Vec::new(),
            facts: BTreeMap::new(),
        },
        dark: false,
        gone: false,
    }
}

impl Thing {
    /// With the tags that a resource of the stack is born with.
    pub(super) fn born(self, id: &str) -> Self {
        self.tagged(LINEAGE, Some("test"), Some(id))
    }

    pub(super) fn tagged(mut self, lineage: &str, stack: Option<&str>, born: Option<&str>) -> Self {
        let tags = [(LINEAGE_TAG, Some(lineage)), (STACK_TAG, stack), (RESOURCE_TAG, born)];
        let tags = tags.into_iter().filter_map(|(name, value)| Some((name, value?)));
        self.found.tags.extend(tags.map(|(name, value)| (name.to_owned(), value.to_owned())));
        if let Some(props) = self.snapshot.props.as_object_mut() {
            let tags = props.entry("tags").or_insert_with(|| serde_json::json!({}));
            let marks = self.found.tags.iter();
            let marks = marks.map(|(name, value)| (name.clone(), Value::from(value.as_str())));
            tags.as_object_mut().unwrap().extend(marks);
        }
        self
    }

    pub(super) fn made_with(mut self, born: &str, incarnation: u32) -> Self {
        self.found.token = Some(token(LINEAGE, &born.into(), incarnation));
        self
    }

    pub(super) fn token(mut self, token: &str) -> Self {
        self.found.token = Some(token.to_owned());
        self
    }

    pub(super) fn but(mut self, change: impl FnOnce(&mut Snapshot)) -> Self {
        change(&mut self.snapshot);
        self
    }

    pub(super) fn dark(mut self) -> Self {
        self.dark = true;
        self
    }

    pub(super) fn gone(mut self) -> Self {
        self.gone = true;
        self
    }

    fn is(&self, target: &Target) -> bool {
        let by_key = |identity: &Value| {
            let mut fields = identity.as_object().unwrap().iter();
            let elsewhere = self.found.place.scope == ScopeKind::Regional
                && self.found.place.regions != target.place.regions;
            !elsewhere
                && fields.len() > 0
                && fields.all(|(name, value)| target.props[name.as_str()] == *value)
        };
        self.found.kind == target.kind
            && match &target.physical {
                Some(physical) => self.found.physical == *physical,
                None => by_key(&self.found.identity),
            }
    }
}

pub(super) fn read(things: &[Thing], target: &Target) -> Seen {
    match things.iter().find(|thing| thing.is(target)) {
        Some(thing) if thing.dark => Seen::Unknown(OpError::NotSent(Default::default())),
        Some(thing) if !thing.gone => Seen::Present(thing.snapshot.clone()),
        _ => Seen::Absent,
    }
}

/// A recovery, from the first read to the records.
pub(super) fn check(resources: Vec<Declared>, things: &[Thing], expect: Expect) {
    check_in(&desired(resources), &World::default(), things, expect);
}

pub(super) fn check_in(desired: &Desired, world: &World, things: &[Thing], expect: Expect) {
    let catalog = catalog();
    let found: Vec<Found> = things.iter().map(|it| it.found.clone()).collect();
    let rebuild = Rebuild::recover(desired, &catalog, world, LINEAGE, &found, SALT);
    expect.assert_eq(&shown(rebuild, things));
}

/// An import: by declared id what was named, and by address what another tool's state has.
pub(super) fn check_import(
    resources: Vec<Declared>,
    state: &State,
    named: &[(&str, &str)],
    open: &[(&str, &Thing)],
    things: &[Thing],
    expect: Expect,
) {
    let (desired, catalog, world) = (desired(resources), catalog(), World::default());
    let named = named.iter().map(|(id, physical)| ((*id).into(), (*physical).to_owned()));
    let open = open.iter().map(|(address, it)| ((*address).to_owned(), it.found.clone()));
    let (named, open, state) = (named.collect(), open.collect(), state.clone());
    let rebuild = Rebuild::import(&desired, &catalog, &world, state, named, open, SALT);
    expect.assert_eq(&shown(rebuild, things));
}

fn shown(rebuild: Result<Rebuild<'_>, Diagnostics>, things: &[Thing]) -> String {
    let mut out = String::new();
    match rebuild {
        Ok(rebuild) => show(&run(rebuild, things, &mut out), &mut out),
        Err(errors) => errors.to_string() + "\n",
    }
}

/// Every round reads something; two dozen are more than any table has.
pub(super) fn run(mut rebuild: Rebuild<'_>, things: &[Thing], out: &mut String) -> Rebuilt {
    for round in 0..24 {
        let targets = rebuild.wanted();
        if targets.is_empty() {
            break;
        }
        for target in &targets {
            let _ = writeln!(out, "{round} {}", asked(target));
        }
        rebuild.seen(targets.iter().map(|target| read(things, target)).collect());
    }
    rebuild.finish().unwrap()
}

fn asked(target: &Target) -> String {
    let born = target.tags.get(RESOURCE_TAG).map_or("", String::as_str);
    let own = token(LINEAGE, &born.into(), target.incarnation);
    let token = if target.token == own { "" } else { &format!(" token {}", target.token) };
    let born = if born == target.id.as_str() { "" } else { &format!(" born {born}") };
    let props = target.props.without("tags");
    format!(
        "read {} {} in {} #{} {}{born}{token} {props}",
        target.id,
        target.kind,
        target.place.label(),
        target.incarnation,
        target.physical.as_deref().unwrap_or("by its key"),
    )
}

fn show(rebuilt: &Rebuilt, out: &mut String) -> String {
    let mut last: &[Begun] = &[];
    for record in &rebuilt.records {
        let _ = match record {
            Record::Begin { op, members } => {
                last = members;
                writeln!(out, "begin {op}")
            }
            Record::End { op, results, .. } => {
                for (begun, ended) in last.iter().zip(results) {
                    let _ = writeln!(out, "  {}", member(begun, ended));
                }
                writeln!(out, "end {op}")
            }
            Record::Opened { stack, lineage } => writeln!(out, "opened {stack} {lineage}"),
            Record::Account { name, number } => writeln!(out, "account '{name}' {number}"),
            Record::Superseded { key } => writeln!(out, "superseded {key}"),
            Record::LookedUp { id, found } => {
                writeln!(out, "looked up {id}: {}", serde_json::json!(found))
            }
            Record::Exports { exports } => writeln!(out, "exports {exports:?}"),
            other => panic!("a rebuild does not record {other:?}"),
        };
    }
    for claimed in &rebuilt.claimed {
        let mut words = vec![claimed.proof.words().to_owned()];
        let told = [(!claimed.declared, "undeclared"), (claimed.superseded, "superseded")];
        words.extend(told.into_iter().filter(|it| it.0).map(|it| it.1.to_owned()));
        words.extend(claimed.busy.iter().map(|word| format!("AWS is {word} it")));
        words.extend(claimed.secrets.iter().map(|name| format!("secret {name}")));
        words.extend(claimed.differs.iter().map(|path| format!("{path} differs")));
        let _ = writeln!(out, "claimed {} {}: {}", claimed.key, claimed.physical, words.join(", "));
    }
    for left in &rebuilt.left {
        let hint = if left.hint.is_empty() { "" } else { &format!(" ({})", left.hint) };
        let _ = writeln!(out, "left {} {}: {}{hint}", left.what, left.physical, left.why);
    }
    for (id, error) in &rebuilt.unread {
        let _ = writeln!(out, "unread {id}: {error}");
    }
    for id in &rebuilt.absent {
        let _ = writeln!(out, "absent {id}");
    }
    std::mem::take(out)
}

fn member(begun: &Begun, ended: &Ended) -> String {
    let mut words = vec![format!("{:?} {} in {}", begun.verb, begun.key, begun.place.label())];
    if begun.born != begun.key.id {
        words.push(format!("born {}", begun.born));
    }
    if begun.token.as_str() != token(LINEAGE, &begun.born, begun.key.incarnation) {
        words.push(format!("token {}", begun.token));
    }
    let edges: Vec<&str> = begun.edges.iter().map(|id| id.as_str()).collect();
    if !edges.is_empty() {
        words.push(format!("after [{}]", edges.join(" ")));
    }
    let told = [(begun.protected, "protected"), (begun.retained, "retained")];
    words.extend(told.into_iter().filter(|it| it.0).map(|it| it.1.to_owned()));
    let mut wanted = begun.wanted.as_ref().map(|it| it.to_value()).unwrap_or_default();
    if let Some(props) = wanted.as_object_mut() {
        let own = props.remove("tags").unwrap_or_default();
        let own = own.as_object().map_or(0, |tags| tags.len());
        words.extend((own > 0).then(|| format!("{own} tags")));
    }
    words.push(wanted.to_string());
    words.push(match ended {
        Ended::Present { physical, outputs } => {
            format!("→ {physical} {}", serde_json::json!(outputs))
        }
        Ended::Failed(error) => format!("→ {error}"),
        other => panic!("a rebuild does not end with {other:?}"),
    });
    words.join(" ")
}
