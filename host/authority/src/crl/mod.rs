//! Lists of revoked certificates (RFC 5280 §5): version 2, complete, direct.
//!
//! A list is signed by the key that signs certificates, read back as a
//! stranger would read it, verified and compared before anybody sees it.

mod entry;
mod read;
mod sign;

pub use entry::RevokedCertificate;
pub use read::ListError;
pub use sign::{ListContents, SignListError};

use crate::pem;
use crate::public_key::SubjectPublicKeyInfo;
use crate::serial::SerialNumber;
use crate::signature::{self, SignatureError};
use crate::time::Timestamp;

/// What a list's PEM block is called (RFC 7468 §6).
const LABEL: &str = "X509 CRL";

/// A parsed CertificateList. Nothing about it has been verified.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct CertificateList {
    der: Vec<u8>,
    tbs: Vec<u8>,
    signature_algorithm: Vec<u8>,
    signature: Vec<u8>,
    issuer: Vec<u8>,
    number: u64,
    this_update: Timestamp,
    next_update: Timestamp,
    authority_key_identifier: Option<Vec<u8>>,
    revoked: Vec<RevokedCertificate>,
}

impl CertificateList {
    /// The DER as it was read.
    pub fn der(&self) -> &[u8] {
        &self.der
    }

    /// A PEM block, ending with a line feed.
    pub fn pem(&self) -> String {
        pem::encode(LABEL, &self.der)
    }

    /// The issuer's name in DER (RFC 5280 §5.1.2.3).
    pub fn issuer_der(&self) -> &[u8] {
        &self.issuer
    }

    /// cRLNumber (RFC 5280 §5.2.3).
    pub fn number(&self) -> u64 {
        self.number
    }

    /// When it was made (RFC 5280 §5.1.2.4).
    pub fn this_update(&self) -> Timestamp {
        self.this_update
    }

    /// By when there is a newer one (RFC 5280 §5.1.2.5).
    pub fn next_update(&self) -> Timestamp {
        self.next_update
    }

    /// The keyIdentifier of authorityKeyIdentifier (RFC 5280 §5.2.1).
    pub fn authority_key_identifier(&self) -> Option<&[u8]> {
        self.authority_key_identifier.as_deref()
    }

    /// The entries, in the order of the list.
    pub fn revoked(&self) -> &[RevokedCertificate] {
        &self.revoked
    }

    /// The entry of a certificate.
    pub fn find(&self, serial_number: &SerialNumber) -> Option<&RevokedCertificate> {
        self.revoked.iter().find(|entry| entry.serial_number == *serial_number)
    }

    /// Verifies the signature with the key of `issuer`, and nothing else.
    pub fn verify_signature(&self, issuer: &SubjectPublicKeyInfo) -> Result<(), SignatureError> {
        signature::verify(issuer, &self.signature_algorithm, &self.tbs, &self.signature)
    }
}
