//! Values as the log lines and messages of the `step` world spell them.

use crate::types::Timestamp;

/// A point in time as Go prints a `time.Time` in UTC: `2026-01-01 00:00:00 +0000 UTC`.
///
/// Years have at least four digits, as many as they need, and a sign when they are before the common era.
pub fn go_time(timestamp: Timestamp) -> String {
    let (days, second) = (timestamp.div_euclid(DAY), timestamp.rem_euclid(DAY));
    let (year, month, day) = civil_date(days);
    let (hour, minute, second) = (second / 3_600, second / 60 % 60, second % 60);
    let sign = if year < 0 { "-" } else { "" };
    let year = year.unsigned_abs();
    format!("{sign}{year:04}-{month:02}-{day:02} {hour:02}:{minute:02}:{second:02} +0000 UTC")
}

const DAY: i64 = 86_400;

/// Year, month and day of so many days after 1970-01-01, in the proleptic Gregorian calendar.
///
/// A year that begins in March ends with the leap day, so that the lengths of its months follow a rule: day 0 of month
/// `m` is day `(153 m + 2) / 5`. 400 such years, an era, always have the same number of days.
fn civil_date(days: i64) -> (i64, i64, i64) {
    /// From 0000-03-01 to 1970-01-01.
    const EPOCH: i64 = 719_468;
    const ERA: i64 = 146_097;
    let (era, day) = ((days + EPOCH).div_euclid(ERA), (days + EPOCH).rem_euclid(ERA));
    let year = (day - day / 1_460 + day / 36_524 - day / 146_096) / 365;
    let day = day - (365 * year + year / 4 - year / 100);
    let month = (5 * day + 2) / 153;
    let day = day - (153 * month + 2) / 5 + 1;
    let january_or_february = month >= 10;
    let month = if january_or_february { month - 9 } else { month + 3 };
    (400 * era + year + i64::from(january_or_february), month, day)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn times_are_spelled_as_go_spells_them() {
        for (timestamp, text) in [
            (0, "1970-01-01 00:00:00 +0000 UTC"),
            (-1, "1969-12-31 23:59:59 +0000 UTC"),
            (951_782_400, "2000-02-29 00:00:00 +0000 UTC"),
            (1_767_225_600, "2026-01-01 00:00:00 +0000 UTC"),
            (4_107_542_399, "2100-02-28 23:59:59 +0000 UTC"),
            (4_107_542_400, "2100-03-01 00:00:00 +0000 UTC"),
            (253_402_300_799, "9999-12-31 23:59:59 +0000 UTC"),
            (253_402_300_800, "10000-01-01 00:00:00 +0000 UTC"),
            (-62_167_219_200, "0000-01-01 00:00:00 +0000 UTC"),
            (-62_167_219_201, "-0001-12-31 23:59:59 +0000 UTC"),
        ] {
            assert_eq!(go_time(timestamp), text);
        }
    }

    proptest! {
        #[test]
        fn the_day_after_is_the_next_date(days in -4_000_000_i64..4_000_000) {
            let (year, month, day) = civil_date(days);
            let next = civil_date(days + 1);
            let leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
            let length = match month { 2 => 28 + i64::from(leap), 4 | 6 | 9 | 11 => 30, _ => 31 };
            let expected = match (month, day) {
                (12, 31) => (year + 1, 1, 1),
                (_, last) if last == length => (year, month + 1, 1),
                _ => (year, month, day + 1),
            };
            prop_assert_eq!(next, expected);
        }

        #[test]
        fn no_timestamp_panics(timestamp in any::<i64>()) {
            go_time(timestamp);
        }
    }
}
