//! Reading secrets that are secret.

use std::{fs::File, io::Read, os::unix::fs::MetadataExt, path::Path};

use rustix::process::geteuid;
use zeroize::Zeroizing;

use crate::{FileError, files::io_failed};

/// Whether a file that holds a secret is one: it belongs to the user of this program or to root, and nobody else may
/// read or write it. A file of root may be readable by its group, as mounted secrets are. What is no regular file, such
/// as a pipe, has no mode to check.
///
/// # Errors
/// [`FileError::Open`] and [`FileError::Foreign`], whose texts say what mends it; [`FileError::Io`].
pub fn check_private(path: &Path) -> Result<(), FileError> {
    open_private(path).map(drop)
}

/// Reads a secret of at most 1 MiB; checked is the file that is read, not the path.
///
/// # Errors
/// As [`check_private`], and [`FileError::TooLong`].
pub fn read_private(path: &Path) -> Result<Zeroizing<Vec<u8>>, FileError> {
    const LIMIT: u64 = 1024 * 1024;
    let file = open_private(path)?;
    let expected = file.metadata().map_or(0, |metadata| metadata.len()).min(LIMIT);
    // Large enough from the start: a buffer that grows leaves copies behind.
    let mut contents = Zeroizing::new(Vec::with_capacity(usize::try_from(expected).unwrap_or(0).max(8 * 1024)));
    file.take(LIMIT + 1).read_to_end(&mut contents).map_err(|source| io_failed("read", path, source))?;
    if contents.len() as u64 > LIMIT {
        return Err(FileError::TooLong { path: path.to_owned(), limit: LIMIT });
    }
    Ok(contents)
}

fn open_private(path: &Path) -> Result<File, FileError> {
    let file = File::open(path).map_err(|source| io_failed("open", path, source))?;
    let metadata = file.metadata().map_err(|source| io_failed("open", path, source))?;
    if metadata.is_file() {
        check_owner_and_mode(path, metadata.uid(), metadata.mode(), geteuid().as_raw())?;
    }
    Ok(file)
}

fn check_owner_and_mode(path: &Path, owner: u32, mode: u32, user: u32) -> Result<(), FileError> {
    const ROOT: u32 = 0;
    if owner != user && owner != ROOT {
        return Err(FileError::Foreign { path: path.to_owned(), owner, user });
    }
    let (allowed, wanted) = if owner == ROOT && user != ROOT { (0o740, "640") } else { (0o700, "600") };
    // Root's own files may be readable by the group too: that is how secrets are mounted into containers.
    let allowed = if owner == ROOT { allowed | 0o040 } else { allowed };
    if mode & 0o777 & !allowed != 0 {
        return Err(FileError::Open { path: path.to_owned(), mode: mode & 0o7777, wanted });
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::{
        fs::{self, Permissions},
        os::unix::fs::PermissionsExt,
    };

    use super::*;
    use crate::{Access, Overwrite, write};

    #[test]
    fn a_secret_that_others_can_read_is_refused_with_what_mends_it() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("key");
        fs::write(&path, "secret").unwrap();
        let set = |mode| fs::set_permissions(&path, Permissions::from_mode(mode)).unwrap();
        for mode in [0o600, 0o400, 0o700] {
            set(mode);
            assert_eq!(read_private(&path).unwrap().as_slice(), b"secret", "{mode:o}");
        }
        for mode in [0o604, 0o602, 0o620, 0o660, 0o644, 0o777] {
            set(mode);
            let text = check_private(&path).unwrap_err().to_string();
            assert!(text.contains("run: chmod 6") && text.contains(path.to_str().unwrap()), "{text}");
        }
    }

    #[test]
    fn owner_and_mode_decide_together() {
        let check = |owner, mode, user| check_owner_and_mode(Path::new("k"), owner, mode, user).is_ok();
        for (owner, user) in [(1000, 1000), (0, 0), (0, 1000)] {
            assert!(check(owner, 0o100_600, user));
            assert!(!check(owner, 0o100_604, user));
            assert!(!check(owner, 0o100_620, user));
        }
        assert!(check(0, 0o100_640, 1000), "a mounted secret");
        assert!(!check(1000, 0o100_640, 1000));
        assert!(!check(1001, 0o100_600, 1000), "somebody else's");
        assert!(!check(1001, 0o100_600, 0), "somebody else's, and we are root");
    }

    #[test]
    fn a_secret_has_a_size() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("key");
        write(&path, &vec![0; 1024 * 1024], Access::Private, Overwrite::Refuse).unwrap();
        assert!(read_private(&path).is_ok());
        write(&path, &vec![0; 1024 * 1024 + 1], Access::Private, Overwrite::Allow).unwrap();
        assert!(matches!(read_private(&path), Err(FileError::TooLong { .. })));
    }
}
