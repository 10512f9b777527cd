//! A certificate as it was issued, by us or by anyone else.

use aws_lc_rs::digest;
use der::asn1::ObjectIdentifier;
use thiserror::Error;

use crate::distinguished_name::{DistinguishedName, DistinguishedNameError};
use crate::extensions::{
    BasicConstraints, Extension, ExtensionError, KeyUsage, ProvisionerExtension, decode_ext_key_usages,
    decode_extensions, find, key_identifier,
};
use crate::names::{SubjectAltNameError, SubjectAltNames, general_name};
use crate::oid;
use crate::pem::{self, PemError};
use crate::public_key::{KeyError, SubjectPublicKeyInfo};
use crate::serial::{SerialNumber, SerialNumberError};
use crate::signature::{self, SignatureError};
use crate::signed_value::SignedValue;
use crate::tbs::Tbs;
use crate::time::Validity;

/// Longest certificate that is read, in octets.
const MAX_CERTIFICATE: usize = 64 * 1024;
/// Most extensions, and most names, of a certificate that is read.
const MAX_EXTENSIONS: usize = 64;
const MAX_NAMES: usize = 10_000;
/// What a certificate's PEM block is called (RFC 7468 §5).
const LABEL: &str = "CERTIFICATE";

/// A parsed X.509 v3 certificate. Nothing about it has been verified.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Certificate {
    der: Vec<u8>,
    tbs: Vec<u8>,
    signature_algorithm: Vec<u8>,
    signature: Vec<u8>,
    serial_number: SerialNumber,
    issuer: DistinguishedName,
    validity: Validity,
    subject: DistinguishedName,
    public_key: SubjectPublicKeyInfo,
    extensions: Vec<Extension>,
    subject_alt_names: Result<SubjectAltNames, SubjectAltNameError>,
    basic_constraints: Option<BasicConstraints>,
    key_usage: Option<KeyUsage>,
    ext_key_usages: Vec<ObjectIdentifier>,
}

/// Why octets are not a certificate.
#[derive(Clone, Debug, Eq, Error, PartialEq)]
pub enum CertificateError {
    /// Not DER, or not the structure of RFC 5280 §4.1.
    #[error("the certificate is not well formed")]
    Malformed,
    /// Larger than any certificate.
    #[error("the certificate is larger than {MAX_CERTIFICATE} octets")]
    TooLarge,
    /// Not version 3.
    #[error("the certificate is not of version 3")]
    Version,
    /// The two copies of the signature algorithm differ (RFC 5280 §4.1.1.2).
    #[error("the signature algorithm inside the certificate is not the one outside")]
    SignatureAlgorithm,
    /// The serial number is negative or too long.
    #[error("the serial number of the certificate is not valid")]
    SerialNumber(#[source] Option<SerialNumberError>),
    /// Issuer or subject cannot be read.
    #[error(transparent)]
    Name(#[from] DistinguishedNameError),
    /// The public key cannot be read.
    #[error(transparent)]
    Key(#[from] KeyError),
    /// The extensions cannot be read.
    #[error(transparent)]
    Extension(#[from] ExtensionError),
    /// The text is not PEM.
    #[error(transparent)]
    Pem(#[from] PemError),
    /// A PEM block of another kind.
    #[error("expected a PEM block CERTIFICATE, found {label:?}")]
    Label {
        /// What the block is called.
        label: String,
    },
}

impl Certificate {
    /// Reads the DER.
    pub fn from_der(der: &[u8]) -> Result<Self, CertificateError> {
        if der.len() > MAX_CERTIFICATE {
            return Err(CertificateError::TooLarge);
        }
        let outer = SignedValue::decode(der).map_err(|_| CertificateError::Malformed)?;
        let tbs = Tbs::decode(outer.contents).map_err(|_| CertificateError::Malformed)?;
        if tbs.version != 2 {
            return Err(CertificateError::Version);
        }
        if tbs.signature != outer.signature_algorithm {
            return Err(CertificateError::SignatureAlgorithm);
        }
        let extensions = match tbs.extensions {
            Some(extensions) => decode_extensions(extensions, MAX_EXTENSIONS)?,
            None => Vec::new(),
        };
        let value = |oid| find(&extensions, oid).map(|extension| extension.value.as_slice());
        Ok(Self {
            serial_number: serial_number(tbs.serial_number)?,
            issuer: DistinguishedName::from_der(tbs.issuer)?,
            validity: tbs.validity,
            subject: DistinguishedName::from_der(tbs.subject)?,
            public_key: SubjectPublicKeyInfo::from_der(tbs.subject_public_key_info)?,
            subject_alt_names: match value(&oid::SUBJECT_ALT_NAME) {
                Some(value) => general_name::decode(value, MAX_NAMES),
                None => Ok(SubjectAltNames::default()),
            },
            basic_constraints: value(&oid::BASIC_CONSTRAINTS).map(BasicConstraints::decode).transpose()?,
            key_usage: value(&oid::KEY_USAGE).map(KeyUsage::decode).transpose()?,
            ext_key_usages: match value(&oid::EXT_KEY_USAGE) {
                Some(value) => decode_ext_key_usages(value)?,
                None => Vec::new(),
            },
            extensions,
            der: der.to_vec(),
            tbs: outer.contents.to_vec(),
            signature_algorithm: outer.signature_algorithm.to_vec(),
            signature: outer.signature.to_vec(),
        })
    }

    /// Reads the first block of a PEM text, which must be a certificate.
    pub fn from_pem(text: &str) -> Result<Self, CertificateError> {
        match pem::blocks(text)?.first() {
            Some(block) => Self::from_block(block),
            None => Err(PemError::NoBlock.into()),
        }
    }

    /// Reads every block of a PEM text; all of them must be certificates.
    pub fn chain_from_pem(text: &str) -> Result<Vec<Self>, CertificateError> {
        pem::blocks(text)?.iter().map(Self::from_block).collect()
    }

    fn from_block(block: &pem::PemBlock) -> Result<Self, CertificateError> {
        if block.label != LABEL {
            return Err(CertificateError::Label { label: block.label.clone() });
        }
        Self::from_der(&block.contents)
    }

    /// The DER as it was read.
    pub fn der(&self) -> &[u8] {
        &self.der
    }

    /// A PEM block, ending with a line feed.
    pub fn pem(&self) -> String {
        pem::encode(LABEL, &self.der)
    }

    /// SHA-256 of the DER.
    pub fn fingerprint_sha256(&self) -> [u8; 32] {
        sha256(&self.der)
    }

    /// serialNumber (RFC 5280 §4.1.2.2).
    pub fn serial_number(&self) -> &SerialNumber {
        &self.serial_number
    }

    /// issuer (RFC 5280 §4.1.2.4).
    pub fn issuer(&self) -> &DistinguishedName {
        &self.issuer
    }

    /// validity (RFC 5280 §4.1.2.5).
    pub fn validity(&self) -> Validity {
        self.validity
    }

    /// subject (RFC 5280 §4.1.2.6).
    pub fn subject(&self) -> &DistinguishedName {
        &self.subject
    }

    /// subjectPublicKeyInfo (RFC 5280 §4.1.2.7).
    pub fn public_key(&self) -> &SubjectPublicKeyInfo {
        &self.public_key
    }

    /// The names of the subjectAltName extension, none if it is absent; an
    /// error if there are names we would not issue.
    pub fn subject_alt_names(&self) -> Result<&SubjectAltNames, SubjectAltNameError> {
        self.subject_alt_names.as_ref().map_err(Clone::clone)
    }

    /// Whether basicConstraints says CA:TRUE.
    pub fn is_ca(&self) -> bool {
        self.basic_constraints.is_some_and(|constraints| constraints.is_ca)
    }

    /// How many CAs may follow in a path (RFC 5280 §4.2.1.9).
    pub fn path_len(&self) -> Option<u8> {
        self.basic_constraints.and_then(|constraints| constraints.path_len)
    }

    /// keyUsage; none if the extension is absent, which allows every usage.
    pub fn key_usage(&self) -> Option<KeyUsage> {
        self.key_usage
    }

    /// extKeyUsage; empty if the extension is absent, which allows every usage.
    pub fn ext_key_usages(&self) -> &[ObjectIdentifier] {
        &self.ext_key_usages
    }

    /// Every extension, in order.
    pub fn extensions(&self) -> &[Extension] {
        &self.extensions
    }

    /// The contents of subjectKeyIdentifier.
    pub fn subject_key_identifier(&self) -> Option<Vec<u8>> {
        let extension = find(&self.extensions, &oid::SUBJECT_KEY_IDENTIFIER)?;
        key_identifier::decode_subject_key_identifier(&extension.value)
    }

    /// The keyIdentifier of authorityKeyIdentifier.
    pub fn authority_key_identifier(&self) -> Option<Vec<u8>> {
        let extension = find(&self.extensions, &oid::AUTHORITY_KEY_IDENTIFIER)?;
        key_identifier::decode_authority_key_identifier(&extension.value)
    }

    /// The provisioner that let the certificate be issued; an error if the
    /// extension is there and cannot be read.
    pub fn provisioner_extension(&self) -> Result<Option<ProvisionerExtension>, ExtensionError> {
        find(&self.extensions, &oid::STEP_PROVISIONER)
            .map(|extension| ProvisionerExtension::decode(&extension.value))
            .transpose()
    }

    /// Whether issuer and subject are the same name.
    pub fn is_self_issued(&self) -> bool {
        self.issuer.der() == self.subject.der()
    }

    /// Verifies the signature with the key of `issuer`, and nothing else.
    pub fn verify_signature(&self, issuer: &SubjectPublicKeyInfo) -> Result<(), SignatureError> {
        signature::verify(issuer, &self.signature_algorithm, &self.tbs, &self.signature)
    }

    /// What was signed.
    pub(crate) fn tbs(&self) -> &[u8] {
        &self.tbs
    }

    /// The contents of the BIT STRING of the signature.
    pub(crate) fn signature(&self) -> &[u8] {
        &self.signature
    }

    /// AlgorithmIdentifier of the signature, the same inside and out.
    pub(crate) fn signature_algorithm(&self) -> &[u8] {
        &self.signature_algorithm
    }
}

fn serial_number(octets: &[u8]) -> Result<SerialNumber, CertificateError> {
    if octets.first().is_some_and(|first| first & 0x80 != 0) {
        return Err(CertificateError::SerialNumber(None));
    }
    SerialNumber::from_bytes(octets).map_err(|error| CertificateError::SerialNumber(Some(error)))
}

pub(crate) fn sha256(octets: &[u8]) -> [u8; 32] {
    digest::digest(&digest::SHA256, octets).as_ref().try_into().expect("SHA-256 has 32 octets")
}
