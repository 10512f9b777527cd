//! When certificates are issued.

use std::{fmt, str::FromStr};

use crate::types::{Denial, Timestamp};

/// Days of the week and hours of the day, such as `Mon-Fri 08:00-18:00` or `Sat,Sun 22:00-06:00 +01:00`.
///
/// Times are UTC unless an offset says otherwise; the end does not belong to the window. One that ends before it begins
/// lasts into the next day, which is the day it began.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct TimeWindow {
    /// Monday first.
    days: [bool; 7],
    /// Minutes since midnight.
    begins: u16,
    ends: u16,
    /// Minutes east of UTC.
    offset: i16,
}

/// A text that is no window.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct TimeWindowError(String);

impl fmt::Display for TimeWindowError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "\"{}\" is no time window; write days and hours, e.g. Mon-Fri 08:00-18:00, and an offset such as +01:00 if it is not UTC",
            self.0
        )
    }
}

impl std::error::Error for TimeWindowError {}

const DAYS: [&str; 7] = ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"];
const MINUTES_A_DAY: i64 = 24 * 60;

impl FromStr for TimeWindow {
    type Err = TimeWindowError;

    fn from_str(text: &str) -> Result<Self, TimeWindowError> {
        read(text).ok_or_else(|| TimeWindowError(text.to_owned()))
    }
}

fn read(text: &str) -> Option<TimeWindow> {
    let mut words = text.split_whitespace();
    let days = days(words.next()?)?;
    let (begins, ends) = words.next()?.split_once('-')?;
    let (begins, ends) = (minute(begins)?, minute(ends)?);
    let offset = words.next().map_or(Some(0), offset)?;
    let is_all = words.next().is_none();
    (is_all && begins < 1_440 && begins != ends).then_some(TimeWindow { days, begins, ends, offset })
}

/// `Mon-Fri`, `Sat,Sun`, `Wed`.
fn days(text: &str) -> Option<[bool; 7]> {
    let number = |name: &str| DAYS.iter().position(|day| day.eq_ignore_ascii_case(name));
    let mut days = [false; 7];
    for part in text.split(',') {
        let (first, last) = part.split_once('-').unwrap_or((part, part));
        let (first, last) = (number(first)?, number(last)?);
        // Sat-Mon goes over the end of the week.
        let mut day = first;
        days[day] = true;
        while day != last {
            day = (day + 1) % 7;
            days[day] = true;
        }
    }
    Some(days)
}

/// Minutes since midnight of `HH:MM`; `24:00` is the end of a day.
fn minute(text: &str) -> Option<u16> {
    let (hour, minute) = text.split_once(':')?;
    let two_digits = |text: &str| text.len() == 2 && text.bytes().all(|digit| digit.is_ascii_digit());
    if !two_digits(hour) || !two_digits(minute) {
        return None;
    }
    let (hour, minute): (u16, u16) = (hour.parse().ok()?, minute.parse().ok()?);
    let total = hour * 60 + minute;
    (minute < 60 && total <= 1_440).then_some(total)
}

fn offset(text: &str) -> Option<i16> {
    let (sign, text) = match text.split_at_checked(1)? {
        ("+", rest) => (1, rest),
        ("-", rest) => (-1, rest),
        _ => return None,
    };
    let minutes = i16::try_from(minute(text)?).ok()?;
    (minutes <= 14 * 60).then_some(sign * minutes)
}

impl fmt::Display for TimeWindow {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let clock = |minutes: u16| format!("{:02}:{:02}", minutes / 60, minutes % 60);
        write!(f, "{} {}-{}", self.day_names(), clock(self.begins), clock(self.ends))?;
        match self.offset {
            0 => f.write_str(" UTC"),
            offset => {
                let sign = if offset < 0 { '-' } else { '+' };
                write!(f, " {sign}{}", clock(offset.unsigned_abs()))
            }
        }
    }
}

crate::text_setting!(TimeWindow: r#"{"type":"string","description":"days, hours and an offset unless it is UTC: Mon-Fri 08:00-18:00 +01:00"}"#);

impl TimeWindow {
    /// Whether the window is open then.
    pub fn contains(&self, time: Timestamp) -> bool {
        let (day, minute) = self.local(time);
        let (begins, ends) = (i64::from(self.begins), i64::from(self.ends));
        let is_in = |day: i64| usize::try_from(day.rem_euclid(7)).is_ok_and(|day| self.days[day]);
        match begins < ends {
            true => is_in(day) && (begins..ends).contains(&minute),
            false => (is_in(day) && minute >= begins) || (is_in(day - 1) && minute < ends),
        }
    }

    /// The window is open.
    ///
    /// # Errors
    ///
    /// 403, with the day and the time it is there.
    pub fn require(&self, rule: &str, now: Timestamp) -> Result<(), Denial> {
        if self.contains(now) {
            return Ok(());
        }
        let (day, minute) = self.local(now);
        let name = usize::try_from(day.rem_euclid(7)).map_or("", |day| DAYS[day]);
        Err(Denial::forbidden(rule, format!("certificates are issued {self}"))
            .field("context.now")
            .got(format!("{name} {:02}:{:02}", minute / 60, minute % 60))
            .want(self.to_string())
            .hint("ask again when the window is open"))
    }

    /// `Mon-Fri`, `Sat,Sun`: three days and more that follow each other are a range.
    fn day_names(&self) -> String {
        let days: Vec<_> = DAYS.into_iter().zip(self.days).collect();
        let ranges = days.chunk_by(|(_, is_in), (_, is_next_in)| is_in == is_next_in).filter(|range| range[0].1);
        let names = ranges.map(|range| match range {
            [(first, _), _, .., (last, _)] => format!("{first}-{last}"),
            few => few.iter().map(|(day, _)| *day).collect::<Vec<_>>().join(","),
        });
        names.collect::<Vec<_>>().join(",")
    }

    /// The day, counted so that Mondays are the multiples of seven, and the minute of it.
    fn local(&self, time: Timestamp) -> (i64, i64) {
        let minutes = time.div_euclid(60).saturating_add(self.offset.into());
        // 1970-01-01 was a Thursday.
        (minutes.div_euclid(MINUTES_A_DAY) + 3, minutes.rem_euclid(MINUTES_A_DAY))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A Monday, 00:00 UTC.
    const MONDAY: i64 = 1_767_571_200;

    fn window(text: &str) -> TimeWindow {
        text.parse().unwrap()
    }

    fn at(day: i64, hour: i64, minute: i64) -> i64 {
        MONDAY + day * 86_400 + hour * 3_600 + minute * 60
    }

    #[test]
    fn a_window_opens_with_its_first_minute_and_closes_before_its_last() {
        let hours = window("Mon-Fri 08:00-18:00");
        assert!(!hours.contains(at(0, 8, 0) - 1));
        assert!(hours.contains(at(0, 8, 0)) && hours.contains(at(4, 18, 0) - 1));
        assert!(!hours.contains(at(4, 18, 0)));
        assert!(!hours.contains(at(5, 12, 0)), "a Saturday");
    }

    #[test]
    fn a_night_belongs_to_the_day_it_began() {
        let nights = window("Fri 22:00-06:00");
        assert!(nights.contains(at(4, 23, 0)) && nights.contains(at(5, 5, 59)));
        assert!(!nights.contains(at(4, 5, 0)) && !nights.contains(at(5, 23, 0)));
    }

    #[test]
    fn an_offset_moves_the_window_and_the_day() {
        let hours = window("Mon 00:00-24:00 +02:00");
        assert!(hours.contains(at(-1, 22, 0)) && !hours.contains(at(0, 22, 0)));
        assert!(window("Sat-Mon 00:00-24:00").contains(at(0, 0, 0)));
    }

    #[test]
    fn a_refusal_says_what_time_it_is_there() {
        let denial = window("Mon-Fri 08:00-18:00 -05:00").require("x.hours", at(0, 4, 30)).unwrap_err();
        assert_eq!(denial.reasons[0].got.as_deref(), Some("Sun 23:30"));
        assert_eq!(denial.message, "certificates are issued Mon-Fri 08:00-18:00 -05:00");
    }

    #[test]
    fn a_window_is_written_as_it_can_be_read() {
        for text in [
            "Mon-Fri 08:00-18:00 UTC",
            "Mon,Tue,Thu 00:00-24:00 UTC",
            "Sat,Sun 22:00-06:30 +05:30",
            "Mon,Wed-Fri,Sun 01:02-03:04 -03:30",
            "Mon-Sun 00:00-12:00 UTC",
        ] {
            assert_eq!(window(text.trim_end_matches(" UTC")).to_string(), text);
        }
    }

    #[test]
    fn what_is_no_window_is_refused() {
        for text in [
            "",
            "Mon",
            "Mon 8:00-18:00",
            "Mon 08:00",
            "Mun 08:00-18:00",
            "Mon 08:00-08:00",
            "Mon 24:00-08:00",
            "Mon 08:00-24:01",
            "Mon 08:60-09:00",
            "Mon 08:00-18:00 01:00",
            "Mon 08:00-18:00 +15:00",
            "Mon 08:00-18:00 +01:00 x",
        ] {
            assert!(text.parse::<TimeWindow>().is_err(), "{text}");
        }
    }
}
