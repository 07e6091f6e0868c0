//! What is handed out with a turn, and when.

use std::time::Duration;

use bicoastal_engine::digest;
use bicoastal_engine::machine::{Execution, Limits, Secrets, Step};
use bicoastal_engine::render;
use bicoastal_engine::state::{State, Verb};
use bicoastal_model::provider::Known;
use bicoastal_model::{OpError, Progress, Retry};
use expect_test::{Expect, expect};
use serde_json::{Value, json};

use crate::cloud::{Cloud, Planned, catalog, facts, finish, opened};
use crate::trouble::secrets;

/// What is known of a thing when its first turn is taken.
fn known(verb: Verb, wanted: Value, seen: Option<Value>, adopt: bool, doubted: bool) -> String {
    let mut state = opened();
    let mut cloud = Cloud::default();
    let begins = |state: &State, wanted: &Value, verb, seen: Option<Value>| {
        let mut plan = Planned::of(state);
        let mut member = plan.member(verb, "it", wanted.clone());
        member.adopt = adopt;
        member.seen = seen.map(Into::into);
        plan.op(vec![member], &[]);
        plan.execution(state, Secrets::default()).unwrap()
    };
    if matches!(verb, Verb::Update | Verb::Delete) {
        let mut made = begins(&state, &wanted, Verb::Create, None);
        finish(&mut made, &mut cloud);
        state = made.state().clone();
    }
    if doubted {
        let mut lost = begins(&state, &wanted, verb, None);
        let Step::Record(records) = lost.next() else { panic!("a begin comes first") };
        state.fold(&records[0].1).unwrap();
    }
    let mut execution = begins(&state, &wanted, verb, seen);
    loop {
        match execution.next() {
            Step::Record(records) => execution.recorded(records.last().unwrap().0),
            Step::Turn { operation, .. } => {
                return match operation.members[0].memory.take() {
                    None => "nothing".to_owned(),
                    Some(Known::Absent) => "absent".to_owned(),
                    Some(Known::Planned(props)) => props.to_string(),
                    Some(other) => panic!("{other:?}"),
                };
            }
            other => panic!("{other:?}"),
        }
    }
}

#[test]
fn what_the_plan_saw_is_passed_on_where_it_still_holds() {
    let check = |of: &str, all: String, expect: Expect| expect.assert_eq(&format!("{of}: {all}"));
    let thing = || json!({"name": "a"});
    let record = || json!({"zone": "z", "name": "a", "value": "1"});
    let seen = || Some(json!({"value": "0"}));
    let of = |verb, wanted, seen| known(verb, wanted, seen, false, false);
    check("a create", of(Verb::Create, thing(), None), expect!["a create: absent"]);
    check("a record's", of(Verb::Create, record(), None), expect!["a record's: absent"]);
    check(
        "a create in doubt",
        known(Verb::Create, thing(), None, false, true),
        expect!["a create in doubt: nothing"],
    );
    check("an update", of(Verb::Update, thing(), seen()), expect!["an update: nothing"]);
    check(
        "a record's",
        of(Verb::Update, record(), seen()),
        expect![[r#"a record's: {"value":"0"}"#]],
    );
    check(
        "of what was not seen",
        of(Verb::Update, record(), None),
        expect!["of what was not seen: nothing"],
    );
    check(
        "in doubt",
        known(Verb::Update, record(), seen(), false, true),
        expect!["in doubt: nothing"],
    );
    check("a delete", of(Verb::Delete, thing(), seen()), expect!["a delete: nothing"]);
    check(
        "a record's",
        of(Verb::Delete, record(), seen()),
        expect![[r#"a record's: {"value":"0"}"#]],
    );
    check(
        "a stranger's",
        known(Verb::Delete, record(), seen(), true, false),
        expect!["a stranger's: nothing"],
    );
    check(
        "an adoption",
        known(Verb::Adopt, record(), seen(), true, false),
        expect!["an adoption: nothing"],
    );
}

/// Three things, the third one after the second.
fn three(limits: Limits) -> Execution {
    let state = opened();
    let mut plan = Planned::of(&state);
    plan.one(Verb::Create, "a", json!({"name": "a"}), &[]);
    let second = plan.one(Verb::Create, "b", json!({"name": "b"}), &[]);
    plan.one(Verb::Create, "c", json!({"name": "c"}), &[second]);
    Execution::new(plan.0, state, Default::default(), &catalog(), [7; 16], limits).unwrap()
}

fn words(step: &Step) -> String {
    match step {
        Step::Record(records) => {
            let each: Vec<String> = records
                .iter()
                .map(|(number, record)| format!("{number} {}", crate::cloud::words(record)))
                .collect();
            format!("record {}", each.join(", "))
        }
        Step::Turn { op, delay, .. } => format!("turn {op} in {} s", delay.as_secs()),
        Step::Wait => "wait".to_owned(),
        Step::Finished => "finished".to_owned(),
        other => panic!("{other:?}"),
    }
}

#[test]
fn an_entry_that_is_not_durable_yet_holds_up_its_own_operation_only() {
    let mut execution = three(Limits::default());
    let mut cloud = Cloud::default();
    let mut lines = Vec::new();
    let mut under_way = Vec::new();
    let mut step = |execution: &mut Execution, under_way: &mut Vec<_>| {
        let step = execution.next();
        lines.push(words(&step));
        if let Step::Turn { op, operation, .. } = step {
            under_way.push((op, operation));
        }
    };
    step(&mut execution, &mut under_way);
    for number in [2, 3] {
        execution.recorded(number);
        step(&mut execution, &mut under_way);
        step(&mut execution, &mut under_way);
    }
    // Called, then seen to be there: their ends are written together.
    for _ in 0..2 {
        for (op, operation) in std::mem::take(&mut under_way) {
            let answer = cloud.advance(&operation);
            execution.answered(op, answer);
        }
        step(&mut execution, &mut under_way);
        step(&mut execution, &mut under_way);
        step(&mut execution, &mut under_way);
    }
    for number in 4..=8 {
        execution.recorded(number);
        step(&mut execution, &mut under_way);
        step(&mut execution, &mut under_way);
    }
    expect![[r#"
        record 2 begin 1: Create a#1, 3 begin 2: Create b#1
        turn 0 in 0 s
        wait
        turn 1 in 0 s
        wait
        record 4 named 1: a#1 a-0, 5 named 2: b#1 b-1
        turn 0 in 1 s
        turn 1 in 1 s
        record 6 end 1: present, 7 end 2: present
        wait
        wait
        wait
        wait
        wait
        wait
        wait
        wait
        record 8 begin 3: Create c#1
        wait
        turn 2 in 0 s
        wait
    "#]]
    .assert_eq(&(lines.join("\n") + "\n"));
}

#[test]
fn what_waits_for_long_takes_no_place() {
    let trace = |poll: u64| {
        let mut execution = three(Limits { total: 1, ..Limits::default() });
        let mut lines = Vec::new();
        let mut waited = false;
        for _ in 0..8 {
            let step = execution.next();
            lines.push(words(&step));
            match step {
                Step::Record(records) => execution.recorded(records.last().unwrap().0),
                Step::Turn { op, .. } if !waited => {
                    waited = true;
                    let (poll, patience) = (Duration::from_secs(poll), Duration::from_secs(600));
                    let what = "CREATING".to_owned();
                    execution.answered(op, Ok(Progress::Waiting { what, poll, patience }));
                }
                _ => {}
            }
        }
        lines.join("\n") + "\n"
    };
    expect![[r#"
        record 2 begin 1: Create a#1
        turn 0 in 0 s
        turn 0 in 1 s
        wait
        wait
        wait
        wait
        wait
    "#]]
    .assert_eq(&trace(0));
    expect![[r#"
        record 2 begin 1: Create a#1
        turn 0 in 0 s
        record 3 begin 2: Create b#1
        turn 0 in 60 s
        turn 1 in 0 s
        wait
        wait
        wait
    "#]]
    .assert_eq(&trace(60));
}

#[test]
fn two_slots_with_the_same_secret_have_different_digests() {
    let state = opened();
    let mut plan = Planned::of(&state);
    let wanted =
        json!({"name": "a", "password": {"$secret": "password"}, "size": {"$secret": "size"}});
    plan.one(Verb::Create, "thing", wanted, &[]);
    let mut both = secrets("hunter2");
    let other = secrets("hunter2").into_values().next().unwrap();
    both.insert(("thing".into(), "size".to_owned()), other);
    let mut execution = plan.execution(&state, both).unwrap();
    let Step::Record(records) = execution.next() else { panic!("a begin comes first") };
    let written = serde_json::to_value(&records[0].1).unwrap();
    let digests: Vec<String> = ["password", "size"]
        .map(|slot| {
            written["begin"]["members"][0]["wanted"][slot]["$secret"].as_str().unwrap().to_owned()
        })
        .to_vec();
    assert!(digests.iter().all(|it| digest::verify("hunter2", it)), "{digests:?}");
    assert_ne!(digests[0], digests[1]);
}

#[test]
fn a_refused_batch_is_split_where_that_leaves_something() {
    let check = |offenders: &[usize], names: &[&str], expect: Expect| {
        let state = opened();
        let mut plan = Planned::of(&state);
        let members = names.iter().enumerate().map(|(at, name)| {
            let wanted = json!({"zone": "z", "name": name, "value": "1"});
            plan.member(Verb::Create, &format!("r{at}"), wanted)
        });
        let members = members.collect();
        plan.op(members, &[]);
        let mut execution = plan.execution(&state, Default::default()).unwrap();
        let offenders = offenders.iter().map(|at| (*at, format!("{at} is bad"))).collect();
        let facts = bicoastal_model::ErrorFacts { offenders, ..facts("the batch is bad") };
        let mut refused = Some(OpError::Refused { retry: Retry::Never, facts });
        let mut cloud = Cloud::default();
        let mut failed = Vec::new();
        for _ in 0..99 {
            let step = execution.next();
            failed.push(if execution.has_failed(0) { 'x' } else { '.' });
            match step {
                Step::Record(records) => execution.recorded(records.last().unwrap().0),
                Step::Turn { op, operation, .. } => {
                    let answer = match refused.take() {
                        Some(error) => Err(error),
                        None => cloud.advance(&operation),
                    };
                    execution.answered(op, answer);
                }
                Step::Finished => break,
                other => panic!("{other:?}"),
            }
        }
        let said = render::plain(&render::report(&execution.report()));
        expect.assert_eq(&format!("{}\n{said}", failed.into_iter().collect::<String>()));
    };
    check(
        &[0],
        &["a", "b"],
        expect![[r#"
            ......xx
            error: could not create r0
              test Call in us-east-1: 0 is bad
            Not finished: 1 of 2 changes done, 1 failed. Nothing is undone; apply again to go on.
        "#]],
    );
    check(
        &[0, 1],
        &["a", "b"],
        expect![[r#"
            ..xx
            error: could not create r0
              test Call in us-east-1: the batch is bad
            error: could not create r1
              test Call in us-east-1: the batch is bad
            Not finished: 0 of 2 changes done, 2 failed. Nothing is undone; apply again to go on.
        "#]],
    );
    check(
        &[2],
        &["a", "b"],
        expect![[r#"
            ..xx
            error: could not create r0
              test Call in us-east-1: the batch is bad
            error: could not create r1
              test Call in us-east-1: the batch is bad
            Not finished: 0 of 2 changes done, 2 failed. Nothing is undone; apply again to go on.
        "#]],
    );
    check(
        &[2, 1],
        &["a", "b"],
        expect![[r#"
            ......xx
            error: could not create r1
              test Call in us-east-1: 1 is bad
            Not finished: 1 of 2 changes done, 1 failed. Nothing is undone; apply again to go on.
        "#]],
    );
    check(
        &[0],
        &["a", "a"],
        expect![[r#"
            ..xx
            error: could not create r0
              test Call in us-east-1: the batch is bad
            error: could not create r1
              test Call in us-east-1: the batch is bad
            Not finished: 0 of 2 changes done, 2 failed. Nothing is undone; apply again to go on.
        "#]],
    );
    check(
        &[],
        &["a", "b"],
        expect![[r#"
            ..xx
            error: could not create r0
              test Call in us-east-1: the batch is bad
            error: could not create r1
              test Call in us-east-1: the batch is bad
            Not finished: 0 of 2 changes done, 2 failed. Nothing is undone; apply again to go on.
        "#]],
    );
    check(
        &[0],
        &["a"],
        expect![[r#"
            ..xx
            error: could not create r0
              test Call in us-east-1: the batch is bad
            Not finished: 0 of 1 change done, 1 failed. Nothing is undone; apply again to go on.
        "#]],
    );
}

#[test]
fn what_goes_again_after_a_split_waits_for_its_own_begin() {
    let state = opened();
    let mut plan = Planned::of(&state);
    let record = |name: &str, value: &str| json!({"zone": "z", "name": name, "value": value});
    let members = vec![
        plan.member(Verb::Create, "bad", record("a", "bad")),
        plan.member(Verb::Create, "good", record("b", "1")),
    ];
    plan.op(members, &[]);
    let mut execution = plan.execution(&state, Default::default()).unwrap();
    let mut cloud = Cloud::default();
    let mut lines = Vec::new();
    for _ in 0..9 {
        let step = execution.next();
        lines.push(words(&step));
        match step {
            Step::Record(records) => {
                for (number, _) in records {
                    execution.recorded(number);
                    let step = execution.next();
                    lines.push(format!("{number} is durable: {}", words(&step)));
                    if let Step::Turn { op, operation, .. } = step {
                        let answer = cloud.advance(&operation);
                        execution.answered(op, answer);
                    }
                }
            }
            Step::Turn { op, operation, .. } => {
                let answer = cloud.advance(&operation);
                execution.answered(op, answer);
            }
            _ => {}
        }
    }
    expect![[r#"
        record 2 begin 1: Create bad#1, Create good#1
        2 is durable: turn 0 in 0 s
        record 3 end 1: not begun, not begun, 4 begin 2: Create good#1
        3 is durable: wait
        4 is durable: turn 0 in 0 s
        record 5 named 2: good#1 good-0
        5 is durable: turn 0 in 1 s
        record 6 end 2: present
        6 is durable: finished
        finished
        finished
        finished
        finished
        finished
    "#]]
    .assert_eq(&(lines.join("\n") + "\n"));
}
