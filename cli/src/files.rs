//! Files the user names: read whole, written whole, never overwritten without a yes.

use std::{
    io,
    path::{Path, PathBuf},
};

use steppath::{Access, Overwrite};
use thiserror::Error;
use zeroize::Zeroizing;

use crate::{
    context::Context,
    error::reason,
    prompt::{PromptError, Question},
};

/// A file that cannot be read or written.
#[derive(Debug, Error)]
pub(crate) enum FileError {
    /// The person said no.
    #[error("file exists")]
    Exists,
    /// There is a file, and nobody to ask whether it may go.
    #[error("{} exists already", .0.display())]
    ExistsUnasked(PathBuf),
    /// There is a directory where the file would go.
    #[error("file is a directory")]
    IsADirectory,
    /// The operating system says no.
    #[error("{operation} {} failed: {}", path.display(), reason(cause))]
    System {
        /// What was attempted.
        operation: &'static str,
        /// On which file.
        path: PathBuf,
        /// Why it failed.
        cause: io::Error,
    },
}

impl FileError {
    pub(crate) fn hint(&self) -> Option<String> {
        match self {
            Self::ExistsUnasked(_) => Some("overwrite it with `--force`".into()),
            Self::IsADirectory => Some("name a file in it".into()),
            Self::System { cause, .. } if cause.kind() == io::ErrorKind::PermissionDenied => {
                Some("private files are their owner's alone; run the command as the user who made it".into())
            }
            Self::Exists | Self::System { .. } => None,
        }
    }
}

/// The whole file.
pub(crate) fn read(path: &Path) -> Result<Zeroizing<Vec<u8>>, FileError> {
    std::fs::read(path).map(Zeroizing::new).map_err(|cause| FileError::System {
        operation: "open",
        path: path.to_owned(),
        cause,
    })
}

/// A password file: everything but white space at the end, so that an editor's line end does not count.
pub(crate) fn read_password(path: &Path) -> Result<Zeroizing<Vec<u8>>, FileError> {
    let mut password = read(path)?;
    let length = match std::str::from_utf8(&password) {
        Ok(text) => text.trim_end().len(),
        Err(_) => password.trim_ascii_end().len(),
    };
    password.truncate(length);
    Ok(password)
}

/// Whether two paths lead to one file, however they are spelled.
pub(crate) fn is_same_file(one: &Path, other: &Path) -> bool {
    // The last component is not resolved: writing replaces a link and does not follow it.
    let place = |path: &Path| Some((directory(path).canonicalize().ok()?, path.file_name()?.to_owned()));
    one == other || place(one).is_some_and(|here| place(other) == Some(here))
}

fn directory(path: &Path) -> &Path {
    path.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."))
}

/// Permission to write a file, given before the work whose result goes there is begun.
#[must_use]
pub(crate) struct Destination(PathBuf);

impl Destination {
    /// Asks whether an existing file may be overwritten, unless `force` says so.
    pub(crate) fn claim(cx: &mut Context, path: &Path, force: bool) -> anyhow::Result<Self> {
        // Said before anything is spent on what could not be kept.
        directory(path).metadata().map_err(|cause| FileError::System {
            operation: "open",
            path: path.to_owned(),
            cause,
        })?;
        Self::claim_in_new_folder(cx, path, force)
    }

    /// As [`Self::claim`], where the folder is made before the file is written.
    pub(crate) fn claim_in_new_folder(cx: &mut Context, path: &Path, force: bool) -> anyhow::Result<Self> {
        if path.is_dir() {
            return Err(FileError::IsADirectory.into());
        }
        // A link that leads nowhere exists too: it would be replaced.
        if !force && path.symlink_metadata().is_ok() {
            confirm(cx, path)?;
        }
        Ok(Self(path.to_owned()))
    }

    /// Replaces the file in one step; readable by its owner only.
    pub(crate) fn write(&self, contents: &[u8]) -> Result<(), steppath::FileError> {
        self.write_for(contents, Access::Private)
    }

    /// Replaces the file in one step; readable by everybody.
    pub(crate) fn write_public(&self, contents: &[u8]) -> Result<(), steppath::FileError> {
        self.write_for(contents, Access::Public)
    }

    fn write_for(&self, contents: &[u8], access: Access) -> Result<(), steppath::FileError> {
        // Whether there was a file, and whether it may go, was settled when the destination was claimed.
        steppath::write(&self.0, contents, access, Overwrite::Allow)
    }

    pub(crate) fn path(&self) -> &Path {
        &self.0
    }
}

fn confirm(cx: &mut Context, path: &Path) -> anyhow::Result<()> {
    let label = format!("Would you like to overwrite {} [y/n]", path.display());
    match cx.ask(Question { label: &label, flag: "--force" }, "", yes_or_no) {
        Ok(answer) if is_yes(&answer) => Ok(()),
        Ok(_) => Err(FileError::Exists.into()),
        Err(PromptError::NoTerminal { .. }) => Err(FileError::ExistsUnasked(path.to_owned()).into()),
        Err(error) => Err(error.into()),
    }
}

fn yes_or_no(answer: &str) -> Option<String> {
    let known = ["y", "yes", "n", "no"].contains(&answer.trim().to_ascii_lowercase().as_str());
    (!known).then(|| "please answer y or n".to_owned())
}

fn is_yes(answer: &str) -> bool {
    answer.trim().to_ascii_lowercase().starts_with('y')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn two_spellings_of_one_file_are_one_file() {
        let folder = tempfile::tempdir().unwrap();
        let at = |name: &str| folder.path().join(name);
        std::fs::create_dir(at("sub")).unwrap();
        for (one, other, is_same) in [
            ("x", "x", true),
            ("x", "./x", true),
            ("x", "sub/../x", true),
            ("x", "y", false),
            ("x", "sub/x", false),
            ("none/x", "x", false),
        ] {
            assert_eq!(is_same_file(&at(one), &at(other)), is_same, "{one} {other}");
        }
        assert!(is_same_file(Path::new("x"), Path::new("./x")));
    }

    #[test]
    fn a_password_file_loses_white_space_at_its_end_only() {
        let file = tempfile::NamedTempFile::new().expect("a temporary file");
        for (content, password) in [(" a b\n", " a b"), ("two\nlines \u{2003}\r\n\n", "two\nlines"), ("", "")] {
            std::fs::write(file.path(), content).expect("writable");
            assert_eq!(read_password(file.path()).expect("readable").as_slice(), password.as_bytes());
        }
    }

    #[test]
    fn a_missing_file_is_named_in_the_words_of_go() {
        let error = read(Path::new("/does/not/exist")).expect_err("nothing is there");
        assert_eq!(error.to_string(), "open /does/not/exist failed: no such file or directory");
    }
}
