//! A certificate of ours as a credential: verified again, and the one on record.

use crate::{
    call::Call,
    credential::CertificateError,
    decision::Decision,
    policies::History,
    snapshot::Snapshot,
    store::{CertificateRecord, StoreError},
};
use authority::{Certificate, Timestamp};
use policy_runtime::contract::types::Operation;
use std::time::Duration;

/// What a client presented in the handshake or in a token, found good now.
pub(crate) struct Presented {
    /// The certificate.
    pub(crate) leaf: Certificate,
    /// What is known of it from its record.
    pub(crate) history: History,
}

impl Presented {
    /// Looks at `chain`, the client's certificate first and whatever it sent along to verify it, in DER. To be issued
    /// again, a certificate may be past its end by what the claims of its provisioner allow.
    ///
    /// # Errors
    /// It is not a certificate of ours for clients, is not valid now, or is not the one on record.
    pub(crate) async fn of<E>(
        ca: &Snapshot,
        call: &Call,
        operation: Operation,
        chain: &[&[u8]],
        decision: &mut Decision,
    ) -> Result<Self, E>
    where
        E: From<CertificateError> + From<StoreError>,
    {
        let (leaf, others) = chain.split_first().ok_or(CertificateError::Missing)?;
        let leaf = Certificate::from_der(leaf).map_err(CertificateError::Unreadable)?;
        let grace = match operation {
            Operation::Renew | Operation::Rekey => ca.policies.renewal_grace(&leaf),
            Operation::Sign | Operation::Revoke | Operation::Finalize => Duration::ZERO,
        };
        // The handshake verified it once; a connection lives longer than a certificate may.
        ca.verify_client(&leaf, others, judged_at(&leaf, call.now, grace)?)?;
        let record = ca.store.certificate(*leaf.serial_number()).await?;
        let history = history(ca, &leaf, record)?;
        decision.names(leaf.subject_alt_names().into_iter().flat_map(|names| names.iter()));
        Ok(Self { leaf, history })
    }

    /// Refuses it when it is revoked. Asked for every request: a handshake is long ago, and a resumed one proves nothing.
    pub(crate) async fn is_not_revoked<E>(&self, ca: &Snapshot) -> Result<(), E>
    where
        E: From<CertificateError> + From<StoreError>,
    {
        match ca.store.revocation(*self.leaf.serial_number()).await? {
            Some(record) => Err(CertificateError::Revoked { since: record.revoked_at, reason: record.reason }.into()),
            None => Ok(()),
        }
    }

    /// Refuses it when a module that had a say in it was recalled, or in what it has replaced.
    pub(crate) async fn is_not_barred<E>(&self, ca: &Snapshot) -> Result<(), E>
    where
        E: From<CertificateError> + From<StoreError>,
    {
        match ca.store.bar(*self.leaf.serial_number()).await? {
            Some(recall) => Err(CertificateError::Recalled { module: recall.module, since: recall.time }.into()),
            None => Ok(()),
        }
    }
}

/// When the path to a root has to be good: now, or, for a certificate within its grace, at its end. The issuer may have
/// ended since, too.
fn judged_at(leaf: &Certificate, now: Timestamp, grace: Duration) -> Result<Timestamp, CertificateError> {
    let end = leaf.validity().not_after;
    match now.duration_since(end).filter(|late| !late.is_zero()) {
        None => Ok(now),
        Some(late) if late <= grace => Ok(end),
        Some(_) => Err(CertificateError::Expired { since: end }),
    }
}

/// What is known of a certificate: from its record, or, when it was issued before there were records, from itself.
fn history(ca: &Snapshot, leaf: &Certificate, record: Option<CertificateRecord>) -> Result<History, CertificateError> {
    match record {
        // The whole certificate: a serial number alone proves nothing.
        Some(record) if record.der == leaf.der() => {
            Ok(History { first_issued: Some(record.first_issued), renewals: record.renewals })
        }
        // Issued before there were records, and by us: a sibling CA under the same root is somebody else.
        None if leaf.validity().not_before < ca.store.origin().created && ca.has_signed(leaf) => Ok(History::default()),
        _ => Err(CertificateError::NotOnRecord { serial_number: leaf.serial_number().to_string() }),
    }
}
