//! Signing.

use serde::Serialize;

use crate::{JoseError, Jwk, MacKey, SigningKey, base64url};

/// What the header of a new message says. `alg` is added from the key.
#[derive(Clone, Copy, Debug, Default)]
pub struct ProtectedHeader<'a> {
    /// The name of the key.
    pub kid: Option<&'a str>,
    /// The media type of the whole, `JWT` for a token.
    pub typ: Option<&'a str>,
    /// The media type of the content.
    pub cty: Option<&'a str>,
    /// Where the key can be found. Who verifies must not follow it unless it trusts the place already.
    pub jku: Option<&'a str>,
    /// The public key. Who verifies must not take it from here.
    pub jwk: Option<&'a Jwk>,
    /// Certificates of the key, leaf first, each in ordinary base64 of its DER.
    pub x5c: &'a [String],
    /// The same under the name `x5cInsecure`; see [`Header::insecure_certificates`](super::Header::insecure_certificates).
    pub x5c_insecure: &'a [String],
}

impl<'a> ProtectedHeader<'a> {
    /// The header of a token signed by the key of that name.
    pub const fn jwt(kid: &'a str) -> Self {
        Self { kid: Some(kid), typ: Some("JWT"), cty: None, jku: None, jwk: None, x5c: &[], x5c_insecure: &[] }
    }
}

/// Signs a payload with a private JWK: the compact serialization.
///
/// # Errors
/// As [`SigningKey::from_jwk`] and [`SigningKey::sign`].
pub fn sign(header: &ProtectedHeader<'_>, payload: impl AsRef<[u8]>, key: &Jwk) -> Result<String, JoseError> {
    sign_with(header, payload, &SigningKey::from_jwk(key)?)
}

/// Signs a payload with a key made ready: the compact serialization.
///
/// # Errors
/// As [`SigningKey::sign`].
pub fn sign_with(
    header: &ProtectedHeader<'_>,
    payload: impl AsRef<[u8]>,
    key: &SigningKey,
) -> Result<String, JoseError> {
    let mut text = signing_input(header, key.algorithm().name(), payload.as_ref());
    let signature = key.sign(text.as_bytes())?;
    text.push('.');
    base64url::encode_into(&signature, &mut text);
    Ok(text)
}

/// Puts a MAC on a payload: the compact serialization.
pub fn sign_with_mac(header: &ProtectedHeader<'_>, payload: impl AsRef<[u8]>, key: &MacKey) -> String {
    let mut text = signing_input(header, key.algorithm().name(), payload.as_ref());
    let mac = key.sign(text.as_bytes());
    text.push('.');
    base64url::encode_into(&mac, &mut text);
    text
}

/// Header and payload (RFC 7515 §5.1 steps 1–5).
fn signing_input(header: &ProtectedHeader<'_>, alg: &'static str, payload: &[u8]) -> String {
    let ProtectedHeader { kid, typ, cty, jku, jwk, x5c, x5c_insecure } = *header;
    // Its public form, whatever was given.
    let jwk = jwk.map(Jwk::public);
    let members = Members { alg, cty, jku, jwk: jwk.as_ref(), kid, typ, x5c, x5c_insecure };
    let header = serde_json::to_vec(&members).expect("strings and lists of strings are always JSON");
    let mut text = base64url::encode(header);
    text.push('.');
    base64url::encode_into(payload, &mut text);
    text
}

/// In the order upstream writes them.
#[derive(Serialize)]
struct Members<'a> {
    alg: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    cty: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    jku: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    jwk: Option<&'a Jwk>,
    #[serde(skip_serializing_if = "Option::is_none")]
    kid: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    typ: Option<&'a str>,
    #[serde(skip_serializing_if = "<[String]>::is_empty")]
    x5c: &'a [String],
    #[serde(rename = "x5cInsecure", skip_serializing_if = "<[String]>::is_empty")]
    x5c_insecure: &'a [String],
}
