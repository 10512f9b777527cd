//! Public keys (RFC 5280 §4.1.2.7) as JSON; octets are in base64.

use base64::{Engine as _, prelude::BASE64_STANDARD};
use serde::Serialize;
use x509_parser::x509::SubjectPublicKeyInfo;

use super::{
    super::key::{Curve, KeyParts, bits},
    fingerprints::sha256,
};

#[derive(Serialize)]
pub(super) struct KeyInfo {
    key_algorithm: KeyAlgorithm,
    #[serde(flatten)]
    key: Key,
    fingerprint_sha256: String,
}

#[derive(Serialize)]
struct KeyAlgorithm {
    name: &'static str,
}

#[derive(Serialize)]
enum Key {
    #[serde(rename = "ecdsa_public_key")]
    Ecdsa(EcdsaKey),
    #[serde(rename = "ed25519_public_key")]
    Ed25519(Ed25519Key),
    #[serde(rename = "rsa_public_key")]
    Rsa(RsaKey),
    #[serde(rename = "unknown_public_key")]
    Unknown(UnknownKey),
}

/// With the constants of its curve.
#[derive(Serialize)]
struct EcdsaKey {
    b: String,
    curve: &'static str,
    gx: String,
    gy: String,
    length: u32,
    n: String,
    p: String,
    r#pub: String,
    x: String,
    y: String,
}

#[derive(Serialize)]
struct Ed25519Key {
    length: usize,
    r#pub: String,
}

#[derive(Serialize)]
struct RsaKey {
    exponent: u64,
    modulus: String,
    length: usize,
}

#[derive(Serialize)]
struct UnknownKey {
    spki: String,
}

impl KeyInfo {
    pub(super) fn of(key: &SubjectPublicKeyInfo<'_>) -> Self {
        let parts = KeyParts::of(key);
        let base64 = |octets: &[u8]| BASE64_STANDARD.encode(octets);
        Self {
            key_algorithm: KeyAlgorithm { name: parts.algorithm() },
            fingerprint_sha256: sha256(&[key.raw]),
            key: match parts {
                KeyParts::Ec { curve: Some(curve), point, x, y } => Key::Ecdsa(EcdsaKey::of(curve, point, x, y)),
                KeyParts::Ed25519(key) => Key::Ed25519(Ed25519Key { length: key.len() * 8, r#pub: base64(key) }),
                KeyParts::Rsa { modulus, exponent } => {
                    Key::Rsa(RsaKey { exponent, modulus: base64(modulus), length: bits(modulus) })
                }
                KeyParts::Ec { curve: None, .. } | KeyParts::Unknown => {
                    Key::Unknown(UnknownKey { spki: base64(key.raw) })
                }
            },
        }
    }
}

impl EcdsaKey {
    fn of(curve: &Curve, point: &[u8], x: &[u8], y: &[u8]) -> Self {
        let base64 = |octets: &[u8]| BASE64_STANDARD.encode(octets);
        let constant = |digits: &str| base64(&hex::decode(digits).unwrap_or_default());
        Self {
            b: constant(curve.b),
            curve: curve.name,
            gx: constant(curve.gx),
            gy: constant(curve.gy),
            length: curve.bits,
            n: constant(curve.n),
            p: constant(curve.p),
            r#pub: base64(point),
            x: base64(x),
            y: base64(y),
        }
    }
}
