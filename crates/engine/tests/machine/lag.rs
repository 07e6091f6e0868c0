//! Deletions of what a read does not show: gone, or made so shortly before that AWS lags.

use std::time::Duration;

use bicoastal_engine::machine::{Execution, Step};
use bicoastal_engine::state::Verb;
use bicoastal_model::{Outcome, Place, Progress};
use expect_test::{Expect, expect};
use serde_json::json;

use crate::claims::recorded;
use crate::cloud::{Cloud, Planned, us_east_1};

const MADE_MS: u64 = 1_000_000;

/// The deletion of something, and its token.
fn deletion(place: Place, changed_ms: Option<u64>, seen: bool) -> (Execution, String) {
    let mut state = recorded();
    state.changed_ms = changed_ms;
    let mut plan = Planned::of(&state);
    let applied = json!({"name": "a", "size": 1});
    let mut member = plan.member(Verb::Delete, "it", applied.clone());
    member.place = place;
    member.applied = Some(applied.clone().into());
    member.seen = seen.then(|| applied.into());
    let token = member.token.to_string();
    plan.op(vec![member], &[]);
    (plan.execution(&state, Default::default()).unwrap(), token)
}

/// What comes of the deletion of something that the plan saw and that reads show only after this many
/// looks; where a run changed things so long before.
fn check(changed_ms: Option<u64>, shown_after: usize, seen: bool, expected: Expect) {
    check_in(us_east_1(), changed_ms, shown_after, seen, expected);
}

fn check_in(
    place: Place,
    changed_ms: Option<u64>,
    shown_after: usize,
    seen: bool,
    expected: Expect,
) {
    let (mut execution, token) = deletion(place, changed_ms, seen);
    let mut cloud = Cloud::default();
    let (mut looks, mut now_ms, mut decided) = (0, MADE_MS, false);
    execution.at(now_ms);
    loop {
        match execution.next() {
            Step::Record(records) => execution.recorded(records.last().unwrap().0),
            Step::Turn { op, operation, delay, .. } => {
                now_ms += u64::try_from(delay.as_millis()).unwrap();
                execution.at(now_ms);
                if looks == shown_after {
                    cloud.put(&token, "it-0", json!({"name": "a"}));
                }
                looks += 1;
                assert!(!decided, "it is looked at again although it is known what became of it");
                execution.answered(op, cloud.advance(&operation));
                decided = execution.is_decided(op);
            }
            Step::Finished => break,
            other => panic!("{other:?}"),
        }
    }
    assert!(decided && execution.report().is_done(), "{:?}", execution.report());
    assert!(execution.state().entries.is_empty());
    let left = if cloud.things.is_empty() { "" } else { ", and it is left there" };
    expected.assert_eq(&format!("{looks} looks, {} s{left}", (now_ms - MADE_MS) / 1_000));
}

#[test]
fn what_the_plan_saw_is_not_believed_to_be_gone_at_once() {
    // One answer that errs.
    check(None, 1, true, expect!["3 looks, 4 s"]);
    check(Some(MADE_MS), 10, true, expect!["12 looks, 127 s"]);
    // It is gone.
    check(Some(MADE_MS), usize::MAX, true, expect!["15 looks, 186 s"]);
    // It was made long ago.
    check(Some(MADE_MS - 180_000), usize::MAX, true, expect!["3 looks, 9 s"]);
    check(None, usize::MAX, true, expect!["3 looks, 9 s"]);
    // The plan did not see it either.
    check(Some(MADE_MS), usize::MAX, false, expect!["1 looks, 0 s"]);
}

#[test]
fn what_spans_regions_is_not_gone_by_the_first_word_after_its_call() {
    let place = json!({"scope": "spanning", "regions": ["us-east-1", "ap-south-1"]});
    let spanning: Place = serde_json::from_value(place).unwrap();
    check(None, 0, false, expect!["2 looks, 1 s"]);
    check_in(spanning, None, 0, false, expect!["4 looks, 10 s"]);
}

#[test]
fn what_was_waited_for_something_else_counts_as_well() {
    let now_ms = MADE_MS + 300_000;
    let mut seconds = Vec::new();
    for before in [170, 171, 172] {
        let (mut execution, _) = deletion(us_east_1(), Some(now_ms), true);
        execution.at(now_ms);
        let (mut turns, mut waited) = (0, 0);
        loop {
            match execution.next() {
                Step::Record(records) => execution.recorded(records.last().unwrap().0),
                Step::Turn { op, delay, .. } => {
                    turns += 1;
                    waited += delay.as_secs();
                    let (what, patience) = ("MODIFYING".into(), Duration::from_secs(600));
                    let poll = Duration::from_secs(before);
                    let answer = match turns {
                        1 => Progress::Waiting { what, poll, patience },
                        _ => Progress::Done(vec![Outcome::Gone]),
                    };
                    execution.answered(op, Ok(answer));
                }
                Step::Finished => break,
                other => panic!("{other:?}"),
            }
        }
        seconds.push(waited);
    }
    // Three minutes are enough; two more looks are had in any case.
    assert_eq!(seconds, [191, 180, 181]);
}
