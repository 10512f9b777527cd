//! keyUsage (RFC 5280 §4.2.1.3).

use std::fmt;
use std::ops::BitOr;

use der::Decode;
use der::asn1::BitStringRef;

use super::{Extension, ExtensionError};
use crate::{asn1, oid};

/// What a key may be used for: a set of the nine usages X.509 names.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub struct KeyUsage(u16);

impl KeyUsage {
    /// Verifying signatures other than those below.
    pub const DIGITAL_SIGNATURE: Self = Self(1 << 0);
    /// Also called nonRepudiation.
    pub const CONTENT_COMMITMENT: Self = Self(1 << 1);
    /// Encrypting keys, as RSA does in TLS 1.2.
    pub const KEY_ENCIPHERMENT: Self = Self(1 << 2);
    /// Encrypting data without a key in between.
    pub const DATA_ENCIPHERMENT: Self = Self(1 << 3);
    /// Diffie-Hellman.
    pub const KEY_AGREEMENT: Self = Self(1 << 4);
    /// Verifying signatures on certificates.
    pub const KEY_CERT_SIGN: Self = Self(1 << 5);
    /// Verifying signatures on revocation lists.
    pub const CRL_SIGN: Self = Self(1 << 6);
    /// With key agreement: enciphering only.
    pub const ENCIPHER_ONLY: Self = Self(1 << 7);
    /// With key agreement: deciphering only.
    pub const DECIPHER_ONLY: Self = Self(1 << 8);

    /// Every usage and its name in RFC 5280, in the order of the bits.
    const NAMES: [(Self, &str); 9] = [
        (Self::DIGITAL_SIGNATURE, "digitalSignature"),
        (Self::CONTENT_COMMITMENT, "contentCommitment"),
        (Self::KEY_ENCIPHERMENT, "keyEncipherment"),
        (Self::DATA_ENCIPHERMENT, "dataEncipherment"),
        (Self::KEY_AGREEMENT, "keyAgreement"),
        (Self::KEY_CERT_SIGN, "keyCertSign"),
        (Self::CRL_SIGN, "cRLSign"),
        (Self::ENCIPHER_ONLY, "encipherOnly"),
        (Self::DECIPHER_ONLY, "decipherOnly"),
    ];

    /// No usage.
    pub const fn empty() -> Self {
        Self(0)
    }

    /// From bits, the first usage being the lowest; higher ones are ignored.
    pub const fn from_bits(bits: u16) -> Self {
        Self(bits & 0x1ff)
    }

    /// As bits, the first usage being the lowest.
    pub const fn bits(self) -> u16 {
        self.0
    }

    /// Whether there is no usage.
    pub const fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// Whether every usage of `other` is here.
    pub const fn contains(self, other: Self) -> bool {
        self.0 & other.0 == other.0
    }

    /// The usages both have.
    pub const fn intersection(self, other: Self) -> Self {
        Self(self.0 & other.0)
    }

    /// The value of the extension.
    pub(crate) fn encode(self) -> Vec<u8> {
        // Named bits: bit 0 is the highest of the first octet, and trailing
        // zeros are left out (X.690 §11.2.2).
        let bits = self.0.reverse_bits().to_be_bytes();
        let octets = bits.len() - bits.iter().rev().take_while(|octet| **octet == 0).count();
        let contents = bits.get(..octets).unwrap_or_default();
        let unused = contents.last().map_or(0, |last| last.trailing_zeros() as u8);
        asn1::tlv(asn1::BIT_STRING, &[&[unused], contents])
    }

    /// Reads the value of the extension; usages nobody has named are ignored.
    pub(crate) fn decode(value: &[u8]) -> Result<Self, ExtensionError> {
        let bits = BitStringRef::from_der(value).map_err(|_| Extension::malformed(oid::KEY_USAGE))?;
        let octet = |index| bits.raw_bytes().get(index).copied().unwrap_or(0);
        Ok(Self::from_bits(u16::from_be_bytes([octet(0), octet(1)]).reverse_bits()))
    }
}

impl BitOr for KeyUsage {
    type Output = Self;

    fn bitor(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }
}

impl fmt::Display for KeyUsage {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names = Self::NAMES.iter().filter(|(usage, _)| self.contains(*usage)).map(|(_, name)| *name);
        formatter.write_str(&names.collect::<Vec<_>>().join(", "))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn usages_are_written_as_named_bits() {
        for (usage, encoded) in [
            (KeyUsage::empty(), "030100"),
            (KeyUsage::DIGITAL_SIGNATURE, "03020780"),
            (KeyUsage::DIGITAL_SIGNATURE | KeyUsage::KEY_ENCIPHERMENT, "030205a0"),
            (KeyUsage::KEY_CERT_SIGN | KeyUsage::CRL_SIGN, "03020106"),
            (KeyUsage::DECIPHER_ONLY, "0303070080"),
        ] {
            assert_eq!(hex::encode(usage.encode()), encoded);
        }
    }

    #[test]
    fn every_set_is_read_back() {
        for bits in 0..1 << 9 {
            let usage = KeyUsage::from_bits(bits);
            assert_eq!(KeyUsage::decode(&usage.encode()), Ok(usage));
        }
        assert!(KeyUsage::decode(&[4, 1, 0]).is_err());
    }

    #[test]
    fn usages_are_named_as_in_the_rfc() {
        let usage = KeyUsage::CRL_SIGN | KeyUsage::KEY_CERT_SIGN;
        assert_eq!(usage.to_string(), "keyCertSign, cRLSign");
    }
}
