//! Where an operation ends that does not end by itself, and what a plan must fit.

use std::time::Duration;

use bicoastal_engine::machine::{Execution, Fate, Limits, Step};
use bicoastal_engine::record::{Ended, Record};
use bicoastal_engine::render;
use bicoastal_engine::state::{Key, State, Verb};
use bicoastal_model::diff::{Cause, FieldChange};
use bicoastal_model::schema::Change as Takes;
use bicoastal_model::{OpError, Outcome, Progress, Retry, Risk};
use expect_test::expect;
use serde_json::json;

use crate::cloud::{Cloud, Planned, catalog, facts, finish, opened};
use crate::steps::reference;

/// Answers every turn in the same way until all is over; answers how many turns that took.
fn always(execution: &mut Execution, answer: &Result<Progress, OpError>) -> usize {
    let mut turns = 0;
    loop {
        match execution.next() {
            Step::Record(records) => execution.recorded(records.last().unwrap().0),
            Step::Turn { op, .. } => {
                turns += 1;
                assert!(turns < 10_000, "it does not come to an end");
                execution.answered(op, answer.clone());
            }
            Step::Finished => return turns,
            other => panic!("{other:?}"),
        }
    }
}

fn things(many: usize) -> Execution {
    let state = opened();
    let mut plan = Planned::of(&state);
    let record = |name: &str| json!({"zone": "z", "name": name, "value": "1"});
    let members = (0..many).map(|it| plan.member(Verb::Create, &format!("r{it}"), record("n")));
    let members = members.collect();
    plan.op(members, &[]);
    plan.execution(&state, Default::default()).unwrap()
}

fn said(execution: &Execution) -> String {
    render::plain(&render::report(&execution.report()))
}

#[test]
fn what_does_not_settle_ends() {
    let called = Ok(Progress::Called {
        call: "UpdateThing".into(),
        physical: None,
        secrets: true,
        deletes: Vec::new(),
    });
    for (many, turns) in [(1, 121), (2, 141), (3, 161)] {
        let mut execution = things(many);
        assert_eq!(always(&mut execution, &called), turns);
        let report = execution.report();
        let Fate::Failed(failure) = &report.changes[0].fate else { panic!("{report:?}") };
        assert_eq!(failure.error.as_ref().unwrap().facts().call, "UpdateThing");
        assert_eq!(failure.message, format!("it does not settle: {turns} calls were accepted"));
    }
}

#[test]
fn a_wait_is_told_in_the_unit_that_fits() {
    let mut lines = String::new();
    for seconds in [60, 119, 120, 150] {
        let mut execution = things(1);
        let patience = Duration::from_secs(seconds);
        let poll = Duration::from_secs(1);
        always(&mut execution, &Ok(Progress::Waiting { what: "CREATING".into(), poll, patience }));
        lines += said(&execution).lines().nth(1).unwrap().trim_start();
        lines.push('\n');
    }
    expect![[r#"
          still CREATING after 60 s
          still CREATING after 119 s
          still CREATING after 2 min
          still CREATING after 2 min
    "#]]
    .assert_eq(&lines);
}

#[test]
fn an_answer_that_does_not_fit_is_not_believed() {
    for outcomes in [vec![], vec![Outcome::Gone], vec![Outcome::Gone, Outcome::Gone]] {
        let mut execution = things(1);
        assert_eq!(always(&mut execution, &Ok(Progress::Done(outcomes))), 1);
        let said = said(&execution);
        assert!(said.contains("the provider's answer does not fit what was asked"), "{said}");
    }
}

/// Told to stop while the first turn of each is under way, which is then answered like this.
fn stopped(answer: Result<Progress, OpError>) -> (Execution, Vec<Record>) {
    let mut execution = things(1);
    let mut journal = Vec::new();
    loop {
        match execution.next() {
            Step::Record(records) => {
                execution.recorded(records.last().unwrap().0);
                journal.extend(records.into_iter().map(|(_, record)| record));
            }
            Step::Turn { op, .. } => {
                execution.cancel();
                execution.answered(op, answer.clone());
            }
            Step::Finished => return (execution, journal),
            other => panic!("{other:?}"),
        }
    }
}

#[test]
fn told_to_stop_nothing_is_tried_again() {
    let (execution, _) = stopped(Err(OpError::InDoubt(facts("no answer"))));
    assert!(matches!(execution.report().changes[0].fate, Fate::InDoubt(_)));
    let throttled = OpError::Refused { retry: Retry::Throttled, facts: facts("slow down") };
    let (execution, _) = stopped(Err(throttled));
    assert!(matches!(execution.report().changes[0].fate, Fate::Failed(_)));
    let (poll, patience) = (Duration::from_secs(1), Duration::from_secs(60));
    let waiting = Progress::Waiting { what: "CREATING".into(), poll, patience };
    let (execution, journal) = stopped(Ok(waiting));
    assert_eq!(execution.report().changes[0].fate, Fate::NotStarted);
    let Some(Record::End { results, .. }) = journal.last() else { panic!("{journal:?}") };
    let Ended::NotBegun(OpError::NotSent(facts)) = &results[0] else { panic!("{results:?}") };
    assert_eq!(
        (facts.service.as_str(), facts.message.as_str()),
        ("test", "stopped before its first call")
    );
}

#[test]
fn a_pause_that_is_given_up_ends() {
    let state = opened();
    let mut plan = Planned::of(&state);
    let first = plan.op(Vec::new(), &[]);
    plan.0.operations[first].pause_ms = 1000;
    plan.one(Verb::Create, "it", json!({"name": "a"}), &[first]);
    let mut execution = plan.execution(&state, Default::default()).unwrap();
    let Step::Pause { op, .. } = execution.next() else { panic!("it pauses first") };
    execution.cancel();
    assert!(matches!(execution.next(), Step::Wait));
    execution.abandoned(op);
    assert!(matches!(execution.next(), Step::Finished));
    assert_eq!(execution.report().changes[0].fate, Fate::NotStarted);
}

#[test]
fn what_waits_for_a_place_is_given_up_too() {
    let state = opened();
    let mut plan = Planned::of(&state);
    for id in ["a", "b", "c"] {
        plan.one(Verb::Create, id, json!({"name": id}), &[]);
    }
    let limits = Limits { total: 1, ..Limits::default() };
    let mut execution =
        Execution::new(plan.0, state, Default::default(), &catalog(), [7; 16], limits).unwrap();
    let Step::Record(records) = execution.next() else { panic!("it begins") };
    assert_eq!(records.len(), 1);
    execution.recorded(records[0].0);
    execution.cancel();
    // Its begin is taken back, and nothing is left.
    let Step::Record(records) = execution.next() else { panic!("it ends") };
    execution.recorded(records[0].0);
    assert!(matches!(execution.next(), Step::Finished));
    assert!(execution.report().changes.iter().all(|it| it.fate == Fate::NotStarted));
    assert_eq!(execution.report().troubled().count(), 3);
}

/// A state that has one thing, made by a run.
fn one() -> (State, Cloud) {
    let state = opened();
    let mut plan = Planned::of(&state);
    plan.one(Verb::Create, "it", json!({"name": "old"}), &[]);
    let mut execution = plan.execution(&state, Default::default()).unwrap();
    let mut cloud = Cloud::default();
    finish(&mut execution, &mut cloud);
    assert_eq!(execution.report().exit_code(), 0);
    assert_eq!(execution.report().troubled().count(), 0);
    (execution.state().clone(), cloud)
}

#[test]
fn a_plan_must_fit_what_is_recorded() {
    let stale = |state: &State, verb: Verb, edit: &dyn Fn(&mut Planned)| {
        let mut plan = Planned::of(state);
        plan.one(verb, "it", json!({"name": "old"}), &[]);
        edit(&mut plan);
        match plan.execution(state, Default::default()) {
            Ok(_) => "it fits".to_owned(),
            Err(stale) => stale.why,
        }
    };
    let (there, _) = one();
    let member = |plan: &mut Planned, edit: &dyn Fn(&mut bicoastal_engine::plan::PlannedMember)| {
        edit(&mut plan.0.operations[0].members[0]);
    };
    let all = [
        stale(&there, Verb::Create, &|_| ()),
        stale(&there, Verb::Adopt, &|_| ()),
        stale(&there, Verb::Update, &|_| ()),
        stale(&there, Verb::Update, &|plan| member(plan, &|it| it.token = "other".into())),
        stale(&opened(), Verb::Delete, &|_| ()),
        stale(&opened(), Verb::Delete, &|plan| member(plan, &|it| it.adopt = true)),
        // What the plan itself makes can be changed by it.
        stale(&opened(), Verb::Create, &|plan| {
            plan.one(Verb::Update, "it", json!({"name": "old"}), &[0]);
        }),
    ];
    expect![[r#"
        it#1 is there already
        it#1 is there already
        it fits
        it#1 has another token
        it#1 is not recorded
        it fits
        it fits"#]]
    .assert_eq(&all.join("\n"));
}

#[test]
fn what_was_not_known_may_take_a_replacement_after_all() {
    let (state, _) = one();
    // The path that was not known, and what the name turned out to be.
    let refused = |path: &str| {
        let mut cloud = Cloud::default();
        let mut plan = Planned::of(&state);
        let key = plan.one(Verb::Create, "key", json!({"name": "k"}), &[]);
        let mut table = plan.member(Verb::Update, "it", json!({"name": reference("key")}));
        table.applied = Some(json!({"name": "old"}).into());
        table.seen = Some(json!({"name": "old"}).into());
        plan.op(vec![table], &[key]);
        plan.0.changes[1].fields.push(FieldChange {
            path: path.into(),
            cause: Cause::Unknown,
            before: "old".into(),
            after: reference("key").into(),
            change: Takes::Replace,
            risk: Risk::Safe,
        });
        let mut execution = plan.execution(&state, Default::default()).unwrap();
        finish(&mut execution, &mut cloud);
        !execution.report().is_done()
    };
    let all = ["name", "name.part", "name[0]", "names", "size"].map(|it| (it, refused(it)));
    assert_eq!(
        all,
        [("name", true), ("name.part", true), ("name[0]", true), ("names", false), ("size", false)]
    );
}

#[test]
fn a_target_mentions_what_is_wanted_and_what_was_applied() {
    let (state, _) = one();
    let mut plan = Planned::of(&state);
    let mut member = plan.member(Verb::Update, "it", json!({"name": "new", "size": 1}));
    member.applied = Some(json!({"name": "old", "gone": 1}).into());
    plan.op(vec![member], &[]);
    let mut execution = plan.execution(&state, Default::default()).unwrap();
    let Step::Record(records) = execution.next() else { panic!("it begins") };
    execution.recorded(records[0].0);
    let Step::Turn { operation, .. } = execution.next() else { panic!("it takes a turn") };
    let target = &operation.members[0].target;
    assert_eq!(target.props, json!({"gone": 1, "name": "old", "size": 1}));
    assert_eq!(Key::new(target.id.clone(), target.incarnation), Key::new("it", 1));
}

#[test]
fn what_is_done_is_told_in_words() {
    let what = |verbs: &[Verb]| {
        let state = opened();
        let mut plan = Planned::of(&state);
        let record = |at: usize| json!({"zone": "z", "name": format!("n{at}"), "value": "1"});
        let members = verbs.iter().enumerate().map(|(at, verb)| {
            let mut member = plan.member(*verb, &format!("r{at}"), record(at));
            member.adopt = true;
            member
        });
        let members = members.collect();
        plan.op(members, &[]);
        let mut execution = plan.execution(&state, Default::default()).unwrap();
        let Step::Record(records) = execution.next() else { panic!("it begins") };
        execution.recorded(records[0].0);
        let Step::Turn { what, .. } = execution.next() else { panic!("it takes a turn") };
        what
    };
    use Verb::{Adopt, Create, Delete};
    let all = [
        what(&[Create]),
        what(&[Adopt, Adopt]),
        what(&[Delete, Delete, Delete]),
        what(&[Create, Create, Create, Create]),
        what(&[Create, Delete]),
    ];
    expect![[r#"
        create r0
        adopt r0, r1
        delete r0, r1, r2
        create r0, r1, r2 and 1 more
        change r0, r1"#]]
    .assert_eq(&all.join("\n"));
}
