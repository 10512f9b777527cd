//! Making a public key infrastructure: a root, an intermediate, and the
//! requests of clients.

mod by_hand;

use std::time::Duration;

use aws_lc_rs::rand;
pub use by_hand::{self_sign_leaf, self_sign_root, sign_intermediate};
use thiserror::Error;

use crate::certificate::{Certificate, CertificateError};
use crate::distinguished_name::DistinguishedName;
use crate::extensions::{BasicConstraints, Extension, KeyUsage, encode_extensions, key_identifier};
use crate::keys::{Signer, SignerError};
use crate::names::SubjectAltNames;
use crate::public_key::{KeyError, PublicKey};
use crate::request::{CertificationRequest, RequestError};
use crate::serial::SerialNumber;
use crate::signature::{self, SignatureError};
use crate::signed_value::SignedValue;
use crate::subject::SubjectError;
use crate::tbs::TbsCertificate;
use crate::time::{Timestamp, Validity};
use crate::{asn1, oid, profile};

/// How long a root and an intermediate are valid: ten years of 365 days.
const CA_LIFETIME: Duration = Duration::from_secs(87_600 * 3600);

/// A certificate or a request could not be made.
#[derive(Clone, Debug, Eq, Error, PartialEq)]
pub enum PkiError {
    /// The key is not one to build on.
    #[error(transparent)]
    Key(#[from] KeyError),
    /// The key did not sign.
    #[error(transparent)]
    Signer(#[from] SignerError),
    /// The system has no random octets.
    #[error("the system's random generator failed")]
    Random,
    /// The time is not one a certificate can begin at.
    #[error("a certificate cannot begin at {now}")]
    Time {
        /// The time.
        now: Timestamp,
    },
    /// The validity ends before it begins, or cannot be written.
    #[error("a certificate cannot be valid from {not_before} to {not_after}")]
    Validity {
        /// Its first second.
        not_before: Timestamp,
        /// Its last second.
        not_after: Timestamp,
    },
    /// The subject is not fit for a certificate.
    #[error(transparent)]
    Subject(#[from] SubjectError),
    /// Nothing says what the certificate is for.
    #[error("the certificate would have no {what}")]
    Nameless {
        /// What is missing.
        what: &'static str,
    },
    /// The request was made with another key.
    #[error("the request was not made with this key")]
    OtherRequest,
    /// The root cannot sign an intermediate.
    #[error("{subject} cannot issue a CA certificate")]
    NotAnIssuer {
        /// Subject of the root.
        subject: String,
    },
    /// The root's key is not the one given.
    #[error("the key does not belong to {subject}")]
    OtherKey {
        /// Subject of the root.
        subject: String,
    },
    /// What was made cannot be read back.
    #[error(transparent)]
    Certificate(#[from] CertificateError),
    /// What was made does not verify.
    #[error(transparent)]
    Signature(#[from] SignatureError),
    /// What was asked for is not fit for a request.
    #[error(transparent)]
    Request(#[from] RequestError),
}

/// Makes a self-signed root named `<name> Root CA`, valid for ten years from
/// `now`, under which there is one more CA at most.
pub fn create_root(name: &str, key: &dyn Signer, now: Timestamp) -> Result<Certificate, PkiError> {
    let subject = DistinguishedName::from_common_name(&format!("{name} Root CA"));
    let public_key = PublicKey::from_spki(key.public_key())?;
    let extensions = ca_extensions(1, &public_key);
    let validity = Validity { not_before: now, not_after: end_of_life(now)? };
    let parts = Parts { subject: &subject, issuer: &subject, public_key: &public_key, validity, extensions };
    let root = parts.sign(key)?;
    root.verify_signature(public_key.info())?;
    Ok(root)
}

/// Makes an intermediate named `<name> Intermediate CA` under `root`, valid for
/// ten years from `now` or as long as the root, under which there is no
/// further CA.
pub fn create_intermediate(
    name: &str,
    key: &dyn Signer,
    root: &Certificate,
    root_key: &dyn Signer,
    now: Timestamp,
) -> Result<Certificate, PkiError> {
    check_issuer(root, root_key)?;
    let subject = DistinguishedName::from_common_name(&format!("{name} Intermediate CA"));
    let public_key = PublicKey::from_spki(key.public_key())?;
    let mut extensions = ca_extensions(0, &public_key);
    extensions.extend(root.subject_key_identifier().as_deref().map(key_identifier::authority_key_identifier));
    let not_after = end_of_life(now)?.min(root.validity().not_after);
    let validity = Validity { not_before: now, not_after };
    let parts = Parts { subject: &subject, issuer: root.subject(), public_key: &public_key, validity, extensions };
    let intermediate = parts.sign(root_key)?;
    intermediate.verify_signature(root.public_key())?;
    Ok(intermediate)
}

/// Makes a request for `names`, signed with `key`. An empty `common_name` is
/// left out.
pub fn create_csr(
    key: &dyn Signer,
    common_name: &str,
    names: &SubjectAltNames,
) -> Result<CertificationRequest, PkiError> {
    const VERSION_1: &[u8] = &[asn1::INTEGER, 1, 0];
    const ATTRIBUTES: u8 = 0;
    let subject = match common_name {
        "" => DistinguishedName::from_attributes(Vec::new()),
        name => DistinguishedName::from_common_name(name),
    };
    let attributes = if names.is_empty() { Vec::new() } else { extension_request(names, subject.is_empty()) };
    let attributes = asn1::tlv(asn1::context_constructed(ATTRIBUTES), &[&attributes]);
    let info = asn1::sequence(&[VERSION_1, subject.der(), key.public_key(), &attributes]);
    let signature_algorithm = signature::algorithm_identifier(key.algorithm());
    Ok(CertificationRequest::from_der(&sign(&info, &signature_algorithm, key)?)?)
}

/// The extensionRequest attribute (RFC 2985 §5.4.2).
fn extension_request(names: &SubjectAltNames, subject_is_empty: bool) -> Vec<u8> {
    let extensions = encode_extensions(&[profile::subject_alt_name_extension(names, subject_is_empty)]);
    asn1::sequence(&[&asn1::object_identifier(&oid::EXTENSION_REQUEST), &asn1::set_of(vec![extensions])])
}

/// A random serial number from the system's generator.
pub fn random_serial_number() -> Result<SerialNumber, PkiError> {
    let mut octets = [0; SerialNumber::OCTETS];
    rand::fill(&mut octets).map_err(|_| PkiError::Random)?;
    Ok(SerialNumber::from_random(octets))
}

/// keyUsage and basicConstraints critical (RFC 5280 §4.2.1.3, §4.2.1.9).
fn ca_extensions(path_len: u8, key: &PublicKey) -> Vec<Extension> {
    let usage = KeyUsage::KEY_CERT_SIGN | KeyUsage::CRL_SIGN;
    let constraints = BasicConstraints { is_ca: true, path_len: Some(path_len) };
    vec![
        Extension::critical(oid::KEY_USAGE, usage.encode()),
        Extension::critical(oid::BASIC_CONSTRAINTS, constraints.encode()),
        key_identifier::subject_key_identifier(&key.subject_key_identifier()),
    ]
}

fn end_of_life(now: Timestamp) -> Result<Timestamp, PkiError> {
    now.checked_add(CA_LIFETIME).filter(|end| end.is_encodable()).ok_or(PkiError::Time { now })
}

fn check_issuer(root: &Certificate, root_key: &dyn Signer) -> Result<(), PkiError> {
    let subject = || root.subject().to_string();
    let may_sign = root.key_usage().is_none_or(|usage| usage.contains(KeyUsage::KEY_CERT_SIGN));
    if !root.is_ca() || root.path_len() == Some(0) || !may_sign {
        return Err(PkiError::NotAnIssuer { subject: subject() });
    }
    if root.public_key().spki_der() != root_key.public_key() {
        return Err(PkiError::OtherKey { subject: subject() });
    }
    Ok(())
}

struct Parts<'a> {
    subject: &'a DistinguishedName,
    issuer: &'a DistinguishedName,
    public_key: &'a PublicKey,
    validity: Validity,
    extensions: Vec<Extension>,
}

impl Parts<'_> {
    fn sign(self, key: &dyn Signer) -> Result<Certificate, PkiError> {
        let Validity { not_before, not_after } = self.validity;
        if self.validity.duration().is_none() {
            return Err(PkiError::Validity { not_before, not_after });
        }
        let algorithm = signature::algorithm_identifier(key.algorithm());
        let tbs = TbsCertificate {
            serial_number: random_serial_number()?,
            signature: &algorithm,
            issuer: self.issuer.der(),
            validity: self.validity,
            subject: self.subject.der(),
            subject_public_key_info: self.public_key.spki_der(),
            extensions: &self.extensions,
        };
        let tbs = tbs.encode().map_err(|_| PkiError::Validity { not_before, not_after })?;
        Ok(Certificate::from_der(&sign(&tbs, &algorithm, key)?)?)
    }
}

fn sign(contents: &[u8], signature_algorithm: &[u8], key: &dyn Signer) -> Result<Vec<u8>, SignerError> {
    let signature = key.sign(contents)?;
    Ok(SignedValue { contents, signature_algorithm, signature: &signature }.encode())
}
