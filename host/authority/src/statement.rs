//! What the issuing key signs beside certificates, lists and OCSP answers.

use crate::issuer::Issuer;
use crate::keys::{SignatureAlgorithm, SignerError};
use crate::public_key::SubjectPublicKeyInfo;
use crate::signature::{self, SignatureError};

/// A kind of text that is signed with the issuing key.
///
/// What is signed begins with a line that names the kind, in letters. All else this key signs is a SEQUENCE in DER, which
/// begins with 0x30: a signature on a text is never one on a certificate, and the other way round.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Statement {
    /// How far an audit log was.
    AuditHead,
}

impl Statement {
    const fn label(self) -> &'static str {
        match self {
            Self::AuditHead => "step-ca audit log head",
        }
    }

    fn message(self, text: &str) -> Vec<u8> {
        format!("{}\n{text}", self.label()).into_bytes()
    }

    /// Verifies a signature that [`Issuer::sign_statement`] made with this key.
    ///
    /// # Errors
    /// It does not hold.
    pub fn verify(self, text: &str, key: &SubjectPublicKeyInfo, signature: &[u8]) -> Result<(), SignatureError> {
        let algorithm = SignatureAlgorithm::of(key.kind()).ok_or(SignatureError::Malformed)?;
        signature::verify(key, &signature::algorithm_identifier(algorithm), &self.message(text), signature)
    }
}

impl Issuer {
    /// Signs a text of this kind.
    ///
    /// # Errors
    /// The key makes no signatures now.
    pub fn sign_statement(&self, kind: Statement, text: &str) -> Result<Vec<u8>, SignerError> {
        self.signer().sign(&kind.message(text))
    }
}
