//! A private key out of a PEM file, as the JWK tokens are signed with.

use authority::keys::{KeySpec, PrivateKey};
use base64::{Engine as _, prelude::BASE64_URL_SAFE_NO_PAD};
use jose::Jwk;
use serde_json::json;
use thiserror::Error;
use x509_parser::der_parser::asn1_rs::{Any, FromDer as _};

/// The key cannot be written as a JWK.
#[derive(Debug, Error)]
pub(crate) enum PemKeyError {
    #[error(transparent)]
    Key(#[from] authority::keys::PrivateKeyError),
    #[error(transparent)]
    Jose(#[from] jose::JoseError),
    #[error("the key has an unexpected form")]
    Form,
}

/// The same key as a JWK for signing, named by its thumbprint.
pub(crate) fn to_jwk(key: &PrivateKey) -> Result<Jwk, PemKeyError> {
    let pkcs8 = key.to_pkcs8_der()?;
    // PrivateKeyInfo ::= SEQUENCE { version, algorithm, OCTET STRING holding the key of its own kind } (RFC 5208 §5)
    let [_, _, inner, ..] = elements(&pkcs8)?[..] else { return Err(PemKeyError::Form) };
    let json = match key.spec() {
        KeySpec::EcP256 => elliptic("P-256", 32, key, inner)?,
        KeySpec::EcP384 => elliptic("P-384", 48, key, inner)?,
        KeySpec::EcP521 => elliptic("P-521", 66, key, inner)?,
        KeySpec::Ed25519 => {
            let (_, seed) = Any::from_der(inner).map_err(|_| PemKeyError::Form)?;
            json!({"kty": "OKP", "crv": "Ed25519", "x": encode(last(key.spki_der(), 32)?), "d": encode(seed.data)})
        }
        KeySpec::Rsa { .. } => rsa(inner)?,
    };
    let jwk = Jwk::from_json(&json.to_string())?;
    let kid = jwk.thumbprint();
    Ok(jwk.with_kid(kid))
}

/// ECPrivateKey ::= SEQUENCE { version, OCTET STRING d, … } (RFC 5915 §3); the point ends the public key.
fn elliptic(curve: &str, size: usize, key: &PrivateKey, inner: &[u8]) -> Result<serde_json::Value, PemKeyError> {
    let [_, d, ..] = elements(inner)?[..] else { return Err(PemKeyError::Form) };
    let (x, y) = last(key.spki_der(), 2 * size)?.split_at(size);
    Ok(json!({"kty": "EC", "crv": curve, "x": encode(x), "y": encode(y), "d": encode(d)}))
}

/// RSAPrivateKey ::= SEQUENCE { version, n, e, d, p, q, dp, dq, qi } (RFC 8017 §A.1.2)
fn rsa(inner: &[u8]) -> Result<serde_json::Value, PemKeyError> {
    let [_, n, e, d, p, q, dp, dq, qi] = elements(inner)?[..] else { return Err(PemKeyError::Form) };
    let [n, e, d, p, q, dp, dq, qi] = [n, e, d, p, q, dp, dq, qi].map(|integer| encode(unsigned(integer)));
    Ok(json!({"kty": "RSA", "n": n, "e": e, "d": d, "p": p, "q": q, "dp": dp, "dq": dq, "qi": qi}))
}

/// The contents of each element of a SEQUENCE.
fn elements(der: &[u8]) -> Result<Vec<&[u8]>, PemKeyError> {
    let (_, sequence) = Any::from_der(der).map_err(|_| PemKeyError::Form)?;
    let mut rest = sequence.data;
    let mut elements = Vec::new();
    while !rest.is_empty() {
        let (tail, element) = Any::from_der(rest).map_err(|_| PemKeyError::Form)?;
        elements.push(element.data);
        rest = tail;
    }
    Ok(elements)
}

fn last(octets: &[u8], count: usize) -> Result<&[u8], PemKeyError> {
    let start = octets.len().checked_sub(count).ok_or(PemKeyError::Form)?;
    octets.get(start..).ok_or(PemKeyError::Form)
}

/// A DER INTEGER without the octet that keeps it positive.
fn unsigned(integer: &[u8]) -> &[u8] {
    integer.strip_prefix(&[0]).unwrap_or(integer)
}

fn encode(octets: &[u8]) -> String {
    BASE64_URL_SAFE_NO_PAD.encode(octets)
}

#[cfg(test)]
mod tests {
    use jose::jws::{self, ProtectedHeader, Unverified};

    use super::*;

    #[test]
    fn keys_of_every_kind_sign_tokens() {
        let specs = [KeySpec::EcP256, KeySpec::EcP384, KeySpec::EcP521, KeySpec::Ed25519, KeySpec::Rsa { bits: 2048 }];
        for spec in specs {
            let jwk = to_jwk(&PrivateKey::generate(spec).expect("a key")).expect("a JWK");
            let token = jws::sign(&ProtectedHeader::jwt("k"), "{}", &jwk).expect("signed");
            let token = Unverified::parse(&token).expect("well formed");
            jws::verify(&token, &jwk.public()).unwrap_or_else(|error| panic!("{spec:?}: {error}"));
        }
    }
}
