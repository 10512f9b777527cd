//! The world as policies may reach it: what `ca.json` grants, over the store and the network.
//!
//! The [policy runtime](policy_runtime) decides who may call what, counts it and keeps the answers; here it is done.
//! Everything belongs to one policy in one provisioner: another policy, and the same policy in another provisioner, sees
//! none of it. An effect is not undone when the request it was for is refused later.

mod dns;
mod http;
mod kv;
mod once;
#[cfg(test)]
mod tests;

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
};

use policy_runtime::Grants;
use thiserror::Error;

pub use self::{dns::NoServers, http::OutletError};
use self::{
    dns::Resolver,
    http::{Network, Outlet},
    kv::{Budget, Values},
    once::Once,
};
use crate::{clock::Clock, config::PolicyConfig, store::Store};

/// What every policy's effects are built on. Outlives a reload.
pub struct World {
    store: Arc<dyn Store>,
    clock: Arc<dyn Clock>,
    network: Network,
    /// Two generations of a policy have one budget.
    budgets: Mutex<HashMap<String, Arc<Budget>>>,
}

impl World {
    /// The world around a store.
    pub fn new(store: Arc<dyn Store>, clock: Arc<dyn Clock>) -> Self {
        Self { store, clock, network: Network::default(), budgets: Mutex::default() }
    }

    /// What `policy` was granted, for one provisioner; the empty name is that of none.
    ///
    /// # Errors
    /// One of them cannot be used.
    pub fn grants(&self, name: &str, policy: &PolicyConfig, provisioner: &str) -> Result<Grants, GrantError> {
        let space = namespace(provisioner, name);
        let granted = &policy.grants;
        let mut grants = Grants::default();
        if let Some(consume_once) = granted.consume_once {
            let (store, clock) = (self.store.clone(), self.clock.clone());
            grants.consume_once = Some(Arc::new(Once::new(store, clock, space.clone(), consume_once.max_keys)));
        }
        if let Some(kv) = granted.kv {
            let budget = self.budget(&space);
            grants.kv = Some(Arc::new(Values::new(self.store.clone(), space, kv.max_bytes, budget)));
        }
        if !granted.http.is_empty() {
            grants.http = Some(Arc::new(Outlet::new(&self.network, &granted.http)?));
        }
        if let Some(dns) = &granted.dns {
            grants.dns = Some(Arc::new(Resolver::new(dns)?));
        }
        Ok(grants)
    }

    fn budget(&self, space: &str) -> Arc<Budget> {
        // A panic elsewhere leaves the map as it is: every change of it is one insertion.
        let mut budgets = self.budgets.lock().unwrap_or_else(PoisonError::into_inner);
        budgets.entry(space.to_owned()).or_default().clone()
    }
}

/// Why a grant cannot be used.
#[derive(Debug, Error)]
pub enum GrantError {
    /// There is nobody to ask.
    #[error(transparent)]
    Dns(#[from] NoServers),
    /// A file that it names, or a URL.
    #[error(transparent)]
    Http(#[from] OutletError),
}

impl GrantError {
    /// The member of `grants`.
    pub fn member(&self) -> &'static str {
        match self {
            Self::Dns(_) => "dns",
            Self::Http(_) => "http",
        }
    }
}

/// Where the store keeps what belongs to a policy in a provisioner. The name of a policy has no octet of zero, so that no
/// two pairs share a space.
fn namespace(provisioner: &str, policy: &str) -> String {
    format!("{policy}\0{provisioner}")
}

/// The policy and the provisioner of such a place.
fn owner(space: &str) -> (&str, &str) {
    space.split_once('\0').unwrap_or((space, ""))
}
