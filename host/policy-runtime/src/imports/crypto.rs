//! `step:policy/crypto`: hashes and signatures.

use aws_lc_rs::{digest, hmac};
use jose::{Algorithm, JoseError};

use super::keys::{KeyCache, NoKey};
use super::price;
use crate::call::{Guest, Meter};
use crate::contract::imports::crypto::{CryptoError, HashAlgorithm, Host, PublicKey, SignatureAlgorithm};
use crate::text::printable;

impl Host for Guest {
    fn digest(&mut self, algorithm: HashAlgorithm, data: Vec<u8>) -> wasmtime::Result<Vec<u8>> {
        self.meter.host_call(price::call(price::octets(data.len())))?;
        Ok(hash(algorithm, &data))
    }

    fn hmac(&mut self, algorithm: HashAlgorithm, key: Vec<u8>, data: Vec<u8>) -> wasmtime::Result<Vec<u8>> {
        self.meter.host_call(price::call(price::octets(key.len().saturating_add(data.len()))))?;
        Ok(mac(algorithm, &key, &data))
    }

    fn verify(
        &mut self,
        algorithm: SignatureAlgorithm,
        key: PublicKey,
        message: Vec<u8>,
        signature: Vec<u8>,
    ) -> wasmtime::Result<Result<(), CryptoError>> {
        let algorithm = jose_algorithm(algorithm);
        let octets = price::octets(message.len().saturating_add(signature.len()));
        self.meter.host_call(price::call(octets.saturating_add(source(&key))))?;
        verified(&self.assignment.keys, &mut self.meter, algorithm, &key, &message, &signature)
    }
}

fn hash(algorithm: HashAlgorithm, data: &[u8]) -> Vec<u8> {
    let algorithm = match algorithm {
        HashAlgorithm::Sha1 => &digest::SHA1_FOR_LEGACY_USE_ONLY,
        HashAlgorithm::Sha256 => &digest::SHA256,
        HashAlgorithm::Sha384 => &digest::SHA384,
        HashAlgorithm::Sha512 => &digest::SHA512,
    };
    digest::digest(algorithm, data).as_ref().to_vec()
}

fn mac(algorithm: HashAlgorithm, key: &[u8], data: &[u8]) -> Vec<u8> {
    let algorithm = match algorithm {
        HashAlgorithm::Sha1 => hmac::HMAC_SHA1_FOR_LEGACY_USE_ONLY,
        HashAlgorithm::Sha256 => hmac::HMAC_SHA256,
        HashAlgorithm::Sha384 => hmac::HMAC_SHA384,
        HashAlgorithm::Sha512 => hmac::HMAC_SHA512,
    };
    hmac::sign(&hmac::Key::new(algorithm, key), data).as_ref().to_vec()
}

/// The price of finding out what a key is.
fn source(key: &PublicKey) -> u64 {
    match key {
        PublicKey::Jwk(text) => price::json(text.len()),
        PublicKey::Spki(der) | PublicKey::Certificate(der) => price::x509(der.len()),
    }
}

fn verified(
    cache: &KeyCache,
    meter: &mut Meter,
    algorithm: Algorithm,
    key: &PublicKey,
    message: &[u8],
    signature: &[u8],
) -> wasmtime::Result<Result<(), CryptoError>> {
    let key = match key {
        // Nothing here could choose from a set.
        PublicKey::Jwk(text) => cache.json(text, None, meter),
        PublicKey::Spki(der) => cache.spki(der, meter),
        PublicKey::Certificate(der) => cache.certificate(der, meter),
    };
    let key = match key {
        Ok(key) => key,
        Err(NoKey::Stopped(stop)) => return Err(stop),
        Err(NoKey::Refused(error)) => return Ok(Err(refused(error))),
        Err(NoKey::NotInSet) => return Ok(Err(CryptoError::InvalidKey("a set of keys is no key".to_owned()))),
    };
    meter.charge(key.verify)?;
    Ok(key.verifying.verify(algorithm, message, signature).map_err(refused))
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

#[cfg(test)]
mod tests {
    use authority::keys::{KeySpec, PrivateKey};
    use authority::{Timestamp, pki};
    use jose::{Curve, Jwk, SigningKey};

    use super::*;

    fn verify(
        cache: &KeyCache,
        algorithm: Algorithm,
        key: &PublicKey,
        message: &[u8],
        signature: &[u8],
    ) -> Result<(), CryptoError> {
        verified(cache, &mut Meter::full(), algorithm, key, message, signature).unwrap()
    }

    /// FIPS 180-4 examples for "abc".
    #[test]
    fn hashes_are_those_of_the_standard() {
        let abc = |algorithm| hex::encode(hash(algorithm, b"abc"));
        assert_eq!(abc(HashAlgorithm::Sha1), "a9993e364706816aba3e25717850c26c9cd0d89d");
        assert!(abc(HashAlgorithm::Sha256).starts_with("ba7816bf8f01cfea"));
        assert!(abc(HashAlgorithm::Sha384).starts_with("cb00753f45a35e8b"));
        assert!(abc(HashAlgorithm::Sha512).starts_with("ddaf35a193617aba"));
    }

    /// RFC 4231 §4.3, and RFC 2202 §3 for SHA-1.
    #[test]
    fn macs_are_those_of_the_standard() {
        let mac = |algorithm| hex::encode(mac(algorithm, b"Jefe", b"what do ya want for nothing?"));
        assert_eq!(mac(HashAlgorithm::Sha1), "effcdf6ae5eb2fa2d27416d5f184df9c259a7c79");
        assert!(mac(HashAlgorithm::Sha256).starts_with("5bdcc146bf60754e"));
        assert!(mac(HashAlgorithm::Sha384).starts_with("af45d2e376484031"));
        assert!(mac(HashAlgorithm::Sha512).starts_with("164b7a7bfcf819e2"));
    }

    #[test]
    fn a_signature_is_good_for_its_key_algorithm_and_message_alone() {
        let cache = KeyCache::default();
        for (jwk, algorithm) in [
            (Jwk::generate_ec_p256().unwrap(), Algorithm::Es256),
            (Jwk::generate_ec(Curve::P521).unwrap(), Algorithm::Es512),
            (Jwk::generate_ed25519().unwrap(), Algorithm::EdDsa),
        ] {
            let signature = SigningKey::from_jwk(&jwk).unwrap().sign(b"message").unwrap();
            let key = PublicKey::Jwk(jwk.to_json());
            assert_eq!(verify(&cache, algorithm, &key, b"message", &signature), Ok(()));
            let other = verify(&cache, algorithm, &key, b"massage", &signature);
            assert_eq!(other, Err(CryptoError::BadSignature));
            let other = verify(&cache, Algorithm::Es384, &key, b"message", &signature);
            assert_eq!(other, Err(CryptoError::AlgorithmMismatch));
            let other = PublicKey::Jwk(Jwk::generate_ec_p256().unwrap().to_json());
            assert!(verify(&cache, algorithm, &other, b"message", &signature).is_err());
        }
    }

    #[test]
    fn a_key_is_taken_from_a_certificate_or_a_spki_and_not_from_one_as_the_other() {
        let cache = KeyCache::default();
        let key = PrivateKey::generate(KeySpec::Ed25519).unwrap();
        let root = pki::create_root("Test", &key, Timestamp::from_unix(1_800_000_000)).unwrap();
        let signature = authority::keys::Signer::sign(&key, b"message").unwrap();
        let verify = |key| verify(&cache, Algorithm::EdDsa, &key, b"message", &signature);
        let (certificate, spki) = (root.der().to_vec(), key.spki_der().to_vec());
        assert_eq!(verify(PublicKey::Certificate(certificate.clone())), Ok(()));
        assert_eq!(verify(PublicKey::Spki(spki.clone())), Ok(()));
        assert!(matches!(verify(PublicKey::Spki(certificate)), Err(CryptoError::InvalidKey(_))));
        assert!(matches!(verify(PublicKey::Certificate(spki)), Err(CryptoError::InvalidKey(_))));
    }

    #[test]
    fn what_is_no_key_is_said_to_be_none() {
        let cache = KeyCache::default();
        for key in [
            PublicKey::Jwk("{".into()),
            PublicKey::Jwk(r#"{"kty":"oct","k":"AAAA"}"#.into()),
            PublicKey::Jwk(r#"{"keys":[]}"#.into()),
            PublicKey::Spki(vec![0x30; 64]),
            PublicKey::Certificate(Vec::new()),
        ] {
            let answer = verify(&cache, Algorithm::Es256, &key, b"", &[0; 64]);
            assert!(matches!(answer, Err(CryptoError::InvalidKey(_))), "{key:?}: {answer:?}");
        }
    }
}
