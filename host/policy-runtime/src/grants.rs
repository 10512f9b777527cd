//! Capabilities a policy does not have by default, and who was given which.

use std::fmt;
use std::sync::Arc;

use crate::effects::{ConsumeOnce, Dns, Http, KeyValue};

/// What `ca.json` grants to one module, for one provisioner. The default grants nothing.
#[derive(Clone, Default)]
pub struct Grants {
    /// One-time use of keys, `"consumeOnce": true`.
    pub consume_once: Option<Arc<dyn ConsumeOnce>>,
    /// A store of its own, `"kv": {"maxBytes": …}`.
    pub kv: Option<Arc<dyn KeyValue>>,
    /// Requests to other servers, `"http": […]`.
    pub http: Option<Arc<dyn Http>>,
    /// Look-ups in the DNS, `"dns": {"names": […]}`.
    pub dns: Option<Arc<dyn Dns>>,
}

impl Grants {
    pub(crate) fn include(&self, effect: Effect) -> bool {
        match effect {
            Effect::ConsumeOnce => self.consume_once.is_some(),
            Effect::Dns => self.dns.is_some(),
            Effect::Http => self.http.is_some(),
            Effect::Kv => self.kv.is_some(),
        }
    }
}

impl fmt::Debug for Grants {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(Effect::ALL.into_iter().filter(|effect| self.include(*effect))).finish()
    }
}

/// An interface that reaches outside the sandbox.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Effect {
    ConsumeOnce,
    Dns,
    Http,
    Kv,
}

impl Effect {
    const ALL: [Self; 4] = [Self::ConsumeOnce, Self::Dns, Self::Http, Self::Kv];

    /// What to write in `ca.json` to grant it.
    pub(crate) fn grant(self) -> &'static str {
        match self {
            Self::ConsumeOnce => r#""grants": {"consumeOnce": true}"#,
            Self::Dns => r#""grants": {"dns": {"names": ["example.com"]}}"#,
            Self::Http => r#""grants": {"http": ["https://…"]}"#,
            Self::Kv => r#""grants": {"kv": {"maxBytes": 1048576}}"#,
        }
    }
}
