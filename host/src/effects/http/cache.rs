//! Answers that are kept for a while: key sets and discovery documents, asked for by every request.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex as Lock, MutexGuard, PoisonError},
    time::Duration,
};

use policy_runtime::contract::effects::{HttpError, Response};
use tokio::{sync::Mutex, time::Instant};

use crate::limits;

/// The answers of one policy in one provisioner, by URL.
#[derive(Default)]
pub(super) struct Cache {
    /// Held for a look-up, never while anybody waits for a server.
    places: Lock<HashMap<String, Arc<Place>>>,
}

/// One URL. Held while its answer is fetched: whoever else wants it waits, and gets the same.
#[derive(Default)]
struct Place(Mutex<Option<Kept>>);

struct Kept {
    at: Instant,
    answer: Result<Response, HttpError>,
}

impl Cache {
    /// The answer, no older than `max_age`; `ask` is called when there is none.
    pub(super) async fn answer<F>(
        &self,
        url: &str,
        max_age: Duration,
        ask: impl FnOnce() -> F,
    ) -> Result<Response, HttpError>
    where
        F: Future<Output = Result<Response, HttpError>>,
    {
        let place = self.place(url);
        let mut kept = place.0.lock().await;
        if let Some(Kept { at, answer }) = &*kept {
            // Those that waited while a server failed do not each wait for it again.
            let age = if answer.is_ok() { max_age } else { limits::HTTP_FAILURE_TIME };
            if at.elapsed() < age {
                return answer.clone();
            }
        }
        let answer = ask().await;
        let is_kept = match &answer {
            Ok(response) => (200..300).contains(&response.status) && response.body.len() <= limits::HTTP_CACHED,
            Err(_) => true,
        };
        *kept = is_kept.then(|| Kept { at: Instant::now(), answer: answer.clone() });
        answer
    }

    fn place(&self, url: &str) -> Arc<Place> {
        let mut places = self.places();
        if let Some(place) = places.get(url) {
            return place.clone();
        }
        if places.len() >= limits::HTTP_CACHE {
            // A policy that asks for more URLs than are kept has no use for a cache.
            places.clear();
        }
        places.entry(url.to_owned()).or_default().clone()
    }

    fn places(&self) -> MutexGuard<'_, HashMap<String, Arc<Place>>> {
        // Every change of it is one insertion, or all of it is gone.
        self.places.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LONG: Duration = Duration::from_secs(3_600);

    fn answer(octets: usize) -> Result<Response, HttpError> {
        Ok(Response { status: 200, headers: Vec::new(), body: vec![0; octets] })
    }

    /// Whether the server is asked for it.
    async fn is_asked(cache: &Cache, url: &str, octets: usize) -> bool {
        let mut is_asked = false;
        let ask = async || {
            is_asked = true;
            answer(octets)
        };
        cache.answer(url, LONG, ask).await.unwrap();
        is_asked
    }

    #[tokio::test]
    async fn an_answer_is_kept_up_to_the_limit_and_not_beyond() {
        let cache = Cache::default();
        let limit = limits::HTTP_CACHED;
        for (url, octets, is_kept) in [("/a", limit - 1, true), ("/b", limit, true), ("/c", limit + 1, false)] {
            assert!(is_asked(&cache, url, octets).await);
            assert_eq!(!is_asked(&cache, url, octets).await, is_kept, "{octets}");
        }
    }

    #[tokio::test]
    async fn as_many_answers_are_kept_as_the_limit_and_one_more_begins_anew() {
        let cache = Cache::default();
        for number in 0..limits::HTTP_CACHE {
            assert!(is_asked(&cache, &number.to_string(), 1).await);
        }
        for number in 0..limits::HTTP_CACHE {
            assert!(!is_asked(&cache, &number.to_string(), 1).await);
        }
        assert!(is_asked(&cache, "one more", 1).await);
        assert!(is_asked(&cache, "0", 1).await);
        assert!(!is_asked(&cache, "one more", 1).await);
    }
}
