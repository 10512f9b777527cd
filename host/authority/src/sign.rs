//! From an approved draft to a certificate.

use std::sync::Arc;

use thiserror::Error;

use crate::authority::Authority;
use crate::certificate::{Certificate, CertificateError};
use crate::draft::Approved;
use crate::issuer::Issuer;
use crate::keys::SignerError;
use crate::lint::{self, LintError};
use crate::serial::SerialNumber;
use crate::signature::SignatureError;
use crate::signed_value::SignedValue;
use crate::tbs::TbsCertificate;

/// A certificate that was signed, read back and found to say what was
/// approved. It is in memory only: whoever hands it out has recorded it first.
#[derive(Clone, Debug)]
pub struct Signed {
    certificate: Certificate,
    issuers: Arc<[Certificate]>,
}

/// A certificate could not be signed. Always a fault of ours.
#[derive(Clone, Debug, Eq, Error, PartialEq)]
pub enum SignError {
    /// What would have been signed breaks a rule.
    #[error("refused to sign: {0}")]
    Lint(#[from] LintError),
    /// The approved times cannot be written, which approval excludes.
    #[error("refused to sign: a time cannot be written")]
    Time,
    /// The key did not sign.
    #[error(transparent)]
    Signer(#[from] SignerError),
    /// What was signed cannot be read.
    #[error("the signed certificate cannot be read back: {0}")]
    Unreadable(#[from] CertificateError),
    /// The signature was not made by the issuer's key.
    #[error("the signed certificate does not verify: {0}")]
    Unverified(#[from] SignatureError),
    /// What was signed is not what was approved.
    #[error("the signed certificate differs from the approved one in its {part}")]
    Differs {
        /// Where they differ.
        part: &'static str,
    },
}

impl Signed {
    /// The certificate.
    pub fn certificate(&self) -> &Certificate {
        &self.certificate
    }

    /// The certificate and those above it, without root.
    pub fn chain(&self) -> impl Iterator<Item = &Certificate> {
        std::iter::once(&self.certificate).chain(self.issuers.iter())
    }
}

impl Authority {
    /// Signs what was approved under `serial`. The result is read back,
    /// verified with the issuer's key and compared with what was approved.
    pub fn sign(&self, approved: Approved, serial: SerialNumber) -> Result<Signed, SignError> {
        let issuer = self.issuer();
        let draft = approved.draft();
        let tbs = TbsCertificate {
            serial_number: serial,
            signature: issuer.signature_algorithm(),
            issuer: issuer.certificate().subject().der(),
            validity: approved.validity(),
            subject: draft.subject().der(),
            subject_public_key_info: draft.public_key().spki_der(),
            extensions: approved.extensions(),
        };
        let tbs = tbs.encode().map_err(|_| SignError::Time)?;
        lint::check(&tbs, draft.public_key(), issuer)?;
        let signature = issuer.signer().sign(&tbs)?;
        let signature_algorithm = issuer.signature_algorithm();
        let der = SignedValue { contents: &tbs, signature_algorithm, signature: &signature }.encode();
        let certificate = read_back(&der, &tbs, issuer)?;
        compare(&certificate, &approved, serial)?;
        Ok(Signed { certificate, issuers: issuer.shared_chain() })
    }
}

/// Reads a certificate we just made as a stranger would.
fn read_back(der: &[u8], tbs: &[u8], issuer: &Issuer) -> Result<Certificate, SignError> {
    let certificate = Certificate::from_der(der)?;
    if certificate.tbs() != tbs {
        return Err(SignError::Differs { part: "signed octets" });
    }
    if certificate.signature_algorithm() != issuer.signature_algorithm() {
        return Err(SignError::Differs { part: "signature algorithm" });
    }
    issuer.verifier().verify(certificate.tbs(), certificate.signature())?;
    Ok(certificate)
}

/// Compares what a reader sees with what was approved.
fn compare(certificate: &Certificate, approved: &Approved, serial: SerialNumber) -> Result<(), SignError> {
    let draft = approved.draft();
    let parts = [
        ("serial number", *certificate.serial_number() == serial),
        ("validity", certificate.validity() == approved.validity()),
        ("subject", certificate.subject() == draft.subject()),
        ("public key", certificate.public_key() == draft.public_key().info()),
        ("subject alternative names", certificate.subject_alt_names().as_ref() == Ok(&draft.subject_alt_names())),
        ("key usage", certificate.key_usage() == Some(draft.key_usage())),
        ("extended key usage", certificate.ext_key_usages() == draft.ext_key_usages()),
        ("extensions", certificate.extensions() == approved.extensions()),
    ];
    match parts.into_iter().find(|(_, same)| !same) {
        Some((part, _)) => Err(SignError::Differs { part }),
        None => Ok(()),
    }
}
