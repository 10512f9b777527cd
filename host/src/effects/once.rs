//! `consume-once`: what works once, beside the credential.

use std::{sync::Arc, time::Duration};

use authority::Timestamp;
use policy_runtime::{ConsumeOnce, Reply, contract::effects::ConsumeError};

use super::{kv::NO_ANSWER, owner};
use crate::{
    audit::Digest,
    clock::Clock,
    limits,
    store::{Consumption, SingleUse, Store, StoreError},
};

/// The spent things of one policy in one provisioner.
pub(super) struct Once {
    store: Arc<dyn Store>,
    clock: Arc<dyn Clock>,
    space: String,
    max_keys: u64,
}

impl Once {
    pub(super) fn new(store: Arc<dyn Store>, clock: Arc<dyn Clock>, space: String, max_keys: u64) -> Self {
        Self { store, clock, space, max_keys }
    }
}

impl ConsumeOnce for Once {
    fn consume(&self, key: String, expires: i64) -> Reply<Result<bool, ConsumeError>> {
        let now = self.clock.now();
        let latest = now.as_unix().saturating_add(seconds(limits::CONSUMED_TIME));
        if key.is_empty() || key.len() > limits::EFFECT_KEY || expires > latest {
            return Box::pin(async { Err(ConsumeError::Quota) });
        }
        let id = Digest::of_fields(&[b"consume-once", self.space.as_bytes(), key.as_bytes()]);
        let once = SingleUse { id, expires: Timestamp::from_unix(expires) };
        let space = self.space.clone();
        let spent = self.store.consume(Consumption { once, space, most: self.max_keys, now });
        let (policy, provisioner) = owner(&self.space);
        let (policy, provisioner) = (policy.to_owned(), provisioner.to_owned());
        Box::pin(async move { spent.await.map_err(|error| failed(&error, &policy, &provisioner)) })
    }
}

/// What the policy is told; the log says why.
fn failed(error: &StoreError, policy: &str, provisioner: &str) -> ConsumeError {
    tracing::warn!(%error, policy, provisioner, "consume-once");
    match error {
        StoreError::TooManyConsumed { .. } => ConsumeError::Quota,
        _ => ConsumeError::Unavailable(NO_ANSWER.to_owned()),
    }
}

fn seconds(span: Duration) -> i64 {
    i64::try_from(span.as_secs()).unwrap_or(i64::MAX)
}
