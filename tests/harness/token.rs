//! Provisioning tokens: good ones, and every part of them bent as a test likes.

use std::sync::atomic::{AtomicU64, Ordering};

use authority::{Certificate, Timestamp};
use base64::{
    Engine,
    engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD},
};
use jose::{Jwk, SigningKey};
use num_bigint::BigUint;
use serde_json::{Map, Value, json};

use crate::identity::Leaf;

/// A token before it is signed. The members are written in the order of their names, as upstream does.
#[derive(Clone)]
pub struct Token {
    header: Map<String, Value>,
    claims: Map<String, Value>,
    key: Jwk,
}

impl Token {
    /// What `step ca token` makes: five minutes for one subject at one audience.
    pub fn new(key: &Jwk, issuer: &str, subject: &str, audience: &str, now: Timestamp) -> Self {
        let now = now.as_unix();
        let header = json!({"alg": key.alg(), "kid": key.kid(), "typ": "JWT"});
        let claims = json!({
            "iss": issuer, "sub": subject, "aud": audience, "sans": [subject],
            "iat": now, "nbf": now, "exp": now + 300, "jti": fresh_id(),
        });
        Self { header: members(header), claims: members(claims), key: key.clone() }
    }

    /// What `step ca renew --mtls=false` makes: a certificate, which the token carries, asks for its renewal.
    pub fn of_certificate(leaf: &Leaf, now: Timestamp) -> Self {
        let subject = leaf.certificate().subject().common_name().unwrap_or_default();
        let token = Self::new(&leaf.jwk(), "step-ca-client/1.0", subject, "https://localhost/1.0/renew", now);
        token.without("sans").without_header("kid").header("x5cInsecure", encode_chain(&leaf.chain))
    }

    /// With this claim instead of whatever it had.
    #[must_use]
    pub fn claim(mut self, name: &str, value: impl Into<Value>) -> Self {
        self.claims.insert(name.to_owned(), value.into());
        self
    }

    /// Without this claim.
    #[must_use]
    pub fn without(mut self, name: &str) -> Self {
        self.claims.remove(name);
        self
    }

    /// With this header parameter instead of whatever it had.
    #[must_use]
    pub fn header(mut self, name: &str, value: impl Into<Value>) -> Self {
        self.header.insert(name.to_owned(), value.into());
        self
    }

    /// Without this header parameter.
    #[must_use]
    pub fn without_header(mut self, name: &str) -> Self {
        self.header.remove(name);
        self
    }

    /// For these names.
    #[must_use]
    pub fn sans(self, names: &[&str]) -> Self {
        self.claim("sans", names)
    }

    /// Signed with another key; the header stays.
    #[must_use]
    pub fn signed_by(mut self, key: &Jwk) -> Self {
        self.key = key.clone();
        self
    }

    /// The header as it will be signed.
    pub fn header_json(&self) -> String {
        Value::from(self.header.clone()).to_string()
    }

    /// The claims as they will be signed.
    pub fn claims_json(&self) -> String {
        Value::from(self.claims.clone()).to_string()
    }

    /// The compact form.
    pub fn sign(&self) -> String {
        sign_raw(&self.header_json(), &self.claims_json(), &self.key)
    }
}

/// Certificates as `x5c` has them (RFC 7515 §4.1.6).
pub fn encode_chain(chain: &[Certificate]) -> Vec<String> {
    chain.iter().map(|certificate| STANDARD.encode(certificate.der())).collect()
}

fn members(object: Value) -> Map<String, Value> {
    match object {
        Value::Object(members) => members,
        _ => Map::new(),
    }
}

/// A `jti` nobody else has.
fn fresh_id() -> String {
    static COUNT: AtomicU64 = AtomicU64::new(0);
    format!("jti-{}-{}", std::process::id(), COUNT.fetch_add(1, Ordering::Relaxed))
}

/// Signs any header and any payload, JSON or not.
pub fn sign_raw(header: &str, payload: &str, key: &Jwk) -> String {
    let input = format!("{}.{}", URL_SAFE_NO_PAD.encode(header), URL_SAFE_NO_PAD.encode(payload));
    let signature = SigningKey::from_jwk(key).and_then(|key| key.sign(input.as_bytes())).expect("a key that signs");
    format!("{input}.{}", URL_SAFE_NO_PAD.encode(signature))
}

/// The other signature of an `ES256` token: who has (r, s) can write (r, n − s), and it verifies as well.
pub fn twin(token: &str) -> String {
    // The order of P-256 (SEC 2 §2.4.2).
    const ORDER: &[u8] = b"ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551";
    let (input, signature) = token.rsplit_once('.').expect("a compact token");
    let signature = URL_SAFE_NO_PAD.decode(signature).expect("base64url");
    let (r, s) = signature.split_at(signature.len() / 2);
    let order = BigUint::parse_bytes(ORDER, 16).expect("hexadecimal");
    let twin = (order - BigUint::from_bytes_be(s)).to_bytes_be();
    let mut octets = r.to_vec();
    octets.resize(64 - twin.len(), 0);
    octets.extend(twin);
    format!("{input}.{}", URL_SAFE_NO_PAD.encode(octets))
}
