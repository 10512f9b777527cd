//! A module put to work for one provisioner: what its calls have in common.

use std::sync::Arc;

use crate::imports::KeyCache;
use crate::limits::Limits;
use crate::module::Module;

pub(crate) struct Assignment {
    pub(crate) module: Arc<Module>,
    /// Name of the provisioner in `ca.json`, for log lines.
    pub(crate) provisioner: String,
    pub(crate) limits: Limits,
    /// Keys its calls have verified with, parsed. Public, and no state of the policy: an entry changes no answer.
    pub(crate) keys: KeyCache,
}

impl Assignment {
    pub(crate) fn new(module: &Arc<Module>, provisioner: &str, limits: Limits) -> Arc<Self> {
        let (module, provisioner) = (Arc::clone(module), provisioner.to_owned());
        Arc::new(Self { module, provisioner, limits, keys: KeyCache::default() })
    }
}
