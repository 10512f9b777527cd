//! Path validation (RFC 5280 §6.1), for certificates others present.
//!
//! The work is rustls-webpki's; what is added here is a root's own validity,
//! which RFC 5280 leaves out of a trust anchor and people expect.

mod ca;

use std::time::Duration;

use der::asn1::ObjectIdentifier;
use rustls_pki_types::{CertificateDer, ServerName, TrustAnchor, UnixTime};
use thiserror::Error;
use webpki::{EndEntityCert, Error, ExtendedKeyUsageValidator, KeyPurposeIdIter, anchor_from_trusted_cert};

pub use ca::{MAX_PATH_DEPTH, verify_ca_path};

use crate::certificate::Certificate;
use crate::public_key::{KeyError, PublicKey};
use crate::time::Timestamp;

/// There is no path from a certificate to a root.
#[derive(Clone, Debug, Eq, Error, PartialEq)]
pub enum PathError {
    /// A certificate cannot be read, or is not made as RFC 5280 asks.
    #[error("a certificate of the path is not well formed: {reason}")]
    Malformed {
        /// What is wrong with it.
        reason: String,
    },
    /// A certificate of the path had expired at the time asked for.
    #[error("a certificate of the path has expired")]
    Expired,
    /// A certificate of the path was not yet valid at the time asked for.
    #[error("a certificate of the path is not yet valid")]
    NotYetValid,
    /// No root is reached.
    #[error("the certificate was not issued under any of the roots")]
    UnknownIssuer,
    /// An extended key usage on the path does not allow what was asked for.
    #[error("the certificate is not for this use")]
    UsageNotAllowed,
    /// None of the names is the host's.
    #[error("the certificate is not for {host}")]
    OtherHost {
        /// The host.
        host: String,
    },
    /// A key of the path is too weak, or of a kind that is not accepted.
    #[error("a key of the path is not acceptable: {0}")]
    Key(#[from] KeyError),
    /// Any other rule of RFC 5280 §6.1.
    #[error("the path is not valid: {reason}")]
    Other {
        /// Which rule.
        reason: String,
    },
}

/// Builds and checks a path from `leaf` over any of `intermediates` to one of
/// `roots`, as it was at the time `at`. Where a certificate below the root has
/// an extKeyUsage, each of `usages` must be in it, and each of their keys is one
/// we would certify.
///
/// The path is returned leaf first, root last. Revocation is not looked at.
pub fn verify_path(
    leaf: &Certificate,
    intermediates: &[Certificate],
    roots: &[Certificate],
    at: Timestamp,
    usages: &[ObjectIdentifier],
) -> Result<Vec<Certificate>, PathError> {
    let roots = valid_roots(roots, at)?;
    let root_ders: Vec<_> = roots.iter().map(|root| CertificateDer::from(root.der())).collect();
    let anchors: Vec<TrustAnchor<'_>> =
        root_ders.iter().map(anchor_from_trusted_cert).collect::<Result<_, _>>().map_err(path_error)?;
    let intermediate_ders: Vec<_> = intermediates.iter().map(|der| CertificateDer::from(der.der())).collect();
    let leaf_der = CertificateDer::from(leaf.der());
    let end_entity = EndEntityCert::try_from(&leaf_der).map_err(path_error)?;
    let seconds = u64::try_from(at.as_unix()).map_err(|_| PathError::NotYetValid)?;
    let path = end_entity
        .verify_for_usage(
            webpki::ALL_VERIFICATION_ALGS,
            &anchors,
            &intermediate_ders,
            UnixTime::since_unix_epoch(Duration::from_secs(seconds)),
            Usages(usages),
            None,
            None,
        )
        .map_err(path_error)?;
    let find = |certificates: &[Certificate], der: &[u8]| certificates.iter().find(|one| one.der() == der).cloned();
    let anchor = anchors.iter().position(|anchor| std::ptr::eq(anchor, path.anchor()));
    let mut certificates = vec![leaf.clone()];
    certificates.extend(path.intermediate_certificates().filter_map(|one| find(intermediates, &one.der())));
    for certificate in &certificates {
        PublicKey::try_from(certificate.public_key().clone())?;
    }
    certificates.extend(anchor.and_then(|index| roots.get(index)).map(|root| Certificate::clone(root)));
    Ok(certificates)
}

/// Whether a certificate is for a host: a DNS name or an IP address, compared
/// with subjectAltName and never with a common name (RFC 9525 §6). A wildcard
/// stands for one left-most label.
pub fn verify_host(leaf: &Certificate, host: &str) -> Result<(), PathError> {
    let other_host = || PathError::OtherHost { host: host.to_owned() };
    let name = ServerName::try_from(host).map_err(|_| other_host())?;
    let der = CertificateDer::from(leaf.der());
    let end_entity = EndEntityCert::try_from(&der).map_err(path_error)?;
    end_entity.verify_is_valid_for_subject_name(&name).map_err(|error| match error {
        Error::CertNotValidForName(_) => other_host(),
        error => path_error(error),
    })
}

fn valid_roots(roots: &[Certificate], at: Timestamp) -> Result<Vec<&Certificate>, PathError> {
    let valid: Vec<_> = roots.iter().filter(|root| root.validity().contains(at)).collect();
    if valid.is_empty() {
        return Err(match roots.first() {
            Some(root) if at < root.validity().not_before => PathError::NotYetValid,
            Some(_) => PathError::Expired,
            None => PathError::UnknownIssuer,
        });
    }
    Ok(valid)
}

/// Every usage asked for, in each certificate that restricts its usages.
struct Usages<'a>(&'a [ObjectIdentifier]);

impl ExtendedKeyUsageValidator for Usages<'_> {
    fn validate(&self, present: KeyPurposeIdIter<'_, '_>) -> Result<(), Error> {
        let present = present.collect::<Result<Vec<_>, _>>()?;
        let allows = |usage: &ObjectIdentifier| present.contains(&webpki::KeyPurposeId::new(usage.as_bytes()));
        if present.is_empty() || self.0.iter().all(allows) { Ok(()) } else { Err(Error::EmptyEkuExtension) }
    }
}

fn path_error(error: Error) -> PathError {
    match error {
        Error::CertExpired { .. } => PathError::Expired,
        Error::CertNotValidYet { .. } => PathError::NotYetValid,
        Error::UnknownIssuer | Error::InvalidSignatureForPublicKey => PathError::UnknownIssuer,
        Error::EmptyEkuExtension | Error::RequiredEkuNotFoundContext(_) => PathError::UsageNotAllowed,
        Error::BadDer
        | Error::BadDerTime
        | Error::ExtensionValueInvalid
        | Error::InvalidCertValidity
        | Error::InvalidSerialNumber
        | Error::MalformedExtensions
        | Error::TrailingData(_)
        | Error::UnsupportedCertVersion => PathError::Malformed { reason: error.to_string() },
        other => PathError::Other { reason: other.to_string() },
    }
}
