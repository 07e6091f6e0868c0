//! What the machine hands out when all goes well.

use bicoastal_engine::machine::{Execution, Limits, Step};
use bicoastal_engine::order::Order;
use bicoastal_engine::plan::PlannedOp;
use bicoastal_engine::record::Record;
use bicoastal_engine::render;
use bicoastal_engine::state::{Key, Verb};
use expect_test::{Expect, expect};
use serde_json::json;

use crate::cloud::{Cloud, Planned, Run, catalog, finish, opened};

pub(crate) fn check(run: &Run, execution: &Execution, expected: Expect) {
    let report = render::plain(&render::report(&execution.report()));
    expected.assert_eq(&format!("{}\n\n{report}", run.trace.join("\n")));
}

pub(crate) fn reference(id: &str) -> serde_json::Value {
    json!({"$ref": {"id": id, "attribute": "id"}})
}

#[test]
fn a_begin_is_durable_before_its_first_turn_and_an_end_before_what_depends_on_it() {
    let state = opened();
    let mut plan = Planned::of(&state);
    let key = plan.one(Verb::Create, "key", json!({"name": "k"}), &[]);
    plan.one(Verb::Create, "table", json!({"name": reference("key")}), &[key]);
    plan.one(Verb::Create, "other", json!({"name": "o"}), &[]);
    let mut execution = plan.execution(&state, Default::default()).unwrap();
    let mut cloud = Cloud::default();
    let run = finish(&mut execution, &mut cloud);
    check(
        &run,
        &execution,
        expect![[r#"
            record 2: begin 1: Create key#1
            record 3: begin 2: Create other#1
            turn 0: create key
            turn 2: create other
            turn 0: create key in 1 s
            record 4: named 1: key#1 key-0
            turn 2: create other in 1 s
            record 5: named 2: other#1 other-1
            record 6: end 1: present
            record 7: begin 3: Create table#1
            turn 1: create table
            record 8: end 2: present
            turn 1: create table in 1 s
            record 9: named 3: table#1 table-2
            record 10: end 3: present

            Done: 3 changes.
        "#]],
    );
    let table = &execution.state().entries[&Key::new("table", 1)];
    assert_eq!(table.applied, Some(json!({"name": "key-0"}).into()));
    assert_eq!(table.edges.len(), 1);
}

#[test]
fn nothing_depends_on_an_end_that_is_only_handed_out() {
    let state = opened();
    let mut plan = Planned::of(&state);
    let key = plan.one(Verb::Create, "key", json!({"name": "k"}), &[]);
    plan.one(Verb::Create, "table", json!({"name": reference("key")}), &[key]);
    let mut execution = plan.execution(&state, Default::default()).unwrap();
    let mut cloud = Cloud::default();
    let mut held = None;
    loop {
        match execution.next() {
            Step::Record(records) => {
                let (last, record) = records.last().cloned().unwrap();
                if matches!(record, Record::End { .. }) && held.is_none() {
                    held = Some(last);
                    assert!(matches!(execution.next(), Step::Wait), "the end is not durable");
                    assert!(execution.state().entries[&Key::new("key", 1)].doubt.is_some());
                }
                execution.recorded(last);
            }
            Step::Turn { op, operation, .. } => execution.answered(op, cloud.advance(&operation)),
            Step::Finished => break,
            Step::Pause { .. } | Step::Wait => panic!("nothing is under way"),
        }
    }
    assert!(held.is_some() && execution.report().is_done());
}

#[test]
fn a_pause_lies_between_traffic_and_what_served_it() {
    let state = opened();
    let mut plan = Planned::of(&state);
    let first = plan.one(Verb::Create, "record", json!({"name": "r"}), &[]);
    plan.0.operations.push(PlannedOp {
        members: Vec::new(),
        pause_ms: 120_000,
        pause_reason: "drain us-east-1".into(),
        after: [(first, Order::Safety.into())].into(),
        needs: Vec::new(),
        wave: 1,
    });
    plan.one(Verb::Create, "front", json!({"name": "f"}), &[1]);
    let mut execution = plan.execution(&state, Default::default()).unwrap();
    let run = finish(&mut execution, &mut Cloud::default());
    check(
        &run,
        &execution,
        expect![[r#"
            record 2: begin 1: Create record#1
            turn 0: create record
            turn 0: create record in 1 s
            record 3: named 1: record#1 record-0
            record 4: end 1: present
            pause 1: 120 s, drain us-east-1
            record 5: begin 2: Create front#1
            turn 2: create front
            turn 2: create front in 1 s
            record 6: named 2: front#1 front-1
            record 7: end 2: present

            Done: 2 changes.
        "#]],
    );
}

#[test]
fn an_empty_plan_is_finished_at_once() {
    let state = opened();
    let mut execution = Planned::of(&state).execution(&state, Default::default()).unwrap();
    let run = finish(&mut execution, &mut Cloud::default());
    check(
        &run,
        &execution,
        expect![[r#"


        Nothing was to be done.
    "#]],
    );
}

#[test]
fn a_successor_supersedes_and_edges_end_up_as_planned() {
    let state = opened();
    let mut plan = Planned::of(&state);
    let old = plan.one(Verb::Create, "key", json!({"name": "k"}), &[]);
    plan.one(Verb::Create, "table", json!({"name": "t", "size": reference("key")}), &[old]);
    let mut cloud = Cloud::default();
    let mut execution = plan.execution(&state, Default::default()).unwrap();
    finish(&mut execution, &mut cloud);
    let state = execution.state().clone();

    let mut plan = Planned::of(&state);
    let mut successor = plan.member(Verb::Create, "key", json!({"name": "k2"}));
    successor.key.incarnation = 2;
    successor.token = "another-token".into();
    let successor = plan.op(vec![successor], &[]);
    let mut table = plan.member(Verb::Update, "table", json!({"name": "t", "size": 3}));
    table.applied = state.entries[&table.key].applied.clone();
    let table = plan.op(vec![table], &[successor]);
    plan.one(Verb::Delete, "key", json!({"name": "k"}), &[table]);
    let mut execution = plan.execution(&state, Default::default()).unwrap();
    let run = finish(&mut execution, &mut cloud);
    check(
        &run,
        &execution,
        expect![[r#"
            record 8: begin 3: Create key#2
            turn 0: create key
            turn 0: create key in 1 s
            record 9: named 3: key#2 key-3
            record 10: end 3: present
            record 11: superseded key#1
            record 12: begin 4: Update table#1
            turn 1: update table
            turn 1: update table in 1 s
            record 13: end 4: present
            record 14: noted table#1
            record 15: begin 5: Delete key#1
            turn 2: delete key
            turn 2: delete key in 1 s
            record 16: end 5: gone

            Done: 3 changes.
        "#]],
    );
    let state = execution.state();
    assert_eq!(state.retired.get(&"key".into()), Some(&1));
    assert!(state.entries[&Key::new("table", 1)].edges.is_empty());
    assert_eq!(cloud.things.len(), 2);
}

#[test]
fn only_so_much_is_done_at_once_and_one_change_per_parent() {
    for (total, per_service, zones, expected) in
        [(16, None, 5, 5), (2, None, 5, 2), (16, Some(3), 5, 3), (16, None, 1, 1)]
    {
        let state = opened();
        let mut plan = Planned::of(&state);
        for index in 0..5 {
            let zone = format!("zone-{}", index % zones);
            let wanted = json!({"zone": zone, "name": index, "value": 1});
            plan.one(Verb::Create, &format!("record-{index}"), wanted, &[]);
        }
        let mut limits = Limits { total, ..Limits::default() };
        limits.per_service.extend(per_service.map(|most| ("test".to_owned(), most)));
        let mut execution =
            Execution::new(plan.0, state, Default::default(), &catalog(), [0; 16], limits).unwrap();
        let run = finish(&mut execution, &mut Cloud::default());
        assert!(execution.report().is_done());
        assert_eq!(run.most, expected, "{total} {per_service:?} {zones}");
    }
}
