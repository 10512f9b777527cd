//! Refusals on their way to the audit log, and answers to readers.
//!
//! They do not wait for the disk and do not make anybody wait: they are put down here, and are written together when
//! the first of them has waited long enough. However many come, that is at most [`limits::REFUSAL_QUEUE`] lines of
//! [`limits::REFUSAL_LINE`] octets; the others are counted, and the count is in the last line. Anybody can be refused, and
//! few are answered: what was read has as many lines of its own, which no flood of refusals takes.

use std::sync::{Mutex, PoisonError};

use crate::{
    audit::{Entry, Outcome},
    limits,
    store::DecisionRecord,
};

/// Entries that are not in the audit log yet.
#[derive(Default)]
pub(super) struct Refusals(Mutex<Waiting>);

#[derive(Default)]
struct Waiting {
    /// Of both kinds, as they came.
    entries: Vec<Refusal>,
    refused: Tally,
    answered: Tally,
}

/// How many there are of a kind.
#[derive(Default)]
struct Tally {
    listed: usize,
    unlisted: u64,
}

/// One of them.
pub(super) struct Refusal {
    pub(super) entry: Entry,
    /// What it was decided from.
    pub(super) inputs: Option<Box<DecisionRecord>>,
}

impl Waiting {
    fn tally(&mut self, outcome: Outcome) -> &mut Tally {
        if outcome == Outcome::Answered { &mut self.answered } else { &mut self.refused }
    }
}

impl Tally {
    /// Counts one more when there is no room to list it.
    fn is_counted_only(&mut self) -> bool {
        let is_full = self.listed >= limits::REFUSAL_QUEUE;
        self.unlisted += u64::from(is_full);
        is_full
    }
}

impl Refusals {
    /// Puts one down, or counts it when there are too many of its kind. Tells whether it is the first of all.
    pub(super) fn push(&self, entry: Entry, inputs: Option<Box<DecisionRecord>>) -> bool {
        let outcome = entry.outcome;
        // In a flood nobody pays for a line that is not written.
        if self.lock().tally(outcome).is_counted_only() {
            return false;
        }
        let entry = entry.shortened(limits::REFUSAL_LINE);
        let inputs = inputs.filter(|inputs| inputs.octets() <= limits::REFUSAL_INPUTS);
        let mut waiting = self.lock();
        if waiting.tally(outcome).is_counted_only() {
            return false;
        }
        waiting.tally(outcome).listed += 1;
        waiting.entries.push(Refusal { entry, inputs });
        waiting.entries.len() == 1
    }

    /// All of them; the last of a kind tells how many were only counted.
    pub(super) fn take(&self) -> Vec<Refusal> {
        let mut waiting = std::mem::take(&mut *self.lock());
        let mut entries = std::mem::take(&mut waiting.entries);
        for Refusal { entry, .. } in entries.iter_mut().rev() {
            let unlisted = std::mem::take(&mut waiting.tally(entry.outcome).unlisted);
            if unlisted > 0 {
                entry.unlisted = Some(entry.unlisted.unwrap_or_default() + unlisted);
            }
        }
        entries
    }

    /// Puts back what could not be written, before what has come since.
    pub(super) fn put_back(&self, entries: Vec<Refusal>) {
        let mut waiting = self.lock();
        let later = std::mem::take(&mut waiting.entries);
        (waiting.refused.listed, waiting.answered.listed) = (0, 0);
        for refusal in entries.into_iter().chain(later) {
            let tally = waiting.tally(refusal.entry.outcome);
            if tally.is_counted_only() {
                tally.unlisted += refusal.entry.unlisted.unwrap_or_default();
            } else {
                tally.listed += 1;
                waiting.entries.push(refusal);
            }
        }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.lock().entries.is_empty()
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Waiting> {
        // Nothing panics while it is held, so that what it guards is whole.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::audit::Operation;
    use authority::Timestamp;

    #[test]
    fn what_is_taken_is_small_whatever_was_asked_for() {
        let refusals = Refusals::default();
        let names: Vec<String> = (0..100).map(|n| format!("{n}.{}.example", "x".repeat(200))).collect();
        for n in 0..10 * limits::REFUSAL_QUEUE {
            refusals.push(Entry { names: names.clone(), message: Some("\u{202e}".repeat(2_000)), ..refusal(n) }, None);
        }
        let octets: usize = refusals.take().iter().map(|refusal| refusal.entry.line(u64::MAX).len()).sum();
        assert!(octets <= 100 << 10, "{octets}");
    }

    fn refusal(n: usize) -> Entry {
        Entry::new(n.to_string(), Timestamp::from_unix(0), String::new(), Operation::Sign, Outcome::Refused)
    }

    #[test]
    fn what_was_read_is_listed_whatever_flood_of_refusals_there_is() {
        let refusals = Refusals::default();
        for n in 0..2 * limits::REFUSAL_QUEUE {
            refusals.push(refusal(n), None);
        }
        let read = |n: usize| Entry { outcome: Outcome::Answered, ..refusal(n) };
        refusals.push(read(0), None);
        let answered = |refusal: &Refusal| refusal.entry.outcome == Outcome::Answered;
        let entries = refusals.take();
        assert_eq!(entries.iter().filter(|refusal| answered(refusal)).count(), 1);
        refusals.put_back(entries);
        for n in 1..2 * limits::REFUSAL_QUEUE {
            refusals.push(read(n), None);
        }
        let entries = refusals.take();
        let (answered, refused): (Vec<_>, Vec<_>) = entries.into_iter().partition(answered);
        assert_eq!((answered.len(), refused.len()), (limits::REFUSAL_QUEUE, limits::REFUSAL_QUEUE));
        assert_eq!(answered[0].entry.id, "0");
        for kind in [answered, refused] {
            let unlisted: u64 = kind.iter().filter_map(|refusal| refusal.entry.unlisted).sum();
            assert_eq!(unlisted, limits::REFUSAL_QUEUE as u64, "each kind tells of its own");
        }
        assert!(refusals.is_empty());
    }

    #[test]
    fn a_flood_is_counted_and_the_count_is_not_lost() {
        let refusals = Refusals::default();
        let flood = limits::REFUSAL_QUEUE + 10;
        for n in 0..flood {
            assert_eq!(refusals.push(refusal(n), None), n == 0);
        }
        let entries = refusals.take();
        refusals.put_back(entries);
        refusals.push(refusal(flood), None);
        let entries = refusals.take();
        let unlisted: u64 = entries.iter().filter_map(|refusal| refusal.entry.unlisted).sum();
        assert_eq!(entries.len() as u64 + unlisted, flood as u64 + 1);
        assert!(refusals.is_empty());
    }
}
