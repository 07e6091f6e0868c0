//! Secrets at every depth, against a cloud that takes them and never shows one: what AWS has is what
//! the program says, whenever a run is killed and whatever others change besides.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test that cannot go on has failed")]

mod common;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::atomic::{AtomicU64, Ordering};

use bicoastal_engine::machine::{Execution, Limits, Step};
use bicoastal_engine::record::Record;
use bicoastal_model::Region::UsEast1;
use bicoastal_model::diff::{diff, target};
use bicoastal_model::secrets::{markers, wanted};
use bicoastal_model::{
    Deletes, Desired, ErrorFacts, Goal, Member, OpError, Operation, Outcome, Ownership, Packed,
    Progress, Seen, Snapshot, Status, value,
};
use common::cloud::{Thing, World};
use common::program::{clear, desired, regional};
use common::*;
use proptest::prelude::*;
use serde_json::{Value, json};

const ID: &str = "us-east-1/guard";

/// A program, its secrets by number.
#[derive(Clone, Debug)]
struct Program {
    size: u8,
    own: Option<u8>,
    /// Scope and secret.
    actions: Vec<(u8, Option<u8>)>,
    /// Level and secret, by name.
    users: BTreeMap<u8, (u8, Option<u8>)>,
}

fn programs() -> impl Strategy<Value = Program> {
    let secret = || proptest::option::weighted(0.8, 0u8..3);
    let actions = proptest::collection::vec((0u8..2, secret()), 0..3);
    let users = proptest::collection::btree_map(0u8..2, (0u8..2, secret()), 0..3);
    (0u8..2, secret(), actions, users).prop_map(|(size, own, actions, users)| Program {
        size,
        own,
        actions,
        users,
    })
}

fn with_secret(mut value: Value, secret: Option<u8>) -> Value {
    if let Some(secret) = secret {
        value["secret"] = json!({ "$secret": format!("clear-text-{secret}") });
    }
    value
}

impl Program {
    /// With the secrets in clear.
    fn props(&self) -> Value {
        let scopes = ["openid", "openid email"];
        let actions = self.actions.iter().map(|(scope, secret)| {
            with_secret(json!({"type": "ask", "scope": scopes[usize::from(*scope)]}), *secret)
        });
        let actions: Value = actions.chain([json!({"type": "forward"})]).collect();
        let users: Value = (self.users.iter())
            .map(|(name, (level, secret))| {
                with_secret(json!({"name": format!("u{name}"), "level": level}), *secret)
            })
            .collect();
        let all = json!({"name": "guard", "size": self.size, "actions": actions, "users": users});
        with_secret(all, self.own)
    }

    /// As a stack seals it.
    fn declare(&self) -> Desired {
        let mut props = self.props();
        let packed = Packed::from(&props);
        let mut secrets = BTreeMap::new();
        for (slot, content) in markers(&packed) {
            let text = content.as_str().unwrap();
            secrets.insert((ID.into(), slot.clone()), clear(text));
            *props.pointer_mut(&format!("/{}", slot.replace('.', "/"))).unwrap() =
                json!({ "$secret": slot });
        }
        let mut desired = desired([regional(UsEast1, "guard", GUARD, props)]);
        desired.secrets = secrets;
        desired
    }
}

/// Another one for every run.
fn salt() -> [u8; 16] {
    static RUNS: AtomicU64 = AtomicU64::new(0);
    u128::from(RUNS.fetch_add(1, Ordering::Relaxed)).to_be_bytes()
}

/// A stack's cloud, and what it has in truth of each thing, by its token.
#[derive(Clone)]
struct Sim {
    world: World,
    truth: BTreeMap<String, Value>,
    sent: Vec<Vec<String>>,
}

/// Where a run ends: at this step, with what was being written durable or not, and what was being
/// called happening or not.
type Death = (usize, bool, bool);

impl Sim {
    fn new() -> Self {
        Self { world: World::new(), truth: BTreeMap::new(), sent: Vec::new() }
    }

    fn run(&mut self, program: &Program, death: Option<Death>) -> usize {
        let desired = program.declare();
        let plan = self.world.plan(&desired).unwrap();
        let (state, secrets) = (self.world.state.clone(), desired.secrets);
        let mut execution =
            Execution::new(plan, state, secrets, &catalog(), salt(), Limits::default()).unwrap();
        let mut disk: Vec<(u64, Record)> = Vec::new();
        for step in 0.. {
            let dies = death.filter(|it| it.0 == step);
            match execution.next() {
                Step::Record(records) => {
                    if dies.is_none_or(|it| it.1) {
                        disk.extend(records.iter().cloned());
                    }
                    execution.recorded(records.last().unwrap().0);
                }
                Step::Turn { op, operation, .. } => {
                    if dies.is_none_or(|it| it.2) {
                        let answer = self.turn(&operation);
                        execution.answered(op, answer);
                    }
                }
                Step::Finished => {
                    assert!(execution.report().is_done(), "{:?}", execution.report());
                    self.world.state.replay(&disk).unwrap();
                    return step;
                }
                Step::Wait | Step::Pause { .. } => panic!("nothing is under way"),
            }
            if dies.is_some() {
                self.world.state.replay(&disk).unwrap();
                return step;
            }
        }
        unreachable!()
    }

    fn turn(&mut self, operation: &Operation) -> Result<Progress, OpError> {
        let [member] = operation.members.as_slice() else { panic!("one thing") };
        let Goal::Present { wanted, applied } = &member.goal else { panic!("it is wanted") };
        let seen = match self.world.read(&member.target) {
            Seen::Present(seen) => Some(seen),
            _ => None,
        };
        let applied = applied.as_ref();
        let changes = diff(GUARD, wanted, applied, seen.as_ref().map(|it| &it.props)).changes;
        let Some(there) = seen.filter(|_| changes.is_empty()) else {
            let is_secret = changes.iter().any(|it| it.is_secret());
            self.write(member, wanted, applied, is_secret);
            return Ok(Progress::Called {
                call: "Call".into(),
                physical: None,
                secrets: true,
                deletes: vec![Deletes::Nothing],
            });
        };
        Ok(Progress::Done(vec![Outcome::Present(there)]))
    }

    /// One call: the secrets go along where one differs, or AWS has none to keep.
    fn write(&mut self, member: &Member, meant: &Value, applied: Option<&Value>, changed: bool) {
        let token = member.target.token.clone();
        let before = self.truth.get(&token).cloned();
        let seen = before.as_ref().map(shown);
        let mut now = target(GUARD, meant, applied, seen.as_ref());
        without_nulls(&mut now);
        let packed = Packed::from(&now);
        let there = before.as_ref().map(Packed::from);
        let mut sent = Vec::new();
        let mut kept = BTreeMap::new();
        for ((slot, clear), it) in
            markers(&packed).into_iter().zip(wanted(GUARD, &packed, there.as_ref()))
        {
            let text = clear.as_str().unwrap();
            assert!(text.starts_with("clear-text-"), "{text} would be sent");
            match it.applied {
                Some(old) if !changed => drop(kept.insert(slot, old.to_value())),
                _ => sent.push(it.path),
            }
        }
        for (slot, old) in kept {
            *now.pointer_mut(&format!("/{}", slot.replace('.', "/"))).unwrap() = old;
        }
        self.sent.push(sent);
        self.truth.insert(token.clone(), now);
        self.show(&token);
    }

    /// What there is in truth is shown, without secrets.
    fn show(&mut self, token: &str) {
        let props = shown(&self.truth[token]);
        if let Some(thing) = self.world.things.iter_mut().find(|it| it.token == token) {
            thing.snapshot.props = props;
            return;
        }
        let physical = format!("us-east-1-{}", self.world.things.len());
        let snapshot = Snapshot {
            outputs: BTreeMap::from([("arn".to_owned(), json!(format!("{physical}.arn")))]),
            physical,
            props,
            status: Status::Ready,
            ownership: Ownership::Ours,
            children: Vec::new(),
            facts: BTreeMap::new(),
        };
        let kind = GUARD.kind.to_owned();
        self.world.things.push(Thing { kind, token: token.to_owned(), snapshot });
    }

    /// AWS has what the program says, nothing is left to do, and nothing tells a secret.
    fn holds(&self, program: &Program) -> Result<(), TestCaseError> {
        let [truth] = self.truth.values().collect::<Vec<_>>()[..] else { panic!("one thing") };
        let props = program.props();
        for path in ["name", "size", "secret", "actions"] {
            // A secret that is not mentioned any more is not told to go.
            if !(path == "secret" && props.get(path).is_none()) {
                prop_assert_eq!(truth.get(path), props.get(path));
            }
        }
        let (mut users, mut meant) = (truth["users"].clone(), props["users"].clone());
        for list in [&mut users, &mut meant] {
            list.as_array_mut().unwrap().sort_by_key(|it| it["name"].to_string());
        }
        prop_assert_eq!(users, meant);
        let plan = self.world.plan(&program.declare()).unwrap();
        prop_assert!(plan.is_empty(), "{:?}", plan.changes);
        let written = serde_json::to_string(&self.world.state).unwrap();
        prop_assert!(!written.contains("clear-text"), "{}", written);
        Ok(())
    }
}

fn shown(props: &Value) -> Value {
    let mut shown = props.clone();
    value::rewrite(&mut shown, &mut |inner| {
        let fields = inner.as_object().filter(|fields| fields.contains_key("secret"))?;
        let open = fields.iter().filter(|(name, _)| *name != "secret");
        Some(Value::Object(open.map(|(name, field)| (name.clone(), field.clone())).collect()))
    });
    shown
}

fn without_nulls(value: &mut Value) {
    match value {
        Value::Object(fields) => {
            fields.retain(|_, field| !field.is_null());
            fields.values_mut().for_each(without_nulls);
        }
        Value::Array(items) => items.iter_mut().for_each(without_nulls),
        _ => {}
    }
}

fn asks(secrets: &[u8]) -> Program {
    Program {
        size: 1,
        own: None,
        actions: secrets.iter().map(|secret| (0, Some(*secret))).collect(),
        users: BTreeMap::new(),
    }
}

/// What a plan changes.
fn paths(sim: &Sim, program: &Program) -> Vec<String> {
    let plan = sim.world.plan(&program.declare()).unwrap();
    plan.changes.iter().flat_map(|it| &it.fields).map(|it| it.path.to_string()).collect()
}

#[test]
fn a_secret_is_sent_when_it_changes_and_only_then() {
    let mut sim = Sim::new();
    sim.run(&asks(&[0]), None);
    assert_eq!(paths(&sim, &asks(&[1])), ["actions[0].secret"]);
    sim.run(&asks(&[1]), None);
    // What is beside it changes.
    let wider = Program { size: 2, actions: vec![(1, Some(1))], ..asks(&[1]) };
    assert_eq!(paths(&sim, &wider), ["size", "actions"]);
    sim.run(&wider, None);
    assert_eq!(sim.sent, [vec!["actions[0].secret"], vec!["actions[0].secret"], vec![]]);
    sim.holds(&wider).unwrap();
}

/// Somebody edits what is around a secret: it stays what it was, and is not lost.
#[test]
fn drift_beside_a_secret_leaves_it() {
    let mut sim = Sim::new();
    let program = asks(&[0]);
    sim.run(&program, None);
    let token = sim.world.things[0].token.clone();
    sim.truth.get_mut(&token).unwrap()["actions"][0]["scope"] = json!("profile");
    sim.show(&token);
    assert_eq!(paths(&sim, &program), ["actions"]);
    sim.run(&program, None);
    assert_eq!(sim.sent.last().unwrap(), &[""; 0]);
    sim.holds(&program).unwrap();
    // The whole action goes, and its secret with it: nothing is there to be kept.
    sim.truth.get_mut(&token).unwrap()["actions"] = json!([{"type": "forward"}]);
    sim.show(&token);
    sim.run(&program, None);
    assert_eq!(sim.sent.last().unwrap(), &["actions[0].secret"]);
    sim.holds(&program).unwrap();
}

/// Between the plan and its turn somebody deletes it: what is made again has its secrets.
#[test]
fn what_is_gone_by_its_turn_is_made_with_its_secrets() {
    let mut sim = Sim::new();
    sim.run(&asks(&[0]), None);
    let wider = Program { size: 2, own: None, ..asks(&[0]) };
    let desired = wider.declare();
    let plan = sim.world.plan(&desired).unwrap();
    sim.world.things.clear();
    sim.truth.clear();
    let state = sim.world.state.clone();
    let mut execution =
        Execution::new(plan, state, desired.secrets, &catalog(), salt(), Limits::default())
            .unwrap();
    loop {
        match execution.next() {
            Step::Record(records) => {
                sim.world.state.replay(&records).unwrap();
                execution.recorded(records.last().unwrap().0);
            }
            Step::Turn { op, operation, .. } => {
                let answer = sim.turn(&operation);
                execution.answered(op, answer);
            }
            Step::Finished => break,
            _ => panic!("nothing is under way"),
        }
    }
    sim.holds(&wider).unwrap();
}

/// A call that was not answered: which secret AWS has, nobody knows.
#[test]
fn a_secret_in_doubt_is_sent_again() {
    for happens in [false, true] {
        let mut sim = Sim::new();
        sim.run(&asks(&[0]), None);
        let next = asks(&[1]);
        let desired = next.declare();
        let plan = sim.world.plan(&desired).unwrap();
        let state = sim.world.state.clone();
        let (secrets, limits) = (desired.secrets, Limits::default());
        let mut execution =
            Execution::new(plan, state, secrets, &catalog(), salt(), limits).unwrap();
        while let step = execution.next()
            && !matches!(step, Step::Finished)
        {
            match step {
                Step::Record(records) => {
                    sim.world.state.replay(&records).unwrap();
                    execution.recorded(records.last().unwrap().0);
                }
                Step::Turn { op, operation, .. } => {
                    if happens {
                        let _ = sim.turn(&operation);
                    }
                    execution.answered(op, Err(OpError::InDoubt(ErrorFacts::default())));
                }
                _ => panic!("nothing is under way"),
            }
        }
        // Back to the old one, or on with the new one.
        for program in [asks(&[0]), next] {
            assert_eq!(paths(&sim, &program), ["actions[0].secret"], "{happens}");
            let mut sim = sim.clone();
            sim.run(&program, None);
            sim.holds(&program).unwrap();
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: common::cases(24), ..ProptestConfig::default() })]

    #[test]
    fn killed_anywhere_it_ends_with_the_programs_secrets(
        before in programs(),
        during in programs(),
        after in programs(),
        repeats in any::<bool>(),
        (at, written, called) in (0usize..5, any::<bool>(), any::<bool>()),
        undisturbed in any::<bool>(),
    ) {
        let mut sim = Sim::new();
        sim.run(&before, None);
        sim.holds(&before)?;
        sim.run(&during, (!undisturbed).then_some((at, written, called)));
        let after = if repeats { during } else { after };
        sim.run(&after, None);
        sim.holds(&after)?;
        let digests: BTreeSet<String> = sim.world.state.entries.values()
            .flat_map(|it| markers(it.applied.as_ref().unwrap()))
            .map(|(_, digest)| digest.to_string()).collect();
        let secrets = after.declare().secrets.len();
        prop_assert_eq!(digests.len(), secrets);
    }
}
