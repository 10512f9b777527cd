//! The protected header (RFC 7515 §4).

use base64::{Engine, engine::general_purpose::STANDARD};
use serde_json::Value;

use crate::{
    JoseError, base64url,
    json::{self, Members},
    limits,
};

const WHAT: &str = "the header";

/// A protected header: unverified until the signature is.
#[derive(Debug)]
pub struct Header {
    json: String,
    members: Members,
    alg: String,
    kid: Option<String>,
    certificates: Vec<Vec<u8>>,
}

impl Header {
    pub(crate) fn parse(text: &str) -> Result<Self, JoseError> {
        let octets = base64url::decode(WHAT, text)?;
        if octets.len() > limits::HEADER {
            return Err(JoseError::TooLong { what: WHAT, length: octets.len(), limit: limits::HEADER });
        }
        let members = json::object(WHAT, &octets)?;
        refuse_unsupported(&members)?;
        let owned = |member| json::text(&members, WHAT, member).map(|text| text.map(str::to_owned));
        let alg = owned("alg")?.ok_or(JoseError::Missing { what: WHAT, member: "alg" })?;
        let kid = owned("kid")?;
        json::at_most("kid", kid.as_deref().unwrap_or_default(), limits::KID)?;
        let certificates = certificates(&members, "x5c")?;
        for member in ["typ", "cty"] {
            json::text(&members, WHAT, member)?;
        }
        let json = String::from_utf8(octets).map_err(|_| JoseError::Base64url(WHAT))?;
        Ok(Self { json, alg, kid, certificates, members })
    }

    /// The algorithm it claims to be signed with.
    pub fn alg(&self) -> &str {
        &self.alg
    }

    /// The name of the key, at most 256 octets.
    pub fn kid(&self) -> Option<&str> {
        self.kid.as_deref()
    }

    /// The media type of the whole, usually `JWT`.
    pub fn typ(&self) -> Option<&str> {
        self.members.get("typ").and_then(Value::as_str)
    }

    /// The certificates of `x5c`, leaf first, in DER; at most four.
    pub fn certificates(&self) -> &[Vec<u8>] {
        &self.certificates
    }

    /// The certificates of `x5cInsecure`, like those of `x5c`. It is upstream's name for them where their validity is not
    /// to be looked at before somebody has found out what they are for.
    ///
    /// # Errors
    /// More than four, or not a list of certificates in base64.
    pub fn insecure_certificates(&self) -> Result<Vec<Vec<u8>>, JoseError> {
        certificates(&self.members, "x5cInsecure")
    }

    /// A parameter that would have the verifier take a key from the token or the network: the name of the first of
    /// `jwk`, `jku` and `x5u` that is there. Where keys come from configuration such a token is refused.
    pub fn foreign_key(&self) -> Option<&'static str> {
        ["jwk", "jku", "x5u"].into_iter().find(|&member| self.members.contains_key(member))
    }

    /// A parameter by name.
    pub fn member(&self, name: &str) -> Option<&Value> {
        self.members.get(name)
    }

    /// The header as it was sent.
    pub fn json(&self) -> &str {
        &self.json
    }
}

/// `crit` names extensions that must be understood, and none is (RFC 7515 §4.1.11); `b64` changes what is signed
/// (RFC 7797); `zip` belongs to encrypted messages and to bombs.
fn refuse_unsupported(members: &Members) -> Result<(), JoseError> {
    for member in ["crit", "b64", "zip"] {
        match members.get(member) {
            None => {}
            Some(Value::Bool(true)) if member == "b64" => {}
            Some(_) => return Err(JoseError::UnsupportedHeader(member)),
        }
    }
    Ok(())
}

/// `x5c` is in ordinary base64 with padding (RFC 7515 §4.1.6).
fn certificates(members: &Members, member: &'static str) -> Result<Vec<Vec<u8>>, JoseError> {
    let Some(texts) = json::texts(members, WHAT, member)? else { return Ok(Vec::new()) };
    if texts.len() > limits::CERTIFICATES {
        return Err(JoseError::TooMany { what: member, count: texts.len(), limit: limits::CERTIFICATES });
    }
    let wrong = JoseError::Member { what: WHAT, member, want: "a list of certificates in base64" };
    match texts.iter().map(|text| STANDARD.decode(text)).collect::<Result<Vec<_>, _>>() {
        Ok(certificates) if !certificates.is_empty() => Ok(certificates),
        _ => Err(wrong),
    }
}
