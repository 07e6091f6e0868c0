//! Files that are there whole or not at all, also after the power went. Nothing else writes to the
//! disk.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::path::Path;

use crate::store::StoreError;

/// One thing that is done to the disk. Tests see each, and let it fail.
fn step<T>(what: &str, path: &Path, act: impl FnOnce() -> io::Result<T>) -> io::Result<T> {
    #[cfg(test)]
    steps::begin(what, path)?;
    #[cfg(not(test))]
    let _ = (what, path);
    act()
}

/// The content of a file; `None` where there is none.
pub(super) fn read(path: &Path) -> Result<Option<Vec<u8>>, StoreError> {
    match fs::read(path) {
        Ok(bytes) => Ok(Some(bytes)),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(failed("read", path, &error)),
    }
}

/// Replaces a file, durably: afterwards it has the old content or the new one.
pub(super) fn write_atomically(dir: &Path, name: &str, bytes: &[u8]) -> Result<(), StoreError> {
    let path = dir.join(name);
    let temporary = dir.join(format!("{name}.new"));
    let written = step("create", &temporary, || File::create(&temporary))
        .and_then(|mut file| {
            write(&mut file, &temporary, bytes)?;
            step("sync", &temporary, || file.sync_all())
        })
        .and_then(|()| step("rename", &temporary, || fs::rename(&temporary, &path)));
    written.map_err(|error| {
        let _ = step("remove", &temporary, || fs::remove_file(&temporary));
        failed("write", &path, &error)
    })?;
    sync_dir(dir)
}

/// Adds whole lines to a file, durably. A line that a crash has torn is cut off first.
pub(super) fn append(dir: &Path, name: &str, lines: &[u8]) -> Result<(), StoreError> {
    let path = dir.join(name);
    let existed = path.exists();
    let mut file = open(&path)?;
    let end = good_end(&mut file).map_err(|error| failed("read", &path, &error))?;
    let written = cut(&file, &path, end)
        .and_then(|()| file.seek(SeekFrom::Start(end)))
        .and_then(|_| write(&mut file, &path, lines))
        .and_then(|()| step("sync", &path, || file.sync_data()));
    if let Err(error) = written {
        // What could not be written whole is taken back, so that the next run reads a good file.
        let _ = cut(&file, &path, end);
        return Err(failed("write", &path, &error));
    }
    if existed { Ok(()) } else { sync_dir(dir) }
}

/// Opens a file with what it has, or a new one.
pub(super) fn open(path: &Path) -> Result<File, StoreError> {
    let mut options = OpenOptions::new();
    options.read(true).write(true).create(true).truncate(false);
    step("open", path, || options.open(path)).map_err(|error| failed("open", path, &error))
}

fn write(file: &mut File, path: &Path, bytes: &[u8]) -> io::Result<()> {
    step("write", path, || file.write_all(bytes)).inspect_err(|_| torn(file, bytes))
}

/// Nothing is left to do about it.
#[cfg(not(test))]
fn torn(_: &mut File, _: &[u8]) {}

/// As where the power goes in the middle.
#[cfg(test)]
fn torn(file: &mut File, bytes: &[u8]) {
    let _ = bytes.get(..bytes.len() / 2).map(|half| file.write_all(half));
}

fn cut(file: &File, path: &Path, end: u64) -> io::Result<()> {
    step("cut", path, || file.set_len(end))
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

/// Moves files into a directory of their own, durably. Of a crash in the middle some are there and
/// some here, and none is lost.
pub(super) fn move_into(dir: &Path, aside: &Path, names: &[&str]) -> Result<(), StoreError> {
    make_dir(aside)?;
    for name in names {
        let from = dir.join(name);
        if from.exists() {
            step("rename", &from, || fs::rename(&from, aside.join(name)))
                .map_err(|error| failed("move", &from, &error))?;
        }
    }
    sync_dir(aside)?;
    sync_dir(dir)
}

/// Makes a directory and those above it, durably: what is written into a directory that a crash
/// takes away was not durable.
pub(super) fn make_dir(dir: &Path) -> Result<(), StoreError> {
    if dir.is_dir() {
        return Ok(());
    }
    let parent = dir.parent().filter(|parent| !parent.as_os_str().is_empty());
    if let Some(parent) = parent {
        make_dir(parent)?;
    }
    match step("make", dir, || fs::create_dir(dir)) {
        // Somebody else was faster.
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists && dir.is_dir() => {}
        Err(error) => return Err(failed("make", dir, &error)),
        Ok(()) => {}
    }
    sync_dir(parent.unwrap_or(Path::new(".")))
}

/// Makes a rename or a new file durable. A file system that knows no such thing is as durable as
/// it gets; one that fails at it has failed.
fn sync_dir(dir: &Path) -> Result<(), StoreError> {
    // Windows opens no directories.
    let Ok(opened) = File::open(dir) else { return Ok(()) };
    match step("sync", dir, || opened.sync_all()) {
        Err(error) if !is_unsupported(&error) => Err(failed("sync", dir, &error)),
        _ => Ok(()),
    }
}

fn is_unsupported(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        io::ErrorKind::Unsupported | io::ErrorKind::InvalidInput | io::ErrorKind::PermissionDenied
    )
}

pub(super) fn failed(what: &str, path: &Path, error: &io::Error) -> StoreError {
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

/// What was done to the disk, and from where on it fails: as if the process had died there.
#[cfg(test)]
pub(super) mod steps {
    use std::cell::RefCell;
    use std::io;
    use std::path::Path;

    thread_local! {
        static STEPS: RefCell<(Vec<String>, usize)> = const { RefCell::new((Vec::new(), usize::MAX)) };
    }

    /// From now on, with so many steps until everything fails.
    pub(crate) fn start(until: usize) {
        STEPS.set((Vec::new(), until));
    }

    /// What was done since the start; nothing fails any more.
    pub(crate) fn take() -> Vec<String> {
        STEPS.replace((Vec::new(), usize::MAX)).0
    }

    pub(super) fn begin(what: &str, path: &Path) -> io::Result<()> {
        STEPS.with_borrow_mut(|(done, until)| {
            if done.len() >= *until {
                return Err(io::Error::other("the power is gone"));
            }
            let name = path.file_name().map(|it| it.to_string_lossy().into_owned());
            done.push(format!("{what} {}", name.unwrap_or_default()));
            Ok(())
        })
    }
}
