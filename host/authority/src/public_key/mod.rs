//! Public keys: what a certificate can hold, and which of them we certify.

mod ed25519;
mod error;
mod info;
mod rsa;

use aws_lc_rs::signature::{ECDSA_P256_SHA256_ASN1, ECDSA_P384_SHA384_ASN1, ECDSA_P521_SHA512_ASN1};
use aws_lc_rs::signature::{ParsedPublicKey, VerificationAlgorithm};

pub use error::KeyError;
pub use info::{Curve, KeyKind, SubjectPublicKeyInfo};

/// A public key we certify: RSA of 2048 to 8192 bits without a known
/// weakness, EC on P-256, P-384 or P-521, or Ed25519 of full order.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct PublicKey(SubjectPublicKeyInfo);

impl PublicKey {
    /// Reads a SubjectPublicKeyInfo and checks the key in it.
    pub fn from_spki(der: &[u8]) -> Result<Self, KeyError> {
        SubjectPublicKeyInfo::from_der(der)?.try_into()
    }

    /// Algorithm and size; never [`KeyKind::Other`].
    pub fn kind(&self) -> KeyKind {
        self.0.kind()
    }

    /// The SubjectPublicKeyInfo as it was given (RFC 5280 §4.1.2.7).
    pub fn spki_der(&self) -> &[u8] {
        self.0.spki_der()
    }

    /// The same key, as any certificate has it.
    pub fn info(&self) -> &SubjectPublicKeyInfo {
        &self.0
    }

    /// SHA-1 of the contents of the BIT STRING (RFC 5280 §4.2.1.2, method 1).
    pub fn subject_key_identifier(&self) -> [u8; 20] {
        self.0.subject_key_identifier()
    }
}

impl TryFrom<SubjectPublicKeyInfo> for PublicKey {
    type Error = KeyError;

    fn try_from(info: SubjectPublicKeyInfo) -> Result<Self, Self::Error> {
        match info.kind() {
            KeyKind::Rsa { .. } => rsa::check(&info)?,
            KeyKind::Ec(curve) => check_point(curve, info.key())?,
            KeyKind::Ed25519 => ed25519::check(info.key())?,
            KeyKind::Other(algorithm) => return Err(KeyError::Unsupported { algorithm }),
        }
        Ok(Self(info))
    }
}

/// Uncompressed, on the curve, and not the point at infinity (RFC 5480 §2.2).
fn check_point(curve: Curve, point: &[u8]) -> Result<(), KeyError> {
    const UNCOMPRESSED: u8 = 4;
    let (algorithm, field_octets): (&'static dyn VerificationAlgorithm, usize) = match curve {
        Curve::P256 => (&ECDSA_P256_SHA256_ASN1, 32),
        Curve::P384 => (&ECDSA_P384_SHA384_ASN1, 48),
        Curve::P521 => (&ECDSA_P521_SHA512_ASN1, 66),
    };
    if point.first() != Some(&UNCOMPRESSED) || point.len() != 1 + 2 * field_octets {
        return Err(KeyError::PointForm);
    }
    ParsedPublicKey::new(algorithm, point).map(drop).map_err(|_| KeyError::NotOnCurve)
}
