//! Connections to the database: how they are set, and the schema they find.

use std::{
    cmp::Ordering,
    os::unix::ffi::OsStrExt,
    path::{Path, PathBuf},
    time::Duration,
};

use rusqlite::{Connection, OpenFlags, config::DbConfig};

use super::state::State;
use crate::store::error::{OpenError, StoreError};

/// The schema, step by step; a step that was published is never changed.
const MIGRATIONS: &[&str] = &[
    include_str!("../migrations/0001_issuance.sql"),
    include_str!("../migrations/0002_revocation.sql"),
    include_str!("../migrations/0003_set_back.sql"),
    include_str!("../migrations/0004_compromised_keys.sql"),
    include_str!("../migrations/0005_compromises.sql"),
    include_str!("../migrations/0006_decisions.sql"),
    include_str!("../migrations/0007_intents.sql"),
    include_str!("../migrations/0008_recalls.sql"),
    include_str!("../migrations/0009_modules.sql"),
    include_str!("../migrations/0010_no_index_of_fingerprints.sql"),
    include_str!("../migrations/0011_consumed.sql"),
];

/// Marks the file as ours: "step" in ASCII.
const APPLICATION_ID: i64 = 0x7374_6570;

/// The one connection that writes.
pub(super) fn writer(path: &Path) -> Result<Connection, StoreError> {
    let connection = open(path, OpenFlags::SQLITE_OPEN_READ_WRITE)?;
    connection.pragma_update(None, "journal_mode", "WAL")?;
    // Every commit is on the disk before it is one.
    connection.pragma_update(None, "synchronous", "FULL")?;
    connection.pragma_update(None, "wal_autocheckpoint", 4_000)?;
    // Pages of the indexes that random keys fall into; in KiB.
    connection.pragma_update(None, "cache_size", -16_384)?;
    Ok(connection)
}

/// A connection that cannot write.
pub(super) fn reader(path: &Path) -> Result<Connection, StoreError> {
    let connection = open(path, OpenFlags::SQLITE_OPEN_READ_ONLY)?;
    connection.pragma_update(None, "query_only", true)?;
    Ok(connection)
}

/// A connection to a file that nobody can write.
///
/// Where the write-ahead log of a server that was killed lies beside it, SQLite reads both. Where there is none it would
/// make one, and has to be told that it need not.
pub(super) fn reader_of_read_only(path: &Path) -> Result<Connection, StoreError> {
    let log = with_suffix(path, "-wal");
    if log.metadata().is_ok_and(|log| log.len() > 0) {
        return reader(path);
    }
    let name: String = path.as_os_str().as_bytes().iter().map(|octet| format!("%{octet:02x}")).collect();
    let uri = format!("file:{name}?immutable=1");
    let connection = open(Path::new(&uri), OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_URI)?;
    connection.pragma_update(None, "query_only", true)?;
    Ok(connection)
}

fn with_suffix(path: &Path, suffix: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(suffix);
    name.into()
}

/// A connection to a copy that is being made.
pub(super) fn of_copy(path: &Path) -> Result<Connection, StoreError> {
    let connection = open(path, OpenFlags::SQLITE_OPEN_READ_WRITE)?;
    connection.pragma_update(None, "synchronous", "FULL")?;
    Ok(connection)
}

fn open(path: &Path, access: OpenFlags) -> Result<Connection, StoreError> {
    // Each connection has one thread at a time, so SQLite need not lock.
    let flags = access | OpenFlags::SQLITE_OPEN_NO_MUTEX | OpenFlags::SQLITE_OPEN_NOFOLLOW;
    let connection = Connection::open_with_flags(path, flags)?;
    connection.busy_timeout(Duration::from_secs(2))?;
    connection.set_prepared_statement_cache_capacity(64);
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_DEFENSIVE, true)?;
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_TRUSTED_SCHEMA, false)?;
    connection.pragma_update(None, "cell_size_check", true)?;
    connection.pragma_update(None, "foreign_keys", true)?;
    Ok(connection)
}

/// Refuses a store whose schema a start with write access would change.
pub(super) fn require_current(connection: &Connection, path: &Path) -> Result<(), OpenError> {
    let unusable = |error: rusqlite::Error| super::open_error(path, error.into());
    let number = |pragma: &str| connection.pragma_query_value(None, pragma, |row| row.get::<_, i64>(0));
    if number("application_id").map_err(unusable)? != APPLICATION_ID {
        return Err(OpenError::Foreign { path: path.to_owned() });
    }
    let (found, known) = (number("user_version").map_err(unusable)?, latest());
    match found.cmp(&known) {
        Ordering::Less => Err(OpenError::Older { path: path.to_owned(), found, known }),
        Ordering::Equal => Ok(()),
        Ordering::Greater => Err(OpenError::Newer { path: path.to_owned(), found, known }),
    }
}

/// The schema this program knows.
fn latest() -> i64 {
    i64::try_from(MIGRATIONS.len()).unwrap_or(i64::MAX)
}

/// Brings the schema up to date, one transaction a step. An empty database gets `first` as its state.
pub(super) fn migrate(connection: &mut Connection, path: &Path, first: &State) -> Result<(), OpenError> {
    let unusable = |error: rusqlite::Error| super::open_error(path, error.into());
    let number = |pragma: &str| connection.pragma_query_value(None, pragma, |row| row.get::<_, i64>(0));
    let found = number("user_version").map_err(unusable)?;
    let application_id = number("application_id").map_err(unusable)?;
    let count = "SELECT count(*) FROM sqlite_schema";
    let objects: i64 = connection.query_row(count, [], |row| row.get(0)).map_err(unusable)?;
    let is_empty = objects == 0 && application_id == 0 && found == 0;
    if !is_empty && application_id != APPLICATION_ID {
        return Err(OpenError::Foreign { path: path.to_owned() });
    }
    let known = latest();
    if !(0..=known).contains(&found) {
        return Err(OpenError::Newer { path: path.to_owned(), found, known });
    }
    for (version, step) in (1_i64..).zip(MIGRATIONS).filter(|(version, _)| *version > found) {
        let transaction = connection.transaction().map_err(unusable)?;
        transaction.execute_batch(step).map_err(unusable)?;
        match version {
            1 => first.write(&transaction).map_err(unusable)?,
            2 => first.revocations.write(&transaction).map_err(unusable)?,
            _ => {}
        }
        transaction.pragma_update(None, "user_version", version).map_err(unusable)?;
        transaction.pragma_update(None, "application_id", APPLICATION_ID).map_err(unusable)?;
        transaction.commit().map_err(unusable)?;
    }
    Ok(())
}
