//! Which version of a signed module was the newest in use here: an older one does not come back.
//!
//! It is kept in the store, among what policies keep there, under a name no policy has. It is written when a
//! configuration is put in force, and not when one is only looked at.

use crate::store::{Condition, DataChange, Store, StoreError};

/// Policies' spaces have a NUL in their names, and this has none.
const SPACE: &str = "policy releases";

/// A version of a policy, as its manifest says.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(super) struct Release {
    pub(super) name: String,
    pub(super) version: u64,
}

/// The newest version that was in use. What cannot be read as a number is none that we wrote: the store then answers
/// that it is damaged by itself.
pub(super) async fn newest(store: &dyn Store, name: &str) -> Result<Option<u64>, StoreError> {
    let octets = store.data(SPACE.to_owned(), name.to_owned()).await?;
    Ok(octets.and_then(|octets| String::from_utf8(octets).ok()?.parse().ok()))
}

impl Release {
    /// Makes it the newest, unless a newer one was there.
    pub(super) async fn remember(&self, store: &dyn Store) -> Result<(), StoreError> {
        let seen = newest(store, &self.name).await?;
        if seen.is_some_and(|seen| seen >= self.version) {
            return Ok(());
        }
        let change = DataChange {
            provisioner: SPACE.to_owned(),
            key: self.name.clone(),
            when: Condition::Always,
            value: Some(self.version.to_string().into_bytes()),
        };
        store.change_data(change).await.map(drop)
    }
}
