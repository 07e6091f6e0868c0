//! What must not grow faster than the stack: counted, never timed.

#![allow(clippy::expect_used, clippy::panic, reason = "a test that cannot go on has failed")]

mod fleet;

use allocation_counter::{AllocationInfo, measure};
use bicoastal_engine::machine::Limits;
use bicoastal_engine::observe::Observed;
use bicoastal_engine::plan::Plan;
use bicoastal_engine::state::State;
use bicoastal_model::Desired;
use expect_test::{Expect, expect};
use fleet::{Edit, Run};

const SIZES: [usize; 3] = [100, 1_000, 3_000];

fn check(actual: &str, expected: Expect) {
    expected.assert_eq(actual);
}

fn counted<T>(run: impl FnOnce() -> T) -> (AllocationInfo, T) {
    let mut made = None;
    let info = measure(|| made = Some(run()));
    (info, made.expect("it ran"))
}

/// Allocations per resource, a cell for each size; neither they nor the bytes at the peak may grow
/// with it.
fn per_resource(name: &str, lines: &mut String, counts: [(usize, AllocationInfo); 3]) {
    let cells = counts.map(|(n, info)| (info.count_total / n as u64).to_string());
    let peaks = counts.map(|(n, info)| kilobytes(info.bytes_max as f64 / n as f64));
    let (cells, peaks) = (cells.join(", "), peaks.join(", "));
    lines.push_str(&format!("{name}: {cells}; at the peak {peaks} kB\n"));
    let [_, (few, first), (many, last)] = counts;
    for (what, first, last) in [
        ("allocations", first.count_total, last.count_total),
        ("bytes at the peak", first.bytes_max, last.bytes_max),
    ] {
        let grown = (last as f64 / many as f64) / (first as f64 / few as f64);
        assert!(grown < 1.1, "{name}: {grown:.2} times as many {what} per resource");
    }
}

fn kilobytes(bytes: f64) -> String {
    format!("{:.1}", bytes / 1000.0)
}

struct Made {
    desired: Desired,
    state: State,
    observed: Observed,
}

fn made(n: usize) -> Made {
    let desired = fleet::desired(n, Edit::None);
    let (state, observed) = fleet::made(&desired);
    Made { desired, state, observed }
}

fn plan(desired: &Desired, state: &State, observed: &Observed) -> Plan {
    fleet::plan(desired, state, observed).unwrap_or_else(|found| panic!("{found}"))
}

#[test]
fn allocations_per_resource_do_not_grow() {
    let mut lines = String::new();
    per_resource(
        "seal",
        &mut lines,
        SIZES.map(|n| {
            let stack = fleet::program(n, Edit::None);
            (n, counted(|| stack.seal()).0)
        }),
    );
    let fresh = SIZES.map(|n| fleet::desired(n, Edit::None));
    let nothing = (fleet::empty(), Observed::default());
    let plans = fresh.each_ref().map(|desired| counted(|| plan(desired, &nothing.0, &nothing.1)));
    let mut index = 0;
    let plans = plans.map(|(info, plan)| {
        index += 1;
        (SIZES[index - 1], info, plan)
    });
    per_resource("plan: all is new", &mut lines, plans.each_ref().map(|it| (it.0, it.1)));
    per_resource(
        "carry it out",
        &mut lines,
        plans.map(|(n, _, plan)| {
            let run =
                || fleet::carry_out(plan, fleet::empty(), Limits::default(), &mut Run::default());
            (n, counted(run).0)
        }),
    );
    let all = SIZES.map(made);
    per_resource(
        "plan: nothing changed",
        &mut lines,
        all.each_ref().map(|it| {
            let found = counted(|| plan(&it.desired, &it.state, &it.observed));
            assert!(found.1.is_empty());
            (it.desired.resources.len(), found.0)
        }),
    );
    per_resource(
        "plan: everything edited",
        &mut lines,
        all.each_ref().map(|it| {
            let edited = fleet::desired(it.desired.resources.len(), Edit::All);
            (it.desired.resources.len(), counted(|| plan(&edited, &it.state, &it.observed)).0)
        }),
    );
    per_resource(
        "plan: all of it deleted",
        &mut lines,
        all.each_ref().map(|it| {
            let plan = || fleet::plan_destroy(&it.desired, &it.state, &it.observed);
            (it.desired.resources.len(), counted(plan).0)
        }),
    );
    check(
        &lines,
        expect![[r#"
            seal: 3, 3, 3; at the peak 0.3, 0.3, 0.3 kB
            plan: all is new: 24, 21, 20; at the peak 2.5, 2.2, 2.1 kB
            carry it out: 96, 94, 94; at the peak 1.6, 1.4, 1.4 kB
            plan: nothing changed: 8, 7, 7; at the peak 0.3, 0.3, 0.3 kB
            plan: everything edited: 13, 11, 11; at the peak 0.8, 0.7, 0.7 kB
            plan: all of it deleted: 22, 19, 19; at the peak 1.7, 1.5, 1.5 kB
        "#]],
    );
}

/// What of one resource is there for the length of a run.
#[test]
fn little_is_kept_of_a_resource() {
    let n = 3_000;
    let kept = |info: AllocationInfo| kilobytes(info.bytes_current as f64 / n as f64);
    let mut lines = String::new();
    let (info, desired) = counted(|| fleet::desired(n, Edit::None));
    lines.push_str(&format!("declared: {} kB\n", kept(info)));
    let (info, plan) = counted(|| plan(&desired, &fleet::empty(), &Observed::default()));
    lines.push_str(&format!("planned, all of it new: {} kB\n", kept(info)));
    let run = || fleet::carry_out(plan, fleet::empty(), Limits::default(), &mut Run::default());
    let text = serde_json::to_vec(run().state()).expect("a state is JSON");
    let (info, state) = counted(|| serde_json::from_slice::<State>(&text).expect("it was written"));
    lines.push_str(&format!(
        "recorded: {} kB, of {} kB as text\n",
        kept(info),
        kilobytes(text.len() as f64 / n as f64)
    ));
    let (info, _observed) = counted(|| fleet::observed(&state));
    lines.push_str(&format!("seen: {} kB\n", kept(info)));
    check(
        &lines,
        expect![[r#"
            declared: 0.8 kB
            planned, all of it new: 1.5 kB
            recorded: 1.2 kB, of 0.5 kB as text
            seen: 0.8 kB
        "#]],
    );
}

#[test]
fn edges_of_a_plan_are_linear() {
    let edges = |plan: &Plan| plan.operations.iter().map(|it| it.after.len()).sum::<usize>();
    let mut lines = String::new();
    for n in SIZES {
        let it = made(n);
        let edited = fleet::desired(n, Edit::All);
        let new = plan(&it.desired, &fleet::empty(), &Observed::default());
        let changed = plan(&edited, &it.state, &it.observed);
        let gone = fleet::plan_destroy(&it.desired, &it.state, &it.observed).expect("it is free");
        for (name, plan) in [("new", new), ("edited", changed), ("gone", gone)] {
            let (operations, edges) = (plan.operations.len(), edges(&plan));
            lines.push_str(&format!("{n} {name}: {operations} operations, {edges} edges\n"));
            assert!(edges <= 5 * operations, "{n} {name}: {edges} edges of {operations}");
        }
    }
    check(
        &lines,
        expect![[r#"
            100 new: 82 operations, 311 edges
            100 edited: 20 operations, 64 edges
            100 gone: 82 operations, 371 edges
            1000 new: 817 operations, 3011 edges
            1000 edited: 204 operations, 320 edges
            1000 gone: 822 operations, 3211 edges
            3000 new: 2417 operations, 9010 edges
            3000 edited: 604 operations, 960 edges
            3000 gone: 2422 operations, 9911 edges
        "#]],
    );
}

/// One resource is edited in stacks of very different sizes.
#[test]
fn the_journal_of_an_operation_does_not_grow_with_the_stack() {
    let mut runs = Vec::new();
    for n in [10, 10_000] {
        let Made { mut state, observed, .. } = made(n);
        // Numbers of the same length.
        (state.generation, state.operations) = (1_000_000, 1_000_000);
        let plan = plan(&fleet::desired(n, Edit::One), &state, &observed);
        let mut run = Run { journal: Some(Vec::new()), ..Run::default() };
        fleet::carry_out(plan, state, Limits::default(), &mut run);
        runs.push(run);
    }
    assert_eq!(runs[0], runs[1]);
    let run = &runs[0];
    let bytes = run.journal.as_ref().map_or(0, Vec::len);
    check(
        &format!("{} entries, {} appends, {bytes} bytes", run.records, run.appends),
        expect!["2 entries, 2 appends, 852 bytes"],
    );
}

/// What begins or ends at the same time is made durable together: one append each.
#[test]
fn operations_under_way_share_appends() {
    let mut lines = String::new();
    for total in [1, 16, 256] {
        let plan = plan(&fleet::desired(1_000, Edit::None), &fleet::empty(), &Observed::default());
        let operations = plan.operations.len();
        let limits = Limits { total, ..Limits::default() };
        let mut run = Run::default();
        fleet::carry_out(plan, fleet::empty(), limits, &mut run);
        let (records, appends) = (run.records, run.appends);
        lines.push_str(&format!(
            "{total} at once: {operations} operations, {records} entries, {appends} appends\n"
        ));
    }
    check(
        &lines,
        expect![[r#"
            1 at once: 817 operations, 1605 entries, 805 appends
            16 at once: 817 operations, 1605 entries, 55 appends
            256 at once: 817 operations, 1605 entries, 11 appends
        "#]],
    );
}
