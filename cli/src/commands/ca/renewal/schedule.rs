//! When to renew: arithmetic without a clock.

use std::time::Duration;

use authority::{Timestamp, Validity};

/// A random time shorter than its argument: spreads the renewals of many machines.
pub(super) type Jitter = fn(Duration) -> Duration;

/// A time shorter than `bound`, none of it when `bound` is nothing.
pub(super) fn random(bound: Duration) -> Duration {
    let nanos = u64::try_from(bound.as_nanos()).unwrap_or(u64::MAX);
    Duration::from_nanos(crate::random::below(nanos))
}

/// [`is_due`], with a jitter of this moment.
pub(super) fn is_due_now(remaining: Duration, expires_in: Duration) -> bool {
    is_due(remaining, expires_in, random)
}

/// Whether a certificate with this much time left is renewed, when that is done only before its last `expires_in`.
fn is_due(remaining: Duration, expires_in: Duration, jitter: Jitter) -> bool {
    remaining <= expires_in.saturating_add(jitter(expires_in / 20))
}

/// What a daemon goes by.
#[derive(Clone, Copy)]
pub(super) struct Rhythm {
    /// Renew this often.
    pub(super) period: Option<Duration>,
    /// Renew when this much time is left; a third of the validity if not given.
    pub(super) expires_in: Option<Duration>,
}

impl Rhythm {
    /// How long to wait from `now` on until a certificate is renewed.
    pub(super) fn wait(&self, validity: Validity, now: Timestamp, jitter: Jitter) -> Duration {
        let remaining = validity.not_after.duration_since(now).unwrap_or_default();
        if let Some(period) = self.period {
            return if remaining <= period { Duration::ZERO } else { period };
        }
        let length = validity.duration().unwrap_or_default();
        let expires_in = self.expires_in.unwrap_or(length / 3);
        remaining.saturating_sub(expires_in).saturating_sub(jitter(length / 20))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const HOUR: Duration = Duration::from_secs(3_600);

    fn none(_: Duration) -> Duration {
        Duration::ZERO
    }

    fn most(bound: Duration) -> Duration {
        bound
    }

    fn day() -> Validity {
        Validity { not_before: Timestamp::from_unix(0), not_after: Timestamp::from_unix(24 * 3_600) }
    }

    #[test]
    fn it_is_due_in_its_last_hours_give_or_take_a_twentieth() {
        assert!(is_due(8 * HOUR, 8 * HOUR, none));
        assert!(!is_due(8 * HOUR + Duration::from_secs(1), 8 * HOUR, none));
        assert!(is_due(8 * HOUR + Duration::from_secs(1), 8 * HOUR, most));
        // Upstream panics on a span too short for a twentieth of it.
        assert!(!is_due(HOUR, Duration::from_nanos(1), random));
        assert!(!is_due(HOUR, Duration::ZERO, random));
    }

    #[test]
    fn a_daemon_renews_when_a_third_is_left() {
        let rhythm = Rhythm { period: None, expires_in: None };
        let now = Timestamp::from_unix;
        assert_eq!(rhythm.wait(day(), now(0), none), 16 * HOUR);
        assert_eq!(rhythm.wait(day(), now(0), most), 16 * HOUR - 24 * HOUR / 20);
        assert_eq!(rhythm.wait(day(), now(20 * 3_600), none), Duration::ZERO);
        assert_eq!(rhythm.wait(day(), now(48 * 3_600), none), Duration::ZERO);
        let rhythm = Rhythm { period: None, expires_in: Some(HOUR) };
        assert_eq!(rhythm.wait(day(), now(0), none), 23 * HOUR);
    }

    #[test]
    fn a_period_is_kept_until_less_than_it_is_left() {
        let rhythm = Rhythm { period: Some(10 * HOUR), expires_in: None };
        assert_eq!(rhythm.wait(day(), Timestamp::from_unix(0), most), 10 * HOUR);
        assert_eq!(rhythm.wait(day(), Timestamp::from_unix(14 * 3_600), most), Duration::ZERO);
    }

    #[test]
    fn a_random_time_is_shorter_than_its_bound() {
        assert_eq!(random(Duration::ZERO), Duration::ZERO);
        assert!((0..100).all(|_| random(HOUR) < HOUR));
    }
}
