//! The lease of a directory: a lock of the operating system, which ends with its process, and the
//! document that says whose it is.

use std::fs::{File, TryLockError};
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use bicoastal_engine::journal;
use bicoastal_engine::record::Record;
use bicoastal_engine::state::State;
use bicoastal_model::provider::{BoxFuture, Gate};

use super::disk::{self, failed};
use super::{JOURNAL, SNAPSHOT};
use crate::clock::{Clock, SystemClock};
use crate::lease::{Ask, LeaseNote};
use crate::snapshot::Snapshot;
use crate::store::{Lease, StoreError};

const LOCK: &str = "lock";
const NOTE: &str = "lease.json";

/// How often a lock is tried while it is waited for.
const POLL: Duration = Duration::from_millis(500);

/// A locked directory. The operating system unlocks it when the process ends, however it ends.
#[derive(Debug)]
pub(super) struct FileLease {
    stack: String,
    seen: Seen,
    note: LeaseNote,
    /// A place that the state has moved away from is good too.
    moved: bool,
    /// Where the state has moved, as it was last seen.
    moved_to: Mutex<Option<String>>,
    _lock: Lock,
}

/// A lock that is held. Closing the file would not always end it: a child that another thread is
/// just starting has the file too, from its fork until its exec.
#[derive(Debug)]
struct Lock(File);

impl Drop for Lock {
    fn drop(&mut self) {
        // What can't be unlocked is closed next.
        let _ = self.0.unlock();
    }
}

/// Where the document is, to be looked at again.
#[derive(Clone, Debug)]
struct Seen {
    stack: String,
    dir: PathBuf,
    note: LeaseNote,
}

impl Seen {
    /// Where locks do not reach everybody (some network file systems), the document still says
    /// who came last.
    fn check(&self) -> Result<(), StoreError> {
        let path = self.dir.join(NOTE);
        let Some(bytes) = disk::read(&path)? else { return Ok(()) };
        let now = LeaseNote::decode(&bytes, &path.display().to_string())?;
        if now.same_holder(&self.note) { Ok(()) } else { Err(now.lost(&self.stack)) }
    }
}

impl Gate for Seen {
    fn pass(&self, _time: Duration) -> Result<(), String> {
        self.check().map_err(|error| error.to_string())
    }
}

/// Takes the lock, waiting for it as long as is asked.
pub(super) async fn take(dir: PathBuf, stack: &str, ask: &Ask) -> Result<FileLease, StoreError> {
    disk::make_dir(&dir)?;
    // What is waited for is another process of this machine, whatever the cloud's clock does.
    let clock = SystemClock::new();
    let mut told = false;
    let lock = loop {
        let path = dir.join(LOCK);
        let file = disk::open(&path)?;
        match file.try_lock() {
            Ok(()) => break Lock(file),
            Err(TryLockError::Error(error)) => return Err(failed("lock", &path, &error)),
            Err(TryLockError::WouldBlock) => {}
        }
        let holder = read_note(&dir)?;
        if clock.now_ms() >= crate::lease::millis(ask.wait) {
            return Err(match holder {
                Some(note) => note.held(stack),
                // It has locked and not yet said who it is.
                None => StoreError::Held(format!(
                    "the stack '{stack}' is being changed by another run of this machine; nothing was done\n  hint: wait until it is done, or say --wait"
                )),
            });
        }
        if let (Some(tell), Some(note), false) = (&ask.told, &holder, told) {
            told = true;
            tell(note);
        }
        ask.pause(&clock, stack, POLL).await?;
    };
    // A document that can't be read is of no use to anybody: nobody else holds the lock.
    let before = read_note(&dir).unwrap_or_default().map_or(0, |note| note.token);
    let note = LeaseNote::take(&ask.purpose, before, clock.unix_ms(), None)?;
    disk::write_atomically(&dir, NOTE, &note.encode())?;
    let seen = Seen { stack: stack.to_owned(), dir, note: note.clone() };
    let (stack, moved_to) = (stack.to_owned(), Mutex::default());
    Ok(FileLease { stack, seen, note, moved: ask.moved, moved_to, _lock: lock })
}

fn read_note(dir: &std::path::Path) -> Result<Option<LeaseNote>, StoreError> {
    let path = dir.join(NOTE);
    let bytes = disk::read(&path)?;
    bytes.map(|bytes| LeaseNote::decode(&bytes, &path.display().to_string())).transpose()
}

impl FileLease {
    fn append_now(&self, records: &[(u64, Record)]) -> Result<(), StoreError> {
        self.seen.check()?;
        let mut lines = Vec::new();
        for (number, record) in records {
            lines.extend_from_slice(journal::encode(*number, record).as_bytes());
        }
        disk::append(&self.seen.dir, JOURNAL, &lines)
    }

    fn compact_now(&self, state: &State) -> Result<(), StoreError> {
        self.seen.check()?;
        let moved_to = self.moved_to.lock().unwrap_or_else(PoisonError::into_inner).clone();
        self.write(&Snapshot { state: Some(state.clone()), moved_to })
    }

    fn load_now(&self) -> Result<Option<State>, StoreError> {
        if !self.moved {
            return super::load_here(&self.seen.dir, &self.stack);
        }
        let Snapshot { state, moved_to } = super::load(&self.seen.dir, &self.stack)?;
        *self.moved_to.lock().unwrap_or_else(PoisonError::into_inner) = moved_to;
        Ok(state)
    }

    fn moved_to_now(&self, place: Option<&str>) -> Result<(), StoreError> {
        self.seen.check()?;
        let Snapshot { state, .. } = super::load(&self.seen.dir, &self.stack)?;
        let moved_to = place.map(str::to_owned);
        self.moved_to.lock().unwrap_or_else(PoisonError::into_inner).clone_from(&moved_to);
        self.write(&Snapshot { state, moved_to })
    }

    /// Moves the files into a directory of their own, beside where they were.
    fn set_aside_now(&self) -> Result<String, StoreError> {
        self.seen.check()?;
        let dir = &self.seen.dir;
        let free = (1u32..).map(|number| dir.join(format!("aside-{number}")));
        let aside = free.into_iter().find(|it| !it.exists()).unwrap_or_else(|| dir.join("aside"));
        disk::move_into(dir, &aside, &[SNAPSHOT, JOURNAL])?;
        Ok(aside.display().to_string())
    }

    /// The snapshot is durable before the journal is cut; a crash between leaves both, and what is
    /// in both is folded once.
    fn write(&self, snapshot: &Snapshot) -> Result<(), StoreError> {
        disk::write_atomically(&self.seen.dir, SNAPSHOT, &snapshot.encode()?)?;
        disk::write_atomically(&self.seen.dir, JOURNAL, b"")
    }
}

impl Lease for FileLease {
    fn note(&self) -> LeaseNote {
        self.note.clone()
    }

    fn load(&self) -> BoxFuture<'_, Result<Option<State>, StoreError>> {
        Box::pin(async { self.load_now() })
    }

    fn append<'a>(&'a self, records: &'a [(u64, Record)]) -> BoxFuture<'a, Result<(), StoreError>> {
        Box::pin(async move { self.append_now(records) })
    }

    fn compact<'a>(&'a self, state: &'a State) -> BoxFuture<'a, Result<(), StoreError>> {
        Box::pin(async move { self.compact_now(state) })
    }

    fn moved(&self) -> BoxFuture<'_, Option<String>> {
        Box::pin(async { self.moved_to.lock().unwrap_or_else(PoisonError::into_inner).clone() })
    }

    fn moved_to<'a>(&'a self, place: Option<&'a str>) -> BoxFuture<'a, Result<(), StoreError>> {
        Box::pin(async move { self.moved_to_now(place) })
    }

    fn set_aside(&self) -> BoxFuture<'_, Result<String, StoreError>> {
        Box::pin(async { self.set_aside_now() })
    }

    fn keep(&self) -> BoxFuture<'_, StoreError> {
        // The lock lasts as long as the process.
        Box::pin(std::future::pending())
    }

    fn gate(&self) -> Arc<dyn Gate> {
        Arc::new(self.seen.clone())
    }

    fn release(&self) -> BoxFuture<'_, ()> {
        // Done by the drop, which comes next in any case.
        Box::pin(async {})
    }
}

impl Drop for FileLease {
    fn drop(&mut self) {
        // Only said: what ends it is the lock.
        if self.seen.check().is_ok() {
            let released = self.note.released();
            let _ = disk::write_atomically(&self.seen.dir, NOTE, &released.encode());
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "what fails here is a failed test")]

    use super::{Ask, take};

    #[tokio::test]
    async fn a_lease_ends_also_while_a_child_that_is_being_started_has_its_file() {
        let dir = tempfile::tempdir().unwrap();
        let lease = take(dir.path().to_owned(), "s", &Ask::new("apply")).await.unwrap();
        let of_the_child = lease._lock.0.try_clone().unwrap();
        drop(lease);
        take(dir.path().to_owned(), "s", &Ask::new("apply")).await.unwrap();
        drop(of_the_child);
    }
}
