//! Keys both sides have (`oct`, RFC 7518 §6.4), for the command line alone.
//!
//! They are no [`Jwk`](crate::Jwk) and never become a [`VerifyingKey`](crate::VerifyingKey): who can verify with one can
//! sign with it, so nothing that takes those types, and that is every provisioner of the authority, can be handed one.

mod mac;

use std::fmt;

use aws_lc_rs::rand;
use serde::Serialize;
use serde_json::Value;
use zeroize::Zeroizing;

pub use mac::{MacAlgorithm, MacKey};

use crate::{JoseError, Jwk, VerifyingKey, base64url, error::excerpt, json, jwk::Wiped, limits};

const WHAT: &str = "the key";

/// A symmetric key. Its `Debug` form has nothing of it.
#[derive(Clone)]
pub struct SymmetricKey {
    octets: Zeroizing<Vec<u8>>,
    kid: Option<String>,
    alg: Option<String>,
    key_use: Option<String>,
    key_ops: Option<Vec<String>>,
}

impl SymmetricKey {
    /// Makes a key of so many random octets.
    ///
    /// # Errors
    /// [`JoseError::Library`] when the system gives no randomness.
    pub fn generate(length: usize) -> Result<Self, JoseError> {
        let mut octets = Zeroizing::new(vec![0; length]);
        rand::fill(&mut octets).map_err(|_| JoseError::Library("give random octets"))?;
        Ok(Self { octets, kid: None, alg: None, key_use: None, key_ops: None })
    }

    /// The key of these octets.
    ///
    /// # Errors
    /// No octets or more than 64 KiB, and [`JoseError::PublicSecret`] when they are a public key or a certificate: in
    /// PEM, as a JWK, or as SubjectPublicKeyInfo.
    pub fn from_octets(octets: &[u8]) -> Result<Self, JoseError> {
        if octets.is_empty() {
            return Err(JoseError::KeyLength { got: 0, want: 1 });
        }
        if octets.len() > limits::TOKEN {
            return Err(JoseError::TooLong { what: WHAT, length: octets.len(), limit: limits::TOKEN });
        }
        if is_public(octets) {
            return Err(JoseError::PublicSecret);
        }
        Ok(Self { octets: Zeroizing::new(octets.to_vec()), kid: None, alg: None, key_use: None, key_ops: None })
    }

    /// Reads a JWK of type `oct`; unknown members are ignored (RFC 7517 §4).
    ///
    /// # Errors
    /// A text over 64 KiB, malformed JSON, another type, and as [`SymmetricKey::from_octets`].
    pub fn from_slice(text: &[u8]) -> Result<Self, JoseError> {
        if text.len() > limits::TOKEN {
            return Err(JoseError::TooLong { what: WHAT, length: text.len(), limit: limits::TOKEN });
        }
        Self::from_wiped(&Wiped(json::object(WHAT, text)?))
    }

    /// The first key of that name and type in a set (RFC 7517 §5); the others are not looked at.
    ///
    /// # Errors
    /// A text over 64 KiB, malformed JSON, no array `keys`, and as [`SymmetricKey::from_slice`] for the key itself.
    pub fn find_in_set(text: &str, kid: &str) -> Result<Option<Self>, JoseError> {
        let what = "the key set";
        json::at_most(what, text, limits::TOKEN)?;
        let values = match json::object(what, text.as_bytes())?.remove("keys") {
            Some(Value::Array(values)) => values,
            Some(_) => return Err(JoseError::Member { what, member: "keys", want: "an array" }),
            None => return Err(JoseError::Missing { what, member: "keys" }),
        };
        let members = values.into_iter().filter_map(|value| match value {
            Value::Object(members) => Some(Wiped(members)),
            _ => None,
        });
        let is = |members: &Wiped, member, text| members.0.get(member).and_then(Value::as_str) == Some(text);
        let found = members.filter(|members| is(members, "kty", "oct")).find(|members| is(members, "kid", kid));
        found.map(|members| Self::from_wiped(&members)).transpose()
    }

    fn from_wiped(Wiped(members): &Wiped) -> Result<Self, JoseError> {
        let required = |member| json::text(members, WHAT, member)?.ok_or(JoseError::Missing { what: WHAT, member });
        match required("kty")? {
            "oct" => {}
            other => return Err(JoseError::KeyType(excerpt(other))),
        }
        let key = Self::from_octets(&base64url::decode_secret("k", required("k")?)?)?;
        let owned = |member| json::text(members, WHAT, member).map(|text| text.map(str::to_owned));
        let kid = owned("kid")?;
        json::at_most("kid", kid.as_deref().unwrap_or_default(), limits::KID)?;
        let key_ops = json::texts(members, WHAT, "key_ops")?;
        Ok(Self { kid, alg: owned("alg")?, key_use: owned("use")?, key_ops, ..key })
    }

    /// The key as one line of JSON, to be kept as a secret.
    pub fn to_private_json(&self) -> Zeroizing<String> {
        let k = Zeroizing::new(base64url::encode(self.octets.as_slice()));
        let members = Members {
            key_use: self.key_use.as_deref(),
            kty: "oct",
            kid: self.kid.as_deref(),
            alg: self.alg.as_deref(),
            k: &k,
            key_ops: self.key_ops.as_deref(),
        };
        // Room for everything: a buffer that grows leaves copies of what it held.
        let mut text = Vec::with_capacity(k.len().saturating_add(4 * 1024));
        serde_json::to_writer(&mut text, &members).expect("strings and lists of strings are always JSON");
        Zeroizing::new(String::from_utf8(text).expect("JSON is UTF-8"))
    }

    /// Its identifier, at most 256 octets.
    pub fn kid(&self) -> Option<&str> {
        self.kid.as_deref()
    }

    /// The one algorithm it may be used with.
    pub fn alg(&self) -> Option<&str> {
        self.alg.as_deref()
    }

    /// `sig` or `enc`: the member `use`.
    pub fn key_use(&self) -> Option<&str> {
        self.key_use.as_deref()
    }

    /// What it may be used for: the member `key_ops`.
    pub fn key_ops(&self) -> Option<&[String]> {
        self.key_ops.as_deref()
    }

    /// Its length in octets.
    pub fn length(&self) -> usize {
        self.octets.len()
    }

    pub(crate) fn octets(&self) -> &[u8] {
        &self.octets
    }

    /// The same key under another identifier.
    #[must_use]
    pub fn with_kid(mut self, kid: impl Into<String>) -> Self {
        self.kid = Some(kid.into());
        self
    }

    /// The same key, to be used with the algorithm of this name alone. Whether it can be is seen when it is used.
    #[must_use]
    pub fn with_alg(mut self, name: impl Into<String>) -> Self {
        self.alg = Some(name.into());
        self
    }

    /// The same key, reserved for `sig` or `enc`.
    #[must_use]
    pub fn with_key_use(mut self, key_use: impl Into<String>) -> Self {
        self.key_use = Some(key_use.into());
        self
    }
}

impl fmt::Debug for SymmetricKey {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("SymmetricKey")
            .field("kid", &self.kid)
            .field("alg", &self.alg)
            .field("use", &self.key_use)
            .finish_non_exhaustive()
    }
}

/// The members in the order of upstream's files.
#[derive(Serialize)]
struct Members<'a> {
    #[serde(rename = "use", skip_serializing_if = "Option::is_none")]
    key_use: Option<&'a str>,
    kty: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    kid: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    alg: Option<&'a str>,
    k: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    key_ops: Option<&'a [String]>,
}

/// Whether everybody may know these octets (RFC 8725 §2.1): PEM of any kind, a JWK, a SubjectPublicKeyInfo.
fn is_public(octets: &[u8]) -> bool {
    octets.windows(PEM.len()).any(|window| window == PEM)
        || Jwk::from_slice(octets).is_ok()
        || VerifyingKey::from_spki(octets).is_ok()
}

const PEM: &[u8] = b"-----BEGIN ";
