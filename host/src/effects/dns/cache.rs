//! Answers that are kept for as long as they hold: the same names are looked up by request after request.

use std::{
    collections::HashMap,
    sync::{Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use policy_runtime::contract::effects::{DnsError, RecordData, RecordType};
use tokio::time::Instant;

use crate::limits;

type Answer = Result<Vec<RecordData>, DnsError>;

/// The answers of one policy in one provisioner, by name and type.
#[derive(Default)]
pub(super) struct Cache(Mutex<HashMap<(String, u8), Kept>>);

struct Kept {
    until: Instant,
    answer: Answer,
}

impl Cache {
    /// An answer that still holds.
    pub(super) fn answer(&self, name: &str, of: RecordType) -> Option<Answer> {
        let kept = self.kept();
        let Kept { until, answer } = kept.get(&(name.to_owned(), of as u8))?;
        (Instant::now() < *until).then(|| answer.clone())
    }

    /// Keeps an answer for so long, unless it is a long one.
    pub(super) fn keep(&self, name: String, of: RecordType, answer: &Answer, time: Duration) {
        if time.is_zero() || answer.iter().flatten().map(octets).sum::<usize>() > limits::DNS_CACHED {
            return;
        }
        let mut kept = self.kept();
        if kept.len() >= limits::DNS_CACHE {
            let now = Instant::now();
            kept.retain(|_, kept| now < kept.until);
        }
        if kept.len() >= limits::DNS_CACHE {
            // A policy that looks up more names than are kept has no use for a cache.
            kept.clear();
        }
        kept.insert((name, of as u8), Kept { until: Instant::now() + time, answer: answer.clone() });
    }

    fn kept(&self) -> MutexGuard<'_, HashMap<(String, u8), Kept>> {
        // Every change of it is one step, or all of it is gone.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn octets(record: &RecordData) -> usize {
    match record {
        RecordData::A(text) | RecordData::Aaaa(text) | RecordData::Cname(text) | RecordData::Ns(text) => text.len(),
        RecordData::Caa(caa) => caa.tag.len() + caa.value.len(),
        RecordData::Mx(mx) => mx.exchange.len(),
        RecordData::Txt(text) => text.len(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LONG: Duration = Duration::from_secs(3_600);

    #[test]
    fn an_answer_is_kept_up_to_the_limit_and_not_beyond() {
        let cache = Cache::default();
        let most = limits::DNS_CACHED;
        for (octets, is_kept) in [(most - 1, true), (most, true), (most + 1, false)] {
            let name = octets.to_string();
            cache.keep(name.clone(), RecordType::Cname, &Ok(vec![RecordData::Cname("x".repeat(octets))]), LONG);
            assert_eq!(cache.answer(&name, RecordType::Cname).is_some(), is_kept, "{octets}");
        }
    }

    #[test]
    fn as_many_answers_are_kept_as_the_limit_and_one_more_begins_anew() {
        let cache = Cache::default();
        let keep = |number: usize| {
            cache.keep(number.to_string(), RecordType::A, &Ok(Vec::new()), LONG);
            cache.kept().len()
        };
        let most = limits::DNS_CACHE;
        let last: Vec<_> = (0..=most).map(keep).skip(most - 2).collect();
        assert_eq!(last, [most - 1, most, 1]);
    }
}
