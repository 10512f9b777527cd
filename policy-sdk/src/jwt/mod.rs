//! The claims of a token, read strictly (RFC 7519 §4.1).
//!
//! The host has verified the signature; this module says what the token claims and whether now is its time. A claim of
//! the wrong type is refused, never read as absent.

use serde::de::DeserializeOwned;
use serde_json::{Map, Value};

use crate::{GoDuration, types::Timestamp};

mod error;

pub use error::ClaimError;

/// What a token claims.
#[derive(Clone, Debug)]
pub struct Claims {
    /// Who issued the token (RFC 7519 §4.1.1).
    pub iss: Option<String>,
    /// Whom it is about (§4.1.2).
    pub sub: Option<String>,
    /// For whom it is meant (§4.1.3): one text or a list, of 16 at most. Empty when absent.
    pub aud: Vec<String>,
    /// From when on it is refused (§4.1.4). Dates lie between 1970 and 9999; fractions of a second are cut off.
    pub exp: Option<Timestamp>,
    /// From when on it is good (§4.1.5).
    pub nbf: Option<Timestamp>,
    /// When it was made (§4.1.6).
    pub iat: Option<Timestamp>,
    /// Its identifier, unique for its issuer (§4.1.7).
    pub jti: Option<String>,
    others: Map<String, Value>,
}

impl Claims {
    /// Reads the JSON object that [`jose::verify`](crate::jose::verify) gives.
    pub fn parse(text: &str) -> Result<Self, ClaimError> {
        let mut others: Map<String, Value> =
            serde_json::from_str(text).map_err(|_| ClaimError::malformed("", "must be a JSON object"))?;
        let mut take = |name| others.remove(name);
        Ok(Self {
            iss: take("iss").map(|value| text_of("iss", value)).transpose()?,
            sub: take("sub").map(|value| text_of("sub", value)).transpose()?,
            aud: take("aud").map(audiences_of).transpose()?.unwrap_or_default(),
            exp: take("exp").map(|value| date_of("exp", &value)).transpose()?,
            nbf: take("nbf").map(|value| date_of("nbf", &value)).transpose()?,
            iat: take("iat").map(|value| date_of("iat", &value)).transpose()?,
            jti: take("jti").map(|value| text_of("jti", value)).transpose()?,
            others,
        })
    }

    /// A claim that RFC 7519 does not register, if it is there.
    pub fn private<T: DeserializeOwned>(&self, name: &'static str) -> Result<Option<T>, ClaimError> {
        let read =
            |value: &Value| T::deserialize(value).map_err(|error| ClaimError::malformed(name, error.to_string()));
        self.others.get(name).map(read).transpose()
    }

    /// Whether this is a token's time of life: `exp` and `iat` are there, in order with `nbf`, not further apart than
    /// the rules allow, and now is between them.
    pub fn check_times(&self, now: Timestamp, rules: &TimeRules) -> Result<(), ClaimError> {
        let exp = self.exp.ok_or(ClaimError::Missing { claim: "exp" })?;
        let iat = self.iat.ok_or(ClaimError::Missing { claim: "iat" })?;
        let nbf = self.nbf.unwrap_or(iat);
        let leeway = rules.leeway.as_secs();
        // A date is at most a few 10¹¹, so that only a foreign `now` could overflow.
        if now > exp.saturating_add(leeway) {
            return Err(ClaimError::Expired { exp, now });
        }
        if now < nbf.saturating_sub(leeway) {
            return Err(ClaimError::NotYetValid { nbf, now });
        }
        if iat > now.saturating_add(leeway) {
            return Err(ClaimError::IssuedInTheFuture { iat, now });
        }
        if exp <= iat.max(nbf) {
            return Err(ClaimError::Reversed { exp, after: iat.max(nbf) });
        }
        let (life, delay) = (GoDuration::from_secs(exp - iat.max(nbf)), GoDuration::from_secs(nbf - iat));
        if life > rules.max_life {
            return Err(ClaimError::LivesTooLong { life, max: rules.max_life });
        }
        if delay > rules.max_delay {
            return Err(ClaimError::StartsTooLate { delay, max: rules.max_delay });
        }
        Ok(())
    }
}

/// How old, and how far from now, a token may be.
#[derive(Clone, Copy, Debug)]
pub struct TimeRules {
    /// How far the clocks of the CA and of whoever makes tokens may be apart.
    pub leeway: GoDuration,
    /// The longest time from `iat` or `nbf`, whichever is later, to `exp`.
    pub max_life: GoDuration,
    /// The longest time from `iat` to `nbf`.
    pub max_delay: GoDuration,
}

impl Default for TimeRules {
    /// What the `step` command keeps to: one minute, one hour, half an hour.
    fn default() -> Self {
        Self {
            leeway: GoDuration::from_secs(60),
            max_life: GoDuration::from_secs(3_600),
            max_delay: GoDuration::from_secs(1_800),
        }
    }
}

fn text_of(name: &'static str, value: Value) -> Result<String, ClaimError> {
    match value {
        Value::String(text) => Ok(text),
        _ => Err(ClaimError::malformed(name, "must be a text")),
    }
}

fn audiences_of(value: Value) -> Result<Vec<String>, ClaimError> {
    const MAX: usize = 16;
    match value {
        Value::String(audience) => Ok(vec![audience]),
        Value::Array(audiences) if audiences.len() <= MAX => {
            audiences.into_iter().map(|audience| text_of("aud", audience)).collect()
        }
        _ => Err(ClaimError::malformed("aud", "must be a text or a list of at most 16")),
    }
}

/// A NumericDate (RFC 7519 §2) between 1970 and 9999.
fn date_of(name: &'static str, value: &Value) -> Result<Timestamp, ClaimError> {
    const YEAR_10000: f64 = 253_402_300_800.0;
    match value.as_f64() {
        #[expect(clippy::cast_possible_truncation, reason = "the fraction is to be cut off, and the range fits")]
        Some(seconds) if (0.0..YEAR_10000).contains(&seconds) => Ok(seconds as Timestamp),
        _ => Err(ClaimError::malformed(name, "must be a number of seconds since 1970, before the year 10000")),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;

    const NOW: Timestamp = 1_767_225_600;

    fn verdict(claims: Value) -> Result<(), ClaimError> {
        Claims::parse(&claims.to_string())?.check_times(NOW, &TimeRules::default())
    }

    #[test]
    fn every_edge_of_the_leeway_is_where_it_should_be() {
        let token = |iat, exp| json!({"iat": NOW + iat, "exp": NOW + exp});
        assert_eq!(verdict(token(-300, -60)), Ok(()));
        assert_eq!(verdict(token(-300, -61)), Err(ClaimError::Expired { exp: NOW - 61, now: NOW }));
        assert_eq!(verdict(token(60, 300)), Ok(()));
        let delayed = |nbf| json!({"iat": NOW, "nbf": NOW + nbf, "exp": NOW + 300});
        assert_eq!(verdict(delayed(60)), Ok(()));
        assert_eq!(verdict(delayed(61)), Err(ClaimError::NotYetValid { nbf: NOW + 61, now: NOW }));
        let early = json!({"iat": NOW + 61, "nbf": NOW, "exp": NOW + 300});
        assert_eq!(verdict(early), Err(ClaimError::IssuedInTheFuture { iat: NOW + 61, now: NOW }));
    }

    #[test]
    fn a_token_lives_an_hour_and_starts_within_half_an_hour() {
        let token = |iat, nbf, exp| json!({"iat": NOW + iat, "nbf": NOW + nbf, "exp": NOW + exp});
        assert_eq!(verdict(token(0, 0, 3_600)), Ok(()));
        assert!(matches!(verdict(token(0, 0, 3_601)), Err(ClaimError::LivesTooLong { .. })));
        assert_eq!(verdict(token(-1_800, 0, 3_600)), Ok(()));
        assert!(matches!(verdict(token(-1_801, 0, 3_600)), Err(ClaimError::StartsTooLate { .. })));
        assert!(matches!(verdict(token(0, 0, 0)), Err(ClaimError::Reversed { .. })));
        assert_eq!(verdict(token(0, 0, 1)), Ok(()));
    }

    #[test]
    fn dates_that_are_none_are_refused_and_not_read_as_absent() {
        for wrong in [json!(null), json!("1767225600"), json!(-1), json!(253_402_300_800_i64), json!(1e300), json!([1])]
        {
            for claim in ["exp", "iat", "nbf"] {
                let mut claims = json!({"iat": NOW, "nbf": NOW, "exp": NOW + 300});
                claims[claim] = wrong.clone();
                assert!(
                    matches!(verdict(claims), Err(ClaimError::Malformed { claim: c, .. }) if c == claim),
                    "{wrong}"
                );
            }
        }
        assert_eq!(verdict(json!({"iat": NOW})), Err(ClaimError::Missing { claim: "exp" }));
        assert_eq!(verdict(json!({"exp": NOW + 300})), Err(ClaimError::Missing { claim: "iat" }));
    }

    #[test]
    fn an_audience_is_a_text_or_a_list() {
        let audiences = |aud: Value| Claims::parse(&json!({"aud": aud}).to_string()).map(|claims| claims.aud);
        assert_eq!(audiences(json!("a")).unwrap(), ["a"]);
        assert_eq!(audiences(json!(["a", "b"])).unwrap(), ["a", "b"]);
        assert_eq!(audiences(json!(vec!["a"; 16])).unwrap().len(), 16);
        for wrong in [json!(vec!["a"; 17]), json!(1), json!(null), json!(["a", 1]), json!({"a": 1})] {
            assert!(audiences(wrong).is_err());
        }
    }

    #[test]
    fn other_claims_are_read_by_name_and_type() {
        let claims = Claims::parse(r#"{"sans": ["a"], "sub": "b"}"#).unwrap();
        assert_eq!(claims.private::<Vec<String>>("sans").unwrap().unwrap(), ["a"]);
        assert_eq!(claims.private::<String>("cnf").unwrap(), None);
        assert!(claims.private::<u8>("sans").is_err());
    }

    proptest! {
        #[test]
        fn no_text_panics(text in ".{0,60}") {
            let _ = Claims::parse(&text);
        }

        #[test]
        fn no_time_panics(iat in 0..253_402_300_799_i64, exp in 0..253_402_300_799_i64, now in any::<i64>()) {
            let claims = Claims::parse(&json!({"iat": iat, "exp": exp}).to_string()).unwrap();
            let _ = claims.check_times(now, &TimeRules::default());
        }
    }
}
