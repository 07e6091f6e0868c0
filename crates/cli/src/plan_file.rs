//! Plans in files: what `plan --out` writes and `apply --plan` reads. They hold no secrets.

use std::collections::BTreeSet;
use std::fs::{self, File, OpenOptions};
use std::io::{ErrorKind, Write};
use std::path::{Path, PathBuf};

use bicoastal_engine::plan::Plan;
use bicoastal_model::ResourceId;
use bicoastal_runtime::PlanOptions;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use sha2::{Digest, Sha256};

use crate::failure::Failure;

/// The format that this version writes.
const FORMAT: u32 = 1;

#[derive(Serialize, Deserialize)]
struct PlanFile {
    /// Says what the file is, and how it is written.
    bicoastal_plan: u32,
    /// Of everything in `saved`.
    checksum: String,
    saved: Value,
}

#[derive(Serialize, Deserialize)]
struct Saved {
    options: SavedOptions,
    plan: Plan,
}

/// What the plan was asked for: it is checked against a plan made in the same way.
#[derive(Serialize, Deserialize)]
struct SavedOptions {
    only: BTreeSet<ResourceId>,
    replace: BTreeSet<ResourceId>,
    unprotect: BTreeSet<ResourceId>,
    destroy: bool,
    without_unseen: bool,
}

/// Object keys are ordered, so equal documents have equal ones.
fn checksum(saved: &Value) -> String {
    let digest = Sha256::digest(saved.to_string());
    digest.iter().take(16).map(|byte| format!("{byte:02x}")).collect()
}

/// Writes a plan, whole or not at all, readable by its owner only.
///
/// # Errors
///
/// Where the file can't be written.
pub(crate) fn save(path: &Path, plan: &Plan, options: &PlanOptions) -> Result<(), Failure> {
    let options = SavedOptions {
        only: options.only.clone(),
        replace: options.replace.clone(),
        unprotect: options.unprotect.clone(),
        destroy: options.destroy,
        without_unseen: options.without_unseen,
    };
    let written = serde_json::to_value(Saved { options, plan: plan.clone() })
        .and_then(|saved| {
            let file = PlanFile { bicoastal_plan: FORMAT, checksum: checksum(&saved), saved };
            serde_json::to_vec_pretty(&file)
        })
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
    let damaged = |why: String| {
        Failure::with_hint(
            format!("the plan {shown} is damaged: {why}; nothing was done"),
            format!("make it again with 'plan --out {shown}'"),
        )
    };
    let value: Value =
        serde_json::from_slice(&bytes).map_err(|error| damaged(error.to_string()))?;
    match value.get("bicoastal_plan").and_then(Value::as_u64) {
        Some(format) if format > u64::from(FORMAT) => {
            return Err(Failure::with_hint(
                format!(
                    "the plan {shown} was written by a newer version (format {format}, this one reads {FORMAT})"
                ),
                "update bicoastal, or make the plan again with this version",
            ));
        }
        Some(_) => {}
        None => return Err(damaged("it is not a saved plan".into())),
    }
    let file: PlanFile =
        serde_json::from_value(value).map_err(|error| damaged(error.to_string()))?;
    if checksum(&file.saved) != file.checksum {
        return Err(damaged("its checksum does not fit its content".into()));
    }
    let Saved { options, plan } =
        serde_json::from_value(file.saved).map_err(|error| damaged(error.to_string()))?;
    let options = PlanOptions {
        only: options.only,
        replace: options.replace,
        unprotect: options.unprotect,
        destroy: options.destroy,
        without_unseen: options.without_unseen,
    };
    Ok((plan, options))
}
