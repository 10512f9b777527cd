//! Tokens made to measure: signed for this run, then damaged as a case asks.

use std::collections::BTreeMap;

use aws_lc_rs::{
    hmac,
    rand::SystemRandom,
    rsa::{KeyPair, KeySize},
    signature::{KeyPair as _, RSA_PKCS1_SHA256, RSA_PKCS1_SHA512, RSA_PSS_SHA256},
};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD as BASE64URL};
use jose::{Curve, Jwk, SigningKey};
use serde_json::{Value, json};

use crate::{
    format::{Base, Case},
    json::merge,
};

/// Throw-away keys, by the names the files use.
pub(crate) struct Keys(BTreeMap<&'static str, Key>);

/// A private key.
enum Key {
    Jose { public: Value, signing: SigningKey },
    Rsa { public: Value, pair: Box<KeyPair> },
}

impl Keys {
    pub(crate) fn generate() -> Self {
        let key = |jwk: Jwk| Key::Jose {
            public: serde_json::from_str(&jwk.public().to_json()).unwrap(),
            signing: SigningKey::from_jwk(&jwk).unwrap(),
        };
        Self(BTreeMap::from([
            ("P-256", key(Jwk::generate_ec(Curve::P256).unwrap())),
            ("another P-256", key(Jwk::generate_ec(Curve::P256).unwrap())),
            ("P-384", key(Jwk::generate_ec(Curve::P384).unwrap())),
            ("P-521", key(Jwk::generate_ec(Curve::P521).unwrap())),
            ("Ed25519", key(Jwk::generate_ed25519().unwrap())),
            ("RSA", rsa()),
        ]))
    }

    fn named(&self, name: &str) -> &Key {
        self.0.get(name).unwrap_or_else(|| panic!("no key is called {name}"))
    }

    /// The provisioner's public key as `ca.json` has it; a generated key leaves out `alg` and `use`.
    pub(crate) fn provisioner(&self, case: &Case) -> Value {
        let mut public = self.named(case.token.key.as_deref().unwrap_or("P-256")).public().clone();
        let members = public.as_object_mut().unwrap();
        members.retain(|name, _| !["alg", "use", "kid"].contains(&name.as_str()));
        public
    }
}

fn rsa() -> Key {
    let pair = KeyPair::generate(KeySize::Rsa2048).unwrap();
    // An RSAPublicKey (RFC 8017 A.1.1) of 2048 bits whose exponent is 65537 has its numbers in fixed places.
    let der = pair.public_key().as_ref();
    assert_eq!((der.len(), &der[..9]), (270, [0x30, 0x82, 1, 10, 2, 0x82, 1, 1, 0].as_slice()));
    let public = json!({"kty": "RSA", "n": BASE64URL.encode(&der[9..265]), "e": BASE64URL.encode(&der[267..])});
    Key::Rsa { public, pair: Box::new(pair) }
}

impl Key {
    fn public(&self) -> &Value {
        match self {
            Self::Jose { public, .. } | Self::Rsa { public, .. } => public,
        }
    }

    /// What a token says in `alg` unless the case says otherwise.
    fn algorithm(&self) -> &'static str {
        match self {
            Self::Jose { signing, .. } => signing.algorithm().name(),
            Self::Rsa { .. } => "RS256",
        }
    }

    fn sign(&self, algorithm: &str, message: &[u8]) -> Vec<u8> {
        match self {
            Self::Jose { signing, .. } => signing.sign(message).unwrap(),
            Self::Rsa { pair, .. } => {
                let scheme = match algorithm {
                    "PS256" => &RSA_PSS_SHA256,
                    "RS512" => &RSA_PKCS1_SHA512,
                    _ => &RSA_PKCS1_SHA256,
                };
                let mut signature = vec![0; pair.public_modulus_len()];
                pair.sign(scheme, &SystemRandom::new(), message, &mut signature).unwrap();
                signature
            }
        }
    }
}

/// The token of a case.
pub(crate) fn token(case: &Case, base: &Base, keys: &Keys) -> String {
    let description = &case.token;
    if let Some(text) = &description.text {
        return text.clone();
    }
    let key = keys.named(description.signed_with.as_deref().or(description.key.as_deref()).unwrap_or("P-256"));
    let mut header = json!({"alg": key.algorithm()});
    merge(&mut header, &case.part(base, &base.header, &description.header));
    let claims = case.part(base, &base.claims, &description.claims);
    let header_text = description.header_text.clone().unwrap_or_else(|| header.to_string());
    let claims_text = description
        .claims_text
        .as_ref()
        .map_or_else(|| claims.to_string(), |text| text.replace("NOW", &base.now.to_string()));

    let input = format!("{}.{}", BASE64URL.encode(header_text), BASE64URL.encode(claims_text));
    let algorithm = header["alg"].as_str().unwrap_or_default();
    let signature = key.sign(algorithm, input.as_bytes());
    match &description.tampering {
        None => join(&input, &signature),
        Some(tampering) => tamper(tampering, &input, signature, &keys.provisioner(case)),
    }
}

fn join(input: &str, signature: &[u8]) -> String {
    format!("{input}.{}", BASE64URL.encode(signature))
}

fn tamper(how: &str, input: &str, mut signature: Vec<u8>, public: &Value) -> String {
    match how {
        "one bit of the signature" => {
            signature[10] ^= 1;
            join(input, &signature)
        }
        "the last octet of the signature cut off" => join(input, &signature[..signature.len() - 1]),
        "an octet more in the signature" => join(input, &[signature, vec![0]].concat()),
        "a signature of zeros" => join(input, &vec![0; signature.len()]),
        "the other claims of the same key" => {
            let (header, _) = input.split_once('.').unwrap();
            let claims = BASE64URL.encode(r#"{"sub":"admin.example.com"}"#);
            join(&format!("{header}.{claims}"), &signature)
        }
        "no signature" => format!("{input}."),
        "no third part" => input.to_owned(),
        "a fourth part" => format!("{}.AA", join(input, &signature)),
        "padding" => format!("{}=", join(input, &signature)),
        "a space inside" => join(input, &signature).replacen('.', ". ", 1),
        "the JSON serialization" => {
            let (header, claims) = input.split_once('.').unwrap();
            json!({"protected": header, "payload": claims, "signature": BASE64URL.encode(signature)}).to_string()
        }
        "a MAC under the public key" => {
            let key = hmac::Key::new(hmac::HMAC_SHA256, public.to_string().as_bytes());
            join(input, hmac::sign(&key, input.as_bytes()).as_ref())
        }
        other => panic!("nobody knows how to do this to a token: {other}"),
    }
}
