//! Capabilities a policy does not have by default, and who was given which.

/// What `ca.json` grants to one module. The default grants nothing.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Grants {
    /// One-time use of keys, `"consumeOnce": true`.
    pub consume_once: bool,
    /// A store of its own with this many octets, `"kv": {"maxBytes": …}`.
    pub kv_octets: Option<u64>,
    /// URL prefixes it may send requests to, `"http": […]`.
    pub http: Vec<String>,
}

impl Grants {
    pub(crate) fn include(&self, effect: Effect) -> bool {
        match effect {
            Effect::ConsumeOnce => self.consume_once,
            Effect::Http => !self.http.is_empty(),
            Effect::Kv => self.kv_octets.is_some(),
        }
    }
}

/// An interface that reaches outside the sandbox.
///
/// The contract declares all of them. This version of the host offers none: a module that imports one is refused,
/// with a text that tells a missing grant from a missing implementation.
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
            Self::Kv => r#""grants": {"kv": {"maxBytes": …}}"#,
        }
    }
}
