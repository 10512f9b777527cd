//! Who reads over the network, and who may do more than that.
//!
//! A reader shows a certificate of this CA that is on record, valid now, not revoked, and has a name that `admin` of the
//! configuration lists. Whoever fails at any of it learns only that they may not; the log says why.

use authority::{Certificate, SerialNumber, SerialNumberError};
use hex::FromHexError;
use thiserror::Error;
use tokio::sync::{Semaphore, SemaphorePermit};

use super::{query::QueryError, visit::Visit};
use crate::{
    call::Call,
    config::AdminConfig,
    credential::CertificateError,
    limits,
    recall::RecallError,
    snapshot::Snapshot,
    store::{CertificateRecord, StoreError},
    timekeeping::ClockBehind,
};

/// Who may read, and how many do.
#[derive(Debug)]
pub struct Admin {
    config: AdminConfig,
    reading: Semaphore,
}

/// What somebody may want.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Right {
    /// To see what is on record.
    Read,
    /// To bar and revoke what a module let be issued.
    Operate,
}

impl Admin {
    /// Those of a configuration.
    pub fn new(config: AdminConfig) -> Self {
        Self { config, reading: Semaphore::new(limits::LISTINGS) }
    }

    /// Whoever may do more may read as well.
    fn is_reader(&self, record: &CertificateRecord) -> bool {
        let AdminConfig { readers, operators, provisioners } = &self.config;
        record.names.iter().any(|name| readers.contains(name) || operators.contains(name))
            && (provisioners.is_empty() || provisioners.contains(&record.provisioner))
    }

    fn is_operator(&self, record: &CertificateRecord) -> bool {
        record.names.iter().any(|name| self.config.operators.contains(name))
    }
}

/// Lets somebody in who has the right, for as long as the permit is held, and tells the visit who it is.
pub(super) async fn admit<'s>(
    ca: &'s Snapshot,
    call: &Call,
    chain: &[&[u8]],
    right: Right,
    visit: &mut Visit,
) -> Result<SemaphorePermit<'s>, AccessError> {
    let admin = ca.admin.as_ref().ok_or(AccessError::NotOffered)?;
    // By a clock that was set back an expired certificate is none.
    ca.timekeeping.check(call.now)?;
    let (leaf, others) = chain.split_first().ok_or(CertificateError::Missing)?;
    let leaf = Certificate::from_der(leaf).map_err(CertificateError::Unreadable)?;
    // The handshake verified it once; a connection lives longer than a certificate may.
    ca.verify_client(&leaf, others, call.now)?;
    let serial_number = *leaf.serial_number();
    // The whole certificate: a serial number alone proves nothing, and neither does a sibling CA under the same root.
    let record = ca.store.certificate(serial_number).await?.filter(|record| record.der == leaf.der());
    let record = record.ok_or_else(|| CertificateError::NotOnRecord { serial_number: serial_number.to_string() })?;
    visit.is_by(&record);
    if let Some(revocation) = ca.store.revocation(serial_number).await? {
        let (since, reason) = (revocation.revoked_at, revocation.reason);
        return Err(CertificateError::Revoked { since, reason }.into());
    }
    if !admin.is_reader(&record) {
        return Err(AccessError::NotAReader { serial_number });
    }
    if right == Right::Operate && !admin.is_operator(&record) {
        return Err(AccessError::NotAnOperator { serial_number });
    }
    admin.reading.try_acquire().map_err(|_| AccessError::TooMany)
}

/// A request that was not answered.
#[derive(Debug, Error)]
#[error("{error}")]
pub struct NotAnswered {
    /// Identifies the entry of the audit log, if there is one.
    pub decision_id: Option<String>,
    /// Why.
    pub error: AccessError,
}

/// Why somebody is not answered.
#[derive(Debug, Error)]
pub enum AccessError {
    /// The client certificate is not good.
    #[error("admin: {0}")]
    Certificate(#[from] CertificateError),
    /// The clock is not to be believed.
    #[error(transparent)]
    Clock(#[from] ClockBehind),
    /// Not a SHA-256 value.
    #[error("not a SHA-256 value: {0}")]
    Digest(#[from] FromHexError),
    /// The client certificate is good, and nobody's who may read.
    #[error(
        "admin: the client certificate with serial number {serial_number} has no name of `admin.readers`, \
         or is not of a provisioner of `admin.provisioners`"
    )]
    NotAReader {
        /// Its serial number.
        serial_number: SerialNumber,
    },
    /// The client may read, and no more than that.
    #[error("the client certificate with serial number {serial_number} has no name of `admin.operators`")]
    NotAnOperator {
        /// Its serial number.
        serial_number: SerialNumber,
    },
    /// The configuration lets nobody read.
    #[error("no such path: the configuration has no `admin`")]
    NotOffered,
    /// Nothing was issued under this number.
    #[error("no certificate with serial number {serial_number} is on record")]
    NotOnRecord {
        /// The number.
        serial_number: SerialNumber,
    },
    /// The question cannot be understood.
    #[error(transparent)]
    Query(#[from] QueryError),
    /// What a module let be issued was not revoked, or not all of it.
    #[error(transparent)]
    Recall(#[from] RecallError),
    /// Not a serial number.
    #[error(transparent)]
    Serial(#[from] SerialNumberError),
    /// Others read already.
    #[error("{} lists of certificates are being made already", limits::LISTINGS)]
    TooMany,
    /// It cannot be read now.
    #[error("records: {0}")]
    Store(#[from] StoreError),
}

impl AccessError {
    /// Whether it is our failure rather than a refusal.
    pub(super) fn is_fault(&self) -> bool {
        match self {
            Self::Recall(_) | Self::Clock(_) => true,
            Self::Store(error) => !matches!(error, StoreError::TooManyRecalls),
            _ => false,
        }
    }
}
