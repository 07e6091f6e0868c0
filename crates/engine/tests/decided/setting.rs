//! A plan's data as text: whatever is not as it is most often.

use std::fmt::Write;

use bicoastal_engine::observe::Observed;
use bicoastal_engine::plan::{Plan, PlannedMember};
use bicoastal_engine::planner::{self, Options};
use bicoastal_engine::state::{Entry, Key, token};
use bicoastal_model::{Declared, Desired, Diagnostics, Packed, ScopeKind};
use serde_json::{Value, json};

use super::common::catalog;
use super::common::cloud::World;
use super::common::program::desired;
use super::common::show::changes;

pub(super) fn applied(program: Vec<Declared>) -> World {
    let mut world = World::new();
    world.apply(&desired(program));
    world
}

/// The entry of an incarnation, to be changed.
pub(super) fn entry<'w>(world: &'w mut World, id: &str, incarnation: u32) -> &'w mut Entry {
    world.state.entries.get_mut(&Key::new(id, incarnation)).unwrap()
}

pub(super) fn plan_seen(
    world: &World,
    desired: &Desired,
    options: &Options,
    change: impl FnOnce(&mut Observed),
) -> Result<Plan, Diagnostics> {
    let mut observed = world.observe(desired);
    change(&mut observed);
    planner::plan(desired, &world.state, &observed, &catalog(), options)
}

pub(super) fn told(plan: &Result<Plan, Diagnostics>) -> String {
    match plan {
        Ok(plan) => changes(plan) + &operations(plan),
        Err(errors) => errors.to_string() + "\n",
    }
}

/// Operations with all that their members hold.
pub(super) fn operations(plan: &Plan) -> String {
    let mut out = String::new();
    for (index, operation) in plan.operations.iter().enumerate() {
        let after: Vec<String> = operation.after.keys().map(ToString::to_string).collect();
        let _ = write!(out, "{index} after [{}]", after.join(" "));
        if operation.members.is_empty() {
            let _ = write!(out, " {} ms {}", operation.pause_ms, operation.pause_reason);
        }
        out.push('\n');
        for member in &operation.members {
            let of = &plan.changes[member.change].id;
            let _ = writeln!(out, "  {}", self::member(member, of.as_str()));
        }
    }
    out
}

fn member(member: &PlannedMember, of: &str) -> String {
    let mut words = vec![format!("{:?} {} in {}", member.verb, member.key, member.place.label())];
    let is_global = member.place.scope == ScopeKind::Global;
    let nowhere = member.place.regions.iter().filter(|_| is_global);
    words.extend(nowhere.map(|region| format!("of {region}, though it is global")));
    let mut word = |it: bool, word: &dyn Fn() -> String| words.extend(it.then(word));
    word(of != member.key.id.as_str(), &|| format!("of {of}"));
    word(member.physical.is_some(), &|| member.physical.clone().unwrap_or_default());
    word(member.born != member.key.id, &|| format!("born {}", member.born));
    let own = token("lineage", &member.born, member.key.incarnation);
    word(member.token.as_str() != own, &|| format!("token {}", member.token));
    let edges: Vec<&str> = member.edges.iter().map(|id| id.as_str()).collect();
    word(!edges.is_empty(), &|| format!("needs [{}]", edges.join(" ")));
    word(member.adopt, &|| "adopted".to_owned());
    word(member.lift_guards, &|| "unguarded".to_owned());
    word(member.protected, &|| "protected".to_owned());
    word(member.retained, &|| "retained".to_owned());
    word(member.superseded, &|| "superseded".to_owned());
    word(member.patience_ms.is_some(), &|| format!("{:?} ms", member.patience_ms));
    for (name, props) in
        [("applied", &member.applied), ("seen", &member.seen), ("wanted", &member.wanted)]
    {
        words.extend(props.as_ref().map(|it| format!("{name} {}", bare(&member.kind, it))));
    }
    words.join(" ")
}

/// Without the three tags that say whose it is, where there are no others.
fn bare(kind: &str, props: &Packed) -> Value {
    let mut props = props.to_value();
    let has_tags = catalog().get(kind).is_some_and(|schema| schema.has_tags());
    if let Some(fields) = props.as_object_mut().filter(|_| has_tags)
        && fields.get("tags").and_then(Value::as_object).is_some_and(|tags| tags.len() == 3)
    {
        fields.remove("tags");
    }
    props
}

/// What is recorded before anything is done, whole.
pub(super) fn records(plan: &Plan) -> String {
    plan.records.iter().map(|record| json!(record).to_string() + "\n").collect()
}
