//! Files that are there whole or not at all, also after the power went.

use std::fs::{self, File};
use std::io::{self, Write};
use std::path::Path;

use crate::store::StoreError;

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
    let written = File::create(&temporary)
        .and_then(|mut file| file.write_all(bytes).and_then(|()| file.sync_all()))
        .and_then(|()| fs::rename(&temporary, &path));
    written.map_err(|error| {
        let _ = fs::remove_file(&temporary);
        failed("write", &path, &error)
    })?;
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
    match fs::create_dir(dir) {
        // Somebody else was faster.
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists && dir.is_dir() => {}
        Err(error) => return Err(failed("make", dir, &error)),
        Ok(()) => {}
    }
    sync_dir(parent.unwrap_or(Path::new(".")))
}

/// Makes a rename or a new file durable. A file system that knows no such thing is as durable as
/// it gets; one that fails at it has failed.
pub(super) fn sync_dir(dir: &Path) -> Result<(), StoreError> {
    // Windows opens no directories.
    let Ok(opened) = File::open(dir) else { return Ok(()) };
    match opened.sync_all() {
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
