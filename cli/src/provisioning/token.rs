//! One-time tokens.

use authority::Timestamp;
use base64::{Engine as _, prelude::BASE64_URL_SAFE_NO_PAD};
use certs::TimeFlag;
use jose::{
    JoseError, Jwk,
    jws::{self, ProtectedHeader},
};
use serde::Serialize;
use thiserror::Error;

use crate::{CaUrl, client::Fingerprint, random};

/// What a token says.
pub(crate) struct TokenRequest<'a> {
    /// Name of the provisioner.
    pub issuer: &'a str,
    /// Name of its key.
    pub kid: &'a str,
    /// Whom or what the token is about.
    pub subject: &'a str,
    /// Names the certificate may have; none for a token that is not about names.
    pub names: Option<&'a [String]>,
    /// For which route of which CA.
    pub audience: &'a str,
    /// The root whoever uses the token may trust.
    pub root: Fingerprint,
    /// From when to when it is good.
    pub lifetime: Lifetime,
    /// SHA-256 of the one certification request it is good for.
    pub request_digest: Option<[u8; 32]>,
}

/// What a token lets its bearer do.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Purpose {
    /// Get a first certificate.
    Sign,
    /// Get a certificate once more.
    Renew,
    /// Get it for another key.
    Rekey,
    /// End it.
    Revoke,
}

impl Purpose {
    /// The audience of such tokens at a CA.
    pub(crate) fn audience(self, url: &CaUrl) -> String {
        match self {
            Self::Sign => url.sign_audience(),
            Self::Renew => url.at(["1.0", "renew"]).into(),
            Self::Rekey => url.at(["1.0", "rekey"]).into(),
            Self::Revoke => url.at(["1.0", "revoke"]).into(),
        }
    }
}

/// The claims in the order upstream writes them: by name.
#[derive(Serialize)]
struct Claims<'a> {
    aud: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    cnf: Option<Confirmation>,
    exp: i64,
    iat: i64,
    iss: &'a str,
    jti: String,
    nbf: i64,
    #[serde(skip_serializing_if = "Option::is_none")]
    sans: Option<&'a [String]>,
    sha: String,
    sub: &'a str,
}

/// What binds a token to a key or a request (RFC 7800 §3.1).
#[derive(Serialize)]
struct Confirmation {
    #[serde(rename = "x5rt#S256")]
    request_digest: String,
}

impl TokenRequest<'_> {
    /// The signed token: a secret until it is spent.
    pub(crate) fn sign(&self, key: &Jwk) -> Result<String, JoseError> {
        let claims = Claims {
            aud: self.audience,
            cnf: self
                .request_digest
                .map(|digest| Confirmation { request_digest: BASE64_URL_SAFE_NO_PAD.encode(digest) }),
            exp: self.lifetime.expires.as_unix(),
            iat: self.lifetime.issued.as_unix(),
            iss: self.issuer,
            jti: hex::encode(random::octets::<32>()),
            nbf: self.lifetime.not_before.as_unix(),
            sans: self.names,
            sha: self.root.to_string(),
            sub: self.subject,
        };
        let claims = serde_json::to_vec(&claims).expect("strings and numbers are JSON");
        jws::sign(&ProtectedHeader::jwt(self.kid), claims, key)
    }
}

/// From when to when a token is good: at least ten seconds, at most an hour, beginning at most half an hour from now.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Lifetime {
    pub(super) issued: Timestamp,
    pub(super) not_before: Timestamp,
    pub(super) expires: Timestamp,
}

/// A lifetime the CA would not like.
#[derive(Debug, Error)]
pub(crate) enum LifetimeError {
    #[error("nbf < exp: nbf={not_before}, exp={expires}")]
    Reversed { not_before: Timestamp, expires: Timestamp },
    #[error("requested validity delay is too long: it is {got} seconds, at most {MAX_DELAY} are allowed")]
    DelayTooLong { got: i64 },
    #[error("requested token validity is too short: it is {got} seconds, at least {MIN_VALIDITY} are needed")]
    TooShort { got: i64 },
    #[error("requested token validity is too long: it is {got} seconds, at most {MAX_VALIDITY} are allowed")]
    TooLong { got: i64 },
}

const DEFAULT_VALIDITY: i64 = 5 * 60;
const MAX_DELAY: i64 = 30 * 60;
const MIN_VALIDITY: i64 = 10;
const MAX_VALIDITY: i64 = 60 * 60;

impl Lifetime {
    /// Five minutes from now.
    pub(crate) fn from_now(now: Timestamp) -> Self {
        let expires = Timestamp::from_unix(now.as_unix().saturating_add(DEFAULT_VALIDITY));
        Self { issued: now, not_before: now, expires }
    }

    /// What was asked for; the end is five minutes after the start unless it is given.
    pub(crate) fn new(
        not_before: Option<TimeFlag>,
        not_after: Option<TimeFlag>,
        now: Timestamp,
    ) -> Result<Self, LifetimeError> {
        let start = not_before.map_or(now, |flag| flag.resolve(now));
        let default = Timestamp::from_unix(start.as_unix().saturating_add(DEFAULT_VALIDITY));
        let expires = not_after.map_or(default, |flag| flag.resolve(now));
        let delay = start.as_unix().saturating_sub(now.as_unix());
        match expires.as_unix().saturating_sub(start.as_unix()) {
            ..0 => Err(LifetimeError::Reversed { not_before: start, expires }),
            _ if delay > MAX_DELAY => Err(LifetimeError::DelayTooLong { got: delay }),
            got @ ..MIN_VALIDITY => Err(LifetimeError::TooShort { got }),
            got if got > MAX_VALIDITY => Err(LifetimeError::TooLong { got }),
            _ => Ok(Self { issued: now, not_before: start, expires }),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Timestamp = Timestamp::from_unix(1_700_000_000);

    fn flag(text: &str) -> Option<TimeFlag> {
        Some(text.parse().expect(text))
    }

    #[test]
    fn a_token_says_what_a_ca_of_any_age_looks_for() {
        let key = Jwk::generate_ec_p256().expect("a key");
        let names = ["a.example.com".to_owned(), "10.0.0.1".to_owned()];
        let token = TokenRequest {
            issuer: "me@example.com",
            kid: "the-kid",
            subject: "a.example.com",
            names: Some(&names),
            audience: "https://ca/1.0/sign",
            root: Fingerprint::of(b"root"),
            lifetime: Lifetime::from_now(NOW),
            request_digest: None,
        };
        let text = token.sign(&key).expect("signed");
        let token = jws::Unverified::parse(&text).expect("well formed");
        jws::verify(&token, &key.public()).expect("signed by the key");
        let claims = token.claims();
        assert_eq!(token.header().kid(), Some("the-kid"));
        assert_eq!((claims.iss.as_deref(), claims.sub.as_deref()), (Some("me@example.com"), Some("a.example.com")));
        assert_eq!(claims.aud, ["https://ca/1.0/sign"]);
        assert_eq!(claims.sans.as_deref(), Some(names.as_slice()));
        assert_eq!(claims.exp.map(|time| time.as_unix() - NOW.as_unix()), Some(300));
        assert_eq!(claims.jti.as_ref().map(String::len), Some(64));
        // A server of 2019 reads the audience as a string only.
        assert!(claims.member("aud").is_some_and(serde_json::Value::is_string));
        let order: Vec<_> = token.claims_json().split('"').filter(|word| claims.member(word).is_some()).collect();
        assert!(order.is_sorted(), "{order:?}");
    }

    #[test]
    fn two_tokens_are_never_the_same() {
        let key = Jwk::generate_ec_p256().expect("a key");
        let token = || {
            let request = TokenRequest {
                issuer: "a",
                kid: "b",
                subject: "c",
                names: None,
                audience: "d",
                root: Fingerprint::of(b""),
                lifetime: Lifetime::from_now(NOW),
                request_digest: None,
            };
            let text = request.sign(&key).expect("signed");
            jws::Unverified::parse(&text).expect("well formed").claims().jti.clone()
        };
        assert_ne!(token(), token());
    }

    #[test]
    fn only_one_end_given_the_other_is_five_minutes_away() {
        let lifetime = Lifetime::new(flag("10m"), None, NOW).expect("allowed");
        assert_eq!(lifetime.expires.as_unix() - NOW.as_unix(), 900);
        let lifetime = Lifetime::new(None, flag("30m"), NOW).expect("allowed");
        assert_eq!((lifetime.not_before, lifetime.expires.as_unix() - NOW.as_unix()), (NOW, 1_800));
    }

    #[test]
    fn every_edge_is_kept_to_the_second() {
        let cases = [
            (None, flag("9s"), "too short"),
            (None, flag("3601s"), "too long"),
            (flag("1801s"), None, "delay is too long"),
            (flag("20m"), flag("10m"), "nbf < exp"),
        ];
        for (start, end, expected) in cases {
            let error = Lifetime::new(start, end, NOW).expect_err(expected).to_string();
            assert!(error.contains(expected), "{error}");
        }
        for (start, end) in [(None, flag("10s")), (None, flag("3600s")), (flag("1800s"), None)] {
            assert!(Lifetime::new(start, end, NOW).is_ok(), "{start:?} {end:?}");
        }
    }
}
