//! Root certificates the user names: in a file, in several files, or in a folder.

use std::{
    io,
    path::{Path, PathBuf},
};

use anyhow::Context as _;

use crate::{client::Roots, files};

/// The roots in a file, in several files separated by commas, or in the files of a directory.
///
/// A file that holds none is an error: what was meant to be trusted is never replaced by what happens to be.
pub(crate) fn read(argument: &str) -> anyhow::Result<Roots> {
    let paths: Vec<PathBuf> = if Path::new(argument).is_dir() {
        let entries = std::fs::read_dir(argument).with_context(|| format!("open {argument} failed"))?;
        let mut paths = entries.map(|entry| Ok(entry?.path())).collect::<io::Result<Vec<_>>>()?;
        paths.retain(|path| path.is_file());
        paths.sort();
        paths
    } else {
        argument.split(',').map(PathBuf::from).collect()
    };
    let mut all: Option<Roots> = None;
    for path in paths {
        let roots = Roots::from_bytes(&files::read(&path)?);
        let roots = roots.with_context(|| format!("error reading {}", path.display()))?;
        all = Some(match all {
            Some(others) => others.join(roots),
            None => roots,
        });
    }
    all.with_context(|| format!("{argument} holds no certificate"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::root_certificate;

    #[test]
    fn files_and_folders_are_joined() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let path = |name: &str| folder.path().join(name).display().to_string();
        for name in ["a", "b"] {
            std::fs::write(path(name), root_certificate()).expect("writable");
        }
        let count = |argument: &str| format!("{:?}", read(argument).expect(argument)).matches("CertificateDer").count();
        assert_eq!(count(&path("a")), 1);
        assert_eq!(count(&format!("{},{}", path("a"), path("b"))), 2);
        assert_eq!(count(&path("")), 2);
    }

    #[test]
    fn roots_that_cannot_be_read_are_an_error() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let path = |name: &str| folder.path().join(name).display().to_string();
        assert!(read(&path("missing")).is_err());
        assert!(read(&path("")).is_err());
        std::fs::write(path("empty"), "").expect("writable");
        assert!(read(&path("empty")).is_err());
        assert!(read(&path("")).is_err());
    }
}
