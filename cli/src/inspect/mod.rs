//! Showing what a certificate or a certification request says.
//!
//! Three forms of the same reading: [`text`] as OpenSSL and upstream print it, [`json`] for programs, [`short`] for one
//! look. Nothing is verified here, and nothing that was signed by a stranger can steer the terminal.

pub(crate) mod json;
pub(crate) mod short;
pub(crate) mod text;

mod key;
mod provisioner;
mod vocabulary;

use thiserror::Error;
use x509_parser::{
    certificate::X509Certificate, certification_request::X509CertificationRequest, cri_attributes::ParsedCriAttribute,
    extensions::X509Extension, pem::Pem, prelude::FromDer as _,
};

/// A certificate or a certification request, in DER.
pub(crate) enum Document {
    Certificate(Vec<u8>),
    Request(Vec<u8>),
}

/// Octets that cannot be shown.
#[derive(Debug, Error)]
pub(crate) enum InspectError {
    #[error("Invalid PEM type in {file}. Expected [CERTIFICATE|CSR] but got {label})")]
    OtherLabel { file: String, label: String },
    #[error("error parsing {file}: it holds neither a certificate nor a certificate request")]
    Nothing { file: String },
    #[error("error parsing {file}: broken PEM")]
    BrokenPem { file: String },
    #[error("the {0} is malformed")]
    Malformed(&'static str),
}

impl Document {
    /// Every certificate and request of a PEM text, or the one of a DER file. `file` names it in errors.
    pub(crate) fn all(bytes: &[u8], file: &str) -> Result<Vec<Self>, InspectError> {
        if bytes.first() == Some(&0x30) {
            return Ok(vec![Self::from_der(bytes, file)?]);
        }
        let documents: Vec<_> =
            Pem::iter_from_buffer(bytes).map(|block| Self::from_block(block, file)).collect::<Result<_, _>>()?;
        if documents.is_empty() { Err(InspectError::Nothing { file: file.to_owned() }) } else { Ok(documents) }
    }

    /// The first of them; what follows is not looked at.
    pub(crate) fn first(bytes: &[u8], file: &str) -> Result<Self, InspectError> {
        if bytes.first() == Some(&0x30) {
            return Self::from_der(bytes, file);
        }
        let mut blocks = Pem::iter_from_buffer(bytes);
        let block = blocks.next().ok_or_else(|| InspectError::Nothing { file: file.to_owned() })?;
        Self::from_block(block, file)
    }

    /// The public key: SubjectPublicKeyInfo in DER.
    pub(crate) fn subject_public_key_info(&self) -> Result<Vec<u8>, InspectError> {
        Ok(match self {
            Self::Certificate(der) => certificate(der)?.public_key().raw.to_vec(),
            Self::Request(der) => request(der)?.certification_request_info.subject_pki.raw.to_vec(),
        })
    }

    fn from_block(block: Result<Pem, x509_parser::error::PEMError>, file: &str) -> Result<Self, InspectError> {
        let block = block.map_err(|_| InspectError::BrokenPem { file: file.to_owned() })?;
        match block.label.as_str() {
            "CERTIFICATE" | "X509 CERTIFICATE" | "TRUSTED CERTIFICATE" => Ok(Self::Certificate(block.contents)),
            "CERTIFICATE REQUEST" | "NEW CERTIFICATE REQUEST" => Ok(Self::Request(block.contents)),
            label => Err(InspectError::OtherLabel { file: file.to_owned(), label: label.to_owned() }),
        }
    }

    fn from_der(bytes: &[u8], file: &str) -> Result<Self, InspectError> {
        if certificate(bytes).is_ok() {
            Ok(Self::Certificate(bytes.to_vec()))
        } else if request(bytes).is_ok() {
            Ok(Self::Request(bytes.to_vec()))
        } else {
            Err(InspectError::Nothing { file: file.to_owned() })
        }
    }
}

/// Reads a certificate (RFC 5280 §4.1).
fn certificate(der: &[u8]) -> Result<X509Certificate<'_>, InspectError> {
    X509Certificate::from_der(der)
        .map(|(_, certificate)| certificate)
        .map_err(|_| InspectError::Malformed("certificate"))
}

/// Reads a certification request (RFC 2986 §4).
fn request(der: &[u8]) -> Result<X509CertificationRequest<'_>, InspectError> {
    X509CertificationRequest::from_der(der)
        .map(|(_, request)| request)
        .map_err(|_| InspectError::Malformed("certificate request"))
}

/// The extensions a request asks for (RFC 2985 §5.4.2).
fn requested_extensions<'a>(request: &'a X509CertificationRequest<'_>) -> Vec<&'a X509Extension<'a>> {
    let attributes = request.certification_request_info.iter_attributes();
    attributes
        .filter_map(|attribute| match attribute.parsed_attribute() {
            ParsedCriAttribute::ExtensionRequest(requested) => Some(&requested.extensions),
            _ => None,
        })
        .flatten()
        .collect()
}
