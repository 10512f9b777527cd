//! Replacing a file in one step: after a crash there is the old file or the new one, never half of either.

use std::{
    fs::{File, OpenOptions},
    io::{self, Write as _},
    os::unix::fs::OpenOptionsExt as _,
    path::Path,
};

use crate::random;

/// Writes the octets to a new file beside `path`, readable by its owner only, and renames it to `path`.
///
/// A link at `path` is replaced, not followed.
pub(super) fn replace(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let folder = match path.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder,
        _ => Path::new("."),
    };
    let name = path.file_name().ok_or(io::ErrorKind::InvalidInput)?.to_string_lossy();
    let temporary = folder.join(format!(".{name}.{}", hex::encode(random::octets::<8>())));
    let written = write(&temporary, bytes).and_then(|()| std::fs::rename(&temporary, path));
    if written.is_err() {
        // What is left over is ours and useless; that it could not be removed is not the error to report.
        let _ = std::fs::remove_file(&temporary);
    }
    written?;
    // The rename is on disk only when the folder is.
    File::open(folder)?.sync_all()
}

fn write(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let mut file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(path)?;
    file.write_all(bytes)?;
    file.sync_all()
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::{PermissionsExt as _, symlink};

    use super::*;

    #[test]
    fn the_file_is_private_and_nothing_else_is_left() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let path = folder.path().join("key");
        for content in ["one", "two"] {
            replace(&path, content.as_bytes()).expect("written");
            assert_eq!(std::fs::read_to_string(&path).expect("there"), content);
        }
        assert_eq!(std::fs::metadata(&path).expect("there").permissions().mode() & 0o777, 0o600);
        assert_eq!(std::fs::read_dir(folder.path()).expect("readable").count(), 1);
    }

    #[test]
    fn a_link_is_replaced_and_not_followed() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let (target, link) = (folder.path().join("target"), folder.path().join("link"));
        std::fs::write(&target, "untouched").expect("written");
        symlink(&target, &link).expect("linked");
        replace(&link, b"new").expect("written");
        assert_eq!(std::fs::read_to_string(&target).expect("there"), "untouched");
        assert_eq!(std::fs::read_to_string(&link).expect("there"), "new");
    }

    #[test]
    fn a_write_that_fails_leaves_nothing_behind() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let path = folder.path().join("a-directory");
        std::fs::create_dir(&path).expect("made");
        std::fs::write(path.join("content"), "").expect("written");
        assert!(replace(&path, b"x").is_err());
        assert_eq!(std::fs::read_dir(folder.path()).expect("readable").count(), 1);
    }
}
