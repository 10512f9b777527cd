//! Certificates in files and answers: PEM or DER in, DER out.

use anyhow::Context as _;
use rustls::pki_types::{CertificateDer, pem::PemObject as _};
use thiserror::Error;

/// Octets that were to hold certificates do not.
#[derive(Debug, Error)]
pub enum CertificateError {
    /// There is none.
    #[error("no certificate found")]
    None,
    /// The PEM text is damaged.
    #[error("not a valid PEM text")]
    Pem(#[source] rustls::pki_types::pem::Error),
    /// A block says it is a certificate but is not.
    #[error("not an X.509 certificate")]
    NotACertificate,
}

/// Every certificate of a PEM text, or the one certificate of a DER file; at least one.
pub(crate) fn all(bytes: &[u8]) -> Result<Vec<CertificateDer<'static>>, CertificateError> {
    let certificates = if is_der(bytes) {
        vec![CertificateDer::from(bytes.to_vec())]
    } else {
        CertificateDer::pem_slice_iter(bytes).collect::<Result<Vec<_>, _>>().map_err(CertificateError::Pem)?
    };
    if certificates.is_empty() {
        return Err(CertificateError::None);
    }
    if certificates.iter().all(is_certificate) { Ok(certificates) } else { Err(CertificateError::NotACertificate) }
}

/// The first certificate; what follows it is not looked at.
pub(crate) fn first(bytes: &[u8]) -> Result<CertificateDer<'static>, CertificateError> {
    let certificate = if is_der(bytes) {
        CertificateDer::from(bytes.to_vec())
    } else {
        CertificateDer::pem_slice_iter(bytes).next().ok_or(CertificateError::None)?.map_err(CertificateError::Pem)?
    };
    if is_certificate(&certificate) { Ok(certificate) } else { Err(CertificateError::NotACertificate) }
}

/// PEM, 64 columns, one block after the other.
pub(crate) fn to_pem(certificates: &[CertificateDer<'_>]) -> String {
    certificates.iter().map(|certificate| pem("CERTIFICATE", certificate)).collect()
}

/// One PEM block (RFC 7468 §2).
fn pem(label: &str, der: &[u8]) -> String {
    use base64::{Engine as _, prelude::BASE64_STANDARD};

    let body = BASE64_STANDARD.encode(der);
    let mut text = format!("-----BEGIN {label}-----\n");
    let mut rest = body.as_str();
    while !rest.is_empty() {
        let (line, tail) = rest.split_at(rest.len().min(64));
        text.push_str(line);
        text.push('\n');
        rest = tail;
    }
    text.push_str(&format!("-----END {label}-----\n"));
    text
}

/// The first of a chain that a CA has sent.
pub(crate) fn leaf(chain: &[CertificateDer<'_>]) -> anyhow::Result<authority::Certificate> {
    let leaf = chain.first().context("there is no certificate")?;
    authority::Certificate::from_der(leaf).context("error parsing the certificate")
}

/// A DER file begins with a SEQUENCE, which is no letter of a PEM text.
pub(crate) fn is_der(bytes: &[u8]) -> bool {
    bytes.first() == Some(&0x30)
}

/// Nothing but one certificate.
fn is_certificate(der: &CertificateDer<'_>) -> bool {
    x509_parser::parse_x509_certificate(der).is_ok_and(|(rest, _)| rest.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_that_holds_no_certificate_is_an_error_and_never_an_empty_list() {
        for text in ["", "hello", "-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----\n"] {
            assert!(matches!(all(text.as_bytes()), Err(CertificateError::None)), "{text}");
            assert!(matches!(first(text.as_bytes()), Err(CertificateError::None)), "{text}");
        }
    }

    #[test]
    fn a_block_that_only_says_it_is_a_certificate_is_refused() {
        let text = pem("CERTIFICATE", b"nonsense");
        assert!(matches!(all(text.as_bytes()), Err(CertificateError::NotACertificate)));
        assert!(matches!(first(&[0x30, 0x00]), Err(CertificateError::NotACertificate)));
    }

    #[test]
    fn a_damaged_block_is_refused() {
        let text = "-----BEGIN CERTIFICATE-----\nMIIB\n";
        assert!(matches!(all(text.as_bytes()), Err(CertificateError::Pem(_))));
    }
}
