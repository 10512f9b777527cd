//! SubjectPublicKeyInfo (RFC 5280 §4.1.2.7).

use std::fmt;

use aws_lc_rs::digest;
use der::asn1::{AnyRef, BitStringRef, ObjectIdentifier, UintRef};
use der::{Reader, Tag, Tagged};

use super::KeyError;
use crate::{asn1, oid};

/// Algorithm and size of a public key.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum KeyKind {
    /// rsaEncryption.
    Rsa {
        /// Size of the modulus.
        bits: u32,
    },
    /// An EC key on a named curve.
    Ec(Curve),
    /// Ed25519 (RFC 8410).
    Ed25519,
    /// Anything else: its algorithm, or the curve of an EC key.
    Other(ObjectIdentifier),
}

/// The curves of NIST that X.509 uses (RFC 5480 §2.1.1.1).
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Curve {
    /// secp256r1.
    P256,
    /// secp384r1.
    P384,
    /// secp521r1.
    P521,
}

impl fmt::Display for Curve {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::P256 => "P-256",
            Self::P384 => "P-384",
            Self::P521 => "P-521",
        })
    }
}

impl fmt::Display for KeyKind {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Rsa { bits } => write!(formatter, "RSA {bits}"),
            Self::Ec(curve) => write!(formatter, "EC {curve}"),
            Self::Ed25519 => formatter.write_str("Ed25519"),
            Self::Other(algorithm) => write!(formatter, "{algorithm}"),
        }
    }
}

/// The public key of any certificate, good or not.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct SubjectPublicKeyInfo {
    der: Vec<u8>,
    kind: KeyKind,
    /// Contents of the BIT STRING.
    key: Vec<u8>,
}

impl SubjectPublicKeyInfo {
    /// Reads the DER. Says nothing about the strength of the key.
    pub fn from_der(der: &[u8]) -> Result<Self, KeyError> {
        let (algorithm, parameters, key) = parse(der).map_err(|_| KeyError::Malformed)?;
        let kind = kind(algorithm, parameters, key)?;
        Ok(Self { der: der.to_vec(), kind, key: key.to_vec() })
    }

    /// Algorithm and size.
    pub fn kind(&self) -> KeyKind {
        self.kind
    }

    /// The DER as it was given.
    pub fn spki_der(&self) -> &[u8] {
        &self.der
    }

    /// SHA-1 of the contents of the BIT STRING (RFC 5280 §4.2.1.2, method 1).
    pub fn subject_key_identifier(&self) -> [u8; 20] {
        sha1(&self.key)
    }

    /// Contents of the BIT STRING: a point, an RSAPublicKey, octets.
    pub(crate) fn key(&self) -> &[u8] {
        &self.key
    }
}

fn parse(der: &[u8]) -> der::Result<(ObjectIdentifier, Option<AnyRef<'_>>, &[u8])> {
    asn1::read_sequence(der, |reader| {
        let (algorithm, parameters) =
            reader.sequence(|reader| Ok::<_, der::Error>((reader.decode()?, reader.decode()?)))?;
        let key: BitStringRef<'_> = reader.decode()?;
        let key = key.as_bytes().ok_or_else(|| Tag::BitString.value_error())?;
        Ok((algorithm, parameters, key))
    })
}

fn kind(algorithm: ObjectIdentifier, parameters: Option<AnyRef<'_>>, key: &[u8]) -> Result<KeyKind, KeyError> {
    match algorithm {
        // RFC 3279 §2.3.1: the parameters are NULL.
        oid::RSA_ENCRYPTION if parameters.is_some_and(AnyRef::is_null) => {
            let (modulus, _) = rsa_public_key(key).map_err(|_| KeyError::Malformed)?;
            Ok(KeyKind::Rsa { bits: bit_length(modulus.as_bytes()) })
        }
        // RFC 8410 §3: there are none.
        oid::ED25519 if parameters.is_none() => Ok(KeyKind::Ed25519),
        oid::EC_PUBLIC_KEY => match parameters {
            Some(parameters) if parameters.tag() == Tag::ObjectIdentifier => {
                let curve = parameters.decode_as().map_err(|_| KeyError::Malformed)?;
                Ok(match curve {
                    oid::P256 => KeyKind::Ec(Curve::P256),
                    oid::P384 => KeyKind::Ec(Curve::P384),
                    oid::P521 => KeyKind::Ec(Curve::P521),
                    curve => KeyKind::Other(curve),
                })
            }
            Some(parameters) if parameters.tag() == Tag::Sequence => Err(KeyError::ExplicitCurve),
            _ => Err(KeyError::Malformed),
        },
        oid::RSA_ENCRYPTION | oid::ED25519 => Err(KeyError::Malformed),
        algorithm => Ok(KeyKind::Other(algorithm)),
    }
}

/// Modulus and exponent of an RSAPublicKey (RFC 8017 A.1.1).
pub(super) fn rsa_public_key(key: &[u8]) -> der::Result<(UintRef<'_>, UintRef<'_>)> {
    asn1::read_sequence(key, |reader| Ok((reader.decode()?, reader.decode()?)))
}

fn bit_length(octets: &[u8]) -> u32 {
    match octets {
        [] => 0,
        [first, rest @ ..] => u8::BITS - first.leading_zeros() + 8 * rest.len() as u32,
    }
}

fn sha1(octets: &[u8]) -> [u8; 20] {
    let digest = digest::digest(&digest::SHA1_FOR_LEGACY_USE_ONLY, octets);
    digest.as_ref().try_into().expect("SHA-1 has 20 octets")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_key_identifier_is_sha_1_of_the_bit_string() {
        // The P-256 public key of RFC 7515 appendix A.3.
        let spki = hex::decode(concat!(
            "3059301306072a8648ce3d020106082a8648ce3d030107034200",
            "047fcdce2770f6c45d4183cbee6fdb4b7b580733357be9ef13bacf6e3c7bd15445",
            "c7f144cd1bbd9b7e872cdfedb9eeb9f4b3695d6ea90b24ad8a4623288588e5ad",
        ))
        .unwrap();
        let info = SubjectPublicKeyInfo::from_der(&spki).unwrap();
        assert_eq!(info.kind(), KeyKind::Ec(Curve::P256));
        assert_eq!(hex::encode(info.subject_key_identifier()), "ce8d16b1c9338eb7fe397999ae45beee3fb58686");
    }
}
