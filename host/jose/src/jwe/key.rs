//! The key of a recipient, and what it may be used for.

use super::{ContentEncryption, KeyManagement};
use crate::{JoseError, Jwk, SymmetricKey};

/// Whether algorithms that are broken in the wrong hands may be used.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Legacy {
    /// `RSA1_5` is refused.
    Refused,
    /// `RSA1_5` may be used (RFC 8725 §3.2 advises against it).
    Allowed,
}

/// What a message is encrypted to, and opened with.
#[derive(Clone, Copy)]
pub enum Key<'a> {
    /// An EC or RSA key: the public part encrypts, the private part opens.
    Jwk(&'a Jwk, Legacy),
    /// A key both sides have.
    Symmetric(&'a SymmetricKey),
    /// A password.
    Password {
        /// Not empty where something is encrypted.
        password: &'a [u8],
        /// Rounds of PBKDF2 for a new message; a message that is opened has its own.
        iterations: u32,
    },
}

/// What is done with the key.
#[derive(Clone, Copy, Eq, PartialEq)]
pub(super) enum Purpose {
    Encrypt,
    Decrypt,
}

impl Purpose {
    const fn name(self) -> &'static str {
        match self {
            Self::Encrypt => "encrypt",
            Self::Decrypt => "decrypt",
        }
    }

    /// The values of `key_ops` that allow it (RFC 7517 §4.3).
    const fn operations(self) -> [&'static str; 4] {
        match self {
            Self::Encrypt => ["encrypt", "wrapKey", "deriveKey", "deriveBits"],
            Self::Decrypt => ["decrypt", "unwrapKey", "deriveKey", "deriveBits"],
        }
    }
}

impl Key<'_> {
    /// Refuses what the key is not for: its `alg`, `use` and `key_ops` bind (RFC 7517 §4.2–4.4).
    pub(super) fn permit(
        self,
        algorithm: KeyManagement,
        encryption: ContentEncryption,
        purpose: Purpose,
    ) -> Result<(), JoseError> {
        let not_allowed = || JoseError::AlgorithmNotAllowed(algorithm.name().to_owned());
        let (alg, key_use, key_ops) = match self {
            Self::Jwk(_, Legacy::Refused) if algorithm == KeyManagement::Rsa15 => return Err(JoseError::Legacy),
            Self::Jwk(key, _) => (key.alg(), key.key_use(), key.key_ops()),
            Self::Symmetric(key) => (key.alg(), key.key_use(), key.key_ops()),
            Self::Password { .. } => return Ok(()),
        };
        if key_use.is_some_and(|key_use| key_use != "enc") {
            return Err(JoseError::KeyUse(purpose.name()));
        }
        let operations = purpose.operations();
        if key_ops.is_some_and(|own| !own.iter().any(|operation| operations.contains(&operation.as_str()))) {
            return Err(JoseError::KeyUse(purpose.name()));
        }
        match alg {
            None => Ok(()),
            Some(alg) if alg == algorithm.name() => Ok(()),
            // A key that encrypts content itself may name how (RFC 7520 §5.6).
            Some(alg) if algorithm == KeyManagement::Direct && alg == encryption.name() => Ok(()),
            Some(_) => Err(not_allowed()),
        }
    }
}
