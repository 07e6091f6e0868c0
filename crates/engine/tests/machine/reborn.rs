//! Tokens that AWS remembers of something deleted: the next incarnation takes another one.

use bicoastal_engine::record::Record;
use bicoastal_engine::state::{Key, Verb};
use bicoastal_model::Retry;
use expect_test::expect;
use serde_json::json;

use crate::claims::unborn;
use crate::cloud::{Cloud, Fault, Planned, drive, finish, opened};
use crate::steps::check;

fn spent(times: usize) -> Vec<Option<Fault>> {
    vec![Some(Fault::Refused(Retry::Spent)); times]
}

/// What is begun, in the order of the journal, where the first calls of one operation meet these
/// faults.
fn begun(verb: Verb, faults: Vec<Option<Fault>>, stop_at: Option<usize>) -> (Vec<String>, Cloud) {
    let state = opened();
    let mut plan = Planned::of(&state);
    let mut member = plan.member(verb, "check", json!({"name": "a"}));
    member.adopt = verb == Verb::Adopt;
    plan.op(vec![member], &[]);
    let mut execution = plan.execution(&state, Default::default()).unwrap();
    let mut cloud = Cloud { faults: faults.into(), ..Cloud::default() };
    let mut turns = 0;
    let run = drive(
        &mut execution,
        &mut cloud,
        None,
        |_| 0,
        |_, execution| {
            turns += 1;
            if stop_at == Some(turns) {
                execution.cancel();
            }
        },
    );
    let begun = run.journal.iter().filter_map(|(_, record)| match record {
        Record::Begin { members, .. } => Some(members[0].key.to_string()),
        _ => None,
    });
    let mut all: Vec<String> = begun.collect();
    all.push(if execution.report().is_done() { "done" } else { "not done" }.to_owned());
    (all, cloud)
}

#[test]
fn a_spent_token_takes_the_next_incarnation() {
    let state = opened();
    let mut plan = Planned::of(&state);
    plan.one(Verb::Create, "check", json!({"name": "a"}), &[]);
    let mut execution = plan.execution(&state, Default::default()).unwrap();
    let mut cloud = Cloud { faults: spent(7).into(), ..Cloud::default() };
    let run = finish(&mut execution, &mut cloud);
    check(
        &run,
        &execution,
        expect![[r#"
            record 2: begin 1: Create check#1
            turn 0: create check
            turn 0: create check in 4 s
            turn 0: create check in 9 s
            turn 0: create check in 19 s
            turn 0: create check in 38 s
            turn 0: create check in 61 s
            turn 0: create check in 63 s
            record 3: end 1: failed
            record 4: forgotten
            record 5: begin 2: Create check#2
            turn 0: create check
            turn 0: create check in 1 s
            record 6: named 2: check#2 check-0
            record 7: end 2: present

            Done: 1 change.
        "#]],
    );
    let state = execution.state();
    assert_eq!(state.retired[&"check".into()], 1);
    let (key, entry) = state.entries.iter().next().unwrap();
    assert_eq!(*key, Key::new("check", 2));
    assert!(cloud.things.contains_key(entry.token.as_str()));
}

#[test]
fn only_what_surely_was_not_made_gets_another_token() {
    let case = |verb, faults, stop| begun(verb, faults, stop).0.join(" ");
    // It may be visible in a moment: that is waited for first.
    expect!["check#1 done"].assert_eq(&case(Verb::Create, spent(6), None));
    expect!["check#1 check#2 done"].assert_eq(&case(Verb::Create, spent(7), None));
    // A call of ours may have used it.
    let mut doubted = vec![Some(Fault::CallLost)];
    doubted.extend(spent(7));
    expect!["check#1 not done"].assert_eq(&case(Verb::Create, doubted, None));
    // What is adopted has one.
    expect!["check#1 not done"].assert_eq(&case(Verb::Adopt, spent(7), None));
    // Nothing new is begun once it was told to stop.
    expect!["check#1 not done"].assert_eq(&case(Verb::Create, spent(7), Some(12)));
    // It comes to an end.
    let (all, cloud) = begun(Verb::Create, spent(500), None);
    assert_eq!((all.len(), all[16].as_str(), all[17].as_str()), (18, "check#17", "not done"));
    assert!(cloud.things.is_empty());
}

#[test]
fn what_has_an_id_keeps_its_token() {
    let state = opened();
    let mut plan = Planned::of(&state);
    let mut member = plan.member(Verb::Create, "check", json!({"name": "a"}));
    member.physical = Some("check-0".to_owned());
    plan.op(vec![member], &[]);
    let mut execution = plan.execution(&state, Default::default()).unwrap();
    let mut cloud = Cloud { faults: spent(7).into(), ..Cloud::default() };
    finish(&mut execution, &mut cloud);
    assert!(!execution.report().is_done());
    assert!(execution.state().retired.is_empty());
}

#[test]
fn of_a_batch_nothing_gets_another_token() {
    let state = opened();
    let mut plan = Planned::of(&state);
    let record = |name: &str| json!({"zone": "z", "name": name, "value": "1"});
    let members = ["a", "b"].map(|it| plan.member(Verb::Create, it, record(it)));
    plan.op(members.into(), &[]);
    let mut execution = plan.execution(&state, Default::default()).unwrap();
    let mut cloud = Cloud { faults: spent(7).into(), ..Cloud::default() };
    finish(&mut execution, &mut cloud);
    assert!(!execution.report().is_done());
    assert!(execution.state().retired.is_empty());
}

/// What a call of an earlier run made would be shown by the time that the token is given up.
#[test]
fn a_doubt_of_an_earlier_run_is_waited_out_like_any_other() {
    let case = |faults: Vec<Option<Fault>>| {
        let state = unborn(None);
        let mut plan = Planned::of(&state);
        plan.one(Verb::Create, "it", json!({"name": "a", "size": 1}), &[]);
        let mut execution = plan.execution(&state, Default::default()).unwrap();
        let mut cloud = Cloud { faults: faults.into(), ..Cloud::default() };
        let run = finish(&mut execution, &mut cloud);
        let keys: Vec<String> = execution.state().entries.keys().map(ToString::to_string).collect();
        format!("{} after {} s", keys.join(" "), run.time.as_secs())
    };
    expect!["it#1 after 139 s"].assert_eq(&case(spent(5)));
    expect!["it#2 after 197 s"].assert_eq(&case(spent(7)));
}
