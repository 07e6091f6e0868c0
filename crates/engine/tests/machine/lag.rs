//! Deletions of what a read does not show: gone, or made so shortly before that AWS lags.

use bicoastal_engine::machine::Step;
use bicoastal_engine::state::Verb;
use expect_test::{Expect, expect};
use serde_json::json;

use crate::claims::recorded;
use crate::cloud::{Cloud, Planned};

const MADE_MS: u64 = 1_000_000;

/// What comes of the deletion of something that the plan saw and that reads show only after this many
/// looks; where a run changed things so long before.
fn check(changed_ms: Option<u64>, shown_after: usize, seen: bool, expected: Expect) {
    let mut state = recorded();
    state.changed_ms = changed_ms;
    let mut plan = Planned::of(&state);
    let applied = json!({"name": "a", "size": 1});
    let mut member = plan.member(Verb::Delete, "it", applied.clone());
    member.applied = Some(applied.clone().into());
    member.seen = seen.then(|| applied.into());
    let token = member.token.clone();
    plan.op(vec![member], &[]);
    let mut execution = plan.execution(&state, Default::default()).unwrap();
    let mut cloud = Cloud::default();
    let (mut looks, mut now_ms) = (0, MADE_MS);
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
                execution.answered(op, cloud.advance(&operation));
            }
            Step::Finished => break,
            other => panic!("{other:?}"),
        }
    }
    assert!(execution.report().is_done(), "{:?}", execution.report());
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
