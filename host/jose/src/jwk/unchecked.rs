//! Keys as JSON, taken apart and not looked at.
//!
//! Whether numbers are a key is as dear a question as whether they signed something. Here it can be seen what an answer
//! would cost, and which of many keys is wanted at all, before it is asked.

use serde_json::Value;

use super::{Curve, Jwk, parse::Wiped};
use crate::{JoseError, json, limits};

/// A JWK, or a set of them.
#[derive(Debug)]
pub enum UncheckedKeys {
    /// The text is a key: it has a `kty` (RFC 7517 §4.1).
    One(UncheckedKey),
    /// The text is a set: it has `keys` (RFC 7517 §5). Elements that are no objects are left out.
    Set(Vec<UncheckedKey>),
}

impl UncheckedKeys {
    /// Takes a text apart. At most 64 KiB are read, once.
    ///
    /// # Errors
    /// A longer text, malformed JSON, neither `kty` nor an array `keys`.
    pub fn from_json(text: &str) -> Result<Self, JoseError> {
        let what = "the key or set of keys";
        json::at_most(what, text, limits::TOKEN)?;
        let mut members = Wiped(json::object(what, text.as_bytes())?);
        if members.0.contains_key("kty") {
            return Ok(Self::One(UncheckedKey { members }));
        }
        match members.0.remove("keys") {
            Some(Value::Array(values)) => Ok(Self::Set(values.into_iter().filter_map(key).collect())),
            Some(_) => Err(JoseError::Member { what, member: "keys", want: "an array" }),
            None => Err(JoseError::Missing { what, member: "kty" }),
        }
    }
}

fn key(value: Value) -> Option<UncheckedKey> {
    match value {
        Value::Object(members) => Some(UncheckedKey { members: Wiped(members) }),
        _ => None,
    }
}

/// Type and size of a key: what it costs to look at it, and to verify with it.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum KeyKind {
    /// EC on one of the NIST curves.
    Ec(Curve),
    /// Ed25519.
    Ed25519,
    /// RSA.
    Rsa {
        /// Bits of the modulus at most, as the length of its text has it.
        bits: usize,
    },
}

/// Members of one key. Nothing is known about their values.
#[derive(Debug)]
pub struct UncheckedKey {
    members: Wiped,
}

impl UncheckedKey {
    /// Its identifier.
    pub fn kid(&self) -> Option<&str> {
        self.text("kid")
    }

    /// What it says it is; nothing for a type or curve that is not supported, which costs nothing to refuse.
    pub fn kind(&self) -> Option<KeyKind> {
        match (self.text("kty")?, self.text("crv")) {
            ("EC", Some(curve)) => Curve::from_name(curve).map(KeyKind::Ec),
            ("OKP", Some("Ed25519")) => Some(KeyKind::Ed25519),
            ("RSA", _) => Some(KeyKind::Rsa { bits: self.text("n")?.len().saturating_mul(6) }),
            _ => None,
        }
    }

    /// Whether it holds what nobody but its owner should see: a symmetric key, or a private part.
    pub fn is_secret(&self) -> bool {
        self.text("kty") == Some("oct")
            || ["d", "p", "q", "k"].iter().any(|&member| self.members.0.contains_key(member))
    }

    /// Looks at the numbers.
    ///
    /// # Errors
    /// As [`Jwk::from_json`].
    pub fn check(self) -> Result<Jwk, JoseError> {
        Jwk::from_wiped(&self.members)
    }

    fn text(&self, member: &str) -> Option<&str> {
        self.members.0.get(member).and_then(Value::as_str)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn one(text: &str) -> UncheckedKey {
        match UncheckedKeys::from_json(text).unwrap() {
            UncheckedKeys::One(key) => key,
            UncheckedKeys::Set(_) => panic!("a key was expected"),
        }
    }

    #[test]
    fn a_key_says_what_it_is_before_anybody_looks_at_it() {
        assert_eq!(one(r#"{"kty":"EC","crv":"P-384","x":"no point"}"#).kind(), Some(KeyKind::Ec(Curve::P384)));
        assert_eq!(one(r#"{"kty":"OKP","crv":"Ed25519"}"#).kind(), Some(KeyKind::Ed25519));
        let rsa = format!(r#"{{"kty":"RSA","n":"{}"}}"#, "A".repeat(342));
        assert_eq!(one(&rsa).kind(), Some(KeyKind::Rsa { bits: 2052 }));
        for other in
            [r#"{"kty":"oct","k":"AAAA"}"#, r#"{"kty":"EC","crv":"P-192"}"#, r#"{"kty":"RSA"}"#, r#"{"kty":7}"#]
        {
            assert_eq!(one(other).kind(), None, "{other}");
        }
    }

    #[test]
    fn secrets_are_seen_by_their_names() {
        let key = Jwk::generate_ec_p256().unwrap();
        assert!(!one(&key.public().to_json()).is_secret());
        assert!(one(&key.to_private_json().unwrap()).is_secret());
        assert!(one(r#"{"kty":"oct","k":"AAAA"}"#).is_secret());
    }

    #[test]
    fn what_is_checked_is_the_key_that_was_read() {
        let key = Jwk::generate_ec_p256().unwrap().with_kid("k1");
        let unchecked = one(&key.public().to_json());
        assert_eq!(unchecked.kid(), Some("k1"));
        assert!(unchecked.check().unwrap().is_same_key(&key));
        assert!(one(r#"{"kty":"EC","crv":"P-256","x":"AA","y":"AA"}"#).check().is_err());
    }

    #[test]
    fn a_text_that_is_neither_key_nor_set_is_refused() {
        assert!(
            matches!(UncheckedKeys::from_json(r#"{"keys":[7,{"kty":"EC"}]}"#), Ok(UncheckedKeys::Set(keys)) if keys.len() == 1)
        );
        for text in ["{}", "[]", r#"{"keys":{}}"#, r#"{"keys":[{"a":1,"a":2}]}"#] {
            assert!(UncheckedKeys::from_json(text).is_err(), "{text}");
        }
        assert!(UncheckedKeys::from_json(&" ".repeat(limits::TOKEN + 1)).is_err());
    }
}
