//! Somebody who signs answers in the issuer's place (RFC 6960 §4.2.2.2).

use thiserror::Error;

use super::response::Responder;
use super::{Answer, AnswerError, Response};
use crate::certificate::Certificate;
use crate::issuer::Issuer;
use crate::keys::Signer;
use crate::oid;
use crate::signature::{self, SignatureError};

/// A key with a certificate of the issuer that allows it to sign answers, and
/// nothing else. It may be lost without the issuer's being lost.
pub struct Delegate {
    certificate: Certificate,
    signer: Box<dyn Signer>,
    signature_algorithm: Vec<u8>,
}

/// A certificate and a key cannot sign answers for an issuer.
#[derive(Clone, Debug, Eq, Error, PartialEq)]
pub enum DelegateError {
    /// The issuer has not signed the certificate: clients would not believe it.
    #[error("the responder's certificate is not signed by the issuer: {0}")]
    OtherIssuer(#[from] SignatureError),
    /// The certificate is for something else.
    #[error("the responder's certificate is not for signing OCSP answers")]
    Usage,
    /// The key is another one.
    #[error("the key does not belong to the responder's certificate")]
    OtherKey,
}

impl Delegate {
    /// `certificate` was drafted by
    /// [`Authority::draft_responder`](crate::Authority::draft_responder), for
    /// the key of `signer`.
    ///
    /// # Errors
    /// They do not belong together.
    pub fn new(certificate: Certificate, signer: Box<dyn Signer>, issuer: &Issuer) -> Result<Self, DelegateError> {
        certificate.verify_signature(issuer.certificate().public_key())?;
        if certificate.ext_key_usages() != [oid::OCSP_SIGNING] {
            return Err(DelegateError::Usage);
        }
        if certificate.public_key().spki_der() != signer.public_key() {
            return Err(DelegateError::OtherKey);
        }
        let signature_algorithm = signature::algorithm_identifier(signer.algorithm());
        Ok(Self { certificate, signer, signature_algorithm })
    }

    /// What shows clients that it may sign.
    pub fn certificate(&self) -> &Certificate {
        &self.certificate
    }

    /// Signs an answer with the certificate in it, and verifies what was
    /// signed. Clients believe the answer as long as they believe the
    /// certificate: it should not be good for longer.
    ///
    /// # Errors
    /// A time cannot be written, or the key does not sign.
    pub fn answer(&self, answer: &Answer<'_>) -> Result<Response, AnswerError> {
        let Self { certificate, signer, signature_algorithm } = self;
        Responder { certificate, signer: signer.as_ref(), signature_algorithm, is_delegate: true }.answer(answer)
    }
}

/// Shows the certificate; there is nothing of the key to show.
impl std::fmt::Debug for Delegate {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let serial_number = self.certificate.serial_number().to_string();
        formatter.debug_struct("Delegate").field("certificate", &serial_number).finish_non_exhaustive()
    }
}
