//! `$STEPPATH`: found, and made when it is not there.

use std::path::{Path, PathBuf};

use anyhow::Context as _;
use steppath::StepPath;

use crate::{environment::Environment, error::CommandError};

/// The directory named by `STEPPATH`, else `.step` in the user's home; made, for its owner only, if it is not there.
pub(crate) fn open(environment: &Environment) -> anyhow::Result<StepPath> {
    let path = match environment.variable("STEPPATH") {
        Some(path) => PathBuf::from(path),
        None => home(environment)?.join(".step"),
    };
    let path = clean(&std::path::absolute(&path).context("finding the current directory")?);
    if path.exists() && !path.is_dir() {
        return Err(CommandError::NotADirectory(path).into());
    }
    steppath::create_directory(&path)?;
    Ok(StepPath::new(path)?)
}

fn home(environment: &Environment) -> anyhow::Result<PathBuf> {
    environment.variable("HOME").map(PathBuf::from).context("neither STEPPATH nor HOME is set")
}

/// Without `.` and `..`, by the letters alone.
fn clean(path: &Path) -> PathBuf {
    use std::path::Component;

    path.components().fold(PathBuf::new(), |mut clean, part| {
        match part {
            Component::CurDir => {}
            Component::ParentDir => {
                clean.pop();
            }
            part => clean.push(part),
        }
        clean
    })
}

#[cfg(test)]
mod tests {
    use std::{fs, os::unix::fs::PermissionsExt as _};

    use super::*;

    #[test]
    fn the_directory_is_made_for_its_owner_only() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let wanted = folder.path().join("a/../b");
        let path = open(&Environment::from_iter([("STEPPATH", &wanted)])).expect("made");
        assert_eq!(path.base(), folder.path().join("b"));
        assert_eq!(fs::metadata(path.base()).expect("there").permissions().mode() & 0o777, 0o700);
    }

    #[test]
    fn the_home_directory_is_the_default() {
        let home = tempfile::tempdir().expect("a temporary folder");
        let path = open(&Environment::from_iter([("HOME", home.path())])).expect("made");
        assert_eq!(path.base(), home.path().join(".step"));
    }

    #[test]
    fn a_file_is_not_a_directory() {
        let file = tempfile::NamedTempFile::new().expect("a temporary file");
        let error = open(&Environment::from_iter([("STEPPATH", file.path())])).expect_err("a file");
        assert_eq!(error.to_string(), format!("File '{}' is not a directory.", file.path().display()));
    }
}
