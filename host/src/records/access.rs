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
    audit::Digest,
    call::Call,
    config::AdminConfig,
    credential::CertificateError,
    limits,
    recall::RecallError,
    snapshot::Snapshot,
    store::{CertificateRecord, RecallRecord, StoreError},
    timekeeping::ClockBehind,
};

/// Who may read, and how many do.
#[derive(Debug)]
pub struct Admin {
    config: AdminConfig,
    reading: Semaphore,
    /// Whoever reads much keeps nobody from a recall.
    recalling: Semaphore,
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
        let [reading, recalling] = [limits::LISTINGS, limits::RECALLING].map(Semaphore::new);
        Self { config, reading, recalling }
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

    fn begin(&self, right: Right) -> Result<SemaphorePermit<'_>, AccessError> {
        let (permits, most) = match right {
            Right::Read => (&self.reading, limits::LISTINGS),
            Right::Operate => (&self.recalling, limits::RECALLING),
        };
        permits.try_acquire().map_err(|_| AccessError::TooMany { most })
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
    admin.begin(right)
}

/// Refuses whom a recall in force bars: what a withdrawn module let in does not undo that.
pub(super) async fn is_not_barred(ca: &Snapshot, visit: &Visit) -> Result<(), AccessError> {
    let Some(serial_number) = visit.entry().serial_number else { return Ok(()) };
    match ca.store.bar(serial_number).await? {
        Some(RecallRecord { module, .. }) => Err(AccessError::Barred { serial_number, module }),
        None => Ok(()),
    }
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
    /// A recall is in force for the client certificate itself, and it lifts none.
    #[error(
        "the client certificate with serial number {serial_number} goes back to the policy module with SHA-256 {module}, \
         which is recalled, and lifts no recall; `step-ca recall --lift` on the machine of the CA does"
    )]
    Barred {
        /// Its serial number.
        serial_number: SerialNumber,
        /// SHA-256 of the module.
        module: Digest,
    },
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
    /// Others do the same already.
    #[error("{most} such requests are being answered already")]
    TooMany {
        /// How many may be.
        most: usize,
    },
    /// It cannot be read now.
    #[error("records: {0}")]
    Store(#[from] StoreError),
}

impl AccessError {
    /// Whether it is our failure rather than a refusal.
    pub(super) fn is_fault(&self) -> bool {
        match self {
            Self::Recall(_) | Self::Clock(_) => true,
            Self::Store(error) => !matches!(error, StoreError::TooManyRecalls | StoreError::TooManyRenewals),
            _ => false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn however_many_read_an_operator_is_let_in() {
        let config = AdminConfig { readers: Vec::new(), operators: Vec::new(), provisioners: Vec::new() };
        let admin = Admin::new(config);
        let mut permits = Vec::new();
        for (right, most) in [(Right::Read, limits::LISTINGS), (Right::Operate, limits::RECALLING)] {
            for _ in 0..most {
                permits.push(admin.begin(right).unwrap());
            }
            let refused = admin.begin(right);
            assert!(matches!(refused, Err(AccessError::TooMany { most: told }) if told == most), "{refused:?}");
        }
    }
}
