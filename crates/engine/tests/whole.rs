//! Planner, machine, journal and state together: killed at any moment and run again, the cloud
//! ends up as the last program wants it, with no orphan, no duplicate and no question asked.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod common;

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use bicoastal_engine::machine::{Execution, Limits, Step};
use bicoastal_engine::record::Record;
use bicoastal_model::Region::{ApSouth1, EuWest1, UsEast1};
use bicoastal_model::diff::diff;
use bicoastal_model::schema::Change;
use bicoastal_model::{
    Claim, Deletes, Desired, ErrorFacts, Goal, Member, OpError, Operation, Outcome, Ownership,
    Progress, Region, Retry, Shape, Snapshot, Status,
};
use common::catalog;
use common::cloud::{Thing, World};
use common::program::{desired, serving};
use proptest::prelude::*;
use serde_json::{Value, json};

/// What a call meets.
#[derive(Clone, Copy, Debug)]
enum Fault {
    AnswerLost,
    CallLost,
    Throttled,
    Refused,
}

/// The cloud's half of a provider.
struct Hands {
    made: usize,
    faults: VecDeque<Option<Fault>>,
}

impl Hands {
    fn advance(&mut self, world: &mut World, operation: &Operation) -> Result<Progress, OpError> {
        let todo: Vec<&Member> = operation.members.iter().filter(|it| differs(world, it)).collect();
        if todo.is_empty() {
            let outcomes = operation.members.iter().map(|member| match find(world, member) {
                Some(at) => Outcome::Present(world.things[at].snapshot.clone()),
                None => Outcome::Gone,
            });
            return Ok(Progress::Done(outcomes.collect()));
        }
        let facts = ErrorFacts { region: "us-east-1".into(), ..ErrorFacts::default() };
        let fault = self.faults.pop_front().flatten();
        match fault {
            Some(Fault::CallLost) => return Err(OpError::InDoubt(facts)),
            Some(Fault::Throttled) => {
                return Err(OpError::Refused { retry: Retry::Throttled, facts });
            }
            Some(Fault::Refused) => return Err(OpError::Refused { retry: Retry::Never, facts }),
            Some(Fault::AnswerLost) | None => {}
        }
        for member in todo {
            self.carry_out(world, member);
        }
        match fault {
            Some(_) => Err(OpError::InDoubt(facts)),
            None => Ok(Progress::Called {
                call: "Call".into(),
                physical: None,
                secrets: true,
                deletes: vec![Deletes::Whole; operation.members.len()],
            }),
        }
    }

    fn carry_out(&mut self, world: &mut World, member: &Member) {
        let at = find(world, member);
        let Goal::Present { wanted, .. } = &member.goal else {
            world.things.remove(at.unwrap());
            return;
        };
        let catalog = catalog();
        let schema = catalog.get(&member.target.kind).unwrap();
        let mut props = wanted.clone();
        for field in schema.fields {
            let untold =
                matches!(field.change, Change::Local | Change::DeleteOption | Change::CreateOnly);
            if untold || matches!(field.shape, Shape::Secret) {
                props.as_object_mut().unwrap().remove(field.name);
            }
        }
        let at = at.unwrap_or_else(|| {
            self.made += 1;
            let physical = format!("{}-{}", member.target.id, self.made);
            world.things.push(Thing {
                kind: member.target.kind.clone(),
                token: member.target.token.clone(),
                snapshot: Snapshot {
                    physical,
                    props: json!({}),
                    outputs: BTreeMap::new(),
                    status: Status::Ready,
                    ownership: Ownership::Ours,
                    children: Vec::new(),
                    facts: BTreeMap::new(),
                },
            });
            world.things.len() - 1
        });
        let snapshot = &mut world.things[at].snapshot;
        let outputs = schema.outputs.iter().map(|output| {
            let value = match output.same_as {
                Some(property) => wanted[property].clone(),
                None => Value::from(format!("{}.{}", snapshot.physical, output.name)),
            };
            (output.name.to_owned(), value)
        });
        snapshot.outputs = outputs.collect();
        snapshot.props = props;
    }
}

fn find(world: &World, member: &Member) -> Option<usize> {
    world.things.iter().position(|it| it.token == member.target.token)
}

fn differs(world: &World, member: &Member) -> bool {
    let seen = find(world, member).map(|at| &world.things[at].snapshot.props);
    match (&member.goal, seen) {
        (Goal::Absent { .. }, seen) => seen.is_some(),
        (Goal::Present { .. }, None) => true,
        (Goal::Present { wanted, applied }, Some(seen)) => {
            assert!(member.claim > Claim::Unmade, "{} would be taken over", member.target.id);
            let catalog = catalog();
            let schema = catalog.get(&member.target.kind).unwrap();
            !diff(schema, wanted, applied.as_ref(), Some(seen)).changes.is_empty()
        }
    }
}

/// Carries an execution out; dies after so many steps, with so many entries of those being
/// written durable. Answers what is durable.
fn drive(
    execution: &mut Execution,
    world: &mut World,
    hands: &mut Hands,
    dies: Option<(usize, usize)>,
    mut pick: impl FnMut(usize) -> usize,
) -> Vec<(u64, Record)> {
    let mut journal = Vec::new();
    let mut under_way: Vec<(usize, std::sync::Arc<Operation>)> = Vec::new();
    for count in 0.. {
        assert!(count < 100_000, "it does not come to an end");
        let dies = dies.filter(|(after, _)| count >= *after);
        match execution.next() {
            Step::Record(records) => {
                let most = dies.map_or(records.len(), |(_, durable)| durable);
                for (number, record) in records.into_iter().take(most) {
                    execution.recorded(number);
                    journal.push((number, record));
                }
            }
            Step::Turn { op, operation, .. } => under_way.push((op, operation)),
            Step::Pause { op, .. } => execution.answered(op, Ok(Progress::Done(Vec::new()))),
            Step::Wait => {
                let (op, operation) = under_way.remove(pick(under_way.len()));
                let answer = hands.advance(world, &operation);
                if dies.is_none() {
                    execution.answered(op, answer);
                }
            }
            Step::Finished => return journal,
        }
        if dies.is_some() {
            return journal;
        }
    }
    journal
}

#[derive(Clone, Debug)]
struct Program {
    regions: Vec<Region>,
    idle: u8,
    scheme: bool,
    renamed: bool,
}

fn programs() -> impl Strategy<Value = Program> {
    let three = vec![UsEast1, ApSouth1, EuWest1];
    let regions = proptest::sample::subsequence(three, 2..=3).prop_shuffle();
    (regions, 0u8..3, any::<bool>(), any::<bool>())
        .prop_map(|(regions, idle, scheme, renamed)| Program { regions, idle, scheme, renamed })
}

/// `names` counts the renames so far: a name that was given up is not taken up again.
fn sealed(of: &Program, generated: bool, names: usize) -> Desired {
    let mut all = serving(&of.regions);
    for declared in &mut all {
        if declared.id.as_str().ends_with("/front") {
            declared.props.set("idle", json!(of.idle));
            declared.props.set("scheme", json!(if of.scheme { "public" } else { "internal" }));
            if generated {
                declared.props.set("name", json!({"$name": "front"}));
            }
        }
        if declared.id.as_str() == "role" {
            declared.props.set("name", json!(format!("copy-{names}")));
        }
    }
    desired(all)
}

fn faults() -> impl Strategy<Value = Option<Fault>> {
    prop_oneof![
        8 => Just(None),
        1 => Just(Some(Fault::AnswerLost)),
        1 => Just(Some(Fault::CallLost)),
        1 => Just(Some(Fault::Throttled)),
        1 => Just(Some(Fault::Refused)),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: common::cases(120), failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn killed_at_any_moment_and_run_again(
        programs in prop::collection::vec(programs(), 1..4),
        generated in any::<bool>(),
        crashes in prop::collection::vec((0usize..150, 0usize..6), 1..6),
        faults in prop::collection::vec(faults(), 0..60),
        picks in prop::collection::vec(any::<prop::sample::Index>(), 1..20),
    ) {
        let mut world = World::new();
        let mut names = 0;
        let mut hands = Hands { made: 0, faults: faults.into() };
        let mut picks = picks.iter().cycle();
        for (round, dies) in crashes.iter().enumerate() {
            let program = &programs[round % programs.len()];
            names += usize::from(program.renamed);
            let program = sealed(program, generated, names);
            let plan = world.plan(&program);
            prop_assert!(plan.is_ok(), "{}", plan.unwrap_err());
            let mut execution = Execution::new(
                plan.unwrap(), world.state.clone(), BTreeMap::new(), &catalog(), [0; 16],
                Limits::default(),
            ).unwrap();
            let journal = drive(
                &mut execution, &mut world, &mut hands, Some(*dies),
                |many| picks.next().unwrap().index(many),
            );
            world.state.replay(&journal).unwrap();
            prop_assert_eq!(&world.state, execution.state());
            let known: BTreeSet<&str> =
                world.state.entries.values().map(|entry| entry.token.as_str()).collect();
            for thing in &world.things {
                prop_assert!(known.contains(thing.token.as_str()), "{} is an orphan", thing.token);
            }
        }
        hands.faults.clear();
        let program = sealed(&programs[0], generated, names);
        let plan = world.plan(&program);
        prop_assert!(plan.is_ok(), "{}", plan.unwrap_err());
        let mut execution = Execution::new(
            plan.unwrap(), world.state.clone(), BTreeMap::new(), &catalog(), [0; 16],
            Limits::default(),
        ).unwrap();
        let journal = drive(&mut execution, &mut world, &mut hands, None, |_| 0);
        prop_assert!(execution.report().is_done(), "{:#?}", execution.report());
        world.state.replay(&journal).unwrap();
        let again = world.plan(&program).unwrap();
        prop_assert!(again.is_empty(), "{:#?}", again.changes);
        prop_assert_eq!(world.things.len(), program.resources.len());
        prop_assert_eq!(world.state.entries.len(), program.resources.len());
        prop_assert!(world.state.entries.values().all(|it| it.doubt.is_none() && !it.superseded));
    }
}
