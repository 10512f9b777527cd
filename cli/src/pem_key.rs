//! A private key of a PEM file as a JWK, and back.

use authority::{
    Curve, KeyKind, SubjectPublicKeyInfo,
    keys::{KeySpec, PrivateKey},
};
use base64::{Engine as _, prelude::BASE64_URL_SAFE_NO_PAD};
use jose::Jwk;
use serde::Deserialize;
use serde_json::json;
use thiserror::Error;
use x509_parser::der_parser::asn1_rs::{Any, FromDer as _};
use zeroize::{ZeroizeOnDrop, Zeroizing};

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

/// A public key as a JWK, named by its thumbprint.
pub(crate) fn public_to_jwk(key: &SubjectPublicKeyInfo) -> Result<Jwk, PemKeyError> {
    let elliptic = |curve, size: usize| -> Result<serde_json::Value, PemKeyError> {
        let (x, y) = last(key.spki_der(), 2 * size)?.split_at(size);
        Ok(json!({"kty": "EC", "crv": curve, "x": encode(x), "y": encode(y)}))
    };
    let json = match key.kind() {
        KeyKind::Ec(Curve::P256) => elliptic("P-256", 32)?,
        KeyKind::Ec(Curve::P384) => elliptic("P-384", 48)?,
        KeyKind::Ec(Curve::P521) => elliptic("P-521", 66)?,
        KeyKind::Ed25519 => json!({"kty": "OKP", "crv": "Ed25519", "x": encode(last(key.spki_der(), 32)?)}),
        KeyKind::Rsa { .. } => {
            // RSAPublicKey ::= SEQUENCE { n, e } in a BIT STRING without unused bits (RFC 8017 §A.1.1)
            let [_, bits] = elements(key.spki_der())?[..] else { return Err(PemKeyError::Form) };
            let [n, e] = elements(bits.strip_prefix(&[0]).ok_or(PemKeyError::Form)?)?[..] else {
                return Err(PemKeyError::Form);
            };
            json!({"kty": "RSA", "n": encode(unsigned(n)), "e": encode(unsigned(e))})
        }
        KeyKind::Other(_) => return Err(PemKeyError::Form),
    };
    let jwk = Jwk::from_json(&json.to_string())?;
    let kid = jwk.thumbprint();
    Ok(jwk.with_kid(kid))
}

/// The same key as it is kept in PEM files.
pub(crate) fn from_jwk(jwk: &Jwk) -> Result<PrivateKey, PemKeyError> {
    let json = jwk.to_private_json()?;
    let parts: Parts = serde_json::from_str(&json).map_err(|_| PemKeyError::Form)?;
    Ok(PrivateKey::from_der(&parts.to_der()?)?)
}

/// The members of a private JWK that hold its numbers, each in base64url.
#[derive(Deserialize, ZeroizeOnDrop)]
struct Parts {
    kty: String,
    crv: Option<String>,
    x: Option<String>,
    y: Option<String>,
    n: Option<String>,
    e: Option<String>,
    d: String,
    p: Option<String>,
    q: Option<String>,
    dp: Option<String>,
    dq: Option<String>,
    qi: Option<String>,
}

impl Parts {
    fn to_der(&self) -> Result<Zeroizing<Vec<u8>>, PemKeyError> {
        const INTEGER_0: &[u8] = &[0x02, 1, 0];
        const INTEGER_1: &[u8] = &[0x02, 1, 1];
        // AlgorithmIdentifier of Ed25519 (RFC 8410 §3).
        const ED25519: &[u8] = &[0x30, 5, 0x06, 3, 0x2b, 0x65, 0x70];
        let d = decode(&self.d)?;
        match (self.kty.as_str(), self.crv.as_deref()) {
            ("EC", Some(curve)) => {
                // ECPrivateKey with namedCurve [0] and publicKey [1] (RFC 5915 §3).
                let curve: &[u8] = match curve {
                    "P-256" => &[0x06, 8, 0x2a, 0x86, 0x48, 0xce, 0x3d, 3, 1, 7],
                    "P-384" => &[0x06, 5, 0x2b, 0x81, 4, 0, 0x22],
                    "P-521" => &[0x06, 5, 0x2b, 0x81, 4, 0, 0x23],
                    _ => return Err(PemKeyError::Form),
                };
                let (x, y) = (required(self.x.as_deref())?, required(self.y.as_deref())?);
                // BIT STRING without unused bits, holding the uncompressed point.
                let point = tlv(0x03, &[&[0, 4], &x, &y]);
                Ok(tlv(0x30, &[INTEGER_1, &tlv(0x04, &[&d]), &tlv(0xa0, &[curve]), &tlv(0xa1, &[&point])]))
            }
            ("OKP", Some("Ed25519")) => Ok(tlv(0x30, &[INTEGER_0, ED25519, &tlv(0x04, &[&tlv(0x04, &[&d])])])),
            ("RSA", None) => {
                let (n, e) = (required(self.n.as_deref())?, required(self.e.as_deref())?);
                let mut numbers = vec![n, e, d];
                for number in [&self.p, &self.q, &self.dp, &self.dq, &self.qi] {
                    numbers.push(required(number.as_deref())?);
                }
                let numbers: Vec<_> = numbers.iter().map(|number| integer(number)).collect();
                let mut elements: Vec<&[u8]> = vec![INTEGER_0];
                elements.extend(numbers.iter().map(|number| number.as_slice()));
                Ok(tlv(0x30, &elements))
            }
            _ => Err(PemKeyError::Form),
        }
    }
}

fn required(number: Option<&str>) -> Result<Zeroizing<Vec<u8>>, PemKeyError> {
    decode(number.ok_or(PemKeyError::Form)?)
}

fn decode(number: &str) -> Result<Zeroizing<Vec<u8>>, PemKeyError> {
    BASE64_URL_SAFE_NO_PAD.decode(number).map(Zeroizing::new).map_err(|_| PemKeyError::Form)
}

/// A positive INTEGER: an octet of zero where the sign bit would be set.
fn integer(number: &[u8]) -> Zeroizing<Vec<u8>> {
    let sign: &[u8] = if number.first().is_some_and(|first| first & 0x80 != 0) { &[0] } else { &[] };
    tlv(0x02, &[sign, number])
}

/// A DER value: tag, length and contents (X.690 §8.1).
fn tlv(tag: u8, contents: &[&[u8]]) -> Zeroizing<Vec<u8>> {
    let length: usize = contents.iter().map(|part| part.len()).sum();
    let mut der = Zeroizing::new(Vec::with_capacity(length + 6));
    der.push(tag);
    let octets = length.to_be_bytes();
    let significant: Vec<u8> = octets.into_iter().skip_while(|octet| *octet == 0).collect();
    match u8::try_from(length) {
        Ok(short @ ..0x80) => der.push(short),
        _ => {
            der.push(0x80 | u8::try_from(significant.len()).expect("a length has at most eight octets"));
            der.extend(significant);
        }
    }
    contents.iter().for_each(|part| der.extend_from_slice(part));
    der
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

    #[test]
    fn the_public_key_of_a_pem_file_is_that_of_the_private_one() {
        for spec in [KeySpec::EcP256, KeySpec::EcP384, KeySpec::EcP521, KeySpec::Ed25519, KeySpec::Rsa { bits: 2048 }] {
            let key = PrivateKey::generate(spec).expect("a key");
            let info = SubjectPublicKeyInfo::from_der(key.spki_der()).expect("a public key");
            let public = public_to_jwk(&info).expect("a JWK");
            assert!(public.is_same_key(&to_jwk(&key).expect("a JWK")), "{spec:?}");
        }
    }
}
