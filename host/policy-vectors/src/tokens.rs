//! Tokens made to measure: signed for this run, then damaged as a case asks.

use std::sync::OnceLock;

use aws_lc_rs::{
    hmac,
    rand::SystemRandom,
    rsa::{KeyPair, KeySize},
    signature::{KeyPair as _, RSA_PKCS1_SHA256, RSA_PKCS1_SHA512, RSA_PSS_SHA256},
};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD as BASE64URL};
use jose::{Curve, Jwk, SigningKey};
use serde::Deserialize;
use serde_json::{Value, json};

use crate::{error::VectorError, json::merge, subject::Question};

/// How the token of a case differs from an ordinary one.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct TokenPlan {
    /// The provisioner's key; P-256 unless said.
    key: Option<String>,
    /// The key that signs, when it is another.
    signed_with: Option<String>,
    #[serde(default)]
    header: Value,
    #[serde(default)]
    claims: Value,
    /// Instead of the header or the claims: octets that no JSON writer would make.
    header_text: Option<String>,
    claims_text: Option<String>,
    /// What is done to the token after it was signed.
    tampering: Option<String>,
    /// Instead of a token: this text.
    text: Option<String>,
}

impl TokenPlan {
    fn key(&self) -> &str {
        self.key.as_deref().unwrap_or("P-256")
    }
}

/// Throw-away keys, by the names the files use; each is made when it is first used.
#[derive(Default)]
pub struct Keys([OnceLock<Option<Key>>; NAMES.len()]);

const NAMES: [&str; 6] = ["P-256", "another P-256", "P-384", "P-521", "Ed25519", "RSA"];

/// A private key.
enum Key {
    Jose { public: Value, signing: SigningKey },
    Rsa { public: Value, pair: Box<KeyPair> },
}

impl Keys {
    fn named(&self, name: &str, question: &Question<'_>) -> Result<&Key, VectorError> {
        let place = NAMES.iter().zip(&self.0).find(|(known, _)| **known == name).map(|(_, place)| place);
        let place = place.ok_or_else(|| question.wrong("token", format!("no key is called \"{name}\"")))?;
        let key = place.get_or_init(|| Key::generate(name));
        key.as_ref().ok_or_else(|| question.wrong("token", format!("no {name} key can be made")))
    }

    /// The provisioner's public key as `ca.json` has it; a generated key leaves out `alg` and `use`.
    ///
    /// None for a policy whose vectors have no tokens signed with keys.
    pub(crate) fn provisioner(&self, question: &Question<'_>) -> Result<Option<Value>, VectorError> {
        let plan = &question.case.token;
        if question.suite.base.claims.is_null() && plan.key.is_none() {
            return Ok(None);
        }
        let mut public = self.named(plan.key(), question)?.public().clone();
        if let Value::Object(members) = &mut public {
            members.retain(|name, _| !["alg", "use", "kid"].contains(&name.as_str()));
        }
        Ok(Some(public))
    }
}

impl Key {
    fn generate(name: &str) -> Option<Self> {
        let jwk = match name {
            "P-384" => Jwk::generate_ec(Curve::P384),
            "P-521" => Jwk::generate_ec(Curve::P521),
            "Ed25519" => Jwk::generate_ed25519(),
            "RSA" => return Self::generate_rsa(),
            _ => Jwk::generate_ec(Curve::P256),
        };
        let jwk = jwk.ok()?;
        let public = serde_json::from_str(&jwk.public().to_json()).ok()?;
        Some(Self::Jose { public, signing: SigningKey::from_jwk(&jwk).ok()? })
    }

    fn generate_rsa() -> Option<Self> {
        let pair = KeyPair::generate(KeySize::Rsa2048).ok()?;
        // An RSAPublicKey (RFC 8017 A.1.1) of 2048 bits whose exponent is 65537 has its numbers in fixed places.
        let der = pair.public_key().as_ref();
        let (n, e) = (der.get(9..265)?, der.get(267..)?);
        let public = json!({"kty": "RSA", "n": BASE64URL.encode(n), "e": BASE64URL.encode(e)});
        Some(Self::Rsa { public, pair: Box::new(pair) })
    }

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

    fn sign(&self, algorithm: &str, message: &[u8]) -> Option<Vec<u8>> {
        match self {
            Self::Jose { signing, .. } => signing.sign(message).ok(),
            Self::Rsa { pair, .. } => {
                let scheme = match algorithm {
                    "PS256" => &RSA_PSS_SHA256,
                    "RS512" => &RSA_PKCS1_SHA512,
                    _ => &RSA_PKCS1_SHA256,
                };
                let mut signature = vec![0; pair.public_modulus_len()];
                pair.sign(scheme, &SystemRandom::new(), message, &mut signature).ok()?;
                Some(signature)
            }
        }
    }
}

/// The token of a case; empty for a policy whose vectors have none.
pub(crate) fn token(question: &Question<'_>) -> Result<String, VectorError> {
    let (base, case, plan) = (&question.suite.base, question.case, &question.case.token);
    if let Some(text) = &plan.text {
        return Ok(text.clone());
    }
    let Some(provisioner) = question.keys.provisioner(question)? else { return Ok(String::new()) };
    let key = question.keys.named(plan.signed_with.as_deref().unwrap_or(plan.key()), question)?;
    let mut header = json!({"alg": key.algorithm()});
    merge(&mut header, &case.part(base, &base.header, &plan.header));
    let claims = case.part(base, &base.claims, &plan.claims);
    let header_text = plan.header_text.clone().unwrap_or_else(|| header.to_string());
    let claims_text = plan
        .claims_text
        .as_ref()
        .map_or_else(|| claims.to_string(), |text| text.replace("NOW", &question.now().to_string()));

    let input = format!("{}.{}", BASE64URL.encode(header_text), BASE64URL.encode(claims_text));
    let algorithm = header.get("alg").and_then(Value::as_str).unwrap_or_default();
    let signature = key.sign(algorithm, input.as_bytes());
    let signature = signature.ok_or_else(|| question.wrong("token", "cannot be signed".to_owned()))?;
    match &plan.tampering {
        None => Ok(join(&input, &signature)),
        Some(how) => tamper(how, &input, signature, &provisioner)
            .ok_or_else(|| question.wrong("token", format!("nobody knows how to do this to a token: {how}"))),
    }
}

fn join(input: &str, signature: &[u8]) -> String {
    format!("{input}.{}", BASE64URL.encode(signature))
}

fn tamper(how: &str, input: &str, mut signature: Vec<u8>, public: &Value) -> Option<String> {
    let (header, claims) = input.split_once('.')?;
    Some(match how {
        "one bit of the signature" => {
            *signature.get_mut(10)? ^= 1;
            join(input, &signature)
        }
        "the last octet of the signature cut off" => {
            signature.pop();
            join(input, &signature)
        }
        "an octet more in the signature" => join(input, &[signature, vec![0]].concat()),
        "a signature of zeros" => join(input, &vec![0; signature.len()]),
        "the other claims of the same key" => {
            let claims = BASE64URL.encode(r#"{"sub":"admin.example.com"}"#);
            join(&format!("{header}.{claims}"), &signature)
        }
        "no signature" => format!("{input}."),
        "no third part" => input.to_owned(),
        "a fourth part" => format!("{}.AA", join(input, &signature)),
        "padding" => format!("{}=", join(input, &signature)),
        "a space inside" => join(input, &signature).replacen('.', ". ", 1),
        "the JSON serialization" => {
            json!({"protected": header, "payload": claims, "signature": BASE64URL.encode(signature)}).to_string()
        }
        "a MAC under the public key" => {
            let key = hmac::Key::new(hmac::HMAC_SHA256, public.to_string().as_bytes());
            join(input, hmac::sign(&key, input.as_bytes()).as_ref())
        }
        _ => return None,
    })
}
