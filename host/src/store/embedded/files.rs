//! The store's files: who may read them, who has them open, and what was last seen in them.
//!
//! ```text
//! step-ca.sqlite          the database, with SQLite's own -wal and -shm beside it
//! step-ca.sqlite.lock     locked while a server has the store open
//! step-ca.sqlite.head     the end of the audit log, to recognise a store that was set back
//! ```

use std::{
    ffi::OsString,
    fs::{DirBuilder, File, Metadata, OpenOptions, Permissions, TryLockError},
    io,
    os::unix::fs::{DirBuilderExt, MetadataExt, OpenOptionsExt, PermissionsExt},
    path::{Path, PathBuf},
};

use crate::store::error::OpenError;

/// The paths of a store whose folder exists and is ours alone to write.
#[derive(Clone, Debug)]
pub(super) struct Files {
    pub(super) database: PathBuf,
    pub(super) head: PathBuf,
    lock: PathBuf,
}

impl Files {
    /// Makes the folder when it is missing, and judges what is there.
    pub(super) fn prepare(database: &Path) -> Result<Self, OpenError> {
        let folder = match database.parent() {
            Some(folder) if folder != Path::new("") => folder,
            _ => Path::new("."),
        };
        let failed = |source| OpenError::Io { path: folder.to_owned(), source };
        let name = database.file_name().ok_or_else(|| OpenError::NotAFile { path: database.to_owned() })?;
        // Recursive: existing folders are left as they are.
        DirBuilder::new().recursive(true).mode(0o700).create(folder).map_err(failed)?;
        // SQLite refuses links anywhere in the path, and is right about the last part.
        let folder = folder.canonicalize().map_err(failed)?;
        judge_folder(&folder)?;
        let beside = |suffix: &str| {
            let mut name = OsString::from(name);
            name.push(suffix);
            folder.join(name)
        };
        let files = Self { database: folder.join(name), head: beside(".head"), lock: beside(".lock") };
        for path in [&files.database, &files.head, &files.lock, &beside("-wal"), &beside("-shm")] {
            judge_file(path)?;
        }
        Ok(files)
    }

    /// Holds the store until the answer is dropped, or the process ends in whatever way.
    pub(super) fn lock(&self) -> Result<File, OpenError> {
        let failed = |source| OpenError::Io { path: self.lock.clone(), source };
        let lock = open_private(&self.lock).map_err(failed)?;
        match lock.try_lock() {
            Ok(()) => Ok(lock),
            Err(TryLockError::WouldBlock) => Err(OpenError::InUse { path: self.database.clone() }),
            Err(TryLockError::Error(source)) => Err(failed(source)),
        }
    }

    /// Makes the database file, empty, before SQLite does: it would use the umask.
    pub(super) fn create_database(&self) -> Result<(), OpenError> {
        let failed = |source| OpenError::Io { path: self.database.clone(), source };
        open_private(&self.database).and_then(|file| file.sync_all()).map_err(failed)?;
        if let Some(folder) = self.database.parent() {
            File::open(folder).and_then(|folder| folder.sync_all()).map_err(failed)?;
        }
        Ok(())
    }

    /// Whether there is a database with something in it.
    pub(super) fn has_database(&self) -> bool {
        self.database.symlink_metadata().is_ok_and(|metadata| metadata.len() > 0)
    }
}

/// Opens a file for reading and writing with mode 0600 whatever the umask, never through a link.
pub(super) fn open_private(path: &Path) -> io::Result<File> {
    let no_follow = rustix::fs::OFlags::NOFOLLOW.bits().cast_signed();
    let mut options = OpenOptions::new();
    options.read(true).write(true).mode(0o600).custom_flags(no_follow);
    match options.clone().create_new(true).open(path) {
        Ok(file) => {
            file.set_permissions(Permissions::from_mode(0o600))?;
            Ok(file)
        }
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => options.open(path),
        Err(error) => Err(error),
    }
}

fn judge_folder(path: &Path) -> Result<(), OpenError> {
    let metadata = path.metadata().map_err(|source| OpenError::Io { path: path.to_owned(), source })?;
    judge_owner(path, &metadata)?;
    // Who can write a folder can put another store in the place of ours.
    let mode = metadata.mode() & 0o7777;
    if mode & 0o022 != 0 {
        return Err(OpenError::Exposed { path: path.to_owned(), mode, right: "700" });
    }
    Ok(())
}

fn judge_file(path: &Path) -> Result<(), OpenError> {
    let metadata = match path.symlink_metadata() {
        Ok(metadata) => metadata,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
        Err(source) => return Err(OpenError::Io { path: path.to_owned(), source }),
    };
    if !metadata.is_file() {
        return Err(OpenError::NotAFile { path: path.to_owned() });
    }
    judge_owner(path, &metadata)?;
    let mode = metadata.mode() & 0o7777;
    if mode & 0o077 != 0 {
        return Err(OpenError::Exposed { path: path.to_owned(), mode, right: "600" });
    }
    Ok(())
}

fn judge_owner(path: &Path, metadata: &Metadata) -> Result<(), OpenError> {
    let (owner, ours) = (metadata.uid(), rustix::process::geteuid().as_raw());
    if owner != ours {
        return Err(OpenError::ForeignOwner { path: path.to_owned(), owner, ours });
    }
    Ok(())
}
