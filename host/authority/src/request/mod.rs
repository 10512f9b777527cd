//! Certification requests (RFC 2986).
//!
//! A [`CertificationRequest`] that exists was signed by the key in it, the key
//! is one we certify, and its names are canonical. Whether it may have what it
//! asks for is not known here.

mod error;

use der::asn1::{AnyRef, ObjectIdentifier};
use der::{Decode, Reader, SliceReader, Tag, TagNumber, Tagged};

pub use error::RequestError;

use crate::certificate::sha256;
use crate::distinguished_name::DistinguishedName;
use crate::extensions::{Extension, decode_extensions, find};
use crate::names::{SubjectAltNames, general_name};
use crate::public_key::PublicKey;
use crate::signed_value::SignedValue;
use crate::{asn1, oid, pem, signature, subject};

/// Most octets of a request, as PEM and as DER.
pub const MAX_REQUEST: usize = 64 * 1024;
/// Most extensions a request may ask for.
pub const MAX_REQUESTED_EXTENSIONS: usize = 64;
/// Most subject alternative names, unless an operator says otherwise.
pub const MAX_REQUESTED_NAMES: usize = 100;

/// What a request's PEM block is called, and was called before (RFC 7468 §7).
const LABEL: &str = "CERTIFICATE REQUEST";
const OLD_LABEL: &str = "NEW CERTIFICATE REQUEST";

/// A request for a certificate, fit to be considered.
#[derive(Clone, Debug)]
pub struct CertificationRequest {
    der: Vec<u8>,
    subject: DistinguishedName,
    public_key: PublicKey,
    subject_alt_names: SubjectAltNames,
    extensions: Vec<Extension>,
}

/// What an operator may set about requests.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct RequestLimits {
    /// Most subject alternative names of one request; 100 by default.
    pub subject_alt_names: usize,
}

impl Default for RequestLimits {
    fn default() -> Self {
        Self { subject_alt_names: MAX_REQUESTED_NAMES }
    }
}

impl CertificationRequest {
    /// Reads one PEM block, `CERTIFICATE REQUEST` or the older `NEW
    /// CERTIFICATE REQUEST`, with nothing but white space around it
    /// (RFC 7468 §7).
    pub fn from_pem(text: &str) -> Result<Self, RequestError> {
        Self::from_pem_within(text, RequestLimits::default())
    }

    /// As [`Self::from_pem`], with other limits than the default ones.
    pub fn from_pem_within(text: &str, limits: RequestLimits) -> Result<Self, RequestError> {
        if text.len() > MAX_REQUEST {
            return Err(RequestError::TooLarge);
        }
        Self::from_der_within(&only_block(text)?, limits)
    }

    /// Reads the DER.
    pub fn from_der(der: &[u8]) -> Result<Self, RequestError> {
        Self::from_der_within(der, RequestLimits::default())
    }

    /// As [`Self::from_der`], with other limits than the default ones.
    pub fn from_der_within(der: &[u8], limits: RequestLimits) -> Result<Self, RequestError> {
        if der.len() > MAX_REQUEST {
            return Err(RequestError::TooLarge);
        }
        let outer = SignedValue::decode(der).map_err(|_| RequestError::Malformed)?;
        let info = Info::decode(outer.contents).map_err(|_| RequestError::Malformed)?;
        let public_key = PublicKey::from_spki(info.subject_public_key_info)?;
        // Nothing else of the request is looked at before its signature holds.
        signature::verify(public_key.info(), outer.signature_algorithm, outer.contents, outer.signature)?;
        let subject = DistinguishedName::from_der(info.subject)?;
        subject::check(&subject)?;
        let mut extensions = match info.extension_request {
            Some(requested) => decode_extensions(requested, MAX_REQUESTED_EXTENSIONS)?,
            None => Vec::new(),
        };
        let subject_alt_names = match find(&extensions, &oid::SUBJECT_ALT_NAME) {
            Some(extension) => general_name::decode(&extension.value, limits.subject_alt_names)?,
            None => SubjectAltNames::default(),
        };
        extensions.retain(|extension| extension.oid != oid::SUBJECT_ALT_NAME);
        Ok(Self { der: der.to_vec(), subject, public_key, subject_alt_names, extensions })
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
    pub fn sha256(&self) -> [u8; 32] {
        sha256(&self.der)
    }

    /// The subject asked for.
    pub fn subject(&self) -> &DistinguishedName {
        &self.subject
    }

    /// The common name asked for, if there is one and it is not empty.
    pub fn common_name(&self) -> Option<&str> {
        self.subject.common_name().filter(|name| !name.is_empty())
    }

    /// The names asked for.
    pub fn subject_alt_names(&self) -> &SubjectAltNames {
        &self.subject_alt_names
    }

    /// The key that signed the request.
    pub fn public_key(&self) -> &PublicKey {
        &self.public_key
    }

    /// The extensions asked for, subjectAltName apart. None of them reaches a
    /// certificate by itself.
    pub fn extensions(&self) -> &[Extension] {
        &self.extensions
    }
}

fn only_block(text: &str) -> Result<Vec<u8>, RequestError> {
    let text = text.trim_ascii();
    let blocks = pem::blocks(text)?;
    let [block] = blocks.as_slice() else {
        return Err(RequestError::SeveralBlocks);
    };
    let label = block.label.as_str();
    if label != LABEL && label != OLD_LABEL {
        return Err(RequestError::Label { label: label.to_owned() });
    }
    let is_whole = text.starts_with("-----BEGIN ") && text.ends_with(&format!("-----END {label}-----"));
    if !is_whole || !block.headers.is_empty() {
        return Err(RequestError::SurroundingText);
    }
    Ok(block.contents.to_vec())
}

/// CertificationRequestInfo (RFC 2986 §4.1).
struct Info<'a> {
    subject: &'a [u8],
    subject_public_key_info: &'a [u8],
    /// The Extensions of the extensionRequest attribute (RFC 2985 §5.4.2).
    extension_request: Option<&'a [u8]>,
}

impl<'a> Info<'a> {
    fn decode(der: &'a [u8]) -> der::Result<Self> {
        const VERSION_1: u8 = 0;
        asn1::read_sequence(der, |reader| {
            if u8::decode(reader)? != VERSION_1 {
                return Err(Tag::Integer.value_error().into());
            }
            let subject = reader.tlv_bytes()?;
            let subject_public_key_info = reader.tlv_bytes()?;
            // Some clients leave an empty set of attributes out.
            let extension_request = if reader.is_finished() {
                None
            } else {
                let attributes: AnyRef<'_> = reader.decode()?;
                attributes.tag().assert_eq(Tag::ContextSpecific { constructed: true, number: TagNumber(0) })?;
                extension_request(attributes.value())?
            };
            Ok(Self { subject, subject_public_key_info, extension_request })
        })
    }
}

/// Finds the one extensionRequest among the attributes.
fn extension_request(attributes: &[u8]) -> der::Result<Option<&[u8]>> {
    let mut found = None;
    let mut reader = SliceReader::new(attributes)?;
    while !reader.is_finished() {
        let (oid, values) = reader.sequence(|reader| {
            let oid = ObjectIdentifier::decode(reader)?;
            let values = AnyRef::decode(reader)?;
            values.tag().assert_eq(Tag::Set)?;
            Ok::<_, der::Error>((oid, values.value()))
        })?;
        if oid != oid::EXTENSION_REQUEST {
            continue;
        }
        // SINGLE VALUE, and a second attribute would say something else.
        if found.is_some() || !asn1::is_one_value(values) {
            return Err(Tag::Set.value_error().into());
        }
        found = Some(values);
    }
    Ok(found)
}
