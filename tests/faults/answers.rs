//! What AWS did not say is not gone: damaged answers make things unseen, and never a plan that
//! makes, replaces, deletes or forgets them.
//!
//! The law: a plan is only rash ([`rash`]) where the answer is one that AWS could have given: a whole
//! document in which, against the true one, texts are others or items of lists are missing, and
//! nothing else ([`sayable`]).

use std::collections::BTreeSet;

use bicoastal::model::{Claim, Goal, Member, Memory, OpenGate, Operation, Progress, Provider as _};
use bicoastal_local::faults::garble;
use bicoastal_local::xml::Element;
use proptest::prelude::*;
use proptest::strategy::ValueTree as _;
use proptest::test_runner::{Config, RngSeed, TestRunner};
use serde_json::Value;

use crate::mutation::Mutation;
use crate::stage::{Answer, Spoil, Stage, rash};

/// The names of the items of lists. Without one of them, an answer says validly that it is not there.
pub const ITEMS: &[&str] = &[
    "DBCluster",
    "DBClusterParameterGroup",
    "DBInstance",
    "DBSubnetGroup",
    "GlobalClusterMember",
    "HealthCheck",
    "HostedZone",
    "Parameter",
    "ResourceRecordSet",
    "Rule",
    "Subnet",
    "Tag",
    "member",
];

/// What is rash in a plan that was made with a spoilt answer, and whether what was read by it was
/// left unseen, if it was read.
async fn outcome(stage: &Stage, answer: &Answer, spoil: Spoil) -> (Vec<String>, Option<bool>) {
    let (plan, struck) = stage.plan(answer, spoil).await;
    match plan {
        Ok(plan) => (rash(&plan), struck.then_some(!plan.unseen.is_empty())),
        Err(error) => (vec![error.to_string()], struck.then_some(false)),
    }
}

/// One answer for each call and each set of kinds that read it.
fn some(stage: &Stage) -> impl Iterator<Item = &Answer> {
    let mut known = BTreeSet::new();
    stage.answers.iter().filter(move |it| known.insert((&it.call, &it.kinds)))
}

#[tokio::test]
async fn what_an_answer_lacks_is_not_said_to_be_gone() {
    let stage = Stage::new().await;
    let mut rash = Vec::new();
    let mut needed = BTreeSet::new();
    let mut tried = BTreeSet::new();
    for answer in &stage.answers {
        for name in garble::names(&answer.body) {
            if !tried.insert((&answer.call, name.clone())) {
                continue;
            }
            let lacks = name.clone();
            let spoil = move |body: &[u8]| garble::without(body, &lacks);
            let (found, is_unseen) = outcome(&stage, answer, Box::new(spoil)).await;
            if is_unseen == Some(true) {
                needed.insert(format!("{} {name}", answer.call));
            }
            if !ITEMS.contains(&name.as_str()) {
                let call = &answer.call;
                rash.extend(found.iter().map(|it| format!("{call} without {name}: {it}")));
            }
        }
    }
    println!("{} of {} were needed: {needed:#?}", needed.len(), tried.len());
    assert!(rash.is_empty(), "{}", rash.join("\n"));
    // The lists, and what tells one thing from another: without them all is unseen.
    for name in [
        "Elbv2 DescribeTargetGroups TargetGroups",
        "Iam GetAccountAuthorizationDetails RoleDetailList",
        "Rds DescribeDBInstances DBInstances",
        "Rds DescribeGlobalClusters GlobalClusters",
        "Route53 ListHealthChecks HealthChecks",
        "Route53 ListResourceRecordSets ResourceRecordSets",
        "Route53 ListResourceRecordSets SetIdentifier",
        "S3 GetBucketReplication Rule",
        "S3 GetBucketTagging TagSet",
    ] {
        assert!(needed.contains(name), "{name}");
    }
}

#[tokio::test]
async fn a_damaged_answer_makes_nothing_rash() {
    let stage = Stage::new().await;
    let mut wrong = Vec::new();
    for answer in some(&stage) {
        for seed in 0..garble::WAYS {
            let spoil = move |body: &[u8]| garble::damaged(body, seed);
            let (found, _) = outcome(&stage, answer, Box::new(spoil)).await;
            if !found.is_empty() && !sayable(&answer.body, &garble::damaged(&answer.body, seed)) {
                wrong.push(format!("{}, seed {seed}: {}", answer.call, found.join(", ")));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[tokio::test]
async fn a_damaged_answer_makes_no_turn_call_anything() {
    let stage = Stage::new().await;
    let gate = OpenGate::shared();
    let mut done = BTreeSet::new();
    let mut wrong = Vec::new();
    for (key, target) in &stage.targets {
        let entry = &stage.state.entries[key];
        if !done.insert(&entry.kind) {
            continue;
        }
        let applied = entry.applied.as_ref().unwrap().to_value();
        let goal = Goal::Present { wanted: applied.clone(), applied: Some(applied) };
        let (claim, memory) = (Claim::Made, Memory::default());
        let member = Member { target: target.clone(), goal, claim, memory };
        let operation = Operation { members: vec![member] };
        let answers = stage.answers_of(&operation, &gate).await;
        for answer in &answers {
            for seed in [0, 1, 4, 5, 10] {
                stage.spoil(answer, Box::new(move |body| garble::damaged(body, seed)));
                let turn = stage.provider.advance(&operation, &gate).await;
                stage.mend();
                // What nobody mentioned, or one region alone knows, may go unread.
                if let Ok(Progress::Called { call, .. }) = turn {
                    wrong.push(format!("{key}: {}, {seed}: {call}", answer.call));
                }
            }
        }
    }
    assert_eq!(done.len(), 16, "{done:?}");
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// Random mutations, the same ones every time.
#[tokio::test]
async fn no_mutation_of_an_answer_makes_anything_rash() {
    let stage = Stage::new().await;
    let config = Config { rng_seed: RngSeed::Fixed(8), ..Config::with_cases(0) };
    let cases = 200;
    let mut runner = TestRunner::new(config);
    let answers: Vec<&Answer> = some(&stage).collect();
    let strategy = (0..answers.len(), proptest::collection::vec(any::<Mutation>(), 1..3));
    let mut wrong = Vec::new();
    for _ in 0..cases {
        let (at, mutations) = strategy.new_tree(&mut runner).unwrap().current();
        let answer = answers[at];
        let mutated = mutations.iter().fold(answer.body.clone(), |body, it| it.of(&body));
        let body = mutated.clone();
        let (found, _) = outcome(&stage, answer, Box::new(move |_| body.clone())).await;
        if !found.is_empty() && !sayable(&answer.body, &mutated) {
            let text = String::from_utf8_lossy(&mutated).chars().take(2000).collect::<String>();
            wrong.push(format!("{} {mutations:?}: {found:?}\n{text}", answer.call));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// Whether AWS could have given this answer where it gave that one: texts may be others, and items
/// of lists may be missing.
pub fn sayable(true_one: &[u8], other: &[u8]) -> bool {
    match (serde_json::from_slice(true_one), serde_json::from_slice(other)) {
        (Ok(one), Ok(other)) => json(&one, &other),
        (Ok::<Value, _>(_), _) => false,
        _ => match (whole(true_one), whole(other)) {
            (Some(one), Some(other)) => xml(&one, &other),
            _ => false,
        },
    }
}

/// A document that ends where its root does.
fn whole(body: &[u8]) -> Option<Element> {
    let root = Element::parse(body)?;
    let text = std::str::from_utf8(body).ok()?.trim_end();
    text.ends_with(&format!("</{}>", root.name)).then_some(root)
}

fn json(one: &Value, other: &Value) -> bool {
    match (one, other) {
        (Value::Object(one), Value::Object(other)) => {
            one.len() == other.len()
                && one.iter().all(|(name, it)| other.get(name).is_some_and(|other| json(it, other)))
        }
        (Value::Array(one), Value::Array(other)) => {
            other.iter().all(|other| one.iter().any(|it| json(it, other)))
        }
        (Value::Object(_) | Value::Array(_), _) | (_, Value::Object(_) | Value::Array(_)) => false,
        _ => true,
    }
}

fn xml(one: &Element, other: &Element) -> bool {
    let is_item = |it: &&Element| ITEMS.contains(&it.name.as_str());
    let (items_of_one, one_fields): (Vec<&Element>, Vec<_>) =
        one.children.iter().partition(is_item);
    let (items, fields): (Vec<&Element>, Vec<_>) = other.children.iter().partition(is_item);
    one.name == other.name
        && one_fields.len() == fields.len()
        && one_fields.iter().zip(&fields).all(|(one, other)| xml(one, other))
        && items.iter().all(|other| items_of_one.iter().any(|one| xml(one, other)))
}
