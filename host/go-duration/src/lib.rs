//! Durations as Go's `time.Duration` reads and writes them.
//!
//! The configuration files, wire messages and logs of the `step` world spell a span of time as `"24h"`, `"1h30m"` or
//! `"1.5s"`. This crate parses and prints exactly that and knows nothing else.

use std::{fmt, str::FromStr, time::Duration};

/// A signed span of time in nanoseconds: about ±292 years.
#[derive(Clone, Copy, Debug, Default, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub struct GoDuration(i64);

impl GoDuration {
    /// No time at all.
    pub const ZERO: Self = Self(0);

    /// A span of so many nanoseconds.
    pub const fn from_nanos(nanos: i64) -> Self {
        Self(nanos)
    }

    /// A span of so many seconds, at most ±9,223,372,036.
    pub const fn from_secs(secs: i64) -> Self {
        Self(secs.saturating_mul(SECOND))
    }

    /// Nanoseconds.
    pub const fn as_nanos(self) -> i64 {
        self.0
    }

    /// Whole seconds, rounded toward zero.
    pub const fn as_secs(self) -> i64 {
        self.0 / SECOND
    }

    /// The same span, or nothing when it is negative.
    pub fn to_std(self) -> Option<Duration> {
        u64::try_from(self.0).ok().map(Duration::from_nanos)
    }
}

impl TryFrom<Duration> for GoDuration {
    type Error = ParseError;

    fn try_from(span: Duration) -> Result<Self, ParseError> {
        i64::try_from(span.as_nanos()).map(Self).map_err(|_| ParseError(format!("{span:?}")))
    }
}

impl FromStr for GoDuration {
    type Err = ParseError;

    /// Reads an optional sign and one or more of `<decimal>[.<decimal>]<unit>` with the units `ns`, `us`, `µs`, `ms`,
    /// `s`, `m` and `h`; `"0"` needs no unit.
    fn from_str(text: &str) -> Result<Self, ParseError> {
        parse(text).map(Self).ok_or_else(|| ParseError(text.to_owned()))
    }
}

fn parse(text: &str) -> Option<i64> {
    let (negative, mut rest) = match text.as_bytes().first()? {
        b'-' => (true, &text[1..]),
        b'+' => (false, &text[1..]),
        _ => (false, text),
    };
    if rest == "0" {
        return Some(0);
    }
    if rest.is_empty() {
        return None;
    }
    // 2⁶³ nanoseconds fit when they are negative, so the sum is kept unsigned until the end.
    let mut total: u64 = 0;
    while !rest.is_empty() {
        let number = rest.find(|c: char| !c.is_ascii_digit() && c != '.').filter(|&end| end > 0)?;
        let (amount, tail) = rest.split_at(number);
        let unit_end = tail.find(|c: char| c.is_ascii_digit() || c == '.').unwrap_or(tail.len());
        let (unit, tail) = tail.split_at(unit_end);
        total = total.checked_add(nanos(amount, unit_nanos(unit)?)?)?;
        rest = tail;
    }
    match negative {
        true if total <= i64::MIN.unsigned_abs() => Some(0_i64.wrapping_sub_unsigned(total)),
        true => None,
        false => i64::try_from(total).ok(),
    }
}

/// Nanoseconds of a decimal number of units; digits below a nanosecond are cut off, as in Go.
fn nanos(amount: &str, unit: u64) -> Option<u64> {
    let (whole, fraction) = amount.split_once('.').unwrap_or((amount, ""));
    if (whole.is_empty() && fraction.is_empty()) || fraction.contains('.') {
        return None;
    }
    let whole = if whole.is_empty() { 0 } else { whole.parse::<u64>().ok()?.checked_mul(unit)? };
    // 18 digits keep the product below in 128 bits, and are more than a nanosecond of an hour needs.
    let digits = &fraction[..fraction.len().min(18)];
    let part = if digits.is_empty() {
        0
    } else {
        let scale = 10_u128.pow(u32::try_from(digits.len()).ok()?);
        u64::try_from(digits.parse::<u128>().ok()? * u128::from(unit) / scale).ok()?
    };
    whole.checked_add(part)
}

fn unit_nanos(unit: &str) -> Option<u64> {
    Some(match unit {
        "ns" => 1,
        // U+00B5 is the micro sign, U+03BC the Greek letter.
        "us" | "\u{b5}s" | "\u{3bc}s" => 1_000,
        "ms" => 1_000_000,
        "s" => SECOND.unsigned_abs(),
        "m" => 60 * SECOND.unsigned_abs(),
        "h" => 3_600 * SECOND.unsigned_abs(),
        _ => return None,
    })
}

const SECOND: i64 = 1_000_000_000;

impl fmt::Display for GoDuration {
    /// `24h0m0s`, `5m0s`, `1.5s`; below a second in the largest unit that fits, `1.5ms`; zero is `0s`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let nanos = self.0.unsigned_abs();
        if self.0 < 0 {
            f.write_str("-")?;
        }
        let second = SECOND.unsigned_abs();
        if nanos == 0 {
            return f.write_str("0s");
        }
        if nanos < second {
            let (unit, name) = match nanos {
                1_000_000.. => (1_000_000, "ms"),
                1_000.. => (1_000, "\u{b5}s"),
                _ => (1, "ns"),
            };
            return write!(f, "{}{name}", Decimal { whole: nanos / unit, part: nanos % unit, unit });
        }
        let (hours, minutes, rest) = (nanos / second / 3_600, nanos / second / 60 % 60, nanos % (60 * second));
        if hours > 0 {
            write!(f, "{hours}h")?;
        }
        if hours > 0 || minutes > 0 {
            write!(f, "{minutes}m")?;
        }
        write!(f, "{}s", Decimal { whole: rest / second, part: rest % second, unit: second })
    }
}

/// `whole + part/unit` without trailing zeros; `unit` is a power of ten.
struct Decimal {
    whole: u64,
    part: u64,
    unit: u64,
}

impl fmt::Display for Decimal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.whole)?;
        if self.part == 0 {
            return Ok(());
        }
        let digits = format!("{:0width$}", self.part, width = self.unit.ilog10() as usize);
        write!(f, ".{}", digits.trim_end_matches('0'))
    }
}

/// The text is not a duration.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct ParseError(String);

impl fmt::Display for ParseError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?} is not a duration such as \"24h\", \"1h30m\" or \"90s\"", self.0)
    }
}

impl std::error::Error for ParseError {}

#[cfg(feature = "serde")]
mod wire {
    use super::GoDuration;
    use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

    impl Serialize for GoDuration {
        fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
            serializer.collect_str(self)
        }
    }

    impl<'de> Deserialize<'de> for GoDuration {
        fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
            let text = std::borrow::Cow::<'de, str>::deserialize(deserializer)?;
            text.parse().map_err(de::Error::custom)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn go_spellings_are_read_and_printed_as_go_prints_them() {
        for (text, nanos, printed) in [
            ("24h", 86_400 * SECOND, "24h0m0s"),
            ("90m", 5_400 * SECOND, "1h30m0s"),
            ("1500ms", 1_500_000_000, "1.5s"),
            ("0.5h30s", 1_830 * SECOND, "30m30s"),
            ("0", 0, "0s"),
            ("-5m", -300 * SECOND, "-5m0s"),
            ("+1.5ms", 1_500_000, "1.5ms"),
            ("2us", 2_000, "2\u{b5}s"),
            ("3\u{3bc}s", 3_000, "3\u{b5}s"),
            ("7ns", 7, "7ns"),
            (".5s", 500_000_000, "500ms"),
            ("1.s", SECOND, "1s"),
        ] {
            let duration: GoDuration = text.parse().unwrap();
            assert_eq!(duration.as_nanos(), nanos, "{text}");
            assert_eq!(duration.to_string(), printed, "{text}");
        }
    }

    #[test]
    fn what_go_refuses_is_refused() {
        for text in ["", "-", "+", "1", "1d", "h", ".s", "1 h", "1h ", "1h-5m", "1..5s", "1.5.5s", "9223372037s", "∞"]
        {
            assert!(text.parse::<GoDuration>().is_err(), "{text:?}");
        }
    }

    proptest! {
        #[test]
        fn printing_and_reading_gives_the_same_span(nanos in any::<i64>()) {
            let duration = GoDuration::from_nanos(nanos);
            prop_assert_eq!(duration.to_string().parse::<GoDuration>().unwrap(), duration);
        }

        #[test]
        fn no_text_panics(text in ".{0,40}") {
            let _ = text.parse::<GoDuration>();
        }
    }
}
