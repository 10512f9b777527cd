//! `step:policy/crypto`: hashes and signatures.

use aws_lc_rs::{digest, hmac};
use jose::{Algorithm, JoseError};

use super::{KeyCache, price};
use crate::call::Guest;
use crate::contract::imports::crypto::{CryptoError, HashAlgorithm, Host, PublicKey, SignatureAlgorithm};
use crate::text::printable;

impl Host for Guest {
    fn digest(&mut self, algorithm: HashAlgorithm, data: Vec<u8>) -> wasmtime::Result<Vec<u8>> {
        self.meter.host_call(price::CALL + price::octets(data.len()))?;
        let algorithm = match algorithm {
            HashAlgorithm::Sha1 => &digest::SHA1_FOR_LEGACY_USE_ONLY,
            HashAlgorithm::Sha256 => &digest::SHA256,
            HashAlgorithm::Sha384 => &digest::SHA384,
            HashAlgorithm::Sha512 => &digest::SHA512,
        };
        Ok(digest::digest(algorithm, &data).as_ref().to_vec())
    }

    fn hmac(&mut self, algorithm: HashAlgorithm, key: Vec<u8>, data: Vec<u8>) -> wasmtime::Result<Vec<u8>> {
        self.meter.host_call(price::CALL + price::octets(key.len().saturating_add(data.len())))?;
        let algorithm = match algorithm {
            HashAlgorithm::Sha1 => hmac::HMAC_SHA1_FOR_LEGACY_USE_ONLY,
            HashAlgorithm::Sha256 => hmac::HMAC_SHA256,
            HashAlgorithm::Sha384 => hmac::HMAC_SHA384,
            HashAlgorithm::Sha512 => hmac::HMAC_SHA512,
        };
        Ok(hmac::sign(&hmac::Key::new(algorithm, &key), &data).as_ref().to_vec())
    }

    fn verify(
        &mut self,
        algorithm: SignatureAlgorithm,
        key: PublicKey,
        message: Vec<u8>,
        signature: Vec<u8>,
    ) -> wasmtime::Result<Result<(), CryptoError>> {
        let algorithm = jose_algorithm(algorithm);
        self.meter.host_call(price::verify(Some(algorithm)) + price::octets(message.len()))?;
        Ok(verified(&self.assignment.keys, algorithm, &key, &message, &signature))
    }
}

fn verified(
    cache: &KeyCache,
    algorithm: Algorithm,
    key: &PublicKey,
    message: &[u8],
    signature: &[u8],
) -> Result<(), CryptoError> {
    let keys = match key {
        PublicKey::Jwk(text) => cache.json(text),
        PublicKey::Spki(der) => cache.spki(der),
        PublicKey::Certificate(der) => cache.certificate(der),
    };
    let keys = keys.map_err(refused)?;
    // Nothing here could choose from a set.
    let key = keys.choose(None).ok_or_else(|| CryptoError::InvalidKey("a set of keys is no key".to_owned()))?;
    key.verify(algorithm, message, signature).map_err(refused)
}

fn jose_algorithm(algorithm: SignatureAlgorithm) -> Algorithm {
    match algorithm {
        SignatureAlgorithm::Es256 => Algorithm::Es256,
        SignatureAlgorithm::Es384 => Algorithm::Es384,
        SignatureAlgorithm::Es512 => Algorithm::Es512,
        SignatureAlgorithm::Rs256 => Algorithm::Rs256,
        SignatureAlgorithm::Rs384 => Algorithm::Rs384,
        SignatureAlgorithm::Rs512 => Algorithm::Rs512,
        SignatureAlgorithm::Ps256 => Algorithm::Ps256,
        SignatureAlgorithm::Ps384 => Algorithm::Ps384,
        SignatureAlgorithm::Ps512 => Algorithm::Ps512,
        SignatureAlgorithm::Ed25519 => Algorithm::EdDsa,
    }
}

fn refused(error: JoseError) -> CryptoError {
    match error {
        JoseError::AlgorithmNotAllowed(_) => CryptoError::AlgorithmMismatch,
        JoseError::BadSignature => CryptoError::BadSignature,
        error => CryptoError::InvalidKey(printable(error.to_string(), 512)),
    }
}
