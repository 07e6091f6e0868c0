//! Bad bytes: what was stored is read as it was stored, or refused with its place; and nothing makes
//! a reader panic, overflow or recurse without end.
//!
//! The readers are those of `fuzz/`, which tries longer.

use bicoastal::PlanOptions;
use bicoastal::model::Provider as _;
use bicoastal::record::Record;
use bicoastal::runtime::snapshot::{self, Snapshot};
use bicoastal::runtime::{LeaseNote, StoreError};
use bicoastal::state::State;
use bicoastal_engine::{journal, saved};
use proptest::prelude::*;

use crate::common::World;
use crate::edited::Edit;
use crate::mutation::Mutation;
use crate::program;

/// The same cases every time.
fn mutated(cases: u32, bytes: &[u8], judge: impl Fn(&[u8]) -> Result<(), String>) {
    let config = ProptestConfig {
        rng_seed: proptest::test_runner::RngSeed::Fixed(4),
        failure_persistence: None,
        ..ProptestConfig::default()
    };
    let mut runner = proptest::test_runner::TestRunner::new(ProptestConfig { cases, ..config });
    let mutations = prop::collection::vec(any::<Mutation>(), 1..4);
    let tried = runner.run(&mutations, |mutations| {
        let bytes = mutations.iter().fold(bytes.to_vec(), |bytes, it| it.of(&bytes));
        judge(&bytes).map_err(TestCaseError::fail)
    });
    if let Err(found) = tried {
        panic!("{found}");
    }
}

/// What a refusal has to say.
fn refused(error: &StoreError, place: &str) -> Result<(), String> {
    let words = error.to_string();
    let says = words.contains(place) && words.contains("hint: ");
    if says { Ok(()) } else { Err(format!("it does not say where, or what to do: {words}")) }
}

/// A state of some size, and the journal that leads to it.
fn state() -> (State, Vec<(u64, Record)>) {
    let dir = std::path::Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../../tests/stores/yesterday/interrupted/active-active");
    let bytes = std::fs::read(dir.join("state.json")).unwrap();
    let snapshot = Snapshot::decode(&bytes, "active-active", "here").unwrap();
    let records = journal::decode(&std::fs::read(dir.join("journal.jsonl")).unwrap()).unwrap();
    (snapshot.state.unwrap(), records.records)
}

#[test]
fn a_snapshot_is_what_was_written_or_is_refused() {
    let snapshot = Snapshot { state: Some(state().0), moved_to: None };
    mutated(1_000, &snapshot.encode().unwrap(), |bytes| {
        match Snapshot::decode(bytes, "active-active", "the place") {
            Ok(read) if read == snapshot => Ok(()),
            Ok(_) => Err("another snapshot was believed".to_owned()),
            Err(error) => refused(&error, "the place"),
        }
    });
}

#[test]
fn a_journal_is_a_part_of_what_was_written_or_is_refused() {
    let (state, records) = state();
    let bytes: String = records.iter().map(|(nth, record)| journal::encode(*nth, record)).collect();
    mutated(2_000, bytes.as_bytes(), |bytes| {
        let read = match journal::decode(bytes) {
            Ok(read) => read.records,
            Err(damage) if damage.line > 0 && damage.to_string().contains("hint: ") => {
                return Ok(());
            }
            Err(damage) => return Err(format!("it does not say where: {damage}")),
        };
        if !records.windows(read.len().max(1)).any(|it| it == read) && !read.is_empty() {
            return Err("records were believed that were never written in a row".to_owned());
        }
        // What is missing before or between them is missed.
        let mut replayed = state.clone();
        match snapshot::replay(&mut replayed, &read, "the place") {
            Ok(()) => {
                let known = read.last().map_or(state.generation, |(last, _)| *last);
                let good = replayed.generation == known.max(state.generation);
                good.then_some(()).ok_or_else(|| "it replays to nothing known".to_owned())
            }
            Err(error) => refused(&error, "the place"),
        }
    });
}

#[test]
fn a_lease_is_what_was_written_or_is_refused() {
    let length = std::time::Duration::from_secs(30);
    let note = LeaseNote::take("apply", 41, 1_800_000_000_000, Some(length)).unwrap();
    mutated(2_000, &note.encode(), |bytes| match LeaseNote::decode(bytes, "the place") {
        // It carries no check sum where the file's own lock is the lease: nothing comes of it but a
        // higher number, and words.
        Ok(read) => {
            let _ = (read.renewed(u64::MAX), read.held("s"), read.lost("s"));
            let next = LeaseNote::take("apply", read.token, u64::MAX, Some(length));
            next.map(drop).map_err(|error| error.to_string())
        }
        Err(error) if error.to_string().contains("the place") => Ok(()),
        Err(error) => Err(format!("it does not say where: {error}")),
    });
}

#[tokio::test]
async fn a_plan_is_what_was_saved_or_is_refused() {
    let world = World::new();
    let options = PlanOptions { without_unseen: true, ..PlanOptions::default() };
    let plan = world.plan_with(&program::declared(Edit::None), &options).await;
    let bytes = saved::encode(&plan, &options).unwrap();
    assert_eq!(saved::decode(&bytes), Ok((plan.clone(), options.clone())));
    mutated(150, &bytes, |bytes| match saved::decode(bytes) {
        Ok(read) if read == (plan.clone(), options.clone()) => Ok(()),
        Ok(_) => Err("another plan was believed".to_owned()),
        Err(_) => Ok(()),
    });
}

/// A Terraform state has no check sum: what can be read of it is used, and asked of AWS anyway.
#[tokio::test]
async fn a_terraform_state_is_read_or_refused_whatever_it_is() {
    let world = World::new();
    let provider = bicoastal::AwsProvider::new(bicoastal::local_connection(&world.cloud, "1"));
    let text = include_str!("../reference/terraform.tfstate");
    mutated(500, text.as_bytes(), |bytes| {
        let text = String::from_utf8_lossy(bytes);
        for instance in bicoastal::recover::terraform::read(&text).unwrap_or_default() {
            let _ = provider.translate(&instance);
        }
        Ok(())
    });
}
