//! OCSPRequest (RFC 6960 §4.1).

use der::asn1::OctetStringRef;
use der::{Decode, Reader, SliceReader, Tag, TagNumber};
use thiserror::Error;

use super::CertificateId;
use crate::extensions::{Extension, decode_extensions, find};
use crate::tbs::context_specific;
use crate::{asn1, oid};

/// Longest request that is read, in octets.
pub const MAX_REQUEST: usize = 16 * 1024;
/// Most certificates one request asks about.
pub const MAX_CERTIFICATES: usize = 16;
/// Longest nonce, in octets (RFC 9654 §2.1).
pub const MAX_NONCE: usize = 128;
/// Most extensions of a request that is read.
const MAX_EXTENSIONS: usize = 16;

/// A question about certificates. A signature of whoever asks is not looked
/// at: everybody may ask.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Request {
    certificates: Vec<CertificateId>,
    nonce: Option<Extension>,
}

/// Why octets are not a request.
#[derive(Clone, Copy, Debug, Eq, Error, PartialEq)]
pub enum RequestError {
    /// Larger than any request.
    #[error("the OCSP request is larger than {MAX_REQUEST} octets")]
    TooLarge,
    /// Not DER, not the structure of RFC 6960 §4.1.1, or about nothing.
    #[error("the OCSP request is not well formed")]
    Malformed,
    /// Another version than 1.
    #[error("the OCSP request is not of version 1")]
    Version,
    /// About too many certificates.
    #[error("the OCSP request is about more than {MAX_CERTIFICATES} certificates")]
    TooMany,
    /// The nonce is empty or too long.
    #[error("the nonce of the OCSP request is not of 1 to {MAX_NONCE} octets")]
    Nonce,
    /// An extension that must be understood, and is not.
    #[error("the OCSP request has a critical extension that is not understood")]
    CriticalExtension,
}

impl Request {
    /// Reads the DER.
    pub fn from_der(der: &[u8]) -> Result<Self, RequestError> {
        if der.len() > MAX_REQUEST {
            return Err(RequestError::TooLarge);
        }
        let parts = asn1::read_sequence(der, |reader| {
            let parts = Parts::decode(reader.tlv_bytes()?)?;
            // optionalSignature [0].
            context_specific(reader, 0)?;
            Ok(parts)
        });
        let Parts { version, certificates, extensions } = parts.map_err(|_| RequestError::Malformed)?;
        if version != 0 {
            return Err(RequestError::Version);
        }
        let certificates = certificates.ok_or(RequestError::TooMany)?;
        if certificates.is_empty() {
            return Err(RequestError::Malformed);
        }
        let extensions = match extensions {
            Some(extensions) => decode_extensions(extensions, MAX_EXTENSIONS).map_err(|_| RequestError::Malformed)?,
            None => Vec::new(),
        };
        if extensions.iter().any(|extension| extension.critical && extension.oid != oid::OCSP_NONCE) {
            return Err(RequestError::CriticalExtension);
        }
        let nonce = find(&extensions, &oid::OCSP_NONCE).map(nonce).transpose()?;
        Ok(Self { certificates, nonce })
    }

    /// What it asks about, in order; at least one.
    pub fn certificates(&self) -> &[CertificateId] {
        &self.certificates
    }

    /// Whether the answer has to be made for this request alone.
    pub fn has_nonce(&self) -> bool {
        self.nonce.is_some()
    }

    /// The nonce, as the answer repeats it.
    pub(super) fn nonce(&self) -> Option<&Extension> {
        self.nonce.as_ref()
    }
}

/// The nonce as it came, not critical.
fn nonce(extension: &Extension) -> Result<Extension, RequestError> {
    let octets = <&OctetStringRef>::from_der(&extension.value).map_err(|_| RequestError::Nonce)?;
    match octets.as_bytes().len() {
        1..=MAX_NONCE => Ok(Extension { critical: false, ..extension.clone() }),
        _ => Err(RequestError::Nonce),
    }
}

/// TBSRequest.
struct Parts<'a> {
    version: u8,
    /// None when there are too many.
    certificates: Option<Vec<CertificateId>>,
    extensions: Option<&'a [u8]>,
}

impl<'a> Parts<'a> {
    fn decode(der: &'a [u8]) -> der::Result<Self> {
        asn1::read_sequence(der, |reader| {
            let version = context_specific(reader, 0)?.map_or(Ok(0), u8::from_der)?;
            // requestorName [1]: whoever says who asks is not believed anyway.
            context_specific(reader, 1)?;
            let certificates = reader.sequence(certificates)?;
            let extensions = context_specific(reader, 2)?;
            Ok(Self { version, certificates, extensions })
        })
    }
}

fn certificates(reader: &mut SliceReader<'_>) -> der::Result<Option<Vec<CertificateId>>> {
    let mut certificates = Vec::new();
    while !reader.is_finished() {
        if certificates.len() == MAX_CERTIFICATES {
            // The rest is not worth reading, but has to be gone.
            while !reader.is_finished() {
                reader.tlv_bytes()?;
            }
            return Ok(None);
        }
        certificates.push(reader.sequence(|reader| {
            let certificate = CertificateId::decode(reader)?;
            skip_single_extensions(reader)?;
            Ok::<_, der::Error>(certificate)
        })?);
    }
    Ok(Some(certificates))
}

/// singleRequestExtensions [0]: none is of use here (RFC 6960 §4.4).
fn skip_single_extensions(reader: &mut SliceReader<'_>) -> der::Result<()> {
    let tag = Tag::ContextSpecific { constructed: true, number: TagNumber(0) };
    if !reader.is_finished() && Tag::peek(reader)? == tag {
        reader.tlv_bytes()?;
    }
    Ok(())
}
