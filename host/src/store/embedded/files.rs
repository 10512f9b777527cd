//! The store's files: who may read them, who has them open, and what was last seen in them.
//!
//! ```text
//! db/step-ca.sqlite           the database, with SQLite's own -wal and -shm beside it
//! db/step-ca.sqlite.lock      locked while a server has the store open
//! db/step-ca.sqlite.crl       the last list of revoked certificates, for when nothing can be written any more
//! db-seen/step-ca.sqlite.head the end of the audit log, to recognise a store that was set back
//! ```
//!
//! The end of the log lies in another folder than the rest: whoever puts back a copy of the store's folder must not put
//! back what tells that it is one.

use std::{
    ffi::{OsStr, OsString},
    fs::{DirBuilder, File, Metadata, OpenOptions, Permissions},
    io,
    os::unix::fs::{DirBuilderExt, MetadataExt, OpenOptionsExt, PermissionsExt},
    path::{Path, PathBuf},
};

use super::read_only;
use crate::store::{MaintenanceError, error::OpenError};

/// The paths of a store whose folder exists and is ours alone to write.
#[derive(Clone, Debug)]
pub(super) struct Files {
    pub(super) database: PathBuf,
    pub(super) head: PathBuf,
    /// Where earlier versions had it.
    pub(super) head_beside: PathBuf,
    /// The last list of revoked certificates.
    pub(super) list: PathBuf,
    lock: PathBuf,
}

impl Files {
    /// Makes the folders when they are missing, and judges what is there. Without `head`, a folder next to that of the
    /// database is chosen.
    pub(super) fn prepare(database: &Path, head: Option<&Path>) -> Result<Self, OpenError> {
        let folder = folder_of(database);
        let failed = |source| OpenError::Io { path: folder.to_owned(), source };
        let name = database.file_name().ok_or_else(|| OpenError::NotAFile { path: database.to_owned() })?;
        // Recursive: existing folders are left as they are.
        DirBuilder::new().recursive(true).mode(0o700).create(folder).map_err(failed)?;
        // SQLite refuses links anywhere in the path, and is right about the last part.
        let folder = folder.canonicalize().map_err(failed)?;
        judge_folder(&folder)?;
        let beside = |suffix: &str| folder.join(with_suffix(name, suffix));
        let files = Self {
            database: folder.join(name),
            head: place_of_head(&folder, name, head)?,
            head_beside: beside(".head"),
            list: beside(".crl"),
            lock: beside(".lock"),
        };
        let Self { database, head, head_beside, list, lock } = &files;
        for path in [database, head, head_beside, list, lock, &beside("-wal"), &beside("-shm")] {
            judge_file(path)?;
        }
        Ok(files)
    }

    /// Holds the store until the answer is dropped, or the process ends in whatever way.
    ///
    /// Nothing when a store is there and its folder cannot be written.
    pub(super) fn lock(&self) -> Result<Option<File>, OpenError> {
        let lock = match open_private(&self.lock) {
            Ok(lock) => lock,
            Err(error) if read_only::is_cause(&error) && self.has_database() => return Ok(None),
            Err(source) => return Err(OpenError::Io { path: self.lock.clone(), source }),
        };
        lock.try_lock().map_err(|error| read_only::not_locked(error, &self.database, &self.lock))?;
        Ok(Some(lock))
    }

    /// Holds the store against those who would write it. Where there is no file to lock, nobody can make one.
    pub(super) fn lock_to_read(&self) -> Result<Option<File>, OpenError> {
        let lock = match File::open(&self.lock) {
            Ok(lock) => lock,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(source) => return Err(OpenError::Io { path: self.lock.clone(), source }),
        };
        lock.try_lock_shared().map_err(|error| read_only::not_locked(error, &self.database, &self.lock))?;
        Ok(Some(lock))
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

/// The path of the head, in a folder that exists, is ours alone to write, and does not travel with the store's.
fn place_of_head(store: &Path, name: &OsStr, wanted: Option<&Path>) -> Result<PathBuf, OpenError> {
    let head = match wanted {
        Some(wanted) => wanted.to_owned(),
        None => next_to(store).join(with_suffix(name, ".head")),
    };
    let not_a_file = || OpenError::NotAFile { path: head.clone() };
    let name = head.file_name().ok_or_else(not_a_file)?;
    let folder = folder_of(&head);
    let failed = |source| OpenError::Head { path: head.clone(), source };
    let existed = folder.exists();
    DirBuilder::new().recursive(true).mode(0o700).create(folder).map_err(failed)?;
    let folder = folder.canonicalize().map_err(failed)?;
    if !existed && let Some(above) = folder.parent() {
        File::open(above).and_then(|above| above.sync_all()).map_err(failed)?;
    }
    if folder.starts_with(store) {
        return Err(OpenError::HeadInside { path: folder.join(name), store: store.to_owned() });
    }
    judge_folder(&folder)?;
    Ok(folder.join(name))
}

/// `db-seen` for `db`.
fn next_to(folder: &Path) -> PathBuf {
    // The root has no name, and nothing is next to it: it is refused as a place inside.
    folder.file_name().map_or_else(|| folder.to_owned(), |name| folder.with_file_name(with_suffix(name, "-seen")))
}

fn with_suffix(name: &OsStr, suffix: &str) -> OsString {
    let mut name = name.to_owned();
    name.push(suffix);
    name
}

/// The canonical path of a file that is there, is ours and is closed to others; nothing is made.
pub(super) fn existing(path: &Path) -> Result<PathBuf, MaintenanceError> {
    let failed = |source: io::Error| match source.kind() {
        io::ErrorKind::NotFound => MaintenanceError::NoStore { path: path.to_owned() },
        _ => MaintenanceError::Io { path: path.to_owned(), source },
    };
    path.symlink_metadata().map_err(failed)?;
    judge_file(path)?;
    // SQLite refuses links anywhere in the path, and is right about the last part.
    let folder = folder_of(path).canonicalize().map_err(failed)?;
    Ok(folder.join(path.file_name().unwrap_or_default()))
}

pub(super) fn folder_of(path: &Path) -> &Path {
    match path.parent() {
        Some(folder) if folder != Path::new("") => folder,
        _ => Path::new("."),
    }
}

/// Makes the folder of a file when it is missing, and judges what is there.
pub(super) fn prepare_file(path: &Path) -> Result<(), OpenError> {
    let folder = folder_of(path);
    let failed = |source| OpenError::Io { path: folder.to_owned(), source };
    DirBuilder::new().recursive(true).mode(0o700).create(folder).map_err(failed)?;
    judge_folder(folder)?;
    judge_file(path)
}

/// Makes durable that a file was made.
pub(super) fn sync_folder_of(path: &Path) -> io::Result<()> {
    File::open(folder_of(path))?.sync_all()
}

/// Opens a file for reading and writing with mode 0600 whatever the umask, never through a link.
pub(super) fn open_private(path: &Path) -> io::Result<File> {
    open_with(path, OpenOptions::new().write(true))
}

/// The same, for writing at its end alone.
pub(super) fn open_to_append(path: &Path) -> io::Result<File> {
    open_with(path, OpenOptions::new().append(true))
}

fn open_with(path: &Path, options: &mut OpenOptions) -> io::Result<File> {
    let no_follow = rustix::fs::OFlags::NOFOLLOW.bits().cast_signed();
    options.read(true).mode(0o600).custom_flags(no_follow);
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
