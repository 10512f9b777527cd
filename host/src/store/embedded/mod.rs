//! The store in one file: SQLite, one writer with group commit, readers beside it.
//!
//! ```text
//!  record ─┐                      ┌─ one transaction for all that waited ─┐
//!  record ─┼─► queue ─► writer ──►│ spent, certificates, audit, state     ├─► flush ─► answers
//!  prune  ─┘                      └───────────────────────────────────────┘
//!  certificate, is_spent, … ─► readers (write-ahead log: they never wait for the writer)
//! ```
//!
//! Promises beyond those of [`Store`]: one server at a time; files nobody else can read; a store that is damaged, cut,
//! missing or older than it was is recognised when it is opened.

mod audit_file;
mod certificates;
mod check;
mod connection;
mod consumed;
mod copy;
mod data;
mod decisions;
mod descent;
mod files;
mod intents;
mod last_seen;
mod log_reader;
mod modules;
mod operation;
mod read_only;
mod reader;
mod readers;
mod recalls;
mod refusals;
mod revocations;
mod state;
mod transaction;
mod upkeep;
mod writer;

#[cfg(test)]
mod tests;

use std::{
    fs::File,
    path::{Path, PathBuf},
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicBool, Ordering},
        mpsc::{SyncSender, TrySendError, sync_channel},
    },
    thread::JoinHandle,
};

use authority::{SerialNumber, Timestamp};
use bytes::Bytes;
use rusqlite::{Connection, OptionalExtension};
use steppath::{Access, Overwrite};
use tokio::{sync::oneshot, time::timeout};

pub use self::reader::Reader;
use self::{
    audit_file::AuditFile,
    files::Files,
    last_seen::{LastSeen, Seen},
    operation::{Operation, Reply},
    readers::Readers,
    refusals::Refusals,
    state::State,
    writer::Writer,
};
use super::{
    Answer, CertificatePage, CertificateQuery, CertificateRecord, ConfigurationRecord, Consumption, DataChange,
    DecisionRecord, Intent, Issuance, ListBasis, ModuleRecord, Origin, Page, Recall, RecallRecord, Recorded, Report,
    Revocation, RevocationRecord, Store,
    certificate::StoredCertificate,
    error::{OpenError, StoreError, Unavailable},
    meters::StoreMeters,
};
use crate::{
    audit::{Digest, Entry, Head},
    limits,
};

/// A store in a file.
pub struct Embedded {
    /// None while it is dropped, and when nothing can be written.
    operations: Option<SyncSender<Operation>>,
    writer: Option<JoinHandle<()>>,
    shared: Arc<Shared>,
    origin: Origin,
    /// Identifies the audit log.
    log: [u8; 16],
    is_read_only: bool,
    /// The file of the last list.
    kept_list: PathBuf,
    /// Locked for as long as the store is open; none where none can be made.
    _lock: Option<File>,
}

/// What the writer shows to others.
struct Shared {
    ready: AtomicBool,
    end: Mutex<End>,
    refusals: Refusals,
    readers: Readers,
    meters: StoreMeters,
}

/// The end of the audit log.
#[derive(Clone, Copy)]
struct End {
    head: Head,
    newest: Timestamp,
    revoked: u64,
}

impl From<&State> for End {
    fn from(state: &State) -> Self {
        let revoked = state.revocations.revoked.rows.unsigned_abs();
        Self { head: state.head, newest: state.newest, revoked }
    }
}

impl Embedded {
    /// Opens the store in the file `path`, or makes it when there never was one. Blocks for the disk.
    ///
    /// The file `head` remembers how far the audit log was. It must lie outside the folder of `path`, best on another
    /// disk; without it a folder next to that of `path` is used.
    pub fn open(path: &Path, head: Option<&Path>, now: Timestamp) -> Result<Self, OpenError> {
        Self::open_with(path, head, None, now)
    }

    /// [Opens](Self::open) the store, which writes its audit log into a file as well.
    pub fn open_with(
        path: &Path,
        head: Option<&Path>,
        audit_file: Option<&Path>,
        now: Timestamp,
    ) -> Result<Self, OpenError> {
        let files = Files::prepare(path, head)?;
        let Some(lock) = files.lock()? else { return read_only::open(&files, now) };
        let failed = |source| OpenError::Head { path: files.head.clone(), source };
        let last_seen = LastSeen::open(&files).map_err(failed)?;
        let seen = last_seen.read().map_err(failed)?;
        if !files.has_database() {
            if let Some(Seen { head: Head { sequence: lines @ 1.., .. }, .. }) = seen {
                return Err(OpenError::Missing { path: files.database, head: files.head, lines });
            }
            files.create_database()?;
        }
        let (connection, state) = open(&files, now)?;
        let in_path = |error| open_error(&files.database, error);
        let is_set_back = is_set_back(&connection, &state, seen).map_err(in_path)?;
        if is_set_back {
            warn_of_set_back(&files, seen);
        }
        let state = State { set_back: is_set_back.then_some(now).or(state.set_back), ..state };
        let state = writer::take_over(&connection, state).map_err(in_path)?;
        last_seen.write(Seen { log: state.log, head: state.head }).map_err(failed)?;
        let audit_file = audit_file.map(|path| AuditFile::open(path, &connection, &state)).transpose()?;
        let shared = Arc::new(Shared {
            ready: AtomicBool::new(true),
            end: Mutex::new(End::from(&state)),
            refusals: Refusals::default(),
            readers: Readers::new(files.database.clone()),
            meters: StoreMeters::default(),
        });
        let origin = Origin { created: state.created, set_back: state.set_back };
        let (operations, waiting) = sync_channel(limits::STORE_QUEUE);
        let writer =
            Writer::new(files.database, connection, state, last_seen, audit_file, waiting, Arc::clone(&shared));
        let writer = std::thread::Builder::new().name("store-writer".to_owned()).spawn(move || writer.run());
        let writer = writer.map_err(|source| OpenError::Io { path: path.to_owned(), source })?;
        Ok(Self {
            operations: Some(operations),
            writer: Some(writer),
            shared,
            origin,
            log: state.log,
            is_read_only: false,
            kept_list: files.list,
            _lock: Some(lock),
        })
    }

    /// Hands an operation to the writer and waits for its answer, but not for ever.
    fn write<T: Send + 'static>(&self, operation: impl FnOnce(Reply<T>) -> Operation) -> Answer<T> {
        let (reply, answer) = oneshot::channel();
        let meters = &self.shared.meters;
        let sent = match &self.operations {
            Some(operations) => {
                meters.waiting.inc();
                operations.try_send(operation(reply))
            }
            None if self.is_read_only => return refused(StoreError::Unavailable(Unavailable::ReadOnly)),
            None => return refused(StoreError::Unavailable(Unavailable::Silent)),
        };
        match sent {
            Ok(()) => {}
            Err(TrySendError::Full(_)) => {
                meters.waiting.dec();
                meters.turned_away.inc();
                return refused(StoreError::Unavailable(Unavailable::Busy));
            }
            Err(TrySendError::Disconnected(_)) => return refused(StoreError::Unavailable(Unavailable::Silent)),
        }
        Box::pin(async move {
            match timeout(limits::STORE_TIME, answer).await {
                Ok(Ok(answer)) => answer,
                // The writer is late or gone; what it did before is on the disk.
                Ok(Err(_)) | Err(_) => Err(StoreError::OutcomeUnknown),
            }
        })
    }

    /// Reads on a thread that may block.
    fn read<T: Send + 'static>(
        &self,
        read: impl FnOnce(&Connection) -> Result<T, StoreError> + Send + 'static,
    ) -> Answer<T> {
        let reading = self.reading(read);
        Box::pin(async move {
            match timeout(limits::STORE_TIME, reading).await {
                Ok(answer) => answer,
                Err(_) => Err(StoreError::Unavailable(Unavailable::Silent)),
            }
        })
    }

    fn reading<T: Send + 'static>(
        &self,
        read: impl FnOnce(&Connection) -> Result<T, StoreError> + Send + 'static,
    ) -> Answer<T> {
        let shared = Arc::clone(&self.shared);
        let thread = tokio::task::spawn_blocking(move || shared.readers.read(read));
        Box::pin(async move { thread.await.unwrap_or(Err(StoreError::Unavailable(Unavailable::Silent))) })
    }
}

impl Store for Embedded {
    fn record(&self, issuance: Issuance) -> Answer<Recorded> {
        let octets = issuance.certificate().der.len();
        if octets > limits::STORE_PARAMETER {
            return refused(StoreError::TooLarge { octets });
        }
        self.write(|reply| Operation::Record(Box::new(issuance), reply))
    }

    fn record_refusal(&self, entry: Entry, inputs: Option<Box<DecisionRecord>>) {
        if let Some(operations) = &self.operations
            && self.shared.refusals.push(entry, inputs)
        {
            // A full queue means that transactions are under way; each takes the refusals along.
            let _ = operations.try_send(Operation::Refusals);
        }
    }

    fn remember_configuration(&self, configuration: ConfigurationRecord) -> Answer<bool> {
        self.write(|reply| Operation::RememberConfiguration(configuration, reply))
    }

    fn remember_modules(&self, configuration: Digest, modules: Vec<ModuleRecord>) -> Answer<u64> {
        if let Some(module) = modules.iter().find(|module| module.component.len() > limits::STORE_PARAMETER) {
            return refused(StoreError::TooLarge { octets: module.component.len() });
        }
        self.write(|reply| Operation::RememberModules(configuration, modules, reply))
    }

    fn certificate(&self, serial_number: SerialNumber) -> Answer<Option<CertificateRecord>> {
        self.read(move |connection| {
            let sql = format!("{} WHERE serial_number = ?1", CertificateRecord::SELECT);
            let mut statement = connection.prepare_cached(&sql)?;
            let mut rows = statement.query([serial_number.as_bytes()])?;
            let found = rows.next()?.map(CertificateRecord::from_row).transpose()?;
            Ok(found.map(|StoredCertificate { certificate, .. }| certificate))
        })
    }

    fn certificates(&self, query: CertificateQuery, page: Page) -> Answer<CertificatePage> {
        self.read(move |connection| {
            let snapshot = connection.unchecked_transaction()?;
            certificates::list(&snapshot, &query, page)
        })
    }

    fn revoke(&self, revocation: Revocation) -> Answer<Recorded> {
        let RevocationRecord { reason_text, provisioner, revoked_by, .. } = revocation.record();
        let octets = reason_text.len() + provisioner.len() + revoked_by.len();
        if octets > limits::STORE_PARAMETER {
            return refused(StoreError::TooLarge { octets });
        }
        self.write(|reply| Operation::Revoke(Box::new(revocation), reply))
    }

    fn revocation(&self, serial_number: SerialNumber) -> Answer<Option<RevocationRecord>> {
        self.read(move |connection| revocations::find(connection, &serial_number))
    }

    fn recall(&self, recall: Recall) -> Answer<bool> {
        self.write(|reply| Operation::Recall(Box::new(recall), reply))
    }

    fn recalled(&self, module: Digest) -> Answer<Option<RecallRecord>> {
        self.read(move |connection| recalls::last(connection, &module))
    }

    fn bar(&self, serial_number: SerialNumber) -> Answer<Option<RecallRecord>> {
        self.read(move |connection| {
            let snapshot = connection.unchecked_transaction()?;
            recalls::bar(&snapshot, &serial_number, u64::MAX)
        })
    }

    fn revoked(&self) -> u64 {
        self.shared.end().revoked
    }

    fn next_list(&self, now: Timestamp) -> Answer<ListBasis> {
        self.read(move |connection| {
            let snapshot = connection.unchecked_transaction()?;
            revocations::next_list(&snapshot, now)
        })
    }

    fn record_list(&self, number: u64, made_at: Timestamp) -> Answer<bool> {
        self.write(|reply| Operation::RecordList(number, made_at, reply))
    }

    fn intend(&self, intent: Intent) -> Answer<bool> {
        self.write(|reply| Operation::Intend(intent, reply))
    }

    fn withdraw(&self, serial_number: SerialNumber) {
        if let Some(operations) = &self.operations {
            // What a full queue does not take is reported at the next start.
            let _ = operations.try_send(Operation::Withdraw(serial_number));
        }
    }

    fn settle(&self, serial_number: SerialNumber, entry: Entry) -> Answer<bool> {
        self.write(|reply| Operation::Settle(serial_number, Box::new(entry), reply))
    }

    fn unclaimed(&self) -> Answer<Vec<Intent>> {
        self.read(intents::unclaimed)
    }

    fn is_spent(&self, credential: Digest) -> Answer<bool> {
        self.read(move |connection| {
            let mut statement = connection.prepare_cached("SELECT 1 FROM spent WHERE credential = ?1")?;
            Ok(statement.query_row([credential.as_bytes()], |_| Ok(())).optional()?.is_some())
        })
    }

    fn consume(&self, consumption: Consumption) -> Answer<bool> {
        self.write(|reply| Operation::Consume(consumption, reply))
    }

    fn data(&self, provisioner: String, key: String) -> Answer<Option<Vec<u8>>> {
        self.read(move |connection| data::value(connection, &provisioner, &key))
    }

    fn change_data(&self, change: DataChange) -> Answer<bool> {
        let octets = change.key.len() + change.value.as_ref().map_or(0, Vec::len);
        if octets > limits::STORE_PARAMETER {
            return refused(StoreError::TooLarge { octets });
        }
        self.write(|reply| Operation::ChangeData(change, reply))
    }

    fn data_size(&self, provisioner: String) -> Answer<u64> {
        self.read(move |connection| data::size(connection, &provisioner))
    }

    fn prune(&self, now: Timestamp) -> Answer<u64> {
        self.write(|reply| Operation::Prune(now, reply))
    }

    fn head(&self) -> Head {
        self.shared.end().head
    }

    fn log(&self) -> [u8; 16] {
        self.log
    }

    fn reopen_audit_file(&self) {
        if let Some(operations) = &self.operations {
            // A full queue means that the writer is busy: the file that was moved away takes what it writes.
            let _ = operations.try_send(Operation::ReopenAuditFile);
        }
    }

    fn is_ready(&self) -> bool {
        self.shared.ready.load(Ordering::Acquire)
    }

    fn is_read_only(&self) -> bool {
        self.is_read_only
    }

    fn keep_list(&self, list: Bytes) -> Answer<()> {
        let path = self.kept_list.clone();
        let write = move || steppath::write(&path, &list, Access::Private, Overwrite::Allow);
        on_a_thread(move || write().map_err(std::io::Error::other))
    }

    fn kept_list(&self) -> Answer<Option<Vec<u8>>> {
        let path = self.kept_list.clone();
        on_a_thread(move || match std::fs::read(path) {
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
            list => list.map(Some),
        })
    }

    fn meters(&self) -> &StoreMeters {
        &self.shared.meters
    }

    fn origin(&self) -> Origin {
        self.origin
    }

    fn newest(&self) -> Timestamp {
        self.shared.end().newest
    }

    fn check(&self) -> Answer<Report> {
        self.reading(|connection| {
            // One snapshot for all of it.
            let snapshot = connection.unchecked_transaction()?;
            check::whole(&snapshot)
        })
    }
}

impl Drop for Embedded {
    /// Waits for what is being written, and for the last refusals.
    fn drop(&mut self) {
        self.operations = None;
        if let Some(writer) = self.writer.take() {
            // If it has panicked it has said so.
            let _ = writer.join();
        }
    }
}

impl Shared {
    fn end(&self) -> End {
        // Guards a value that is replaced whole.
        *self.end.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn publish(&self, state: &State) {
        *self.end.lock().unwrap_or_else(PoisonError::into_inner) = End::from(state);
    }

    fn set_ready(&self, ready: bool) {
        self.ready.store(ready, Ordering::Release);
    }
}

/// Works with a file beside the database, on a thread that may block.
fn on_a_thread<T: Send + 'static>(work: impl FnOnce() -> std::io::Result<T> + Send + 'static) -> Answer<T> {
    let thread = tokio::task::spawn_blocking(work);
    Box::pin(async move {
        match thread.await {
            Ok(Ok(done)) => Ok(done),
            Ok(Err(error)) => Err(StoreError::Unavailable(Unavailable::File(Arc::new(error)))),
            Err(_) => Err(StoreError::Unavailable(Unavailable::Silent)),
        }
    })
}

fn refused<T: Send + 'static>(error: StoreError) -> Answer<T> {
    Box::pin(std::future::ready(Err(error)))
}

/// Connects, brings the schema up to date, and checks what is there.
fn open(files: &Files, now: Timestamp) -> Result<(Connection, State), OpenError> {
    let in_path = |error| open_error(&files.database, error);
    let mut connection = connection::writer(&files.database).map_err(in_path)?;
    let mut log = [0; 16];
    aws_lc_rs::rand::fill(&mut log).map_err(|_| OpenError::Io {
        path: files.database.clone(),
        source: std::io::Error::other("the system gave no random octets"),
    })?;
    connection::migrate(&mut connection, &files.database, &State::new(log, now))?;
    let state = check::at_start(&connection).map_err(in_path)?;
    Ok((connection, state))
}

/// Whether the database is older than what was last seen of it.
fn is_set_back(connection: &Connection, state: &State, seen: Option<Seen>) -> Result<bool, StoreError> {
    let Some(seen) = seen else {
        // Without a memory of a store that has been used, nobody can tell.
        return Ok(state.head.sequence > 0);
    };
    Ok(seen.log != state.log || check::head_at(connection, state, seen.head.sequence)? != Some(seen.head))
}

/// Tells the operator what has happened, and what follows from it.
fn warn_of_set_back(files: &Files, seen: Option<Seen>) {
    let why = match seen {
        Some(_) => "it is older than what was seen of it last, as after a backup was restored",
        None => "nothing tells how far it was, so it may be a copy that was put back",
    };
    tracing::warn!(
        store = %files.database.display(),
        head = %files.head.display(),
        "the store was set back: {why}. Which tokens have been used since is not known, so every token issued before \
         this start is refused, after later starts, too. Certificates and revocations recorded since are unknown to it: \
         look for them in the logs, and revoke again what was revoked"
    );
}

fn open_error(path: &Path, error: StoreError) -> OpenError {
    let path = path.to_owned();
    match error {
        StoreError::Damaged(damage) => OpenError::Damaged { path, damage },
        source => OpenError::Unusable { path, source },
    }
}
