//! A store that cannot be written, because its file system is mounted read-only or its modes say so.
//!
//! What is on record can be read, and nothing is added: whoever asks for that is told, at once. The store is looked at
//! as at any start, so a damaged one is refused here, too. It is not opened for writing again before the next start.

use std::{
    fs::TryLockError,
    path::Path,
    sync::{Arc, Mutex, atomic::AtomicBool},
};

use authority::Timestamp;

use super::{Embedded, End, Shared, check, connection, files::Files, last_seen, readers::Readers, refusals::Refusals};
use crate::store::{Origin, error::OpenError, meters::StoreMeters};

/// Opens what is there. A server that writes, on whichever machine, does not open it meanwhile.
pub(super) fn open(files: &Files, now: Timestamp) -> Result<Embedded, OpenError> {
    let lock = files.lock_to_read()?;
    let in_path = |error| super::open_error(&files.database, error);
    let connection = connection::reader_of_read_only(&files.database).map_err(in_path)?;
    connection::require_current(&connection, &files.database)?;
    let state = check::at_start(&connection).map_err(in_path)?;
    let seen = last_seen::peek(files).map_err(|source| OpenError::Head { path: files.head.clone(), source })?;
    let is_set_back = super::is_set_back(&connection, &state, seen).map_err(in_path)?;
    drop(connection);
    tracing::error!(
        store = %files.database.display(),
        "the store cannot be written: nothing is issued, renewed or revoked, and refusals are not on record. What is on \
         record is served. Make it writable and start again"
    );
    let shared = Shared {
        ready: AtomicBool::new(false),
        end: Mutex::new(End::from(&state)),
        refusals: Refusals::default(),
        readers: Readers::of_read_only(files.database.clone()),
        meters: StoreMeters::default(),
    };
    let set_back = is_set_back.then_some(now).or(state.set_back);
    Ok(Embedded {
        operations: None,
        writer: None,
        shared: Arc::new(shared),
        origin: Origin { created: state.created, set_back },
        log: state.log,
        is_read_only: true,
        kept_list: files.list.clone(),
        _lock: lock,
    })
}

/// Whether an error of the file system means that nothing can be written there, for whatever reason.
pub(super) fn is_cause(error: &std::io::Error) -> bool {
    use std::io::ErrorKind as E;
    matches!(error.kind(), E::ReadOnlyFilesystem | E::PermissionDenied)
}

/// What it means that a lock was not had.
pub(super) fn not_locked(error: TryLockError, database: &Path, lock: &Path) -> OpenError {
    match error {
        TryLockError::WouldBlock => OpenError::InUse { path: database.to_owned() },
        TryLockError::Error(source) => OpenError::Io { path: lock.to_owned(), source },
    }
}
