//! A point in time as a client asks for it.

use std::str::FromStr;

use go_duration::GoDuration;
use serde::{Deserialize, Deserializer, Serialize, Serializer, de, ser};
use time::{OffsetDateTime, format_description::well_known::Rfc3339};

/// `notBefore` or `notAfter` of a request.
///
/// A client of 2019 always sends an RFC 3339 time and means "unset" by `0001-01-01T00:00:00Z`; one of 2026 sends `""`
/// for "unset", an RFC 3339 time, or a span of time.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub enum RequestedTime {
    /// The CA chooses.
    #[default]
    Unset,
    /// This second, counted from the Unix epoch; fractions of a second are cut off.
    At(i64),
    /// So long after the time it is counted from: now for `notBefore`, `notBefore` for `notAfter`. May be negative.
    After(GoDuration),
}

/// Go's zero time, 0001-01-01T00:00:00Z.
const GO_ZERO_TIME: i64 = -62_135_596_800;

impl RequestedTime {
    /// The client leaves the choice to the CA.
    pub fn is_unset(&self) -> bool {
        *self == Self::Unset
    }
}

impl FromStr for RequestedTime {
    type Err = RequestedTimeError;

    /// Reads an RFC 3339 time, a duration such as `1h30m`, or nothing.
    fn from_str(text: &str) -> Result<Self, RequestedTimeError> {
        if text.is_empty() {
            return Ok(Self::Unset);
        }
        if let Ok(time) = OffsetDateTime::parse(text, &Rfc3339) {
            return Ok(match time.unix_timestamp() {
                GO_ZERO_TIME => Self::Unset,
                seconds => Self::At(seconds),
            });
        }
        text.parse().map(Self::After).map_err(|_| RequestedTimeError)
    }
}

/// The text is neither a time nor a duration. It is not repeated: a token that lands in the wrong member is still a
/// secret.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct RequestedTimeError;

impl std::fmt::Display for RequestedTimeError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("neither a time such as \"2019-01-25T10:00:00Z\" nor a duration such as \"1h30m\"")
    }
}

impl std::error::Error for RequestedTimeError {}

impl Serialize for RequestedTime {
    /// `Unset` is best left out altogether; where it is written it is `""`, which servers of 2019 refuse.
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Unset => serializer.serialize_str(""),
            Self::At(seconds) => {
                let time = OffsetDateTime::from_unix_timestamp(*seconds).map_err(ser::Error::custom)?;
                serializer.serialize_str(&time.format(&Rfc3339).map_err(ser::Error::custom)?)
            }
            Self::After(span) => span.serialize(serializer),
        }
    }
}

impl<'de> Deserialize<'de> for RequestedTime {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Visitor;

        impl<'de> de::Visitor<'de> for Visitor {
            type Value = RequestedTime;

            fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str("an RFC 3339 time, a duration, \"\" or null")
            }

            fn visit_str<E: de::Error>(self, text: &str) -> Result<RequestedTime, E> {
                text.parse().map_err(E::custom)
            }

            fn visit_unit<E>(self) -> Result<RequestedTime, E> {
                Ok(RequestedTime::Unset)
            }
        }

        deserializer.deserialize_any(Visitor)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn read(json: &str) -> Result<RequestedTime, serde_json::Error> {
        serde_json::from_str(json)
    }

    #[test]
    fn every_way_to_say_nothing_is_unset() {
        for json in [r#""0001-01-01T00:00:00Z""#, r#""""#, "null", r#""0001-01-01T01:00:00+01:00""#] {
            assert_eq!(read(json).unwrap(), RequestedTime::Unset, "{json}");
        }
    }

    #[test]
    fn times_lose_their_zone_and_fraction() {
        for json in [r#""2019-01-25T10:00:00Z""#, r#""2019-01-25T02:00:00.987654321-08:00""#] {
            assert_eq!(read(json).unwrap(), RequestedTime::At(1_548_410_400), "{json}");
        }
        assert_eq!(serde_json::to_string(&RequestedTime::At(1_548_410_400)).unwrap(), r#""2019-01-25T10:00:00Z""#);
    }

    #[test]
    fn durations_are_read_with_their_sign() {
        assert_eq!(read(r#""1h0m0s""#).unwrap(), RequestedTime::After(GoDuration::from_secs(3_600)));
        assert_eq!(read(r#""-5m""#).unwrap(), RequestedTime::After(GoDuration::from_secs(-300)));
    }

    #[test]
    fn anything_else_is_an_error_that_shows_what_would_be_right() {
        for json in [r#""tomorrow""#, r#""2019-01-25""#, r#""1d""#, r#"" ""#] {
            let error = read(json).unwrap_err().to_string();
            assert!(error.contains("nor a duration such as"), "{json}: {error}");
        }
        for json in ["1548410400", "true", "[]", "{}"] {
            let error = read(json).unwrap_err().to_string();
            assert!(error.contains("an RFC 3339 time, a duration"), "{json}: {error}");
        }
    }

    proptest! {
        #[test]
        fn what_is_written_reads_the_same(seconds in -60_000_000_000_i64..253_402_300_799, nanos in any::<i64>()) {
            for time in [RequestedTime::At(seconds), RequestedTime::After(GoDuration::from_nanos(nanos))] {
                prop_assert_eq!(read(&serde_json::to_string(&time).unwrap()).unwrap(), time);
            }
        }

        #[test]
        fn no_text_panics(text in ".{0,80}") {
            let _ = text.parse::<RequestedTime>();
        }
    }
}
