//! A certificate as a JSON document, with upstream's member names in upstream's order.

mod extensions;
mod fingerprints;
mod key;
mod name;
mod name_constraints;
mod usages;

use authority::Timestamp;
use base64::{Engine as _, prelude::BASE64_STANDARD};
use serde::Serialize;
use x509_parser::x509::AlgorithmIdentifier;

use self::{
    extensions::{Extensions, UnknownExtension},
    fingerprints::Fingerprints,
    key::KeyInfo,
    name::Name,
};
use super::{Document, InspectError, certificate, request, requested_extensions, vocabulary::signature_algorithm};
use crate::output::printable_json;

/// One document, or with `bundle` an array of them; 2 spaces of indentation and no line end.
pub(crate) fn render(documents: &[Document], bundle: bool) -> Result<String, InspectError> {
    let parsed = documents.iter().map(parse).collect::<Result<Vec<_>, _>>()?;
    let text = match parsed.as_slice() {
        [document] if !bundle => serde_json::to_string_pretty(document),
        documents => serde_json::to_string_pretty(documents),
    };
    Ok(printable_json(&text.expect("strings, numbers and lists are JSON")))
}

#[derive(Serialize)]
#[serde(untagged)]
enum Parsed {
    Certificate(Box<CertificateDocument>),
    Request(Box<RequestDocument>),
}

#[derive(Serialize)]
struct CertificateDocument {
    version: u32,
    serial_number: String,
    signature_algorithm: Algorithm,
    issuer: Name,
    issuer_dn: String,
    validity: Validity,
    subject: Name,
    subject_dn: String,
    subject_key_info: KeyInfo,
    extensions: Extensions,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    unknown_extensions: Vec<UnknownExtension>,
    signature: Signature,
    #[serde(flatten)]
    fingerprints: Fingerprints,
    validation_level: &'static str,
    names: Vec<String>,
    redacted: bool,
}

#[derive(Serialize)]
struct RequestDocument {
    version: u32,
    signature_algorithm: Algorithm,
    subject: Name,
    subject_dn: String,
    subject_key_info: KeyInfo,
    extensions: Extensions,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    unknown_extensions: Vec<UnknownExtension>,
    signature: Signature,
    fingerprint_md5: String,
    fingerprint_sha1: String,
    fingerprint_sha256: String,
    names: Vec<String>,
}

#[derive(Serialize)]
struct Algorithm {
    name: String,
    oid: String,
}

#[derive(Serialize)]
struct Validity {
    start: String,
    end: String,
    /// Seconds from one to the other.
    length: i64,
}

#[derive(Serialize)]
struct Signature {
    signature_algorithm: Algorithm,
    value: String,
    /// Whether it was verified: only what vouches for itself can be.
    valid: bool,
    self_signed: bool,
}

fn parse(document: &Document) -> Result<Parsed, InspectError> {
    match document {
        Document::Certificate(der) => Ok(Parsed::Certificate(Box::new(certificate_document(der)?))),
        Document::Request(der) => Ok(Parsed::Request(Box::new(request_document(der)?))),
    }
}

fn certificate_document(der: &[u8]) -> Result<CertificateDocument, InspectError> {
    let certificate = certificate(der)?;
    let (extensions, unknown_extensions) = Extensions::read(certificate.extensions().iter());
    let (start, end) = (certificate.validity().not_before.timestamp(), certificate.validity().not_after.timestamp());
    let subject = Name::of(certificate.subject());
    let names = extensions.host_names(&subject);
    let self_signed =
        certificate.subject().as_raw() == certificate.issuer().as_raw() && certificate.verify_signature(None).is_ok();
    Ok(CertificateDocument {
        version: certificate.version.0 + 1,
        serial_number: certificate.serial.to_string(),
        signature_algorithm: Algorithm::of(&certificate.signature_algorithm),
        issuer: Name::of(certificate.issuer()),
        issuer_dn: name::text(certificate.issuer()),
        validity: Validity {
            start: Timestamp::from_unix(start).to_string(),
            end: Timestamp::from_unix(end).to_string(),
            length: end - start,
        },
        subject,
        subject_dn: name::text(certificate.subject()),
        subject_key_info: KeyInfo::of(certificate.public_key()),
        validation_level: extensions.validation_level(),
        extensions,
        unknown_extensions,
        signature: Signature {
            signature_algorithm: Algorithm::of(&certificate.signature_algorithm),
            value: BASE64_STANDARD.encode(&certificate.signature_value.data),
            valid: self_signed,
            self_signed,
        },
        fingerprints: Fingerprints::of(der, &certificate),
        redacted: names.iter().any(|name| name.starts_with('?')),
        names,
    })
}

fn request_document(der: &[u8]) -> Result<RequestDocument, InspectError> {
    let request = request(der)?;
    let info = &request.certification_request_info;
    let (extensions, unknown_extensions) = Extensions::read(requested_extensions(&request).into_iter());
    let subject = Name::of(&info.subject);
    let names = extensions.host_names(&subject);
    let valid = request.verify_signature().is_ok();
    Ok(RequestDocument {
        version: info.version.0,
        signature_algorithm: Algorithm::of(&request.signature_algorithm),
        subject,
        subject_dn: name::text(&info.subject),
        subject_key_info: KeyInfo::of(&info.subject_pki),
        extensions,
        unknown_extensions,
        signature: Signature {
            signature_algorithm: Algorithm::of(&request.signature_algorithm),
            value: BASE64_STANDARD.encode(&request.signature_value.data),
            valid,
            self_signed: valid,
        },
        fingerprint_md5: fingerprints::md5(der),
        fingerprint_sha1: fingerprints::sha1(der),
        fingerprint_sha256: fingerprints::sha256(&[der]),
        names,
    })
}

impl Algorithm {
    fn of(algorithm: &AlgorithmIdentifier<'_>) -> Self {
        Self { name: signature_algorithm(algorithm), oid: algorithm.algorithm.to_id_string() }
    }
}
