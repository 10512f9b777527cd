//! Points in time and the period a certificate is valid.
//!
//! Certificates have no finer time than the second. Nothing here reads a
//! clock: time arrives as an argument.

use std::fmt;
use std::str::FromStr;
use std::time::Duration;

use thiserror::Error;
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;
use time::macros::format_description;

/// Seconds since 1970-01-01T00:00:00Z, leap seconds not counted.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub struct Timestamp(i64);

impl Timestamp {
    /// 9999-12-31T23:59:59Z, the last time a certificate can name
    /// (RFC 5280 §4.1.2.5).
    pub const LAST: Self = Self(253_402_300_799);

    /// From Unix seconds.
    pub const fn from_unix(seconds: i64) -> Self {
        Self(seconds)
    }

    /// As Unix seconds.
    pub const fn as_unix(self) -> i64 {
        self.0
    }

    /// This time and the whole seconds of `duration` later; none when it
    /// cannot be represented.
    pub fn checked_add(self, duration: Duration) -> Option<Self> {
        self.0.checked_add_unsigned(duration.as_secs()).map(Self)
    }

    /// This time and the whole seconds of `duration` earlier; none when it
    /// cannot be represented.
    pub fn checked_sub(self, duration: Duration) -> Option<Self> {
        self.0.checked_sub_unsigned(duration.as_secs()).map(Self)
    }

    /// This time and the whole seconds of `duration` earlier, or the earliest
    /// time there is.
    pub fn saturating_sub(self, duration: Duration) -> Self {
        Self(self.0.saturating_sub_unsigned(duration.as_secs()))
    }

    /// How long after `earlier` this time is; none when it is before it.
    pub fn duration_since(self, earlier: Self) -> Option<Duration> {
        let seconds = self.0.checked_sub(earlier.0)?;
        u64::try_from(seconds).ok().map(Duration::from_secs)
    }

    /// Whether a certificate can name this time: the years 1970 to 9999.
    pub fn is_encodable(self) -> bool {
        (0..=Self::LAST.0).contains(&self.0)
    }
}

/// RFC 3339 in UTC, e.g. `2026-08-21T09:30:00Z`. A time outside of the years
/// that form has is written as `@` and its Unix seconds.
impl fmt::Display for Timestamp {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        const SECONDS: &[time::format_description::BorrowedFormatItem<'_>] =
            format_description!("[year]-[month]-[day]T[hour]:[minute]:[second]Z");
        let text = OffsetDateTime::from_unix_timestamp(self.0)
            .ok()
            .filter(|time| (0..=9999).contains(&time.year()))
            .and_then(|time| time.format(SECONDS).ok());
        match text {
            Some(text) => formatter.write_str(&text),
            None => write!(formatter, "@{}", self.0),
        }
    }
}

/// RFC 3339 with any offset. Fractions of a second are cut off, towards the
/// past.
impl FromStr for Timestamp {
    type Err = TimestampError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let time = OffsetDateTime::parse(text, &Rfc3339).map_err(|_| TimestampError)?;
        Ok(Self(time.unix_timestamp_nanos().div_euclid(1_000_000_000) as i64))
    }
}

/// A text is not a time.
#[derive(Clone, Copy, Debug, Eq, Error, PartialEq)]
#[error("not an RFC 3339 time, such as 2026-08-21T09:30:00Z")]
pub struct TimestampError;

/// The period a certificate is valid. Both ends belong to it
/// (RFC 5280 §4.1.2.5).
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub struct Validity {
    /// First second of the period.
    pub not_before: Timestamp,
    /// Last second of the period.
    pub not_after: Timestamp,
}

impl Validity {
    /// Whether `time` belongs to the period.
    pub fn contains(&self, time: Timestamp) -> bool {
        self.not_before <= time && time <= self.not_after
    }

    /// Whether all of `other` belongs to the period.
    pub fn encloses(&self, other: &Self) -> bool {
        self.not_before <= other.not_before && other.not_after <= self.not_after
    }

    /// `not_after` − `not_before`, the length people name: 24 h for a
    /// certificate asked for 24 h, although it is valid a second longer. None
    /// when the ends are reversed.
    pub fn duration(&self) -> Option<Duration> {
        self.not_after.duration_since(self.not_before)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_written_and_read_as_rfc_3339() {
        for (seconds, text) in [
            (0, "1970-01-01T00:00:00Z"),
            (951_827_696, "2000-02-29T12:34:56Z"),
            (Timestamp::LAST.0, "9999-12-31T23:59:59Z"),
            (-62_135_596_800, "0001-01-01T00:00:00Z"),
        ] {
            assert_eq!(Timestamp(seconds).to_string(), text);
            assert_eq!(text.parse(), Ok(Timestamp(seconds)));
        }
        assert_eq!(Timestamp(Timestamp::LAST.0 + 1).to_string(), "@253402300800");
        assert_eq!(Timestamp(i64::MIN).to_string(), "@-9223372036854775808");
    }

    #[test]
    fn offsets_are_resolved_and_fractions_cut_towards_the_past() {
        assert_eq!("1970-01-01T02:00:01.999+02:00".parse(), Ok(Timestamp(1)));
        assert_eq!("1969-12-31T23:59:59.5Z".parse(), Ok(Timestamp(-1)));
    }

    #[test]
    fn what_is_not_a_time_is_refused() {
        for text in ["", "1h", "2026-08-21", "2026-02-30T00:00:00Z", "2026-08-21T09:30:00", "10000-01-01T00:00:00Z"] {
            assert_eq!(text.parse::<Timestamp>(), Err(TimestampError), "{text}");
        }
    }

    #[test]
    fn arithmetic_ends_at_the_edges_instead_of_wrapping() {
        let second = Duration::from_secs(1);
        assert_eq!(Timestamp(i64::MAX).checked_add(second), None);
        assert_eq!(Timestamp(i64::MIN).checked_sub(second), None);
        assert_eq!(Timestamp(i64::MIN).saturating_sub(second), Timestamp(i64::MIN));
        assert_eq!(Timestamp(i64::MIN).duration_since(Timestamp(i64::MAX)), None);
        assert_eq!(Timestamp(5).duration_since(Timestamp(3)), Some(Duration::from_secs(2)));
    }

    #[test]
    fn both_ends_belong_to_the_period() {
        let validity = Validity { not_before: Timestamp(10), not_after: Timestamp(20) };
        let inside = [9, 10, 20, 21].map(|second| validity.contains(Timestamp(second)));
        assert_eq!(inside, [false, true, true, false]);
        assert_eq!(validity.duration(), Some(Duration::from_secs(10)));
    }
}
