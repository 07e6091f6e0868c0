//! A local cloud, an engine on it and a state directory: what every end-to-end test starts from.
#![allow(
    dead_code,
    unreachable_pub,
    clippy::expect_used,
    clippy::panic,
    clippy::print_stdout,
    reason = "each test binary uses its own part of this, and what fails here is a failed test"
)]

use bicoastal::local::Cloud;
use bicoastal::plan::Plan;
use bicoastal::{Cancel, Desired, Engine, FileStore, PlanOptions, Stack, local_engine};
use bicoastal_engine::machine::Report;

/// A cloud, and an engine on it with its own state.
pub struct World {
    pub cloud: Cloud,
    pub engine: Engine,
    dir: tempfile::TempDir,
}

impl World {
    pub fn new() -> Self {
        let (cloud, dir) = (Cloud::new(), tempfile::tempdir().expect("a temporary directory"));
        let engine = local_engine(&cloud, FileStore::new(dir.path()));
        Self { cloud, engine, dir }
    }

    pub fn state_dir(&self) -> &std::path::Path {
        self.dir.path()
    }

    /// Plans a program.
    pub async fn plan(&self, declare: impl Fn(&mut Stack)) -> Plan {
        self.plan_with(&seal(declare), &PlanOptions::default()).await
    }

    pub async fn plan_with(&self, desired: &Desired, options: &PlanOptions) -> Plan {
        match self.engine.plan(desired, options).await {
            Ok(plan) => plan,
            Err(error) => panic!("{error}"),
        }
    }

    /// Plans and applies a program; everything must succeed.
    pub async fn apply(&self, declare: impl Fn(&mut Stack)) -> Report {
        self.apply_with(&seal(declare), &PlanOptions::default()).await
    }

    pub async fn apply_with(&self, desired: &Desired, options: &PlanOptions) -> Report {
        let plan = self.plan_with(desired, options).await;
        let report = self
            .engine
            .apply(plan, desired, options, &Show, &Cancel::new())
            .await
            .unwrap_or_else(|error| panic!("{error}"));
        assert!(
            report.is_done(),
            "{}",
            bicoastal::render::plain(&bicoastal::render::report(&report))
        );
        report
    }
}

/// Shows what happens to whoever runs the test with `--nocapture`.
struct Show;

impl bicoastal::runtime::Observer for Show {
    fn event(&self, event: &bicoastal::runtime::Event) {
        println!("{event:?}");
    }
}

/// Seals a program that has no mistakes.
pub fn seal(declare: impl Fn(&mut Stack)) -> Desired {
    let mut stack = Stack::new("test");
    declare(&mut stack);
    stack.seal().unwrap_or_else(|mistakes| panic!("{mistakes}"))
}

/// A plan in one line per change: `~ us-east-1/front: tags.Project (edited)`.
pub fn changes(plan: &Plan) -> Vec<String> {
    plan.changes
        .iter()
        .map(|change| {
            let fields: Vec<String> = change
                .fields
                .iter()
                .filter(|field| !field.path.starts_with("tags.bicoastal:"))
                .map(|field| format!("{} ({:?})", field.path, field.cause).to_lowercase())
                .collect();
            format!("{:?} {}: {}", change.action, change.id, fields.join(", "))
                .trim_end_matches([':', ' '])
                .to_owned()
        })
        .collect()
}
