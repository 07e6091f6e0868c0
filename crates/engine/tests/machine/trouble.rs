//! What the machine hands out when something goes wrong.

use std::collections::BTreeMap;
use std::time::Duration;

use bicoastal_engine::digest;
use bicoastal_engine::fold::ENDED;
use bicoastal_engine::journal;
use bicoastal_engine::machine::{Execution, Fate, Secrets, Step};
use bicoastal_engine::order::Order;
use bicoastal_engine::plan::Need;
use bicoastal_engine::render;
use bicoastal_engine::state::{Key, Verb};
use bicoastal_model::diff::{Cause, FieldChange};
use bicoastal_model::schema::Change as Takes;
use bicoastal_model::{Global, Goal, Progress, Resource, Retry, Risk, Schema, Secret, Stack};
use expect_test::expect;
use serde::{Deserialize, Serialize};
use serde_json::json;

use crate::cloud::{Cloud, Crash, Fault, Planned, THING, drive, finish, opened};
use crate::steps::{check, reference};

/// Three things, of which the second needs the first, and what the first calls meet.
fn three(faults: &[Option<Fault>]) -> (Execution, Cloud) {
    let state = opened();
    let mut plan = Planned::of(&state);
    let first = plan.one(Verb::Create, "first", json!({"name": "a"}), &[]);
    plan.one(Verb::Create, "second", json!({"name": reference("first")}), &[first]);
    plan.one(Verb::Create, "third", json!({"name": "c"}), &[]);
    let cloud = Cloud { faults: faults.iter().cloned().collect(), ..Cloud::default() };
    (plan.execution(&state, Default::default()).unwrap(), cloud)
}

#[test]
fn a_failure_skips_what_depends_on_it_and_nothing_else() {
    let (mut execution, mut cloud) = three(&[Some(Fault::Refused(Retry::Never))]);
    let run = finish(&mut execution, &mut cloud);
    check(
        &run,
        &execution,
        expect![[r#"
            record 2: begin 1: Create first#1
            record 3: begin 2: Create third#1
            turn 0: create first
            turn 2: create third
            record 4: end 1: not begun
            turn 2: create third in 1 s
            record 5: named 2: third#1 third-0
            record 6: end 2: present

            error: could not create first
              test Call in us-east-1: no
            skipped: create second: it needs first, which failed
            Not finished: 1 of 3 changes done, 1 failed, 1 skipped. Nothing is undone; apply again to go on.
        "#]],
    );
    // As if it had not begun.
    assert_eq!(execution.state().entries.len(), 1);
    assert!(execution.has_failed(0) && !execution.has_failed(2));
    assert_eq!(execution.report().exit_code(), 1);
}

#[test]
fn a_lost_answer_is_settled_by_reading() {
    let (mut execution, mut cloud) = three(&[Some(Fault::AnswerLost), None, Some(Fault::CallLost)]);
    let run = finish(&mut execution, &mut cloud);
    check(
        &run,
        &execution,
        expect![[r#"
            record 2: begin 1: Create first#1
            record 3: begin 2: Create third#1
            turn 0: create first
            turn 2: create third
            turn 0: create first in 2 s
            turn 2: create third in 1 s
            record 4: named 2: third#1 third-1
            record 5: end 1: present
            record 6: begin 3: Create second#1
            turn 1: create second
            record 7: end 2: present
            turn 1: create second in 2 s
            turn 1: create second in 1 s
            record 8: named 3: second#1 second-2
            record 9: end 3: present

            Done: 3 changes.
        "#]],
    );
    assert_eq!(cloud.calls, ["Create first", "Create third", "Create second"]);
}

#[test]
fn what_stays_in_doubt_is_left_to_the_next_run() {
    let (mut execution, mut cloud) = three(&vec![Some(Fault::CallLost); 100]);
    let run = finish(&mut execution, &mut cloud);
    check(
        &run,
        &execution,
        expect![[r#"
            record 2: begin 1: Create first#1
            record 3: begin 2: Create third#1
            turn 0: create first
            turn 2: create third
            turn 0: create first in 2 s
            turn 2: create third in 2 s
            turn 0: create first in 2 s
            turn 2: create third in 2 s
            turn 0: create first in 2 s
            turn 2: create third in 2 s
            turn 0: create first in 2 s
            turn 2: create third in 3 s
            turn 0: create first in 3 s
            turn 2: create third in 3 s

            error: it is not known whether first was created; the next apply finds out
              test Call in us-east-1: no answer
            error: it is not known whether third was created; the next apply finds out
              test Call in us-east-1: no answer
            skipped: create second: it needs first, which is in doubt
            Not finished: 0 of 3 changes done, 2 in doubt, 1 skipped. Nothing is undone; apply again to go on.
        "#]],
    );
    let entry = &execution.state().entries[&Key::new("first", 1)];
    assert_eq!(entry.doubt.as_ref().map(|doubt| (doubt.op, doubt.verb)), Some((1, Verb::Create)));
}

#[test]
fn what_an_earlier_run_left_in_doubt_is_not_as_if_it_had_not_begun() {
    let (mut execution, mut cloud) = three(&[None]);
    let crash = Some(Crash { after: 3, durable: 9 });
    drive(&mut execution, &mut cloud, crash, |_| 0, |_, _| {});
    let state = execution.state().clone();
    assert!(state.entries[&Key::new("first", 1)].doubt.is_some());
    // Its call is still on its way, and is refused when it is sent again.
    let mut cloud =
        Cloud { faults: [Some(Fault::Refused(Retry::Never))].into(), ..Cloud::default() };
    let mut plan = Planned::of(&state);
    plan.one(Verb::Create, "first", json!({"name": "a"}), &[]);
    let mut execution = plan.execution(&state, Default::default()).unwrap();
    let run = finish(&mut execution, &mut cloud);
    check(
        &run,
        &execution,
        expect![[r#"
        record 4: begin 3: Create first#1
        turn 0: create first
        record 5: end 3: failed

        error: could not create first
          test Call in us-east-1: no
        Not finished: 0 of 1 change done, 1 failed. Nothing is undone; apply again to go on.
    "#]],
    );
    let entry = &execution.state().entries[&Key::new("first", 1)];
    assert_eq!(entry.doubt.as_ref().map(|doubt| doubt.op), Some(ENDED));
}

#[test]
fn retries_end_when_their_budget_is_used_up() {
    let seconds = |fault: Fault| {
        let state = opened();
        let mut plan = Planned::of(&state);
        plan.one(Verb::Create, "first", json!({"name": "a"}), &[]);
        let mut execution = plan.execution(&state, Default::default()).unwrap();
        let mut cloud =
            Cloud { faults: std::iter::repeat_n(Some(fault), 1000).collect(), ..Cloud::default() };
        let run = finish(&mut execution, &mut cloud);
        let Fate::Failed(failure) = &execution.report().changes[0].fate else {
            panic!("{:?}", execution.report())
        };
        let left = execution.state().entries.len();
        format!("{} s: {} ({left} left)", run.time.as_secs(), failure.message)
    };
    let all = [
        Fault::Refused(Retry::Throttled),
        Fault::Refused(Retry::Busy),
        Fault::Refused(Retry::NotYet),
        Fault::NotSent,
        Fault::Waiting,
    ];
    expect![[r#"
        625 s: test Call in us-east-1: no (0 left)
        1819 s: test Call in us-east-1: no (0 left)
        194 s: test Call in us-east-1: no (0 left)
        13 s: test Call in us-east-1: no connection (0 left)
        60 s: still CREATING after 60 s (0 left)"#]]
    .assert_eq(&all.map(seconds).join("\n"));
}

#[test]
fn a_refused_batch_fails_its_offenders_with_their_groups_and_the_rest_goes_again() {
    let state = opened();
    let mut plan = Planned::of(&state);
    let mut members = Vec::new();
    // Not in the order of their ids, as a plan may have them.
    for (id, name, value) in
        [("d", "api", "good"), ("a", "www", "good"), ("c", "api", "bad"), ("b", "mail", "good")]
    {
        let wanted = json!({"zone": "z", "name": name, "value": value});
        members.push(plan.member(Verb::Create, id, wanted));
    }
    let batch = plan.op(members, &[]);
    plan.one(Verb::Create, "later", json!({"name": "l"}), &[batch]);
    let mut execution = plan.execution(&state, Default::default()).unwrap();
    let mut cloud = Cloud::default();
    let run = finish(&mut execution, &mut cloud);
    check(
        &run,
        &execution,
        expect![[r#"
            record 2: begin 1: Create a#1, Create b#1, Create c#1, Create d#1
            turn 0: create d, a, c and 1 more
            record 3: end 1: not begun, not begun, not begun, not begun
            record 4: begin 2: Create a#1, Create b#1
            turn 0: create a, b
            turn 0: create a, b in 1 s
            record 5: end 2: present, present

            error: could not create d
              test Call in us-east-1: refused together with c
            error: could not create c
              test Call in us-east-1: a bad value
            skipped: create later: it needs d, which failed
            Not finished: 2 of 5 changes done, 2 failed, 1 skipped. Nothing is undone; apply again to go on.
        "#]],
    );
    assert_eq!(cloud.things.len(), 2);
    let ids: Vec<String> = execution.state().entries.keys().map(Key::to_string).collect();
    assert_eq!(ids, ["a#1", "b#1"]);
}

/// `first` fails; what becomes of things that come after it for one reason or another.
fn after_a_failure(ties: &[Order]) -> Vec<String> {
    let all = ties.iter().map(|order| {
        let state = opened();
        let mut plan = Planned::of(&state);
        let first = plan.one(Verb::Create, "first", json!({"name": "a"}), &[]);
        let second = plan.one(Verb::Create, "second", json!({"name": "b"}), &[]);
        plan.0.operations[second].after = [(first, (*order).into())].into();
        let third = plan.one(Verb::Create, "third", json!({"name": "c"}), &[]);
        plan.0.operations[third].after = [(second, Order::Required.into())].into();
        let mut execution = plan.execution(&state, Default::default()).unwrap();
        let faults = [Some(Fault::Refused(Retry::Never))];
        let mut cloud = Cloud { faults: faults.into(), ..Cloud::default() };
        finish(&mut execution, &mut cloud);
        let lines = render::report(&execution.report());
        let lines = render::plain(&lines[2..]);
        format!("{order}, then required:\n{lines}")
    });
    all.collect()
}

#[test]
fn the_reason_for_an_order_says_what_a_failure_means() {
    expect![[r#"
        required, then required:
        skipped: create second: it needs first, which failed
        skipped: create third: it needs first, which failed
        Not finished: 0 of 3 changes done, 1 failed, 2 skipped. Nothing is undone; apply again to go on.
        safety, then required:
        skipped: create second: not safe without first, which failed
        skipped: create third: it needs first, which failed
        Not finished: 0 of 3 changes done, 1 failed, 2 skipped. Nothing is undone; apply again to go on.
        rollout, then required:
        skipped: create second: the rollout stopped at first, which failed
        skipped: create third: it needs first, which failed
        Not finished: 0 of 3 changes done, 1 failed, 2 skipped. Nothing is undone; apply again to go on.
        preference, then required:
        Not finished: 2 of 3 changes done, 1 failed. Nothing is undone; apply again to go on.
    "#]].assert_eq(&after_a_failure(&Order::ALL).concat());
}

#[test]
fn of_a_batch_only_what_needs_the_failed_one_is_skipped() {
    let mut state = opened();
    let mut cloud = Cloud::default();
    let record = |name: &str, value: &str| json!({"zone": "z", "name": name, "value": value});
    let mut plan = Planned::of(&state);
    plan.one(Verb::Create, "there", record("shared", "1"), &[]);
    let mut execution = plan.execution(&state, Default::default()).unwrap();
    finish(&mut execution, &mut cloud);
    state = execution.state().clone();

    // Of a batch of two checks one is refused; records need one or the other.
    let mut plan = Planned::of(&state);
    let checks = ["good", "bad"].map(|it| plan.member(Verb::Create, it, record(it, it)));
    let checks = plan.op(checks.into(), &[]);
    let mut members = Vec::new();
    for (verb, id, name) in [
        (Verb::Create, "of-bad", "new"),
        (Verb::Create, "of-good", "new"),
        (Verb::Create, "shared-of-bad", "shared"),
        (Verb::Update, "there", "shared"),
    ] {
        members.push(plan.member(verb, id, record(name, "2")));
    }
    members[3].applied = Some(record("shared", "1").into());
    let records = plan.op(members, &[checks]);
    let need = |member, which| Need { member, of: checks, which, order: Order::Required };
    plan.0.operations[records].needs = vec![need(0, 1), need(1, 0), need(2, 1)];
    let mut execution = plan.execution(&state, Default::default()).unwrap();
    let run = finish(&mut execution, &mut cloud);
    check(
        &run,
        &execution,
        expect![[r#"
        record 5: begin 2: Create bad#1, Create good#1
        turn 0: create good, bad
        record 6: end 2: not begun, not begun
        record 7: begin 3: Create good#1
        turn 0: create good
        turn 0: create good in 1 s
        record 8: named 3: good#1 good-1
        record 9: end 3: present
        record 10: begin 4: Create of-good#1
        turn 1: create of-good
        turn 1: create of-good in 1 s
        record 11: named 4: of-good#1 of-good-2
        record 12: end 4: present

        error: could not create bad
          test Call in us-east-1: a bad value
        skipped: create of-bad: it needs bad, which failed
        skipped: create shared-of-bad: it needs bad, which failed
        skipped: update there: it needs bad, which failed
        Not finished: 2 of 6 changes done, 1 failed, 3 skipped. Nothing is undone; apply again to go on.
    "#]],
    );
}

#[test]
fn words_that_alternate_are_not_waited_for_for_ever() {
    let state = opened();
    let mut plan = Planned::of(&state);
    plan.one(Verb::Create, "first", json!({"name": "a"}), &[]);
    let mut execution = plan.execution(&state, Default::default()).unwrap();
    let mut waited = Duration::ZERO;
    let patience = Duration::from_secs(600);
    for turn in 0.. {
        match execution.next() {
            Step::Record(records) => execution.recorded(records.last().unwrap().0),
            Step::Turn { op, delay, .. } => {
                waited += delay;
                let what = ["modifying", "backing-up"][turn / 2 % 2].to_owned();
                let poll = Duration::from_secs(30);
                execution.answered(op, Ok(Progress::Waiting { what, poll, patience }));
            }
            Step::Wait => panic!("nothing is under way"),
            Step::Finished => break,
            Step::Pause { .. } => panic!("there is none"),
        }
    }
    // Four times its longest patience.
    assert_eq!(waited, 4 * patience);
    expect![[r#"
        error: could not create first
          still modifying after 40 min in all
        Not finished: 0 of 1 change done, 1 failed. Nothing is undone; apply again to go on.
    "#]]
    .assert_eq(&render::plain(&render::report(&execution.report())));
    // Nothing was called, so nothing is left to be settled.
    assert!(execution.state().entries.is_empty());
}

#[test]
fn told_to_stop_it_finishes_what_is_under_way_and_begins_nothing() {
    let (mut execution, mut cloud) = three(&[]);
    // The begins are durable, and one turn is under way.
    let run = drive(
        &mut execution,
        &mut cloud,
        None,
        |_| 0,
        |count, execution| {
            if count == 3 {
                execution.cancel();
            }
        },
    );
    check(
        &run,
        &execution,
        expect![[r#"
            record 2: begin 1: Create first#1
            record 3: begin 2: Create third#1
            turn 0: create first
            record 4: end 2: not begun
            record 5: named 1: first#1 first-0

            stopped: create first was under way; the next apply goes on with it
            not begun: create second
            not begun: create third
            Stopped: 0 of 3 changes done, 1 under way, 2 not begun. Nothing is undone; apply again to go on.
        "#]],
    );
    assert_eq!(execution.report().exit_code(), 130);
    assert_eq!(cloud.calls, ["Create first"]);
    assert!(execution.state().entries[&Key::new("first", 1)].doubt.is_some());
}

#[test]
fn a_turn_that_was_not_taken_leaves_nothing_behind() {
    let (mut execution, _) = three(&[]);
    let mut ops = Vec::new();
    loop {
        match execution.next() {
            Step::Record(records) => execution.recorded(records.last().unwrap().0),
            Step::Turn { op, .. } => ops.push(op),
            Step::Wait if execution.report().cancelled => panic!("nothing is under way"),
            Step::Wait => {
                execution.cancel();
                ops.drain(..).for_each(|op| execution.abandoned(op));
            }
            Step::Finished => break,
            Step::Pause { .. } => panic!("there is none"),
        }
    }
    assert!(execution.state().entries.is_empty());
    assert!(execution.report().changes.iter().all(|it| it.fate == Fate::NotStarted));
}

#[test]
fn an_output_that_takes_another_action_stops_there() {
    let mut state = opened();
    let mut cloud = Cloud::default();
    let mut plan = Planned::of(&state);
    plan.one(Verb::Create, "table", json!({"name": "old"}), &[]);
    let mut execution = plan.execution(&state, Default::default()).unwrap();
    finish(&mut execution, &mut cloud);
    state = execution.state().clone();

    let mut plan = Planned::of(&state);
    let key = plan.one(Verb::Create, "key", json!({"name": "k"}), &[]);
    let mut table = plan.member(Verb::Update, "table", json!({"name": reference("key")}));
    table.applied = Some(json!({"name": "old"}).into());
    table.seen = Some(json!({"name": "old"}).into());
    plan.op(vec![table], &[key]);
    plan.0.changes[1].fields.push(FieldChange {
        path: "name".into(),
        cause: Cause::Unknown,
        before: "old".into(),
        after: reference("key").into(),
        change: Takes::Replace,
        risk: Risk::Safe,
    });
    let mut execution = plan.execution(&state, Default::default()).unwrap();
    let run = finish(&mut execution, &mut cloud);
    check(
        &run,
        &execution,
        expect![[r#"
            record 5: begin 2: Create key#1
            turn 0: create key
            turn 0: create key in 1 s
            record 6: named 2: key#1 key-1
            record 7: end 2: present

            error: could not update table
              name turned out to have another value, which takes a replacement
              hint: plan again
            Not finished: 1 of 2 changes done, 1 failed. Nothing is undone; apply again to go on.
        "#]],
    );
}

#[derive(Debug, Serialize, Deserialize)]
struct Thing {
    name: String,
    password: Secret,
}

bicoastal_model::handle! {
    /// A thing.
    pub struct ThingHandle {}
}

impl Resource for Thing {
    type Scope = Global;
    type Handle = ThingHandle;
    const SCHEMA: &'static Schema = &THING;
}

/// Secrets as a program supplies them.
pub(crate) fn secrets(password: &str) -> Secrets {
    let mut stack = Stack::new("test");
    stack.global().add("thing", Thing { name: "n".into(), password: Secret::new(password) });
    stack.seal().unwrap().secrets
}

#[test]
fn a_secret_reaches_the_call_and_nothing_else() {
    let mut state = opened();
    let mut cloud = Cloud::default();
    for (verb, password) in [(Verb::Create, "hunter2-clear"), (Verb::Update, "another-clear")] {
        let mut plan = Planned::of(&state);
        let wanted = json!({"name": "n", "password": {"$secret": "password"}});
        let mut member = plan.member(verb, "thing", wanted);
        let applied = state.entries.get(&member.key).and_then(|it| it.applied.clone());
        member.applied = applied;
        plan.op(vec![member], &[]);
        let stale = plan.execution(&state, BTreeMap::new()).unwrap_err();
        assert!(stale.to_string().contains("the secret password of thing"), "{stale}");

        let mut execution = plan.execution(&state, secrets(password)).unwrap();
        let run = finish(&mut execution, &mut cloud);
        assert!(execution.report().is_done(), "{:?}", execution.report());
        let thing = cloud.things.values().next().unwrap();
        assert_eq!(thing.props["password"], json!({"$secret": password}));
        let written: String =
            run.journal.iter().map(|(number, record)| journal::encode(*number, record)).collect();
        assert!(!written.contains("clear"), "{written}");
        assert!(!format!("{execution:?}").contains("clear"));
        state = execution.state().clone();
        let applied = state.entries[&Key::new("thing", 1)].applied.clone().unwrap();
        assert!(digest::verify(password, applied["password"]["$secret"].as_str().unwrap()));
    }
    // Sent once each, although AWS never tells what it is.
    assert_eq!(cloud.calls, ["Create thing", "Update thing"]);
}

#[test]
fn a_secret_that_a_call_does_not_take_goes_with_a_later_one() {
    let state = opened();
    let mut plan = Planned::of(&state);
    let wanted = json!({"name": "n", "password": {"$secret": "password"}});
    let member = plan.member(Verb::Create, "thing", wanted);
    plan.op(vec![member], &[]);
    let mut execution = plan.execution(&state, secrets("hunter2")).unwrap();
    let mut takes = [false, false, true].into_iter();
    let mut applied = Vec::new();
    loop {
        match execution.next() {
            Step::Record(records) => execution.recorded(records.last().unwrap().0),
            Step::Turn { op, operation, .. } => {
                let Goal::Present { applied: it, .. } = &operation.members[0].goal else {
                    panic!()
                };
                applied.push(it.as_ref().map(|it| it["password"].clone()));
                let Some(secrets) = takes.next() else { break };
                let called = Progress::Called {
                    call: "Call".into(),
                    physical: None,
                    secrets,
                    deletes: Vec::new(),
                };
                execution.answered(op, Ok(called));
            }
            other => panic!("{other:?}"),
        }
    }
    assert_eq!(applied, [None, None, None, Some(json!({"$secret": "hunter2"}))]);
}

#[test]
fn a_plan_that_does_not_fit_is_refused() {
    let state = opened();
    let stale = |edit: &dyn Fn(&mut Planned)| {
        let mut plan = Planned::of(&state);
        plan.one(Verb::Create, "a", json!({"name": "a"}), &[]);
        edit(&mut plan);
        plan.execution(&state, Default::default()).unwrap_err().why
    };
    let all = [
        stale(&|plan| plan.0.lineage = "other".into()),
        stale(&|plan| plan.0.stack = "other".into()),
        stale(&|plan| plan.0.generation = 7),
        stale(&|plan| plan.0.format = 99),
        stale(&|plan| plan.0.operations[0].after = [(0, Order::Required.into())].into()),
        stale(&|plan| plan.0.operations[0].members[0].change = 7),
        stale(&|plan| plan.0.operations[0].members[0].verb = Verb::Update),
        stale(&|plan| {
            plan.0
                .records
                .push(bicoastal_engine::record::Record::Superseded { key: Key::new("x", 1) })
        }),
    ];
    expect![[r#"
        it was made from a state of another lineage
        it is of stack 'other', not of 'test'
        it was made from generation 7 of the state, which is at 1
        it is of format 99, and this version knows 1
        its operations wait for each other
        operation 0 is part of no change
        a#1 is not recorded
        entry 2 of the journal (superseded) does not follow from what is before it: x#1 is not recorded
          hint: the journal was mixed up with another one or written by two at once; restore it from a copy"#]].assert_eq(&all.join("\n"));
}

#[test]
fn answers_that_nobody_asked_for_change_nothing() {
    let (mut execution, _) = three(&[]);
    for op in [0, 99] {
        execution.answered(op, Ok(Progress::Done(Vec::new())));
        execution.abandoned(op);
    }
    assert_eq!(execution.state(), &opened());
    assert!(matches!(execution.next(), Step::Record(_)));
}
