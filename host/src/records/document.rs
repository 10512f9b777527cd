//! What is told of a certificate.

use api_types::{CertificateEntry, ModuleEntry, RevocationEntry};
use authority::{Certificate, Timestamp};

use crate::store::{Dossier, RevocationRecord};

/// The entry of a certificate as it stands at `now`, with the certificate itself when that is wanted.
pub fn entry(dossier: &Dossier, now: Timestamp, with_certificate: bool) -> CertificateEntry {
    let Dossier { certificate, decision, revocation } = dossier;
    let status = match revocation {
        Some(_) => "revoked",
        None if certificate.validity.not_after < now => "expired",
        None => "live",
    };
    let module =
        |module: &crate::audit::Module| ModuleEntry { name: module.name.clone(), sha256: module.sha256.to_string() };
    let pem = match with_certificate {
        // Nothing when it was forgotten, long after its end.
        true => Certificate::from_der(&certificate.der).map(|certificate| certificate.pem()).unwrap_or_default(),
        false => String::new(),
    };
    CertificateEntry {
        serial: certificate.serial_number.to_string(),
        status: status.to_owned(),
        subject: certificate.subject.clone(),
        names: certificate.names.clone(),
        provisioner: certificate.provisioner.clone(),
        credential_id: certificate.credential_id.clone(),
        not_before: certificate.validity.not_before.to_string(),
        not_after: certificate.validity.not_after.to_string(),
        issued_at: decision.time.to_string(),
        operation: certificate.operation.as_str().to_owned(),
        first_issued: certificate.first_issued.to_string(),
        renewals: certificate.renewals,
        previous: certificate.previous.map(|previous| previous.to_string()),
        decision_id: decision.id.clone(),
        request_id: decision.request_id.clone(),
        peer: decision.peer.map(|peer| peer.to_string()),
        modules: certificate.policies.iter().map(module).collect(),
        fingerprint: decision.fingerprint.map(|fingerprint| fingerprint.to_string()).unwrap_or_default(),
        revocation: revocation.as_ref().map(revoked),
        pem,
    }
}

fn revoked(record: &RevocationRecord) -> RevocationEntry {
    RevocationEntry {
        revoked_at: record.revoked_at.to_string(),
        reason: record.reason.to_string(),
        reason_text: record.reason_text.clone(),
        provisioner: record.provisioner.clone(),
        revoked_by: record.revoked_by.clone(),
    }
}
