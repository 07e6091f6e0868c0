//! State in a directory: `<dir>/<stack>/state.json` and `journal.jsonl`.

mod disk;
mod lease;
#[cfg(test)]
mod tests;

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use bicoastal_engine::journal;
use bicoastal_engine::state::State;
use bicoastal_model::provider::BoxFuture;

use crate::lease::Ask;
use crate::snapshot::{self, Snapshot};
use crate::store::{Lease, StateStore, StoreError};

const SNAPSHOT: &str = "state.json";
const JOURNAL: &str = "journal.jsonl";

/// State in a directory of the local disk. Every write is atomic or append-only, and synced.
#[derive(Clone, Debug)]
pub struct FileStore {
    dir: PathBuf,
}

impl FileStore {
    /// In this directory; it is made when something is first written.
    pub fn new(dir: impl Into<PathBuf>) -> Self {
        Self { dir: dir.into() }
    }

    fn stack_dir(&self, stack: &str) -> PathBuf {
        self.dir.join(stack)
    }
}

/// What is recorded in a directory, and where it has moved, if it has.
fn load(dir: &Path, stack: &str) -> Result<Snapshot, StoreError> {
    // The journal is read first: a snapshot that is made meanwhile has everything that was in it.
    let journal_path = dir.join(JOURNAL);
    let bytes = disk::read(&journal_path)?.unwrap_or_default();
    let path = dir.join(SNAPSHOT);
    let snapshot = match disk::read(&path)? {
        Some(bytes) => Snapshot::decode(&bytes, stack, &path.display().to_string())?,
        None => Snapshot::default(),
    };
    let Snapshot { state, moved_to } = snapshot;
    if state.is_none() && bytes.is_empty() {
        return Ok(Snapshot { state, moved_to });
    }
    let place = journal_path.display().to_string();
    let decoded = journal::decode(&bytes).map_err(|damage| {
        StoreError::Damaged(format!(
            "{place} is damaged: {damage}\n  hint: nothing was changed; restore the file from a backup, or rebuild the state with `state recover`"
        ))
    })?;
    // A torn tail is a crash in the middle of an append: the record was never durable, so
    // nothing relied on it. It is cut off by the next append, under the lease.
    let mut state = state.unwrap_or_else(|| State::empty(stack, String::new()));
    snapshot::replay(&mut state, &decoded.records, &place)?;
    Ok(Snapshot { state: (state.generation > 0).then_some(state), moved_to })
}

/// The same, where it must not have moved.
fn load_here(dir: &Path, stack: &str) -> Result<Option<State>, StoreError> {
    let Snapshot { state, moved_to } = load(dir, stack)?;
    match moved_to {
        Some(to) => Err(StoreError::moved(stack, &dir.display().to_string(), &to)),
        None => Ok(state),
    }
}

impl StateStore for FileStore {
    fn place(&self, stack: &str) -> String {
        self.stack_dir(stack).display().to_string()
    }

    fn load<'a>(&'a self, stack: &'a str) -> BoxFuture<'a, Result<Option<State>, StoreError>> {
        Box::pin(async move { load_here(&self.stack_dir(stack), stack) })
    }

    fn lease<'a>(
        &'a self,
        stack: &'a str,
        ask: &'a Ask,
    ) -> BoxFuture<'a, Result<Box<dyn Lease>, StoreError>> {
        Box::pin(async move {
            let lease = lease::take(self.stack_dir(stack), stack, ask).await?;
            Ok(Box::new(lease) as Box<dyn Lease>)
        })
    }

    fn stacks<'a>(&'a self) -> BoxFuture<'a, Result<Vec<String>, StoreError>> {
        Box::pin(async move {
            let entries = match fs::read_dir(&self.dir) {
                Ok(entries) => entries,
                Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
                Err(error) => return Err(disk::failed("read", &self.dir, &error)),
            };
            let mut stacks: Vec<String> = entries
                .filter_map(Result::ok)
                .filter(|entry| {
                    entry.path().join(JOURNAL).exists() || entry.path().join(SNAPSHOT).exists()
                })
                .filter_map(|entry| entry.file_name().into_string().ok())
                .collect();
            stacks.sort();
            Ok(stacks)
        })
    }
}
