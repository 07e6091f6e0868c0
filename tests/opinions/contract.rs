//! The contract of every kind, as data drives it: created by a program that is killed after every
//! call, settled; each field changed, settled; edited by somebody else, seen, settled; deleted by a
//! program that is killed after every call, and gone.

use std::collections::BTreeSet;
use std::time::Duration;

use bicoastal::model::{
    Claim, Goal, Member, Memory, OpenGate, Operation, Outcome, Progress, Provider, Seen, Target,
};
use bicoastal::plan::{Action, Plan};
use bicoastal::prelude::*;
use bicoastal::runtime::Clock as _;
use bicoastal::{Cancel, Desired, Engine as Runner, FileStore, PlanOptions, ResourceId, render};
use bicoastal_engine::observe;
use bicoastal_model::diff::Cause;
use bicoastal_model::schema::{Absent, Shape};
use bicoastal_model::stack::Clear;
use bicoastal_model::value;
use serde_json::{Value, json};

use crate::calls::Calls;
use crate::cloud::{Judge, Opened, Places, REGIONS};
use crate::crash::Mortal;
use crate::gaps::{Gaps, Part};

/// A kind, a thing of it, and what of it changes.
pub struct Case {
    /// Also the stack's name.
    pub name: &'static str,
    /// Which resource of the stack is judged.
    pub subject: &'static str,
    /// The whole stack: the subject, and what it needs.
    pub declare: fn(&mut Stack, &Places),
    /// One after the other, each on top of those before.
    pub changes: fn(&Places) -> Vec<Change>,
}

/// Fields of the subject that get other values in one step of the program's author.
#[derive(Default)]
pub struct Change {
    pub fields: Vec<(&'static str, Value)>,
    /// Fields that are no longer mentioned then, which is nothing to do by itself.
    pub dropped: Vec<&'static str>,
    /// The words of those that are secrets.
    pub secrets: Vec<(&'static str, &'static str)>,
    /// AWS does not go back: nobody can undo it.
    pub one_way: bool,
}

/// One field gets another value; null is: no longer mentioned.
pub fn to(field: &'static str, value: impl serde::Serialize) -> Change {
    let value = serde_json::to_value(value).expect("it is data");
    Change { fields: vec![(field, value)], ..Change::default() }
}

/// A secret becomes another one. Nobody can read it, so nobody's edit of it is seen.
pub fn secret(field: &'static str, words: &'static str) -> Change {
    let slot = json!({ value::SECRET: field });
    Change { secrets: vec![(field, words)], ..to(field, slot) }
}

/// Fields that only go together.
pub fn together<const N: usize>(fields: [(&'static str, Value); N]) -> Change {
    Change { fields: fields.into(), ..Change::default() }
}

/// Another resource's output, as properties refer to it.
pub fn output(id: &str, attribute: &str) -> Value {
    Output::<()>::new(id.into(), attribute).reference().marker()
}

/// Words as a program keeps them that has them for a secret.
fn clear(words: &str) -> Clear {
    let mut stack = Stack::new("of a secret");
    let keeps = DbCluster::builder()
        .identifier("keeps")
        .engine(Engine::AuroraPostgresql)
        .engine_version("16")
        .master_username("owner")
        .master_password(words)
        .final_snapshot(rds::FinalSnapshot::Skip)
        .build();
    stack.region(REGIONS[0]).add("keeps", keeps);
    let sealed = stack.seal().unwrap_or_else(|mistakes| panic!("{mistakes}"));
    sealed.secrets.into_values().next().expect("a secret")
}

impl Change {
    /// What goes along with it unseen.
    pub fn without(mut self, field: &'static str) -> Self {
        self.dropped.push(field);
        self
    }

    pub fn and(mut self, other: Self) -> Self {
        self.fields.extend(other.fields);
        self.secrets.extend(other.secrets);
        self
    }

    /// As the program says it from now on; each value may be written for the place it comes to.
    pub fn edit(&self, desired: &mut Desired, id: &ResourceId, write: impl Fn(&mut Value)) {
        for (slot, words) in &self.secrets {
            desired.secrets.insert((id.clone(), (*slot).to_owned()), clear(words));
        }
        let declared = desired.resources.get_mut(id).expect("the subject");
        for field in &self.dropped {
            declared.props.edit(|props| set(props, field, &Value::Null));
        }
        for (field, value) in &self.fields {
            let mut wanted = value.clone();
            write(&mut wanted);
            declared.props.edit(|props| set(props, field, &wanted));
        }
        // Where something spans regions, they are its place too.
        if let Some(regions) = declared.props.get("regions") {
            declared.place.regions =
                serde_json::from_value(regions.to_value()).expect("they are regions");
        }
    }

    pub fn one_way(mut self) -> Self {
        self.one_way = true;
        self
    }
}

impl Case {
    /// The whole stack, sealed.
    pub fn desired(&self, places: &Places) -> Desired {
        let mut stack = Stack::new(self.name);
        (self.declare)(&mut stack, places);
        stack.seal().unwrap_or_else(|mistakes| panic!("{}: {mistakes}", self.name))
    }
}

/// Runs a case before a judge. Everything that was found is one failure.
pub async fn judge(case: &Case, judge: Judge) {
    let gaps = Gaps::of(judge, case.name);
    if gaps.has(&Part::Whole) {
        return;
    }
    let Some(opened) = judge.open(&format!("the contract of {}", case.name)) else { return };
    let mut trial = Trial::new(case, gaps, &opened);
    trial.run().await;
    assert!(
        trial.found.is_empty(),
        "{} on {}:\n{}",
        case.name,
        judge.name(),
        trial.found.join("\n")
    );
}

struct Trial<'c> {
    case: &'c Case,
    gaps: Gaps,
    opened: &'c Opened,
    dir: tempfile::TempDir,
    subject: ResourceId,
    desired: Desired,
    found: Vec<String>,
}

/// It can't go on: why was noted.
struct Over;

impl<'c> Trial<'c> {
    fn new(case: &'c Case, gaps: Gaps, opened: &'c Opened) -> Self {
        let mut desired = case.desired(&opened.places);
        let subject = ResourceId::from(case.subject);
        let props = &mut desired.resources.get_mut(&subject).expect("the subject").props;
        for field in gaps.fields() {
            *props = props.without(field);
        }
        for field in gaps.capitals() {
            let name = props[field].as_str().expect("a name").to_lowercase();
            props.set(field, name.as_str());
        }
        if gaps.has(&Part::Regions) {
            props.set("regions", serde_json::json!([REGIONS[0].code()]));
        }
        let dir = tempfile::tempdir().expect("a temporary directory");
        // Its place follows.
        Change::default().edit(&mut desired, &subject, |_| {});
        Self { case, gaps, opened, dir, subject, desired, found: Vec::new() }
    }

    async fn run(&mut self) {
        // What is not undone here stays in an emulator that other cases use too; it bears the
        // case's own names.
        if self.create_change_and_edit().await.is_ok() {
            let _ = self.delete().await;
        }
    }

    async fn create_change_and_edit(&mut self) -> Result<(), Over> {
        self.killed_again_and_again("create", &PlanOptions::default()).await?;
        self.settled("after it was created").await?;
        let born = self.applied().await;
        let mut one_way = BTreeSet::new();
        let mut changed = BTreeSet::new();
        for change in (self.case.changes)(&self.opened.places) {
            let fields: Vec<&str> = change.fields.iter().map(|(field, _)| *field).collect();
            let is_left_out = |field: &&str| {
                self.gaps.has(&Part::Field((*field).to_owned()))
                    || self.gaps.has(&Part::Changes((*field).to_owned()))
                    || (*field == "regions" && self.gaps.has(&Part::Regions))
            };
            if fields.iter().any(is_left_out) {
                continue;
            }
            if change.one_way {
                one_way.extend(fields.iter().map(|field| (*field).to_owned()));
            }
            changed.extend(fields.iter().map(|field| (*field).to_owned()));
            self.change(&change).await?;
        }
        self.edit(born, &one_way, &changed).await
    }

    fn engine(&self, provider: impl Provider + 'static) -> Runner {
        Runner::new(provider, FileStore::new(self.dir.path())).with_clock(self.opened.clock.clone())
    }

    fn over<T>(&mut self, what: String) -> Result<T, Over> {
        self.found.push(what);
        Err(Over)
    }

    async fn plan(&mut self, engine: &Runner, options: &PlanOptions) -> Result<Plan, Over> {
        match engine.plan(&self.desired, options).await {
            Ok(plan) if plan.unseen.is_empty() => Ok(plan),
            Ok(plan) => self.over(format!("unseen: {:?}", plan.unseen)),
            Err(error) => self.over(format!("no plan: {error}")),
        }
    }

    /// Runs the program until nothing is left to do; it is killed after every call that changes
    /// something.
    async fn killed_again_and_again(
        &mut self,
        what: &str,
        options: &PlanOptions,
    ) -> Result<(), Over> {
        if self.gaps.has(&Part::Killed) {
            self.carry_out(what, options).await?;
            return self.carry_out(what, options).await;
        }
        let mut deaths: Vec<String> = Vec::new();
        let mut left = Vec::new();
        for _ in 0..120 {
            // What a call made and nobody was told of may take the same call to find again.
            let spared = match &deaths[..] {
                [.., a, b, c] if a == b && b == c => Some(c.clone()),
                _ => None,
            };
            let mortal = Mortal::new(self.opened.provider(), spared);
            let engine = self.engine(mortal.clone());
            let plan = self.plan(&engine, options).await?;
            if plan.is_empty() {
                return Ok(());
            }
            left = lines(&plan);
            let (cancel, calls) = (Cancel::new(), Calls::default());
            tokio::select! {
                report = engine.apply(plan, &self.desired, options, &calls, &cancel) => match report {
                    Ok(report) if report.is_done() => {}
                    Ok(report) => {
                        let report = render::plain(&render::report(&report));
                        return self.over(format!("{what}: {report}{calls}"));
                    }
                    Err(error) => return self.over(format!("{what}: {error}")),
                },
                call = mortal.died() => deaths.push(call),
            }
        }
        let last = &deaths[deaths.len().saturating_sub(10)..];
        self.over(format!("{what}: it never ends: … {last:?}, and still {left:?}"))
    }

    async fn apply(&mut self, what: &str) -> Result<(), Over> {
        self.carry_out(what, &PlanOptions::default()).await
    }

    async fn carry_out(&mut self, what: &str, options: &PlanOptions) -> Result<(), Over> {
        let engine = self.engine(self.opened.provider());
        let plan = self.plan(&engine, options).await?;
        self.carry_out_plan(what, &engine, plan, options).await
    }

    async fn carry_out_plan(
        &mut self,
        what: &str,
        engine: &Runner,
        plan: Plan,
        options: &PlanOptions,
    ) -> Result<(), Over> {
        let calls = Calls::default();
        match engine.apply(plan, &self.desired, options, &calls, &Cancel::new()).await {
            Ok(report) if report.is_done() => Ok(()),
            Ok(report) => {
                let report = render::plain(&render::report(&report));
                self.over(format!("{what}: {report}{calls}"))
            }
            Err(error) => self.over(format!("{what}: {error}")),
        }
    }

    /// Nothing is left to do, and nobody else's is there.
    async fn settled(&mut self, when: &str) -> Result<(), Over> {
        let plan = self.settled_beside_others(when).await?;
        if plan.added.is_empty() {
            return Ok(());
        }
        self.over(format!("somebody else's {when}: {:?}", plan.added))
    }

    async fn settled_beside_others(&mut self, when: &str) -> Result<Plan, Over> {
        let engine = self.engine(self.opened.provider());
        let plan = self.plan(&engine, &PlanOptions::default()).await?;
        if plan.is_empty() {
            return Ok(plan);
        }
        self.over(format!("not settled {when}: {}", lines(&plan).join("; ")))
    }

    /// Some settings take a change or two in a month.
    async fn a_month_passes(&self) {
        self.opened.clock.sleep(Duration::from_secs(31 * 86_400)).await;
    }

    /// Exactly these fields are planned, changed and settled. What fails is taken back, so that
    /// the others are judged too.
    async fn change(&mut self, change: &Change) -> Result<(), Over> {
        let before = self.desired.clone();
        self.a_month_passes().await;
        change.edit(&mut self.desired, &self.subject, |_| {});
        let fields: Vec<&str> = change.fields.iter().map(|(field, _)| *field).collect();
        if self.make(&fields).await.is_ok() {
            return Ok(());
        }
        self.desired = before;
        self.apply("taken back").await?;
        self.settled("after it was taken back").await
    }

    async fn make(&mut self, fields: &[&str]) -> Result<(), Over> {
        let engine = self.engine(self.opened.provider());
        let plan = self.plan(&engine, &PlanOptions::default()).await?;
        let said: Vec<_> = plan.effective().collect();
        let only_that = matches!(said[..], [change] if change.id == self.subject
            && change.action == Action::Update
            && change.fields.iter().all(|it| it.cause == Cause::Edited && is_of(&it.path, fields)));
        let all_of_it = fields.iter().all(|field| {
            said.iter().any(|change| change.fields.iter().any(|it| is_of(&it.path, &[field])))
        });
        if !only_that || !all_of_it {
            return self.over(format!(
                "{} in the program is planned as {:?}",
                fields.join(", "),
                lines(&plan)
            ));
        }
        let what = format!("{} changed", fields.join(", "));
        self.carry_out_plan(&what, &engine, plan, &PlanOptions::default()).await?;
        self.settled(&format!("after {what}")).await
    }

    /// What was applied to the subject, references resolved.
    async fn applied(&self) -> Value {
        self.entry().await.1
    }

    async fn entry(&self) -> (Target, Value) {
        let engine = self.engine(self.opened.provider());
        let state = engine.state(self.case.name).await.expect("state").expect("state");
        let targets =
            observe::targets(&self.desired, &state, &engine.catalog(), &Default::default());
        let (key, target) = targets
            .into_iter()
            .find(|(key, _)| key.id == self.subject)
            .unwrap_or_else(|| panic!("{} is not in the state", self.subject));
        let applied = state.entries[&key].applied.as_ref().expect("it was applied");
        let mut applied = applied.to_value();
        for field in self.desired.resources[&self.subject].schema.fields {
            if matches!(field.shape, Shape::Secret) {
                set(&mut applied, field.name, &Value::Null);
            }
        }
        (target, applied)
    }

    /// Somebody else makes it as it was born. Each field that anybody can change is seen, and is
    /// as the program says again.
    async fn edit(
        &mut self,
        born: Value,
        one_way: &BTreeSet<String>,
        changed: &BTreeSet<String>,
    ) -> Result<(), Over> {
        let (target, applied) = self.entry().await;
        let schema = self.desired.resources[&self.subject].schema;
        let mut wanted = born;
        for field in one_way {
            set(&mut wanted, field, applied.get(field).unwrap_or(&Value::Null));
        }
        // Who never mentioned a thing that AWS picks leaves it as it is.
        let expected: BTreeSet<&str> = changed
            .iter()
            .map(String::as_str)
            .filter(|name| wanted.get(name) != applied.get(name))
            .filter(|name| applied.get(name).is_some())
            .filter(|name| {
                wanted.get(name).is_some()
                    || schema.field(name).is_some_and(|it| it.absent != Absent::Anything)
            })
            .filter(|name| !self.gaps.has(&Part::Drift((*name).to_owned())))
            .collect();
        if expected.is_empty() {
            return Ok(());
        }
        self.a_month_passes().await;
        let goal = Goal::Present { wanted, applied: Some(applied) };
        if let Err(error) = converge(self.opened, &target, goal).await {
            return self.over(format!("somebody else can't edit it: {error}"));
        }
        let engine = self.engine(self.opened.provider());
        let plan = self.plan(&engine, &PlanOptions::default()).await?;
        let seen: Vec<&str> = plan
            .changes
            .iter()
            .filter(|change| change.id == self.subject)
            .flat_map(|change| &change.fields)
            .filter(|field| matches!(field.cause, Cause::Drifted))
            .map(|field| field.path.as_str())
            .collect();
        for name in &expected {
            if !seen.iter().any(|path| is_of(path, &[name])) {
                self.found.push(format!("an edit of {name} is not seen: {seen:?}"));
            }
        }
        self.a_month_passes().await;
        self.carry_out_plan("after an edit", &engine, plan, &PlanOptions::default()).await?;
        // What it had at first and lost since is somebody else's now.
        self.settled_beside_others("after an edit").await?;
        Ok(())
    }

    async fn delete(&mut self) -> Result<(), Over> {
        let (target, applied) = self.entry().await;
        let all = self.desired.resources.keys().cloned().collect();
        let options = PlanOptions { destroy: true, unprotect: all, ..PlanOptions::default() };
        self.killed_again_and_again("delete", &options).await?;
        let seen = self.opened.provider().refresh(std::slice::from_ref(&target)).await;
        if seen != [Seen::Absent] {
            return self.over(format!("it is still there: {seen:?}"));
        }
        let goal = Goal::Absent { applied, lift_guards: false };
        match converge(self.opened, &target, goal).await {
            Ok(calls) if calls.is_empty() => Ok(()),
            again => self.over(format!("deleted again: {again:?}")),
        }
    }
}

/// Somebody else's turns, past state: the calls that they took.
pub async fn converge(
    opened: &Opened,
    target: &Target,
    mut goal: Goal,
) -> Result<Vec<String>, String> {
    let (provider, gate) = (opened.provider(), OpenGate::shared());
    let schema = provider.catalog().get(&target.kind).expect("a kind");
    let mut calls = Vec::new();
    for _ in 0..200 {
        let member = Member {
            target: target.clone(),
            goal: goal.clone(),
            claim: Claim::Adopted,
            memory: Memory::default(),
        };
        match provider.advance(&Operation { members: vec![member] }, &gate).await {
            Ok(Progress::Called { call, .. }) => {
                goal.secrets_sent(schema);
                calls.push(call);
            }
            Ok(Progress::Waiting { poll, .. }) => opened.clock.sleep(poll).await,
            Ok(Progress::Done(outcomes)) => {
                let is_gone = matches!(outcomes[..], [Outcome::Gone]);
                assert_eq!(is_gone, matches!(goal, Goal::Absent { .. }));
                return Ok(calls);
            }
            Err(error) => return Err(format!("{error} after {calls:?}")),
        }
    }
    calls.truncate(10);
    Err(format!("it never ends: {calls:?} …"))
}

pub fn set(props: &mut Value, field: &str, value: &Value) {
    let fields = props.as_object_mut().expect("fields");
    match value {
        Value::Null => drop(fields.remove(field)),
        value => drop(fields.insert(field.to_owned(), value.clone())),
    }
}

/// Whether a path is one of these fields, or inside of one.
pub fn is_of(path: &str, fields: &[&str]) -> bool {
    fields.contains(&path.split(['.', '[']).next().unwrap_or_default())
}

/// A plan in one line per change: `update zone: comment (Edited)`.
pub fn lines(plan: &Plan) -> Vec<String> {
    let line = |change: &bicoastal::plan::Change| {
        let fields: Vec<String> = change
            .fields
            .iter()
            .map(|field| {
                format!(
                    "{} ({:?}: {:?} -> {:?})",
                    field.path, field.cause, field.before, field.after
                )
            })
            .collect();
        format!("{:?} {}: {}", change.action, change.id, fields.join(", "))
    };
    let mut all: Vec<String> = plan.changes.iter().map(line).collect();
    all.extend(plan.records.iter().map(|record| format!("{record:?}")));
    all
}
