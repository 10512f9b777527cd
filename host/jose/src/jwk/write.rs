//! Writing a JWK: always the same members in the same order, so that equal keys are equal texts.

use serde::{Serialize, Serializer};
use zeroize::Zeroizing;

use super::{Jwk, PrivatePart, PublicPart, material::Secret};
use crate::{JoseError, base64url};

impl Jwk {
    /// The public key as one line of JSON.
    pub fn to_json(&self) -> String {
        write(&self.members())
    }

    /// The private key as one line of JSON.
    ///
    /// # Errors
    /// [`JoseError::NoPrivateKey`].
    pub fn to_private_json(&self) -> Result<Zeroizing<String>, JoseError> {
        let private = self.private.as_ref().ok_or(JoseError::NoPrivateKey)?;
        let mut members = self.members();
        let secret = |octets: &Secret| Some(SecretText(Zeroizing::new(base64url::encode(octets.as_slice()))));
        match private {
            PrivatePart::Ec { d } | PrivatePart::Ed25519 { d } => members.d = secret(d),
            PrivatePart::Rsa(secrets) => {
                members.d = secret(&secrets.d);
                members.p = secret(&secrets.p);
                members.q = secret(&secrets.q);
                members.dp = secret(&secrets.dp);
                members.dq = secret(&secrets.dq);
                members.qi = secret(&secrets.qi);
            }
        }
        Ok(Zeroizing::new(write(&members)))
    }
}

/// The public members only: a private key that ends up in a configuration or an answer stays private.
impl Serialize for Jwk {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.members().serialize(serializer)
    }
}

/// The members in the order of upstream's files.
#[derive(Default, Serialize)]
struct Members<'a> {
    #[serde(rename = "use", skip_serializing_if = "Option::is_none")]
    key_use: Option<&'a str>,
    kty: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    kid: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    crv: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    alg: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    x: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    y: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    n: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    e: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    d: Option<SecretText>,
    #[serde(skip_serializing_if = "Option::is_none")]
    p: Option<SecretText>,
    #[serde(skip_serializing_if = "Option::is_none")]
    q: Option<SecretText>,
    #[serde(skip_serializing_if = "Option::is_none")]
    dp: Option<SecretText>,
    #[serde(skip_serializing_if = "Option::is_none")]
    dq: Option<SecretText>,
    #[serde(skip_serializing_if = "Option::is_none")]
    qi: Option<SecretText>,
    #[serde(skip_serializing_if = "<[String]>::is_empty")]
    x5c: &'a [String],
    #[serde(skip_serializing_if = "Option::is_none")]
    key_ops: Option<&'a [String]>,
}

/// A secret number in base64url, wiped when it is dropped.
struct SecretText(Zeroizing<String>);

impl Serialize for SecretText {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.0)
    }
}

impl Jwk {
    /// The public ones.
    fn members(&self) -> Members<'_> {
        let mut members = Members {
            key_use: self.key_use.as_deref(),
            kid: self.kid.as_deref(),
            alg: self.alg.as_deref(),
            x5c: &self.x5c,
            key_ops: self.key_ops.as_deref(),
            ..Members::default()
        };
        match &self.public {
            PublicPart::Ec { curve, x, y } => {
                members.kty = "EC";
                members.crv = Some(curve.name());
                members.x = Some(base64url::encode(x));
                members.y = Some(base64url::encode(y));
            }
            PublicPart::Rsa { n, e } => {
                members.kty = "RSA";
                members.n = Some(base64url::encode(n));
                members.e = Some(base64url::encode(e));
            }
            PublicPart::Ed25519 { x } => {
                members.kty = "OKP";
                members.crv = Some("Ed25519");
                members.x = Some(base64url::encode(x));
            }
        }
        members
    }
}

fn write(members: &Members<'_>) -> String {
    // Room for the longest private key: a buffer that grows leaves copies of what it held.
    let mut text = Vec::with_capacity(8 * 1024);
    serde_json::to_writer(&mut text, members).expect("strings and lists of strings are always JSON");
    String::from_utf8(text).expect("JSON is UTF-8")
}
