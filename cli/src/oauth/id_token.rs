//! Whether an identity token may be believed (OpenID Connect Core 1.0 §3.1.3.7).

use authority::Timestamp;
use jose::{
    JoseError, Jwk, JwkSet,
    jws::{self, Unverified},
};
use thiserror::Error;

/// What a token has to say.
pub(super) struct Expected<'a> {
    /// `iss`, letter for letter.
    pub(super) issuer: &'a str,
    /// Among its `aud`, and its `azp` if it has one.
    pub(super) client_id: &'a str,
    /// `nonce`; none when none was sent.
    pub(super) nonce: Option<&'a str>,
    /// What time it is.
    pub(super) now: Timestamp,
}

/// Why it may not be believed.
#[derive(Debug, Error)]
pub(crate) enum IdTokenError {
    /// It is no token, or its signature does not fit.
    #[error(transparent)]
    Jose(#[from] JoseError),
    /// What the provider publishes is no key set.
    #[error("the provider's keys cannot be read")]
    Keys,
    /// None of the provider's keys could have signed it.
    #[error("the provider publishes no key for it")]
    UnknownKey,
    /// It is somebody else's.
    #[error("it is of another issuer")]
    Issuer,
    /// It was made for another program.
    #[error("it is for another client")]
    Audience,
    /// It has ended, begins later, or does not say.
    #[error("it is of another time")]
    Time,
    /// It is the answer to another request.
    #[error("it answers another request")]
    Nonce,
    /// It speaks of nobody.
    #[error("it has no subject")]
    Subject,
}

/// Seconds by which the provider's clock may differ from ours.
const LEEWAY: i64 = 60;

/// Believes a token, or says why not.
pub(super) fn verify(text: &str, keys: &JwkSet, expected: &Expected<'_>) -> Result<(), IdTokenError> {
    let token = Unverified::parse(text)?;
    jws::verify(&token, key_of(&token, keys)?)?;
    let claims = token.claims();
    if claims.iss.as_deref() != Some(expected.issuer) {
        return Err(IdTokenError::Issuer);
    }
    let is_ours = claims.aud.iter().any(|audience| audience == expected.client_id);
    let azp = claims.member("azp").map(|party| party.as_str() == Some(expected.client_id));
    // A token for several has to say which of them asked for it.
    if !is_ours || !azp.unwrap_or(claims.aud.len() == 1) {
        return Err(IdTokenError::Audience);
    }
    let now = expected.now.as_unix();
    let has_begun = |time: Option<jose::NumericDate>| time.is_none_or(|time| time.as_unix() <= now + LEEWAY);
    let has_ended = claims.exp.is_none_or(|end| end.as_unix() + LEEWAY <= now);
    if has_ended || claims.iat.is_none() || !has_begun(claims.iat) || !has_begun(claims.nbf) {
        return Err(IdTokenError::Time);
    }
    let nonce = claims.member("nonce").map(|nonce| nonce.as_str());
    if expected.nonce.is_some_and(|expected| nonce != Some(Some(expected))) {
        return Err(IdTokenError::Nonce);
    }
    if claims.sub.is_none() {
        return Err(IdTokenError::Subject);
    }
    Ok(())
}

/// The key the token names; the only one when it names none.
fn key_of<'a>(token: &Unverified<'_>, keys: &'a JwkSet) -> Result<&'a Jwk, IdTokenError> {
    let key = match (token.header().kid(), keys.keys()) {
        (Some(kid), _) => keys.find(kid),
        (None, [only]) => Some(only),
        (None, _) => None,
    };
    key.ok_or(IdTokenError::UnknownKey)
}

#[cfg(test)]
mod tests {
    use jose::jws::ProtectedHeader;
    use serde_json::{Value, json};

    use super::*;

    const NOW: i64 = 1_700_000_000;
    const EXPECTED: Expected<'_> = Expected {
        issuer: "https://idp.example.com",
        client_id: "step",
        nonce: Some("n"),
        now: Timestamp::from_unix(NOW),
    };

    fn claims() -> Value {
        json!({"iss": EXPECTED.issuer, "aud": "step", "sub": "42", "nonce": "n", "iat": NOW, "exp": NOW + 300})
    }

    fn set(keys: &[&Jwk]) -> JwkSet {
        let keys: Vec<_> = keys.iter().map(|key| key.public().to_json()).collect();
        JwkSet::from_json(&format!(r#"{{"keys":[{}]}}"#, keys.join(","))).unwrap()
    }

    fn judge(claims: &Value) -> Result<(), IdTokenError> {
        let key = Jwk::generate_ec_p256().unwrap().with_kid("k1");
        let token = jws::sign(&ProtectedHeader::jwt("k1"), claims.to_string(), &key).unwrap();
        verify(&token, &set(&[&key]), &EXPECTED)
    }

    #[test]
    fn a_token_for_this_client_and_this_request_is_believed() {
        judge(&claims()).unwrap();
        let mut shared = claims();
        shared["aud"] = json!(["other", "step"]);
        shared["azp"] = json!("step");
        judge(&shared).unwrap();
    }

    #[test]
    fn each_claim_is_held_to_what_was_asked() {
        type Verdict = fn(&IdTokenError) -> bool;
        let cases: [(&str, Value, Verdict); 13] = [
            ("iss", json!("https://idp.example.com/"), |error| matches!(error, IdTokenError::Issuer)),
            ("iss", Value::Null, |error| matches!(error, IdTokenError::Jose(_))),
            ("aud", json!("other"), |error| matches!(error, IdTokenError::Audience)),
            ("aud", json!(["step", "other"]), |error| matches!(error, IdTokenError::Audience)),
            ("azp", json!("other"), |error| matches!(error, IdTokenError::Audience)),
            ("azp", json!(7), |error| matches!(error, IdTokenError::Audience)),
            ("exp", json!(NOW - LEEWAY), |error| matches!(error, IdTokenError::Time)),
            ("iat", json!(NOW + LEEWAY + 1), |error| matches!(error, IdTokenError::Time)),
            ("nbf", json!(NOW + LEEWAY + 1), |error| matches!(error, IdTokenError::Time)),
            ("nonce", json!("other"), |error| matches!(error, IdTokenError::Nonce)),
            ("nonce", Value::Null, |error| matches!(error, IdTokenError::Nonce)),
            ("sub", json!(""), |error| matches!(error, IdTokenError::Jose(_))),
            ("aud", json!([]), |error| matches!(error, IdTokenError::Audience)),
        ];
        for (claim, value, verdict) in cases {
            let mut claims = claims();
            claims[claim] = value.clone();
            let error = judge(&claims).unwrap_err();
            assert!(verdict(&error), "{claim}: {value}: {error}");
        }
        for claim in ["iss", "aud", "exp", "iat", "nonce", "sub"] {
            let mut claims = claims();
            claims.as_object_mut().unwrap().remove(claim);
            assert!(judge(&claims).is_err(), "{claim} is left out");
        }
    }

    #[test]
    fn only_a_published_key_has_signed() {
        let [key, other] = [(); 2].map(|()| Jwk::generate_ec_p256().unwrap().with_kid("k1"));
        let token = jws::sign(&ProtectedHeader::jwt("k1"), claims().to_string(), &key).unwrap();
        verify(&token, &set(&[&key]), &EXPECTED).unwrap();
        assert!(matches!(verify(&token, &set(&[&other]), &EXPECTED), Err(IdTokenError::Jose(_))));
        assert!(matches!(verify(&token, &set(&[]), &EXPECTED), Err(IdTokenError::UnknownKey)));
        let unnamed = ProtectedHeader { typ: Some("JWT"), ..ProtectedHeader::default() };
        let unnamed = jws::sign(&unnamed, claims().to_string(), &key).unwrap();
        verify(&unnamed, &set(&[&key]), &EXPECTED).unwrap();
        assert!(matches!(verify(&unnamed, &set(&[&key, &other]), &EXPECTED), Err(IdTokenError::UnknownKey)));
    }

    #[test]
    fn a_token_nobody_signed_is_refused() {
        use base64::{Engine as _, prelude::BASE64_URL_SAFE_NO_PAD as URL_SAFE};

        let key = Jwk::generate_ec_p256().unwrap().with_kid("k1");
        let header = URL_SAFE.encode(r#"{"alg":"none","kid":"k1"}"#);
        let token = format!("{header}.{}.", URL_SAFE.encode(claims().to_string()));
        assert!(matches!(verify(&token, &set(&[&key]), &EXPECTED), Err(IdTokenError::Jose(_))));
    }
}
