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
pub(super) struct Refusals {
    refused: Queue,
    answered: Queue,
}

#[derive(Default)]
struct Queue(Mutex<Waiting>);

#[derive(Default)]
struct Waiting {
    entries: Vec<Refusal>,
    unlisted: u64,
}

/// One of them.
pub(super) struct Refusal {
    pub(super) entry: Entry,
    /// What it was decided from.
    pub(super) inputs: Option<Box<DecisionRecord>>,
}

impl Waiting {
    /// Counts one more when there is no room to list it.
    fn is_counted_only(&mut self) -> bool {
        let is_full = self.entries.len() >= limits::REFUSAL_QUEUE;
        self.unlisted += u64::from(is_full);
        is_full
    }
}

impl Refusals {
    /// Puts one down, or counts it when there are too many. Tells whether it is the first of its kind.
    pub(super) fn push(&self, entry: Entry, inputs: Option<Box<DecisionRecord>>) -> bool {
        self.queue(entry.outcome).push(entry, inputs)
    }

    /// All of them; the last of a kind tells how many were only counted.
    pub(super) fn take(&self) -> Vec<Refusal> {
        let mut entries = self.refused.take();
        entries.append(&mut self.answered.take());
        entries
    }

    /// Puts back what could not be written, before what has come since.
    pub(super) fn put_back(&self, entries: Vec<Refusal>) {
        let (answered, refused) = entries.into_iter().partition(|refusal| refusal.entry.outcome == Outcome::Answered);
        self.refused.put_back(refused);
        self.answered.put_back(answered);
    }

    pub(super) fn is_empty(&self) -> bool {
        self.refused.is_empty() && self.answered.is_empty()
    }

    fn queue(&self, outcome: Outcome) -> &Queue {
        if outcome == Outcome::Answered { &self.answered } else { &self.refused }
    }
}

impl Queue {
    fn push(&self, entry: Entry, inputs: Option<Box<DecisionRecord>>) -> bool {
        // In a flood nobody pays for a line that is not written.
        if self.lock().is_counted_only() {
            return false;
        }
        let entry = entry.shortened(limits::REFUSAL_LINE);
        let inputs = inputs.filter(|inputs| inputs.octets() <= limits::REFUSAL_INPUTS);
        let mut waiting = self.lock();
        if waiting.is_counted_only() {
            return false;
        }
        waiting.entries.push(Refusal { entry, inputs });
        waiting.entries.len() == 1
    }

    fn take(&self) -> Vec<Refusal> {
        let Waiting { mut entries, unlisted } = std::mem::take(&mut *self.lock());
        if let Some(Refusal { entry: last, .. }) = entries.last_mut()
            && unlisted > 0
        {
            last.unlisted = Some(last.unlisted.unwrap_or_default() + unlisted);
        }
        entries
    }

    fn put_back(&self, mut entries: Vec<Refusal>) {
        let mut waiting = self.lock();
        entries.append(&mut waiting.entries);
        waiting.entries = entries;
        let excess = waiting.entries.len().saturating_sub(limits::REFUSAL_QUEUE);
        let kept = waiting.entries.len() - excess;
        let counted: u64 =
            waiting.entries.drain(kept..).map(|refusal| 1 + refusal.entry.unlisted.unwrap_or_default()).sum();
        waiting.unlisted += counted;
    }

    fn is_empty(&self) -> bool {
        self.lock().entries.is_empty()
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Waiting> {
        // Guards two plain values that are whole after every statement.
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
