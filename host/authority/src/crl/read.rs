//! A list as it is read: no more than what this room writes.

use der::asn1::{AnyRef, IntRef, UintRef};
use der::{Decode, Reader, SliceReader, Tag};
use thiserror::Error;

use super::{CertificateList, RevokedCertificate};
use crate::DistinguishedName;
use crate::extensions::{Extension, decode_extensions, find, key_identifier};
use crate::signed_value::SignedValue;
use crate::tbs::{context_specific, decode_time};
use crate::{asn1, oid};

/// Most extensions of a list that is read.
const MAX_EXTENSIONS: usize = 16;

/// Why octets are not a list.
#[derive(Clone, Copy, Debug, Eq, Error, PartialEq)]
pub enum ListError {
    /// Not DER, not the structure of RFC 5280 §5.1, or without nextUpdate.
    #[error("the revocation list is not well formed")]
    Malformed,
    /// Not version 2.
    #[error("the revocation list is not of version 2")]
    Version,
    /// The two copies of the signature algorithm differ (RFC 5280 §5.1.1.2).
    #[error("the signature algorithm inside the revocation list is not the one outside")]
    SignatureAlgorithm,
    /// The number is missing, negative, or has more than 64 bits.
    #[error("the revocation list has no number of at most 64 bits")]
    Number,
}

impl CertificateList {
    /// Reads the DER of a list of the form this room writes: complete, with
    /// number and nextUpdate, its entries with a reason or nothing.
    pub fn from_der(der: &[u8]) -> Result<Self, ListError> {
        let outer = SignedValue::decode(der).map_err(|_| ListError::Malformed)?;
        let tbs = Tbs::decode(outer.contents).map_err(|_| ListError::Malformed)?;
        if tbs.version != [1] {
            return Err(ListError::Version);
        }
        if tbs.signature != outer.signature_algorithm {
            return Err(ListError::SignatureAlgorithm);
        }
        let extensions = decode_extensions(tbs.extensions, MAX_EXTENSIONS).map_err(|_| ListError::Malformed)?;
        let authority_key_identifier = find(&extensions, &oid::AUTHORITY_KEY_IDENTIFIER)
            .and_then(|extension| key_identifier::decode_authority_key_identifier(&extension.value));
        Ok(Self {
            number: number(&extensions).ok_or(ListError::Number)?,
            authority_key_identifier,
            issuer: DistinguishedName::from_der(tbs.issuer).map_err(|_| ListError::Malformed)?.der().to_vec(),
            this_update: decode_time(tbs.this_update).map_err(|_| ListError::Malformed)?,
            next_update: decode_time(tbs.next_update).map_err(|_| ListError::Malformed)?,
            revoked: tbs.revoked,
            der: der.to_vec(),
            tbs: outer.contents.to_vec(),
            signature_algorithm: outer.signature_algorithm.to_vec(),
            signature: outer.signature.to_vec(),
        })
    }
}

fn number(extensions: &[Extension]) -> Option<u64> {
    let extension = find(extensions, &oid::CRL_NUMBER)?;
    let octets = UintRef::from_der(&extension.value).ok()?;
    let octets = octets.as_bytes();
    (octets.len() <= 8).then(|| octets.iter().fold(0, |number, octet| number << 8 | u64::from(*octet)))
}

/// TBSCertList.
struct Tbs<'a> {
    version: &'a [u8],
    signature: &'a [u8],
    issuer: &'a [u8],
    this_update: AnyRef<'a>,
    next_update: AnyRef<'a>,
    revoked: Vec<RevokedCertificate>,
    extensions: &'a [u8],
}

impl<'a> Tbs<'a> {
    fn decode(der: &'a [u8]) -> der::Result<Self> {
        asn1::read_sequence(der, |reader| {
            let version: IntRef<'_> = reader.decode()?;
            Ok(Self {
                version: version.as_bytes(),
                signature: reader.tlv_bytes()?,
                issuer: reader.tlv_bytes()?,
                this_update: reader.decode()?,
                next_update: reader.decode()?,
                revoked: revoked(reader)?,
                extensions: context_specific(reader, 0)?.ok_or_else(|| Tag::Sequence.value_error())?,
            })
        })
    }
}

/// RFC 5280 §5.1.2.6: where nothing is revoked, there is no list in the list.
fn revoked(reader: &mut SliceReader<'_>) -> der::Result<Vec<RevokedCertificate>> {
    if reader.is_finished() || Tag::peek(reader)? != Tag::Sequence {
        return Ok(Vec::new());
    }
    let mut entries = Vec::new();
    reader.sequence(|reader| {
        while !reader.is_finished() {
            entries.push(RevokedCertificate::decode(reader)?);
        }
        Ok::<_, der::Error>(())
    })?;
    if entries.is_empty() { Err(Tag::Sequence.value_error().into()) } else { Ok(entries) }
}
