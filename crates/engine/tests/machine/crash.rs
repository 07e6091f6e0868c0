//! Killed at any moment, run again: finished, with no orphan and no duplicate.

use bicoastal_engine::machine::{Execution, Limits};
use bicoastal_engine::state::{State, Verb, token};
use bicoastal_model::Retry;
use proptest::prelude::*;
use serde_json::{Value, json};

use crate::cloud::{Cloud, Crash, Fault, Planned, catalog, drive, finish, opened};

/// What is wanted: things, each after some of the former.
type Wanted = Vec<(u8, Vec<usize>)>;

fn id(index: usize) -> String {
    format!("thing-{index}")
}

fn props(size: u8, after: &[usize]) -> Value {
    let parents: Vec<Value> =
        after.iter().map(|it| json!({"$ref": {"id": id(*it), "attribute": "id"}})).collect();
    json!({"name": "n", "size": size, "value": parents})
}

/// What a planner makes of it: what is missing is made, what is recorded is brought up to date,
/// with the same key and token; things that are not wanted go.
fn planned(wanted: &Wanted, state: &State, cloud: &Cloud) -> Planned {
    let mut plan = Planned::of(state);
    for (index, (size, after)) in wanted.iter().enumerate() {
        let entry = state.current(&id(index).as_str().into());
        let there = entry.is_some_and(|(_, entry)| cloud.things.contains_key(entry.token.as_str()));
        let verb = match entry {
            Some((_, entry)) if there || entry.applied.is_some() => Verb::Update,
            _ => Verb::Create,
        };
        let mut member = plan.member(verb, &id(index), props(*size, after));
        member.key.incarnation = match entry {
            Some((key, _)) => key.incarnation,
            None => state.next_incarnation(&member.key.id),
        };
        member.token = token(&state.lineage, &member.key.id, member.key.incarnation).into();
        if let Some((_, entry)) = entry {
            member.applied = entry.base().filter(|_| there);
        }
        plan.op(vec![member], after);
    }
    for (key, entry) in &state.entries {
        let number: usize = key.id.as_str().rsplit('-').next().unwrap().parse().unwrap();
        if number >= wanted.len() {
            let mut member =
                plan.member(Verb::Delete, key.id.as_str(), entry.base().unwrap().into());
            member.key = key.clone();
            member.token.clone_from(&entry.token);
            plan.op(vec![member], &[]);
        }
    }
    plan
}

fn faults() -> impl Strategy<Value = Option<Fault>> {
    prop_oneof![
        6 => Just(None),
        1 => Just(Some(Fault::AnswerLost)),
        1 => Just(Some(Fault::CallLost)),
        1 => Just(Some(Fault::NotSent)),
        1 => Just(Some(Fault::Waiting)),
        1 => Just(Some(Fault::Refused(Retry::Throttled))),
        1 => Just(Some(Fault::Refused(Retry::Never))),
    ]
}

fn wanted() -> impl Strategy<Value = Wanted> {
    prop::collection::vec((0u8..4, prop::collection::vec(any::<prop::sample::Index>(), 0..3)), 1..6)
        .prop_map(|all| {
            let things = all.into_iter().enumerate().map(|(index, (size, after))| {
                let mut after: Vec<usize> = match index {
                    0 => Vec::new(),
                    index => after.iter().map(|it| it.index(index)).collect(),
                };
                after.sort_unstable();
                after.dedup();
                (size, after)
            });
            things.collect()
        })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn killed_at_any_moment_and_run_again(
        programs in prop::collection::vec(wanted(), 1..4),
        crashes in prop::collection::vec((0usize..60, 0usize..4), 1..5),
        faults in prop::collection::vec(faults(), 0..40),
        picks in prop::collection::vec(any::<prop::sample::Index>(), 1..20),
        total in 1usize..5,
    ) {
        let mut state = opened();
        let mut cloud = Cloud { faults: faults.into(), ..Cloud::default() };
        let mut picks = picks.iter().cycle();
        for (round, (after, durable)) in crashes.iter().enumerate() {
            let wanted = &programs[round % programs.len()];
            let plan = planned(wanted, &state, &cloud);
            let limits = Limits { total, ..Limits::default() };
            let mut execution = Execution::new(
                plan.0, state.clone(), Default::default(), &catalog(), [0; 16], limits,
            ).unwrap();
            let crash = Crash { after: *after, durable: *durable };
            let run = drive(
                &mut execution, &mut cloud, Some(crash),
                |many| picks.next().unwrap().index(many), |_, _| {},
            );
            // What is durable can be folded, and is what the machine says.
            state.replay(&run.journal).unwrap();
            prop_assert_eq!(&state, execution.state());
            // Nothing is in the cloud that is not in the state.
            for token in cloud.things.keys() {
                prop_assert!(state.entries.values().any(|it| it.token == *token), "an orphan");
            }
        }
        cloud.faults.clear();
        let wanted = &programs[0];
        let plan = planned(wanted, &state, &cloud);
        let mut execution = plan.execution(&state, Default::default()).unwrap();
        let run = finish(&mut execution, &mut cloud);
        prop_assert!(execution.report().is_done(), "{:#?}", execution.report());
        state.replay(&run.journal).unwrap();
        prop_assert_eq!(cloud.things.len(), wanted.len());
        prop_assert_eq!(state.entries.len(), wanted.len());
        for (index, (size, after)) in wanted.iter().enumerate() {
            let (_, entry) = state.current(&id(index).as_str().into()).unwrap();
            prop_assert!(entry.doubt.is_none());
            let thing = &cloud.things[entry.token.as_str()];
            prop_assert_eq!(Some(&thing.physical), entry.physical.as_ref());
            prop_assert_eq!(Some(&thing.props.clone().into()), entry.applied.as_ref());
            prop_assert_eq!(&thing.props["size"], &json!(size));
            prop_assert_eq!(entry.edges.len(), after.len());
        }
    }
}
