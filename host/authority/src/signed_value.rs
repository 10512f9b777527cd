//! The envelope certificates and requests share: what was signed, how, and the
//! signature (RFC 5280 §4.1.1, RFC 2986 §4.2).

use der::asn1::BitStringRef;
use der::{Reader, Tag};

use crate::asn1;

/// A SEQUENCE of the signed value, an AlgorithmIdentifier and a BIT STRING.
#[derive(Clone, Copy)]
pub(crate) struct SignedValue<'a> {
    /// The DER that was signed.
    pub(crate) contents: &'a [u8],
    /// AlgorithmIdentifier.
    pub(crate) signature_algorithm: &'a [u8],
    /// The octets of the BIT STRING.
    pub(crate) signature: &'a [u8],
}

impl<'a> SignedValue<'a> {
    pub(crate) fn decode(der: &'a [u8]) -> der::Result<Self> {
        asn1::read_sequence(der, |reader| {
            let contents = reader.tlv_bytes()?;
            let signature_algorithm = reader.tlv_bytes()?;
            let signature: BitStringRef<'_> = reader.decode()?;
            let signature = signature.as_bytes().ok_or_else(|| Tag::BitString.value_error())?;
            Ok(Self { contents, signature_algorithm, signature })
        })
    }

    pub(crate) fn encode(&self) -> Vec<u8> {
        asn1::sequence(&[self.contents, self.signature_algorithm, &asn1::bit_string(self.signature)])
    }
}
