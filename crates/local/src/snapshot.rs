//! The whole cloud on disk, in a directory of its own.
//!
//! * `cloud.json`: the world and the version of the format, replaced atomically.
//! * `clock`: the time. It moves with every read, so it is kept apart from the world.
//! * `lock`: held by the process that has the cloud, whose name is in it.

use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use crate::world::World;

/// The version that this build writes. It reads no other.
const FORMAT: u64 = 1;

/// Why a directory could not be opened as a cloud.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// Another process, or another [`crate::Cloud`] of this one, has it.
    #[error("the local cloud in {} is in use by {holder}\nhint: wait until it has ended, or take another directory", dir.display())]
    InUse {
        /// The directory.
        dir: PathBuf,
        /// The process that has it, by its number.
        holder: String,
    },
    /// The snapshot cannot be read as one.
    #[error("the local cloud in {} is damaged: {reason}\nhint: restore the file, or delete the directory to start with an empty cloud", path.display())]
    Damaged {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        reason: String,
    },
    /// The snapshot was written by a newer version.
    #[error("the local cloud in {} has format {found}; this version of bicoastal-local knows {FORMAT}\nhint: use the version that wrote it, or delete the directory to start with an empty cloud", path.display())]
    Newer {
        /// The file.
        path: PathBuf,
        /// Its format.
        found: u64,
    },
    /// The file system refuses.
    #[error("{}: {source}", path.display())]
    Io {
        /// The file or directory.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
}

/// A directory that holds a cloud.
#[derive(Debug)]
pub(crate) struct Store {
    dir: PathBuf,
    clock: File,
    written_ms: i64,
    /// The world on disk is not the one in memory.
    pub(crate) stale: bool,
    _lock: Lock,
}

/// A lock that lasts until it is dropped, or until its process is killed. Closing the file would
/// not always end it: a child that another thread is just starting has the file too.
#[derive(Debug)]
struct Lock(File);

impl Drop for Lock {
    fn drop(&mut self) {
        // What can't be unlocked is closed next.
        let _ = self.0.unlock();
    }
}

#[derive(Serialize)]
struct Snapshot<'a> {
    format: u64,
    world: &'a World,
}

#[derive(Deserialize)]
struct Header {
    format: u64,
}

#[derive(Deserialize)]
struct Body {
    world: World,
}

impl Store {
    pub(crate) fn open(dir: &Path) -> Result<(Self, World), OpenError> {
        let at = |path: PathBuf| move |source| OpenError::Io { path, source };
        fs::create_dir_all(dir).map_err(at(dir.to_owned()))?;
        let lock = lock(dir)?;
        let path = dir.join("cloud.json");
        let mut world = match fs::read(&path) {
            Ok(bytes) => read(&path, &bytes)?,
            Err(error) if error.kind() == io::ErrorKind::NotFound => World::default(),
            Err(error) => return Err(at(path)(error)),
        };
        let path = dir.join("clock");
        let mut clock = open_file(&path).map_err(at(path.clone()))?;
        let mut text = String::new();
        clock.read_to_string(&mut text).map_err(at(path))?;
        if let Ok(now_ms) = text.trim().parse::<i64>() {
            world.now_ms = world.now_ms.max(now_ms);
        }
        let store = Self {
            dir: dir.to_owned(),
            clock,
            written_ms: world.now_ms,
            stale: false,
            _lock: lock,
        };
        Ok((store, world))
    }

    /// Brings the disk up to date.
    pub(crate) fn keep(&mut self, world: &World) -> io::Result<()> {
        if self.stale {
            self.write(world)?;
            self.stale = false;
        }
        if self.written_ms != world.now_ms {
            // Always as wide, so that a write that is cut short by a crash is not a shorter number.
            self.clock.seek(SeekFrom::Start(0))?;
            self.clock.write_all(format!("{:020}\n", world.now_ms).as_bytes())?;
            self.written_ms = world.now_ms;
        }
        Ok(())
    }

    fn write(&self, world: &World) -> io::Result<()> {
        let bytes = serde_json::to_vec(&Snapshot { format: FORMAT, world })?;
        let new = self.dir.join("cloud.json.new");
        let mut file = File::create(&new)?;
        file.write_all(&bytes)?;
        file.sync_all()?;
        fs::rename(&new, self.dir.join("cloud.json"))?;
        #[cfg(unix)]
        File::open(&self.dir)?.sync_all()?;
        Ok(())
    }
}

fn open_file(path: &Path) -> io::Result<File> {
    OpenOptions::new().read(true).write(true).create(true).truncate(false).open(path)
}

fn lock(dir: &Path) -> Result<Lock, OpenError> {
    let path = dir.join("lock");
    let io = |source| OpenError::Io { path: path.clone(), source };
    let mut file = open_file(&path).map_err(io)?;
    let mut lock = match file.try_lock() {
        Ok(()) => Lock(file),
        Err(TryLockError::WouldBlock) => {
            let mut holder = String::new();
            // On systems whose locks are mandatory the name cannot be read.
            let _ = file.read_to_string(&mut holder);
            let holder = match holder.trim() {
                "" => "another process".to_owned(),
                holder => format!("process {holder}"),
            };
            return Err(OpenError::InUse { dir: dir.to_owned(), holder });
        }
        Err(TryLockError::Error(source)) => return Err(io(source)),
    };
    lock.0.set_len(0).map_err(io)?;
    write!(lock.0, "{}", std::process::id()).map_err(io)?;
    Ok(lock)
}

fn read(path: &Path, bytes: &[u8]) -> Result<World, OpenError> {
    let damaged = |error: serde_json::Error| OpenError::Damaged {
        path: path.to_owned(),
        reason: error.to_string(),
    };
    let Header { format } = serde_json::from_slice(bytes).map_err(damaged)?;
    match format {
        FORMAT => Ok(serde_json::from_slice::<Body>(bytes).map_err(damaged)?.world),
        newer if newer > FORMAT => Err(OpenError::Newer { path: path.to_owned(), found: newer }),
        other => Err(OpenError::Damaged {
            path: path.to_owned(),
            reason: format!("there was never a format {other}"),
        }),
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "what fails here is a failed test")]

    use super::Store;

    #[test]
    fn a_cloud_is_left_also_while_a_child_that_is_being_started_has_its_lock() {
        let dir = tempfile::tempdir().unwrap();
        let (store, _) = Store::open(dir.path()).unwrap();
        let of_the_child = store._lock.0.try_clone().unwrap();
        drop(store);
        Store::open(dir.path()).unwrap();
        drop(of_the_child);
    }
}
