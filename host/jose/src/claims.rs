//! The claims of a token that have a meaning of their own (RFC 7519 §4.1), read strictly.

use serde_json::{Number, Value};

use crate::{
    JoseError,
    json::{self, Members},
    limits,
};

const WHAT: &str = "the claims";

/// Seconds since the Unix epoch, UTC, from 0 to the end of the year 9999. Fractions are cut off.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub struct NumericDate(i64);

impl NumericDate {
    /// Unix seconds.
    pub const fn as_unix(self) -> i64 {
        self.0
    }

    fn parse(member: &'static str, number: &Number) -> Result<Self, JoseError> {
        let seconds = number.as_i64().or_else(|| {
            // Doubles hold every whole second of the range exactly; the cast cuts the fraction off.
            number
                .as_f64()
                .filter(|&value| (0.0..=limits::LAST_SECOND as f64).contains(&value))
                .map(|value| value as i64)
        });
        match seconds {
            Some(seconds @ 0..=limits::LAST_SECOND) => Ok(Self(seconds)),
            _ => Err(JoseError::Member { what: WHAT, member, want: "a time between the years 1970 and 9999" }),
        }
    }
}

/// The claims of a token. Believe them only after the signature has been verified.
///
/// A member that is there has the type its definition asks for: a string where a number belongs is refused, and so is
/// `null`; neither is read as absent.
#[derive(Debug)]
pub struct RegisteredClaims {
    /// Who made the token; at most 1 KiB.
    pub iss: Option<String>,
    /// Whom it speaks of: not empty, at most 1 KiB, no control characters.
    pub sub: Option<String>,
    /// Whom it is for; a single string is a list of one. At most 16, empty when there is none.
    pub aud: Vec<String>,
    /// From when on it is refused.
    pub exp: Option<NumericDate>,
    /// From when on it is good.
    pub nbf: Option<NumericDate>,
    /// When it was made.
    pub iat: Option<NumericDate>,
    /// Its identifier, at most 256 octets.
    pub jti: Option<String>,
    /// The names the certificate shall have.
    pub sans: Option<Vec<String>>,
    /// Fingerprint of the root certificate, in hexadecimal.
    pub sha: Option<String>,
    members: Members,
}

impl RegisteredClaims {
    pub(crate) fn parse(text: &[u8]) -> Result<Self, JoseError> {
        let members = json::object(WHAT, text)?;
        Ok(Self {
            iss: bounded(&members, "iss", limits::ISS)?,
            sub: subject(&members)?,
            aud: audiences(&members)?,
            exp: date(&members, "exp")?,
            nbf: date(&members, "nbf")?,
            iat: date(&members, "iat")?,
            jti: bounded(&members, "jti", limits::JTI)?,
            sans: json::texts(&members, WHAT, "sans")?,
            sha: json::text(&members, WHAT, "sha")?.map(str::to_owned),
            members,
        })
    }

    /// A claim by name, these and all others.
    pub fn member(&self, name: &str) -> Option<&Value> {
        self.members.get(name)
    }

    /// Every claim.
    pub fn members(&self) -> &serde_json::Map<String, Value> {
        &self.members
    }
}

fn bounded(members: &Members, member: &'static str, limit: usize) -> Result<Option<String>, JoseError> {
    let text = json::text(members, WHAT, member)?;
    text.map(|text| json::at_most(member, text, limit).map(|()| text.to_owned())).transpose()
}

fn subject(members: &Members) -> Result<Option<String>, JoseError> {
    let subject = bounded(members, "sub", limits::SUB)?;
    let refuse = |want| Err(JoseError::Member { what: WHAT, member: "sub", want });
    match subject {
        Some(text) if text.is_empty() => refuse("a name: it is empty"),
        Some(text) if text.chars().any(is_control) => refuse("free of control characters"),
        subject => Ok(subject),
    }
}

/// C0, DEL, C1, line and paragraph separators, and what turns the direction of the text.
fn is_control(character: char) -> bool {
    character.is_control()
        || matches!(character, '\u{061c}' | '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

fn audiences(members: &Members) -> Result<Vec<String>, JoseError> {
    match members.get("aud") {
        None => Ok(Vec::new()),
        Some(Value::String(audience)) => Ok(vec![audience.clone()]),
        Some(Value::Array(values)) if values.len() > limits::AUDIENCES => {
            Err(JoseError::TooMany { what: "aud", count: values.len(), limit: limits::AUDIENCES })
        }
        Some(_) => json::texts(members, WHAT, "aud").map(Option::unwrap_or_default),
    }
}

fn date(members: &Members, member: &'static str) -> Result<Option<NumericDate>, JoseError> {
    match members.get(member) {
        None => Ok(None),
        Some(Value::Number(number)) => NumericDate::parse(member, number).map(Some),
        Some(_) => Err(JoseError::Member { what: WHAT, member, want: "a number" }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(text: &str) -> Result<RegisteredClaims, JoseError> {
        RegisteredClaims::parse(text.as_bytes())
    }

    #[test]
    fn times_are_numbers_from_1970_to_9999_or_refused() {
        for (text, seconds) in
            [("0", 0), ("1.9", 1), ("1e3", 1000), ("253402300799", 253_402_300_799), ("1700000000.5", 1_700_000_000)]
        {
            let claims = parse(&format!("{{\"exp\":{text}}}")).unwrap();
            assert_eq!(claims.exp.map(NumericDate::as_unix), Some(seconds), "{text}");
        }
        let wrong = [
            "null",
            "\"1700000000\"",
            "true",
            "[1]",
            "{}",
            "-1",
            "-0.5",
            "253402300800",
            "1e300",
            "18446744073709551615",
        ];
        for member in ["exp", "nbf", "iat"] {
            for text in wrong {
                assert!(parse(&format!("{{\"{member}\":{text}}}")).is_err(), "{member} {text}");
            }
        }
    }

    #[test]
    fn a_string_claim_of_another_type_is_not_read_as_absent() {
        for member in ["iss", "sub", "jti", "sha"] {
            for text in ["null", "1", "[\"a\"]", "{}", "false"] {
                assert!(parse(&format!("{{\"{member}\":{text}}}")).is_err(), "{member} {text}");
            }
        }
        for text in ["null", "\"a\"", "[1]", "[null]", "{}"] {
            assert!(parse(&format!("{{\"sans\":{text}}}")).is_err(), "sans {text}");
        }
    }

    #[test]
    fn an_audience_is_a_string_or_at_most_sixteen() {
        let list = |count: usize| format!("{{\"aud\":[{}]}}", vec!["\"a\""; count].join(","));
        assert_eq!(parse(r#"{"aud":"a"}"#).unwrap().aud, ["a"]);
        assert_eq!(parse(&list(15)).unwrap().aud.len(), 15);
        assert_eq!(parse(&list(16)).unwrap().aud.len(), 16);
        assert!(matches!(parse(&list(17)), Err(JoseError::TooMany { count: 17, .. })));
        for text in ["null", "1", "[1]", "{}"] {
            assert!(parse(&format!("{{\"aud\":{text}}}")).is_err(), "{text}");
        }
    }

    #[test]
    fn long_names_are_refused_at_their_limit() {
        for (member, limit) in [("iss", limits::ISS), ("sub", limits::SUB), ("jti", limits::JTI)] {
            for (length, good) in [(limit - 1, true), (limit, true), (limit + 1, false)] {
                let result = parse(&format!("{{\"{member}\":\"{}\"}}", "a".repeat(length)));
                assert_eq!(result.is_ok(), good, "{member} {length}");
            }
        }
    }

    #[test]
    fn a_subject_is_not_empty_and_has_no_control_characters() {
        for subject in ["", "a\\u0000", "a\\nb", "\\u007f", "\\u0085", "a\\u202eb", "a\\u2028"] {
            assert!(parse(&format!("{{\"sub\":\"{subject}\"}}")).is_err(), "{subject}");
        }
        assert_eq!(parse(r#"{"sub":"jürgen @ Ω"}"#).unwrap().sub.as_deref(), Some("jürgen @ Ω"));
    }
}
