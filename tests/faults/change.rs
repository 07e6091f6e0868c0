//! A change of the world that the runs make: from what, to what, and what is there afterwards.

use std::collections::BTreeSet;

use bicoastal::plan::Plan;
use bicoastal::runtime::Quiet;
use bicoastal::{Cancel, Desired, Error, PlanOptions, ResourceId};
use bicoastal_engine::machine::Report;
use bicoastal_local::world::World as Things;
use serde_json::Value;

use crate::common::World;
use crate::edited::Edit;
use crate::{program, worlds};

/// A cloud and the state that goes with it, from which many trials begin.
#[derive(Debug)]
pub struct Start {
    things: Things,
    state: tempfile::TempDir,
}

impl Start {
    fn of(world: &World) -> Self {
        let state = tempfile::tempdir().unwrap();
        copy(world.state_dir(), state.path());
        Self { things: world.cloud.with_world(|it| it.clone()), state }
    }

    /// One of its own, as it was.
    pub fn again(&self) -> World {
        let world = quick();
        world.cloud.with_world(|it| *it = self.things.clone());
        copy(self.state.path(), world.state_dir());
        world
    }
}

/// A cloud where waiting is short: what is polled for is not what this is about.
pub fn quick() -> World {
    let world = World::new();
    world.cloud.scale_durations(0.05);
    world
}

/// A copy of a cloud and its state.
pub fn copied(world: &World) -> Start {
    Start::of(world)
}

fn copy(from: &std::path::Path, to: &std::path::Path) {
    let (from, to) = (from.join("test"), to.join("test"));
    std::fs::create_dir_all(&to).unwrap();
    for entry in std::fs::read_dir(from).into_iter().flatten().map(Result::unwrap) {
        std::fs::copy(entry.path(), to.join(entry.file_name())).unwrap();
    }
}

/// A change, and what is there after it if nothing disturbs it.
#[derive(Debug)]
pub struct Change {
    pub name: &'static str,
    before: Option<Start>,
    pub desired: Desired,
    pub options: PlanOptions,
    after: Value,
    recorded: BTreeSet<String>,
}

impl Change {
    async fn new(
        name: &'static str,
        before: Option<&World>,
        desired: Desired,
        options: PlanOptions,
    ) -> (Self, World) {
        let before = before.map(Start::of);
        let world = before.as_ref().map_or_else(quick, Start::again);
        world.apply_with(&desired, &options).await;
        let recorded = recorded(&world).await;
        let after = normal(&world);
        (Self { name, before, desired, options, after, recorded }, world)
    }

    pub fn begin(&self) -> World {
        self.before.as_ref().map_or_else(quick, Start::again)
    }

    /// Plans and applies.
    pub async fn run(&self, world: &World) -> Result<Report, Error> {
        let plan = world.engine.plan(&self.desired, &self.options).await?;
        self.carry_out(world, plan).await
    }

    pub async fn carry_out(&self, world: &World, plan: Plan) -> Result<Report, Error> {
        let options = &self.options;
        world.engine.apply(plan, &self.desired, options, &Quiet, &Cancel::new()).await
    }

    /// What is otherwise than after a run that nothing disturbed. How often a thing was edited does
    /// not count where answers were damaged.
    pub async fn differences(&self, world: &World, damaged: bool) -> Vec<String> {
        let recorded = recorded(world).await;
        let state = self.recorded.symmetric_difference(&recorded).map(|it| format!("state: {it}"));
        let (mut should, mut is) = (self.after.clone(), normal(world));
        if damaged {
            forget_edits(&mut should);
            forget_edits(&mut is);
        }
        worlds::differences(&should, &is).into_iter().chain(state).collect()
    }
}

/// Everything that is recorded, and every doubt and debt.
pub async fn recorded(world: &World) -> BTreeSet<String> {
    let state = world.engine.state("test").await.unwrap();
    let entries = state.iter().flat_map(|state| &state.entries);
    entries
        .map(|(key, entry)| {
            let doubt = if entry.doubt.is_some() { " in doubt" } else { "" };
            let superseded = if entry.superseded { " superseded" } else { "" };
            format!("{}{doubt}{superseded}", key.id)
        })
        .collect()
}

pub fn normal(world: &World) -> Value {
    world.cloud.advance(24 * 3_600_000);
    worlds::normal(&world.cloud.with_world(|world| {
        world.settle();
        world.clone()
    }))
}

/// Route 53 counts the edits of a health check. A damaged answer that shows one otherwise than it is
/// brings an edit to what it is already; what it is stays.
fn forget_edits(world: &mut Value) {
    let accounts = world.pointer_mut("/route53/accounts").and_then(Value::as_object_mut);
    for (_, account) in accounts.into_iter().flatten() {
        for (_, check) in account["health_checks"].as_object_mut().into_iter().flatten() {
            check.as_object_mut().expect("a health check").remove("version");
        }
    }
}

const GUARDED: &[&str] = &["ap-south-1/app", "app", "us-east-1/app", "user-sessions", "zone"];

/// Everything that is protected, or holds data.
pub fn unprotected() -> BTreeSet<ResourceId> {
    let more = ["notes", "more", "us-east-1/logs", "reader", "writer"];
    GUARDED.iter().chain(&more).map(|id| ResourceId::from(*id)).collect()
}

/// The first apply alone.
pub async fn first() -> Change {
    Change::new("apply", None, program::declared(Edit::None), PlanOptions::default()).await.0
}

/// The first apply, an update, a replacement of everything that can't be updated, and the end.
pub async fn all() -> Vec<Change> {
    let options = PlanOptions::default;
    let unprotect = unprotected();
    let declared = program::declared;
    let (first, world) = Change::new("apply", None, declared(Edit::None), options()).await;
    let update = Change::new("update", Some(&world), declared(Edit::Update), options()).await.0;
    let replacing = PlanOptions { unprotect: unprotect.clone(), ..options() };
    let replace = Change::new("replace", Some(&world), declared(Edit::Replace), replacing).await.0;
    let destroying = PlanOptions { destroy: true, unprotect, ..options() };
    let destroy = Change::new("destroy", Some(&world), declared(Edit::None), destroying).await.0;
    vec![first, update, replace, destroy]
}
