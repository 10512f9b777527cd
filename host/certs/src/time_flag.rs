//! The value of `--not-after`, `--expires-before` and their like: a time, or a span of time from now.

use std::str::FromStr;

use authority::Timestamp;
use go_duration::GoDuration;

/// A point in time as people give it: RFC 3339, or a duration relative to now.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum TimeFlag {
    /// That time.
    At(Timestamp),
    /// So long from now, or before it.
    FromNow(GoDuration),
}

impl TimeFlag {
    /// The point in time that is meant when it is `now`.
    pub fn resolve(self, now: Timestamp) -> Timestamp {
        match self {
            Self::At(time) => time,
            Self::FromNow(span) => Timestamp::from_unix(now.as_unix().saturating_add(span.as_secs())),
        }
    }
}

impl FromStr for TimeFlag {
    type Err = go_duration::ParseError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        text.parse().map(Self::At).or_else(|_| text.parse().map(Self::FromNow))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_is_itself_and_a_duration_counts_from_now() {
        let now = Timestamp::from_unix(1_000);
        let resolve = |text: &str| text.parse::<TimeFlag>().expect(text).resolve(now).as_unix();
        assert_eq!(resolve("1970-01-01T01:00:00+01:00"), 0);
        assert_eq!(resolve("-5m"), 700);
        assert_eq!(resolve("24h"), 87_400);
        assert!("tomorrow".parse::<TimeFlag>().is_err());
    }
}
