//! `kv`: what a policy wants to know the next time it is asked, within its budget.

use std::sync::Arc;

use policy_runtime::{KeyValue, Reply, contract::effects::KvError};
use tokio::sync::Mutex;

use crate::{
    limits,
    store::{Condition, DataChange, Store, StoreError},
};

/// What a policy is told when the store fails; the log says why.
pub(super) const NO_ANSWER: &str = "the store does not answer";

/// Octets of keys and values of one policy in one provisioner, once they are known. Held for the whole of a change, so
/// that of two changes each sees what the other has left.
#[derive(Default)]
pub(super) struct Budget(Mutex<Option<u64>>);

/// The values of one policy in one provisioner.
pub(super) struct Values(Arc<Inner>);

struct Inner {
    store: Arc<dyn Store>,
    space: String,
    max_octets: u64,
    budget: Arc<Budget>,
}

impl Values {
    pub(super) fn new(store: Arc<dyn Store>, space: String, max_octets: u64, budget: Arc<Budget>) -> Self {
        Self(Arc::new(Inner { store, space, max_octets, budget }))
    }
}

impl KeyValue for Values {
    fn value(&self, key: String) -> Reply<Result<Option<Vec<u8>>, KvError>> {
        let values = self.0.clone();
        Box::pin(async move {
            is_key(&key)?;
            values.store.data(values.space.clone(), key).await.map_err(failed)
        })
    }

    fn set(&self, key: String, value: Option<Vec<u8>>) -> Reply<Result<(), KvError>> {
        let values = self.0.clone();
        Box::pin(async move { values.change(key, Condition::Always, value).await.map(drop) })
    }

    fn swap(&self, key: String, old: Option<Vec<u8>>, new: Option<Vec<u8>>) -> Reply<Result<bool, KvError>> {
        let values = self.0.clone();
        Box::pin(async move { values.change(key, Condition::Is(old), new).await })
    }
}

impl Inner {
    async fn change(&self, key: String, when: Condition, value: Option<Vec<u8>>) -> Result<bool, KvError> {
        is_key(&key)?;
        if value.as_ref().is_some_and(|value| value.len() > limits::KV_VALUE) {
            return Err(KvError::TooLarge);
        }
        let mut budget = self.budget.0.lock().await;
        // Unknown until the change has happened: an answer that never comes must not leave a number that is wrong.
        let size = match budget.take() {
            Some(size) => size,
            None => self.store.data_size(self.space.clone()).await.map_err(failed)?,
        };
        let before = self.store.data(self.space.clone(), key.clone()).await.map_err(failed)?;
        if let Condition::Is(expected) = &when
            && *expected != before
        {
            *budget = Some(size);
            return Ok(false);
        }
        let octets = |value: &Option<Vec<u8>>| value.as_ref().map_or(0, |value| key.len() + value.len()) as u64;
        let after = size.saturating_sub(octets(&before)).saturating_add(octets(&value));
        if after > self.max_octets && after > size {
            *budget = Some(size);
            return Err(KvError::Quota);
        }
        let change = DataChange { provisioner: self.space.clone(), key: key.clone(), when, value };
        let changed = self.store.change_data(change).await.map_err(failed)?;
        *budget = changed.then_some(after);
        Ok(changed)
    }
}

fn is_key(key: &str) -> Result<(), KvError> {
    if key.is_empty() || key.len() > limits::EFFECT_KEY { Err(KvError::TooLarge) } else { Ok(()) }
}

fn failed(error: StoreError) -> KvError {
    tracing::warn!(%error, "kv");
    KvError::Unavailable(NO_ANSWER.to_owned())
}
