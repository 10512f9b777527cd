//! `step-ca recall`: what a module let be issued that should not have had a say.

use std::sync::Arc;

use authority::{Certificate, RevocationReason, Timestamp};
use clap::Args;

use super::{ConfigFlag, OperatorError};
use crate::{
    audit::{Digest, Entry, Operation, Outcome},
    decision, limits, records,
    revocation::digest_of_key,
    store::{CertificateRecord, Embedded, Reader, Revocation, RevocationRecord, Store},
    timekeeping::Timekeeping,
};

/// List the certificates that a policy module had a say in and that may still be used, and revoke them when asked to.
///
/// What replaced such a certificate counts, under whichever modules it was renewed; so does what has ended and may still
/// be renewed by the claims in force.
///
/// Without --revoke nothing is changed, and the CA may run. To revoke the CA must have been stopped; when it starts again
/// it publishes them. What is revoked is not renewed.
#[derive(Args, Debug)]
pub struct Recall {
    /// SHA-256 of the module, as `step-ca certs show` and the audit log have it
    #[arg(value_name = "SHA256")]
    digest: Digest,
    #[command(flatten)]
    config: ConfigFlag,
    /// Revoke them all
    #[arg(long)]
    revoke: bool,
    /// Why, as RFC 5280 counts or names it
    #[arg(long, value_name = "REASON", default_value = "privilegeWithdrawn", requires = "revoke")]
    reason_code: RevocationReason,
    /// Why, for people
    #[arg(long, value_name = "TEXT", default_value = "", requires = "revoke")]
    reason: String,
}

impl Recall {
    /// Does it, and answers what is to be printed.
    ///
    /// # Errors
    /// The configuration or the store cannot be used, or the clock is behind it.
    pub async fn run(self, now: Timestamp) -> Result<String, OperatorError> {
        let config = self.config.load()?;
        if self.reason.len() > limits::REVOCATION_REASON {
            return Err(OperatorError::ReasonTooLong { limit: limits::REVOCATION_REASON });
        }
        let store = match self.revoke {
            // From here on nobody else writes, so that what is listed is all there is.
            true => Some(hold(&config, now).await?),
            false => None,
        };
        let usable_at = now.saturating_sub(config.authority.longest_renewal_grace());
        let recalled = Reader::open(&config.store)?.descended_from(&self.digest, usable_at)?;
        let entries: Vec<_> = recalled.iter().map(|dossier| records::entry(dossier, now, false)).collect();
        let table = certs::table(&entries);
        let count = recalled.len();
        let Some(store) = store else {
            return Ok(format!(
                "{table}{count} certificates may still be used. `--revoke` revokes them when the CA is stopped.\n"
            ));
        };
        let revocations = recalled.iter().map(|dossier| self.revocation(&dossier.certificate, now));
        revoke_all(&store, revocations.collect::<Result<_, _>>()?).await?;
        Ok(format!("{table}{count} certificates have been revoked.\n"))
    }

    fn revocation(&self, certificate: &CertificateRecord, now: Timestamp) -> Result<Revocation, OperatorError> {
        let record = RevocationRecord {
            serial_number: certificate.serial_number,
            revoked_at: now,
            reason: self.reason_code,
            reason_text: self.reason.clone(),
            provisioner: String::new(),
            revoked_by: format!("recall of {}", self.digest),
            not_after: certificate.validity.not_after,
            compromised_key: self.compromised_key(certificate)?,
        };
        let (id, request_id) = (decision::fresh_id(), decision::fresh_id());
        let mut entry = Entry::new(id, now, request_id, Operation::Revoke, Outcome::Revoked);
        entry.names = certificate.names.clone();
        entry.message =
            Some(format!("{}: recall of {} {}", self.reason_code, self.digest, self.reason).trim_end().into());
        Ok(Revocation::new(None, record, entry))
    }

    /// The key that is never certified again, if that is why.
    fn compromised_key(&self, certificate: &CertificateRecord) -> Result<Option<Digest>, OperatorError> {
        // Of a certificate that `db compact` has dropped nobody knows the key.
        if self.reason_code != RevocationReason::KeyCompromise || certificate.der.is_empty() {
            return Ok(None);
        }
        let serial_number = certificate.serial_number;
        let unreadable = |source| OperatorError::Unreadable { serial_number, source };
        Ok(Some(digest_of_key(&Certificate::from_der(&certificate.der).map_err(unreadable)?)))
    }
}

/// The store, as a server holds it.
async fn hold(config: &crate::config::Config, now: Timestamp) -> Result<Arc<dyn Store>, OperatorError> {
    let (head, audit_file) = (config.store_head.as_deref(), config.audit.file.as_deref());
    let store = Embedded::open_with(&config.store, head, audit_file, now).map_err(OperatorError::Open)?;
    let store: Arc<dyn Store> = Arc::new(store);
    Timekeeping::new(store.clone()).await.map_err(OperatorError::Store)?.check(now)?;
    Ok(store)
}

/// Those that wait at once share a flush.
const AT_ONCE: usize = limits::STORE_BATCH;

async fn revoke_all(store: &Arc<dyn Store>, revocations: Vec<Revocation>) -> Result<(), OperatorError> {
    let mut revocations = revocations.into_iter().peekable();
    while revocations.peek().is_some() {
        let answers: Vec<_> = revocations.by_ref().take(AT_ONCE).map(|revocation| store.revoke(revocation)).collect();
        for answer in answers {
            answer.await.map_err(OperatorError::Store)?;
        }
    }
    Ok(())
}
