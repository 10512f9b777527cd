//! JSON Web Keys (RFC 7517): EC on P-256, P-384 and P-521, RSA of 2048 to 8192 bits, and Ed25519 (RFC 8037).
//!
//! A [`Jwk`] is valid because it exists: its point lies on its curve, its integers have one encoding, and its private
//! part, when it has one, belongs to its public part. Symmetric keys are refused; they are of a type of their own.

mod encrypting;
mod generate;
mod material;
mod parse;
mod set;
mod signing;
mod thumbprint;
mod unchecked;
mod verifying;
mod write;

use std::fmt;

pub use material::Curve;
pub use set::JwkSet;
pub use signing::SigningKey;
pub use unchecked::{KeyKind, UncheckedKey, UncheckedKeys};
pub use verifying::VerifyingKey;

pub(crate) use material::{PrivatePart, PublicPart};
pub(crate) use parse::Wiped;

/// A JSON Web Key, public or private.
///
/// Its `Debug` and `serde` forms are public: the private part is written by [`Jwk::to_private_json`] alone.
#[derive(Clone)]
pub struct Jwk {
    public: PublicPart,
    private: Option<PrivatePart>,
    kid: Option<String>,
    alg: Option<String>,
    key_use: Option<String>,
    key_ops: Option<Vec<String>>,
    x5c: Vec<String>,
}

impl Jwk {
    /// The key without its private part. Private operations of `key_ops` become their public counterparts.
    pub fn public(&self) -> Self {
        let public_operation = |operation: &String| match operation.as_str() {
            "sign" => "verify".to_owned(),
            "decrypt" => "encrypt".to_owned(),
            "unwrapKey" => "wrapKey".to_owned(),
            _ => operation.clone(),
        };
        let key_ops = self.key_ops.as_ref().map(|operations| operations.iter().map(public_operation).collect());
        Self { private: None, key_ops, ..self.clone() }
    }

    /// Whether it can sign.
    pub fn is_private(&self) -> bool {
        self.private.is_some()
    }

    /// Its identifier, at most 256 octets.
    pub fn kid(&self) -> Option<&str> {
        self.kid.as_deref()
    }

    /// The one algorithm it may be used with.
    pub fn alg(&self) -> Option<&str> {
        self.alg.as_deref()
    }

    /// `sig` or `enc`: the member `use`.
    pub fn key_use(&self) -> Option<&str> {
        self.key_use.as_deref()
    }

    /// What it may be used for: the member `key_ops`.
    pub fn key_ops(&self) -> Option<&[String]> {
        self.key_ops.as_deref()
    }

    /// The type of the key: the member `kty`.
    pub const fn key_type(&self) -> KeyType {
        match &self.public {
            PublicPart::Ec { .. } => KeyType::Ec,
            PublicPart::Rsa { .. } => KeyType::Rsa,
            PublicPart::Ed25519 { .. } => KeyType::Okp,
        }
    }

    /// Whether the two have the same public numbers, whatever their other members say.
    pub fn is_same_key(&self, other: &Self) -> bool {
        self.public == other.public
    }

    /// The same key, to be used with this algorithm alone. Whether it can be is seen when it is used.
    #[must_use]
    pub fn with_alg(mut self, algorithm: crate::Algorithm) -> Self {
        self.alg = Some(algorithm.name().to_owned());
        self
    }

    /// The same key, for messages encrypted in this way alone. Whether it can be is seen when it is used.
    #[must_use]
    pub fn with_key_management(mut self, algorithm: crate::jwe::KeyManagement) -> Self {
        self.alg = Some(algorithm.name().to_owned());
        self
    }

    /// The same key, reserved for `sig` or `enc`.
    #[must_use]
    pub fn with_key_use(mut self, key_use: impl Into<String>) -> Self {
        self.key_use = Some(key_use.into());
        self
    }

    /// The same key under another identifier.
    #[must_use]
    pub fn with_kid(mut self, kid: impl Into<String>) -> Self {
        self.kid = Some(kid.into());
        self
    }
}

/// The value of `kty`. There is no `oct`: see [`SymmetricKey`](crate::SymmetricKey).
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum KeyType {
    /// Elliptic curve.
    Ec,
    /// RSA.
    Rsa,
    /// Ed25519.
    Okp,
}

impl fmt::Debug for Jwk {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("Jwk")
            .field("kid", &self.kid)
            .field("alg", &self.alg)
            .field("use", &self.key_use)
            .field("public", &self.public)
            .field("is_private", &self.is_private())
            .finish()
    }
}
