//! Runs of a program that are to end well: what ends otherwise fails the test with all that is known.

use std::path::Path;

use bicoastal::aws::AwsProvider;
use bicoastal::plan::Plan;
use bicoastal::{Cancel, Desired, Engine, FileStore, PlanOptions, ResourceId, render};
use bicoastal_engine::machine::Report;

use crate::calls::Calls;
use crate::cloud::Opened;
use crate::contract::lines;

/// Plans and applies programs, with state of its own.
pub struct Runs {
    pub engine: Engine,
}

impl Runs {
    /// With its state in this directory.
    pub fn new(provider: AwsProvider, state: &Path, opened: &Opened) -> Self {
        let store = FileStore::new(state);
        Self { engine: Engine::new(provider, store).with_clock(opened.clock.clone()) }
    }

    pub async fn plan(&self, desired: &Desired) -> Plan {
        self.plan_with(desired, &PlanOptions::default()).await
    }

    pub async fn plan_with(&self, desired: &Desired, options: &PlanOptions) -> Plan {
        let plan = self.engine.plan(desired, options).await;
        plan.unwrap_or_else(|error| panic!("{}: {error}", desired.stack))
    }

    /// However it ends.
    pub async fn attempt(&self, plan: Plan, desired: &Desired, calls: &Calls) -> Report {
        let (options, cancel) = (PlanOptions::default(), Cancel::new());
        let report = self.engine.apply(plan, desired, &options, calls, &cancel).await;
        report.unwrap_or_else(|error| panic!("{}: {error}", desired.stack))
    }

    /// The calls that changed something.
    pub async fn carry_out(&self, plan: Plan, desired: &Desired) -> usize {
        let calls = Calls::default();
        let report = self.attempt(plan, desired, &calls).await;
        assert!(
            report.is_done(),
            "{}: {}{calls}",
            desired.stack,
            render::plain(&render::report(&report))
        );
        calls.count()
    }

    pub async fn apply(&self, desired: &Desired) {
        let plan = self.plan(desired).await;
        self.carry_out(plan, desired).await;
        self.assert_settled(desired, "applied").await;
    }

    /// Everything goes, whatever protects it.
    pub async fn destroy(&self, desired: &Desired) {
        let plan = self.plan_with(desired, &Self::to_nothing(desired)).await;
        self.carry_out(plan, desired).await;
    }

    /// How everything goes.
    pub fn to_nothing(desired: &Desired) -> PlanOptions {
        let all = desired.resources.keys().cloned().collect();
        PlanOptions { destroy: true, unprotect: all, ..PlanOptions::default() }
    }

    pub async fn assert_settled(&self, desired: &Desired, when: &str) {
        let plan = self.plan(desired).await;
        assert!(plan.is_empty(), "{} {when}: {}", desired.stack, lines(&plan).join("; "));
    }

    /// AWS's id for what the stack has under this id.
    pub async fn physical(&self, stack: &str, id: &ResourceId) -> Option<String> {
        let state = self.engine.state(stack).await.expect("state").expect("state");
        state.current(id).and_then(|(_, entry)| entry.physical.as_ref().map(ToString::to_string))
    }
}
