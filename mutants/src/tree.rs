//! A copy of the workspace, in which the sources have switches.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

/// Where what is tried is, and where its copy goes.
#[derive(Debug)]
pub struct Tree {
    pub workspace: PathBuf,
    pub copy: PathBuf,
}

impl Tree {
    pub fn of(workspace: &Path) -> Self {
        Self { workspace: workspace.to_owned(), copy: workspace.join("target/mutants/tree") }
    }

    /// Copies what Git knows or would be told of, so that tests that are being written count.
    pub fn copy(&self) -> Result<(), String> {
        let mut git = Command::new("git");
        git.args(["ls-files", "-z", "--cached", "--others", "--exclude-standard"]);
        for file in
            answer(git.current_dir(&self.workspace))?.split('\0').filter(|file| !file.is_empty())
        {
            // A file that is deleted and not committed is still known.
            if let Ok(text) = fs::read(self.workspace.join(file)) {
                self.write(file, &text)?;
            }
        }
        Ok(())
    }

    /// Only what is another text: cargo compiles what is newer.
    pub fn write(&self, file: &str, text: &[u8]) -> Result<(), String> {
        let path = self.copy.join(file);
        if fs::read(&path).is_ok_and(|there| there == text) {
            return Ok(());
        }
        let folder = path.parent().unwrap_or(&self.copy);
        fs::create_dir_all(folder)
            .and_then(|()| fs::write(&path, text))
            .map_err(|error| format!("{}: {error}", path.display()))
    }

    pub fn read(&self, file: &str) -> Result<String, String> {
        let path = self.workspace.join(file);
        fs::read_to_string(&path).map_err(|error| format!("{}: {error}", path.display()))
    }
}

/// What a command writes to its output, if it went well.
pub fn answer(command: &mut Command) -> Result<String, String> {
    let output = command.output().map_err(|error| format!("{command:?}: {error}"))?;
    if !output.status.success() {
        let told = String::from_utf8_lossy(&output.stderr);
        return Err(format!("{command:?}: {}\n{told}", output.status));
    }
    String::from_utf8(output.stdout).map_err(|error| format!("{command:?}: {error}"))
}
