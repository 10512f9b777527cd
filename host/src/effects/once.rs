//! `consume-once`: what works once, beside the credential.

use std::{sync::Arc, time::Duration};

use authority::Timestamp;
use policy_runtime::{ConsumeOnce, Reply, contract::effects::ConsumeError};

use super::kv::NO_ANSWER;
use crate::{
    audit::Digest,
    clock::Clock,
    limits,
    store::{SingleUse, Store},
};

/// The spent things of one policy in one provisioner.
pub(super) struct Once {
    store: Arc<dyn Store>,
    clock: Arc<dyn Clock>,
    space: String,
}

impl Once {
    pub(super) fn new(store: Arc<dyn Store>, clock: Arc<dyn Clock>, space: String) -> Self {
        Self { store, clock, space }
    }
}

impl ConsumeOnce for Once {
    fn consume(&self, key: String, expires: i64) -> Reply<Result<bool, ConsumeError>> {
        let now = self.clock.now().as_unix();
        let latest = now.saturating_add(seconds(limits::CONSUMED_TIME));
        if key.is_empty() || key.len() > limits::EFFECT_KEY || expires > latest {
            return Box::pin(async { Err(ConsumeError::Quota) });
        }
        let id = Digest::of_fields(&[b"consume-once", self.space.as_bytes(), key.as_bytes()]);
        let spent = self.store.consume(SingleUse { id, expires: Timestamp::from_unix(expires) });
        Box::pin(async move {
            spent.await.map_err(|error| {
                tracing::warn!(%error, "consume-once");
                ConsumeError::Unavailable(NO_ANSWER.to_owned())
            })
        })
    }
}

fn seconds(span: Duration) -> i64 {
    i64::try_from(span.as_secs()).unwrap_or(i64::MAX)
}
