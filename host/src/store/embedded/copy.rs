//! Copies of a database, which get their name when they are whole.

use std::{
    ffi::OsString,
    fs::{File, OpenOptions, remove_file},
    io,
    os::unix::fs::OpenOptionsExt,
    path::{Path, PathBuf},
    time::Duration,
};

use authority::Timestamp;
use rusqlite::{Connection, backup::Backup};
use rustix::fs::{CWD, RenameFlags, renameat_with};

use super::{check, connection, files, state::State};
use crate::{
    decision,
    store::{MaintenanceError, Report, StoreError},
};

/// A copy under a name of its own, beside where it is to be. Unless it is placed it goes.
pub(super) struct Unplaced {
    path: PathBuf,
    connection: Option<Connection>,
    is_placed: bool,
}

impl Unplaced {
    /// Copies `source` as it is at this moment. Whoever writes it meanwhile is not kept waiting.
    pub(super) fn of(source: &Connection, to: &Path) -> Result<Self, MaintenanceError> {
        let path = beside(to)?;
        let failed = |source| MaintenanceError::Io { path: path.clone(), source };
        let mut options = OpenOptions::new();
        options.write(true).create_new(true).mode(0o600).open(&path).map_err(failed)?;
        let mut copy = Self { path, connection: None, is_placed: false };
        let copied = copy.fill(source).map_err(|error| copy.failed(error))?;
        copy.connection = Some(copied);
        fail::fail_point!("store::copied");
        Ok(copy)
    }

    fn fill(&self, source: &Connection) -> Result<Connection, StoreError> {
        let mut copy = connection::of_copy(&self.path)?;
        // All pages in one step, which is one snapshot of the source: between steps it would have to begin anew whenever
        // somebody has written.
        Backup::new(source, &mut copy)?.run_to_completion(i32::MAX, Duration::from_millis(50), None)?;
        // One file and nothing beside it, which can be carried anywhere.
        copy.pragma_update(None, "journal_mode", "DELETE")?;
        Ok(copy)
    }

    /// Brings the schema of an old copy up to date.
    pub(super) fn migrate(&mut self, now: Timestamp) -> Result<(), MaintenanceError> {
        let Self { path, connection: Some(connection), .. } = self else { return Ok(()) };
        Ok(connection::migrate(connection, path, &State::new([0; 16], now))?)
    }

    /// Reads all of it, once more from the file.
    pub(super) fn check(&self) -> Result<Report, MaintenanceError> {
        self.look(check::whole)
    }

    /// Looks into it.
    pub(super) fn look<T>(
        &self,
        read: impl FnOnce(&Connection) -> Result<T, StoreError>,
    ) -> Result<T, MaintenanceError> {
        let connection = self.connection.as_ref().ok_or_else(|| self.failed(StoreError::OutcomeUnknown))?;
        read(connection).map_err(|error| self.failed(error))
    }

    /// Gives it its name, durably, and tells how large it is.
    pub(super) fn place(mut self, to: &Path, overwrite: bool) -> Result<u64, MaintenanceError> {
        self.connection = None;
        let at = |path: &Path| {
            let path = path.to_owned();
            move |source: io::Error| match source.kind() {
                io::ErrorKind::AlreadyExists => MaintenanceError::Exists { path },
                _ => MaintenanceError::Io { path, source },
            }
        };
        let file = File::open(&self.path).map_err(at(&self.path))?;
        file.sync_all().map_err(at(&self.path))?;
        let octets = file.metadata().map_err(at(&self.path))?.len();
        fail::fail_point!("store::before_copy_is_placed");
        let flags = if overwrite { RenameFlags::empty() } else { RenameFlags::NOREPLACE };
        renameat_with(CWD, &self.path, CWD, to, flags).map_err(|error| at(to)(error.into()))?;
        self.is_placed = true;
        fail::fail_point!("store::after_copy_is_placed");
        files::sync_folder_of(to).map_err(at(to))?;
        Ok(octets)
    }

    fn failed(&self, source: StoreError) -> MaintenanceError {
        MaintenanceError::Store { path: self.path.clone(), source }
    }
}

impl Drop for Unplaced {
    fn drop(&mut self) {
        self.connection = None;
        if !self.is_placed {
            // What cannot be removed is in nobody's way, and its name says what it is.
            let _ = remove_file(&self.path);
        }
    }
}

/// A name that nobody else uses, in the folder where the copy is to be; SQLite refuses links on the way there.
fn beside(to: &Path) -> Result<PathBuf, MaintenanceError> {
    let failed = |source| MaintenanceError::Io { path: to.to_owned(), source };
    let name = to.file_name().ok_or_else(|| failed(io::ErrorKind::InvalidInput.into()))?;
    let folder = files::folder_of(to).canonicalize().map_err(failed)?;
    let mut unplaced = OsString::from(".");
    unplaced.push(name);
    unplaced.push(format!(".{}.partial", decision::fresh_id()));
    Ok(folder.join(unplaced))
}
