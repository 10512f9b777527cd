//! A signer elsewhere is left alone for a while after an answer that leaves open what it has signed.
//!
//! Each such answer leaves an intent on record, and there are only so many. A token that fails at once, asked again by
//! everybody who was refused, would leave all of them within minutes, and nothing would be issued when it is well again.
//! After a pause it is asked for one certificate; the others come when it has signed that.

use std::{
    sync::{Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};

/// After the first failure. Each further one doubles it.
const FIRST: Duration = Duration::from_secs(1);
/// At most. The intents there may be then last for 16 hours, and a signer that is well again is found out in a minute.
const LONGEST: Duration = Duration::from_secs(60);

/// Whether a signer elsewhere may be asked for certificates.
pub(crate) struct Pause {
    first: Duration,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    /// While there is one, one at a time asks, and not before then.
    until: Option<Instant>,
    failures: u32,
    /// The one that asks has no answer yet.
    is_tried: bool,
}

impl Pause {
    pub(crate) fn new() -> Self {
        Self::beginning_with(FIRST)
    }

    pub(crate) fn beginning_with(first: Duration) -> Self {
        Self { first, state: Mutex::default() }
    }

    /// Whether it lasts, so that it is not worth beginning.
    pub(crate) fn lasts(&self, now: Instant) -> bool {
        self.state().until.is_some_and(|until| now < until)
    }

    /// Whether the signer may be asked now; whoever asks tells what came of it. After a failure nobody else may meanwhile.
    pub(crate) fn ask(&self, now: Instant) -> bool {
        let mut state = self.state();
        match state.until {
            None => true,
            Some(until) if now < until => false,
            Some(_) => {
                state.is_tried = true;
                state.until = Some(now + self.length(state.failures));
                true
            }
        }
    }

    /// It cannot be known whether the signer has signed.
    pub(crate) fn failed(&self, now: Instant) {
        let mut state = self.state();
        // Those that were under way together fail once.
        if state.until.is_none() || state.is_tried {
            state.failures = state.failures.saturating_add(1);
        }
        state.is_tried = false;
        state.until = Some(now + self.length(state.failures));
    }

    /// The signer has signed nothing, which says little: the next may ask.
    pub(crate) fn not_signed(&self, now: Instant) {
        let mut state = self.state();
        if std::mem::take(&mut state.is_tried) {
            state.until = Some(now);
        }
    }

    /// The signer works.
    pub(crate) fn signed(&self) {
        *self.state() = State::default();
    }

    fn length(&self, failures: u32) -> Duration {
        let doubled = 1_u32.checked_shl(failures.saturating_sub(1)).unwrap_or(u32::MAX);
        self.first.saturating_mul(doubled).min(LONGEST)
    }

    fn state(&self) -> MutexGuard<'_, State> {
        // Nothing that panics happens while it is held.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const INSTANT: Duration = Duration::from_millis(1);

    #[test]
    fn after_a_pause_one_asks_and_the_others_when_that_was_signed() {
        let (pause, start) = (Pause::new(), Instant::now());
        assert!(pause.ask(start) && pause.ask(start));
        pause.failed(start);
        assert!(pause.lasts(start) && !pause.ask(start + FIRST - INSTANT));
        let later = start + FIRST;
        assert!(!pause.lasts(later) && pause.ask(later));
        assert!(pause.lasts(later) && !pause.ask(later));
        pause.signed();
        assert!(!pause.lasts(later) && pause.ask(later) && pause.ask(later));
    }

    #[test]
    fn pauses_become_longer_up_to_a_minute_and_those_under_way_together_count_once() {
        let (pause, mut now) = (Pause::new(), Instant::now());
        for _ in 0..8 {
            pause.failed(now);
        }
        for seconds in [1, 2, 4, 8, 16, 32, 60, 60] {
            let length = Duration::from_secs(seconds);
            assert!(!pause.ask(now + length - INSTANT), "{seconds}");
            now += length;
            assert!(pause.ask(now), "{seconds}");
            pause.failed(now);
        }
    }

    #[test]
    fn what_was_not_signed_lets_the_next_one_ask_and_ends_no_pause_of_others() {
        let (pause, start) = (Pause::new(), Instant::now());
        pause.failed(start);
        pause.not_signed(start);
        assert!(!pause.ask(start));
        let later = start + FIRST;
        assert!(pause.ask(later));
        pause.not_signed(later);
        assert!(pause.ask(later) && !pause.ask(later));
    }
}
