//! The records as they were when a decision was made.
//!
//! A store that is read alone, and shows nothing that came later. Whoever wants to write is told that it cannot be.

use std::sync::{
    Mutex, MutexGuard, PoisonError,
    atomic::{AtomicU64, Ordering},
};

use authority::{SerialNumber, Timestamp};

use crate::{
    audit::{Digest, Entry, Head},
    store::{
        Answer, CertificatePage, CertificateQuery, CertificateRecord, ConfigurationRecord, Consumption, DataChange,
        DecisionRecord, Issuance, ListBasis, MaintenanceError, Origin, Page, Reader, RecallRecord, Recorded, Report,
        Revocation, RevocationRecord, Store, StoreError, StoreMeters, Unavailable,
    },
};

/// The store before a line of its audit log.
pub(super) struct Past {
    reader: Mutex<Reader>,
    before: AtomicU64,
    origin: Origin,
    log: [u8; 16],
    meters: StoreMeters,
}

impl Past {
    pub(super) fn new(reader: Reader) -> Result<Self, MaintenanceError> {
        let (origin, (log, _)) = (reader.origin()?, reader.line(0)?);
        let before = AtomicU64::new(u64::MAX);
        Ok(Self { reader: Mutex::new(reader), before, origin, log, meters: StoreMeters::default() })
    }

    /// Shows what was on record before this line of the audit log.
    pub(super) fn before(&self, sequence: u64) {
        self.before.store(sequence, Ordering::Relaxed);
    }

    fn look<T: Send + 'static>(&self, look: impl FnOnce(&Reader, u64) -> Result<T, MaintenanceError>) -> Answer<T> {
        let before = self.before.load(Ordering::Relaxed);
        let found = look(&self.reader(), before).map_err(|error| match error {
            MaintenanceError::Store { source, .. } => source,
            _ => StoreError::Unavailable(Unavailable::Silent),
        });
        Box::pin(std::future::ready(found))
    }

    fn reader(&self) -> MutexGuard<'_, Reader> {
        // A reader has no state of its own.
        self.reader.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn not_now<T: Send + 'static>() -> Answer<T> {
    Box::pin(std::future::ready(Err(StoreError::Unavailable(Unavailable::ReadOnly))))
}

impl Store for Past {
    fn record(&self, _: Issuance) -> Answer<Recorded> {
        not_now()
    }

    fn record_refusal(&self, _: Entry, _: Option<Box<DecisionRecord>>) {}

    fn remember_configuration(&self, _: ConfigurationRecord) -> Answer<bool> {
        not_now()
    }

    fn certificate(&self, serial_number: SerialNumber) -> Answer<Option<CertificateRecord>> {
        self.look(|reader, before| reader.certificate_before(&serial_number, before))
    }

    fn certificates(&self, query: CertificateQuery, page: Page) -> Answer<CertificatePage> {
        self.look(|reader, _| reader.certificates(&query, page))
    }

    fn revoke(&self, _: Revocation) -> Answer<Recorded> {
        not_now()
    }

    fn revocation(&self, serial_number: SerialNumber) -> Answer<Option<RevocationRecord>> {
        self.look(|reader, before| reader.revocation_before(&serial_number, before))
    }

    fn recalled(&self, _: Digest) -> Answer<Option<RecallRecord>> {
        not_now()
    }

    fn bar(&self, serial_number: SerialNumber) -> Answer<Option<RecallRecord>> {
        self.look(|reader, before| reader.bar_before(&serial_number, before))
    }

    fn revoked(&self) -> u64 {
        0
    }

    fn next_list(&self, _: Timestamp) -> Answer<ListBasis> {
        not_now()
    }

    fn record_list(&self, _: u64, _: Timestamp) -> Answer<bool> {
        not_now()
    }

    fn is_spent(&self, _: Digest) -> Answer<bool> {
        not_now()
    }

    fn consume(&self, _: Consumption) -> Answer<bool> {
        not_now()
    }

    fn data(&self, _: String, _: String) -> Answer<Option<Vec<u8>>> {
        Box::pin(std::future::ready(Ok(None)))
    }

    fn change_data(&self, _: DataChange) -> Answer<bool> {
        not_now()
    }

    fn data_size(&self, _: String) -> Answer<u64> {
        not_now()
    }

    fn prune(&self, _: Timestamp) -> Answer<u64> {
        not_now()
    }

    fn head(&self) -> Head {
        Head::genesis(&self.log)
    }

    fn log(&self) -> [u8; 16] {
        self.log
    }

    fn reopen_audit_file(&self) {}

    fn is_ready(&self) -> bool {
        false
    }

    fn is_read_only(&self) -> bool {
        true
    }

    fn meters(&self) -> &StoreMeters {
        &self.meters
    }

    fn origin(&self) -> Origin {
        self.origin
    }

    fn newest(&self) -> Timestamp {
        Timestamp::from_unix(i64::MIN)
    }

    fn check(&self) -> Answer<Report> {
        not_now()
    }
}
