//! What holds for every program, every history and every plan.

mod common;

use std::collections::{BTreeMap, BTreeSet};

use bicoastal_engine::plan::{Action, Plan};
use bicoastal_engine::planner::Options;
use bicoastal_engine::state::Verb;
use bicoastal_model::Region::{ApSouth1, EuWest1, UsEast1};
use bicoastal_model::{Declared, Region, ResourceId, ScopeKind};
use common::cloud::World;
use common::program::{desired, global, output, regional, serving};
use common::show::show;
use common::*;
use proptest::prelude::*;
use serde_json::json;

const THREE: [Region; 3] = [UsEast1, ApSouth1, EuWest1];

/// A variant of the serving program: which regions, which values, which records besides.
#[derive(Clone, Debug)]
struct Variant {
    regions: Vec<Region>,
    idle: u8,
    policy: u8,
    scheme: bool,
    generated: bool,
    records: Vec<(u8, u8)>,
}

fn variants() -> impl Strategy<Value = Variant> {
    let regions = proptest::sample::subsequence(THREE.to_vec(), 2..=3).prop_shuffle();
    let records = proptest::collection::btree_map(0u8..6, 0u8..3, 0..5);
    (regions, 0u8..3, 0u8..3, any::<bool>(), any::<bool>(), records).prop_map(
        |(regions, idle, policy, scheme, generated, records)| Variant {
            regions,
            idle,
            policy,
            scheme,
            generated,
            records: records.into_iter().collect(),
        },
    )
}

fn program(of: &Variant) -> Vec<Declared> {
    let mut all = serving(&of.regions);
    for declared in &mut all {
        if declared.id.as_str().ends_with("/front") {
            declared.props["idle"] = json!(of.idle);
            declared.props["scheme"] = json!(if of.scheme { "public" } else { "internal" });
            if of.generated {
                declared.props["name"] = json!({"$name": "front"});
            }
        }
        if declared.id.as_str() == "role" {
            declared.props["policy"] = json!(of.policy);
        }
    }
    for (record, value) in &of.records {
        all.push(global(
            &format!("text-{record}"),
            RECORD,
            json!({
                "zone": output("zone", "id"), "name": format!("t{record}.example.com"),
                "type": "TXT", "ttl": 60, "values": [format!("\"{value}\"")],
            }),
        ));
    }
    all.push(regional(UsEast1, "spare", BUCKET, json!({"name": "spare", "versioned": of.scheme})));
    all
}

/// Every pair (earlier, later) of operations that is ordered, directly or not.
fn ordered(plan: &Plan) -> Vec<BTreeSet<usize>> {
    let mut before: Vec<BTreeSet<usize>> = Vec::new();
    for (index, operation) in plan.operations.iter().enumerate() {
        let mut all: BTreeSet<usize> = operation.after.keys().copied().collect();
        for &earlier in operation.after.keys() {
            assert!(earlier < index, "operation {index} comes after {earlier}");
            all.extend(before[earlier].iter().copied());
        }
        before.push(all);
    }
    before
}

/// Where each verb on each resource is done.
fn positions(plan: &Plan) -> BTreeMap<(bool, ResourceId), usize> {
    let mut found = BTreeMap::new();
    for (index, operation) in plan.operations.iter().enumerate() {
        for member in &operation.members {
            found.insert((member.verb == Verb::Delete, member.key.id.clone()), index);
        }
    }
    found
}

fn respects_references(plan: &Plan) -> Result<(), TestCaseError> {
    let before = ordered(plan);
    let at = positions(plan);
    let comes_before = |a: usize, b: usize| a == b || before[b].contains(&a);
    for (index, operation) in plan.operations.iter().enumerate() {
        for member in &operation.members {
            let deletes = member.verb == Verb::Delete;
            for edge in &member.edges {
                let Some(&other) = at.get(&(deletes, edge.clone())) else { continue };
                let (first, second) = if deletes { (index, other) } else { (other, index) };
                prop_assert!(comes_before(first, second), "{} and {edge}", member.key);
            }
        }
    }
    Ok(())
}

/// The region that a change of what already serves concerns, if it is one only.
fn serving_region(plan: &Plan, change: usize) -> Option<Region> {
    let change = &plan.changes[change];
    let serves = matches!(
        change.action,
        Action::Update | Action::ReplaceCreateFirst | Action::ReplaceDeleteFirst
    );
    if !serves {
        return None;
    }
    match change.place.scope {
        ScopeKind::Regional => change.place.region(),
        ScopeKind::Spanning => None,
        ScopeKind::Global => {
            THREE.into_iter().find(|it| change.id.as_str().ends_with(&format!("-{it}")))
        }
    }
}

fn no_wave_changes_two_regions(plan: &Plan) -> Result<(), TestCaseError> {
    let before = ordered(plan);
    let mut waves: BTreeMap<u32, BTreeSet<Region>> = BTreeMap::new();
    let mut waved: Vec<(usize, Region)> = Vec::new();
    for (index, operation) in plan.operations.iter().enumerate() {
        let regions: BTreeSet<Region> = operation
            .members
            .iter()
            .filter(|it| !(it.verb == Verb::Delete && it.superseded))
            .filter_map(|it| serving_region(plan, it.change))
            .collect();
        // A routing group changes in one batch, in a wave of its own.
        if regions.len() == 1 {
            waves.entry(operation.wave).or_default().extend(&regions);
            waved.extend(regions.into_iter().map(|region| (index, region)));
        }
    }
    for (wave, regions) in &waves {
        prop_assert!(regions.len() == 1, "wave {wave} changes {regions:?}");
    }
    for (a, first) in &waved {
        for (b, second) in waved.iter().filter(|(b, second)| a < b && first != second) {
            prop_assert!(before[*b].contains(a), "{first} and {second} change at once");
        }
    }
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: common::cases(48), ..ProptestConfig::default() })]

    #[test]
    fn after_an_apply_the_plan_is_empty(history in proptest::collection::vec(variants(), 1..4)) {
        let mut world = World::new();
        for variant in &history {
            let wanted = desired(program(variant));
            let plan = world.apply(&wanted);
            respects_references(&plan)?;
            no_wave_changes_two_regions(&plan)?;
            let again = world.plan(&wanted).map_err(|it| TestCaseError::fail(it.to_string()))?;
            prop_assert!(again.is_empty(), "{}", show(&Ok(again)));
        }
        let options = Options { destroy: true, ..Options::default() };
        let last = desired(program(&history[0]));
        let plan = world.plan_with(&last, &options).map_err(|it| TestCaseError::fail(it.to_string()))?;
        respects_references(&plan)?;
        world.carry_out(&plan);
        prop_assert!(world.things.is_empty() && world.state.entries.is_empty());
    }

    #[test]
    fn the_order_of_declarations_means_nothing(
        before in variants(),
        after in variants(),
        seed in any::<prop::sample::Index>(),
    ) {
        let mut world = World::new();
        world.apply(&desired(program(&before)));
        let mut shuffled = program(&after);
        let at = seed.index(shuffled.len());
        shuffled.rotate_left(at);
        shuffled.reverse();
        let mut reversed = after.clone();
        reversed.regions.reverse();
        let plan = world.plan(&desired(program(&after)));
        prop_assert_eq!(&plan, &world.plan(&desired(shuffled)));
        prop_assert_eq!(&plan, &world.plan(&desired(program(&reversed))));
    }

    #[test]
    fn a_restricted_plan_is_closed(before in variants(), after in variants(), pick in any::<prop::sample::Index>()) {
        let mut world = World::new();
        world.apply(&desired(program(&before)));
        let wanted = desired(program(&after));
        let whole = world.plan(&wanted).map_err(|it| TestCaseError::fail(it.to_string()))?;
        prop_assume!(!whole.changes.is_empty());
        let id = whole.changes[pick.index(whole.changes.len())].id.clone();
        let options = Options { only: [id].into(), ..Options::default() };
        let some = world.plan_with(&wanted, &options).map_err(|it| TestCaseError::fail(it.to_string()))?;
        let of = |plan: &Plan| plan.changes.iter().map(|it| it.id.clone()).collect::<BTreeSet<_>>();
        let (all, kept) = (of(&whole), of(&some));
        prop_assert!(kept.is_subset(&all));
        prop_assert!(kept.is_disjoint(&some.left_out));
        prop_assert_eq!(kept.union(&some.left_out).cloned().collect::<BTreeSet<_>>(), all);
        for member in some.operations.iter().flat_map(|it| &it.members) {
            if member.verb != Verb::Delete {
                prop_assert!(member.edges.is_disjoint(&some.left_out), "{}", member.key);
            }
        }
        // It can be carried out by itself, and the rest after it.
        world.carry_out(&some);
        world.apply(&wanted);
        let again = world.plan(&wanted).map_err(|it| TestCaseError::fail(it.to_string()))?;
        prop_assert!(again.is_empty(), "{}", show(&Ok(again)));
    }

    #[test]
    fn survivors_are_never_replaced_by_a_change_of_regions(before in variants(), regions in variants()) {
        let mut world = World::new();
        world.apply(&desired(program(&before)));
        let after = Variant { regions: regions.regions, ..before };
        let plan = world.plan(&desired(program(&after))).map_err(|it| TestCaseError::fail(it.to_string()))?;
        for change in &plan.changes {
            let replaced = matches!(change.action, Action::ReplaceCreateFirst | Action::ReplaceDeleteFirst);
            prop_assert!(!replaced, "{}", change.id);
            if world.state.current(&change.id).is_some() {
                prop_assert_ne!(change.action, Action::Create, "{}", change.id);
            }
            if change.action == Action::Delete {
                let gone = |it: &Region| change.id.as_str().contains(it.code());
                prop_assert!(THREE.iter().any(|it| gone(it) && !after.regions.contains(it)), "{}", change.id);
            }
        }
    }

    #[test]
    fn an_interrupted_apply_is_finished_by_the_next_one(
        before in variants(),
        after in variants(),
        at in any::<prop::sample::Index>(),
        happened in any::<bool>(),
    ) {
        let mut world = World::new();
        world.apply(&desired(program(&before)));
        let wanted = desired(program(&after));
        let plan = world.plan(&wanted).map_err(|it| TestCaseError::fail(it.to_string()))?;
        prop_assume!(!plan.operations.is_empty());
        let at = at.index(plan.operations.len());
        let mut done = plan.clone();
        done.operations.truncate(at);
        world.carry_out(&done);
        for member in &plan.operations[at].members {
            world.interrupt(member, happened);
        }
        world.apply(&wanted);
        let again = world.plan(&wanted).map_err(|it| TestCaseError::fail(it.to_string()))?;
        prop_assert!(again.is_empty(), "{}", show(&Ok(again)));
        // No orphan, no duplicate.
        prop_assert_eq!(world.things.len(), wanted.resources.len());
        prop_assert_eq!(world.state.entries.len(), wanted.resources.len());
    }
}
