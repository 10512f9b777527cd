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
