//! The certificate and the key that sign.

use std::sync::Arc;

use thiserror::Error;

use crate::certificate::Certificate;
use crate::extensions::KeyUsage;
use crate::keys::{Signer, SignerError};
use crate::public_key::{KeyError, PublicKey};
use crate::signature::{self, SignatureError, Verifier};

/// A CA certificate, the certificates between it and the root, and its key.
pub struct Issuer {
    /// The issuing certificate first, each signed by the next; without root.
    chain: Arc<[Certificate]>,
    signer: Box<dyn Signer>,
    signature_algorithm: Vec<u8>,
    verifier: Verifier,
    key_identifier: Option<Vec<u8>>,
}

/// A certificate and a key cannot issue.
#[derive(Clone, Debug, Eq, Error, PartialEq)]
pub enum IssuerError {
    /// There is no certificate.
    #[error("there is no issuing certificate")]
    NoCertificate,
    /// basicConstraints does not say CA:TRUE (RFC 5280 §4.2.1.9).
    #[error("the issuing certificate ({subject}) is not a CA certificate")]
    NotCa {
        /// Its subject.
        subject: String,
    },
    /// keyUsage has no keyCertSign (RFC 5280 §4.2.1.3).
    #[error("the key usage of the issuing certificate ({subject}) does not allow it to sign certificates")]
    KeyUsage {
        /// Its subject.
        subject: String,
    },
    /// An issuer has a name (RFC 5280 §4.1.2.4).
    #[error("the issuing certificate has an empty subject")]
    EmptySubject,
    /// The key is not the certificate's.
    #[error("the key does not belong to the issuing certificate ({subject})")]
    OtherKey {
        /// Its subject.
        subject: String,
    },
    /// The key is too weak to sign with.
    #[error(transparent)]
    Key(#[from] KeyError),
    /// The key does not make signatures that can be verified with the certificate.
    #[error("the signatures of the issuing key cannot be verified: {0}")]
    Verifier(#[source] SignatureError),
    /// A certificate of the chain was not signed by the next one.
    #[error("the certificate of {subject} was not issued by {issuer}: {source}")]
    Chain {
        /// The certificate.
        subject: String,
        /// The one that follows it.
        issuer: String,
        /// What does not fit.
        source: ChainError,
    },
}

/// Two certificates that follow each other in a chain do not belong together.
#[derive(Clone, Debug, Eq, Error, PartialEq)]
pub enum ChainError {
    /// The issuer's name is another one.
    #[error("its issuer has another name")]
    Name,
    /// The signature does not hold.
    #[error(transparent)]
    Signature(#[from] SignatureError),
}

/// The issuing key cannot be used now.
#[derive(Clone, Debug, Eq, Error, PartialEq)]
pub enum KeyProofError {
    /// It makes no signature.
    #[error(transparent)]
    Signer(#[from] SignerError),
    /// The signature is not that of the certificate's key.
    #[error(transparent)]
    Signature(#[from] SignatureError),
}

impl Issuer {
    /// `chain` begins with the issuing certificate; each certificate is signed
    /// by the next. A root at the end is left out: clients have it.
    pub fn new(mut chain: Vec<Certificate>, signer: Box<dyn Signer>) -> Result<Self, IssuerError> {
        check_chain(&chain)?;
        if chain.len() > 1 && chain.last().is_some_and(Certificate::is_self_issued) {
            chain.pop();
        }
        let certificate = chain.first().ok_or(IssuerError::NoCertificate)?;
        let subject = || certificate.subject().to_string();
        if certificate.subject().is_empty() {
            return Err(IssuerError::EmptySubject);
        }
        if !certificate.is_ca() {
            return Err(IssuerError::NotCa { subject: subject() });
        }
        if certificate.key_usage().is_some_and(|usage| !usage.contains(KeyUsage::KEY_CERT_SIGN)) {
            return Err(IssuerError::KeyUsage { subject: subject() });
        }
        if certificate.public_key().spki_der() != signer.public_key() {
            return Err(IssuerError::OtherKey { subject: subject() });
        }
        PublicKey::try_from(certificate.public_key().clone())?;
        let signature_algorithm = signature::algorithm_identifier(signer.algorithm());
        let verifier = Verifier::new(certificate.public_key(), &signature_algorithm).map_err(IssuerError::Verifier)?;
        Ok(Self {
            signature_algorithm,
            verifier,
            key_identifier: certificate.subject_key_identifier(),
            chain: chain.into(),
            signer,
        })
    }

    /// The certificate whose key signs.
    pub fn certificate(&self) -> &Certificate {
        self.chain.first().expect("an issuer has a certificate")
    }

    /// The issuing certificate and those above it, without root.
    pub fn chain(&self) -> &[Certificate] {
        &self.chain
    }

    /// Makes one signature over a text that is none of a certificate, and verifies it: whether the key is there, works,
    /// and belongs to the certificate.
    ///
    /// # Errors
    /// It does not sign, or not as the certificate says.
    pub fn prove_key(&self) -> Result<(), KeyProofError> {
        const TEXT: &[u8] = b"step-ca: proof that the issuing key can sign, no certificate";
        let signature = self.signer.sign(TEXT)?;
        Ok(self.verifier.verify(TEXT, &signature)?)
    }

    /// Whether the key is in hardware or behind a network ([`Signer::signs_elsewhere`]).
    pub fn signs_elsewhere(&self) -> bool {
        self.signer.signs_elsewhere()
    }

    pub(crate) fn shared_chain(&self) -> Arc<[Certificate]> {
        Arc::clone(&self.chain)
    }

    pub(crate) fn signer(&self) -> &dyn Signer {
        self.signer.as_ref()
    }

    /// AlgorithmIdentifier of every signature this issuer makes.
    pub(crate) fn signature_algorithm(&self) -> &[u8] {
        &self.signature_algorithm
    }

    /// Verifies what this issuer signs.
    pub(crate) fn verifier(&self) -> &Verifier {
        &self.verifier
    }

    /// What goes into authorityKeyIdentifier; none if the certificate has no
    /// subjectKeyIdentifier.
    pub(crate) fn key_identifier(&self) -> Option<&[u8]> {
        self.key_identifier.as_deref()
    }
}

/// Shows the certificates; there is nothing of the key to show.
impl std::fmt::Debug for Issuer {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let subjects: Vec<_> = self.chain.iter().map(|certificate| certificate.subject().to_string()).collect();
        formatter.debug_struct("Issuer").field("chain", &subjects).finish_non_exhaustive()
    }
}

fn check_chain(chain: &[Certificate]) -> Result<(), IssuerError> {
    for pair in chain.windows(2) {
        let [certificate, issuer] = pair else { continue };
        check_link(certificate, issuer).map_err(|source| IssuerError::Chain {
            subject: certificate.subject().to_string(),
            issuer: issuer.subject().to_string(),
            source,
        })?;
    }
    Ok(())
}

fn check_link(certificate: &Certificate, issuer: &Certificate) -> Result<(), ChainError> {
    if certificate.issuer().der() != issuer.subject().der() {
        return Err(ChainError::Name);
    }
    Ok(certificate.verify_signature(issuer.public_key())?)
}
