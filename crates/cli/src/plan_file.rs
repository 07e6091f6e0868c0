//! Plans in files: what `plan --out` writes and `apply --plan` reads. They hold no secrets.

use std::fs::{self, File, OpenOptions};
use std::io::{ErrorKind, Write};
use std::path::{Path, PathBuf};

use bicoastal_engine::plan::Plan;
use bicoastal_engine::saved::{self, Unreadable};
use bicoastal_runtime::PlanOptions;

use crate::failure::Failure;

/// Writes a plan, whole or not at all, readable by its owner only.
///
/// # Errors
///
/// Where the file can't be written.
pub(crate) fn save(path: &Path, plan: &Plan, options: &PlanOptions) -> Result<(), Failure> {
    let written = saved::encode(plan, options)
        .map_err(std::io::Error::other)
        .and_then(|bytes| write_atomically(path, &bytes));
    written.map_err(|error| {
        Failure::with_hint(
            format!("the plan could not be written to {}: {error}", path.display()),
            "choose another place with --out",
        )
    })
}

fn write_atomically(path: &Path, bytes: &[u8]) -> std::io::Result<()> {
    let mut name = path
        .file_name()
        .ok_or_else(|| std::io::Error::new(ErrorKind::InvalidInput, "it is not a file's name"))?
        .to_owned();
    name.push(format!(".{}.new", std::process::id()));
    let temporary = path.with_file_name(name);
    let written = create_private(&temporary)
        .and_then(|mut file| file.write_all(bytes).and_then(|()| file.sync_all()))
        .and_then(|()| fs::rename(&temporary, path));
    if written.is_err() {
        let _ = fs::remove_file(&temporary);
    }
    written
}

fn create_private(path: &PathBuf) -> std::io::Result<File> {
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    {
        use std::os::unix::fs::OpenOptionsExt;
        options.mode(0o600);
    }
    options.open(path)
}

/// Reads a plan and what it was asked for.
///
/// # Errors
///
/// Where there is none, it is damaged, or a newer version wrote it.
pub(crate) fn load(path: &Path) -> Result<(Plan, PlanOptions), Failure> {
    let shown = path.display();
    let bytes = fs::read(path).map_err(|error| {
        Failure::with_hint(
            format!("the plan {shown} could not be read: {error}"),
            format!("make one with 'plan --out {shown}'"),
        )
    })?;
    saved::decode(&bytes).map_err(|why| {
        let hint = match why {
            Unreadable::Newer(_) => {
                "update bicoastal, or make the plan again with this version".to_owned()
            }
            Unreadable::Damaged(_) => format!("make it again with 'plan --out {shown}'"),
        };
        let done = if matches!(why, Unreadable::Damaged(_)) { "; nothing was done" } else { "" };
        Failure::with_hint(format!("the plan {shown} {why}{done}"), hint)
    })
}
