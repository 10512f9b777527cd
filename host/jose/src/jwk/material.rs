//! The numbers of a key (RFC 7518 §6, RFC 8037 §2).

use std::fmt;

use zeroize::Zeroizing;

use crate::{Algorithm, base64url};

/// An elliptic curve of ECDSA.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Curve {
    /// NIST P-256, secp256r1.
    P256,
    /// NIST P-384, secp384r1.
    P384,
    /// NIST P-521, secp521r1.
    P521,
}

impl Curve {
    /// The value of `crv`.
    pub const fn name(self) -> &'static str {
        match self {
            Self::P256 => "P-256",
            Self::P384 => "P-384",
            Self::P521 => "P-521",
        }
    }

    /// The curve of that name (RFC 7518 §6.2.1.1).
    pub fn from_name(name: &str) -> Option<Self> {
        [Self::P256, Self::P384, Self::P521].into_iter().find(|curve| curve.name() == name)
    }

    /// Octets of a coordinate, and of a private key.
    pub(crate) const fn width(self) -> usize {
        match self {
            Self::P256 => 32,
            Self::P384 => 48,
            Self::P521 => 66,
        }
    }

    /// The one algorithm of the curve.
    pub(crate) const fn algorithm(self) -> Algorithm {
        match self {
            Self::P256 => Algorithm::Es256,
            Self::P384 => Algorithm::Es384,
            Self::P521 => Algorithm::Es512,
        }
    }
}

/// A secret number, big-endian.
pub(crate) type Secret = Zeroizing<Vec<u8>>;

#[derive(Clone, Eq, PartialEq)]
pub(crate) enum PublicPart {
    /// Coordinates at full width.
    Ec { curve: Curve, x: Vec<u8>, y: Vec<u8> },
    /// Without leading zero octets.
    Rsa { n: Vec<u8>, e: Vec<u8> },
    /// 32 octets.
    Ed25519 { x: Vec<u8> },
}

impl PublicPart {
    /// The uncompressed point (SEC 1 §2.3.3).
    pub(crate) fn point(x: &[u8], y: &[u8]) -> Vec<u8> {
        [&[4], x, y].concat()
    }
}

impl fmt::Debug for PublicPart {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Ec { curve, x, .. } => write!(formatter, "{} {}…", curve.name(), base64url::encode(x)),
            Self::Rsa { n, .. } => write!(formatter, "RSA {}", n.len().saturating_mul(8)),
            Self::Ed25519 { x } => write!(formatter, "Ed25519 {}", base64url::encode(x)),
        }
    }
}

#[derive(Clone)]
pub(crate) enum PrivatePart {
    /// At full width.
    Ec { d: Secret },
    /// With everything the Chinese remainder theorem needs (RFC 7518 §6.3.2).
    Rsa(Box<RsaSecrets>),
    /// The seed.
    Ed25519 { d: Secret },
}

#[derive(Clone)]
pub(crate) struct RsaSecrets {
    pub(crate) d: Secret,
    pub(crate) p: Secret,
    pub(crate) q: Secret,
    pub(crate) dp: Secret,
    pub(crate) dq: Secret,
    pub(crate) qi: Secret,
}
