//! Deletions of what a read does not show: gone, or made so shortly before that AWS lags.

use std::time::Duration;

use bicoastal_engine::machine::Step;
use bicoastal_engine::state::Verb;
use bicoastal_model::{Deletes, OpError, Outcome, Place, Progress, Region, ScopeKind};
use expect_test::{Expect, expect};
use serde_json::json;

use crate::claims::recorded;
use crate::cloud::{Cloud, Planned, facts};

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

/// What a turn of a deletion brings.
#[derive(Clone, Copy)]
enum Turn {
    /// A call that deletes nothing of it: a guard is lifted.
    Lifts,
    /// A call that deletes the whole.
    Deletes,
    /// A call that deletes what one region has.
    DeletesIn(Region),
    /// A call without an answer.
    Lost,
    /// It is seen, and AWS is at work.
    Busy,
    /// It is not seen.
    Gone,
}

/// After how many turns, and how long, a deletion ends that goes like this and then is not seen any
/// more. The plan saw it in two regions.
fn ends(turns: &[Turn], expected: Expect) {
    ends_where(true, turns, expected);
}

/// The same, where the plan saw it or did not.
fn ends_where(seen: bool, turns: &[Turn], expected: Expect) {
    let state = recorded();
    let mut plan = Planned::of(&state);
    let both = vec![Region::ApSouth1, Region::UsEast1];
    let applied = json!({"name": "a", "size": 1, "regions": ["us-east-1", "ap-south-1"]});
    let mut member = plan.member(Verb::Delete, "it", applied.clone());
    member.place = Place { account: None, scope: ScopeKind::Spanning, regions: both };
    member.seen = seen.then(|| applied.into());
    plan.op(vec![member], &[]);
    let mut execution = plan.execution(&state, Default::default()).unwrap();
    let (mut taken, mut waited) = (0, Duration::ZERO);
    loop {
        match execution.next() {
            Step::Record(records) => execution.recorded(records.last().unwrap().0),
            Step::Turn { op, delay, .. } => {
                waited += delay;
                let turn = turns.get(taken).copied().unwrap_or(Turn::Gone);
                taken += 1;
                let called = |deletes| {
                    let (call, deletes) = ("Call".to_owned(), vec![deletes]);
                    Ok(Progress::Called { call, physical: None, secrets: true, deletes })
                };
                let answer = match turn {
                    Turn::Lifts => called(Deletes::Nothing),
                    Turn::Deletes => called(Deletes::Whole),
                    Turn::DeletesIn(region) => called(Deletes::In([region].into())),
                    Turn::Lost => Err(OpError::InDoubt(facts("no answer"))),
                    Turn::Busy => Ok(Progress::Waiting {
                        what: "DELETING".to_owned(),
                        poll: Duration::from_secs(10),
                        patience: Duration::from_secs(600),
                    }),
                    Turn::Gone => Ok(Progress::Done(vec![Outcome::Gone])),
                };
                execution.answered(op, answer);
            }
            Step::Finished => break,
            other => panic!("{other:?}"),
        }
    }
    assert!(execution.report().is_done(), "{:?}", execution.report());
    expected.assert_eq(&format!("{taken} turns, {} s", waited.as_secs()));
}

#[test]
fn only_the_deletion_of_all_that_was_there_is_believed_at_once() {
    use Region::{ApSouth1, UsEast1};
    use Turn::{Busy, Deletes, DeletesIn, Gone, Lifts, Lost};
    ends(&[Deletes], expect!["2 turns, 1 s"]);
    ends(&[Lifts, Deletes, Busy], expect!["4 turns, 12 s"]);
    ends(&[DeletesIn(UsEast1), Busy, DeletesIn(ApSouth1)], expect!["4 turns, 12 s"]);
    // It is not known whether it was accepted, but then it is seen, and called again.
    ends(&[Lost, Deletes], expect!["3 turns, 3 s"]);
    // What the plan did not see is gone, unless something was there to call about.
    ends_where(false, &[Gone], expect!["1 turns, 0 s"]);
    ends_where(false, &[Lifts], expect!["16 turns, 187 s"]);
    // Nothing that deletes was accepted.
    ends(&[Lifts], expect!["16 turns, 187 s"]);
    ends(&[Lost], expect!["16 turns, 188 s"]);
    // One replica is left that a read did not show.
    ends(&[DeletesIn(UsEast1)], expect!["16 turns, 187 s"]);
    ends(&[DeletesIn(UsEast1), Gone, Gone, Gone, DeletesIn(ApSouth1)], expect!["6 turns, 23 s"]);
    // What is seen in between is there: the time begins anew.
    ends(&[Lifts, Gone, Gone, Gone, Busy], expect!["20 turns, 218 s"]);
}
