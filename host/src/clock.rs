//! The one reader of the wall clock.
//!
//! Everything else is told what time it is. Time-outs are measured with the monotonic clock and are no business of
//! this room.

use std::{
    sync::atomic::{AtomicI64, Ordering},
    time::{Duration, SystemTime},
};

use authority::Timestamp;

/// Tells what time it is.
pub trait Clock: Send + Sync {
    /// Now, cut to the second. May go backwards when somebody sets the clock.
    fn now(&self) -> Timestamp;
}

/// The system's clock.
#[derive(Clone, Copy, Debug, Default)]
pub struct System;

impl Clock for System {
    fn now(&self) -> Timestamp {
        let seconds = match SystemTime::now().duration_since(SystemTime::UNIX_EPOCH) {
            Ok(since) => i64::try_from(since.as_secs()).unwrap_or(i64::MAX),
            // Before 1970, where no certificate can be valid and no token can.
            Err(before) => i64::try_from(before.duration().as_secs()).map_or(i64::MIN, |seconds| -seconds),
        };
        Timestamp::from_unix(seconds)
    }
}

/// A clock that stands still until somebody moves it, for tests.
#[derive(Debug)]
pub struct Held(AtomicI64);

impl Held {
    /// Stands at `now`.
    pub fn at(now: Timestamp) -> Self {
        Self(AtomicI64::new(now.as_unix()))
    }

    /// Jumps to `now`, in either direction.
    pub fn set(&self, now: Timestamp) {
        self.0.store(now.as_unix(), Ordering::SeqCst);
    }

    /// Moves on by whole seconds.
    pub fn advance(&self, span: Duration) {
        self.0.fetch_add(i64::try_from(span.as_secs()).unwrap_or(i64::MAX), Ordering::SeqCst);
    }
}

impl Clock for Held {
    fn now(&self) -> Timestamp {
        Timestamp::from_unix(self.0.load(Ordering::SeqCst))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_held_clock_moves_only_when_it_is_moved() {
        let clock = Held::at(Timestamp::from_unix(100));
        assert_eq!(clock.now(), Timestamp::from_unix(100));
        clock.advance(Duration::from_millis(2_900));
        assert_eq!(clock.now(), Timestamp::from_unix(102));
        clock.set(Timestamp::from_unix(-5));
        assert_eq!(clock.now(), Timestamp::from_unix(-5));
    }

    #[test]
    fn the_system_clock_is_in_this_century() {
        let now = System.now();
        assert!(now > Timestamp::from_unix(1_700_000_000) && now < Timestamp::from_unix(4_102_444_800), "{now}");
    }
}
