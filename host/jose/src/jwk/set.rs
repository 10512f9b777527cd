//! A set of keys (RFC 7517 §5).

use serde_json::Value;

use super::Jwk;
use crate::{JoseError, json, limits};

/// The keys of a JWK set that are understood.
#[derive(Clone, Debug)]
pub struct JwkSet {
    keys: Vec<Jwk>,
}

impl JwkSet {
    /// Reads a set. Keys that are not understood are left out (RFC 7517 §5).
    ///
    /// # Errors
    /// A text over 64 KiB, malformed JSON, no array `keys`.
    pub fn from_json(text: &str) -> Result<Self, JoseError> {
        let what = "the key set";
        json::at_most(what, text, limits::TOKEN)?;
        match json::object(what, text.as_bytes())?.remove("keys") {
            Some(Value::Array(values)) => Ok(Self { keys: values.into_iter().filter_map(key).collect() }),
            Some(_) => Err(JoseError::Member { what, member: "keys", want: "an array" }),
            None => Err(JoseError::Missing { what, member: "keys" }),
        }
    }

    /// The first key of that name.
    pub fn find(&self, kid: &str) -> Option<&Jwk> {
        self.keys.iter().find(|key| key.kid() == Some(kid))
    }

    /// All keys, in order.
    pub fn keys(&self) -> &[Jwk] {
        &self.keys
    }
}

fn key(value: Value) -> Option<Jwk> {
    match value {
        Value::Object(members) => Jwk::from_members(members).ok(),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_are_found_by_kid_and_unknown_ones_are_left_out() {
        let key = Jwk::generate_ec_p256().unwrap();
        let text = format!(r#"{{"keys":[{{"kty":"oct","k":"AAAA","kid":"a"}},7,{}]}}"#, key.to_json());
        let set = JwkSet::from_json(&text).unwrap();
        assert_eq!(set.keys().len(), 1);
        assert!(set.find(key.kid().unwrap()).unwrap().is_same_key(&key));
        assert!(set.find("a").is_none());
        assert!(JwkSet::from_json("{}").is_err());
        assert!(JwkSet::from_json(r#"{"keys":{}}"#).is_err());
    }
}
