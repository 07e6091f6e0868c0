//! What earlier versions wrote, as they wrote it, is read.

use bicoastal::runtime::{Ask, StateStore};
use bicoastal::{FileStore, state::State};

fn copy(name: &str) -> (tempfile::TempDir, FileStore) {
    let from = std::path::Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../../tests/stores/yesterday")
        .join(name)
        .join("active-active");
    let dir = tempfile::tempdir().unwrap();
    let to = dir.path().join("active-active");
    std::fs::create_dir(&to).unwrap();
    for entry in std::fs::read_dir(from).unwrap().map(Result::unwrap) {
        std::fs::copy(entry.path(), to.join(entry.file_name())).unwrap();
    }
    let store = FileStore::new(dir.path());
    (dir, store)
}

async fn load(store: &FileStore) -> State {
    store.load("active-active").await.unwrap().unwrap()
}

/// Version 0.1 of November 2026: an apply that was done, one that was killed in a change, and a
/// first one that was killed.
#[tokio::test]
async fn the_first_format_is_read_and_gone_on_with() {
    let mut seen = Vec::new();
    for name in ["applied", "interrupted", "first"] {
        let (_dir, store) = copy(name);
        let state = load(&store).await;
        let doubts = state.entries.values().filter(|entry| entry.doubt.is_some()).count();
        seen.push(format!(
            "{name}: {} records, {} things, {doubts} in doubt",
            state.generation,
            state.entries.len()
        ));
        let lease = store.lease("active-active", &Ask::new("apply")).await.unwrap();
        assert_eq!(lease.load().await.unwrap().unwrap(), state);
        lease.append(&[crate::stage::exports(state.generation + 1)]).await.unwrap();
        let after = load(&store).await;
        lease.compact(&after).await.unwrap();
        drop(lease);
        assert_eq!(load(&store).await, after);
    }
    expect_test::expect![[r#"
        applied: 86 records, 28 things, 0 in doubt
        interrupted: 90 records, 30 things, 4 in doubt
        first: 12 records, 5 things, 5 in doubt"#]]
    .assert_eq(&seen.join("\n"));
}
