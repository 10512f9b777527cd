//! A key of any kind.

use jose::{
    JoseError, Jwk, MacKey, SymmetricKey, VerifyingKey,
    jws::{self, Compact, ProtectedHeader},
};

use super::SignatureAlgorithm;

/// A key that signs, or one that both sides have.
pub(in super::super) enum JoseKey {
    Asymmetric(Jwk),
    Symmetric(SymmetricKey),
}

impl JoseKey {
    /// Its name.
    pub(in super::super) fn kid(&self) -> Option<&str> {
        match self {
            Self::Asymmetric(key) => key.kid(),
            Self::Symmetric(key) => key.kid(),
        }
    }

    /// The one algorithm it may be used with.
    pub(in super::super) fn alg(&self) -> Option<&str> {
        match self {
            Self::Asymmetric(key) => key.alg(),
            Self::Symmetric(key) => key.alg(),
        }
    }

    /// The public key, if it has one.
    pub(in super::super) fn public(&self) -> Option<Jwk> {
        match self {
            Self::Asymmetric(key) => Some(key.public()),
            Self::Symmetric(_) => None,
        }
    }

    /// Signs with the key's own algorithm.
    pub(in super::super) fn sign(&self, header: &ProtectedHeader<'_>, payload: &[u8]) -> Result<String, JoseError> {
        match self {
            Self::Asymmetric(key) => jws::sign(header, payload, key),
            Self::Symmetric(key) => Ok(jws::sign_with_mac(header, payload, &MacKey::to_sign(key)?)),
        }
    }

    /// Verifies with the key's own algorithm.
    pub(in super::super) fn verify(&self, message: &Compact<'_>) -> Result<(), JoseError> {
        match self {
            Self::Asymmetric(key) => message.verify(&VerifyingKey::from_jwk(key)?),
            Self::Symmetric(key) => message.verify_mac(&MacKey::to_verify(key)?),
        }
    }

    pub(super) fn with_kid(self, kid: &str) -> Self {
        match self {
            Self::Asymmetric(key) => Self::Asymmetric(key.with_kid(kid)),
            Self::Symmetric(key) => Self::Symmetric(key.with_kid(kid)),
        }
    }

    /// The same key for this algorithm, which has to be of its kind: never a MAC for a key with a public part.
    pub(super) fn with_alg(self, algorithm: SignatureAlgorithm) -> Result<Self, JoseError> {
        match (self, algorithm) {
            (Self::Asymmetric(key), SignatureAlgorithm::Signature(algorithm)) => {
                Ok(Self::Asymmetric(key.with_alg(algorithm)))
            }
            (Self::Symmetric(key), SignatureAlgorithm::Mac(algorithm)) => {
                Ok(Self::Symmetric(key.with_alg(algorithm.name())))
            }
            _ => Err(JoseError::AlgorithmNotAllowed(algorithm.name().to_owned())),
        }
    }
}
