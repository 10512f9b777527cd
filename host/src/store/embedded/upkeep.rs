//! What is done to a store while no server has it open.

use std::{
    ffi::OsString,
    fs::{hard_link, remove_file, rename},
    io,
    path::{Path, PathBuf},
};

use authority::Timestamp;
use rusqlite::Connection;

use super::{
    Embedded, check, connection,
    copy::Unplaced,
    files::{self, Files},
    is_set_back,
    last_seen::LastSeen,
    state::State,
};
use crate::store::{
    CertificateRecord, Compacted, MaintenanceError, Restored, StoreError,
    error::{Damage, OpenError},
};

impl Embedded {
    /// Writes the database anew without the pages that are not used any more. For a while it takes as much room again.
    ///
    /// Certificates that ended before `forget` are dropped from their records first; those are kept, and so are the audit
    /// log, revocations and used credentials.
    ///
    /// # Errors
    /// A server has the store open, there is none, or it is damaged.
    pub fn compact(path: &Path, head: Option<&Path>, forget: Option<Timestamp>) -> Result<Compacted, MaintenanceError> {
        let files = Files::prepare(path, head)?;
        let _lock = hold(&files)?;
        let path = &files.database;
        if !files.has_database() {
            return Err(MaintenanceError::NoStore { path: path.clone() });
        }
        let in_path = |source| MaintenanceError::Store { path: path.clone(), source };
        let octets = || path.metadata().map(|file| file.len()).map_err(|source| io_error(path, source));
        let connection = connection::writer(path).map_err(in_path)?;
        connection::require_current(&connection, path)?;
        let before = check::at_start(&connection).map_err(in_path)?;
        if !checkpoint(&connection).map_err(in_path)? {
            return Err(MaintenanceError::BeingRead { path: path.clone() });
        }
        let octets_before = octets()?;
        let forgotten = forget.map_or(Ok(0), |before| forget_certificates(&connection, before)).map_err(in_path)?;
        // One transaction, like any other.
        connection.execute_batch("VACUUM").map_err(|error| in_path(error.into()))?;
        fail::fail_point!("store::compacted");
        checkpoint(&connection).map_err(in_path)?;
        let report = check::whole(&connection).map_err(in_path)?;
        if report.head != before.head {
            return Err(in_path(Damage::State.into()));
        }
        Ok(Compacted { report, forgotten, octets_before, octets_after: octets()? })
    }

    /// Puts a copy in the place of the store. It is read whole before; what it replaces is kept beside it. What was last
    /// seen of the store stays as it is, so that the next start finds out that it was set back.
    ///
    /// Whenever this is interrupted, the store is the one from before or the copy.
    ///
    /// # Errors
    /// A server has the store open, or the copy is damaged or of another store.
    pub fn restore(
        path: &Path,
        head: Option<&Path>,
        from: &Path,
        now: Timestamp,
    ) -> Result<Restored, MaintenanceError> {
        let from = files::existing(from)?;
        let files = Files::prepare(path, head)?;
        let _lock = hold(&files)?;
        let copy = copy_of(&from, &files.database, now)?;
        let report = copy.check()?;
        let state = copy.look(State::read)?;
        let seen = LastSeen::open(&files).and_then(|last_seen| last_seen.read());
        let seen = seen.map_err(|source| OpenError::Head { path: files.head.clone(), source })?;
        if seen.is_some_and(|seen| seen.log != state.log) {
            return Err(MaintenanceError::OtherStore { path: from, head: files.head });
        }
        let is_set_back = copy.look(|connection| is_set_back(connection, &state, seen))?;
        let aside = files.has_database().then(|| put_aside(&files.database, now)).transpose()?;
        copy.place(&files.database, true)?;
        Ok(Restored { report, is_set_back, aside })
    }
}

/// Drops those that ended before then, all or none, and tells how many.
fn forget_certificates(connection: &Connection, before: Timestamp) -> Result<u64, StoreError> {
    let transaction = connection.unchecked_transaction()?;
    let numbers: Vec<i64> = transaction
        .prepare("SELECT number FROM certificates WHERE not_after < ?1 AND length(der) > 0")?
        .query_map([before.as_unix()], |row| row.get(0))?
        .collect::<Result<_, _>>()?;
    let sql = format!("{} WHERE number = ?1", CertificateRecord::SELECT);
    let mut select = transaction.prepare(&sql)?;
    for number in &numbers {
        let mut rows = select.query([number])?;
        if let Some(row) = rows.next()? {
            CertificateRecord::from_row(row)?.forget(&transaction)?;
        }
    }
    drop(select);
    fail::fail_point!("store::forgotten");
    transaction.commit()?;
    Ok(numbers.len() as u64)
}

/// Holds the store against every server.
fn hold(files: &Files) -> Result<std::fs::File, MaintenanceError> {
    files.lock()?.ok_or_else(|| MaintenanceError::ReadOnly { path: files.database.clone() })
}

/// A copy beside the store, in today's schema.
fn copy_of(from: &Path, database: &Path, now: Timestamp) -> Result<Unplaced, MaintenanceError> {
    let source = connection::reader(from).map_err(|source| OpenError::Unusable { path: from.to_owned(), source })?;
    match connection::require_current(&source, from) {
        Ok(()) | Err(OpenError::Older { .. }) => {}
        Err(error) => return Err(error.into()),
    }
    let mut copy = Unplaced::of(&source, database)?;
    copy.migrate(now)?;
    Ok(copy)
}

/// Gives the store a second name, and sees to it that nothing lies beside the first that SQLite would take for a part of
/// what comes next.
fn put_aside(database: &Path, now: Timestamp) -> Result<PathBuf, MaintenanceError> {
    let aside = with_suffix(database, &format!(".replaced-{}", now.as_unix()));
    let (log, index) = (with_suffix(database, "-wal"), with_suffix(database, "-shm"));
    let settled = connection::writer(database).and_then(|connection| checkpoint(&connection));
    if matches!(settled, Ok(false)) {
        return Err(MaintenanceError::BeingRead { path: database.to_owned() });
    }
    match hard_link(database, &aside) {
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {
            return Err(MaintenanceError::Exists { path: aside });
        }
        linked => linked.map_err(|source| io_error(&aside, source))?,
    }
    files::sync_folder_of(database).map_err(|source| io_error(database, source))?;
    fail::fail_point!("store::put_aside");
    match settled {
        // All of the log is in the database.
        Ok(_) => remove_if_there(&log)?,
        // It is damaged; whoever looks into it may need the log.
        Err(_) if log.exists() => {
            rename(&log, with_suffix(&aside, "-wal")).map_err(|source| io_error(&log, source))?;
        }
        Err(_) => {}
    }
    remove_if_there(&index)?;
    Ok(aside)
}

/// Writes the log of the database into it; false when somebody reads and that was not possible.
fn checkpoint(connection: &Connection) -> Result<bool, StoreError> {
    let is_busy: bool = connection.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |row| row.get(0))?;
    Ok(!is_busy)
}

fn remove_if_there(path: &Path) -> Result<(), MaintenanceError> {
    match remove_file(path) {
        Err(source) if source.kind() != io::ErrorKind::NotFound => Err(io_error(path, source)),
        _ => Ok(()),
    }
}

fn with_suffix(path: &Path, suffix: &str) -> PathBuf {
    let mut name: OsString = path.as_os_str().to_owned();
    name.push(suffix);
    name.into()
}

fn io_error(path: &Path, source: io::Error) -> MaintenanceError {
    MaintenanceError::Io { path: path.to_owned(), source }
}
