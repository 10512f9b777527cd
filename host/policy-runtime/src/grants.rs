//! Capabilities a policy does not have by default, and who was given which.

use std::fmt;
use std::sync::Arc;

use crate::effects::{ConsumeOnce, Http, KeyValue};

/// What `ca.json` grants to one module, for one provisioner. The default grants nothing.
#[derive(Clone, Default)]
pub struct Grants {
    /// One-time use of keys, `"consumeOnce": true`.
    pub consume_once: Option<Arc<dyn ConsumeOnce>>,
    /// A store of its own, `"kv": {"maxBytes": …}`.
    pub kv: Option<Arc<dyn KeyValue>>,
    /// Requests to other servers, `"http": […]`.
    pub http: Option<Arc<dyn Http>>,
}

impl Grants {
    pub(crate) fn include(&self, effect: Effect) -> bool {
        match effect {
            Effect::ConsumeOnce => self.consume_once.is_some(),
            Effect::Http => self.http.is_some(),
            Effect::Kv => self.kv.is_some(),
        }
    }
}

impl fmt::Debug for Grants {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let granted =
            [Effect::ConsumeOnce, Effect::Http, Effect::Kv].into_iter().filter(|effect| self.include(*effect));
        f.debug_set().entries(granted).finish()
    }
}

/// An interface that reaches outside the sandbox.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Effect {
    ConsumeOnce,
    Http,
    Kv,
}

impl Effect {
    /// What to write in `ca.json` to grant it.
    pub(crate) fn grant(self) -> &'static str {
        match self {
            Self::ConsumeOnce => r#""grants": {"consumeOnce": true}"#,
            Self::Http => r#""grants": {"http": ["https://…"]}"#,
            Self::Kv => r#""grants": {"kv": {"maxBytes": 1048576}}"#,
        }
    }
}
