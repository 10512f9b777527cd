//! Who reads over the network, and what they are answered.
//!
//! A reader shows a certificate of this CA that is on record, valid now, not revoked, and has a name that `admin` of the
//! configuration lists. Whoever fails at any of it learns only that they may not; the log says why.

use api_types::{CertificateEntry, CertificatesPage};
use authority::{Certificate, SerialNumber, SerialNumberError};
use thiserror::Error;
use tokio::sync::{Semaphore, SemaphorePermit};

use super::{
    document,
    query::{Listing, QueryError},
};
use crate::{
    call::Call,
    config::AdminConfig,
    credential::CertificateError,
    limits,
    snapshot::Snapshot,
    store::{CertificatePage, CertificateQuery, CertificateRecord, Page, StoreError},
    timekeeping::ClockBehind,
};

/// Who may read, and how many do.
#[derive(Debug)]
pub struct Admin {
    config: AdminConfig,
    reading: Semaphore,
}

impl Admin {
    /// Those of a configuration.
    pub fn new(config: AdminConfig) -> Self {
        Self { config, reading: Semaphore::new(limits::LISTINGS) }
    }

    /// Whether the certificate is a reader's.
    fn admits(&self, record: &CertificateRecord) -> bool {
        let AdminConfig { readers, provisioners } = &self.config;
        record.names.iter().any(|name| readers.contains(name))
            && (provisioners.is_empty() || provisioners.contains(&record.provisioner))
    }
}

/// One page of certificates, for the client that presented `chain`, its own certificate first, in DER. The `parameters`
/// are those of a [`Listing`].
///
/// # Errors
/// The client may not read, too many do, the parameters cannot be understood, or the store does not answer.
pub async fn certificates(
    ca: &Snapshot,
    call: &Call,
    chain: &[&[u8]],
    parameters: &[(String, String)],
) -> Result<CertificatesPage, AccessError> {
    // Whoever may not read learns nothing of the question either.
    let _reading = admit(ca, call, chain).await?;
    let parameters = parameters.iter().map(|(name, value)| (name.as_str(), value.as_str()));
    let Listing { query, page, with_certificates } = Listing::parse(parameters, call.now)?;
    let CertificatePage { certificates, next } = ca.store.certificates(query, page).await?;
    Ok(CertificatesPage {
        certificates: certificates
            .iter()
            .map(|dossier| document::entry(dossier, call.now, with_certificates))
            .collect(),
        next_cursor: next.map(|next| next.to_string()).unwrap_or_default(),
    })
}

/// The certificate with this serial number, for the client that presented `chain`.
///
/// # Errors
/// The client may not read, too many do, there is no such certificate, or the store does not answer.
pub async fn certificate(
    ca: &Snapshot,
    call: &Call,
    chain: &[&[u8]],
    serial_number: &str,
) -> Result<CertificateEntry, AccessError> {
    let _reading = admit(ca, call, chain).await?;
    let serial_number: SerialNumber = serial_number.parse()?;
    let query = CertificateQuery { serial_number: Some(serial_number), ..CertificateQuery::default() };
    let page = ca.store.certificates(query, Page { before: None, limit: 1 }).await?;
    let dossier = page.certificates.first().ok_or(AccessError::NotOnRecord { serial_number })?;
    Ok(document::entry(dossier, call.now, true))
}

/// Lets a reader in, for as long as the permit is held.
async fn admit<'s>(ca: &'s Snapshot, call: &Call, chain: &[&[u8]]) -> Result<SemaphorePermit<'s>, AccessError> {
    let admin = ca.admin.as_ref().ok_or(AccessError::NotOffered)?;
    // By a clock that was set back an expired certificate is none.
    ca.timekeeping.check(call.now)?;
    let (leaf, others) = chain.split_first().ok_or(CertificateError::Missing)?;
    let leaf = Certificate::from_der(leaf).map_err(CertificateError::Unreadable)?;
    // The handshake verified it once; a connection lives longer than a certificate may.
    ca.verify_client(&leaf, others, call.now)?;
    let serial_number = leaf.serial_number();
    // The whole certificate: a serial number alone proves nothing, and neither does a sibling CA under the same root.
    let record = ca.store.certificate(*serial_number).await?.filter(|record| record.der == leaf.der());
    let record = record.ok_or_else(|| CertificateError::NotOnRecord { serial_number: serial_number.to_string() })?;
    if let Some(revocation) = ca.store.revocation(*serial_number).await? {
        let (since, reason) = (revocation.revoked_at, revocation.reason);
        return Err(CertificateError::Revoked { since, reason }.into());
    }
    if !admin.admits(&record) {
        return Err(AccessError::NotAReader { serial_number: *serial_number });
    }
    admin.reading.try_acquire().map_err(|_| AccessError::TooMany)
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
    /// The client certificate is good, and nobody's who may read.
    #[error(
        "admin: the client certificate with serial number {serial_number} has no name of `admin.readers`, \
         or is not of a provisioner of `admin.provisioners`"
    )]
    NotAReader {
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
