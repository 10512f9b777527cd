//! Who this program is for the provider.

use zeroize::Zeroizing;

/// A client as it is registered with the provider (RFC 6749 §2).
pub(crate) struct Client {
    id: String,
    secret: Option<Zeroizing<String>>,
}

impl Client {
    /// A client, which has a secret if the provider gave it one. An empty one is none.
    pub(crate) fn new(id: impl Into<String>, secret: Option<Zeroizing<String>>) -> Self {
        Self { id: id.into(), secret: secret.filter(|secret| !secret.is_empty()) }
    }

    /// `client_id`.
    pub(crate) fn id(&self) -> &str {
        &self.id
    }

    pub(super) fn secret(&self) -> Option<&str> {
        self.secret.as_ref().map(|secret| secret.as_str())
    }
}
