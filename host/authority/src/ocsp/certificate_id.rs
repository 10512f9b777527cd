//! CertID: which certificate is meant (RFC 6960 §4.1.1).

use aws_lc_rs::digest;
use der::asn1::{AnyRef, IntRef, ObjectIdentifier, OctetStringRef};
use der::{Decode, Reader, SliceReader, Tag};

use crate::issuer::Issuer;
use crate::serial::SerialNumber;
use crate::{asn1, oid};

/// A certificate, by its serial number and by hashes of its issuer.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct CertificateId {
    /// As it was sent: the answer repeats it.
    der: Vec<u8>,
    hash: Option<Hash>,
    issuer_name_hash: Vec<u8>,
    issuer_key_hash: Vec<u8>,
    serial_number: Option<SerialNumber>,
}

/// The hashes a CertID is compared with.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Hash {
    /// Here SHA-1 finds a name and proves nothing.
    Sha1,
    Sha256,
}

impl CertificateId {
    /// Whether it names `issuer`: by its name and its key, with SHA-1 or
    /// SHA-256.
    pub fn is_issued_by(&self, issuer: &Issuer) -> bool {
        let Some(hash) = self.hash else { return false };
        let certificate = issuer.certificate();
        hash.of(certificate.subject().der()) == self.issuer_name_hash
            && hash.of(certificate.public_key().key()) == self.issuer_key_hash
    }

    /// The serial number; none if no certificate can have it.
    pub fn serial_number(&self) -> Option<SerialNumber> {
        self.serial_number
    }

    /// The DER as it was sent.
    pub fn der(&self) -> &[u8] {
        &self.der
    }

    pub(super) fn decode(reader: &mut SliceReader<'_>) -> der::Result<Self> {
        let der = reader.tlv_bytes()?;
        asn1::read_sequence(der, |reader| {
            let hash = hash_algorithm(reader)?;
            let name: &OctetStringRef = reader.decode()?;
            let key: &OctetStringRef = reader.decode()?;
            let serial_number: IntRef<'_> = reader.decode()?;
            Ok(Self {
                der: der.to_vec(),
                hash,
                issuer_name_hash: name.as_bytes().to_vec(),
                issuer_key_hash: key.as_bytes().to_vec(),
                serial_number: positive(serial_number.as_bytes()),
            })
        })
    }
}

fn positive(octets: &[u8]) -> Option<SerialNumber> {
    let is_negative = octets.first().is_some_and(|first| first & 0x80 != 0);
    if is_negative { None } else { SerialNumber::from_bytes(octets).ok() }
}

/// None for a hash that is well formed and not ours.
fn hash_algorithm(reader: &mut SliceReader<'_>) -> der::Result<Option<Hash>> {
    reader.sequence(|reader| {
        let algorithm: ObjectIdentifier = reader.decode()?;
        let parameters = if reader.is_finished() { None } else { Some(AnyRef::decode(reader)?) };
        if parameters.is_some_and(|parameters| !parameters.is_null()) {
            return Err(Tag::Null.value_error().into());
        }
        Ok(match algorithm {
            oid::SHA1 => Some(Hash::Sha1),
            oid::SHA256 => Some(Hash::Sha256),
            _ => None,
        })
    })
}

impl Hash {
    fn of(self, octets: &[u8]) -> Vec<u8> {
        let algorithm = match self {
            Self::Sha1 => &digest::SHA1_FOR_LEGACY_USE_ONLY,
            Self::Sha256 => &digest::SHA256,
        };
        digest::digest(algorithm, octets).as_ref().to_vec()
    }
}
