//! What is done to the disk, in which order, and what is there when the power goes in between.
#![allow(clippy::unwrap_used, clippy::panic, reason = "what fails here is a failed test")]

use bicoastal_engine::record::Record;
use bicoastal_engine::state::State;

use super::FileStore;
use super::disk::steps;
use crate::lease::Ask;
use crate::store::{Lease, StateStore, StoreError};

fn opened() -> Vec<(u64, Record)> {
    vec![
        (1, Record::Opened { stack: "s".into(), lineage: "abc".into() }),
        (2, Record::Account { name: String::new(), number: "123456789012".into() }),
    ]
}

fn exports(number: u64) -> (u64, Record) {
    (number, Record::Exports { exports: vec![("n".into(), number.into())] })
}

/// What a run does to a directory.
#[derive(Clone, Copy, Debug)]
enum Work {
    First,
    Append,
    Fold,
    SetAside,
    Move,
}

const ALL: [Work; 5] = [Work::First, Work::Append, Work::Fold, Work::SetAside, Work::Move];

async fn load(store: &FileStore) -> Option<State> {
    store.load("s").await.unwrap_or_else(|damage| panic!("{damage}"))
}

/// A directory as the work finds it: with a snapshot and a journal, unless it is the first.
async fn ready(work: Work) -> (tempfile::TempDir, FileStore) {
    let dir = tempfile::tempdir().unwrap();
    let store = FileStore::new(dir.path().join("state"));
    if !matches!(work, Work::First) {
        let lease = store.lease("s", &Ask::new("apply")).await.unwrap();
        lease.append(&opened()).await.unwrap();
        lease.compact(&load(&store).await.unwrap()).await.unwrap();
        lease.append(&[exports(3)]).await.unwrap();
    }
    (dir, store)
}

async fn take(store: &FileStore) -> Result<Box<dyn Lease>, StoreError> {
    store.lease("s", &Ask::new("apply")).await
}

async fn carry_out(work: Work, lease: &dyn Lease) -> Result<(), StoreError> {
    match work {
        Work::First => lease.append(&opened()).await,
        Work::Append => lease.append(&[exports(4), exports(5)]).await,
        Work::Fold => {
            let state = lease.load().await?.unwrap();
            lease.compact(&state).await
        }
        Work::SetAside => lease.set_aside().await.map(|_| ()),
        Work::Move => lease.moved_to(Some("elsewhere")).await,
    }
}

/// A file that is replaced: synced before it gets its name, and its directory after that.
fn replaced(name: &str) -> Vec<String> {
    let steps = ["create", "write", "sync", "rename"].map(|step| format!("{step} {name}.new"));
    steps.into_iter().chain(["sync s".to_owned()]).collect()
}

fn steps_of(words: &[&str]) -> Vec<String> {
    words.iter().map(|&word| word.to_owned()).collect()
}

/// What was done after a lease was taken, which is a lock and a document.
async fn check(work: Work, expected: Vec<String>) {
    let (dir, store) = ready(work).await;
    let root = dir.path().file_name().unwrap().to_string_lossy().into_owned();
    steps::start(usize::MAX);
    let lease = take(&store).await.unwrap();
    let taken: Vec<String> =
        steps::take().into_iter().map(|step| step.replace(&root, "DIR")).collect();
    let made = steps_of(&["make state", "sync DIR", "make s", "sync state"]);
    let mut expected_taken = if matches!(work, Work::First) { made } else { Vec::new() };
    expected_taken.push("open lock".to_owned());
    expected_taken.extend(replaced("lease.json"));
    assert_eq!(taken, expected_taken, "{work:?}");
    steps::start(usize::MAX);
    carry_out(work, &*lease).await.unwrap();
    assert_eq!(steps::take(), expected, "{work:?}");
}

#[tokio::test]
async fn every_write_is_synced_and_so_is_its_directory() {
    let appended =
        ["open journal.jsonl", "cut journal.jsonl", "write journal.jsonl", "sync journal.jsonl"];
    let mut first = steps_of(&appended);
    first.push("sync s".to_owned());
    check(Work::First, first).await;
    check(Work::Append, steps_of(&appended)).await;
    // The snapshot is there before the journal is emptied.
    let folded = [replaced("state.json"), replaced("journal.jsonl")].concat();
    check(Work::Fold, folded.clone()).await;
    check(Work::Move, folded).await;
    let aside = steps_of(&[
        "make aside-1",
        "sync s",
        "rename state.json",
        "rename journal.jsonl",
        "sync aside-1",
        "sync s",
    ]);
    check(Work::SetAside, aside).await;
}

/// The power goes at any step, in the middle of what it writes: the state is the one before or the
/// one after, it is never damaged, and the next run goes on with it.
#[tokio::test]
async fn the_power_may_go_at_any_step() {
    let mut deaths = 0;
    for work in ALL {
        for until in 0.. {
            let (_dir, store) = ready(work).await;
            let before = load(&store).await;
            steps::start(until);
            let done = async {
                let lease = take(&store).await?;
                let done = carry_out(work, &*lease).await;
                // What dies does not clean up; what it would do fails from here on too.
                drop(lease);
                done
            };
            let done = done.await;
            let finished = steps::take().len() < until;
            let generations: Vec<u64> = match work {
                // Of a group some lines may be whole; nobody relied on them.
                Work::First => vec![0, 1, 2],
                Work::Append => vec![3, 4, 5],
                Work::Fold | Work::Move => vec![3],
                Work::SetAside => vec![0, 2, 3],
            };
            let after = match store.load("s").await {
                Err(StoreError::Moved(_)) if matches!(work, Work::Move) => before.clone(),
                // The snapshot is aside, and the journal that follows it is not yet.
                Err(StoreError::Damaged(_)) if matches!(work, Work::SetAside) => None,
                after => after.unwrap_or_else(|error| panic!("{work:?} {until}: {error}")),
            };
            let generation = after.as_ref().map_or(0, |state| state.generation);
            assert!(generations.contains(&generation), "{work:?} {until}: {generation}");
            if done.is_ok() && matches!(work, Work::First | Work::Append) {
                assert_eq!(Some(&generation), generations.last(), "{work:?} {until}");
            }
            if matches!(work, Work::First | Work::Append | Work::Fold) {
                let lease = take(&store).await.unwrap();
                let next = if generation == 0 { opened() } else { vec![exports(generation + 1)] };
                lease.append(&next).await.unwrap();
                let last = next.last().unwrap().0;
                assert_eq!(load(&store).await.unwrap().generation, last, "{work:?} {until}");
            }
            if finished {
                break;
            }
            deaths += 1;
        }
    }
    assert!(deaths > 60, "{deaths}");
}
