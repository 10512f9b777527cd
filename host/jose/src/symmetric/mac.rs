//! HMAC with SHA-2 (RFC 7518 §3.2).

use std::fmt;

use aws_lc_rs::hmac;

use super::SymmetricKey;
use crate::{JoseError, error::excerpt};

/// The value of `alg` of a message with a MAC. It is no [`Algorithm`](crate::Algorithm): a MAC does not prove who made
/// it.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum MacAlgorithm {
    /// HMAC with SHA-256.
    Hs256,
    /// HMAC with SHA-384.
    Hs384,
    /// HMAC with SHA-512.
    Hs512,
}

impl MacAlgorithm {
    const ALL: [Self; 3] = [Self::Hs256, Self::Hs384, Self::Hs512];

    /// The value of `alg`.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Hs256 => "HS256",
            Self::Hs384 => "HS384",
            Self::Hs512 => "HS512",
        }
    }

    /// The algorithm of that name; names are case-sensitive (RFC 7515 §4.1.1).
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|algorithm| algorithm.name() == name)
    }

    /// Octets a key has at least: as many as the hash (RFC 7518 §3.2).
    pub const fn key_length(self) -> usize {
        match self {
            Self::Hs256 => 32,
            Self::Hs384 => 48,
            Self::Hs512 => 64,
        }
    }

    const fn library(self) -> hmac::Algorithm {
        match self {
            Self::Hs256 => hmac::HMAC_SHA256,
            Self::Hs384 => hmac::HMAC_SHA384,
            Self::Hs512 => hmac::HMAC_SHA512,
        }
    }
}

impl fmt::Display for MacAlgorithm {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.name())
    }
}

/// A symmetric key made ready, and the one algorithm it is for.
pub struct MacKey {
    algorithm: MacAlgorithm,
    key: hmac::Key,
}

impl MacKey {
    /// A key to make MACs with. One that names no algorithm makes `HS256`.
    ///
    /// # Errors
    /// [`JoseError::KeyUse`], [`JoseError::AlgorithmNotAllowed`], and [`JoseError::KeyLength`] for a key shorter than
    /// the hash.
    pub fn to_sign(key: &SymmetricKey) -> Result<Self, JoseError> {
        Self::new(key, "sign")
    }

    /// A key to check MACs with.
    ///
    /// # Errors
    /// As [`MacKey::to_sign`].
    pub fn to_verify(key: &SymmetricKey) -> Result<Self, JoseError> {
        Self::new(key, "verify")
    }

    fn new(key: &SymmetricKey, purpose: &'static str) -> Result<Self, JoseError> {
        if key.key_use().is_some_and(|key_use| key_use != "sig") {
            return Err(JoseError::KeyUse(purpose));
        }
        if key.key_ops().is_some_and(|operations| !operations.iter().any(|operation| operation == purpose)) {
            return Err(JoseError::KeyUse(purpose));
        }
        let algorithm = match key.alg() {
            None => MacAlgorithm::Hs256,
            Some(name) => MacAlgorithm::from_name(name).ok_or_else(|| JoseError::AlgorithmNotAllowed(excerpt(name)))?,
        };
        if key.length() < algorithm.key_length() {
            return Err(JoseError::KeyLength { got: key.length(), want: algorithm.key_length() });
        }
        Ok(Self { algorithm, key: hmac::Key::new(algorithm.library(), key.octets()) })
    }

    /// What it is for.
    pub fn algorithm(&self) -> MacAlgorithm {
        self.algorithm
    }

    pub(crate) fn sign(&self, message: &[u8]) -> Vec<u8> {
        hmac::sign(&self.key, message).as_ref().to_vec()
    }

    /// Compares in constant time, and every octet of the MAC.
    pub(crate) fn verify(&self, message: &[u8], mac: &[u8]) -> Result<(), JoseError> {
        hmac::verify(&self.key, message, mac).map_err(|_| JoseError::BadSignature)
    }
}

impl fmt::Debug for MacKey {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "MacKey({})", self.algorithm)
    }
}
