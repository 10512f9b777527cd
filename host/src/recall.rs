//! What is done about a policy module that was withdrawn, on the machine of the CA and over the network.
//!
//! Whoever has a certificate because of it may still use and renew that. A recall bars the renewals, from one transaction
//! on and whatever is under way; revoking ends the certificates themselves, one record each, so that it can be broken off
//! and begun again at any time. It does not keep the module from being asked: that is for the configuration.

use authority::{Certificate, CertificateError, RevocationReason, SerialNumber, Timestamp};
use thiserror::Error;

use crate::{
    audit::{Digest, Entry, Operation, Outcome},
    decision, limits,
    revocation::digest_of_key,
    store::{
        CertificateQuery, CertificateRecord, Dossier, Recall, RecallRecord, Revocation, RevocationRecord, Standing,
        Store, StoreError,
    },
};

/// What somebody wants done about a module.
#[derive(Clone, Debug)]
pub struct Order {
    /// SHA-256 of the module.
    pub module: Digest,
    /// Who wants it.
    pub by: String,
    /// Why certificates are revoked, in one word.
    pub reason: RevocationReason,
    /// Why, for people; at most [`limits::REVOCATION_REASON`] octets.
    pub text: String,
}

/// Certificates that the module had a say in, and all that replaced them under whichever modules, as far as they end at
/// `usable_at` or later and are not revoked.
pub fn usable(module: Digest, usable_at: Timestamp) -> CertificateQuery {
    let standing = Some(Standing::Live { now: usable_at });
    CertificateQuery { descended_from: Some(module), standing, ..CertificateQuery::default() }
}

impl Order {
    /// Bars the module, or lifts that; false when it is like that already. `entry` says who asked and when.
    ///
    /// # Errors
    /// It was not recorded.
    pub async fn bar(&self, store: &dyn Store, is_barred: bool, entry: Entry) -> Result<bool, StoreError> {
        let record = RecallRecord {
            module: self.module,
            is_barred,
            time: entry.time,
            reason: self.text.clone(),
            recalled_by: self.by.clone(),
        };
        let message = (!self.text.is_empty()).then(|| self.text.clone());
        store.recall(Recall::new(record, Entry { message, ..entry })).await
    }

    /// Revokes these certificates, and tells each what it is from then on. One that is revoked meanwhile stays as it is.
    ///
    /// # Errors
    /// The first that was not recorded, when those before it were.
    pub async fn revoke(&self, store: &dyn Store, dossiers: &mut [Dossier], entry: &Entry) -> Result<(), RecallError> {
        for some in dossiers.chunks_mut(AT_ONCE) {
            let revocations = some.iter().map(|dossier| self.revocation(&dossier.certificate, entry));
            let revocations: Vec<Revocation> = revocations.collect::<Result<_, _>>()?;
            for (dossier, revocation) in some.iter_mut().zip(&revocations) {
                dossier.revocation = Some(revocation.record().clone());
            }
            // Those that wait at once share a flush.
            let answers: Vec<_> = revocations.into_iter().map(|revocation| store.revoke(revocation)).collect();
            for answer in answers {
                match answer.await {
                    Ok(_) | Err(StoreError::AlreadyRevoked) => {}
                    Err(error) => return Err(error.into()),
                }
            }
        }
        Ok(())
    }

    fn revocation(&self, certificate: &CertificateRecord, entry: &Entry) -> Result<Revocation, RecallError> {
        let Self { module, reason, text, .. } = self;
        let record = RevocationRecord {
            serial_number: certificate.serial_number,
            revoked_at: entry.time,
            reason: *reason,
            reason_text: text.clone(),
            provisioner: String::new(),
            revoked_by: format!("recall of {module}"),
            not_after: certificate.validity.not_after,
            compromised_key: self.compromised_key(certificate)?,
        };
        let entry = Entry {
            id: decision::fresh_id(),
            operation: Operation::Revoke,
            names: certificate.names.clone(),
            message: Some(format!("{reason}: recall of {module} {text}").trim_end().to_owned()),
            ..entry.clone()
        };
        Ok(Revocation::new(None, record, entry))
    }

    /// The key that is never certified again, if that is why.
    fn compromised_key(&self, certificate: &CertificateRecord) -> Result<Option<Digest>, RecallError> {
        // Of a certificate that `db compact` has dropped nobody knows the key.
        if self.reason != RevocationReason::KeyCompromise || certificate.der.is_empty() {
            return Ok(None);
        }
        let serial_number = certificate.serial_number;
        let unreadable = |source| RecallError::Unreadable { serial_number, source };
        Ok(Some(digest_of_key(&Certificate::from_der(&certificate.der).map_err(unreadable)?)))
    }
}

/// The line of the audit log that a recall becomes, before anybody knows what comes of it.
pub fn entry(now: Timestamp, request_id: String) -> Entry {
    Entry::new(decision::fresh_id(), now, request_id, Operation::Recall, Outcome::Refused)
}

const AT_ONCE: usize = limits::STORE_BATCH;

/// Why certificates were not revoked.
#[derive(Debug, Error)]
pub enum RecallError {
    /// It was not recorded.
    #[error("record: {0}")]
    Store(#[from] StoreError),
    /// A certificate on record is none, so that its key is not known.
    #[error("certificate {serial_number} on record: {source}")]
    Unreadable {
        /// Its number.
        serial_number: SerialNumber,
        /// What is wrong with it.
        #[source]
        source: CertificateError,
    },
}
