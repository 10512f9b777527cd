//! When a certificate is renewed: arithmetic without a clock.

use std::time::Duration;

use authority::{Timestamp, Validity};

/// The clock is looked at this often, or more.
const LOOK: Duration = Duration::from_secs(30);
/// Nothing with a shorter life can be renewed in time.
const SHORTEST: Duration = Duration::from_secs(60);

/// What follows from the length of a certificate's life.
#[derive(Clone, Copy, Debug)]
pub(super) struct Rhythm {
    period: Duration,
}

impl Rhythm {
    pub(super) fn of(validity: Validity) -> Self {
        Self { period: validity.duration().unwrap_or_default() }
    }

    /// # Errors
    /// The length of a life that is shorter than a minute.
    pub(super) fn checked(self) -> Result<Self, Duration> {
        if self.period < SHORTEST { Err(self.period) } else { Ok(self) }
    }

    /// How often the clock is looked at.
    pub(super) fn look(self) -> Duration {
        LOOK.min(self.period / 40)
    }

    /// A third of its life before the end, and up to a twentieth earlier. `below` draws a number below its argument.
    pub(super) fn due(self, validity: Validity, below: fn(u64) -> u64) -> Timestamp {
        let early = self.period / 3 + random(self.period / 20, below);
        validity.not_after.checked_sub(early).unwrap_or(validity.not_before)
    }

    /// How long to wait after an attempt that failed: a fortieth of its life, and up to as much again.
    pub(super) fn pause(self, below: fn(u64) -> u64) -> Duration {
        let fortieth = self.period / 40;
        fortieth + random(fortieth, below)
    }
}

fn random(bound: Duration, below: fn(u64) -> u64) -> Duration {
    Duration::from_millis(below(u64::try_from(bound.as_millis()).unwrap_or(u64::MAX)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn validity(seconds: i64) -> Validity {
        Validity { not_before: Timestamp::from_unix(1_000), not_after: Timestamp::from_unix(1_000 + seconds) }
    }

    #[test]
    fn it_is_due_with_a_third_left_or_up_to_a_twentieth_earlier() {
        let rhythm = Rhythm::of(validity(60 * 60));
        assert_eq!(rhythm.due(validity(60 * 60), |_| 0), Timestamp::from_unix(1_000 + 40 * 60));
        assert_eq!(rhythm.due(validity(60 * 60), |bound| bound), Timestamp::from_unix(1_000 + 37 * 60));
    }

    #[test]
    fn after_a_failure_a_fortieth_to_a_twentieth_is_waited() {
        let rhythm = Rhythm::of(validity(60 * 60));
        assert_eq!(rhythm.pause(|_| 0), Duration::from_secs(90));
        assert_eq!(rhythm.pause(|bound| bound), Duration::from_secs(180));
    }

    #[test]
    fn a_life_of_less_than_a_minute_is_too_short() {
        assert!(Rhythm::of(validity(60)).checked().is_ok());
        assert_eq!(Rhythm::of(validity(59)).checked().expect_err("too short"), Duration::from_secs(59));
    }

    #[test]
    fn a_short_life_is_looked_at_often() {
        assert_eq!(Rhythm::of(validity(60)).look(), Duration::from_millis(1_500));
        assert_eq!(Rhythm::of(validity(24 * 60 * 60)).look(), Duration::from_secs(30));
    }
}
