//! State in a directory: `<dir>/<stack>/state.json` and `journal.jsonl`.

use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

use bicoastal_engine::journal;
use bicoastal_engine::record::Record;
use bicoastal_engine::state::{FORMAT, State};
use bicoastal_model::provider::BoxFuture;
use serde::{Deserialize, Serialize};

use crate::store::{Lease, StateStore, StoreError};

const SNAPSHOT: &str = "state.json";
const JOURNAL: &str = "journal.jsonl";
const LOCK: &str = "lock";

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

    fn load_now(&self, stack: &str) -> Result<Option<State>, StoreError> {
        let dir = self.stack_dir(stack);
        let snapshot = read_snapshot(&dir.join(SNAPSHOT))?;
        let journal_path = dir.join(JOURNAL);
        let bytes = match fs::read(&journal_path) {
            Ok(bytes) => bytes,
            Err(error) if error.kind() == io::ErrorKind::NotFound => Vec::new(),
            Err(error) => return Err(failed("read", &journal_path, &error)),
        };
        if snapshot.is_none() && bytes.is_empty() {
            return Ok(None);
        }
        let decoded = journal::decode(&bytes).map_err(|damage| {
            StoreError::Damaged(format!(
                "{} is damaged: {damage}\n  hint: nothing was changed; restore the file from a backup, or keep the lines before the damage in a copy and run `drift` to see what is missing",
                journal_path.display()
            ))
        })?;
        // A torn tail is a crash in the middle of an append: the record was never durable, so
        // nothing relied on it. It is cut off by the next append, under the lease.
        let mut state = snapshot.unwrap_or_else(|| State::empty(stack, String::new()));
        for (number, record) in &decoded.records {
            if *number <= state.generation {
                continue;
            }
            if *number != state.generation + 1 {
                return Err(StoreError::Damaged(format!(
                    "{} is damaged: record {} is followed by record {number}\n  hint: restore the file from a backup",
                    journal_path.display(),
                    state.generation,
                )));
            }
            state.fold(record).map_err(|illegal| {
                StoreError::Damaged(format!(
                    "{} does not make sense at record {number}: {illegal}\n  hint: restore the file from a backup",
                    journal_path.display(),
                ))
            })?;
        }
        Ok(Some(state))
    }

    fn append_now(&self, stack: &str, records: &[(u64, Record)]) -> Result<(), StoreError> {
        let dir = self.stack_dir(stack);
        make_dir(&dir)?;
        let path = dir.join(JOURNAL);
        let existed = path.exists();
        let mut file = OpenOptions::new()
            .read(true)
            .write(true)
            .create(true)
            .truncate(false)
            .open(&path)
            .map_err(|error| failed("open", &path, &error))?;
        let end = good_end(&mut file).map_err(|error| failed("read", &path, &error))?;
        let mut lines = Vec::new();
        for (number, record) in records {
            lines.extend_from_slice(journal::encode(*number, record).as_bytes());
        }
        let written = file
            .set_len(end)
            .and_then(|()| file.seek(SeekFrom::Start(end)))
            .and_then(|_| file.write_all(&lines))
            .and_then(|()| file.sync_data());
        if let Err(error) = written {
            // What could not be written whole is taken back, so that the next run reads a good file.
            let _ = file.set_len(end);
            return Err(failed("write", &path, &error));
        }
        if !existed {
            sync_dir(&dir);
        }
        Ok(())
    }

    fn compact_now(&self, stack: &str, state: &State) -> Result<(), StoreError> {
        let dir = self.stack_dir(stack);
        make_dir(&dir)?;
        let snapshot = Snapshot::of(state)
            .map_err(|error| StoreError::Io(format!("the state can't be written: {error}")))?;
        let bytes = serde_json::to_vec_pretty(&snapshot)
            .map_err(|error| StoreError::Io(format!("the state can't be written: {error}")))?;
        write_atomically(&dir, SNAPSHOT, &bytes)?;
        write_atomically(&dir, JOURNAL, b"")
    }
}

/// The end of the last whole line: what is behind it was torn off by a crash.
fn good_end(file: &mut File) -> io::Result<u64> {
    let length = file.metadata()?.len();
    let mut end = length;
    let mut buffer = [0u8; 4096];
    while end > 0 {
        let from = end.saturating_sub(buffer.len() as u64);
        let size = usize::try_from(end - from).unwrap_or(buffer.len());
        let chunk = buffer.get_mut(..size).unwrap_or_default();
        file.seek(SeekFrom::Start(from))?;
        file.read_exact(chunk)?;
        if let Some(position) = chunk.iter().rposition(|byte| *byte == b'\n') {
            return Ok(from + position as u64 + 1);
        }
        end = from;
    }
    Ok(0)
}

#[derive(Serialize, Deserialize)]
struct Snapshot {
    format: u32,
    checksum: String,
    state: serde_json::Value,
}

impl Snapshot {
    fn of(state: &State) -> Result<Self, serde_json::Error> {
        let state = serde_json::to_value(state)?;
        Ok(Self { format: FORMAT, checksum: checksum(&state), state })
    }
}

/// A short digest of a JSON document; object keys are ordered, so equal documents have equal ones.
fn checksum(value: &serde_json::Value) -> String {
    journal::checksum(&value.to_string())
}

fn read_snapshot(path: &Path) -> Result<Option<State>, StoreError> {
    let bytes = match fs::read(path) {
        Ok(bytes) => bytes,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(failed("read", path, &error)),
    };
    let damaged = |what: String| {
        StoreError::Damaged(format!(
            "{} is damaged: {what}\n  hint: nothing was changed; restore the file from a backup",
            path.display()
        ))
    };
    let snapshot: Snapshot =
        serde_json::from_slice(&bytes).map_err(|error| damaged(error.to_string()))?;
    if snapshot.format > FORMAT {
        return Err(StoreError::Damaged(format!(
            "{} was written by a newer version (format {}, this one reads {FORMAT})\n  hint: update bicoastal",
            path.display(),
            snapshot.format
        )));
    }
    if checksum(&snapshot.state) != snapshot.checksum {
        return Err(damaged("its checksum does not fit its content".into()));
    }
    serde_json::from_value(snapshot.state).map(Some).map_err(|error| damaged(error.to_string()))
}

fn write_atomically(dir: &Path, name: &str, bytes: &[u8]) -> Result<(), StoreError> {
    let path = dir.join(name);
    let temporary = dir.join(format!("{name}.new"));
    let written = File::create(&temporary)
        .and_then(|mut file| file.write_all(bytes).and_then(|()| file.sync_all()))
        .and_then(|()| fs::rename(&temporary, &path));
    written.map_err(|error| {
        let _ = fs::remove_file(&temporary);
        failed("write", &path, &error)
    })?;
    sync_dir(dir);
    Ok(())
}

fn make_dir(dir: &Path) -> Result<(), StoreError> {
    fs::create_dir_all(dir).map_err(|error| failed("make", dir, &error))
}

/// Makes a rename or a new file durable. Not every file system can; then it is as durable as it gets.
fn sync_dir(dir: &Path) {
    if let Ok(dir) = File::open(dir) {
        let _ = dir.sync_all();
    }
}

fn failed(what: &str, path: &Path, error: &io::Error) -> StoreError {
    let hint = match error.kind() {
        io::ErrorKind::StorageFull => "free some space and run again: nothing is lost",
        io::ErrorKind::PermissionDenied => {
            "check who owns it, or choose another place with --state-dir"
        }
        io::ErrorKind::ReadOnlyFilesystem => "choose another place with --state-dir",
        _ => "check the disk, or choose another place with --state-dir",
    };
    StoreError::Io(format!("could not {what} {}: {error}\n  hint: {hint}", path.display()))
}

/// A locked file; the operating system gives it up when the process ends, however it ends.
#[derive(Debug)]
struct FileLease {
    _file: File,
}

impl Lease for FileLease {}

impl FileStore {
    fn lease_now(&self, stack: &str, purpose: &str) -> Result<Box<dyn Lease>, StoreError> {
        let dir = self.stack_dir(stack);
        make_dir(&dir)?;
        let path = dir.join(LOCK);
        let mut file = OpenOptions::new()
            .read(true)
            .write(true)
            .create(true)
            .truncate(false)
            .open(&path)
            .map_err(|error| failed("open", &path, &error))?;
        match file.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => {
                let mut holder = String::new();
                let _ = file.read_to_string(&mut holder);
                return Err(StoreError::Held(format!(
                    "the stack '{stack}' is being changed by another run: {}\n  hint: wait until it is done; the lock ends with its process",
                    holder.trim()
                )));
            }
            Err(TryLockError::Error(error)) => return Err(failed("lock", &path, &error)),
        }
        let note = format!("{purpose}, process {}\n", std::process::id());
        let _ = file
            .set_len(0)
            .and_then(|()| file.seek(SeekFrom::Start(0)))
            .and_then(|_| file.write_all(note.as_bytes()));
        Ok(Box::new(FileLease { _file: file }))
    }
}

impl StateStore for FileStore {
    fn place(&self, stack: &str) -> String {
        self.stack_dir(stack).display().to_string()
    }

    fn load<'a>(&'a self, stack: &'a str) -> BoxFuture<'a, Result<Option<State>, StoreError>> {
        Box::pin(async move { self.load_now(stack) })
    }

    fn lease<'a>(
        &'a self,
        stack: &'a str,
        purpose: &'a str,
    ) -> BoxFuture<'a, Result<Box<dyn Lease>, StoreError>> {
        Box::pin(async move { self.lease_now(stack, purpose) })
    }

    fn append<'a>(
        &'a self,
        stack: &'a str,
        records: &'a [(u64, Record)],
    ) -> BoxFuture<'a, Result<(), StoreError>> {
        Box::pin(async move { self.append_now(stack, records) })
    }

    fn compact<'a>(
        &'a self,
        stack: &'a str,
        state: &'a State,
    ) -> BoxFuture<'a, Result<(), StoreError>> {
        Box::pin(async move { self.compact_now(stack, state) })
    }

    fn stacks<'a>(&'a self) -> BoxFuture<'a, Result<Vec<String>, StoreError>> {
        Box::pin(async move {
            let entries = match fs::read_dir(&self.dir) {
                Ok(entries) => entries,
                Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
                Err(error) => return Err(failed("read", &self.dir, &error)),
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
