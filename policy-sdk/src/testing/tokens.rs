//! Tokens for native tests: signed in name only.

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD as BASE64URL};
use serde_json::Value;

use super::Host;
use crate::jose::{JoseError, Jwt};

/// A token in the compact form. Where a signature would be stands the name of the key that made it.
pub fn token(header: &Value, claims: &Value, signed_with: &str) -> String {
    [header.to_string(), claims.to_string(), signed_with.to_owned()].map(|part| BASE64URL.encode(part)).join(".")
}

/// A host that believes [`token`]: the key whose name is the signature must be the one the policy verifies with.
pub struct TestTokens {
    /// The JWK under which a signature by this name is good.
    pub key: String,
    /// The name.
    pub name: String,
}

impl Host for TestTokens {
    fn decode_token(&mut self, token: &str) -> Result<Jwt, JoseError> {
        Ok(split(token)?.0)
    }

    fn verify_token(&mut self, token: &str, keys: &str) -> Result<Jwt, JoseError> {
        let (jwt, signature) = split(token)?;
        let same_key = serde_json::from_str::<Value>(keys).ok() == serde_json::from_str(&self.key).ok();
        if same_key && signature == self.name { Ok(jwt) } else { Err(JoseError::BadSignature) }
    }
}

fn split(token: &str) -> Result<(Jwt, String), JoseError> {
    let malformed = |what: &str| JoseError::Malformed(what.to_owned());
    let parts = token
        .split('.')
        .map(|part| BASE64URL.decode(part).ok().and_then(|octets| String::from_utf8(octets).ok()))
        .collect::<Option<Vec<String>>>()
        .ok_or_else(|| malformed("not base64url"))?;
    let [header, claims, signature]: [String; 3] = parts.try_into().map_err(|_| malformed("not three segments"))?;
    let members: Value = serde_json::from_str(&header).map_err(|_| malformed("the header is not JSON"))?;
    let text = |name: &str| members.get(name).and_then(Value::as_str).map(str::to_owned);
    let jwt =
        Jwt { algorithm: text("alg").unwrap_or_default(), key_id: text("kid"), certificates: vec![], header, claims };
    Ok((jwt, signature))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::{jose, testing::with_host};

    #[test]
    fn only_the_right_key_under_the_right_name_verifies() {
        let ours = token(&json!({"alg": "ES256", "kid": "one"}), &json!({"sub": "a"}), "ours");
        let theirs = token(&json!({"alg": "ES256"}), &json!({"sub": "a"}), "theirs");
        let host = TestTokens { key: r#"{"kty": "EC"}"#.into(), name: "ours".into() };
        with_host(host, || {
            assert_eq!(jose::verify(&ours, r#"{"kty":"EC"}"#).unwrap().key_id.as_deref(), Some("one"));
            assert_eq!(jose::verify(&ours, r#"{"kty":"RSA"}"#), Err(JoseError::BadSignature));
            assert_eq!(jose::verify(&theirs, r#"{"kty":"EC"}"#), Err(JoseError::BadSignature));
        });
    }

    #[test]
    #[should_panic(expected = "there is no host")]
    fn a_call_without_a_host_says_how_to_get_one() {
        let _ = jose::verify("a.b.c", "{}");
    }
}
