//! The policy modules that decisions are made with.

use bytes::Bytes;

use crate::audit::Digest;

/// A module as it was loaded.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct ModuleRecord {
    /// As the configuration names it.
    pub name: String,
    /// SHA-256 of the component.
    pub digest: Digest,
    /// The component.
    pub component: Bytes,
}
