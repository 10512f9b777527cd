//! So many lines a second, and a count of the others.

use std::{
    sync::{Mutex, PoisonError},
    time::{Duration, Instant},
};

/// Keeps a flood of one kind of line out of the log.
pub(crate) struct Throttle {
    each_second: u32,
    /// Guards three numbers.
    passed: Mutex<Passed>,
}

struct Passed {
    since: Option<Instant>,
    count: u32,
    held_back: u64,
}

impl Throttle {
    pub(crate) fn new(each_second: u32) -> Self {
        Self { each_second, passed: Mutex::new(Passed { since: None, count: 0, held_back: 0 }) }
    }

    /// Whether one more may pass now; and if so how many have been held back since the last that did.
    pub(crate) fn pass(&self) -> Option<u64> {
        self.pass_at(Instant::now())
    }

    fn pass_at(&self, now: Instant) -> Option<u64> {
        let mut passed = self.passed.lock().unwrap_or_else(PoisonError::into_inner);
        if passed.since.is_none_or(|since| now.duration_since(since) >= Duration::from_secs(1)) {
            (passed.since, passed.count) = (Some(now), 0);
        }
        if passed.count < self.each_second {
            passed.count += 1;
            return Some(std::mem::take(&mut passed.held_back));
        }
        passed.held_back += 1;
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_held_back_is_counted_and_told_in_the_next_second() {
        let (throttle, start) = (Throttle::new(2), Instant::now());
        let at = |milliseconds| throttle.pass_at(start + Duration::from_millis(milliseconds));
        assert_eq!(
            [at(0), at(10), at(20), at(999), at(1_000), at(1_001)],
            [Some(0), Some(0), None, None, Some(2), Some(0)]
        );
    }
}
