//! Forging: tokens whose every part a test chooses.

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use step_jose::{Jwk, SigningKey};

/// An example of a standard.
pub(crate) fn vector(name: &str) -> String {
    let path = format!("{}/tests/vectors/{name}", env!("CARGO_MANIFEST_DIR"));
    std::fs::read_to_string(path).unwrap().trim_end().to_owned()
}

pub(crate) fn key(name: &str) -> Jwk {
    Jwk::from_json(&vector(name)).unwrap()
}

pub(crate) fn encode(octets: impl AsRef<[u8]>) -> String {
    URL_SAFE_NO_PAD.encode(octets)
}

pub(crate) fn decode(text: &str) -> Vec<u8> {
    URL_SAFE_NO_PAD.decode(text).unwrap()
}

/// Signs any header and payload whatsoever.
pub(crate) fn token(header: &str, payload: &str, key: &Jwk) -> String {
    let input = format!("{}.{}", encode(header), encode(payload));
    let signature = SigningKey::from_jwk(key).unwrap().sign(input.as_bytes()).unwrap();
    format!("{input}.{}", encode(signature))
}

/// A JWK whose member has another value, or is gone.
pub(crate) fn with(key: &str, member: &str, value: Option<&str>) -> String {
    let mut members: serde_json::Map<String, serde_json::Value> = serde_json::from_str(key).unwrap();
    members.remove(member);
    if let Some(value) = value {
        members.insert(member.to_owned(), serde_json::from_str(value).unwrap());
    }
    serde_json::to_string(&members).unwrap()
}
