//! The file store: what is durable is read back, what is torn is cut off, what is damaged is refused.
#![allow(clippy::unwrap_used, clippy::panic, reason = "what fails here is a failed test")]

use std::fs;
use std::path::PathBuf;

use bicoastal_engine::record::Record;
use bicoastal_engine::state::State;
use bicoastal_runtime::{Ask, FileStore, Lease, StateStore, StoreError};

struct Dir {
    dir: tempfile::TempDir,
    store: FileStore,
}

fn opened() -> Vec<(u64, Record)> {
    vec![
        (1, Record::Opened { stack: "s".into(), lineage: "abc".into() }),
        (2, Record::Account { name: String::new(), number: "123456789012".into() }),
    ]
}

fn exports(number: u64, value: &str) -> (u64, Record) {
    (number, Record::Exports { exports: vec![("name".into(), value.into())] })
}

impl Dir {
    async fn with(records: &[(u64, Record)]) -> Self {
        let dir = tempfile::tempdir().unwrap();
        let store = FileStore::new(dir.path());
        let dir = Self { dir, store };
        dir.append(records).await;
        dir
    }

    async fn lease(&self) -> Box<dyn Lease> {
        self.store.lease("s", &Ask::new("apply")).await.unwrap()
    }

    async fn append(&self, records: &[(u64, Record)]) {
        self.lease().await.append(records).await.unwrap();
    }

    async fn compact(&self, state: &State) {
        self.lease().await.compact(state).await.unwrap();
    }

    fn path(&self, name: &str) -> PathBuf {
        self.dir.path().join("s").join(name)
    }

    async fn load(&self) -> Result<Option<State>, StoreError> {
        self.store.load("s").await
    }

    async fn damage(&self) -> String {
        match self.load().await {
            Err(StoreError::Damaged(words)) => words,
            other => panic!("not refused: {other:?}"),
        }
    }
}

#[tokio::test]
async fn nothing_was_recorded() {
    let dir = tempfile::tempdir().unwrap();
    let store = FileStore::new(dir.path().join("not-there"));
    assert_eq!(store.load("s").await, Ok(None));
    assert_eq!(store.stacks().await, Ok(vec![]));
}

#[tokio::test]
async fn what_was_appended_is_folded() {
    let dir = Dir::with(&opened()).await;
    let state = dir.load().await.unwrap().unwrap();
    assert_eq!((state.lineage.as_str(), state.generation), ("abc", 2));
    assert_eq!(state.accounts[""], "123456789012");
    assert_eq!(dir.store.stacks().await, Ok(vec!["s".to_owned()]));
}

#[tokio::test]
async fn a_snapshot_and_what_came_after_it() {
    let dir = Dir::with(&opened()).await;
    let state = dir.load().await.unwrap().unwrap();
    dir.compact(&state).await;
    assert_eq!(fs::read(dir.path("journal.jsonl")).unwrap(), b"");
    assert_eq!(dir.load().await.unwrap().unwrap(), state);
    dir.append(&[exports(3, "x")]).await;
    assert_eq!(dir.load().await.unwrap().unwrap().generation, 3);
}

/// A crash between the snapshot and the emptying of the journal leaves both.
#[tokio::test]
async fn entries_that_the_snapshot_has_are_not_folded_twice() {
    let dir = Dir::with(&opened()).await;
    let journal = fs::read(dir.path("journal.jsonl")).unwrap();
    let state = dir.load().await.unwrap().unwrap();
    dir.compact(&state).await;
    fs::write(dir.path("journal.jsonl"), journal).unwrap();
    assert_eq!(dir.load().await.unwrap().unwrap(), state);
}

#[tokio::test]
async fn a_torn_line_is_cut_off_wherever_it_tore() {
    let whole = Dir::with(&opened()).await;
    let before = fs::read(whole.path("journal.jsonl")).unwrap();
    whole.append(&[exports(3, "x")]).await;
    let after = fs::read(whole.path("journal.jsonl")).unwrap();
    for length in before.len()..after.len() {
        let dir = Dir::with(&opened()).await;
        fs::write(dir.path("journal.jsonl"), &after[..length]).unwrap();
        assert_eq!(dir.load().await.unwrap().unwrap().generation, 2, "torn at {length}");
        dir.append(&[exports(3, "y")]).await;
        let state = dir.load().await.unwrap().unwrap();
        assert_eq!(state.exports, [("name".to_owned(), "y".into())], "torn at {length}");
    }
}

#[tokio::test]
async fn damage_is_refused_with_its_place() {
    let dir = Dir::with(&opened()).await;
    let path = dir.path("journal.jsonl");
    let good = fs::read_to_string(&path).unwrap();

    fs::write(&path, good.replace("123456789012", "210987654321")).unwrap();
    let words = dir.damage().await;
    assert!(words.contains("journal.jsonl") && words.contains("line 2"), "{words}");
    assert!(words.contains("hint:"), "{words}");

    let second = good.lines().nth(1).unwrap();
    fs::write(&path, format!("{second}\n")).unwrap();
    let words = dir.damage().await;
    assert!(words.contains("record 0 is followed by record 2"), "{words}");
}

#[tokio::test]
async fn a_damaged_or_newer_snapshot_is_refused() {
    let dir = Dir::with(&opened()).await;
    let state = dir.load().await.unwrap().unwrap();
    dir.compact(&state).await;
    let path = dir.path("state.json");
    let good = fs::read_to_string(&path).unwrap();

    fs::write(&path, good.replace("123456789012", "210987654321")).unwrap();
    assert!(dir.damage().await.contains("checksum"));
    fs::write(&path, &good[..good.len() / 2]).unwrap();
    assert!(dir.damage().await.contains("state.json is damaged"));
    fs::write(&path, good.replacen("\"format\": 1", "\"format\": 99", 1)).unwrap();
    assert!(dir.damage().await.contains("newer version"));
}

#[tokio::test]
async fn one_run_at_a_time() {
    let dir = Dir::with(&opened()).await;
    let lease = dir.lease().await;
    match dir.store.lease("s", &Ask::new("destroy")).await {
        Err(StoreError::Held(words)) => {
            assert!(words.contains("apply on ") && words.contains(", process "), "{words}");
        }
        other => panic!("not refused: {other:?}"),
    }
    // Readers need none, and another stack has its own.
    assert!(dir.load().await.is_ok());
    assert!(dir.store.lease("other", &Ask::new("apply")).await.is_ok());
    drop(lease);
    assert!(dir.store.lease("s", &Ask::new("destroy")).await.is_ok());
}

#[tokio::test]
async fn a_place_that_can_t_be_written_says_so() {
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("file");
    fs::write(&file, "").unwrap();
    let store = FileStore::new(file);
    match store.lease("s", &Ask::new("apply")).await {
        Err(StoreError::Io(words)) => {
            assert!(words.contains("could not make") && words.contains("--state-dir"), "{words}");
        }
        other => panic!("not refused: {other:?}"),
    }
}
