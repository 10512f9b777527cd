//! The name of one request: in the log, in the audit records, in the answer.

use std::{fmt, sync::Arc};

use axum::http::{HeaderMap, HeaderName, HeaderValue};

/// Correlates what the CA says about one request.
///
/// At most 128 letters, digits and `-._:/+=@`, so it can stand in a header and in a log line without being escaped.
#[derive(Clone, Debug, Eq, Hash, PartialEq)]
pub struct RequestId(Arc<str>);

/// The header in which a client names its request, and in which it finds the name again.
pub(crate) const X_REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

const LONGEST: usize = 128;
const FRESH: usize = 20;

impl RequestId {
    /// The name the client gave, in `X-Request-Id` or in `trace_header`, else a fresh one. A name that is too long or
    /// has other characters than letters, digits and `-._:/+=@` is not taken.
    pub(crate) fn of(headers: &HeaderMap, trace_header: &HeaderName) -> Self {
        [&X_REQUEST_ID, trace_header]
            .into_iter()
            .find_map(|name| headers.get(name).and_then(Self::from_header))
            .unwrap_or_else(Self::fresh)
    }

    fn from_header(value: &HeaderValue) -> Option<Self> {
        let text = value.to_str().ok()?;
        let is_plain = text.bytes().all(|octet| octet.is_ascii_alphanumeric() || b"-._:/+=@".contains(&octet));
        (is_plain && (1..=LONGEST).contains(&text.len())).then(|| Self(text.into()))
    }

    /// A new name of 100 random bits, 20 characters as upstream's log has them.
    pub fn fresh() -> Self {
        let mut octets = [0; FRESH];
        aws_lc_rs::rand::fill(&mut octets).expect("the system's random source answers");
        let digit = |octet: &u8| char::from_digit(u32::from(octet & 31), 32).expect("below 32");
        Self(octets.iter().map(digit).collect::<String>().into())
    }

    /// The name.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    pub(crate) fn to_header(&self) -> HeaderValue {
        HeaderValue::from_str(self.as_str()).expect("visible ASCII")
    }
}

impl fmt::Display for RequestId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TRACE: HeaderName = HeaderName::from_static("x-smallstep-id");

    fn headers(pairs: &[(HeaderName, &str)]) -> HeaderMap {
        pairs.iter().map(|(name, value)| (name.clone(), HeaderValue::from_str(value).unwrap())).collect()
    }

    #[test]
    fn the_clients_name_wins_over_the_trace_header() {
        let both = headers(&[(TRACE, "trace"), (X_REQUEST_ID, "6fcb514b-b878-4c9d-95b7-8dc3a7ce6fd8")]);
        assert_eq!(RequestId::of(&both, &TRACE).as_str(), "6fcb514b-b878-4c9d-95b7-8dc3a7ce6fd8");
        assert_eq!(RequestId::of(&headers(&[(TRACE, "trace")]), &TRACE).as_str(), "trace");
    }

    #[test]
    fn a_name_that_could_confuse_a_log_is_replaced() {
        let long = "x".repeat(LONGEST + 1);
        for name in ["", "a b", "a\"b", "a\\b", "é", "a,b", long.as_str()] {
            let id = RequestId::of(&headers(&[(X_REQUEST_ID, name)]), &TRACE);
            assert_eq!(id.as_str().len(), FRESH, "{name:?}");
        }
        let longest = "x".repeat(LONGEST);
        assert_eq!(RequestId::of(&headers(&[(X_REQUEST_ID, &longest)]), &TRACE).as_str(), longest);
    }

    #[test]
    fn fresh_names_differ() {
        let names: std::collections::HashSet<_> = (0..1_000).map(|_| RequestId::fresh()).collect();
        assert_eq!(names.len(), 1_000);
    }
}
